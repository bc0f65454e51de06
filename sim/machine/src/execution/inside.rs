//! The surroundings of a program that runs inside.

use std::sync::Arc;

use hcs_rules::guest::{self, GuestOs, Signal};

use crate::document::Node;
use crate::effect::{Effect, Finding};
use crate::guest::{Given, Launch, Output, Redirection, Surroundings, Taken};
use crate::host::Host;
use crate::process::Process;
use crate::table::Key;
use crate::time::Time;

/// The surroundings of a program that runs inside.
pub(super) struct Inside<'a> {
    pub(super) host: &'a mut Host,
    pub(super) key: Key,
    pub(super) effects: &'a mut Vec<Effect>,
    /// Signals that the program sends to itself, which reach it when it pauses.
    pub(super) to_itself: Vec<Option<Signal>>,
}

impl Inside<'_> {
    fn process(&self) -> Option<&Process> {
        self.host.processes.get(self.key)
    }
}

impl Surroundings for Inside<'_> {
    fn now(&self) -> Time {
        self.host.guest_now(self.key)
    }

    fn id(&self) -> u32 {
        self.process().map_or(0, |process| process.id)
    }

    fn read(&mut self, limit: usize) -> Given {
        self.host.program_reads(self.key, limit, self.effects)
    }

    fn write(&mut self, to: Output, bytes: &[u8]) -> Taken {
        self.host.program_writes(self.key, to, bytes, self.effects)
    }

    fn console(&self) -> Option<(u16, u16)> {
        self.process()?.console
    }

    fn read_file(&self, path: &str) -> Option<Arc<[u8]>> {
        self.host.files_of(self.key)?.read(&self.host.path_of(self.key, path)).map(Arc::from)
    }

    fn write_file(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        let path = self.host.path_of(self.key, path);
        self.host.files_of_mut(self.key).is_some_and(|files| files.write(&path, bytes, append))
    }

    fn remove_file(&mut self, path: &str) -> bool {
        let path = self.host.path_of(self.key, path);
        self.host.files_of_mut(self.key).is_some_and(|files| files.remove(&path))
    }

    fn is_directory(&self, path: &str) -> bool {
        let Some(process) = self.process() else { return false };
        let path = self.host.path_of(self.key, path);
        let own = [&*process.launch.directory, guest::directory(process.os)];
        let same = |known: &str| {
            let trimmed = |path: &str| path.trim_end_matches(['\\', '/']).replace('/', "\\").to_lowercase();
            trimmed(known) == trimmed(&path)
        };
        own.into_iter().chain(guest::directories(process.os).iter().copied()).any(same)
            || self.host.files_of(self.key).is_some_and(|files| files.has_under(&path))
    }

    fn spawn(&mut self, launch: Launch, streams: [Redirection; 3]) -> Option<u32> {
        let full = |host: &Host, stream| match stream {
            Redirection::File(path) => Redirection::File(host.path_of(self.key, &path)),
            other => other,
        };
        let streams = streams.map(|stream| full(self.host, stream));
        self.host.program_spawns(self.key, launch, streams, self.effects)
    }

    fn exit_of(&mut self, child: u32) -> Option<u32> {
        self.process()?.exit_of(child)
    }

    fn send(&mut self, process: u32, signal: Option<Signal>) -> bool {
        if process == self.id() {
            self.to_itself.push(signal);
            return true;
        }
        let system = self.process().and_then(|own| self.host.systems.get(own.system));
        let Some(target) = system.and_then(|system| system.processes.get(&process).copied()) else { return false };
        let alive = self.host.is_alive_process(target);
        if alive {
            self.host.send_or_kill(target, signal, self.effects);
        }
        alive
    }

    fn host_name(&self) -> Option<Arc<str>> {
        let system = self.host.systems.get(self.process()?.system)?;
        let named = system.container(&["GuestOs", "HostName"]).or_else(|| system.member(&["HostName"]));
        Some(named.and_then(Node::as_str).filter(|name| !name.is_empty())?.into())
    }

    fn version(&self) -> Option<Arc<str>> {
        let windows = self.process()?.os == GuestOs::Windows;
        windows.then(|| guest::windows_version(self.host.build).into())
    }

    fn not_modelled(&mut self, what: &'static str) {
        self.effects.push(Effect::Finding(Finding::UnmodelledProgram(self.id(), what)));
    }
}
