//! What HCS answers with: properties, exit statuses, errors and crash reports.

use super::service::VERSION;
use super::system::SYSTEM_TYPE;
use super::{Anything, Array, Boolean, Choice, Guid, I32, Map, Object, OneOf, Text, Type, U8, U16, U32, U64, m, v};

/// `AttributionRecord`
pub static ATTRIBUTION_RECORD: Type = Type {
    name: "AttributionRecord",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("GuestCrash", Object(&GUEST_CRASH), (2, 4)),
        m("InjectNonMaskableInterrupt", Object(&INJECT_NON_MASKABLE_INTERRUPT), (2, 4)),
        m("OperationFailure", Object(&OPERATION_FAILURE), (2, 4)),
        m("SystemExit", Object(&SYSTEM_EXIT), (2, 4)),
        m("TripleFault", Object(&TRIPLE_FAULT), (2, 4)),
        m("VirtualDeviceFailure", Object(&VIRTUAL_DEVICE_FAILURE), (2, 4)),
        m("WorkerExit", Object(&WORKER_EXIT), (2, 4)),
    ],
};

/// `ComputeSystemProperties`
pub static COMPUTE_SYSTEM_PROPERTIES: Type = Type {
    name: "ComputeSystemProperties",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("HostingSystemId", Text, (2, 5)),
        m("Id", Text, (2, 5)),
        m("IsDummy", Boolean, (2, 5)),
        m("Name", Text, (2, 5)),
        m("ObRoot", Text, (2, 5)),
        m("Owner", Text, (2, 5)),
        m("RuntimeId", Guid, (2, 5)),
        m("RuntimeOsType", OneOf(&OS_TYPE), (2, 5)),
        m("RuntimeTemplateId", Text, (2, 5)),
        m("State", OneOf(&STATE), (2, 5)),
        m("SystemType", OneOf(&SYSTEM_TYPE), (2, 5)),
    ],
};

/// `CrashReport`
pub static CRASH_REPORT: Type = Type {
    name: "CrashReport",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ActivityId", Guid, (2, 1)),
        m("CrashLog", Text, (2, 3)),
        m("CrashParameters", Array(&U64), (2, 3)),
        m("CrashStackUnavailable", Boolean, (2, 4)),
        m("GuestCrashSaveInfo", Anything, (2, 0)).used_by("WSL"),
        m("PreOSId", U32, (2, 4)),
        m("Status", I32, (2, 4)),
        m("SystemId", Text, (2, 1)),
        m("WindowsCrashInfo", Object(&WINDOWS_CRASH_REPORT), (2, 1)),
    ],
};

/// `ErrorEvent`
pub static ERROR_EVENT: Type = Type {
    name: "ErrorEvent",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Data", Array(&Object(&EVENT_DATA)), (2, 1)),
        m("EventId", U16, (2, 1)),
        m("Flags", U32, (2, 1)),
        m("Message", Text, (2, 1)),
        m("Provider", Guid, (2, 1)),
        m("Source", Text, (2, 1)),
        m("StackTrace", Text, (2, 1)),
    ],
};

/// `EventData`
pub static EVENT_DATA: Type = Type {
    name: "EventData",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Type", OneOf(&EVENT_DATA_TYPE), (2, 1)), m("Value", Text, (2, 1))],
};

/// `GuestConnectionInfo`
pub static GUEST_CONNECTION_INFO: Type = Type {
    name: "GuestConnectionInfo",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("GuestDefinedCapabilities", Anything, (2, 1)),
        m("ProtocolVersion", U32, (2, 1)),
        m("SupportedSchemaVersions", Array(&Object(&VERSION)), (2, 1)),
    ],
};

/// `GuestCrash`
pub static GUEST_CRASH: Type = Type {
    name: "GuestCrash",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("CrashParameters", Array(&U64), (2, 4))],
};

/// `InjectNonMaskableInterrupt`
pub static INJECT_NON_MASKABLE_INTERRUPT: Type =
    Type { name: "InjectNonMaskableInterrupt", formerly: None, since: (2, 5), until: None, members: &[] };

