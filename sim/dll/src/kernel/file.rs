//! Reading and writing, over descriptors.

use core::ffi::c_void;
use std::io;

use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, HANDLE, WIN32_ERROR};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::BOOL;

use super::overlapped::{self, Buffer};
use super::{NOBODY_READS, descriptor, failed, last_failure};

/// The most that is read or written at once: beyond it some systems refuse.
const MOST: u32 = 1 << 30;

/// Runs something that writes into a pipe. Programs in Rust ignore the signal of a broken one, others are ended by it: they
/// must not be, for a thread of ours or for a call that only fails on Windows.
pub(crate) fn quietly<R>(write: impl FnOnce() -> R) -> R {
    // SAFETY: sets of signals are plain values, which `sigemptyset` and the calls that ask for a set fill.
    unsafe {
        let (mut broken, mut before, mut pending): (libc::sigset_t, libc::sigset_t, libc::sigset_t) =
            (core::mem::zeroed(), core::mem::zeroed(), core::mem::zeroed());
        libc::sigemptyset(&raw mut broken);
        libc::sigaddset(&raw mut broken, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const broken, &raw mut before);
        libc::sigpending(&raw mut pending);
        let old = libc::sigismember(&raw const pending, libc::SIGPIPE) == 1;
        let result = write();
        libc::sigpending(&raw mut pending);
        if !old && libc::sigismember(&raw const pending, libc::SIGPIPE) == 1 {
            // The one that this write has made.
            let mut taken = 0;
            libc::sigwait(&raw const broken, &raw mut taken);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, core::ptr::null_mut());
        result
    }
}

/// Reads some bytes from a descriptor. The end of a pipe is `ERROR_BROKEN_PIPE`.
///
/// # Safety
/// The buffer can be written as far as is said.
pub(super) unsafe fn read(descriptor: i32, buffer: *mut u8, bytes: u32) -> Result<u32, WIN32_ERROR> {
    loop {
        // SAFETY: the caller vouches for the buffer.
        match unsafe { libc::read(descriptor, buffer.cast::<c_void>(), bytes.min(MOST) as usize) } {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Err(last_failure(ERROR_BROKEN_PIPE)),
            0 if bytes > 0 => return Err(ERROR_BROKEN_PIPE),
            count => return Ok(u32::try_from(count).unwrap_or(0)),
        }
    }
}

/// Writes some bytes into a descriptor.
///
/// # Safety
/// The buffer can be read as far as is said.
pub(super) unsafe fn write(descriptor: i32, buffer: *const u8, bytes: u32) -> Result<u32, WIN32_ERROR> {
    // SAFETY: the caller vouches for the buffer.
    let write = || unsafe { libc::write(descriptor, buffer.cast::<c_void>(), bytes.min(MOST) as usize) };
    // Inside, because whatever follows may change what the system says about the failure.
    quietly(|| {
        loop {
            match write() {
                -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                -1 => return Err(last_failure(NOBODY_READS)),
                count => return Ok(u32::try_from(count).unwrap_or(0)),
            }
        }
    })
}

/// `ReadFile`: some bytes. The end of a pipe is `ERROR_BROKEN_PIPE`. With an `OVERLAPPED` it goes on in the background where
/// there is nothing yet, and the call fails with `ERROR_IO_PENDING`.
///
/// # Safety
/// The buffer can be written as far as is said; `read_bytes` is NULL or can be written; an `OVERLAPPED` and the buffer live
/// until the reading has ended.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ReadFile(
    handle: HANDLE,
    buffer: *mut u8,
    bytes: u32,
    read_bytes: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    // SAFETY: the caller vouches for all of it.
    unsafe {
        if !overlapped.is_null() {
            return overlapped::begin(handle, Buffer::In(buffer), bytes, read_bytes, overlapped);
        }
        let result = read(descriptor(handle), buffer, bytes);
        if !read_bytes.is_null() {
            read_bytes.write(result.unwrap_or(0));
        }
        result.map_or_else(failed, |_| 1)
    }
}

/// `WriteFile`: all the bytes. `ERROR_NO_DATA` when nobody reads any more. With an `OVERLAPPED` it goes on in the background
/// where there is no room, and the call fails with `ERROR_IO_PENDING`.
///
/// # Safety
/// The buffer can be read as far as is said; `written` is NULL or can be written; an `OVERLAPPED` and the buffer live until
/// the writing has ended.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn WriteFile(
    handle: HANDLE,
    buffer: *const u8,
    bytes: u32,
    written: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    // SAFETY: the caller vouches for all of it, and of the buffer so much has been written.
    unsafe {
        if !overlapped.is_null() {
            return overlapped::begin(handle, Buffer::Out(buffer), bytes, written, overlapped);
        }
        let mut done = 0;
        let mut result = 1;
        while done < bytes {
            match write(descriptor(handle), buffer.add(done as usize), bytes - done) {
                Ok(count) => done += count,
                Err(error) => {
                    result = failed(error);
                    break;
                }
            }
        }
        if !written.is_null() {
            written.write(done);
        }
        result
    }
}
