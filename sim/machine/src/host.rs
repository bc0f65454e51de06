//! The host: owns every table and the agenda, runs each call through the stages, applies rows.
//!
//! [`Host::step`] is the only way in. It first does what is due, then what the input says, and chains the digest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::handle::{BadHandle, HandleFault};
use hcs_rules::hresult::Hresult;
use hcs_rules::operation::{Phase, Use, Verdict};
use hcs_rules::profile::{Quirk, Quirks};
use hcs_rules::service::{Connection, Service};
use hcs_rules::vocabulary::{Call, INVALID_OPERATION_ID, Kind, OperationType, Trigger, event_options};
use hcs_rules::{access, argument, export, handle, operation, service};
use uuid::Uuid;

use crate::call::Named;
use crate::canonical::Digest;
use crate::client::Client;
use crate::effect::{Effect, Finding, GuestId, Reply, Target};
use crate::files::Files;
use crate::handle::{Handle, HandleType};
use crate::id::{FoldedId, Index};
use crate::input::{ClientId, CreateOptions, End, Fate, Input, Registered, Request, Text};
use crate::operation::{Lane, Operation, Work};
use crate::process::{Process, ProcessHandle};
use crate::service::Settings;
use crate::stream::{Pipe, StreamEnd};
use crate::system::{System, SystemHandle};
use crate::table::{Found, Key, Table};
use crate::time::Time;
use crate::wait::{For, Wait};

/// A place on the agenda: the moment, and the order among those of the same moment.
pub(crate) type Due = (Time, u64);

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// An operation's request completes.
    Work(Work),
    /// A guest has done what a shutdown asked for.
    Guest(Key),
    /// A program goes on.
    Program(Key),
    /// A blocked call's time is up.
    TimeOut(Key),
}

/// A simulated host with its compute service.
#[derive(Clone, Debug)]
pub struct Host {
    pub(crate) build: Build,
    pub(crate) now: Time,
    pub(crate) service: Service,
    /// How often the service has gone. A handle made before the last time is lost.
    pub(crate) epoch: u32,
    pub(crate) clients: Vec<Client>,
    pub(crate) systems: Table<System>,
    pub(crate) handles: Table<SystemHandle>,
    pub(crate) operations: Table<Operation>,
    pub(crate) waits: Table<Wait>,
    pub(crate) processes: Table<Process>,
    pub(crate) process_handles: Table<ProcessHandle>,
    pub(crate) pipes: Table<Pipe>,
    pub(crate) streams: Table<StreamEnd>,
    /// Signals and terminations in flight, by process and by the system handle through which they go: the first works, the
    /// others wait for it.
    pub(crate) signals: BTreeMap<(Key, Key), Lane>,
    /// How many processes the host itself has given an id to.
    pub(crate) process_count: u32,
    /// The programs that the world has registered, by their folded names.
    pub(crate) programs: Arc<BTreeMap<Arc<str>, Registered>>,
    pub(crate) index: Index,
    pub(crate) agenda: BTreeMap<Due, Item>,
    /// What the host shows where recordings conflict.
    pub(crate) quirks: Quirks,
    /// Whether there is a hypervisor.
    pub(crate) hypervisor: bool,
    /// The endpoints of the host's network; `None` is whatever is asked for.
    pub(crate) endpoints: Option<Arc<BTreeSet<Uuid>>>,
    /// To which system each endpoint is attached, by the system's place in the order of creation.
    pub(crate) attached: BTreeMap<Uuid, u64>,
    pub(crate) files: Arc<Files>,
    /// The paths at which saved states are whose folders the host does not have.
    pub(crate) saved: BTreeSet<FoldedId>,
    pub(crate) settings: Settings,
    /// Numbers whatever needs an order: agenda entries, systems, registrations.
    sequence: u64,
    /// How often each shard of ids has been created in, so that a system's draws are its own.
    pub(crate) incarnations: Vec<u32>,
    digest: Digest,
    scratch: Vec<u8>,
}

