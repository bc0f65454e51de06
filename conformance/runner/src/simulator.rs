//! The double as a target.

use hcs_api::Hcs;
use hcs_conformance::target::{Capabilities, Session, Target};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::Call;
use hcs_sim::{Client, Simulator, on};

/// The double of one build.
#[derive(Clone, Copy, Debug)]
pub struct Double(pub Build);

struct World {
    simulator: Simulator,
    client: Client,
}

impl Target for Double {
    fn name(&self) -> String {
        "the double of".to_owned()
    }

    fn build(&self) -> Build {
        self.0
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { hang: true, world_events: true }
    }

    fn session(&self) -> Box<dyn Session> {
        let simulator = Simulator::builder().on(self.0).start();
        let client = simulator.client("conformance");
        Box::new(World { simulator, client })
    }
}

impl Session for World {
    fn hcs(&self) -> &dyn Hcs {
        &self.client
    }

    fn hang_next(&self, call: Call) {
        self.simulator.fault(on(call).nth(1).hang());
    }

    fn guest_crash(&self, id: &str) -> bool {
        self.simulator.guest_crash(id)
    }

    fn guest_power_off(&self, id: &str) -> bool {
        self.simulator.guest_power_off(id)
    }

    fn service_stop(&self) -> bool {
        self.simulator.service_stop()
    }

    fn drain(&self) {
        self.simulator.drain();
    }
}
