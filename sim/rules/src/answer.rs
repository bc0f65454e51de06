//! What documents HCS answers with: which members, in which order, which zeros are printed.

use crate::closed::closed;
use crate::evidence::{Source, assumed, documented, observed};
use crate::hresult::Hresult;
use crate::vocabulary::Kind;

closed! {
    /// Why a system is over.
    pub enum Exit, Exits {
        /// A client terminated it.
        Terminate,
        /// Its guest powered off.
        GuestPowerOff,
        /// Its guest crashed.
        GuestCrash,
        /// The container ended by itself.
        ContainerStop,
        /// The compute service stopped.
        ServiceStop,
        /// The machine shut down because a client asked.
        ShutDown,
        /// The container shut down because a client asked.
        ContainerShutDown,
        /// A client had the guest crash.
        ClientCrash,
        /// The worker process died.
        WorkerCrash,
        /// The guest restarted, and the document says that this is the end.
        StoppedOnReset,
        /// The guest restarted, and the machine could not.
        ResetFailed,
        /// The machine around the container is over.
        HostGone,
        /// The template of the clone is over.
        TemplateGone,
    }
}

/// One record of an `Attribution` array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// `SystemExit { Detail, Initiator }`
    SystemExit(&'static str, &'static str),
    /// `WorkerExit { ExitCode, Type, Detail, Initiator }`
    WorkerExit(i32, &'static str, &'static str, &'static str),
    /// `GuestCrash { CrashParameters }`
    GuestCrash(&'static [u64]),
    /// `InjectNonMaskableInterrupt {}`
    NonMaskableInterrupt,
}

/// A `SystemExitStatus`: `Status` is always printed, then `ExitType`, then `Attribution`.
#[derive(Clone, Copy, Debug)]
pub struct ExitStatus {
    /// The reason.
    pub exit: Exit,
    /// `Status`
    pub status: Hresult,
    /// `ExitType`
    pub exit_type: &'static str,
    /// `Attribution`, not printed when empty.
    pub attribution: &'static [Attribution],
    /// How it is known.
    pub sources: &'static [Source],
}

/// The exit status of each reason.
pub const EXIT_STATUSES: [ExitStatus; Exit::COUNT] = [
    ExitStatus {
        exit: Exit::Terminate,
        status: Hresult::S_OK,
        exit_type: "ForcedExit",
        attribution: &[Attribution::SystemExit("Terminate", "Client")],
        sources: &[
            documented("schema reference: NotificationType, SystemExitDetail"),
            assumed("status 0: hcsshim reads others as failures"),
        ],
    },
    ExitStatus {
        exit: Exit::GuestPowerOff,
        status: Hresult::S_OK,
        exit_type: "GracefulExit",
        attribution: &[
            Attribution::SystemExit("Shutdown", "GuestOS"),
            Attribution::WorkerExit(0, "Stopped", "PowerOff", "GuestOS"),
        ],
        sources: &[
            observed("Solon; the later records are elided there", &[crate::build::Build::B26200]),
            assumed("the members of the second record but Detail"),
        ],
    },
    ExitStatus {
        exit: Exit::GuestCrash,
        status: Hresult::HCS_E_UNEXPECTED_EXIT,
        exit_type: "UnexpectedExit",
        attribution: &[Attribution::GuestCrash(CRASH_PARAMETERS)],
        sources: &[
            documented("schema reference: AttributionRecord.GuestCrash"),
            assumed("an unexpected exit, with its usual status"),
        ],
    },
    ExitStatus {
        exit: Exit::ContainerStop,
        status: Hresult::S_OK,
        exit_type: "GracefulExit",
        attribution: &[Attribution::SystemExit("Shutdown", "GuestOS")],
        sources: &[assumed("as a machine's power-off, without a worker process")],
    },
    ExitStatus {
        exit: Exit::ServiceStop,
        status: Hresult::S_OK,
        exit_type: "ForcedExit",
        attribution: &[Attribution::SystemExit("ServiceStop", "Internal")],
        sources: &[documented("schema reference: SystemExitDetail ServiceStop: a forced exit")],
    },
    ExitStatus {
        exit: Exit::ShutDown,
        status: Hresult::S_OK,
        exit_type: "GracefulExit",
        attribution: &[
            Attribution::SystemExit("Shutdown", "Client"),
            Attribution::WorkerExit(0, "Stopped", "PowerOff", "Client"),
        ],
        sources: &[
            observed("VMLord: a worker exit of detail PowerOff", &[crate::build::Build::B26100]),
            documented("schema reference: NotificationType: by HcsShutDownComputeSystem"),
            assumed("the initiators"),
        ],
    },
    ExitStatus {
        exit: Exit::ContainerShutDown,
        status: Hresult::S_OK,
        exit_type: "GracefulExit",
        attribution: &[Attribution::SystemExit("Shutdown", "Client")],
        sources: &[assumed("as a machine that a client shuts down, without a worker process")],
    },
    ExitStatus {
        exit: Exit::ClientCrash,
        status: Hresult::HCS_E_UNEXPECTED_EXIT,
        exit_type: "UnexpectedExit",
        attribution: &[Attribution::NonMaskableInterrupt, Attribution::GuestCrash(CRASH_PARAMETERS)],
        sources: &[
            documented("schema reference: AttributionRecord.InjectNonMaskableInterrupt"),
            assumed("that the guest crashes of it, and that both are told"),
        ],
    },
    ExitStatus {
        exit: Exit::WorkerCrash,
        status: Hresult::HCS_E_UNEXPECTED_EXIT,
        exit_type: "UnexpectedExit",
        attribution: &[Attribution::WorkerExit(255, "UnexpectedStop", "ProcessUnexpectedExit", "Unknown")],
        sources: &[
            observed("VMLord: exit code 255, detail ProcessUnexpectedExit", &[crate::build::Build::B26100]),
            assumed("type and initiator, which the quotation leaves out"),
        ],
    },
    ExitStatus {
        exit: Exit::StoppedOnReset,
        status: Hresult::S_OK,
        exit_type: "GracefulExit",
        attribution: &[
            Attribution::SystemExit("Shutdown", "GuestOS"),
            Attribution::WorkerExit(0, "StoppedOnReset", "PowerOff", "GuestOS"),
        ],
        sources: &[
            documented("schema reference: WorkerExitType StoppedOnReset"),
            assumed("the exit is as graceful as a power-off"),
        ],
    },
    ExitStatus {
        exit: Exit::ResetFailed,
        status: Hresult::ERROR_INTERNAL_ERROR,
        exit_type: "UnexpectedExit",
        attribution: &[Attribution::WorkerExit(1359, "ResetFailed", "UnexpectedStop", "Internal")],
        sources: &[
            observed("a shared memory probe: 0x8007054F, type ResetFailed", &[crate::build::Build::B26100]),
            assumed("the other members"),
        ],
    },
    ExitStatus {
        exit: Exit::HostGone,
        status: Hresult::HCS_E_UNEXPECTED_EXIT,
        exit_type: "UnexpectedExit",
        attribution: &[Attribution::SystemExit("UnexpectedExit", "Internal")],
        sources: &[assumed("nobody asked the container to end")],
    },
    ExitStatus {
        exit: Exit::TemplateGone,
        status: Hresult::HCS_E_UNEXPECTED_EXIT,
        exit_type: "UnexpectedExit",
        attribution: &[Attribution::SystemExit("UnexpectedExit", "Internal")],
        sources: &[assumed("nobody asked the clone to end")],
    },
];

/// The five parameters of the bug check that a simulated guest crashes with: `MANUALLY_INITIATED_CRASH`.
pub const CRASH_PARAMETERS: &[u64] = &[0xE2, 0, 0, 0, 0];

/// The exit status for a reason.
pub const fn exit_status(exit: Exit) -> &'static ExitStatus {
    let status = &EXIT_STATUSES[exit as usize];
    assert!(status.exit as u8 == exit as u8, "the exit statuses stand in another order than the exits");
    status
}

