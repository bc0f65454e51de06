//! The calls on disks: the exports of `virtdisk.dll` that HCS clients use, and what `kernel32.dll` has for them.

use std::sync::Arc;

use hcs_rules::vocabulary::Call;
use uuid::Uuid;

use super::Text;
use crate::handle::Handle;

/// `VIRTUAL_STORAGE_TYPE`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageType {
    /// `DeviceId`: the format, as in [`hcs_rules::disk::device`].
    pub device: u32,
    /// `VendorId`
    pub vendor: Uuid,
}

/// `CREATE_VIRTUAL_DISK_PARAMETERS` of the versions 1 and 2. What a version does not have is 0 or NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateDisk {
    /// `Version`
    pub version: u32,
    /// `UniqueId`; nil is one that the host draws.
    pub id: Uuid,
    /// `MaximumSize`, in bytes.
    pub size: u64,
    /// `BlockSizeInBytes`; 0 is the usual one.
    pub block: u32,
    /// `SectorSizeInBytes`; 0 is the usual one.
    pub sector: u32,
    /// `PhysicalSectorSizeInBytes`; 0 is the usual one.
    pub physical_sector: u32,
    /// `ParentPath`, of a differencing disk.
    pub parent: Text,
    /// `SourcePath`: the disk to copy.
    pub source: Text,
}

/// `OPEN_VIRTUAL_DISK_PARAMETERS`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenDisk {
    /// Version 1.
    First {
        /// `RWDepth`: how many disks of the chain are opened for writing.
        depth: u32,
    },
    /// Version 2.
    Second {
        /// `GetInfoOnly`
        information_only: bool,
        /// `ReadOnly`
        read_only: bool,
    },
    /// A version that the double does not know.
    Other(u32),
}

/// `MERGE_VIRTUAL_DISK_PARAMETERS`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Version 1: the disk, and so many parents.
    Depth(u32),
    /// Version 2: from this depth into that one.
    Between(u32, u32),
    /// A version that the double does not know.
    Other(u32),
}

/// `SET_VIRTUAL_DISK_INFO`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetInformation {
    /// 1: where the parent is.
    ParentPath(Text),
    /// 2: the identifier.
    Identifier(Uuid),
    /// 3: where the parent of a disk so deep in the chain is.
    ParentPathWithDepth(u32, Text),
    /// 4: the physical sector, in bytes.
    PhysicalSectorSize(u32),
    /// 5: whose content it is.
    VirtualDiskId(Uuid),
    /// Another version.
    Other(u32),
}

/// A call on disks, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of the exports, by their names")]
pub enum DiskRequest {
    CreateVirtualDisk {
        storage: Option<StorageType>,
        path: Text,
        access: u32,
        flags: u32,
        parameters: Option<CreateDisk>,
        out: bool,
    },
    OpenVirtualDisk {
        storage: Option<StorageType>,
        path: Text,
        access: u32,
        flags: u32,
        parameters: Option<OpenDisk>,
        out: bool,
    },
    AttachVirtualDisk {
        disk: Handle,
        flags: u32,
    },
    DetachVirtualDisk {
        disk: Handle,
        flags: u32,
    },
    ResizeVirtualDisk {
        disk: Handle,
        flags: u32,
        /// `NewSize`, in bytes.
        parameters: Option<u64>,
    },
    MergeVirtualDisk {
        disk: Handle,
        flags: u32,
        parameters: Option<Merge>,
    },
    GetVirtualDiskInformation {
        disk: Handle,
        /// `Version`; `None` is NULL for the structure.
        class: Option<u32>,
    },
    SetVirtualDiskInformation {
        disk: Handle,
        information: Option<SetInformation>,
    },
    GetVirtualDiskPhysicalPath {
        disk: Handle,
        out: bool,
    },
    /// `CreateFileW`: the handle of an attached disk by its physical path, which Windows Server 2019 wants for a format.
    CreateFile {
        path: Text,
        access: u32,
    },
    CloseHandle {
        disk: Handle,
    },
}

impl DiskRequest {
    /// The call.
    pub const fn call(&self) -> Call {
        match self {
            DiskRequest::CreateVirtualDisk { .. } => Call::CreateVirtualDisk,
            DiskRequest::OpenVirtualDisk { .. } => Call::OpenVirtualDisk,
            DiskRequest::AttachVirtualDisk { .. } => Call::AttachVirtualDisk,
            DiskRequest::DetachVirtualDisk { .. } => Call::DetachVirtualDisk,
            DiskRequest::ResizeVirtualDisk { .. } => Call::ResizeVirtualDisk,
            DiskRequest::MergeVirtualDisk { .. } => Call::MergeVirtualDisk,
            DiskRequest::GetVirtualDiskInformation { .. } => Call::GetVirtualDiskInformation,
            DiskRequest::SetVirtualDiskInformation { .. } => Call::SetVirtualDiskInformation,
            DiskRequest::GetVirtualDiskPhysicalPath { .. } => Call::GetVirtualDiskPhysicalPath,
            DiskRequest::CreateFile { .. } => Call::CreateFile,
            DiskRequest::CloseHandle { .. } => Call::CloseHandle,
        }
    }

    /// The path, where there is such a parameter.
    pub const fn path(&self) -> Option<&Text> {
        match self {
            DiskRequest::CreateVirtualDisk { path, .. }
            | DiskRequest::OpenVirtualDisk { path, .. }
            | DiskRequest::CreateFile { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The disk that the call takes.
    pub const fn disk(&self) -> Option<Handle> {
        match self {
            DiskRequest::AttachVirtualDisk { disk, .. }
            | DiskRequest::DetachVirtualDisk { disk, .. }
            | DiskRequest::ResizeVirtualDisk { disk, .. }
            | DiskRequest::MergeVirtualDisk { disk, .. }
            | DiskRequest::GetVirtualDiskInformation { disk, .. }
            | DiskRequest::SetVirtualDiskInformation { disk, .. }
            | DiskRequest::GetVirtualDiskPhysicalPath { disk, .. }
            | DiskRequest::CloseHandle { disk } => Some(*disk),
            DiskRequest::CreateVirtualDisk { .. }
            | DiskRequest::OpenVirtualDisk { .. }
            | DiskRequest::CreateFile { .. } => None,
        }
    }
}

/// `GET_VIRTUAL_DISK_INFO`: what a disk tells of itself. Sizes are in bytes.
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
    Identifier(Uuid),
    /// Whether the parent was found, and where; where it was looked for if it was not.
    ParentLocation(bool, Vec<Arc<str>>),
    /// `ParentIdentifier`
    ParentIdentifier(Uuid),
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
    VirtualDiskId(Uuid),
}
