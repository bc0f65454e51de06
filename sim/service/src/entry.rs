//! Waiting until a call is entered: how a test meets another thread at a moment that it chooses.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use hcs_rules::vocabulary::Call;

use crate::simulator::{Shared, Simulator};
use crate::sync::{Condvar, Mutex};

/// Counts how often a call is entered, from the moment it was made on.
#[derive(Debug)]
pub struct Entry {
    counter: Arc<Counter>,
    shared: Weak<Shared>,
}

/// What the pump counts into.
#[derive(Debug)]
pub(crate) struct Counter {
    call: Call,
    count: Mutex<u32>,
    counted: Condvar,
}

impl Counter {
    /// A call is entered. Answers whether anybody counts still.
    pub(crate) fn enter(counter: &Weak<Counter>, call: Call) -> bool {
        let Some(counter) = counter.upgrade() else { return false };
        if counter.call == call {
            *counter.count.lock() += 1;
            counter.counted.notify_all();
        }
        true
    }
}

impl Simulator {
    /// Counts from now on how often a call is entered, by any client.
    pub fn entries_of(&self, call: Call) -> Entry {
        let counter = Arc::new(Counter { call, count: Mutex::new(0), counted: Condvar::new() });
        self.shared.lock().entries.push(Arc::downgrade(&counter));
        Entry { counter, shared: Arc::downgrade(&self.shared) }
    }
}

impl Entry {
    /// How often the call was entered.
    pub fn count(&self) -> u32 {
        *self.counter.count.lock()
    }

    /// Waits until the call was entered so often, for at most this long in real time; the world goes on meanwhile. Answers
    /// whether it was.
    pub fn wait(&self, times: u32, limit: Duration) -> bool {
        let Some(shared) = self.shared.upgrade() else { return self.count() >= times };
        crate::thread::idle(&shared, || {
            let until = Instant::now() + limit;
            let mut count = self.counter.count.lock();
            while *count < times {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                (count, _) = self.counter.counted.wait_for(count, left);
            }
            true
        })
    }
}
