//! Settings that only modify requests carry, and requests to the guest.

use super::container::LAYER;
use super::system::MODIFY_REQUEST_TYPE;
use super::{Anything, Array, Boolean, Choice, Guid, I32, Map, Object, OneOf, Text, Type, U8, U16, U32, U64, m, v};

/// `CimMount`
pub static CIM_MOUNT: Type = Type {
    name: "CimMount",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("FileSystemName", Text, (2, 3)),
        m("ImagePath", Text, (2, 3)),
        m("MountFlags", U32, (2, 5)),
        m("VolumeGuid", Guid, (2, 3)),
    ],
};

/// `CombinedLayers`
pub static COMBINED_LAYERS: Type = Type {
    name: "CombinedLayers",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("ContainerRootPath", Text, (2, 0)),
        m("Layers", Array(&Object(&LAYER)), (2, 0)),
        m("ScratchPath", Text, (2, 0)),
    ],
};

/// `ConsoleImage`
pub static CONSOLE_IMAGE: Type =
    Type { name: "ConsoleImage", formerly: None, since: (2, 5), until: None, members: &[m("Image", Text, (2, 5))] };

/// `ConsoleImageQuery`
pub static CONSOLE_IMAGE_QUERY: Type = Type {
    name: "ConsoleImageQuery",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Flags", U32, (2, 5)), m("Height", U16, (2, 5)), m("Width", U16, (2, 5))],
};

/// `GpuConfiguration`
pub static GPU_CONFIGURATION: Type = Type {
    name: "GpuConfiguration",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AllowVendorExtension", Boolean, (2, 0)),
        m("AssignmentMode", OneOf(&GPU_ASSIGNMENT_MODE), (2, 0)),
        m("AssignmentRequest", Map(&U16), (2, 0)),
        m("DisableGdiAcceleration", Anything, (2, 0)).used_by("WSL"),
        m("DisablePresentation", Anything, (2, 0)).used_by("WSL"),
    ],
};

/// `GuestModifySettingRequest`
pub static GUEST_MODIFY_SETTING_REQUEST: Type = Type {
    name: "GuestModifySettingRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("RequestType", OneOf(&MODIFY_REQUEST_TYPE), (2, 1)),
        m("ResourceType", OneOf(&MODIFY_RESOURCE_TYPE), (2, 1)),
        m("Settings", Anything, (2, 1)),
    ],
};

/// `HvSocketAddress`
pub static HV_SOCKET_ADDRESS: Type = Type {
    name: "HvSocketAddress",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("LocalAddress", Guid, (2, 1)), m("ParentAddress", Guid, (2, 1))],
};

/// `IdleProcessorsRequest`
pub static IDLE_PROCESSORS_REQUEST: Type = Type {
    name: "IdleProcessorsRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("IdleProcessorCount", U32, (2, 3))],
};

/// `KvpQuery`
pub static KVP_QUERY: Type = Type {
    name: "KvpQuery",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Keys", Array(&Text), (2, 5)), m("Source", OneOf(&KVP_SOURCE), (2, 5))],
};

/// `MappedVirtualDisk`
pub static MAPPED_VIRTUAL_DISK: Type = Type {
    name: "MappedVirtualDisk",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("ContainerPath", Text, (2, 1)), m("Lun", U8, (2, 1))],
};

/// `ProcessorLimits`
pub static PROCESSOR_LIMITS: Type = Type {
    name: "ProcessorLimits",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("Limit", U64, (2, 4)),
        m("MaximumFrequencyMHz", U32, (2, 4)),
        m("Reservation", U64, (2, 4)),
        m("Weight", U64, (2, 4)),
    ],
};

/// `RegistryFlushState`
pub static REGISTRY_FLUSH_STATE: Type = Type {
    name: "RegistryFlushState",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Enabled", Boolean, (2, 1))],
};

/// `SystemTime`
pub static SYSTEM_TIME: Type = Type {
    name: "SystemTime",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Day", U16, (2, 1)),
        m("DayOfWeek", U16, (2, 1)),
        m("Hour", U16, (2, 1)),
        m("Milliseconds", U16, (2, 1)),
        m("Minute", U16, (2, 1)),
        m("Month", U16, (2, 1)),
        m("Second", U16, (2, 1)),
        m("Year", U16, (2, 1)),
    ],
};

/// `TimeZoneInformation`
pub static TIME_ZONE_INFORMATION: Type = Type {
    name: "TimeZoneInformation",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Bias", I32, (2, 1)),
        m("DaylightBias", I32, (2, 1)),
        m("DaylightDate", Object(&SYSTEM_TIME), (2, 1)),
        m("DaylightName", Text, (2, 1)),
        m("StandardBias", I32, (2, 1)),
        m("StandardDate", Object(&SYSTEM_TIME), (2, 1)),
        m("StandardName", Text, (2, 1)),
    ],
};

/// `GpuAssignmentMode`
pub static GPU_ASSIGNMENT_MODE: Choice = Choice {
    name: "GpuAssignmentMode",
    formerly: None,
    values: &[v("Disabled", (2, 0)), v("Default", (2, 0)), v("List", (2, 0)), v("Mirror", (2, 0))],
};

/// `KvpSource`
pub static KVP_SOURCE: Choice = Choice {
    name: "KvpSource",
    formerly: None,
    values: &[v("KvpSetByHost", (2, 5)), v("KvpSetByGuest", (2, 5)), v("GuestOSInfo", (2, 5))],
};

/// `ModifyResourceType`
pub static MODIFY_RESOURCE_TYPE: Choice = Choice {
    name: "ModifyResourceType",
    formerly: None,
    values: &[
        v("Memory", (2, 0)),
        v("MappedDirectory", (2, 0)),
        v("MappedPipe", (2, 0)),
        v("MappedVirtualDisk", (2, 0)),
        v("CombinedLayers", (2, 0)),
        v("NetworkNamespace", (2, 1)),
        v("CimMount", (2, 3)),
    ],
};
