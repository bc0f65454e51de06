//! Compute systems: the facets that rows ask for, and the handlers that rows name.

use std::sync::Arc;

use hcs_rules::answer::{Exit, Form};
use hcs_rules::constraint;
use hcs_rules::document::Root;
use hcs_rules::hresult::Hresult;
use hcs_rules::operation::Ending;
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{After, Answer, Audience, Row, Surface};
use hcs_rules::system;
use hcs_rules::vocabulary::{EventType, Facet, Kind, OperationType, SystemState, Trigger};
use uuid::Uuid;

use crate::answer;
use crate::change::Changes;
use crate::configuration::{Configuration, Filter, Reading, present};
use crate::document::{Document, Node};
use crate::effect::{Effect, Finding, Notification, Reply, Target};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Due, Host, INCARNATION_SHARDS, Item, incarnation_shard, refusal};
use crate::id::FoldedId;
use crate::input::{ClientId, CreateOptions, Fate, Request, Text};
use crate::operation::{Start, Work, started_by};
use crate::table::Key;
use crate::time::Time;
use crate::wait::For;

/// One compute system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct System {
    pub(crate) id: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) state: SystemState,
    pub(crate) runtime_id: Uuid,
    /// The document, if it was accepted. Shared by clones of the world.
    pub(crate) document: Option<Document>,
    /// What the document is.
    pub(crate) root: Root,
    pub(crate) namespace: Option<Arc<str>>,
    /// Who created it.
    pub(crate) creator: ClientId,
    /// The system that this one lives in or was made from.
    pub(crate) origin: Option<Key>,
    /// Those that live in this one or were made from it.
    pub(crate) dependents: Vec<Key>,
    /// What modify requests have changed.
    pub(crate) changes: Option<Box<Changes>>,
    /// When it was started.
    pub(crate) started: Time,
    /// When its guest is up.
    pub(crate) up: Time,
    /// Whether the guest connection stands, or stood and is lost.
    pub(crate) connection: Connection,
    /// What a shutdown asked for, and when the guest will have done it.
    pub(crate) asked: Option<(Facet, Due)>,
    pub(crate) exit: Option<Exit>,
    /// Its handles, in the order in which they were made.
    pub(crate) handles: Vec<Key>,
    pub(crate) in_flight: Vec<Due>,
    /// Its place among all systems by creation: the order of enumeration. Assumed.
    pub(crate) sequence: u64,
    /// What draws are keyed by: the id, and which of the systems of that id it is.
    pub(crate) object: u64,
    pub(crate) ordinals: [u32; OperationType::COUNT],
}

/// The connection between the host and a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// There is none, or not yet.
    None,
    /// It stands.
    Open,
    /// It stood, and is lost.
    Lost,
}

/// What a client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SystemHandle {
    pub(crate) client: ClientId,
    pub(crate) system: Key,
    pub(crate) sequence: u64,
    /// The service's epoch when the handle was made.
    pub(crate) epoch: u32,
    /// The callback, among all that were ever set.
    pub(crate) registration: Option<u64>,
    pub(crate) options: u32,
    pub(crate) waits: Vec<Key>,
}

