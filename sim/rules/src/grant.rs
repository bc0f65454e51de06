//! Access of virtual machines to files: who is granted what, by which entry of an access control list.

use crate::access::Rights;
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, header, observed};
use crate::vocabulary::Call;

closed! {
    /// Whom a grant is for.
    pub enum Trustee, Trustees {
        /// The account of one virtual machine, derived from its id.
        VirtualMachine,
        /// The capability that worker processes hold.
        WorkerCapability,
        /// The group of all virtual machines.
        VirtualMachines,
    }
}

/// A security identifier: `S-1-authority-...`. An account of one machine has its four numbers appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SidRow {
    /// Unique name.
    pub id: &'static str,
    /// The identifier authority.
    pub authority: u8,
    /// The numbers behind it.
    pub numbers: &'static [u32],
    /// The account's name, as tools show it; empty for a capability, which they show as it is.
    pub name: &'static str,
}

const fn sid(id: &'static str, authority: u8, numbers: &'static [u32], name: &'static str) -> SidRow {
    SidRow { id, authority, numbers, name }
}

/// What every account of a virtual machine begins with (observed: event logs). The four little-endian numbers of the id's
/// GUID, as it lies in memory, follow.
pub const MACHINE: SidRow = sid("machine", 5, &[83, 1], "NT VIRTUAL MACHINE");
/// The group of all virtual machines (observed: hcsctl; hcsshim).
pub const MACHINES: SidRow = sid("machines", 5, &[83, 0], "NT VIRTUAL MACHINE\\Virtual Machines");
/// The capability of worker processes (observed: lists of WSL's disks).
pub const WORKER: SidRow = sid(
    "worker",
    15,
    &[
        3,
        1024,
        2_268_835_264,
        3_721_307_629,
        241_982_045,
        173_645_152,
        1_490_879_176,
        104_643_441,
        2_915_960_892,
        1_612_460_704,
    ],
    "",
);
/// Whoever it is.
pub const EVERYONE: SidRow = sid("everyone", 1, &[0], "Everyone");
/// Whoever has logged on.
pub const AUTHENTICATED: SidRow = sid("authenticated", 5, &[11], "NT AUTHORITY\\Authenticated Users");
/// The system itself.
pub const SYSTEM: SidRow = sid("system", 5, &[18], "NT AUTHORITY\\SYSTEM");
/// The administrators, as whom only elevated clients act.
pub const ADMINISTRATORS: SidRow = sid("administrators", 5, &[32, 544], "BUILTIN\\Administrators");
/// The users.
pub const USERS: SidRow = sid("users", 5, &[32, 545], "BUILTIN\\Users");
/// The user as whom every client of a world runs (assumed: one user, elevated or not).
pub const USER: SidRow = sid("user", 5, &[21, 1_001_001_001, 1_002_002_002, 1_003_003_003, 1001], "HOST\\user");

/// The accounts that tools show by name.
pub const ACCOUNTS: &[&SidRow] = &[&MACHINES, &EVERYONE, &AUTHENTICATED, &SYSTEM, &ADMINISTRATORS, &USERS, &USER];

closed! {
    /// Whose a file is.
    pub enum Owner, Owners {
        /// The clients' user.
        User,
        /// The system.
        System,
    }
}

impl Owner {
    /// The account.
    pub const fn account(self) -> &'static SidRow {
        match self {
            Owner::User => &USER,
            Owner::System => &SYSTEM,
        }
    }
}

/// The accounts as which a client acts (documented: an administrator's group is there for denying only, unless elevated).
pub const fn accounts(rights: Rights) -> &'static [&'static SidRow] {
    match rights {
        Rights::Administrator => &[&USER, &ADMINISTRATORS, &USERS, &AUTHENTICATED, &EVERYONE],
        Rights::HyperVAdministrator | Rights::User => &[&USER, &USERS, &AUTHENTICATED, &EVERYONE],
    }
}

