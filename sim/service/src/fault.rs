//! Faults: rules that decide an operation's fate, and rules that hold or drop notifications.
//!
//! Rules are asked in the order in which they were added; the first that fires decides. A fault that never fired fails
//! the test that added it, and tells how near it came.

use std::sync::Arc;
use std::time::Duration;

use hcs_machine::effect::Notification;
use hcs_machine::input::{End, Fate};
use hcs_rules::failure::{CallFailure, Failure};
use hcs_rules::hresult::Hresult;
use hcs_rules::rule::Surface;
use hcs_rules::vocabulary::{Call, EventType};

/// What a rule's predicate is asked about.
#[derive(Clone, Debug)]
pub struct Occasion<'a> {
    /// The call.
    pub call: Call,
    /// The client's name.
    pub client: &'a str,
    /// The id of the system, for calls that have one.
    pub id: Option<&'a str>,
    /// The document that came with the call.
    pub document: Option<&'a str>,
}

type Predicate = Arc<dyn Fn(&Occasion<'_>) -> bool + Send + Sync>;

/// What a fault does.
#[derive(Clone, Debug)]
enum Action {
    /// The call itself returns this code.
    Refuse(Hresult),
    /// The operation ends with this code, and this document or the usual one.
    Fail(Hresult, Option<Arc<str>>),
    /// The operation takes this much longer.
    Delay(Duration),
    /// The operation never ends.
    Hang,
    /// The guest takes this long, in nanoseconds; `u64::MAX` is for ever.
    Guest(u64),
}

/// A rule of faults. Begin with [`on`], narrow it, end with what it does.
///
/// ```
/// use std::time::Duration;
/// use hcs_rules::{hresult::Hresult, vocabulary::Call};
/// use hcs_sim::on;
/// let second_start_hangs = on(Call::StartComputeSystem).nth(2).hang();
/// let creates_are_slow = on(Call::CreateComputeSystem).id("vm").probability(0.25).delay(Duration::from_secs(30));
/// let no_memory = on(Call::StartComputeSystem).fail(Hresult::ERROR_NO_SYSTEM_RESOURCES);
/// ```
#[derive(Clone)]
pub struct Fault {
    call: Call,
    client: Option<String>,
    id: Option<String>,
    nth: Option<u32>,
    probability: Option<f64>,
    predicate: Option<Predicate>,
    action: Action,
}

/// A rule of faults that does not say yet what it does.
#[derive(Clone)]
pub struct Unfinished(Fault);

/// A rule about this call.
pub fn on(call: Call) -> Unfinished {
    Unfinished(Fault {
        call,
        client: None,
        id: None,
        nth: None,
        probability: None,
        predicate: None,
        action: Action::Hang,
    })
}

impl Unfinished {
    /// Only calls of the client of this name.
    #[must_use]
    pub fn client(mut self, name: &str) -> Unfinished {
        self.0.client = Some(name.to_owned());
        self
    }

    /// Only calls about the system with this id, compared as ids are: without regard to case.
    #[must_use]
    pub fn id(mut self, id: &str) -> Unfinished {
        self.0.id = Some(id.to_owned());
        self
    }

    /// Only the nth of the calls that match so far, counted from 1; without it, every one.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Unfinished {
        self.0.nth = Some(nth);
        self
    }

    /// Only with this probability, drawn for each call from the world's seed.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Unfinished {
        self.0.probability = Some(probability);
        self
    }

    /// Only when this says so. It must depend on nothing but its argument, or the world does not repeat, and make no call,
    /// which panics.
    #[must_use]
    pub fn when(mut self, predicate: impl Fn(&Occasion<'_>) -> bool + Send + Sync + 'static) -> Unfinished {
        self.0.predicate = Some(Arc::new(predicate));
        self
    }

    /// The operation ends with this code, and the result document that goes with it.
    pub fn fail(self, code: Hresult) -> Fault {
        self.finish(Action::Fail(code, None))
    }

    /// The operation ends with this code and this result document.
    pub fn fail_with(self, code: Hresult, document: &str) -> Fault {
        self.finish(Action::Fail(code, Some(document.into())))
    }

    /// The call itself returns this code, and starts nothing. The only fault for calls that start no operation.
    pub fn refuse(self, code: Hresult) -> Fault {
        self.finish(Action::Refuse(code))
    }

    /// The operation takes this much longer, in virtual time. A call that starts none takes so long itself, with what is due
    /// meanwhile, except in a stepped world.
    pub fn delay(self, delay: Duration) -> Fault {
        self.finish(Action::Delay(delay))
    }

    /// The operation never ends by itself.
    pub fn hang(self) -> Fault {
        self.finish(Action::Hang)
    }

    /// The guest never does what the operation begins: it does not come up after a start, or go down after a shutdown.
    pub fn guest_hangs(self) -> Fault {
        self.finish(Action::Guest(u64::MAX))
    }

    /// The guest takes this long to do what the operation begins, in virtual time.
    pub fn guest_takes(self, time: Duration) -> Fault {
        self.finish(Action::Guest(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1)))
    }

    /// The operation fails in one of the ways in which it is known to: with that failure's code, on its surface, with
    /// its document. The failures are in [`hcs_rules::failure::FAILURES`]; one of another operation never fires.
    pub fn fail_as(self, failure: &Failure) -> Fault {
        match failure.surface {
            Surface::Call => self.refuse(failure.code),
            Surface::Operation | Surface::Nothing => self.fail(failure.code),
        }
    }

    /// The call fails in one of the ways in which calls without an operation are known to, with that failure's code. They are
    /// in [`hcs_rules::failure::CALL_FAILURES`].
    pub fn refuse_as(self, failure: &CallFailure) -> Fault {
        self.refuse(failure.code)
    }

    fn finish(mut self, action: Action) -> Fault {
        self.0.action = action;
        self.0
    }
}

