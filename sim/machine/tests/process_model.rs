//! Random sequences of up to 200 steps by three clients on processes of three systems, against a reference model that knows
//! nothing of the rules: it is written as nested ifs, from the same evidence. And proof that a bug, planted, shrinks to its
//! smallest story.
//!
//! The systems are there from the beginning: what happens to systems alone is compared in `model.rs`.

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

// -- The reference model.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Running,
    Pausing,
    Paused,
    Resuming,
    Terminating,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Creating,
    Refused,
    Running,
    Frozen,
    Terminating,
    Over,
}

#[derive(Clone, Debug)]
struct Process {
    system: usize,
    program: Program,
    state: State,
    id: u32,
    init: bool,
    /// The handle that made it.
    creator: usize,
    /// Whether its streams were handed out, or went with their owner.
    claimed: bool,
    /// Until when its program does something.
    busy: u64,
    /// When it ends by itself, how, and the order among those of the same moment.
    ends: Option<(u64, u32, u64)>,
    /// Since when it stands.
    stands: u64,
    /// What has reached it while it stood.
    late: Vec<Sent>,
    end: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    client: u32,
    process: usize,
    open: bool,
    callback: bool,
    lost: bool,
}

#[derive(Clone, Debug)]
struct Operation {
    client: u32,
    /// Pending, or the code with a status.
    result: Option<(Hresult, Option<Status>)>,
    /// The process whose information it gives, with the handle.
    informs: Option<usize>,
    taken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Create(usize),
    Call(Doing, usize),
    Shake(Shaking, usize),
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    due: u64,
    serial: u64,
    operation: usize,
    work: Work,
    refusal: Option<Hresult>,
}

struct Model {
    now: u64,
    down: bool,
    stopped: bool,
    dead: [bool; CLIENTS as usize + 1],
    life: [Life; 3],
    lost: [bool; 3],
    has_begun: [bool; 3],
    counts: [u32; 2],
    operations: Vec<Operation>,
    processes: Vec<Process>,
    holders: Vec<Holder>,
    /// The process and the client of each stream, and whether it is open.
    streams: Vec<(usize, u32, bool)>,
    ids: Vec<u32>,
    /// The holder of each blocked call, while it is blocked.
    waits: Vec<Option<usize>>,
    pending: Vec<Pending>,
    /// What goes one after the other: by process and client, each with its serial number.
    lanes: BTreeMap<(usize, u32), Vec<u64>>,
    serial: u64,
    seen: Seen,
}

const BAD: Hresult = Hresult::ERROR_INVALID_HANDLE;

impl Model {
    fn new() -> Model {
        Model {
            now: 0,
            down: false,
            stopped: false,
            dead: [false; CLIENTS as usize + 1],
            life: [Life::Running; 3],
            lost: [false; 3],
            has_begun: [false; 3],
            counts: [0; 2],
            operations: Vec::new(),
            processes: Vec::new(),
            holders: Vec::new(),
            streams: Vec::new(),
            ids: Vec::new(),
            waits: Vec::new(),
            pending: Vec::new(),
            lanes: BTreeMap::new(),
            serial: 0,
            seen: Seen::NOTHING,
        }
    }

    fn step(&mut self, step: Step) -> Seen {
        self.seen = Seen::NOTHING;
        if let Step::Pass(milliseconds) = step {
            self.now += milliseconds * MS;
        }
        self.run_due();
        let code = self.answer(step).unwrap_or_else(|code| code);
        // What was done within the step may take a program a moment.
        self.now += MS;
        Seen { code, ..std::mem::replace(&mut self.seen, Seen::NOTHING) }
    }

