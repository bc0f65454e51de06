//! Disks made and opened.

use std::sync::Arc;

use hcs_rules::disk::{
    DiskFault, FIRST_NUMBER, HandleKind, LEAST_SIZE, MOST_FIXED_BLOCKS, USUAL_BLOCK, USUAL_CHILD_BLOCK,
    USUAL_PHYSICAL_SECTOR, USUAL_SECTOR, VENDOR_MICROSOFT, access, create, device, open, vhdx as format,
};
use hcs_rules::file::FileFault;
use uuid::Uuid;

use super::chain::Content;
use super::vhdx::{Parent, Shape, Unwritable};
use super::{DiskHandle, Done, Opened, Stop, text};
use crate::files::path::{HostPath, VolumeName};
use crate::files::{By, FileId, StoredVolume};
use crate::handle::Handle;
use crate::host::{Admitted, Host};
use crate::input::Text;
use crate::input::disk::{CreateDisk, OpenDisk, StorageType};

/// The version of parameters with which the access mask is not used.
const SECOND: u32 = 2;

impl Host {
    /// `CreateVirtualDisk`
    pub(super) fn create_disk(
        &mut self,
        on: &Admitted,
        storage: StorageType,
        path: &str,
        mask: u32,
        flags: u32,
        parameters: &CreateDisk,
    ) -> Done<Handle> {
        let opened = match parameters.version {
            1 if mask & !access::ALL == 0 => Opened::Masked { mask, depth: 1 },
            SECOND if mask == 0 => Opened::Plain { reads: false, asks: false },
            1 | SECOND => return Err(DiskFault::Mask.into()),
            _ => return Err(DiskFault::Version.into()),
        };
        if flags & !create::ALL != 0 {
            return Err(DiskFault::Flags.into());
        }
        let device = match provider(storage)? {
            device::UNKNOWN if path.to_ascii_lowercase().ends_with(".vhdx") => device::VHDX,
            device => device,
        };
        // Disks of the first kind are read, and not made.
        if device != device::VHDX {
            return Err(DiskFault::Unmodelled.into());
        }
        let by = self.by(on.client);
        let (shape, stored) = self.shape(path, flags, parameters, by)?;
        let data = shape.create().map_err(|_: Unwritable| DiskFault::Ancestry)?;
        self.files_mut().make_file(path, data, by).map_err(Stop::Path)?;
        let file = self.storage.files.file_id(path).map_err(Stop::Path)?;
        if stored.is_some()
            && let Err(stop) = self.keep_volume(file, stored)
        {
            let world = By::world(self.now);
            _ = self.files_mut().remove(path, world);
            return Err(stop);
        }
        Ok(self.hold_disk(on.client, file, opened))
    }

