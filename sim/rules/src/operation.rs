//! Operations: what each call may do with one, what an operation's getters answer, and what becomes of an operation in
//! flight when its system's life ends.

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls, OperationType, OperationTypes, SystemState};

closed! {
    /// Where an operation is in its life.
    pub enum Phase, Phases {
        /// No call has used it.
        NotStarted,
        /// A call runs on it.
        Pending,
        /// The call on it is done, well or badly.
        Completed,
    }
}

closed! {
    /// What an operation is wanted for, beside what the call says.
    pub enum Use, Uses {
        /// Nothing stands against it.
        Free,
        /// The operation has a callback and the system's handle announces operations itself.
        TwoCallbacks,
        /// Process information is wanted from an operation of another type.
        NotOfAProcess,
        /// Process information is wanted that was handed out before.
        InfoTaken,
        /// Process information is wanted of a creation whose result is lost: see
        /// [`crate::profile::Quirk::CreateProcessResultIsLost`].
        InfoLost,
    }
}

/// What the operation stage answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The call goes on to the next stage, or does what its name says.
    Pass,
    /// The call returns this code.
    Fail(Hresult),
    /// The call returns the operation's result, and its document.
    Result,
    /// The call returns the operation's result, its document, and the process information, which moves out.
    ResultAndInfo,
    /// The call waits for the result; a time-out ends it with [`WAIT_TIMED_OUT`].
    Wait,
    /// The call answers what an operation in no call answers: no system, no process.
    Empty,
}

/// One row of the operation stage.
#[derive(Clone, Copy, Debug)]
pub struct OperationRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The phases.
    pub phases: Phases,
    /// The uses.
    pub uses: Uses,
    /// The verdict.
    pub verdict: Verdict,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The calls that run on an operation.
const ASYNCHRONOUS: &[Call] = &[
    Call::EnumerateComputeSystems,
    Call::CreateComputeSystem,
    Call::StartComputeSystem,
    Call::TerminateComputeSystem,
    Call::GetComputeSystemProperties,
    Call::ShutDownComputeSystem,
    Call::CrashComputeSystem,
    Call::PauseComputeSystem,
    Call::ResumeComputeSystem,
    Call::SaveComputeSystem,
    Call::ModifyComputeSystem,
    Call::CreateComputeSystemInNamespace,
    Call::EnumerateComputeSystemsInNamespace,
    Call::CreateProcess,
    Call::TerminateProcess,
    Call::SignalProcess,
    Call::GetProcessInfo,
    Call::GetProcessProperties,
    Call::ModifyProcess,
];
/// The calls that read an operation's result at once.
const READING: &[Call] = &[Call::GetOperationResult, Call::GetOperationResultAndProcessInfo];
/// The calls that wait for an operation's result.
const WAITING: &[Call] = &[Call::WaitForOperationResult, Call::WaitForOperationResultAndProcessInfo];
/// The calls that read or set something else of an operation, in every phase alike.
const PLAIN: &[Call] = &[
    Call::CloseOperation,
    Call::GetOperationContext,
    Call::SetOperationContext,
    Call::GetOperationType,
    Call::GetOperationId,
];

const fn row(id: &'static str, calls: &[Call]) -> OperationRow {
    OperationRow {
        id,
        calls: Calls::of(calls),
        phases: Phases::EVERY,
        uses: Uses::EVERY,
        verdict: Verdict::Pass,
        sources: &[],
    }
}

impl OperationRow {
    const fn when(mut self, phases: &[Phase]) -> OperationRow {
        self.phases = Phases::of(phases);
        self
    }

    const fn with(mut self, uses: &[Use]) -> OperationRow {
        self.uses = Uses::of(uses);
        self
    }

    const fn gives(mut self, verdict: Verdict) -> OperationRow {
        self.verdict = verdict;
        self
    }

    const fn known(mut self, sources: &'static [Source]) -> OperationRow {
        self.sources = sources;
        self
    }
}

/// Every row of the operation stage.
pub const ROWS: &[OperationRow] = &LIST;