    fn answer(&mut self, step: Step) -> Result<Hresult, Hresult> {
        match step {
            Step::Create(client, system, program) => self.create(client, system, program)?,
            Step::Open(client, system, at) => {
                let id = place(self.ids.len(), at).map_or(7, |at| self.ids[at]);
                self.open(client, system, id)?;
            }
            Step::OpenNobody(client, system) => self.open(client, system, 7)?,
            Step::Call(client, doing, at) => self.call(client, doing, at)?,
            Step::Close(client, at) => {
                self.living_client(client)?;
                if let Ok(holder) = self.holder(client, at) {
                    self.close(holder);
                }
            }
            Step::Callback(client, callback, at) => {
                let holder = self.connected(client, at)?;
                let Holder { process, callback: has, .. } = self.holders[holder];
                match self.processes[process].state {
                    State::Refused => return Err(Hresult::ERROR_NOT_FOUND),
                    _ if callback && has => return Err(Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET),
                    state => {
                        self.holders[holder].callback = callback;
                        if callback && state == State::Over {
                            self.tell(holder);
                        }
                    }
                }
            }
            Step::Poll(client, at) | Step::Wait(client, at) => {
                let holder = self.connected(client, at)?;
                let process = self.holders[holder].process;
                match self.processes[process].state {
                    State::Refused => return Err(Hresult::ERROR_NOT_FOUND),
                    State::Over => self.seen.status = Some(self.status(process)),
                    _ if matches!(step, Step::Poll(..)) => return Err(Hresult::HCS_E_OPERATION_TIMEOUT),
                    _ => {
                        self.waits.push(Some(holder));
                        return Err(Hresult::HCS_E_OPERATION_PENDING);
                    }
                }
            }
            Step::Result(client, at) => {
                let operation = self.operation(client, at)?;
                let (code, status) = self.operations[operation].result.ok_or(Hresult::HCS_E_OPERATION_PENDING)?;
                self.seen.status = status;
                return Ok(code);
            }
            Step::Information(client, at) => return self.information(client, at),
            Step::CloseStream(client, at) => {
                let stream = place(self.streams.len(), at).filter(|at| self.streams[*at].1 == client);
                if let Some(stream) = stream.filter(|_| !self.dead[client as usize]) {
                    self.close_stream(stream);
                }
            }
            Step::Pass(_) => {}
            Step::Shake(client, shaking, system) => self.shake(client, shaking, system)?,
            Step::PowerOff(system) => {
                if !self.stopped && self.life[system] == Life::Running {
                    self.system_is_over(system);
                }
            }
            Step::Disconnect(system) => {
                if !self.stopped && system != SILO && self.life[system] == Life::Running {
                    // The container's own connection goes alone.
                    self.lose(system);
                }
            }
            Step::End(at, code) => {
                let id = place(self.ids.len(), at).map_or(7, |at| self.ids[at]);
                let system = at % IDS.len();
                let found = self.processes.iter().position(|process| {
                    process.system == system
                        && process.id == id
                        && matches!(process.state, State::Running | State::Terminating)
                });
                if let Some(process) = found.filter(|_| self.life[system] != Life::Over) {
                    let code = if is_linux(system) { code & 0xFF } else { code };
                    self.is_over(process, code, 0, true);
                }
            }
            Step::Stop => self.stop(),
            Step::Return => self.down = false,
            Step::Die(client) => self.die(client),
        }
        Ok(Hresult::S_OK)
    }

    // -- Calls.

    fn create(&mut self, client: u32, system: usize, program: Program) -> Result<(), Hresult> {
        let operation = self.begin(client)?;
        self.operations[operation].informs = Some(self.holders.len());
        self.connected_system(operation)?;
        let life = if system == HOSTED && self.life[HOSTED] == Life::Running {
            match self.life[MACHINE] {
                life @ (Life::Pausing | Life::Paused | Life::Resuming) => life,
                _ => Life::Running,
            }
        } else {
            self.life[system]
        };
        let refusal = match life {
            Life::Over => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            Life::Running if self.is_lost(system) => Some(Hresult::HCS_E_CONNECTION_CLOSED),
            Life::Running => None,
            _ => Some(Hresult::HCS_E_INVALID_STATE),
        };
        let process = self.processes.len();
        self.processes.push(Process {
            system,
            program,
            state: State::Creating,
            id: 0,
            init: false,
            creator: self.holders.len(),
            claimed: false,
            busy: 0,
            ends: None,
            stands: 0,
            late: Vec::new(),
            end: None,
        });
        self.holders.push(Holder { client, process, open: true, callback: false, lost: false });
        self.start(operation, Work::Create(process), refusal);
        Ok(())
    }

