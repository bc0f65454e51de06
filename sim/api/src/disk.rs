//! The calls on virtual disks: the exports of `virtdisk.dll` that clients of layers use, and what `kernel32.dll` has for
//! them.
//!
//! The results are Win32 codes as `HRESULT_FROM_WIN32` makes them; success is `S_OK`.

mod owned;

use std::sync::Arc;

use hcs_rules::disk::{DiskClass, VENDOR_MICROSOFT, device};
use hcs_rules::hresult::Hresult;

use crate::hcs::{Outcome, Text};

pub use owned::{Attach, Attached, VirtualDisk};

/// The `HANDLE` of a virtual or physical disk, which may be stale, foreign or NULL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskHandle(pub u64);

impl DiskHandle {
    /// No handle.
    pub const NULL: DiskHandle = DiskHandle(0);

    /// Whether it is no handle.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Debug for DiskHandle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "DiskHandle({:#x})", self.0)
    }
}

/// `VIRTUAL_STORAGE_TYPE`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageType {
    /// `DeviceId`: the format, as in [`hcs_rules::disk::device`].
    pub device: u32,
    /// `VendorId`, a GUID as `GUID::from_u128` takes it.
    pub vendor: u128,
}

impl StorageType {
    /// Microsoft's VHDX.
    pub const VHDX: StorageType = StorageType { device: device::VHDX, vendor: VENDOR_MICROSOFT };
}

/// `CREATE_VIRTUAL_DISK_PARAMETERS` of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateDisk<'a> {
    /// `UniqueId`, a GUID; 0 is one that the host draws.
    pub id: u128,
    /// `MaximumSize`, in bytes.
    pub size: u64,
    /// `BlockSizeInBytes`; 0 is the usual one.
    pub block: u32,
    /// `SectorSizeInBytes`; 0 is the usual one.
    pub sector: u32,
    /// `PhysicalSectorSizeInBytes`; 0 is the usual one.
    pub physical_sector: u32,
    /// `ParentPath`, of a differencing disk.
    pub parent: Text<'a>,
    /// `SourcePath`: the disk to copy.
    pub source: Text<'a>,
}

impl<'a> CreateDisk<'a> {
    /// A disk of so many bytes, with blocks of 1 MiB as the service's own clients make them.
    pub const fn of_size(size: u64) -> CreateDisk<'a> {
        let (parent, source) = (Text::Null, Text::Null);
        CreateDisk { id: 0, size, block: 1 << 20, sector: 0, physical_sector: 0, parent, source }
    }

    /// A differencing disk: what is not written to it is its parent's.
    pub const fn differencing(parent: &'a str) -> CreateDisk<'a> {
        CreateDisk { parent: Text::Some(parent), ..CreateDisk::of_size(0) }
    }
}

/// `OPEN_VIRTUAL_DISK_PARAMETERS`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenDisk {
    /// Version 1: how many disks of the chain are opened for writing.
    Depth(u32),
    /// Version 2.
    Second {
        /// `GetInfoOnly`
        information_only: bool,
        /// `ReadOnly`
        read_only: bool,
    },
}

/// `MERGE_VIRTUAL_DISK_PARAMETERS`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Version 1: the disk, and so many parents.
    Depth(u32),
    /// Version 2: from this depth into that one.
    Between(u32, u32),
}

