//! The calls with their arguments: the exports of `computecore.dll`, and where those of the other libraries are.

use hcs_rules::vocabulary::Call;

use super::{DiskRequest, LayerRequest, LegacyRequest, Text};
use crate::handle::Handle;

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
        /// Whether there is a pointer for the information, which is optional. What nobody takes stays.
        out: bool,
    },
    WaitForOperationResult {
        operation: Handle,
        timeout_ms: u32,
    },
    WaitForOperationResultAndProcessInfo {
        operation: Handle,
        timeout_ms: u32,
        /// As above.
        out: bool,
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
    ShutDownComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    CrashComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    PauseComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    ResumeComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    SaveComputeSystem {
        system: Handle,
        operation: Handle,
        options: Text,
    },
    ModifyComputeSystem {
        system: Handle,
        operation: Handle,
        configuration: Text,
    },
    CreateComputeSystemInNamespace {
        namespace: Text,
        id: Text,
        configuration: Text,
        operation: Handle,
        options: CreateOptions,
        out: bool,
    },
    OpenComputeSystemInNamespace {
        namespace: Text,
        id: Text,
        access: u32,
        out: bool,
    },
    EnumerateComputeSystemsInNamespace {
        namespace: Text,
        query: Text,
        operation: Handle,
    },
    GetServiceProperties {
        query: Text,
        out: bool,
    },
    ModifyServiceSettings {
        settings: Text,
    },
    SubmitWerReport {
        settings: Text,
    },
    CreateProcess {
        system: Handle,
        parameters: Text,
        operation: Handle,
        out: bool,
    },
    OpenProcess {
        system: Handle,
        id: u32,
        access: u32,
        out: bool,
    },
    CloseProcess {
        process: Handle,
    },
    TerminateProcess {
        process: Handle,
        operation: Handle,
        options: Text,
    },
    SignalProcess {
        process: Handle,
        operation: Handle,
        options: Text,
    },
    GetProcessInfo {
        process: Handle,
        operation: Handle,
    },
    GetProcessProperties {
        process: Handle,
        operation: Handle,
        query: Text,
    },
    ModifyProcess {
        process: Handle,
        operation: Handle,
        settings: Text,
    },
    SetProcessCallback {
        process: Handle,
        options: u32,
        callback: bool,
    },
    WaitForProcessExit {
        process: Handle,
        timeout_ms: u32,
    },
    CreateEmptyGuestStateFile {
        path: Text,
    },
    CreateEmptyRuntimeStateFile {
        path: Text,
    },
    GetProcessorCompatibilityFromSavedState {
        path: Text,
    },
    GrantVmAccess {
        id: Text,
        path: Text,
    },
    RevokeVmAccess {
        id: Text,
        path: Text,
    },
    GrantVmGroupAccess {
        path: Text,
    },
    RevokeVmGroupAccess {
        path: Text,
    },
    /// A call on layers.
    Layer(Box<LayerRequest>),
    /// A call on disks.
    Disk(Box<DiskRequest>),
    /// A call of the older interface.
    Legacy(Box<LegacyRequest>),
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
            Request::ShutDownComputeSystem { .. } => Call::ShutDownComputeSystem,
            Request::CrashComputeSystem { .. } => Call::CrashComputeSystem,
            Request::PauseComputeSystem { .. } => Call::PauseComputeSystem,
            Request::ResumeComputeSystem { .. } => Call::ResumeComputeSystem,
            Request::SaveComputeSystem { .. } => Call::SaveComputeSystem,
            Request::ModifyComputeSystem { .. } => Call::ModifyComputeSystem,
            Request::CreateComputeSystemInNamespace { .. } => Call::CreateComputeSystemInNamespace,
            Request::OpenComputeSystemInNamespace { .. } => Call::OpenComputeSystemInNamespace,
            Request::EnumerateComputeSystemsInNamespace { .. } => Call::EnumerateComputeSystemsInNamespace,
            Request::GetServiceProperties { .. } => Call::GetServiceProperties,
            Request::ModifyServiceSettings { .. } => Call::ModifyServiceSettings,
            Request::SubmitWerReport { .. } => Call::SubmitWerReport,
            Request::CreateProcess { .. } => Call::CreateProcess,
            Request::OpenProcess { .. } => Call::OpenProcess,
            Request::CloseProcess { .. } => Call::CloseProcess,
            Request::TerminateProcess { .. } => Call::TerminateProcess,
            Request::SignalProcess { .. } => Call::SignalProcess,
            Request::GetProcessInfo { .. } => Call::GetProcessInfo,
            Request::GetProcessProperties { .. } => Call::GetProcessProperties,
            Request::ModifyProcess { .. } => Call::ModifyProcess,
            Request::SetProcessCallback { .. } => Call::SetProcessCallback,
            Request::WaitForProcessExit { .. } => Call::WaitForProcessExit,
            Request::CreateEmptyGuestStateFile { .. } => Call::CreateEmptyGuestStateFile,
            Request::CreateEmptyRuntimeStateFile { .. } => Call::CreateEmptyRuntimeStateFile,
            Request::GetProcessorCompatibilityFromSavedState { .. } => Call::GetProcessorCompatibilityFromSavedState,
            Request::GrantVmAccess { .. } => Call::GrantVmAccess,
            Request::RevokeVmAccess { .. } => Call::RevokeVmAccess,
            Request::GrantVmGroupAccess { .. } => Call::GrantVmGroupAccess,
            Request::RevokeVmGroupAccess { .. } => Call::RevokeVmGroupAccess,
            Request::Layer(request) => request.call(),
            Request::Disk(request) => request.call(),
            Request::Legacy(request) => request.call(),
            Request::Unmodelled { .. } => return None,
        })
    }

    /// Whether the caller has a pointer for process information.
    pub(crate) const fn takes_information(&self) -> bool {
        matches!(
            self,
            Request::GetOperationResultAndProcessInfo { out: true, .. }
                | Request::WaitForOperationResultAndProcessInfo { out: true, .. }
        )
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
            | Request::GetOperationResultAndProcessInfo { operation, .. }
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
            | Request::GetComputeSystemProperties { operation, .. }
            | Request::ShutDownComputeSystem { operation, .. }
            | Request::CrashComputeSystem { operation, .. }
            | Request::PauseComputeSystem { operation, .. }
            | Request::ResumeComputeSystem { operation, .. }
            | Request::SaveComputeSystem { operation, .. }
            | Request::ModifyComputeSystem { operation, .. }
            | Request::CreateComputeSystemInNamespace { operation, .. }
            | Request::EnumerateComputeSystemsInNamespace { operation, .. }
            | Request::CreateProcess { operation, .. }
            | Request::TerminateProcess { operation, .. }
            | Request::SignalProcess { operation, .. }
            | Request::GetProcessInfo { operation, .. }
            | Request::GetProcessProperties { operation, .. }
            | Request::ModifyProcess { operation, .. } => *operation,
            Request::CreateOperation { .. }
            | Request::CreateOperationWithNotifications { .. }
            | Request::OpenComputeSystem { .. }
            | Request::CloseComputeSystem { .. }
            | Request::SetComputeSystemCallback { .. }
            | Request::WaitForComputeSystemExit { .. }
            | Request::OpenComputeSystemInNamespace { .. }
            | Request::GetServiceProperties { .. }
            | Request::ModifyServiceSettings { .. }
            | Request::SubmitWerReport { .. }
            | Request::OpenProcess { .. }
            | Request::CloseProcess { .. }
            | Request::SetProcessCallback { .. }
            | Request::WaitForProcessExit { .. }
            | Request::CreateEmptyGuestStateFile { .. }
            | Request::CreateEmptyRuntimeStateFile { .. }
            | Request::GetProcessorCompatibilityFromSavedState { .. }
            | Request::GrantVmAccess { .. }
            | Request::RevokeVmAccess { .. }
            | Request::GrantVmGroupAccess { .. }
            | Request::RevokeVmGroupAccess { .. }
            | Request::Layer(_)
            | Request::Disk(_)
            | Request::Legacy(_)
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
            | Request::WaitForComputeSystemExit { system, .. }
            | Request::ShutDownComputeSystem { system, .. }
            | Request::CrashComputeSystem { system, .. }
            | Request::PauseComputeSystem { system, .. }
            | Request::ResumeComputeSystem { system, .. }
            | Request::SaveComputeSystem { system, .. }
            | Request::ModifyComputeSystem { system, .. }
            | Request::CreateProcess { system, .. }
            | Request::OpenProcess { system, .. } => *system,
            _ => return None,
        })
    }

    /// The process handle that the call takes.
    pub const fn process(&self) -> Option<Handle> {
        Some(match self {
            Request::CloseProcess { process }
            | Request::TerminateProcess { process, .. }
            | Request::SignalProcess { process, .. }
            | Request::GetProcessInfo { process, .. }
            | Request::GetProcessProperties { process, .. }
            | Request::ModifyProcess { process, .. }
            | Request::SetProcessCallback { process, .. }
            | Request::WaitForProcessExit { process, .. } => *process,
            _ => return None,
        })
    }

    /// The disk that the call takes, where it takes one.
    pub const fn disk(&self) -> Option<Handle> {
        match self {
            Request::Layer(request) => request.disk(),
            Request::Disk(request) => request.disk(),
            _ => None,
        }
    }
}

