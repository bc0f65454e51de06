//! One round: a world, four threads that make their calls, and the end, at which nothing may be left.

use std::ptr::{null, null_mut};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hcs_rules::build::Build;
use hcs_rules::vocabulary::GENERIC_ALL;
use hcs_sim_dll::vmcompute::{
    Vmcompute_HcsCloseComputeSystem, Vmcompute_HcsCloseProcess, Vmcompute_HcsUnregisterComputeSystemCallback,
    Vmcompute_HcsUnregisterProcessCallback,
};
use windows_sys::Win32::Foundation::{CloseHandle, LocalFree};
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::callback::SEED;
use crate::player::{Kind, Player, read, take_all};
use crate::random::Random;
use crate::stream::STREAMS;
use crate::{calls, watch};

const THREADS: u64 = 4;

/// How long what has ended may take to be gone.
const SOON: Duration = Duration::from_secs(20);

/// What stands in every world at first.
pub(crate) const SETTING: &str = r"folder C:\vms
layer C:\staged\base base Windows\notepad.exe=text
folder C:\layers\scratch
state-file C:\vms\saved.vmrs
";

/// Plays a round of so many calls a thread.
pub(crate) fn play(seed: u64, count: usize) {
    let mut random = Random::new(seed, 0);
    let build = *random.one_of(Build::ALL);
    if let Ok(mut round) = watch::ROUND.lock() {
        *round = format!("round of seed {seed}, {count} calls a thread, on {build:?}");
    }
    SEED.store(seed, Ordering::Relaxed);
    hcs_sim_dll::reset(seed, build);
    hcs_sim_dll::tell(SETTING).expect("the world is set up");
    if random.once_in(4) {
        hcs_sim_dll::simulator().keep_transcript();
    }
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let _seated = watch::sit_down();
                let mut player = Player::new(Random::new(seed, 1 + thread));
                for _ in 0..count {
                    calls::play(&mut player);
                }
            });
        }
    });
    end();
}

/// Closes everything. What a callback makes meanwhile is closed with the next go.
fn end() {
    let until = Instant::now() + SOON;
    hcs_sim_dll::tell("release\nservice return").expect("the world goes on");
    loop {
        close_all();
        end_systems();
        hcs_sim_dll::simulator().settle();
        let report = hcs_sim_dll::simulator().finish();
        if report.leaks.is_empty() && nothing_is_left() {
            return;
        }
        let first = report.leaks.iter().take(10).map(ToString::to_string).collect::<Vec<_>>();
        assert!(Instant::now() < until, "{} handles leak: {first:#?}", report.leaks.len());
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn nothing_is_left() -> bool {
    STREAMS.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}

fn close_all() {
    let streams = std::mem::take(&mut *STREAMS.lock().unwrap_or_else(PoisonError::into_inner));
    streams.into_iter().for_each(crate::stream::Stream::close);
    // SAFETY: the handles are live, or were closed meanwhile, which is answered.
    unsafe {
        let unregister = Vmcompute_HcsUnregisterComputeSystemCallback;
        take_all(Kind::LegacySystemCallback).into_iter().for_each(|handle| _ = unregister(handle));
        let unregister = Vmcompute_HcsUnregisterProcessCallback;
        take_all(Kind::LegacyProcessCallback).into_iter().for_each(|handle| _ = unregister(handle));
        take_all(Kind::LegacyProcess).into_iter().for_each(|handle| _ = Vmcompute_HcsCloseProcess(handle));
        take_all(Kind::LegacySystem).into_iter().for_each(|handle| _ = Vmcompute_HcsCloseComputeSystem(handle));
        take_all(Kind::Process).into_iter().for_each(|handle| HcsCloseProcess(handle));
        take_all(Kind::System).into_iter().for_each(|handle| HcsCloseComputeSystem(handle));
        take_all(Kind::Operation).into_iter().for_each(|handle| HcsCloseOperation(handle));
        for kind in [Kind::Disk, Kind::Event] {
            take_all(kind).into_iter().map(Player::no_descriptor).for_each(|handle| _ = CloseHandle(handle));
        }
    }
}

/// Ends every system, also those that nobody has a handle of, so that their streams end.
fn end_systems() {
    for id in systems() {
        let id: Vec<u16> = id.encode_utf16().chain([0]).collect();
        let mut system = null_mut();
        // SAFETY: the string ends with a zero, the handles are live.
        unsafe {
            if HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &raw mut system) == 0 {
                let work = HcsCreateOperation(null(), None);
                HcsTerminateComputeSystem(system, work, null());
                HcsWaitForOperationResult(work, 1_000, null_mut());
                HcsCloseOperation(work);
                HcsCloseComputeSystem(system);
            }
        }
    }
}

/// The ids of all systems.
fn systems() -> Vec<String> {
    let mut document = null_mut();
    // SAFETY: the handle is live, the pointer is to a local, and the document is freed once.
    let text = unsafe {
        let work = HcsCreateOperation(null(), None);
        HcsEnumerateComputeSystems(null(), work);
        HcsWaitForOperationResult(work, 1_000, &raw mut document);
        HcsCloseOperation(work);
        let text = read(document);
        LocalFree(document.cast());
        text
    };
    let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap_or_default();
    all.iter().filter_map(|system| system["Id"].as_str().map(str::to_owned)).collect()
}

/// What the process holds.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) threads: usize,
    pub(crate) descriptors: usize,
}

/// What it holds now.
pub(crate) fn held() -> Held {
    let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
    Held { threads: count("/proc/self/task"), descriptors: count("/proc/self/fd") }
}

/// Waits until no more threads and descriptors are left than there were before: idle threads stay for a while.
pub(crate) fn nothing_stays(before: &Held) {
    // A world of its own, in which nothing goes on.
    hcs_sim_dll::reset(0, Build::SERVER_2022);
    let until = Instant::now() + SOON;
    loop {
        let now = held();
        if now.threads <= before.threads && now.descriptors <= before.descriptors {
            return;
        }
        assert!(Instant::now() < until, "there were {before:?}, and {now:?} are left");
        std::thread::sleep(Duration::from_millis(10));
    }
}
