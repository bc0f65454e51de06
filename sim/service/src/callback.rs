//! The gate before a callback: who is inside, and closing it so that nobody enters and everybody has left.

use std::time::Duration;

use crate::sync::{Condvar, Mutex};

/// How a close went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Nobody is inside, and nobody will be.
    Empty,
    /// The closing thread itself is inside. The real DLL would wait for ever.
    FromInside,
    /// Somebody stayed inside for longer than [`PATIENCE`]. The real DLL would go on waiting.
    Abandoned,
}

/// How long a close waits, in real time, for a callback that does not return. A test is told rather than hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The gate before one callback.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// The threads inside, by the shell's own numbers.
    inside: Vec<u64>,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        Gate { state: Mutex::new(State::default()), left: Condvar::new() }
    }

    /// A thread wants to call the callback. It may not once the gate is closed.
    pub(crate) fn enter(&self, thread: u64) -> bool {
        let mut state = self.state.lock();
        if !state.closed {
            state.inside.push(thread);
        }
        !state.closed
    }

    /// The thread has called the callback.
    pub(crate) fn leave(&self, thread: u64) {
        let mut state = self.state.lock();
        if let Some(at) = state.inside.iter().position(|inside| *inside == thread) {
            state.inside.swap_remove(at);
        }
        drop(state);
        self.left.notify_all();
    }

    /// Closes the gate if that needs no waiting. It is closed to newcomers in any case.
    pub(crate) fn try_close(&self, thread: u64) -> Option<Closed> {
        let mut state = self.state.lock();
        state.closed = true;
        if state.inside.iter().any(|inside| *inside != thread) {
            return None;
        }
        Some(if state.inside.is_empty() { Closed::Empty } else { Closed::FromInside })
    }

    /// Closes the gate and waits until everybody has left, except the closing thread itself.
    pub(crate) fn close(&self, thread: u64) -> Closed {
        let mut state = self.state.lock();
        state.closed = true;
        let from_inside = state.inside.contains(&thread);
        while state.inside.iter().any(|inside| *inside != thread) {
            let timed_out;
            (state, timed_out) = self.left.wait_for(state, PATIENCE);
            if timed_out {
                return Closed::Abandoned;
            }
        }
        if from_inside { Closed::FromInside } else { Closed::Empty }
    }
}
