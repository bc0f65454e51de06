//! Cases from the rows of layers: for every call of `computestorage.dll` on a path, state and case, such a place is made, the
//! call is made, and its code, the state afterwards and what it has written are held against the row.

mod check;
pub(crate) mod place;
mod request;

use hcs_rules::build::Build;
use hcs_rules::export;
use hcs_rules::layer::{self, LayerCase, LayerRow, LayerState, ON_LAYERS};
use hcs_rules::vocabulary::Call;

use crate::report::{Report, Run, Verdict};
use crate::target::{Capabilities, Target};
use place::Place;

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The row that says what is to be expected.
    pub row: &'a LayerRow,
    /// The call.
    pub call: Call,
    /// What it finds.
    pub state: LayerState,
    /// What makes a difference beside.
    pub case: LayerCase,
}

impl Case<'_> {
    /// `row/call/state/case`
    pub fn name(&self) -> String {
        format!("{}/{}/{}/{}", self.row.id, self.call.export(), self.state.name(), self.case.name())
    }
}

/// The row of a cell, with the expectations of `rows`.
fn find(rows: &[LayerRow], call: Call, state: LayerState, case: LayerCase, build: Build) -> Option<&LayerRow> {
    rows.iter().find(|row| {
        row.calls.contains(call)
            && row.states.contains(state)
            && row.cases.contains(case)
            && row.builds.contains(build)
            && layer::states(call).contains(state)
            && layer::cases(call).contains(case)
    })
}

/// Every case; those of which no place can be made are among them, and say so.
pub fn derive(rows: &[LayerRow], build: Build) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for call in ON_LAYERS.iter() {
        for state in layer::states(call).iter() {
            for case in layer::cases(call).iter() {
                if let Some(row) = find(rows, call, state, case, build) {
                    cases.push(Case { row, call, state, case });
                }
            }
        }
    }
    cases
}

/// Runs the cases whose names `wanted` takes.
pub fn run_all(rows: &[LayerRow], target: &dyn Target, wanted: impl Fn(&str) -> bool) -> Report {
    let build = target.build();
    let mut report = Report { target: target.name(), build: build.number(), runs: Vec::new() };
    for case in derive(rows, build) {
        let name = case.name();
        if wanted(&name) {
            let verdict = try_case(&case, rows, target);
            report.runs.push(Run { name, verdict });
        }
    }
    report
}

/// Runs one case in a session of its own.
fn try_case(case: &Case<'_>, rows: &[LayerRow], target: &dyn Target) -> Verdict {
    let (capabilities, build) = (target.capabilities(), target.build());
    if let Some(reason) = unable(case, capabilities, build) {
        return Verdict::Skipped(reason.to_owned());
    }
    let session = target.session();
    let mut place = Place::new(session.as_ref(), build);
    let result = request::make(&mut place, case).and_then(|call| match call {
        Some(call) => {
            let code = call();
            check::check(&place, case, rows, code)?;
            Ok(true)
        }
        None => Ok(false),
    });
    place.strike();
    match result {
        Ok(true) => Verdict::Passed,
        Ok(false) => Verdict::Skipped("the build has no such trouble".to_owned()),
        Err(problem) => Verdict::Failed(problem),
    }
}

/// Why a target cannot run a case, or why there is no such place, if that is so.
fn unable(case: &Case<'_>, capabilities: Capabilities, build: Build) -> Option<&'static str> {
    use LayerCase as C;
    use LayerState as S;
    let Case { call, state, case, .. } = *case;
    if !export::has(build, call) {
        return Some("the build does not export the call");
    }
    if !capabilities.files {
        return Some("it needs an administrator and a folder of the host that it may fill");
    }
    let is_volume =
        matches!(state, S::Raw | S::Plain | S::Formatted | S::Initialized | S::Filtered | S::Overlaid | S::InUse);
    let is_folder = !is_volume && !matches!(state, S::Absent | S::File);
    let no_such_place = match (call, case) {
        (Call::DestroyLayer, C::Relative) if state != S::Absent => Some("a relative path leads to one place alone"),
        (Call::DestroyLayer, C::HoldsAttached | C::ParentOfMounted) if !is_folder || state == S::Empty => {
            Some("nothing is in such a place")
        }
        (Call::SetupBaseOSLayer, C::HasHives) => {
            (!matches!(state, S::Base | S::Imported)).then_some("such a place has no hives")
        }
        (Call::SetupBaseOSLayer, C::NoFiles | C::NoMachine) => {
            matches!(state, S::Partial | S::Imported | S::Base).then_some("such a place has files")
        }
        (Call::SetupBaseOSLayer, C::NoHives | C::HiveInUse | C::EmptyHive | C::Other | C::Usual) => {
            (state != S::Partial).then_some("such a place has hives already, or no files")
        }
        (Call::AttachLayerStorageFilter | Call::AttachOverlayFilter, C::NoDevice) => {
            (is_volume && !matches!(state, S::Raw | S::Plain)).then_some("such a volume is on a disk")
        }
        (Call::AttachLayerStorageFilter | Call::AttachOverlayFilter, C::Collision | C::Usual) if !is_volume => {
            Some("what is no volume is on no disk")
        }
        (Call::AttachLayerStorageFilter | Call::AttachOverlayFilter, C::Collision | C::Usual) => {
            (state == S::Raw).then_some("a disk that is not formatted has no volume")
        }
        (Call::DetachLayerStorageFilter, C::Busy) => {
            (state != S::Filtered).then_some("no filter is there that could be busy")
        }
        (Call::DetachOverlayFilter, C::OtherFilter) => {
            (!matches!(state, S::Filtered | S::Overlaid | S::InUse)).then_some("no filter is there")
        }
        _ => None,
    };
    if no_such_place.is_some() {
        return no_such_place;
    }
    if state == S::Overlaid && !export::has(build, Call::AttachOverlayFilter) {
        return Some("the build has no overlay filter");
    }
    let of_the_world = matches!(state, S::Raw | S::Plain)
        || matches!(case, C::Torn | C::HiveInUse | C::Collision | C::Busy | C::Kept | C::NoDevice);
    if of_the_world && !capabilities.world_events {
        return Some("the target's world cannot be acted on");
    }
    if case == C::ParentOfMounted && !capabilities.world_events {
        return Some("the caller would die of it");
    }
    if place::needs_layer(call, state, case) && !capabilities.layers {
        return Some("it needs a base layer in transport form");
    }
    None
}
