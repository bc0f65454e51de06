//! The state files of a virtual machine: how guest state (VMGS) and runtime state (VMRS) lie in a file, field by field.
//!
//! The writers and readers are in `hcs_machine::state_file`. A layout covers every byte of its structure once: checked while
//! compiling.

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented};
use crate::file::FileFault;

/// The order of a number's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The lowest first.
    Little,
    /// The highest first.
    Big,
}

/// One field of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Where it begins.
    pub at: usize,
    /// How many bytes it has.
    pub size: usize,
}

pub(crate) const fn field(name: &'static str, at: usize, size: usize) -> Field {
    Field { name, at, size }
}

/// One structure.
#[derive(Debug)]
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// How many bytes it has.
    pub size: usize,
    /// The order of its numbers' bytes.
    pub order: Order,
    /// Its fields, in their order.
    pub fields: &'static [Field],
    /// How it is known.
    pub sources: &'static [Source],
}

macro_rules! layout {
    ($(#[$about:meta])* $module:ident, $name:literal, $size:literal, $order:ident, $sources:expr, { $($FIELD:ident $field:literal $at:literal $bytes:literal;)+ }) => {
        $(#[$about])*
        pub mod $module {
            use super::*;

            $(#[doc = $field] pub const $FIELD: Field = field($field, $at, $bytes);)+

            /// Every field.
            pub const LAYOUT: Layout =
                Layout { name: $name, size: $size, order: Order::$order, fields: &[$($FIELD),+], sources: $sources };

            const _: () = covers_once(&LAYOUT);
        }
    };
}

pub(crate) use layout;

/// Every byte belongs to one field.
pub(crate) const fn covers_once(layout: &Layout) {
    let mut at = 0;
    let mut end = 0;
    while at < layout.fields.len() {
        assert!(layout.fields[at].at == end, "a field does not begin where the one before it ends");
        end += layout.fields[at].size;
        at += 1;
    }
    assert!(end == layout.size, "the fields do not cover the structure");
}

const OPENVMM: &[Source] = &[client("OpenVMM: its guest state format")];
const STORAGE: &[Source] = &[client("OpenVMM: the storage format behind VMRS, VMCX and VSV")];

layout! {
    /// The footer of a fixed virtual disk of the first kind: the last sector of a guest state file.
    disk_footer, "fixed disk footer", 512, Big,
    &[documented("virtual hard disk image format"), client("OpenVMM: guest state lies in such a disk")], {
        COOKIE "cookie" 0 8;
        FEATURES "features" 8 4;
        VERSION "format version" 12 4;
        DATA_OFFSET "data offset" 16 8;
        CREATED "creation time, seconds since 2000" 24 4;
        CREATOR "creator" 28 4;
        CREATOR_VERSION "creator version" 32 4;
        CREATOR_SYSTEM "creator system" 36 4;
        ORIGINAL_SIZE "original size" 40 8;
        CURRENT_SIZE "current size" 48 8;
        GEOMETRY "geometry" 56 4;
        DISK_TYPE "disk type" 60 4;
        CHECKSUM "checksum" 64 4;
        UNIQUE_ID "unique id" 68 16;
        SAVED_STATE "saved state" 84 1;
        RESERVED "reserved" 85 427;
    }
}

layout! {
    /// One of the two headers of guest state.
    guest_header, "guest state header", 168, Little, OPENVMM, {
        SIGNATURE "signature" 0 8;
        VERSION "version" 8 4;
        CHECKSUM "checksum" 12 4;
        SEQUENCE "sequence" 16 4;
        SIZE "header size" 20 4;
        TABLE_OFFSET "file table offset, blocks" 24 4;
        TABLE_SIZE "file table size, blocks" 28 4;
        ALGORITHM "encryption algorithm" 32 2;
        MARKERS "markers" 34 2;
        FIRST_KEY "first metadata key" 36 64;
        SECOND_KEY "second metadata key" 100 64;
        RESERVED "reserved" 164 4;
    }
}

layout! {
    /// One of the two keys in a header of guest state.
    metadata_key, "metadata key", 64, Little, OPENVMM, {
        NONCE "nonce" 0 12;
        RESERVED "reserved" 12 4;
        TAG "authentication tag" 16 16;
        KEY "key" 32 32;
    }
}

layout! {
    /// One entry of the file table of guest state.
    guest_entry, "file table entry", 64, Little, OPENVMM, {
        OFFSET "offset, blocks" 0 4;
        ALLOCATED "allocated, blocks" 4 4;
        SIZE "valid bytes" 8 8;
        NONCE "nonce" 16 12;
        TAG "authentication tag" 28 16;
        ATTRIBUTES "attributes" 44 4;
        RESERVED "reserved" 48 16;
    }
}

layout! {
    /// One entry of the extended file table, which encrypted files need.
    extended_entry, "extended file table entry", 64, Little, OPENVMM, {
        ATTRIBUTES "attributes" 0 4;
        KEY "key" 4 32;
        RESERVED "reserved" 36 28;
    }
}

layout! {
    /// One of the two headers of runtime state.
    storage_header, "storage header", 46, Little, STORAGE, {
        SIGNATURE "signature" 0 4;
        CHECKSUM "checksum" 4 4;
        SEQUENCE "sequence" 8 2;
        VERSION "format version" 10 4;
        DATA_VERSION "data version" 14 4;
        FLAGS "flags" 18 4;
        ALIGNMENT "data alignment" 22 4;
        LOG_OFFSET "replay log offset" 26 8;
        LOG_SIZE "replay log size" 34 8;
        LOG_HEADER_SIZE "replay log header size" 42 4;
    }
}

layout! {
    /// The beginning of an object table.
    object_table, "object table", 8, Little, STORAGE, {
        SIGNATURE "signature" 0 4;
        COUNT "number of entries" 4 4;
    }
}

layout! {
    /// One entry of an object table.
    object_entry, "object table entry", 18, Little, STORAGE, {
        KIND "type" 0 1;
        CHECKSUM "checksum" 1 4;
        OFFSET "offset" 5 8;
        SIZE "size" 13 4;
        FLAGS "flags" 17 1;
    }
}

layout! {
    /// The beginning of a key table.
    key_table, "key table", 10, Little, STORAGE, {
        SIGNATURE "signature" 0 2;
        INDEX "index" 2 2;
        SEQUENCE "sequence" 4 2;
        CHECKSUM "checksum" 6 4;
    }
}

layout! {
    /// The beginning of an entry of a key table; the name follows, then the value.
    key_entry, "key table entry", 21, Little, STORAGE, {
        KIND "type" 0 1;
        FLAGS "flags" 1 1;
        SIZE "size" 2 4;
        PARENT_TABLE "parent table" 6 2;
        PARENT_OFFSET "parent offset" 8 4;
        CHECKSUM "checksum" 12 4;
        INSERTED "insertion sequence" 16 4;
        NAME_SIZE "name size" 20 1;
    }
}

layout! {
    /// Where the value of an entry lies when it is too long for the table.
    file_object, "file object reference", 12, Little, STORAGE, {
        SIZE "size" 0 4;
        OFFSET "offset" 4 8;
    }
}

layout! {
    /// The header of the replay log.
    replay_log, "replay log header", 34, Little,
    &[client("OpenVMM: signature, size, and that it must allow for entries"), assumed("where the fields lie")], {
        SIGNATURE "signature" 0 4;
        CHECKSUM "checksum" 4 4;
        ENTRIES "entries" 8 4;
        MAXIMUM "maximum of entries" 12 4;
        RESERVED "reserved" 16 18;
    }
}

/// Every structure.
pub const LAYOUTS: &[&Layout] = &[
    &disk_footer::LAYOUT,
    &guest_header::LAYOUT,
    &metadata_key::LAYOUT,
    &guest_entry::LAYOUT,
    &extended_entry::LAYOUT,
    &storage_header::LAYOUT,
    &object_table::LAYOUT,
    &object_entry::LAYOUT,
    &key_table::LAYOUT,
    &key_entry::LAYOUT,
    &file_object::LAYOUT,
    &replay_log::LAYOUT,
];

/// Guest state: numbers of the format.
pub mod guest {
    /// The signature of a header, as a number.
    pub const SIGNATURE: u64 = u64::from_le_bytes(*b"GUESTRTS");
    /// What an image of the first version has in its second sector: a partition table.
    pub const FIRST_VERSION_MARK: &[u8; 8] = b"EFI PART";
    /// The version, 3.0.
    pub const VERSION: u32 = 0x0003_0000;
    /// The version before it, which is read too.
    pub const OLDER_VERSION: u32 = 0x0002_0000;
    /// A block.
    pub const BLOCK: usize = 4096;
    /// A sector: the headers lie in the first two.
    pub const SECTOR: usize = 512;
    /// The bytes before the footer.
    pub const CAPACITY: u64 = 4 << 20;
    /// An image has at least so many blocks.
    pub const LEAST_BLOCKS: u64 = 4;
    /// The first block that is not the headers'.
    pub const FIRST_BLOCK: u32 = 2;
    /// The entries of the file table.
    pub const FILES: usize = 64;
    /// The entry for the table itself.
    pub const FILE_TABLE: usize = 0;
    /// The entry for the extended table.
    pub const EXTENDED_TABLE: usize = 63;
    /// The files of the format that have a name.
    pub const NAMES: &[(usize, &str)] = &[
        (0, "FILE_TABLE"),
        (1, "BIOS_NVRAM"),
        (2, "TPM_PPI"),
        (3, "TPM_NVRAM"),
        (4, "RTC_SKEW"),
        (5, "ATTEST"),
        (6, "KEY_PROTECTOR"),
        (7, "VM_UNIQUE_ID"),
        (8, "GUEST_FIRMWARE"),
        (9, "CUSTOM_UEFI"),
        (10, "GUEST_WATCHDOG"),
        (11, "HW_KEY_PROTECTOR"),
        (13, "GUEST_SECRET_KEY"),
        (14, "HIBERNATION_TOKEN"),
        (15, "PLATFORM_SEED"),
        (16, "PROVENANCE_DOC"),
        (17, "TPM_NVRAM_BACKUP"),
        (18, "PROVISIONING_MARKER"),
        (63, "EXTENDED_FILE_TABLE"),
    ];
}

/// The footer of a fixed disk: its values.
pub mod disk {
    /// The cookie, as a number.
    pub const COOKIE: u64 = u64::from_be_bytes(*b"conectix");
    /// The feature that is always set.
    pub const FEATURES: u32 = 2;
    /// The format's version.
    pub const VERSION: u32 = 0x0001_0000;
    /// A fixed disk has nothing behind its footer.
    pub const DATA_OFFSET: u64 = u64::MAX;
    /// Who made it: `win ` (assumed of HCS).
    pub const CREATOR: u32 = u32::from_be_bytes(*b"win ");
    /// The maker's version.
    pub const CREATOR_VERSION: u32 = 0x000A_0000;
    /// On which system: `Wi2k`.
    pub const CREATOR_SYSTEM: u32 = u32::from_be_bytes(*b"Wi2k");
    /// Cylinders, heads and sectors of 4 MB, as the format computes them.
    pub const GEOMETRY: u32 = 120 << 16 | 4 << 8 | 17;
    /// A fixed disk.
    pub const FIXED: u32 = 2;
}

/// Runtime state: numbers of the format.
pub mod storage {
    /// The signature of a header.
    pub const SIGNATURE: u32 = 0x0128_2014;
    /// The current version of the format, 4.0.
    pub const VERSION: u32 = 0x0400;
    /// The first version whose object tables are checked as here.
    pub const OLDEST_VERSION: u32 = 0x0301;
    /// The second header's place.
    pub const SECOND_HEADER: u64 = 4096;
    /// The first object table's place.
    pub const ROOT_TABLE: u64 = 8192;
    /// Objects begin at multiples of this.
    pub const ALIGNMENT: usize = 4096;
    /// The signature of an object table.
    pub const OBJECT_TABLE: u32 = 0x0111_0001;
    /// The signature of a key table.
    pub const KEY_TABLE: u16 = 0x0002;
    /// The signature of the replay log.
    pub const REPLAY_LOG: u32 = 0x0111_0003;
    /// How many entries the replay log allows for (assumed; it must not be 0).
    pub const REPLAY_ENTRIES: u32 = 64;
    /// An object that cannot be done without.
    pub const REQUIRED: u8 = 1;
    /// The value lies in an object of its own.
    pub const POINTS_TO_OBJECT: u8 = 1;
    /// Values of so many bytes do.
    pub const LONG_VALUE: usize = 2048;

    /// What an object is.
    pub mod object {
        /// Nothing.
        pub const EMPTY: u8 = 0;
        /// One more object table.
        pub const OBJECT_TABLE: u8 = 1;
        /// A key table.
        pub const KEY_TABLE: u8 = 2;
        /// A long value.
        pub const FILE: u8 = 3;
        /// Given up.
        pub const FREE: u8 = 4;
    }

    /// What a key's value is.
    pub mod key {
        /// None: the room is free.
        pub const FREE: u8 = 1;
        /// A whole number with a sign.
        pub const INTEGER: u8 = 3;
        /// A whole number without.
        pub const UNSIGNED: u8 = 4;
        /// A floating-point number.
        pub const DOUBLE: u8 = 5;
        /// UTF-16.
        pub const STRING: u8 = 6;
        /// Bytes.
        pub const ARRAY: u8 = 7;
        /// True or false.
        pub const BOOLEAN: u8 = 8;
        /// More keys.
        pub const NODE: u8 = 9;
    }
}

/// A saved state: the keys in its runtime state.
pub mod saved {
    /// The machine's version, also in [`PROPERTIES_VERSION`].
    pub const VM_VERSION: &str = "/savedstate/VmVersion";
    /// The machine's version once more.
    pub const PROPERTIES_VERSION: &str = "/configuration/properties/version";
    /// What kind of saved state it is.
    pub const TYPE: &str = "/savedstate/type";
    /// The processors and devices.
    pub const PARTITION: &str = "/savedstate/savedVM/partition_state";
    /// How the first piece of memory lies.
    pub const MEMORY_BLOCK: &str = "/savedstate/RamMemoryBlock0";
    /// The version that is written, 10.0 (assumed: which one a build writes is not recorded).
    pub const VERSION: i64 = 0x0A00;
    /// The newest version that is read, 12.3.
    pub const NEWEST: i64 = 0x0C03;
    /// The value of [`TYPE`].
    pub const NORMAL: &str = "Normal";
    /// The layout version of a piece of memory's description.
    pub const MEMORY_VERSION: u32 = 3;
    /// The bytes of that description.
    pub const MEMORY_SIZE: usize = 48;
    /// The extended processor features that a machine of the simulated host needs.
    pub const XSAVE_FEATURES: &[&str] = &["Xsave", "Avx", "Avx2"];
    /// The bytes that the processor flushes from its cache at a time.
    pub const CACHE_LINE: u64 = 64;
    /// The bits of its physical addresses.
    pub const PHYSICAL_BITS: u64 = 46;
    /// Whether threads of other machines may share its cores.
    pub const CORE_SHARING: &str = "Unreported";
}

closed! {
    /// What a reader finds wrong with a state file.
    pub enum Damage, Damages {
        /// It is shorter than any such file is.
        Short,
        /// Guest state without the footer of a fixed disk.
        NoFooter,
        /// Guest state whose footer is damaged.
        BadFooter,
        /// Both headers are zeros: a file that was never made.
        Blank,
        /// No header begins as one.
        NoSignature,
        /// Guest state of the first version.
        FirstVersion,
        /// A newer version than the reader's.
        NewerVersion,
        /// An older version than the reader's.
        OlderVersion,
        /// Neither header is sound.
        BadHeaders,
        /// Both headers are sound, and neither follows the other.
        SplitHeaders,
        /// A table is damaged.
        BadTable,
        /// The replay log is missing or damaged.
        BadLog,
        /// A key is damaged.
        BadKey,
        /// A value is damaged.
        BadValue,
        /// There is no saved state in it.
        NoState,
        /// It is encrypted.
        Encrypted,
    }
}

/// What a kind of damage is to a call.
#[derive(Debug)]
pub struct DamageRow {
    /// The damage.
    pub damage: Damage,
    /// What the file stage takes it for.
    pub fault: FileFault,
    /// In words.
    pub about: &'static str,
}

const fn damage(damage: Damage, fault: FileFault, about: &'static str) -> DamageRow {
    DamageRow { damage, fault, about }
}

/// Every kind of damage. What a call takes it for is assumed: no damaged file was ever shown to a real host on record.
pub const DAMAGES: [DamageRow; Damage::COUNT] = [
    damage(Damage::Short, FileFault::Foreign, "the file is too short"),
    damage(Damage::NoFooter, FileFault::Foreign, "the file does not end as a fixed disk does"),
    damage(Damage::BadFooter, FileFault::Torn, "the disk's footer is damaged"),
    damage(Damage::Blank, FileFault::Foreign, "both headers are blank"),
    damage(Damage::NoSignature, FileFault::Foreign, "no header has the signature"),
    damage(Damage::FirstVersion, FileFault::Foreign, "the file is of the first version"),
    damage(Damage::NewerVersion, FileFault::Newer, "the file is of a newer version"),
    damage(Damage::OlderVersion, FileFault::Foreign, "the file is of an older version"),
    damage(Damage::BadHeaders, FileFault::Torn, "both headers are damaged"),
    damage(Damage::SplitHeaders, FileFault::Torn, "neither header follows the other"),
    damage(Damage::BadTable, FileFault::Torn, "a table is damaged"),
    damage(Damage::BadLog, FileFault::Torn, "the replay log is damaged"),
    damage(Damage::BadKey, FileFault::Torn, "a key is damaged"),
    damage(Damage::BadValue, FileFault::Torn, "a value is damaged"),
    damage(Damage::NoState, FileFault::Stateless, "the file holds no saved state"),
    damage(Damage::Encrypted, FileFault::Foreign, "the file is encrypted"),
];

/// The row of a kind of damage.
pub const fn row(damage: Damage) -> &'static DamageRow {
    let row = &DAMAGES[damage as usize];
    assert!(row.damage as u8 == damage as u8, "the rows stand in another order than the kinds of damage");
    row
}

// Every kind of damage has its row: checked while compiling.
const _: () = {
    let mut at = 0;
    while at < Damage::COUNT {
        row(Damage::ALL[at]);
        at += 1;
    }
};

/// What is assumed of the files that the service makes.
pub const ASSUMED: &[(&str, &[Source])] = &[
    (
        "state-file.guest-size",
        &[client("OpenVMM: every known maker's image has 4 MB"), assumed("the size: 4 MB and a footer")],
    ),
    ("state-file.guest-maker", &[assumed("the footer's maker, system, time and id")]),
    ("state-file.runtime-empty", &[assumed("an empty one has headers, an object table, a key table and a replay log")]),
    (
        "state-file.saved",
        &[
            client("OpenVMM: the keys that a saved state has"),
            assumed("what lies in the machine's own part, and the version"),
        ],
    ),
    (
        "state-file.processor",
        &[
            documented("schema reference: VmProcessorRequirements"),
            assumed("the features: those of the simulated host"),
        ],
    ),
    ("state-file.codes", &[assumed("what calls take each kind of damage for")]),
];
