//! The disks of machines: looked at when a machine starts or one is added, and held open while it runs.

use std::borrow::Cow;

use hcs_rules::answer::Form;
use hcs_rules::disk::attachment::{AttachmentFault, AttachmentRow, Moment, row};
use hcs_rules::disk::{DiskFault, device};
use hcs_rules::file::FileFault;
use hcs_rules::grant::mask;
use hcs_rules::hresult::Hresult;
use uuid::Uuid;

use super::Stop;
use super::chain::Link;
use crate::configuration::present;
use crate::document::Node;
use crate::files::path::HostPath;
use crate::files::{By, FileId};
use crate::host::Host;
use crate::system::System;
use crate::table::Key;

/// A file that a machine which runs has open: the file, the machine by its place in the order of creation, and whether it
/// shares the file with nobody.
pub(crate) type Hold = (FileId, u64, bool);

/// A disk in a document.
struct Asked<'a> {
    path: Cow<'a, str>,
    read_only: bool,
    /// Whether it is a virtual disk, and not the image of a CD.
    is_disk: bool,
}

impl<'a> Asked<'a> {
    /// Physical disks and those of other programs are no files.
    fn of(settings: Node<'a>) -> Option<Asked<'a>> {
        let kind = present(settings, "Type").and_then(Node::as_str).unwrap_or("VirtualDisk");
        let is_image = kind == "Iso";
        let path = present(settings, "Path")?.as_str()?;
        let read_only = is_image || present(settings, "ReadOnly").and_then(Node::as_bool) == Some(true);
        let path = path.into();
        (is_image || kind == "VirtualDisk").then_some(Asked { path, read_only, is_disk: !is_image })
    }

    /// The disks of a machine, or of what runs around an isolated container.
    fn all_of(system: &'a System) -> impl Iterator<Item = Asked<'a>> {
        let scratch = system.scratch_disk().map(|path| Asked { path: path.into(), read_only: false, is_disk: true });
        system.disks().filter_map(Asked::of).chain(scratch)
    }
}

impl Host {
    /// The files that a machine which starts is to open, or what stands against its disks.
    #[inline(never)]
    pub(crate) fn disks_to_open(&self, key: Key) -> Result<Vec<Hold>, (Hresult, Form)> {
        let mut holds = Vec::new();
        let Some(system) = self.systems.get(key) else { return Ok(holds) };
        for asked in Asked::all_of(system) {
            let opened = self.open_for(system, asked, &mut holds);
            opened.map_err(|fault| (row(fault).code, AttachmentRow::form(Moment::Start)))?;
        }
        Ok(holds)
    }

    /// What stands against a disk that is added to a machine.
    pub(crate) fn added_disk_refusal(&self, system: &System, settings: Node<'_>) -> Option<(Hresult, Form)> {
        let fault = self.open_for(system, Asked::of(settings)?, &mut Vec::new()).err()?;
        Some((row(fault).code, AttachmentRow::form(Moment::Modify)))
    }

    /// Adds the files that a machine opens for a disk: none where the simulated host has no such folder.
    #[cold]
    fn open_for(&self, machine: &System, asked: Asked<'_>, holds: &mut Vec<Hold>) -> Result<(), AttachmentFault> {
        if !self.storage.files.may_have(&asked.path) {
            return Ok(());
        }
        let (system, machine) = (machine.sequence, machine.runtime_id);
        let file = match self.storage.files.file_id(&asked.path) {
            Ok(file) => file,
            Err(FileFault::NoFile) if !is_in_root(&asked.path) => return Err(AttachmentFault::Missing),
            Err(FileFault::IsFolder) => return Err(AttachmentFault::Denied),
            Err(_) => return Ok(()),
        };
        let write = if asked.read_only { 0 } else { mask::WRITE_DATA };
        if !self.storage.files.machine_may(file, machine, mask::READ_DATA | write) {
            return Err(AttachmentFault::Denied);
        }
        let shared = |hold: &Hold| hold.0 == file && hold.1 != system && !asked.read_only;
        if self.is_held_by_others(file, system, asked.read_only) || self.storage.held_disks.iter().any(shared) {
            return Err(AttachmentFault::Held);
        }
        let chain = if asked.is_disk { self.chain_for(file, machine)? } else { Vec::new() };
        holds.push((file, system, !asked.read_only));
        holds.extend(chain.iter().skip(1).map(|link| (link.file, system, false)));
        Ok(())
    }

    /// Whether somebody else has a file for himself, or has it attached.
    fn is_held_by_others(&self, file: FileId, system: u64, read_only: bool) -> bool {
        let own = self.storage.held_disks.contains(&(file, system, true));
        let attached = self.disk_of_file(file).and_then(|disk| self.attachment(disk));
        match attached {
            Some(attachment) => !(attachment.read_only && read_only),
            None => self.storage.files.is_locked(file) && !own,
        }
    }

    /// The chain of a machine's disk; empty where it is of a form that is not modelled.
    fn chain_for(&self, file: FileId, machine: Uuid) -> Result<Vec<Link>, AttachmentFault> {
        let content = match self.content(file, device::UNKNOWN) {
            Ok(content) => content,
            Err(Stop::Disk(DiskFault::Unmodelled)) => return Ok(Vec::new()),
            Err(_) => return Err(AttachmentFault::Damaged),
        };
        // The service looks with the rights of the machine's account, which are looked at below.
        let chain = self.chain(file, content, true, By::service(self.now)).map_err(|stop| match stop {
            Stop::Disk(DiskFault::ParentMissing) => AttachmentFault::ParentMissing,
            Stop::Disk(DiskFault::ParentBusy) => AttachmentFault::ParentHeld,
            Stop::Disk(DiskFault::ParentDamaged | DiskFault::Unmodelled) => AttachmentFault::ParentDamaged,
            _ => AttachmentFault::ParentChanged,
        })?;
        let may = |link: &Link| self.storage.files.machine_may(link.file, machine, mask::READ_DATA);
        if chain.iter().skip(1).all(may) { Ok(chain) } else { Err(AttachmentFault::ParentDenied) }
    }

    /// A machine opens these files, and closes those that it had.
    #[inline(never)]
    pub(crate) fn hold_disks(&mut self, key: Key, holds: Vec<Hold>) {
        if holds.is_empty() && self.storage.held_disks.is_empty() {
            return;
        }
        let Some(system) = self.systems.get(key) else { return };
        self.release_disks(system.sequence);
        for hold in holds {
            if hold.2 {
                self.files_mut().lock(hold.0, true);
            }
            self.storage_mut().held_disks.insert(hold);
        }
    }

    /// A machine opens the disks that it has now, those that it can, and closes the others.
    pub(crate) fn change_held_disks(&mut self, key: Key) {
        let Some(system) = self.systems.get(key) else { return };
        let mut holds = Vec::new();
        for asked in Asked::all_of(system) {
            // What does not open stays closed: the disk that was added has been looked at.
            let _ = self.open_for(system, asked, &mut holds);
        }
        self.hold_disks(key, holds);
    }

    /// A machine that is over closes its disks.
    pub(crate) fn release_disks(&mut self, system: u64) {
        if self.storage.held_disks.is_empty() {
            return;
        }
        let holds: Vec<Hold> = self.storage.held_disks.iter().filter(|hold| hold.1 == system).copied().collect();
        for hold in holds {
            self.storage_mut().held_disks.remove(&hold);
            if hold.2 {
                self.files_mut().lock(hold.0, false);
            }
        }
    }

    /// Whether a machine that runs has a file open that it shares.
    pub(super) fn is_shared_by_machine(&self, file: FileId) -> bool {
        self.storage.held_disks.iter().any(|hold| hold.0 == file && !hold.2)
    }

    /// Whether a machine that runs has a file of a volume open.
    pub(super) fn holds_on(&self, volume: Option<Uuid>) -> bool {
        self.storage.held_disks.iter().any(|hold| Some(hold.0.volume) == volume)
    }
}

/// Whether a path names something in a volume's root.
fn is_in_root(path: &str) -> bool {
    HostPath::parse(path).is_ok_and(|path| path.names.len() <= 1)
}
