//! Requests that are done: what they end with, and what they leave behind.

use std::sync::Arc;

use hcs_rules::answer::Form;
use hcs_rules::constraint;
use hcs_rules::container::Moment;
use hcs_rules::document::Root;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{After, Answer, Row};
use hcs_rules::vocabulary::{Facet, Kind, OperationType, SystemState, Trigger};

use crate::answer;
use crate::configuration::{Filter, present};
use crate::disk::Hold;
use crate::document::Node;
use crate::effect::Effect;
use crate::host::{Host, Item};
use crate::operation::Work;
use crate::system::{Connection, System};
use crate::table::Key;
use crate::time::Time;

impl Host {
    /// A request completes as its row says.
    pub(crate) fn complete_by_rule(&mut self, work: Work, effects: &mut Vec<Effect>) {
        if let (Some(on), None) = (&work.on_process, work.system) {
            let (code, document, row) = self.complete_on_process(on, work.document.as_ref(), effects);
            self.finish(&work, code, document, effects);
            if let Some(row) = row {
                self.announce_process(row, on.process, effects);
            }
            return;
        }
        let trigger = work.kind.completion().unwrap_or_else(|| unreachable!("a request without a type was started"));
        let (kind, state, facet) = match work.system {
            None => (Kind::VirtualMachine, SystemState::Absent, Facet::Plain),
            Some(key) => match self.systems.get(key) {
                Some(system) => (system.kind, system.state, system.facet(trigger)),
                None => return,
            },
        };
        let mut holds = Vec::new();
        let stands_against = match (trigger, work.system, &work.on_process) {
            (Trigger::CreateDone | Trigger::StartDone, Some(key), _) => {
                let broken = self.broken_constraint(key, work.kind);
                let starts = trigger == Trigger::StartDone;
                let broken = broken.or_else(|| if starts { self.restore_trouble(key) } else { None });
                let disks = || if starts { self.disks_to_open(key).map(|found| holds = found).err() } else { None };
                let moment = if starts { Moment::Start } else { Moment::Create };
                let storage = || self.storage_refusal(key, moment);
                broken.map(constraint::row).map(|row| (row.code, row.form)).or_else(disks).or_else(storage)
            }
            (Trigger::SaveDone, ..) => {
                let path = save_path(&work);
                path.and_then(|path| self.save_refusal(path)).map(constraint::row).map(|row| (row.code, row.form))
            }
            (Trigger::CreateProcessDone, _, Some(on)) => self.launch_refusal(on.process),
            _ => None,
        };
        let facet = match (trigger, &work.document) {
            _ if stands_against.is_some() => Facet::Unservable,
            (Trigger::SaveDone, Some(options)) => {
                let template = present(options.root(), "SaveType").and_then(Node::as_str) == Some("AsTemplate");
                if template { Facet::AsTemplate } else { Facet::ToFile }
            }
            _ => facet,
        };
        let row = self.row(trigger, facet, kind, state);
        if let Some(key) = work.system {
            self.settle(row, key, effects);
        }
        let (code, document) = self.completed(&work, row, stands_against);
        if let Some(key) = work.system {
            self.after_completion(&work, row, key, holds);
            if let (Trigger::CreateProcessDone, Some(on)) = (trigger, &work.on_process) {
                self.process_is_made(on.process, row.after, work.document.as_ref(), effects);
            }
            if trigger == Trigger::CreateDone && stands_against.is_none() {
                self.link_origin(key);
            }
        }
        self.finish(&work, code, document, effects);
        if let Some(key) = work.system {
            self.announce(row, key, None, effects);
            self.forget_unheld_system(key, effects);
        }
    }

    /// Whether the service does not survive what this request asks of it: a quirk.
    pub(crate) fn stops_service(&self, work: &Work) -> bool {
        let system = work.system.and_then(|key| self.systems.get(key));
        self.quirks.contains(Quirk::EmptyLayersStopService)
            && work.kind == OperationType::Create
            && work.is_by_rule()
            && system.is_some_and(|system| {
                let newer = system.kind == Kind::ProcessContainer && system.root == Root::ComputeSystem;
                newer && self.has_shortened_layers(system)
            })
    }

