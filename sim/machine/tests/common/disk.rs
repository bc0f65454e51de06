//! Disks through the machine's own door.

use hcs_machine::effect::Reply;
use hcs_machine::handle::Handle;
use hcs_machine::input::disk::{CreateDisk, DiskInformation, Merge, OpenDisk, SetInformation, StorageType};
use hcs_machine::input::{DiskRequest, FileEvent, LayerRequest, Request, Text, WorldEvent};
use hcs_machine::{ClientId, Fate};
use hcs_rules::disk::{DiskClass, VENDOR_MICROSOFT, attach, device};
use hcs_rules::hresult::Hresult;
use uuid::Uuid;

use super::{ONE, World};

/// Microsoft's VHDX.
pub(crate) const VHDX: StorageType = StorageType { device: device::VHDX, vendor: Uuid::from_u128(VENDOR_MICROSOFT) };
/// How HCS clients open a disk.
pub(crate) const SECOND: Option<OpenDisk> = Some(OpenDisk::Second { information_only: false, read_only: false });
/// A disk that stays.
pub(crate) const STAYS: u32 = attach::PERMANENT_LIFETIME | attach::NO_DRIVE_LETTER;

/// Parameters for a disk of this size, with blocks as HCS clients have them.
pub(crate) fn sized(size: u64) -> CreateDisk {
    CreateDisk {
        version: 2,
        id: Uuid::nil(),
        size,
        block: 1 << 20,
        sector: 0,
        physical_sector: 0,
        parent: Text::Null,
        source: Text::Null,
    }
}

/// Parameters for a child.
pub(crate) fn child_of(parent: &str) -> CreateDisk {
    CreateDisk { parent: Text::from(parent), ..sized(0) }
}

impl World {
    pub(crate) fn disk_call_of(&mut self, client: ClientId, request: DiskRequest) -> Reply {
        self.call_of(client, Request::Disk(Box::new(request)), Fate::PROMPT)
    }

    pub(crate) fn disk_code(&mut self, request: DiskRequest) -> Hresult {
        code(self.disk_call_of(ONE, request))
    }

    pub(crate) fn layer_call(&mut self, request: LayerRequest) -> Reply {
        self.call_of(ONE, Request::Layer(Box::new(request)), Fate::PROMPT)
    }

    pub(crate) fn try_create(&mut self, path: &str, parameters: CreateDisk) -> Result<Handle, Hresult> {
        let (storage, parameters) = (Some(VHDX), Some(parameters));
        let request =
            DiskRequest::CreateVirtualDisk { storage, path: path.into(), access: 0, flags: 0, parameters, out: true };
        handle(self.disk_call_of(ONE, request))
    }

    /// Makes a disk and closes it.
    pub(crate) fn disk(&mut self, path: &str, parameters: CreateDisk) {
        let handle = self.try_create(path, parameters).expect("the disk is made");
        self.close_disk(handle);
    }

    pub(crate) fn try_open(&mut self, path: &str) -> Result<Handle, Hresult> {
        self.try_open_as(ONE, path, 0, 0, SECOND)
    }

    pub(crate) fn try_open_as(
        &mut self,
        client: ClientId,
        path: &str,
        access: u32,
        flags: u32,
        parameters: Option<OpenDisk>,
    ) -> Result<Handle, Hresult> {
        let storage = Some(VHDX);
        let request = DiskRequest::OpenVirtualDisk { storage, path: path.into(), access, flags, parameters, out: true };
        handle(self.disk_call_of(client, request))
    }

    pub(crate) fn open_disk(&mut self, path: &str) -> Handle {
        self.try_open(path).expect("the disk is opened")
    }

    pub(crate) fn close_disk(&mut self, disk: Handle) -> Hresult {
        self.disk_code(DiskRequest::CloseHandle { disk })
    }

    pub(crate) fn attach(&mut self, disk: Handle, flags: u32) -> Hresult {
        self.disk_code(DiskRequest::AttachVirtualDisk { disk, flags })
    }

    pub(crate) fn detach(&mut self, disk: Handle) -> Hresult {
        self.disk_code(DiskRequest::DetachVirtualDisk { disk, flags: 0 })
    }

    pub(crate) fn resize(&mut self, disk: Handle, flags: u32, size: u64) -> Hresult {
        self.disk_code(DiskRequest::ResizeVirtualDisk { disk, flags, parameters: Some(size) })
    }

    pub(crate) fn merge(&mut self, disk: Handle, merge: Merge) -> Hresult {
        self.disk_code(DiskRequest::MergeVirtualDisk { disk, flags: 0, parameters: Some(merge) })
    }

    pub(crate) fn set(&mut self, disk: Handle, information: SetInformation) -> Hresult {
        self.disk_code(DiskRequest::SetVirtualDiskInformation { disk, information: Some(information) })
    }

    pub(crate) fn tell(&mut self, disk: Handle, class: DiskClass) -> Result<DiskInformation, Hresult> {
        let class = Some(class.value());
        match self.disk_call_of(ONE, DiskRequest::GetVirtualDiskInformation { disk, class }) {
            Reply::Disk(Hresult::S_OK, Some(information)) => Ok(*information),
            other => Err(code(other)),
        }
    }

    pub(crate) fn physical_path(&mut self, disk: Handle) -> Result<String, Hresult> {
        told(self.disk_call_of(ONE, DiskRequest::GetVirtualDiskPhysicalPath { disk, out: true }))
    }

    pub(crate) fn device(&mut self, path: &str) -> Result<Handle, Hresult> {
        handle(self.disk_call_of(ONE, DiskRequest::CreateFile { path: path.into(), access: 0 }))
    }

    pub(crate) fn format(&mut self, disk: Handle) -> Hresult {
        code(self.layer_call(LayerRequest::FormatWritableLayerVhd { disk }))
    }

    /// The root folder of an attached disk's volume, with its separator.
    pub(crate) fn mount_path(&mut self, disk: Handle) -> Result<String, Hresult> {
        told(self.layer_call(LayerRequest::GetLayerVhdMountPath { disk, out: true }))
    }

    /// Makes a disk with a volume on it.
    pub(crate) fn formatted(&mut self, path: &str, parameters: CreateDisk) {
        let handle = self.try_create(path, parameters).expect("the disk is made");
        assert_eq!(self.format(handle), Hresult::S_OK);
        self.close_disk(handle);
    }

    pub(crate) fn files(&mut self, event: FileEvent) -> bool {
        self.world(WorldEvent::Files(event))
    }
}

/// The code of an answer.
pub(crate) fn code(reply: Reply) -> Hresult {
    match reply {
        Reply::Outcome(code, _) | Reply::Handle(code, _) | Reply::Disk(code, _) => code,
        other => panic!("a code was asked for, and {other:?} came"),
    }
}

fn handle(reply: Reply) -> Result<Handle, Hresult> {
    match reply {
        Reply::Handle(Hresult::S_OK, handle) => Ok(handle),
        other => Err(code(other)),
    }
}

fn told(reply: Reply) -> Result<String, Hresult> {
    match reply {
        Reply::Outcome(Hresult::S_OK, text) => Ok(text.as_deref().unwrap_or_default().to_owned()),
        other => Err(code(other)),
    }
}
