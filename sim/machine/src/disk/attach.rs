//! Disks attached and detached, formatted, and where they are then.

use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::disk::{
    DiskFault, FIRST_NUMBER, HandleKind, PARTITIONED, access, attach, device, format_wants, gives_volume,
};
use hcs_rules::file::{FileSystem, MOST_NESTED};
use hcs_rules::layer::form::VOLUME_INFORMATION;
use uuid::Uuid;

use super::chain::{Content, Link};
use super::open::PHYSICAL;
use super::{Attachment, Done, Opened};
use crate::files::{By, FileId, StoredVolume};
use crate::host::{Admitted, Host};
use crate::id::guid_of;
use crate::table::Key;

impl Host {
    /// `AttachVirtualDisk`
    pub(super) fn attach_disk(&mut self, on: &Admitted, handle: Key, flags: u32) -> Done<()> {
        if flags & !attach::ALL != 0 {
            return Err(DiskFault::Flags.into());
        }
        let read_only = flags & attach::READ_ONLY != 0;
        let disk = match self.disk_for(on, handle, HandleKind::Virtual) {
            Err(stop) if stop == DiskFault::Access.into() && read_only => self.disk_to_read(handle)?,
            other => other?,
        };
        let Some(file) = self.storage.disks.get(disk).map(|disk| disk.file) else { return Err(DiskFault::Gone.into()) };
        let by = self.by(on.client);
        let chain = self.ready_to_use(disk, file, read_only, by)?;
        let rights = self.client(on.client).map_or(Rights::User, |client| client.rights);
        let ancestors = chain[1..].iter().map(|link| link.file).collect();
        let number = self.free_number();
        let permanent = flags & attach::PERMANENT_LIFETIME != 0;
        let stored = self.storage.files.volume_in(file).filter(|_| gives_volume(rights));
        if !read_only {
            self.stamp(&chain[0], stored.is_some(), by)?;
        }
        self.files_mut().lock(file, true);
        let volume = stored.and_then(|stored| self.bring_up(disk, &stored, read_only));
        if let Some(disk) = self.storage_mut().disks.get_mut(disk) {
            disk.attachment = Some(Attachment { number, volume, read_only, permanent, ancestors });
        }
        Ok(())
    }

    /// The disk behind a handle that may attach it to be read.
    fn disk_to_read(&self, handle: Key) -> Done<Key> {
        let entry = self.storage.disk_handles.get(handle).ok_or(DiskFault::Kind)?;
        let may = match entry.opened {
            Opened::Masked { mask, .. } => mask & access::ATTACH_READ_ONLY != 0,
            Opened::Plain { asks, .. } => !asks,
        };
        if may { Ok(entry.disk) } else { Err(DiskFault::Access.into()) }
    }

    /// The chain of a disk that is neither attached nor held, and can be written if it is to be.
    pub(super) fn ready_to_use(&self, disk: Key, file: FileId, read_only: bool, by: By) -> Done<Vec<Link>> {
        if self.storage.files.open_data(file).is_err() {
            return Err(DiskFault::Gone.into());
        }
        let attached = self.attachment(disk).is_some();
        if !attached && self.storage.files.is_locked(file) {
            return Err(DiskFault::Held.into());
        }
        let chain = self.chain(file, self.content(file, device::UNKNOWN)?, true, by)?;
        if attached {
            return Err(DiskFault::Attached.into());
        }
        if !read_only {
            self.may_be_written(file, by)?;
        }
        Ok(chain)
    }

    /// Whether nobody uses a disk as a parent, and its file may be written.
    pub(super) fn may_be_written(&self, file: FileId, by: By) -> Done<()> {
        let uses = |disk: &super::Disk| disk.attachment.as_ref().is_some_and(|used| used.ancestors.contains(&file));
        if self.storage.disks.iter().any(|(_, disk)| uses(disk)) || self.is_shared_by_machine(file) {
            return Err(DiskFault::Parental.into());
        }
        self.storage.files.may_write(file, by).map_err(|_| DiskFault::ReadOnly.into())
    }

