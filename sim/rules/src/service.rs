//! The service stage: is the compute service there, and is the handle's connection to it alive?

use crate::build::Build::B26200;
use crate::closed::closed;
use crate::disk::ON_DISKS;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::file::ON_FILES;
use crate::hresult::Hresult;
use crate::layer::ON_LAYERS;
use crate::legacy;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls};

closed! {
    /// Whether the compute service runs.
    pub enum Service, Services {
        /// It does.
        Running,
        /// It was stopped or has died.
        Stopped,
    }
}

closed! {
    /// What the call's system or process handle has to do with the service.
    pub enum Connection, Connections {
        /// The call takes no such handle.
        None,
        /// The handle was made since the service last came up.
        Live,
        /// The service has gone since the handle was made. Such a handle never recovers.
        Lost,
    }
}

/// One row of the service stage.
#[derive(Clone, Copy, Debug)]
pub struct ServiceRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The service's condition.
    pub services: Services,
    /// The handle's condition.
    pub connections: Connections,
    /// What the call returns; `None` passes it on.
    pub refuses: Option<Hresult>,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The calls that ask the service for something new.
const WITHOUT_SYSTEM: Calls = Calls::of(&[
    Call::EnumerateComputeSystems,
    Call::CreateComputeSystem,
    Call::OpenComputeSystem,
    Call::EnumerateComputeSystemsInNamespace,
    Call::CreateComputeSystemInNamespace,
    Call::OpenComputeSystemInNamespace,
    Call::GetServiceProperties,
    Call::ModifyServiceSettings,
    Call::SubmitWerReport,
])
.or(legacy::ENTRANCES);
/// The calls that ask the service about a system or a process.
const WITH_SYSTEM: Calls = Calls::of(&[
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
    Call::CreateProcess,
    Call::OpenProcess,
    Call::TerminateProcess,
    Call::SignalProcess,
    Call::GetProcessInfo,
    Call::GetProcessProperties,
    Call::ModifyProcess,
    Call::SetProcessCallback,
    Call::WaitForProcessExit,
])
.or(legacy::ON_SYSTEM)
.or(legacy::ON_PROCESS);
/// The calls that give such a handle back.
const CLOSING: Calls = Calls::of(&[Call::CloseComputeSystem, Call::CloseProcess]).or(legacy::CLOSING);

/// Every row of the service stage.
pub const ROWS: &[ServiceRow] = &LIST;

const LIST: [ServiceRow; 7] = [
    ServiceRow {
        id: "service.running",
        calls: WITHOUT_SYSTEM,
        services: Services::of(&[Service::Running]),
        connections: Connections::EVERY,
        refuses: None,
        sources: &[
            documented("every page"),
            observed("VMLord: enumeration works again after a restart", &[crate::build::Build::B26100]),
        ],
    },
    ServiceRow {
        id: "service.stopped",
        calls: WITHOUT_SYSTEM,
        services: Services::of(&[Service::Stopped]),
        connections: Connections::EVERY,
        refuses: Some(Hresult::HCS_E_SERVICE_NOT_AVAILABLE),
        sources: &[
            client("multipass and WSL read it as: the service is not there"),
            assumed("the same when it was there before"),
        ],
    },
    ServiceRow {
        id: "service.live",
        calls: WITH_SYSTEM,
        services: Services::of(&[Service::Running]),
        connections: Connections::of(&[Connection::Live]),
        refuses: None,
        sources: &[documented("every page")],
    },
    ServiceRow {
        id: "service.lost",
        calls: WITH_SYSTEM,
        services: Services::EVERY,
        connections: Connections::of(&[Connection::Lost]),
        refuses: Some(Hresult::HCS_E_SERVICE_DISCONNECT),
        sources: &[
            documented("the code's text"),
            observed("VMLord: old handles stay dead", &[crate::build::Build::B26100]),
        ],
    },
    ServiceRow {
        id: "service.close",
        calls: CLOSING,
        services: Services::EVERY,
        connections: Connections::EVERY,
        refuses: None,
        sources: &[client("hcsshim, WSL: handles are closed after a disconnect")],
    },
    ServiceRow {
        id: "service.files",
        calls: ON_FILES.or(legacy::ON_FILES),
        services: Services::EVERY,
        connections: Connections::EVERY,
        refuses: None,
        sources: &[
            client("hcsshim does the same to a file itself, without the service"),
            assumed("that the DLL's own functions do not ask it either"),
        ],
    },
    ServiceRow {
        id: "service.storage",
        calls: ON_STORAGE,
        services: Services::EVERY,
        connections: Connections::EVERY,
        refuses: None,
        sources: &[
            observed("hcsctl: the caller's own privileges decide, so that its process does the work", &[B26200]),
            assumed("that the service need not run"),
        ],
    },
];
/// The calls on layers and disks.
const ON_STORAGE: Calls = ON_LAYERS.or(ON_DISKS).or(legacy::layer::ON_LAYERS);

const AXES: [Axis; 3] = [
    Axis { name: "call", values: Call::NAMES },
    Axis { name: "service", values: Service::NAMES },
    Axis { name: "connection", values: Connection::NAMES },
];
const CELLS: usize = Call::COUNT * Service::COUNT * Connection::COUNT;
static TABLE: [u16; CELLS] = lay_service();

const fn lay_service() -> [u16; CELLS] {
    let mut domain = [[0; 3]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        let call = Call::ALL[at];
        let on_files = ON_FILES.or(legacy::ON_FILES).contains(call);
        if WITHOUT_SYSTEM.contains(call) || on_files || ON_STORAGE.contains(call) {
            domain[at] = [1 << at, Services::EVERY.bits(), Connections::of(&[Connection::None]).bits()];
        } else if WITH_SYSTEM.contains(call) || CLOSING.contains(call) {
            domain[at] = [1 << at, Services::EVERY.bits(), Connections::except(&[Connection::None]).bits()];
        }
        at += 1;
    }
    // A handle that is live while the service is stopped cannot be, and no row names it: the stop makes it lost.
    let mut covers = [const { Cover { id: "", sets: [0; 3], named: [0; 3] } }; LIST.len() + 1];
    let mut at = 0;
    while at < LIST.len() {
        let row = &LIST[at];
        covers[at] =
            Cover { id: row.id, sets: [row.calls.bits(), row.services.bits(), row.connections.bits()], named: [0; 3] };
        at += 1;
    }
    covers[LIST.len()] = Cover {
        id: "service.impossible",
        sets: [
            WITH_SYSTEM.bits(),
            Services::of(&[Service::Stopped]).bits(),
            Connections::of(&[Connection::Live]).bits(),
        ],
        named: [0; 3],
    };
    lay(&AXES, &domain, &covers)
}

/// The row of a call. `None` when the call does not need the service.
pub fn rule(call: Call, service: Service, connection: Connection) -> Option<&'static ServiceRow> {
    ROWS.get(usize::from(TABLE[place(&AXES, &[call.index(), service.index(), connection.index()])]))
}
