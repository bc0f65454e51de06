//! What can be done to files, and what stands in the way. Each looks for what stands in the way in the order of [`FileFault`].

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::file::{CLUSTER, FILE_LIMIT, FileFault, LINK_LIMIT, attribute};
use hcs_rules::grant::{Owner, mask};

use super::acl;
use super::node::{Content, Node, Rare};
use super::path::{FoldedName, HostPath};
use super::tree::{Copied, Named, Tree};
use super::{At, By, Data, Files, Found, Place, Who};
use crate::table::Key;

impl Files {
    // -- What stands in the way.

    /// Whether the list of a node lets somebody do this.
    pub(super) fn allow(&self, at: At, wanted: u32, by: By) -> Found<()> {
        match by.who {
            Who::Accounts(accounts) if !acl::allows(&self.tree(at.volume).list_of(at.key), accounts, wanted) => {
                Err(FileFault::Denied)
            }
            _ => Ok(()),
        }
    }

    /// Whether a volume can be written.
    pub(super) fn check_volume(&self, volume: usize, by: By) -> Found<()> {
        if self.volumes[volume].read_only && !by.is_world() { Err(FileFault::ReadOnly) } else { Ok(()) }
    }

    /// Whether nobody has a file for himself.
    pub(super) fn check_lock(&self, at: At, by: By) -> Found<()> {
        if self.node(at)?.locked && !by.is_world() { Err(FileFault::Locked) } else { Ok(()) }
    }

    /// Whether a volume has room for so many bytes more, and for one more file if there is to be one.
    pub(super) fn check_room(&self, volume: usize, more: u64, is_new: bool, by: By) -> Found<()> {
        let volume = &self.volumes[volume];
        let full = (more > volume.room() && !by.is_world()) || (is_new && !volume.tree().takes_more());
        if full { Err(FileFault::Full) } else { Ok(()) }
    }

    /// Whether a file may be changed, and how many bytes it takes.
    pub(super) fn check_change(&self, at: At, wanted: u32, by: By) -> Found<u64> {
        self.check_volume(at.volume, by)?;
        self.allow(at, wanted, by)?;
        self.check_lock(at, by)?;
        Ok(self.node(at)?.allocated())
    }

    /// Whether something may be taken from its folder.
    fn check_removal(&self, at: At, folder: Key, by: By) -> Found<()> {
        self.check_volume(at.volume, by)?;
        let node = self.node(at)?;
        if let Who::Accounts(_) = by.who {
            // A folder that can only be read says so to those who show it, and is none the less taken away.
            let kept = node.has(attribute::READ_ONLY) && !node.is_folder();
            let from_above = self.allow(At { key: folder, ..at }, mask::DELETE_CHILD, by);
            if kept || (from_above.is_err() && self.allow(at, mask::DELETE, by).is_err()) {
                return Err(FileFault::Denied);
            }
        }
        self.check_lock(at, by)
    }

