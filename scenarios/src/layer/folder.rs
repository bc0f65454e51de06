//! Trees of files between this machine and a simulated one. What this machine's files cannot have is lost: of the times those of
//! making and changing, off Windows.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hcs_machine::files::{Data, Meta, Staged, Times, What};
use hcs_rules::file::attribute;

/// In a second; from 1601 to 1970, in seconds.
const TENTHS: u64 = 10_000_000;
const EPOCH: u64 = 11_644_473_600;
/// No folder of a layer lies deeper.
const DEPTH: usize = 500;

/// Reads a folder and what is in it. Links and devices are refused; names of one file stay that.
pub(super) fn read(root: &Path) -> io::Result<Vec<Staged>> {
    let mut tree = Vec::new();
    let mut first: BTreeMap<(u64, u64), Arc<str>> = BTreeMap::new();
    let mut waiting = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, path, depth)) = waiting.pop() {
        let mut entries: Vec<_> = fs::read_dir(&folder)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().into_string().map_err(|_| io::Error::other("a name is no text"))?;
            let below: Arc<str> = if path.is_empty() { name.into() } else { format!(r"{path}\{name}").into() };
            let about = entry.metadata()?;
            let attributes = if about.is_dir() { attribute::FOLDER } else { attribute::ARCHIVE };
            let meta = Meta { attributes, times: times(&about), ..Meta::default() };
            let what = if about.is_dir() {
                if depth == DEPTH {
                    return Err(io::Error::other("folders lie too deep"));
                }
                waiting.push((entry.path(), below.to_string(), depth + 1));
                What::Folder(meta)
            } else if !about.is_file() {
                return Err(io::Error::other(format!("{below} is neither a file nor a folder")));
            } else if let Some(file) = identity(&about).and_then(|of| first.get(&of)) {
                What::Link(file.clone())
            } else {
                first.extend(identity(&about).map(|of| (of, below.clone())));
                What::File(bytes(&entry.path())?, meta)
            };
            tree.push(Staged { path: below, what });
        }
    }
    Ok(tree)
}

fn bytes(path: &Path) -> io::Result<Data> {
    let mut file = File::open(path)?;
    let mut data = Data::default();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(data),
            count => data.write(data.len(), &piece[..count]),
        }
    }
}

/// What tells a file that has several names from others.
#[cfg(unix)]
fn identity(about: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    (about.nlink() > 1).then(|| (about.dev(), about.ino()))
}

/// Nothing that is known without asking for more.
#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

fn times(about: &fs::Metadata) -> Times {
    let written = about.modified().map_or(0, file_time);
    let of = |time: io::Result<SystemTime>| time.map_or(written, file_time);
    Times { created: written, accessed: of(about.accessed()), written, changed: written }
}

fn file_time(time: SystemTime) -> u64 {
    let tenths =
        |since: Duration| since.as_secs().saturating_mul(TENTHS).saturating_add(since.subsec_nanos() as u64 / 100);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => tenths(since).saturating_add(EPOCH * TENTHS),
        Err(before) => (EPOCH * TENTHS).saturating_sub(tenths(before.duration())),
    }
}

fn system_time(time: u64) -> Option<SystemTime> {
    let since = |tenths: u64| Duration::new(tenths / TENTHS, (tenths % TENTHS) as u32 * 100);
    match time.checked_sub(EPOCH * TENTHS) {
        Some(after) => SystemTime::UNIX_EPOCH.checked_add(since(after)),
        None => SystemTime::UNIX_EPOCH.checked_sub(since(EPOCH * TENTHS - time)),
    }
}

/// Writes a tree into a folder that is not there yet.
pub(super) fn write(root: &Path, tree: &[Staged]) -> io::Result<()> {
    fs::create_dir(root)?;
    let path = |below: &str| below.split('\\').fold(root.to_owned(), |path, name| path.join(name));
    for staged in tree {
        match &staged.what {
            What::Folder(_) => fs::create_dir(path(&staged.path))?,
            What::File(data, meta) => {
                let mut file = File::create_new(path(&staged.path))?;
                let mut at = 0;
                while at < data.len() {
                    let piece = data.read(at, 1 << 16);
                    file.write_all(&piece)?;
                    at += piece.len() as u64;
                }
                set_times(&file, meta.times)?;
            }
            What::Link(_) => {}
        }
    }
    for staged in tree {
        if let What::Link(file) = &staged.what {
            fs::hard_link(path(file), path(&staged.path))?;
        }
    }
    Ok(())
}

/// Those that the machine lets a program set. A time that it cannot hold stays as it is.
fn set_times(file: &File, times: Times) -> io::Result<()> {
    let mut set = FileTimes::new();
    if let Some(written) = system_time(times.written) {
        set = set.set_modified(written);
    }
    if let Some(accessed) = system_time(times.accessed) {
        set = set.set_accessed(accessed);
    }
    file.set_times(set)
}
