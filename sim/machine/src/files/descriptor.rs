//! The list that rights go by, read from a security descriptor as it was set: self-relative, as backups carry them.

use hcs_rules::grant::{ACE_HEADER, ACL_HEADER, EVERYONE, Owner, SID_HEADER, USER, mask};
use hcs_rules::transport::sddl::{HAS_ACCESS, NUMBERS, SELF_RELATIVE};

use super::acl::{Ace, Sid};

/// The kinds of entries that allow and that deny. Others are there to be kept: nobody's rights go by them.
const ALLOWS: u8 = 0;
const DENIES: u8 = 1;
/// The revisions of lists: with entries for objects, or without.
const REVISIONS: [u8; 2] = [2, 4];

/// What is read of a descriptor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// Whose the file is, if it says.
    pub(super) owner: Option<Owner>,
    /// The whole list, what was inherited too; `None` when it has no part on access.
    pub(super) list: Option<Vec<Ace>>,
}

/// Reads a descriptor; `None` if it is none, or damaged.
pub(super) fn read(bytes: &[u8]) -> Option<Descriptor> {
    let [revision, _] = *array(bytes, 0)?;
    let control = u16::from_le_bytes(*array(bytes, 2)?);
    if revision != 1 || control & SELF_RELATIVE == 0 {
        return None;
    }
    // Those of the group and of the list of audits are no matter of rights.
    let owner = match number(bytes, 4)? {
        0 => None,
        at => Some(if sid(bytes.get(at as usize..)?)? == Sid::from(&USER) { Owner::User } else { Owner::System }),
    };
    let list = match number(bytes, 16)? {
        _ if control & HAS_ACCESS == 0 => None,
        // A descriptor with no list where one may be lets everybody do everything.
        0 => Some(vec![Ace::allow(Sid::from(&EVERYONE), 0, mask::FULL)]),
        at => Some(list(bytes.get(at as usize..)?)?),
    };
    Some(Descriptor { owner, list })
}

fn list(bytes: &[u8]) -> Option<Vec<Ace>> {
    let [revision, _] = *array(bytes, 0)?;
    let size = usize::from(u16::from_le_bytes(*array(bytes, 2)?));
    let count = u16::from_le_bytes(*array(bytes, 4)?);
    if !REVISIONS.contains(&revision) || size < ACL_HEADER {
        return None;
    }
    let mut rest = bytes.get(ACL_HEADER..size)?;
    let mut list = Vec::new();
    for _ in 0..count {
        let [kind, flags] = *array(rest, 0)?;
        let size = usize::from(u16::from_le_bytes(*array(rest, 2)?));
        let (one, others) = rest.split_at_checked(size).filter(|_| size >= ACE_HEADER)?;
        if kind == ALLOWS || kind == DENIES {
            let (mask, sid) = (number(one, 4)?, sid(&one[ACE_HEADER..])?);
            list.push(Ace { denies: kind == DENIES, flags, mask, sid });
        }
        rest = others;
    }
    Some(list)
}

fn sid(bytes: &[u8]) -> Option<Sid> {
    let [revision, count, authority @ ..] = array::<SID_HEADER>(bytes, 0)?;
    let count = usize::from(*count);
    if *revision != 1 || count > NUMBERS {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    let numbers = bytes.get(SID_HEADER..SID_HEADER + 4 * count)?.as_chunks::<4>().0;
    let numbers: Vec<u32> = numbers.iter().map(|number| u32::from_le_bytes(*number)).collect();
    Some(Sid::new(authority, &numbers))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(|bytes| u32::from_le_bytes(*bytes))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..)?.first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::sddl;
    use proptest::prelude::*;

    /// The owner and the list as tools show it.
    type Shown = (Option<Owner>, Option<Vec<String>>);

    fn shown(text: &str) -> Option<Shown> {
        let Descriptor { owner, list } = read(&sddl::read(text)?)?;
        let list = list.map(|list| list.iter().map(|ace| format!("{}:{}", ace.sid, ace.text())).collect());
        Some((owner, list))
    }

    #[test]
    fn a_list_is_read_from_its_bytes() {
        let list = |lines: &[&str]| Some(lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        let table: &[(&str, Shown)] = &[
            ("O:SYG:SY", (Some(Owner::System), None)),
            ("G:SY", (None, None)),
            ("O:S-1-5-21-1001001001-1002002002-1003003003-1001", (Some(Owner::User), None)),
            ("D:P", (None, list(&[]))),
            ("D:NO_ACCESS_CONTROL", (None, list(&["S-1-1-0:(F)"]))),
            (
                "O:SYD:PAI(D;;DC;;;WD)(A;OICIID;FA;;;BA)",
                (Some(Owner::System), list(&["S-1-1-0:(DENY)(0x00000002)", "S-1-5-32-544:(I)(OI)(CI)(F)"])),
            ),
            ("D:(A;;FA;;;S-1-0xffffffffffff-7)", (None, list(&["S-1-0xffffffffffff-7:(F)"]))),
        ];
        for (text, believed) in table {
            assert_eq!(shown(text).as_ref(), Some(believed), "{text}");
        }
    }

    #[test]
    fn entries_of_other_kinds_are_left_aside_and_damage_is_seen() {
        let bytes = sddl::read("D:(D;;FA;;;WD)(A;;FA;;;BA)").expect("it is one");
        let count = |bytes: &[u8]| read(bytes).map(|read| read.list.map(|list| list.len()));
        assert_eq!(count(&bytes), Some(Some(2)));
        // The first entry follows the headers of the descriptor and of the list.
        let mut other = bytes.clone();
        other[20 + ACL_HEADER] = 9;
        assert_eq!(count(&other), Some(Some(1)));
        for (at, value) in [(0, 2), (3, 0), (16, 255), (20, 3), (22, 255), (24, 3), (30, 4), (37, 200)] {
            let mut spoilt = bytes.clone();
            spoilt[at] = value;
            assert_eq!(count(&spoilt), None, "byte {at}");
        }
        for length in 0..bytes.len() {
            assert_eq!(count(&bytes[..length]), None, "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_descriptor_or_none(bytes in prop::collection::vec(any::<u8>(), 0..80), at in 0_usize..60, byte: u8) {
            _ = read(&bytes);
            let mut spoilt = sddl::read("O:SYD:(D;;FA;;;WD)(A;;FA;;;BA)").expect("it is one");
            let at = at % spoilt.len();
            spoilt[at] = byte;
            _ = read(&spoilt);
        }
    }
}
