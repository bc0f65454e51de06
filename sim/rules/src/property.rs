//! What can be asked: the properties of a system, and those of the service.

use crate::build::Build::{self, B17763, B18362, B19041, B20348, B22000, B26100};
use crate::build::{Builds, since, until};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::vocabulary::{Kind, Kinds, SystemState};

closed! {
    /// A property that a `System_PropertyQuery` can name, in the order in which their members are printed.
    pub enum SystemProperty, SystemProperties {
        /// What every answer has.
        Basic,
        /// A machine's memory.
        Memory,
        /// The memory of a guest, as the guest sees it.
        GuestMemory,
        /// Processor, memory and storage that a workload has used.
        Statistics,
        /// The processes.
        ProcessList,
        /// Whether the system ends with its last handle.
        TerminateOnLastHandleClosed,
        /// The shared memory regions and where the guest sees them.
        SharedMemoryRegion,
        /// The guest connection and what the guest can do.
        GuestConnection,
        /// Whether the guest's heartbeat is heard.
        ICHeartbeatStatus,
        /// The processors.
        ProcessorTopology,
        /// The CPU group.
        CpuGroup,
        /// The system's id in the host's kernel.
        SystemGUID,
        /// Credential guard.
        ContainerCredentialGuard,
    }
}

/// What is known of one property.
#[derive(Debug)]
pub struct PropertyRow {
    /// The property.
    pub property: SystemProperty,
    /// The member of `Properties` that carries it, if one does.
    pub member: Option<&'static str>,
    /// The kinds of system that have it.
    pub kinds: Kinds,
    /// The builds that answer it.
    pub builds: Builds,
    /// How it is known.
    pub sources: &'static [Source],
}

impl PropertyRow {
    /// Whether the build answers it.
    pub const fn is_on(&self, build: Build) -> bool {
        self.builds.contains(build)
    }
}

const MACHINES: Kinds = Kinds::of(&[Kind::VirtualMachine, Kind::GuestVirtualMachine]);
const CONTAINERS: Kinds = Kinds::of(&[Kind::ProcessContainer, Kind::HyperVContainer, Kind::HostedContainer]);
const REFERENCE: &[Source] = &[documented("schema reference: Properties")];
const UNSEEN: &[Source] = &[client("hcsshim names it"), assumed("no answer is recorded, so that none is given")];

const fn row(
    property: SystemProperty,
    member: Option<&'static str>,
    kinds: Kinds,
    sources: &'static [Source],
) -> PropertyRow {
    PropertyRow { property, member, kinds, builds: Builds::EVERY, sources }
}

/// Every property, in the order of [`SystemProperty`].
#[rustfmt::skip]
pub const SYSTEM_PROPERTIES: [PropertyRow; SystemProperty::COUNT] = [
    row(SystemProperty::Basic, None, Kinds::EVERY, &[client("appsandbox: it is accepted")]),
    row(SystemProperty::Memory, Some("Memory"), MACHINES, &[documented("schema reference: MemoryInformationForVm"), observed("WSL issue 4193, its beginning", &[B18362]), assumed("the figures")]),
    row(SystemProperty::GuestMemory, None, MACHINES, UNSEEN),
    row(SystemProperty::Statistics, Some("Statistics"), Kinds::EVERY, &[documented("schema reference: Statistics"), observed("hcsctl: no Network section for a container of schema 2", &[Build::B26200]), assumed("the figures")]),
    row(SystemProperty::ProcessList, Some("ProcessList"), CONTAINERS, &[documented("schema reference: ProcessDetails"), client("hcsctl: no ids of parents"), assumed("the figures; and that the guest's own processes are left out")]),
    row(SystemProperty::TerminateOnLastHandleClosed, Some("TerminateOnLastHandleClosed"), Kinds::EVERY, REFERENCE),
    row(SystemProperty::SharedMemoryRegion, Some("SharedMemoryRegionInfo"), MACHINES, &[documented("schema reference: SharedMemoryRegionInfo"), observed("a shared memory probe: the address is a page number behind the memory", &[B26100])]),
    row(SystemProperty::GuestConnection, Some("GuestConnectionInfo"), Kinds::of(&[Kind::GuestVirtualMachine, Kind::HyperVContainer]), &[documented("schema reference: GuestConnectionInfo"), client("hcsshim: the capabilities"), assumed("the protocol version, 4")]),
    PropertyRow { property: SystemProperty::ICHeartbeatStatus, member: Some("ICHeartbeatStatus"), kinds: MACHINES, builds: since(B19041), sources: &[documented("the schema file of 2004 has it; the reference keeps its type, from 2.5 on"), client("hcsshim still names it"), assumed("later hosts answer it though their files lack it; without the service it is left out")] },
    row(SystemProperty::ProcessorTopology, None, MACHINES, UNSEEN),
    row(SystemProperty::CpuGroup, None, MACHINES, &[client("hcsshim names it"), assumed("only the newer form of query answers it, with the settings' own type")]),
    row(SystemProperty::SystemGUID, Some("SystemGUID"), Kinds::EVERY, &[client("hcsshim: Properties.SystemGUID"), assumed("that it is the runtime id")]),
    row(SystemProperty::ContainerCredentialGuard, None, CONTAINERS, UNSEEN),
];

