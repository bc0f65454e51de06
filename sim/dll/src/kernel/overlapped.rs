//! Reading and writing in the background, with an `OVERLAPPED`.
//!
//! What cannot be done at once is done by a thread with a descriptor of its own, so that closing the caller's is no danger. It
//! ends with the bytes, with the pipe, or when it is cancelled.

use std::collections::BTreeMap;
use std::io::{self, PipeWriter};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_INVALID_HANDLE, ERROR_IO_INCOMPLETE, ERROR_IO_PENDING, ERROR_NO_SYSTEM_RESOURCES,
    ERROR_NOT_FOUND, ERROR_OPERATION_ABORTED, HANDLE, STATUS_PENDING, WIN32_ERROR,
};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::BOOL;

use super::file::{quietly, read, write};
use super::{descriptor, event, failed, last_failure};

/// Where bytes go, or where they come from.
#[derive(Clone, Copy)]
pub(super) enum Buffer {
    In(*mut u8),
    Out(*const u8),
}

// SAFETY: whoever gives a buffer for work in the background vouches that it lives, and is left alone, until that ends.
unsafe impl Send for Buffer {}

/// An `OVERLAPPED` that travels to a thread.
#[derive(Clone, Copy)]
struct Record(*mut OVERLAPPED);

// SAFETY: as for buffers.
unsafe impl Send for Record {}

/// What goes on in the background: the handle, and the end whose closing cancels it.
struct Pending {
    handle: usize,
    cancel: PipeWriter,
}

/// Everything that goes on, by the address of its `OVERLAPPED`.
static PENDING: Mutex<BTreeMap<usize, Pending>> = Mutex::new(BTreeMap::new());
static ENDED: Condvar = Condvar::new();

/// Begins to read or write. Answers as `ReadFile` and `WriteFile` do.
///
/// # Safety
/// Both live until it has ended, and the buffer has as many bytes as is said.
pub(super) unsafe fn begin(
    handle: HANDLE,
    buffer: Buffer,
    bytes: u32,
    moved: *mut u32,
    record: *mut OVERLAPPED,
) -> BOOL {
    // SAFETY: the caller vouches for all of it.
    unsafe {
        if !moved.is_null() {
            moved.write(0);
        }
        if let Some(event) = event((*record).hEvent) {
            event.reset();
        }
        let begun = (|| -> io::Result<_> {
            let own = libc::fcntl(descriptor(handle), libc::F_DUPFD_CLOEXEC, 3);
            if own == -1 {
                return Err(io::Error::last_os_error());
            }
            let own = OwnedFd::from_raw_fd(own);
            let (cancelled, cancel) = io::pipe()?;
            Ok((own, cancelled, cancel))
        })();
        let (own, cancelled, cancel) = match begun {
            Ok(begun) => begun,
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => return failed(ERROR_INVALID_HANDLE),
            Err(_) => return failed(ERROR_NO_SYSTEM_RESOURCES),
        };
        status(record).store(STATUS_PENDING as usize, Ordering::Release);
        (*record).InternalHigh = 0;
        PENDING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(record.addr(), Pending { handle: handle.addr(), cancel });
        let record = Record(record);
        let work = move || {
            let record = record;
            let (done, error) = run(&own, &cancelled, buffer, bytes);
            end(record, done, error);
        };
        match std::thread::Builder::new().name("hcs-sim overlapped".to_owned()).spawn(work) {
            Ok(_) => failed(ERROR_IO_PENDING),
            Err(_) => {
                end(record, 0, ERROR_NO_SYSTEM_RESOURCES);
                failed(ERROR_NO_SYSTEM_RESOURCES)
            }
        }
    }
}

