//! How programs run in processes: with which words and streams they begin, when they go on, what reaches them.
//!
//! A program inside runs for one stretch at a time, as an entry of the agenda; it says what it waits for, and is entered
//! again when that has come. A program outside acts through [`GuestRequest`], with the same means.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use hcs_rules::guest::{
    self, GuestOs, MOST_PROCESSES, PROGRAM_START, ProcessEnd, SIGKILL, SIGWINCH, Signal, is_ignored_by_default,
};
use hcs_rules::process::{LaunchFault, ProcessState, ProcessTrigger};
use hcs_rules::vocabulary::{Kind, OperationType, SystemState};

use crate::configuration::present;
use crate::document::{Document, Node};
use crate::effect::{Effect, Finding, GuestId, GuestReply, Reply, WaitId};
use crate::guest::program::Program;
use crate::guest::{Await, Given, Launch, Output, Pause, Reaction, Redirection, Surroundings, Taken};
use crate::host::{Host, Item};
use crate::input::{GuestRequest, Registered};
use crate::process::Process;
use crate::table::Key;
use crate::time::Time;
use crate::wait::{For, NOBODY};

/// Where a process's program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    /// Nowhere: not begun, or over.
    Nothing,
    /// Here.
    Inside(Box<Program>),
    /// Outside the machine.
    Outside,
}

/// One standard stream of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    /// None: input is at its end, output goes nowhere.
    None,
    /// Closed: output breaks.
    Closed,
    /// A stream to or from a client.
    Pipe(Key),
    /// A file of the guest's: input from this place on, or output to its end.
    File(Arc<str>, usize),
}

impl Output {
    const fn index(self) -> usize {
        match self {
            Output::Out => 1,
            Output::Err => 2,
        }
    }
}

impl Host {
    // -- Before a process begins.

    /// The operating system that a process in this system runs on.
    pub(crate) fn guest_os(&self, key: Key) -> GuestOs {
        let Some(system) = self.systems.get(key) else { return GuestOs::Windows };
        let linux = match system.kind {
            Kind::ProcessContainer => false,
            Kind::VirtualMachine | Kind::GuestVirtualMachine => {
                let chipset = |path: &[&str]| system.machine(path);
                let initrd = chipset(&["Chipset", "Uefi", "BootThis", "OptionalData"]).and_then(Node::as_str);
                chipset(&["Chipset", "LinuxKernelDirect"]).is_some()
                    || initrd.is_some_and(|options| options.contains("initrd="))
            }
            Kind::HyperVContainer => {
                let kind = system.member(&["ContainerType"]).and_then(Node::as_str);
                kind.is_some_and(|kind| kind.eq_ignore_ascii_case("linux"))
            }
            Kind::HostedContainer => match system.origin {
                Some(machine) if self.systems.get(machine).is_some() => {
                    return self.guest_os(machine);
                }
                _ => false,
            },
        };
        if linux { GuestOs::Linux } else { GuestOs::Windows }
    }

