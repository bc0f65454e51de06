//! The tables of types: every type that a configuration, a system query or a property query can reach.
//!
//! Names, shapes and versions are facts of the published schema (21H2 and the reference's "new in version" column);
//! `used_by` marks members that are in no published schema, with who sends them. Members stand in the order of their
//! bytes, which look-ups rely on.

use super::Shape::{self, Anything, Array, Boolean, Guid, Integer, Map, Object, OneOf, Text, Unsigned};
use super::{Member, Type};

const U8: Shape = Unsigned { max: u8::MAX as u64 };
const U16: Shape = Unsigned { max: u16::MAX as u64 };
const U32: Shape = Unsigned { max: u32::MAX as u64 };
const U64: Shape = Unsigned { max: u64::MAX };

const fn m(name: &'static str, shape: Shape, major: u8, minor: u8) -> Member {
    Member { name, shape, since: (major, minor), used_by: None }
}

const fn used_by(name: &'static str, who: &'static str) -> Member {
    Member { name, shape: Anything, since: (2, 0), used_by: Some(who) }
}

/// `Attachment`
pub static ATTACHMENT: Type = Type {
    name: "Attachment",
    members: &[
        m("AlwaysAllowSparseFiles", Boolean, 2, 6),
        m("CachingMode", OneOf(CACHING_MODE), 2, 1),
        used_by("CaptureIoAttributionContext", "hcsshim schema2; Windows Sandbox dump"),
        used_by("DisableExpansionOptimization", "hcsshim schema2; Windows Sandbox dump"),
        used_by("ExtensibleVirtualDiskType", "hcsshim schema2"),
        used_by("IgnoreFlushes", "hcsshim schema2"),
        used_by("IgnoreRelativeLocator", "hcsshim schema2; Windows Sandbox dump"),
        used_by("NoWriteHardening", "hcsshim schema2; Windows Sandbox dump"),
        m("Path", Text, 2, 0),
        m("ReadOnly", Boolean, 2, 0),
        m("SupportCompressedVolumes", Boolean, 2, 3),
        m("SupportEncryptedFiles", Boolean, 2, 6),
        m("Type", OneOf(ATTACHMENT_TYPE), 2, 0),
    ],
};

/// `Battery`
pub static BATTERY: Type = Type { name: "Battery", members: &[] };

/// `Chipset`
pub static CHIPSET: Type = Type {
    name: "Chipset",
    members: &[
        m("BaseBoardSerialNumber", Text, 2, 0),
        m("ChassisAssetTag", Text, 2, 0),
        m("ChassisSerialNumber", Text, 2, 0),
        m("EnableHibernation", Boolean, 2, 5),
        used_by("FirmwareFile", "hcsshim schema2"),
        m("IsNumLockDisabled", Boolean, 2, 0),
        m("LinuxKernelDirect", Object(&LINUX_KERNEL_DIRECT), 2, 2),
        m("Uefi", Object(&UEFI), 2, 0),
        m("UseUtc", Boolean, 2, 1),
    ],
};

/// `ComPort`
pub static COM_PORT: Type =
    Type { name: "ComPort", members: &[m("NamedPipe", Text, 2, 1), m("OptimizeForDebugger", Boolean, 2, 1)] };

/// `ComputeSystem`
pub static COMPUTE_SYSTEM: Type = Type {
    name: "ComputeSystem",
    members: &[
        m("Container", Object(&CONTAINER), 2, 0),
        m("HostedSystem", Anything, 2, 0),
        m("HostingSystemId", Text, 2, 0),
        m("Owner", Text, 2, 0),
        m("SchemaVersion", Object(&VERSION), 2, 0),
        m("ShouldTerminateOnLastHandleClosed", Boolean, 2, 0),
        m("VirtualMachine", Object(&VIRTUAL_MACHINE), 2, 0),
    ],
};

/// `Container`
pub static CONTAINER: Type = Type {
    name: "Container",
    members: &[
        m("AdditionalDeviceNamespace", Object(&CONTAINERS_DEF_DEVICE), 2, 3),
        m("AssignedDevices", Array(&Object(&DEVICE)), 2, 1),
        m("ContainerCredentialGuard", Object(&CONTAINER_CREDENTIAL_GUARD_STATE), 2, 1),
        m("GuestOs", Object(&GUEST_OS), 2, 0),
        m("HvSocket", Object(&CONTAINER_HV_SOCKET), 2, 0),
        used_by("IsolationType", "hcsshim schema2"),
        m("MappedDirectories", Array(&Object(&MAPPED_DIRECTORY)), 2, 0),
        m("MappedPipes", Array(&Object(&MAPPED_PIPE)), 2, 0),
        m("Memory", Object(&CONTAINER_MEMORY), 2, 0),
        m("Networking", Object(&NETWORKING), 2, 0),
        m("Processor", Object(&CONTAINER_PROCESSOR), 2, 0),
        m("RegistryChanges", Object(&REGISTRY_CHANGES), 2, 0),
        m("Storage", Object(&STORAGE), 2, 0),
    ],
};

/// `ContainerCredentialGuardState`
pub static CONTAINER_CREDENTIAL_GUARD_STATE: Type = Type {
    name: "ContainerCredentialGuardState",
    members: &[
        m("Cookie", Text, 2, 1),
        m("CredentialSpec", Text, 2, 1),
        m("RpcEndpoint", Text, 2, 1),
        m("Transport", OneOf(CONTAINER_CREDENTIAL_GUARD_TRANSPORT), 2, 1),
    ],
};

/// `Container_HvSocket`
pub static CONTAINER_HV_SOCKET: Type = Type {
    name: "Container_HvSocket",
    members: &[m("Config", Object(&HV_SOCKET_SYSTEM_CONFIG), 2, 0), m("EnablePowerShellDirect", Boolean, 2, 0)],
};

