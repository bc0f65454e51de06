//! The closed alphabets of the rules: calls, kinds, states, facets, events. Values are those of the ABI where it has any.

use crate::closed::closed;

closed! {
    /// A modelled export. The name is the export's without its `Hcs`, and without the `W` of one that takes UTF-16. The
    /// functions of the older `vmcompute.dll` share names with those of `computecore.dll`: theirs begin with `Legacy`.
    pub enum Call, Calls {
        /// `HcsCreateOperation`
        CreateOperation,
        /// `HcsCreateOperationWithNotifications`
        CreateOperationWithNotifications,
        /// `HcsCloseOperation`
        CloseOperation,
        /// `HcsGetOperationContext`
        GetOperationContext,
        /// `HcsSetOperationContext`
        SetOperationContext,
        /// `HcsGetComputeSystemFromOperation`
        GetComputeSystemFromOperation,
        /// `HcsGetProcessFromOperation`
        GetProcessFromOperation,
        /// `HcsGetOperationType`
        GetOperationType,
        /// `HcsGetOperationId`
        GetOperationId,
        /// `HcsGetOperationResult`
        GetOperationResult,
        /// `HcsGetOperationResultAndProcessInfo`
        GetOperationResultAndProcessInfo,
        /// `HcsWaitForOperationResult`
        WaitForOperationResult,
        /// `HcsWaitForOperationResultAndProcessInfo`
        WaitForOperationResultAndProcessInfo,
        /// `HcsSetOperationCallback`
        SetOperationCallback,
        /// `HcsCancelOperation`
        CancelOperation,
        /// `HcsAddResourceToOperation`
        AddResourceToOperation,
        /// `HcsGetOperationProperties`
        GetOperationProperties,
        /// `HcsEnumerateComputeSystems`
        EnumerateComputeSystems,
        /// `HcsCreateComputeSystem`
        CreateComputeSystem,
        /// `HcsOpenComputeSystem`
        OpenComputeSystem,
        /// `HcsCloseComputeSystem`
        CloseComputeSystem,
        /// `HcsStartComputeSystem`
        StartComputeSystem,
        /// `HcsTerminateComputeSystem`
        TerminateComputeSystem,
        /// `HcsGetComputeSystemProperties`
        GetComputeSystemProperties,
        /// `HcsSetComputeSystemCallback`
        SetComputeSystemCallback,
        /// `HcsWaitForComputeSystemExit`
        WaitForComputeSystemExit,
        /// `HcsShutDownComputeSystem`
        ShutDownComputeSystem,
        /// `HcsCrashComputeSystem`
        CrashComputeSystem,
        /// `HcsPauseComputeSystem`
        PauseComputeSystem,
        /// `HcsResumeComputeSystem`
        ResumeComputeSystem,
        /// `HcsSaveComputeSystem`
        SaveComputeSystem,
        /// `HcsModifyComputeSystem`
        ModifyComputeSystem,
        /// `HcsCreateComputeSystemInNamespace`
        CreateComputeSystemInNamespace,
        /// `HcsOpenComputeSystemInNamespace`
        OpenComputeSystemInNamespace,
        /// `HcsEnumerateComputeSystemsInNamespace`
        EnumerateComputeSystemsInNamespace,
        /// `HcsGetServiceProperties`
        GetServiceProperties,
        /// `HcsModifyServiceSettings`
        ModifyServiceSettings,
        /// `HcsSubmitWerReport`
        SubmitWerReport,
        /// `HcsCreateProcess`
        CreateProcess,
        /// `HcsOpenProcess`
        OpenProcess,
        /// `HcsCloseProcess`
        CloseProcess,
        /// `HcsTerminateProcess`
        TerminateProcess,
        /// `HcsSignalProcess`
        SignalProcess,
        /// `HcsGetProcessInfo`
        GetProcessInfo,
        /// `HcsGetProcessProperties`
        GetProcessProperties,
        /// `HcsModifyProcess`
        ModifyProcess,
        /// `HcsSetProcessCallback`
        SetProcessCallback,
        /// `HcsWaitForProcessExit`
        WaitForProcessExit,
        /// `HcsCreateEmptyGuestStateFile`
        CreateEmptyGuestStateFile,
        /// `HcsCreateEmptyRuntimeStateFile`
        CreateEmptyRuntimeStateFile,
        /// `HcsGetProcessorCompatibilityFromSavedState`
        GetProcessorCompatibilityFromSavedState,
        /// `HcsGrantVmAccess`
        GrantVmAccess,
        /// `HcsRevokeVmAccess`
        RevokeVmAccess,
        /// `HcsGrantVmGroupAccess`
        GrantVmGroupAccess,
        /// `HcsRevokeVmGroupAccess`
        RevokeVmGroupAccess,
        /// `HcsImportLayer`
        ImportLayer,
        /// `HcsExportLayer`
        ExportLayer,
        /// `HcsExportLegacyWritableLayer`
        ExportLegacyWritableLayer,
        /// `HcsDestroyLayer`
        DestroyLayer,
        /// `HcsSetupBaseOSLayer`
        SetupBaseOSLayer,
        /// `HcsSetupBaseOSVolume`
        SetupBaseOSVolume,
        /// `HcsInitializeWritableLayer`
        InitializeWritableLayer,
        /// `HcsInitializeLegacyWritableLayer`
        InitializeLegacyWritableLayer,
        /// `HcsAttachLayerStorageFilter`
        AttachLayerStorageFilter,
        /// `HcsDetachLayerStorageFilter`
        DetachLayerStorageFilter,
        /// `HcsFormatWritableLayerVhd`
        FormatWritableLayerVhd,
        /// `HcsGetLayerVhdMountPath`
        GetLayerVhdMountPath,
        /// `HcsAttachOverlayFilter`
        AttachOverlayFilter,
        /// `HcsDetachOverlayFilter`
        DetachOverlayFilter,
        /// `CreateVirtualDisk`
        CreateVirtualDisk,
        /// `OpenVirtualDisk`
        OpenVirtualDisk,
        /// `AttachVirtualDisk`
        AttachVirtualDisk,
        /// `DetachVirtualDisk`
        DetachVirtualDisk,
        /// `ResizeVirtualDisk`
        ResizeVirtualDisk,
        /// `MergeVirtualDisk`
        MergeVirtualDisk,
        /// `GetVirtualDiskInformation`
        GetVirtualDiskInformation,
        /// `SetVirtualDiskInformation`
        SetVirtualDiskInformation,
        /// `GetVirtualDiskPhysicalPath`
        GetVirtualDiskPhysicalPath,
        /// `CreateFileW` on the physical path of a disk
        CreateFile,
        /// `CloseHandle` of a disk
        CloseHandle,
        /// `HcsEnumerateComputeSystems` of `vmcompute.dll`
        LegacyEnumerateComputeSystems,
        /// `HcsCreateComputeSystem` of `vmcompute.dll`
        LegacyCreateComputeSystem,
        /// `HcsOpenComputeSystem` of `vmcompute.dll`
        LegacyOpenComputeSystem,
        /// `HcsCloseComputeSystem` of `vmcompute.dll`
        LegacyCloseComputeSystem,
        /// `HcsStartComputeSystem` of `vmcompute.dll`
        LegacyStartComputeSystem,
        /// `HcsShutdownComputeSystem` of `vmcompute.dll`
        LegacyShutdownComputeSystem,
        /// `HcsTerminateComputeSystem` of `vmcompute.dll`
        LegacyTerminateComputeSystem,
        /// `HcsPauseComputeSystem` of `vmcompute.dll`
        LegacyPauseComputeSystem,
        /// `HcsResumeComputeSystem` of `vmcompute.dll`
        LegacyResumeComputeSystem,
        /// `HcsSaveComputeSystem` of `vmcompute.dll`
        LegacySaveComputeSystem,
        /// `HcsGetComputeSystemProperties` of `vmcompute.dll`
        LegacyGetComputeSystemProperties,
        /// `HcsModifyComputeSystem` of `vmcompute.dll`
        LegacyModifyComputeSystem,
        /// `HcsModifyServiceSettings` of `vmcompute.dll`
        LegacyModifyServiceSettings,
        /// `HcsGetServiceProperties` of `vmcompute.dll`
        LegacyGetServiceProperties,
        /// `HcsRegisterComputeSystemCallback` of `vmcompute.dll`
        LegacyRegisterComputeSystemCallback,
        /// `HcsUnregisterComputeSystemCallback` of `vmcompute.dll`
        LegacyUnregisterComputeSystemCallback,
        /// `HcsCreateProcess` of `vmcompute.dll`
        LegacyCreateProcess,
        /// `HcsOpenProcess` of `vmcompute.dll`
        LegacyOpenProcess,
        /// `HcsCloseProcess` of `vmcompute.dll`
        LegacyCloseProcess,
        /// `HcsTerminateProcess` of `vmcompute.dll`
        LegacyTerminateProcess,
        /// `HcsSignalProcess` of `vmcompute.dll`
        LegacySignalProcess,
        /// `HcsGetProcessInfo` of `vmcompute.dll`
        LegacyGetProcessInfo,
        /// `HcsGetProcessProperties` of `vmcompute.dll`
        LegacyGetProcessProperties,
        /// `HcsModifyProcess` of `vmcompute.dll`
        LegacyModifyProcess,
        /// `HcsRegisterProcessCallback` of `vmcompute.dll`
        LegacyRegisterProcessCallback,
        /// `HcsUnregisterProcessCallback` of `vmcompute.dll`
        LegacyUnregisterProcessCallback,
        /// `GrantVmAccess` of `vmcompute.dll`
        LegacyGrantVmAccess,
        /// `RevokeVmAccess` of `vmcompute.dll`
        LegacyRevokeVmAccess,
        /// `ActivateLayer` of `vmcompute.dll`
        LegacyActivateLayer,
        /// `DeactivateLayer` of `vmcompute.dll`
        LegacyDeactivateLayer,
        /// `PrepareLayer` of `vmcompute.dll`
        LegacyPrepareLayer,
        /// `UnprepareLayer` of `vmcompute.dll`
        LegacyUnprepareLayer,
        /// `GetLayerMountPath` of `vmcompute.dll`
        LegacyGetLayerMountPath,
        /// `CreateLayer` of `vmcompute.dll`
        LegacyCreateLayer,
        /// `CreateSandboxLayer` of `vmcompute.dll`
        LegacyCreateSandboxLayer,
        /// `ExpandSandboxSize` of `vmcompute.dll`
        LegacyExpandSandboxSize,
        /// `CopyLayer` of `vmcompute.dll`
        LegacyCopyLayer,
        /// `DestroyLayer` of `vmcompute.dll`
        LegacyDestroyLayer,
        /// `ImportLayer` of `vmcompute.dll`
        LegacyImportLayer,
        /// `ExportLayer` of `vmcompute.dll`
        LegacyExportLayer,
        /// `LayerExists` of `vmcompute.dll`
        LegacyLayerExists,
        /// `GetBaseImages` of `vmcompute.dll`
        LegacyGetBaseImages,
        /// `NameToGuid` of `vmcompute.dll`
        LegacyNameToGuid,
        /// `ProcessBaseImage` of `vmcompute.dll`
        LegacyProcessBaseImage,
        /// `ProcessUtilityImage` of `vmcompute.dll`
        LegacyProcessUtilityImage,
    }
}

