//! The older interface, `vmcompute.dll`: what it does otherwise than `computecore.dll`.
//!
//! It asks the same service for the same things, so that states, documents and operations are those of the other tables. Its
//! own are the way in which a call ends, the codes, the notifications, and what handles and callbacks are.

pub mod layer;

use crate::build::Build::B26200;
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, header, observed};
use crate::export::{Dll, EXPORTS};
use crate::hresult::Hresult;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls, EventType};

/// The calls that reach the service without a handle.
pub const ENTRANCES: Calls = Calls::of(&[
    Call::LegacyEnumerateComputeSystems,
    Call::LegacyCreateComputeSystem,
    Call::LegacyOpenComputeSystem,
    Call::LegacyModifyServiceSettings,
    Call::LegacyGetServiceProperties,
]);
/// The calls that take a system and ask the service about it.
pub const ON_SYSTEM: Calls = Calls::of(&[
    Call::LegacyStartComputeSystem,
    Call::LegacyShutdownComputeSystem,
    Call::LegacyTerminateComputeSystem,
    Call::LegacyPauseComputeSystem,
    Call::LegacyResumeComputeSystem,
    Call::LegacySaveComputeSystem,
    Call::LegacyGetComputeSystemProperties,
    Call::LegacyModifyComputeSystem,
    Call::LegacyRegisterComputeSystemCallback,
    Call::LegacyCreateProcess,
    Call::LegacyOpenProcess,
]);
/// The calls that take a process and ask the service about it.
pub const ON_PROCESS: Calls = Calls::of(&[
    Call::LegacyTerminateProcess,
    Call::LegacySignalProcess,
    Call::LegacyGetProcessInfo,
    Call::LegacyGetProcessProperties,
    Call::LegacyModifyProcess,
    Call::LegacyRegisterProcessCallback,
]);
/// The calls that give a system or a process back.
pub const CLOSING: Calls = Calls::of(&[Call::LegacyCloseComputeSystem, Call::LegacyCloseProcess]);
/// The calls that end a registration. They never reach the service.
pub const UNREGISTERING: Calls =
    Calls::of(&[Call::LegacyUnregisterComputeSystemCallback, Call::LegacyUnregisterProcessCallback]);
/// The calls on files of the host.
pub const ON_FILES: Calls = Calls::of(&[Call::LegacyGrantVmAccess, Call::LegacyRevokeVmAccess]);
/// The calls that take no handle.
pub const WITHOUT_HANDLE: Calls = ENTRANCES.or(ON_FILES).or(layer::ON_LAYERS);
/// Every call of the older interface.
pub const CALLS: Calls = WITHOUT_HANDLE.or(ON_SYSTEM).or(ON_PROCESS).or(CLOSING).or(UNREGISTERING);

// A call is the older interface's exactly when its export is.
const _: () = {
    let mut at = 0;
    while at < EXPORTS.len() {
        if let Some(call) = EXPORTS[at].call {
            assert!(CALLS.contains(call) == matches!(EXPORTS[at].dll, Dll::Vmcompute), "a call in the wrong interface");
        }
        at += 1;
    }
};

/// The call of `computecore.dll` that does the same; a call of that DLL is its own, and so is one that it has not.
pub const fn sibling(call: Call) -> Call {
    match call {
        Call::LegacyEnumerateComputeSystems => Call::EnumerateComputeSystems,
        Call::LegacyCreateComputeSystem => Call::CreateComputeSystem,
        Call::LegacyOpenComputeSystem => Call::OpenComputeSystem,
        Call::LegacyCloseComputeSystem => Call::CloseComputeSystem,
        Call::LegacyStartComputeSystem => Call::StartComputeSystem,
        Call::LegacyShutdownComputeSystem => Call::ShutDownComputeSystem,
        Call::LegacyTerminateComputeSystem => Call::TerminateComputeSystem,
        Call::LegacyPauseComputeSystem => Call::PauseComputeSystem,
        Call::LegacyResumeComputeSystem => Call::ResumeComputeSystem,
        Call::LegacySaveComputeSystem => Call::SaveComputeSystem,
        Call::LegacyGetComputeSystemProperties => Call::GetComputeSystemProperties,
        Call::LegacyModifyComputeSystem => Call::ModifyComputeSystem,
        Call::LegacyModifyServiceSettings => Call::ModifyServiceSettings,
        Call::LegacyGetServiceProperties => Call::GetServiceProperties,
        Call::LegacyRegisterComputeSystemCallback => Call::SetComputeSystemCallback,
        Call::LegacyCreateProcess => Call::CreateProcess,
        Call::LegacyOpenProcess => Call::OpenProcess,
        Call::LegacyCloseProcess => Call::CloseProcess,
        Call::LegacyTerminateProcess => Call::TerminateProcess,
        Call::LegacySignalProcess => Call::SignalProcess,
        Call::LegacyGetProcessInfo => Call::GetProcessInfo,
        Call::LegacyGetProcessProperties => Call::GetProcessProperties,
        Call::LegacyModifyProcess => Call::ModifyProcess,
        Call::LegacyRegisterProcessCallback => Call::SetProcessCallback,
        Call::LegacyGrantVmAccess => Call::GrantVmAccess,
        Call::LegacyRevokeVmAccess => Call::RevokeVmAccess,
        call => call,
    }
}

