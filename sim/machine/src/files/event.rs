//! What the world does to files, and what a test may look at.

use hcs_rules::file::{CLUSTER, FileFault, VOLUME_CAPACITY, attribute};
use hcs_rules::grant::Owner;
use uuid::Uuid;

use super::acl::Ace;
use super::path::HostPath;
use super::{Content, Data, Files};
use crate::input::{FileEvent, VolumeEvent};

/// One file or folder of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its path.
    pub path: String,
    /// How many bytes a file has.
    pub size: Option<u64>,
}

impl Files {
    /// The world acts on files. Answers whether that did anything.
    pub(crate) fn happen(&mut self, event: &FileEvent) -> bool {
        match event {
            FileEvent::Put(path, bytes) => self.put(path, Data::from(&bytes[..])),
            FileEvent::Folder(path) => self.put_folder(path),
            FileEvent::Remove(path) => self.remove(path),
            FileEvent::Lock(path, locked) => {
                self.change(path, |node| std::mem::replace(&mut node.locked, *locked) != *locked)
            }
            FileEvent::ReadOnly(path, read_only) => self.change(path, |node| {
                let bit = if *read_only { attribute::READ_ONLY } else { 0 };
                let attributes = node.attributes & !attribute::READ_ONLY | bit;
                std::mem::replace(&mut node.attributes, attributes) != attributes
            }),
            FileEvent::Deny(path, denied) => self.change(path, |node| {
                let deny = Ace::deny_everyone();
                if node.list.contains(&deny) == *denied {
                    return false;
                }
                // Whoever owns a file may always change its list.
                node.owner = if *denied { Owner::System } else { Owner::User };
                let others = node.list.iter().filter(|ace| **ace != deny).cloned();
                node.list = denied.then(|| deny.clone()).into_iter().chain(others).collect();
                true
            }),
            FileEvent::Volume(letter, event) => self.happen_to_volume(*letter, event),
        }
    }

    fn happen_to_volume(&mut self, letter: char, event: &VolumeEvent) -> bool {
        if *event == VolumeEvent::Appear {
            return self.add_volume(letter, VOLUME_CAPACITY);
        }
        let Some(index) = self.volume_of_letter(letter) else { return false };
        let volume = &mut self.volumes[index];
        match event {
            VolumeEvent::Appear => false,
            VolumeEvent::Vanish => self.remove_volume(letter),
            VolumeEvent::ReadOnly(read_only) => std::mem::replace(&mut volume.read_only, *read_only) != *read_only,
            VolumeEvent::Ready(ready) => std::mem::replace(&mut volume.ready, *ready) != *ready,
            VolumeEvent::Room(room) => {
                let capacity = volume.used.saturating_add(*room);
                std::mem::replace(&mut volume.capacity, capacity) != capacity
            }
        }
    }

    /// Changes a node. A node that cannot be found is not changed.
    fn change(&mut self, path: &str, change: impl FnOnce(&mut super::Node) -> bool) -> bool {
        match self.find(path).ok().and_then(|key| self.nodes.get_mut(key)) {
            Some(node) => change(node),
            None => false,
        }
    }

    /// A file is put there, with the folders that it needs. The world asks neither lists nor volumes.
    pub(super) fn put(&mut self, text: &str, data: Data) -> bool {
        let Ok(path) = HostPath::parse(text) else { return false };
        let Some((_, folders)) = path.names.split_last() else { return false };
        if path.trailing || !self.make_folders(&path, folders.len()) {
            return false;
        }
        match self.locate(&path) {
            Ok(place) if !place.node.is_some_and(|key| self.is_folder(key)) => {
                self.enter(place, Content::File(data), Owner::User);
                true
            }
            _ => false,
        }
    }

    /// A folder is put there, with the folders above it. Answers whether one was made.
    pub(super) fn put_folder(&mut self, text: &str) -> bool {
        let Ok(path) = HostPath::parse(text) else { return false };
        let was_there = self.locate(&path).is_ok_and(|place| place.node.is_some());
        !was_there && self.make_folders(&path, path.names.len())
    }

