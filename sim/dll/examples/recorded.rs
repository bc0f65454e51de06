//! A client to be recorded, in nothing but the calls of `windows-sys`: a machine that is paused and saved, a container with a
//! process, callbacks of every kind, waits that run out, calls that are refused.
//!
//! On a Windows host, beside the double's DLLs: `HCS_SIM_TARGET=windows HCS_SIM_RECORD=record.jsonl recorded.exe`, and then, on any
//! machine, `hcs-sim replay record.jsonl`. It needs no file of the host's.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

use core::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

#[cfg(not(windows))]
use hcs_sim_dll as _;
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::PWSTR;

const SOON: Duration = Duration::from_secs(60);
const GENERIC_ALL: u32 = 0x1000_0000;
const MACHINE: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"recorded","ShouldTerminateOnLastHandleClosed":true,
    "VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#;

fn main() {
    let refused = life();
    println!("{refused} calls were refused");
}

/// Lives of a machine and of a container, from their creation to the last handle. How many calls were refused.
pub(crate) fn life() -> usize {
    let mut client = Client::default();
    client.service();
    client.machine("recorded-machine");
    client.container("recorded-container");
    client.refused
}

#[derive(Default)]
struct Client {
    refused: usize,
}

/// A string for a call.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn free(document: PWSTR) {
    // SAFETY: the document is freed once, or NULL.
    unsafe { LocalFree(document.cast()) };
}

/// What a callback's context points to: who waits for it.
type Listener = (Sender<i32>, Receiver<i32>);

unsafe extern "system" fn completed(_: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is a listener that outlives the operation.
    _ = unsafe { &*context.cast::<Listener>() }.0.send(0);
}

unsafe extern "system" fn happened(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is a listener that outlives the registration, and the event is valid.
    _ = unsafe { (*context.cast::<Listener>()).0.send((*event).Type) };
}

/// What is called by a test runs on threads of the service; a listener is used by one at a time.
fn hear(listener: &Listener, kind: i32) {
    while listener.1.recv_timeout(SOON).is_ok_and(|heard| heard != kind) {}
}

impl Client {
    fn count(&mut self, code: i32) -> bool {
        self.refused += usize::from(code < 0);
        code >= 0
    }

    /// Waits for an operation, if the call that begins it went well.
    fn wait(&mut self, called: i32, operation: HCS_OPERATION) {
        if self.count(called) {
            let mut document = null_mut();
            // SAFETY: the handle is live, the pointer is to a local.
            let code = unsafe { HcsWaitForOperationResult(operation, u32::MAX, &raw mut document) };
            free(document);
            self.count(code);
        }
    }

    fn service(&mut self) {
        // SAFETY: strings end with a zero, pointers are to locals.
        unsafe {
            let mut document = null_mut();
            let code = HcsGetServiceProperties(null(), &raw mut document);
            self.count(code);
            free(document);
            let settings = wide(r#"{"PropertyType":"CpuGroup"}"#);
            document = null_mut();
            let code = HcsModifyServiceSettings(settings.as_ptr(), &raw mut document);
            self.count(code);
            free(document);
        }
    }

    fn machine(&mut self, id: &str) {
        let (id, document) = (wide(id), wide(MACHINE));
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            let work = HcsCreateOperation(null(), None);
            let mut system = null_mut();
            let code = HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system);
            self.wait(code, work);
            self.wait(HcsStartComputeSystem(system, work, null()), work);
            self.wait(HcsStartComputeSystem(system, work, null()), work);
            self.wait(HcsGetComputeSystemProperties(system, work, null()), work);
            self.wait(HcsPauseComputeSystem(system, work, null()), work);
            let query = wide(r#"{"PropertyTypes":["Memory","Nonsense"]}"#);
            self.wait(HcsGetComputeSystemProperties(system, work, query.as_ptr()), work);
            self.wait(HcsResumeComputeSystem(system, work, null()), work);
            let mut exit = null_mut();
            let code = HcsWaitForComputeSystemExit(system, 20, &raw mut exit);
            self.count(code);
            let mut again = null_mut();
            let code = HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &raw mut again);
            self.count(code);
            HcsCloseComputeSystem(again);
            self.wait(HcsTerminateComputeSystem(system, work, null()), work);
            let code = HcsWaitForComputeSystemExit(system, u32::MAX, &raw mut exit);
            self.count(code);
            free(exit);
            let code = HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &raw mut again);
            self.count(code);
            HcsCloseComputeSystem(system);
            HcsCloseOperation(work);
        }
    }

    fn container(&mut self, id: &str) {
        let listener: Box<Listener> = Box::new(channel());
        let context: *const c_void = (&raw const *listener).cast();
        let (id, document) = (wide(id), wide(r#"{"Container":{}}"#));
        // SAFETY: handles are live, strings end with a zero, pointers are to locals; the listener outlives the registrations.
        unsafe {
            let told = HcsCreateOperation(context, Some(completed));
            assert_eq!(HcsGetOperationContext(told), context.cast_mut(), "the context is the caller's own");
            let mut system = null_mut();
            let code = HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), told, null(), &raw mut system);
            self.count(code);
            hear(&listener, 0);
            let code = HcsSetComputeSystemCallback(system, HcsEventOptionNone, context, Some(happened));
            self.count(code);
            let code = HcsStartComputeSystem(system, told, null());
            self.count(code);
            hear(&listener, 0);
            let mut document = null_mut();
            let code = HcsGetOperationResult(told, &raw mut document);
            self.count(code);
            free(document);

            let work = HcsCreateOperation(null(), None);
            let parameters = wide(r#"{"CommandLine":"cmd /c exit 3"}"#);
            let mut process = null_mut();
            let code = HcsCreateProcess(system, parameters.as_ptr(), work, null(), &raw mut process);
            self.count(code);
            let mut information = HCS_PROCESS_INFORMATION::default();
            let code = HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, &raw mut information, null_mut());
            self.count(code);
            let code = HcsSetProcessCallback(process, HcsEventOptionNone, context, Some(happened));
            self.count(code);
            let mut status = null_mut();
            let code = HcsWaitForProcessExit(process, u32::MAX, &raw mut status);
            self.count(code);
            free(status);
            hear(&listener, HcsEventProcessExited);
            let mut opened = null_mut();
            let code = HcsOpenProcess(system, information.ProcessId, GENERIC_ALL, &raw mut opened);
            self.count(code);
            HcsCloseProcess(opened);
            HcsCloseProcess(process);

            let lone_surrogate = [0xD800, 0];
            self.wait(HcsGetComputeSystemProperties(system, work, lone_surrogate.as_ptr()), work);
            self.wait(HcsTerminateComputeSystem(system, work, null()), work);
            hear(&listener, HcsEventSystemExited);
            let code = HcsStartComputeSystem(null_mut(), work, null());
            self.count(code);
            let nowhere = wide(r"C:\hcs-sim-recorded\none");
            let code = HcsDestroyLayer(nowhere.as_ptr());
            self.count(code);
            HcsCloseComputeSystem(system);
            HcsCloseOperation(work);
            HcsCloseOperation(told);
        }
    }
}
