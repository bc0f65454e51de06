//! What both shells share: how commands are put together, where their output goes, and running them one step at a time.
//!
//! A shell reads its language into a [`Tree`]. The tree is laid out as a row of [`Step`]s with jumps, so that a shell that
//! stands in the middle of three nested loops is still a plain value: a place in the row, and a few stacks.

use std::collections::VecDeque;
use std::sync::Arc;

use hcs_rules::guest::GuestOs;

use crate::guest::stream::{BUFFER, Line, Lines, Outbox, line_end};
use crate::guest::{Launch, Output, Redirection, Surroundings, path};

/// How deep a text of a shell nests.
pub(super) const DEEPEST: usize = 40;
/// What all variables may hold together, in bytes.
pub(super) const MOST_OF_VARIABLES: usize = 1 << 20;
/// How deep texts run within texts: `call`, `eval`, a trap.
const DEEPEST_TEXTS: usize = 40;
/// How many steps that only lead elsewhere are taken at once.
const STEPS_AT_ONCE: usize = 64;

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// It ends too early: more lines may help.
    Incomplete,
    /// This is not expected here.
    Unexpected(String),
    /// It asks for what the double does not model.
    Unmodelled(&'static str),
}

/// Commands put together. `C` is a command of the language, `W` a word that is expanded when its turn comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree<C, W> {
    Command(C),
    Sequence(Vec<Tree<C, W>>),
    /// `a && b || c`: flat, however long it is.
    Chain(Box<Tree<C, W>>, Vec<(Link, Tree<C, W>)>),
    Not(Box<Tree<C, W>>),
    If {
        when: Box<Tree<C, W>>,
        then: Box<Tree<C, W>>,
        otherwise: Option<Box<Tree<C, W>>>,
    },
    While {
        until: bool,
        when: Box<Tree<C, W>>,
        body: Box<Tree<C, W>>,
    },
    Each {
        name: Arc<str>,
        list: List<W>,
        body: Box<Tree<C, W>>,
    },
    Redirected(Box<Tree<C, W>>, Vec<Redirect<W>>),
    /// What it changes in the shell is undone afterwards.
    Subshell(Box<Tree<C, W>>),
    Break(usize),
    Continue(usize),
}

/// When the next of a chain is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// After a success.
    And,
    /// After a failure.
    Or,
}

/// What a loop goes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum List<W> {
    /// These words.
    Words(Vec<W>),
    /// Numbers: start, step, end.
    Count(W, W, W),
}

/// One redirection of a stream: 0, 1 or 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect<W> {
    pub(super) stream: u8,
    pub(super) to: To<W>,
}

/// Where a redirection leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To<W> {
    Read(W),
    Write {
        path: W,
        append: bool,
    },
    /// Where this output goes now.
    Like(Output),
}

/// One step of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<C, W> {
    Run(C),
    /// The command before stands alone: a shell that gives up at the first failure does it here.
    Check,
    Jump(usize),
    /// Jumps if the last command's success is this.
    JumpIf(bool, usize),
    Not,
    /// Nothing was run: that is a success.
    Settle,
    /// Redirects until [`Step::Leave`], or goes to the place behind that if it cannot.
    Enter(Vec<Redirect<W>>, usize),
    Leave,
    /// A subshell until [`Step::Join`], which stands there.
    Fork(usize),
    Join,
    Each(List<W>),
    /// The loop's next item, or past its end.
    Next {
        name: Arc<str>,
        past: usize,
    },
    EndLoop,
}

/// A row of steps.
pub(super) type Row<C, W> = Arc<[Step<C, W>]>;

/// Lays a tree out.
pub(super) fn row<C: Clone, W: Clone>(tree: &Tree<C, W>) -> Row<C, W> {
    let mut layout = Layout { steps: Vec::new(), around: Vec::new() };
    layout.tree(tree, false);
    layout.steps.into()
}

struct Layout<C, W> {
    steps: Vec<Step<C, W>>,
    around: Vec<Around>,
}

/// What stands around the place that is laid out.
enum Around {
    Redirects,
    Subshell,
    /// The place to go on at, whether items are kept for it, and the jumps that leave it.
    Loop {
        again: usize,
        items: bool,
        breaks: Vec<usize>,
    },
}

