//! Processes in a system, as `std::process` has them: a command, a child with its streams, its exit status.
//!
//! ```no_run
//! # fn example<H: hcs_api::Hcs + Clone + Unpin>(vm: &hcs_api::ComputeSystem<H>) -> Result<(), Box<dyn std::error::Error>> {
//! use hcs_api::Stdio;
//! let output = vm.command("cmd /c echo hi").stdout(Stdio::Piped).spawn()?.wait_with_output()?;
//! assert_eq!(output.stdout, b"hi\r\n");
//! assert!(output.status.success());
//! # Ok(())
//! # }
//! ```

mod command;

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hcs_rules::export;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, EventType, GENERIC_ALL, event_options};

use crate::error::{Error, Result, check};
use crate::executor::block_on;
use crate::hcs::{Event, Hcs, OperationHandle, Outcome, ProcessHandle, ProcessInformation, Text};
use crate::json::{self, Object};
use crate::listener::Listeners;
use crate::operation::{Completion, Operation, milliseconds};
use crate::stream::{ChildOutput, ChildStdin};
use crate::system::ComputeSystem;

pub use command::{Command, Stdio};

impl<H: Hcs + Clone> ComputeSystem<H> {
    /// Opens the process with this id. It has no streams: they are its creator's.
    ///
    /// # Errors
    /// The call's code: `ERROR_NOT_FOUND` for a process that never was or is over.
    #[track_caller]
    pub fn open_process(&self, id: u32) -> Result<Child<H>> {
        let (code, handle) = self.hcs().open_process(self.handle(), id, GENERIC_ALL);
        check("HcsOpenProcess", Some(self.id()), Outcome::bare(code)).map_err(|error| error.of_process(id))?;
        let mut child = Child::own(self.hcs(), self.id(), handle);
        child.id = id;
        Ok(child)
    }
}

/// A signal to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessSignal {
    /// `CtrlC`, for a Windows guest.
    CtrlC,
    /// `CtrlBreak`, for a Windows guest.
    CtrlBreak,
    /// `CtrlClose`, for a Windows guest.
    CtrlClose,
    /// `CtrlLogOff`, for a Windows guest.
    CtrlLogOff,
    /// `CtrlShutdown`, for a Windows guest.
    CtrlShutdown,
    /// A number, for a Linux guest: 15 is SIGTERM.
    Number(u32),
}

impl ProcessSignal {
    /// The `SignalProcessOptions` document.
    fn options(self) -> String {
        match self {
            ProcessSignal::Number(number) => Object::new().json("Signal", &number.to_string()).end(),
            named => Object::new().string("Signal", &format!("{named:?}")).end(),
        }
    }
}

/// How a process has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatus {
    code: u32,
}

impl ExitStatus {
    /// The exit code.
    pub const fn code(self) -> u32 {
        self.code
    }

    /// Whether the exit code is 0.
    pub const fn success(self) -> bool {
        self.code == 0
    }

    /// Reads a `ProcessStatus`; `None` while the process runs.
    ///
    /// # Errors
    /// `LastWaitResult`, where it says that the exit code is not known.
    fn read(status: &str) -> std::result::Result<Option<ExitStatus>, Hresult> {
        let wait_result = Hresult(json::number(status, "LastWaitResult").unwrap_or(0) as u32);
        if !json::is_true(status, "Exited") {
            return Ok(None);
        }
        if wait_result.is_err() {
            return Err(wait_result);
        }
        Ok(Some(ExitStatus { code: json::number(status, "ExitCode").unwrap_or(0) as u32 }))
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code > 0xFFFF {
            write!(out, "exit code {:#010x}", self.code)
        } else {
            write!(out, "exit code {}", self.code)
        }
    }
}

/// What a process has left when it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What came out of standard output, if that was piped.
    pub stdout: Vec<u8>,
    /// What came out of standard error, if that was piped.
    pub stderr: Vec<u8>,
}

