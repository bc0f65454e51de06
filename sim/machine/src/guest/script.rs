//! Programs in one line, for stories: steps between semicolons, in the order in which they happen.
//!
//! ```text
//! stdout "ready"; on CtrlC exit 3; after 2s; expect "go"; stdout -n "going"; exit 0
//! ```
//!
//! | step | what it does |
//! |---|---|
//! | `stdout [-n] TEXT`, `stderr [-n] TEXT` | writes the text, and a line feed unless `-n` is given |
//! | `after LENGTH [STEP]` | waits: `250ms`, `3s`, `2m`, `1h`; the next step may stand behind it without a semicolon |
//! | `read` | waits for a line of standard input, or its end |
//! | `expect TEXT` | the same; ends with 1 and says so if the line is another |
//! | `cat` | copies standard input to the output until its end |
//! | `exit N`, `crash N` | ends, or fails with an exception (Windows) or a signal (Linux) |
//! | `forever` | waits for nothing |
//! | `ignore signals` | from here on signals do nothing |
//! | `on SIGNAL STEP` | from here on this signal (`CtrlC`, `TERM`, `15`, `any`) does this: `exit N`, `stdout TEXT`, `stderr TEXT` |
//! | `spawn COMMAND...` | starts a child that has the same streams, and goes on |
//! | `run COMMAND...` | the same, and waits for it |
//! | `flood N` | writes so many bytes of [the pattern](super::program::flood_byte) of seed 0 |
//! | `repeat N ( ... )` | the steps so often; `forever` is a number too |
//!
//! A text is one word, or stands in quotation marks, in which `\n`, `\t`, `\r`, `\"` and `\\` are one character each. After
//! the last step the program ends with 0.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::guest::Signal;

use crate::guest::command_line::Command;
use crate::guest::stream::{BUFFER, FOR_INPUT, FOREVER, Line, Lines, Outbox, broken_pipe, for_child, step, until};
use crate::guest::tool::{FLOOD_BLOCK, flood_bytes, number};
use crate::guest::{Await, Given, Launch, Output, Pause, Reaction, Redirection, Surroundings, Taken, duration, signal};
use crate::time::Time;

/// The longest script, in bytes.
pub const LONGEST: usize = 64 << 10;
/// How deep repetitions nest.
const DEEPEST: usize = 16;

/// A program in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Say(Output, Arc<[u8]>),
    After(u64),
    Read,
    Expect(Arc<str>),
    Cat,
    End(Pause),
    Forever,
    Ignore,
    /// No signal is any signal.
    On(Option<Signal>, Action),
    Start {
        command: Arc<[Arc<str>]>,
        wait: bool,
    },
    Flood(u64),
    /// So often what stands before the step at `past`; `None` is for ever.
    Repeat {
        count: Option<u64>,
        past: usize,
    },
    /// The end of what is repeated, and where that began.
    Again(usize),
}

/// What a signal does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Say(Output, Arc<[u8]>),
    Exit(u32),
}

impl Script {
    /// Reads a script. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Script, String> {
        if text.len() > LONGEST {
            return Err(format!("a script has at most {LONGEST} bytes"));
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, steps: Vec::new() };
        parser.sequence(0)?;
        match parser.tokens {
            [] => Ok(Script { text: text.to_owned(), steps: parser.steps }),
            _ => Err("a `)` without its `(`".to_owned()),
        }
    }

    /// What was read.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Semicolon,
    Open,
    Close,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_whitespace() => {}
            ';' => tokens.push(Token::Semicolon),
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut word = String::new();
                loop {
                    match rest.next() {
                        Some('"') => break,
                        Some('\\') => word.push(match rest.next() {
                            Some('n') => '\n',
                            Some('t') => '\t',
                            Some('r') => '\r',
                            Some(c @ ('"' | '\\')) => c,
                            Some(c) => return Err(format!("no such escape: \\{c}")),
                            None => return Err("a text does not end".to_owned()),
                        }),
                        Some(c) => word.push(c),
                        None => return Err("a text does not end".to_owned()),
                    }
                }
                tokens.push(Token::Word(word));
            }
            c => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| !c.is_whitespace() && !matches!(c, ';' | '(' | ')' | '"')) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    steps: Vec<Step>,
}

impl<'a> Parser<'a> {
    /// Steps up to the end, or up to a `)` that is left standing.
    fn sequence(&mut self, depth: usize) -> Result<(), String> {
        loop {
            match self.tokens {
                [] | [Token::Close, ..] => return Ok(()),
                [Token::Semicolon, rest @ ..] => self.tokens = rest,
                [Token::Open, ..] => return Err("a `(` belongs behind `repeat N`".to_owned()),
                [Token::Word(_), ..] => {
                    let words = self.words();
                    let mut left = &words[..];
                    // `after 3s exit 5` reads as one step, and is two.
                    while let ["after", _, rest @ ..] = left
                        && !rest.is_empty()
                    {
                        self.steps.push(step_of(&left[..2])?);
                        left = rest;
                    }
                    match *left {
                        ["repeat", count] => self.repeat(count, depth)?,
                        ["repeat", ..] => return Err("it is `repeat N ( ... )`".to_owned()),
                        _ => self.steps.push(step_of(left)?),
                    }
                    if let [Token::Word(_) | Token::Open, ..] = self.tokens {
                        return Err(format!("a `;` is missing behind `{}`", words.join(" ")));
                    }
                }
            }
        }
    }