closed! {
    /// What kind of compute system a document describes. The kind decides which rows apply.
    pub enum Kind, Kinds {
        /// A virtual machine without a guest connection.
        VirtualMachine,
        /// A virtual machine whose document asks for a guest connection (`VirtualMachine.GuestConnection`).
        GuestVirtualMachine,
        /// A process-isolated container: a silo on the host's own kernel.
        ProcessContainer,
        /// A container with a utility VM of its own around it: a schema 1 document with `HvPartition`.
        HyperVContainer,
        /// A container inside a utility VM that a client has made: `HostingSystemId` names that VM.
        HostedContainer,
    }
}

closed! {
    /// Where a compute system is in its life. Clients see less: [`SystemState::visible`].
    pub enum SystemState, SystemStates {
        /// No system of this id is known to the service.
        Absent,
        /// The create operation is running.
        Creating,
        /// The create operation has failed; only the handle is left.
        Refused,
        /// Created and never started.
        Created,
        /// The start operation is running.
        Starting,
        /// Running.
        Running,
        /// The pause operation is running.
        Pausing,
        /// Paused. A saved system stays so.
        Paused,
        /// The resume operation is running.
        Resuming,
        /// The save operation is running.
        Saving,
        /// Saved as a template: frozen in memory, for clones to be made of.
        Template,
        /// A shutdown was asked for, and the guest is not down yet.
        Stopping,
        /// The terminate operation is running.
        Terminating,
        /// Over; a handle keeps the record.
        Exited,
    }
}

