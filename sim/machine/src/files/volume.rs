//! Volumes: those with a letter, those of disks that are attached, and how a disk that is not keeps its own.

use std::sync::Arc;

use hcs_rules::file::{CLUSTER, FileFault, FileSystem, MOST_NESTED, SYSTEM_LETTER, SYSTEM_VOLUME};
use uuid::Uuid;

use super::node::Node;
use super::path::{HostPath, VolumeName};
use super::tree::Tree;
use super::{By, Files, Found};
use crate::id::guid_of;
use crate::table::Key;

/// A volume as a value: what a disk holds of it while it is not attached. A clone costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVolume {
    /// Its id.
    pub id: Uuid,
    /// What it is formatted with.
    pub kind: FileSystem,
    /// Its size in bytes.
    pub capacity: u64,
    /// What is on it.
    pub tree: Tree,
}

impl StoredVolume {
    /// A volume that was just formatted.
    pub fn new(id: Uuid, kind: FileSystem, capacity: u64, now: u64) -> StoredVolume {
        StoredVolume { id, kind, capacity, tree: Tree::new(now) }
    }
}

/// A volume of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    pub(super) letter: Option<char>,
    pub(super) stored: StoredVolume,
    pub(super) read_only: bool,
    pub(super) ready: bool,
    /// The disk that it is on, if it is one of the host's virtual disks: a key of their table.
    pub disk: Option<Key>,
    /// The filter that is attached to it: a key of the table of filters.
    pub filter: Option<Key>,
}

impl Volume {
    /// Its letter, if it has one.
    pub fn letter(&self) -> Option<char> {
        self.letter
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.stored.id
    }

    /// What it is formatted with.
    pub fn kind(&self) -> FileSystem {
        self.stored.kind
    }

    /// Its size in bytes.
    pub fn capacity(&self) -> u64 {
        self.stored.capacity
    }

    /// What is on it.
    pub fn tree(&self) -> &Tree {
        &self.stored.tree
    }

    /// Whether it can only be read.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Nobody can write it from now on, or everybody again.
    pub(crate) fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    /// The room that is left, in bytes.
    pub fn room(&self) -> u64 {
        self.stored.capacity.saturating_sub(self.stored.tree.used)
    }

    /// Its root folder, as a path by its id.
    pub fn path(&self) -> String {
        format!("\\\\?\\Volume{{{}}}\\", self.stored.id)
    }

    pub(super) fn is(&self, name: VolumeName) -> bool {
        match name {
            VolumeName::Letter(letter) => self.letter == Some(letter),
            VolumeName::Id(id) => self.stored.id == id,
        }
    }
}

impl Files {
    /// A volume of this letter appears, unless there is one.
    pub(super) fn add_volume(&mut self, letter: char, capacity: u64, now: u64) -> bool {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() || self.volume_of_letter(letter).is_some() {
            return false;
        }
        let system = Uuid::from_u128(SYSTEM_VOLUME);
        let id = if letter == SYSTEM_LETTER { system } else { guid_of(system, &[letter as u8]) };
        self.push(Some(letter), StoredVolume::new(id, FileSystem::Ntfs, capacity, now)).is_ok()
    }

    fn push(&mut self, letter: Option<char>, stored: StoredVolume) -> Found<()> {
        if self.volume(stored.id).is_some() {
            return Err(FileFault::Exists);
        }
        self.volumes.push(Volume { letter, stored, read_only: false, ready: true, disk: None, filter: None });
        Ok(())
    }

    pub(super) fn volume_of_letter(&self, letter: char) -> Option<usize> {
        let letter = letter.to_ascii_uppercase();
        self.volumes.iter().position(|volume| volume.letter == Some(letter))
    }

    /// A volume appears without a letter, with everything that is on it.
    ///
    /// # Errors
    /// [`FileFault::Exists`] when there is one of this id.
    pub fn attach_volume(&mut self, stored: StoredVolume) -> Found<()> {
        self.push(None, stored)
    }

