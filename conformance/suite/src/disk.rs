//! Cases from the rows of disks: for every call on a virtual disk and everything that can stand in its way, a disk is made in
//! whose way it stands, the call is made, and its code is held against the row.

mod fault;
mod path;

use hcs_rules::build::Build;
use hcs_rules::disk::{self, DiskFault, DiskRow, PathRow};
use hcs_rules::export;
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use crate::expect::expect;
use crate::layer::place::Place;
use crate::report::{Report, Run, Verdict};
use crate::target::Target;

/// What stands in a call's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Something about the disk.
    Disk(DiskFault),
    /// Something about its path.
    Path(FileFault),
}

impl Obstacle {
    fn name(self) -> &'static str {
        match self {
            Obstacle::Disk(fault) => fault.name(),
            Obstacle::Path(fault) => fault.name(),
        }
    }
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The row that says what is to be expected.
    pub row: &'static str,
    /// What it says.
    pub refuses: Hresult,
    /// The call.
    pub call: Call,
    /// What stands in its way.
    pub obstacle: Obstacle,
}

impl Case {
    /// `row/call/obstacle`
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.row, self.call.export(), self.obstacle.name())
    }
}

/// Every case; those that cannot be made are among them, and say so.
pub fn derive(rows: &[DiskRow], paths: &[PathRow]) -> Vec<Case> {
    let mut cases = Vec::new();
    for call in Call::ALL.iter().copied() {
        for fault in disk::faults(call).iter() {
            let row = rows.iter().find(|row| row.calls.contains(call) && row.faults.contains(fault));
            cases.extend(row.map(|row| Case {
                row: row.id,
                refuses: row.refuses,
                call,
                obstacle: Obstacle::Disk(fault),
            }));
        }
        for fault in FileFault::ALL.iter().copied().filter(|fault| disk::path_rule(call, *fault).is_some()) {
            let row = paths.iter().find(|row| row.calls.contains(call) && row.faults.contains(fault));
            cases.extend(row.map(|row| Case {
                row: row.id,
                refuses: row.refuses,
                call,
                obstacle: Obstacle::Path(fault),
            }));
        }
    }
    cases
}

/// Runs the cases whose names `wanted` takes.
pub fn run_all(rows: &[DiskRow], paths: &[PathRow], target: &dyn Target, wanted: impl Fn(&str) -> bool) -> Report {
    let mut report = Report { target: target.name(), build: target.build().number(), runs: Vec::new() };
    for case in derive(rows, paths) {
        let name = case.name();
        if wanted(&name) {
            report.runs.push(Run { name, verdict: try_case(&case, target) });
        }
    }
    report
}

/// Runs one case in a session of its own.
fn try_case(case: &Case, target: &dyn Target) -> Verdict {
    let (capabilities, build) = (target.capabilities(), target.build());
    let reason = unable(case, build).or_else(|| {
        let of_the_world = match case.obstacle {
            Obstacle::Disk(fault) => fault::is_of_the_world(case.call, fault),
            Obstacle::Path(fault) => path::is_of_the_world(fault),
        };
        match case.obstacle {
            _ if !capabilities.files => Some("it needs an administrator and a folder of the host that it may fill"),
            _ if of_the_world && !capabilities.world_events => Some("the target's world cannot be acted on"),
            Obstacle::Disk(_) if case.call == Call::SetupBaseOSLayer && !capabilities.layers => {
                Some("it needs a base layer in transport form")
            }
            _ => None,
        }
    });
    if let Some(reason) = reason {
        return Verdict::Skipped(reason.to_owned());
    }
    let session = target.session();
    let mut place = Place::new(session.as_ref(), build);
    let result = match case.obstacle {
        Obstacle::Disk(fault) => fault::refused(&mut place, case.call, fault),
        Obstacle::Path(fault) => path::refused(&mut place, case.call, fault),
    };
    place.strike();
    match result.and_then(|code| expect("the code", case.refuses, code)) {
        Ok(()) => Verdict::Passed,
        Err(problem) => Verdict::Failed(problem),
    }
}

/// Why a case cannot be made on any target, if that is so.
fn unable(case: &Case, build: Build) -> Option<&'static str> {
    if !export::has(build, case.call) {
        return Some("the build does not export the call");
    }
    match case.obstacle {
        Obstacle::Disk(fault) => fault::unable(case.call, fault, build),
        Obstacle::Path(_) => None,
    }
}
