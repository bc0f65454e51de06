//! Operations, and the requests that run on them.
//!
//! An operation is what a client holds; a request is what the service works on. They part when the client closes the
//! operation: the request goes on and its result is dropped.

use std::collections::VecDeque;
use std::sync::Arc;

use hcs_rules::failure;
use hcs_rules::hresult::Hresult;
use hcs_rules::operation::{self, Ending, InFlight, Phase, Verdict};
use hcs_rules::process::{ProcessRow, ProcessState, ProcessTrigger};
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{Answer, Row};
use hcs_rules::time::REFUSAL_FRACTION;
use hcs_rules::vocabulary::{Call, EventType, Facet, OperationType, SystemState, Trigger};

use crate::answer;
use crate::configuration::Refusal;
use crate::document::Document;
use crate::effect::{Effect, Finding, Notification, Reply, Target};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Due, Host, Item, refusal};
use crate::input::{ClientId, End, Fate, Request};
use crate::legacy::OlderUse;
use crate::table::{Key, Keys};
use crate::time::Time;
use crate::wait::For;

/// What a client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) client: ClientId,
    /// Unique within the client.
    number: u64,
    pub(crate) callback: bool,
    /// Which callback, among all that were ever set.
    pub(crate) registration: u64,
    pub(crate) kind: OperationType,
    pub(crate) phase: Phase,
    pub(crate) code: Hresult,
    pub(crate) document: Option<Arc<str>>,
    /// The system handle that the call was made on, or that it made.
    pub(crate) system: Option<Key>,
    /// The process handle, likewise.
    pub(crate) process: Option<Key>,
    /// Whether the process information was handed out.
    pub(crate) info_taken: bool,
    pub(crate) waits: Keys,
    /// What it has beside when it runs for a call of the older interface.
    pub(crate) older: Option<Box<OlderUse>>,
}

impl Operation {
    /// An operation that runs for a call of the older interface. No client ever sees it.
    pub(crate) fn of_older(client: ClientId, older: OlderUse) -> Operation {
        Operation { older: Some(Box::new(older)), ..Operation::new(client, 0, false, 0) }
    }

    fn new(client: ClientId, number: u64, callback: bool, registration: u64) -> Operation {
        Operation {
            client,
            number,
            callback,
            registration,
            kind: OperationType::None,
            phase: Phase::NotStarted,
            code: Hresult::S_OK,
            document: None,
            system: None,
            process: None,
            info_taken: false,
            waits: Keys::new(),
            older: None,
        }
    }
}

/// A request in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) kind: OperationType,
    pub(crate) operation: Option<Key>,
    /// The system handle that the call was made on.
    pub(crate) handle: Option<Key>,
    pub(crate) system: Option<Key>,
    /// The process that the call is about.
    pub(crate) on_process: Option<OnProcess>,
    /// The system's state before the call, for when it fails.
    before: SystemState,
    /// Nothing yet, or what it will end with.
    plan: Plan,
    /// The document that the result depends on: a query, options, a request.
    pub(crate) document: Option<Document>,
    /// How long the guest takes afterwards, in nanoseconds.
    pub(crate) guest: u64,
    /// The namespace of a list.
    pub(crate) namespace: Option<Arc<str>>,
}

/// What a request has to do with a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnProcess {
    /// The process handle.
    pub(crate) handle: Key,
    pub(crate) process: Key,
    /// The process's state before the call, for when it fails.
    pub(crate) before: ProcessState,
    pub(crate) call: Call,
}

impl OnProcess {
    fn terminates(&self) -> bool {
        self.call == Call::TerminateProcess
    }
}

/// Requests that go one after the other: the first works, and each of the others with how long it will work.
pub(crate) type Lane = VecDeque<(Due, u64)>;

/// How a request will end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Plan {
    /// As the completion's row says.
    ByRule,
    /// So: the rules have refused it, the system stays as it is.
    Refused(Hresult, Option<Arc<str>>),
    /// So: fate has it fail.
    Fails(Hresult, Option<Arc<str>>),
}

/// What a call starts.
pub(crate) struct Start {
    pub(crate) kind: OperationType,
    pub(crate) handle: Option<Key>,
    pub(crate) system: Option<Key>,
    pub(crate) on_process: Option<OnProcess>,
    pub(crate) before: SystemState,
    /// The document of a refusal, when the rules refuse it on the operation.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) document: Option<Document>,
    /// The namespace of a list.
    pub(crate) namespace: Option<Arc<str>>,
}

