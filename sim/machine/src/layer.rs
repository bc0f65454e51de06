//! Layers of containers: how they travel.
//!
//! | file | what is there |
//! |---|---|
//! | [`backup`] | the streams of a backup |
//! | [`extended`], [`reparse`] | extended attributes, reparse data |
//! | [`entry`] | a file or folder of a layer with all that belongs to it, as one blob |
//! | [`tombstone`] | the list of what is gone |

pub mod backup;
pub mod entry;
pub mod extended;
pub mod reparse;
pub mod tombstone;