impl SystemState {
    /// The `State` member of property documents and enumerations. A system that was never started has none
    /// (observed by three clients); neither has an exited one, which shows `Stopped` and `ExitType` instead.
    pub const fn visible(self) -> Option<&'static str> {
        use SystemState::{
            Absent, Created, Creating, Exited, Paused, Pausing, Refused, Resuming, Running, Saving, Starting, Stopping,
            Template, Terminating,
        };
        match self {
            // What is on its way shows what it comes from (assumed).
            Running | Pausing | Stopping | Terminating => Some("Running"),
            // Observed: a saved system still reads so.
            Paused | Resuming | Saving => Some("Paused"),
            Template => Some("SavedAsTemplate"),
            Absent | Creating | Refused | Created | Starting | Exited => None,
        }
    }

    /// The states of a system that the service still keeps.
    pub const LIVE: &'static [SystemState] = &[
        SystemState::Creating,
        SystemState::Created,
        SystemState::Starting,
        SystemState::Running,
        SystemState::Pausing,
        SystemState::Paused,
        SystemState::Resuming,
        SystemState::Saving,
        SystemState::Template,
        SystemState::Stopping,
        SystemState::Terminating,
    ];
}

closed! {
    /// What can happen to one compute system: a call is admitted, the same call completes, or the world acts.
    pub enum Trigger, Triggers {
        /// `HcsCreateComputeSystem` is admitted, also in a namespace.
        Create,
        /// `HcsOpenComputeSystem` looks the id up, also in a namespace.
        Open,
        /// `HcsCloseComputeSystem` gives a handle back.
        Close,
        /// `HcsStartComputeSystem` is admitted.
        Start,
        /// `HcsShutDownComputeSystem` is admitted.
        ShutDown,
        /// `HcsTerminateComputeSystem` is admitted.
        Terminate,
        /// `HcsCrashComputeSystem` is admitted.
        Crash,
        /// `HcsPauseComputeSystem` is admitted.
        Pause,
        /// `HcsResumeComputeSystem` is admitted.
        Resume,
        /// `HcsSaveComputeSystem` is admitted.
        Save,
        /// `HcsModifyComputeSystem` is admitted.
        Modify,
        /// `HcsGetComputeSystemProperties` is admitted.
        GetProperties,
        /// `HcsEnumerateComputeSystems` is admitted. It concerns no one system, and comes in [`SystemState::Absent`].
        Enumerate,
        /// The list comes to this system.
        List,
        /// `HcsSetComputeSystemCallback` is admitted.
        SetCallback,
        /// `HcsWaitForComputeSystemExit` is admitted.
        WaitForExit,
        /// `HcsCreateProcess` is admitted. What happens to the process then is in [`crate::process`].
        CreateProcess,
        /// `HcsOpenProcess` looks the id up.
        OpenProcess,
        /// The create operation is done.
        CreateDone,
        /// The start operation is done.
        StartDone,
        /// The shutdown has been asked for.
        ShutDownDone,
        /// The terminate operation is done.
        TerminateDone,
        /// The crash operation is done.
        CrashDone,
        /// The pause operation is done.
        PauseDone,
        /// The resume operation is done.
        ResumeDone,
        /// The save operation is done.
        SaveDone,
        /// The change is made, or found to be impossible: see [`crate::resource`].
        ModifyDone,
        /// The property query is done.
        GetPropertiesDone,
        /// The list is done.
        EnumerateDone,
        /// The process is made, or cannot be: see [`crate::process::LAUNCH_FAULTS`].
        CreateProcessDone,
        /// The process that was made first is over.
        InitExit,
        /// The last handle of all clients is gone, by close or by a client's death.
        LastHandleGone,
        /// The guest operating system crashes.
        GuestCrash,
        /// The guest powers itself off.
        GuestPowerOff,
        /// The guest restarts.
        GuestReset,
        /// The guest has done what a shutdown asked for.
        GuestStops,
        /// The guest connection is lost.
        GuestDisconnect,
        /// The guest turns enhanced session mode on or off.
        RdpModeChange,
        /// The worker process dies.
        WorkerCrash,
        /// The Hyper-V manager starts a machine of its own under this id.
        ManagerStarts,
        /// The system that this one came from or lives in is over.
        OriginGone,
        /// The compute service stops or dies.
        ServiceStop,
    }
}

