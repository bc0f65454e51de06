//! The exports of `virtdisk.dll`.

use core::ffi::c_void;
use std::sync::Arc;

use hcs_rules::disk::DiskClass;
use hcs_rules::export::{ABSENT, Dll as Which};
use hcs_rules::hresult::Hresult;
use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_INSUFFICIENT_BUFFER, GENERIC_READ, GENERIC_WRITE, GetLastError, HANDLE, INVALID_HANDLE_VALUE,
    WIN32_ERROR,
};
use windows_sys::Win32::Storage::FileSystem::{CreateFileW, FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_EXISTING};
use windows_sys::Win32::Storage::Vhd::{
    ATTACH_VIRTUAL_DISK_PARAMETERS, ATTACH_VIRTUAL_DISK_VERSION_1, CREATE_VIRTUAL_DISK_PARAMETERS,
    CREATE_VIRTUAL_DISK_PARAMETERS_0_1, CREATE_VIRTUAL_DISK_VERSION_2, GET_VIRTUAL_DISK_INFO,
    MERGE_VIRTUAL_DISK_PARAMETERS, MERGE_VIRTUAL_DISK_VERSION_1, MERGE_VIRTUAL_DISK_VERSION_2,
    OPEN_VIRTUAL_DISK_PARAMETERS, OPEN_VIRTUAL_DISK_VERSION_1, OPEN_VIRTUAL_DISK_VERSION_2,
    RESIZE_VIRTUAL_DISK_PARAMETERS, RESIZE_VIRTUAL_DISK_VERSION_1, SET_VIRTUAL_DISK_INFO,
    SET_VIRTUAL_DISK_INFO_IDENTIFIER, SET_VIRTUAL_DISK_INFO_PARENT_PATH, SET_VIRTUAL_DISK_INFO_PARENT_PATH_WITH_DEPTH,
    SET_VIRTUAL_DISK_INFO_PHYSICAL_SECTOR_SIZE, SET_VIRTUAL_DISK_INFO_VIRTUAL_DISK_ID, VIRTUAL_STORAGE_TYPE,
};
use windows_sys::core::{GUID, PCWSTR, PWSTR};

use super::{Wide, Windows, export, raw};
use crate::disk::{
    CreateDisk, DiskHandle, DiskInformation, Merge, OpenDisk, SetInformation, StorageType, VirtualDisks,
};
use crate::hcs::{Outcome, Text};

/// Calls an export that returns a Win32 code.
macro_rules! win32 {
    ($self:ident.$name:ident($($value:expr => $Argument:ty),* $(,)?)) => {
        match $self.dll(Which::Virtdisk).and_then(|dll| export!(dll, $name: fn($($Argument),*) -> WIN32_ERROR)) {
            // SAFETY: handles are the caller's; strings and structures live through the call.
            Some(function) => Hresult::from_win32(unsafe { function($($value),*) }),
            None => ABSENT,
        }
    };
}

fn storage_type(storage: StorageType) -> VIRTUAL_STORAGE_TYPE {
    VIRTUAL_STORAGE_TYPE { DeviceId: storage.device, VendorId: GUID::from_u128(storage.vendor) }
}

fn number(id: GUID) -> u128 {
    let GUID { data1, data2, data3, data4 } = id;
    u128::from(data1) << 96 | u128::from(data2) << 80 | u128::from(data3) << 64 | u128::from(u64::from_be_bytes(data4))
}

/// What a buffer of the information holds behind its fixed part, as strings: each ends with a zero, an empty one ends all.
fn strings(units: &[u16]) -> Vec<Arc<str>> {
    let texts = units.split(|unit| *unit == 0).take_while(|text| !text.is_empty());
    texts.map(|text| String::from_utf16_lossy(text).into()).collect()
}

/// The most that a parent's location is read of, in bytes.
const MOST_INFORMATION: u32 = 1 << 20;

