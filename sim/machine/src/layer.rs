//! Layers of container images: the calls of `computestorage.dll`, and how layers travel.
//!
//! | file | what is there |
//! |---|---|
//! | [`backup`] | the streams of a backup |
//! | [`extended`], [`reparse`] | extended attributes, reparse data |
//! | [`blob`] | a file or folder of a layer with all that belongs to it |
//! | `call` | the calls: what they find, and what rows then say |
//! | `state` | what is at a path, and the documents of layers |
//! | `form` | what the calls do to what is on disk |
//! | `filter` | filters of volumes |
//! | `older` | the layer functions of the older interface |
//! | [`sddl`] | security descriptors as text |
//! | [`tombstone`] | the list of what is gone |
//! | [`transport`] | the folder that a layer is exported to and imported from |

pub mod backup;
pub mod blob;
mod call;
pub mod extended;
pub(crate) mod filter;
mod form;
mod older;
pub mod reparse;
pub mod sddl;
pub(crate) mod state;
pub mod tombstone;
pub mod transport;
