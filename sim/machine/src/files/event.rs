//! What the world does to files, and what a test may look at.

use hcs_rules::file::{CLUSTER, FileFault, VOLUME_CAPACITY, attribute};
use hcs_rules::grant::Owner;
use uuid::Uuid;

use super::acl::Ace;
use super::node::{Content, Node};
use super::path::HostPath;
use super::trouble::Ill;
use super::{By, Data, Files, Found};
use crate::input::{FileEvent, VolumeEvent};

/// One file or folder of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its path.
    pub path: String,
    /// How many bytes a file has.
    pub size: Option<u64>,
    /// Its attributes, as in [`attribute`].
    pub attributes: u32,
}

impl Files {
    /// The world acts on files. Answers whether that did anything.
    pub(crate) fn happen(&mut self, event: &FileEvent, by: By) -> bool {
        match event {
            FileEvent::Put(path, bytes) => self.put(path, Data::from(&bytes[..]), by),
            FileEvent::Folder(path) => self.put_folder(path, by),
            FileEvent::Remove(path) => self.remove_tree(path, by).is_ok(),
            FileEvent::Copy(from, to) => self.make_way_to(to, by) && self.copy_tree(from, to, by).is_ok(),
            FileEvent::Rename(from, to) => self.make_way_to(to, by) && self.rename(from, to, by).is_ok(),
            FileEvent::Link(existing, new) => self.make_way_to(new, by) && self.link(existing, new, by).is_ok(),
            FileEvent::Attributes(path, attributes) => {
                let before = self.attributes(path);
                self.set_attributes(path, *attributes, by).is_ok() && self.attributes(path) != before
            }
            FileEvent::Stream(path, name, bytes) => {
                let data = bytes.as_ref().map(|bytes| Data::from(&bytes[..]));
                let same = self.stream(path, name).is_ok_and(|stream| stream == data.as_ref());
                !same && self.set_stream(path, name, data, by).is_ok()
            }
            FileEvent::Stage(path, tree) => self.stage(path, tree, by).is_ok(),
            FileEvent::Lock(path, locked) => self.set_locked(path, *locked).unwrap_or(false),
            FileEvent::InUseFor(path, times) => self.expect_in_use(path, *times),
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
            FileEvent::Volume(letter, event) => self.happen_to_volume(*letter, event, by),
        }
    }

    fn happen_to_volume(&mut self, letter: char, event: &VolumeEvent, by: By) -> bool {
        if *event == VolumeEvent::Appear {
            return self.add_volume(letter, VOLUME_CAPACITY, by.now);
        }
        let Some(index) = self.volume_of_letter(letter) else { return false };
        let volume = &mut self.volumes[index];
        match event {
            VolumeEvent::Appear => false,
            VolumeEvent::Vanish => {
                self.volumes.remove(index);
                true
            }
            VolumeEvent::ReadOnly(read_only) => std::mem::replace(&mut volume.read_only, *read_only) != *read_only,
            VolumeEvent::Ready(ready) => std::mem::replace(&mut volume.ready, *ready) != *ready,
            VolumeEvent::Room(room) => {
                let capacity = volume.tree().used.saturating_add(*room);
                std::mem::replace(&mut volume.stored.capacity, capacity) != capacity
            }
            VolumeEvent::FullAfter(writes) => self.expect_on_volume(letter, Ill::Full, *writes, 1),
            VolumeEvent::NotReadyFor(times) => self.expect_on_volume(letter, Ill::NotReady, 0, *times),
            VolumeEvent::Format(kind) => {
                let id = volume.id();
                self.format_volume(id, *kind, by).is_ok()
            }
        }
    }

    /// Changes a node. A node that cannot be found is not changed.
    fn change(&mut self, path: &str, change: impl FnOnce(&mut Node) -> bool) -> bool {
        match self.find(path) {
            Ok(at) => self.tree_mut(at.volume).change(at.key, change).unwrap_or(false),
            Err(_) => false,
        }
    }

    /// A file is put there, with the folders that it needs. The world asks neither lists nor volumes.
    pub(super) fn put(&mut self, path: &str, data: Data, by: By) -> bool {
        self.make_way_to(path, by) && self.write(path, data, by).is_ok()
    }

    /// A folder is put there, with the folders above it. Answers whether one was made.
    pub(super) fn put_folder(&mut self, path: &str, by: By) -> bool {
        !self.exists(path) && self.make_folders(path, by).is_ok()
    }

    /// The folders on the way to a path are there from now on.
    fn make_way_to(&mut self, text: &str, by: By) -> bool {
        let Ok(path) = HostPath::parse(text) else { return false };
        let Some((_, folders)) = path.names.split_last() else { return false };
        let folders = HostPath { names: folders.to_vec(), trailing: false, ..path };
        self.make_folders_of(&folders, by).is_ok()
    }

    // -- What a test may look at.

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why there are none.
    pub fn data(&self, path: &str) -> Found<&Data> {
        match &self.node(self.find(path)?)?.content {
            Content::File(data) => Ok(data),
            Content::Folder => Err(FileFault::IsFolder),
        }
    }

    /// How many files and folders there are, roots included.
    pub fn len(&self) -> usize {
        self.volumes.iter().map(|volume| volume.tree().len()).sum()
    }

    /// Whether there is no volume.
    pub fn is_empty(&self) -> bool {
        self.volumes.is_empty()
    }

    /// The room that is left on a volume, in bytes, in whole clusters.
    pub fn room(&self, letter: char) -> Option<u64> {
        self.volume_of_letter(letter).map(|index| self.volumes[index].room() / CLUSTER * CLUSTER)
    }

    /// The whole list of a file or folder: what was set on it first.
    ///
    /// # Errors
    /// Why there is none.
    pub fn list(&self, path: &str) -> Found<Vec<Ace>> {
        self.find(path).map(|at| self.tree(at.volume).list_of(at.key))
    }

    /// The same as tools show it: an account and its entry a line. `is_known` says whether a machine of this GUID is there.
    ///
    /// # Errors
    /// Why there is none.
    pub fn list_text(&self, path: &str, is_known: impl Fn(Uuid) -> bool) -> Found<Vec<String>> {
        let line = |ace: &Ace| {
            let account = ace.sid.name(&is_known).unwrap_or_else(|| ace.sid.to_string());
            format!("{account}:{}", ace.text())
        };
        Ok(self.list(path)?.iter().map(line).collect())
    }

    /// What is in a folder and in the folders below it: paths, sizes, attributes. A file is itself alone.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn branches(&self, path: &str) -> Found<Vec<Branch>> {
        let root = self.path_of(self.find(path)?).unwrap_or_default();
        let below = self.walk(path)?.map(|found| {
            let path = match found.path() {
                "" => root.clone(),
                path => format!("{}\\{path}", root.trim_end_matches('\\')),
            };
            Branch { path, size: found.data().map(Data::len), attributes: found.attributes() }
        });
        Ok(below.collect())
    }
}