impl<C: Clone, W: Clone> Layout<C, W> {
    /// `tested`: whether somebody looks at the success.
    fn tree(&mut self, tree: &Tree<C, W>, tested: bool) {
        match tree {
            Tree::Command(command) => {
                self.steps.push(Step::Run(command.clone()));
                if !tested {
                    self.steps.push(Step::Check);
                }
            }
            Tree::Sequence(trees) => trees.iter().for_each(|tree| self.tree(tree, tested)),
            Tree::Chain(first, rest) => {
                self.tree(first, true);
                for (at, (link, next)) in rest.iter().enumerate() {
                    let skip = self.hole();
                    self.tree(next, tested || at + 1 < rest.len());
                    self.steps[skip] = Step::JumpIf(*link == Link::Or, self.steps.len());
                }
            }
            Tree::Not(tree) => {
                self.tree(tree, true);
                self.steps.push(Step::Not);
            }
            Tree::If { when, then, otherwise } => {
                self.tree(when, true);
                let skip = self.hole();
                self.tree(then, tested);
                let end = self.hole();
                self.steps[skip] = Step::JumpIf(false, self.steps.len());
                match otherwise {
                    Some(otherwise) => self.tree(otherwise, tested),
                    None => self.steps.push(Step::Settle),
                }
                self.steps[end] = Step::Jump(self.steps.len());
            }
            Tree::While { until, when, body } => {
                let again = self.steps.len();
                self.tree(when, true);
                let skip = self.hole();
                self.body(body, again, false, tested);
                self.steps[skip] = Step::JumpIf(*until, self.steps.len());
                // What the condition said is not the loop's result.
                self.steps.push(Step::Settle);
            }
            Tree::Each { name, list, body } => {
                self.steps.push(Step::Each(list.clone()));
                let again = self.hole();
                self.body(body, again, true, tested);
                self.steps[again] = Step::Next { name: name.clone(), past: self.steps.len() };
            }
            Tree::Redirected(tree, redirects) => {
                let enter = self.hole();
                self.around.push(Around::Redirects);
                self.tree(tree, tested);
                self.around.pop();
                self.steps.push(Step::Leave);
                self.steps[enter] = Step::Enter(redirects.clone(), self.steps.len());
            }
            Tree::Subshell(tree) => {
                let fork = self.hole();
                self.around.push(Around::Subshell);
                self.tree(tree, tested);
                self.around.pop();
                self.steps[fork] = Step::Fork(self.steps.len());
                self.steps.push(Step::Join);
            }
            Tree::Break(levels) => self.leave(*levels, true),
            Tree::Continue(levels) => self.leave(*levels, false),
        }
    }

    /// A place that is filled in later.
    fn hole(&mut self) -> usize {
        self.steps.push(Step::Settle);
        self.steps.len() - 1
    }

    fn body(&mut self, body: &Tree<C, W>, again: usize, items: bool, tested: bool) {
        self.around.push(Around::Loop { again, items, breaks: Vec::new() });
        self.tree(body, tested);
        self.steps.push(Step::Jump(again));
        let past = self.steps.len();
        if let Some(Around::Loop { breaks, .. }) = self.around.pop() {
            for at in breaks {
                self.steps[at] = Step::Jump(past);
            }
        }
    }

    /// Leaves loops, and what they stand in: `break` and `continue`. Outside of loops that is nothing.
    fn leave(&mut self, levels: usize, breaks: bool) {
        let loops = self.around.iter().filter(|around| matches!(around, Around::Loop { .. })).count();
        let mut levels = levels.clamp(1, loops.max(1));
        if loops == 0 {
            return;
        }
        self.steps.push(Step::Settle);
        for around in self.around.iter_mut().rev() {
            match around {
                Around::Redirects => self.steps.push(Step::Leave),
                Around::Subshell => self.steps.push(Step::Join),
                Around::Loop { items, .. } if levels > 1 => {
                    if *items {
                        self.steps.push(Step::EndLoop);
                    }
                    levels -= 1;
                }
                Around::Loop { again, .. } if !breaks => {
                    self.steps.push(Step::Jump(*again));
                    return;
                }
                Around::Loop { items, breaks, .. } => {
                    if *items {
                        self.steps.push(Step::EndLoop);
                    }
                    breaks.push(self.steps.len());
                    self.steps.push(Step::Settle);
                    return;
                }
            }
        }
    }
}

