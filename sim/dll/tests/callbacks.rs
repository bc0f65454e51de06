//! Callbacks through the ABI: on threads of the service, never after close has returned, whatever order things are closed in.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/machine.rs"]
mod machine;

use core::ffi::c_void;
use std::ptr::null;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use common::{operation, wait};
#[cfg(not(windows))]
use hcs_sim_dll as _;
use machine::create;
use windows_sys::Win32::System::HostComputeSystem::*;

const SOON: Duration = Duration::from_secs(20);

unsafe extern "system" fn tell(_: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the sender that the test keeps alive.
    let done = unsafe { &*context.cast::<Sender<std::thread::ThreadId>>() };
    done.send(std::thread::current().id()).expect("the test listens");
}

struct Slow {
    entered: Sender<()>,
    inside: AtomicBool,
}

unsafe extern "system" fn slow(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is the test's, which outlives the handle.
    let slow = unsafe { &*context.cast::<Slow>() };
    slow.inside.store(true, Ordering::SeqCst);
    slow.entered.send(()).expect("the test listens");
    std::thread::sleep(Duration::from_millis(50));
    slow.inside.store(false, Ordering::SeqCst);
}

#[test]
fn close_returns_only_after_a_running_callback_has() {
    let (entered, receive) = channel();
    let context = Box::new(Slow { entered, inside: AtomicBool::new(false) });
    let work = operation();
    // SAFETY: handles are live; the context outlives the handle.
    unsafe {
        let machine = create("slow", work);
        assert_eq!(HcsSetComputeSystemCallback(machine, 0, (&raw const *context).cast(), Some(slow)), 0);
        assert_eq!((HcsTerminateComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        receive.recv_timeout(SOON).expect("the exit is told");
        HcsCloseComputeSystem(machine);
        assert!(!context.inside.load(Ordering::SeqCst), "close has returned while the callback ran");
        HcsCloseOperation(work);
    }
}

unsafe extern "system" fn close_myself(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is the test's.
    let (machine, closed) = unsafe { &*context.cast::<(AtomicUsize, Sender<()>)>() };
    // SAFETY: closing a handle in its own callback is what is tested.
    unsafe { HcsCloseComputeSystem(core::ptr::without_provenance_mut(machine.load(Ordering::SeqCst))) };
    closed.send(()).expect("the test listens");
}

#[test]
fn closing_a_handle_inside_its_own_callback_does_not_hang() {
    let (send, receive) = channel::<()>();
    let context = Box::new((AtomicUsize::new(0), send));
    let work = operation();
    // SAFETY: handles are live; the context outlives the callback.
    unsafe {
        let machine = create("itself", work);
        context.0.store(machine.addr(), Ordering::SeqCst);
        assert_eq!(HcsSetComputeSystemCallback(machine, 0, (&raw const *context).cast(), Some(close_myself)), 0);
        assert_eq!((HcsTerminateComputeSystem(machine, work, null()), wait(work).0), (0, 0));
        receive.recv_timeout(SOON).expect("the close returns");
        HcsCloseOperation(work);
    }
    // On Windows this test has the world of the DLL, which this program cannot see into.
    #[cfg(not(windows))]
    {
        let report = hcs_sim_dll::simulator().finish();
        let told = report.would_fault.iter().any(|text| text.contains("from inside its own callback"));
        assert!(told, "{report}");
    }
}

unsafe extern "system" fn close_operation(work: HCS_OPERATION, context: *const c_void) {
    // SAFETY: closing an operation in its own callback is a pattern that the documentation shows.
    unsafe { HcsCloseOperation(work) };
    // SAFETY: as the function says.
    unsafe { tell(work, context) };
}

#[test]
fn an_operation_may_be_closed_in_its_callback_and_with_its_request_in_flight() {
    let (send, receive) = channel::<std::thread::ThreadId>();
    let sender = Box::new(send);
    let setup = operation();
    // SAFETY: handles are live; the sender lives until after the callback.
    unsafe {
        let machine = create("in flight", setup);
        let work = HcsCreateOperation((&raw const *sender).cast(), Some(close_operation));
        assert_eq!(HcsStartComputeSystem(machine, work, null()), 0);
        receive.recv_timeout(SOON).expect("the callback is called");

        let work = operation();
        assert_eq!(HcsTerminateComputeSystem(machine, work, null()), 0);
        HcsCloseOperation(work);
        let mut none = std::ptr::null_mut();
        assert_eq!(HcsWaitForComputeSystemExit(machine, 20_000, &raw mut none), 0, "the request goes on");
        common::take(none);
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(setup);
    }
}
