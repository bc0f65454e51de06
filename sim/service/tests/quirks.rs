//! What surprised clients of the real service, by the numbers under which it was collected: states and lists (1 to 11),
//! create (12 to 23), start (24 to 34), pause, shutdown, terminate and exit (35 to 53), modify and the rest (62 to 70).
//!
//! Left out are those that need what is not modelled yet: processes (36, 54 to 61), access to files (63), the older DLL
//! (32, 70), and a guest's own sockets (67).

mod common;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use common::{MACHINE, SURVIVOR};
use hcs_api::{ComputeSystem, Hcs, Outcome, Text, enumerate, modify_service, service_properties};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::failure::{FAILURES, Failure};
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::rule::Answer;
use hcs_rules::vocabulary::{Call, EventType, GENERIC_ALL};
use hcs_sim::{Client, Fault, Notifications, Simulator, Until, on};

const CONTAINER: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"test","ShouldTerminateOnLastHandleClosed":true,"Container":{"Storage":{"Layers":[],"Path":"C:\\scratch"}}}"#;
const ISOLATED: &str =
    r#"{"SystemType":"Container","Name":"isolated","HvPartition":true,"TerminateOnLastHandleClosed":true}"#;
const SERVICED: &str = r#"{"SchemaVersion":{"Major":2,"Minor":5},"ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Services":{"Shutdown":{}}}}"#;
const BY_SERVICE: &str = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;

fn world() -> (Simulator, Client) {
    let sim = Simulator::default();
    let client = sim.client("agent");
    (sim, client)
}

fn running(client: &Client, id: &str, document: &str) -> ComputeSystem<Client> {
    let system = ComputeSystem::create(client, id, document).expect("created");
    system.start().expect("started");
    system
}

fn code<T: std::fmt::Debug>(result: hcs_api::Result<T>) -> Hresult {
    result.expect_err("it fails").code
}

/// A rule that has the next such operation fail in a known way.
fn fails_as(id: &str) -> Fault {
    let failure = Failure::by_id(id).expect("a known failure");
    let call = Call::ALL.iter().find(|call| call.operation_type() == Some(failure.operation)).expect("a call");
    on(*call).nth(1).fail_as(failure)
}

/// The events that were heard, by their kinds.
type Heard = Arc<Mutex<Vec<u32>>>;

/// Listens; what was heard is in the list.
fn listen(system: &ComputeSystem<Client>) -> Heard {
    let heard = Heard::default();
    let ear = heard.clone();
    system
        .on_event(move |event| ear.lock().unwrap_or_else(PoisonError::into_inner).push(event.kind))
        .expect("registered");
    heard
}

