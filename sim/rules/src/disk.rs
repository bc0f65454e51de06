//! Virtual disks: the layout of their files, and what is wrong with one.
//!
//! The writer and the reader of the files are in `hcs_machine::disk`.

pub mod vhdx;

use crate::closed::closed;

closed! {
    /// What a reader finds wrong with the file of a virtual disk.
    pub enum Damage, Damages {
        /// It is shorter than any such file is.
        Short,
        /// It does not begin, or end, as a virtual disk does.
        NoSignature,
        /// Neither header is sound.
        BadHeaders,
        /// The headers say a version that is not known.
        NewerVersion,
        /// Changes stand in the log that were never carried out. Replaying them is not modelled.
        LogPending,
        /// Neither table of regions is sound.
        BadRegions,
        /// A region that must be known is not.
        UnknownRegion,
        /// The table of metadata is damaged.
        BadMetadata,
        /// An item of metadata that must be known is not.
        UnknownItem,
        /// An item of metadata that must be there is not, or is damaged.
        BadItem,
        /// The locator of the parent is damaged.
        BadLocator,
        /// The block allocation table is damaged.
        BadTable,
        /// The footer of a disk of the first kind is damaged.
        BadFooter,
        /// A disk of the first kind that is not fixed: not modelled.
        NotFixed,
    }
}
