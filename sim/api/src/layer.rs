//! Layers of container images: imported, made ready, mounted for as long as a value lives.
//!
//! Paths are strings of the host, which need not be the system that this crate was built for.

use hcs_rules::disk::attach;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use crate::disk::{CreateDisk, DiskHandle, OpenDisk, StorageType, VirtualDisks};
use crate::error::{Result, check};
use crate::hcs::{Hcs, Outcome, Text};
use crate::json::Object;
use crate::storage::Storage;

/// A layer that others stand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its id, a GUID without braces: any, and the same one wherever the layer is named.
    pub id: String,
    /// Its folder.
    pub path: String,
}

impl Layer {
    /// A layer by its id and its folder.
    pub fn new(id: &str, path: &str) -> Layer {
        Layer { id: id.to_owned(), path: path.to_owned() }
    }
}

/// The `LayerData` of a chain: the topmost layer first, the base last.
pub fn layer_data(parents: &[Layer]) -> String {
    let layers: Vec<String> =
        parents.iter().map(|layer| Object::new().string("Id", &layer.id).string("Path", &layer.path).end()).collect();
    let version = Object::new().json("Major", "2").json("Minor", "1").end();
    Object::new().json("SchemaVersion", &version).json("Layers", &format!("[{}]", layers.join(","))).end()
}

fn done(call: &'static str, code: Hresult) -> Result<()> {
    check(call, None, Outcome::bare(code)).map(drop)
}

/// Makes a layer of a folder in transport form. The caller has enabled the privileges of backup and restore.
///
/// # Errors
/// The call's code. What was written before it stays: [`destroy`] takes it away.
pub fn import<S: Storage + ?Sized>(storage: &S, path: &str, source: &str, parents: &[Layer]) -> Result<()> {
    let data = layer_data(parents);
    done("HcsImportLayer", storage.import_layer(path.into(), source.into(), data.as_str().into()))
}

/// Writes a layer to a folder in transport form. The folder must be there.
///
/// # Errors
/// The call's code. What was written before it stays.
pub fn export<S: Storage + ?Sized>(storage: &S, path: &str, folder: &str, parents: &[Layer]) -> Result<()> {
    write(storage, path, folder, parents, false)
}

fn write<S: Storage + ?Sized>(
    storage: &S,
    path: &str,
    folder: &str,
    parents: &[Layer],
    is_writable: bool,
) -> Result<()> {
    let (data, options) = (layer_data(parents), format!(r#"{{"IsWritableLayer":{is_writable}}}"#));
    let code = storage.export_layer(path.into(), folder.into(), data.as_str().into(), options.as_str().into());
    done("HcsExportLayer", code)
}

/// Removes a layer, or any other folder. That it succeeds does not say that the folder is gone: a host was seen to keep it.
///
/// # Errors
/// The call's code.
pub fn destroy<S: Storage + ?Sized>(storage: &S, path: &str) -> Result<()> {
    done("HcsDestroyLayer", storage.destroy_layer(path.into()))
}

/// Makes an imported base layer ready for containers: its blank disks of so many bytes, its hives, access for machines. The
/// layer has neither `Hives` nor `layout` nor the two disks: the caller has taken them away.
///
/// # Errors
/// The first call's code that fails.
pub fn set_up_base<S: Storage + VirtualDisks + Hcs + ?Sized>(host: &S, path: &str, size: u64) -> Result<()> {
    let (base, blank) = (format!("{path}\\blank-base.vhdx"), format!("{path}\\blank.vhdx"));
    let disk = create(host, &base, &CreateDisk::of_size(size))?;
    disk.format()?;
    drop(disk);
    let code = host.setup_base_os_layer(path.into(), DiskHandle::NULL, r#"{"Type":"Container"}"#.into());
    done("HcsSetupBaseOSLayer", code)?;
    drop(create(host, &blank, &CreateDisk::differencing(&base))?);
    for disk in [&base, &blank] {
        // Where there is no such export, a layer is for containers without a machine around them.
        if host.exports(Call::GrantVmGroupAccess) {
            done("HcsGrantVmGroupAccess", host.grant_vm_group_access(disk.as_str().into()))?;
        }
    }
    Ok(())
}

/// A disk that is closed when it is dropped.
struct Disk<'a, S: VirtualDisks + ?Sized> {
    host: &'a S,
    handle: DiskHandle,
}

impl<S: VirtualDisks + ?Sized> Drop for Disk<'_, S> {
    fn drop(&mut self) {
        self.host.close_disk(self.handle);
    }
}

fn create<'a, S: VirtualDisks + ?Sized>(host: &'a S, path: &str, parameters: &CreateDisk<'_>) -> Result<Disk<'a, S>> {
    let (code, handle) = host.create_virtual_disk(StorageType::VHDX, path.into(), NO_ACCESS, 0, parameters);
    done("CreateVirtualDisk", code)?;
    Ok(Disk { host, handle })
}

impl<S: Storage + VirtualDisks + ?Sized> Disk<'_, S> {
    /// Formats the disk. Windows Server 2019 wants a handle of the attached disk itself.
    fn format(&self) -> Result<()> {
        let code = self.host.format_writable_layer_vhd(self.handle);
        if code != Hresult::ERROR_INVALID_FUNCTION {
            return done("HcsFormatWritableLayerVhd", code);
        }
        done("AttachVirtualDisk", self.host.attach_virtual_disk(self.handle, 0))?;
        let outcome = self.host.get_virtual_disk_physical_path(self.handle);
        let path = check("GetVirtualDiskPhysicalPath", None, outcome)?.unwrap_or_default();
        let (code, handle) = self.host.open_physical_disk((&*path).into(), GENERIC_READ | GENERIC_WRITE);
        done("CreateFileW", code)?;
        let device = Disk { host: self.host, handle };
        let formatted = done("HcsFormatWritableLayerVhd", self.host.format_writable_layer_vhd(device.handle));
        drop(device);
        let detached = done("DetachVirtualDisk", self.host.detach_virtual_disk(self.handle, 0));
        formatted.and(detached)
    }
}

