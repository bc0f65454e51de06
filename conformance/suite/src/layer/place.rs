//! How a place gets into a state: folders and files by the host's means, layers, disks and volumes by calls.

use hcs_api::disk::{CreateDisk, DiskHandle, OpenDisk, StorageType};
use hcs_api::layer::{Layer, layer_data};
use hcs_api::{SystemHandle, Text};
use hcs_rules::build::Build;
use hcs_rules::disk::attach;
use hcs_rules::disk::open::NO_PARENTS;
use hcs_rules::export;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::form::{SANDBOX, VOLUME_INFORMATION};
use hcs_rules::layer::{LayerCase, LayerState};
use hcs_rules::transport::folder;
use hcs_rules::vocabulary::Call;

use crate::expect::expect;
use crate::target::{Session, run};

/// The id under which a base layer is named.
const BASE_ID: &str = "6f2d9a34-1111-4222-8333-444455556666";
/// The id under which a layer on it is named.
const CHILD_ID: &str = "6f2d9a34-1111-4222-8333-777788889999";
const GENERIC_READ_WRITE: u32 = 0xC000_0000;
/// How large the disks of the cases are, in bytes.
const SIZE: u64 = 1 << 30;

/// Where a case happens, and what there is to be taken away afterwards.
pub(crate) struct Place<'a> {
    pub(crate) session: &'a dyn Session,
    pub(crate) build: Build,
    /// The path that the call is about.
    pub(crate) path: String,
    /// The layers below the writable one that was made, the topmost first.
    pub(crate) parents: Vec<Layer>,
    disks: Vec<DiskHandle>,
    filters: Vec<String>,
    system: Option<SystemHandle>,
}

/// Whether a case needs a base layer to begin with.
pub(super) fn needs_layer(call: Call, state: LayerState, case: LayerCase) -> bool {
    use LayerState as S;
    let of_the_state = !matches!(state, S::Absent | S::File | S::Empty | S::Foreign | S::Scratch | S::Raw | S::Plain);
    of_the_state || call == Call::SetupBaseOSVolume || case == LayerCase::ParentOfMounted || call == Call::ImportLayer
}

/// The codes of a call as a step on the way.
pub(crate) fn done(step: &str, code: Hresult) -> Result<(), String> {
    expect(&format!("on the way, {step}"), Hresult::S_OK, code)
}

