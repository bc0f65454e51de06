//! Targets for the suite: the double, and on Windows the host. The program of this crate wires them to the suite.

pub mod simulator;
#[cfg(windows)]
pub mod windows;