/// `VIRTUAL_DISK_ACCESS_NONE`: what the second version of the parameters wants.
const NO_ACCESS: u32 = 0;
const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;

/// A writable layer that is mounted: its volume shows what its parents have, and keeps what is written. It is unmounted when
/// it is dropped, as far as the host lets it.
pub struct Mount<'a, S: Storage + VirtualDisks + ?Sized> {
    disk: Disk<'a, S>,
    volume: String,
    parents: Vec<Layer>,
    state: State,
}

/// What of a mount is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Detached,
    Attached,
    Filtered,
}

impl<S: Storage + VirtualDisks + ?Sized> std::fmt::Debug for Mount<'_, S> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} on {} layers, {:?}", self.volume, self.parents.len(), self.state)
    }
}

impl<'a, S: Storage + VirtualDisks + ?Sized> Mount<'a, S> {
    /// Mounts the disk of a writable layer on its parents. A disk that is fresh is initialised: a copy of the base's
    /// `blank.vhdx`.
    ///
    /// # Errors
    /// The first call's code that fails; what was done before it is undone.
    pub fn new(host: &'a S, disk: &str, parents: &[Layer], is_fresh: bool) -> Result<Mount<'a, S>> {
        let parameters = OpenDisk::Second { information_only: false, read_only: false };
        let (code, handle) = host.open_virtual_disk(StorageType::VHDX, disk.into(), NO_ACCESS, 0, Some(parameters));
        done("OpenVirtualDisk", code)?;
        let (disk, volume) = (Disk { host, handle }, String::new());
        let mut mount = Mount { disk, volume, parents: parents.to_vec(), state: State::Detached };
        done("AttachVirtualDisk", host.attach_virtual_disk(handle, attach::PERMANENT_LIFETIME))?;
        mount.state = State::Attached;
        let path = check("HcsGetLayerVhdMountPath", None, host.get_layer_vhd_mount_path(handle))?;
        mount.volume = path.map(|path| path.to_string()).unwrap_or_default();
        let data = layer_data(parents);
        let (volume, data) = (Text::Some(&mount.volume), Text::Some(&data));
        if is_fresh {
            let code = host.initialize_writable_layer(volume, data, Text::Null);
            done("HcsInitializeWritableLayer", code)?;
        }
        done("HcsAttachLayerStorageFilter", host.attach_layer_storage_filter(volume, data))?;
        mount.state = State::Filtered;
        Ok(mount)
    }

    /// The root of the volume, without a separator at the end.
    pub fn path(&self) -> &str {
        &self.volume
    }

    /// Writes what was changed to a folder in transport form, which must be there.
    ///
    /// # Errors
    /// The call's code. What was written before it stays.
    pub fn export(&self, folder: &str) -> Result<()> {
        write(self.disk.host, &self.volume, folder, &self.parents, true)
    }

    /// Unmounts the layer. What fails can be tried again: while a container is being taken down the filter is not let go.
    ///
    /// # Errors
    /// The first call's code that fails.
    pub fn unmount(&mut self) -> Result<()> {
        if self.state == State::Filtered {
            let code = self.disk.host.detach_layer_storage_filter(self.volume.as_str().into());
            done("HcsDetachLayerStorageFilter", code)?;
            self.state = State::Attached;
        }
        if self.state == State::Attached {
            done("DetachVirtualDisk", self.disk.host.detach_virtual_disk(self.disk.handle, 0))?;
            self.state = State::Detached;
        }
        Ok(())
    }
}

impl<S: Storage + VirtualDisks + ?Sized> Drop for Mount<'_, S> {
    fn drop(&mut self) {
        // Nobody is there to be told: whoever wants to know calls `unmount` before.
        _ = self.unmount();
    }
}
