//! The handle stage: what a call answers for a handle that is none, and what the real DLL would have done.
//!
//! The real DLL takes handles for pointers. What it does with a bad one is undefined, so every row here marks misuse:
//! the double answers, records it, and fails a strict world.

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented};
use crate::hresult::Hresult;
use crate::layer::ON_LAYERS;
use crate::legacy;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls};

closed! {
    /// What is wrong with a handle.
    pub enum HandleFault, HandleFaults {
        /// It is NULL.
        Null,
        /// It was closed.
        Closed,
        /// It is a live handle of another type.
        WrongType,
        /// It is a live handle of another client.
        Foreign,
        /// It was never handed out.
        Unknown,
    }
}

/// What a call answers for a bad handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadHandle {
    /// This code.
    Fails(Hresult),
    /// The value that the page names for an invalid operation, or NULL: the call returns no code.
    Empty,
}

/// One row of the handle stage.
#[derive(Clone, Copy, Debug)]
pub struct HandleRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The faults.
    pub faults: HandleFaults,
    /// What the call answers.
    pub answer: BadHandle,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The calls that take no handle.
const WITHOUT_HANDLE: Calls = Calls::of(&[
    Call::CreateOperation,
    Call::CreateOperationWithNotifications,
    Call::OpenComputeSystem,
    Call::OpenComputeSystemInNamespace,
    Call::GetServiceProperties,
    Call::ModifyServiceSettings,
    Call::SubmitWerReport,
    Call::CreateEmptyGuestStateFile,
    Call::CreateEmptyRuntimeStateFile,
    Call::GetProcessorCompatibilityFromSavedState,
    Call::GrantVmAccess,
    Call::RevokeVmAccess,
    Call::GrantVmGroupAccess,
    Call::RevokeVmGroupAccess,
    Call::CreateVirtualDisk,
    Call::OpenVirtualDisk,
    Call::CreateFile,
])
.or(ON_LAYERS.without(Call::SetupBaseOSLayer).without(Call::FormatWritableLayerVhd).without(Call::GetLayerVhdMountPath))
.or(legacy::WITHOUT_HANDLE);
/// The calls that take a disk. For `HcsSetupBaseOSLayer` NULL is a value of its own, and no fault: see [`crate::layer`].
const ON_DISK: Calls = Calls::of(&[
    Call::FormatWritableLayerVhd,
    Call::GetLayerVhdMountPath,
    Call::AttachVirtualDisk,
    Call::DetachVirtualDisk,
    Call::ResizeVirtualDisk,
    Call::MergeVirtualDisk,
    Call::GetVirtualDiskInformation,
    Call::SetVirtualDiskInformation,
    Call::GetVirtualDiskPhysicalPath,
    Call::CloseHandle,
]);
/// The calls that return no code.
const WITHOUT_CODE: Calls = Calls::of(&[
    Call::CloseOperation,
    Call::CloseComputeSystem,
    Call::CloseProcess,
    Call::GetOperationContext,
    Call::GetComputeSystemFromOperation,
    Call::GetProcessFromOperation,
    Call::GetOperationType,
    Call::GetOperationId,
]);
const WITH_CODE: Calls = Calls::of(&[
    Call::SetOperationContext,
    Call::GetOperationResult,
    Call::GetOperationResultAndProcessInfo,
    Call::WaitForOperationResult,
    Call::WaitForOperationResultAndProcessInfo,
    Call::SetOperationCallback,
    Call::CancelOperation,
    Call::AddResourceToOperation,
    Call::GetOperationProperties,
    Call::EnumerateComputeSystems,
    Call::CreateComputeSystem,
    Call::StartComputeSystem,
    Call::TerminateComputeSystem,
    Call::GetComputeSystemProperties,
    Call::SetComputeSystemCallback,
    Call::WaitForComputeSystemExit,
    Call::ShutDownComputeSystem,
    Call::CrashComputeSystem,
    Call::PauseComputeSystem,
    Call::ResumeComputeSystem,
    Call::SaveComputeSystem,
    Call::ModifyComputeSystem,
    Call::CreateComputeSystemInNamespace,
    Call::EnumerateComputeSystemsInNamespace,
    Call::CreateProcess,
    Call::OpenProcess,
    Call::TerminateProcess,
    Call::SignalProcess,
    Call::GetProcessInfo,
    Call::GetProcessProperties,
    Call::ModifyProcess,
    Call::SetProcessCallback,
    Call::WaitForProcessExit,
]);

