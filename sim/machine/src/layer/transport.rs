//! The transport form: the folder that a layer is exported to and imported from, as a value, and the form that a base layer is
//! unpacked to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcs_rules::file::{FileFault, attribute};
use hcs_rules::transport::{Damage, REQUIRED, RequiredRow, folder, tar};

use super::blob::Blob;
use super::tombstone;
use crate::files::path::FoldedName;
use crate::files::{Data, Files, Meta, Staged, Times, What, below};
use crate::table::Key;

/// A path within a layer: names between backslashes. Paths stand in the order in which a tool walks that sorts names by their
/// bytes: a folder, then what is in it, then its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerPath(Arc<str>);

impl LayerPath {
    /// The path.
    pub fn new(path: &str) -> LayerPath {
        LayerPath(path.into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder that it is in, if that is not the layer itself.
    pub fn folder(&self) -> Option<LayerPath> {
        self.0.rsplit_once('\\').map(|(folder, _)| LayerPath::new(folder))
    }

    /// Whether it lies within a folder of the layer.
    pub fn is_within(&self, folder: &str) -> bool {
        self.0.strip_prefix(folder).is_some_and(|rest| rest.starts_with('\\'))
    }

    fn folded(&self) -> FoldedName {
        FoldedName::of(&self.0)
    }
}

impl Ord for LayerPath {
    fn cmp(&self, other: &LayerPath) -> std::cmp::Ordering {
        self.0.split('\\').cmp(other.0.split('\\'))
    }
}

impl PartialOrd for LayerPath {
    fn partial_cmp(&self, other: &LayerPath) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// One thing in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A file or folder with all that belongs to it.
    Blob(Blob),
    /// A hive: bytes and times, nothing else.
    Hive(Data, Times),
    /// One more name of the file at this path.
    Link(LayerPath),
}

/// A layer in transport form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// What is there, by its path.
    pub items: BTreeMap<LayerPath, Item>,
    /// What is gone from the layers below: paths among the files, in the order of the list.
    pub tombstones: Vec<String>,
    /// The files and folders of which an alternate stream was sparse.
    pub sparse_streams: BTreeSet<LayerPath>,
}

/// Why a transport folder cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where, below the folder.
    pub path: String,
    /// What is wrong.
    pub why: Why,
}

/// What is wrong with a file of a transport folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It cannot be had.
    Fault(FileFault),
    /// It is damaged.
    Damage(Damage),
}

/// What a folder lacks to be imported, through the older interface or the newer: the first in the order in which it is looked
/// for.
pub fn lacking(files: &Files, place: &str, by_older: bool) -> Option<&'static RequiredRow> {
    REQUIRED.iter().filter(|row| row.of_older || !by_older).find(|row| match below(place, row.path) {
        Ok(path) if row.is_folder => !files.has_folder(&path),
        Ok(path) => files.data(&path).is_err(),
        Err(_) => true,
    })
}

fn bad(path: &str, why: Why) -> Unreadable {
    Unreadable { path: path.to_owned(), why }
}

/// What a transport folder holds that is no part of the layer, and what no reader looks into.
fn is_skipped(path: &str) -> bool {
    path.is_empty() || path.ends_with(folder::SIDECAR) || path == folder::TOMBSTONES || is_recycled(path)
}

fn is_recycled(path: &str) -> bool {
    let mut names = path.split('\\');
    names.next() == Some(folder::FILES)
        && names.next().is_some_and(|name| name.eq_ignore_ascii_case(folder::RECYCLE_BIN))
}

