//! The service's calls as a runtime wants them: handles that close themselves, errors that say what happened, events that wait
//! until they are read.

#![expect(non_upper_case_globals, reason = "windows-sys names constants as Windows does")]

use core::ffi::c_void;
use std::fmt;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::stream::Stream;

/// A call or its operation has failed.
#[derive(Debug)]
pub(crate) struct Failure {
    call: &'static str,
    code: HRESULT,
    /// What the service has to say about it.
    document: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { call, code, document } = self;
        let told: Value = serde_json::from_str(document).unwrap_or_default();
        write!(out, "{call} failed with {code:#010x}")?;
        match told["ErrorMessage"].as_str() {
            None | Some("") => Ok(()),
            Some(message) => write!(out, ": {message}"),
        }
    }
}

impl std::error::Error for Failure {}

/// What the service tells of a system or of a process.
pub(crate) struct Event {
    kind: HCS_EVENT_TYPE,
    data: String,
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Value = serde_json::from_str(&self.data).unwrap_or_default();
        match self.kind {
            HcsEventSystemExited => write!(out, "exited, {}", told["ExitType"].as_str().unwrap_or("nobody knows how")),
            HcsEventProcessExited => write!(out, "process exited with {}", told["ExitCode"]),
            HcsEventServiceDisconnect => write!(out, "the service is gone"),
            kind => write!(out, "event {kind} {}", self.data),
        }
    }
}

/// What is heard through one handle. The sender's address is the context of the callback.
struct Ear {
    send: Box<Sender<Event>>,
    receive: Receiver<Event>,
}

impl Ear {
    fn new() -> Ear {
        let (send, receive) = channel();
        Ear { send: Box::new(send), receive }
    }

    fn context(&self) -> *const c_void {
        (&raw const *self.send).cast()
    }

    /// Waits for the event that is the last: everything up to it.
    fn until(&self, last: HCS_EVENT_TYPE) -> Vec<Event> {
        let mut heard = Vec::new();
        for event in &self.receive {
            let over = event.kind == last || event.kind == HcsEventServiceDisconnect;
            heard.push(event);
            if over {
                break;
            }
        }
        heard
    }
}

unsafe extern "system" fn hear(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event lives during the call; the context is an ear's sender, which outlives the handle.
    let (event, send) = unsafe { (&*event, &*context.cast::<Sender<Event>>()) };
    // Nobody may be listening any more.
    _ = send.send(Event { kind: event.Type, data: text(event.EventData) });
}

/// A container.
pub(crate) struct Container {
    handle: HCS_SYSTEM,
    ear: Ear,
}

impl Container {
    /// Creates one from its document.
    pub(crate) fn create(id: &str, document: &str) -> Result<Container, Failure> {
        let mut container = Container { handle: null_mut(), ear: Ear::new() };
        let (id, document) = (wide(id), wide(document));
        run("HcsCreateComputeSystem", |work| {
            // SAFETY: strings end with a zero, the pointer is to a field.
            unsafe { HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut container.handle) }
        })?;
        // SAFETY: the handle is live, and closes before the ear is gone.
        let code = unsafe { HcsSetComputeSystemCallback(container.handle, 0, container.ear.context(), Some(hear)) };
        checked("HcsSetComputeSystemCallback", code, String::new())?;
        Ok(container)
    }

    pub(crate) fn start(&self) -> Result<String, Failure> {
        // SAFETY: the handle is live.
        run("HcsStartComputeSystem", |work| unsafe { HcsStartComputeSystem(self.handle, work, null()) })
    }

    pub(crate) fn terminate(&self) -> Result<String, Failure> {
        // SAFETY: the handle is live.
        run("HcsTerminateComputeSystem", |work| unsafe { HcsTerminateComputeSystem(self.handle, work, null()) })
    }

    /// Waits for the end: every event up to it.
    pub(crate) fn heard_until_exit(&self) -> Vec<Event> {
        self.ear.until(HcsEventSystemExited)
    }

    /// Starts a process, with a pipe for its input if it is to have any.
    pub(crate) fn spawn(&self, command: &str, input: bool) -> Result<Process, Failure> {
        let parameters = json!({
            "CommandLine": command,
            "CreateStdInPipe": input,
            "CreateStdOutPipe": true,
            "CreateStdErrPipe": true,
        });
        let parameters = wide(&parameters.to_string());
        let mut process = Process { handle: null_mut(), stdin: None, stdout: None, stderr: None, ear: Ear::new() };
        let mut pipes = HCS_PROCESS_INFORMATION::default();
        run_for("HcsCreateProcess", &raw mut pipes, |work| {
            // SAFETY: the handle is live, the string ends with a zero, the pointer is to a field.
            unsafe { HcsCreateProcess(self.handle, parameters.as_ptr(), work, null(), &raw mut process.handle) }
        })?;
        process.stdin = Stream::new(pipes.StdInput);
        process.stdout = Stream::new(pipes.StdOutput);
        process.stderr = Stream::new(pipes.StdError);
        // SAFETY: the handle is live, and closes before the ear is gone.
        let code = unsafe { HcsSetProcessCallback(process.handle, 0, process.ear.context(), Some(hear)) };
        checked("HcsSetProcessCallback", code, String::new())?;
        Ok(process)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // No callback runs any more when this returns.
        // SAFETY: the handle is NULL or live, and nobody uses it again.
        unsafe { HcsCloseComputeSystem(self.handle) };
    }
}

