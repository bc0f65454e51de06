//! The small programs: what a guest's system brings, and those whose names begin with `sim-`, which make trouble.
//!
//! Networks are not modelled: `ping` gets its answers, whomever it asks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hcs_rules::guest::{ConsoleSignal, GuestOs, PIPE_CAPACITY, Signal};
use hcs_rules::time::SECOND;

use crate::guest::command_line::Command;
use crate::guest::stream::{
    BUFFER, FOR_INPUT, FOREVER, Line, Lines, Outbox, broken_pipe, for_child, line_end, step, until,
};
use crate::guest::{
    Await, Given, Launch, Output, Pause, Reaction, Redirection, Surroundings, Taken, duration, path, signal,
};
use crate::time::Time;

/// STATUS_ACCESS_VIOLATION, with which a Windows program fails that follows a bad pointer.
const ACCESS_VIOLATION: u32 = 0xC000_0005;
/// SIGSEGV, the same on Linux.
const SEGMENTATION_FAULT: u32 = 11;
/// What a flood makes before it looks whether anybody reads: a stream full.
pub(super) const FLOOD_BLOCK: u64 = PIPE_CAPACITY as u64;
/// How many signals wait to be printed; what comes above that is lost, as signals are.
const SIGNALS_KEPT: usize = 64;
/// The streams of a child that has its parent's.
const INHERITED: [Redirection; 3] = [Redirection::Inherit, Redirection::Inherit, Redirection::Inherit];

/// Which tool it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cat,
    Echo,
    Env,
    False,
    HostName,
    Ping,
    PrintEnv,
    Remove,
    Sleep,
    Tail,
    TimeOut,
    True,
    WhoAmI,
    SimCrash,
    SimEchoSignals,
    SimFlood,
    SimFork,
    SimIdle,
    SimSize,
    SimStubborn,
}

/// A small program: how it was started, and what it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    kind: Kind,
    launch: Launch,
    out: Outbox,
    lines: Lines,
    signals: VecDeque<Signal>,
    doing: Doing,
}

/// What a tool is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Doing {
    /// It looks at its words first.
    Begin,
    /// It ends so, once everything is written.
    End(Pause),
    /// It sleeps until then, and ends with 0.
    Sleep(Time),
    /// It copies files to its output; `-` is standard input.
    Copy { files: VecDeque<String>, failed: bool },
    /// It says a line a second.
    Ping(Ping),
    /// It counts seconds down on the console. A key ends it, unless it does not look; without a number only a key does.
    CountDown { next: Time, left: Option<u64>, keys: bool },
    /// It waits for nothing.
    Idle,
    /// It starts children, one at a time, and then ends.
    Fork { left: u32, child: Launch },
    /// It waits for a child and ends as that does.
    Child(u32),
    /// It writes a pattern from one byte on, to its end or for ever.
    Flood { to: Output, seed: u64, from: u64, end: Option<u64> },
    /// It prints each signal, until a line says `exit`.
    Signals,
    /// It prints the console's size at each line.
    Size,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Ping {
    host: String,
    /// How many answers have come.
    sent: u64,
    /// After how many it ends; `None` is never.
    count: Option<u64>,
    next: Time,
}

