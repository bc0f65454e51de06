//! Exports that are not modelled.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use hcs_api::Hcs;
use hcs_rules::export::{Dll, Export, NOT_MODELLED};
use windows_sys::Win32::System::HostComputeSystem::{HCS_OPERATION, HCS_SYSTEM};
use windows_sys::core::{HRESULT, PCWSTR};

use crate::abi::{UNEXPECTED, code, guarded};
use crate::gate;
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

/// Those that a header declares.
macro_rules! declared {
    ($($name:ident)+) => {
        $(
            #[expect(non_snake_case, reason = "it has the name of the export that it is behind")]
            pub(crate) unsafe extern "system" fn $name(_: HCS_SYSTEM, _: HCS_OPERATION, _: PCWSTR) -> HRESULT {
                of_computecore(stringify!($name))
            }
        )+
    };
}

declared! {
    HcsInitializeLiveMigrationOnSource
    HcsStartLiveMigrationOnSource
    HcsStartLiveMigrationTransfer
    HcsFinalizeLiveMigration
}

/// Those that no public header declares: their parameters are unknown, and are neither looked at nor passed on.
macro_rules! undeclared {
    ($($name:ident)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name() -> HRESULT {
                if gate::forwards() { code(NOT_MODELLED) } else { of_computecore(stringify!($name)) }
            }
        )+
    };
}

undeclared! {
    HcsEnumerateVmWorkerProcesses
    HcsFindVmWorkerProcesses
    HcsGetWorkerProcessJob
    HcsStartVmWorkerProcess
    HcsSystemControl
    HcsStartSystemPreservation
    HcsFinalizeSystemPreservation
    HcsAbortSystemPreservation
}