impl Transport {
    /// Reads a transport folder. One without a list of tombstones has none.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order of names.
    pub fn read(files: &Files, place: &str) -> Result<Transport, Unreadable> {
        let fault = |path: &str, fault: FileFault| bad(path, Why::Fault(fault));
        let at = |path: &str| below(place, path).map_err(|reason| fault(path, reason));
        let tombstones = match files.data(&at(folder::TOMBSTONES)?) {
            Err(FileFault::NoFile) => Default::default(),
            Err(reason) => return Err(fault(folder::TOMBSTONES, reason)),
            Ok(list) => tombstone::read(&list.to_vec()).map_err(|why| bad(folder::TOMBSTONES, Why::Damage(why)))?,
        };
        let mut layer = Transport { tombstones, ..Transport::default() };
        let mut first: BTreeMap<Key, LayerPath> = BTreeMap::new();
        for found in files.walk(place).map_err(|reason| fault("", reason))? {
            if is_skipped(found.path()) {
                continue;
            }
            let path = LayerPath::new(found.path());
            let item = if found.is_folder() {
                let sidecar = format!("{}{}", found.path(), folder::SIDECAR);
                let beside = at(&sidecar)?;
                let blob = files.data(&beside).map_err(|reason| fault(&sidecar, reason))?;
                let times = files.meta(&beside).map_err(|reason| fault(&sidecar, reason))?.times;
                if Blob::has_sparse_stream(blob) {
                    layer.sparse_streams.insert(path.clone());
                }
                let blob = Blob::read(blob, times).map_err(|damage| bad(&sidecar, Why::Damage(damage)))?;
                let attributes = blob.meta.attributes | attribute::FOLDER;
                Item::Blob(Blob { meta: Meta { attributes, ..blob.meta }, ..blob })
            } else if let Some(file) = first.get(&found.file()) {
                Item::Link(file.clone())
            } else {
                first.insert(found.file(), path.clone());
                let (data, times) = (found.data().cloned().unwrap_or_default(), found.meta().times);
                if path.is_within(folder::HIVES) {
                    Item::Hive(data, times)
                } else {
                    if Blob::has_sparse_stream(&data) {
                        layer.sparse_streams.insert(path.clone());
                    }
                    let blob = Blob::read(&data, times);
                    Item::Blob(blob.map_err(|damage| bad(found.path(), Why::Damage(damage)))?)
                }
            };
            layer.items.insert(path, item);
        }
        layer.name_files_first();
        Ok(layer)
    }

    /// Reads a base layer, as it is unpacked: its files and those of its utility machine, nothing else.
    ///
    /// # Errors
    /// Why there is no such layer.
    pub fn read_base(files: &Files, place: &str) -> Result<Transport, Unreadable> {
        let mut layer = Transport::default();
        let mut first: BTreeMap<Key, LayerPath> = BTreeMap::new();
        for found in files.walk(place).map_err(|fault| bad("", Why::Fault(fault)))? {
            let path = LayerPath::new(found.path());
            let is_root = [folder::FILES, folder::UTILITY_VM, folder::UTILITY_FILES].contains(&path.as_str());
            let is_below = path.is_within(folder::FILES) || path.is_within(folder::UTILITY_FILES);
            if !(is_root || is_below) || is_recycled(path.as_str()) {
                continue;
            }
            let item = match first.get(&found.file()) {
                Some(file) => Item::Link(file.clone()),
                None => Item::Blob(Blob { data: found.data().cloned().unwrap_or_default(), meta: found.meta() }),
            };
            if !found.is_folder() {
                first.entry(found.file()).or_insert_with(|| path.clone());
            }
            layer.items.insert(path, item);
        }
        // A utility machine without files is none.
        if !layer.items.contains_key(&LayerPath::new(folder::UTILITY_FILES)) {
            layer.items.remove(&LayerPath::new(folder::UTILITY_VM));
        }
        if !layer.items.contains_key(&LayerPath::new(folder::FILES)) {
            return Err(bad(folder::FILES, Why::Fault(FileFault::NoFile)));
        }
        layer.name_files_first();
        Ok(layer)
    }

    /// Of the names of one file the first has the file, and the others lead to it.
    pub fn name_files_first(&mut self) {
        let mut names: BTreeMap<LayerPath, BTreeSet<LayerPath>> = BTreeMap::new();
        for (path, item) in &self.items {
            if let Item::Link(file) = item {
                names.entry(file.clone()).or_default().insert(path.clone());
            }
        }
        for (file, others) in names {
            let Some(first) = others.first().filter(|first| **first < file).cloned() else { continue };
            let Some(item) = self.items.insert(file.clone(), Item::Link(first.clone())) else { continue };
            for other in others {
                self.items.insert(other, Item::Link(first.clone()));
            }
            self.items.insert(first, item);
        }
    }

