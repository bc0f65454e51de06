//! The arguments stage: what a call returns for an argument that is malformed in itself. Handles have their own stage.

use crate::closed::closed;
use crate::disk::ON_DISKS;
use crate::evidence::{Source, assumed, client, documented, header, observed};
use crate::file::ON_FILES;
use crate::hresult::Hresult;
use crate::layer::ON_LAYERS;
use crate::legacy;
use crate::total::by_call;
use crate::vocabulary::{Call, Calls};

closed! {
    /// What is wrong with an argument.
    pub enum ArgumentFault, ArgumentFaults {
        /// The id is NULL.
        NullId,
        /// The id is empty.
        EmptyId,
        /// The id is not well-formed UTF-16.
        MalformedId,
        /// The configuration is NULL.
        NullConfiguration,
        /// The pointer for the handle is NULL.
        NullOut,
        /// The requested access is not `GENERIC_ALL`.
        Access,
        /// The callback is NULL where one is required.
        NullCallback,
        /// The namespace is NULL, empty or not well-formed UTF-16.
        Namespace,
        /// `HCS_CREATE_OPTIONS` of an unknown version.
        OptionsVersion,
        /// The settings are NULL.
        NullSettings,
        /// The path is NULL.
        NullPath,
        /// The path is empty.
        EmptyPath,
        /// The path is not well-formed UTF-16.
        MalformedPath,
        /// The layer data is NULL.
        NullLayerData,
        /// The options are NULL where there must be some.
        NullOptions,
        /// Something is given where the page reserves the place.
        Reserved,
        /// The parameters of a disk, or its storage type, are NULL.
        NullParameters,
    }
}

/// One row of the arguments stage.
#[derive(Clone, Copy, Debug)]
pub struct ArgumentRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The faults.
    pub faults: ArgumentFaults,
    /// What the call returns.
    pub refuses: Hresult,
    /// Whether the real DLL would rather fault than answer.
    pub misuse: bool,
    /// How it is known.
    pub sources: &'static [Source],
}

/// What can be wrong with a call's arguments.
pub const fn faults(call: Call) -> ArgumentFaults {
    use ArgumentFault::{
        Access, EmptyId, EmptyPath, MalformedId, MalformedPath, Namespace, NullCallback, NullConfiguration, NullId,
        NullLayerData, NullOptions, NullOut, NullParameters, NullPath, NullSettings, OptionsVersion, Reserved,
    };
    const PATHS: ArgumentFaults = ArgumentFaults::of(&[NullPath, EmptyPath, MalformedPath]);
    match call {
        Call::CreateComputeSystem => ArgumentFaults::of(&[NullId, EmptyId, MalformedId, NullConfiguration, NullOut]),
        Call::OpenComputeSystem => ArgumentFaults::of(&[NullId, EmptyId, MalformedId, NullOut, Access]),
        Call::CreateComputeSystemInNamespace => {
            ArgumentFaults::of(&[Namespace, NullId, EmptyId, MalformedId, NullConfiguration, OptionsVersion, NullOut])
        }
        Call::OpenComputeSystemInNamespace => {
            ArgumentFaults::of(&[Namespace, NullId, EmptyId, MalformedId, NullOut, Access])
        }
        Call::EnumerateComputeSystemsInNamespace => ArgumentFaults::of(&[Namespace]),
        Call::LegacyCreateComputeSystem => {
            ArgumentFaults::of(&[NullId, EmptyId, MalformedId, NullConfiguration, NullOut])
        }
        Call::LegacyOpenComputeSystem => ArgumentFaults::of(&[NullId, EmptyId, MalformedId, NullOut]),
        Call::LegacyEnumerateComputeSystems
        | Call::LegacyGetComputeSystemProperties
        | Call::LegacyGetServiceProperties
        | Call::LegacyOpenProcess
        | Call::LegacyGetProcessInfo
        | Call::LegacyGetProcessProperties => ArgumentFaults::of(&[NullOut]),
        Call::LegacyCreateProcess => ArgumentFaults::of(&[NullConfiguration, NullOut]),
        Call::LegacyModifyComputeSystem => ArgumentFaults::of(&[NullConfiguration]),
        Call::LegacyModifyServiceSettings | Call::LegacyModifyProcess => ArgumentFaults::of(&[NullSettings]),
        Call::LegacyRegisterComputeSystemCallback | Call::LegacyRegisterProcessCallback => {
            ArgumentFaults::of(&[NullCallback, NullOut])
        }
        Call::LegacyGrantVmAccess | Call::LegacyRevokeVmAccess => {
            ArgumentFaults::of(&[NullId, EmptyId, MalformedId]).or(PATHS)
        }
        _ if legacy::layer::ON_LAYERS.contains(call) => legacy_layer_faults(call, PATHS),
        Call::CreateProcess => ArgumentFaults::of(&[NullConfiguration, NullOut]),
        Call::OpenProcess => ArgumentFaults::of(&[NullOut, Access]),
        Call::ModifyProcess => ArgumentFaults::of(&[NullSettings]),
        Call::ModifyComputeSystem => ArgumentFaults::of(&[NullConfiguration]),
        Call::GetServiceProperties => ArgumentFaults::of(&[NullOut]),
        Call::ModifyServiceSettings | Call::SubmitWerReport => ArgumentFaults::of(&[NullSettings]),
        Call::SetOperationCallback | Call::CreateOperationWithNotifications => ArgumentFaults::of(&[NullCallback]),
        Call::GrantVmAccess | Call::RevokeVmAccess => ArgumentFaults::of(&[NullId, EmptyId, MalformedId]).or(PATHS),
        Call::CreateEmptyGuestStateFile
        | Call::CreateEmptyRuntimeStateFile
        | Call::GetProcessorCompatibilityFromSavedState
        | Call::GrantVmGroupAccess
        | Call::RevokeVmGroupAccess
        | Call::DestroyLayer
        | Call::DetachLayerStorageFilter
        | Call::CreateFile => PATHS,
        Call::ImportLayer
        | Call::ExportLegacyWritableLayer
        | Call::InitializeLegacyWritableLayer
        | Call::AttachLayerStorageFilter
        | Call::AttachOverlayFilter
        | Call::DetachOverlayFilter => PATHS.with(NullLayerData),
        Call::ExportLayer => PATHS.with(NullLayerData).with(NullOptions),
        Call::InitializeWritableLayer => PATHS.with(NullLayerData).with(Reserved),
        Call::SetupBaseOSLayer | Call::SetupBaseOSVolume => PATHS.with(NullOptions),
        Call::GetLayerVhdMountPath | Call::GetVirtualDiskPhysicalPath => ArgumentFaults::of(&[NullOut]),
        Call::CreateVirtualDisk => PATHS.with(NullParameters).with(NullOut),
        Call::OpenVirtualDisk => PATHS.with(NullParameters).with(NullOut),
        Call::ResizeVirtualDisk
        | Call::MergeVirtualDisk
        | Call::GetVirtualDiskInformation
        | Call::SetVirtualDiskInformation => ArgumentFaults::of(&[NullParameters]),
        _ => ArgumentFaults::NONE,
    }
}