#[rustfmt::skip]
const LIST: [OperationRow; 28] = [
    row("operation.use", ASYNCHRONOUS).when(&[Phase::NotStarted, Phase::Completed]).with(&[Use::Free])
        .gives(Verdict::Pass)
        .known(&[documented("tutorial: one operation serves call after call"), observed("AspireHcs: re-use after the result was read", &[crate::build::Build::B26200])]),
    row("operation.use-pending", ASYNCHRONOUS).when(&[Phase::Pending]).with(&[Use::Free])
        .gives(Verdict::Fail(Hresult::HCS_E_OPERATION_ALREADY_STARTED))
        .known(&[client("a wrapper that models the operation; the code's name fits only here")]),
    row("operation.use-two-callbacks", ASYNCHRONOUS).with(&[Use::TwoCallbacks])
        .gives(Verdict::Fail(Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET))
        .known(&[documented("HCS_EVENT_OPTIONS; operation completion sample")]),
    row("operation.result-not-started", READING).when(&[Phase::NotStarted])
        .gives(Verdict::Fail(Hresult::HCS_E_OPERATION_NOT_STARTED))
        .known(&[documented("HcsGetOperationResult")]),
    row("operation.result-pending", &[Call::GetOperationResult]).when(&[Phase::Pending])
        .gives(Verdict::Fail(Hresult::HCS_E_OPERATION_PENDING))
        .known(&[documented("HcsGetOperationResult")]),
    row("operation.result", &[Call::GetOperationResult]).when(&[Phase::Completed])
        .gives(Verdict::Result)
        .known(&[documented("HcsGetOperationResult"), assumed("reading twice gives the same twice")]),
    row("operation.result-info", &[Call::GetOperationResultAndProcessInfo]).when(&[Phase::Pending, Phase::Completed]).with(&[Use::NotOfAProcess])
        .gives(Verdict::Fail(Hresult::E_INVALIDARG))
        .known(&[documented("HcsGetOperationResultAndProcessInfo: the type must be CreateProcess or GetProcessInfo")]),
    row("operation.result-info-pending", &[Call::GetOperationResultAndProcessInfo]).when(&[Phase::Pending]).with(&[Use::Free, Use::InfoTaken])
        .gives(Verdict::Fail(Hresult::HCS_E_OPERATION_PENDING))
        .known(&[documented("HcsGetOperationResultAndProcessInfo")]),
    row("operation.result-of-process", &[Call::GetOperationResultAndProcessInfo]).when(&[Phase::Completed]).with(&[Use::Free])
        .gives(Verdict::ResultAndInfo)
        .known(&[documented("HcsGetOperationResultAndProcessInfo: filled only with S_OK")]),
    row("operation.result-info-taken", &[Call::GetOperationResultAndProcessInfo]).when(&[Phase::Completed]).with(&[Use::InfoTaken])
        .gives(Verdict::Fail(Hresult::HCS_E_PROCESS_INFO_NOT_AVAILABLE))
        .known(&[documented("the code's text"), assumed("the handles move out once")]),
    row("operation.result-info-lost", &[Call::GetOperationResultAndProcessInfo]).when(&[Phase::Pending, Phase::Completed]).with(&[Use::InfoLost])
        .gives(Verdict::Fail(Hresult::E_INVALIDARG))
        .known(&[client("hcsshim: a spurious failure on Windows Server 2022, the process is there")]),
    row("operation.wait-not-started", WAITING).when(&[Phase::NotStarted])
        .gives(Verdict::Fail(Hresult::HCS_E_OPERATION_NOT_STARTED))
        .known(&[documented("HcsWaitForOperationResult")]),
    row("operation.wait-pending", &[Call::WaitForOperationResult]).when(&[Phase::Pending])
        .gives(Verdict::Wait)
        .known(&[documented("HcsWaitForOperationResult")]),
    row("operation.wait", &[Call::WaitForOperationResult]).when(&[Phase::Completed])
        .gives(Verdict::Result)
        .known(&[documented("HcsWaitForOperationResult")]),
    row("operation.wait-info", &[Call::WaitForOperationResultAndProcessInfo]).when(&[Phase::Pending, Phase::Completed]).with(&[Use::NotOfAProcess])
        .gives(Verdict::Fail(Hresult::E_INVALIDARG))
        .known(&[documented("HcsWaitForOperationResultAndProcessInfo")]),
    row("operation.wait-of-process-pending", &[Call::WaitForOperationResultAndProcessInfo]).when(&[Phase::Pending]).with(&[Use::Free, Use::InfoTaken])
        .gives(Verdict::Wait)
        .known(&[documented("HcsWaitForOperationResultAndProcessInfo")]),
    row("operation.wait-of-process", &[Call::WaitForOperationResultAndProcessInfo]).when(&[Phase::Completed]).with(&[Use::Free])
        .gives(Verdict::ResultAndInfo)
        .known(&[documented("HcsWaitForOperationResultAndProcessInfo: filled only with S_OK")]),
    row("operation.wait-info-taken", &[Call::WaitForOperationResultAndProcessInfo]).when(&[Phase::Completed]).with(&[Use::InfoTaken])
        .gives(Verdict::Fail(Hresult::HCS_E_PROCESS_INFO_NOT_AVAILABLE))
        .known(&[documented("the code's text"), assumed("the handles move out once")]),
    row("operation.wait-info-lost", &[Call::WaitForOperationResultAndProcessInfo]).when(&[Phase::Pending, Phase::Completed]).with(&[Use::InfoLost])
        .gives(Verdict::Fail(Hresult::E_INVALIDARG))
        .known(&[client("hcsshim: a spurious failure on Windows Server 2022, the process is there")]),
    row("operation.plain", PLAIN)
        .gives(Verdict::Pass)
        .known(&[documented("HcsCloseOperation: the request goes on"), client("hcsshim closes operations in flight")]),
    row("operation.system", &[Call::GetComputeSystemFromOperation]).when(&[Phase::Pending, Phase::Completed])
        .gives(Verdict::Pass)
        .known(&[documented("HcsGetComputeSystemFromOperation"), assumed("after completion the handle is still told, as callbacks need it")]),
    row("operation.system-none", &[Call::GetComputeSystemFromOperation]).when(&[Phase::NotStarted])
        .gives(Verdict::Empty)
        .known(&[documented("HcsGetComputeSystemFromOperation: NULL if the operation is not active")]),
    row("operation.process", &[Call::GetProcessFromOperation]).when(&[Phase::Pending, Phase::Completed])
        .gives(Verdict::Pass)
        .known(&[documented("HcsGetProcessFromOperation"), assumed("after completion the handle is still told, as callbacks need it")]),
    row("operation.process-none", &[Call::GetProcessFromOperation]).when(&[Phase::NotStarted])
        .gives(Verdict::Empty)
        .known(&[documented("HcsGetProcessFromOperation"), assumed("as for the system")]),
    row("operation.callback", &[Call::SetOperationCallback])
        .gives(Verdict::Pass)
        .known(&[documented("HcsSetOperationCallback names no restriction on timing"), assumed("set after completion, it is called at once")]),
    row("operation.cancel", &[Call::CancelOperation])
        .gives(Verdict::Fail(Hresult::E_NOTIMPL))
        .known(&[documented("HcsCancelOperation"), assumed("newer builds may cancel live migration, which is not modelled")]),
    row("operation.resource", &[Call::AddResourceToOperation])
        .gives(Verdict::Pass)
        .known(&[client("hcsshim: before the call that consumes it"), assumed("kept without effect: no modelled call consumes a resource")]),
    row("operation.properties", &[Call::GetOperationProperties])
        .gives(Verdict::Fail(Hresult::E_NOTIMPL))
        .known(&[assumed("neither its options nor its result are described anywhere")]),
];

