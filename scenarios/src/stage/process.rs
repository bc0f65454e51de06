//! What a story's clients do with processes: made, talked to, signalled, waited for.

use hcs_api::{Hcs, OperationHandle, Outcome, ProcessHandle, ProcessInformation, StreamHandle, Text};
use hcs_machine::document::Writer;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{GENERIC_ALL, INFINITE};
use hcs_sim::Client;

use super::Stage;
use super::words::{self, milliseconds, text, told};

/// The calls on processes that can be begun.
pub(super) const VERBS: &[&str] =
    &["exec", "kill", "signal", "process-modify", "resize", "process-info", "process-properties"];

/// Those of them whose result comes with the process's id and streams.
pub(super) const INFORMS: &[&str] = &["exec", "process-info"];

/// A process of a story's client.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) handle: ProcessHandle,
    /// Standard input, output and error, as far as they were handed out and are open.
    pub(super) streams: [StreamHandle; 3],
    /// What was read of output and error, and not shown yet.
    pub(super) read: [Vec<u8>; 2],
}

impl Held {
    pub(super) fn new(handle: ProcessHandle) -> Held {
        Held { handle, streams: [StreamHandle::NULL; 3], read: [Vec::new(), Vec::new()] }
    }

    pub(super) fn close(self, client: &Client) {
        let handle = self.handle;
        self.close_streams(client);
        client.close_process(handle);
    }

    pub(super) fn close_streams(self, client: &Client) {
        for stream in self.streams.into_iter().filter(|stream| stream.is_some()) {
            client.close_stream(stream);
        }
    }
}

impl Stage {
    // -- Made, and found.

    pub(super) fn exec(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let code = self.begin_call(name, "exec", words)?;
        if code.is_err() {
            self.abandon(name, &words[1..2])?;
            return Ok(format!("{code} (the call)"));
        }
        self.wait(name, &words[1..2])
    }

    /// Makes an asynchronous call on a process. Its operation is kept under the process's name.
    pub(super) fn begin_on_process(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<Hresult, String> {
        if verb == "exec" {
            return self.begin_exec(name, words);
        }
        let document = match (verb, words.get(1)) {
            ("resize", None) => return Err("to which size?".to_owned()),
            ("resize", Some(size)) => Some(size_request(size)?),
            ("signal", Some(signal)) => Some(signal_options(signal)),
            (_, given) => given.map(|given| (*given).to_owned()),
        };
        let document = document.as_deref().map_or(Text::Null, text);
        let (client, process, held) = self.process(name, words)?;
        let handle = held.handle;
        let operation = client.create_operation(None);
        let code = match verb {
            "kill" => client.terminate_process(handle, operation, document),
            "signal" => client.signal_process(handle, operation, document),
            "process-modify" | "resize" => client.modify_process(handle, operation, document),
            "process-info" => client.get_process_info(handle, operation),
            "process-properties" => client.get_process_properties(handle, operation, document),
            _ => return Err(format!("{verb} cannot be begun")),
        };
        self.keep_begun(name, &process, verb, operation)?;
        Ok(code)
    }

    fn begin_exec(&mut self, name: &str, words: &[&str]) -> Result<Hresult, String> {
        let [_, process, command @ ..] = words else { return Err("exec SYSTEM NAME COMMAND".to_owned()) };
        let parameters = self.parameters(command, true)?;
        let (client, _, system) = self.handle(name, words)?;
        if self.actor(name)?.systems.contains_key(*process) {
            return Err(format!("{process} is a system already"));
        }
        let operation = client.create_operation(None);
        let (code, handle) = client.create_process(system, text(&parameters), operation);
        if code.is_ok() {
            self.keep(name, process, handle)?;
        }
        self.keep_begun(name, process, "exec", operation)?;
        Ok(code)
    }

    /// A process has a name from now on; another one that had it is closed.
    fn keep(&mut self, name: &str, process: &str, handle: ProcessHandle) -> Result<(), String> {
        let actor = self.actor(name)?;
        if let Some(old) = actor.processes.insert(process.to_owned(), Held::new(handle)) {
            old.close(&actor.client);
        }
        Ok(())
    }

    fn keep_begun(&mut self, name: &str, key: &str, verb: &str, operation: OperationHandle) -> Result<(), String> {
        let actor = self.actor(name)?;
        if let Some((_, old)) = actor.begun.insert(key.to_owned(), (verb.to_owned(), operation)) {
            actor.client.close_operation(old);
        }
        Ok(())
    }

    /// The parameters of a process, from the words of a story.
    pub(super) fn parameters(&self, words: &[&str], input: bool) -> Result<String, String> {
        if let [document] = words
            && (document.starts_with('{') || matches!(*document, "NULL" | "\"\""))
        {
            return Ok((*document).to_owned());
        }
        let mut streams = [input, true, true];
        let (mut console, mut in_machine, mut arguments) = (None, false, false);
        let (mut user, mut directory, mut environment) = (None, None, Vec::new());
        let mut rest = words;
        while let [word, more @ ..] = rest {
            match (*word, word.split_once('=')) {
                ("no-stdin", _) => streams[0] = false,
                ("no-stdout", _) => streams[1] = false,
                ("no-stderr", _) => streams[2] = false,
                ("console", _) => console = Some(None),
                ("in-machine", _) => in_machine = true,
                ("args", _) => arguments = true,
                (_, Some(("console", value))) => console = Some(Some(size(value)?)),
                (_, Some(("user", value))) => user = Some(value),
                (_, Some(("cwd", value))) => directory = Some(value),
                (_, Some(("env", value))) => {
                    environment.push(value.split_once('=').ok_or_else(|| format!("{word}: env=NAME=VALUE"))?);
                }
                _ => break,
            }
            rest = more;
        }
        if rest.is_empty() {
            return Err("which command?".to_owned());
        }
        let command = self.tail(rest.len());
        let arguments = if arguments { Some(words::arguments(command)?) } else { None };
        Ok(Writer::object(|out| {
            match &arguments {
                Some(words) => out.array("CommandArgs", |list| words.iter().for_each(|word| list.string(word))),
                None => out.string("CommandLine", command),
            }
            let texts = [("User", user), ("WorkingDirectory", directory)];
            for (member, value) in texts.into_iter().filter_map(|(member, value)| Some((member, value?))) {
                out.string(member, value);
            }
            if !environment.is_empty() {
                out.object("Environment", |all| {
                    environment.iter().for_each(|(name, value)| all.string_named(name, value))
                });
            }
            if let Some(size) = console {
                out.boolean("EmulateConsole", true);
                if let Some((width, height)) = size {
                    out.array("ConsoleSize", |sides| {
                        [height, width].map(u64::from).iter().for_each(|side| sides.unsigned(*side))
                    });
                }
            }
            let flags = ["CreateStdInPipe", "CreateStdOutPipe", "CreateStdErrPipe", "CreateInUtilityVm"];
            for (flag, _) in
                flags.into_iter().zip([streams[0], streams[1], streams[2], in_machine]).filter(|flag| flag.1)
            {
                out.boolean(flag, true);
            }
        }))
    }

    /// What a call that gives process information has given. The streams are the story's from then on.
    pub(super) fn informed(
        &mut self,
        name: &str,
        process: &str,
        outcome: &Outcome,
        information: Option<ProcessInformation>,
    ) -> Result<String, String> {
        let Some(information) = information else { return Ok(told(outcome)) };
        let given = [information.std_input, information.std_output, information.std_error];
        if let Some(held) = self.actor(name)?.processes.get_mut(process) {
            for (stream, given) in held.streams.iter_mut().zip(given) {
                if given.is_some() {
                    *stream = given;
                }
            }
        }
        let names = ["stdin", "stdout", "stderr"].into_iter().zip(given);
        let streams: Vec<&str> = names.filter(|(_, given)| given.is_some()).map(|(name, _)| name).collect();
        let streams = if streams.is_empty() { "no streams".to_owned() } else { streams.join(", ") };
        Ok(format!("{}, process {} with {streams}", told(outcome), information.process_id))
    }

    pub(super) fn open_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [_, id, process] = words else { return Err("open-process SYSTEM PID NAME".to_owned()) };
        let id = id.parse().map_err(|_| format!("no number {id}"))?;
        let (client, _, system) = self.handle(name, words)?;
        let (code, handle) = client.open_process(system, id, GENERIC_ALL);
        if code.is_ok() {
            self.keep(name, process, handle)?;
        }
        Ok(code.to_string())
    }

