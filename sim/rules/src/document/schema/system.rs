//! Compute systems as such: the configuration's outermost type, queries, options and modify requests.

use super::container::CONTAINER;
use super::machine::VIRTUAL_MACHINE;
use super::service::VERSION;
use super::{Anything, Array, Boolean, Choice, Map, Object, OneOf, Text, Type, m, v};

/// `ComputeSystem`
pub static COMPUTE_SYSTEM: Type = Type {
    name: "ComputeSystem",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Container", Object(&CONTAINER), (2, 0)),
        m("HostedSystem", Object(&HOSTED_SYSTEM), (2, 0)),
        m("HostingSystemId", Text, (2, 0)),
        m("Owner", Text, (2, 0)),
        m("SchemaVersion", Object(&VERSION), (2, 0)),
        m("ShouldTerminateOnLastHandleClosed", Boolean, (2, 0)),
        m("VirtualMachine", Object(&VIRTUAL_MACHINE), (2, 0)),
    ],
};

/// `CrashOptions`
pub static CRASH_OPTIONS: Type = Type {
    name: "CrashOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Type", OneOf(&CRASH_TYPE), (2, 3))],
};

/// `HostedSystem`
pub static HOSTED_SYSTEM: Type = Type {
    name: "HostedSystem",
    formerly: None,
    since: (2, 0),
    until: None,
    // What hcsshim gives for a Linux container is for the agent in its machine, which alone looks at it.
    members: &[
        m("Container", Object(&CONTAINER), (2, 0)),
        m("OciBundlePath", Text, (2, 0)).used_by("hcsshim"),
        m("OciSpecification", Anything, (2, 0)).used_by("hcsshim"),
        m("SchemaVersion", Object(&VERSION), (2, 0)),
        m("ScratchDirPath", Text, (2, 0)).used_by("hcsshim"),
    ],
};

/// `ModifySettingRequest`
pub static MODIFY_SETTING_REQUEST: Type = Type {
    name: "ModifySettingRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("GuestRequest", Anything, (2, 1)),
        m("RequestType", OneOf(&MODIFY_REQUEST_TYPE), (2, 0)),
        m("ResourcePath", Text, (2, 1)),
        m("Settings", Anything, (2, 0)),
    ],
};

/// `PauseNotification`
pub static PAUSE_NOTIFICATION: Type = Type {
    name: "PauseNotification",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Reason", OneOf(&PAUSE_REASON), (2, 1))],
};

/// `PauseOptions`
pub static PAUSE_OPTIONS: Type = Type {
    name: "PauseOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("HostedNotification", Object(&PAUSE_NOTIFICATION), (2, 1)),
        m("SuspensionLevel", OneOf(&PAUSE_SUSPENSION_LEVEL), (2, 0)),
    ],
};

/// `SaveOptions`
pub static SAVE_OPTIONS: Type = Type {
    name: "SaveOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("SaveStateFilePath", Text, (2, 1)), m("SaveType", OneOf(&SAVE_TYPE), (2, 1))],
};

/// `ShutdownOptions`
pub static SHUTDOWN_OPTIONS: Type = Type {
    name: "ShutdownOptions",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("Force", Boolean, (2, 5)),
        m("Mechanism", OneOf(&SHUTDOWN_MECHANISM), (2, 5)),
        m("Reason", Text, (2, 5)),
        m("Type", OneOf(&SHUTDOWN_TYPE), (2, 5)),
    ],
};

/// `SystemQuery`
pub static SYSTEM_QUERY: Type = Type {
    name: "SystemQuery",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Ids", Array(&Text), (2, 1)),
        m("Names", Array(&Text), (2, 1)),
        m("Owners", Array(&Text), (2, 1)),
        m("Types", Array(&OneOf(&SYSTEM_TYPE)), (2, 1)),
    ],
};

/// `System_PropertyQuery`
pub static SYSTEM_PROPERTY_QUERY: Type = Type {
    name: "System_PropertyQuery",
    formerly: Some("PropertyQuery_2"),
    since: (2, 0),
    until: None,
    members: &[m("PropertyTypes", Array(&OneOf(&SYSTEM_PROPERTY_TYPE)), (2, 1)), m("Queries", Map(&Anything), (2, 5))],
};

/// `CrashType`
pub static CRASH_TYPE: Choice = Choice { name: "CrashType", formerly: None, values: &[v("CrashGuest", (2, 3))] };

/// `ModifyRequestType`
pub static MODIFY_REQUEST_TYPE: Choice = Choice {
    name: "ModifyRequestType",
    formerly: None,
    values: &[v("Add", (2, 0)), v("Remove", (2, 0)), v("Update", (2, 0))],
};

/// `PauseReason`
pub static PAUSE_REASON: Choice = Choice {
    name: "PauseReason",
    formerly: None,
    values: &[v("None", (2, 1)), v("Save", (2, 1)), v("Template", (2, 1))],
};

/// `PauseSuspensionLevel`
pub static PAUSE_SUSPENSION_LEVEL: Choice = Choice {
    name: "PauseSuspensionLevel",
    formerly: None,
    values: &[v("Suspend", (2, 0)), v("MemoryLow", (2, 0)), v("MemoryMedium", (2, 0)), v("MemoryHigh", (2, 0))],
};

/// `SaveType`
pub static SAVE_TYPE: Choice =
    Choice { name: "SaveType", formerly: None, values: &[v("ToFile", (2, 1)), v("AsTemplate", (2, 1))] };

/// `ShutdownMechanism`
pub static SHUTDOWN_MECHANISM: Choice = Choice {
    name: "ShutdownMechanism",
    formerly: None,
    values: &[v("GuestConnection", (2, 5)), v("IntegrationService", (2, 5))],
};

/// `ShutdownType`
pub static SHUTDOWN_TYPE: Choice = Choice {
    name: "ShutdownType",
    formerly: None,
    values: &[v("Shutdown", (2, 5)), v("Hibernate", (2, 5)), v("Reboot", (2, 5))],
};

/// `SystemType`
pub static SYSTEM_TYPE: Choice = Choice {
    name: "SystemType",
    formerly: None,
    values: &[v("Container", (2, 1)), v("VirtualMachine", (2, 1)), v("Host", (2, 0)).until((2, 4))],
};

/// `System_PropertyType`
pub static SYSTEM_PROPERTY_TYPE: Choice = Choice {
    name: "System_PropertyType",
    formerly: Some("PropertyType_2"),
    values: &[
        v("Memory", (2, 1)),
        v("Statistics", (2, 1)),
        v("ProcessList", (2, 1)),
        v("TerminateOnLastHandleClosed", (2, 1)),
        v("SharedMemoryRegion", (2, 1)),
        v("GuestConnection", (2, 1)),
        v("GuestMemory", (2, 0)).used_by("hcsshim schema2"),
        v("ICHeartbeatStatus", (2, 0)).used_by("hcsshim schema2"),
        v("Basic", (2, 0)).used_by("appsandbox"),
        v("ContainerCredentialGuard", (2, 0)).used_by("hcsshim schema2"),
        v("CpuGroup", (2, 0)).used_by("hcsshim schema2"),
        v("ProcessorTopology", (2, 0)).used_by("hcsshim schema2"),
        v("SystemGUID", (2, 0)).used_by("hcsshim schema2"),
    ],
};
