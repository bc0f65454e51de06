//! A client: one process that uses the simulated service. It implements [`Hcs`], as the real DLL's wrapper does.

mod hcs;

use std::panic::Location;
use std::sync::Arc;

use hcs_api::{OperationHandle, Outcome, ProcessInformation, StreamHandle, Text};
use hcs_machine::effect::{ProcessInformation as Information, Reply, StreamReply};
use hcs_machine::handle::Handle;
use hcs_machine::input::{
    CreateOptions as Options, LayerRequest, Request, StreamRequest, Text as OwnedText, WorldEvent,
};
use hcs_machine::{ClientId, Input};
use hcs_rules::hresult::Hresult;
use hcs_rules::privilege::Privilege;
use hcs_rules::vocabulary::{Call, GENERIC_ALL};

use crate::book::{Callback, Page, Registered};
use crate::callback::{Closed, Gate};
use crate::pump::Core;
use crate::simulator::{Shared, Simulator};
use crate::sync::Guard;
use crate::thread;

/// A client of a simulated world. Its clones are the same client.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// A world goes on for as long as somebody can use it.
    world: Simulator,
    id: ClientId,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "client {}", self.id.0)
    }
}

impl Client {
    pub(crate) fn new(world: Simulator, id: ClientId) -> Client {
        Client { shared: world.shared.clone(), world, id }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn id(&self) -> ClientId {
        self.id
    }

    /// A call whose pointer for its result is NULL: only the C ABI can make one. Answers what the call returns.
    pub fn refuse_null_out(&self, call: Call) -> Hresult {
        let (operation, id, configuration) = (Handle::NULL, OwnedText::from("-"), OwnedText::from("{}"));
        match call {
            Call::CreateComputeSystem => {
                self.code(Request::CreateComputeSystem { id, configuration, operation, out: false })
            }
            Call::CreateComputeSystemInNamespace => self.code(Request::CreateComputeSystemInNamespace {
                namespace: id.clone(),
                id,
                configuration,
                operation,
                options: Options::None,
                out: false,
            }),
            Call::OpenComputeSystemInNamespace => {
                let namespace = id.clone();
                self.code(Request::OpenComputeSystemInNamespace { namespace, id, access: GENERIC_ALL, out: false })
            }
            Call::GetServiceProperties => {
                self.code(Request::GetServiceProperties { query: OwnedText::Null, out: false })
            }
            Call::CreateProcess => {
                let system = Handle::NULL;
                self.code(Request::CreateProcess { system, parameters: configuration, operation, out: false })
            }
            Call::GetLayerVhdMountPath => {
                let disk = Handle::NULL;
                self.code(Request::Layer(Box::new(LayerRequest::GetLayerVhdMountPath { disk, out: false })))
            }
            Call::OpenProcess => {
                self.code(Request::OpenProcess { system: Handle::NULL, id: 0, access: GENERIC_ALL, out: false })
            }
            _ => self.code(Request::OpenComputeSystem { id, access: GENERIC_ALL, out: false }),
        }
    }

    /// A result that is read with NULL for the process information, which then stays where it is: only the C ABI can make
    /// such a call. Without a time-out the call is the getter, with one it is the wait.
    pub fn result_without_process_info(&self, operation: OperationHandle, timeout_ms: Option<u32>) -> Outcome {
        let (operation, out) = (operation_handle(operation), false);
        let (outcome, _) = self.informed(
            match timeout_ms {
                None => Request::GetOperationResultAndProcessInfo { operation, out },
                Some(timeout_ms) => Request::WaitForOperationResultAndProcessInfo { operation, timeout_ms, out },
            },
            Location::caller(),
        );
        outcome
    }

    /// The client's name.
    pub fn name(&self) -> String {
        self.shared.lock().names.get(self.id.0 as usize - 1).cloned().unwrap_or_default()
    }

    /// The client enables a privilege of its token, or disables it: what `AdjustTokenPrivileges` does to a process. Answers
    /// whether that changed anything. Administrators begin with every one enabled, others with none.
    pub fn set_privilege(&self, privilege: Privilege, enabled: bool) -> bool {
        self.world.world(WorldEvent::Privilege(self.id, privilege, enabled))
    }

    /// Makes a call, and blocks if it does. `book` writes down what the shell keeps about handles.
    pub(crate) fn call(&self, request: Request, book: impl FnOnce(&mut Core, &Reply)) -> Reply {
        let call = request.call();
        let mut core = thread::enter(&self.shared);
        let reply = core.call(self.id, call, request);
        book(&mut core, &reply);
        thread::after_step(&self.shared, &mut core);
        match reply {
            Reply::Blocked(wait) => thread::block(&self.shared, core, wait, call),
            reply => reply,
        }
    }

    pub(crate) fn plain(&self, request: Request) -> Reply {
        self.call(request, |_, _| {})
    }

    pub(crate) fn outcome(&self, request: Request) -> Outcome {
        match self.plain(request) {
            Reply::Outcome(code, document) => Outcome { code, document },
            Reply::Handle(code, _) => Outcome::bare(code),
            _ => Outcome::bare(Hresult::S_OK),
        }
    }

    pub(crate) fn code(&self, request: Request) -> Hresult {
        self.outcome(request).code
    }

    /// A call that may give process information, whose streams are then the caller's.
    fn informed(&self, request: Request, place: &'static Location<'static>) -> (Outcome, Option<ProcessInformation>) {
        match self.plain(request) {
            Reply::Info(code, document, information) => {
                (Outcome { code, document }, self.handed_out(information.map(|information| *information), place))
            }
            Reply::Outcome(code, document) => (Outcome { code, document }, None),
            _ => (Outcome::bare(Hresult::E_UNEXPECTED), None),
        }
    }

    /// Process information that a call has given: the streams are the caller's now.
    pub(crate) fn handed_out(
        &self,
        information: Option<Information>,
        place: &'static Location<'static>,
    ) -> Option<ProcessInformation> {
        let information = information?;
        let mut core = self.shared.lock();
        for handle in information.streams.into_iter().filter(|handle| handle.parts().is_some()) {
            core.book.open(Page { handle, client: self.id.0, place, context: 0, registered: None });
        }
        let [std_input, std_output, std_error] = information.streams.map(|handle| StreamHandle(handle.0));
        Some(ProcessInformation { process_id: information.id, std_input, std_output, std_error })
    }

    /// The use of a stream, which blocks if it has to.
    fn stream(&self, request: StreamRequest) -> StreamReply {
        let mut core = thread::enter(&self.shared);
        let reply = core.step(&Input::Stream(self.id, request));
        core.tick_if_free();
        thread::after_step(&self.shared, &mut core);
        let reply = match reply {
            Reply::Blocked(wait) => thread::block(&self.shared, core, wait, None),
            reply => reply,
        };
        match reply {
            Reply::Stream(reply) => reply,
            other => unreachable!("the use of a stream is answered with {other:?}"),
        }
    }

    /// Whether the next read or write of a standard stream will not wait: there are bytes, or room, or there is an end to be told.
    pub fn is_stream_ready(&self, stream: StreamHandle) -> bool {
        thread::enter(&self.shared).host.is_stream_ready(self.id, Handle(stream.0))
    }

    pub(crate) fn lock(&self) -> Guard<'_, Core> {
        self.shared.lock()
    }

