//! What happens to a system: its state, its exit, the events that follow, those who wait for its end.

use std::sync::Arc;

use hcs_rules::hresult::Hresult;
use hcs_rules::operation::Ending;
use hcs_rules::process::ProcessTrigger;
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{After, Answer, Audience, Row};
use hcs_rules::vocabulary::{EventType, Facet, Kind, SystemState, Trigger};

use crate::answer;
use crate::effect::{Effect, Notification, Reply, Target};
use crate::handle::{Handle, HandleType};
use crate::host::Host;
use crate::id::FoldedId;
use crate::legacy::Behind;
use crate::system::{Connection, System};
use crate::table::Key;

impl Host {
    // -- What happens to a system.

    /// Closes a handle, and tells the system when it was the last.
    pub(crate) fn apply_to_handle(&mut self, trigger: Trigger, handle: Key, effects: &mut Vec<Effect>) {
        let Some(key) = self.handles.get(handle).map(|entry| entry.system) else { return };
        let Some(system) = self.systems.get(key) else { return };
        let row = self.row(trigger, Facet::Plain, system.kind, system.state);
        debug_assert_eq!(row.after, After::CloseHandle);
        let waits = self.handles.get(handle).map(|entry| entry.waits.clone()).unwrap_or_default();
        for wait in waits {
            self.abandon_wait(wait, effects);
        }
        let closed = self.handles.remove(handle);
        self.forget_older(closed.and_then(|entry| entry.older));
        let Some(system) = self.systems.get_mut(key) else { return };
        system.handles.retain(|other| *other != handle);
        if system.handles.is_empty() {
            self.happen(Trigger::LastHandleGone, key, effects);
        }
    }

    /// The world acts on a system. Answers whether that did anything.
    pub(crate) fn happen(&mut self, trigger: Trigger, key: Key, effects: &mut Vec<Effect>) -> bool {
        match self.systems.get(key).map(|system| system.facet(trigger)) {
            Some(facet) => self.happen_with(trigger, facet, key, effects),
            None => false,
        }
    }

    pub(crate) fn happen_with(&mut self, trigger: Trigger, facet: Facet, key: Key, effects: &mut Vec<Effect>) -> bool {
        let Some(system) = self.systems.get(key) else { return false };
        let row = self.row(trigger, facet, system.kind, system.state);
        self.settle(row, key, effects);
        self.announce(row, key, None, effects);
        match row.after {
            After::Forget => self.forget(key),
            After::Disconnect => self.lose_connection(key, effects),
            After::Reboot if trigger == Trigger::GuestStops => {
                self.happen(Trigger::GuestReset, key, effects);
            }
            After::Reboot => self.happen_inside(ProcessTrigger::SystemOver, key, effects),
            _ => {}
        }
        // The service tells all of them of its end before it forgets any: see `service_stop`.
        if trigger != Trigger::ServiceStop {
            self.forget_unheld_system(key, effects);
        }
        row.answer != Answer::Nothing
    }

    /// A system that is over, and of which no handle is left, has nobody to remember it.
    pub(crate) fn forget_unheld_system(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let over = |system: &System| system.state == SystemState::Exited && system.handles.is_empty();
        if self.systems.get(key).is_some_and(over) {
            self.happen(Trigger::LastHandleGone, key, effects);
        }
    }

    /// The connection to a guest is lost, and with it what is known of the processes behind it. The containers in a machine
    /// are reached through it.
    fn lose_connection(&mut self, key: Key, effects: &mut Vec<Effect>) {
        if let Some(system) = self.systems.get_mut(key) {
            system.connection = Connection::Lost;
        }
        self.happen_to_processes(ProcessTrigger::ConnectionLost, key, effects);
        for hosted in self.hosted_in(key) {
            self.happen(Trigger::GuestDisconnect, hosted, effects);
        }
    }

    /// Something happens to every process of a system, and of the containers in it.
    #[inline(never)]
    fn happen_inside(&mut self, trigger: ProcessTrigger, key: Key, effects: &mut Vec<Effect>) {
        for system in std::iter::once(key).chain(self.hosted_in(key)) {
            self.happen_to_processes(trigger, system, effects);
        }
    }

    /// The containers that live in a machine.
    fn hosted_in(&self, key: Key) -> Vec<Key> {
        let dependents = self.systems.get(key).map_or(&[][..], |system| &system.dependents);
        let hosted = |key: &&Key| self.systems.get(**key).is_some_and(|system| system.kind == Kind::HostedContainer);
        dependents.iter().filter(hosted).copied().collect()
    }

    /// The record goes. Whoever came from the system forgets it.
    fn forget(&mut self, key: Key) {
        if let Some(system) = self.systems.remove(key)
            && let Some(origin) = system.origin.and_then(|origin| self.systems.get_mut(origin))
        {
            origin.dependents.retain(|other| *other != key);
        }
    }

    /// The part of a row that comes before the answer: operations in flight, the state, the exit status.
    pub(crate) fn settle(&mut self, row: &'static Row, key: Key, effects: &mut Vec<Effect>) {
        if let Some(ending) = row.ends {
            self.end_in_flight(key, ending, effects);
        }
        if let Some(exit) = row.exit
            && let Some(system) = self.systems.get_mut(key)
        {
            system.exit = Some(exit);
        }
        if let Some(state) = row.becomes {
            self.set_state(key, state);
        }
        if row.ends.is_some() && self.quirks.contains(Quirk::EndpointsAreFreed) {
            self.free_endpoints(key);
        }
        match row.becomes {
            // The service itself tells them: see `service_stop`.
            Some(SystemState::Exited | SystemState::Absent) if row.ends != Some(Ending::ServiceStop) => {
                self.happen_to_processes(ProcessTrigger::SystemOver, key, effects);
            }
            Some(SystemState::Paused) => self.happen_inside(ProcessTrigger::Freeze, key, effects),
            Some(SystemState::Running) => self.happen_inside(ProcessTrigger::Thaw, key, effects),
            _ => {}
        }
    }

