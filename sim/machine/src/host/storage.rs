//! What the host keeps of open disks, attached filters and volumes in use, beside the files themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use super::Host;
use crate::container::Use;
use crate::disk::{Disk, DiskHandle, Hold};
use crate::layer::filter::Filter;
use crate::table::Table;

/// Most worlds have none of it: they share the empty one, and a fork copies a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Storage {
    pub(crate) disk_handles: Table<DiskHandle>,
    /// The disks that are open or attached.
    pub(crate) disks: Table<Disk>,
    /// The files that machines which run have open.
    pub(crate) held_disks: BTreeSet<Hold>,
    /// The filters that are attached, by their volumes.
    pub(crate) filters: BTreeMap<Uuid, Filter>,
    /// After how many files the next import breaks off, if it does.
    pub(crate) torn_import: Option<u32>,
    /// Whether the filter of another product is in the way.
    pub(crate) filter_collision: bool,
    /// The volumes that containers run on, or did a moment ago.
    pub(crate) used_volumes: BTreeMap<Uuid, Use>,
}

impl Storage {
    /// Nothing.
    pub(super) fn none() -> Arc<Storage> {
        static NONE: LazyLock<Arc<Storage>> = LazyLock::new(Arc::default);
        NONE.clone()
    }
}

impl Host {
    pub(crate) fn storage_mut(&mut self) -> &mut Storage {
        Arc::make_mut(&mut self.storage)
    }
}
