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
    /// 128 and the number, of which the seven lowest bits count: wait(2) has no more for a signal.
    Above128,
}

impl ExitCode {
    /// The code for a number.
    pub const fn of(self, number: u32) -> u32 {
        match self {
            ExitCode::Itself => number,
            ExitCode::LowByte => number & 0xFF,
            ExitCode::Always(code) => code,
            ExitCode::Above128 => 128 + (number & 0x7F),
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

const _: () = {
    let mut at = 0;
    while at < EXIT_CODES.len() {
        exit_code(GuestOs::ALL[at / ProcessEnd::COUNT], ProcessEnd::ALL[at % ProcessEnd::COUNT]);
        at += 1;
    }
};

/// How a program of a user's ends that panics, as an exception or a signal: as one in Rust does that aborts, with
/// `STATUS_STACK_BUFFER_OVERRUN` or SIGABRT.
pub const fn panicked(os: GuestOs) -> u32 {
    match os {
        GuestOs::Windows => 0xC000_0409,
        GuestOs::Linux => 6,
    }
}

/// How one ends that the host of the test has no thread for: `STATUS_NO_MEMORY`, or SIGKILL, which is what Linux sends when
/// memory is out.
pub const fn starved(os: GuestOs) -> u32 {
    match os {
        GuestOs::Windows => 0xC000_0017,
        GuestOs::Linux => SIGKILL as u32,
    }
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

/// The version that a Windows guest tells of itself: that of its host. Assumed: which update it has is not modelled.
pub fn windows_version(build: crate::build::Build) -> String {
    format!("10.0.{}.1", build.number())
}

/// `SIGWINCH`: the console has another size.
pub const SIGWINCH: u8 = 28;

/// The width and the height of a console whose size nobody asked for. Assumed: a new console window's.
pub const CONSOLE_SIZE: (u16, u16) = (80, 25);

/// The directory in which a process begins that names none. Assumed.
pub const fn directory(os: GuestOs) -> &'static str {
    match os {
        GuestOs::Windows => "C:\\",
        GuestOs::Linux => "/",
    }
}

/// The directories that a guest has whatever its image brings, as far as its shells know. Assumed.
pub const fn directories(os: GuestOs) -> &'static [&'static str] {
    match os {
        GuestOs::Windows => &[
            "C:\\",
            "C:\\Program Files",
            "C:\\ProgramData",
            "C:\\Users",
            "C:\\Users\\ContainerAdministrator",
            "C:\\Users\\ContainerUser",
            "C:\\Users\\Public",
            "C:\\Windows",
            "C:\\Windows\\System32",
            "C:\\Windows\\Temp",
        ],
        GuestOs::Linux => {
            &["/", "/bin", "/etc", "/home", "/opt", "/root", "/tmp", "/usr", "/usr/bin", "/var", "/var/tmp"]
        }
    }
}

/// The environment that a process has whatever its parameters say. Assumed: the part of a real one that programs look at.
pub const fn environment(os: GuestOs) -> &'static [(&'static str, &'static str)] {
    match os {
        GuestOs::Windows => &[
            ("COMPUTERNAME", "CONTAINER"),
            ("ComSpec", "C:\\Windows\\system32\\cmd.exe"),
            ("OS", "Windows_NT"),
            ("PATHEXT", ".COM;.EXE;.BAT;.CMD"),
            ("Path", "C:\\Windows\\system32;C:\\Windows"),
            ("SystemDrive", "C:"),
            ("SystemRoot", "C:\\Windows"),
            ("TEMP", "C:\\Users\\ContainerAdministrator\\AppData\\Local\\Temp"),
            ("USERNAME", "ContainerAdministrator"),
        ],
        GuestOs::Linux => {
            &[("HOME", "/root"), ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")]
        }
    }
}

/// The users that every guest has. Assumed: the accounts of the published base images.
const USERS: [&[&str]; GuestOs::COUNT] = [
    &[
        "ContainerUser",
        "ContainerAdministrator",
        "User Manager\\ContainerUser",
        "User Manager\\ContainerAdministrator",
        "Administrator",
        "SYSTEM",
        "NT AUTHORITY\\SYSTEM",
        "NT AUTHORITY\\LocalService",
        "NT AUTHORITY\\NetworkService",
    ],
    &["root", "nobody"],
];

/// The users that a guest has, beside the numbers of Linux.
pub const fn users(os: GuestOs) -> &'static [&'static str] {
    USERS[os as usize]
}

/// Whether a guest has this user. The empty name is the guest's usual user; on Linux a number is a user, with or without
/// the number of a group.
pub fn is_user(os: GuestOs, user: &str) -> bool {
    let known = users(os);
    match os {
        GuestOs::Windows => user.is_empty() || known.iter().any(|name| name.eq_ignore_ascii_case(user)),
        GuestOs::Linux => {
            let number = |text: &str| text.parse::<u32>().is_ok();
            let (user, group) = user.split_once(':').unwrap_or((user, "0"));
            let named = |name: &str| number(name) || known.contains(&name);
            (user.is_empty() || named(user)) && named(group)
        }
    }
}

/// How many processes a system may have. Assumed; what starts itself over and over must not fill the memory.
pub const MOST_PROCESSES: usize = 100_000;

/// How many bytes the files that a system's programs write may have. Assumed, as above.
pub const MOST_FILE_BYTES: usize = 64 << 20;
