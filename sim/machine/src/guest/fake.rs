//! A small guest for tests: a clock, files, pipes with little room, and children that are programs themselves.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hcs_rules::guest::{GuestOs, ProcessEnd, Signal, exit_code, is_ignored_by_default, process_ids};

use crate::guest::program::Program;
use crate::guest::{Await, Given, Launch, Output, Pause, Reaction, Redirection, Surroundings, Taken};
use crate::time::Time;

/// Children that a test may have at the same time.
const MOST_PROCESSES: usize = 64;
/// What all files together may hold.
const MOST_BYTES: usize = 1 << 20;

pub(super) fn launch(os: GuestOs, words: &[&str]) -> Launch {
    Launch {
        os,
        application: None,
        command_line: None,
        arguments: words.iter().map(|word| Arc::from(*word)).collect(),
        environment: Arc::new(BTreeMap::from([(Arc::from("HOME"), Arc::from("/root"))])),
        directory: Arc::from(if os == GuestOs::Windows { "C:\\" } else { "/" }),
        user: Arc::from(""),
    }
}

pub(super) fn windows(line: &str) -> Launch {
    Launch { command_line: Some(Arc::from(line)), ..launch(GuestOs::Windows, &[]) }
}

pub(super) fn linux(line: &str) -> Launch {
    Launch { command_line: Some(Arc::from(line)), ..launch(GuestOs::Linux, &[]) }
}

#[derive(Clone, Debug, PartialEq)]
struct Process {
    program: Program,
    launch: Launch,
    input: Source,
    outputs: [Sink; 2],
    waits: Await,
    started: bool,
    exit: Option<u32>,
    /// When it ran last, and how often at that moment.
    ran: (Time, u32),
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Own,
    Null,
    File(Arc<str>, usize),
}

#[derive(Clone, Debug, PartialEq)]
enum Sink {
    Own(Output),
    Null,
    File(Arc<str>),
}

/// The guest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Guest {
    os: GuestOs,
    pub(super) now: Time,
    processes: BTreeMap<u32, Process>,
    next_id: u32,
    pub(super) files: BTreeMap<String, Arc<[u8]>>,
    pub(super) console: Option<(u16, u16)>,
    /// What standard input has for the programs, and whether more may come.
    pub(super) input: VecDeque<u8>,
    pub(super) open: bool,
    /// How much a pipe holds.
    pub(super) room: usize,
    pipes: [Vec<u8>; 2],
    /// Nobody reads the output.
    pub(super) broken: bool,
    /// What was read of each output.
    pub(super) read: [Vec<u8>; 2],
    pub(super) unmodelled: Vec<&'static str>,
    pub(super) runs: u64,
    /// Programs were let run before they had to.
    nudged: bool,
}

impl Guest {
    pub(super) fn new(launch: &Launch) -> Guest {
        let mut guest = Guest {
            os: launch.os,
            now: Time::ZERO,
            processes: BTreeMap::new(),
            next_id: process_ids(launch.os).0,
            files: BTreeMap::new(),
            console: None,
            input: VecDeque::new(),
            open: false,
            room: usize::MAX,
            pipes: [Vec::new(), Vec::new()],
            broken: false,
            read: [Vec::new(), Vec::new()],
            unmodelled: Vec::new(),
            runs: 0,
            nudged: false,
        };
        let program = Program::of(launch).unwrap_or_else(|| panic!("no program: {launch:?}"));
        guest.start(program, launch, Source::Own, [Sink::Own(Output::Out), Sink::Own(Output::Err)]);
        guest
    }

    fn start(&mut self, program: Program, launch: &Launch, input: Source, outputs: [Sink; 2]) -> u32 {
        let id = self.next_id;
        self.next_id += process_ids(self.os).1;
        let waits = Await::default();
        let launch = launch.clone();
        self.processes.insert(
            id,
            Process { program, launch, input, outputs, waits, started: false, exit: None, ran: (Time::ZERO, 0) },
        );
        id
    }

    /// The id of the first process.
    pub(super) fn first(&self) -> u32 {
        process_ids(self.os).0
    }

    pub(super) fn code(&self) -> Option<u32> {
        self.processes[&self.first()].exit
    }