impl PartialEq for Host {
    /// Two hosts are equal when they will answer everything alike. The scratch buffer is not part of that.
    fn eq(&self, other: &Host) -> bool {
        self.build == other.build
            && self.now == other.now
            && self.service == other.service
            && self.epoch == other.epoch
            && self.sequence == other.sequence
            && self.digest == other.digest
            && self.clients == other.clients
            && self.systems == other.systems
            && self.handles == other.handles
            && self.operations == other.operations
            && self.waits == other.waits
            && self.processes == other.processes
            && self.process_handles == other.process_handles
            && self.pipes == other.pipes
            && self.streams == other.streams
            && self.signals == other.signals
            && self.process_count == other.process_count
            && self.programs == other.programs
            && self.index == other.index
            && self.agenda == other.agenda
            && self.quirks == other.quirks
            && self.hypervisor == other.hypervisor
            && self.endpoints == other.endpoints
            && self.attached == other.attached
            && self.files == other.files
            && self.saved == other.saved
            && self.settings == other.settings
            && self.incarnations == other.incarnations
    }
}

impl Eq for Host {}

/// What a random draw is for. Draws keyed so do not move each other: leaving one call out of a sequence leaves the draws
/// of all other objects as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Draw {
    /// The call.
    pub call: Call,
    /// The object: a system in one of its lives, an id to be created, or a client.
    pub object: u64,
    /// How often this call has been made on the object.
    pub ordinal: u32,
}

impl Host {
    /// A host of this build, with the service running and nothing else.
    pub fn new(build: Build) -> Host {
        Host {
            build,
            now: Time::ZERO,
            service: Service::Running,
            epoch: 0,
            clients: Vec::new(),
            systems: Table::default(),
            handles: Table::default(),
            operations: Table::default(),
            waits: Table::default(),
            processes: Table::default(),
            process_handles: Table::default(),
            pipes: Table::default(),
            streams: Table::default(),
            signals: BTreeMap::new(),
            process_count: 0,
            programs: Arc::default(),
            index: Index::default(),
            agenda: BTreeMap::new(),
            quirks: Quirks::NONE,
            hypervisor: true,
            endpoints: None,
            attached: BTreeMap::new(),
            files: Files::of_a_new_host(),
            saved: BTreeSet::new(),
            settings: Settings::default(),
            sequence: 0,
            incarnations: Vec::new(),
            digest: Digest::start(build),
            scratch: Vec::new(),
        }
    }

