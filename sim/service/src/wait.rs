//! A seat: where one blocked thread waits for one answer.

use std::time::Duration;

use crate::sync::{Condvar, Mutex};

/// Filled once, taken once. Whoever fills it need not know who waits, or whether anybody does yet.
#[derive(Debug)]
pub(crate) struct Seat<T> {
    answer: Mutex<Option<T>>,
    filled: Condvar,
}

impl<T> Seat<T> {
    pub(crate) fn new() -> Seat<T> {
        Seat { answer: Mutex::new(None), filled: Condvar::new() }
    }

    /// Puts the answer down and calls the waiter.
    pub(crate) fn fill(&self, answer: T) {
        *self.answer.lock() = Some(answer);
        self.filled.notify_all();
    }

    /// Takes the answer if there is one.
    pub(crate) fn try_take(&self) -> Option<T> {
        self.answer.lock().take()
    }

    /// Takes the answer; blocks until there is one, or for this long in real time.
    pub(crate) fn take_within(&self, limit: Duration) -> Option<T> {
        let mut answer = self.answer.lock();
        loop {
            if answer.is_some() {
                return answer.take();
            }
            let ran_out;
            (answer, ran_out) = self.filled.wait_for(answer, limit);
            if ran_out {
                return answer.take();
            }
        }
    }
}