    /// The processes that are not over.
    pub(super) fn alive(&self) -> Vec<String> {
        self.processes.values().filter(|process| process.exit.is_none()).map(|process| process.launch.image()).collect()
    }

    pub(super) fn set_program(&mut self, program: Program) {
        let first = self.first();
        self.processes.get_mut(&first).unwrap().program = program;
    }

    pub(super) fn out(&self) -> String {
        String::from_utf8_lossy(&self.read[0]).into_owned()
    }

    pub(super) fn err(&self) -> String {
        String::from_utf8_lossy(&self.read[1]).into_owned()
    }

    /// Runs until nothing is left to do before this moment, or so many runs have been.
    pub(super) fn run(&mut self, until: Time, mut runs: u64) -> &mut Guest {
        while runs > 0 {
            if let Some(id) = self.processes.keys().copied().find(|id| self.is_ready(*id)) {
                self.run_one(id);
                runs -= 1;
                continue;
            }
            if self.pipes.iter().any(|pipe| !pipe.is_empty()) {
                self.drain();
                continue;
            }
            let next = self
                .processes
                .values()
                .filter(|process| process.exit.is_none())
                .filter_map(|process| process.waits.until)
                .min();
            match next.filter(|next| *next <= until) {
                Some(next) => self.now = self.now.max(next),
                None => break,
            }
        }
        self.drain();
        self
    }

    fn drain(&mut self) {
        for (pipe, read) in self.pipes.iter_mut().zip(&mut self.read) {
            read.append(pipe);
        }
    }

    fn is_ready(&self, id: u32) -> bool {
        let process = &self.processes[&id];
        let waits = &process.waits;
        let room = |output: Output| match &process.outputs[output as usize] {
            Sink::Own(own) => self.broken || self.pipes[*own as usize].len() < self.room,
            _ => true,
        };
        process.exit.is_none()
            && (!process.started
                || waits.until.is_some_and(|until| until <= self.now)
                || waits.input && (process.input != Source::Own || !self.input.is_empty() || !self.open)
                || waits.output.is_some_and(room)
                || waits.child.is_some_and(|child| self.processes.get(&child).is_none_or(|child| child.exit.is_some())))
    }

    fn run_one(&mut self, id: u32) {
        self.runs += 1;
        let mut program = self.processes[&id].program.clone();
        let pause = program.run(&mut View { guest: self, id });
        let (os, now) = (self.os, self.now);
        let roomy = self.room < usize::MAX || self.nudged;
        let process = self.processes.get_mut(&id).unwrap();
        process.ran = (now, if process.ran.0 == now { process.ran.1 + 1 } else { 1 });
        // What waits for room or input may run often; what does not must let time pass.
        assert!(roomy || process.ran.1 < 50, "{:?} runs again and again at {now}: {pause:?}", process.launch);
        process.program = program;
        process.started = true;
        match pause {
            Pause::Waits(waits) => process.waits = waits,
            Pause::Exits(code) => process.exit = Some(exit_code(os, ProcessEnd::ByItself).code.of(code)),
            Pause::Crashes(code) => process.exit = Some(exit_code(os, ProcessEnd::Crashed).code.of(code)),
        }
    }

    /// Lets every program run, whatever it waits for: that does no harm.
    pub(super) fn nudge(&mut self) {
        self.nudged = true;
        self.processes.values_mut().for_each(|process| process.started = false);
    }

    /// Sends a signal, or kills.
    pub(super) fn send(&mut self, id: u32, signal: Option<Signal>) -> bool {
        let os = self.os;
        let Some(process) = self.processes.get_mut(&id).filter(|process| process.exit.is_none()) else { return false };
        let end = |end| {
            Some(exit_code(os, end).code.of(match signal {
                Some(Signal::Number(number)) => number.into(),
                _ => 0,
            }))
        };
        match signal {
            None => process.exit = end(ProcessEnd::Killed),
            Some(signal) => match (process.program.signal(signal), signal) {
                (Reaction::Handled, _) => process.started = false,
                (Reaction::Default, Signal::Number(number)) if is_ignored_by_default(number) => {}
                (Reaction::Default, _) => process.exit = end(ProcessEnd::Signalled),
            },
        }
        true
    }
}

struct View<'a> {
    guest: &'a mut Guest,
    id: u32,
}

