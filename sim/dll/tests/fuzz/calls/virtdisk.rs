//! `virtdisk.dll`

use std::ptr::null_mut;

use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::GUID;

use super::{Call, calls};
use crate::player::{Kind, Player};
use crate::text::For;

impl Player {
    fn disk(&mut self) -> *mut core::ffi::c_void {
        self.handle(Kind::Disk)
    }

    fn storage_type(&mut self) -> *const VIRTUAL_STORAGE_TYPE {
        let device = match self.random.below(8) {
            0 => VIRTUAL_STORAGE_TYPE_DEVICE_VHD,
            1 => self.random.below(99) as u32,
            _ => VIRTUAL_STORAGE_TYPE_DEVICE_VHDX,
        };
        let vendor = if self.random.once_in(8) { GUID::from_u128(7) } else { VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT };
        self.value_or_null(VIRTUAL_STORAGE_TYPE { DeviceId: device, VendorId: vendor })
    }

    /// A version of parameters: the second, as clients have it, or another below a limit.
    fn version(&mut self, limit: usize) -> i32 {
        if self.random.once_in(4) { self.random.below(limit) as i32 } else { 2 }
    }

    /// A size: of a disk, of none, or beyond what there is.
    fn size(&mut self) -> u64 {
        if self.random.once_in(3) { *self.random.one_of(&[0, 1, 512, 1 << 50, u64::MAX]) } else { 20 << 30 }
    }

    fn record(&mut self) -> *const OVERLAPPED {
        let event = self.handle(Kind::Event);
        if self.random.once_in(2) { null_mut() } else { self.value(OVERLAPPED { hEvent: event, ..Default::default() }) }
    }

    fn create_parameters(&mut self) -> *const CREATE_VIRTUAL_DISK_PARAMETERS {
        let mut parameters = CREATE_VIRTUAL_DISK_PARAMETERS { Version: self.version(6), ..Default::default() };
        let (size, block) = (self.size(), *self.random.one_of(&[0, 1 << 20, 1 << 20, 7, 32 << 20]));
        let parent = if self.random.once_in(3) { self.text(For::Disk) } else { std::ptr::null() };
        let source = if self.random.once_in(8) { self.text(For::Path) } else { std::ptr::null() };
        match parameters.Version {
            CREATE_VIRTUAL_DISK_VERSION_1 => {
                parameters.Anonymous.Version1 = CREATE_VIRTUAL_DISK_PARAMETERS_0_0 {
                    MaximumSize: size,
                    BlockSizeInBytes: block,
                    ParentPath: parent,
                    SourcePath: source,
                    ..Default::default()
                };
            }
            _ => {
                parameters.Anonymous.Version2 = CREATE_VIRTUAL_DISK_PARAMETERS_0_1 {
                    MaximumSize: size,
                    BlockSizeInBytes: block,
                    ParentPath: parent,
                    SourcePath: source,
                    ..Default::default()
                };
            }
        }
        self.value_or_null(parameters)
    }

    fn open_parameters(&mut self) -> *const OPEN_VIRTUAL_DISK_PARAMETERS {
        let mut parameters = OPEN_VIRTUAL_DISK_PARAMETERS { Version: self.version(5), ..Default::default() };
        parameters.Anonymous.Version2.GetInfoOnly = self.random.below(2) as i32;
        parameters.Anonymous.Version2.ReadOnly = self.random.below(2) as i32;
        self.value_or_null(parameters)
    }

    fn attach_parameters(&mut self) -> *const ATTACH_VIRTUAL_DISK_PARAMETERS {
        let parameters =
            ATTACH_VIRTUAL_DISK_PARAMETERS { Version: 1 + self.random.below(2) as i32, ..Default::default() };
        self.value_or_null(parameters)
    }

