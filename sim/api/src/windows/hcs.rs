//! The exports of `computecore.dll`.

use core::ffi::c_void;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::task::{Context, Poll};

use hcs_rules::export::ABSENT;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, INVALID_OPERATION_ID, OperationType};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_CREATE_OPTIONS_1, HCS_EVENT, HCS_EVENT_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_PROCESS,
    HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use super::{Callback, Wide, Windows, code, export, outcome, raw};
use crate::hcs::{
    CreateOptions, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle,
    ProcessInformation, StreamHandle, SystemHandle, Text,
};

/// What a reader of process information gives: the information is there only with `S_OK`.
pub(super) fn informed(
    outcome: Outcome,
    information: &HCS_PROCESS_INFORMATION,
) -> (Outcome, Option<ProcessInformation>) {
    let stream = |handle: HANDLE| StreamHandle(handle as usize as u64);
    let information = (outcome.code == Hresult::S_OK).then(|| ProcessInformation {
        process_id: information.ProcessId,
        std_input: stream(information.StdInput),
        std_output: stream(information.StdOutput),
        std_error: stream(information.StdError),
    });
    (outcome, information)
}

unsafe extern "system" fn completed(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the callback that is kept until the operation is closed.
    if let Some(Callback::Operation(callback)) = unsafe { context.cast::<Callback>().as_ref() } {
        let callback = callback.clone();
        // A panic must not unwind into the service; it ends here, and the operation is complete all the same.
        _ = catch_unwind(AssertUnwindSafe(|| callback(OperationHandle(operation as usize as u64))));
    }
}

unsafe extern "system" fn happened(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the service gives a valid event; the context is kept until the handle is closed.
    let (Some(event), Some(Callback::Event(callback))) =
        (unsafe { event.as_ref() }, unsafe { context.cast::<Callback>().as_ref() })
    else {
        return;
    };
    let mut length = 0;
    // SAFETY: the data is NULL or ends with a zero, and belongs to the service.
    while !event.EventData.is_null() && unsafe { event.EventData.add(length).read() } != 0 {
        length += 1;
    }
    let data = (!event.EventData.is_null()).then(|| {
        // SAFETY: so many units have just been read.
        String::from_utf16_lossy(unsafe { core::slice::from_raw_parts(event.EventData, length) }).into()
    });
    let event = Event { kind: event.Type as u32, data, operation: OperationHandle(event.Operation as usize as u64) };
    let callback = callback.clone();
    _ = catch_unwind(AssertUnwindSafe(|| callback(&event)));
}

type Op = HCS_OPERATION;
type Sys = HCS_SYSTEM;
type Process = HCS_PROCESS;

impl Hcs for Windows {
    fn exports(&self, call: Call) -> bool {
        let export = hcs_rules::export::of(call);
        let name = format!("{}\0", export.name);
        self.dll(export.dll).is_some_and(|dll| dll.symbol(&name).is_some())
    }

    fn create_operation(&self, callback: Option<OperationCallback>) -> OperationHandle {
        let Some(function) = export!(self, HcsCreateOperation: fn(*const c_void, HCS_OPERATION_COMPLETION) -> Op)
        else {
            return OperationHandle::NULL;
        };
        let kept = callback.map(|callback| self.keep(Callback::Operation(callback)));
        let context = kept.as_ref().map_or(core::ptr::null(), |(_, context)| *context);
        let trampoline: HCS_OPERATION_COMPLETION = if kept.is_some() { Some(completed) } else { None };
        // SAFETY: the context is kept until the operation is closed.
        let handle = unsafe { function(context, trampoline) } as usize as u64;
        if let Some((callback, _)) = kept {
            self.own(handle, callback);
        }
        OperationHandle(handle)
    }