const AXES: [Axis; 3] = [
    Axis { name: "call", values: Call::NAMES },
    Axis { name: "phase", values: Phase::NAMES },
    Axis { name: "use", values: Use::NAMES },
];
const CELLS: usize = Call::COUNT * Phase::COUNT * Use::COUNT;
static TABLE: [u16; CELLS] = lay_operations();

/// How a call can want an operation. `None` when it takes none.
pub const fn uses(call: Call) -> Option<Uses> {
    match call {
        Call::CreateOperation
        | Call::CreateOperationWithNotifications
        | Call::OpenComputeSystem
        | Call::CloseComputeSystem
        | Call::SetComputeSystemCallback
        | Call::WaitForComputeSystemExit
        | Call::OpenComputeSystemInNamespace
        | Call::GetServiceProperties
        | Call::ModifyServiceSettings
        | Call::SubmitWerReport
        | Call::CreateEmptyGuestStateFile
        | Call::CreateEmptyRuntimeStateFile
        | Call::GetProcessorCompatibilityFromSavedState
        | Call::GrantVmAccess
        | Call::RevokeVmAccess
        | Call::GrantVmGroupAccess
        | Call::RevokeVmGroupAccess
        | Call::ImportLayer
        | Call::ExportLayer
        | Call::ExportLegacyWritableLayer
        | Call::DestroyLayer
        | Call::SetupBaseOSLayer
        | Call::SetupBaseOSVolume
        | Call::InitializeWritableLayer
        | Call::InitializeLegacyWritableLayer
        | Call::AttachLayerStorageFilter
        | Call::DetachLayerStorageFilter
        | Call::FormatWritableLayerVhd
        | Call::GetLayerVhdMountPath
        | Call::AttachOverlayFilter
        | Call::DetachOverlayFilter
        | Call::CreateVirtualDisk
        | Call::OpenVirtualDisk
        | Call::AttachVirtualDisk
        | Call::DetachVirtualDisk
        | Call::ResizeVirtualDisk
        | Call::MergeVirtualDisk
        | Call::GetVirtualDiskInformation
        | Call::SetVirtualDiskInformation
        | Call::GetVirtualDiskPhysicalPath
        | Call::CreateFile
        | Call::CloseHandle
        | Call::OpenProcess
        | Call::CloseProcess
        | Call::SetProcessCallback
        | Call::WaitForProcessExit
        | Call::LegacyEnumerateComputeSystems
        | Call::LegacyCreateComputeSystem
        | Call::LegacyOpenComputeSystem
        | Call::LegacyCloseComputeSystem
        | Call::LegacyStartComputeSystem
        | Call::LegacyShutdownComputeSystem
        | Call::LegacyTerminateComputeSystem
        | Call::LegacyPauseComputeSystem
        | Call::LegacyResumeComputeSystem
        | Call::LegacySaveComputeSystem
        | Call::LegacyGetComputeSystemProperties
        | Call::LegacyModifyComputeSystem
        | Call::LegacyModifyServiceSettings
        | Call::LegacyGetServiceProperties
        | Call::LegacyRegisterComputeSystemCallback
        | Call::LegacyUnregisterComputeSystemCallback
        | Call::LegacyCreateProcess
        | Call::LegacyOpenProcess
        | Call::LegacyCloseProcess
        | Call::LegacyTerminateProcess
        | Call::LegacySignalProcess
        | Call::LegacyGetProcessInfo
        | Call::LegacyGetProcessProperties
        | Call::LegacyModifyProcess
        | Call::LegacyRegisterProcessCallback
        | Call::LegacyUnregisterProcessCallback
        | Call::LegacyGrantVmAccess
        | Call::LegacyRevokeVmAccess
        | Call::LegacyActivateLayer
        | Call::LegacyDeactivateLayer
        | Call::LegacyPrepareLayer
        | Call::LegacyUnprepareLayer
        | Call::LegacyGetLayerMountPath
        | Call::LegacyCreateLayer
        | Call::LegacyCreateSandboxLayer
        | Call::LegacyExpandSandboxSize
        | Call::LegacyCopyLayer
        | Call::LegacyDestroyLayer
        | Call::LegacyImportLayer
        | Call::LegacyExportLayer
        | Call::LegacyLayerExists
        | Call::LegacyGetBaseImages
        | Call::LegacyNameToGuid
        | Call::LegacyProcessBaseImage
        | Call::LegacyProcessUtilityImage => None,
        Call::EnumerateComputeSystems
        | Call::CreateComputeSystem
        | Call::StartComputeSystem
        | Call::TerminateComputeSystem
        | Call::GetComputeSystemProperties
        | Call::ShutDownComputeSystem
        | Call::CrashComputeSystem
        | Call::PauseComputeSystem
        | Call::ResumeComputeSystem
        | Call::SaveComputeSystem
        | Call::ModifyComputeSystem
        | Call::CreateComputeSystemInNamespace
        | Call::EnumerateComputeSystemsInNamespace
        | Call::CreateProcess
        | Call::TerminateProcess
        | Call::SignalProcess
        | Call::GetProcessInfo
        | Call::GetProcessProperties
        | Call::ModifyProcess => Some(Uses::of(&[Use::Free, Use::TwoCallbacks])),
        Call::GetOperationResultAndProcessInfo | Call::WaitForOperationResultAndProcessInfo => {
            Some(Uses::of(&[Use::Free, Use::NotOfAProcess, Use::InfoTaken, Use::InfoLost]))
        }
        Call::CloseOperation
        | Call::GetOperationContext
        | Call::SetOperationContext
        | Call::GetComputeSystemFromOperation
        | Call::GetProcessFromOperation
        | Call::GetOperationType
        | Call::GetOperationId
        | Call::GetOperationResult
        | Call::WaitForOperationResult
        | Call::SetOperationCallback
        | Call::CancelOperation
        | Call::AddResourceToOperation
        | Call::GetOperationProperties => Some(Uses::of(&[Use::Free])),
    }
}

