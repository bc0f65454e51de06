//! VHDX: how a virtual disk lies in a file, field by field, as Microsoft's specification has it.
//!
//! A layout covers every byte of its structure once: checked while compiling.

use crate::evidence::{Source, documented};
use crate::state_file::{Field, Layout, Order, covers_once, field, layout};

const SPECIFICATION: &[Source] = &[documented("MS-VHDX: virtual hard disk v2 file format")];

layout! {
    /// The beginning of the file.
    identifier, "file type identifier", 520, Little, SPECIFICATION, {
        SIGNATURE "signature" 0 8;
        CREATOR "creator, UTF-16" 8 512;
    }
}

layout! {
    /// One of the two headers, sealed by CRC-32C.
    header, "disk header", 4096, Little, SPECIFICATION, {
        SIGNATURE "signature" 0 4;
        CHECKSUM "checksum" 4 4;
        SEQUENCE "sequence" 8 8;
        FILE_WRITE "file write id" 16 16;
        DATA_WRITE "data write id" 32 16;
        LOG "log id" 48 16;
        LOG_VERSION "log version" 64 2;
        VERSION "version" 66 2;
        LOG_LENGTH "log length" 68 4;
        LOG_OFFSET "log offset" 72 8;
        RESERVED "reserved" 80 4016;
    }
}

layout! {
    /// The beginning of a table of regions, sealed by CRC-32C over the whole table.
    region_table, "region table", 16, Little, SPECIFICATION, {
        SIGNATURE "signature" 0 4;
        CHECKSUM "checksum" 4 4;
        COUNT "number of entries" 8 4;
        RESERVED "reserved" 12 4;
    }
}

layout! {
    /// One region.
    region, "region table entry", 32, Little, SPECIFICATION, {
        ID "id" 0 16;
        OFFSET "offset" 16 8;
        LENGTH "length" 24 4;
        REQUIRED "required" 28 4;
    }
}

layout! {
    /// The beginning of the table of metadata.
    metadata_table, "metadata table", 32, Little, SPECIFICATION, {
        SIGNATURE "signature" 0 8;
        RESERVED "reserved" 8 2;
        COUNT "number of entries" 10 2;
        MORE_RESERVED "more reserved" 12 20;
    }
}

layout! {
    /// One item of metadata.
    metadata, "metadata table entry", 32, Little, SPECIFICATION, {
        ID "id" 0 16;
        OFFSET "offset in the region" 16 4;
        LENGTH "length" 20 4;
        FLAGS "flags" 24 4;
        RESERVED "reserved" 28 4;
    }
}

layout! {
    /// The item that every disk has.
    parameters, "file parameters", 8, Little, SPECIFICATION, {
        BLOCK_SIZE "block size" 0 4;
        FLAGS "flags" 4 4;
    }
}

layout! {
    /// The beginning of a parent locator.
    locator, "parent locator", 20, Little, SPECIFICATION, {
        TYPE "type" 0 16;
        RESERVED "reserved" 16 2;
        COUNT "number of entries" 18 2;
    }
}

layout! {
    /// One pair in a parent locator: where its key and its value lie, both UTF-16.
    locator_entry, "parent locator entry", 12, Little, SPECIFICATION, {
        KEY_OFFSET "key offset" 0 4;
        VALUE_OFFSET "value offset" 4 4;
        KEY_LENGTH "key length" 8 2;
        VALUE_LENGTH "value length" 10 2;
    }
}

/// Every structure.
pub const LAYOUTS: &[&Layout] = &[
    &identifier::LAYOUT,
    &header::LAYOUT,
    &region_table::LAYOUT,
    &region::LAYOUT,
    &metadata_table::LAYOUT,
    &metadata::LAYOUT,
    &parameters::LAYOUT,
    &locator::LAYOUT,
    &locator_entry::LAYOUT,
];

/// The signature of a file, as a number.
pub const FILE: u64 = u64::from_le_bytes(*b"vhdxfile");
/// The signature of a header.
pub const HEADER: u32 = u32::from_le_bytes(*b"head");
/// The signature of a table of regions.
pub const REGIONS: u32 = u32::from_le_bytes(*b"regi");
/// The signature of the table of metadata.
pub const METADATA: u64 = u64::from_le_bytes(*b"metadata");
/// What the simulator writes as the file's creator.
pub const CREATOR: &str = "hcs-sim";
/// The version of the format.
pub const VERSION: u32 = 1;
/// The version of the log.
pub const LOG_VERSION: u32 = 0;

/// Where the headers begin.
pub const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
/// Where the tables of regions begin.
pub const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];
/// The bytes of a table of regions, and of the table of metadata.
pub const TABLE: usize = 64 << 10;
/// A table of regions, or of metadata, has at most so many entries.
pub const ENTRIES: u32 = 2047;
/// Regions, the log and blocks lie at multiples of this, and never below it.
pub const ALIGNMENT: u64 = 1 << 20;