    fn free_number(&self) -> u32 {
        let taken = |number: u32| {
            let is_it = |disk: &super::Disk| disk.attachment.as_ref().is_some_and(|used| used.number == number);
            self.storage.disks.iter().any(|(_, disk)| is_it(disk))
        };
        (FIRST_NUMBER..).find(|number| !taken(*number)).unwrap_or(u32::MAX)
    }

    /// A disk's file is written: it gets new write ids, that of the data too when the content changes.
    pub(super) fn stamp(&mut self, link: &Link, content: bool, by: By) -> Done<()> {
        let Content::Vhdx(image) = &link.content else { return Ok(()) };
        let path = self.storage.files.path_of_file(link.file).unwrap_or_default();
        let file_write = self.new_id(image.file_write, "file", &path);
        let data_write = content.then(|| self.new_id(image.data_write, "data", &path));
        let change = |data: &mut _| image.stamp(data, file_write, data_write);
        self.files_mut().change_open(link.file, by, change).map_err(|_| DiskFault::Full.into())
    }

    /// The volume of a disk becomes one of the host's. Of two copies of a volume the second gets an id of its own.
    fn bring_up(&mut self, disk: Key, stored: &StoredVolume, read_only: bool) -> Option<Uuid> {
        let mut stored = stored.clone();
        let first = stored.id;
        let mut count = 0_u64;
        while self.storage.files.volume(stored.id).is_some() {
            count += 1;
            stored.id = guid_of(first, &count.to_le_bytes());
        }
        let id = stored.id;
        self.files_mut().attach_volume(stored).ok()?;
        let volume = self.files_mut().volume_mut(id)?;
        volume.disk = Some(disk);
        volume.set_read_only(read_only);
        Some(id)
    }

    /// `DetachVirtualDisk`
    pub(super) fn detach_disk(&mut self, on: &Admitted, handle: Key, flags: u32) -> Done<()> {
        if flags != 0 {
            return Err(DiskFault::Flags.into());
        }
        let key = self.disk_for(on, handle, HandleKind::Virtual)?;
        let Some(attachment) = self.attachment(key) else { return Err(DiskFault::Detached.into()) };
        let on_it = |disk: &super::Disk| Some(disk.file.volume) == attachment.volume;
        let others = self.storage.disks.get(key).is_some_and(|disk| disk.handles > 1);
        let in_use = attachment.volume.is_some_and(|volume| self.is_volume_in_use(volume));
        if others
            || in_use
            || self.storage.disks.iter().any(|(_, disk)| on_it(disk))
            || self.holds_on(attachment.volume)
        {
            return Err(DiskFault::Open.into());
        }
        self.detach(key);
        Ok(())
    }

    /// A disk is detached, whatever is done with it: its volume goes, and disks on it go first.
    pub(super) fn detach(&mut self, key: Key) {
        let Some((file, attachment)) =
            self.storage_mut().disks.get_mut(key).and_then(|disk| Some((disk.file, disk.attachment.take()?)))
        else {
            return;
        };
        if let Some(volume) = attachment.volume {
            let above: Vec<Key> =
                self.storage.disks.iter().filter(|(_, disk)| disk.file.volume == volume).map(|(key, _)| key).collect();
            for key in above {
                self.detach(key);
            }
            self.detach_filter(volume);
            let stored = self.files_mut().detach_volume(volume).filter(|_| !attachment.read_only);
            if let Some(stored) = stored {
                // What lies too deep in other disks is lost with its volume: nothing else can be done with it.
                _ = self.files_mut().put_volume_in(file, Some(Arc::new(stored)));
            }
        }
        self.files_mut().lock(file, false);
    }

    /// `GetVirtualDiskPhysicalPath`
    pub(super) fn physical_path(&self, on: &Admitted, handle: Key) -> Done<Arc<str>> {
        let disk = self.disk_for(on, handle, HandleKind::Virtual)?;
        let attachment = self.attachment(disk).ok_or(DiskFault::Detached)?;
        Ok(format!("{PHYSICAL}{}", attachment.number).into())
    }

    /// `HcsGetLayerVhdMountPath`: of a disk without a volume it is empty.
    pub(crate) fn mount_path(&self, handle: Key) -> Done<Arc<str>> {
        let entry = self.storage.disk_handles.get(handle).ok_or(DiskFault::Detached)?;
        let attachment = self.attachment(entry.disk).ok_or(DiskFault::Detached)?;
        let path = attachment.volume.and_then(|volume| self.storage.files.volume(volume)).map(|volume| volume.path());
        Ok(path.unwrap_or_default().trim_end_matches('\\').into())
    }

