//! Virtual machines: chipset, topology, devices, services, guest state.

use super::container::{HV_SOCKET_SYSTEM_CONFIG, REGISTRY_CHANGES, STORAGE_QO_S};
use super::service::VERSION;
use super::{Anything, Array, Boolean, Choice, Guid, I64, Map, Object, OneOf, Text, Type, U8, U16, U32, U64, m, v};
use crate::document::Version;

/// `Attachment`
pub static ATTACHMENT: Type = Type {
    name: "Attachment",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AlwaysAllowSparseFiles", Boolean, (2, 6)),
        m("CachingMode", OneOf(&CACHING_MODE), (2, 1)),
        m("CaptureIoAttributionContext", Anything, (2, 0)).used_by("hcsshim schema2; Windows Sandbox dump"),
        m("DisableExpansionOptimization", Anything, (2, 0)).used_by("hcsshim schema2; Windows Sandbox dump"),
        m("ExtensibleVirtualDiskType", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("IgnoreFlushes", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("IgnoreRelativeLocator", Anything, (2, 0)).used_by("hcsshim schema2; Windows Sandbox dump"),
        m("NoWriteHardening", Anything, (2, 0)).used_by("hcsshim schema2; Windows Sandbox dump"),
        m("Path", Text, (2, 0)),
        m("ReadOnly", Boolean, (2, 0)),
        m("SupportCompressedVolumes", Boolean, (2, 3)),
        m("SupportEncryptedFiles", Boolean, (2, 6)),
        m("Type", OneOf(&ATTACHMENT_TYPE), (2, 0)),
    ],
};

/// `Battery`
pub static BATTERY: Type = Type { name: "Battery", formerly: None, since: (2, 0), until: None, members: &[] };

/// `Chipset`
pub static CHIPSET: Type = Type {
    name: "Chipset",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("BaseBoardSerialNumber", Text, (2, 0)),
        m("ChassisAssetTag", Text, (2, 0)),
        m("ChassisSerialNumber", Text, (2, 0)),
        m("EnableHibernation", Boolean, (2, 5)),
        m("FirmwareFile", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("IsNumLockDisabled", Boolean, (2, 0)),
        m("LinuxKernelDirect", Object(&LINUX_KERNEL_DIRECT), (2, 2)),
        m("Uefi", Object(&UEFI), (2, 0)),
        m("UseUtc", Boolean, (2, 1)),
    ],
};

/// `ComPort`
pub static COM_PORT: Type = Type {
    name: "ComPort",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("NamedPipe", Text, (2, 1)), m("OptimizeForDebugger", Boolean, (2, 1))],
};

/// `CpuGroup`
pub static CPU_GROUP: Type =
    Type { name: "CpuGroup", formerly: None, since: (2, 0), until: None, members: &[m("Id", Guid, (2, 1))] };

/// `Devices`
pub static DEVICES: Type = Type {
    name: "Devices",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Battery", Object(&BATTERY), (2, 0)),
        m("ComPorts", Map(&Object(&COM_PORT)), (2, 1)),
        m("EnhancedModeVideo", Object(&ENHANCED_MODE_VIDEO), (2, 1)),
        m("FlexibleIov", Map(&Object(&FLEXIBLE_IO_DEVICE)), (2, 1)),
        m("GpuP", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("GuestCrashReporting", Object(&GUEST_CRASH_REPORTING), (2, 0)),
        m("HvSocket", Object(&VIRTUAL_MACHINE_HV_SOCKET), (2, 1)),
        m("KernelIntegration", Object(&KERNEL_INTEGRATION), (2, 0)).used_by("Windows Sandbox dump"),
        m("Keyboard", Object(&KEYBOARD), (2, 0)),
        m("Licensing", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("Mouse", Object(&MOUSE), (2, 0)),
        m("NetworkAdapters", Map(&Object(&NETWORK_ADAPTER)), (2, 0)),
        m("Plan9", Object(&PLAN9), (2, 0)),
        m("Scsi", Map(&Object(&SCSI)), (2, 0)),
        m("SharedMemory", Object(&SHARED_MEMORY_CONFIGURATION), (2, 1)),
        m("VideoMonitor", Object(&VIDEO_MONITOR), (2, 0)),
        m("VirtioSerial", Object(&VIRTIO_SERIAL), (2, 2)),
        m("VirtualPMem", Object(&VIRTUAL_P_MEM_CONTROLLER), (2, 0)),
        m("VirtualPci", Map(&Object(&VIRTUAL_PCI_DEVICE)), (2, 3)),
        m("VirtualSmb", Object(&VIRTUAL_SMB), (2, 0)),
    ],
};

/// `EnhancedModeVideo`
pub static ENHANCED_MODE_VIDEO: Type = Type {
    name: "EnhancedModeVideo",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("ConnectionOptions", Object(&RDP_CONNECTION_OPTIONS), (2, 1))],
};

