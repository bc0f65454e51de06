//! The calls on layers: documents, then what is found, then the row, then what the row says.

use hcs_rules::access::Rights;
use hcs_rules::disk;
use hcs_rules::document::Root;
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::form::{BASES, BOOT, CONFIG, LAYOUT};
use hcs_rules::layer::{LayerCase, LayerEffect, path, rule};
use hcs_rules::profile::Quirk;
use hcs_rules::transport::{folder, reparse};

use super::filter::FilterKind;
use super::state::{LayerData, Place, is_within, list_of_files, options};
use super::transport::{Item, Transport, Why, lacking};
use crate::configuration::present;
use crate::disk::Stop;
use crate::document::Node;
use crate::effect::{Effect, Finding, Reply};
use crate::files::{By, LayerNote, below};
use crate::host::{Admitted, Host, refusal};
use crate::input::{LayerRequest, Text};

/// What a call has found, and what is needed to carry it out.
#[derive(Debug, Default)]
struct Looked {
    /// `None`: nothing makes a difference.
    case: Option<LayerCase>,
    data: LayerData,
    /// What was read of the folder to import.
    layer: Option<Transport>,
    /// Where to import from, or to export to.
    other: String,
}

impl Looked {
    fn at(case: LayerCase) -> Looked {
        Looked { case: Some(case), ..Looked::default() }
    }
}

impl Host {
    /// Carries out a call on layers.
    #[cold]
    pub(crate) fn on_layer(&mut self, on: &Admitted, request: &LayerRequest, effects: &mut Vec<Effect>) -> Reply {
        match (request, on.disk) {
            (LayerRequest::FormatWritableLayerVhd { .. }, Some(disk)) => {
                let done = self.format_disk(on, disk).map(|()| Hresult::S_OK);
                return refusal(on.call, done.unwrap_or_else(|stop| self.stopped(on, stop, effects)));
            }
            (LayerRequest::GetLayerVhdMountPath { .. }, Some(disk)) => {
                return match self.mount_path(disk) {
                    Ok(path) => Reply::Outcome(Hresult::S_OK, Some(path)),
                    Err(stop) => refusal(on.call, self.stopped(on, stop, effects)),
                };
            }
            _ => {}
        }
        // The volume of an older writable layer comes first, that of a setup behind the layer.
        let about = match request {
            LayerRequest::SetupBaseOSVolume { volume, .. } => Some(volume),
            request => request.paths()[0],
        };
        let place = match about.map(|about| self.place(about)) {
            Some(Ok(place)) => place,
            Some(Err(fault)) => return refusal(on.call, path::rule(fault).refuses),
            None => unreachable!("{:?} is about no path", on.call),
        };
        let looked = match self.look(on, request, &place) {
            Ok(looked) => looked,
            Err(fault) => return refusal(on.call, path::rule(fault).refuses),
        };
        let case = looked.case.unwrap_or(LayerCase::Usual);
        let Some(row) = rule(on.call, place.state, case, self.build) else {
            unreachable!("{:?} found {:?} and {case:?}, which no row says", on.call, place.state)
        };
        let code = match self.effect(on, row.effect, request, &place, &looked, effects) {
            // What stands in the way of the last step leaves what the steps before it made.
            Err(fault) if row.code.is_ok() => path::rule(fault).refuses,
            Ok(Some(code)) => code,
            _ => row.code,
        };
        refusal(on.call, code)
    }