impl System {
    pub(crate) fn member(&self, path: &[&str]) -> Option<Node<'_>> {
        self.document.as_ref()?.root().path(path).filter(|node| !node.is_null())
    }

    /// `Owner`
    pub(crate) fn owner(&self) -> Option<&str> {
        self.member(&["Owner"])?.as_str()
    }

    /// `Name`, which only documents of schema 1 have.
    pub(crate) fn name(&self) -> Option<&str> {
        self.member(&["Name"]).filter(|_| self.root == Root::ContainerConfigV1)?.as_str()
    }

    /// The machine's own part of the document.
    pub(crate) fn machine(&self, path: &[&str]) -> Option<Node<'_>> {
        let machine = self.member(&["VirtualMachine"])?;
        machine.path(path).filter(|node| !node.is_null())
    }

    /// The container's own part of the document, in whichever form.
    pub(crate) fn container(&self, path: &[&str]) -> Option<Node<'_>> {
        let container = self.member(&["Container"]).or_else(|| self.member(&["HostedSystem", "Container"]))?;
        container.path(path).filter(|node| !node.is_null())
    }

    /// Whether the system ends with its last handle.
    pub(crate) fn ends_with_handles(&self) -> bool {
        let member = match self.root {
            Root::ContainerConfigV1 => "TerminateOnLastHandleClosed",
            _ => "ShouldTerminateOnLastHandleClosed",
        };
        self.member(&[member]).and_then(Node::as_bool) == Some(true)
    }

    /// Whether the document configures the integration service that shuts the guest down. Below schema version 2.5 the
    /// section is accepted and dropped (observed by two clients).
    pub(crate) fn has_shutdown_service(&self) -> bool {
        let declared = |part| self.member(&["SchemaVersion", part]).and_then(Node::as_u64);
        let before = match (declared("Major"), declared("Minor")) {
            (Some(major), minor) => (major, minor.unwrap_or(0)) < (2, 5),
            (None, _) => false,
        };
        !before && self.machine(&["Services", "Shutdown"]).is_some()
    }

    /// Whether a device stands against saving: a GPU partition, VSMB or Plan 9.
    pub(crate) fn has_unsavable_device(&self) -> bool {
        ["GpuP", "VirtualSmb", "Plan9"].into_iter().any(|device| self.machine(&["Devices", device]).is_some())
    }

    /// The facet of a shutdown that goes through the guest connection.
    pub(crate) fn by_guest(&self, facet: Facet) -> Facet {
        if self.connection == Connection::Lost { Facet::ConnectionLost } else { facet }
    }

    /// The facet of a trigger that depends on the system alone.
    fn facet(&self, trigger: Trigger) -> Facet {
        let is_set = |path: &[&str]| self.machine(path).and_then(Node::as_bool) == Some(true);
        match trigger {
            Trigger::LastHandleGone if self.ends_with_handles() => Facet::TerminateOnLastHandle,
            Trigger::LastHandleGone => Facet::OutliveHandles,
            Trigger::GuestCrash | Trigger::CrashDone => match self.machine(&["Devices", "GuestCrashReporting"]) {
                Some(_) => Facet::CrashReporting,
                None => Facet::NoCrashReporting,
            },
            Trigger::GuestReset if is_set(&["StopOnReset"]) => Facet::StopOnReset,
            Trigger::GuestReset if self.machine(&["Devices", "SharedMemory", "Regions"]).is_some() => {
                Facet::SharedMemory
            }
            Trigger::GuestReset if self.machine(&["Devices", "VideoMonitor"]).is_none() => Facet::NoVideoMonitor,
            Trigger::GuestReset => Facet::Resettable,
            Trigger::GuestStops => self.asked.map_or(Facet::PowerOff, |(asked, _)| asked),
            _ => Facet::Plain,
        }
    }
}

