//! The closed alphabets of the rules: calls, kinds, states, facets, events. Values are those of the ABI where it has any.

use crate::closed::closed;

closed! {
    /// A modelled export of `computecore.dll`. The name is the export's without its `Hcs`.
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
        match self {
            SystemState::Running | SystemState::Terminating => Some("Running"),
            SystemState::Absent
            | SystemState::Creating
            | SystemState::Refused
            | SystemState::Created
            | SystemState::Starting
            | SystemState::Exited => None,
        }
    }
}

closed! {
    /// What can happen to one compute system: a call is admitted, the same call completes, or the world acts.
    pub enum Trigger, Triggers {
        /// `HcsCreateComputeSystem` is admitted.
        Create,
        /// `HcsOpenComputeSystem` looks the id up.
        Open,
        /// `HcsCloseComputeSystem` gives a handle back.
        Close,
        /// `HcsStartComputeSystem` is admitted.
        Start,
        /// `HcsTerminateComputeSystem` is admitted.
        Terminate,
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
        /// The create operation is done.
        CreateDone,
        /// The start operation is done.
        StartDone,
        /// The terminate operation is done.
        TerminateDone,
        /// The property query is done.
        GetPropertiesDone,
        /// The list is done.
        EnumerateDone,
        /// The last handle of all clients is gone, by close or by a client's death.
        LastHandleGone,
        /// The guest operating system crashes.
        GuestCrash,
        /// The guest powers itself off.
        GuestPowerOff,
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
        /// The query asks for what is modelled: the basic properties, or a list by id, type or owner.
        BasicQuery,
        /// The query is no JSON.
        MalformedQuery,
        /// The query is JSON, and the document stage refuses it.
        InvalidQuery,
        /// The query asks for a property, or filters by a member, that is not modelled.
        UnmodelledQuery,
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
    }
}

impl Trigger {
    /// The facets that the trigger distinguishes. A row may name no other.
    pub const fn facets(self) -> Facets {
        match self {
            Trigger::Create => Facets::of(&[
                Facet::ValidDocument,
                Facet::MalformedDocument,
                Facet::InvalidDocument,
                Facet::UnmodelledDocument,
            ]),
            Trigger::GetProperties | Trigger::Enumerate => {
                Facets::of(&[Facet::BasicQuery, Facet::MalformedQuery, Facet::InvalidQuery, Facet::UnmodelledQuery])
            }
            Trigger::SetCallback => Facets::of(&[Facet::FirstCallback, Facet::SecondCallback, Facet::NoCallback]),
            Trigger::LastHandleGone => Facets::of(&[Facet::TerminateOnLastHandle, Facet::OutliveHandles]),
            Trigger::GuestCrash => Facets::of(&[Facet::CrashReporting, Facet::NoCrashReporting]),
            Trigger::Open
            | Trigger::Close
            | Trigger::Start
            | Trigger::Terminate
            | Trigger::List
            | Trigger::WaitForExit
            | Trigger::CreateDone
            | Trigger::StartDone
            | Trigger::TerminateDone
            | Trigger::GetPropertiesDone
            | Trigger::EnumerateDone
            | Trigger::GuestPowerOff
            | Trigger::ServiceStop => Facets::of(&[Facet::Plain]),
        }
    }

    /// The states in which the trigger can come. A completion can only come while its operation runs: what ends the
    /// operation earlier is in [`crate::operation::IN_FLIGHT`].
    pub const fn states(self) -> SystemStates {
        use SystemState::{Absent, Creating, Refused, Starting, Terminating};
        match self {
            // An id names at most one system that is neither refused nor exited.
            Trigger::Create | Trigger::Open => SystemStates::except(&[Refused, SystemState::Exited]),
            Trigger::Enumerate | Trigger::EnumerateDone => SystemStates::of(&[Absent]),
            Trigger::CreateDone => SystemStates::of(&[Creating]),
            Trigger::StartDone => SystemStates::of(&[Starting]),
            Trigger::TerminateDone => SystemStates::of(&[Terminating]),
            Trigger::GetPropertiesDone => SystemStates::except(&[Absent, Refused]),
            Trigger::Close
            | Trigger::Start
            | Trigger::Terminate
            | Trigger::GetProperties
            | Trigger::List
            | Trigger::SetCallback
            | Trigger::WaitForExit
            | Trigger::LastHandleGone
            | Trigger::GuestCrash
            | Trigger::GuestPowerOff
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
            Trigger::Terminate => Some(Call::TerminateComputeSystem),
            Trigger::GetProperties => Some(Call::GetComputeSystemProperties),
            Trigger::Enumerate => Some(Call::EnumerateComputeSystems),
            Trigger::SetCallback => Some(Call::SetComputeSystemCallback),
            Trigger::WaitForExit => Some(Call::WaitForComputeSystemExit),
            Trigger::CreateDone
            | Trigger::StartDone
            | Trigger::TerminateDone
            | Trigger::GetPropertiesDone
            | Trigger::EnumerateDone
            | Trigger::List
            | Trigger::LastHandleGone
            | Trigger::GuestCrash
            | Trigger::GuestPowerOff
            | Trigger::ServiceStop => None,
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
        /// 7
        Terminate,
        /// 9
        GetProperties,
    }
}

impl OperationType {
    /// The trigger of the operation's completion.
    pub const fn completion(self) -> Option<Trigger> {
        match self {
            OperationType::None => None,
            OperationType::Enumerate => Some(Trigger::EnumerateDone),
            OperationType::Create => Some(Trigger::CreateDone),
            OperationType::Start => Some(Trigger::StartDone),
            OperationType::Terminate => Some(Trigger::TerminateDone),
            OperationType::GetProperties => Some(Trigger::GetPropertiesDone),
        }
    }

    /// The ABI value (`computedefs.h`).
    pub const fn value(self) -> i32 {
        match self {
            OperationType::None => -1,
            OperationType::Enumerate => 0,
            OperationType::Create => 1,
            OperationType::Start => 2,
            OperationType::Terminate => 7,
            OperationType::GetProperties => 9,
        }
    }
}

impl Call {
    /// The type that an operation takes when this call uses it.
    pub const fn operation_type(self) -> Option<OperationType> {
        match self {
            Call::EnumerateComputeSystems => Some(OperationType::Enumerate),
            Call::CreateComputeSystem => Some(OperationType::Create),
            Call::StartComputeSystem => Some(OperationType::Start),
            Call::TerminateComputeSystem => Some(OperationType::Terminate),
            Call::GetComputeSystemProperties => Some(OperationType::GetProperties),
            _ => None,
        }
    }

    /// The name of the export.
    pub fn export(self) -> String {
        format!("Hcs{}", self.name())
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

/// The one value of `requestedAccess` that `HcsOpenComputeSystem` takes.
pub const GENERIC_ALL: u32 = 0x1000_0000;

/// The time-out value that means to wait for ever.
pub const INFINITE: u32 = u32::MAX;

/// What `HcsGetOperationId` answers for something that is no operation.
pub const INVALID_OPERATION_ID: u64 = u64::MAX;