impl Start {
    /// A request of this type, about nothing yet.
    pub(crate) fn of(kind: OperationType, before: Option<SystemState>) -> Start {
        let before = before.unwrap_or(SystemState::Absent);
        Start {
            kind,
            handle: None,
            system: None,
            on_process: None,
            before,
            refusal: None,
            document: None,
            namespace: None,
        }
    }
}

/// What a row says of a request, whichever table the row is from.
#[derive(Clone, Copy)]
pub(crate) struct Ruled {
    pub(crate) row: &'static str,
    pub(crate) answer: Answer,
}

impl From<&'static ProcessRow> for Ruled {
    fn from(row: &'static ProcessRow) -> Ruled {
        Ruled { row: row.id, answer: row.answer }
    }
}

impl Host {
    /// A client makes an operation.
    pub(crate) fn create_operation(&mut self, client: ClientId, callback: bool) -> Reply {
        let registration = self.next_sequence();
        let Some(record) = self.clients.get_mut(client.0 as usize - 1) else { return Reply::Void };
        record.operations += 1;
        let operation = Operation::new(client, record.operations, callback, registration);
        Reply::Handle(Hresult::S_OK, Handle::new(HandleType::Operation, self.operations.insert(operation)))
    }

    /// The calls about an operation itself, once the operation stage has let them pass.
    pub(crate) fn on_operation(&mut self, on: &Admitted, request: &Request, effects: &mut Vec<Effect>) -> Reply {
        let Some((key, operation)) = on.operation.and_then(|key| Some((key, self.operations.get(key)?))) else {
            return refusal(on.call, Hresult::ERROR_INVALID_HANDLE);
        };
        match request {
            Request::GetOperationType { .. } => Reply::Number(operation.kind.value().into()),
            Request::GetOperationId { .. } => Reply::Number(operation.number as i64),
            Request::GetComputeSystemFromOperation { .. } => {
                let handle = operation.system.filter(|handle| self.handles.get(*handle).is_some());
                let handle = handle.map_or(Handle::NULL, |handle| Handle::new(HandleType::System, handle));
                Reply::Handle(Hresult::S_OK, handle)
            }
            Request::GetProcessFromOperation { .. } => {
                let handle = operation.process.filter(|handle| self.process_handles.get(*handle).is_some());
                let handle = handle.map_or(Handle::NULL, |handle| Handle::new(HandleType::Process, handle));
                Reply::Handle(Hresult::S_OK, handle)
            }
            Request::WaitForOperationResultAndProcessInfo { timeout_ms, out, .. } => {
                self.block(on.client, For::Information(key, *out), *timeout_ms)
            }
            Request::WaitForOperationResult { timeout_ms, .. } => {
                debug_assert_eq!(
                    operation::rule(on.call, operation.phase, operation::Use::Free).map(|row| row.verdict),
                    Some(Verdict::Wait),
                );
                self.block(on.client, For::Operation(key), *timeout_ms)
            }
            Request::SetOperationCallback { .. } => {
                let registration = self.next_sequence();
                let Some(operation) = self.operations.get_mut(key) else { return Reply::Void };
                operation.callback = true;
                operation.registration = registration;
                if operation.phase == Phase::Completed {
                    self.tell_completion(key, effects);
                }
                Reply::Outcome(Hresult::S_OK, None)
            }
            Request::CloseOperation { operation: handle } => {
                if !operation.waits.is_empty() {
                    effects.push(Effect::Finding(Finding::ClosedWhileWaiting(on.client, on.call, *handle)));
                    for wait in operation.waits.clone() {
                        self.abandon_wait(wait, effects);
                    }
                }
                self.drop_operation(key);
                Reply::Void
            }
            // The context lives with whoever made the call: a pointer has no place in a world that can be replayed.
            Request::GetOperationContext { .. } => Reply::Void,
            _ => Reply::Outcome(Hresult::S_OK, None),
        }
    }

    /// The operation goes. Its request, if one runs, goes on for nobody.
    pub(crate) fn drop_operation(&mut self, key: Key) {
        self.operations.remove(key);
    }

