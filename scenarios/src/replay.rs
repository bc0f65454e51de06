//! Replaying a record: the calls that a client made somewhere are made in a simulated world, and what differs is named.
//!
//! The calls are made in the order in which they were entered, with the arguments that the record has. Time goes as it went: it
//! is moved to each line's moment, and further where the record has what the world has not come to yet: an event, the end of a
//! wait. A record of the real service tells how long each operation took; so long it takes here. Compared are the codes, the
//! documents, the handles, the events of each handle in their order. What must differ is matched: see `mask`.
//!
//! | file | what is there |
//! |---|---|
//! | `replay` | the lines one after the other |
//! | `call`, `older` | a call as the simulated client makes it, of the newer interface and of the older |
//! | `answer` | what it has given, held against the record's answer |
//! | `world` | the simulated world: its time, and what its callbacks are told |
//! | `plan` | what is known before: which line answers a call, how long operations took |
//! | `mask` | ids, times, figures: what may differ, and must differ in the same way everywhere |
//!
//! What a client says to a process through its standard streams does not go through the service, and is in no record: a process
//! that has ended in the record without coming to its end here is ended with the record's exit code.

mod answer;
mod call;
mod mask;
mod older;
mod plan;
mod world;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use hcs_record::line::{Target, When};
use hcs_record::{Line, Record, Recorded};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::EventType;
use serde_json::Value;

use self::call::Given;
use self::mask::Masks;
use self::plan::Plan;
use self::world::{MOST_MOMENTS, World};

/// What a replay is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The Windows build; the record's own unless said.
    pub build: Option<Build>,
    /// The seed; the record's own unless said.
    pub seed: Option<u64>,
    /// What the world is told before the first call, in the words of stories.
    pub story: Option<String>,
    /// Go on after the first difference.
    pub all: bool,
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The line of the record, counted from 1.
    pub line: usize,
    /// What differs.
    pub what: String,
    /// The record's line.
    pub recorded: String,
    /// What there was instead; a line of the same form, if there was one.
    pub simulated: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "line {}: {}", self.line, self.what)?;
        writeln!(out, "  recorded:  {}", self.recorded)?;
        write!(out, "  simulated: {}", self.simulated)
    }
}

/// How a replay went.
#[derive(Clone, Debug)]
pub struct Told {
    /// The first difference, or every one.
    pub differences: Vec<Difference>,
    /// How many calls were made.
    pub calls: usize,
    /// How many events were compared.
    pub events: usize,
    /// Calls that cannot be made again from what a record has: how often, by the exports' names.
    pub left_out: BTreeMap<&'static str, usize>,
    /// The build of the world.
    pub build: Build,
    /// Its seed.
    pub seed: u64,
}

/// Replays a record.
///
/// # Errors
/// A sentence about what cannot be done: the build is not simulated, or a line of the story is wrong.
pub fn replay(record: &Record, options: &Options) -> Result<Told, String> {
    let build = match (options.build, record.build) {
        (Some(build), _) => build,
        (None, Some(number)) => {
            let known = Build::from_number(number);
            known.ok_or_else(|| {
                format!("the record is of build {number}, which is not simulated; --build says another")
            })?
        }
        (None, None) => Build::SERVER_2022,
    };
    let seed = options.seed.or(record.seed).unwrap_or(0);
    let mut replay = Replay::new(record, build, seed, options)?;
    for (at, line) in record.lines.iter().enumerate() {
        replay.at = at;
        replay.line(line)?;
        if replay.over() {
            break;
        }
    }
    // Whoever still waits waits no more.
    replay.world.sim.client_death(&replay.world.client);
    Ok(Told {
        differences: replay.differences,
        calls: replay.calls,
        events: replay.events,
        left_out: replay.left_out,
        build,
        seed,
    })
}

/// How many differences are kept.
const MOST_DIFFERENCES: usize = 10_000;

/// How much sooner than the real service the world may tell something that the real one then never told.
const ABOUT_TO_TELL: Duration = Duration::from_secs(1);

/// How long a wait that the world has ended may take to return, in real time.
const RETURNS_WITHIN: Duration = Duration::from_secs(60);

/// A wait that is going on in a thread of its own.
type Finished = (u64, Given);

struct Replay<'a> {
    record: &'a Record,
    plan: Plan,
    world: World,
    masks: Masks,
    /// The bits of handles, by the record's names, and the other way.
    handles: BTreeMap<String, u64>,
    names: BTreeMap<u64, String>,
    /// The ids of systems, and the systems of processes, by the record's names.
    ids: BTreeMap<String, String>,
    systems: BTreeMap<String, String>,
    /// What calls have given whose answers come later, by their numbers.
    given: BTreeMap<u64, Given>,
    waiting: usize,
    finished: (Sender<Finished>, Receiver<Finished>),
    at: usize,
    all: bool,
    differences: Vec<Difference>,
    calls: usize,
    events: usize,
    left_out: BTreeMap<&'static str, usize>,
}

