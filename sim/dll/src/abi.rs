//! What every export is made of: a guard against panics, handles as bits, contexts, callbacks, outcomes.

use core::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hcs_api::{Event, EventCallback, OperationCallback, OperationHandle, Outcome, ProcessHandle, SystemHandle};
use hcs_rules::hresult::Hresult;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT, HCS_EVENT_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_PROCESS, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PWSTR};

use crate::text::{give, units};

/// Runs an export's body. A panic is a fault of ours and must not unwind into the caller: it becomes `failed`.
pub(crate) fn guarded<R>(failed: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(failed)
}

pub(crate) const fn code(code: Hresult) -> HRESULT {
    code.0 as HRESULT
}

pub(crate) const UNEXPECTED: HRESULT = code(Hresult::E_UNEXPECTED);

/// What tells a client's handle from the machine's, which is a small number at first: nothing of the operating system, no
/// descriptor and no kernel handle, has so large a number, so that neither is ever taken for the other. It is the highest bit of
/// a slot's number, and no table has so many slots.
const OURS: u64 = 1 << 34;

/// A handle as the machine knows it. NULL is none.
pub(crate) fn bits(handle: *const c_void) -> u64 {
    match handle.addr() as u64 {
        0 => 0,
        bits => bits ^ OURS,
    }
}

/// A handle as the client has it.
pub(crate) fn raw(bits: u64) -> *mut c_void {
    core::ptr::without_provenance_mut(if bits == 0 { 0 } else { bits ^ OURS } as usize)
}

pub(crate) fn operation(handle: HCS_OPERATION) -> OperationHandle {
    OperationHandle(bits(handle))
}

pub(crate) fn system(handle: HCS_SYSTEM) -> SystemHandle {
    SystemHandle(bits(handle))
}

pub(crate) fn process(handle: HCS_PROCESS) -> ProcessHandle {
    ProcessHandle(bits(handle))
}

/// The exports that run on an operation and take a handle and a document: options, a query, or settings.
macro_rules! with_document {
    ($Handle:ty, $handle:path: $($name:ident => $method:ident;)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name(handle: $Handle, on: HCS_OPERATION, document: PCWSTR) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the string.
                    let document = unsafe { Argument::read(document) };
                    code(client().$method($handle(handle), operation(on), document.as_text()))
                })
            }
        )+
    };
}

pub(crate) use with_document;

/// A pointer that travels to the thread of a callback. The client vouches for its use there.
#[derive(Clone, Copy)]
pub(crate) struct Context(usize);

impl Context {
    pub(crate) fn of(context: *const c_void) -> Context {
        Context(context.expose_provenance())
    }

    pub(crate) fn pointer(self) -> *mut c_void {
        core::ptr::with_exposed_provenance_mut(self.0)
    }
}

pub(crate) fn completion(callback: HCS_OPERATION_COMPLETION, context: *const c_void) -> Option<OperationCallback> {
    let callback = callback?;
    let context = Context::of(context);
    Some(Arc::new(move |handle: OperationHandle| {
        // SAFETY: the client gave the function for exactly this call, with this context.
        unsafe { callback(raw(handle.0), context.pointer()) }
    }))
}

pub(crate) fn listener(callback: HCS_EVENT_CALLBACK, context: *const c_void) -> Option<EventCallback> {
    let callback = callback?;
    let context = Context::of(context);
    Some(Arc::new(move |event: &Event| {
        let data = event.data.as_deref().map(units);
        let event = HCS_EVENT {
            Type: event.kind as i32,
            EventData: data.as_ref().map_or(core::ptr::null(), |data| data.as_ptr()),
            Operation: raw(event.operation.0),
        };
        // SAFETY: the client gave the function for exactly this call; the event and its data live until it returns.
        unsafe { callback(&raw const event, context.pointer()) }
    }))
}

/// Gives an outcome's document and returns its code.
///
/// # Safety
/// `result` is NULL or can be written.
pub(crate) unsafe fn finish(outcome: &Outcome, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller vouches.
    unsafe { give(result, outcome.document.as_deref()) };
    code(outcome.code)
}
