//! Threads: who is calling, who is blocked, and the turns of actors.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hcs_machine::effect::{GuestReply, Reply, WaitId};
use hcs_rules::vocabulary::Call;

use crate::blocked::Blocked;
use crate::client::Client;
use crate::clock::Clock;
use crate::guest;
use crate::pump::{Core, GRACE, Patience, ThreadNumber};
use crate::simulator::{Shared, Simulator};
use crate::sync::Guard;
use crate::wait::Seat;
use crate::worker;

/// How long an actor waits in real time for a turn that nobody gives back, before it takes it: whoever has it may be stuck
/// behind a lock of the user's that this actor holds. Also how long threads outside are taken for busy while actors wait.
const TURN_LIMIT: Duration = Duration::from_millis(500);

/// How long the thread of a guest's program sleeps in real time before it looks around in vain.
const LONG: Duration = Duration::from_secs(60);

/// What a thread is to the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A thread of the user's.
    Outside,
    /// An actor of a scheduled world.
    Actor(usize),
    /// A thread that delivers callbacks.
    Worker,
}

thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::Outside) };
    static IN_PREDICATE: Cell<bool> = const { Cell::new(false) };
    static PRESENCE: RefCell<Presence> = RefCell::new(Presence::new());
}

/// The worlds that a thread has used. When the thread ends, they need not wait for it any more.
struct Presence {
    number: ThreadNumber,
    worlds: Vec<Weak<Shared>>,
}

impl Presence {
    fn new() -> Presence {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Presence { number: NEXT.fetch_add(1, Ordering::Relaxed), worlds: Vec::new() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        for shared in self.worlds.iter().filter_map(Weak::upgrade) {
            let mut core = shared.lock();
            core.awake.retain(|thread| *thread != self.number);
            core.advance(false);
            after_step(&shared, &mut core);
        }
    }
}

/// This thread's number.
pub(crate) fn number() -> ThreadNumber {
    PRESENCE.with(|presence| presence.borrow().number)
}

/// Runs a predicate of a rule of faults. It is asked in the middle of a call and must make none itself.
pub(crate) fn in_predicate<R>(ask: impl FnOnce() -> R) -> R {
    /// Ends the predicate also when it panics.
    struct Out;
    impl Drop for Out {
        fn drop(&mut self) {
            IN_PREDICATE.set(false);
        }
    }
    IN_PREDICATE.set(true);
    let _out = Out;
    ask()
}

/// Enters a world to make a call: an actor waits for its turn.
///
/// # Panics
/// In a predicate of a rule of faults: the call would wait for itself.
pub(crate) fn enter(shared: &Arc<Shared>) -> Guard<'_, Core> {
    assert!(!IN_PREDICATE.get(), "a predicate of a rule of faults makes a call");
    match ROLE.get() {
        Role::Outside => {
            let number = PRESENCE.with(|presence| {
                let mut presence = presence.borrow_mut();
                if !presence.worlds.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(shared))) {
                    presence.worlds.retain(|known| known.strong_count() > 0);
                    presence.worlds.push(Arc::downgrade(shared));
                }
                presence.number
            });
            let mut core = shared.lock();
            if core.clock.kind == Clock::Scheduled && !core.awake.contains(&number) {
                core.awake.push(number);
            }
            // A stepped world has no other moment at which its programs could be waited for.
            if core.clock.kind == Clock::Stepped { wait_for_actors(shared, core) } else { core }
        }
        Role::Actor(actor) => {
            let mut core = shared.lock();
            core.actors.make_runnable(actor);
            take_turn(shared, core, actor)
        }
        Role::Worker => shared.lock(),
    }
}

/// Waits until it is the actor's turn.
fn take_turn<'a>(shared: &'a Arc<Shared>, mut core: Guard<'a, Core>, actor: usize) -> Guard<'a, Core> {
    after_step(shared, &mut core);
    let mut patience = TURN_LIMIT;
    // In a world that ends only its programs are left, and nobody gives them turns any more.
    while core.actors.turn() != Some(actor) && !core.closing {
        let ran_out;
        (core, ran_out) = shared.turn.wait_for(core, GRACE);
        if core.actors.turn() == Some(actor) {
            break;
        }
        if ran_out {
            patience = patience.saturating_sub(GRACE);
        }
        if patience.is_zero() {
            patience = TURN_LIMIT;
            if core.actors.turn().is_some() {
                core.actors.seize(actor);
            } else if core.is_nobody_telling() {
                // Threads outside have had their chance to go on; they count again from their next call on.
                core.awake.clear();
                after_step(shared, &mut core);
            }
        }
    }
    core
}