const fn lay_operations() -> [u16; CELLS] {
    let mut domain = [[0; 3]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        if let Some(uses) = uses(Call::ALL[at]) {
            domain[at] = [1 << at, Phases::EVERY.bits(), uses.bits()];
        }
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 3], named: [0; 3] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        let row = &LIST[at];
        covers[at] = Cover { id: row.id, sets: [row.calls.bits(), row.phases.bits(), row.uses.bits()], named: [0; 3] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a call on an operation. `None` when the call takes no operation or cannot want it so.
pub fn rule(call: Call, phase: Phase, wanted: Use) -> Option<&'static OperationRow> {
    let row = TABLE[place(&AXES, &[call.index(), phase.index(), wanted.index()])];
    ROWS.get(usize::from(row))
}

/// What a wait for an operation ends with when its time is up; the operation goes on. Documented.
pub const WAIT_TIMED_OUT: Hresult = Hresult::HCS_E_OPERATION_TIMEOUT;

/// What a wait for the exit of a system or a process ends with when its time is up. Assumed: clients take this code, no page names one.
pub const EXIT_WAIT_TIMED_OUT: Hresult = Hresult::HCS_E_OPERATION_TIMEOUT;

closed! {
    /// How a system's life ends, as the operations in flight see it.
    pub enum Ending, Endings {
        /// A client terminates it.
        Terminate,
        /// Its guest crashes or powers off.
        GuestExit,
        /// Its last handle goes.
        LastHandle,
        /// The compute service stops.
        ServiceStop,
    }
}

/// What becomes of an operation in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InFlight {
    /// It completes when it is due, as if nothing had happened.
    Continues,
    /// It ends now, well.
    Completes,
    /// It ends now, with this code.
    Fails(Hresult),
}

