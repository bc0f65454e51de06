//! What a disk tells of itself.

use hcs_rules::disk::{DiskClass, DiskFault, HandleKind, LEAST_SIZE, device, subtype};
use uuid::Uuid;

use super::Done;
use super::vhdx::Form;
use crate::host::{Admitted, Host};
use crate::input::disk::DiskInformation;
use crate::table::Key;

impl Host {
    /// `GetVirtualDiskInformation`
    pub(super) fn tell_of_disk(&self, on: &Admitted, handle: Key, class: u32) -> Done<DiskInformation> {
        let class = DiskClass::of_value(class).ok_or(DiskFault::Class)?;
        let key = self.disk_for(on, handle, HandleKind::Virtual)?;
        let file = self.storage.disks.get(key).map(|disk| disk.file).ok_or(DiskFault::Gone)?;
        let data = self.storage.files.open_data(file).map_err(|_| DiskFault::Gone)?;
        let attached = self.attachment(key).is_some();
        let content = self.content(file, device::UNKNOWN)?;
        let (logical, physical) = content.sectors();
        let parent = || content.parent().ok_or(DiskFault::NotDifferencing);
        Ok(match class {
            DiskClass::Size => DiskInformation::Size {
                virtual_size: content.size(),
                physical_size: data.len(),
                block: content.vhdx().map_or(0, |image| image.block),
                sector: logical,
            },
            DiskClass::Identifier => DiskInformation::Identifier(content.id()),
            DiskClass::ParentLocation => {
                let paths = self.parent_paths(file, parent()?, true);
                let found = paths.iter().find(|path| self.storage.files.file_id(path).is_ok());
                match found {
                    Some(path) => DiskInformation::ParentLocation(true, vec![path.as_str().into()]),
                    None => {
                        DiskInformation::ParentLocation(false, paths.iter().map(|path| path.as_str().into()).collect())
                    }
                }
            }
            DiskClass::ParentIdentifier => DiskInformation::ParentIdentifier(parent()?.linkage),
            DiskClass::ParentTimestamp => {
                // A disk of the second kind remembers no time.
                parent()?;
                DiskInformation::ParentTimestamp(0)
            }
            DiskClass::VirtualStorageType => DiskInformation::VirtualStorageType(content.storage()),
            DiskClass::ProviderSubtype => DiskInformation::ProviderSubtype(match content.form() {
                Form::Fixed => subtype::FIXED,
                Form::Dynamic => subtype::DYNAMIC,
                Form::Differencing => subtype::DIFFERENCING,
            }),
            // Blocks of the second kind lie at whole megabytes.
            DiskClass::Is4kAligned => DiskInformation::Is4kAligned(true),
            DiskClass::PhysicalDisk => DiskInformation::PhysicalDisk(logical, physical, false),
            DiskClass::PhysicalSectorSize => DiskInformation::PhysicalSectorSize(physical),
            DiskClass::SmallestSafeVirtualSize => {
                DiskInformation::SmallestSafeVirtualSize(self.least_size(key, file).max(LEAST_SIZE))
            }
            DiskClass::Fragmentation => DiskInformation::Fragmentation(0),
            DiskClass::IsLoaded => DiskInformation::IsLoaded(attached || self.storage.files.is_locked(file)),
            DiskClass::VirtualDiskId => {
                DiskInformation::VirtualDiskId(content.vhdx().map_or(Uuid::nil(), |image| image.id))
            }
        })
    }
}
