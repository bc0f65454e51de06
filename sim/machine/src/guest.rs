//! Guests: the programs that run inside systems, on virtual time.
//!
//! A [`Program`](program::Program) is a value: cloning it forks it, comparing it compares where it is. It runs until it has
//! to wait, and says for what; whatever it does goes through [`Surroundings`], which the host gives it. Programs that users
//! write in Rust run outside, in the shell, and reach the host through inputs instead: see [`crate::input::GuestRequest`].
//!
//! | file | what is there |
//! |---|---|
//! | [`program`] | the programs that every guest has, and which command line names which |
//! | [`script`] | programs written in one line of a story |
//! | `tool` | the small programs: `sleep`, `cat`, `ping`, and those that make trouble |
//! | `cmd`, `sh` | the shells, and below them their languages |
//! | `shell`, `arithmetic` | what both shells share |
//! | `command_line` | how a command line becomes words, on Windows and on Linux |
//! | `stream` | lines that come in, bytes that go out when there is room |
//! | `path`, `duration`, `signal` | paths, lengths of time, the names of signals |

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::guest::{GuestOs, Signal};

use crate::time::Time;

mod arithmetic;
mod cmd;
mod command_line;
mod duration;
#[cfg(test)]
mod fake;
mod path;
pub mod program;
pub mod script;
mod sh;
mod shell;
mod signal;
mod stream;
#[cfg(test)]
mod tests;
mod tool;

/// What a process is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The operating system around it.
    pub os: GuestOs,
    /// `ApplicationName`, if it is given.
    pub application: Option<Arc<str>>,
    /// `CommandLine`, if it is given.
    pub command_line: Option<Arc<str>>,
    /// `CommandArgs`, the words of a Linux command, if they are given.
    pub arguments: Arc<[Arc<str>]>,
    /// The environment. Names of Windows variables compare without regard to case; an entry with an empty value is not
    /// here.
    pub environment: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    /// The working directory.
    pub directory: Arc<str>,
    /// The user's name; empty is the guest's usual one.
    pub user: Arc<str>,
}

/// A stream that a program writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What a read of standard input gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Bytes, at least one.
    Bytes(Vec<u8>),
    /// Nothing yet: somebody may still write.
    Nothing,
    /// The end: nobody will write any more. Also for a process without standard input.
    End,
}

/// What a write takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// So many of the bytes; none when the stream is full. A stream that nobody asked for takes everything.
    Bytes(usize),
    /// Nobody reads any more.
    Broken,
}

/// Where one standard stream of a child goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirection {
    /// Where the parent's stream of this kind goes.
    Inherit,
    /// Where the parent's other output goes: `2>&1` and `1>&2`.
    Like(Output),
    /// Nowhere: `> NUL`, `> /dev/null`, `< NUL`. Reading from it gives the end.
    Null,
    /// Into a file of the guest's, or from it. An output file was emptied by the shell before, if it was to be.
    File(Arc<str>),
}

/// What a program of the guest sees and does. Every path is taken as it is given; the host folds case on Windows and
/// joins relative paths to the directory.
pub trait Surroundings {
    /// The guest's clock: it stands still while the system is paused.
    fn now(&self) -> Time;
    /// The process's own id.
    fn id(&self) -> u32;
    /// Reads at most so many bytes of standard input.
    fn read(&mut self, limit: usize) -> Given;
    /// Writes to an output.
    fn write(&mut self, to: Output, bytes: &[u8]) -> Taken;
    /// The console's width and height in characters, if there is one.
    fn console(&self) -> Option<(u16, u16)>;
    /// A file's bytes.
    fn read_file(&self, path: &str) -> Option<Arc<[u8]>>;
    /// Writes a file, or appends to it. Whether that could be done: it cannot when the guest's files are full.
    fn write_file(&mut self, path: &str, bytes: &[u8], append: bool) -> bool;
    /// Removes a file. Whether there was one.
    fn remove_file(&mut self, path: &str) -> bool;
    /// Whether a directory is there.
    fn is_directory(&self, path: &str) -> bool;
    /// Starts a child with these streams: input, output, error. Its id; `None` when there is no such program.
    fn spawn(&mut self, launch: Launch, streams: [Redirection; 3]) -> Option<u32>;
    /// The exit code of a child that is over. Asking again gives it again.
    fn exit_of(&mut self, child: u32) -> Option<u32>;
    /// Sends a signal to a process of the same guest, or kills it. Whether there is one.
    fn send(&mut self, process: u32, signal: Option<Signal>) -> bool;
    /// The guest's name on its network, if it has one. Without it a program looks into its environment.
    fn host_name(&self) -> Option<Arc<str>> {
        None
    }
    /// The version that `ver` tells, if it is known: four numbers between dots.
    fn version(&self) -> Option<Arc<str>> {
        None
    }
    /// Records that a program was asked for something that the double does not model; a strict world fails.
    fn not_modelled(&mut self, what: &'static str);
}

/// What a program waits for: any of these. It runs again at the latest when one has come; earlier does no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Await {
    /// Standard input has something, or ends.
    pub input: bool,
    /// The output takes something again, or breaks.
    pub output: Option<Output>,
    /// The guest's clock reaches this moment.
    pub until: Option<Time>,
    /// This child is over.
    pub child: Option<u32>,
}

/// What comes of letting a program run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It waits. Waiting for nothing at all is for ever.
    Waits(Await),
    /// It has ended by itself with this code.
    Exits(u32),
    /// It has failed with this exception (Windows) or signal (Linux).
    Crashes(u32),
}

/// What a program does about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// What the guest does with a process that has not arranged for it: see [`hcs_rules::guest`].
    Default,
    /// It goes on; run it.
    Handled,
}
