//! The host's file system: volumes, folders, files with bytes and access control lists. Clones share what they do not change.
//!
//! | file | what is there |
//! |---|---|
//! | [`path`] | what a path names |
//! | [`acl`] | accounts, entries, lists |
//! | `data` | the bytes of a file |
//! | `call` | the calls on files, and what saves and restores do |
//! | `event` | what the world does to files |
//!
//! Folders are one ordered map from (folder, folded name) to node, so that a folder of a hundred thousand files costs no more
//! to change after a clone than one of ten. Only what was set on a file itself is kept in its list: what it inherits is found
//! on the way up when it is asked for, as if every change were propagated at once.

pub mod acl;
mod call;
mod data;
mod event;
pub mod path;

use std::sync::{Arc, LazyLock};

use hcs_rules::file::{CLUSTER, FOLDERS, FileFault, SYSTEM_LETTER, SYSTEM_VOLUME, VOLUME_CAPACITY, attribute};
use hcs_rules::grant::{Owner, ROOT_LIST};
use rpds::RedBlackTreeMapSync;
use uuid::Uuid;

pub use data::Data;
pub use event::Branch;

use crate::table::{Key, Table};
use acl::{Ace, Sid};
use path::{FoldedName, HostPath, VolumeName};

/// One volume.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Volume {
    letter: char,
    id: Uuid,
    root: Key,
    capacity: u64,
    used: u64,
    read_only: bool,
    ready: bool,
}

impl Volume {
    fn room(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Folder,
    File(Data),
}

/// A folder or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    content: Content,
    /// The folder that it is in; a root is in none.
    parent: Option<Key>,
    attributes: u32,
    owner: Owner,
    /// What was set on it; what it inherits comes behind.
    list: Arc<[Ace]>,
    /// Whether somebody has it open and shares it with nobody.
    locked: bool,
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    /// As it was written.
    name: Arc<str>,
    node: Key,
}

/// The file system of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    volumes: Vec<Volume>,
    nodes: Table<Node>,
    names: RedBlackTreeMapSync<(Key, FoldedName), Named>,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    volume: usize,
    /// The folder that the last name is in; `None` for a root.
    folder: Option<Key>,
    /// The last name.
    name: &'a str,
    /// What is there.
    node: Option<Key>,
}

impl Files {
    /// The system's volume with its usual folders, as every world begins with it.
    pub(crate) fn of_a_new_host() -> Arc<Files> {
        static NEW: LazyLock<Arc<Files>> = LazyLock::new(|| {
            let mut files =
                Files { volumes: Vec::new(), nodes: Table::default(), names: RedBlackTreeMapSync::default() };
            files.add_volume(SYSTEM_LETTER, VOLUME_CAPACITY);
            for folder in FOLDERS {
                files.put_folder(folder);
            }
            Arc::new(files)
        });
        NEW.clone()
    }

    /// A volume of this letter appears, unless there is one.
    fn add_volume(&mut self, letter: char, capacity: u64) -> bool {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() || self.volumes.iter().any(|volume| volume.letter == letter) {
            return false;
        }
        let system = Uuid::from_u128(SYSTEM_VOLUME);
        let id = if letter == SYSTEM_LETTER { system } else { Uuid::new_v5(&system, &[letter as u8]) };
        let list = ROOT_LIST.iter().map(|(account, flags, mask)| Ace::allow(Sid::from(*account), *flags, *mask));
        let root = self.nodes.insert(Node {
            content: Content::Folder,
            parent: None,
            attributes: attribute::FOLDER,
            owner: Owner::System,
            list: list.collect(),
            locked: false,
        });
        self.volumes.push(Volume { letter, id, root, capacity, used: 0, read_only: false, ready: true });
        true
    }

    /// The volume goes, with everything on it.
    fn remove_volume(&mut self, letter: char) -> bool {
        let Some(index) = self.volume_of_letter(letter) else { return false };
        let root = self.volumes[index].root;
        self.remove_below(root);
        self.nodes.remove(root);
        self.volumes.remove(index);
        true
    }

    fn volume_of_letter(&self, letter: char) -> Option<usize> {
        let letter = letter.to_ascii_uppercase();
        self.volumes.iter().position(|volume| volume.letter == letter)
    }

