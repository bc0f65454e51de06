//! A layer read from a tar.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::rc::Rc;

use hcs_machine::files::path::FoldedName;
use hcs_machine::files::{Data, Meta, Times};
use hcs_machine::layer::backup::StreamName;
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::reparse::Link;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_rules::file::attribute;
use hcs_rules::transport::{Refusal, folder, tar as key};
use tar::{Archive, Entry, EntryType};

use super::keys::keys;
use super::name::{layer_path, whiteout};
use super::{Error, Options, time};

/// How many bytes are read at once.
const PIECE: usize = 64 << 10;

/// What an entry of a tar is to a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Something that is there.
    Item(Item),
    /// Something that is gone from the layers below.
    Whiteout,
}

/// Reads a layer. `of_parents` gives files of the layers below, to which hard links of the tar may lead.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(
    from: impl Read,
    options: &Options,
    of_parents: impl Fn(&LayerPath) -> Option<Blob>,
) -> Result<Transport, Error> {
    let mut layer = Transport::default();
    let mut links = Vec::new();
    entries(from, options, |path, found| match found {
        Found::Item(Item::Link(target)) => links.push((path, target)),
        Found::Item(item) => _ = layer.items.insert(path, item),
        // What is a whiteout lies among the files.
        Found::Whiteout => layer.tombstones.extend(path.as_str().split_once('\\').map(|(_, path)| path.to_owned())),
    })?;
    resolve(&mut layer, links, of_parents)?;
    layer.name_files_first();
    Ok(layer)
}

/// Finds the file behind each hard link: it may come later in the tar, be a hard link itself, or be a parent's.
fn resolve(
    layer: &mut Transport,
    links: Vec<(LayerPath, LayerPath)>,
    of_parents: impl Fn(&LayerPath) -> Option<Blob>,
) -> Result<(), Error> {
    let mut there: BTreeMap<FoldedName, LayerPath> = BTreeMap::new();
    there.extend(layer.items.keys().map(|path| (FoldedName::of(path.as_str()), path.clone())));
    let mut targets: BTreeMap<FoldedName, LayerPath> = BTreeMap::new();
    targets.extend(links.iter().map(|(path, target)| (FoldedName::of(path.as_str()), target.clone())));
    for (path, target) in &links {
        let refused = |refusal| Error::refused(&super::name_in_tar(path), refusal);
        let (mut file, mut steps) = (target.clone(), 0);
        while let Some(next) = targets.get(&FoldedName::of(file.as_str())) {
            (file, steps) = (next.clone(), steps + 1);
            if steps > links.len() {
                return Err(refused(Refusal::LinkToFolder));
            }
        }
        let folded = FoldedName::of(file.as_str());
        let Some(there_as) = there.get(&folded) else {
            let blob = of_parents(&file).ok_or_else(|| refused(Refusal::NoTarget))?;
            if blob.is_folder() {
                return Err(refused(Refusal::LinkToFolder));
            }
            layer.items.insert(path.clone(), Item::Blob(blob));
            // The next that leads there is one more name of the same file.
            there.insert(folded, path.clone());
            continue;
        };
        match layer.items.get(there_as) {
            Some(Item::Blob(blob)) if !blob.is_folder() => {}
            _ => return Err(refused(Refusal::LinkToFolder)),
        }
        layer.items.insert(path.clone(), Item::Link(there_as.clone()));
    }
    Ok(())
}

/// Reads the entries of a layer in the order of the tar, each with its path, streams put to their files. Hard links are not
/// looked behind.
///
/// # Errors
/// The first thing that is wrong. What came before it was told.
pub fn entries(from: impl Read, options: &Options, tell: impl FnMut(LayerPath, Found)) -> Result<(), Error> {
    let allowed = Rc::new(Cell::new(u64::MAX));
    let mut archive = Archive::new(Allowance { inner: from, left: allowed.clone() });
    let mut entries = archive.entries().map_err(|error| Error::io("", error))?;
    let mut reader = Reader {
        options,
        tell,
        total: 0,
        count: 0,
        seen: BTreeSet::new(),
        folders: BTreeSet::new(),
        leading: BTreeSet::new(),
        waiting: None,
    };
    loop {
        // Every byte of the last entry is read: what fills it up comes, then headers, names and keys.
        allowed.set(key::HEADER_LIMIT);
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(|error| Error::io("", error))?;
        allowed.set(u64::MAX);
        reader.take(&mut entry)?;
    }
    reader.flush();
    Ok(())
}

