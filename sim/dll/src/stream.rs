//! Standard streams as handles of the operating system: what a caller gets in `HCS_PROCESS_INFORMATION`.
//!
//! Each stream is a pipe of the host with one end at the caller and a thread at the other, which copies between the pipe and
//! the simulated stream until either side is at its end, and then closes both. An end shows at once where bytes come from, and
//! with the next byte where they go to, as with any relay.
//!
//! On Windows the caller's ends are named pipes that are open for overlapped use and are not inherited, as the real service's
//! are; elsewhere they are descriptors of pipes.

use std::io::{self, Read, Write};

use hcs_api::{Hcs, StreamHandle};
use hcs_sim::Client;
use windows_sys::Win32::Foundation::HANDLE;

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
    /// The caller's end.
    End(End),
}

impl Lent {
    /// The handle, which the caller closes.
    pub(crate) fn give(self) -> HANDLE {
        match self {
            Lent::Nothing(handle) => core::ptr::without_provenance_mut(handle.0 as usize),
            Lent::End(end) => released(end),
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
    let thread = std::thread::Builder::new().name("hcs-sim stream".to_owned());
    match standard {
        Standard::Input => {
            let (ours, theirs) = input()?;
            thread.spawn(move || copy_in(ours, &simulated))?;
            Ok(Lent::End(theirs))
        }
        Standard::Output => {
            let (ours, theirs) = output()?;
            thread.spawn(move || {
                copy_out(&simulated, &ours);
                // Who sees the end finds nothing open any more.
                drop(simulated);
                drop(ours);
            })?;
            Ok(Lent::End(theirs))
        }
    }
}

/// Copies what the caller writes, until it closes its end or the process does.
fn copy_in(mut from: impl Read, to: &Simulated) {
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
fn copy_out<W>(from: &Simulated, mut to: &W)
where
    for<'a> &'a W: Write,
{
    let mut block = vec![0; BLOCK];
    while let Ok(count @ 1..) = from.client.read_stream(from.stream, &mut block) {
        if quietly(|| to.write_all(&block[..count])).is_err() {
            return;
        }
    }
}

#[cfg(unix)]
mod host {
    use std::io::{self, PipeReader, PipeWriter};
    use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

    use windows_sys::Win32::Foundation::HANDLE;

    pub(crate) use crate::kernel::quietly;

    pub(crate) type End = OwnedFd;

    /// A pipe into which the caller writes: our end and the caller's.
    pub(crate) fn input() -> io::Result<(PipeReader, End)> {
        let (reader, writer) = io::pipe()?;
        Ok((reader, distinct(writer.into())?))
    }

    /// A pipe from which the caller reads: our end and the caller's.
    pub(crate) fn output() -> io::Result<(PipeWriter, End)> {
        let (reader, writer) = io::pipe()?;
        Ok((writer, distinct(reader.into())?))
    }

    /// The descriptor, as wide as a handle.
    pub(crate) fn released(end: End) -> HANDLE {
        core::ptr::without_provenance_mut(end.into_raw_fd() as usize)
    }

    /// An end that can be told from NULL: descriptor 0 is free in a program that has closed its own standard input.
    fn distinct(end: End) -> io::Result<End> {
        if end.as_raw_fd() == 0 { end.try_clone() } else { Ok(end) }
    }
}

#[cfg(windows)]
mod host {
    use std::fs::File;
    use std::io;
    use std::os::windows::io::{FromRawHandle, IntoRawHandle, OwnedHandle};
    use std::ptr::null;
    use std::sync::atomic::{AtomicU32, Ordering};

    use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE};
    use windows_sys::Win32::Storage::FileSystem::{
        CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_INBOUND,
        PIPE_ACCESS_OUTBOUND,
    };
    use windows_sys::Win32::System::Pipes::{
        CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_WAIT,
    };

    use crate::text::units;

    pub(crate) type End = OwnedHandle;

    /// A pipe into which the caller writes: our end and the caller's.
    pub(crate) fn input() -> io::Result<(File, End)> {
        pair(PIPE_ACCESS_INBOUND, GENERIC_WRITE)
    }

    /// A pipe from which the caller reads: our end and the caller's.
    pub(crate) fn output() -> io::Result<(File, End)> {
        pair(PIPE_ACCESS_OUTBOUND, GENERIC_READ)
    }

    /// A named pipe of which one end is ours and the only other one the caller's.
    fn pair(ours: u32, theirs: u32) -> io::Result<(File, End)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = units(&format!(r"\\.\pipe\hcs-sim-{}-{number}", std::process::id()));
        let mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
        let room = super::BLOCK as u32;
        // SAFETY: the name ends with a zero; nobody inherits the handles; those that are valid are owned from here on.
        unsafe {
            let access = ours | FILE_FLAG_FIRST_PIPE_INSTANCE;
            let server = CreateNamedPipeW(name.as_ptr(), access, mode, 1, room, room, 0, null());
            if server == INVALID_HANDLE_VALUE {
                return Err(io::Error::last_os_error());
            }
            let server = File::from_raw_handle(server);
            let client = CreateFileW(
                name.as_ptr(),
                theirs,
                0,
                null(),
                OPEN_EXISTING,
                FILE_FLAG_OVERLAPPED,
                std::ptr::null_mut(),
            );
            if client == INVALID_HANDLE_VALUE {
                return Err(io::Error::last_os_error());
            }
            Ok((server, End::from_raw_handle(client)))
        }
    }

    pub(crate) fn released(end: End) -> HANDLE {
        end.into_raw_handle()
    }

    /// A broken pipe is an error here and nothing else.
    pub(crate) fn quietly<R>(write: impl FnOnce() -> R) -> R {
        write()
    }
}

use host::{End, input, output, quietly, released};