/// One row of the table of operations in flight.
#[derive(Clone, Copy, Debug)]
pub struct InFlightRow {
    /// Unique name.
    pub id: &'static str,
    /// The types of operation.
    pub types: OperationTypes,
    /// The endings.
    pub endings: Endings,
    /// What becomes of it.
    pub fate: InFlight,
    /// How it is known.
    pub sources: &'static [Source],
}

/// What becomes of operations in flight.
pub const IN_FLIGHT: &[InFlightRow] = &IN_FLIGHT_LIST;

/// What holds a state of its own while it runs.
const CHANGING: OperationTypes =
    OperationTypes::of(&[OperationType::Pause, OperationType::Resume, OperationType::Save]);

const IN_FLIGHT_LIST: [InFlightRow; 10] = [
    InFlightRow {
        id: "in-flight.start-terminated",
        types: OperationTypes::of(&[OperationType::Start]),
        endings: Endings::of(&[Ending::Terminate, Ending::LastHandle]),
        fate: InFlight::Fails(Hresult::HCS_E_TERMINATED_DURING_START),
        sources: &[documented("the code's name and text")],
    },
    InFlightRow {
        id: "in-flight.start-exit",
        types: OperationTypes::of(&[OperationType::Start]),
        endings: Endings::of(&[Ending::GuestExit]),
        fate: InFlight::Fails(Hresult::HCS_E_UNEXPECTED_EXIT),
        sources: &[observed("hcsshim issues 598 and 917: containers, the legacy form", &[crate::build::Build::B17763])],
    },
    InFlightRow {
        id: "in-flight.create-gone",
        types: OperationTypes::of(&[OperationType::Create]),
        endings: Endings::of(&[Ending::LastHandle]),
        fate: InFlight::Fails(Hresult::HCS_E_TERMINATED),
        sources: &[assumed("forcefully exited is what happened; nothing is recorded")],
    },
    InFlightRow {
        id: "in-flight.change-overtaken",
        types: OperationTypes::of_bits(CHANGING.bits() | OperationTypes::of(&[OperationType::Modify]).bits()),
        endings: Endings::of(&[Ending::Terminate, Ending::GuestExit, Ending::LastHandle]),
        fate: InFlight::Fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
        sources: &[client("hcsshim: a modify during teardown"), assumed("the same for pause, resume and save")],
    },
    InFlightRow {
        id: "in-flight.end-overtaken",
        types: OperationTypes::of(&[OperationType::ShutDown, OperationType::Crash]),
        endings: Endings::of(&[Ending::Terminate, Ending::GuestExit, Ending::LastHandle]),
        fate: InFlight::Completes,
        sources: &[assumed("the system is over, which is what the call asks for")],
    },
    InFlightRow {
        id: "in-flight.terminate-overtaken",
        types: OperationTypes::of(&[OperationType::Terminate]),
        endings: Endings::of(&[Ending::GuestExit, Ending::LastHandle]),
        fate: InFlight::Completes,
        sources: &[assumed("the system is over, which is what terminate asks for")],
    },
    InFlightRow {
        id: "in-flight.process-overtaken",
        types: OperationTypes::of(&[OperationType::CreateProcess]),
        endings: Endings::of(&[Ending::Terminate, Ending::GuestExit, Ending::LastHandle]),
        fate: InFlight::Fails(Hresult::HCS_E_INVALID_STATE),
        sources: &[observed(
            "navcontainerhelper issue 1819: a container that exits, the legacy form",
            &[crate::build::Build::B17763],
        )],
    },
    InFlightRow {
        id: "in-flight.query-outlives",
        types: OperationTypes::of(&[OperationType::GetProperties]),
        endings: Endings::of(&[Ending::Terminate, Ending::GuestExit]),
        fate: InFlight::Continues,
        sources: &[assumed("properties of an exited system are answered while a handle is open")],
    },
    InFlightRow {
        id: "in-flight.query-gone",
        types: OperationTypes::of(&[OperationType::GetProperties]),
        endings: Endings::of(&[Ending::LastHandle]),
        fate: InFlight::Fails(Hresult::HCS_E_SYSTEM_NOT_FOUND),
        sources: &[assumed("the record is gone with the last handle")],
    },
    InFlightRow {
        id: "in-flight.service-stop",
        types: OperationTypes::EVERY,
        endings: Endings::of(&[Ending::ServiceStop]),
        fate: InFlight::Fails(Hresult::HCS_E_SERVICE_DISCONNECT),
        sources: &[documented("the code's name and text"), client("hcsshim ends every wait with an error")],
    },
];

