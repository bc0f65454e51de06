//! Processes: what there is of one, the calls on its handles, what becomes of it. How its program runs is in
//! [`crate::execution`].

use std::collections::VecDeque;
use std::sync::Arc;

use hcs_rules::answer::Form;
use hcs_rules::document::Root;
use hcs_rules::failure;
use hcs_rules::guest::{GuestOs, ProcessEnd, RUNNING_EXIT_CODE, Signal, exit_code};
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{
    self, CONNECTION_LOST, Ends, ProcessAfter, ProcessFacet, ProcessRow, ProcessState, ProcessTrigger,
    UNKNOWN_EXIT_CODE,
};
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{After, Answer, Surface};
use hcs_rules::vocabulary::{EventType, Facet, Kind, OperationType, SystemState, Trigger, event_options};

use crate::answer;
use crate::configuration::{Reading, present};
use crate::document::{Document, Node};
use crate::effect::{Effect, Finding, Notification, ProcessInformation, Reply, Target};
use crate::execution::{Children, Runs, Standard};
use crate::guest::{Await, Launch};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Due, Host, refusal};
use crate::input::{ClientId, End, Fate, Request, Text};
use crate::operation::{OnProcess, Start, started_by};
use crate::system::Connection;
use crate::table::Key;
use crate::time::Time;
use crate::wait::For;

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// The system around it, which may be gone.
    pub(crate) system: Key,
    pub(crate) kind: Kind,
    pub(crate) os: GuestOs,
    pub(crate) state: ProcessState,
    /// Its id in the guest; none before it runs.
    pub(crate) id: u32,
    /// The image's name, as a process list shows it.
    pub(crate) image: Arc<str>,
    /// Whether it was made by a client, and began before all others: its end is that of a Linux container.
    pub(crate) init: bool,
    /// Whether it runs in the machine around the container.
    pub(crate) in_machine: bool,
    /// The process that has started it inside.
    pub(crate) parent: Option<Key>,
    /// Those that it has started inside.
    pub(crate) children: Children,
    /// What it was started with.
    pub(crate) launch: Arc<Launch>,
    pub(crate) runs: Runs,
    /// Standard input, output and error.
    pub(crate) standard: [Standard; 3],
    /// The streams that its creator has not taken yet, by the creator's handle.
    pub(crate) unclaimed: [Option<Key>; 3],
    pub(crate) creator: Option<Key>,
    /// The console's width and height.
    pub(crate) console: Option<(u16, u16)>,
    /// What its program waits for, and when it runs again at the latest.
    pub(crate) awaits: Await,
    pub(crate) due: Option<Due>,
    /// Blocked calls of a program outside.
    pub(crate) waits: Vec<Key>,
    /// Signals that a program outside has not taken yet; `None` while it does not handle any.
    pub(crate) signals: Option<VecDeque<Signal>>,
    /// Signals that have come while its clock stood: they reach it when it goes on.
    pub(crate) late: Vec<Signal>,
    /// When it began, in the world's time.
    pub(crate) began: Time,
    /// How long its clock has stood still.
    pub(crate) stood: u64,
    /// Since when it stands.
    pub(crate) stands_since: Time,
    /// How it ended.
    pub(crate) end: Option<Outcome>,
    pub(crate) handles: Vec<Key>,
    pub(crate) object: u64,
    pub(crate) ordinals: [u32; OperationType::COUNT],
}

/// How a process ended: the members of its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    pub(crate) wait_result: Hresult,
    /// Whether anybody is told.
    told: bool,
}

/// What a client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessHandle {
    pub(crate) client: ClientId,
    pub(crate) process: Key,
    /// The system handle through which it was made: signals through one such handle go one after the other.
    pub(crate) through: Key,
    pub(crate) sequence: u64,
    pub(crate) epoch: u32,
    pub(crate) registration: Option<u64>,
    pub(crate) options: u32,
    pub(crate) waits: Vec<Key>,
}

impl ProcessHandle {
    /// Whether completed operations are announced to the handle's callback.
    pub(crate) fn announces_operations(&self) -> bool {
        self.registration.is_some() && self.options & event_options::ENABLE_OPERATION_CALLBACKS != 0
    }
}

