//! Disks resized, merged, changed.

use hcs_rules::disk::vhdx::{MOST_SIZE, SECTORS};
use hcs_rules::disk::{
    DiskFault, HandleKind, LEAST_SIZE, MOST_ANCESTORS, MOST_FIXED_BLOCKS, PARTITIONED, device, resize,
};

use super::chain::Link;
use super::vhdx::{Form, Image, Unwritable};
use super::{Done, Opened, text};
use crate::files::{By, FileId};
use crate::host::{Admitted, Host};
use crate::input::disk::{Merge, SetInformation};
use crate::table::Key;

impl Host {
    /// `ResizeVirtualDisk`
    pub(super) fn resize_disk(&mut self, on: &Admitted, handle: Key, flags: u32, size: u64) -> Done<()> {
        let smallest = flags & resize::SMALLEST != 0;
        if flags & !resize::ALL != 0 {
            return Err(DiskFault::Flags.into());
        }
        if smallest && size != 0 {
            return Err(DiskFault::Size.into());
        }
        let (key, file) = self.disk_to_change(on, handle)?;
        let by = self.by(on.client);
        let content = self.content(file, device::UNKNOWN)?;
        let image = content.vhdx()?.clone();
        let least = self.least_size(key, file);
        let size = if smallest { least.max(LEAST_SIZE) } else { size };
        if !size.is_multiple_of(image.logical_sector.into()) || !(LEAST_SIZE..=MOST_SIZE).contains(&size) {
            return Err(DiskFault::Size.into());
        }
        self.may_be_written(file, by)?;
        let loses = size < least;
        if loses && (flags & resize::UNSAFE == 0 || self.attachment(key).is_some()) {
            return Err(DiskFault::Truncates.into());
        }
        self.as_a_whole(|host| {
            host.resize_file(file, &image, size, by)?;
            if loses {
                // A partition that does not end on its disk is none.
                _ = host.files_mut().put_volume_in(file, None);
            }
            let content = host.content(file, device::UNKNOWN)?;
            host.stamp(&Link { file, content }, true, by)
        })
    }

    /// Changes the host's files, or leaves them as they were: a disk's own log sees to that.
    pub(super) fn as_a_whole<T>(&mut self, change: impl FnOnce(&mut Host) -> Done<T>) -> Done<T> {
        let before = self.storage.files.clone();
        let done = change(self);
        if done.is_err() {
            self.storage_mut().files = self.storage.files.taken_back_to(before);
        }
        done
    }

    /// The disk behind a handle that is to be changed, and its file, which nobody else holds.
    fn disk_to_change(&self, on: &Admitted, handle: Key) -> Done<(Key, FileId)> {
        let key = self.disk_for(on, handle, HandleKind::Virtual)?;
        let Some(file) = self.storage.disks.get(key).map(|disk| disk.file) else { return Err(DiskFault::Gone.into()) };
        if self.storage.files.open_data(file).is_err() {
            return Err(DiskFault::Gone.into());
        }
        if self.attachment(key).is_none() && self.storage.files.is_locked(file) {
            return Err(DiskFault::Held.into());
        }
        Ok((key, file))
    }

    /// The bytes that a disk must have for its volume.
    pub(super) fn least_size(&self, key: Key, file: FileId) -> u64 {
        let attached = self.attachment(key).and_then(|attachment| attachment.volume);
        let capacity = match attached.and_then(|volume| self.storage.files.volume(volume)) {
            Some(volume) => Some(volume.capacity()),
            None => self.storage.files.volume_in(file).map(|stored| stored.capacity),
        };
        capacity.map_or(0, |capacity| capacity + PARTITIONED)
    }

    fn resize_file(&mut self, file: FileId, image: &Image, size: u64, by: By) -> Done<()> {
        if image.form == Form::Fixed && size.div_ceil(image.block.into()) > MOST_FIXED_BLOCKS {
            return Err(DiskFault::Unmodelled.into());
        }
        let mut done = Ok(());
        let change = |data: &mut _| done = image.resize(data, size);
        self.files_mut().change_open(file, by, change).map_err(|_| DiskFault::Full)?;
        done.map_err(|_: Unwritable| DiskFault::Truncates.into())
    }

