//! Lives of systems and processes in nothing but the calls of `windows-sys`, recorded and replayed.

use core::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hcs_rules::build::Build;
use hcs_scenarios::replay::{Options, replay};
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{operation, take, wait, wide};
use crate::{assert_equal, read, recorded, replayed};

#[path = "../../examples/recorded.rs"]
#[expect(dead_code, reason = "it is a program of its own")]
mod example;

const SOON: Duration = Duration::from_secs(20);

unsafe extern "system" fn tell(_: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the sender that the test keeps alive.
    let done = unsafe { &*context.cast::<Sender<u32>>() };
    done.send(0).expect("the test listens");
}

unsafe extern "system" fn hear(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is the sender that the test keeps alive, and the event is valid.
    let (done, event) = unsafe { (&*context.cast::<Sender<u32>>(), &*event) };
    done.send(event.Type as u32).expect("the test listens");
}

/// A container with a process in it, whose ends are told; then everything is closed.
fn container(id: &str, command: &str) {
    let (send, receive) = channel::<u32>();
    let sender = Box::new(send);
    let context: *const c_void = (&raw const *sender).cast();
    // SAFETY: handles are live, strings end with a zero, pointers are to locals; the sender outlives the callbacks.
    unsafe {
        let completing = HcsCreateOperation(context, Some(tell));
        assert_eq!(HcsGetOperationContext(completing), context.cast_mut(), "the context is the caller's own");
        let (id, document) = (wide(id), wide(r#"{"Container":{}}"#));
        let mut system = null_mut();
        assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), completing, null(), &raw mut system), 0);
        assert_eq!(receive.recv_timeout(SOON), Ok(0));
        assert_eq!(HcsSetComputeSystemCallback(system, HcsEventOptionNone, context, Some(hear)), 0);
        assert_eq!(HcsStartComputeSystem(system, completing, null()), 0);
        assert_eq!(receive.recv_timeout(SOON), Ok(0));
        let mut result = null_mut();
        assert_eq!(HcsGetOperationResult(completing, &raw mut result), 0);
        assert_eq!(take(result), "");

        let work = operation();
        let parameters = wide(&format!(r#"{{"CommandLine":"{command}","CreateStdOutPipe":false}}"#));
        let mut process = null_mut();
        assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), work, null(), &raw mut process), 0);
        let mut information = HCS_PROCESS_INFORMATION::default();
        let told = HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, &raw mut information, null_mut());
        assert_eq!((told, information.ProcessId != 0), (0, true));
        assert_eq!(HcsSetProcessCallback(process, HcsEventOptionNone, context, Some(hear)), 0);
        let mut status = null_mut();
        assert_eq!(HcsWaitForProcessExit(process, u32::MAX, &raw mut status), 0);
        assert!(take(status).contains("ExitCode"));
        assert_eq!(receive.recv_timeout(SOON), Ok(HcsEventProcessExited as u32));
        let mut again = null_mut();
        assert_eq!(HcsOpenProcess(system, information.ProcessId, 0x1000_0000, &raw mut again), 0);
        HcsCloseProcess(again);
        HcsCloseProcess(process);
        let mut unknown = null_mut();
        assert_eq!(HcsOpenProcess(system, 4, 0x1000_0000, &raw mut unknown) as u32, 0x8007_0490);

        assert_eq!(HcsGetComputeSystemProperties(system, work, null()), 0);
        assert_eq!(wait(work).0, 0);
        assert_eq!((HcsTerminateComputeSystem(system, work, null()), wait(work).0), (0, 0));
        assert_eq!(receive.recv_timeout(SOON), Ok(HcsEventSystemExited as u32));
        assert_eq!(HcsStartComputeSystem(work, work, null()) as u32, 0x8007_0006);
        HcsCloseComputeSystem(system);
        HcsCloseOperation(work);
        HcsCloseOperation(completing);
    }
}

#[test]
fn the_example_replays_equal_on_every_build() {
    for build in Build::ALL {
        let text = recorded(2, *build, || assert!(example::life() > 0));
        let told = assert_equal(&text);
        assert_eq!((told.events, told.left_out.len()), (4, 0), "{text}");
        // As if the real service had answered: the operations take as long as they took, and ids that are made differ.
        let of_windows = text.replacen("\"target\":\"double\"", "\"target\":\"windows\"", 1);
        let options = Options { seed: Some(3), all: true, ..Options::default() };
        let told = replay(&read(&of_windows), &options).expect("the record can be replayed");
        assert_eq!(told.differences, [], "{of_windows}");
    }
}

