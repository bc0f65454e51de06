//! One life, in nothing but the calls of `windows-sys`: the code that a client has, linked to the double without a change.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/machine.rs"]
mod machine;

use std::ptr::{null, null_mut};

use common::{operation, take, wait, wide};
#[cfg(not(windows))]
use hcs_sim_dll as _;
use machine::create;
use windows_sys::Win32::System::HostComputeSystem::*;

#[test]
fn a_machine_lives_and_ends_through_the_c_abi() {
    let work = operation();
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        assert_eq!(HcsGetOperationType(work), HcsOperationTypeNone);
        let machine = create("life", work);
        assert_eq!(HcsGetOperationType(work), HcsOperationTypeCreate);
        assert_eq!(HcsGetComputeSystemFromOperation(work), machine);

        assert_eq!((HcsStartComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        assert_eq!(HcsGetComputeSystemProperties(machine, work, null()), 0);
        let (code, properties) = wait(work);
        assert_eq!(code, 0);
        assert!(properties.contains(r#""State":"Running""#), "{properties}");
        assert_eq!(HcsEnumerateComputeSystems(null(), work), 0);
        assert!(wait(work).1.starts_with(r#"[{"Id":"life""#));

        let mut second = null_mut();
        let id = wide("LIFE");
        assert_eq!(HcsOpenComputeSystem(id.as_ptr(), 0x1000_0000, &raw mut second), 0);
        assert_eq!(HcsOpenComputeSystem(id.as_ptr(), 0x000F_FFFF, &raw mut second) as u32, 0x8007_0057);
        assert!(second.is_null(), "a call that fails leaves no handle behind");

        assert_eq!((HcsTerminateComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        let mut exit = null_mut();
        assert_eq!(HcsWaitForComputeSystemExit(machine, 1_000, &raw mut exit), 0);
        let exit = take(exit);
        assert!(exit.starts_with(r#"{"Status":0,"ExitType":"ForcedExit""#), "{exit}");
        assert_eq!(HcsOpenComputeSystem(id.as_ptr(), 0x1000_0000, &raw mut second) as u32, 0x8037_010E);
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(work);
    }
}

#[test]
fn bad_handles_and_pointers_are_answered() {
    let work = operation();
    // SAFETY: the calls answer NULL and stale handles; that is what is tested.
    unsafe {
        assert_eq!(HcsStartComputeSystem(null_mut(), work, null()) as u32, 0x8007_0057);
        assert_eq!(HcsStartComputeSystem(work, work, null()) as u32, 0x8007_0006);
        assert_eq!(HcsGetOperationId(null_mut()), u64::MAX);
        let (id, document) = (wide("out"), wide("{}"));
        let no_out = HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), null_mut());
        assert_eq!(no_out as u32, 0x8007_0057);
        let lone_surrogate = [0xD800, 0];
        let mut system = null_mut();
        let bad_id = HcsCreateComputeSystem(lone_surrogate.as_ptr(), document.as_ptr(), work, null(), &raw mut system);
        assert_eq!(bad_id as u32, 0x8007_0057);
        let bad_document = HcsCreateComputeSystem(id.as_ptr(), lone_surrogate.as_ptr(), work, null(), &raw mut system);
        assert_eq!((bad_document, wait(work).0), (0, 0x8007_000D));
        HcsCloseComputeSystem(system);
        HcsCloseOperation(work);
        HcsCloseOperation(work);
        HcsCloseOperation(null_mut());
        HcsCloseComputeSystem(null_mut());
        assert_eq!(HcsGetOperationType(work), HcsOperationTypeNone);
        // No header declares what is not modelled any more.
        #[cfg(not(windows))]
        assert_eq!(hcs_sim_dll::computecore::HcsSystemControl() as u32, 0x8000_4001, "not modelled, and says so");
    }
}

#[test]
fn every_other_call_on_a_system_goes_through_the_c_abi() {
    let work = operation();
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        let machine = create("calls", work);
        assert_eq!(wait(work).0, 0);
        assert_eq!(HcsStartComputeSystem(machine, work, null()), 0);
        assert_eq!(wait(work).0, 0);
        assert_eq!(HcsPauseComputeSystem(machine, work, null()), 0);
        assert_eq!(wait(work).0, 0);
        let options = wide(r#"{"SaveType":"AsTemplate","SaveStateFilePath":null}"#);
        assert_eq!(HcsSaveComputeSystem(machine, work, options.as_ptr()), 0);
        assert_eq!(wait(work).0, 0);
        assert_eq!((HcsResumeComputeSystem(machine, work, null()), wait(work).0), (0, 0x8037_0105));
        assert_eq!((HcsCrashComputeSystem(machine, work, null()), wait(work).0), (0, 0x8037_0105));
        assert_eq!((HcsShutDownComputeSystem(machine, work, null()), wait(work).0), (0, 0x8037_0105));
        let request = wide(r#"{"ResourcePath":"VirtualMachine/Devices/MappedPipes/p","RequestType":"Add"}"#);
        assert_eq!(
            (HcsModifyComputeSystem(machine, work, request.as_ptr(), null_mut()), wait(work).0),
            (0, 0x8037_0105)
        );
        assert_eq!(HcsModifyComputeSystem(machine, work, null(), null_mut()) as u32, 0x8007_0057);
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(work);
    }
}

#[test]
fn the_service_and_its_namespaces_go_through_the_c_abi() {
    let work = operation();
    let (namespace, id, document) = (wide("here"), wide("namespaced"), wide(r#"{"VirtualMachine":{}}"#));
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        let mut result = null_mut();
        assert_eq!(HcsGetServiceProperties(null(), &raw mut result), 0);
        assert!(take(result).contains("SupportedSchemaVersions"));
        assert_eq!(HcsGetServiceProperties(null(), null_mut()) as u32, 0x8007_0057);
        result = null_mut();
        let settings = wide(r#"{"PropertyType":"CpuGroup"}"#);
        assert_eq!(HcsModifyServiceSettings(settings.as_ptr(), &raw mut result) as u32, 0x8037_010D);
        assert!(take(result).starts_with(r#"{"Error":-1070137075"#));
        assert_eq!(HcsSubmitWerReport(wide("{}").as_ptr()), 0);
        assert_eq!(HcsSubmitWerReport(null()) as u32, 0x8007_0057);
        let mut machine = null_mut();
        let options = HCS_CREATE_OPTIONS_1 { Version: HcsCreateOptions_1, ..Default::default() };
        let version = (&raw const options).cast::<HCS_CREATE_OPTIONS>();
        let (space, name, text) = (namespace.as_ptr(), id.as_ptr(), document.as_ptr());
        let made = HcsCreateComputeSystemInNamespace(space, name, text, work, version, &raw mut machine);
        assert_eq!((made, wait(work).0), (0, 0));
        let mut again = null_mut();
        let unknown: HCS_CREATE_OPTIONS = 7;
        let refused = HcsCreateComputeSystemInNamespace(space, name, text, work, &raw const unknown, &raw mut again);
        assert_eq!(refused as u32, 0x8007_0057);
        assert_eq!(HcsOpenComputeSystem(name, 0x1000_0000, &raw mut again) as u32, 0x8037_010E);
        assert_eq!(HcsOpenComputeSystemInNamespace(space, name, 0x1000_0000, &raw mut again), 0);
        HcsCloseComputeSystem(again);
        assert_eq!(HcsEnumerateComputeSystemsInNamespace(space, null(), work), 0);
        assert!(wait(work).1.contains("namespaced"));
        assert_eq!((HcsTerminateComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(work);
    }
}

#[test]
fn every_call_on_a_file_goes_through_the_c_abi() {
    let path = |name: &str| wide(&format!(r"C:\ProgramData\{name}"));
    let (guest, runtime, none, id) = (path("vm.vmgs"), path("vm.vmrs"), path("none"), wide("vm"));
    let work = operation();
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        assert_eq!(HcsCreateEmptyGuestStateFile(guest.as_ptr()), 0);
        assert_eq!(HcsCreateEmptyGuestStateFile(guest.as_ptr()) as u32, 0x8007_0050);
        assert_eq!(HcsCreateEmptyRuntimeStateFile(runtime.as_ptr()), 0);
        assert_eq!(HcsGrantVmAccess(id.as_ptr(), guest.as_ptr()), 0);
        assert_eq!(HcsGrantVmAccess(id.as_ptr(), none.as_ptr()) as u32, 0x8007_0002);
        assert_eq!(HcsRevokeVmAccess(id.as_ptr(), guest.as_ptr()), 0);
        assert_eq!(HcsGrantVmGroupAccess(guest.as_ptr()), 0);
        assert_eq!(HcsRevokeVmGroupAccess(guest.as_ptr()), 0);
        let mut document = null();
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(runtime.as_ptr(), &raw mut document) as u32, 0x8007_000D);
        assert!(document.is_null());
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(none.as_ptr(), null_mut()) as u32, 0x8007_0002);
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(null(), null_mut()) as u32, 0x8007_0057);

        let machine = create("saved", work);
        assert_eq!((HcsStartComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        assert_eq!((HcsPauseComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        let options = wide(r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\ProgramData\\saved.vmrs"}"#);
        assert_eq!((HcsSaveComputeSystem(machine, work, options.as_ptr()), wait(work).0), (0, 0));
        let saved = path("saved.vmrs");
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(saved.as_ptr(), &raw mut document), 0);
        assert!(take(document.cast_mut()).starts_with(r#"{"ProcessorFeatures":["#));
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(work);
    }
}
