//! The blob that a file or folder of a layer is in the transport form: its attributes, then the streams of its backup.

use std::sync::Arc;

use hcs_rules::file::attribute;
use hcs_rules::transport::{Damage, backup};

use super::backup::{Body, Stream, StreamName, Streams, append};
use crate::files::path::FoldedName;
use crate::files::{Data, Meta, Times};

/// A file or folder of a layer. What only the system of its origin can use is not kept: object ids, properties, data of
/// transactions; nor what the folder says itself: links.
///
/// Its times are those of the blob, and not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob {
    /// The bytes; none of a folder.
    pub data: Data,
    /// All but the bytes. Streams stand in the order in which their names compare.
    pub meta: Meta,
}

impl Blob {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.meta.attributes & attribute::FOLDER != 0
    }

    /// One more alternate stream.
    ///
    /// # Errors
    /// [`Damage::Doubled`]: there is one of this name, case left aside.
    pub fn add_stream(&mut self, name: StreamName, data: Data) -> Result<(), Damage> {
        let (streams, folded) = (&mut self.meta.streams, FoldedName::of(name.as_str()));
        match streams.binary_search_by(|(other, _)| FoldedName::of(other).cmp(&folded)) {
            Ok(_) => Err(Damage::Doubled),
            Err(at) => {
                streams.insert(at, (Arc::from(name.as_str()), data));
                Ok(())
            }
        }
    }

    /// Whether a blob has an alternate stream that is sparse, which is not kept of it.
    pub fn has_sparse_stream(blob: &Data) -> bool {
        let is_sparse = |stream: Result<Stream, Damage>| {
            stream.is_ok_and(|of| of.attributes & backup::SPARSE != 0 && matches!(of.body, Body::Alternate(..)))
        };
        Streams::from(blob, 4).any(is_sparse)
    }

    /// Reads a blob that has these times.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(blob: &Data, times: Times) -> Result<Blob, Damage> {
        let attributes: [u8; 4] = blob.read(0, 4).try_into().map_err(|_| Damage::NoAttributes)?;
        let mut reader = Reader::default();
        for stream in Streams::from(blob, 4) {
            reader.take(stream?)?;
        }
        reader.close()?;
        let Blob { data, meta } = reader.blob;
        Ok(Blob { data, meta: Meta { attributes: u32::from_le_bytes(attributes), times, ..meta } })
    }

    /// Writes the blob.
    ///
    /// # Errors
    /// What cannot be written: no file has it.
    pub fn write(&self) -> Result<Data, Damage> {
        let Blob { data, meta } = self;
        let mut blob = Data::from(&meta.attributes.to_le_bytes()[..]);
        let plain = |body: Body| Stream { attributes: 0, body };
        if let Some(security) = &meta.security {
            append(&mut blob, &plain(Body::Security(security.clone())))?;
        }
        if !meta.extended.is_empty() {
            append(&mut blob, &plain(Body::Extended(meta.extended.clone())))?;
        }
        if let Some(reparse) = &meta.reparse {
            append(&mut blob, &plain(Body::Reparse(reparse.clone())))?;
        }
        if meta.attributes & attribute::SPARSE != 0 && !self.is_folder() {
            append_sparse(&mut blob, data)?;
        } else if !data.is_empty() || (!self.is_folder() && meta.reparse.is_none()) {
            append(&mut blob, &plain(Body::Data(data.clone())))?;
        }
        for (name, data) in &meta.streams {
            let name = StreamName::new(name).ok_or(Damage::BadName)?;
            append(&mut blob, &plain(Body::Alternate(name, data.clone())))?;
        }
        Ok(blob)
    }
}

/// The bytes of a sparse file: blocks, and an empty block where it ends.
fn append_sparse(blob: &mut Data, data: &Data) -> Result<(), Damage> {
    let sparse = |body: Body| Stream { attributes: backup::SPARSE, body };
    append(blob, &sparse(Body::Data(Data::default())))?;
    if data.is_empty() {
        return Ok(());
    }
    for (begins, ends) in data.ranges() {
        append(blob, &sparse(Body::SparseBlock(begins, data.part(begins, ends - begins))))?;
    }
    append(blob, &sparse(Body::SparseBlock(data.len(), Data::default())))
}

/// Collects the streams of one blob.
#[derive(Default)]
struct Reader {
    blob: Blob,
    has_data: bool,
    has_extended: bool,
    /// The sparse stream to which blocks may belong.
    open: Option<Open>,
}

struct Open {
    /// `None`: the bytes of the file itself.
    name: Option<StreamName>,
    data: Data,
    has_blocks: bool,
}

impl Reader {
    fn take(&mut self, stream: Stream) -> Result<(), Damage> {
        let is_sparse = stream.attributes & backup::SPARSE != 0;
        if let Body::SparseBlock(offset, data) = stream.body {
            return self.block(offset, &data);
        }
        self.close()?;
        match stream.body {
            Body::Data(data) => {
                if std::mem::replace(&mut self.has_data, true) {
                    return Err(Damage::Doubled);
                }
                self.bytes(None, data, is_sparse)
            }
            Body::Alternate(name, data) => self.bytes(Some(name), data, is_sparse),
            Body::Extended(extended) => {
                self.blob.meta.extended = extended;
                if std::mem::replace(&mut self.has_extended, true) { Err(Damage::Doubled) } else { Ok(()) }
            }
            Body::Security(security) => once(&mut self.blob.meta.security, security),
            Body::Reparse(reparse) => once(&mut self.blob.meta.reparse, reparse),
            Body::SparseBlock(..) | Body::Link(_) | Body::Property(_) | Body::ObjectId(_) | Body::Transaction(_) => {
                Ok(())
            }
        }
    }

    fn bytes(&mut self, name: Option<StreamName>, data: Data, is_sparse: bool) -> Result<(), Damage> {
        // A sparse stream with bytes of its own has no blocks.
        if is_sparse && data.is_empty() {
            self.open = Some(Open { name, data, has_blocks: false });
            return Ok(());
        }
        self.put(name, data)
    }

    fn put(&mut self, name: Option<StreamName>, data: Data) -> Result<(), Damage> {
        match name {
            Some(name) => self.blob.add_stream(name, data),
            None => {
                self.blob.data = data;
                Ok(())
            }
        }
    }

    fn block(&mut self, offset: u64, data: &Data) -> Result<(), Damage> {
        let mut open = self.open.take().ok_or(Damage::LooseBlock)?;
        if offset < open.data.len() {
            return Err(Damage::BadBlocks);
        }
        open.data.append(&Data::zeros(offset - open.data.len()));
        open.data.append(data);
        open.has_blocks = true;
        if data.is_empty() {
            return self.put(open.name, open.data);
        }
        self.open = Some(open);
        Ok(())
    }

    /// A sparse stream has no blocks at all, or one where it ends.
    fn close(&mut self) -> Result<(), Damage> {
        match self.open.take() {
            None => Ok(()),
            Some(open) if open.has_blocks => Err(Damage::BadBlocks),
            Some(open) => self.put(open.name, open.data),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Damage> {
    if slot.replace(value).is_some() { Err(Damage::Doubled) } else { Ok(()) }
}