    fn resize_parameters(&mut self) -> *const RESIZE_VIRTUAL_DISK_PARAMETERS {
        let mut parameters =
            RESIZE_VIRTUAL_DISK_PARAMETERS { Version: self.random.below(3) as i32, ..Default::default() };
        parameters.Anonymous.Version1.NewSize = self.size();
        self.value_or_null(parameters)
    }

    fn merge_parameters(&mut self) -> *const MERGE_VIRTUAL_DISK_PARAMETERS {
        let mut parameters =
            MERGE_VIRTUAL_DISK_PARAMETERS { Version: self.random.below(4) as i32, ..Default::default() };
        let (source, target) = (self.random.below(4) as u32, self.random.below(4) as u32);
        parameters.Anonymous.Version2 =
            MERGE_VIRTUAL_DISK_PARAMETERS_0_1 { MergeSourceDepth: source, MergeTargetDepth: target };
        self.value_or_null(parameters)
    }

    fn set_information(&mut self) -> *const SET_VIRTUAL_DISK_INFO {
        let mut information = SET_VIRTUAL_DISK_INFO { Version: self.random.below(8) as i32, ..Default::default() };
        let path = self.text(For::Path);
        match information.Version {
            SET_VIRTUAL_DISK_INFO_PARENT_PATH => information.Anonymous.ParentFilePath = path,
            SET_VIRTUAL_DISK_INFO_PARENT_PATH_WITH_DEPTH => {
                information.Anonymous.ParentPathWithDepthInfo =
                    SET_VIRTUAL_DISK_INFO_0_0 { ChildDepth: self.random.below(4) as u32, ParentFilePath: path };
            }
            _ => information.Anonymous.UniqueIdentifier = GUID::from_u128(self.random.bits().into()),
        }
        self.value_or_null(information)
    }

    /// Asks for information about a disk, with room for it or without.
    fn get_information(&mut self) -> u32 {
        // Nothing without room for the version, which says what is asked for.
        let room = *self.random.one_of(&[8, 32, size_of::<GET_VIRTUAL_DISK_INFO>(), 600]);
        let information = self.buffer::<GET_VIRTUAL_DISK_INFO>(room);
        // SAFETY: there is room for the version.
        unsafe { (&raw mut (*information).Version).write(self.random.below(18) as i32) };
        let (size, used) = (self.value_or_null(room as u32), self.value_or_null(0));
        let information = if self.random.once_in(16) { null_mut() } else { information };
        // SAFETY: there is as much room as is said.
        unsafe { GetVirtualDiskInformation(self.disk(), size, information, used) }
    }

    fn get_path(&mut self) -> u32 {
        let room = *self.random.one_of(&[0, 8, 300]);
        let path = if self.random.once_in(8) { null_mut() } else { self.buffer(room) };
        let size = self.value_or_null(room as u32);
        // SAFETY: there is as much room as is said.
        unsafe { GetVirtualDiskPhysicalPath(self.disk(), size, path) }
    }
}

calls! {
    p;
    6 CreateVirtualDisk(
        p.storage_type(), p.text(For::Disk), p.few_flags(), null_mut(), p.few_flags(), 0, p.create_parameters(),
        p.record(), p.made(Kind::Disk),
    );
    6 OpenVirtualDisk(
        p.storage_type(), p.text(For::Disk), p.few_flags(), p.few_flags(), p.open_parameters(), p.made(Kind::Disk),
    );
    3 AttachVirtualDisk(p.disk(), null_mut(), p.flags() as i32, 0, p.attach_parameters(), p.record());
    2 DetachVirtualDisk(p.disk(), p.few_flags(), 0);
    1 ResizeVirtualDisk(p.disk(), p.few_flags(), p.resize_parameters(), p.record());
    1 MergeVirtualDisk(p.disk(), p.few_flags(), p.merge_parameters(), p.record());
    1 SetVirtualDiskInformation(p.disk(), p.set_information());
    2 GetVirtualDiskInformation = p.get_information();
    2 GetVirtualDiskPhysicalPath = p.get_path();
}