    /// Adds what an import needs and a tar may leave out: the folders at the root, a list of attributes beside them, hives
    /// without changes.
    pub fn complete(&mut self) {
        let files = self.items.get(&LayerPath::new(folder::FILES));
        let times = match files {
            Some(Item::Blob(blob)) => blob.meta.times,
            _ => Times::default(),
        };
        let root =
            |attributes| Item::Blob(Blob { meta: Meta { attributes, times, ..Meta::default() }, ..Blob::default() });
        self.items.entry(LayerPath::new(folder::FILES)).or_insert_with(|| root(attribute::FOLDER));
        self.items.entry(LayerPath::new(folder::HIVES)).or_insert_with(|| root(folder::HIVES_ATTRIBUTES));
        for delta in folder::DELTAS {
            let path = LayerPath::new(&format!("{}\\{delta}", folder::HIVES));
            self.items.entry(path).or_insert_with(|| Item::Hive(empty_hive(), times));
        }
    }

    /// The files of the transport folder.
    ///
    /// # Errors
    /// What cannot be written, and where: no file has it.
    pub fn staged(&self) -> Result<Vec<Staged>, Unreadable> {
        let list = tombstone::write(self.tombstones.iter().map(String::as_str));
        let mut staged = vec![file(folder::TOMBSTONES, Data::from(&list[..]), Times::default())];
        for (path, item) in &self.items {
            let path = path.as_str();
            match item {
                Item::Blob(blob) => {
                    let bytes = blob.write().map_err(|damage| bad(path, Why::Damage(damage)))?;
                    let times = blob.meta.times;
                    if blob.is_folder() {
                        let meta = Meta { times, ..Meta::default() };
                        staged.push(Staged { path: path.into(), what: What::Folder(meta) });
                        staged.push(file(&format!("{path}{}", folder::SIDECAR), bytes, times));
                    } else {
                        staged.push(file(path, bytes, times));
                    }
                }
                Item::Hive(data, times) => staged.push(file(path, data.clone(), *times)),
                Item::Link(to) => staged.push(Staged { path: path.into(), what: What::Link(to.0.clone()) }),
            }
        }
        Ok(staged)
    }

    /// The files of a base layer, as it is unpacked before it is set up, with copies of those that setting it up changes.
    pub fn staged_base(&self) -> Vec<Staged> {
        let mut staged = Vec::new();
        for (path, item) in &self.items {
            let what = match item {
                Item::Blob(blob) if blob.is_folder() => What::Folder(blob.meta.clone()),
                Item::Blob(blob) => What::File(blob.data.clone(), blob.meta.clone()),
                Item::Hive(data, times) => What::File(data.clone(), Meta { times: *times, ..plain() }),
                Item::Link(to) => What::Link(to.0.clone()),
            };
            staged.push(Staged { path: path.0.clone(), what });
        }
        for (path, kept) in tar::KEPT {
            if let Some(Item::Blob(blob)) = self.items.get(&LayerPath::new(path)) {
                staged.push(file(kept, blob.data.clone(), blob.meta.times));
            }
        }
        staged
    }

    /// The first two paths that differ in case alone, if there are such.
    pub fn doubled(&self) -> Option<(&LayerPath, &LayerPath)> {
        let mut seen: BTreeMap<FoldedName, &LayerPath> = BTreeMap::new();
        self.items.keys().find_map(|path| seen.insert(path.folded(), path).map(|other| (other, path)))
    }
}

fn plain() -> Meta {
    Meta { attributes: attribute::ARCHIVE, ..Meta::default() }
}

fn file(path: &str, data: Data, times: Times) -> Staged {
    Staged { path: path.into(), what: What::File(data, Meta { times, ..plain() }) }
}

pub(super) fn empty_hive() -> Data {
    let mut hive = Data::zeros(folder::EMPTY_HIVE as u64);
    hive.write(0, folder::EMPTY_HIVE_MARK);
    hive
}
