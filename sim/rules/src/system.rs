//! What happens to compute systems: the rows of the state stage, a file for each part of a system's life.
//!
//! `completes`, `fails` and `accepted` speak of the operation, `succeeds` and `refuses` of the call itself. Which of the
//! two carries a state error is not recorded; the operation is the better supported choice, is assumed throughout, and is
//! a setting of the profile, see [`crate::profile::Quirk::StateErrorsFromCall`].

mod change;
mod end;
mod life;
mod pause;
mod process;
mod query;
mod world;

use crate::build::Build;
use crate::rule::{Audience, CELLS, Raise, Row, count, find, join, lay_rows};
use crate::vocabulary::EventType::{
    ServiceDisconnect, SystemCrashInitiated, SystemCrashReport, SystemExited, SystemGuestConnectionClosed,
};
use crate::vocabulary::Kind::{
    self, GuestVirtualMachine, HostedContainer, HyperVContainer, ProcessContainer, VirtualMachine,
};
use crate::vocabulary::{Facet, SystemState, Trigger};

/// The end is told after the guest connection is, if there was one (the order is assumed).
const EXITED: &[Raise] = &[
    Raise { event: SystemGuestConnectionClosed, to: Audience::Connected },
    Raise { event: SystemExited, to: Audience::EveryHandle },
];
const EXITED_LATE: &[Raise] = &[Raise { event: SystemExited, to: Audience::ThisHandle }];
const DISCONNECTED: &[Raise] = &[Raise { event: ServiceDisconnect, to: Audience::EveryHandle }];
const CRASHED: &[Raise] = &[
    Raise { event: SystemCrashInitiated, to: Audience::EveryHandle },
    Raise { event: SystemCrashReport, to: Audience::EveryHandle },
    Raise { event: SystemGuestConnectionClosed, to: Audience::Connected },
    Raise { event: SystemExited, to: Audience::EveryHandle },
];

/// Virtual machines that clients make as such.
const MACHINES: &[Kind] = &[VirtualMachine, GuestVirtualMachine];
/// Containers of every isolation.
const CONTAINERS: &[Kind] = &[ProcessContainer, HyperVContainer, HostedContainer];
/// What has a worker process of its own, and can be paused.
const PAUSABLE: &[Kind] = &[VirtualMachine, GuestVirtualMachine, HyperVContainer];
/// What lives on another's kernel.
const SILOS: &[Kind] = &[ProcessContainer, HostedContainer];

/// What the service knows of a machine that the Hyper-V manager starts. The owner is observed; the monitor, which every such
/// machine has, lets its guest restart, and that nothing else is told is assumed.
pub const MANAGERS_MACHINE: &str = r#"{"Owner":"VMMS","VirtualMachine":{"Devices":{"VideoMonitor":{}}}}"#;

const PARTS: &[&[Row]] = &[life::ROWS, end::ROWS, pause::ROWS, change::ROWS, query::ROWS, process::ROWS, world::ROWS];
static LIST: [Row; count(PARTS)] = join(PARTS);

/// Every row, grouped by trigger.
pub static ROWS: &[Row] = &LIST;

static TABLE: [u16; CELLS] = lay_rows(&LIST);

/// The row of a situation. `None` when the trigger cannot come in that state or has no such facet.
pub fn rule(on: Trigger, facet: Facet, kind: Kind, state: SystemState, build: Build) -> Option<&'static Row> {
    find(&TABLE, on, facet, kind, state, build).map(|row| &ROWS[row])
}
