//! Standard streams as handles of the operating system: what a caller gets in `HCS_PROCESS_INFORMATION`.
//!
//! Each stream is a pipe of the host with one end at the caller and a thread at the other, which copies between the pipe and
//! the simulated stream until either side is at its end, and then closes both. An end shows at once where bytes come from, and
//! with the next byte where they go to, as with any relay.
//!
//! Bytes on their way to a process do not fall behind calls that are made after them: see [`settle`].
//!
//! On Windows the caller's ends are named pipes that are open for overlapped use and are not inherited, as the real service's
//! are; elsewhere they are descriptors of pipes.

mod settle;

use std::io::{self, Write};
use std::sync::Arc;

use hcs_api::{Hcs, StreamHandle};
use hcs_sim::Client;
use windows_sys::Win32::Foundation::HANDLE;

pub(crate) use self::settle::settle;
use self::settle::{Bell, Ringing};

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
            let (ours, theirs, bell) = input()?;
            let bell = Ringing::begin(Arc::new(bell));
            thread.spawn(move || copy_in(ours, &simulated, &bell))?;
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
fn copy_in(mut from: Input, to: &Simulated, bell: &Bell) {
    let mut block = vec![0; BLOCK];
    while let Some(count @ 1..) = from.next(&mut block, bell) {
        let mut bytes = &block[..count];
        while !bytes.is_empty() {
            // Whoever waits until everything has arrived need not wait for room that only the process can make.
            let is_stuck = !to.client.is_stream_ready(to.stream);
            bell.set_stuck(is_stuck);
            match to.client.write_stream(to.stream, bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(_) => return,
            }
            if is_stuck {
                bell.set_stuck(false);
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
    use std::io::{self, PipeReader, PipeWriter, Read};
    use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

    use windows_sys::Win32::Foundation::HANDLE;

    use super::settle::Bell;
    pub(crate) use crate::kernel::quietly;

    pub(crate) type End = OwnedFd;
    /// What wakes a thread that waits for bytes.
    pub(crate) type Wake = PipeWriter;

    pub(crate) fn wake(mut wake: &Wake) {
        // The thread is woken by one byte as by many.
        _ = quietly(|| io::Write::write(&mut wake, &[0]));
    }

    /// Our end of a pipe into which the caller writes.
    pub(crate) struct Input {
        pipe: PipeReader,
        woken: PipeReader,
    }

    impl Input {
        /// The next bytes, when there are some; `None` or none at the end. Answers the bell meanwhile.
        pub(crate) fn next(&mut self, block: &mut [u8], bell: &Bell) -> Option<usize> {
            loop {
                let asked = bell.asked();
                let ready = |descriptor| libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
                let mut both = [ready(self.pipe.as_raw_fd()), ready(self.woken.as_raw_fd())];
                let patience = if bell.is_answered(asked) { -1 } else { 0 };
                // SAFETY: two records, and their descriptors are open.
                let told = unsafe { libc::poll(both.as_mut_ptr(), 2, patience) };
                if told < 0 {
                    match io::Error::last_os_error().kind() {
                        io::ErrorKind::Interrupted => continue,
                        _ => return None,
                    }
                }
                if both[0].revents != 0 {
                    return self.pipe.read(block).ok();
                }
                if both[1].revents != 0 {
                    self.woken.read_exact(&mut [0]).ok()?;
                }
                bell.answer(asked);
            }
        }
    }

    /// A pipe into which the caller writes: our end, the caller's, and what is rung to have it looked through.
    pub(crate) fn input() -> io::Result<(Input, End, Bell)> {
        let (pipe, writer) = io::pipe()?;
        let (woken, wake) = io::pipe()?;
        Ok((Input { pipe, woken }, distinct(writer.into())?, Bell::new(wake)))
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
    use std::os::windows::io::{AsRawHandle, FromRawHandle, IntoRawHandle, OwnedHandle};
    use std::ptr::{null, null_mut};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use windows_sys::Win32::Foundation::{
        ERROR_IO_PENDING, GENERIC_READ, GENERIC_WRITE, GetLastError, HANDLE, INVALID_HANDLE_VALUE, WAIT_FAILED,
        WAIT_OBJECT_0,
    };
    use windows_sys::Win32::Storage::FileSystem::{
        CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_INBOUND,
        PIPE_ACCESS_OUTBOUND, ReadFile,
    };
    use windows_sys::Win32::System::IO::{GetOverlappedResult, OVERLAPPED};
    use windows_sys::Win32::System::Pipes::{
        CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_WAIT,
    };
    use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, SetEvent, WaitForMultipleObjects};

    use super::settle::Bell;
    use crate::text::units;

    pub(crate) type End = OwnedHandle;

    /// What wakes a thread that waits for bytes: an event, which it resets.
    pub(crate) type Wake = Arc<OwnedHandle>;

    pub(crate) fn wake(wake: &Wake) {
        // SAFETY: the event is open.
        unsafe { SetEvent(wake.as_raw_handle()) };
    }

    fn event(resets_by_hand: bool) -> io::Result<OwnedHandle> {
        // SAFETY: nobody inherits the event, which has no name; one that is made is owned from here on.
        unsafe {
            let event = CreateEventW(null(), i32::from(resets_by_hand), 0, null());
            if event.is_null() { Err(io::Error::last_os_error()) } else { Ok(OwnedHandle::from_raw_handle(event)) }
        }
    }

    /// Our end of a pipe into which the caller writes. It is open for overlapped use too, so that its thread can wait for
    /// something else beside.
    pub(crate) struct Input {
        pipe: File,
        read: OwnedHandle,
        woken: Wake,
    }

    impl Input {
        /// The next bytes, when there are some; `None` or none at the end. Answers the bell meanwhile.
        pub(crate) fn next(&mut self, block: &mut [u8], bell: &Bell) -> Option<usize> {
            let (pipe, events) = (self.pipe.as_raw_handle(), [self.read.as_raw_handle(), self.woken.as_raw_handle()]);
            let mut record = OVERLAPPED { hEvent: events[0], ..OVERLAPPED::default() };
            let room = u32::try_from(block.len()).unwrap_or(u32::MAX);
            // SAFETY: the handles are open, the block has so much room, and both outlive the read: this returns only when it is over.
            unsafe {
                if ReadFile(pipe, block.as_mut_ptr(), room, null_mut(), &raw mut record) == 0
                    && GetLastError() != ERROR_IO_PENDING
                {
                    return None;
                }
                loop {
                    let asked = bell.asked();
                    let patience = if bell.is_answered(asked) { INFINITE } else { 0 };
                    // The first of those that have something to tell is told: that of the read, if it is over.
                    match WaitForMultipleObjects(2, events.as_ptr(), 0, patience) {
                        WAIT_OBJECT_0 | WAIT_FAILED => break,
                        _ => bell.answer(asked),
                    }
                }
                let mut count = 0;
                (GetOverlappedResult(pipe, &raw const record, &raw mut count, 1) != 0).then_some(count as usize)
            }
        }
    }

    /// A pipe into which the caller writes: our end, the caller's, and what is rung to have it looked through.
    pub(crate) fn input() -> io::Result<(Input, End, Bell)> {
        let (pipe, theirs) = pair(PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED, GENERIC_WRITE)?;
        let woken = Arc::new(event(false)?);
        Ok((Input { pipe, read: event(true)?, woken: woken.clone() }, theirs, Bell::new(woken)))
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
            let client = CreateFileW(name.as_ptr(), theirs, 0, null(), OPEN_EXISTING, FILE_FLAG_OVERLAPPED, null_mut());
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

use host::{End, Input, input, output, quietly, released};
