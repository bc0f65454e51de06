//! What has changed in the world, written into a mounted directory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use hcs_machine::files::path::FoldedName;
use hcs_machine::files::{Data, Files, Walked};

use super::Mounted;
use super::outside::{Kind, Seen, name, parent};

/// So many bytes are written at once.
const STRETCH: u64 = 1 << 20;

type Tree<'a> = BTreeMap<FoldedName, Walked<'a>>;

/// What is at a place of the world, by paths below it.
fn tree<'a>(files: &'a Files, place: &str) -> Tree<'a> {
    let found = files.walk(place).into_iter().flatten().filter(|found| !found.path().is_empty());
    found.map(|found| (FoldedName::of(found.path()), found)).collect()
}

impl Mounted {
    /// Writes what is not as it was before, and answers what did not go well.
    pub(super) fn write(&mut self, before: &Files, now: &Files) -> Vec<String> {
        let (before, now) = (tree(before, &self.place), tree(now, &self.place));
        let mut troubles = Vec::new();
        let mut note = |path: &Path, done: io::Result<()>| {
            if let Err(error) = done {
                troubles.push(format!("mount: {} could not be changed: {error}", path.display()));
            }
        };
        // What lies deepest goes first. Only what the world knows goes: a directory that holds more stays.
        for (key, was) in before.iter().rev() {
            let stays = now.get(key).is_some_and(|now| now.is_folder() == was.is_folder());
            if let Some(seen) = self.outside.get(key).filter(|seen| !stays && seen.is_folder() == was.is_folder()) {
                let at = seen.at.clone();
                let done = if was.is_folder() { fs::remove_dir(&at) } else { fs::remove_file(&at) };
                match done {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => note(&at, Err(error)),
                    _ => _ = self.outside.remove(key),
                }
            }
        }
        // Files of several names that are there under one of them.
        let (mut named, mut written) = (BTreeMap::new(), BTreeMap::new());
        for (key, one) in now.iter().filter(|(_, one)| one.link_count() > 1) {
            if let Some(seen) =
                self.outside.get(key).filter(|_| before.get(key).is_some_and(|was| was.file() == one.file()))
            {
                named.entry(one.file()).or_insert_with(|| seen.at.clone());
            }
        }
        for (key, one) in &now {
            let was = before.get(key).filter(|was| was.is_folder() == one.is_folder());
            if was.is_some_and(|was| name(was.path()) != name(one.path())) {
                let at = self.place_of(one.path());
                note(&at, self.rename(key, one.path()));
            }
            let at = self.place_of(one.path());
            match (was, one.data()) {
                (Some(_), None) => {}
                (None, None) => note(&at, self.make_folder(one.path())),
                (Some(was), Some(_)) if one.is_shared_with(was) => {}
                (Some(was), Some(data)) if was.data() == Some(data) => {}
                // Written already, under another of its names.
                (Some(_), Some(_)) if written.get(&one.file()).is_some_and(|what| self.is_written(key, *what)) => {}
                (_, Some(data)) => {
                    let first = named.get(&one.file()).filter(|_| was.is_none());
                    note(&at, self.put(key, one.path(), data, first));
                }
            }
            if one.link_count() > 1
                && let Some(seen) = self.outside.get(key)
            {
                written.entry(one.file()).or_insert(seen.what);
                named.entry(one.file()).or_insert_with(|| seen.at.clone());
            }
        }
        troubles
    }

    /// Where something is in the directory, or would be.
    fn place_of(&self, path: &str) -> PathBuf {
        if let Some(seen) = self.outside.get(&FoldedName::of(path)) {
            return seen.at.clone();
        }
        let mut at = match parent(path) {
            None => self.root.clone(),
            Some(folder) => match self.outside.get(&FoldedName::of(folder)) {
                Some(seen) => seen.at.clone(),
                None => self.place_of_folder(folder),
            },
        };
        at.push(name(path));
        at
    }

