//! The stage: the world of a story, and every command that a story can give.

mod client;
mod disk;
mod files;
mod layer;
mod legacy;
mod process;
mod talk;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{DiskHandle, OperationHandle, SystemHandle};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_sim::director::{DIRECTIONS, Direction, Director, split};
use hcs_sim::{Client, Simulator};

use legacy::Older;
use words::seconds;

/// One command: its first word, or its second after a client's name, how it is used, and what it does.
#[derive(Clone, Copy, Debug)]
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
    World,
    Client(fn(&mut Stage, &str, &[&str]) -> Result<String, String>),
}

macro_rules! commands {
    ($($word:literal $example:literal $about:literal $run:path;)+) => {
        /// What a client of a story can do.
        const OF_CLIENTS: &[Command] =
            &[$(Command { word: $word, example: $example, about: $about, run: Run::Client($run) }),+];
    };
}

const CLIENT: Command = Command {
    word: "client",
    example: "client other",
    about: "A client appears: a process of this name. `as user` or `as hyper-v-administrator` limits its rights.",
    run: Run::World,
};

/// Every command of a story: those of the world first.
pub fn commands() -> impl Iterator<Item = Command> {
    let of_world =
        |told: &Direction| Command { word: told.word, example: told.example, about: told.about, run: Run::World };
    [CLIENT].into_iter().chain(DIRECTIONS.iter().map(of_world)).chain(OF_CLIENTS.iter().copied())
}

