//! Plausible failures: what an operation can legally end with though no rule refuses it, and what its result document
//! then looks like. Faults that a test asks for by code take their document from here. Calls on layers and disks have no
//! operation: how they fail is in [`CALL_FAILURES`].

mod storage;

pub use storage::{CALL_FAILURES, CallFailure};

use crate::answer::Form;
use crate::build::Build::{self, B17763, B19041, B20348, B26100, B26200};
use crate::build::Builds;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::rule::Surface;
use crate::vocabulary::{Kind, Kinds, OperationType};

/// One way in which an operation can fail.
#[derive(Debug)]
pub struct Failure {
    /// Unique name: the operation, and what stands behind the failure.
    pub id: &'static str,
    /// The operation.
    pub operation: OperationType,
    /// The code.
    pub code: Hresult,
    /// Where it is seen.
    pub surface: Surface,
    /// The result document.
    pub form: Form,
    /// The kinds of system that it can befall.
    pub kinds: Kinds,
    /// The builds on which it can come.
    pub builds: Builds,
    /// How it is known.
    pub sources: &'static [Source],
}

const MACHINES: Kinds = Kinds::of(&[Kind::VirtualMachine, Kind::GuestVirtualMachine, Kind::HyperVContainer]);
const SILOS: Kinds = Kinds::of(&[Kind::ProcessContainer, Kind::HostedContainer]);
/// Where processes can be made.
const PEOPLED: Kinds =
    Kinds::of(&[Kind::GuestVirtualMachine, Kind::ProcessContainer, Kind::HyperVContainer, Kind::HostedContainer]);
/// Where the guest's agent makes them, behind a connection.
const REMOTE: Kinds = Kinds::of(&[Kind::GuestVirtualMachine, Kind::HyperVContainer, Kind::HostedContainer]);
const CONTAINERS: Kinds = Kinds::of(&[Kind::ProcessContainer, Kind::HyperVContainer, Kind::HostedContainer]);

const fn fails(
    id: &'static str,
    operation: OperationType,
    code: Hresult,
    form: Form,
    kinds: Kinds,
    sources: &'static [Source],
) -> Failure {
    Failure { id, operation, code, surface: Surface::Operation, form, kinds, builds: Builds::EVERY, sources }
}

impl Failure {
    const fn since(mut self, first: Build) -> Failure {
        self.builds = crate::build::since(first);
        self
    }

    const fn refusing(mut self) -> Failure {
        self.surface = Surface::Call;
        self
    }

    /// The failure of this name.
    pub fn by_id(id: &str) -> Option<&'static Failure> {
        FAILURES.iter().find(|failure| failure.id == id)
    }

    /// Whether it can befall a system of this kind on this build.
    pub const fn is_plausible(&self, kind: Kind, build: Build) -> bool {
        self.kinds.contains(kind) && self.builds.contains(build)
    }
}

use OperationType::{
    Create, CreateProcess, Enumerate, GetProcessInfo, GetProcessProperties, GetProperties, Modify, ModifyProcess,
    Pause, Resume, Save, ShutDown, SignalProcess, Start, Terminate,
};