/// `Container_Memory`
pub static CONTAINER_MEMORY: Type = Type { name: "Container_Memory", members: &[m("SizeInMB", U64, 2, 1)] };

/// `Container_Processor`
pub static CONTAINER_PROCESSOR: Type = Type {
    name: "Container_Processor",
    members: &[
        m("Count", U32, 2, 0),
        m("Maximum", Integer { min: i64::MIN, max: i64::MAX }, 2, 0),
        m("Weight", Integer { min: i64::MIN, max: i64::MAX }, 2, 0),
    ],
};

/// `ContainersDef_BatchedBinding`
pub static CONTAINERS_DEF_BATCHED_BINDING: Type = Type {
    name: "ContainersDef_BatchedBinding",
    members: &[m("bindingroots", Array(&Text), 2, 3), m("filepath", Text, 2, 3)],
};

/// `ContainersDef_Device`
pub static CONTAINERS_DEF_DEVICE: Type =
    Type { name: "ContainersDef_Device", members: &[m("device_extension", Array(&Object(&DEVICE_EXTENSION)), 2, 3)] };

/// `CpuGroup`
pub static CPU_GROUP: Type = Type { name: "CpuGroup", members: &[m("Id", Guid, 2, 1)] };

/// `Device`
pub static DEVICE: Type = Type {
    name: "Device",
    members: &[m("InterfaceClassGuid", Guid, 2, 1), m("LocationPath", Text, 2, 2), m("Type", OneOf(DEVICE_TYPE), 2, 2)],
};

/// `DeviceCategory`
pub static DEVICE_CATEGORY: Type = Type {
    name: "DeviceCategory",
    members: &[m("interface_class", Array(&Object(&INTERFACE_CLASS)), 2, 3), m("name", Text, 2, 3)],
};

/// `DeviceExtension`
pub static DEVICE_EXTENSION: Type = Type {
    name: "DeviceExtension",
    members: &[m("device_category", Object(&DEVICE_CATEGORY), 2, 3), m("namespace", Object(&NAMESPACE), 2, 3)],
};

/// `DeviceInstance`
pub static DEVICE_INSTANCE: Type = Type {
    name: "DeviceInstance",
    members: &[
        m("id", Text, 2, 3),
        m("interface_class", Array(&Object(&INTERFACE_CLASS)), 2, 3),
        m("location_path", Text, 2, 3),
        m("port_name", Text, 2, 3),
    ],
};

/// `DeviceNamespace`
pub static DEVICE_NAMESPACE: Type = Type {
    name: "DeviceNamespace",
    members: &[
        m("device_category", Array(&Object(&DEVICE_CATEGORY)), 2, 3),
        m("device_instance", Array(&Object(&DEVICE_INSTANCE)), 2, 3),
        m("requires_driverstore", Boolean, 2, 3),
    ],
};

/// `Devices`
pub static DEVICES: Type = Type {
    name: "Devices",
    members: &[
        m("Battery", Object(&BATTERY), 2, 0),
        m("ComPorts", Map(&Object(&COM_PORT)), 2, 1),
        m("EnhancedModeVideo", Object(&ENHANCED_MODE_VIDEO), 2, 1),
        m("FlexibleIov", Map(&Object(&FLEXIBLE_IO_DEVICE)), 2, 1),
        used_by("GpuP", "Windows Sandbox dump"),
        m("GuestCrashReporting", Object(&GUEST_CRASH_REPORTING), 2, 0),
        m("HvSocket", Object(&VIRTUAL_MACHINE_HV_SOCKET), 2, 1),
        used_by("KernelIntegration", "Windows Sandbox dump"),
        m("Keyboard", Object(&KEYBOARD), 2, 0),
        used_by("Licensing", "Windows Sandbox dump"),
        m("Mouse", Object(&MOUSE), 2, 0),
        m("NetworkAdapters", Map(&Object(&NETWORK_ADAPTER)), 2, 0),
        m("Plan9", Object(&PLAN9), 2, 0),
        m("Scsi", Map(&Object(&SCSI)), 2, 0),
        m("SharedMemory", Object(&SHARED_MEMORY_CONFIGURATION), 2, 1),
        m("VideoMonitor", Object(&VIDEO_MONITOR), 2, 0),
        m("VirtioSerial", Object(&VIRTIO_SERIAL), 2, 2),
        m("VirtualPMem", Object(&VIRTUAL_P_MEM_CONTROLLER), 2, 0),
        m("VirtualPci", Map(&Object(&VIRTUAL_PCI_DEVICE)), 2, 3),
        m("VirtualSmb", Object(&VIRTUAL_SMB), 2, 0),
    ],
};

/// `EnhancedModeVideo`
pub static ENHANCED_MODE_VIDEO: Type =
    Type { name: "EnhancedModeVideo", members: &[m("ConnectionOptions", Object(&RDP_CONNECTION_OPTIONS), 2, 1)] };

/// `FilesystemLayer`
pub static FILESYSTEM_LAYER: Type =
    Type { name: "FilesystemLayer", members: &[m("identifier", Guid, 2, 3), m("path", Text, 2, 3)] };

/// `FilesystemNamespace`
pub static FILESYSTEM_NAMESPACE: Type = Type {
    name: "FilesystemNamespace",
    members: &[
        m("bindings", Array(&Object(&CONTAINERS_DEF_BATCHED_BINDING)), 2, 3),
        m("isolation", OneOf(FILESYSTEM_ISOLATION_MODE), 2, 3),
        m("layer", Array(&Object(&FILESYSTEM_LAYER)), 2, 3),
        m("nesting", OneOf(FILESYSTEM_NESTING_MODE), 2, 3),
        m("path", Text, 2, 3),
    ],
};

