//! The stage: the world of a story, and every command that a story can give.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hcs_api::{Event, Hcs, OperationHandle, Outcome, SystemHandle, Text};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::export::{Dll, Export};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, EventType, GENERIC_ALL, INFINITE, OperationType};
use hcs_sim::{Client, Hold, Notifications, Simulator, Unfinished, Until, on};

use crate::library;

/// One command: its first word, or its second after a client's name, how it is used, and what it does.
#[derive(Debug)]
pub struct Command {
    /// The word that names it.
    pub word: &'static str,
    /// An example that can be run as it stands, after `client agent` and `agent create vm machine`.
    pub example: &'static str,
    /// What it does.
    pub about: &'static str,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    World(fn(&mut Stage, &[&str]) -> Result<String, String>),
    Client(fn(&mut Stage, &str, &[&str]) -> Result<String, String>),
}

macro_rules! commands {
    ($($kind:ident $word:literal $example:literal $about:literal $run:path;)+) => {
        /// Every command of a story.
        pub const COMMANDS: &[Command] = &[$(Command { word: $word, example: $example, about: $about, run: Run::$kind($run) }),+];
    };
}

commands! {
    World "client" "client other" "A client appears: a process of this name. `as user` or `as hyper-v-administrator` limits its rights." Stage::client;
    World "fault" "fault Start nth=2 fail=ERROR_NO_SYSTEM_RESOURCES" "A rule of faults: a call, id= client= nth= probability=, and fail= refuse= delay= or hang." Stage::fault;
    World "hold" "hold vm SystemExited" "Notifications of a system are held, all or of one event, until `release`." Stage::hold;
    World "release" "release" "Everything held is let go." Stage::release;
    World "drop" "drop vm SystemExited" "The next notification of a system is lost." Stage::drop_one;
    World "double" "double vm SystemExited" "The next notification of a system comes twice." Stage::double_one;
    World "guest-crash" "guest-crash vm" "The system's guest crashes." Stage::guest_crash;
    World "guest-off" "guest-off vm" "The system's guest powers itself off." Stage::guest_off;
    World "service" "service stop" "The compute service stops, or is back: `service return`." Stage::service;
    World "advance" "advance 5s" "Time passes." Stage::advance;
    World "settle" "settle" "Time passes until nothing is pending but what hangs." Stage::settle;
    World "digest" "digest" "The digest of everything so far." Stage::digest;
    World "finish" "finish" "The world ends, and tells what was wrong." Stage::finish;
    Client "create" "agent create second container" "Creates a system from a document: machine, connected, container, or JSON." Stage::create;
    Client "open" "agent open vm" "Opens a system by id." Stage::open;
    Client "start" "agent start vm" "Starts a system." Stage::start;
    Client "terminate" "agent terminate vm" "Terminates a system." Stage::terminate;
    Client "properties" "agent properties vm" "Shows a system's properties. A query may follow." Stage::properties;
    Client "list" "agent list" "Shows every system. A query may follow." Stage::list;
    Client "watch" "agent watch vm" "Listens to a system's events." Stage::watch;
    Client "unwatch" "agent unwatch vm" "Listens no more." Stage::unwatch;
    Client "wait-exit" "agent wait-exit vm 1s" "Waits for a system's end, for this long." Stage::wait_exit;
    Client "begin" "agent begin start vm" "Begins create, start, terminate, properties or list, and does not wait." Stage::begin;
    Client "result" "agent result vm" "Reads the result of what was begun on the system last." Stage::result;
    Client "wait" "agent wait vm 1s" "Waits for what was begun on the system last, for this long or for ever." Stage::wait;
    Client "close" "agent close vm" "Closes the system's handle." Stage::close;
    Client "abandon" "agent abandon vm" "Closes the operation that was begun on the system last; the request goes on." Stage::abandon;
    Client "use-closed" "agent use-closed" "Uses an operation after it was closed." Stage::use_closed;
    Client "call" "agent call HcsPauseComputeSystem" "Calls an export that is not modelled." Stage::unmodelled;
    Client "dies" "agent dies" "The client's process dies." Stage::dies;
}

/// A client of a story, with what it holds.
struct Actor {
    client: Client,
    systems: BTreeMap<String, SystemHandle>,
    begun: BTreeMap<String, (String, OperationHandle)>,
}

