//! A layer written to a tar: the same layer always the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hcs_machine::files::path::FoldedName;
use hcs_machine::files::{Data, Times};
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::reparse::Link;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_rules::file::attribute;
use hcs_rules::transport::{Refusal, folder, tar as key};
use tar::{Builder, EntryType, Header};

use super::{Error, name_in_tar, time};

/// The size that a header holds without an extension.
const HEADER_SIZE: u64 = 8 << 30;

/// Writes a layer: a folder, what is gone from it, what is in it, each name in the order of its bytes; streams behind their file,
/// further names of a file as links to the first.
///
/// # Errors
/// What cannot stand in a tar, or what went wrong with the writer.
pub fn write(layer: &Transport, to: impl Write) -> Result<(), Error> {
    let mut gone: BTreeMap<FoldedName, Vec<&str>> = BTreeMap::new();
    for path in &layer.tombstones {
        let folder =
            path.rsplit_once('\\').map_or(folder::FILES.to_owned(), |(above, _)| format!("{}\\{above}", folder::FILES));
        gone.entry(FoldedName::of(&folder)).or_default().push(path);
    }
    let mut writer = Writer { builder: Builder::new(to), times_of_roots: times_of_roots(layer) };
    for (path, item) in &layer.items {
        let name = name_in_tar(path);
        match item {
            Item::Blob(blob) => {
                if layer.sparse_streams.contains(path) {
                    return Err(Error::refused(&name, Refusal::Sparse));
                }
                writer.blob(path, &name, blob)?;
                let below = blob.is_folder().then(|| gone.remove(&FoldedName::of(path.as_str()))).flatten();
                for tombstone in below.unwrap_or_default() {
                    let tombstone = tombstone.rsplit_once('\\').map_or(tombstone, |(_, last)| last);
                    let name = format!("{name}/{}{tombstone}", key::WHITEOUT);
                    writer.entry(&name, EntryType::Regular, 0, &Data::default(), Keys::default(), None)?;
                }
            }
            Item::Hive(data, times) => {
                let mut keys = Keys::default();
                keys.add(key::ATTRIBUTES, attribute::ARCHIVE.to_string());
                let times = Times { created: times.written, accessed: times.written, ..*times };
                writer.entry(&name, EntryType::Regular, key::FILE_MODE, data, keys, Some(times))?;
            }
            Item::Link(file) => {
                let keys = Keys { target: Some(name_in_tar(file)), ..Keys::default() };
                writer.entry(&name, EntryType::Link, key::LINK_MODE, &Data::default(), keys, None)?;
            }
        }
    }
    if let Some(path) = gone.into_values().flatten().next() {
        return Err(Error::refused(&path.replace('\\', "/"), Refusal::NoFolder));
    }
    writer.builder.into_inner().and_then(|mut to| to.flush()).map_err(|error| Error::io("", error))
}

/// The folders at the root have the times of a hive: those of their own come from when the layer was made.
fn times_of_roots(layer: &Transport) -> Option<Times> {
    match layer.items.get(&LayerPath::new(&format!("{}\\{}", folder::HIVES, folder::TIMES_OF))) {
        Some(Item::Hive(_, times)) => Some(*times),
        _ => None,
    }
}

/// The keys before an entry, in the order of their words, and what a link leads to.
#[derive(Default)]
struct Keys {
    all: BTreeMap<String, String>,
    target: Option<String>,
}

impl Keys {
    fn add(&mut self, word: impl Into<String>, value: impl Into<String>) {
        self.all.insert(word.into(), value.into());
    }
}

struct Writer<W: Write> {
    builder: Builder<W>,
    times_of_roots: Option<Times>,
}

impl<W: Write> Writer<W> {
    fn blob(&mut self, path: &LayerPath, name: &str, blob: &Blob) -> Result<(), Error> {
        let refused = |refusal| Error::refused(name, refusal);
        let meta = &blob.meta;
        let mut times = meta.times;
        if matches!(path.as_str(), folder::FILES | folder::HIVES) {
            times = self.times_of_roots.unwrap_or(times);
        }
        if !path.is_within(folder::FILES) {
            times = Times { created: times.written, accessed: times.written, ..times };
        }
        let mut keys = Keys::default();
        keys.add(key::ATTRIBUTES, meta.attributes.to_string());
        keys.add(key::CREATED, time::write(times.created));
        if let Some(security) = &meta.security {
            keys.add(key::SECURITY, BASE64_STANDARD.encode(security));
        }
        for one in meta.extended.iter() {
            if one.name.contains(['=', '\n']) {
                return Err(refused(Refusal::Extended));
            }
            keys.add(format!("{}{}", key::EXTENDED, one.name), BASE64_STANDARD.encode(&one.value));
        }
        let link = meta.reparse.as_ref().map(|reparse| Link::of(reparse).ok().flatten().ok_or(Refusal::Reparse));
        let link = link.transpose().map_err(refused)?;
        let mut mode = if blob.is_folder() { key::FOLDER_MODE } else { 0 };
        let mut kind = if blob.is_folder() { EntryType::Directory } else { EntryType::Regular };
        match link {
            Some(link) => {
                mode |= key::SYMLINK_MODE;
                kind = EntryType::Symlink;
                if link.is_junction {
                    keys.add(key::JUNCTION, "1");
                }
                keys.target = Some(link.target);
            }
            None if kind == EntryType::Regular => mode |= key::FILE_MODE,
            None => {}
        }
        let none = Data::default();
        let data = if kind == EntryType::Regular { &blob.data } else { &none };
        self.entry(name, kind, mode, data, keys, Some(times))?;
        for (stream, data) in &meta.streams {
            let name = format!("{name}:{stream}");
            self.entry(&name, EntryType::Regular, mode, data, Keys::default(), Some(times))?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        name: &str,
        kind: EntryType,
        mode: u32,
        data: &Data,
        mut keys: Keys,
        times: Option<Times>,
    ) -> Result<(), Error> {
        let failed = |error| Error::io(name, error);
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(data.len());
        if data.len() >= HEADER_SIZE {
            keys.add("size", data.len().to_string());
        }
        if !name.is_ascii() || header.set_path(name).is_err() {
            keys.add("path", name);
            fill(&mut header.as_mut_bytes()[..100], name);
        }
        if let Some(target) = keys.target.take() {
            if !target.is_ascii() || target.len() > 100 {
                keys.add("linkpath", target.as_str());
            }
            // As it is: the crate would change what is no path of this host.
            fill(&mut header.as_mut_bytes()[157..257], &target);
        }
        header.set_mtime(0);
        if let Some(times) = times {
            match time::whole_seconds(times.written) {
                Some(seconds) => header.set_mtime(seconds),
                None => keys.add("mtime", time::write(times.written)),
            }
            keys.add("atime", time::write(times.accessed));
            keys.add("ctime", time::write(times.changed));
        }
        header.set_cksum();
        let all = keys.all.iter().map(|(word, value)| (word.as_str(), value.as_bytes()));
        self.builder.append_pax_extensions(all).map_err(failed)?;
        self.builder.append(&header, Bytes { data, at: 0 }).map_err(failed)
    }
}

/// As much of a text as a field holds, with nothing but ASCII: its whole stands in a key then.
fn fill(field: &mut [u8], text: &str) {
    field.fill(0);
    let letters = text.chars().map(|letter| if letter.is_ascii() { letter as u8 } else { b'_' });
    field.iter_mut().zip(letters).for_each(|(byte, letter)| *byte = letter);
}

/// Reads the bytes of a file.
struct Bytes<'a> {
    data: &'a Data,
    at: u64,
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.data.read(self.at, buffer.len());
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}
