//! The storage of containers: looked at when one is made or started, and kept from others while it runs.

use hcs_rules::answer::Form;
use hcs_rules::container::{Moment, ROWS, StorageFault, StorageFaults, TEARDOWN, runs_image};
use hcs_rules::document::Root;
use hcs_rules::file::FileFault;
use hcs_rules::grant::mask;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::LayerState;
use hcs_rules::layer::form::SANDBOX;
use hcs_rules::profile::Quirk;
use hcs_rules::transport::folder;
use hcs_rules::vocabulary::{Kind, OperationType};
use uuid::Uuid;

use crate::configuration::present;
use crate::document::Node;
use crate::files::{LayerNote, below};
use crate::host::Host;
use crate::id::FoldedId;
use crate::layer::filter::{Filter, FilterKind};
use crate::layer::state::{is_within, state_of_folder};
use crate::operation::Work;
use crate::system::System;
use crate::table::Key;
use crate::time::Time;

/// The use that a container makes of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// The container, by its place in the order of creation.
    system: u64,
    /// When the volume is let go; `None` while the container runs.
    until: Option<Time>,
}

/// The storage that a container's document names.
struct Storage<'a> {
    /// The layers, the topmost first; `None` where the document is silent.
    layers: Option<Vec<Layer<'a>>>,
    volume: Option<&'a str>,
    /// The folder of an isolated container's scratch.
    scratch: Option<&'a str>,
}

/// A layer in a document.
#[derive(Clone, Copy)]
struct Layer<'a> {
    id: Option<Uuid>,
    path: &'a str,
}

impl System {
    fn storage(&self) -> Option<Storage<'_>> {
        let old = self.root == Root::ContainerConfigV1;
        let (list, id) = match self.kind {
            Kind::ProcessContainer | Kind::HyperVContainer if old => (self.member(&["Layers"]), "ID"),
            Kind::ProcessContainer => (present(self.container(&["Storage"])?, "Layers"), "Id"),
            _ => return None,
        };
        let layer = |node: Node<'_>| Uuid::try_parse(present(node, id)?.as_str()?).ok();
        let layers = list.map(|list| {
            let path = |node| present(node, "Path").and_then(Node::as_str).unwrap_or_default();
            list.items().map(|node| Layer { id: layer(node), path: path(node) }).collect()
        });
        Some(Storage { layers, volume: self.storage_volume(), scratch: self.scratch() })
    }

    /// The path of the volume that a container on the host's kernel is to run on.
    fn storage_volume(&self) -> Option<&str> {
        let node = match (self.kind, self.root) {
            (Kind::ProcessContainer, Root::ContainerConfigV1) => self.member(&["VolumePath"])?,
            (Kind::ProcessContainer, _) => present(self.container(&["Storage"])?, "Path")?,
            _ => return None,
        };
        node.as_str().filter(|path| !path.is_empty())
    }

    fn scratch(&self) -> Option<&str> {
        if self.kind != Kind::HyperVContainer {
            return None;
        }
        self.member(&["LayerFolderPath"])?.as_str().filter(|path| !path.is_empty())
    }

    /// The disk of an isolated container's scratch.
    pub(crate) fn scratch_disk(&self) -> Option<String> {
        below(self.scratch()?, SANDBOX).ok()
    }
}

impl Host {
    /// What stands against a container's storage.
    #[inline(never)]
    pub(crate) fn storage_refusal(&self, key: Key, moment: Moment) -> Option<(Hresult, Form)> {
        let system = self.systems.get(key)?;
        let found = self.storage_faults(system, &system.storage()?);
        let row = ROWS.iter().find(|row| row.moments.contains(moment) && found.contains(row.fault))?;
        Some((row.code, row.form))
    }

