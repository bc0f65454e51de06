//! The commands that `sh` does itself.

use std::sync::Arc;

use hcs_rules::guest::{SIGKILL, SIGTERM, Signal, is_ignored_by_default};

use crate::guest::sh::grammar::is_name;
use crate::guest::sh::{Doing, MISUSE, NO_COMMAND, SIGNALLED, Sh, word};
use crate::guest::{Output, Reaction, Surroundings, signal};

/// The commands that the shell does itself.
pub(super) const BUILTINS: [&str; 22] = [
    ":", ".", "[", "cd", "echo", "eval", "exec", "exit", "export", "false", "kill", "printf", "pwd", "read", "set",
    "shift", "source", "test", "trap", "true", "unset", "wait",
];

impl Sh {
    /// A command that the shell does itself.
    pub(super) fn run_builtin(&mut self, world: &mut dyn Surroundings, words: &[Arc<str>]) {
        let words: Vec<&str> = words.iter().map(|word| &**word).collect();
        match words[..] {
            [":" | "true", ..] => self.shell.end(0),
            ["false", ..] => self.shell.end(1),
            ["echo", ref words @ ..] => {
                let (words, end) = match words {
                    ["-n", words @ ..] => (words, ""),
                    words => (words, "\n"),
                };
                self.print(world, &format!("{}{end}", words.join(" ")));
            }
            ["printf", format, ref words @ ..] => match word::printf(format, words) {
                Ok(text) => self.print(world, &text),
                Err(what) => self.unmodelled(world, what),
            },
            ["printf"] => self.fails(world, "printf: usage: printf format [arg ...]", MISUSE),
            ["exit", ref code @ ..] => match code.first().map(|code| code.parse::<i64>()) {
                None => self.exit(self.shell.status),
                // The lowest byte counts.
                Some(Ok(code)) => self.exit((code & 0xFF) as u32),
                Some(Err(_)) => {
                    self.fails(world, &format!("exit: Illegal number: {}", code[0]), MISUSE);
                    self.exit(MISUSE);
                }
            },
            ["export", ref names @ ..] => self.export(world, names),
            ["unset", ref names @ ..] => {
                let variables = Arc::make_mut(&mut self.state.variables);
                names.iter().for_each(|name| _ = variables.remove(*name));
                self.shell.end(0);
            }
            ["cd", ref directory @ ..] => self.change_directory(world, directory.first().copied()),
            ["pwd"] => {
                let directory = format!("{}\n", self.shell.directory);
                self.print(world, &directory);
            }
            ["test", ref words @ ..] => self.test(world, words),
            ["[", ref words @ .., "]"] => self.test(world, words),
            ["[", ..] => self.fails(world, "[: missing ]", MISUSE),
            ["read", ref names @ ..] => self.read(world, names),
            ["kill", ref words @ ..] => self.kill(world, words),
            ["wait"] => self.doing = Doing::Wait(None),
            ["wait", job] => match job.parse().ok().filter(|job| self.jobs.contains(job)) {
                Some(job) => self.doing = Doing::Wait(Some(job)),
                None => self.shell.end(NO_COMMAND),
            },
            ["trap", ref words @ ..] => self.trap(world, words),
            ["exec", ref words @ ..] => self.become_command(world, words),
            ["eval", ref words @ ..] => {
                self.shell.end(0);
                self.run_text(world, &words.join(" "), None);
            }
            ["." | "source", file, ..] => match self.file(world, file) {
                Some(text) => {
                    self.shell.end(0);
                    self.run_text(world, &text, None);
                }
                None => {
                    self.fails(world, &format!(".: cannot open {file}: No such file"), MISUSE);
                    self.exit(MISUSE);
                }
            },
            ["shift", ref count @ ..] => self.shift(world, count.first().copied()),
            ["set", ref words @ ..] => self.set(world, words),
            _ => self.unmodelled(world, "a command's use"),
        }
    }

    /// `cd`: where it is said, or home.
    fn change_directory(&mut self, world: &mut dyn Surroundings, name: Option<&str>) {
        let home = || self.state.variables.get("HOME").map_or("/", |home| &*home.value);
        let name = name.unwrap_or_else(home);
        let path = self.shell.path(name);
        if world.is_directory(&path) {
            self.shell.directory = path;
            self.shell.end(0);
        } else {
            let text = format!("cd: can't cd to {name}");
            self.fails(world, &text, MISUSE);
        }
    }

    /// `read`: the names of the variables that a line goes into.
    fn read(&mut self, world: &mut dyn Surroundings, names: &[&str]) {
        let names: Vec<&str> = names.iter().copied().filter(|name| *name != "-r").collect();
        match names.iter().find(|name| !is_name(name)) {
            Some(name) => {
                let text = format!("read: {name}: bad variable name");
                self.fails(world, &text, MISUSE);
            }
            None if names.is_empty() => self.fails(world, "read: arg count", MISUSE),
            None => self.doing = Doing::Read(names.into_iter().map(Arc::from).collect()),
        }
    }

    /// `exec`: the shell is the command from now on.
    fn become_command(&mut self, world: &mut dyn Surroundings, words: &[&str]) {
        let command: Vec<Arc<str>> = words.iter().map(|word| Arc::from(*word)).collect();
        match self.spawn(world, &command, &[], false) {
            Some(child) => self.doing = Doing::Become(child),
            None => {
                let name = words.first().copied().unwrap_or_default();
                self.fails(world, &format!("exec: {name}: not found"), NO_COMMAND);
                self.exit(NO_COMMAND);
            }
        }
    }

