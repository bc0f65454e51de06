//! The files of the host, and what it keeps of open disks, attached filters and volumes in use.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use super::Host;
use crate::container::Use;
use crate::disk::{Disk, DiskHandle, Hold};
use crate::files::Files;
use crate::layer::filter::Filter;
use crate::table::Table;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    pub(crate) files: Arc<Files>,
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

/// The storage of a new host: the usual files, and nothing open.
static NEW: LazyLock<Arc<Storage>> = LazyLock::new(|| {
    Arc::new(Storage {
        files: Arc::new(Files::of_a_new_host()),
        disk_handles: Table::default(),
        disks: Table::default(),
        held_disks: BTreeSet::new(),
        filters: BTreeMap::new(),
        torn_import: None,
        filter_collision: false,
        used_volumes: BTreeMap::new(),
    })
});

/// A storage that forks share. Most worlds never change theirs, which is then nothing: the storage of a new host.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedStorage(Option<Arc<Storage>>);

impl Deref for SharedStorage {
    type Target = Storage;

    fn deref(&self) -> &Storage {
        match &self.0 {
            Some(storage) => storage,
            None => &NEW,
        }
    }
}

impl PartialEq for SharedStorage {
    fn eq(&self, other: &SharedStorage) -> bool {
        **self == **other
    }
}

impl Host {
    pub(crate) fn storage_mut(&mut self) -> &mut Storage {
        Arc::make_mut(self.storage.0.get_or_insert_with(|| NEW.clone()))
    }
}