commands! {
    "create" "agent create second container" "Creates a system from a document: machine, connected, container, or JSON." Stage::create;
    "open" "agent open vm" "Opens a system by id." Stage::open;
    "start" "agent start vm" "Starts a system." Stage::start;
    "terminate" "agent terminate vm" "Terminates a system." Stage::terminate;
    "shutdown" "agent shutdown vm" "Asks the guest to shut down. Options may follow." Stage::shutdown;
    "crash" "agent crash vm" "Crashes the guest. Options may follow." Stage::crash;
    "pause" "agent pause vm" "Pauses a system. Options may follow." Stage::pause;
    "resume" "agent resume vm" "Resumes a system." Stage::resume;
    "save" "agent save vm {\"SaveType\":\"AsTemplate\"}" "Saves a paused system, by options." Stage::save;
    "modify" "agent modify vm {\"ResourcePath\":\"VirtualMachine/Devices/MappedPipes/p\",\"RequestType\":\"Add\"}" "Changes a system, by a request." Stage::modify;
    "service-properties" "agent service-properties" "Shows the service's own properties. A query may follow." Stage::service_properties;
    "service-modify" "agent service-modify {}" "Changes the service's settings, by a request." Stage::service_modify;
    "report" "agent report {}" "Submits a crash report." Stage::report;
    "create-in" "agent create-in third somewhere machine" "Creates a system in a namespace." Stage::create_in;
    "open-in" "agent open-in third somewhere" "Opens a system by id in a namespace." Stage::open_in;
    "list-in" "agent list-in somewhere" "Shows every system of a namespace. A query may follow." Stage::list_in;
    "properties" "agent properties vm" "Shows a system's properties. A query may follow." Stage::properties;
    "list" "agent list" "Shows every system. A query may follow." Stage::list;
    "watch" "agent watch vm" "Listens to a system's events." Stage::watch;
    "unwatch" "agent unwatch vm" "Listens no more." Stage::unwatch;
    "wait-exit" "agent wait-exit vm 1s" "Waits for a system's end, for this long." Stage::wait_exit;
    "run" "agent run web cmd /c echo hi" "Runs a command to its end, and shows its exit code and what it wrote. The words of `exec` may stand before the command." Stage::run_to_end;
    "exec" "agent exec web app env=A=b cwd=C:\\Windows cmd /k" "Makes a process and gives it a name. Before the command: no-stdin, no-stdout, no-stderr, console or console=WIDTHxHEIGHT, env=NAME=VALUE, cwd=, user=, in-machine, args (each word an argument, for Linux). Or the parameters as JSON." Stage::exec;
    "open-process" "agent open-process web 1000 again" "Opens a process of a system by its id, and gives it a name." Stage::open_process;
    "say" "agent say shell echo hi" "Writes a line to a process's input, or the bytes between quotation marks: \"a\\n\"." Stage::say;
    "hear" "agent hear shell" "Reads what a process has written, or waits for it. `err` is its standard error, `2 lines` so many, `all` everything to the end." Stage::hear;
    "close-stdin" "agent close-stdin shell" "Closes the client's end of a process's input." Stage::close_stdin;
    "close-output" "agent close-output shell" "Closes the client's end of a process's output, or with `err` of its standard error." Stage::close_output;
    "signal" "agent signal shell CtrlC" "Sends a process a signal: a name, a number, or options as JSON." Stage::signal;
    "kill" "agent kill shell" "Terminates a process. Options may follow." Stage::kill;
    "resize" "agent resize shell 100x40" "Gives a process's console another width and height." Stage::resize;
    "process-modify" "agent process-modify shell {\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"StdIn\"}}" "Changes a process, by a request." Stage::process_modify;
    "process-info" "agent process-info shell" "Asks for a process's id, and for the streams that were not handed out yet." Stage::process_info;
    "process-properties" "agent process-properties shell" "Shows a process's status." Stage::process_properties;
    "processes" "agent processes web" "Shows the processes of a system." Stage::processes;
    "watch-process" "agent watch-process shell" "Listens to a process's events." Stage::watch_process;
    "unwatch-process" "agent unwatch-process shell" "Listens no more." Stage::unwatch_process;
    "wait-process" "agent wait-process shell 1s" "Waits for a process's end, for this long." Stage::wait_process;
    "close-process" "agent close-process shell" "Closes a process's handle, and the streams that are still open." Stage::close_process;
    "begin" "agent begin start vm" "Begins a call on a system or a process, and does not wait." Stage::begin;
    "result" "agent result vm" "Reads the result of what was begun on the system or the process last." Stage::result;
    "wait" "agent wait vm 1s" "Waits for what was begun on the system or the process last, for this long or for ever." Stage::wait;
    "close" "agent close vm" "Closes the system's handle." Stage::close;
    "abandon" "agent abandon vm" "Closes the operation that was begun on the system or the process last; the request goes on." Stage::abandon;
    "use-closed" "agent use-closed" "Uses an operation after it was closed." Stage::use_closed;
    "guest-file" "agent guest-file C:\\ProgramData\\vm.vmgs" "Makes an empty guest state file." Stage::guest_file;
    "runtime-file" "agent runtime-file C:\\ProgramData\\vm.vmrs" "Makes an empty runtime state file." Stage::runtime_file;
    "requirements" "agent requirements C:\\ProgramData\\vm.vmrs" "Shows what processors a saved state needs." Stage::requirements;
    "grant" "agent grant vm C:\\ProgramData" "Gives a machine access to a file." Stage::grant;
    "revoke" "agent revoke vm C:\\ProgramData" "Takes a machine's access to a file back." Stage::revoke;
    "grant-group" "agent grant-group C:\\ProgramData" "Lets every machine read a file." Stage::grant_group;
    "revoke-group" "agent revoke-group C:\\ProgramData" "Takes that back." Stage::revoke_group;
    "create-disk" "agent create-disk C:\\ProgramData\\data.vhdx 20GB as data" "Makes a virtual disk and keeps it open, by its path or by a name: a size, `parent=PATH`, or `source=PATH`; `fixed`." Stage::create_disk;
    "open-disk" "agent open-disk C:\\ProgramData\\data.vhdx as again" "Opens a virtual disk, by its path or by a name. `information` and `no-parents` may follow." Stage::open_disk;
    "format-disk" "agent format-disk data" "Gives a disk a volume. Nobody else may have it open." Stage::format_disk;
    "attach-disk" "agent attach-disk data stays" "Attaches a disk: `read-only`; `stays` when its handles are closed." Stage::attach_disk;
    "mount-path" "agent mount-path data" "Shows where the volume of an attached disk is." Stage::mount_path;
    "physical-path" "agent physical-path data" "Shows where an attached disk is." Stage::physical_path;
    "open-device" "agent open-device \\\\.\\PhysicalDrive1 drive" "Opens an attached disk by its physical path, and gives it a name." Stage::open_device;
    "disk-information" "agent disk-information data" "Shows what a disk tells of itself." Stage::disk_information;
    "resize-disk" "agent resize-disk data 40GB" "Gives a disk another size, or makes it the `smallest`; `unsafe` loses what does not fit." Stage::resize_disk;
    "merge-disk" "agent merge-disk data" "Gives a disk's parent what the disk holds, or an ancestor so many steps up." Stage::merge_disk;
    "parent-of-disk" "agent parent-of-disk data C:\\ProgramData\\base.vhdx" "Tells a disk where its parent is now." Stage::parent_of_disk;
    "detach-disk" "agent detach-disk data" "Detaches a disk." Stage::detach_disk;
    "close-disk" "agent close-disk data" "Closes a disk's handle." Stage::close_disk;
    "import-layer" "agent import-layer C:\\layers\\base C:\\staged\\base" "Imports a layer from a folder in transport form. Its parents follow, the topmost first." Stage::import_layer;
    "export-layer" "agent export-layer C:\\layers\\base C:\\ProgramData" "Exports a layer to a folder. Its parents follow." Stage::export_layer;
    "export-changes" "agent export-changes data C:\\ProgramData C:\\layers\\base" "Exports what a mounted writable layer has changed. Its parents follow." Stage::export_changes;
    "destroy-layer" "agent destroy-layer C:\\layers\\base" "Removes a layer, or any folder." Stage::destroy_layer;
    "setup-base" "agent setup-base C:\\layers\\base" "Makes a base layer ready for containers." Stage::setup_base;
    "setup-machine" "agent setup-machine C:\\layers\\base\\UtilityVM data" "Makes a base layer ready for utility VMs, on a disk." Stage::setup_machine;
    "setup-volume" "agent setup-volume C:\\layers\\base data" "Makes a base layer ready on a volume." Stage::setup_volume;
    "initialize" "agent initialize data C:\\layers\\base" "Makes a volume that of a writable layer: its root, or the name of its disk. Its parents follow." Stage::initialize;
    "attach-filter" "agent attach-filter data C:\\layers\\base" "Lets a volume show what its parents have, which follow." Stage::attach_filter;
    "detach-filter" "agent detach-filter data" "Lets a volume show its own alone again." Stage::detach_filter;
    "create-on" "agent create-on second data C:\\layers\\base" "Creates a container on a volume: its root, or the name of its disk. Its layers follow, the topmost first." Stage::create_on;
    "create-isolated" "agent create-isolated second C:\\scratch C:\\layers\\base" "Creates an isolated container on the scratch in a folder. Its layers follow." Stage::create_isolated;
    "show" "agent show data" "Shows what is on the volume of a disk." Stage::show;
    "older-create" "agent older-create third container" "Creates a system through the older interface: pending, and then a notification once somebody listens." Stage::older_create;
    "older-open" "agent older-open vm" "Opens a system by id." Stage::older_open;
    "older-watch" "agent older-watch old" "Listens to a system's notifications. What has waited for that is told at once." Stage::older_watch;
    "older-unwatch" "agent older-unwatch old" "Listens to a system, or to a process, no more." Stage::older_unwatch;
    "older-start" "agent older-start old" "Starts a system. Options may follow, as of every call that is pending." Stage::older_start;
    "older-pause" "agent older-pause old" "Pauses a system." Stage::older_pause;
    "older-resume" "agent older-resume old" "Resumes a system." Stage::older_resume;
    "older-save" "agent older-save old {\"SaveType\":\"AsTemplate\"}" "Saves a paused system." Stage::older_save;
    "older-shutdown" "agent older-shutdown old" "Asks the guest to shut down: pending, until the system is over." Stage::older_shutdown;
    "older-terminate" "agent older-terminate old" "Terminates a system: pending, until it is over." Stage::older_terminate;
    "older-properties" "agent older-properties old" "Shows a system's properties. A query may follow." Stage::older_properties;
    "older-modify" "agent older-modify old {\"ResourcePath\":\"Container/Memory/SizeInMB\",\"RequestType\":\"Update\",\"Settings\":512}" "Changes a system, by a request." Stage::older_modify;
    "older-list" "agent older-list" "Shows every system. A query may follow." Stage::older_list;
    "older-close" "agent older-close old" "Closes a system's handle." Stage::older_close;
    "older-exec" "agent older-exec old app cmd" "Makes a process and gives it a name, by which `say`, `hear` and `close-stdin` know it. The words of `exec` may stand before the command." Stage::older_exec;
    "older-watch-process" "agent older-watch-process older" "Listens to a process's notification." Stage::older_watch_process;
    "older-signal" "agent older-signal older CtrlC" "Sends a process a signal." Stage::older_signal;
    "older-kill" "agent older-kill older" "Terminates a process." Stage::older_kill;
    "older-process-properties" "agent older-process-properties older" "Shows a process's status." Stage::older_process_properties;
    "older-close-process" "agent older-close-process older" "Closes a process's handle, and the streams that are still open." Stage::older_close_process;
    "call" "agent call HcsSystemControl" "Calls an export that is not modelled." Stage::unmodelled;
    "dies" "agent dies" "The client's process dies." Stage::dies;
}

