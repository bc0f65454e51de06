//! Compute systems: the facets that rows ask for, and the handlers that rows name.

use std::sync::Arc;

use hcs_rules::answer::Exit;
use hcs_rules::document::{Root, UNMODELLED, unmodelled_members};
use hcs_rules::hresult::Hresult;
use hcs_rules::operation::Ending;
use hcs_rules::rule::{After, Answer, Audience, Row, Surface};
use hcs_rules::system;
use hcs_rules::vocabulary::{EventType, Facet, Kind, OperationType, SystemState, Trigger};
use uuid::Uuid;

use crate::answer;
use crate::document::{self, Document, Node};
use crate::effect::{Effect, Finding, Notification, Reply, Target};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Due, Host, INCARNATION_SHARDS, incarnation_shard, refusal};
use crate::id::FoldedId;
use crate::input::{ClientId, Fate, Request, Text};
use crate::operation::{Start, Work, started_by};
use crate::table::Key;
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
    fn member(&self, path: &[&str]) -> Option<Node<'_>> {
        self.document.as_ref()?.root().path(path).filter(|node| !node.is_null())
    }

    /// `Owner`
    pub(crate) fn owner(&self) -> Option<&str> {
        self.member(&["Owner"])?.as_str()
    }

    /// The facet of a trigger that depends on the system alone.
    fn facet(&self, trigger: Trigger) -> Facet {
        match trigger {
            Trigger::LastHandleGone => {
                let terminate = self.member(&["ShouldTerminateOnLastHandleClosed"]).and_then(|node| node.as_bool());
                if terminate == Some(true) { Facet::TerminateOnLastHandle } else { Facet::OutliveHandles }
            }
            Trigger::GuestCrash => match self.member(&["VirtualMachine", "Devices", "GuestCrashReporting"]) {
                Some(_) => Facet::CrashReporting,
                None => Facet::NoCrashReporting,
            },
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
        id: &Text,
        configuration: &Text,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let Text::Some(id) = id else { return refusal(on.call, Hresult::E_INVALIDARG) };
        let folded = FoldedId::of(id);
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
            runtime_id: folded.runtime_id(),
            document: read.document,
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
        let start = Start {
            kind: OperationType::Create,
            handle: Some(handle),
            system: Some(system),
            before,
            refusal: read.refusal,
            query: None,
        };
        self.start_work(on, row, fate, start, effects);
        Reply::Handle(Hresult::S_OK, Handle::new(HandleType::System, handle))
    }

    pub(crate) fn open_system(&mut self, on: &Admitted, id: &Text) -> Reply {
        let Text::Some(id) = id else { return refusal(on.call, Hresult::E_INVALIDARG) };
        let found = self.index.get(&FoldedId::of(id)).and_then(|key| Some((key, self.systems.get(key)?)));
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

    pub(crate) fn enumerate(&mut self, on: &Admitted, query: &Text, fate: &Fate, effects: &mut Vec<Effect>) -> Reply {
        let read = Query::read(query, Root::SystemQuery, self.build);
        let row = self.row(Trigger::Enumerate, read.facet, Kind::VirtualMachine, SystemState::Absent);
        let start = Start {
            kind: OperationType::Enumerate,
            handle: None,
            system: None,
            before: SystemState::Absent,
            refusal: read.refusal,
            query: read.document,
        };
        self.start_work(on, row, fate, start, effects);
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
        let mut query = Query::none();
        let (trigger, facet) = match request {
            Request::CloseComputeSystem { system } => {
                if self.handles.get(handle).is_some_and(|entry| !entry.waits.is_empty()) {
                    effects.push(Effect::Finding(Finding::ClosedWhileWaiting(on.client, on.call, *system)));
                }
                self.apply_to_handle(Trigger::Close, handle, effects);
                return Reply::Void;
            }
            Request::StartComputeSystem { .. } => (Trigger::Start, Facet::Plain),
            Request::TerminateComputeSystem { .. } => (Trigger::Terminate, Facet::Plain),
            Request::WaitForComputeSystemExit { .. } => (Trigger::WaitForExit, Facet::Plain),
            Request::GetComputeSystemProperties { query: text, .. } => {
                query = Query::read(text, Root::PropertyQuery, self.build);
                (Trigger::GetProperties, query.facet)
            }
            Request::SetComputeSystemCallback { callback, .. } => {
                let registered = self.handles.get(handle).is_some_and(|entry| entry.registration.is_some());
                let facet = match (*callback, registered) {
                    (false, _) => Facet::NoCallback,
                    (true, false) => Facet::FirstCallback,
                    (true, true) => Facet::SecondCallback,
                };
                (Trigger::SetCallback, facet)
            }
            _ => unreachable!("{:?} is no call on a system", on.call),
        };
        let before = system.state;
        let row = self.row(trigger, facet, system.kind, before);
        match (row.surface, row.answer) {
            (Surface::Operation, _) => {
                self.settle(row, key, effects);
                let start = Start {
                    kind: started_by(on.call),
                    handle: Some(handle),
                    system: Some(key),
                    before,
                    refusal: query.refusal,
                    query: query.document,
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
        let Some(system) = self.systems.get(key) else { return false };
        let row = self.row(trigger, system.facet(trigger), system.kind, system.state);
        self.settle(row, key, effects);
        self.announce(row, key, None, effects);
        if row.after == After::Forget {
            self.systems.remove(key);
        }
        row.answer != Answer::Nothing
    }

    /// A request completes as its row says.
    pub(crate) fn complete_by_rule(&mut self, work: Work, effects: &mut Vec<Effect>) {
        let trigger = work.kind.completion().unwrap_or_else(|| unreachable!("a request without a type was started"));
        let (kind, state) = match work.system {
            None => (Kind::VirtualMachine, SystemState::Absent),
            Some(key) => match self.systems.get(key) {
                Some(system) => (system.kind, system.state),
                None => return,
            },
        };
        let row = self.row(trigger, Facet::Plain, kind, state);
        if let Some(key) = work.system {
            self.settle(row, key, effects);
        }
        let document = match row.after {
            After::Properties => work.system.and_then(|key| self.systems.get(key)).map(answer::properties),
            After::List => Some(self.list(work.query.as_ref())),
            _ => None,
        };
        let code = match row.answer {
            Answer::Fails(code) => code,
            _ => Hresult::S_OK,
        };
        self.finish(&work, code, document, effects);
        if let Some(key) = work.system {
            self.announce(row, key, None, effects);
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
    }

    /// Changes a system's state. A system that is over gives its id up.
    pub(crate) fn set_state(&mut self, key: Key, state: SystemState) {
        let Some(system) = self.systems.get_mut(key) else { return };
        system.state = state;
        if matches!(state, SystemState::Exited | SystemState::Refused | SystemState::Absent) {
            let folded = FoldedId::of(&system.id);
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
                Audience::EveryHandle => self.systems.get(key).map(|system| system.handles.clone()).unwrap_or_default(),
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
    }

    /// Raises one event on one handle, if it has a callback and its connection lives.
    fn raise(&self, event: EventType, key: Key, handle: Key, effects: &mut Vec<Effect>) {
        let (Some(system), Some(entry)) = (self.systems.get(key), self.handles.get(handle)) else { return };
        let Some(registration) = entry.registration.filter(|_| entry.epoch == self.epoch) else { return };
        let data = match event {
            EventType::SystemExited => self.exit_status(key),
            EventType::SystemCrashInitiated | EventType::SystemCrashReport => Some(answer::crash_report(&system.id)),
            EventType::OperationCallback | EventType::ServiceDisconnect => None,
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
        self.systems.get(key)?.exit.map(answer::exit_status)
    }

    /// The list that a query asks for, in the order of creation.
    fn list(&self, query: Option<&Document>) -> Arc<str> {
        let filter = Filter::of(query);
        let mut listed: Vec<&System> = self
            .systems
            .iter()
            .map(|(_, system)| system)
            .filter(|system| {
                let row = self.row(Trigger::List, Facet::Plain, system.kind, system.state);
                row.after == After::ListElement && filter.takes(system)
            })
            .collect();
        listed.sort_unstable_by_key(|system| system.sequence);
        answer::list(&listed)
    }
}

/// What the document stage makes of a configuration.
struct Configuration {
    facet: Facet,
    kind: Kind,
    document: Option<Document>,
    refusal: Option<Arc<str>>,
}

impl Configuration {
    fn read(text: &Text, build: hcs_rules::build::Build) -> Configuration {
        let unread = |facet, refusal| Configuration { facet, kind: Kind::VirtualMachine, document: None, refusal };
        let document = match parse(text) {
            Ok(document) => document,
            Err(fault) => {
                return unread(Facet::MalformedDocument, Some(document::error_document(Root::ComputeSystem, &fault)));
            }
        };
        let root = document.root();
        if !is_modelled(root) {
            return unread(Facet::UnmodelledDocument, None);
        }
        if let Err(fault) = document::check(&document, Root::ComputeSystem, build) {
            return unread(Facet::InvalidDocument, Some(document::error_document(Root::ComputeSystem, &fault)));
        }
        let machine = root.get("VirtualMachine").filter(|node| !node.is_null());
        let kind = match machine {
            Some(machine) if machine.get("GuestConnection").is_some_and(|node| !node.is_null()) => {
                Kind::GuestVirtualMachine
            }
            Some(_) => Kind::VirtualMachine,
            None => Kind::ProcessContainer,
        };
        Configuration { facet: Facet::ValidDocument, kind, document: Some(document), refusal: None }
    }
}

/// Whether a configuration asks only for what is modelled.
fn is_modelled(root: Node<'_>) -> bool {
    !UNMODELLED.iter().any(|path| root.path(path).is_some_and(|node| !node.is_null()))
}

/// What the document stage makes of a query.
struct Query {
    facet: Facet,
    document: Option<Document>,
    refusal: Option<Arc<str>>,
}

impl Query {
    /// No query, which asks for everything modelled.
    fn none() -> Query {
        Query { facet: Facet::BasicQuery, document: None, refusal: None }
    }

    /// Reads a query. NULL and the empty string ask for no particular thing; clients send both (the second assumed).
    fn read(text: &Text, root: Root, build: hcs_rules::build::Build) -> Query {
        if matches!(text, Text::Null) || matches!(text, Text::Some(text) if text.is_empty()) {
            return Query::none();
        }
        let refused =
            |facet, fault| Query { facet, document: None, refusal: Some(document::error_document(root, &fault)) };
        let document = match parse(text) {
            Ok(document) => document,
            Err(fault) => return refused(Facet::MalformedQuery, fault),
        };
        if let Err(fault) = document::check(&document, root, build) {
            return refused(Facet::InvalidQuery, fault);
        }
        let asks = |member: &&str| {
            let asked = document.root().get(member).filter(|node| !node.is_null());
            asked.is_some_and(|node| {
                node.members().next().is_some() || node.items().any(|item| item.as_str() != Some("Basic"))
            })
        };
        let facet = if unmodelled_members(root).iter().any(asks) { Facet::UnmodelledQuery } else { Facet::BasicQuery };
        Query { facet, document: Some(document), refusal: None }
    }
}

fn parse(text: &Text) -> Result<Document, document::Fault> {
    match text {
        Text::Some(text) => Document::parse(text),
        Text::Null | Text::Malformed => Err(document::Fault::malformed()),
    }
}

/// A `SystemQuery`: each member that has elements must name the system. Ids compare as ids do, owners exactly.
struct Filter<'a> {
    ids: Option<Vec<FoldedId>>,
    types: Option<Vec<&'a str>>,
    owners: Option<Vec<&'a str>>,
}

impl<'a> Filter<'a> {
    fn of(query: Option<&'a Document>) -> Filter<'a> {
        let strings = |member: &str| {
            let node = query?.root().get(member)?;
            let strings: Vec<&'a str> = node.items().filter_map(|item| item.as_str()).collect();
            (!strings.is_empty()).then_some(strings)
        };
        Filter {
            ids: strings("Ids").map(|ids| ids.into_iter().map(FoldedId::of).collect()),
            types: strings("Types"),
            owners: strings("Owners"),
        }
    }

    fn takes(&self, system: &System) -> bool {
        let kind = hcs_rules::answer::system_type(system.kind, false);
        self.ids.as_ref().is_none_or(|ids| ids.contains(&FoldedId::of(&system.id)))
            && self.types.as_ref().is_none_or(|types| types.contains(&kind))
            && self.owners.as_ref().is_none_or(|owners| system.owner().is_some_and(|owner| owners.contains(&owner)))
    }
}