    /// Where a folder would be of which the directory has only some of those above it.
    fn place_of_folder(&self, folder: &str) -> PathBuf {
        let known = folder.match_indices('\\').map(|(at, _)| &folder[..at]).rev();
        let known = known.into_iter().find_map(|above| Some((above, self.outside.get(&FoldedName::of(above))?)));
        let (mut at, rest) = match known {
            Some((above, seen)) => (seen.at.clone(), &folder[above.len() + 1..]),
            None => (self.root.clone(), folder),
        };
        at.extend(rest.split('\\'));
        at
    }

    /// Whether a name is one more of a file that has just been written: then it is known as that is now.
    fn is_written(&mut self, key: &FoldedName, now: Kind) -> bool {
        let (Some(seen), Kind::File { number, .. }) = (self.outside.get_mut(key), now) else { return false };
        let same = matches!(seen.what, Kind::File { number: other, .. } if other == number && number != 0);
        if same {
            seen.what = now;
        }
        same
    }

    /// A folder is there from now on, and those above it.
    fn make_folder(&mut self, path: &str) -> io::Result<()> {
        let ends = path.match_indices('\\').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let key = FoldedName::of(&path[..end]);
            if self.outside.contains_key(&key) {
                continue;
            }
            let at = self.place_of(&path[..end]);
            match fs::create_dir(&at) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && fs::symlink_metadata(&at)?.is_dir() => {}
                done => done?,
            }
            self.outside.insert(key, Seen { path: path[..end].to_owned(), at, what: Kind::Folder });
        }
        Ok(())
    }

    /// A file has these bytes from now on, or is one more name of another.
    fn put(&mut self, key: &FoldedName, path: &str, data: &Data, first: Option<&PathBuf>) -> io::Result<()> {
        if let Some(folder) = parent(path) {
            self.make_folder(folder)?;
        }
        let at = self.place_of(path);
        let is_known = self.outside.contains_key(key);
        let done = match first {
            Some(first) if !is_known && fs::hard_link(first, &at).is_ok() => Ok(()),
            _ => write_file(&at, data, is_known),
        };
        // However it ended: what is there now is not what somebody else has made of it.
        if (is_known || done.is_ok())
            && let Some(what) = fs::symlink_metadata(&at).ok().and_then(|about| Kind::of(&about))
        {
            self.outside.insert(key.clone(), Seen { path: path.to_owned(), at, what });
        }
        done
    }

    /// A name is written with other capital letters from now on.
    fn rename(&mut self, key: &FoldedName, path: &str) -> io::Result<()> {
        let Some(seen) = self.outside.get(key).cloned() else { return Ok(()) };
        let to = seen.at.with_file_name(name(path));
        // Two names that are one for Windows may be two here, and the other may be taken.
        let is_taken = fs::symlink_metadata(&to).is_ok() && fs::canonicalize(&to)? != fs::canonicalize(&seen.at)?;
        if is_taken {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        fs::rename(&seen.at, &to)?;
        for one in self.outside.values_mut() {
            if let Ok(below) = one.at.strip_prefix(&seen.at) {
                one.at = if below.as_os_str().is_empty() { to.clone() } else { to.join(below) };
            }
        }
        if let Some(one) = self.outside.get_mut(key) {
            path.clone_into(&mut one.path);
        }
        Ok(())
    }
}

/// Writes a file: a new one, or one that is there. No link is followed, and nothing that somebody else put there is written over.
fn write_file(at: &Path, data: &Data, is_known: bool) -> io::Result<()> {
    let there = fs::symlink_metadata(at).ok();
    match there {
        Some(about) if is_known && about.is_file() => {
            write_into(OpenOptions::new().write(true).truncate(true).open(at)?, data)
        }
        Some(_) => Err(io::Error::other("something else has come to be there")),
        None => {
            let done = write_into(File::create_new(at)?, data);
            // Half a file would be taken in as a whole one.
            if done.is_err() {
                fs::remove_file(at)?;
            }
            done
        }
    }
}

fn write_into(mut file: File, data: &Data) -> io::Result<()> {
    file.set_len(data.len())?;
    for (begins, ends) in data.ranges() {
        let mut place = begins;
        while place < ends {
            let bytes = data.read(place, (ends - place).min(STRETCH) as usize);
            file.seek(SeekFrom::Start(place))?;
            file.write_all(&bytes)?;
            place += bytes.len() as u64;
        }
    }
    file.flush()
}