/// `IntegrationComponentStatus`
pub static INTEGRATION_COMPONENT_STATUS: Type = Type {
    name: "IntegrationComponentStatus",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("IsEnabled", Boolean, (2, 5)),
        m("Reason", OneOf(&INTEGRATION_COMPONENT_OPERATING_STATE_REASON), (2, 5)),
        m("State", OneOf(&INTEGRATION_COMPONENT_OPERATIONAL_STATE), (2, 5)),
    ],
};

/// `MemoryInformationForVm`
pub static MEMORY_INFORMATION_FOR_VM: Type = Type {
    name: "MemoryInformationForVm",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("VirtualMachineMemory", Object(&VM_MEMORY), (2, 1)),
        m("VirtualNodeCount", U8, (2, 1)),
        m("VirtualNodes", Array(&Object(&VIRTUAL_NODE_INFO)), (2, 1)),
    ],
};

/// `MemoryStats`
pub static MEMORY_STATS: Type = Type {
    name: "MemoryStats",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("MemoryUsageCommitBytes", U64, (2, 1)),
        m("MemoryUsageCommitPeakBytes", U64, (2, 1)),
        m("MemoryUsagePrivateWorkingSetBytes", U64, (2, 1)),
    ],
};

/// `OperationFailure`
pub static OPERATION_FAILURE: Type = Type {
    name: "OperationFailure",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Detail", OneOf(&OPERATION_FAILURE_DETAIL), (2, 4))],
};

/// `OperationFailureInfo`
pub static OPERATION_FAILURE_INFO: Type = Type {
    name: "OperationFailureInfo",
    formerly: None,
    since: (2, 6),
    until: None,
    members: &[m("Result", I32, (2, 6))],
};

/// `OperationInfo`
pub static OPERATION_INFO: Type = Type {
    name: "OperationInfo",
    formerly: None,
    since: (2, 6),
    until: None,
    members: &[
        m("EndTimestamp", Text, (2, 6)),
        m("FailureInfo", Object(&OPERATION_FAILURE_INFO), (2, 6)),
        m("Operation", OneOf(&OPERATION_TYPE), (2, 6)),
        m("StartTimestamp", Text, (2, 6)),
    ],
};

/// `ProcessDetails`
pub static PROCESS_DETAILS: Type = Type {
    name: "ProcessDetails",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("CreateTimestamp", Text, (2, 1)),
        m("ImageName", Text, (2, 1)),
        m("KernelTime100ns", U64, (2, 1)),
        m("MemoryCommitBytes", U64, (2, 1)),
        m("MemoryWorkingSetPrivateBytes", U64, (2, 1)),
        m("MemoryWorkingSetSharedBytes", U64, (2, 1)),
        m("ProcessId", U32, (2, 1)),
        m("UserTime100ns", U64, (2, 1)),
    ],
};

/// `ProcessorStats`
pub static PROCESSOR_STATS: Type = Type {
    name: "ProcessorStats",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("RuntimeKernel100ns", U64, (2, 1)),
        m("RuntimeUser100ns", U64, (2, 1)),
        m("TotalRuntime100ns", U64, (2, 1)),
    ],
};

/// `Properties`
pub static PROPERTIES: Type = Type {
    name: "Properties",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ExitType", OneOf(&NOTIFICATION_TYPE), (2, 1)),
        m("GuestConnectionInfo", Object(&GUEST_CONNECTION_INFO), (2, 1)),
        m("HostingSystemId", Text, (2, 1)),
        m("ICHeartbeatStatus", Object(&INTEGRATION_COMPONENT_STATUS), (2, 3)).used_by("hcsshim schema2"),
        m("Id", Text, (2, 1)),
        m("LCOWMetrics", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("Memory", Object(&MEMORY_INFORMATION_FOR_VM), (2, 1)),
        m("Name", Text, (2, 1)),
        m("ObRoot", Text, (2, 0)).used_by("hcsshim schema1"),
        m("Owner", Text, (2, 1)),
        m("ProcessList", Array(&Object(&PROCESS_DETAILS)), (2, 1)),
        m("PropertyResponses", Map(&Object(&PROPERTY_RESPONSE)), (2, 5)),
        m("RuntimeId", Guid, (2, 1)),
        m("RuntimeOsType", OneOf(&OS_TYPE), (2, 1)),
        m("RuntimeTemplateId", Text, (2, 1)),
        m("SharedMemoryRegionInfo", Array(&Object(&SHARED_MEMORY_REGION_INFO)), (2, 1)),
        m("State", OneOf(&STATE), (2, 1)),
        m("Statistics", Object(&STATISTICS), (2, 1)),
        m("Stopped", Boolean, (2, 1)),
        m("SystemGUID", Anything, (2, 0)).used_by("hcsshim schema2"),
        m("SystemType", OneOf(&SYSTEM_TYPE), (2, 1)),
        m("TerminateOnLastHandleClosed", Boolean, (2, 1)),
    ],
};

