//! The exports of the real `virtdisk.dll` that the double leaves to it.
//!
//! Parameters are passed on as they come: each fits a register, or the stack's width.

#![expect(unsafe_code, reason = "a C ABI")]

use std::sync::OnceLock;

use windows_sys::Win32::Foundation::WIN32_ERROR;
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};

use super::MISSING;

/// An export of the real DLL, or 0.
fn find(name: &str) -> usize {
    static REAL: OnceLock<usize> = OnceLock::new();
    let real = *REAL.get_or_init(|| {
        let file: Vec<u16> = "virtdisk.dll\0".encode_utf16().collect();
        // SAFETY: the name ends with a zero.
        unsafe { LoadLibraryExW(file.as_ptr(), core::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) }
            .expose_provenance()
    });
    if real == 0 {
        return 0;
    }
    // SAFETY: the library is loaded and stays so; the name ends with a zero.
    let found = unsafe { GetProcAddress(core::ptr::with_exposed_provenance_mut(real), name.as_ptr()) };
    found.map_or(0, |function| (function as *const core::ffi::c_void).expose_provenance())
}

macro_rules! real {
    ($($name:ident($($argument:ident),*);)+) => {
        $(
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "system" fn $name($($argument: usize),*) -> WIN32_ERROR {
                static FOUND: OnceLock<usize> = OnceLock::new();
                let address = *FOUND.get_or_init(|| find(concat!(stringify!($name), "\0")));
                if address == 0 {
                    return MISSING;
                }
                let address: *const core::ffi::c_void = core::ptr::with_exposed_provenance(address);
                // SAFETY: the function takes so many parameters, each as wide as a register.
                unsafe {
                    let function: unsafe extern "system" fn($(real!(@width $argument)),*) -> WIN32_ERROR =
                        core::mem::transmute(address);
                    function($($argument),*)
                }
            }
        )+
    };
    (@width $argument:ident) => { usize };
}

real! {
    AddVirtualDiskParent(disk, parent);
    ApplySnapshotVhdSet(disk, parameters, flags);
    BreakMirrorVirtualDisk(disk);
    CompactVirtualDisk(disk, flags, parameters, overlapped);
    CompleteForkVirtualDisk(disk);
    DeleteSnapshotVhdSet(disk, parameters, flags);
    DeleteVirtualDiskMetadata(disk, item);
    EnumerateVirtualDiskMetadata(disk, count, items);
    ExpandVirtualDisk(disk, flags, parameters, overlapped);
    ForkVirtualDisk(disk, flags, parameters, overlapped);
    GetAllAttachedVirtualDiskPhysicalPaths(size, paths);
    GetStorageDependencyInformation(object, flags, size, information, used);
    GetVirtualDiskMetadata(disk, item, size, data);
    GetVirtualDiskOperationProgress(disk, overlapped, progress);
    MirrorVirtualDisk(disk, flags, parameters, overlapped);
    ModifyVhdSet(disk, parameters, flags);
    QueryChangesVirtualDisk(disk, tracking, offset, length, flags, ranges, count, processed);
    RawSCSIVirtualDisk(disk, parameters, flags, response);
    SetVirtualDiskMetadata(disk, item, size, data);
    TakeSnapshotVhdSet(disk, parameters, flags);
}