/// A member of every answer, of some kinds alone.
#[derive(Debug)]
pub struct BasicMember {
    /// The member.
    pub member: &'static str,
    /// The kinds of system that show it while they run.
    pub kinds: Kinds,
    /// How it is known.
    pub sources: &'static [Source],
}

/// Where the names of a silo are rooted: `\Silos\` and a number of its own.
pub const OB_ROOT: BasicMember = BasicMember {
    member: "ObRoot",
    kinds: Kinds::of(&[Kind::ProcessContainer, Kind::HostedContainer]),
    sources: &[
        observed("AspireHcs: with the hosting system's id inside a machine, without it outside", &[Build::B26200]),
        assumed("the number, its place among the members, and that a running container shows it, in lists too"),
    ],
};

/// The row of a property.
pub const fn property(property: SystemProperty) -> &'static PropertyRow {
    let row = &SYSTEM_PROPERTIES[property as usize];
    assert!(row.property as u8 == property as u8, "the properties stand in another order than their names");
    row
}

/// The state of a guest's heartbeat and its reason, while there is a worker to tell of it. Assumed, after what the same
/// service is documented to tell of virtual machines elsewhere: no contact until the guest is up, dormant while it is
/// paused.
pub const fn heartbeat(state: SystemState, is_up: bool) -> Option<(&'static str, &'static str)> {
    use SystemState::{
        Absent, Created, Creating, Exited, Paused, Pausing, Refused, Resuming, Running, Saving, Starting, Stopping,
        Template, Terminating,
    };
    match state {
        Absent | Creating | Refused | Exited => None,
        Created | Starting => Some(("NoContact", "Unknown")),
        Running | Pausing | Stopping | Terminating if is_up => Some(("Ok", "HealthyApps")),
        Running | Pausing | Stopping | Terminating => Some(("NoContact", "Unknown")),
        Paused | Resuming | Saving | Template => Some(("Dormant", "Unknown")),
    }
}

/// The error in the response to a query that the system has no answer for. Assumed: of the codes that clients read as
/// "not supported", the one that says so.
pub const UNANSWERED: Hresult = Hresult::ERROR_NOT_SUPPORTED;

closed! {
    /// A property that a `Service_PropertyQuery` can name.
    pub enum ServiceProperty, ServiceProperties {
        /// The schema versions that the service supports.
        Basic,
        /// The CPU groups.
        CpuGroup,
        /// The host's processors.
        ProcessorTopology,
        /// The credential guard instances.
        ContainerCredentialGuard,
        /// What quality of service the host supports.
        QoSCapabilities,
        /// The features of the host's processors.
        ProcessorCapabilities,
        /// The host's memory.
        Memory,
        /// What is left of cache allocation and monitoring: three types of older builds.
        Cache,
    }
}

/// What is known of one property of the service.
#[derive(Debug)]
pub struct ServicePropertyRow {
    /// The property.
    pub property: ServiceProperty,
    /// The builds that answer it; on others the query is invalid.
    pub builds: Builds,
    /// Whether the double models it.
    pub is_modelled: bool,
    /// How it is known.
    pub sources: &'static [Source],
}