/// `FlexibleIoDevice`
pub static FLEXIBLE_IO_DEVICE: Type = Type {
    name: "FlexibleIoDevice",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Configuration", Array(&Text), (2, 1)),
        m("EmulatorId", Guid, (2, 1)),
        m("HostingModel", OneOf(&FLEXIBLE_IO_DEVICE_HOSTING_MODEL), (2, 1)),
    ],
};

/// `GuestConnection`
pub static GUEST_CONNECTION: Type = Type {
    name: "GuestConnection",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("UseConnectedSuspend", Boolean, (2, 1)),
        m("UseHostTimeZone", Boolean, (2, 4)),
        m("UseVsock", Boolean, (2, 1)),
    ],
};

/// `GuestCrashReporting`
pub static GUEST_CRASH_REPORTING: Type = Type {
    name: "GuestCrashReporting",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("WindowsCrashSettings", Object(&WINDOWS_CRASH_REPORTING), (2, 0))],
};

/// `GuestState`
pub static GUEST_STATE: Type = Type {
    name: "GuestState",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ForceTransientState", Boolean, (2, 1)),
        m("GuestStateFilePath", Text, (2, 1)),
        m("GuestStateFileType", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("RuntimeStateFilePath", Text, (2, 1)),
    ],
};

/// `Heartbeat`
pub static HEARTBEAT: Type = Type { name: "Heartbeat", formerly: None, since: (2, 0), until: None, members: &[] };

/// `IovSettings`
pub static IOV_SETTINGS: Type = Type {
    name: "IovSettings",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("InterruptModeration", OneOf(&INTERRUPT_MODERATION_MODE), (2, 4)),
        m("OffloadWeight", U32, (2, 4)),
        m("QueuePairsRequested", U32, (2, 4)),
    ],
};

/// `KernelIntegration`
pub static KERNEL_INTEGRATION: Type =
    Type { name: "KernelIntegration", formerly: None, since: (2, 0), until: Some((2, 4)), members: &[] };

/// `Keyboard`
pub static KEYBOARD: Type = Type { name: "Keyboard", formerly: None, since: (2, 0), until: None, members: &[] };

/// `KvpExchange`
pub static KVP_EXCHANGE: Type = Type {
    name: "KvpExchange",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("EnableHostOSInfoKvpItems", OneOf(&STATE_OVERRIDE), (2, 5)),
        m("EntriesToBeAdded", Map(&Text), (2, 5)),
        m("EntriesToBeRemoved", Array(&Text), (2, 5)),
    ],
};

/// `LinuxKernelDirect`
pub static LINUX_KERNEL_DIRECT: Type = Type {
    name: "LinuxKernelDirect",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("InitRdPath", Text, (2, 2)), m("KernelCmdLine", Text, (2, 2)), m("KernelFilePath", Text, (2, 2))],
};

/// `Mouse`
pub static MOUSE: Type = Type { name: "Mouse", formerly: None, since: (2, 0), until: None, members: &[] };

/// `NetworkAdapter`
pub static NETWORK_ADAPTER: Type = Type {
    name: "NetworkAdapter",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ConnectionState", OneOf(&STATE_OVERRIDE), (2, 4)),
        m("DisableInterruptBatching", Boolean, (2, 4)),
        m("EndpointId", Guid, (2, 0)),
        m("InstanceId", Guid, (2, 4)),
        m("IovSettings", Object(&IOV_SETTINGS), (2, 4)),
        m("IsConnected", Anything, (2, 0)).used_by("WSL"),
        m("MacAddress", Text, (2, 0)),
        m("PortId", Anything, (2, 0)).used_by("WSL"),
        m("SwitchId", Anything, (2, 0)).used_by("WSL"),
    ],
};

/// `Plan9`
pub static PLAN9: Type = Type {
    name: "Plan9",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Shares", Array(&Object(&PLAN9_SHARE)), (2, 1))],
};