impl Surroundings for View<'_> {
    fn now(&self) -> Time {
        self.guest.now
    }

    fn id(&self) -> u32 {
        self.id
    }

    fn read(&mut self, limit: usize) -> Given {
        assert!(limit > 0);
        match &mut self.guest.processes.get_mut(&self.id).unwrap().input {
            Source::Null => Given::End,
            Source::Own if self.guest.input.is_empty() && self.guest.open => Given::Nothing,
            Source::Own if self.guest.input.is_empty() => Given::End,
            Source::Own => {
                let count = limit.min(self.guest.input.len());
                Given::Bytes(self.guest.input.drain(..count).collect())
            }
            Source::File(path, read) => {
                let bytes = self.guest.files.get(&**path).cloned().unwrap_or_default();
                let left = bytes.get(*read..).unwrap_or_default();
                let count = limit.min(left.len());
                *read += count;
                if count == 0 { Given::End } else { Given::Bytes(left[..count].to_vec()) }
            }
        }
    }

    fn write(&mut self, to: Output, bytes: &[u8]) -> Taken {
        match self.guest.processes[&self.id].outputs[to as usize].clone() {
            Sink::Own(_) if self.guest.broken => Taken::Broken,
            Sink::Own(own) => {
                let pipe = &mut self.guest.pipes[own as usize];
                let count = bytes.len().min(self.guest.room.saturating_sub(pipe.len()));
                pipe.extend_from_slice(&bytes[..count]);
                Taken::Bytes(count)
            }
            Sink::Null => Taken::Bytes(bytes.len()),
            Sink::File(path) => {
                self.write_file(&path, bytes, true);
                Taken::Bytes(bytes.len())
            }
        }
    }

    fn console(&self) -> Option<(u16, u16)> {
        self.guest.console
    }

    fn read_file(&self, path: &str) -> Option<Arc<[u8]>> {
        self.guest.files.get(path).cloned()
    }

    fn write_file(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        let used: usize = self.guest.files.values().map(|file| file.len() + 1).sum();
        if used + bytes.len() + path.len() > MOST_BYTES {
            return false;
        }
        let mut all = if append { self.read_file(path).unwrap_or_default().to_vec() } else { Vec::new() };
        all.extend_from_slice(bytes);
        self.guest.files.insert(path.to_owned(), all.into());
        true
    }

    fn remove_file(&mut self, path: &str) -> bool {
        self.guest.files.remove(path).is_some()
    }

    fn is_directory(&self, path: &str) -> bool {
        matches!(path, "/" | "/tmp" | "/root" | "C:\\" | "C:\\tmp")
    }

    fn spawn(&mut self, launch: Launch, streams: [Redirection; 3]) -> Option<u32> {
        if self.guest.alive().len() >= MOST_PROCESSES {
            return None;
        }
        let program = Program::of(&launch)?;
        let parent = &self.guest.processes[&self.id];
        let input = match &streams[0] {
            Redirection::Inherit => parent.input.clone(),
            Redirection::File(path) => Source::File(path.clone(), 0),
            Redirection::Null | Redirection::Like(_) => Source::Null,
        };
        let output = |own: Output| match &streams[1 + own as usize] {
            Redirection::Inherit => parent.outputs[own as usize].clone(),
            Redirection::Like(other) => parent.outputs[*other as usize].clone(),
            Redirection::Null => Sink::Null,
            Redirection::File(path) => Sink::File(path.clone()),
        };
        let outputs = [output(Output::Out), output(Output::Err)];
        Some(self.guest.start(program, &launch, input, outputs))
    }

    fn exit_of(&mut self, child: u32) -> Option<u32> {
        self.guest.processes.get(&child).and_then(|process| process.exit)
    }

    fn send(&mut self, process: u32, signal: Option<Signal>) -> bool {
        if process == self.id {
            return false;
        }
        self.guest.send(process, signal)
    }

    fn host_name(&self) -> Option<Arc<str>> {
        Some(Arc::from("guest"))
    }

    fn version(&self) -> Option<Arc<str>> {
        Some(Arc::from("10.0.1.2"))
    }

    fn not_modelled(&mut self, what: &'static str) {
        if self.guest.unmodelled.len() < 100 {
            self.guest.unmodelled.push(what);
        }
    }
}
