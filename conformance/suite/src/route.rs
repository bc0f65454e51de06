//! How to get a system into a state: the shortest way that the rows know, by breadth-first search.

use std::collections::{BTreeMap, VecDeque};

use hcs_api::{OperationHandle, SystemHandle, Text};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::rule::{Answer, Row};
use hcs_rules::vocabulary::{Call, Facet, Kind, OperationType, SystemState, Trigger};

use crate::input::configuration;
use crate::target::{Session, run};

/// One step of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The call, waited for.
    Do(Call),
    /// The call, kept from ending.
    Begin(Call),
    /// A create with an id that is taken: the handle is of the refused system.
    CreateTaken,
    /// The guest powers itself off.
    PowerOff,
}

const STEPS: &[Step] = &[
    Step::Do(Call::CreateComputeSystem),
    Step::Begin(Call::CreateComputeSystem),
    Step::CreateTaken,
    Step::Do(Call::StartComputeSystem),
    Step::Begin(Call::StartComputeSystem),
    Step::Do(Call::TerminateComputeSystem),
    Step::Begin(Call::TerminateComputeSystem),
    Step::PowerOff,
];

/// The row among `rows` for a situation.
pub fn find(rows: &[Row], on: Trigger, facet: Facet, kind: Kind, state: SystemState, build: Build) -> Option<&Row> {
    rows.iter().find(|row| row.covers(on, facet, kind, state, build))
}

/// Where a step leads, by the rows.
fn lead(rows: &[Row], step: Step, kind: Kind, from: SystemState, build: Build) -> Option<SystemState> {
    let row = |on, facet, state| find(rows, on, facet, kind, state, build);
    let admitted = |call: Call| {
        let (on, facet) = match call {
            Call::CreateComputeSystem => (Trigger::Create, Facet::ValidDocument),
            Call::StartComputeSystem => (Trigger::Start, Facet::Plain),
            _ => (Trigger::Terminate, Facet::Plain),
        };
        row(on, facet, from).filter(|row| row.answer == Answer::Accepted)?.becomes
    };
    match step {
        Step::Begin(call) => admitted(call),
        Step::Do(call) => {
            let during = admitted(call)?;
            let done = call.operation_type().and_then(OperationType::completion)?;
            row(done, Facet::Plain, during)?.becomes
        }
        Step::CreateTaken if from == SystemState::Absent => {
            row(Trigger::Create, Facet::ValidDocument, SystemState::Created)?.becomes
        }
        Step::CreateTaken => None,
        Step::PowerOff => row(Trigger::GuestPowerOff, Facet::Plain, from)?.becomes,
    }
}

/// The shortest route from nothing to each state that can be reached.
pub fn routes(rows: &[Row], kind: Kind, build: Build) -> BTreeMap<SystemState, Vec<Step>> {
    let mut found = BTreeMap::from([(SystemState::Absent, Vec::new())]);
    let mut queue = VecDeque::from([SystemState::Absent]);
    while let Some(from) = queue.pop_front() {
        for step in STEPS {
            let Some(to) = lead(rows, *step, kind, from, build) else { continue };
            if !found.contains_key(&to) {
                let mut route = found[&from].clone();
                route.push(*step);
                found.insert(to, route);
                queue.push_back(to);
            }
        }
    }
    found
}

/// What a route has made.
pub struct Scene {
    /// The system's handle, NULL if there is no system.
    pub system: SystemHandle,
    /// Operations that were kept from ending, and what else is to be closed.
    operations: Vec<OperationHandle>,
    others: Vec<SystemHandle>,
}

/// The id of every case's system.
pub const ID: &str = "conformance";

impl Scene {
    /// Goes a route. `facet` chooses the configuration.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub fn set(session: &dyn Session, route: &[Step], kind: Kind, facet: Facet) -> Result<Scene, String> {
        let mut scene = Scene { system: SystemHandle::NULL, operations: Vec::new(), others: Vec::new() };
        for step in route {
            scene.go(session, *step, kind, facet)?;
        }
        session.drain();
        Ok(scene)
    }

    fn go(&mut self, session: &dyn Session, step: Step, kind: Kind, facet: Facet) -> Result<(), String> {
        let hcs = session.hcs();
        let document = configuration(kind, facet);
        let mut made = SystemHandle::NULL;
        let system = self.system;
        let mut call = |call: Call, operation| match call {
            Call::CreateComputeSystem => {
                let (code, handle) = hcs.create_compute_system(ID.into(), document.as_str().into(), operation);
                made = handle;
                code
            }
            Call::StartComputeSystem => hcs.start_compute_system(system, operation, Text::Null),
            _ => hcs.terminate_compute_system(system, operation, Text::Null),
        };
        match step {
            Step::Do(which) => {
                let answer = run(hcs, |operation| call(which, operation));
                let code = answer.outcome.map_or(answer.code, |outcome| outcome.code);
                if code.is_err() {
                    return Err(format!("{} failed on the way: {code}", which.export()));
                }
            }
            Step::Begin(which) => {
                session.hang_next(which);
                let operation = hcs.create_operation(None);
                self.operations.push(operation);
                let code = call(which, operation);
                if code.is_err() {
                    return Err(format!("{} failed on the way: {code}", which.export()));
                }
            }
            Step::CreateTaken => {
                run(hcs, |operation| call(Call::CreateComputeSystem, operation));
                self.others.push(made);
                let answer = run(hcs, |operation| {
                    let (code, handle) = hcs.create_compute_system(ID.into(), document.as_str().into(), operation);
                    self.system = handle;
                    code
                });
                let code = answer.outcome.map(|outcome| outcome.code);
                if code != Some(Hresult::HCS_E_SYSTEM_ALREADY_EXISTS) {
                    return Err(format!("the second create came to {code:?}"));
                }
                return Ok(());
            }
            Step::PowerOff => {
                if !session.guest_power_off(ID) {
                    return Err("the guest did not power off".to_owned());
                }
            }
        }
        if !made.is_null() {
            self.system = made;
        }
        Ok(())
    }

    /// Ends what the scene has made.
    pub fn strike(self, session: &dyn Session) {
        let hcs = session.hcs();
        for operation in self.operations {
            hcs.close_operation(operation);
        }
        for system in self.others.into_iter().chain([self.system]).filter(|system| !system.is_null()) {
            run(hcs, |operation| hcs.terminate_compute_system(system, operation, Text::Null));
            hcs.close_compute_system(system);
        }
    }
}
