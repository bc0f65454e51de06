//! Which libraries there are, and where.

use std::io;
use std::path::{Path, PathBuf};

use crate::Problem;

/// The names without what a system puts around them. The others find their functions in the first: it is loaded first.
const NAMES: [&str; 4] = ["computecore", "computestorage", "virtdisk", "vmcompute"];

/// The double's libraries, in one folder.
#[derive(Clone, Debug)]
pub struct Libraries {
    folder: PathBuf,
}

impl Libraries {
    /// Those in a folder.
    ///
    /// # Errors
    /// The folder's path says nothing.
    pub fn of_folder(folder: &Path) -> io::Result<Libraries> {
        Ok(Libraries { folder: std::path::absolute(folder)? })
    }

    /// Those beside this program.
    ///
    /// # Errors
    /// The system does not say where this program is.
    pub fn beside_this_program() -> io::Result<Libraries> {
        let program = std::env::current_exe()?;
        Libraries::of_folder(program.parent().unwrap_or(Path::new(".")))
    }

    /// The folder, by its full path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files, computecore's first.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
        NAMES.iter().map(|name| self.folder.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")))
    }

    /// Whether every file is there that a program could take another for. Off Windows nothing else has these names, and
    /// computecore's is enough for most programs.
    pub(crate) fn are_there(&self) -> Result<(), Problem> {
        let needed = if cfg!(windows) { NAMES.len() } else { 1 };
        let missing = self.files().take(needed).find(|file| !file.is_file());
        missing.map_or(Ok(()), |file| Err(Problem::Missing(file)))
    }
}
