//! Machines: one life, a saved state, a grant.

use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{E_ACCESSDENIED, E_INVALIDARG};
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{operation, take, wait, wide};
use crate::disk;
use crate::hears::{Ear, completion, event};
use crate::machine::create;
use crate::running::{end, running};
use crate::world::tell;

/// `GENERIC_ALL`
const ALL: u32 = 0x1000_0000;

pub(crate) fn lives() {
    let (work, ear) = (operation(), Ear::new());
    let id = wide("LIFE");
    // SAFETY: handles are live, strings end with a zero, pointers are to locals, the ear outlives the handles.
    unsafe {
        assert_eq!(HcsGetOperationType(work), HcsOperationTypeNone);
        let machine = create("life", work);
        assert_eq!(HcsGetOperationType(work), HcsOperationTypeCreate);
        assert_eq!(HcsGetComputeSystemFromOperation(work), machine);
        assert_eq!(HcsSetComputeSystemCallback(machine, 0, ear.context(), Some(event)), 0);

        let told = HcsCreateOperation(ear.context(), Some(completion));
        assert_eq!(HcsGetOperationContext(told).cast_const(), ear.context());
        assert_eq!(HcsStartComputeSystem(machine, told, null()), 0);
        assert_eq!(ear.next(), (0, String::new()));
        assert_eq!(HcsGetOperationResult(told, null_mut()), 0);
        HcsCloseOperation(told);

        assert_eq!(HcsGetComputeSystemProperties(machine, work, null()), 0);
        let (code, properties) = wait(work);
        assert_eq!(code, 0);
        assert!(properties.contains(r#""State":"Running""#), "{properties}");
        assert_eq!(HcsEnumerateComputeSystems(null(), work), 0);
        assert!(wait(work).1.starts_with(r#"[{"Id":"life""#));

        let mut second = null_mut();
        assert_eq!(HcsOpenComputeSystem(id.as_ptr(), 0x000F_FFFF, &raw mut second), E_INVALIDARG);
        assert!(second.is_null(), "a call that fails leaves no handle behind");
        assert_eq!(HcsOpenComputeSystem(id.as_ptr(), ALL, &raw mut second), 0);

        let share = r#"{"ResourcePath":"VirtualMachine/Devices/VirtualSmb/Shares","RequestType":"Add","Settings":{"Name":"tools","Path":"C:\\tools"}}"#;
        let share = wide(share);
        assert_eq!((HcsModifyComputeSystem(second, work, share.as_ptr(), null_mut()), wait(work).0), (0, 0));
        let again = (HcsModifyComputeSystem(second, work, share.as_ptr(), null_mut()), wait(work).0);
        assert_eq!(again, (0, 0x8007_00B7));
        assert_eq!(HcsModifyComputeSystem(second, work, null(), null_mut()), E_INVALIDARG);

        assert_eq!((HcsTerminateComputeSystem(second, work, null()), wait(work).0), (0, 0));
        let (kind, exit) = ear.next();
        assert_eq!(kind, HcsEventSystemExited);
        assert!(exit.starts_with(r#"{"Status":0,"ExitType":"ForcedExit""#), "{exit}");
        let mut waited = null_mut();
        assert_eq!(HcsWaitForComputeSystemExit(machine, 1_000, &raw mut waited), 0);
        assert_eq!(take(waited), exit);
        HcsCloseComputeSystem(second);
        HcsCloseComputeSystem(machine);
        assert_eq!(HcsOpenComputeSystem(id.as_ptr(), ALL, &raw mut second) as u32, 0x8037_010E);
        HcsCloseOperation(work);
    }
    ear.is_silent();
}

/// A machine that can be asked to shut down.
const SERVICED: &str =
    r#"{"SchemaVersion":{"Major":2,"Minor":5},"VirtualMachine":{"Chipset":{"Uefi":{}},"Services":{"Shutdown":{}}}}"#;
const RESTORED: &str = r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"C:\\ProgramData\\life.vmrs"}}}"#;

pub(crate) fn is_saved_and_restored() {
    let work = operation();
    let machine = running("saved", SERVICED);
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        assert_eq!((HcsPauseComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        assert_eq!((HcsResumeComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        assert_eq!((HcsPauseComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        let file = wide(r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\ProgramData\\life.vmrs"}"#);
        assert_eq!((HcsSaveComputeSystem(machine, work, file.as_ptr()), wait(work).0), (0, 0));
        let mut needs = null();
        let path = wide(r"C:\ProgramData\life.vmrs");
        assert_eq!(HcsGetProcessorCompatibilityFromSavedState(path.as_ptr(), &raw mut needs), 0);
        assert!(take(needs.cast_mut()).starts_with(r#"{"ProcessorFeatures":["#));
        end(machine);

        let restored = running("restored", RESTORED);
        let template = wide(r#"{"SaveType":"AsTemplate","SaveStateFilePath":null}"#);
        assert_eq!((HcsPauseComputeSystem(restored, work, null()), wait(work).0), (0, 0));
        assert_eq!((HcsSaveComputeSystem(restored, work, template.as_ptr()), wait(work).0), (0, 0));
        // Nothing changes a template any more.
        for call in [HcsResumeComputeSystem, HcsCrashComputeSystem, HcsShutDownComputeSystem] {
            assert_eq!((call(restored, work, null()), wait(work).0), (0, 0x8037_0105));
        }
        end(restored);

        let machine = running("shut down", SERVICED);
        let politely = wide(r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#);
        assert_eq!((HcsShutDownComputeSystem(machine, work, politely.as_ptr()), wait(work).0), (0, 0));
        let mut exit = null_mut();
        assert_eq!(HcsWaitForComputeSystemExit(machine, u32::MAX, &raw mut exit), 0);
        let exit = take(exit);
        assert!(exit.contains("GracefulExit"), "{exit}");
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(work);
    }
}

const WITH_DISK: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"Devices":{"Scsi":{"Primary":{"Attachments":{"0":{"Type":"VirtualDisk","Path":"C:\\machines\\system.vhdx"}}}}}}}"#;

pub(crate) fn needs_a_grant() {
    tell(r"folder C:\machines");
    let path = r"C:\machines\system.vhdx";
    disk::close(disk::create(path, 1 << 30, None).expect("created"));
    let (id, document, path, work) = (wide("granted"), wide(WITH_DISK), wide(path), operation());
    let mut machine = null_mut();
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut machine), 0);
        assert_eq!(wait(work).0, 0);
        assert_eq!(HcsStartComputeSystem(machine, work, null()), 0);
        let (code, error) = wait(work);
        assert_eq!(code, E_ACCESSDENIED as u32);
        assert!(error.contains("Synthetic Storage"), "{error}");

        assert_eq!(HcsGrantVmAccess(id.as_ptr(), path.as_ptr()), 0);
        assert_eq!((HcsStartComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        HcsCloseOperation(work);
        end(machine);
        assert_eq!(HcsRevokeVmAccess(id.as_ptr(), path.as_ptr()), 0);
    }
}