/// `Plan9Share`
pub static PLAN9_SHARE: Type = Type {
    name: "Plan9Share",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AccessName", Text, (2, 1)),
        m("AllowedFiles", Array(&Text), (2, 2)),
        m("Flags", Anything, (2, 0)).used_by("hcsshim schema2; WSL"),
        m("Name", Text, (2, 0)),
        m("Path", Text, (2, 0)),
        m("Port", U32, (2, 0)),
    ],
};

/// `RdpConnectionOptions`
pub static RDP_CONNECTION_OPTIONS: Type = Type {
    name: "RdpConnectionOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("AccessSids", Array(&Text), (2, 1)), m("NamedPipe", Text, (2, 1))],
};

/// `RestoreState`
pub static RESTORE_STATE: Type = Type {
    name: "RestoreState",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("SaveStateFilePath", Text, (2, 0)), m("TemplateSystemId", Text, (2, 1))],
};

/// `Scsi`
pub static SCSI: Type = Type {
    name: "Scsi",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Attachments", Map(&Object(&ATTACHMENT)), (2, 0)), m("DisableInterruptBatching", Boolean, (2, 4))],
};

/// The schema version from which on a document's `Services` are heeded. A host that knows the section takes it under an
/// older declared version too, and drops it without a word (observed: hcsctl, VMLord).
pub const SERVICES_HEEDED_SINCE: Version = (2, 5);

/// `Services`
pub static SERVICES: Type = Type {
    name: "Services",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Heartbeat", Object(&HEARTBEAT), (2, 5)),
        m("KvpExchange", Object(&KVP_EXCHANGE), (2, 5)),
        m("Shutdown", Object(&SHUTDOWN), (2, 5)),
        m("Timesync", Object(&TIMESYNC), (2, 5)),
    ],
};

/// `SharedMemoryConfiguration`
pub static SHARED_MEMORY_CONFIGURATION: Type = Type {
    name: "SharedMemoryConfiguration",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Regions", Array(&Object(&SHARED_MEMORY_REGION)), (2, 1))],
};

/// `SharedMemoryRegion`
pub static SHARED_MEMORY_REGION: Type = Type {
    name: "SharedMemoryRegion",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AllowGuestWrite", Boolean, (2, 0)),
        m("HiddenFromGuest", Boolean, (2, 0)),
        m("Length", U64, (2, 0)),
        m("SectionName", Text, (2, 0)),
        m("StartOffset", U64, (2, 0)),
    ],
};

/// `Shutdown`
pub static SHUTDOWN: Type = Type { name: "Shutdown", formerly: None, since: (2, 5), until: None, members: &[] };

/// `Timesync`
pub static TIMESYNC: Type = Type { name: "Timesync", formerly: None, since: (2, 5), until: None, members: &[] };

/// `Topology`
pub static TOPOLOGY: Type = Type {
    name: "Topology",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Memory", Object(&VIRTUAL_MACHINE_MEMORY), (2, 0)),
        m("Numa", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("Processor", Object(&VIRTUAL_MACHINE_PROCESSOR), (2, 0)),
    ],
};

/// `Uefi`
pub static UEFI: Type = Type {
    name: "Uefi",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ApplySecureBootTemplate", OneOf(&APPLY_SECURE_BOOT_TEMPLATE_TYPE), (2, 3)),
        m("BootThis", Object(&UEFI_BOOT_ENTRY), (2, 0)),
        m("Console", OneOf(&SERIAL_CONSOLE), (2, 0)),
        m("EnableDebugger", Boolean, (2, 0)),
        m("SecureBootTemplateId", Guid, (2, 0)),
        m("StopOnBootFailure", Boolean, (2, 2)),
    ],
};

/// `UefiBootEntry`
pub static UEFI_BOOT_ENTRY: Type = Type {
    name: "UefiBootEntry",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("DevicePath", Text, (2, 1)),
        m("DeviceType", OneOf(&UEFI_BOOT_DEVICE), (2, 1)),
        m("DiskNumber", U16, (2, 1)),
        m("OptionalData", Text, (2, 1)),
        m("VmbFsRootPath", Text, (2, 1)),
    ],
};

/// `VideoMonitor`
pub static VIDEO_MONITOR: Type = Type {
    name: "VideoMonitor",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ConnectionOptions", Object(&RDP_CONNECTION_OPTIONS), (2, 1)),
        m("HorizontalResolution", U16, (2, 1)),
        m("VerticalResolution", U16, (2, 1)),
    ],
};

