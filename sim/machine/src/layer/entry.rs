//! A file or folder of a layer with all that belongs to it, and the blob that it is in the transport form: its attributes,
//! then the streams of its backup.

use hcs_rules::file::attribute;
use hcs_rules::transport::{Damage, backup};

use super::backup::{Body, Stream, StreamName, Streams, append};
use super::extended::ExtendedAttributes;
use super::reparse::Reparse;
use crate::files::Data;
use crate::files::path::FoldedName;

/// The bytes of one stream of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The bytes.
    pub data: Data,
    /// Whether what is not there takes no room.
    pub is_sparse: bool,
}

impl From<Data> for Content {
    fn from(data: Data) -> Content {
        Content { data, is_sparse: false }
    }
}

/// A file or folder of a layer. What only the system of its origin can use is not kept: object ids, properties, data of
/// transactions; and what the folder says itself: links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The attributes.
    pub attributes: u32,
    /// The security descriptor, self-relative.
    pub security: Option<Box<[u8]>>,
    /// The extended attributes.
    pub extended: ExtendedAttributes,
    /// The reparse data.
    pub reparse: Option<Reparse>,
    /// The bytes; none of a folder.
    pub content: Content,
    /// The alternate streams.
    pub alternates: Alternates,
}

/// The alternate streams of a file or folder, each name once, case left aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternates(Vec<(StreamName, Content)>);

impl Alternates {
    /// One more.
    ///
    /// # Errors
    /// [`Damage::Doubled`]: there is one of this name.
    pub fn add(&mut self, name: StreamName, content: Content) -> Result<(), Damage> {
        let folded = FoldedName::of(name.as_str());
        match self.0.binary_search_by(|(other, _)| FoldedName::of(other.as_str()).cmp(&folded)) {
            Ok(_) => Err(Damage::Doubled),
            Err(at) => {
                self.0.insert(at, (name, content));
                Ok(())
            }
        }
    }

    /// Each of them, in the order in which their names compare.
    pub fn iter(&self) -> impl Iterator<Item = (&StreamName, &Content)> {
        self.0.iter().map(|(name, content)| (name, content))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Entry {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.attributes & attribute::FOLDER != 0
    }

    /// Reads a blob.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(blob: &Data) -> Result<Entry, Damage> {
        let attributes: [u8; 4] = blob.read(0, 4).try_into().map_err(|_| Damage::NoAttributes)?;
        let mut reader = Reader::default();
        for stream in Streams::from(blob, 4) {
            reader.take(stream?)?;
        }
        reader.finish(u32::from_le_bytes(attributes))
    }

    /// Writes the blob.
    pub fn write(&self) -> Data {
        let mut blob = Data::from(&self.attributes.to_le_bytes()[..]);
        let plain = |body: Body| Stream { attributes: 0, body };
        if let Some(security) = &self.security {
            append(&mut blob, &plain(Body::Security(security.clone())));
        }
        if !self.extended.is_empty() {
            append(&mut blob, &plain(Body::ExtendedAttributes(self.extended.clone())));
        }
        if let Some(reparse) = &self.reparse {
            append(&mut blob, &plain(Body::Reparse(reparse.clone())));
        }
        let has_content = !self.is_folder() && self.reparse.is_none();
        if has_content || self.content != Content::default() {
            append_content(&mut blob, &self.content, Body::Data);
        }
        for (name, content) in self.alternates.iter() {
            append_content(&mut blob, content, |data| Body::Alternate(name.clone(), data));
        }
        blob
    }
}

/// A stream of bytes; a sparse one as blocks, and an empty block where it ends.
fn append_content(blob: &mut Data, content: &Content, body: impl FnOnce(Data) -> Body) {
    let Content { data, is_sparse } = content;
    if !is_sparse {
        return append(blob, &Stream { attributes: 0, body: body(data.clone()) });
    }
    append(blob, &Stream { attributes: backup::SPARSE, body: body(Data::default()) });
    if data.is_empty() {
        return;
    }
    for (begins, ends) in data.ranges() {
        let block = Body::SparseBlock(begins, data.part(begins, ends - begins));
        append(blob, &Stream { attributes: backup::SPARSE, body: block });
    }
    append(blob, &Stream { attributes: backup::SPARSE, body: Body::SparseBlock(data.len(), Data::default()) });
}

/// Collects the streams of one entry.
#[derive(Default)]
struct Reader {
    entry: Entry,
    has_content: bool,
    has_extended: bool,
    /// The sparse stream to which blocks may belong, and whether any did.
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
                if std::mem::replace(&mut self.has_content, true) {
                    return Err(Damage::Doubled);
                }
                self.bytes(None, data, is_sparse)
            }
            Body::Alternate(name, data) => self.bytes(Some(name), data, is_sparse),
            Body::ExtendedAttributes(extended) => {
                self.entry.extended = extended;
                if std::mem::replace(&mut self.has_extended, true) { Err(Damage::Doubled) } else { Ok(()) }
            }
            Body::Security(security) => once(&mut self.entry.security, security),
            Body::Reparse(reparse) => once(&mut self.entry.reparse, reparse),
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
        self.put(name, Content { data, is_sparse })
    }

    fn put(&mut self, name: Option<StreamName>, content: Content) -> Result<(), Damage> {
        match name {
            Some(name) => self.entry.alternates.add(name, content),
            None => {
                self.entry.content = content;
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
            return self.put(open.name, Content { data: open.data, is_sparse: true });
        }
        self.open = Some(open);
        Ok(())
    }

    /// A sparse stream has no blocks at all, or one where it ends.
    fn close(&mut self) -> Result<(), Damage> {
        match self.open.take() {
            None => Ok(()),
            Some(open) if open.has_blocks => Err(Damage::BadBlocks),
            Some(open) => self.put(open.name, Content { data: open.data, is_sparse: true }),
        }
    }

    fn finish(mut self, attributes: u32) -> Result<Entry, Damage> {
        self.close()?;
        Ok(Entry { attributes, ..self.entry })
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Damage> {
    if slot.replace(value).is_some() { Err(Damage::Doubled) } else { Ok(()) }
}