closed! {
    /// What a trigger distinguishes beside kind, state and build. Each trigger names its own in [`Trigger::facets`].
    pub enum Facet, Facets {
        /// Nothing to distinguish.
        Plain,
        /// The document is accepted by the document stage.
        ValidDocument,
        /// The document is no JSON.
        MalformedDocument,
        /// The document is JSON, and the document stage refuses it.
        InvalidDocument,
        /// The document asks for what is not modelled.
        UnmodelledDocument,
        /// The document asks for what the host cannot give: see [`crate::constraint`].
        Unservable,
        /// The machine goes on from a saved state, or is a clone of a template.
        Restored,
        /// The machine names a saved state to go on from, and a file for its runtime state, with which it boots anew.
        RestoredCold,
        /// The query asks for the properties that any state has, or is a list's.
        BasicQuery,
        /// The query asks for statistics, which are taken from the running workload.
        StatisticsQuery,
        /// The query is no JSON.
        MalformedQuery,
        /// The query is JSON, and the document stage refuses it.
        InvalidQuery,
        /// The options are accepted by the document stage, or there are none.
        ValidOptions,
        /// The options are no JSON.
        MalformedOptions,
        /// The options are JSON, and the document stage refuses them.
        InvalidOptions,
        /// A shutdown without options: NULL.
        NullOptions,
        /// A shutdown with an empty string for options.
        EmptyOptions,
        /// A shutdown through the guest connection, which is also what `{}` asks for.
        ByGuestConnection,
        /// A shutdown through a guest connection that was up and is lost.
        ConnectionLost,
        /// A shutdown through the integration service, which the document configures.
        ByIntegrationService,
        /// A shutdown through an integration service that the document does not configure.
        Unconfigured,
        /// A shutdown through an integration service whose guest has not come up yet.
        GuestNotUp,
        /// A save to a file.
        ToFile,
        /// A save as a template.
        AsTemplate,
        /// A save that names no file.
        NoSaveFile,
        /// A save of a machine with a device that cannot be saved.
        UnsavableDevice,
        /// A callback is given and the handle has none.
        FirstCallback,
        /// A callback is given and the handle has one.
        SecondCallback,
        /// No callback is given.
        NoCallback,
        /// The document said `ShouldTerminateOnLastHandleClosed`.
        TerminateOnLastHandle,
        /// The document did not, so the system outlives its handles.
        OutliveHandles,
        /// The document has a `GuestCrashReporting` device.
        CrashReporting,
        /// The document has none.
        NoCrashReporting,
        /// The document said `StopOnReset`.
        StopOnReset,
        /// The document has shared memory regions, over which a reset fails.
        SharedMemory,
        /// The document has no `VideoMonitor`, without which a reset fails.
        NoVideoMonitor,
        /// Nothing stands against a reset.
        Resettable,
        /// The shutdown asked for a restart.
        Reboot,
        /// The shutdown asked for the end.
        PowerOff,
        /// The hosting system is over.
        HostGone,
        /// The template is over.
        TemplateGone,
        /// No live process has the id, and no handle keeps one that had.
        UnknownProcess,
        /// The process of the id lives.
        LiveProcess,
        /// The process of the id is over; a handle keeps its record.
        EndedProcess,
        /// The guest is Windows.
        WindowsGuest,
        /// The guest is Linux.
        LinuxGuest,
    }
}