/// The items that a loop has not had yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Items {
    Words(VecDeque<Arc<str>>),
    Count { next: i64, step: i64, end: i64 },
}

impl Items {
    fn next(&mut self) -> Option<Arc<str>> {
        match self {
            Items::Words(words) => words.pop_front(),
            Items::Count { next, step, end } => {
                let inside = if *step < 0 { *next >= *end } else { *next <= *end };
                let item = inside.then(|| Arc::from(next.to_string()));
                *next = next.saturating_add(*step);
                item
            }
        }
    }
}

/// A text that runs: where it is, and what stands around that place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame<C, W> {
    row: Row<C, W>,
    at: usize,
    /// The streams outside of each redirection.
    streams: Vec<Streams>,
    loops: Vec<Items>,
    /// Where each subshell ends, and how many redirections and loops stand around it.
    forks: Vec<(usize, usize, usize)>,
    /// What the last command's code is again afterwards.
    status: Option<u32>,
}

/// Texts that run, the innermost last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frames<C, W>(Vec<Frame<C, W>>);

/// What is to be done next.
pub(super) enum Fetched<C, W> {
    /// This step of this row.
    Step(Row<C, W>, usize),
    /// Nothing now: many steps led elsewhere.
    Later,
    /// Nothing: all texts are over.
    Done,
}

impl<C, W> Default for Frames<C, W> {
    fn default() -> Self {
        Frames(Vec::new())
    }
}

impl<C: Clone, W: Clone> Frames<C, W> {
    /// Runs a text within what runs. Whether that goes: not when it is too deep. `status` is what the code of the last
    /// command is again when it is over.
    pub(super) fn push(&mut self, row: Row<C, W>, status: Option<u32>) -> bool {
        // The last thing that a text does needs no way back: a text that runs itself again does not grow.
        while self.0.last().is_some_and(|frame| frame.is_over() && frame.status.is_none()) {
            self.0.pop();
        }
        if self.0.len() >= DEEPEST_TEXTS {
            return false;
        }
        self.0.push(Frame { row, at: 0, streams: Vec::new(), loops: Vec::new(), forks: Vec::new(), status });
        true
    }

    /// Forgets everything that runs.
    pub(super) fn clear(&mut self, shell: &mut Shell) {
        if let Some(outermost) = self.0.iter().find_map(|frame| frame.streams.first()) {
            shell.streams = outermost.clone();
        }
        self.0.clear();
    }

    /// The next step that is not a mere jump.
    pub(super) fn fetch(&mut self, shell: &mut Shell) -> Fetched<C, W> {
        for _ in 0..STEPS_AT_ONCE {
            let Some(frame) = self.0.last_mut() else { return Fetched::Done };
            let Some(step) = frame.row.get(frame.at) else {
                if let Some(status) = frame.status {
                    shell.end(status);
                }
                self.0.pop();
                continue;
            };
            let at = frame.at;
            frame.at += 1;
            match step {
                Step::Jump(to) => frame.at = *to,
                Step::JumpIf(success, to) => {
                    if shell.success == *success {
                        frame.at = *to;
                    }
                }
                Step::Not => shell.end(shell.success.into()),
                Step::Leave => {
                    if let Some(streams) = frame.streams.pop() {
                        shell.leave(streams);
                    }
                }
                Step::EndLoop => drop(frame.loops.pop()),
                Step::Fork(join) => {
                    frame.forks.push((*join, frame.streams.len(), frame.loops.len()));
                    return Fetched::Step(frame.row.clone(), at);
                }
                Step::Join => {
                    frame.forks.pop();
                    return Fetched::Step(frame.row.clone(), at);
                }
                _ => return Fetched::Step(frame.row.clone(), at),
            }
        }
        Fetched::Later
    }

