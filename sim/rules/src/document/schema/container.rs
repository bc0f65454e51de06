//! Containers.

use super::service::{CONTAINER_CREDENTIAL_GUARD_STATE, HV_SOCKET_SERVICE_CONFIG};
use super::silo::CONTAINERS_DEF_DEVICE;
use super::{Anything, Array, Boolean, Choice, Guid, I64, Map, Object, OneOf, Text, Type, U32, U64, m, v};

/// `Container`
pub static CONTAINER: Type = Type {
    name: "Container",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AdditionalDeviceNamespace", Object(&CONTAINERS_DEF_DEVICE), (2, 3)),
        m("AssignedDevices", Array(&Object(&DEVICE)), (2, 1)),
        m("ContainerCredentialGuard", Object(&CONTAINER_CREDENTIAL_GUARD_STATE), (2, 1)),
        m("GuestOs", Object(&GUEST_OS), (2, 0)),
        m("HvSocket", Object(&CONTAINER_HV_SOCKET), (2, 0)),
        m("IsolationType", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("MappedDirectories", Array(&Object(&MAPPED_DIRECTORY)), (2, 0)),
        m("MappedPipes", Array(&Object(&MAPPED_PIPE)), (2, 0)),
        m("Memory", Object(&CONTAINER_MEMORY), (2, 0)),
        m("Networking", Object(&NETWORKING), (2, 0)),
        m("Processor", Object(&CONTAINER_PROCESSOR), (2, 0)),
        m("RegistryChanges", Object(&REGISTRY_CHANGES), (2, 0)),
        m("Storage", Object(&STORAGE), (2, 0)),
    ],
};

/// `Container_HvSocket`
pub static CONTAINER_HV_SOCKET: Type = Type {
    name: "Container_HvSocket",
    formerly: Some("HvSocket"),
    since: (2, 0),
    until: None,
    members: &[m("Config", Object(&HV_SOCKET_SYSTEM_CONFIG), (2, 0)), m("EnablePowerShellDirect", Boolean, (2, 0))],
};

/// `Container_Memory`
pub static CONTAINER_MEMORY: Type = Type {
    name: "Container_Memory",
    formerly: Some("Memory"),
    since: (2, 0),
    until: None,
    members: &[m("SizeInMB", U64, (2, 1))],
};

/// `Container_Processor`
pub static CONTAINER_PROCESSOR: Type = Type {
    name: "Container_Processor",
    formerly: Some("Processor"),
    since: (2, 0),
    until: None,
    members: &[m("Count", U32, (2, 0)), m("Maximum", I64, (2, 0)), m("Weight", I64, (2, 0))],
};

/// `Device`
pub static DEVICE: Type = Type {
    name: "Device",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("InterfaceClassGuid", Guid, (2, 1)),
        m("LocationPath", Text, (2, 2)),
        m("Type", OneOf(&DEVICE_TYPE), (2, 2)),
    ],
};

/// `GuestOs`
pub static GUEST_OS: Type =
    Type { name: "GuestOs", formerly: None, since: (2, 0), until: None, members: &[m("HostName", Text, (2, 0))] };

/// `HvSocketSystemConfig`
pub static HV_SOCKET_SYSTEM_CONFIG: Type = Type {
    name: "HvSocketSystemConfig",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("DefaultBindSecurityDescriptor", Text, (2, 0)),
        m("DefaultConnectSecurityDescriptor", Text, (2, 0)),
        m("ServiceTable", Map(&Object(&HV_SOCKET_SERVICE_CONFIG)), (2, 0)),
    ],
};

/// `Layer`
pub static LAYER: Type = Type {
    name: "Layer",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Cache", OneOf(&CACHE_MODE), (2, 0)),
        m("Id", Guid, (2, 0)),
        m("Path", Text, (2, 0)),
        m("PathType", OneOf(&PATH_TYPE), (2, 1)),
    ],
};

/// `MappedDirectory`
pub static MAPPED_DIRECTORY: Type = Type {
    name: "MappedDirectory",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ContainerPath", Text, (2, 0)),
        m("HostPath", Text, (2, 0)),
        m("HostPathType", OneOf(&PATH_TYPE), (2, 1)),
        m("ReadOnly", Boolean, (2, 0)),
        m("SupportCloudFiles", Boolean, (2, 3)),
    ],
};

