//! What the tests of compute systems share: a machine.

use std::ptr::null_mut;

use windows_sys::Win32::System::HostComputeSystem::{HCS_OPERATION, HCS_SYSTEM, HcsCreateComputeSystem};

use crate::common::{wait, wide};

/// A machine.
pub(crate) const MACHINE: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"abi","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#;

/// Creates a machine with this id.
pub(crate) fn create(id: &str, operation: HCS_OPERATION) -> HCS_SYSTEM {
    let (id, configuration) = (wide(id), wide(MACHINE));
    let mut system = null_mut();
    // SAFETY: the strings end with a zero, the pointer is to a local.
    let code = unsafe {
        HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, std::ptr::null(), &raw mut system)
    };
    assert_eq!((code, wait(operation).0), (0, 0));
    system
}
