//! Extended attributes of a file, as `FILE_FULL_EA_INFORMATION` lays them out.

use hcs_rules::transport::{Damage, backup};

/// What no name of an extended attribute holds, beside what is not printed.
const FORBIDDEN: &[u8] = b"\"*+,/:;<=>?[\\]|";

/// One extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedAttribute {
    name: Box<str>,
    /// Bit 7: whoever opens the file must understand it.
    pub flags: u8,
    value: Box<[u8]>,
}

impl ExtendedAttribute {
    /// An extended attribute.
    ///
    /// # Errors
    /// [`Damage::BadExtended`]: no such name, or too long a value.
    pub fn new(name: &str, flags: u8, value: &[u8]) -> Result<ExtendedAttribute, Damage> {
        let is_plain = |letter: u8| (b' '..0x7F).contains(&letter) && !FORBIDDEN.contains(&letter);
        let fits = (1..=usize::from(u8::MAX)).contains(&name.len()) && value.len() <= usize::from(u16::MAX);
        if fits && name.bytes().all(is_plain) {
            Ok(ExtendedAttribute { name: name.into(), flags, value: value.into() })
        } else {
            Err(Damage::BadExtended)
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The bytes of it, without those that come before the next.
    fn size(&self) -> usize {
        backup::EXTENDED_HEADER + self.name.len() + 1 + self.value.len()
    }
}

/// The extended attributes of a file, each name once, case left aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtendedAttributes(Vec<ExtendedAttribute>);

impl ExtendedAttributes {
    /// One more.
    ///
    /// # Errors
    /// [`Damage::BadExtended`]: there is one of this name, or there is no room for it.
    pub fn add(&mut self, attribute: ExtendedAttribute) -> Result<(), Damage> {
        let is_there = self.0.iter().any(|other| other.name.eq_ignore_ascii_case(&attribute.name));
        let size: usize = self.0.iter().map(|other| other.size().next_multiple_of(backup::EXTENDED_ALIGNMENT)).sum();
        if is_there || (size + attribute.size()) as u64 > backup::EXTENDED_LIMIT {
            return Err(Damage::BadExtended);
        }
        self.0.push(attribute);
        Ok(())
    }

    /// Each of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &ExtendedAttribute> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads them.
    ///
    /// # Errors
    /// [`Damage::BadExtended`].
    pub fn read(bytes: &[u8]) -> Result<ExtendedAttributes, Damage> {
        let mut attributes = ExtendedAttributes::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (attribute, next) = read_one(rest).ok_or(Damage::BadExtended)?;
            attributes.add(attribute)?;
            rest = next;
        }
        Ok(attributes)
    }

    /// Writes them.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (index, attribute) in self.0.iter().enumerate() {
            let padded = attribute.size().next_multiple_of(backup::EXTENDED_ALIGNMENT);
            let next = if index + 1 < self.0.len() { padded as u32 } else { 0 };
            let end = bytes.len() + if next == 0 { attribute.size() } else { padded };
            bytes.extend(next.to_le_bytes());
            bytes.extend([attribute.flags, attribute.name.len() as u8]);
            bytes.extend((attribute.value.len() as u16).to_le_bytes());
            bytes.extend(attribute.name.as_bytes());
            bytes.push(0);
            bytes.extend(&attribute.value);
            bytes.resize(end, 0);
        }
        bytes
    }
}

/// The first attribute, and what is behind it.
fn read_one(bytes: &[u8]) -> Option<(ExtendedAttribute, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<{ backup::EXTENDED_HEADER }>()?;
    let [next @ .., flags, name_size, low, high] = *header;
    let (next, name_size) = (u32::from_le_bytes(next) as usize, usize::from(name_size));
    let name = std::str::from_utf8(rest.get(..name_size)?).ok()?;
    let (zero, rest) = rest[name_size..].split_first()?;
    let value = rest.get(..usize::from(u16::from_le_bytes([low, high])))?;
    let attribute = ExtendedAttribute::new(name, flags, value).ok().filter(|_| *zero == 0)?;
    let size = attribute.size();
    if next == 0 {
        // What fills the last one up may be there.
        return (bytes.len() - size < backup::EXTENDED_ALIGNMENT).then_some((attribute, &[]));
    }
    let is_sound = next >= size && next % backup::EXTENDED_ALIGNMENT == 0 && next < bytes.len();
    is_sound.then(|| (attribute, &bytes[next..]))
}