    /// The place of something new: its folder is there, and it is not.
    fn place_of_new<'a>(&self, path: &'a HostPath, is_folder: bool, by: By) -> Found<(Place<'a>, Key)> {
        let place = self.locate(path)?;
        let (Some(folder), None) = (place.folder, place.node) else { return Err(FileFault::Exists) };
        if path.trailing && !is_folder {
            return Err(FileFault::TrailingSeparator);
        }
        self.check_volume(place.volume, by)?;
        let wanted = if is_folder { mask::ADD_SUBFOLDER } else { mask::ADD_FILE };
        self.allow(At { volume: place.volume, key: folder }, wanted, by)?;
        Ok((place, folder))
    }

    /// Something new enters a folder.
    fn enter(&mut self, place: Place<'_>, folder: Key, content: Content, by: By) -> Found<Key> {
        let owner = if matches!(by.who, Who::Service) { Owner::System } else { Owner::User };
        let node = Node::new(content, Some(folder), owner, by.now);
        self.check_room(place.volume, node.allocated(), true, by)?;
        if !node.is_folder() {
            self.count_write(place.volume, by)?;
        }
        let tree = self.tree_mut(place.volume);
        let key = tree.enter(folder, place.name, node);
        tree.touch(folder, by.now);
        Ok(key)
    }

    // -- Looking.

    /// Whether there is something at a path.
    pub fn exists(&self, path: &str) -> bool {
        self.find(path).is_ok()
    }

    /// Whether there is a folder at a path.
    pub fn has_folder(&self, path: &str) -> bool {
        self.find(path).is_ok_and(|at| self.is_folder(at))
    }

    /// The bytes of a file, for somebody who reads it.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn read(&self, path: &str, by: By) -> Found<&Data> {
        let at = self.find(path)?;
        let Content::File(data) = &self.node(at)?.content else { return Err(FileFault::IsFolder) };
        self.allow(at, mask::READ_DATA, by)?;
        self.check_lock(at, by)?;
        Ok(data)
    }

    /// The names in a folder, in the order in which they compare, and which of them are folders.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn names(&self, path: &str) -> Found<impl Iterator<Item = (&Arc<str>, bool)>> {
        let at = self.find(path)?;
        if !self.is_folder(at) {
            return Err(FileFault::IsFile);
        }
        let tree = self.tree(at.volume);
        Ok(tree.names_in(at.key).map(|Named { name, node }| (name, tree.is_folder(*node))))
    }

    // -- Making and writing.

    /// Makes a folder in one that is there.
    ///
    /// # Errors
    /// What stands in the way: [`FileFault::Exists`] also when there is such a folder.
    pub fn make_folder(&mut self, path: &str, by: By) -> Found<()> {
        self.use_volume(path, by)?;
        let path = HostPath::parse(path)?;
        let (place, folder) = self.place_of_new(&path, true, by)?;
        self.enter(place, folder, Content::Folder, by).map(|_| ())
    }

    /// Makes a folder and those above it, as far as they are not there.
    ///
    /// # Errors
    /// What stands in the way: [`FileFault::Exists`] when a file is there, [`FileFault::NoFolder`] when one is on the way.
    pub fn make_folders(&mut self, path: &str, by: By) -> Found<()> {
        self.use_volume(path, by)?;
        self.make_folders_of(&HostPath::parse(path)?, by)
    }

    pub(super) fn make_folders_of(&mut self, path: &HostPath, by: By) -> Found<()> {
        let root = HostPath { names: Vec::new(), trailing: false, ..path.clone() };
        let Place { volume, node: Some(mut folder), .. } = self.locate(&root)? else { return Err(FileFault::NoFolder) };
        for (index, name) in path.names.iter().enumerate() {
            let tree = self.tree(volume);
            folder = match tree.child(folder, name) {
                Some(key) if tree.is_folder(key) => key,
                Some(_) if index + 1 == path.names.len() => return Err(FileFault::Exists),
                Some(_) => return Err(FileFault::NoFolder),
                None => {
                    self.check_volume(volume, by)?;
                    self.allow(At { volume, key: folder }, mask::ADD_SUBFOLDER, by)?;
                    let place = Place { volume, folder: Some(folder), name, node: None };
                    self.enter(place, folder, Content::Folder, by)?
                }
            };
        }
        Ok(())
    }

    /// Makes a file that is not there yet.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn make_file(&mut self, path: &str, data: Data, by: By) -> Found<()> {
        self.use_volume(path, by)?;
        let path = HostPath::parse(path)?;
        let (place, folder) = self.place_of_new(&path, false, by)?;
        self.enter(place, folder, Content::File(data), by).map(|_| ())
    }

    /// Makes a file, or replaces the bytes of one that is there. It keeps everything else; the volume in a disk's file is gone.
    ///
    /// # Errors
    /// What stands in the way. The file is as it was then.
    pub fn write(&mut self, path: &str, data: Data, by: By) -> Found<()> {
        self.open(path, by)?;
        let parsed = HostPath::parse(path)?;
        if self.locate(&parsed)?.node.is_none() {
            let (place, folder) = self.place_of_new(&parsed, false, by)?;
            return self.enter(place, folder, Content::File(data), by).map(|_| ());
        }
        self.change_data(&parsed, by, |old, rare| {
            *old = data;
            rare.volume = None;
        })
    }

    /// Writes bytes into a file from some place on. It grows if it must. The volume in a disk's file stays.
    ///
    /// # Errors
    /// What stands in the way. The file is as it was then.
    pub fn write_at(&mut self, path: &str, at: u64, bytes: &[u8], by: By) -> Found<()> {
        self.open(path, by)?;
        let path = HostPath::parse(path)?;
        if at.checked_add(bytes.len() as u64).is_none_or(|end| end > FILE_LIMIT) {
            return Err(FileFault::Full);
        }
        self.change_data(&path, by, |data, _| data.write(at, bytes))
    }

    fn change_data(&mut self, path: &HostPath, by: By, change: impl FnOnce(&mut Data, &mut Rare)) -> Found<()> {
        let at = self.find_path(path)?;
        if self.is_folder(at) {
            return Err(FileFault::IsFolder);
        }
        let before = self.check_change(at, mask::WRITE_DATA, by)?;
        let mut node = self.node(at)?.clone();
        if node.has(attribute::READ_ONLY) && matches!(by.who, Who::Accounts(_)) {
            return Err(FileFault::Denied);
        }
        let Content::File(data) = &mut node.content else { return Err(FileFault::IsFolder) };
        let mut rare = node.rare.take().unwrap_or_default();
        change(data, Arc::make_mut(&mut rare));
        node.rare = (*rare != Rare::default()).then_some(rare);
        self.check_room(at.volume, node.allocated().saturating_sub(before), false, by)?;
        self.count_write(at.volume, by)?;
        node.attributes |= attribute::ARCHIVE;
        (node.times.written, node.times.changed) = (by.now, by.now);
        self.tree_mut(at.volume).change(at.key, |old| *old = node);
        Ok(())
    }

    // -- Taking away.

    /// Takes away a name, and with the last name the file; or an empty folder.
    ///
    /// # Errors
    /// What stands in the way: [`FileFault::Denied`] for a root.
    pub fn remove(&mut self, path: &str, by: By) -> Found<()> {
        self.open(path, by)?;
        let (at, folder, name) = self.to_remove(path)?;
        if self.tree(at.volume).names_in(at.key).next().is_some() {
            return Err(FileFault::NotEmpty);
        }
        self.remove_one(at, folder, &name, by)
    }

    /// Takes away a file, or a folder with everything in it.
    ///
    /// # Errors
    /// What stands in the way of the first that cannot be taken away. Those before it are gone then, as with every tool.
    pub fn remove_tree(&mut self, path: &str, by: By) -> Found<()> {
        self.open(path, by)?;
        let (at, folder, name) = self.to_remove(path)?;
        if by.is_world() {
            self.tree_mut(at.volume).remove_below(at.key);
        }
        let mut waiting: Vec<(At, Key, FoldedName)> = vec![(at, folder, name)];
        while let Some((top, folder, name)) = waiting.last() {
            let below = self.tree(top.volume).names_in(top.key).next();
            match below.map(|named| (At { key: named.node, ..*top }, top.key, FoldedName::of(&named.name))) {
                Some(below) => waiting.push(below),
                None => {
                    let (top, folder, name) = (*top, *folder, name.clone());
                    self.remove_one(top, folder, &name, by)?;
                    waiting.pop();
                }
            }
        }
        Ok(())
    }

    fn to_remove(&self, text: &str) -> Found<(At, Key, FoldedName)> {
        let path = HostPath::parse(text)?;
        let at = self.find_path(&path)?;
        let place = self.locate(&path)?;
        Ok((at, place.folder.ok_or(FileFault::Denied)?, FoldedName::of(place.name)))
    }

    fn remove_one(&mut self, at: At, folder: Key, name: &FoldedName, by: By) -> Found<()> {
        self.check_removal(at, folder, by)?;
        let tree = self.tree_mut(at.volume);
        tree.unlink(folder, name);
        tree.touch(folder, by.now);
        Ok(())
    }

    // -- Naming.

    /// Gives a file or folder another name, in this folder or another of its volume, with everything in it.
    ///
    /// # Errors
    /// What stands in the way: [`FileFault::Exists`] when something else has the name.
    pub fn rename(&mut self, from: &str, to: &str, by: By) -> Found<()> {
        self.open(from, by)?;
        let (at, folder, name) = self.to_remove(from)?;
        let path = HostPath::parse(to)?;
        let place = self.locate(&path)?;
        let target = place.folder.ok_or(FileFault::Exists)?;
        let same = (target, FoldedName::of(place.name)) == (folder, name.clone()) && place.volume == at.volume;
        if place.node.is_some() && !same {
            return Err(FileFault::Exists);
        }
        if path.trailing && !self.is_folder(at) {
            return Err(FileFault::TrailingSeparator);
        }
        if place.volume != at.volume {
            return Err(FileFault::OtherVolume);
        }
        if self.tree(at.volume).is_within(target, at.key) {
            return Err(FileFault::Within);
        }
        self.check_removal(at, folder, by)?;
        let wanted = if self.is_folder(at) { mask::ADD_SUBFOLDER } else { mask::ADD_FILE };
        self.allow(At { key: target, ..at }, wanted, by)?;
        let tree = self.tree_mut(at.volume);
        tree.rename((folder, name), target, place.name);
        tree.touch(folder, by.now);
        tree.touch(target, by.now);
        tree.change(at.key, |node| node.times.changed = by.now);
        Ok(())
    }

    /// Gives a file one more name.
    ///
    /// # Errors
    /// What stands in the way: [`FileFault::IsFolder`] for a folder.
    pub fn link(&mut self, existing: &str, new: &str, by: By) -> Found<()> {
        self.open(existing, by)?;
        let at = self.find(existing)?;
        if self.is_folder(at) {
            return Err(FileFault::IsFolder);
        }
        let path = HostPath::parse(new)?;
        let (place, folder) = self.place_of_new(&path, false, by)?;
        if place.volume != at.volume {
            return Err(FileFault::OtherVolume);
        }
        self.allow(at, mask::WRITE_ATTRIBUTES, by)?;
        if self.node(at)?.names() >= LINK_LIMIT {
            return Err(FileFault::TooManyLinks);
        }
        let tree = self.tree_mut(at.volume);
        tree.link(at.key, folder, place.name);
        tree.touch(folder, by.now);
        tree.change(at.key, |node| node.times.changed = by.now);
        Ok(())
    }

    // -- Copying.

    /// Copies a file with everything of it but its other names: attributes, times, lists, streams, a disk's volume.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn copy(&mut self, from: &str, to: &str, by: By) -> Found<()> {
        if self.is_folder(self.find(from)?) { Err(FileFault::IsFolder) } else { self.copy_tree(from, to, by) }
    }

    /// Copies a file, or a folder with everything in it: files of several names within stay files of several names.
    ///
    /// # Errors
    /// What stands in the way. What was copied before it is there then.
    pub fn copy_tree(&mut self, from: &str, to: &str, by: By) -> Found<()> {
        self.open(from, by)?;
        let source = self.find(from)?;
        let path = HostPath::parse(to)?;
        let (place, folder) = self.place_of_new(&path, self.is_folder(source), by)?;
        if place.volume == source.volume && self.tree(source.volume).is_within(folder, source.key) {
            return Err(FileFault::Within);
        }
        // What is read is a clone: what is copied does not change while it is copied.
        let tree = self.tree(source.volume).clone();
        let mut copied = BTreeMap::new();
        let target = At { volume: place.volume, key: folder };
        self.copy_one((&tree, source), target, place.name, &mut copied, by)?;
        let mut waiting = vec![source.key];
        while let Some(key) = waiting.pop() {
            let Some(&into) = copied.get(&key) else { continue };
            for Named { name, node } in tree.names_in(key) {
                let (from, into) = (At { key: *node, ..source }, At { key: into, ..target });
                if self.copy_one((&tree, from), into, name, &mut copied, by)? {
                    waiting.push(*node);
                }
            }
        }
        self.tree_mut(target.volume).touch(folder, by.now);
        Ok(())
    }

    /// Copies one node. Answers whether it is a folder. What is in it enters a folder that keeps its times.
    fn copy_one(&mut self, from: (&Tree, At), into: At, name: &str, copied: &mut Copied, by: By) -> Found<bool> {
        let (tree, at) = from;
        let node = tree.get(at.key).ok_or(FileFault::NoFile)?;
        if let Some(&copy) = copied.get(&at.key) {
            self.tree_mut(into.volume).link(copy, into.key, name);
            return Ok(false);
        }
        if let Who::Accounts(accounts) = by.who
            && !acl::allows(&tree.list_of(at.key), accounts, mask::READ_DATA)
        {
            return Err(FileFault::Denied);
        }
        if node.locked && !by.is_world() {
            return Err(FileFault::Locked);
        }
        self.check_room(into.volume, node.allocated().next_multiple_of(CLUSTER), true, by)?;
        if !node.is_folder() {
            self.count_write(into.volume, by)?;
        }
        let copy = self.tree_mut(into.volume).copy_node(node, into.key, name);
        if node.is_folder() || node.names() > 1 {
            copied.insert(at.key, copy);
        }
        Ok(node.is_folder())
    }
}
