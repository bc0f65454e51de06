//! The host's files, as a test puts them and looks at them.

use hcs_machine::files::Branch;
use hcs_machine::input::{FileEvent, VolumeEvent, WorldEvent};
use hcs_machine::state_file::{vmgs, vmrs};
use hcs_rules::state_file::Damage;

use crate::simulator::Simulator;

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

    /// What is in a folder of the host and below it: paths, and the sizes of files.
    pub fn tree(&self, path: &str) -> Vec<Branch> {
        self.shared.lock().host.files().tree(path).unwrap_or_default()
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