/// `FlexibleIoDevice`
pub static FLEXIBLE_IO_DEVICE: Type = Type {
    name: "FlexibleIoDevice",
    members: &[
        m("Configuration", Array(&Text), 2, 1),
        m("EmulatorId", Guid, 2, 1),
        m("HostingModel", OneOf(FLEXIBLE_IO_DEVICE_HOSTING_MODEL), 2, 1),
    ],
};

/// `GuestConnection`
pub static GUEST_CONNECTION: Type = Type {
    name: "GuestConnection",
    members: &[
        m("UseConnectedSuspend", Boolean, 2, 1),
        m("UseHostTimeZone", Boolean, 2, 4),
        m("UseVsock", Boolean, 2, 1),
    ],
};

/// `GuestCrashReporting`
pub static GUEST_CRASH_REPORTING: Type =
    Type { name: "GuestCrashReporting", members: &[m("WindowsCrashSettings", Object(&WINDOWS_CRASH_REPORTING), 2, 0)] };

/// `GuestOs`
pub static GUEST_OS: Type = Type { name: "GuestOs", members: &[m("HostName", Text, 2, 0)] };

/// `GuestState`
pub static GUEST_STATE: Type = Type {
    name: "GuestState",
    members: &[
        m("ForceTransientState", Boolean, 2, 1),
        m("GuestStateFilePath", Text, 2, 1),
        used_by("GuestStateFileType", "hcsshim schema2"),
        m("RuntimeStateFilePath", Text, 2, 1),
    ],
};

/// `Heartbeat`
pub static HEARTBEAT: Type = Type { name: "Heartbeat", members: &[] };

/// `HostFiles`
pub static HOST_FILES: Type = Type {
    name: "HostFiles",
    members: &[m("base_image_path", Text, 2, 3), m("file", Array(&Text), 2, 3), m("sandbox_path", Text, 2, 3)],
};

/// `HvSocketServiceConfig`
pub static HV_SOCKET_SERVICE_CONFIG: Type = Type {
    name: "HvSocketServiceConfig",
    members: &[
        m("AllowWildcardBinds", Boolean, 2, 0),
        m("BindSecurityDescriptor", Text, 2, 0),
        m("ConnectSecurityDescriptor", Text, 2, 0),
        used_by("Disabled", "hcsshim schema2"),
    ],
};

/// `HvSocketSystemConfig`
pub static HV_SOCKET_SYSTEM_CONFIG: Type = Type {
    name: "HvSocketSystemConfig",
    members: &[
        m("DefaultBindSecurityDescriptor", Text, 2, 0),
        m("DefaultConnectSecurityDescriptor", Text, 2, 0),
        m("ServiceTable", Map(&Object(&HV_SOCKET_SERVICE_CONFIG)), 2, 0),
    ],
};

/// `InterfaceClass`
pub static INTERFACE_CLASS: Type = Type {
    name: "InterfaceClass",
    members: &[m("identifier", Guid, 2, 3), m("recurse", Boolean, 2, 3), m("type", OneOf(INTERFACE_CLASS_TYPE), 2, 3)],
};

/// `IovSettings`
pub static IOV_SETTINGS: Type = Type {
    name: "IovSettings",
    members: &[
        m("InterruptModeration", OneOf(INTERRUPT_MODERATION_MODE), 2, 4),
        m("OffloadWeight", U32, 2, 4),
        m("QueuePairsRequested", U32, 2, 4),
    ],
};

/// `JobCpu`
pub static JOB_CPU: Type = Type { name: "JobCpu", members: &[m("rate", U32, 2, 3), m("weight", U32, 2, 3)] };

/// `JobMemory`
pub static JOB_MEMORY: Type = Type { name: "JobMemory", members: &[m("limit", U64, 2, 3)] };

/// `JobNamespace`
pub static JOB_NAMESPACE: Type = Type {
    name: "JobNamespace",
    members: &[
        m("cpu", Object(&JOB_CPU), 2, 3),
        m("memory", Object(&JOB_MEMORY), 2, 3),
        m("systemroot", Object(&JOB_SYSTEM_ROOT), 2, 3),
        m("terminationpolicy", OneOf(JOB_TERMINATION_POLICY), 2, 3),
        m("threadimpersonation", Boolean, 2, 3),
    ],
};

/// `JobSystemRoot`
pub static JOB_SYSTEM_ROOT: Type = Type { name: "JobSystemRoot", members: &[m("path", Text, 2, 3)] };

/// `Keyboard`
pub static KEYBOARD: Type = Type { name: "Keyboard", members: &[] };

/// `KvpExchange`
pub static KVP_EXCHANGE: Type = Type {
    name: "KvpExchange",
    members: &[
        m("EnableHostOSInfoKvpItems", OneOf(STATE_OVERRIDE), 2, 5),
        m("EntriesToBeAdded", Map(&Text), 2, 5),
        m("EntriesToBeRemoved", Array(&Text), 2, 5),
    ],
};

/// `Layer`
pub static LAYER: Type = Type {
    name: "Layer",
    members: &[
        m("Cache", OneOf(CACHE_MODE), 2, 0),
        m("Id", Guid, 2, 0),
        m("Path", Text, 2, 0),
        m("PathType", OneOf(PATH_TYPE), 2, 1),
    ],
};

/// `LinuxKernelDirect`
pub static LINUX_KERNEL_DIRECT: Type = Type {
    name: "LinuxKernelDirect",
    members: &[m("InitRdPath", Text, 2, 2), m("KernelCmdLine", Text, 2, 2), m("KernelFilePath", Text, 2, 2)],
};

/// `MappedDirectory`
pub static MAPPED_DIRECTORY: Type = Type {
    name: "MappedDirectory",
    members: &[
        m("ContainerPath", Text, 2, 0),
        m("HostPath", Text, 2, 0),
        m("HostPathType", OneOf(PATH_TYPE), 2, 1),
        m("ReadOnly", Boolean, 2, 0),
        m("SupportCloudFiles", Boolean, 2, 3),
    ],
};

