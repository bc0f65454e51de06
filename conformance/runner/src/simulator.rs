//! The double as a target.

use std::time::Duration;

use hcs_api::Hcs;
use hcs_conformance::target::{Capabilities, Files, Host, Session, Target, Trouble};
use hcs_rules::build::Build;
use hcs_rules::file::FileSystem;
use hcs_rules::profile::{QUIRKS, Quirk};
use hcs_rules::vocabulary::{Call, Trigger};
use hcs_sim::director::Director;
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
        Capabilities { hang: true, world_events: true, files: true, layers: true }
    }

    fn session(&self) -> Box<dyn Session> {
        let simulator = Simulator::builder().on(self.0).start();
        let client = simulator.client("conformance");
        simulator.put_folder(FOLDER);
        Box::new(World { simulator, client })
    }
}

/// Where the cases put their files.
const FOLDER: &str = r"C:\conformance";

impl Files for World {
    fn folder(&self) -> String {
        FOLDER.to_owned()
    }

    fn put_folder(&self, path: &str) {
        self.simulator.put_folder(path);
    }

    fn put_file(&self, path: &str, bytes: &[u8]) {
        self.simulator.put_file(path, bytes);
    }

    fn remove(&self, path: &str) {
        self.simulator.remove_file(path);
    }

    fn has(&self, path: &str) -> bool {
        !self.simulator.tree(path).is_empty() || self.simulator.file(path).is_some()
    }

    fn put_layer(&self, path: &str) {
        Director::new(self.simulator.clone()).run(&format!("layer {path} base")).expect("the words are known");
    }
}

impl Session for World {
    fn hcs(&self) -> &dyn Hcs {
        &self.client
    }

    fn host(&self) -> &dyn Host {
        &self.client
    }

    fn files(&self) -> &dyn Files {
        self
    }

    fn trouble(&self, trouble: Trouble<'_>) -> bool {
        let sim = &self.simulator;
        match trouble {
            Trouble::TornImport => sim.tear_import(1),
            Trouble::FilterCollision => sim.set_filter_collision(true),
            Trouble::BusyFilter(volume) => sim.keep_filter(volume, 1),
            Trouble::InUse(path) => sim.lock_file(path, true),
            Trouble::Denied(path) => sim.deny_file(path, true),
            Trouble::ReadOnly(path) => sim.set_file_read_only(path, true),
            Trouble::NoRoom => sim.set_volume_room('C', 0) && sim.fill_volume_at_write('C', 1),
            Trouble::NotReady => sim.set_volume_ready('C', false),
            Trouble::VolumeReadOnly => sim.set_volume_read_only('C', true),
            Trouble::LayersStay => {
                let quirk = Quirk::DestroyKeepsLayer;
                let row = QUIRKS.iter().find(|row| row.quirk == quirk);
                row.is_some_and(|row| row.builds.contains(sim.build())) && sim.set_quirk(quirk, true)
            }
        }
    }

    fn volume(&self, is_formatted: bool) -> String {
        self.simulator.set_volume('D', true);
        if !is_formatted {
            self.simulator.format_volume('D', FileSystem::Raw);
        }
        "D:\\".to_owned()
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
            Trigger::ManagerStarts => self.simulator.manager_starts(id),
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
