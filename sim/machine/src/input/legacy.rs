//! The calls of the older interface: the exports of `vmcompute.dll`.

mod layer;

use hcs_rules::legacy::layer::GIVING;
use hcs_rules::vocabulary::{Call, GENERIC_ALL};

use super::{Request, Text};
use crate::handle::Handle;

pub use self::layer::LegacyLayer;

/// A call of the older interface, with its arguments. A callback is only a bit here, as in [`Request`]; `out` says whether
/// there is a pointer for what the call gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of the exports, by their names")]
pub enum LegacyRequest {
    EnumerateComputeSystems { query: Text, out: bool },
    CreateComputeSystem { id: Text, configuration: Text, out: bool },
    OpenComputeSystem { id: Text, out: bool },
    CloseComputeSystem { system: Handle },
    StartComputeSystem { system: Handle, options: Text },
    ShutdownComputeSystem { system: Handle, options: Text },
    TerminateComputeSystem { system: Handle, options: Text },
    PauseComputeSystem { system: Handle, options: Text },
    ResumeComputeSystem { system: Handle, options: Text },
    SaveComputeSystem { system: Handle, options: Text },
    GetComputeSystemProperties { system: Handle, query: Text, out: bool },
    ModifyComputeSystem { system: Handle, configuration: Text },
    ModifyServiceSettings { settings: Text },
    GetServiceProperties { query: Text, out: bool },
    RegisterComputeSystemCallback { system: Handle, callback: bool, out: bool },
    UnregisterComputeSystemCallback { registration: Handle },
    CreateProcess { system: Handle, parameters: Text, out: bool },
    OpenProcess { system: Handle, id: u32, out: bool },
    CloseProcess { process: Handle },
    TerminateProcess { process: Handle },
    SignalProcess { process: Handle, options: Text },
    GetProcessInfo { process: Handle, out: bool },
    GetProcessProperties { process: Handle, out: bool },
    ModifyProcess { process: Handle, settings: Text },
    RegisterProcessCallback { process: Handle, callback: bool, out: bool },
    UnregisterProcessCallback { registration: Handle },
    GrantVmAccess { id: Text, path: Text },
    RevokeVmAccess { id: Text, path: Text },
    Layer(LegacyLayer),
}

/// What a handle of the older interface is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    System,
    Process,
    SystemCallback,
    ProcessCallback,
}

impl LegacyRequest {
    /// The call.
    pub const fn call(&self) -> Call {
        match self {
            LegacyRequest::EnumerateComputeSystems { .. } => Call::LegacyEnumerateComputeSystems,
            LegacyRequest::CreateComputeSystem { .. } => Call::LegacyCreateComputeSystem,
            LegacyRequest::OpenComputeSystem { .. } => Call::LegacyOpenComputeSystem,
            LegacyRequest::CloseComputeSystem { .. } => Call::LegacyCloseComputeSystem,
            LegacyRequest::StartComputeSystem { .. } => Call::LegacyStartComputeSystem,
            LegacyRequest::ShutdownComputeSystem { .. } => Call::LegacyShutdownComputeSystem,
            LegacyRequest::TerminateComputeSystem { .. } => Call::LegacyTerminateComputeSystem,
            LegacyRequest::PauseComputeSystem { .. } => Call::LegacyPauseComputeSystem,
            LegacyRequest::ResumeComputeSystem { .. } => Call::LegacyResumeComputeSystem,
            LegacyRequest::SaveComputeSystem { .. } => Call::LegacySaveComputeSystem,
            LegacyRequest::GetComputeSystemProperties { .. } => Call::LegacyGetComputeSystemProperties,
            LegacyRequest::ModifyComputeSystem { .. } => Call::LegacyModifyComputeSystem,
            LegacyRequest::ModifyServiceSettings { .. } => Call::LegacyModifyServiceSettings,
            LegacyRequest::GetServiceProperties { .. } => Call::LegacyGetServiceProperties,
            LegacyRequest::RegisterComputeSystemCallback { .. } => Call::LegacyRegisterComputeSystemCallback,
            LegacyRequest::UnregisterComputeSystemCallback { .. } => Call::LegacyUnregisterComputeSystemCallback,
            LegacyRequest::CreateProcess { .. } => Call::LegacyCreateProcess,
            LegacyRequest::OpenProcess { .. } => Call::LegacyOpenProcess,
            LegacyRequest::CloseProcess { .. } => Call::LegacyCloseProcess,
            LegacyRequest::TerminateProcess { .. } => Call::LegacyTerminateProcess,
            LegacyRequest::SignalProcess { .. } => Call::LegacySignalProcess,
            LegacyRequest::GetProcessInfo { .. } => Call::LegacyGetProcessInfo,
            LegacyRequest::GetProcessProperties { .. } => Call::LegacyGetProcessProperties,
            LegacyRequest::ModifyProcess { .. } => Call::LegacyModifyProcess,
            LegacyRequest::RegisterProcessCallback { .. } => Call::LegacyRegisterProcessCallback,
            LegacyRequest::UnregisterProcessCallback { .. } => Call::LegacyUnregisterProcessCallback,
            LegacyRequest::GrantVmAccess { .. } => Call::LegacyGrantVmAccess,
            LegacyRequest::RevokeVmAccess { .. } => Call::LegacyRevokeVmAccess,
            LegacyRequest::Layer(layer) => layer.call,
        }
    }