/// `PropertyResponse`
pub static PROPERTY_RESPONSE: Type = Type {
    name: "PropertyResponse",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Error", Object(&RESULT_ERROR), (2, 5)), m("Response", Anything, (2, 5))],
};

/// `ResultError`
pub static RESULT_ERROR: Type = Type {
    name: "ResultError",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Attribution", Array(&Object(&ATTRIBUTION_RECORD)), (2, 4)),
        m("Error", I32, (2, 1)),
        m("ErrorEvents", Array(&Object(&ERROR_EVENT)), (2, 4)),
        m("ErrorMessage", Text, (2, 1)),
    ],
};

/// `SharedMemoryRegionInfo`
pub static SHARED_MEMORY_REGION_INFO: Type = Type {
    name: "SharedMemoryRegionInfo",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("GuestPhysicalAddress", U64, (2, 1)), m("SectionName", Text, (2, 1))],
};

/// `Statistics`
pub static STATISTICS: Type = Type {
    name: "Statistics",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ContainerStartTime", Text, (2, 1)),
        m("Memory", Object(&MEMORY_STATS), (2, 1)),
        m("Processor", Object(&PROCESSOR_STATS), (2, 1)),
        m("Storage", Object(&STORAGE_STATS), (2, 1)),
        m("Timestamp", Text, (2, 1)),
        m("Uptime100ns", U64, (2, 1)),
    ],
};

/// `StorageStats`
pub static STORAGE_STATS: Type = Type {
    name: "StorageStats",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ReadCountNormalized", U64, (2, 1)),
        m("ReadSizeBytes", U64, (2, 1)),
        m("WriteCountNormalized", U64, (2, 1)),
        m("WriteSizeBytes", U64, (2, 1)),
    ],
};

/// `SystemExit`
pub static SYSTEM_EXIT: Type = Type {
    name: "SystemExit",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Detail", OneOf(&SYSTEM_EXIT_DETAIL), (2, 4)), m("Initiator", OneOf(&EXIT_INITIATOR), (2, 4))],
};

/// `SystemExitStatus`
pub static SYSTEM_EXIT_STATUS: Type = Type {
    name: "SystemExitStatus",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Attribution", Array(&Object(&ATTRIBUTION_RECORD)), (2, 4)),
        m("ExitType", OneOf(&NOTIFICATION_TYPE), (2, 2)),
        m("Status", I32, (2, 1)),
    ],
};

/// `TripleFault`
pub static TRIPLE_FAULT: Type =
    Type { name: "TripleFault", formerly: None, since: (2, 5), until: None, members: &[m("ErrorType", U64, (2, 4))] };

/// `VirtualDeviceFailure`
pub static VIRTUAL_DEVICE_FAILURE: Type = Type {
    name: "VirtualDeviceFailure",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("Detail", OneOf(&VIRTUAL_DEVICE_FAILURE_DETAIL), (2, 4)),
        m("DeviceId", Guid, (2, 4)),
        m("InstanceId", Guid, (2, 4)),
        m("Name", Text, (2, 4)),
    ],
};

