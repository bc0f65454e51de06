//! The exports of the real `virtdisk.dll` that the double leaves to it.
//!
//! Parameters are passed on as they come: each fits a register, or the stack's width.

#![expect(unsafe_code, reason = "a C ABI")]

use std::ffi::CStr;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::WIN32_ERROR;

use hcs_sim_thin::NOT_FOUND as MISSING;

/// An export of the real DLL, or 0.
fn find(name: &str) -> usize {
    static REAL: OnceLock<Option<hcs_sim_thin::Real>> = OnceLock::new();
    let real = *REAL.get_or_init(|| hcs_sim_thin::real("virtdisk.dll"));
    let name = CStr::from_bytes_with_nul(name.as_bytes()).ok();
    let found = real.zip(name).and_then(|(real, name)| real.export(name));
    found.map_or(0, |function| function.expose_provenance())
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
