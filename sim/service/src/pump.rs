//! The one loop: an input goes into the machine, each notification gets its verdict, effects are delivered, time moves.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use hcs_machine::effect::{Effect, Finding, GuestId, Notification, Reply, WaitId};
use hcs_machine::guest::Launch;
use hcs_machine::handle::Handle;
use hcs_machine::input::{Fate, Request, Text};
use hcs_machine::{ClientId, Host, Input, Time};
use hcs_rules::build::Build;
use hcs_rules::profile::Profile;
use hcs_rules::vocabulary::Call;

use crate::actor::Actors;
use crate::blocked::BlockedCalls;
use crate::book::Book;
use crate::clock::{Clock, POLL_COST, Running};
use crate::draw;
use crate::entry::Counter;
use crate::fault::{Armed, Filter, Occasion, Until, Verdict};
use crate::guest::Program;
use crate::mount::Mounts;
use crate::transcript::Transcript;
use crate::wait::Seat;

/// A thread, by the shell's own number.
pub(crate) type ThreadNumber = u64;

/// Everything of a world that its lock guards.
pub(crate) struct Core {
    pub(crate) host: Host,
    pub(crate) clock: Running,
    pub(crate) seed: u64,
    pub(crate) profile: &'static Profile,
    /// How long every operation takes, in nanoseconds, where that is not drawn.
    pub(crate) latency: Option<u64>,
    pub(crate) names: Vec<String>,
    pub(crate) book: Book,
    pub(crate) faults: Vec<Armed>,
    pub(crate) filters: Vec<Filter>,
    next_rule: u64,
    /// Notifications that wait for their hold.
    pub(crate) held: Vec<(u64, Notification)>,
    /// Notifications that wait for a thread to deliver them, in order.
    pub(crate) queue: VecDeque<Notification>,
    /// Callbacks that run: their target and their thread.
    pub(crate) running: Vec<(Handle, ThreadNumber)>,
    /// Those of them that are blocked in a call, or idle.
    pub(crate) running_blocked: usize,
    /// Threads that deliver, and those of them that have nothing to do.
    pub(crate) workers: usize,
    pub(crate) free_workers: usize,
    pub(crate) blocked: BlockedCalls,
    /// What calls return that have ended before their threads slept.
    pub(crate) answered: Vec<(WaitId, Reply)>,
    /// Threads whose call has ended and that have not gone on yet.
    pub(crate) waking: usize,
    /// Threads that said they are idle.
    pub(crate) idle: usize,
    /// Threads that use the world and are neither blocked nor idle nor finished.
    pub(crate) awake: Vec<ThreadNumber>,
    pub(crate) actors: Actors,
    /// Actors that wait for whatever happens next.
    pub(crate) parked: Vec<usize>,
    /// The programs that guests have beside their own, by their folded names.
    pub(crate) programs: BTreeMap<Arc<str>, Program>,
    /// Programs that are to begin.
    pub(crate) launches: Vec<(GuestId, Arc<str>, Arc<Launch>)>,
    /// Futures that want to be polled when something has happened.
    pub(crate) wakers: Vec<Waker>,
    /// Those who count the calls that are entered.
    pub(crate) entries: Vec<Weak<Counter>>,
    /// Counts whatever happens, so that a future can tell whether something has since it last looked.
    pub(crate) activity: u64,
    pub(crate) findings: Vec<(Time, Finding)>,
    /// How many more there were.
    pub(crate) findings_left_out: u64,
    /// Misuse that the machine cannot see, because it is about threads.
    pub(crate) misuse: Vec<String>,
    pub(crate) troubles: Vec<String>,
    pub(crate) transcript: Option<Transcript>,
    /// Directories of the real host in this one. Few worlds have any.
    pub(crate) mounts: Option<Box<Mounts>>,
    pub(crate) closing: bool,
    effects: Vec<Effect>,
}

