//! The Host Compute Service as a pure machine: [`Host::step`] takes a moment and an input, and says what comes of it.
//!
//! Clone a [`Host`] and you have forked a world: nothing that is pending lives anywhere else.
//!
//! | file | what is there |
//! |---|---|
//! | [`input`], [`effect`] | what comes in, what goes out |
//! | [`host`] | the host: the stages that every call passes, and the agenda |
//! | `operation`, `system`, `process`, `stream`, `service`, `client`, `wait`, `world` | what rows cannot say, a file per noun |
//! | `execution`, [`guest`] | how programs run in processes; the programs themselves |
//! | `call`, `completion`, `happening` | a call on a system, a request that is done, what happens to a system |
//! | `configuration`, `constraint`, `change` | documents that come in: which facet, what stands against them, what they change |
//! | [`document`] | JSON: the arena, the tokeniser's driver, the validator, the writer |
//! | [`files`], [`state_file`] | the host's file system, the calls on it; guest state and runtime state in files |
//! | [`disk`] | virtual disks in files |
//! | [`layer`] | layers of container images: the calls, backup streams, the transport form |
//! | `legacy` | the older interface over the same systems and processes |
//! | `container` | the storage of containers |
//! | `answer`, `properties` | the documents that come back |
//! | [`handle`], [`id`], [`table`], [`time`] | handles, ids, copy-on-write tables, virtual time |
//! | [`canonical`] | the bytes of a step, and the digest over them |
//!
//! Deliberately absent, and kept out by this crate's lints: clocks, threads, files, locks, randomness, hash maps, build
//! numbers in code.

mod answer;
mod call;
pub mod canonical;
mod change;
mod client;
mod completion;
mod configuration;
mod constraint;
mod container;
pub mod disk;
pub mod document;
pub mod effect;
mod execution;
pub mod files;
pub mod guest;
pub mod handle;
mod happening;
pub mod host;
pub mod id;
pub mod input;
pub mod layer;
mod legacy;
mod operation;
mod process;
mod properties;
mod service;
pub mod state_file;
mod stream;
mod system;
pub mod table;
pub mod time;
mod wait;
mod world;

pub use change::Held;
pub use effect::Effect;
pub use execution::folded_program;
pub use host::Host;
pub use input::{ClientId, Fate, Input};
pub use time::Time;
