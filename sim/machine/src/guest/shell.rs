//! What both shells share: how commands are put together, where their output goes, and running them one step at a time.
//!
//! A shell reads its language into a [`Tree`]. The tree is laid out as a row of [`Step`]s with jumps, so that a shell that
//! stands in the middle of three nested loops is still a plain value: a place in the row, and a few stacks.

mod frames;
mod tree;

use std::sync::Arc;

use hcs_rules::guest::GuestOs;

use crate::guest::stream::{BUFFER, Line, Lines, Outbox, line_end};
use crate::guest::{Launch, Output, Redirection, Surroundings, path};

pub(super) use frames::{Fetched, Frames, Items};
pub(super) use tree::{Link, List, Redirect, Row, Step, Syntax, To, Tree, row};

/// How deep a text of a shell nests.
pub(super) const DEEPEST: usize = 40;
/// What all variables may hold together, in bytes.
pub(super) const MOST_OF_VARIABLES: usize = 1 << 20;
/// How deep texts run within texts: `call`, `eval`, a trap.
const DEEPEST_TEXTS: usize = 40;
/// How many steps that only lead elsewhere are taken at once.
const STEPS_AT_ONCE: usize = 64;

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
