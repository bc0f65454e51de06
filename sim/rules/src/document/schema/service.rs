//! The service's own properties and settings: CPU groups, credential guard, topology.

use super::answer::PROPERTY_RESPONSE;
use super::{Anything, Array, Boolean, Choice, Guid, I32, Map, Object, OneOf, Text, Type, U8, U32, U64, m, v};

/// `BasicInformation`
pub static BASIC_INFORMATION: Type = Type {
    name: "BasicInformation",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("SupportedSchemaVersions", Array(&Object(&VERSION)), (2, 1))],
};

/// `ContainerCredentialGuardAddInstanceRequest`
pub static CONTAINER_CREDENTIAL_GUARD_ADD_INSTANCE_REQUEST: Type = Type {
    name: "ContainerCredentialGuardAddInstanceRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("CredentialSpec", Text, (2, 1)),
        m("Id", Text, (2, 1)),
        m("Transport", OneOf(&CONTAINER_CREDENTIAL_GUARD_TRANSPORT), (2, 1)),
    ],
};

/// `ContainerCredentialGuardHvSocketServiceConfig`
pub static CONTAINER_CREDENTIAL_GUARD_HV_SOCKET_SERVICE_CONFIG: Type = Type {
    name: "ContainerCredentialGuardHvSocketServiceConfig",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("ServiceConfig", Object(&HV_SOCKET_SERVICE_CONFIG), (2, 1)), m("ServiceId", Guid, (2, 1))],
};

/// `ContainerCredentialGuardInstance`
pub static CONTAINER_CREDENTIAL_GUARD_INSTANCE: Type = Type {
    name: "ContainerCredentialGuardInstance",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("CredentialGuard", Object(&CONTAINER_CREDENTIAL_GUARD_STATE), (2, 1)),
        m("HvSocketConfig", Object(&CONTAINER_CREDENTIAL_GUARD_HV_SOCKET_SERVICE_CONFIG), (2, 1)),
        m("Id", Text, (2, 1)),
    ],
};

/// `ContainerCredentialGuardOperationRequest`
pub static CONTAINER_CREDENTIAL_GUARD_OPERATION_REQUEST: Type = Type {
    name: "ContainerCredentialGuardOperationRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Operation", OneOf(&CONTAINER_CREDENTIAL_GUARD_MODIFY_OPERATION), (2, 1)),
        m("OperationDetails", Anything, (2, 1)),
    ],
};

/// `ContainerCredentialGuardRemoveInstanceRequest`
pub static CONTAINER_CREDENTIAL_GUARD_REMOVE_INSTANCE_REQUEST: Type = Type {
    name: "ContainerCredentialGuardRemoveInstanceRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Id", Text, (2, 1))],
};

/// `ContainerCredentialGuardState`
pub static CONTAINER_CREDENTIAL_GUARD_STATE: Type = Type {
    name: "ContainerCredentialGuardState",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Cookie", Text, (2, 1)),
        m("CredentialSpec", Text, (2, 1)),
        m("RpcEndpoint", Text, (2, 1)),
        m("Transport", OneOf(&CONTAINER_CREDENTIAL_GUARD_TRANSPORT), (2, 1)),
    ],
};

/// `ContainerCredentialGuardSystemInfo`
pub static CONTAINER_CREDENTIAL_GUARD_SYSTEM_INFO: Type = Type {
    name: "ContainerCredentialGuardSystemInfo",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Instances", Array(&Object(&CONTAINER_CREDENTIAL_GUARD_INSTANCE)), (2, 1))],
};

/// `CpuGroupAffinity`
pub static CPU_GROUP_AFFINITY: Type = Type {
    name: "CpuGroupAffinity",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("LogicalProcessorCount", U32, (2, 1)), m("LogicalProcessors", Array(&U32), (2, 1))],
};