    /// Starts a request, as a row's answer and fate have it. The call returns `S_OK`. Answers when it is due.
    pub(crate) fn start_work(
        &mut self,
        on: &Admitted,
        ruled: Ruled,
        fate: &Fate,
        start: Start,
        effects: &mut Vec<Effect>,
    ) -> Due {
        let plan = match (ruled.answer, &fate.end) {
            (Answer::Fails(code), _) => {
                let told = start.refusal.filter(|(refused, _)| *refused == code).map(|(_, document)| document);
                Plan::Refused(code, Some(told.unwrap_or_else(|| answer::result_error(code))))
            }
            (Answer::NotModelled(code), _) => {
                effects.push(Effect::Finding(Finding::UnmodelledCase(on.client, ruled.row)));
                Plan::Refused(code, Some(answer::result_error(code)))
            }
            (_, End::Fails(code, document)) => {
                let system = start.system.and_then(|key| self.systems.get(key));
                let form = failure::form(start.kind, *code);
                let usual = || answer::failure(self.build, *code, form, start.kind, system);
                Plan::Fails(*code, Some(document.clone().unwrap_or_else(usual)))
            }
            (_, End::Natural | End::Hangs | End::Refused(_)) => Plan::ByRule,
        };
        let at = match (&fate.end, &plan) {
            (End::Hangs, _) => Time::NEVER,
            // What the rules refuse is refused without the work being done.
            (_, Plan::Refused(..)) => self.now.after(fate.latency / REFUSAL_FRACTION),
            _ => self.now.after(fate.latency),
        };
        let due = (at, self.next_sequence());
        if let Some(operation) = on.operation.and_then(|key| self.operations.get_mut(key)) {
            operation.kind = start.kind;
            operation.phase = Phase::Pending;
            operation.code = Hresult::S_OK;
            operation.document = None;
            operation.system = start.handle;
            operation.process = start.on_process.as_ref().map(|on| on.handle);
            operation.info_taken = false;
            if let Some(older) = &mut operation.older {
                older.due = Some(due);
                older.refused = matches!(plan, Plan::Refused(..));
            }
        }
        let process = start.on_process.as_ref().filter(|_| start.system.is_none());
        if let Some(process) = process.and_then(|on| self.processes.get_mut(on.process)) {
            process.ordinals[start.kind.index()] += 1;
        } else if let Some(system) = start.system.and_then(|key| self.systems.get_mut(key)) {
            system.in_flight.push(due);
            system.ordinals[start.kind.index()] += 1;
        } else {
            self.count_client_call(on.client, start.kind);
        }
        let work = Work {
            kind: start.kind,
            operation: on.operation,
            handle: start.handle,
            system: start.system,
            on_process: start.on_process,
            before: start.before,
            plan,
            document: start.document,
            guest: fate.guest,
            namespace: start.namespace,
        };
        self.agenda.insert(due, Item::Work(work));
        due
    }

    /// What a row says, with the code that the host's quirks put in the place of its own.
    pub(crate) fn ruled(&self, row: &'static Row) -> Ruled {
        let null_shutdown = row.on == Trigger::ShutDown
            && row.named_facets.contains(Facet::NullOptions)
            && row.answer == Answer::Fails(Hresult::HCS_E_INVALID_JSON);
        let answer = match null_shutdown && self.quirks.contains(Quirk::ShutdownNullNotSupported) {
            true => Answer::Fails(Hresult::ERROR_NOT_SUPPORTED),
            false => row.answer,
        };
        Ruled { row: row.id, answer }
    }

    /// Completes a request that was just started, on a host that does so within the call.
    pub(crate) fn complete_now(&mut self, due: Due, effects: &mut Vec<Effect>) {
        if let Some(Item::Work(work)) = self.agenda.remove(&due) {
            self.complete(due, work, effects);
        }
    }

    // -- Requests that go one after the other.

    /// A signal or a termination waits until those before it, through the same system handle, are done. Answers whether
    /// there are any.
    pub(crate) fn queue_signal(&mut self, process: Key, handle: Key, due: Due) -> bool {
        let Some(through) = self.process_handles.get(handle).map(|entry| entry.through) else { return false };
        let latency = due.0.0.saturating_sub(self.now.0);
        let hangs = due.0 == Time::NEVER;
        let lane = self.signals.entry((process, through)).or_default();
        let waits = !lane.is_empty();
        let due = match !waits || hangs {
            true => due,
            false => {
                let waiting = (Time::NEVER, due.1);
                if let Some(item) = self.agenda.remove(&due) {
                    self.agenda.insert(waiting, item);
                }
                waiting
            }
        };
        lane.push_back((due, if hangs { u64::MAX } else { latency }));
        waits
    }

