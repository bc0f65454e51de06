//! Pulling a trigger on a process, and holding what comes against the row.

use hcs_api::{Hcs, Text};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{ProcessAfter, ProcessFacet, ProcessRow, ProcessState, ProcessTrigger};
use hcs_rules::rule::Answer as Expected;
use hcs_rules::vocabulary::{Call, GENERIC_ALL, Trigger};

use crate::expect::expect;
use crate::process::Case;
use crate::process::input::{Program, document, parameters_for};
use crate::process::route::{Situation, await_exit, find, invoke, no_executable};
use crate::route::ID;
use crate::target::{Answer, PATIENCE, Session, run};

/// A case in its situation.
pub(crate) struct Pull<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) rows: &'a [ProcessRow],
    pub(super) session: &'a dyn Session,
    pub(super) at: &'a Situation,
    pub(super) build: Build,
    /// Whether what is accepted can be kept from ending.
    pub(super) hang: bool,
}

impl Pull<'_> {
    pub(super) fn hcs(&self) -> &dyn Hcs {
        self.session.hcs()
    }

    fn text(&self) -> Text<'static> {
        document(self.case.row.on, self.case.facet).into()
    }

    /// Pulls the trigger and holds the answer, the state afterwards and the events against the row.
    pub(crate) fn pull(&self) -> Result<(), String> {
        match self.case.row.on {
            ProcessTrigger::Close => self.close(),
            ProcessTrigger::LastHandleGone => self.last_handle(),
            ProcessTrigger::SetCallback => self.set_callback(),
            ProcessTrigger::WaitForExit => self.wait_for_exit(),
            ProcessTrigger::Created | ProcessTrigger::CreationFailed => self.creation(),
            ProcessTrigger::ProgramEnd => self.program_end(),
            ProcessTrigger::SystemOver
            | ProcessTrigger::ConnectionLost
            | ProcessTrigger::Freeze
            | ProcessTrigger::Thaw
            | ProcessTrigger::ServiceStop => self.world(),
            on => match (on.admits(), on.completes()) {
                (Some(call), _) => self.admission(call),
                (None, _) => self.completion(),
            },
        }
    }

    /// A call is made; what is accepted stays in flight while the state is looked at.
    fn admission(&self, call: Call) -> Result<(), String> {
        let (hcs, process) = (self.hcs(), self.at.process);
        let make = |operation| invoke(hcs, call, process, operation, self.text());
        let answer = match self.case.row.answer == Expected::Accepted && self.hang {
            true => crate::pull::begin(self.session, call, make),
            false => run(hcs, make),
        };
        self.expect_answer(&answer)?;
        self.expect_state(self.next())
    }

    /// An operation that was begun while the process ran is done.
    fn completion(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let Some((operation, code)) = self.at.begun else { return Err("no operation was begun".to_owned()) };
        let row = self.case.row;
        let outcome = match row.on {
            ProcessTrigger::GetInfoDone => {
                let (outcome, information) = hcs.wait_for_operation_result_and_process_info(operation, PATIENCE);
                let id = information.map(|information| information.process_id);
                expect("the process's id", self.at.id.filter(|_| row.after == ProcessAfter::Information), id)?;
                outcome
            }
            _ => hcs.wait_for_operation_result(operation, PATIENCE),
        };
        if row.after == ProcessAfter::Status {
            let status = outcome.document.as_deref().unwrap_or_default();
            expect("a status", true, status.starts_with(r#"{"ProcessId":"#))?;
        }
        self.expect_answer(&Answer { code, outcome: Some(outcome) })?;
        if row.on == ProcessTrigger::ModifyDone && self.at.input.is_some() {
            let written = hcs.write_stream(self.at.input, b"x");
            expect("standard input is closed", row.after == ProcessAfter::Change, written.is_err())?;
        }
        if row.after == ProcessAfter::Deliver {
            return self.delivered();
        }
        self.expect_heard()?;
        self.expect_state(self.next())?;
        self.expect_end()
    }

    /// The endless program has got a signal that it does not handle, which ends it where it runs.
    fn delivered(&self) -> Result<(), String> {
        let end = (ProcessTrigger::ProgramEnd, ProcessFacet::Plain);
        let row = find(self.rows, end.0, end.1, self.case.kind, self.case.state, self.build);
        let ended = row.and_then(|row| row.becomes);
        if ended.is_some() && !self.hang {
            // A real program takes its time.
            await_exit(self.session, self.at.process)?;
        }
        expect("the end is told", ended.is_some(), !self.heard().is_empty())?;
        self.expect_state(ended.unwrap_or(self.case.state))
    }

    /// One handle of two is closed: the other goes on.
    fn close(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let (code, second) = hcs.open_process(self.at.scene.system, self.at.id.unwrap_or_default(), GENERIC_ALL);
        expect("a second handle", Hresult::S_OK, code)?;
        hcs.close_process(second);
        expect("the row's answer", Expected::Done, self.case.row.answer)?;
        self.expect_heard()?;
        self.expect_state(self.case.state)
    }

    /// The only handle is closed: what lives can be opened anew, what is over is forgotten.
    fn last_handle(&self) -> Result<(), String> {
        let hcs = self.hcs();
        hcs.close_process(self.at.process);
        let (code, again) = hcs.open_process(self.at.scene.system, self.at.id.unwrap_or_default(), GENERIC_ALL);
        if !again.is_null() {
            hcs.close_process(again);
        }
        expect("the process is forgotten", self.case.row.answer == Expected::Done, code.is_err())
    }

    fn set_callback(&self) -> Result<(), String> {
        let hcs = self.hcs();
        if self.case.facet == ProcessFacet::SecondCallback {
            expect("a first callback", Hresult::S_OK, self.at.register(hcs))?;
            // What is over is told at once; that is another row's.
            self.session.drain();
            self.at.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        }
        let code = match self.case.facet {
            ProcessFacet::NoCallback => hcs.set_process_callback(self.at.process, 0, None),
            _ => self.at.register(hcs),
        };
        self.expect_answer(&Answer { code, outcome: None })?;
        self.expect_heard()?;
        self.expect_state(self.case.state)
    }

    fn wait_for_exit(&self) -> Result<(), String> {
        let outcome = self.hcs().wait_for_process_exit(self.at.process, 10);
        if self.case.row.answer == Expected::Waits {
            return expect("the wait", hcs_rules::process::EXIT_WAIT_TIMED_OUT, outcome.code);
        }
        self.expect_answer(&Answer { code: outcome.code, outcome: None })?;
        match self.case.row.after {
            ProcessAfter::Status => self.expect_status(outcome.document.as_deref()),
            _ => Ok(()),
        }
    }

    /// A whole creation, from no process to what it leads to.
    fn creation(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let fails = self.case.row.on == ProcessTrigger::CreationFailed;
        let program = if fails { Program::Missing } else { Program::Endless };
        let parameters = parameters_for(program, self.case.facet);
        let mut made = hcs_api::ProcessHandle::NULL;
        let answer = run(hcs, |operation| {
            let (code, handle) = hcs.create_process(self.at.scene.system, parameters.as_str().into(), operation);
            made = handle;
            code
        });
        let code = answer.outcome.map(|outcome| outcome.code);
        let peopled = self.case.route.is_some();
        let told = match (fails, peopled) {
            (false, _) => expect("the creation", Some(Hresult::S_OK), code),
            (true, true) => expect("the creation", Some(no_executable()), code),
            (true, false) => expect("the creation fails", true, code.is_some_and(Hresult::is_err)),
        };
        let asked = run(hcs, |operation| hcs.get_process_properties(made, operation, Text::Null));
        hcs.close_process(made);
        told?;
        expect("it happens", Expected::Done, self.case.row.answer)?;
        let state = self.next();
        let row =
            find(self.rows, ProcessTrigger::GetProperties, ProcessFacet::Plain, self.case.kind, state, self.build);
        let believed = match row.map(|row| row.answer) {
            Some(Expected::Fails(code)) => code,
            _ => Hresult::S_OK,
        };
        let outcome = asked.outcome;
        expect("the properties", Some(believed), outcome.as_ref().map(|outcome| outcome.code))?;
        let exited =
            outcome.and_then(|outcome| outcome.document).is_some_and(|status| status.contains(r#""Exited":true"#));
        expect("Exited", state == ProcessState::Exited, exited)
    }

    /// The program of the process comes to its end, where it runs.
    fn program_end(&self) -> Result<(), String> {
        let ends = match self.case.state {
            // The slow program would have needed a second.
            ProcessState::Frozen => self.hcs().wait_for_process_exit(self.at.process, 10_000).code.is_ok(),
            _ => await_exit(self.session, self.at.process).is_ok(),
        };
        expect("it ends", self.case.row.answer == Expected::Done, ends)?;
        self.expect_heard()?;
        self.expect_state(self.next())?;
        self.expect_end()
    }

    /// The system around the process, or the world, does something.
    fn world(&self) -> Result<(), String> {
        let row = self.case.row;
        let frozen = self.case.state == ProcessState::Frozen;
        self.act(frozen)?;
        if row.on == ProcessTrigger::ServiceStop {
            // A stopped service answers nobody.
            expect("the row's answer", Expected::Done, row.answer)?;
            return self.expect_heard();
        }
        self.expect_heard()?;
        // What happens without a new state shows in nothing.
        expect("it happens", row.answer == Expected::Done, row.becomes.is_some())?;
        self.expect_state(self.next())?;
        self.expect_end()
    }

    fn act(&self, frozen: bool) -> Result<(), String> {
        let hcs = self.hcs();
        let pause = || {
            self.at
                .on_machine(self.session, |machine, operation| hcs.pause_compute_system(machine, operation, Text::Null))
        };
        match self.case.row.on {
            ProcessTrigger::SystemOver => self.at.end_system(self.session),
            ProcessTrigger::ConnectionLost => {
                let happened = self.session.world(Trigger::GuestDisconnect, ID);
                expect("the connection is lost", self.is_remote() && self.case.kind != NO_CONNECTION, happened)
            }
            ProcessTrigger::ServiceStop => {
                expect("the service stops", true, self.session.world(Trigger::ServiceStop, ID))
            }
            // A paused machine that is saved is told to be paused once more.
            ProcessTrigger::Freeze if frozen => self.at.on_machine(self.session, |machine, operation| {
                let options = Text::Some(r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\conformance\\saved.vmrs"}"#);
                hcs.save_compute_system(machine, operation, options)
            }),
            ProcessTrigger::Freeze => pause(),
            _ => {
                if !frozen {
                    pause()?;
                }
                self.at.on_machine(self.session, |machine, operation| {
                    hcs.resume_compute_system(machine, operation, Text::Null)
                })
            }
        }
    }
}

/// The kind that has no guest connection.
const NO_CONNECTION: hcs_rules::vocabulary::Kind = hcs_rules::vocabulary::Kind::VirtualMachine;
