//! `cmd`, the command interpreter of Windows.
//!
//! With `/c` it runs one line and ends with the code of its last command. Otherwise it reads lines from standard input. Its
//! banner is not printed, and a prompt only on a console: through pipes nothing comes out but what the commands say, as with
//! `cmd /q`. A prompt survives Control and C; a `cmd /c` does not.

mod builtin;
mod grammar;

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::guest::{ConsoleSignal, Signal};

use crate::guest::cmd::grammar::{Command, Relation, Test, Tree, parse};
use crate::guest::command_line::{self, windows_program};
use crate::guest::shell::{self, Fetched, Frames, Items, List, Redirect, Refused, Shell, Syntax, To, row};
use crate::guest::stream::{FOR_INPUT, Line, Lines, for_child, step};
use crate::guest::{Launch, Output, Pause, Reaction, Surroundings, signal};

/// The longest line.
const LONGEST_LINE: usize = 8191;
/// The code of a command that does not exist, within `cmd`.
const NO_COMMAND: u32 = 9009;
/// The code of a line that is not one, or asks for what is not modelled. Assumed.
const SYNTAX_ERROR: u32 = 255;

/// A `cmd` as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cmd {
    shell: Shell,
    frames: Frames<Command, Arc<str>>,
    environment: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    /// The variables of loops: a letter each.
    letters: BTreeMap<Arc<str>, Arc<str>>,
    /// What the last command itself returned. `cmd /c` ends with it; `%ERRORLEVEL%` is another thing.
    returned: u32,
    echo: bool,
    /// Whether it reads lines when there is nothing else to do.
    reads: bool,
    /// A line that goes on in the next.
    begun: String,
    /// A prompt is out, and no line has come yet.
    prompted: bool,
    interrupted: bool,
    doing: Doing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Doing {
    /// Looks at its own command line first.
    Begin,
    Commands,
    Child(u32),
    /// `set /p`: the variable that gets the line.
    Ask(Arc<str>),
    End(u32),
}

