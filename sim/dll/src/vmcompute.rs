//! The exports of `vmcompute.dll`, under names of their own: each has `Vmcompute_` before its name,
//! because computecore.dll has functions of these names with other signatures. See [`crate::computecore`].

#![expect(missing_docs, reason = "the exports are what their clients call, under these names")]
#![expect(
    clippy::missing_safety_doc,
    reason = "pointers are as each export's clients use them; NULL is always answered"
)]

use core::ffi::c_void;

use hcs_sim_thin::same;
use hcs_sim_thin::signature::{Driver, Layers, Network};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_NOTIFICATION_CALLBACK, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::gate::{exports, unread};

/// What is behind the exports.
mod simulated {
    pub(crate) use crate::legacy::layer::*;
    pub(crate) use crate::legacy::*;
}

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Vmcompute;

hcs_record::vmcompute!(exports);

/// Layer functions, by the names that they have here.
macro_rules! layers {
    ($($name:ident as $there:ident($($argument:ident: $Type:ty),* $(,)?) -> $Result:ty;)+) => {
        unread! { $($there($($argument: $Type),*) -> $Result;)+ }
    };
}

hcs_sim_thin::vmcompute_layers!(layers);

// The thin library calls the others with these signatures.
hcs_sim_thin::vmcompute!(same);
const _: Network = Vmcompute_HNSCall;