    /// Writes a new handle down.
    pub(crate) fn open_page(
        &self,
        core: &mut Core,
        reply: &Reply,
        place: &'static Location<'static>,
        callback: Option<Callback>,
    ) {
        let handle = match reply {
            Reply::Handle(Hresult::S_OK, handle) => *handle,
            Reply::Legacy(reply) => reply.handle,
            _ => Handle::NULL,
        };
        if handle != Handle::NULL {
            let registered = callback.map(register);
            core.book.open(Page { handle, client: self.id.0, place, context: 0, registered });
        }
    }

    /// Takes a closed handle's page out, and waits until nobody is in its callback.
    pub(crate) fn close(&self, request: Request, handle: Handle, refuse_inside: bool) -> Reply {
        let mut page = None;
        let id = self.id.0;
        let reply = self.call(request, |core, reply| {
            // A handle that was not the caller's to close keeps its page.
            let refused = matches!(reply, Reply::Legacy(reply) if reply.code.is_err());
            if !refused && core.book.page(handle).is_some_and(|page| page.client == id) {
                page = core.book.close(handle);
            }
        });
        if let Some(Registered { gate, .. }) = page.and_then(|page| page.registered) {
            self.shut(&gate, handle, refuse_inside);
        }
        reply
    }

    /// Closes the gate before a callback that is registered no more.
    fn shut(&self, gate: &Gate, handle: Handle, refuse_inside: bool) {
        let number = thread::number();
        let closed = match gate.try_close(number) {
            Some(closed) => closed,
            None => thread::idle(&self.shared, || gate.close(number)),
        };
        let complaint = match closed {
            Closed::Empty => return,
            Closed::FromInside if !refuse_inside => return,
            Closed::FromInside => "from inside its own callback: the real DLL would wait for ever",
            Closed::Abandoned => "while its callback ran, and the callback did not return",
        };
        let mut core = self.shared.lock();
        let name = core.name(self.id.0);
        core.note_misuse(format!("handle {:#x} was closed by {name} {complaint}", handle.0));
    }

    fn set_callback(&self, request: Request, handle: Handle, callback: Option<Callback>) -> Hresult {
        let mut old = None;
        let reply = self.call(request, |core, reply| {
            if matches!(reply, Reply::Outcome(Hresult::S_OK, _)) {
                old = core.book.register(handle, callback.map(register));
            }
        });
        if let Some(Registered { gate, .. }) = old {
            self.shut(&gate, handle, false);
        }
        match reply {
            Reply::Outcome(code, _) => code,
            _ => Hresult::E_UNEXPECTED,
        }
    }
}

fn register(callback: Callback) -> Registered {
    Registered { callback, gate: Arc::new(Gate::new()) }
}

pub(crate) fn owned(text: Text<'_>) -> OwnedText {
    match text {
        Text::Null => OwnedText::Null,
        Text::Malformed => OwnedText::Malformed,
        Text::Some(text) => OwnedText::Some(text.into()),
    }
}

const fn operation_handle(handle: OperationHandle) -> Handle {
    Handle(handle.0)
}
