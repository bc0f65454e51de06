//! Backup streams: what `BackupRead` gives of a file or folder and `BackupWrite` takes, one stream after the other.
//!
//! Bytes stay in [`Data`] throughout, so that a stream of a gigabyte of zeros costs what it costs in its file.

use std::sync::Arc;

use hcs_rules::file::{NAME_LIMIT, REPARSE_LIMIT, SECURITY_LIMIT};
use hcs_rules::transport::{Damage, StreamKind, backup};

use super::{extended, reparse};
use crate::files::{Data, Extended, Reparse};

/// The name of an alternate stream, without what surrounds it in a backup.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Box<str>);

impl StreamName {
    /// The name, if a stream can have it.
    pub fn new(name: &str) -> Option<StreamName> {
        let fits = !name.is_empty() && name.encode_utf16().count() <= NAME_LIMIT;
        (fits && !name.contains(['\0', '/', '\\', ':'])).then(|| StreamName(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// What else is said of it; [`backup::SPARSE`] matters.
    pub attributes: u32,
    /// What it holds.
    pub body: Body,
}

/// What a stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The bytes of the file.
    Data(Data),
    /// Extended attributes.
    Extended(Arc<[Extended]>),
    /// A self-relative security descriptor.
    Security(Arc<[u8]>),
    /// The bytes of a stream with a name.
    Alternate(StreamName, Data),
    /// Hard links.
    Link(Data),
    /// Properties.
    Property(Data),
    /// The object's id.
    ObjectId(Data),
    /// Reparse data.
    Reparse(Reparse),
    /// A piece of the sparse stream before it: where it lies, and its bytes. One without bytes says where the stream ends.
    SparseBlock(u64, Data),
    /// Data of transactions.
    Transaction(Data),
}

impl Body {
    /// What kind of stream it is.
    pub fn kind(&self) -> StreamKind {
        match self {
            Body::Data(_) => StreamKind::Data,
            Body::Extended(_) => StreamKind::Extended,
            Body::Security(_) => StreamKind::Security,
            Body::Alternate(..) => StreamKind::Alternate,
            Body::Link(_) => StreamKind::Link,
            Body::Property(_) => StreamKind::Property,
            Body::ObjectId(_) => StreamKind::ObjectId,
            Body::Reparse(_) => StreamKind::Reparse,
            Body::SparseBlock(..) => StreamKind::SparseBlock,
            Body::Transaction(_) => StreamKind::Transaction,
        }
    }
}

/// Reads streams, one after the other, until the bytes end or are damaged.
#[derive(Clone, Debug)]
pub struct Streams<'a> {
    bytes: &'a Data,
    at: u64,
}

impl<'a> Streams<'a> {
    /// The streams that begin here.
    pub fn from(bytes: &'a Data, at: u64) -> Streams<'a> {
        Streams { bytes, at }
    }

    fn read(&mut self) -> Result<Stream, Damage> {
        let header = self.bytes.read(self.at, backup::HEADER);
        let number = |at: usize| {
            header.get(at..at + 4).map_or(0, |part| u32::from_le_bytes([part[0], part[1], part[2], part[3]]))
        };
        if header.len() < backup::HEADER {
            return Err(Damage::Cut);
        }
        let kind = StreamKind::by_id(number(0)).ok_or(Damage::UnknownStream)?;
        let (size, name_size) = (u64::from(number(12)) << 32 | u64::from(number(8)), u64::from(number(16)));
        let name_at = self.at + backup::HEADER as u64;
        let begins = name_at + name_size;
        let ends = begins.checked_add(size).filter(|ends| *ends <= self.bytes.len()).ok_or(Damage::Cut)?;
        let name = match kind {
            StreamKind::Alternate => Some(self.name(name_at, name_size)?),
            _ if name_size == 0 => None,
            _ => return Err(Damage::BadName),
        };
        let body = self.body(kind, name, begins, size)?;
        self.at = ends;
        Ok(Stream { attributes: number(4), body })
    }

    fn name(&self, at: u64, size: u64) -> Result<StreamName, Damage> {
        let most = 2 * (NAME_LIMIT + backup::NAME_BEGINS.len() + backup::NAME_ENDS.len());
        let size = usize::try_from(size).ok().filter(|size| *size <= most && size % 2 == 0).ok_or(Damage::BadName)?;
        let bytes = self.bytes.read(at, size);
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        let name = String::from_utf16(&units).map_err(|_| Damage::BadName)?;
        let name = name.strip_prefix(backup::NAME_BEGINS).and_then(|name| name.strip_suffix(backup::NAME_ENDS));
        name.and_then(StreamName::new).ok_or(Damage::BadName)
    }

    fn body(&self, kind: StreamKind, name: Option<StreamName>, at: u64, size: u64) -> Result<Body, Damage> {
        let data = || self.bytes.part(at, size);
        let small = |limit: u64, damage: Damage| {
            let size = usize::try_from(size).ok().filter(|_| size <= limit).ok_or(damage)?;
            Ok(self.bytes.read(at, size))
        };
        Ok(match (kind, name) {
            (StreamKind::Alternate, Some(name)) => Body::Alternate(name, data()),
            (StreamKind::Alternate, None) => return Err(Damage::BadName),
            (StreamKind::Data, _) => Body::Data(data()),
            (StreamKind::Extended, _) => {
                Body::Extended(extended::read(&small(backup::EXTENDED_LIMIT, Damage::BadExtended)?)?)
            }
            (StreamKind::Security, _) => Body::Security(small(SECURITY_LIMIT as u64, Damage::BadSecurity)?.into()),
            (StreamKind::Reparse, _) => {
                let limit = (hcs_rules::transport::reparse::HEADER + REPARSE_LIMIT) as u64;
                Body::Reparse(reparse::read(&small(limit, Damage::BadReparse)?)?)
            }
            (StreamKind::SparseBlock, _) => {
                let rest = size.checked_sub(backup::BLOCK_OFFSET).ok_or(Damage::BadBlocks)?;
                let offset = self.bytes.read(at, backup::BLOCK_OFFSET as usize);
                let offset = offset.iter().rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
                // No file is longer than its length's sign lets it be.
                let ends = offset.checked_add(rest).filter(|ends| *ends <= i64::MAX as u64);
                ends.ok_or(Damage::BadBlocks)?;
                Body::SparseBlock(offset, self.bytes.part(at + backup::BLOCK_OFFSET, rest))
            }
            (StreamKind::Link, _) => Body::Link(data()),
            (StreamKind::Property, _) => Body::Property(data()),
            (StreamKind::ObjectId, _) => Body::ObjectId(data()),
            (StreamKind::Transaction, _) => Body::Transaction(data()),
        })
    }
}

impl Iterator for Streams<'_> {
    type Item = Result<Stream, Damage>;

