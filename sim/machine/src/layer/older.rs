//! The layer functions of the older interface: the newer calls on layers and disks, in larger steps.

use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::disk::{DiskClass, PARTITIONED, VENDOR_MICROSOFT, attach, device};
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::form::{LAYOUT, SANDBOX};
use hcs_rules::layer::path;
use hcs_rules::legacy::layer::{
    BLANK_DISKS, BLANK_SIZE, FolderState, FolderVerdict, MACHINE_DISKS, NAME_NAMESPACE, NO_IMAGES, NO_PARENT,
    NO_VOLUME, RECORDED_NAMES, export_refusal, prepare_refusal, rule,
};
use hcs_rules::transport::folder;
use hcs_rules::vocabulary::Call;
use uuid::Uuid;

use crate::document::Writer;
use crate::effect::{Effect, LegacyReply, Reply};
use crate::files::{By, below};
use crate::handle::Handle;
use crate::host::{Admitted, Host};
use crate::id::guid_of;
use crate::input::disk::{CreateDisk, DiskInformation, OpenDisk, StorageType};
use crate::input::legacy::LegacyLayer;
use crate::input::{DiskRequest, LayerRequest, Request, Text};
use crate::table::Key;

/// What a step ends with when it cannot be done.
type Step<T> = Result<T, Hresult>;

/// The format of every disk of a layer.
const STORAGE: StorageType = StorageType { device: device::VHDX, vendor: Uuid::from_u128(VENDOR_MICROSOFT) };

impl Host {
    /// Carries out a layer function of the older interface.
    pub(crate) fn on_older_layer(&mut self, on: &Admitted, request: &LegacyLayer, effects: &mut Vec<Effect>) -> Reply {
        let reply = match on.call {
            Call::LegacyNameToGuid => Ok(LegacyReply { value: name_to_guid(text(&request.id)).as_u128(), ..done() }),
            Call::LegacyGetBaseImages => Ok(LegacyReply { document: Some(NO_IMAGES.into()), ..done() }),
            _ => self.layer_function(on, request, effects),
        };
        Reply::legacy(reply.unwrap_or_else(LegacyReply::bare))
    }

    fn layer_function(&mut self, on: &Admitted, request: &LegacyLayer, effects: &mut Vec<Effect>) -> Step<LegacyReply> {
        let on = &Admitted { is_step: true, ..*on };
        let mut steps = Steps { on, effects };
        let layer = in_home(request, &request.id);
        let plain = |step: Step<()>| step.map(|()| done());
        match on.call {
            Call::LegacyDestroyLayer => {
                return plain(self.newer(&mut steps, LayerRequest::DestroyLayer { layer: (&*layer).into() }));
            }
            Call::LegacyImportLayer => {
                let (source, data) = (request.other.clone(), layer_data(request));
                return plain(
                    self.newer(&mut steps, LayerRequest::ImportLayer { layer: (&*layer).into(), source, data }),
                );
            }
            Call::LegacyProcessBaseImage => return plain(self.process_base(&mut steps, text(&request.id))),
            Call::LegacyProcessUtilityImage => return plain(self.process_machine(&mut steps, text(&request.id))),
            _ => {}
        }
        let state = self.folder_state(&layer).map_err(refused)?;
        let row = rule(on.call, state, self.build)
            .unwrap_or_else(|| unreachable!("{:?} found {state:?}, which no row says", on.call));
        match row.verdict {
            FolderVerdict::Fails(code) => return Err(code),
            FolderVerdict::Nothing => return Ok(done()),
            FolderVerdict::Does => {}
        }
        let by = self.by_client(on);
        match on.call {
            Call::LegacyLayerExists => {
                let exists = !matches!(state, FolderState::Absent | FolderState::File);
                return Ok(LegacyReply { value: exists.into(), ..done() });
            }
            Call::LegacyGetLayerMountPath => {
                let document = match state {
                    FolderState::ReadOnly => layer.into(),
                    _ => self.volume_path(&layer).unwrap_or_default().trim_end_matches('\\').into(),
                };
                return Ok(LegacyReply { document: Some(document), ..done() });
            }
            Call::LegacyCreateLayer => self.files_mut().make_folder(&layer, by).map_err(refused)?,
            Call::LegacyCreateSandboxLayer => self.create_sandbox(&mut steps, &layer, request, by)?,
            Call::LegacyActivateLayer => self.activate(&mut steps, &layer)?,
            Call::LegacyDeactivateLayer => self.deactivate(&mut steps, &layer)?,
            Call::LegacyPrepareLayer => {
                let volume = Text::from(&*self.volume_path(&layer).ok_or(NO_VOLUME)?);
                let file = below(&layer, SANDBOX).map_err(refused)?;
                let (size, _) = self.with_disk(&mut steps, &file, Host::size_of)?;
                if let Some(code) = prepare_refusal(size, self.build) {
                    return Err(code);
                }
                let (data, options) = (layer_data(request), Text::Null);
                let initialize =
                    LayerRequest::InitializeWritableLayer { volume: volume.clone(), data: data.clone(), options };
                self.newer(&mut steps, initialize)?;
                self.newer(&mut steps, LayerRequest::AttachLayerStorageFilter { volume: volume.clone(), data })?;
                let Ok(volume) = self.place(&volume) else { return Ok(done()) };
                if let Some(filter) = volume.volume.and_then(|volume| self.storage_mut().filters.get_mut(&volume)) {
                    filter.is_prepared = true;
                }
            }
            Call::LegacyUnprepareLayer => {
                let volume = Text::from(&*self.volume_path(&layer).ok_or(NO_VOLUME)?);
                self.newer(&mut steps, LayerRequest::DetachLayerStorageFilter { volume })?;
            }
            Call::LegacyExpandSandboxSize => self.expand(&mut steps, &layer, request.size)?,
            Call::LegacyCopyLayer => {
                let to = in_home(request, &request.other);
                self.files_mut().copy_tree(&layer, &to, by).map_err(refused)?;
            }
            _ => self.export_older(&mut steps, &layer, request, state)?,
        }
        Ok(done())
    }