/// The world of a story.
pub struct Stage {
    sim: Simulator,
    actors: BTreeMap<String, Actor>,
    holds: Vec<Hold>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    /// A new world; a stepped clock is not needed, because the story itself is the only thread.
    pub fn new(seed: Option<u64>, build: Option<u32>) -> Stage {
        let build = build.and_then(Build::from_number).unwrap_or(Build::SERVER_2022);
        let sim = Simulator::builder().seed(seed.unwrap_or(0)).on(build).transcript().start();
        Stage { sim, actors: BTreeMap::new(), holds: Vec::new(), heard: Arc::default() }
    }

    /// Runs one command. What it gives, and what was heard meanwhile, is appended, in the order of time.
    pub fn command(&mut self, line: &str, out: &mut Vec<String>) {
        let words: Vec<&str> = split(line);
        let told = match words.as_slice() {
            [] => return,
            [word, rest @ ..] if find(word).is_some_and(|command| matches!(command.run, Run::World(_))) => {
                match find(word).map(|command| command.run) {
                    Some(Run::World(run)) => run(self, rest),
                    _ => return,
                }
            }
            [name, word, rest @ ..] => match find(word).map(|command| command.run) {
                Some(Run::Client(_)) if !self.actors.contains_key(*name) => Err(format!("no client {name}")),
                Some(Run::Client(run)) => run(self, name, rest),
                _ => Err(format!("unknown command {word}; `hcs-sim help` lists them")),
            },
            [word] => Err(format!("unknown command {word}; `hcs-sim help` lists them")),
        };
        self.sim.drain();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let at = seconds(self.sim.now());
        match told {
            // What a blocked call gives comes after what was heard while it was blocked.
            Ok(told) => {
                out.append(&mut heard);
                if !told.is_empty() {
                    out.push(format!("{at} {line}: {told}"));
                }
            }
            Err(problem) => out.push(format!("{at} {line}: ERROR {problem}")),
        }
    }

    fn actor(&mut self, name: &str) -> Result<&mut Actor, String> {
        self.actors.get_mut(name).ok_or_else(|| format!("no client {name}"))
    }

    fn handle(&mut self, name: &str, words: &[&str]) -> Result<(Client, String, SystemHandle), String> {
        let id = (*words.first().ok_or("which system?")?).to_owned();
        let actor = self.actor(name)?;
        let handle = actor.systems.get(&id).copied().ok_or_else(|| format!("{name} has no handle of {id}"))?;
        Ok((actor.client.clone(), id, handle))
    }

    // -- The world.

    fn client(&mut self, words: &[&str]) -> Result<String, String> {
        let name = *words.first().ok_or("which name?")?;
        let rights = match words.get(1..) {
            Some(["as", "user"]) => Rights::User,
            Some(["as", "hyper-v-administrator"]) => Rights::HyperVAdministrator,
            Some([]) => Rights::Administrator,
            _ => return Err("as user, as hyper-v-administrator, or nothing".to_owned()),
        };
        let client = self.sim.client_as(name, rights);
        self.actors.insert(name.to_owned(), Actor { client, systems: BTreeMap::new(), begun: BTreeMap::new() });
        Ok(String::new())
    }

    fn fault(&mut self, words: &[&str]) -> Result<String, String> {
        let word = *words.first().ok_or("on which call?")?;
        let mut rule: Unfinished = on(call(word).ok_or_else(|| format!("no call {word}"))?);
        let mut fault = None;
        for word in &words[1..] {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let code = || Hresult::by_name(value).ok_or_else(|| format!("no code {value}"));
            rule = match key {
                "id" => rule.id(value),
                "client" => rule.client(value),
                "nth" => rule.nth(value.parse().map_err(|_| format!("no number {value}"))?),
                "probability" => rule.probability(value.parse().map_err(|_| format!("no number {value}"))?),
                "fail" => {
                    fault = Some(rule.clone().fail(code()?));
                    rule
                }
                "refuse" => {
                    fault = Some(rule.clone().refuse(code()?));
                    rule
                }
                "delay" => {
                    fault = Some(rule.clone().delay(duration(value)?));
                    rule
                }
                "hang" => {
                    fault = Some(rule.clone().hang());
                    rule
                }
                _ => return Err(format!("unknown word {word}")),
            };
        }
        self.sim.fault(fault.ok_or("what is it to do? fail= refuse= delay= or hang, as the last word")?);
        Ok(String::new())
    }

    fn notifications(words: &[&str]) -> Result<Notifications, String> {
        let which = Notifications::of(words.first().ok_or("of which system?")?);
        match words.get(1) {
            None => Ok(which),
            Some(event) => {
                let event = EventType::by_name(event).ok_or_else(|| format!("no event {event}"))?;
                Ok(which.event(event))
            }
        }
    }

