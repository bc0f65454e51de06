//! The exports of `computecore.dll`: names, signatures and calling convention of the real ones.
//!
//! Their pages in Microsoft's documentation are their documentation; `hcs_rules` says what the simulated ones do.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use core::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hcs_api::{CreateOptions, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, SystemHandle};
use hcs_rules::export::{Dll, Export};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, INVALID_OPERATION_ID, OperationType};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_CREATE_OPTIONS, HCS_CREATE_OPTIONS_1, HCS_EVENT, HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION,
    HCS_OPERATION_COMPLETION, HCS_OPERATION_OPTIONS, HCS_OPERATION_TYPE, HCS_PROCESS, HCS_PROCESS_INFORMATION,
    HCS_RESOURCE_TYPE, HCS_SYSTEM,
};
use windows_sys::core::{BOOL, HRESULT, PCWSTR, PWSTR};

use crate::text::{Argument, give, units};
use crate::world::client;

/// Runs an export's body. A panic is a fault of ours and must not unwind into the caller: it becomes `failed`.
fn guarded<R>(failed: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(failed)
}

const fn code(code: Hresult) -> HRESULT {
    code.0 as HRESULT
}

const UNEXPECTED: HRESULT = code(Hresult::E_UNEXPECTED);

fn operation(handle: HCS_OPERATION) -> OperationHandle {
    OperationHandle(handle.addr() as u64)
}

fn system(handle: HCS_SYSTEM) -> SystemHandle {
    SystemHandle(handle.addr() as u64)
}

fn raw(bits: u64) -> *mut c_void {
    core::ptr::without_provenance_mut(bits as usize)
}

/// A pointer that travels to the thread of a callback. The client vouches for its use there.
#[derive(Clone, Copy)]
struct Context(usize);

impl Context {
    fn of(context: *const c_void) -> Context {
        Context(context.expose_provenance())
    }

    fn pointer(self) -> *mut c_void {
        core::ptr::with_exposed_provenance_mut(self.0)
    }
}

fn completion(callback: HCS_OPERATION_COMPLETION, context: *const c_void) -> Option<OperationCallback> {
    let callback = callback?;
    let context = Context::of(context);
    Some(Arc::new(move |handle: OperationHandle| {
        // SAFETY: the client gave the function for exactly this call, with this context.
        unsafe { callback(raw(handle.0), context.pointer()) }
    }))
}

fn listener(callback: HCS_EVENT_CALLBACK, context: *const c_void) -> Option<EventCallback> {
    let callback = callback?;
    let context = Context::of(context);
    Some(Arc::new(move |event: &Event| {
        let data = event.data.as_deref().map(units);
        let event = HCS_EVENT {
            Type: event.kind as i32,
            EventData: data.as_ref().map_or(core::ptr::null(), |data| data.as_ptr()),
            Operation: raw(event.operation.0),
        };
        // SAFETY: the client gave the function for exactly this call; the event and its data live until it returns.
        unsafe { callback(&raw const event, context.pointer()) }
    }))
}

