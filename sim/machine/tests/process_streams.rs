//! Bytes between clients and programs, in every order of writing, reading, closing, killing and dying: none is lost while
//! somebody could still read it, none comes twice, nobody waits for ever, and nothing holds more than a pipe does.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::{CONTAINER, LATENCY, LINUX, ONE, TWO, World};
use hcs_machine::effect::{Reply, StreamReply, WaitId};
use hcs_machine::guest::program::flood_byte;
use hcs_machine::handle::Handle;
use hcs_machine::input::{Request, StreamRequest, Text, WorldEvent};
use hcs_machine::{ClientId, Effect, Fate, Input};
use hcs_rules::guest::PIPE_CAPACITY;
use hcs_rules::hresult::Hresult;
use hcs_rules::time::{MILLISECOND, SECOND};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// What a process does with its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// Copies its input to its output.
    Cat,
    /// Writes so many bytes.
    Flood(u64),
    /// The same, to its standard error.
    FloodError(u64),
    /// Its child writes, and it is over before.
    Fork(u64),
    /// Neither reads nor writes.
    Idle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Spawn(u32, Program),
    /// A process with streams, how many bytes.
    Write(usize, usize),
    /// A process with streams, whether its standard error, how many bytes at most.
    Read(usize, bool, u32),
    /// A process, which of its streams.
    CloseStream(usize, usize),
    /// The same from the other side.
    CloseHandle(usize, usize),
    CloseProcess(usize),
    Signal(usize),
    Terminate(usize),
    Pass(u64),
    Pause,
    Resume,
    PowerOff,
    Die,
}

fn step() -> impl Strategy<Value = Step> {
    let (client, at) = (1..=2_u32, 0..16_usize);
    let bytes = prop_oneof![0..200_u64, 60_000..70_000_u64, 100_000..300_000_u64];
    let program = prop_oneof![
        4 => Just(Program::Cat),
        3 => bytes.clone().prop_map(Program::Flood),
        1 => bytes.clone().prop_map(Program::FloodError),
        2 => bytes.prop_map(Program::Fork),
        1 => Just(Program::Idle),
    ];
    let length = prop_oneof![0..100_usize, 30_000..70_000_usize];
    let limit = prop_oneof![0..100_u32, 1_000..100_000_u32];
    let error = prop::bool::weighted(0.2);
    prop_oneof![
        6 => (client, program).prop_map(|(c, p)| Step::Spawn(c, p)),
        12 => (at.clone(), length).prop_map(|(p, n)| Step::Write(p, n)),
        16 => (at.clone(), error, limit).prop_map(|(p, e, n)| Step::Read(p, e, n)),
        3 => (at.clone(), 0..3_usize).prop_map(|(p, s)| Step::CloseStream(p, s)),
        2 => (at.clone(), 0..4_usize).prop_map(|(p, s)| Step::CloseHandle(p, s)),
        1 => at.clone().prop_map(Step::CloseProcess),
        1 => at.clone().prop_map(Step::Signal),
        1 => at.prop_map(Step::Terminate),
        10 => (0..30_u64).prop_map(Step::Pass),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => prop::bool::weighted(0.1).prop_map(|off| if off { Step::PowerOff } else { Step::Die }),
    ]
}

/// What a test knows of a process.
#[derive(Clone)]
struct Known {
    client: ClientId,
    program: Program,
    process: Handle,
    streams: [Handle; 3],
    /// What its input has taken.
    written: Vec<u8>,
    /// What came out of its output and its standard error, and whether to the end.
    read: [(Vec<u8>, bool); 2],
    /// Whether nobody has closed anything or killed anybody, so that all of it must come.
    whole: bool,
    closed: bool,
}

#[derive(Clone, Copy)]
enum Blocked {
    /// The process, the output, how many bytes at most.
    Read(usize, usize, u32),
    Write(usize),
    Exit,
}

