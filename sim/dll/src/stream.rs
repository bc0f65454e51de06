//! Standard streams as handles of the operating system: what a caller gets in `HCS_PROCESS_INFORMATION`.
//!
//! Each stream is a pipe of the host with one end at the caller and a thread at the other, which copies between the pipe and
//! the simulated stream until either side is at its end, and then closes both. An end shows at once where bytes come from, and
//! with the next byte where they go to, as with any relay.
//!
//! The pipes are anonymous. The real service's are named pipes that are open for overlapped use; a later issue makes them so
//! on Windows.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

use hcs_api::{Hcs, StreamHandle};
use hcs_sim::Client;
use windows_sys::Win32::Foundation::HANDLE;

use crate::abi::raw;

/// How much is copied at once.
const BLOCK: usize = 32 << 10;

/// Which way a standard stream goes.
#[derive(Clone, Copy)]
pub(crate) enum Standard {
    /// From the caller to the process.
    Input,
    /// From the process to the caller.
    Output,
}

/// What a caller is to get for one stream. Until it is given it is ours, and closes.
pub(crate) enum Lent {
    /// No stream: NULL or `INVALID_HANDLE_VALUE`, whichever the service says.
    Nothing(StreamHandle),
    /// The end into which the caller writes.
    Writer(PipeWriter),
    /// The end from which the caller reads.
    Reader(PipeReader),
}

impl Lent {
    /// The handle, which the caller closes.
    pub(crate) fn give(self) -> HANDLE {
        match self {
            Lent::Nothing(handle) => raw(handle.0),
            Lent::Writer(end) => released(end),
            Lent::Reader(end) => released(end),
        }
    }
}

/// The simulated stream as its thread has it: closed with the thread, whatever ends that.
struct Simulated {
    client: Client,
    stream: StreamHandle,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.client.close_stream(self.stream);
    }
}

/// Makes a simulated stream one of the operating system.
///
/// # Errors
/// The host's, which has no pipe or no thread left. The stream is then closed.
pub(crate) fn lend(client: &Client, stream: StreamHandle, standard: Standard) -> io::Result<Lent> {
    if !stream.is_some() {
        return Ok(Lent::Nothing(stream));
    }
    let simulated = Simulated { client: client.clone(), stream };
    let (reader, writer) = io::pipe()?;
    let thread = std::thread::Builder::new().name("hcs-sim stream".to_owned());
    match standard {
        Standard::Input => {
            let writer = distinct(writer, PipeWriter::try_clone)?;
            thread.spawn(move || copy_in(reader, &simulated))?;
            Ok(Lent::Writer(writer))
        }
        Standard::Output => {
            let reader = distinct(reader, PipeReader::try_clone)?;
            thread.spawn(move || {
                copy_out(&simulated, &writer);
                // Who sees the end finds nothing open any more.
                drop(simulated);
                drop(writer);
            })?;
            Ok(Lent::Reader(reader))
        }
    }
}

/// Copies what the caller writes, until it closes its end or the process does.
fn copy_in(mut from: PipeReader, to: &Simulated) {
    let mut block = vec![0; BLOCK];
    loop {
        let mut bytes = match from.read(&mut block) {
            Ok(0) => return,
            Ok(count) => &block[..count],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        while !bytes.is_empty() {
            match to.client.write_stream(to.stream, bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(_) => return,
            }
        }
    }
}

/// Copies what the process writes, until its end or until the caller closes its own.
fn copy_out(from: &Simulated, mut to: &PipeWriter) {
    let mut block = vec![0; BLOCK];
    while let Ok(count @ 1..) = from.client.read_stream(from.stream, &mut block) {
        if quietly(|| to.write_all(&block[..count])).is_err() {
            return;
        }
    }
}

#[cfg(unix)]
mod host {
    use std::io;
    use std::os::fd::{AsRawFd, IntoRawFd};

    use windows_sys::Win32::Foundation::HANDLE;

    pub(crate) use crate::handle::quietly;

    /// The descriptor, as wide as a handle.
    pub(crate) fn released(end: impl IntoRawFd) -> HANDLE {
        core::ptr::without_provenance_mut(end.into_raw_fd() as usize)
    }

    /// An end that can be told from NULL: descriptor 0 is free in a program that has closed its own standard input.
    pub(crate) fn distinct<E: AsRawFd>(end: E, again: impl FnOnce(&E) -> io::Result<E>) -> io::Result<E> {
        if end.as_raw_fd() == 0 { again(&end) } else { Ok(end) }
    }
}

#[cfg(windows)]
mod host {
    use std::io;
    use std::os::windows::io::IntoRawHandle;

    use windows_sys::Win32::Foundation::HANDLE;

    pub(crate) fn released(end: impl IntoRawHandle) -> HANDLE {
        end.into_raw_handle()
    }

    /// Handles are never NULL here.
    pub(crate) fn distinct<E>(end: E, _again: impl FnOnce(&E) -> io::Result<E>) -> io::Result<E> {
        Ok(end)
    }

    /// A broken pipe is an error here and nothing else.
    pub(crate) fn quietly<R>(write: impl FnOnce() -> R) -> R {
        write()
    }
}

use host::{distinct, quietly, released};