const IN_FLIGHT_AXES: [Axis; 2] =
    [Axis { name: "operation type", values: OperationType::NAMES }, Axis { name: "ending", values: Ending::NAMES }];
const IN_FLIGHT_CELLS: usize = OperationType::COUNT * Ending::COUNT;
static IN_FLIGHT_TABLE: [u16; IN_FLIGHT_CELLS] = lay_in_flight();

/// The endings that an operation of this type can meet while it is in flight. A system that is being created has no
/// guest and cannot be terminated; a list belongs to no system.
const fn endings(operation: OperationType) -> Endings {
    match operation {
        OperationType::None => Endings::NONE,
        OperationType::Enumerate => Endings::of(&[Ending::ServiceStop]),
        OperationType::Create => Endings::of(&[Ending::LastHandle, Ending::ServiceStop]),
        OperationType::Start => Endings::EVERY,
        OperationType::Terminate => Endings::except(&[Ending::Terminate]),
        OperationType::ShutDown
        | OperationType::Pause
        | OperationType::Resume
        | OperationType::Save
        | OperationType::Modify
        | OperationType::Crash
        | OperationType::CreateProcess
        | OperationType::GetProperties => Endings::EVERY,
        // They belong to the process, and end as its own rows say.
        OperationType::SignalProcess
        | OperationType::GetProcessInfo
        | OperationType::GetProcessProperties
        | OperationType::ModifyProcess => Endings::of(&[Ending::ServiceStop]),
    }
}

