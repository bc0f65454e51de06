//! What `HcsModifyComputeSystem` can change: the resource paths, what each takes, and what a change comes to.
//!
//! The state stage admits the call; when it completes, the path leads to a resource, the machine finds the situation, and
//! the table here says what becomes of it.

use crate::build::Build::{B17763, B22000, B26100, B26200};
use crate::closed::closed;
use crate::document::Type;
use crate::document::schema::{container, machine, resource as of, service};
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::profile::Quirk;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Kind, Kinds};

closed! {
    /// `ModifyRequestType`
    pub enum Change, Changes {
        /// Something is added.
        Add,
        /// Something goes.
        Remove,
        /// Something is set anew.
        Update,
    }
}

closed! {
    /// What a resource path leads to.
    pub enum Resource, Resources {
        /// The CPU group that the machine is in.
        CpuGroup,
        /// How many processors idle.
        IdledProcessors,
        /// The cap of the processors' frequency.
        FrequencyCap,
        /// The processors' limit, weight and reservation.
        ProcessorLimits,
        /// Memory.
        MemorySize,
        /// The graphics processors that the machine shares.
        Gpu,
        /// The devices that a licence is checked with.
        Licensing,
        /// A device whose emulation lives in another process.
        FlexibleIov,
        /// A pipe of the host, in the guest.
        MachinePipe,
        /// A network adapter.
        NetworkAdapter,
        /// A Plan 9 share.
        Plan9Share,
        /// A disk on a SCSI controller.
        ScsiAttachment,
        /// A serial port.
        ComPort,
        /// A region of shared memory.
        SharedMemoryRegion,
        /// A persistent memory device.
        PMemDevice,
        /// A part of a persistent memory device.
        PMemMapping,
        /// A VSMB share.
        VsmbShare,
        /// An assigned PCI device.
        PciDevice,
        /// What a Hyper-V socket service may do.
        HvSocketService,
        /// An assigned device of a container.
        ContainerDevice,
        /// A directory of the host, in a container.
        MappedDirectory,
        /// A pipe of the host, in a container.
        ContainerPipe,
        /// A container's memory.
        ContainerMemory,
        /// A container's share of the processors.
        ContainerProcessor,
        /// Whether a container's registry is written to disk.
        RegistryFlushState,
        /// Nothing of the host's: the request is the guest's alone.
        GuestOnly,
    }
}

/// What a request's `Settings` are.
#[derive(Clone, Copy, Debug)]
pub enum Settings {
    /// An object of this type.
    Of(&'static Type),
    /// A whole number.
    Number,
    /// Nothing, or whatever it is.
    Anything,
}

/// One kind of resource.
#[derive(Debug)]
pub struct ResourceType {
    /// The resource.
    pub resource: Resource,
    /// The path; `{}` stands for a name of the client's.
    pub path: &'static str,
    /// Where a system's document has it: the members on the way to the map, array or value.
    pub at: &'static [&'static str],
    /// The member of the settings that names it, where the path does not.
    pub key: Option<&'static str>,
    /// What the settings are.
    pub settings: Settings,
    /// The kinds of system that have it.
    pub kinds: Kinds,
    /// How it is known.
    pub sources: &'static [Source],
}

const MACHINES: Kinds = Kinds::of(&[Kind::VirtualMachine, Kind::GuestVirtualMachine]);
const CONTAINERS: Kinds = Kinds::of(&[Kind::ProcessContainer, Kind::HyperVContainer, Kind::HostedContainer]);
const PAGE: &[Source] = &[documented("HcsModifyComputeSystem")];
const HCSSHIM: &[Source] = &[client("hcsshim: resource paths")];

const fn vm(resource: Resource, path: &'static str, at: &'static [&'static str], settings: Settings) -> ResourceType {
    ResourceType { resource, path, at, key: None, settings, kinds: MACHINES, sources: PAGE }
}

const fn container(
    resource: Resource,
    path: &'static str,
    at: &'static [&'static str],
    key: Option<&'static str>,
    settings: Settings,
) -> ResourceType {
    ResourceType { resource, path, at, key, settings, kinds: CONTAINERS, sources: HCSSHIM }
}

impl ResourceType {
    const fn named_by(mut self, member: &'static str) -> ResourceType {
        self.key = Some(member);
        self
    }