    /// The handle that the call takes: of a system, of a process, or of a registration.
    pub const fn handle(&self) -> Option<Handle> {
        match self.wanted() {
            Some((handle, _)) => Some(handle),
            None => None,
        }
    }

    /// The handle that the call takes, and of what it must be.
    pub(crate) const fn wanted(&self) -> Option<(Handle, Wanted)> {
        Some(match self {
            LegacyRequest::CloseComputeSystem { system }
            | LegacyRequest::StartComputeSystem { system, .. }
            | LegacyRequest::ShutdownComputeSystem { system, .. }
            | LegacyRequest::TerminateComputeSystem { system, .. }
            | LegacyRequest::PauseComputeSystem { system, .. }
            | LegacyRequest::ResumeComputeSystem { system, .. }
            | LegacyRequest::SaveComputeSystem { system, .. }
            | LegacyRequest::GetComputeSystemProperties { system, .. }
            | LegacyRequest::ModifyComputeSystem { system, .. }
            | LegacyRequest::RegisterComputeSystemCallback { system, .. }
            | LegacyRequest::CreateProcess { system, .. }
            | LegacyRequest::OpenProcess { system, .. } => (*system, Wanted::System),
            LegacyRequest::CloseProcess { process }
            | LegacyRequest::TerminateProcess { process }
            | LegacyRequest::SignalProcess { process, .. }
            | LegacyRequest::GetProcessInfo { process, .. }
            | LegacyRequest::GetProcessProperties { process, .. }
            | LegacyRequest::ModifyProcess { process, .. }
            | LegacyRequest::RegisterProcessCallback { process, .. } => (*process, Wanted::Process),
            LegacyRequest::UnregisterComputeSystemCallback { registration } => (*registration, Wanted::SystemCallback),
            LegacyRequest::UnregisterProcessCallback { registration } => (*registration, Wanted::ProcessCallback),
            LegacyRequest::EnumerateComputeSystems { .. }
            | LegacyRequest::CreateComputeSystem { .. }
            | LegacyRequest::OpenComputeSystem { .. }
            | LegacyRequest::ModifyServiceSettings { .. }
            | LegacyRequest::GetServiceProperties { .. }
            | LegacyRequest::GrantVmAccess { .. }
            | LegacyRequest::RevokeVmAccess { .. }
            | LegacyRequest::Layer(_) => return None,
        })
    }

    /// The process that the call takes, if it takes one.
    pub const fn process(&self) -> Option<Handle> {
        match self.wanted() {
            Some((handle, Wanted::Process)) => Some(handle),
            _ => None,
        }
    }