impl Tool {
    pub(super) fn new(kind: Kind, launch: &Launch) -> Tool {
        Tool {
            kind,
            launch: launch.clone(),
            out: Outbox::default(),
            lines: Lines::default(),
            signals: VecDeque::new(),
            doing: Doing::Begin,
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Reaction {
        match (self.kind, signal) {
            // Windows ends the process after these whatever its handler says.
            (Kind::SimStubborn, Signal::Console(console))
                if !matches!(console, ConsoleSignal::CtrlC | ConsoleSignal::CtrlBreak) =>
            {
                Reaction::Default
            }
            (Kind::SimStubborn, _) => Reaction::Handled,
            (Kind::SimEchoSignals, _) => {
                if self.signals.len() < SIGNALS_KEPT {
                    self.signals.push_back(signal);
                }
                Reaction::Handled
            }
            _ => Reaction::Default,
        }
    }

    pub(super) fn run(&mut self, world: &mut dyn Surroundings) -> Pause {
        if let Err(pause) = self.out.flush(world, self.launch.os) {
            return pause;
        }
        if let Doing::End(end) = self.doing {
            return end;
        }
        let pause = self.go(world);
        match (self.out.flush(world, self.launch.os), &self.doing) {
            (Err(pause), _) => pause,
            (Ok(()), Doing::End(end)) => *end,
            (Ok(()), _) => pause,
        }
    }

    /// Does one thing. The program ends through [`Doing::End`] alone: what it has said must be written first.
    fn go(&mut self, world: &mut dyn Surroundings) -> Pause {
        match &mut self.doing {
            Doing::Begin => {
                let words = self.launch.words();
                let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
                self.doing = self.begin(world, &arguments);
            }
            Doing::End(_) => {}
            Doing::Sleep(end) if world.now() >= *end => self.doing = Doing::End(Pause::Exits(0)),
            Doing::Sleep(end) => return until(*end),
            Doing::Copy { .. } => return self.copy(world),
            Doing::Ping(_) => return self.ping(world),
            Doing::CountDown { .. } => return self.count_down(world),
            Doing::Idle => return FOREVER,
            Doing::Fork { left: 0, .. } => self.doing = Doing::End(Pause::Exits(0)),
            Doing::Fork { left, child } => {
                *left -= 1;
                if world.spawn(child.clone(), INHERITED).is_none() {
                    let name = child.program().unwrap_or_default();
                    self.doing = self.fails(&format!("{name}: not found"), 127);
                }
            }
            Doing::Child(child) => match world.exit_of(*child) {
                Some(code) => self.doing = Doing::End(Pause::Exits(code)),
                None => return for_child(*child),
            },
            Doing::Flood { .. } => return self.flood(world),
            Doing::Signals => {
                if let Some(signal) = self.signals.pop_front() {
                    self.line(Output::Out, &signal::name(signal));
                    return step(world);
                }
                match self.lines.next(world, BUFFER) {
                    Line::Text(line) if line.trim() == "exit" => self.doing = Doing::End(Pause::Exits(0)),
                    Line::End => self.doing = Doing::End(Pause::Exits(0)),
                    Line::Nothing => return FOR_INPUT,
                    Line::Text(_) | Line::TooLong => {}
                }
            }
            Doing::Size => match self.lines.next(world, BUFFER) {
                Line::End => self.doing = Doing::End(Pause::Exits(0)),
                Line::Nothing => return FOR_INPUT,
                Line::Text(_) | Line::TooLong => self.say_size(world),
            },
        }
        step(world)
    }

    /// Reads the words and decides what to do.
    fn begin(&mut self, world: &mut dyn Surroundings, words: &[&str]) -> Doing {
        let done = Doing::End(Pause::Exits(0));
        match self.kind {
            Kind::Cat => self.begin_cat(world, words),
            Kind::Echo => {
                match words {
                    ["-n", words @ ..] => self.out.push(Output::Out, words.join(" ").into_bytes()),
                    words => self.line(Output::Out, &words.join(" ")),
                }
                done
            }
            Kind::Env => self.env(world, words),
            Kind::False => Doing::End(Pause::Exits(1)),
            Kind::HostName => {
                let name = host_name(world, &self.launch);
                self.line(Output::Out, &name);
                done
            }
            Kind::Ping => self.begin_ping(world, words),
            Kind::PrintEnv => match words {
                [] => self.env(world, words),
                [name] => match self.launch.environment.get(*name).cloned() {
                    Some(value) => {
                        self.line(Output::Out, &value);
                        done
                    }
                    None => Doing::End(Pause::Exits(1)),
                },
                _ => self.unmodelled(world, "printenv: several names", "several names"),
            },
            Kind::Remove => self.remove(world, words),
            Kind::Sleep => self.sleep(world, words),
            Kind::Tail => match words {
                // What keeps a container running.
                ["-f" | "-F", "/dev/null"] => Doing::Idle,
                _ => self.unmodelled(world, "tail: anything but -f /dev/null", "anything but `-f /dev/null`"),
            },
            Kind::TimeOut => self.begin_count_down(world, words),
            Kind::True => done,
            Kind::WhoAmI => {
                let name = who_am_i(world, &self.launch);
                self.line(Output::Out, &name);
                done
            }
            Kind::SimCrash => self.begin_crash(words),
            Kind::SimEchoSignals => Doing::Signals,
            Kind::SimFlood => self.begin_flood(words),
            Kind::SimFork => self.begin_fork(words),
            Kind::SimIdle | Kind::SimStubborn => Doing::Idle,
            Kind::SimSize => {
                self.say_size(world);
                Doing::Size
            }
        }
    }

    fn begin_cat(&mut self, world: &mut dyn Surroundings, words: &[&str]) -> Doing {
        if let Some(option) = words.iter().find(|word| word.len() > 1 && word.starts_with('-') && **word != "-u") {
            let option = format!("option {option}");
            return self.unmodelled(world, "cat: an option", &option);
        }
        let files = words.iter().filter(|word| **word != "-u").map(|word| word.to_string());
        let mut files: VecDeque<String> = files.collect();
        if files.is_empty() {
            files.push_back("-".to_owned());
        }
        Doing::Copy { files, failed: false }
    }

    fn begin_crash(&mut self, words: &[&str]) -> Doing {
        let (default, given) = match self.launch.os {
            GuestOs::Windows => (ACCESS_VIOLATION, words.first().map(|word| number(word))),
            GuestOs::Linux => (SEGMENTATION_FAULT, words.first().map(|word| signal::number(word).map(u32::from))),
        };
        match given {
            None => Doing::End(Pause::Crashes(default)),
            Some(Some(code)) => Doing::End(Pause::Crashes(code)),
            Some(None) => self.fails("usage: sim-crash [CODE]", 2),
        }
    }

    fn begin_flood(&mut self, words: &[&str]) -> Doing {
        let to = if words.contains(&"--err") { Output::Err } else { Output::Out };
        let numbers: Option<Vec<u64>> =
            words.iter().filter(|word| **word != "--err").map(|word| word.parse().ok()).collect();
        match numbers.as_deref() {
            Some([]) => Doing::Flood { to, seed: 0, from: 0, end: None },
            Some([end]) => Doing::Flood { to, seed: 0, from: 0, end: Some(*end) },
            Some([end, seed]) => Doing::Flood { to, seed: *seed, from: 0, end: Some(*end) },
            _ => self.fails("usage: sim-flood [BYTES] [SEED] [--err]", 2),
        }
    }

    fn begin_fork(&mut self, words: &[&str]) -> Doing {
        match words.split_first().map(|(count, child)| (count.parse(), child)) {
            Some((Ok(left), child)) => {
                let child: Arc<[Arc<str>]> = match child {
                    [] => Arc::from([Arc::from("sim-idle")]),
                    words => words.iter().map(|word| Arc::from(*word)).collect(),
                };
                Doing::Fork { left, child: self.launch.command(Command::Words(child)) }
            }
            _ => self.fails("usage: sim-fork N [COMMAND...]", 2),
        }
    }

    fn sleep(&mut self, world: &dyn Surroundings, words: &[&str]) -> Doing {
        if words.is_empty() {
            return self.fails("usage: sleep NUMBER[SUFFIX]...", 1);
        }
        let mut sum: u64 = 0;
        for word in words {
            if matches!(*word, "infinity" | "inf") {
                return Doing::Idle;
            }
            // Milliseconds are an extension of stories only.
            match duration::parse(word).filter(|_| !word.ends_with("ms") && !word.ends_with("us")) {
                Some(length) => sum = sum.saturating_add(length),
                None => return self.fails(&format!("sleep: invalid time interval '{word}'"), 1),
            }
        }
        Doing::Sleep(world.now().after(sum))
    }

    fn env(&mut self, world: &mut dyn Surroundings, words: &[&str]) -> Doing {
        let mut words = words;
        let mut environment = BTreeMap::clone(&self.launch.environment);
        while let [word, rest @ ..] = words {
            match word.split_once('=') {
                _ if *word == "-i" => environment.clear(),
                _ if word.starts_with('-') => {
                    return self.unmodelled(world, "env: an option", &format!("option {word}"));
                }
                Some((name, value)) => {
                    environment.insert(Arc::from(name), Arc::from(value));
                }
                None => break,
            }
            words = rest;
        }
        if words.is_empty() {
            let text: String = environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            self.out.push(Output::Out, text.into_bytes());
            return Doing::End(Pause::Exits(0));
        }
        let command = Command::Words(words.iter().map(|word| Arc::from(*word)).collect());
        let child = Launch { environment: Arc::new(environment), ..self.launch.command(command) };
        match world.spawn(child, INHERITED) {
            Some(child) => Doing::Child(child),
            None => self.fails(&format!("env: '{}': No such file or directory", words[0]), 127),
        }
    }

    fn remove(&mut self, world: &mut dyn Surroundings, words: &[&str]) -> Doing {
        let (options, files): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
        let force = options.contains(&"-f");
        if options.iter().any(|option| *option != "-f") {
            return self.unmodelled(world, "rm: an option but -f", "an option but -f");
        }
        let mut failed = false;
        for file in files {
            let path = path::absolute(self.launch.os, &self.launch.directory, file);
            if !world.remove_file(&path) && !force {
                self.line(Output::Err, &format!("rm: cannot remove '{file}': No such file or directory"));
                failed = true;
            }
        }
        Doing::End(Pause::Exits(failed.into()))
    }

    fn copy(&mut self, world: &mut dyn Surroundings) -> Pause {
        let Doing::Copy { files, failed } = &mut self.doing else { return step(world) };
        let Some(file) = files.front() else {
            self.doing = Doing::End(Pause::Exits((*failed).into()));
            return step(world);
        };
        if file == "-" {
            match world.read(BUFFER) {
                Given::Bytes(bytes) => self.out.push(Output::Out, bytes),
                Given::Nothing => return FOR_INPUT,
                Given::End => {
                    files.pop_front();
                }
            }
            return step(world);
        }
        let file = files.pop_front().unwrap_or_default();
        let path = path::absolute(self.launch.os, &self.launch.directory, &file);
        match world.read_file(&path) {
            Some(bytes) => self.out.push(Output::Out, bytes),
            None if &*path == "/dev/null" => {}
            None => {
                *failed = true;
                let why = if world.is_directory(&path) { "Is a directory" } else { "No such file or directory" };
                self.line(Output::Err, &format!("cat: {file}: {why}"));
            }
        }
        step(world)
    }

    fn begin_ping(&mut self, world: &mut dyn Surroundings, words: &[&str]) -> Doing {
        let windows = self.launch.os == GuestOs::Windows;
        let mut count = windows.then_some(4);
        let mut host = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let option = if windows { word.replace('/', "-") } else { word.to_string() };
            match option.as_str() {
                "-t" if windows => count = None,
                "-n" | "-c" if (option == "-n") == windows => {
                    match words
                        .next()
                        .and_then(|count| count.parse().ok())
                        .filter(|count| (1..=u64::from(u32::MAX)).contains(count))
                    {
                        Some(given) => count = Some(given),
                        None if windows => {
                            return self.fails_to(
                                Output::Out,
                                "Bad value for option -n, valid range is from 1 to 4294967295.",
                                1,
                            );
                        }
                        None => return self.fails("ping: invalid argument: out of range: 1 <= value <= 4294967295", 1),
                    }
                }
                "-4" | "-6" => {}
                // How long to wait for an answer, which always comes.
                "-w" if windows => drop(words.next()),
                "-W" if !windows => drop(words.next()),
                option if option.starts_with('-') => {
                    return self.unmodelled(world, "ping: an option", &format!("option {option}"));
                }
                _ => host = Some(word.to_string()),
            }
        }
        let Some(host) = host else {
            return match self.launch.os {
                GuestOs::Windows => self.fails_to(Output::Out, "IP address must be specified.", 1),
                GuestOs::Linux => self.fails("ping: usage error: Destination address required", 1),
            };
        };
        match self.launch.os {
            GuestOs::Windows => {
                self.line(Output::Out, "");
                self.line(Output::Out, &format!("Pinging {host} with 32 bytes of data:"));
            }
            GuestOs::Linux => self.line(Output::Out, &format!("PING {host} ({host}) 56(84) bytes of data.")),
        }
        Doing::Ping(Ping { host, sent: 0, count, next: world.now() })
    }

    fn ping(&mut self, world: &mut dyn Surroundings) -> Pause {
        let Doing::Ping(ping) = &mut self.doing else { return step(world) };
        if world.now() < ping.next {
            return until(ping.next);
        }
        ping.sent = ping.sent.saturating_add(1);
        ping.next = ping.next.after(SECOND);
        let Ping { host, sent, count, next } = ping.clone();
        let windows = self.launch.os == GuestOs::Windows;
        if windows {
            self.line(Output::Out, &format!("Reply from {host}: bytes=32 time<1ms TTL=128"));
        } else {
            self.line(Output::Out, &format!("64 bytes from {host}: icmp_seq={sent} ttl=64 time=0.040 ms"));
        }
        if count.is_none_or(|count| sent < count) {
            return until(next);
        }
        self.line(Output::Out, "");
        if windows {
            self.line(Output::Out, &format!("Ping statistics for {host}:"));
            self.line(Output::Out, &format!("    Packets: Sent = {sent}, Received = {sent}, Lost = 0 (0% loss),"));
            self.line(Output::Out, "Approximate round trip times in milli-seconds:");
            self.line(Output::Out, "    Minimum = 0ms, Maximum = 0ms, Average = 0ms");
        } else {
            let time = (sent - 1).saturating_mul(1000);
            self.line(Output::Out, &format!("--- {host} ping statistics ---"));
            let summary = format!("{sent} packets transmitted, {sent} received, 0% packet loss, time {time}ms");
            self.line(Output::Out, &summary);
            self.line(Output::Out, "rtt min/avg/max/mdev = 0.040/0.040/0.040/0.000 ms");
        }
        self.doing = Doing::End(Pause::Exits(0));
        step(world)
    }

    fn begin_count_down(&mut self, world: &mut dyn Surroundings, words: &[&str]) -> Doing {
        let mut seconds: Option<i64> = None;
        let mut keys = true;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = match word.to_ascii_lowercase().as_str() {
                "/nobreak" | "-nobreak" => {
                    keys = false;
                    continue;
                }
                "/t" | "-t" => words.next().copied().unwrap_or_default(),
                _ => word,
            };
            seconds = value.parse().ok().filter(|seconds| (-1..=99_999).contains(seconds));
            if seconds.is_none() {
                let text = "ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to 99999 seconds.";
                return self.fails(text, 1);
            }
        }
        let Some(seconds) = seconds else {
            return self.fails("ERROR: Invalid syntax. Default option is not allowed more than '0' time(s).", 1);
        };
        // The real one does so wherever its input is not a console, and scripts have to know: they use `ping` instead.
        if world.console().is_none() {
            return self.fails("ERROR: Input redirection is not supported, exiting the process immediately.", 1);
        }
        self.line(Output::Out, "");
        let left = u64::try_from(seconds).ok();
        self.say_left(left, keys);
        Doing::CountDown { next: world.now().after(SECOND), left, keys }
    }

