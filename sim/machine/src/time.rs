//! Virtual time: nanoseconds since the world began. Time is an argument here; nothing reads a clock.

use std::fmt;

/// A moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The world's beginning.
    pub const ZERO: Time = Time(0);
    /// The moment that never comes: when a hanging operation is due.
    pub const NEVER: Time = Time(u64::MAX);

    /// This long after. Saturates below [`Time::NEVER`], which only [`Time::NEVER`] itself is.
    pub const fn after(self, nanoseconds: u64) -> Time {
        if self.0 == u64::MAX {
            return self;
        }
        let sum = self.0.saturating_add(nanoseconds);
        Time(if sum == u64::MAX { u64::MAX - 1 } else { sum })
    }

    /// The moment as files keep it: a `FILETIME`, tenths of microseconds since 1601.
    pub const fn as_file_time(self) -> u64 {
        hcs_rules::time::file_time(self.0)
    }

    /// This many milliseconds after; `u32::MAX`, the time-out that is none, never comes.
    pub const fn after_timeout(self, milliseconds: u32) -> Time {
        if milliseconds == hcs_rules::vocabulary::INFINITE {
            return Time::NEVER;
        }
        self.after(milliseconds as u64 * hcs_rules::time::MILLISECOND)
    }
}

impl fmt::Display for Time {
    /// Seconds and milliseconds, `1.250s`; finer only when it matters.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Time::NEVER {
            return out.write_str("never");
        }
        write!(out, "{}.{:03}s", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1_000)
    }
}
