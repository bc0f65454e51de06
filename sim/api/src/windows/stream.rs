//! Standard streams: pipes of the service, read and written by threads for futures.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, ERROR_INVALID_HANDLE, ERROR_IO_PENDING,
    ERROR_NO_DATA, GetLastError, HANDLE, WIN32_ERROR,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::CreateEventW;
use windows_sys::core::BOOL;

use super::{Windows, lock, raw};
use crate::hcs::StreamHandle;

/// How much a future reads or writes at once.
const BLOCK: usize = 64 << 10;

/// How often a read is cancelled that does not end, with a pause of [`CANCEL_PAUSE`] between.
const CANCELS: u32 = 100;
const CANCEL_PAUSE: Duration = Duration::from_millis(10);

/// A stream that futures use. The service's pipes have no readiness to wait for, so that a thread reads or writes for them, one
/// block at a time; what it has read stays here until somebody takes it.
#[derive(Default)]
pub(super) struct Lane {
    state: Mutex<LaneState>,
    idle: Condvar,
}

#[derive(Default)]
struct LaneState {
    /// A thread is at work, for a reader or for a writer.
    running: bool,
    reads: bool,
    /// What was read and not taken yet. Empty is the end, told once.
    read: Option<Vec<u8>>,
    failure: Option<io::Error>,
    waker: Option<Waker>,
    /// The stream is closed, and the thread closes the handle when it is done with it.
    close: bool,
}

impl LaneState {
    /// Takes of what was read as much as fits, or the failure. `None` when there is nothing.
    fn take(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        if let Some(error) = self.failure.take() {
            return Some(Err(error));
        }
        let mut bytes = self.read.take()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        bytes.drain(..count);
        if !bytes.is_empty() {
            self.read = Some(bytes);
        }
        Some(Ok(count))
    }
}

impl Lane {
    /// Waits until no thread is at work.
    fn idle(&self) -> MutexGuard<'_, LaneState> {
        let state = lock(&self.state);
        self.idle.wait_while(state, |state| state.running).unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a thread that reads or writes once.
    fn start(
        self: Arc<Self>,
        state: &mut LaneState,
        stream: StreamHandle,
        reads: bool,
        work: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
    ) -> io::Result<()> {
        let lane = self;
        std::thread::Builder::new().name("hcs stream".to_owned()).spawn(move || {
            let outcome = work();
            let mut state = lock(&lane.state);
            match outcome {
                Ok(bytes) if reads => state.read = Some(bytes),
                Ok(_) => {}
                Err(error) => state.failure = Some(error),
            }
            state.running = false;
            let waker = state.waker.take();
            if state.close {
                close(stream);
            }
            drop(state);
            lane.idle.notify_all();
            if let Some(waker) = waker {
                waker.wake();
            }
        })?;
        (state.running, state.reads) = (true, reads);
        Ok(())
    }

