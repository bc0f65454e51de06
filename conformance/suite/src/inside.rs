//! Pulling the triggers of a system that are about the processes in it.

use hcs_api::{ProcessHandle, Text};
use hcs_rules::guest::GuestOs;
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{self, LaunchFault, ProcessFacet, ProcessState, ProcessTrigger, launch_fault};
use hcs_rules::rule::{Answer as Expected, Audience};
use hcs_rules::vocabulary::{Call, EventType, Facet, GENERIC_ALL};

use crate::expect::expect;
use crate::process::route::await_exit;
use crate::pull::Pull;
use crate::target::{Answer, PATIENCE, run};

/// An id that no guest gives out so early.
const UNKNOWN: u32 = 4_000_000_000;

impl Pull<'_> {
    /// The handle comes with a call that is not refused, whatever the operation ends with.
    pub(crate) fn create_process(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let mut made = ProcessHandle::NULL;
        let answer = self.hold(Call::CreateProcess, |operation| {
            let (code, handle) = hcs.create_process(self.scene.system, self.text(), operation);
            made = handle;
            code
        });
        if !made.is_null() {
            hcs.close_process(made);
        }
        self.expect_answer(&answer)?;
        expect("a handle", answer.code.is_ok(), !made.is_null())?;
        self.expect_state(self.case.state)
    }

    /// A creation that was begun while the system ran ends in the state that the system is in now.
    pub(crate) fn process_is_made(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let Some((operation, code)) = self.scene.begun else { return Err("no creation was begun".to_owned()) };
        let outcome = hcs.wait_for_operation_result(operation, PATIENCE);
        let fault = launch_fault(LaunchFault::NoExecutable, GuestOs::Windows);
        self.expect_found(&Answer { code, outcome: Some(outcome) }, fault.code)?;
        let state = if self.case.facet == Facet::Unservable { ProcessState::Refused } else { ProcessState::Running };
        let properties = (ProcessTrigger::GetProperties, ProcessFacet::Plain);
        let row = process::rule(properties.0, properties.1, self.case.kind, state, self.build);
        let believed = match row.map(|row| row.answer) {
            Some(Expected::Fails(code)) => code,
            _ => Hresult::S_OK,
        };
        let asked = run(hcs, |operation| hcs.get_process_properties(self.scene.process, operation, Text::Null));
        expect("the process's properties", Some(believed), asked.outcome.map(|outcome| outcome.code))?;
        self.expect_state(self.case.state)
    }

    /// A process is opened by its id.
    pub(crate) fn open_process(&self) -> Result<(), String> {
        let hcs = self.hcs();
        let id = if self.case.facet == Facet::UnknownProcess { UNKNOWN } else { self.scene.process_id };
        let (code, handle) = hcs.open_process(self.scene.system, id, GENERIC_ALL);
        if !handle.is_null() {
            hcs.close_process(handle);
        }
        expect("a handle", code.is_ok(), !handle.is_null())?;
        self.expect_answer(&Answer { code, outcome: None })
    }

    /// The process that was made first ends by itself.
    pub(crate) fn first_process_ends(&self) -> Result<(), String> {
        let (listening, heard) = self.listen_to(self.scene.system);
        expect("a callback", true, listening.is_ok())?;
        await_exit(self.session, self.scene.process)?;
        self.expect_heard(&heard, &[Audience::EveryHandle, Audience::Connected])?;
        let exited = heard.lock().is_ok_and(|heard| heard.contains(&EventType::SystemExited.value()));
        expect("the system ends", self.case.row.answer == Expected::Done, exited)?;
        self.expect_state(self.case.row.becomes.unwrap_or(self.case.state))
    }
}
