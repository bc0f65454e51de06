//! Silo definitions: the device namespaces of `Container.AdditionalDeviceNamespace`, and what they are made of.

use super::{Array, Boolean, Choice, Guid, Object, OneOf, Text, Type, U32, U64, m, v};

/// `ContainersDef_BatchedBinding`
pub static CONTAINERS_DEF_BATCHED_BINDING: Type = Type {
    name: "ContainersDef_BatchedBinding",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("bindingroots", Array(&Text), (2, 3)), m("filepath", Text, (2, 3))],
};

/// `ContainersDef_Container`
pub static CONTAINERS_DEF_CONTAINER: Type = Type {
    name: "ContainersDef_Container",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("namespace", Object(&NAMESPACE), (2, 3))],
};

/// `ContainersDef_Device`
pub static CONTAINERS_DEF_DEVICE: Type = Type {
    name: "ContainersDef_Device",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("device_extension", Array(&Object(&DEVICE_EXTENSION)), (2, 3))],
};

/// `DeviceCategory`
pub static DEVICE_CATEGORY: Type = Type {
    name: "DeviceCategory",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("interface_class", Array(&Object(&INTERFACE_CLASS)), (2, 3)), m("name", Text, (2, 3))],
};

/// `DeviceExtension`
pub static DEVICE_EXTENSION: Type = Type {
    name: "DeviceExtension",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("device_category", Object(&DEVICE_CATEGORY), (2, 3)), m("namespace", Object(&NAMESPACE), (2, 3))],
};

/// `DeviceInstance`
pub static DEVICE_INSTANCE: Type = Type {
    name: "DeviceInstance",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("id", Text, (2, 3)),
        m("interface_class", Array(&Object(&INTERFACE_CLASS)), (2, 3)),
        m("location_path", Text, (2, 3)),
        m("port_name", Text, (2, 3)),
    ],
};

/// `DeviceNamespace`
pub static DEVICE_NAMESPACE: Type = Type {
    name: "DeviceNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("device_category", Array(&Object(&DEVICE_CATEGORY)), (2, 3)),
        m("device_instance", Array(&Object(&DEVICE_INSTANCE)), (2, 3)),
        m("requires_driverstore", Boolean, (2, 3)),
    ],
};

/// `FilesystemLayer`
pub static FILESYSTEM_LAYER: Type = Type {
    name: "FilesystemLayer",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("identifier", Guid, (2, 3)), m("path", Text, (2, 3))],
};

/// `FilesystemNamespace`
pub static FILESYSTEM_NAMESPACE: Type = Type {
    name: "FilesystemNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("bindings", Array(&Object(&CONTAINERS_DEF_BATCHED_BINDING)), (2, 3)),
        m("isolation", OneOf(&FILESYSTEM_ISOLATION_MODE), (2, 3)),
        m("layer", Array(&Object(&FILESYSTEM_LAYER)), (2, 3)),
        m("nesting", OneOf(&FILESYSTEM_NESTING_MODE), (2, 3)),
        m("path", Text, (2, 3)),
    ],
};

/// `HostFiles`
pub static HOST_FILES: Type = Type {
    name: "HostFiles",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("base_image_path", Text, (2, 3)), m("file", Array(&Text), (2, 3)), m("sandbox_path", Text, (2, 3))],
};

/// `InterfaceClass`
pub static INTERFACE_CLASS: Type = Type {
    name: "InterfaceClass",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("identifier", Guid, (2, 3)),
        m("recurse", Boolean, (2, 3)),
        m("type", OneOf(&INTERFACE_CLASS_TYPE), (2, 3)),
    ],
};

/// `JobCpu`
pub static JOB_CPU: Type = Type {
    name: "JobCpu",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("rate", U32, (2, 3)), m("weight", U32, (2, 3))],
};

/// `JobMemory`
pub static JOB_MEMORY: Type =
    Type { name: "JobMemory", formerly: None, since: (2, 5), until: None, members: &[m("limit", U64, (2, 3))] };

/// `JobNamespace`
pub static JOB_NAMESPACE: Type = Type {
    name: "JobNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("cpu", Object(&JOB_CPU), (2, 3)),
        m("memory", Object(&JOB_MEMORY), (2, 3)),
        m("systemroot", Object(&JOB_SYSTEM_ROOT), (2, 3)),
        m("terminationpolicy", OneOf(&JOB_TERMINATION_POLICY), (2, 3)),
        m("threadimpersonation", Boolean, (2, 3)),
    ],
};