    /// What a process is started with: as the parameters say, and where they say nothing, as the container's own
    /// specification or the guest does.
    pub(crate) fn launch_of(&self, key: Key, os: GuestOs, parameters: Option<&Document>) -> Launch {
        let root = parameters.map(Document::root);
        let text = |name| root.and_then(|node| present(node, name)?.as_str()).filter(|text| !text.is_empty());
        // Clients of Linux containers send the process of the OCI specification, or rely on that of the container.
        let specified = root
            .and_then(|node| present(node, "OCIProcess"))
            .or_else(|| present(present(root?, "OCISpecification")?, "process"));
        let own = || {
            let system = self.systems.get(key)?;
            let specification = ["OCISpecification", "OciSpecification", "Spec"];
            let inside = |name| system.member(&[name]).or_else(|| system.member(&["HostedSystem", name]));
            present(specification.into_iter().find_map(inside)?, "process")
        };
        let oci = specified.or_else(|| match text("CommandLine").or(text("ApplicationName")) {
            None if root.and_then(|node| present(node, "CommandArgs")).is_none() => own(),
            _ => None,
        });
        let words = |node: Option<Node<'_>>| -> Arc<[Arc<str>]> {
            let words = node.map(|node| node.items().filter_map(Node::as_str).map(Arc::from).collect::<Vec<_>>());
            words.unwrap_or_default().into()
        };
        let arguments = match root.and_then(|node| present(node, "CommandArgs")) {
            Some(given) => words(Some(given)),
            None => words(oci.and_then(|process| present(process, "args"))),
        };
        let mut environment: BTreeMap<Arc<str>, Arc<str>> =
            guest::environment(os).iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
        let mut set = |name: &str, value: &str| {
            // The names of Windows variables are one whatever their case; the last one's spelling stays.
            if os == GuestOs::Windows {
                environment.retain(|known, _| !known.eq_ignore_ascii_case(name));
            }
            // An empty value makes no variable on Windows (observed).
            if !(os == GuestOs::Windows && value.is_empty()) {
                environment.insert(name.into(), value.into());
            }
        };
        for entry in oci.and_then(|process| present(process, "env")).into_iter().flat_map(Node::items) {
            if let Some((name, value)) = entry.as_str().and_then(|entry| entry.split_once('=')) {
                set(name, value);
            }
        }
        for (name, value) in root.and_then(|node| present(node, "Environment")).into_iter().flat_map(Node::members) {
            if let Some(value) = value.as_str() {
                set(name, value);
            }
        }
        let oci_directory = || present(oci?, "cwd")?.as_str();
        let oci_user = || present(present(oci?, "user")?, "username")?.as_str();
        Launch {
            os,
            application: text("ApplicationName").map(Arc::from),
            command_line: text("CommandLine").map(Arc::from),
            arguments,
            environment: Arc::new(environment),
            directory: text("WorkingDirectory").or_else(oci_directory).unwrap_or(guest::directory(os)).into(),
            user: text("User").or_else(oci_user).unwrap_or_default().into(),
        }
    }

    /// The program that the world has registered under a name.
    fn registered(&self, name: &str) -> Option<&Registered> {
        if self.programs.is_empty() { None } else { self.programs.get(&folded_program(name)) }
    }

    /// What stands against a process, of what the guest looks for in turn.
    pub(crate) fn launch_fault(&self, key: Key) -> Option<LaunchFault> {
        let process = self.processes.get(key)?;
        let launch = &process.launch;
        if process.in_machine && process.kind == Kind::ProcessContainer {
            return Some(LaunchFault::NoMachine);
        }
        if launch.os == GuestOs::Windows && !launch.arguments.is_empty() {
            return Some(LaunchFault::NotLinux);
        }
        let Some(name) = launch.program() else { return Some(LaunchFault::NoCommand) };
        if !guest::is_user(launch.os, &launch.user) {
            return Some(LaunchFault::UnknownUser);
        }
        if !is_absolute(launch.os, &launch.directory) {
            return Some(LaunchFault::NoDirectory);
        }
        let known = self.registered(&name).is_some() || Program::of(launch).is_some();
        (!known).then_some(LaunchFault::NoExecutable)
    }

    /// A process begins: it gets its id and its streams, and its program is on its way.
    pub(crate) fn start_process(&mut self, key: Key, asks: [bool; 3], effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        let (system, console) = (process.system, process.console.is_some());
        let [input, output, error] = asks;
        let pipe = |host: &mut Host, wanted: bool, to_guest| wanted.then(|| host.make_pipe(to_guest, key));
        let input = pipe(self, input, true);
        let output = pipe(self, output, false);
        // With an emulated console there is one screen: errors go where output goes.
        let error = if console { None } else { pipe(self, error, false) };
        let standard = |pipe: Option<Key>| pipe.map_or(Standard::None, Standard::Pipe);
        let folded = match (console, output) {
            (true, Some(screen)) => {
                self.share_pipe(screen, key);
                Standard::Pipe(screen)
            }
            _ => standard(error),
        };
        if let Some(process) = self.processes.get_mut(key) {
            process.standard = [standard(input), standard(output), folded];
            process.unclaimed = [input, output, error];
            if let Some(system) = self.systems.get_mut(system).filter(|_| !process.in_machine) {
                process.init = !std::mem::replace(&mut system.has_init, true);
            }
        }
        self.happen_to_process(ProcessTrigger::Created, key, None, effects);
        self.enter_process(system, key);
        self.begin_program(key, effects);
        let creator = self.processes.get(key).and_then(|process| process.creator);
        if creator.is_none_or(|handle| self.process_handles.get(handle).is_none()) {
            // The only handle that could have taken the streams was closed meanwhile.
            self.close_unclaimed(key, effects);
        }
    }

    /// A process gets its id, and is found by it.
    fn enter_process(&mut self, system: Key, key: Key) {
        let Some(entry) = self.systems.get(system) else { return };
        let os = self.processes.get(key).map_or(GuestOs::Windows, |process| process.os);
        let machine = entry.origin.filter(|_| entry.kind == Kind::HostedContainer).unwrap_or(system);
        let counts = match entry.kind {
            // A silo's processes are the host's.
            Kind::ProcessContainer => &mut self.process_count,
            _ => match self.systems.get_mut(machine) {
                Some(machine) => &mut machine.process_count,
                None => &mut self.process_count,
            },
        };
        let (first, step) = guest::process_ids(os);
        let id = first.wrapping_add(counts.wrapping_mul(step));
        *counts = counts.wrapping_add(1);
        let now = self.now;
        if let Some(process) = self.processes.get_mut(key) {
            process.id = id;
            process.began = now;
        }
        if let Some(system) = self.systems.get_mut(system) {
            system.processes.insert(id, key);
        }
    }

    /// The program of a process begins.
    fn begin_program(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        let launch = process.launch.clone();
        let frozen = self.is_standing(process.system);
        let name = launch.program().unwrap_or_default();
        let runs = match self.registered(&name) {
            Some(Registered::Outside) => {
                effects.push(Effect::Launch(GuestId(key), folded_program(&name), launch));
                Runs::Outside
            }
            Some(Registered::Script(script)) => Runs::Inside(Box::new(Program::script(script.clone(), &launch))),
            None => Program::of(&launch).map_or(Runs::Nothing, |program| Runs::Inside(Box::new(program))),
        };
        let begins = Time(self.guest_now(key).0).after(PROGRAM_START);
        if let Some(process) = self.processes.get_mut(key) {
            process.runs = runs;
        }
        self.set_waiting(key, Await { until: Some(begins), ..Await::default() });
        if frozen {
            self.happen_to_process(ProcessTrigger::Freeze, key, None, effects);
        }
    }

    /// Whether nothing runs in a system.
    pub(crate) fn is_standing(&self, system: Key) -> bool {
        self.systems.get(system).is_some_and(|system| !is_going(system.state)) || self.is_machine_paused(system)
    }

    fn is_machine_paused(&self, system: Key) -> bool {
        let Some(system) = self.systems.get(system).filter(|system| system.kind == Kind::HostedContainer) else {
            return false;
        };
        system.origin.and_then(|key| self.systems.get(key)).is_some_and(|machine| !is_going(machine.state))
    }

    // -- While it runs.

    /// The clock of a process's guest.
    fn guest_now(&self, key: Key) -> Time {
        let stood = self.processes.get(key).map_or(0, |process| match process.state {
            ProcessState::Frozen => process.stood + self.now.0.saturating_sub(process.stands_since.0),
            _ => process.stood,
        });
        Time(self.now.0.saturating_sub(stood))
    }

    /// What a program waits for, and when it runs again at the latest.
    fn set_waiting(&mut self, key: Key, awaits: Await) {
        self.cancel_run(key);
        let ready = self.is_any_ready(key, &awaits);
        let now = self.now;
        let Some(process) = self.processes.get_mut(key) else { return };
        process.awaits = awaits;
        if !matches!(process.runs, Runs::Inside(_)) || process.state == ProcessState::Frozen {
            return;
        }
        let stood = process.stood;
        let at = match awaits.until {
            _ if ready => now,
            Some(until) if until != Time::NEVER => Time(until.after(stood).0.max(now.0)),
            _ => return,
        };
        self.schedule_run(key, at);
    }

    fn schedule_run(&mut self, key: Key, at: Time) {
        self.cancel_run(key);
        let due = (at, self.next_sequence());
        if let Some(process) = self.processes.get_mut(key) {
            process.due = Some(due);
            self.agenda.insert(due, Item::Program(key));
        }
    }

    fn cancel_run(&mut self, key: Key) {
        if let Some(due) = self.processes.get_mut(key).and_then(|process| process.due.take()) {
            self.agenda.remove(&due);
        }
    }

    /// Whether any of the things that a program waits for is there already, time left aside.
    fn is_any_ready(&self, key: Key, awaits: &Await) -> bool {
        let Some(process) = self.processes.get(key) else { return false };
        let input = || match process.standard[0] {
            Standard::Pipe(pipe) => self.is_input_ready(pipe),
            _ => true,
        };
        let output = |to: Output| match process.standard[to.index()] {
            Standard::Pipe(pipe) => self.is_output_ready(pipe),
            _ => true,
        };
        (awaits.input && input())
            || awaits.output.is_some_and(output)
            || awaits.child.is_some_and(|child| process.exit_of(child).is_some())
    }

    /// A program runs for one stretch.
    pub(crate) fn run_program(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get_mut(key) else { return };
        process.due = None;
        if !matches!(process.state, ProcessState::Running | ProcessState::Terminating) {
            return;
        }
        process.awaits = Await::default();
        let mut program = match std::mem::replace(&mut process.runs, Runs::Nothing) {
            Runs::Inside(program) => program,
            other => {
                process.runs = other;
                return;
            }
        };
        let mut inside = Inside { host: self, key, effects, to_itself: Vec::new() };
        let pause = program.run(&mut inside);
        let to_itself = inside.to_itself;
        match self.processes.get_mut(key) {
            Some(process) if process.end.is_none() => process.runs = Runs::Inside(program),
            // What it did has ended it, with its system.
            _ => return,
        }
        match pause {
            Pause::Waits(awaits) => self.set_waiting(key, awaits),
            Pause::Exits(code) => self.program_ends(key, ProcessEnd::ByItself, code, effects),
            Pause::Crashes(number) => self.program_ends(key, ProcessEnd::Crashed, number, effects),
        }
        for signal in to_itself {
            self.send_or_kill(key, signal, effects);
        }
    }

    fn program_ends(&mut self, key: Key, end: ProcessEnd, number: u32, effects: &mut Vec<Effect>) {
        if self.is_alive_process(key) {
            self.happen_to_process(ProcessTrigger::ProgramEnd, key, Some((end, number)), effects);
        }
    }

    fn is_alive_process(&self, key: Key) -> bool {
        use ProcessState::{Frozen, Running, Terminating};
        self.processes.get(key).is_some_and(|process| matches!(process.state, Running | Frozen | Terminating))
    }

    /// A program goes on: something that it may wait for has come.
    fn wake_program(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get_mut(key) else { return };
        match process.runs {
            Runs::Inside(_) if process.state != ProcessState::Frozen => {
                if process.due.is_none_or(|(at, _)| at > self.now) {
                    self.schedule_run(key, self.now);
                }
            }
            Runs::Outside if process.state != ProcessState::Frozen => {
                for wait in std::mem::take(&mut process.waits) {
                    self.wake(wait, Reply::Guest(GuestReply::Again), effects);
                }
            }
            _ => {}
        }
    }

    /// A stream that a process has an end of has bytes, or room.
    pub(crate) fn stream_is_ready(&mut self, key: Key, pipe: Key, to_guest: bool, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        let is = |standard: &Standard| *standard == Standard::Pipe(pipe);
        let wanted = match to_guest {
            true => process.awaits.input && is(&process.standard[0]),
            false => process.awaits.output.is_some_and(|to| is(&process.standard[to.index()])),
        };
        if wanted {
            self.wake_program(key, effects);
        }
    }

    /// A child is over: its parent may ask for the code.
    pub(crate) fn child_is_over(&mut self, parent: Key, child: u32, code: u32, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get_mut(parent) else { return };
        process.children.is_over(child, code);
        if process.awaits.child == Some(child) {
            self.wake_program(parent, effects);
        }
    }

    /// The system of a process is paused: its clock stands.
    pub(crate) fn stop_clock(&mut self, key: Key) {
        self.cancel_run(key);
        let now = self.now;
        if let Some(process) = self.processes.get_mut(key) {
            process.stands_since = now;
        }
    }

    /// The system is resumed: the clock goes on from where it stood.
    pub(crate) fn continue_clock(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(process) = self.processes.get_mut(key) else { return };
        process.stood += now.0.saturating_sub(process.stands_since.0);
        let (awaits, late) = (process.awaits, std::mem::take(&mut process.late));
        if process.runs == Runs::Outside {
            self.wake_program(key, effects);
        } else {
            self.set_waiting(key, awaits);
        }
        for signal in late {
            self.deliver(key, signal, effects);
        }
    }

    /// The program of a process that is over stops, and gives its streams back.
    pub(crate) fn stop_program(&mut self, key: Key, effects: &mut Vec<Effect>) {
        self.cancel_run(key);
        let Some(process) = self.processes.get_mut(key) else { return };
        process.runs = Runs::Nothing;
        let standard = std::mem::replace(&mut process.standard, [const { Standard::None }; 3]);
        for wait in std::mem::take(&mut process.waits) {
            self.wake(wait, Reply::Guest(GuestReply::Over), effects);
        }
        for stream in standard {
            if let Standard::Pipe(pipe) = stream {
                self.release_pipe(pipe, key, effects);
            }
        }
    }

    /// One standard stream of a process is closed from outside, or by its program.
    pub(crate) fn close_standard(&mut self, key: Key, stream: usize, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get_mut(key) else { return };
        let closed = if stream == 0 { Standard::None } else { Standard::Closed };
        if process.standard[stream] == Standard::None {
            return;
        }
        if let Standard::Pipe(pipe) = std::mem::replace(&mut process.standard[stream], closed) {
            self.release_pipe(pipe, key, effects);
        }
        self.wake_program(key, effects);
    }

    /// The console of a process has another size, of which Linux tells by a signal.
    pub(crate) fn console_has_changed(&mut self, key: Key, effects: &mut Vec<Effect>) {
        if self.processes.get(key).is_some_and(|process| process.os == GuestOs::Linux) {
            self.deliver(key, Signal::Number(SIGWINCH), effects);
        }
    }

    /// A signal reaches a process: its program takes it, or the guest does what it does with those that do not.
    pub(crate) fn deliver(&mut self, key: Key, signal: Signal, effects: &mut Vec<Effect>) {
        if !self.is_alive_process(key) {
            return;
        }
        let kills = signal == Signal::Number(SIGKILL);
        let Some(process) = self.processes.get_mut(key) else { return };
        if process.state == ProcessState::Frozen {
            // It was on its way when the system was paused.
            if process.late.len() < MOST_SIGNALS {
                process.late.push(signal);
            }
            return;
        }
        let reaction = match (&mut process.runs, &mut process.signals) {
            _ if kills => Reaction::Default,
            (Runs::Inside(program), _) => program.signal(signal),
            (Runs::Outside, Some(waiting)) => {
                // A program that takes none for long loses the oldest.
                if waiting.len() >= MOST_SIGNALS {
                    waiting.pop_front();
                }
                waiting.push_back(signal);
                Reaction::Handled
            }
            _ => Reaction::Default,
        };
        match (reaction, signal) {
            (Reaction::Handled, _) => self.wake_program(key, effects),
            (Reaction::Default, Signal::Number(number)) if is_ignored_by_default(number) => {}
            (Reaction::Default, Signal::Number(_)) if kills => {
                self.program_ends(key, ProcessEnd::Killed, 0, effects);
            }
            (Reaction::Default, Signal::Number(number)) => {
                self.program_ends(key, ProcessEnd::Signalled, number.into(), effects);
            }
            (Reaction::Default, Signal::Console(_)) => {
                // Whoever shares the console hears of it. A program that takes the signal passes it on itself.
                let children = self.children_of(key);
                self.program_ends(key, ProcessEnd::Signalled, 0, effects);
                for child in children {
                    self.deliver(child, signal, effects);
                }
            }
        }
    }

    /// The children of a process that are alive.
    fn children_of(&self, key: Key) -> Vec<Key> {
        let Some(process) = self.processes.get(key) else { return Vec::new() };
        let Some(system) = self.systems.get(process.system) else { return Vec::new() };
        process.children.living.iter().filter_map(|id| system.processes.get(id).copied()).collect()
    }

    fn send_or_kill(&mut self, key: Key, signal: Option<Signal>, effects: &mut Vec<Effect>) {
        match signal {
            Some(signal) => self.deliver(key, signal, effects),
            None => self.program_ends(key, ProcessEnd::Killed, 0, effects),
        }
    }

    /// A process of this id in a system ends, because the world says so.
    pub(crate) fn end_process(&mut self, system: Key, id: u32, code: u32, effects: &mut Vec<Effect>) -> bool {
        let Some(key) = self.systems.get(system).and_then(|system| system.processes.get(&id).copied()) else {
            return false;
        };
        let alive = self.is_alive_process(key);
        alive && self.happen_to_process(ProcessTrigger::ProgramEnd, key, Some((ProcessEnd::ByItself, code)), effects)
    }

    // -- What a program does, wherever it runs.

    fn program_reads(&mut self, key: Key, limit: usize, effects: &mut Vec<Effect>) -> Given {
        let Some(process) = self.processes.get(key) else { return Given::End };
        match &process.standard[0] {
            Standard::Pipe(pipe) => {
                let pipe = *pipe;
                self.guest_read(pipe, limit, effects)
            }
            Standard::File(path, at) => {
                let (path, at) = (path.clone(), *at);
                let bytes = self.files_of(key).and_then(|files| files.read(&path));
                let rest = bytes.and_then(|bytes| bytes.get(at..)).unwrap_or_default();
                let taken = rest[..limit.min(rest.len())].to_vec();
                if taken.is_empty() {
                    return Given::End;
                }
                if let Some(process) = self.processes.get_mut(key) {
                    process.standard[0] = Standard::File(path, at + taken.len());
                }
                Given::Bytes(taken)
            }
            Standard::None | Standard::Closed => Given::End,
        }
    }

    fn program_writes(&mut self, key: Key, to: Output, bytes: &[u8], effects: &mut Vec<Effect>) -> Taken {
        let Some(process) = self.processes.get(key) else { return Taken::Broken };
        match &process.standard[to.index()] {
            Standard::Pipe(pipe) => {
                let pipe = *pipe;
                self.guest_write(pipe, bytes, effects)
            }
            Standard::File(path, _) => {
                let path = path.clone();
                let written = self.files_of_mut(key).is_some_and(|files| files.write(&path, bytes, true));
                if written { Taken::Bytes(bytes.len()) } else { Taken::Broken }
            }
            Standard::None => Taken::Bytes(bytes.len()),
            Standard::Closed => Taken::Broken,
        }
    }

    /// A child begins. It inherits what is not redirected.
    fn program_spawns(
        &mut self,
        key: Key,
        launch: Launch,
        streams: [Redirection; 3],
        effects: &mut Vec<Effect>,
    ) -> Option<u32> {
        let name = launch.program()?;
        if self.registered(&name).is_none() && Program::of(&launch).is_none() {
            return None;
        }
        let parent = self.processes.get(key)?;
        let system = parent.system;
        if self.systems.get(system)?.processes.len() >= MOST_PROCESSES {
            return None;
        }
        let inherited = parent.standard.clone();
        // Member by member: a copy of the parent would bring all its children with it.
        let child = Process {
            system,
            kind: parent.kind,
            os: parent.os,
            state: ProcessState::Running,
            id: 0,
            image: launch.image().into(),
            init: false,
            in_machine: parent.in_machine,
            parent: Some(key),
            children: Children::default(),
            launch: Arc::new(launch),
            runs: Runs::Nothing,
            standard: [const { Standard::None }; 3],
            unclaimed: [None; 3],
            creator: None,
            console: parent.console,
            awaits: Await::default(),
            due: None,
            waits: Vec::new(),
            signals: None,
            late: Vec::new(),
            began: parent.began,
            stood: parent.stood,
            stands_since: parent.stands_since,
            end: None,
            handles: Vec::new(),
            object: parent.object,
            ordinals: [0; OperationType::COUNT],
        };
        let child = self.processes.insert(child);
        let directed = |index: usize| match &streams[index] {
            Redirection::Inherit => inherited[index].clone(),
            Redirection::Like(output) => inherited[output.index()].clone(),
            Redirection::Null => Standard::None,
            Redirection::File(path) => Standard::File(path.clone(), 0),
        };
        let standard = [directed(0), directed(1), directed(2)];
        for stream in &standard {
            if let Standard::Pipe(pipe) = stream {
                self.share_pipe(*pipe, child);
            }
        }
        if let Some(process) = self.processes.get_mut(child) {
            process.standard = standard;
        }
        self.enter_process(system, child);
        let entry = self.processes.get_mut(child)?;
        let id = entry.id;
        entry.object ^= u64::from(id).wrapping_mul(0xA076_1D64_78BD_642F);
        if let Some(parent) = self.processes.get_mut(key) {
            parent.children.living.insert(id);
        }
        self.begin_program(child, effects);
        Some(id)
    }

    fn files_of(&self, key: Key) -> Option<&Files> {
        let process = self.processes.get(key)?;
        self.systems.get(process.system)?.files.as_deref()
    }

    fn files_of_mut(&mut self, key: Key) -> Option<&mut Files> {
        let process = self.processes.get(key)?;
        let os = process.os;
        let system = self.systems.get_mut(process.system)?;
        Some(system.files.get_or_insert_with(|| Box::new(Files { os, ..Files::default() })))
    }

    fn path_of(&self, key: Key, path: &str) -> Arc<str> {
        let Some(process) = self.processes.get(key) else { return path.into() };
        match is_absolute(process.os, path) {
            true => path.into(),
            false => {
                let separator = if process.os == GuestOs::Windows { '\\' } else { '/' };
                let directory = process.launch.directory.trim_end_matches(['\\', '/']);
                format!("{directory}{separator}{path}").into()
            }
        }
    }

    // -- Programs outside.

    /// A program outside acts. While its system is paused every request waits, and is to be made again.
    pub(crate) fn guest(&mut self, guest: GuestId, request: &GuestRequest, effects: &mut Vec<Effect>) -> Reply {
        let key = guest.0;
        let over = Reply::Guest(GuestReply::Over);
        let Some(process) = self.processes.get(key).filter(|process| process.runs == Runs::Outside) else {
            return over;
        };
        if process.state == ProcessState::Frozen {
            return Reply::Blocked(WaitId(self.block_without_end(NOBODY, For::Guest(key))));
        }
        Reply::Guest(match request {
            GuestRequest::Read { limit } => GuestReply::Given(self.program_reads(key, *limit as usize, effects)),
            GuestRequest::Write { to, bytes } => GuestReply::Taken(self.program_writes(key, *to, bytes, effects)),
            GuestRequest::Close { of } => {
                self.close_standard(key, of.index(), effects);
                GuestReply::Done(true)
            }
            GuestRequest::Wait(awaits) => {
                let signalled = process.signals.as_ref().is_some_and(|signals| !signals.is_empty());
                let passed = awaits.until.is_some_and(|until| until <= self.guest_now(key));
                if signalled || passed || self.is_any_ready(key, awaits) {
                    return Reply::Guest(GuestReply::Again);
                }
                let at = awaits.until.map_or(Time::NEVER, |until| until.after(process.stood));
                if let Some(process) = self.processes.get_mut(key) {
                    process.awaits = *awaits;
                }
                return Reply::Blocked(WaitId(self.block_until(NOBODY, For::Guest(key), at)));
            }
            GuestRequest::HandleSignals { handles } => {
                if let Some(process) = self.processes.get_mut(key) {
                    process.signals = handles.then(|| process.signals.take().unwrap_or_default());
                }
                GuestReply::Done(true)
            }
            GuestRequest::TakeSignal => {
                let process = self.processes.get_mut(key);
                GuestReply::Signal(process.and_then(|process| process.signals.as_mut()?.pop_front()))
            }
            GuestRequest::Clock => GuestReply::Clock(self.guest_now(key)),
            GuestRequest::Console => GuestReply::Console(process.console),
            GuestRequest::ReadFile { path } => {
                let path = self.path_of(key, path);
                GuestReply::File(self.files_of(key).and_then(|files| files.read(&path)).map(Arc::from))
            }
            GuestRequest::WriteFile { path, bytes, append } => {
                let path = self.path_of(key, path);
                GuestReply::Done(self.files_of_mut(key).is_some_and(|files| files.write(&path, bytes, *append)))
            }
            GuestRequest::Spawn { command_line } => {
                let launch = Launch {
                    application: None,
                    command_line: Some(command_line.clone()),
                    arguments: Arc::default(),
                    ..Launch::clone(&process.launch)
                };
                let streams = [Redirection::Inherit, Redirection::Inherit, Redirection::Inherit];
                GuestReply::Child(self.program_spawns(key, launch, streams, effects))
            }
            GuestRequest::ExitOf { child } => GuestReply::Code(process.exit_of(*child)),
            GuestRequest::End { code } => {
                self.program_ends(key, ProcessEnd::ByItself, *code, effects);
                GuestReply::Over
            }
            GuestRequest::Crash { exception } => {
                self.program_ends(key, ProcessEnd::Crashed, *exception, effects);
                GuestReply::Over
            }
        })
    }
}

