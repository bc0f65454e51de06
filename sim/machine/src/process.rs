//! Processes: what there is of one, the calls on its handles, what becomes of it. How its program runs is in
//! [`crate::execution`].
//!
//! | file | what is there |
//! |---|---|
//! | `call` | the calls, once they are admitted |
//! | `completion` | the requests that are done |

mod call;
mod completion;

use std::collections::VecDeque;
use std::sync::Arc;

use hcs_rules::guest::{GuestOs, ProcessEnd, RUNNING_EXIT_CODE, Signal, exit_code};
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{
    self, CONNECTION_LOST, Ends, ProcessAfter, ProcessFacet, ProcessRow, ProcessState, ProcessTrigger,
    UNKNOWN_EXIT_CODE,
};
use hcs_rules::rule::Answer;
use hcs_rules::vocabulary::{EventType, Facet, Kind, OperationType, Trigger, event_options};

use crate::answer;
use crate::configuration::present;
use crate::document::Node;
use crate::effect::{Effect, Notification, ProcessInformation, Reply, Target};
use crate::execution::{Children, Runs, Standard};
use crate::guest::{Await, Launch};
use crate::handle::{Handle, HandleType};
use crate::host::{Due, Host};
use crate::input::ClientId;
use crate::legacy::{Behind, Older};
use crate::table::{Key, Keys};
use crate::time::Time;

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
    pub(crate) waits: Keys,
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
    pub(crate) handles: Keys,
    pub(crate) object: u64,
    pub(crate) ordinals: [u32; OperationType::COUNT],
}

impl Process {
    /// A process to be, in a system of this kind: without an id, streams or a program that runs.
    pub(crate) fn new(system: Key, kind: Kind, launch: Launch, object: u64) -> Process {
        Process {
            system,
            kind,
            os: launch.os,
            state: ProcessState::Creating,
            id: 0,
            image: launch.image().into(),
            init: false,
            in_machine: false,
            parent: None,
            children: Children::default(),
            launch: Arc::new(launch),
            runs: Runs::Nothing,
            standard: [const { Standard::None }; 3],
            unclaimed: [None; 3],
            creator: None,
            console: None,
            awaits: Await::default(),
            due: None,
            waits: Keys::new(),
            signals: None,
            late: Vec::new(),
            began: Time::ZERO,
            stood: 0,
            stands_since: Time::ZERO,
            end: None,
            handles: Keys::new(),
            object,
            ordinals: [0; OperationType::COUNT],
        }
    }
}

/// How a process ended: the members of its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    pub(crate) wait_result: Hresult,
    /// Whether anybody is told.
    pub(crate) told: bool,
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
    pub(crate) waits: Keys,
    /// What it has beside when it stands behind a handle of the older interface.
    pub(crate) older: Option<Box<Older>>,
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
    #[inline(never)]
    pub(crate) fn announce_process(&mut self, row: &'static ProcessRow, key: Key, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        if row.on == ProcessTrigger::ServiceStop {
            for handle in process.handles.clone() {
                self.raise_on_process(EventType::ServiceDisconnect, key, handle, effects);
            }
        }
        let Some(process) = self.processes.get(key) else { return };
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
    #[inline(never)]
    pub(crate) fn happen_to_processes(&mut self, trigger: ProcessTrigger, system: Key, effects: &mut Vec<Effect>) {
        let Some(entry) = self.systems.get(system).filter(|entry| !entry.processes.is_empty()) else { return };
        let processes: Vec<Key> = entry.processes.values().copied().collect();
        for process in processes {
            self.happen_to_process(trigger, process, None, effects);
        }
    }

    /// Raises one event on one handle, if it has a callback and its connection lives.
    fn raise_on_process(&mut self, event: EventType, key: Key, handle: Key, effects: &mut Vec<Effect>) {
        let (Some(process), Some(entry)) = (self.processes.get(key), self.process_handles.get(handle)) else { return };
        if entry.older.is_some() {
            if entry.epoch == self.epoch {
                let data = if event == EventType::ProcessExited { self.status(key) } else { None };
                self.raise_older(event, Behind::Process(handle), data, effects);
            }
            return;
        }
        let Some(registration) = entry.registration.filter(|_| entry.epoch == self.epoch) else { return };
        effects.push(Effect::Notify(Notification {
            target: Target { client: entry.client, handle: Handle::new(HandleType::Process, handle), registration },
            event: Some(event),
            data: if event == EventType::ProcessExited { self.status(key) } else { None },
            operation: Handle::NULL,
            system: self.systems.get(process.system).map(|system| system.id.clone()),
            legacy: None,
        }));
    }

    // -- Information and status.

    /// An operation's result with the process information, which moves out to a caller that has a pointer for it.
    #[inline(never)]
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
        let information = handle.and_then(|handle| self.information(handle, none)).map(Box::new);
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
