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
        Kind::VirtualMachine | Kind::GuestVirtualMachine | Kind::ProcessContainer => "Container",
    }
}

/// The namespace of the version 5 GUID that a system gets as `RuntimeId` when its id is no GUID. The name is the
/// upper-cased id in UTF-16LE. Observed, checked against four recorded pairs.
pub const RUNTIME_ID_NAMESPACE: u128 = 0xcab70344_facb_41e4_b5e5_ab6592283e6e;

/// The event provider of document errors in result documents. Observed.
pub const VALIDATION_PROVIDER: &str = "17103e3f-3c6e-4677-bb17-3b267eb5be57";
