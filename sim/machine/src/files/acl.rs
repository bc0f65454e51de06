//! Access control lists: accounts, entries, and whether a list lets somebody do something.

use std::sync::Arc;

use hcs_rules::grant::{
    ACCOUNTS, ACE_HEADER, ACL_HEADER, EVERYONE, MACHINE, MACHINES, SID_HEADER, SidRow, Trustee, WORKER, entry_text,
    flag, mask,
};
use uuid::Uuid;

/// A security identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sid {
    /// Six bytes.
    authority: u64,
    numbers: Arc<[u32]>,
}

impl From<&SidRow> for Sid {
    fn from(row: &SidRow) -> Sid {
        Sid::new(row.authority.into(), row.numbers)
    }
}

impl std::fmt::Display for Sid {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match u32::try_from(self.authority) {
            Ok(authority) => write!(out, "S-1-{authority}")?,
            Err(_) => write!(out, "S-1-{:#x}", self.authority)?,
        }
        self.numbers.iter().try_for_each(|number| write!(out, "-{number}"))
    }
}

impl Sid {
    /// The identifier of these numbers.
    pub(super) fn new(authority: u64, numbers: &[u32]) -> Sid {
        Sid { authority, numbers: numbers.into() }
    }

    /// The account of the machine with this GUID.
    pub fn machine(id: Uuid) -> Sid {
        let bytes = id.to_bytes_le();
        let parts = bytes.as_chunks::<4>().0.iter().map(|part| u32::from_le_bytes(*part));
        let numbers = MACHINE.numbers.iter().copied().chain(parts);
        Sid { authority: MACHINE.authority.into(), numbers: numbers.collect() }
    }

    /// The account that a grant for this machine means.
    pub(super) fn of(trustee: Trustee, machine: Option<Uuid>) -> Sid {
        match trustee {
            Trustee::VirtualMachine => Sid::machine(machine.unwrap_or(Uuid::nil())),
            Trustee::WorkerCapability => Sid::from(&WORKER),
            Trustee::VirtualMachines => Sid::from(&MACHINES),
        }
    }

    /// The GUID of the machine whose account it is.
    pub fn as_machine(&self) -> Option<Uuid> {
        let numbers =
            self.numbers.strip_prefix(MACHINE.numbers).filter(|_| self.authority == u64::from(MACHINE.authority))?;
        let mut bytes = [0; 16];
        let numbers: &[u32; 4] = numbers.try_into().ok()?;
        for (part, number) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(numbers) {
            *part = number.to_le_bytes();
        }
        Some(Uuid::from_bytes_le(bytes))
    }

    /// The name under which tools show it, if it has one. That of a machine is known only while the machine is there.
    pub(super) fn name(&self, is_known: impl Fn(Uuid) -> bool) -> Option<String> {
        if let Some(machine) = self.as_machine() {
            return is_known(machine).then(|| format!("{}\\{}", MACHINE.name, machine.to_string().to_uppercase()));
        }
        let account = ACCOUNTS.iter().find(|account| Sid::from(**account) == *self)?;
        Some(account.name.to_owned())
    }

    fn bytes(&self) -> usize {
        SID_HEADER + 4 * self.numbers.len()
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    /// Whether it denies instead of allowing.
    pub denies: bool,
    /// As in [`flag`].
    pub flags: u8,
    /// As in [`mask`].
    pub mask: u32,
    /// For whom.
    pub sid: Sid,
}

impl Ace {
    /// An entry that allows.
    pub fn allow(sid: Sid, flags: u8, mask: u32) -> Ace {
        Ace { denies: false, flags, mask, sid }
    }

    /// An entry that denies everybody everything.
    pub(super) fn deny_everyone() -> Ace {
        Ace { denies: true, flags: 0, mask: mask::FULL, sid: Sid::from(&EVERYONE) }
    }

