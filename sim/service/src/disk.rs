//! A client's calls on virtual disks.

use std::panic::Location;

use hcs_api::disk::{CreateDisk, Merge, OpenDisk, SetInformation, StorageType};
use hcs_api::{DiskHandle, DiskInformation, Outcome, Text, VirtualDisks};
use hcs_machine::effect::Reply;
use hcs_machine::handle::Handle;
use hcs_machine::input::{DiskRequest, Request, disk};
use hcs_rules::disk::DiskClass;
use hcs_rules::hresult::Hresult;
use uuid::Uuid;

use crate::client::{Client, owned};

impl Client {
    /// A call that gives a handle of a disk.
    fn opened(&self, request: DiskRequest, place: &'static Location<'static>) -> (Hresult, DiskHandle) {
        let request = Request::Disk(Box::new(request));
        match self.call(request, |core, reply| self.open_page(core, reply, place, None)) {
            Reply::Handle(code, handle) => (code, DiskHandle(handle.0)),
            Reply::Outcome(code, _) => (code, DiskHandle::NULL),
            _ => (Hresult::E_UNEXPECTED, DiskHandle::NULL),
        }
    }

    fn disk(&self, request: DiskRequest) -> Hresult {
        self.code(Request::Disk(Box::new(request)))
    }

    /// A call on disks with everything that a caller in C can leave out, or get wrong.
    #[track_caller]
    pub fn raw_disk_call(&self, request: DiskRequest) -> Reply {
        let place = Location::caller();
        let closed = if let DiskRequest::CloseHandle { disk } = &request { Some(*disk) } else { None };
        self.call(Request::Disk(Box::new(request)), |core, reply| match (closed, reply) {
            (Some(handle), Reply::Outcome(Hresult::S_OK, _)) => drop(core.book.close(handle)),
            _ => self.open_page(core, reply, place, None),
        })
    }
}

const fn storage_type(storage: StorageType) -> disk::StorageType {
    disk::StorageType { device: storage.device, vendor: Uuid::from_u128(storage.vendor) }
}

impl VirtualDisks for Client {
    #[track_caller]
    fn create_virtual_disk(
        &self,
        storage: StorageType,
        path: Text<'_>,
        access: u32,
        flags: u32,
        parameters: &CreateDisk<'_>,
    ) -> (Hresult, DiskHandle) {
        let place = Location::caller();
        let CreateDisk { id, size, block, sector, physical_sector, parent, source } = *parameters;
        let parameters = disk::CreateDisk {
            version: 2,
            id: Uuid::from_u128(id),
            size,
            block,
            sector,
            physical_sector,
            parent: owned(parent),
            source: owned(source),
        };
        let (storage, parameters) = (Some(storage_type(storage)), Some(parameters));
        let request =
            DiskRequest::CreateVirtualDisk { storage, path: owned(path), access, flags, parameters, out: true };
        self.opened(request, place)
    }

    #[track_caller]
    fn open_virtual_disk(
        &self,
        storage: StorageType,
        path: Text<'_>,
        access: u32,
        flags: u32,
        parameters: Option<OpenDisk>,
    ) -> (Hresult, DiskHandle) {
        let place = Location::caller();
        let parameters = parameters.map(|parameters| match parameters {
            OpenDisk::Depth(depth) => disk::OpenDisk::First { depth },
            OpenDisk::Second { information_only, read_only } => disk::OpenDisk::Second { information_only, read_only },
        });
        let storage = Some(storage_type(storage));
        let request = DiskRequest::OpenVirtualDisk { storage, path: owned(path), access, flags, parameters, out: true };
        self.opened(request, place)
    }

    fn attach_virtual_disk(&self, disk: DiskHandle, flags: u32) -> Hresult {
        self.disk(DiskRequest::AttachVirtualDisk { disk: Handle(disk.0), flags })
    }

    fn detach_virtual_disk(&self, disk: DiskHandle, flags: u32) -> Hresult {
        self.disk(DiskRequest::DetachVirtualDisk { disk: Handle(disk.0), flags })
    }

    fn resize_virtual_disk(&self, disk: DiskHandle, flags: u32, size: u64) -> Hresult {
        self.disk(DiskRequest::ResizeVirtualDisk { disk: Handle(disk.0), flags, parameters: Some(size) })
    }