    /// The stream is closed. Answers whether the caller is to close the handle: not while a thread still uses it.
    fn end(&self, stream: StreamHandle) -> bool {
        let mut state = lock(&self.state);
        state.waker = None;
        if !state.reads {
            // What was taken to be written still is.
            state.close = state.running;
            return !state.running;
        }
        // The thread may be just before its read, where there is nothing to cancel yet.
        for _ in 0..CANCELS {
            if !state.running {
                return true;
            }
            // SAFETY: the handle is open for as long as the thread runs.
            unsafe { CancelIoEx(raw(stream.0), core::ptr::null()) };
            let waited = self.idle.wait_timeout(state, CANCEL_PAUSE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.close = state.running;
        !state.running
    }
}

/// Runs a read or a write to its end, on a handle that is open for overlapped use or not.
fn transfer(stream: StreamHandle, call: impl FnOnce(HANDLE, *mut OVERLAPPED) -> BOOL) -> Result<usize, WIN32_ERROR> {
    /// Closes the event.
    struct Event(HANDLE);
    impl Drop for Event {
        fn drop(&mut self) {
            // SAFETY: the event is this one's own.
            unsafe { CloseHandle(self.0) };
        }
    }
    // SAFETY: every argument is optional. A manual event, because `GetOverlappedResult` asks for one.
    let event = Event(unsafe { CreateEventW(core::ptr::null(), 1, 0, core::ptr::null()) });
    if event.0.is_null() {
        // SAFETY: the call has no requirements.
        return Err(unsafe { GetLastError() });
    }
    let handle = raw(stream.0);
    let mut overlapped = OVERLAPPED { hEvent: event.0, ..Default::default() };
    let mut count = 0;
    // SAFETY: what a call that has failed says is about this thread's call.
    let error = || unsafe { GetLastError() };
    if call(handle, &raw mut overlapped) == 0 {
        match error() {
            ERROR_IO_PENDING => {}
            code => return Err(code),
        }
    }
    // SAFETY: the structure and the buffer of the call live until this returns, which is when the transfer is over.
    match unsafe { GetOverlappedResult(handle, &raw const overlapped, &raw mut count, 1) } {
        0 => Err(error()),
        _ => Ok(count as usize),
    }
}

fn failure(code: WIN32_ERROR) -> io::Error {
    match code {
        ERROR_BROKEN_PIPE | ERROR_NO_DATA => io::ErrorKind::BrokenPipe.into(),
        // No handle, or one of the other direction.
        ERROR_INVALID_HANDLE | ERROR_ACCESS_DENIED => {
            io::Error::new(io::ErrorKind::InvalidInput, io::Error::from_raw_os_error(code as i32))
        }
        code => io::Error::from_raw_os_error(code as i32),
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn read(stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize> {
    let (count, pointer) = (length(buffer), buffer.as_mut_ptr());
    // SAFETY: the buffer is as long as is said, and outlives the transfer.
    match transfer(stream, |handle, on| unsafe { ReadFile(handle, pointer, count, core::ptr::null_mut(), on) }) {
        Err(ERROR_BROKEN_PIPE | ERROR_NO_DATA | ERROR_HANDLE_EOF) => Ok(0),
        other => other.map_err(failure),
    }
}

fn write(stream: StreamHandle, bytes: &[u8]) -> io::Result<usize> {
    let (count, pointer) = (length(bytes), bytes.as_ptr());
    // SAFETY: the bytes are as many as is said, and outlive the transfer.
    transfer(stream, |handle, on| unsafe { WriteFile(handle, pointer, count, core::ptr::null_mut(), on) })
        .map_err(failure)
}

fn close(stream: StreamHandle) {
    // SAFETY: the handle is the caller's own to close; a bad one is an error that nobody asks for.
    unsafe { CloseHandle(raw(stream.0)) };
}

impl Windows {
    /// The lane of a stream that a future uses.
    fn lane(&self, stream: StreamHandle) -> Arc<Lane> {
        lock(&self.0.lanes).entry(stream.0).or_default().clone()
    }

    pub(super) fn read_from(&self, stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize> {
        let lane = lock(&self.0.lanes).get(&stream.0).cloned();
        match lane.and_then(|lane| lane.idle().take(buffer)) {
            Some(taken) => taken,
            None => read(stream, buffer),
        }
    }

    pub(super) fn write_to(&self, stream: StreamHandle, bytes: &[u8]) -> io::Result<usize> {
        let lane = lock(&self.0.lanes).get(&stream.0).cloned();
        match lane.and_then(|lane| lane.idle().failure.take()) {
            Some(error) => Err(error),
            None => write(stream, bytes),
        }
    }

    pub(super) fn close_lane(&self, stream: StreamHandle) {
        let lane = lock(&self.0.lanes).remove(&stream.0);
        if lane.is_none_or(|lane| lane.end(stream)) {
            close(stream);
        }
    }

    pub(super) fn poll_read_from(
        &self,
        stream: StreamHandle,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let lane = self.lane(stream);
        let mut state = lock(&lane.state);
        if !state.running {
            if let Some(taken) = state.take(buffer) {
                return Poll::Ready(taken);
            }
            let limit = buffer.len().min(BLOCK);
            let work = move || {
                let mut bytes = vec![0; limit];
                let count = read(stream, &mut bytes)?;
                bytes.truncate(count);
                Ok(bytes)
            };
            if let Err(error) = lane.clone().start(&mut state, stream, true, work) {
                return Poll::Ready(Err(error));
            }
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// What is taken is on its way: a future that is dropped then neither loses nor doubles it. A failure is told to the next
    /// who writes.
    pub(super) fn poll_write_to(
        &self,
        stream: StreamHandle,
        bytes: &[u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let lane = self.lane(stream);
        let mut state = lock(&lane.state);
        if state.running {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        if let Some(error) = state.failure.take() {
            return Poll::Ready(Err(error));
        }
        let bytes = bytes[..bytes.len().min(BLOCK)].to_vec();
        let count = bytes.len();
        let work = move || {
            let mut left = &bytes[..];
            while !left.is_empty() {
                left = &left[write(stream, left)?..];
            }
            Ok(Vec::new())
        };
        Poll::Ready(lane.clone().start(&mut state, stream, false, work).map(|()| count))
    }
}
