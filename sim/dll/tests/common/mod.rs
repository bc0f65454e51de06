//! What the tests of the ABI share: strings, documents, operations.

use std::ptr::null_mut;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::HostComputeSystem::{HCS_OPERATION, HcsCreateOperation, HcsWaitForOperationResult};
use windows_sys::core::{PCWSTR, PWSTR};

/// A string for a call.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// What a string says: nothing, if it is NULL.
pub(crate) fn text(string: PCWSTR) -> String {
    if string.is_null() {
        return String::new();
    }
    let mut length = 0;
    // SAFETY: the string ends with a zero.
    while unsafe { *string.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: so many units have been read.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(string, length) })
}

/// A document's text; the document is freed.
pub(crate) fn take(document: PWSTR) -> String {
    let told = text(document);
    // SAFETY: the document is NULL, or is freed once.
    unsafe { LocalFree(document.cast()) };
    told
}

/// An operation without a callback.
pub(crate) fn operation() -> HCS_OPERATION {
    // SAFETY: both parameters are optional.
    unsafe { HcsCreateOperation(std::ptr::null(), None) }
}

/// Waits for an operation: code and document.
pub(crate) fn wait(operation: HCS_OPERATION) -> (u32, String) {
    let mut document = null_mut();
    // SAFETY: the pointer is to a local.
    let code = unsafe { HcsWaitForOperationResult(operation, u32::MAX, &raw mut document) };
    (code as u32, take(document))
}
