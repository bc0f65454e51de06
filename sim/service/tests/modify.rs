//! Every resource that can be modified: each kind of request, on each kind of system, before and after the start.

use hcs_api::{ComputeSystem, modify_service};
use hcs_rules::hresult::Hresult;
use hcs_rules::resource::{RESOURCES, Resource};
use hcs_sim::{Client, Simulator};

const OK: Hresult = Hresult::S_OK;
const EXISTS: Hresult = Hresult::ERROR_ALREADY_EXISTS;
const MISSING: Hresult = Hresult::ERROR_NOT_FOUND;
const UNSUPPORTED: Hresult = Hresult::ERROR_NOT_SUPPORTED;
const UNIMPLEMENTED: Hresult = Hresult::E_NOTIMPL;

/// A path with its settings, and what five requests in a row come to: add, add again, update, remove, remove again.
type Requests = (&'static str, &'static str, [Hresult; 5]);

const SET_ONLY: [Hresult; 5] = [UNSUPPORTED, UNSUPPORTED, OK, UNSUPPORTED, UNSUPPORTED];
const ANYTHING: [Hresult; 5] = [OK, OK, OK, OK, OK];
const COMES_AND_GOES: [Hresult; 5] = [OK, EXISTS, UNSUPPORTED, OK, MISSING];
const IS_UPDATED_TOO: [Hresult; 5] = [OK, EXISTS, OK, OK, MISSING];

