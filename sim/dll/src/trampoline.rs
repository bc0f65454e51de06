//! Callbacks of who records: each is written down, and then the caller's own function runs with what it was to be called with.
//!
//! A completion keeps the caller's context, because it can be asked for and changed: its function is found by the operation.
//! Other contexts are replaced by a [`Registered`], which stays for as long as the process lives: a few words for each
//! registration, for nobody can say when a real DLL has called for the last time.

use core::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use windows_sys::Win32::System::HostComputeSystem::{HCS_EVENT, HCS_OPERATION};
use windows_sys::core::{HRESULT, PCWSTR};

use crate::abi::guarded;
use crate::gate;
use crate::record::Recorder;
use crate::role::text_value;

/// `HCS_OPERATION_COMPLETION` that is not NULL.
pub(crate) type Completion = unsafe extern "system" fn(HCS_OPERATION, *const c_void);
/// `HCS_EVENT_CALLBACK` that is not NULL.
pub(crate) type Events = unsafe extern "system" fn(*const HCS_EVENT, *const c_void);
/// `HCS_NOTIFICATION_CALLBACK` that is not NULL.
pub(crate) type Notifications = unsafe extern "system" fn(u32, *const c_void, HRESULT, PCWSTR);

/// The caller's own function.
#[derive(Clone, Copy)]
pub(crate) enum Callback {
    None,
    Completion(Completion),
    Events(Events),
    Notifications(Notifications),
}

impl Callback {
    pub(crate) fn completion(self) -> Option<Completion> {
        match self {
            Callback::Completion(callback) => Some(callback),
            _ => None,
        }
    }
}

/// What stands in the place of a context.
pub(crate) struct Registered {
    recorder: Arc<Recorder>,
    callback: Callback,
    context: AtomicUsize,
    whose: OnceLock<String>,
}

impl Registered {
    pub(crate) fn new(
        recorder: &Arc<Recorder>,
        callback: Callback,
        context: usize,
        whose: &Value,
    ) -> &'static Registered {
        let registered = Registered {
            recorder: recorder.clone(),
            callback,
            context: AtomicUsize::new(context),
            whose: OnceLock::new(),
        };
        registered.belongs_to(whose);
        Box::leak(Box::new(registered))
    }

    /// The handle has its name: from now on it is known whose events these are.
    pub(crate) fn belongs_to(&self, name: &Value) {
        if let Some(name) = name.as_str() {
            self.whose.get_or_init(|| name.to_owned());
        }
    }

    pub(crate) fn pointer(&'static self) -> *const c_void {
        core::ptr::from_ref(self).cast()
    }

    /// The caller's own context.
    pub(crate) fn context(&self) -> usize {
        self.context.load(Ordering::Acquire)
    }

    pub(crate) fn set_context(&self, context: usize) {
        self.context.store(context, Ordering::Release);
    }

    fn whose(&self) -> String {
        self.whose.get().cloned().unwrap_or_else(|| "strange0".to_owned())
    }
}

/// Stands in the place of every completion callback.
pub(crate) unsafe extern "system" fn completed(operation: HCS_OPERATION, context: *const c_void) {
    let callback = guarded(None, || gate::recorder().and_then(|recorder| recorder.completed(operation.addr() as u64)));
    if let Some(callback) = callback {
        // SAFETY: the caller gave the function for exactly this call; operation and context are as they came.
        unsafe { callback(operation, context) }
    }
}

/// Stands in the place of every callback of events.
pub(crate) unsafe extern "system" fn happened(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is one of ours, which lives for ever.
    let Some(registered) = (unsafe { context.cast::<Registered>().as_ref() }) else { return };
    guarded((), || {
        // SAFETY: the service gives a valid event, whose data is NULL or ends with a zero.
        if let Some(event) = unsafe { event.as_ref() } {
            // SAFETY: as above.
            let data = unsafe { text_value(event.EventData) };
            registered.recorder.tells(registered.whose(), Value::from(event.Type as u32), None, data);
        }
    });
    if let Callback::Events(callback) = registered.callback {
        // SAFETY: the caller gave the function for exactly this call, and the context with it.
        unsafe { callback(event, core::ptr::with_exposed_provenance(registered.context())) }
    }
}

/// Stands in the place of every callback of the older interface.
pub(crate) unsafe extern "system" fn notified(kind: u32, context: *const c_void, status: HRESULT, data: PCWSTR) {
    // SAFETY: the context is one of ours, which lives for ever.
    let Some(registered) = (unsafe { context.cast::<Registered>().as_ref() }) else { return };
    guarded((), || {
        // SAFETY: the data is NULL or ends with a zero.
        let told = unsafe { text_value(data) };
        registered.recorder.tells(registered.whose(), Value::from(kind), Some(status as u32), told);
    });
    if let Callback::Notifications(callback) = registered.callback {
        // SAFETY: the caller gave the function for exactly this call, and the context with it.
        unsafe { callback(kind, core::ptr::with_exposed_provenance(registered.context()), status, data) }
    }
}
