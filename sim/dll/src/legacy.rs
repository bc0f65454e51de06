//! The older interface. Its functions share names with those of computecore.dll and have other signatures, so that here each has
//! `Vmcompute_` before its name; the library `vmcompute` beside this one exports the true names.
//!
//! The signatures are those that its clients agree on; no public header declares them.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

pub(crate) mod layer;

use core::ffi::c_void;
use std::sync::Arc;

use hcs_api::{
    LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Outcome, ProcessInformation,
    Vmcompute,
};
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::NO_NETWORK;
use hcs_sim::raw::{Handle, LegacyRequest, Text as Given};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_NOTIFICATION_CALLBACK, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{Context, UNEXPECTED, bits, code, finish, guarded, raw};
use crate::operation::inform;
use crate::stream::settle;
use crate::text::{Argument, give, units};
use crate::unmodelled::of_vmcompute;
use crate::world::client;

/// A registered callback.
type Callback = *mut c_void;

fn system(handle: HCS_SYSTEM) -> LegacySystem {
    LegacySystem(bits(handle))
}

fn process(handle: HCS_PROCESS) -> LegacyProcess {
    LegacyProcess(bits(handle))
}

fn listener(callback: HCS_NOTIFICATION_CALLBACK, context: *const c_void) -> Option<NotificationCallback> {
    let callback = callback?;
    let context = Context::of(context);
    Some(Arc::new(move |told: &Notification| {
        let data = told.data.as_deref().map(units);
        let data = data.as_ref().map_or(core::ptr::null(), |data| data.as_ptr());
        // SAFETY: the client gave the function for exactly this call; the data lives until it returns.
        unsafe { callback(told.kind, context.pointer(), code(told.status), data) }
    }))
}

/// Gives what a call has two documents for: what was asked for, and the result.
///
/// # Safety
/// `asked` can be written, and `result` is NULL or can be written.
unsafe fn answer(outcome: &Outcome, asked: *mut PWSTR, result: *mut PWSTR) -> HRESULT {
    let (given, told) = match outcome.code.is_ok() {
        true => (outcome.document.as_deref(), None),
        false => (None, outcome.document.as_deref()),
    };
    // SAFETY: as the caller vouches.
    unsafe {
        give(asked, given);
        give(result, told);
    }
    code(outcome.code)
}

/// A call without a pointer for what it gives: only a caller in C can make it.
fn without_pointer(request: LegacyRequest, result: *mut PWSTR) -> HRESULT {
    let outcome = client().call_legacy(request);
    // SAFETY: the caller vouches for `result`.
    unsafe { finish(&outcome, result) }
}

/// The exports that take a handle and a document.
macro_rules! with_document {
    ($($name:ident($Handle:ty, $handle:path) => $method:ident;)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name(handle: $Handle, document: PCWSTR, result: *mut PWSTR) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the string, and for `result`.
                    unsafe {
                        let document = Argument::read(document);
                        finish(&client().$method($handle(handle), document.as_text()), result)
                    }
                })
            }
        )+
    };
}

