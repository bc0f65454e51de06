//! Random sequences of up to 200 steps by three clients on processes of three systems, against a reference model that knows
//! nothing of the rules: it is written as nested ifs, from the same evidence. And proof that a bug, planted, shrinks to its
//! smallest story.
//!
//! The systems are there from the beginning: what happens to systems alone is compared in `model`.

mod reference;

use std::collections::BTreeMap;

use hcs_machine::effect::Reply;
use hcs_machine::guest::script::Script;
use hcs_machine::handle::Handle;
use hcs_machine::input::{Registered, Request, StreamRequest, Text, WorldEvent};
use hcs_machine::{ClientId, Effect, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::time::MICROSECOND;
use hcs_rules::vocabulary::{EventType, GENERIC_ALL};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestError, TestRng, TestRunner};
use reference::Model;

const CLIENTS: u32 = 3;
/// A process container, a Linux machine with a guest connection, and a container inside that machine.
const IDS: [&str; 3] = ["c", "m", "h"];
const DOCUMENTS: [&str; 3] = [
    r#"{"Container":{}}"#,
    r#"{"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{"KernelFilePath":"C:\\kernel"}},"GuestConnection":{}}}"#,
    r#"{"HostingSystemId":"m","HostedSystem":{"Container":{}}}"#,
];
const SILO: usize = 0;
const MACHINE: usize = 1;
const HOSTED: usize = 2;

/// A millisecond, in the model's unit.
const MS: u64 = 1_000;
/// How long every operation runs.
const LATENCY: u64 = 10 * MS;
/// How long a program needs to come up.
const START: u64 = MS;
/// How long a program needs for one thing that it does.
const THING: u64 = 10;

/// What a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// Never ends.
    Idle,
    /// The same, on a console.
    Console,
    /// Ends with 5 after 20 milliseconds and a bit.
    Nap,
    /// Never ends, and takes no polite signal.
    Stubborn,
    /// Takes signals, and ends when its input does.
    Listener,
    /// Fails at once.
    Crash,
    /// There is none of the name.
    Unknown,
}

impl Program {
    const fn parameters(self) -> &'static str {
        match self {
            Program::Idle => r#"{"CommandLine":"sim-idle"}"#,
            Program::Console => r#"{"CommandLine":"sim-idle","EmulateConsole":true}"#,
            Program::Nap => r#"{"CommandLine":"nap"}"#,
            Program::Stubborn => r#"{"CommandLine":"sim-stubborn"}"#,
            Program::Listener => r#"{"CommandLine":"sim-echo-signals","CreateStdInPipe":true}"#,
            Program::Crash => r#"{"CommandLine":"sim-crash"}"#,
            Program::Unknown => r#"{"CommandLine":"nobody-has-this"}"#,
        }
    }
}

/// What is sent to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// Control-C, which only Windows knows.
    CtrlC,
    /// The end of a Windows session.
    Shutdown,
    /// SIGTERM, which only Linux knows.
    Term,
    /// SIGKILL.
    Kill,
    /// SIGWINCH, which nobody minds.
    Winch,
}

impl Sent {
    const fn options(self) -> &'static str {
        match self {
            Sent::CtrlC => r#"{"Signal":"CtrlC"}"#,
            Sent::Shutdown => r#"{"Signal":"CtrlShutdown"}"#,
            Sent::Term => r#"{"Signal":15}"#,
            Sent::Kill => r#"{"Signal":9}"#,
            Sent::Winch => r#"{"Signal":28}"#,
        }
    }

    const fn is_of_linux(self) -> bool {
        matches!(self, Sent::Term | Sent::Kill | Sent::Winch)
    }
}

/// A call that runs on an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Terminate,
    Signal(Sent),
    Info,
    Properties,
    Resize,
    CloseInput,
}

/// What is done to a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shaking {
    Pause,
    Resume,
    Terminate,
}

/// One step. Handles are named by how many were made since, modulo how many there are: closed ones and those of others are
/// among them. Every call has an operation of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Create(u32, usize, Program),
    /// The id of some process, or one that nobody has.
    Open(u32, usize, usize),
    OpenNobody(u32, usize),
    Call(u32, Doing, usize),
    Close(u32, usize),
    Callback(u32, bool, usize),
    Poll(u32, usize),
    Wait(u32, usize),
    Result(u32, usize),
    /// The result with the process information.
    Information(u32, usize),
    /// Closes a standard stream.
    CloseStream(u32, usize),
    Pass(u64),
    Shake(u32, Shaking, usize),
    PowerOff(usize),
    Disconnect(usize),
    /// The world ends a process.
    End(usize, u32),
    Stop,
    Return,
    Die(u32),
}

