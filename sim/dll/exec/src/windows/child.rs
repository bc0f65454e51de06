//! The process: suspended before its first instruction, then on its way.

use std::ffi::OsString;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::ptr::null;

use windows_sys::Win32::Foundation::{
    GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT, INVALID_HANDLE_VALUE, SetHandleInformation, WAIT_OBJECT_0,
};
use windows_sys::Win32::System::Console::{
    GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::SystemInformation::IMAGE_FILE_MACHINE_UNKNOWN;
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, GetExitCodeProcess, INFINITE, IsWow64Process2,
    PROCESS_INFORMATION, ResumeThread, STARTF_USESTDHANDLES, STARTUPINFOW, TerminateProcess, WaitForSingleObject,
};

use super::{remote, wide};
use crate::{Problem, Program};

/// The exit code of a process that was ended because a step failed. Nobody waits for it.
const ENDED: u32 = 1;

/// A process that has not run yet. It is ended unless it goes on.
pub(crate) struct Suspended {
    file: OsString,
    process: OwnedHandle,
    thread: OwnedHandle,
    goes_on: bool,
}

impl Drop for Suspended {
    fn drop(&mut self) {
        if !self.goes_on {
            // SAFETY: the handle is live. A process that is over already is not ended again.
            unsafe {
                TerminateProcess(self.process.as_raw_handle(), ENDED);
                WaitForSingleObject(self.process.as_raw_handle(), INFINITE);
            }
        }
    }
}

impl Suspended {
    /// Creates the process. It has this process's standard handles, and the others that this one lets be inherited.
    pub(crate) fn create(program: &Program) -> Result<Suspended, Problem> {
        let (mut line, environment) = (wide::command_line(program)?, wide::environment(program)?);
        let startup = STARTUPINFOW {
            cb: size_of::<STARTUPINFOW>() as u32,
            dwFlags: STARTF_USESTDHANDLES,
            hStdInput: standard(STD_INPUT_HANDLE),
            hStdOutput: standard(STD_OUTPUT_HANDLE),
            hStdError: standard(STD_ERROR_HANDLE),
            ..STARTUPINFOW::default()
        };
        let mut made = PROCESS_INFORMATION::default();
        // SAFETY: the line and the environment end with zeros and are this call's own; the other pointers are to locals or NULL.
        let created = unsafe {
            CreateProcessW(
                null(),
                line.as_mut_ptr(),
                null(),
                null(),
                1,
                CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT,
                environment.as_ptr().cast(),
                null(),
                &raw const startup,
                &raw mut made,
            )
        };
        if created == 0 {
            return Err(Problem::NotStarted(program.file.clone(), io::Error::last_os_error()));
        }
        // SAFETY: both handles are valid, and owned from here on.
        let (process, thread) =
            unsafe { (OwnedHandle::from_raw_handle(made.hProcess), OwnedHandle::from_raw_handle(made.hThread)) };
        let child = Suspended { file: program.file.clone(), process, thread, goes_on: false };
        if child.is_native()? { Ok(child) } else { Err(Problem::OtherArchitecture(program.file.clone())) }
    }

    /// Whether the process is of the system's own architecture, as this one is.
    fn is_native(&self) -> Result<bool, Problem> {
        let (mut machine, mut system) = (IMAGE_FILE_MACHINE_UNKNOWN, IMAGE_FILE_MACHINE_UNKNOWN);
        // SAFETY: the handle is live, the pointers are to locals.
        let told = unsafe { IsWow64Process2(self.process.as_raw_handle(), &raw mut machine, &raw mut system) };
        if told == 0 {
            return Err(Problem::NotStarted(self.file.clone(), io::Error::last_os_error()));
        }
        Ok(machine == IMAGE_FILE_MACHINE_UNKNOWN)
    }

    /// Loads a library into the process, so that it is the one of its name.
    pub(crate) fn load(&self, library: &Path) -> Result<(), Problem> {
        let loaded = remote::load(self.process.as_raw_handle(), library);
        // When its loader found no way the process is over, and nothing else that is told of it makes sense.
        match exit_code(&self.process) {
            Some(code) => Err(Problem::EndedEarly(self.file.clone(), code)),
            None => loaded,
        }
    }

    /// Lets the process go on.
    pub(crate) fn go_on(mut self) -> Result<Running, Problem> {
        // SAFETY: the handle is live.
        if unsafe { ResumeThread(self.thread.as_raw_handle()) } == u32::MAX {
            return Err(Problem::Lost(self.file.clone(), io::Error::last_os_error()));
        }
        self.goes_on = true;
        Ok(Running(self))
    }
}

/// A process that runs.
pub(crate) struct Running(Suspended);

impl Running {
    /// Waits for the end: the exit code.
    pub(crate) fn wait(self) -> Result<u32, Problem> {
        // A Ctrl-C is for the program: this process stays, to tell how it ended. It is no parent's setting for the program, which is
        // there already.
        // SAFETY: without a function the call says that Ctrl-C is ignored; the handle is live.
        let waited = unsafe {
            SetConsoleCtrlHandler(None, 1);
            WaitForSingleObject(self.0.process.as_raw_handle(), INFINITE)
        };
        let mut code = 0;
        // SAFETY: the handle is live, the pointer is to a local.
        let told = unsafe { GetExitCodeProcess(self.0.process.as_raw_handle(), &raw mut code) };
        if waited != WAIT_OBJECT_0 || told == 0 {
            return Err(Problem::Lost(self.0.file.clone(), io::Error::last_os_error()));
        }
        Ok(code)
    }
}

/// The exit code of a process that is over.
fn exit_code(process: &OwnedHandle) -> Option<u32> {
    let mut code = 0;
    // SAFETY: the handle is live, the pointer is to a local.
    unsafe {
        let is_over = WaitForSingleObject(process.as_raw_handle(), 0) == WAIT_OBJECT_0;
        (is_over && GetExitCodeProcess(process.as_raw_handle(), &raw mut code) != 0).then_some(code)
    }
}

/// A standard handle of this process, which the program inherits. One that this process lacks the program lacks too.
fn standard(which: STD_HANDLE) -> HANDLE {
    let mut flags = 0;
    // SAFETY: the handle is this process's own, the pointer is to a local.
    unsafe {
        let handle = GetStdHandle(which);
        let is_there = !handle.is_null() && handle != INVALID_HANDLE_VALUE;
        if is_there && GetHandleInformation(handle, &raw mut flags) != 0 && flags & HANDLE_FLAG_INHERIT == 0 {
            SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
        }
        handle
    }
}
