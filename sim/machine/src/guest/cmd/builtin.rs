//! The commands that `cmd` does itself.

use std::sync::Arc;

use crate::guest::arithmetic::{self, Fault};
use crate::guest::cmd::grammar::is_delimiter;
use crate::guest::cmd::{Cmd, Doing, same};
use crate::guest::command_line::windows_program;
use crate::guest::shell::MOST_OF_VARIABLES;
use crate::guest::{Output, Surroundings};

/// The code of `start` when there is no such program.
const NO_PROGRAM_TO_START: u32 = 9059;
/// The code of `set /a` for a sum that divides by zero.
const DIVIDED_BY_ZERO: u32 = 1_073_750_993;
/// The code of `set /a` for a sum that is none.
const NO_SUM: u32 = 1_073_750_990;

/// The commands that `cmd` does itself.
const BUILTINS: [&str; 41] = [
    "assoc", "break", "call", "cd", "chdir", "cls", "color", "copy", "date", "del", "dir", "echo", "endlocal", "erase",
    "exit", "ftype", "goto", "md", "mkdir", "mklink", "move", "path", "pause", "popd", "prompt", "pushd", "rd", "rem",
    "ren", "rename", "rmdir", "set", "setlocal", "shift", "start", "time", "title", "type", "ver", "verify", "vol",
];

impl Cmd {
    /// Runs one command.
    pub(super) fn command(&mut self, world: &mut dyn Surroundings, text: &str) {
        let text = text.trim_start_matches(is_delimiter);
        let (name, rest) = builtin(text);
        let words = || -> Vec<String> { split(rest) };
        match name.as_str() {
            "" => self.external(world, text),
            "echo" => self.echo(world, rest),
            "exit" => {
                let mut words = words();
                if words.first().is_some_and(|word| word.eq_ignore_ascii_case("/b")) {
                    words.remove(0);
                }
                let code = words.first().and_then(|word| word.parse::<i32>().ok()).map(i32::cast_unsigned);
                // Without a number it is the level. There are no batch files that `/b` could leave alone.
                self.doing = Doing::End(code.unwrap_or(self.shell.status));
            }
            "rem" => self.passes(),
            "set" => self.set(world, rest),
            "cls" => {
                self.shell.print(world, Output::Out, &b"\x0c"[..]);
                self.passes();
            }
            "ver" => match world.version() {
                Some(version) => {
                    self.shell.line(world, Output::Out, "");
                    self.says(world, &format!("Microsoft Windows [Version {version}]"));
                }
                None => self.unmodelled(world, "ver: no version is known"),
            },
            "cd" | "chdir" => self.change_directory(world, rest),
            "type" => match words().as_slice() {
                [] => self.fails(world, "The syntax of the command is incorrect."),
                [file] => match world.read_file(&self.shell.path(file)) {
                    Some(bytes) => {
                        self.shell.print(world, Output::Out, bytes);
                        self.passes();
                    }
                    None if world.is_directory(&self.shell.path(file)) => self.fails(world, "Access is denied."),
                    None => self.fails(world, "The system cannot find the file specified."),
                },
                _ => self.unmodelled(world, "type: several files"),
            },
            "del" | "erase" => {
                let (switches, files): (Vec<_>, Vec<_>) = words().into_iter().partition(|word| word.starts_with('/'));
                let plain = switches.iter().all(|switch| ["/q", "/f"].contains(&switch.to_ascii_lowercase().as_str()));
                if !plain || files.iter().any(|file| file.contains(['*', '?'])) {
                    return self.unmodelled(world, "del: switches, and many files at once");
                }
                self.passes();
                for file in &files {
                    let path = self.shell.path(file);
                    if !world.remove_file(&path) {
                        self.shell.line(world, Output::Out, &format!("Could Not Find {path}"));
                    }
                }
                if files.is_empty() {
                    self.fails(world, "The syntax of the command is incorrect.");
                }
            }
            // What it is given is read once more, so that variables have the values of now.
            "call" if rest.trim_start().starts_with(':') => self.unmodelled(world, "call of a label"),
            "call" => {
                self.passes();
                self.run_text(world, rest);
            }
            "start" => self.start(world, rest),
            "prompt" | "title" | "color" | "verify" => self.passes(),
            "goto" | "shift" | "setlocal" | "endlocal" | "pause" | "dir" | "md" | "mkdir" | "rd" | "rmdir" | "copy"
            | "move" | "ren" | "rename" | "pushd" | "popd" | "assoc" | "ftype" | "mklink" | "path" | "date"
            | "time" | "vol" | "break" => self.unmodelled(world, "a command of cmd that the double does not have"),
            _ => self.external(world, text),
        }
    }