impl Step {
    /// What the step names, if it names anything.
    fn at(&mut self) -> Option<&mut usize> {
        match self {
            Step::Call(.., at)
            | Step::Close(_, at)
            | Step::Callback(.., at)
            | Step::Poll(_, at)
            | Step::Wait(_, at)
            | Step::Result(_, at)
            | Step::Information(_, at) => Some(at),
            _ => None,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let (client, system, at) = (1..=CLIENTS, 0..IDS.len(), 0..64_usize);
    let program = prop_oneof![
        3 => Just(Program::Idle),
        1 => Just(Program::Console),
        2 => Just(Program::Nap),
        2 => Just(Program::Stubborn),
        3 => Just(Program::Listener),
        1 => Just(Program::Crash),
        1 => Just(Program::Unknown),
    ];
    let sent =
        prop_oneof![Just(Sent::CtrlC), Just(Sent::Shutdown), Just(Sent::Term), Just(Sent::Kill), Just(Sent::Winch)];
    let doing = prop_oneof![
        3 => Just(Doing::Terminate),
        5 => sent.prop_map(Doing::Signal),
        2 => Just(Doing::Info),
        2 => Just(Doing::Properties),
        1 => Just(Doing::Resize),
        2 => Just(Doing::CloseInput),
    ];
    let shaking = prop_oneof![3 => Just(Shaking::Pause), 3 => Just(Shaking::Resume), 1 => Just(Shaking::Terminate)];
    prop_oneof![
        12 => (client.clone(), system.clone(), program).prop_map(|(c, s, p)| Step::Create(c, s, p)),
        4 => (client.clone(), system.clone(), at.clone()).prop_map(|(c, s, p)| Step::Open(c, s, p)),
        1 => (client.clone(), system.clone()).prop_map(|(c, s)| Step::OpenNobody(c, s)),
        20 => (client.clone(), doing, at.clone()).prop_map(|(c, d, h)| Step::Call(c, d, h)),
        4 => (client.clone(), at.clone()).prop_map(|(c, h)| Step::Close(c, h)),
        4 => (client.clone(), prop::bool::weighted(0.8), at.clone()).prop_map(|(c, on, h)| Step::Callback(c, on, h)),
        2 => (client.clone(), at.clone()).prop_map(|(c, h)| Step::Poll(c, h)),
        4 => (client.clone(), at.clone()).prop_map(|(c, h)| Step::Wait(c, h)),
        10 => (client.clone(), at.clone()).prop_map(|(c, o)| Step::Result(c, o)),
        6 => (client.clone(), at.clone()).prop_map(|(c, o)| Step::Information(c, o)),
        2 => (client.clone(), at.clone()).prop_map(|(c, s)| Step::CloseStream(c, s)),
        12 => (0..40_u64).prop_map(Step::Pass),
        5 => (client.clone(), shaking, system.clone()).prop_map(|(c, d, s)| Step::Shake(c, d, s)),
        1 => system.clone().prop_map(Step::PowerOff),
        1 => system.prop_map(Step::Disconnect),
        1 => (at, 0..1_000_u32).prop_map(|(p, code)| Step::End(p, code)),
        1 => prop::bool::weighted(0.5).prop_map(|stops| if stops { Step::Stop } else { Step::Return }),
        1 => client.prop_map(Step::Die),
    ]
}

/// What is seen of a process: whether it is over, its exit code, and whether that counts.
type Status = (bool, u32, u32);

/// What is seen of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    code: Hresult,
    status: Option<Status>,
    /// The id and how many streams came with it.
    information: Option<(u32, usize)>,
    /// The blocked calls that have ended, by their place in the order of blocking.
    woken: BTreeMap<usize, (Hresult, Option<Status>)>,
    /// How often each handle was told that its process is over, and how.
    told: BTreeMap<usize, (usize, Status)>,
}

impl Seen {
    const NOTHING: Seen =
        Seen { code: Hresult::S_OK, status: None, information: None, woken: BTreeMap::new(), told: BTreeMap::new() };
}

/// The machine, driven by steps.
#[derive(Clone)]
struct Machine {
    host: Host,
    now: u64,
    operations: Vec<Handle>,
    /// The system handles, by client and system.
    systems: Vec<[Handle; 3]>,
    processes: Vec<Handle>,
    streams: Vec<Handle>,
    /// The ids that processes have shown.
    ids: Vec<u32>,
    waits: Vec<(u32, hcs_machine::effect::WaitId)>,
    dead: [bool; CLIENTS as usize + 1],
}

impl Machine {
    fn new() -> Machine {
        let mut host = Host::new(Build::B26100);
        let mut step = |input: &Input| {
            let mut effects = Vec::new();
            host.step(Time::ZERO, input, &mut effects);
            host.step(Time::ZERO, &Input::Tick, &mut Vec::new());
            effects.into_iter().find_map(|effect| match effect {
                Effect::Reply(Reply::Handle(Hresult::S_OK, handle)) => Some(handle),
                _ => None,
            })
        };
        for _ in 0..CLIENTS {
            step(&Input::Connect(Rights::Administrator));
        }
        let nap = Script::parse("after 20100us; exit 5").expect("a script");
        step(&Input::World(WorldEvent::Program("nap".into(), Some(Registered::Script(nap.into())))));
        let mut systems = Vec::new();
        for client in 1..=CLIENTS {
            let mut call = |request| step(&Input::Call(ClientId(client), request, Fate::PROMPT));
            systems.push([SILO, MACHINE, HOSTED].map(|system| {
                let id = Text::from(IDS[system]);
                if client > 1 {
                    return call(Request::OpenComputeSystem { id, access: GENERIC_ALL, out: true }).expect("open");
                }
                let operation = call(Request::CreateOperation { callback: false }).expect("made");
                let configuration = DOCUMENTS[system].into();
                let made =
                    call(Request::CreateComputeSystem { id, configuration, operation, out: true }).expect("made");
                let operation = call(Request::CreateOperation { callback: false }).expect("made");
                let request = Request::StartComputeSystem { system: made, operation, options: Text::Null };
                call(request);
                made
            }));
        }
        Machine {
            host,
            now: 0,
            operations: Vec::new(),
            systems,
            processes: Vec::new(),
            streams: Vec::new(),
            ids: Vec::new(),
            waits: Vec::new(),
            dead: [false; CLIENTS as usize + 1],
        }
    }