/// Reads some bytes or writes all, unless it is cancelled. How many were moved, and what went wrong, or 0.
fn run(own: &OwnedFd, cancelled: &impl AsRawFd, buffer: Buffer, bytes: u32) -> (u32, WIN32_ERROR) {
    let events = if matches!(buffer, Buffer::In(_)) { libc::POLLIN } else { libc::POLLOUT };
    let mut done = 0;
    loop {
        let mut both = [
            libc::pollfd { fd: own.as_raw_fd(), events, revents: 0 },
            libc::pollfd { fd: cancelled.as_raw_fd(), events: libc::POLLIN, revents: 0 },
        ];
        // SAFETY: the array is of two entries.
        let ready = unsafe { libc::poll(both.as_mut_ptr(), 2, -1) };
        if ready == -1 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return (done, last_failure(ERROR_BROKEN_PIPE));
        }
        if both[1].revents != 0 {
            return (done, ERROR_OPERATION_ABORTED);
        }
        if both[0].revents == 0 {
            continue;
        }
        // SAFETY: who began this vouches for the buffer; so much of it is done.
        let moved = unsafe {
            match buffer {
                Buffer::In(buffer) => read(own.as_raw_fd(), buffer, bytes),
                // No more than surely fits, so that writing does not block where nothing could cancel it.
                Buffer::Out(buffer) => {
                    write(own.as_raw_fd(), buffer.add(done as usize), (bytes - done).min(libc::PIPE_BUF as u32))
                }
            }
        };
        match moved {
            Ok(count) => done += count,
            Err(error) => return (done, error),
        }
        if done == bytes || matches!(buffer, Buffer::In(_)) {
            return (done, 0);
        }
    }
}

/// The status in an `OVERLAPPED`, which other threads look at.
///
/// # Safety
/// It lives.
unsafe fn status<'a>(record: *mut OVERLAPPED) -> &'a AtomicUsize {
    // SAFETY: the caller vouches for the record; the member is aligned for its type.
    unsafe { AtomicUsize::from_ptr(&raw mut (*record).Internal) }
}

/// What goes on has ended: the record says how, and whoever waits is told.
fn end(Record(record): Record, done: u32, error: WIN32_ERROR) {
    let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the record lives until this end, of which nobody can know before the lock is let go.
    let event = unsafe {
        (*record).InternalHigh = done as usize;
        let event = event((*record).hEvent);
        // The status on Windows is one of the kernel's; here it is the error itself.
        status(record).store(error as usize, Ordering::Release);
        event
    };
    pending.remove(&record.addr());
    drop(pending);
    ENDED.notify_all();
    if let Some(event) = event {
        event.set();
    }
}

/// `GetOverlappedResult`
///
/// # Safety
/// The record is one that work was begun with, or is zeros; `moved` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn GetOverlappedResult(
    _handle: HANDLE,
    record: *const OVERLAPPED,
    moved: *mut u32,
    wait: BOOL,
) -> BOOL {
    let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    while pending.contains_key(&record.addr()) {
        if wait == 0 {
            return failed(ERROR_IO_INCOMPLETE);
        }
        pending = ENDED.wait(pending).unwrap_or_else(PoisonError::into_inner);
    }
    drop(pending);
    // SAFETY: the caller vouches for both.
    unsafe {
        moved.write((*record).InternalHigh as u32);
        match status(record.cast_mut()).load(Ordering::Acquire) as WIN32_ERROR {
            0 => 1,
            error => failed(error),
        }
    }
}

/// `CancelIoEx`: what this record was begun with, or everything of the handle. It ends with `ERROR_OPERATION_ABORTED`.
///
/// # Safety
/// None beyond that of the work that goes on.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CancelIoEx(handle: HANDLE, record: *const OVERLAPPED) -> BOOL {
    if cancel(handle, record) { 1 } else { failed(ERROR_NOT_FOUND) }
}

/// Cancels what goes on. Answers whether anything did.
pub(super) fn cancel(handle: HANDLE, record: *const OVERLAPPED) -> bool {
    let pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = false;
    for (address, work) in pending.iter() {
        if work.handle == handle.addr() && (record.is_null() || *address == record.addr()) {
            found = true;
            // A byte in its pipe ends it. One that is full of them has been told.
            let _ = quietly(|| io::Write::write(&mut &work.cancel, &[0]));
        }
    }
    found
}
