//! Directories of the real host in the simulated one.
//!
//! The machine stays pure: what is in a directory comes to it as world events on files, so that a world knows of nothing that
//! was not an input. Times are not taken in: equal contents make equal worlds. Before each call that concerns files the
//! directory is looked through, and what was made, removed or changed since comes in; a change that leaves a file's length,
//! time and number as they were is not seen. After each step what changed in the world is written out, if the directory may be
//! written. What a directory cannot hold, as lists, attributes and streams, stays in the world.
//!
//! Passed over, and told once when the world ends: symbolic links wherever they lead, what is neither file nor directory, names
//! that Windows does not take, the second of two names that are one for Windows, files larger than [`LARGEST_FILE`].

mod outside;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

use hcs_machine::Input;
use hcs_machine::files::Files;
use hcs_machine::files::path::{FoldedName, HostPath};
use hcs_machine::input::{FileEvent, Request, WorldEvent};
use hcs_rules::file::FileFault;

use crate::pump::Core;
use crate::simulator::Simulator;
use crate::thread;
use outside::{Kind, Listing, parent};

/// A file that is larger, in bytes, is not taken in.
pub const LARGEST_FILE: u64 = 64 << 20;
/// So many bytes at most are taken in at once.
pub const MOST_BYTES: u64 = 1 << 30;
/// So many files and directories at most can a mounted directory hold.
pub const MOST_FILES: usize = 100_000;

/// What may be done to a mounted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mount {
    /// It is read. What changes in the world stays in the world.
    ReadOnly,
    /// What changes in the world is written into it.
    ReadWrite,
}

/// Why a directory cannot be mounted.
#[derive(Debug)]
pub enum MountError {
    /// The real host's file system says this of a path.
    Host(PathBuf, io::Error),
    /// It is no directory.
    NotADirectory(PathBuf),
    /// There can be no folder at this place of the simulated host.
    Place(String, FileFault),
    /// The place is within that of another mount, or that within it.
    Overlaps(String),
    /// It holds more than [`MOST_FILES`] files and directories.
    TooMany(PathBuf),
    /// There are more than [`MOST_BYTES`] bytes to take in.
    TooLarge(PathBuf),
}

impl fmt::Display for MountError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MountError::Host(path, error) => write!(out, "mount: {}: {error}", path.display()),
            MountError::NotADirectory(path) => write!(out, "mount: {} is no directory", path.display()),
            MountError::Place(place, fault) => write!(out, "mount: no folder can be at {place}: {fault:?}"),
            MountError::Overlaps(place) => write!(out, "mount: {place} is within another mount, or one within it"),
            MountError::TooMany(path) => {
                write!(out, "mount: {} holds more than {MOST_FILES} files and directories", path.display())
            }
            MountError::TooLarge(path) => {
                write!(out, "mount: {} holds more than {MOST_BYTES} bytes to take in at once", path.display())
            }
        }
    }
}

impl std::error::Error for MountError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            MountError::Host(_, error) => Some(error),
            _ => None,
        }
    }
}

/// The mounts of a world.
pub(crate) struct Mounts {
    list: Vec<Mounted>,
    /// The world's files as they were when both sides were last made the same. Held, so that a change makes others of them.
    agreed: Arc<Files>,
}

/// One mounted directory.
struct Mounted {
    root: PathBuf,
    /// Its place, in a form that lets the paths below it be long.
    place: String,
    path: HostPath,
    mode: Mount,
    /// What it held when it was last looked at, or written.
    outside: Listing,
    told: BTreeSet<String>,
}

impl Mounted {
    /// The path of something in the simulated host.
    fn inside(&self, below: &str) -> String {
        format!(r"{}\{below}", self.place.trim_end_matches('\\'))
    }

    /// Trouble is told once.
    fn tell(&mut self, core: &mut Core, troubles: Vec<String>) {
        for trouble in troubles {
            if self.told.insert(trouble.clone()) {
                core.note_trouble(trouble);
            }
        }
    }
}

/// Whether a call may look at files, or change them.
pub(crate) fn concerns_files(request: &Request) -> bool {
    request.path().is_some()
        || matches!(
            request,
            Request::Layer(_)
                | Request::Disk(_)
                | Request::Legacy(_)
                | Request::CreateComputeSystem { .. }
                | Request::CreateComputeSystemInNamespace { .. }
                | Request::StartComputeSystem { .. }
                | Request::SaveComputeSystem { .. }
                | Request::ModifyComputeSystem { .. }
        )
}