/// Every plausible failure, by operation. Those of a termination of a process stand under `kill`: the operation has the
/// type of a signal. That a creation's result is lost though the process runs is a quirk, see [`crate::profile`].
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    fails("create.access-denied", Create, Hresult::E_ACCESSDENIED, Form::Attributed, MACHINES,
        &[observed("cowork-vm issue 39285, appsandbox issue 99: a grant is missing; a leftover state file at a drive's root", &[B26100])]),
    fails("create.scratch-denied", Create, Hresult::E_ACCESSDENIED, Form::Attributed, Kinds::of(&[Kind::HyperVContainer]),
        &[observed("hcsctl: the scratch of an isolated container without the ACE of the virtual machines' group", &[B26200]), assumed("the document, as of a machine without a grant")]),
    fails("create.shares-collide", Create, Hresult::ERROR_DUPLICATE_TAG, Form::Attributed, MACHINES, &[observed("cowork-vm issues 33040 and 33716", &[B26100])]),
    fails("create.logon-denied", Create, Hresult::ERROR_LOGON_TYPE_NOT_GRANTED, Form::Attributed, MACHINES,
        &[observed("cowork-vm issues 29359 and 42755: the VM account may not log on as a service", &[B26100])]),
    fails("create.memory", Create, Hresult::WBEM_E_INVALID_PARAMETER, Form::Attributed, MACHINES, &[observed("appsandbox issue 11", &[B26100])]),
    fails("create.file-missing", Create, Hresult::ERROR_PATH_NOT_FOUND, Form::Worker(3040, 5, "'{}' could not initialize."), MACHINES,
        &[observed("cowork-vm issue 60976", &[B26100])]),
    fails("create.no-hypervisor", Create, Hresult::HCS_E_HYPERV_NOT_INSTALLED, Form::Event(11008, "Cannot create system '{}' since Hyper-V is not installed on the host."), MACHINES,
        &[observed("cowork-vm issue 42888", &[B19041])]),
    fails("create.no-feature", Create, Hresult::HCS_E_SERVICE_NOT_AVAILABLE, Form::Bare, Kinds::EVERY, &[client("multipass, WSL: the feature is off"), observed("WSL issue 12606", &[Build::B22621])]),
    fails("create.stale-network", Create, Hresult::HCS_E_SYSTEM_ALREADY_STOPPED, Form::Bare, MACHINES, &[client("one client: the adapter's network is stale"), assumed("the document")]),
    fails("create.stale-state-file", Create, Hresult::HCS_E_OPERATION_TIMEOUT, Form::Bare, MACHINES, &[client("appsandbox: state files of an earlier machine"), assumed("the document")]),
    fails("create.compartment", Create, Hresult::ERROR_NO_SYSTEM_RESOURCES, Form::Bare, SILOS, &[observed("hcsshim issue 437: in CreateCompartment", &[B17763]), assumed("the events are C++ traces, which are left out")]),
    fails("create.image-mismatch", Create, Hresult::HCS_E_IMAGE_MISMATCH, Form::Bare, Kinds::EVERY, &[documented("version compatibility of containers")]),
    fails("create.rpc", Create, Hresult::RPC_S_CALL_FAILED, Form::Bare, Kinds::EVERY, &[observed("moby issue 43886", &[B20348])]).refusing(),
    fails("start.disk-denied", Start, Hresult::E_ACCESSDENIED, Form::Storage, MACHINES, &[observed("Solon, VMLord: a disk without a grant", &[B26100, B26200]), assumed("the document")]),
    fails("start.disk-denied-otherwise", Start, Hresult::HCS_E_SYSTEM_ALREADY_STOPPED, Form::Bare, MACHINES, &[client("one client meets this code for a disk without a grant"), assumed("the document")]),
    fails("start.disk-missing", Start, Hresult::ERROR_PATH_NOT_FOUND, Form::Storage, MACHINES, &[observed("cowork-vm issue 47370", &[B26100])]),
    fails("start.disk-footer", Start, Hresult::ERROR_FILE_CORRUPT, Form::Storage, MACHINES, &[observed("Solon: a footer in the wrong place", &[B26200]), assumed("the document")]),
    fails("start.disk-sparse", Start, Hresult::ERROR_VIRTUAL_DISK_LIMITATION, Form::Storage, MACHINES, &[observed("cowork-vm issue 66772: compressed, encrypted or sparse", &[B26100])]),
    fails("start.storage", Start, Hresult::ERROR_NOT_SUPPORTED, Form::Storage, MACHINES, &[observed("cowork-vm issue 47174", &[B26100])]),
    fails("start.endpoint-attached", Start, Hresult::HCN_E_ENDPOINT_ALREADY_ATTACHED, Form::Attributed, MACHINES, &[observed("VMLord", &[B26100])]),
    fails("start.perfmon", Start, Hresult::ERROR_HV_INVALID_PARAMETER, Form::Attributed, MACHINES, &[observed("WSL issue 40735: performance monitor flags", &[B19041])]),
    fails("start.unexpected-exit", Start, Hresult::HCS_E_UNEXPECTED_EXIT, Form::Bare, Kinds::EVERY, &[observed("hcsshim issues 598 and 917, docker for-win issue 2158", &[B17763])]),
    fails("start.region-name", Start, Hresult::ERROR_BAD_PATHNAME, Form::Attributed, MACHINES, &[observed("a shared memory probe", &[B26100])]),
    fails("start.no-memory", Start, Hresult::ERROR_NO_SYSTEM_RESOURCES, Form::Attributed, MACHINES, &[documented("the code's text"), assumed("that a start can end so")]),
    fails("start.connection-timeout", Start, Hresult::HCS_E_CONNECTION_TIMEOUT, Form::Bare, Kinds::EVERY, &[documented("the code's text")]),
    fails("shutdown.connection-closed", ShutDown, Hresult::HCS_E_CONNECTION_CLOSED, Form::Bare, Kinds::EVERY, &[observed("docker for-win issue 7523", &[B17763])]),
    fails("shutdown.unknown-interface", ShutDown, Hresult::RPC_S_UNKNOWN_IF, Form::Bare, Kinds::of(&[Kind::HyperVContainer]), &[observed("hcsshim issue 1768", &[B20348]), assumed("the events are C++ traces, which are left out")]),
    fails("shutdown.not-ready", ShutDown, Hresult::ERROR_NOT_READY, Form::Bare, MACHINES, &[client("AspireHcs tries again")]),
    fails("terminate.rpc", Terminate, Hresult::RPC_S_SERVER_UNAVAILABLE, Form::Bare, Kinds::EVERY, &[client("hcsshim"), assumed("as other calls while the service dies")]).refusing(),
    fails("save.no-memory", Save, Hresult::ERROR_NO_SYSTEM_RESOURCES, Form::Attributed, MACHINES, &[observed("discobox: as a template, without commit headroom", &[B26100]), assumed("the document")]).since(B20348),
    fails("save.access-denied", Save, Hresult::E_ACCESSDENIED, Form::Attributed, MACHINES, &[documented("the machine's account needs access to the folder"), assumed("the document")]),
    fails("pause.timeout", Pause, Hresult::HCS_E_CONNECTION_TIMEOUT, Form::Bare, MACHINES, &[assumed("a guest that does not answer")]),
    fails("resume.timeout", Resume, Hresult::HCS_E_CONNECTION_TIMEOUT, Form::Bare, MACHINES, &[assumed("a guest that does not answer")]),
    fails("modify.access-denied", Modify, Hresult::E_ACCESSDENIED, Form::Bare, MACHINES, &[client("WSL: a disk without a grant; it grants and tries again"), observed("cowork-vm issue 43290: a Plan 9 share", &[B19041])]),
    fails("modify.sharing-violation", Modify, Hresult::ERROR_SHARING_VIOLATION, Form::Bare, MACHINES, &[client("WSL: a pass-through disk that the host still holds")]),
    fails("modify.locked-volume", Modify, Hresult::FVE_E_LOCKED_VOLUME, Form::Bare, MACHINES, &[observed("cowork-vm issue 43070: a Plan 9 share, with its document", &[B26100])]),
    fails("modify.not-ready", Modify, Hresult::ERROR_NOT_READY, Form::Bare, MACHINES, &[observed("AspireHcs: memory while the guest boots", &[B26200])]),
    fails("modify.guest-json", Modify, Hresult::HCS_E_INVALID_JSON, Form::Bare, Kinds::EVERY, &[observed("hcsshim issue 2739: a member that the guest does not know", &[B20348])]),
    fails("properties.access-denied", GetProperties, Hresult::E_ACCESSDENIED, Form::Bare, SILOS, &[observed("kubernetes issue 98509", &[B17763])]),
    fails("properties.one-part", GetProperties, Hresult::HCS_E_CONNECTION_TIMEOUT, Form::Bare, Kinds::EVERY, &[client("hcsshim issue 1362: one slow part fails the statistics as a whole"), assumed("the code")]),
    fails("create-process.no-executable", CreateProcess, Hresult::ERROR_FILE_NOT_FOUND, Form::Bare, PEOPLED,
        &[observed("hcsshim issue 674, moby pull request 40128, docker for-win issue 2679", &[B17763]), assumed("the document; one client's rendering of it has an event without a provider, which is left out")]),
    fails("create-process.exiting", CreateProcess, Hresult::HCS_E_INVALID_STATE, Form::Bare, CONTAINERS, &[observed("navcontainerhelper issue 1819: the container exits, the legacy form of the code", &[B17763])]),
    fails("create-process.guest-runtime", CreateProcess, Hresult::E_FAIL, Form::Bare, REMOTE,
        &[observed("opengcs issue 327: the runtime inside a Linux guest fails", &[B17763]), assumed("the document; the guest's own event with its stack trace is left out")]),
    fails("create-process.connection-closed", CreateProcess, Hresult::HCS_E_CONNECTION_CLOSED, Form::Bare, REMOTE, &[documented("the code's text"), assumed("that a creation can end so")]),
    fails("create-process.connection-timeout", CreateProcess, Hresult::HCS_E_CONNECTION_TIMEOUT, Form::Bare, REMOTE, &[documented("the code's text"), assumed("that a creation can end so")]),
    fails("create-process.rpc", CreateProcess, Hresult::RPC_S_CALL_FAILED, Form::Bare, PEOPLED, &[observed("hcsshim issue 1472, moby issue 43886: the service dies", &[B20348])]).refusing(),
    fails("signal.invalid-state", SignalProcess, Hresult::HCS_E_INVALID_STATE, Form::Bare, PEOPLED, &[client("hcsshim takes it for: gone, and the notification is missing")]),
    fails("signal.system-not-found", SignalProcess, Hresult::HCS_E_SYSTEM_NOT_FOUND, Form::Bare, PEOPLED, &[client("hcsshim takes it for: gone, and the notification is missing")]),
    fails("signal.not-found", SignalProcess, Hresult::ERROR_NOT_FOUND, Form::Bare, PEOPLED, &[client("hcsshim takes it for: gone, and the notification is missing; opengcs issue 294: its guest answers so")]),
    fails("signal.connection-closed", SignalProcess, Hresult::HCS_E_CONNECTION_CLOSED, Form::Bare, REMOTE, &[documented("the code's text"), assumed("that a signal can end so")]),
    fails("kill.access-denied", SignalProcess, Hresult::E_ACCESSDENIED, Form::Bare, PEOPLED, &[observed("hcsshim issue 1251: the process is being ended already", &[B17763])]),
    fails("kill.process-stopped", SignalProcess, Hresult::HCS_E_PROCESS_ALREADY_STOPPED, Form::Bare, PEOPLED, &[client("hcsshim takes it for: already stopped")]),
    fails("kill.system-stopped", SignalProcess, Hresult::HCS_E_SYSTEM_ALREADY_STOPPED, Form::Bare, PEOPLED, &[client("hcsshim takes it for: already stopped; its guest answers so of a container that has stopped")]),
    fails("process-info.stopped", GetProcessInfo, Hresult::HCS_E_PROCESS_ALREADY_STOPPED, Form::Bare, PEOPLED, &[client("hcsshim: the process is over before its information is read")]),
    fails("process-info.connection-closed", GetProcessInfo, Hresult::HCS_E_CONNECTION_CLOSED, Form::Bare, REMOTE, &[documented("the code's text"), assumed("that the operation can end so")]),
    fails("process-properties.connection-closed", GetProcessProperties, Hresult::HCS_E_CONNECTION_CLOSED, Form::Bare, REMOTE, &[documented("the code's text"), assumed("that the operation can end so")]),
    fails("modify-process.stopped", ModifyProcess, Hresult::HCS_E_PROCESS_ALREADY_STOPPED, Form::Bare, PEOPLED, &[client("hcsshim names it for all three changes of a process")]),
    fails("modify-process.connection-closed", ModifyProcess, Hresult::HCS_E_CONNECTION_CLOSED, Form::Bare, REMOTE, &[documented("the code's text"), assumed("that a change can end so")]),
    fails("enumerate.rpc", Enumerate, Hresult::RPC_S_CALL_FAILED, Form::Bare, Kinds::EVERY, &[observed("hcsshim issue 1472", &[B20348])]).refusing(),
];

/// The document that goes with a code: that of the plausible failure, or the operation's usual one. Attribution is recorded
/// of what makes or starts a system, and was missing elsewhere; that processes have none is assumed.
pub fn form(operation: OperationType, code: Hresult) -> Form {
    let known = FAILURES.iter().find(|failure| failure.operation as u8 == operation as u8 && failure.code.0 == code.0);
    let usual = match operation {
        CreateProcess | SignalProcess | GetProcessInfo | GetProcessProperties | ModifyProcess => Form::Bare,
        _ => Form::Attributed,
    };
    known.map_or(usual, |failure| failure.form)
}
