//! The older interface: its calls over the same systems, processes and rows.
//!
//! Behind each of its handles stands one of the newer interface, which no client ever sees, and each call asks for what its
//! sibling does, on an operation that no client sees either. What is different is here: how a call ends, who is told.
//!
//! | what | where |
//! |---|---|
//! | handles and registrations | [`LegacyHandle`] |
//! | what a handle of the newer interface has beside, when it stands behind one of the older | [`Older`] |
//! | what such an operation has beside | [`OlderUse`] |

use std::sync::Arc;

use hcs_rules::answer::exit_status;
use hcs_rules::handle::HandleFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::{self, Admission, Ends, Notice};
use hcs_rules::operation::Phase;
use hcs_rules::vocabulary::{Call, EventType, SystemState, Trigger};

use crate::effect::{Effect, LegacyReply, Notification, Reply, Target, Told, WaitId};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Due, Host};
use crate::input::legacy::Wanted;
use crate::input::{ClientId, End, Fate, LegacyRequest};
use crate::operation::Operation;
use crate::table::{Found, Key};
use crate::wait::For;

/// What a client holds of the older interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegacyHandle {
    pub(crate) client: ClientId,
    holds: Holds,
}

/// What stands behind a handle of the older interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// A handle of a system.
    System(Key),
    /// A handle of a process.
    Process(Key),
    /// A callback on one of them.
    Callback {
        on: Behind,
        /// Which, among all that were ever registered.
        registration: u64,
        /// Whether the handle is still open that it was registered on.
        open: bool,
    },
}

/// A handle of the newer interface that stands behind one of the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    System(Key),
    Process(Key),
}

/// What a handle has that stands behind one of the older interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Older {
    /// The client's own handle.
    handle: Key,
    /// The handle of the callback that is registered.
    callback: Option<Key>,
    /// What waits for a callback: of each type the last.
    held: Vec<(Told, Option<Arc<str>>)>,
    /// Whether the end was told.
    over: bool,
}

/// What an operation has that runs for a call of the older interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OlderUse {
    call: Call,
    /// When its request is due, once there is one.
    pub(crate) due: Option<Due>,
    /// Whether the rules have refused the request.
    pub(crate) refused: bool,
    /// Whether the call has returned: notifications tell of the rest.
    pending: bool,
}

impl Host {
    // -- Handles.

