//! Exports that are not modelled.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use core::ffi::c_void;

use hcs_api::Hcs;
use hcs_rules::export::{Dll, Export};
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_PROCESS, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, guarded};
use crate::world::client;

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
