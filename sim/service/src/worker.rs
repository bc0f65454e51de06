//! Workers: the service's threads that deliver callbacks. They are made when first needed.
//!
//! Callbacks of one handle are serial, unless a quirk of the host says otherwise. In scheduled and stepped worlds one callback runs at a time, unless it blocks in a
//! call; in free worlds those of different handles overlap.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hcs_api::{Event, OperationHandle};
use hcs_machine::Input;
use hcs_machine::effect::Notification;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::EventType;

use crate::book::{Callback, Registered};
use crate::clock::Clock;
use crate::pump::Core;
use crate::simulator::Shared;
use crate::sync::Guard;
use crate::thread;

/// How many callbacks of different handles a free world runs at once.
const FREE_LIMIT: usize = 8;

/// How long a scheduled world whose clients only have callbacks takes a silent thread for busy, in real time.
const SILENCE: Duration = Duration::from_millis(250);

/// How long a worker with nothing to do stays.
const LINGER: Duration = Duration::from_secs(1);

/// How long a thread that must see all callbacks done waits for one that does not return.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// Calls a worker if one is needed: to deliver, or to keep the time of clients that only have callbacks.
pub(crate) fn call(shared: &Arc<Shared>, core: &mut Core) {
    let deliver = !core.queue.is_empty();
    let keep_time = core.workers == 0
        && core.book.has_callbacks()
        && core.clock.kind != Clock::Stepped
        && core.host.is_somebody_to_be_told();
    if !(deliver || keep_time) || core.closing {
        return;
    }
    if core.free_workers == 0 && core.workers - core.running_blocked.min(core.workers) < FREE_LIMIT {
        core.workers += 1;
        let weak = Arc::downgrade(shared);
        let spawned = std::thread::Builder::new().name("hcs-sim callbacks".to_owned()).spawn(move || run(&weak));
        if spawned.is_err() {
            core.workers -= 1;
            core.note_trouble("the host refused a thread for callbacks".to_owned());
        }
    }
    shared.work.notify_all();
}

/// A worker's life. It holds the world only while it works.
fn run(weak: &Weak<Shared>) {
    thread::become_worker();
    while let Some(shared) = weak.upgrade() {
        let mut core = shared.lock();
        while let Some(notification) = next(&mut core) {
            core = deliver(&shared, core, notification);
        }
        if core.closing {
            core.workers -= 1;
            return;
        }
        let activity = core.activity;
        let limit = match (core.clock.kind, core.host.next_due()) {
            (Clock::Free(_), Some(due)) => core.clock.real_until(due).min(LINGER),
            (Clock::Scheduled, Some(_)) if core.host.is_somebody_to_be_told() => SILENCE,
            _ => LINGER,
        };
        core.free_workers += 1;
        let ran_out;
        (core, ran_out) = shared.work.wait_for(core, limit);
        core.free_workers -= 1;
        if !ran_out {
            continue;
        }
        match core.clock.kind {
            Clock::Free(_) if core.host.next_due().is_some() => _ = core.step(&Input::Tick),
            Clock::Scheduled if core.activity == activity && core.host.is_somebody_to_be_told() => {
                _ = core.advance_once()
            }
            _ if core.queue.is_empty() && core.host.next_due().is_none() => {
                core.workers -= 1;
                return;
            }
            _ => {}
        }
        thread::after_step(&shared, &mut core);
    }
}

/// The next notification that may be delivered now.
fn next(core: &mut Core) -> Option<Notification> {
    if core.closing {
        core.queue.clear();
    }
    if overlaps(core) {
        return core.queue.pop_front();
    }
    let one_at_a_time = !matches!(core.clock.kind, Clock::Free(_));
    if one_at_a_time && (core.running.len() > core.running_blocked || core.actors.turn().is_some()) {
        return None;
    }
    let running = &core.running;
    let at = core
        .queue
        .iter()
        .position(|notification| running.iter().all(|(handle, _)| *handle != notification.target.handle))?;
    core.queue.remove(at)
}

/// Whether the next notification may be told beside one that is being told on the same handle: crash events, on a host
/// with that quirk.
fn overlaps(core: &Core) -> bool {
    let is_crash = |event| matches!(event, Some(EventType::SystemCrashInitiated | EventType::SystemCrashReport));
    core.queue.front().is_some_and(|next| {
        core.host.has(Quirk::CrashEventsOverlap)
            && is_crash(next.event)
            && core.running.iter().any(|(handle, _)| *handle == next.target.handle)
    })
}

