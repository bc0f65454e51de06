//! `sh`, the shell of Linux; `bash` is the same here.
//!
//! With `-c` it runs one text, with a file's name that file; otherwise it reads lines from standard input, and shows a prompt
//! on a console only. There are no names of files to be found by patterns: a pattern stands for itself, as one does in any
//! shell that finds nothing.

mod builtin;
mod grammar;
mod word;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use hcs_rules::guest::{SIGTERM, Signal};

use crate::guest::command_line;
use crate::guest::sh::builtin::BUILTINS;
use crate::guest::sh::grammar::{Command, Simple, Tree, Word, parse};
use crate::guest::shell::{
    self, Fetched, Frames, Items, List, MOST_OF_VARIABLES, Redirect, Refused, Shell, Syntax, To, row,
};
use crate::guest::stream::{BUFFER, FOR_INPUT, Line, Lines, for_child, step};
use crate::guest::{Launch, Output, Pause, Reaction, Redirection, Surroundings, signal};

/// The code of what is not a command's proper use, of a text that is none, and of what is not modelled.
const MISUSE: u32 = 2;
/// The code of a command that does not exist.
const NO_COMMAND: u32 = 127;
/// A code that a signal makes: this and the signal's number.
const SIGNALLED: u32 = 128;
/// How many children it remembers that it has not waited for.
const MOST_JOBS: usize = 1024;
/// How many signals it passes on to the program that it has become.
const SIGNALS_KEPT: usize = 64;

/// A `sh` as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sh {
    shell: Shell,
    /// `$$`
    id: u32,
    /// How it calls itself in messages.
    name: Arc<str>,
    frames: Frames<Command, Word>,
    state: State,
    /// The states outside of each subshell.
    outside: Vec<(State, Arc<str>)>,
    /// Children that run beside it and that it has not waited for.
    jobs: VecDeque<u32>,
    last_job: Option<u32>,
    /// Signals that have come and whose traps have not run.
    trapped: BTreeSet<u8>,
    /// Signals for the program that it has become.
    passed: VecDeque<Signal>,
    /// Whether it reads lines when there is nothing else to do.
    reads: bool,
    /// Whether somebody sits at a console in front of it.
    interactive: bool,
    interrupted: bool,
    /// A text that goes on in the next line.
    begun: String,
    prompted: bool,
    /// The code with which it ends when the trap of its end has run.
    ending: Option<u32>,
    doing: Doing,
}

/// What a subshell changes for itself alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    variables: Arc<BTreeMap<Arc<str>, Variable>>,
    arguments: VecDeque<Arc<str>>,
    traps: BTreeMap<u8, Arc<str>>,
    at_end: Option<Arc<str>>,
    /// `set -e`
    gives_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    value: Arc<str>,
    exported: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Doing {
    /// Looks at its own words first.
    Begin,
    Commands,
    Child(u32),
    /// `wait`: for this child, or for all.
    Wait(Option<u32>),
    /// `read` into these variables.
    Read(Vec<Arc<str>>),
    /// It has become this child.
    Become(u32),
    End(u32),
}