/// The form in which the older interface tells a code (`legacy.codes`): its own family for codes of HCS, others as they are. One
/// of those that came later is known as it is in the newer.
pub const fn code(code: Hresult) -> Hresult {
    let has_twin = code.0 >> 16 == 0x8037 && code.0 != Hresult::HCS_E_PROCESS_ALREADY_STOPPED.0;
    if has_twin { Hresult(code.0 | 0x4000_0000) } else { code }
}

/// What a call answers whose operation goes on (`legacy.pending`).
pub const PENDING: Hresult = Hresult::ERROR_VMCOMPUTE_OPERATION_PENDING;
/// What a second registration on one handle answers (`legacy.second-callback`).
pub const SECOND_CALLBACK: Hresult = Hresult::ERROR_VMCOMPUTE_TOO_MANY_NOTIFICATIONS;
/// What a call that waits for its operation answers when nothing can end it any more (`legacy.given-up`). Told as
/// [`code`] has it.
pub const GIVEN_UP: Hresult = Hresult::HCS_E_CONNECTION_TIMEOUT;
/// What a start through `computecore.dll` ends with when the system was created through `vmcompute.dll` (`legacy.mixed`).
pub const MIXED: Hresult = Hresult::HCS_E_INVALID_STATE;

closed! {
    /// `HCS_NOTIFICATIONS`: what callbacks of the older interface are told.
    pub enum Notice, Notices {
        /// 0x00000001: the system is over. The status is the exit's; the data is a `SystemExitStatus`.
        SystemExited,
        /// 0x00000002: a creation is done.
        SystemCreateCompleted,
        /// 0x00000003: a start is done.
        SystemStartCompleted,
        /// 0x00000004: a pause is done.
        SystemPauseCompleted,
        /// 0x00000005: a resumption is done.
        SystemResumeCompleted,
        /// 0x00000006: the guest's crash is reported; the data is a `CrashReport`.
        SystemCrashReport,
        /// 0x00000008: a save is done.
        SystemSaveCompleted,
        /// 0x00000009: enhanced session mode was turned on or off.
        SystemRdpEnhancedModeStateChanged,
        /// 0x0000000A: a shutdown that was pending has failed.
        SystemShutdownFailed,
        /// 0x0000000D: the guest has begun to crash; the data is a `CrashReport`.
        SystemCrashInitiated,
        /// 0x0000000E: the guest connection is closed.
        SystemGuestConnectionClosed,
        /// 0x00010000: the process is over; the data is a `ProcessStatus`. Told to callbacks of processes only.
        ProcessExited,
        /// 0x01000000: the connection to the service is lost.
        ServiceDisconnect,
    }
}

impl Notice {
    /// The ABI value (`HCS_NOTIFICATIONS`).
    pub const fn value(self) -> u32 {
        match self {
            Notice::SystemExited => 1,
            Notice::SystemCreateCompleted => 2,
            Notice::SystemStartCompleted => 3,
            Notice::SystemPauseCompleted => 4,
            Notice::SystemResumeCompleted => 5,
            Notice::SystemCrashReport => 6,
            Notice::SystemSaveCompleted => 8,
            Notice::SystemRdpEnhancedModeStateChanged => 9,
            Notice::SystemShutdownFailed => 10,
            Notice::SystemCrashInitiated => 13,
            Notice::SystemGuestConnectionClosed => 14,
            Notice::ProcessExited => 0x0001_0000,
            Notice::ServiceDisconnect => 0x0100_0000,
        }
    }

