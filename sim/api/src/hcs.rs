//! The calls: one method for each modelled export, with the export's name in snake case and without its `Hcs`.
//!
//! The methods are as raw as the exports: handles are values that can be wrong, strings can be NULL, results are codes.
//! The owned wrappers of this crate stand on them; tests of misuse use them directly.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use hcs_rules::export::Export;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

macro_rules! handles {
    ($($(#[$doc:meta])* $Handle:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $Handle(pub u64);

            impl $Handle {
                /// No handle.
                pub const NULL: $Handle = $Handle(0);

                /// Whether it is no handle.
                pub const fn is_null(self) -> bool {
                    self.0 == 0
                }
            }

            impl std::fmt::Debug for $Handle {
                fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    write!(out, "{}({:#x})", stringify!($Handle), self.0)
                }
            }
        )+
    };
}

pub(crate) use handles;

handles! {
    /// `HCS_OPERATION`: the bits of the handle, which may be stale, foreign or NULL.
    OperationHandle;
    /// `HCS_SYSTEM`: the bits of the handle, which may be stale, foreign or NULL.
    SystemHandle;
    /// `HCS_PROCESS`: the bits of the handle, which may be stale, foreign or NULL.
    ProcessHandle;
    /// A standard stream's `HANDLE`, which is the caller's own to close.
    StreamHandle;
}

impl StreamHandle {
    /// `INVALID_HANDLE_VALUE`
    pub const INVALID: StreamHandle = StreamHandle(u64::MAX);

    /// Whether there is a stream: neither NULL nor `INVALID_HANDLE_VALUE`, both of which the service gives for none.
    pub const fn is_some(self) -> bool {
        !self.is_null() && self.0 != Self::INVALID.0
    }
}

/// `HCS_PROCESS_INFORMATION`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessInformation {
    /// `ProcessId`: the process's id in its guest.
    pub process_id: u32,
    /// `StdInput`
    pub std_input: StreamHandle,
    /// `StdOutput`
    pub std_output: StreamHandle,
    /// `StdError`
    pub std_error: StreamHandle,
}

/// A string argument, `PCWSTR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// NULL.
    Null,
    /// Not well-formed UTF-16: it holds a lone surrogate.
    Malformed,
    /// Text.
    Some(&'a str),
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text::Some(text)
    }
}

impl<'a> From<Option<&'a str>> for Text<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Text::Null, Text::Some)
    }
}

/// What a call or an operation ends with: the code, and the result document if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code.
    pub code: Hresult,
    /// The result document, JSON.
    pub document: Option<Arc<str>>,
}

impl Outcome {
    /// This code and no document.
    pub const fn bare(code: Hresult) -> Outcome {
        Outcome { code, document: None }
    }
}

/// `HCS_EVENT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `Type`, as in `HCS_EVENT_TYPE`.
    pub kind: u32,
    /// `EventData`, JSON.
    pub data: Option<Arc<str>>,
    /// `Operation`, for the event that announces one.
    pub operation: OperationHandle,
}

/// `HCS_OPERATION_COMPLETION` with its context: called once, when the operation is done.
pub type OperationCallback = Arc<dyn Fn(OperationHandle) + Send + Sync>;

/// `HCS_EVENT_CALLBACK` with its context.
pub type EventCallback = Arc<dyn Fn(&Event) + Send + Sync>;

/// `HCS_CREATE_OPTIONS_1`: what may come with the creation of a system in a namespace. Its token and security descriptor
/// are not looked at.
#[derive(Clone)]
pub struct CreateOptions {
    /// `Version`; [`CreateOptions::VERSION`] is the only one.
    pub version: u32,
    /// `CallbackOptions`, as in `HCS_EVENT_OPTIONS`.
    pub events: u32,
    /// `Callback` with its context, set on the new handle before anything can happen to the system.
    pub callback: Option<EventCallback>,
}

impl CreateOptions {
    /// `HcsCreateOptions_1`
    pub const VERSION: u32 = 0x0001_0000;
}