impl Trigger {
    /// The facets that the trigger distinguishes. A row may name no other.
    pub const fn facets(self) -> Facets {
        use Facet as F;
        match self {
            Trigger::Create => {
                Facets::of(&[F::ValidDocument, F::MalformedDocument, F::InvalidDocument, F::UnmodelledDocument])
            }
            Trigger::CreateDone => Facets::of(&[F::Plain, F::Unservable]),
            Trigger::StartDone => Facets::of(&[F::Plain, F::Unservable, F::Restored, F::RestoredCold]),
            Trigger::ShutDown => Facets::of(&[
                F::MalformedOptions,
                F::InvalidOptions,
                F::NullOptions,
                F::EmptyOptions,
                F::ByGuestConnection,
                F::ConnectionLost,
                F::ByIntegrationService,
                F::Unconfigured,
                F::GuestNotUp,
            ]),
            Trigger::Pause | Trigger::Crash => Facets::of(&[F::ValidOptions, F::MalformedOptions, F::InvalidOptions]),
            Trigger::Save => Facets::of(&[
                F::MalformedOptions,
                F::InvalidOptions,
                F::ToFile,
                F::AsTemplate,
                F::NoSaveFile,
                F::UnsavableDevice,
            ]),
            Trigger::SaveDone => Facets::of(&[F::ToFile, F::AsTemplate, F::Unservable]),
            Trigger::Modify => Facets::of(&[F::ValidDocument, F::MalformedDocument, F::InvalidDocument]),
            Trigger::GetProperties => {
                Facets::of(&[F::BasicQuery, F::StatisticsQuery, F::MalformedQuery, F::InvalidQuery])
            }
            Trigger::Enumerate => Facets::of(&[F::BasicQuery, F::MalformedQuery, F::InvalidQuery]),
            Trigger::SetCallback => Facets::of(&[F::FirstCallback, F::SecondCallback, F::NoCallback]),
            Trigger::LastHandleGone => Facets::of(&[F::TerminateOnLastHandle, F::OutliveHandles]),
            Trigger::CrashDone | Trigger::GuestCrash => Facets::of(&[F::CrashReporting, F::NoCrashReporting]),
            Trigger::GuestReset => Facets::of(&[F::StopOnReset, F::SharedMemory, F::NoVideoMonitor, F::Resettable]),
            Trigger::GuestStops => Facets::of(&[F::Reboot, F::PowerOff]),
            Trigger::OriginGone => Facets::of(&[F::HostGone, F::TemplateGone]),
            Trigger::CreateProcess => {
                Facets::of(&[F::ValidDocument, F::MalformedDocument, F::InvalidDocument, F::ConnectionLost])
            }
            Trigger::CreateProcessDone => Facets::of(&[F::Plain, F::Unservable]),
            Trigger::OpenProcess => Facets::of(&[F::UnknownProcess, F::LiveProcess, F::EndedProcess]),
            Trigger::InitExit => Facets::of(&[F::WindowsGuest, F::LinuxGuest]),
            Trigger::Open
            | Trigger::Close
            | Trigger::Start
            | Trigger::Terminate
            | Trigger::Resume
            | Trigger::List
            | Trigger::WaitForExit
            | Trigger::ShutDownDone
            | Trigger::TerminateDone
            | Trigger::PauseDone
            | Trigger::ResumeDone
            | Trigger::ModifyDone
            | Trigger::GetPropertiesDone
            | Trigger::EnumerateDone
            | Trigger::GuestPowerOff
            | Trigger::GuestDisconnect
            | Trigger::RdpModeChange
            | Trigger::WorkerCrash
            | Trigger::ManagerStarts
            | Trigger::ServiceStop => Facets::of(&[F::Plain]),
        }
    }

