//! The Windows host that this program stands on, as a target. Its world cannot be acted on, and nothing can be kept from
//! ending; cases that need it are skipped and say so.

use std::path::Path;

use hcs_api::{Hcs, Windows};
use hcs_conformance::target::{Capabilities, Session, Target};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::{Call, Trigger};

/// This host.
#[derive(Debug)]
pub struct Host {
    name: &'static str,
    dll: Windows,
    build: Build,
}

impl Host {
    /// Loads the host's own DLL, or another; what is believed of it is what is believed of this build, or of the host's.
    ///
    /// # Errors
    /// What the loader says, or that nothing is believed of this host's build.
    pub fn load(path: Option<&Path>, build: Option<Build>) -> Result<Host, String> {
        let name = if path.is_some() { "the DLL given, as" } else { "Windows" };
        let dll = path.map_or_else(Windows::load, Windows::load_from);
        let dll = dll.map_err(|error| format!("the DLL cannot be loaded: {error}"))?;
        let build = build.or_else(|| dll.build());
        let build = build
            .ok_or("this host's build is none that is described; say with --build what it is to be held against")?;
        Ok(Host { name, dll, build })
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
        Capabilities { hang: false, world_events: false }
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(HostSession(self.dll.clone()))
    }
}

struct HostSession(Windows);

impl Session for HostSession {
    fn hcs(&self) -> &dyn Hcs {
        &self.0
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
