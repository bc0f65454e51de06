//! What a story's clients do through the older interface: a call is pending, and then exactly one notification tells its end.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use hcs_api::{
    LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Outcome, ProcessHandle, Text,
    Vmcompute,
};
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::{Notice, PENDING};
use hcs_sim::Client;

use super::Stage;
use super::process::Held;
use super::words::{seconds, text, told};
use crate::library;

/// What a client holds of the older interface, by ids and by the names that the story gives.
#[derive(Debug, Default)]
pub(super) struct Older {
    systems: BTreeMap<String, LegacySystem>,
    processes: BTreeMap<String, LegacyProcess>,
    callbacks: BTreeMap<String, LegacyCallback>,
}

/// A call that is pending says so; another tells what it gave.
fn ended(outcome: &Outcome) -> String {
    if outcome.code == PENDING { format!("{:#X}, pending", PENDING.0) } else { told(outcome) }
}

/// Declares the commands that make a call on a system, with a document or none.
macro_rules! on_systems {
    ($($command:ident => $call:ident;)+) => {
        impl Stage {
            $(pub(super) fn $command(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
                let (client, system) = self.older_system(name, words)?;
                Ok(ended(&client.$call(system, words.get(1).map_or(Text::Null, |word| text(word)))))
            })+
        }
    };
}

on_systems! {
    older_start => legacy_start_compute_system;
    older_shutdown => legacy_shutdown_compute_system;
    older_terminate => legacy_terminate_compute_system;
    older_pause => legacy_pause_compute_system;
    older_resume => legacy_resume_compute_system;
    older_save => legacy_save_compute_system;
    older_modify => legacy_modify_compute_system;
    older_properties => legacy_get_compute_system_properties;
}

impl Stage {
    // -- Systems.

    pub(super) fn older_create(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [id, document] = words else { return Err("older-create ID DOCUMENT".to_owned()) };
        let document = library::find(library::DOCUMENTS, document).map_or(*document, |item| item.text);
        let actor = self.actor(name)?;
        let (outcome, system) = actor.client.legacy_create_compute_system((*id).into(), document.into());
        if !system.is_null() {
            actor.older.systems.insert((*id).to_owned(), system);
        }
        Ok(ended(&outcome))
    }

    pub(super) fn older_open(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let id = *words.first().ok_or("which system?")?;
        let actor = self.actor(name)?;
        let (outcome, system) = actor.client.legacy_open_compute_system(id.into());
        if !system.is_null() {
            actor.older.systems.insert(id.to_owned(), system);
        }
        Ok(ended(&outcome))
    }

    pub(super) fn older_close(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, system) = self.older_system(name, words)?;
        self.actor(name)?.older.systems.remove(words[0]);
        Ok(client.legacy_close_compute_system(system).to_string())
    }

    pub(super) fn older_list(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let query = words.first().map_or(Text::Null, |query| text(query));
        Ok(ended(&self.actor(name)?.client.legacy_enumerate_compute_systems(query)))
    }

    fn older_system(&mut self, name: &str, words: &[&str]) -> Result<(Client, LegacySystem), String> {
        let id = *words.first().ok_or("which system?")?;
        let actor = self.actor(name)?;
        let system = actor.older.systems.get(id).copied();
        let system = system.ok_or_else(|| format!("{name} has no handle of {id} in the older interface"))?;
        Ok((actor.client.clone(), system))
    }

    // -- Notifications.

    pub(super) fn older_watch(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, system) = self.older_system(name, words)?;
        let (code, callback) = client.legacy_register_compute_system_callback(system, self.told_of(name, words[0]));
        self.keep_callback(name, words[0], code, callback)
    }

    pub(super) fn older_watch_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process) = self.older_process(name, words)?;
        let (code, callback) = client.legacy_register_process_callback(process, self.told_of(name, words[0]));
        self.keep_callback(name, words[0], code, callback)
    }

    fn keep_callback(
        &mut self,
        name: &str,
        of: &str,
        code: Hresult,
        callback: LegacyCallback,
    ) -> Result<String, String> {
        if code.is_ok() {
            self.actor(name)?.older.callbacks.insert(of.to_owned(), callback);
        }
        Ok(code.to_string())
    }

    pub(super) fn older_unwatch(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let of = *words.first().ok_or("which system, or which process?")?;
        let actor = self.actor(name)?;
        let callback = actor.older.callbacks.remove(of).ok_or_else(|| format!("{name} listens to no {of}"))?;
        let client = actor.client.clone();
        Ok(match actor.older.processes.contains_key(of) {
            true => client.legacy_unregister_process_callback(callback),
            false => client.legacy_unregister_compute_system_callback(callback),
        }
        .to_string())
    }

    /// A callback that has whatever it is told of something told in the story.
    fn told_of(&self, who: &str, of: &str) -> Option<NotificationCallback> {
        let (heard, sim) = (Arc::downgrade(&self.heard), self.sim.clone());
        let (who, of) = (who.to_owned(), of.to_owned());
        Some(Arc::new(move |told: &Notification| {
            let Some(heard) = heard.upgrade() else { return };
            let notice =
                Notice::ALL.iter().find(|notice| notice.value() == told.kind).map_or("?", |notice| notice.name());
            let data = told.data.as_ref().map(|data| format!(" {data}")).unwrap_or_default();
            let line = format!("{} {who} is told {notice} of {of}: {}{data}", seconds(sim.now()), told.status);
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }))
    }

    // -- Processes.

    pub(super) fn older_exec(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [_, process, command @ ..] = words else { return Err("older-exec SYSTEM NAME COMMAND".to_owned()) };
        let parameters = self.parameters(command, true)?;
        let (client, system) = self.older_system(name, words)?;
        let actor = self.actor(name)?;
        if actor.processes.contains_key(*process) {
            return Err(format!("{process} is a process already"));
        }
        let (outcome, handle, information) = client.legacy_create_process(system, text(&parameters));
        let Some(information) = information else { return Ok(ended(&outcome)) };
        actor.older.processes.insert((*process).to_owned(), handle);
        // Streams are those of every process: what hears and says does not know the interface.
        let mut held = Held::new(ProcessHandle::NULL);
        held.streams = [information.std_input, information.std_output, information.std_error];
        actor.processes.insert((*process).to_owned(), held);
        Ok(format!("{} process {}", ended(&outcome), information.process_id))
    }

    pub(super) fn older_signal(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process) = self.older_process(name, words)?;
        let signal = super::process::signal_options(words.get(1).ok_or("which signal?")?);
        Ok(ended(&client.legacy_signal_process(process, text(&signal))))
    }

    pub(super) fn older_kill(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process) = self.older_process(name, words)?;
        Ok(ended(&client.legacy_terminate_process(process)))
    }

    pub(super) fn older_process_properties(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process) = self.older_process(name, words)?;
        Ok(ended(&client.legacy_get_process_properties(process)))
    }

    pub(super) fn older_close_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process) = self.older_process(name, words)?;
        let actor = self.actor(name)?;
        actor.older.processes.remove(words[0]);
        if let Some(held) = actor.processes.remove(words[0]) {
            held.close_streams(&client);
        }
        Ok(client.legacy_close_process(process).to_string())
    }

    fn older_process(&mut self, name: &str, words: &[&str]) -> Result<(Client, LegacyProcess), String> {
        let process = *words.first().ok_or("which process?")?;
        let actor = self.actor(name)?;
        let handle = actor.older.processes.get(process).copied();
        let handle = handle.ok_or_else(|| format!("{name} has no process {process} in the older interface"))?;
        Ok((actor.client.clone(), handle))
    }
}
