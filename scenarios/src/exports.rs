//! What each Windows build exports, and libraries of the double that export no more than one build does.
//!
//! The libraries as they are built have every export: one that the build of the world lacks answers that it is not found. A
//! program that asks whether there is an export, as `GetProcAddress` and `dlsym` tell it, needs a library that lacks it.

mod trim;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hcs_rules::build::Build;
use hcs_rules::export::{Dll, EXPORTS, Export};

pub use trim::trim;

/// The libraries that the double has.
const LIBRARIES: [Dll; 4] = [Dll::Computecore, Dll::Computestorage, Dll::Vmcompute, Dll::Virtdisk];

/// The exports of a library that a build has, by name.
pub fn of(dll: Dll, build: Build) -> impl Iterator<Item = &'static Export> {
    let mut all: Vec<&Export> = EXPORTS.iter().filter(|export| export.dll == dll && export.on(build)).collect();
    all.sort_by_key(|export| export.name);
    all.into_iter()
}

/// The names that a build lacks, of those that a later one has.
pub fn lacking(build: Build) -> impl Iterator<Item = &'static str> {
    EXPORTS.iter().filter(move |export| !export.on(build)).map(|export| export.name)
}

/// Every export beside the builds that have it, as a table.
pub fn table() -> String {
    let mut out = "What each build exports. Made by `cargo run -- exports`.\n".to_owned();
    for dll in LIBRARIES {
        _ = write!(out, "\n{:<44}", dll.file());
        Build::ALL.iter().for_each(|build| _ = write!(out, " {}", build.number()));
        out.push('\n');
        let mut all: Vec<&Export> = EXPORTS.iter().filter(|export| export.dll == dll).collect();
        all.sort_by_key(|export| export.name);
        for export in all {
            let mut line = format!("{:<44}", export.name);
            Build::ALL.iter().for_each(|build| line.push_str(if export.on(*build) { " yes  " } else { " -    " }));
            _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

/// A build's exports, a name a line below the library's.
pub fn list(build: Build) -> String {
    let mut out = format!("What build {} exports.\n", build.number());
    for dll in LIBRARIES {
        _ = writeln!(out, "\n{}", dll.file());
        of(dll, build).for_each(|export| _ = writeln!(out, "{}", export.name));
    }
    out
}

/// Writes libraries into a folder, under their names, without the exports that a build lacks. Tells what each is without.
///
/// # Errors
/// A sentence about the first library that cannot be read, changed or written.
pub fn write(build: Build, libraries: &[PathBuf], into: &Path) -> Result<String, String> {
    let lacking: Vec<&str> = lacking(build).collect();
    let mut out = String::new();
    for library in libraries {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", library.display());
        let mut bytes = std::fs::read(library).map_err(|error| told(&error))?;
        let gone = trim(&mut bytes, &lacking).map_err(|error| told(&error))?;
        let name = library.file_name().ok_or_else(|| told(&"no file"))?;
        std::fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
        let to = into.join(name);
        std::fs::write(&to, bytes).map_err(|error| format!("{}: {error}", to.display()))?;
        _ = writeln!(
            out,
            "{} without {}",
            to.display(),
            if gone.is_empty() { "nothing".to_owned() } else { gone.join(" ") }
        );
    }
    Ok(out)
}