    /// What a completed request ends with.
    fn completed(
        &mut self,
        work: &Work,
        row: &'static Row,
        stands_against: Option<(Hresult, Form)>,
    ) -> (Hresult, Option<Arc<str>>) {
        let system = work.system.and_then(|key| self.systems.get(key));
        match (row.answer, row.after) {
            (Answer::Fails(code), _) => (code, Some(answer::result_error(code))),
            (Answer::AsFound, After::Change) => {
                let changed = work.system.map(|key| self.change(key, work.document.as_ref()));
                match changed {
                    Some(Err((code, form))) => (code, Some(self.failure(work, code, form))),
                    _ => (Hresult::S_OK, None),
                }
            }
            (Answer::AsFound, _) => match stands_against {
                Some((code, form)) => (code, Some(self.failure(work, code, form))),
                None => unreachable!("row {} finds nothing", row.id),
            },
            (_, After::Properties) => {
                let document = system.map(|system| answer::properties(self, system, work.document.as_ref()));
                (Hresult::S_OK, document)
            }
            (_, After::List) => (Hresult::S_OK, Some(self.list(work))),
            _ => (Hresult::S_OK, None),
        }
    }

    /// The result document of a request that failed with this code.
    #[cold]
    pub(crate) fn failure(&self, work: &Work, code: Hresult, form: Form) -> Arc<str> {
        let system = work.system.and_then(|key| self.systems.get(key));
        answer::failure(self.build, code, form, work.kind, system)
    }

    /// What a completed request leaves behind, beside the state. `holds` are the files that a start opens.
    fn after_completion(&mut self, work: &Work, row: &'static Row, key: Key, holds: Vec<Hold>) {
        match row.after {
            After::Boot | After::Wake => {
                // A guest that is to hang does so, however it begins.
                let guest = if row.after == After::Wake && work.guest != u64::MAX { 0 } else { work.guest };
                let now = self.now;
                let Some(system) = self.systems.get_mut(key) else { return };
                system.started = now;
                system.up = if guest == u64::MAX { Time::NEVER } else { now.after(guest) };
                let connects =
                    matches!(system.kind, Kind::GuestVirtualMachine | Kind::HyperVContainer | Kind::HostedContainer);
                system.connection = if connects { Connection::Open } else { Connection::None };
                self.attach_endpoints(key);
                self.hold_disks(key, holds);
                self.hold_volume(key);
            }
            After::AskGuest => {
                let at = if work.guest == u64::MAX { Time::NEVER } else { self.now.after(work.guest) };
                let due = (at, self.next_sequence());
                let kind = work.document.as_ref().and_then(|options| present(options.root(), "Type")?.as_str());
                let asked = if kind == Some("Reboot") { Facet::Reboot } else { Facet::PowerOff };
                let Some(system) = self.systems.get_mut(key) else { return };
                if let Some((_, old)) = system.asked.replace((asked, due)) {
                    self.agenda.remove(&old);
                }
                self.agenda.insert(due, Item::Guest(key));
            }
            After::KeepState => {
                if let Some(path) = save_path(work) {
                    self.keep_state(key, path);
                }
            }
            _ => {}
        }
    }

    /// The list that a request asks for, in the order of creation.
    #[cold]
    fn list(&self, work: &Work) -> Arc<str> {
        let filter = Filter::of(work.document.as_ref());
        let mut listed: Vec<&System> = self
            .systems
            .iter()
            .map(|(_, system)| system)
            .filter(|system| {
                let row = self.row(Trigger::List, Facet::Plain, system.kind, system.state);
                row.after == After::ListElement && system.namespace == work.namespace && filter.takes(system)
            })
            .collect();
        listed.sort_unstable_by_key(|system| system.sequence);
        answer::list(self, &listed)
    }
}

/// Where a state is to be saved.
fn save_path(work: &Work) -> Option<&str> {
    let options = work.document.as_ref()?.root();
    let template = present(options, "SaveType").and_then(Node::as_str) == Some("AsTemplate");
    present(options, "SaveStateFilePath").filter(|_| !template)?.as_str()
}