impl Core {
    pub(crate) fn new(build: Build, seed: u64, clock: Clock, profile: &'static Profile, transcript: bool) -> Core {
        Core {
            host: Host::new(build),
            clock: Running::new(clock),
            seed,
            profile,
            latency: None,
            names: Vec::new(),
            book: Book::default(),
            faults: Vec::new(),
            filters: Vec::new(),
            next_rule: 0,
            held: Vec::new(),
            queue: VecDeque::new(),
            running: Vec::new(),
            running_blocked: 0,
            workers: 0,
            free_workers: 0,
            blocked: BlockedCalls::default(),
            answered: Vec::new(),
            waking: 0,
            idle: 0,
            awake: Vec::new(),
            actors: Actors::default(),
            parked: Vec::new(),
            programs: BTreeMap::new(),
            launches: Vec::new(),
            wakers: Vec::new(),
            entries: Vec::new(),
            activity: 0,
            findings: Vec::new(),
            findings_left_out: 0,
            misuse: Vec::new(),
            troubles: Vec::new(),
            transcript: transcript.then(Transcript::kept),
            mounts: None,
            closing: false,
            effects: Vec::new(),
        }
    }

    /// The next number for a rule.
    pub(crate) fn rule_number(&mut self) -> u64 {
        self.next_rule += 1;
        self.next_rule
    }

    /// A client's name.
    pub(crate) fn name(&self, client: u32) -> String {
        match self.names.get((client as usize).wrapping_sub(1)) {
            Some(name) => format!("\"{name}\""),
            None => format!("client {client}"),
        }
    }

    /// One input into the machine, and its effects out into the world. Answers the reply.
    pub(crate) fn step(&mut self, input: &Input) -> Reply {
        self.activity += 1;
        let now = self.clock.now();
        let mut effects = std::mem::take(&mut self.effects);
        effects.clear();
        self.host.step(now, input, &mut effects);
        if let Some(transcript) = &mut self.transcript {
            transcript.step(now, input, &effects, &self.names, &self.host);
        }
        let mut answer = Reply::Void;
        for effect in effects.drain(..) {
            match effect {
                Effect::Reply(reply) => answer = reply,
                Effect::Wake(wait, reply) => self.wake(wait, reply),
                Effect::Notify(notification) => self.judge(notification),
                Effect::Launch(guest, name, launch) => self.launches.push((guest, name, launch)),
                Effect::Finding(_) if self.findings.len() >= MOST_FINDINGS => self.findings_left_out += 1,
                Effect::Finding(finding) => self.findings.push((now, finding)),
            }
        }
        self.effects = effects;
        if self.mounts.is_some() {
            self.write_out();
        }
        if !self.wakers.is_empty() {
            self.wakers.drain(..).for_each(Waker::wake);
        }
        self.unpark();
        answer
    }

    /// Something has happened: actors that wait for whatever happens next look whether it is for them.
    pub(crate) fn unpark(&mut self) {
        for actor in self.parked.drain(..) {
            self.actors.make_runnable(actor);
        }
    }

    /// A call: its fate, the machine, and what a scheduled or a free world does about time. `call` is the request's.
    pub(crate) fn call(&mut self, client: ClientId, call: Option<Call>, request: Request) -> Reply {
        if let Some(call) = call {
            self.release_holds(|until| until == Until::Entered(call));
            if !self.entries.is_empty() {
                self.entries.retain(|counter| Counter::enter(counter, call));
            }
        }
        if self.mounts.is_some() && crate::mount::concerns_files(&request) {
            self.take_in();
        }
        let fate = call.map_or(Fate::PROMPT, |call| self.fate(client, call, &request));
        if fate.latency > 0 && call.is_some_and(|call| call.operation_type().is_none()) {
            self.hold_up(fate.latency);
        }
        let poll =
            matches!(request, Request::GetOperationResult { .. } | Request::GetOperationResultAndProcessInfo { .. });
        let reply = self.step(&Input::Call(client, request, fate));
        if let Some(call) = call {
            self.release_holds(|until| until == Until::Returned(call));
        }
        if poll && reply_is_pending(&reply) {
            self.let_poll_pass();
        }
        self.tick_if_free();
        reply
    }

