//! Extended attributes of a file, as `FILE_FULL_EA_INFORMATION` lays them out.

use std::sync::Arc;

use hcs_rules::transport::{Damage, backup};

use crate::files::Extended;

/// Reads extended attributes: each name once, case left aside.
///
/// # Errors
/// [`Damage::BadExtended`].
pub fn read(bytes: &[u8]) -> Result<Arc<[Extended]>, Damage> {
    let mut all: Vec<Extended> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (one, next) = read_one(rest).ok_or(Damage::BadExtended)?;
        add(&mut all, one)?;
        rest = next;
    }
    Ok(all.into())
}

/// Adds one to others.
///
/// # Errors
/// [`Damage::BadExtended`]: there is one of this name, or there is no such name.
pub fn add(all: &mut Vec<Extended>, one: Extended) -> Result<(), Damage> {
    let is_there = all.iter().any(|other| other.name.eq_ignore_ascii_case(&one.name));
    if is_there || !is_sound(&one) {
        return Err(Damage::BadExtended);
    }
    all.push(one);
    Ok(())
}

/// Writes extended attributes.
///
/// # Errors
/// [`Damage::BadExtended`]: a name or a value is longer than its field tells.
pub fn write(all: &[Extended]) -> Result<Vec<u8>, Damage> {
    let mut bytes = Vec::new();
    for (index, one) in all.iter().enumerate() {
        if !is_sound(one) {
            return Err(Damage::BadExtended);
        }
        let is_last = index + 1 == all.len();
        let padded = size(one).next_multiple_of(backup::EXTENDED_ALIGNMENT);
        let end = bytes.len() + if is_last { size(one) } else { padded };
        bytes.extend(if is_last { 0 } else { padded as u32 }.to_le_bytes());
        bytes.extend([one.flags, one.name.len() as u8]);
        bytes.extend((one.value.len() as u16).to_le_bytes());
        bytes.extend(one.name.as_bytes());
        bytes.push(0);
        bytes.extend(&one.value[..]);
        bytes.resize(end, 0);
    }
    if bytes.len() as u64 > backup::EXTENDED_LIMIT { Err(Damage::BadExtended) } else { Ok(bytes) }
}

fn is_sound(one: &Extended) -> bool {
    (1..=usize::from(u8::MAX)).contains(&one.name.len())
        && !one.name.contains('\0')
        && one.value.len() <= usize::from(u16::MAX)
}

/// The bytes of one, without those that come before the next.
fn size(one: &Extended) -> usize {
    backup::EXTENDED_HEADER + one.name.len() + 1 + one.value.len()
}

/// The first, and what is behind it.
fn read_one(bytes: &[u8]) -> Option<(Extended, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<{ backup::EXTENDED_HEADER }>()?;
    let [n0, n1, n2, n3, flags, name_size, low, high] = *header;
    let (next, name_size) = (u32::from_le_bytes([n0, n1, n2, n3]) as usize, usize::from(name_size));
    let name = std::str::from_utf8(rest.get(..name_size)?).ok()?;
    let (zero, rest) = rest[name_size..].split_first()?;
    let value = rest.get(..usize::from(u16::from_le_bytes([low, high])))?;
    let one = Extended { name: name.into(), flags, value: value.into() };
    let size = size(&one);
    if *zero != 0 {
        return None;
    }
    if next == 0 {
        // What fills the last one up may be there.
        return (bytes.len() - size < backup::EXTENDED_ALIGNMENT).then_some((one, &[]));
    }
    let is_sound = next >= size && next.is_multiple_of(backup::EXTENDED_ALIGNMENT) && next < bytes.len();
    is_sound.then(|| (one, &bytes[next..]))
}
