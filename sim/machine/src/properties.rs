//! The properties of a system: `Properties`, as an answer and as an element of a list.

use std::sync::Arc;

use hcs_rules::answer::system_type;
use hcs_rules::build::Build;
use hcs_rules::document::schema::answer::{PROPERTIES, STATISTICS};
use hcs_rules::property::{OB_ROOT, SystemProperty, property};
use hcs_rules::resource::{RESOURCES, Resource};
use hcs_rules::vocabulary::{Kind, SystemState};

use crate::answer::{has, result_error};
use crate::configuration::present;
use crate::constraint::{hosting_id, regions, template_id};
use crate::document::{Document, Node, ObjectWriter, Writer};
use crate::host::Host;
use crate::system::{Connection, System};
use crate::time::Time;

/// The properties that a query asks for; without one, the basic ones.
pub(crate) fn properties(host: &Host, system: &System, query: Option<&Document>) -> Arc<str> {
    let query = query.map(Document::root);
    Writer::object(|document| write_properties(document, host, system, query)).into()
}

/// The elements of an enumeration.
pub(crate) fn list(host: &Host, systems: &[&System]) -> Arc<str> {
    Writer::list(|list| {
        for system in systems {
            list.object(|element| write_properties(element, host, system, None));
        }
    })
    .into()
}

/// Basic properties, in the order of the schema. Of what is over only `Id`, `SystemType`, `Stopped` and `ExitType` are
/// told, whatever was asked for (observed).
fn write_properties(document: &mut ObjectWriter<'_>, host: &Host, system: &System, query: Option<Node<'_>>) {
    let over = system.state == SystemState::Exited;
    document.string("Id", &system.id);
    document.string("SystemType", system_type(system.kind, over));
    if over {
        document.boolean("Stopped", true);
        if let Some(exit) = system.exit.filter(|_| has(&PROPERTIES, "ExitType", host.build)) {
            document.string("ExitType", hcs_rules::answer::exit_status(exit).exit_type);
        }
        return;
    }
    if let Some(name) = system.name() {
        document.string("Name", name);
    }
    if let Some(owner) = system.owner() {
        document.string("Owner", owner);
    }
    let mut buffer = uuid::Uuid::encode_buffer();
    document.string("RuntimeId", system.runtime_id.hyphenated().encode_lower(&mut buffer));
    if let Some(template) = template_id(system) {
        document.string("RuntimeTemplateId", template);
    }
    if let Some(state) = system.state.visible() {
        document.string("State", state);
        if OB_ROOT.kinds.contains(system.kind) {
            document.string(OB_ROOT.member, &format!("\\Silos\\{}", system.sequence));
        }
    }
    match query {
        Some(query) => write_asked(document, host, system, query),
        None => write_hosting(document, system),
    }
}

fn write_hosting(document: &mut ObjectWriter<'_>, system: &System) {
    if let Some(hosting) = hosting_id(system) {
        document.string("HostingSystemId", hosting);
    }
}

/// What a query asks for.
#[inline(never)]
fn write_asked(document: &mut ObjectWriter<'_>, host: &Host, system: &System, query: Node<'_>) {
    let asked = |wanted: SystemProperty| {
        query.get("PropertyTypes").is_some_and(|types| types.items().any(|item| item.as_str() == Some(wanted.name())))
    };
    for wanted in SystemProperty::ALL.iter().copied() {
        // The hosting system's id stands between, in the order of the schema.
        if wanted == SystemProperty::SharedMemoryRegion {
            write_hosting(document, system);
        }
        if let Some(member) = property(wanted).member.filter(|_| asked(wanted))
            && let Some(value) = value(host, system, wanted)
        {
            document.json(member, &value);
        }
    }
    write_responses(document, host, system, query);
}

/// The answers to queries in the newer form: each has its own, or its own error.
fn write_responses(document: &mut ObjectWriter<'_>, host: &Host, system: &System, query: Node<'_>) {
    let Some(queries) = present(query, "Queries") else { return };
    document.object("PropertyResponses", |responses| {
        for (name, _) in queries.members() {
            let known = SystemProperty::by_name(name).and_then(|wanted| value(host, system, wanted));
            responses.object_named(name, |response| match known {
                Some(value) => response.json("Response", &value),
                None => response.json("Error", &result_error(hcs_rules::property::UNANSWERED)),
            });
        }
    });
}