    const fn known(mut self, sources: &'static [Source]) -> ResourceType {
        self.sources = sources;
        self
    }

    /// Whether there is at most one of it.
    pub const fn is_single(&self) -> bool {
        SINGLE.contains(self.resource)
    }
}

/// Every kind of resource, in the order of [`Resource`].
#[rustfmt::skip]
pub static RESOURCES: [ResourceType; Resource::COUNT] = [
    vm(Resource::CpuGroup, "VirtualMachine/ComputeTopology/Processor/CpuGroup", &["VirtualMachine", "ComputeTopology", "Processor", "CpuGroup"], Settings::Of(&machine::CPU_GROUP)),
    vm(Resource::IdledProcessors, "VirtualMachine/ComputeTopology/Processor/IdledProcessors", &[], Settings::Of(&of::IDLE_PROCESSORS_REQUEST)),
    vm(Resource::FrequencyCap, "VirtualMachine/ComputeTopology/Processor/CpuFrequencyPowerCap", &[], Settings::Number),
    vm(Resource::ProcessorLimits, "VirtualMachine/ComputeTopology/Processor/Limits", &[], Settings::Of(&of::PROCESSOR_LIMITS)).known(HCSSHIM),
    vm(Resource::MemorySize, "VirtualMachine/ComputeTopology/Memory/SizeInMB", &["VirtualMachine", "ComputeTopology", "Memory", "SizeInMB"], Settings::Number),
    vm(Resource::Gpu, "VirtualMachine/ComputeTopology/Gpu", &[], Settings::Of(&of::GPU_CONFIGURATION)),
    vm(Resource::Licensing, "VirtualMachine/Devices/Licensing", &[], Settings::Anything).known(HCSSHIM),
    vm(Resource::FlexibleIov, "VirtualMachine/Devices/FlexibleIov/{}", &["VirtualMachine", "Devices", "FlexibleIov"], Settings::Of(&machine::FLEXIBLE_IO_DEVICE)),
    vm(Resource::MachinePipe, "VirtualMachine/Devices/MappedPipes/{}", &[], Settings::Anything),
    vm(Resource::NetworkAdapter, "VirtualMachine/Devices/NetworkAdapters/{}", &["VirtualMachine", "Devices", "NetworkAdapters"], Settings::Of(&machine::NETWORK_ADAPTER)),
    vm(Resource::Plan9Share, "VirtualMachine/Devices/Plan9/Shares", &["VirtualMachine", "Devices", "Plan9", "Shares"], Settings::Of(&machine::PLAN9_SHARE)).named_by("Name"),
    vm(Resource::ScsiAttachment, "VirtualMachine/Devices/Scsi/{}/Attachments/{}", &["VirtualMachine", "Devices", "Scsi"], Settings::Of(&machine::ATTACHMENT)),
    vm(Resource::ComPort, "VirtualMachine/Devices/ComPorts/{}", &["VirtualMachine", "Devices", "ComPorts"], Settings::Of(&machine::COM_PORT)),
    vm(Resource::SharedMemoryRegion, "VirtualMachine/Devices/SharedMemory/Regions", &["VirtualMachine", "Devices", "SharedMemory", "Regions"], Settings::Of(&machine::SHARED_MEMORY_REGION)).named_by("SectionName"),
    vm(Resource::PMemDevice, "VirtualMachine/Devices/VirtualPMem/Devices/{}", &["VirtualMachine", "Devices", "VirtualPMem", "Devices"], Settings::Of(&machine::VIRTUAL_P_MEM_DEVICE)),
    vm(Resource::PMemMapping, "VirtualMachine/Devices/VirtualPMem/Devices/{}/Mappings/{}", &["VirtualMachine", "Devices", "VirtualPMem", "Devices"], Settings::Of(&machine::VIRTUAL_P_MEM_MAPPING)),
    vm(Resource::VsmbShare, "VirtualMachine/Devices/VirtualSmb/Shares", &["VirtualMachine", "Devices", "VirtualSmb", "Shares"], Settings::Of(&machine::VIRTUAL_SMB_SHARE)).named_by("Name"),
    vm(Resource::PciDevice, "VirtualMachine/Devices/VirtualPci/{}", &["VirtualMachine", "Devices", "VirtualPci"], Settings::Of(&machine::VIRTUAL_PCI_DEVICE)),
    vm(Resource::HvSocketService, "VirtualMachine/Devices/HvSocket/HvSocketConfig/ServiceTable/{}", &["VirtualMachine", "Devices", "HvSocket", "HvSocketConfig", "ServiceTable"], Settings::Of(&service::HV_SOCKET_SERVICE_CONFIG)).known(HCSSHIM),
    container(Resource::ContainerDevice, "Container/Devices/Generic", &["Container", "AssignedDevices"], Some("InterfaceClassGuid"), Settings::Of(&container::DEVICE)),
    container(Resource::MappedDirectory, "Container/MappedDirectories", &["Container", "MappedDirectories"], Some("ContainerPath"), Settings::Of(&container::MAPPED_DIRECTORY)),
    container(Resource::ContainerPipe, "Container/MappedPipes", &["Container", "MappedPipes"], Some("ContainerPipeName"), Settings::Of(&container::MAPPED_PIPE)),
    container(Resource::ContainerMemory, "Container/Memory/SizeInMB", &["Container", "Memory", "SizeInMB"], None, Settings::Number),
    container(Resource::ContainerProcessor, "Container/Processor", &["Container", "Processor"], None, Settings::Of(&container::CONTAINER_PROCESSOR)),
    container(Resource::RegistryFlushState, "Container/RegistryFlushState", &[], None, Settings::Of(&of::REGISTRY_FLUSH_STATE)),
    ResourceType { resource: Resource::GuestOnly, path: "", at: &[], key: None, settings: Settings::Anything, kinds: Kinds::of(&[Kind::GuestVirtualMachine, Kind::HyperVContainer, Kind::HostedContainer]), sources: &[client("hcsshim: a request that has only a GuestRequest")] },
];

