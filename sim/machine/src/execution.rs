//! How programs run in processes: with which words and streams they begin, when they go on, what reaches them.
//!
//! A program inside runs for one stretch at a time, as an entry of the agenda; it says what it waits for, and is entered
//! again when that has come. A program outside acts through [`crate::input::GuestRequest`], with the same means.
//!
//! | file | what is there |
//! |---|---|
//! | `launch` | before a process begins: with what, whether it can, its first moment |
//! | `means` | what a program does, wherever it runs |
//! | `inside`, `outside` | how programs here and elsewhere come by these means |
//! | `files` | the files that programs write |

mod files;
mod inside;
mod launch;
mod means;
mod outside;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use hcs_rules::guest::{GuestOs, ProcessEnd, SIGKILL, SIGWINCH, Signal, is_ignored_by_default};
use hcs_rules::process::{ProcessState, ProcessTrigger};
use hcs_rules::vocabulary::SystemState;

use crate::effect::{Effect, GuestReply, Reply};
use crate::execution::inside::Inside;
use crate::guest::program::Program;
use crate::guest::{Await, Output, Pause, Reaction};
use crate::host::{Host, Item};
use crate::process::Process;
use crate::table::Key;
use crate::time::Time;

pub(crate) use files::Files;
pub use launch::folded_program;

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
    #[inline(never)]
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
            Runs::Inside(_)
                if process.state != ProcessState::Frozen && process.due.is_none_or(|(at, _)| at > self.now) =>
            {
                self.schedule_run(key, self.now);
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

    /// One standard stream of a process is closed on its side.
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

    /// The service closes one standard stream of a process. Of standard input it closes the side that is written to: a client that
    /// has sent a whole file says so that it was all.
    pub(crate) fn close_standard_from_outside(&mut self, key: Key, stream: usize, effects: &mut Vec<Effect>) {
        match self.processes.get(key).map(|process| &process.standard[stream]) {
            Some(Standard::Pipe(pipe)) if stream == 0 => self.end_input(*pipe, effects),
            _ => self.close_standard(key, stream, effects),
        }
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
}

impl Process {
    /// The exit code of a child that is over.
    fn exit_of(&self, child: u32) -> Option<u32> {
        self.children.over.get(&child).copied()
    }
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
