//! The names of signals.

use hcs_rules::guest::{ConsoleSignal, LAST_SIGNAL, Signal};

/// The signals of Linux that have a name here: the others are numbers.
const NAMES: [(u8, &str); 20] = [
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (4, "ILL"),
    (5, "TRAP"),
    (6, "ABRT"),
    (7, "BUS"),
    (8, "FPE"),
    (9, "KILL"),
    (10, "USR1"),
    (11, "SEGV"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (17, "CHLD"),
    (18, "CONT"),
    (19, "STOP"),
    (20, "TSTP"),
    (28, "WINCH"),
];

/// A Linux signal by its number or its name, with or without `SIG`.
pub(super) fn number(text: &str) -> Option<u8> {
    if let Ok(number) = text.parse::<u8>() {
        return (1..=LAST_SIGNAL).contains(&u64::from(number)).then_some(number);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// A signal of either system by name: `CtrlC`, `TERM`, `SIGTERM`, `15`.
pub(super) fn named(text: &str) -> Option<Signal> {
    let console = ConsoleSignal::ALL.iter().find(|signal| signal.name().eq_ignore_ascii_case(text));
    console.copied().map(Signal::Console).or_else(|| number(text).map(Signal::Number))
}

/// How a program prints a signal: `CtrlC`, `SIGTERM`, or its number.
pub(super) fn name(signal: Signal) -> String {
    match signal {
        Signal::Console(console) => console.name().to_owned(),
        Signal::Number(number) => match NAMES.iter().find(|(known, _)| *known == number) {
            Some((_, name)) => format!("SIG{name}"),
            None => number.to_string(),
        },
    }
}

/// Whether this is the console's interruption, which a prompt survives.
pub(super) fn is_interruption(signal: Signal) -> bool {
    matches!(signal, Signal::Console(ConsoleSignal::CtrlC | ConsoleSignal::CtrlBreak) | Signal::Number(2 | 3))
}
