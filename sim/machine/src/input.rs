//! What comes into the machine: calls with their fates, world events, and time passing.

use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use crate::effect::WaitId;
use crate::handle::Handle;

/// A client: one process that uses the service. Numbered from 1 in the order of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// A string argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// NULL.
    Null,
    /// Not well-formed UTF-16.
    Malformed,
    /// Text.
    Some(Arc<str>),
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Some(text.into())
    }
}

/// A call with its arguments. A callback is only a bit here: the shell keeps the closure or the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of the exports, by their names")]
pub enum Request {
    CreateOperation {
        callback: bool,
    },
    CreateOperationWithNotifications {
        options: u32,
        callback: bool,
    },
    CloseOperation {
        operation: Handle,
    },
    GetOperationContext {
        operation: Handle,
    },
    SetOperationContext {
        operation: Handle,
    },
    GetComputeSystemFromOperation {
        operation: Handle,
    },
    GetProcessFromOperation {
        operation: Handle,
    },
    GetOperationType {
        operation: Handle,
    },
    GetOperationId {
        operation: Handle,
    },
    GetOperationResult {
        operation: Handle,
    },
    GetOperationResultAndProcessInfo {
        operation: Handle,
    },
    WaitForOperationResult {
        operation: Handle,
        timeout_ms: u32,
    },
    WaitForOperationResultAndProcessInfo {
        operation: Handle,
        timeout_ms: u32,
    },
    SetOperationCallback {
        operation: Handle,
        callback: bool,
    },
    CancelOperation {
        operation: Handle,
    },
    AddResourceToOperation {
        operation: Handle,
        kind: u32,
        uri: Text,
    },
    GetOperationProperties {
        operation: Handle,
        options: Text,
    },
    EnumerateComputeSystems {
        query: Text,
        operation: Handle,
    },
    CreateComputeSystem {
        id: Text,
        configuration: Text,
        operation: Handle,
        out: bool,
    },
    OpenComputeSystem {
        id: Text,
        access: u32,
        out: bool,
    },
    CloseComputeSystem {
        system: Handle,
    },
    StartComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    TerminateComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    GetComputeSystemProperties {
        system: Handle,
        operation: Handle,
        query: Text,
    },
    SetComputeSystemCallback {
        system: Handle,
        options: u32,
        callback: bool,
    },
    WaitForComputeSystemExit {
        system: Handle,
        timeout_ms: u32,
    },
    /// An export that is not modelled, by its index in [`hcs_rules::export::EXPORTS`].
    Unmodelled {
        export: u16,
    },
}

impl Request {
    /// The call, if it is modelled.
    pub const fn call(&self) -> Option<Call> {
        Some(match self {
            Request::CreateOperation { .. } => Call::CreateOperation,
            Request::CreateOperationWithNotifications { .. } => Call::CreateOperationWithNotifications,
            Request::CloseOperation { .. } => Call::CloseOperation,
            Request::GetOperationContext { .. } => Call::GetOperationContext,
            Request::SetOperationContext { .. } => Call::SetOperationContext,
            Request::GetComputeSystemFromOperation { .. } => Call::GetComputeSystemFromOperation,
            Request::GetProcessFromOperation { .. } => Call::GetProcessFromOperation,
            Request::GetOperationType { .. } => Call::GetOperationType,
            Request::GetOperationId { .. } => Call::GetOperationId,
            Request::GetOperationResult { .. } => Call::GetOperationResult,
            Request::GetOperationResultAndProcessInfo { .. } => Call::GetOperationResultAndProcessInfo,
            Request::WaitForOperationResult { .. } => Call::WaitForOperationResult,
            Request::WaitForOperationResultAndProcessInfo { .. } => Call::WaitForOperationResultAndProcessInfo,
            Request::SetOperationCallback { .. } => Call::SetOperationCallback,
            Request::CancelOperation { .. } => Call::CancelOperation,
            Request::AddResourceToOperation { .. } => Call::AddResourceToOperation,
            Request::GetOperationProperties { .. } => Call::GetOperationProperties,
            Request::EnumerateComputeSystems { .. } => Call::EnumerateComputeSystems,
            Request::CreateComputeSystem { .. } => Call::CreateComputeSystem,
            Request::OpenComputeSystem { .. } => Call::OpenComputeSystem,
            Request::CloseComputeSystem { .. } => Call::CloseComputeSystem,
            Request::StartComputeSystem { .. } => Call::StartComputeSystem,
            Request::TerminateComputeSystem { .. } => Call::TerminateComputeSystem,
            Request::GetComputeSystemProperties { .. } => Call::GetComputeSystemProperties,
            Request::SetComputeSystemCallback { .. } => Call::SetComputeSystemCallback,
            Request::WaitForComputeSystemExit { .. } => Call::WaitForComputeSystemExit,
            Request::Unmodelled { .. } => return None,
        })
    }

