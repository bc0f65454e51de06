//! A disk and its ancestors, as their files say.

use hcs_rules::disk::{DiskFault, MOST_ANCESTORS, VENDOR_MICROSOFT, device, fault};
use hcs_rules::file::FileFault;
use uuid::Uuid;

use super::vhdx::{self, Form, Image, Parent};
use super::{Done, Stop, vhd};
use crate::files::{By, FileId};
use crate::host::Host;
use crate::input::disk::StorageType;

/// What a disk's file holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A disk of the second kind.
    Vhdx(Box<Image>),
    /// A fixed disk of the first kind.
    Vhd(vhd::Fixed),
}

impl Content {
    pub(super) fn size(&self) -> u64 {
        match self {
            Content::Vhdx(image) => image.size,
            Content::Vhd(fixed) => fixed.size,
        }
    }

    pub(super) fn id(&self) -> Uuid {
        match self {
            Content::Vhdx(image) => image.id,
            Content::Vhd(fixed) => fixed.id,
        }
    }

    /// Logical, and of the simulated hardware.
    pub(super) fn sectors(&self) -> (u32, u32) {
        match self {
            Content::Vhdx(image) => (image.logical_sector, image.physical_sector),
            Content::Vhd(_) => (512, 512),
        }
    }

    pub(super) fn form(&self) -> Form {
        match self {
            Content::Vhdx(image) => image.form,
            Content::Vhd(_) => Form::Fixed,
        }
    }

    pub(super) fn parent(&self) -> Option<&Parent> {
        match self {
            Content::Vhdx(image) => image.parent.as_ref(),
            Content::Vhd(_) => None,
        }
    }

    pub(super) fn storage(&self) -> StorageType {
        let device = match self {
            Content::Vhdx(_) => device::VHDX,
            Content::Vhd(_) => device::VHD,
        };
        StorageType { device, vendor: Uuid::from_u128(VENDOR_MICROSOFT) }
    }

    /// A disk of the second kind, where no other is modelled.
    pub(super) fn vhdx(&self) -> Done<&Image> {
        match self {
            Content::Vhdx(image) => Ok(image),
            Content::Vhd(_) => Err(DiskFault::Unmodelled.into()),
        }
    }

    /// Whether there are blocks in the file that the double did not put there, and does not read.
    pub(super) fn has_foreign_blocks(&self) -> bool {
        match self {
            Content::Vhdx(image) => image.form != Form::Fixed && image.blocks.present > 0,
            Content::Vhd(_) => false,
        }
    }
}

/// One disk of a chain.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) file: FileId,
    pub(super) content: Content,
}

impl Host {
    /// What a disk's file holds.
    pub(super) fn content(&self, file: FileId, device: u32) -> Done<Content> {
        let data = self.storage.files.open_data(file).map_err(|_| DiskFault::Gone)?;
        let as_vhdx = || vhdx::read(data).map(|image| Content::Vhdx(Box::new(image)));
        let as_vhd = || vhd::read(data).map(Content::Vhd);
        let read = match device {
            device::VHDX => as_vhdx(),
            device::VHD => as_vhd(),
            _ => as_vhdx().or_else(|damage| if fault(damage) == DiskFault::NotDisk { as_vhd() } else { Err(damage) }),
        };
        read.map_err(|damage| fault(damage).into())
    }

    /// A disk and its ancestors, the disk itself first. Nothing may have changed since each child was made.
    pub(super) fn chain(&self, file: FileId, content: Content, beside: bool, by: By) -> Done<Vec<Link>> {
        let mut chain = vec![Link { file, content }];
        while let Some(last) = chain.last()
            && let Some(parent) = last.content.parent()
        {
            let file = self.parent_file(last.file, parent, beside)?;
            if chain.iter().any(|link| link.file == file) {
                return Err(DiskFault::Cycle.into());
            }
            if chain.len() > MOST_ANCESTORS {
                return Err(DiskFault::TooDeep.into());
            }
            let content = self.ancestor(file, by)?;
            let linkage = content.vhdx().map(|image| image.data_write).ok();
            if linkage != Some(parent.linkage) {
                return Err(DiskFault::ParentChanged.into());
            }
            chain.push(Link { file, content });
        }
        Ok(chain)
    }

    /// What a disk that is to be a parent holds.
    pub(super) fn ancestor(&self, file: FileId, by: By) -> Done<Content> {
        if self.storage.files.may_read(file, by).is_err() {
            return Err(DiskFault::ParentDenied.into());
        }
        if self.is_written_by_others(file) {
            return Err(DiskFault::ParentBusy.into());
        }
        match self.content(file, device::UNKNOWN) {
            Err(Stop::Disk(DiskFault::Unmodelled)) => Err(DiskFault::Unmodelled.into()),
            other => other.map_err(|_| DiskFault::ParentDamaged.into()),
        }
    }

    /// Whether somebody has a disk's file for himself, but for a disk that is attached to be read.
    pub(super) fn is_written_by_others(&self, file: FileId) -> bool {
        let attached = self.disk_of_file(file).and_then(|disk| self.attachment(disk));
        match attached {
            Some(attachment) => !attachment.read_only,
            None => self.storage.files.is_locked(file),
        }
    }

    /// Where a disk's parent is: beside it, by its volume, by its letter.
    pub(super) fn parent_file(&self, child: FileId, parent: &Parent, beside: bool) -> Done<FileId> {
        let found = self
            .parent_paths(child, parent, beside)
            .into_iter()
            .find_map(|path| self.storage.files.file_id(&path).ok());
        found.ok_or(DiskFault::ParentMissing.into())
    }

    /// The paths at which a disk's parent is looked for.
    pub(super) fn parent_paths(&self, child: FileId, parent: &Parent, beside: bool) -> Vec<String> {
        let relative = parent.relative.as_ref().filter(|_| beside).and_then(|relative| {
            let path = self.storage.files.path_of_file(child)?;
            let (folder, _) = path.rsplit_once('\\')?;
            // A path by a volume's id is taken word for word: what is normal in a relative one is not there.
            let relative = relative.strip_prefix(".\\").unwrap_or(relative);
            Some(format!("{folder}\\{relative}"))
        });
        [relative, parent.volume.clone(), parent.absolute.clone()].into_iter().flatten().collect()
    }

    /// The file at a path that is to be a parent or a source.
    pub(super) fn other_file(&self, path: &str) -> Result<FileId, FileFault> {
        self.storage.files.file_id(path)
    }
}