/// `VirtioSerial`
pub static VIRTIO_SERIAL: Type = Type {
    name: "VirtioSerial",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Ports", Map(&Object(&VIRTIO_SERIAL_PORT)), (2, 2))],
};

/// `VirtioSerialPort`
pub static VIRTIO_SERIAL_PORT: Type = Type {
    name: "VirtioSerialPort",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("ConsoleSupport", Boolean, (2, 6)), m("Name", Text, (2, 2)), m("NamedPipe", Text, (2, 2))],
};

/// `VirtualMachine`
pub static VIRTUAL_MACHINE: Type = Type {
    name: "VirtualMachine",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Chipset", Object(&CHIPSET), (2, 0)),
        m("ComputeTopology", Object(&TOPOLOGY), (2, 0)),
        m("DebugOptions", Anything, (2, 0)).used_by("hcsshim schema2; WSL"),
        m("Devices", Object(&DEVICES), (2, 0)),
        m("GuestConnection", Object(&GUEST_CONNECTION), (2, 1)),
        m("GuestState", Object(&GUEST_STATE), (2, 1)),
        m("LaunchOptions", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("MigrationOptions", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("RegistryChanges", Object(&REGISTRY_CHANGES), (2, 0)),
        m("ResourcePartitionId", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("RestoreState", Object(&RESTORE_STATE), (2, 0)),
        m("RunInSilo", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("SecuritySettings", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("Services", Object(&SERVICES), SERVICES_HEEDED_SINCE),
        m("StopOnReset", Boolean, (2, 0)),
        m("StorageQoS", Object(&STORAGE_QO_S), (2, 1)),
        m("Version", Object(&VERSION), (2, 5)),
    ],
};

/// `VirtualMachine_HvSocket`
pub static VIRTUAL_MACHINE_HV_SOCKET: Type = Type {
    name: "VirtualMachine_HvSocket",
    formerly: Some("HvSocket_2"),
    since: (2, 0),
    until: None,
    members: &[m("HvSocketConfig", Object(&HV_SOCKET_SYSTEM_CONFIG), (2, 1))],
};

/// `VirtualMachine_Memory`
pub static VIRTUAL_MACHINE_MEMORY: Type = Type {
    name: "VirtualMachine_Memory",
    formerly: Some("Memory_2"),
    since: (2, 0),
    until: None,
    members: &[
        m("AllowOvercommit", Boolean, (2, 1)),
        m("Backing", Anything, (2, 0)).used_by("hcsshim schema2; Windows Sandbox dump"),
        m("BackingPageSize", OneOf(&MEMORY_BACKING_PAGE_SIZE), (2, 2)),
        m("DirectMapFaultClusterSizeShift", U32, (2, 4)),
        m("EnableColdDiscardHint", Boolean, (2, 2)),
        m("EnableColdHint", Boolean, (2, 0)),
        m("EnableDeferredCommit", Boolean, (2, 1)),
        m("EnableEpf", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("EnableHotHint", Boolean, (2, 0)),
        m("EnablePrivateCompressionStore", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("FaultClusterSizeShift", U32, (2, 4)),
        m("ForbidSmallBackingPages", Boolean, (2, 2)),
        m("HighMmioBaseInMB", U64, (2, 3)),
        m("HighMmioGapInMB", U64, (2, 3)),
        m("HostingProcessNameSuffix", Anything, (2, 0)).used_by("WSL"),
        m("LowMmioGapInMB", U64, (2, 3)),
        m("PinBackingPages", Boolean, (2, 2)),
        m("SharedMemoryAccessSids", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("SharedMemoryMB", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("SizeInMB", U64, (2, 1)),
        m("SlitType", Anything, (2, 0)).used_by("hcsshim schema2"),
    ],
};

/// `VirtualMachine_Processor`
pub static VIRTUAL_MACHINE_PROCESSOR: Type = Type {
    name: "VirtualMachine_Processor",
    formerly: Some("Processor_2"),
    since: (2, 0),
    until: None,
    members: &[
        m("Count", U32, (2, 0)),
        m("CpuGroup", Object(&CPU_GROUP), (2, 5)),
        m("DefaultVpCpuPriority", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("DisableSpeculationControls", Boolean, (2, 5)),
        m("EnablePageShattering", Boolean, (2, 5)),
        m("EnablePerfmonArchPmu", Boolean, (2, 5)).until((2, 6)),
        m("EnablePerfmonIpt", Boolean, (2, 2)),
        m("EnablePerfmonLbr", Boolean, (2, 2)),
        m("EnablePerfmonPebs", Boolean, (2, 2)),
        m("EnablePerfmonPmu", Boolean, (2, 2)),
        m("EnableProcessorIdling", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("EnableSchedulerAssist", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("ExposeVirtualizationExtensions", Boolean, (2, 0)),
        m("Limit", U64, (2, 1)),
        m("MaximumFrequencyMHz", U32, (2, 4)),
        m("NumaProcessorsSettings", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("ProcessorFeatureSet", Anything, (2, 5)),
        m("Reservation", U64, (2, 4)),
        m("SynchronizeHostFeatures", Anything, (2, 0)).used_by("Windows Sandbox dump"),
        m("Weight", U64, (2, 1)),
    ],
};

/// `VirtualPMemController`
pub static VIRTUAL_P_MEM_CONTROLLER: Type = Type {
    name: "VirtualPMemController",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Backing", OneOf(&VIRTUAL_P_MEM_BACKING_TYPE), (2, 1)),
        m("Devices", Map(&Object(&VIRTUAL_P_MEM_DEVICE)), (2, 0)),
        m("MaximumCount", U8, (2, 0)),
        m("MaximumSizeBytes", U64, (2, 0)),
    ],
};

/// `VirtualPMemDevice`
pub static VIRTUAL_P_MEM_DEVICE: Type = Type {
    name: "VirtualPMemDevice",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("HostPath", Text, (2, 0)),
        m("ImageFormat", OneOf(&VIRTUAL_P_MEM_IMAGE_FORMAT), (2, 0)),
        m("Mappings", Map(&Object(&VIRTUAL_P_MEM_MAPPING)), (2, 2)),
        m("ReadOnly", Boolean, (2, 0)),
        m("SizeBytes", U64, (2, 2)),
    ],
};

/// `VirtualPMemMapping`
pub static VIRTUAL_P_MEM_MAPPING: Type = Type {
    name: "VirtualPMemMapping",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("HostPath", Text, (2, 2)), m("ImageFormat", OneOf(&VIRTUAL_P_MEM_IMAGE_FORMAT), (2, 2))],
};

/// `VirtualPciDevice`
pub static VIRTUAL_PCI_DEVICE: Type = Type {
    name: "VirtualPciDevice",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Functions", Array(&Object(&VIRTUAL_PCI_FUNCTION)), (2, 3)),
        m("PropagateNumaAffinity", Anything, (2, 0)).used_by("hcsshim schema2"),
    ],
};

/// `VirtualPciFunction`
pub static VIRTUAL_PCI_FUNCTION: Type = Type {
    name: "VirtualPciFunction",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AllowDirectTranslatedP2P", Boolean, (2, 4)),
        m("DeviceInstancePath", Text, (2, 3)),
        m("VirtualFunction", U16, (2, 3)),
    ],
};

/// `VirtualSmb`
pub static VIRTUAL_SMB: Type = Type {
    name: "VirtualSmb",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("DirectFileMappingInMB", I64, (2, 1)), m("Shares", Array(&Object(&VIRTUAL_SMB_SHARE)), (2, 1))],
};

/// `VirtualSmbShare`
pub static VIRTUAL_SMB_SHARE: Type = Type {
    name: "VirtualSmbShare",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AllowedFiles", Array(&Text), (2, 0)),
        m("Name", Text, (2, 0)),
        m("Options", Object(&VIRTUAL_SMB_SHARE_OPTIONS), (2, 1)),
        m("Path", Text, (2, 0)),
    ],
};

/// `VirtualSmbShareOptions`
pub static VIRTUAL_SMB_SHARE_OPTIONS: Type = Type {
    name: "VirtualSmbShareOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("CacheIo", Boolean, (2, 1)),
        m("FilterEncryptionAttributes", Boolean, (2, 4)),
        m("ForceLevelIIOplocks", Boolean, (2, 1)),
        m("NoDirectmap", Boolean, (2, 1)),
        m("NoDirnotify", Boolean, (2, 1)),
        m("NoLocks", Boolean, (2, 1)),
        m("NoOplocks", Boolean, (2, 1)),
        m("NonCacheIo", Boolean, (2, 1)),
        m("PseudoDirnotify", Boolean, (2, 1)),
        m("PseudoOplocks", Boolean, (2, 1)),
        m("ReadOnly", Boolean, (2, 1)),
        m("ReparseBaseLayer", Boolean, (2, 1)),
        m("RestrictFileAccess", Boolean, (2, 1)),
        m("ShareRead", Boolean, (2, 1)),
        m("SingleFileMapping", Boolean, (2, 1)),
        m("SupportCloudFiles", Boolean, (2, 3)),
        m("TakeBackupPrivilege", Boolean, (2, 1)),
        m("UseShareRootIdentity", Boolean, (2, 1)),
        m("VmSharedMemory", Boolean, (2, 1)),
    ],
};

/// `WindowsCrashReporting`
pub static WINDOWS_CRASH_REPORTING: Type = Type {
    name: "WindowsCrashReporting",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("DumpFileName", Text, (2, 0)),
        m("DumpType", Anything, (2, 0)).used_by("hcsshim schema2; Windows Sandbox dump"),
        m("MaxDumpSize", I64, (2, 0)),
    ],
};

/// `ApplySecureBootTemplateType`
pub static APPLY_SECURE_BOOT_TEMPLATE_TYPE: Choice =
    Choice { name: "ApplySecureBootTemplateType", formerly: None, values: &[v("Skip", (2, 3)), v("Apply", (2, 3))] };

/// `AttachmentType`
pub static ATTACHMENT_TYPE: Choice = Choice {
    name: "AttachmentType",
    formerly: None,
    values: &[v("VirtualDisk", (2, 0)), v("Iso", (2, 0)), v("PassThru", (2, 0))],
};

/// `CachingMode`
pub static CACHING_MODE: Choice = Choice {
    name: "CachingMode",
    formerly: None,
    values: &[v("Uncached", (2, 1)), v("Cached", (2, 1)), v("ReadOnlyCached", (2, 1))],
};

/// `FlexibleIoDeviceHostingModel`
pub static FLEXIBLE_IO_DEVICE_HOSTING_MODEL: Choice = Choice {
    name: "FlexibleIoDeviceHostingModel",
    formerly: None,
    values: &[v("Internal", (2, 1)), v("External", (2, 1))],
};

/// `InterruptModerationMode`
pub static INTERRUPT_MODERATION_MODE: Choice = Choice {
    name: "InterruptModerationMode",
    formerly: None,
    values: &[
        v("Default", (2, 4)),
        v("Adaptive", (2, 4)),
        v("Off", (2, 4)),
        v("Low", (2, 4)),
        v("Medium", (2, 4)),
        v("High", (2, 4)),
    ],
};

/// `MemoryBackingPageSize`
pub static MEMORY_BACKING_PAGE_SIZE: Choice =
    Choice { name: "MemoryBackingPageSize", formerly: None, values: &[v("Small", (2, 2)), v("Large", (2, 2))] };

/// `SerialConsole`
pub static SERIAL_CONSOLE: Choice = Choice {
    name: "SerialConsole",
    formerly: None,
    values: &[v("Default", (2, 0)), v("Disabled", (2, 0)), v("ComPort1", (2, 0)), v("ComPort2", (2, 0))],
};

/// `StateOverride`
pub static STATE_OVERRIDE: Choice = Choice {
    name: "StateOverride",
    formerly: None,
    values: &[v("Default", (2, 4)), v("Disabled", (2, 4)), v("Enabled", (2, 4))],
};

/// `UefiBootDevice`
pub static UEFI_BOOT_DEVICE: Choice = Choice {
    name: "UefiBootDevice",
    formerly: None,
    values: &[v("ScsiDrive", (2, 0)), v("VmbFs", (2, 0)), v("Network", (2, 0)), v("File", (2, 1))],
};

/// `VirtualPMemBackingType`
pub static VIRTUAL_P_MEM_BACKING_TYPE: Choice =
    Choice { name: "VirtualPMemBackingType", formerly: None, values: &[v("Virtual", (2, 1)), v("Physical", (2, 1))] };

/// `VirtualPMemImageFormat`
pub static VIRTUAL_P_MEM_IMAGE_FORMAT: Choice =
    Choice { name: "VirtualPMemImageFormat", formerly: None, values: &[v("Vhdx", (2, 0)), v("Vhd1", (2, 0))] };