/// What an operation's callback of events was called with: the context that was last set.
static LAST_CONTEXT: AtomicUsize = AtomicUsize::new(0);

unsafe extern "system" fn keep_context(_: *const HCS_EVENT, context: *const c_void) {
    LAST_CONTEXT.store(context.addr(), Ordering::Release);
}

/// Whose callback of two was called last.
static LAST_COMPLETION: AtomicUsize = AtomicUsize::new(0);

unsafe extern "system" fn first(_: HCS_OPERATION, context: *const c_void) {
    LAST_COMPLETION.store(100 + context.addr(), Ordering::Release);
}

unsafe extern "system" fn second(_: HCS_OPERATION, context: *const c_void) {
    LAST_COMPLETION.store(200 + context.addr(), Ordering::Release);
}

#[test]
fn contexts_and_callbacks_stay_the_callers_own() {
    let context = core::ptr::without_provenance::<c_void>;
    let text = recorded(1, Build::SERVER_2025, || {
        let (id, document) = (wide("vm"), wide(r#"{"VirtualMachine":{}}"#));
        let work = operation();
        // SAFETY: handles are live, strings end with a zero, pointers are to locals; contexts are never followed.
        unsafe {
            let telling = HcsCreateOperationWithNotifications(0, context(7), Some(keep_context));
            assert_eq!(HcsGetOperationContext(telling).addr(), 7);
            assert_eq!(HcsSetOperationContext(telling, context(8)), 0);
            assert_eq!(HcsGetOperationContext(telling).addr(), 8);
            HcsCloseOperation(telling);

            let told = HcsCreateOperation(context(1), Some(first));
            let mut system = null_mut();
            assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), told, null(), &raw mut system), 0);
            wait(told);
            hcs_sim_dll::simulator().drain();
            assert_eq!(LAST_COMPLETION.load(Ordering::Acquire), 101);
            assert_eq!(HcsSetOperationCallback(told, context(2), Some(second)), 0);
            assert_eq!(HcsGetOperationContext(told).addr(), 2);
            assert_eq!((HcsStartComputeSystem(system, told, null()), wait(told).0), (0, 0));
            hcs_sim_dll::simulator().drain();
            assert_eq!(LAST_COMPLETION.load(Ordering::Acquire), 202);

            // A callback that comes with a creation in a namespace is that of the new handle.
            let (namespace, other) = (wide("here"), wide("other"));
            let options = HCS_CREATE_OPTIONS_1 {
                Version: HcsCreateOptions_1,
                CallbackContext: context(9).cast_mut(),
                Callback: Some(keep_context),
                ..Default::default()
            };
            let (version, mut made) = ((&raw const options).cast::<HCS_CREATE_OPTIONS>(), null_mut());
            let (space, name, text) = (namespace.as_ptr(), other.as_ptr(), document.as_ptr());
            assert_eq!(HcsCreateComputeSystemInNamespace(space, name, text, work, version, &raw mut made), 0);
            assert_eq!(wait(work).0, 0);
            assert_eq!((HcsTerminateComputeSystem(made, work, null()), wait(work).0), (0, 0));
            hcs_sim_dll::simulator().drain();
            assert_eq!(LAST_CONTEXT.load(Ordering::Acquire), 9);
            HcsCloseComputeSystem(made);

            // What a call did not write to stays as it was.
            let untouched = core::ptr::without_provenance_mut::<u16>(0x10);
            let mut result = untouched;
            assert_eq!(HcsWaitForComputeSystemExit(null_mut(), 0, &raw mut result) as u32, 0x8007_0057);
            assert!(result.is_null() || result == untouched);
            HcsCloseComputeSystem(system);
            HcsCloseOperation(told);
            HcsCloseOperation(work);
        }
    });
    let told = assert_equal(&text);
    assert!(told.events >= 3, "{text}");
    assert!(text.contains(r#""options":{"#) && text.contains(r#""event":1"#), "{text}");
}

#[test]
fn a_life_replays_equal_and_every_line_counts() {
    let text = recorded(7, Build::SERVER_2022, || container("web", "cmd /c exit 3"));
    let told = assert_equal(&text);
    assert_eq!((told.events, told.build, told.seed), (4, Build::SERVER_2022, 7));
    assert!(told.calls > 20, "{told:?}");
    assert_eq!(told.left_out.len(), 0);

    // Each of these changes is named, with the line in which it is.
    for (from, to) in [
        (r#"\"ExitCode\":3"#, r#"\"ExitCode\":4"#),
        (r#""code":"0x80070006""#, r#""code":"0x80070057""#),
        (r#""code":"0x80070490""#, r#""code":"0x00000000""#),
        (r#"\"State\":\"Running\""#, r#"\"State\":\"Paused\""#),
        (r#""event":1,"#, r#""event":2,"#),
        (r#""stdoutput":false"#, r#""stdoutput":true"#),
        (r#"\"ExitType\":\"ForcedExit\""#, r#"\"ExitType\":\"Other\""#),
    ] {
        let at = text.lines().position(|line| line.contains(from)).unwrap_or_else(|| panic!("no {from} in\n{text}"));
        let told = replayed(&text.replacen(from, to, 1));
        let first = told.differences.first().unwrap_or_else(|| panic!("{from} became {to}, and nobody noticed"));
        assert_eq!(first.line, at + 1, "{first}");
    }
}

#[test]
fn another_build_a_fault_and_a_missing_event_are_named() {
    let text = recorded(1, Build::B17763, || {
        let (namespace, query) = (wide("here"), operation());
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            let mut properties = null_mut();
            assert_eq!(HcsGetServiceProperties(null(), &raw mut properties), 0);
            take(properties);
            HcsEnumerateComputeSystemsInNamespace(namespace.as_ptr(), null(), query);
            HcsCloseOperation(query);
        }
    });
    assert_equal(&text);
    let options = Options { build: Some(Build::SERVER_2022), ..Options::default() };
    let told = replay(&read(&text), &options).expect("the record can be replayed");
    let [first] = &told.differences[..] else { panic!("one difference, and no more: {told:?}") };
    assert!(first.what.contains("HcsGetServiceProperties"), "{first}");
    assert!(first.recorded.contains(r#""answer":2"#) && first.simulated.contains(r#""answer":2"#), "{first}");

    // A fault is in the record, and so it is in the replay; told besides, it is a difference.
    let text = recorded(1, Build::SERVER_2022, || {
        hcs_sim_dll::tell("fault Start nth=1 fail=ERROR_NO_SYSTEM_RESOURCES").expect("a line of a story");
        let work = operation();
        let (id, document) = (wide("vm"), wide(r#"{"VirtualMachine":{}}"#));
        let mut system = null_mut();
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system), 0);
            assert_eq!(wait(work).0, 0);
            assert_eq!((HcsStartComputeSystem(system, work, null()), wait(work).0), (0, 0x8007_05AA));
            HcsCloseComputeSystem(system);
            HcsCloseOperation(work);
        }
    });
    assert_equal(&text);
    let without: String =
        text.lines().filter(|line| !line.contains("direction")).map(|line| format!("{line}\n")).collect();
    let told = replayed(&without);
    assert!(told.differences.first().is_some_and(|first| first.what.contains("the code differs")), "{told:?}");
}

#[test]
fn waits_of_one_thread_end_by_the_calls_of_another() {
    let text = recorded(3, Build::SERVER_2025, || {
        let work = operation();
        let (id, document) = (wide("vm"), wide(r#"{"VirtualMachine":{}}"#));
        let mut system = null_mut();
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system), 0);
            assert_eq!(wait(work).0, 0);
            assert_eq!((HcsStartComputeSystem(system, work, null()), wait(work).0), (0, 0));
            let mut none = null_mut();
            assert_eq!(HcsWaitForComputeSystemExit(system, 20, &raw mut none) as u32, 0x8037_0118);
            let handle = system.addr();
            let waits = std::thread::spawn(move || {
                let mut exit = null_mut();
                let system = core::ptr::without_provenance_mut(handle);
                let code = HcsWaitForComputeSystemExit(system, u32::MAX, &raw mut exit);
                (code, take(exit))
            });
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!((HcsTerminateComputeSystem(system, work, null()), wait(work).0), (0, 0));
            let (code, exit) = waits.join().expect("it returns");
            assert!(code == 0 && exit.contains("ForcedExit"), "{exit}");
            HcsCloseComputeSystem(system);
            HcsCloseOperation(work);
        }
    });
    let told = assert_equal(&text);
    assert!(text.contains(r#""thread":2"#), "{text}");
    assert!(told.calls > 10);
}
