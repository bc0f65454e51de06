//! The parent locator: pairs of texts that say where the parent is, and which content of it the child was made from.

use hcs_rules::disk::Damage;
use hcs_rules::disk::vhdx::{LOCATOR_ENTRIES, LOCATOR_TEXT, id, key, locator, locator_entry};
use uuid::Uuid;

use super::guid;
use crate::state_file::codec::Structure;

/// Where a differencing disk's parent is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parent {
    /// The data write id that the parent had.
    pub linkage: Uuid,
    /// Its path, seen from the child's folder.
    pub relative: Option<String>,
    /// Its path, by its volume's id.
    pub volume: Option<String>,
    /// Its path, by its volume's letter.
    pub absolute: Option<String>,
}

/// Reads a locator.
pub(super) fn read(bytes: &[u8]) -> Result<Parent, Damage> {
    let of = Structure::read(&locator::LAYOUT, bytes, 0).ok_or(Damage::BadLocator)?;
    let count = of.get_u32(locator::COUNT);
    if guid(&of, locator::TYPE) != Uuid::from_u128(id::LOCATOR_TYPE) || count > LOCATOR_ENTRIES {
        return Err(Damage::BadLocator);
    }
    let mut parent = Parent::default();
    let (mut linkage, mut keys) = (None, Vec::new());
    for index in 0..count as usize {
        let at = locator::LAYOUT.size + index * locator_entry::LAYOUT.size;
        let of = Structure::read(&locator_entry::LAYOUT, bytes, at).ok_or(Damage::BadLocator)?;
        let key = text(bytes, &of, locator_entry::KEY_OFFSET, locator_entry::KEY_LENGTH)?;
        let value = text(bytes, &of, locator_entry::VALUE_OFFSET, locator_entry::VALUE_LENGTH)?;
        if keys.contains(&key) {
            return Err(Damage::BadLocator);
        }
        match key.as_str() {
            key::LINKAGE => linkage = Some(braced(&value)?),
            // A linkage that may hold while a parent is changed: never written here.
            key::SECOND_LINKAGE => drop(braced(&value)?),
            key::RELATIVE => parent.relative = Some(value),
            key::VOLUME => parent.volume = Some(value),
            key::ABSOLUTE => parent.absolute = Some(value),
            _ => return Err(Damage::BadLocator),
        }
        keys.push(key);
    }
    let has_path = parent.relative.is_some() || parent.volume.is_some() || parent.absolute.is_some();
    parent.linkage = linkage.filter(|_| has_path).ok_or(Damage::BadLocator)?;
    Ok(parent)
}

fn text(
    bytes: &[u8],
    of: &Structure,
    offset: hcs_rules::state_file::Field,
    length: hcs_rules::state_file::Field,
) -> Result<String, Damage> {
    let (offset, length) = (of.get_u32(offset) as usize, of.get_u32(length) as usize);
    let bytes = offset.checked_add(length).and_then(|end| bytes.get(offset..end)).filter(|bytes| !bytes.is_empty());
    let (units, rest) = bytes.ok_or(Damage::BadLocator)?.as_chunks::<2>();
    if !rest.is_empty() || offset < locator::LAYOUT.size {
        return Err(Damage::BadLocator);
    }
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| Damage::BadLocator)
}

/// A GUID in braces.
fn braced(text: &str) -> Result<Uuid, Damage> {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|inner| inner.len() == 36);
    inner.and_then(|inner| Uuid::try_parse(inner).ok()).ok_or(Damage::BadLocator)
}

impl Parent {
    /// The locator's bytes. `None` when a text is longer than a path can be.
    pub(super) fn write(&self) -> Option<Vec<u8>> {
        let linkage = format!("{{{}}}", self.linkage);
        let pairs = [
            (key::LINKAGE, Some(&linkage)),
            (key::RELATIVE, self.relative.as_ref()),
            (key::VOLUME, self.volume.as_ref()),
            (key::ABSOLUTE, self.absolute.as_ref()),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let mut of = Structure::new(&locator::LAYOUT);
        of.put_bytes(locator::TYPE, &Uuid::from_u128(id::LOCATOR_TYPE).to_bytes_le());
        of.put(locator::COUNT, pairs.len() as u64);
        let mut entries = of.bytes;
        let mut texts = Vec::new();
        let texts_at = entries.len() + pairs.len() * locator_entry::LAYOUT.size;
        for (key, value) in pairs {
            let mut of = Structure::new(&locator_entry::LAYOUT);
            let mut put = |text: &str, offset, length| {
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                of.put(offset, (texts_at + texts.len()) as u64);
                of.put(length, bytes.len() as u64);
                texts.extend(&bytes);
                (1..=LOCATOR_TEXT).contains(&bytes.len())
            };
            let fits = put(key, locator_entry::KEY_OFFSET, locator_entry::KEY_LENGTH)
                && put(value, locator_entry::VALUE_OFFSET, locator_entry::VALUE_LENGTH);
            if !fits {
                return None;
            }
            entries.extend(&of.bytes);
        }
        entries.extend(&texts);
        Some(entries)
    }
}