    fn count_down(&mut self, world: &mut dyn Surroundings) -> Pause {
        let Doing::CountDown { next, left, keys } = &mut self.doing else { return step(world) };
        if *keys && matches!(world.read(BUFFER), Given::Bytes(_)) || *left == Some(0) {
            self.line(Output::Out, "");
            self.doing = Doing::End(Pause::Exits(0));
            return step(world);
        }
        let moment = left.map(|_| *next);
        if let (Some(left), true) = (left, world.now() >= *next) {
            *left -= 1;
            *next = next.after(SECOND);
            let (left, keys) = (*left, *keys);
            self.say_left(Some(left), keys);
            return step(world);
        }
        Pause::Waits(Await { input: *keys, until: moment, ..Await::default() })
    }

    fn say_left(&mut self, left: Option<u64>, keys: bool) {
        let text = match (left, keys) {
            (Some(left), true) => format!("\rWaiting for {left} seconds, press a key to continue ..."),
            (Some(left), false) => format!("\rWaiting for {left} seconds, press CTRL+C to quit ..."),
            (None, true) => "Press any key to continue ...".to_owned(),
            (None, false) => "Press CTRL+C to quit ...".to_owned(),
        };
        self.out.push(Output::Out, text.into_bytes());
    }

    fn flood(&mut self, world: &mut dyn Surroundings) -> Pause {
        let Doing::Flood { to, seed, from, end } = &mut self.doing else { return step(world) };
        let block = end.map_or(FLOOD_BLOCK, |end| end.saturating_sub(*from).min(FLOOD_BLOCK));
        if block == 0 {
            self.doing = Doing::End(Pause::Exits(0));
            return step(world);
        }
        let bytes = flood_bytes(*seed, *from, block as usize);
        match world.write(*to, &bytes) {
            Taken::Broken => {
                self.doing = Doing::End(broken_pipe(self.launch.os));
                step(world)
            }
            Taken::Bytes(0) => Pause::Waits(Await { output: Some(*to), ..Await::default() }),
            Taken::Bytes(taken) => {
                *from = from.wrapping_add((taken as u64).min(block));
                step(world)
            }
        }
    }

