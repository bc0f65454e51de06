//! The shell's locks, one name each: parking_lot's, or loom's when `--cfg hcs_loom` explores their interleavings.
//!
//! Guards go by value through a wait, because that is the form which both can offer.

use std::time::Duration;

#[cfg(hcs_loom)]
use loom::sync as imp;
#[cfg(not(hcs_loom))]
use parking_lot as imp;

/// A mutex that a panic does not poison.
#[derive(Debug)]
pub(crate) struct Mutex<T>(imp::Mutex<T>);

pub(crate) type Guard<'a, T> = imp::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Mutex<T> {
        Mutex(imp::Mutex::new(value))
    }

    #[cfg(not(hcs_loom))]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.0.lock()
    }

    #[cfg(hcs_loom)]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.0.lock().expect("no explored thread panics while it holds a lock")
    }
}

/// A condition to wait for.
#[derive(Debug)]
pub(crate) struct Condvar(imp::Condvar);

impl Condvar {
    pub(crate) fn new() -> Condvar {
        Condvar(imp::Condvar::new())
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits at most this long in real time; whether that ran out comes back too. Under loom time never runs out.
    #[cfg(not(hcs_loom))]
    pub(crate) fn wait_for<'a, T>(&self, mut guard: Guard<'a, T>, limit: Duration) -> (Guard<'a, T>, bool) {
        let result = self.0.wait_for(&mut guard, limit);
        (guard, result.timed_out())
    }

    #[cfg(hcs_loom)]
    pub(crate) fn wait_for<'a, T>(&self, guard: Guard<'a, T>, _limit: Duration) -> (Guard<'a, T>, bool) {
        (self.0.wait(guard).expect("no explored thread panics while it holds a lock"), false)
    }
}
