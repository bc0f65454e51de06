//! JSON documents: read into an arena, checked against the tables, written by our own writer.
//!
//! serde_json tokenises and nothing more: what it would lose (duplicate members) or change with its features (numbers, the
//! order of members) is ours.

mod arena;
mod check;
mod parse;
mod refusal;
mod write;

pub(crate) use arena::Place;
pub use arena::{Document, Node};
pub use check::{Fault, check, check_all, check_type};
pub use refusal::error_document;
pub use write::{ListWriter, ObjectWriter, Writer};