/// What there is at most one of, and always one.
const SINGLE: Resources = Resources::of(&[
    Resource::CpuGroup,
    Resource::IdledProcessors,
    Resource::FrequencyCap,
    Resource::ProcessorLimits,
    Resource::MemorySize,
    Resource::Gpu,
    Resource::Licensing,
    Resource::ContainerMemory,
    Resource::ContainerProcessor,
    Resource::RegistryFlushState,
    Resource::GuestOnly,
]);
/// What can be many.
const MANY: Resources = Resources::of_bits(Resources::EVERY.bits() & !SINGLE.bits());

closed! {
    /// What a change meets.
    pub enum Situation, Situations {
        /// There is none of this name.
        Absent,
        /// There is one of this name.
        Present,
        /// What it would belong to is not there: a controller, a device, a CPU group.
        NoParent,
        /// Its name cannot be one.
        BadKey,
        /// The machine is not started.
        NotRunning,
        /// The guest has not come up.
        GuestNotUp,
        /// A system of this kind has no such resource.
        OtherKind,
        /// The machine is in another CPU group.
        InOtherGroup,
        /// The adapter's endpoint is not one of the host's.
        NoEndpoint,
        /// The adapter's endpoint is attached elsewhere.
        EndpointAttached,
        /// The machine is the Hyper-V manager's.
        OfManager,
    }
}

/// What a change comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Applies,
    /// The operation ends with this code, and nothing changes.
    Fails(Hresult),
    /// It is made if the host has this quirk; if not, the operation ends with this code.
    AppliesIf(Quirk, Hresult),
}