/// Gives an outcome's document and returns its code.
///
/// # Safety
/// `result` is NULL or can be written.
unsafe fn finish(outcome: &Outcome, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller vouches.
    unsafe { give(result, outcome.document.as_deref()) };
    code(outcome.code)
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimIsSimulated() -> BOOL {
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateOperation(
    context: *const c_void,
    callback: HCS_OPERATION_COMPLETION,
) -> HCS_OPERATION {
    guarded(core::ptr::null_mut(), || {
        let client = client();
        let handle = client.create_operation(completion(callback, context));
        client.set_operation_context(handle, context.expose_provenance());
        raw(handle.0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateOperationWithNotifications(
    eventtypes: HCS_OPERATION_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HCS_OPERATION {
    guarded(core::ptr::null_mut(), || {
        let client = client();
        let handle = client.create_operation_with_notifications(eventtypes as u32, listener(callback, context));
        if !handle.is_null() {
            client.set_operation_context(handle, context.expose_provenance());
        }
        raw(handle.0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseOperation(handle: HCS_OPERATION) {
    guarded((), || client().close_operation(operation(handle)));
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationContext(handle: HCS_OPERATION) -> *mut c_void {
    guarded(core::ptr::null_mut(), || {
        core::ptr::with_exposed_provenance_mut(client().get_operation_context(operation(handle)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetOperationContext(handle: HCS_OPERATION, context: *const c_void) -> HRESULT {
    guarded(UNEXPECTED, || code(client().set_operation_context(operation(handle), context.expose_provenance())))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetComputeSystemFromOperation(handle: HCS_OPERATION) -> HCS_SYSTEM {
    guarded(core::ptr::null_mut(), || raw(client().get_compute_system_from_operation(operation(handle)).0))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessFromOperation(handle: HCS_OPERATION) -> HCS_PROCESS {
    guarded(core::ptr::null_mut(), || raw(client().get_process_from_operation(operation(handle)).0))
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsGetOperationType(handle: HCS_OPERATION) -> HCS_OPERATION_TYPE {
    guarded(OperationType::None.value(), || client().get_operation_type(operation(handle)))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationId(handle: HCS_OPERATION) -> u64 {
    guarded(INVALID_OPERATION_ID, || client().get_operation_id(operation(handle)))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationResult(handle: HCS_OPERATION, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().get_operation_result(operation(handle));
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationResultAndProcessInfo(
    handle: HCS_OPERATION,
    _processinformation: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().get_operation_result_and_process_info(operation(handle));
        // SAFETY: the caller vouches for `result`. Process information is only filled on success, which there is none.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForOperationResult(
    handle: HCS_OPERATION,
    timeoutms: u32,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().wait_for_operation_result(operation(handle), timeoutms);
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForOperationResultAndProcessInfo(
    handle: HCS_OPERATION,
    timeoutms: u32,
    _processinformation: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().wait_for_operation_result_and_process_info(operation(handle), timeoutms);
        // SAFETY: the caller vouches for `result`. Process information is only filled on success, which there is none.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetOperationCallback(
    handle: HCS_OPERATION,
    context: *const c_void,
    callback: HCS_OPERATION_COMPLETION,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let client = client();
        // The context is one slot, which the callback is called with: it must be there before the callback can run.
        let context_set = client.set_operation_context(operation(handle), context.expose_provenance());
        if context_set.is_err() && callback.is_some() {
            return code(client.set_operation_callback(operation(handle), None));
        }
        code(client.set_operation_callback(operation(handle), completion(callback, context)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCancelOperation(handle: HCS_OPERATION) -> HRESULT {
    guarded(UNEXPECTED, || code(client().cancel_operation(operation(handle))))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsAddResourceToOperation(
    handle: HCS_OPERATION,
    r#type: HCS_RESOURCE_TYPE,
    uri: PCWSTR,
    resource: HANDLE,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let uri = unsafe { Argument::read(uri) };
        code(client().add_resource_to_operation(operation(handle), r#type as u32, uri.as_text(), resource.addr()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationProperties(
    handle: HCS_OPERATION,
    options: PCWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let options = unsafe { Argument::read(options) };
        let outcome = client().get_operation_properties(operation(handle), options.as_text());
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsEnumerateComputeSystems(query: PCWSTR, handle: HCS_OPERATION) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let query = unsafe { Argument::read(query) };
        code(client().enumerate_compute_systems(query.as_text(), operation(handle)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateComputeSystem(
    id: PCWSTR,
    configuration: PCWSTR,
    handle: HCS_OPERATION,
    _securitydescriptor: *const SECURITY_DESCRIPTOR,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if computesystem.is_null() {
            return code(client().refuse_null_out(Call::CreateComputeSystem));
        }
        // SAFETY: the caller vouches for the strings.
        let (id, configuration) = unsafe { (Argument::read(id), Argument::read(configuration)) };
        let (result, made) = client().create_compute_system(id.as_text(), configuration.as_text(), operation(handle));
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { computesystem.write(raw(made.0)) };
        code(result)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenComputeSystem(
    id: PCWSTR,
    requestedaccess: u32,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if computesystem.is_null() {
            return code(client().refuse_null_out(Call::OpenComputeSystem));
        }
        // SAFETY: the caller vouches for the string.
        let id = unsafe { Argument::read(id) };
        let (result, opened) = client().open_compute_system(id.as_text(), requestedaccess);
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { computesystem.write(raw(opened.0)) };
        code(result)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseComputeSystem(handle: HCS_SYSTEM) {
    guarded((), || client().close_compute_system(system(handle)));
}

/// Calls that run on an operation and take a document: options, or a query.
macro_rules! on_system {
    ($($name:ident => $method:ident;)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name(handle: HCS_SYSTEM, on: HCS_OPERATION, document: PCWSTR) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the string.
                    let document = unsafe { Argument::read(document) };
                    code(client().$method(system(handle), operation(on), document.as_text()))
                })
            }
        )+
    };
}

on_system! {
    HcsStartComputeSystem => start_compute_system;
    HcsTerminateComputeSystem => terminate_compute_system;
    HcsGetComputeSystemProperties => get_compute_system_properties;
    HcsShutDownComputeSystem => shut_down_compute_system;
    HcsCrashComputeSystem => crash_compute_system;
    HcsPauseComputeSystem => pause_compute_system;
    HcsResumeComputeSystem => resume_compute_system;
    HcsSaveComputeSystem => save_compute_system;
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetComputeSystemCallback(
    handle: HCS_SYSTEM,
    callbackoptions: HCS_EVENT_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let callback = listener(callback, context);
        code(client().set_compute_system_callback(system(handle), callbackoptions as u32, callback))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForComputeSystemExit(
    handle: HCS_SYSTEM,
    timeoutms: u32,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().wait_for_compute_system_exit(system(handle), timeoutms);
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyComputeSystem(
    handle: HCS_SYSTEM,
    on: HCS_OPERATION,
    configuration: PCWSTR,
    identity: HANDLE,
) -> HRESULT {
    // The token is for shares that are opened as somebody else; no share is opened here.
    let _ = identity;
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let configuration = unsafe { Argument::read(configuration) };
        code(client().modify_compute_system(system(handle), operation(on), configuration.as_text()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateComputeSystemInNamespace(
    idnamespace: PCWSTR,
    id: PCWSTR,
    configuration: PCWSTR,
    on: HCS_OPERATION,
    options: *const HCS_CREATE_OPTIONS,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if computesystem.is_null() {
            return code(client().refuse_null_out(Call::CreateComputeSystemInNamespace));
        }
        // SAFETY: the caller vouches for the strings.
        let (namespace, id) = unsafe { (Argument::read(idnamespace), Argument::read(id)) };
        // SAFETY: the caller vouches for the string.
        let configuration = unsafe { Argument::read(configuration) };
        // SAFETY: the caller vouches for the options, of which the version comes first.
        let options = unsafe { options.as_ref() }.map(|version| {
            if *version as u32 != CreateOptions::VERSION {
                return CreateOptions { version: *version as u32, events: 0, callback: None };
            }
            // SAFETY: options of this version are this structure.
            let given = unsafe { &*core::ptr::from_ref(version).cast::<HCS_CREATE_OPTIONS_1>() };
            CreateOptions {
                version: CreateOptions::VERSION,
                events: given.CallbackOptions as u32,
                callback: listener(given.Callback, given.CallbackContext),
            }
        });
        let (namespace, id, configuration) = (namespace.as_text(), id.as_text(), configuration.as_text());
        let (result, made) =
            client().create_compute_system_in_namespace(namespace, id, configuration, operation(on), options);
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { computesystem.write(raw(made.0)) };
        code(result)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenComputeSystemInNamespace(
    idnamespace: PCWSTR,
    id: PCWSTR,
    requestedaccess: u32,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if computesystem.is_null() {
            return code(client().refuse_null_out(Call::OpenComputeSystemInNamespace));
        }
        // SAFETY: the caller vouches for the strings.
        let (namespace, id) = unsafe { (Argument::read(idnamespace), Argument::read(id)) };
        let (result, opened) =
            client().open_compute_system_in_namespace(namespace.as_text(), id.as_text(), requestedaccess);
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { computesystem.write(raw(opened.0)) };
        code(result)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsEnumerateComputeSystemsInNamespace(
    idnamespace: PCWSTR,
    query: PCWSTR,
    on: HCS_OPERATION,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the strings.
        let (namespace, query) = unsafe { (Argument::read(idnamespace), Argument::read(query)) };
        code(client().enumerate_compute_systems_in_namespace(namespace.as_text(), query.as_text(), operation(on)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetServiceProperties(propertyquery: PCWSTR, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        if result.is_null() {
            return code(client().refuse_null_out(Call::GetServiceProperties));
        }
        // SAFETY: the caller vouches for the string.
        let query = unsafe { Argument::read(propertyquery) };
        let outcome = client().get_service_properties(query.as_text());
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyServiceSettings(settings: PCWSTR, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        let outcome = client().modify_service_settings(settings.as_text());
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSubmitWerReport(settings: PCWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        code(client().submit_wer_report(settings.as_text()))
    })
}

/// A call that is not modelled: recorded, and answered with the code that says so.
fn unmodelled(name: &str) -> HRESULT {
    guarded(UNEXPECTED, || match Export::by_name(Dll::Computecore, name) {
        Some(export) => code(client().call_unmodelled(export)),
        None => UNEXPECTED,
    })
}

/// Exports that are not modelled, with their signatures. Outputs after `=>` are set to NULL first.
macro_rules! unmodelled {
    ($($name:ident($($argument:ident: $Type:ty),*) $(=> $out:ident: $Out:ty)?;)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name($($argument: $Type,)* $($out: *mut $Out)?) -> HRESULT {
                $(let _ = $argument;)*
                $(
                    if !$out.is_null() {
                        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
                        unsafe { $out.write(core::ptr::null_mut()) };
                    }
                )?
                unmodelled(stringify!($name))
            }
        )+
    };
}

unmodelled! {
    HcsInitializeLiveMigrationOnSource(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsStartLiveMigrationOnSource(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsStartLiveMigrationTransfer(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsFinalizeLiveMigration(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsCreateProcess(
        handle: HCS_SYSTEM, parameters: PCWSTR, on: HCS_OPERATION, securitydescriptor: *const SECURITY_DESCRIPTOR
    ) => process: HCS_PROCESS;
    HcsOpenProcess(handle: HCS_SYSTEM, processid: u32, requestedaccess: u32) => process: HCS_PROCESS;
    HcsTerminateProcess(process: HCS_PROCESS, on: HCS_OPERATION, options: PCWSTR);
    HcsSignalProcess(process: HCS_PROCESS, on: HCS_OPERATION, options: PCWSTR);
    HcsGetProcessInfo(process: HCS_PROCESS, on: HCS_OPERATION);
    HcsGetProcessProperties(process: HCS_PROCESS, on: HCS_OPERATION, query: PCWSTR);
    HcsModifyProcess(process: HCS_PROCESS, on: HCS_OPERATION, settings: PCWSTR);
    HcsSetProcessCallback(
        process: HCS_PROCESS, options: HCS_EVENT_OPTIONS, context: *const c_void, callback: HCS_EVENT_CALLBACK
    );
    HcsWaitForProcessExit(process: HCS_PROCESS, timeoutms: u32) => result: PWSTR;
    HcsCreateEmptyGuestStateFile(path: PCWSTR);
    HcsCreateEmptyRuntimeStateFile(path: PCWSTR);
    HcsGrantVmAccess(vmid: PCWSTR, path: PCWSTR);
    HcsRevokeVmAccess(vmid: PCWSTR, path: PCWSTR);
    HcsGrantVmGroupAccess(path: PCWSTR);
    HcsRevokeVmGroupAccess(path: PCWSTR);
    // Exported, and in no public header: their parameters are unknown, and are not looked at.
    HcsEnumerateVmWorkerProcesses();
    HcsFindVmWorkerProcesses();
    HcsGetWorkerProcessJob();
    HcsStartVmWorkerProcess();
    HcsSystemControl();
    HcsStartSystemPreservation();
    HcsFinalizeSystemPreservation();
    HcsAbortSystemPreservation();
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessorCompatibilityFromSavedState(
    runtimefilename: PCWSTR,
    processorfeaturesstring: *mut PCWSTR,
) -> HRESULT {
    let _ = runtimefilename;
    if !processorfeaturesstring.is_null() {
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { processorfeaturesstring.write(core::ptr::null()) };
    }
    unmodelled("HcsGetProcessorCompatibilityFromSavedState")
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseProcess(process: HCS_PROCESS) {
    let _ = process;
    unmodelled("HcsCloseProcess");
}
