//! Events, on which programs wait.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, ERROR_INVALID_HANDLE, ERROR_INVALID_NAME, HANDLE, WAIT_EVENT, WAIT_FAILED, WAIT_OBJECT_0,
    WAIT_TIMEOUT,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::{BOOL, PCWSTR};

use super::{LAST_ERROR, Object, event, failed, new_handle};
use crate::text::Argument;

/// One event.
pub(crate) struct Event {
    /// Whether it stays set until it is reset; else it lets one waiter through.
    manual: bool,
    set: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    pub(super) fn set(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(super) fn reset(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }

    /// Waits until it is set. Answers whether it was, in time.
    fn wait(&self, timeout_ms: u32) -> bool {
        let until = (timeout_ms != INFINITE).then(|| Instant::now() + Duration::from_millis(timeout_ms.into()));
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        while !*set {
            set = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return false,
                Some(left) => self.changed.wait_timeout(set, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(set).unwrap_or_else(PoisonError::into_inner),
            };
        }
        *set = self.manual;
        true
    }
}

/// The events that have a name, as long as a handle of them is open.
static NAMED: Mutex<Vec<(String, Weak<Event>)>> = Mutex::new(Vec::new());

/// `CreateEventW`: a name is one of this process.
///
/// # Safety
/// `name` is NULL or a string that ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CreateEventW(
    _attributes: *const SECURITY_ATTRIBUTES,
    manual_reset: BOOL,
    initial_state: BOOL,
    name: PCWSTR,
) -> HANDLE {
    let make =
        || Arc::new(Event { manual: manual_reset != 0, set: Mutex::new(initial_state != 0), changed: Condvar::new() });
    LAST_ERROR.set(0);
    // SAFETY: the caller vouches for the string.
    let name = match unsafe { Argument::read(name) } {
        Argument::Null => return new_handle(Object::Event(make())),
        Argument::Malformed => {
            failed(ERROR_INVALID_NAME);
            return core::ptr::null_mut();
        }
        Argument::Some(name) => name,
    };
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.retain(|(_, event)| event.strong_count() > 0);
    if let Some(there) = named.iter().find(|(of, _)| *of == name).and_then(|(_, event)| event.upgrade()) {
        failed(ERROR_ALREADY_EXISTS);
        return new_handle(Object::Event(there));
    }
    let made = make();
    named.push((name, Arc::downgrade(&made)));
    new_handle(Object::Event(made))
}

/// `SetEvent`
#[unsafe(no_mangle)]
pub extern "system" fn SetEvent(handle: HANDLE) -> BOOL {
    match event(handle) {
        Some(event) => {
            event.set();
            1
        }
        None => failed(ERROR_INVALID_HANDLE),
    }
}

/// `ResetEvent`
#[unsafe(no_mangle)]
pub extern "system" fn ResetEvent(handle: HANDLE) -> BOOL {
    match event(handle) {
        Some(event) => {
            event.reset();
            1
        }
        None => failed(ERROR_INVALID_HANDLE),
    }
}

/// `WaitForSingleObject`: for events. A stream is no object to wait for here.
#[unsafe(no_mangle)]
pub extern "system" fn WaitForSingleObject(handle: HANDLE, timeout_ms: u32) -> WAIT_EVENT {
    match event(handle) {
        Some(event) if event.wait(timeout_ms) => WAIT_OBJECT_0,
        Some(_) => WAIT_TIMEOUT,
        None => {
            failed(ERROR_INVALID_HANDLE);
            WAIT_FAILED
        }
    }
}