    /// Changes a system's state. A system that is over gives its id up.
    pub(crate) fn set_state(&mut self, key: Key, state: SystemState) {
        let Some(system) = self.systems.get_mut(key) else { return };
        let before = std::mem::replace(&mut system.state, state);
        if is_over(state) && !is_over(before) {
            let folded = FoldedId::in_namespace(system.namespace.as_deref(), &system.id);
            let sequence = system.sequence;
            if self.index.get(&folded) == Some(key) {
                self.index.remove(&folded);
            }
            self.release_disks(sequence);
            self.release_volume(sequence);
        }
    }

    /// The part of a row that comes after the answer: events, and those who wait for the exit.
    pub(crate) fn announce(&mut self, row: &'static Row, key: Key, this: Option<Key>, effects: &mut Vec<Effect>) {
        for raise in row.raises {
            let system = self.systems.get(key);
            match raise.to {
                Audience::ThisHandle => {
                    if let Some(handle) = this {
                        self.raise(raise.event, key, handle, effects);
                    }
                }
                Audience::Connected if system.is_none_or(|system| system.connection != Connection::Open) => {}
                Audience::EveryHandle | Audience::Connected => {
                    // Nobody's handles come or go while they are told.
                    let handle =
                        |host: &Host, at| host.systems.get(key).and_then(|system| system.handles.get(at)).copied();
                    let mut at = 0;
                    while let Some(heard) = handle(self, at) {
                        self.raise(raise.event, key, heard, effects);
                        at += 1;
                    }
                }
            }
        }
        if row.exit.is_some() {
            self.end_exit_waits(row, key, effects);
        }
        if matches!(row.ends, Some(Ending::GuestExit | Ending::LastHandle)) || row.on == Trigger::TerminateDone {
            self.tell_dependents(key, effects);
        }
    }

    /// A system is over: those who wait for that are told how, in the order of its handles.
    fn end_exit_waits(&mut self, row: &'static Row, key: Key, effects: &mut Vec<Effect>) {
        let is_waited_on = |handle: &&Key| self.handles.get(**handle).is_some_and(|entry| !entry.waits.is_empty());
        let handles = self.systems.get(key).map_or(&[][..], |system| &system.handles);
        let handles: Vec<Key> = handles.iter().filter(is_waited_on).copied().collect();
        if handles.is_empty() {
            return;
        }
        let reply = match row.ends {
            Some(Ending::ServiceStop) => Reply::Outcome(Hresult::HCS_E_SERVICE_DISCONNECT, None),
            _ => Reply::Outcome(Hresult::S_OK, self.exit_status(key)),
        };
        for handle in handles {
            let waits = self.handles.get_mut(handle).map(|entry| std::mem::take(&mut entry.waits));
            for wait in waits.unwrap_or_default() {
                self.wake(wait, reply.clone(), effects);
            }
        }
    }

    /// A system is over: those that live in it end with it, those that were made from it only on some hosts.
    fn tell_dependents(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let dependents = match self.systems.get_mut(key) {
            Some(system) => std::mem::take(&mut system.dependents),
            None => return,
        };
        for dependent in dependents {
            let hosted = self.systems.get(dependent).is_some_and(|system| system.kind == Kind::HostedContainer);
            if hosted {
                self.happen_with(Trigger::OriginGone, Facet::HostGone, dependent, effects);
            } else if self.quirks.contains(Quirk::ClonesEndWithTemplate) {
                self.happen_with(Trigger::OriginGone, Facet::TemplateGone, dependent, effects);
            }
        }
    }

    /// Raises one event on one handle, if it has a callback and its connection lives.
    fn raise(&mut self, event: EventType, key: Key, handle: Key, effects: &mut Vec<Effect>) {
        let (Some(system), Some(entry)) = (self.systems.get(key), self.handles.get(handle)) else { return };
        if entry.epoch != self.epoch || (entry.registration.is_none() && entry.older.is_none()) {
            return;
        }
        let data = match event {
            EventType::SystemExited => self.exit_status(key),
            EventType::SystemCrashInitiated | EventType::SystemCrashReport => {
                Some(answer::crash_report(self.build, &system.id, event == EventType::SystemCrashReport))
            }
            EventType::SystemRdpEnhancedModeStateChanged
            | EventType::SystemGuestConnectionClosed
            | EventType::ProcessExited
            | EventType::OperationCallback
            | EventType::ServiceDisconnect => None,
        };
        if entry.older.is_some() {
            self.raise_older(event, Behind::System(handle), data, effects);
            return;
        }
        let Some(registration) = entry.registration else { return };
        effects.push(Effect::Notify(Notification {
            target: Target { client: entry.client, handle: Handle::new(HandleType::System, handle), registration },
            event: Some(event),
            data,
            operation: Handle::NULL,
            system: Some(system.id.clone()),
            legacy: None,
        }));
    }

    pub(crate) fn exit_status(&self, key: Key) -> Option<Arc<str>> {
        self.systems.get(key)?.exit.map(|exit| answer::exit_status(self.build, exit))
    }
}

/// Whether a system in this state has given up its id and what it had open.
fn is_over(state: SystemState) -> bool {
    matches!(state, SystemState::Exited | SystemState::Refused | SystemState::Absent)
}