    /// What is in the folder of a layer.
    fn folder_state(&self, layer: &str) -> Result<FolderState, FileFault> {
        match self.storage.files.names(layer).map(|_| ()) {
            Err(FileFault::IsFile) => return Ok(FolderState::File),
            Err(FileFault::NoFile | FileFault::NoFolder | FileFault::NoVolume) => return Ok(FolderState::Absent),
            found => found?,
        }
        let sandbox = below(layer, SANDBOX)?;
        if !self.storage.files.exists(&sandbox) {
            return Ok(FolderState::ReadOnly);
        }
        Ok(match self.attached_volume(&sandbox) {
            None => FolderState::Inactive,
            Some(volume) if volume.is_some_and(|volume| self.storage.filters.contains_key(&volume)) => {
                FolderState::Prepared
            }
            Some(_) => FolderState::Active,
        })
    }

    /// The root of the volume of a writable layer that is attached, if it has one that has come up.
    fn volume_path(&self, layer: &str) -> Option<String> {
        let volume = self.attached_volume(&below(layer, SANDBOX).ok()?)??;
        Some(self.storage.files.volume(volume)?.path())
    }

    fn by_client(&self, on: &Admitted) -> By {
        By::client(self.client(on.client).map_or(Rights::User, |client| client.rights), self.now)
    }

    // -- Steps.

    /// A call of the newer interface on layers.
    fn newer(&mut self, steps: &mut Steps<'_>, request: LayerRequest) -> Step<()> {
        let on = Admitted { call: request.call(), legacy: None, ..*steps.on };
        succeeded(&self.on_layer(&on, &request, steps.effects))
    }

    /// A call of the newer interface on a disk.
    fn on_the_disk(&mut self, steps: &mut Steps<'_>, disk: Option<Key>, request: &DiskRequest) -> Step<Reply> {
        let on = Admitted { call: request.call(), legacy: None, disk, ..*steps.on };
        let reply = self.on_disk(&on, request, steps.effects);
        succeeded(&reply).map(|()| reply)
    }

