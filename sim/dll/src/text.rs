//! Strings across the boundary: UTF-16 in, documents out.

use hcs_api::Text;
use windows_sys::core::{PCWSTR, PWSTR};

/// How many units of a string are looked at before it is taken for endless: beyond every document that is read.
const LIMIT: usize = 16 << 20;

/// A string argument, decoded.
pub(crate) enum Argument {
    Null,
    Malformed,
    Some(String),
}

impl Argument {
    /// Decodes a string. Lone surrogates make it malformed, and so does a missing end.
    ///
    /// # Safety
    /// `text` is NULL, or points to units that can be read up to and with the first zero.
    pub(crate) unsafe fn read(text: PCWSTR) -> Argument {
        if text.is_null() {
            return Argument::Null;
        }
        let mut length = 0;
        // SAFETY: the caller vouches for every unit up to the zero, and the loop ends with it.
        while length < LIMIT && unsafe { text.add(length).read() } != 0 {
            length += 1;
        }
        if length == LIMIT {
            return Argument::Malformed;
        }
        // SAFETY: `length` units have just been read.
        let units = unsafe { std::slice::from_raw_parts(text, length) };
        String::from_utf16(units).map_or(Argument::Malformed, Argument::Some)
    }

    pub(crate) fn as_text(&self) -> Text<'_> {
        match self {
            Argument::Null => Text::Null,
            Argument::Malformed => Text::Malformed,
            Argument::Some(text) => Text::Some(text),
        }
    }
}

/// A string in UTF-16 with its zero.
pub(crate) fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Puts a document where the caller wants it, or NULL if there is none. The caller frees it.
///
/// # Safety
/// `out` is NULL or can be written.
pub(crate) unsafe fn give(out: *mut PWSTR, document: Option<&str>) {
    if out.is_null() {
        return;
    }
    let given = document.map_or(std::ptr::null_mut(), |document| {
        let units = units(document);
        let memory = memory::allocate(units.len() * size_of::<u16>()).cast::<u16>();
        if !memory.is_null() {
            // SAFETY: the memory was allocated for exactly so many units, and is aligned for more than a unit.
            unsafe { std::ptr::copy_nonoverlapping(units.as_ptr(), memory, units.len()) };
        }
        memory
    });
    // SAFETY: the caller vouches for the pointer.
    unsafe { out.write(given) };
}

/// Windows' own allocator: what `LocalFree` frees, `CoTaskMemFree` frees too, because both use the process's heap.
#[cfg(windows)]
mod memory {
    use windows_sys::Win32::System::Memory::{LMEM_FIXED, LocalAlloc};

    pub(super) fn allocate(bytes: usize) -> *mut core::ffi::c_void {
        // SAFETY: the call has no requirements; a failure is NULL.
        unsafe { LocalAlloc(LMEM_FIXED, bytes) }
    }
}

/// C's allocator, and the two functions that Windows programs free documents with.
#[cfg(not(windows))]
mod memory {
    use core::ffi::c_void;

    unsafe extern "C" {
        fn malloc(bytes: usize) -> *mut c_void;
        fn free(memory: *mut c_void);
    }

    pub(super) fn allocate(bytes: usize) -> *mut c_void {
        // SAFETY: the call has no requirements; a failure is NULL.
        unsafe { malloc(bytes) }
    }

    /// `LocalFree`: frees a document. NULL, as on success.
    ///
    /// # Safety
    /// `memory` is NULL or a document that a call of this library gave and that has not been freed.
    #[unsafe(no_mangle)]
    pub(super) unsafe extern "system" fn LocalFree(memory: *mut c_void) -> *mut c_void {
        // SAFETY: documents are allocated above, and the caller vouches for the rest.
        unsafe { free(memory) };
        core::ptr::null_mut()
    }

    /// `CoTaskMemFree`: frees a document.
    ///
    /// # Safety
    /// As [`LocalFree`].
    #[unsafe(no_mangle)]
    pub(super) unsafe extern "system" fn CoTaskMemFree(memory: *mut c_void) {
        // SAFETY: as above.
        unsafe { free(memory) };
    }
}
