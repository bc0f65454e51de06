//! Random calls through the whole C ABI, valid and not, from four threads at once and from the callbacks that come of them.
//!
//! A seed decides each thread's sequence of calls; how the threads meet is left to the machine. Nothing may crash, hang or
//! leak. A panic of ours, which the ABI would make a code, ends the process, and so does a call that does not end.
//!
//! The short form runs with the other tests. The long one is `.ci/fuzz abi`, also under a sanitizer or valgrind.
#![cfg(unix)]
#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod callback;
mod calls;
mod player;
mod random;
mod round;
mod stream;
mod text;
mod watch;

use std::time::{Duration, Instant};

/// A panic on any thread is a fault, also where it is caught.
fn abort_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        std::process::abort();
    }));
}

/// Plays rounds until `goes_on` says no.
fn play(seed: u64, calls: usize, mut goes_on: impl FnMut(u64) -> bool) {
    abort_on_panic();
    watch::begin();
    let began = Instant::now();
    // The first call opens the record, where one is asked for: it stays.
    // SAFETY: the call has no requirements.
    unsafe { windows_sys::Win32::System::HostComputeSystem::HcsCloseOperation(std::ptr::null_mut()) };
    let before = round::held();
    let mut rounds = 0;
    while goes_on(rounds) {
        rounds += 1;
        round::play(seed.wrapping_add(rounds), calls);
    }
    let (took, (total, well)) = (began.elapsed(), watch::total());
    println!(
        "{total} calls in {rounds} rounds and {took:.1?}, {:.0} a second, {well} of them well; {} callbacks; longest: {}",
        total as f64 / took.as_secs_f64(),
        callback::CALLED.load(std::sync::atomic::Ordering::Relaxed),
        watch::longest(),
    );
    round::nothing_stays(&before);
}

#[test]
fn every_export_is_played() {
    let abi = include_str!("../../../../snapshots/abi.txt");
    let library = abi.split("\n\n").next().unwrap_or_default();
    let exports = library.lines().filter(|line| !line.starts_with('#'));
    let missing: Vec<&str> = exports.filter(|name| calls::all().iter().all(|call| call.name != *name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// What a variable says, if it is set.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Some rounds, or as many as there are in `HCS_SIM_FUZZ_SECONDS`: see `.ci/fuzz`.
#[test]
fn random_calls_from_four_threads_do_no_harm() {
    let seconds = number("HCS_SIM_FUZZ_SECONDS").map(Duration::from_secs);
    let (seed, calls) = (number("HCS_SIM_FUZZ_SEED").unwrap_or(7), number("HCS_SIM_FUZZ_CALLS").unwrap_or(1_500));
    let began = Instant::now();
    play(seed, calls as usize, |rounds| match seconds {
        Some(seconds) => began.elapsed() < seconds,
        None => rounds < 4,
    });
    if std::env::var_os("HCS_SIM_FUZZ_TABLE").is_some() {
        for (at, call) in calls::all().iter().enumerate() {
            println!("{:>8} {:>8} {}", watch::count(at), watch::count_well(at), call.name);
        }
    }
    let never = calls::all().iter().enumerate().filter(|(at, _)| watch::count(*at) == 0).map(|(_, call)| call.name);
    assert_eq!(never.collect::<Vec<_>>(), Vec::<&str>::new(), "every call was made");
}
