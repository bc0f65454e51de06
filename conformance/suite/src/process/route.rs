//! How to get a process into a state: the shortest way that the rows know, by breadth-first search.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{Hcs, OperationHandle, ProcessHandle, StreamHandle, SystemHandle, Text};
use hcs_rules::build::Build;
use hcs_rules::guest::GuestOs;
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{LaunchFault, ProcessFacet, ProcessRow, ProcessState, ProcessTrigger, launch_fault};
use hcs_rules::rule::Answer;
use hcs_rules::system;
use hcs_rules::vocabulary::{Call, Facet, Kind, SystemState, Trigger};

use crate::input::Input;
use crate::process::Case;
use crate::process::input::{Program, document, parameters_for};
use crate::route::{ID, Scene, TO_RUNNING};
use crate::target::{PATIENCE, Session, number, run};

/// One step of a route. The system around the process runs before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A process is made.
    Create,
    /// Its creation is kept from ending.
    BeginCreate,
    /// A process is not made, because it has no executable or no guest.
    FailCreate,
    /// The machine around it is paused.
    Pause,
    /// Its termination is kept from ending.
    BeginTerminate,
    /// Its program ends.
    End,
}

const STEPS: &[Step] =
    &[Step::Create, Step::BeginCreate, Step::FailCreate, Step::Pause, Step::BeginTerminate, Step::End];

/// The row among `rows` for a situation.
pub fn find(
    rows: &[ProcessRow],
    on: ProcessTrigger,
    facet: ProcessFacet,
    kind: Kind,
    state: ProcessState,
    build: Build,
) -> Option<&ProcessRow> {
    rows.iter().find(|row| row.covers(on, facet, kind, state, build))
}

/// The kind of what is paused around a process: the container, or the machine that it lives in.
pub fn machine(kind: Kind) -> Kind {
    if kind == Kind::HostedContainer { Kind::GuestVirtualMachine } else { kind }
}

/// Whether the machine around a process can be paused.
pub fn can_pause(kind: Kind, build: Build) -> bool {
    let row = system::rule(Trigger::Pause, Facet::ValidOptions, machine(kind), SystemState::Running, build);
    row.is_some_and(|row| row.answer == Answer::Accepted)
}

/// Whether a running system of this kind takes processes.
fn is_peopled(kind: Kind, build: Build) -> bool {
    let row = system::rule(Trigger::CreateProcess, Facet::ValidDocument, kind, SystemState::Running, build);
    row.is_some_and(|row| row.answer == Answer::Accepted)
}

/// Where a step leads, by the rows. Without a process there is no state yet.
fn lead(rows: &[ProcessRow], step: Step, kind: Kind, from: Option<ProcessState>, build: Build) -> Option<ProcessState> {
    let becomes = |on, state| find(rows, on, ProcessFacet::Plain, kind, state, build)?.becomes;
    match (step, from) {
        (Step::Create, None) if is_peopled(kind, build) => becomes(ProcessTrigger::Created, ProcessState::Creating),
        (Step::BeginCreate, None) if is_peopled(kind, build) => Some(ProcessState::Creating),
        (Step::FailCreate, None) => becomes(ProcessTrigger::CreationFailed, ProcessState::Creating),
        (Step::Pause, Some(from)) if can_pause(kind, build) => becomes(ProcessTrigger::Freeze, from),
        (Step::BeginTerminate, Some(from)) => {
            let row = find(rows, ProcessTrigger::Terminate, ProcessFacet::SystemLives, kind, from, build)?;
            row.becomes.filter(|_| row.answer == Answer::Accepted)
        }
        (Step::End, Some(from)) => becomes(ProcessTrigger::ProgramEnd, from),
        _ => None,
    }
}

/// The shortest route to each state that can be reached.
pub fn routes(rows: &[ProcessRow], kind: Kind, build: Build) -> BTreeMap<ProcessState, Vec<Step>> {
    let mut found: BTreeMap<ProcessState, Vec<Step>> = BTreeMap::new();
    let mut queue = VecDeque::from([None]);
    while let Some(from) = queue.pop_front() {
        for step in STEPS {
            let Some(to) = lead(rows, *step, kind, from, build) else { continue };
            if !found.contains_key(&to) {
                let mut route = from.map(|from| found[&from].clone()).unwrap_or_default();
                route.push(*step);
                found.insert(to, route);
                queue.push_back(Some(to));
            }
        }
    }
    found
}

