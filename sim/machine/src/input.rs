//! What comes into the machine: calls with their fates, world events, and time passing. Calls on layers and disks have
//! files of their own: [`layer`], [`disk`]; so have those of the older interface: [`legacy`].

pub mod disk;
pub mod layer;
pub mod legacy;

use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::file::FileSystem;
use hcs_rules::hresult::Hresult;
use hcs_rules::privilege::Privilege;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::Call;

use crate::effect::{GuestId, WaitId};
use crate::files::Staged;
use crate::guest::script::Script;
use crate::guest::{Await, Output};
use crate::handle::Handle;

pub use self::disk::DiskRequest;
pub use self::layer::{LayerEvent, LayerRequest};
pub use self::legacy::LegacyRequest;

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

/// What fate has in store for the operation that a call starts. Whoever calls [`crate::Host::step`] draws or decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How long the operation runs, in nanoseconds.
    pub latency: u64,
    /// How long the guest takes afterwards, in nanoseconds: to come up after a start, to go down after a shutdown.
    /// `u64::MAX` is for ever.
    pub guest: u64,
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
    pub const PROMPT: Fate = Fate { latency: 0, guest: 0, end: End::Natural };

    /// The operation ends as the rules say, this many nanoseconds from now.
    pub const fn after(latency: u64) -> Fate {
        Fate { latency, guest: 0, end: End::Natural }
    }
}

/// What the world does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldEvent {
    /// The guest of the system with this id crashes.
    GuestCrash(Arc<str>),
    /// The guest of the system with this id powers itself off.
    GuestPowerOff(Arc<str>),
    /// The guest of the system with this id restarts.
    GuestReset(Arc<str>),
    /// The guest connection of the system with this id is lost.
    GuestDisconnect(Arc<str>),
    /// The guest of the system with this id turns enhanced session mode on or off.
    RdpModeChange(Arc<str>),
    /// The worker process of the system with this id dies.
    WorkerCrash(Arc<str>),
    /// The Hyper-V manager starts a machine of its own with this id.
    ManagerStarts(Arc<str>),
    /// The host shows a quirk from now on, or no more.
    Quirk(Quirk, bool),
    /// The host has a hypervisor from now on, or none.
    Hypervisor(bool),
    /// The endpoints that the host's network has; `None` is whatever is asked for.
    Endpoints(Option<Vec<Arc<str>>>),
    /// A file with a saved state is put there, or is gone.
    SavedState(Arc<str>, bool),
    /// Something happens to files of the host.
    Files(FileEvent),
    /// The process of this id in the system with this id ends with this code, as if by itself.
    ProcessEnd(Arc<str>, u32, u32),
    /// Something happens to layers, or to filters.
    Layer(LayerEvent),
    /// A client enables a privilege of its token, or disables it.
    Privilege(ClientId, Privilege, bool),
    /// Guests have this program from now on, under this name, or no more.
    Program(Arc<str>, Option<Registered>),
    /// The client dies: its handles are closed, its callbacks fall silent.
    ClientDeath(ClientId),
    /// The compute service stops.
    ServiceStop,
    /// The compute service is back.
    ServiceReturn,
}

/// What the world does to files of the host, by their paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEvent {
    /// A file with these bytes is put there, and the folders that it needs.
    Put(Arc<str>, Arc<[u8]>),
    /// A folder is put there, and those above it.
    Folder(Arc<str>),
    /// A file is gone, or a folder with everything in it.
    Remove(Arc<str>),
    /// A file is copied, or a folder with everything in it, to a name that is not there yet: attributes, times, lists and streams
    /// too. The folders that it needs are put there.
    Copy(Arc<str>, Arc<str>),
    /// A file or folder has another name from now on, on the same volume.
    Rename(Arc<str>, Arc<str>),
    /// The file, the first, has one more name, on the same volume.
    Link(Arc<str>, Arc<str>),
    /// The file has these attributes, as in [`hcs_rules::file::attribute`].
    Attributes(Arc<str>, u32),
    /// The file has a stream of this name with these bytes, or none.
    Stream(Arc<str>, Arc<str>, Option<Arc<[u8]>>),
    /// A tree of files is put at this place, and the folders that it needs. What is put before something that cannot be stays.
    Stage(Arc<str>, Arc<[Staged]>),
    /// Somebody has the file open and shares it with nobody, or has it no more.
    Lock(Arc<str>, bool),
    /// Somebody else has the file open whenever one of the next so many opens it.
    InUseFor(Arc<str>, u32),
    /// The file can only be read, or be written again.
    ReadOnly(Arc<str>, bool),
    /// The file is the system's and denied to everybody, or the user's again.
    Deny(Arc<str>, bool),
    /// Something happens to the volume of this letter.
    Volume(char, VolumeEvent),
}

