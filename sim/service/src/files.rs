//! The host's files, as a test puts them and looks at them.

use hcs_machine::Input;
use hcs_machine::effect::Reply;
use hcs_machine::files::{Branch, Data, Entry, Staged};
use hcs_machine::input::{FileEvent, VolumeEvent, WorldEvent};
use hcs_machine::state_file::{vmgs, vmrs};
use hcs_rules::file::{FileFault, FileSystem};
use hcs_rules::state_file::Damage;

use crate::client::Client;
use crate::simulator::Simulator;
use crate::thread;

impl Client {
    /// The client takes away a file, or a folder with everything in it, as every tool does: with its own rights.
    ///
    /// # Errors
    /// What stands in the way of the first that cannot be taken away. Those before it are gone then.
    pub fn remove_tree(&self, path: &str) -> Result<(), FileFault> {
        let mut core = thread::enter(self.shared());
        let reply = core.act(&Input::RemoveTree(self.id(), path.into()));
        thread::after_step(self.shared(), &mut core);
        match reply {
            Reply::Files(Some(fault)) => Err(fault),
            _ => Ok(()),
        }
    }
}

impl Simulator {
    // -- World events on files. Each answers whether it found something to do.

    /// A file with these bytes is put there, and the folders that it needs.
    pub fn put_file(&self, path: &str, bytes: &[u8]) -> bool {
        self.file_event(FileEvent::Put(path.into(), bytes.into()))
    }

    /// A folder is put there, and those above it.
    pub fn put_folder(&self, path: &str) -> bool {
        self.file_event(FileEvent::Folder(path.into()))
    }

    /// A file is gone, or a folder with everything in it.
    pub fn remove_file(&self, path: &str) -> bool {
        self.file_event(FileEvent::Remove(path.into()))
    }

    /// A file is copied, or a folder with everything in it, to a name that is not there yet. Attributes, times, lists and streams
    /// are copied too.
    pub fn copy_file(&self, from: &str, to: &str) -> bool {
        self.file_event(FileEvent::Copy(from.into(), to.into()))
    }

    /// A file or folder has another name from now on, on the same volume.
    pub fn rename_file(&self, from: &str, to: &str) -> bool {
        self.file_event(FileEvent::Rename(from.into(), to.into()))
    }

    /// A file has one more name, on the same volume.
    pub fn link_file(&self, existing: &str, new: &str) -> bool {
        self.file_event(FileEvent::Link(existing.into(), new.into()))
    }

    /// A file or folder has these attributes, as in [`hcs_rules::file::attribute`].
    pub fn set_file_attributes(&self, path: &str, attributes: u32) -> bool {
        self.file_event(FileEvent::Attributes(path.into(), attributes))
    }

    /// A file has an alternate stream of this name with these bytes, or none.
    pub fn set_file_stream(&self, path: &str, name: &str, bytes: Option<&[u8]>) -> bool {
        self.file_event(FileEvent::Stream(path.into(), name.into(), bytes.map(Into::into)))
    }

    /// A tree of files is put at a place, with everything that they have. What is put before something that cannot be stays.
    pub fn put_tree(&self, place: &str, tree: Vec<Staged>) -> bool {
        self.file_event(FileEvent::Stage(place.into(), tree.into()))
    }

    /// Somebody has a file open and shares it with nobody, or has it no more.
    pub fn lock_file(&self, path: &str, locked: bool) -> bool {
        self.file_event(FileEvent::Lock(path.into(), locked))
    }

    /// A file can only be read, or be written again.
    pub fn set_file_read_only(&self, path: &str, read_only: bool) -> bool {
        self.file_event(FileEvent::ReadOnly(path.into(), read_only))
    }

    /// A file or folder is the system's and denied to everybody, or the user's again.
    pub fn deny_file(&self, path: &str, denied: bool) -> bool {
        self.file_event(FileEvent::Deny(path.into(), denied))
    }

