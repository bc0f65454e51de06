//! A concrete input for each facet: the configuration and the document with which a situation is made.

use hcs_rules::build::Build;
use hcs_rules::guest::GuestOs;
use hcs_rules::vocabulary::{Facet, Kind, Trigger};

use crate::process::input::{Program, parameters};

/// What must have happened to a system before a facet can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// Another machine's state was saved, for it to go on from.
    StateSaved,
    /// Its guest does not come up.
    GuestStaysDown,
    /// Its guest connection was lost.
    ConnectionLost,
    /// The creation of a process in it was begun while it ran, and is not done yet.
    ProcessBegun,
    /// A process was made in it while it ran, and lives.
    ProcessLives,
    /// A process was made in it while it ran, and is over.
    ProcessEnded,
    /// The first process was made in it while it ran, and is about to end.
    FirstProcessRuns,
}

impl Before {
    /// Whether a process must have been made in the system.
    pub fn needs_process(self) -> bool {
        match self {
            Before::ProcessBegun | Before::ProcessLives | Before::ProcessEnded | Before::FirstProcessRuns => true,
            Before::Nothing | Before::StateSaved | Before::GuestStaysDown | Before::ConnectionLost => false,
        }
    }
}

/// The input of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The configuration of the system.
    pub configuration: String,
    /// The document that comes with the call; `None` is NULL.
    pub document: Option<String>,
    /// What must have happened before.
    pub before: Before,
    /// The guest of the system.
    pub os: GuestOs,
}

impl Input {
    /// A system of this kind, and nothing more.
    pub fn plain(kind: Kind) -> Input {
        let configuration = configuration(kind, Facet::Plain, Trigger::Create);
        Input { configuration, document: None, before: Before::Nothing, os: GuestOs::Windows }
    }
}

/// The id of the machine in which hosted containers live.
pub const HOST: &str = "conformance-host";

/// The file of the state from which machines go on, as JSON.
const RESTORED: &str = r#""C:\\conformance\\restored.vmrs""#;