/// `MappedPipe`
pub static MAPPED_PIPE: Type = Type {
    name: "MappedPipe",
    members: &[
        m("ContainerPipeName", Text, 2, 0),
        m("HostPath", Text, 2, 0),
        m("HostPathType", OneOf(MAPPED_PIPE_PATH_TYPE), 2, 1),
    ],
};

/// `MountManagerMountPoint`
pub static MOUNT_MANAGER_MOUNT_POINT: Type =
    Type { name: "MountManagerMountPoint", members: &[m("name", Text, 2, 3), m("path", Text, 2, 3)] };

/// `MountManagerNamespace`
pub static MOUNT_MANAGER_NAMESPACE: Type = Type {
    name: "MountManagerNamespace",
    members: &[m("mount_point", Array(&Object(&MOUNT_MANAGER_MOUNT_POINT)), 2, 3)],
};

/// `Mouse`
pub static MOUSE: Type = Type { name: "Mouse", members: &[] };

/// `NamedPipeNamespace`
pub static NAMED_PIPE_NAMESPACE: Type =
    Type { name: "NamedPipeNamespace", members: &[m("symlink", Array(&Object(&NAMED_PIPE_SYMLINK)), 2, 3)] };

/// `NamedPipeSymlink`
pub static NAMED_PIPE_SYMLINK: Type =
    Type { name: "NamedPipeSymlink", members: &[m("name", Text, 2, 3), m("path", Text, 2, 3)] };

/// `Namespace`
pub static NAMESPACE: Type = Type {
    name: "Namespace",
    members: &[
        m("device", Object(&DEVICE_NAMESPACE), 2, 3),
        m("filesystem", Object(&FILESYSTEM_NAMESPACE), 2, 3),
        m("hostfiles", Object(&HOST_FILES), 2, 3),
        m("job", Object(&JOB_NAMESPACE), 2, 3),
        m("mountmgr", Object(&MOUNT_MANAGER_NAMESPACE), 2, 3),
        m("namedpipe", Object(&NAMED_PIPE_NAMESPACE), 2, 3),
        m("network", Object(&NETWORK_NAMESPACE), 2, 3),
        m("ob", Object(&OBJECT_NAMESPACE), 2, 3),
        m("registry", Object(&REGISTRY_NAMESPACE), 2, 3),
    ],
};

/// `NetworkAdapter`
pub static NETWORK_ADAPTER: Type = Type {
    name: "NetworkAdapter",
    members: &[
        m("ConnectionState", OneOf(STATE_OVERRIDE), 2, 4),
        m("DisableInterruptBatching", Boolean, 2, 4),
        m("EndpointId", Guid, 2, 0),
        m("InstanceId", Guid, 2, 4),
        m("IovSettings", Object(&IOV_SETTINGS), 2, 4),
        used_by("IsConnected", "WSL"),
        m("MacAddress", Text, 2, 0),
        used_by("PortId", "WSL"),
        used_by("SwitchId", "WSL"),
    ],
};

/// `NetworkNamespace`
pub static NETWORK_NAMESPACE: Type = Type { name: "NetworkNamespace", members: &[m("compartment", Text, 2, 3)] };

/// `Networking`
pub static NETWORKING: Type = Type {
    name: "Networking",
    members: &[
        m("AllowUnqualifiedDnsQuery", Boolean, 2, 0),
        m("DnsSearchList", Text, 2, 0),
        m("Namespace", Text, 2, 0),
        m("NetworkAdapters", Array(&Guid), 2, 0),
        m("NetworkSharedContainerName", Text, 2, 0),
    ],
};

/// `ObjectDirectory`
pub static OBJECT_DIRECTORY: Type = Type {
    name: "ObjectDirectory",
    members: &[
        m("clonesd", Text, 2, 3),
        m("name", Text, 2, 3),
        m("objdir", Array(&Object(&OBJECT_DIRECTORY)), 2, 3),
        m("shadow", OneOf(OBJECT_DIRECTORY_SHADOW), 2, 3),
        m("symlink", Array(&Object(&OBJECT_SYMLINK)), 2, 3),
    ],
};

/// `ObjectNamespace`
pub static OBJECT_NAMESPACE: Type = Type {
    name: "ObjectNamespace",
    members: &[
        m("objdir", Array(&Object(&OBJECT_DIRECTORY)), 2, 3),
        m("shadow", OneOf(OBJECT_DIRECTORY_SHADOW), 2, 3),
        m("symlink", Array(&Object(&OBJECT_SYMLINK)), 2, 3),
    ],
};

/// `ObjectSymlink`
pub static OBJECT_SYMLINK: Type = Type {
    name: "ObjectSymlink",
    members: &[
        m("access_mask", U32, 2, 3),
        m("name", Text, 2, 3),
        m("path", Text, 2, 3),
        m("pathtoclone", Text, 2, 3),
        m("scope", OneOf(OBJECT_SYMLINK_SCOPE), 2, 3),
    ],
};

/// `Plan9`
pub static PLAN9: Type = Type { name: "Plan9", members: &[m("Shares", Array(&Object(&PLAN9_SHARE)), 2, 1)] };

/// `Plan9Share`
pub static PLAN9_SHARE: Type = Type {
    name: "Plan9Share",
    members: &[
        m("AccessName", Text, 2, 1),
        m("AllowedFiles", Array(&Text), 2, 2),
        used_by("Flags", "hcsshim schema2; WSL"),
        m("Name", Text, 2, 0),
        m("Path", Text, 2, 0),
        m("Port", U32, 2, 0),
    ],
};

/// `RdpConnectionOptions`
pub static RDP_CONNECTION_OPTIONS: Type =
    Type { name: "RdpConnectionOptions", members: &[m("AccessSids", Array(&Text), 2, 1), m("NamedPipe", Text, 2, 1)] };