impl Process {
    /// The exit code of a child that is over.
    fn exit_of(&self, child: u32) -> Option<u32> {
        self.children.over.get(&child).copied()
    }
}

/// The name under which a program is registered: in whatever case it is asked for, with `.exe` or without.
pub fn folded_program(name: &str) -> Arc<str> {
    let folded = name.to_lowercase();
    [".exe", ".com"].iter().find_map(|end| folded.strip_suffix(end)).unwrap_or(&folded).into()
}

/// Whether programs in a system of this state run: what has been asked to stop or is being saved is not what stands.
const fn is_going(state: SystemState) -> bool {
    !matches!(state, SystemState::Paused | SystemState::Resuming | SystemState::Saving | SystemState::Template)
}

/// How many signals a program may leave untaken.
const MOST_SIGNALS: usize = 64;

/// The processes that one has started inside, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Children {
    living: BTreeSet<u32>,
    /// The exit codes of those that are over.
    over: BTreeMap<u32, u32>,
    /// In which order they ended.
    order: VecDeque<u32>,
}

impl Children {
    /// One is over. Its code is kept for whoever asks late, but not for ever.
    fn is_over(&mut self, child: u32, code: u32) {
        if self.living.remove(&child) {
            self.over.insert(child, code);
            self.order.push_back(child);
            if self.order.len() > MOST_CHILDREN
                && let Some(first) = self.order.pop_front()
            {
                self.over.remove(&first);
            }
        }
    }
}