/// The options that save a state there.
pub fn saving() -> String {
    format!(r#"{{"SaveType":"ToFile","SaveStateFilePath":{RESTORED}}}"#)
}

/// What makes the guest of a machine Linux.
const LINUX: &str = r#""Chipset":{"LinuxKernelDirect":{"KernelFilePath":"C:\\conformance\\kernel"}},"#;

/// The configuration of that machine.
pub fn host_configuration(os: GuestOs) -> String {
    let (chipset, minor) = if os == GuestOs::Linux { (LINUX, 2) } else { ("", 1) };
    format!(
        r#"{{"SchemaVersion":{{"Major":2,"Minor":{minor}}},"Owner":"conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{{{chipset}"ComputeTopology":{{"Memory":{{"SizeInMB":512}},"Processor":{{"Count":1}}}},"GuestConnection":{{}}}}}}"#
    )
}

/// The input that shows a facet of a trigger. `None` where a system of this kind, or this build, cannot show it.
pub fn input(on: Trigger, facet: Facet, kind: Kind, build: Build) -> Option<Input> {
    let machine = matches!(kind, Kind::VirtualMachine | Kind::GuestVirtualMachine);
    let connected = matches!(kind, Kind::GuestVirtualMachine | Kind::HyperVContainer | Kind::HostedContainer);
    let mechanisms = build.schema() >= (2, 5);
    let shown = match facet {
        Facet::ByIntegrationService | Facet::GuestNotUp => machine && mechanisms,
        Facet::Unconfigured => mechanisms,
        Facet::ByGuestConnection => mechanisms,
        Facet::ConnectionLost => connected && (mechanisms || on == Trigger::CreateProcess),
        // A silo runs on the host's own kernel; other guests of Linux came with the second schema of containers.
        Facet::LinuxGuest => kind != Kind::ProcessContainer && build.schema() >= (2, 2),
        Facet::UnsavableDevice
        | Facet::CrashReporting
        | Facet::StopOnReset
        | Facet::SharedMemory
        | Facet::Resettable => machine,
        Facet::NoCrashReporting | Facet::NoVideoMonitor => true,
        Facet::Unservable if matches!(on, Trigger::StartDone | Trigger::SaveDone) => machine,
        Facet::Reboot => machine && mechanisms,
        Facet::HostGone => kind == Kind::HostedContainer,
        Facet::Restored | Facet::RestoredCold => machine,
        Facet::TemplateGone => false,
        _ if on == Trigger::ManagerStarts => kind == Kind::VirtualMachine,
        Facet::InvalidOptions if on == Trigger::Crash => build.schema() >= (2, 3),
        _ => true,
    };
    let os = if facet == Facet::LinuxGuest { GuestOs::Linux } else { GuestOs::Windows };
    shown.then(|| Input {
        configuration: configuration(kind, facet, on),
        document: document(on, facet, kind),
        before: before(on, facet),
        os,
    })
}

/// What must have happened before a facet of a trigger can show.
pub fn before(on: Trigger, facet: Facet) -> Before {
    match facet {
        Facet::GuestNotUp => Before::GuestStaysDown,
        Facet::ConnectionLost => Before::ConnectionLost,
        Facet::Restored | Facet::RestoredCold => Before::StateSaved,
        Facet::LiveProcess => Before::ProcessLives,
        Facet::EndedProcess => Before::ProcessEnded,
        Facet::WindowsGuest | Facet::LinuxGuest => Before::FirstProcessRuns,
        _ if on == Trigger::CreateProcessDone => Before::ProcessBegun,
        _ => Before::Nothing,
    }
}

/// A configuration of this kind, with or without what the facets of triggers look at.
pub fn configuration(kind: Kind, facet: Facet, on: Trigger) -> String {
    let terminate = facet != Facet::OutliveHandles;
    let services = matches!(facet, Facet::ByIntegrationService | Facet::GuestNotUp);
    let unservable = facet == Facet::Unservable && on != Trigger::CreateProcessDone;
    let linux = facet == Facet::LinuxGuest;
    let version = match (services, linux) {
        (true, _) => r#"{"Major":2,"Minor":5}"#,
        (_, true) => r#"{"Major":2,"Minor":2}"#,
        _ => r#"{"Major":2,"Minor":1}"#,
    };
    let head =
        format!(r#""SchemaVersion":{version},"Owner":"conformance","ShouldTerminateOnLastHandleClosed":{terminate}"#);
    match kind {
        Kind::VirtualMachine | Kind::GuestVirtualMachine => {
            let memory = if unservable && on == Trigger::CreateDone { 257 } else { 256 };
            let device = match facet {
                Facet::NoCrashReporting => "",
                Facet::UnsavableDevice => r#","Plan9":{}"#,
                Facet::SharedMemory => {
                    r#","SharedMemory":{"Regions":[{"SectionName":"\\BaseNamedObjects\\region","StartOffset":0,"Length":4096}]}"#
                }
                Facet::Unservable if on == Trigger::StartDone => {
                    r#","SharedMemory":{"Regions":[{"SectionName":"Global\\region","StartOffset":0,"Length":4096}]}"#
                }
                Facet::Resettable | Facet::Reboot => r#","VideoMonitor":{}"#,
                _ => "",
            };
            let report = if facet == Facet::NoCrashReporting { "" } else { r#""GuestCrashReporting":{}"# };
            let devices = format!("{report}{device}");
            let devices = devices.trim_start_matches(',');
            let stop = if facet == Facet::StopOnReset { r#","StopOnReset":true"# } else { "" };
            let services = if services { r#","Services":{"Shutdown":{}}"# } else { "" };
            let guest = if kind == Kind::GuestVirtualMachine { r#","GuestConnection":{}"# } else { "" };
            let chipset = if linux { LINUX } else { "" };
            let saved = match facet {
                Facet::Restored | Facet::RestoredCold => {
                    format!(r#","RestoreState":{{"SaveStateFilePath":{RESTORED}}}"#)
                }
                _ => String::new(),
            };
            let cold = match facet {
                Facet::RestoredCold => r#","GuestState":{"RuntimeStateFilePath":"C:\\conformance\\runtime.vmrs"}"#,
                _ => "",
            };
            format!(
                r#"{{{head},"VirtualMachine":{{{chipset}"ComputeTopology":{{"Memory":{{"SizeInMB":{memory}}},"Processor":{{"Count":1}}}},"Devices":{{{devices}}}{guest}{stop}{services}{saved}{cold}}}}}"#
            )
        }
        Kind::ProcessContainer if !unservable => {
            format!(r#"{{{head},"Container":{{"Storage":{{"Layers":[],"Path":"C:\\conformance\\scratch"}}}}}}"#)
        }
        Kind::ProcessContainer | Kind::HyperVContainer => {
            let isolated = kind == Kind::HyperVContainer;
            let twice = r#"{"HostPath":"C:\\a","ContainerPath":"C:\\b"}"#;
            let directories = if unservable { format!("{twice},{twice}") } else { String::new() };
            let guest = if linux { r#","ContainerType":"linux""# } else { "" };
            format!(
                r#"{{"SystemType":"Container","Name":"conformance","Owner":"conformance","LayerFolderPath":"C:\\conformance\\scratch","Layers":[],"MappedDirectories":[{directories}],"HvPartition":{isolated},"TerminateOnLastHandleClosed":{terminate}{guest}}}"#
            )
        }
        Kind::HostedContainer => {
            let host = if unservable { "conformance-nowhere" } else { HOST };
            format!(
                r#"{{{head},"HostingSystemId":"{host}","HostedSystem":{{"SchemaVersion":{{"Major":2,"Minor":1}},"Container":{{"Storage":{{"Layers":[],"Path":"C:\\conformance\\scratch"}}}}}}}}"#
            )
        }
    }
}

/// The document that shows a facet of a trigger.
fn document(on: Trigger, facet: Facet, kind: Kind) -> Option<String> {
    let text = match (on, facet) {
        (_, Facet::MalformedDocument | Facet::MalformedQuery | Facet::MalformedOptions) => "{",
        (Trigger::Create, Facet::InvalidDocument) => r#"{"VirtualMachine":{"NoSuchMember":1}}"#,
        (Trigger::CreateProcess, Facet::ValidDocument | Facet::ConnectionLost) => {
            return Some(parameters(Program::Endless, GuestOs::Windows));
        }
        (Trigger::CreateProcessDone, Facet::Unservable) => return Some(parameters(Program::Missing, GuestOs::Windows)),
        (Trigger::CreateProcessDone, _) => return Some(parameters(Program::Endless, GuestOs::Windows)),
        (_, Facet::InvalidDocument | Facet::InvalidQuery | Facet::InvalidOptions) => r#"{"NoSuchMember":1}"#,
        (_, Facet::UnmodelledDocument) => r#"{"SystemType":"VirtualMachine","Name":"conformance"}"#,
        (_, Facet::StatisticsQuery) => r#"{"PropertyTypes":["Statistics"]}"#,
        (_, Facet::EmptyOptions) => "",
        (_, Facet::ByGuestConnection | Facet::ConnectionLost) => "{}",
        (_, Facet::ByIntegrationService | Facet::Unconfigured | Facet::GuestNotUp) => {
            r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#
        }
        (_, Facet::Reboot) => r#"{"Mechanism":"GuestConnection","Type":"Reboot"}"#,
        // A folder that every host has, where a file is to be.
        (Trigger::SaveDone, Facet::Unservable) => r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\Windows"}"#,
        (_, Facet::ToFile | Facet::UnsavableDevice) => {
            r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\conformance\\saved.vmrs"}"#
        }
        (_, Facet::AsTemplate) => r#"{"SaveType":"AsTemplate"}"#,
        (Trigger::Create, _) => return Some(configuration(kind, facet, on)),
        (Trigger::Modify, _) | (Trigger::ModifyDone, _) => return Some(change(kind).to_owned()),
        _ => return None,
    };
    Some(text.to_owned())
}

/// A change that a system of this kind takes while it runs.
fn change(kind: Kind) -> &'static str {
    match kind {
        Kind::VirtualMachine | Kind::GuestVirtualMachine => {
            r#"{"ResourcePath":"VirtualMachine/Devices/MappedPipes/conformance","RequestType":"Add"}"#
        }
        Kind::ProcessContainer | Kind::HyperVContainer | Kind::HostedContainer => {
            r#"{"ResourcePath":"Container/MappedDirectories","RequestType":"Add","Settings":{"HostPath":"C:\\a","ContainerPath":"C:\\b"}}"#
        }
    }
}
