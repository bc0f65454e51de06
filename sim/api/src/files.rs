//! State files of machines, and access of machines to files of the host.
//!
//! Paths are strings of the host, which need not be the system that this crate was built for.

use hcs_rules::hresult::Hresult;

use crate::error::{Result, check};
use crate::hcs::{Hcs, Outcome};

fn done(call: &'static str, id: Option<&str>, code: Hresult) -> Result<()> {
    check(call, id, Outcome::bare(code)).map(drop)
}

/// Makes a guest state file (VMGS) with nothing in it.
///
/// # Errors
/// The call's code: there is such a file, or it cannot be there.
pub fn create_guest_state_file<H: Hcs + ?Sized>(hcs: &H, path: &str) -> Result<()> {
    done("HcsCreateEmptyGuestStateFile", None, hcs.create_empty_guest_state_file(path.into()))
}

/// Makes a runtime state file (VMRS) with nothing in it.
///
/// # Errors
/// As [`create_guest_state_file`].
pub fn create_runtime_state_file<H: Hcs + ?Sized>(hcs: &H, path: &str) -> Result<()> {
    done("HcsCreateEmptyRuntimeStateFile", None, hcs.create_empty_runtime_state_file(path.into()))
}

/// What processors a saved state needs, as a `VmProcessorRequirements`.
///
/// # Errors
/// The call's code: the file is not there, or holds no saved state.
pub fn saved_state_requirements<H: Hcs + ?Sized>(hcs: &H, path: &str) -> Result<String> {
    let outcome = hcs.get_processor_compatibility_from_saved_state(path.into());
    let document = check("HcsGetProcessorCompatibilityFromSavedState", None, outcome)?;
    Ok(document.map(|document| document.to_string()).unwrap_or_default())
}

/// Gives a machine access to a file, or to a folder and what is in it. The machine need not exist; the grant outlives it.
///
/// # Errors
/// The call's code: the caller may not change the file's access, or the file is not there.
pub fn grant_vm_access<H: Hcs + ?Sized>(hcs: &H, vm_id: &str, path: &str) -> Result<()> {
    done("HcsGrantVmAccess", Some(vm_id), hcs.grant_vm_access(vm_id.into(), path.into()))
}

/// Takes a machine's access back.
///
/// # Errors
/// As [`grant_vm_access`]; a machine that has no access has none then, too.
pub fn revoke_vm_access<H: Hcs + ?Sized>(hcs: &H, vm_id: &str, path: &str) -> Result<()> {
    done("HcsRevokeVmAccess", Some(vm_id), hcs.revoke_vm_access(vm_id.into(), path.into()))
}

/// Lets every machine read a file, or a folder and what is in it.
///
/// # Errors
/// As [`grant_vm_access`].
pub fn grant_vm_group_access<H: Hcs + ?Sized>(hcs: &H, path: &str) -> Result<()> {
    done("HcsGrantVmGroupAccess", None, hcs.grant_vm_group_access(path.into()))
}

/// Takes that back.
///
/// # Errors
/// As [`grant_vm_access`].
pub fn revoke_vm_group_access<H: Hcs + ?Sized>(hcs: &H, path: &str) -> Result<()> {
    done("HcsRevokeVmGroupAccess", None, hcs.revoke_vm_group_access(path.into()))
}
