//! What a document asks of a host: each constraint kept and broken, and what a change meets.

use std::time::Duration;

use hcs_api::{ComputeSystem, modify_service, service_properties};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::Call;
use hcs_sim::{Client, Simulator, on};

const OK: Hresult = Hresult::S_OK;

fn code<T>(result: hcs_api::Result<T>) -> Hresult {
    result.map_or_else(|error| error.code, |_| OK)
}

/// What creating a machine of this content comes to, and starting it.
fn lives(content: &str) -> (Hresult, Hresult) {
    let agent = Simulator::default().client("agent");
    match ComputeSystem::create(&agent, "vm", &format!(r#"{{"VirtualMachine":{{{content}}}}}"#)) {
        Err(error) => (error.code, error.code),
        Ok(vm) => (OK, code(vm.start())),
    }
}

fn devices(content: &str) -> String {
    format!(r#""Devices":{{{content}}}"#)
}

#[test]
fn each_constraint_is_kept_and_broken() {
    let memory = |size: &str| format!(r#""ComputeTopology":{{"Memory":{{{size}}}}}"#);
    let created: [(String, Hresult); 22] = [
        (memory(r#""SizeInMB":256"#), OK),
        (memory(r#""SizeInMB":257"#), Hresult::WBEM_E_INVALID_PARAMETER),
        (devices(r#""ComPorts":{"0":{},"1":{}}"#), OK),
        (devices(r#""ComPorts":{"0":{},"2":{}}"#), Hresult::HCS_E_INVALID_JSON),
        (devices(r#""Scsi":{"a":{"Attachments":{"0":{},"63":{}}},"b":{},"c":{},"d":{}}"#), OK),
        (devices(r#""Scsi":{"a":{"Attachments":{"64":{}}}}"#), Hresult::E_INVALIDARG),
        (devices(r#""Scsi":{"a":{"Attachments":{"x":{}}}}"#), Hresult::E_INVALIDARG),
        (devices(r#""Scsi":{"a":{},"b":{},"c":{},"d":{},"e":{}}"#), Hresult::E_INVALIDARG),
        (devices(r#""Plan9":{"Shares":[{"Name":"a","Port":1},{"Name":"b","Port":2}]}"#), OK),
        (devices(r#""Plan9":{"Shares":[{"Name":"a","Port":1},{"Name":"A","Port":2}]}"#), Hresult::ERROR_DUPLICATE_TAG),
        (devices(r#""Plan9":{"Shares":[{"Name":"a","Port":1},{"Name":"b","Port":1}]}"#), Hresult::ERROR_DUPLICATE_TAG),
        (devices(r#""NetworkAdapters":{"a":{"EndpointId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}}"#), OK),
        (devices(r#""NetworkAdapters":{"a":{}}"#), OK),
        (
            devices(r#""NetworkAdapters":{"a":{"EndpointId":"6F8F1B1A-4f0c-4d1c-8a9b-0123456789ab"}}"#),
            Hresult::HCS_E_INVALID_JSON,
        ),
        (r#""SecuritySettings":{"Isolation":{"IsolationType":"VirtualizationBasedSecurity"}}"#.to_owned(), OK),
        (r#""SecuritySettings":{}"#.to_owned(), OK),
        (r#""SecuritySettings":{"Isolation":{"HclEnabled":true}}"#.to_owned(), Hresult::E_INVALIDARG),
        (
            r#""SecuritySettings":{"Isolation":{"IsolationType":"GuestStateOnly"}}"#.to_owned(),
            Hresult::E_INVALIDARG,
        ),
        (
            r#""SecuritySettings":{"Isolation":{"IsolationType":"GuestStateOnly"}},"GuestState":{"GuestStateFilePath":"C:\\a.vmgs"}"#
                .to_owned(),
            OK,
        ),
        (memory(r#""AllowOvercommit":false"#), OK),
        (
            format!(
                r#"{},{}"#,
                memory(r#""AllowOvercommit":true"#),
                devices(r#""SharedMemory":{"Regions":[{"SectionName":"\\a"}]}"#)
            ),
            OK,
        ),
        (
            format!(
                r#"{},{}"#,
                memory(r#""AllowOvercommit":false"#),
                devices(r#""SharedMemory":{"Regions":[{"SectionName":"\\a"}]}"#)
            ),
            Hresult::ERROR_NOT_SUPPORTED,
        ),
    ];
    for (content, expected) in created {
        assert_eq!(lives(&content).0, expected, "{content}");
    }
    assert_eq!(
        lives(&devices(r#""SharedMemory":{"Regions":[{"SectionName":"Global\\a"}]}"#)).1,
        Hresult::ERROR_BAD_PATHNAME
    );
    assert_eq!(lives(&devices(r#""SharedMemory":{"Regions":[{"SectionName":"\\BaseNamedObjects\\a"}]}"#)).1, OK);
}

#[test]
fn only_what_needs_a_hypervisor_misses_it() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let create = |id: &str, document: &str| code(ComputeSystem::create(&agent, id, document).map(std::mem::forget));
    let isolated = r#"{"SystemType":"Container","HvPartition":true}"#;
    assert_eq!((create("a", r#"{"VirtualMachine":{}}"#), create("b", isolated)), (OK, OK));
    assert!(sim.set_hypervisor(false) && !sim.set_hypervisor(false));
    let missing = Hresult::HCS_E_HYPERV_NOT_INSTALLED;
    assert_eq!((create("c", r#"{"VirtualMachine":{}}"#), create("d", isolated)), (missing, missing));
    assert_eq!(create("e", r#"{"Container":{}}"#), OK);
}

#[test]
fn a_container_of_schema_1_maps_each_directory_once() {
    let agent = Simulator::default().client("agent");
    let with = |a: &str, b: &str| {
        let directory = |path: &str| format!(r#"{{"HostPath":"C:\\x","ContainerPath":"{path}"}}"#);
        let (a, b) = (directory(a), directory(b));
        format!(r#"{{"SystemType":"Container","TerminateOnLastHandleClosed":true,"MappedDirectories":[{a},{b}]}}"#)
    };
    assert_eq!(code(ComputeSystem::create(&agent, "a", &with("C:\\\\a", "C:\\\\b"))), OK);
    let twice = code(ComputeSystem::create(&agent, "a", &with("C:\\\\a", "c:\\\\A")));
    assert_eq!(twice, Hresult::ERROR_OBJECT_ALREADY_EXISTS);
}

#[test]
fn endpoints_are_those_of_the_hosts_list() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let adapter = |id: &str| {
        format!(r#"{{"VirtualMachine":{{"Devices":{{"NetworkAdapters":{{"a":{{"EndpointId":"{id}"}}}}}}}}}}"#)
    };
    let (one, two) = ("11111111-4f0c-4d1c-8a9b-0123456789ab", "22222222-4f0c-4d1c-8a9b-0123456789ab");
    sim.set_endpoints(Some(&[one, "no guid"]));
    assert_eq!(code(ComputeSystem::create(&agent, "a", &adapter(one))), OK);
    assert_eq!(code(ComputeSystem::create(&agent, "b", &adapter(two))), Hresult::HCS_E_INVALID_JSON);
    sim.set_endpoints(None);
    assert_eq!(code(ComputeSystem::create(&agent, "c", &adapter(two))), OK);
}

/// A started machine with a controller, a device, and a pipe.
fn machine(sim: &Simulator) -> (Client, ComputeSystem<Client>) {
    let agent = sim.client("agent");
    let document = r#"{"VirtualMachine":{"Devices":{"Scsi":{"Primary":{"Attachments":{"0":{}}}},"VirtualPMem":{"Devices":{"0":{"Mappings":{"0":{}}}}},"Plan9":{"Shares":[{"Name":"home"}]}}}}"#;
    let vm = ComputeSystem::create(&agent, "vm", document).expect("created");
    vm.start().expect("started");
    (agent, vm)
}

#[test]
fn each_change_meets_its_situation() {
    let exists = Hresult::ERROR_ALREADY_EXISTS;
    let (missing, unsupported, bad) = (Hresult::ERROR_NOT_FOUND, Hresult::ERROR_NOT_SUPPORTED, Hresult::E_INVALIDARG);
    let changes = [
        ("Add", "Devices/MappedPipes/p", "\"x\"", OK),
        ("Add", "Devices/MappedPipes/p", "null", exists),
        ("Add", "Devices/MappedPipes/P", "null", exists),
        ("Add", "devices/mappedpipes/q", "null", OK),
        ("Remove", "Devices/MappedPipes/q", "null", OK),
        ("Remove", "Devices/MappedPipes/q", "null", missing),
        ("Add", "Devices/MappedPipes/q", "null", OK),
        ("Update", "Devices/MappedPipes/q", "null", unsupported),
        ("Add", "Devices/MappedPipes/q/r", "null", bad),
        ("Add", "Devices/Scsi/Primary/Attachments/0", "{}", exists),
        ("Add", "Devices/Scsi/Primary/Attachments/1", "{}", OK),
        ("Update", "Devices/Scsi/Primary/Attachments/1", "{}", OK),
        ("Update", "Devices/Scsi/Primary/Attachments/2", "{}", missing),
        ("Add", "Devices/Scsi/Primary/Attachments/64", "{}", bad),
        ("Add", "Devices/Scsi/Other/Attachments/1", "{}", missing),
        ("Add", "Devices/Scsi/Primary/Attachments/3", "1", Hresult::HCS_E_INVALID_JSON),
        ("Add", "Devices/Scsi/Primary/Attachments/3", r#"{"Surprise":1}"#, Hresult::HCS_E_INVALID_JSON),
        ("Add", "Devices/ComPorts/1", "{}", OK),
        ("Add", "Devices/ComPorts/2", "{}", bad),
        ("Add", "Devices/VirtualPMem/Devices/0/Mappings/4096", "{}", OK),
        ("Add", "Devices/VirtualPMem/Devices/0/Mappings/0", "{}", exists),
        ("Add", "Devices/VirtualPMem/Devices/1/Mappings/0", "{}", missing),
        ("Add", "Devices/VirtualPMem/Devices/1", "{}", OK),
        ("Add", "Devices/VirtualPMem/Devices/1/Mappings/0", "{}", OK),
        ("Add", "Devices/Plan9/Shares", r#"{"Name":"home"}"#, exists),
        ("Add", "Devices/Plan9/Shares", r#"{"Name":"work"}"#, OK),
        ("Add", "Devices/Plan9/Shares", "{}", bad),
        ("Remove", "Devices/Plan9/Shares", r#"{"Name":"home"}"#, OK),
        ("Update", "Devices/Plan9/Shares", r#"{"Name":"home"}"#, missing),
        ("Add", "Devices/HvSocket/HvSocketConfig/ServiceTable/6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab", "{}", unsupported),
        ("Update", "Devices/HvSocket/HvSocketConfig/ServiceTable/6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab", "{}", OK),
        ("Remove", "Devices/HvSocket/HvSocketConfig/ServiceTable/6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab", "null", OK),
        ("Update", "ComputeTopology/Memory/SizeInMB", "512", OK),
        ("Update", "ComputeTopology/Memory/SizeInMB", "-1", Hresult::HCS_E_INVALID_JSON),
        ("Update", "ComputeTopology/Memory/SizeInMB", "null", Hresult::HCS_E_INVALID_JSON),
        ("Update", "ComputeTopology/Gpu", "{}", OK),
        ("Add", "ComputeTopology/Gpu", "{}", unsupported),
        ("Update", "ComputeTopology/Processor/IdledProcessors", r#"{"IdleProcessorCount":1}"#, OK),
        ("Update", "ComputeTopology/Processor/Nothing", "{}", unsupported),
        ("Update", "Devices/NetworkAdapters/a", "{}", Hresult::E_NOTIMPL),
        ("Add", "Devices/FlexibleIov/a", "{}", OK),
        ("Remove", "Devices/FlexibleIov/a", "null", unsupported),
    ];
    let sim = Simulator::default();
    let (_agent, vm) = machine(&sim);
    for (kind, path, settings, expected) in changes {
        let request =
            format!(r#"{{"ResourcePath":"VirtualMachine/{path}","RequestType":"{kind}","Settings":{settings}}}"#);
        assert_eq!(code(vm.modify(&request)), expected, "{request}");
    }
    let held: Vec<String> =
        sim.resources("VM").into_iter().map(|held| format!("{} {}", held.path, held.settings)).collect();
    let expected = [
        "VirtualMachine/ComputeTopology/Processor/IdledProcessors {\"IdleProcessorCount\":1}",
        "VirtualMachine/ComputeTopology/Memory/SizeInMB 512",
        "VirtualMachine/ComputeTopology/Gpu {}",
        "VirtualMachine/Devices/FlexibleIov/a {}",
        "VirtualMachine/Devices/MappedPipes/p \"x\"",
        "VirtualMachine/Devices/MappedPipes/q null",
        "VirtualMachine/Devices/Plan9/Shares/work {\"Name\":\"work\"}",
        "VirtualMachine/Devices/Scsi/Primary/Attachments/0 {}",
        "VirtualMachine/Devices/Scsi/Primary/Attachments/1 {}",
        "VirtualMachine/Devices/ComPorts/1 {}",
        "VirtualMachine/Devices/VirtualPMem/Devices/0 {\"Mappings\":{\"0\":{}}}",
        "VirtualMachine/Devices/VirtualPMem/Devices/1 {}",
        "VirtualMachine/Devices/VirtualPMem/Devices/0/Mappings/0 {}",
        "VirtualMachine/Devices/VirtualPMem/Devices/0/Mappings/4096 {}",
        "VirtualMachine/Devices/VirtualPMem/Devices/1/Mappings/0 {}",
    ];
    assert_eq!(held, expected);
    assert!(sim.resources("nobody").is_empty());
    sim.set_quirk(Quirk::RemovesFlexibleIov, true);
    assert_eq!(
        code(vm.modify(r#"{"ResourcePath":"VirtualMachine/Devices/FlexibleIov/a","RequestType":"Remove"}"#)),
        OK
    );
}

#[test]
fn a_request_without_a_path_is_the_guests_and_one_without_a_type_adds() {
    let agent = Simulator::default().client("agent");
    let connected =
        ComputeSystem::create(&agent, "a", r#"{"VirtualMachine":{"GuestConnection":{}}}"#).expect("created");
    connected.start().expect("started");
    assert_eq!(code(connected.modify(r#"{"GuestRequest":{}}"#)), OK);
    assert_eq!(code(connected.modify(r#"{"ResourcePath":"VirtualMachine/Devices/MappedPipes/p"}"#)), OK);
    let again = code(connected.modify(r#"{"ResourcePath":"VirtualMachine/Devices/MappedPipes/p"}"#));
    assert_eq!(again, Hresult::ERROR_ALREADY_EXISTS);
    let alone = ComputeSystem::create(&agent, "b", r#"{"VirtualMachine":{}}"#).expect("created");
    alone.start().expect("started");
    assert_eq!(code(alone.modify(r#"{"GuestRequest":{}}"#)), Hresult::ERROR_NOT_SUPPORTED);
}

#[test]
fn the_service_keeps_groups_and_instances() {
    let agent = Simulator::default().client("agent");
    let group = |operation: &str, details: &str| {
        let settings = format!(r#"{{"Operation":"{operation}","OperationDetails":{{{details}}}}}"#);
        code(modify_service(&agent, &format!(r#"{{"PropertyType":"CpuGroup","Settings":{settings}}}"#)))
    };
    let id = r#""GroupId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab""#;
    let with = |more: &str| format!("{id},{more}");
    assert_eq!(group("CreateGroup", id), Hresult::E_INVALIDARG, "no processors");
    assert_eq!(group("CreateGroup", &with(r#""LogicalProcessors":[8]"#)), Hresult::E_INVALIDARG, "there are 8");
    let wrong = group("CreateGroup", &with(r#""LogicalProcessorCount":2,"LogicalProcessors":[7]"#));
    assert_eq!(wrong, Hresult::E_INVALIDARG, "another number");
    assert_eq!(group("SetProperty", &with(r#""PropertyCode":1,"PropertyValue":5"#)), Hresult::ERROR_NOT_FOUND);
    assert_eq!(group("CreateGroup", &with(r#""LogicalProcessors":[7]"#)), OK);
    assert_eq!(group("CreateGroup", &with(r#""LogicalProcessors":[6]"#)), Hresult::ERROR_ALREADY_EXISTS);
    assert_eq!(group("SetProperty", &with(r#""PropertyCode":1,"PropertyValue":5"#)), OK);
    assert_eq!(group("SetProperty", &with(r#""PropertyCode":1"#)), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(group("CreateGroup", r#""GroupId":"no guid""#), Hresult::HCS_E_INVALID_JSON);
    let told = service_properties(&agent, Some(r#"{"PropertyTypes":["CpuGroup"]}"#)).expect("answered");
    assert_eq!(
        told,
        r#"{"Properties":[{"CpuGroups":[{"GroupId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab","Affinity":{"LogicalProcessorCount":1,"LogicalProcessors":[7]},"GroupProperties":[{"PropertyCode":1,"PropertyValue":5}],"HypervisorGroupId":1}]}]}"#
    );
    let instance = |operation: &str, details: &str| {
        let settings = format!(r#"{{"Operation":"{operation}","OperationDetails":{details}}}"#);
        code(modify_service(&agent, &format!(r#"{{"PropertyType":"ContainerCredentialGuard","Settings":{settings}}}"#)))
    };
    let one = r#"{"Id":"one","CredentialSpec":"spec"}"#;
    assert_eq!(instance("AddInstance", one), OK);
    assert_eq!(instance("AddInstance", one), Hresult::ERROR_ALREADY_EXISTS);
    assert_eq!(instance("AddInstance", "{}"), Hresult::HCS_E_INVALID_JSON);
    let told = service_properties(&agent, Some(r#"{"PropertyTypes":["ContainerCredentialGuard"]}"#)).expect("answered");
    assert_eq!(told, r#"{"Properties":[{"Instances":[{"Id":"one","CredentialGuard":{"CredentialSpec":"spec"}}]}]}"#);
    assert_eq!(instance("RemoveInstance", r#"{"Id":"one"}"#), OK);
    assert_eq!(instance("RemoveInstance", r#"{"Id":"one"}"#), Hresult::ERROR_NOT_FOUND);
    for bad in [
        "{}",
        r#"{"PropertyType":"CpuGroup"}"#,
        r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"CreateGroup"}}"#,
    ] {
        assert_eq!(code(modify_service(&agent, bad)), Hresult::HCS_E_INVALID_JSON, "{bad}");
    }
}

#[test]
fn properties_follow_from_the_document_and_from_changes() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let document = r#"{"ShouldTerminateOnLastHandleClosed":false,"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":512},"Processor":{"Count":3}},"Devices":{"SharedMemory":{"Regions":[{"SectionName":"\\a","Length":8192},{"SectionName":"\\b","Length":1}]}}}}"#;
    let vm = ComputeSystem::create(&agent, "vm", document).expect("created");
    let ask = |types: &str| {
        let told = vm.properties(Some(&format!(r#"{{"PropertyTypes":[{types}]}}"#))).expect("answered");
        told.split_once(r#""State":"Running""#).map_or(String::new(), |(_, rest)| rest.to_owned())
    };
    assert_eq!(ask(r#""Memory""#), "", "nothing before the start");
    vm.start().expect("started");
    let memory = ask(r#""Memory""#);
    assert!(
        memory.contains(r#""AssignedMemory":131072"#) && memory.contains(r#""VirtualProcessorCount":3"#),
        "{memory}"
    );
    let regions = ask(r#""SharedMemoryRegion""#);
    assert_eq!(
        regions,
        r#","SharedMemoryRegionInfo":[{"SectionName":"\\a","GuestPhysicalAddress":131072},{"SectionName":"\\b","GuestPhysicalAddress":131074}]}"#
    );
    assert_eq!(ask(r#""TerminateOnLastHandleClosed""#), r#","TerminateOnLastHandleClosed":false}"#);
    assert_eq!(ask(r#""Basic","GuestMemory","ProcessorTopology","GuestConnection","ProcessList""#), "}");
    assert!(ask(r#""SystemGUID""#).contains(r#""SystemGUID":"a1a3e2f2-14c5-5e03-91a0-e5185c144637""#));
    sim.advance(Duration::from_secs(16));
    let statistics = ask(r#""Statistics""#);
    assert!(statistics.contains(r#""MemoryUsageCommitBytes":67108864"#), "{statistics}");
    assert!(statistics.contains(r#""Timestamp":"2026-01-01T00:00:1"#), "{statistics}");
    vm.modify(
        r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Memory/SizeInMB","RequestType":"Update","Settings":1024}"#,
    )
    .expect("changed");
    assert!(ask(r#""Memory""#).contains(r#""AssignedMemory":262144"#));
}

#[test]
fn a_heartbeat_is_heard_from_a_guest_whose_machine_has_the_service() {
    for build in [Build::B20348, Build::B26100] {
        let sim = Simulator::builder().on(build).start();
        let agent = sim.client("agent");
        let made = |id: &str, minor: u32, service: &str| {
            let document = format!(
                r#"{{"SchemaVersion":{{"Major":2,"Minor":{minor}}},"VirtualMachine":{{"Services":{{"{service}":{{}}}}}}}}"#
            );
            ComputeSystem::create(&agent, id, &document).expect("created")
        };
        let ask = |system: &ComputeSystem<Client>| {
            system.properties(Some(r#"{"PropertyTypes":["ICHeartbeatStatus"]}"#)).expect("answered")
        };
        let vm = made("vm", 5, "Heartbeat");
        let silent = r#""ICHeartbeatStatus":{"IsEnabled":true,"State":"NoContact","Reason":"Unknown"}"#;
        assert!(ask(&vm).contains(silent), "before the start: {}", ask(&vm));
        sim.fault(on(Call::StartComputeSystem).id("vm").guest_takes(Duration::from_secs(30)));
        vm.start().expect("started");
        assert!(ask(&vm).contains(silent), "the firmware runs: {}", ask(&vm));
        sim.advance(Duration::from_secs(60));
        let beats = r#""ICHeartbeatStatus":{"IsEnabled":true,"State":"Ok","Reason":"HealthyApps"}"#;
        assert!(ask(&vm).contains(beats), "the guest is up: {}", ask(&vm));
        vm.pause(None).expect("paused");
        assert!(ask(&vm).contains(r#""State":"Dormant""#), "paused: {}", ask(&vm));
        vm.terminate().expect("terminated");
        assert!(!ask(&vm).contains("ICHeartbeatStatus"), "over: {}", ask(&vm));
        // Another service alone, and a section that is dropped, leave it without the service.
        for without in [made("other", 5, "Shutdown"), made("dropped", 4, "Heartbeat")] {
            without.start().expect("started");
            sim.advance(Duration::from_secs(60));
            assert!(!ask(&without).contains("ICHeartbeatStatus"), "{}", ask(&without));
        }
    }
}

#[test]
fn a_running_silo_tells_the_root_of_its_names_and_what_it_lives_in() {
    let agent = Simulator::default().client("agent");
    let told = |system: &ComputeSystem<Client>| system.properties(None).expect("answered");
    let started = |id: &str, document: &str| {
        let system = ComputeSystem::create(&agent, id, document).expect("created");
        assert!(!told(&system).contains("ObRoot"), "not before it runs");
        system.start().expect("started");
        system
    };
    let silo = started("silo", r#"{"Container":{}}"#);
    assert!(told(&silo).contains(r#""ObRoot":"\\Silos\\"#), "{}", told(&silo));
    assert!(!told(&silo).contains("HostingSystemId"));
    let utility = started("utility", r#"{"VirtualMachine":{"GuestConnection":{}}}"#);
    assert!(!told(&utility).contains("ObRoot"));
    let isolated = started("isolated", r#"{"SystemType":"Container","HvPartition":true}"#);
    assert!(!told(&isolated).contains("ObRoot"));
    let hosted =
        r#"{"HostingSystemId":"utility","HostedSystem":{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}}"#;
    let hosted = started("hosted", hosted);
    assert!(told(&hosted).contains(r#""ObRoot":"\\Silos\\"#), "{}", told(&hosted));
    assert!(told(&hosted).contains(r#""HostingSystemId":"utility""#), "{}", told(&hosted));
    assert_ne!(told(&hosted).split("Silos").nth(1), told(&silo).split("Silos").nth(1), "a number of its own");
    silo.terminate().expect("terminated");
    assert!(!told(&silo).contains("ObRoot"));
}

#[test]
fn what_only_a_running_system_has_is_left_out_before_its_start() {
    let agent = Simulator::default().client("agent");
    let query = r#"{"PropertyTypes":["Memory","Statistics","ProcessList","SharedMemoryRegion"]}"#;
    for (id, document, members) in [
        ("vm", r#"{"VirtualMachine":{}}"#, ["Memory", "Statistics", "SharedMemoryRegionInfo"]),
        ("web", r#"{"Container":{}}"#, ["Statistics", "ProcessList", "State"]),
    ] {
        let system = ComputeSystem::create(&agent, id, document).expect("created");
        let told =
            |member: &str| system.properties(Some(query)).expect("answered").contains(&format!(r#","{member}":"#));
        assert_eq!(members.map(told), [false; 3], "{id} is created");
        system.start().expect("started");
        assert_eq!(members.map(told), [true; 3], "{id} runs");
    }
}
