//! What a volume shows while a filter is attached to it: the files of layers below its own.
//!
//! The whole view is one tree, so that everything that can be done to files can be done to it. What the volume itself holds
//! is the difference between that tree and what is below, found again when the filter goes or the layer is exported. Where
//! something from below is gone, the volume holds a reparse point that says so.

use std::collections::BTreeMap;

use hcs_rules::file::{FileFault, attribute};
use hcs_rules::layer::form::TOMBSTONE;
use uuid::Uuid;

use super::node::{Content, Node, Reparse};
use super::path::FoldedName;
use super::tree::{Copied, Named, Tree};
use super::volume::StoredVolume;
use super::{By, Files, Found};
use crate::table::Key;

impl Node {
    /// Whether it says that something from below is gone.
    fn is_tombstone(&self) -> bool {
        self.reparse().is_some_and(|reparse| reparse.tag == TOMBSTONE)
    }

    fn reparse(&self) -> Option<&Reparse> {
        self.rare.as_ref().and_then(|rare| rare.reparse.as_ref())
    }

    /// Whether it is another, its names and its place aside.
    fn is_like(&self, other: &Node) -> bool {
        let rare = |node: &Node| {
            let mut rare = node.rare.as_ref().map(|rare| (**rare).clone()).unwrap_or_default();
            rare.links.clear();
            rare
        };
        self.content == other.content
            && self.attributes == other.attributes
            && self.times == other.times
            && self.owner == other.owner
            && self.list == other.list
            && rare(self) == rare(other)
    }

    fn tombstone(now: u64) -> Node {
        let mut node = Node::new(Content::File(super::Data::default()), None, hcs_rules::grant::Owner::System, now);
        node.set_attributes(attribute::HIDDEN | attribute::SYSTEM);
        node.set_reparse(Some(Reparse { tag: TOMBSTONE, data: [].into() }));
        node
    }
}

impl Tree {
    /// Lays what is in a folder of another tree over this one. What the other says is gone goes; a folder takes what is said
    /// of it there, and keeps what is in it.
    ///
    /// # Errors
    /// [`FileFault::Full`] when there would be too many files.
    fn lay_over(&mut self, upper: &Tree, from: Key) -> Found<()> {
        let mut copied = Copied::new();
        let mut waiting = vec![(from, self.root)];
        while let Some((from, into)) = waiting.pop() {
            for Named { name, node } in upper.names_in(from) {
                let Some(above) = upper.get(*node) else { continue };
                let there = self.child(into, name);
                let stays = there.filter(|key| above.is_folder() && self.is_folder(*key));
                if let (Some(key), None) = (there, stays) {
                    self.remove_below(key);
                    self.unlink(into, &FoldedName::of(name));
                }
                if above.is_tombstone() {
                    continue;
                }
                if !self.takes_more() {
                    return Err(FileFault::Full);
                }
                let key = match (stays, copied.get(node)) {
                    (Some(key), _) => {
                        self.change(key, |node| {
                            let Node { attributes, owner, list, times, rare, .. } = above.clone();
                            (node.attributes, node.owner, node.list) = (attributes, owner, list);
                            (node.times, node.rare) = (times, rare);
                            node.change_rare(|rare| rare.links.clear());
                        });
                        key
                    }
                    (None, Some(&copy)) => {
                        self.link(copy, into, name);
                        continue;
                    }
                    (None, None) => self.copy_node(above, into, name),
                };
                if above.is_folder() {
                    waiting.push((*node, key));
                } else if above.names() > 1 {
                    copied.insert(*node, key);
                }
            }
        }
        Ok(())
    }

    /// What this tree has that the other, which is below it, has not, and what it has no more.
    fn changes_since(&self, below: &Tree, now: u64) -> Tree {
        let mut own = Tree::new(now);
        own.change(own.root, |root| {
            if let Some(node) = self.get(self.root) {
                *root = node.clone();
            }
        });
        let mut copied = Copied::new();
        // The folders to compare, the way to each from the root, and where it is in what is found.
        let mut waiting =
            vec![Compared { here: self.root, below: Some(below.root), own: vec![(self.root, "".into())] }];
        let mut made: BTreeMap<Key, Key> = BTreeMap::from([(self.root, own.root)]);
        while let Some(at) = waiting.pop() {
            let mut gone: Vec<&Named> = Vec::new();
            if let Some(folder) = at.below {
                gone.extend(below.names_in(folder).filter(|named| self.child(at.here, &named.name).is_none()));
            }
            for named in gone {
                let into = own.way(self, &at.own, &mut made);
                own.enter(into, &named.name, Node::tombstone(now));
            }
            for Named { name, node: key } in self.names_in(at.here) {
                let Some(node) = self.get(*key) else { continue };
                let under = at.below.and_then(|folder| below.child(folder, name));
                let like = under.and_then(|key| below.get(key)).is_some_and(|other| node.is_like(other));
                if !like {
                    let into = own.way(self, &at.own, &mut made);
                    match copied.get(key) {
                        Some(&copy) => own.link(copy, into, name),
                        None => {
                            let copy = own.copy_node(node, into, name);
                            if node.names() > 1 {
                                copied.insert(*key, copy);
                            }
                            made.insert(*key, copy);
                        }
                    }
                }
                if node.is_folder() {
                    let mut way = at.own.clone();
                    way.push((*key, name.clone()));
                    let under = under.filter(|key| below.is_folder(*key));
                    waiting.push(Compared { here: *key, below: under, own: way });
                }
            }
        }
        own
    }

