//! Filters: what is attached to the volume of a writable layer, and what the volume then shows.

use hcs_rules::layer::form::STATE;
use hcs_rules::transport::folder;
use uuid::Uuid;

use crate::files::{By, Found, Tree, below};
use crate::host::Host;
use crate::input::LayerEvent;
use crate::layer::state::LayerData;

/// Which filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterKind {
    /// That of layers in folders.
    Wcifs,
    /// That of layers in images.
    UnionFs,
}

/// A filter that is attached to a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) kind: FilterKind,
    /// Whether it was attached as an overlay.
    pub(crate) is_overlay: bool,
    /// Whether the older interface has prepared the layer.
    pub(crate) is_prepared: bool,
    /// The folders of the parents, the topmost first.
    pub(crate) parents: Vec<String>,
    /// Their ids; nil for one that has none.
    pub(crate) ids: Vec<Uuid>,
    /// What the parents show together.
    below: Tree,
    /// How many more times it is not let go.
    pub(crate) busy: u32,
}

impl Host {
    /// Attaches a filter to a volume.
    pub(super) fn attach_filter(
        &mut self,
        volume: Uuid,
        kind: FilterKind,
        is_overlay: bool,
        data: &LayerData,
    ) -> Found<()> {
        let now = self.now.as_file_time();
        // A layer in an image is named by its files, one in a folder by the folder above them.
        let parents = &data.parents;
        let folders: Found<Vec<String>> = match kind {
            FilterKind::UnionFs => Ok(parents.clone()),
            FilterKind::Wcifs => parents.iter().map(|parent| below(parent, folder::FILES)).collect(),
        };
        let shown = self.storage.files.laid_together(&folders?, now)?;
        self.files_mut().show_below(volume, &shown)?;
        let filter = Filter {
            kind,
            is_overlay,
            is_prepared: false,
            parents: parents.clone(),
            ids: data.ids.clone(),
            below: shown,
            busy: 0,
        };
        self.storage_mut().filters.insert(volume, filter);
        Ok(())
    }

    /// Detaches the filter of a volume, if it has one: what was written stays.
    pub(crate) fn detach_filter(&mut self, volume: Uuid) {
        let now = self.now.as_file_time();
        if let Some(filter) = self.storage_mut().filters.remove(&volume) {
            self.files_mut().hide_below(volume, &filter.below, now);
        }
    }

    /// What a volume holds itself while its filter is attached.
    pub(super) fn changes_of(&self, volume: Uuid) -> Option<Tree> {
        self.storage.files.own_of(volume, &self.storage.filters.get(&volume)?.below, self.now.as_file_time())
    }

    /// Marks the volume of a writable layer as one.
    pub(super) fn mark_volume(&mut self, root: &str, by: By) -> Found<()> {
        self.files_mut().make_folders(&below(root, STATE)?, by)
    }

    /// The world acts on layers. Answers whether that did anything.
    pub(crate) fn happen_to_layers(&mut self, event: &LayerEvent) -> bool {
        match event {
            LayerEvent::TornImport(files) => self.storage_mut().torn_import.replace(*files) != Some(*files),
            LayerEvent::Collision(there) => {
                std::mem::replace(&mut self.storage_mut().filter_collision, *there) != *there
            }
            LayerEvent::Busy(root, times) => {
                let volume = self.storage.files.volume_at_root(root).map(crate::files::Volume::id).ok();
                match volume.and_then(|volume| self.storage_mut().filters.get_mut(&volume)) {
                    Some(filter) => std::mem::replace(&mut filter.busy, *times) != *times,
                    None => false,
                }
            }
            LayerEvent::ImageBuild(folder, build) => self.note_layer(folder, |note| note.build = Some(*build)),
            LayerEvent::Damage(folder) => self.note_layer(folder, |note| note.is_damaged = true),
        }
    }
}