impl Simulator {
    /// A directory of the real host is in the simulated one from now on, at this place, with what it holds: as if the world had
    /// put it there. A folder that is there already keeps what is in it; what the directory holds comes over it.
    ///
    /// Off Windows the directory may tell capital letters from small ones; the world does not. If the place is gone from the
    /// world, because it was removed or its volume is gone, the mount ends and the directory stays as it is.
    ///
    /// # Errors
    /// [`MountError`]. The world and the directory are as they were then.
    pub fn mount(&self, directory: impl AsRef<Path>, place: &str, mode: Mount) -> Result<(), MountError> {
        let mut core = self.shared.lock();
        let mounted = core.mount(directory.as_ref(), place, mode);
        thread::after_step(&self.shared, &mut core);
        mounted
    }

    /// Takes in now what has changed in the mounted directories, as every call that concerns files does before it begins.
    pub fn take_in_mounts(&self) {
        let mut core = self.shared.lock();
        core.take_in();
        thread::after_step(&self.shared, &mut core);
    }
}

impl Core {
    /// See [`Simulator::mount`].
    pub(crate) fn mount(&mut self, directory: &Path, place: &str, mode: Mount) -> Result<(), MountError> {
        let at_host = |error| MountError::Host(directory.to_owned(), error);
        let root = fs::canonicalize(directory).map_err(at_host)?;
        if !fs::metadata(&root).map_err(at_host)?.is_dir() {
            return Err(MountError::NotADirectory(root));
        }
        let bad_place = |fault| MountError::Place(place.to_owned(), fault);
        let path = HostPath { trailing: false, ..HostPath::parse(place).map_err(bad_place)? };
        let others = self.mounts.iter().flat_map(|mounts| &mounts.list);
        if others.into_iter().any(|other| is_within(&path, &other.path) || is_within(&other.path, &path)) {
            return Err(MountError::Overlaps(place.to_owned()));
        }
        let shown = path.to_string();
        let shown = if shown.starts_with('\\') { shown } else { format!(r"\\?\{shown}") };
        let (outside, told) = (Listing::new(), BTreeSet::new());
        let mut mounted = Mounted { root, place: shown, path, mode, outside, told };
        let mut troubles = Vec::new();
        let listing = outside::list(&mounted.root, &mounted.outside, &mut troubles)?;
        self.step(&files(FileEvent::Folder(mounted.place.as_str().into())));
        self.host.files().names(&mounted.place).map(drop).map_err(bad_place)?;
        mounted.tell(self, troubles);

        let mut list = self.mounts.take().map(|mounts| mounts.list).unwrap_or_default();
        self.apply(&mut mounted, listing);
        list.push(mounted);
        self.mounts = Some(Box::new(Mounts { list, agreed: self.host.shared_files() }));
        Ok(())
    }

    /// What has changed in the mounted directories comes into the world.
    pub(crate) fn take_in(&mut self) {
        // While they are taken out nothing is written: what comes in is there already.
        let Some(mut mounts) = self.mounts.take() else { return };
        for mut mounted in std::mem::take(&mut mounts.list) {
            match self.host.files().names(&mounted.place).map(drop) {
                Ok(()) => {
                    let mut troubles = Vec::new();
                    let listing = outside::list(&mounted.root, &mounted.outside, &mut troubles);
                    mounted.tell(self, troubles);
                    match listing {
                        Ok(listing) if listing == mounted.outside => {}
                        Ok(listing) => self.apply(&mut mounted, listing),
                        Err(error) => mounted.tell(self, vec![error.to_string()]),
                    }
                    mounts.list.push(mounted);
                }
                Err(FileFault::NotReady) => mounts.list.push(mounted),
                Err(_) => self.end_mount(&mounted),
            }
        }
        mounts.agreed = self.host.shared_files();
        self.mounts = Some(mounts).filter(|mounts| !mounts.list.is_empty());
    }

    /// A step by which somebody acts on files himself.
    pub(crate) fn act(&mut self, input: &Input) -> hcs_machine::effect::Reply {
        self.take_in();
        let reply = self.step(input);
        self.tick_if_free();
        reply
    }