    /// The folder at the end of a way, with those on it as far as they are not there yet.
    fn way(&mut self, of: &Tree, way: &[(Key, std::sync::Arc<str>)], made: &mut BTreeMap<Key, Key>) -> Key {
        let mut into = self.root;
        for (key, name) in &way[1..] {
            into = match made.get(key) {
                Some(there) => *there,
                None => {
                    let Some(node) = of.get(*key) else { return into };
                    let copy = self.copy_node(node, into, name);
                    made.insert(*key, copy);
                    copy
                }
            };
        }
        into
    }
}

/// A folder of a view, and the one below it.
struct Compared {
    here: Key,
    below: Option<Key>,
    own: Vec<(Key, std::sync::Arc<str>)>,
}

impl StoredVolume {
    /// The same with an empty folder in its root.
    pub(crate) fn with_folder(mut self, name: &str, now: u64) -> StoredVolume {
        let node = Node::new(Content::Folder, None, hcs_rules::grant::Owner::System, now);
        self.tree.enter(self.tree.root, name, node);
        self
    }
}

impl Files {
    /// What the folders at these paths show together: the first is on top.
    ///
    /// # Errors
    /// Why one of them cannot be had; [`FileFault::Full`] when there would be too many files.
    pub(crate) fn laid_together(&self, folders: &[String], now: u64) -> Found<Tree> {
        let mut view = Tree::new(now);
        for folder in folders.iter().rev() {
            let at = self.find(folder)?;
            if !self.is_folder(at) {
                return Err(FileFault::NoFolder);
            }
            view.lay_over(self.tree(at.volume), at.key)?;
        }
        Ok(view)
    }

    /// A volume shows what is below, too, from now on.
    ///
    /// # Errors
    /// [`FileFault::NoVolume`]; [`FileFault::Full`] when there would be too many files.
    pub(crate) fn show_below(&mut self, id: Uuid, below: &Tree) -> Found<()> {
        let volume = self.volume_mut(id).ok_or(FileFault::NoVolume)?;
        let mut view = below.clone();
        view.lay_over(&volume.stored.tree, volume.stored.tree.root)?;
        // What is below takes no room here.
        volume.stored.capacity = volume.stored.capacity.saturating_add(below.used());
        volume.stored.tree = view;
        Ok(())
    }

    /// A volume shows its own alone again.
    pub(crate) fn hide_below(&mut self, id: Uuid, below: &Tree, now: u64) {
        let Some(own) = self.own_of(id, below, now) else { return };
        if let Some(volume) = self.volume_mut(id) {
            volume.stored.capacity = volume.stored.capacity.saturating_sub(below.used());
            volume.stored.tree = own;
        }
    }

    /// What a volume holds itself, while it shows what is below.
    pub(crate) fn own_of(&self, id: Uuid, below: &Tree, now: u64) -> Option<Tree> {
        Some(self.volume(id)?.tree().changes_since(below, now))
    }

    /// Files with one volume that holds this tree, to look at it.
    pub(crate) fn of_tree(tree: Tree, id: Uuid, now: u64) -> Files {
        let mut files = Files { volumes: Vec::new(), troubles: Vec::new() };
        let kind = hcs_rules::file::FileSystem::Ntfs;
        let stored = StoredVolume { tree, ..StoredVolume::new(id, kind, u64::MAX, now) };
        _ = files.attach_volume(stored);
        files
    }

    /// Something from below is gone here. The folder must be there.
    ///
    /// # Errors
    /// What stands in the way.
    pub(crate) fn bury(&mut self, path: &str, by: By) -> Found<()> {
        self.make_file(path, super::Data::default(), by)?;
        let at = self.find(path)?;
        self.tree_mut(at.volume).change(at.key, |node| {
            let buried = Node::tombstone(by.now);
            (node.attributes, node.rare) = (buried.attributes, buried.rare);
        });
        Ok(())
    }

    /// Whether somebody has a file for himself that is in a folder or below.
    pub(crate) fn is_in_use_below(&self, path: &str) -> bool {
        let Ok(at) = self.find(path) else { return false };
        let tree = self.tree(at.volume);
        let mut waiting = vec![at.key];
        while let Some(key) = waiting.pop() {
            let Some(node) = tree.get(key) else { continue };
            if node.locked {
                return true;
            }
            if node.is_folder() {
                waiting.extend(tree.names_in(key).map(|named| named.node));
            }
        }
        false
    }

    /// Takes away what is in a folder or below, but what somebody has for himself and the folders above that.
    pub(crate) fn remove_unused(&mut self, path: &str) {
        let Ok(at) = self.find(path) else { return };
        let tree = self.tree_mut(at.volume);
        let mut folders = vec![at.key];
        let mut next = 0;
        while let Some(&folder) = folders.get(next) {
            next += 1;
            folders.extend(tree.names_in(folder).map(|named| named.node).filter(|key| tree.is_folder(*key)));
        }
        // The deepest first: what has come to be empty then goes too.
        for folder in folders.into_iter().rev() {
            let names: Vec<Named> = tree.names_in(folder).cloned().collect();
            for Named { name, node } in names {
                let is_kept = match tree.get(node) {
                    Some(node) if !node.is_folder() => node.locked,
                    _ => tree.names_in(node).next().is_some(),
                };
                if !is_kept {
                    tree.unlink(folder, &FoldedName::of(&name));
                }
            }
        }
    }
}