/// The same of a layer function of the older interface.
const fn legacy_layer_faults(call: Call, paths: ArgumentFaults) -> ArgumentFaults {
    use legacy::layer::{GIVING, WITH_DRIVER, WITH_PARENTS};
    let mut faults = if matches!(call, Call::LegacyGetBaseImages) { ArgumentFaults::NONE } else { paths };
    if WITH_DRIVER.contains(call) {
        faults = faults.with(ArgumentFault::NullParameters);
    }
    if WITH_PARENTS.contains(call) {
        faults = faults.with(ArgumentFault::NullLayerData);
    }
    if GIVING.contains(call) {
        faults = faults.with(ArgumentFault::NullOut);
    }
    faults
}

/// Every row of the arguments stage.
pub const ROWS: &[ArgumentRow] = &LIST;

const NAMING: Calls = Calls::of(&[
    Call::CreateComputeSystem,
    Call::OpenComputeSystem,
    Call::CreateComputeSystemInNamespace,
    Call::OpenComputeSystemInNamespace,
]);
const OPENING: Calls = Calls::of(&[Call::OpenComputeSystem, Call::OpenComputeSystemInNamespace]);
const GIVING: Calls = Calls::of_bits(
    NAMING.bits() | Calls::of(&[Call::GetServiceProperties, Call::CreateProcess, Call::OpenProcess]).bits(),
);
const IN_NAMESPACE: Calls = Calls::of(&[
    Call::CreateComputeSystemInNamespace,
    Call::OpenComputeSystemInNamespace,
    Call::EnumerateComputeSystemsInNamespace,
]);

/// The calls on layers that name a folder or a volume.
const LAYER_PATHS: Calls = ON_LAYERS.without(Call::FormatWritableLayerVhd).without(Call::GetLayerVhdMountPath);
/// The calls on disks that name a file or a device.
const DISK_PATHS: Calls = Calls::of(&[Call::CreateVirtualDisk, Call::OpenVirtualDisk, Call::CreateFile]);