/// `RegistryChanges`
pub static REGISTRY_CHANGES: Type = Type {
    name: "RegistryChanges",
    members: &[
        m("AddValues", Array(&Object(&REGISTRY_VALUE)), 2, 0),
        m("DeleteKeys", Array(&Object(&REGISTRY_KEY)), 2, 0),
    ],
};

/// `RegistryDeleteKey`
pub static REGISTRY_DELETE_KEY: Type = Type { name: "RegistryDeleteKey", members: &[m("name", Text, 2, 3)] };

/// `RegistryHiveStack`
pub static REGISTRY_HIVE_STACK: Type = Type {
    name: "RegistryHiveStack",
    members: &[
        m("delkey", Array(&Object(&REGISTRY_DELETE_KEY)), 2, 3),
        m("hive", Text, 2, 3),
        m("layer", Array(&Object(&REGISTRY_LAYER)), 2, 3),
        m("mkkey", Array(&Object(&REGISTRY_MAKE_KEY)), 2, 3),
    ],
};

/// `RegistryKey`
pub static REGISTRY_KEY: Type = Type {
    name: "RegistryKey",
    members: &[m("Hive", OneOf(REGISTRY_HIVE), 2, 0), m("Name", Text, 2, 0), m("Volatile", Boolean, 2, 0)],
};

/// `RegistryLayer`
pub static REGISTRY_LAYER: Type = Type {
    name: "RegistryLayer",
    members: &[
        m("fileaccesstoken", U64, 2, 3),
        m("filepath", Text, 2, 3),
        m("hosthive", Text, 2, 3),
        m("identifier", Guid, 2, 3),
        m("immutable", Boolean, 2, 3),
        m("inherittrustclass", Boolean, 2, 3),
        m("readonly", Boolean, 2, 3),
        m("trustedhive", Boolean, 2, 0),
        m("writethrough", Boolean, 2, 3),
    ],
};

/// `RegistryMakeKey`
pub static REGISTRY_MAKE_KEY: Type = Type {
    name: "RegistryMakeKey",
    members: &[
        m("clonesd", Text, 2, 3),
        m("mkkey", Array(&Object(&REGISTRY_MAKE_KEY)), 2, 3),
        m("mkvalue", Array(&Object(&REGISTRY_MAKE_VALUE)), 2, 3),
        m("name", Text, 2, 3),
        m("volatile", Boolean, 2, 3),
    ],
};

/// `RegistryMakeValue`
pub static REGISTRY_MAKE_VALUE: Type = Type {
    name: "RegistryMakeValue",
    members: &[
        m("data_binary", Text, 2, 3),
        m("data_dword", U32, 2, 3),
        m("data_multistring", Text, 2, 3),
        m("data_string", Text, 2, 3),
        m("name", Text, 2, 3),
    ],
};

/// `RegistryNamespace`
pub static REGISTRY_NAMESPACE: Type = Type {
    name: "RegistryNamespace",
    members: &[
        m("hivestack", Array(&Object(&REGISTRY_HIVE_STACK)), 2, 3),
        m("redirectionnode", Array(&Object(&REGISTRY_REDIRECTION_NODE)), 2, 3),
        m("symlink", Array(&Object(&REGISTRY_SYMLINK)), 2, 3),
    ],
};

/// `RegistryRedirectionNode`
pub static REGISTRY_REDIRECTION_NODE: Type = Type {
    name: "RegistryRedirectionNode",
    members: &[
        m("access_mask", U32, 2, 3),
        m("containerpath", Text, 2, 3),
        m("exitnode", Boolean, 2, 3),
        m("hivestack", Text, 2, 3),
        m("hostpath", Text, 2, 3),
        m("trustedhive", Boolean, 2, 3),
    ],
};

/// `RegistrySymlink`
pub static REGISTRY_SYMLINK: Type =
    Type { name: "RegistrySymlink", members: &[m("key", Text, 2, 3), m("target", Text, 2, 3)] };

/// `RegistryValue`
pub static REGISTRY_VALUE: Type = Type {
    name: "RegistryValue",
    members: &[
        m("BinaryValue", Text, 2, 0),
        m("CustomType", U32, 2, 0),
        m("DWordValue", U32, 2, 0),
        m("Key", Object(&REGISTRY_KEY), 2, 0),
        m("Name", Text, 2, 0),
        m("QWordValue", U64, 2, 0),
        m("StringValue", Text, 2, 0),
        m("Type", OneOf(REGISTRY_VALUE_TYPE), 2, 0),
    ],
};

/// `RestoreState`
pub static RESTORE_STATE: Type =
    Type { name: "RestoreState", members: &[m("SaveStateFilePath", Text, 2, 0), m("TemplateSystemId", Text, 2, 1)] };

/// `Scsi`
pub static SCSI: Type = Type {
    name: "Scsi",
    members: &[m("Attachments", Map(&Object(&ATTACHMENT)), 2, 0), m("DisableInterruptBatching", Boolean, 2, 4)],
};

/// `Services`
pub static SERVICES: Type = Type {
    name: "Services",
    members: &[
        m("Heartbeat", Object(&HEARTBEAT), 2, 5),
        m("KvpExchange", Object(&KVP_EXCHANGE), 2, 5),
        m("Shutdown", Object(&SHUTDOWN), 2, 5),
        m("Timesync", Object(&TIMESYNC), 2, 5),
    ],
};

/// `SharedMemoryConfiguration`
pub static SHARED_MEMORY_CONFIGURATION: Type =
    Type { name: "SharedMemoryConfiguration", members: &[m("Regions", Array(&Object(&SHARED_MEMORY_REGION)), 2, 1)] };

/// `SharedMemoryRegion`
pub static SHARED_MEMORY_REGION: Type = Type {
    name: "SharedMemoryRegion",
    members: &[
        m("AllowGuestWrite", Boolean, 2, 0),
        m("HiddenFromGuest", Boolean, 2, 0),
        m("Length", U64, 2, 0),
        m("SectionName", Text, 2, 0),
        m("StartOffset", U64, 2, 0),
    ],
};