    /// `MergeVirtualDisk`: what a child and those above it hold becomes what an ancestor holds. They are worth nothing then.
    pub(super) fn merge_disk(&mut self, on: &Admitted, handle: Key, flags: u32, merge: Merge) -> Done<()> {
        // Depths count from the disk itself, which is 1.
        let (from, to) = match merge {
            Merge::Depth(depth) => (1, depth.saturating_add(1)),
            Merge::Between(from, to) => (from, to),
            Merge::Other(_) => return Err(DiskFault::Version.into()),
        };
        if flags != 0 {
            return Err(DiskFault::Flags.into());
        }
        let (key, file) = self.disk_to_change(on, handle)?;
        let by = self.by(on.client);
        let chain = self.chain(file, self.content(file, device::UNKNOWN)?, true, by)?;
        if self.attachment(key).is_some() {
            return Err(DiskFault::Attached.into());
        }
        if chain.len() == 1 {
            return Err(DiskFault::NotDifferencing.into());
        }
        let opened = self.storage.disk_handles.get(handle).map(|entry| entry.opened);
        let deep = matches!(opened, Some(Opened::Masked { depth, .. }) if depth < to);
        if from == 0 || from >= to || to as usize > chain.len() || deep {
            return Err(DiskFault::Depth.into());
        }
        let (source, target) = (&chain[from as usize - 1], &chain[to as usize - 1]);
        if chain[from as usize - 1..to as usize - 1].iter().any(|link| link.content.has_foreign_blocks()) {
            return Err(DiskFault::Unmodelled.into());
        }
        if let Some(disk) = self.disk_of_file(target.file) {
            let attached = self.attachment(disk).is_some();
            return Err(if attached { DiskFault::Attached } else { DiskFault::Open }.into());
        }
        self.may_be_written(target.file, by)?;
        let (child, parent) = (source.content.vhdx()?, target.content.vhdx()?.clone());
        let (id, sector) = (child.id, child.physical_sector);
        self.as_a_whole(|host| {
            if child.size != parent.size {
                host.resize_file(target.file, &parent, child.size, by)?;
            }
            let change = |data: &mut _| {
                parent.set_id(data, id);
                parent.set_physical_sector(data, sector);
            };
            host.files_mut().change_open(target.file, by, change).map_err(|_| DiskFault::Full)?;
            let stored = host.storage.files.volume_in(source.file);
            host.keep_volume(target.file, stored)?;
            let content = host.content(target.file, device::UNKNOWN)?;
            host.stamp(&Link { file: target.file, content }, true, by)
        })
    }

    /// `SetVirtualDiskInformation`
    pub(super) fn set_disk(&mut self, on: &Admitted, handle: Key, information: &SetInformation) -> Done<()> {
        if let SetInformation::Other(_) = information {
            return Err(DiskFault::Class.into());
        }
        if let SetInformation::PhysicalSectorSize(size) = information
            && !SECTORS.contains(size)
        {
            return Err(DiskFault::Sector.into());
        }
        let (key, file) = self.disk_to_change(on, handle)?;
        let by = self.by(on.client);
        let content = self.content(file, device::UNKNOWN)?;
        let image = content.vhdx()?.clone();
        if self.attachment(key).is_some() {
            return Err(DiskFault::Attached.into());
        }
        match information {
            SetInformation::ParentPath(path) => return self.set_parent(file, &image, text(path), by),
            SetInformation::ParentPathWithDepth(depth, path) => {
                if !(1..=MOST_ANCESTORS as u32).contains(depth) {
                    return Err(DiskFault::Depth.into());
                }
                let (mut file, mut image) = (file, image);
                for _ in 1..*depth {
                    let parent = image.parent.as_ref().ok_or(DiskFault::Depth)?;
                    file = self.parent_file(file, parent, true)?;
                    image = self.ancestor(file, by)?.vhdx()?.clone();
                }
                return self.set_parent(file, &image, text(path), by);
            }
            _ => {}
        }
        self.storage.files.may_write(file, by).map_err(|_| DiskFault::ReadOnly)?;
        let change = |data: &mut _| match information {
            SetInformation::Identifier(id) | SetInformation::VirtualDiskId(id) => image.set_id(data, *id),
            SetInformation::PhysicalSectorSize(size) => image.set_physical_sector(data, *size),
            SetInformation::ParentPath(_) | SetInformation::ParentPathWithDepth(..) | SetInformation::Other(_) => {}
        };
        self.as_a_whole(|host| {
            host.files_mut().change_open(file, by, change).map_err(|_| DiskFault::Full)?;
            host.stamp(&Link { file, content }, false, by)
        })
    }

    /// A child's parent is elsewhere: it must be the one that the child was made from.
    fn set_parent(&mut self, file: FileId, image: &Image, path: &str, by: By) -> Done<()> {
        let old = image.parent.as_ref().ok_or(DiskFault::NotDifferencing)?;
        let parent = self.other_file(path).map_err(|_| DiskFault::ParentMissing)?;
        if parent == file {
            return Err(DiskFault::Cycle.into());
        }
        let content = self.ancestor(parent, by)?;
        if content.vhdx()?.data_write != old.linkage {
            return Err(DiskFault::ParentChanged.into());
        }
        self.storage.files.may_write(file, by).map_err(|_| DiskFault::ReadOnly)?;
        let locator = self.locator(path, parent, old.linkage)?;
        let mut done = Ok(());
        let change = |data: &mut _| done = image.set_parent(data, &locator);
        self.files_mut().change_open(file, by, change).map_err(|_| DiskFault::Full)?;
        done.map_err(|_: Unwritable| DiskFault::ParentMissing.into())
    }
}