    fn words(&mut self) -> Vec<&'a str> {
        let mut words = Vec::new();
        while let [Token::Word(word), rest @ ..] = self.tokens {
            words.push(word.as_str());
            self.tokens = rest;
        }
        words
    }

    fn repeat(&mut self, count: &str, depth: usize) -> Result<(), String> {
        let count = match count {
            "forever" => None,
            count => Some(count.parse().map_err(|_| format!("`repeat {count}`: not a number"))?),
        };
        let [Token::Open, rest @ ..] = self.tokens else { return Err("it is `repeat N ( ... )`".to_owned()) };
        if depth == DEEPEST {
            return Err(format!("repetitions nest at most {DEEPEST} deep"));
        }
        self.tokens = rest;
        let begin = self.steps.len();
        self.steps.push(Step::Repeat { count, past: 0 });
        self.sequence(depth + 1)?;
        let [Token::Close, rest @ ..] = self.tokens else { return Err("a `(` without its `)`".to_owned()) };
        self.tokens = rest;
        self.steps.push(Step::Again(begin));
        self.steps[begin] = Step::Repeat { count, past: self.steps.len() };
        Ok(())
    }
}

/// One step of its words.
fn step_of(words: &[&str]) -> Result<Step, String> {
    Ok(match words {
        ["after", length] => {
            Step::After(duration::parse(length).ok_or_else(|| format!("`after {length}`: not a length of time"))?)
        }
        ["read"] => Step::Read,
        ["expect", line] => Step::Expect(Arc::from(*line)),
        ["cat"] => Step::Cat,
        ["crash", code] => Step::End(Pause::Crashes(code_of(code)?)),
        ["forever"] => Step::Forever,
        ["ignore", "signals"] => Step::Ignore,
        ["on", signal, action @ ..] => {
            let signal = match *signal {
                "any" => None,
                name => Some(signal::named(name).ok_or_else(|| format!("`on {name}`: no such signal"))?),
            };
            Step::On(signal, action_of(action)?)
        }
        [start @ ("spawn" | "run"), command @ ..] if !command.is_empty() => {
            Step::Start { command: command.iter().map(|word| Arc::from(*word)).collect(), wait: *start == "run" }
        }
        ["flood", count] => Step::Flood(count.parse().map_err(|_| format!("`flood {count}`: not a number"))?),
        words => match action_of(words)? {
            Action::Say(to, bytes) => Step::Say(to, bytes),
            Action::Exit(code) => Step::End(Pause::Exits(code)),
        },
    })
}

/// What can be done about a signal, and is a step too.
fn action_of(words: &[&str]) -> Result<Action, String> {
    let output = |name: &str| if name == "stdout" { Output::Out } else { Output::Err };
    match words {
        ["exit", code] => Ok(Action::Exit(code_of(code)?)),
        [to @ ("stdout" | "stderr"), "-n", text] => Ok(Action::Say(output(to), Arc::from(text.as_bytes()))),
        [to @ ("stdout" | "stderr"), text] => Ok(Action::Say(output(to), Arc::from(format!("{text}\n").into_bytes()))),
        words => Err(format!("no such step: `{}`", words.join(" "))),
    }
}

/// A code: decimal, hexadecimal, or negative as programs return it.
fn code_of(text: &str) -> Result<u32, String> {
    let negative = || text.parse::<i32>().ok().map(i32::cast_unsigned);
    number(text).or_else(negative).ok_or_else(|| format!("not a code: `{text}`"))
}

/// A script as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runner {
    script: Arc<Script>,
    launch: Launch,
    /// The next step.
    at: usize,
    /// How often each repetition around it goes round once more.
    left: Vec<Option<u64>>,
    out: Outbox,
    lines: Lines,
    ignoring: bool,
    actions: BTreeMap<Option<Signal>, Action>,
    doing: Doing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Doing {
    Steps,
    Sleep(Time),
    Child(u32),
    Flood { from: u64, end: u64 },
    End(Pause),
}