/// Every row of the handle stage.
pub const ROWS: &[HandleRow] = &LIST;

const LIST: [HandleRow; 6] = [
    HandleRow {
        id: "handle.null",
        calls: WITH_CODE,
        faults: HandleFaults::of(&[HandleFault::Null]),
        answer: BadHandle::Fails(Hresult::E_INVALIDARG),
        sources: &[
            client("a client whose process faulted on a NULL operation"),
            assumed("the code that a checking DLL would give"),
        ],
    },
    HandleRow {
        id: "handle.bad",
        calls: WITH_CODE,
        faults: HandleFaults::except(&[HandleFault::Null]),
        answer: BadHandle::Fails(Hresult::ERROR_INVALID_HANDLE),
        sources: &[client("hcsshim's note on stale handles"), assumed("the same for wrong, foreign and unknown ones")],
    },
    HandleRow {
        id: "handle.no-code",
        calls: WITHOUT_CODE,
        faults: HandleFaults::EVERY,
        answer: BadHandle::Empty,
        sources: &[
            documented("HcsGetOperationId: HCS_INVALID_OPERATION_ID; HcsGetOperationType: None"),
            assumed("NULL for the others"),
        ],
    },
    HandleRow {
        id: "handle.disk",
        calls: ON_DISK,
        faults: HandleFaults::EVERY,
        answer: BadHandle::Fails(Hresult::ERROR_INVALID_HANDLE),
        sources: &[
            documented("CloseHandle: under a debugger a bad handle is an exception"),
            assumed("the kernel's answer, which every function hands on"),
        ],
    },
    HandleRow {
        id: "handle.base-disk",
        calls: Calls::of(&[Call::SetupBaseOSLayer]),
        faults: HandleFaults::except(&[HandleFault::Null]),
        answer: BadHandle::Fails(Hresult::ERROR_INVALID_HANDLE),
        sources: &[assumed("as for the other functions that take a disk")],
    },
    HandleRow {
        id: "handle.legacy",
        calls: Calls::of_bits(legacy::CALLS.bits() & !legacy::WITHOUT_HANDLE.bits()),
        faults: HandleFaults::EVERY,
        answer: BadHandle::Fails(Hresult::ERROR_INVALID_HANDLE),
        sources: &[
            client("hcsshim's note on stale handles; it closes what it has closed already with this code in mind"),
            assumed("the same for NULL, and for handles of computecore.dll"),
        ],
    },
];

const AXES: [Axis; 2] =
    [Axis { name: "call", values: Call::NAMES }, Axis { name: "fault", values: HandleFault::NAMES }];
const CELLS: usize = Call::COUNT * HandleFault::COUNT;
static TABLE: [u16; CELLS] = lay_handles();

const fn lay_handles() -> [u16; CELLS] {
    let mut domain = [[0; 2]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        if !WITHOUT_HANDLE.contains(Call::ALL[at]) {
            let null_is_bad = !matches!(Call::ALL[at], Call::SetupBaseOSLayer);
            let faults = if null_is_bad { HandleFaults::EVERY } else { HandleFaults::except(&[HandleFault::Null]) };
            domain[at] = [1 << at, faults.bits()];
        }
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 2], named: [0; 2] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        covers[at] = Cover { id: LIST[at].id, sets: [LIST[at].calls.bits(), LIST[at].faults.bits()], named: [0; 2] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a call with a bad handle. `None` when the call takes none.
pub fn rule(call: Call, fault: HandleFault) -> Option<&'static HandleRow> {
    ROWS.get(usize::from(TABLE[place(&AXES, &[call.index(), fault.index()])]))
}
