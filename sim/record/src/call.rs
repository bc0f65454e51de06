//! Every export that is recorded, with the roles of its parameters.
//!
//! The lists are macros, because the C ABI makes its exports from the same lines: the name, the parameters and what is returned.

/// What a parameter is for, and what is written down of it. Those whose names begin with `Out` are pointers to what the call
/// gives: of them the call's line says whether they are NULL, and the answer's what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The handle of an operation.
    Operation,
    /// The handle of a compute system, of either interface.
    System,
    /// The handle of a process, of either interface.
    Process,
    /// The handle of a registered callback of the older interface.
    Registration,
    /// A handle of the operating system: a disk, a token, a resource.
    Handle,
    /// A string or a document.
    Text,
    /// An unsigned number of 32 bits.
    Number,
    /// Flags, as a signed number of 32 bits.
    Flags,
    /// `HCS_CREATE_OPTIONS`
    CreateOptions,
    /// `SECURITY_DESCRIPTOR`
    Security,
    /// The context of an operation, which comes back as it is.
    Context,
    /// The context of a callback of events.
    EventContext,
    /// `HCS_OPERATION_COMPLETION`
    Completion,
    /// `HCS_EVENT_CALLBACK`
    Events,
    /// `HCS_NOTIFICATION_CALLBACK`, of the older interface.
    Notifications,
    /// A new handle of a compute system.
    OutSystem,
    /// A new handle of a process.
    OutProcess,
    /// A new handle of a registered callback.
    OutRegistration,
    /// A document.
    OutText,
    /// A document that the caller only reads.
    OutFixedText,
    /// `HCS_PROCESS_INFORMATION`
    OutInformation,
    /// Returned: a code.
    Code,
    /// Returned: nothing.
    Nothing,
    /// Returned: the handle of a new operation.
    NewOperation,
    /// Returned: the handle of a system that there is.
    SystemThere,
    /// Returned: the handle of a process that there is.
    ProcessThere,
    /// Returned: a signed number.
    Signed,
    /// Returned: an id, unsigned of 64 bits.
    Id,
    /// Returned: the context of an operation.
    ContextThere,
}

impl Role {
    /// Whether the parameter is a pointer to what the call gives.
    pub const fn is_out(self) -> bool {
        matches!(
            self,
            Role::OutSystem
                | Role::OutProcess
                | Role::OutRegistration
                | Role::OutText
                | Role::OutFixedText
                | Role::OutInformation
        )
    }

    /// Whether it names something: a handle or a context.
    pub const fn is_named(self) -> bool {
        matches!(
            self,
            Role::Operation
                | Role::System
                | Role::Process
                | Role::Registration
                | Role::Handle
                | Role::Context
                | Role::EventContext
        )
    }
}

/// An export that is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The name, as the double exports it: those of `vmcompute.dll` begin with [`OLDER`].
    pub name: &'static str,
    /// The parameters, in their order: names and roles.
    pub parameters: &'static [(&'static str, Role)],
    /// What is returned.
    pub returns: Role,
}

/// What stands before the names of `vmcompute.dll`, which shares names with `computecore.dll`.
pub const OLDER: &str = "Vmcompute_";

