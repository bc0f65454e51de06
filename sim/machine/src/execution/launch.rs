//! Before a process begins: on which system, with what, whether it can, and its first moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::guest::{self, GuestOs, PROGRAM_START};
use hcs_rules::process::{LaunchFault, ProcessTrigger};
use hcs_rules::vocabulary::Kind;

use crate::configuration::present;
use crate::document::{Document, Node};
use crate::effect::{Effect, GuestId};
use crate::execution::{Runs, Standard, is_going};
use crate::guest::program::Program;
use crate::guest::{Await, Launch};
use crate::host::Host;
use crate::input::Registered;
use crate::table::Key;
use crate::time::Time;

impl Host {
    /// The operating system that a process in this system runs on.
    pub(crate) fn guest_os(&self, key: Key) -> GuestOs {
        let Some(system) = self.systems.get(key) else { return GuestOs::Windows };
        let linux = match system.kind {
            Kind::ProcessContainer => false,
            Kind::VirtualMachine | Kind::GuestVirtualMachine => {
                let chipset = |path: &[&str]| system.machine(path);
                let initrd = chipset(&["Chipset", "Uefi", "BootThis", "OptionalData"]).and_then(Node::as_str);
                chipset(&["Chipset", "LinuxKernelDirect"]).is_some()
                    || initrd.is_some_and(|options| options.contains("initrd="))
            }
            Kind::HyperVContainer => {
                let kind = system.member(&["ContainerType"]).and_then(Node::as_str);
                kind.is_some_and(|kind| kind.eq_ignore_ascii_case("linux"))
            }
            Kind::HostedContainer => match system.origin {
                Some(machine) if self.systems.get(machine).is_some() => {
                    return self.guest_os(machine);
                }
                _ => false,
            },
        };
        if linux { GuestOs::Linux } else { GuestOs::Windows }
    }