    /// The states in which the trigger can come. A completion can only come while its operation runs: what ends the
    /// operation earlier is in [`crate::operation::IN_FLIGHT`].
    pub const fn states(self) -> SystemStates {
        use SystemState::{
            Absent, Creating, Exited, Paused, Pausing, Refused, Resuming, Running, Saving, Starting, Stopping,
            Template, Terminating,
        };
        match self {
            // An id names at most one system that is neither refused nor exited.
            Trigger::Create | Trigger::Open | Trigger::ManagerStarts => SystemStates::except(&[Refused, Exited]),
            Trigger::Enumerate | Trigger::EnumerateDone => SystemStates::of(&[Absent]),
            Trigger::CreateDone => SystemStates::of(&[Creating]),
            Trigger::StartDone => SystemStates::of(&[Starting]),
            Trigger::ShutDownDone => SystemStates::of(&[Stopping]),
            Trigger::TerminateDone => SystemStates::of(&[Terminating]),
            Trigger::PauseDone => SystemStates::of(&[Pausing]),
            Trigger::ResumeDone => SystemStates::of(&[Resuming]),
            Trigger::SaveDone => SystemStates::of(&[Saving]),
            // These leave the state as it is while they run, so that others may change it.
            Trigger::CrashDone | Trigger::ModifyDone => SystemStates::except(&[Absent, Refused, Creating, Exited]),
            // A creation may fail while a query runs.
            Trigger::GetPropertiesDone => SystemStates::except(&[Absent]),
            // The end of the system ends it: see [`crate::operation::IN_FLIGHT`].
            Trigger::CreateProcessDone => {
                SystemStates::of(&[Running, Pausing, Paused, Resuming, Saving, Template, Stopping])
            }
            Trigger::InitExit => SystemStates::of(&[Running, Stopping, Terminating]),
            Trigger::Close
            | Trigger::Start
            | Trigger::ShutDown
            | Trigger::Terminate
            | Trigger::Crash
            | Trigger::Pause
            | Trigger::Resume
            | Trigger::Save
            | Trigger::Modify
            | Trigger::GetProperties
            | Trigger::List
            | Trigger::SetCallback
            | Trigger::WaitForExit
            | Trigger::CreateProcess
            | Trigger::OpenProcess
            | Trigger::LastHandleGone
            | Trigger::GuestCrash
            | Trigger::GuestPowerOff
            | Trigger::GuestReset
            | Trigger::GuestStops
            | Trigger::GuestDisconnect
            | Trigger::RdpModeChange
            | Trigger::WorkerCrash
            | Trigger::OriginGone
            | Trigger::ServiceStop => SystemStates::except(&[Absent]),
        }
    }

    /// The call whose admission the trigger is, if it is one.
    pub const fn admits(self) -> Option<Call> {
        match self {
            Trigger::Create => Some(Call::CreateComputeSystem),
            Trigger::Open => Some(Call::OpenComputeSystem),
            Trigger::Close => Some(Call::CloseComputeSystem),
            Trigger::Start => Some(Call::StartComputeSystem),
            Trigger::ShutDown => Some(Call::ShutDownComputeSystem),
            Trigger::Terminate => Some(Call::TerminateComputeSystem),
            Trigger::Crash => Some(Call::CrashComputeSystem),
            Trigger::Pause => Some(Call::PauseComputeSystem),
            Trigger::Resume => Some(Call::ResumeComputeSystem),
            Trigger::Save => Some(Call::SaveComputeSystem),
            Trigger::Modify => Some(Call::ModifyComputeSystem),
            Trigger::GetProperties => Some(Call::GetComputeSystemProperties),
            Trigger::Enumerate => Some(Call::EnumerateComputeSystems),
            Trigger::SetCallback => Some(Call::SetComputeSystemCallback),
            Trigger::WaitForExit => Some(Call::WaitForComputeSystemExit),
            Trigger::CreateProcess => Some(Call::CreateProcess),
            Trigger::OpenProcess => Some(Call::OpenProcess),
            _ => None,
        }
    }