/// How many children a process remembers, once they are over.
const MOST_CHILDREN: usize = 4096;

/// Whether a path begins at a root.
fn is_absolute(os: GuestOs, path: &str) -> bool {
    let bytes = path.as_bytes();
    match os {
        GuestOs::Windows => {
            let drive = bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
            (drive && matches!(bytes[2], b'\\' | b'/')) || matches!(bytes.first(), Some(b'\\' | b'/'))
        }
        GuestOs::Linux => bytes.first() == Some(&b'/'),
    }
}

/// The files that programs of a system have written. What an image brings is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    os: GuestOs,
    files: BTreeMap<String, Arc<Vec<u8>>>,
    length: usize,
}

impl Default for Files {
    fn default() -> Files {
        Files { os: GuestOs::Windows, files: BTreeMap::new(), length: 0 }
    }
}

impl Files {
    fn name(&self, path: &str) -> String {
        match self.os {
            GuestOs::Windows => path.replace('/', "\\").to_lowercase(),
            GuestOs::Linux => path.to_owned(),
        }
    }

    fn read(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&self.name(path)).map(|bytes| bytes.as_slice())
    }

    fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        let name = self.name(path);
        let before = self.files.get(&name).map_or(0, |old| old.len());
        let kept = if append { before } else { 0 };
        let length = self.length - before + kept + bytes.len();
        if length > guest::MOST_FILE_BYTES {
            return false;
        }
        self.length = length;
        let file = Arc::make_mut(self.files.entry(name).or_default());
        if !append {
            file.clear();
        }
        file.extend_from_slice(bytes);
        true
    }

    fn remove(&mut self, path: &str) -> bool {
        let gone = self.files.remove(&self.name(path));
        self.length -= gone.as_ref().map_or(0, |bytes| bytes.len());
        gone.is_some()
    }

    fn has_under(&self, path: &str) -> bool {
        let mut folder = self.name(path.trim_end_matches(['\\', '/']));
        folder.push(if self.os == GuestOs::Windows { '\\' } else { '/' });
        self.files.range(folder.clone()..).next().is_some_and(|(name, _)| name.starts_with(&folder))
    }
}