/// Calls one callback, if it is still registered.
fn deliver<'a>(shared: &'a Arc<Shared>, mut core: Guard<'a, Core>, notification: Notification) -> Guard<'a, Core> {
    let target = notification.target;
    let number = thread::number();
    let registered = if core.host.is_registered(&target) {
        core.book.page(target.handle).and_then(|page| page.registered.clone())
    } else {
        None
    };
    if let Some(Registered { callback, gate }) = registered
        && gate.enter(number)
    {
        core.running.push((target.handle, number));
        if overlaps(&core) {
            call(shared, &mut core);
        }
        drop(core);
        let outcome = catch_unwind(AssertUnwindSafe(|| match callback {
            Callback::Operation(callback) => callback(OperationHandle(target.handle.0)),
            Callback::Event(callback) => callback(&Event {
                kind: notification.event.map_or(0, |event| event.value()),
                data: notification.data.clone(),
                operation: OperationHandle(notification.operation.0),
            }),
            Callback::Notification(callback) => {
                if let Some(told) = notification.legacy {
                    let (kind, data) = (told.notice.value(), notification.data.clone());
                    callback(&hcs_api::Notification { kind, status: told.status, data });
                }
            }
        }));
        gate.leave(number);
        core = shared.lock();
        core.running.retain(|(handle, thread)| (*handle, *thread) != (target.handle, number));
        if let Err(panic) = outcome {
            let what = panic.downcast_ref::<&str>().map(ToString::to_string);
            let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            let name = core.name(target.client.0);
            core.note_trouble(format!("a callback of {name} panicked: {what}"));
        }
    }
    core.activity += 1;
    core.wakers.drain(..).for_each(std::task::Waker::wake);
    // What was told may be what an actor has waited for, so that time stands until it has looked.
    core.unpark();
    core.advance(false);
    thread::after_step(shared, &mut core);
    core
}

/// A future that a callback polls is pending: until something happens the callback is as blocked as in a call, so that others
/// can be told, and time can pass.
pub(crate) fn park(shared: &Arc<Shared>, mut core: Guard<'_, Core>) {
    let activity = core.activity;
    core.running_blocked += 1;
    while core.activity == activity && !core.closing {
        if core.awake.is_empty() {
            core.advance_once();
        }
        thread::after_step(shared, &mut core);
        if core.activity != activity {
            break;
        }
        let ran_out;
        (core, ran_out) = shared.settled.wait_for(core, SILENCE);
        if ran_out && core.activity == activity {
            core.advance_once();
            break;
        }
    }
    core.running_blocked -= 1;
}

/// Waits, not for long, until no callback runs or waits to be run, and no program is busy. Answers whether there was any.
pub(crate) fn wait_until_told<'a>(shared: &'a Arc<Shared>, mut core: Guard<'a, Core>) -> (Guard<'a, Core>, bool) {
    let mut waited = false;
    while !(thread::is_worker() || (core.is_nobody_telling() && core.is_nobody_acting())) {
        waited = true;
        let ran_out;
        (core, ran_out) = shared.settled.wait_for(core, SILENCE);
        if ran_out {
            break;
        }
    }
    (core, waited)
}

/// Waits until every callback that is due has returned and every program waits. From inside a callback it returns at once.
pub(crate) fn drain(shared: &Arc<Shared>) {
    if !drain_within(shared, DRAIN_LIMIT) {
        shared.lock().note_trouble("a callback or a program did not come to rest".to_owned());
    }
}

/// The same while nothing takes longer than this. Answers whether all has come to rest.
pub(crate) fn drain_within(shared: &Arc<Shared>, limit: Duration) -> bool {
    if thread::is_worker() {
        return true;
    }
    let mut core = shared.lock();
    let was_awake = thread::step_back(&mut core);
    let is_actor = thread::actor().is_some();
    let mut rests = true;
    while rests && (!core.is_nobody_telling() || !(is_actor || core.is_nobody_acting())) {
        thread::after_step(shared, &mut core);
        let ran_out;
        (core, ran_out) = shared.settled.wait_for(core, limit);
        rests = !ran_out;
    }
    if was_awake {
        thread::step_forth(&mut core);
    }
    rests
}