    /// In a free world what is due at once happens at once.
    pub(crate) fn tick_if_free(&mut self) {
        if matches!(self.clock.kind, Clock::Free(_)) && self.host.next_due().is_some_and(|due| due <= self.host.now()) {
            self.step(&Input::Tick);
        }
    }

    /// A client that polls would see time stand still: each poll that finds nothing moves it a little.
    fn let_poll_pass(&mut self) {
        if self.clock.kind == Clock::Scheduled && self.quiet() {
            let now = self.clock.now();
            self.clock.jump(now.after(POLL_COST.as_nanos() as u64));
            if self.host.next_due().is_some_and(|due| due <= self.clock.now()) {
                self.step(&Input::Tick);
            }
        }
    }

    /// A call that starts no operation is slow: so much time passes before it is carried out, with what is due meanwhile. A
    /// stepped world's time is the test's.
    fn hold_up(&mut self, latency: u64) {
        if self.clock.kind == Clock::Stepped {
            return;
        }
        let until = self.clock.now().after(latency);
        while let Some(due) = self.host.next_due().filter(|due| *due <= until) {
            self.clock.jump(due);
            self.step(&Input::Tick);
        }
        self.clock.jump(until);
    }

    /// The fate of the operation that a call starts: its latency is drawn, the rules of faults have their say.
    fn fate(&mut self, client: ClientId, call: Call, request: &Request) -> Fate {
        let draw = self.host.draw(client, request);
        let mut fate = Fate::PROMPT;
        if let (Some(draw), Some(kind)) = (&draw, call.operation_type()) {
            fate.latency = match (self.latency, self.clock.kind) {
                (Some(latency), _) => latency,
                (None, Clock::Free(_)) => 0,
                (None, Clock::Scheduled | Clock::Stepped) => draw::latency(self.seed, draw, self.profile, kind),
            };
            fate.guest = draw::guest(self.seed, draw, self.profile, kind);
        }
        if self.faults.is_empty() {
            return fate;
        }
        let id = match request.id() {
            Some(Text::Some(id)) => Some(id.clone()),
            _ => request.on().and_then(|handle| self.host.id_of(client, handle)),
        };
        let document = match request.document() {
            Some(Text::Some(text)) => Some(text.clone()),
            _ => None,
        };
        let name = self.names.get(client.0 as usize - 1).cloned().unwrap_or_default();
        let occasion = Occasion { call, client: &name, id: id.as_deref(), document: document.as_deref() };
        let seed = self.seed;
        let chance = |rule, probability| draw.is_some_and(|draw| draw::happens(seed, rule, &draw, probability));
        for armed in &mut self.faults {
            if armed.ask(&occasion, chance) {
                armed.strike(&mut fate);
                break;
            }
        }
        fate
    }

    /// A blocked call ends.
    pub(crate) fn wake(&mut self, wait: WaitId, reply: Reply) {
        if let Some(blocked) = self.blocked.remove(wait) {
            self.waking += 1;
            if let Some(actor) = blocked.actor {
                self.actors.make_runnable(actor);
            }
            match blocked.seat {
                Some(seat) => seat.fill(reply),
                None => self.answered.push((wait, reply)),
            }
        }
    }

    /// Takes what a call returns that has ended before its thread slept.
    pub(crate) fn take_answer(&mut self, wait: WaitId) -> Option<Reply> {
        let at = self.answered.iter().position(|(answered, _)| *answered == wait)?;
        Some(self.answered.swap_remove(at).1)
    }

    /// A seat for a thread that is about to sleep.
    pub(crate) fn sit_down(&mut self, wait: WaitId) -> Arc<Seat<Reply>> {
        let seat = Arc::new(Seat::new());
        if let Some(blocked) = self.blocked.get_mut(wait) {
            blocked.seat = Some(seat.clone());
        }
        seat
    }