    /// Where a path leads, up to its last name.
    fn locate<'a>(&self, path: &'a HostPath) -> Result<Place<'a>, FileFault> {
        let found = self.volumes.iter().position(|volume| match path.volume {
            VolumeName::Letter(letter) => volume.letter == letter,
            VolumeName::Id(id) => volume.id == id,
        });
        let volume = found.ok_or(FileFault::NoVolume)?;
        if !self.volumes[volume].ready {
            return Err(FileFault::NotReady);
        }
        let root = self.volumes[volume].root;
        let Some((name, folders)) = path.names.split_last() else {
            return Ok(Place { volume, folder: None, name: "", node: Some(root) });
        };
        let mut folder = root;
        for name in folders {
            let below = self.child(folder, name).filter(|key| self.is_folder(*key));
            folder = below.ok_or(FileFault::NoFolder)?;
        }
        Ok(Place { volume, folder: Some(folder), name, node: self.child(folder, name) })
    }

    /// The node of a path, whatever kind of node it is.
    fn find(&self, text: &str) -> Result<Key, FileFault> {
        let path = HostPath::parse(text)?;
        self.locate(&path)?.node.ok_or(FileFault::NoFile)
    }

    fn child(&self, folder: Key, name: &str) -> Option<Key> {
        self.names.get(&(folder, FoldedName::of(name))).map(|named| named.node)
    }

    fn is_folder(&self, key: Key) -> bool {
        self.nodes.get(key).is_some_and(|node| node.content == Content::Folder)
    }

    fn is_root(&self, key: Key) -> bool {
        self.volumes.iter().any(|volume| volume.root == key)
    }

    /// A node enters a folder. What is there is replaced, and keeps its list.
    fn enter(&mut self, place: Place<'_>, content: Content, owner: Owner) -> Key {
        let attributes = if content == Content::Folder { attribute::FOLDER } else { attribute::ARCHIVE };
        let (now, before) = (allocated(&content), place.node.and_then(|key| self.nodes.get(key)).map(allocated_by));
        let volume = &mut self.volumes[place.volume];
        volume.used = (volume.used + now).saturating_sub(before.unwrap_or(0));
        if let Some(key) = place.node {
            if let Some(node) = self.nodes.get_mut(key) {
                node.content = content;
            }
            return key;
        }
        let node = Node { content, parent: place.folder, attributes, owner, list: Arc::default(), locked: false };
        let key = self.nodes.insert(node);
        if let Some(folder) = place.folder {
            let named = Named { name: place.name.into(), node: key };
            self.names.insert_mut((folder, FoldedName::of(place.name)), named);
        }
        key
    }

    /// The names in a folder, in the order in which they compare.
    fn names_in(&self, folder: Key) -> impl Iterator<Item = &Named> {
        let below = self.names.range((folder, FoldedName::first())..);
        below.take_while(move |((of, _), _)| *of == folder).map(|(_, named)| named)
    }

    /// Everything in a folder goes.
    fn remove_below(&mut self, folder: Key) {
        let mut waiting = vec![folder];
        while let Some(folder) = waiting.pop() {
            let below: Vec<Named> = self.names_in(folder).cloned().collect();
            for named in below {
                if self.is_folder(named.node) {
                    waiting.push(named.node);
                }
                self.names.remove_mut(&(folder, FoldedName::of(&named.name)));
                self.nodes.remove(named.node);
            }
        }
    }

    /// How many bytes what is in a folder takes.
    fn allocated_below(&self, folder: Key) -> u64 {
        let below = self.names_in(folder).filter_map(|named| Some((named.node, self.nodes.get(named.node)?)));
        below
            .map(|(key, node)| allocated_by(node) + if self.is_folder(key) { self.allocated_below(key) } else { 0 })
            .sum()
    }

    /// The whole list of a node: what was set on it, then what it inherits, the nearest folder first.
    fn list_of(&self, key: Key) -> Vec<Ace> {
        let Some(node) = self.nodes.get(key) else { return Vec::new() };
        let mut list = node.list.to_vec();
        let is_folder = node.content == Content::Folder;
        let (mut above, mut near) = (node.parent, true);
        while let Some(folder) = above.and_then(|key| self.nodes.get(key)) {
            for ace in folder.list.iter() {
                if is_folder {
                    list.extend(ace.for_folder(near));
                } else {
                    list.extend(ace.for_file(near));
                }
            }
            (above, near) = (folder.parent, false);
        }
        list
    }

    /// The path of a node, by its volume's letter.
    fn path_of(&self, key: Key) -> Option<String> {
        let mut parts = Vec::new();
        let mut at = key;
        while let Some(folder) = self.nodes.get(at)?.parent {
            let named = self.names_in(folder).find(|named| named.node == at)?;
            parts.push(named.name.to_string());
            at = folder;
        }
        let volume = self.volumes.iter().find(|volume| volume.root == at)?;
        parts.push(format!("{}:", volume.letter));
        parts.reverse();
        Some(if parts.len() == 1 { format!("{}\\", parts[0]) } else { parts.join("\\") })
    }
}

/// What a node takes on its volume. Sparse files are none to the volume: what they are long, they take.
fn allocated(content: &Content) -> u64 {
    match content {
        Content::Folder => 0,
        Content::File(data) => data.len().next_multiple_of(CLUSTER),
    }
}

fn allocated_by(node: &Node) -> u64 {
    allocated(&node.content)
}
