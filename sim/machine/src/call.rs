//! Calls on compute systems, once they are admitted: the document stage and the state stage.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::constraint::Sections;
use hcs_rules::document::Root;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy;
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{After, Answer, Row, Surface};
use hcs_rules::vocabulary::{Facet, Kind, OperationType, SystemState, Trigger};

use smallvec::SmallVec;

use crate::configuration::{Configuration, Reading, present};
use crate::constraint::sections;
use crate::document::{Document, Node};
use crate::effect::{Effect, Finding, Reply};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Host, INCARNATION_SHARDS, incarnation_shard, refusal};
use crate::id::FoldedId;
use crate::input::{ClientId, CreateOptions, Fate, Request, Text};
use crate::operation::{Ruled, Start, started_by};
use crate::system::{Connection, System, SystemHandle};
use crate::table::{Key, Keys};
use crate::time::Time;
use crate::wait::For;

impl Host {
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

        let state = row.becomes.unwrap_or(before);
        let made = Made { id, namespace: named.namespace, kind: read.kind, root: read.root, document: read.document };
        let system = self.make_system(made, Some(on.client), state);
        let handle = self.make_handle(on.client, system);
        if let CreateOptions::First { events, callback: true } = named.options {
            let registration = self.next_sequence();
            if let Some(entry) = self.handles.get_mut(handle) {
                entry.registration = Some(registration);
                entry.options = events;
            }
        }
        let start = Start {
            handle: Some(handle),
            system: Some(system),
            refusal: read.refusal,
            ..Start::of(OperationType::Create, Some(before))
        };
        self.start_work(on, self.ruled(row), fate, start, effects);
        Reply::Handle(Hresult::S_OK, Handle::new(HandleType::System, handle))
    }

    /// A system enters the table. Its id is taken unless it is refused.
    pub(crate) fn make_system(&mut self, made: Made<'_>, creator: Option<ClientId>, state: SystemState) -> Key {
        let folded = FoldedId::in_namespace(made.namespace.map(|name| &**name), made.id);
        let runtime_id = match made.namespace {
            None => folded.runtime_id(),
            Some(_) => FoldedId::of(made.id).runtime_id(),
        };
        let hash = folded.hash();
        let incarnations = self.incarnations.get_or_insert_with(|| Arc::new([0; INCARNATION_SHARDS]));
        let incarnation = &mut Arc::make_mut(incarnations)[incarnation_shard(hash)];
        let object = hash ^ u64::from(*incarnation).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        *incarnation = incarnation.wrapping_add(1);
        let sequence = self.next_sequence();
        let machine = made.document.as_ref().and_then(|document| present(document.root(), "VirtualMachine"));
        let system = self.systems.insert(System {
            id: made.id.clone(),
            kind: made.kind,
            state,
            runtime_id,
            machine: machine.map(Node::place),
            sections: machine.map_or(Sections::NONE, sections),
            document: made.document,
            root: made.root,
            namespace: made.namespace.cloned(),
            creator,
            older: false,
            origin: None,
            dependents: Vec::new(),
            changes: None,
            started: Time::ZERO,
            up: Time::ZERO,
            connection: Connection::None,
            asked: None,
            exit: None,
            handles: Keys::new(),
            in_flight: SmallVec::new(),
            processes: BTreeMap::new(),
            made_processes: 0,
            has_init: false,
            process_count: 0,
            files: None,
            sequence,
            object,
            ordinals: [0; OperationType::COUNT],
        });
        if state != SystemState::Refused {
            self.index.insert(folded, system);
        }
        system
    }

    #[cold]
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

    #[cold]
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
            refusal: read.refusal,
            document: read.document,
            namespace: namespace.cloned(),
            ..Start::of(OperationType::Enumerate, None)
        };
        self.start_work(on, self.ruled(row), fate, start, effects);
        Reply::Outcome(Hresult::S_OK, None)
    }

    pub(crate) fn make_handle(&mut self, client: ClientId, system: Key) -> Key {
        let sequence = self.next_sequence();
        let epoch = self.epoch;
        let handle = self.handles.insert(SystemHandle {
            client,
            system,
            sequence,
            epoch,
            registration: None,
            options: 0,
            waits: Keys::new(),
            older: None,
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
        if trigger == Trigger::Start
            && system.older
            && self.handles.get(handle).is_some_and(|entry| entry.older.is_none())
        {
            // The generations do not mix.
            let ruled = Ruled { row: "legacy.mixed", answer: Answer::Fails(legacy::MIXED) };
            let start =
                Start { handle: Some(handle), system: Some(key), ..Start::of(started_by(on.call), Some(before)) };
            self.start_work(on, ruled, fate, start, effects);
            return Reply::Outcome(Hresult::S_OK, None);
        }
        match (row.surface, row.answer) {
            (Surface::Operation, Answer::Fails(code)) if self.fails_from_the_call(code) => self.refuse(on, code),
            (Surface::Operation, _) => {
                self.settle(row, key, effects);
                let start = Start {
                    handle: Some(handle),
                    system: Some(key),
                    refusal: read.refusal,
                    document: read.document,
                    ..Start::of(started_by(on.call), Some(before))
                };
                self.start_work(on, self.ruled(row), fate, start, effects);
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
    pub(crate) fn fails_from_the_call(&self, code: Hresult) -> bool {
        self.quirks.contains(Quirk::StateErrorsFromCall)
            && matches!(code, Hresult::HCS_E_INVALID_STATE | Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
    }

    /// What a row's handler does for a call that is answered at once.
    pub(crate) fn done_on_handle(
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
}

/// What a new system is made from.
pub(crate) struct Made<'a> {
    pub(crate) id: &'a Arc<str>,
    pub(crate) namespace: Option<&'a Arc<str>>,
    pub(crate) kind: Kind,
    pub(crate) root: Root,
    pub(crate) document: Option<Document>,
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
