//! Reparse data: a tag and what the filter of that tag keeps; for links, where they lead.

use hcs_rules::file::REPARSE_LIMIT;
use hcs_rules::transport::{Damage, reparse};

use crate::files::Reparse;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name that is shown.
    pub target: String,
    /// Whether it is a junction, not a symbolic link.
    pub is_junction: bool,
}

/// How many bytes of the data the size in the header does not count: the GUID behind a tag that is not Microsoft's.
fn uncounted(tag: u32) -> usize {
    if tag & reparse::MICROSOFT == 0 { reparse::GUID } else { 0 }
}

/// Reads a reparse buffer.
///
/// # Errors
/// [`Damage::BadReparse`].
pub fn read(bytes: &[u8]) -> Result<Reparse, Damage> {
    let (header, data) = bytes.split_first_chunk::<{ reparse::HEADER }>().ok_or(Damage::BadReparse)?;
    let [t0, t1, t2, t3, low, high, _, _] = *header;
    let tag = u32::from_le_bytes([t0, t1, t2, t3]);
    let size = usize::from(u16::from_le_bytes([low, high])) + uncounted(tag);
    if size == data.len() && size <= REPARSE_LIMIT {
        Ok(Reparse { tag, data: data.into() })
    } else {
        Err(Damage::BadReparse)
    }
}

/// Writes a reparse buffer.
///
/// # Errors
/// [`Damage::BadReparse`]: too long, or no GUID behind a tag that is not Microsoft's.
pub fn write(of: &Reparse) -> Result<Vec<u8>, Damage> {
    let size = of.data.len().checked_sub(uncounted(of.tag)).filter(|_| of.data.len() <= REPARSE_LIMIT);
    let size = size.ok_or(Damage::BadReparse)? as u16;
    let mut bytes = of.tag.to_le_bytes().to_vec();
    bytes.extend(size.to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(&of.data[..]);
    Ok(bytes)
}

impl Link {
    /// The link in reparse data; `None` of those of others.
    ///
    /// # Errors
    /// [`Damage::BadReparse`]: it is a link, and a damaged one.
    pub fn of(of: &Reparse) -> Result<Option<Link>, Damage> {
        let is_junction = match of.tag {
            reparse::JUNCTION => true,
            reparse::SYMLINK => false,
            _ => return Ok(None),
        };
        let target = shown(&of.data, if is_junction { 8 } else { 12 }).ok_or(Damage::BadReparse)?;
        Ok(Some(Link { target, is_junction }))
    }

    /// The reparse data of the link.
    ///
    /// # Errors
    /// [`Damage::BadReparse`]: the target is too long, or none.
    pub fn reparse(&self) -> Result<Reparse, Damage> {
        let target = &self.target;
        if target.is_empty() || target.contains('\0') {
            return Err(Damage::BadReparse);
        }
        let followed = followed(target);
        let units = |name: &str| -> Vec<u8> { name.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let (names, shown) = (units(followed.as_deref().unwrap_or(target)), units(target));
        let fields = if self.is_junction { 8 } else { 12 };
        let size = fields + names.len() + shown.len() + 4;
        if size > REPARSE_LIMIT {
            return Err(Damage::BadReparse);
        }
        let mut data = Vec::with_capacity(size);
        for number in [0, names.len(), names.len() + 2, shown.len()] {
            data.extend((number as u16).to_le_bytes());
        }
        if !self.is_junction {
            let flags = if followed.is_none() { reparse::RELATIVE } else { 0 };
            data.extend(flags.to_le_bytes());
        }
        // Each ends with a zero, which is not counted.
        data.extend(names);
        data.extend([0, 0]);
        data.extend(shown);
        data.extend([0, 0]);
        let tag = if self.is_junction { reparse::JUNCTION } else { reparse::SYMLINK };
        Ok(Reparse { tag, data: data.into() })
    }
}

/// The name that is shown: where it begins and how long it is stand behind the same of the name that is followed; both lie
/// behind the fields.
fn shown(data: &[u8], fields: usize) -> Option<String> {
    let number = |at: usize| Some(usize::from(u16::from_le_bytes([*data.get(at)?, *data.get(at + 1)?])));
    let begins = fields + number(4)?;
    let units = data.get(begins..begins + number(6)?)?.as_chunks::<2>();
    let units: Vec<u16> = units.0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16(&units).ok().filter(|name| !name.is_empty() && !name.contains('\0'))
}

/// The name of an absolute target as the system follows it.
fn followed(target: &str) -> Option<String> {
    if let Some(rest) = target.strip_prefix(r"\\?\") {
        return Some(format!(r"\??\{rest}"));
    }
    if let Some(rest) = target.strip_prefix(r"\\") {
        return Some(format!(r"\??\UNC\{rest}"));
    }
    let mut letters = target.bytes();
    let is_drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && letters.next() == Some(b':');
    is_drive.then(|| format!(r"\??\{target}"))
}