    fn open(&mut self, client: u32, system: usize, id: u32) -> Result<(), Hresult> {
        self.living_client(client)?;
        if self.stopped {
            return Err(Hresult::HCS_E_SERVICE_DISCONNECT);
        }
        let known = |process: &Process| {
            process.system == system && process.id == id && !matches!(process.state, State::Creating | State::Refused)
        };
        let found = (0..self.processes.len()).find(|at| known(&self.processes[*at]) && !self.is_forgotten(*at));
        match found {
            Some(process) => {
                self.holders.push(Holder { client, process, open: true, callback: false, lost: false });
                Ok(())
            }
            None if self.life[system] == Life::Over => Err(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            None => Err(Hresult::ERROR_NOT_FOUND),
        }
    }

    fn call(&mut self, client: u32, doing: Doing, at: usize) -> Result<(), Hresult> {
        let operation = self.begin(client)?;
        self.operations[operation].result = Some((Hresult::HCS_E_OPERATION_NOT_STARTED, None));
        let holder = self.holder(client, at)?;
        if doing == Doing::Info {
            self.operations[operation].informs = Some(holder);
        }
        if self.holders[holder].lost {
            self.operations[operation].result = Some((Hresult::HCS_E_SERVICE_DISCONNECT, None));
            return Err(Hresult::HCS_E_SERVICE_DISCONNECT);
        }
        let process = self.holders[holder].process;
        let Process { system, state, program, .. } = self.processes[process];
        let gone = if system == SILO { Hresult::HCS_E_PROCESS_ALREADY_STOPPED } else { Hresult::ERROR_NOT_FOUND };
        let invalid = Hresult::HCS_E_INVALID_STATE;
        let refusal = match (doing, state) {
            (_, State::Refused) => Some(Hresult::ERROR_NOT_FOUND),
            (Doing::Signal(sent), _) if sent.is_of_linux() != is_linux(system) => Some(Hresult::E_INVALIDARG),
            (Doing::Terminate, _) if self.life[system] == Life::Over => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            (Doing::Signal(_), _) if self.life[system] == Life::Over => Some(Hresult::HCS_E_SYSTEM_NOT_FOUND),
            (_, State::Creating) => Some(invalid),
            (Doing::Properties, _) => None,
            (Doing::Info, State::Over) => Some(Hresult::HCS_E_PROCESS_ALREADY_STOPPED),
            (Doing::Info, _) => None,
            (_, State::Frozen) => Some(invalid),
            (Doing::Terminate, State::Terminating) => Some(Hresult::E_ACCESSDENIED),
            (Doing::Signal(_), State::Terminating) => Some(invalid),
            (Doing::Resize | Doing::CloseInput, State::Terminating | State::Over) => {
                Some(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
            }
            (_, State::Over) => Some(gone),
            (Doing::Resize, _) if program != Program::Console => Some(Hresult::ERROR_NOT_SUPPORTED),
            _ => None,
        };
        let serial = self.start(operation, Work::Call(doing, process), refusal);
        if refusal.is_none() && matches!(doing, Doing::Terminate | Doing::Signal(_)) {
            if doing == Doing::Terminate {
                self.processes[process].state = State::Terminating;
            }
            let lane = self.lanes.entry((process, client)).or_default();
            if !lane.is_empty() {
                self.pending.iter_mut().filter(|work| work.serial == serial).for_each(|work| work.due = u64::MAX);
            }
            lane.push(serial);
        }
        Ok(())
    }

    fn information(&mut self, client: u32, at: usize) -> Result<Hresult, Hresult> {
        let at = self.operation(client, at)?;
        let operation = &mut self.operations[at];
        let code = operation.result.map(|(code, _)| code);
        if code == Some(Hresult::HCS_E_OPERATION_NOT_STARTED) {
            return Err(Hresult::HCS_E_OPERATION_NOT_STARTED);
        }
        let holder = operation.informs.ok_or(Hresult::E_INVALIDARG)?;
        let code = code.ok_or(Hresult::HCS_E_OPERATION_PENDING)?;
        if operation.taken {
            return Err(Hresult::HCS_E_PROCESS_INFO_NOT_AVAILABLE);
        }
        if code != Hresult::S_OK {
            return Ok(code);
        }
        operation.taken = true;
        let Holder { process, open, .. } = self.holders[holder];
        if open {
            let id = self.processes[process].id;
            let mut streams = 0;
            if self.processes[process].creator == holder && !self.processes[process].claimed {
                self.processes[process].claimed = true;
                if self.processes[process].program == Program::Listener {
                    self.streams.push((process, client, true));
                    streams = 1;
                }
            }
            self.ids.push(id);
            self.seen.information = Some((id, streams));
        }
        Ok(code)
    }

    fn shake(&mut self, client: u32, shaking: Shaking, system: usize) -> Result<(), Hresult> {
        let operation = self.begin(client)?;
        self.connected_system(operation)?;
        let life = self.life[system];
        let invalid = Hresult::HCS_E_INVALID_STATE;
        let refusal = match (shaking, life) {
            (_, Life::Over) => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            (Shaking::Terminate, Life::Terminating) => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            (Shaking::Terminate, _) => None,
            (_, Life::Running) if system != MACHINE => Some(Hresult::ERROR_NOT_SUPPORTED),
            (Shaking::Pause, Life::Running) | (Shaking::Resume, Life::Paused) => None,
            _ => Some(invalid),
        };
        if refusal.is_none() {
            self.life[system] = match shaking {
                Shaking::Pause => Life::Pausing,
                Shaking::Resume => Life::Resuming,
                Shaking::Terminate => Life::Terminating,
            };
            if shaking == Shaking::Terminate {
                self.cut(system);
            }
        }
        self.start(operation, Work::Shake(shaking, system), refusal);
        Ok(())
    }

    /// Ends the requests that a system which is about to be over cannot serve any more.
    fn cut(&mut self, system: usize) {
        for pending in self.pending.clone() {
            let code = match pending.work {
                _ if pending.refusal.is_some() => continue,
                Work::Create(process) if self.processes[process].system == system => Hresult::HCS_E_INVALID_STATE,
                Work::Shake(Shaking::Pause | Shaking::Resume, of) if of == system => {
                    Hresult::HCS_E_SYSTEM_ALREADY_STOPPED
                }
                _ => continue,
            };
            self.pending.retain(|other| other.serial != pending.serial);
            if let Work::Create(process) = pending.work {
                self.is_refused(process);
            }
            self.operations[pending.operation].result = Some((code, None));
        }
    }

    // -- What is due.

    fn run_due(&mut self) {
        loop {
            let work = self.pending.iter().map(|work| (work.due, work.serial, Ok(work.serial)));
            let programs = self.processes.iter().enumerate().filter_map(|(at, process)| {
                let runs = matches!(process.state, State::Running | State::Terminating);
                process.ends.filter(|_| runs).map(|(due, _, serial)| (due, serial, Err(at)))
            });
            let due = work.chain(programs).filter(|(due, ..)| *due <= self.now);
            match due.min_by_key(|(due, serial, _)| (*due, *serial)) {
                None => return,
                Some((.., Err(process))) => {
                    let (_, code, _) = self.processes[process].ends.expect("it ends");
                    self.is_over(process, code, 0, true);
                }
                Some((due, _, Ok(serial))) => {
                    let at = self.pending.iter().position(|work| work.serial == serial).expect("pending");
                    let pending = self.pending.remove(at);
                    self.complete(pending, due);
                }
            }
        }
    }

    fn complete(&mut self, pending: Pending, due: u64) {
        let Pending { serial, operation, work, refusal, .. } = pending;
        let result = match (work, refusal) {
            (Work::Create(process), Some(code)) => {
                self.is_refused(process);
                (code, None)
            }
            (_, Some(code)) => (code, None),
            (Work::Create(process), None) => (self.made(process, due), None),
            (Work::Call(doing, process), None) => {
                let result = self.done(doing, process, due);
                let next = self.lanes.iter_mut().find(|(_, lane)| lane.first() == Some(&serial));
                if let Some((_, lane)) = next {
                    lane.remove(0);
                    if let Some(next) = lane.first() {
                        self.serial += 1;
                        let order = self.serial;
                        let next = self.pending.iter_mut().find(|work| work.serial == *next).expect("it waits");
                        (next.due, next.serial) = (due + LATENCY, order);
                        lane[0] = order;
                    }
                }
                result
            }
            (Work::Shake(shaking, system), None) => {
                match shaking {
                    Shaking::Pause => {
                        self.life[system] = Life::Paused;
                        for at in 0..self.processes.len() {
                            if self.processes[at].state == State::Running && self.processes[at].system != SILO {
                                self.freeze(at, due);
                            }
                        }
                    }
                    Shaking::Resume => {
                        self.life[system] = Life::Running;
                        for at in 0..self.processes.len() {
                            if self.processes[at].state == State::Frozen {
                                self.thaw(at, due);
                            }
                        }
                    }
                    Shaking::Terminate => self.system_is_over(system),
                }
                (Hresult::S_OK, None)
            }
        };
        self.operations[operation].result = Some(result);
    }

    fn made(&mut self, process: usize, due: u64) -> Hresult {
        let Process { system, program, creator, .. } = self.processes[process];
        let fault = match program {
            _ if self.is_lost(system) => Some(Hresult::HCS_E_CONNECTION_CLOSED),
            Program::Unknown if is_linux(system) => Some(Hresult::E_FAIL),
            Program::Unknown => Some(Hresult::ERROR_FILE_NOT_FOUND),
            _ => None,
        };
        if let Some(code) = fault {
            self.is_refused(process);
            return code;
        }
        let count = &mut self.counts[usize::from(system != SILO)];
        let id = if is_linux(system) { 100 + *count } else { 1_000 + 4 * *count };
        *count += 1;
        let init = !std::mem::replace(&mut self.has_begun[system], true);
        self.serial += 1;
        let serial = self.serial;
        let up = due + START;
        let ends = match program {
            Program::Nap => Some((up + 20 * MS + 100, 5, serial)),
            Program::Crash if is_linux(system) => Some((up, 128 + 11, serial)),
            Program::Crash => Some((up, 0xC000_0005, serial)),
            _ => None,
        };
        let made = &mut self.processes[process];
        (made.id, made.init, made.ends, made.state) = (id, init, ends, State::Running);
        made.busy = up + THING;
        let life = self.life[if system == SILO { SILO } else { MACHINE }];
        if matches!(life, Life::Paused | Life::Resuming) {
            self.freeze(process, due);
        }
        if !self.holders[creator].open {
            self.abandon_streams(process, due);
        }
        Hresult::S_OK
    }

    fn freeze(&mut self, process: usize, due: u64) {
        self.processes[process].state = State::Frozen;
        self.processes[process].stands = due;
    }

    fn thaw(&mut self, at: usize, due: u64) {
        let process = &mut self.processes[at];
        process.state = State::Running;
        let stood = due - process.stands;
        process.busy += stood;
        if let Some((ends, ..)) = &mut process.ends {
            *ends += stood;
        }
        for sent in std::mem::take(&mut self.processes[at].late) {
            self.deliver(at, sent, due);
        }
    }

    fn done(&mut self, doing: Doing, process: usize, due: u64) -> (Hresult, Option<Status>) {
        if self.is_forgotten(process) {
            return (Hresult::ERROR_NOT_FOUND, None);
        }
        let Process { system, state, .. } = self.processes[process];
        let gone = if system == SILO { Hresult::HCS_E_PROCESS_ALREADY_STOPPED } else { Hresult::ERROR_NOT_FOUND };
        let over = state == State::Over;
        match doing {
            Doing::Properties => return (Hresult::S_OK, Some(self.status(process))),
            Doing::Terminate if over => {}
            Doing::Signal(_) if over => return (gone, None),
            _ if over => return (Hresult::HCS_E_PROCESS_ALREADY_STOPPED, None),
            Doing::Terminate => self.is_over(process, killed(system), 0, true),
            Doing::Signal(sent) => self.deliver(process, sent, due),
            Doing::CloseInput => self.end_input(process, due),
            Doing::Info | Doing::Resize => {}
        }
        (Hresult::S_OK, None)
    }

    fn deliver(&mut self, process: usize, sent: Sent, now: u64) {
        let Process { system, program, state, .. } = self.processes[process];
        match state {
            State::Frozen => {
                self.processes[process].late.push(sent);
                return;
            }
            State::Running | State::Terminating => {}
            _ => return,
        }
        let code = match (sent, program) {
            (Sent::Winch, _) => return,
            (Sent::Kill, _) => killed(system),
            (_, Program::Listener) => {
                let process = &mut self.processes[process];
                process.busy = process.busy.max(now) + THING;
                if let Some((ends, ..)) = &mut process.ends {
                    *ends = (*ends).max(process.busy);
                }
                return;
            }
            (Sent::CtrlC | Sent::Term, Program::Stubborn) => return,
            (Sent::Term, _) => 128 + 15,
            (Sent::CtrlC | Sent::Shutdown, _) => 0xC000_013A,
        };
        self.is_over(process, code, 0, true);
    }

    /// The input of a process ends: whoever reads it ends too.
    fn end_input(&mut self, at: usize, due: u64) {
        self.serial += 1;
        let serial = self.serial;
        let process = &mut self.processes[at];
        let runs = matches!(process.state, State::Running | State::Frozen | State::Terminating);
        if runs && process.program == Program::Listener && process.ends.is_none() {
            let now = if process.state == State::Frozen { process.stands } else { due };
            process.ends = Some((now.max(process.busy), 0, serial));
        }
    }

    fn abandon_streams(&mut self, process: usize, due: u64) {
        if !std::mem::replace(&mut self.processes[process].claimed, true) {
            self.end_input(process, due);
        }
    }

    fn close_stream(&mut self, at: usize) {
        let (process, _, open) = &mut self.streams[at];
        let process = *process;
        if std::mem::replace(open, false) {
            self.end_input(process, self.now);
        }
    }

    // -- Ends.

    fn is_refused(&mut self, process: usize) {
        self.processes[process].state = State::Refused;
        self.wake(process, (Hresult::ERROR_NOT_FOUND, None));
    }

    fn is_over(&mut self, at: usize, code: u32, wait_result: u32, by_itself: bool) {
        let process = &mut self.processes[at];
        process.state = State::Over;
        process.end = Some((code, wait_result));
        let (system, init) = (process.system, process.init);
        for holder in 0..self.holders.len() {
            if self.holders[holder].process == at && self.holders[holder].open && self.holders[holder].callback {
                self.tell(holder);
            }
        }
        self.wake(at, (Hresult::S_OK, Some(self.status(at))));
        // A Linux container ends with its first process.
        if init && by_itself && system == HOSTED && self.life[HOSTED] == Life::Running {
            self.system_is_over(HOSTED);
        }
    }

    fn system_is_over(&mut self, system: usize) {
        if self.life[system] == Life::Over {
            return;
        }
        self.cut(system);
        for pending in self.pending.clone() {
            if pending.work == Work::Shake(Shaking::Terminate, system) && pending.refusal.is_none() {
                self.pending.retain(|other| other.serial != pending.serial);
                self.operations[pending.operation].result = Some((Hresult::S_OK, None));
            }
        }
        self.life[system] = Life::Over;
        for process in 0..self.processes.len() {
            let lives = matches!(self.processes[process].state, State::Running | State::Frozen | State::Terminating);
            if lives && self.processes[process].system == system {
                self.is_over(process, killed(system), 0, false);
            }
        }
        if system == MACHINE {
            self.system_is_over(HOSTED);
        }
    }

    /// The connection to a guest is lost, and those of the container inside with it.
    fn lose(&mut self, system: usize) {
        // What is being ended in it does not hear of its connection any more.
        if system == MACHINE && self.life[HOSTED] == Life::Running {
            self.lose(HOSTED);
        }
        self.lost[system] = true;
        for process in 0..self.processes.len() {
            let lives = matches!(self.processes[process].state, State::Running | State::Frozen | State::Terminating);
            if lives && self.processes[process].system == system {
                self.is_over(process, u32::MAX, Hresult::HCS_E_CONNECTION_CLOSED.0, false);
            }
        }
    }

    fn stop(&mut self) {
        self.down = true;
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        self.life = [Life::Over; 3];
        for pending in std::mem::take(&mut self.pending) {
            if let Work::Create(process) = pending.work {
                self.wake(process, (Hresult::HCS_E_SERVICE_DISCONNECT, None));
                self.is_refused(process);
            }
            self.operations[pending.operation].result = Some((Hresult::HCS_E_SERVICE_DISCONNECT, None));
        }
        self.lanes.clear();
        for process in 0..self.processes.len() {
            if !matches!(self.processes[process].state, State::Over | State::Refused) {
                self.processes[process].state = State::Over;
                self.processes[process].end = Some((u32::MAX, Hresult::HCS_E_SERVICE_DISCONNECT.0));
                self.wake(process, (Hresult::HCS_E_SERVICE_DISCONNECT, None));
            }
        }
        self.holders.iter_mut().for_each(|holder| holder.lost = true);
    }

    fn die(&mut self, client: u32) {
        if std::mem::replace(&mut self.dead[client as usize], true) {
            return;
        }
        for at in 0..self.streams.len() {
            if self.streams[at].1 == client {
                self.close_stream(at);
            }
        }
        for holder in 0..self.holders.len() {
            if self.holders[holder].client == client && self.holders[holder].open {
                self.close(holder);
            }
        }
    }

    fn close(&mut self, holder: usize) {
        let Holder { client, process, .. } = self.holders[holder];
        for at in 0..self.waits.len() {
            if self.waits[at] == Some(holder) {
                self.waits[at] = None;
                if !self.dead[client as usize] {
                    self.seen.woken.insert(at, (BAD, None));
                }
            }
        }
        self.holders[holder].open = false;
        if self.processes[process].creator == holder && self.processes[process].state != State::Creating {
            self.abandon_streams(process, self.now);
        }
    }

    fn tell(&mut self, holder: usize) {
        if self.holders[holder].lost {
            return;
        }
        let status = self.status(self.holders[holder].process);
        let told = self.seen.told.entry(holder).or_insert((0, status));
        *told = (told.0 + 1, status);
    }

    /// Ends the waits for a process.
    fn wake(&mut self, process: usize, with: (Hresult, Option<Status>)) {
        for at in 0..self.waits.len() {
            if self.waits[at].is_some_and(|holder| self.holders[holder].process == process) {
                self.waits[at] = None;
                self.seen.woken.insert(at, with);
            }
        }
    }

    // -- What is known.

    fn status(&self, process: usize) -> Status {
        match self.processes[process].end {
            Some((code, wait_result)) => (true, code, wait_result),
            None => (false, 0, 0),
        }
    }

    /// Whether nobody remembers a process.
    fn is_forgotten(&self, process: usize) -> bool {
        let over = matches!(self.processes[process].state, State::Over | State::Refused);
        over && !self.holders.iter().any(|holder| holder.process == process && holder.open)
    }

    fn is_lost(&self, system: usize) -> bool {
        self.lost[system]
    }

    fn living_client(&self, client: u32) -> Result<(), Hresult> {
        if self.dead[client as usize] { Err(BAD) } else { Ok(()) }
    }

    fn operation(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        self.living_client(client)?;
        let at = place(self.operations.len(), at).ok_or(Hresult::E_INVALIDARG)?;
        if self.operations[at].client == client { Ok(at) } else { Err(BAD) }
    }

    fn holder(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        self.living_client(client)?;
        let at = place(self.holders.len(), at).ok_or(Hresult::E_INVALIDARG)?;
        let holder = self.holders[at];
        if holder.client == client && holder.open { Ok(at) } else { Err(BAD) }
    }

    /// The same, if the service still knows the handle.
    fn connected(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        let holder = self.holder(client, at)?;
        if self.holders[holder].lost { Err(Hresult::HCS_E_SERVICE_DISCONNECT) } else { Ok(holder) }
    }

    fn connected_system(&mut self, operation: usize) -> Result<(), Hresult> {
        if !self.stopped {
            return Ok(());
        }
        let code = Hresult::HCS_E_SERVICE_DISCONNECT;
        self.operations[operation].result = Some((code, None));
        Err(code)
    }

    fn begin(&mut self, client: u32) -> Result<usize, Hresult> {
        self.living_client(client)?;
        self.operations.push(Operation { client, result: None, informs: None, taken: false });
        Ok(self.operations.len() - 1)
    }

    fn start(&mut self, operation: usize, work: Work, refusal: Option<Hresult>) -> u64 {
        self.serial += 1;
        let serial = self.serial;
        let due = if refusal.is_some() { self.now } else { self.now + LATENCY };
        self.operations[operation].result = None;
        self.pending.push(Pending { due, serial, operation, work, refusal });
        serial
    }
}

/// Whether its guest is Linux.
const fn is_linux(system: usize) -> bool {
    system != SILO
}

/// The exit code of what is killed.
const fn killed(system: usize) -> u32 {
    if is_linux(system) { 128 + 9 } else { 1067 }
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