    fn storage_faults(&self, system: &System, storage: &Storage<'_>) -> StorageFaults {
        let volume = storage.volume.and_then(|path| self.volume_of_root(path));
        let layers = storage.layers.as_deref().unwrap_or_default();
        let scratch = storage.scratch.is_some_and(|folder| self.storage.files.has_folder(folder));
        if volume.is_none() && !scratch && !layers.iter().any(|layer| self.storage.files.has_folder(layer.path)) {
            return StorageFaults::NONE;
        }
        let filter = volume.and_then(|volume| self.storage.filters.get(&volume));
        let mut found = self.layer_faults(system.kind, layers, filter);
        if let Some(fault) = self.scratch_fault(system).filter(|_| scratch) {
            found = found.with(fault);
        }
        if let (Some(filter), Some(layers)) = (filter, &storage.layers)
            && let Some(fault) = against_filter(layers, filter)
        {
            found = found.with(fault);
        }
        let Some(path) = storage.volume else { return found };
        let Some(volume) = volume else { return found.with(StorageFault::NoVolume) };
        if path.ends_with('\\') == (system.root == Root::ContainerConfigV1) {
            found = found.with(StorageFault::PathForm);
        }
        if filter.is_none() {
            found = found.with(StorageFault::NoFilter);
        }
        let other = |used: &Use| used.until.is_none() && used.system != system.sequence;
        if self.storage.used_volumes.get(&volume).is_some_and(other) {
            found = found.with(StorageFault::InUse);
        }
        found
    }