impl<'a> Replay<'a> {
    fn new(record: &'a Record, build: Build, seed: u64, options: &Options) -> Result<Replay<'a>, String> {
        let world = World::new(build, seed);
        if let Some(story) = &options.story {
            world.director.run_all(story).map_err(|problem| format!("the story, {problem}"))?;
        }
        Ok(Replay {
            record,
            plan: Plan::of(record),
            world,
            masks: Masks::default(),
            handles: BTreeMap::new(),
            names: BTreeMap::new(),
            ids: BTreeMap::new(),
            systems: BTreeMap::new(),
            given: BTreeMap::new(),
            waiting: 0,
            finished: channel(),
            at: 0,
            all: options.all,
            differences: Vec::new(),
            calls: 0,
            events: 0,
            left_out: BTreeMap::new(),
        })
    }

    fn over(&self) -> bool {
        let most = if self.all { MOST_DIFFERENCES } else { 1 };
        self.differences.len() >= most
    }

    fn differs(&mut self, what: String, simulated: String) {
        let recorded = self.record.lines.get(self.at).map(ToString::to_string).unwrap_or_default();
        self.differences.push(Difference { line: Record::number_of(self.at), what, recorded, simulated });
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        if let Some(when) = line.when() {
            // A reset begins time anew.
            if !matches!(line, Line::Reset { .. }) {
                self.world.go_to(when.ms);
            }
        }
        match line {
            Line::Header { .. } => {}
            Line::Call { when, call, of, with } => {
                let Some(export) = Recorded::by_name(of) else { return Err(format!("no call {of}")) };
                // Events that come while a handle is being closed are told before it is.
                if export.changes_a_registration() && self.record.target == Target::Double {
                    self.nothing_more_of(*when, export, with);
                }
                if !export.ends_a_registration() && !self.over() {
                    self.call(*when, *call, export, with);
                }
            }
            Line::Answer { when, answer, code, gives } => {
                if let Some((export, with)) = self.plan.call(self.record, *answer)
                    && export.ends_a_registration()
                {
                    self.nothing_more_of(*when, export, with);
                    if !self.over() {
                        self.call(*when, *answer, export, with);
                    }
                }
                self.answer(*when, *answer, *code, gives);
            }
            Line::Tells { when, whose, event, code, data } => self.tells(*when, whose, event, *code, data),
            Line::Direction { words, .. } => {
                // What the words show, and whether they were right, was its caller's matter.
                _ = self.world.director.run_all(words);
            }
            Line::Reset { build, seed, .. } => {
                let known = Build::from_number(*build).ok_or_else(|| format!("build {build} is not simulated"))?;
                self.world.sim.client_death(&self.world.client);
                self.world = World::new(known, *seed);
                self.finished = channel();
                self.waiting = 0;
                self.given.clear();
            }
        }
        Ok(())
    }

    /// The handle is closed, or its callback is another: what has been told and is not in the record differs.
    fn nothing_more_of(&mut self, when: When, export: &Recorded, with: &[(String, Value)]) {
        let Some(whose) = plan::subject(export, with) else { return };
        let now = self.world.sim.now();
        while let Some(heard) = self.world.ears.next(whose) {
            // The real service may have been about to tell it.
            if self.record.target == Target::Windows && now.saturating_sub(heard.at) < ABOUT_TO_TELL {
                continue;
            }
            self.differs(format!("{whose} was told more than the record has"), heard.line(when, whose).to_string());
            if self.over() {
                return;
            }
        }
    }

    fn call(&mut self, when: When, number: u64, export: &'static Recorded, with: &[(String, Value)]) {
        let answer = self.plan.answer(self.record, number);
        self.world.sim.set_latency(self.plan.latency(self.record.target, number));
        let ended = answer.map(|(code, _)| code);
        // Nobody knows how a wait ended that is not in the record.
        let Some(ended) = ended else { return };
        let new =
            answer.and_then(|(_, gives)| gives.iter().find_map(|(_, value)| value.as_str())).unwrap_or("strange0");
        let new = new.to_owned();
        if let Some(wait) = self.wait_of(export, with, ended) {
            self.calls += 1;
            self.begin_wait(number, export, wait);
            return;
        }
        let Some(given) = self.make(export, with, &new) else {
            *self.left_out.entry(export.name).or_default() += 1;
            return;
        };
        self.calls += 1;
        let mut given = given;
        let pending = |given: &Given| given.code == Some(Hresult::HCS_E_OPERATION_PENDING);
        if pending(&given)
            && ended != Some(Hresult::HCS_E_OPERATION_PENDING.0)
            && export.name.contains("OperationResult")
        {
            // It was done when it was asked; here it comes later.
            for _ in 0..MOST_MOMENTS {
                let Some(due) = self.world.sim.next_due() else { break };
                self.world.until(when.ms, |world| world.sim.now() >= due);
                match self.make(export, with, &new) {
                    Some(again) => given = again,
                    None => break,
                }
                if !pending(&given) {
                    break;
                }
            }
        }
        self.world.sim.advance(Duration::ZERO);
        self.given.insert(number, given);
    }

    /// Begins a wait, and comes back when the world knows that somebody waits.
    fn begin_wait(&mut self, number: u64, export: &'static Recorded, wait: call::Wait) {
        let entered = self.world.sim.entries_of(wait.call());
        let (client, done) = (self.world.client.clone(), self.finished.0.clone());
        self.waiting += 1;
        let name = format!("replay of {}", export.name);
        let spawned = std::thread::Builder::new().name(name).spawn(move || {
            // Nobody listens any more when the replay is over.
            _ = done.send((number, wait.make(&client)));
        });
        match spawned {
            Ok(_) => _ = entered.wait(1, RETURNS_WITHIN),
            Err(_) => self.waiting -= 1,
        }
    }

    /// Takes what waits have given that have ended: as many as the world does not know to be blocked.
    fn collect(&mut self) {
        while self.waiting > self.world.sim.blocked_calls() {
            let Ok((number, given)) = self.finished.1.recv_timeout(RETURNS_WITHIN) else { return };
            self.waiting -= 1;
            self.given.insert(number, given);
        }
    }

    fn tells(&mut self, when: When, whose: &str, event: &Value, code: Option<u32>, data: &Value) {
        self.events += 1;
        let ears = self.world.ears.clone();
        if !ears.has(whose) && !self.world.until(when.ms, |world| world.ears.has(whose)) {
            let is = |kind: EventType| event.as_u64() == Some(kind.value().into());
            let ended = match () {
                () if is(EventType::ProcessExited) => self.end_process(whose, data.as_str()),
                () if is(EventType::SystemExited) => self.end_guest(whose, data.as_str()),
                () => false,
            };
            if ended {
                self.world.until(when.ms, |world| world.ears.has(whose));
            }
        }
        let Some(heard) = ears.next(whose) else {
            self.differs(format!("{whose} was not told"), "nothing".to_owned());
            return;
        };
        let problem = if heard.event != *event {
            Some("it was told something else".to_owned())
        } else if heard.code != code {
            Some("the code differs".to_owned())
        } else {
            self.masks.text(data, heard.data.as_deref()).err()
        };
        if let Some(problem) = problem {
            let now = When { ms: self.world.now_ms(), thread: when.thread };
            self.differs(format!("{whose}: {problem}"), heard.line(now, whose).to_string());
        }
    }

    /// A process has ended in the record: it ends here, with the same exit code.
    fn end_process(&mut self, whose: &str, status: Option<&str>) -> bool {
        let Some(status) = status.and_then(|status| serde_json::from_str::<Value>(status).ok()) else { return false };
        let number = |name: &str| status.get(name).and_then(Value::as_u64).and_then(|value| u32::try_from(value).ok());
        let (Some(process), Some(code)) = (number("ProcessId"), number("ExitCode")) else { return false };
        let id = self.systems.get(whose).and_then(|system| self.ids.get(system));
        let process = self.masks.process(process);
        id.is_some_and(|id| self.world.sim.process_exit(id, process, code))
    }

    /// A system has ended in the record, as its guest or its worker may have ended it.
    fn end_guest(&mut self, whose: &str, status: Option<&str>) -> bool {
        let Some(status) = status.and_then(|status| serde_json::from_str::<Value>(status).ok()) else { return false };
        let Some(id) = self.ids.get(whose) else { return false };
        let sim = &self.world.sim;
        match status.get("ExitType").and_then(Value::as_str) {
            Some("GracefulExit") => sim.guest_power_off(id),
            Some("UnexpectedExit") => sim.worker_crash(id),
            _ => false,
        }
    }
}

/// What is said of how a replay went, behind the record's name.
pub fn summary(told: &Told, target: Target) -> String {
    let (calls, events, build) = (told.calls, told.events, told.build.title());
    let of = match target {
        Target::Double => "a simulated world",
        Target::Windows => "Windows",
    };
    let mut text = format!("{calls} calls and {events} events of {of}, on {build} with seed {}", told.seed);
    for (at, (name, count)) in told.left_out.iter().enumerate() {
        text.push_str(if at == 0 { "; not made again: " } else { ", " });
        text.push_str(&format!("{name} ({count})"));
    }
    match told.differences.len() {
        0 => text.push_str(": no difference"),
        1 => text.push_str(": a difference"),
        count => text.push_str(&format!(": {count} differences")),
    }
    text
}