const fn lay_in_flight() -> [u16; IN_FLIGHT_CELLS] {
    let mut domain = [[0; 2]; OperationType::COUNT];
    let mut at = 0;
    while at < OperationType::COUNT {
        domain[at] = [1 << at, endings(OperationType::ALL[at]).bits()];
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 2], named: [0; 2] } }; IN_FLIGHT_LIST.len()];
    let mut at = 0;
    while at < IN_FLIGHT_LIST.len() {
        let row = &IN_FLIGHT_LIST[at];
        covers[at] = Cover { id: row.id, sets: [row.types.bits(), row.endings.bits()], named: [0; 2] };
        at += 1;
    }
    lay(&IN_FLIGHT_AXES, &domain, &covers)
}

/// What becomes of an operation of this type when its system's life ends so. `None` where that cannot be.
pub fn in_flight(operation: OperationType, ending: Ending) -> Option<&'static InFlightRow> {
    let row = IN_FLIGHT_TABLE[place(&IN_FLIGHT_AXES, &[operation.index(), ending.index()])];
    IN_FLIGHT.get(usize::from(row))
}

/// The state that a system is left in when an operation on it fails, by a fault or by the world. `None`: as it is.
///
/// Assumed throughout: a client that saw a start fail starts anew or gives up, and none says what the properties were.
pub const fn after_failure(operation: OperationType, before: SystemState) -> Option<SystemState> {
    match operation {
        OperationType::Create => Some(SystemState::Refused),
        OperationType::Start => Some(SystemState::Created),
        // What a terminate has cut short does not come back.
        OperationType::Terminate => Some(match before {
            SystemState::Starting => SystemState::Created,
            SystemState::Pausing => SystemState::Running,
            SystemState::Resuming | SystemState::Saving => SystemState::Paused,
            before => before,
        }),
        OperationType::Pause | OperationType::Resume | OperationType::Save | OperationType::ShutDown => Some(before),
        OperationType::None
        | OperationType::Enumerate
        | OperationType::GetProperties
        | OperationType::Modify
        | OperationType::CreateProcess
        | OperationType::SignalProcess
        | OperationType::GetProcessInfo
        | OperationType::GetProcessProperties
        | OperationType::ModifyProcess
        | OperationType::Crash => None,
    }
}