    /// The call whose completion the trigger is, if it is one.
    pub const fn completes(self) -> Option<Call> {
        match self {
            Trigger::CreateDone => Some(Call::CreateComputeSystem),
            Trigger::StartDone => Some(Call::StartComputeSystem),
            Trigger::ShutDownDone => Some(Call::ShutDownComputeSystem),
            Trigger::TerminateDone => Some(Call::TerminateComputeSystem),
            Trigger::CrashDone => Some(Call::CrashComputeSystem),
            Trigger::PauseDone => Some(Call::PauseComputeSystem),
            Trigger::ResumeDone => Some(Call::ResumeComputeSystem),
            Trigger::SaveDone => Some(Call::SaveComputeSystem),
            Trigger::ModifyDone => Some(Call::ModifyComputeSystem),
            Trigger::GetPropertiesDone => Some(Call::GetComputeSystemProperties),
            Trigger::EnumerateDone => Some(Call::EnumerateComputeSystems),
            Trigger::CreateProcessDone => Some(Call::CreateProcess),
            _ => None,
        }
    }
}

closed! {
    /// `HCS_OPERATION_TYPE` of the operations that a modelled call can start.
    pub enum OperationType, OperationTypes {
        /// No call has used the operation yet (-1).
        None,
        /// 0
        Enumerate,
        /// 1
        Create,
        /// 2
        Start,
        /// 3
        ShutDown,
        /// 4
        Pause,
        /// 5
        Resume,
        /// 6
        Save,
        /// 7
        Terminate,
        /// 8
        Modify,
        /// 9
        GetProperties,
        /// 10
        CreateProcess,
        /// 11. `HcsTerminateProcess` has it too: the header gives that call no type of its own (assumed).
        SignalProcess,
        /// 12
        GetProcessInfo,
        /// 13
        GetProcessProperties,
        /// 14
        ModifyProcess,
        /// 15
        Crash,
    }
}

impl OperationType {
    /// The trigger of the operation's completion; `None` for operations on a process, which have their own in
    /// [`crate::process`].
    pub const fn completion(self) -> Option<Trigger> {
        match self {
            OperationType::None
            | OperationType::SignalProcess
            | OperationType::GetProcessInfo
            | OperationType::GetProcessProperties
            | OperationType::ModifyProcess => None,
            OperationType::CreateProcess => Some(Trigger::CreateProcessDone),
            OperationType::Enumerate => Some(Trigger::EnumerateDone),
            OperationType::Create => Some(Trigger::CreateDone),
            OperationType::Start => Some(Trigger::StartDone),
            OperationType::ShutDown => Some(Trigger::ShutDownDone),
            OperationType::Pause => Some(Trigger::PauseDone),
            OperationType::Resume => Some(Trigger::ResumeDone),
            OperationType::Save => Some(Trigger::SaveDone),
            OperationType::Terminate => Some(Trigger::TerminateDone),
            OperationType::Modify => Some(Trigger::ModifyDone),
            OperationType::GetProperties => Some(Trigger::GetPropertiesDone),
            OperationType::Crash => Some(Trigger::CrashDone),
        }
    }

    /// The ABI value (`computedefs.h`).
    pub const fn value(self) -> i32 {
        match self {
            OperationType::None => -1,
            OperationType::Enumerate => 0,
            OperationType::Create => 1,
            OperationType::Start => 2,
            OperationType::ShutDown => 3,
            OperationType::Pause => 4,
            OperationType::Resume => 5,
            OperationType::Save => 6,
            OperationType::Terminate => 7,
            OperationType::Modify => 8,
            OperationType::GetProperties => 9,
            OperationType::CreateProcess => 10,
            OperationType::SignalProcess => 11,
            OperationType::GetProcessInfo => 12,
            OperationType::GetProcessProperties => 13,
            OperationType::ModifyProcess => 14,
            OperationType::Crash => 15,
        }
    }

    /// `OperationFailure.Detail` in the `Attribution` of a result document (schema reference).
    pub const fn detail(self) -> Option<&'static str> {
        match self {
            // The schema has no detail for the properties of a process.
            OperationType::None | OperationType::Enumerate | OperationType::GetProcessProperties => None,
            OperationType::CreateProcess => Some("ExecuteProcess"),
            OperationType::SignalProcess => Some("SignalProcess"),
            OperationType::GetProcessInfo => Some("GetProcessInfo"),
            OperationType::ModifyProcess => Some("ModifyProcess"),
            OperationType::Create => Some("Construct"),
            OperationType::Start => Some("Start"),
            OperationType::ShutDown => Some("Shutdown"),
            OperationType::Pause => Some("Pause"),
            OperationType::Resume => Some("Resume"),
            OperationType::Save => Some("Save"),
            OperationType::Terminate => Some("Terminate"),
            OperationType::Modify => Some("Modify"),
            OperationType::GetProperties => Some("GetProperties"),
            OperationType::Crash => Some("Crash"),
        }
    }
}

