//! The real `vmcompute.dll` of a Windows host, for what the double leaves to it.

#![expect(unsafe_code, reason = "a C ABI")]

use std::sync::OnceLock;

use hcs_sim_thin::signature::Network;

/// The real `HNSCall`, if this host has one.
pub(crate) fn network() -> Option<Network> {
    static FOUND: OnceLock<Option<Network>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = hcs_sim_thin::real("vmcompute.dll")?.export(c"HNSCall")?;
        // SAFETY: the export has this signature.
        Some(unsafe { core::mem::transmute::<*const core::ffi::c_void, Network>(found) })
    })
}
