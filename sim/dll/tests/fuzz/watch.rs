//! The watchdog: where each thread stands, and an end with a report when one stands still.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::calls;

/// How long a call may take, unless `HCS_SIM_FUZZ_PATIENCE` says otherwise, in seconds: longer than the ten seconds after
/// which the double gives up a close that waits for a callback.
const PATIENCE: u64 = 20;

/// Threads that can be watched at once: four, and those of callbacks.
const SEATS: usize = 64;

/// Where one thread stands.
struct Seat {
    taken: AtomicBool,
    /// The call's number and one, or 0 between calls.
    call: AtomicUsize,
    /// When it began, in milliseconds.
    since: AtomicU64,
    /// How many calls it has made.
    made: AtomicU64,
}

static SEATS_TAKEN: [Seat; SEATS] = [const {
    Seat { taken: AtomicBool::new(false), call: AtomicUsize::new(0), since: AtomicU64::new(0), made: AtomicU64::new(0) }
}; SEATS];

thread_local! {
    static MINE: Cell<Option<usize>> = const { Cell::new(None) };
}

fn now() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_millis() as u64
}

/// A thread's seat, until it is dropped.
pub(crate) struct Seated(Option<usize>);

impl Drop for Seated {
    fn drop(&mut self) {
        if let Some(seat) = self.0 {
            SEATS_TAKEN[seat].taken.store(false, Ordering::Release);
        }
        MINE.set(None);
    }
}

/// This thread is watched from now on.
pub(crate) fn sit_down() -> Seated {
    let seat = SEATS_TAKEN.iter().position(|seat| !seat.taken.swap(true, Ordering::AcqRel));
    MINE.set(seat);
    Seated(seat)
}

/// Runs a call, and notes where this thread stands meanwhile.
pub(crate) fn watched(call: usize, run: impl FnOnce() -> bool) {
    let seat = MINE.get().map(|seat| &SEATS_TAKEN[seat]);
    if let Some(seat) = seat {
        seat.since.store(now(), Ordering::Relaxed);
        seat.call.store(call + 1, Ordering::Release);
    }
    let began = now();
    let went_well = run();
    let took = now().saturating_sub(began);
    LONGEST[call].fetch_max(took, Ordering::Relaxed);
    COUNTS[call].fetch_add(1, Ordering::Relaxed);
    WELL[call].fetch_add(went_well.into(), Ordering::Relaxed);
    if let Some(seat) = seat {
        seat.call.store(0, Ordering::Release);
        seat.made.fetch_add(1, Ordering::Relaxed);
    }
}

/// Room for every call.
const MOST: usize = 256;

static COUNTS: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];
static WELL: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];
static LONGEST: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];

/// How often a call was made.
pub(crate) fn count(call: usize) -> u64 {
    COUNTS[call].load(Ordering::Relaxed)
}

/// How often it went well.
pub(crate) fn count_well(call: usize) -> u64 {
    WELL[call].load(Ordering::Relaxed)
}

/// How many calls were made, and how many of them went well.
pub(crate) fn total() -> (u64, u64) {
    let sum = |counts: &[AtomicU64]| counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
    (sum(&COUNTS), sum(&WELL))
}

/// The calls that took longest, with their milliseconds.
pub(crate) fn longest() -> String {
    let mut all: Vec<(u64, &str)> =
        calls::all().iter().enumerate().map(|(at, call)| (LONGEST[at].load(Ordering::Relaxed), call.name)).collect();
    all.sort_unstable_by(|one, other| other.cmp(one));
    all.iter().take(5).map(|(took, name)| format!("{name} {took} ms")).collect::<Vec<_>>().join(", ")
}

/// What is going on, for the report.
pub(crate) static ROUND: Mutex<String> = Mutex::new(String::new());

/// Begins to watch, once. A call that does not end ends the process, with a report of where every thread stands.
pub(crate) fn begin() {
    static BEGUN: OnceLock<()> = OnceLock::new();
    BEGUN.get_or_init(|| {
        now();
        let patience = std::env::var("HCS_SIM_FUZZ_PATIENCE").ok().and_then(|text| text.parse().ok());
        let patience = 1_000 * patience.unwrap_or(PATIENCE);
        std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || watch(patience)).expect("a thread");
    });
}

fn watch(patience: u64) {
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let stands = |seat: &Seat| {
            seat.taken.load(Ordering::Acquire).then(|| seat.call.load(Ordering::Acquire)).filter(|call| *call > 0)
        };
        let since = |seat: &Seat| now().saturating_sub(seat.since.load(Ordering::Relaxed));
        if !SEATS_TAKEN.iter().any(|seat| stands(seat).is_some() && since(seat) > patience) {
            continue;
        }
        eprintln!("a call does not end; {}", ROUND.lock().map(|round| round.clone()).unwrap_or_default());
        for (at, seat) in SEATS_TAKEN.iter().enumerate() {
            if let Some(call) = stands(seat) {
                let (name, made) = (calls::all()[call - 1].name, seat.made.load(Ordering::Relaxed));
                eprintln!("  seat {at}: in {name} for {} ms, after {made} calls", since(seat));
            }
        }
        std::process::abort();
    }
}