    /// Does something with a disk that is opened for it, and closed afterwards whatever has come of it.
    fn with_disk<T>(
        &mut self,
        steps: &mut Steps<'_>,
        file: &str,
        act: impl FnOnce(&mut Host, &mut Steps<'_>, Key) -> Step<T>,
    ) -> Step<T> {
        let parameters = Some(OpenDisk::Second { information_only: false, read_only: false });
        let (storage, path) = (Some(STORAGE), Text::from(file));
        let open = DiskRequest::OpenVirtualDisk { storage, path, access: 0, flags: 0, parameters, out: true };
        let opened = self.on_the_disk(steps, None, &open)?;
        self.with_opened(steps, &opened, act)
    }

    fn with_opened<T>(
        &mut self,
        steps: &mut Steps<'_>,
        opened: &Reply,
        act: impl FnOnce(&mut Host, &mut Steps<'_>, Key) -> Step<T>,
    ) -> Step<T> {
        let Reply::Handle(_, handle) = opened else { return Err(Hresult::E_UNEXPECTED) };
        let Some((_, key)) = handle.parts() else { return Err(Hresult::E_UNEXPECTED) };
        let done = act(self, steps, key);
        self.on_the_disk(steps, Some(key), &DiskRequest::CloseHandle { disk: *handle })?;
        done
    }

    fn attach(&mut self, steps: &mut Steps<'_>, disk: Key, flags: u32) -> Step<()> {
        let request = DiskRequest::AttachVirtualDisk { disk: Handle::NULL, flags: flags | attach::NO_DRIVE_LETTER };
        self.on_the_disk(steps, Some(disk), &request).map(|_| ())
    }

    fn detach_again(&mut self, steps: &mut Steps<'_>, disk: Key) -> Step<()> {
        self.on_the_disk(steps, Some(disk), &DiskRequest::DetachVirtualDisk { disk: Handle::NULL, flags: 0 })
            .map(|_| ())
    }

    fn activate(&mut self, steps: &mut Steps<'_>, layer: &str) -> Step<()> {
        let file = below(layer, SANDBOX).map_err(refused)?;
        self.with_disk(steps, &file, |host, steps, disk| host.attach(steps, disk, attach::PERMANENT_LIFETIME))
    }

    fn deactivate(&mut self, steps: &mut Steps<'_>, layer: &str) -> Step<()> {
        let file = below(layer, SANDBOX).map_err(refused)?;
        self.with_disk(steps, &file, Host::detach_again)
    }

    /// A writable layer is a copy of the base's blank disk; without parents it is a folder and no more.
    fn create_sandbox(&mut self, steps: &mut Steps<'_>, layer: &str, request: &LegacyLayer, by: By) -> Step<()> {
        let parents: Vec<&str> = request.parents.iter().flatten().map(text).collect();
        let blank = parents.last().map(|base| below(base, BLANK_DISKS[1])).transpose().map_err(refused)?;
        let lacks = parents.iter().any(|parent| !self.storage.files.has_folder(parent));
        if lacks || blank.as_ref().is_some_and(|blank| !self.storage.files.exists(blank)) {
            return Err(NO_PARENT);
        }
        if !self.storage.files.has_folder(layer) {
            self.files_mut().make_folder(layer, by).map_err(refused)?;
        }
        let Some(blank) = blank else { return Ok(()) };
        let sandbox = below(layer, SANDBOX).map_err(refused)?;
        self.files_mut().copy(&blank, &sandbox, by).map_err(refused)?;
        self.files_mut().grant(steps.on.call, None, &sandbox, by).map_err(refused)
    }

    fn grant_to_machines(&mut self, steps: &mut Steps<'_>, file: &str) -> Step<()> {
        let on = Admitted { call: Call::GrantVmGroupAccess, legacy: None, ..*steps.on };
        succeeded(&self.on_file(&on, &Request::GrantVmGroupAccess { path: file.into() }))
    }

    /// How large a disk is, and its sectors, in bytes.
    fn size_of(&mut self, steps: &mut Steps<'_>, disk: Key) -> Step<(u64, u32)> {
        let class = Some(DiskClass::Size.value());
        let asked = DiskRequest::GetVirtualDiskInformation { disk: Handle::NULL, class };
        match self.on_the_disk(steps, Some(disk), &asked)? {
            Reply::Disk(_, Some(information)) => match *information {
                DiskInformation::Size { virtual_size, sector, .. } => Ok((virtual_size, sector)),
                _ => Err(Hresult::E_UNEXPECTED),
            },
            _ => Err(Hresult::E_UNEXPECTED),
        }
    }

    /// A disk becomes at least so large, and its volume with it.
    fn expand(&mut self, steps: &mut Steps<'_>, layer: &str, size: u64) -> Step<()> {
        let file = below(layer, SANDBOX).map_err(refused)?;
        self.with_disk(steps, &file, |host, steps, disk| {
            let (virtual_size, sector) = host.size_of(steps, disk)?;
            let size = size.checked_next_multiple_of(u64::from(sector.max(1))).unwrap_or(u64::MAX);
            if size <= virtual_size {
                return Ok(());
            }
            let resize = DiskRequest::ResizeVirtualDisk { disk: Handle::NULL, flags: 0, parameters: Some(size) };
            host.on_the_disk(steps, Some(disk), &resize)?;
            host.attach(steps, disk, 0)?;
            if let Some(Some(volume)) = host.attached_volume(&file) {
                host.files_mut().resize_volume(volume, size.saturating_sub(PARTITIONED)).map_err(refused)?;
            }
            host.detach_again(steps, disk)
        })
    }

    /// A layer is exported; a writable one is mounted for as long as it takes.
    fn export_older(
        &mut self,
        steps: &mut Steps<'_>,
        layer: &str,
        request: &LegacyLayer,
        state: FolderState,
    ) -> Step<()> {
        let parents = request.parents.as_ref().map_or(0, Vec::len);
        if let Some(code) = export_refusal(parents, self.build) {
            return Err(code);
        }
        let (folder, data) = (request.other.clone(), layer_data(request));
        if state == FolderState::ReadOnly {
            let options = Text::from("{}");
            return self.newer(steps, LayerRequest::ExportLayer { layer: layer.into(), folder, data, options });
        }
        if state == FolderState::Inactive {
            self.activate(steps, layer)?;
        }
        let exported = self.export_mounted(steps, layer, folder, data, state == FolderState::Prepared);
        if state == FolderState::Inactive {
            self.deactivate(steps, layer)?;
        }
        exported
    }

    fn export_mounted(
        &mut self,
        steps: &mut Steps<'_>,
        layer: &str,
        folder: Text,
        data: Text,
        prepared: bool,
    ) -> Step<()> {
        let volume = Text::from(&*self.volume_path(layer).ok_or(NO_VOLUME)?);
        if !prepared {
            let (volume, data) = (volume.clone(), data.clone());
            self.newer(steps, LayerRequest::AttachLayerStorageFilter { volume, data })?;
        }
        let options = Text::from(r#"{"IsWritableLayer":true}"#);
        let exported = self.newer(steps, LayerRequest::ExportLayer { layer: volume.clone(), folder, data, options });
        if !prepared {
            self.newer(steps, LayerRequest::DetachLayerStorageFilter { volume })?;
        }
        exported
    }

    /// A base layer of containers is made ready: its hives and layout, and its blank disks.
    fn process_base(&mut self, steps: &mut Steps<'_>, layer: &str) -> Step<()> {
        self.clear_base(layer, BLANK_DISKS)?;
        let (disk, options) = (Handle::NULL, Text::from(r#"{"Type":"Container"}"#));
        self.newer(steps, LayerRequest::SetupBaseOSLayer { layer: layer.into(), disk, options })?;
        self.make_blank(steps, layer, BLANK_DISKS, |host, steps, disk| {
            host.format_attached(steps.on, disk).map_err(|stop| {
                let on = Admitted { call: Call::FormatWritableLayerVhd, legacy: None, ..*steps.on };
                host.stopped(&on, stop, steps.effects)
            })
        })
    }

    /// What an earlier time has left in a base layer's folder goes (`legacy-layer.base`).
    fn clear_base(&mut self, layer: &str, disks: [&str; 2]) -> Step<()> {
        let by = By::service(self.now);
        for name in [folder::HIVES, LAYOUT, disks[0], disks[1]] {
            let path = below(layer, name).map_err(refused)?;
            if self.storage.files.exists(&path) {
                self.files_mut().remove_tree(&path, by).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// The base of a utility VM is made ready, on a disk that its machine starts from.
    fn process_machine(&mut self, steps: &mut Steps<'_>, layer: &str) -> Step<()> {
        self.clear_base(layer, MACHINE_DISKS)?;
        self.make_blank(steps, layer, MACHINE_DISKS, |host, steps, disk| {
            let (handle, options) = (Handle(1), Text::from(r#"{"Type":"Vm"}"#));
            let request = LayerRequest::SetupBaseOSLayer { layer: layer.into(), disk: handle, options };
            let on = Admitted { call: request.call(), legacy: None, disk: Some(disk), ..*steps.on };
            succeeded(&host.on_layer(&on, &request, steps.effects))
        })
    }

    /// Makes the two disks of a base layer: one that something is done with while it is attached, and its child.
    fn make_blank(
        &mut self,
        steps: &mut Steps<'_>,
        layer: &str,
        [base, child]: [&str; 2],
        act: impl FnOnce(&mut Host, &mut Steps<'_>, Key) -> Step<()>,
    ) -> Step<()> {
        let base = below(layer, base).map_err(refused)?;
        let child = below(layer, child).map_err(refused)?;
        let made = self.make_disk(steps, &base, BLANK_SIZE, Text::Null)?;
        self.with_opened(steps, &made, |host, steps, disk| {
            host.attach(steps, disk, 0)?;
            let done = act(host, steps, disk);
            host.detach_again(steps, disk)?;
            done
        })?;
        let made = self.make_disk(steps, &child, 0, Text::from(&*base))?;
        self.with_opened(steps, &made, |_, _, _| Ok(()))?;
        self.grant_to_machines(steps, &base)?;
        self.grant_to_machines(steps, &child)
    }

    fn make_disk(&mut self, steps: &mut Steps<'_>, file: &str, size: u64, parent: Text) -> Step<Reply> {
        let (storage, path) = (Some(STORAGE), Text::from(file));
        let (block, sector, physical_sector, source) = (0, 0, 0, Text::Null);
        let parameters =
            Some(CreateDisk { version: 2, id: Uuid::nil(), size, block, sector, physical_sector, parent, source });
        let create = DiskRequest::CreateVirtualDisk { storage, path, access: 0, flags: 0, parameters, out: true };
        self.on_the_disk(steps, None, &create)
    }
}

/// What the steps of one call share.
struct Steps<'a> {
    on: &'a Admitted,
    effects: &'a mut Vec<Effect>,
}

fn done() -> LegacyReply {
    LegacyReply::bare(Hresult::S_OK)
}

/// What the host's file system says, as the calls on layers tell it.
fn refused(fault: FileFault) -> Hresult {
    path::rule(fault).refuses
}

fn succeeded(reply: &Reply) -> Step<()> {
    match reply {
        Reply::Outcome(code, _) | Reply::Handle(code, _) | Reply::Disk(code, _) if code.is_err() => Err(*code),
        _ => Ok(()),
    }
}

/// What a path says. The stage of arguments has let no other pass.
fn text(text: &Text) -> &str {
    match text {
        Text::Some(text) => text,
        Text::Null | Text::Malformed => "",
    }
}

/// A layer's folder: its name stands in the driver's home folder, if there is one (`legacy-layer.home`).
fn in_home(request: &LegacyLayer, id: &Text) -> String {
    match request.home.as_ref().map_or("", text) {
        "" => text(id).to_owned(),
        home => format!("{}\\{}", home.trim_end_matches('\\'), text(id)),
    }
}

/// The parents as layer data, which the newer calls take.
fn layer_data(request: &LegacyLayer) -> Text {
    let data: Arc<str> = Writer::object(|data| {
        data.object("SchemaVersion", |version| {
            version.unsigned("Major", 2);
            version.unsigned("Minor", 1);
        });
        data.array("Layers", |layers| {
            for path in request.parents.iter().flatten().map(text) {
                let name = path.trim_end_matches('\\').rsplit('\\').next().unwrap_or_default();
                layers.object(|layer| {
                    layer.string("Id", &name_to_guid(name).to_string());
                    layer.string("Path", path);
                });
            }
        });
    })
    .into();
    Text::Some(data)
}

/// `NameToGuid`: as recorded, or an id of the double's own. Case does not count.
fn name_to_guid(name: &str) -> Uuid {
    let recorded = RECORDED_NAMES.iter().find(|(recorded, _)| name.eq_ignore_ascii_case(recorded));
    match recorded {
        Some((_, id)) => Uuid::from_u128(*id),
        None => guid_of(Uuid::from_u128(NAME_NAMESPACE), name.to_uppercase().as_bytes()),
    }
}
