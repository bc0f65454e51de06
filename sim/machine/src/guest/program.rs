//! The programs that every guest has, and which command line names which.

use std::sync::Arc;

use hcs_rules::guest::{GuestOs, GuestOses, Signal};

use crate::guest::cmd::Cmd;
use crate::guest::script::{Runner, Script};
use crate::guest::sh::Sh;
use crate::guest::tool::{Kind, Tool};
use crate::guest::{Launch, Pause, Reaction, Surroundings};

pub use crate::guest::tool::flood_byte;

/// A program as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(Running);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Running {
    Cmd(Box<Cmd>),
    Sh(Box<Sh>),
    Tool(Box<Tool>),
    Script(Box<Runner>),
}

impl Program {
    /// The provided program that the command line names.
    pub fn of(launch: &Launch) -> Option<Program> {
        let name = launch.program()?;
        let provided = PROGRAMS.iter().find(|provided| provided.name == name && provided.oses.contains(launch.os))?;
        Some(Program(match provided.start {
            Start::Cmd => Running::Cmd(Box::new(Cmd::new(launch))),
            Start::Sh => Running::Sh(Box::new(Sh::new(launch))),
            Start::Tool(kind) => Running::Tool(Box::new(Tool::new(kind, launch))),
        }))
    }

    /// A program written in one line. The launch says around what its children are started.
    pub fn script(script: Arc<Script>, launch: &Launch) -> Program {
        Program(Running::Script(Box::new(Runner::new(script, launch))))
    }

    /// Lets it do one thing. After [`Pause::Exits`] and [`Pause::Crashes`] it is over, and says the same again.
    pub fn run(&mut self, world: &mut dyn Surroundings) -> Pause {
        match &mut self.0 {
            Running::Cmd(cmd) => cmd.run(world),
            Running::Sh(sh) => sh.run(world),
            Running::Tool(tool) => tool.run(world),
            Running::Script(script) => script.run(world),
        }
    }

    /// Tells it of a signal. SIGKILL and a kill never come here.
    pub fn signal(&mut self, signal: Signal) -> Reaction {
        match &mut self.0 {
            Running::Cmd(cmd) => cmd.signal(signal),
            Running::Sh(sh) => sh.signal(signal),
            Running::Tool(tool) => tool.signal(signal),
            Running::Script(script) => script.signal(signal),
        }
    }
}

/// A program that guests have.
#[derive(Debug)]
pub struct Provided {
    /// The name under which it is found: see [`Launch::program`].
    pub name: &'static str,
    /// The guests that have it.
    pub oses: GuestOses,
    /// How it is called.
    pub usage: &'static str,
    /// What it does.
    pub about: &'static str,
    start: Start,
}

#[derive(Clone, Copy, Debug)]
enum Start {
    Cmd,
    Sh,
    Tool(Kind),
}

const WINDOWS: GuestOses = GuestOses::of(&[GuestOs::Windows]);
const LINUX: GuestOses = GuestOses::of(&[GuestOs::Linux]);

const fn tool(name: &'static str, oses: GuestOses, kind: Kind, usage: &'static str, about: &'static str) -> Provided {
    Provided { name, oses, usage, about, start: Start::Tool(kind) }
}

/// Every program that guests have.
pub const PROGRAMS: &[Provided] = &[
    Provided {
        name: "cmd",
        oses: WINDOWS,
        usage: "cmd [/s] [/q] [/d] [/c LINE | /k LINE]",
        about: "the command interpreter; without /c it reads lines from standard input",
        start: Start::Cmd,
    },
    Provided {
        name: "sh",
        oses: LINUX,
        usage: "sh [-e] [-c TEXT [NAME [ARGUMENT...]] | FILE [ARGUMENT...]]",
        about: "the shell; without a text or a file it reads lines from standard input",
        start: Start::Sh,
    },
    Provided {
        name: "bash",
        oses: LINUX,
        usage: "bash [-e] [-c TEXT [NAME [ARGUMENT...]] | FILE [ARGUMENT...]]",
        about: "the same as sh",
        start: Start::Sh,
    },
    tool("cat", LINUX, Kind::Cat, "cat [FILE...]", "copies files, or standard input, until the end"),
    tool("echo", LINUX, Kind::Echo, "echo [-n] [WORD...]", "prints its words"),
    tool(
        "env",
        LINUX,
        Kind::Env,
        "env [-i] [NAME=VALUE...] [COMMAND...]",
        "prints the environment, or changes it for a command",
    ),
    tool("false", LINUX, Kind::False, "false", "fails"),
    tool("hostname", GuestOses::EVERY, Kind::HostName, "hostname", "prints the guest's name"),
    tool("pause", LINUX, Kind::SimIdle, "pause", "never ends: what keeps the containers of a pod together"),
    tool(
        "ping",
        GuestOses::EVERY,
        Kind::Ping,
        "ping [-n N | -t] HOST, ping [-c N] HOST",
        "an answer a second; on Windows 4 without a number, on Linux for ever",
    ),
    tool("printenv", LINUX, Kind::PrintEnv, "printenv [NAME]", "prints the environment, or one variable"),
    tool("rm", LINUX, Kind::Remove, "rm [-f] FILE...", "removes files"),
    tool("sleep", LINUX, Kind::Sleep, "sleep N[.n][s|m|h|d]..., sleep infinity", "waits"),
    tool("tail", LINUX, Kind::Tail, "tail -f /dev/null", "never ends"),
    tool(
        "timeout",
        WINDOWS,
        Kind::TimeOut,
        "timeout /t SECONDS [/nobreak]",
        "waits on a console; without one it fails, as the real one does",
    ),
    tool("true", LINUX, Kind::True, "true", "succeeds"),
    tool("whoami", GuestOses::EVERY, Kind::WhoAmI, "whoami", "prints the user's name"),
    tool(
        "sim-crash",
        GuestOses::EVERY,
        Kind::SimCrash,
        "sim-crash [CODE]",
        "fails with an exception, by default 0xC0000005; on Linux with a signal, by default SEGV",
    ),
    tool(
        "sim-echo-signals",
        GuestOses::EVERY,
        Kind::SimEchoSignals,
        "sim-echo-signals",
        "prints each signal that it gets, until a line says exit or the input ends",
    ),
    tool(
        "sim-flood",
        GuestOses::EVERY,
        Kind::SimFlood,
        "sim-flood [BYTES] [SEED] [--err]",
        "writes a pattern as fast as it is read; without a number for ever",
    ),
    tool(
        "sim-fork",
        GuestOses::EVERY,
        Kind::SimFork,
        "sim-fork N [COMMAND...]",
        "starts so many children, by default of sim-idle, that have its streams, and ends",
    ),
    tool("sim-idle", GuestOses::EVERY, Kind::SimIdle, "sim-idle", "never ends"),
    tool("sim-size", GuestOses::EVERY, Kind::SimSize, "sim-size", "prints the console's size, and again at each line"),
    tool(
        "sim-stubborn",
        GuestOses::EVERY,
        Kind::SimStubborn,
        "sim-stubborn",
        "never ends, and ignores every signal that can be ignored",
    ),
];