/// Where a new file has its log.
pub const LOG_OFFSET: u64 = ALIGNMENT;
/// How long it is there.
pub const LOG_LENGTH: u64 = ALIGNMENT;
/// Where a new file has its metadata.
pub const METADATA_OFFSET: u64 = 2 * ALIGNMENT;
/// How long they are there.
pub const METADATA_LENGTH: u64 = ALIGNMENT;
/// Where a new file has its block allocation table.
pub const TABLE_OFFSET: u64 = 3 * ALIGNMENT;

/// The ids of the format.
pub mod id {
    /// The region of the block allocation table.
    pub const TABLE: u128 = 0x2DC27766_F623_4200_9D64_115E9BFD4A08;
    /// The region of the metadata.
    pub const METADATA: u128 = 0x8B7CA206_4790_4B9A_B8FE_575F050F886E;
    /// The item of the file's parameters.
    pub const PARAMETERS: u128 = 0xCAA16737_FA36_4D43_B3B6_33F0AA44E76B;
    /// The item of the disk's size.
    pub const SIZE: u128 = 0x2FA54224_CD1B_4876_B211_5DBED83BF4B8;
    /// The item of the disk's id.
    pub const DISK: u128 = 0xBECA12AB_B2E6_4523_93EF_C309E000C746;
    /// The item of the logical sector's size.
    pub const LOGICAL_SECTOR: u128 = 0x8141BF1D_A96F_4709_BA47_F233A8FAAB5F;
    /// The item of the physical sector's size.
    pub const PHYSICAL_SECTOR: u128 = 0xCDA348C7_445D_4471_9CC9_E9885251C556;
    /// The item of the parent locator.
    pub const LOCATOR: u128 = 0xA8D35F2D_B30B_454D_ABF7_D3D84834AB0C;
    /// The only type of locator.
    pub const LOCATOR_TYPE: u128 = 0xB04AEFB7_D19E_4A81_B789_25B8E9445913;
}

/// The flags of an item of metadata.
pub mod flag {
    /// It is the user's.
    pub const USER: u32 = 1;
    /// It is the virtual disk's, not the file's.
    pub const DISK: u32 = 2;
    /// Whoever does not know it refuses the file.
    pub const REQUIRED: u32 = 4;
    /// Of the file's parameters: blocks stay allocated, as in a fixed disk.
    pub const LEAVE_ALLOCATED: u32 = 1;
    /// Of the file's parameters: the disk has a parent.
    pub const HAS_PARENT: u32 = 2;
}

/// The keys of a parent locator.
pub mod key {
    /// The data write id of the parent, in braces.
    pub const LINKAGE: &str = "parent_linkage";
    /// One more that is accepted.
    pub const SECOND_LINKAGE: &str = "parent_linkage2";
    /// The parent's path, seen from the child's folder.
    pub const RELATIVE: &str = "relative_path";
    /// The parent's path, by its volume's id.
    pub const VOLUME: &str = "volume_path";
    /// The parent's path, by its volume's letter.
    pub const ABSOLUTE: &str = "absolute_win32_path";
}

/// The states of a block.
pub mod block {
    /// It is nowhere: zeros, or the parent's.
    pub const NOT_PRESENT: u64 = 0;
    /// Its content is not defined.
    pub const UNDEFINED: u64 = 1;
    /// Zeros.
    pub const ZERO: u64 = 2;
    /// Given back.
    pub const UNMAPPED: u64 = 3;
    /// All of it is in the file.
    pub const PRESENT: u64 = 6;
    /// Some of it is; a bitmap says which.
    pub const PARTLY_PRESENT: u64 = 7;
    /// The bits of the state.
    pub const STATE: u64 = 7;
    /// The bits that are zeros.
    pub const RESERVED: u64 = 0xF_FFF8;
    /// By how many bits the offset, in megabytes, is shifted.
    pub const OFFSET: u32 = 20;
}

/// The smallest block.
pub const LEAST_BLOCK: u32 = 1 << 20;
/// The largest block.
pub const MOST_BLOCK: u32 = 256 << 20;
/// The largest disk.
pub const MOST_SIZE: u64 = 64 << 40;
/// The sizes that a sector can have.
pub const SECTORS: [u32; 2] = [512, 4096];
/// The sectors that one block of the bitmap is about.
pub const BITMAP_SECTORS: u64 = 1 << 23;
/// A locator's text has at most so many bytes of UTF-16, a path's longest.
pub const LOCATOR_TEXT: usize = 2 * crate::file::LONG_PATH_LIMIT;
/// A locator has at most so many pairs here; the format knows five.
pub const LOCATOR_ENTRIES: u32 = 64;