    /// What stands against the layers themselves. Those in images are not looked into.
    fn layer_faults(&self, kind: Kind, layers: &[Layer<'_>], filter: Option<&Filter>) -> StorageFaults {
        let mut found = StorageFaults::NONE;
        if filter.is_some_and(|filter| filter.kind == FilterKind::UnionFs) {
            return found;
        }
        for (at, layer) in layers.iter().enumerate() {
            let is_last = at + 1 == layers.len();
            let note = self.storage.files.layer_note(layer.path);
            let parents = note.and_then(|note| note.parents.as_deref()).unwrap_or_default();
            // A folder in transport form has all that a layer has, and more.
            let side = below(layer.path, &format!("{}{}", folder::FILES, folder::SIDECAR));
            let fault = match state_of_folder(&self.storage.files, layer.path) {
                Ok(_) if side.is_ok_and(|side| self.storage.files.exists(&side)) => Some(StorageFault::UnknownLayer),
                Err(_) | Ok(LayerState::Absent) => Some(StorageFault::NoLayer),
                Ok(LayerState::Base) => (!is_last).then_some(StorageFault::Order),
                Ok(LayerState::Imported) if !is_last => None,
                Ok(LayerState::Imported) if !parents.is_empty() => Some(StorageFault::Order),
                Ok(_) => Some(StorageFault::UnknownLayer),
            };
            let is_other = |build| !runs_image(kind, self.build, build);
            let noted = [
                fault,
                note.filter(|note| note.is_damaged).map(|_| StorageFault::DamagedLayer),
                against_parents(&layers[at + 1..], parents),
                note.and_then(|note| note.build).filter(|build| is_other(*build)).map(|_| StorageFault::OtherBuild),
            ];
            found = noted.into_iter().flatten().fold(found, StorageFaults::with);
        }
        found
    }

    /// What stands against the scratch of an isolated container that is made. What is wrong with its disk, its start tells.
    fn scratch_fault(&self, system: &System) -> Option<StorageFault> {
        let file = match self.storage.files.file_id(&system.scratch_disk()?) {
            Ok(file) => file,
            Err(FileFault::IsFolder) => return Some(StorageFault::ScratchDenied),
            Err(_) => return Some(StorageFault::NoScratch),
        };
        let machine = FoldedId::of(&system.id).runtime_id();
        let may = self.storage.files.machine_may(file, machine, mask::READ_DATA | mask::WRITE_DATA);
        (!may).then_some(StorageFault::ScratchDenied)
    }

    fn volume_of_root(&self, path: &str) -> Option<Uuid> {
        self.storage.files.volume_at_root(path).ok().map(crate::files::Volume::id)
    }

    /// Whether a container's layers are there and none, or fewer than the filter of its volume shows.
    #[inline(never)]
    pub(crate) fn has_shortened_layers(&self, system: &System) -> bool {
        let Some(Storage { layers: Some(layers), volume, .. }) = system.storage() else { return false };
        let filter = || self.storage.filters.get(&self.volume_of_root(volume?)?);
        layers.is_empty() || filter().is_some_and(|filter| layers.len() < filter.parents.len())
    }

    /// Whether this request hangs, on a host with that quirk: the start on a volume that the calls of `computestorage.dll`
    /// alone have mounted.
    pub(crate) fn hangs(&self, work: &Work) -> bool {
        if !self.quirks.contains(Quirk::BareMountHangsStart) || work.kind != OperationType::Start || !work.is_by_rule()
        {
            return false;
        }
        let system = work.system.and_then(|key| self.systems.get(key));
        let volume = system.and_then(System::storage_volume).and_then(|path| self.volume_of_root(path));
        volume
            .and_then(|volume| self.storage.filters.get(&volume))
            .is_some_and(|filter| !filter.is_overlay && !filter.is_prepared)
    }

    /// A container that starts has its volume for itself.
    #[inline(never)]
    pub(crate) fn hold_volume(&mut self, key: Key) {
        let Some(system) = self.systems.get(key) else { return };
        let Some(volume) = system.storage_volume().and_then(|path| self.volume_of_root(path)) else { return };
        let (now, system) = (self.now, system.sequence);
        self.storage_mut().used_volumes.retain(|_, used| used.until.is_none_or(|until| now < until));
        self.storage_mut().used_volumes.insert(volume, Use { system, until: None });
    }

    /// A container that is over lets its volume go, in a while. One that is gone is let go at once.
    pub(crate) fn release_volume(&mut self, system: u64) {
        if self.storage.used_volumes.is_empty() {
            return;
        }
        let until = self.now.after(TEARDOWN);
        let storage = self.storage_mut();
        storage.used_volumes.retain(|volume, used| {
            if used.system == system && used.until.is_none() {
                used.until = Some(until);
            }
            used.system != system || storage.files.volume(*volume).is_some()
        });
    }

    /// Whether a container runs on a volume, or is being taken down.
    pub(crate) fn is_volume_in_use(&self, volume: Uuid) -> bool {
        self.storage.used_volumes.get(&volume).is_some_and(|used| used.until.is_none_or(|until| self.now < until))
    }

    /// Whether the volume that a container runs on is there no more.
    pub(crate) fn has_lost_volume(&self, system: u64) -> bool {
        let mut used =
            self.storage.used_volumes.iter().filter(|(_, used)| used.system == system && used.until.is_none());
        used.any(|(volume, _)| self.storage.files.volume(*volume).is_none())
    }

    /// Notes something of the layer in a folder, because the world says so.
    pub(crate) fn note_layer(&mut self, folder: &str, change: impl FnOnce(&mut LayerNote)) -> bool {
        self.files_mut().note_layer(folder, change)
    }
}

/// The layers of a document against those that a filter shows.
fn against_filter(layers: &[Layer<'_>], filter: &Filter) -> Option<StorageFault> {
    if filter.kind == FilterKind::UnionFs {
        return None;
    }
    let is_same = |one: &str, other: &str| is_within(one, other) && is_within(other, one);
    let mut pairs = layers.iter().zip(&filter.parents);
    if layers.len() != filter.parents.len() || pairs.any(|(layer, parent)| !is_same(layer.path, parent)) {
        return Some(StorageFault::Order);
    }
    let mut ids = layers.iter().zip(&filter.ids);
    ids.any(|(layer, id)| differ(layer.id, *id)).then_some(StorageFault::OtherId)
}

/// The layers below one in a document against the parents that it was imported on.
fn against_parents(layers: &[Layer<'_>], parents: &[Uuid]) -> Option<StorageFault> {
    if parents.is_empty() || (layers.len() == parents.len() && !differs_anywhere(layers, parents)) {
        return None;
    }
    let is_named = |layer: &Layer<'_>| layer.id.is_none_or(|id| parents.contains(&id));
    let is_other = layers.len() == parents.len() && !layers.iter().all(is_named);
    Some(if is_other { StorageFault::OtherId } else { StorageFault::Order })
}

fn differs_anywhere(layers: &[Layer<'_>], parents: &[Uuid]) -> bool {
    layers.iter().zip(parents).any(|(layer, parent)| differ(layer.id, *parent))
}

/// Whether two ids differ. One that was not given, and is nil, is any.
fn differ(id: Option<Uuid>, other: Uuid) -> bool {
    id.is_some_and(|id| !id.is_nil() && !other.is_nil() && id != other)
}