/// The exports of `computecore.dll`, for a macro that makes something of each.
#[macro_export]
macro_rules! computecore {
    ($make:ident) => {
        $make! {
            HcsCreateOperation(context: Context, callback: Completion) -> NewOperation;
            HcsCreateOperationWithNotifications(eventtypes: Flags, context: EventContext, callback: Events) -> NewOperation;
            HcsCloseOperation(operation: Operation) -> Nothing;
            HcsGetOperationContext(operation: Operation) -> ContextThere;
            HcsSetOperationContext(operation: Operation, context: Context) -> Code;
            HcsGetComputeSystemFromOperation(operation: Operation) -> SystemThere;
            HcsGetProcessFromOperation(operation: Operation) -> ProcessThere;
            HcsGetOperationType(operation: Operation) -> Signed;
            HcsGetOperationId(operation: Operation) -> Id;
            HcsGetOperationResult(operation: Operation, resultdocument: OutText) -> Code;
            HcsGetOperationResultAndProcessInfo(operation: Operation, processinformation: OutInformation, resultdocument: OutText) -> Code;
            HcsWaitForOperationResult(operation: Operation, timeoutms: Number, resultdocument: OutText) -> Code;
            HcsWaitForOperationResultAndProcessInfo(operation: Operation, timeoutms: Number, processinformation: OutInformation, resultdocument: OutText) -> Code;
            HcsSetOperationCallback(operation: Operation, context: Context, callback: Completion) -> Code;
            HcsCancelOperation(operation: Operation) -> Code;
            HcsAddResourceToOperation(operation: Operation, kind: Flags, uri: Text, handle: Handle) -> Code;
            HcsGetOperationProperties(operation: Operation, options: Text, resultdocument: OutText) -> Code;
            HcsEnumerateComputeSystems(query: Text, operation: Operation) -> Code;
            HcsEnumerateComputeSystemsInNamespace(idnamespace: Text, query: Text, operation: Operation) -> Code;
            HcsCreateComputeSystem(id: Text, configuration: Text, operation: Operation, securitydescriptor: Security, computesystem: OutSystem) -> Code;
            HcsCreateComputeSystemInNamespace(idnamespace: Text, id: Text, configuration: Text, operation: Operation, options: CreateOptions, computesystem: OutSystem) -> Code;
            HcsOpenComputeSystem(id: Text, requestedaccess: Number, computesystem: OutSystem) -> Code;
            HcsOpenComputeSystemInNamespace(idnamespace: Text, id: Text, requestedaccess: Number, computesystem: OutSystem) -> Code;
            HcsCloseComputeSystem(computesystem: System) -> Nothing;
            HcsStartComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsTerminateComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsGetComputeSystemProperties(computesystem: System, operation: Operation, propertyquery: Text) -> Code;
            HcsShutDownComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsCrashComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsPauseComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsResumeComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsSaveComputeSystem(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsSetComputeSystemCallback(computesystem: System, callbackoptions: Flags, context: EventContext, callback: Events) -> Code;
            HcsWaitForComputeSystemExit(computesystem: System, timeoutms: Number, result: OutText) -> Code;
            HcsModifyComputeSystem(computesystem: System, operation: Operation, configuration: Text, identity: Handle) -> Code;
            HcsInitializeLiveMigrationOnSource(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsStartLiveMigrationOnSource(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsStartLiveMigrationTransfer(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsFinalizeLiveMigration(computesystem: System, operation: Operation, options: Text) -> Code;
            HcsCreateProcess(computesystem: System, processparameters: Text, operation: Operation, securitydescriptor: Security, process: OutProcess) -> Code;
            HcsOpenProcess(computesystem: System, processid: Number, requestedaccess: Number, process: OutProcess) -> Code;
            HcsCloseProcess(process: Process) -> Nothing;
            HcsTerminateProcess(process: Process, operation: Operation, options: Text) -> Code;
            HcsSignalProcess(process: Process, operation: Operation, options: Text) -> Code;
            HcsGetProcessInfo(process: Process, operation: Operation) -> Code;
            HcsGetProcessProperties(process: Process, operation: Operation, propertyquery: Text) -> Code;
            HcsModifyProcess(process: Process, operation: Operation, settings: Text) -> Code;
            HcsSetProcessCallback(process: Process, callbackoptions: Flags, context: EventContext, callback: Events) -> Code;
            HcsWaitForProcessExit(process: Process, timeoutms: Number, result: OutText) -> Code;
            HcsGetServiceProperties(propertyquery: Text, result: OutText) -> Code;
            HcsModifyServiceSettings(settings: Text, result: OutText) -> Code;
            HcsSubmitWerReport(settings: Text) -> Code;
            HcsCreateEmptyGuestStateFile(path: Text) -> Code;
            HcsCreateEmptyRuntimeStateFile(path: Text) -> Code;
            HcsGetProcessorCompatibilityFromSavedState(path: Text, features: OutFixedText) -> Code;
            HcsGrantVmAccess(vmid: Text, path: Text) -> Code;
            HcsRevokeVmAccess(vmid: Text, path: Text) -> Code;
            HcsGrantVmGroupAccess(path: Text) -> Code;
            HcsRevokeVmGroupAccess(path: Text) -> Code;
        }
    };
}

/// The exports of `computestorage.dll`.
#[macro_export]
macro_rules! computestorage {
    ($make:ident) => {
        $make! {
            HcsImportLayer(layerpath: Text, sourcefolderpath: Text, layerdata: Text) -> Code;
            HcsExportLayer(layerpath: Text, exportfolderpath: Text, layerdata: Text, options: Text) -> Code;
            HcsExportLegacyWritableLayer(mountpath: Text, folderpath: Text, exportfolderpath: Text, layerdata: Text) -> Code;
            HcsDestroyLayer(layerpath: Text) -> Code;
            HcsSetupBaseOSLayer(layerpath: Text, vhdhandle: Handle, options: Text) -> Code;
            HcsSetupBaseOSVolume(layerpath: Text, volumepath: Text, options: Text) -> Code;
            HcsInitializeWritableLayer(layerpath: Text, layerdata: Text, options: Text) -> Code;
            HcsInitializeLegacyWritableLayer(mountpath: Text, folderpath: Text, layerdata: Text, options: Text) -> Code;
            HcsAttachLayerStorageFilter(layerpath: Text, layerdata: Text) -> Code;
            HcsDetachLayerStorageFilter(layerpath: Text) -> Code;
            HcsFormatWritableLayerVhd(vhdhandle: Handle) -> Code;
            HcsGetLayerVhdMountPath(vhdhandle: Handle, mountpath: OutText) -> Code;
            HcsAttachOverlayFilter(volumepath: Text, layerdata: Text) -> Code;
            HcsDetachOverlayFilter(volumepath: Text, layerdata: Text) -> Code;
        }
    };
}

/// The exports of `vmcompute.dll` on systems and processes.
#[macro_export]
macro_rules! vmcompute {
    ($make:ident) => {
        $make! {
            Vmcompute_HcsEnumerateComputeSystems(query: Text, computesystems: OutText, result: OutText) -> Code;
            Vmcompute_HcsCreateComputeSystem(id: Text, configuration: Text, identity: Handle, computesystem: OutSystem, result: OutText) -> Code;
            Vmcompute_HcsOpenComputeSystem(id: Text, computesystem: OutSystem, result: OutText) -> Code;
            Vmcompute_HcsCloseComputeSystem(computesystem: System) -> Code;
            Vmcompute_HcsStartComputeSystem(computesystem: System, options: Text, result: OutText) -> Code;
            Vmcompute_HcsShutdownComputeSystem(computesystem: System, options: Text, result: OutText) -> Code;
            Vmcompute_HcsTerminateComputeSystem(computesystem: System, options: Text, result: OutText) -> Code;
            Vmcompute_HcsPauseComputeSystem(computesystem: System, options: Text, result: OutText) -> Code;
            Vmcompute_HcsResumeComputeSystem(computesystem: System, options: Text, result: OutText) -> Code;
            Vmcompute_HcsSaveComputeSystem(computesystem: System, options: Text, result: OutText) -> Code;
            Vmcompute_HcsGetComputeSystemProperties(computesystem: System, propertyquery: Text, properties: OutText, result: OutText) -> Code;
            Vmcompute_HcsModifyComputeSystem(computesystem: System, configuration: Text, result: OutText) -> Code;
            Vmcompute_HcsModifyServiceSettings(settings: Text, result: OutText) -> Code;
            Vmcompute_HcsGetServiceProperties(propertyquery: Text, properties: OutText, result: OutText) -> Code;
            Vmcompute_HcsRegisterComputeSystemCallback(computesystem: System, callback: Notifications, context: EventContext, callbackhandle: OutRegistration) -> Code;
            Vmcompute_HcsUnregisterComputeSystemCallback(callbackhandle: Registration) -> Code;
            Vmcompute_HcsCreateProcess(computesystem: System, processparameters: Text, processinformation: OutInformation, process: OutProcess, result: OutText) -> Code;
            Vmcompute_HcsOpenProcess(computesystem: System, processid: Number, process: OutProcess, result: OutText) -> Code;
            Vmcompute_HcsCloseProcess(process: Process) -> Code;
            Vmcompute_HcsTerminateProcess(process: Process, result: OutText) -> Code;
            Vmcompute_HcsSignalProcess(process: Process, options: Text, result: OutText) -> Code;
            Vmcompute_HcsGetProcessInfo(process: Process, processinformation: OutInformation, result: OutText) -> Code;
            Vmcompute_HcsGetProcessProperties(process: Process, processproperties: OutText, result: OutText) -> Code;
            Vmcompute_HcsModifyProcess(process: Process, settings: Text, result: OutText) -> Code;
            Vmcompute_HcsRegisterProcessCallback(process: Process, callback: Notifications, context: EventContext, callbackhandle: OutRegistration) -> Code;
            Vmcompute_HcsUnregisterProcessCallback(callbackhandle: Registration) -> Code;
            Vmcompute_GrantVmAccess(vmid: Text, filepath: Text) -> Code;
            Vmcompute_RevokeVmAccess(vmid: Text, filepath: Text) -> Code;
            Vmcompute_HNSCall(method: Text, path: Text, request: Text, response: OutText) -> Code;
        }
    };
}

macro_rules! table {
    ($($name:ident($($argument:ident: $Role:ident),*) -> $Returns:ident;)+) => {
        &[$(Recorded {
            name: stringify!($name),
            parameters: &[$((stringify!($argument), Role::$Role)),*],
            returns: Role::$Returns,
        }),+]
    };
}

const COMPUTECORE: &[Recorded] = computecore!(table);
const COMPUTESTORAGE: &[Recorded] = computestorage!(table);
const VMCOMPUTE: &[Recorded] = vmcompute!(table);

macro_rules! unread {
    ($($name:ident)+) => {
        &[$(Recorded { name: stringify!($name), parameters: &[], returns: Role::Code }),+]
    };
}

/// Exports of whose calls a record has no more than that they were made, and the code: their parameters are structures.
const UNREAD: &[Recorded] = unread! {
    CreateVirtualDisk OpenVirtualDisk AttachVirtualDisk DetachVirtualDisk ResizeVirtualDisk MergeVirtualDisk
    SetVirtualDiskInformation GetVirtualDiskInformation GetVirtualDiskPhysicalPath
    Vmcompute_ActivateLayer Vmcompute_DeactivateLayer Vmcompute_PrepareLayer Vmcompute_UnprepareLayer
    Vmcompute_GetLayerMountPath Vmcompute_CreateLayer Vmcompute_CreateSandboxLayer Vmcompute_ExpandSandboxSize
    Vmcompute_CopyLayer Vmcompute_DestroyLayer Vmcompute_ImportLayer Vmcompute_ExportLayer Vmcompute_LayerExists
    Vmcompute_GetBaseImages Vmcompute_NameToGuid Vmcompute_ProcessBaseImage Vmcompute_ProcessUtilityImage
};

/// Every export that is recorded, a list for each DLL, and one of those whose parameters are not.
pub const CALLS: [&[Recorded]; 4] = [COMPUTECORE, COMPUTESTORAGE, VMCOMPUTE, UNREAD];

impl Recorded {
    /// Whether a call ends what is told to a callback.
    pub fn ends_a_registration(&self) -> bool {
        ["Close", "Unregister"].iter().any(|word| self.name.contains(word))
    }

    /// Whether a call gives a handle that there is another callback.
    pub fn changes_a_registration(&self) -> bool {
        matches!(self.name, "HcsSetComputeSystemCallback" | "HcsSetProcessCallback" | "HcsSetOperationCallback")
    }

    /// The export of this name.
    pub fn by_name(name: &str) -> Option<&'static Recorded> {
        CALLS.into_iter().flatten().find(|call| call.name == name)
    }
}