    /// How tools show it, without the account: `(I)(OI)(CI)(F)`.
    pub fn text(&self) -> String {
        let denies = if self.denies { "(DENY)" } else { "" };
        format!("{denies}{}", entry_text(self.flags, self.mask))
    }

    /// What a file in a folder with this entry inherits.
    pub(super) fn for_file(&self, near: bool) -> Option<Ace> {
        let reaches = self.flags & flag::OBJECT_INHERIT != 0 && (near || self.flags & flag::NO_PROPAGATE == 0);
        reaches.then(|| Ace { flags: flag::INHERITED, mask: mapped(self.mask), ..self.clone() })
    }

    /// What a folder in a folder with this entry inherits: an entry with a generic mask becomes two, one for the folder
    /// itself.
    pub(super) fn for_folder(&self, near: bool) -> Vec<Ace> {
        let both = flag::OBJECT_INHERIT | flag::CONTAINER_INHERIT;
        if self.flags & both == 0 || (!near && self.flags & flag::NO_PROPAGATE != 0) {
            return Vec::new();
        }
        let goes_on = self.flags & flag::NO_PROPAGATE == 0;
        let on = if goes_on { self.flags & both } else { 0 };
        let concerns = self.flags & flag::CONTAINER_INHERIT != 0;
        let entry = |flags, mask| Ace { flags: flag::INHERITED | flags, mask, ..self.clone() };
        match (concerns, mapped(self.mask) == self.mask) {
            (true, true) => vec![entry(on, self.mask)],
            (true, false) if goes_on => {
                vec![entry(0, mapped(self.mask)), entry(on | flag::INHERIT_ONLY, self.mask)]
            }
            (true, false) => vec![entry(0, mapped(self.mask))],
            (false, _) if goes_on => vec![entry(on | flag::INHERIT_ONLY, self.mask)],
            (false, _) => Vec::new(),
        }
    }
}

/// What a mask means for files, where it holds generic rights.
fn mapped(of: u32) -> u32 {
    mask::GENERIC.iter().fold(of, |of, (generic, plain)| if of & generic != 0 { of & !generic | plain } else { of })
}

/// The bytes of a list.
pub(super) fn bytes(list: &[Ace]) -> usize {
    ACL_HEADER + list.iter().map(|ace| ACE_HEADER + ace.sid.bytes()).sum::<usize>()
}

/// Whether a list lets somebody with these accounts do everything of a mask.
pub(super) fn allows(list: &[Ace], accounts: &[&SidRow], wanted: u32) -> bool {
    allows_whom(list, |sid| accounts.iter().any(|account| Sid::from(*account) == *sid), wanted)
}

/// Whether a list lets a machine do everything of a mask: by its own account, its group's, or everyone's.
pub(super) fn allows_machine(list: &[Ace], machine: Uuid, wanted: u32) -> bool {
    let accounts = [Sid::machine(machine), Sid::from(&MACHINES), Sid::from(&EVERYONE)];
    allows_whom(list, |sid| accounts.contains(sid), wanted)
}

/// The first entry that speaks of a right decides.
fn allows_whom(list: &[Ace], is_meant: impl Fn(&Sid) -> bool, wanted: u32) -> bool {
    let mut left = wanted;
    for ace in list.iter().filter(|ace| ace.flags & flag::INHERIT_ONLY == 0 && is_meant(&ace.sid)) {
        if ace.denies {
            if mapped(ace.mask) & left != 0 {
                return false;
            }
        } else {
            left &= !mapped(ace.mask);
        }
    }
    left == 0
}

/// Whether a list denies everybody a right.
pub(super) fn denies_everyone(list: &[Ace], wanted: u32) -> bool {
    let everyone = Sid::from(&EVERYONE);
    list.iter().any(|ace| {
        ace.denies && ace.flags & flag::INHERIT_ONLY == 0 && ace.sid == everyone && mapped(ace.mask) & wanted != 0
    })
}