/// The value of one property, JSON; `None` where the system has none.
fn value(host: &Host, system: &System, wanted: SystemProperty) -> Option<String> {
    let row = property(wanted);
    if !row.kinds.contains(system.kind) || !row.is_on(host.build) {
        return None;
    }
    match wanted {
        SystemProperty::Memory => is_running(system).then(|| memory(system)),
        SystemProperty::Statistics => is_running(system).then(|| statistics(host, system)),
        SystemProperty::ProcessList => is_running(system).then(|| process_list(host, system)),
        SystemProperty::TerminateOnLastHandleClosed => Some(system.ends_with_handles().to_string()),
        SystemProperty::SharedMemoryRegion => is_running(system).then(|| shared_memory(system)),
        SystemProperty::GuestConnection => (system.connection == Connection::Open).then(|| connection(host.build)),
        SystemProperty::ICHeartbeatStatus => heartbeat(host, system),
        SystemProperty::CpuGroup => {
            let group = host.cpu_group(system).unwrap_or_default();
            Some(Writer::object(|value| value.string("Id", &group.hyphenated().to_string())))
        }
        SystemProperty::SystemGUID => Some(format!("\"{}\"", system.runtime_id.hyphenated())),
        SystemProperty::Basic
        | SystemProperty::GuestMemory
        | SystemProperty::ProcessorTopology
        | SystemProperty::ContainerCredentialGuard => None,
    }
}

fn is_running(system: &System) -> bool {
    system.state.visible().is_some()
}

/// How many processors a system has: what its document says, or one for a machine and two for a container (assumed).
pub(crate) fn processors(system: &System) -> u64 {
    let machine = || system.machine(&["ComputeTopology", "Processor", "Count"]);
    let container = || system.container(&["Processor", "Count"]);
    let legacy = || system.member(&["ProcessorCount"]);
    let said = machine().or_else(container).or_else(legacy).and_then(Node::as_u64);
    said.unwrap_or(if matches!(system.kind, Kind::VirtualMachine | Kind::GuestVirtualMachine) { 1 } else { 2 })
}

/// How many megabytes a system has: what a modify request or its document says, or 1024 (assumed).
pub(crate) fn megabytes(system: &System) -> u64 {
    let set = |of: Resource| system.settings(&RESOURCES[of.index()], "").and_then(Node::as_u64);
    let legacy = || system.member(&["MemoryMaximumInMB"]).and_then(Node::as_u64);
    set(Resource::MemorySize).or_else(|| set(Resource::ContainerMemory)).or_else(legacy).unwrap_or(1024)
}

const PAGES_IN_MB: u64 = 256;

/// `MemoryInformationForVm`. Recorded only in its beginning; the figures follow from the document: all memory is assigned,
/// in pages, and a part of it is available, in percent.
fn memory(system: &System) -> String {
    let pages = megabytes(system) * PAGES_IN_MB;
    Writer::object(|information| {
        information.unsigned("VirtualNodeCount", 1);
        information.object("VirtualMachineMemory", |memory| {
            memory.integer("AvailableMemory", 62);
            memory.integer("AvailableMemoryBuffer", 0);
            memory.unsigned("ReservedMemory", 0);
            memory.unsigned("AssignedMemory", pages);
            memory.boolean("SlpActive", false);
            memory.boolean("BalancingEnabled", false);
            memory.boolean("DmOperationInProgress", false);
        });
        information.array("VirtualNodes", |nodes| {
            nodes.object(|node| {
                node.unsigned("VirtualNodeIndex", 0);
                node.unsigned("PhysicalNodeNumber", 0);
                node.unsigned("VirtualProcessorCount", processors(system));
                node.unsigned("MemoryUsageInPages", pages);
            });
        });
    })
}

