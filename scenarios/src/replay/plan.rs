//! What is known of a record before it is replayed: which line answers a call, and how long operations took.

use std::collections::BTreeMap;
use std::time::Duration;

use hcs_record::line::Target;
use hcs_record::{Line, Record, Recorded, Role};
use hcs_rules::hresult::Hresult;
use serde_json::Value;

type Members = [(String, Value)];

/// A wait that took longer than this had something to wait for, in milliseconds.
const BLOCKED_MS: f64 = 50.0;

/// The record's name of the operation, the system or the process that a call is about.
pub(super) fn subject<'a>(export: &Recorded, with: &'a Members) -> Option<&'a str> {
    let is_subject = |role: Role| matches!(role, Role::Operation | Role::System | Role::Process);
    let (subject, _) = export.parameters.iter().find(|(_, role)| is_subject(*role))?;
    with.iter().find(|(name, _)| name == subject)?.1.as_str()
}

/// Which line is which.
pub(super) struct Plan {
    calls: BTreeMap<u64, (usize, Option<usize>)>,
    /// How long operations took, by the calls that began them.
    latencies: BTreeMap<u64, Duration>,
}

/// An operation that is under way in a record.
struct Underway {
    call: u64,
    began_ms: f64,
    /// Until when it is known not to be done.
    pending_ms: Option<f64>,
}

impl Underway {
    /// How long it took, if it was done at this moment, or before it and nobody knows when.
    fn took(&self, done_ms: Option<f64>) -> Duration {
        let ms = match (done_ms, self.pending_ms) {
            (Some(done), _) => done - self.began_ms,
            (None, Some(pending)) => pending - self.began_ms + 0.001,
            (None, None) => 0.0,
        };
        Duration::from_nanos((ms.max(0.0) * 1e6) as u64)
    }
}

impl Plan {
    pub(super) fn of(record: &Record) -> Plan {
        let mut plan = Plan { calls: BTreeMap::new(), latencies: BTreeMap::new() };
        let mut underway: BTreeMap<&str, Underway> = BTreeMap::new();
        for (at, line) in record.lines.iter().enumerate() {
            match line {
                Line::Call { when, call, of, with } => {
                    plan.calls.insert(*call, (at, None));
                    let operation = with.iter().find(|(name, _)| name == "operation").and_then(|(_, it)| it.as_str());
                    if let Some(operation) = operation.filter(|_| !of.contains("Operation")) {
                        let began = Underway { call: *call, began_ms: when.ms, pending_ms: None };
                        underway.insert(operation, began);
                    }
                }
                Line::Answer { when, answer, code, .. } => {
                    let Some((called, answered)) = plan.calls.get_mut(answer) else { continue };
                    *answered = Some(at);
                    let called = *called;
                    let Some(Line::Call { when: entered, of, with, .. }) = record.lines.get(called) else { continue };
                    if !of.contains("OperationResult") {
                        continue;
                    }
                    let operation = with.iter().find(|(name, _)| name == "operation").and_then(|(_, it)| it.as_str());
                    let Some(operation) = operation else { continue };
                    let Some(began) = underway.get_mut(operation) else { continue };
                    let code = Hresult(code.unwrap_or_default());
                    if matches!(code, Hresult::HCS_E_OPERATION_PENDING | Hresult::HCS_E_OPERATION_TIMEOUT) {
                        began.pending_ms = Some(when.ms);
                        continue;
                    }
                    let blocked = of.contains("Wait") && when.ms - entered.ms > BLOCKED_MS;
                    plan.latencies.insert(began.call, began.took(blocked.then_some(when.ms)));
                    underway.remove(operation);
                }
                Line::Tells { when, whose, event, .. } if event.as_str() == Some("completed") => {
                    if let Some(began) = underway.remove(whose.as_str()) {
                        plan.latencies.insert(began.call, began.took(Some(when.ms)));
                    }
                }
                _ => {}
            }
        }
        plan
    }

    /// A call: its export and its arguments.
    pub(super) fn call<'a>(&self, record: &'a Record, number: u64) -> Option<(&'static Recorded, &'a Members)> {
        match record.lines.get(self.calls.get(&number)?.0)? {
            Line::Call { of, with, .. } => Some((Recorded::by_name(of)?, with)),
            _ => None,
        }
    }

    /// What a call was answered, if it was: its code, and what it gave.
    pub(super) fn answer<'a>(&self, record: &'a Record, number: u64) -> Option<(Option<u32>, &'a Members)> {
        match record.lines.get(self.calls.get(&number)?.1?)? {
            Line::Answer { code, gives, .. } => Some((*code, gives)),
            _ => None,
        }
    }

    /// How long the operation takes that a call begins. Work of the simulated service was due at once where the record was
    /// made; what the real one took is known if somebody asked for it.
    pub(super) fn latency(&self, target: Target, call: u64) -> Option<Duration> {
        match target {
            Target::Double => Some(Duration::ZERO),
            Target::Windows => self.latencies.get(&call).copied(),
        }
    }
}
