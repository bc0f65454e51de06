//! What is believed about the Host Compute Service, as cases that run on the double and on a Windows host alike.
//!
//! Most cases are derived from the rows of `hcs_rules`: a route to the situation is found by search, the trigger is pulled,
//! and the answer is held against the row. A case that passes on the double proves delivery, because the double runs on the
//! same rows; only one that passes on Windows proves truth. Reports keep the two apart, by the target's name.
//!
//! | file | what is there |
//! |---|---|
//! | [`target`] | what a suite runs on |
//! | [`input`] | a document for each facet |
//! | [`route`] | how to get a system into a state |
//! | [`derived`], `pull`, `inside`, `expect` | cases from rows: which there are, how they are run, what they expect |
//! | [`process`] | the same for the rows of processes |
//! | [`layer`] | the same for the rows of layers |
//! | [`disk`] | the same for the rows of disks |
//! | [`legacy`] | the same for the rows of the older interface |
//! | [`cases`] | cases that no row says |
//! | [`report`] | what came of them |
//!
//! Deliberately absent: the simulator. Only this crate's tests and the runner name it.

pub mod cases;
pub mod derived;
pub mod disk;
mod expect;
pub mod input;
mod inside;
pub mod layer;
pub mod legacy;
pub mod process;
mod pull;
pub mod report;
pub mod route;
pub mod target;