/// `VirtualNodeInfo`
pub static VIRTUAL_NODE_INFO: Type = Type {
    name: "VirtualNodeInfo",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("MemoryUsageInPages", U64, (2, 1)),
        m("PhysicalNodeNumber", U8, (2, 1)),
        m("VirtualNodeIndex", U8, (2, 1)),
        m("VirtualProcessorCount", U32, (2, 1)),
    ],
};

/// `VmMemory`
pub static VM_MEMORY: Type = Type {
    name: "VmMemory",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AssignedMemory", U64, (2, 1)),
        m("AvailableMemory", I32, (2, 1)),
        m("AvailableMemoryBuffer", I32, (2, 1)),
        m("BalancingEnabled", Boolean, (2, 1)),
        m("DmOperationInProgress", Boolean, (2, 1)),
        m("ReservedMemory", U64, (2, 1)),
        m("SlpActive", Boolean, (2, 1)),
    ],
};

/// `WindowsCrashReport`
pub static WINDOWS_CRASH_REPORT: Type = Type {
    name: "WindowsCrashReport",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("DumpFile", Text, (2, 1)),
        m("FinalPhase", OneOf(&WINDOWS_CRASH_PHASE), (2, 1)),
        m("OsBuildNumber", U32, (2, 1)),
        m("OsMajorVersion", U32, (2, 1)),
        m("OsMinorVersion", U32, (2, 1)),
        m("OsProductType", U32, (2, 1)),
        m("OsServicePackMajorVersion", U32, (2, 1)),
        m("OsServicePackMinorVersion", U32, (2, 1)),
        m("OsSuiteMask", U32, (2, 1)),
        m("Status", I32, (2, 1)),
    ],
};

/// `WorkerExit`
pub static WORKER_EXIT: Type = Type {
    name: "WorkerExit",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("Detail", OneOf(&WORKER_EXIT_DETAIL), (2, 4)),
        m("ExitCode", U32, (2, 4)),
        m("Initiator", OneOf(&EXIT_INITIATOR), (2, 4)),
        m("Type", OneOf(&WORKER_EXIT_TYPE), (2, 4)),
    ],
};

/// `EventDataType`
pub static EVENT_DATA_TYPE: Choice = Choice {
    name: "EventDataType",
    formerly: None,
    values: &[
        v("Empty", (2, 1)),
        v("String", (2, 1)),
        v("AnsiString", (2, 1)),
        v("SByte", (2, 1)),
        v("Byte", (2, 1)),
        v("Int16", (2, 1)),
        v("UInt16", (2, 1)),
        v("Int32", (2, 1)),
        v("UInt32", (2, 1)),
        v("Int64", (2, 1)),
        v("UInt64", (2, 1)),
        v("Single", (2, 1)),
        v("Double", (2, 1)),
        v("Boolean", (2, 1)),
        v("Binary", (2, 1)),
        v("Guid", (2, 1)),
    ],
};

/// `ExitInitiator`
pub static EXIT_INITIATOR: Choice = Choice {
    name: "ExitInitiator",
    formerly: None,
    values: &[
        v("None", (2, 4)),
        v("GuestOS", (2, 4)),
        v("Client", (2, 4)),
        v("Internal", (2, 4)),
        v("Unknown", (2, 4)),
    ],
};

/// `IntegrationComponentOperatingStateReason`
pub static INTEGRATION_COMPONENT_OPERATING_STATE_REASON: Choice = Choice {
    name: "IntegrationComponentOperatingStateReason",
    formerly: None,
    values: &[
        v("Unknown", (2, 5)),
        v("AppsInCriticalState", (2, 5)),
        v("CommunicationTimedOut", (2, 5)),
        v("FailedCommunication", (2, 5)),
        v("HealthyApps", (2, 5)),
        v("ProtocolMismatch", (2, 5)),
    ],
};

/// `IntegrationComponentOperationalState`
pub static INTEGRATION_COMPONENT_OPERATIONAL_STATE: Choice = Choice {
    name: "IntegrationComponentOperationalState",
    formerly: None,
    values: &[
        v("Unknown", (2, 5)),
        v("Degraded", (2, 5)),
        v("Dormant", (2, 5)),
        v("Error", (2, 5)),
        v("LostCommunication", (2, 5)),
        v("NonRecoverableError", (2, 5)),
        v("NoContact", (2, 5)),
        v("Ok", (2, 5)),
    ],
};

