//! Exports that are not modelled.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use hcs_api::Hcs;
use hcs_rules::export::{Dll, Export};
use windows_sys::Win32::System::HostComputeSystem::{HCS_OPERATION, HCS_SYSTEM};
use windows_sys::core::{HRESULT, PCWSTR};

use crate::abi::{UNEXPECTED, code, guarded};
use crate::world::client;

/// A call that is not modelled: recorded, and answered with the code that says so.
fn answer(dll: Dll, name: &str) -> HRESULT {
    guarded(UNEXPECTED, || match Export::by_name(dll, name) {
        Some(export) => code(client().call_unmodelled(export)),
        None => UNEXPECTED,
    })
}

fn of_computecore(name: &str) -> HRESULT {
    answer(Dll::Computecore, name)
}

/// A call of `vmcompute.dll` that is not modelled.
pub(crate) fn of_vmcompute(name: &str) -> HRESULT {
    answer(Dll::Vmcompute, name)
}

/// Exports that are not modelled, with their signatures.
macro_rules! unmodelled {
    ($($name:ident($($argument:ident: $Type:ty),*);)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name($($argument: $Type),*) -> HRESULT {
                $(let _ = $argument;)*
                of_computecore(stringify!($name))
            }
        )+
    };
}

unmodelled! {
    HcsInitializeLiveMigrationOnSource(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsStartLiveMigrationOnSource(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsStartLiveMigrationTransfer(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
    HcsFinalizeLiveMigration(handle: HCS_SYSTEM, on: HCS_OPERATION, options: PCWSTR);
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