/// `CpuGroupConfig`
pub static CPU_GROUP_CONFIG: Type = Type {
    name: "CpuGroupConfig",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("Affinity", Object(&CPU_GROUP_AFFINITY), (2, 1)),
        m("GroupId", Guid, (2, 1)),
        m("GroupProperties", Array(&Object(&CPU_GROUP_PROPERTY)), (2, 1)),
        m("HypervisorGroupId", U64, (2, 5)),
    ],
};

/// `CpuGroupConfigurations`
pub static CPU_GROUP_CONFIGURATIONS: Type = Type {
    name: "CpuGroupConfigurations",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("CpuGroups", Array(&Object(&CPU_GROUP_CONFIG)), (2, 1))],
};

/// `CpuGroupProperty`
pub static CPU_GROUP_PROPERTY: Type = Type {
    name: "CpuGroupProperty",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("PropertyCode", U32, (2, 1)), m("PropertyValue", U64, (2, 1))],
};

/// `CreateGroupOperation`
pub static CREATE_GROUP_OPERATION: Type = Type {
    name: "CreateGroupOperation",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("GroupId", Guid, (2, 1)),
        m("LogicalProcessorCount", U32, (2, 1)),
        m("LogicalProcessors", Array(&U32), (2, 1)),
    ],
};

/// `DeleteGroupOperation`
pub static DELETE_GROUP_OPERATION: Type = Type {
    name: "DeleteGroupOperation",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("GroupId", Guid, (2, 1))],
};

/// `FilteredPropertyQuery`
pub static FILTERED_PROPERTY_QUERY: Type = Type {
    name: "FilteredPropertyQuery",
    formerly: None,
    since: (2, 0),
    until: Some((2, 4)),
    members: &[
        m("Filter", Anything, (2, 0)).until((2, 4)),
        m("PropertyType", OneOf(&GET_PROPERTY_TYPE), (2, 0)).until((2, 4)),
    ],
};

/// `HostProcessorModificationRequest`
pub static HOST_PROCESSOR_MODIFICATION_REQUEST: Type = Type {
    name: "HostProcessorModificationRequest",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Operation", OneOf(&MODIFY_SERVICE_OPERATION), (2, 1)), m("OperationDetails", Anything, (2, 1))],
};

/// `HvSocketServiceConfig`
pub static HV_SOCKET_SERVICE_CONFIG: Type = Type {
    name: "HvSocketServiceConfig",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("AllowWildcardBinds", Boolean, (2, 0)),
        m("BindSecurityDescriptor", Text, (2, 0)),
        m("ConnectSecurityDescriptor", Text, (2, 0)),
        m("Disabled", Anything, (2, 0)).used_by("hcsshim schema2"),
    ],
};

/// `LogicalProcessor`
pub static LOGICAL_PROCESSOR: Type = Type {
    name: "LogicalProcessor",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("CoreId", U32, (2, 1)),
        m("LpIndex", U32, (2, 1)),
        m("NodeNumber", U8, (2, 1)),
        m("PackageId", U32, (2, 1)),
        m("RootVpIndex", I32, (2, 1)),
        m("Subnodes", Array(&Object(&SUBNODE)), (2, 4)),
    ],
};

/// `ModificationRequest`
pub static MODIFICATION_REQUEST: Type = Type {
    name: "ModificationRequest",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("PropertyType", OneOf(&MODIFY_PROPERTY_TYPE), (2, 1)), m("Settings", Anything, (2, 1))],
};

/// `ProcessorTopology`
pub static PROCESSOR_TOPOLOGY: Type = Type {
    name: "ProcessorTopology",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("LogicalProcessorCount", U32, (2, 1)),
        m("LogicalProcessors", Array(&Object(&LOGICAL_PROCESSOR)), (2, 1)),
    ],
};

/// `QoSCapabilities`
pub static QO_S_CAPABILITIES: Type = Type {
    name: "QoSCapabilities",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("ProcessorQoSSupported", Boolean, (2, 1))],
};