    /// What a process is started with: as the parameters say, and where they say nothing, as the container's own
    /// specification or the guest does.
    pub(crate) fn launch_of(&self, key: Key, os: GuestOs, parameters: Option<&Document>) -> Launch {
        let root = parameters.map(Document::root);
        let text = |name| root.and_then(|node| present(node, name)?.as_str()).filter(|text| !text.is_empty());
        // Clients of Linux containers send the process of the OCI specification, or rely on that of the container.
        let specified = root
            .and_then(|node| present(node, "OCIProcess"))
            .or_else(|| present(present(root?, "OCISpecification")?, "process"));
        let own = || {
            let system = self.systems.get(key)?;
            let specification = ["OCISpecification", "OciSpecification", "Spec"];
            let inside = |name| system.member(&[name]).or_else(|| system.member(&["HostedSystem", name]));
            present(specification.into_iter().find_map(inside)?, "process")
        };
        let oci = specified.or_else(|| match text("CommandLine").or(text("ApplicationName")) {
            None if root.and_then(|node| present(node, "CommandArgs")).is_none() => own(),
            _ => None,
        });
        let words = |node: Option<Node<'_>>| -> Arc<[Arc<str>]> {
            let words = node.map(|node| node.items().filter_map(Node::as_str).map(Arc::from).collect::<Vec<_>>());
            words.unwrap_or_default().into()
        };
        let arguments = match root.and_then(|node| present(node, "CommandArgs")) {
            Some(given) => words(Some(given)),
            None => words(oci.and_then(|process| present(process, "args"))),
        };
        let mut environment: BTreeMap<Arc<str>, Arc<str>> =
            guest::environment(os).iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
        let mut set = |name: &str, value: &str| {
            // The names of Windows variables are one whatever their case; the last one's spelling stays.
            if os == GuestOs::Windows {
                environment.retain(|known, _| !known.eq_ignore_ascii_case(name));
            }
            // An empty value makes no variable on Windows (observed).
            if !(os == GuestOs::Windows && value.is_empty()) {
                environment.insert(name.into(), value.into());
            }
        };
        for entry in oci.and_then(|process| present(process, "env")).into_iter().flat_map(Node::items) {
            if let Some((name, value)) = entry.as_str().and_then(|entry| entry.split_once('=')) {
                set(name, value);
            }
        }
        for (name, value) in root.and_then(|node| present(node, "Environment")).into_iter().flat_map(Node::members) {
            if let Some(value) = value.as_str() {
                set(name, value);
            }
        }
        let oci_directory = || present(oci?, "cwd")?.as_str();
        let oci_user = || present(present(oci?, "user")?, "username")?.as_str();
        Launch {
            os,
            application: text("ApplicationName").map(Arc::from),
            command_line: text("CommandLine").map(Arc::from),
            arguments,
            environment: Arc::new(environment),
            directory: text("WorkingDirectory").or_else(oci_directory).unwrap_or(guest::directory(os)).into(),
            user: text("User").or_else(oci_user).unwrap_or_default().into(),
        }
    }

    /// The program that the world has registered under a name.
    pub(super) fn registered(&self, name: &str) -> Option<&Registered> {
        if self.programs.is_empty() { None } else { self.programs.get(&folded_program(name)) }
    }

    /// What stands against a process, of what the guest looks for in turn.
    pub(crate) fn launch_fault(&self, key: Key) -> Option<LaunchFault> {
        let process = self.processes.get(key)?;
        let launch = &process.launch;
        let system = self.systems.get(process.system).map(|system| system.sequence);
        if system.is_some_and(|system| self.has_lost_volume(system)) {
            return Some(LaunchFault::StorageGone);
        }
        if process.in_machine && process.kind == Kind::ProcessContainer {
            return Some(LaunchFault::NoMachine);
        }
        if launch.os == GuestOs::Windows && !launch.arguments.is_empty() {
            return Some(LaunchFault::NotLinux);
        }
        let Some(name) = launch.program() else { return Some(LaunchFault::NoCommand) };
        if !guest::is_user(launch.os, &launch.user) {
            return Some(LaunchFault::UnknownUser);
        }
        if !is_absolute(launch.os, &launch.directory) {
            return Some(LaunchFault::NoDirectory);
        }
        let known = self.registered(&name).is_some() || Program::of(launch).is_some();
        (!known).then_some(LaunchFault::NoExecutable)
    }

    /// A process begins: it gets its id and its streams, and its program is on its way.
    pub(crate) fn start_process(&mut self, key: Key, asks: [bool; 3], effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        let (system, console) = (process.system, process.console.is_some());
        let [input, output, error] = asks;
        let pipe = |host: &mut Host, wanted: bool, to_guest| wanted.then(|| host.make_pipe(to_guest, key));
        let input = pipe(self, input, true);
        let output = pipe(self, output, false);
        // With an emulated console there is one screen: errors go where output goes.
        let error = if console { None } else { pipe(self, error, false) };
        let standard = |pipe: Option<Key>| pipe.map_or(Standard::None, Standard::Pipe);
        let folded = match (console, output) {
            (true, Some(screen)) => {
                self.share_pipe(screen, key);
                Standard::Pipe(screen)
            }
            _ => standard(error),
        };
        if let Some(process) = self.processes.get_mut(key) {
            process.standard = [standard(input), standard(output), folded];
            process.unclaimed = [input, output, error];
            if let Some(system) = self.systems.get_mut(system).filter(|_| !process.in_machine) {
                process.init = !std::mem::replace(&mut system.has_init, true);
            }
        }
        self.happen_to_process(ProcessTrigger::Created, key, None, effects);
        self.enter_process(system, key);
        self.begin_program(key, effects);
        let creator = self.processes.get(key).and_then(|process| process.creator);
        if creator.is_none_or(|handle| self.process_handles.get(handle).is_none()) {
            // The only handle that could have taken the streams was closed meanwhile.
            self.close_unclaimed(key, effects);
        }
    }

    /// A process gets its id, and is found by it.
    pub(super) fn enter_process(&mut self, system: Key, key: Key) {
        let Some(entry) = self.systems.get(system) else { return };
        let os = self.processes.get(key).map_or(GuestOs::Windows, |process| process.os);
        let machine = entry.origin.filter(|_| entry.kind == Kind::HostedContainer).unwrap_or(system);
        let counts = match entry.kind {
            // A silo's processes are the host's.
            Kind::ProcessContainer => &mut self.process_count,
            _ => match self.systems.get_mut(machine) {
                Some(machine) => &mut machine.process_count,
                None => &mut self.process_count,
            },
        };
        let (first, step) = guest::process_ids(os);
        let id = first.wrapping_add(counts.wrapping_mul(step));
        *counts = counts.wrapping_add(1);
        let now = self.now;
        if let Some(process) = self.processes.get_mut(key) {
            process.id = id;
            process.began = now;
        }
        if let Some(system) = self.systems.get_mut(system) {
            system.processes.insert(id, key);
        }
    }

    /// The program of a process begins.
    pub(super) fn begin_program(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(process) = self.processes.get(key) else { return };
        let launch = process.launch.clone();
        let frozen = self.is_standing(process.system);
        let name = launch.program().unwrap_or_default();
        let runs = match self.registered(&name) {
            Some(Registered::Outside) => {
                effects.push(Effect::Launch(GuestId(key), folded_program(&name), launch));
                Runs::Outside
            }
            Some(Registered::Script(script)) => Runs::Inside(Box::new(Program::script(script.clone(), &launch))),
            None => Program::of(&launch).map_or(Runs::Nothing, |program| Runs::Inside(Box::new(program))),
        };
        let begins = Time(self.guest_now(key).0).after(PROGRAM_START);
        if let Some(process) = self.processes.get_mut(key) {
            process.runs = runs;
        }
        self.set_waiting(key, Await { until: Some(begins), ..Await::default() });
        if frozen {
            self.happen_to_process(ProcessTrigger::Freeze, key, None, effects);
        }
    }

    /// Whether nothing runs in a system.
    pub(crate) fn is_standing(&self, system: Key) -> bool {
        self.systems.get(system).is_some_and(|system| !is_going(system.state)) || self.is_machine_paused(system)
    }

    pub(super) fn is_machine_paused(&self, system: Key) -> bool {
        let Some(system) = self.systems.get(system).filter(|system| system.kind == Kind::HostedContainer) else {
            return false;
        };
        system.origin.and_then(|key| self.systems.get(key)).is_some_and(|machine| !is_going(machine.state))
    }
}

/// The name under which a program is registered: in whatever case it is asked for, with `.exe` or without.
pub fn folded_program(name: &str) -> Arc<str> {
    let folded = name.to_lowercase();
    [".exe", ".com"].iter().find_map(|end| folded.strip_suffix(end)).unwrap_or(&folded).into()
}

/// Whether a path begins at a root.
pub(super) fn is_absolute(os: GuestOs, path: &str) -> bool {
    let bytes = path.as_bytes();
    match os {
        GuestOs::Windows => {
            let drive = bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
            (drive && matches!(bytes[2], b'\\' | b'/')) || matches!(bytes.first(), Some(b'\\' | b'/'))
        }
        GuestOs::Linux => bytes.first() == Some(&b'/'),
    }
}