/// `NotificationType`
pub static NOTIFICATION_TYPE: Choice = Choice {
    name: "NotificationType",
    formerly: None,
    values: &[
        v("None", (2, 1)),
        v("GracefulExit", (2, 1)),
        v("ForcedExit", (2, 1)),
        v("UnexpectedExit", (2, 1)),
        v("Unknown", (2, 1)),
    ],
};

/// `OperationFailureDetail`
pub static OPERATION_FAILURE_DETAIL: Choice = Choice {
    name: "OperationFailureDetail",
    formerly: None,
    values: &[
        v("Invalid", (2, 4)),
        v("CreateInternalError", (2, 4)),
        v("ConstructStateError", (2, 4)),
        v("RuntimeOsTypeMismatch", (2, 4)),
        v("Construct", (2, 4)),
        v("Start", (2, 4)),
        v("Pause", (2, 4)),
        v("Resume", (2, 4)),
        v("Shutdown", (2, 4)),
        v("Terminate", (2, 4)),
        v("Save", (2, 4)),
        v("GetProperties", (2, 4)),
        v("Modify", (2, 4)),
        v("Crash", (2, 4)),
        v("GuestCrash", (2, 4)),
        v("LifecycleNotify", (2, 4)),
        v("ExecuteProcess", (2, 4)),
        v("GetProcessInfo", (2, 4)),
        v("WaitForProcess", (2, 4)),
        v("SignalProcess", (2, 4)),
        v("ModifyProcess", (2, 4)),
        v("PrepareForHosting", (2, 4)),
        v("RegisterHostedSystem", (2, 4)),
        v("UnregisterHostedSystem", (2, 4)),
        v("PrepareForClone", (2, 4)),
        v("GetCloneTemplate", (2, 4)),
    ],
};

/// `OperationType`
pub static OPERATION_TYPE: Choice = Choice {
    name: "OperationType",
    formerly: None,
    values: &[
        v("None", (2, 6)),
        v("Construct", (2, 6)),
        v("Start", (2, 6)),
        v("Pause", (2, 6)),
        v("Resume", (2, 6)),
        v("Shutdown", (2, 6)),
        v("Terminate", (2, 6)),
        v("Save", (2, 6)),
        v("GetProperties", (2, 6)),
        v("Modify", (2, 6)),
        v("Crash", (2, 6)),
        v("ExecuteProcess", (2, 6)),
        v("GetProcessInfo", (2, 6)),
        v("SignalProcess", (2, 6)),
        v("ModifyProcess", (2, 6)),
        v("CancelOperation", (2, 6)),
    ],
};

/// `OsType`
pub static OS_TYPE: Choice =
    Choice { name: "OsType", formerly: None, values: &[v("", (2, 0)), v("Windows", (2, 1)), v("Linux", (2, 1))] };

/// `State`
pub static STATE: Choice = Choice {
    name: "State",
    formerly: None,
    values: &[
        v("Created", (2, 1)),
        v("Running", (2, 1)),
        v("Paused", (2, 1)),
        v("Stopped", (2, 1)),
        v("SavedAsTemplate", (2, 1)),
        v("Unknown", (2, 1)),
    ],
};

/// `SystemExitDetail`
pub static SYSTEM_EXIT_DETAIL: Choice = Choice {
    name: "SystemExitDetail",
    formerly: None,
    values: &[
        v("Invalid", (2, 4)),
        v("HcsApiFatalError", (2, 4)),
        v("ServiceStop", (2, 4)),
        v("Shutdown", (2, 4)),
        v("Terminate", (2, 4)),
        v("UnexpectedExit", (2, 4)),
    ],
};

