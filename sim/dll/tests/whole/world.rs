//! The client's world from outside: what it is to hold beforehand, and what it has seen.

use core::ffi::{CStr, c_char};
use std::ffi::CString;
use std::fmt::Write as _;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

/// How long the test waits for what must come.
const SOON: Duration = Duration::from_secs(20);

// The double's own exports: see `include/hcs_sim.h`.
#[cfg_attr(windows, link(name = "computecore", kind = "raw-dylib"))]
unsafe extern "system" {
    fn HcsSimTell(lines: *const c_char, told: *mut *mut c_char) -> i32;
    fn HcsSimAdvance(nanoseconds: u64) -> i32;
    fn HcsSimRecord() -> i32;
    fn HcsSimTranscript(transcript: *mut *mut c_char) -> i32;
    fn HcsSimFinish(report: *mut *mut c_char) -> i32;
    fn HcsSimFree(text: *mut c_char);
}

/// A text that the world has given.
fn taken(text: *mut c_char) -> String {
    // SAFETY: the text ends with a zero, and is freed once.
    unsafe {
        let copy = CStr::from_ptr(text).to_str().expect("UTF-8").to_owned();
        HcsSimFree(text);
        copy
    }
}

/// Tells the world what to do: what stands on the host's volumes is not the client's business.
pub(crate) fn tell(lines: &str) {
    let lines = CString::new(lines).expect("no zero");
    // SAFETY: the text ends with a zero.
    assert_eq!(unsafe { HcsSimTell(lines.as_ptr(), null_mut()) }, 0, "{lines:?}");
}

/// Lets a minute of the world's time pass.
pub(crate) fn rest() {
    // SAFETY: it takes a number.
    assert_eq!(unsafe { HcsSimAdvance(60_000_000_000) }, 0);
}

/// What the world sees, chapter by chapter.
pub(crate) struct Account {
    page: String,
    /// The lines of the transcript that stand on the page.
    lines: usize,
}

impl Account {
    /// Begins one.
    pub(crate) fn begin() -> Account {
        // SAFETY: it takes nothing.
        assert_eq!(unsafe { HcsSimRecord() }, 0);
        Account { page: String::new(), lines: 0 }
    }

    /// A chapter: its title, and what the world sees while these run.
    pub(crate) fn chapter(&mut self, title: &str, parts: &[fn()]) {
        parts.iter().for_each(|part| part());
        let mut lines = null_mut();
        // SAFETY: the pointer is to a local.
        assert_eq!(unsafe { HcsSimTranscript(&raw mut lines) }, 0);
        let lines = taken(lines);
        _ = writeln!(self.page, "# {title}\n{}", steady(lines.lines().skip(self.lines)));
        self.lines = lines.lines().count();
    }

    /// The whole page, and at its end what was wrong.
    pub(crate) fn end(self) -> String {
        self.page + &report().unwrap_or_else(|| "# Nothing was wrong".to_owned())
    }
}

/// What is wrong, and stays so: that a stream's end is closed is noticed a moment later.
fn report() -> Option<String> {
    let limit = Instant::now() + SOON;
    loop {
        let mut report = null_mut();
        // SAFETY: the pointer is to a local.
        unsafe { HcsSimFinish(&raw mut report) };
        let report = taken(report);
        if report.is_empty() || Instant::now() > limit {
            return Some(report).filter(|report| !report.is_empty());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lines of a transcript without what depends on the speed of threads: the time and the ids that follow from it, how a stream's
/// bytes were cut into reads and writes, which handles of streams are free again. A call that waited stands where it returned.
fn steady<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let (mut page, mut call) = (String::new(), None);
    for line in lines {
        let (_, line) = line.trim_start().split_once(' ').expect("a line begins with the time");
        let line = without_ids(line);
        if let Some(answer) = line.strip_prefix("  wakes: ") {
            // A read of a stream wakes with bytes, a call with a code.
            if answer.starts_with(|letter: char| letter.is_ascii_uppercase()) {
                call = call.map(|call: String| call.replace("-> waits", &format!("-> {}", without_streams(answer))));
            }
        } else if line.starts_with("  ") {
            // What comes of a call that has returned stands below it, what comes while it waits above.
            if call.as_ref().is_some_and(|call| !call.ends_with("-> waits")) {
                returned(&mut page, call.take());
            }
            _ = writeln!(page, "{line}");
        } else if !["reads", "writes", "closes"].iter().any(|verb| line.starts_with(&format!("process: {verb} "))) {
            returned(&mut page, call.replace(without_streams(&line)));
        }
    }
    returned(&mut page, call);
    page
}

/// A line without the ids of volumes: a new one's follows from the moment in which it was made.
fn without_ids(line: &str) -> String {
    let mut parts = line.split("Volume{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| format!("{line}Volume{{id{}", part.trim_start_matches(|one| one != '}')))
}

/// A line with the number of streams that a process has, in place of their handles.
fn without_streams(line: &str) -> String {
    match line.split_once(" with stream ") {
        Some((process, streams)) => format!("{process} with streams: {}", streams.split(", ").count()),
        None => line.to_owned(),
    }
}

/// Writes down what has returned.
fn returned(page: &mut String, call: Option<String>) {
    if let Some(call) = call {
        _ = writeln!(page, "{call}");
    }
}
