//! The double's own exports, by which a program in any language controls its world: see `include/hcs_sim.h`.

#![expect(missing_docs, reason = "the header documents the exports, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as the header demands")]

use core::ffi::{CStr, c_char};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hcs_rules::build::Build;
use hcs_rules::export::NO_WORLD;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy;
use hcs_rules::vocabulary::Call;
use hcs_sim::Entry;
use windows_sys::core::HRESULT;

use crate::abi::{UNEXPECTED, code, guarded};
use crate::gate;
use crate::world::{reset, simulator, tell};

const OK: HRESULT = code(Hresult::S_OK);
const NO: HRESULT = windows_sys::Win32::Foundation::S_FALSE;
const BAD_ARGUMENT: HRESULT = code(Hresult::E_INVALIDARG);

/// Runs the body of an export about the simulated world, if there is one.
fn of_world(body: impl FnOnce() -> HRESULT) -> HRESULT {
    guarded(UNEXPECTED, || if gate::forwards() { code(NO_WORLD) } else { body() })
}

/// The counters, by their numbers.
static COUNTERS: Mutex<(u64, BTreeMap<u64, Arc<Entry>>)> = Mutex::new((0, BTreeMap::new()));

/// Writes down what the world is told, if anybody writes.
fn watched(words: &str) {
    if let Some(recorder) = gate::recorder() {
        recorder.direction(words);
    }
}

/// A text argument. `None` when it is NULL or no UTF-8.
///
/// # Safety
/// `text` is NULL, or points to bytes that can be read up to and with the first zero.
unsafe fn read<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller vouches.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text?.to_str().ok()
}

/// Gives a text, which [`HcsSimFree`] frees.
///
/// # Safety
/// `out` is NULL or can be written.
unsafe fn give(out: *mut *mut c_char, text: String) {
    if !out.is_null() {
        // A text of ours holds a zero only where a caller's own document does.
        let text = CString::new(text.replace('\0', "\\0")).unwrap_or_default();
        // SAFETY: as the caller vouches.
        unsafe { out.write(text.into_raw()) };
    }
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimIsSimulated() -> i32 {
    guarded(1, || (!gate::forwards()).into())
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimBuild() -> u32 {
    guarded(0, || if gate::forwards() { 0 } else { simulator().build().number() })
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimReset(seed: u64, build: u32) -> HRESULT {
    of_world(|| {
        let build = if build == 0 { Some(simulator().build()) } else { Build::from_number(build) };
        let Some(build) = build else { return BAD_ARGUMENT };
        reset(seed, build);
        OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimTell(lines: *const c_char, told: *mut *mut c_char) -> HRESULT {
    of_world(|| {
        // SAFETY: the caller vouches for the text.
        let Some(lines) = (unsafe { read(lines) }) else { return BAD_ARGUMENT };
        let (result, text) = match tell(lines) {
            Ok(shown) => (OK, shown),
            Err(problem) => (BAD_ARGUMENT, problem),
        };
        // SAFETY: the caller vouches for the pointer.
        unsafe { give(told, text) };
        result
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimSettle() -> HRESULT {
    of_world(|| {
        watched("settle");
        simulator().settle();
        OK
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimAdvance(nanoseconds: u64) -> HRESULT {
    of_world(|| {
        watched(&format!("advance {nanoseconds}ns"));
        simulator().advance(Duration::from_nanos(nanoseconds));
        OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimCountEntries(call: *const c_char, counter: *mut u64) -> HRESULT {
    of_world(|| {
        // SAFETY: the caller vouches for the text.
        let name = unsafe { read(call) };
        // The older interface shares names with the newer: see `legacy`.
        let (older, name) = match name.and_then(|name| name.strip_prefix("Vmcompute_")) {
            Some(name) => (true, Some(name)),
            None => (false, name),
        };
        let is = |call: &Call| Some(call.export()) == name && legacy::CALLS.contains(*call) == older;
        let call = Call::ALL.iter().copied().find(is);
        let Some(call) = call.filter(|_| !counter.is_null()) else { return BAD_ARGUMENT };
        let entry = Arc::new(simulator().entries_of(call));
        let mut counters = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner);
        counters.0 += 1;
        let number = counters.0;
        counters.1.insert(number, entry);
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { counter.write(number) };
        OK
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimWaitForEntries(counter: u64, times: u32, timeout_ms: u32) -> HRESULT {
    of_world(|| {
        let entry = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner).1.get(&counter).cloned();
        match entry {
            Some(entry) if entry.wait(times, Duration::from_millis(timeout_ms.into())) => OK,
            Some(_) => NO,
            None => BAD_ARGUMENT,
        }
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimStopCounting(counter: u64) -> HRESULT {
    of_world(|| match COUNTERS.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&counter) {
        Some(_) => OK,
        None => BAD_ARGUMENT,
    })
}

#[unsafe(no_mangle)]
pub extern "system" fn HcsSimRecord() -> HRESULT {
    of_world(|| {
        simulator().keep_transcript();
        OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimTranscript(transcript: *mut *mut c_char) -> HRESULT {
    of_world(|| {
        if transcript.is_null() {
            return BAD_ARGUMENT;
        }
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { give(transcript, simulator().transcript().iter().map(|line| format!("{line}\n")).collect()) };
        OK
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimFinish(report: *mut *mut c_char) -> HRESULT {
    of_world(|| {
        let finished = simulator().finish();
        // SAFETY: the caller vouches for the pointer.
        unsafe { give(report, finished.complaints().iter().map(|line| format!("{line}\n")).collect()) };
        if finished.is_clean() { OK } else { NO }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimFree(text: *mut c_char) {
    guarded((), || {
        if !text.is_null() {
            // SAFETY: the caller vouches that the text is one of ours and was not freed.
            drop(unsafe { CString::from_raw(text) });
        }
    });
}
