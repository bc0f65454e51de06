//! The tree of one volume: folders, files and their names. A value: a clone costs nothing and shares what neither changes,
//! so that a disk keeps its tree while it is detached, and copies of a disk share one.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::file::MOST_NODES;
use hcs_rules::grant::{Owner, ROOT_LIST};
use rpds::RedBlackTreeMapSync;

use super::acl::{Ace, Sid};
use super::node::{Content, Node};
use super::path::FoldedName;
use crate::table::{Key, Table};

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// As it was written.
    pub(super) name: Arc<str>,
    pub(super) node: Key,
}

/// What is on a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub(super) root: Key,
    pub(super) nodes: Table<Node>,
    pub(super) names: RedBlackTreeMapSync<(Key, FoldedName), Named>,
    /// The bytes that are taken.
    pub(super) used: u64,
    /// At most so deep do disks lie in disks here.
    pub(super) nested: u8,
}

impl Tree {
    /// The tree of a new volume: its root.
    pub fn new(now: u64) -> Tree {
        let list = ROOT_LIST.iter().map(|(account, flags, mask)| Ace::allow(Sid::from(*account), *flags, *mask));
        let mut nodes = Table::default();
        let root = Node { list: list.collect(), ..Node::new(Content::Folder, None, Owner::System, now) };
        let root = nodes.insert(root);
        Tree { root, nodes, names: RedBlackTreeMapSync::default(), used: 0, nested: 0 }
    }

    /// How many files and folders there are, the root included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// The bytes that are taken, in whole clusters.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// How deep disks lie in disks here.
    pub(crate) fn nested(&self) -> u8 {
        self.nested
    }

    pub(super) fn get(&self, key: Key) -> Option<&Node> {
        self.nodes.get(key)
    }

    pub(super) fn is_folder(&self, key: Key) -> bool {
        self.get(key).is_some_and(Node::is_folder)
    }

    pub(super) fn child(&self, folder: Key, name: &str) -> Option<Key> {
        self.names.get(&(folder, FoldedName::of(name))).map(|named| named.node)
    }

    /// Whether there is room for one more file or folder.
    pub(super) fn takes_more(&self) -> bool {
        self.nodes.len() < MOST_NODES
    }

    /// The names in a folder, in the order in which they compare.
    pub(super) fn names_in(&self, folder: Key) -> impl Iterator<Item = &Named> {
        let below = self.names.range((folder, FoldedName::first())..);
        below.take_while(move |((of, _), _)| *of == folder).map(|(_, named)| named)
    }

    /// Whether one node is another, or in it.
    pub(super) fn is_within(&self, key: Key, folder: Key) -> bool {
        let mut at = Some(key);
        while let Some(key) = at.filter(|key| *key != folder) {
            at = self.get(key).and_then(|node| node.parent);
        }
        at.is_some()
    }

    /// Changes a node, and counts what it takes then. A node that is not there is not changed.
    pub(super) fn change<T>(&mut self, key: Key, change: impl FnOnce(&mut Node) -> T) -> Option<T> {
        let node = self.nodes.get_mut(key)?;
        let before = node.allocated();
        let done = change(node);
        self.used = self.used.saturating_sub(before).saturating_add(node.allocated());
        Some(done)
    }

    /// A folder is not as it was: a name was added to it or taken from it.
    pub(super) fn touch(&mut self, folder: Key, now: u64) {
        if let Some(node) = self.nodes.get_mut(folder).filter(|node| node.times.changed != now) {
            (node.times.written, node.times.changed) = (now, now);
        }
    }

    /// A node enters a folder under a name that is not there yet.
    pub(super) fn enter(&mut self, folder: Key, name: &str, node: Node) -> Key {
        self.used = self.used.saturating_add(node.allocated());
        let nested = node.rare.as_ref().and_then(|rare| rare.volume.as_ref()).map(|volume| volume.tree.nested + 1);
        self.nested = self.nested.max(nested.unwrap_or(0));
        let key = self.nodes.insert(Node { parent: Some(folder), ..node });
        self.name(folder, name, key);
        key
    }