    pub(super) fn process(&mut self, name: &str, words: &[&str]) -> Result<(Client, String, &mut Held), String> {
        let process = (*words.first().ok_or("which process?")?).to_owned();
        let actor = self.actor(name)?;
        let client = actor.client.clone();
        let held = actor.processes.get_mut(&process).ok_or_else(|| format!("{name} has no process {process}"))?;
        Ok((client, process, held))
    }

    // -- Changed, and ended.

    pub(super) fn signal(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "signal", words)
    }

    pub(super) fn kill(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "kill", words)
    }

    pub(super) fn resize(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "resize", words)
    }

    pub(super) fn process_modify(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "process-modify", words)
    }

    pub(super) fn process_info(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "process-info", words)
    }

    pub(super) fn process_properties(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.both(name, "process-properties", words)
    }

    pub(super) fn processes(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let system = *words.first().ok_or("of which system?")?;
        self.both(name, "properties", &[system, r#"{"PropertyTypes":["ProcessList"]}"#])
    }

    // -- Waited for.

    pub(super) fn watch_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process, held) = self.process(name, words)?;
        let handle = held.handle;
        let callback = self.listener(name, process);
        Ok(client.set_process_callback(handle, 0, Some(callback)).to_string())
    }

    pub(super) fn unwatch_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, _, held) = self.process(name, words)?;
        Ok(client.set_process_callback(held.handle, 0, None).to_string())
    }

    pub(super) fn wait_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let limit = words.get(1).map_or(Ok(INFINITE), |word| milliseconds(word))?;
        let (client, _, held) = self.process(name, words)?;
        Ok(told(&client.wait_for_process_exit(held.handle, limit)))
    }

    pub(super) fn close_process(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, process, _) = self.process(name, words)?;
        if let Some(held) = self.actor(name)?.processes.remove(&process) {
            held.close(&client);
        }
        Ok("done".to_owned())
    }
}

/// `80x25`
fn size(word: &str) -> Result<(u16, u16), String> {
    let sides = word.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| format!("no size {word}; 80x25 is width and height"))
}

/// The request that resizes a console.
fn size_request(word: &str) -> Result<String, String> {
    let (width, height) = size(word)?;
    Ok(Writer::object(|out| {
        out.string("Operation", "ConsoleSize");
        out.object("ConsoleSize", |out| {
            out.unsigned("Height", height.into());
            out.unsigned("Width", width.into());
        });
    }))
}

/// The options for a signal by name or number; a document is what it is.
pub(super) fn signal_options(word: &str) -> String {
    match word.parse() {
        _ if word.starts_with(['{', '[']) || matches!(word, "NULL" | "\"\"") => word.to_owned(),
        Ok(number) => Writer::object(|out| out.unsigned("Signal", number)),
        Err(_) => Writer::object(|out| out.string("Signal", word)),
    }
}
