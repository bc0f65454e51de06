//! Virtual disks: their files.
//!
//! | file | what is there |
//! |---|---|
//! | [`vhdx`] | the file of a virtual disk, written and read |
//! | [`vhd`] | fixed disks of the first kind, read |

pub mod vhd;
pub mod vhdx;
