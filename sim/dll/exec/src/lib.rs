//! Starts a program of somebody else's with the double's libraries, without a change to the program or to the system's folders.
//!
//! On Windows the program is created suspended. The four DLLs are loaded into it by their full paths, each by a thread that begins in
//! `LoadLibraryW`, before the program's first instruction; then it goes on. Whoever asks for `computecore.dll` by its name alone then
//! gets the module of that name which is loaded already, whatever folders it allows: the page of `LoadLibraryEx` says that folders are
//! searched, by its flags, only when no module of that name is loaded, and that among several the one is given that was loaded
//! first. Seen under Wine, also with `LOAD_LIBRARY_SEARCH_SYSTEM32`, as Go's programs ask; on a real Windows host nobody has seen
//! it yet.
//!
//! Not served: a program that is linked to the library, which its loader looks for before anything else, so that ours must stand
//! beside it; and one that asks by a full path, `C:\Windows\System32\computecore.dll`.
//!
//! Programs that this program starts have the environment, as ever, and nothing else of this: no libraries.
//!
//! Elsewhere the folder is put first where the loader of shared libraries looks, and the program takes the place of this process.
//!
//! | file | what is there |
//! |---|---|
//! | `libraries` | which libraries there are, and where |
//! | `command_line` | arguments as one line, as programs of Windows take it |
//! | `windows` | a suspended process, and what is done with it |
//! | `unix` | the same for shared libraries |

#![cfg_attr(windows, expect(unsafe_code, reason = "processes are made and changed through C functions"))]

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;

#[cfg(any(windows, test))]
mod command_line;
mod libraries;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use libraries::Libraries;

/// A program to start.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Its file: a path, or a name that is looked for as the system does.
    pub file: OsString,
    /// What it is given, without its own name.
    pub arguments: Vec<OsString>,
    /// What its environment has beside this process's, or instead.
    pub variables: Vec<(OsString, OsString)>,
}

impl Program {
    /// Runs the program with the libraries until it ends: its exit code. Off Windows it takes the place of this process, so
    /// that this returns only when it could not.
    ///
    /// # Errors
    /// The first step that failed. The program has then not run at all, and nothing of it is left.
    pub fn run(&self, libraries: &Libraries) -> Result<u32, Problem> {
        libraries.are_there()?;
        #[cfg(windows)]
        return windows::run(self, libraries);
        #[cfg(unix)]
        return Err(unix::run(self, libraries));
    }
}

/// Why a program did not run with the libraries.
#[derive(Debug)]
pub enum Problem {
    /// A library is not where it should be.
    Missing(PathBuf),
    /// A file is there that cannot be loaded as a library.
    Unusable(PathBuf, io::Error),
    /// A library is there, and it is not the double's.
    NotOurs(PathBuf),
    /// An argument or a variable cannot be given to a program.
    Argument(OsString),
    /// A batch file, whose programs would be without the libraries.
    Batch(OsString),
    /// There is no such program, or it cannot be started.
    NotStarted(OsString, io::Error),
    /// The program is of another architecture than the libraries.
    OtherArchitecture(OsString),
    /// The program ended, with this code, before its first instruction.
    EndedEarly(OsString, u32),
    /// The library could not be loaded into the program: what failed, and how.
    NotLoaded(PathBuf, &'static str, io::Error),
    /// The program has a library of that name already.
    Taken(PathBuf, PathBuf),
    /// The program could not go on, or be waited for.
    Lost(OsString, io::Error),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Missing(library) => write!(f, "there is no {}", library.display()),
            Problem::Unusable(library, error) => {
                write!(f, "{} cannot be loaded, it is damaged or of another architecture: {error}", library.display())
            }
            Problem::NotOurs(library) => write!(f, "{} is not the simulator's", library.display()),
            Problem::Argument(text) => write!(f, "{} cannot be given to a program", text.display()),
            Problem::Batch(file) => write!(
                f,
                "{} is a batch file, and the programs that it starts would have no libraries: name one of those",
                file.display()
            ),
            Problem::NotStarted(file, error) => write!(f, "{}: {error}", file.display()),
            Problem::OtherArchitecture(file) => {
                write!(f, "{} is of another architecture than the simulator's libraries", file.display())
            }
            Problem::EndedEarly(file, code) => write!(
                f,
                "{} ended with {code:#010x} before its first instruction: a library that it is linked to may be missing, and those \
                 of the simulator must stand beside a program that is linked to them",
                file.display()
            ),
            Problem::NotLoaded(library, what, error) => {
                write!(f, "{} was not loaded into the program, {what}: {error}", library.display())
            }
            Problem::Taken(library, by) => write!(
                f,
                "the program is linked to {}, which comes before {}: put the simulator's libraries beside the program",
                by.display(),
                library.display()
            ),
            Problem::Lost(file, error) => write!(f, "{} did not go on: {error}", file.display()),
        }
    }
}

impl std::error::Error for Problem {}