/// A process of a client. Dropping it closes the handle and the streams; the process goes on.
pub struct Child<H: Hcs> {
    /// Standard input, if it was piped. Taking and dropping it ends the process's input.
    pub stdin: Option<ChildStdin<H>>,
    /// Standard output, if it was piped.
    pub stdout: Option<ChildOutput<H>>,
    /// Standard error, if it was piped.
    pub stderr: Option<ChildOutput<H>>,
    hcs: H,
    system: String,
    id: u32,
    handle: ProcessHandle,
    listeners: Listeners,
}

impl<H: Hcs> fmt::Debug for Child<H> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {} of {:?}", self.id, self.system)
    }
}

impl<H: Hcs + Clone> Child<H> {
    fn own(hcs: &H, system: &str, handle: ProcessHandle) -> Child<H> {
        Child {
            stdin: None,
            stdout: None,
            stderr: None,
            hcs: hcs.clone(),
            system: system.to_owned(),
            id: 0,
            handle,
            listeners: Listeners::new(EventType::ProcessExited),
        }
    }

    /// The child whose creation ended so.
    fn made(mut self, outcome: Outcome, information: Option<ProcessInformation>) -> Result<Child<H>> {
        let code = outcome.code;
        check("HcsCreateProcess", Some(&self.system), outcome)?;
        let missing = || Error::new("HcsCreateProcess", Some(&self.system), Outcome::bare(code));
        self.take(information.ok_or_else(missing)?);
        Ok(self)
    }

    fn take(&mut self, information: ProcessInformation) {
        self.id = information.process_id;
        self.stdin = ChildStdin::own(&self.hcs, information.std_input).or(self.stdin.take());
        self.stdout = ChildOutput::own(&self.hcs, information.std_output).or(self.stdout.take());
        self.stderr = ChildOutput::own(&self.hcs, information.std_error).or(self.stderr.take());
    }

    /// The process's id in its guest.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The handle, for calls of [`Hcs`].
    pub fn handle(&self) -> ProcessHandle {
        self.handle
    }