/// A world with a test's knowledge of it.
#[derive(Clone)]
struct Test {
    world: World,
    systems: [Handle; 2],
    known: Vec<Known>,
    blocked: BTreeMap<WaitId, Blocked>,
    /// What each blocked write wants to write.
    wanted: BTreeMap<WaitId, Arc<[u8]>>,
    seen: usize,
    /// Makes every byte that is written another.
    next: u32,
    dead: BTreeSet<ClientId>,
}

impl Test {
    fn new() -> Test {
        let mut world = World::new();
        let machine = world.system("m", LINUX);
        let systems = [machine, world.open(TWO, "m")];
        Test {
            world,
            systems,
            known: Vec::new(),
            blocked: BTreeMap::new(),
            wanted: BTreeMap::new(),
            seen: 0,
            next: 0,
            dead: BTreeSet::new(),
        }
    }

    fn step(&mut self, step: Step) {
        let count = self.known.len();
        let place = |at: usize| at.checked_rem(count).map(|since| count - 1 - since);
        match step {
            Step::Spawn(client, program) => self.spawn(ClientId(client), program),
            Step::Write(at, length) => _ = place(at).map(|at| self.write(at, length)),
            Step::Read(at, error, limit) => _ = place(at).map(|at| self.read(at, usize::from(error), limit)),
            Step::CloseStream(at, stream) => _ = place(at).map(|at| self.close_stream(at, stream)),
            Step::CloseHandle(at, stream) => {
                _ = place(at).map(|at| {
                    let name = ["StdIn", "StdOut", "StdErr", "All"][stream];
                    let settings = format!(r#"{{"Operation":"CloseHandle","CloseHandle":{{"Handle":"{name}"}}}}"#);
                    self.known[at].whole &= stream == 0;
                    self.on(at, |process, operation| Request::ModifyProcess {
                        process,
                        operation,
                        settings: settings.as_str().into(),
                    });
                });
            }
            Step::CloseProcess(at) => {
                _ = place(at).map(|at| {
                    let Known { client, process, .. } = self.known[at];
                    self.known[at].closed = true;
                    self.world.call_of(client, Request::CloseProcess { process }, Fate::PROMPT);
                });
            }
            Step::Signal(at) => {
                _ = place(at).map(|at| {
                    self.known[at].whole = false;
                    self.on(at, |process, operation| Request::SignalProcess {
                        process,
                        operation,
                        options: r#"{"Signal":15}"#.into(),
                    });
                });
            }
            Step::Terminate(at) => {
                _ = place(at).map(|at| {
                    self.known[at].whole = false;
                    self.on(at, |process, operation| Request::TerminateProcess {
                        process,
                        operation,
                        options: Text::Null,
                    });
                });
            }
            Step::Pass(milliseconds) => self.world.pass(milliseconds * MILLISECOND),
            Step::Pause | Step::Resume => {
                let operation = self.world.operation();
                let (system, options) = (self.systems[0], Text::Null);
                self.world.call(match step {
                    Step::Pause => Request::PauseComputeSystem { system, operation, options },
                    _ => Request::ResumeComputeSystem { system, operation, options },
                });
            }
            Step::PowerOff => {
                self.known.iter_mut().for_each(|known| known.whole = false);
                self.world.world(WorldEvent::GuestPowerOff("m".into()));
            }
            Step::Die => {
                self.dead.insert(TWO);
                self.world.world(WorldEvent::ClientDeath(TWO));
            }
        }
        self.look();
    }

    fn on(&mut self, at: usize, request: impl FnOnce(Handle, Handle) -> Request) {
        let Known { client, process, .. } = self.known[at];
        if !self.dead.contains(&client) {
            let operation = self.world.operation_of(client);
            self.world.call_of(client, request(process, operation), Fate::after(LATENCY));
        }
    }

    fn spawn(&mut self, client: ClientId, program: Program) {
        if self.dead.contains(&client) {
            return;
        }
        let seed = self.known.len();
        let line = match program {
            Program::Cat => "cat".to_owned(),
            Program::Flood(bytes) => format!("sim-flood {bytes} {seed}"),
            Program::FloodError(bytes) => format!("sim-flood {bytes} {seed} --err"),
            Program::Fork(bytes) => format!("sim-fork 1 sim-flood {bytes} {seed}"),
            Program::Idle => "sim-idle".to_owned(),
        };
        let parameters = format!(
            r#"{{"CommandLine":"{line}","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}}"#
        );
        let system = self.systems[client.0 as usize - 1];
        let (process, operation) = self.world.create(client, system, &parameters);
        self.world.pass(LATENCY);
        self.look();
        let reply = self.world.call_of(
            client,
            Request::GetOperationResultAndProcessInfo { operation, out: true },
            Fate::PROMPT,
        );
        let Reply::Info(Hresult::S_OK, _, Some(information)) = reply else {
            // The system is paused, or over.
            return;
        };
        self.world.listen(client, process);
        let wait = Request::WaitForProcessExit { process, timeout_ms: u32::MAX };
        if let Reply::Blocked(wait) = self.world.call_of(client, wait, Fate::PROMPT) {
            self.blocked.insert(wait, Blocked::Exit);
        }
        self.known.push(Known {
            client,
            program,
            process,
            streams: information.streams,
            written: Vec::new(),
            read: Default::default(),
            whole: true,
            closed: false,
        });
    }

    fn write(&mut self, at: usize, length: usize) {
        let bytes: Arc<[u8]> = (0..length)
            .map(|_| {
                self.next = self.next.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (self.next >> 24) as u8
            })
            .collect();
        let Known { client, streams: [stream, ..], .. } = self.known[at];
        let request = StreamRequest::Write { stream, bytes: bytes.clone() };
        match self.stream(client, request) {
            Reply::Stream(StreamReply::Written(count)) => {
                self.known[at].written.extend_from_slice(&bytes[..count as usize]);
            }
            Reply::Blocked(wait) => {
                self.blocked.insert(wait, Blocked::Write(at));
                self.wanted.insert(wait, bytes);
            }
            Reply::Stream(StreamReply::Broken | StreamReply::Bad(_)) => {}
            other => panic!("a write gives {other:?}"),
        }
    }

    fn read(&mut self, at: usize, error: usize, limit: u32) {
        let Known { client, streams, .. } = self.known[at];
        match self.stream(client, StreamRequest::Read { stream: streams[1 + error], limit }) {
            Reply::Stream(StreamReply::Bytes(bytes)) => self.take(at, error, limit, &bytes),
            Reply::Blocked(wait) => _ = self.blocked.insert(wait, Blocked::Read(at, error, limit)),
            Reply::Stream(StreamReply::Bad(_)) => {}
            other => panic!("a read gives {other:?}"),
        }
    }

    /// The use of a stream. What was blocked before is woken before.
    fn stream(&mut self, client: ClientId, request: StreamRequest) -> Reply {
        self.world.pass(0);
        self.look();
        self.world.stream(client, request)
    }

    fn take(&mut self, at: usize, error: usize, limit: u32, bytes: &[u8]) {
        let (read, ended) = &mut self.known[at].read[error];
        assert!(!*ended || bytes.is_empty(), "there is nothing behind the end");
        *ended |= bytes.is_empty() && limit > 0;
        read.extend_from_slice(bytes);
    }

    fn close_stream(&mut self, at: usize, stream: usize) {
        let Known { client, streams, program, .. } = self.known[at];
        // What is in the pipe to a program is still read; what comes from it is lost.
        self.known[at].whole &= stream == 0 || program == Program::Idle;
        self.stream(client, StreamRequest::Close { stream: streams[stream] });
    }

    /// Looks at what has come since, in its order.
    fn look(&mut self) {
        for at in self.seen..self.world.effects.len() {
            let Effect::Wake(wait, reply) = self.world.effects[at].clone() else { continue };
            match (self.blocked.remove(&wait).expect("a call that is blocked, and once"), reply) {
                (Blocked::Read(at, error, limit), Reply::Stream(StreamReply::Bytes(bytes))) => {
                    self.take(at, error, limit, &bytes);
                }
                (Blocked::Write(at), Reply::Stream(StreamReply::Written(count))) => {
                    let bytes = self.wanted.remove(&wait).expect("a write");
                    assert!(count > 0 || bytes.is_empty(), "a write that waits has written something");
                    self.known[at].written.extend_from_slice(&bytes[..count as usize]);
                }
                (
                    Blocked::Read(..) | Blocked::Write(_),
                    Reply::Stream(StreamReply::Broken | StreamReply::Bad(_) | StreamReply::GivenUp),
                ) => {}
                (Blocked::Exit, Reply::Outcome(..)) => {}
                (_, reply) => panic!("a blocked call returns {reply:?}"),
            }
        }
        self.seen = self.world.effects.len();
    }

    /// Lets everything end, and judges.
    fn finish(mut self) -> Result<(), TestCaseError> {
        self.step(Step::Pass(100));
        self.step(Step::Resume);
        self.step(Step::Pass(100));
        // Whoever is still read to its end comes to it.
        for at in 0..self.known.len() {
            self.close_stream(at, 0);
        }
        self.step(Step::Pass(100));
        // Both outputs of all in turn: who writes to one may wait for room in the other.
        let mut goes_on = true;
        while std::mem::replace(&mut goes_on, false) {
            for (at, error) in (0..self.known.len()).flat_map(|at| [(at, 0), (at, 1)]) {
                let Known { client, streams, ref read, .. } = self.known[at];
                if !read[error].1 && self.world.host.is_stream_ready(client, streams[1 + error]) {
                    let before = read[error].clone();
                    self.read(at, error, 1 << 20);
                    self.step(Step::Pass(10));
                    goes_on |= self.known[at].read[error] != before;
                }
            }
        }
        let ended: Vec<bool> =
            self.known.iter().map(|known| known.program == Program::Idle || known.read[0].1).collect();
        self.world.world(WorldEvent::WorkerCrash("m".into()));
        self.step(Step::Pass(1_000));
        for (known, ended) in self.known.iter().zip(ended) {
            let told = self.world.exits_told(known.process);
            let alive = !self.dead.contains(&known.client);
            if alive && !known.closed {
                prop_assert_eq!(told, 1, "one exit for each handle: {:?}", known.program);
            } else {
                prop_assert!(told <= 1);
            }
            let whole = known.whole && alive;
            let [(out, _), (error, _)] = &known.read;
            let number = self.known.iter().position(|other| other.process == known.process).unwrap_or_default();
            let flood = |read: &[u8], length: u64| {
                let same = read.iter().enumerate().all(|(at, byte)| *byte == flood_byte(number as u64, at as u64));
                prop_assert!(same, "a flood comes as it was made");
                prop_assert!(read.len() as u64 <= length, "nothing comes twice");
                prop_assert!(!whole || read.len() as u64 == length, "{} of {length} bytes", read.len());
                Ok(())
            };
            match known.program {
                Program::Cat => {
                    prop_assert!(known.written.starts_with(out), "what comes out is what went in");
                    prop_assert!(!whole || out.len() == known.written.len(), "all of it");
                    prop_assert!(error.is_empty());
                }
                Program::Flood(bytes) | Program::Fork(bytes) => flood(out, bytes)?,
                Program::FloodError(bytes) => flood(error, bytes)?,
                Program::Idle => prop_assert!(out.is_empty() && error.is_empty()),
            }
            prop_assert!(!whole || ended, "{:?} has come to its end", known.program);
        }
        prop_assert_eq!(self.blocked.len(), 0, "nobody waits");
        prop_assert_eq!(self.world.host.waits(), 0);
        // The rest is what clients still hold.
        for client in [ONE, TWO] {
            self.world.world(WorldEvent::ClientDeath(client));
        }
        prop_assert_eq!((self.world.host.processes(), self.world.host.pipes()), (0, 0));
        prop_assert_eq!(self.world.host.next_due(), None);
        Ok(())
    }
}

/// The same sequences each time. `PROPTEST_CASES=100000` searches on, from another seed each time.
fn config(cases: u32) -> Config {
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => Config { cases, rng_seed: RngSeed::Fixed(0x5354_524D), ..config },
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn no_byte_is_lost_or_doubled_and_nobody_waits_for_ever(steps in prop::collection::vec(step(), 1..120)) {
        let mut test = Test::new();
        steps.iter().for_each(|step| test.step(*step));
        test.finish()?;
    }

    #[test]
    fn a_clone_reads_and_writes_as_its_original(steps in prop::collection::vec(step(), 1..80), at in 0..80_usize) {
        let (before, after) = steps.split_at(at % steps.len());
        let mut original = Test::new();
        before.iter().for_each(|step| original.step(*step));
        let mut clone = original.clone();
        let kept = clone.world.host.clone();
        after.iter().for_each(|step| original.step(*step));
        prop_assert_eq!(&kept, &clone.world.host, "what the original does leaves the clone alone");
        after.iter().for_each(|step| clone.step(*step));
        prop_assert_eq!(&original.world.effects, &clone.world.effects);
        prop_assert_eq!(original.world.host.digest(), clone.world.host.digest());
        prop_assert_eq!(original.world.host, clone.world.host);
    }
}

#[test]
fn a_pipe_holds_what_it_holds_and_no_more() {
    let mut world = World::new();
    let container = world.system("c", CONTAINER);
    let (flood, information) = world.spawn(ONE, container, r#"{"CommandLine":"sim-flood","CreateStdOutPipe":true}"#);
    world.pass(SECOND);
    world.terminate(flood);
    world.pass(LATENCY);
    assert_eq!(world.read(information.streams[1]).len(), PIPE_CAPACITY, "what a flood writes before anybody reads");

    let (_, information) = world.spawn(ONE, container, r#"{"CommandLine":"sim-idle","CreateStdInPipe":true}"#);
    let write = StreamRequest::Write { stream: information.streams[0], bytes: vec![7; 2 * PIPE_CAPACITY].into() };
    let count = u32::try_from(PIPE_CAPACITY).expect("it fits");
    assert_eq!(world.stream(ONE, write.clone()), Reply::Stream(StreamReply::Written(count)));
    assert!(matches!(world.stream(ONE, write), Reply::Blocked(_)), "nobody reads");
}

#[test]
fn time_passes_for_a_reader_that_gives_up() {
    let mut world = World::new();
    let container = world.system("c", CONTAINER);
    let (_, information) = world.spawn(ONE, container, r#"{"CommandLine":"sim-idle","CreateStdOutPipe":true}"#);
    let stream = information.streams[1];
    let Reply::Blocked(first) = world.stream(ONE, StreamRequest::Read { stream, limit: 1 }) else {
        panic!("there is nothing to read")
    };
    let Reply::Blocked(second) = world.stream(ONE, StreamRequest::Read { stream, limit: 1 }) else {
        panic!("there is nothing to read")
    };
    world.input(&Input::GiveUp(first));
    assert_eq!(world.woken(first), Some(Reply::Stream(StreamReply::GivenUp)));
    assert_eq!(world.woken(second), None, "the other waits on");
    world.stream(ONE, StreamRequest::Close { stream });
    assert!(matches!(world.woken(second), Some(Reply::Stream(StreamReply::Bad(_)))));
    assert_eq!(world.host.waits(), 0);
}
