//! A deterministic simulator and test double of the Windows Host Compute Service.
//!
//! ```
//! use hcs_api::ComputeSystem;
//! use hcs_sim::{Simulator, on};
//! use hcs_rules::{hresult::Hresult, vocabulary::Call};
//!
//! let sim = Simulator::builder().seed(7).start();
//! sim.fault(on(Call::StartComputeSystem).nth(2).fail(Hresult::ERROR_NO_SYSTEM_RESOURCES));
//! let agent = sim.client("agent");
//! # let _ = agent;
//! ```
//!
//! | file | what is there |
//! |---|---|
//! | `simulator` | a world: builder, clients, world events, its end |
//! | `client` | a client, which implements [`hcs_api::Hcs`] |
//! | `pump` | the one loop: input, machine, verdicts, delivery, time |
//! | `fault` | rules of faults; holding, dropping and doubling notifications |
//! | `clock`, `draw` | how time moves; where random choices come from |
//! | `thread`, `worker`, `actor`, `wait`, `callback` | threads, callbacks, turns, seats, gates |
//! | `report`, `transcript` | what a world tells |
//!
//! Deliberately absent: any decision about HCS. Those are rows of `hcs_rules`, carried out by `hcs_machine`.

#![cfg_attr(hcs_loom, allow(dead_code, unused_imports, reason = "loom explores the locks alone"))]

#[cfg(not(hcs_loom))]
mod actor;
#[cfg(not(hcs_loom))]
mod book;
mod callback;
#[cfg(not(hcs_loom))]
mod client;
#[cfg(not(hcs_loom))]
mod clock;
#[cfg(not(hcs_loom))]
mod draw;
#[cfg(not(hcs_loom))]
mod fault;
#[cfg(hcs_loom)]
mod loom;
#[cfg(not(hcs_loom))]
mod pump;
#[cfg(not(hcs_loom))]
mod report;
#[cfg(not(hcs_loom))]
mod simulator;
mod sync;
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
    fault::{Fault, Notifications, Occasion, Unfinished, Until, on},
    report::{Leak, Report},
    simulator::{Builder, Hold, Simulator},
    thread::Actor,
};
#[cfg(not(hcs_loom))]
pub use hcs_api as api;
#[cfg(not(hcs_loom))]
pub use hcs_rules as rules;
