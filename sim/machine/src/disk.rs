//! Virtual disks: their files, and the calls of `virtdisk.dll`.
//!
//! | file | what is there |
//! |---|---|
//! | [`vhdx`] | the file of a virtual disk, written and read |
//! | [`vhd`] | fixed disks of the first kind, read |
//! | `chain` | a disk and its ancestors, as their files say |
//! | `open` | disks made and opened |
//! | `attach` | disks attached and detached, formatted, and where they are then |
//! | `attachment` | the disks of machines, looked at and held |
//! | `change` | disks resized, merged, changed |
//! | `tell` | what a disk tells of itself |
//!
//! The host knows a disk while a handle of it is open, or while it is attached. A disk's volume is a value kept beside the
//! file's bytes; it is one of the host's volumes while the disk is attached. A child holds the whole volume, sharing what it
//! has from its parent: the chain is what keeps the two from disagreeing, for a child whose parent has changed is refused.

mod attach;
mod attachment;
mod chain;
mod change;
mod open;
mod tell;
pub mod vhd;
pub mod vhdx;

use hcs_rules::disk::{self, DiskFault, HandleKind, NAMESPACE};
use hcs_rules::export;
use hcs_rules::file::FileFault;
use hcs_rules::handle::HandleFault;
use hcs_rules::hresult::Hresult;
use uuid::Uuid;

use crate::effect::{Effect, Finding, Reply};
use crate::files::{By, FileId};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Host, refusal};
use crate::id::guid_of;
use crate::input::{ClientId, DiskRequest, Text};
use crate::table::{Found, Key};

pub(crate) use attachment::Hold;

/// What a client holds of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiskHandle {
    pub(crate) client: ClientId,
    /// The order in which handles were opened.
    sequence: u64,
    disk: Key,
    kind: HandleKind,
    opened: Opened,
}

/// How a handle was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// With an access mask, and so many disks of the chain to be written.
    Masked { mask: u32, depth: u32 },
    /// To do everything, to read, or to ask.
    Plain { reads: bool, asks: bool },
}

/// A disk that is open or attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disk {
    file: FileId,
    /// How many handles of the virtual disk are open.
    handles: u32,
    attachment: Option<Attachment>,
}

/// How a disk is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attachment {
    number: u32,
    /// Its volume, if it has one that has come up.
    volume: Option<Uuid>,
    read_only: bool,
    permanent: bool,
    /// The files of its ancestors.
    ancestors: Vec<FileId>,
}

/// What stands in the way of a call on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Something about its path.
    Path(FileFault),
    /// Something about the disk.
    Disk(DiskFault),
}

impl From<DiskFault> for Stop {
    fn from(fault: DiskFault) -> Stop {
        Stop::Disk(fault)
    }
}

type Done<T> = Result<T, Stop>;

