//! The exports of `virtdisk.dll` that clients of layers use: names, signatures and calling convention of the real ones. See
//! [`crate::computecore`].

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use windows_sys::Win32::Foundation::{HANDLE, WIN32_ERROR};
use windows_sys::Win32::Security::PSECURITY_DESCRIPTOR;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::{PCWSTR, PWSTR};

use crate::disk as simulated;
use crate::gate::unread;

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Virtdisk;

unread! {
    CreateVirtualDisk(
        virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
        path: PCWSTR,
        virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
        securitydescriptor: PSECURITY_DESCRIPTOR,
        flags: CREATE_VIRTUAL_DISK_FLAG,
        providerspecificflags: u32,
        parameters: *const CREATE_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED,
        handle: *mut HANDLE
    ) -> WIN32_ERROR;
    OpenVirtualDisk(
        virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
        path: PCWSTR,
        virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
        flags: OPEN_VIRTUAL_DISK_FLAG,
        parameters: *const OPEN_VIRTUAL_DISK_PARAMETERS,
        handle: *mut HANDLE
    ) -> WIN32_ERROR;
    AttachVirtualDisk(
        virtualdiskhandle: HANDLE,
        securitydescriptor: PSECURITY_DESCRIPTOR,
        flags: ATTACH_VIRTUAL_DISK_FLAG,
        providerspecificflags: u32,
        parameters: *const ATTACH_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED
    ) -> WIN32_ERROR;
    DetachVirtualDisk(
        virtualdiskhandle: HANDLE,
        flags: DETACH_VIRTUAL_DISK_FLAG,
        providerspecificflags: u32
    ) -> WIN32_ERROR;
    ResizeVirtualDisk(
        virtualdiskhandle: HANDLE,
        flags: RESIZE_VIRTUAL_DISK_FLAG,
        parameters: *const RESIZE_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED
    ) -> WIN32_ERROR;
    MergeVirtualDisk(
        virtualdiskhandle: HANDLE,
        flags: MERGE_VIRTUAL_DISK_FLAG,
        parameters: *const MERGE_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED
    ) -> WIN32_ERROR;
    SetVirtualDiskInformation(
        virtualdiskhandle: HANDLE,
        virtualdiskinfo: *const SET_VIRTUAL_DISK_INFO
    ) -> WIN32_ERROR;
    GetVirtualDiskInformation(
        virtualdiskhandle: HANDLE,
        virtualdiskinfosize: *mut u32,
        virtualdiskinfo: *mut GET_VIRTUAL_DISK_INFO,
        sizeused: *mut u32
    ) -> WIN32_ERROR;
    GetVirtualDiskPhysicalPath(
        virtualdiskhandle: HANDLE,
        diskpathsizeinbytes: *mut u32,
        diskpath: PWSTR
    ) -> WIN32_ERROR;
}