/// Every property of the service, in the order of [`ServiceProperty`].
#[rustfmt::skip]
pub const SERVICE_PROPERTIES: [ServicePropertyRow; ServiceProperty::COUNT] = [
    ServicePropertyRow { property: ServiceProperty::Basic, builds: Builds::EVERY, is_modelled: true, sources: &[documented("schema reference: BasicInformation"), client("WSL: an entry stands for all minor versions up to its own"), assumed("the entry for schema 1")] },
    ServicePropertyRow { property: ServiceProperty::CpuGroup, builds: Builds::EVERY, is_modelled: true, sources: &[documented("schema reference: CpuGroupConfigurations")] },
    ServicePropertyRow { property: ServiceProperty::ProcessorTopology, builds: Builds::EVERY, is_modelled: true, sources: &[documented("schema reference: ProcessorTopology"), assumed("one package, two threads a core")] },
    ServicePropertyRow { property: ServiceProperty::ContainerCredentialGuard, builds: Builds::EVERY, is_modelled: true, sources: &[documented("schema reference: ContainerCredentialGuardSystemInfo")] },
    ServicePropertyRow { property: ServiceProperty::QoSCapabilities, builds: Builds::EVERY, is_modelled: true, sources: &[documented("schema reference: QoSCapabilities"), assumed("that they are there")] },
    ServicePropertyRow { property: ServiceProperty::ProcessorCapabilities, builds: since(B22000), is_modelled: true, sources: &[client("WSL: ProcessorFeatures"), observed("appsandbox issue 151: an older host refuses it as invalid", &[B19041]), assumed("the first build that has it, and the features")] },
    ServicePropertyRow { property: ServiceProperty::Memory, builds: Builds::EVERY, is_modelled: false, sources: &[documented("service sample; the older schema files"), assumed("its type is not published")] },
    ServicePropertyRow { property: ServiceProperty::Cache, builds: until(B20348), is_modelled: false, sources: &[documented("the older schema files name it"), assumed("its types are not published")] },
];

/// The row of a property of the service.
pub const fn service_property(property: ServiceProperty) -> &'static ServicePropertyRow {
    let row = &SERVICE_PROPERTIES[property as usize];
    assert!(row.property as u8 == property as u8, "the properties stand in another order than their names");
    row
}

// Every row stands in its place: checked while compiling.
const _: () = {
    let mut at = 0;
    while at < SystemProperty::COUNT {
        property(SystemProperty::ALL[at]);
        at += 1;
    }
    let mut at = 0;
    while at < ServiceProperty::COUNT {
        service_property(ServiceProperty::ALL[at]);
        at += 1;
    }
    assert!(B17763 as u8 == 0, "the first build comes first");
};

/// What a change of the service's settings comes to.
#[derive(Debug)]
pub struct ServiceChangeRow {
    /// Unique name.
    pub id: &'static str,
    /// The code.
    pub code: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// What can stand against a change of the service's settings, by name: see `hcs_machine::service`.
#[rustfmt::skip]
pub mod service_change {
    use super::{Hresult, ServiceChangeRow, assumed, client, documented};

    /// A CPU group of this id is there already.
    pub const GROUP_EXISTS: ServiceChangeRow = ServiceChangeRow { id: "service-change.group-exists", code: Hresult::ERROR_ALREADY_EXISTS, sources: &[assumed("no code is recorded")] };
    /// No CPU group of this id.
    pub const NO_GROUP: ServiceChangeRow = ServiceChangeRow { id: "service-change.no-group", code: Hresult::ERROR_NOT_FOUND, sources: &[assumed("no code is recorded")] };
    /// A machine is in the group.
    pub const GROUP_IN_USE: ServiceChangeRow = ServiceChangeRow { id: "service-change.group-in-use", code: Hresult::E_INVALIDARG, sources: &[client("hcsshim moves machines out before it deletes"), assumed("the code")] };
    /// Logical processors that the host has not, or another number of them than said.
    pub const BAD_PROCESSORS: ServiceChangeRow = ServiceChangeRow { id: "service-change.bad-processors", code: Hresult::E_INVALIDARG, sources: &[documented("schema reference: CreateGroupOperation"), assumed("the code")] };
    /// A credential guard instance of this id is there already.
    pub const INSTANCE_EXISTS: ServiceChangeRow = ServiceChangeRow { id: "service-change.instance-exists", code: Hresult::ERROR_ALREADY_EXISTS, sources: &[assumed("no code is recorded")] };
    /// No credential guard instance of this id.
    pub const NO_INSTANCE: ServiceChangeRow = ServiceChangeRow { id: "service-change.no-instance", code: Hresult::ERROR_NOT_FOUND, sources: &[assumed("no code is recorded")] };
    /// Settings that are not those of the property.
    pub const BAD_SETTINGS: ServiceChangeRow = ServiceChangeRow { id: "service-change.bad-settings", code: Hresult::HCS_E_INVALID_JSON, sources: &[documented("schema reference: ModificationRequest"), assumed("the code, as for other documents")] };

    /// Every row.
    pub const ROWS: &[ServiceChangeRow] = &[GROUP_EXISTS, NO_GROUP, GROUP_IN_USE, BAD_PROCESSORS, INSTANCE_EXISTS, NO_INSTANCE, BAD_SETTINGS];
}

/// How many logical processors a simulated host has, two to a core. Assumed: no two hosts are alike.
pub const HOST_PROCESSORS: u32 = 8;

/// The processor features that a simulated host tells of: those that a client asks for.
pub const HOST_PROCESSOR_FEATURES: &[&str] = &["Sse3", "Sse4_1", "Sse4_2", "NestedVirt"];