impl Runner {
    pub(super) fn new(script: Arc<Script>, launch: &Launch) -> Runner {
        Runner {
            script,
            launch: launch.clone(),
            at: 0,
            left: Vec::new(),
            out: Outbox::default(),
            lines: Lines::default(),
            ignoring: false,
            actions: BTreeMap::new(),
            doing: Doing::Steps,
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Reaction {
        match self.actions.get(&Some(signal)).or_else(|| self.actions.get(&None)) {
            Some(Action::Say(to, bytes)) => self.out.push_unless_long(*to, bytes.clone()),
            Some(Action::Exit(code)) => self.doing = Doing::End(Pause::Exits(*code)),
            None if self.ignoring => {}
            None => return Reaction::Default,
        }
        Reaction::Handled
    }

    pub(super) fn run(&mut self, world: &mut dyn Surroundings) -> Pause {
        if let Err(pause) = self.out.flush(world, self.launch.os) {
            return pause;
        }
        let pause = self.go(world);
        match (self.out.flush(world, self.launch.os), &self.doing) {
            (Err(pause), _) => pause,
            (Ok(()), Doing::End(end)) => *end,
            (Ok(()), _) => pause,
        }
    }

    /// Does one thing.
    fn go(&mut self, world: &mut dyn Surroundings) -> Pause {
        match self.doing {
            Doing::Steps => self.next(world),
            Doing::Sleep(end) if world.now() < end => until(end),
            Doing::Child(child) if world.exit_of(child).is_none() => for_child(child),
            Doing::Sleep(_) | Doing::Child(_) => {
                self.doing = Doing::Steps;
                self.next(world)
            }
            Doing::Flood { from, end } => self.flood(world, from, end),
            Doing::End(end) => end,
        }
    }

    fn next(&mut self, world: &mut dyn Surroundings) -> Pause {
        let script = self.script.clone();
        let Some(current) = script.steps.get(self.at) else {
            self.doing = Doing::End(Pause::Exits(0));
            return step(world);
        };
        match current {
            Step::Say(to, bytes) => self.out.push(*to, bytes.clone()),
            Step::After(length) => {
                let end = world.now().after(*length);
                self.doing = Doing::Sleep(end);
                self.at += 1;
                return until(end);
            }
            Step::Read | Step::Expect(_) => match (self.lines.next(world, BUFFER), current) {
                (Line::Nothing, _) => return FOR_INPUT,
                (Line::Text(line), Step::Expect(text)) if line != **text => {
                    self.disappoint(&format!("expected \"{text}\", got \"{line}\""));
                }
                (Line::End, Step::Expect(text)) => self.disappoint(&format!("expected \"{text}\", got the end")),
                (Line::TooLong, Step::Expect(text)) => {
                    self.disappoint(&format!("expected \"{text}\", got a longer line"))
                }
                _ => {}
            },
            Step::Cat => match world.read(BUFFER) {
                Given::Bytes(bytes) => {
                    self.out.push(Output::Out, bytes);
                    return step(world);
                }
                Given::Nothing => return FOR_INPUT,
                Given::End => {}
            },
            Step::End(end) => self.doing = Doing::End(*end),
            Step::Forever => return FOREVER,
            Step::Ignore => self.ignoring = true,
            Step::On(signal, action) => {
                self.actions.insert(*signal, action.clone());
            }
            Step::Start { command, wait } => {
                let child = self.launch.command(Command::Words(command.clone()));
                let inherited = [Redirection::Inherit, Redirection::Inherit, Redirection::Inherit];
                match world.spawn(child, inherited) {
                    Some(child) if *wait => self.doing = Doing::Child(child),
                    Some(_) => {}
                    None => self.disappoint(&format!("no such program: {}", command[0])),
                }
            }
            Step::Flood(end) => self.doing = Doing::Flood { from: 0, end: *end },
            Step::Repeat { count: Some(0), past } => {
                self.at = *past;
                return step(world);
            }
            Step::Repeat { count, .. } => self.left.push(*count),
            Step::Again(begin) => match self.left.last_mut() {
                Some(Some(left)) if *left <= 1 => drop(self.left.pop()),
                Some(left) => {
                    *left = left.map(|left| left - 1);
                    self.at = *begin;
                }
                None => {}
            },
        }
        self.at += 1;
        step(world)
    }

    fn disappoint(&mut self, why: &str) {
        self.out.push(Output::Err, format!("{why}\n").into_bytes());
        self.doing = Doing::End(Pause::Exits(1));
    }

    fn flood(&mut self, world: &mut dyn Surroundings, from: u64, end: u64) -> Pause {
        let block = (end - from).min(FLOOD_BLOCK);
        if block == 0 {
            self.doing = Doing::Steps;
            return step(world);
        }
        let bytes = flood_bytes(0, from, block as usize);
        match world.write(Output::Out, &bytes) {
            Taken::Broken => {
                self.doing = Doing::End(broken_pipe(self.launch.os));
                step(world)
            }
            Taken::Bytes(0) => Pause::Waits(Await { output: Some(Output::Out), ..Await::default() }),
            Taken::Bytes(taken) => {
                self.doing = Doing::Flood { from: from + (taken as u64).min(block), end };
                step(world)
            }
        }
    }
}