impl VirtualDisks for Windows {
    fn create_virtual_disk(
        &self,
        storage: StorageType,
        path: Text<'_>,
        access: u32,
        flags: u32,
        parameters: &CreateDisk<'_>,
    ) -> (Hresult, DiskHandle) {
        let (path, parent, source) = (Wide::new(path), Wide::new(parameters.parent), Wide::new(parameters.source));
        let mut given = CREATE_VIRTUAL_DISK_PARAMETERS { Version: CREATE_VIRTUAL_DISK_VERSION_2, ..Default::default() };
        given.Anonymous.Version2 = CREATE_VIRTUAL_DISK_PARAMETERS_0_1 {
            UniqueId: GUID::from_u128(parameters.id),
            MaximumSize: parameters.size,
            BlockSizeInBytes: parameters.block,
            SectorSizeInBytes: parameters.sector,
            PhysicalSectorSizeInBytes: parameters.physical_sector,
            ParentPath: parent.pointer(),
            SourcePath: source.pointer(),
            ..Default::default()
        };
        let storage = storage_type(storage);
        let mut disk: HANDLE = core::ptr::null_mut();
        let code = win32!(self.CreateVirtualDisk(
            &raw const storage => *const VIRTUAL_STORAGE_TYPE,
            path.pointer() => PCWSTR,
            access as i32 => i32,
            core::ptr::null_mut() => *mut c_void,
            flags as i32 => i32,
            0 => u32,
            &raw const given => *const CREATE_VIRTUAL_DISK_PARAMETERS,
            core::ptr::null() => *const c_void,
            &raw mut disk => *mut HANDLE,
        ));
        (code, DiskHandle(disk as usize as u64))
    }

    fn open_virtual_disk(
        &self,
        storage: StorageType,
        path: Text<'_>,
        access: u32,
        flags: u32,
        parameters: Option<OpenDisk>,
    ) -> (Hresult, DiskHandle) {
        let path = Wide::new(path);
        let mut given = OPEN_VIRTUAL_DISK_PARAMETERS::default();
        match parameters {
            Some(OpenDisk::Depth(depth)) => {
                given.Version = OPEN_VIRTUAL_DISK_VERSION_1;
                given.Anonymous.Version1.RWDepth = depth;
            }
            Some(OpenDisk::Second { information_only, read_only }) => {
                given.Version = OPEN_VIRTUAL_DISK_VERSION_2;
                given.Anonymous.Version2.GetInfoOnly = information_only.into();
                given.Anonymous.Version2.ReadOnly = read_only.into();
            }
            None => {}
        }
        let pointer = if parameters.is_some() { &raw const given } else { core::ptr::null() };
        let storage = storage_type(storage);
        let mut disk: HANDLE = core::ptr::null_mut();
        let code = win32!(self.OpenVirtualDisk(
            &raw const storage => *const VIRTUAL_STORAGE_TYPE,
            path.pointer() => PCWSTR,
            access as i32 => i32,
            flags as i32 => i32,
            pointer => *const OPEN_VIRTUAL_DISK_PARAMETERS,
            &raw mut disk => *mut HANDLE,
        ));
        (code, DiskHandle(disk as usize as u64))
    }

    fn attach_virtual_disk(&self, disk: DiskHandle, flags: u32) -> Hresult {
        let given = ATTACH_VIRTUAL_DISK_PARAMETERS { Version: ATTACH_VIRTUAL_DISK_VERSION_1, ..Default::default() };
        win32!(self.AttachVirtualDisk(
            raw(disk.0) => HANDLE,
            core::ptr::null_mut() => *mut c_void,
            flags as i32 => i32,
            0 => u32,
            &raw const given => *const ATTACH_VIRTUAL_DISK_PARAMETERS,
            core::ptr::null() => *const c_void,
        ))
    }

    fn detach_virtual_disk(&self, disk: DiskHandle, flags: u32) -> Hresult {
        win32!(self.DetachVirtualDisk(raw(disk.0) => HANDLE, flags as i32 => i32, 0 => u32))
    }

    fn resize_virtual_disk(&self, disk: DiskHandle, flags: u32, size: u64) -> Hresult {
        let mut given = RESIZE_VIRTUAL_DISK_PARAMETERS { Version: RESIZE_VIRTUAL_DISK_VERSION_1, ..Default::default() };
        given.Anonymous.Version1.NewSize = size;
        win32!(self.ResizeVirtualDisk(
            raw(disk.0) => HANDLE,
            flags as i32 => i32,
            &raw const given => *const RESIZE_VIRTUAL_DISK_PARAMETERS,
            core::ptr::null() => *const c_void,
        ))
    }

