//! A program with the folder first where the loader of shared libraries looks: one that is linked to a library of the double, or
//! loads it by its name alone, gets it. Programs that it starts have that environment too.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::{Libraries, Problem, Program};

/// Where the loader looks first, unless a program itself names places.
#[cfg(target_os = "macos")]
const PLACES: &str = "DYLD_LIBRARY_PATH";
#[cfg(not(target_os = "macos"))]
const PLACES: &str = "LD_LIBRARY_PATH";

/// Puts the program in the place of this process. That it returns is the problem.
pub(crate) fn run(program: &Program, libraries: &Libraries) -> Problem {
    let places = places(libraries.folder().as_os_str(), std::env::var_os(PLACES));
    let variables = program.variables.iter().map(|(name, value)| (name, value));
    let error = Command::new(&program.file).args(&program.arguments).env(PLACES, places).envs(variables).exec();
    Problem::NotStarted(program.file.clone(), error)
}

/// The folder before the places that are named already. An empty place would mean the current folder.
fn places(folder: &OsStr, named: Option<OsString>) -> OsString {
    let mut places = folder.to_owned();
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        places.push(":");
        places.push(named);
    }
    places
}