/// After anything has happened: threads that can go on now are called.
pub(crate) fn after_step(shared: &Arc<Shared>, core: &mut Core) {
    if !core.launches.is_empty() {
        guest::launch(shared, core);
    }
    worker::call(shared, core);
    if core.is_nobody_telling() && core.awake.is_empty() && core.pick_actor() {
        shared.turn.notify_all();
    }
    shared.settled.notify_all();
}

/// The thread is not doing anything now that time would have to wait for.
fn rest(core: &mut Core) {
    match ROLE.get() {
        Role::Outside => {
            let number = number();
            core.awake.retain(|thread| *thread != number);
        }
        Role::Actor(actor) => core.actors.make_blocked(actor),
        Role::Worker => core.running_blocked += 1,
    }
}

/// The thread goes on.
fn wake<'a>(shared: &'a Arc<Shared>, mut core: Guard<'a, Core>) -> Guard<'a, Core> {
    match ROLE.get() {
        Role::Outside => {
            if core.clock.kind == Clock::Scheduled {
                let number = number();
                core.awake.push(number);
            }
            core
        }
        Role::Actor(actor) => {
            core.actors.resume(actor);
            take_turn(shared, core, actor)
        }
        Role::Worker => {
            core.running_blocked -= 1;
            core
        }
    }
}

/// Blocks this thread until its call returns.
pub(crate) fn block<'a>(shared: &'a Arc<Shared>, core: Guard<'a, Core>, wait: WaitId, call: Option<Call>) -> Reply {
    block_as(shared, core, wait, call, false)
}

/// Blocks the thread of a guest's program until its request returns. It may wait for ever.
pub(crate) fn block_program<'a>(shared: &'a Arc<Shared>, core: Guard<'a, Core>, wait: WaitId) -> Reply {
    block_as(shared, core, wait, None, true)
}

fn block_as<'a>(
    shared: &'a Arc<Shared>,
    mut core: Guard<'a, Core>,
    wait: WaitId,
    call: Option<Call>,
    program: bool,
) -> Reply {
    if program && core.closing {
        return Reply::Guest(GuestReply::Over);
    }
    let actor = match ROLE.get() {
        Role::Actor(actor) => Some(actor),
        Role::Outside | Role::Worker => None,
    };
    core.blocked.insert(wait, Blocked { seat: None, actor, program, hurries: call.is_some() });
    rest(&mut core);
    let mut outside = false;
    let mut seat: Option<Arc<Seat<Reply>>> = None;
    let reply = loop {
        core.advance(outside);
        after_step(shared, &mut core);
        let answer = match &seat {
            Some(seat) => seat.try_take(),
            None => core.take_answer(wait),
        };
        if let Some(reply) = answer {
            break reply;
        }
        let seat = seat.get_or_insert_with(|| core.sit_down(wait));
        let patience = match core.clock.kind {
            // Whoever brings what it waits for calls it.
            Clock::Scheduled | Clock::Stepped if program => Patience::Hopeless(LONG),
            _ => core.patience(),
        };
        let activity = core.activity;
        drop(core);
        let limit = match patience {
            Patience::Until(limit) | Patience::Grace(limit) | Patience::Hopeless(limit) => limit,
        };
        let answer = seat.take_within(limit);
        core = shared.lock();
        if let Some(reply) = answer {
            break reply;
        }
        let still = core.activity == activity;
        match patience {
            Patience::Until(_) => _ = core.step(&hcs_machine::Input::Tick),
            Patience::Grace(_) => outside = still,
            Patience::Hopeless(_) if still && !program => core.give_up(wait, call),
            Patience::Hopeless(_) => {}
        }
    };
    core.waking -= 1;
    drop(wake(shared, core));
    reply
}

/// An actor waits for whatever happens next, and for its turn then.
pub(crate) fn park<'a>(shared: &'a Arc<Shared>, mut core: Guard<'a, Core>, actor: usize) {
    core.parked.push(actor);
    core.actors.make_blocked(actor);
    while core.parked.contains(&actor) {
        core.advance(false);
        after_step(shared, &mut core);
        if !core.parked.contains(&actor) {
            break;
        }
        let ran_out;
        (core, ran_out) = shared.settled.wait_for(core, TURN_LIMIT);
        if ran_out {
            core.parked.retain(|other| *other != actor);
        }
    }
    core.actors.resume(actor);
    drop(take_turn(shared, core, actor));
}