/// `Shutdown`
pub static SHUTDOWN: Type = Type { name: "Shutdown", members: &[] };

/// `Storage`
pub static STORAGE: Type = Type {
    name: "Storage",
    members: &[
        m("Layers", Array(&Object(&LAYER)), 2, 0),
        m("Path", Text, 2, 0),
        used_by("PrivilegedContainerRootPath", "hcsshim schema2"),
        m("QoS", Object(&STORAGE_QO_S), 2, 0),
    ],
};

/// `StorageQoS`
pub static STORAGE_QO_S: Type =
    Type { name: "StorageQoS", members: &[m("BandwidthMaximum", U64, 2, 0), m("IopsMaximum", U64, 2, 0)] };

/// `SystemQuery`
pub static SYSTEM_QUERY: Type = Type {
    name: "SystemQuery",
    members: &[
        m("Ids", Array(&Text), 2, 1),
        m("Names", Array(&Text), 2, 1),
        m("Owners", Array(&Text), 2, 1),
        m("Types", Array(&OneOf(SYSTEM_TYPE)), 2, 1),
    ],
};

/// `System_PropertyQuery`
pub static SYSTEM_PROPERTY_QUERY: Type = Type {
    name: "System_PropertyQuery",
    members: &[m("PropertyTypes", Array(&OneOf(SYSTEM_PROPERTY_TYPE)), 2, 1), m("Queries", Map(&Anything), 2, 5)],
};

/// `Timesync`
pub static TIMESYNC: Type = Type { name: "Timesync", members: &[] };

/// `Topology`
pub static TOPOLOGY: Type = Type {
    name: "Topology",
    members: &[
        m("Memory", Object(&VIRTUAL_MACHINE_MEMORY), 2, 0),
        used_by("Numa", "hcsshim schema2"),
        m("Processor", Object(&VIRTUAL_MACHINE_PROCESSOR), 2, 0),
    ],
};

/// `Uefi`
pub static UEFI: Type = Type {
    name: "Uefi",
    members: &[
        m("ApplySecureBootTemplate", OneOf(APPLY_SECURE_BOOT_TEMPLATE_TYPE), 2, 3),
        m("BootThis", Object(&UEFI_BOOT_ENTRY), 2, 0),
        m("Console", OneOf(SERIAL_CONSOLE), 2, 0),
        m("EnableDebugger", Boolean, 2, 0),
        m("SecureBootTemplateId", Guid, 2, 0),
        m("StopOnBootFailure", Boolean, 2, 2),
    ],
};

/// `UefiBootEntry`
pub static UEFI_BOOT_ENTRY: Type = Type {
    name: "UefiBootEntry",
    members: &[
        m("DevicePath", Text, 2, 1),
        m("DeviceType", OneOf(UEFI_BOOT_DEVICE), 2, 1),
        m("DiskNumber", U16, 2, 1),
        m("OptionalData", Text, 2, 1),
        m("VmbFsRootPath", Text, 2, 1),
    ],
};

/// `Version`
pub static VERSION: Type = Type { name: "Version", members: &[m("Major", U32, 2, 0), m("Minor", U32, 2, 0)] };

/// `VideoMonitor`
pub static VIDEO_MONITOR: Type = Type {
    name: "VideoMonitor",
    members: &[
        m("ConnectionOptions", Object(&RDP_CONNECTION_OPTIONS), 2, 1),
        m("HorizontalResolution", U16, 2, 1),
        m("VerticalResolution", U16, 2, 1),
    ],
};

/// `VirtioSerial`
pub static VIRTIO_SERIAL: Type =
    Type { name: "VirtioSerial", members: &[m("Ports", Map(&Object(&VIRTIO_SERIAL_PORT)), 2, 2)] };

/// `VirtioSerialPort`
pub static VIRTIO_SERIAL_PORT: Type = Type {
    name: "VirtioSerialPort",
    members: &[m("ConsoleSupport", Boolean, 2, 6), m("Name", Text, 2, 2), m("NamedPipe", Text, 2, 2)],
};

/// `VirtualMachine`
pub static VIRTUAL_MACHINE: Type = Type {
    name: "VirtualMachine",
    members: &[
        m("Chipset", Object(&CHIPSET), 2, 0),
        m("ComputeTopology", Object(&TOPOLOGY), 2, 0),
        used_by("DebugOptions", "hcsshim schema2; WSL"),
        m("Devices", Object(&DEVICES), 2, 0),
        m("GuestConnection", Object(&GUEST_CONNECTION), 2, 1),
        m("GuestState", Object(&GUEST_STATE), 2, 1),
        used_by("LaunchOptions", "Windows Sandbox dump"),
        used_by("MigrationOptions", "hcsshim schema2"),
        m("RegistryChanges", Object(&REGISTRY_CHANGES), 2, 0),
        used_by("ResourcePartitionId", "hcsshim schema2"),
        m("RestoreState", Object(&RESTORE_STATE), 2, 0),
        used_by("RunInSilo", "Windows Sandbox dump"),
        used_by("SecuritySettings", "hcsshim schema2"),
        m("Services", Object(&SERVICES), 2, 5),
        m("StopOnReset", Boolean, 2, 0),
        m("StorageQoS", Object(&STORAGE_QO_S), 2, 1),
        m("Version", Object(&VERSION), 2, 5),
    ],
};

/// `VirtualMachine_HvSocket`
pub static VIRTUAL_MACHINE_HV_SOCKET: Type =
    Type { name: "VirtualMachine_HvSocket", members: &[m("HvSocketConfig", Object(&HV_SOCKET_SYSTEM_CONFIG), 2, 1)] };

