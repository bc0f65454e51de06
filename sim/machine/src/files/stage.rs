//! A tree of files that is put somewhere at once: folders, files with everything that they have, names of one file.

use std::sync::Arc;

use super::path::HostPath;
use super::{By, Data, Files, Found, Meta};

/// One file or folder of a tree that is put somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Its path below the place where the tree is put: of the place itself, an empty one.
    pub path: Arc<str>,
    /// What it is.
    pub what: What,
}

/// What a file or folder of such a tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A folder. One that is there already takes what is said of it.
    Folder(Meta),
    /// A file with these bytes.
    File(Data, Meta),
    /// One more name of a file of the tree, which has this path.
    Link(Arc<str>),
}

impl Files {
    /// Puts a tree somewhere: folders before what is in them, links after their files. What is said of folders is made so at the
    /// end, as what is put into them changes their times.
    ///
    /// # Errors
    /// What stands in the way of the first that cannot be put. Those before it are there then.
    pub fn stage(&mut self, place: &str, tree: &[Staged], by: By) -> Found<()> {
        let place = HostPath::parse(place)?;
        self.make_folders_of(&place, by)?;
        let path = |below: &str| below_of(&place, below);
        for staged in tree {
            let path = path(&staged.path);
            match &staged.what {
                What::Folder(_) if self.has_folder(&path) => {}
                What::Folder(_) => self.make_folder(&path, by)?,
                What::File(data, meta) => {
                    self.make_file(&path, data.clone(), by)?;
                    self.set_meta(&path, meta.clone(), by)?;
                }
                What::Link(_) => {}
            }
        }
        for staged in tree {
            if let What::Link(file) = &staged.what {
                let file = path(file);
                let meta = self.meta(&file)?;
                self.link(&file, &path(&staged.path), by)?;
                // A name more changes the file's times, which are those of the tree.
                self.set_times(&file, meta.times, by)?;
            }
        }
        for staged in tree.iter().rev() {
            if let What::Folder(meta) = &staged.what {
                self.set_meta(&path(&staged.path), meta.clone(), by)?;
            }
        }
        Ok(())
    }
}

/// A path below another, however long it is.
pub(crate) fn below(place: &str, below: &str) -> Found<String> {
    Ok(below_of(&HostPath::parse(place)?, below))
}

fn below_of(place: &HostPath, below: &str) -> String {
    let shown = HostPath { trailing: false, ..place.clone() }.to_string();
    let shown = if shown.starts_with('\\') { shown } else { format!(r"\\?\{shown}") };
    match below {
        "" => shown,
        below => format!("{}\\{below}", shown.trim_end_matches('\\')),
    }
}
