//! Streams of processes: each is used by one thread at a time, as whoever owns a descriptor must.

use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_IO_PENDING, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};

use crate::player::{Kind, Player};

/// A stream, and what goes on with it in the background.
pub(crate) struct Stream {
    handle: usize,
    input: bool,
    pending: Vec<Work>,
}

struct Work {
    record: Box<OVERLAPPED>,
    buffer: Box<[u8]>,
}

// SAFETY: records and buffers are moved between threads as boxes, whose memory stays where it is.
unsafe impl Send for Work {}

/// Those that nobody uses now.
pub(crate) static STREAMS: Mutex<Vec<Stream>> = Mutex::new(Vec::new());

impl Stream {
    pub(crate) fn of(handle: HANDLE, input: bool) -> Option<Stream> {
        let there = !handle.is_null() && handle != INVALID_HANDLE_VALUE;
        there.then(|| Stream { handle: handle.addr(), input, pending: Vec::new() })
    }

    fn handle(&self) -> HANDLE {
        std::ptr::without_provenance_mut(self.handle)
    }

    /// Whether a read or a write of few bytes ends at once.
    fn is_ready(&self) -> bool {
        let events = if self.input { libc::POLLOUT } else { libc::POLLIN };
        let mut poll = libc::pollfd { fd: self.handle as i32, events, revents: 0 };
        // SAFETY: there is one entry.
        unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
    }

    /// Closes it, and waits until nothing goes on.
    pub(crate) fn close(self) {
        // SAFETY: the handle is this stream's, and the records live until they have ended.
        unsafe {
            assert_eq!(CloseHandle(self.handle()), 1);
            for work in &self.pending {
                let mut moved = 0;
                GetOverlappedResult(self.handle(), &raw const *work.record, &raw mut moved, 1);
                assert!(moved as usize <= work.buffer.len());
            }
        }
    }
}

impl Player {
    /// Does something with a stream, if there is one.
    fn with_stream(&mut self, use_it: impl FnOnce(&mut Player, &mut Stream)) {
        let mut streams = STREAMS.lock().unwrap_or_else(PoisonError::into_inner);
        if streams.is_empty() {
            return;
        }
        let at = self.random.below(streams.len());
        let mut stream = streams.swap_remove(at);
        drop(streams);
        use_it(self, &mut stream);
        STREAMS.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
    }

    pub(crate) fn close_stream(&mut self) {
        let mut streams = STREAMS.lock().unwrap_or_else(PoisonError::into_inner);
        // Those in use are few: a few are left for others.
        if streams.len() > self.random.below(6) {
            let at = self.random.below(streams.len());
            let stream = streams.swap_remove(at);
            drop(streams);
            stream.close();
        }
    }

    /// Reads or writes, at once or in the background; `input` is where it writes.
    pub(crate) fn move_bytes(&mut self, write: bool) {
        if self.random.once_in(6) {
            let handle = Player::no_descriptor(self.handle(Kind::Event));
            return self.move_on(&mut Stream { handle: handle.addr(), input: write, pending: Vec::new() }, write);
        }
        self.with_stream(|player, stream| player.move_on(stream, write));
    }

    fn move_on(&mut self, stream: &mut Stream, write: bool) {
        let most = if self.random.once_in(8) { 100_000 } else { 600 };
        let length = self.random.below(most);
        let in_background = self.random.once_in(2) && stream.pending.len() < 4;
        // What goes on in the background could take what is ready, and who reads or writes at once would wait.
        let is_prompt = stream.pending.is_empty() && stream.is_ready();
        if !in_background && !is_prompt {
            return;
        }
        // Without a background a write may not be more than fits.
        let length = if in_background { length } else { length.min(4_096) };
        let mut buffer = vec![b'e'; length].into_boxed_slice();
        let mut record = Box::new(OVERLAPPED { hEvent: self.handle(Kind::Event), ..OVERLAPPED::default() });
        let overlapped = if in_background { &raw mut *record } else { std::ptr::null_mut() };
        let mut moved = 0;
        let counted = if self.random.once_in(2) { &raw mut moved } else { std::ptr::null_mut() };
        // SAFETY: buffer and record live until the work has ended: in the stream, if it goes on.
        let (ended, error) = unsafe {
            let ended = match write {
                true => WriteFile(stream.handle(), buffer.as_ptr(), length as u32, counted, overlapped),
                false => ReadFile(stream.handle(), buffer.as_mut_ptr(), length as u32, counted, overlapped),
            };
            (ended, GetLastError())
        };
        assert!(moved as usize <= length);
        if ended == 0 && in_background && error == ERROR_IO_PENDING {
            stream.pending.push(Work { record, buffer });
        }
    }

    /// Asks whether something in the background has ended, after it was cancelled or without.
    pub(crate) fn ask(&mut self, cancel: bool) {
        self.with_stream(|player, stream| {
            let at = player.random.below(stream.pending.len() + 1);
            let record = stream.pending.get(at).map_or(std::ptr::null(), |work| &raw const *work.record);
            let none = OVERLAPPED::default();
            let mut moved = 0;
            // SAFETY: the record is one that lives, or zeros.
            let ended = unsafe {
                if cancel {
                    CancelIoEx(stream.handle(), record);
                }
                let asked = if record.is_null() { &raw const none } else { record };
                let wait = (cancel && !record.is_null()).into();
                GetOverlappedResult(stream.handle(), asked, &raw mut moved, wait);
                // Also a failure ends it; only one that goes on has to be kept.
                GetOverlappedResult(stream.handle(), asked, &raw mut moved, 0) == 1 || GetLastError() != 996
            };
            if ended && at < stream.pending.len() {
                let work = stream.pending.swap_remove(at);
                assert!(moved as usize <= work.buffer.len());
            }
        });
    }
}