    fn create_operation_with_notifications(&self, options: u32, callback: Option<EventCallback>) -> OperationHandle {
        let function =
            export!(self, HcsCreateOperationWithNotifications: fn(i32, *const c_void, HCS_EVENT_CALLBACK) -> Op);
        let (Some(function), Some(callback)) = (function, callback) else { return OperationHandle::NULL };
        let (callback, context) = self.keep(Callback::Event(callback));
        // SAFETY: the context is kept until the operation is closed.
        let handle = unsafe { function(options as i32, context, Some(happened)) } as usize as u64;
        self.own(handle, callback);
        OperationHandle(handle)
    }

    fn close_operation(&self, operation: OperationHandle) {
        if let Some(function) = export!(self, HcsCloseOperation: fn(Op)) {
            // SAFETY: the handle is the caller's.
            unsafe { function(raw(operation.0)) };
        }
        self.disown(operation.0);
    }

    /// The context slot of the DLL is this wrapper's own; the caller's value is kept beside it.
    fn get_operation_context(&self, operation: OperationHandle) -> usize {
        let contexts = self.0.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        contexts.get(&operation.0).copied().unwrap_or(0)
    }

    fn set_operation_context(&self, operation: OperationHandle, context: usize) -> Hresult {
        self.0.contexts.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.0, context);
        Hresult::S_OK
    }

    fn get_compute_system_from_operation(&self, operation: OperationHandle) -> SystemHandle {
        match export!(self, HcsGetComputeSystemFromOperation: fn(Op) -> Sys) {
            // SAFETY: the handle is the caller's.
            Some(function) => SystemHandle(unsafe { function(raw(operation.0)) } as usize as u64),
            None => SystemHandle::NULL,
        }
    }

    fn get_process_from_operation(&self, operation: OperationHandle) -> ProcessHandle {
        match export!(self, HcsGetProcessFromOperation: fn(Op) -> Process) {
            // SAFETY: the handle is the caller's.
            Some(function) => ProcessHandle(unsafe { function(raw(operation.0)) } as usize as u64),
            None => ProcessHandle::NULL,
        }
    }

    fn get_operation_type(&self, operation: OperationHandle) -> i32 {
        match export!(self, HcsGetOperationType: fn(Op) -> i32) {
            // SAFETY: the handle is the caller's.
            Some(function) => unsafe { function(raw(operation.0)) },
            None => OperationType::None.value(),
        }
    }

    fn get_operation_id(&self, operation: OperationHandle) -> u64 {
        match export!(self, HcsGetOperationId: fn(Op) -> u64) {
            // SAFETY: the handle is the caller's.
            Some(function) => unsafe { function(raw(operation.0)) },
            None => INVALID_OPERATION_ID,
        }
    }

    fn get_operation_result(&self, operation: OperationHandle) -> Outcome {
        outcome!(self.HcsGetOperationResult(raw(operation.0) => Op))
    }

    fn get_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
    ) -> (Outcome, Option<ProcessInformation>) {
        let mut information = HCS_PROCESS_INFORMATION::default();
        let outcome = outcome!(self.HcsGetOperationResultAndProcessInfo(
            raw(operation.0) => Op, &raw mut information => *mut HCS_PROCESS_INFORMATION
        ));
        informed(outcome, &information)
    }

    fn wait_for_operation_result(&self, operation: OperationHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForOperationResult(raw(operation.0) => Op, timeout_ms => u32))
    }

    fn wait_for_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
        timeout_ms: u32,
    ) -> (Outcome, Option<ProcessInformation>) {
        let mut information = HCS_PROCESS_INFORMATION::default();
        let outcome = outcome!(self.HcsWaitForOperationResultAndProcessInfo(
            raw(operation.0) => Op, timeout_ms => u32, &raw mut information => *mut HCS_PROCESS_INFORMATION
        ));
        informed(outcome, &information)
    }

    fn set_operation_callback(&self, operation: OperationHandle, callback: Option<OperationCallback>) -> Hresult {
        let Some(callback) = callback else {
            return code!(self.HcsSetOperationCallback(
                raw(operation.0) => Op, core::ptr::null() => *const c_void, None => HCS_OPERATION_COMPLETION
            ));
        };
        let (callback, context) = self.keep(Callback::Operation(callback));
        self.own(operation.0, callback);
        code!(self.HcsSetOperationCallback(
            raw(operation.0) => Op, context => *const c_void, Some(completed) => HCS_OPERATION_COMPLETION
        ))
    }

    fn cancel_operation(&self, operation: OperationHandle) -> Hresult {
        code!(self.HcsCancelOperation(raw(operation.0) => Op))
    }

    fn add_resource_to_operation(
        &self,
        operation: OperationHandle,
        kind: u32,
        uri: Text<'_>,
        handle: usize,
    ) -> Hresult {
        let uri = Wide::new(uri);
        code!(self.HcsAddResourceToOperation(
            raw(operation.0) => Op, kind as i32 => i32, uri.pointer() => PCWSTR, handle as *mut c_void => *mut c_void
        ))
    }

    fn get_operation_properties(&self, operation: OperationHandle, options: Text<'_>) -> Outcome {
        let options = Wide::new(options);
        outcome!(self.HcsGetOperationProperties(raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn enumerate_compute_systems(&self, query: Text<'_>, operation: OperationHandle) -> Hresult {
        let query = Wide::new(query);
        code!(self.HcsEnumerateComputeSystems(query.pointer() => PCWSTR, raw(operation.0) => Op))
    }

    fn create_compute_system(
        &self,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, SystemHandle) {
        let (id, configuration) = (Wide::new(id), Wide::new(configuration));
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsCreateComputeSystem(
            id.pointer() => PCWSTR, configuration.pointer() => PCWSTR, raw(operation.0) => Op,
            core::ptr::null() => *const c_void, &raw mut system => *mut Sys
        ));
        (code, SystemHandle(system as usize as u64))
    }

    fn open_compute_system(&self, id: Text<'_>, requested_access: u32) -> (Hresult, SystemHandle) {
        let id = Wide::new(id);
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsOpenComputeSystem(
            id.pointer() => PCWSTR, requested_access => u32, &raw mut system => *mut Sys
        ));
        (code, SystemHandle(system as usize as u64))
    }

    fn close_compute_system(&self, system: SystemHandle) {
        if let Some(function) = export!(self, HcsCloseComputeSystem: fn(Sys)) {
            // SAFETY: the handle is the caller's. The call waits for running callbacks, so that they can go after it.
            unsafe { function(raw(system.0)) };
        }
        self.disown(system.0);
    }

    fn start_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsStartComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn terminate_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsTerminateComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn get_compute_system_properties(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        query: Text<'_>,
    ) -> Hresult {
        let query = Wide::new(query);
        code!(self.HcsGetComputeSystemProperties(raw(system.0) => Sys, raw(operation.0) => Op, query.pointer() => PCWSTR))
    }

    fn set_compute_system_callback(
        &self,
        system: SystemHandle,
        options: u32,
        callback: Option<EventCallback>,
    ) -> Hresult {
        let Some(callback) = callback else {
            return code!(self.HcsSetComputeSystemCallback(
                raw(system.0) => Sys, options as i32 => i32, core::ptr::null() => *const c_void, None => HCS_EVENT_CALLBACK
            ));
        };
        let (callback, context) = self.keep(Callback::Event(callback));
        self.own(system.0, callback);
        code!(self.HcsSetComputeSystemCallback(
            raw(system.0) => Sys, options as i32 => i32, context => *const c_void, Some(happened) => HCS_EVENT_CALLBACK
        ))
    }

    fn wait_for_compute_system_exit(&self, system: SystemHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForComputeSystemExit(raw(system.0) => Sys, timeout_ms => u32))
    }

    fn shut_down_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsShutDownComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn crash_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsCrashComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn pause_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsPauseComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn resume_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsResumeComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn save_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsSaveComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn modify_compute_system(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        configuration: Text<'_>,
    ) -> Hresult {
        let configuration = Wide::new(configuration);
        code!(self.HcsModifyComputeSystem(
            raw(system.0) => Sys, raw(operation.0) => Op, configuration.pointer() => PCWSTR,
            core::ptr::null_mut() => *mut c_void
        ))
    }

    fn create_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
        options: Option<CreateOptions>,
    ) -> (Hresult, SystemHandle) {
        let (namespace, id, configuration) = (Wide::new(namespace), Wide::new(id), Wide::new(configuration));
        let version = options.as_ref().map_or(0, |given| given.version);
        let events = options.as_ref().map_or(0, |given| given.events);
        let kept = options.as_ref().and_then(|given| given.callback.clone());
        let kept = kept.map(|callback| self.keep(Callback::Event(callback)));
        let given = HCS_CREATE_OPTIONS_1 {
            Version: version as i32,
            UserToken: core::ptr::null_mut(),
            SecurityDescriptor: core::ptr::null_mut(),
            CallbackOptions: events as i32,
            CallbackContext: kept.as_ref().map_or(core::ptr::null(), |(_, context)| *context).cast_mut(),
            Callback: if kept.is_some() { Some(happened) } else { None },
        };
        let pointer: *const c_void = if options.is_some() { (&raw const given).cast() } else { core::ptr::null() };
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsCreateComputeSystemInNamespace(
            namespace.pointer() => PCWSTR, id.pointer() => PCWSTR, configuration.pointer() => PCWSTR,
            raw(operation.0) => Op, pointer => *const c_void, &raw mut system => *mut Sys
        ));
        let system = system as usize as u64;
        if let Some((callback, _)) = kept {
            self.own(system, callback);
        }
        (code, SystemHandle(system))
    }

    fn open_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        requested_access: u32,
    ) -> (Hresult, SystemHandle) {
        let (namespace, id) = (Wide::new(namespace), Wide::new(id));
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsOpenComputeSystemInNamespace(
            namespace.pointer() => PCWSTR, id.pointer() => PCWSTR, requested_access => u32,
            &raw mut system => *mut Sys
        ));
        (code, SystemHandle(system as usize as u64))
    }

    fn enumerate_compute_systems_in_namespace(
        &self,
        namespace: Text<'_>,
        query: Text<'_>,
        operation: OperationHandle,
    ) -> Hresult {
        let (namespace, query) = (Wide::new(namespace), Wide::new(query));
        code!(self.HcsEnumerateComputeSystemsInNamespace(
            namespace.pointer() => PCWSTR, query.pointer() => PCWSTR, raw(operation.0) => Op
        ))
    }

    fn get_service_properties(&self, query: Text<'_>) -> Outcome {
        let query = Wide::new(query);
        outcome!(self.HcsGetServiceProperties(query.pointer() => PCWSTR))
    }

    fn modify_service_settings(&self, settings: Text<'_>) -> Outcome {
        let settings = Wide::new(settings);
        outcome!(self.HcsModifyServiceSettings(settings.pointer() => PCWSTR))
    }

    fn submit_wer_report(&self, settings: Text<'_>) -> Hresult {
        let settings = Wide::new(settings);
        code!(self.HcsSubmitWerReport(settings.pointer() => PCWSTR))
    }

    fn create_empty_guest_state_file(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsCreateEmptyGuestStateFile(path.pointer() => PCWSTR))
    }

    fn create_empty_runtime_state_file(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsCreateEmptyRuntimeStateFile(path.pointer() => PCWSTR))
    }

    fn get_processor_compatibility_from_saved_state(&self, path: Text<'_>) -> Outcome {
        let path = Wide::new(path);
        outcome!(self.HcsGetProcessorCompatibilityFromSavedState(path.pointer() => PCWSTR))
    }

    fn grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        let (id, path) = (Wide::new(vm_id), Wide::new(path));
        code!(self.HcsGrantVmAccess(id.pointer() => PCWSTR, path.pointer() => PCWSTR))
    }

    fn revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        let (id, path) = (Wide::new(vm_id), Wide::new(path));
        code!(self.HcsRevokeVmAccess(id.pointer() => PCWSTR, path.pointer() => PCWSTR))
    }

    fn grant_vm_group_access(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsGrantVmGroupAccess(path.pointer() => PCWSTR))
    }

    fn revoke_vm_group_access(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsRevokeVmGroupAccess(path.pointer() => PCWSTR))
    }

    fn create_process(
        &self,
        system: SystemHandle,
        parameters: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, ProcessHandle) {
        let parameters = Wide::new(parameters);
        let mut process: Process = core::ptr::null_mut();
        let code = code!(self.HcsCreateProcess(
            raw(system.0) => Sys, parameters.pointer() => PCWSTR, raw(operation.0) => Op,
            core::ptr::null() => *const c_void, &raw mut process => *mut Process
        ));
        (code, ProcessHandle(process as usize as u64))
    }

    fn open_process(&self, system: SystemHandle, process_id: u32, requested_access: u32) -> (Hresult, ProcessHandle) {
        let mut process: Process = core::ptr::null_mut();
        let code = code!(self.HcsOpenProcess(
            raw(system.0) => Sys, process_id => u32, requested_access => u32, &raw mut process => *mut Process
        ));
        (code, ProcessHandle(process as usize as u64))
    }

    fn close_process(&self, process: ProcessHandle) {
        if let Some(function) = export!(self, HcsCloseProcess: fn(Process)) {
            // SAFETY: the handle is the caller's. The call waits for running callbacks, so that they can go after it.
            unsafe { function(raw(process.0)) };
        }
        self.disown(process.0);
    }

    fn terminate_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsTerminateProcess(raw(process.0) => Process, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn signal_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsSignalProcess(raw(process.0) => Process, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn get_process_info(&self, process: ProcessHandle, operation: OperationHandle) -> Hresult {
        code!(self.HcsGetProcessInfo(raw(process.0) => Process, raw(operation.0) => Op))
    }

    fn get_process_properties(&self, process: ProcessHandle, operation: OperationHandle, query: Text<'_>) -> Hresult {
        let query = Wide::new(query);
        code!(self.HcsGetProcessProperties(raw(process.0) => Process, raw(operation.0) => Op, query.pointer() => PCWSTR))
    }

    fn modify_process(&self, process: ProcessHandle, operation: OperationHandle, settings: Text<'_>) -> Hresult {
        let settings = Wide::new(settings);
        code!(self.HcsModifyProcess(raw(process.0) => Process, raw(operation.0) => Op, settings.pointer() => PCWSTR))
    }

    fn set_process_callback(&self, process: ProcessHandle, options: u32, callback: Option<EventCallback>) -> Hresult {
        let Some(callback) = callback else {
            return code!(self.HcsSetProcessCallback(
                raw(process.0) => Process, options as i32 => i32, core::ptr::null() => *const c_void,
                None => HCS_EVENT_CALLBACK
            ));
        };
        let (callback, context) = self.keep(Callback::Event(callback));
        self.own(process.0, callback);
        code!(self.HcsSetProcessCallback(
            raw(process.0) => Process, options as i32 => i32, context => *const c_void,
            Some(happened) => HCS_EVENT_CALLBACK
        ))
    }

    fn wait_for_process_exit(&self, process: ProcessHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForProcessExit(raw(process.0) => Process, timeout_ms => u32))
    }

    fn read_stream(&self, stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_from(stream, buffer)
    }

    fn write_stream(&self, stream: StreamHandle, bytes: &[u8]) -> io::Result<usize> {
        self.write_to(stream, bytes)
    }

    fn close_stream(&self, stream: StreamHandle) {
        self.close_lane(stream);
    }

    fn poll_read_stream(
        &self,
        stream: StreamHandle,
        buffer: &mut [u8],
        context: &mut Context<'_>,
        _ticket: &mut u64,
    ) -> Poll<io::Result<usize>> {
        self.poll_read_from(stream, buffer, context)
    }

    fn poll_write_stream(
        &self,
        stream: StreamHandle,
        bytes: &[u8],
        context: &mut Context<'_>,
        _ticket: &mut u64,
    ) -> Poll<io::Result<usize>> {
        self.poll_write_to(stream, bytes, context)
    }
}
