//! A concrete input for each facet of a process: its parameters, and the document that comes with a call. The programs are
//! such as every guest has.

use hcs_rules::guest::GuestOs;
use hcs_rules::process::{ProcessFacet, ProcessTrigger};

/// What a process is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// It never ends.
    Endless,
    /// It ends at once, with [`SHORT_CODE`].
    Short,
    /// It ends well after a second or so.
    Slow,
    /// There is none.
    Missing,
}

/// The exit code of [`Program::Short`].
pub const SHORT_CODE: u32 = 3;

/// The parameters of a process that asks for nothing but its program.
pub fn parameters(program: Program, os: GuestOs) -> String {
    format!("{{{}}}", command(program, os))
}

/// The parameters of a process on Windows that has what a facet looks at.
pub fn parameters_for(program: Program, facet: ProcessFacet) -> String {
    let more = match facet {
        ProcessFacet::Resize => r#","EmulateConsole":true,"ConsoleSize":[25,80]"#,
        ProcessFacet::CloseStream => r#","CreateStdInPipe":true"#,
        _ => "",
    };
    format!("{{{}{more}}}", command(program, GuestOs::Windows))
}

/// The member that says what to run.
fn command(program: Program, os: GuestOs) -> String {
    match os {
        GuestOs::Windows => {
            let line = match program {
                Program::Endless => "ping -t 127.0.0.1".to_owned(),
                Program::Short => format!("cmd /c exit {SHORT_CODE}"),
                Program::Slow => "ping -n 2 127.0.0.1".to_owned(),
                Program::Missing => "conformance-no-such-program".to_owned(),
            };
            format!(r#""CommandLine":"{line}""#)
        }
        GuestOs::Linux => {
            let words = match program {
                Program::Endless => r#""sleep","infinity""#.to_owned(),
                Program::Short => format!(r#""sh","-c","exit {SHORT_CODE}""#),
                Program::Slow => r#""sleep","1""#.to_owned(),
                Program::Missing => r#""/conformance-no-such-program""#.to_owned(),
            };
            format!(r#""CommandArgs":[{words}]"#)
        }
    }
}

/// A change that does not say what it is about. In each state it is refused in another way, and changes nothing.
pub const INCOMPLETE: &str = r#"{"Operation":"ConsoleSize"}"#;

/// The document that shows a facet of a trigger; `None` is NULL.
pub fn document(on: ProcessTrigger, facet: ProcessFacet) -> Option<&'static str> {
    match facet {
        ProcessFacet::MalformedOptions => Some("{"),
        ProcessFacet::InvalidOptions => Some(r#"{"NoSuchMember":1}"#),
        ProcessFacet::ForeignSignal => Some(r#"{"Signal":2}"#),
        ProcessFacet::Resize | ProcessFacet::ResizeNothing => {
            Some(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":40,"Width":100}}"#)
        }
        ProcessFacet::CloseStream => Some(r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#),
        ProcessFacet::Incomplete => Some(INCOMPLETE),
        ProcessFacet::SystemLives | ProcessFacet::SystemIsOver | ProcessFacet::Plain
            if matches!(on, ProcessTrigger::Signal | ProcessTrigger::SignalDone) =>
        {
            Some(r#"{"Signal":"CtrlC"}"#)
        }
        ProcessFacet::Plain
        | ProcessFacet::SystemLives
        | ProcessFacet::SystemIsOver
        | ProcessFacet::NoOptions
        | ProcessFacet::FirstCallback
        | ProcessFacet::SecondCallback
        | ProcessFacet::NoCallback => None,
    }
}
