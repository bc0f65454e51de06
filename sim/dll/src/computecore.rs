//! The exports of `computecore.dll`: names, signatures and calling convention of the real ones.
//!
//! Their pages in Microsoft's documentation are their documentation; `hcs_rules` says what the simulated ones do. They are
//! written down noun by noun, in files of the nouns' names.

pub use crate::files::*;
pub use crate::operation::*;
pub use crate::process::*;
pub use crate::service::*;
pub use crate::system::*;
pub use crate::unmodelled::*;
