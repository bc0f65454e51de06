//! What is noted of the layer in a folder. It goes with the folder, wherever that goes.

use uuid::Uuid;

use super::Files;

/// What the model does not read in the files of a layer, where hosts have it: in its hives and its reparse data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LayerNote {
    /// The ids of the parents that it was imported on, the topmost first; `None` for what was not imported.
    pub(crate) parents: Option<Vec<Uuid>>,
    /// The build of its image, if the world has said it.
    pub(crate) build: Option<u32>,
    /// Whether its content is damaged.
    pub(crate) is_damaged: bool,
}

impl Files {
    /// What is noted of the layer in a folder.
    pub(crate) fn layer_note(&self, folder: &str) -> Option<&LayerNote> {
        let node = self.find(folder).and_then(|at| self.node(at)).ok()?;
        node.rare.as_ref().map(|rare| &rare.layer)
    }

    /// Changes what is noted of the layer in a folder. Answers whether there is one, and that did anything.
    pub(crate) fn note_layer(&mut self, folder: &str, change: impl FnOnce(&mut LayerNote)) -> bool {
        let Ok(at) = self.find(folder) else { return false };
        if !self.is_folder(at) {
            return false;
        }
        let mut changed = false;
        self.tree_mut(at.volume).change(at.key, |node| {
            changed = node.change_rare(|rare| {
                let before = rare.layer.clone();
                change(&mut rare.layer);
                rare.layer != before
            });
        });
        changed
    }
}
