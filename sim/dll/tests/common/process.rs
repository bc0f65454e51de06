//! What the tests of processes share: containers, processes with their streams as files.

use std::fs::File;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{operation, take, wait, wide};

/// A handle of the operating system as a file: `None` for NULL and `INVALID_HANDLE_VALUE`.
pub(crate) fn file(handle: HANDLE) -> Option<File> {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return None;
    }
    // SAFETY: the handle is the test's own, and it becomes a file once.
    #[cfg(unix)]
    let file = unsafe { <File as std::os::fd::FromRawFd>::from_raw_fd(handle.addr() as i32) };
    // SAFETY: as above.
    #[cfg(windows)]
    let file = unsafe { <File as std::os::windows::io::FromRawHandle>::from_raw_handle(handle) };
    Some(file)
}

/// A system that runs.
pub(crate) fn running(id: &str, document: &str) -> HCS_SYSTEM {
    let (work, id, document) = (operation(), wide(id), wide(document));
    let mut system = null_mut();
    // SAFETY: strings end with a zero, pointers are to locals, handles are live.
    unsafe {
        assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system), 0);
        assert_eq!(wait(work).0, 0);
        assert_eq!(HcsStartComputeSystem(system, work, null()), 0);
        assert_eq!(wait(work).0, 0);
        HcsCloseOperation(work);
    }
    system
}

/// A process-isolated container that runs.
pub(crate) fn container(id: &str) -> HCS_SYSTEM {
    running(id, r#"{"Container":{}}"#)
}

/// Ends a system and closes its handle.
pub(crate) fn end(system: HCS_SYSTEM) {
    let work = operation();
    // SAFETY: the handles are live.
    unsafe {
        assert_eq!((HcsTerminateComputeSystem(system, work, null()), wait(work).0), (0, 0));
        HcsCloseComputeSystem(system);
        HcsCloseOperation(work);
    }
}

/// A process, and its streams as far as they are pipes.
pub(crate) struct Started {
    pub(crate) handle: HCS_PROCESS,
    pub(crate) id: u32,
    pub(crate) stdin: Option<File>,
    pub(crate) stdout: Option<File>,
    pub(crate) stderr: Option<File>,
}

/// Starts a command with pipes for those of its streams whose letters are given: `i`, `o`, `e`; `c` is a console.
pub(crate) fn spawn(system: HCS_SYSTEM, command: &str, pipes: &str) -> Started {
    let has = |letter| pipes.contains(letter);
    let parameters = wide(&format!(
        r#"{{"CommandLine":"{command}","CreateStdInPipe":{},"CreateStdOutPipe":{},"CreateStdErrPipe":{},"EmulateConsole":{}}}"#,
        has('i'),
        has('o'),
        has('e'),
        has('c'),
    ));
    let work = operation();
    let (mut handle, mut result) = (null_mut(), null_mut());
    let mut information = HCS_PROCESS_INFORMATION::default();
    // SAFETY: the string ends with a zero, pointers are to locals, handles are live.
    unsafe {
        assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), work, null(), &raw mut handle), 0);
        let code =
            HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, &raw mut information, &raw mut result) as u32;
        assert_eq!((code, take(result).as_str()), (0, ""), "{command}");
        HcsCloseOperation(work);
    }
    Started {
        handle,
        id: information.ProcessId,
        stdin: file(information.StdInput),
        stdout: file(information.StdOutput),
        stderr: file(information.StdError),
    }
}

impl Started {
    /// Waits for the end: the exit code.
    pub(crate) fn wait(&self) -> u32 {
        let mut status = null_mut();
        // SAFETY: the handle is live, the pointer is to a local.
        let code = unsafe { HcsWaitForProcessExit(self.handle, u32::MAX, &raw mut status) };
        let status = take(status);
        assert_eq!(code, 0, "{status}");
        let (_, exit_code) = status.split_once(r#""ExitCode":"#).expect("a status has an exit code");
        let digits = exit_code.find(|character: char| !character.is_ascii_digit()).expect("more follows");
        exit_code[..digits].parse().expect("a number")
    }

    /// Makes a call on the process that runs on an operation and takes a document: what the call returns, what the operation
    /// ends with, and the result.
    pub(crate) fn call(
        &self,
        call: unsafe extern "system" fn(HCS_PROCESS, HCS_OPERATION, *const u16) -> i32,
        document: Option<&str>,
    ) -> (u32, u32, String) {
        let (work, document) = (operation(), document.map(wide));
        // SAFETY: the handles are live, the document is NULL or ends with a zero.
        let called = unsafe { call(self.handle, work, document.as_ref().map_or(null(), |units| units.as_ptr())) };
        let (code, result) = if called == 0 { wait(work) } else { (0, String::new()) };
        // SAFETY: the handle is live.
        unsafe { HcsCloseOperation(work) };
        (called as u32, code, result)
    }

    /// Closes the handle.
    pub(crate) fn close(self) {
        // SAFETY: the handle is live, and is not used again.
        unsafe { HcsCloseProcess(self.handle) };
    }
}
