//! What the headers of virtual disks name, what handles may do, and what a disk becomes on the host.

use crate::access::Rights;
use crate::build::Build;
use crate::build::Build::{B17763, B18362, B26200};
use crate::disk::{Damage, DiskFault};
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::vocabulary::Call;

/// `VIRTUAL_DISK_ACCESS_*`, for parameters of version 1.
pub mod access {
    /// To attach it to be read.
    pub const ATTACH_READ_ONLY: u32 = 0x0001_0000;
    /// To attach it.
    pub const ATTACH: u32 = 0x0002_0000;
    /// To detach it.
    pub const DETACH: u32 = 0x0004_0000;
    /// To ask about it.
    pub const INFORMATION: u32 = 0x0008_0000;
    /// To make it.
    pub const CREATE: u32 = 0x0010_0000;
    /// To change what it says of itself.
    pub const CHANGE: u32 = 0x0020_0000;
    /// All of them.
    pub const ALL: u32 = 0x003F_0000;
}

/// `CREATE_VIRTUAL_DISK_FLAG_*`
pub mod create {
    /// Every block is in the file from the beginning.
    pub const FIXED: u32 = 1;
    /// All of them.
    pub const ALL: u32 = 0x7FF;
}

/// `OPEN_VIRTUAL_DISK_FLAG_*`
pub mod open {
    /// Parents are not looked at.
    pub const NO_PARENTS: u32 = 1;
    /// The file is taken for an empty one: not modelled.
    pub const BLANK_FILE: u32 = 2;
    /// Parents are not looked for beside the child.
    pub const IGNORE_RELATIVE: u32 = 0x80;
    /// All of them.
    pub const ALL: u32 = 0xFFF;
}

/// `ATTACH_VIRTUAL_DISK_FLAG_*`
pub mod attach {
    /// To be read.
    pub const READ_ONLY: u32 = 1;
    /// No letter is given.
    pub const NO_DRIVE_LETTER: u32 = 2;
    /// The disk stays when the last handle is closed.
    pub const PERMANENT_LIFETIME: u32 = 4;
    /// All of them.
    pub const ALL: u32 = 0x7FF;
}

/// `RESIZE_VIRTUAL_DISK_FLAG_*`
pub mod resize {
    /// Whatever is lost.
    pub const UNSAFE: u32 = 1;
    /// As small as it can be.
    pub const SMALLEST: u32 = 2;
    /// All of them.
    pub const ALL: u32 = 3;
}

/// The provider's subtypes.
pub mod subtype {
    /// Every block is in the file from the beginning.
    pub const FIXED: u32 = 2;
    /// Blocks are in the file when they are written.
    pub const DYNAMIC: u32 = 3;
    /// The same, and the others are the parent's.
    pub const DIFFERENCING: u32 = 4;
}

/// The smallest disk, in bytes.
pub const LEAST_SIZE: u64 = 3 << 20;
/// The block of a disk that is told none.
pub const USUAL_BLOCK: u32 = 32 << 20;
/// The block of a differencing disk that is told none.
pub const USUAL_CHILD_BLOCK: u32 = 2 << 20;
/// The sector of a disk that is told none.
pub const USUAL_SECTOR: u32 = 512;
/// The sector of the simulated hardware, of a disk that is told none.
pub const USUAL_PHYSICAL_SECTOR: u32 = 4096;
/// A fixed disk has at most so many blocks here.
pub const MOST_FIXED_BLOCKS: u64 = 1 << 18;
/// At most so many ancestors of a disk are followed.
pub const MOST_ANCESTORS: usize = 64;
/// The bytes of a disk that its only partition does not have.
pub const PARTITIONED: u64 = 2 << 20;
/// The number of the first disk that is attached: the system's own is 0.
pub const FIRST_NUMBER: u32 = 1;
/// The namespace of the ids that disks and their volumes get.
pub const NAMESPACE: u128 = 0x1f6c_92ab_54d8_4a0c_9c4e_8a3b_0d7e_6f25;

/// What a handle is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandleKind {
    /// The virtual disk: its file.
    Virtual,
    /// The physical disk that it is while it is attached.
    Physical,
}

/// The handle that `HcsFormatWritableLayerVhd` wants (`disk.format-wants`).
pub fn format_wants(build: Build) -> HandleKind {
    if build < B18362 { HandleKind::Physical } else { HandleKind::Virtual }
}