/// `JobSystemRoot`
pub static JOB_SYSTEM_ROOT: Type =
    Type { name: "JobSystemRoot", formerly: None, since: (2, 5), until: None, members: &[m("path", Text, (2, 3))] };

/// `MountManagerMountPoint`
pub static MOUNT_MANAGER_MOUNT_POINT: Type = Type {
    name: "MountManagerMountPoint",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("name", Text, (2, 3)), m("path", Text, (2, 3))],
};

/// `MountManagerNamespace`
pub static MOUNT_MANAGER_NAMESPACE: Type = Type {
    name: "MountManagerNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("mount_point", Array(&Object(&MOUNT_MANAGER_MOUNT_POINT)), (2, 3))],
};

/// `NamedPipeNamespace`
pub static NAMED_PIPE_NAMESPACE: Type = Type {
    name: "NamedPipeNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("symlink", Array(&Object(&NAMED_PIPE_SYMLINK)), (2, 3))],
};

/// `NamedPipeSymlink`
pub static NAMED_PIPE_SYMLINK: Type = Type {
    name: "NamedPipeSymlink",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("name", Text, (2, 3)), m("path", Text, (2, 3))],
};

/// `Namespace`
pub static NAMESPACE: Type = Type {
    name: "Namespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("device", Object(&DEVICE_NAMESPACE), (2, 3)),
        m("filesystem", Object(&FILESYSTEM_NAMESPACE), (2, 3)),
        m("hostfiles", Object(&HOST_FILES), (2, 3)),
        m("job", Object(&JOB_NAMESPACE), (2, 3)),
        m("mountmgr", Object(&MOUNT_MANAGER_NAMESPACE), (2, 3)),
        m("namedpipe", Object(&NAMED_PIPE_NAMESPACE), (2, 3)),
        m("network", Object(&NETWORK_NAMESPACE), (2, 3)),
        m("ob", Object(&OBJECT_NAMESPACE), (2, 3)),
        m("registry", Object(&REGISTRY_NAMESPACE), (2, 3)),
    ],
};

/// `NetworkNamespace`
pub static NETWORK_NAMESPACE: Type = Type {
    name: "NetworkNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("compartment", Text, (2, 3))],
};

/// `ObjectDirectory`
pub static OBJECT_DIRECTORY: Type = Type {
    name: "ObjectDirectory",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("clonesd", Text, (2, 3)),
        m("name", Text, (2, 3)),
        m("objdir", Array(&Object(&OBJECT_DIRECTORY)), (2, 3)),
        m("shadow", OneOf(&OBJECT_DIRECTORY_SHADOW), (2, 3)),
        m("symlink", Array(&Object(&OBJECT_SYMLINK)), (2, 3)),
    ],
};

/// `ObjectNamespace`
pub static OBJECT_NAMESPACE: Type = Type {
    name: "ObjectNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("objdir", Array(&Object(&OBJECT_DIRECTORY)), (2, 3)),
        m("shadow", OneOf(&OBJECT_DIRECTORY_SHADOW), (2, 3)),
        m("symlink", Array(&Object(&OBJECT_SYMLINK)), (2, 3)),
    ],
};

/// `ObjectSymlink`
pub static OBJECT_SYMLINK: Type = Type {
    name: "ObjectSymlink",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("access_mask", U32, (2, 3)),
        m("name", Text, (2, 3)),
        m("path", Text, (2, 3)),
        m("pathtoclone", Text, (2, 3)),
        m("scope", OneOf(&OBJECT_SYMLINK_SCOPE), (2, 3)),
    ],
};

/// `RegistryDeleteKey`
pub static REGISTRY_DELETE_KEY: Type =
    Type { name: "RegistryDeleteKey", formerly: None, since: (2, 5), until: None, members: &[m("name", Text, (2, 3))] };

/// `RegistryHiveStack`
pub static REGISTRY_HIVE_STACK: Type = Type {
    name: "RegistryHiveStack",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("delkey", Array(&Object(&REGISTRY_DELETE_KEY)), (2, 3)),
        m("hive", Text, (2, 3)),
        m("layer", Array(&Object(&REGISTRY_LAYER)), (2, 3)),
        m("mkkey", Array(&Object(&REGISTRY_MAKE_KEY)), (2, 3)),
    ],
};