    /// The volume of a disk that is attached, by its file: none while it is not, and none in it when none has come up.
    pub(crate) fn attached_volume(&self, path: &str) -> Option<Option<Uuid>> {
        let file = self.storage.files.file_id(path).ok()?;
        Some(self.attachment(self.disk_of_file(file)?)?.volume)
    }

    /// `HcsFormatWritableLayerVhd`: a disk that is not attached is for as long as it takes.
    pub(crate) fn format_disk(&mut self, on: &Admitted, handle: Key) -> Done<()> {
        let wanted = format_wants(self.build);
        let key = self.disk_for(on, handle, wanted)?;
        let by = self.by(on.client);
        if wanted == HandleKind::Physical {
            return self.format_attached(on, handle);
        }
        let Some(disk) = self.storage.disks.get(key) else { return Err(DiskFault::Gone.into()) };
        let (file, handles) = (disk.file, disk.handles);
        let chain = self.ready_to_use(key, file, false, by)?;
        if handles > 1 {
            return Err(DiskFault::Open.into());
        }
        let stored = self.new_volume(file, chain[0].content.size());
        self.as_a_whole(|host| {
            host.keep_volume(file, Some(Arc::new(stored)))?;
            host.stamp(&chain[0], true, by)
        })
    }

    /// The disk behind a handle of either kind gets a new volume, with nothing on it, while it is attached.
    pub(crate) fn format_attached(&mut self, on: &Admitted, handle: Key) -> Done<()> {
        let key = self.storage.disk_handles.get(handle).map(|entry| entry.disk).ok_or(DiskFault::Detached)?;
        let by = self.by(on.client);
        let Some(attachment) = self.attachment(key) else { return Err(DiskFault::Detached.into()) };
        let (volume, read_only) = (attachment.volume, attachment.read_only);
        if read_only {
            return Err(DiskFault::ReadOnly.into());
        }
        let file = self.storage.disks.get(key).map(|disk| disk.file).ok_or(DiskFault::Detached)?;
        let content = self.content(file, device::UNKNOWN)?;
        let stored = self.new_volume(file, content.size());
        self.stamp(&Link { file, content }, true, by)?;
        if let Some(volume) = volume {
            self.detach_filter(volume);
            self.files_mut().detach_volume(volume);
        }
        let volume = self.bring_up(key, &stored, false);
        if let Some(attachment) = self.storage_mut().disks.get_mut(key).and_then(|disk| disk.attachment.as_mut()) {
            attachment.volume = volume;
        }
        Ok(())
    }

    /// A disk's file holds a volume from now on. Disks that lie in volumes of disks do so only so deep.
    pub(super) fn keep_volume(&mut self, file: FileId, stored: Option<Arc<StoredVolume>>) -> Done<()> {
        let mut depth = stored.as_ref().map_or(0, |stored| usize::from(stored.tree.nested()) + 1);
        let mut volume = self.storage.files.volume(file.volume);
        while let Some(disk) = volume.and_then(|volume| self.storage.disks.get(volume.disk?)) {
            depth += 1;
            volume = self.storage.files.volume(disk.file.volume);
        }
        if depth > usize::from(MOST_NESTED) {
            return Err(DiskFault::Full.into());
        }
        self.files_mut().put_volume_in(file, stored).map_err(|_| DiskFault::Full.into())
    }

    /// The volume of a partition that takes the whole disk.
    fn new_volume(&self, file: FileId, size: u64) -> StoredVolume {
        let path = self.storage.files.path_of_file(file).unwrap_or_default();
        let before = self.storage.files.volume_in(file).map_or(Uuid::nil(), |stored| stored.id);
        let id = self.new_id(before, "volume", &path);
        let capacity = size.saturating_sub(PARTITIONED);
        let now = self.now.as_file_time();
        StoredVolume::new(id, FileSystem::Ntfs, capacity, now).with_folder(VOLUME_INFORMATION, now)
    }
}
