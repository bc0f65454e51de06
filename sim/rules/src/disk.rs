//! Virtual disks: the calls of `virtdisk.dll`, what its headers name, the layout of disks' files, and what is wrong with one.
//!
//! | file | what it says |
//! |---|---|
//! | `path` | what the host's file system says to a call that makes or opens a disk |
//! | `fault` | what stands in the way of a call on a disk |
//! | [`attachment`] | what stands against a machine's disk |
//! | `fact` | flags, sizes, and what disks become on the host |
//! | [`vhdx`] | how a disk lies in a file |
//!
//! The writer and the reader of the files are in `hcs_machine::disk`.

pub mod attachment;
mod fact;
mod fault;
mod path;
pub mod vhdx;

pub use fact::*;
pub use fault::{DiskFault, DiskFaults, DiskRow, ROWS, faults, rule};
pub use path::{PathRow, ROWS as PATH_ROWS, rule as path_rule};

use crate::closed::closed;
use crate::vocabulary::{Call, Calls};

/// The calls on disks.
pub const ON_DISKS: Calls = Calls::of(&[
    Call::CreateVirtualDisk,
    Call::OpenVirtualDisk,
    Call::AttachVirtualDisk,
    Call::DetachVirtualDisk,
    Call::ResizeVirtualDisk,
    Call::MergeVirtualDisk,
    Call::GetVirtualDiskInformation,
    Call::SetVirtualDiskInformation,
    Call::GetVirtualDiskPhysicalPath,
    Call::CreateFile,
    Call::CloseHandle,
]);

/// `VIRTUAL_STORAGE_TYPE_DEVICE_*`
pub mod device {
    /// It is to be found out from the file.
    pub const UNKNOWN: u32 = 0;
    /// `.iso`
    pub const ISO: u32 = 1;
    /// `.vhd`
    pub const VHD: u32 = 2;
    /// `.vhdx`
    pub const VHDX: u32 = 3;
    /// `.vhds`
    pub const VHDSET: u32 = 4;
}

/// `VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT`
pub const VENDOR_MICROSOFT: u128 = 0xec98_4aec_a0f9_47e9_901f_7141_5a66_345b;

closed! {
    /// `GET_VIRTUAL_DISK_INFO_VERSION`: what can be asked about a disk. The state of change tracking is left out.
    pub enum DiskClass, DiskClasses {
        /// 1: its sizes.
        Size,
        /// 2: its identifier.
        Identifier,
        /// 3: where its parent is.
        ParentLocation,
        /// 4: the identifier of its parent.
        ParentIdentifier,
        /// 5: when its parent was changed last.
        ParentTimestamp,
        /// 6: its format.
        VirtualStorageType,
        /// 7: whether it is fixed, dynamic or differencing.
        ProviderSubtype,
        /// 8: whether it is aligned at 4 KiB.
        Is4kAligned,
        /// 9: what the disk is to the host.
        PhysicalDisk,
        /// 10: its physical sector.
        PhysicalSectorSize,
        /// 11: how small it may become.
        SmallestSafeVirtualSize,
        /// 12: how scattered its blocks are.
        Fragmentation,
        /// 13: whether it is attached.
        IsLoaded,
        /// 14: the identifier that says which disk's content it is.
        VirtualDiskId,
    }
}

impl DiskClass {
    /// The ABI value (`virtdisk.h`).
    pub const fn value(self) -> u32 {
        self as u32 + 1
    }

    /// The class of this value.
    pub fn of_value(value: u32) -> Option<DiskClass> {
        DiskClass::ALL.iter().copied().find(|class| class.value() == value)
    }
}

closed! {
    /// What a reader finds wrong with the file of a virtual disk.
    pub enum Damage, Damages {
        /// It is shorter than any such file is.
        Short,
        /// It does not begin, or end, as a virtual disk does.
        NoSignature,
        /// Neither header is sound.
        BadHeaders,
        /// The headers say a version that is not known.
        NewerVersion,
        /// Changes stand in the log that were never carried out. Replaying them is not modelled.
        LogPending,
        /// Neither table of regions is sound.
        BadRegions,
        /// A region that must be known is not.
        UnknownRegion,
        /// The table of metadata is damaged.
        BadMetadata,
        /// An item of metadata that must be known is not.
        UnknownItem,
        /// An item of metadata that must be there is not, or is damaged.
        BadItem,
        /// The locator of the parent is damaged.
        BadLocator,
        /// The block allocation table is damaged.
        BadTable,
        /// The footer of a disk of the first kind is damaged.
        BadFooter,
        /// A disk of the first kind that is not fixed: not modelled.
        NotFixed,
    }
}
