//! The real `vmcompute.dll` of a Windows host, for what the double leaves to it.

#![expect(unsafe_code, reason = "a C ABI")]

use std::sync::OnceLock;

use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

use super::Network;

/// The real `HNSCall`, if this host has one.
pub(crate) fn network() -> Option<Network> {
    static FOUND: OnceLock<Option<Network>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // By its full path: by its name alone the loader would give this library back.
        let mut path = [0; 300];
        // SAFETY: the buffer holds so many units, without those of the file's name.
        let length = unsafe { GetSystemDirectoryW(path.as_mut_ptr(), 260) } as usize;
        let file: Vec<u16> = "\\vmcompute.dll\0".encode_utf16().collect();
        path.get_mut(length..length + file.len()).filter(|_| length > 0)?.copy_from_slice(&file);
        // SAFETY: the path ends with a zero.
        let library = unsafe { LoadLibraryExW(path.as_ptr(), core::ptr::null_mut(), LOAD_WITH_ALTERED_SEARCH_PATH) };
        if library.is_null() {
            return None;
        }
        // SAFETY: the library is loaded and stays so; the names end with a zero.
        unsafe {
            // Somebody may have put the double there.
            if GetProcAddress(library, c"HcsSimIsSimulated".as_ptr().cast()).is_some() {
                return None;
            }
            let found = GetProcAddress(library, c"HNSCall".as_ptr().cast())?;
            Some(core::mem::transmute::<unsafe extern "system" fn() -> isize, Network>(found))
        }
    })
}