/// `SystemType` in property documents.
///
/// Observed by hcsctl and by a report on 26100: once a machine is over, it reads `Container`.
pub const fn system_type(kind: Kind, over: bool) -> &'static str {
    match kind {
        Kind::VirtualMachine | Kind::GuestVirtualMachine if !over => "VirtualMachine",
        _ => "Container",
    }
}

/// The namespace of the version 5 GUID that a system gets as `RuntimeId` when its id is no GUID. The name is the
/// upper-cased id in UTF-16LE. Observed, checked against four recorded pairs.
pub const RUNTIME_ID_NAMESPACE: u128 = 0xcab70344_facb_41e4_b5e5_ab6592283e6e;

/// The event provider of document errors in result documents. Observed.
pub const VALIDATION_PROVIDER: &str = "17103e3f-3c6e-4677-bb17-3b267eb5be57";

/// The event provider of the worker process in result documents. Observed.
pub const WORKER_PROVIDER: &str = "51ddfa29-d5c8-4803-be4b-2ecb715570fe";

/// What the result document of a failed operation looks like, beside the code and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `Error` and `ErrorMessage`, with the code's text if it is one of HCS (recorded: a duplicate id, a failed modify).
    Bare,
    /// The same with `Attribution`: an `OperationFailure` whose detail is the operation (recorded: five creates).
    Attributed,
    /// One event of the service that names the system: the id of the event, and its message with `{}` for the system's
    /// id (recorded: a create without a hypervisor).
    Event(u32, &'static str),
    /// One event of the worker process: id, flags, and the message with `{}` for the system's id (recorded: a create).
    Worker(u32, u32, &'static str),
    /// Two events of the worker process: the start failed, because synthetic storage did not come up (recorded, cut off in
    /// the second one's data).
    Storage,
}
