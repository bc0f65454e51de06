//! State files, and who may use a file.

use std::ptr::{null, null_mut};

use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::wide;

pub(crate) fn state_files() {
    let path = |name: &str| wide(&format!(r"C:\ProgramData\{name}"));
    let (guest, runtime, none, id) = (path("vm.vmgs"), path("vm.vmrs"), path("none"), wide("vm"));
    // SAFETY: strings end with a zero, pointers are NULL or to locals.
    unsafe {
        assert_eq!(HcsCreateEmptyGuestStateFile(guest.as_ptr()), 0);
        assert_eq!(HcsCreateEmptyGuestStateFile(guest.as_ptr()) as u32, 0x8007_0050);
        assert_eq!(HcsCreateEmptyRuntimeStateFile(runtime.as_ptr()), 0);
        assert_eq!(HcsGrantVmAccess(id.as_ptr(), guest.as_ptr()), 0);
        assert_eq!(HcsGrantVmAccess(id.as_ptr(), none.as_ptr()) as u32, 0x8007_0002);
        assert_eq!(HcsRevokeVmAccess(id.as_ptr(), guest.as_ptr()), 0);
        assert_eq!(HcsGrantVmGroupAccess(guest.as_ptr()), 0);
        assert_eq!(HcsRevokeVmGroupAccess(guest.as_ptr()), 0);
        let mut document = null();
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(runtime.as_ptr(), &raw mut document) as u32, 0x8007_000D);
        assert!(document.is_null());
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(none.as_ptr(), null_mut()) as u32, 0x8007_0002);
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(null(), null_mut()) as u32, 0x8007_0057);
    }
}
