//! The Windows host that this program stands on, as a target. Its world cannot be acted on, and nothing can be kept from
//! ending; cases that need it are skipped and say so.

use hcs_api::{Hcs, Windows};
use hcs_conformance::target::{Capabilities, Session, Target};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::Call;

/// This host.
pub(crate) struct Host {
    dll: Windows,
    build: Build,
}

impl Host {
    /// Loads the real DLL.
    pub(crate) fn load() -> Result<Host, String> {
        let dll = Windows::load().map_err(|error| format!("computecore.dll cannot be loaded: {error}"))?;
        let build = dll.build().ok_or("this host's build is not one that is described; the rows do not speak of it")?;
        Ok(Host { dll, build })
    }
}

impl Target for Host {
    fn name(&self) -> String {
        "Windows".to_owned()
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

    fn guest_crash(&self, _id: &str) -> bool {
        false
    }

    fn guest_power_off(&self, _id: &str) -> bool {
        false
    }

    fn service_stop(&self) -> bool {
        false
    }

    /// Callbacks come on the service's own time; what is due has come within this.
    fn drain(&self) {
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
}
