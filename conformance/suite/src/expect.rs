//! What a row leads one to expect: the answer, the state that shows, the events.

use std::sync::{Mutex, PoisonError};

use hcs_api::{Outcome, SystemHandle, Text};
use hcs_rules::hresult::Hresult;
use hcs_rules::rule::{Answer as Expected, Audience, Surface};
use hcs_rules::vocabulary::{Facet, GENERIC_ALL, Kind, SystemState, Trigger};

use crate::pull::Pull;
use crate::route::{ID, Step, find};
use crate::target::{Answer, list, run};

impl Pull<'_> {
    /// The answer is the row's.
    pub(crate) fn expect_answer(&self, answer: &Answer) -> Result<(), String> {
        self.expect_found(answer, Hresult::E_UNEXPECTED)
    }

    /// The answer is the row's, or what another table says if the row leaves it to that.
    pub(crate) fn expect_found(&self, answer: &Answer, found: Hresult) -> Result<(), String> {
        expect_row((self.case.row.answer, self.case.row.surface), answer, self.hang, found)
    }

    /// What shows of a state without changing it: whether the id opens, whether it is listed, what the properties say.
    pub(crate) fn expect_state(&self, state: SystemState) -> Result<(), String> {
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
        self.expect_properties(self.scene.system, state)
    }

    /// The new system's state shows only through its own handle: the id may be another's.
    pub(crate) fn expect_made(&self, made: SystemHandle) -> Result<(), String> {
        if self.case.row.answer == Expected::Accepted && !self.hang {
            return Ok(());
        }
        self.expect_properties(made, self.case.row.becomes.unwrap_or(self.case.state))
    }

    /// What the properties say of a state, or the code with which it refuses them.
    pub(crate) fn expect_properties(&self, system: SystemHandle, state: SystemState) -> Result<(), String> {
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

    pub(crate) fn expect_visible(&self, state: SystemState, outcome: Option<&Outcome>) -> Result<(), String> {
        let document = outcome.and_then(|outcome| outcome.document.as_deref()).unwrap_or_default();
        let shown =
            document.split_once(r#""State":""#).and_then(|(_, rest)| rest.split_once('"')).map(|(state, _)| state);
        expect(&format!("State of what is {}", state.name()), state.visible(), shown)?;
        let stopped = document.contains(r#""Stopped":true"#);
        expect(&format!("Stopped of what is {}", state.name()), state == SystemState::Exited, stopped)
    }

    /// The events are the row's, as far as they are for such an audience.
    pub(crate) fn expect_heard(&self, heard: &Mutex<Vec<u32>>, to: &[Audience]) -> Result<(), String> {
        self.session.drain();
        let raised = self
            .case
            .row
            .raises
            .iter()
            .filter(|raise| to.contains(&raise.to) && (raise.to != Audience::Connected || self.is_connected()));
        let expected: Vec<u32> = raised.map(|raise| raise.event.value()).collect();
        expect("the events", expected, heard.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Whether the guest connection stood before the trigger: the system was started, and its guest is spoken to.
    fn is_connected(&self) -> bool {
        let connects =
            matches!(self.case.kind, Kind::GuestVirtualMachine | Kind::HyperVContainer | Kind::HostedContainer);
        let started = self.case.route.contains(&Step::Do(hcs_rules::vocabulary::Call::StartComputeSystem));
        connects && started
    }
}

/// The answer is that of a row: its own, or `found` if it leaves it to another table.
pub(crate) fn expect_row(row: (Expected, Surface), came: &Answer, hang: bool, found: Hresult) -> Result<(), String> {
    let ended = came.outcome.as_ref().map(|outcome| outcome.code);
    let (call, operation) = match row {
        // Where it cannot be kept from ending, it must end well.
        (Expected::Accepted, _) if !hang => (Hresult::S_OK, Some(Hresult::S_OK)),
        (Expected::Accepted, _) => (Hresult::S_OK, Some(Hresult::HCS_E_OPERATION_PENDING)),
        (Expected::Done, Surface::Operation) => (Hresult::S_OK, Some(Hresult::S_OK)),
        (Expected::Done, _) => (Hresult::S_OK, ended),
        (Expected::Fails(code) | Expected::NotModelled(code), Surface::Operation) => (Hresult::S_OK, Some(code)),
        (Expected::Fails(code) | Expected::NotModelled(code), _) => (code, ended),
        (Expected::AsFound, _) => (Hresult::S_OK, Some(found)),
        (Expected::Waits | Expected::Nothing, _) => return Err("the row has no answer to a call".to_owned()),
    };
    expect("the call", call, came.code)?;
    expect("the operation", operation, ended)
}

/// Holds what came against what was believed.
pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(what: &str, believed: T, came: T) -> Result<(), String> {
    if believed == came { Ok(()) } else { Err(format!("{what}: believed {believed:?}, came {came:?}")) }
}