    /// What a new disk is to be, and the volume that it begins with.
    fn shape(&self, path: &str, flags: u32, asked: &CreateDisk, by: By) -> Done<(Shape, Option<Arc<StoredVolume>>)> {
        let fixed = flags & create::FIXED != 0;
        let given = |path: &Text| !matches!(path, Text::Null) && !text(path).is_empty();
        let (has_parent, has_source) = (given(&asked.parent), given(&asked.source));
        if has_parent && (has_source || fixed || asked.size != 0) {
            return Err(DiskFault::Ancestry.into());
        }
        let usual = |asked: u32, usual: u32| if asked == 0 { usual } else { asked };
        let block = usual(asked.block, if has_parent { USUAL_CHILD_BLOCK } else { USUAL_BLOCK });
        if !block.is_power_of_two() || !(format::LEAST_BLOCK..=format::MOST_BLOCK).contains(&block) {
            return Err(DiskFault::Block.into());
        }
        let sectors = (usual(asked.sector, USUAL_SECTOR), usual(asked.physical_sector, USUAL_PHYSICAL_SECTOR));
        if !format::SECTORS.contains(&sectors.0) || !format::SECTORS.contains(&sectors.1) {
            return Err(DiskFault::Sector.into());
        }
        let new = |what| self.new_id(Uuid::nil(), what, path);
        let mut shape = Shape {
            size: asked.size,
            block,
            logical_sector: sectors.0,
            physical_sector: sectors.1,
            id: if asked.id.is_nil() { new("disk") } else { asked.id },
            file_write: new("file"),
            data_write: new("data"),
            fixed,
            parent: None,
        };
        if has_parent {
            return self.child(shape, asked, by);
        }
        let mut stored = None;
        if has_source {
            let source = self.other_file(text(&asked.source)).map_err(|_| DiskFault::Gone)?;
            self.storage.files.may_read(source, by).map_err(|_| DiskFault::Access)?;
            if self.is_written_by_others(source) {
                return Err(DiskFault::Held.into());
            }
            let content = self.content(source, device::UNKNOWN)?;
            if content.has_foreign_blocks() {
                return Err(DiskFault::Unmodelled.into());
            }
            let (size, logical) = (content.size(), content.sectors().0);
            self.chain(source, content, true, by)?;
            shape.size = if asked.size == 0 { size } else { asked.size };
            if shape.size < size || shape.logical_sector != logical {
                return Err(DiskFault::Size.into());
            }
            stored = self.storage.files.volume_in(source);
        }
        let aligned = shape.size.is_multiple_of(shape.logical_sector.into());
        if !aligned || !(LEAST_SIZE..=format::MOST_SIZE).contains(&shape.size) {
            return Err(DiskFault::Size.into());
        }
        if fixed && shape.blocks() > MOST_FIXED_BLOCKS {
            return Err(DiskFault::Unmodelled.into());
        }
        Ok((shape, stored))
    }

    /// A child is as large as its parent, has its sectors and, unless told otherwise, its id; and begins with its volume.
    fn child(&self, shape: Shape, asked: &CreateDisk, by: By) -> Done<(Shape, Option<Arc<StoredVolume>>)> {
        let path = text(&asked.parent);
        let file = self.other_file(path).map_err(|_| DiskFault::ParentMissing)?;
        let content = self.ancestor(file, by)?;
        let Content::Vhdx(image) = content.clone() else { return Err(DiskFault::Unmodelled.into()) };
        self.chain(file, content, true, by)?;
        let shape = Shape {
            size: image.size,
            logical_sector: image.logical_sector,
            physical_sector: image.physical_sector,
            id: if asked.id.is_nil() { image.id } else { asked.id },
            parent: Some(self.locator(path, file, image.data_write)?),
            ..shape
        };
        Ok((shape, self.storage.files.volume_in(file)))
    }

    /// Where a parent is, as a child's locator says it: by its volume, and as the path that was given leads there.
    pub(super) fn locator(&self, path: &str, file: FileId, linkage: Uuid) -> Done<Parent> {
        let path = HostPath::parse(path).map_err(|_| DiskFault::ParentMissing)?;
        let volume = HostPath { volume: VolumeName::Id(file.volume), ..path.clone() };
        Ok(Parent { linkage, relative: None, volume: Some(volume.to_string()), absolute: Some(path.to_string()) })
    }