/// What happens to a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeEvent {
    /// It appears, empty.
    Appear,
    /// It is gone, with everything on it.
    Vanish,
    /// It can only be read, or be written again.
    ReadOnly(bool),
    /// Its device is ready, or not.
    Ready(bool),
    /// So many bytes are free from now on.
    Room(u64),
    /// So many writes to it go well from now on, and the next finds no room.
    FullAfter(u32),
    /// Its device is not ready for the next so many that use it, and ready then.
    NotReadyFor(u32),
    /// It is formatted: everything on it is gone.
    Format(FileSystem),
}

/// A program that the world has registered: guests have it beside those that every guest has, and before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// A script: see [`crate::guest::script`].
    Script(Arc<Script>),
    /// Outside the machine: whoever drives the world runs it, told by [`crate::Effect::Launch`].
    Outside,
}

/// What a client does with its end of a standard stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRequest {
    /// Reads at most so many bytes; waits while there are none and somebody could write.
    Read {
        /// The stream.
        stream: Handle,
        /// How many bytes at most.
        limit: u32,
    },
    /// Writes what fits; waits while nothing does.
    Write {
        /// The stream.
        stream: Handle,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Closes it.
    Close {
        /// The stream.
        stream: Handle,
    },
}

impl StreamRequest {
    /// The stream.
    pub const fn stream(&self) -> Handle {
        match self {
            StreamRequest::Read { stream, .. }
            | StreamRequest::Write { stream, .. }
            | StreamRequest::Close { stream } => *stream,
        }
    }
}

/// What a program outside does: the same as [`crate::guest::Surroundings`] lets one inside do. While its system is paused
/// each of them waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestRequest {
    /// Reads at most so many bytes of standard input.
    Read {
        /// How many bytes at most.
        limit: u32,
    },
    /// Writes to an output what fits.
    Write {
        /// Which.
        to: Output,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Closes an output.
    Close {
        /// Which.
        of: Output,
    },
    /// Waits until any of these, or a signal if the program handles signals.
    Wait(Await),
    /// Whether the program handles signals from now on, instead of being ended by them.
    HandleSignals {
        /// Whether it does.
        handles: bool,
    },
    /// Takes the next signal.
    TakeSignal,
    /// Asks for the guest's clock.
    Clock,
    /// Asks for the console's width and height.
    Console,
    /// Reads a file of the guest's.
    ReadFile {
        /// Its path.
        path: Arc<str>,
    },
    /// Writes a file of the guest's, or appends to it.
    WriteFile {
        /// Its path.
        path: Arc<str>,
        /// The bytes.
        bytes: Arc<[u8]>,
        /// Whether to append.
        append: bool,
    },
    /// Starts a child, which inherits the streams.
    Spawn {
        /// Its command line.
        command_line: Arc<str>,
    },
    /// Asks for the exit code of a child.
    ExitOf {
        /// The child's id.
        child: u32,
    },
    /// Ends with this code.
    End {
        /// The code.
        code: u32,
    },
    /// Ends with this exception (Windows) or signal (Linux).
    Crash {
        /// The exception, or the signal's number.
        exception: u32,
    },
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A client appears; it is given the next number.
    Connect(Rights),
    /// A client calls.
    Call(ClientId, Request, Fate),
    /// A client uses a standard stream.
    Stream(ClientId, StreamRequest),
    /// A program outside acts.
    Guest(GuestId, GuestRequest),
    /// A client takes away a file of the host, or a folder with everything in it, as every tool does: it asks lists and locks.
    RemoveTree(ClientId, Arc<str>),
    /// The world acts.
    World(WorldEvent),
    /// A blocked call ends as if its time were up: whoever drives the world has found that nothing else can end it.
    GiveUp(WaitId),
    /// Time has passed: what is due happens. It happens before every other input too.
    Tick,
}
