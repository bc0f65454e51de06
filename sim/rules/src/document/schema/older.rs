//! Types that only the schema files before Server 2022 hold. Nothing refers to them any more.

use super::service::VERSION;
use super::{Anything, Array, Choice, Guid, Map, Object, OneOf, Text, Type, U8, U32, m, v};

/// `Device_2`
pub static DEVICE_2: Type = Type {
    name: "Device_2",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("States", Map(&Anything), (2, 0)).until((2, 4)),
        m("Type", Guid, (2, 0)).until((2, 4)),
        m("Version", Object(&VERSION), (2, 0)).until((2, 4)),
    ],
};

/// `NetworkModifySettingRequest`
pub static NETWORK_MODIFY_SETTING_REQUEST: Type = Type {
    name: "NetworkModifySettingRequest",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("AdapterId", Text, (2, 0)).until((2, 4)),
        m("RequestType", OneOf(&NETWORK_MODIFY_REQUEST_TYPE), (2, 0)).until((2, 4)),
        m("Settings", Anything, (2, 0)).until((2, 4)),
    ],
};

/// `Nvram`
pub static NVRAM: Type = Type {
    name: "Nvram",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("LastUpdateTime", Text, (2, 0)).until((2, 4)),
        m("Vendors", Map(&Object(&NVRAM_VENDOR)), (2, 0)).until((2, 4)),
    ],
};

/// `NvramVariable`
pub static NVRAM_VARIABLE: Type = Type {
    name: "NvramVariable",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("Attributes", U32, (2, 0)).until((2, 4)),
        m("Data", Array(&U8), (2, 0)).until((2, 4)),
        m("Timestamp", Text, (2, 0)).until((2, 4)),
    ],
};

/// `NvramVendor`
pub static NVRAM_VENDOR: Type = Type {
    name: "NvramVendor",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[m("Variables", Anything, (2, 0)).until((2, 4))],
};

/// `Rs4NetworkModifySettingRequest`
pub static RS4_NETWORK_MODIFY_SETTING_REQUEST: Type = Type {
    name: "Rs4NetworkModifySettingRequest",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("AdapterInstanceID", Guid, (2, 0)).until((2, 4)),
        m("RequestType", OneOf(&NETWORK_MODIFY_REQUEST_TYPE), (2, 0)).until((2, 4)),
        m("Settings", Anything, (2, 0)).until((2, 4)),
    ],
};

/// `RuntimeState`
pub static RUNTIME_STATE: Type = Type {
    name: "RuntimeState",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("Devices", Map(&Object(&DEVICE_2)), (2, 0)).until((2, 4)),
        m("Version", Object(&VERSION), (2, 0)).until((2, 4)),
    ],
};

/// `NetworkModifyRequestType`
pub static NETWORK_MODIFY_REQUEST_TYPE: Choice = Choice {
    name: "NetworkModifyRequestType",
    formerly: None,
    values: &[v("PreAdd", (2, 0)).until((2, 4)), v("Add", (2, 0)).until((2, 4)), v("Remove", (2, 0)).until((2, 4))],
};
