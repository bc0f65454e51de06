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
//! | [`process`], [`stream`] | a command, a child with its streams, its exit status, as `std::process` has them |
//! | [`files`] | state files, and access of machines to files |
//! | [`storage`], [`disk`] | the calls on layers of container images and on virtual disks |
//! | [`layer`] | layers by what is done with them, and a mount that lives as long as its value |
//! | [`legacy`] | the older interface, `vmcompute.dll` |
//! | [`block_on`] | the smallest executor |
//! | `windows` | the real DLLs, loaded late; only on Windows |
//!
//! Deliberately absent: any knowledge of what the service does.

pub mod disk;
pub mod error;
mod executor;
pub mod files;
pub mod hcs;
mod json;
pub mod layer;
pub mod legacy;
mod listener;
pub mod operation;
pub mod process;
pub mod storage;
pub mod stream;
pub mod system;
#[cfg(windows)]
pub mod windows;

pub use disk::{Attach, Attached, DiskHandle, DiskInformation, VirtualDisk, VirtualDisks};
pub use error::{Error, Result};
pub use executor::block_on;
pub use hcs::{
    CreateOptions, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle,
    ProcessInformation, StreamHandle, SystemHandle, Text,
};
pub use legacy::layer::{LayerName, LegacyLayers};
pub use legacy::{LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Vmcompute};
pub use operation::{Completion, Operation};
pub use process::{Child, Command, ExitStatus, Output, ProcessSignal, Stdio};
pub use storage::Storage;
pub use stream::{ChildOutput, ChildStdin};
pub use system::{ComputeSystem, enumerate, enumerate_async, modify_service, service_properties};
#[cfg(windows)]
pub use windows::Windows;
