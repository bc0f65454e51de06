//! What a row of processes leads one to expect: the answer, the state that shows, the end, the events.

use std::sync::PoisonError;

use hcs_api::Text;
use hcs_rules::guest::{GuestOs, ProcessEnd, exit_code};
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{CONNECTION_LOST, Ends, ProcessAfter, ProcessFacet, ProcessState, ProcessTrigger};
use hcs_rules::rule::Answer as Expected;
use hcs_rules::vocabulary::{EventType, Kind};

use crate::expect::{expect, expect_row};
use crate::process::input::{INCOMPLETE, SHORT_CODE};
use crate::process::pull::Pull;
use crate::process::route::find;
use crate::target::{Answer, number, run};

impl Pull<'_> {
    /// The answer is the row's.
    pub(super) fn expect_answer(&self, came: &Answer) -> Result<(), String> {
        expect_row((self.case.row.answer, self.case.row.surface), came, self.hang, Hresult::E_UNEXPECTED)
    }

    /// The state that the row leads to.
    pub(super) fn next(&self) -> ProcessState {
        self.case.row.becomes.unwrap_or(self.case.state)
    }

    /// What shows of a state without changing it: the status, and with what a change that says nothing is refused.
    pub(super) fn expect_state(&self, state: ProcessState) -> Result<(), String> {
        if self.case.row.answer == Expected::Accepted && !self.hang {
            // The state of passage is over; the completion's own case looks at what it led to.
            return Ok(());
        }
        let (hcs, process) = (self.hcs(), self.at.process);
        let asked = run(hcs, |operation| hcs.get_process_properties(process, operation, Text::Null));
        let code = asked.outcome.as_ref().map(|outcome| outcome.code);
        let believed = self.refusal(ProcessTrigger::GetProperties, ProcessFacet::Plain, state);
        expect(&format!("the properties of what is {}", state.name()), Some(believed), code)?;
        if believed.is_ok() {
            let status = asked.outcome.and_then(|outcome| outcome.document).unwrap_or_default();
            let exited = status.contains(r#""Exited":true"#);
            expect(&format!("Exited of what is {}", state.name()), state == ProcessState::Exited, exited)?;
            expect("ProcessId", self.at.id, number(&status, "ProcessId"))?;
        }
        if !self.hang {
            // What no real host has been seen to do must not spoil the cases of every other row there.
            return Ok(());
        }
        let changed = run(hcs, |operation| hcs.modify_process(process, operation, INCOMPLETE.into()));
        let believed = self.refusal(ProcessTrigger::Modify, ProcessFacet::Incomplete, state);
        let came = changed.outcome.map(|outcome| outcome.code);
        expect(&format!("an incomplete change of what is {}", state.name()), Some(believed), came)
    }

    /// The code with which a row refuses, `S_OK` if it does not.
    fn refusal(&self, on: ProcessTrigger, facet: ProcessFacet, state: ProcessState) -> Hresult {
        match find(self.rows, on, facet, self.case.kind, state, self.build).map(|row| row.answer) {
            Some(Expected::Fails(code)) => code,
            _ => Hresult::S_OK,
        }
    }

    /// The status of a process that a row has ended.
    pub(super) fn expect_end(&self) -> Result<(), String> {
        let by = |end: ProcessEnd, number: u32| exit_code(GuestOs::Windows, end).code.of(number);
        let (code, wait_result) = match self.case.row.ends {
            Some(Ends::Killed) => (by(ProcessEnd::Killed, 0), Hresult::S_OK),
            // The slow program ends well.
            Some(Ends::Program) => (by(ProcessEnd::ByItself, 0), Hresult::S_OK),
            Some(Ends::Unknown) => (hcs_rules::process::UNKNOWN_EXIT_CODE, CONNECTION_LOST),
            // The service that could say so is gone.
            Some(Ends::Untold) | None => return Ok(()),
        };
        let (hcs, process) = (self.hcs(), self.at.process);
        let asked = run(hcs, |operation| hcs.get_process_properties(process, operation, Text::Null));
        let status = asked.outcome.and_then(|outcome| outcome.document).unwrap_or_default();
        expect("ExitCode", Some(code), number(&status, "ExitCode"))?;
        let waited = format!(r#""LastWaitResult":{}"#, wait_result.0 as i32);
        expect(&format!("{waited} in {status}"), true, status.contains(&waited))
    }

    /// The events that have been heard.
    pub(super) fn heard(&self) -> Vec<u32> {
        self.session.drain();
        self.at.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events are the row's.
    pub(super) fn expect_heard(&self) -> Result<(), String> {
        let row = self.case.row;
        let told = matches!(row.ends, Some(Ends::Program | Ends::Killed | Ends::Unknown))
            || row.after == ProcessAfter::SetCallbackLate;
        let events: &[EventType] = match row.on {
            ProcessTrigger::ServiceStop => &[EventType::ServiceDisconnect],
            _ if told => &[EventType::ProcessExited],
            _ => &[],
        };
        let events: Vec<u32> = events.iter().map(|event| event.value()).collect();
        expect("the events", events, self.heard())
    }

    /// The exit status that a wait came to.
    pub(super) fn expect_status(&self, document: Option<&str>) -> Result<(), String> {
        let status = document.unwrap_or_default();
        expect("an exit status", true, status.contains(r#""Exited":true"#))?;
        expect("ExitCode", Some(SHORT_CODE), number(status, "ExitCode"))
    }

    /// Whether the processes of the case's kind are behind a connection that is lost with the guest's.
    pub(super) fn is_remote(&self) -> bool {
        self.case.kind != Kind::ProcessContainer
    }
}