impl Host {
    /// The row for what happens to a process.
    fn process_row(
        &self,
        on: ProcessTrigger,
        facet: ProcessFacet,
        kind: Kind,
        state: ProcessState,
    ) -> &'static ProcessRow {
        process::rule(on, facet, kind, state, self.build)
            .unwrap_or_else(|| unreachable!("{on:?} cannot come in {state:?} with {facet:?}"))
    }

    // -- Calls on a system that are about a process.

    pub(crate) fn create_process(
        &mut self,
        on: &Admitted,
        parameters: &Text,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let Some((through, key, system)) = self.system_of(on) else {
            return refusal(on.call, Hresult::ERROR_INVALID_HANDLE);
        };
        let mut read = Reading::parameters(parameters, self.build);
        if read.facet == Facet::ValidDocument && system.connection == Connection::Lost {
            read.facet = Facet::ConnectionLost;
        }
        let row = self.row(Trigger::CreateProcess, read.facet, system.kind, self.state_of_guest(key));
        debug_assert_eq!(row.after, After::MakeProcess);
        if let Answer::Fails(code) = row.answer
            && self.fails_from_the_call(code)
        {
            return self.refuse(on, code);
        }
        let process = self.make_process(key, read.document.as_ref());
        let handle = self.make_process_handle(on.client, process, through);
        if let Some(process) = self.processes.get_mut(process) {
            process.creator = Some(handle);
        }
        let start = Start {
            handle: Some(through),
            system: Some(key),
            on_process: Some(OnProcess { handle, process, before: ProcessState::Creating, call: on.call }),
            refusal: read.refusal,
            document: read.document,
            ..Start::of(OperationType::CreateProcess, self.systems.get(key).map(|system| system.state))
        };
        let due = self.start_work(on, self.ruled(row), fate, start, effects);
        if self.completes_at_once(row.answer, process, fate) {
            self.complete_now(due, effects);
        }
        Reply::Handle(Hresult::S_OK, Handle::new(HandleType::Process, handle))
    }

    pub(crate) fn open_process(&mut self, on: &Admitted, id: u32) -> Reply {
        let Some((through, _, system)) = self.system_of(on) else {
            return refusal(on.call, Hresult::ERROR_INVALID_HANDLE);
        };
        let found = system.processes.get(&id).and_then(|key| Some((*key, self.processes.get(*key)?)));
        let facet = match found {
            None => Facet::UnknownProcess,
            Some((_, process)) if process.state == ProcessState::Exited => Facet::EndedProcess,
            Some(_) => Facet::LiveProcess,
        };
        let row = self.row(Trigger::OpenProcess, facet, system.kind, system.state);
        match (row.answer, row.after, found) {
            (Answer::Done, After::OpenProcess, Some((process, _))) => {
                let handle = self.make_process_handle(on.client, process, through);
                Reply::Handle(Hresult::S_OK, Handle::new(HandleType::Process, handle))
            }
            (Answer::Fails(code), ..) => refusal(on.call, code),
            _ => unreachable!("row {} neither opens nor refuses", row.id),
        }
    }

    /// The system handle of a call, its system's key and the system.
    fn system_of(&self, on: &Admitted) -> Option<(Key, Key, &crate::system::System)> {
        let handle = on.system?;
        let key = self.handles.get(handle)?.system;
        Some((handle, key, self.systems.get(key)?))
    }

    /// The state that decides about what runs inside: a container is as frozen as the machine around it.
    fn state_of_guest(&self, key: Key) -> SystemState {
        let Some(system) = self.systems.get(key) else { return SystemState::Exited };
        let around = system.origin.filter(|_| system.kind == Kind::HostedContainer);
        match around.and_then(|key| self.systems.get(key)).map(|machine| machine.state) {
            Some(
                state @ (SystemState::Pausing | SystemState::Paused | SystemState::Resuming | SystemState::Saving),
            ) if system.state == SystemState::Running => state,
            _ => system.state,
        }
    }

    /// A process enters the table.
    fn make_process(&mut self, key: Key, parameters: Option<&Document>) -> Key {
        let os = self.guest_os(key);
        let launch = self.launch_of(key, os, parameters);
        let flag = |name| parameters.and_then(|node| present(node.root(), name)?.as_bool()).unwrap_or(false);
        let in_machine = flag("CreateInUtilityVm");
        let console = flag("EmulateConsole").then(|| console_size(parameters));
        let Some(system) = self.systems.get_mut(key) else { unreachable!("the system was just found") };
        system.made_processes += 1;
        let object = system.object ^ u64::from(system.made_processes).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.processes.insert(Process {
            system: key,
            kind: system.kind,
            os,
            state: ProcessState::Creating,
            id: 0,
            image: launch.image().into(),
            init: false,
            in_machine,
            parent: None,
            children: Children::default(),
            launch: Arc::new(launch),
            runs: Runs::Nothing,
            standard: [const { Standard::None }; 3],
            unclaimed: [None; 3],
            creator: None,
            console,
            awaits: Await::default(),
            due: None,
            waits: Vec::new(),
            signals: None,
            late: Vec::new(),
            began: Time::ZERO,
            stood: 0,
            stands_since: Time::ZERO,
            end: None,
            handles: Vec::new(),
            object,
            ordinals: [0; OperationType::COUNT],
        })
    }

    fn make_process_handle(&mut self, client: ClientId, process: Key, through: Key) -> Key {
        let sequence = self.next_sequence();
        let handle = self.process_handles.insert(ProcessHandle {
            client,
            process,
            through,
            sequence,
            epoch: self.epoch,
            registration: None,
            options: 0,
            waits: Vec::new(),
        });
        if let Some(process) = self.processes.get_mut(process) {
            process.handles.push(handle);
        }
        handle
    }

    // -- Calls on a process handle.

    pub(crate) fn on_process(
        &mut self,
        on: &Admitted,
        request: &Request,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let Some((handle, key)) =
            on.process.and_then(|handle| Some((handle, self.process_handles.get(handle)?.process)))
        else {
            return refusal(on.call, Hresult::ERROR_INVALID_HANDLE);
        };
        let Some(process) = self.processes.get(key) else { return refusal(on.call, Hresult::ERROR_INVALID_HANDLE) };
        let mut read = OfProcess::plain();
        let trigger = match request {
            Request::CloseProcess { process } => {
                if self.process_handles.get(handle).is_some_and(|entry| !entry.waits.is_empty()) {
                    effects.push(Effect::Finding(Finding::ClosedWhileWaiting(on.client, on.call, *process)));
                }
                self.close_process_handle(handle, effects);
                return Reply::Void;
            }
            Request::TerminateProcess { .. } => {
                read.facet = self.facet_of_system(process);
                ProcessTrigger::Terminate
            }
            Request::SignalProcess { options, .. } => {
                read = self.read_signal(options, process);
                ProcessTrigger::Signal
            }
            Request::GetProcessInfo { .. } => ProcessTrigger::GetInfo,
            Request::GetProcessProperties { .. } => ProcessTrigger::GetProperties,
            Request::ModifyProcess { settings, .. } => {
                read = self.read_change(settings, process);
                ProcessTrigger::Modify
            }
            Request::SetProcessCallback { callback, .. } => {
                let registered = self.process_handles.get(handle).is_some_and(|entry| entry.registration.is_some());
                read.facet = match (*callback, registered) {
                    (false, _) => ProcessFacet::NoCallback,
                    (true, false) => ProcessFacet::FirstCallback,
                    (true, true) => ProcessFacet::SecondCallback,
                };
                ProcessTrigger::SetCallback
            }
            Request::WaitForProcessExit { .. } => ProcessTrigger::WaitForExit,
            _ => unreachable!("{:?} is no call on a process", on.call),
        };
        let before = process.state;
        let row = self.process_row(trigger, read.facet, process.kind, before);
        match (row.surface, row.answer) {
            (Surface::Operation, Answer::Fails(code)) if self.fails_from_the_call(code) => self.refuse(on, code),
            (Surface::Operation, answer) => {
                let start = Start {
                    on_process: Some(OnProcess { handle, process: key, before, call: on.call }),
                    refusal: read.reading.refusal,
                    document: read.reading.document,
                    ..Start::of(started_by(on.call), None)
                };
                let due = self.start_work(on, row.into(), fate, start, effects);
                let in_turn = answer == Answer::Accepted && started_by(on.call) == OperationType::SignalProcess;
                let waits = in_turn && self.queue_signal(key, handle, due);
                // A termination that waits behind a signal has not begun.
                if let (Some(state), Some(process)) = (row.becomes.filter(|_| !waits), self.processes.get_mut(key)) {
                    process.state = state;
                }
                Reply::Outcome(Hresult::S_OK, None)
            }
            (_, Answer::Fails(code)) => self.refuse(on, code),
            (_, Answer::Waits) => {
                let Request::WaitForProcessExit { timeout_ms, .. } = request else {
                    unreachable!("row {} waits where nobody can", row.id)
                };
                self.block(on.client, For::ProcessExit(handle), *timeout_ms)
            }
            _ => self.done_on_process(row, request, handle, key, effects),
        }
    }

    /// What a row's handler does for a call that is answered at once.
    fn done_on_process(
        &mut self,
        row: &'static ProcessRow,
        request: &Request,
        handle: Key,
        key: Key,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let registration = self.next_sequence();
        let mut document = None;
        match (row.after, request) {
            (
                ProcessAfter::SetCallback | ProcessAfter::SetCallbackLate,
                Request::SetProcessCallback { options, .. },
            ) => {
                if let Some(entry) = self.process_handles.get_mut(handle) {
                    entry.registration = Some(registration);
                    entry.options = *options;
                }
                if row.after == ProcessAfter::SetCallbackLate {
                    self.raise_on_process(EventType::ProcessExited, key, handle, effects);
                }
            }
            (ProcessAfter::ClearCallback, _) => {
                if let Some(entry) = self.process_handles.get_mut(handle) {
                    entry.registration = None;
                }
            }
            (ProcessAfter::Status, _) => document = self.status(key),
            _ => unreachable!("row {} has no handler for {request:?}", row.id),
        }
        Reply::Outcome(Hresult::S_OK, document)
    }

    /// Whether the system around a process lives, for the calls that ask.
    fn facet_of_system(&self, process: &Process) -> ProcessFacet {
        let lives = self.systems.get(process.system).is_some_and(|system| system.state != SystemState::Exited);
        if lives { ProcessFacet::SystemLives } else { ProcessFacet::SystemIsOver }
    }

    fn read_signal(&self, options: &Text, process: &Process) -> OfProcess {
        if crate::configuration::is_nothing(options) {
            let refusal = crate::configuration::refusal(Root::SignalOptions, &crate::configuration::missing());
            let reading = Reading { refusal: Some(refusal), ..Reading::none(Facet::ValidOptions) };
            return OfProcess { facet: ProcessFacet::NoOptions, reading };
        }
        OfProcess::read(options, Root::SignalOptions, self.build, |node| match signal_of(node, process.os) {
            Some(_) => self.facet_of_system(process),
            None => ProcessFacet::ForeignSignal,
        })
    }

    fn read_change(&self, settings: &Text, process: &Process) -> OfProcess {
        OfProcess::read(settings, Root::ProcessModification, self.build, |node| {
            match present(node, "Operation").and_then(Node::as_str) {
                Some("ConsoleSize") if present(node, "ConsoleSize").is_some() => match process.console {
                    Some(_) => ProcessFacet::Resize,
                    None => ProcessFacet::ResizeNothing,
                },
                Some("CloseHandle")
                    if present(node, "CloseHandle").is_some_and(|close| present(close, "Handle").is_some()) =>
                {
                    ProcessFacet::CloseStream
                }
                _ => ProcessFacet::Incomplete,
            }
        })
    }

    /// Closes a handle. The streams that only its holder could have taken close with it.
    pub(crate) fn close_process_handle(&mut self, handle: Key, effects: &mut Vec<Effect>) {
        let Some(key) = self.process_handles.get(handle).map(|entry| entry.process) else { return };
        let Some(process) = self.processes.get(key) else { return };
        let row = self.process_row(ProcessTrigger::Close, ProcessFacet::Plain, process.kind, process.state);
        debug_assert_eq!(row.after, ProcessAfter::CloseHandle);
        let waits = self.process_handles.get(handle).map(|entry| entry.waits.clone()).unwrap_or_default();
        for wait in waits {
            self.abandon_wait(wait, effects);
        }
        self.process_handles.remove(handle);
        let Some(process) = self.processes.get_mut(key) else { return };
        process.handles.retain(|other| *other != handle);
        let last = process.handles.is_empty();
        if process.creator == Some(handle) {
            self.close_unclaimed(key, effects);
        }
        if last {
            self.happen_to_process(ProcessTrigger::LastHandleGone, key, None, effects);
        }
    }

    /// Closes the ends of the streams that nobody can take any more.
    pub(crate) fn close_unclaimed(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let unclaimed = self.processes.get_mut(key).map(|process| std::mem::take(&mut process.unclaimed));
        for pipe in unclaimed.into_iter().flatten().flatten() {
            self.close_client_end(pipe, effects);
        }
    }

    // -- What happens to a process.

    /// Something happens to a process. `number` is what its program says when it ends: why, and the number that comes with
    /// the reason. Answers whether that did anything.
    pub(crate) fn happen_to_process(
        &mut self,
        trigger: ProcessTrigger,
        key: Key,
        number: Option<(ProcessEnd, u32)>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(process) = self.processes.get(key) else { return false };
        let row = self.process_row(trigger, ProcessFacet::Plain, process.kind, process.state);
        self.settle_process(row, key, number, effects);
        match row.after {
            ProcessAfter::Stop => self.stop_clock(key),
            ProcessAfter::Continue => self.continue_clock(key, effects),
            ProcessAfter::Forget => self.forget_process(key, effects),
            _ => {}
        }
        self.announce_process(row, key, effects);
        row.answer != Answer::Nothing
    }

    /// The part of a row that comes before the answer: the state, and how the process ended.
    fn settle_process(
        &mut self,
        row: &'static ProcessRow,
        key: Key,
        number: Option<(ProcessEnd, u32)>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(process) = self.processes.get_mut(key) else { return };
        if let Some(state) = row.becomes {
            process.state = state;
        }
        let Some(ends) = row.ends else { return };
        let code = |(end, number): (ProcessEnd, u32)| exit_code(process.os, end).code.of(number);
        let (code, wait_result) = match ends {
            Ends::Program => (number.map_or(0, code), Hresult::S_OK),
            Ends::Killed => (code((ProcessEnd::Killed, 0)), Hresult::S_OK),
            Ends::Unknown => (UNKNOWN_EXIT_CODE, CONNECTION_LOST),
            Ends::Untold => (UNKNOWN_EXIT_CODE, Hresult::HCS_E_SERVICE_DISCONNECT),
        };
        process.end = Some(Outcome { code, wait_result, told: ends != Ends::Untold });
        self.stop_program(key, effects);
    }

    /// The part of a row that comes after the answer: events, those who wait, the parent, the system.
    fn announce_process(&mut self, row: &'static ProcessRow, key: Key, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        if row.on == ProcessTrigger::ServiceStop {
            for handle in process.handles.clone() {
                self.raise_on_process(EventType::ServiceDisconnect, key, handle, effects);
            }
        }
        if row.on == ProcessTrigger::CreationFailed {
            // Who has waited for its end meanwhile would wait for ever.
            self.end_waits_for(key, &Reply::Outcome(Hresult::ERROR_NOT_FOUND, None), effects);
            self.forget_if_unheld(key, effects);
            return;
        }
        let (Some(_), Some(end)) = (row.ends, process.end) else { return };
        let (parent, id, init, os, system) = (process.parent, process.id, process.init, process.os, process.system);
        let handles = process.handles.clone();
        let by_itself = row.on == ProcessTrigger::ProgramEnd || row.on == ProcessTrigger::TerminateDone;
        if end.told {
            for handle in handles {
                self.raise_on_process(EventType::ProcessExited, key, handle, effects);
            }
        }
        let reply = match end.told {
            true => Reply::Outcome(Hresult::S_OK, self.status(key)),
            false => Reply::Outcome(Hresult::HCS_E_SERVICE_DISCONNECT, None),
        };
        self.end_waits_for(key, &reply, effects);
        if let Some(parent) = parent {
            self.child_is_over(parent, id, end.code, effects);
        }
        if init && by_itself {
            let facet = if os == GuestOs::Linux { Facet::LinuxGuest } else { Facet::WindowsGuest };
            let comes =
                self.systems.get(system).is_some_and(|system| Trigger::InitExit.states().contains(system.state));
            if comes {
                self.happen_with(Trigger::InitExit, facet, system, effects);
            }
        }
        self.forget_if_unheld(key, effects);
    }

    /// Ends the waits for a process's end, on every handle.
    pub(crate) fn end_waits_for(&mut self, key: Key, reply: &Reply, effects: &mut Vec<Effect>) {
        let handles = self.processes.get(key).map(|process| process.handles.clone()).unwrap_or_default();
        for handle in handles {
            let waits = self.process_handles.get_mut(handle).map(|entry| std::mem::take(&mut entry.waits));
            for wait in waits.unwrap_or_default() {
                self.wake(wait, reply.clone(), effects);
            }
        }
    }

    /// A process that nobody holds may be gone.
    fn forget_if_unheld(&mut self, key: Key, effects: &mut Vec<Effect>) {
        if self.processes.get(key).is_some_and(|process| process.handles.is_empty()) {
            self.happen_to_process(ProcessTrigger::LastHandleGone, key, None, effects);
        }
    }

    /// The record goes.
    fn forget_process(&mut self, key: Key, effects: &mut Vec<Effect>) {
        self.stop_program(key, effects);
        self.close_unclaimed(key, effects);
        let Some(process) = self.processes.remove(key) else { return };
        if let Some(system) = self.systems.get_mut(process.system)
            && system.processes.get(&process.id) == Some(&key)
        {
            system.processes.remove(&process.id);
        }
    }

    /// Everything that runs in a system is told of something, in the order in which it was made.
    pub(crate) fn happen_to_processes(&mut self, trigger: ProcessTrigger, system: Key, effects: &mut Vec<Effect>) {
        let Some(entry) = self.systems.get(system).filter(|entry| !entry.processes.is_empty()) else { return };
        let processes: Vec<Key> = entry.processes.values().copied().collect();
        for process in processes {
            self.happen_to_process(trigger, process, None, effects);
        }
    }

    /// Raises one event on one handle, if it has a callback and its connection lives.
    fn raise_on_process(&self, event: EventType, key: Key, handle: Key, effects: &mut Vec<Effect>) {
        let (Some(process), Some(entry)) = (self.processes.get(key), self.process_handles.get(handle)) else { return };
        let Some(registration) = entry.registration.filter(|_| entry.epoch == self.epoch) else { return };
        effects.push(Effect::Notify(Notification {
            target: Target { client: entry.client, handle: Handle::new(HandleType::Process, handle), registration },
            event: Some(event),
            data: if event == EventType::ProcessExited { self.status(key) } else { None },
            operation: Handle::NULL,
            system: self.systems.get(process.system).map(|system| system.id.clone()),
        }));
    }

    // -- Completions of calls on a process.

    /// What a creation ends with that the guest finds impossible.
    pub(crate) fn launch_refusal(&self, key: Key) -> Option<(Hresult, Form)> {
        let process = self.processes.get(key)?;
        let connection = self.systems.get(process.system).map(|system| system.connection);
        let code = match connection {
            // The guest cannot be asked any more.
            Some(Connection::Lost) => CONNECTION_LOST,
            _ => process::launch_fault(self.launch_fault(key)?, process.os).code,
        };
        Some((code, failure::form(OperationType::CreateProcess, code)))
    }

    /// A creation is done: the process begins, or there is none.
    pub(crate) fn process_is_made(
        &mut self,
        key: Key,
        after: After,
        parameters: Option<&Document>,
        effects: &mut Vec<Effect>,
    ) {
        if after != After::StartProcess {
            self.happen_to_process(ProcessTrigger::CreationFailed, key, None, effects);
            return;
        }
        let asks = |name| parameters.and_then(|node| present(node.root(), name)?.as_bool()).unwrap_or(false);
        let asks = [asks("CreateStdInPipe"), asks("CreateStdOutPipe"), asks("CreateStdErrPipe")];
        self.start_process(key, asks, effects);
    }

    /// Whether a creation completes within its call.
    fn completes_at_once(&self, answer: Answer, process: Key, fate: &Fate) -> bool {
        self.has(Quirk::CreateProcessResultIsLost)
            && answer == Answer::Accepted
            && fate.end == End::Natural
            && self.processes.get(process).is_some_and(|process| process.kind == Kind::ProcessContainer)
    }

    /// A request on a process is due: it ends as its row says.
    pub(crate) fn complete_on_process(
        &mut self,
        on: &OnProcess,
        document: Option<&Document>,
        effects: &mut Vec<Effect>,
    ) -> (Hresult, Option<Arc<str>>, Option<&'static ProcessRow>) {
        let gone = (Hresult::ERROR_NOT_FOUND, Some(answer::result_error(Hresult::ERROR_NOT_FOUND)), None);
        let (Some(trigger), Some(process)) = (process::completion(on.call), self.processes.get(on.process)) else {
            return gone;
        };
        let facet = match trigger {
            ProcessTrigger::ModifyDone => {
                let operation = document.and_then(|node| present(node.root(), "Operation")?.as_str());
                if operation == Some("CloseHandle") { ProcessFacet::CloseStream } else { ProcessFacet::Resize }
            }
            _ => ProcessFacet::Plain,
        };
        let row = self.process_row(trigger, facet, process.kind, process.state);
        if let Answer::Fails(code) = row.answer {
            return (code, Some(answer::result_error(code)), Some(row));
        }
        let os = process.os;
        self.settle_process(row, on.process, None, effects);
        let mut told = None;
        match row.after {
            ProcessAfter::Status => told = self.status(on.process),
            ProcessAfter::Deliver => {
                if let Some(signal) = document.and_then(|options| signal_of(options.root(), os)) {
                    self.deliver(on.process, signal, effects);
                }
            }
            ProcessAfter::Change => {
                if let Some(document) = document {
                    self.change_process(on.process, document.root(), effects);
                }
            }
            _ => {}
        }
        (Hresult::S_OK, told, Some(row))
    }

    /// What comes after the answer of a completed request.
    pub(crate) fn after_process_completion(
        &mut self,
        on: &OnProcess,
        row: &'static ProcessRow,
        effects: &mut Vec<Effect>,
    ) {
        self.announce_process(row, on.process, effects);
    }

    /// A change reaches a process: its console is resized, or a stream is closed.
    fn change_process(&mut self, key: Key, request: Node<'_>, effects: &mut Vec<Effect>) {
        if let Some(close) = present(request, "CloseHandle")
            && present(request, "Operation").and_then(Node::as_str) == Some("CloseHandle")
        {
            let closed: &[usize] = match present(close, "Handle").and_then(Node::as_str) {
                Some("StdIn") => &[0],
                Some("StdOut") => &[1],
                Some("StdErr") => &[2],
                _ => &[0, 1, 2],
            };
            for stream in closed {
                self.close_standard(key, *stream, effects);
            }
            return;
        }
        let side = |name| {
            let size = present(request, "ConsoleSize")?;
            u16::try_from(present(size, name)?.as_u64()?).ok()
        };
        let Some(process) = self.processes.get_mut(key) else { return };
        let (width, height) = process.console.unwrap_or_default();
        process.console = Some((side("Width").unwrap_or(width), side("Height").unwrap_or(height)));
        self.console_has_changed(key, effects);
    }

    // -- Information and status.

    /// An operation's result with the process information, which moves out to a caller that has a pointer for it.
    pub(crate) fn result_and_info(&mut self, operation: Key, out: bool) -> Reply {
        let Some(entry) = self.operations.get_mut(operation) else { return Reply::Void };
        let (code, document) = (entry.code, entry.document.clone());
        if code.is_err() || !out {
            return Reply::Info(code, document, None);
        }
        entry.info_taken = true;
        // What was not asked for is NULL after a creation, and INVALID_HANDLE_VALUE in later information (clients test for
        // both).
        let none = match entry.kind {
            OperationType::CreateProcess => Handle::NULL,
            _ => Handle::INVALID,
        };
        let handle = entry.process;
        let information = handle.and_then(|handle| self.information(handle, none));
        Reply::Info(code, document, information)
    }

    /// The information about a process: streams go to the handle that made it, and once.
    fn information(&mut self, handle: Key, none: Handle) -> Option<ProcessInformation> {
        let entry = self.process_handles.get(handle)?;
        let (client, key) = (entry.client, entry.process);
        let process = self.processes.get_mut(key)?;
        let unclaimed =
            if process.creator == Some(handle) { std::mem::take(&mut process.unclaimed) } else { [None; 3] };
        let id = process.id;
        let streams = unclaimed.map(|pipe| pipe.map_or(none, |pipe| self.hand_out(client, pipe)));
        Some(ProcessInformation { id, streams })
    }

    /// `ProcessStatus`
    pub(crate) fn status(&self, key: Key) -> Option<Arc<str>> {
        let process = self.processes.get(key)?;
        let end = process.end;
        let code = end.map_or(RUNNING_EXIT_CODE, |end| end.code);
        let wait_result = end.map_or(Hresult::S_OK, |end| end.wait_result);
        Some(answer::process_status(process.id, end.is_some(), code, wait_result))
    }

    /// The status of a process whose exit was waited for in vain, on a host that tells the time-out so.
    pub(crate) fn late_status(&self, key: Key) -> Option<Arc<str>> {
        let id = self.processes.get(key)?.id;
        Some(answer::process_status(id, false, RUNNING_EXIT_CODE, process::EXIT_WAIT_TIMED_OUT))
    }
}