    /// A node is named once more.
    pub(super) fn link(&mut self, key: Key, folder: Key, name: &str) {
        if let Some(node) = self.nodes.get_mut(key) {
            node.change_rare(|rare| rare.links.push((folder, FoldedName::of(name))));
        }
        self.name(folder, name, key);
    }

    fn name(&mut self, folder: Key, name: &str, node: Key) {
        self.names.insert_mut((folder, FoldedName::of(name)), Named { name: name.into(), node });
    }

    /// A name goes, and with its last name the node. A folder must be empty.
    pub(super) fn unlink(&mut self, folder: Key, name: &FoldedName) {
        let place = (folder, name.clone());
        let Some(key) = self.names.get(&place).map(|named| named.node) else { return };
        self.names.remove_mut(&place);
        let Some(node) = self.nodes.get_mut(key) else { return };
        if node.names() == 1 {
            self.used = self.used.saturating_sub(node.allocated());
            self.nodes.remove(key);
            return;
        }
        // The name that goes is one of those that came later, or the first, whose place the next then takes.
        let first = node.change_rare(|rare| match rare.links.iter().position(|link| *link == place) {
            Some(at) => {
                rare.links.remove(at);
                None
            }
            None => Some(rare.links.remove(0).0),
        });
        node.parent = first.or(node.parent);
    }

    /// A name becomes another, in this folder or in one that is not within what is named.
    pub(super) fn rename(&mut self, from: (Key, FoldedName), folder: Key, name: &str) {
        let Some(key) = self.names.get(&from).map(|named| named.node) else { return };
        self.names.remove_mut(&from);
        self.name(folder, name, key);
        let Some(node) = self.nodes.get_mut(key) else { return };
        let links = node.rare.iter().flat_map(|rare| &rare.links);
        match links.into_iter().position(|link| *link == from) {
            Some(at) => node.change_rare(|rare| rare.links[at] = (folder, FoldedName::of(name))),
            None => node.parent = Some(folder),
        }
    }

    /// Everything in a folder goes, whatever it is.
    pub(super) fn remove_below(&mut self, folder: Key) {
        let mut waiting = vec![folder];
        while let Some(&folder) = waiting.last() {
            let next = self.names_in(folder).next().cloned();
            match next {
                None => _ = waiting.pop(),
                Some(named) if self.is_folder(named.node) && self.names_in(named.node).next().is_some() => {
                    waiting.push(named.node);
                }
                Some(named) => self.unlink(folder, &FoldedName::of(&named.name)),
            }
        }
    }

    /// The whole list of a node: what was set on it, then what it inherits, the nearest folder first. A descriptor says everything
    /// that is to be inherited at its place and below.
    pub(super) fn list_of(&self, key: Key) -> Vec<Ace> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let mut list = node.list.to_vec();
        if let Some(whole) = node.list_of_descriptor() {
            list.extend(whole);
            return list;
        }
        let is_folder = node.is_folder();
        let (mut above, mut near) = (node.parent, true);
        while let Some(folder) = above.and_then(|key| self.get(key)) {
            let whole = folder.list_of_descriptor();
            for ace in folder.list.iter().chain(whole.iter().flatten()) {
                if is_folder {
                    list.extend(ace.for_folder(near));
                } else {
                    list.extend(ace.for_file(near));
                }
            }
            (above, near) = (folder.parent.filter(|_| whole.is_none()), false);
        }
        list
    }

    /// The names that lead from the root to a node.
    pub(super) fn path_of(&self, key: Key) -> Option<Vec<Arc<str>>> {
        let mut names = Vec::new();
        let mut at = key;
        while let Some(folder) = self.get(at)?.parent {
            names.push(self.names_in(folder).find(|named| named.node == at)?.name.clone());
            at = folder;
        }
        names.reverse();
        Some(names)
    }

    /// A copy of one node enters a folder: everything of it but its names.
    pub(super) fn copy_node(&mut self, node: &Node, folder: Key, name: &str) -> Key {
        let mut node = Node { locked: false, ..node.clone() };
        node.change_rare(|rare| rare.links.clear());
        self.enter(folder, name, node)
    }
}

/// Which nodes of one tree have become which of another: files of several names stay one file.
pub(super) type Copied = BTreeMap<Key, Key>;
