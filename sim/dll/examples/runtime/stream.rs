//! A standard stream of a process: the service gives a handle that is open for overlapped use.

use std::io::{self, Read, Write};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::CreateEventW;

/// One end of a pipe, to read or to write.
pub(crate) struct Stream {
    pipe: HANDLE,
    /// Signalled when what was begun has ended.
    event: HANDLE,
}

// SAFETY: handles of Windows belong to the process, not to a thread.
unsafe impl Send for Stream {}

impl Stream {
    /// What the service gave: nothing, where nobody asked for a stream.
    pub(crate) fn new(pipe: HANDLE) -> Option<Stream> {
        if pipe.is_null() || pipe == INVALID_HANDLE_VALUE {
            return None;
        }
        // SAFETY: neither attributes nor a name are needed.
        Some(Stream { pipe, event: unsafe { CreateEventW(null(), 1, 0, null()) } })
    }

    /// Begins something and waits until it has ended: how many bytes were moved.
    fn wait(&self, begin: impl FnOnce(*mut OVERLAPPED) -> i32) -> Result<usize, WIN32_ERROR> {
        let mut record = OVERLAPPED { hEvent: self.event, ..OVERLAPPED::default() };
        let mut count = 0;
        // SAFETY: the record and the buffer of what is begun live until it has ended, which this waits for.
        unsafe {
            let begun = begin(&raw mut record) != 0 || GetLastError() == ERROR_IO_PENDING;
            let ended = begun && GetOverlappedResult(self.pipe, &raw const record, &raw mut count, 1) != 0;
            if ended { Ok(count as usize) } else { Err(GetLastError()) }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().try_into().unwrap_or(u32::MAX);
        // SAFETY: the handle is live, and the buffer has so much room.
        let read = self.wait(|record| unsafe { ReadFile(self.pipe, buffer.as_mut_ptr(), room, null_mut(), record) });
        match read {
            // The other end is closed: there is no more.
            Err(ERROR_BROKEN_PIPE) => Ok(0),
            other => other.map_err(failed),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().try_into().unwrap_or(u32::MAX);
        // SAFETY: the handle is live, and there are so many bytes.
        self.wait(|record| unsafe { WriteFile(self.pipe, bytes.as_ptr(), count, null_mut(), record) }).map_err(failed)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: both are the stream's own.
        unsafe {
            CloseHandle(self.pipe);
            CloseHandle(self.event);
        }
    }
}

fn failed(code: WIN32_ERROR) -> io::Error {
    io::Error::other(format!("a process's stream failed with {code}"))
}
