//! What a world tells when it ends: misuse, what was not modelled, leaks, faults that never fired.

use std::fmt;
use std::panic::Location;

use hcs_machine::effect::Finding;
use hcs_rules::export::EXPORTS;

/// A handle that was never closed.
#[derive(Clone, Debug)]
pub struct Leak {
    /// `operation`, `compute system`, `process` or `stream`, with the system's id.
    pub what: String,
    /// The client's name.
    pub client: String,
    /// Where it was made.
    pub place: &'static Location<'static>,
}

impl fmt::Display for Leak {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {} was never closed; made at {}", self.what, self.client, self.place)
    }
}

/// How a world ended.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Calls that would have faulted or corrupted the real DLL, each a sentence.
    pub would_fault: Vec<String>,
    /// Calls that the double does not model, each a sentence.
    pub not_modelled: Vec<String>,
    /// Handles that live clients never closed.
    pub leaks: Vec<Leak>,
    /// Faults that never fired, each with how near it came.
    pub unfired: Vec<String>,
    /// Callbacks that panicked, waits that nothing could end, notifications still held.
    pub troubles: Vec<String>,
    /// The digest of everything that happened.
    pub digest: String,
}

impl Report {
    /// Whether there is nothing to complain about.
    pub fn is_clean(&self) -> bool {
        self.complaints().is_empty()
    }

    /// Every complaint, a sentence each.
    pub fn complaints(&self) -> Vec<String> {
        let mut all = Vec::new();
        all.extend(self.would_fault.iter().map(|text| format!("would fault: {text}")));
        all.extend(self.not_modelled.iter().map(|text| format!("not modelled: {text}")));
        all.extend(self.leaks.iter().map(|leak| format!("leak: {leak}")));
        all.extend(self.unfired.iter().map(|text| format!("unfired: {text}")));
        all.extend(self.troubles.iter().map(|text| format!("trouble: {text}")));
        all
    }

    /// Fails the test if there is anything to complain about.
    ///
    /// # Panics
    /// When the report is not clean, with every complaint.
    #[track_caller]
    pub fn assert_clean(&self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "the world did not end clean:\n  {}", complaints.join("\n  "));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complaints = self.complaints();
        if complaints.is_empty() {
            return write!(out, "clean");
        }
        write!(out, "{}", complaints.join("\n"))
    }
}

/// A finding as a sentence; `name` gives a client's name.
pub(crate) fn sentence(finding: &Finding, name: impl Fn(u32) -> String) -> String {
    match finding {
        Finding::BadHandle(client, call, handle, fault) => {
            format!("{} by {} with a {fault:?} handle {:#x}", call.export(), name(client.0), handle.0)
        }
        Finding::BadArgument(client, call, fault) => format!("{} by {} with {fault:?}", call.export(), name(client.0)),
        Finding::ClosedWhileWaiting(client, call, handle) => {
            format!("{} by {} on {:#x} while another thread waits on it", call.export(), name(client.0), handle.0)
        }
        Finding::UnmodelledCall(client, export) => {
            let export = EXPORTS.get(usize::from(*export)).map_or("an unknown export", |export| export.name);
            format!("{export} by {}", name(client.0))
        }
        Finding::UnmodelledCase(client, row) => format!("{row}, asked for by {}", name(client.0)),
        Finding::UnmodelledProgram(process, what) => format!("process {process} of a guest: {what}"),
        Finding::Exception(client, call, code) => {
            format!("{} by {} raised an exception: {code} (0x{:08X})", call.export(), name(client.0), code.0)
        }
        Finding::NotExported(client, call) => {
            format!("{} by {}: this build does not export it", call.export(), name(client.0))
        }
    }
}