    /// `OpenVirtualDisk`
    pub(super) fn open_disk(
        &mut self,
        on: &Admitted,
        storage: StorageType,
        path: &str,
        mask: u32,
        flags: u32,
        parameters: Option<OpenDisk>,
    ) -> Done<Handle> {
        let opened = match parameters {
            Some(OpenDisk::Other(_)) => return Err(DiskFault::Version.into()),
            Some(OpenDisk::Second { information_only, read_only }) if mask == 0 => {
                Opened::Plain { reads: read_only, asks: information_only }
            }
            Some(OpenDisk::First { depth }) if mask & !access::ALL == 0 => Opened::Masked { mask, depth },
            None if mask & !access::ALL == 0 => Opened::Masked { mask, depth: 1 },
            _ => return Err(DiskFault::Mask.into()),
        };
        if flags & !open::ALL != 0 {
            return Err(DiskFault::Flags.into());
        }
        let device = provider(storage)?;
        if flags & open::BLANK_FILE != 0 {
            return Err(DiskFault::Unmodelled.into());
        }
        let by = self.by(on.client);
        if !self.storage.files.troubles().is_empty() {
            self.files_mut().open(path, by).map_err(|fault| match fault {
                FileFault::Locked => Stop::Disk(DiskFault::Held),
                fault => Stop::Path(fault),
            })?;
        }
        let file = self.storage.files.file_id(path).map_err(Stop::Path)?;
        if HostPath::parse(path).is_ok_and(|path| path.trailing) {
            return Err(Stop::Path(FileFault::TrailingSeparator));
        }
        self.storage.files.may_read(file, by).map_err(Stop::Path)?;
        let attachment = self.disk_of_file(file).and_then(|disk| self.attachment(disk));
        if attachment.is_none() && self.storage.files.is_locked(file) {
            return Err(DiskFault::Held.into());
        }
        let content = self.content(file, device)?;
        if let (Some(attachment), Opened::Masked { mask, .. }) = (attachment, opened) {
            let writes = mask & (access::ATTACH | access::CHANGE) != 0;
            if mask & access::DETACH == 0 || (attachment.read_only && writes) {
                return Err(DiskFault::Attached.into());
            }
        }
        if flags & open::NO_PARENTS == 0 {
            let chain = self.chain(file, content, flags & open::IGNORE_RELATIVE == 0, by)?;
            let too_deep = matches!(opened, Opened::Masked { depth, .. } if depth as usize > chain.len());
            if too_deep {
                return Err(DiskFault::Depth.into());
            }
        }
        Ok(self.hold_disk(on.client, file, opened))
    }

    /// `CreateFileW` with the physical path of a disk. Files and other devices are not opened by a call of their own here.
    pub(super) fn open_device(&mut self, on: &Admitted, path: &str) -> Done<Handle> {
        let prefix = path
            .get(..PHYSICAL.len())
            .filter(|prefix| prefix.eq_ignore_ascii_case(PHYSICAL) || prefix.eq_ignore_ascii_case(PHYSICAL_TOO));
        let number = prefix.and_then(|prefix| path[prefix.len()..].parse::<u32>().ok());
        let number = number.filter(|number| *number >= FIRST_NUMBER).ok_or(DiskFault::Unmodelled)?;
        let is_it = |disk: &super::Disk| disk.attachment.as_ref().is_some_and(|attached| attached.number == number);
        let disk = self.storage.disks.iter().find(|(_, disk)| is_it(disk)).map(|(key, _)| key);
        let disk = disk.ok_or(DiskFault::Detached)?;
        let opened = Opened::Plain { reads: false, asks: false };
        Ok(self.new_disk_handle(DiskHandle {
            client: on.client,
            sequence: 0,
            disk,
            kind: HandleKind::Physical,
            opened,
        }))
    }
}

/// How a physical disk's path begins.
pub(super) const PHYSICAL: &str = r"\\.\PhysicalDrive";
/// How it may begin too.
const PHYSICAL_TOO: &str = r"\\?\PhysicalDrive";

/// The device of a storage type that a provider takes.
fn provider(storage: StorageType) -> Done<u32> {
    let is_microsoft = storage.vendor == Uuid::from_u128(VENDOR_MICROSOFT);
    match storage.device {
        device::UNKNOWN if is_microsoft || storage.vendor.is_nil() => Ok(device::UNKNOWN),
        device::VHD | device::VHDX if is_microsoft => Ok(storage.device),
        device::ISO | device::VHDSET if is_microsoft => Err(DiskFault::Unmodelled.into()),
        _ => Err(DiskFault::Provider.into()),
    }
}