    /// Takes one input at one moment; appends what comes of it to `effects`. A moment before the last is taken as the last.
    pub fn step(&mut self, now: Time, input: &Input, effects: &mut Vec<Effect>) {
        let first = effects.len();
        self.now = self.now.max(now);
        self.run_due(effects);
        match input {
            Input::Connect(rights) => self.connect(*rights, effects),
            Input::Call(client, request, fate) => self.call(*client, request, fate, effects),
            Input::Stream(client, request) => {
                let reply = self.stream(*client, request, effects);
                effects.push(Effect::Reply(reply));
            }
            Input::Guest(guest, request) => {
                let reply = self.guest(*guest, request, effects);
                effects.push(Effect::Reply(reply));
            }
            Input::World(event) => {
                let happened = self.world(event, effects);
                effects.push(Effect::Reply(Reply::Happened(happened)));
            }
            Input::GiveUp(wait) => self.time_out(wait.0, effects),
            Input::Tick => {}
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        self.digest = self.digest.chain(&mut scratch, self.now, input, &effects[first..]);
        self.scratch = scratch;
    }

    /// When the next thing is due. A hanging operation is never due.
    pub fn next_due(&self) -> Option<Time> {
        self.agenda.first_key_value().map(|((due, _), _)| *due).filter(|due| *due != Time::NEVER)
    }

    /// When the next request is due or the next program goes on, time-outs of waits left aside. Looks at the agenda from its
    /// beginning.
    pub fn next_work(&self) -> Option<Time> {
        self.next_of(|item| match item {
            // What a program outside waits for is its own work, as what one inside waits for is.
            Item::TimeOut(wait) => self.waits.get(*wait).is_some_and(|wait| matches!(wait.awaits, For::Guest(_))),
            _ => true,
        })
    }

    /// When the service has something to do next. Programs left aside: some never end.
    pub fn next_service_work(&self) -> Option<Time> {
        self.next_of(|item| matches!(item, Item::Work(_) | Item::Guest(_)))
    }

    fn next_of(&self, wanted: impl Fn(&Item) -> bool) -> Option<Time> {
        let mut due = self.agenda.iter().filter(|(_, item)| wanted(item)).map(|((due, _), _)| *due);
        due.next().filter(|due| *due != Time::NEVER)
    }

    /// Whether somebody who waits in no call is to be told of a request that is due soon: among the first on the agenda, so
    /// that a long agenda costs no more to ask about than a short one.
    pub fn is_somebody_to_be_told(&self) -> bool {
        const SOON: usize = 64;
        let listens = |key: &Key| self.handles.get(*key).is_some_and(|handle| handle.registration.is_some());
        let hears = |key: &Key| self.process_handles.get(*key).is_some_and(|handle| handle.registration.is_some());
        self.agenda.iter().take(SOON).take_while(|((due, _), _)| *due != Time::NEVER).any(|(_, item)| {
            let work = match item {
                Item::Work(work) => work,
                Item::Guest(key) => {
                    return self.systems.get(*key).is_some_and(|system| system.handles.iter().any(listens));
                }
                Item::Program(key) => {
                    let Some(process) = self.processes.get(*key) else { return false };
                    let system = self.systems.get(process.system);
                    return process.handles.iter().any(hears)
                        || system.is_some_and(|system| process.init && system.handles.iter().any(listens));
                }
                Item::TimeOut(_) => return false,
            };
            let process = work.on_process.as_ref().and_then(|on| self.processes.get(on.process));
            if process.is_some_and(|process| process.handles.iter().any(hears)) {
                return true;
            }
            let operation = work.operation.and_then(|key| self.operations.get(key));
            let system = work.system.and_then(|key| self.systems.get(key));
            operation.is_some_and(|operation| operation.callback)
                || system.is_some_and(|system| system.handles.iter().any(listens))
        })
    }

    /// Whether a notification's target still has the callback that was meant.
    pub fn is_registered(&self, target: &Target) -> bool {
        match target.handle.parts() {
            Some((HandleType::Operation, key)) => self.operations.get(key).is_some_and(|operation| {
                operation.client == target.client && operation.callback && operation.registration == target.registration
            }),
            Some((HandleType::System, key)) => self.handles.get(key).is_some_and(|handle| {
                handle.client == target.client && handle.registration == Some(target.registration)
            }),
            Some((HandleType::Process, key)) => self.process_handles.get(key).is_some_and(|handle| {
                handle.client == target.client && handle.registration == Some(target.registration)
            }),
            Some((HandleType::Stream, _)) | None => false,
        }
    }

    /// Whether the host shows a quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(quirk)
    }

    /// The moment of the last step.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The build that is simulated.
    pub fn build(&self) -> Build {
        self.build
    }

    /// The digest of every step so far.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many requests are running, hanging ones included.
    pub fn pending(&self) -> usize {
        self.agenda.values().filter(|item| matches!(item, Item::Work(_))).count()
    }

    /// How many systems are known, those that are over and still held included.
    pub fn systems(&self) -> usize {
        self.systems.len()
    }

    /// How many processes are known, those that are over and still held included.
    pub fn processes(&self) -> usize {
        self.processes.len()
    }

    /// How many calls are blocked.
    pub fn waits(&self) -> usize {
        self.waits.len()
    }

    /// How many standard streams there are, with both ends open or one.
    pub fn pipes(&self) -> usize {
        self.pipes.len()
    }