    fn echo(&mut self, world: &mut dyn Surroundings, rest: &str) {
        match rest.trim().to_ascii_lowercase().as_str() {
            "" if rest.trim_start().is_empty() => {
                self.says(world, if self.echo { "ECHO is on." } else { "ECHO is off." });
            }
            state @ ("on" | "off") => {
                self.echo = state == "on";
                self.passes();
            }
            // One character separates, whichever it is: `echo.`, `echo:`, `echo text`.
            _ => self.says(world, &rest[rest.chars().next().map_or(0, char::len_utf8)..]),
        }
    }

    fn set(&mut self, world: &mut dyn Surroundings, rest: &str) {
        let rest = rest.trim_start();
        let lower = rest.to_ascii_lowercase();
        if lower.starts_with("/a") {
            return self.set_sum(world, rest[2..].trim());
        }
        let (asks, rest) = if lower.starts_with("/p") { (true, rest[2..].trim_start()) } else { (false, rest) };
        // With a mark in front everything up to the last mark counts.
        let rest = match rest.strip_prefix('"') {
            Some(rest) => rest.rfind('"').map_or(rest, |end| &rest[..end]),
            None => rest,
        };
        match rest.split_once('=') {
            Some(("", _)) => self.fails(world, "The syntax of the command is incorrect."),
            Some((name, prompt)) if asks => {
                self.shell.print(world, Output::Out, prompt.trim_matches('"').as_bytes());
                self.doing = Doing::Ask(Arc::from(name));
            }
            Some((name, value)) => self.assign(world, name, value),
            None if asks => self.fails(world, "The syntax of the command is incorrect."),
            None => {
                let wanted = rest.trim_end().to_lowercase();
                let mut shown: Vec<_> = self
                    .environment
                    .iter()
                    .map(|(name, value)| (name.to_lowercase(), format!("{name}={value}\r\n")))
                    .filter(|(name, _)| name.starts_with(&wanted))
                    .collect();
                shown.sort();
                if shown.is_empty() && !wanted.is_empty() {
                    return self.fails(world, &format!("Environment variable {} not defined", rest.trim_end()));
                }
                let text: String = shown.into_iter().map(|(_, line)| line).collect();
                self.shell.print(world, Output::Out, text.into_bytes());
                self.passes();
            }
        }
    }

    /// Sets a variable, or takes it away with an empty value.
    pub(super) fn assign(&mut self, world: &mut dyn Surroundings, name: &str, value: &str) {
        let known = self.environment.keys().find(|known| same(known, name)).cloned();
        if value.is_empty() {
            match known {
                Some(known) => {
                    Arc::make_mut(&mut self.environment).remove(&known);
                    self.passes();
                }
                None => self.ends(1),
            }
        } else if self.environment.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            > MOST_OF_VARIABLES
        {
            self.fails(world, "Not enough memory resources are available to process this command.");
        } else {
            let name = known.unwrap_or_else(|| Arc::from(name));
            Arc::make_mut(&mut self.environment).insert(name, Arc::from(value));
            self.passes();
        }
    }

