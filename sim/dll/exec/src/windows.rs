//! A suspended process, and what is done with it.

mod child;
mod remote;
mod wide;

use std::ffi::OsString;
use std::path::Path;

use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW};

use self::child::Suspended;
use self::wide::wide;
use crate::{Libraries, Problem, Program};

/// Runs the program until it ends.
pub(crate) fn run(program: &Program, libraries: &Libraries) -> Result<u32, Problem> {
    if is_batch(&program.file) {
        return Err(Problem::Batch(program.file.clone()));
    }
    // What cannot be loaded here cannot be loaded there, and only here it is told why.
    libraries.files().try_for_each(|library| is_ours(&library))?;
    let child = Suspended::create(program)?;
    libraries.files().try_for_each(|library| child.load(&library))?;
    child.go_on()?.wait()
}

/// Whether the command processor would be started for the file.
fn is_batch(file: &OsString) -> bool {
    let name = file.to_string_lossy().to_ascii_lowercase();
    let name = name.trim_end_matches([' ', '.']);
    name.ends_with(".bat") || name.ends_with(".cmd")
}

/// Loads a library into this process, to see that it is one, of this architecture, and the double's.
fn is_ours(library: &Path) -> Result<(), Problem> {
    let path = wide(library.as_os_str())?;
    // SAFETY: the path ends with a zero, the name too; the module is loaded, and stays so, or it is NULL and not asked.
    unsafe {
        let module = LoadLibraryExW(path.as_ptr(), core::ptr::null_mut(), LOAD_WITH_ALTERED_SEARCH_PATH);
        if module.is_null() {
            return Err(Problem::Unusable(library.to_owned(), std::io::Error::last_os_error()));
        }
        match GetProcAddress(module, c"HcsSimIsSimulated".as_ptr().cast()) {
            Some(_) => Ok(()),
            None => Err(Problem::NotOurs(library.to_owned())),
        }
    }
}
