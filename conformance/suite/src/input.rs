//! A concrete input for each facet: the configuration and the document with which a situation is made.

use hcs_rules::build::Build;
use hcs_rules::vocabulary::{Facet, Kind, Trigger};

/// What must have happened to a system before a facet can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// Its guest does not come up.
    GuestStaysDown,
    /// Its guest connection was lost.
    ConnectionLost,
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
}

/// The id of the machine in which hosted containers live.
pub const HOST: &str = "conformance-host";

/// The configuration of that machine.
pub const HOST_CONFIGURATION: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":512},"Processor":{"Count":1}},"GuestConnection":{}}}"#;

/// The input that shows a facet of a trigger. `None` where a system of this kind, or this build, cannot show it.
pub fn input(on: Trigger, facet: Facet, kind: Kind, build: Build) -> Option<Input> {
    let machine = matches!(kind, Kind::VirtualMachine | Kind::GuestVirtualMachine);
    let connected = matches!(kind, Kind::GuestVirtualMachine | Kind::HyperVContainer | Kind::HostedContainer);
    let mechanisms = build.schema() >= (2, 5);
    let shown = match facet {
        Facet::ByIntegrationService | Facet::GuestNotUp => machine && mechanisms,
        Facet::Unconfigured => mechanisms,
        Facet::ByGuestConnection => mechanisms,
        Facet::ConnectionLost => connected && mechanisms,
        Facet::UnsavableDevice
        | Facet::CrashReporting
        | Facet::StopOnReset
        | Facet::SharedMemory
        | Facet::Resettable => machine,
        Facet::NoCrashReporting | Facet::NoVideoMonitor => true,
        Facet::Unservable if on == Trigger::StartDone => machine,
        Facet::Reboot => machine && mechanisms,
        Facet::HostGone => kind == Kind::HostedContainer,
        Facet::TemplateGone => false,
        Facet::InvalidOptions if on == Trigger::Crash => build.schema() >= (2, 3),
        _ => true,
    };
    let before = match facet {
        Facet::GuestNotUp => Before::GuestStaysDown,
        Facet::ConnectionLost => Before::ConnectionLost,
        _ => Before::Nothing,
    };
    let configuration = configuration(kind, facet, on);
    shown.then(|| Input { configuration, document: document(on, facet, kind), before })
}

/// A configuration of this kind, with or without what the facets of triggers look at.
pub fn configuration(kind: Kind, facet: Facet, on: Trigger) -> String {
    let terminate = facet != Facet::OutliveHandles;
    let services = matches!(facet, Facet::ByIntegrationService | Facet::GuestNotUp);
    let unservable = facet == Facet::Unservable;
    let version = if services { r#"{"Major":2,"Minor":5}"# } else { r#"{"Major":2,"Minor":1}"# };
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
            format!(
                r#"{{{head},"VirtualMachine":{{"ComputeTopology":{{"Memory":{{"SizeInMB":{memory}}},"Processor":{{"Count":1}}}},"Devices":{{{devices}}}{guest}{stop}{services}}}}}"#
            )
        }
        Kind::ProcessContainer if !unservable => {
            format!(r#"{{{head},"Container":{{"Storage":{{"Layers":[],"Path":"C:\\conformance\\scratch"}}}}}}"#)
        }
        Kind::ProcessContainer | Kind::HyperVContainer => {
            let isolated = kind == Kind::HyperVContainer;
            let twice = r#"{"HostPath":"C:\\a","ContainerPath":"C:\\b"}"#;
            let directories = if unservable { format!("{twice},{twice}") } else { String::new() };
            format!(
                r#"{{"SystemType":"Container","Name":"conformance","Owner":"conformance","LayerFolderPath":"C:\\conformance\\scratch","Layers":[],"MappedDirectories":[{directories}],"HvPartition":{isolated},"TerminateOnLastHandleClosed":{terminate}}}"#
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
        (_, Facet::InvalidDocument | Facet::InvalidQuery | Facet::InvalidOptions) => r#"{"NoSuchMember":1}"#,
        (_, Facet::UnmodelledDocument) => r#"{"SystemType":"VirtualMachine","Name":"conformance"}"#,
        (_, Facet::StatisticsQuery) => r#"{"PropertyTypes":["Statistics"]}"#,
        (_, Facet::EmptyOptions) => "",
        (_, Facet::ByGuestConnection | Facet::ConnectionLost) => "{}",
        (_, Facet::ByIntegrationService | Facet::Unconfigured | Facet::GuestNotUp) => {
            r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#
        }
        (_, Facet::Reboot) => r#"{"Mechanism":"GuestConnection","Type":"Reboot"}"#,
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