impl Cmd {
    pub(super) fn new(launch: &Launch) -> Cmd {
        Cmd {
            shell: Shell::new(launch),
            frames: Frames::default(),
            environment: launch.environment.clone(),
            letters: BTreeMap::new(),
            returned: 0,
            echo: true,
            reads: false,
            begun: String::new(),
            prompted: false,
            interrupted: false,
            doing: Doing::Begin,
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Reaction {
        if !self.reads || !signal::is_interruption(signal) {
            return Reaction::Default;
        }
        self.interrupted = true;
        Reaction::Handled
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
                    self.ends(code);
                }
                None => return for_child(*child),
            },
            Doing::Ask(name) => {
                let name = name.clone();
                let value = match self.shell.read_line(world) {
                    Line::Nothing => return FOR_INPUT,
                    Line::Text(line) => line,
                    Line::End | Line::TooLong => String::new(),
                };
                self.doing = Doing::Commands;
                // An empty answer leaves the variable as it is.
                if value.is_empty() {
                    self.ends(1);
                } else {
                    self.assign(world, &name, &value);
                }
            }
            Doing::Commands => match self.frames.fetch(&mut self.shell) {
                Fetched::Step(row, at) => self.step(world, &row[at]),
                Fetched::Later => {}
                Fetched::Done if self.reads => return self.prompt(world),
                Fetched::Done => self.doing = Doing::End(self.returned),
            },
            Doing::End(_) => {}
        }
        step(world)
    }

    /// Control and C: the line is given up, and a child that it waits for hears of it.
    fn interrupt(&mut self, world: &mut dyn Surroundings) {
        if let Doing::Child(child) = self.doing {
            world.send(child, Some(Signal::Console(ConsoleSignal::CtrlC)));
        }
        if !matches!(self.doing, Doing::Begin | Doing::End(_)) {
            self.doing = Doing::Commands;
            self.frames.clear(&mut self.shell);
            self.begun.clear();
            self.shell.lines = Lines::default();
            self.prompted = false;
        }
    }

    /// Reads the switches of its own command line, and the line that follows them.
    fn begin(&mut self, world: &mut dyn Surroundings) {
        let line = self.shell.launch.line();
        let line = line.trim_start();
        let mut rest = if line.starts_with('/') { line } else { windows_program(line).1 };
        let mut strip = false;
        while let Some(switch) = rest.strip_prefix('/') {
            let mut letters = switch.chars();
            match letters.next().map(|letter| letter.to_ascii_lowercase()) {
                Some(letter @ ('c' | 'k' | 'r')) => {
                    self.reads = letter == 'k';
                    let text = letters.as_str().trim_start();
                    self.launch_text(world, &unquoted(text, strip));
                    return;
                }
                Some('s') => strip = true,
                Some('q') => self.echo = false,
                Some('v') => world.not_modelled("cmd: /v, delayed expansion"),
                Some('?') => world.not_modelled("cmd: /?"),
                _ => {}
            }
            let end = switch.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(switch.len());
            rest = switch[end..].trim_start();
        }
        self.reads = true;
    }

    /// A `cmd /c` without a line ends at once.
    fn launch_text(&mut self, world: &mut dyn Surroundings, text: &str) {
        if text.len() > LONGEST_LINE {
            self.shell.line(world, Output::Err, "The command line is too long.");
            self.ends(1);
        } else {
            self.run_text(world, text);
        }
    }

    /// Reads the next line, after a prompt on a console.
    fn prompt(&mut self, world: &mut dyn Surroundings) -> Pause {
        if world.console().is_some() && self.echo && !self.prompted {
            let prompt = if self.begun.is_empty() { format!("{}>", self.shell.directory) } else { "More? ".to_owned() };
            self.shell.print(world, Output::Out, prompt.into_bytes());
            self.prompted = true;
            return step(world);
        }
        let line = match self.shell.lines.next(world, LONGEST_LINE) {
            Line::Nothing => return FOR_INPUT,
            Line::Text(line) if self.begun.len() + line.len() < LONGEST_LINE => line,
            Line::Text(_) | Line::TooLong => {
                self.shell.line(world, Output::Err, "The input line is too long.");
                self.begun.clear();
                self.prompted = false;
                self.ends(1);
                return step(world);
            }
            Line::End => {
                self.doing = Doing::End(self.shell.status);
                return step(world);
            }
        };
        self.prompted = false;
        let mut text = std::mem::take(&mut self.begun);
        text.push_str(&line);
        match self.expand(world, &text).map(|text| parse(&text)) {
            Some(Err(Syntax::Incomplete)) => self.begun = text + "\n",
            Some(read) => self.run_tree(world, read),
            None => self.ends(SYNTAX_ERROR),
        }
        step(world)
    }

    /// Replaces variables, reads the text and begins to run it.
    fn run_text(&mut self, world: &mut dyn Surroundings, text: &str) {
        match self.expand(world, text) {
            Some(text) => self.run_tree(world, parse(&text)),
            None => self.ends(SYNTAX_ERROR),
        }
    }

    fn run_tree(&mut self, world: &mut dyn Surroundings, read: Result<Tree, Syntax>) {
        match read {
            Ok(tree) => {
                if !self.frames.push(row(&tree), None) {
                    self.unmodelled(world, "texts that run so deep within each other");
                }
            }
            Err(Syntax::Unmodelled(what)) => self.unmodelled(world, what),
            Err(Syntax::Unexpected(what)) if !what.is_empty() => {
                self.shell.line(world, Output::Err, &format!("{what} was unexpected at this time."));
                self.ends(SYNTAX_ERROR);
            }
            Err(Syntax::Unexpected(_) | Syntax::Incomplete) => {
                self.shell.line(world, Output::Err, "The syntax of the command is incorrect.");
                self.ends(SYNTAX_ERROR);
            }
        }
    }

    fn step(&mut self, world: &mut dyn Surroundings, step: &shell::Step<Command, Arc<str>>) {
        match step {
            shell::Step::Run(Command::Text(text)) => {
                let text = self.with_letters(text);
                self.command(world, &text);
            }
            shell::Step::Run(Command::Test { not, fold, test }) => {
                self.shell.success = self.holds(world, *fold, test) != *not;
            }
            shell::Step::Settle => self.shell.success = true,
            shell::Step::Enter(redirects, past) => {
                let redirects: Vec<_> = redirects.iter().map(|redirect| self.redirect(redirect)).collect();
                match self.shell.redirect(world, &redirects) {
                    Ok(outside) => self.frames.enter(outside),
                    Err(refused) => {
                        self.frames.jump(*past);
                        let text = match refused {
                            Refused::Missing(_) => "The system cannot find the file specified.",
                            Refused::Full(_) => "There is not enough space on the disk.",
                        };
                        self.fails(world, text);
                    }
                }
            }
            shell::Step::Each(List::Words(words)) => {
                let words = words.iter().map(|word| Arc::from(self.with_letters(word))).collect();
                self.frames.begin(Items::Words(words));
            }
            shell::Step::Each(List::Count(start, step, end)) => {
                let [next, step, end] = [start, step, end]
                    .map(|word| i64::from(self.with_letters(word).trim().parse::<i32>().unwrap_or_default()));
                self.frames.begin(Items::Count { next, step, end });
            }
            shell::Step::Next { name, past } => match self.frames.item() {
                Some(item) => drop(self.letters.insert(name.clone(), item)),
                None => {
                    self.letters.remove(name);
                    self.frames.jump(*past);
                }
            },
            // What only leads elsewhere is done when it is fetched, and `cmd` has no subshells and does not check.
            _ => {}
        }
    }

    fn redirect(&self, redirect: &Redirect<Arc<str>>) -> Redirect<Arc<str>> {
        let to = match &redirect.to {
            To::Read(path) => To::Read(Arc::from(self.with_letters(path))),
            To::Write { path, append } => To::Write { path: Arc::from(self.with_letters(path)), append: *append },
            To::Like(output) => To::Like(*output),
        };
        Redirect { stream: redirect.stream, to }
    }

    /// The text with the variables of loops replaced.
    fn with_letters(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let (bare, name) = match behind.strip_prefix('~') {
                Some(name) => (true, name),
                None => (false, behind),
            };
            let length = name.chars().next().map_or(0, char::len_utf8);
            match self.letters.get(&name[..length]) {
                // Loops in loops could make a text endless.
                Some(value) if out.len() + value.len() <= 2 * LONGEST_LINE => {
                    out.push_str(if bare { value.trim_matches('"') } else { value });
                    rest = &name[length..];
                }
                _ => {
                    out.push('%');
                    rest = behind;
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// The text with `%NAME%` replaced. A name that is not set stays as it is, as on every command line. `None` if something
    /// is not modelled.
    fn expand(&mut self, world: &mut dyn Surroundings, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let name = behind.find('%').map(|end| &behind[..end]).filter(|name| !name.is_empty());
            let value = name.and_then(|name| self.value(name));
            match (value, name) {
                (Some(value), Some(name)) => {
                    out.push_str(&value);
                    rest = &behind[name.len() + 1..];
                }
                (None, Some(name)) if name.split_once(':').is_some_and(|(name, _)| self.value(name).is_some()) => {
                    self.unmodelled(world, "a part of a variable");
                    return None;
                }
                (None, Some(name)) if ["DATE", "TIME", "RANDOM"].contains(&name.to_ascii_uppercase().as_str()) => {
                    self.unmodelled(world, "%DATE%, %TIME% and %RANDOM%");
                    return None;
                }
                _ => {
                    out.push('%');
                    rest = behind;
                }
            }
            if out.len() > LONGEST_LINE {
                self.shell.line(world, Output::Err, "The input line is too long.");
                return None;
            }
        }
        out.push_str(rest);
        Some(out)
    }

    /// A variable's value; names compare without regard to case.
    fn value(&self, name: &str) -> Option<String> {
        if let Some((_, value)) = self.environment.iter().find(|(known, _)| same(known, name)) {
            return Some(value.to_string());
        }
        match name.to_ascii_lowercase().as_str() {
            "errorlevel" => Some(self.shell.status.cast_signed().to_string()),
            "cd" => Some(self.shell.directory.to_string()),
            _ => None,
        }
    }

    /// Whether a condition holds.
    fn holds(&self, world: &dyn Surroundings, fold: bool, test: &Test) -> bool {
        match test {
            Test::ErrorLevel(level) => {
                let level: i32 = self.with_letters(level).parse().unwrap_or(0);
                self.shell.status.cast_signed() >= level
            }
            Test::Exist(path) => {
                let path = self.shell.path(&self.with_letters(path).replace('"', ""));
                world.read_file(&path).is_some() || world.is_directory(&path)
            }
            Test::Defined(name) => self.value(&self.with_letters(name)).is_some(),
            Test::Compare(left, relation, right) => {
                let (mut left, mut right) = (self.with_letters(left), self.with_letters(right));
                if fold {
                    (left, right) = (left.to_lowercase(), right.to_lowercase());
                }
                let order = match (left.parse::<i64>(), right.parse::<i64>(), relation) {
                    (Ok(left), Ok(right), relation) if *relation != Relation::Same => left.cmp(&right),
                    _ => left.cmp(&right),
                };
                match relation {
                    Relation::Same | Relation::Equ => order.is_eq(),
                    Relation::Neq => order.is_ne(),
                    Relation::Lss => order.is_lt(),
                    Relation::Leq => order.is_le(),
                    Relation::Gtr => order.is_gt(),
                    Relation::Geq => order.is_ge(),
                }
            }
        }
    }

    /// A command has ended, and the level is its code.
    fn ends(&mut self, code: u32) {
        self.shell.end(code);
        self.returned = code;
    }

    /// A command has succeeded, and leaves the level as it is.
    fn passes(&mut self) {
        self.shell.success = true;
        self.returned = 0;
    }

    fn fails(&mut self, world: &mut dyn Surroundings, why: &str) {
        self.shell.line(world, Output::Err, why);
        self.ends(1);
    }

    fn unmodelled(&mut self, world: &mut dyn Surroundings, what: &'static str) {
        world.not_modelled(what);
        self.shell.line(world, Output::Err, &format!("cmd: not modelled: {what}"));
        self.ends(SYNTAX_ERROR);
    }

    /// Prints a line of a built-in command.
    fn says(&mut self, world: &mut dyn Surroundings, text: &str) {
        if self.shell.line(world, Output::Out, text) {
            self.passes();
        } else {
            self.fails(world, "There is not enough space on the disk.");
        }
    }

    /// A command that is not built in: a program of the guest.
    fn external(&mut self, world: &mut dyn Surroundings, text: &str) {
        let text = text.trim_end();
        let name = windows_program(text).0;
        if name.is_empty() {
            return self.passes();
        }
        match self.spawn(world, text) {
            Some(child) => self.doing = Doing::Child(child),
            None => {
                self.shell.line(
                    world,
                    Output::Err,
                    &format!(
                        "'{name}' is not recognized as an internal or external command,\r\noperable program or batch file."
                    ),
                );
                self.shell.end(NO_COMMAND);
                // The command itself returns this, and it is what `cmd /c` ends with.
                self.returned = 1;
            }
        }
    }

    fn spawn(&mut self, world: &mut dyn Surroundings, line: &str) -> Option<u32> {
        let launch = Launch {
            environment: self.environment.clone(),
            directory: self.shell.directory.clone(),
            ..self.shell.launch.command(command_line::Command::Line(Arc::from(line)))
        };
        world.spawn(launch, self.shell.child_streams())
    }
}
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!one.is_ascii() && one.to_lowercase() == other.to_lowercase())
}

/// The line behind `/c`. Quotation marks around all of it are taken off, unless they are needed around a program's name:
/// the rule that `cmd /?` tells.
fn unquoted(text: &str, strip: bool) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let keeps = !strip
        && text.matches('"').count() == 2
        && !text.contains(['&', '<', '>', '(', ')', '@', '^', '|'])
        && inner.split('"').next().is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            name.contains(' ') && [".exe", ".com", ".bat", ".cmd"].iter().any(|ending| name.ends_with(ending))
        });
    if keeps {
        return text.to_owned();
    }
    match inner.rfind('"') {
        Some(last) => format!("{}{}", &inner[..last], &inner[last + 1..]),
        None => inner.to_owned(),
    }
}