    /// The first thing that makes a difference, in the order of the cases.
    fn look(&self, on: &Admitted, request: &LayerRequest, place: &Place) -> Result<Looked, FileFault> {
        let mut looked = Looked::default();
        if let Some(data) = request.data() {
            match LayerData::read(data, self.build) {
                Ok(data) => looked.data = data,
                Err(case) => return Ok(Looked::at(case)),
            }
        }
        let lacks = |parents: &[String]| parents.iter().any(|parent| !self.storage.files.has_folder(parent));
        let no_parent = || lacks(&looked.data.parents).then_some(LayerCase::NoParent);
        let no_target = |folder: &Text| (!self.storage.files.has_folder(text(folder))).then_some(LayerCase::NoTarget);
        let found = match request {
            LayerRequest::ImportLayer { source, .. } => return self.look_at_source(on, text(source), looked),
            LayerRequest::ExportLayer { folder, options: wanted, .. } => {
                let wanted = match options(wanted, Root::ExportLayerOptions, self.build) {
                    Ok(document) => document,
                    Err(case) => return Ok(Looked::at(case)),
                };
                let writable = present(wanted.root(), "IsWritableLayer").and_then(Node::as_bool) == Some(true);
                no_target(folder).or_else(no_parent).or(writable.then_some(LayerCase::Other))
            }
            LayerRequest::ExportLegacyWritableLayer { folder, .. } => no_target(folder).or_else(no_parent),
            LayerRequest::DestroyLayer { layer } => self.look_before_removal(text(layer)),
            LayerRequest::SetupBaseOSLayer { layer, disk, options: wanted } => {
                let wanted = match options(wanted, Root::OsLayerOptions, self.build) {
                    Ok(document) => document,
                    Err(case) => return Ok(Looked::at(case)),
                };
                let machine = present(wanted.root(), "Type").and_then(Node::as_str) == Some("Vm");
                let disk = match (machine, disk.0 != 0) {
                    (false, true) => Some(LayerCase::UnwantedDisk),
                    (true, false) => Some(LayerCase::NoDisk),
                    _ => None,
                };
                disk.or_else(|| self.look_at_base(text(layer), machine))
            }
            LayerRequest::SetupBaseOSVolume { layer, options: wanted, .. } => {
                match options(wanted, Root::OsLayerOptions, self.build) {
                    Ok(_) => self.look_at_base(text(layer), false),
                    Err(case) => Some(case),
                }
            }
            LayerRequest::InitializeWritableLayer { .. } => no_parent(),
            LayerRequest::InitializeLegacyWritableLayer { options, .. } => {
                list_of_files(options).err().or_else(no_parent)
            }
            LayerRequest::AttachLayerStorageFilter { .. } | LayerRequest::AttachOverlayFilter { .. } => {
                let on_disk = place
                    .volume
                    .and_then(|id| self.storage.files.volume(id))
                    .is_some_and(|volume| volume.disk.is_some());
                no_parent()
                    .or((!on_disk).then_some(LayerCase::NoDevice))
                    .or(self.storage.filter_collision.then_some(LayerCase::Collision))
            }
            LayerRequest::DetachLayerStorageFilter { .. } => {
                let filter = place.volume.and_then(|id| self.storage.filters.get(&id));
                filter.is_some_and(|filter| filter.busy > 0).then_some(LayerCase::Busy)
            }
            LayerRequest::DetachOverlayFilter { .. } => {
                let wanted = looked.data.filter.unwrap_or(FilterKind::Wcifs);
                let filter = place.volume.and_then(|id| self.storage.filters.get(&id));
                filter.is_some_and(|filter| filter.kind != wanted).then_some(LayerCase::OtherFilter)
            }
            LayerRequest::FormatWritableLayerVhd { .. } | LayerRequest::GetLayerVhdMountPath { .. } => {
                unreachable!("{:?} is a call on a disk", on.call)
            }
        };
        looked.case = found;
        if let LayerRequest::ExportLayer { folder, .. } | LayerRequest::ExportLegacyWritableLayer { folder, .. } =
            request
        {
            looked.other = text(folder).to_owned();
        }
        Ok(looked)
    }