    fn merge_virtual_disk(&self, disk: DiskHandle, flags: u32, merge: Merge) -> Hresult {
        let merge = match merge {
            Merge::Depth(depth) => disk::Merge::Depth(depth),
            Merge::Between(from, to) => disk::Merge::Between(from, to),
        };
        self.disk(DiskRequest::MergeVirtualDisk { disk: Handle(disk.0), flags, parameters: Some(merge) })
    }

    fn get_virtual_disk_information(&self, disk: DiskHandle, class: DiskClass) -> (Hresult, Option<DiskInformation>) {
        let class = Some(class.value());
        let request = DiskRequest::GetVirtualDiskInformation { disk: Handle(disk.0), class };
        match self.plain(Request::Disk(Box::new(request))) {
            Reply::Disk(code, information) => (code, information.map(|information| told(*information))),
            Reply::Outcome(code, _) => (code, None),
            _ => (Hresult::E_UNEXPECTED, None),
        }
    }

    fn set_virtual_disk_information(&self, disk: DiskHandle, information: &SetInformation<'_>) -> Hresult {
        let information = match *information {
            SetInformation::ParentPath(path) => disk::SetInformation::ParentPath(owned(path)),
            SetInformation::Identifier(id) => disk::SetInformation::Identifier(Uuid::from_u128(id)),
            SetInformation::ParentPathWithDepth(depth, path) => {
                disk::SetInformation::ParentPathWithDepth(depth, owned(path))
            }
            SetInformation::PhysicalSectorSize(size) => disk::SetInformation::PhysicalSectorSize(size),
            SetInformation::VirtualDiskId(id) => disk::SetInformation::VirtualDiskId(Uuid::from_u128(id)),
        };
        self.disk(DiskRequest::SetVirtualDiskInformation { disk: Handle(disk.0), information: Some(information) })
    }

    fn get_virtual_disk_physical_path(&self, disk: DiskHandle) -> Outcome {
        self.outcome(Request::Disk(Box::new(DiskRequest::GetVirtualDiskPhysicalPath {
            disk: Handle(disk.0),
            out: true,
        })))
    }

    #[track_caller]
    fn open_physical_disk(&self, path: Text<'_>, access: u32) -> (Hresult, DiskHandle) {
        self.opened(DiskRequest::CreateFile { path: owned(path), access }, Location::caller())
    }

    fn close_disk(&self, disk: DiskHandle) -> Hresult {
        match self.raw_disk_call(DiskRequest::CloseHandle { disk: Handle(disk.0) }) {
            Reply::Outcome(code, _) => code,
            _ => Hresult::E_UNEXPECTED,
        }
    }
}

/// What a disk tells of itself, as clients have it.
fn told(information: disk::DiskInformation) -> DiskInformation {
    use disk::DiskInformation as Of;
    match information {
        Of::Size { virtual_size, physical_size, block, sector } => {
            DiskInformation::Size { virtual_size, physical_size, block, sector }
        }
        Of::Identifier(id) => DiskInformation::Identifier(id.as_u128()),
        Of::ParentLocation(found, paths) => DiskInformation::ParentLocation(found, paths),
        Of::ParentIdentifier(id) => DiskInformation::ParentIdentifier(id.as_u128()),
        Of::ParentTimestamp(time) => DiskInformation::ParentTimestamp(time),
        Of::VirtualStorageType(disk::StorageType { device, vendor }) => {
            DiskInformation::VirtualStorageType(StorageType { device, vendor: vendor.as_u128() })
        }
        Of::ProviderSubtype(kind) => DiskInformation::ProviderSubtype(kind),
        Of::Is4kAligned(aligned) => DiskInformation::Is4kAligned(aligned),
        Of::PhysicalDisk(logical, physical, remote) => DiskInformation::PhysicalDisk(logical, physical, remote),
        Of::PhysicalSectorSize(size) => DiskInformation::PhysicalSectorSize(size),
        Of::SmallestSafeVirtualSize(size) => DiskInformation::SmallestSafeVirtualSize(size),
        Of::Fragmentation(share) => DiskInformation::Fragmentation(share),
        Of::IsLoaded(loaded) => DiskInformation::IsLoaded(loaded),
        Of::VirtualDiskId(id) => DiskInformation::VirtualDiskId(id.as_u128()),
    }
}