/// `SET_VIRTUAL_DISK_INFO`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetInformation<'a> {
    /// Where the parent is.
    ParentPath(Text<'a>),
    /// The identifier, a GUID.
    Identifier(u128),
    /// Where the parent of a disk so deep in the chain is.
    ParentPathWithDepth(u32, Text<'a>),
    /// The physical sector, in bytes.
    PhysicalSectorSize(u32),
    /// Whose content it is, a GUID.
    VirtualDiskId(u128),
}

/// `GET_VIRTUAL_DISK_INFO`: what a disk tells of itself. Sizes are in bytes, identifiers are GUIDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskInformation {
    /// What the disk holds, what its file takes, its block and its sector.
    Size {
        /// `VirtualSize`
        virtual_size: u64,
        /// `PhysicalSize`
        physical_size: u64,
        /// `BlockSize`
        block: u32,
        /// `SectorSize`
        sector: u32,
    },
    /// `Identifier`
    Identifier(u128),
    /// Whether the parent was found, and where; where it was looked for if it was not.
    ParentLocation(bool, Vec<Arc<str>>),
    /// `ParentIdentifier`
    ParentIdentifier(u128),
    /// `ParentTimestamp`
    ParentTimestamp(u32),
    /// `VirtualStorageType`
    VirtualStorageType(StorageType),
    /// `ProviderSubtype`: 2 fixed, 3 dynamic, 4 differencing.
    ProviderSubtype(u32),
    /// `Is4kAligned`
    Is4kAligned(bool),
    /// Its logical and physical sector, and whether it is remote.
    PhysicalDisk(u32, u32, bool),
    /// `VhdPhysicalSectorSize`
    PhysicalSectorSize(u32),
    /// `SmallestSafeVirtualSize`
    SmallestSafeVirtualSize(u64),
    /// `FragmentationPercentage`
    Fragmentation(u32),
    /// `IsLoaded`
    IsLoaded(bool),
    /// `VirtualDiskId`
    VirtualDiskId(u128),
}

/// The virtual disk functions, simulated or real.
pub trait VirtualDisks: Send + Sync {
    /// `CreateVirtualDisk`; `access` is `VIRTUAL_DISK_ACCESS_MASK`, `flags` is `CREATE_VIRTUAL_DISK_FLAG`.
    fn create_virtual_disk(
        &self,
        storage: StorageType,
        path: Text<'_>,
        access: u32,
        flags: u32,
        parameters: &CreateDisk<'_>,
    ) -> (Hresult, DiskHandle);
    /// `OpenVirtualDisk`; `flags` is `OPEN_VIRTUAL_DISK_FLAG`.
    fn open_virtual_disk(
        &self,
        storage: StorageType,
        path: Text<'_>,
        access: u32,
        flags: u32,
        parameters: Option<OpenDisk>,
    ) -> (Hresult, DiskHandle);
    /// `AttachVirtualDisk`; `flags` is `ATTACH_VIRTUAL_DISK_FLAG`.
    fn attach_virtual_disk(&self, disk: DiskHandle, flags: u32) -> Hresult;
    /// `DetachVirtualDisk`; no flag is defined.
    fn detach_virtual_disk(&self, disk: DiskHandle, flags: u32) -> Hresult;
    /// `ResizeVirtualDisk`; `flags` is `RESIZE_VIRTUAL_DISK_FLAG`, the size is in bytes.
    fn resize_virtual_disk(&self, disk: DiskHandle, flags: u32, size: u64) -> Hresult;
    /// `MergeVirtualDisk`; no flag is defined.
    fn merge_virtual_disk(&self, disk: DiskHandle, flags: u32, merge: Merge) -> Hresult;
    /// `GetVirtualDiskInformation`.
    fn get_virtual_disk_information(&self, disk: DiskHandle, class: DiskClass) -> (Hresult, Option<DiskInformation>);
    /// `SetVirtualDiskInformation`.
    fn set_virtual_disk_information(&self, disk: DiskHandle, information: &SetInformation<'_>) -> Hresult;
    /// `GetVirtualDiskPhysicalPath`: `\\.\PhysicalDrive` and its number, as the document of the outcome.
    fn get_virtual_disk_physical_path(&self, disk: DiskHandle) -> Outcome;
    /// `CreateFileW` of a physical path; `access` is `GENERIC_READ` and the like. Windows Server 2019 formats a disk by such
    /// a handle.
    fn open_physical_disk(&self, path: Text<'_>, access: u32) -> (Hresult, DiskHandle);
    /// `CloseHandle`. A disk that was not attached for good is detached with its last handle.
    fn close_disk(&self, disk: DiskHandle) -> Hresult;
}