    /// Whether the notification waits for a callback when there is none (`legacy.held`).
    pub const fn is_held(self) -> bool {
        matches!(
            self,
            Notice::SystemExited
                | Notice::SystemCreateCompleted
                | Notice::SystemStartCompleted
                | Notice::SystemPauseCompleted
                | Notice::SystemResumeCompleted
                | Notice::SystemSaveCompleted
                | Notice::SystemShutdownFailed
                | Notice::ProcessExited
        )
    }

    /// The notification by which an event of the newer interface is told. `None` of one that the older has not: nothing but
    /// its own notifications tells there that an operation is done.
    pub const fn of(event: EventType) -> Option<Notice> {
        match event {
            EventType::SystemExited => Some(Notice::SystemExited),
            EventType::SystemCrashInitiated => Some(Notice::SystemCrashInitiated),
            EventType::SystemCrashReport => Some(Notice::SystemCrashReport),
            EventType::SystemRdpEnhancedModeStateChanged => Some(Notice::SystemRdpEnhancedModeStateChanged),
            EventType::SystemGuestConnectionClosed => Some(Notice::SystemGuestConnectionClosed),
            EventType::ProcessExited => Some(Notice::ProcessExited),
            EventType::ServiceDisconnect => Some(Notice::ServiceDisconnect),
            EventType::OperationCallback => None,
        }
    }
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// With what it returns, once all is done.
    InCall,
    /// It is pending, and this notification tells how its operation ended.
    Notified(Notice),
    /// It is pending, and the end of the system tells that its operation is done. A failure is told by this notification, or
    /// by the call itself where there is none.
    WithSystem(Option<Notice>),
}

closed! {
    /// What the stages and the rules say of what a call asks for.
    pub enum Admission, Admissions {
        /// It is done, or begun.
        Accepted,
        /// It is refused.
        Refused,
    }
}

/// How calls end.
#[derive(Clone, Copy, Debug)]
pub struct EndRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// Whether what they ask for is accepted.
    pub when: Admissions,
    /// How they end.
    pub ends: Ends,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn notified(id: &'static str, call: Call, notice: Notice) -> EndRow {
    EndRow { id, calls: Calls::of(&[call]), when: ACCEPTED, ends: Ends::Notified(notice), sources: NOTIFIED }
}

const ACCEPTED: Admissions = Admissions::of(&[Admission::Accepted]);
const NOTIFIED: &[Source] = &[
    client("hcsshim waits for this notification when the call is pending"),
    header("HCS_NOTIFICATIONS"),
    assumed("that an accepted call is always pending"),
];

/// Every row.
pub const ENDS: &[EndRow] = &LIST;

const LIST: [EndRow; 9] = [
    notified("legacy.create", Call::LegacyCreateComputeSystem, Notice::SystemCreateCompleted),
    notified("legacy.start", Call::LegacyStartComputeSystem, Notice::SystemStartCompleted),
    notified("legacy.pause", Call::LegacyPauseComputeSystem, Notice::SystemPauseCompleted),
    notified("legacy.resume", Call::LegacyResumeComputeSystem, Notice::SystemResumeCompleted),
    notified("legacy.save", Call::LegacySaveComputeSystem, Notice::SystemSaveCompleted),
    EndRow {
        id: "legacy.shutdown",
        calls: Calls::of(&[Call::LegacyShutdownComputeSystem]),
        when: ACCEPTED,
        ends: Ends::WithSystem(Some(Notice::SystemShutdownFailed)),
        sources: &[
            observed("hcsctl: pending, then SystemExited", &[B26200]),
            header("HCS_NOTIFICATIONS: SystemShutdownFailed"),
            assumed("that it tells of a shutdown whose operation fails"),
        ],
    },
    EndRow {
        id: "legacy.terminate",
        calls: Calls::of(&[Call::LegacyTerminateComputeSystem]),
        when: ACCEPTED,
        ends: Ends::WithSystem(None),
        sources: &[
            observed("hcsctl: pending, then SystemExited", &[B26200]),
            assumed("that the call itself fails when the system does not end: there is no notification for that"),
        ],
    },
    EndRow {
        id: "legacy.in-call",
        calls: Calls::of_bits(
            CALLS.bits()
                & !Calls::of(&[
                    Call::LegacyCreateComputeSystem,
                    Call::LegacyStartComputeSystem,
                    Call::LegacyPauseComputeSystem,
                    Call::LegacyResumeComputeSystem,
                    Call::LegacySaveComputeSystem,
                    Call::LegacyShutdownComputeSystem,
                    Call::LegacyTerminateComputeSystem,
                ])
                .bits(),
        ),
        when: ACCEPTED,
        ends: Ends::InCall,
        sources: &[
            client("hcsshim uses what these calls give as soon as they return; it waits for no notification of theirs"),
            assumed("that none of them is ever pending"),
        ],
    },
    EndRow {
        id: "legacy.refused",
        calls: CALLS,
        when: Admissions::of(&[Admission::Refused]),
        ends: Ends::InCall,
        sources: &[
            client("hcsshim reads the result document of a call that fails at once"),
            assumed("that what the rules refuse fails so, with the document that an operation would have"),
        ],
    },
];