    /// What is to be said of the folder to import.
    fn look_at_source(&self, on: &Admitted, source: &str, mut looked: Looked) -> Result<Looked, FileFault> {
        looked.other = source.to_owned();
        if !self.storage.files.has_folder(source) {
            looked.case = Some(LayerCase::NoSource);
            return Ok(looked);
        }
        if looked.data.parents.iter().any(|parent| !self.storage.files.has_folder(parent)) {
            looked.case = Some(LayerCase::NoParent);
            return Ok(looked);
        }
        let no_boot = looked.data.parents.is_empty() && !self.storage.files.exists(&below(source, BOOT)?);
        if no_boot || lacking(&self.storage.files, source, on.is_step).is_some() {
            looked.case = Some(LayerCase::IncompleteSource);
            return Ok(looked);
        }
        if self.storage.torn_import.is_some() {
            looked.case = Some(LayerCase::Torn);
            return Ok(looked);
        }
        match Transport::read(&self.storage.files, source) {
            Err(found) => match found.why {
                Why::Damage(_) => looked.case = Some(LayerCase::DamagedSource),
                Why::Fault(FileFault::NoFile | FileFault::NoFolder) => looked.case = Some(LayerCase::IncompleteSource),
                Why::Fault(fault) => return Err(fault),
            },
            Ok(layer) => {
                let is_foreign = |item: &Item| match item {
                    Item::Blob(blob) => {
                        blob.meta.reparse.as_ref().is_some_and(|found| reparse::REFUSED.contains(&found.tag))
                    }
                    _ => false,
                };
                looked.case = layer.items.values().any(is_foreign).then_some(LayerCase::ForeignReparse);
                looked.layer = Some(layer);
            }
        }
        Ok(looked)
    }

    fn look_before_removal(&self, layer: &str) -> Option<LayerCase> {
        let is_parent = || {
            let mut parents = self.storage.filters.values().flat_map(|filter| &filter.parents);
            parents.any(|parent| is_within(parent, layer))
        };
        if is_relative(layer) {
            Some(LayerCase::Relative)
        } else if self.storage.files.is_in_use_below(layer) {
            Some(LayerCase::HoldsAttached)
        } else if is_parent() {
            Some(LayerCase::ParentOfMounted)
        } else {
            self.quirks.contains(Quirk::DestroyKeepsLayer).then_some(LayerCase::Kept)
        }
    }

    /// What is to be said of a layer that is to become a base.
    fn look_at_base(&self, layer: &str, machine: bool) -> Option<LayerCase> {
        let has = |name: &str| below(layer, name).is_ok_and(|path| self.storage.files.exists(&path));
        let hive = |(name, _): &(&str, &str)| below(layer, &format!("{CONFIG}\\{name}")).unwrap_or_default();
        if has(folder::HIVES) || has(LAYOUT) {
            return Some(LayerCase::HasHives);
        }
        if !has(folder::FILES) {
            return Some(if machine { LayerCase::NoMachine } else { LayerCase::NoFiles });
        }
        if BASES.iter().any(|base| self.storage.files.is_in_use_below(&hive(base))) {
            return Some(LayerCase::HiveInUse);
        }
        if machine {
            return Some(LayerCase::Other);
        }
        if !BASES.iter().all(|base| self.storage.files.data(&hive(base)).is_ok()) {
            return Some(LayerCase::NoHives);
        }
        let is_empty = |base| self.storage.files.data(&hive(base)).is_ok_and(crate::files::Data::is_empty);
        BASES.iter().any(is_empty).then_some(LayerCase::EmptyHive)
    }

