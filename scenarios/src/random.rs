//! Random sequences of calls straight into the machine, and the digest over all of them: what two machines, two builds or
//! two sets of features must agree on to the bit.

mod legacy;

use std::sync::Arc;

use hcs_machine::canonical::Digest;
use hcs_machine::effect::{GuestId, Reply, WaitId};
use hcs_machine::guest::script::Script;
use hcs_machine::guest::{Await, Output};
use hcs_machine::handle::{Handle, HandleType};
use hcs_machine::input::{
    CreateOptions, End, Fate, FileEvent, GuestRequest, Registered, Request, StreamRequest, Text, VolumeEvent,
    WorldEvent,
};
use hcs_machine::{ClientId, Effect, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::file::FileSystem;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::GENERIC_ALL;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::library::{self, DOCUMENTS};

/// The endpoint of the adapters that sequences add.
const ENDPOINT: &str = "6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab";

/// How many calls a sequence has.
const LENGTH: usize = 60;

/// The documents that sequences use, beside the good ones.
const BAD_DOCUMENTS: &[&str] = &[
    "{",
    "{}",
    r#"{"VirtualMachine":{"Surprise":1}}"#,
    r#"{"Container":{},"VirtualMachine":{}}"#,
    r#"{"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":1.5e300}}},"Owner":"b","Owner":"a"}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":99999999999999999999}}"#,
];

/// What processes are started with.
const COMMANDS: &[&str] = &[
    "cmd /q",
    "cmd /c echo hi& exit 3",
    "cmd /c ping -n 2 x >file & type file",
    "sim-flood 66000 7",
    "sim-echo-signals",
    "sim-stubborn",
    "sim-fork 2 ping -n 3 x",
    "sim-crash",
    "sim-idle",
    "talker",
    "outside.exe",
    "sh -c 'echo hi; sleep 1; exit 3'",
    "nosuch",
];

/// A program that sequences register: it talks, waits, listens.
const TALKER: &str = "on any stdout heard; stdout ready; after 100ms read; stdout -n got; spawn sim-idle; flood 500";

/// What files are called.
const PATHS: &[&str] =
    &[r"C:\saved.vmrs", r"C:\Users\Public\vm.vmgs", "VM.vmgs", "C:/ProgramData", r"D:\a\b", r"\\server\share", "a?"];

/// What is written to processes.
const LINES: &[&str] = &["echo one\n", "exit 4\n", "", "go on\r\nand on", "set A=b\necho %A%\n"];

/// The digest of `count` sequences, from `seed` on.
pub fn digest(seed: u64, count: u64) -> String {
    let digests = (seed..seed + count).map(|seed| sequence(seed).0);
    let mixed = digests.fold(0_u128, |all, digest| all.rotate_left(7).wrapping_mul(0x0100_0000_01B3) ^ digest);
    format!("{mixed:032x}")
}

/// One sequence, in a world of its own. Every other one begins with a system in which processes run.
pub fn sequence(seed: u64) -> Digest {
    play(seed).host.digest()
}

fn play(seed: u64) -> World {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut world = World {
        host: Host::new(*dice.pick(Build::ALL)),
        now: Time::ZERO,
        effects: Vec::new(),
        known: Known::default(),
    };
    for rights in [Rights::Administrator, Rights::HyperVAdministrator, *dice.pick(Rights::ALL)] {
        world.step(&Input::Connect(rights));
    }
    if dice.chance(2) {
        world.populate(&mut dice);
    }
    for _ in 0..LENGTH {
        world.now = world.now.after(dice.below(200_000_000));
        let input = dice.input(&world.known);
        world.step(&input);
    }
    world
}

/// A host, and what a sequence knows of it.
struct World {
    host: Host,
    now: Time,
    effects: Vec<Effect>,
    known: Known,
}

/// What a sequence has been given, and can use again.
#[derive(Default)]
struct Known {
    operations: Vec<Handle>,
    systems: Vec<Handle>,
    processes: Vec<Handle>,
    streams: Vec<Handle>,
    /// Those of the older interface, of whatever kind.
    older: Vec<Handle>,
    guests: Vec<GuestId>,
    waits: Vec<WaitId>,
}

impl World {
    fn step(&mut self, input: &Input) {
        self.effects.clear();
        self.host.step(self.now, input, &mut self.effects);
        for effect in &self.effects {
            match effect {
                Effect::Launch(guest, ..) => self.known.guests.push(*guest),
                Effect::Reply(reply) | Effect::Wake(_, reply) => self.known.learn(reply),
                _ => {}
            }
        }
    }

    fn call(&mut self, request: Request) {
        self.step(&Input::Call(ClientId(1), request, Fate::PROMPT));
    }

    /// A system with three processes comes up, one after the other and without a fault.
    fn populate(&mut self, dice: &mut Dice) {
        let talker = Script::parse(TALKER).map_or(Registered::Outside, |script| Registered::Script(Arc::new(script)));
        self.step(&Input::World(WorldEvent::Program("talker".into(), Some(talker))));
        self.step(&Input::World(WorldEvent::Program("outside".into(), Some(Registered::Outside))));
        let document = *dice.pick(&["container", "isolated", "connected", "linux"]);
        let configuration: Text = library::find(DOCUMENTS, document).map_or(Text::Null, |item| item.text.into());
        let operation = self.operation();
        self.call(Request::CreateComputeSystem { id: "vm".into(), configuration, operation, out: true });
        let (operation, system) = (self.operation(), last(&self.known.systems));
        self.call(Request::StartComputeSystem { system, operation, options: Text::Null });
        let piped = r#"{"CommandLine":"outside","CreateStdInPipe":true,"CreateStdOutPipe":true}"#;
        for parameters in [piped.into(), dice.parameters(), dice.parameters()] {
            let operation = self.operation();
            self.call(Request::CreateProcess { system, parameters, operation, out: true });
            self.call(Request::GetOperationResultAndProcessInfo { operation, out: true });
        }
    }

    fn operation(&mut self) -> Handle {
        self.call(Request::CreateOperation { callback: false });
        last(&self.known.operations)
    }
}

fn last(handles: &[Handle]) -> Handle {
    handles.last().copied().unwrap_or(Handle::NULL)
}

impl Known {
    fn learn(&mut self, reply: &Reply) {
        match reply {
            Reply::Handle(_, handle) => self.learn_handle(*handle),
            Reply::Info(_, _, Some(information)) => {
                information.streams.into_iter().for_each(|stream| self.learn_handle(stream));
            }
            Reply::Blocked(wait) => self.waits.push(*wait),
            Reply::Legacy(reply) => {
                self.learn_handle(reply.handle);
                reply.information.into_iter().flat_map(|of| of.streams).for_each(|stream| self.learn_handle(stream));
            }
            _ => {}
        }
    }

    fn learn_handle(&mut self, handle: Handle) {
        match handle.parts().map(|(kind, _)| kind) {
            Some(HandleType::Operation) => self.operations.push(handle),
            Some(HandleType::System) => self.systems.push(handle),
            Some(HandleType::Process) => self.processes.push(handle),
            Some(HandleType::Stream) => self.streams.push(handle),
            Some(HandleType::Legacy) => self.older.push(handle),
            Some(HandleType::Disk) | None => {}
        }
    }
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(limit)) >> 64) as u64
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// One of the last handles, most of the time; now and then one that is wrong.
    fn handle(&mut self, handles: &[Handle]) -> Handle {
        if handles.is_empty() || self.chance(16) {
            return *self.pick(&[Handle::NULL, Handle(3), Handle::INVALID]);
        }
        let recent = &handles[handles.len().saturating_sub(3)..];
        if self.chance(8) { *self.pick(handles) } else { *self.pick(recent) }
    }

    fn id(&mut self) -> Text {
        match self.below(12) {
            0 => Text::Null,
            1 => Text::Malformed,
            2 => "".into(),
            3 => "8636363D-C5F9-49AA-B507-3B83F98C0D14".into(),
            4 | 5 => "VM".into(),
            6..9 => "vm".into(),
            _ => "other".into(),
        }
    }

    fn configuration(&mut self) -> Text {
        match self.below(6) {
            0 => Text::Malformed,
            1 => (*self.pick(BAD_DOCUMENTS)).into(),
            _ => self.pick(DOCUMENTS).text.into(),
        }
    }

    fn query(&mut self) -> Text {
        match self.below(6) {
            0 => "{}".into(),
            1 => r#"{"PropertyTypes":["Memory"]}"#.into(),
            2 => r#"{"Ids":["vm"],"Owners":["hcs-sim"]}"#.into(),
            3 => "{,}".into(),
            _ => Text::Null,
        }
    }

    fn options(&mut self) -> Text {
        match self.below(8) {
            0 => "{}".into(),
            1 | 2 => r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#.into(),
            3 => r#"{"Type":"Reboot"}"#.into(),
            4 => r#"{"SaveType":"AsTemplate"}"#.into(),
            5 => r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\saved.vmrs"}"#.into(),
            6 => "".into(),
            _ => Text::Null,
        }
    }

    fn change(&mut self) -> Text {
        let kind = *self.pick(&["Add", "Remove", "Update"]);
        let (path, settings) = *self.pick(&[
            ("VirtualMachine/Devices/Scsi/disk/Attachments/1", r#"{"Type":"VirtualDisk","Path":"C:\\a.vhdx"}"#),
            ("VirtualMachine/Devices/Scsi/0/Attachments/1", "{}"),
            ("VirtualMachine/ComputeTopology/Memory/SizeInMB", "2048"),
            ("VirtualMachine/Devices/Plan9/Shares", r#"{"Name":"home","Path":"C:\\home"}"#),
            ("VirtualMachine/Devices/NetworkAdapters/nic", r#"{"EndpointId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}"#),
            ("Container/MappedDirectories", r#"{"HostPath":"C:\\a","ContainerPath":"C:\\b"}"#),
            ("Nowhere", "null"),
        ]);
        format!(r#"{{"ResourcePath":"{path}","RequestType":"{kind}","Settings":{settings}}}"#).as_str().into()
    }

    fn service_query(&mut self) -> Text {
        (*self.pick(&[
            "{}",
            "",
            r#"{"PropertyTypes":["Basic","CpuGroup"]}"#,
            r#"{"PropertyTypes":["ProcessorTopology"]}"#,
        ]))
        .into()
    }

    fn service_change(&mut self) -> Text {
        let operation = *self.pick(&["CreateGroup", "DeleteGroup"]);
        let details = r#""GroupId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab""#;
        let more = if operation == "CreateGroup" { r#","LogicalProcessors":[0,1]"# } else { "" };
        let settings = format!(r#"{{"Operation":"{operation}","OperationDetails":{{{details}{more}}}}}"#);
        format!(r#"{{"PropertyType":"CpuGroup","Settings":{settings}}}"#).as_str().into()
    }

    fn parameters(&mut self) -> Text {
        let command = *self.pick(COMMANDS);
        let more = *self.pick(&[
            r#""CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true"#,
            r#""CreateStdInPipe":true,"CreateStdOutPipe":true"#,
            r#""CreateStdInPipe":true,"CreateStdOutPipe":true,"EmulateConsole":true,"ConsoleSize":[25,80]"#,
            r#""Environment":{"A":"b","B":""},"CreateStdOutPipe":true"#,
            r#""User":"nobody","WorkingDirectory":"/tmp""#,
            r#""Surprise":1"#,
        ]);
        format!(r#"{{"CommandLine":"{command}",{more}}}"#).as_str().into()
    }

    fn signal(&mut self) -> Text {
        (*self.pick(&[
            r#"{"Signal":"CtrlC"}"#,
            r#"{"Signal":"CtrlShutdown"}"#,
            r#"{"Signal":15}"#,
            r#"{"Signal":9}"#,
            r#"{"Signal":"TERM"}"#,
            "",
        ]))
        .into()
    }

    fn process_change(&mut self) -> Text {
        (*self.pick(&[
            r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":40,"Width":100}}"#,
            r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#,
            r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"All"}}"#,
            r#"{"Operation":"CloseHandle"}"#,
            "{",
        ]))
        .into()
    }

    fn process_id(&mut self) -> u32 {
        let number = self.below(6) as u32;
        if self.chance(2) { 1_000 + 4 * number } else { 100 + number }
    }

    /// What a client does with processes and their streams.
    fn on_processes(&mut self, known: &Known) -> Input {
        let client = ClientId(if self.chance(4) { 1 + self.below(3) as u32 } else { 1 });
        let (operation, system) = (self.handle(&known.operations), self.handle(&known.systems));
        let (process, stream) = (self.handle(&known.processes), self.handle(&known.streams));
        let timeout_ms = *self.pick(&[0, 10, 1_000, u32::MAX]);
        let callback = self.chance(2);
        let request = match self.below(28) {
            0..4 => Request::CreateProcess { system, parameters: self.parameters(), operation, out: true },
            4..6 => Request::WaitForOperationResultAndProcessInfo { operation, timeout_ms, out: !self.chance(8) },
            6 => Request::GetOperationResultAndProcessInfo { operation, out: true },
            7 => Request::OpenProcess { system, id: self.process_id(), access: GENERIC_ALL, out: true },
            8 => Request::CloseProcess { process },
            9 => Request::TerminateProcess { process, operation, options: Text::Null },
            10 | 11 => Request::SignalProcess { process, operation, options: self.signal() },
            12 => Request::GetProcessInfo { process, operation },
            13 => Request::GetProcessProperties { process, operation, query: Text::Null },
            14 => Request::ModifyProcess { process, operation, settings: self.process_change() },
            15 => Request::SetProcessCallback { process, options: self.below(2) as u32, callback },
            16 => Request::WaitForProcessExit { process, timeout_ms },
            17..19 => Request::CreateOperation { callback },
            19..23 => {
                let limit = *self.pick(&[1, 100, 70_000]);
                return Input::Stream(client, StreamRequest::Read { stream, limit });
            }
            23..27 => {
                let bytes = self.pick(LINES).as_bytes().into();
                return Input::Stream(client, StreamRequest::Write { stream, bytes });
            }
            _ => return Input::Stream(client, StreamRequest::Close { stream }),
        };
        Input::Call(client, request, self.fate())
    }

    /// What a program outside does.
    fn of_guest(&mut self, guests: &[GuestId]) -> Input {
        let to = *self.pick(&[Output::Out, Output::Err]);
        let request = match self.below(12) {
            0 | 1 => GuestRequest::Read { limit: 100 },
            2 | 3 => GuestRequest::Write { to, bytes: vec![b'x'; self.below(5_000) as usize].into() },
            4 => GuestRequest::Close { of: to },
            5 => GuestRequest::Wait(Await {
                input: true,
                until: Some(Time(self.below(10_000_000_000))),
                ..Await::default()
            }),
            6 => GuestRequest::HandleSignals { handles: self.chance(2) },
            7 => GuestRequest::TakeSignal,
            8 => GuestRequest::Spawn { command_line: (*self.pick(COMMANDS)).into() },
            9 => GuestRequest::ExitOf { child: self.process_id() },
            10 => GuestRequest::WriteFile { path: "file".into(), bytes: (*b"abc").into(), append: self.chance(2) },
            _ => GuestRequest::End { code: 7 },
        };
        Input::Guest(*self.pick(guests), request)
    }

    fn fate(&mut self) -> Fate {
        let end = match self.below(16) {
            0 => End::Hangs,
            1 => End::Fails(Hresult::ERROR_NO_SYSTEM_RESOURCES, None),
            2 => End::Fails(Hresult::E_ACCESSDENIED, Some("{}".into())),
            3 => End::Refused(Hresult::RPC_S_CALL_FAILED),
            _ => End::Natural,
        };
        let guest = if self.chance(10) { u64::MAX } else { self.below(500_000_000) };
        Fate { latency: self.below(300_000_000), guest, end }
    }

    fn file_event(&mut self) -> FileEvent {
        let path = (*self.pick(PATHS)).into();
        match self.below(14) {
            11 => FileEvent::Attributes(path, self.below(0x8000) as u32),
            12 => {
                FileEvent::Stream(path, "s".into(), self.chance(2).then(|| vec![7; self.below(9_000) as usize].into()))
            }
            13 => FileEvent::InUseFor(path, self.below(3) as u32),
            8 => FileEvent::Copy(path, (*self.pick(PATHS)).into()),
            9 => FileEvent::Rename(path, (*self.pick(PATHS)).into()),
            10 => FileEvent::Link(path, (*self.pick(PATHS)).into()),
            0 | 1 => FileEvent::Put(path, vec![7; self.below(9_000) as usize].into()),
            2 => FileEvent::Folder(path),
            3 => FileEvent::Remove(path),
            4 => FileEvent::Lock(path, self.chance(2)),
            5 => FileEvent::Deny(path, self.chance(2)),
            6 => FileEvent::ReadOnly(path, self.chance(2)),
            _ => {
                let volume = *self.pick(&[
                    VolumeEvent::Appear,
                    VolumeEvent::Vanish,
                    VolumeEvent::Room(5_000_000),
                    VolumeEvent::ReadOnly(false),
                    VolumeEvent::Ready(true),
                    VolumeEvent::FullAfter(2),
                    VolumeEvent::NotReadyFor(1),
                    VolumeEvent::Format(FileSystem::Refs),
                ]);
                FileEvent::Volume(*self.pick(&['C', 'd']), volume)
            }
        }
    }

    fn on_file(&mut self) -> Request {
        let path = if self.chance(16) { Text::Null } else { (*self.pick(PATHS)).into() };
        match self.below(7) {
            0 => Request::CreateEmptyGuestStateFile { path },
            1 => Request::CreateEmptyRuntimeStateFile { path },
            2 => Request::GetProcessorCompatibilityFromSavedState { path },
            3 => Request::GrantVmAccess { id: self.id(), path },
            4 => Request::RevokeVmAccess { id: self.id(), path },
            5 => Request::GrantVmGroupAccess { path },
            _ => Request::RevokeVmGroupAccess { path },
        }
    }

    fn input(&mut self, known: &Known) -> Input {
        if !known.processes.is_empty() && self.chance(2) {
            return match self.below(16) {
                0..3 if !known.guests.is_empty() => self.of_guest(&known.guests),
                3 if !known.waits.is_empty() => Input::GiveUp(*self.pick(&known.waits)),
                _ => self.on_processes(known),
            };
        }
        if self.chance(12) {
            return Input::World(match self.below(19) {
                0 => WorldEvent::ServiceStop,
                1 | 2 => WorldEvent::ServiceReturn,
                3 => WorldEvent::ClientDeath(ClientId(self.below(4) as u32)),
                4 | 5 => WorldEvent::GuestCrash("vm".into()),
                6 => WorldEvent::GuestReset("vm".into()),
                7 => WorldEvent::GuestDisconnect("vm".into()),
                8 => WorldEvent::WorkerCrash("vm".into()),
                9 => WorldEvent::RdpModeChange("vm".into()),
                10 => WorldEvent::Quirk(*self.pick(Quirk::ALL), self.chance(2)),
                11 => WorldEvent::Hypervisor(!self.chance(4)),
                12 => WorldEvent::Endpoints(self.chance(2).then(|| vec![ENDPOINT.into()])),
                13 => WorldEvent::SavedState("C:\\saved.vmrs".into(), self.chance(2)),
                14 => WorldEvent::ProcessEnd("vm".into(), self.process_id(), 9),
                15 => WorldEvent::Files(self.file_event()),
                16 => WorldEvent::ManagerStarts("Vm".into()),
                _ => WorldEvent::GuestPowerOff("VM".into()),
            });
        }
        if self.chance(4) {
            return self.on_older(known);
        }
        let client = ClientId(1 + self.below(3) as u32);
        let (operation, system) = (self.handle(&known.operations), self.handle(&known.systems));
        let callback = self.chance(2);
        let timeout_ms = *self.pick(&[0, 10, 1_000, u32::MAX]);
        let options = self.options();
        let request = match self.below(43) {
            0..4 => Request::CreateOperation { callback },
            4 => Request::CloseOperation { operation },
            5 => Request::GetOperationType { operation },
            6 => Request::GetOperationId { operation },
            7 => Request::GetOperationResult { operation },
            8 | 9 => Request::WaitForOperationResult { operation, timeout_ms },
            10 => Request::SetOperationCallback { operation, callback },
            11 => Request::GetComputeSystemFromOperation { operation },
            12 => Request::EnumerateComputeSystems { query: self.query(), operation },
            13..16 => Request::CreateComputeSystem {
                id: self.id(),
                configuration: self.configuration(),
                operation,
                out: !self.chance(20),
            },
            16 => Request::OpenComputeSystem { id: self.id(), access: GENERIC_ALL, out: true },
            17 => Request::CloseComputeSystem { system },
            18 | 19 => Request::StartComputeSystem { system, operation, options: Text::Null },
            20 => Request::TerminateComputeSystem { system, operation, options: Text::Null },
            21 => Request::GetComputeSystemProperties { system, operation, query: self.query() },
            22 => Request::SetComputeSystemCallback { system, options: self.below(2) as u32, callback },
            23 => Request::WaitForComputeSystemExit { system, timeout_ms },
            24 => Request::CreateProcess { system, parameters: self.parameters(), operation, out: true },
            25 => Request::Unmodelled { export: self.below(64) as u16 },
            26 => Request::ShutDownComputeSystem { system, operation, options },
            27 => Request::CrashComputeSystem { system, operation, options: Text::Null },
            28 | 29 => Request::PauseComputeSystem { system, operation, options: Text::Null },
            30 => Request::ResumeComputeSystem { system, operation, options: Text::Null },
            31 => Request::SaveComputeSystem { system, operation, options },
            32..35 => Request::ModifyComputeSystem { system, operation, configuration: self.change() },
            35 => Request::GetServiceProperties { query: self.service_query(), out: true },
            36 => Request::ModifyServiceSettings { settings: self.service_change() },
            37 => Request::SubmitWerReport { settings: self.query() },
            38 => Request::CreateComputeSystemInNamespace {
                namespace: "here".into(),
                id: self.id(),
                configuration: self.configuration(),
                operation,
                options: CreateOptions::First { events: self.below(4) as u32, callback },
                out: true,
            },
            39 => {
                Request::EnumerateComputeSystemsInNamespace { namespace: "here".into(), query: self.query(), operation }
            }
            _ => self.on_file(),
        };
        Input::Call(client, request, self.fate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_reach_processes_with_their_streams_programs_outside_and_the_older_interface() {
        let mut reached = [0; 5];
        for seed in 0..100 {
            let known = play(seed).known;
            let (processes, streams, guests) = (known.processes.len(), known.streams.len(), known.guests.len());
            let lists = [processes, streams, guests, known.waits.len(), known.older.len()];
            for (reached, count) in reached.iter_mut().zip(lists) {
                *reached += usize::from(count > 0);
            }
        }
        assert!(reached.iter().zip([40, 30, 30, 10, 20]).all(|(reached, least)| *reached > least), "{reached:?}");
    }

    #[test]
    fn a_sequence_is_the_same_twice_and_another_is_another() {
        assert_eq!(sequence(1), sequence(1));
        assert_ne!(sequence(1), sequence(2));
    }
}