    fn hold(&mut self, words: &[&str]) -> Result<String, String> {
        let hold = self.sim.hold(Self::notifications(words)?, Until::Released);
        self.holds.push(hold);
        Ok(String::new())
    }

    fn release(&mut self, _words: &[&str]) -> Result<String, String> {
        let count: usize = self.holds.iter().map(Hold::count).sum();
        self.holds.clear();
        self.sim.drain();
        Ok(format!("{count} let go"))
    }

    fn drop_one(&mut self, words: &[&str]) -> Result<String, String> {
        self.sim.drop_notifications(Self::notifications(words)?, 1);
        Ok(String::new())
    }

    fn double_one(&mut self, words: &[&str]) -> Result<String, String> {
        self.sim.double_notifications(Self::notifications(words)?, 1);
        Ok(String::new())
    }

    fn guest_crash(&mut self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.guest_crash(words.first().ok_or("whose?")?)))
    }

    fn guest_off(&mut self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.guest_power_off(words.first().ok_or("whose?")?)))
    }

    fn service(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stop"] => Ok(happened(self.sim.service_stop())),
            ["return"] => Ok(happened(self.sim.service_return())),
            _ => Err("service stop, or service return".to_owned()),
        }
    }

    fn advance(&mut self, words: &[&str]) -> Result<String, String> {
        self.sim.advance(duration(words.first().ok_or("by how much?")?)?);
        Ok("done".to_owned())
    }

    fn settle(&mut self, _words: &[&str]) -> Result<String, String> {
        self.sim.settle();
        Ok("done".to_owned())
    }

    fn digest(&mut self, _words: &[&str]) -> Result<String, String> {
        Ok(self.sim.digest())
    }

    fn finish(&mut self, _words: &[&str]) -> Result<String, String> {
        let report = self.sim.finish();
        let complaints = report.would_fault.iter().map(|text| format!("\n  would fault: {text}"));
        let complaints = complaints.chain(report.not_modelled.iter().map(|text| format!("\n  not modelled: {text}")));
        // The place is one of this program, and says nothing to a reader of the story.
        let leaks = report.leaks.iter().map(|leak| format!("\n  leak: {} of {}", leak.what, leak.client));
        let unfired = report.unfired.iter().map(|text| format!("\n  unfired: {text}"));
        let troubles = report.troubles.iter().map(|text| format!("\n  trouble: {text}"));
        let all: String = complaints.chain(leaks).chain(unfired).chain(troubles).collect();
        Ok(if all.is_empty() { "clean".to_owned() } else { all })
    }

    // -- Clients.

    fn create(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.begin_call(name, "create", words)?;
        self.wait(name, words)
    }

    fn start(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "start", words)
    }

    fn terminate(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "terminate", words)
    }

    fn properties(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "properties", words)
    }

    fn list(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let mut with_key = vec!["*"];
        with_key.extend(words);
        self.both(name, "list", &with_key)
    }

    /// Begins a call and waits for it; a call that is refused tells so at once.
    fn both(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, String> {
        let code = self.begin_call(name, verb, words)?;
        if code.is_err() {
            self.abandon(name, words)?;
            return Ok(format!("{code} (the call)"));
        }
        self.wait(name, words.get(..1).unwrap_or_default())
    }

    fn begin(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let verb = *words.first().ok_or("begin what?")?;
        let mut rest = words[1..].to_vec();
        if verb == "list" {
            rest.insert(0, "*");
        }
        self.begin_call(name, verb, &rest).map(|code| code.to_string())
    }

    /// Makes an asynchronous call. Its operation is kept under the system's id.
    fn begin_call(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<Hresult, String> {
        let id = *words.first().ok_or("which system?")?;
        let actor = self.actor(name)?;
        let client = actor.client.clone();
        if let Some((_, old)) = actor.begun.remove(id) {
            client.close_operation(old);
        }
        let query = words.get(1).map_or(Text::Null, |query| Text::Some(query));
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
            "start" => client.start_compute_system(system()?, operation, Text::Null),
            "terminate" => client.terminate_compute_system(system()?, operation, Text::Null),
            "properties" => client.get_compute_system_properties(system()?, operation, query),
            "list" => client.enumerate_compute_systems(query, operation),
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

    fn result(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, _, _, operation) = self.begun(name, words)?;
        Ok(told(&client.get_operation_result(operation)))
    }

    fn wait(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, verb, operation) = self.begun(name, words)?;
        let limit = match words.get(1) {
            Some(word) if verb != "create" || word.ends_with('s') => milliseconds(word).unwrap_or(INFINITE),
            _ => INFINITE,
        };
        let outcome = client.wait_for_operation_result(operation, limit);
        if outcome.code != Hresult::HCS_E_OPERATION_TIMEOUT {
            client.close_operation(operation);
            self.actor(name)?.begun.remove(&id);
        }
        Ok(told(&outcome))
    }

    fn open(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
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

    fn watch(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, handle) = self.handle(name, words)?;
        let (heard, sim, who) = (Arc::downgrade(&self.heard), self.sim.clone(), name.to_owned());
        let callback = move |event: &Event| {
            let Some(heard) = heard.upgrade() else { return };
            let kind = EventType::ALL.iter().find(|kind| kind.value() == event.kind).map_or("?", |kind| kind.name());
            let mut line = format!("{} {who} hears {kind} of {id}", seconds(sim.now()));
            if let Some(data) = &event.data {
                line.push(' ');
                line.push_str(data);
            }
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        };
        Ok(client.set_compute_system_callback(handle, 0, Some(Arc::new(callback))).to_string())
    }

    fn unwatch(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, _, handle) = self.handle(name, words)?;
        Ok(client.set_compute_system_callback(handle, 0, None).to_string())
    }

    fn wait_exit(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let limit = words.get(1).map_or(Ok(INFINITE), |word| milliseconds(word))?;
        let (client, _, handle) = self.handle(name, words)?;
        Ok(told(&client.wait_for_compute_system_exit(handle, limit)))
    }

    fn close(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, handle) = self.handle(name, words)?;
        client.close_compute_system(handle);
        self.actor(name)?.systems.remove(&id);
        Ok("done".to_owned())
    }

    fn abandon(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, id, _, operation) = self.begun(name, words)?;
        client.close_operation(operation);
        self.actor(name)?.begun.remove(&id);
        Ok("done".to_owned())
    }

    fn use_closed(&mut self, name: &str, _words: &[&str]) -> Result<String, String> {
        let client = self.actor(name)?.client.clone();
        let operation = client.create_operation(None);
        client.close_operation(operation);
        let kind = client.get_operation_type(operation);
        let kind = if kind == OperationType::None.value() { "type None" } else { "a type" };
        Ok(format!("{}, {kind}", client.get_operation_result(operation).code))
    }

    fn unmodelled(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let export = *words.first().ok_or("which export?")?;
        let export = Export::by_name(Dll::Computecore, export).ok_or_else(|| format!("no export {export}"))?;
        Ok(self.actor(name)?.client.call_unmodelled(export).to_string())
    }

    fn dies(&mut self, name: &str, _words: &[&str]) -> Result<String, String> {
        let actor = self.actors.remove(name).ok_or_else(|| format!("no client {name}"))?;
        Ok(happened(self.sim.client_death(&actor.client)))
    }
}

