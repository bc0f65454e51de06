//! An owned virtual disk, and an attachment that ends when it is dropped.

use hcs_rules::disk::{DiskClass, attach, create, resize};
use hcs_rules::hresult::Hresult;

use super::{CreateDisk, DiskHandle, DiskInformation, Merge, OpenDisk, StorageType, VirtualDisks};
use crate::error::{Error, Result, check};
use crate::hcs::{Outcome, Text};
use crate::storage::Storage;

/// The handle of a virtual disk. Dropping it closes the handle; the last handle of a disk that was not attached to stay
/// detaches it.
pub struct VirtualDisk<D: VirtualDisks> {
    disks: D,
    path: String,
    handle: DiskHandle,
}

impl<D: VirtualDisks> std::fmt::Debug for VirtualDisk<D> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "virtual disk {:?}", self.path)
    }
}

/// How a disk is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attach {
    /// To be read, and not written.
    pub read_only: bool,
    /// To stay when the handle is closed.
    pub stays: bool,
}

impl<D: VirtualDisks + Clone> VirtualDisk<D> {
    /// Makes a disk of so many bytes, whose file grows as it is written, in blocks of 1 MiB.
    ///
    /// # Errors
    /// The call's code: `ERROR_FILE_EXISTS` when there is such a file.
    #[track_caller]
    pub fn create(disks: &D, path: &str, size: u64) -> Result<VirtualDisk<D>> {
        VirtualDisk::create_with(disks, path, 0, &CreateDisk::of_size(size))
    }

    /// Makes a disk of so many bytes, all of which its file has from the beginning.
    ///
    /// # Errors
    /// As [`VirtualDisk::create`]; `ERROR_DISK_FULL`.
    #[track_caller]
    pub fn create_fixed(disks: &D, path: &str, size: u64) -> Result<VirtualDisk<D>> {
        VirtualDisk::create_with(disks, path, create::FIXED, &CreateDisk::of_size(size))
    }

    /// Makes a child of a disk: what is not written to it is its parent's, which must not be written any more.
    ///
    /// # Errors
    /// As [`VirtualDisk::create`]; what is wrong with the parent.
    #[track_caller]
    pub fn create_child(disks: &D, path: &str, parent: &str) -> Result<VirtualDisk<D>> {
        VirtualDisk::create_with(disks, path, 0, &CreateDisk::differencing(parent))
    }

    /// Makes a disk by parameters and `CREATE_VIRTUAL_DISK_FLAG`s.
    ///
    /// # Errors
    /// The call's code.
    #[track_caller]
    pub fn create_with(disks: &D, path: &str, flags: u32, parameters: &CreateDisk<'_>) -> Result<VirtualDisk<D>> {
        let (code, handle) = disks.create_virtual_disk(StorageType::VHDX, Text::Some(path), 0, flags, parameters);
        check("CreateVirtualDisk", None, Outcome::bare(code))?;
        Ok(VirtualDisk { disks: disks.clone(), path: path.to_owned(), handle })
    }

    /// Opens a disk, to do anything with it.
    ///
    /// # Errors
    /// The call's code: the file is not there, is not one of a disk, or a parent is not what it was.
    #[track_caller]
    pub fn open(disks: &D, path: &str) -> Result<VirtualDisk<D>> {
        let parameters = Some(OpenDisk::Second { information_only: false, read_only: false });
        VirtualDisk::open_with(disks, path, 0, parameters)
    }

    /// Opens a disk by parameters and `OPEN_VIRTUAL_DISK_FLAG`s.
    ///
    /// # Errors
    /// The call's code.
    #[track_caller]
    pub fn open_with(disks: &D, path: &str, flags: u32, parameters: Option<OpenDisk>) -> Result<VirtualDisk<D>> {
        let (code, handle) = disks.open_virtual_disk(StorageType::VHDX, Text::Some(path), 0, flags, parameters);
        check("OpenVirtualDisk", None, Outcome::bare(code))?;
        Ok(VirtualDisk { disks: disks.clone(), path: path.to_owned(), handle })
    }
}

impl<D: VirtualDisks> VirtualDisk<D> {
    /// The raw handle, for the calls on layers that take one. It is good as long as the disk is not dropped.
    pub fn handle(&self) -> DiskHandle {
        self.handle
    }

    /// The path by which the disk was made or opened.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Attaches the disk.
    ///
    /// # Errors
    /// The call's code: `ERROR_SHARING_VIOLATION` when it is attached, `ERROR_PRIVILEGE_NOT_HELD`.
    pub fn attach(&self, how: Attach) -> Result<()> {
        let read_only = if how.read_only { attach::READ_ONLY } else { 0 };
        let stays = if how.stays { attach::PERMANENT_LIFETIME } else { 0 };
        let flags = attach::NO_DRIVE_LETTER | read_only | stays;
        done("AttachVirtualDisk", self.disks.attach_virtual_disk(self.handle, flags))
    }