/// `VirtualMachine_Memory`
pub static VIRTUAL_MACHINE_MEMORY: Type = Type {
    name: "VirtualMachine_Memory",
    members: &[
        m("AllowOvercommit", Boolean, 2, 1),
        used_by("Backing", "hcsshim schema2; Windows Sandbox dump"),
        m("BackingPageSize", OneOf(MEMORY_BACKING_PAGE_SIZE), 2, 2),
        m("DirectMapFaultClusterSizeShift", U32, 2, 4),
        m("EnableColdDiscardHint", Boolean, 2, 2),
        m("EnableColdHint", Boolean, 2, 0),
        m("EnableDeferredCommit", Boolean, 2, 1),
        used_by("EnableEpf", "Windows Sandbox dump"),
        m("EnableHotHint", Boolean, 2, 0),
        used_by("EnablePrivateCompressionStore", "Windows Sandbox dump"),
        m("FaultClusterSizeShift", U32, 2, 4),
        m("ForbidSmallBackingPages", Boolean, 2, 2),
        m("HighMmioBaseInMB", U64, 2, 3),
        m("HighMmioGapInMB", U64, 2, 3),
        used_by("HostingProcessNameSuffix", "WSL"),
        m("LowMmioGapInMB", U64, 2, 3),
        m("PinBackingPages", Boolean, 2, 2),
        used_by("SharedMemoryAccessSids", "Windows Sandbox dump"),
        used_by("SharedMemoryMB", "Windows Sandbox dump"),
        m("SizeInMB", U64, 2, 1),
        used_by("SlitType", "hcsshim schema2"),
    ],
};

/// `VirtualMachine_Processor`
pub static VIRTUAL_MACHINE_PROCESSOR: Type = Type {
    name: "VirtualMachine_Processor",
    members: &[
        m("Count", U32, 2, 0),
        m("CpuGroup", Object(&CPU_GROUP), 2, 5),
        used_by("DefaultVpCpuPriority", "Windows Sandbox dump"),
        m("EnablePerfmonIpt", Boolean, 2, 2),
        m("EnablePerfmonLbr", Boolean, 2, 2),
        m("EnablePerfmonPebs", Boolean, 2, 2),
        m("EnablePerfmonPmu", Boolean, 2, 2),
        used_by("EnableProcessorIdling", "Windows Sandbox dump"),
        used_by("EnableSchedulerAssist", "Windows Sandbox dump"),
        m("ExposeVirtualizationExtensions", Boolean, 2, 0),
        m("Limit", U64, 2, 1),
        m("MaximumFrequencyMHz", U32, 2, 4),
        used_by("NumaProcessorsSettings", "hcsshim schema2"),
        m("Reservation", U64, 2, 4),
        used_by("SynchronizeHostFeatures", "Windows Sandbox dump"),
        m("Weight", U64, 2, 1),
    ],
};

/// `VirtualPMemController`
pub static VIRTUAL_P_MEM_CONTROLLER: Type = Type {
    name: "VirtualPMemController",
    members: &[
        m("Backing", OneOf(VIRTUAL_P_MEM_BACKING_TYPE), 2, 1),
        m("Devices", Map(&Object(&VIRTUAL_P_MEM_DEVICE)), 2, 0),
        m("MaximumCount", U8, 2, 0),
        m("MaximumSizeBytes", U64, 2, 0),
    ],
};

/// `VirtualPMemDevice`
pub static VIRTUAL_P_MEM_DEVICE: Type = Type {
    name: "VirtualPMemDevice",
    members: &[
        m("HostPath", Text, 2, 0),
        m("ImageFormat", OneOf(VIRTUAL_P_MEM_IMAGE_FORMAT), 2, 0),
        m("Mappings", Map(&Object(&VIRTUAL_P_MEM_MAPPING)), 2, 2),
        m("ReadOnly", Boolean, 2, 0),
        m("SizeBytes", U64, 2, 2),
    ],
};

/// `VirtualPMemMapping`
pub static VIRTUAL_P_MEM_MAPPING: Type = Type {
    name: "VirtualPMemMapping",
    members: &[m("HostPath", Text, 2, 2), m("ImageFormat", OneOf(VIRTUAL_P_MEM_IMAGE_FORMAT), 2, 2)],
};

/// `VirtualPciDevice`
pub static VIRTUAL_PCI_DEVICE: Type = Type {
    name: "VirtualPciDevice",
    members: &[
        m("Functions", Array(&Object(&VIRTUAL_PCI_FUNCTION)), 2, 3),
        used_by("PropagateNumaAffinity", "hcsshim schema2"),
    ],
};

/// `VirtualPciFunction`
pub static VIRTUAL_PCI_FUNCTION: Type = Type {
    name: "VirtualPciFunction",
    members: &[
        m("AllowDirectTranslatedP2P", Boolean, 2, 4),
        m("DeviceInstancePath", Text, 2, 3),
        m("VirtualFunction", U16, 2, 3),
    ],
};

/// `VirtualSmb`
pub static VIRTUAL_SMB: Type = Type {
    name: "VirtualSmb",
    members: &[
        m("DirectFileMappingInMB", Integer { min: i64::MIN, max: i64::MAX }, 2, 1),
        m("Shares", Array(&Object(&VIRTUAL_SMB_SHARE)), 2, 1),
    ],
};

/// `VirtualSmbShare`
pub static VIRTUAL_SMB_SHARE: Type = Type {
    name: "VirtualSmbShare",
    members: &[
        m("AllowedFiles", Array(&Text), 2, 0),
        m("Name", Text, 2, 0),
        m("Options", Object(&VIRTUAL_SMB_SHARE_OPTIONS), 2, 1),
        m("Path", Text, 2, 0),
    ],
};

