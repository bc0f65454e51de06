//! The simulated world of a replay: its time, and what its callbacks are told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hcs_record::Line;
use hcs_record::line::When;
use hcs_rules::build::Build;
use hcs_sim::director::Director;
use hcs_sim::{Client, Clock, Simulator};
use serde_json::Value;

/// How far the world's time is moved for what the record has next.
pub(super) const PATIENCE: Duration = Duration::from_secs(3600);

/// How many moments may bring nothing of it.
pub(super) const MOST_MOMENTS: usize = 100_000;

/// What a callback was called with.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// When, in the world's own time.
    pub(super) at: Duration,
    pub(super) event: Value,
    pub(super) code: Option<u32>,
    pub(super) data: Option<Arc<str>>,
}

impl Heard {
    pub(super) fn line(&self, when: When, whose: &str) -> Line {
        let data = self.data.as_deref().map_or(Value::Null, Value::from);
        Line::Tells { when, whose: whose.to_owned(), event: self.event.clone(), code: self.code, data }
    }
}

/// What callbacks were called with, by the record's names of the handles they are registered on.
#[derive(Clone, Default)]
pub(super) struct Ears(Arc<Mutex<Hearing>>);

#[derive(Default)]
struct Hearing {
    now: Duration,
    heard: BTreeMap<String, VecDeque<Heard>>,
}

impl Ears {
    fn lock(&self) -> MutexGuard<'_, Hearing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hear(&self, whose: &str, event: Value, code: Option<u32>, data: Option<Arc<str>>) {
        let mut hearing = self.lock();
        let heard = Heard { at: hearing.now, event, code, data };
        hearing.heard.entry(whose.to_owned()).or_default().push_back(heard);
    }

    pub(super) fn next(&self, whose: &str) -> Option<Heard> {
        self.lock().heard.get_mut(whose)?.pop_front()
    }

    pub(super) fn has(&self, whose: &str) -> bool {
        self.lock().heard.get(whose).is_some_and(|heard| !heard.is_empty())
    }
}

/// The simulated world, with one client.
pub(super) struct World {
    pub(super) sim: Simulator,
    pub(super) client: Client,
    pub(super) director: Director,
    pub(super) ears: Ears,
    /// How far the world's clock is ahead of the record's, in milliseconds.
    pub(super) ahead_ms: f64,
}

impl World {
    pub(super) fn new(build: Build, seed: u64) -> World {
        let sim = Simulator::builder().seed(seed).on(build).clock(Clock::Stepped).start();
        let client = sim.client("process");
        World { client, director: Director::new(sim.clone()), sim, ears: Ears::default(), ahead_ms: 0.0 }
    }

    pub(super) fn now_ms(&self) -> f64 {
        self.sim.now().as_nanos() as f64 / 1e6
    }

    /// Moves time to a line's moment. A gap that is longer than anybody's patience is shortened.
    pub(super) fn go_to(&mut self, ms: f64) {
        let left = ms + self.ahead_ms - self.now_ms();
        let longest = PATIENCE.as_millis() as f64;
        if left > longest {
            self.ahead_ms -= left - longest;
        }
        let target = self.sim.now() + Duration::from_nanos((left.clamp(0.0, longest) * 1e6).round() as u64);
        while let Some(due) = self.sim.next_due().filter(|due| *due < target) {
            self.step(due);
        }
        self.step(target);
    }

    /// Moves time to a moment at which something is due, or nothing before it.
    pub(super) fn step(&self, to: Duration) {
        self.ears.lock().now = to;
        self.sim.advance(to.saturating_sub(self.sim.now()));
    }

    /// Moves time until something is so. Answers whether it came to be so.
    pub(super) fn until(&mut self, ms: f64, mut is_so: impl FnMut(&World) -> bool) -> bool {
        let limit = self.sim.now() + PATIENCE;
        self.step(self.sim.now());
        let mut so = is_so(self);
        for _ in 0..MOST_MOMENTS {
            let due = self.sim.next_due().filter(|due| !so && *due <= limit);
            let Some(due) = due else { break };
            self.step(due);
            so = is_so(self);
        }
        self.ahead_ms = self.ahead_ms.max(self.now_ms() - ms);
        so
    }
}