    /// Attaches the disk until the guard is dropped.
    ///
    /// # Errors
    /// As [`VirtualDisk::attach`].
    pub fn attach_for_now(&self) -> Result<Attached<'_, D>> {
        self.attach(Attach { read_only: false, stays: true })?;
        Ok(Attached { disk: self })
    }

    /// Detaches the disk.
    ///
    /// # Errors
    /// The call's code: `ERROR_NOT_READY` when it is not attached, `ERROR_SHARING_VIOLATION` when others have it open.
    pub fn detach(&self) -> Result<()> {
        done("DetachVirtualDisk", self.disks.detach_virtual_disk(self.handle, 0))
    }

    /// Gives the disk another size, in bytes. Its volume keeps the size that it has.
    ///
    /// # Errors
    /// The call's code: `ERROR_VHD_RESIZE_WOULD_TRUNCATE_DATA` when the volume would not fit.
    pub fn resize(&self, size: u64) -> Result<()> {
        done("ResizeVirtualDisk", self.disks.resize_virtual_disk(self.handle, 0, size))
    }

    /// Makes the disk as small as its volume lets it.
    ///
    /// # Errors
    /// The call's code.
    pub fn shrink(&self) -> Result<()> {
        done("ResizeVirtualDisk", self.disks.resize_virtual_disk(self.handle, resize::SMALLEST, 0))
    }

    /// Gives the parent what this disk holds, or an ancestor so many steps up. This disk is worth nothing then.
    ///
    /// # Errors
    /// The call's code: `ERROR_VHD_INVALID_TYPE` for a disk without a parent.
    pub fn merge(&self, depth: u32) -> Result<()> {
        done("MergeVirtualDisk", self.disks.merge_virtual_disk(self.handle, 0, Merge::Depth(depth)))
    }

    /// What the disk tells of itself.
    ///
    /// # Errors
    /// The call's code: `ERROR_VHD_INVALID_TYPE` when a disk without a parent is asked about it.
    pub fn information(&self, class: DiskClass) -> Result<DiskInformation> {
        let (code, information) = self.disks.get_virtual_disk_information(self.handle, class);
        let failed = || Error::new("GetVirtualDiskInformation", None, Outcome::bare(code));
        information.filter(|_| code.is_ok()).ok_or_else(failed)
    }

    /// The size of the disk in bytes.
    ///
    /// # Errors
    /// As [`VirtualDisk::information`].
    pub fn size(&self) -> Result<u64> {
        match self.information(DiskClass::Size)? {
            DiskInformation::Size { virtual_size, .. } => Ok(virtual_size),
            _ => Err(Error::new("GetVirtualDiskInformation", None, Outcome::bare(Hresult::E_UNEXPECTED))),
        }
    }

    /// The path of the attached disk, `\\.\PhysicalDrive1`.
    ///
    /// # Errors
    /// The call's code: `ERROR_NOT_READY` when the disk is not attached.
    pub fn physical_path(&self) -> Result<String> {
        let path = check("GetVirtualDiskPhysicalPath", None, self.disks.get_virtual_disk_physical_path(self.handle))?;
        Ok(path.map(|path| path.to_string()).unwrap_or_default())
    }
}

impl<D: VirtualDisks + Storage> VirtualDisk<D> {
    /// Gives the disk a partition with a volume for a writable layer. On Windows Server 2019 the call wants the physical disk
    /// instead: see [`VirtualDisks::open_physical_disk`].
    ///
    /// # Errors
    /// The call's code: `E_ACCESSDENIED` without elevation, `ERROR_SHARING_VIOLATION` when the disk is attached.
    pub fn format(&self) -> Result<()> {
        done("HcsFormatWritableLayerVhd", self.disks.format_writable_layer_vhd(self.handle))
    }

    /// Where the volume of the attached disk is, `\\?\Volume{...}` without a separator at its end. `None` when it has none:
    /// it was never formatted, or was attached without elevation.
    ///
    /// # Errors
    /// The call's code: `ERROR_NOT_READY` when the disk is not attached.
    pub fn mount_path(&self) -> Result<Option<String>> {
        let path = check("HcsGetLayerVhdMountPath", None, self.disks.get_layer_vhd_mount_path(self.handle))?;
        Ok(path.filter(|path| !path.is_empty()).map(|path| path.to_string()))
    }
}

impl<D: VirtualDisks> Drop for VirtualDisk<D> {
    fn drop(&mut self) {
        self.disks.close_disk(self.handle);
    }
}

/// A disk that is attached. Dropping it detaches the disk.
#[derive(Debug)]
pub struct Attached<'a, D: VirtualDisks> {
    disk: &'a VirtualDisk<D>,
}

impl<D: VirtualDisks> Attached<'_, D> {
    /// Detaches the disk, and tells when that cannot be.
    ///
    /// # Errors
    /// As [`VirtualDisk::detach`]. The disk stays attached then.
    pub fn detach(self) -> Result<()> {
        let disk = self.disk;
        std::mem::forget(self);
        disk.detach()
    }
}

impl<D: VirtualDisks> Drop for Attached<'_, D> {
    fn drop(&mut self) {
        // Who must know whether it worked detaches it himself.
        _ = self.disk.detach();
    }
}

impl<D: VirtualDisks> std::ops::Deref for Attached<'_, D> {
    type Target = VirtualDisk<D>;

    fn deref(&self) -> &VirtualDisk<D> {
        self.disk
    }
}

fn done(call: &'static str, code: Hresult) -> Result<()> {
    check(call, None, Outcome::bare(code)).map(drop)
}