/// `VirtualSmbShareOptions`
pub static VIRTUAL_SMB_SHARE_OPTIONS: Type = Type {
    name: "VirtualSmbShareOptions",
    members: &[
        m("CacheIo", Boolean, 2, 1),
        m("FilterEncryptionAttributes", Boolean, 2, 4),
        m("ForceLevelIIOplocks", Boolean, 2, 1),
        m("NoDirectmap", Boolean, 2, 1),
        m("NoDirnotify", Boolean, 2, 1),
        m("NoLocks", Boolean, 2, 1),
        m("NoOplocks", Boolean, 2, 1),
        m("NonCacheIo", Boolean, 2, 1),
        m("PseudoDirnotify", Boolean, 2, 1),
        m("PseudoOplocks", Boolean, 2, 1),
        m("ReadOnly", Boolean, 2, 1),
        m("ReparseBaseLayer", Boolean, 2, 1),
        m("RestrictFileAccess", Boolean, 2, 1),
        m("ShareRead", Boolean, 2, 1),
        m("SingleFileMapping", Boolean, 2, 1),
        m("SupportCloudFiles", Boolean, 2, 3),
        m("TakeBackupPrivilege", Boolean, 2, 1),
        m("UseShareRootIdentity", Boolean, 2, 1),
        m("VmSharedMemory", Boolean, 2, 1),
    ],
};

/// `WindowsCrashReporting`
pub static WINDOWS_CRASH_REPORTING: Type = Type {
    name: "WindowsCrashReporting",
    members: &[
        m("DumpFileName", Text, 2, 0),
        used_by("DumpType", "hcsshim schema2; Windows Sandbox dump"),
        m("MaxDumpSize", Integer { min: i64::MIN, max: i64::MAX }, 2, 0),
    ],
};

/// `ApplySecureBootTemplateType`
const APPLY_SECURE_BOOT_TEMPLATE_TYPE: &[&str] = &["Skip", "Apply"];

/// `AttachmentType`
const ATTACHMENT_TYPE: &[&str] = &["VirtualDisk", "Iso", "PassThru"];

/// `CacheMode`
const CACHE_MODE: &[&str] = &["", "Disabled", "Enabled", "Private", "PrivateAllowSharing"];

/// `CachingMode`
const CACHING_MODE: &[&str] = &["Uncached", "Cached", "ReadOnlyCached"];

/// `ContainerCredentialGuardTransport`
const CONTAINER_CREDENTIAL_GUARD_TRANSPORT: &[&str] = &["LRPC", "HvSocket"];

/// `DeviceType`
const DEVICE_TYPE: &[&str] = &["ClassGuid", "DeviceInstance", "GpuMirror"];

/// `FilesystemIsolationMode`
const FILESYSTEM_ISOLATION_MODE: &[&str] = &["hard", "soft"];

/// `FilesystemNestingMode`
const FILESYSTEM_NESTING_MODE: &[&str] = &["inner", "outer"];

/// `FlexibleIoDeviceHostingModel`
const FLEXIBLE_IO_DEVICE_HOSTING_MODEL: &[&str] = &["Internal", "External"];

/// `InterfaceClassType`
const INTERFACE_CLASS_TYPE: &[&str] = &["Inherit", "DeviceInstance", "ClassGuid"];

/// `InterruptModerationMode`
const INTERRUPT_MODERATION_MODE: &[&str] = &["Default", "Adaptive", "Off", "Low", "Medium", "High"];

/// `JobTerminationPolicy`
const JOB_TERMINATION_POLICY: &[&str] = &["PermanentQuiescent", "KillOnHandleClose"];

/// `MappedPipePathType`
const MAPPED_PIPE_PATH_TYPE: &[&str] = &["AbsolutePath", "VirtualSmbPipeName"];

/// `MemoryBackingPageSize`
const MEMORY_BACKING_PAGE_SIZE: &[&str] = &["Small", "Large"];

/// `ObjectDirectoryShadow`
const OBJECT_DIRECTORY_SHADOW: &[&str] = &["false", "true", "ifexists"];

/// `ObjectSymlinkScope`
const OBJECT_SYMLINK_SCOPE: &[&str] = &["Local", "Global", "GlobalDropSilo"];

/// `PathType`
const PATH_TYPE: &[&str] = &["AbsolutePath", "VirtualSmbShareName"];

/// `RegistryHive`
const REGISTRY_HIVE: &[&str] = &["System", "Software", "Security", "Sam"];

/// `RegistryValueType`
const REGISTRY_VALUE_TYPE: &[&str] =
    &["None", "String", "ExpandedString", "MultiString", "Binary", "DWord", "QWord", "CustomType"];

/// `SerialConsole`
const SERIAL_CONSOLE: &[&str] = &["Default", "Disabled", "ComPort1", "ComPort2"];

/// `StateOverride`
const STATE_OVERRIDE: &[&str] = &["Default", "Disabled", "Enabled"];

/// `SystemType`
const SYSTEM_TYPE: &[&str] = &["Container", "VirtualMachine"];

/// `System_PropertyType`. The last seven are in no published schema, but clients ask for them.
const SYSTEM_PROPERTY_TYPE: &[&str] = &[
    "Memory",
    "Statistics",
    "ProcessList",
    "TerminateOnLastHandleClosed",
    "SharedMemoryRegion",
    "GuestConnection",
    "Basic",
    "GuestMemory",
    "ContainerCredentialGuard",
    "ICHeartbeatStatus",
    "ProcessorTopology",
    "CpuGroup",
    "SystemGUID",
];

/// `UefiBootDevice`
const UEFI_BOOT_DEVICE: &[&str] = &["ScsiDrive", "VmbFs", "Network", "File"];

/// `VirtualPMemBackingType`
const VIRTUAL_P_MEM_BACKING_TYPE: &[&str] = &["Virtual", "Physical"];

/// `VirtualPMemImageFormat`
const VIRTUAL_P_MEM_IMAGE_FORMAT: &[&str] = &["Vhdx", "Vhd1"];
