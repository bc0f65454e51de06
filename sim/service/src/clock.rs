//! How a world's time moves.

use std::time::{Duration, Instant};

use hcs_machine::Time;

/// The kind of clock that a world has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// Time stands still while any thread that uses the world is doing something else than to wait, and jumps to what is
    /// due next when all wait. A time-out of ten minutes costs microseconds. A client that polls moves time by
    /// [`POLL_COST`] with each poll that finds its operation pending.
    Scheduled,
    /// Time moves only when the test says so, see [`crate::Simulator::advance`].
    Stepped,
    /// Time is real time multiplied by this, and jumps to what is due while a caller is blocked. Service work is due at
    /// once. For clients that know nothing of the simulator.
    Free(f64),
}

/// What a poll that finds its operation pending costs in a scheduled world.
pub const POLL_COST: Duration = Duration::from_millis(1);

/// A clock in motion.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) kind: Clock,
    /// The moment that was last jumped to.
    base: Time,
    /// When that was, in real time.
    since: Instant,
}

impl Running {
    pub(crate) fn new(kind: Clock) -> Running {
        Running { kind, base: Time::ZERO, since: Instant::now() }
    }

    /// The moment now. In a free world it goes on from where it was last jumped to: a time-out is as long behind a jump as
    /// before one.
    pub(crate) fn now(&self) -> Time {
        match self.kind {
            Clock::Free(speed) => self.base.after((self.since.elapsed().as_secs_f64() * speed * 1e9) as u64),
            Clock::Scheduled | Clock::Stepped => self.base,
        }
    }

    /// Moves to a moment; never back.
    pub(crate) fn jump(&mut self, to: Time) {
        if to > self.now() {
            self.base = to;
            if matches!(self.kind, Clock::Free(_)) {
                self.since = Instant::now();
            }
        }
    }

    /// How long in real time until a moment comes in a free world.
    pub(crate) fn real_until(&self, due: Time) -> Duration {
        let Clock::Free(speed) = self.kind else { return Duration::MAX };
        let left = due.0.saturating_sub(self.now().0);
        if speed <= 0.0 || due == Time::NEVER {
            return Duration::from_secs(3600);
        }
        Duration::from_nanos((left as f64 / speed).min(3.6e12) as u64)
    }
}