    /// The id that the call names, if it names one.
    pub const fn id(&self) -> Option<&Text> {
        match self {
            LegacyRequest::CreateComputeSystem { id, .. }
            | LegacyRequest::OpenComputeSystem { id, .. }
            | LegacyRequest::GrantVmAccess { id, .. }
            | LegacyRequest::RevokeVmAccess { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The file of the host that the call names, if it names one.
    pub const fn path(&self) -> Option<&Text> {
        match self {
            LegacyRequest::GrantVmAccess { path, .. } | LegacyRequest::RevokeVmAccess { path, .. } => Some(path),
            LegacyRequest::Layer(layer) if !matches!(layer.call, Call::LegacyGetBaseImages) => Some(&layer.id),
            _ => None,
        }
    }

    /// The document that comes with the call, if one can.
    pub const fn document(&self) -> Option<&Text> {
        match self {
            LegacyRequest::EnumerateComputeSystems { query: text, .. }
            | LegacyRequest::CreateComputeSystem { configuration: text, .. }
            | LegacyRequest::StartComputeSystem { options: text, .. }
            | LegacyRequest::ShutdownComputeSystem { options: text, .. }
            | LegacyRequest::TerminateComputeSystem { options: text, .. }
            | LegacyRequest::PauseComputeSystem { options: text, .. }
            | LegacyRequest::ResumeComputeSystem { options: text, .. }
            | LegacyRequest::SaveComputeSystem { options: text, .. }
            | LegacyRequest::GetComputeSystemProperties { query: text, .. }
            | LegacyRequest::ModifyComputeSystem { configuration: text, .. }
            | LegacyRequest::ModifyServiceSettings { settings: text }
            | LegacyRequest::GetServiceProperties { query: text, .. }
            | LegacyRequest::CreateProcess { parameters: text, .. }
            | LegacyRequest::SignalProcess { options: text, .. }
            | LegacyRequest::ModifyProcess { settings: text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether there is a pointer for what the call gives; a call that gives nothing needs none.
    pub const fn has_out(&self) -> bool {
        match self {
            LegacyRequest::EnumerateComputeSystems { out, .. }
            | LegacyRequest::CreateComputeSystem { out, .. }
            | LegacyRequest::OpenComputeSystem { out, .. }
            | LegacyRequest::GetComputeSystemProperties { out, .. }
            | LegacyRequest::GetServiceProperties { out, .. }
            | LegacyRequest::RegisterComputeSystemCallback { out, .. }
            | LegacyRequest::CreateProcess { out, .. }
            | LegacyRequest::OpenProcess { out, .. }
            | LegacyRequest::GetProcessInfo { out, .. }
            | LegacyRequest::GetProcessProperties { out, .. }
            | LegacyRequest::RegisterProcessCallback { out, .. } => *out,
            LegacyRequest::Layer(layer) => layer.out || !GIVING.contains(layer.call),
            _ => true,
        }
    }

    /// The call of the newer interface that asks for the same, on the handles that stand behind those of this one. `None` of
    /// what the older does by itself: registrations.
    pub(crate) fn sibling(&self, system: Handle, process: Handle, operation: Handle) -> Option<Request> {
        Some(match self.clone() {
            LegacyRequest::EnumerateComputeSystems { query, .. } => {
                Request::EnumerateComputeSystems { query, operation }
            }
            LegacyRequest::CreateComputeSystem { id, configuration, out } => {
                Request::CreateComputeSystem { id, configuration, operation, out }
            }
            LegacyRequest::OpenComputeSystem { id, out } => Request::OpenComputeSystem { id, access: GENERIC_ALL, out },
            LegacyRequest::CloseComputeSystem { .. } => Request::CloseComputeSystem { system },
            LegacyRequest::StartComputeSystem { options, .. } => {
                Request::StartComputeSystem { system, operation, options }
            }
            LegacyRequest::ShutdownComputeSystem { options, .. } => {
                Request::ShutDownComputeSystem { system, operation, options }
            }
            LegacyRequest::TerminateComputeSystem { options, .. } => {
                Request::TerminateComputeSystem { system, operation, options }
            }
            LegacyRequest::PauseComputeSystem { options, .. } => {
                Request::PauseComputeSystem { system, operation, options }
            }
            LegacyRequest::ResumeComputeSystem { options, .. } => {
                Request::ResumeComputeSystem { system, operation, options }
            }
            LegacyRequest::SaveComputeSystem { options, .. } => {
                Request::SaveComputeSystem { system, operation, options }
            }
            LegacyRequest::GetComputeSystemProperties { query, .. } => {
                Request::GetComputeSystemProperties { system, operation, query }
            }
            LegacyRequest::ModifyComputeSystem { configuration, .. } => {
                Request::ModifyComputeSystem { system, operation, configuration }
            }
            LegacyRequest::ModifyServiceSettings { settings } => Request::ModifyServiceSettings { settings },
            LegacyRequest::GetServiceProperties { query, out } => Request::GetServiceProperties { query, out },
            LegacyRequest::CreateProcess { parameters, out, .. } => {
                Request::CreateProcess { system, parameters, operation, out }
            }
            LegacyRequest::OpenProcess { id, out, .. } => Request::OpenProcess { system, id, access: GENERIC_ALL, out },
            LegacyRequest::CloseProcess { .. } => Request::CloseProcess { process },
            LegacyRequest::TerminateProcess { .. } => {
                Request::TerminateProcess { process, operation, options: Text::Null }
            }
            LegacyRequest::SignalProcess { options, .. } => Request::SignalProcess { process, operation, options },
            LegacyRequest::GetProcessInfo { .. } => Request::GetProcessInfo { process, operation },
            LegacyRequest::GetProcessProperties { .. } => {
                Request::GetProcessProperties { process, operation, query: Text::Null }
            }
            LegacyRequest::ModifyProcess { settings, .. } => Request::ModifyProcess { process, operation, settings },
            LegacyRequest::GrantVmAccess { id, path } => Request::GrantVmAccess { id, path },
            LegacyRequest::RevokeVmAccess { id, path } => Request::RevokeVmAccess { id, path },
            LegacyRequest::RegisterComputeSystemCallback { .. }
            | LegacyRequest::UnregisterComputeSystemCallback { .. }
            | LegacyRequest::RegisterProcessCallback { .. }
            | LegacyRequest::UnregisterProcessCallback { .. }
            | LegacyRequest::Layer(_) => return None,
        })
    }
}