/// Access masks.
pub mod mask {
    /// Full control of a file: `F`.
    pub const FULL: u32 = 0x001F_01FF;
    /// Changing: `M`.
    pub const MODIFY: u32 = 0x0013_01BF;
    /// Reading and running: `RX`.
    pub const READ_EXECUTE: u32 = 0x0012_00A9;
    /// Reading: `R`.
    pub const READ: u32 = 0x0012_0089;
    /// Reading and writing: `R,W`.
    pub const READ_WRITE: u32 = READ | 0x0012_0116;
    /// Generic reading, mapped to [`READ`] where it is inherited: `GR`.
    pub const GENERIC_READ: u32 = 0x8000_0000;
    /// What generic rights mean for files (documented: file generic access rights): reading, writing, running, all.
    pub const GENERIC: &[(u32, u32)] =
        &[(GENERIC_READ, READ), (0x4000_0000, 0x0012_0116), (0x2000_0000, 0x0012_00A0), (0x1000_0000, FULL)];
    /// Reading a file's bytes.
    pub const READ_DATA: u32 = 0x0000_0001;
    /// Making a file in a folder.
    pub const ADD_FILE: u32 = 0x0000_0002;
    /// Writing a file's bytes: the same bit.
    pub const WRITE_DATA: u32 = ADD_FILE;
    /// Writing extended attributes.
    pub const WRITE_EXTENDED: u32 = 0x0000_0010;
    /// Taking from a folder what is in it.
    pub const DELETE_CHILD: u32 = 0x0000_0040;
    /// Writing attributes and times.
    pub const WRITE_ATTRIBUTES: u32 = 0x0000_0100;
    /// Taking away the file itself.
    pub const DELETE: u32 = 0x0001_0000;
    /// Making a folder in a folder: `AD`.
    pub const ADD_SUBFOLDER: u32 = 0x0000_0004;
    /// Writing the list itself.
    pub const WRITE_DAC: u32 = 0x0004_0000;

    /// The masks that tools show by letters.
    pub const LETTERS: &[(u32, &str)] = &[
        (FULL, "F"),
        (MODIFY, "M"),
        (READ_EXECUTE, "RX"),
        (READ, "R"),
        (READ_WRITE, "R,W"),
        (GENERIC_READ, "GR"),
        (ADD_SUBFOLDER, "AD"),
        (WRITE_DAC, "WDAC"),
    ];
}

/// Flags of an entry.
pub mod flag {
    /// Files in the folder inherit it: `OI`.
    pub const OBJECT_INHERIT: u8 = 0x01;
    /// Folders in the folder inherit it: `CI`.
    pub const CONTAINER_INHERIT: u8 = 0x02;
    /// It is inherited no further: `NP`.
    pub const NO_PROPAGATE: u8 = 0x04;
    /// It does not concern the folder itself: `IO`.
    pub const INHERIT_ONLY: u8 = 0x08;
    /// It was inherited: `I`.
    pub const INHERITED: u8 = 0x10;

    /// The flags that tools show, in their order.
    pub const LETTERS: &[(u8, &str)] = &[
        (INHERITED, "I"),
        (OBJECT_INHERIT, "OI"),
        (CONTAINER_INHERIT, "CI"),
        (INHERIT_ONLY, "IO"),
        (NO_PROPAGATE, "NP"),
    ];
}

/// An entry that a grant adds: its flags and its mask.
pub type Entry = (u8, u32);

/// An entry's flags and mask as tools show them: `(OI)(CI)(F)`.
pub fn entry_text(flags: u8, mask: u32) -> String {
    let flags = flag::LETTERS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letters)| format!("({letters})"));
    let known = mask::LETTERS.iter().find(|(bits, _)| *bits == mask);
    let mask = known.map_or_else(|| format!("({mask:#010x})"), |(_, letters)| format!("({letters})"));
    flags.chain([mask]).collect()
}

