//! What the world does without anybody calling.

use std::sync::Arc;

use hcs_rules::file::FileSystem;
use hcs_rules::privilege::Privilege;
use hcs_rules::profile::Quirk;

use super::{ClientId, LayerEvent};
use crate::files::Staged;
use crate::guest::script::Script;

/// What the world does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldEvent {
    /// The guest of the system with this id crashes.
    GuestCrash(Arc<str>),
    /// The guest of the system with this id powers itself off.
    GuestPowerOff(Arc<str>),
    /// The guest of the system with this id restarts.
    GuestReset(Arc<str>),
    /// The guest connection of the system with this id is lost.
    GuestDisconnect(Arc<str>),
    /// The guest of the system with this id turns enhanced session mode on or off.
    RdpModeChange(Arc<str>),
    /// The worker process of the system with this id dies.
    WorkerCrash(Arc<str>),
    /// The Hyper-V manager starts a machine of its own with this id.
    ManagerStarts(Arc<str>),
    /// The host shows a quirk from now on, or no more.
    Quirk(Quirk, bool),
    /// The host has a hypervisor from now on, or none.
    Hypervisor(bool),
    /// The endpoints that the host's network has; `None` is whatever is asked for.
    Endpoints(Option<Vec<Arc<str>>>),
    /// A file with a saved state is put there, or is gone.
    SavedState(Arc<str>, bool),
    /// Something happens to files of the host.
    Files(FileEvent),
    /// The process of this id in the system with this id ends with this code, as if by itself.
    ProcessEnd(Arc<str>, u32, u32),
    /// Something happens to layers, or to filters.
    Layer(LayerEvent),
    /// A client enables a privilege of its token, or disables it.
    Privilege(ClientId, Privilege, bool),
    /// Guests have this program from now on, under this name, or no more.
    Program(Arc<str>, Option<Registered>),
    /// The client dies: its handles are closed, its callbacks fall silent.
    ClientDeath(ClientId),
    /// The compute service stops.
    ServiceStop,
    /// The compute service is back.
    ServiceReturn,
}

/// What the world does to files of the host, by their paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEvent {
    /// A file with these bytes is put there, and the folders that it needs.
    Put(Arc<str>, Arc<[u8]>),
    /// A folder is put there, and those above it.
    Folder(Arc<str>),
    /// A file is gone, or a folder with everything in it.
    Remove(Arc<str>),
    /// A file is copied, or a folder with everything in it, to a name that is not there yet: attributes, times, lists and streams
    /// too. The folders that it needs are put there.
    Copy(Arc<str>, Arc<str>),
    /// A file or folder has another name from now on, on the same volume.
    Rename(Arc<str>, Arc<str>),
    /// The file, the first, has one more name, on the same volume.
    Link(Arc<str>, Arc<str>),
    /// The file has these attributes, as in [`hcs_rules::file::attribute`].
    Attributes(Arc<str>, u32),
    /// The file has a stream of this name with these bytes, or none.
    Stream(Arc<str>, Arc<str>, Option<Arc<[u8]>>),
    /// A tree of files is put at this place, and the folders that it needs. What is put before something that cannot be stays.
    Stage(Arc<str>, Arc<[Staged]>),
    /// Somebody has the file open and shares it with nobody, or has it no more.
    Lock(Arc<str>, bool),
    /// Somebody else has the file open whenever one of the next so many opens it.
    InUseFor(Arc<str>, u32),
    /// The file can only be read, or be written again.
    ReadOnly(Arc<str>, bool),
    /// The file is the system's and denied to everybody, or the user's again.
    Deny(Arc<str>, bool),
    /// Something happens to the volume of this letter.
    Volume(char, VolumeEvent),
}

/// What happens to a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeEvent {
    /// It appears, empty.
    Appear,
    /// It is gone, with everything on it.
    Vanish,
    /// It can only be read, or be written again.
    ReadOnly(bool),
    /// Its device is ready, or not.
    Ready(bool),
    /// So many bytes are free from now on.
    Room(u64),
    /// So many writes to it go well from now on, and the next finds no room.
    FullAfter(u32),
    /// Its device is not ready for the next so many that use it, and ready then.
    NotReadyFor(u32),
    /// It is formatted: everything on it is gone.
    Format(FileSystem),
}

/// A program that the world has registered: guests have it beside those that every guest has, and before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// A script: see [`crate::guest::script`].
    Script(Arc<Script>),
    /// Outside the machine: whoever drives the world runs it, told by [`crate::Effect::Launch`].
    Outside,
}