const OF_MACHINES: [Requests; 19] = [
    ("ComputeTopology/Processor/CpuGroup", r#"{"Id":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}"#, ANYTHING),
    ("ComputeTopology/Processor/IdledProcessors", r#"{"IdleProcessorCount":1}"#, SET_ONLY),
    ("ComputeTopology/Processor/CpuFrequencyPowerCap", "50", ANYTHING),
    ("ComputeTopology/Processor/Limits", r#"{"Limit":50000,"Weight":100}"#, SET_ONLY),
    ("ComputeTopology/Memory/SizeInMB", "512", ANYTHING),
    ("ComputeTopology/Gpu", r#"{"AssignmentMode":"Mirror"}"#, SET_ONLY),
    ("Devices/Licensing", "{}", SET_ONLY),
    ("Devices/FlexibleIov/a", r#"{"HostingModel":"External"}"#, [OK, EXISTS, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED]),
    ("Devices/MappedPipes/p", "null", COMES_AND_GOES),
    (
        "Devices/NetworkAdapters/nic",
        r#"{"EndpointId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}"#,
        [OK, EXISTS, UNIMPLEMENTED, OK, MISSING],
    ),
    ("Devices/Plan9/Shares", r#"{"Name":"home","Path":"C:\\home","Port":1}"#, IS_UPDATED_TOO),
    ("Devices/Scsi/Primary/Attachments/0", r#"{"Type":"VirtualDisk","Path":"C:\\a.vhdx"}"#, IS_UPDATED_TOO),
    ("Devices/ComPorts/1", r#"{"NamedPipe":"\\\\.\\pipe\\a"}"#, IS_UPDATED_TOO),
    (
        "Devices/SharedMemory/Regions",
        r#"{"SectionName":"\\BaseNamedObjects\\a"}"#,
        [UNSUPPORTED, UNSUPPORTED, MISSING, MISSING, MISSING],
    ),
    ("Devices/VirtualPMem/Devices/1", r#"{"HostPath":"C:\\a.vhdx"}"#, COMES_AND_GOES),
    ("Devices/VirtualPMem/Devices/0/Mappings/4096", r#"{"HostPath":"C:\\a.vhdx"}"#, COMES_AND_GOES),
    ("Devices/VirtualSmb/Shares", r#"{"Name":"tools","Path":"C:\\tools"}"#, IS_UPDATED_TOO),
    (
        "Devices/VirtualPci/6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab",
        r#"{"Functions":[{"DeviceInstancePath":"PCIP\\VEN","VirtualFunction":0}]}"#,
        COMES_AND_GOES,
    ),
    (
        "Devices/HvSocket/HvSocketConfig/ServiceTable/6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab",
        r#"{"BindSecurityDescriptor":"D:P"}"#,
        [UNSUPPORTED, UNSUPPORTED, OK, OK, MISSING],
    ),
];

const OF_CONTAINERS: [Requests; 6] = [
    ("Devices/Generic", r#"{"InterfaceClassGuid":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}"#, COMES_AND_GOES),
    ("MappedDirectories", r#"{"HostPath":"C:\\a","ContainerPath":"C:\\b"}"#, COMES_AND_GOES),
    ("MappedPipes", r#"{"HostPath":"\\\\.\\pipe\\a","ContainerPipeName":"a"}"#, COMES_AND_GOES),
    ("Memory/SizeInMB", "512", SET_ONLY),
    ("Processor", r#"{"Count":2}"#, SET_ONLY),
    ("RegistryFlushState", r#"{"Enabled":false}"#, SET_ONLY),
];

fn code<T>(result: hcs_api::Result<T>) -> Hresult {
    result.map_or_else(|error| error.code, |_| OK)
}

fn request(kind: &str, path: &str, settings: &str) -> String {
    format!(r#"{{"ResourcePath":"{path}","RequestType":"{kind}","Settings":{settings}}}"#)
}

fn created(client: &Client, id: &str, document: &str) -> ComputeSystem<Client> {
    ComputeSystem::create(client, id, document).expect("created")
}

fn started(client: &Client, id: &str, document: &str) -> ComputeSystem<Client> {
    let system = created(client, id, document);
    system.start().expect("started");
    system
}

const MACHINES: [&str; 2] = [
    r#"{"VirtualMachine":{"Devices":{"Scsi":{"Primary":{}},"VirtualPMem":{"Devices":{"0":{}}}}}}"#,
    r#"{"VirtualMachine":{"GuestConnection":{},"Devices":{"Scsi":{"Primary":{}},"VirtualPMem":{"Devices":{"0":{}}}}}}"#,
];

/// Each kind of container, started; what it lives in comes behind it.
fn containers(client: &Client) -> Vec<ComputeSystem<Client>> {
    let host = started(client, "utility", r#"{"VirtualMachine":{"GuestConnection":{}}}"#);
    let hosted =
        r#"{"HostingSystemId":"utility","HostedSystem":{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}}"#;
    vec![
        started(client, "silo", r#"{"Container":{}}"#),
        started(client, "isolated", r#"{"SystemType":"Container","HvPartition":true}"#),
        started(client, "hosted", hosted),
        host,
    ]
}

/// The five requests, and what they came to.
fn in_a_row(system: &ComputeSystem<Client>, path: &str, settings: &str) -> [Hresult; 5] {
    ["Add", "Add", "Update", "Remove", "Remove"].map(|kind| code(system.modify(&request(kind, path, settings))))
}

/// A group that machines can join.
fn make_group(client: &Client) {
    let group = r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"CreateGroup","OperationDetails":{"GroupId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab","LogicalProcessors":[1]}}}"#;
    modify_service(client, group).expect("a group");
}

#[test]
fn every_resource_of_a_machine_takes_its_requests() {
    for document in MACHINES {
        let agent = Simulator::default().client("agent");
        make_group(&agent);
        let vm = started(&agent, "vm", document);
        for (path, settings, expected) in OF_MACHINES {
            assert_eq!(in_a_row(&vm, &format!("VirtualMachine/{path}"), settings), expected, "{path}");
        }
    }
}

#[test]
fn every_resource_of_a_container_takes_its_requests() {
    let agent = Simulator::default().client("agent");
    let systems = containers(&agent);
    for system in &systems[..3] {
        for (path, settings, expected) in OF_CONTAINERS {
            assert_eq!(in_a_row(system, &format!("Container/{path}"), settings), expected, "{path}");
        }
    }
}

#[test]
fn what_a_kind_of_system_has_not_is_not_modified() {
    let agent = Simulator::default().client("agent");
    let systems = containers(&agent);
    for system in &systems[..3] {
        for (path, settings, _) in OF_MACHINES {
            assert_eq!(in_a_row(system, &format!("VirtualMachine/{path}"), settings), [UNSUPPORTED; 5], "{path}");
        }
    }
    for (path, settings, _) in OF_CONTAINERS {
        assert_eq!(in_a_row(&systems[3], &format!("Container/{path}"), settings), [UNSUPPORTED; 5], "{path}");
    }
}

#[test]
fn before_the_start_nothing_is_modified_and_three_codes_say_so() {
    let agent = Simulator::default().client("agent");
    let vm = created(&agent, "vm", MACHINES[0]);
    for (path, settings, _) in OF_MACHINES {
        let expected = match path {
            "ComputeTopology/Memory/SizeInMB" => Hresult::ERROR_NOT_READY,
            "ComputeTopology/Gpu" => Hresult::WBEM_E_FAILED,
            _ => Hresult::HCS_E_INVALID_STATE,
        };
        let path = format!("VirtualMachine/{path}");
        assert_eq!(in_a_row(&vm, &path, settings), [expected; 5], "{path}");
    }
    let silo = created(&agent, "silo", r#"{"Container":{}}"#);
    for (path, settings, _) in OF_CONTAINERS {
        let path = format!("Container/{path}");
        assert_eq!(in_a_row(&silo, &path, settings), [Hresult::HCS_E_INVALID_STATE; 5], "{path}");
    }
}

#[test]
fn settings_of_another_type_are_refused_at_every_path() {
    let agent = Simulator::default().client("agent");
    let vm = started(&agent, "vm", MACHINES[0]);
    let silo = started(&agent, "silo", r#"{"Container":{}}"#);
    let of_machine = OF_MACHINES.map(|(path, settings, _)| (&vm, format!("VirtualMachine/{path}"), settings));
    let of_container = OF_CONTAINERS.map(|(path, settings, _)| (&silo, format!("Container/{path}"), settings));
    for (system, path, settings) in of_machine.into_iter().chain(of_container) {
        let open = path.ends_with("Licensing") || path.contains("MappedPipes/");
        let other = if settings.starts_with('{') { "7" } else { "{}" };
        let came = code(system.modify(&request("Update", &path, other)));
        assert_eq!(came == Hresult::HCS_E_INVALID_JSON, !open, "{path}: {came}");
    }
}

/// The table has these paths and no other; a new one is to be added above.
#[test]
fn every_path_of_the_table_is_tried_here() {
    let tried = OF_MACHINES.map(|(path, ..)| format!("VirtualMachine/{path}"));
    let tried = tried.into_iter().chain(OF_CONTAINERS.map(|(path, ..)| format!("Container/{path}")));
    let mut found: Vec<Resource> = tried
        .map(|path| hcs_rules::resource::find(&path).unwrap_or_else(|| panic!("{path} leads nowhere")).0.resource)
        .collect();
    found.push(Resource::GuestOnly);
    let all: Vec<Resource> = RESOURCES.iter().map(|of| of.resource).collect();
    assert_eq!(found, all);
}