/// What was read for a call on a process.
struct OfProcess {
    facet: ProcessFacet,
    reading: Reading,
}

impl OfProcess {
    fn plain() -> OfProcess {
        OfProcess { facet: ProcessFacet::Plain, reading: Reading::none(Facet::Plain) }
    }

    fn read(
        text: &Text,
        root: Root,
        build: hcs_rules::build::Build,
        accepted: impl FnOnce(Node<'_>) -> ProcessFacet,
    ) -> OfProcess {
        let facets = (Facet::MalformedOptions, Facet::InvalidOptions);
        let mut facet = ProcessFacet::Plain;
        let reading = Reading::of(text, root, build, facets, |node| {
            facet = accepted(node);
            Facet::ValidOptions
        });
        match reading.facet {
            Facet::MalformedOptions => facet = ProcessFacet::MalformedOptions,
            Facet::InvalidOptions => facet = ProcessFacet::InvalidOptions,
            _ => {}
        }
        OfProcess { facet, reading }
    }
}

/// The signal that options name, if it is one of the guest's.
fn signal_of(options: Node<'_>, os: GuestOs) -> Option<Signal> {
    let signal = present(options, "Signal")?;
    match os {
        GuestOs::Windows => hcs_rules::guest::ConsoleSignal::by_name(signal.as_str()?).map(Signal::Console),
        GuestOs::Linux => {
            let number = signal.as_u64().filter(|number| (1..=hcs_rules::guest::LAST_SIGNAL).contains(number))?;
            u8::try_from(number).ok().map(Signal::Number)
        }
    }
}

/// The size of the console that parameters ask for, width first; where they ask for none, that of a new console window.
fn console_size(parameters: Option<&Document>) -> (u16, u16) {
    let sides = || {
        let size = present(parameters?.root(), "ConsoleSize")?;
        let mut sides = size.items().filter_map(Node::as_u64).filter_map(|side| u16::try_from(side).ok());
        let (height, width) = (sides.next()?, sides.next()?);
        (width > 0 && height > 0).then_some((width, height))
    };
    sides().unwrap_or(hcs_rules::guest::CONSOLE_SIZE)
}
