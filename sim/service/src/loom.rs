//! Every interleaving of the shell's own synchronisation, explored by loom.
//!
//! Run with `RUSTFLAGS="--cfg hcs_loom" cargo test -p hcs-sim --lib --release`. Taking out one `notify_all` makes a test
//! here fail with a deadlock.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::callback::{Closed, Gate};
use crate::wait::Seat;

/// Loom's time never runs out, so a time-out is a thread that fills the seat, as the pump does.
const EVER: std::time::Duration = std::time::Duration::MAX;

#[test]
fn a_waiter_gets_the_completion_whenever_it_comes() {
    loom::model(|| {
        let seat = Arc::new(Seat::new());
        let filler = {
            let seat = seat.clone();
            thread::spawn(move || seat.fill("completed"))
        };
        assert_eq!(seat.take_within(EVER), Some("completed"));
        filler.join().expect("the filler does not panic");
    });
}

#[test]
fn a_waiter_gets_the_completion_or_the_time_out_and_never_hangs() {
    loom::model(|| {
        let seat = Arc::new(Seat::new());
        let racers = ["completed", "timed out"].map(|answer| {
            let seat = seat.clone();
            thread::spawn(move || seat.fill(answer))
        });
        let answer = seat.take_within(EVER).expect("loom's time never runs out");
        assert!(["completed", "timed out"].contains(&answer));
        racers.into_iter().for_each(|racer| racer.join().expect("no racer panics"));
    });
}

#[test]
fn no_callback_runs_after_close_has_returned() {
    loom::model(|| {
        let gate = Arc::new(Gate::new());
        let inside = Arc::new(AtomicUsize::new(0));
        let caller = {
            let (gate, inside) = (gate.clone(), inside.clone());
            thread::spawn(move || {
                if gate.enter(1) {
                    inside.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    gate.leave(1);
                }
            })
        };
        assert_eq!(gate.close(2), Closed::Empty);
        assert_eq!(inside.load(Ordering::SeqCst), 0, "close has returned while the callback ran");
        assert!(!gate.enter(3), "a callback began after close had returned");
        caller.join().expect("the caller does not panic");
    });
}

#[test]
fn a_close_from_inside_does_not_wait_for_itself() {
    loom::model(|| {
        let gate = Arc::new(Gate::new());
        assert!(gate.enter(1));
        assert_eq!(gate.close(1), Closed::FromInside);
        gate.leave(1);
        assert_eq!(gate.close(2), Closed::Empty);
    });
}
