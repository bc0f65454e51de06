//! The host's file system: volumes, folders, files with bytes and access control lists. Clones share what they do not change.
//!
//! | file | what is there |
//! |---|---|
//! | [`path`] | what a path names |
//! | [`acl`] | accounts, entries, lists |
//! | `data` | the bytes of a file |
//! | `descriptor` | the list in a security descriptor as it was set |
//! | `node` | what else a file is made of |
//! | `tree` | what is on one volume: a value that costs nothing to clone |
//! | `disk` | the files of disks, for those who have them open |
//! | `layer` | what is noted of layers beside their files |
//! | `volume` | volumes, attached and not |
//! | `verb` | what can be done to files, and what stands in the way |
//! | `meta` | attributes, times, streams and what else files have |
//! | `stage` | a tree of files put somewhere at once |
//! | `trouble` | what will go wrong, because the world says so |
//! | `view` | what a volume shows while a filter is attached to it |
//! | `walk` | what is in a folder and below, trees compared |
//! | `call` | the calls on files, and what saves and restores do |
//! | `event` | what the world does to files |
//!
//! The folders of a volume are one ordered map from (folder, folded name) to node, so that a folder of a hundred thousand files
//! costs no more to change after a clone than one of ten. Only what was set on a file itself is kept in its list: what it
//! inherits is found on the way up when it is asked for, as if every change were propagated at once.

pub mod acl;
mod call;
mod data;
mod descriptor;
mod disk;
mod event;
mod layer;
mod meta;
mod node;
pub mod path;
mod stage;
mod tree;
mod trouble;
mod verb;
mod view;
mod volume;
mod walk;

use hcs_rules::access::Rights;
use hcs_rules::file::{FOLDERS, FileFault, FileSystem, SYSTEM_LETTER, VOLUME_CAPACITY};
use hcs_rules::grant::{self, SidRow};

pub use data::Data;
pub use disk::FileId;
pub use event::Branch;
pub(crate) use layer::LayerNote;
pub use node::{Extended, Meta, Reparse, Times};
pub(crate) use stage::below;
pub use stage::{Staged, What};
pub use tree::Tree;
pub use trouble::{Ill, Trouble};
pub use volume::{StoredVolume, Volume};
pub use walk::{Entry, Walked, digest};

use crate::table::Key;
use crate::time::Time;
use node::Node;
use path::HostPath;

/// What something on files gives, or what stands in its way.
pub(crate) type Found<T> = Result<T, FileFault>;

/// Who does something to files, and when.
#[derive(Clone, Copy, Debug)]
pub struct By {
    who: Who,
    /// The moment, as files keep it: a `FILETIME`.
    pub(crate) now: u64,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    World,
    Service,
    Accounts(&'static [&'static SidRow]),
}

impl By {
    /// The world: it asks neither lists nor locks nor volumes.
    pub const fn world(now: Time) -> By {
        By { who: Who::World, now: now.as_file_time() }
    }

    /// The service, or whoever backs up and restores: it asks no lists, but finds what is in use, and no room.
    pub const fn service(now: Time) -> By {
        By { who: Who::Service, now: now.as_file_time() }
    }

    /// A client with these rights.
    pub const fn client(rights: Rights, now: Time) -> By {
        By { who: Who::Accounts(grant::accounts(rights)), now: now.as_file_time() }
    }

    const fn is_world(self) -> bool {
        matches!(self.who, Who::World)
    }
}

/// The file system of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    volumes: Vec<Volume>,
    /// What the world has told to go wrong.
    troubles: Vec<Trouble>,
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    volume: usize,
    key: Key,
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
    pub(crate) fn of_a_new_host() -> Files {
        let mut files = Files { volumes: Vec::new(), troubles: Vec::new() };
        let by = By::world(Time::ZERO);
        files.add_volume(SYSTEM_LETTER, VOLUME_CAPACITY, by.now);
        for folder in FOLDERS {
            files.put_folder(folder, by);
        }
        files
    }

    /// Where a path leads, up to its last name.
    fn locate<'a>(&self, path: &'a HostPath) -> Found<Place<'a>> {
        let found = self.volumes.iter().position(|volume| volume.is(path.volume));
        let index = found.ok_or(FileFault::NoVolume)?;
        let volume = &self.volumes[index];
        if !volume.ready {
            return Err(FileFault::NotReady);
        }
        if volume.kind() == FileSystem::Raw {
            return Err(FileFault::Unformatted);
        }
        let tree = volume.tree();
        let Some((name, folders)) = path.names.split_last() else {
            return Ok(Place { volume: index, folder: None, name: "", node: Some(tree.root) });
        };
        let mut folder = tree.root;
        for name in folders {
            let below = tree.child(folder, name).filter(|key| tree.is_folder(*key));
            folder = below.ok_or(FileFault::NoFolder)?;
        }
        Ok(Place { volume: index, folder: Some(folder), name, node: tree.child(folder, name) })
    }

    /// The node of a path, whatever kind of node it is.
    fn find(&self, text: &str) -> Found<At> {
        self.find_path(&HostPath::parse(text)?)
    }

    fn find_path(&self, path: &HostPath) -> Found<At> {
        let place = self.locate(path)?;
        let at = At { volume: place.volume, key: place.node.ok_or(FileFault::NoFile)? };
        if path.trailing && !self.is_folder(at) { Err(FileFault::TrailingSeparator) } else { Ok(at) }
    }

    fn tree(&self, volume: usize) -> &Tree {
        &self.volumes[volume].stored.tree
    }

    fn tree_mut(&mut self, volume: usize) -> &mut Tree {
        &mut self.volumes[volume].stored.tree
    }

    fn node(&self, at: At) -> Found<&Node> {
        self.tree(at.volume).get(at.key).ok_or(FileFault::NoFile)
    }

    fn is_folder(&self, at: At) -> bool {
        self.tree(at.volume).is_folder(at.key)
    }

    /// The path of a node, by its volume's letter if that has one.
    fn path_of(&self, at: At) -> Option<String> {
        let volume = self.volumes.get(at.volume)?;
        let root = volume.letter.map_or_else(|| volume.path(), |letter| format!("{letter}:\\"));
        Some(root + &volume.tree().path_of(at.key)?.join("\\"))
    }
}