    fn merge_virtual_disk(&self, disk: DiskHandle, flags: u32, merge: Merge) -> Hresult {
        let mut given = MERGE_VIRTUAL_DISK_PARAMETERS::default();
        match merge {
            Merge::Depth(depth) => {
                given.Version = MERGE_VIRTUAL_DISK_VERSION_1;
                given.Anonymous.Version1.MergeDepth = depth;
            }
            Merge::Between(from, to) => {
                given.Version = MERGE_VIRTUAL_DISK_VERSION_2;
                given.Anonymous.Version2.MergeSourceDepth = from;
                given.Anonymous.Version2.MergeTargetDepth = to;
            }
        }
        win32!(self.MergeVirtualDisk(
            raw(disk.0) => HANDLE,
            flags as i32 => i32,
            &raw const given => *const MERGE_VIRTUAL_DISK_PARAMETERS,
            core::ptr::null() => *const c_void,
        ))
    }

    fn get_virtual_disk_information(&self, disk: DiskHandle, class: DiskClass) -> (Hresult, Option<DiskInformation>) {
        // In units of 8 bytes, which is what the structure is aligned at.
        let fixed = size_of::<GET_VIRTUAL_DISK_INFO>();
        let mut buffer = vec![0_u64; fixed.div_ceil(8)];
        let mut code;
        loop {
            let mut size = (buffer.len() * 8) as u32;
            let pointer: *mut GET_VIRTUAL_DISK_INFO = buffer.as_mut_ptr().cast();
            // SAFETY: the buffer is at least as long as the structure, and aligned as it is.
            unsafe { (*pointer).Version = class.value() as i32 };
            code = win32!(self.GetVirtualDiskInformation(
                raw(disk.0) => HANDLE,
                &raw mut size => *mut u32,
                pointer => *mut GET_VIRTUAL_DISK_INFO,
                core::ptr::null_mut() => *mut u32,
            ));
            let longer = (size as usize).div_ceil(8);
            if code != Hresult::from_win32(ERROR_INSUFFICIENT_BUFFER)
                || size > MOST_INFORMATION
                || longer <= buffer.len()
            {
                break;
            }
            buffer = vec![0; longer];
        }
        if code != Hresult::S_OK {
            return (code, None);
        }
        // SAFETY: the call has filled the structure in, in the form that was asked for; every pattern is a value of each.
        let told = unsafe { &*buffer.as_ptr().cast::<GET_VIRTUAL_DISK_INFO>() }.Anonymous;
        // SAFETY: as above.
        let information = unsafe {
            match class {
                DiskClass::Size => DiskInformation::Size {
                    virtual_size: told.Size.VirtualSize,
                    physical_size: told.Size.PhysicalSize,
                    block: told.Size.BlockSize,
                    sector: told.Size.SectorSize,
                },
                DiskClass::Identifier => DiskInformation::Identifier(number(told.Identifier)),
                DiskClass::ParentLocation => {
                    let start = core::mem::offset_of!(GET_VIRTUAL_DISK_INFO, Anonymous) + size_of::<i32>();
                    let units: &[u16] = core::slice::from_raw_parts(buffer.as_ptr().cast(), buffer.len() * 4);
                    let rest = units.get(start / 2..).unwrap_or_default();
                    DiskInformation::ParentLocation(told.ParentLocation.ParentResolved != 0, strings(rest))
                }
                DiskClass::ParentIdentifier => DiskInformation::ParentIdentifier(number(told.ParentIdentifier)),
                DiskClass::ParentTimestamp => DiskInformation::ParentTimestamp(told.ParentTimestamp),
                DiskClass::VirtualStorageType => {
                    let VIRTUAL_STORAGE_TYPE { DeviceId: device, VendorId: vendor } = told.VirtualStorageType;
                    DiskInformation::VirtualStorageType(StorageType { device, vendor: number(vendor) })
                }
                DiskClass::ProviderSubtype => DiskInformation::ProviderSubtype(told.ProviderSubtype),
                DiskClass::Is4kAligned => DiskInformation::Is4kAligned(told.Is4kAligned != 0),
                DiskClass::PhysicalDisk => DiskInformation::PhysicalDisk(
                    told.PhysicalDisk.LogicalSectorSize,
                    told.PhysicalDisk.PhysicalSectorSize,
                    told.PhysicalDisk.IsRemote != 0,
                ),
                DiskClass::PhysicalSectorSize => DiskInformation::PhysicalSectorSize(told.VhdPhysicalSectorSize),
                DiskClass::SmallestSafeVirtualSize => {
                    DiskInformation::SmallestSafeVirtualSize(told.SmallestSafeVirtualSize)
                }
                DiskClass::Fragmentation => DiskInformation::Fragmentation(told.FragmentationPercentage),
                DiskClass::IsLoaded => DiskInformation::IsLoaded(told.IsLoaded != 0),
                DiskClass::VirtualDiskId => DiskInformation::VirtualDiskId(number(told.VirtualDiskId)),
            }
        };
        (code, Some(information))
    }