impl Host {
    /// The entry behind a client's handle of a disk.
    pub(crate) fn disk_handle(&self, client: ClientId, handle: Handle) -> Result<(Key, &DiskHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::Disk)?;
        match self.storage.disk_handles.find(key) {
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// Carries out a call on disks.
    #[cold]
    pub(crate) fn on_disk(&mut self, on: &Admitted, request: &DiskRequest, effects: &mut Vec<Effect>) -> Reply {
        let plain = |done: Done<()>| done.map(|()| Reply::Outcome(Hresult::S_OK, None));
        let opened = |handle: Handle| Reply::Handle(Hresult::S_OK, handle);
        let done = match (request, on.disk) {
            (DiskRequest::CreateVirtualDisk { storage: Some(storage), path, access, flags, parameters, .. }, _) => {
                match parameters {
                    Some(parameters) => {
                        self.create_disk(on, *storage, text(path), *access, *flags, parameters).map(opened)
                    }
                    None => Err(DiskFault::Version.into()),
                }
            }
            (DiskRequest::OpenVirtualDisk { storage: Some(storage), path, access, flags, parameters, .. }, _) => {
                self.open_disk(on, *storage, text(path), *access, *flags, *parameters).map(opened)
            }
            (DiskRequest::CreateFile { path, .. }, _) => self.open_device(on, text(path)).map(opened),
            (DiskRequest::AttachVirtualDisk { flags, .. }, Some(handle)) => plain(self.attach_disk(on, handle, *flags)),
            (DiskRequest::DetachVirtualDisk { flags, .. }, Some(handle)) => plain(self.detach_disk(on, handle, *flags)),
            (DiskRequest::ResizeVirtualDisk { flags, parameters, .. }, Some(handle)) => {
                plain(self.resize_disk(on, handle, *flags, parameters.unwrap_or_default()))
            }
            (DiskRequest::MergeVirtualDisk { flags, parameters: Some(merge), .. }, Some(handle)) => {
                plain(self.merge_disk(on, handle, *flags, *merge))
            }
            (DiskRequest::GetVirtualDiskInformation { class, .. }, Some(handle)) => self
                .tell_of_disk(on, handle, class.unwrap_or_default())
                .map(|information| Reply::Disk(Hresult::S_OK, Some(Box::new(information)))),
            (DiskRequest::SetVirtualDiskInformation { information: Some(information), .. }, Some(handle)) => {
                plain(self.set_disk(on, handle, information))
            }
            (DiskRequest::GetVirtualDiskPhysicalPath { .. }, Some(handle)) => {
                self.physical_path(on, handle).map(|path| Reply::Outcome(Hresult::S_OK, Some(path)))
            }
            (DiskRequest::CloseHandle { .. }, Some(handle)) => {
                self.close_disk_handle(handle);
                Ok(Reply::Outcome(Hresult::S_OK, None))
            }
            _ => unreachable!("the stages before this one let no call pass without its arguments"),
        };
        done.unwrap_or_else(|stop| refusal(on.call, self.stopped(on, stop, effects)))
    }

    /// What a call answers that something stands in the way of.
    pub(crate) fn stopped(&self, on: &Admitted, stop: Stop, effects: &mut Vec<Effect>) -> Hresult {
        let code = match stop {
            Stop::Path(fault) => disk::path_rule(on.call, fault).map(|row| row.refuses),
            Stop::Disk(fault) => {
                if fault == DiskFault::Unmodelled {
                    effects.push(Effect::Finding(Finding::UnmodelledCall(on.client, export::index(on.call))));
                }
                disk::rule(on.call, fault).map(|row| row.refuses)
            }
        };
        code.unwrap_or_else(|| unreachable!("{:?} found {stop:?}, which no row says", on.call))
    }

    /// A client dies: its disks are closed, in the order in which they were opened.
    pub(crate) fn close_disks_of(&mut self, client: ClientId) {
        let handles = self.storage.disk_handles.iter().filter(|(_, handle)| handle.client == client);
        let mut handles: Vec<(u64, Key)> = handles.map(|(key, handle)| (handle.sequence, key)).collect();
        handles.sort_unstable();
        for (_, handle) in handles {
            self.close_disk_handle(handle);
        }
    }

    /// A handle is closed. The last one of a disk detaches it, unless it was attached to stay.
    fn close_disk_handle(&mut self, handle: Key) {
        let Some(entry) = self.storage_mut().disk_handles.remove(handle) else { return };
        if entry.kind == HandleKind::Physical {
            return;
        }
        let Some(disk) = self.storage_mut().disks.get_mut(entry.disk) else { return };
        disk.handles -= 1;
        if disk.handles > 0 {
            return;
        }
        match &disk.attachment {
            Some(attachment) if attachment.permanent => {}
            Some(_) => {
                self.detach(entry.disk);
                self.storage_mut().disks.remove(entry.disk);
            }
            None => _ = self.storage_mut().disks.remove(entry.disk),
        }
    }

    /// A new handle of a disk's file.
    fn hold_disk(&mut self, client: ClientId, file: FileId, opened: Opened) -> Handle {
        let disk = match self.disk_of_file(file) {
            Some(disk) => disk,
            None => self.storage_mut().disks.insert(Disk { file, handles: 0, attachment: None }),
        };
        if let Some(disk) = self.storage_mut().disks.get_mut(disk) {
            disk.handles += 1;
        }
        self.new_disk_handle(DiskHandle { client, sequence: 0, disk, kind: HandleKind::Virtual, opened })
    }

    fn new_disk_handle(&mut self, handle: DiskHandle) -> Handle {
        let sequence = self.next_sequence();
        Handle::new(HandleType::Disk, self.storage_mut().disk_handles.insert(DiskHandle { sequence, ..handle }))
    }

    /// The disk of a file, if it is open or attached.
    fn disk_of_file(&self, file: FileId) -> Option<Key> {
        self.storage.disks.iter().find(|(_, disk)| disk.file == file).map(|(key, _)| key)
    }

    /// The disk behind a handle of the kind that the call wants, opened for what it does.
    fn disk_for(&self, on: &Admitted, handle: Key, wanted: HandleKind) -> Done<Key> {
        let Some(entry) = self.storage.disk_handles.get(handle).filter(|entry| entry.kind == wanted) else {
            return Err(DiskFault::Kind.into());
        };
        let may = match entry.opened {
            _ if entry.kind == HandleKind::Physical => true,
            Opened::Masked { mask, .. } => mask & disk::needs(on.call) == disk::needs(on.call),
            Opened::Plain { reads, asks } => (!reads && !asks) || disk::reads(on.call),
        };
        if may { Ok(entry.disk) } else { Err(DiskFault::Access.into()) }
    }

    fn attachment(&self, disk: Key) -> Option<&Attachment> {
        self.storage.disks.get(disk)?.attachment.as_ref()
    }

    /// Who a client is to files.
    fn by(&self, client: ClientId) -> By {
        match self.client(client) {
            Some(client) => By::client(client.rights, self.now),
            None => By::service(self.now),
        }
    }

    /// A new id. The real ones are drawn; this one follows from what it is for, where and when, and from an id before it.
    fn new_id(&self, before: Uuid, what: &str, file: &str) -> Uuid {
        let name = format!("{before}\0{what}\0{}\0{file}", self.now.0);
        guid_of(Uuid::from_u128(NAMESPACE), name.as_bytes())
    }
}

/// What a path says. The stage of arguments has let no other pass.
fn text(path: &Text) -> &str {
    match path {
        Text::Some(path) => path,
        Text::Null | Text::Malformed => "",
    }
}
