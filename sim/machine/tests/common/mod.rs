//! A host that is driven as a shell drives it: from one due moment to the next.
#![expect(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod disk;

use hcs_machine::effect::{Effect, ProcessInformation, Reply, StreamReply, WaitId};
use hcs_machine::guest::script::Script;
use hcs_machine::handle::Handle;
use hcs_machine::input::{Registered, Request, StreamRequest, Text, WorldEvent};
use hcs_machine::{ClientId, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::time::MILLISECOND;
use hcs_rules::vocabulary::{EventType, GENERIC_ALL};

/// A process container.
pub(crate) const CONTAINER: &str = r#"{"Container":{}}"#;
/// A Linux machine with a guest connection.
pub(crate) const LINUX: &str =
    r#"{"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{"KernelFilePath":"C:\\kernel"}},"GuestConnection":{}}}"#;
/// A container in the machine `m`.
pub(crate) const HOSTED: &str = r#"{"HostingSystemId":"m","HostedSystem":{"Container":{}}}"#;
/// How long an operation runs unless said.
pub(crate) const LATENCY: u64 = 10 * MILLISECOND;

/// The only client, in most tests.
pub(crate) const ONE: ClientId = ClientId(1);
/// Another.
pub(crate) const TWO: ClientId = ClientId(2);

/// A host and what has come out of it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) now: Time,
    /// Every effect so far, but the replies that were handed out.
    pub(crate) effects: Vec<Effect>,
}

impl World {
    /// A host with two clients.
    pub(crate) fn new() -> World {
        World::on(Build::B26100)
    }

    /// The same of another build.
    pub(crate) fn on(build: Build) -> World {
        let mut world = World { host: Host::new(build), now: Time::ZERO, effects: Vec::new() };
        world.input(&Input::Connect(Rights::Administrator));
        world.input(&Input::Connect(Rights::Administrator));
        world
    }

    /// Guests have this script.
    pub(crate) fn script(&mut self, name: &str, script: &str) {
        let script = Script::parse(script).expect("a script");
        self.world(WorldEvent::Program(name.into(), Some(Registered::Script(script.into()))));
    }

    pub(crate) fn world(&mut self, event: WorldEvent) -> bool {
        self.input(&Input::World(event)) == Reply::Happened(true)
    }

    /// One input, and its answer.
    pub(crate) fn input(&mut self, input: &Input) -> Reply {
        self.catch_up();
        let mut effects = Vec::new();
        self.host.step(self.now, input, &mut effects);
        let reply = effects.iter().position(|effect| matches!(effect, Effect::Reply(_)));
        let reply = reply.map(|at| effects.remove(at));
        self.effects.extend(effects);
        match reply {
            Some(Effect::Reply(reply)) => reply,
            _ => Reply::Void,
        }
    }

    /// Does what is due.
    fn catch_up(&mut self) {
        while let Some(due) = self.host.next_due().filter(|due| *due <= self.now) {
            self.host.step(due, &Input::Tick, &mut self.effects);
        }
    }

    /// Lets time pass, in nanoseconds.
    pub(crate) fn pass(&mut self, time: u64) {
        self.now = Time(self.now.0 + time);
        self.catch_up();
    }

    pub(crate) fn call_of(&mut self, client: ClientId, request: Request, fate: Fate) -> Reply {
        self.input(&Input::Call(client, request, fate))
    }

    pub(crate) fn call(&mut self, request: Request) -> Reply {
        self.call_of(ONE, request, Fate::after(LATENCY))
    }

    pub(crate) fn code(&mut self, request: Request) -> Hresult {
        match self.call(request) {
            Reply::Outcome(code, _) | Reply::Handle(code, _) | Reply::Info(code, ..) => code,
            other => panic!("a code was asked for, and {other:?} came"),
        }
    }

    pub(crate) fn operation_of(&mut self, client: ClientId) -> Handle {
        match self.call_of(client, Request::CreateOperation { callback: false }, Fate::PROMPT) {
            Reply::Handle(Hresult::S_OK, handle) => handle,
            other => panic!("an operation was asked for, and {other:?} came"),
        }
    }

    pub(crate) fn operation(&mut self) -> Handle {
        self.operation_of(ONE)
    }

    pub(crate) fn result(&mut self, operation: Handle) -> Hresult {
        self.code(Request::GetOperationResult { operation })
    }

    /// A system that runs.
    pub(crate) fn system(&mut self, id: &str, document: &str) -> Handle {
        let (operation, configuration) = (self.operation(), document.into());
        let request = Request::CreateComputeSystem { id: id.into(), configuration, operation, out: true };
        let Reply::Handle(Hresult::S_OK, system) = self.call_of(ONE, request, Fate::PROMPT) else {
            panic!("{id} is not created")
        };
        self.pass(0);
        assert_eq!(self.result(operation), Hresult::S_OK, "{id}");
        let operation = self.operation();
        let request = Request::StartComputeSystem { system, operation, options: Text::Null };
        self.call_of(ONE, request, Fate::PROMPT);
        self.pass(0);
        assert_eq!(self.result(operation), Hresult::S_OK, "{id}");
        system
    }