/// `MappedPipe`
pub static MAPPED_PIPE: Type = Type {
    name: "MappedPipe",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ContainerPipeName", Text, (2, 0)),
        m("HostPath", Text, (2, 0)),
        m("HostPathType", OneOf(&MAPPED_PIPE_PATH_TYPE), (2, 1)),
    ],
};

/// `Networking`
pub static NETWORKING: Type = Type {
    name: "Networking",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AllowUnqualifiedDnsQuery", Boolean, (2, 0)),
        m("DnsSearchList", Text, (2, 0)),
        m("Namespace", Text, (2, 0)),
        m("NetworkAdapters", Array(&Guid), (2, 0)),
        m("NetworkSharedContainerName", Text, (2, 0)),
    ],
};

/// `RegistryChanges`
pub static REGISTRY_CHANGES: Type = Type {
    name: "RegistryChanges",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AddValues", Array(&Object(&REGISTRY_VALUE)), (2, 0)),
        m("DeleteKeys", Array(&Object(&REGISTRY_KEY)), (2, 0)),
    ],
};

/// `RegistryKey`
pub static REGISTRY_KEY: Type = Type {
    name: "RegistryKey",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Hive", OneOf(&REGISTRY_HIVE), (2, 0)), m("Name", Text, (2, 0)), m("Volatile", Boolean, (2, 0))],
};

/// `RegistryValue`
pub static REGISTRY_VALUE: Type = Type {
    name: "RegistryValue",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("BinaryValue", Text, (2, 0)),
        m("CustomType", U32, (2, 0)),
        m("DWordValue", U32, (2, 0)),
        m("Key", Object(&REGISTRY_KEY), (2, 0)),
        m("Name", Text, (2, 0)),
        m("QWordValue", U64, (2, 0)),
        m("StringValue", Text, (2, 0)),
        m("Type", OneOf(&REGISTRY_VALUE_TYPE), (2, 0)),
    ],
};

/// `Storage`
pub static STORAGE: Type = Type {
    name: "Storage",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Layers", Array(&Object(&LAYER)), (2, 0)),
        m("Path", Text, (2, 0)),
        m("PrivilegedContainerRootPath", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("QoS", Object(&STORAGE_QO_S), (2, 0)),
    ],
};

/// `StorageQoS`
pub static STORAGE_QO_S: Type = Type {
    name: "StorageQoS",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("BandwidthMaximum", U64, (2, 0)), m("IopsMaximum", U64, (2, 0))],
};

/// `CacheMode`
pub static CACHE_MODE: Choice = Choice {
    name: "CacheMode",
    formerly: None,
    values: &[
        v("", (2, 0)),
        v("Disabled", (2, 0)),
        v("Enabled", (2, 0)),
        v("Private", (2, 0)),
        v("PrivateAllowSharing", (2, 0)),
    ],
};

/// `DeviceType`
pub static DEVICE_TYPE: Choice = Choice {
    name: "DeviceType",
    formerly: None,
    values: &[v("ClassGuid", (2, 2)), v("DeviceInstance", (2, 2)), v("GpuMirror", (2, 2))],
};

/// `MappedPipePathType`
pub static MAPPED_PIPE_PATH_TYPE: Choice = Choice {
    name: "MappedPipePathType",
    formerly: None,
    values: &[v("AbsolutePath", (2, 1)), v("VirtualSmbPipeName", (2, 1))],
};

/// `PathType`
pub static PATH_TYPE: Choice =
    Choice { name: "PathType", formerly: None, values: &[v("AbsolutePath", (2, 1)), v("VirtualSmbShareName", (2, 1))] };

/// `RegistryHive`
pub static REGISTRY_HIVE: Choice = Choice {
    name: "RegistryHive",
    formerly: None,
    values: &[v("System", (2, 0)), v("Software", (2, 0)), v("Security", (2, 0)), v("Sam", (2, 0))],
};

/// `RegistryValueType`
pub static REGISTRY_VALUE_TYPE: Choice = Choice {
    name: "RegistryValueType",
    formerly: None,
    values: &[
        v("None", (2, 0)),
        v("String", (2, 0)),
        v("ExpandedString", (2, 0)),
        v("MultiString", (2, 0)),
        v("Binary", (2, 0)),
        v("DWord", (2, 0)),
        v("QWord", (2, 0)),
        v("CustomType", (2, 0)),
    ],
};