/// `VirtualDeviceFailureDetail`
pub static VIRTUAL_DEVICE_FAILURE_DETAIL: Choice = Choice {
    name: "VirtualDeviceFailureDetail",
    formerly: None,
    values: &[
        v("None", (2, 4)),
        v("Create", (2, 4)),
        v("Initialize", (2, 4)),
        v("StartReservingResources", (2, 4)),
        v("FinishReservingResources", (2, 4)),
        v("FreeReservedResources", (2, 4)),
        v("SaveReservedResources", (2, 4)),
        v("PowerOnCold", (2, 4)),
        v("PowerOnRestore", (2, 4)),
        v("PowerOff", (2, 4)),
        v("Save", (2, 4)),
        v("Resume", (2, 4)),
        v("Pause", (2, 4)),
        v("EnableOptimizations", (2, 4)),
        v("StartDisableOptimizations", (2, 4)),
        v("FinishDisableOptimizations", (2, 4)),
        v("Reset", (2, 4)),
        v("PostReset", (2, 4)),
        v("Teardown", (2, 4)),
        v("SaveCompatibilityInfo", (2, 4)),
        v("MetricRestore", (2, 4)),
        v("MetricEnumerate", (2, 4)),
        v("MetricEnumerateForSave", (2, 4)),
        v("MetricReset", (2, 4)),
        v("MetricEnable", (2, 4)),
        v("MetricDisable", (2, 4)),
    ],
};

/// `WindowsCrashPhase`
pub static WINDOWS_CRASH_PHASE: Choice = Choice {
    name: "WindowsCrashPhase",
    formerly: None,
    values: &[
        v("Inactive", (2, 1)),
        v("CrashValues", (2, 1)),
        v("Starting", (2, 1)),
        v("Started", (2, 1)),
        v("Writing", (2, 1)),
        v("Complete", (2, 1)),
    ],
};

/// `WorkerExitDetail`
pub static WORKER_EXIT_DETAIL: Choice = Choice {
    name: "WorkerExitDetail",
    formerly: None,
    values: &[
        v("Invalid", (2, 4)),
        v("PowerOff", (2, 4)),
        v("PowerOffCritical", (2, 4)),
        v("Reset", (2, 4)),
        v("GuestCrash", (2, 4)),
        v("GuestFirmwareCrash", (2, 4)),
        v("TripleFault", (2, 4)),
        v("DeviceFatalApicRequest", (2, 4)),
        v("DeviceFatalMsrRequest", (2, 4)),
        v("DeviceFatalException", (2, 4)),
        v("DeviceFatalError", (2, 4)),
        v("DeviceMachineCheck", (2, 4)),
        v("EmulatorError", (2, 4)),
        v("VidTerminate", (2, 4)),
        v("ProcessUnexpectedExit", (2, 4)),
        v("InitializationFailure", (2, 4)),
        v("InitializationStartTimeout", (2, 4)),
        v("ColdStartFailure", (2, 4)),
        v("ResetStartFailure", (2, 4)),
        v("FastRestoreStartFailure", (2, 4)),
        v("RestoreStartFailure", (2, 4)),
        v("FastSavePreservePartition", (2, 4)),
        v("FastSavePreservePartitionHandleTransfer", (2, 4)),
        v("FastSave", (2, 4)),
        v("CloneTemplate", (2, 4)),
        v("Save", (2, 4)),
        v("Migrate", (2, 4)),
        v("MigrateFailure", (2, 4)),
        v("CannotReferenceVm", (2, 4)),
        v("MgotUnregister", (2, 4)),
        v("FastSavePreservePartitionHandleTransferStorage", (2, 5)),
        v("FastSavePreservePartitionHandleTransferNetworking", (2, 5)),
        v("FastSavePreservePartitionHandleTransferStorageAndNetworking", (2, 5)),
        v("FastSavePreservePartitionHsr", (2, 5)),
    ],
};

/// `WorkerExitType`
pub static WORKER_EXIT_TYPE: Choice = Choice {
    name: "WorkerExitType",
    formerly: None,
    values: &[
        v("None", (2, 4)),
        v("InitializationFailed", (2, 4)),
        v("Stopped", (2, 4)),
        v("Saved", (2, 4)),
        v("StoppedOnReset", (2, 4)),
        v("UnexpectedStop", (2, 4)),
        v("ResetFailed", (2, 4)),
        v("UnrecoverableError", (2, 4)),
    ],
};
