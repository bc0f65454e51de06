//! A deterministic simulator and test double of the Windows Host Compute Service.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use hcs_sim::api::ComputeSystem;
//! use hcs_sim::rules::{hresult::Hresult, vocabulary::Call};
//! use hcs_sim::{Simulator, on};
//!
//! let sim = Simulator::builder().seed(7).start();
//! let agent = sim.client("agent");
//! let vm = ComputeSystem::create(&agent, "vm", r#"{"VirtualMachine":{}}"#)?;
//!
//! // The first start hangs for ever. The time-out of ten minutes costs microseconds.
//! sim.fault(on(Call::StartComputeSystem).id("vm").nth(1).hang());
//! let error = vm.start_within(Duration::from_secs(600)).unwrap_err();
//! assert_eq!(error.code, Hresult::HCS_E_OPERATION_TIMEOUT);
//!
//! // Another client ends it; the start is told, the exit status says who.
//! let other = ComputeSystem::open(&sim.client("operator"), "vm")?;
//! other.terminate()?;
//! assert!(vm.wait_for_exit(None)?.contains("ForcedExit"));
//! drop((vm, other));
//! sim.finish().assert_clean(); // no leak, no misuse, no fault that never fired
//! # Ok(())
//! # }
//! ```
//!
//! | file | what is there |
//! |---|---|
//! | `simulator` | a world: builder, clients, world events, its end |
//! | `client` | a client, which implements [`hcs_api::Hcs`] |
//! | `pump` | the one loop: input, machine, verdicts, delivery, time |
//! | `entry` | waiting until a call is entered |
//! | `fault` | rules of faults; holding, dropping and doubling notifications |
//! | [`director`] | what the world does, in the words of stories |
//! | `layer` | layers of the host, as a test puts them there |
//! | `storage`, `disk` | a client's calls on layers and on disks |
//! | `legacy` | a client's calls of the older interface |
//! | `files` | the host's files, as a test puts them and looks at them |
//! | `mount` | directories of the real host in the simulated one |
//! | [`tar`] | layers in tars, as registries keep them |
//! | `guest` | programs of guests that users write in Rust |
//! | `clock`, `draw` | how time moves; where random choices come from |
//! | `thread`, `worker`, `actor`, `wait`, `callback` | threads, callbacks, turns, seats, gates |
//! | `report`, `transcript` | what a world tells |
//!
//! Deliberately absent: any decision about HCS. Those are rows of `hcs_rules`, carried out by `hcs_machine`.

#![cfg_attr(hcs_loom, allow(dead_code, unused_imports, reason = "loom explores the locks alone"))]

#[cfg(not(hcs_loom))]
mod actor;
#[cfg(not(hcs_loom))]
mod blocked;
#[cfg(not(hcs_loom))]
mod book;
mod callback;
#[cfg(not(hcs_loom))]
mod client;
#[cfg(not(hcs_loom))]
mod clock;
#[cfg(not(hcs_loom))]
pub mod director;
#[cfg(not(hcs_loom))]
mod disk;
#[cfg(not(hcs_loom))]
mod draw;
#[cfg(not(hcs_loom))]
mod entry;
#[cfg(not(hcs_loom))]
mod fault;
#[cfg(not(hcs_loom))]
mod files;
#[cfg(not(hcs_loom))]
mod guest;
#[cfg(not(hcs_loom))]
mod layer;
#[cfg(not(hcs_loom))]
mod legacy;
#[cfg(hcs_loom)]
mod loom;
#[cfg(not(hcs_loom))]
mod mount;
#[cfg(not(hcs_loom))]
mod pump;
#[cfg(not(hcs_loom))]
mod report;
#[cfg(not(hcs_loom))]
mod simulator;
#[cfg(not(hcs_loom))]
mod storage;
mod sync;
#[cfg(not(hcs_loom))]
pub mod tar;
#[cfg(not(hcs_loom))]
mod thread;
#[cfg(all(feature = "tokio", not(hcs_loom)))]
pub mod tokio;
#[cfg(not(hcs_loom))]
mod transcript;
mod wait;
#[cfg(not(hcs_loom))]
mod worker;

#[cfg(not(hcs_loom))]
pub use self::{
    client::Client,
    clock::{Clock, POLL_COST},
    entry::Entry,
    fault::{Fault, Notifications, Occasion, Unfinished, Until, on},
    guest::{Guest, GuestOutput, GuestStdin},
    mount::{LARGEST_FILE, MOST_BYTES, MOST_FILES, Mount, MountError},
    report::{Leak, Report},
    simulator::{Builder, Hold, Simulator},
    thread::Actor,
};
#[cfg(not(hcs_loom))]
pub use hcs_api as api;
#[cfg(not(hcs_loom))]
pub use hcs_machine::{
    Held,
    files::Branch,
    guest::program::flood_byte,
    state_file::{Write, saved, vmgs, vmrs},
};
#[cfg(not(hcs_loom))]
pub use hcs_rules as rules;

/// Calls as the machine takes them: what a caller in C can leave out is optional here. For the C ABI.
#[cfg(not(hcs_loom))]
pub mod raw {
    pub use hcs_machine::effect::Reply;
    pub use hcs_machine::handle::Handle;
    pub use hcs_machine::input::legacy::LegacyLayer;
    pub use hcs_machine::input::{DiskRequest, LegacyRequest, Text, disk};
    pub use uuid::Uuid;
}
