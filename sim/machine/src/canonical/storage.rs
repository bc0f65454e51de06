//! The bytes of calls on layers and disks.

use uuid::Uuid;

use super::Canonical;
use crate::handle::Handle;
use crate::input::disk::{CreateDisk, DiskInformation, Merge, OpenDisk, SetInformation, StorageType};
use crate::input::{DiskRequest, LayerRequest};

impl Canonical<'_> {
    fn uuid(&mut self, id: Uuid) -> &mut Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    /// The texts in the order of the parameters; the call says how many there are.
    #[cold]
    pub(super) fn layer_request(&mut self, request: &LayerRequest) -> &mut Self {
        for text in request.paths().into_iter().flatten().chain(request.data()).chain(request.options()) {
            self.text(text);
        }
        self.handle(request.disk().unwrap_or(Handle::NULL));
        self.tag(matches!(request, LayerRequest::GetLayerVhdMountPath { out: true, .. }).into())
    }

    #[cold]
    pub(super) fn disk_request(&mut self, request: &DiskRequest) -> &mut Self {
        self.handle(request.disk().unwrap_or(Handle::NULL));
        match request {
            DiskRequest::CreateVirtualDisk { storage, path, access, flags, parameters, out } => {
                self.storage(*storage).text(path).number((*access).into()).number((*flags).into()).tag((*out).into());
                self.create_disk(parameters.as_ref())
            }
            DiskRequest::OpenVirtualDisk { storage, path, access, flags, parameters, out } => {
                self.storage(*storage).text(path).number((*access).into()).number((*flags).into()).tag((*out).into());
                match parameters {
                    None => self.tag(0),
                    Some(OpenDisk::First { depth }) => self.tag(1).number((*depth).into()),
                    Some(OpenDisk::Second { information_only, read_only }) => {
                        self.tag(2).tag((*information_only).into()).tag((*read_only).into())
                    }
                    Some(OpenDisk::Other(version)) => self.tag(3).number((*version).into()),
                }
            }
            DiskRequest::AttachVirtualDisk { flags, .. } | DiskRequest::DetachVirtualDisk { flags, .. } => {
                self.number((*flags).into())
            }
            DiskRequest::ResizeVirtualDisk { flags, parameters, .. } => {
                self.number((*flags).into()).tag(parameters.is_some().into()).number(parameters.unwrap_or(0))
            }
            DiskRequest::MergeVirtualDisk { flags, parameters, .. } => {
                self.number((*flags).into());
                match parameters {
                    None => self.tag(0),
                    Some(Merge::Depth(depth)) => self.tag(1).number((*depth).into()),
                    Some(Merge::Between(from, to)) => self.tag(2).number((*from).into()).number((*to).into()),
                    Some(Merge::Other(version)) => self.tag(3).number((*version).into()),
                }
            }
            DiskRequest::GetVirtualDiskInformation { class, .. } => {
                self.tag(class.is_some().into()).number(class.unwrap_or(0).into())
            }
            DiskRequest::SetVirtualDiskInformation { information, .. } => match information {
                None => self.tag(0),
                Some(SetInformation::ParentPath(path)) => self.tag(1).text(path),
                Some(SetInformation::Identifier(id)) => self.tag(2).uuid(*id),
                Some(SetInformation::ParentPathWithDepth(depth, path)) => {
                    self.tag(3).number((*depth).into()).text(path)
                }
                Some(SetInformation::PhysicalSectorSize(size)) => self.tag(4).number((*size).into()),
                Some(SetInformation::VirtualDiskId(id)) => self.tag(5).uuid(*id),
                Some(SetInformation::Other(version)) => self.tag(6).number((*version).into()),
            },
            DiskRequest::GetVirtualDiskPhysicalPath { out, .. } => self.tag((*out).into()),
            DiskRequest::CreateFile { path, access } => self.text(path).number((*access).into()),
            DiskRequest::CloseHandle { .. } => self,
        }
    }

    fn storage(&mut self, storage: Option<StorageType>) -> &mut Self {
        match storage {
            None => self.tag(0),
            Some(StorageType { device, vendor }) => self.tag(1).number(device.into()).uuid(vendor),
        }
    }

    fn create_disk(&mut self, parameters: Option<&CreateDisk>) -> &mut Self {
        let Some(CreateDisk { version, id, size, block, sector, physical_sector, parent, source }) = parameters else {
            return self.tag(0);
        };
        self.tag(1).number((*version).into()).uuid(*id).number(*size).number((*block).into());
        self.number((*sector).into()).number((*physical_sector).into()).text(parent).text(source)
    }

    #[cold]
    pub(super) fn disk_information(&mut self, information: Option<&DiskInformation>) -> &mut Self {
        let Some(information) = information else { return self.tag(0) };
        match information {
            DiskInformation::Size { virtual_size, physical_size, block, sector } => self
                .tag(1)
                .number(*virtual_size)
                .number(*physical_size)
                .number((*block).into())
                .number((*sector).into()),
            DiskInformation::Identifier(id) => self.tag(2).uuid(*id),
            DiskInformation::ParentLocation(found, paths) => {
                self.tag(3).tag((*found).into()).number(paths.len() as u64);
                paths.iter().fold(self, |writer, path| writer.string(path))
            }
            DiskInformation::ParentIdentifier(id) => self.tag(4).uuid(*id),
            DiskInformation::ParentTimestamp(time) => self.tag(5).number((*time).into()),
            DiskInformation::VirtualStorageType(storage) => self.tag(6).storage(Some(*storage)),
            DiskInformation::ProviderSubtype(kind) => self.tag(7).number((*kind).into()),
            DiskInformation::Is4kAligned(aligned) => self.tag(8).tag((*aligned).into()),
            DiskInformation::PhysicalDisk(logical, physical, remote) => {
                self.tag(9).number((*logical).into()).number((*physical).into()).tag((*remote).into())
            }
            DiskInformation::PhysicalSectorSize(size) => self.tag(10).number((*size).into()),
            DiskInformation::SmallestSafeVirtualSize(size) => self.tag(11).number(*size),
            DiskInformation::Fragmentation(share) => self.tag(12).number((*share).into()),
            DiskInformation::IsLoaded(loaded) => self.tag(13).tag((*loaded).into()),
            DiskInformation::VirtualDiskId(id) => self.tag(14).uuid(*id),
        }
    }
}