impl<'a> Place<'a> {
    pub(crate) fn new(session: &'a dyn Session, build: Build) -> Place<'a> {
        Place {
            session,
            build,
            path: String::new(),
            parents: Vec::new(),
            disks: Vec::new(),
            filters: Vec::new(),
            system: None,
        }
    }

    /// A path in the case's folder.
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}\\{name}", self.session.files().folder())
    }

    /// What names the parents of the writable layer to a call.
    pub(crate) fn data(&self) -> String {
        layer_data(&self.parents)
    }

    /// Brings the path that the call is about into a state.
    pub(super) fn lead_to(&mut self, state: LayerState) -> Result<(), String> {
        use LayerState as S;
        let files = self.session.files();
        self.path = self.at("place");
        match state {
            S::Absent => {}
            S::File => files.put_file(&self.path, b"a file"),
            S::Empty => files.put_folder(&self.path),
            S::Foreign => files.put_file(&format!("{}\\else.txt", self.path), b"something else"),
            S::Scratch => {
                files.put_folder(&self.path);
                self.create(&format!("{}\\{SANDBOX}", self.path))?;
            }
            S::Imported => self.import(&self.path.clone(), &[])?,
            S::Partial => self.bare(&self.path.clone())?,
            S::Base => self.base(&self.path.clone())?,
            S::Raw => self.path = self.session.volume(false),
            S::Plain => {
                self.path = self.formatted()?;
                files.remove(&format!("{}\\{VOLUME_INFORMATION}", self.path));
            }
            S::Formatted => self.path = self.formatted()?,
            S::Initialized => self.initialize()?,
            S::Filtered => self.filter(false)?,
            S::Overlaid => self.filter(true)?,
            S::InUse => {
                self.filter(false)?;
                self.run()?;
            }
        }
        Ok(())
    }

    /// Imports a base layer, or one on these.
    pub(crate) fn import(&mut self, path: &str, parents: &[Layer]) -> Result<(), String> {
        let source = self.at("staged");
        self.session.files().put_layer(&source);
        let data = layer_data(parents);
        done("an import", self.session.host().import_layer(path.into(), source.as_str().into(), data.as_str().into()))
    }

    /// A layer without the hives that an import leaves, as one that is about to become a base.
    pub(crate) fn bare(&mut self, path: &str) -> Result<(), String> {
        self.import(path, &[])?;
        self.session.files().remove(&format!("{path}\\{}", folder::HIVES));
        Ok(())
    }

    /// A base layer that is made ready.
    pub(super) fn base(&mut self, path: &str) -> Result<(), String> {
        self.bare(path)?;
        let options = r#"{"Type":"Container"}"#.into();
        done("a setup", self.session.host().setup_base_os_layer(path.into(), DiskHandle::NULL, options))
    }

    /// A disk that is formatted for a writable layer and attached: the root of its volume.
    fn formatted(&mut self) -> Result<String, String> {
        let path = self.at("writable");
        self.session.files().put_folder(&path);
        let disk = self.formatted_at(&format!("{path}\\{SANDBOX}"))?;
        self.volume_of(disk)
    }

    /// A disk that is formatted for a writable layer.
    pub(crate) fn formatted_at(&mut self, path: &str) -> Result<DiskHandle, String> {
        let disk = self.create(path)?;
        let host = self.session.host();
        if host.format_writable_layer_vhd(disk) == Hresult::ERROR_INVALID_FUNCTION {
            // An older build wants the disk itself.
            done("an attachment", host.attach_virtual_disk(disk, 0))?;
            let device = self.physical(disk)?;
            done("a format", host.format_writable_layer_vhd(device))?;
            self.close();
            done("a detachment", host.detach_virtual_disk(disk, 0))?;
        }
        Ok(disk)
    }

    /// The physical disk that an attached one is.
    pub(crate) fn physical(&mut self, disk: DiskHandle) -> Result<DiskHandle, String> {
        let host = self.session.host();
        let path = host.get_virtual_disk_physical_path(disk).document.unwrap_or_default();
        let (code, device) = host.open_physical_disk((&*path).into(), GENERIC_READ_WRITE);
        self.disks.push(device);
        done("a look at the disk", code).map(|()| device)
    }

    /// Attaches a disk: the root of its volume.
    pub(crate) fn volume_of(&mut self, disk: DiskHandle) -> Result<String, String> {
        let host = self.session.host();
        done("an attachment", host.attach_virtual_disk(disk, attach::NO_DRIVE_LETTER))?;
        let outcome = host.get_layer_vhd_mount_path(disk);
        done("a mount path", outcome.code)?;
        outcome.document.map(|path| path.to_string()).ok_or_else(|| "a volume without a path".to_owned())
    }

    /// A disk, to be closed at the end.
    pub(crate) fn create(&mut self, path: &str) -> Result<DiskHandle, String> {
        let size = CreateDisk::of_size(SIZE);
        let (code, disk) = self.session.host().create_virtual_disk(StorageType::VHDX, path.into(), 0, 0, &size);
        self.disks.push(disk);
        done("a disk", code).map(|()| disk)
    }

    /// A differencing disk, to be closed at the end.
    pub(crate) fn child(&mut self, path: &str, parent: &str) -> Result<DiskHandle, String> {
        let parameters = CreateDisk::differencing(parent);
        let (code, disk) = self.session.host().create_virtual_disk(StorageType::VHDX, path.into(), 0, 0, &parameters);
        self.disks.push(disk);
        done("a child of a disk", code).map(|()| disk)
    }

    /// The disk of a file, to be closed at the end.
    pub(crate) fn open(&mut self, path: &str) -> Result<DiskHandle, String> {
        self.open_as(path, 0, 0, OpenDisk::Second { information_only: false, read_only: false })
    }

    /// The same, whatever its parents are.
    pub(crate) fn open_without_parents(&mut self, path: &str) -> Result<DiskHandle, String> {
        self.open_as(path, 0, NO_PARENTS, OpenDisk::Second { information_only: false, read_only: false })
    }

    /// The same, for these rights alone.
    pub(crate) fn open_for(&mut self, path: &str, mask: u32) -> Result<DiskHandle, String> {
        self.open_as(path, mask, 0, OpenDisk::Depth(1))
    }

    fn open_as(&mut self, path: &str, mask: u32, flags: u32, parameters: OpenDisk) -> Result<DiskHandle, String> {
        let storage = StorageType::VHDX;
        let (code, disk) = self.session.host().open_virtual_disk(storage, path.into(), mask, flags, Some(parameters));
        self.disks.push(disk);
        done("a disk that is opened", code).map(|()| disk)
    }

    /// Closes the disk that was made or opened last.
    pub(crate) fn close(&mut self) {
        if let Some(disk) = self.disks.pop() {
            self.session.host().close_disk(disk);
        }
    }

    /// A volume that is a writable layer on a base.
    fn initialize(&mut self) -> Result<(), String> {
        if self.parents.is_empty() {
            let base = self.at("base");
            self.base(&base)?;
            self.parents = vec![Layer::new(BASE_ID, &base)];
        }
        self.path = self.formatted()?;
        let (path, data) = (Text::Some(&self.path), self.data());
        let code = self.session.host().initialize_writable_layer(path, data.as_str().into(), Text::Null);
        done("an initialisation", code)
    }

    /// The same, with a filter.
    pub(super) fn filter(&mut self, is_overlay: bool) -> Result<(), String> {
        self.initialize()?;
        let (path, data, host) = (Text::Some(&self.path), self.data(), self.session.host());
        let code = if is_overlay {
            host.attach_overlay_filter(path, data.as_str().into())
        } else {
            host.attach_layer_storage_filter(path, data.as_str().into())
        };
        done("a filter", code)?;
        self.filters.push(self.path.clone());
        Ok(())
    }

    /// Mounts a writable layer on a base that is within this folder, or on a layer that is it.
    pub(super) fn mount_on(&mut self, folder: &str) -> Result<(), String> {
        let base = format!("{folder}\\inner");
        self.base(&base)?;
        self.parents = vec![Layer::new(CHILD_ID, &base)];
        self.filter(false)
    }

    /// A container that runs on the volume.
    fn run(&mut self) -> Result<(), String> {
        let host = self.session.host();
        let data = self.data();
        let layers = data.split_once(r#""Layers":"#).map_or("[]}", |(_, layers)| layers);
        let layers = &layers[..layers.len() - 1];
        let path = format!("{}\\", self.path.trim_end_matches('\\')).replace('\\', r"\\");
        let document = format!(
            r#"{{"SchemaVersion":{{"Major":2,"Minor":1}},"ShouldTerminateOnLastHandleClosed":true,"Container":{{"Storage":{{"Layers":{layers},"Path":"{path}"}}}}}}"#
        );
        let mut system = SystemHandle::NULL;
        let created = run(self.session.hcs(), |operation| {
            let (code, handle) =
                host.create_compute_system("conformance-layer".into(), document.as_str().into(), operation);
            system = handle;
            code
        });
        self.system = Some(system);
        let started = run(self.session.hcs(), |operation| host.start_compute_system(system, operation, Text::Null));
        for answer in [created, started] {
            done("a container", answer.outcome.map_or(answer.code, |outcome| outcome.code))?;
        }
        Ok(())
    }

    /// Takes everything away again, as far as it goes.
    pub(crate) fn strike(self) {
        let host = self.session.host();
        if let Some(system) = self.system {
            run(self.session.hcs(), |operation| host.terminate_compute_system(system, operation, Text::Null));
            host.close_compute_system(system);
            self.session.settle();
        }
        for volume in &self.filters {
            host.detach_layer_storage_filter(volume.as_str().into());
            if export::has(self.build, Call::DetachOverlayFilter) {
                host.detach_overlay_filter(volume.as_str().into(), r#"{"Layers":[]}"#.into());
            }
        }
        for disk in self.disks.iter().rev().filter(|disk| !disk.is_null()) {
            host.detach_virtual_disk(*disk, 0);
            host.close_disk(*disk);
        }
        // What a layer's files deny is no obstacle to this.
        let folder = self.session.files().folder();
        host.destroy_layer(folder.as_str().into());
    }
}