    pub(crate) fn open(&mut self, client: ClientId, id: &str) -> Handle {
        let request = Request::OpenComputeSystem { id: id.into(), access: GENERIC_ALL, out: true };
        match self.call_of(client, request, Fate::PROMPT) {
            Reply::Handle(Hresult::S_OK, handle) => handle,
            other => panic!("{id} is not opened: {other:?}"),
        }
    }

    /// A creation that is under way: the process and the operation.
    pub(crate) fn create(&mut self, client: ClientId, system: Handle, parameters: &str) -> (Handle, Handle) {
        let operation = self.operation_of(client);
        let request = Request::CreateProcess { system, parameters: parameters.into(), operation, out: true };
        match self.call_of(client, request, Fate::after(LATENCY)) {
            Reply::Handle(Hresult::S_OK, process) => (process, operation),
            other => panic!("{parameters} is not created: {other:?}"),
        }
    }

    /// A process that runs, with its id and streams.
    pub(crate) fn spawn(&mut self, client: ClientId, system: Handle, parameters: &str) -> (Handle, ProcessInformation) {
        let (process, operation) = self.create(client, system, parameters);
        self.pass(LATENCY);
        let request = Request::GetOperationResultAndProcessInfo { operation, out: true };
        match self.call_of(client, request, Fate::PROMPT) {
            Reply::Info(Hresult::S_OK, _, Some(information)) => (process, *information),
            other => panic!("{parameters} is not made: {other:?}"),
        }
    }

    /// Starts a call on a process; its operation.
    pub(crate) fn start(&mut self, request: impl FnOnce(Handle) -> Request) -> Handle {
        let operation = self.operation();
        assert_eq!(self.code(request(operation)), Hresult::S_OK);
        operation
    }

    pub(crate) fn signal(&mut self, process: Handle, options: &str) -> Handle {
        self.start(|operation| Request::SignalProcess { process, operation, options: options.into() })
    }

    pub(crate) fn terminate(&mut self, process: Handle) -> Handle {
        self.start(|operation| Request::TerminateProcess { process, operation, options: Text::Null })
    }

    pub(crate) fn pause(&mut self, system: Handle) -> Handle {
        self.start(|operation| Request::PauseComputeSystem { system, operation, options: Text::Null })
    }

    pub(crate) fn resume(&mut self, system: Handle) -> Handle {
        self.start(|operation| Request::ResumeComputeSystem { system, operation, options: Text::Null })
    }

    /// Blocks until the process is over.
    pub(crate) fn wait(&mut self, process: Handle) -> WaitId {
        match self.call(Request::WaitForProcessExit { process, timeout_ms: u32::MAX }) {
            Reply::Blocked(wait) => wait,
            other => panic!("the wait ends at once: {other:?}"),
        }
    }

    /// The exit code, if the process is over.
    pub(crate) fn exit_code(&mut self, process: Handle) -> Option<u32> {
        match self.call(Request::WaitForProcessExit { process, timeout_ms: 0 }) {
            Reply::Outcome(Hresult::S_OK, Some(status)) => {
                let (_, rest) = status.split_once(r#""ExitCode":"#).expect("a status");
                rest.split([',', '}']).next().and_then(|code| code.parse().ok())
            }
            _ => None,
        }
    }

    /// What a blocked call has returned, if it has.
    pub(crate) fn woken(&self, wait: WaitId) -> Option<Reply> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Wake(other, reply) if *other == wait => Some(reply.clone()),
            _ => None,
        })
    }

    pub(crate) fn listen(&mut self, client: ClientId, process: Handle) {
        let request = Request::SetProcessCallback { process, options: 0, callback: true };
        let reply = self.call_of(client, request, Fate::PROMPT);
        assert_eq!(reply, Reply::Outcome(Hresult::S_OK, None));
    }

    /// How often a handle was told that its process is over.
    pub(crate) fn exits_told(&self, process: Handle) -> usize {
        let told = |effect: &&Effect| match effect {
            Effect::Notify(notification) => {
                notification.target.handle == process && notification.event == Some(EventType::ProcessExited)
            }
            _ => false,
        };
        self.effects.iter().filter(told).count()
    }

    pub(crate) fn stream(&mut self, client: ClientId, request: StreamRequest) -> Reply {
        self.input(&Input::Stream(client, request))
    }

    /// What can be read without waiting for more than the programs' own work; `None` where there is no end yet.
    pub(crate) fn read(&mut self, stream: Handle) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            if !self.host.is_stream_ready(ONE, stream) {
                return bytes;
            }
            match self.stream(ONE, StreamRequest::Read { stream, limit: 1 << 20 }) {
                Reply::Stream(StreamReply::Bytes(more)) if !more.is_empty() => bytes.extend_from_slice(&more),
                _ => return bytes,
            }
        }
    }

    pub(crate) fn close_process(&mut self, process: Handle) {
        self.call(Request::CloseProcess { process });
    }
}