/// One row: a change of a resource in a situation.
#[derive(Debug)]
pub struct ChangeRow {
    /// Unique name.
    pub id: &'static str,
    /// The resources.
    pub resources: Resources,
    /// The changes.
    pub changes: Changes,
    /// The situations.
    pub situations: Situations,
    /// What it comes to.
    pub verdict: Verdict,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn row(
    id: &'static str,
    resources: Resources,
    changes: &[Change],
    situations: &[Situation],
    verdict: Verdict,
    sources: &'static [Source],
) -> ChangeRow {
    let (changes, situations) = (Changes::of(changes), Situations::of(situations));
    ChangeRow { id, resources, changes, situations, verdict, sources }
}

const ANY: &[Change] = &[Change::Add, Change::Remove, Change::Update];
const THERE_OR_NOT: &[Situation] = &[Situation::Absent, Situation::Present];

/// What comes and goes, but is never set anew.
const NOT_UPDATED: Resources = Resources::of(&[
    Resource::FlexibleIov,
    Resource::MachinePipe,
    Resource::PMemDevice,
    Resource::PMemMapping,
    Resource::PciDevice,
    Resource::ContainerDevice,
    Resource::MappedDirectory,
    Resource::ContainerPipe,
]);
/// What is only ever set anew.
const ONLY_UPDATED: Resources = Resources::of(&[
    Resource::IdledProcessors,
    Resource::ProcessorLimits,
    Resource::Gpu,
    Resource::Licensing,
    Resource::ContainerMemory,
    Resource::ContainerProcessor,
    Resource::RegistryFlushState,
]);

const fn without(all: Resources, these: &[Resource]) -> Resources {
    Resources::of_bits(all.bits() & !Resources::of(these).bits())
}

const fn only(resource: Resource) -> Resources {
    Resources::of(&[resource])
}

/// Every row.
pub const ROWS: &[ChangeRow] = &LIST;

#[rustfmt::skip]
const LIST: [ChangeRow; 29] = [
    row("change.other-kind", Resources::EVERY, ANY, &[Situation::OtherKind], Verdict::Fails(Hresult::ERROR_NOT_SUPPORTED),
        &[client("hcsshim reads it as not supported"), assumed("which of four codes it is")]),
    row("change.not-running", without(Resources::EVERY, &[Resource::Gpu, Resource::MemorySize]), ANY, &[Situation::NotRunning], Verdict::Fails(Hresult::HCS_E_INVALID_STATE),
        &[documented("tutorial: many succeed only once the machine is up"), assumed("the code")]),
    row("change.gpu-not-running", only(Resource::Gpu), ANY, &[Situation::NotRunning], Verdict::Fails(Hresult::WBEM_E_FAILED),
        &[observed("a shared memory probe", &[B26100])]),
    row("change.memory-not-up", only(Resource::MemorySize), ANY, &[Situation::NotRunning, Situation::GuestNotUp], Verdict::Fails(Hresult::ERROR_NOT_READY),
        &[observed("AspireHcs: until the guest is up", &[B26200])]),
    row("change.bad-key", MANY, ANY, &[Situation::BadKey], Verdict::Fails(Hresult::E_INVALIDARG),
        &[observed("a VSMB share with an index behind its path", &[B26100]), assumed("the same for slots and ports that do not exist")]),
    row("change.no-parent", Resources::of(&[Resource::ScsiAttachment, Resource::PMemMapping, Resource::CpuGroup]), ANY, &[Situation::NoParent], Verdict::Fails(Hresult::ERROR_NOT_FOUND),
        &[observed("a SCSI controller by its ordinal instead of its name", &[B26100]), assumed("the same for devices and groups")]),
    row("change.cpu-group", only(Resource::CpuGroup), &[Change::Add, Change::Update], &[Situation::Present], Verdict::Applies, PAGE),
    row("change.cpu-group-remove", only(Resource::CpuGroup), &[Change::Remove], &[Situation::Present, Situation::InOtherGroup], Verdict::Applies, PAGE),
    row("change.cpu-group-taken", only(Resource::CpuGroup), &[Change::Add, Change::Update], &[Situation::InOtherGroup], Verdict::Fails(Hresult::E_INVALIDARG),
        &[client("hcsshim moves it to the null group first"), assumed("the code")]),
    row("change.single", Resources::of(&[Resource::FrequencyCap, Resource::MemorySize, Resource::GuestOnly]), ANY, &[Situation::Present], Verdict::Applies, PAGE),
    row("change.set", ONLY_UPDATED, &[Change::Update], &[Situation::Present], Verdict::Applies, PAGE),
    row("change.set-only", ONLY_UPDATED, &[Change::Add, Change::Remove], &[Situation::Present], Verdict::Fails(Hresult::ERROR_NOT_SUPPORTED),
        &[documented("HcsModifyComputeSystem: Update"), assumed("the code for the others")]),
    row("change.add", without(MANY, &[Resource::SharedMemoryRegion, Resource::HvSocketService]), &[Change::Add], &[Situation::Absent], Verdict::Applies,
        &[documented("HcsModifyComputeSystem"), observed("multipass, VMLord: adapters; Solon: shares", &[B26100, B26200])]),
    row("change.add-again", without(MANY, &[Resource::SharedMemoryRegion, Resource::HvSocketService]), &[Change::Add], &[Situation::Present], Verdict::Fails(Hresult::ERROR_ALREADY_EXISTS),
        &[assumed("that it is refused is what a name is for; no code is recorded")]),
    row("change.region", only(Resource::SharedMemoryRegion), &[Change::Add], THERE_OR_NOT, Verdict::Fails(Hresult::ERROR_NOT_SUPPORTED),
        &[observed("a shared memory probe: on a machine that runs", &[B26100])]),
    row("change.region-of-manager", only(Resource::SharedMemoryRegion), &[Change::Add], &[Situation::OfManager], Verdict::Fails(Hresult::WBEM_E_VALUE_OUT_OF_RANGE),
        &[observed("a shared memory probe: on a machine of the Hyper-V manager", &[B26100])]),
    row("change.region-of-manager-otherwise", only(Resource::SharedMemoryRegion), &[Change::Remove, Change::Update], &[Situation::OfManager], Verdict::Fails(Hresult::ERROR_NOT_FOUND),
        &[assumed("it has no region, so that there is none to change, as of other machines")]),
    row("change.remove", without(MANY, &[Resource::FlexibleIov]), &[Change::Remove], &[Situation::Present], Verdict::Applies,
        &[documented("HcsModifyComputeSystem"), observed("multipass, VMLord: adapters; Solon: shares", &[B26100, B26200])]),
    row("change.remove-absent", without(MANY, &[Resource::FlexibleIov]), &[Change::Remove], &[Situation::Absent], Verdict::Fails(Hresult::ERROR_NOT_FOUND),
        &[assumed("no code is recorded")]),
    row("change.remove-flexible-iov", only(Resource::FlexibleIov), &[Change::Remove], THERE_OR_NOT, Verdict::AppliesIf(Quirk::RemovesFlexibleIov, Hresult::ERROR_NOT_SUPPORTED),
        &[client("WSL: refused on some versions"), documented("HcsModifyComputeSystem: Add only"), assumed("the code")]),
    row("change.update", Resources::of(&[Resource::Plan9Share, Resource::ScsiAttachment, Resource::ComPort, Resource::SharedMemoryRegion, Resource::VsmbShare]), &[Change::Update], &[Situation::Present], Verdict::Applies, PAGE),
    row("change.update-absent", Resources::of(&[Resource::Plan9Share, Resource::ScsiAttachment, Resource::ComPort, Resource::SharedMemoryRegion, Resource::VsmbShare]), &[Change::Update], &[Situation::Absent], Verdict::Fails(Hresult::ERROR_NOT_FOUND),
        &[assumed("no code is recorded")]),
    row("change.update-adapter", only(Resource::NetworkAdapter), &[Change::Update], THERE_OR_NOT, Verdict::Fails(Hresult::E_NOTIMPL),
        &[observed("notes: not implemented", &[B22000]), assumed("the code, which says just that")]),
    row("change.update-never", NOT_UPDATED, &[Change::Update], THERE_OR_NOT, Verdict::Fails(Hresult::ERROR_NOT_SUPPORTED),
        &[documented("HcsModifyComputeSystem: Add and Remove"), assumed("the code for Update")]),
    row("change.socket-set", only(Resource::HvSocketService), &[Change::Update], THERE_OR_NOT, Verdict::Applies, HCSSHIM),
    row("change.socket-add", only(Resource::HvSocketService), &[Change::Add], THERE_OR_NOT, Verdict::Fails(Hresult::ERROR_NOT_SUPPORTED),
        &[client("hcsshim updates, it never adds"), assumed("the code")]),
    row("change.endpoint", only(Resource::NetworkAdapter), ANY, &[Situation::NoEndpoint], Verdict::Fails(Hresult::HCS_E_INVALID_JSON),
        &[assumed("as for create, where one client saw it")]),
    row("change.endpoint-attached", only(Resource::NetworkAdapter), &[Change::Add, Change::Remove], &[Situation::EndpointAttached], Verdict::Fails(Hresult::HCN_E_ENDPOINT_ALREADY_ATTACHED),
        &[assumed("as for start, where one client saw it")]),
    row("change.endpoint-update", only(Resource::NetworkAdapter), &[Change::Update], &[Situation::EndpointAttached], Verdict::Fails(Hresult::E_NOTIMPL),
        &[observed("notes: not implemented", &[B22000, B17763])]),
];

/// The situations that a change of this resource can meet.
pub const fn situations(resource: Resource) -> Situations {
    use Situation::{
        Absent, BadKey, EndpointAttached, GuestNotUp, InOtherGroup, NoEndpoint, NoParent, NotRunning, OfManager,
        OtherKind, Present,
    };
    match resource {
        Resource::CpuGroup => Situations::of(&[Present, NoParent, NotRunning, OtherKind, InOtherGroup]),
        Resource::MemorySize => Situations::of(&[Present, NotRunning, GuestNotUp, OtherKind]),
        Resource::NetworkAdapter => {
            Situations::of(&[Absent, Present, BadKey, NotRunning, OtherKind, NoEndpoint, EndpointAttached])
        }
        Resource::ScsiAttachment | Resource::PMemMapping => {
            Situations::of(&[Absent, Present, NoParent, BadKey, NotRunning, OtherKind])
        }
        Resource::SharedMemoryRegion => Situations::of(&[Absent, Present, BadKey, NotRunning, OtherKind, OfManager]),
        _ if SINGLE.contains(resource) => Situations::of(&[Present, NotRunning, OtherKind]),
        _ => Situations::of(&[Absent, Present, BadKey, NotRunning, OtherKind]),
    }
}

const AXES: [Axis; 3] = [
    Axis { name: "resource", values: Resource::NAMES },
    Axis { name: "change", values: Change::NAMES },
    Axis { name: "situation", values: Situation::NAMES },
];
const CELLS: usize = Resource::COUNT * Change::COUNT * Situation::COUNT;
static TABLE: [u16; CELLS] = lay_changes();

const fn lay_changes() -> [u16; CELLS] {
    let mut domain = [[0; 3]; Resource::COUNT];
    let mut at = 0;
    while at < Resource::COUNT {
        domain[at] = [1 << at, Changes::EVERY.bits(), situations(Resource::ALL[at]).bits()];
        assert!(RESOURCES_IN_ORDER[at] as usize == at, "the resources stand in another order than their names");
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 3], named: [0; 3] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        let row = &LIST[at];
        covers[at] = Cover {
            id: row.id,
            sets: [row.resources.bits(), row.changes.bits(), row.situations.bits()],
            named: [0; 3],
        };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

const RESOURCES_IN_ORDER: [Resource; Resource::COUNT] = {
    let mut order = [Resource::CpuGroup; Resource::COUNT];
    let mut at = 0;
    while at < Resource::COUNT {
        order[at] = RESOURCES[at].resource;
        at += 1;
    }
    order
};

/// The row of a change. `None` where the resource cannot meet the situation.
pub fn rule(resource: Resource, change: Change, situation: Situation) -> Option<&'static ChangeRow> {
    ROWS.get(usize::from(TABLE[place(&AXES, &[resource.index(), change.index(), situation.index()])]))
}

/// The resource that a path leads to, and the names that the path gives, in their order. A path that goes on behind a
/// resource's own leads to it with one name more, which is then too many.
pub fn find(path: &str) -> Option<(&'static ResourceType, Vec<&str>)> {
    let exact = |of: &'static ResourceType| Some((of, matched(of.path, path, false)?));
    let longer = |of: &'static ResourceType| Some((of, matched(of.path, path, true)?));
    RESOURCES.iter().find_map(exact).or_else(|| RESOURCES.iter().filter(|of| !of.path.is_empty()).find_map(longer))
}

/// The names in a path, if it has the pattern's form. Segments compare without regard to case (assumed).
fn matched<'a>(pattern: &str, path: &'a str, longer: bool) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        match expected {
            "{}" => names.push(segment),
            expected if expected.eq_ignore_ascii_case(segment) => {}
            _ => return None,
        }
    }
    let rest: Vec<&str> = segments.collect();
    match (rest.is_empty(), longer) {
        (true, false) => Some(names),
        (false, true) => {
            names.extend(rest);
            Some(names)
        }
        _ => None,
    }
}
