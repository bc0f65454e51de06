//! The process's world: one simulator in a free world's time, and this process as its one client.

use std::sync::{Mutex, OnceLock, PoisonError};

use hcs_rules::build::Build;
use hcs_sim::{Client, Clock, Simulator};

#[derive(Clone)]
struct World {
    simulator: Simulator,
    client: Client,
}

fn world() -> &'static Mutex<World> {
    static WORLD: OnceLock<Mutex<World>> = OnceLock::new();
    WORLD.get_or_init(|| {
        let variable = |name: &str| std::env::var(name).ok();
        let seed = variable("HCS_SIM_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(0);
        let build = variable("HCS_SIM_BUILD").and_then(|build| build.parse().ok()).and_then(Build::from_number);
        Mutex::new(make(seed, build.unwrap_or(Build::SERVER_2022)))
    })
}

fn make(seed: u64, build: Build) -> World {
    let simulator = Simulator::builder().seed(seed).on(build).clock(Clock::Free(1.0)).start();
    let client = simulator.client("process");
    World { simulator, client }
}

/// The process's world, to add faults to and to ask for its report.
pub fn simulator() -> Simulator {
    world().lock().unwrap_or_else(PoisonError::into_inner).simulator.clone()
}

/// Begins a new world. Handles of the old one are unknown in it, or name something else: close them before.
pub fn reset(seed: u64, build: Build) {
    let new = make(seed, build);
    let old = std::mem::replace(&mut *world().lock().unwrap_or_else(PoisonError::into_inner), new);
    // What is left of the old world's streams breaks, so that no thread waits there for ever.
    old.simulator.client_death(&old.client);
}

/// This process as a client: its handles are those of the C ABI.
pub fn client() -> Client {
    world().lock().unwrap_or_else(PoisonError::into_inner).client.clone()
}