/// `RegistryLayer`
pub static REGISTRY_LAYER: Type = Type {
    name: "RegistryLayer",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("fileaccesstoken", U64, (2, 3)),
        m("filepath", Text, (2, 3)),
        m("hosthive", Text, (2, 3)),
        m("identifier", Guid, (2, 3)),
        m("immutable", Boolean, (2, 3)),
        m("inherittrustclass", Boolean, (2, 3)),
        m("readonly", Boolean, (2, 3)),
        m("trustedhive", Boolean, (2, 0)),
        m("writethrough", Boolean, (2, 3)),
    ],
};

/// `RegistryMakeKey`
pub static REGISTRY_MAKE_KEY: Type = Type {
    name: "RegistryMakeKey",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("clonesd", Text, (2, 3)),
        m("mkkey", Array(&Object(&REGISTRY_MAKE_KEY)), (2, 3)),
        m("mkvalue", Array(&Object(&REGISTRY_MAKE_VALUE)), (2, 3)),
        m("name", Text, (2, 3)),
        m("volatile", Boolean, (2, 3)),
    ],
};

/// `RegistryMakeValue`
pub static REGISTRY_MAKE_VALUE: Type = Type {
    name: "RegistryMakeValue",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("data_binary", Text, (2, 3)),
        m("data_dword", U32, (2, 3)),
        m("data_multistring", Text, (2, 3)),
        m("data_string", Text, (2, 3)),
        m("name", Text, (2, 3)),
    ],
};

/// `RegistryNamespace`
pub static REGISTRY_NAMESPACE: Type = Type {
    name: "RegistryNamespace",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("hivestack", Array(&Object(&REGISTRY_HIVE_STACK)), (2, 3)),
        m("redirectionnode", Array(&Object(&REGISTRY_REDIRECTION_NODE)), (2, 3)),
        m("symlink", Array(&Object(&REGISTRY_SYMLINK)), (2, 3)),
    ],
};

/// `RegistryRedirectionNode`
pub static REGISTRY_REDIRECTION_NODE: Type = Type {
    name: "RegistryRedirectionNode",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[
        m("access_mask", U32, (2, 3)),
        m("containerpath", Text, (2, 3)),
        m("exitnode", Boolean, (2, 3)),
        m("hivestack", Text, (2, 3)),
        m("hostpath", Text, (2, 3)),
        m("trustedhive", Boolean, (2, 3)),
    ],
};

/// `RegistrySymlink`
pub static REGISTRY_SYMLINK: Type = Type {
    name: "RegistrySymlink",
    formerly: None,
    since: (2, 5),
    until: None,
    members: &[m("key", Text, (2, 3)), m("target", Text, (2, 3))],
};

/// `FilesystemIsolationMode`
pub static FILESYSTEM_ISOLATION_MODE: Choice =
    Choice { name: "FilesystemIsolationMode", formerly: None, values: &[v("hard", (2, 3)), v("soft", (2, 3))] };

/// `FilesystemNestingMode`
pub static FILESYSTEM_NESTING_MODE: Choice =
    Choice { name: "FilesystemNestingMode", formerly: None, values: &[v("inner", (2, 3)), v("outer", (2, 3))] };

/// `InterfaceClassType`
pub static INTERFACE_CLASS_TYPE: Choice = Choice {
    name: "InterfaceClassType",
    formerly: None,
    values: &[v("Inherit", (2, 3)), v("DeviceInstance", (2, 3)), v("ClassGuid", (2, 3))],
};

/// `JobTerminationPolicy`
pub static JOB_TERMINATION_POLICY: Choice = Choice {
    name: "JobTerminationPolicy",
    formerly: None,
    values: &[v("PermanentQuiescent", (2, 3)), v("KillOnHandleClose", (2, 3))],
};

/// `ObjectDirectoryShadow`
pub static OBJECT_DIRECTORY_SHADOW: Choice = Choice {
    name: "ObjectDirectoryShadow",
    formerly: None,
    values: &[v("false", (2, 3)), v("true", (2, 3)), v("ifexists", (2, 3))],
};

/// `ObjectSymlinkScope`
pub static OBJECT_SYMLINK_SCOPE: Choice = Choice {
    name: "ObjectSymlinkScope",
    formerly: None,
    values: &[v("Local", (2, 3)), v("Global", (2, 3)), v("GlobalDropSilo", (2, 3))],
};
