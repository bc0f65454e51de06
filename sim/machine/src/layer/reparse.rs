//! Reparse data: a tag and what the filter of that tag keeps; for links, where they lead.

use hcs_rules::transport::{Damage, backup, reparse};

/// Reparse data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reparse {
    tag: u32,
    data: Box<[u8]>,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name that is shown.
    pub target: String,
    /// Whether it is a junction, not a symbolic link.
    pub is_junction: bool,
}

impl Reparse {
    /// Reparse data of this tag. Behind a tag that is not Microsoft's the data begins with a GUID.
    ///
    /// # Errors
    /// [`Damage::BadReparse`]: too long, or no GUID.
    pub fn new(tag: u32, data: &[u8]) -> Result<Reparse, Damage> {
        let of = Reparse { tag, data: data.into() };
        let fits = (reparse::HEADER + data.len()) as u64 <= backup::REPARSE_LIMIT && data.len() >= of.uncounted();
        if fits { Ok(of) } else { Err(Damage::BadReparse) }
    }

    /// The tag.
    pub fn tag(&self) -> u32 {
        self.tag
    }

    /// What is behind the header.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// How many bytes of the data its size does not count.
    fn uncounted(&self) -> usize {
        if self.tag & reparse::MICROSOFT == 0 { reparse::GUID } else { 0 }
    }

    /// Reads a reparse buffer.
    ///
    /// # Errors
    /// [`Damage::BadReparse`].
    pub fn read(bytes: &[u8]) -> Result<Reparse, Damage> {
        let (header, data) = bytes.split_first_chunk::<{ reparse::HEADER }>().ok_or(Damage::BadReparse)?;
        let [tag @ .., low, high, _, _] = *header;
        let of = Reparse::new(u32::from_le_bytes(tag), data)?;
        let size = usize::from(u16::from_le_bytes([low, high]));
        if size + of.uncounted() == data.len() { Ok(of) } else { Err(Damage::BadReparse) }
    }

    /// Writes a reparse buffer.
    pub fn write(&self) -> Vec<u8> {
        let size = (self.data.len() - self.uncounted()) as u16;
        let mut bytes = self.tag.to_le_bytes().to_vec();
        bytes.extend(size.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(&self.data);
        bytes
    }

    /// Where it leads, if it is a link.
    ///
    /// # Errors
    /// [`Damage::BadReparse`]: it is a link, and a damaged one.
    pub fn link(&self) -> Result<Option<Link>, Damage> {
        let is_junction = match self.tag {
            reparse::JUNCTION => true,
            reparse::SYMLINK => false,
            _ => return Ok(None),
        };
        let target = self.shown(if is_junction { 8 } else { 12 }).ok_or(Damage::BadReparse)?;
        Ok(Some(Link { target, is_junction }))
    }

    /// The name that is shown: where it begins and how long it is stand behind the same of the name that is followed; both
    /// lie behind the fields.
    fn shown(&self, fields: usize) -> Option<String> {
        let number = |at: usize| Some(usize::from(u16::from_le_bytes([*self.data.get(at)?, *self.data.get(at + 1)?])));
        let begins = fields + number(4)?;
        let units = self.data.get(begins..begins + number(6)?)?.as_chunks::<2>();
        let units: Vec<u16> = units.0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        String::from_utf16(&units).ok().filter(|name| !name.contains('\0'))
    }
}

impl Link {
    /// The reparse data of a link to there.
    ///
    /// # Errors
    /// [`Damage::BadReparse`]: the target is too long, or none.
    pub fn reparse(&self) -> Result<Reparse, Damage> {
        let target = &self.target;
        if target.is_empty() || target.contains('\0') {
            return Err(Damage::BadReparse);
        }
        let followed = absolute(target);
        let units = |name: &str| -> Vec<u8> { name.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let (followed_units, shown) = (units(followed.as_deref().unwrap_or(target)), units(target));
        let (after, size) = (followed_units.len() + 2, followed_units.len() + shown.len() + 4);
        if size as u64 > backup::REPARSE_LIMIT {
            return Err(Damage::BadReparse);
        }
        let mut data = Vec::with_capacity(size + 12);
        for number in [0, followed_units.len(), after, shown.len()] {
            data.extend((number as u16).to_le_bytes());
        }
        if !self.is_junction {
            let flags = if followed.is_none() { reparse::RELATIVE } else { 0 };
            data.extend(flags.to_le_bytes());
        }
        // Each ends with a zero, which is not counted.
        data.extend(followed_units);
        data.extend([0, 0]);
        data.extend(shown);
        data.extend([0, 0]);
        Reparse::new(if self.is_junction { reparse::JUNCTION } else { reparse::SYMLINK }, &data)
    }
}

/// The name of an absolute target as the system follows it.
fn absolute(target: &str) -> Option<String> {
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
