//! Processes: parameters, signals, changes and statuses.

use super::{Anything, Array, Boolean, Choice, I32, Map, Object, OneOf, OneOfOrNumber, Text, Type, U16, U32, m, v};

/// `CloseHandle`
pub static CLOSE_HANDLE: Type = Type {
    name: "CloseHandle",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Handle", OneOf(&STD_HANDLE), (2, 0))],
};

/// `ConsoleSize`
pub static CONSOLE_SIZE: Type = Type {
    name: "ConsoleSize",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Height", U16, (2, 0)), m("Width", U16, (2, 0))],
};

/// `ProcessModifyRequest`
pub static PROCESS_MODIFY_REQUEST: Type = Type {
    name: "ProcessModifyRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("CloseHandle", Object(&CLOSE_HANDLE), (2, 0)),
        m("ConsoleSize", Object(&CONSOLE_SIZE), (2, 0)),
        m("Operation", OneOf(&MODIFY_OPERATION), (2, 0)),
    ],
};

/// `ProcessParameters`
pub static PROCESS_PARAMETERS: Type = Type {
    name: "ProcessParameters",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ApplicationName", Text, (2, 0)),
        m("CommandArgs", Array(&Text), (2, 0)),
        m("CommandLine", Text, (2, 0)),
        m("ConsoleSize", Array(&U16), (2, 0)),
        m("CreateInUtilityVm", Anything, (2, 0)).used_by("hcsshim"),
        m("CreateStdErrPipe", Boolean, (2, 0)),
        m("CreateStdInPipe", Boolean, (2, 0)),
        m("CreateStdOutPipe", Boolean, (2, 0)),
        m("EmulateConsole", Boolean, (2, 0)),
        m("Environment", Map(&Text), (2, 0)),
        m("OCIProcess", Anything, (2, 0)).used_by("hcsshim"),
        m("OCISpecification", Anything, (2, 0)).used_by("hcsshim"),
        m("RestrictedToken", Boolean, (2, 0)),
        m("UseExistingLogin", Boolean, (2, 0)),
        m("UseLegacyConsole", Boolean, (2, 0)),
        m("User", Text, (2, 0)),
        m("WorkingDirectory", Text, (2, 0)),
    ],
};

/// `ProcessStatus`
pub static PROCESS_STATUS: Type = Type {
    name: "ProcessStatus",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ExitCode", U32, (2, 1)),
        m("Exited", Boolean, (2, 1)),
        m("LastWaitResult", I32, (2, 1)),
        m("ProcessId", U32, (2, 1)),
    ],
};

/// `SignalProcessOptions`
pub static SIGNAL_PROCESS_OPTIONS: Type = Type {
    name: "SignalProcessOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    // A Linux guest is sent a number, which no published schema has; hcsshim sends it.
    members: &[m("Signal", OneOfOrNumber(&PROCESS_SIGNAL, u32::MAX as u64), (2, 1))],
};

/// `ModifyOperation`
pub static MODIFY_OPERATION: Choice =
    Choice { name: "ModifyOperation", formerly: None, values: &[v("ConsoleSize", (2, 0)), v("CloseHandle", (2, 0))] };

/// `ProcessSignal`
pub static PROCESS_SIGNAL: Choice = Choice {
    name: "ProcessSignal",
    formerly: None,
    values: &[
        v("CtrlC", (2, 1)),
        v("CtrlBreak", (2, 1)),
        v("CtrlClose", (2, 1)),
        v("CtrlLogOff", (2, 1)),
        v("CtrlShutdown", (2, 1)),
    ],
};

/// `StdHandle`
pub static STD_HANDLE: Choice = Choice {
    name: "StdHandle",
    formerly: None,
    values: &[v("StdIn", (2, 0)), v("StdOut", (2, 0)), v("StdErr", (2, 0)), v("All", (2, 1))],
};
