//! The double's own exports: the world is told things, asked, and exchanged beneath everybody.

use core::ffi::c_char;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

use hcs_sim_dll::control::*;

use super::{Call, calls};
use crate::player::Player;
use crate::round::SETTING;

/// What the world is told, in the words of stories. Operations that hang are none that a round ends with.
const LINES: &[&str] = &[
    "guest-crash a",
    "guest-off b",
    "guest-reset c",
    "guest-disconnect web",
    "worker-crash d",
    "service stop",
    "service return",
    "service return",
    "service return",
    "fault Start nth=1 delay=50ms",
    "fault Create nth=1 refuse=ERROR_NO_SYSTEM_RESOURCES",
    "fault Pause nth=1 hang",
    "fault Start nth=1 fail=ERROR_NO_SYSTEM_RESOURCES",
    "hold a SystemExited",
    "release",
    "drop b SystemExited",
    "double a SystemExited",
    "process-exit a 1000 3",
    r"file C:\vms\disk.vhdx locked",
    r"file C:\vms\disk.vhdx unlocked",
    r"layer C:\staged\base base Windows\notepad.exe=text",
    r"tree C:\layers",
    "volume C full-at-write 2",
    "quirk StateErrorsFromCall",
    "quirk CrashEventsOverlap",
    "import-torn 1",
    "resources a",
    "digest",
    "nonsense",
    "",
];

/// A counter of entries, of the last that were made.
static COUNTER: AtomicU64 = AtomicU64::new(0);

impl Player {
    /// A text in UTF-8: NULL, or the one given, exactly as long as it is; now and then no UTF-8 at all.
    fn line(&mut self, text: &str) -> *const c_char {
        if self.random.once_in(20) {
            return null_mut();
        }
        let mut bytes: Vec<u8> = text.bytes().chain([0]).collect();
        if self.random.once_in(30) && bytes.len() > 1 {
            bytes[0] = 0xFF;
        }
        let place = self.buffer::<u8>(bytes.len());
        // SAFETY: there is room for so many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        place.cast()
    }

    fn told(&mut self) -> *mut *mut c_char {
        self.value_or_null(null_mut())
    }

    fn tell(&mut self) -> i32 {
        let line = *self.random.one_of(LINES);
        let (line, told) = (self.line(line), self.told());
        // SAFETY: the text ends with a zero, and what is told is freed once.
        unsafe {
            let code = HcsSimTell(line, told);
            free(told);
            code
        }
    }

    fn count_entries(&mut self) -> i32 {
        let name = *self.random.one_of(&["HcsStartComputeSystem", "Vmcompute_HcsCreateProcess", "HcsNothing"]);
        let (name, counter) = (self.line(name), self.value_or_null(0));
        // SAFETY: the text ends with a zero; the pointer is NULL or can be read.
        unsafe {
            let code = HcsSimCountEntries(name, counter);
            if code == 0 {
                // The one before is not counted any more.
                HcsSimStopCounting(COUNTER.swap(*counter, Ordering::Relaxed));
            }
            code
        }
    }

    fn report(&mut self) -> i32 {
        let told = self.told();
        // SAFETY: what is told is freed once.
        unsafe {
            let code = HcsSimFinish(told);
            free(told);
            code
        }
    }

    /// Begins another world beneath everybody, now and then: what the others hold is then of the one before.
    fn reset(&mut self) -> i32 {
        let build = *self.random.one_of(&[0, 17_763, 20_348, 26_100, 12_345]);
        if !self.random.once_in(20) {
            return 0;
        }
        let code = HcsSimReset(self.random.bits(), build);
        _ = hcs_sim_dll::tell(SETTING);
        code
    }

    fn transcript(&mut self) -> i32 {
        let told = self.told();
        // SAFETY: what is told is freed once.
        unsafe {
            let code = HcsSimTranscript(told);
            free(told);
            code
        }
    }
}

/// # Safety
/// The pointer is NULL, or to NULL, or to a text that was not freed.
unsafe fn free(told: *mut *mut c_char) {
    if !told.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { HcsSimFree(*told) };
    }
}

calls! {
    p;
    1 HcsSimIsSimulated = HcsSimIsSimulated();
    1 HcsSimBuild = HcsSimBuild();
    4 HcsSimTell = p.tell();
    1 HcsSimCountEntries = p.count_entries();
    1 HcsSimWaitForEntries = HcsSimWaitForEntries(COUNTER.load(Ordering::Relaxed), p.random.below(3) as u32, p.time());
    1 HcsSimStopCounting = HcsSimStopCounting(p.random.below(20) as u64);
    1 HcsSimTranscript = p.transcript();
    1 HcsSimRecord = HcsSimRecord();
    1 HcsSimFree(null_mut());
    1 HcsSimSettle = HcsSimSettle();
    1 HcsSimAdvance = HcsSimAdvance(p.random.below(1 << 30) as u64);
    1 HcsSimFinish = p.report();
    1 HcsSimReset = p.reset();
}
