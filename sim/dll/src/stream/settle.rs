//! Bytes do not fall behind the calls that are made after them.
//!
//! What a caller writes to a process travels through a pipe of the host and a thread; a call does not. A caller that writes a
//! file and then has standard input closed means the one before the other. So such a call first asks each thread whether
//! anything is left in its pipe, and goes on when all have answered that nothing is.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::host::{Wake, wake};

/// For how long a call waits at most. A thread answers within microseconds, unless the machine has no time for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Those of all threads that wait for a caller's bytes.
static BELLS: Mutex<Vec<Weak<Bell>>> = Mutex::new(Vec::new());

/// What a thread is asked by, and what it has answered.
pub(crate) struct Bell {
    state: Mutex<State>,
    changed: Condvar,
    wake: Wake,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// How often it was rung.
    asked: u64,
    /// Up to which time of these nothing was left in the pipe.
    answered: u64,
    /// Whether the process takes nothing for now.
    is_stuck: bool,
    /// Whether the thread is gone.
    is_over: bool,
}

impl Bell {
    pub(crate) fn new(wake: Wake) -> Bell {
        Bell { state: Mutex::default(), changed: Condvar::new(), wake }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it was rung until now. The thread asks before it looks into its pipe.
    pub(crate) fn asked(&self) -> u64 {
        self.lock().asked
    }

    /// Whether nobody waits who rang so often or less.
    pub(crate) fn is_answered(&self, asked: u64) -> bool {
        self.lock().answered >= asked
    }

    /// Nothing is left that was written before it was rung so often.
    pub(crate) fn answer(&self, asked: u64) {
        let mut state = self.lock();
        if state.answered < asked {
            state.answered = asked;
            self.changed.notify_all();
        }
    }

    /// Whether the process takes nothing, so that nobody should wait for its thread.
    pub(crate) fn set_stuck(&self, is_stuck: bool) {
        let mut state = self.lock();
        if state.is_stuck != is_stuck {
            state.is_stuck = is_stuck;
            self.changed.notify_all();
        }
    }

    fn ring(&self) -> u64 {
        let mut state = self.lock();
        state.asked += 1;
        let asked = state.asked;
        drop(state);
        wake(&self.wake);
        asked
    }

    fn wait(&self, asked: u64, until: Instant) {
        let mut state = self.lock();
        while state.answered < asked && !state.is_stuck && !state.is_over {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A bell that is among all while its thread lives.
pub(crate) struct Ringing(Arc<Bell>);

impl Ringing {
    pub(crate) fn begin(bell: Arc<Bell>) -> Ringing {
        let mut bells = BELLS.lock().unwrap_or_else(PoisonError::into_inner);
        if bells.len() == bells.capacity() {
            bells.retain(|bell| bell.strong_count() > 0);
        }
        bells.push(Arc::downgrade(&bell));
        Ringing(bell)
    }
}

impl Deref for Ringing {
    type Target = Bell;

    fn deref(&self) -> &Bell {
        &self.0
    }
}

impl Drop for Ringing {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

/// Returns when what was written to processes before this is with them, as far as they take it.
pub(crate) fn settle() {
    let bells: Vec<Arc<Bell>> =
        BELLS.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
    let until = Instant::now() + PATIENCE;
    let rung: Vec<u64> = bells.iter().map(|bell| bell.ring()).collect();
    for (bell, asked) in bells.iter().zip(rung) {
        bell.wait(asked, until);
    }
}
