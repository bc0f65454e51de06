//! What every program needs to read lines, and to write to a pipe that may be full.

use std::collections::VecDeque;
use std::sync::Arc;

use hcs_rules::guest::{GuestOs, PROGRAM_STEP};

use crate::guest::{Await, Given, Output, Pause, Surroundings, Taken};
use crate::time::Time;

/// The most that is read, or written, in one go.
pub(super) const BUFFER: usize = 64 << 10;

/// How many pieces are much.
const LONG: usize = 64;

/// SIGPIPE, above 128.
const BROKEN_PIPE_ON_LINUX: u32 = 128 + 13;

/// Waits for ever: only a signal or a kill ends it.
pub(super) const FOREVER: Pause = Pause::Waits(Await { input: false, output: None, until: None, child: None });

/// Waits for something on standard input, or its end.
pub(super) const FOR_INPUT: Pause = Pause::Waits(Await { input: true, output: None, until: None, child: None });

/// Goes on in a moment: one thing is done.
pub(super) fn step(world: &dyn Surroundings) -> Pause {
    until(world.now().after(PROGRAM_STEP))
}

/// Waits for this moment.
pub(super) fn until(moment: Time) -> Pause {
    Pause::Waits(Await { until: Some(moment), ..Await::default() })
}

/// Waits for this child's end.
pub(super) fn for_child(child: u32) -> Pause {
    Pause::Waits(Await { child: Some(child), ..Await::default() })
}

/// How a program ends that writes where nobody reads: quietly. On Linux as SIGPIPE ends it.
pub(super) fn broken_pipe(os: GuestOs) -> Pause {
    Pause::Exits(match os {
        GuestOs::Windows => 1,
        GuestOs::Linux => BROKEN_PIPE_ON_LINUX,
    })
}

/// How a line ends.
pub(super) fn line_end(os: GuestOs) -> &'static str {
    match os {
        GuestOs::Windows => "\r\n",
        GuestOs::Linux => "\n",
    }
}

/// What a program has still to write, in order over both outputs. A stream that is full keeps the program waiting: nothing
/// is lost, and nothing comes twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outbox {
    pieces: VecDeque<(Output, Arc<[u8]>)>,
    /// How much of the first piece is written.
    written: usize,
}

impl Outbox {
    /// Puts bytes behind what waits.
    pub(super) fn push(&mut self, to: Output, bytes: impl Into<Arc<[u8]>>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.pieces.push_back((to, bytes));
        }
    }

    /// The same, unless much waits already: for what comes from outside, such as signals.
    pub(super) fn push_unless_long(&mut self, to: Output, bytes: impl Into<Arc<[u8]>>) {
        if self.pieces.len() < LONG {
            self.push(to, bytes);
        }
    }

    /// Writes what there is, at most a buffer. An error is what the program has to do before it goes on.
    pub(super) fn flush(&mut self, world: &mut dyn Surroundings, os: GuestOs) -> Result<(), Pause> {
        let mut budget = BUFFER;
        while let Some((to, bytes)) = self.pieces.front() {
            let (to, left) = (*to, &bytes[self.written..]);
            let offered = &left[..left.len().min(budget)];
            if offered.is_empty() {
                return Err(step(world));
            }
            match world.write(to, offered) {
                Taken::Broken => {
                    self.pieces.clear();
                    return Err(broken_pipe(os));
                }
                Taken::Bytes(taken) => {
                    let (taken, offered, left) = (taken.min(offered.len()), offered.len(), left.len());
                    budget -= taken;
                    if taken == left {
                        self.pieces.pop_front();
                        self.written = 0;
                        continue;
                    }
                    self.written += taken;
                    if taken < offered {
                        return Err(Pause::Waits(Await { output: Some(to), ..Await::default() }));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What reading a line gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its end.
    Text(String),
    /// None yet.
    Nothing,
    /// The end.
    End,
    /// It is longer than the limit. What was read of it is dropped.
    TooLong,
}

/// Reads standard input line by line and takes nothing beyond a line's end: the rest belongs to whoever reads next, maybe a
/// child.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// The last line ended with a carriage return: a line feed that follows belongs to it.
    returned: bool,
}

impl Lines {
    /// The next line.
    pub(super) fn next(&mut self, world: &mut dyn Surroundings, limit: usize) -> Line {
        let console = world.console().is_some();
        loop {
            let byte = match world.read(1) {
                Given::Bytes(bytes) => bytes.first().copied(),
                Given::Nothing => return Line::Nothing,
                Given::End if self.begun.is_empty() => return Line::End,
                Given::End => return Line::Text(self.take()),
            };
            let Some(byte) = byte else { return Line::Nothing };
            let returned = std::mem::take(&mut self.returned);
            match byte {
                b'\n' if returned => {}
                b'\n' => return Line::Text(self.take()),
                // The enter key of a console.
                b'\r' if console => {
                    self.returned = true;
                    return Line::Text(self.take());
                }
                byte if self.begun.len() < limit.min(BUFFER) => self.begun.push(byte),
                _ => {
                    self.begun.clear();
                    return Line::TooLong;
                }
            }
        }
    }

    fn take(&mut self) -> String {
        let mut line = std::mem::take(&mut self.begun);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        String::from_utf8_lossy(&line).into_owned()
    }
}
