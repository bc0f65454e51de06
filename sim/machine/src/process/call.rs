//! Calls about processes, once they are admitted: those on a system that make or find one, and those on a process handle.

use hcs_rules::document::Root;
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{ProcessAfter, ProcessFacet, ProcessRow, ProcessState, ProcessTrigger};
use hcs_rules::rule::{After, Answer, Surface};
use hcs_rules::vocabulary::{EventType, Facet, Kind, OperationType, SystemState, Trigger};

use crate::configuration::{Reading, present};
use crate::document::{Document, Node};
use crate::effect::{Effect, Finding, Reply};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Host, refusal};
use crate::input::{ClientId, Fate, Request, Text};
use crate::operation::{OnProcess, Start, started_by};
use crate::process::{Process, ProcessHandle, signal_of};
use crate::system::Connection;
use crate::table::{Key, Keys};
use crate::wait::For;

impl Host {
    #[inline(never)]
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

    #[inline(never)]
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
        let process = Process::new(key, system.kind, launch, object);
        self.processes.insert(Process { in_machine, console, ..process })
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
            waits: Keys::new(),
            older: None,
        });
        if let Some(process) = self.processes.get_mut(process) {
            process.handles.push(handle);
        }
        handle
    }

    // -- Calls on a process handle.

    #[inline(never)]
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
        if let Request::CloseProcess { process } = request {
            if self.process_handles.get(handle).is_some_and(|entry| !entry.waits.is_empty()) {
                effects.push(Effect::Finding(Finding::ClosedWhileWaiting(on.client, on.call, *process)));
            }
            self.close_process_handle(handle, effects);
            return Reply::Void;
        }
        let (trigger, read) = self.read_on_process(request, handle, process);
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

    /// What a call on a process handle is about: what happens, and what its document says.
    fn read_on_process(&self, request: &Request, handle: Key, process: &Process) -> (ProcessTrigger, OfProcess) {
        let with = |facet| OfProcess { facet, ..OfProcess::plain() };
        match request {
            Request::TerminateProcess { .. } => (ProcessTrigger::Terminate, with(self.facet_of_system(process))),
            Request::SignalProcess { options, .. } => (ProcessTrigger::Signal, self.read_signal(options, process)),
            Request::GetProcessInfo { .. } => (ProcessTrigger::GetInfo, OfProcess::plain()),
            Request::GetProcessProperties { .. } => (ProcessTrigger::GetProperties, OfProcess::plain()),
            Request::ModifyProcess { settings, .. } => (ProcessTrigger::Modify, self.read_change(settings, process)),
            Request::SetProcessCallback { callback, .. } => {
                let registered = self.process_handles.get(handle).is_some_and(|entry| entry.registration.is_some());
                let facet = match (*callback, registered) {
                    (false, _) => ProcessFacet::NoCallback,
                    (true, false) => ProcessFacet::FirstCallback,
                    (true, true) => ProcessFacet::SecondCallback,
                };
                (ProcessTrigger::SetCallback, with(facet))
            }
            Request::WaitForProcessExit { .. } => (ProcessTrigger::WaitForExit, OfProcess::plain()),
            _ => unreachable!("{:?} is no call on a process", request.call()),
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
        let closed = self.process_handles.remove(handle);
        self.forget_older(closed.and_then(|entry| entry.older));
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
