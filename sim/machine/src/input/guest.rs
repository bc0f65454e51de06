//! What programs outside the machine do.

use std::sync::Arc;

use crate::guest::{Await, Output};

/// What a program outside does: the same as [`crate::guest::Surroundings`] lets one inside do. While its system is paused
/// each of them waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestRequest {
    /// Reads at most so many bytes of standard input.
    Read {
        /// How many bytes at most.
        limit: u32,
    },
    /// Writes to an output what fits.
    Write {
        /// Which.
        to: Output,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Closes an output.
    Close {
        /// Which.
        of: Output,
    },
    /// Waits until any of these, or a signal if the program handles signals.
    Wait(Await),
    /// Whether the program handles signals from now on, instead of being ended by them.
    HandleSignals {
        /// Whether it does.
        handles: bool,
    },
    /// Takes the next signal.
    TakeSignal,
    /// Asks for the guest's clock.
    Clock,
    /// Asks for the console's width and height.
    Console,
    /// Reads a file of the guest's.
    ReadFile {
        /// Its path.
        path: Arc<str>,
    },
    /// Writes a file of the guest's, or appends to it.
    WriteFile {
        /// Its path.
        path: Arc<str>,
        /// The bytes.
        bytes: Arc<[u8]>,
        /// Whether to append.
        append: bool,
    },
    /// Starts a child, which inherits the streams.
    Spawn {
        /// Its command line.
        command_line: Arc<str>,
    },
    /// Asks for the exit code of a child.
    ExitOf {
        /// The child's id.
        child: u32,
    },
    /// Ends with this code.
    End {
        /// The code.
        code: u32,
    },
    /// Ends with this exception (Windows) or signal (Linux).
    Crash {
        /// The exception, or the signal's number.
        exception: u32,
    },
}