    /// A volume of this letter appears, empty, or is gone with everything on it.
    pub fn set_volume(&self, letter: char, there: bool) -> bool {
        self.volume_event(letter, if there { VolumeEvent::Appear } else { VolumeEvent::Vanish })
    }

    /// A volume can only be read, or be written again.
    pub fn set_volume_read_only(&self, letter: char, read_only: bool) -> bool {
        self.volume_event(letter, VolumeEvent::ReadOnly(read_only))
    }

    /// The device of a volume is ready, or not.
    pub fn set_volume_ready(&self, letter: char, ready: bool) -> bool {
        self.volume_event(letter, VolumeEvent::Ready(ready))
    }

    /// A volume has so many bytes free from now on.
    pub fn set_volume_room(&self, letter: char, bytes: u64) -> bool {
        self.volume_event(letter, VolumeEvent::Room(bytes))
    }

    /// The nth write to a volume from now on, counted from 1, finds no room; those after it do. A world in which it never comes
    /// does not end clean. What the world itself writes does not count.
    pub fn fill_volume_at_write(&self, letter: char, nth: u32) -> bool {
        nth > 0 && self.volume_event(letter, VolumeEvent::FullAfter(nth - 1))
    }

    /// The device of a volume is not ready for the next so many that use it, and ready then. A world in which nobody does does
    /// not end clean.
    pub fn set_volume_not_ready_for(&self, letter: char, times: u32) -> bool {
        self.volume_event(letter, VolumeEvent::NotReadyFor(times))
    }

    /// Somebody else has a file open whenever one of the next so many opens it. A world in which nobody does does not end clean.
    pub fn set_file_in_use_for(&self, path: &str, times: u32) -> bool {
        self.file_event(FileEvent::InUseFor(path.into(), times))
    }

    /// A volume is formatted: everything on it is gone.
    pub fn format_volume(&self, letter: char, kind: FileSystem) -> bool {
        self.volume_event(letter, VolumeEvent::Format(kind))
    }

    fn volume_event(&self, letter: char, event: VolumeEvent) -> bool {
        self.file_event(FileEvent::Volume(letter, event))
    }

    fn file_event(&self, event: FileEvent) -> bool {
        self.world(WorldEvent::Files(event))
    }

    // -- What a test may look at.

    /// The bytes of a file of the host, if there is one.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.shared.lock().host.files().data(path).ok().map(|data| data.to_vec())
    }

    /// What is in a folder of the host and below it: paths, attributes, and the sizes of files.
    pub fn tree(&self, path: &str) -> Vec<Branch> {
        self.shared.lock().host.files().branches(path).unwrap_or_default()
    }

    /// Everything that is in a folder of the host and below it, to compare trees: bytes, streams, attributes, times, lists,
    /// descriptors, names of one file. The fields are open, so that what is not to be compared can be made equal first;
    /// [`hcs_machine::files::digest`] makes one number of them.
    pub fn entries(&self, path: &str) -> Vec<Entry> {
        self.shared.lock().host.files().entries(path).unwrap_or_default()
    }

    /// The bytes of an alternate stream of a file of the host, if it has one of this name.
    pub fn file_stream(&self, path: &str, name: &str) -> Option<Vec<u8>> {
        let core = self.shared.lock();
        core.host.files().stream(path, name).ok().flatten().map(Data::to_vec)
    }

    /// The access control list of a file of the host, as tools show it; `None` if there is no such file.
    pub fn access_list(&self, path: &str) -> Option<Vec<String>> {
        self.shared.lock().host.access_list(path).ok()
    }

    /// The guest state in a file of the host; `None` if there is no such file.
    pub fn guest_state(&self, path: &str) -> Option<Result<vmgs::GuestState, Damage>> {
        self.shared.lock().host.files().data(path).ok().map(vmgs::read)
    }

    /// The runtime state in a file of the host; `None` if there is no such file.
    pub fn runtime_state(&self, path: &str) -> Option<Result<vmrs::RuntimeState, Damage>> {
        self.shared.lock().host.files().data(path).ok().map(vmrs::read)
    }
}
