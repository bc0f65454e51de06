//! Cases from the rows of the older interface: how each call of `vmcompute.dll` ends, with which notification, and what its layer
//! functions make of a folder.

mod ends;
mod folder;

use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::LayerRow;
use hcs_rules::legacy::layer::{self, FolderRow, FolderState};
use hcs_rules::legacy::{self, Admission, CLOSING, ENTRANCES, EndRow, ON_FILES, ON_PROCESS, ON_SYSTEM, UNREGISTERING};
use hcs_rules::vocabulary::{Call, Calls};

use crate::report::{Report, Run, Verdict};
use crate::target::{Capabilities, Target};

/// The calls whose ends are looked at. Those on layers end as their folders say.
const ENDING: Calls = ENTRANCES.or(ON_SYSTEM).or(ON_PROCESS).or(CLOSING).or(UNREGISTERING).or(ON_FILES);

/// What a case is about.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// How a call ends.
    End(&'a EndRow, Admission),
    /// What a layer function finds.
    Folder(&'a FolderRow, FolderState),
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The row, and what is found.
    pub about: About<'a>,
    /// The call.
    pub call: Call,
}

impl Case<'_> {
    /// `row/call/admission` or `row/call/state`
    pub fn name(&self) -> String {
        let (row, found) = match self.about {
            About::End(row, admission) => (row.id, admission.name()),
            About::Folder(row, state) => (row.id, state.name()),
        };
        format!("{row}/vmcompute!{}/{found}", self.call.export())
    }
}

/// What is believed of the older interface.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// How calls end.
    pub ends: &'a [EndRow],
    /// What layer functions make of folders.
    pub folders: &'a [FolderRow],
}

/// The rows as they are.
pub const ROWS: Rows<'static> = Rows { ends: legacy::ENDS, folders: layer::ROWS };

/// Every case; those that cannot be made are among them, and say so.
pub fn derive(rows: Rows<'_>, build: Build) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for call in ENDING.iter() {
        for admission in Admission::ALL.iter().copied() {
            let row = rows.ends.iter().find(|row| row.calls.contains(call) && row.when.contains(admission));
            cases.extend(row.map(|row| Case { about: About::End(row, admission), call }));
        }
    }
    for call in layer::ON_LAYERS.iter() {
        for state in FolderState::ALL.iter().copied() {
            let is =
                |row: &&FolderRow| row.calls.contains(call) && row.states.contains(state) && row.builds.contains(build);
            let row = rows.folders.iter().find(is);
            cases.extend(row.map(|row| Case { about: About::Folder(row, state), call }));
        }
    }
    cases
}

/// Runs the cases whose names `wanted` takes.
pub fn run_all(rows: Rows<'_>, target: &dyn Target, wanted: impl Fn(&str) -> bool) -> Report {
    let mut report = Report { target: target.name(), build: target.build().number(), runs: Vec::new() };
    for case in derive(rows, target.build()) {
        let name = case.name();
        if wanted(&name) {
            report.runs.push(Run { name, verdict: try_case(&case, target) });
        }
    }
    report
}

/// Runs one case in a session of its own.
fn try_case(case: &Case<'_>, target: &dyn Target) -> Verdict {
    if let Some(reason) = unable(case, target.capabilities()) {
        return Verdict::Skipped(reason.to_owned());
    }
    let (session, build) = (target.session(), target.build());
    let result = match case.about {
        About::End(row, admission) => ends::check(session.as_ref(), build, row, case.call, admission),
        About::Folder(row, state) => folder::check(session.as_ref(), build, row, case.call, state),
    };
    match result {
        Ok(()) => Verdict::Passed,
        Err(problem) => Verdict::Failed(problem),
    }
}

/// Why a target cannot run a case, if that is so.
fn unable(case: &Case<'_>, capabilities: Capabilities) -> Option<&'static str> {
    match case.about {
        About::End(_, Admission::Accepted) if case.call == Call::LegacyModifyServiceSettings => {
            Some("no setting of a host is changed")
        }
        About::End(..) if ON_FILES.contains(case.call) && !capabilities.files => {
            Some("it needs an administrator and a folder of the host that it may fill")
        }
        About::Folder(..) if !capabilities.files || !capabilities.layers => {
            Some("it needs an administrator, a folder of the host that it may fill, and a base layer in transport form")
        }
        _ => None,
    }
}

/// The code of a row of layers, to which a function of the older interface leaves something.
fn layer_code(row: Option<&LayerRow>) -> Hresult {
    row.map_or(Hresult::S_OK, |row| row.code)
}
