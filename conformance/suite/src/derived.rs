//! Cases from rows: for every kind, state and facet that a row covers and a route reaches, the trigger is pulled and the
//! answer held against the row.

use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{Hcs, Outcome, SystemHandle, Text};
use hcs_rules::build::Build;
use hcs_rules::export;
use hcs_rules::hresult::Hresult;
use hcs_rules::rule::{After, Answer as Expected, Audience, Row, Surface};
use hcs_rules::vocabulary::{Call, Facet, GENERIC_ALL, Kind, SystemState, Trigger};

use crate::input::document;
use crate::report::{Report, Run, Verdict};
use crate::route::{ID, Scene, Step, find, routes};
use crate::target::{Answer, Session, Target, list, run};

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
    route: Vec<Step>,
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
        for (state, route) in routes(ways, *kind, build) {
            for trigger in Trigger::ALL {
                for facet in trigger.facets().iter() {
                    if let Some(row) = find(rows, *trigger, facet, *kind, state, build) {
                        cases.push(Case { row, kind: *kind, state, facet, route: route.clone() });
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
    if let Some(reason) = unable(case, target) {
        return Verdict::Skipped(reason);
    }
    let session = target.session();
    let scene = match Scene::set(session.as_ref(), &case.route, case.kind, case.facet) {
        Ok(scene) => scene,
        Err(problem) => return Verdict::Failed(format!("the situation could not be made: {problem}")),
    };
    let (hang, build) = (target.capabilities().hang, target.build());
    let pull = Pull { case, rows, session: session.as_ref(), system: scene.system, build, hang };
    let result = pull.pull();
    scene.strike(session.as_ref());
    match result {
        Ok(()) => Verdict::Passed,
        Err(problem) => Verdict::Failed(problem),
    }
}

/// Why a target cannot run a case, if it cannot.
fn unable(case: &Case<'_>, target: &dyn Target) -> Option<String> {
    let capabilities = target.capabilities();
    let begins = case.route.iter().any(|step| matches!(step, Step::Begin(_)));
    let world = case.route.contains(&Step::PowerOff)
        || matches!(case.row.on, Trigger::GuestCrash | Trigger::GuestPowerOff | Trigger::ServiceStop);
    if begins && !capabilities.hang {
        return Some("the target cannot stay in a state of passage".to_owned());
    }
    if world && !capabilities.world_events {
        return Some("the target's world cannot be acted on".to_owned());
    }
    if begins && matches!(case.row.on, Trigger::CreateDone | Trigger::StartDone | Trigger::TerminateDone) {
        // The completion is pulled by running the whole call from the state before.
        return None;
    }
    match case.row.on.admits() {
        Some(call) if !export::has(target.build(), call) => Some("the build does not export the call".to_owned()),
        _ => None,
    }
}

struct Pull<'a> {
    case: &'a Case<'a>,
    rows: &'a [Row],
    session: &'a dyn Session,
    system: SystemHandle,
    build: Build,
    /// Whether what is accepted can be kept from ending.
    hang: bool,
}

impl Pull<'_> {
    fn hcs(&self) -> &dyn Hcs {
        self.session.hcs()
    }

    /// Pulls the trigger and holds the answer, the state afterwards and the events against the row.
    fn pull(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let document = document(self.case.kind, self.case.facet);
        let text = document.as_deref();
        let system = self.system;
        match self.case.row.on {
            Trigger::Create => {
                let mut made = SystemHandle::NULL;
                let answer = self.hold(Call::CreateComputeSystem, |operation| {
                    let (code, handle) = hcs.create_compute_system(ID.into(), text.into(), operation);
                    made = handle;
                    code
                });
                let told = self.expect_answer(&answer).and_then(|()| self.expect_made(made));
                if !made.is_null() {
                    hcs.close_compute_system(made);
                }
                told
            }
            Trigger::Open => {
                let (code, handle) = hcs.open_compute_system(ID.into(), GENERIC_ALL);
                if !handle.is_null() {
                    hcs.close_compute_system(handle);
                }
                self.expect_answer(&Answer { code, outcome: None })
            }
            Trigger::Start => {
                let answer = self.hold(Call::StartComputeSystem, |operation| {
                    hcs.start_compute_system(system, operation, Text::Null)
                });
                self.expect_answer(&answer)?;
                self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
            }
            Trigger::Terminate => {
                let answer = self.hold(Call::TerminateComputeSystem, |operation| {
                    hcs.terminate_compute_system(system, operation, Text::Null)
                });
                self.expect_answer(&answer)?;
                self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
            }
            Trigger::GetProperties => self.expect_answer(&self.hold(Call::GetComputeSystemProperties, |operation| {
                hcs.get_compute_system_properties(system, operation, text.into())
            })),
            Trigger::Enumerate => {
                let names = r#"{"Names":["name"]}"#;
                let text = if self.case.facet == Facet::UnmodelledQuery { Some(names) } else { text };
                self.expect_answer(&self.hold(Call::EnumerateComputeSystems, |operation| {
                    hcs.enumerate_compute_systems(text.into(), operation)
                }))
            }
            Trigger::List => {
                let listed = list(hcs).contains(&format!(r#""Id":"{ID}""#)) && !self.is_shadowed();
                expect("listed", self.case.row.answer == Expected::Done, listed)
            }
            Trigger::SetCallback => self.set_callback(),
            Trigger::WaitForExit => self.wait_for_exit(),
            Trigger::Close => self.close(),
            Trigger::LastHandleGone => self.last_handle(),
            Trigger::CreateDone | Trigger::StartDone | Trigger::TerminateDone => self.completion(),
            Trigger::GetPropertiesDone => self.properties_done(),
            Trigger::EnumerateDone => {
                let answer = run(hcs, |operation| hcs.enumerate_compute_systems(Text::Null, operation));
                self.expect_answer(&answer)?;
                let is_list = answer.outcome.and_then(|outcome| outcome.document);
                expect("a list", true, is_list.is_some_and(|list| list.starts_with('[')))
            }
            Trigger::GuestCrash | Trigger::GuestPowerOff | Trigger::ServiceStop => self.world(),
        }
    }

    /// Whether another system of the same id hides this one: the refused second of two.
    fn is_shadowed(&self) -> bool {
        self.case.state == SystemState::Refused
    }

    /// Makes a call. One that is accepted is kept from ending where the target can do so, so that the state during it shows.
    fn hold(&self, call: Call, make: impl FnOnce(hcs_api::OperationHandle) -> Hresult) -> Answer {
        if self.case.row.answer != Expected::Accepted || !self.hang {
            return run(self.hcs(), make);
        }
        self.session.hang_next(call);
        let operation = self.hcs().create_operation(None);
        let code = make(operation);
        let outcome = code.is_ok().then(|| self.hcs().get_operation_result(operation));
        self.hcs().close_operation(operation);
        Answer { code, outcome }
    }

    fn expect_answer(&self, answer: &Answer) -> Result<(), String> {
        let row = self.case.row;
        let ended = answer.outcome.as_ref().map(|outcome| outcome.code);
        let (call, operation) = match (row.answer, row.surface) {
            // Where it cannot be kept from ending, it must end well.
            (Expected::Accepted, _) if !self.hang => (Hresult::S_OK, Some(Hresult::S_OK)),
            (Expected::Accepted, _) => (Hresult::S_OK, Some(Hresult::HCS_E_OPERATION_PENDING)),
            (Expected::Done, Surface::Operation) => (Hresult::S_OK, Some(Hresult::S_OK)),
            (Expected::Done, _) => (Hresult::S_OK, ended),
            (Expected::Fails(code) | Expected::NotModelled(code), Surface::Operation) => (Hresult::S_OK, Some(code)),
            (Expected::Fails(code) | Expected::NotModelled(code), _) => (code, ended),
            (Expected::Waits | Expected::Nothing, _) => return Err("the row has no answer to a call".to_owned()),
        };
        expect("the call", call, answer.code)?;
        expect("the operation", operation, ended)
    }

    /// What shows of a state without changing it: whether the id opens, whether it is listed, what the properties say.
    fn expect_state(&self, state: SystemState) -> Result<(), String> {
        let hcs = self.hcs();
        if self.case.row.answer == Expected::Accepted && !self.hang {
            // The state of passage is over; the completion's own case looks at what it led to.
            return Ok(());
        }
        if !self.is_shadowed() {
            let (code, handle) = hcs.open_compute_system(ID.into(), GENERIC_ALL);
            if !handle.is_null() {
                hcs.close_compute_system(handle);
            }
            // By id, what is over is found absent.
            let by_id =
                if matches!(state, SystemState::Exited | SystemState::Refused) { SystemState::Absent } else { state };
            if let Some(row) = find(self.rows, Trigger::Open, Facet::Plain, self.case.kind, by_id, self.build) {
                let expected = if let Expected::Fails(code) = row.answer { code } else { Hresult::S_OK };
                expect(&format!("opening what is {}", state.name()), expected, code)?;
            }
            if let Some(row) = find(self.rows, Trigger::List, Facet::Plain, self.case.kind, state, self.build) {
                let listed = list(hcs).contains(&format!(r#""Id":"{ID}""#));
                expect(&format!("listing what is {}", state.name()), row.answer == Expected::Done, listed)?;
            }
        }
        self.expect_properties(self.system, state)
    }

    /// The new system's state shows only through its own handle: the id may be another's.
    fn expect_made(&self, made: SystemHandle) -> Result<(), String> {
        if self.case.row.answer == Expected::Accepted && !self.hang {
            return Ok(());
        }
        self.expect_properties(made, self.case.row.becomes.unwrap_or(self.case.state))
    }

    /// What the properties say of a state, or the code with which it refuses them.
    fn expect_properties(&self, system: SystemHandle, state: SystemState) -> Result<(), String> {
        let on = (Trigger::GetProperties, Facet::BasicQuery);
        let row = find(self.rows, on.0, on.1, self.case.kind, state, self.build);
        let hcs = self.hcs();
        let ask = || run(hcs, |operation| hcs.get_compute_system_properties(system, operation, Text::Null));
        match row.map(|row| (row.answer, row.surface)) {
            Some((Expected::Accepted, _)) => self.expect_visible(state, ask().outcome.as_ref()),
            Some((Expected::Fails(code), Surface::Operation)) => {
                let ended = ask().outcome.map(|outcome| outcome.code);
                expect(&format!("the properties of what is {}", state.name()), Some(code), ended)
            }
            _ => Ok(()),
        }
    }

    fn expect_visible(&self, state: SystemState, outcome: Option<&Outcome>) -> Result<(), String> {
        let document = outcome.and_then(|outcome| outcome.document.as_deref()).unwrap_or_default();
        let shown =
            document.split_once(r#""State":""#).and_then(|(_, rest)| rest.split_once('"')).map(|(state, _)| state);
        expect(&format!("State of what is {}", state.name()), state.visible(), shown)?;
        let stopped = document.contains(r#""Stopped":true"#);
        expect(&format!("Stopped of what is {}", state.name()), state == SystemState::Exited, stopped)
    }

    /// Listens to the system; answers what has been heard, which the caller reads later.
    fn listen(&self) -> (Hresult, Arc<Mutex<Vec<u32>>>) {
        self.listen_to(self.system)
    }

    fn listen_to(&self, system: SystemHandle) -> (Hresult, Arc<Mutex<Vec<u32>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let callback =
            move |event: &hcs_api::Event| ear.lock().unwrap_or_else(PoisonError::into_inner).push(event.kind);
        (self.hcs().set_compute_system_callback(system, 0, Some(Arc::new(callback))), heard)
    }

    fn expect_heard(&self, heard: &Mutex<Vec<u32>>, to: &[Audience]) -> Result<(), String> {
        self.session.drain();
        let raised = self.case.row.raises.iter().filter(|raise| to.contains(&raise.to));
        let expected: Vec<u32> = raised.map(|raise| raise.event.value()).collect();
        expect("the events", expected, heard.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn set_callback(&self) -> Result<(), String> {
        let hcs = self.hcs();
        if self.case.facet == Facet::SecondCallback && self.listen().0.is_err() {
            // No handle in this state takes a first callback, so there cannot be a second.
            return Ok(());
        }
        if self.case.facet == Facet::NoCallback {
            let code = hcs.set_compute_system_callback(self.system, 0, None);
            return self.expect_answer(&Answer { code, outcome: None });
        }
        let (code, heard) = self.listen();
        self.expect_answer(&Answer { code, outcome: None })?;
        self.expect_heard(&heard, &[Audience::ThisHandle])
    }

    fn wait_for_exit(&self) -> Result<(), String> {
        let outcome = self.hcs().wait_for_compute_system_exit(self.system, 10);
        match self.case.row.answer {
            Expected::Waits => expect("the wait", hcs_rules::operation::EXIT_WAIT_TIMED_OUT, outcome.code),
            _ => {
                self.expect_answer(&Answer { code: outcome.code, outcome: None })?;
                let status = outcome.document.is_some_and(|document| document.starts_with(r#"{"Status":"#));
                expect("an exit status", self.case.row.after == After::ExitStatus, status)
            }
        }
    }

    /// One handle of two is closed: the other goes on.
    fn close(&self) -> Result<(), String> {
        let (code, second) = self.hcs().open_compute_system(ID.into(), GENERIC_ALL);
        if code.is_ok() {
            self.hcs().close_compute_system(second);
            let (again, third) = self.hcs().open_compute_system(ID.into(), GENERIC_ALL);
            self.hcs().close_compute_system(third);
            expect("opening again", code, again)?;
        }
        expect("the row's answer", Expected::Done, self.case.row.answer)
    }

    /// The only handle is closed: the system ends, or lives on without.
    fn last_handle(&self) -> Result<(), String> {
        let hcs = self.hcs();
        if self.is_shadowed() {
            hcs.close_compute_system(self.system);
            return expect("the row's answer", Expected::Done, self.case.row.answer);
        }
        let alive = |hcs: &dyn Hcs| {
            let (code, handle) = hcs.open_compute_system(ID.into(), GENERIC_ALL);
            if !handle.is_null() {
                // Asked for with a handle of its own, which ends the system if it ends with its handles.
                run(hcs, |operation| hcs.terminate_compute_system(handle, operation, Text::Null));
                hcs.close_compute_system(handle);
            }
            code.is_ok()
        };
        hcs.close_compute_system(self.system);
        let expected = self.case.row.answer == Expected::Nothing;
        expect("the system lives on", expected, alive(hcs))
    }

    /// The whole call, from the state before to the state after.
    fn completion(&self) -> Result<(), String> {
        let hcs = self.hcs();
        // The route has begun the call and keeps it from ending; what is looked at is another system of the same kind.
        let configuration = crate::input::configuration(self.case.kind, self.case.facet);
        let mut other = SystemHandle::NULL;
        let create = run(hcs, |operation| {
            let (code, handle) =
                hcs.create_compute_system("completion".into(), configuration.as_str().into(), operation);
            other = handle;
            code
        });
        let (_, heard) = self.listen_to(other);
        let answer = match self.case.row.on {
            Trigger::CreateDone => create,
            Trigger::StartDone => run(hcs, |operation| hcs.start_compute_system(other, operation, Text::Null)),
            _ => run(hcs, |operation| hcs.terminate_compute_system(other, operation, Text::Null)),
        };
        let properties = run(hcs, |operation| hcs.get_compute_system_properties(other, operation, Text::Null));
        // An event comes after the completion; closing the handle first would drop it.
        let told = self.expect_heard(&heard, &[Audience::EveryHandle]);
        hcs.close_compute_system(other);
        self.expect_answer(&answer)?;
        told?;
        self.expect_visible(self.case.row.becomes.unwrap_or(self.case.state), properties.outcome.as_ref())
    }

    fn properties_done(&self) -> Result<(), String> {
        let on = (Trigger::GetProperties, Facet::BasicQuery);
        let admission = find(self.rows, on.0, on.1, self.case.kind, self.case.state, self.build);
        if admission.is_none_or(|row| row.answer != Expected::Accepted) {
            // The query is refused in this state, so that none can complete in it that was not asked before.
            return Ok(());
        }
        let answer =
            run(self.hcs(), |operation| self.hcs().get_compute_system_properties(self.system, operation, Text::Null));
        self.expect_answer(&answer)?;
        self.expect_visible(self.case.state, answer.outcome.as_ref())
    }

    fn world(&self) -> Result<(), String> {
        let (listening, heard) = self.listen();
        // A late listener is told of an exit at once; that is another row's.
        self.session.drain();
        heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let happened = match self.case.row.on {
            Trigger::GuestCrash => self.session.guest_crash(ID),
            Trigger::GuestPowerOff => self.session.guest_power_off(ID),
            _ => self.session.service_stop(),
        };
        if self.case.row.on == Trigger::ServiceStop {
            let expected = if listening.is_ok() { self.case.row.answer } else { Expected::Done };
            expect("the row's answer", Expected::Done, expected)?;
        } else if !self.is_shadowed() {
            expect("it happens", self.case.row.answer == Expected::Done, happened)?;
        }
        if listening.is_ok() {
            self.expect_heard(&heard, &[Audience::EveryHandle])?;
        }
        if self.case.row.on == Trigger::ServiceStop || self.is_shadowed() || self.system.is_null() {
            // A stopped service answers nobody; what is not there has no state.
            return Ok(());
        }
        self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
    }
}

/// Holds what came against what was believed.
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, believed: T, came: T) -> Result<(), String> {
    if believed == came { Ok(()) } else { Err(format!("{what}: believed {believed:?}, came {came:?}")) }
}
