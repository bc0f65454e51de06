//! Off Windows: the functions of `kernel32.dll` that programs use the handles of this library with.
//!
//! | file | what is there |
//! |---|---|
//! | `file` | `ReadFile`, `WriteFile`, over descriptors |
//! | `overlapped` | the same in the background: `GetOverlappedResult`, `CancelIoEx` |
//! | `event` | `CreateEventW`, `SetEvent`, `ResetEvent`, `WaitForSingleObject` |
//!
//! A handle is a descriptor, or an object's number, which no descriptor can be. Both are closed by `CloseHandle`.

mod event;
mod file;
mod overlapped;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{DiskHandle, VirtualDisks};
use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_GEN_FAILURE, ERROR_INVALID_HANDLE, ERROR_NO_DATA, HANDLE, WIN32_ERROR,
};
use windows_sys::core::BOOL;

pub use event::{CreateEventW, ResetEvent, SetEvent, WaitForSingleObject};
pub(crate) use file::quietly;
pub use file::{ReadFile, WriteFile};
pub use overlapped::{CancelIoEx, GetOverlappedResult};

use event::Event;

/// The bit that tells an object's number from a descriptor.
const OBJECT: u64 = 1 << 40;

/// What has a handle that is no descriptor.
#[derive(Clone)]
pub(crate) enum Object {
    Event(Arc<Event>),
    Disk(DiskHandle),
}

/// The objects of this process that have handles, by their numbers; the last number comes first.
static OBJECTS: Mutex<(u64, BTreeMap<u64, Object>)> = Mutex::new((OBJECT, BTreeMap::new()));

thread_local! {
    static LAST_ERROR: Cell<WIN32_ERROR> = const { Cell::new(0) };
}

/// The descriptor behind a handle, or one that is none.
fn descriptor(handle: HANDLE) -> i32 {
    i32::try_from(handle.addr()).ok().filter(|descriptor| *descriptor != 0).unwrap_or(-1)
}

/// The object behind a handle.
pub(crate) fn object(handle: HANDLE) -> Option<Object> {
    OBJECTS.lock().unwrap_or_else(PoisonError::into_inner).1.get(&(handle.addr() as u64)).cloned()
}

/// The event behind a handle.
fn event(handle: HANDLE) -> Option<Arc<Event>> {
    match object(handle) {
        Some(Object::Event(event)) => Some(event),
        _ => None,
    }
}

/// A handle of an object.
pub(crate) fn new_handle(object: Object) -> HANDLE {
    let mut objects = OBJECTS.lock().unwrap_or_else(PoisonError::into_inner);
    objects.0 += 4;
    let number = objects.0;
    objects.1.insert(number, object);
    core::ptr::without_provenance_mut(number as usize)
}

/// A failure, which `GetLastError` then tells.
fn failed(error: WIN32_ERROR) -> BOOL {
    LAST_ERROR.set(error);
    0
}

/// What the last call of the system failed with; `broken` is what a broken pipe is called.
fn last_failure(broken: WIN32_ERROR) -> WIN32_ERROR {
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EPIPE) => broken,
        Some(libc::EBADF) => ERROR_INVALID_HANDLE,
        _ => ERROR_GEN_FAILURE,
    }
}

/// `GetLastError`: why the last of these functions failed on this thread.
#[unsafe(no_mangle)]
pub extern "system" fn GetLastError() -> WIN32_ERROR {
    LAST_ERROR.get()
}

/// `SetLastError`
#[unsafe(no_mangle)]
pub extern "system" fn SetLastError(error: WIN32_ERROR) {
    LAST_ERROR.set(error);
}

/// `CloseHandle`: what is read or written in the background on a descriptor is cancelled.
///
/// # Safety
/// The descriptor is the caller's to close, and what it reads or writes in the background can be written to still.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CloseHandle(handle: HANDLE) -> BOOL {
    if handle.addr() as u64 >= OBJECT {
        let object = OBJECTS.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&(handle.addr() as u64));
        return match object {
            Some(Object::Event(_)) => 1,
            Some(Object::Disk(disk)) => {
                crate::world::client().close_disk(disk);
                1
            }
            None => failed(ERROR_INVALID_HANDLE),
        };
    }
    overlapped::cancel(handle, core::ptr::null());
    // SAFETY: the descriptor is the caller's to close.
    match unsafe { libc::close(descriptor(handle)) } {
        0 => 1,
        _ => failed(last_failure(ERROR_BROKEN_PIPE)),
    }
}

/// What nobody reads any more is called.
const NOBODY_READS: WIN32_ERROR = ERROR_NO_DATA;
