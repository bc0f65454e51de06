//! How to get a system into a state: the shortest way that the rows know, by breadth-first search.

use std::collections::{BTreeMap, VecDeque};

use hcs_api::{Hcs, OperationHandle, ProcessHandle, SystemHandle, Text};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::rule::{Answer, Row};
use hcs_rules::vocabulary::{Call, Facet, Kind, OperationType, SystemState, Trigger};

use crate::input::{Before, HOST, Input, host_configuration};
use crate::process::input::{Program, parameters};
use crate::process::route::await_exit;
use crate::target::{Session, number, run};

/// One step of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The call, waited for.
    Do(Call),
    /// The call, kept from ending.
    Begin(Call),
    /// A save as a template, waited for.
    SaveTemplate,
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
    Step::Do(Call::PauseComputeSystem),
    Step::Begin(Call::PauseComputeSystem),
    Step::Begin(Call::ResumeComputeSystem),
    Step::Begin(Call::SaveComputeSystem),
    Step::SaveTemplate,
    Step::Begin(Call::ShutDownComputeSystem),
    Step::Do(Call::TerminateComputeSystem),
    Step::Begin(Call::TerminateComputeSystem),
    Step::PowerOff,
];

/// The row among `rows` for a situation.
pub fn find(rows: &[Row], on: Trigger, facet: Facet, kind: Kind, state: SystemState, build: Build) -> Option<&Row> {
    rows.iter().find(|row| row.covers(on, facet, kind, state, build))
}

/// How a route makes a call: with which facet, and with which options.
fn made(call: Call, kind: Kind, build: Build) -> (Trigger, Facet, Text<'static>) {
    const FILE: &str = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\conformance\\saved.vmrs"}"#;
    match call {
        Call::CreateComputeSystem => (Trigger::Create, Facet::ValidDocument, Text::Null),
        Call::StartComputeSystem => (Trigger::Start, Facet::Plain, Text::Null),
        Call::PauseComputeSystem => (Trigger::Pause, Facet::ValidOptions, Text::Null),
        Call::ResumeComputeSystem => (Trigger::Resume, Facet::Plain, Text::Null),
        Call::SaveComputeSystem => (Trigger::Save, Facet::ToFile, Text::Some(FILE)),
        Call::ShutDownComputeSystem if kind == Kind::GuestVirtualMachine && build.schema() >= (2, 5) => {
            (Trigger::ShutDown, Facet::ByGuestConnection, Text::Some("{}"))
        }
        Call::ShutDownComputeSystem => (Trigger::ShutDown, Facet::NullOptions, Text::Null),
        _ => (Trigger::Terminate, Facet::Plain, Text::Null),
    }
}

/// The options with which a route makes a call.
pub fn options(call: Call, kind: Kind, build: Build) -> Text<'static> {
    made(call, kind, build).2
}

/// The facet of a call's completion on a route.
fn done(call: Call, kind: Kind) -> Facet {
    match call {
        Call::SaveComputeSystem => Facet::ToFile,
        Call::CrashComputeSystem if kind == Kind::VirtualMachine => Facet::CrashReporting,
        _ => Facet::Plain,
    }
}