impl std::fmt::Debug for CreateOptions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "create options {:#x}, events {:#x}", self.version, self.events)
    }
}

/// The Host Compute Service as one client sees it: a simulated one, or the real one.
///
/// Each method is one export of `computecore.dll`; its page in Microsoft's documentation describes it, and
/// `hcs_rules` says what the simulated one does. No method panics on anything a caller passes.
pub trait Hcs: Send + Sync {
    /// `HcsCreateOperation`. NULL when there is no memory.
    fn create_operation(&self, callback: Option<OperationCallback>) -> OperationHandle;
    /// `HcsCreateOperationWithNotifications`; `options` is `HCS_OPERATION_OPTIONS`.
    fn create_operation_with_notifications(&self, options: u32, callback: Option<EventCallback>) -> OperationHandle;
    /// `HcsCloseOperation`. A request in flight goes on; its result is dropped.
    fn close_operation(&self, operation: OperationHandle);
    /// `HcsGetOperationContext`: the value of the context pointer.
    fn get_operation_context(&self, operation: OperationHandle) -> usize;
    /// `HcsSetOperationContext`.
    fn set_operation_context(&self, operation: OperationHandle, context: usize) -> Hresult;
    /// `HcsGetComputeSystemFromOperation`.
    fn get_compute_system_from_operation(&self, operation: OperationHandle) -> SystemHandle;
    /// `HcsGetProcessFromOperation`.
    fn get_process_from_operation(&self, operation: OperationHandle) -> ProcessHandle;
    /// `HcsGetOperationType`, as in `HCS_OPERATION_TYPE`; -1 is none.
    fn get_operation_type(&self, operation: OperationHandle) -> i32;
    /// `HcsGetOperationId`; `u64::MAX` for no operation.
    fn get_operation_id(&self, operation: OperationHandle) -> u64;
    /// `HcsGetOperationResult`.
    fn get_operation_result(&self, operation: OperationHandle) -> Outcome;
    /// `HcsGetOperationResultAndProcessInfo`; the information is there only with `S_OK`, and its streams are then the caller's.
    fn get_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
    ) -> (Outcome, Option<ProcessInformation>);
    /// `HcsWaitForOperationResult`; the time-out is in milliseconds, `u32::MAX` is for ever.
    fn wait_for_operation_result(&self, operation: OperationHandle, timeout_ms: u32) -> Outcome;
    /// `HcsWaitForOperationResultAndProcessInfo`; the time-out and the information as above.
    fn wait_for_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
        timeout_ms: u32,
    ) -> (Outcome, Option<ProcessInformation>);
    /// `HcsSetOperationCallback`.
    fn set_operation_callback(&self, operation: OperationHandle, callback: Option<OperationCallback>) -> Hresult;
    /// `HcsCancelOperation`.
    fn cancel_operation(&self, operation: OperationHandle) -> Hresult;
    /// `HcsAddResourceToOperation`; `kind` is `HCS_RESOURCE_TYPE`.
    fn add_resource_to_operation(&self, operation: OperationHandle, kind: u32, uri: Text<'_>, handle: usize)
    -> Hresult;
    /// `HcsGetOperationProperties`.
    fn get_operation_properties(&self, operation: OperationHandle, options: Text<'_>) -> Outcome;
    /// `HcsEnumerateComputeSystems`; the query is a `SystemQuery`.
    fn enumerate_compute_systems(&self, query: Text<'_>, operation: OperationHandle) -> Hresult;
    /// `HcsCreateComputeSystem`; the configuration is a `ComputeSystem`. The handle is set when the call returns `S_OK`,
    /// before the operation is done.
    fn create_compute_system(
        &self,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, SystemHandle);
    /// `HcsOpenComputeSystem`; the access is `GENERIC_ALL`.
    fn open_compute_system(&self, id: Text<'_>, requested_access: u32) -> (Hresult, SystemHandle);
    /// `HcsCloseComputeSystem`. Unregisters the callback and waits for a running one to return.
    fn close_compute_system(&self, system: SystemHandle);
    /// `HcsStartComputeSystem`.
    fn start_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsTerminateComputeSystem`.
    fn terminate_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsGetComputeSystemProperties`; the query is a `System_PropertyQuery`.
    fn get_compute_system_properties(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        query: Text<'_>,
    ) -> Hresult;
    /// `HcsSetComputeSystemCallback`; `options` is `HCS_EVENT_OPTIONS`.
    fn set_compute_system_callback(
        &self,
        system: SystemHandle,
        options: u32,
        callback: Option<EventCallback>,
    ) -> Hresult;
    /// `HcsWaitForComputeSystemExit`; the time-out is in milliseconds, `u32::MAX` is for ever. The document is a
    /// `SystemExitStatus`.
    fn wait_for_compute_system_exit(&self, system: SystemHandle, timeout_ms: u32) -> Outcome;

    /// `HcsShutDownComputeSystem`; the options are a `ShutdownOptions`. Done means that the guest was asked.
    fn shut_down_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsCrashComputeSystem`; the options are a `CrashOptions`.
    fn crash_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsPauseComputeSystem`; the options are a `PauseOptions`.
    fn pause_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsResumeComputeSystem`.
    fn resume_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsSaveComputeSystem`; the options are a `SaveOptions`.
    fn save_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsModifyComputeSystem`; the configuration is a `ModifySettingRequest`. The identity token is not passed on.
    fn modify_compute_system(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        configuration: Text<'_>,
    ) -> Hresult;
    /// `HcsCreateComputeSystemInNamespace`; as the plain create otherwise.
    fn create_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
        options: Option<CreateOptions>,
    ) -> (Hresult, SystemHandle);
    /// `HcsOpenComputeSystemInNamespace`; as the plain open otherwise.
    fn open_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        requested_access: u32,
    ) -> (Hresult, SystemHandle);
    /// `HcsEnumerateComputeSystemsInNamespace`; as the plain enumeration otherwise.
    fn enumerate_compute_systems_in_namespace(
        &self,
        namespace: Text<'_>,
        query: Text<'_>,
        operation: OperationHandle,
    ) -> Hresult;
    /// `HcsGetServiceProperties`; the query is a `Service_PropertyQuery`, the document a `ServiceProperties`.
    fn get_service_properties(&self, query: Text<'_>) -> Outcome;
    /// `HcsModifyServiceSettings`; the settings are a `ModificationRequest`.
    fn modify_service_settings(&self, settings: Text<'_>) -> Outcome;
    /// `HcsSubmitWerReport`; the settings are a `CrashReport`.
    fn submit_wer_report(&self, settings: Text<'_>) -> Hresult;

    /// `HcsCreateProcess`; the parameters are a `ProcessParameters`. The handle is set when the call returns `S_OK`, before the
    /// operation is done; the process's id and streams come with the operation's result.
    fn create_process(
        &self,
        system: SystemHandle,
        parameters: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, ProcessHandle);
    /// `HcsOpenProcess`; the access is `GENERIC_ALL`.
    fn open_process(&self, system: SystemHandle, process_id: u32, requested_access: u32) -> (Hresult, ProcessHandle);
    /// `HcsCloseProcess`. Unregisters the callback and waits for a running one to return; the process goes on.
    fn close_process(&self, process: ProcessHandle);
    /// `HcsTerminateProcess`.
    fn terminate_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsSignalProcess`; the options are a `SignalProcessOptions`.
    fn signal_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult;
    /// `HcsGetProcessInfo`; the result is read as that of a creation.
    fn get_process_info(&self, process: ProcessHandle, operation: OperationHandle) -> Hresult;
    /// `HcsGetProcessProperties`; the result is a `ProcessStatus`.
    fn get_process_properties(&self, process: ProcessHandle, operation: OperationHandle, query: Text<'_>) -> Hresult;
    /// `HcsModifyProcess`; the settings are a `ProcessModifyRequest`.
    fn modify_process(&self, process: ProcessHandle, operation: OperationHandle, settings: Text<'_>) -> Hresult;
    /// `HcsSetProcessCallback`; `options` is `HCS_EVENT_OPTIONS`.
    fn set_process_callback(&self, process: ProcessHandle, options: u32, callback: Option<EventCallback>) -> Hresult;
    /// `HcsWaitForProcessExit`; the time-out is in milliseconds, `u32::MAX` is for ever. The document is a `ProcessStatus`.
    fn wait_for_process_exit(&self, process: ProcessHandle, timeout_ms: u32) -> Outcome;

    /// `HcsCreateEmptyGuestStateFile`.
    fn create_empty_guest_state_file(&self, path: Text<'_>) -> Hresult;
    /// `HcsCreateEmptyRuntimeStateFile`.
    fn create_empty_runtime_state_file(&self, path: Text<'_>) -> Hresult;
    /// `HcsGetProcessorCompatibilityFromSavedState`; the document is a `VmProcessorRequirements`.
    fn get_processor_compatibility_from_saved_state(&self, path: Text<'_>) -> Outcome;
    /// `HcsGrantVmAccess`; the system need not exist.
    fn grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult;
    /// `HcsRevokeVmAccess`.
    fn revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult;
    /// `HcsGrantVmGroupAccess`.
    fn grant_vm_group_access(&self, path: Text<'_>) -> Hresult;
    /// `HcsRevokeVmGroupAccess`.
    fn revoke_vm_group_access(&self, path: Text<'_>) -> Hresult;

    // Standard streams are no matter of the service's DLL: on Windows these are `ReadFile`, `WriteFile` and `CloseHandle`.

    /// Reads from a process's output; waits while there is nothing and somebody could still write. 0 is the end.
    ///
    /// # Errors
    /// `InvalidInput` for a handle that is none of the caller's, or of an input; `TimedOut` when nothing can end the wait.
    fn read_stream(&self, stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes to a process's input as much as fits; waits while nothing does.
    ///
    /// # Errors
    /// `BrokenPipe` when nobody reads any more, and as [`Hcs::read_stream`].
    fn write_stream(&self, stream: StreamHandle, bytes: &[u8]) -> io::Result<usize>;
    /// Closes a stream: the process's input ends, its output breaks.
    fn close_stream(&self, stream: StreamHandle);
    /// As [`Hcs::read_stream`], for futures; `ticket` is the future's, as in [`Hcs::poll_idle`].
    fn poll_read_stream(
        &self,
        stream: StreamHandle,
        buffer: &mut [u8],
        context: &mut Context<'_>,
        ticket: &mut u64,
    ) -> Poll<io::Result<usize>>;
    /// As [`Hcs::write_stream`], for futures.
    fn poll_write_stream(
        &self,
        stream: StreamHandle,
        bytes: &[u8],
        context: &mut Context<'_>,
        ticket: &mut u64,
    ) -> Poll<io::Result<usize>>;

    /// Whether the service's DLL exports a call. One that it does not export answers `ERROR_PROC_NOT_FOUND`.
    fn exports(&self, call: Call) -> bool {
        let _ = call;
        true
    }

    /// A call that is not modelled: records it and answers the code that says so.
    fn call_unmodelled(&self, export: &'static Export) -> Hresult {
        let _ = export;
        hcs_rules::export::NOT_MODELLED
    }

    /// Called by a future of this crate when it has nothing more to do than to wait.
    ///
    /// The real service moves by itself, and the default does nothing. A simulated world whose time moves when all
    /// wait takes this as the sign; `ticket` is the future's, and starts at 0. An implementation that wants to be asked
    /// again wakes the context.
    fn poll_idle(&self, context: &mut Context<'_>, ticket: &mut u64) {
        let _ = (context, ticket);
    }
}