    /// `set /a`: sums of 32 bits, the last of which is printed.
    fn set_sum(&mut self, world: &mut dyn Surroundings, text: &str) {
        let text = text.replace('"', "");
        let mut last = 0;
        for part in text.split(',') {
            let (name, sum) = match part.split_once('=') {
                Some((target, sum)) => {
                    let target = target.trim();
                    let name = target.trim_end_matches(['+', '-', '*', '/', '%']).trim_end();
                    let sum = match target[name.len()..].trim() {
                        "" => sum.to_owned(),
                        operator => format!("{name}{operator}({sum})"),
                    };
                    (Some(name.to_owned()), sum)
                }
                None => (None, part.to_owned()),
            };
            match arithmetic::evaluate(&sum, &|name| self.value(name)) {
                // Numbers of cmd have 32 bits, and overflow silently.
                Ok(value) => last = value as i32,
                Err(Fault::Division) => {
                    self.shell.line(world, Output::Err, "Divide by zero error.");
                    return self.ends(DIVIDED_BY_ZERO);
                }
                Err(Fault::Syntax) => {
                    world.not_modelled("cmd: set /a with other operators");
                    self.shell.line(world, Output::Err, "Missing operator.");
                    return self.ends(NO_SUM);
                }
            }
            if let Some(name) = name {
                self.assign(world, &name, &last.to_string());
            }
        }
        self.shell.print(world, Output::Out, last.to_string().into_bytes());
        self.passes();
    }

    fn change_directory(&mut self, world: &mut dyn Surroundings, rest: &str) {
        let rest = rest.trim();
        let rest = match rest.get(..2) {
            Some(switch) if switch.eq_ignore_ascii_case("/d") => rest[2..].trim(),
            _ => rest,
        };
        let name = rest.replace('"', "");
        if name.is_empty() {
            let directory = self.shell.directory.clone();
            return self.says(world, &directory);
        }
        let path = self.shell.path(&name);
        if world.is_directory(&path) {
            self.shell.directory = path;
            self.passes();
        } else {
            self.fails(world, "The system cannot find the path specified.");
        }
    }

    /// `start`: a child that nobody waits for. Windows are not modelled, so it shares the streams as with `/b`.
    fn start(&mut self, world: &mut dyn Surroundings, rest: &str) {
        let mut rest = rest.trim();
        let mut wait = false;
        // A quoted first word is a title.
        if rest.starts_with('"') {
            rest = windows_program(rest).1;
        }
        while rest.starts_with('/') {
            let (switch, behind) = windows_program(rest);
            match switch.to_ascii_lowercase().as_str() {
                "/b" | "/min" | "/max" => {}
                "/wait" | "/w" => wait = true,
                _ => return self.unmodelled(world, "start: other switches"),
            }
            rest = behind;
        }
        if rest.is_empty() {
            return self.unmodelled(world, "start without a program");
        }
        match self.spawn(world, rest) {
            Some(child) if wait => self.doing = Doing::Child(child),
            Some(_) => self.passes(),
            None => {
                let name = windows_program(rest).0;
                self.shell.line(world, Output::Err, &format!("The system cannot find the file {name}."));
                self.ends(NO_PROGRAM_TO_START);
            }
        }
    }
}

/// The name of a built-in command in lower case and what follows it; an empty name if it is none.
fn builtin(text: &str) -> (String, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    let separates = |c: char| is_delimiter(c) || matches!(c, '.' | '/' | '\\' | ':' | '(' | '[' | ']' | '+' | '"');
    let known = BUILTINS.contains(&name.as_str()) && rest.chars().next().is_none_or(separates);
    // A program may have the name of a command and an ending.
    let is_file = ["exe", "com", "bat", "cmd"]
        .iter()
        .any(|ending| rest.get(1..4).is_some_and(|word| rest.starts_with('.') && word.eq_ignore_ascii_case(ending)));
    if known && !is_file { (name, rest) } else { (String::new(), text) }
}

/// The words behind a built-in command, without quotation marks.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if is_delimiter(c) && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