    /// Carries out what a row says. What it answers besides the row's code is a code of its own.
    fn effect(
        &mut self,
        on: &Admitted,
        effect: LayerEffect,
        request: &LayerRequest,
        place: &Place,
        looked: &Looked,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<Hresult>, FileFault> {
        let rights = self.client(on.client).map_or(Rights::User, |client| client.rights);
        let (service, client) = (By::service(self.now), By::client(rights, self.now));
        let parents = &looked.data.parents;
        match effect {
            LayerEffect::Nothing => {}
            LayerEffect::Import => {
                if let Some(layer) = &looked.layer {
                    self.import(&place.path, layer, parents, service)?;
                    let parents = Some(looked.data.ids.clone());
                    self.note_layer(&place.path, |note| *note = LayerNote { parents, ..LayerNote::default() });
                }
            }
            LayerEffect::ImportPart => {
                let most = self.storage_mut().torn_import.take().map_or(usize::MAX, |most| most as usize);
                self.import_part(&place.path, &looked.other, most, service)?;
            }
            LayerEffect::Export => self.export(&place.path, &looked.other, service)?,
            LayerEffect::ExportPart => self.export_part(&place.path, &looked.other, service)?,
            LayerEffect::ExportChanges => {
                if let Some(volume) = place.volume {
                    self.export_changes(volume, &looked.other, service)?;
                }
            }
            LayerEffect::Destroy => self.files_mut().remove_tree(&place.path, service)?,
            LayerEffect::DestroyPart => self.files_mut().remove_unused(&place.path),
            LayerEffect::DestroyPartAndDie => {
                effects.push(Effect::Finding(Finding::Exception(
                    on.client,
                    on.call,
                    Hresult::STATUS_ASSERTION_FAILURE,
                )));
                self.destroy_half(&place.path, service)?;
            }
            LayerEffect::SetupContainer => self.set_up_base(&place.path, true, service)?,
            LayerEffect::SetupMachine => {
                let Some(disk) = on.disk else { return Ok(None) };
                // The disk has its say first: it may not be attached.
                if let Err(stop) = self.format_attached(on, disk) {
                    let row = match stop {
                        Stop::Disk(fault) => disk::rule(on.call, fault).map(|row| row.refuses),
                        Stop::Path(fault) => Some(path::rule(fault).refuses),
                    };
                    // What is wrong with the disk's file was so before it was attached, or the world has done it since.
                    return Ok(Some(row.unwrap_or(path::rule(FileFault::Torn).refuses)));
                }
                let root = self.mount_path(disk).unwrap_or_default();
                self.write_boot_files(&place.path, &root, service)?;
                self.set_up_base(&place.path, false, service)?;
            }
            LayerEffect::SetupVolume => {
                let LayerRequest::SetupBaseOSVolume { layer, .. } = request else { return Ok(None) };
                self.set_up_base(text(layer), true, service)?;
                self.mark_volume(&place.path, service)?;
            }
            LayerEffect::Initialize => self.initialize(&place.path, parents, client)?,
            LayerEffect::AttachFilter | LayerEffect::AttachOverlay => {
                let overlay = effect == LayerEffect::AttachOverlay;
                let kind = looked.data.filter.filter(|_| overlay).unwrap_or(FilterKind::Wcifs);
                if let Some(volume) = place.volume {
                    self.attach_filter(volume, kind, overlay, &looked.data)?;
                }
            }
            LayerEffect::DetachFilter | LayerEffect::DetachOverlay => {
                if let Some(volume) = place.volume {
                    self.detach_filter(volume);
                }
            }
            LayerEffect::StayBusy => {
                if let Some(filter) = place.volume.and_then(|volume| self.storage_mut().filters.get_mut(&volume)) {
                    filter.busy = filter.busy.saturating_sub(1);
                }
            }
        }
        Ok(None)
    }

    /// Removes the first half of a layer, in the order of names: what an exception leaves of it.
    fn destroy_half(&mut self, layer: &str, by: By) -> Result<(), FileFault> {
        let names: Vec<String> = self.storage.files.names(layer)?.map(|(name, _)| name.to_string()).collect();
        for name in &names[..names.len().div_ceil(2)] {
            self.files_mut().remove_tree(&below(layer, name)?, by)?;
        }
        Ok(())
    }
}

/// What a path or a document says. The stage of arguments has let no other pass.
fn text(text: &Text) -> &str {
    match text {
        Text::Some(text) => text,
        Text::Null | Text::Malformed => "",
    }
}

/// Whether a path begins at no root.
fn is_relative(path: &str) -> bool {
    let mut letters = path.chars();
    let (first, second) = (letters.next(), letters.next());
    let has_letter = first.is_some_and(|letter| letter.is_ascii_alphabetic()) && second == Some(':');
    !(matches!(first, Some('\\' | '/')) || has_letter)
}
