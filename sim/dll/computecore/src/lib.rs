//! `computecore.dll` of the simulated Host Compute Service: every export comes from `hcs_sim_dll`.

pub use hcs_sim_dll::*;