/// The actor that this thread is, if it is one.
pub(crate) fn actor() -> Option<usize> {
    match ROLE.get() {
        Role::Actor(actor) => Some(actor),
        Role::Outside | Role::Worker => None,
    }
}

/// A thread outside has nothing to do now: whoever waits for it need not. Answers whether anybody did.
pub(crate) fn step_back(core: &mut Core) -> bool {
    let (number, before) = (number(), core.awake.len());
    if ROLE.get() == Role::Outside {
        core.awake.retain(|thread| *thread != number);
    }
    core.awake.len() < before
}

/// It has something to do again.
pub(crate) fn step_forth(core: &mut Core) {
    core.awake.push(number());
}

/// Waits until the actors are at rest, not for long. For a thread outside that is about to look, or to act.
pub(crate) fn wait_for_actors<'a>(shared: &'a Arc<Shared>, mut core: Guard<'a, Core>) -> Guard<'a, Core> {
    if ROLE.get() != Role::Outside {
        return core;
    }
    while !core.closing && (core.actors.is_any_awake() || !core.launches.is_empty()) {
        after_step(shared, &mut core);
        let ran_out;
        (core, ran_out) = shared.settled.wait_for(core, TURN_LIMIT);
        if ran_out {
            break;
        }
    }
    core
}

/// Begins the thread of an actor: it waits for its turn, and gives it back for good at its end.
pub(crate) fn spawn_actor<T: Send + 'static>(
    shared: &Arc<Shared>,
    actor: usize,
    name: String,
    body: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<T>> {
    /// Gives the turn back for good, also when the body panics.
    struct Done(Arc<Shared>, usize);
    impl Drop for Done {
        fn drop(&mut self) {
            ROLE.set(Role::Outside);
            let mut core = self.0.lock();
            core.actors.finish(self.1);
            core.advance(false);
            after_step(&self.0, &mut core);
        }
    }
    let shared = shared.clone();
    std::thread::Builder::new().name(name).spawn(move || {
        ROLE.set(Role::Actor(actor));
        let _done = Done(shared.clone(), actor);
        drop(take_turn(&shared, shared.lock(), actor));
        body()
    })
}

/// Runs something that waits outside the world, a channel or a join, while the world may go on.
pub(crate) fn idle<R>(shared: &Arc<Shared>, waiting: impl FnOnce() -> R) -> R {
    {
        let mut core = shared.lock();
        core.idle += 1;
        rest(&mut core);
        core.advance(false);
        after_step(shared, &mut core);
    }
    /// Ends the idleness also when the closure panics.
    struct Back<'a>(&'a Arc<Shared>);
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            let mut core = self.0.lock();
            core.idle -= 1;
            drop(wake(self.0, core));
        }
    }
    let _back = Back(shared);
    waiting()
}

/// Marks this thread as one that delivers callbacks.
pub(crate) fn become_worker() {
    ROLE.set(Role::Worker);
}

/// Whether this thread delivers callbacks: it is inside one whenever it makes a call.
pub(crate) fn is_worker() -> bool {
    ROLE.get() == Role::Worker
}

/// A thread of a scheduled world, run in turns.
#[derive(Debug)]
pub struct Actor<T> {
    thread: std::thread::JoinHandle<T>,
    shared: Arc<Shared>,
}

impl<T> Actor<T> {
    /// Waits until the actor is done, and lets the world go on meanwhile.
    ///
    /// # Errors
    /// What the actor panicked with.
    pub fn join(self) -> std::thread::Result<T> {
        idle(&self.shared, || self.thread.join())
    }
}

impl Simulator {
    /// Runs a client on a thread of its own, in turns with the other actors: between two calls only one of them runs, and the
    /// seed decides which. They begin when the spawning thread waits, in [`Actor::join`] or in a call.
    pub fn spawn<T: Send + 'static>(
        &self,
        client: &Client,
        body: impl FnOnce(Client) -> T + Send + 'static,
    ) -> Actor<T> {
        let shared = self.shared.clone();
        let actor = enter(&shared).actors.add();
        let client = client.clone();
        let name = format!("hcs-sim {}", client.name());
        let thread = spawn_actor(&shared, actor, name, move || body(client)).expect("the host gives a thread");
        Actor { thread, shared }
    }

    /// Runs something that waits outside the world, such as the receiving end of a channel that a callback feeds, and lets
    /// the world go on meanwhile. Without it a scheduled world takes a silent thread for busy, for a quarter of a second.
    pub fn idle<R>(&self, waiting: impl FnOnce() -> R) -> R {
        idle(&self.shared, waiting)
    }
}
