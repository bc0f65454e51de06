//! Cases from the rows of processes: for every kind, state and facet, the trigger is pulled on a process in that state, and
//! the answer, the state afterwards and the events are held against the row.

mod check;
pub mod input;
mod pull;
pub mod route;

use hcs_rules::build::Build;
use hcs_rules::export;
use hcs_rules::process::{ProcessFacet, ProcessRow, ProcessState, ProcessTrigger};
use hcs_rules::rule::Answer;
use hcs_rules::system;
use hcs_rules::vocabulary::{Call, Facet, Kind, SystemState, Trigger};

use crate::process::pull::Pull;
use crate::process::route::{Situation, Step, can_pause, find, machine, routes};
use crate::report::{Report, Run, Verdict};
use crate::target::Target;

/// One case.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The row that says what is to be expected.
    pub row: &'a ProcessRow,
    /// The kind of the system around the process.
    pub kind: Kind,
    /// The state in which the trigger comes.
    pub state: ProcessState,
    /// The facet.
    pub facet: ProcessFacet,
    /// How to get there; `None` if no route leads there.
    pub route: Option<Vec<Step>>,
}

impl Case<'_> {
    /// `row/kind/state/facet`
    pub fn name(&self) -> String {
        format!("{}/{}/{}/{}", self.row.id, self.kind.name(), self.state.name(), self.facet.name())
    }

    /// Whether the trigger is the end of an operation that is begun before the route is gone to its end.
    fn is_completion(&self) -> bool {
        self.row.on.completes().is_some()
    }

    /// Whether the route brings about by itself what the trigger is about.
    fn is_made_on_the_way(&self) -> bool {
        matches!(self.row.on, ProcessTrigger::Created | ProcessTrigger::CreationFailed)
            || (self.row.on == ProcessTrigger::TerminateDone && self.state == ProcessState::Terminating)
    }

    /// The steps of the route that are gone before the trigger is pulled.
    fn steps(&self) -> &[Step] {
        match self.route.as_deref() {
            None => &[],
            Some(route) if self.is_made_on_the_way() => &route[..route.len() - 1],
            Some(route) => route,
        }
    }
}

/// Every case, with the expectations of `rows`; those without a route through `ways` are among them, and say so.
pub fn derive<'a>(rows: &'a [ProcessRow], ways: &[ProcessRow], build: Build) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        let routes = routes(ways, *kind, build);
        for trigger in ProcessTrigger::ALL {
            for state in trigger.states().iter() {
                for facet in trigger.facets().iter() {
                    if let Some(row) = find(rows, *trigger, facet, *kind, state, build) {
                        cases.push(Case { row, kind: *kind, state, facet, route: routes.get(&state).cloned() });
                    }
                }
            }
        }
    }
    cases
}

/// Runs the cases whose names `wanted` takes.
pub fn run_all(rows: &[ProcessRow], ways: &[ProcessRow], target: &dyn Target, wanted: impl Fn(&str) -> bool) -> Report {
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
fn try_case(case: &Case<'_>, rows: &[ProcessRow], target: &dyn Target) -> Verdict {
    if let Some(reason) = unable(case, target) {
        return Verdict::Skipped(reason.to_owned());
    }
    let session = target.session();
    let build = target.build();
    let situation = match Situation::set(session.as_ref(), case, build) {
        Ok(situation) => situation,
        Err(problem) => return Verdict::Failed(format!("the situation could not be made: {problem}")),
    };
    let hang = target.capabilities().hang;
    let pull = Pull { case, rows, session: session.as_ref(), at: &situation, build, hang };
    let result = pull.pull();
    situation.strike(session.as_ref());
    match result {
        Ok(()) => Verdict::Passed,
        Err(problem) => Verdict::Failed(problem),
    }
}

/// Why a target cannot run a case, or why the case would say nothing, if that is so.
fn unable(case: &Case<'_>, target: &dyn Target) -> Option<&'static str> {
    use ProcessState::{Creating, Frozen, Refused, Running, Terminating};
    let (capabilities, build) = (target.capabilities(), target.build());
    let needs_no_state = case.row.on == ProcessTrigger::CreationFailed;
    if case.route.is_none() && !needs_no_state {
        return Some(match case.state {
            Frozen if case.kind == Kind::ProcessContainer => "a system of this kind is not paused",
            _ => "no process is made in a machine without a guest connection",
        });
    }
    let stays = case.steps().iter().any(|step| matches!(step, Step::BeginCreate | Step::BeginTerminate));
    if stays && !capabilities.hang {
        return Some("the target cannot stay in a state of passage");
    }
    if case.is_completion() && case.steps() != [Step::Create] && !capabilities.hang {
        return Some("the target cannot have an operation outlive a state");
    }
    if matches!(case.row.on, ProcessTrigger::ConnectionLost | ProcessTrigger::ServiceStop) && !capabilities.world_events
    {
        return Some("the target's world cannot be acted on");
    }
    let waits = case.row.on == ProcessTrigger::ProgramEnd && case.state == Frozen;
    let call = case.row.on.admits().or(case.row.on.completes()).or(waits.then_some(Call::WaitForProcessExit));
    if call.is_some_and(|call| !export::has(build, call)) {
        return Some("the build does not export the call");
    }
    let on_system = |on: Trigger, facet: Facet, kind: Kind, state: SystemState| {
        system::rule(on, facet, kind, state, build).map(|row| row.answer)
    };
    let machine = machine(case.kind);
    match (case.row.on, case.state) {
        (ProcessTrigger::Close | ProcessTrigger::LastHandleGone, Creating | Refused) => {
            Some("nothing names the process but its only handle")
        }
        (ProcessTrigger::Terminate | ProcessTrigger::Signal, Creating | Running | Frozen | Terminating)
            if case.facet == ProcessFacet::SystemIsOver =>
        {
            Some("no process outlives its system")
        }
        (ProcessTrigger::SetCallback, Refused) if case.facet == ProcessFacet::SecondCallback => {
            Some("no handle in this state takes a first callback")
        }
        (ProcessTrigger::ServiceStop, Refused) => Some("no handle in this state hears anything"),
        (ProcessTrigger::TerminateDone, Running | Frozen) => Some("a termination in flight shows in the state"),
        (ProcessTrigger::SystemOver, Creating) => Some("the end of the system ends the creation first"),
        (ProcessTrigger::ConnectionLost, Frozen)
            if on_system(Trigger::GuestDisconnect, Facet::Plain, case.kind, SystemState::Paused)
                == Some(Answer::Nothing)
                && case.kind != Kind::HostedContainer =>
        {
            Some("a paused machine has no connection that could be lost")
        }
        (ProcessTrigger::Freeze, Frozen)
            if on_system(Trigger::Save, Facet::ToFile, machine, SystemState::Paused) != Some(Answer::Accepted) =>
        {
            Some("a system that is paused is paused by nothing else")
        }
        (ProcessTrigger::Freeze | ProcessTrigger::Thaw, _) if !can_pause(case.kind, build) => {
            Some("a system of this kind is not paused")
        }
        (ProcessTrigger::Thaw, Running) => Some("no process runs in a paused system"),
        _ => None,
    }
}