/// Makes a call on a process, with a document.
pub fn invoke(
    hcs: &dyn Hcs,
    call: Call,
    process: ProcessHandle,
    operation: OperationHandle,
    text: Text<'_>,
) -> Hresult {
    match call {
        Call::SignalProcess => hcs.signal_process(process, operation, text),
        Call::GetProcessInfo => hcs.get_process_info(process, operation),
        Call::GetProcessProperties => hcs.get_process_properties(process, operation, text),
        Call::ModifyProcess => hcs.modify_process(process, operation, text),
        _ => hcs.terminate_process(process, operation, text),
    }
}

/// What a route has made.
pub(crate) struct Situation {
    /// The system around the process.
    pub(crate) scene: Scene,
    /// The process's handle.
    pub(crate) process: ProcessHandle,
    /// Its id, if it was made.
    pub(crate) id: Option<u32>,
    /// What the process's handle has heard.
    pub(crate) heard: Arc<Mutex<Vec<u32>>>,
    /// The client's end of its standard input, if the case is about closing it.
    pub(crate) input: StreamHandle,
    /// The operation that was begun while the process ran, and what the call returned.
    pub(crate) begun: Option<(OperationHandle, Hresult)>,
    operations: Vec<OperationHandle>,
}

impl Situation {
    /// Goes a case's route.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub(crate) fn set(session: &dyn Session, case: &Case<'_>, build: Build) -> Result<Situation, String> {
        let input = Input::plain(case.kind);
        let scene = Scene::set(session, ID, TO_RUNNING, case.kind, &input, build)?;
        let mut situation = Situation {
            scene,
            process: ProcessHandle::NULL,
            id: None,
            heard: Arc::default(),
            input: StreamHandle::NULL,
            begun: None,
            operations: Vec::new(),
        };
        let ends = case.steps().contains(&Step::End);
        let program = match case.row.on {
            ProcessTrigger::ProgramEnd => Program::Slow,
            _ if ends => Program::Short,
            _ => Program::Endless,
        };
        for step in case.steps() {
            situation.go(session, *step, case, program)?;
        }
        if case.facet == ProcessFacet::SystemIsOver {
            situation.end_system(session)?;
        }
        // What was heard on the way is other rows'.
        session.drain();
        situation.heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(situation)
    }

    fn go(&mut self, session: &dyn Session, step: Step, case: &Case<'_>, program: Program) -> Result<(), String> {
        let hcs = session.hcs();
        match step {
            Step::Create => {
                let answer = run(hcs, |operation| self.create(hcs, program, case, operation));
                check("the creation", answer.outcome.map_or(answer.code, |outcome| outcome.code))?;
                self.listen(hcs, case);
                self.begin(session, case);
                let asked = run(hcs, |operation| hcs.get_process_properties(self.process, operation, Text::Null));
                let status = asked.outcome.and_then(|outcome| outcome.document).unwrap_or_default();
                self.id = Some(number(&status, "ProcessId").ok_or("the process has no id")?);
                if case.facet == ProcessFacet::CloseStream && program == Program::Endless {
                    self.take_input(hcs)?;
                }
                Ok(())
            }
            Step::BeginCreate => {
                session.hang_next(Call::CreateProcess);
                let operation = self.operation(hcs);
                let code = self.create(hcs, program, case, operation);
                self.listen(hcs, case);
                check("the creation", code)
            }
            Step::FailCreate => {
                let answer = run(hcs, |operation| self.create(hcs, Program::Missing, case, operation));
                let code = answer.outcome.map_or(answer.code, |outcome| outcome.code);
                if code.is_ok() { Err("the creation did not fail".to_owned()) } else { Ok(()) }
            }
            Step::Pause => {
                self.on_machine(session, |machine, operation| hcs.pause_compute_system(machine, operation, Text::Null))
            }
            Step::BeginTerminate => {
                session.hang_next(Call::TerminateProcess);
                let operation = self.operation(hcs);
                check("the termination", hcs.terminate_process(self.process, operation, Text::Null))
            }
            Step::End => await_exit(session, self.process),
        }
    }

    /// Takes the streams. Of a creation they cannot always be had (Windows Server 2022), of the process they can.
    fn take_input(&mut self, hcs: &dyn Hcs) -> Result<(), String> {
        let operation = self.operation(hcs);
        check("the information", hcs.get_process_info(self.process, operation))?;
        let (outcome, information) = hcs.wait_for_operation_result_and_process_info(operation, PATIENCE);
        check("the information", outcome.code)?;
        self.input = information.map_or(StreamHandle::NULL, |information| information.std_input);
        Ok(())
    }

    fn operation(&mut self, hcs: &dyn Hcs) -> OperationHandle {
        let operation = hcs.create_operation(None);
        self.operations.push(operation);
        operation
    }

    fn create(&mut self, hcs: &dyn Hcs, program: Program, case: &Case<'_>, operation: OperationHandle) -> Hresult {
        let parameters = parameters_for(program, case.facet);
        let (code, handle) = hcs.create_process(self.scene.system, parameters.as_str().into(), operation);
        self.process = handle;
        code
    }

    /// Listens to the process, unless the case is about listening.
    fn listen(&self, hcs: &dyn Hcs, case: &Case<'_>) {
        if case.row.on != ProcessTrigger::SetCallback {
            self.register(hcs);
        }
    }

    /// Listens to the process. What is heard is in [`Situation::heard`].
    pub(crate) fn register(&self, hcs: &dyn Hcs) -> Hresult {
        let ear = self.heard.clone();
        let callback =
            move |event: &hcs_api::Event| ear.lock().unwrap_or_else(PoisonError::into_inner).push(event.kind);
        hcs.set_process_callback(self.process, 0, Some(Arc::new(callback)))
    }

    /// Begins the operation whose completion the case is about. It outlives the rest of the route.
    fn begin(&mut self, session: &dyn Session, case: &Case<'_>) {
        let Some(call) = case.row.on.completes() else { return };
        session.delay_next(call);
        let hcs = session.hcs();
        let operation = self.operation(hcs);
        let text = document(case.row.on, case.facet).into();
        self.begun = Some((operation, invoke(hcs, call, self.process, operation, text)));
    }

    /// Makes a call on the machine around the process, and waits for it.
    pub(crate) fn on_machine(
        &self,
        session: &dyn Session,
        call: impl FnOnce(SystemHandle, OperationHandle) -> Hresult,
    ) -> Result<(), String> {
        let machine = if self.scene.host.is_null() { self.scene.system } else { self.scene.host };
        let answer = run(session.hcs(), |operation| call(machine, operation));
        check("a call on the machine", answer.outcome.map_or(answer.code, |outcome| outcome.code))
    }

    /// The system around the process is ended.
    pub(crate) fn end_system(&self, session: &dyn Session) -> Result<(), String> {
        let hcs = session.hcs();
        let answer = run(hcs, |operation| hcs.terminate_compute_system(self.scene.system, operation, Text::Null));
        check("the end of the system", answer.outcome.map_or(answer.code, |outcome| outcome.code))
    }

    /// Ends what the situation has made.
    pub(crate) fn strike(self, session: &dyn Session) {
        let hcs = session.hcs();
        for operation in self.operations {
            hcs.close_operation(operation);
        }
        if self.input.is_some() {
            hcs.close_stream(self.input);
        }
        if !self.process.is_null() {
            hcs.close_process(self.process);
        }
        self.scene.strike(session);
    }
}

/// Waits until a process is over; where the build does not export the wait, by asking.
///
/// # Errors
/// That it does not end.
pub(crate) fn await_exit(session: &dyn Session, process: ProcessHandle) -> Result<(), String> {
    let hcs = session.hcs();
    let waited = hcs.wait_for_process_exit(process, PATIENCE).code;
    if waited != Hresult::ERROR_PROC_NOT_FOUND {
        return check("the wait for the end", waited);
    }
    for _ in 0..10_000 {
        let asked = run(hcs, |operation| hcs.get_process_properties(process, operation, Text::Null));
        let outcome = asked.outcome.unwrap_or_else(|| hcs_api::Outcome::bare(asked.code));
        check("the properties", outcome.code)?;
        if outcome.document.is_some_and(|status| status.contains(r#""Exited":true"#)) {
            return Ok(());
        }
        session.drain();
    }
    Err("the process did not end".to_owned())
}

/// What a process that has no executable is answered with.
pub(crate) fn no_executable() -> Hresult {
    launch_fault(LaunchFault::NoExecutable, GuestOs::Windows).code
}

fn check(what: &str, code: Hresult) -> Result<(), String> {
    if code.is_ok() { Ok(()) } else { Err(format!("{what} came to {code}")) }
}
