//! The double as a target.

use std::time::Duration;

use hcs_api::Hcs;
use hcs_conformance::target::{Capabilities, Session, Target};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::{Call, Trigger};
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

    fn delay_next(&self, call: Call) {
        self.simulator.fault(on(call).nth(1).delay(Duration::from_secs(60)));
    }

    fn guest_hangs_next(&self, call: Call) {
        self.simulator.fault(on(call).nth(1).guest_hangs());
    }

    fn world(&self, on: Trigger, id: &str) -> bool {
        match on {
            Trigger::GuestCrash => self.simulator.guest_crash(id),
            Trigger::GuestPowerOff => self.simulator.guest_power_off(id),
            Trigger::GuestReset => self.simulator.guest_reset(id),
            Trigger::GuestDisconnect => self.simulator.guest_disconnect(id),
            Trigger::RdpModeChange => self.simulator.rdp_mode_change(id),
            Trigger::WorkerCrash => self.simulator.worker_crash(id),
            Trigger::ServiceStop => self.simulator.service_stop(),
            _ => false,
        }
    }

    fn settle(&self) {
        self.simulator.settle();
    }

    fn drain(&self) {
        self.simulator.drain();
    }
}