const LIST: [ArgumentRow; 18] = [
    ArgumentRow {
        id: "argument.access",
        calls: OPENING,
        faults: ArgumentFaults::of(&[ArgumentFault::Access]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[observed(
            "VMLord: 0x000FFFFF, before the id is looked up; discobox: GENERIC_READ",
            &[crate::build::Build::B26100],
        )],
    },
    ArgumentRow {
        id: "argument.process-access",
        calls: Calls::of(&[Call::OpenProcess]),
        faults: ArgumentFaults::of(&[ArgumentFault::Access]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[client("hcsshim passes GENERIC_ALL"), assumed("others are refused as for systems")],
    },
    ArgumentRow {
        id: "argument.id",
        calls: NAMING,
        faults: ArgumentFaults::of(&[ArgumentFault::NullId, ArgumentFault::EmptyId, ArgumentFault::MalformedId]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the code that RPC and the C library give for a bad string")],
    },
    ArgumentRow {
        id: "argument.configuration",
        calls: Calls::of(&[
            Call::CreateComputeSystem,
            Call::CreateComputeSystemInNamespace,
            Call::ModifyComputeSystem,
            Call::CreateProcess,
        ]),
        faults: ArgumentFaults::of(&[ArgumentFault::NullConfiguration]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header")],
    },
    ArgumentRow {
        id: "argument.out",
        calls: GIVING,
        faults: ArgumentFaults::of(&[ArgumentFault::NullOut]),
        refuses: Hresult::E_INVALIDARG,
        misuse: true,
        sources: &[assumed("the header says that the pointer is written; the DLL would fault")],
    },
    ArgumentRow {
        id: "argument.callback",
        calls: Calls::of(&[Call::SetOperationCallback, Call::CreateOperationWithNotifications]),
        faults: ArgumentFaults::of(&[ArgumentFault::NullCallback]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header")],
    },
    ArgumentRow {
        id: "argument.namespace",
        calls: IN_NAMESPACE,
        faults: ArgumentFaults::of(&[ArgumentFault::Namespace]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header")],
    },
    ArgumentRow {
        id: "argument.options-version",
        calls: Calls::of(&[Call::CreateComputeSystemInNamespace]),
        faults: ArgumentFaults::of(&[ArgumentFault::OptionsVersion]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[header("HCS_CREATE_OPTIONS names one version"), assumed("the code for another")],
    },
    ArgumentRow {
        id: "argument.settings",
        calls: Calls::of(&[Call::ModifyServiceSettings, Call::SubmitWerReport, Call::ModifyProcess]),
        faults: ArgumentFaults::of(&[ArgumentFault::NullSettings]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header")],
    },
    ArgumentRow {
        id: "argument.vm-id",
        calls: Calls::of(&[Call::GrantVmAccess, Call::RevokeVmAccess]),
        faults: ArgumentFaults::of(&[ArgumentFault::NullId, ArgumentFault::EmptyId, ArgumentFault::MalformedId]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("as for every other id")],
    },
    ArgumentRow {
        id: "argument.path",
        calls: ON_FILES,
        faults: ArgumentFaults::of(&[ArgumentFault::NullPath, ArgumentFault::EmptyPath, ArgumentFault::MalformedPath]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header; a path that is no text names no file here")],
    },
    ArgumentRow {
        id: "argument.storage-path",
        calls: Calls::of_bits(LAYER_PATHS.bits() | DISK_PATHS.bits()),
        faults: ArgumentFaults::of(&[ArgumentFault::NullPath, ArgumentFault::EmptyPath, ArgumentFault::MalformedPath]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header; the first such argument is the one told of")],
    },
    ArgumentRow {
        id: "argument.layer-document",
        calls: LAYER_PATHS,
        faults: ArgumentFaults::of(&[ArgumentFault::NullLayerData, ArgumentFault::NullOptions]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("the parameter is not optional in the header")],
    },
    ArgumentRow {
        id: "argument.reserved",
        calls: Calls::of(&[Call::InitializeWritableLayer]),
        faults: ArgumentFaults::of(&[ArgumentFault::Reserved]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[
            documented("HcsInitializeWritableLayer: reserved, must be NULL"),
            client("hcsshim passes an empty string"),
            assumed("the code for anything else"),
        ],
    },
    ArgumentRow {
        id: "argument.storage-out",
        calls: Calls::of(&[
            Call::GetLayerVhdMountPath,
            Call::GetVirtualDiskPhysicalPath,
            Call::CreateVirtualDisk,
            Call::OpenVirtualDisk,
        ]),
        faults: ArgumentFaults::of(&[ArgumentFault::NullOut]),
        refuses: Hresult::E_INVALIDARG,
        misuse: true,
        sources: &[assumed("the header says that the pointer is written; the DLL would fault")],
    },
    ArgumentRow {
        id: "argument.disk-parameters",
        calls: ON_DISKS,
        faults: ArgumentFaults::of(&[ArgumentFault::NullParameters]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[documented("the functions' pages"), assumed("the code")],
    },
    ArgumentRow {
        id: "argument.legacy",
        calls: legacy::CALLS,
        faults: ArgumentFaults::except(&[ArgumentFault::NullOut]),
        refuses: Hresult::E_INVALIDARG,
        misuse: false,
        sources: &[assumed("as for the newer functions")],
    },
    ArgumentRow {
        id: "argument.legacy-out",
        calls: legacy::CALLS,
        faults: ArgumentFaults::of(&[ArgumentFault::NullOut]),
        refuses: Hresult::E_INVALIDARG,
        misuse: true,
        sources: &[client("hcsshim passes every pointer"), assumed("the DLL would fault")],
    },
];

by_call! {
    ArgumentFault, false:
    /// The row of a call with a malformed argument. `None` when the call has no such argument.
    ArgumentRow
}
