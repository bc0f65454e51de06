//! The stage: the world of a story, and every command that a story can give.

mod client;
mod files;
mod process;
mod talk;
mod words;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{OperationHandle, SystemHandle};
use hcs_machine::guest::program::PROGRAMS;
use hcs_rules::build::Build;
use hcs_rules::guest::GuestOs;
use hcs_sim::{Client, Hold, Simulator};

use words::{seconds, split};

/// The programs that every guest has: how each is used, in which guests, what it does.
pub fn programs() -> impl Iterator<Item = String> {
    PROGRAMS.iter().map(|program| {
        let oses: Vec<&str> =
            GuestOs::ALL.iter().filter(|os| program.oses.contains(**os)).map(|os| os.name()).collect();
        format!("{} ({}): {}", program.usage, oses.join(", "), program.about)
    })
}

/// One command: its first word, or its second after a client's name, how it is used, and what it does.
#[derive(Debug)]
pub struct Command {
    /// The word that names it.
    pub word: &'static str,
    /// An example that can be run as it stands, after [`BEFORE_EXAMPLES`].
    pub example: &'static str,
    /// What it does.
    pub about: &'static str,
    run: Run,
}

impl Command {
    /// Whether a client gives it: then the client's name stands before the word.
    pub fn is_of_client(&self) -> bool {
        matches!(self.run, Run::Client(_))
    }
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
    World "fault" "fault Start nth=2 fail=ERROR_NO_SYSTEM_RESOURCES" "A rule of faults: a call, id= client= nth= probability=, and fail= refuse= as= delay= guest= or hang." Stage::fault;
    World "hold" "hold vm SystemExited" "Notifications of a system are held, all or of one event, until `release`." Stage::hold;
    World "release" "release" "Everything held is let go." Stage::release;
    World "drop" "drop vm SystemExited" "The next notification of a system is lost." Stage::drop_one;
    World "double" "double vm SystemExited" "The next notification of a system comes twice." Stage::double_one;
    World "guest-crash" "guest-crash vm" "The system's guest crashes." Stage::guest_crash;
    World "guest-off" "guest-off vm" "The system's guest powers itself off." Stage::guest_off;
    World "guest-reset" "guest-reset vm" "The system's guest restarts." Stage::guest_reset;
    World "guest-disconnect" "guest-disconnect vm" "The system's guest connection is lost." Stage::guest_disconnect;
    World "worker-crash" "worker-crash vm" "The system's worker process dies." Stage::worker_crash;
    World "rdp-mode" "rdp-mode vm" "The system's guest turns enhanced session mode on or off." Stage::rdp_mode;
    World "manager-starts" "manager-starts 0A7B1C2D-1111-2222-3333-444455556666" "The Hyper-V manager starts a machine of its own under this id." Stage::manager_starts;
    World "guest" "guest app.exe: stdout \"ready\"; after 3s exit 5" "Guests have a program of this name: steps between semicolons. `stdout TEXT`, `stderr TEXT`, `after TIME`, `read`, `expect TEXT`, `cat`, `exit N`, `crash N`, `forever`, `ignore signals`, `on SIGNAL STEP`, `spawn COMMAND`, `run COMMAND`, `flood BYTES`, `repeat N ( ... )`." Stage::guest;
    World "guest-gone" "guest-gone app.exe" "Guests have the program no more. What runs goes on." Stage::guest_gone;
    World "programs" "programs" "Shows the programs that every guest has." Stage::programs;
    World "process-exit" "process-exit web 1000 3" "A process of a system ends with a code, as if by itself." Stage::process_exit;
    World "hypervisor" "hypervisor off" "The host has a hypervisor, or none." Stage::hypervisor;
    World "endpoints" "endpoints any" "The endpoints of the host's network: their ids, or any." Stage::endpoints;
    World "state-file" "state-file C:\\saved.vmrs" "A file with a saved state is there, or gone." Stage::state_file;
    World "file" "file C:\\vms\\disk.vhdx" "A file is put on the host, with the words that follow `=`; or `gone`, `locked`, `unlocked`, `read-only`, `writable`, `denied`, `permitted`." Stage::file;
    World "folder" "folder C:\\vms" "A folder is put on the host, or `gone`." Stage::folder;
    World "volume" "volume D" "A volume appears; or `gone`, `read-only`, `writable`, `not-ready`, `ready`, `room` and a number of bytes." Stage::volume;
    World "tree" "tree C:\\ProgramData" "What is in a folder of the host and below it." Stage::tree;
    World "acl" "acl C:\\Windows" "The access control list of a file or folder of the host." Stage::acl;
    World "inspect" "inspect C:\\vms\\none.vmgs" "What is in a state file of the host." Stage::inspect;
    World "quirk" "quirk StateErrorsFromCall" "The host shows a behaviour where recordings conflict, or no more: `off`." Stage::quirk;
    World "profile" "profile loaded" "How fast the host is from now on." Stage::profile;
    World "resources" "resources vm" "What the system has that can be modified." Stage::resources;
    World "service" "service stop" "The compute service stops, or is back: `service return`." Stage::service;
    World "advance" "advance 5s" "Time passes." Stage::advance;
    World "settle" "settle" "Time passes until nothing is pending but what hangs." Stage::settle;
    World "digest" "digest" "The digest of everything so far." Stage::digest;
    World "finish" "finish" "The world ends, and tells what was wrong." Stage::finish;
    Client "create" "agent create second container" "Creates a system from a document: machine, connected, container, or JSON." Stage::create;
    Client "open" "agent open vm" "Opens a system by id." Stage::open;
    Client "start" "agent start vm" "Starts a system." Stage::start;
    Client "terminate" "agent terminate vm" "Terminates a system." Stage::terminate;
    Client "shutdown" "agent shutdown vm" "Asks the guest to shut down. Options may follow." Stage::shutdown;
    Client "crash" "agent crash vm" "Crashes the guest. Options may follow." Stage::crash;
    Client "pause" "agent pause vm" "Pauses a system. Options may follow." Stage::pause;
    Client "resume" "agent resume vm" "Resumes a system." Stage::resume;
    Client "save" "agent save vm {\"SaveType\":\"AsTemplate\"}" "Saves a paused system, by options." Stage::save;
    Client "modify" "agent modify vm {\"ResourcePath\":\"VirtualMachine/Devices/MappedPipes/p\",\"RequestType\":\"Add\"}" "Changes a system, by a request." Stage::modify;
    Client "service-properties" "agent service-properties" "Shows the service's own properties. A query may follow." Stage::service_properties;
    Client "service-modify" "agent service-modify {}" "Changes the service's settings, by a request." Stage::service_modify;
    Client "report" "agent report {}" "Submits a crash report." Stage::report;
    Client "create-in" "agent create-in third somewhere machine" "Creates a system in a namespace." Stage::create_in;
    Client "open-in" "agent open-in third somewhere" "Opens a system by id in a namespace." Stage::open_in;
    Client "list-in" "agent list-in somewhere" "Shows every system of a namespace. A query may follow." Stage::list_in;
    Client "properties" "agent properties vm" "Shows a system's properties. A query may follow." Stage::properties;
    Client "list" "agent list" "Shows every system. A query may follow." Stage::list;
    Client "watch" "agent watch vm" "Listens to a system's events." Stage::watch;
    Client "unwatch" "agent unwatch vm" "Listens no more." Stage::unwatch;
    Client "wait-exit" "agent wait-exit vm 1s" "Waits for a system's end, for this long." Stage::wait_exit;
    Client "run" "agent run web cmd /c echo hi" "Runs a command to its end, and shows its exit code and what it wrote. The words of `exec` may stand before the command." Stage::run_to_end;
    Client "exec" "agent exec web app env=A=b cwd=C:\\Windows cmd /k" "Makes a process and gives it a name. Before the command: no-stdin, no-stdout, no-stderr, console or console=WIDTHxHEIGHT, env=NAME=VALUE, cwd=, user=, in-machine, args (each word an argument, for Linux). Or the parameters as JSON." Stage::exec;
    Client "open-process" "agent open-process web 1000 again" "Opens a process of a system by its id, and gives it a name." Stage::open_process;
    Client "say" "agent say shell echo hi" "Writes a line to a process's input, or the bytes between quotation marks: \"a\\n\"." Stage::say;
    Client "hear" "agent hear shell" "Reads what a process has written, or waits for it. `err` is its standard error, `2 lines` so many, `all` everything to the end." Stage::hear;
    Client "close-stdin" "agent close-stdin shell" "Closes the client's end of a process's input." Stage::close_stdin;
    Client "close-output" "agent close-output shell" "Closes the client's end of a process's output, or with `err` of its standard error." Stage::close_output;
    Client "signal" "agent signal shell CtrlC" "Sends a process a signal: a name, a number, or options as JSON." Stage::signal;
    Client "kill" "agent kill shell" "Terminates a process. Options may follow." Stage::kill;
    Client "resize" "agent resize shell 100x40" "Gives a process's console another width and height." Stage::resize;
    Client "process-modify" "agent process-modify shell {\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"StdIn\"}}" "Changes a process, by a request." Stage::process_modify;
    Client "process-info" "agent process-info shell" "Asks for a process's id, and for the streams that were not handed out yet." Stage::process_info;
    Client "process-properties" "agent process-properties shell" "Shows a process's status." Stage::process_properties;
    Client "processes" "agent processes web" "Shows the processes of a system." Stage::processes;
    Client "watch-process" "agent watch-process shell" "Listens to a process's events." Stage::watch_process;
    Client "unwatch-process" "agent unwatch-process shell" "Listens no more." Stage::unwatch_process;
    Client "wait-process" "agent wait-process shell 1s" "Waits for a process's end, for this long." Stage::wait_process;
    Client "close-process" "agent close-process shell" "Closes a process's handle, and the streams that are still open." Stage::close_process;
    Client "begin" "agent begin start vm" "Begins a call on a system or a process, and does not wait." Stage::begin;
    Client "result" "agent result vm" "Reads the result of what was begun on the system or the process last." Stage::result;
    Client "wait" "agent wait vm 1s" "Waits for what was begun on the system or the process last, for this long or for ever." Stage::wait;
    Client "close" "agent close vm" "Closes the system's handle." Stage::close;
    Client "abandon" "agent abandon vm" "Closes the operation that was begun on the system or the process last; the request goes on." Stage::abandon;
    Client "use-closed" "agent use-closed" "Uses an operation after it was closed." Stage::use_closed;
    Client "guest-file" "agent guest-file C:\\ProgramData\\vm.vmgs" "Makes an empty guest state file." Stage::guest_file;
    Client "runtime-file" "agent runtime-file C:\\ProgramData\\vm.vmrs" "Makes an empty runtime state file." Stage::runtime_file;
    Client "requirements" "agent requirements C:\\ProgramData\\vm.vmrs" "Shows what processors a saved state needs." Stage::requirements;
    Client "grant" "agent grant vm C:\\ProgramData" "Gives a machine access to a file." Stage::grant;
    Client "revoke" "agent revoke vm C:\\ProgramData" "Takes a machine's access to a file back." Stage::revoke;
    Client "grant-group" "agent grant-group C:\\ProgramData" "Lets every machine read a file." Stage::grant_group;
    Client "revoke-group" "agent revoke-group C:\\ProgramData" "Takes that back." Stage::revoke_group;
    Client "call" "agent call HcsSystemControl" "Calls an export that is not modelled." Stage::unmodelled;
    Client "dies" "agent dies" "The client's process dies." Stage::dies;
}