    /// The operation of a step's call: one of its own.
    fn operation(&mut self, client: u32) -> Handle {
        let request = Request::CreateOperation { callback: false };
        let mut effects = Vec::new();
        self.host.step(self.time(), &Input::Call(ClientId(client), request, Fate::PROMPT), &mut effects);
        match effects.last() {
            Some(Effect::Reply(Reply::Handle(Hresult::S_OK, handle))) => {
                self.operations.push(*handle);
                *handle
            }
            _ => Handle::NULL,
        }
    }

    fn time(&self) -> Time {
        Time(self.now * MICROSECOND)
    }

    fn input(&mut self, step: Step) -> Input {
        let process = |machine: &Machine, at: usize| pick(&machine.processes, at);
        let call =
            |client: u32, request: Request| Input::Call(ClientId(client), request, Fate::after(LATENCY * MICROSECOND));
        let system = |machine: &Machine, client: u32, system: usize| machine.systems[client as usize - 1][system];
        match step {
            Step::Create(client, s, program) => {
                let (operation, parameters) = (self.operation(client), program.parameters().into());
                let system = system(self, client, s);
                call(client, Request::CreateProcess { system, parameters, operation, out: true })
            }
            Step::Open(client, s, at) => {
                let id = place(self.ids.len(), at).map_or(7, |at| self.ids[at]);
                call(
                    client,
                    Request::OpenProcess { system: system(self, client, s), id, access: GENERIC_ALL, out: true },
                )
            }
            Step::OpenNobody(client, s) => {
                let system = system(self, client, s);
                call(client, Request::OpenProcess { system, id: 7, access: GENERIC_ALL, out: true })
            }
            Step::Call(client, doing, at) => {
                let (process, operation) = (process(self, at), self.operation(client));
                let change = |text: &str| Request::ModifyProcess { process, operation, settings: text.into() };
                call(
                    client,
                    match doing {
                        Doing::Terminate => Request::TerminateProcess { process, operation, options: Text::Null },
                        Doing::Signal(sent) => {
                            Request::SignalProcess { process, operation, options: sent.options().into() }
                        }
                        Doing::Info => Request::GetProcessInfo { process, operation },
                        Doing::Properties => Request::GetProcessProperties { process, operation, query: Text::Null },
                        Doing::Resize => change(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":9,"Width":9}}"#),
                        Doing::CloseInput => change(r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#),
                    },
                )
            }
            Step::Close(client, at) => call(client, Request::CloseProcess { process: process(self, at) }),
            Step::Callback(client, callback, at) => {
                call(client, Request::SetProcessCallback { process: process(self, at), options: 0, callback })
            }
            Step::Poll(client, at) => {
                call(client, Request::WaitForProcessExit { process: process(self, at), timeout_ms: 0 })
            }
            Step::Wait(client, at) => {
                call(client, Request::WaitForProcessExit { process: process(self, at), timeout_ms: u32::MAX })
            }
            Step::Result(client, at) => {
                call(client, Request::GetOperationResult { operation: pick(&self.operations, at) })
            }
            Step::Information(client, at) => call(
                client,
                Request::GetOperationResultAndProcessInfo { operation: pick(&self.operations, at), out: true },
            ),
            Step::CloseStream(client, at) => {
                Input::Stream(ClientId(client), StreamRequest::Close { stream: pick(&self.streams, at) })
            }
            Step::Pass(_) => Input::Tick,
            Step::Shake(client, shaking, s) => {
                let (operation, system, options) = (self.operation(client), system(self, client, s), Text::Null);
                call(
                    client,
                    match shaking {
                        Shaking::Pause => Request::PauseComputeSystem { system, operation, options },
                        Shaking::Resume => Request::ResumeComputeSystem { system, operation, options },
                        Shaking::Terminate => Request::TerminateComputeSystem { system, operation, options },
                    },
                )
            }
            Step::PowerOff(s) => Input::World(WorldEvent::GuestPowerOff(IDS[s].into())),
            Step::Disconnect(s) => Input::World(WorldEvent::GuestDisconnect(IDS[s].into())),
            Step::End(at, code) => {
                let id = place(self.ids.len(), at).map_or(7, |at| self.ids[at]);
                Input::World(WorldEvent::ProcessEnd(IDS[at % IDS.len()].into(), id, code))
            }
            Step::Stop => Input::World(WorldEvent::ServiceStop),
            Step::Return => Input::World(WorldEvent::ServiceReturn),
            Step::Die(client) => {
                self.dead[client as usize] = true;
                Input::World(WorldEvent::ClientDeath(ClientId(client)))
            }
        }
    }

    fn step(&mut self, step: Step) -> Seen {
        if let Step::Pass(milliseconds) = step {
            self.now += milliseconds * MS;
        }
        let mut effects = Vec::new();
        // Whoever drives a world does so from one due moment to the next.
        while let Some(due) = self.host.next_due().filter(|due| *due <= self.time()) {
            self.host.step(due, &Input::Tick, &mut effects);
        }
        let due = effects.len();
        let input = self.input(step);
        self.host.step(self.time(), &input, &mut effects);
        // A refusal is told a moment after its call; steps are a millisecond apart, so that nobody asks before.
        self.now += MS;
        let mut seen = Seen::NOTHING;
        for (place, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Reply(Reply::Outcome(code, document)) => {
                    seen.code = code;
                    seen.status = document.as_deref().and_then(status);
                }
                Effect::Reply(Reply::Handle(code, handle)) => {
                    seen.code = code;
                    self.processes.extend((handle != Handle::NULL).then_some(handle));
                }
                Effect::Reply(Reply::Info(code, _, information)) => {
                    seen.code = code;
                    if let Some(information) = information {
                        let streams = information.streams.into_iter().filter(|stream| stream.parts().is_some());
                        let before = self.streams.len();
                        self.streams.extend(streams);
                        self.ids.push(information.id);
                        seen.information = Some((information.id, self.streams.len() - before));
                    }
                }
                Effect::Reply(Reply::Blocked(wait)) => {
                    let (Step::Wait(client, _), false) = (step, self.waits.iter().any(|(_, known)| *known == wait))
                    else {
                        panic!("{step:?} blocks")
                    };
                    self.waits.push((client, wait));
                    seen.code = Hresult::HCS_E_OPERATION_PENDING;
                }
                Effect::Wake(wait, reply) => {
                    let at = self.waits.iter().position(|(_, known)| *known == wait).expect("a known wait");
                    let Reply::Outcome(code, document) = reply else { panic!("a wait ends with {reply:?}") };
                    // What a client's own death ends, nobody sees.
                    if place < due || !self.dead[self.waits[at].0 as usize] {
                        let before = seen.woken.insert(at, (code, document.as_deref().and_then(status)));
                        assert_eq!(before, None, "a wait ends once");
                    }
                }
                Effect::Notify(notification) if notification.event == Some(EventType::ProcessExited) => {
                    let at = self.processes.iter().position(|handle| *handle == notification.target.handle);
                    let status = notification.data.as_deref().and_then(status).expect("a status");
                    let told = seen.told.entry(at.expect("a known handle")).or_insert((0, status));
                    told.0 += 1;
                    told.1 = status;
                }
                _ => {}
            }
        }
        seen
    }
}

fn pick(handles: &[Handle], at: usize) -> Handle {
    place(handles.len(), at).map_or(Handle::NULL, |at| handles[at])
}

/// The place of what was made so many before the last, of so many in all: a step that is left out moves no later choice
/// between what was made since.
fn place(count: usize, at: usize) -> Option<usize> {
    at.checked_rem(count).map(|since| count - 1 - since)
}

/// What a `ProcessStatus` says, if the document is one.
fn status(document: &str) -> Option<Status> {
    let member = |name: &str| {
        let (_, rest) = document.split_once(&format!("\"{name}\":"))?;
        rest.split([',', '}']).next()
    };
    let number = |name| member(name)?.parse::<i64>().ok().map(|number| number as u32);
    Some((member("Exited")? == "true", number("ExitCode")?, number("LastWaitResult")?))
}

/// Runs a sequence on both. `bend` may bend what the machine shows: that is how a bug is planted.
fn compare(steps: &[Step], bend: impl Fn(Step, Seen) -> Seen) -> Result<(), TestCaseError> {
    let (mut machine, mut model) = (Machine::new(), Model::new());
    for (index, step) in steps.iter().enumerate() {
        let came = bend(*step, machine.step(*step));
        prop_assert_eq!(model.step(*step), came, "step {}: {:?}", index, step);
    }
    Ok(())
}

/// The same sequences each time, so that a change is judged by what it changes. `PROPTEST_CASES=1000000` searches on, from
/// another seed each time.
fn config(cases: u32) -> Config {
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => Config { cases, rng_seed: RngSeed::Fixed(0x5052_4F43), ..config },
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn the_machine_does_with_processes_as_the_reference_model_does(steps in prop::collection::vec(step(), 1..200)) {
        compare(&steps, |_, seen| seen)?;
    }

    #[test]
    fn a_clone_goes_on_as_its_original(steps in prop::collection::vec(step(), 1..80), at in 0..80_usize) {
        let (before, after) = steps.split_at(at % steps.len());
        let mut original = Machine::new();
        before.iter().for_each(|step| _ = original.step(*step));
        let mut clone = original.clone();
        let kept = clone.host.clone();
        let seen: Vec<Seen> = after.iter().map(|step| original.step(*step)).collect();
        prop_assert_eq!(&kept, &clone.host, "what the original does leaves the clone alone");
        let again: Vec<Seen> = after.iter().map(|step| clone.step(*step)).collect();
        prop_assert_eq!(seen, again);
        prop_assert_eq!(original.host.digest(), clone.host.digest());
        prop_assert_eq!(original.host, clone.host);
    }
}

#[test]
fn a_planted_bug_shrinks_to_its_smallest_story() {
    // The bug: what an operation says is over already, it says has been done.
    let bent = |step: Step, seen: Seen| match step {
        Step::Result(..) if seen.code == Hresult::HCS_E_PROCESS_ALREADY_STOPPED => Seen { code: Hresult::S_OK, ..seen },
        _ => seen,
    };
    let config = Config { failure_persistence: None, cases: 2_000, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let sequences = prop::collection::vec(step(), 1..200);
    let failure = runner.run(&sequences, |steps| compare(&steps, bent)).expect_err("the bug is found");
    let TestError::Fail(_, mut smallest) = failure else { panic!("the bug is a failure: {failure}") };
    // proptest leaves steps out before it makes the others simple; what has become needless since goes now.
    let fails = |steps: &[Step]| compare(steps, bent).is_err();
    let simpler = |steps: &[Step]| {
        (0..steps.len()).find_map(|at| {
            let mut without = steps.to_vec();
            without.remove(at);
            // What is named behind it may have come one nearer.
            let mut nearer = without.clone();
            nearer[at..].iter_mut().filter_map(Step::at).for_each(|named| *named = named.saturating_sub(1));
            let renamed = (0..steps.len()).filter_map(|name| {
                let mut renamed = steps.to_vec();
                let named = renamed[at].at().filter(|named| **named > name)?;
                *named = name;
                Some(renamed)
            });
            [without, nearer].into_iter().chain(renamed).find(|steps| fails(steps))
        })
    };
    while let Some(steps) = simpler(&smallest) {
        smallest = steps;
    }
    // A creation, time, what ends the process, time, a call too late on it, and the reading.
    assert!(smallest.len() <= 7, "{} steps: {smallest:#?}", smallest.len());
}
