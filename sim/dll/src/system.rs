//! Compute systems.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use core::ffi::c_void;

use hcs_api::{CreateOptions, Hcs};
use hcs_rules::vocabulary::Call;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_CREATE_OPTIONS, HCS_CREATE_OPTIONS_1, HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded, listener, operation, raw, system, with_document};
use crate::text::Argument;
use crate::world::client;
pub(crate) unsafe extern "system" fn HcsEnumerateComputeSystems(query: PCWSTR, handle: HCS_OPERATION) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let query = unsafe { Argument::read(query) };
        code(client().enumerate_compute_systems(query.as_text(), operation(handle)))
    })
}

pub(crate) unsafe extern "system" fn HcsCreateComputeSystem(
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

pub(crate) unsafe extern "system" fn HcsOpenComputeSystem(
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

pub(crate) unsafe extern "system" fn HcsCloseComputeSystem(handle: HCS_SYSTEM) {
    guarded((), || client().close_compute_system(system(handle)));
}

with_document! {
    HCS_SYSTEM, system:
    HcsStartComputeSystem => start_compute_system;
    HcsTerminateComputeSystem => terminate_compute_system;
    HcsGetComputeSystemProperties => get_compute_system_properties;
    HcsShutDownComputeSystem => shut_down_compute_system;
    HcsCrashComputeSystem => crash_compute_system;
    HcsPauseComputeSystem => pause_compute_system;
    HcsResumeComputeSystem => resume_compute_system;
    HcsSaveComputeSystem => save_compute_system;
}

pub(crate) unsafe extern "system" fn HcsSetComputeSystemCallback(
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

pub(crate) unsafe extern "system" fn HcsWaitForComputeSystemExit(
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

pub(crate) unsafe extern "system" fn HcsModifyComputeSystem(
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

pub(crate) unsafe extern "system" fn HcsCreateComputeSystemInNamespace(
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

pub(crate) unsafe extern "system" fn HcsOpenComputeSystemInNamespace(
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

pub(crate) unsafe extern "system" fn HcsEnumerateComputeSystemsInNamespace(
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
