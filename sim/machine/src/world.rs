//! World events: what happens without anybody calling.

use std::sync::Arc;

use hcs_rules::document::Root;
use hcs_rules::operation::Ending;
use hcs_rules::process::ProcessTrigger;
use hcs_rules::profile::can_show;
use hcs_rules::rule::{After, Answer};
use hcs_rules::service::Service;
use hcs_rules::system::MANAGERS_MACHINE;
use hcs_rules::vocabulary::{Facet, Kind, SystemState, Trigger};
use uuid::Uuid;

use crate::call::Made;
use crate::document::Document;
use crate::effect::Effect;
use crate::execution::folded_program;
use crate::files::By;
use crate::host::{Due, Host, Item};
use crate::id::FoldedId;
use crate::input::WorldEvent;
use crate::table::Key;
use crate::time::Time;

impl Host {
    /// The world acts. Answers whether that did anything.
    #[cold]
    pub(crate) fn world(&mut self, event: &WorldEvent, effects: &mut Vec<Effect>) -> bool {
        match event {
            WorldEvent::GuestCrash(id) => self.happen_to(Trigger::GuestCrash, id, effects),
            WorldEvent::GuestPowerOff(id) => self.happen_to(Trigger::GuestPowerOff, id, effects),
            WorldEvent::GuestReset(id) => self.happen_to(Trigger::GuestReset, id, effects),
            WorldEvent::GuestDisconnect(id) => self.happen_to(Trigger::GuestDisconnect, id, effects),
            WorldEvent::RdpModeChange(id) => self.happen_to(Trigger::RdpModeChange, id, effects),
            WorldEvent::WorkerCrash(id) => self.happen_to(Trigger::WorkerCrash, id, effects),
            WorldEvent::ManagerStarts(id) => self.manager_starts(id),
            WorldEvent::Quirk(quirk, on) => {
                let before = self.quirks;
                let shown = *on && can_show(*quirk, self.build);
                self.quirks = if shown { before.with(*quirk) } else { before.without(*quirk) };
                before != self.quirks
            }
            WorldEvent::Hypervisor(there) => std::mem::replace(&mut self.hypervisor, *there) != *there,
            WorldEvent::Endpoints(endpoints) => {
                let known = endpoints.as_ref().map(|list| list.iter().filter_map(|id| Uuid::try_parse(id).ok()));
                self.endpoints = known.map(|known| Arc::new(known.collect()));
                true
            }
            WorldEvent::SavedState(path, there) => self.set_saved_state(path, *there),
            WorldEvent::Layer(event) => self.happen_to_layers(event),
            WorldEvent::Files(event) => {
                let by = By::world(self.now);
                let happened = self.files_mut().happen(event, by);
                // A filter goes with its volume.
                let storage = self.storage_mut();
                storage.filters.retain(|volume, _| storage.files.volume(*volume).is_some());
                happened
            }
            WorldEvent::Privilege(client, privilege, enabled) => self.set_privilege(*client, *privilege, *enabled),
            WorldEvent::ProcessEnd(id, process, code) => match self.index.get(&FoldedId::of(id)) {
                Some(system) => self.end_process(system, *process, *code, effects),
                None => false,
            },
            WorldEvent::Program(name, registered) => {
                let name = folded_program(name);
                match registered {
                    Some(registered) => self.programs.insert(name, registered.clone()).as_ref() != Some(registered),
                    None => self.programs.remove(&name).is_some(),
                }
            }
            WorldEvent::ClientDeath(client) => self.client_death(*client, effects),
            WorldEvent::ServiceStop => self.service_stop(effects),
            WorldEvent::ServiceReturn => std::mem::replace(&mut self.service, Service::Running) == Service::Stopped,
        }
    }

    fn happen_to(&mut self, trigger: Trigger, id: &str, effects: &mut Vec<Effect>) -> bool {
        match self.index.get(&FoldedId::of(id)) {
            Some(system) => self.happen(trigger, system, effects),
            None => false,
        }
    }

    /// The Hyper-V manager starts a machine of its own, of which the service learns. No client has a handle of it.
    fn manager_starts(&mut self, id: &Arc<str>) -> bool {
        let known = self.index.get(&FoldedId::of(id)).and_then(|key| self.systems.get(key));
        let before = known.map_or(SystemState::Absent, |system| system.state);
        let row = self.row(Trigger::ManagerStarts, Facet::Plain, Kind::VirtualMachine, before);
        if row.after == After::MakeSystem {
            let document = Document::parse(MANAGERS_MACHINE).ok();
            debug_assert!(document.is_some(), "what is known of the manager's machines is JSON");
            let (kind, root) = (Kind::VirtualMachine, Root::ComputeSystem);
            let made = Made { id, namespace: None, kind, root, document };
            let key = self.make_system(made, None, row.becomes.unwrap_or(before));
            let now = self.now;
            if let Some(system) = self.systems.get_mut(key) {
                (system.started, system.up) = (now, now);
            }
        }
        row.answer != Answer::Nothing
    }

    /// The service goes: every system with it, in the order of creation, then the requests that belong to no system. From
    /// then on every handle is lost.
    #[cold]
    pub(crate) fn service_stop(&mut self, effects: &mut Vec<Effect>) -> bool {
        if self.service == Service::Stopped {
            return false;
        }
        let mut systems: Vec<(u64, Key)> = self.systems.iter().map(|(key, system)| (system.sequence, key)).collect();
        systems.sort_unstable();
        for (_, system) in systems {
            self.happen(Trigger::ServiceStop, system, effects);
        }
        let rest: Vec<Due> =
            self.agenda.iter().filter(|(_, item)| matches!(item, Item::Work(_))).map(|(due, _)| *due).collect();
        for due in rest {
            self.end_work(due, Ending::ServiceStop, effects);
        }
        self.signals.clear();
        let mut processes: Vec<(Time, u32, Key)> =
            self.processes.iter().map(|(key, process)| (process.began, process.id, key)).collect();
        processes.sort_unstable();
        for (_, _, process) in processes {
            self.happen_to_process(ProcessTrigger::ServiceStop, process, None, effects);
        }
        self.service = Service::Stopped;
        self.epoch += 1;
        // A system of which no handle is left has nobody to remember it.
        let forgotten: Vec<Key> =
            self.systems.iter().filter(|(_, system)| system.handles.is_empty()).map(|(key, _)| key).collect();
        for system in forgotten {
            self.happen(Trigger::LastHandleGone, system, effects);
        }
        true
    }
}
