//! Operations, and what their results give.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use core::ffi::c_void;
use std::io;

use hcs_api::{Hcs, Outcome, ProcessInformation};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{INVALID_OPERATION_ID, OperationType};
use hcs_sim::Client;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_OPERATION_OPTIONS, HCS_OPERATION_TYPE,
    HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_RESOURCE_TYPE, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, completion, finish, guarded, listener, operation, raw};
use crate::stream::{Standard, lend};
use crate::text::Argument;
use crate::world::client;
pub(crate) unsafe extern "system" fn HcsCreateOperation(
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

pub(crate) unsafe extern "system" fn HcsCreateOperationWithNotifications(
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

pub(crate) unsafe extern "system" fn HcsCloseOperation(handle: HCS_OPERATION) {
    guarded((), || client().close_operation(operation(handle)));
}

pub(crate) unsafe extern "system" fn HcsGetOperationContext(handle: HCS_OPERATION) -> *mut c_void {
    guarded(core::ptr::null_mut(), || {
        core::ptr::with_exposed_provenance_mut(client().get_operation_context(operation(handle)))
    })
}

pub(crate) unsafe extern "system" fn HcsSetOperationContext(handle: HCS_OPERATION, context: *const c_void) -> HRESULT {
    guarded(UNEXPECTED, || code(client().set_operation_context(operation(handle), context.expose_provenance())))
}

pub(crate) unsafe extern "system" fn HcsGetComputeSystemFromOperation(handle: HCS_OPERATION) -> HCS_SYSTEM {
    guarded(core::ptr::null_mut(), || raw(client().get_compute_system_from_operation(operation(handle)).0))
}

pub(crate) unsafe extern "system" fn HcsGetProcessFromOperation(handle: HCS_OPERATION) -> HCS_PROCESS {
    guarded(core::ptr::null_mut(), || raw(client().get_process_from_operation(operation(handle)).0))
}

pub(crate) unsafe extern "system" fn HcsGetOperationType(handle: HCS_OPERATION) -> HCS_OPERATION_TYPE {
    guarded(OperationType::None.value(), || client().get_operation_type(operation(handle)))
}

pub(crate) unsafe extern "system" fn HcsGetOperationId(handle: HCS_OPERATION) -> u64 {
    guarded(INVALID_OPERATION_ID, || client().get_operation_id(operation(handle)))
}

pub(crate) unsafe extern "system" fn HcsGetOperationResult(handle: HCS_OPERATION, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().get_operation_result(operation(handle));
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

pub(crate) unsafe extern "system" fn HcsGetOperationResultAndProcessInfo(
    handle: HCS_OPERATION,
    processinformation: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let client = client();
        // SAFETY: the caller vouches for both pointers.
        unsafe {
            if processinformation.is_null() {
                return finish(&client.result_without_process_info(operation(handle), None), result);
            }
            let (outcome, information) = client.get_operation_result_and_process_info(operation(handle));
            inform(&client, &outcome, information, processinformation, result)
        }
    })
}

/// Gives an outcome's document and the process information, and returns the outcome's code. The streams become handles of
/// the caller's; where there is no information all of it is zero.
///
/// # Safety
/// `to` can be written, and `result` is NULL or can be written.
pub(crate) unsafe fn inform(
    client: &Client,
    outcome: &Outcome,
    information: Option<ProcessInformation>,
    to: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    let given = information.map_or(Ok(HCS_PROCESS_INFORMATION::default()), |information| {
        let ProcessInformation { process_id, std_input, std_output, std_error } = information;
        // All three are tried: a stream that nobody gets is closed.
        let input = lend(client, std_input, Standard::Input);
        let output = lend(client, std_output, Standard::Output);
        let error = lend(client, std_error, Standard::Output);
        io::Result::Ok(HCS_PROCESS_INFORMATION {
            ProcessId: process_id,
            Reserved: 0,
            StdInput: input?.give(),
            StdOutput: output?.give(),
            StdError: error?.give(),
        })
    });
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        to.write(given.as_ref().copied().unwrap_or_default());
        match given {
            Ok(_) => finish(outcome, result),
            // Not the service has failed but the host under us: it is out of descriptors, or of threads.
            Err(_) => finish(&Outcome::bare(Hresult::E_UNEXPECTED), result),
        }
    }
}

pub(crate) unsafe extern "system" fn HcsWaitForOperationResult(
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

pub(crate) unsafe extern "system" fn HcsWaitForOperationResultAndProcessInfo(
    handle: HCS_OPERATION,
    timeoutms: u32,
    processinformation: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let client = client();
        // SAFETY: the caller vouches for both pointers.
        unsafe {
            if processinformation.is_null() {
                return finish(&client.result_without_process_info(operation(handle), Some(timeoutms)), result);
            }
            let (outcome, information) =
                client.wait_for_operation_result_and_process_info(operation(handle), timeoutms);
            inform(&client, &outcome, information, processinformation, result)
        }
    })
}

pub(crate) unsafe extern "system" fn HcsSetOperationCallback(
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

pub(crate) unsafe extern "system" fn HcsCancelOperation(handle: HCS_OPERATION) -> HRESULT {
    guarded(UNEXPECTED, || code(client().cancel_operation(operation(handle))))
}

pub(crate) unsafe extern "system" fn HcsAddResourceToOperation(
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

pub(crate) unsafe extern "system" fn HcsGetOperationProperties(
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