impl Call {
    /// The type that an operation takes when this call uses it. Of a legacy call, that of the operation within.
    pub const fn operation_type(self) -> Option<OperationType> {
        match crate::legacy::sibling(self) {
            Call::EnumerateComputeSystems | Call::EnumerateComputeSystemsInNamespace => Some(OperationType::Enumerate),
            Call::CreateComputeSystem | Call::CreateComputeSystemInNamespace => Some(OperationType::Create),
            Call::StartComputeSystem => Some(OperationType::Start),
            Call::ShutDownComputeSystem => Some(OperationType::ShutDown),
            Call::PauseComputeSystem => Some(OperationType::Pause),
            Call::ResumeComputeSystem => Some(OperationType::Resume),
            Call::SaveComputeSystem => Some(OperationType::Save),
            Call::TerminateComputeSystem => Some(OperationType::Terminate),
            Call::ModifyComputeSystem => Some(OperationType::Modify),
            Call::GetComputeSystemProperties => Some(OperationType::GetProperties),
            Call::CrashComputeSystem => Some(OperationType::Crash),
            Call::CreateProcess => Some(OperationType::CreateProcess),
            Call::TerminateProcess | Call::SignalProcess => Some(OperationType::SignalProcess),
            Call::GetProcessInfo => Some(OperationType::GetProcessInfo),
            Call::GetProcessProperties => Some(OperationType::GetProcessProperties),
            Call::ModifyProcess => Some(OperationType::ModifyProcess),
            _ => None,
        }
    }

    /// The name of the export.
    pub const fn export(self) -> &'static str {
        crate::export::of(self).name
    }
}

closed! {
    /// `HCS_EVENT_TYPE`, the members that modelled rows raise.
    pub enum EventType, EventTypes {
        /// 0x00000001: the system is over; data is a `SystemExitStatus`.
        SystemExited,
        /// 0x00000002: the guest has begun to crash; data is a `CrashReport`.
        SystemCrashInitiated,
        /// 0x00000003: the guest's crash is reported; data is a `CrashReport`.
        SystemCrashReport,
        /// 0x00000004: enhanced session mode was turned on or off; no data.
        SystemRdpEnhancedModeStateChanged,
        /// 0x00000006: the guest connection is closed, expected or not; no data.
        SystemGuestConnectionClosed,
        /// 0x00010000: the process is over; data is a `ProcessStatus`. Told to callbacks of process handles only.
        ProcessExited,
        /// 0x01000000: an operation on this handle is done.
        OperationCallback,
        /// 0x02000000: the connection to the service is lost; no data.
        ServiceDisconnect,
    }
}

impl EventType {
    /// The ABI value (`computedefs.h`).
    pub const fn value(self) -> u32 {
        match self {
            EventType::SystemExited => 1,
            EventType::SystemCrashInitiated => 2,
            EventType::SystemCrashReport => 3,
            EventType::SystemRdpEnhancedModeStateChanged => 4,
            EventType::SystemGuestConnectionClosed => 6,
            EventType::ProcessExited => 0x0001_0000,
            EventType::OperationCallback => 0x0100_0000,
            EventType::ServiceDisconnect => 0x0200_0000,
        }
    }
}

/// `HCS_EVENT_OPTIONS`, a set of flags.
pub mod event_options {
    /// Only system events.
    pub const NONE: u32 = 0;
    /// Completed operations are announced to the handle's callback, which excludes callbacks on operations.
    pub const ENABLE_OPERATION_CALLBACKS: u32 = 1;
    /// Events of type 0x80000002; their payload is undocumented and none is raised.
    pub const ENABLE_VM_LIFECYCLE: u32 = 2;
    /// Events of type 0x80000003; live migration is not modelled and none is raised.
    pub const ENABLE_LIVE_MIGRATION_EVENTS: u32 = 4;
}

/// The one value of `requestedAccess` that `HcsOpenComputeSystem` takes. Clients pass it to `HcsOpenProcess` too.
pub const GENERIC_ALL: u32 = 0x1000_0000;

/// The time-out value that means to wait for ever.
pub const INFINITE: u32 = u32::MAX;

/// What `HcsGetOperationId` answers for something that is no operation.
pub const INVALID_OPERATION_ID: u64 = u64::MAX;