    /// What the latency of this call is to be drawn for; `None` when the call starts no operation.
    pub fn draw(&self, client: ClientId, request: &Request) -> Option<Draw> {
        let call = request.call()?;
        let kind = call.operation_type()?;
        let (object, ordinal) = match request {
            Request::CreateComputeSystem { id: Text::Some(id), .. }
            | Request::CreateComputeSystemInNamespace { id: Text::Some(id), .. } => {
                let namespace = match request {
                    Request::CreateComputeSystemInNamespace { namespace: Text::Some(namespace), .. } => {
                        Some(&**namespace)
                    }
                    _ => None,
                };
                let hash = FoldedId::in_namespace(namespace, id).hash();
                (hash, self.incarnations.get(incarnation_shard(hash)).copied().unwrap_or(0))
            }
            _ if request.process().is_some() => {
                let (_, handle) = self.process_handle(client, request.process()?).ok()?;
                let process = self.processes.get(handle.process)?;
                (process.object, process.ordinals[kind.index()])
            }
            _ => match request.system() {
                Some(handle) => {
                    let (_, handle) = self.system_handle(client, handle).ok()?;
                    let system = self.systems.get(handle.system)?;
                    (system.object, system.ordinals[kind.index()])
                }
                None => {
                    let client = self.client(client)?;
                    (client.id.0.into(), client.ordinals[kind.index()])
                }
            },
        };
        Some(Draw { call, object, ordinal })
    }

    /// The id of the system behind a handle: what a rule of faults may ask before the call is made.
    pub fn id_of(&self, client: ClientId, handle: Handle) -> Option<Arc<str>> {
        let system = match self.system_handle(client, handle) {
            Ok((_, handle)) => handle.system,
            Err(_) => self.processes.get(self.process_handle(client, handle).ok()?.1.process)?.system,
        };
        Some(self.systems.get(system)?.id.clone())
    }

    /// The id, in its guest, of the process behind a handle. `None` also for one that never ran.
    pub fn process_id_of(&self, client: ClientId, handle: Handle) -> Option<u32> {
        let process = self.process_handle(client, handle).ok()?.1.process;
        Some(self.processes.get(process)?.id).filter(|id| *id != 0)
    }

