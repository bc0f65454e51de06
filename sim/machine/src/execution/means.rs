//! What a program does, wherever it runs: it reads, writes, starts children, uses files.

use std::sync::Arc;

use hcs_rules::guest::{GuestOs, MOST_PROCESSES};
use hcs_rules::process::ProcessState;

use crate::effect::Effect;
use crate::execution::Standard;
use crate::execution::files::Files;
use crate::execution::launch::is_absolute;
use crate::guest::program::Program;
use crate::guest::{Given, Launch, Output, Redirection, Taken};
use crate::host::Host;
use crate::process::Process;
use crate::table::Key;

impl Host {
    pub(super) fn program_reads(&mut self, key: Key, limit: usize, effects: &mut Vec<Effect>) -> Given {
        let Some(process) = self.processes.get(key) else { return Given::End };
        match &process.standard[0] {
            Standard::Pipe(pipe) => {
                let pipe = *pipe;
                self.guest_read(pipe, limit, effects)
            }
            Standard::File(path, at) => {
                let (path, at) = (path.clone(), *at);
                let bytes = self.files_of(key).and_then(|files| files.read(&path));
                let rest = bytes.and_then(|bytes| bytes.get(at..)).unwrap_or_default();
                let taken = rest[..limit.min(rest.len())].to_vec();
                if taken.is_empty() {
                    return Given::End;
                }
                if let Some(process) = self.processes.get_mut(key) {
                    process.standard[0] = Standard::File(path, at + taken.len());
                }
                Given::Bytes(taken)
            }
            Standard::None | Standard::Closed => Given::End,
        }
    }

    pub(super) fn program_writes(&mut self, key: Key, to: Output, bytes: &[u8], effects: &mut Vec<Effect>) -> Taken {
        let Some(process) = self.processes.get(key) else { return Taken::Broken };
        match &process.standard[to.index()] {
            Standard::Pipe(pipe) => {
                let pipe = *pipe;
                self.guest_write(pipe, bytes, effects)
            }
            Standard::File(path, _) => {
                let path = path.clone();
                let written = self.files_of_mut(key).is_some_and(|files| files.write(&path, bytes, true));
                if written { Taken::Bytes(bytes.len()) } else { Taken::Broken }
            }
            Standard::None => Taken::Bytes(bytes.len()),
            Standard::Closed => Taken::Broken,
        }
    }

    /// A child begins. It inherits what is not redirected.
    pub(super) fn program_spawns(
        &mut self,
        key: Key,
        launch: Launch,
        streams: [Redirection; 3],
        effects: &mut Vec<Effect>,
    ) -> Option<u32> {
        let name = launch.program()?;
        if self.registered(&name).is_none() && Program::of(&launch).is_none() {
            return None;
        }
        let parent = self.processes.get(key)?;
        let system = parent.system;
        if self.systems.get(system)?.processes.len() >= MOST_PROCESSES {
            return None;
        }
        let inherited = parent.standard.clone();
        // Not a copy of the parent, which would bring all its children with it.
        let child = Process {
            state: ProcessState::Running,
            in_machine: parent.in_machine,
            parent: Some(key),
            console: parent.console,
            began: parent.began,
            stood: parent.stood,
            stands_since: parent.stands_since,
            ..Process::new(system, parent.kind, launch, parent.object)
        };
        let child = self.processes.insert(child);
        let directed = |index: usize| match &streams[index] {
            Redirection::Inherit => inherited[index].clone(),
            Redirection::Like(output) => inherited[output.index()].clone(),
            Redirection::Null => Standard::None,
            Redirection::File(path) => Standard::File(path.clone(), 0),
        };
        let standard = [directed(0), directed(1), directed(2)];
        for stream in &standard {
            if let Standard::Pipe(pipe) = stream {
                self.share_pipe(*pipe, child);
            }
        }
        if let Some(process) = self.processes.get_mut(child) {
            process.standard = standard;
        }
        self.enter_process(system, child);
        let entry = self.processes.get_mut(child)?;
        let id = entry.id;
        entry.object ^= u64::from(id).wrapping_mul(0xA076_1D64_78BD_642F);
        if let Some(parent) = self.processes.get_mut(key) {
            parent.children.living.insert(id);
        }
        self.begin_program(child, effects);
        Some(id)
    }

    pub(super) fn files_of(&self, key: Key) -> Option<&Files> {
        let process = self.processes.get(key)?;
        self.systems.get(process.system)?.files.as_deref()
    }

    pub(super) fn files_of_mut(&mut self, key: Key) -> Option<&mut Files> {
        let process = self.processes.get(key)?;
        let os = process.os;
        let system = self.systems.get_mut(process.system)?;
        Some(system.files.get_or_insert_with(|| Box::new(Files::none(os))))
    }

    pub(super) fn path_of(&self, key: Key, path: &str) -> Arc<str> {
        let Some(process) = self.processes.get(key) else { return path.into() };
        match is_absolute(process.os, path) {
            true => path.into(),
            false => {
                let separator = if process.os == GuestOs::Windows { '\\' } else { '/' };
                let directory = process.launch.directory.trim_end_matches(['\\', '/']);
                format!("{directory}{separator}{path}").into()
            }
        }
    }
}