/// Whether an attached disk's volume appears (`disk.volume`).
pub const fn gives_volume(rights: Rights) -> bool {
    matches!(rights, Rights::Administrator)
}

/// What a handle must have been opened with, for parameters of version 1.
pub const fn needs(call: Call) -> u32 {
    match call {
        Call::AttachVirtualDisk | Call::FormatWritableLayerVhd => access::ATTACH,
        Call::DetachVirtualDisk => access::DETACH,
        Call::GetVirtualDiskInformation | Call::GetVirtualDiskPhysicalPath => access::INFORMATION,
        Call::ResizeVirtualDisk | Call::MergeVirtualDisk | Call::SetVirtualDiskInformation => access::CHANGE,
        _ => 0,
    }
}

/// Whether a handle that was opened to be read, with parameters of version 2, is enough for a call.
pub const fn reads(call: Call) -> bool {
    matches!(call, Call::DetachVirtualDisk | Call::GetVirtualDiskInformation | Call::GetVirtualDiskPhysicalPath)
}

/// What a call takes a kind of damage for.
pub const fn fault(damage: Damage) -> DiskFault {
    match damage {
        Damage::NoSignature => DiskFault::NotDisk,
        Damage::NewerVersion => DiskFault::Newer,
        Damage::LogPending | Damage::NotFixed => DiskFault::Unmodelled,
        Damage::Short
        | Damage::BadHeaders
        | Damage::BadRegions
        | Damage::UnknownRegion
        | Damage::BadMetadata
        | Damage::UnknownItem
        | Damage::BadItem
        | Damage::BadLocator
        | Damage::BadTable
        | Damage::BadFooter => DiskFault::Damaged,
    }
}

/// The facts that no row of the stage says.
pub const FACTS: &[(&str, &[Source])] = &[
    (
        "disk.format-wants",
        &[
            observed("hcsshim issue 1375: a handle of the virtual disk is an incorrect function", &[B17763]),
            client("hcsshim opens the physical disk before 19H1, and gives the virtual one since"),
        ],
    ),
    (
        "disk.volume",
        &[observed("hcsctl: attached by a filtered token, no volume comes, and the mount path is empty", &[B26200])],
    ),
    (
        "disk.lifetime",
        &[
            documented(
                "DetachVirtualDisk: without PERMANENT_LIFETIME the last handle that is closed detaches the disk",
            ),
            client("go-winio issue 329: attached without it, the disk is gone with the handle"),
        ],
    ),
    (
        "disk.number",
        &[documented("GetVirtualDiskPhysicalPath: \\\\.\\PhysicalDriveX"), assumed("the lowest number that is free")],
    ),
    ("disk.letter", &[assumed("no letter is given to a volume of an attached disk, whether one is asked for or not")]),
    (
        "disk.volume-id",
        &[assumed(
            "copies of a disk hold one volume: the copy that is attached beside another gets a volume id of its own",
        )],
    ),
    (
        "disk.locator",
        &[
            observed("hcsctl: the locator of blank.vhdx holds the absolute path of blank-base.vhdx", &[B26200]),
            documented("MS-VHDX: relative, volume and absolute path, in this order"),
            assumed("no relative path is written, one by the volume's id is"),
        ],
    ),
    (
        "disk.written",
        &[
            documented("MS-VHDX: the data write id changes with the content"),
            assumed("an attached disk whose volume comes up, and is not attached to be read, is written at once"),
        ],
    ),
    (
        "disk.fork",
        &[
            documented("MS-VHDX: a child takes the metadata of the disk from its parent: size, id, sectors"),
            assumed("the identifier that is asked for and set is the disk's id"),
        ],
    ),
    (
        "disk.block",
        &[documented("CREATE_VIRTUAL_DISK_PARAMETERS: the default block"), assumed("32 MB, and 2 MB of a child")],
    ),
    (
        "disk.partition",
        &[
            documented("HcsFormatWritableLayerVhd: a partition, formatted"),
            assumed("one megabyte before it and one behind; NTFS"),
        ],
    ),
    (
        "disk.content",
        &[assumed("partition table and file system are kept beside the file's bytes, and travel with the file")],
    ),
    ("disk.fixed-limit", &[assumed("a fixed disk of more blocks than 262,144 is not modelled")]),
];
