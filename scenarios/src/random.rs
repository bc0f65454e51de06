//! Random sequences of calls straight into the machine, and the digest over all of them: what two machines, two builds or
//! two sets of features must agree on to the bit.

use hcs_machine::canonical::Digest;
use hcs_machine::effect::Reply;
use hcs_machine::handle::Handle;
use hcs_machine::input::{CreateOptions, End, Fate, Request, Text, WorldEvent};
use hcs_machine::{ClientId, Effect, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::GENERIC_ALL;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::library::DOCUMENTS;

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

/// The digest of `count` sequences, from `seed` on.
pub fn digest(seed: u64, count: u64) -> String {
    let digests = (seed..seed + count).map(|seed| sequence(seed).0);
    let mixed = digests.fold(0_u128, |all, digest| all.rotate_left(7).wrapping_mul(0x0100_0000_01B3) ^ digest);
    format!("{mixed:032x}")
}

/// One sequence, in a world of its own.
pub fn sequence(seed: u64) -> Digest {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut host = Host::new(*dice.pick(Build::ALL));
    let mut effects = Vec::new();
    for rights in [Rights::Administrator, Rights::HyperVAdministrator, *dice.pick(Rights::ALL)] {
        host.step(Time::ZERO, &Input::Connect(rights), &mut effects);
    }
    let mut handles = vec![Handle::NULL, Handle(3)];
    let mut now = Time::ZERO;
    for _ in 0..LENGTH {
        now = now.after(dice.below(200_000_000));
        let input = dice.input(&handles);
        effects.clear();
        host.step(now, &input, &mut effects);
        for effect in &effects {
            if let Effect::Reply(Reply::Handle(_, handle)) = effect {
                handles.push(*handle);
            }
        }
    }
    host.digest()
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

    /// One of the last handles, most of the time.
    fn handle(&mut self, handles: &[Handle]) -> Handle {
        let recent = &handles[handles.len().saturating_sub(6)..];
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

    fn input(&mut self, handles: &[Handle]) -> Input {
        if self.chance(12) {
            return Input::World(match self.below(16) {
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
                _ => WorldEvent::GuestPowerOff("VM".into()),
            });
        }
        let client = ClientId(1 + self.below(3) as u32);
        let (operation, system) = (self.handle(handles), self.handle(handles));
        let callback = self.chance(2);
        let timeout_ms = *self.pick(&[0, 10, 1_000, u32::MAX]);
        let options = self.options();
        let request = match self.below(40) {
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
            24 => Request::GetOperationResultAndProcessInfo { operation, out: true },
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
            _ => {
                Request::EnumerateComputeSystemsInNamespace { namespace: "here".into(), query: self.query(), operation }
            }
        };
        Input::Call(client, request, self.fate())
    }
}
