//! A process to be: what it is started with, and the call that starts it.

use hcs_rules::hresult::Hresult;

use super::{Child, ExitStatus, Output};
use crate::error::{Error, Result};
use crate::hcs::{Hcs, OperationHandle, Outcome, Text};
use crate::json::{self, Object};
use crate::operation::{Completion, Operation};
use crate::system::ComputeSystem;

/// What becomes of a standard stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdio {
    /// Input is at its end, output goes nowhere.
    #[default]
    Null,
    /// The child has an end of it.
    Piped,
}

/// A process to be: what it is started with. `ProcessParameters`, member by member.
#[must_use]
#[derive(Clone, Debug)]
pub struct Command<'s, H: Hcs> {
    system: &'s ComputeSystem<H>,
    command: Words,
    application: Option<String>,
    environment: Vec<(String, String)>,
    directory: Option<String>,
    user: Option<String>,
    streams: [Stdio; 3],
    console: Option<Option<(u16, u16)>>,
    in_machine: bool,
}

/// The command itself.
#[derive(Clone, Debug)]
enum Words {
    Line(String),
    /// `CommandArgs`, for a Linux guest.
    Arguments(Vec<String>),
}

impl<H: Hcs + Clone> ComputeSystem<H> {
    /// A process with this command line.
    pub fn command(&self, command_line: &str) -> Command<'_, H> {
        Command::new(self, Words::Line(command_line.to_owned()))
    }

    /// A process with these words, which only a Linux guest takes.
    pub fn command_args<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Command<'_, H> {
        Command::new(self, Words::Arguments(words.into_iter().map(str::to_owned).collect()))
    }
}

impl<'s, H: Hcs> Command<'s, H> {
    fn new(system: &'s ComputeSystem<H>, command: Words) -> Command<'s, H> {
        Command {
            system,
            command,
            application: None,
            environment: Vec::new(),
            directory: None,
            user: None,
            streams: [Stdio::Null; 3],
            console: None,
            in_machine: false,
        }
    }

    /// `ApplicationName`: the executable, where the command line does not begin with it.
    pub fn application(mut self, path: &str) -> Self {
        self.application = Some(path.to_owned());
        self
    }

    /// `Environment`: one variable, instead of one of the same name. An empty value makes none in a Windows guest.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        match self.environment.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.environment.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// `WorkingDirectory`
    pub fn current_dir(mut self, path: &str) -> Self {
        self.directory = Some(path.to_owned());
        self
    }

    /// `User`
    pub fn user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// `CreateStdInPipe`
    pub fn stdin(mut self, stdin: Stdio) -> Self {
        self.streams[0] = stdin;
        self
    }

    /// `CreateStdOutPipe`
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.streams[1] = stdout;
        self
    }

    /// `CreateStdErrPipe`. With a console it is ignored: errors go where output goes.
    pub fn stderr(mut self, stderr: Stdio) -> Self {
        self.streams[2] = stderr;
        self
    }

    /// `EmulateConsole`, with a size in characters, or the usual one.
    pub fn console(mut self, size: Option<(u16, u16)>) -> Self {
        self.console = Some(size);
        self
    }

    /// `CreateInUtilityVm`: beside the container, in the machine around it.
    pub fn in_utility_vm(mut self) -> Self {
        self.in_machine = true;
        self
    }

    /// The `ProcessParameters` document.
    pub fn parameters(&self) -> String {
        let mut object = Object::new();
        if let Some(application) = &self.application {
            object = object.string("ApplicationName", application);
        }
        object = match &self.command {
            Words::Line(line) => object.string("CommandLine", line),
            Words::Arguments(words) => object.json("CommandArgs", &json::strings(words.iter().map(String::as_str))),
        };
        if let Some(user) = &self.user {
            object = object.string("User", user);
        }
        if let Some(directory) = &self.directory {
            object = object.string("WorkingDirectory", directory);
        }
        if !self.environment.is_empty() {
            let variables = self.environment.iter().fold(Object::new(), |all, (name, value)| all.string(name, value));
            object = object.json("Environment", &variables.end());
        }
        if let Some(size) = self.console {
            object = object.flag("EmulateConsole", true);
            if let Some((width, height)) = size {
                object = object.json("ConsoleSize", &format!("[{height},{width}]"));
            }
        }
        let [input, output, error] = self.streams.map(|stream| stream == Stdio::Piped);
        let object = object.flag("CreateStdInPipe", input).flag("CreateStdOutPipe", output);
        object.flag("CreateStdErrPipe", error).flag("CreateInUtilityVm", self.in_machine).end()
    }
}

impl<H: Hcs + Clone> Command<'_, H> {
    /// Makes the process, and waits until it runs. Where the result is lost though there is a process (Windows Server
    /// 2022), the process is asked for its information, as hcsshim does.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn spawn(&self) -> Result<Child<H>> {
        let hcs = self.system.hcs();
        let operation = Operation::new(hcs);
        let parameters = self.parameters();
        let (code, handle) = hcs.create_process(self.system.handle(), Text::Some(&parameters), operation.handle());
        let mut child = Child::own(hcs, self.system.id(), handle);
        let (outcome, information) = match code.is_ok() {
            true => hcs.wait_for_operation_result_and_process_info(operation.handle(), u32::MAX),
            false => (Outcome::bare(code), None),
        };
        drop(operation);
        if code.is_ok() && outcome.code == MAY_BE_LOST && child.refresh().is_ok() {
            return Ok(child);
        }
        child.made(outcome, information)
    }

    /// Runs the process to its end: its status, and what came out of the streams that are piped.
    ///
    /// # Errors
    /// As [`Command::spawn`] and [`Child::wait_with_output`].
    #[track_caller]
    pub fn output(self) -> Result<Output>
    where
        H: Unpin,
    {
        self.stdout(Stdio::Piped).stderr(Stdio::Piped).spawn()?.wait_with_output()
    }

    /// Runs the process to its end: its status.
    ///
    /// # Errors
    /// As [`Command::spawn`] and [`Child::wait`].
    #[track_caller]
    pub fn status(self) -> Result<ExitStatus>
    where
        H: Unpin,
    {
        self.spawn()?.wait()
    }
}

impl<H: Hcs + Clone + Unpin> Command<'_, H> {
    /// As [`Command::spawn`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn spawn_async(&self) -> Result<Child<H>> {
        let hcs = self.system.hcs();
        let parameters = self.parameters();
        let system = self.system.handle();
        let mut child = None;
        let call = |hcs: &H, operation: OperationHandle| {
            let (code, handle) = hcs.create_process(system, Text::Some(&parameters), operation);
            child = Some(Child::own(hcs, self.system.id(), handle));
            code
        };
        let mut information = None;
        let outcome = Completion::reading(hcs, call, |hcs: &H, operation: OperationHandle| {
            let (outcome, told) = hcs.get_operation_result_and_process_info(operation);
            information = told;
            outcome
        })
        .await;
        match child {
            Some(mut child) => {
                if outcome.code == MAY_BE_LOST && !child.handle.is_null() && child.refresh_async().await.is_ok() {
                    return Ok(child);
                }
                child.made(outcome, information)
            }
            None => Err(Error::new("HcsCreateProcess", Some(self.system.id()), outcome)),
        }
    }

    /// As [`Command::output`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn output_async(self) -> Result<Output> {
        self.stdout(Stdio::Piped).stderr(Stdio::Piped).spawn_async().await?.wait_with_output_async().await
    }
}

/// What a creation's result ends with that is lost: the process may be there all the same.
const MAY_BE_LOST: Hresult = Hresult::E_INVALIDARG;