with_document! {
    Vmcompute_HcsStartComputeSystem(HCS_SYSTEM, system) => legacy_start_compute_system;
    Vmcompute_HcsShutdownComputeSystem(HCS_SYSTEM, system) => legacy_shutdown_compute_system;
    Vmcompute_HcsTerminateComputeSystem(HCS_SYSTEM, system) => legacy_terminate_compute_system;
    Vmcompute_HcsPauseComputeSystem(HCS_SYSTEM, system) => legacy_pause_compute_system;
    Vmcompute_HcsResumeComputeSystem(HCS_SYSTEM, system) => legacy_resume_compute_system;
    Vmcompute_HcsSaveComputeSystem(HCS_SYSTEM, system) => legacy_save_compute_system;
    Vmcompute_HcsModifyComputeSystem(HCS_SYSTEM, system) => legacy_modify_compute_system;
    Vmcompute_HcsSignalProcess(HCS_PROCESS, process) => legacy_signal_process;
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsModifyProcess(
    handle: HCS_PROCESS,
    settings: PCWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // It may close a stream that the caller has just written to.
        settle();
        // SAFETY: the caller vouches for the string, and for `result`.
        unsafe {
            let settings = Argument::read(settings);
            finish(&client().legacy_modify_process(process(handle), settings.as_text()), result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsEnumerateComputeSystems(
    query: PCWSTR,
    computesystems: *mut PWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if computesystems.is_null() {
            return without_pointer(LegacyRequest::EnumerateComputeSystems { query: Given::Null, out: false }, result);
        }
        // SAFETY: the caller vouches for the string and the pointers.
        unsafe {
            let query = Argument::read(query);
            answer(&client().legacy_enumerate_compute_systems(query.as_text()), computesystems, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsCreateComputeSystem(
    id: PCWSTR,
    configuration: PCWSTR,
    identity: HANDLE,
    computesystem: *mut HCS_SYSTEM,
    result: *mut PWSTR,
) -> HRESULT {
    // The token is of whom the system runs as; systems here run as nobody.
    let _ = identity;
    guarded(UNEXPECTED, || {
        if computesystem.is_null() {
            let (id, configuration) = (Given::from("-"), Given::from("{}"));
            return without_pointer(LegacyRequest::CreateComputeSystem { id, configuration, out: false }, result);
        }
        // SAFETY: the caller vouches for the strings and the pointers.
        unsafe {
            let (id, configuration) = (Argument::read(id), Argument::read(configuration));
            let (outcome, made) = client().legacy_create_compute_system(id.as_text(), configuration.as_text());
            computesystem.write(raw(made.0));
            finish(&outcome, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsOpenComputeSystem(
    id: PCWSTR,
    computesystem: *mut HCS_SYSTEM,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if computesystem.is_null() {
            return without_pointer(LegacyRequest::OpenComputeSystem { id: Given::from("-"), out: false }, result);
        }
        // SAFETY: the caller vouches for the string and the pointers.
        unsafe {
            let id = Argument::read(id);
            let (outcome, opened) = client().legacy_open_compute_system(id.as_text());
            computesystem.write(raw(opened.0));
            finish(&outcome, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsCloseComputeSystem(handle: HCS_SYSTEM) -> HRESULT {
    guarded(UNEXPECTED, || code(client().legacy_close_compute_system(system(handle))))
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsGetComputeSystemProperties(
    handle: HCS_SYSTEM,
    propertyquery: PCWSTR,
    properties: *mut PWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if properties.is_null() {
            let system = Handle(system(handle).0);
            let request = LegacyRequest::GetComputeSystemProperties { system, query: Given::Null, out: false };
            return without_pointer(request, result);
        }
        // SAFETY: the caller vouches for the string and the pointers.
        unsafe {
            let query = Argument::read(propertyquery);
            let outcome = client().legacy_get_compute_system_properties(system(handle), query.as_text());
            answer(&outcome, properties, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsModifyServiceSettings(
    settings: PCWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string, and for `result`.
        unsafe {
            let settings = Argument::read(settings);
            finish(&client().legacy_modify_service_settings(settings.as_text()), result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsGetServiceProperties(
    propertyquery: PCWSTR,
    properties: *mut PWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if properties.is_null() {
            return without_pointer(LegacyRequest::GetServiceProperties { query: Given::Null, out: false }, result);
        }
        // SAFETY: the caller vouches for the string and the pointers.
        unsafe {
            let query = Argument::read(propertyquery);
            answer(&client().legacy_get_service_properties(query.as_text()), properties, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsRegisterComputeSystemCallback(
    handle: HCS_SYSTEM,
    callback: HCS_NOTIFICATION_CALLBACK,
    context: *const c_void,
    callbackhandle: *mut Callback,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if callbackhandle.is_null() {
            let system = Handle(system(handle).0);
            let callback = callback.is_some();
            let request = LegacyRequest::RegisterComputeSystemCallback { system, callback, out: false };
            return without_pointer(request, core::ptr::null_mut());
        }
        let (result, made) =
            client().legacy_register_compute_system_callback(system(handle), listener(callback, context));
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { callbackhandle.write(raw(made.0)) };
        code(result)
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsUnregisterComputeSystemCallback(callbackhandle: Callback) -> HRESULT {
    let callback = LegacyCallback(bits(callbackhandle));
    guarded(UNEXPECTED, || code(client().legacy_unregister_compute_system_callback(callback)))
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsCreateProcess(
    handle: HCS_SYSTEM,
    processparameters: PCWSTR,
    processinformation: *mut HCS_PROCESS_INFORMATION,
    made: *mut HCS_PROCESS,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let client = client();
        if processinformation.is_null() || made.is_null() {
            let (system, parameters) = (Handle(system(handle).0), Given::from("{}"));
            return without_pointer(LegacyRequest::CreateProcess { system, parameters, out: false }, result);
        }
        // SAFETY: the caller vouches for the string and the pointers.
        unsafe {
            let parameters = Argument::read(processparameters);
            let (outcome, process, information) = client.legacy_create_process(system(handle), parameters.as_text());
            made.write(raw(process.0));
            inform(&client, &outcome, information, processinformation, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsOpenProcess(
    handle: HCS_SYSTEM,
    processid: u32,
    opened: *mut HCS_PROCESS,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if opened.is_null() {
            let system = Handle(system(handle).0);
            return without_pointer(LegacyRequest::OpenProcess { system, id: processid, out: false }, result);
        }
        let (outcome, process) = client().legacy_open_process(system(handle), processid);
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            opened.write(raw(process.0));
            finish(&outcome, result)
        }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsCloseProcess(handle: HCS_PROCESS) -> HRESULT {
    guarded(UNEXPECTED, || code(client().legacy_close_process(process(handle))))
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsTerminateProcess(handle: HCS_PROCESS, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().legacy_terminate_process(process(handle));
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsGetProcessInfo(
    handle: HCS_PROCESS,
    processinformation: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let client = client();
        if processinformation.is_null() {
            let process = Handle(process(handle).0);
            return without_pointer(LegacyRequest::GetProcessInfo { process, out: false }, result);
        }
        let (outcome, information): (Outcome, Option<ProcessInformation>) =
            client.legacy_get_process_info(process(handle));
        // SAFETY: the caller vouches for the pointers.
        unsafe { inform(&client, &outcome, information, processinformation, result) }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsGetProcessProperties(
    handle: HCS_PROCESS,
    processproperties: *mut PWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if processproperties.is_null() {
            let process = Handle(process(handle).0);
            return without_pointer(LegacyRequest::GetProcessProperties { process, out: false }, result);
        }
        let outcome = client().legacy_get_process_properties(process(handle));
        // SAFETY: the caller vouches for the pointers.
        unsafe { answer(&outcome, processproperties, result) }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsRegisterProcessCallback(
    handle: HCS_PROCESS,
    callback: HCS_NOTIFICATION_CALLBACK,
    context: *const c_void,
    callbackhandle: *mut Callback,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if callbackhandle.is_null() {
            let process = Handle(process(handle).0);
            let callback = callback.is_some();
            let request = LegacyRequest::RegisterProcessCallback { process, callback, out: false };
            return without_pointer(request, core::ptr::null_mut());
        }
        let (result, made) = client().legacy_register_process_callback(process(handle), listener(callback, context));
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { callbackhandle.write(raw(made.0)) };
        code(result)
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_HcsUnregisterProcessCallback(callbackhandle: Callback) -> HRESULT {
    let callback = LegacyCallback(bits(callbackhandle));
    guarded(UNEXPECTED, || code(client().legacy_unregister_process_callback(callback)))
}

pub(crate) unsafe extern "system" fn Vmcompute_GrantVmAccess(vmid: PCWSTR, filepath: PCWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the strings.
        let (id, path) = unsafe { (Argument::read(vmid), Argument::read(filepath)) };
        code(client().legacy_grant_vm_access(id.as_text(), path.as_text()))
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_RevokeVmAccess(vmid: PCWSTR, filepath: PCWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the strings.
        let (id, path) = unsafe { (Argument::read(vmid), Argument::read(filepath)) };
        code(client().legacy_revoke_vm_access(id.as_text(), path.as_text()))
    })
}

/// Networks are not simulated: recorded, and answered in the network service's own form.
pub(crate) unsafe extern "system" fn Vmcompute_HNSCall(
    method: PCWSTR,
    path: PCWSTR,
    request: PCWSTR,
    response: *mut PWSTR,
) -> HRESULT {
    let _ = (method, path, request);
    guarded(UNEXPECTED, || {
        _ = of_vmcompute("HNSCall");
        // SAFETY: the caller vouches for `response`.
        unsafe { give(response, Some(NO_NETWORK)) };
        code(Hresult::S_OK)
    })
}