/// A reader that fails when more is read than is allowed: the bytes before an entry are read as a whole.
struct Allowance<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Allowance<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left.get()).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other("names and keys are longer than is read"));
        }
        let count = self.inner.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - count as u64);
        Ok(count)
    }
}

struct Reader<'a, T> {
    options: &'a Options,
    tell: T,
    total: u64,
    count: u64,
    seen: BTreeSet<FoldedName>,
    folders: BTreeSet<FoldedName>,
    /// Folders that lead elsewhere.
    leading: BTreeSet<FoldedName>,
    /// The last entry: streams of it may follow.
    waiting: Option<(LayerPath, Item)>,
}

impl<T: FnMut(LayerPath, Found)> Reader<'_, T> {
    fn flush(&mut self) {
        if let Some((path, item)) = self.waiting.take() {
            (self.tell)(path, Found::Item(item));
        }
    }

    fn take<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<(), Error> {
        let bytes = entry.path_bytes().into_owned();
        let name = String::from_utf8_lossy(&bytes).into_owned();
        let refused = |refusal| Error::refused(&name, refusal);
        self.count += 1;
        if self.count > self.options.limits.entries {
            return Err(refused(Refusal::TooMany));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| refused(Refusal::NotUtf8))?;
        let kind = entry.header().entry_type();
        let (path, stream) = layer_path(text).map_err(refused)?;
        if let Some(stream) = stream {
            return self.stream(entry, &name, &path, stream);
        }
        self.flush();
        if let Some(gone) = whiteout(&path, self.options.is_base).map_err(refused)? {
            (self.tell)(gone, Found::Whiteout);
            return drain(entry, &name);
        }
        self.enter(&path).map_err(refused)?;
        let item = match kind {
            EntryType::Regular | EntryType::Continuous => self.file(entry, &name, &path)?,
            EntryType::Directory => Item::Blob(self.blob(entry, &name, Some(true), None)?),
            EntryType::Symlink => Item::Blob(self.symlink(entry, &name)?),
            EntryType::Link => Item::Link(link(entry, &path).map_err(refused)?),
            EntryType::GNUSparse => return Err(refused(Refusal::Sparse)),
            _ => return Err(refused(Refusal::Kind)),
        };
        if let Item::Blob(blob) = &item
            && blob.is_folder()
        {
            let folded = FoldedName::of(path.as_str());
            let to = if blob.meta.reparse.is_some() { &mut self.leading } else { &mut self.folders };
            to.insert(folded);
        }
        // What is neither a file nor empty has bytes all the same, which nobody reads.
        io::copy(entry, &mut io::sink()).map_err(|error| Error::io(&name, error))?;
        self.waiting = Some((path, item));
        Ok(())
    }

    /// Whether something may lie at a path.
    fn enter(&mut self, path: &LayerPath) -> Result<(), Refusal> {
        let text = path.as_str();
        let is_root = [folder::FILES, folder::HIVES, folder::UTILITY_VM, folder::UTILITY_FILES].contains(&text);
        let is_below = [folder::FILES, folder::HIVES, folder::UTILITY_FILES].iter().any(|root| path.is_within(root));
        if !is_root && !is_below {
            return Err(Refusal::Elsewhere);
        }
        if let Some(folder) = path.folder() {
            let folded = FoldedName::of(folder.as_str());
            if self.leading.contains(&folded) {
                return Err(Refusal::BelowLink);
            }
            if !self.folders.contains(&folded) {
                return Err(Refusal::NoFolder);
            }
        }
        if self.seen.insert(FoldedName::of(text)) { Ok(()) } else { Err(Refusal::Doubled) }
    }

    /// A stream of the entry before.
    fn stream<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        name: &str,
        path: &LayerPath,
        stream: &str,
    ) -> Result<(), Error> {
        let refused = |refusal| Error::refused(name, refusal);
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::GNUSparse => return Err(refused(Refusal::Sparse)),
            _ => return Err(refused(Refusal::LooseStream)),
        }
        let is_of = |waiting: &(LayerPath, Item)| waiting.0 == *path && matches!(waiting.1, Item::Blob(_));
        if !self.waiting.as_ref().is_some_and(is_of) {
            return Err(refused(Refusal::LooseStream));
        }
        let stream = StreamName::new(stream).ok_or_else(|| refused(Refusal::BadName))?;
        let data = self.bytes(entry, name)?;
        let Some((_, Item::Blob(blob))) = &mut self.waiting else { return Err(refused(Refusal::LooseStream)) };
        blob.add_stream(stream, data).map_err(|_| refused(Refusal::Doubled))
    }

    fn file<R: Read>(&mut self, entry: &mut Entry<'_, R>, name: &str, path: &LayerPath) -> Result<Item, Error> {
        let blob = self.blob(entry, name, Some(false), None)?;
        let data = self.bytes(entry, name)?;
        if path.is_within(folder::HIVES) {
            return Ok(Item::Hive(data, blob.meta.times));
        }
        Ok(Item::Blob(Blob { data, ..blob }))
    }

    fn symlink<R: Read>(&mut self, entry: &mut Entry<'_, R>, name: &str) -> Result<Blob, Error> {
        let refused = |refusal| Error::refused(name, refusal);
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        let target = String::from_utf8(target).map_err(|_| refused(Refusal::NotUtf8))?;
        self.blob(entry, name, None, Some(target.replace('/', "\\")))
    }

    /// Everything of an entry but its bytes. `is_folder` is what the kind of the entry says.
    fn blob<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        name: &str,
        is_folder: Option<bool>,
        target: Option<String>,
    ) -> Result<Blob, Error> {
        let refused = |refusal| Error::refused(name, refusal);
        let seconds = entry.header().mtime().map_err(|error| Error::io(name, error))?;
        let keys = keys(entry, name)?;
        let written = keys.written.or_else(|| time::from_seconds(seconds)).ok_or_else(|| refused(Refusal::Time))?;
        let times = Times {
            created: keys.created.unwrap_or(written),
            accessed: keys.accessed.unwrap_or(written),
            written,
            changed: keys.changed.unwrap_or(written),
        };
        let plain = if is_folder == Some(true) { attribute::FOLDER } else { attribute::ARCHIVE };
        let attributes = keys.attributes.unwrap_or(plain);
        if is_folder.is_some_and(|is_folder| is_folder != (attributes & attribute::FOLDER != 0)) {
            return Err(refused(Refusal::Attributes));
        }
        let link = target.map(|target| Link { target, is_junction: keys.is_junction });
        let reparse = link.map(|link| link.reparse()).transpose().map_err(|_| refused(Refusal::Reparse))?;
        let security = keys.security.map(Into::into);
        let meta = Meta { attributes, times, security, extended: keys.extended.into(), reparse, streams: Vec::new() };
        Ok(Blob { data: Data::default(), meta })
    }

    /// The bytes of an entry.
    fn bytes<R: Read>(&mut self, entry: &mut Entry<'_, R>, name: &str) -> Result<Data, Error> {
        let size = entry.size();
        self.total = self.total.saturating_add(size);
        if size > self.options.limits.file || self.total > self.options.limits.total {
            return Err(Error::refused(name, Refusal::TooLarge));
        }
        if !self.options.keeps_bytes {
            drain(entry, name)?;
            return Ok(Data::zeros(size));
        }
        let mut data = Data::zeros(size);
        let mut piece = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE))];
        let mut at = 0;
        while at < size {
            let most = piece.len().min(usize::try_from(size - at).unwrap_or(PIECE));
            let count = entry.read(&mut piece[..most]).map_err(|error| Error::io(name, error))?;
            if count == 0 {
                return Err(Error::io(name, io::ErrorKind::UnexpectedEof.into()));
            }
            data.write(at, &piece[..count]);
            at += count as u64;
        }
        Ok(data)
    }
}

/// Reads what is left of an entry, its bytes being of no use.
fn drain<R: Read>(entry: &mut Entry<'_, R>, name: &str) -> Result<(), Error> {
    let size = entry.size();
    let count = io::copy(entry, &mut io::sink()).map_err(|error| Error::io(name, error))?;
    // A tar that ends within an entry is cut.
    if count == size { Ok(()) } else { Err(Error::io(name, io::ErrorKind::UnexpectedEof.into())) }
}

/// Where a hard link leads.
fn link<R: Read>(entry: &Entry<'_, R>, path: &LayerPath) -> Result<LayerPath, Refusal> {
    let target = entry.link_name_bytes().unwrap_or_default();
    let target = std::str::from_utf8(&target).map_err(|_| Refusal::NotUtf8)?;
    let (target, stream) = layer_path(target)?;
    let is_file = |path: &LayerPath| path.is_within(folder::FILES) || path.is_within(folder::UTILITY_FILES);
    if stream.is_some() || !is_file(path) || !is_file(&target) { Err(Refusal::Link) } else { Ok(target) }
}
