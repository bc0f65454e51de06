//! `vmcompute.dll`, the older interface: the functions are those of computecore's library, so that a process has one world. They
//! have other names there, because computecore.dll has functions of these names with other signatures.

#![expect(missing_docs, reason = "the exports are what their clients call, under these names")]

#[cfg(windows)]
mod real;

use core::ffi::c_void;

use hcs_sim_thin::signature::{Driver, Layers, Network};
use hcs_sim_thin::{Missing, forward, is_simulated};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_NOTIFICATION_CALLBACK, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

hcs_sim_thin::vmcompute!(forward);
hcs_sim_thin::vmcompute_layers!(forward);
is_simulated!();

/// The double's own, which says that there are no networks.
#[expect(unsafe_code, reason = "a C ABI")]
fn without_network() -> Option<Network> {
    let found = hcs_sim_thin::find(c"Vmcompute_HNSCall")?;
    // SAFETY: the function of this name has this signature: both are made from the same sources.
    Some(unsafe { core::mem::transmute::<*const c_void, Network>(found) })
}

/// `HNSCall`: networks are the host's own where it has a real DLL.
///
/// # Safety
/// The strings are NULL or end with a zero; `response` is NULL or can be written.
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "a C ABI")]
pub unsafe extern "system" fn HNSCall(method: PCWSTR, path: PCWSTR, request: PCWSTR, response: *mut PWSTR) -> HRESULT {
    #[cfg(windows)]
    let network = real::network().or_else(without_network);
    #[cfg(not(windows))]
    let network = without_network();
    // SAFETY: as the caller vouches; the function has this signature.
    network.map_or(HRESULT::MISSING, |network| unsafe { network(method, path, request, response) })
}
