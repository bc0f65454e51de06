//! Guests: the operating system inside, its signals, the codes with which processes end, the programs that it has.

use crate::closed::closed;
use crate::evidence::{Source, assumed, documented, header, observed};

closed! {
    /// The operating system that a process runs on.
    pub enum GuestOs, GuestOses {
        /// Windows: ids are multiples of four, exit codes are 32 bits wide, signals are console events.
        Windows,
        /// Linux: ids count from one, exit codes are a byte, signals are numbers.
        Linux,
    }
}

closed! {
    /// `ProcessSignal`: the console events that a Windows process can be sent.
    pub enum ConsoleSignal, ConsoleSignals {
        /// Control and C.
        CtrlC,
        /// Control and Break.
        CtrlBreak,
        /// The console is closed.
        CtrlClose,
        /// The user logs off.
        CtrlLogOff,
        /// The system shuts down. Runtimes send it where Linux has SIGTERM.
        CtrlShutdown,
    }
}

/// A signal to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// A console event of Windows.
    Console(ConsoleSignal),
    /// A signal of Linux by its number, 1 to 64.
    Number(u8),
}

/// `SIGKILL`, which no process can catch.
pub const SIGKILL: u8 = 9;
/// `SIGTERM`
pub const SIGTERM: u8 = 15;
/// The largest signal number of Linux.
pub const LAST_SIGNAL: u64 = 64;

/// What a signal does to a Linux process that has not arranged for it (signal(7)).
pub const fn is_ignored_by_default(number: u8) -> bool {
    // SIGCHLD, SIGCONT, SIGURG, SIGWINCH. The signals that stop a process are taken so too: job control is not modelled.
    matches!(number, 17 | 18 | 19..=23 | 28)
}

closed! {
    /// Why a process is over.
    pub enum ProcessEnd, ProcessEnds {
        /// Its program ended by itself, with a code of its own.
        ByItself,
        /// A client terminated it, or the system around it was terminated.
        Killed,
        /// A signal ended it, because its program has not arranged for that.
        Signalled,
        /// Its program failed with an exception that nobody handles.
        Crashed,
    }
}

/// The code that a process ends with, and how that is known.
#[derive(Debug)]
pub struct ExitCodeRow {
    /// Unique name.
    pub id: &'static str,
    /// On this guest.
    pub os: GuestOs,
    /// For this reason.
    pub end: ProcessEnd,
    /// What becomes of the number that the reason brings: the program's own code, the signal, the exception.
    pub code: ExitCode,
    /// How it is known.
    pub sources: &'static [Source],
}

/// How an exit code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The number itself.
    Itself,
    /// Its lowest byte.
    LowByte,
    /// This one, whatever the number.
    Always(u32),
    /// 128 and the number.
    Above128,
}

impl ExitCode {
    /// The code for a number.
    pub const fn of(self, number: u32) -> u32 {
        match self {
            ExitCode::Itself => number,
            ExitCode::LowByte => number & 0xFF,
            ExitCode::Always(code) => code,
            ExitCode::Above128 => 128 + number,
        }
    }
}

/// `STATUS_CONTROL_C_EXIT`
pub const CONTROL_C_EXIT: u32 = 0xC000_013A;
/// `ERROR_PROCESS_ABORTED`
pub const PROCESS_ABORTED: u32 = 1067;

/// Every exit code, by guest and reason.
pub const EXIT_CODES: [ExitCodeRow; GuestOs::COUNT * ProcessEnd::COUNT] = [
    ExitCodeRow {
        id: "exit-code.windows",
        os: GuestOs::Windows,
        end: ProcessEnd::ByItself,
        code: ExitCode::Itself,
        sources: &[observed("hcsctl: cmd /c exit 42", &[crate::build::Build::B26200])],
    },
    ExitCodeRow {
        id: "exit-code.windows-killed",
        os: GuestOs::Windows,
        end: ProcessEnd::Killed,
        code: ExitCode::Always(PROCESS_ABORTED),
        sources: &[
            observed("hcsctl: what others see of a killed process", &[crate::build::Build::B26200]),
            assumed("whoever kills sees the same"),
        ],
    },
    ExitCodeRow {
        id: "exit-code.windows-signalled",
        os: GuestOs::Windows,
        end: ProcessEnd::Signalled,
        code: ExitCode::Always(CONTROL_C_EXIT),
        sources: &[
            documented("HandlerRoutine: the default handler ends the process"),
            header("ntstatus.h: STATUS_CONTROL_C_EXIT"),
        ],
    },
    ExitCodeRow {
        id: "exit-code.windows-crashed",
        os: GuestOs::Windows,
        end: ProcessEnd::Crashed,
        code: ExitCode::Itself,
        sources: &[documented("GetExitCodeProcess: the exception value of an unhandled exception")],
    },
    ExitCodeRow {
        id: "exit-code.linux",
        os: GuestOs::Linux,
        end: ProcessEnd::ByItself,
        code: ExitCode::LowByte,
        sources: &[documented("wait(2): the least significant 8 bits")],
    },
    ExitCodeRow {
        id: "exit-code.linux-killed",
        os: GuestOs::Linux,
        end: ProcessEnd::Killed,
        code: ExitCode::Always(128 + SIGKILL as u32),
        sources: &[
            documented("bash(1): 128 and the signal's number; SIGKILL is 9"),
            assumed("that a terminate is a SIGKILL"),
        ],
    },
    ExitCodeRow {
        id: "exit-code.linux-signalled",
        os: GuestOs::Linux,
        end: ProcessEnd::Signalled,
        code: ExitCode::Above128,
        sources: &[documented("bash(1): 128 and the signal's number"), assumed("the guest's agent tells it so")],
    },
    ExitCodeRow {
        id: "exit-code.linux-crashed",
        os: GuestOs::Linux,
        end: ProcessEnd::Crashed,
        code: ExitCode::Above128,
        sources: &[documented("bash(1): 128 and the signal's number"), assumed("the guest's agent tells it so")],
    },
];

/// How a process on this guest ends for this reason.
pub const fn exit_code(os: GuestOs, end: ProcessEnd) -> &'static ExitCodeRow {
    let row = &EXIT_CODES[os as usize * ProcessEnd::COUNT + end as usize];
    assert!(row.os as u8 == os as u8 && row.end as u8 == end as u8, "the exit codes stand in another order");
    row
}

/// The exit code that a running process shows in its status. The code counts only once the process is over.
///
/// Assumed: the older DLL was seen to show 0xFFFFFFFF before the exit is told, of `computecore.dll` nothing is recorded.
pub const RUNNING_EXIT_CODE: u32 = 0;

/// The first process id that a guest gives out, and the step to the next. Windows ids are multiples of four; where they
/// begin is assumed.
pub const fn process_ids(os: GuestOs) -> (u32, u32) {
    match os {
        GuestOs::Windows => (1_000, 4),
        GuestOs::Linux => (100, 1),
    }
}

/// How much a standard stream holds that nobody has read yet, in bytes. Assumed: the size of the service's pipes is not
/// recorded.
pub const PIPE_CAPACITY: usize = 64 << 10;

/// How long a program needs to come up, in nanoseconds. Assumed.
pub const PROGRAM_START: u64 = crate::time::MILLISECOND;

/// How long a program needs for one thing that it does, in nanoseconds: a command of a shell, a buffer copied. Assumed; it
/// makes sure that no program does endless work in no time.
pub const PROGRAM_STEP: u64 = 10 * crate::time::MICROSECOND;