impl Host {
    /// The row for what happens to a system. The facets and states that exist are those of the trigger's domain, so that a
    /// miss is a fault of this crate.
    pub(crate) fn row(&self, trigger: Trigger, facet: Facet, kind: Kind, state: SystemState) -> &'static Row {
        system::rule(trigger, facet, kind, state, self.build)
            .unwrap_or_else(|| unreachable!("{trigger:?} cannot come in {state:?} with {facet:?}"))
    }

    // -- Create, open, enumerate: by id, or by none.

    pub(crate) fn create_system(
        &mut self,
        on: &Admitted,
        named: Named<'_>,
        configuration: &Text,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let Text::Some(id) = named.id else { return refusal(on.call, Hresult::E_INVALIDARG) };
        let folded = named.folded(id);
        let taken = self.index.get(&folded).and_then(|key| self.systems.get(key));
        let before = taken.map_or(SystemState::Absent, |system| system.state);
        let read = Configuration::read(configuration, self.build);
        let row = self.row(Trigger::Create, read.facet, read.kind, before);
        debug_assert_eq!(row.after, After::MakeSystem);

        let hash = folded.hash();
        self.incarnations.resize(INCARNATION_SHARDS, 0);
        let incarnation = &mut self.incarnations[incarnation_shard(hash)];
        let object = hash ^ u64::from(*incarnation).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        *incarnation = incarnation.wrapping_add(1);
        let sequence = self.next_sequence();
        let state = row.becomes.unwrap_or(before);
        let system = self.systems.insert(System {
            id: id.clone(),
            kind: read.kind,
            state,
            runtime_id: FoldedId::of(id).runtime_id(),
            document: read.document,
            root: read.root,
            namespace: named.namespace.cloned(),
            creator: on.client,
            origin: None,
            dependents: Vec::new(),
            changes: None,
            started: Time::ZERO,
            up: Time::ZERO,
            connection: Connection::None,
            asked: None,
            exit: None,
            handles: Vec::with_capacity(1),
            in_flight: Vec::with_capacity(1),
            sequence,
            object,
            ordinals: [0; OperationType::COUNT],
        });
        if state != SystemState::Refused {
            self.index.insert(folded, system);
        }
        let handle = self.make_handle(on.client, system);
        if let CreateOptions::First { events, callback: true } = named.options {
            let registration = self.next_sequence();
            if let Some(entry) = self.handles.get_mut(handle) {
                entry.registration = Some(registration);
                entry.options = events;
            }
        }
        let start = Start {
            kind: OperationType::Create,
            handle: Some(handle),
            system: Some(system),
            before,
            refusal: read.refusal,
            document: None,
        };
        self.start_work(on, row, fate, start, effects);
        Reply::Handle(Hresult::S_OK, Handle::new(HandleType::System, handle))
    }

    pub(crate) fn open_system(&mut self, on: &Admitted, named: Named<'_>) -> Reply {
        let Text::Some(id) = named.id else { return refusal(on.call, Hresult::E_INVALIDARG) };
        let found = self.index.get(&named.folded(id)).and_then(|key| Some((key, self.systems.get(key)?)));
        let (kind, state) = match found {
            Some((_, system)) => (system.kind, system.state),
            None => (Kind::VirtualMachine, SystemState::Absent),
        };
        let row = self.row(Trigger::Open, Facet::Plain, kind, state);
        match (row.answer, row.after, found) {
            (Answer::Done, After::OpenHandle, Some((key, _))) => {
                Reply::Handle(Hresult::S_OK, Handle::new(HandleType::System, self.make_handle(on.client, key)))
            }
            (Answer::Fails(code), ..) => refusal(on.call, code),
            _ => unreachable!("row {} neither opens nor refuses", row.id),
        }
    }

    pub(crate) fn enumerate(
        &mut self,
        on: &Admitted,
        namespace: Option<&Arc<str>>,
        query: &Text,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let read = Reading::query(query, Root::SystemQuery, self.build);
        let row = self.row(Trigger::Enumerate, read.facet, Kind::VirtualMachine, SystemState::Absent);
        let start = Start {
            kind: OperationType::Enumerate,
            handle: None,
            system: None,
            before: SystemState::Absent,
            refusal: read.refusal,
            document: read.document,
        };
        let on = Admitted { namespace: namespace.cloned(), ..*on };
        self.start_work(&on, row, fate, start, effects);
        Reply::Outcome(Hresult::S_OK, None)
    }

    fn make_handle(&mut self, client: ClientId, system: Key) -> Key {
        let sequence = self.next_sequence();
        let epoch = self.epoch;
        let handle = self.handles.insert(SystemHandle {
            client,
            system,
            sequence,
            epoch,
            registration: None,
            options: 0,
            waits: Vec::new(),
        });
        if let Some(system) = self.systems.get_mut(system) {
            system.handles.push(handle);
        }
        handle
    }

    // -- Calls on a handle.

    pub(crate) fn on_system(
        &mut self,
        on: &Admitted,
        request: &Request,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let Some(handle) = on.system else { return refusal(on.call, Hresult::ERROR_INVALID_HANDLE) };
        let Some((key, system)) =
            self.handles.get(handle).and_then(|entry| Some((entry.system, self.systems.get(entry.system)?)))
        else {
            return refusal(on.call, Hresult::ERROR_INVALID_HANDLE);
        };
        let mut read = Reading::none(Facet::Plain);
        let trigger = match request {
            Request::CloseComputeSystem { system } => {
                if self.handles.get(handle).is_some_and(|entry| !entry.waits.is_empty()) {
                    effects.push(Effect::Finding(Finding::ClosedWhileWaiting(on.client, on.call, *system)));
                }
                self.apply_to_handle(Trigger::Close, handle, effects);
                return Reply::Void;
            }
            Request::StartComputeSystem { .. } => Trigger::Start,
            Request::TerminateComputeSystem { .. } => Trigger::Terminate,
            Request::ResumeComputeSystem { .. } => Trigger::Resume,
            Request::WaitForComputeSystemExit { .. } => Trigger::WaitForExit,
            Request::ShutDownComputeSystem { options, .. } => {
                read = Reading::shutdown(options, self.build, system, system.up <= self.now);
                Trigger::ShutDown
            }
            Request::CrashComputeSystem { options, .. } => {
                read = Reading::options(options, Root::CrashOptions, self.build);
                Trigger::Crash
            }
            Request::PauseComputeSystem { options, .. } => {
                read = Reading::options(options, Root::PauseOptions, self.build);
                Trigger::Pause
            }
            Request::SaveComputeSystem { options, .. } => {
                read = Reading::save(options, self.build, system);
                Trigger::Save
            }
            Request::ModifyComputeSystem { configuration, .. } => {
                read = Reading::request(configuration, self.build);
                Trigger::Modify
            }
            Request::GetComputeSystemProperties { query, .. } => {
                read = Reading::query(query, Root::PropertyQuery, self.build);
                Trigger::GetProperties
            }
            Request::SetComputeSystemCallback { callback, .. } => {
                let registered = self.handles.get(handle).is_some_and(|entry| entry.registration.is_some());
                read.facet = match (*callback, registered) {
                    (false, _) => Facet::NoCallback,
                    (true, false) => Facet::FirstCallback,
                    (true, true) => Facet::SecondCallback,
                };
                Trigger::SetCallback
            }
            _ => unreachable!("{:?} is no call on a system", on.call),
        };
        let before = system.state;
        let row = self.row(trigger, read.facet, system.kind, before);
        match (row.surface, row.answer) {
            (Surface::Operation, Answer::Fails(code)) if self.fails_from_the_call(code) => self.refuse(on, code),
            (Surface::Operation, _) => {
                self.settle(row, key, effects);
                let start = Start {
                    kind: started_by(on.call),
                    handle: Some(handle),
                    system: Some(key),
                    before,
                    refusal: read.refusal,
                    document: read.document,
                };
                self.start_work(on, row, fate, start, effects);
                Reply::Outcome(Hresult::S_OK, None)
            }
            (_, Answer::Fails(code)) => self.refuse(on, code),
            (_, Answer::Waits) => {
                let Request::WaitForComputeSystemExit { timeout_ms, .. } = request else {
                    unreachable!("row {} waits where nobody can", row.id)
                };
                self.block(on.client, For::Exit(handle), *timeout_ms)
            }
            _ => self.done_on_handle(on, row, request, handle, key, effects),
        }
    }

    /// Whether the host gives errors of a system's state from the call: a quirk.
    fn fails_from_the_call(&self, code: Hresult) -> bool {
        self.quirks.contains(Quirk::StateErrorsFromCall)
            && matches!(code, Hresult::HCS_E_INVALID_STATE | Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
    }

    /// What a row's handler does for a call that is answered at once.
    fn done_on_handle(
        &mut self,
        on: &Admitted,
        row: &'static Row,
        request: &Request,
        handle: Key,
        key: Key,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let registration = self.next_sequence();
        let mut document = None;
        match (row.after, request) {
            (After::SetCallback, Request::SetComputeSystemCallback { options, .. }) => {
                if let Some(entry) = self.handles.get_mut(handle) {
                    entry.registration = Some(registration);
                    entry.options = *options;
                }
            }
            (After::ClearCallback, _) => {
                if let Some(entry) = self.handles.get_mut(handle) {
                    entry.registration = None;
                }
            }
            (After::ExitStatus, _) => document = self.exit_status(key),
            _ => unreachable!("row {} has no handler for {:?}", row.id, on.call),
        }
        self.announce(row, key, Some(handle), effects);
        Reply::Outcome(Hresult::S_OK, document)
    }

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
        self.handles.remove(handle);
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

    fn happen_with(&mut self, trigger: Trigger, facet: Facet, key: Key, effects: &mut Vec<Effect>) -> bool {
        let Some(system) = self.systems.get(key) else { return false };
        let row = self.row(trigger, facet, system.kind, system.state);
        self.settle(row, key, effects);
        self.announce(row, key, None, effects);
        match row.after {
            After::Forget => self.forget(key),
            After::Disconnect => {
                if let Some(system) = self.systems.get_mut(key) {
                    system.connection = Connection::Lost;
                }
            }
            After::Reboot if trigger == Trigger::GuestStops => {
                self.happen(Trigger::GuestReset, key, effects);
            }
            _ => {}
        }
        row.answer != Answer::Nothing
    }

    /// The record goes. Whoever came from the system forgets it.
    fn forget(&mut self, key: Key) {
        if let Some(system) = self.systems.remove(key)
            && let Some(origin) = system.origin.and_then(|origin| self.systems.get_mut(origin))
        {
            origin.dependents.retain(|other| *other != key);
        }
    }

    /// A request completes as its row says.
    pub(crate) fn complete_by_rule(&mut self, work: Work, effects: &mut Vec<Effect>) {
        let trigger = work.kind.completion().unwrap_or_else(|| unreachable!("a request without a type was started"));
        let (kind, state, facet) = match work.system {
            None => (Kind::VirtualMachine, SystemState::Absent, Facet::Plain),
            Some(key) => match self.systems.get(key) {
                Some(system) => (system.kind, system.state, system.facet(trigger)),
                None => return,
            },
        };
        let broken = match (trigger, work.system) {
            (Trigger::CreateDone | Trigger::StartDone, Some(key)) => self.broken_constraint(key, work.kind),
            _ => None,
        };
        let facet = match (trigger, &work.document) {
            _ if broken.is_some() => Facet::Unservable,
            (Trigger::SaveDone, Some(options)) => {
                let template = present(options.root(), "SaveType").and_then(Node::as_str) == Some("AsTemplate");
                if template { Facet::AsTemplate } else { Facet::ToFile }
            }
            _ => facet,
        };
        let row = self.row(trigger, facet, kind, state);
        if let Some(key) = work.system {
            self.settle(row, key, effects);
        }
        let (code, document) = self.completed(&work, row, broken);
        if let Some(key) = work.system {
            self.after_completion(&work, row, key);
            if trigger == Trigger::CreateDone && broken.is_none() {
                self.link_origin(key);
            }
        }
        self.finish(&work, code, document, effects);
        if let Some(key) = work.system {
            self.announce(row, key, None, effects);
        }
    }

    /// What a completed request ends with.
    fn completed(
        &mut self,
        work: &Work,
        row: &'static Row,
        broken: Option<constraint::Constraint>,
    ) -> (Hresult, Option<Arc<str>>) {
        let system = work.system.and_then(|key| self.systems.get(key));
        match (row.answer, row.after) {
            (Answer::Fails(code), _) => (code, Some(answer::result_error(code))),
            (Answer::AsFound, After::Change) => {
                let changed = work.system.map(|key| self.change(key, work.document.as_ref()));
                match changed {
                    Some(Err((code, form))) => (code, Some(self.failure(work, code, form))),
                    _ => (Hresult::S_OK, None),
                }
            }
            (Answer::AsFound, _) => match broken.map(constraint::row) {
                Some(row) => (row.code, Some(self.failure(work, row.code, row.form))),
                None => unreachable!("row {} finds nothing", row.id),
            },
            (_, After::Properties) => {
                let document = system.map(|system| answer::properties(self, system, work.document.as_ref()));
                (Hresult::S_OK, document)
            }
            (_, After::List) => (Hresult::S_OK, Some(self.list(work))),
            _ => (Hresult::S_OK, None),
        }
    }

    /// The result document of a request that failed with this code.
    pub(crate) fn failure(&self, work: &Work, code: Hresult, form: Form) -> Arc<str> {
        let system = work.system.and_then(|key| self.systems.get(key));
        answer::failure(self.build, code, form, work.kind, system)
    }

    /// What a completed request leaves behind, beside the state.
    fn after_completion(&mut self, work: &Work, row: &'static Row, key: Key) {
        match row.after {
            After::Boot => {
                let (now, guest) = (self.now, work.guest);
                let Some(system) = self.systems.get_mut(key) else { return };
                system.started = now;
                system.up = if guest == u64::MAX { Time::NEVER } else { now.after(guest) };
                let connects =
                    matches!(system.kind, Kind::GuestVirtualMachine | Kind::HyperVContainer | Kind::HostedContainer);
                system.connection = if connects { Connection::Open } else { Connection::None };
                self.attach_endpoints(key);
            }
            After::AskGuest => {
                let at = if work.guest == u64::MAX { Time::NEVER } else { self.now.after(work.guest) };
                let due = (at, self.next_sequence());
                let kind = work.document.as_ref().and_then(|options| present(options.root(), "Type")?.as_str());
                let asked = if kind == Some("Reboot") { Facet::Reboot } else { Facet::PowerOff };
                let Some(system) = self.systems.get_mut(key) else { return };
                if let Some((_, old)) = system.asked.replace((asked, due)) {
                    self.agenda.remove(&old);
                }
                self.agenda.insert(due, Item::Guest(key));
            }
            After::KeepState => {
                let path =
                    work.document.as_ref().and_then(|options| present(options.root(), "SaveStateFilePath")?.as_str());
                if let Some(path) = path {
                    self.saved.insert(FoldedId::of(path));
                }
            }
            _ => {}
        }
    }

    /// The part of a row that comes before the answer: operations in flight, the state, the exit status.
    fn settle(&mut self, row: &'static Row, key: Key, effects: &mut Vec<Effect>) {
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
    }

    /// Changes a system's state. A system that is over gives its id up.
    pub(crate) fn set_state(&mut self, key: Key, state: SystemState) {
        let Some(system) = self.systems.get_mut(key) else { return };
        system.state = state;
        if matches!(state, SystemState::Exited | SystemState::Refused | SystemState::Absent) {
            let folded = FoldedId::in_namespace(system.namespace.as_deref(), &system.id);
            if self.index.get(&folded) == Some(key) {
                self.index.remove(&folded);
            }
        }
    }

    /// The part of a row that comes after the answer: events, and those who wait for the exit.
    fn announce(&mut self, row: &'static Row, key: Key, this: Option<Key>, effects: &mut Vec<Effect>) {
        for raise in row.raises {
            let hearers = match raise.to {
                Audience::ThisHandle => this.into_iter().collect(),
                Audience::Connected
                    if self.systems.get(key).is_none_or(|system| system.connection != Connection::Open) =>
                {
                    continue;
                }
                Audience::EveryHandle | Audience::Connected => {
                    self.systems.get(key).map(|system| system.handles.clone()).unwrap_or_default()
                }
            };
            for handle in hearers {
                self.raise(raise.event, key, handle, effects);
            }
        }
        if row.exit.is_some() {
            let reply = match row.ends {
                Some(Ending::ServiceStop) => Reply::Outcome(Hresult::HCS_E_SERVICE_DISCONNECT, None),
                _ => Reply::Outcome(Hresult::S_OK, self.exit_status(key)),
            };
            let handles = self.systems.get(key).map(|system| system.handles.clone()).unwrap_or_default();
            for handle in handles {
                let waits = self.handles.get_mut(handle).map(|entry| std::mem::take(&mut entry.waits));
                for wait in waits.unwrap_or_default() {
                    self.wake(wait, reply.clone(), effects);
                }
            }
        }
        if matches!(row.ends, Some(Ending::GuestExit | Ending::LastHandle)) || row.on == Trigger::TerminateDone {
            self.tell_dependents(key, effects);
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
    fn raise(&self, event: EventType, key: Key, handle: Key, effects: &mut Vec<Effect>) {
        let (Some(system), Some(entry)) = (self.systems.get(key), self.handles.get(handle)) else { return };
        let Some(registration) = entry.registration.filter(|_| entry.epoch == self.epoch) else { return };
        let data = match event {
            EventType::SystemExited => self.exit_status(key),
            EventType::SystemCrashInitiated | EventType::SystemCrashReport => {
                Some(answer::crash_report(self.build, &system.id, event == EventType::SystemCrashReport))
            }
            EventType::SystemRdpEnhancedModeStateChanged
            | EventType::SystemGuestConnectionClosed
            | EventType::OperationCallback
            | EventType::ServiceDisconnect => None,
        };
        effects.push(Effect::Notify(Notification {
            target: Target { client: entry.client, handle: Handle::new(HandleType::System, handle), registration },
            event: Some(event),
            data,
            operation: Handle::NULL,
            system: Some(system.id.clone()),
        }));
    }

    fn exit_status(&self, key: Key) -> Option<Arc<str>> {
        self.systems.get(key)?.exit.map(|exit| answer::exit_status(self.build, exit))
    }

    /// The list that a request asks for, in the order of creation.
    fn list(&self, work: &Work) -> Arc<str> {
        let filter = Filter::of(work.document.as_ref());
        let mut listed: Vec<&System> = self
            .systems
            .iter()
            .map(|(_, system)| system)
            .filter(|system| {
                let row = self.row(Trigger::List, Facet::Plain, system.kind, system.state);
                row.after == After::ListElement && system.namespace == work.namespace && filter.takes(system)
            })
            .collect();
        listed.sort_unstable_by_key(|system| system.sequence);
        answer::list(self, &listed)
    }
}

/// How a call names a system.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) id: &'a Text,
    pub(crate) namespace: Option<&'a Arc<str>>,
    pub(crate) options: CreateOptions,
}

impl<'a> Named<'a> {
    /// By id alone.
    pub(crate) fn by_id(id: &'a Text) -> Named<'a> {
        Named { id, namespace: None, options: CreateOptions::None }
    }

    /// By id, in a namespace. An argument that is no text was refused before.
    pub(crate) fn within(namespace: &'a Text, id: &'a Text) -> Named<'a> {
        let namespace = if let Text::Some(namespace) = namespace { Some(namespace) } else { None };
        Named { id, namespace, options: CreateOptions::None }
    }

    fn folded(&self, id: &str) -> FoldedId {
        FoldedId::in_namespace(self.namespace.map(|namespace| &**namespace), id)
    }
}
