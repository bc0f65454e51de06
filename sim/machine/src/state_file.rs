//! State files: guest state (VMGS) and runtime state (VMRS), written and read as `hcs_rules::state_file` lays them out.
//!
//! | file | what is there |
//! |---|---|
//! | [`vmgs`] | guest state: an image, its files, and what is wrong with one |
//! | [`vmrs`] | runtime state: a store of keys and values, and what is wrong with one |
//! | [`saved`] | the saved state of a machine in such a store |
//! | `codec` | fields and checksums |
//!
//! A change is a list of [`Write`]s. Carried out in their order, and broken off anywhere, they leave what was there before,
//! or a file that no reader takes.

pub(crate) mod codec;
pub mod saved;
pub mod vmgs;
pub mod vmrs;

use crate::files::Data;

/// One write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where it begins.
    pub at: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Write {
    /// Carries it out.
    pub fn apply(&self, data: &mut Data) {
        data.write(self.at, &self.bytes);
    }
}
