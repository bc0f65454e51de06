//! The exports of `computestorage.dll`: names, signatures and calling convention of the real ones.

pub use crate::storage::*;
