//! What a call has given, held against the record's answer.

use std::time::Duration;

use hcs_record::line::When;
use hcs_record::{Recorded, Role};
use serde_json::Value;

use super::call::{self, Given, Sim};
use super::world::{MOST_MOMENTS, PATIENCE};
use super::{Replay, plan};

impl Replay<'_> {
    pub(super) fn answer(&mut self, when: When, number: u64, code: Option<u32>, gives: &[(String, Value)]) {
        let Some((export, with)) = self.plan.call(self.record, number) else { return };
        if call::is_wait(export.name) {
            self.finish_wait(when, number, export, with, gives);
        }
        let Some(given) = self.given.remove(&number) else {
            if call::is_wait(export.name) && self.waiting > 0 {
                self.differs(format!("{} did not return", export.name), "nothing".to_owned());
            }
            return;
        };
        let problem = self.compare(export, &given, code, gives);
        self.bind(export, with, &given, gives);
        if let Some(problem) = problem {
            let now = When { ms: self.world.now_ms(), thread: when.thread };
            let line = given.line(now, number, |bits| self.names.get(&bits).cloned());
            self.differs(format!("{}: {problem}", export.name), line.to_string());
        }
    }

    /// Moves time until a wait has ended.
    fn finish_wait(
        &mut self,
        when: When,
        number: u64,
        export: &'static Recorded,
        with: &[(String, Value)],
        gives: &[(String, Value)],
    ) {
        self.collect();
        let mut moments = 0;
        let limit = self.world.sim.now() + PATIENCE;
        while !self.given.contains_key(&number) && moments < MOST_MOMENTS {
            let Some(due) = self.world.sim.next_due().filter(|due| *due <= limit) else { break };
            self.world.until(when.ms, |world| world.sim.now() >= due);
            self.collect();
            moments += 1;
        }
        if !self.given.contains_key(&number) {
            // Its guest does here what it has done there.
            let data = gives.iter().find_map(|(_, value)| value.as_str());
            let whose = plan::subject(export, with).unwrap_or_default();
            let ended = match export.name {
                "HcsWaitForProcessExit" => self.end_process(whose, data),
                "HcsWaitForComputeSystemExit" => self.end_guest(whose, data),
                _ => false,
            };
            if ended {
                self.world.sim.advance(Duration::ZERO);
                self.collect();
            }
        }
    }

    /// Gives the handles that a call has made the record's names.
    fn bind(&mut self, export: &Recorded, with: &[(String, Value)], given: &Given, gives: &[(String, Value)]) {
        for (name, value) in gives {
            let Some(recorded) = value.as_str() else { continue };
            match given.get(name) {
                Some(Sim::Handle(bits)) => {
                    self.handles.insert(recorded.to_owned(), *bits);
                    self.names.insert(*bits, recorded.to_owned());
                }
                _ => continue,
            }
            let argument =
                |name: &str| with.iter().find(|(given, _)| given == name).and_then(|(_, value)| value.as_str());
            if let Some(id) = argument("id") {
                self.ids.insert(recorded.to_owned(), id.to_owned());
            }
            if export.name.ends_with("Process")
                && let Some(system) = argument("computesystem")
            {
                self.systems.insert(recorded.to_owned(), system.to_owned());
            }
        }
    }

    /// Compares an answer. Gives what differs.
    fn compare(
        &mut self,
        export: &Recorded,
        given: &Given,
        code: Option<u32>,
        gives: &[(String, Value)],
    ) -> Option<String> {
        if given.code.map(|code| code.0) != code {
            return Some("the code differs".to_owned());
        }
        // What the record does not have was not written: as good as nothing.
        let nothing = Value::Null;
        for (name, simulated) in &given.gives {
            let recorded = gives.iter().find(|(given, _)| given == name).map_or(&nothing, |(_, value)| value);
            let told = match simulated {
                Sim::Text(text) => self.masks.text(recorded, text.as_deref()),
                Sim::Number(number) if recorded.as_i64() == Some(*number) => Ok(()),
                Sim::Number(number) => Err(format!("it is {number}")),
                Sim::Id(id) => self.masks.number(recorded.as_u64(), *id),
                Sim::Handle(bits) => self.same_handle(export, recorded, *bits),
                Sim::Context(context) if recorded.as_str() == context.as_deref() => Ok(()),
                Sim::Context(_) => Err("it is another context".to_owned()),
                Sim::Information(information) => self.masks.information(recorded, information.as_ref()),
            };
            if let Err(problem) = told {
                return Some(format!("{name}: {problem}"));
            }
        }
        None
    }

    /// A handle that a call has given: one that was there is the same in both, and a new one is there in both.
    fn same_handle(&self, export: &Recorded, recorded: &Value, bits: u64) -> Result<(), String> {
        let was_there = matches!(export.returns, Role::SystemThere | Role::ProcessThere);
        match (recorded.as_str(), bits) {
            (None, 0) => Ok(()),
            (Some(name), bits) if bits != 0 => match self.handles.get(name) {
                Some(known) if was_there && *known != bits => Err("it is another handle".to_owned()),
                _ => Ok(()),
            },
            (Some(_), _) => Err("no handle came".to_owned()),
            (None, _) => Err("a handle came".to_owned()),
        }
    }
}