/// `ServiceProperties`
pub static SERVICE_PROPERTIES: Type = Type {
    name: "ServiceProperties",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("Properties", Array(&Anything), (2, 1)),
        m("PropertyResponses", Map(&Object(&PROPERTY_RESPONSE)), (2, 5)),
    ],
};

/// `Service_PropertyQuery`
pub static SERVICE_PROPERTY_QUERY: Type = Type {
    name: "Service_PropertyQuery",
    formerly: Some("PropertyQuery"),
    since: (2, 0),
    until: None,
    members: &[
        m("FilteredQueries", Array(&Object(&FILTERED_PROPERTY_QUERY)), (2, 0)).until((2, 4)),
        m("PropertyQueries", Map(&Anything), (2, 5)),
        m("PropertyTypes", Array(&OneOf(&GET_PROPERTY_TYPE)), (2, 1)),
    ],
};

/// `SetPropertyOperation`
pub static SET_PROPERTY_OPERATION: Type = Type {
    name: "SetPropertyOperation",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("GroupId", Guid, (2, 1)), m("PropertyCode", U32, (2, 1)), m("PropertyValue", U64, (2, 1))],
};

/// `Subnode`
pub static SUBNODE: Type = Type {
    name: "Subnode",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("Id", U64, (2, 4)), m("Type", OneOf(&SUBNODE_TYPE), (2, 4))],
};

/// `SystemProcessorModificationRequest`
pub static SYSTEM_PROCESSOR_MODIFICATION_REQUEST: Type = Type {
    name: "SystemProcessorModificationRequest",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("GroupId", Guid, (2, 1))],
};

/// `Version`
pub static VERSION: Type = Type {
    name: "Version",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("Major", U32, (2, 0)), m("Minor", U32, (2, 0))],
};

/// `ContainerCredentialGuardModifyOperation`
pub static CONTAINER_CREDENTIAL_GUARD_MODIFY_OPERATION: Choice = Choice {
    name: "ContainerCredentialGuardModifyOperation",
    formerly: None,
    values: &[v("AddInstance", (2, 1)), v("RemoveInstance", (2, 1))],
};

/// `ContainerCredentialGuardTransport`
pub static CONTAINER_CREDENTIAL_GUARD_TRANSPORT: Choice = Choice {
    name: "ContainerCredentialGuardTransport",
    formerly: None,
    values: &[v("LRPC", (2, 1)), v("HvSocket", (2, 1))],
};

/// `GetPropertyType`
pub static GET_PROPERTY_TYPE: Choice = Choice {
    name: "GetPropertyType",
    formerly: Some("PropertyType"),
    values: &[
        v("Basic", (2, 1)),
        v("CpuGroup", (2, 1)),
        v("ProcessorTopology", (2, 1)),
        v("ContainerCredentialGuard", (2, 1)),
        v("QoSCapabilities", (2, 1)),
        v("Memory", (2, 0)).used_by("the documentation's service sample"),
        v("CacheAllocation", (2, 0)).until((2, 4)),
        v("CacheMonitoring", (2, 0)).until((2, 4)),
        v("MemoryBwAllocation", (2, 0)).until((2, 4)),
        v("Undefined", (2, 0)).until((2, 4)),
    ],
};

/// `ModifyPropertyType`
pub static MODIFY_PROPERTY_TYPE: Choice = Choice {
    name: "ModifyPropertyType",
    formerly: None,
    values: &[v("CpuGroup", (2, 1)), v("ContainerCredentialGuard", (2, 1))],
};

/// `ModifyServiceOperation`
pub static MODIFY_SERVICE_OPERATION: Choice = Choice {
    name: "ModifyServiceOperation",
    formerly: None,
    values: &[v("CreateGroup", (2, 1)), v("DeleteGroup", (2, 1)), v("SetProperty", (2, 1))],
};

/// `SubnodeType`
pub static SUBNODE_TYPE: Choice = Choice {
    name: "SubnodeType",
    formerly: None,
    values: &[v("Any", (2, 4)), v("Socket", (2, 4)), v("Cluster", (2, 4)), v("L3", (2, 4))],
};