/// What every example of a command may rely on: a machine that starts, a container that runs, a process in it, a disk.
pub const BEFORE_EXAMPLES: &[&str] = &[
    "client agent",
    "agent create web container",
    "agent start web",
    "agent exec web shell console=80x25 cmd",
    "agent create vm machine",
    "agent begin start vm",
    "agent create-disk C:\\ProgramData\\disk.vhdx 20GB as data",
    "agent older-create old {\"Container\":{}}",
    "agent older-watch old",
    "settle",
    "agent older-start old",
    "settle",
    "agent older-exec old older cmd",
];

/// A client of a story, with what it holds.
struct Actor {
    client: Client,
    systems: BTreeMap<String, SystemHandle>,
    /// By the names that the story gives them.
    processes: BTreeMap<String, process::Held>,
    begun: BTreeMap<String, (String, OperationHandle)>,
    /// By their paths, or the names that the story gives them.
    disks: BTreeMap<String, DiskHandle>,
    older: Older,
}

/// The world of a story.
pub struct Stage {
    sim: Simulator,
    director: Director,
    actors: BTreeMap<String, Actor>,
    heard: Arc<Mutex<Vec<String>>>,
    /// The command that runs, for those that take the end of their line as it was written.
    line: String,
}

impl Stage {
    /// A new world; a stepped clock is not needed, because the story itself is the only thread.
    pub fn new(seed: Option<u64>, build: Option<u32>) -> Stage {
        let build = build.and_then(Build::from_number).unwrap_or(Build::SERVER_2022);
        let sim = Simulator::builder().seed(seed.unwrap_or(0)).on(build).transcript().start();
        let director = Director::new(sim.clone());
        Stage { sim, director, actors: BTreeMap::new(), heard: Arc::default(), line: String::new() }
    }