    /// Ends the process, and waits until that is done. Its children go on.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn kill(&self) -> Result<()> {
        let call = |operation| self.hcs.terminate_process(self.handle, operation, Text::Null);
        self.run("HcsTerminateProcess", call).map(drop)
    }

    /// Sends the process a signal, and waits until its program was told.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn signal(&self, signal: ProcessSignal) -> Result<()> {
        let call = |operation| self.hcs.signal_process(self.handle, operation, Text::Some(&signal.options()));
        self.run("HcsSignalProcess", call).map(drop)
    }

    /// Gives the console another size, in characters.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn resize(&self, width: u16, height: u16) -> Result<()> {
        let size = Object::new().json("Height", &height.to_string()).json("Width", &width.to_string()).end();
        self.modify(&Object::new().string("Operation", "ConsoleSize").json("ConsoleSize", &size).end())
    }

    /// Closes the process's standard input from the service's side, as runtimes do whose pipe goes elsewhere.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn close_stdin(&self) -> Result<()> {
        let close = Object::new().string("Handle", "StdIn").end();
        self.modify(&Object::new().string("Operation", "CloseHandle").json("CloseHandle", &close).end())
    }

    /// Changes the process. The request is a `ProcessModifyRequest`.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn modify(&self, request: &str) -> Result<()> {
        let call = |operation| self.hcs.modify_process(self.handle, operation, request.into());
        self.run("HcsModifyProcess", call).map(drop)
    }

    /// The process's properties: a `ProcessStatus`, JSON.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn properties(&self) -> Result<String> {
        let call = |operation| self.hcs.get_process_properties(self.handle, operation, Text::Null);
        let document = self.run("HcsGetProcessProperties", call)?;
        Ok(document.map(|document| document.to_string()).unwrap_or_default())
    }

    /// Asks for the id and the streams anew (`HcsGetProcessInfo`), and owns the streams that had not been handed out.
    ///
    /// # Errors
    /// The call's code, or the operation's: `HCS_E_PROCESS_ALREADY_STOPPED` for a process that is over.
    #[track_caller]
    pub fn refresh(&mut self) -> Result<()> {
        let operation = Operation::new(&self.hcs);
        let code = self.hcs.get_process_info(self.handle, operation.handle());
        let (outcome, information) = match code.is_ok() {
            true => self.hcs.wait_for_operation_result_and_process_info(operation.handle(), u32::MAX),
            false => (Outcome::bare(code), None),
        };
        self.check("HcsGetProcessInfo", outcome)?;
        if let Some(information) = information {
            self.take(information);
        }
        Ok(())
    }

    /// How the process has ended, if it has.
    ///
    /// # Errors
    /// As [`Child::properties`]; `LastWaitResult` where the exit code is not known.
    #[track_caller]
    pub fn try_wait(&self) -> Result<Option<ExitStatus>> {
        self.read("HcsGetProcessProperties", &self.properties()?)
    }

    /// Has a callback called for every event of this handle.
    ///
    /// # Errors
    /// The code of `HcsSetProcessCallback`, which is called for the first listener only.
    pub fn on_event(&self, callback: impl Fn(&Event) + Send + Sync + 'static) -> Result<()> {
        self.listeners.add(Arc::new(callback));
        self.listen()
    }

    fn listen(&self) -> Result<()> {
        let set = |callback| self.hcs.set_process_callback(self.handle, event_options::NONE, Some(callback));
        self.listeners.listen("HcsSetProcessCallback", Some(&self.system), set)
    }

    fn read(&self, call: &'static str, status: &str) -> Result<Option<ExitStatus>> {
        ExitStatus::read(status).map_err(|code| {
            let document = Some(status.into());
            self.error(call, Outcome { code, document })
        })
    }

    fn error(&self, call: &'static str, outcome: Outcome) -> Error {
        Error::new(call, Some(&self.system), outcome).of_process(self.id)
    }

    fn check(&self, call: &'static str, outcome: Outcome) -> Result<Option<Arc<str>>> {
        check(call, Some(&self.system), outcome).map_err(|error| error.of_process(self.id))
    }

    #[track_caller]
    fn run(&self, call: &'static str, start: impl FnOnce(OperationHandle) -> Hresult) -> Result<Option<Arc<str>>> {
        let operation = Operation::new(&self.hcs);
        let code = start(operation.handle());
        let outcome = if code.is_ok() { operation.wait(None) } else { Outcome::bare(code) };
        self.check(call, outcome)
    }
}

