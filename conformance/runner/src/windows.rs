//! The Windows host that this program stands on, as a target. Its world cannot be acted on, and nothing can be kept from
//! ending; cases that need it are skipped and say so. So are those that need files, unless a folder is given for them.

use std::fs;
use std::path::{Path, PathBuf};

use hcs_api::{Hcs, Windows};
use hcs_conformance::target::{self, Capabilities, Files, Session, Target, Trouble};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::{Call, Trigger};

/// This host.
#[derive(Debug)]
pub struct Host {
    name: &'static str,
    dll: Windows,
    build: Build,
    means: Means,
}

/// What the cases may use of the host.
#[derive(Clone, Debug, Default)]
pub struct Means {
    /// A folder that they may fill, and empty again. The program must run as an administrator then.
    pub folder: Option<PathBuf>,
    /// A base layer in transport form, to copy from.
    pub layer: Option<PathBuf>,
}

impl Host {
    /// Loads the host's own DLL, or another; what is believed of it is what is believed of this build, or of the host's.
    ///
    /// # Errors
    /// What the loader says, or that nothing is believed of this host's build.
    pub fn load(path: Option<&Path>, build: Option<Build>, means: Means) -> Result<Host, String> {
        let name = if path.is_some() { "the DLL given, as" } else { "Windows" };
        let dll = path.map_or_else(Windows::load, Windows::load_from);
        let dll = dll.map_err(|error| format!("the DLL cannot be loaded: {error}"))?;
        let build = build.or_else(|| dll.build());
        let build = build
            .ok_or("this host's build is none that is described; say with --build what it is to be held against")?;
        Ok(Host { name, dll, build, means })
    }
}

impl Target for Host {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn build(&self) -> Build {
        self.build
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            hang: false,
            world_events: false,
            files: self.means.folder.is_some(),
            layers: self.means.layer.is_some(),
        }
    }

    fn session(&self) -> Box<dyn Session> {
        let session = HostSession { dll: self.dll.clone(), means: self.means.clone() };
        if self.means.folder.is_some() {
            session.put_folder(&session.folder());
        }
        Box::new(session)
    }
}

struct HostSession {
    dll: Windows,
    means: Means,
}

impl Files for HostSession {
    fn folder(&self) -> String {
        self.means.folder.as_ref().map(|folder| folder.join("case").display().to_string()).unwrap_or_default()
    }

    fn put_folder(&self, path: &str) {
        _ = fs::create_dir_all(path);
    }

    fn put_file(&self, path: &str, bytes: &[u8]) {
        if let Some(above) = Path::new(path).parent() {
            _ = fs::create_dir_all(above);
        }
        _ = fs::write(path, bytes);
    }

    fn remove(&self, path: &str) {
        _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    }

    fn has(&self, path: &str) -> bool {
        Path::new(path).exists()
    }

    fn put_layer(&self, path: &str) {
        if let Some(layer) = &self.means.layer {
            copy_tree(layer, Path::new(path));
        }
    }
}

/// Copies a folder and what is in it, as far as it goes: what is not there is missed by the case.
fn copy_tree(from: &Path, to: &Path) {
    _ = fs::create_dir_all(to);
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy_tree(&from, &to) } else { _ = fs::copy(from, to) }
    }
}

impl Session for HostSession {
    fn hcs(&self) -> &dyn Hcs {
        &self.dll
    }

    fn host(&self) -> &dyn target::Host {
        &self.dll
    }

    fn files(&self) -> &dyn Files {
        self
    }

    fn trouble(&self, _trouble: Trouble<'_>) -> bool {
        false
    }

    fn volume(&self, _is_formatted: bool) -> String {
        String::new()
    }

    fn hang_next(&self, _call: Call) {}

    fn delay_next(&self, _call: Call) {}

    fn guest_hangs_next(&self, _call: Call) {}

    fn world(&self, _on: Trigger, _id: &str) -> bool {
        false
    }

    /// A guest goes down within this.
    fn settle(&self) {
        std::thread::sleep(std::time::Duration::from_secs(30));
    }

    /// Callbacks come on the service's own time; what is due has come within this.
    fn drain(&self) {
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
}
