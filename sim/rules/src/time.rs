//! How long the service takes, in nanoseconds of virtual time: a range for each operation, drawn from evenly.
//!
//! Assumed throughout: the public figures (create and start of a clone in 0.44 to 0.86 s, containers in seconds) are of
//! whole workflows. They fix the order of magnitude only.

use crate::vocabulary::OperationType;

/// One microsecond.
pub const MICROSECOND: u64 = 1_000;
/// One millisecond.
pub const MILLISECOND: u64 = 1_000_000;
/// One second.
pub const SECOND: u64 = 1_000_000_000;

/// The shortest and the longest time that an operation of this type takes.
pub const fn latency(operation: OperationType) -> (u64, u64) {
    match operation {
        OperationType::None => (0, 0),
        OperationType::Enumerate => (200 * MICROSECOND, 2 * MILLISECOND),
        OperationType::Create => (20 * MILLISECOND, 120 * MILLISECOND),
        OperationType::Start => (250 * MILLISECOND, 900 * MILLISECOND),
        OperationType::Terminate => (20 * MILLISECOND, 200 * MILLISECOND),
        OperationType::ShutDown | OperationType::Crash => (2 * MILLISECOND, 20 * MILLISECOND),
        OperationType::Pause | OperationType::Resume => (5 * MILLISECOND, 60 * MILLISECOND),
        OperationType::Save => (200 * MILLISECOND, 2 * SECOND),
        OperationType::Modify => (MILLISECOND, 30 * MILLISECOND),
        OperationType::GetProperties => (200 * MICROSECOND, 2 * MILLISECOND),
        OperationType::CreateProcess => (5 * MILLISECOND, 50 * MILLISECOND),
        OperationType::SignalProcess | OperationType::ModifyProcess => (MILLISECOND, 10 * MILLISECOND),
        OperationType::GetProcessInfo | OperationType::GetProcessProperties => (200 * MICROSECOND, 2 * MILLISECOND),
    }
}

/// What the rules refuse on an operation takes this fraction of the time that the work would have taken. Assumed: how fast a
/// refusal comes is not recorded, but it needs no worker process.
pub const REFUSAL_FRACTION: u64 = 256;

/// The date on which a world begins, in nanoseconds since 1970: the first of January 2026, UTC. Virtual time says how much
/// has passed since; only documents with dates show it.
pub const EPOCH: i64 = 1_767_225_600 * SECOND as i64;

/// The seconds from 1601, where the times of files begin, to 1970.
const FROM_1601_TO_1970: u64 = 11_644_473_600;

/// A moment as files keep it, a `FILETIME`: tenths of microseconds since 1601. The moment is so many nanoseconds after the
/// world began.
pub const fn file_time(nanoseconds: u64) -> u64 {
    (FROM_1601_TO_1970 * SECOND + EPOCH as u64) / 100 + nanoseconds / 100
}