    /// A process whose program runs outside, by its image and its id in its guest.
    pub fn program_of(&self, guest: GuestId) -> Option<(Arc<str>, u32)> {
        let process = self.processes.get(guest.0)?;
        Some((process.image.clone(), process.id))
    }

    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Does everything that is due, in the order of (moment, sequence).
    fn run_due(&mut self, effects: &mut Vec<Effect>) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            match entry.remove_entry() {
                (due, Item::Work(work)) if self.stops_service(&work) => {
                    // The service takes what is in flight with it, this request too.
                    self.agenda.insert(due, Item::Work(work));
                    self.service_stop(effects);
                }
                (due, Item::Work(work)) => self.complete(due, work, effects),
                (_, Item::Guest(system)) => {
                    self.happen(Trigger::GuestStops, system, effects);
                }
                (_, Item::Program(process)) => self.run_program(process, effects),
                (_, Item::TimeOut(wait)) => self.time_out(wait, effects),
            }
        }
    }

    /// Runs a call through the stages, in the order of [`hcs_rules::rule::Stage`].
    fn call(&mut self, client: ClientId, request: &Request, fate: &Fate, effects: &mut Vec<Effect>) {
        let reply = match self.admit(client, request, effects) {
            Ok(admitted) => match fate.end {
                End::Refused(code) => self.refuse(&admitted, code),
                _ => self.perform(&admitted, request, fate, effects),
            },
            Err(reply) => reply,
        };
        effects.push(Effect::Reply(reply));
    }

    /// The stages before the document and the state. An error is what the call returns.
    fn admit(&mut self, client: ClientId, request: &Request, effects: &mut Vec<Effect>) -> Result<Admitted, Reply> {
        let Some(rights) = self.client(client).map(|client| client.rights) else {
            return Err(Reply::Outcome(Hresult::ERROR_INVALID_HANDLE, None));
        };
        let Some(call) = request.call() else {
            let Request::Unmodelled { export } = request else { unreachable!("only an unmodelled export has no call") };
            effects.push(Effect::Finding(Finding::UnmodelledCall(client, *export)));
            return Err(Reply::Outcome(export::NOT_MODELLED, None));
        };
        if !export::has(self.build, call) {
            effects.push(Effect::Finding(Finding::NotExported(client, call)));
            return Err(refusal(call, export::ABSENT));
        }
        if let Some(fault) = argument_fault(request)
            && let Some(row) = argument::rule(call, fault)
        {
            if row.misuse {
                effects.push(Effect::Finding(Finding::BadArgument(client, call, fault)));
            }
            return Err(refusal(call, row.refuses));
        }
        let mut admitted = Admitted { client, call, system: None, process: None, operation: None, namespace: None };
        if let Some(handle) = request.system() {
            match self.system_handle(client, handle) {
                Ok((key, _)) => admitted.system = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        if let Some(handle) = request.process() {
            match self.process_handle(client, handle) {
                Ok((key, _)) => admitted.process = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        if let Some(handle) = request.operation() {
            match self.operation(client, handle) {
                Ok((key, _)) => admitted.operation = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        self.operation_stage(&admitted, request)?;
        let system = admitted.system.and_then(|key| self.handles.get(key)).map(|handle| handle.epoch);
        let process = admitted.process.and_then(|key| self.process_handles.get(key)).map(|handle| handle.epoch);
        let connection = match system.or(process) {
            None => Connection::None,
            Some(epoch) if epoch == self.epoch => Connection::Live,
            Some(_) => Connection::Lost,
        };
        if let Some(code) = service::rule(call, self.service, connection).and_then(|row| row.refuses) {
            return Err(self.refuse(&admitted, code));
        }
        if let Some(code) = access::rule(call, rights).and_then(|row| row.refuses) {
            return Err(self.refuse(&admitted, code));
        }
        Ok(admitted)
    }

    /// The operation stage: may the call use the operation, and how?
    fn operation_stage(&mut self, admitted: &Admitted, request: &Request) -> Result<(), Reply> {
        let Some((key, operation)) = admitted.operation.and_then(|key| Some((key, self.operations.get(key)?))) else {
            return Ok(());
        };
        let wanted = match operation::uses(admitted.call) {
            None => return Ok(()),
            Some(uses) if uses.contains(Use::NotOfAProcess) => self.use_of_information(operation),
            Some(_) if operation.callback && self.announces_operations(admitted) => Use::TwoCallbacks,
            Some(_) => Use::Free,
        };
        match operation::rule(admitted.call, operation.phase, wanted).map(|row| row.verdict) {
            Some(Verdict::Fail(code)) => Err(refusal(admitted.call, code)),
            Some(Verdict::Empty) => Err(empty(admitted.call)),
            Some(Verdict::Result) => Err(Reply::Outcome(operation.code, operation.document.clone())),
            Some(Verdict::ResultAndInfo) => Err(self.result_and_info(key, request.takes_information())),
            Some(Verdict::Pass | Verdict::Wait) | None => Ok(()),
        }
    }

    /// How process information is wanted of an operation.
    fn use_of_information(&self, operation: &Operation) -> Use {
        match operation.kind {
            // A process that could not be made is told of as everywhere: what is lost is there.
            OperationType::CreateProcess if operation.code.is_ok() && self.loses_result(operation.process) => {
                Use::InfoLost
            }
            OperationType::CreateProcess | OperationType::GetProcessInfo if operation.info_taken => Use::InfoTaken,
            OperationType::CreateProcess | OperationType::GetProcessInfo => Use::Free,
            _ => Use::NotOfAProcess,
        }
    }

    /// Whether the host loses the result of a process's creation: a quirk, in process-isolated containers.
    fn loses_result(&self, handle: Option<Key>) -> bool {
        let process = || self.processes.get(self.process_handles.get(handle?)?.process);
        self.has(Quirk::CreateProcessResultIsLost)
            && process().is_some_and(|process| process.kind == Kind::ProcessContainer)
    }

    /// Whether the call starts an operation on a system or process handle that announces operations itself.
    fn announces_operations(&self, admitted: &Admitted) -> bool {
        let system = admitted.system.and_then(|key| self.handles.get(key));
        let process = admitted.process.and_then(|key| self.process_handles.get(key));
        admitted.call.operation_type().is_some()
            && (system.is_some_and(SystemHandle::announces_operations)
                || process.is_some_and(ProcessHandle::announces_operations))
    }

    /// A call that fails after the operation was accepted leaves its failure on the operation: clients wait for it all the
    /// same, and must not block. Assumed (a client finds a document there).
    pub(crate) fn refuse(&mut self, admitted: &Admitted, code: Hresult) -> Reply {
        if let (Some(key), Some(kind)) = (admitted.operation, admitted.call.operation_type())
            && let Some(operation) = self.operations.get_mut(key)
        {
            operation.kind = kind;
            operation.phase = Phase::Completed;
            operation.code = code;
            operation.document = Some(crate::answer::result_error(code));
            operation.system = admitted.system;
            operation.process = admitted.process;
            operation.info_taken = false;
        }
        refusal(admitted.call, code)
    }

    /// Carries out an admitted call: the document stage and the state stage, or what the operation's own calls do.
    fn perform(&mut self, on: &Admitted, request: &Request, fate: &Fate, effects: &mut Vec<Effect>) -> Reply {
        match request {
            Request::CreateOperation { callback } | Request::CreateOperationWithNotifications { callback, .. } => {
                // Progress notifications are never raised: no modelled operation has any to tell.
                let callback = *callback && matches!(request, Request::CreateOperation { .. });
                self.create_operation(on.client, callback)
            }
            Request::EnumerateComputeSystems { query, .. } => self.enumerate(on, None, query, fate, effects),
            Request::EnumerateComputeSystemsInNamespace { namespace, query, .. } => {
                let namespace = if let Text::Some(namespace) = namespace { Some(namespace) } else { None };
                self.enumerate(on, namespace, query, fate, effects)
            }
            Request::CreateComputeSystem { id, configuration, .. } => {
                self.create_system(on, Named::by_id(id), configuration, fate, effects)
            }
            Request::CreateComputeSystemInNamespace { namespace, id, configuration, options, .. } => {
                let named = Named { options: *options, ..Named::within(namespace, id) };
                self.create_system(on, named, configuration, fate, effects)
            }
            Request::OpenComputeSystem { id, .. } => self.open_system(on, Named::by_id(id)),
            Request::OpenComputeSystemInNamespace { namespace, id, .. } => {
                self.open_system(on, Named::within(namespace, id))
            }
            Request::GetServiceProperties { query, .. } => self.service_properties(on, query, effects),
            Request::ModifyServiceSettings { settings } => self.modify_service(settings),
            Request::SubmitWerReport { settings } => self.submit_report(settings),
            Request::CreateProcess { parameters, .. } => self.create_process(on, parameters, fate, effects),
            Request::OpenProcess { id, .. } => self.open_process(on, *id),
            _ if request.path().is_some() => self.on_file(on, request),
            _ if request.process().is_some() => self.on_process(on, request, fate, effects),
            _ if request.system().is_some() => self.on_system(on, request, fate, effects),
            _ => self.on_operation(on, request, effects),
        }
    }

    /// The operation behind a client's handle.
    pub(crate) fn operation(&self, client: ClientId, handle: Handle) -> Result<(Key, &Operation), HandleFault> {
        let key = self.live_key(handle, HandleType::Operation)?;
        match self.operations.find(key) {
            Found::Live(operation) if operation.client == client => Ok((key, operation)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// The entry behind a client's system handle.
    pub(crate) fn system_handle(&self, client: ClientId, handle: Handle) -> Result<(Key, &SystemHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::System)?;
        match self.handles.find(key) {
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// The entry behind a client's process handle.
    pub(crate) fn process_handle(
        &self,
        client: ClientId,
        handle: Handle,
    ) -> Result<(Key, &ProcessHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::Process)?;
        match self.process_handles.find(key) {
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// The key of a handle of this type. A live handle of another type is told from one that was closed.
    pub(crate) fn live_key(&self, handle: Handle, wanted: HandleType) -> Result<Key, HandleFault> {
        let Some((kind, key)) = handle.parts() else {
            return Err(if handle == Handle::NULL { HandleFault::Null } else { HandleFault::Unknown });
        };
        let is_live = match kind {
            _ if kind == wanted => return Ok(key),
            HandleType::Operation => self.operations.get(key).is_some(),
            HandleType::System => self.handles.get(key).is_some(),
            HandleType::Process => self.process_handles.get(key).is_some(),
            HandleType::Stream => self.streams.get(key).is_some(),
        };
        Err(if is_live { HandleFault::WrongType } else { HandleFault::Closed })
    }

    /// A client that is alive.
    pub(crate) fn client(&self, client: ClientId) -> Option<&Client> {
        self.clients.get((client.0 as usize).checked_sub(1)?).filter(|client| client.alive)
    }

    /// Whether a client may still be told anything.
    pub(crate) fn is_alive(&self, client: ClientId) -> bool {
        self.client(client).is_some()
    }

    /// A client appears.
    fn connect(&mut self, rights: Rights, effects: &mut Vec<Effect>) {
        let id = ClientId(self.clients.len() as u32 + 1);
        self.clients.push(Client::new(id, rights));
        effects.push(Effect::Reply(Reply::Connected(id)));
    }

    /// Counts a call on a client's own account, for the next draw.
    pub(crate) fn count_client_call(&mut self, client: ClientId, kind: OperationType) {
        if let Some(client) = (client.0 as usize).checked_sub(1).and_then(|index| self.clients.get_mut(index)) {
            client.ordinals[kind.index()] += 1;
        }
    }
}

/// A call that has passed the stages up to rights, with the entries that it is about.
pub(crate) struct Admitted {
    pub(crate) client: ClientId,
    pub(crate) call: Call,
    pub(crate) system: Option<Key>,
    pub(crate) process: Option<Key>,
    pub(crate) operation: Option<Key>,
    /// The namespace of a list.
    pub(crate) namespace: Option<Arc<str>>,
}

impl SystemHandle {
    /// Whether completed operations are announced to the handle's callback.
    pub(crate) fn announces_operations(&self) -> bool {
        self.registration.is_some() && self.options & event_options::ENABLE_OPERATION_CALLBACKS != 0
    }
}

/// The shard of ids in which creations are counted.
pub(crate) const fn incarnation_shard(hash: u64) -> usize {
    (hash % INCARNATION_SHARDS as u64) as usize
}

/// Enough that two ids of one test rarely share a count, few enough that a fresh world costs nothing.
pub(crate) const INCARNATION_SHARDS: usize = 256;

/// What is wrong with the arguments, if anything is. Where several are, the first in the order of the parameters; the
/// access mask comes first of all (observed).
fn argument_fault(request: &Request) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    let id_fault = |id: &Text| match id {
        Text::Null => Some(Fault::NullId),
        Text::Malformed => Some(Fault::MalformedId),
        Text::Some(id) if id.is_empty() => Some(Fault::EmptyId),
        Text::Some(_) => None,
    };
    let namespace_fault = |namespace: &Text| match namespace {
        Text::Some(namespace) if !namespace.is_empty() => None,
        _ => Some(Fault::Namespace),
    };
    let no_access = |access: u32| (access != hcs_rules::vocabulary::GENERIC_ALL).then_some(Fault::Access);
    let path_fault = |path: &Text| match path {
        Text::Null => Some(Fault::NullPath),
        Text::Malformed => Some(Fault::MalformedPath),
        Text::Some(path) if path.is_empty() => Some(Fault::EmptyPath),
        Text::Some(_) => None,
    };
    let null = |text: &Text, fault| matches!(text, Text::Null).then_some(fault);
    let no_out = |out: bool| (!out).then_some(Fault::NullOut);
    match request {
        Request::CreateComputeSystem { id, configuration, out, .. } => {
            id_fault(id).or(null(configuration, Fault::NullConfiguration)).or(no_out(*out))
        }
        Request::CreateComputeSystemInNamespace { namespace, id, configuration, options, out, .. } => {
            namespace_fault(namespace)
                .or_else(|| id_fault(id))
                .or(null(configuration, Fault::NullConfiguration))
                .or((*options == CreateOptions::UnknownVersion).then_some(Fault::OptionsVersion))
                .or(no_out(*out))
        }
        Request::OpenComputeSystem { id, access, out } => no_access(*access).or_else(|| id_fault(id)).or(no_out(*out)),
        Request::OpenComputeSystemInNamespace { namespace, id, access, out } => {
            no_access(*access).or_else(|| namespace_fault(namespace)).or_else(|| id_fault(id)).or(no_out(*out))
        }
        Request::EnumerateComputeSystemsInNamespace { namespace, .. } => namespace_fault(namespace),
        Request::ModifyComputeSystem { configuration, .. } => null(configuration, Fault::NullConfiguration),
        Request::GetServiceProperties { out, .. } => no_out(*out),
        Request::ModifyServiceSettings { settings } | Request::SubmitWerReport { settings } => {
            null(settings, Fault::NullSettings)
        }
        Request::CreateProcess { parameters, out, .. } => null(parameters, Fault::NullConfiguration).or(no_out(*out)),
        Request::OpenProcess { access, out, .. } => no_access(*access).or(no_out(*out)),
        Request::ModifyProcess { settings, .. } => null(settings, Fault::NullSettings),
        Request::GrantVmAccess { id, path } | Request::RevokeVmAccess { id, path } => {
            id_fault(id).or_else(|| path_fault(path))
        }
        Request::CreateEmptyGuestStateFile { path }
        | Request::CreateEmptyRuntimeStateFile { path }
        | Request::GetProcessorCompatibilityFromSavedState { path }
        | Request::GrantVmGroupAccess { path }
        | Request::RevokeVmGroupAccess { path } => path_fault(path),
        Request::SetOperationCallback { callback: false, .. }
        | Request::CreateOperationWithNotifications { callback: false, .. } => Some(Fault::NullCallback),
        _ => None,
    }
}

/// Records a bad handle, and what the call answers.
fn bad_handle(client: ClientId, call: Call, handle: Handle, fault: HandleFault, effects: &mut Vec<Effect>) -> Reply {
    effects.push(Effect::Finding(Finding::BadHandle(client, call, handle, fault)));
    match handle::rule(call, fault).map(|row| row.answer) {
        Some(BadHandle::Fails(code)) => refusal(call, code),
        Some(BadHandle::Empty) | None => empty(call),
    }
}

/// The form in which a call returns a code.
pub(crate) fn refusal(call: Call, code: Hresult) -> Reply {
    match call {
        Call::CreateComputeSystem
        | Call::OpenComputeSystem
        | Call::CreateComputeSystemInNamespace
        | Call::OpenComputeSystemInNamespace
        | Call::CreateProcess
        | Call::OpenProcess => Reply::Handle(code, Handle::NULL),
        Call::GetOperationResultAndProcessInfo | Call::WaitForOperationResultAndProcessInfo => {
            Reply::Info(code, None, None)
        }
        Call::CreateOperation | Call::CreateOperationWithNotifications => Reply::Handle(code, Handle::NULL),
        _ => Reply::Outcome(code, None),
    }
}

/// The form in which a call returns nothing.
fn empty(call: Call) -> Reply {
    match call {
        Call::GetOperationId => Reply::Number(INVALID_OPERATION_ID as i64),
        Call::GetOperationType => Reply::Number(OperationType::None.value().into()),
        Call::GetComputeSystemFromOperation | Call::GetProcessFromOperation => {
            Reply::Handle(Hresult::S_OK, Handle::NULL)
        }
        _ => Reply::Void,
    }
}