    /// A signal or a termination is done: the next one works.
    fn next_signal(&mut self, process: Key, due: Due) {
        let lanes = self.signals.range((process, Key::FIRST)..=(process, Key::LAST));
        let found = lanes.filter(|(_, lane)| lane.front().is_some_and(|(first, _)| *first == due)).map(|(key, _)| *key);
        let Some(key) = found.min() else { return };
        let Some(lane) = self.signals.get_mut(&key) else { return };
        lane.pop_front();
        let Some((waiting, latency)) = lane.pop_front() else {
            self.signals.remove(&key);
            return;
        };
        let next = if latency == u64::MAX { waiting } else { (self.now.after(latency), self.next_sequence()) };
        if let Some(item) = self.agenda.remove(&waiting) {
            let ends = matches!(&item, Item::Work(work) if work.on_process.as_ref().is_some_and(OnProcess::terminates));
            if ends
                && let Some(process) = self.processes.get_mut(process)
                && process.state == ProcessState::Running
            {
                process.state = ProcessState::Terminating;
            }
            self.agenda.insert(next, item);
        }
        if let Some(lane) = self.signals.get_mut(&key) {
            lane.push_front((next, latency));
        }
    }

    /// A request is due.
    pub(crate) fn complete(&mut self, due: Due, work: Work, effects: &mut Vec<Effect>) {
        if let Some(system) = work.system.and_then(|key| self.systems.get_mut(key)) {
            system.in_flight.retain(|other| *other != due);
        }
        let signalled = work.on_process.as_ref().filter(|_| work.kind == OperationType::SignalProcess);
        let signalled = signalled.map(|on| on.process);
        match &work.plan {
            Plan::ByRule => self.complete_by_rule(work, effects),
            Plan::Refused(code, document) => {
                self.fail_process(&work, effects);
                self.finish(&work, *code, document.clone(), effects);
            }
            Plan::Fails(code, document) => {
                let state = operation::after_failure(work.kind, work.before);
                if let (Some(state), Some(key)) = (state, work.system) {
                    self.set_state(key, state);
                }
                self.fail_process(&work, effects);
                self.finish(&work, *code, document.clone(), effects);
            }
        }
        if let Some(process) = signalled {
            self.next_signal(process, due);
        }
    }

    /// A request that was to complete now never does.
    #[cold]
    pub(crate) fn hang(&mut self, due: Due, work: Work) {
        let never = (Time::NEVER, due.1);
        let in_flight = work.system.and_then(|key| self.systems.get_mut(key)).map(|system| &mut system.in_flight);
        if let Some(entry) = in_flight.and_then(|list| list.iter_mut().find(|other| **other == due)) {
            *entry = never;
        }
        self.agenda.insert(never, Item::Work(work));
    }

    /// What a request that failed leaves of its process: none after a creation; what was to be ended goes on.
    fn fail_process(&mut self, work: &Work, effects: &mut Vec<Effect>) {
        let Some(on) = &work.on_process else { return };
        match on.call {
            Call::CreateProcess => {
                self.happen_to_process(ProcessTrigger::CreationFailed, on.process, None, effects);
            }
            Call::TerminateProcess if matches!(work.plan, Plan::Fails(..)) => {
                let Some(process) = self.processes.get_mut(on.process) else { return };
                if process.state != ProcessState::Terminating {
                    return;
                }
                process.state = on.before;
                let system = process.system;
                if self.is_standing(system) {
                    // It was left out when the system was paused.
                    self.happen_to_process(ProcessTrigger::Freeze, on.process, None, effects);
                }
            }
            _ => {}
        }
    }

    /// Ends a request: the operation has its result, those who wait are woken, whoever asked to be told is told.
    pub(crate) fn finish(&mut self, work: &Work, code: Hresult, document: Option<Arc<str>>, effects: &mut Vec<Effect>) {
        let Some((key, operation)) = work.operation.and_then(|key| Some((key, self.operations.get_mut(key)?))) else {
            return;
        };
        operation.phase = Phase::Completed;
        operation.code = code;
        operation.document = document;
        if operation.older.is_some() {
            self.finish_older(key, effects);
            return;
        }
        let document = operation.document.clone();
        self.wake_operation(key, code, document.as_ref(), effects);
        self.tell_completion(key, effects);
        self.announce_completion(work, key, effects);
    }

