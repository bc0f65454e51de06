//! What files have beside bytes and names: attributes, times, security descriptors, extended attributes, streams, reparse data.

use std::sync::Arc;

use hcs_rules::file::{EXTENDED_LIMIT, FileFault, NAME_LIMIT, REPARSE_LIMIT, SECURITY_LIMIT, attribute};
use hcs_rules::grant::mask;

use super::node::{Extended, Meta, Node, Reparse, Times};
use super::path::FoldedName;
use super::{At, By, Data, Files, Found};

/// The bytes that an extended attribute takes beside its name and its value.
const EXTENDED_HEADER: usize = 9;

impl Files {
    /// Everything of a file or folder but its bytes and its names.
    ///
    /// # Errors
    /// Why there is no such file.
    pub fn meta(&self, path: &str) -> Found<Meta> {
        Ok(self.node(self.find(path)?)?.meta())
    }

    /// The attributes of a file or folder: [`attribute::NORMAL`] instead of none.
    ///
    /// # Errors
    /// Why there is no such file.
    pub fn attributes(&self, path: &str) -> Found<u32> {
        let attributes = self.node(self.find(path)?)?.attributes;
        Ok(if attributes == 0 { attribute::NORMAL } else { attributes })
    }

    /// How many names a file has.
    ///
    /// # Errors
    /// Why there is no such file.
    pub fn link_count(&self, path: &str) -> Found<usize> {
        Ok(self.node(self.find(path)?)?.names())
    }

