//! The C ABI of `computecore.dll` over a simulated world.
//!
//! Link this crate, and a program that calls `windows-sys` runs against the double on Linux and macOS as it is. The shared
//! library beside it (`computecore/`) is the same for programs in other languages.
//!
//! | file | what is there |
//! |---|---|
//! | [`world`] | the process's world, as `HCS_SIM_*` says |
//! | [`control`] | the exports by which programs in other languages control it, declared in `include/hcs_sim.h` |
//! | [`computecore`], [`computestorage`], [`virtdisk`] | the exports of each DLL |
//! | [`vmcompute`] | the exports of `vmcompute.dll`, under names of their own |
//! | `operation`, `system`, `process`, `service`, `files`, `storage`, `disk`, `legacy` | what is behind the exports of one noun each |
//! | [`gate`] | where calls go: to the simulated world, or to the real DLLs; written down or not |
//! | `record`, `role`, `trampoline` | writing calls and callbacks down |
//! | `unmodelled` | exports that are there and say that they are not modelled |
//! | `abi` | what every export is made of |
//! | `stream` | standard streams as handles of the operating system |
//! | `kernel` | off Windows: what a program uses such handles with |
//! | `text` | UTF-16 in, and documents out that the caller frees |
//!
//! Deliberately absent: any decision about HCS. An export turns its arguments into a call of [`hcs_api::Hcs`] and the
//! answer back. No panic crosses the boundary, and no handle is a pointer into our memory.

#![expect(unsafe_code, reason = "the C ABI is made of pointers that callers vouch for")]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("handles carry 64 bits");

mod abi;
pub mod computecore;
pub mod computestorage;
pub mod control;
mod disk;
mod files;
pub mod gate;
#[cfg(unix)]
pub mod kernel;
mod legacy;
mod operation;
mod process;
mod record;
mod role;
mod service;
mod storage;
mod stream;
mod system;
mod text;
mod trampoline;
mod unmodelled;
pub mod virtdisk;
pub mod vmcompute;
pub mod world;

pub use gate::record;
pub use world::{client, reset, simulator, tell};