    /// Calls the operation's own callback, if it has one.
    fn tell_completion(&self, key: Key, effects: &mut Vec<Effect>) {
        let Some(operation) = self.operations.get(key).filter(|operation| operation.callback) else { return };
        let handle = Handle::new(HandleType::Operation, key);
        if self.is_alive(operation.client) {
            effects.push(Effect::Notify(Notification {
                target: Target { client: operation.client, handle, registration: operation.registration },
                event: None,
                data: None,
                operation: handle,
                system: self.id_behind(operation.system),
                legacy: None,
            }));
        }
    }

    /// Tells the callback of the handle that the call was made on, if it asked to be told of operations.
    fn announce_completion(&self, work: &Work, operation: Key, effects: &mut Vec<Effect>) {
        let system = work.handle.and_then(|key| {
            let handle = self.handles.get(key).filter(|handle| handle.announces_operations())?;
            Some((Handle::new(HandleType::System, key), handle.client, handle.registration?, self.id_behind(Some(key))))
        });
        let process = work.on_process.as_ref().filter(|_| work.handle.is_none()).and_then(|on| {
            let handle = self.process_handles.get(on.handle).filter(|handle| handle.announces_operations())?;
            let system = self.processes.get(on.process).and_then(|process| self.systems.get(process.system));
            let id = system.map(|system| system.id.clone());
            Some((Handle::new(HandleType::Process, on.handle), handle.client, handle.registration?, id))
        });
        if let Some((handle, client, registration, system)) = system.or(process) {
            effects.push(Effect::Notify(Notification {
                target: Target { client, handle, registration },
                event: Some(EventType::OperationCallback),
                data: None,
                operation: Handle::new(HandleType::Operation, operation),
                system,
                legacy: None,
            }));
        }
    }

    /// The id of the system behind a handle.
    fn id_behind(&self, handle: Option<Key>) -> Option<Arc<str>> {
        let handle = self.handles.get(handle?)?;
        Some(self.systems.get(handle.system)?.id.clone())
    }

    /// A system's life ends: what becomes of the requests in flight on it is in [`operation::IN_FLIGHT`].
    pub(crate) fn end_in_flight(&mut self, system: Key, ending: Ending, effects: &mut Vec<Effect>) {
        let in_flight = match self.systems.get(system) {
            Some(system) => system.in_flight.clone(),
            None => return,
        };
        for due in in_flight {
            self.end_work(due, ending, effects);
        }
    }

    /// What becomes of one request when a life ends so.
    pub(crate) fn end_work(&mut self, due: Due, ending: Ending, effects: &mut Vec<Effect>) {
        let Some(Item::Work(work)) = self.agenda.get(&due) else { return };
        // What the rules have refused already does not depend on the system any more; only the service can cut it off.
        if matches!(work.plan, Plan::Refused(..)) && ending != Ending::ServiceStop {
            return;
        }
        let fate = operation::in_flight(work.kind, ending).map_or(InFlight::Continues, |row| row.fate);
        let (code, document) = match fate {
            InFlight::Continues => return,
            InFlight::Completes => (Hresult::S_OK, None),
            InFlight::Fails(code) => (code, Some(answer::result_error(code))),
        };
        if let Some(Item::Work(work)) = self.agenda.remove(&due) {
            if let Some(system) = work.system.and_then(|key| self.systems.get_mut(key)) {
                system.in_flight.retain(|other| *other != due);
            }
            if let (Ending::ServiceStop, Some(on)) = (ending, &work.on_process) {
                // The service's end is what ends the waits, not that of the creation.
                self.end_waits_for(on.process, &Reply::Outcome(code, None), effects);
            }
            self.fail_process(&work, effects);
            self.finish(&work, code, document, effects);
        }
    }
}

/// The type of operation that a call starts.
pub(crate) fn started_by(call: Call) -> OperationType {
    call.operation_type().unwrap_or(OperationType::None)
}

impl Work {
    /// Whether the row of its completion says how it ends.
    pub(crate) fn is_by_rule(&self) -> bool {
        self.plan == Plan::ByRule
    }
}
