//! What a record of a real host has and no call brings about: how long operations took, what guests did by themselves. Here a
//! simulated world is told of it, and the record is replayed without that, as one of a real host.

use std::ptr::{null, null_mut};

use hcs_rules::build::Build;
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{operation, take, wait, wide};
use crate::{assert_equal, recorded, replayed};

/// The record as a real host would have left it: nobody was told anything.
fn of_host(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.contains("\"direction\""));
    kept.map(|line| format!("{}\n", line.replacen("\"target\":\"double\"", "\"target\":\"windows\"", 1))).collect()
}

fn tell(line: &str) {
    hcs_sim_dll::tell(line).expect("a line of a story");
}

fn poll(work: HCS_OPERATION) -> u32 {
    let mut result = null_mut();
    // SAFETY: the handle is live, the pointer is to a local.
    let code = unsafe { HcsGetOperationResult(work, &raw mut result) };
    take(result);
    code as u32
}

unsafe extern "system" fn happened(_: *const HCS_EVENT, _: *const core::ffi::c_void) {}

/// A system that runs, and an operation.
fn running(id: &str, document: &str) -> (HCS_SYSTEM, HCS_OPERATION) {
    let (work, id, document) = (operation(), wide(id), wide(document));
    let mut system = null_mut();
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system), 0);
        assert_eq!(wait(work).0, 0);
        assert_eq!(HcsSetComputeSystemCallback(system, HcsEventOptionNone, null(), Some(happened)), 0);
        assert_eq!((HcsStartComputeSystem(system, work, null()), wait(work).0), (0, 0));
    }
    (system, work)
}

#[test]
fn operations_take_as_long_as_they_took() {
    let text = recorded(1, Build::SERVER_2022, || {
        let (work, id, document) = (operation(), wide("vm"), wide(r#"{"VirtualMachine":{}}"#));
        let mut system = null_mut();
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system);
            assert_eq!(wait(work).0, 0);
            tell("fault Start nth=1 delay=5s");
            assert_eq!(HcsStartComputeSystem(system, work, null()), 0);
            assert_eq!(poll(work), 0x8037_0117);
            tell("advance 2s");
            assert_eq!(poll(work), 0x8037_0117);
            tell("advance 4s");
            assert_eq!(poll(work), 0);
            assert_eq!((HcsTerminateComputeSystem(system, work, null()), wait(work).0), (0, 0));
            HcsCloseComputeSystem(system);
            HcsCloseOperation(work);
        }
    });
    assert_equal(&text);
    let host = of_host(&text);
    assert_equal(&host);
    // The world's own operations are done at once, and nothing else was told.
    let told = replayed(&host.replacen("\"windows\"", "\"double\"", 1));
    assert!(told.differences.first().is_some_and(|first| first.what.contains("HcsGetOperationResult")), "{told:?}");
}

#[test]
fn what_guests_did_by_themselves_is_done_again() {
    let text = recorded(1, Build::SERVER_2022, || {
        let (vm, work) = running("vm", r#"{"VirtualMachine":{}}"#);
        let (web, again) = running("web", r#"{"Container":{}}"#);
        let (parameters, mut process) = (wide(r#"{"CommandLine":"sim-idle"}"#), null_mut());
        let (mut information, mut status) = (HCS_PROCESS_INFORMATION::default(), null_mut());
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            assert_eq!(HcsCreateProcess(web, parameters.as_ptr(), again, null(), &raw mut process), 0);
            HcsWaitForOperationResultAndProcessInfo(again, u32::MAX, &raw mut information, null_mut());
            assert_eq!(HcsSetProcessCallback(process, HcsEventOptionNone, null(), Some(happened)), 0);
            tell(&format!("process-exit web {} 7", information.ProcessId));
            hcs_sim_dll::simulator().drain();
            assert_eq!(HcsWaitForProcessExit(process, u32::MAX, &raw mut status), 0);
            assert!(take(status).contains(r#""ExitCode":7"#));
            tell("guest-off vm");
            tell("settle");
            assert_eq!(HcsWaitForComputeSystemExit(vm, u32::MAX, &raw mut status), 0);
            assert!(take(status).contains("GracefulExit"));
            assert_eq!((HcsTerminateComputeSystem(web, again, null()), wait(again).0), (0, 0));
            HcsCloseProcess(process);
            HcsCloseComputeSystem(vm);
            HcsCloseComputeSystem(web);
            HcsCloseOperation(work);
            HcsCloseOperation(again);
        }
    });
    assert_equal(&text);
    let told = assert_equal(&of_host(&text));
    assert_eq!(told.events, 3, "{text}");
    // Only the exit code is taken from the record: what else is in the status must be so here too.
    let told =
        replayed(&of_host(&text).replace(r#"\"ExitType\":\"GracefulExit\""#, r#"\"ExitType\":\"UnexpectedExit\""#));
    assert!(!told.differences.is_empty());
}