/// How near a rule came to firing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    NeverCalled,
    OtherClient(String),
    OtherId(String),
    Predicate,
    Count(u32),
    Chance(u32),
    Fired,
}

/// A rule in a world, with what became of it.
pub(crate) struct Armed {
    fault: Fault,
    number: u64,
    seen: u32,
    near: Near,
}

impl Armed {
    pub(crate) fn new(fault: Fault, number: u64) -> Armed {
        Armed { fault, number, seen: 0, near: Near::NeverCalled }
    }

    /// Asks the rule about a call. `chance` draws with the rule's number and a probability.
    pub(crate) fn ask(&mut self, occasion: &Occasion<'_>, chance: impl Fn(u64, f64) -> bool) -> bool {
        if self.fault.call != occasion.call {
            return false;
        }
        let near = self.narrow(occasion, chance);
        let fired = near == Near::Fired;
        self.near = near.max(self.near.clone());
        fired
    }

    fn narrow(&mut self, occasion: &Occasion<'_>, chance: impl Fn(u64, f64) -> bool) -> Near {
        if self.fault.client.as_ref().is_some_and(|client| client != occasion.client) {
            return Near::OtherClient(occasion.client.to_owned());
        }
        if let Some(id) = &self.fault.id
            && occasion.id.is_none_or(|other| other.to_uppercase() != id.to_uppercase())
        {
            return Near::OtherId(occasion.id.unwrap_or("none").to_owned());
        }
        if self.fault.predicate.as_ref().is_some_and(|predicate| !crate::thread::in_predicate(|| predicate(occasion))) {
            return Near::Predicate;
        }
        self.seen += 1;
        if self.fault.nth.is_some_and(|nth| nth != self.seen) {
            return Near::Count(self.seen);
        }
        if self.fault.probability.is_some_and(|probability| !chance(self.number, probability)) {
            return Near::Chance(self.seen);
        }
        Near::Fired
    }

    /// Works the fault into a fate.
    pub(crate) fn strike(&self, fate: &mut Fate) {
        match &self.fault.action {
            Action::Refuse(code) => fate.end = End::Refused(*code),
            Action::Fail(code, document) => fate.end = End::Fails(*code, document.clone()),
            Action::Delay(delay) => {
                fate.latency = fate.latency.saturating_add(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX));
            }
            Action::Hang => fate.end = End::Hangs,
            Action::Guest(time) => fate.guest = *time,
        }
    }

    /// What to say of a rule that never fired. A rule with a probability may well not fire.
    pub(crate) fn complaint(&self) -> Option<String> {
        let call = self.fault.call.export();
        let why = match &self.near {
            Near::Fired => return None,
            Near::Chance(_) => return None,
            Near::NeverCalled => format!("{call} was never called"),
            Near::OtherClient(name) => format!("nearest miss: {call} by client \"{name}\""),
            Near::OtherId(id) => format!("nearest miss: {call} about \"{id}\""),
            Near::Predicate => format!("nearest miss: {call}, but the predicate said no"),
            Near::Count(seen) => {
                format!(
                    "nearest miss: {call} matched {seen} times, the fault waits for number {}",
                    self.fault.nth.unwrap_or(0)
                )
            }
        };
        Some(format!("fault {} on {call} never fired; {why}", self.number))
    }
}

/// Which notifications a rule is about. Everything that is not narrowed matches.
#[derive(Clone, Debug, Default)]
pub struct Notifications {
    id: Option<String>,
    event: Option<Option<EventType>>,
}

impl Notifications {
    /// Every notification.
    pub fn all() -> Notifications {
        Notifications::default()
    }

    /// Those about the system with this id.
    pub fn of(id: &str) -> Notifications {
        Notifications { id: Some(id.to_owned()), event: None }
    }

    /// Only this event.
    #[must_use]
    pub fn event(mut self, event: EventType) -> Notifications {
        self.event = Some(Some(event));
        self
    }

    /// Only completions of operations, told to the operation's own callback.
    #[must_use]
    pub fn completions(mut self) -> Notifications {
        self.event = Some(None);
        self
    }

    fn matches(&self, notification: &Notification) -> bool {
        let id = self.id.as_ref().is_none_or(|id| {
            notification.system.as_ref().is_some_and(|system| system.to_uppercase() == id.to_uppercase())
        });
        id && self.event.is_none_or(|event| event == notification.event)
    }
}

/// Until when notifications are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until [`crate::Hold::release`], or the hold is dropped.
    Released,
    /// Until somebody enters this call.
    Entered(Call),
    /// Until somebody has returned from this call.
    Returned(Call),
}

/// What becomes of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Drop,
    Twice,
    /// Held by the hold of this number.
    Hold(u64),
}

/// A rule about notifications in a world.
pub(crate) struct Filter {
    pub(crate) number: u64,
    pub(crate) which: Notifications,
    pub(crate) verdict: Verdict,
    /// How many more it takes.
    pub(crate) times: u32,
    pub(crate) until: Until,
    pub(crate) fired: u32,
}

impl Filter {
    /// Asks the rule; it counts.
    pub(crate) fn ask(&mut self, notification: &Notification) -> Option<Verdict> {
        if self.times == 0 || !self.which.matches(notification) {
            return None;
        }
        self.times -= 1;
        self.fired += 1;
        Some(self.verdict)
    }
}
