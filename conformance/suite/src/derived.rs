//! Cases from rows: for every kind, state and facet that a row covers and a route reaches, the trigger is pulled and the
//! answer held against the row.

use hcs_rules::build::Build;
use hcs_rules::export;
use hcs_rules::rule::{Answer, Row};
use hcs_rules::vocabulary::{Call, Facet, Kind, SystemState, Trigger};

use crate::input::{Before, Input, before, input};
use crate::pull::Pull;
use crate::report::{Report, Run, Verdict};
use crate::route::{ID, Scene, Step, TO_RUNNING, find, routes, routes_through_running};
use crate::target::Target;

/// One case.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The row that says what is to be expected.
    pub row: &'a Row,
    /// The kind.
    pub kind: Kind,
    /// The state in which the trigger comes.
    pub state: SystemState,
    /// The facet.
    pub facet: Facet,
    /// How to get there.
    pub route: Vec<Step>,
}

impl Case<'_> {
    /// `row/kind/state/facet`
    pub fn name(&self) -> String {
        format!("{}/{}/{}/{}", self.row.id, self.kind.name(), self.state.name(), self.facet.name())
    }
}

/// Every case that routes through `ways` reach, with the expectations of `rows`. The two differ only where a test wants a
/// wrong belief to be noticed.
pub fn derive<'a>(rows: &'a [Row], ways: &[Row], build: Build) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        let through_running = routes_through_running(ways, *kind, build);
        for (state, route) in routes(ways, *kind, build) {
            for trigger in Trigger::ALL {
                for facet in trigger.facets().iter() {
                    if let Some(row) = find(rows, *trigger, facet, *kind, state, build) {
                        let peopled = before(*trigger, facet).needs_process();
                        let route = through_running.get(&state).filter(|_| peopled).unwrap_or(&route).clone();
                        cases.push(Case { row, kind: *kind, state, facet, route });
                    }
                }
            }
        }
    }
    cases
}

/// Runs the cases whose names `wanted` takes.
pub fn run_all(rows: &[Row], ways: &[Row], target: &dyn Target, wanted: impl Fn(&str) -> bool) -> Report {
    let build = target.build();
    let mut report = Report { target: target.name(), build: build.number(), runs: Vec::new() };
    for case in derive(rows, ways, build) {
        let name = case.name();
        if wanted(&name) {
            let verdict = try_case(&case, rows, target);
            report.runs.push(Run { name, verdict });
        }
    }
    report
}

/// Runs one case in a session of its own.
fn try_case(case: &Case<'_>, rows: &[Row], target: &dyn Target) -> Verdict {
    let build = target.build();
    let Some(input) = input(case.row.on, case.facet, case.kind, build) else {
        return Verdict::Skipped("no system of this kind shows the facet on this build".to_owned());
    };
    if let Some(reason) = unable(case, rows, &input, target) {
        return Verdict::Skipped(reason.to_owned());
    }
    let session = target.session();
    let scene = match Scene::set(session.as_ref(), ID, &case.route, case.kind, &input, build) {
        Ok(scene) => scene,
        Err(problem) => return Verdict::Failed(format!("the situation could not be made: {problem}")),
    };
    let hang = target.capabilities().hang;
    let pull = Pull { case, rows, session: session.as_ref(), scene: &scene, input: &input, build, hang };
    let result = pull.pull();
    scene.strike(session.as_ref());
    match result {
        Ok(()) => Verdict::Passed,
        Err(problem) => Verdict::Failed(problem),
    }
}

/// Why a target cannot run a case, or why the case would say nothing, if that is so.
fn unable(case: &Case<'_>, rows: &[Row], input: &Input, target: &dyn Target) -> Option<&'static str> {
    let capabilities = target.capabilities();
    let begins = case.route.iter().any(|step| matches!(step, Step::Begin(_)));
    let admits = |on: Trigger, facet: Facet| {
        let row = find(rows, on, facet, case.kind, case.state, target.build());
        row.is_some_and(|row| row.answer == Answer::Accepted)
    };
    if (begins || input.before == Before::GuestStaysDown) && !capabilities.hang {
        return Some("the target cannot stay in a state of passage");
    }
    let world = case.route.contains(&Step::PowerOff) || input.before == Before::ConnectionLost;
    if (world || is_of_the_world(case.row.on)) && !capabilities.world_events {
        return Some("the target's world cannot be acted on");
    }
    let absent = |call: Call| !export::has(target.build(), call);
    if case.row.on.admits().or(case.row.on.completes()).is_some_and(absent) {
        return Some("the build does not export the call");
    }
    if input.before.needs_process() {
        if case.kind == Kind::VirtualMachine {
            return Some("no process is made in a machine without a guest connection");
        }
        if !case.route.starts_with(TO_RUNNING) {
            return Some("no process is made before a start");
        }
    }
    let shadowed = case.state == SystemState::Refused;
    match case.row.on {
        Trigger::CreateProcessDone if case.route != TO_RUNNING && !capabilities.hang => {
            Some("the target cannot have an operation outlive a state")
        }
        Trigger::OpenProcess if case.facet == Facet::LiveProcess && case.state == SystemState::Exited => {
            Some("no process outlives its system")
        }
        Trigger::SetCallback if case.facet == Facet::SecondCallback && shadowed => {
            Some("no handle in this state takes a first callback")
        }
        on if shadowed && is_of_the_world(on) && on != Trigger::ServiceStop => {
            Some("the world names systems by id, and the id is another's")
        }
        Trigger::ServiceStop if shadowed => Some("no handle in this state hears anything"),
        Trigger::GetPropertiesDone if !admits(Trigger::GetProperties, Facet::BasicQuery) => {
            Some("no query is admitted in this state")
        }
        Trigger::ModifyDone if !admits(Trigger::Modify, Facet::ValidDocument) => {
            Some("no change is admitted in this state")
        }
        Trigger::Modify
            if !capabilities.hang && case.row.answer == Answer::Accepted && case.state == SystemState::Created =>
        {
            Some("the admission shows only while the operation is in flight")
        }
        Trigger::CrashDone if !admits(Trigger::Crash, Facet::ValidOptions) => {
            Some("no crash is admitted in this state")
        }
        Trigger::Save
            if case.facet == Facet::UnsavableDevice
                && matches!(case.state, SystemState::Saving | SystemState::Template) =>
        {
            Some("a machine with such a device is never saved")
        }
        Trigger::GuestStops if case.state != SystemState::Stopping => Some("no guest stops unless it is asked to"),
        Trigger::GuestStops if case.kind == Kind::VirtualMachine && target.build().schema() < (2, 5) => {
            Some("no shutdown is admitted on this build")
        }
        Trigger::OriginGone if case.state == SystemState::Creating => {
            Some("a creation finds its host gone when it completes")
        }
        _ => None,
    }
}

/// Whether the world pulls a trigger.
pub fn is_of_the_world(on: Trigger) -> bool {
    matches!(
        on,
        Trigger::GuestCrash
            | Trigger::GuestPowerOff
            | Trigger::GuestReset
            | Trigger::GuestDisconnect
            | Trigger::RdpModeChange
            | Trigger::WorkerCrash
            | Trigger::ServiceStop
    )
}