    /// The verdict on a notification: it passes unless a rule drops, doubles or holds it.
    fn judge(&mut self, notification: Notification) {
        let verdict = self.filters.iter_mut().find_map(|filter| filter.ask(&notification)).unwrap_or(Verdict::Pass);
        match verdict {
            Verdict::Pass => self.queue.push_back(notification),
            Verdict::Drop => {}
            Verdict::Twice => {
                self.queue.push_back(notification.clone());
                self.queue.push_back(notification);
            }
            Verdict::Hold(hold) => self.held.push((hold, notification)),
        }
    }

    /// Lets go of the notifications whose hold ends now.
    pub(crate) fn release_holds(&mut self, ends: impl Fn(Until) -> bool) {
        if self.filters.is_empty() {
            return;
        }
        let ended: Vec<u64> = self
            .filters
            .iter_mut()
            .filter(|filter| matches!(filter.verdict, Verdict::Hold(_)) && ends(filter.until))
            .filter(|filter| filter.fired > 0)
            .map(|filter| {
                filter.times = 0;
                filter.number
            })
            .collect();
        for number in ended {
            self.release(number);
        }
    }

    /// Lets go of the notifications of one hold.
    pub(crate) fn release(&mut self, number: u64) {
        let (released, held) = std::mem::take(&mut self.held).into_iter().partition(|(hold, _)| *hold == number);
        self.held = held;
        let released: Vec<(u64, Notification)> = released;
        self.queue.extend(released.into_iter().map(|(_, notification)| notification));
        self.activity += 1;
    }

    /// Whether nothing is going on that time would have to wait for, threads outside left aside.
    pub(crate) fn quiet(&self) -> bool {
        self.waking == 0
            && self.queue.is_empty()
            && self.launches.is_empty()
            && self.running.len() == self.running_blocked
            && !self.actors.is_any_awake()
    }

    /// Programs that never end have gone on and on, and nothing of it has ended anybody's wait: nothing will.
    fn give_up_waiting(&mut self) {
        let waits: Vec<WaitId> =
            self.blocked.iter().filter(|(_, blocked)| !blocked.program).map(|(wait, _)| *wait).collect();
        for wait in waits {
            self.give_up(wait, None);
        }
    }

    /// Whether a client waits in a call. Programs of guests wait for their own time, which does not move for them alone.
    fn is_client_blocked(&self) -> bool {
        self.blocked.iter().any(|(_, blocked)| !blocked.program)
    }

    /// Whether somebody wants time to move.
    fn is_awaited(&self) -> bool {
        self.is_client_blocked() || !self.parked.is_empty() || self.idle > 0
    }

    /// Moves a scheduled world's time while everybody waits. `outside` says whether threads that are neither blocked nor
    /// idle count as waiting too.
    pub(crate) fn advance(&mut self, outside: bool) {
        match self.clock.kind {
            Clock::Scheduled => {
                let mut patience = MOST_TICKS;
                while self.quiet() && self.is_awaited() && (outside || self.awake.is_empty()) {
                    let Some(due) = self.host.next_due().filter(|_| patience > 0) else { break };
                    self.clock.jump(due);
                    self.step(&Input::Tick);
                    patience -= 1;
                }
                if patience == 0 {
                    self.give_up_waiting();
                }
            }
            // A blocked caller jumps to the next work that is due; time-outs keep to real time.
            Clock::Free(_) => {
                let hurried = |core: &Core| core.waking == 0 && core.blocked.iter().any(|(_, blocked)| blocked.hurries);
                let mut jumps = 0;
                while jumps < MOST_JUMPS && hurried(self) {
                    let Some(due) = self.host.next_work() else { break };
                    jumps += 1;
                    self.clock.jump(due);
                    self.step(&Input::Tick);
                }
            }
            Clock::Stepped => {}
        }
    }