impl Request {
    /// The id that the call names, if it names one.
    pub const fn id(&self) -> Option<&Text> {
        match self {
            Request::CreateComputeSystem { id, .. }
            | Request::OpenComputeSystem { id, .. }
            | Request::CreateComputeSystemInNamespace { id, .. }
            | Request::OpenComputeSystemInNamespace { id, .. }
            | Request::GrantVmAccess { id, .. }
            | Request::RevokeVmAccess { id, .. } => Some(id),
            Request::Legacy(request) => request.id(),
            _ => None,
        }
    }

    /// The file of the host that the call names, if it names one.
    pub const fn path(&self) -> Option<&Text> {
        match self {
            Request::CreateEmptyGuestStateFile { path }
            | Request::CreateEmptyRuntimeStateFile { path }
            | Request::GetProcessorCompatibilityFromSavedState { path }
            | Request::GrantVmAccess { path, .. }
            | Request::RevokeVmAccess { path, .. }
            | Request::GrantVmGroupAccess { path }
            | Request::RevokeVmGroupAccess { path } => Some(path),
            _ => None,
        }
    }

    /// The document that comes with the call, if one can.
    pub const fn document(&self) -> Option<&Text> {
        match self {
            Request::CreateComputeSystem { configuration: text, .. }
            | Request::CreateComputeSystemInNamespace { configuration: text, .. }
            | Request::ModifyComputeSystem { configuration: text, .. }
            | Request::EnumerateComputeSystems { query: text, .. }
            | Request::EnumerateComputeSystemsInNamespace { query: text, .. }
            | Request::GetComputeSystemProperties { query: text, .. }
            | Request::GetServiceProperties { query: text, .. }
            | Request::StartComputeSystem { options: text, .. }
            | Request::ShutDownComputeSystem { options: text, .. }
            | Request::TerminateComputeSystem { options: text, .. }
            | Request::CrashComputeSystem { options: text, .. }
            | Request::PauseComputeSystem { options: text, .. }
            | Request::ResumeComputeSystem { options: text, .. }
            | Request::SaveComputeSystem { options: text, .. }
            | Request::GetOperationProperties { options: text, .. }
            | Request::ModifyServiceSettings { settings: text }
            | Request::SubmitWerReport { settings: text }
            | Request::CreateProcess { parameters: text, .. }
            | Request::TerminateProcess { options: text, .. }
            | Request::SignalProcess { options: text, .. }
            | Request::GetProcessProperties { query: text, .. }
            | Request::ModifyProcess { settings: text, .. } => Some(text),
            Request::Layer(request) => match request.data() {
                None => request.options(),
                data => data,
            },
            Request::Legacy(request) => request.document(),
            _ => None,
        }
    }

    /// The handle that a call on a system or a process takes, of whichever interface.
    pub const fn on(&self) -> Option<Handle> {
        match (self, self.system()) {
            (Request::Legacy(request), _) => request.handle(),
            (_, None) => self.process(),
            (_, system) => system,
        }
    }
}

/// `HCS_CREATE_OPTIONS`, as far as it concerns the machine: the token and the security descriptor are reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateOptions {
    /// NULL.
    #[default]
    None,
    /// Of a version that the header does not name.
    UnknownVersion,
    /// `HCS_CREATE_OPTIONS_1`: the handle's callback is set with its creation, if one is given.
    First {
        /// `CallbackOptions`, as in `HCS_EVENT_OPTIONS`.
        events: u32,
        /// Whether `Callback` is given.
        callback: bool,
    },
}