    fn say_size(&mut self, world: &dyn Surroundings) {
        match world.console() {
            Some((width, height)) => self.line(Output::Out, &format!("{width}x{height}")),
            None => self.line(Output::Out, "no console"),
        }
    }

    fn line(&mut self, to: Output, text: &str) {
        self.out.push(to, format!("{text}{}", line_end(self.launch.os)).into_bytes());
    }

    /// Says why on standard error and ends.
    fn fails(&mut self, why: &str, code: u32) -> Doing {
        self.fails_to(Output::Err, why, code)
    }

    fn fails_to(&mut self, to: Output, why: &str, code: u32) -> Doing {
        self.line(to, why);
        Doing::End(Pause::Exits(code))
    }

    /// Ends because the double does not model what was asked for, and says so.
    fn unmodelled(&mut self, world: &mut dyn Surroundings, what: &'static str, said: &str) -> Doing {
        world.not_modelled(what);
        let name = self.launch.program().unwrap_or_default();
        let code = if self.launch.os == GuestOs::Windows { 1 } else { 2 };
        self.fails(&format!("{name}: {said}: not modelled"), code)
    }
}

/// The byte of a flood at this place: printable, and different enough that what is lost or doubled is seen.
pub fn flood_byte(seed: u64, at: u64) -> u8 {
    flood_word(seed, at / 8)[(at % 8) as usize]
}