    fn set_virtual_disk_information(&self, disk: DiskHandle, information: &SetInformation<'_>) -> Hresult {
        let mut given = SET_VIRTUAL_DISK_INFO::default();
        let path = match information {
            SetInformation::ParentPath(path) | SetInformation::ParentPathWithDepth(_, path) => Wide::new(*path),
            _ => Wide::new(Text::Null),
        };
        match *information {
            SetInformation::ParentPath(_) => {
                given.Version = SET_VIRTUAL_DISK_INFO_PARENT_PATH;
                given.Anonymous.ParentFilePath = path.pointer();
            }
            SetInformation::Identifier(id) => {
                given.Version = SET_VIRTUAL_DISK_INFO_IDENTIFIER;
                given.Anonymous.UniqueIdentifier = GUID::from_u128(id);
            }
            SetInformation::ParentPathWithDepth(depth, _) => {
                given.Version = SET_VIRTUAL_DISK_INFO_PARENT_PATH_WITH_DEPTH;
                given.Anonymous.ParentPathWithDepthInfo.ChildDepth = depth;
                given.Anonymous.ParentPathWithDepthInfo.ParentFilePath = path.pointer();
            }
            SetInformation::PhysicalSectorSize(size) => {
                given.Version = SET_VIRTUAL_DISK_INFO_PHYSICAL_SECTOR_SIZE;
                given.Anonymous.VhdPhysicalSectorSize = size;
            }
            SetInformation::VirtualDiskId(id) => {
                given.Version = SET_VIRTUAL_DISK_INFO_VIRTUAL_DISK_ID;
                given.Anonymous.VirtualDiskId = GUID::from_u128(id);
            }
        }
        win32!(self.SetVirtualDiskInformation(
            raw(disk.0) => HANDLE, &raw const given => *const SET_VIRTUAL_DISK_INFO
        ))
    }

    fn get_virtual_disk_physical_path(&self, disk: DiskHandle) -> Outcome {
        let mut buffer = [0_u16; 260];
        let mut size = size_of_val(&buffer) as u32;
        let code = win32!(self.GetVirtualDiskPhysicalPath(
            raw(disk.0) => HANDLE, &raw mut size => *mut u32, buffer.as_mut_ptr() => PWSTR
        ));
        let path = (code == Hresult::S_OK).then(|| {
            let length = buffer.iter().position(|unit| *unit == 0).unwrap_or(buffer.len());
            String::from_utf16_lossy(&buffer[..length]).into()
        });
        Outcome { code, document: path }
    }

    fn open_physical_disk(&self, path: Text<'_>, access: u32) -> (Hresult, DiskHandle) {
        let path = Wide::new(path);
        let (share, access) = (FILE_SHARE_READ | FILE_SHARE_WRITE, access & (GENERIC_READ | GENERIC_WRITE));
        // SAFETY: the path is NULL or ends with a zero; everything else is optional.
        let disk = unsafe {
            CreateFileW(path.pointer(), access, share, core::ptr::null(), OPEN_EXISTING, 0, core::ptr::null_mut())
        };
        if disk == INVALID_HANDLE_VALUE {
            // SAFETY: the call has no requirements.
            return (Hresult::from_win32(unsafe { GetLastError() }), DiskHandle::NULL);
        }
        (Hresult::S_OK, DiskHandle(disk as usize as u64))
    }

    fn close_disk(&self, disk: DiskHandle) -> Hresult {
        // SAFETY: the handle is the caller's own to close; a bad one is an error.
        match unsafe { CloseHandle(raw(disk.0)) } {
            // SAFETY: the call has no requirements.
            0 => Hresult::from_win32(unsafe { GetLastError() }),
            _ => Hresult::S_OK,
        }
    }
}
