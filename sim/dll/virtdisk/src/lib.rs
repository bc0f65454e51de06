//! `virtdisk.dll`: the functions that clients of layers use are those of computecore's library, so that a process has one
//! world. On Windows the others are the real DLL's.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]

#[cfg(windows)]
mod real;

use hcs_sim_thin::NOT_FOUND as MISSING;
use windows_sys::Win32::Foundation::{HANDLE, WIN32_ERROR};
use windows_sys::Win32::Security::PSECURITY_DESCRIPTOR;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::{PCWSTR, PWSTR};

hcs_sim_thin::forward! {
    AttachVirtualDisk(
        virtualdiskhandle: HANDLE,
        securitydescriptor: PSECURITY_DESCRIPTOR,
        flags: ATTACH_VIRTUAL_DISK_FLAG,
        providerspecificflags: u32,
        parameters: *const ATTACH_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED,
    ) -> WIN32_ERROR = MISSING;
    CreateVirtualDisk(
        virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
        path: PCWSTR,
        virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
        securitydescriptor: PSECURITY_DESCRIPTOR,
        flags: CREATE_VIRTUAL_DISK_FLAG,
        providerspecificflags: u32,
        parameters: *const CREATE_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED,
        handle: *mut HANDLE,
    ) -> WIN32_ERROR = MISSING;
    DetachVirtualDisk(
        virtualdiskhandle: HANDLE,
        flags: DETACH_VIRTUAL_DISK_FLAG,
        providerspecificflags: u32,
    ) -> WIN32_ERROR = MISSING;
    GetVirtualDiskInformation(
        virtualdiskhandle: HANDLE,
        virtualdiskinfosize: *mut u32,
        virtualdiskinfo: *mut GET_VIRTUAL_DISK_INFO,
        sizeused: *mut u32,
    ) -> WIN32_ERROR = MISSING;
    GetVirtualDiskPhysicalPath(
        virtualdiskhandle: HANDLE,
        diskpathsizeinbytes: *mut u32,
        diskpath: PWSTR,
    ) -> WIN32_ERROR = MISSING;
    MergeVirtualDisk(
        virtualdiskhandle: HANDLE,
        flags: MERGE_VIRTUAL_DISK_FLAG,
        parameters: *const MERGE_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED,
    ) -> WIN32_ERROR = MISSING;
    OpenVirtualDisk(
        virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
        path: PCWSTR,
        virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
        flags: OPEN_VIRTUAL_DISK_FLAG,
        parameters: *const OPEN_VIRTUAL_DISK_PARAMETERS,
        handle: *mut HANDLE,
    ) -> WIN32_ERROR = MISSING;
    ResizeVirtualDisk(
        virtualdiskhandle: HANDLE,
        flags: RESIZE_VIRTUAL_DISK_FLAG,
        parameters: *const RESIZE_VIRTUAL_DISK_PARAMETERS,
        overlapped: *const OVERLAPPED,
    ) -> WIN32_ERROR = MISSING;
    SetVirtualDiskInformation(
        virtualdiskhandle: HANDLE,
        virtualdiskinfo: *const SET_VIRTUAL_DISK_INFO,
    ) -> WIN32_ERROR = MISSING;
    HcsSimIsSimulated() -> i32 = 1;
}
