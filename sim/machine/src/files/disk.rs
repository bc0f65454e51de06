//! The files of disks, for those who have them open: by what tells a file from all others, whatever its names.

use std::sync::Arc;

use hcs_rules::file::{FileFault, attribute};
use hcs_rules::grant::mask;
use uuid::Uuid;

use super::acl;
use super::node::Content;
use super::{At, By, Data, Files, Found, StoredVolume};
use crate::table::Key;

/// What tells a file from all others while its volume is there, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId {
    /// The id of its volume.
    pub volume: Uuid,
    node: Key,
}

impl Files {
    /// The file at a path.
    ///
    /// # Errors
    /// Why there is none: [`FileFault::IsFolder`] for a folder.
    pub fn file_id(&self, path: &str) -> Found<FileId> {
        let at = self.find(path)?;
        if self.is_folder(at) {
            return Err(FileFault::IsFolder);
        }
        Ok(FileId { volume: self.volumes[at.volume].id(), node: at.key })
    }

    /// Whether there may be something at a path, told without taking it apart: most documents of tests name folders that their
    /// host does not have. `false` is sure.
    pub(crate) fn may_have(&self, path: &str) -> bool {
        let [letter, b':', b'\\', rest @ ..] = path.as_bytes() else { return true };
        let Some(end) = rest.iter().position(|byte| *byte == b'\\') else { return true };
        let first = &rest[..end];
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let volume = self.volume_of_letter(char::from(*letter));
        let (Some(volume), true) = (volume.map(|index| &self.volumes[index]), first.iter().all(is_plain)) else {
            return true;
        };
        let tree = volume.tree();
        std::str::from_utf8(first).is_ok_and(|first| tree.child(tree.root, first).is_some())
    }

    fn at(&self, id: FileId) -> Found<At> {
        let volume = self.volumes.iter().position(|volume| volume.id() == id.volume).ok_or(FileFault::NoVolume)?;
        let at = At { volume, key: id.node };
        self.node(at).map(|_| at)
    }

    /// Where a file is now, by the first of its names.
    pub(crate) fn path_of_file(&self, id: FileId) -> Option<String> {
        self.path_of(self.at(id).ok()?)
    }

    /// The bytes of a file, for whoever has it open.
    pub(crate) fn open_data(&self, id: FileId) -> Found<&Data> {
        match &self.node(self.at(id)?)?.content {
            Content::File(data) => Ok(data),
            Content::Folder => Err(FileFault::IsFolder),
        }
    }

    /// Whether somebody may write a file: its list, its attributes and its volume let him.
    pub(crate) fn may_write(&self, id: FileId, by: By) -> Found<()> {
        let at = self.at(id)?;
        self.check_volume(at.volume, by)?;
        self.allow(at, mask::WRITE_DATA, by)?;
        if self.node(at)?.has(attribute::READ_ONLY) { Err(FileFault::Denied) } else { Ok(()) }
    }

    /// Whether somebody may read a file: its list lets him.
    pub(crate) fn may_read(&self, id: FileId, by: By) -> Found<()> {
        self.allow(self.at(id)?, mask::READ_DATA, by)
    }

    /// Whether a machine may do this to a file.
    pub(crate) fn machine_may(&self, id: FileId, machine: Uuid, wanted: u32) -> bool {
        self.at(id).is_ok_and(|at| acl::allows_machine(&self.tree(at.volume).list_of(at.key), machine, wanted))
    }

    /// Changes the bytes of a file for whoever has it open, and what is kept with it stays. Room is all that is asked for.
    pub(crate) fn change_open(&mut self, id: FileId, by: By, change: impl FnOnce(&mut Data)) -> Found<()> {
        let at = self.at(id)?;
        let before = self.node(at)?.allocated();
        let mut node = self.node(at)?.clone();
        let Content::File(data) = &mut node.content else { return Err(FileFault::IsFolder) };
        change(data);
        self.check_room(at.volume, node.allocated().saturating_sub(before), false, by)?;
        self.count_write(at.volume, by)?;
        (node.times.written, node.times.changed) = (by.now, by.now);
        self.tree_mut(at.volume).change(at.key, |old| *old = node);
        Ok(())
    }

    /// Whether somebody has a file open and shares it with nobody.
    pub(crate) fn is_locked(&self, id: FileId) -> bool {
        self.at(id).and_then(|at| self.node(at)).is_ok_and(|node| node.locked)
    }

    /// Somebody opens a file and shares it with nobody, or closes it.
    pub(crate) fn lock(&mut self, id: FileId, locked: bool) {
        if let Ok(at) = self.at(id) {
            self.tree_mut(at.volume).change(at.key, |node| node.locked = locked);
        }
    }

    /// The volume in a disk's file.
    pub(crate) fn volume_in(&self, id: FileId) -> Option<Arc<StoredVolume>> {
        let node = self.at(id).and_then(|at| self.node(at)).ok()?;
        node.rare.as_ref().and_then(|rare| rare.volume.clone())
    }

    /// A disk's file holds this volume from now on, or none.
    pub(crate) fn put_volume_in(&mut self, id: FileId, stored: Option<Arc<StoredVolume>>) -> Found<()> {
        let path = self.path_of_file(id).ok_or(FileFault::NoFile)?;
        self.set_stored_volume(&path, stored)
    }
}