/// The surroundings of a program that runs inside.
struct Inside<'a> {
    host: &'a mut Host,
    key: Key,
    effects: &'a mut Vec<Effect>,
    /// Signals that the program sends to itself, which reach it when it pauses.
    to_itself: Vec<Option<Signal>>,
}

impl Inside<'_> {
    fn process(&self) -> Option<&Process> {
        self.host.processes.get(self.key)
    }
}

impl Surroundings for Inside<'_> {
    fn now(&self) -> Time {
        self.host.guest_now(self.key)
    }

    fn id(&self) -> u32 {
        self.process().map_or(0, |process| process.id)
    }

    fn read(&mut self, limit: usize) -> Given {
        self.host.program_reads(self.key, limit, self.effects)
    }

    fn write(&mut self, to: Output, bytes: &[u8]) -> Taken {
        self.host.program_writes(self.key, to, bytes, self.effects)
    }

    fn console(&self) -> Option<(u16, u16)> {
        self.process()?.console
    }

    fn read_file(&self, path: &str) -> Option<Arc<[u8]>> {
        self.host.files_of(self.key)?.read(&self.host.path_of(self.key, path)).map(Arc::from)
    }

    fn write_file(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        let path = self.host.path_of(self.key, path);
        self.host.files_of_mut(self.key).is_some_and(|files| files.write(&path, bytes, append))
    }

    fn remove_file(&mut self, path: &str) -> bool {
        let path = self.host.path_of(self.key, path);
        self.host.files_of_mut(self.key).is_some_and(|files| files.remove(&path))
    }

    fn is_directory(&self, path: &str) -> bool {
        let Some(process) = self.process() else { return false };
        let path = self.host.path_of(self.key, path);
        let own = [&*process.launch.directory, guest::directory(process.os)];
        let same = |known: &str| {
            let trimmed = |path: &str| path.trim_end_matches(['\\', '/']).replace('/', "\\").to_lowercase();
            trimmed(known) == trimmed(&path)
        };
        own.into_iter().chain(guest::directories(process.os).iter().copied()).any(same)
            || self.host.files_of(self.key).is_some_and(|files| files.has_under(&path))
    }

    fn spawn(&mut self, launch: Launch, streams: [Redirection; 3]) -> Option<u32> {
        let full = |host: &Host, stream| match stream {
            Redirection::File(path) => Redirection::File(host.path_of(self.key, &path)),
            other => other,
        };
        let streams = streams.map(|stream| full(self.host, stream));
        self.host.program_spawns(self.key, launch, streams, self.effects)
    }

    fn exit_of(&mut self, child: u32) -> Option<u32> {
        self.process()?.exit_of(child)
    }

    fn send(&mut self, process: u32, signal: Option<Signal>) -> bool {
        if process == self.id() {
            self.to_itself.push(signal);
            return true;
        }
        let system = self.process().and_then(|own| self.host.systems.get(own.system));
        let Some(target) = system.and_then(|system| system.processes.get(&process).copied()) else { return false };
        let alive = self.host.is_alive_process(target);
        if alive {
            self.host.send_or_kill(target, signal, self.effects);
        }
        alive
    }

    fn host_name(&self) -> Option<Arc<str>> {
        let system = self.host.systems.get(self.process()?.system)?;
        let named = system.container(&["GuestOs", "HostName"]).or_else(|| system.member(&["HostName"]));
        Some(named.and_then(Node::as_str).filter(|name| !name.is_empty())?.into())
    }

    fn version(&self) -> Option<Arc<str>> {
        let windows = self.process()?.os == GuestOs::Windows;
        windows.then(|| guest::windows_version(self.host.build).into())
    }

    fn not_modelled(&mut self, what: &'static str) {
        self.effects.push(Effect::Finding(Finding::UnmodelledProgram(self.id(), what)));
    }
}
