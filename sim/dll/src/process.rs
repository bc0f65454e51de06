//! Processes.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use core::ffi::c_void;

use hcs_api::Hcs;
use hcs_rules::vocabulary::Call;
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_PROCESS, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded, listener, operation, process, raw, system, with_document};
use crate::stream::settle;
use crate::text::Argument;
use crate::world::client;
pub(crate) unsafe extern "system" fn HcsCreateProcess(
    handle: HCS_SYSTEM,
    processparameters: PCWSTR,
    on: HCS_OPERATION,
    _securitydescriptor: *const SECURITY_DESCRIPTOR,
    made: *mut HCS_PROCESS,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if made.is_null() {
            return code(client().refuse_null_out(Call::CreateProcess));
        }
        // SAFETY: the caller vouches for the string.
        let parameters = unsafe { Argument::read(processparameters) };
        let (result, process) = client().create_process(system(handle), parameters.as_text(), operation(on));
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { made.write(raw(process.0)) };
        code(result)
    })
}

pub(crate) unsafe extern "system" fn HcsOpenProcess(
    handle: HCS_SYSTEM,
    processid: u32,
    requestedaccess: u32,
    opened: *mut HCS_PROCESS,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        if opened.is_null() {
            return code(client().refuse_null_out(Call::OpenProcess));
        }
        let (result, process) = client().open_process(system(handle), processid, requestedaccess);
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { opened.write(raw(process.0)) };
        code(result)
    })
}

pub(crate) unsafe extern "system" fn HcsCloseProcess(handle: HCS_PROCESS) {
    guarded((), || client().close_process(process(handle)));
}

with_document! {
    HCS_PROCESS, process:
    HcsTerminateProcess => terminate_process;
    HcsSignalProcess => signal_process;
    HcsGetProcessProperties => get_process_properties;
}

pub(crate) unsafe extern "system" fn HcsModifyProcess(
    handle: HCS_PROCESS,
    on: HCS_OPERATION,
    settings: PCWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // It may close a stream that the caller has just written to.
        settle();
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        code(client().modify_process(process(handle), operation(on), settings.as_text()))
    })
}

pub(crate) unsafe extern "system" fn HcsGetProcessInfo(handle: HCS_PROCESS, on: HCS_OPERATION) -> HRESULT {
    guarded(UNEXPECTED, || code(client().get_process_info(process(handle), operation(on))))
}

pub(crate) unsafe extern "system" fn HcsSetProcessCallback(
    handle: HCS_PROCESS,
    callbackoptions: HCS_EVENT_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let callback = listener(callback, context);
        code(client().set_process_callback(process(handle), callbackoptions as u32, callback))
    })
}

pub(crate) unsafe extern "system" fn HcsWaitForProcessExit(
    handle: HCS_PROCESS,
    timeoutms: u32,
    result: *mut PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        let outcome = client().wait_for_process_exit(process(handle), timeoutms);
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}