    fn next(&mut self) -> Option<Result<Stream, Damage>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.at = self.bytes.len();
        }
        Some(read)
    }
}

/// Writes a stream behind those that are there.
///
/// # Errors
/// What cannot be written: no file has it.
pub fn append(to: &mut Data, stream: &Stream) -> Result<(), Damage> {
    let small;
    let (name, offset, data): (Option<&StreamName>, Option<u64>, &Data) = match &stream.body {
        Body::Data(data) | Body::Link(data) | Body::Property(data) | Body::ObjectId(data) | Body::Transaction(data) => {
            (None, None, data)
        }
        Body::Alternate(name, data) => (Some(name), None, data),
        Body::SparseBlock(offset, data) => (None, Some(*offset), data),
        Body::Extended(all) => {
            small = Data::from(&extended::write(all)?[..]);
            (None, None, &small)
        }
        Body::Security(bytes) if bytes.len() > SECURITY_LIMIT => return Err(Damage::BadSecurity),
        Body::Security(bytes) => {
            small = Data::from(&bytes[..]);
            (None, None, &small)
        }
        Body::Reparse(of) => {
            small = Data::from(&reparse::write(of)?[..]);
            (None, None, &small)
        }
    };
    let name = name.map(|name| format!("{}{}{}", backup::NAME_BEGINS, name.as_str(), backup::NAME_ENDS));
    let name: Vec<u8> = name.iter().flat_map(|name| name.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let size = data.len() + offset.map_or(0, |_| backup::BLOCK_OFFSET);
    let mut header = stream.body.kind().id().to_le_bytes().to_vec();
    header.extend(stream.attributes.to_le_bytes());
    header.extend(size.to_le_bytes());
    header.extend((name.len() as u32).to_le_bytes());
    header.extend(name);
    header.extend(offset.iter().flat_map(|offset| offset.to_le_bytes()));
    to.write(to.len(), &header);
    to.append(data);
    Ok(())
}