impl<H: Hcs + Clone + Unpin> Child<H> {
    /// Waits until the process is over. Standard input is closed first, if it is still here, so that a process that reads it
    /// to its end can end. On a build without `HcsWaitForProcessExit` (before 20348) the exit event is waited for.
    ///
    /// # Errors
    /// The call's code: a service that went away; `LastWaitResult` where the exit code is not known.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.wait_within(None)
    }

    /// As [`Child::wait`], for at most this long.
    ///
    /// # Errors
    /// As there, and `HCS_E_OPERATION_TIMEOUT`. With a limit, a build without `HcsWaitForProcessExit` answers
    /// `ERROR_PROC_NOT_FOUND`: bound [`Child::exited`] with a timer of your own there, or ask by [`Child::try_wait`].
    pub fn wait_within(&mut self, timeout: impl Into<Option<Duration>>) -> Result<ExitStatus> {
        const CALL: &str = "HcsWaitForProcessExit";
        let timeout = timeout.into();
        self.stdin = None;
        let outcome = match (self.hcs.exports(Call::WaitForProcessExit), timeout) {
            (true, _) => self.hcs.wait_for_process_exit(self.handle, milliseconds(timeout)),
            (false, None) => return block_on(self.exited()),
            // An event comes when it comes: who has set a limit must not wait without one.
            (false, Some(_)) => Outcome::bare(export::ABSENT),
        };
        let status = self.check(CALL, outcome)?.unwrap_or_default();
        let late = || {
            let document = Some(status.clone());
            self.error(CALL, Outcome { code: Hresult::HCS_E_OPERATION_TIMEOUT, document })
        };
        self.read(CALL, &status)?.ok_or_else(late)
    }

    /// The process's end, to await. Works on every build, by the exit event.
    ///
    /// # Errors
    /// When the callback cannot be registered, or the service goes away; `LastWaitResult` where the exit code is not known.
    pub fn exited(&self) -> impl Future<Output = Result<ExitStatus>> + '_ {
        const CALL: &str = "HcsSetProcessCallback";
        let end = self.listeners.end(&self.hcs, CALL, Some(&self.system), || self.listen());
        async move {
            let status = end.await.map_err(|error| error.of_process(self.id))?.unwrap_or_default();
            let running = || self.error(CALL, Outcome::bare(Hresult::E_UNEXPECTED));
            self.read(CALL, &status)?.ok_or_else(running)
        }
    }

    /// Waits until the process is over, and collects what comes out meanwhile.
    ///
    /// # Errors
    /// As [`Child::wait`].
    pub fn wait_with_output(self) -> Result<Output> {
        block_on(self.wait_with_output_async())
    }

    /// As [`Child::wait_with_output`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn wait_with_output_async(mut self) -> Result<Output> {
        self.stdin = None;
        let (mut stdout, mut stderr) = (self.stdout.take(), self.stderr.take());
        let read = async |stream: &mut Option<ChildOutput<H>>| {
            let mut bytes = Vec::new();
            match stream {
                Some(stream) => stream.read_to_end_async(&mut bytes).await.map(|()| bytes),
                None => Ok(bytes),
            }
        };
        let (stdout, stderr) = both(read(&mut stdout), read(&mut stderr)).await;
        let failed = |error: io::Error| {
            let code = if error.kind() == io::ErrorKind::TimedOut {
                Hresult::HCS_E_OPERATION_TIMEOUT
            } else {
                Hresult::E_FAIL
            };
            self.error("ReadFile", Outcome::bare(code))
        };
        let (stdout, stderr) = (stdout.map_err(failed)?, stderr.map_err(failed)?);
        let status = self.exited().await?;
        Ok(Output { status, stdout, stderr })
    }

    /// As [`Child::refresh`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn refresh_async(&mut self) -> Result<()> {
        let (handle, mut information) = (self.handle, None);
        let call = move |hcs: &H, operation| hcs.get_process_info(handle, operation);
        let outcome = Completion::reading(&self.hcs, call, |hcs: &H, operation: OperationHandle| {
            let (outcome, told) = hcs.get_operation_result_and_process_info(operation);
            information = told;
            outcome
        })
        .await;
        self.check("HcsGetProcessInfo", outcome)?;
        if let Some(information) = information {
            self.take(information);
        }
        Ok(())
    }

    /// As [`Child::kill`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn kill_async(&self) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.terminate_process(handle, operation, Text::Null);
        self.check("HcsTerminateProcess", Completion::new(&self.hcs, call).await).map(drop)
    }

    /// As [`Child::signal`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn signal_async(&self, signal: ProcessSignal) -> Result<()> {
        let (handle, options) = (self.handle, signal.options());
        let call = move |hcs: &H, operation| hcs.signal_process(handle, operation, Text::Some(&options));
        self.check("HcsSignalProcess", Completion::new(&self.hcs, call).await).map(drop)
    }
}

/// Both futures, side by side.
async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    let (mut a, mut b) = (None, None);
    std::future::poll_fn(|context| {
        use std::task::Poll;
        if a.is_none()
            && let Poll::Ready(done) = first.as_mut().poll(context)
        {
            a = Some(done);
        }
        if b.is_none()
            && let Poll::Ready(done) = second.as_mut().poll(context)
        {
            b = Some(done);
        }
        if a.is_some() && b.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    match (a, b) {
        (Some(a), Some(b)) => (a, b),
        _ => unreachable!("both were ready"),
    }
}

impl<H: Hcs> Drop for Child<H> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            self.hcs.close_process(self.handle);
        }
    }
}