    /// The operation that the call takes.
    pub const fn operation(&self) -> Option<Handle> {
        Some(match self {
            Request::CloseOperation { operation }
            | Request::GetOperationContext { operation }
            | Request::SetOperationContext { operation }
            | Request::GetComputeSystemFromOperation { operation }
            | Request::GetProcessFromOperation { operation }
            | Request::GetOperationType { operation }
            | Request::GetOperationId { operation }
            | Request::GetOperationResult { operation }
            | Request::GetOperationResultAndProcessInfo { operation }
            | Request::WaitForOperationResult { operation, .. }
            | Request::WaitForOperationResultAndProcessInfo { operation, .. }
            | Request::SetOperationCallback { operation, .. }
            | Request::CancelOperation { operation }
            | Request::AddResourceToOperation { operation, .. }
            | Request::GetOperationProperties { operation, .. }
            | Request::EnumerateComputeSystems { operation, .. }
            | Request::CreateComputeSystem { operation, .. }
            | Request::StartComputeSystem { operation, .. }
            | Request::TerminateComputeSystem { operation, .. }
            | Request::GetComputeSystemProperties { operation, .. } => *operation,
            Request::CreateOperation { .. }
            | Request::CreateOperationWithNotifications { .. }
            | Request::OpenComputeSystem { .. }
            | Request::CloseComputeSystem { .. }
            | Request::SetComputeSystemCallback { .. }
            | Request::WaitForComputeSystemExit { .. }
            | Request::Unmodelled { .. } => return None,
        })
    }

    /// The system handle that the call takes.
    pub const fn system(&self) -> Option<Handle> {
        Some(match self {
            Request::CloseComputeSystem { system }
            | Request::StartComputeSystem { system, .. }
            | Request::TerminateComputeSystem { system, .. }
            | Request::GetComputeSystemProperties { system, .. }
            | Request::SetComputeSystemCallback { system, .. }
            | Request::WaitForComputeSystemExit { system, .. } => *system,
            _ => return None,
        })
    }
}

/// What fate has in store for the operation that a call starts. Whoever calls [`crate::Host::step`] draws or decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How long the operation runs, in nanoseconds.
    pub latency: u64,
    /// How it ends.
    pub end: End,
}

/// How an operation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As the rules say.
    Natural,
    /// Never.
    Hangs,
    /// With this code, and this result document or the one that the code usually has.
    Fails(Hresult, Option<Arc<str>>),
    /// Before it begins: the call itself returns this code.
    Refused(Hresult),
}

impl Fate {
    /// The operation is due at once, and ends as the rules say.
    pub const PROMPT: Fate = Fate { latency: 0, end: End::Natural };

    /// The operation ends as the rules say, this many nanoseconds from now.
    pub const fn after(latency: u64) -> Fate {
        Fate { latency, end: End::Natural }
    }
}

/// What the world does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldEvent {
    /// The guest of the system with this id crashes.
    GuestCrash(Arc<str>),
    /// The guest of the system with this id powers itself off.
    GuestPowerOff(Arc<str>),
    /// The client dies: its handles are closed, its callbacks fall silent.
    ClientDeath(ClientId),
    /// The compute service stops.
    ServiceStop,
    /// The compute service is back.
    ServiceReturn,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A client appears; it is given the next number.
    Connect(Rights),
    /// A client calls.
    Call(ClientId, Request, Fate),
    /// The world acts.
    World(WorldEvent),
    /// A blocked call ends as if its time were up: whoever drives the world has found that nothing else can end it.
    GiveUp(WaitId),
    /// Time has passed: what is due happens. It happens before every other input too.
    Tick,
}
