//! Schema 1: the container configuration of the older interface. In no published file; from the clients that send it.

use super::system::SYSTEM_TYPE;
use super::{Anything, Array, Boolean, I64, Object, OneOf, Text, Type, U16, U32, U64, m};

/// `AssignedDeviceV1`
pub static ASSIGNED_DEVICE_V1: Type = Type {
    name: "AssignedDeviceV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[m("InterfaceClassGUID", Text, (1, 0))],
};

/// `ConnectionV1`
pub static CONNECTION_V1: Type = Type {
    name: "ConnectionV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[m("EnableNat", Boolean, (1, 0)), m("Nat", Object(&NAT_V1), (1, 0)), m("NetworkName", Text, (1, 0))],
};

/// `ContainerConfigV1`
pub static CONTAINER_CONFIG_V1: Type = Type {
    name: "ContainerConfigV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[
        m("AllowUnqualifiedDNSQuery", Boolean, (1, 0)),
        m("AssignedDevices", Array(&Object(&ASSIGNED_DEVICE_V1)), (1, 0)),
        m("ContainerType", Text, (1, 0)),
        m("Credentials", Text, (1, 0)),
        m("DNSSearchList", Text, (1, 0)),
        m("Devices", Array(&Object(&DEVICE_V1)), (1, 0)),
        m("EndpointList", Array(&Text), (1, 0)),
        m("HostName", Text, (1, 0)),
        m("HvPartition", Boolean, (1, 0)),
        m("HvRuntime", Object(&HV_RUNTIME_V1), (1, 0)),
        m("IgnoreFlushesDuringBoot", Boolean, (1, 0)),
        m("IsDummy", Boolean, (1, 0)),
        m("LayerFolderPath", Text, (1, 0)),
        m("Layers", Array(&Object(&LAYER_V1)), (1, 0)),
        m("MappedDirectories", Array(&Object(&MAPPED_DIRECTORY_V1)), (1, 0)),
        m("MappedPipes", Array(&Object(&MAPPED_PIPE_V1)), (1, 0)),
        m("MappedVirtualDisks", Array(&Object(&MAPPED_VIRTUAL_DISK_V1)), (1, 0)),
        m("MemoryMaximumInMB", I64, (1, 0)),
        m("Name", Text, (1, 0)),
        m("NetworkSharedContainerName", Text, (1, 0)),
        m("Owner", Text, (1, 0)),
        m("ProcessorCount", U32, (1, 0)),
        m("ProcessorMaximum", I64, (1, 0)),
        m("ProcessorWeight", U64, (1, 0)),
        m("SandboxPath", Text, (1, 0)),
        m("Servicing", Boolean, (1, 0)),
        m("StorageBandwidthMaximum", U64, (1, 0)),
        m("StorageIOPSMaximum", U64, (1, 0)),
        m("StorageSandboxSize", U64, (1, 0)),
        m("SystemType", OneOf(&SYSTEM_TYPE), (1, 0)),
        m("TerminateOnLastHandleClosed", Boolean, (1, 0)),
        m("VolumePath", Text, (1, 0)),
    ],
};

/// `DeviceV1`
pub static DEVICE_V1: Type = Type {
    name: "DeviceV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[
        m("Connection", Object(&CONNECTION_V1), (1, 0)),
        m("DeviceType", Text, (1, 0)),
        m("Settings", Anything, (1, 0)),
    ],
};

/// `HvRuntimeV1`
pub static HV_RUNTIME_V1: Type = Type {
    name: "HvRuntimeV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[
        m("BootSource", Text, (1, 0)),
        m("EnableConsole", Boolean, (1, 0)),
        m("ImagePath", Text, (1, 0)),
        m("LinuxBootParameters", Text, (1, 0)),
        m("LinuxInitrdFile", Text, (1, 0)),
        m("LinuxKernelFile", Text, (1, 0)),
        m("SkipTemplate", Boolean, (1, 0)),
        m("WritableBootSource", Boolean, (1, 0)),
    ],
};

/// `LayerV1`
pub static LAYER_V1: Type = Type {
    name: "LayerV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[m("ID", Text, (1, 0)), m("Path", Text, (1, 0))],
};

/// `MappedDirectoryV1`
pub static MAPPED_DIRECTORY_V1: Type = Type {
    name: "MappedDirectoryV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[
        m("BandwidthMaximum", U64, (1, 0)),
        m("ContainerPath", Text, (1, 0)),
        m("CreateInUtilityVM", Boolean, (1, 0)),
        m("HostPath", Text, (1, 0)),
        m("IOPSMaximum", U64, (1, 0)),
        m("LinuxMetadata", Boolean, (1, 0)),
        m("ReadOnly", Boolean, (1, 0)),
    ],
};

/// `MappedPipeV1`
pub static MAPPED_PIPE_V1: Type = Type {
    name: "MappedPipeV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[m("ContainerPipeName", Text, (1, 0)), m("HostPath", Text, (1, 0))],
};

/// `MappedVirtualDiskV1`
pub static MAPPED_VIRTUAL_DISK_V1: Type = Type {
    name: "MappedVirtualDiskV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[
        m("AttachOnly", Boolean, (1, 0)),
        m("Cache", Text, (1, 0)),
        m("ContainerPath", Text, (1, 0)),
        m("CreateInUtilityVM", Boolean, (1, 0)),
        m("HostPath", Text, (1, 0)),
        m("ReadOnly", Boolean, (1, 0)),
    ],
};

/// `NatV1`
pub static NAT_V1: Type = Type {
    name: "NatV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[m("Name", Text, (1, 0)), m("PortBindings", Array(&Object(&PORT_BINDING_V1)), (1, 0))],
};

/// `PortBindingV1`
pub static PORT_BINDING_V1: Type = Type {
    name: "PortBindingV1",
    formerly: None,
    since: (1, 0),
    until: None,
    members: &[m("ExternalPort", U16, (1, 0)), m("InternalPort", U16, (1, 0)), m("Protocol", Text, (1, 0))],
};
