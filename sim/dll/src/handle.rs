//! Off Windows: the functions with which a program uses the handles of standard streams, over descriptors.
//!
//! As on a synchronous handle: an `OVERLAPPED` is not looked at, and the calls return when they are done.

use core::ffi::c_void;
use std::cell::Cell;
use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_GEN_FAILURE, ERROR_INVALID_HANDLE, ERROR_NO_DATA, HANDLE, WIN32_ERROR,
};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::BOOL;

thread_local! {
    static LAST_ERROR: Cell<WIN32_ERROR> = const { Cell::new(0) };
}

/// The most that is read or written at once: beyond it some systems refuse.
const MOST: u32 = 1 << 30;

/// The descriptor behind a handle, or one that is none.
fn descriptor(handle: HANDLE) -> i32 {
    i32::try_from(handle.addr()).ok().filter(|descriptor| *descriptor != 0).unwrap_or(-1)
}

/// A failure, which `GetLastError` then tells.
fn failed(error: WIN32_ERROR) -> BOOL {
    LAST_ERROR.set(error);
    0
}

/// What the last call of the system failed with; `broken` is what a broken pipe is called.
fn last_failure(broken: WIN32_ERROR) -> BOOL {
    failed(match io::Error::last_os_error().raw_os_error() {
        Some(libc::EPIPE) => broken,
        Some(libc::EBADF) => ERROR_INVALID_HANDLE,
        _ => ERROR_GEN_FAILURE,
    })
}

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

/// `CloseHandle`
#[unsafe(no_mangle)]
pub(crate) extern "system" fn CloseHandle(handle: HANDLE) -> BOOL {
    // SAFETY: the descriptor is the caller's to close.
    match unsafe { libc::close(descriptor(handle)) } {
        0 => 1,
        _ => last_failure(ERROR_BROKEN_PIPE),
    }
}

/// `ReadFile`: some bytes. The end of a pipe is `ERROR_BROKEN_PIPE`.
///
/// # Safety
/// The buffer can be written as far as is said; `read` is NULL or can be written.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn ReadFile(
    handle: HANDLE,
    buffer: *mut u8,
    bytes: u32,
    read: *mut u32,
    _overlapped: *mut OVERLAPPED,
) -> BOOL {
    let buffer = buffer.cast::<c_void>();
    let count = loop {
        // SAFETY: the caller vouches for the buffer.
        match unsafe { libc::read(descriptor(handle), buffer, bytes.min(MOST) as usize) } {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            count => break count,
        }
    };
    if !read.is_null() {
        // SAFETY: the caller vouches for the pointer.
        unsafe { read.write(u32::try_from(count).unwrap_or(0)) };
    }
    match count {
        -1 => last_failure(ERROR_BROKEN_PIPE),
        0 if bytes > 0 => failed(ERROR_BROKEN_PIPE),
        _ => 1,
    }
}

/// `WriteFile`: all the bytes. `ERROR_NO_DATA` when nobody reads any more.
///
/// # Safety
/// The buffer can be read as far as is said; `written` is NULL or can be written.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn WriteFile(
    handle: HANDLE,
    buffer: *const u8,
    bytes: u32,
    written: *mut u32,
    _overlapped: *mut OVERLAPPED,
) -> BOOL {
    let mut done = 0;
    let mut result = 1;
    while done < bytes {
        let left = (bytes - done).min(MOST) as usize;
        // SAFETY: the caller vouches for the buffer, of which so much has been written.
        let write = || unsafe { libc::write(descriptor(handle), buffer.add(done as usize).cast(), left) };
        let interrupted = || io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
        // Inside, because whatever follows may change what the system says about the failure.
        match quietly(|| match write() {
            -1 if interrupted() => Ok(0),
            -1 => Err(last_failure(ERROR_NO_DATA)),
            count => Ok(count as u32),
        }) {
            Ok(count) => done += count,
            Err(failed) => {
                result = failed;
                break;
            }
        }
    }
    if !written.is_null() {
        // SAFETY: the caller vouches for the pointer.
        unsafe { written.write(done) };
    }
    result
}

/// `GetLastError`: why the last of these functions failed on this thread.
#[unsafe(no_mangle)]
pub(crate) extern "system" fn GetLastError() -> WIN32_ERROR {
    LAST_ERROR.get()
}