impl Sh {
    pub(super) fn new(launch: &Launch) -> Sh {
        let variables = launch
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), Variable { value: value.clone(), exported: true }))
            .collect();
        Sh {
            shell: Shell::new(launch),
            id: 0,
            name: Arc::from(launch.program().unwrap_or_else(|| "sh".to_owned())),
            frames: Frames::default(),
            state: State { variables: Arc::new(variables), ..State::default() },
            outside: Vec::new(),
            jobs: VecDeque::new(),
            last_job: None,
            trapped: BTreeSet::new(),
            passed: VecDeque::new(),
            reads: false,
            interactive: false,
            interrupted: false,
            begun: String::new(),
            prompted: false,
            ending: None,
            doing: Doing::Begin,
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Reaction {
        if matches!(self.doing, Doing::Become(_)) {
            if self.passed.len() < SIGNALS_KEPT {
                self.passed.push_back(signal);
            }
            return Reaction::Handled;
        }
        let Signal::Number(number) = signal else { return Reaction::Default };
        match self.state.traps.get(&number) {
            Some(text) if text.is_empty() => Reaction::Handled,
            Some(_) => {
                self.trapped.insert(number);
                Reaction::Handled
            }
            // Somebody at a prompt does not lose it.
            None if self.interactive && (signal::is_interruption(signal) || number == SIGTERM) => {
                self.interrupted = signal::is_interruption(signal);
                Reaction::Handled
            }
            None => Reaction::Default,
        }
    }

    pub(super) fn run(&mut self, world: &mut dyn Surroundings) -> Pause {
        let os = self.shell.launch.os;
        if let Err(pause) = self.shell.out.flush(world, os) {
            return pause;
        }
        let pause = self.go(world);
        match (self.shell.out.flush(world, os), &self.doing) {
            (Err(pause), _) => pause,
            (Ok(()), Doing::End(code)) => Pause::Exits(*code),
            (Ok(()), _) => pause,
        }
    }

    /// Does one thing.
    fn go(&mut self, world: &mut dyn Surroundings) -> Pause {
        if std::mem::take(&mut self.interrupted) {
            self.interrupt(world);
        }
        match &self.doing {
            Doing::Begin => {
                self.doing = Doing::Commands;
                self.begin(world);
            }
            Doing::Child(child) => match world.exit_of(*child) {
                Some(code) => {
                    self.doing = Doing::Commands;
                    self.shell.end(code);
                }
                None => return for_child(*child),
            },
            Doing::Become(child) => {
                let child = *child;
                while let Some(signal) = self.passed.pop_front() {
                    world.send(child, Some(signal));
                }
                match world.exit_of(child) {
                    Some(code) => self.doing = Doing::End(code),
                    None => return for_child(child),
                }
            }
            Doing::Wait(_) if !self.trapped.is_empty() => {
                let number = self.trapped.first().copied().unwrap_or_default();
                self.shell.end(SIGNALLED + u32::from(number));
                self.doing = Doing::Commands;
            }
            Doing::Wait(job) => {
                let job = *job;
                return self.wait(world, job);
            }
            Doing::Read(names) => {
                let names = names.clone();
                let line = match self.shell.read_line(world) {
                    Line::Nothing if self.trapped.is_empty() => return FOR_INPUT,
                    Line::Nothing => {
                        let number = self.trapped.first().copied().unwrap_or_default();
                        self.shell.end(SIGNALLED + u32::from(number));
                        self.doing = Doing::Commands;
                        return step(world);
                    }
                    Line::Text(line) => Some(line),
                    Line::End | Line::TooLong => None,
                };
                self.doing = Doing::Commands;
                self.shell.end(line.is_none().into());
                self.give(world, &names, &line.unwrap_or_default());
            }
            Doing::Commands if !self.trapped.is_empty() => self.run_trap(world),
            Doing::Commands => match self.frames.fetch(&mut self.shell) {
                Fetched::Step(row, at) => self.step(world, &row[at]),
                Fetched::Later => {}
                Fetched::Done => match self.ending {
                    Some(code) => self.doing = Doing::End(code),
                    None if self.reads => return self.prompt(world),
                    None => self.finish(self.shell.status),
                },
            },
            Doing::End(_) => {}
        }
        step(world)
    }

    /// Reads its own words.
    fn begin(&mut self, world: &mut dyn Surroundings) {
        self.id = world.id();
        let mut words: VecDeque<Arc<str>> = self.shell.launch.words().into_iter().skip(1).map(Arc::from).collect();
        let mut text = false;
        while let Some(options) = words.front().and_then(|word| word.strip_prefix('-')).map(str::to_owned) {
            words.pop_front();
            for option in options.chars() {
                match option {
                    'c' => text = true,
                    'e' => self.state.gives_up = true,
                    // A login shell, a shell that asks, one that reads standard input: no difference here.
                    'i' | 'l' | 's' | '-' | 'u' => {}
                    _ => {
                        world.not_modelled("sh: an option");
                        self.says(world, &format!("not modelled: option -{option}"));
                        return self.finish(MISUSE);
                    }
                }
            }
            if options.is_empty() || options == "-" {
                break;
            }
        }
        if text {
            let Some(text) = words.pop_front() else {
                self.says(world, "-c requires an argument");
                return self.finish(MISUSE);
            };
            if let Some(name) = words.pop_front() {
                self.name = name;
            }
            self.state.arguments = words;
            self.run_text(world, &text, None);
        } else if let Some(file) = words.pop_front() {
            self.state.arguments = words;
            match self.file(world, &file) {
                Some(text) => {
                    self.name = file;
                    self.run_text(world, &text, None);
                }
                None => {
                    self.says(world, &format!("cannot open {file}: No such file"));
                    self.finish(NO_COMMAND);
                }
            }
        } else {
            self.reads = true;
            self.interactive = world.console().is_some();
        }
    }

    fn file(&self, world: &dyn Surroundings, name: &str) -> Option<String> {
        let bytes = world.read_file(&self.shell.path(name))?;
        Some(String::from_utf8_lossy(&bytes[..bytes.len().min(BUFFER)]).into_owned())
    }

    /// Reads the next line, after a prompt on a console.
    fn prompt(&mut self, world: &mut dyn Surroundings) -> Pause {
        if self.interactive && !self.prompted {
            let prompt = if self.begun.is_empty() { "# " } else { "> " };
            self.shell.print(world, Output::Out, prompt.as_bytes());
            self.prompted = true;
            return step(world);
        }
        let line = match self.shell.lines.next(world, BUFFER) {
            Line::Nothing => return FOR_INPUT,
            Line::Text(line) if self.begun.len() + line.len() < BUFFER => line,
            Line::Text(_) | Line::TooLong => {
                self.says(world, "a line is too long");
                self.finish(MISUSE);
                return step(world);
            }
            Line::End => {
                if !self.begun.is_empty() {
                    self.says(world, "Syntax error: end of file unexpected");
                    self.shell.end(MISUSE);
                }
                self.finish(self.shell.status);
                return step(world);
            }
        };
        self.prompted = false;
        let text = std::mem::take(&mut self.begun) + &line;
        match parse(&text) {
            Err(Syntax::Incomplete) => self.begun = text + "\n",
            read => self.run_tree(world, read, None),
        }
        step(world)
    }

    fn interrupt(&mut self, world: &mut dyn Surroundings) {
        if let Doing::Child(child) = self.doing {
            world.send(child, Some(Signal::Number(2)));
        }
        if !matches!(self.doing, Doing::Begin | Doing::End(_)) {
            self.doing = Doing::Commands;
            self.frames.clear(&mut self.shell);
            if let Some((state, directory)) = self.outside.drain(..).next() {
                self.state = state;
                self.shell.directory = directory;
            }
            self.begun.clear();
            self.shell.lines = Lines::default();
            self.prompted = false;
            self.shell.print(world, Output::Out, &b"\n"[..]);
            self.shell.end(SIGNALLED + 2);
        }
    }

    fn run_trap(&mut self, world: &mut dyn Surroundings) {
        let Some(number) = self.trapped.pop_first() else { return };
        if let Some(text) = self.state.traps.get(&number).cloned() {
            self.run_text(world, &text, Some(self.shell.status));
        }
    }

    /// Reads a text and begins to run it. `status` is what `$?` is again afterwards.
    fn run_text(&mut self, world: &mut dyn Surroundings, text: &str, status: Option<u32>) {
        let read = if text.len() > BUFFER { Err(Syntax::Unmodelled("so long a text")) } else { parse(text) };
        self.run_tree(world, read, status);
    }

    fn run_tree(&mut self, world: &mut dyn Surroundings, read: Result<Tree, Syntax>, status: Option<u32>) {
        match read {
            Ok(tree) => {
                if !self.frames.push(row(&tree), status) {
                    self.unmodelled(world, "texts that run so deep within each other");
                }
                return;
            }
            Err(Syntax::Unmodelled(what)) => self.unmodelled(world, what),
            Err(Syntax::Unexpected(what)) => self.fails(world, &format!("Syntax error: {what} unexpected"), MISUSE),
            Err(Syntax::Incomplete) => self.fails(world, "Syntax error: end of file unexpected", MISUSE),
        }
        // A shell that nobody sits in front of gives up.
        if !self.interactive {
            self.exit(MISUSE);
        }
    }

    fn step(&mut self, world: &mut dyn Surroundings, step: &shell::Step<Command, Word>) {
        match step {
            shell::Step::Run(Command::Simple(simple)) => {
                if let Err(fault) = self.simple(world, simple) {
                    self.fault(world, fault);
                }
            }
            shell::Step::Run(Command::Background { simple, text }) => self.background(world, simple.as_ref(), text),
            shell::Step::Run(Command::Reopen(redirects)) => {
                if self.redirected(world, redirects).is_some() {
                    self.shell.end(0);
                } else if !self.interactive {
                    self.exit(MISUSE);
                }
            }
            shell::Step::Check if self.state.gives_up && !self.shell.success => self.exit(self.shell.status),
            shell::Step::Settle => self.shell.end(0),
            shell::Step::Enter(redirects, past) => match self.redirected(world, redirects) {
                Some(outside) => self.frames.enter(outside),
                None => self.frames.jump(*past),
            },
            shell::Step::Fork(_) => self.outside.push((self.state.clone(), self.shell.directory.clone())),
            shell::Step::Join => {
                if let Some((state, directory)) = self.outside.pop() {
                    self.state = state;
                    self.shell.directory = directory;
                }
            }
            shell::Step::Each(List::Words(words)) => match self.all_fields(words) {
                Ok(fields) => {
                    self.shell.end(0);
                    self.frames.begin(Items::Words(fields.into()));
                }
                Err(fault) => {
                    self.frames.begin(Items::Words(VecDeque::new()));
                    self.fault(world, fault);
                }
            },
            shell::Step::Next { name, past } => match self.frames.item() {
                Some(item) => drop(self.assign(world, name, item)),
                None => self.frames.jump(*past),
            },
            // What only leads elsewhere is done when it is fetched, and `sh` does not count.
            _ => {}
        }
    }

    /// Redirects and gives the streams that were before, or says why not.
    fn redirected(&mut self, world: &mut dyn Surroundings, redirects: &[Redirect<Word>]) -> Option<shell::Streams> {
        let mut expanded = Vec::new();
        for Redirect { stream, to } in redirects {
            let to = match to {
                To::Like(output) => Ok(To::Like(*output)),
                To::Read(path) => self.text(path).map(|path| To::Read(Arc::from(path))),
                To::Write { path, append } => {
                    self.text(path).map(|path| To::Write { path: Arc::from(path), append: *append })
                }
            };
            match to {
                Ok(to) => expanded.push(Redirect { stream: *stream, to }),
                Err(fault) => {
                    self.fault(world, fault);
                    return None;
                }
            }
        }
        match self.shell.redirect(world, &expanded) {
            Ok(outside) => Some(outside),
            Err(Refused::Missing(path)) => {
                self.fails(world, &format!("cannot open {path}: No such file"), MISUSE);
                None
            }
            Err(Refused::Full(path)) => {
                self.fails(world, &format!("cannot create {path}: No space left on device"), MISUSE);
                None
            }
        }
    }

    /// A message in the shell's manner. It goes where errors go, wherever the command's do.
    fn says(&mut self, world: &mut dyn Surroundings, what: &str) {
        let text = format!("{}: 1: {what}", self.name);
        self.shell.line(world, Output::Err, &text);
    }

    fn fails(&mut self, world: &mut dyn Surroundings, what: &str, code: u32) {
        self.says(world, what);
        self.shell.end(code);
    }

    fn unmodelled(&mut self, world: &mut dyn Surroundings, what: &'static str) {
        world.not_modelled(what);
        self.fails(world, &format!("not modelled: {what}"), MISUSE);
    }

    fn fault(&mut self, world: &mut dyn Surroundings, fault: word::Fault) {
        match fault {
            word::Fault::TooLong => self.unmodelled(world, "a word that is so long"),
            word::Fault::Sum(sum) => self.fails(world, &format!("arithmetic expression: {sum}"), MISUSE),
        }
        if !self.interactive {
            self.exit(MISUSE);
        }
    }

    /// `exit`, in a subshell or not.
    fn exit(&mut self, code: u32) {
        if self.frames.exit(&mut self.shell) {
            self.shell.end(code);
        } else {
            self.finish(code);
        }
    }

    /// Ends, after the trap of the end has run.
    fn finish(&mut self, code: u32) {
        self.shell.end(code);
        match (self.ending, self.state.at_end.take()) {
            // A text that is none ends no trap.
            (None, Some(text)) => match parse(&text) {
                Ok(tree) if self.frames.push(row(&tree), Some(code)) => {
                    self.ending = Some(code);
                    self.doing = Doing::Commands;
                }
                _ => self.doing = Doing::End(code),
            },
            (Some(_), _) | (None, None) => self.doing = Doing::End(code),
        }
    }

    /// Sets a variable. Whether that could be done.
    fn assign(&mut self, world: &mut dyn Surroundings, name: &Arc<str>, value: Arc<str>) -> bool {
        let held: usize = self.state.variables.iter().map(|(name, variable)| name.len() + variable.value.len()).sum();
        if held > MOST_OF_VARIABLES {
            self.unmodelled(world, "so many variables");
            return false;
        }
        let variables = Arc::make_mut(&mut self.state.variables);
        let exported = variables.get(name).is_some_and(|variable| variable.exported);
        variables.insert(name.clone(), Variable { value, exported });
        true
    }

    /// `read`: a word for each variable, and the rest for the last.
    fn give(&mut self, world: &mut dyn Surroundings, names: &[Arc<str>], line: &str) {
        let mut rest = line.trim();
        for (at, name) in names.iter().enumerate() {
            let (word, behind) = match rest.split_once(char::is_whitespace) {
                Some((word, behind)) if at + 1 < names.len() => (word, behind.trim_start()),
                _ => (rest, ""),
            };
            self.assign(world, name, Arc::from(word));
            rest = behind;
        }
    }

    fn all_fields(&self, words: &[Word]) -> Result<Vec<Arc<str>>, word::Fault> {
        let mut fields = Vec::new();
        let mut length = 0;
        for word in words {
            for field in self.fields(word)? {
                length += field.len() + 1;
                if length > 4 * BUFFER {
                    return Err(word::Fault::TooLong);
                }
                fields.push(Arc::from(field));
            }
        }
        Ok(fields)
    }

    /// Runs a simple command.
    fn simple(&mut self, world: &mut dyn Surroundings, simple: &Simple) -> Result<(), word::Fault> {
        let words = self.all_fields(&simple.words)?;
        let mut assignments = Vec::new();
        for (name, value) in &simple.assignments {
            assignments.push((name.clone(), Arc::from(self.text(value)?)));
        }
        let Some(name) = words.first().cloned() else {
            self.shell.end(0);
            for (name, value) in assignments {
                self.assign(world, &name, value);
            }
            return Ok(());
        };
        if !BUILTINS.contains(&&*name) {
            match self.spawn(world, &words, &assignments, false) {
                // Shells put the last program of a text in their own place: it gets the signals then.
                Some(child) if self.ends_with_this() => self.doing = Doing::Become(child),
                Some(child) => self.doing = Doing::Child(child),
                None => self.fails(world, &format!("{name}: not found"), NO_COMMAND),
            }
            return Ok(());
        }
        for (name, value) in assignments {
            self.assign(world, &name, value);
        }
        self.run_builtin(world, &words);
        Ok(())
    }

    /// Whether the shell has nothing to do after the command that runs.
    fn ends_with_this(&self) -> bool {
        !self.reads
            && self.ending.is_none()
            && self.outside.is_empty()
            && self.state.at_end.is_none()
            && self.state.traps.is_empty()
            && self.frames.is_last()
    }

    /// Starts what nobody waits for. It does not read what the shell reads.
    fn background(&mut self, world: &mut dyn Surroundings, simple: Option<&Simple>, text: &Arc<str>) {
        let mut words = Vec::new();
        let mut assignments = Vec::new();
        if let Some(simple) = simple {
            let expanded = self.all_fields(&simple.words).and_then(|fields| {
                for (name, value) in &simple.assignments {
                    assignments.push((name.clone(), Arc::from(self.text(value)?)));
                }
                Ok(fields)
            });
            match expanded {
                Ok(fields) => words = fields,
                Err(fault) => return self.fault(world, fault),
            }
        }
        // Not one program: a shell of its own, which gets all variables as a forked one would.
        if words.first().is_none_or(|name| BUILTINS.contains(&&**name)) {
            words = ["sh", "-c", text, &self.name].map(Arc::from).to_vec();
            words.extend(self.state.arguments.iter().cloned());
            assignments = self
                .state
                .variables
                .iter()
                .filter(|(_, variable)| !variable.exported)
                .map(|(name, variable)| (name.clone(), variable.value.clone()))
                .collect();
        }
        match self.spawn(world, &words, &assignments, true) {
            Some(child) => {
                self.last_job = Some(child);
                if self.jobs.len() == MOST_JOBS {
                    self.jobs.pop_front();
                }
                self.jobs.push_back(child);
                self.shell.end(0);
            }
            None => {
                let name = words.first().cloned().unwrap_or_default();
                self.says(world, &format!("{name}: not found"));
                self.shell.end(0);
            }
        }
    }

    fn spawn(
        &self,
        world: &mut dyn Surroundings,
        words: &[Arc<str>],
        assignments: &[(Arc<str>, Arc<str>)],
        beside: bool,
    ) -> Option<u32> {
        let exported = self.state.variables.iter().filter(|(_, variable)| variable.exported);
        let mut environment: BTreeMap<Arc<str>, Arc<str>> =
            exported.map(|(name, variable)| (name.clone(), variable.value.clone())).collect();
        environment.extend(assignments.iter().cloned());
        let launch = Launch {
            environment: Arc::new(environment),
            directory: self.shell.directory.clone(),
            ..self.shell.launch.command(command_line::Command::Words(Arc::from(words)))
        };
        let mut streams = self.shell.child_streams();
        if beside && streams[0] == Redirection::Inherit {
            streams[0] = Redirection::Null;
        }
        world.spawn(launch, streams)
    }

    /// `wait`: for one child, or for one after the other.
    fn wait(&mut self, world: &mut dyn Surroundings, job: Option<u32>) -> Pause {
        match job {
            Some(job) => match world.exit_of(job) {
                Some(code) => {
                    self.jobs.retain(|other| *other != job);
                    self.shell.end(code);
                }
                None => return for_child(job),
            },
            None => {
                while let Some(job) = self.jobs.front().copied() {
                    if world.exit_of(job).is_none() {
                        return for_child(job);
                    }
                    self.jobs.pop_front();
                }
                self.shell.end(0);
            }
        }
        self.doing = Doing::Commands;
        step(world)
    }
}