    /// Whether nothing follows the command that runs: what is left only takes redirections back.
    pub(super) fn is_last(&self) -> bool {
        self.0.iter().all(|frame| {
            let left = frame.row.get(frame.at..).unwrap_or_default();
            frame.status.is_none() && left.iter().all(|step| matches!(step, Step::Check | Step::Leave))
        })
    }

    /// Goes elsewhere in the innermost text.
    pub(super) fn jump(&mut self, to: usize) {
        if let Some(frame) = self.0.last_mut() {
            frame.at = to;
        }
    }

    /// Remembers the streams outside of a redirection.
    pub(super) fn enter(&mut self, outside: Streams) {
        if let Some(frame) = self.0.last_mut() {
            frame.streams.push(outside);
        }
    }

    /// Begins a loop over these items.
    pub(super) fn begin(&mut self, items: Items) {
        if let Some(frame) = self.0.last_mut() {
            frame.loops.push(items);
        }
    }

    /// The innermost loop's next item. Without one the loop is over.
    pub(super) fn item(&mut self) -> Option<Arc<str>> {
        let frame = self.0.last_mut()?;
        let item = frame.loops.last_mut()?.next();
        if item.is_none() {
            frame.loops.pop();
        }
        item
    }

    /// Goes to the end of the innermost subshell. Whether there is one; without one every text is over.
    pub(super) fn exit(&mut self, shell: &mut Shell) -> bool {
        while let Some(frame) = self.0.last_mut() {
            let fork = frame.forks.last().copied();
            let (join, streams, loops) = fork.unwrap_or((0, 0, 0));
            if let Some(outside) = frame.streams.drain(streams.min(frame.streams.len())..).next() {
                shell.leave(outside);
            }
            if fork.is_some() {
                frame.loops.truncate(loops);
                frame.at = join;
                return true;
            }
            self.0.pop();
        }
        false
    }
}

impl<C, W> Frame<C, W> {
    fn is_over(&self) -> bool {
        self.at >= self.row.len()
    }
}

/// Where a shell's commands read from and write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Streams {
    input: Source,
    outputs: [Sink; 2],
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Own,
    Null,
    /// A file, and how much of it the shell itself has read.
    File(Arc<str>, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sink {
    Own(Output),
    Null,
    File(Arc<str>),
}

/// Why a redirection cannot be.
pub(super) enum Refused {
    /// There is no such file.
    Missing(Arc<str>),
    /// It cannot be written.
    Full(Arc<str>),
}

/// What both shells keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shell {
    pub(super) launch: Launch,
    pub(super) directory: Arc<str>,
    pub(super) out: Outbox,
    pub(super) lines: Lines,
    pub(super) streams: Streams,
    /// The last command's code, and whether that counts as a success.
    pub(super) status: u32,
    pub(super) success: bool,
}

impl Shell {
    pub(super) fn new(launch: &Launch) -> Shell {
        let root = if launch.os == GuestOs::Windows { "C:\\" } else { "/" };
        Shell {
            launch: launch.clone(),
            directory: if launch.directory.is_empty() { Arc::from(root) } else { launch.directory.clone() },
            out: Outbox::default(),
            lines: Lines::default(),
            streams: Streams { input: Source::Own, outputs: [Sink::Own(Output::Out), Sink::Own(Output::Err)] },
            status: 0,
            success: true,
        }
    }

    /// A command has ended with this code.
    pub(super) fn end(&mut self, status: u32) {
        self.status = status;
        self.success = status == 0;
    }

    /// The path as the world takes it.
    pub(super) fn path(&self, path: &str) -> Arc<str> {
        path::absolute(self.launch.os, &self.directory, path)
    }

    /// A command of the shell's own writes text. Whether that could be done.
    pub(super) fn print(&mut self, world: &mut dyn Surroundings, to: Output, bytes: impl Into<Arc<[u8]>>) -> bool {
        let bytes = bytes.into();
        match &self.streams.outputs[to as usize] {
            Sink::Own(own) => self.out.push(*own, bytes),
            Sink::Null => {}
            Sink::File(path) => return world.write_file(path, &bytes, true),
        }
        true
    }