/// Where a step leads, by the rows.
fn lead(rows: &[Row], step: Step, kind: Kind, from: SystemState, build: Build) -> Option<SystemState> {
    let row = |on, facet, state| find(rows, on, facet, kind, state, build);
    let admitted = |call: Call| {
        let (on, facet, _) = made(call, kind, build);
        row(on, facet, from).filter(|row| row.answer == Answer::Accepted)?.becomes
    };
    match step {
        Step::Begin(call) => admitted(call),
        Step::Do(call) => {
            let during = admitted(call)?;
            let completion = call.operation_type().and_then(OperationType::completion)?;
            row(completion, done(call, kind), during)?.becomes
        }
        Step::SaveTemplate => {
            let during =
                row(Trigger::Save, Facet::AsTemplate, from).filter(|row| row.answer == Answer::Accepted)?.becomes?;
            row(Trigger::SaveDone, Facet::AsTemplate, during)?.becomes
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
    search(rows, kind, build, SystemState::Absent, Vec::new())
}

/// The way to a running system.
pub const TO_RUNNING: &[Step] = &[Step::Do(Call::CreateComputeSystem), Step::Do(Call::StartComputeSystem)];

/// The shortest route to each state that a system can be in after it ran: in such a system there can be processes.
pub fn routes_through_running(rows: &[Row], kind: Kind, build: Build) -> BTreeMap<SystemState, Vec<Step>> {
    search(rows, kind, build, SystemState::Running, TO_RUNNING.to_vec())
}

fn search(
    rows: &[Row],
    kind: Kind,
    build: Build,
    begin: SystemState,
    before: Vec<Step>,
) -> BTreeMap<SystemState, Vec<Step>> {
    let mut found = BTreeMap::from([(begin, before)]);
    let mut queue = VecDeque::from([begin]);
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

/// Makes a call on a system, with a document.
pub fn invoke(hcs: &dyn Hcs, call: Call, system: SystemHandle, operation: OperationHandle, text: Text<'_>) -> Hresult {
    match call {
        Call::StartComputeSystem => hcs.start_compute_system(system, operation, text),
        Call::ShutDownComputeSystem => hcs.shut_down_compute_system(system, operation, text),
        Call::CrashComputeSystem => hcs.crash_compute_system(system, operation, text),
        Call::PauseComputeSystem => hcs.pause_compute_system(system, operation, text),
        Call::ResumeComputeSystem => hcs.resume_compute_system(system, operation, text),
        Call::SaveComputeSystem => hcs.save_compute_system(system, operation, text),
        Call::ModifyComputeSystem => hcs.modify_compute_system(system, operation, text),
        Call::GetComputeSystemProperties => hcs.get_compute_system_properties(system, operation, text),
        _ => hcs.terminate_compute_system(system, operation, text),
    }
}

/// What a route has made.
pub struct Scene {
    /// The system's id.
    pub id: String,
    /// The system's handle, NULL if there is no system.
    pub system: SystemHandle,
    /// The machine in which the system lives, if it lives in one.
    pub host: SystemHandle,
    /// The process in the system, NULL if there is none.
    pub process: ProcessHandle,
    /// Its id, if it was made.
    pub process_id: u32,
    /// The operation of a creation that is not done.
    pub begun: Option<(OperationHandle, Hresult)>,
    /// Operations that were kept from ending, and what else is to be closed.
    operations: Vec<OperationHandle>,
    others: Vec<SystemHandle>,
}

/// The id of every case's system.
pub const ID: &str = "conformance";

impl Scene {
    /// Goes a route with a system of this id.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub fn set(
        session: &dyn Session,
        id: &str,
        route: &[Step],
        kind: Kind,
        input: &Input,
        build: Build,
    ) -> Result<Scene, String> {
        let (system, host) = (SystemHandle::NULL, SystemHandle::NULL);
        let mut scene = Scene {
            id: id.to_owned(),
            system,
            host,
            process: ProcessHandle::NULL,
            process_id: 0,
            begun: None,
            operations: Vec::new(),
            others: Vec::new(),
        };
        if kind == Kind::HostedContainer {
            scene.make_host(session, &host_configuration(input.os))?;
        }
        for step in route {
            scene.go(session, *step, kind, input, build)?;
            if *step == Step::Do(Call::StartComputeSystem) {
                scene.people(session, input)?;
            }
        }
        if input.before == Before::ConnectionLost {
            session.world(Trigger::GuestDisconnect, id);
        }
        session.drain();
        Ok(scene)
    }

    /// The machine around hosted containers, unless it is there.
    fn make_host(&mut self, session: &dyn Session, configuration: &str) -> Result<(), String> {
        let hcs = session.hcs();
        let mut host = SystemHandle::NULL;
        let create = run(hcs, |operation| {
            let (code, handle) = hcs.create_compute_system(HOST.into(), configuration.into(), operation);
            host = handle;
            code
        });
        match create.outcome.map(|outcome| outcome.code) {
            Some(Hresult::S_OK) => {}
            // A second scene of the same session lives in the same machine.
            Some(Hresult::HCS_E_SYSTEM_ALREADY_EXISTS) => {
                self.others.push(host);
                return Ok(());
            }
            other => return Err(format!("the hosting machine came to {other:?}")),
        }
        self.host = host;
        let start = run(hcs, |operation| hcs.start_compute_system(host, operation, Text::Null));
        match start.outcome.map(|outcome| outcome.code) {
            Some(Hresult::S_OK) => Ok(()),
            other => Err(format!("the start of the hosting machine came to {other:?}")),
        }
    }

    /// Makes the process that must be in the system, once that runs.
    fn people(&mut self, session: &dyn Session, input: &Input) -> Result<(), String> {
        let program = match input.before {
            Before::ProcessLives => Program::Endless,
            Before::ProcessEnded => Program::Short,
            Before::FirstProcessRuns => Program::Slow,
            Before::ProcessBegun => return self.begin_process(session, input),
            Before::Nothing | Before::GuestStaysDown | Before::ConnectionLost => return Ok(()),
        };
        let hcs = session.hcs();
        let parameters = parameters(program, input.os);
        let answer = run(hcs, |operation| {
            let (code, handle) = hcs.create_process(self.system, parameters.as_str().into(), operation);
            self.process = handle;
            code
        });
        let code = answer.outcome.map_or(answer.code, |outcome| outcome.code);
        if code.is_err() {
            return Err(format!("the creation of the process came to {code}"));
        }
        let asked = run(hcs, |operation| hcs.get_process_properties(self.process, operation, Text::Null));
        let status = asked.outcome.and_then(|outcome| outcome.document).unwrap_or_default();
        self.process_id = number(&status, "ProcessId").ok_or("the process has no id")?;
        if input.before == Before::ProcessEnded {
            return await_exit(session, self.process);
        }
        Ok(())
    }

    /// Begins the creation of a process.
    fn begin_process(&mut self, session: &dyn Session, input: &Input) -> Result<(), String> {
        let hcs = session.hcs();
        session.delay_next(Call::CreateProcess);
        let operation = hcs.create_operation(None);
        self.operations.push(operation);
        let (code, handle) = hcs.create_process(self.system, input.document.as_deref().into(), operation);
        self.process = handle;
        self.begun = Some((operation, code));
        Ok(())
    }

    fn go(&mut self, session: &dyn Session, step: Step, kind: Kind, input: &Input, build: Build) -> Result<(), String> {
        let hcs = session.hcs();
        let mut new = SystemHandle::NULL;
        let (system, id) = (self.system, self.id.clone());
        let mut call = |call: Call, operation| match call {
            Call::CreateComputeSystem => {
                let (code, handle) =
                    hcs.create_compute_system(id.as_str().into(), input.configuration.as_str().into(), operation);
                new = handle;
                code
            }
            _ => invoke(hcs, call, system, operation, made(call, kind, build).2),
        };
        let check = |which: Call, code: Hresult| match code.is_err() {
            true => Err(format!("{} failed on the way: {code}", which.export())),
            false => Ok(()),
        };
        match step {
            Step::Do(which) => {
                if which == Call::StartComputeSystem && input.before == Before::GuestStaysDown {
                    session.guest_hangs_next(which);
                }
                let answer = run(hcs, |operation| call(which, operation));
                check(which, answer.outcome.map_or(answer.code, |outcome| outcome.code))?;
            }
            Step::Begin(which) => {
                session.hang_next(which);
                let operation = hcs.create_operation(None);
                self.operations.push(operation);
                check(which, call(which, operation))?;
            }
            Step::SaveTemplate => {
                let options = Text::Some(r#"{"SaveType":"AsTemplate"}"#);
                let answer = run(hcs, |operation| hcs.save_compute_system(system, operation, options));
                check(Call::SaveComputeSystem, answer.outcome.map_or(answer.code, |outcome| outcome.code))?;
            }
            Step::CreateTaken => {
                run(hcs, |operation| call(Call::CreateComputeSystem, operation));
                self.others.push(new);
                let answer = run(hcs, |operation| {
                    let (code, handle) =
                        hcs.create_compute_system(id.as_str().into(), input.configuration.as_str().into(), operation);
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
                if !session.world(Trigger::GuestPowerOff, &id) {
                    return Err("the guest did not power off".to_owned());
                }
            }
        }
        if !new.is_null() {
            self.system = new;
        }
        Ok(())
    }

    /// Ends what the scene has made.
    pub fn strike(self, session: &dyn Session) {
        let hcs = session.hcs();
        for operation in self.operations {
            hcs.close_operation(operation);
        }
        if !self.process.is_null() {
            hcs.close_process(self.process);
        }
        let systems = self.others.into_iter().chain([self.system, self.host]);
        for system in systems.filter(|system| !system.is_null()) {
            run(hcs, |operation| hcs.terminate_compute_system(system, operation, Text::Null));
            hcs.close_compute_system(system);
        }
    }
}