    fn end_mount(&mut self, mounted: &Mounted) {
        let (place, root) = (&mounted.place, mounted.root.display());
        self.note_trouble(format!("mount: {place} is gone from the world; {root} stays as it is"));
    }

    /// Makes the world what a directory is now, where that has changed.
    fn apply(&mut self, mounted: &mut Mounted, mut now: Listing) {
        let before = std::mem::take(&mut mounted.outside);
        let mut troubles = Vec::new();
        for (key, seen) in &before {
            let stays = now.get(key).is_some_and(|now| now.is_folder() == seen.is_folder());
            // What was in a directory goes with it.
            let above = parent(&seen.path).map(FoldedName::of);
            if !stays && above.is_none_or(|above| now.get(&above).is_some_and(|above| above.is_folder())) {
                self.step(&files(FileEvent::Remove(mounted.inside(&seen.path).into())));
            }
        }
        let mut failed = Vec::new();
        for (key, seen) in &now {
            let path: Arc<str> = mounted.inside(&seen.path).into();
            let was = before.get(key).filter(|was| was.is_folder() == seen.is_folder());
            // Another file in the place of one of several names is none of theirs.
            if was.is_some_and(|was| was.is_replaced_by(seen)) && self.host.files().link_count(&path).unwrap_or(0) > 1 {
                self.step(&files(FileEvent::Remove(path.clone())));
            }
            if was.is_some_and(|was| was.name() != seen.name()) {
                self.step(&files(FileEvent::Rename(path.clone(), path.clone())));
            }
            let done = match (was, seen.what) {
                (Some(_), Kind::Folder) => Ok(()),
                (Some(was), file) if was.what == file => Ok(()),
                (None, Kind::Folder) => {
                    self.step(&files(FileEvent::Folder(path.clone())));
                    if self.host.files().has_folder(&path) { Ok(()) } else { Err("a file is in its place".to_owned()) }
                }
                (_, Kind::File { .. }) => match outside::read(&seen.at) {
                    Err(error) => Err(error.to_string()),
                    Ok(bytes) => match self.step(&files(FileEvent::Put(path, bytes.into()))) {
                        hcs_machine::effect::Reply::Happened(true) => Ok(()),
                        _ => Err("there is no room for it, or a folder is in its place".to_owned()),
                    },
                },
            };
            if let Err(problem) = done {
                troubles.push(format!("mount: {} is not taken in: {problem}", seen.at.display()));
                failed.push(key.clone());
            }
        }
        for key in failed {
            // The next look tries again; what the world had before it keeps.
            match before.get(&key) {
                Some(was) => now.insert(key, was.clone()),
                None => now.remove(&key),
            };
        }
        mounted.outside = now;
        mounted.tell(self, troubles);
    }

    /// What has changed in the world is written into the directories that may be written.
    pub(crate) fn write_out(&mut self) {
        let now = match &self.mounts {
            Some(mounts) if !std::ptr::eq(&*mounts.agreed, self.host.files()) => self.host.shared_files(),
            _ => return,
        };
        let Some(mut mounts) = self.mounts.take() else { return };
        for mut mounted in std::mem::take(&mut mounts.list) {
            if now.is_untouched_since(&mounts.agreed, &mounted.place) {
                mounts.list.push(mounted);
                continue;
            }
            match (mounted.mode, now.names(&mounted.place).map(drop)) {
                (_, Err(FileFault::NotReady)) | (Mount::ReadOnly, Ok(())) => mounts.list.push(mounted),
                (_, Err(_)) => self.end_mount(&mounted),
                (Mount::ReadWrite, Ok(())) => {
                    let troubles = mounted.write(&mounts.agreed, &now);
                    mounted.tell(self, troubles);
                    mounts.list.push(mounted);
                }
            }
        }
        mounts.agreed = now;
        self.mounts = Some(mounts).filter(|mounts| !mounts.list.is_empty());
    }
}

fn files(event: FileEvent) -> Input {
    Input::World(WorldEvent::Files(event))
}

/// Whether one path is another, or below it.
fn is_within(path: &HostPath, of: &HostPath) -> bool {
    let same = |(one, other): (&String, &String)| FoldedName::of(one) == FoldedName::of(other);
    path.volume == of.volume && path.names.len() >= of.names.len() && path.names.iter().zip(&of.names).all(same)
}