    /// Makes so many folders of a path, those that are not there. Answers whether all are there then.
    fn make_folders(&mut self, path: &HostPath, count: usize) -> bool {
        for length in 1..=count {
            let folder = HostPath { names: path.names[..length].to_vec(), ..path.clone() };
            match self.locate(&folder) {
                Ok(place) if place.node.is_none() => {
                    self.enter(place, Content::Folder, Owner::User);
                }
                Ok(place) if place.node.is_some_and(|key| self.is_folder(key)) => {}
                _ => return false,
            }
        }
        let folder = HostPath { names: path.names[..count].to_vec(), ..path.clone() };
        self.locate(&folder).is_ok_and(|place| place.node.is_some())
    }

    /// A file goes, or a folder with everything in it; a root stays.
    fn remove(&mut self, text: &str) -> bool {
        let Ok(path) = HostPath::parse(text) else { return false };
        let Ok(place) = self.locate(&path) else { return false };
        let (Some(key), Some(folder)) = (place.node, place.folder) else { return false };
        let volume = place.volume;
        let name = super::FoldedName::of(place.name);
        let freed = match self.nodes.get(key) {
            Some(node) => super::allocated_by(node) + self.allocated_below(key),
            None => return false,
        };
        self.remove_below(key);
        self.nodes.remove(key);
        self.names.remove_mut(&(folder, name));
        self.volumes[volume].used = self.volumes[volume].used.saturating_sub(freed);
        true
    }

    // -- What a test may look at.

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why there are none.
    pub fn data(&self, path: &str) -> Result<&Data, FileFault> {
        let key = self.find(path)?;
        match self.nodes.get(key).map(|node| &node.content) {
            Some(Content::File(data)) => Ok(data),
            _ => Err(FileFault::IsFolder),
        }
    }

    /// How many files and folders there are, roots included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no volume.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The room that is left on a volume, in bytes, in whole clusters.
    pub fn room(&self, letter: char) -> Option<u64> {
        self.volume_of_letter(letter).map(|index| self.volumes[index].room() / CLUSTER * CLUSTER)
    }

    /// The whole list of a file or folder: what was set on it first.
    ///
    /// # Errors
    /// Why there is none.
    pub fn list(&self, path: &str) -> Result<Vec<Ace>, FileFault> {
        self.find(path).map(|key| self.list_of(key))
    }

    /// The same as tools show it: an account and its entry a line. `is_known` says whether a machine of this GUID is there.
    ///
    /// # Errors
    /// Why there is none.
    pub fn list_text(&self, path: &str, is_known: impl Fn(Uuid) -> bool) -> Result<Vec<String>, FileFault> {
        let line = |ace: &Ace| {
            let account = ace.sid.name(&is_known).unwrap_or_else(|| ace.sid.to_string());
            format!("{account}:{}", ace.text())
        };
        Ok(self.list(path)?.iter().map(line).collect())
    }

    /// What is in a folder and in the folders below it: paths and sizes, folders without one. A file is itself alone.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn tree(&self, path: &str) -> Result<Vec<Branch>, FileFault> {
        let key = self.find(path)?;
        let mut found = Vec::new();
        let mut waiting = vec![(key, self.path_of(key).unwrap_or_default())];
        while let Some((key, path)) = waiting.pop() {
            match self.nodes.get(key).map(|node| &node.content) {
                Some(Content::File(data)) => found.push(Branch { path, size: Some(data.len()) }),
                Some(Content::Folder) => {
                    let below = self
                        .names_in(key)
                        .map(|named| (named.node, format!("{}\\{}", path.trim_end_matches('\\'), named.name)));
                    let mut below: Vec<_> = below.collect();
                    below.reverse();
                    waiting.extend(below);
                    found.push(Branch { path, size: None });
                }
                None => {}
            }
        }
        Ok(found)
    }
}