fn find(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.word == word)
}

/// Words, separated by blanks; a word that begins with a brace or a bracket goes to the end of the line.
fn split(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = match rest.as_bytes()[0] {
            b'{' | b'[' => rest.len(),
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// A call by its name, or by the part of it before `ComputeSystem`.
fn call(word: &str) -> Option<Call> {
    Call::by_name(word).or_else(|| Call::by_name(&format!("{word}ComputeSystem")))
}

fn told(outcome: &Outcome) -> String {
    match &outcome.document {
        None => outcome.code.to_string(),
        Some(document) => format!("{} {document}", outcome.code),
    }
}

fn happened(happened: bool) -> String {
    if happened { "done" } else { "nothing to do" }.to_owned()
}

fn seconds(time: Duration) -> String {
    format!("{}.{:03}s", time.as_secs(), time.subsec_millis())
}

fn milliseconds(word: &str) -> Result<u32, String> {
    let duration = duration(word)?;
    u32::try_from(duration.as_millis()).map_err(|_| format!("{word} is too long"))
}

/// `250ms`, `5s`, `10m`
fn duration(word: &str) -> Result<Duration, String> {
    let number = word.trim_end_matches(char::is_alphabetic);
    let count: u64 = number.parse().map_err(|_| format!("no time {word}"))?;
    match &word[number.len()..] {
        "ms" => Ok(Duration::from_millis(count)),
        "s" => Ok(Duration::from_secs(count)),
        "m" => Ok(Duration::from_secs(count.saturating_mul(60))),
        _ => Err(format!("no time {word}; 250ms, 5s or 10m")),
    }
}