const AXES: [Axis; 2] =
    [Axis { name: "call", values: Call::NAMES }, Axis { name: "admission", values: Admission::NAMES }];
const CELLS: usize = Call::COUNT * Admission::COUNT;
static TABLE: [u16; CELLS] = lay_ends();

const fn lay_ends() -> [u16; CELLS] {
    let mut domain = [[0; 2]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        if CALLS.contains(Call::ALL[at]) {
            domain[at] = [1 << at, Admissions::EVERY.bits()];
        }
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 2], named: [0; 2] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        covers[at] = Cover { id: LIST[at].id, sets: [LIST[at].calls.bits(), LIST[at].when.bits()], named: [0; 2] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// How a call ends. `None` of a call that is not the older interface's.
pub fn rule(call: Call, admission: Admission) -> Option<&'static EndRow> {
    ENDS.get(usize::from(TABLE[place(&AXES, &[call.index(), admission.index()])]))
}

/// The facts that no row says.
pub const FACTS: &[(&str, &[Source])] = &[
    (
        "legacy.pending",
        &[
            observed("hcsctl: 0xC0370103", &[B26200]),
            client("hcsshim: then one notification of the type that belongs to the call"),
            observed("hcsctl: S_FALSE is a success too", &[B26200]),
        ],
    ),
    (
        "legacy.codes",
        &[
            observed("hcsctl: 0x8037010E here is 0xC037010E there", &[B26200]),
            header("winerror.h: ERROR_VMCOMPUTE_*, the same low words"),
            client("hcsshim on vmcompute.dll: 0x8037011F for a process that is over"),
            assumed("that every other code of the facility has both forms, and every code of another one"),
        ],
    ),
    (
        "legacy.held",
        &[
            observed("hcsctl: a creation's completion is held until something is registered", &[B26200]),
            client("hcsshim registers after HcsCreateComputeSystem and HcsCreateProcess have returned"),
            assumed("the same for every completion and for exits, the last of each type; other events are not held"),
        ],
    ),
    (
        "legacy.exit",
        &[
            client("hcsshim: the status is that of the exit, 0xC0370106 for one that nobody asked for"),
            assumed("told once to each handle; the data is the document of the newer event"),
        ],
    ),
    (
        "legacy.process-exit",
        &[observed("hcsctl: on the callback of the process, never on that of the system", &[B26200])],
    ),
    (
        "legacy.unregister",
        &[
            client("hcsshim: it waits for callbacks in flight; nothing is told afterwards"),
            assumed("that what comes then waits for the next registration on the handle"),
        ],
    ),
    (
        "legacy.second-callback",
        &[
            header("winerror.h: ERROR_VMCOMPUTE_TOO_MANY_NOTIFICATIONS"),
            assumed("that one callback a handle is the supported number, as in the newer interface"),
        ],
    ),
    (
        "legacy.close",
        &[
            client("hcsshim unregisters before it closes"),
            assumed("that closing silences what is still registered, whose handle stays to be given back"),
        ],
    ),
    (
        "legacy.mixed",
        &[
            client("hcsshim#2729: a system made here could not be started through computecore.dll"),
            assumed("the code, on the operation; other calls work, and so does the other way round"),
        ],
    ),
    ("legacy.open", &[client("three arguments; with the list of computecore.dll the call crashes")]),
    ("legacy.strings", &[client("hcsshim, hcsctl: documents are freed by CoTaskMemFree")]),
    ("legacy.given-up", &[header("winerror.h: ERROR_VMCOMPUTE_TIMEOUT"), assumed("that a wait has no other end")]),
    (
        "legacy.hns",
        &[
            client("hcsshim reads Success and Error of the answer, whatever the code is"),
            assumed("a success with a document that says no"),
        ],
    ),
];

/// What `HNSCall` answers where there is no real one: the network service's own form of a failure.
pub const NO_NETWORK: &str = r#"{"Success":false,"Error":"The simulated host has no Host Networking Service."}"#;