/// A process, and its streams until they are taken.
pub(crate) struct Process {
    handle: HCS_PROCESS,
    pub(crate) stdin: Option<Stream>,
    pub(crate) stdout: Option<Stream>,
    pub(crate) stderr: Option<Stream>,
    ear: Ear,
}

impl Process {
    /// Waits for the end: the exit status.
    pub(crate) fn wait(&self) -> String {
        self.ear.until(HcsEventProcessExited).pop().map(|event| event.data).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: the handle is NULL or live, and nobody uses it again.
        unsafe { HcsCloseProcess(self.handle) };
    }
}

/// Every system of the host, as JSON.
pub(crate) fn enumerate() -> Result<String, Failure> {
    // SAFETY: without a query everything is asked for.
    run("HcsEnumerateComputeSystems", |work| unsafe { HcsEnumerateComputeSystems(null(), work) })
}

/// Makes a call on an operation and waits for it: the result.
fn run(call: &'static str, start: impl FnOnce(HCS_OPERATION) -> HRESULT) -> Result<String, Failure> {
    run_for(call, null_mut(), start)
}

/// The same for a call that gives a process.
fn run_for(
    call: &'static str,
    pipes: *mut HCS_PROCESS_INFORMATION,
    start: impl FnOnce(HCS_OPERATION) -> HRESULT,
) -> Result<String, Failure> {
    // SAFETY: an operation without a callback needs no context; pointers are NULL or to locals of the caller.
    unsafe {
        let (work, mut result) = (HcsCreateOperation(null(), None), null_mut());
        let mut code = start(work);
        if code >= 0 && pipes.is_null() {
            code = HcsWaitForOperationResult(work, INFINITE, &raw mut result);
        } else if code >= 0 {
            code = HcsWaitForOperationResultAndProcessInfo(work, INFINITE, pipes, &raw mut result);
        }
        HcsCloseOperation(work);
        checked(call, code, take(result))
    }
}

fn checked(call: &'static str, code: HRESULT, document: String) -> Result<String, Failure> {
    if code >= 0 { Ok(document) } else { Err(Failure { call, code, document }) }
}

/// A string as the service takes it: UTF-16 with a zero.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// What a string says.
fn text(string: PCWSTR) -> String {
    if string.is_null() {
        return String::new();
    }
    // SAFETY: the string ends with a zero.
    let units = unsafe {
        let length = (0..).take_while(|at| *string.add(*at) != 0).count();
        std::slice::from_raw_parts(string, length)
    };
    String::from_utf16_lossy(units)
}

/// What a document says; the document is freed.
fn take(document: PWSTR) -> String {
    let told = text(document);
    // SAFETY: the document is NULL, or the caller's to free.
    unsafe { LocalFree(document.cast()) };
    told
}
