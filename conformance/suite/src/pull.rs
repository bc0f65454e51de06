//! Pulling a trigger in its situation, and holding what comes against the row.

use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{Hcs, SystemHandle, Text};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::rule::{After, Answer as Expected, Audience};
use hcs_rules::vocabulary::{Call, Facet, GENERIC_ALL, Trigger};

use crate::derived::Case;
use crate::expect::expect;
use crate::input::Input;
use crate::route::{ID, Scene, invoke};
use crate::target::{Answer, Session, list, run};

/// Makes a call that is kept from ending, and looks at what its operation says meanwhile.
pub(crate) fn begin(
    session: &dyn Session,
    call: Call,
    make: impl FnOnce(hcs_api::OperationHandle) -> Hresult,
) -> Answer {
    let hcs = session.hcs();
    session.hang_next(call);
    let operation = hcs.create_operation(None);
    let code = make(operation);
    let outcome = code.is_ok().then(|| hcs.get_operation_result(operation));
    hcs.close_operation(operation);
    Answer { code, outcome }
}

/// A case in its situation.
pub(crate) struct Pull<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) rows: &'a [hcs_rules::rule::Row],
    pub(crate) session: &'a dyn Session,
    pub(crate) scene: &'a Scene,
    pub(crate) input: &'a Input,
    pub(crate) build: Build,
    /// Whether what is accepted can be kept from ending.
    pub(crate) hang: bool,
}