    /// Whether two paths name one file.
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        matches!((self.find(one), self.find(other)), (Ok(one), Ok(other)) if one == other)
    }

    /// The bytes of a stream beside the unnamed one; `None` if the file has no such stream.
    ///
    /// # Errors
    /// Why there is no such file.
    pub fn stream(&self, path: &str, name: &str) -> Found<Option<&Data>> {
        let rare = self.node(self.find(path)?)?.rare.as_ref();
        Ok(rare.and_then(|rare| rare.streams.get(&FoldedName::of(name))).map(|(_, data)| data))
    }

    /// Makes everything of a file or folder but its bytes and its names what this says, its times too.
    ///
    /// # Errors
    /// What stands in the way, or what is too large.
    pub fn set_meta(&mut self, path: &str, meta: Meta, by: By) -> Found<()> {
        check_extended(&meta.extended)?;
        check_reparse(meta.reparse.as_ref())?;
        check_security(meta.security.as_deref())?;
        meta.streams.iter().try_for_each(|(name, _)| check_stream(name))?;
        let all = mask::WRITE_ATTRIBUTES | mask::WRITE_EXTENDED | mask::WRITE_DATA | mask::WRITE_DAC;
        self.change_meta(path, all, by, |node| node.set_meta(meta))
    }

    /// Sets the attributes of a file or folder. Those that follow from the file itself stay as they are.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn set_attributes(&mut self, path: &str, attributes: u32, by: By) -> Found<()> {
        self.change_meta(path, mask::WRITE_ATTRIBUTES, by, |node| {
            node.set_attributes(attributes);
            node.times.changed = by.now;
        })
    }

    /// Sets the four times of a file or folder.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn set_times(&mut self, path: &str, times: Times, by: By) -> Found<()> {
        self.change_meta(path, mask::WRITE_ATTRIBUTES, by, |node| node.times = times)
    }

    /// Sets the self-relative security descriptor of a file or folder, as it is, or takes it away. Rights go by its list, and by
    /// what was granted or denied beside it; it is inherited from no more. Of one that is damaged or has no list the bytes are
    /// kept, and rights go on as before.
    ///
    /// # Errors
    /// What stands in the way; [`FileFault::TooLarge`].
    pub fn set_security(&mut self, path: &str, descriptor: Option<&[u8]>, by: By) -> Found<()> {
        check_security(descriptor)?;
        self.change_meta(path, mask::WRITE_DAC, by, |node| {
            node.set_security(descriptor.map(Arc::from));
            node.times.changed = by.now;
        })
    }

    /// Sets the extended attributes of a file or folder: these and no others.
    ///
    /// # Errors
    /// What stands in the way; [`FileFault::TooLarge`], [`FileFault::BadName`].
    pub fn set_extended(&mut self, path: &str, extended: &[Extended], by: By) -> Found<()> {
        check_extended(extended)?;
        self.change_meta(path, mask::WRITE_EXTENDED, by, |node| {
            node.change_rare(|rare| rare.extended = extended.into());
            node.times.changed = by.now;
        })
    }

    /// Sets a stream beside the unnamed one, or takes it away. The name has no colon.
    ///
    /// # Errors
    /// What stands in the way; [`FileFault::BadName`].
    pub fn set_stream(&mut self, path: &str, name: &str, data: Option<Data>, by: By) -> Found<()> {
        check_stream(name)?;
        self.change_meta(path, mask::WRITE_DATA, by, |node| {
            node.change_rare(|rare| match data {
                Some(data) => _ = rare.streams.insert(FoldedName::of(name), (name.into(), data)),
                None => _ = rare.streams.remove(&FoldedName::of(name)),
            });
            (node.times.written, node.times.changed) = (by.now, by.now);
        })
    }

    /// Sets the reparse data of a file or folder, or takes them away.
    ///
    /// # Errors
    /// What stands in the way; [`FileFault::TooLarge`].
    pub fn set_reparse(&mut self, path: &str, reparse: Option<Reparse>, by: By) -> Found<()> {
        check_reparse(reparse.as_ref())?;
        self.change_meta(path, mask::WRITE_DATA, by, |node| {
            node.set_reparse(reparse);
            node.times.changed = by.now;
        })
    }

    /// Somebody has a file open and shares it with nobody, or has it no more. Answers whether that is new.
    ///
    /// # Errors
    /// Why there is no such file.
    pub fn set_locked(&mut self, path: &str, locked: bool) -> Found<bool> {
        let At { volume, key } = self.find(path)?;
        let before = self.tree_mut(volume).change(key, |node| std::mem::replace(&mut node.locked, locked));
        Ok(before != Some(locked))
    }

    fn change_meta(&mut self, path: &str, wanted: u32, by: By, change: impl FnOnce(&mut Node)) -> Found<()> {
        let at = self.find(path)?;
        let before = self.check_change(at, wanted, by)?;
        let mut node = self.node(at)?.clone();
        change(&mut node);
        self.check_room(at.volume, node.allocated().saturating_sub(before), false, by)?;
        self.tree_mut(at.volume).change(at.key, |old| *old = node);
        Ok(())
    }
}

/// Names are of the code page's characters in reality; here they are text, without zeros.
fn check_extended(extended: &[Extended]) -> Found<()> {
    if extended.iter().any(|one| one.name.is_empty() || one.name.len() > 255 || one.name.contains('\0')) {
        return Err(FileFault::BadName);
    }
    let bytes: usize = extended.iter().map(|one| EXTENDED_HEADER + one.name.len() + one.value.len()).sum();
    if bytes > EXTENDED_LIMIT { Err(FileFault::TooLarge) } else { Ok(()) }
}

fn check_reparse(reparse: Option<&Reparse>) -> Found<()> {
    if reparse.is_some_and(|reparse| reparse.data.len() > REPARSE_LIMIT) { Err(FileFault::TooLarge) } else { Ok(()) }
}

fn check_security(descriptor: Option<&[u8]>) -> Found<()> {
    if descriptor.is_some_and(|bytes| bytes.len() > SECURITY_LIMIT) { Err(FileFault::TooLarge) } else { Ok(()) }
}

/// Of the characters that names cannot hold, streams' names can hold those below the space.
fn check_stream(name: &str) -> Found<()> {
    let long = name.encode_utf16().count() > NAME_LIMIT;
    if name.is_empty() || long || name.contains([':', '\\', '/', '\0']) { Err(FileFault::BadName) } else { Ok(()) }
}
