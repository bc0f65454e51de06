//! State files, and access of machines to files of the host.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use hcs_api::Hcs;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded};
use crate::text::Argument;
use crate::world::client;

/// Calls that take a path.
macro_rules! on_file {
    ($($name:ident => $method:ident;)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name(path: PCWSTR) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the string.
                    let path = unsafe { Argument::read(path) };
                    code(client().$method(path.as_text()))
                })
            }
        )+
    };
}

on_file! {
    HcsCreateEmptyGuestStateFile => create_empty_guest_state_file;
    HcsCreateEmptyRuntimeStateFile => create_empty_runtime_state_file;
    HcsGrantVmGroupAccess => grant_vm_group_access;
    HcsRevokeVmGroupAccess => revoke_vm_group_access;
}

/// Calls that take a machine's id and a path.
macro_rules! of_machine_on_file {
    ($($name:ident => $method:ident;)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name(vmid: PCWSTR, path: PCWSTR) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the strings.
                    let (id, path) = unsafe { (Argument::read(vmid), Argument::read(path)) };
                    code(client().$method(id.as_text(), path.as_text()))
                })
            }
        )+
    };
}

of_machine_on_file! {
    HcsGrantVmAccess => grant_vm_access;
    HcsRevokeVmAccess => revoke_vm_access;
}

pub(crate) unsafe extern "system" fn HcsGetProcessorCompatibilityFromSavedState(
    runtimefilename: PCWSTR,
    processorfeaturesstring: *mut PCWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let path = unsafe { Argument::read(runtimefilename) };
        let outcome = client().get_processor_compatibility_from_saved_state(path.as_text());
        // SAFETY: the caller vouches for the pointer, which may be NULL; the header lets the document be read, not written.
        unsafe { finish(&outcome, processorfeaturesstring.cast::<PWSTR>()) }
    })
}