impl Pull<'_> {
    pub(crate) fn hcs(&self) -> &dyn Hcs {
        self.session.hcs()
    }

    pub(crate) fn text(&self) -> Text<'_> {
        self.input.document.as_deref().into()
    }

    /// Pulls the trigger and holds the answer, the state afterwards and the events against the row.
    pub(crate) fn pull(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let system = self.scene.system;
        match self.case.row.on {
            Trigger::Create => {
                let mut made = SystemHandle::NULL;
                let answer = self.hold(Call::CreateComputeSystem, |operation| {
                    let (code, handle) = hcs.create_compute_system(ID.into(), self.text(), operation);
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
            Trigger::Enumerate => self.expect_answer(&self.hold(Call::EnumerateComputeSystems, |operation| {
                hcs.enumerate_compute_systems(self.text(), operation)
            })),
            Trigger::List => {
                let listed = list(hcs).contains(&format!(r#""Id":"{ID}""#)) && !self.is_shadowed();
                expect("listed", self.case.row.answer == Expected::Done, listed)
            }
            Trigger::SetCallback => self.set_callback(),
            Trigger::WaitForExit => self.wait_for_exit(),
            Trigger::Close => self.close(),
            Trigger::LastHandleGone => self.last_handle(),
            Trigger::GetPropertiesDone => {
                let answer = run(hcs, |operation| hcs.get_compute_system_properties(system, operation, Text::Null));
                self.expect_answer(&answer)?;
                self.expect_visible(self.case.state, answer.outcome.as_ref())
            }
            Trigger::ModifyDone => self.change(),
            Trigger::CreateProcess => self.create_process(),
            Trigger::CreateProcessDone => self.process_is_made(),
            Trigger::OpenProcess => self.open_process(),
            Trigger::InitExit => self.first_process_ends(),
            Trigger::EnumerateDone => {
                let answer = run(hcs, |operation| hcs.enumerate_compute_systems(Text::Null, operation));
                self.expect_answer(&answer)?;
                let is_list = answer.outcome.and_then(|outcome| outcome.document);
                expect("a list", true, is_list.is_some_and(|list| list.starts_with('[')))
            }
            Trigger::GuestStops => self.guest_stops(),
            Trigger::OriginGone => self.origin_gone(),
            on => match (on.admits(), on.completes()) {
                (Some(call), _) => {
                    let answer = self.hold(call, |operation| invoke(hcs, call, system, operation, self.text()));
                    self.expect_answer(&answer)?;
                    self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
                }
                (None, Some(call)) => self.completion(call),
                (None, None) => self.world(),
            },
        }
    }

    /// Whether another system of the same id hides this one: the refused second of two.
    pub(crate) fn is_shadowed(&self) -> bool {
        self.case.state == hcs_rules::vocabulary::SystemState::Refused
    }

    /// Makes a call. One that is accepted is kept from ending where the target can do so, so that the state during it shows.
    pub(crate) fn hold(&self, call: Call, make: impl FnOnce(hcs_api::OperationHandle) -> Hresult) -> Answer {
        if self.case.row.answer != Expected::Accepted || !self.hang {
            return run(self.hcs(), make);
        }
        begin(self.session, call, make)
    }

    /// Listens to a system; answers what has been heard, which the caller reads later.
    pub(crate) fn listen_to(&self, system: SystemHandle) -> (Hresult, Arc<Mutex<Vec<u32>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let callback =
            move |event: &hcs_api::Event| ear.lock().unwrap_or_else(PoisonError::into_inner).push(event.kind);
        (self.hcs().set_compute_system_callback(system, 0, Some(Arc::new(callback))), heard)
    }

    fn set_callback(&self) -> Result<(), String> {
        let (hcs, system) = (self.hcs(), self.scene.system);
        if self.case.facet == Facet::SecondCallback {
            expect("a first callback", true, self.listen_to(system).0.is_ok())?;
        }
        if self.case.facet == Facet::NoCallback {
            let code = hcs.set_compute_system_callback(system, 0, None);
            return self.expect_answer(&Answer { code, outcome: None });
        }
        let (code, heard) = self.listen_to(system);
        self.expect_answer(&Answer { code, outcome: None })?;
        self.expect_heard(&heard, &[Audience::ThisHandle])
    }

    fn wait_for_exit(&self) -> Result<(), String> {
        let outcome = self.hcs().wait_for_compute_system_exit(self.scene.system, 10);
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
            hcs.close_compute_system(self.scene.system);
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
        hcs.close_compute_system(self.scene.system);
        let expected = self.case.row.answer == Expected::Nothing;
        expect("the system lives on", expected, alive(hcs))
    }

    /// A change that the resource table lets through.
    fn change(&self) -> Result<(), String> {
        let (hcs, system) = (self.hcs(), self.scene.system);
        let answer = run(hcs, |operation| hcs.modify_compute_system(system, operation, self.text()));
        let created = self.case.state == hcs_rules::vocabulary::SystemState::Created;
        let found = if created { Hresult::HCS_E_INVALID_STATE } else { Hresult::S_OK };
        self.expect_found(&answer, found)
    }

    /// The whole call on another system of the same kind, from the state before to the state after.
    fn completion(&self, call: Call) -> Result<(), String> {
        let hcs = self.hcs();
        let begun = matches!(self.case.route.last(), Some(crate::route::Step::Begin(last)) if *last == call);
        let route = if begun { &self.case.route[..self.case.route.len() - 1] } else { &self.case.route[..] };
        let other = Scene::set(self.session, "completion", route, self.case.kind, self.input, self.build)?;
        let mut system = other.system;
        let (_, mut heard) = self.listen_to(system);
        let answer = run(hcs, |operation| match call {
            Call::CreateComputeSystem => {
                let id = Text::Some("completion");
                let (code, handle) = hcs.create_compute_system(id, self.input.configuration.as_str().into(), operation);
                system = handle;
                heard = self.listen_to(system).1;
                code
            }
            Call::ShutDownComputeSystem => {
                self.session.guest_hangs_next(call);
                invoke(hcs, call, system, operation, crate::route::options(call, self.case.kind, self.build))
            }
            _ => invoke(hcs, call, system, operation, self.text()),
        });
        let state = self.case.row.becomes.unwrap_or(self.case.state);
        // An event comes after the completion; closing the handle first would drop it.
        let told = self.expect_heard(&heard, &[Audience::EveryHandle, Audience::Connected]);
        let shown = self.expect_properties(system, state);
        if system != other.system {
            hcs.close_compute_system(system);
        }
        other.strike(self.session);
        let found = self.found();
        self.expect_found(&answer, found)?;
        told?;
        shown
    }

    /// What an answer that another table gives is, for the inputs of this suite.
    fn found(&self) -> Hresult {
        use hcs_rules::constraint::{Constraint, row};
        let constraint = match (self.case.row.on, self.case.kind) {
            (Trigger::StartDone, _) => Constraint::RegionName,
            (Trigger::SaveDone, _) => Constraint::SaveToFolder,
            (_, hcs_rules::vocabulary::Kind::HostedContainer) => Constraint::NoHost,
            (_, hcs_rules::vocabulary::Kind::VirtualMachine | hcs_rules::vocabulary::Kind::GuestVirtualMachine) => {
                Constraint::OddMemory
            }
            _ => Constraint::DirectoriesCollide,
        };
        row(constraint).code
    }

    /// A shutdown, and what the guest then does: on another system, in the time that the guest takes.
    fn guest_stops(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let route = &self.case.route[..self.case.route.len() - 1];
        let other = Scene::set(self.session, "completion", route, self.case.kind, self.input, self.build)?;
        let (_, heard) = self.listen_to(other.system);
        let text = match self.case.facet {
            Facet::Reboot => self.text(),
            _ => crate::route::options(Call::ShutDownComputeSystem, self.case.kind, self.build),
        };
        let answer = run(hcs, |operation| hcs.shut_down_compute_system(other.system, operation, text));
        self.session.settle();
        let told = self.expect_heard(&heard, &[Audience::EveryHandle, Audience::Connected]);
        let shown = self.expect_properties(other.system, self.case.row.becomes.unwrap_or(self.case.state));
        other.strike(self.session);
        expect("the shutdown", Some(Hresult::S_OK), answer.outcome.map(|outcome| outcome.code))?;
        expect("it happens", Expected::Done, self.case.row.answer)?;
        told.and(shown)
    }

    /// The machine around the container ends.
    fn origin_gone(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let (listening, heard) = self.listen_to(self.scene.system);
        self.session.drain();
        heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        run(hcs, |operation| hcs.terminate_compute_system(self.scene.host, operation, Text::Null));
        let ends = self.case.row.becomes.is_some();
        expect("it happens", self.case.row.answer == Expected::Done, ends)?;
        if listening.is_ok() {
            self.expect_heard(&heard, &[Audience::EveryHandle, Audience::Connected])?;
        }
        if self.is_shadowed() {
            return Ok(());
        }
        self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
    }

    fn world(&self) -> Result<(), String> {
        let (listening, heard) = self.listen_to(self.scene.system);
        // A late listener is told of an exit at once; that is another row's.
        self.session.drain();
        heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let happened = self.session.world(self.case.row.on, ID);
        let stop = self.case.row.on == Trigger::ServiceStop;
        let expected = stop || self.case.row.answer == Expected::Done;
        expect("it happens", expected, happened)?;
        if stop {
            expect("the row's answer", Expected::Done, self.case.row.answer)?;
        }
        if listening.is_ok() {
            self.expect_heard(&heard, &[Audience::EveryHandle, Audience::Connected])?;
        }
        if self.case.row.after == After::MakeSystem {
            let (code, made) = self.hcs().open_compute_system(ID.into(), GENERIC_ALL);
            expect("opening what is new", Hresult::S_OK, code)?;
            let shown = self.expect_properties(made, self.case.row.becomes.unwrap_or(self.case.state));
            self.hcs().close_compute_system(made);
            return shown;
        }
        if stop || self.scene.system.is_null() {
            // A stopped service answers nobody; what is not there has no state.
            return Ok(());
        }
        self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
    }
}