    /// Runs one command. What it gives, and what was heard meanwhile, is appended, in the order of time.
    pub fn command(&mut self, line: &str, out: &mut Vec<String>) {
        let words: Vec<&str> = split(line);
        line.clone_into(&mut self.line);
        let told = match words.as_slice() {
            [] => return,
            ["client", rest @ ..] => self.client(rest),
            [word, ..] if Direction::by_word(word).is_some() => self.director.run(line),
            [name, word, rest @ ..] => match OF_CLIENTS.iter().find(|command| command.word == *word) {
                Some(_) if !self.actors.contains_key(*name) => Err(format!("no client {name}")),
                Some(Command { run: Run::Client(run), .. }) => run(self, name, rest),
                _ => Err(format!("unknown command {word}; `hcs-sim commands` lists them")),
            },
            [word] => Err(format!("unknown command {word}; `hcs-sim commands` lists them")),
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

    fn client(&mut self, words: &[&str]) -> Result<String, String> {
        let name = *words.first().ok_or("which name?")?;
        let rights = match words.get(1..) {
            Some(["as", "user"]) => Rights::User,
            Some(["as", "hyper-v-administrator"]) => Rights::HyperVAdministrator,
            Some([]) => Rights::Administrator,
            _ => return Err("as user, as hyper-v-administrator, or nothing".to_owned()),
        };
        let client = self.sim.client_as(name, rights);
        let actor = Actor {
            client,
            systems: BTreeMap::new(),
            processes: BTreeMap::new(),
            begun: BTreeMap::new(),
            disks: BTreeMap::new(),
            older: Older::default(),
        };
        self.actors.insert(name.to_owned(), actor);
        Ok(String::new())
    }

    /// The last so many words of the command, as they were written.
    fn tail(&self, count: usize) -> &str {
        hcs_sim::director::tail(&self.line, count)
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