/// What every example of a command may rely on: a machine that starts, a container that runs, a process in it.
pub const BEFORE_EXAMPLES: &[&str] = &[
    "client agent",
    "agent create web container",
    "agent start web",
    "agent exec web shell console=80x25 cmd",
    "agent create vm machine",
    "agent begin start vm",
];

/// A client of a story, with what it holds.
struct Actor {
    client: Client,
    systems: BTreeMap<String, SystemHandle>,
    /// By the names that the story gives them.
    processes: BTreeMap<String, process::Held>,
    begun: BTreeMap<String, (String, OperationHandle)>,
}

/// The world of a story.
pub struct Stage {
    sim: Simulator,
    actors: BTreeMap<String, Actor>,
    holds: Vec<Hold>,
    heard: Arc<Mutex<Vec<String>>>,
    /// The command that runs, for those that take the end of their line as it was written.
    line: String,
}

impl Stage {
    /// A new world; a stepped clock is not needed, because the story itself is the only thread.
    pub fn new(seed: Option<u64>, build: Option<u32>) -> Stage {
        let build = build.and_then(Build::from_number).unwrap_or(Build::SERVER_2022);
        let sim = Simulator::builder().seed(seed.unwrap_or(0)).on(build).transcript().start();
        Stage { sim, actors: BTreeMap::new(), holds: Vec::new(), heard: Arc::default(), line: String::new() }
    }

    /// Runs one command. What it gives, and what was heard meanwhile, is appended, in the order of time.
    pub fn command(&mut self, line: &str, out: &mut Vec<String>) {
        let words: Vec<&str> = split(line);
        line.clone_into(&mut self.line);
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

    /// The last so many words of the command, as they were written.
    fn tail(&self, count: usize) -> &str {
        words::tail(&self.line, count)
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
}

fn find(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.word == word)
}
