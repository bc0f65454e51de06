//! What a suite runs on: a name, a build, what it is capable of, and a fresh session for each case.

use hcs_api::{Hcs, Outcome, Text};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::{Call, Trigger};

/// What a target can do beside answering calls. A Windows host can do none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Keep an operation from ending, or have it take long.
    pub hang: bool,
    /// Crash a guest, power it off, stop the service.
    pub world_events: bool,
}

/// The double, or a Windows host.
pub trait Target: Sync {
    /// The name, for reports.
    fn name(&self) -> String;
    /// The build that answers.
    fn build(&self) -> Build;
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// A session in which nothing has happened yet.
    fn session(&self) -> Box<dyn Session>;
}

/// One case's world. Systems that it leaves behind are its own to end.
pub trait Session {
    /// The calls.
    fn hcs(&self) -> &dyn Hcs;
    /// The next operation of this call never ends by itself. Needs [`Capabilities::hang`].
    fn hang_next(&self, call: Call);
    /// The next operation of this call takes long, though not as long as [`PATIENCE`]. Needs [`Capabilities::hang`].
    fn delay_next(&self, call: Call);
    /// The guest of the next system on which this call succeeds never does what the call begins: come up, go down. Needs
    /// [`Capabilities::hang`].
    fn guest_hangs_next(&self, call: Call);
    /// The world pulls this trigger on the system of this id; whether that did anything. Needs
    /// [`Capabilities::world_events`].
    fn world(&self, on: Trigger, id: &str) -> bool;
    /// So much time passes that everything has happened which is going to.
    fn settle(&self);
    /// Every callback that is due has returned.
    fn drain(&self);
}

/// Makes a call on an operation of its own and waits for it. The first is what the call returned, the second what the
/// operation ended with, if the call was accepted.
pub fn run(hcs: &dyn Hcs, call: impl FnOnce(hcs_api::OperationHandle) -> hcs_rules::hresult::Hresult) -> Answer {
    let operation = hcs.create_operation(None);
    let code = call(operation);
    let outcome = code.is_ok().then(|| hcs.wait_for_operation_result(operation, PATIENCE));
    hcs.close_operation(operation);
    Answer { code, outcome }
}

/// How long a case waits for an operation, in milliseconds. A start on a real host takes seconds.
pub const PATIENCE: u32 = 120_000;

/// What a call on an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the call returned.
    pub code: hcs_rules::hresult::Hresult,
    /// What the operation ended with, if the call was accepted.
    pub outcome: Option<Outcome>,
}

/// Every system, as JSON.
pub fn list(hcs: &dyn Hcs) -> String {
    let answer = run(hcs, |operation| hcs.enumerate_compute_systems(Text::Null, operation));
    answer.outcome.and_then(|outcome| outcome.document).map(|document| document.to_string()).unwrap_or_default()
}

/// The number that a document has under a name, wherever it stands.
pub(crate) fn number(document: &str, name: &str) -> Option<u32> {
    let (_, rest) = document.split_once(&format!(r#""{name}":"#))?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}
