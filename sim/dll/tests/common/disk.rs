//! What the tests of storage share: virtual disks.

use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, WIN32_ERROR};
use windows_sys::Win32::Storage::Vhd::*;

use crate::common::wide;

const VHDX: VIRTUAL_STORAGE_TYPE = VIRTUAL_STORAGE_TYPE {
    DeviceId: VIRTUAL_STORAGE_TYPE_DEVICE_VHDX,
    VendorId: VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT,
};

/// Creates a disk of so many bytes, or one on a parent.
pub(crate) fn create(path: &str, size: u64, parent: Option<&str>) -> Result<HANDLE, WIN32_ERROR> {
    let (path, parent) = (wide(path), parent.map(wide));
    let mut parameters =
        CREATE_VIRTUAL_DISK_PARAMETERS { Version: CREATE_VIRTUAL_DISK_VERSION_2, ..Default::default() };
    parameters.Anonymous.Version2 = CREATE_VIRTUAL_DISK_PARAMETERS_0_1 {
        MaximumSize: size,
        BlockSizeInBytes: 1 << 20,
        ParentPath: parent.as_ref().map_or(null(), |parent| parent.as_ptr()),
        ..Default::default()
    };
    let mut disk = null_mut();
    // SAFETY: pointers are NULL or to locals; strings end with a zero.
    let code = unsafe {
        CreateVirtualDisk(
            &VHDX,
            path.as_ptr(),
            VIRTUAL_DISK_ACCESS_NONE,
            null_mut(),
            CREATE_VIRTUAL_DISK_FLAG_NONE,
            0,
            &raw const parameters,
            null(),
            &raw mut disk,
        )
    };
    if code == 0 { Ok(disk) } else { Err(code) }
}

/// Opens a disk.
pub(crate) fn open(path: &str) -> Result<HANDLE, WIN32_ERROR> {
    let path = wide(path);
    let parameters = OPEN_VIRTUAL_DISK_PARAMETERS { Version: OPEN_VIRTUAL_DISK_VERSION_2, ..Default::default() };
    let mut disk = null_mut();
    // SAFETY: pointers are to locals; the string ends with a zero.
    let code = unsafe {
        OpenVirtualDisk(
            &VHDX,
            path.as_ptr(),
            VIRTUAL_DISK_ACCESS_NONE,
            OPEN_VIRTUAL_DISK_FLAG_NONE,
            &raw const parameters,
            &raw mut disk,
        )
    };
    if code == 0 { Ok(disk) } else { Err(code) }
}

/// Closes a handle of a disk.
pub(crate) fn close(disk: HANDLE) {
    // SAFETY: the handle is the test's to close.
    assert_eq!(unsafe { CloseHandle(disk) }, 1);
}

/// Attaches a disk so that it stays when its handle is closed.
pub(crate) fn attach(disk: HANDLE) -> WIN32_ERROR {
    let parameters = ATTACH_VIRTUAL_DISK_PARAMETERS { Version: ATTACH_VIRTUAL_DISK_VERSION_1, ..Default::default() };
    let flags = ATTACH_VIRTUAL_DISK_FLAG_PERMANENT_LIFETIME | ATTACH_VIRTUAL_DISK_FLAG_NO_DRIVE_LETTER;
    // SAFETY: pointers are NULL or to locals.
    unsafe { AttachVirtualDisk(disk, null_mut(), flags, 0, &raw const parameters, null()) }
}
