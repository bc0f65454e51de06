//! The Host Compute Service in safe Rust.
//!
//! [`Hcs`] has one method for each modelled export and is as raw as they are. [`ComputeSystem`] and [`Operation`] own
//! their handles and stand on any [`Hcs`]: a simulated client, or `Windows` on a Windows host.
//!
//! | file | what is there |
//! |---|---|
//! | [`hcs`] | the calls |
//! | [`error`] | what a failed call tells |
//! | [`operation`] | an owned operation, to wait for or to await |
//! | [`system`] | an owned compute system, blocking and async |
//! | [`block_on`] | the smallest executor |
//! | `windows` | the real DLLs, loaded late; only on Windows |
//!
//! Deliberately absent: any knowledge of what the service does.

pub mod error;
mod executor;
pub mod hcs;
pub mod operation;
pub mod system;
#[cfg(windows)]
pub mod windows;

pub use error::{Error, Result};
pub use executor::block_on;
pub use hcs::{
    CreateOptions, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle, SystemHandle,
    Text,
};
pub use operation::{Completion, Operation};
pub use system::{ComputeSystem, Exited, enumerate, enumerate_async, modify_service, service_properties};
#[cfg(windows)]
pub use windows::Windows;