    /// `shift`: so many arguments fewer.
    fn shift(&mut self, world: &mut dyn Surroundings, count: Option<&str>) {
        let count: usize = count.map_or(Some(1), |count| count.parse().ok()).unwrap_or(usize::MAX);
        if count > self.state.arguments.len() {
            self.fails(world, "shift: can't shift that many", MISUSE);
        } else {
            self.state.arguments.drain(..count);
            self.shell.end(0);
        }
    }

    fn print(&mut self, world: &mut dyn Surroundings, text: &str) {
        let written = self.shell.print(world, Output::Out, text.as_bytes());
        if written {
            self.shell.end(0);
        } else {
            self.fails(world, "I/O error: No space left on device", 1);
        }
    }

    fn export(&mut self, world: &mut dyn Surroundings, names: &[&str]) {
        self.shell.end(0);
        if names.is_empty() {
            let exported = self.state.variables.iter().filter(|(_, variable)| variable.exported);
            let text: String =
                exported.map(|(name, variable)| format!("export {name}='{}'\n", variable.value)).collect();
            return self.print(world, &text);
        }
        for word in names {
            let (name, value) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
            if !is_name(name) {
                return self.fails(world, &format!("export: {name}: bad variable name"), MISUSE);
            }
            let name: Arc<str> = Arc::from(name);
            let known = self.state.variables.contains_key(&name);
            if (value.is_some() || !known) && !self.assign(world, &name, Arc::from(value.unwrap_or_default())) {
                return;
            }
            if let Some(variable) = Arc::make_mut(&mut self.state.variables).get_mut(&name) {
                variable.exported = true;
            }
        }
    }

    fn set(&mut self, world: &mut dyn Surroundings, words: &[&str]) {
        self.shell.end(0);
        match words {
            [] => {
                let text: String = self
                    .state
                    .variables
                    .iter()
                    .map(|(name, variable)| format!("{name}='{}'\n", variable.value))
                    .collect();
                self.print(world, &text);
            }
            ["-e"] => self.state.gives_up = true,
            ["+e"] => self.state.gives_up = false,
            ["--", words @ ..] => self.state.arguments = words.iter().map(|word| Arc::from(*word)).collect(),
            [word, ..] if word.starts_with(['-', '+']) => self.unmodelled(world, "set with options but -e"),
            words => self.state.arguments = words.iter().map(|word| Arc::from(*word)).collect(),
        }
    }

    fn test(&mut self, world: &mut dyn Surroundings, words: &[&str]) {
        match word::test(words, &|kind, name| {
            let path = self.shell.path(name);
            match kind {
                'f' => world.read_file(&path).is_some(),
                'd' => world.is_directory(&path),
                's' => world.read_file(&path).is_some_and(|bytes| !bytes.is_empty()),
                _ => world.read_file(&path).is_some() || world.is_directory(&path),
            }
        }) {
            Ok(holds) => self.shell.end((!holds).into()),
            Err(what) => self.fails(world, &format!("test: {what}"), MISUSE),
        }
    }

    fn kill(&mut self, world: &mut dyn Surroundings, words: &[&str]) {
        let (signal, processes) = match words {
            ["-s", name, processes @ ..] => (Some(*name), processes),
            [name, processes @ ..] if name.starts_with('-') => (name.get(1..), processes),
            processes => (None, processes),
        };
        if signal == Some("0") {
            return self.unmodelled(world, "kill -0");
        }
        let Some(number) = signal.map_or(Some(SIGTERM), signal::number) else {
            return self.fails(
                world,
                &format!("kill: invalid signal number or name: {}", signal.unwrap_or_default()),
                1,
            );
        };
        if processes.is_empty() {
            return self.fails(world, "kill: usage: kill [-s sigspec | -signum] pid...", MISUSE);
        }
        self.shell.end(0);
        for process in processes {
            let Ok(id) = process.parse::<u32>() else {
                self.fails(world, &format!("kill: Illegal number: {process}"), MISUSE);
                continue;
            };
            if id == self.id {
                self.kill_itself(number);
                continue;
            }
            if !world.send(id, (number != SIGKILL).then_some(Signal::Number(number))) {
                self.fails(world, "kill: No such process", 1);
            }
        }
    }

    /// `kill $$`: nobody outside has to tell it.
    fn kill_itself(&mut self, number: u8) {
        let dies = number == SIGKILL || self.signal(Signal::Number(number)) == Reaction::Default;
        if dies && !is_ignored_by_default(number) {
            self.doing = Doing::End(SIGNALLED + u32::from(number));
        }
    }

    fn trap(&mut self, world: &mut dyn Surroundings, words: &[&str]) {
        self.shell.end(0);
        let words = words.strip_prefix(&["--"]).unwrap_or(words);
        let (action, signals) = match words {
            [] => {
                let mut text: String =
                    self.state.at_end.iter().map(|text| format!("trap -- '{text}' EXIT\n")).collect();
                for (number, action) in &self.state.traps {
                    let name = signal::name(Signal::Number(*number));
                    text += &format!("trap -- '{action}' {}\n", name.trim_start_matches("SIG"));
                }
                return self.print(world, &text);
            }
            // Without an action the signals mean again what they meant.
            [only] => (None, std::slice::from_ref(only)),
            ["-", signals @ ..] => (None, signals),
            [action, signals @ ..] => (Some(Arc::<str>::from(*action)), signals),
        };
        for name in signals {
            match (*name, signal::number(name)) {
                ("EXIT" | "0", _) => self.state.at_end = action.clone().filter(|action| !action.is_empty()),
                (_, Some(number)) => match &action {
                    Some(action) => drop(self.state.traps.insert(number, action.clone())),
                    None => drop(self.state.traps.remove(&number)),
                },
                (_, None) => self.fails(world, &format!("trap: {name}: bad trap"), 1),
            }
        }
    }
}