/// Eight bytes of a flood at once: SplitMix64 gives one number for them.
fn flood_word(seed: u64, word: u64) -> [u8; 8] {
    let mut x = seed.wrapping_add(word.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 31;
    // Each byte is its lowest six bits above `!`, which never carries into the next.
    ((x & 0x3F3F_3F3F_3F3F_3F3F) + 0x2121_2121_2121_2121).to_le_bytes()
}

/// So many bytes of a flood, from a place on.
pub(super) fn flood_bytes(seed: u64, from: u64, length: usize) -> Vec<u8> {
    let skip = (from % 8) as usize;
    let mut bytes = Vec::with_capacity(length + 16);
    let mut word = from / 8;
    while bytes.len() < skip + length {
        bytes.extend_from_slice(&flood_word(seed, word));
        word = word.wrapping_add(1);
    }
    bytes.truncate(skip + length);
    bytes.drain(..skip);
    bytes
}

/// A number as codes are written: decimal, or hexadecimal after `0x`.
pub(super) fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The guest's name: the host's word, else the environment's.
fn host_name(world: &dyn Surroundings, launch: &Launch) -> String {
    if let Some(name) = world.host_name() {
        return name.to_string();
    }
    let variable = if launch.os == GuestOs::Windows { "COMPUTERNAME" } else { "HOSTNAME" };
    launch.environment.get(variable).map_or_else(|| "localhost".to_owned(), |name| name.to_string())
}

/// The user as `whoami` says it. The usual user of a Windows container is ContainerAdministrator.
fn who_am_i(world: &dyn Surroundings, launch: &Launch) -> String {
    match (launch.os, &*launch.user) {
        (GuestOs::Linux, "") => "root".to_owned(),
        (GuestOs::Linux, user) => user.to_owned(),
        (GuestOs::Windows, "") => r"user manager\containeradministrator".to_owned(),
        (GuestOs::Windows, user) if user.contains('\\') => user.to_lowercase(),
        (GuestOs::Windows, user) if user.to_lowercase().starts_with("container") => {
            format!(r"user manager\{}", user.to_lowercase())
        }
        (GuestOs::Windows, user) => format!(r"{}\{user}", host_name(world, launch)).to_lowercase(),
    }
}
