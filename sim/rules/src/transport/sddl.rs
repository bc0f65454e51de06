//! The words of the security descriptor definition language that old layers use: accounts, rights, flags.
//!
//! Documented as "security descriptor string format" and its pages on SIDs, ACEs and rights. Accounts of a domain or of one
//! machine have no fixed identifier, and are not here.

/// Accounts by their two letters: the authority and the numbers behind it.
pub const ACCOUNTS: &[(&str, u8, &[u32])] = &[
    ("AC", 15, &[2, 1]),
    ("AN", 5, &[7]),
    ("AO", 5, &[32, 548]),
    ("AU", 5, &[11]),
    ("BA", 5, &[32, 544]),
    ("BG", 5, &[32, 546]),
    ("BO", 5, &[32, 551]),
    ("BU", 5, &[32, 545]),
    ("CG", 3, &[1]),
    ("CO", 3, &[0]),
    ("CY", 5, &[32, 569]),
    ("ER", 5, &[32, 573]),
    ("HI", 16, &[12288]),
    ("IS", 5, &[32, 568]),
    ("IU", 5, &[4]),
    ("LS", 5, &[19]),
    ("LU", 5, &[32, 559]),
    ("LW", 16, &[4096]),
    ("ME", 16, &[8192]),
    ("MP", 16, &[8448]),
    ("MU", 5, &[32, 558]),
    ("NO", 5, &[32, 556]),
    ("NS", 5, &[20]),
    ("NU", 5, &[2]),
    ("OW", 3, &[4]),
    ("PO", 5, &[32, 550]),
    ("PS", 5, &[10]),
    ("PU", 5, &[32, 547]),
    ("RC", 5, &[12]),
    ("RD", 5, &[32, 555]),
    ("RE", 5, &[32, 552]),
    ("RM", 5, &[32, 580]),
    ("SI", 16, &[16384]),
    ("SO", 5, &[32, 549]),
    ("SU", 5, &[6]),
    ("SY", 5, &[18]),
    ("WD", 1, &[0]),
    ("WR", 5, &[33]),
];

/// Rights by their two letters.
pub const RIGHTS: &[(&str, u32)] = &[
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
    ("SD", 0x0001_0000),
    ("RC", 0x0002_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("FA", 0x001F_01FF),
    ("FR", 0x0012_0089),
    ("FW", 0x0012_0116),
    ("FX", 0x0012_00A0),
    ("CC", 0x0001),
    ("DC", 0x0002),
    ("LC", 0x0004),
    ("SW", 0x0008),
    ("RP", 0x0010),
    ("WP", 0x0020),
    ("DT", 0x0040),
    ("LO", 0x0080),
    ("CR", 0x0100),
    ("NW", 0x0001),
    ("NR", 0x0002),
    ("NX", 0x0004),
];

/// Kinds of entries that are read: their letters, their number, and whether they stand in the list of audits.
pub const KINDS: &[(&str, u8, bool)] = &[("A", 0, false), ("D", 1, false), ("AU", 2, true), ("ML", 17, true)];

/// Flags of an entry.
pub const FLAGS: &[(&str, u8)] =
    &[("OI", 0x01), ("CI", 0x02), ("NP", 0x04), ("IO", 0x08), ("ID", 0x10), ("SA", 0x40), ("FA", 0x80)];

/// Flags of a list of access, each shifted by one in a list of audits.
pub const LIST_FLAGS: &[(&str, u16)] = &[("P", 0x1000), ("AR", 0x0100), ("AI", 0x0400)];
/// A list of access is there.
pub const HAS_ACCESS: u16 = 0x0004;
/// A list of audits is there.
pub const HAS_AUDITS: u16 = 0x0010;
/// Offsets are from the beginning of the descriptor.
pub const SELF_RELATIVE: u16 = 0x8000;
/// Instead of a list: everybody may do everything.
pub const NO_LIST: &str = "NO_ACCESS_CONTROL";
/// More entries than fit in a list are never read.
pub const LIST_LIMIT: usize = 65_535;
/// An identifier has at most so many numbers.
pub const NUMBERS: usize = 15;
