//! What a directory of the real host holds, as far as Windows could hold it.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hcs_machine::files::path::{FoldedName, HostPath};
use hcs_rules::file::LONG_PATH_LIMIT;

use super::{LARGEST_FILE, MOST_BYTES, MOST_FILES, MountError};

/// What a directory holds, by paths as Windows compares them: each directory before what is in it.
pub(super) type Listing = BTreeMap<FoldedName, Seen>;

/// One file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its path below the mounted directory, as Windows writes it.
    pub(super) path: String,
    /// Where it really is.
    pub(super) at: PathBuf,
    pub(super) what: Kind,
}

/// What it is, and what tells whether it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File {
        length: u64,
        written: Option<SystemTime>,
        /// Another file in its place has another number, where the host has such.
        number: u64,
    },
}

impl Seen {
    pub(super) fn is_folder(&self) -> bool {
        self.what == Kind::Folder
    }

    /// Whether what has come in its place is another file.
    pub(super) fn is_replaced_by(&self, other: &Seen) -> bool {
        match (self.what, other.what) {
            (Kind::File { number, .. }, Kind::File { number: other, .. }) => number != other,
            _ => false,
        }
    }

    /// The last name of its path.
    pub(super) fn name(&self) -> &str {
        name(&self.path)
    }
}

impl Kind {
    /// `None` for what is neither file nor directory. Links are not followed to ask.
    pub(super) fn of(about: &Metadata) -> Option<Kind> {
        if about.is_dir() {
            return Some(Kind::Folder);
        }
        let (length, written, number) = (about.len(), about.modified().ok(), number(about));
        about.is_file().then_some(Kind::File { length, written, number })
    }
}

#[cfg(unix)]
fn number(about: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

/// The folder that a path leads through last.
pub(super) fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('\\').map(|(parent, _)| parent)
}

/// The last name of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit_once('\\').map_or(path, |(_, name)| name)
}

/// The path of something in a folder.
fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!(r"{folder}\{name}") }
}

/// Looks through a directory. `known` is what it held before: of two names that are one for Windows the known one stays, and what
/// cannot be looked at now is taken to be as it was.
pub(super) fn list(root: &Path, known: &Listing, troubles: &mut Vec<String>) -> Result<Listing, MountError> {
    let mut listing = Listing::new();
    let mut bytes = 0_u64;
    let mut waiting = vec![(root.to_owned(), String::new())];
    while let Some((folder, below)) = waiting.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) if below.is_empty() => return Err(MountError::Host(folder, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                troubles.push(format!("mount: {} cannot be read: {error}", folder.display()));
                let prefix = FoldedName::of(&join(&below, ""));
                let above = |path: &str| path.match_indices('\\').any(|(at, _)| FoldedName::of(&path[..=at]) == prefix);
                let kept = known.iter().filter(|(_, seen)| above(&seen.path));
                listing.extend(kept.map(|(key, seen)| (key.clone(), seen.clone())));
                continue;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut here = Listing::new();
        for entry in entries {
            let at = entry.path();
            let mut pass_over = |why: String| troubles.push(format!("mount: {} is passed over: {why}", at.display()));
            let Some(name) = windows_name(&entry.file_name()) else {
                pass_over("Windows takes no such name".to_owned());
                continue;
            };
            let path = join(&below, &name);
            let what = match entry.metadata() {
                Ok(about) => Kind::of(&about),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    pass_over(error.to_string());
                    continue;
                }
            };
            let Some(what) = what else {
                pass_over("it is neither a file nor a directory".to_owned());
                continue;
            };
            if path.len() > LONG_PATH_LIMIT / 2 {
                pass_over("it lies too deep".to_owned());
                continue;
            }
            let key = FoldedName::of(&path);
            let is_known = |seen: &Seen| known.get(&key).is_some_and(|known| known.at == seen.at);
            let seen = Seen { path, at: at.clone(), what };
            if let Some(other) = here.get(&key) {
                let (stays, goes) = if is_known(&seen) { (&seen, other) } else { (other, &seen) };
                let (stays_at, goes_at) = (stays.at.display(), goes.at.display());
                troubles.push(format!("mount: {goes_at} is passed over: for Windows {stays_at} has the same name"));
                if !is_known(&seen) {
                    continue;
                }
            }
            here.insert(key, seen);
            if listing.len() + here.len() > MOST_FILES {
                return Err(MountError::TooMany(root.to_owned()));
            }
        }
        for (key, seen) in here {
            let before = known.get(&key);
            match seen.what {
                Kind::Folder => waiting.push((seen.at.clone(), seen.path.clone())),
                what if before.is_some_and(|before| before.what == what) => {}
                Kind::File { length, .. } if length > LARGEST_FILE => {
                    let at = seen.at.display();
                    troubles.push(format!("mount: {at} is passed over: it has more than {LARGEST_FILE} bytes"));
                    // A world that knows it as it was goes on with that.
                    if let Some(before) = before.filter(|before| !before.is_folder()) {
                        listing.insert(key, before.clone());
                    }
                    continue;
                }
                Kind::File { length, .. } => bytes = bytes.saturating_add(length),
            }
            listing.insert(key, seen);
        }
        if bytes > MOST_BYTES {
            return Err(MountError::TooLarge(root.to_owned()));
        }
    }
    Ok(listing)
}

/// A name as Windows has it, if it takes it as it is.
fn windows_name(name: &std::ffi::OsStr) -> Option<String> {
    let name = name.to_str()?;
    let path = HostPath::parse(&format!(r"C:\{name}")).ok()?;
    (path.names.len() == 1 && path.names[0] == name && !path.trailing).then(|| name.to_owned())
}

/// The bytes of a file.
pub(super) fn read(at: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(at)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(io::Error::other(format!("it has more than {LARGEST_FILE} bytes")));
    }
    Ok(bytes)
}