    /// What is behind a client's handle of the older interface.
    pub(crate) fn legacy_handle(&self, client: ClientId, handle: Handle) -> Result<(Key, &LegacyHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::Legacy)?;
        match self.legacy.find(key) {
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// Finds what a call takes, and writes it down.
    pub(crate) fn admit_legacy(
        &self,
        admitted: &mut Admitted,
        handle: Handle,
        wanted: Wanted,
    ) -> Result<(), HandleFault> {
        let (key, entry) = self.legacy_handle(admitted.client, handle)?;
        admitted.legacy = Some(key);
        match (wanted, entry.holds) {
            (Wanted::System, Holds::System(behind)) => admitted.system = Some(behind),
            (Wanted::Process, Holds::Process(behind)) => admitted.process = Some(behind),
            (Wanted::SystemCallback, Holds::Callback { on: Behind::System(_), .. })
            | (Wanted::ProcessCallback, Holds::Callback { on: Behind::Process(_), .. }) => {}
            _ => return Err(HandleFault::WrongType),
        }
        Ok(())
    }

    /// The handle of the newer interface behind a client's handle of the older, of a system or a process.
    pub(crate) fn behind(&self, client: ClientId, handle: Handle) -> Option<Behind> {
        match self.legacy_handle(client, handle).ok()?.1.holds {
            Holds::System(key) => Some(Behind::System(key)),
            Holds::Process(key) => Some(Behind::Process(key)),
            Holds::Callback { on, open, .. } => open.then_some(on),
        }
    }

    /// Whether a callback is still registered, on a handle that is still open.
    pub(crate) fn is_registered_callback(&self, key: Key, target: &Target) -> bool {
        self.legacy.get(key).is_some_and(|entry| {
            entry.client == target.client
                && matches!(entry.holds, Holds::Callback { registration, open: true, .. }
                    if registration == target.registration)
        })
    }

    /// Gives a client a handle in front of one that nobody sees.
    fn hold(&mut self, client: ClientId, behind: Behind) -> Handle {
        let holds = match behind {
            Behind::System(key) => Holds::System(key),
            Behind::Process(key) => Holds::Process(key),
        };
        let key = self.legacy.insert(LegacyHandle { client, holds });
        let older = Some(Box::new(Older { handle: key, callback: None, held: Vec::new(), over: false }));
        match behind {
            Behind::System(behind) => {
                if let Some(entry) = self.handles.get_mut(behind) {
                    entry.older = older;
                }
            }
            Behind::Process(behind) => {
                if let Some(entry) = self.process_handles.get_mut(behind) {
                    entry.older = older;
                }
            }
        }
        Handle::new(HandleType::Legacy, key)
    }

    fn older(&mut self, behind: Behind) -> Option<&mut Older> {
        match behind {
            Behind::System(key) => self.handles.get_mut(key)?.older.as_deref_mut(),
            Behind::Process(key) => self.process_handles.get_mut(key)?.older.as_deref_mut(),
        }
    }

    /// A handle is closed behind the client's own: that goes too, and its callback falls silent (`legacy.close`).
    pub(crate) fn forget_older(&mut self, older: Option<Box<Older>>) {
        let Some(older) = older else { return };
        self.legacy.remove(older.handle);
        if let Some(Holds::Callback { open, .. }) =
            older.callback.and_then(|key| self.legacy.get_mut(key)).map(|entry| &mut entry.holds)
        {
            *open = false;
        }
    }

    /// A client dies: what its other handles have left behind goes.
    pub(crate) fn close_legacy_of(&mut self, client: ClientId) {
        let left = self.legacy.iter().filter(|(_, entry)| entry.client == client);
        let left: Vec<Key> = left.map(|(key, _)| key).collect();
        for key in left {
            self.legacy.remove(key);
        }
    }

    // -- Calls.

    /// Carries out an admitted call of the older interface.
    #[cold]
    pub(crate) fn on_legacy(
        &mut self,
        on: &Admitted,
        request: &LegacyRequest,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        match (request, on.system, on.process, on.legacy) {
            (LegacyRequest::RegisterComputeSystemCallback { .. }, Some(key), ..) => {
                return self.register(on, Behind::System(key), effects);
            }
            (LegacyRequest::RegisterProcessCallback { .. }, _, Some(key), _) => {
                return self.register(on, Behind::Process(key), effects);
            }
            (
                LegacyRequest::UnregisterComputeSystemCallback { .. } | LegacyRequest::UnregisterProcessCallback { .. },
                ..,
                Some(key),
            ) => return self.unregister(key),
            _ => {}
        }
        if let LegacyRequest::Layer(request) = request {
            return self.on_older_layer(on, request, effects);
        }
        let call = legacy::sibling(on.call);
        let operation = call.operation_type().map(|_| {
            let older = OlderUse { call: on.call, due: None, refused: false, pending: false };
            self.operations.insert(Operation::of_older(on.client, older))
        });
        let hidden = |kind, key: Option<Key>| key.map_or(Handle::NULL, |key| Handle::new(kind, key));
        let asked = request.sibling(
            hidden(HandleType::System, on.system),
            hidden(HandleType::Process, on.process),
            hidden(HandleType::Operation, operation),
        );
        let Some(asked) = asked else { return self.refuse(on, Hresult::E_UNEXPECTED) };
        let within = Admitted { call, operation, legacy: None, ..*on };
        let reply = self.perform(&within, &asked, fate, effects);
        match operation {
            Some(operation) => self.begun(on, operation, &reply, fate, effects),
            None => self.done_at_once(on, reply),
        }
    }

    /// What a call gives that needs no operation.
    fn done_at_once(&mut self, on: &Admitted, reply: Reply) -> Reply {
        match reply {
            Reply::Handle(code, handle) if code.is_ok() => {
                let behind = match handle.parts() {
                    Some((HandleType::System, key)) => Behind::System(key),
                    Some((HandleType::Process, key)) => Behind::Process(key),
                    _ => return self.refuse(on, Hresult::E_UNEXPECTED),
                };
                let handle = self.hold(on.client, behind);
                Reply::legacy(LegacyReply { handle, ..LegacyReply::bare(Hresult::S_OK) })
            }
            Reply::Handle(code, _) => self.refuse(on, code),
            Reply::Outcome(code, None) if code.is_err() => self.refuse(on, code),
            Reply::Outcome(code, document) => {
                Reply::legacy(LegacyReply { document, ..LegacyReply::bare(legacy::code(code)) })
            }
            _ => Reply::legacy(LegacyReply::bare(Hresult::S_OK)),
        }
    }

    /// What a call returns whose operation has just begun, or was refused.
    fn begun(&mut self, on: &Admitted, key: Key, reply: &Reply, fate: &Fate, effects: &mut Vec<Effect>) -> Reply {
        let ends = legacy::rule(on.call, Admission::Accepted).map_or(Ends::InCall, |row| row.ends);
        let system = match (on.call, reply) {
            (Call::LegacyCreateComputeSystem, Reply::Handle(_, handle)) => handle.parts().map(|(_, key)| key),
            _ => None,
        };
        let Some(OlderUse { due, refused, .. }) =
            self.operations.get(key).and_then(|operation| operation.older.as_deref().copied())
        else {
            return self.refuse(on, Hresult::E_UNEXPECTED);
        };
        if let Some(due) = due {
            let at_once = match ends {
                // A host on which nothing takes time: nobody needs to wait.
                Ends::InCall => due.0 <= self.now,
                Ends::Notified(_) | Ends::WithSystem(Some(_)) => false,
                Ends::WithSystem(None) => matches!(fate.end, End::Fails(..)),
            };
            if refused || at_once {
                self.complete_now(due, effects);
            }
        }
        let done = self.operations.get(key).is_none_or(|operation| operation.phase != Phase::Pending);
        if done {
            if let Some(system) = system {
                // A system that is refused leaves nothing.
                self.apply_to_handle(Trigger::Close, system, effects);
            }
            return self.ended(key, effects);
        }
        if ends == Ends::InCall {
            return Reply::Blocked(WaitId(self.block_without_end(on.client, For::Older(key))));
        }
        if let Some(operation) = self.operations.get_mut(key)
            && let Some(older) = &mut operation.older
        {
            older.pending = true;
        }
        let mut handle = Handle::NULL;
        if let Some(behind) = system {
            handle = self.hold(on.client, Behind::System(behind));
            let made = self.handles.get(behind).map(|entry| entry.system);
            if let Some(system) = made.and_then(|made| self.systems.get_mut(made)) {
                system.older = true;
            }
        }
        Reply::legacy(LegacyReply { handle, ..LegacyReply::bare(legacy::PENDING) })
    }

    /// What a call gives whose operation is done. The operation goes.
    fn ended(&mut self, key: Key, effects: &mut Vec<Effect>) -> Reply {
        let Some(operation) = self.operations.get(key) else {
            return Reply::legacy(LegacyReply::bare(Hresult::E_UNEXPECTED));
        };
        let (client, code, document, process) =
            (operation.client, operation.code, operation.document.clone(), operation.process);
        let call = operation.older.as_ref().map(|older| older.call);
        let mut reply = LegacyReply { document, ..LegacyReply::bare(legacy::code(code)) };
        let informs = matches!(call, Some(Call::LegacyCreateProcess | Call::LegacyGetProcessInfo));
        if code.is_ok()
            && informs
            && let Reply::Info(.., information) = self.result_and_info(key, true)
        {
            reply.information = information.map(|information| *information);
        }
        self.operations.remove(key);
        if let (Some(Call::LegacyCreateProcess), Some(process)) = (call, process) {
            match code.is_ok() {
                true => reply.handle = self.hold(client, Behind::Process(process)),
                false => self.close_process_handle(process, effects),
            }
        }
        Reply::legacy(reply)
    }

    /// A request is done that runs for a call of the older interface.
    pub(crate) fn finish_older(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(operation) = self.operations.get_mut(key) else { return };
        let Some(OlderUse { call, pending, .. }) = operation.older.as_deref().copied() else { return };
        let (code, document, system) = (operation.code, operation.document.clone(), operation.system);
        if let Some(wait) = operation.waits.pop() {
            let reply = self.ended(key, effects);
            self.wake(wait, reply, effects);
            return;
        }
        if !pending {
            // The call is about to look.
            return;
        }
        self.operations.remove(key);
        let notice = match legacy::rule(call, Admission::Accepted).map(|row| row.ends) {
            Some(Ends::Notified(notice)) => Some(notice),
            Some(Ends::WithSystem(failed)) if code.is_err() => failed,
            _ => None,
        };
        if let (Some(notice), Some(system)) = (notice, system) {
            let data = document.filter(|_| code.is_err());
            self.tell_older(Behind::System(system), Told { notice, status: legacy::code(code) }, data, effects);
        }
    }

    /// A call is given up that waits for its operation: what comes of that is nobody's.
    pub(crate) fn give_up_older(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(operation) = self.operations.remove(key) else { return };
        let made = operation.older.is_some_and(|older| older.call == Call::LegacyCreateProcess);
        if let Some(process) = operation.process.filter(|_| made) {
            self.close_process_handle(process, effects);
        }
    }

    // -- Callbacks.

    /// Registers a callback on a handle. What waits for one is told.
    fn register(&mut self, on: &Admitted, behind: Behind, effects: &mut Vec<Effect>) -> Reply {
        if self.older(behind).is_none_or(|older| older.callback.is_some()) {
            return self.refuse(on, legacy::SECOND_CALLBACK);
        }
        let registration = self.next_sequence();
        let holds = Holds::Callback { on: behind, registration, open: true };
        let key = self.legacy.insert(LegacyHandle { client: on.client, holds });
        self.set_registration(behind, Some(registration));
        let mut held = Vec::new();
        if let Some(older) = self.older(behind) {
            older.callback = Some(key);
            held = std::mem::take(&mut older.held);
        }
        for (told, data) in held {
            self.tell_older(behind, told, data, effects);
        }
        self.tell_late(behind, effects);
        let handle = Handle::new(HandleType::Legacy, key);
        Reply::legacy(LegacyReply { handle, ..LegacyReply::bare(Hresult::S_OK) })
    }

    /// Tells the end of what was over before there was a handle of it, or before its callback.
    fn tell_late(&mut self, behind: Behind, effects: &mut Vec<Effect>) {
        match behind {
            Behind::System(handle) => {
                let key = self.handles.get(handle).map(|entry| entry.system);
                let over = |key: &Key| self.systems.get(*key).is_some_and(|system| system.state == SystemState::Exited);
                if let Some(key) = key.filter(over) {
                    self.raise_older(EventType::SystemExited, behind, self.exit_status(key), effects);
                }
            }
            Behind::Process(handle) => {
                let key = self.process_handles.get(handle).map(|entry| entry.process);
                let over =
                    |key: &Key| self.processes.get(*key).is_some_and(|process| process.end.is_some_and(|end| end.told));
                if let Some(key) = key.filter(over) {
                    self.raise_older(EventType::ProcessExited, behind, self.status(key), effects);
                }
            }
        }
    }

    /// Ends a registration. What comes afterwards waits for the next one.
    fn unregister(&mut self, key: Key) -> Reply {
        if let Some(LegacyHandle { holds: Holds::Callback { on, open: true, .. }, .. }) = self.legacy.remove(key) {
            self.set_registration(on, None);
            if let Some(older) = self.older(on) {
                older.callback = None;
            }
        }
        Reply::legacy(LegacyReply::bare(Hresult::S_OK))
    }

    /// Notes on the handle behind whether anybody listens.
    fn set_registration(&mut self, behind: Behind, registration: Option<u64>) {
        let slot = match behind {
            Behind::System(key) => self.handles.get_mut(key).map(|entry| &mut entry.registration),
            Behind::Process(key) => self.process_handles.get_mut(key).map(|entry| &mut entry.registration),
        };
        if let Some(slot) = slot {
            *slot = registration;
        }
    }

    /// Tells an event of the newer interface to the callback of an older handle, if the older has it.
    pub(crate) fn raise_older(
        &mut self,
        event: EventType,
        behind: Behind,
        data: Option<Arc<str>>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(notice) = Notice::of(event) else { return };
        let status = match (notice, behind) {
            (Notice::SystemExited, Behind::System(handle)) => {
                let key = self.handles.get(handle).map(|entry| entry.system);
                let exit = key.and_then(|key| self.systems.get(key)?.exit);
                exit.map_or(Hresult::S_OK, |exit| exit_status(exit).status)
            }
            (Notice::ProcessExited, Behind::Process(handle)) => {
                let key = self.process_handles.get(handle).map(|entry| entry.process);
                let end = key.and_then(|key| self.processes.get(key)?.end);
                end.map_or(Hresult::S_OK, |end| end.wait_result)
            }
            _ => Hresult::S_OK,
        };
        self.tell_older(behind, Told { notice, status: legacy::code(status) }, data, effects);
    }

    /// Tells the callback of an older handle, or keeps what is to be told until there is one.
    fn tell_older(&mut self, behind: Behind, told: Told, data: Option<Arc<str>>, effects: &mut Vec<Effect>) {
        let Some(older) = self.older(behind) else { return };
        let ends = matches!(told.notice, Notice::SystemExited | Notice::ProcessExited);
        if ends && older.over {
            return;
        }
        let Some(callback) = older.callback else {
            if told.notice.is_held() {
                older.held.retain(|(other, _)| other.notice != told.notice);
                older.held.push((told, data));
            }
            return;
        };
        older.over |= ends;
        let Some(LegacyHandle { client, holds: Holds::Callback { registration, .. } }) = self.legacy.get(callback)
        else {
            return;
        };
        let handle = Handle::new(HandleType::Legacy, callback);
        let target = Target { client: *client, handle, registration: *registration };
        let system = match behind {
            Behind::System(key) => self.handles.get(key).map(|entry| entry.system),
            Behind::Process(key) => {
                let process = self.process_handles.get(key).map(|entry| entry.process);
                process.and_then(|key| self.processes.get(key)).map(|process| process.system)
            }
        };
        let system = system.and_then(|key| self.systems.get(key)).map(|system| system.id.clone());
        let event = EventType::ALL.iter().copied().find(|event| Notice::of(*event) == Some(told.notice));
        let operation = Handle::NULL;
        effects.push(Effect::Notify(Notification { target, event, data, operation, system, legacy: Some(told) }));
    }
}