    /// The same with the line's end.
    pub(super) fn line(&mut self, world: &mut dyn Surroundings, to: Output, text: &str) -> bool {
        let end = line_end(self.launch.os);
        self.print(world, to, format!("{text}{end}").into_bytes())
    }

    /// A command of the shell's own reads a line.
    pub(super) fn read_line(&mut self, world: &mut dyn Surroundings) -> Line {
        match &mut self.streams.input {
            Source::Own => self.lines.next(world, BUFFER),
            Source::Null => Line::End,
            Source::File(path, read) => {
                let bytes = world.read_file(path).unwrap_or_default();
                let left = bytes.get(*read..).unwrap_or_default();
                if left.is_empty() {
                    return Line::End;
                }
                let length = left.iter().position(|byte| *byte == b'\n');
                *read += length.map_or(left.len(), |length| length + 1);
                let line = &left[..length.unwrap_or(left.len())];
                if line.len() > BUFFER {
                    return Line::TooLong;
                }
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                Line::Text(String::from_utf8_lossy(line).into_owned())
            }
        }
    }

    /// The streams that a child gets.
    pub(super) fn child_streams(&self) -> [Redirection; 3] {
        let input = match &self.streams.input {
            Source::Own => Redirection::Inherit,
            Source::Null => Redirection::Null,
            Source::File(path, _) => Redirection::File(path.clone()),
        };
        let output = |own: Output| match &self.streams.outputs[own as usize] {
            Sink::Own(to) if *to == own => Redirection::Inherit,
            Sink::Own(to) => Redirection::Like(*to),
            Sink::Null => Redirection::Null,
            Sink::File(path) => Redirection::File(path.clone()),
        };
        [input, output(Output::Out), output(Output::Err)]
    }

    /// Redirects, and gives the streams that were before.
    pub(super) fn redirect(
        &mut self,
        world: &mut dyn Surroundings,
        redirects: &[Redirect<Arc<str>>],
    ) -> Result<Streams, Refused> {
        let outside = self.streams.clone();
        for redirect in redirects {
            if let Err(refused) = self.redirect_one(world, redirect) {
                self.streams = outside;
                return Err(refused);
            }
        }
        Ok(outside)
    }

    fn redirect_one(&mut self, world: &mut dyn Surroundings, redirect: &Redirect<Arc<str>>) -> Result<(), Refused> {
        match &redirect.to {
            To::Read(name) => {
                self.streams.input = if self.is_null(name) {
                    Source::Null
                } else {
                    let path = self.path(name);
                    if world.read_file(&path).is_none() {
                        return Err(Refused::Missing(name.clone()));
                    }
                    Source::File(path, 0)
                };
            }
            To::Write { path: name, append } => {
                let sink = if self.is_null(name) {
                    Sink::Null
                } else if self.launch.os == GuestOs::Linux && matches!(&**name, "/dev/stdout" | "/dev/stderr") {
                    self.streams.outputs[usize::from(&**name == "/dev/stderr")].clone()
                } else {
                    let path = self.path(name);
                    if !world.write_file(&path, b"", *append) {
                        return Err(Refused::Full(name.clone()));
                    }
                    Sink::File(path)
                };
                self.streams.outputs[usize::from(redirect.stream == 2)] = sink;
            }
            To::Like(output) => {
                self.streams.outputs[usize::from(redirect.stream == 2)] =
                    self.streams.outputs[*output as usize].clone();
            }
        }
        Ok(())
    }

    /// Goes back to the streams outside of a redirection. What was read of a file meanwhile stays read.
    fn leave(&mut self, outside: Streams) {
        let inside = std::mem::replace(&mut self.streams, outside);
        if let (Source::File(was, read), Source::File(is, before)) = (&inside.input, &mut self.streams.input)
            && was == is
        {
            *before = (*before).max(*read);
        }
    }

    fn is_null(&self, name: &str) -> bool {
        match self.launch.os {
            GuestOs::Windows => {
                let name = name.strip_prefix(r"\\.\").unwrap_or(name);
                name.trim_end_matches(':').eq_ignore_ascii_case("nul")
            }
            GuestOs::Linux => name == "/dev/null",
        }
    }
}
