//! What a story's clients do: the calls.

use std::sync::{Arc, PoisonError};

use hcs_api::{Event, EventCallback, Hcs, OperationHandle, Text};
use hcs_rules::export::{Dll, Export};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{EventType, GENERIC_ALL, INFINITE, OperationType};
use hcs_sim::Client;
use hcs_sim::director::happened;

use super::words::{milliseconds, seconds, text, told};
use super::{Stage, process};
use crate::library;

impl Stage {
    pub(super) fn create(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.begin_call(name, "create", words)?;
        self.wait(name, words)
    }

    pub(super) fn start(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "start", words)
    }

    pub(super) fn terminate(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "terminate", words)
    }

    pub(super) fn shutdown(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "shutdown", words)
    }

    pub(super) fn crash(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "crash", words)
    }

    pub(super) fn pause(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "pause", words)
    }

    pub(super) fn resume(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "resume", words)
    }

    pub(super) fn save(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "save", words)
    }

    pub(super) fn modify(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "modify", words)
    }

    pub(super) fn service_properties(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let query = words.first().map_or(Text::Null, |query| text(query));
        Ok(told(&self.actor(name)?.client.get_service_properties(query)))
    }

    pub(super) fn service_modify(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let settings = words.first().map_or(Text::Null, |settings| text(settings));
        Ok(told(&self.actor(name)?.client.modify_service_settings(settings)))
    }

    pub(super) fn report(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let settings = words.first().map_or(Text::Null, |settings| text(settings));
        Ok(self.actor(name)?.client.submit_wer_report(settings).to_string())
    }

    pub(super) fn properties(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "properties", words)
    }

    pub(super) fn list(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let mut with_key = vec!["*"];
        with_key.extend(words);
        self.both(name, "list", &with_key)
    }

    /// Begins a call and waits for it; a call that is refused tells so at once.
    pub(super) fn both(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, String> {
        let code = self.begin_call(name, verb, words)?;
        if code.is_err() {
            self.abandon(name, words)?;
            return Ok(format!("{code} (the call)"));
        }
        self.wait(name, words.get(..1).unwrap_or_default())
    }

    pub(super) fn begin(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let verb = *words.first().ok_or("begin what?")?;
        let mut rest = words[1..].to_vec();
        if verb == "list" {
            rest.insert(0, "*");
        }
        self.begin_call(name, verb, &rest).map(|code| code.to_string())
    }

    /// Makes an asynchronous call. Its operation is kept under the system's id, or the process's name.
    pub(super) fn begin_call(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<Hresult, String> {
        let id = *words.first().ok_or("which system?")?;
        let actor = self.actor(name)?;
        let client = actor.client.clone();
        if process::VERBS.contains(&verb) {
            return self.begin_on_process(name, verb, words);
        }
        if let Some((_, old)) = actor.begun.remove(id) {
            client.close_operation(old);
        }
        let given = words.get(1).map_or(Text::Null, |given| text(given));
        let known = actor.systems.get(id).copied();
        let system = || known.ok_or_else(|| format!("{name} has no handle of {id}"));
        let operation = client.create_operation(None);
        let code = match verb {
            "create" => {
                let document = *words.get(1).ok_or("from which document?")?;
                let text = library::find(library::DOCUMENTS, document).map_or(document, |item| item.text);
                let (code, handle) = client.create_compute_system(id.into(), text.into(), operation);
                if code.is_ok()
                    && let Some(old) = actor.systems.insert(id.to_owned(), handle)
                {
                    client.close_compute_system(old);
                }
                code
            }
            "create-in" => {
                let namespace = *words.get(1).ok_or("in which namespace?")?;
                let document = *words.get(2).ok_or("from which document?")?;
                let configuration = library::find(library::DOCUMENTS, document).map_or(document, |item| item.text);
                let (namespace, configuration) = (Text::Some(namespace), Text::Some(configuration));
                let (code, handle) =
                    client.create_compute_system_in_namespace(namespace, id.into(), configuration, operation, None);
                if code.is_ok()
                    && let Some(old) = actor.systems.insert(id.to_owned(), handle)
                {
                    client.close_compute_system(old);
                }
                code
            }
            "shutdown" => client.shut_down_compute_system(system()?, operation, given),
            "crash" => client.crash_compute_system(system()?, operation, given),
            "pause" => client.pause_compute_system(system()?, operation, given),
            "resume" => client.resume_compute_system(system()?, operation, given),
            "save" => client.save_compute_system(system()?, operation, given),
            "modify" => client.modify_compute_system(system()?, operation, given),
            "list-in" => {
                let query = words.get(2).map_or(Text::Null, |query| text(query));
                client.enumerate_compute_systems_in_namespace(given, query, operation)
            }
            "start" => client.start_compute_system(system()?, operation, Text::Null),
            "terminate" => client.terminate_compute_system(system()?, operation, Text::Null),
            "properties" => client.get_compute_system_properties(system()?, operation, given),
            "list" => client.enumerate_compute_systems(given, operation),
            _ => return Err(format!("{verb} cannot be begun")),
        };
        self.actor(name)?.begun.insert(id.to_owned(), (verb.to_owned(), operation));
        Ok(code)
    }

    fn begun(&mut self, name: &str, words: &[&str]) -> Result<(Client, String, String, OperationHandle), String> {
        let id = (*words.first().unwrap_or(&"*")).to_owned();
        let actor = self.actor(name)?;
        let (verb, operation) = actor.begun.get(&id).cloned().ok_or("nothing was begun")?;
        Ok((actor.client.clone(), id, verb, operation))
    }

    pub(super) fn result(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, verb, operation) = self.begun(name, words)?;
        if process::INFORMS.contains(&verb.as_str()) {
            let (outcome, information) = client.get_operation_result_and_process_info(operation);
            return self.informed(name, &id, &outcome, information);
        }
        Ok(told(&client.get_operation_result(operation)))
    }

    pub(super) fn wait(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, verb, operation) = self.begun(name, words)?;
        let limit = match words.get(1) {
            Some(word) if verb != "create" || word.ends_with('s') => milliseconds(word).unwrap_or(INFINITE),
            _ => INFINITE,
        };
        let informs = process::INFORMS.contains(&verb.as_str());
        let (outcome, information) = match informs {
            true => client.wait_for_operation_result_and_process_info(operation, limit),
            false => (client.wait_for_operation_result(operation, limit), None),
        };
        if outcome.code != Hresult::HCS_E_OPERATION_TIMEOUT {
            client.close_operation(operation);
            self.actor(name)?.begun.remove(&id);
        }
        if informs { self.informed(name, &id, &outcome, information) } else { Ok(told(&outcome)) }
    }

    pub(super) fn create_in(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.begin_call(name, "create-in", words)?;
        self.wait(name, &words[..1])
    }

    pub(super) fn open_in(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [id, namespace] = words else { return Err("open-in ID NAMESPACE".to_owned()) };
        let actor = self.actor(name)?;
        let (code, handle) =
            actor.client.open_compute_system_in_namespace(Text::Some(namespace), (*id).into(), GENERIC_ALL);
        if code.is_ok()
            && let Some(old) = actor.systems.insert((*id).to_owned(), handle)
        {
            actor.client.close_compute_system(old);
        }
        Ok(code.to_string())
    }

    pub(super) fn list_in(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let mut with_key = vec!["*"];
        with_key.extend(words);
        self.both(name, "list-in", &with_key)
    }

    pub(super) fn open(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let id = *words.first().ok_or("which system?")?;
        let actor = self.actor(name)?;
        let (code, handle) = actor.client.open_compute_system(id.into(), GENERIC_ALL);
        if code.is_ok()
            && let Some(old) = actor.systems.insert(id.to_owned(), handle)
        {
            actor.client.close_compute_system(old);
        }
        Ok(code.to_string())
    }

    pub(super) fn watch(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, handle) = self.handle(name, words)?;
        Ok(client.set_compute_system_callback(handle, 0, Some(self.listener(name, id))).to_string())
    }

    /// A callback that has whatever it hears of something told in the story.
    pub(super) fn listener(&self, who: &str, of: String) -> EventCallback {
        let (heard, sim, who) = (Arc::downgrade(&self.heard), self.sim.clone(), who.to_owned());
        Arc::new(move |event: &Event| {
            let Some(heard) = heard.upgrade() else { return };
            let kind = EventType::ALL.iter().find(|kind| kind.value() == event.kind).map_or("?", |kind| kind.name());
            let mut line = format!("{} {who} hears {kind} of {of}", seconds(sim.now()));
            if let Some(data) = &event.data {
                line.push(' ');
                line.push_str(data);
            }
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        })
    }

    pub(super) fn unwatch(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, _, handle) = self.handle(name, words)?;
        Ok(client.set_compute_system_callback(handle, 0, None).to_string())
    }

    pub(super) fn wait_exit(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let limit = words.get(1).map_or(Ok(INFINITE), |word| milliseconds(word))?;
        let (client, _, handle) = self.handle(name, words)?;
        Ok(told(&client.wait_for_compute_system_exit(handle, limit)))
    }

    pub(super) fn close(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, handle) = self.handle(name, words)?;
        client.close_compute_system(handle);
        self.actor(name)?.systems.remove(&id);
        Ok("done".to_owned())
    }

    pub(super) fn abandon(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, _, operation) = self.begun(name, words)?;
        client.close_operation(operation);
        self.actor(name)?.begun.remove(&id);
        Ok("done".to_owned())
    }

    pub(super) fn use_closed(&mut self, name: &str, _words: &[&str]) -> Result<String, String> {
        let client = self.actor(name)?.client.clone();
        let operation = client.create_operation(None);
        client.close_operation(operation);
        let kind = client.get_operation_type(operation);
        let kind = if kind == OperationType::None.value() { "type None" } else { "a type" };
        Ok(format!("{}, {kind}", client.get_operation_result(operation).code))
    }

    pub(super) fn unmodelled(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let export = *words.first().ok_or("which export?")?;
        let export = Export::by_name(Dll::Computecore, export).ok_or_else(|| format!("no export {export}"))?;
        if export.call.is_some() {
            return Err(format!("{} is modelled, and has a command of its own", export.name));
        }
        Ok(self.actor(name)?.client.call_unmodelled(export).to_string())
    }

    pub(super) fn dies(&mut self, name: &str, _words: &[&str]) -> Result<String, String> {
        let actor = self.actors.remove(name).ok_or_else(|| format!("no client {name}"))?;
        Ok(happened(self.sim.client_death(&actor.client)))
    }
}