    /// One move of time for a future that has nothing else to do. Answers whether there was one.
    pub(crate) fn advance_once(&mut self) -> bool {
        if self.clock.kind != Clock::Scheduled || !self.quiet() {
            return false;
        }
        let Some(due) = self.host.next_due() else { return false };
        self.clock.jump(due);
        self.step(&Input::Tick);
        true
    }

    /// How long a blocked thread may sleep in real time before it must look again, and what is then to be said: nothing, or
    /// that nothing can end its wait.
    pub(crate) fn patience(&mut self) -> Patience {
        match self.clock.kind {
            Clock::Free(_) => match self.host.next_due() {
                Some(due) => Patience::Until(self.clock.real_until(due).max(Duration::from_micros(50))),
                None => Patience::Until(Duration::from_secs(1)),
            },
            Clock::Scheduled if self.host.next_due().is_some() && self.quiet() => Patience::Grace(GRACE),
            Clock::Scheduled | Clock::Stepped => Patience::Hopeless(HOPELESS),
        }
    }

    /// Notes misuse that the machine cannot see, up to the number of findings that are kept.
    pub(crate) fn note_misuse(&mut self, told: String) {
        if self.misuse.len() < MOST_FINDINGS { self.misuse.push(told) } else { self.findings_left_out += 1 }
    }

    /// Notes trouble, up to the same number.
    pub(crate) fn note_trouble(&mut self, told: String) {
        if self.troubles.len() < MOST_FINDINGS { self.troubles.push(told) } else { self.findings_left_out += 1 }
    }

    /// A call whose wait nothing can end: it is given up, and told.
    pub(crate) fn give_up(&mut self, wait: WaitId, call: Option<Call>) {
        let call = call.map_or("a call", Call::export);
        self.note_trouble(format!("{call} waited for what never came, and was given up"));
        self.step(&Input::GiveUp(wait));
    }

    /// Gives the turn to an actor, if nobody has it. Answers whether somebody new has it.
    pub(crate) fn pick_actor(&mut self) -> bool {
        self.actors.pick(self.seed)
    }

    /// Whether no actor has anything to do: in a scheduled world they have it only while the threads outside wait.
    pub(crate) fn is_nobody_acting(&self) -> bool {
        self.launches.is_empty() && (!self.awake.is_empty() || !self.actors.is_any_awake())
    }

    /// Whether no callback runs or waits to be run.
    pub(crate) fn is_nobody_telling(&self) -> bool {
        self.queue.is_empty() && self.running.len() == self.running_blocked
    }
}

/// How many findings are kept: a client that misuses in a loop must not fill the memory.
const MOST_FINDINGS: usize = 10_000;

/// How many moments in a row may bring nothing to anybody who waits. A process that prints a line a second runs for eleven
/// days of virtual time in so many.
const MOST_TICKS: u32 = 1_000_000;

/// How many moments a free world jumps over before other threads get their chance: some programs never come to an end.
const MOST_JUMPS: u32 = 1_000;

/// How long a thread outside may do something else, in real time, before a scheduled world takes it for idle.
pub(crate) const GRACE: Duration = Duration::from_millis(2);

/// How long, in real time, a thread waits for what nothing seems to bring before it gives up.
const HOPELESS: Duration = Duration::from_secs(2);

/// See [`Core::patience`].
pub(crate) enum Patience {
    /// Look again then.
    Until(Duration),
    /// After this long, threads outside count as idle.
    Grace(Duration),
    /// After this long without any activity, give up.
    Hopeless(Duration),
}

fn reply_is_pending(reply: &Reply) -> bool {
    use hcs_rules::hresult::Hresult;
    matches!(
        reply,
        Reply::Outcome(Hresult::HCS_E_OPERATION_PENDING, _) | Reply::Info(Hresult::HCS_E_OPERATION_PENDING, ..)
    )
}