    /// The volume of this id goes, and is given back with everything that is on it.
    pub fn detach_volume(&mut self, id: Uuid) -> Option<StoredVolume> {
        let index = self.volumes.iter().position(|volume| volume.stored.id == id)?;
        Some(self.volumes.remove(index).stored)
    }

    /// The volume of this id.
    pub fn volume(&self, id: Uuid) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.stored.id == id)
    }

    /// The volume of this id, to change what is said about it.
    pub fn volume_mut(&mut self, id: Uuid) -> Option<&mut Volume> {
        self.volumes.iter_mut().find(|volume| volume.stored.id == id)
    }

    /// Every volume, in the order in which they appeared.
    pub fn volumes(&self) -> impl Iterator<Item = &Volume> {
        self.volumes.iter()
    }

    /// The volume that a path leads into.
    ///
    /// # Errors
    /// When the path is none, or there is no such volume.
    pub fn volume_of(&self, path: &str) -> Found<&Volume> {
        let path = HostPath::parse(path)?;
        self.volumes.iter().find(|volume| volume.is(path.volume)).ok_or(FileFault::NoVolume)
    }

    /// The volume whose root folder this is: a separator at the end may be missing, as the calls on layers take it.
    ///
    /// # Errors
    /// [`FileFault::IsFolder`] when the path leads further than to a root; else why there is no such volume.
    pub fn volume_at_root(&self, text: &str) -> Found<&Volume> {
        let path = HostPath::parse_root(text)?;
        if !path.names.is_empty() {
            return Err(FileFault::IsFolder);
        }
        self.volumes.iter().find(|volume| volume.is(path.volume)).ok_or(FileFault::NoVolume)
    }

    /// The volume of this id is formatted anew: everything on it is gone.
    ///
    /// # Errors
    /// [`FileFault::NoVolume`].
    pub fn format_volume(&mut self, id: Uuid, kind: FileSystem, by: By) -> Found<()> {
        let volume = self.volume_mut(id).ok_or(FileFault::NoVolume)?;
        (volume.stored.kind, volume.stored.tree) = (kind, Tree::new(by.now));
        Ok(())
    }

    /// The volume of this id is so large from now on.
    ///
    /// # Errors
    /// [`FileFault::NoVolume`]; [`FileFault::Full`] when what is on it would have no room.
    pub fn resize_volume(&mut self, id: Uuid, capacity: u64) -> Found<()> {
        let volume = self.volume_mut(id).ok_or(FileFault::NoVolume)?;
        if capacity / CLUSTER * CLUSTER < volume.stored.tree.used {
            return Err(FileFault::Full);
        }
        volume.stored.capacity = capacity;
        Ok(())
    }

    // -- The volume in a disk's file.

    /// The volume that a disk's file holds, if it holds one.
    ///
    /// # Errors
    /// Why there is no such file.
    pub fn stored_volume(&self, path: &str) -> Found<Option<Arc<StoredVolume>>> {
        let node = self.node(self.find(path)?)?;
        Ok(node.rare.as_ref().and_then(|rare| rare.volume.clone()))
    }

    /// A disk's file holds this volume from now on, or none. It stays with the file when that is copied or renamed, and goes
    /// when the file's content is replaced. Rights, locks and room are those of the file's bytes: nobody is asked here.
    ///
    /// # Errors
    /// Why there is no such file; [`FileFault::Full`] when disks would lie in disks too deep.
    pub fn set_stored_volume(&mut self, path: &str, stored: Option<Arc<StoredVolume>>) -> Found<()> {
        let at = self.find(path)?;
        if self.node(at)?.is_folder() {
            return Err(FileFault::IsFolder);
        }
        let nested = stored.as_ref().map_or(0, |stored| stored.tree.nested.saturating_add(1));
        if nested > MOST_NESTED {
            return Err(FileFault::Full);
        }
        let tree = self.tree_mut(at.volume);
        tree.nested = tree.nested.max(nested);
        tree.change(at.key, |node: &mut Node| node.change_rare(|rare| rare.volume = stored));
        Ok(())
    }
}