/// `Statistics`. No figures are recorded; these follow from the document and from the time since the start: a sixteenth of
/// the processors' time is used, three quarters of it by the workload, and an eighth of the memory.
fn statistics(host: &Host, system: &System) -> String {
    let up = host.now.0.saturating_sub(system.started.0) / 100;
    let used = up / 16 * processors(system);
    let bytes = megabytes(system) * (1 << 20) / 8;
    Writer::object(|statistics| {
        statistics.string("Timestamp", &timestamp(host.now));
        if has(&STATISTICS, "ContainerStartTime", host.build) {
            statistics.string("ContainerStartTime", &timestamp(system.started));
        }
        statistics.unsigned("Uptime100ns", up);
        statistics.object("Processor", |processor| {
            processor.unsigned("TotalRuntime100ns", used);
            processor.unsigned("RuntimeUser100ns", used - used / 4);
            processor.unsigned("RuntimeKernel100ns", used / 4);
        });
        statistics.object("Memory", |memory| {
            memory.unsigned("MemoryUsageCommitBytes", bytes);
            memory.unsigned("MemoryUsageCommitPeakBytes", bytes + bytes / 4);
            memory.unsigned("MemoryUsagePrivateWorkingSetBytes", bytes / 2);
        });
        // No Network section: observed of containers of schema 2.
        statistics.object("Storage", |storage| {
            storage.unsigned("ReadCountNormalized", 0);
            storage.unsigned("ReadSizeBytes", 0);
            storage.unsigned("WriteCountNormalized", 0);
            storage.unsigned("WriteSizeBytes", 0);
        });
    })
}

/// `ProcessDetails` of every process that is not over, in the order in which they began. Those that the guest runs of itself
/// are not among them, and the figures follow from the time alone (assumed).
fn process_list(host: &Host, system: &System) -> String {
    Writer::list(|list| {
        let processes = system.processes.values().filter_map(|key| host.processes.get(*key));
        for process in processes.filter(|process| process.end.is_none() && !process.in_machine) {
            list.object(|details| {
                let used = host.now.0.saturating_sub(process.began.0) / 100 / 1024;
                details.unsigned("ProcessId", process.id.into());
                details.string("ImageName", &process.image);
                details.string("CreateTimestamp", &timestamp(process.began));
                details.unsigned("UserTime100ns", used - used / 4);
                details.unsigned("KernelTime100ns", used / 4);
                details.unsigned("MemoryCommitBytes", 4 << 20);
                details.unsigned("MemoryWorkingSetPrivateBytes", 2 << 20);
                details.unsigned("MemoryWorkingSetSharedBytes", 6 << 20);
            });
        }
    })
}

/// A moment as documents have it: the world begins at [`hcs_rules::time::EPOCH`], and the unit is 100 ns.
fn timestamp(moment: Time) -> String {
    let since = hcs_rules::time::EPOCH.saturating_add((moment.0 / 100 * 100).min(i64::MAX as u64) as i64);
    let moment = jiff::Timestamp::from_nanosecond(since.into()).unwrap_or_default();
    format!("{moment:.7}")
}

/// `SharedMemoryRegionInfo`: regions lie behind the machine's memory, one after the other, and the address is a page
/// number (observed).
fn shared_memory(system: &System) -> String {
    let mut page = megabytes(system) * PAGES_IN_MB;
    Writer::list(|list| {
        for region in regions(system) {
            list.object(|information| {
                information
                    .string("SectionName", present(region, "SectionName").and_then(Node::as_str).unwrap_or_default());
                information.unsigned("GuestPhysicalAddress", page);
            });
            let length = present(region, "Length").and_then(Node::as_u64).unwrap_or(0);
            page += length.div_ceil(4096);
        }
    })
}

/// `GuestConnectionInfo`. The capabilities are those that a client looks for; that all are there is assumed.
fn connection(build: Build) -> String {
    Writer::object(|information| {
        information.json("SupportedSchemaVersions", &versions(build));
        information.unsigned("ProtocolVersion", 4);
        information.object("GuestDefinedCapabilities", |capabilities| {
            for capability in [
                "NamespaceAddRequestSupported",
                "SignalProcessSupported",
                "DumpStacksSupported",
                "DeleteContainerStateSupported",
            ] {
                capabilities.boolean(capability, true);
            }
        });
    })
}

/// The schema versions that a build supports. An entry stands for every minor version up to its own (a client's reading).
pub(crate) fn versions(build: Build) -> String {
    Writer::list(|list| {
        for (major, minor) in [(1, 0), build.schema()] {
            list.object(|version| {
                version.unsigned("Major", major.into());
                version.unsigned("Minor", minor.into());
            });
        }
    })
}

/// `IntegrationComponentStatus`, of a machine that has the service.
fn heartbeat(host: &Host, system: &System) -> Option<String> {
    let (state, reason) = hcs_rules::property::heartbeat(system.state, system.up <= host.now)?;
    system.has_service("Heartbeat").then(|| {
        Writer::object(|status| {
            status.boolean("IsEnabled", true);
            status.string("State", state);
            status.string("Reason", reason);
        })
    })
}
