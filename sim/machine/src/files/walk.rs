//! What is in a folder and below it, in the order of names; and whether two trees are the same, in every thing that files have.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use hcs_rules::file::{LONG_PATH_LIMIT, attribute};
use hcs_rules::grant::Owner;
use xxhash_rust::xxh3::Xxh3;

use super::acl::Ace;
use super::node::{Content, Meta, Node};
use super::path::FoldedName;
use super::tree::Tree;
use super::{Data, Files, Found, StoredVolume};
use crate::table::Key;

/// A file or folder that a walk comes to.
#[derive(Debug)]
pub struct Walked<'a> {
    path: String,
    key: Key,
    node: &'a Node,
}

impl<'a> Walked<'a> {
    /// Its path from where the walk began, which has none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Which file it is, on its volume: names of one file lead to one.
    pub fn file(&self) -> Key {
        self.key
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.node.is_folder()
    }

    /// The bytes of a file.
    pub fn data(&self) -> Option<&'a Data> {
        match &self.node.content {
            Content::File(data) => Some(data),
            Content::Folder => None,
        }
    }

    /// The attributes: [`attribute::NORMAL`] instead of none.
    pub fn attributes(&self) -> u32 {
        if self.node.attributes == 0 { attribute::NORMAL } else { self.node.attributes }
    }

    /// Whether it is shared with what a walk through a clone of these files came to: then nothing of it has changed but its
    /// name. It looks at pointers alone.
    pub fn is_shared_with(&self, other: &Walked<'_>) -> bool {
        std::ptr::eq(self.node, other.node)
    }

    /// Everything of it but its bytes and its names.
    pub fn meta(&self) -> Meta {
        self.node.meta()
    }

    /// How many names it has.
    pub fn link_count(&self) -> usize {
        self.node.names()
    }

    /// The volume that a disk's file holds.
    pub fn stored_volume(&self) -> Option<Arc<StoredVolume>> {
        self.node.rare.as_ref().and_then(|rare| rare.volume.clone())
    }
}

/// A walk: each folder before what is in it.
struct Walk<'a> {
    tree: &'a Tree,
    first: Option<Key>,
    /// The folders that it is in, the last name that it came to in each, and how long each folder's path is.
    within: Vec<(Key, Option<FoldedName>, usize)>,
    path: String,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Walked<'a>;

    fn next(&mut self) -> Option<Walked<'a>> {
        let tree = self.tree;
        let key = if let Some(first) = self.first.take() {
            first
        } else {
            loop {
                let (folder, last, length) = self.within.last_mut()?;
                let from = match last.take() {
                    None => Bound::Included((*folder, FoldedName::first())),
                    Some(last) => Bound::Excluded((*folder, last)),
                };
                let next = tree.names.range((from, Bound::Unbounded)).next();
                let Some(((_, folded), named)) = next.filter(|((of, _), _)| of == folder) else {
                    self.within.pop();
                    continue;
                };
                *last = Some(folded.clone());
                self.path.truncate(*length);
                if *length > 0 {
                    self.path.push('\\');
                }
                self.path.push_str(&named.name);
                break named.node;
            }
        };
        let node = tree.get(key)?;
        // What lies deeper than any path leads is not come to.
        if node.is_folder() && self.path.len() <= LONG_PATH_LIMIT {
            self.within.push((key, None, self.path.len()));
        }
        Some(Walked { path: self.path.clone(), key, node })
    }
}

/// One file or folder of a tree with everything that it has, but what is in a disk's volume: to compare trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path from the root of the tree.
    pub path: String,
    /// The bytes; `None` for a folder.
    pub data: Option<Data>,
    /// Attributes, times, descriptor, extended attributes, reparse data and streams.
    pub meta: Meta,
    /// Whose it is.
    pub owner: Owner,
    /// The entries of its access control list that were set on it.
    pub list: Arc<[Ace]>,
    /// The first name in the tree of the same file.
    pub same_as: Option<String>,
}

impl fmt::Display for Entry {
    /// In one line: what a difference is read by.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { path, data, meta, owner, list, same_as } = self;
        write!(out, "{path} {}", attribute::text(meta.attributes))?;
        if let Some(data) = data {
            write!(out, ", {} bytes {:016x}", data.len(), data.digest() as u64)?;
        }
        if let Some(first) = same_as {
            write!(out, ", the same as {first}")?;
        }
        let times = meta.times;
        write!(out, ", times {} {} {} {}", times.created, times.accessed, times.written, times.changed)?;
        write!(out, ", {owner:?}")?;
        list.iter().try_for_each(|ace| write!(out, ", {}:{}", ace.sid, ace.text()))?;
        if let Some(security) = &meta.security {
            write!(out, ", descriptor {security:02x?}")?;
        }
        for one in meta.extended.iter() {
            write!(out, ", attribute {}({}) {:02x?}", one.name, one.flags, one.value)?;
        }
        for (name, data) in &meta.streams {
            write!(out, ", :{name} {} bytes {:016x}", data.len(), data.digest() as u64)?;
        }
        match &meta.reparse {
            Some(reparse) => write!(out, ", reparse {:#010x} {:02x?}", reparse.tag, reparse.data),
            None => Ok(()),
        }
    }
}

/// A digest of a tree: equal trees have equal ones. It tells trees apart, not forgeries.
pub fn digest(entries: &[Entry]) -> u128 {
    let mut hash = Xxh3::new();
    for entry in entries {
        // The line says everything but the bytes, of which it shows half of the hash.
        let line = entry.to_string();
        hash.update(&(line.len() as u64).to_le_bytes());
        hash.update(line.as_bytes());
        let streams = entry.meta.streams.iter().map(|(_, data)| data);
        entry.data.iter().chain(streams).for_each(|data| hash.update(&data.digest().to_le_bytes()));
    }
    hash.digest128()
}

impl Files {
    /// What is at a path and below it, each folder before what is in it, names in the order in which they compare. What has
    /// several names comes several times. It is found as it is asked for.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn walk(&self, path: &str) -> Found<impl Iterator<Item = Walked<'_>>> {
        let at = self.find(path)?;
        Ok(Walk { tree: self.tree(at.volume), first: Some(at.key), within: Vec::new(), path: String::new() })
    }

    /// Whether nothing on the volume of a path has been changed since these files were cloned to be `before`. It looks at
    /// pointers alone: where it says no, what was changed may have been changed back.
    pub fn is_untouched_since(&self, before: &Files, path: &str) -> bool {
        match (self.volume_of(path), before.volume_of(path)) {
            (Ok(volume), Ok(before)) => {
                volume.id() == before.id() && volume.tree().nodes.is_shared_with(&before.tree().nodes)
            }
            (volume, before) => volume.is_err() && before.is_err(),
        }
    }

    /// Everything at a path and below it, to compare trees.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn entries(&self, path: &str) -> Found<Vec<Entry>> {
        let mut first = std::collections::BTreeMap::new();
        let entries = self.walk(path)?.map(|found| {
            let same_as =
                (found.link_count() > 1).then(|| first.entry(found.key).or_insert_with(|| found.path.clone()));
            let same_as = same_as.filter(|first| **first != found.path).cloned();
            let (data, meta) = (found.data().cloned(), found.meta());
            let (owner, list) = (found.node.owner, found.node.list.clone());
            Entry { path: found.path, data, meta, owner, list, same_as }
        });
        Ok(entries.collect())
    }
}
