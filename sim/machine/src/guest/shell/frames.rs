//! Texts that run, each at its place in a row of steps.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::guest::shell::{DEEPEST_TEXTS, Row, STEPS_AT_ONCE, Shell, Step, Streams};

/// The items that a loop has not had yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) enum Items {
    Words(VecDeque<Arc<str>>),
    Count { next: i64, step: i64, end: i64 },
}

impl Items {
    fn next(&mut self) -> Option<Arc<str>> {
        match self {
            Items::Words(words) => words.pop_front(),
            Items::Count { next, step, end } => {
                let inside = if *step < 0 { *next >= *end } else { *next <= *end };
                let item = inside.then(|| Arc::from(next.to_string()));
                *next = next.saturating_add(*step);
                item
            }
        }
    }
}

/// A text that runs: where it is, and what stands around that place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame<C, W> {
    row: Row<C, W>,
    at: usize,
    /// The streams outside of each redirection.
    streams: Vec<Streams>,
    loops: Vec<Items>,
    /// Where each subshell ends, and how many redirections and loops stand around it.
    forks: Vec<(usize, usize, usize)>,
    /// What the last command's code is again afterwards.
    status: Option<u32>,
}

/// Texts that run, the innermost last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) struct Frames<C, W>(Vec<Frame<C, W>>);

/// What is to be done next.
pub(in crate::guest) enum Fetched<C, W> {
    /// This step of this row.
    Step(Row<C, W>, usize),
    /// Nothing now: many steps led elsewhere.
    Later,
    /// Nothing: all texts are over.
    Done,
}

impl<C, W> Default for Frames<C, W> {
    fn default() -> Self {
        Frames(Vec::new())
    }
}

impl<C: Clone, W: Clone> Frames<C, W> {
    /// Runs a text within what runs. Whether that goes: not when it is too deep. `status` is what the code of the last
    /// command is again when it is over.
    pub(in crate::guest) fn push(&mut self, row: Row<C, W>, status: Option<u32>) -> bool {
        // The last thing that a text does needs no way back: a text that runs itself again does not grow.
        while self.0.last().is_some_and(|frame| frame.is_over() && frame.status.is_none()) {
            self.0.pop();
        }
        if self.0.len() >= DEEPEST_TEXTS {
            return false;
        }
        self.0.push(Frame { row, at: 0, streams: Vec::new(), loops: Vec::new(), forks: Vec::new(), status });
        true
    }

    /// Forgets everything that runs.
    pub(in crate::guest) fn clear(&mut self, shell: &mut Shell) {
        if let Some(outermost) = self.0.iter().find_map(|frame| frame.streams.first()) {
            shell.streams = outermost.clone();
        }
        self.0.clear();
    }

    /// The next step that is not a mere jump.
    pub(in crate::guest) fn fetch(&mut self, shell: &mut Shell) -> Fetched<C, W> {
        for _ in 0..STEPS_AT_ONCE {
            let Some(frame) = self.0.last_mut() else { return Fetched::Done };
            let Some(step) = frame.row.get(frame.at) else {
                if let Some(status) = frame.status {
                    shell.end(status);
                }
                self.0.pop();
                continue;
            };
            let at = frame.at;
            frame.at += 1;
            match step {
                Step::Jump(to) => frame.at = *to,
                Step::JumpIf(success, to) => {
                    if shell.success == *success {
                        frame.at = *to;
                    }
                }
                Step::Not => shell.end(shell.success.into()),
                Step::Leave => {
                    if let Some(streams) = frame.streams.pop() {
                        shell.leave(streams);
                    }
                }
                Step::EndLoop => drop(frame.loops.pop()),
                Step::Fork(join) => {
                    frame.forks.push((*join, frame.streams.len(), frame.loops.len()));
                    return Fetched::Step(frame.row.clone(), at);
                }
                Step::Join => {
                    frame.forks.pop();
                    return Fetched::Step(frame.row.clone(), at);
                }
                _ => return Fetched::Step(frame.row.clone(), at),
            }
        }
        Fetched::Later
    }

    /// Whether nothing follows the command that runs: what is left only takes redirections back.
    pub(in crate::guest) fn is_last(&self) -> bool {
        self.0.iter().all(|frame| {
            let left = frame.row.get(frame.at..).unwrap_or_default();
            frame.status.is_none() && left.iter().all(|step| matches!(step, Step::Check | Step::Leave))
        })
    }

    /// Goes elsewhere in the innermost text.
    pub(in crate::guest) fn jump(&mut self, to: usize) {
        if let Some(frame) = self.0.last_mut() {
            frame.at = to;
        }
    }

    /// Remembers the streams outside of a redirection.
    pub(in crate::guest) fn enter(&mut self, outside: Streams) {
        if let Some(frame) = self.0.last_mut() {
            frame.streams.push(outside);
        }
    }

    /// Begins a loop over these items.
    pub(in crate::guest) fn begin(&mut self, items: Items) {
        if let Some(frame) = self.0.last_mut() {
            frame.loops.push(items);
        }
    }

    /// The innermost loop's next item. Without one the loop is over.
    pub(in crate::guest) fn item(&mut self) -> Option<Arc<str>> {
        let frame = self.0.last_mut()?;
        let item = frame.loops.last_mut()?.next();
        if item.is_none() {
            frame.loops.pop();
        }
        item
    }

    /// Goes to the end of the innermost subshell. Whether there is one; without one every text is over.
    pub(in crate::guest) fn exit(&mut self, shell: &mut Shell) -> bool {
        while let Some(frame) = self.0.last_mut() {
            let fork = frame.forks.last().copied();
            let (join, streams, loops) = fork.unwrap_or((0, 0, 0));
            if let Some(outside) = frame.streams.drain(streams.min(frame.streams.len())..).next() {
                shell.leave(outside);
            }
            if fork.is_some() {
                frame.loops.truncate(loops);
                frame.at = join;
                return true;
            }
            self.0.pop();
        }
        false
    }
}

impl<C, W> Frame<C, W> {
    fn is_over(&self) -> bool {
        self.at >= self.row.len()
    }
}