/// What one call grants to one trustee.
#[derive(Debug)]
pub struct GrantRow {
    /// Unique name.
    pub id: &'static str,
    /// The call that grants it.
    pub by: Call,
    /// The call that takes it back.
    pub back: Call,
    /// To whom.
    pub to: Trustee,
    /// The entries on a file.
    pub on_file: &'static [Entry],
    /// The entries on a folder.
    pub on_folder: &'static [Entry],
    /// How it is known.
    pub sources: &'static [Source],
}

const BOTH: u8 = flag::OBJECT_INHERIT | flag::CONTAINER_INHERIT;

/// Every grant, in the order in which its entries stand in a list, behind what was set before and ahead of what is inherited.
pub const GRANTS: &[GrantRow] = &[
    GrantRow {
        id: "grant.machine",
        by: Call::GrantVmAccess,
        back: Call::RevokeVmAccess,
        to: Trustee::VirtualMachine,
        on_file: &[(0, mask::FULL)],
        on_folder: &[(BOTH, mask::FULL)],
        sources: &[
            observed("the list of a WSL disk", &[crate::build::Build::B22621]),
            documented("HcsGrantVmAccess: by an internal GUID derived from the id, which need not exist"),
            assumed("that an entry on a folder is inherited, and that a second grant adds nothing"),
        ],
    },
    GrantRow {
        id: "grant.worker",
        by: Call::GrantVmAccess,
        back: Call::RevokeVmAccess,
        to: Trustee::WorkerCapability,
        on_file: &[(0, mask::FULL)],
        on_folder: &[(BOTH, mask::FULL)],
        sources: &[
            observed("the list of a WSL disk", &[crate::build::Build::B22621]),
            observed("JYTH: a run and a revocation leave the list as it was", &[crate::build::Build::B26200]),
            assumed("the entry goes with the last machine's"),
        ],
    },
    GrantRow {
        id: "grant.group",
        by: Call::GrantVmGroupAccess,
        back: Call::RevokeVmGroupAccess,
        to: Trustee::VirtualMachines,
        on_file: &[(0, mask::READ)],
        on_folder: &[(0, mask::READ), (BOTH | flag::INHERIT_ONLY, mask::GENERIC_READ)],
        sources: &[
            header("computecore.h: for reading"),
            client("hcsshim's own form of it, with its test"),
            assumed("that the entries are those of hcsshim's form"),
        ],
    },
    GrantRow {
        id: "grant.sandbox",
        by: Call::LegacyCreateSandboxLayer,
        back: Call::RevokeVmGroupAccess,
        to: Trustee::VirtualMachines,
        on_file: &[(0, mask::READ_WRITE)],
        on_folder: &[],
        sources: &[
            observed(
                "hcsctl: the disk that CreateSandboxLayer makes has the entry that an isolated container needs, to read and to write",
                &[crate::build::Build::B26200],
            ),
            assumed("the bits: those that tools show as R,W"),
        ],
    },
];

/// An access control list has at most so many bytes.
pub const ACL_LIMIT: usize = 65_535;
/// The bytes of a list before its first entry.
pub const ACL_HEADER: usize = 8;
/// The bytes of an entry before its account.
pub const ACE_HEADER: usize = 8;
/// The bytes of an account before its numbers, of which each has four.
pub const SID_HEADER: usize = 8;

/// The list of a volume's root folder, from which every other inherits (documented: a new volume's).
pub const ROOT_LIST: &[(&SidRow, u8, u32)] = &[
    (&ADMINISTRATORS, BOTH, mask::FULL),
    (&SYSTEM, BOTH, mask::FULL),
    (&USERS, BOTH, mask::READ_EXECUTE),
    (&AUTHENTICATED, BOTH | flag::INHERIT_ONLY, mask::MODIFY),
    (&AUTHENTICATED, 0, mask::ADD_SUBFOLDER),
];