fn kinds(heard: &Heard) -> Vec<u32> {
    heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn open(client: &Client, id: &str, access: u32) -> Hresult {
    let (code, handle) = client.open_compute_system(id.into(), access);
    if !handle.is_null() {
        client.close_compute_system(handle);
    }
    code
}

#[test]
fn quirk_1_a_system_that_was_never_started_has_no_state() {
    let (_sim, agent) = world();
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    for told in [vm.properties(None).expect("properties"), enumerate(&agent, None).expect("a list")] {
        assert!(told.contains(r#""RuntimeId""#) && !told.contains(r#""State""#), "{told}");
    }
}

#[test]
fn quirk_2_an_exited_machine_reads_container() {
    let (_sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    vm.terminate().expect("terminated");
    let told = vm.properties(None).expect("properties");
    assert_eq!(told, r#"{"Id":"vm","SystemType":"Container","Stopped":true,"ExitType":"ForcedExit"}"#);
}

#[test]
fn quirks_3_and_4_what_is_over_is_neither_listed_nor_opened_though_a_handle_is_held() {
    for document in [MACHINE, CONTAINER] {
        let (_sim, agent) = world();
        let system = running(&agent, "system", document);
        system.terminate().expect("terminated");
        assert_eq!(enumerate(&agent, None).expect("a list"), "[]");
        assert_eq!(open(&agent, "system", GENERIC_ALL), Hresult::HCS_E_SYSTEM_NOT_FOUND);
        assert_eq!(Hresult::HCS_E_SYSTEM_NOT_FOUND.in_document() as u32, 0xC037_010E, "the legacy form");
    }
}

#[test]
fn quirk_5_the_access_is_looked_at_before_the_id() {
    let (_sim, agent) = world();
    assert_eq!(open(&agent, "nobody", 0x000F_FFFF), Hresult::E_INVALIDARG);
    assert_eq!(open(&agent, "nobody", 0x8000_0000), Hresult::E_INVALIDARG, "GENERIC_READ");
}

#[test]
fn quirk_6_an_id_that_was_left_over_is_taken() {
    let (_sim, agent) = world();
    drop(running(&agent, "vm", SURVIVOR));
    let error = ComputeSystem::create(&agent, "vm", SURVIVOR).expect_err("it is there");
    assert_eq!(error.code, Hresult::HCS_E_SYSTEM_ALREADY_EXISTS);
    assert!(error.document.is_some_and(|document| document.starts_with(r#"{"Error":-1070137073,"#)));
}

#[test]
fn quirk_7_the_handle_of_another_process_pins_a_system() {
    let (sim, agent) = world();
    let other = sim.client("other");
    let vm = running(&agent, "vm", MACHINE);
    let pin = ComputeSystem::open(&other, "vm").expect("opened");
    drop(vm);
    assert_eq!(open(&agent, "vm", GENERIC_ALL), Hresult::S_OK, "it lives on");
    drop(pin);
    assert_eq!(open(&agent, "vm", GENERIC_ALL), Hresult::HCS_E_SYSTEM_NOT_FOUND);
}

#[test]
fn quirk_8_a_late_exit_comes_when_the_next_of_its_name_runs() {
    let (sim, agent) = world();
    let first = running(&agent, "vm", MACHINE);
    let heard = listen(&first);
    let hold = sim.hold(Notifications::of("vm").event(EventType::SystemExited), Until::Released);
    first.terminate().expect("terminated");
    let second = running(&agent, "vm", MACHINE);
    assert_eq!(kinds(&heard), [0_u32; 0]);
    hold.release();
    sim.drain();
    assert_eq!(kinds(&heard), [EventType::SystemExited.value()]);
    assert!(second.properties(None).expect("properties").contains("Running"), "the next is not meant");
}

#[test]
fn quirk_9_a_container_on_its_way_refuses_its_properties() {
    let (_, agent) = world();
    let web = ComputeSystem::create(&agent, "web", CONTAINER).expect("created");
    let operation = agent.create_operation(None);
    assert!(agent.start_compute_system(web.handle(), operation, Text::Null).is_ok());
    assert_eq!(code(web.properties(None)), Hresult::HCS_E_INVALID_STATE);
    agent.close_operation(operation);
    let (sim, agent) = world();
    let web = running(&agent, "web", CONTAINER);
    sim.fault(fails_as("properties.access-denied"));
    assert_eq!(code(web.properties(None)), Hresult::E_ACCESSDENIED, "the other observation");
    assert!(web.properties(None).is_ok());
}

#[test]
fn quirk_10_statistics_of_a_stopping_container_are_an_invalid_handle() {
    let (sim, agent) = world();
    sim.fault(on(Call::ShutDownComputeSystem).guest_hangs());
    let web = running(&agent, "web", CONTAINER);
    web.shut_down(None).expect("asked");
    assert_eq!(code(web.properties(Some(r#"{"PropertyTypes":["Statistics"]}"#))), Hresult::ERROR_INVALID_HANDLE);
    assert!(web.properties(None).is_ok());
}

#[test]
fn quirk_11_one_failing_part_fails_the_statistics_as_a_whole() {
    let (sim, agent) = world();
    let web = running(&agent, "web", CONTAINER);
    sim.fault(fails_as("properties.one-part"));
    let error = web.properties(Some(r#"{"PropertyTypes":["Statistics","ProcessList"]}"#)).expect_err("it fails");
    assert!(!error.document.unwrap_or_default().contains("Statistics"));
}

#[test]
fn quirk_12_who_has_no_rights_is_refused_at_once() {
    let sim = Simulator::default();
    let user = sim.client_as("user", Rights::User);
    let operation = user.create_operation(None);
    let (code, handle) = user.create_compute_system("vm".into(), MACHINE.into(), operation);
    assert_eq!((code, handle.is_null()), (Hresult::HCS_E_ACCESS_DENIED, true));
    assert_eq!(sim.now(), Duration::ZERO);
}

#[test]
fn quirk_13_a_host_without_a_hypervisor_says_so_in_an_event() {
    let (sim, agent) = world();
    sim.set_hypervisor(false);
    let error = ComputeSystem::create(&agent, "vm", MACHINE).expect_err("no hypervisor");
    assert_eq!(error.code, Hresult::HCS_E_HYPERV_NOT_INSTALLED);
    let document = error.document.expect("a document");
    assert!(document.contains("Cannot create system 'vm' since Hyper-V is not installed on the host."), "{document}");
    assert!(running(&agent, "web", CONTAINER).properties(None).is_ok(), "a process container needs none");
}

#[test]
fn quirks_14_to_16_construction_fails_without_a_word() {
    for (id, number) in [
        ("create.access-denied", -2_147_024_891_i32),
        ("create.shares-collide", -2_147_022_882),
        ("create.logon-denied", -2_147_023_511),
    ] {
        let (sim, agent) = world();
        sim.fault(fails_as(id));
        let error = ComputeSystem::create(&agent, "vm", MACHINE).expect_err("it fails");
        let expected = format!(
            r#"{{"Error":{number},"ErrorMessage":"","Attribution":[{{"OperationFailure":{{"Detail":"Construct"}}}}]}}"#
        );
        assert_eq!(error.document.as_deref(), Some(expected.as_str()), "{id}");
    }
}

#[test]
fn quirk_17_some_sizes_of_memory_are_refused() {
    let (sim, agent) = world();
    let sized = |size: u64| format!(r#"{{"VirtualMachine":{{"ComputeTopology":{{"Memory":{{"SizeInMB":{size}}}}}}}}}"#);
    let error = ComputeSystem::create(&agent, "odd", &sized(8005)).expect_err("it is odd");
    assert_eq!(error.code, Hresult::WBEM_E_INVALID_PARAMETER);
    assert!(ComputeSystem::create(&agent, "even", &sized(8006)).is_ok(), "as the maintainer and two clients have it");
    sim.set_quirk(Quirk::CoarseMemory, true);
    let error = ComputeSystem::create(&agent, "coarse", &sized(8006)).expect_err("as the reporter has it");
    assert_eq!(error.code, Hresult::WBEM_E_INVALID_PARAMETER);
    assert!(ComputeSystem::create(&agent, "reported", &sized(8000)).is_ok());
}

#[test]
fn quirks_18_and_20_an_unknown_member_has_one_code_outside_and_another_inside() {
    let (_sim, agent) = world();
    let document = r#"{"VirtualMachine":{"Chipset":{"Uefi":{"Path":"C:\\firmware.bin"}}}}"#;
    let error = ComputeSystem::create(&agent, "vm", document).expect_err("it is unknown");
    assert_eq!(error.code.0, 0x8037_010D);
    let told = error.document.expect("a document");
    assert!(told.starts_with(r#"{"Error":-1070137075,"#), "0xC037010D: {told}");
    assert!(told.contains("$.VirtualMachine.Chipset.Uefi.Path"), "{told}");
}

#[test]
fn quirk_19_a_file_that_construction_needs_is_told_of_by_the_worker() {
    let (sim, agent) = world();
    sim.fault(fails_as("create.file-missing"));
    let error = ComputeSystem::create(&agent, "vm", MACHINE).expect_err("it is missing");
    assert_eq!(error.code, Hresult::ERROR_PATH_NOT_FOUND);
    let told = error.document.expect("a document");
    assert!(told.contains("'vm' could not initialize. (Virtual machine ID A1A3E2F2-"), "{told}");
    assert!(told.contains(r#""EventId":3040,"Flags":5"#), "{told}");
}

#[test]
fn quirk_21_services_of_an_older_schema_are_dropped_and_only_a_shutdown_tells() {
    let (_sim, agent) = world();
    let older = SERVICED.replace("\"Minor\":5", "\"Minor\":4");
    let vm = running(&agent, "vm", &older);
    assert_eq!(code(vm.shut_down(Some(BY_SERVICE))), Hresult::ERROR_NOT_SUPPORTED);
    let vm = running(&agent, "newer", SERVICED);
    assert!(vm.shut_down(Some(BY_SERVICE)).is_ok());
}

#[test]
fn quirk_22_a_boot_device_that_is_not_there_is_no_error() {
    let (_sim, agent) = world();
    let document = r#"{"VirtualMachine":{"Chipset":{"Uefi":{"BootThis":{"DeviceType":"ScsiDrive","DevicePath":"Nowhere"}}},"Devices":{"Scsi":{"Primary":{}}}}}"#;
    assert!(running(&agent, "vm", document).properties(None).expect("properties").contains("Running"));
}

#[test]
fn quirk_23_a_container_without_a_network_compartment() {
    let (sim, agent) = world();
    sim.fault(fails_as("create.compartment"));
    assert_eq!(code(ComputeSystem::create(&agent, "web", CONTAINER)), Hresult::ERROR_NO_SYSTEM_RESOURCES);
}

#[test]
fn quirks_24_to_28_disks_are_looked_at_when_the_machine_starts() {
    for (id, value) in [
        ("start.disk-denied", 0x8007_0005),
        ("start.disk-footer", 0x8007_0570),
        ("start.disk-sparse", 0xC03A_001A),
        ("start.storage", 0x8007_0032),
        ("start.disk-missing", 0x8007_0003),
    ] {
        let (sim, agent) = world();
        let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("the disk is not looked at");
        sim.fault(fails_as(id));
        let error = vm.start().expect_err("the disk is");
        assert_eq!(error.code.0, value, "{id}");
        let told = error.document.expect("a document");
        let (first, second) = (told.find(r#""EventId":12030"#), told.find(r#""EventId":12010"#));
        assert!(first.is_some() && first < second, "{told}");
        assert!(vm.start().is_ok(), "the disk is mended");
    }
    let (sim, agent) = world();
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    sim.fault(fails_as("start.disk-denied-otherwise"));
    assert_eq!(code(vm.start()), Hresult::HCS_E_SYSTEM_ALREADY_STOPPED, "24, as another client saw it");
}

#[test]
fn quirk_29_a_container_exits_while_it_starts() {
    let (sim, agent) = world();
    let web = ComputeSystem::create(&agent, "web", CONTAINER).expect("created");
    sim.fault(fails_as("start.unexpected-exit"));
    let error = web.start().expect_err("it exits");
    assert_eq!(error.code, Hresult::HCS_E_UNEXPECTED_EXIT);
    assert!(error.document.is_some_and(|document| document.starts_with(r#"{"Error":-1070137082,"#)));
}

#[test]
fn quirk_30_a_worker_dies_right_after_a_start_that_succeeded() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    let heard = listen(&vm);
    assert!(sim.worker_crash("vm"));
    sim.drain();
    assert_eq!(kinds(&heard), [EventType::SystemExited.value()]);
}

#[test]
fn quirk_31_a_start_never_completes() {
    let (sim, agent) = world();
    let web = ComputeSystem::create(&agent, "web", CONTAINER).expect("created");
    sim.fault(on(Call::StartComputeSystem).hang());
    let error = web.start_within(Duration::from_secs(240)).expect_err("it hangs");
    assert_eq!(error.code, Hresult::HCS_E_OPERATION_TIMEOUT);
    assert!(web.terminate().is_ok());
}

#[test]
fn quirk_33_an_endpoint_stays_attached_to_a_terminated_machine() {
    let (sim, agent) = world();
    let adapter = r#"{"EndpointId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}"#;
    let document = format!(r#"{{"VirtualMachine":{{"Devices":{{"NetworkAdapters":{{"nic":{adapter}}}}}}}}}"#);
    let first = running(&agent, "first", &document);
    first.terminate().expect("terminated");
    let second = ComputeSystem::create(&agent, "second", &document).expect("created");
    assert_eq!(code(second.start()), Hresult::HCN_E_ENDPOINT_ALREADY_ATTACHED);
    let third = running(&agent, "third", MACHINE);
    let take = |kind: &str| {
        format!(
            r#"{{"ResourcePath":"VirtualMachine/Devices/NetworkAdapters/n","RequestType":"{kind}","Settings":{adapter}}}"#
        )
    };
    assert_eq!(code(third.modify(&take("Add"))), Hresult::HCN_E_ENDPOINT_ALREADY_ATTACHED);
    sim.set_quirk(Quirk::EndpointsAreFreed, true);
    let fourth = running(&agent, "fourth", &document.replace("6f8f", "7f8f"));
    fourth.terminate().expect("terminated");
    assert!(running(&agent, "fifth", &document.replace("6f8f", "7f8f")).properties(None).is_ok());
}

#[test]
fn quirk_33_an_adapter_that_was_removed_first_frees_its_endpoint() {
    let (_sim, agent) = world();
    let adapter = r#"{"EndpointId":"6f8f1b1a-4f0c-4d1c-8a9b-0123456789ab"}"#;
    let document = format!(r#"{{"VirtualMachine":{{"Devices":{{"NetworkAdapters":{{"nic":{adapter}}}}}}}}}"#);
    let first = running(&agent, "first", &document);
    first
        .modify(r#"{"ResourcePath":"VirtualMachine/Devices/NetworkAdapters/nic","RequestType":"Remove"}"#)
        .expect("removed");
    first.terminate().expect("terminated");
    assert!(running(&agent, "second", &document).properties(None).is_ok());
}

#[test]
fn quirk_34_restore_is_create_and_start_and_a_saved_machine_reads_paused() {
    let (_sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    vm.pause(None).expect("paused");
    vm.save(r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\saved.vmrs"}"#).expect("saved");
    assert!(vm.properties(None).expect("properties").contains(r#""State":"Paused""#));
    vm.terminate().expect("terminated");
    drop(vm);
    let restored = r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"c:\\SAVED.vmrs"}}}"#;
    assert!(running(&agent, "vm", restored).properties(None).expect("properties").contains("Running"));
}

#[test]
fn quirk_35_a_process_container_is_not_paused() {
    let (_sim, agent) = world();
    let web = running(&agent, "web", CONTAINER);
    assert_eq!(code(web.pause(None)), Hresult::ERROR_NOT_SUPPORTED);
    assert_eq!(code(web.resume()), Hresult::ERROR_NOT_SUPPORTED);
    assert!(running(&agent, "isolated", ISOLATED).pause(None).is_ok());
}

#[test]
fn quirks_37_to_40_a_shutdown_without_options() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    let error = vm.shut_down(None).expect_err("37: NULL is no document");
    assert_eq!(error.code, Hresult::HCS_E_INVALID_JSON);
    assert!(error.document.is_some_and(|document| document.contains("Invalid JSON document '$'")));
    sim.set_quirk(Quirk::ShutdownNullNotSupported, true);
    assert_eq!(code(vm.shut_down(None)), Hresult::ERROR_NOT_SUPPORTED, "38: as another client saw");
    let operation = agent.create_operation(None);
    assert_eq!(agent.shut_down_compute_system(vm.handle(), operation, "{}".into()), Hresult::S_OK, "39: the call");
    let ended = agent.wait_for_operation_result(operation, u32::MAX).code;
    assert_eq!(ended, Hresult::ERROR_NOT_SUPPORTED, "39: the operation");
    agent.close_operation(operation);
    assert!(running(&agent, "web", CONTAINER).shut_down(None).is_ok(), "40: a container takes it");
}

#[test]
fn quirk_41_a_shutdown_over_a_closed_connection() {
    let (sim, agent) = world();
    let isolated = running(&agent, "isolated", ISOLATED);
    assert!(sim.guest_disconnect("isolated"));
    assert_eq!(code(isolated.shut_down(Some("{}"))), Hresult::HCS_E_CONNECTION_CLOSED);
}

#[test]
fn quirk_42_a_shutdown_that_meets_an_unknown_interface() {
    let (sim, agent) = world();
    let isolated = running(&agent, "isolated", ISOLATED);
    sim.fault(fails_as("shutdown.unknown-interface"));
    assert_eq!(code(isolated.shut_down(None)).0, 0x8007_06B5);
}

#[test]
fn quirks_43_to_45_what_has_stopped_cannot_be_stopped() {
    for document in [CONTAINER, ISOLATED] {
        let (sim, agent) = world();
        let web = running(&agent, "web", document);
        web.shut_down(None).expect("asked");
        sim.settle();
        assert_eq!(code(web.shut_down(None)), Hresult::HCS_E_SYSTEM_ALREADY_STOPPED);
        assert_eq!(code(web.terminate()), Hresult::HCS_E_SYSTEM_ALREADY_STOPPED);
    }
    let (sim, agent) = world();
    let vm = running(&agent, "vm", SERVICED);
    vm.shut_down(Some(BY_SERVICE)).expect("asked");
    sim.settle();
    assert_eq!(code(vm.terminate()), Hresult::HCS_E_SYSTEM_ALREADY_STOPPED);
}

#[test]
fn quirk_46_a_system_that_was_never_started_is_terminated_with_an_event() {
    let (sim, agent) = world();
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    let heard = listen(&vm);
    vm.terminate().expect("terminated");
    sim.drain();
    assert_eq!(kinds(&heard), [EventType::SystemExited.value()]);
}

#[test]
fn quirk_47_the_operation_ends_before_the_event_comes() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    let order = Arc::new(Mutex::new(Vec::new()));
    let (first, second) = (order.clone(), order.clone());
    vm.on_event(move |_| second.lock().unwrap_or_else(PoisonError::into_inner).push("event")).expect("registered");
    let told = move |_| first.lock().unwrap_or_else(PoisonError::into_inner).push("operation");
    let operation = agent.create_operation(Some(Arc::new(told)));
    assert!(agent.terminate_compute_system(vm.handle(), operation, Text::Null).is_ok());
    sim.settle();
    assert_eq!(*order.lock().unwrap_or_else(PoisonError::into_inner), ["operation", "event"]);
    agent.close_operation(operation);
}

#[test]
fn quirk_48_a_shutdown_returns_long_before_the_container_exits() {
    let (sim, agent) = world();
    let web = running(&agent, "web", CONTAINER);
    sim.fault(on(Call::ShutDownComputeSystem).guest_takes(Duration::from_secs(117)));
    let before = sim.now();
    web.shut_down(None).expect("asked");
    let asked = sim.now() - before;
    assert!(asked < Duration::from_millis(100), "{asked:?}");
    web.wait_for_exit(None).expect("over");
    assert_eq!(sim.now() - before, asked + Duration::from_secs(117));
}

#[test]
fn quirk_49_the_guest_powers_off() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    assert!(sim.guest_power_off("vm"));
    let status = vm.wait_for_exit(None).expect("over");
    let begins = r#"{"Status":0,"ExitType":"GracefulExit","Attribution":[{"SystemExit":{"Detail":"Shutdown","Initiator":"GuestOS"}},"#;
    assert!(status.starts_with(begins), "{status}");
}

#[test]
fn quirk_50_a_restart_without_a_monitor_kills_the_worker() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", MACHINE);
    assert!(sim.guest_reset("vm"));
    let status = vm.wait_for_exit(None).expect("over");
    assert!(status.contains(r#""ExitType":"UnexpectedExit""#) && status.contains(r#""ExitCode":255"#), "{status}");
    let monitored = r#"{"VirtualMachine":{"Devices":{"VideoMonitor":{}}}}"#;
    let vm = running(&agent, "monitored", monitored);
    assert!(sim.guest_reset("monitored"));
    assert!(vm.properties(None).expect("properties").contains("Running"));
}

#[test]
fn quirk_51_a_handle_that_is_closed_hears_nothing_more() {
    let (sim, agent) = world();
    let pin = running(&agent, "vm", MACHINE);
    let other = ComputeSystem::open(&agent, "vm").expect("opened");
    let heard = listen(&other);
    drop(other);
    pin.terminate().expect("terminated");
    sim.drain();
    assert_eq!(kinds(&heard), [0_u32; 0]);
}

#[test]
fn an_exit_that_is_still_to_be_told_goes_with_the_handle() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", SURVIVOR);
    let heard = listen(&vm);
    let hold = sim.hold(Notifications::of("vm").event(EventType::SystemExited), Until::Released);
    vm.terminate().expect("terminated");
    drop(vm);
    hold.release();
    sim.drain();
    assert_eq!(kinds(&heard), [0_u32; 0], "close does not wait for it");
    assert!(running(&agent, "vm", MACHINE).properties(None).is_ok(), "the id is free at once");
}

#[test]
fn quirk_52_the_crash_call_is_absent_from_1809() {
    for (build, expected) in [(Build::B17763, Hresult::ERROR_PROC_NOT_FOUND), (Build::B19041, Hresult::S_OK)] {
        let sim = Simulator::builder().on(build).start();
        let agent = sim.client("agent");
        let vm = running(&agent, "vm", MACHINE);
        let operation = agent.create_operation(None);
        assert_eq!(agent.crash_compute_system(vm.handle(), operation, Text::Null), expected, "{build:?}");
        agent.close_operation(operation);
    }
}

#[test]
fn quirk_53_later_builds_do_not_tell_of_enhanced_sessions() {
    for (build, told) in [(Build::B17763, 1), (Build::B22621, 0)] {
        let sim = Simulator::builder().on(build).start();
        let vm = running(&sim.client("agent"), "vm", MACHINE);
        let heard = listen(&vm);
        assert!(sim.rdp_mode_change("vm"));
        sim.drain();
        assert_eq!(kinds(&heard).len(), told, "{build:?}");
    }
}

#[test]
fn quirk_62_a_disk_without_a_grant_a_disk_in_use_and_a_device_that_stays() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", r#"{"VirtualMachine":{"Devices":{"Scsi":{"Primary":{}},"FlexibleIov":{"d":{}}}}}"#);
    let add = r#"{"ResourcePath":"VirtualMachine/Devices/Scsi/Primary/Attachments/0","RequestType":"Add","Settings":{"Type":"PassThru","Path":"\\\\.\\PHYSICALDRIVE1"}}"#;
    sim.fault(fails_as("modify.access-denied"));
    assert_eq!(code(vm.modify(add)), Hresult::E_ACCESSDENIED);
    sim.fault(fails_as("modify.sharing-violation"));
    assert_eq!(code(vm.modify(add)).0, 0x8007_0020);
    assert!(vm.modify(add).is_ok(), "granted, and let go of");
    let remove = r#"{"ResourcePath":"VirtualMachine/Devices/FlexibleIov/d","RequestType":"Remove"}"#;
    assert_eq!(code(vm.modify(remove)), Hresult::ERROR_NOT_SUPPORTED);
    sim.set_quirk(Quirk::RemovesFlexibleIov, true);
    assert!(vm.modify(remove).is_ok());
}

#[test]
fn quirk_64_no_rule_answers_with_a_connection_time_out() {
    let says = |answer: Answer| matches!(answer, Answer::Fails(code) if code == Hresult::HCS_E_CONNECTION_TIMEOUT);
    assert!(!hcs_rules::system::ROWS.iter().any(|row| says(row.answer)));
    assert!(!hcs_rules::constraint::ROWS.iter().any(|row| row.code == Hresult::HCS_E_CONNECTION_TIMEOUT));
}

#[test]
fn quirk_65_a_guest_refuses_what_the_host_has_taken() {
    let (sim, agent) = world();
    let vm = running(&agent, "vm", r#"{"VirtualMachine":{"GuestConnection":{}}}"#);
    sim.fault(fails_as("modify.guest-json"));
    let request =
        r#"{"RequestType":"Add","GuestRequest":{"ResourceType":"CombinedLayers","Settings":{"FilterType":"UnionFS"}}}"#;
    assert_eq!(code(vm.modify(request)), Hresult::HCS_E_INVALID_JSON);
}

#[test]
fn quirk_66_codes_are_whole_numbers_of_32_bits_with_a_sign() {
    for failure in FAILURES {
        let error = failure.code.in_document();
        assert!(error < 0, "{}: {error}", failure.id);
        assert_eq!(error as u32 & 0x3FFF_FFFF, failure.code.0 & 0x3FFF_FFFF, "{}", failure.id);
    }
}

#[test]
fn quirks_68_and_69_the_service_and_its_queries() {
    let query = r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#;
    let older = Simulator::builder().on(Build::B19041).start().client("agent");
    assert_eq!(code(service_properties(&older, Some(query))), Hresult::HCS_E_INVALID_JSON, "68");
    let newer = Simulator::builder().on(Build::B22621).start().client("agent");
    assert!(service_properties(&newer, Some(query)).expect("answered").contains("NestedVirt"));
    assert!(service_properties(&newer, None).expect("answered").contains("SupportedSchemaVersions"));
    assert_eq!(code(service_properties(&newer, Some(""))), Hresult::HCS_E_INVALID_JSON, "69");
    assert_eq!(code(modify_service(&newer, "{")), Hresult::ERROR_INVALID_DATA);
}

#[test]
fn errors_of_state_come_from_the_call_on_a_host_with_that_quirk() {
    let sim = Simulator::builder().quirk(Quirk::StateErrorsFromCall).start();
    let agent = sim.client("agent");
    let vm = running(&agent, "vm", MACHINE);
    let operation = agent.create_operation(None);
    let code = agent.start_compute_system(vm.handle(), operation, Text::Null);
    assert_eq!(code, Hresult::HCS_E_INVALID_STATE);
    let Outcome { code: left, document } = agent.get_operation_result(operation);
    assert_eq!((left, document.is_some()), (code, true), "the operation has it too");
    agent.close_operation(operation);
}

#[test]
fn a_container_without_layers_takes_the_service_down_on_a_host_with_that_quirk() {
    let (sim, agent) = world();
    sim.set_quirk(Quirk::EmptyLayersStopService, true);
    let vm = running(&agent, "vm", MACHINE);
    let heard = listen(&vm);
    let layered = CONTAINER.replace("[]", r#"[{"Id":"6ba9cac1-7086-5ee9-a197-c465d3f50ad7","Path":"C:\\layer"}]"#);
    ComputeSystem::create(&agent, "layered", &layered).expect("a layer is enough");
    assert!(ComputeSystem::create(&agent, "none", r#"{"Container":{}}"#).is_ok(), "and so is no list");
    let error = ComputeSystem::create(&agent, "web", CONTAINER).expect_err("the service is gone");
    assert_eq!(error.code, Hresult::HCS_E_SERVICE_DISCONNECT);
    sim.drain();
    assert_eq!(kinds(&heard), [EventType::ServiceDisconnect.value()], "and all systems with it");
    assert!(sim.service_return());
    sim.set_quirk(Quirk::EmptyLayersStopService, false);
    assert!(ComputeSystem::create(&agent, "web", CONTAINER).is_ok());
}

/// How many callbacks of one handle are inside at once, at most, while its guest crashes.
fn most_at_once(overlap: bool) -> usize {
    let sim = Simulator::default();
    sim.set_quirk(Quirk::CrashEventsOverlap, overlap);
    let document = r#"{"VirtualMachine":{"Devices":{"GuestCrashReporting":{}}}}"#;
    let vm = running(&sim.client("agent"), "vm", document);
    let inside = Arc::new(Mutex::new((0, 0)));
    let here = inside.clone();
    vm.on_event(move |event| {
        if event.kind == EventType::SystemExited.value() {
            return;
        }
        let enter = |by: i32| {
            let mut inside = here.lock().unwrap_or_else(PoisonError::into_inner);
            inside.0 += by;
            inside.1 = inside.1.max(inside.0);
        };
        enter(1);
        std::thread::sleep(Duration::from_millis(100));
        enter(-1);
    })
    .expect("registered");
    assert!(sim.guest_crash("vm"));
    sim.drain();
    let most = inside.lock().unwrap_or_else(PoisonError::into_inner).1;
    usize::try_from(most).expect("not negative")
}

#[test]
fn crash_events_of_one_handle_overlap_on_a_host_with_that_quirk() {
    assert_eq!(most_at_once(false), 1);
    assert_eq!(most_at_once(true), 2);
}
