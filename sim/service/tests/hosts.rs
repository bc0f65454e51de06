//! In what hosts differ: what a build lacks, what it alone shows, and the machines of the Hyper-V manager.

use std::sync::{Arc, Mutex};

use hcs_api::{ComputeSystem, enumerate, files, service_properties};
use hcs_machine::document::{Document, check_type};
use hcs_rules::build::Build;
use hcs_rules::document::schema::processor::{PROCESSOR_CAPABILITIES_INFO, VM_PROCESSOR_REQUIREMENTS};
use hcs_rules::failure::Failure;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::{LOADED, Quirk};
use hcs_rules::vocabulary::{Call, EventType, Kind};
use hcs_sim::{Client, Simulator, on};

const MODULE: &str = r#"{"VirtualMachine":{"SecuritySettings":{"EnableTpm":true}}}"#;
const ISOLATED: &str = r#"{"SystemType":"Container","Name":"isolated","HvPartition":true}"#;

#[test]
fn a_trusted_platform_module_needs_a_late_build() {
    for build in Build::ALL.iter().copied() {
        let agent = Simulator::builder().on(build).start().client("agent");
        let made = ComputeSystem::create(&agent, "vm", MODULE);
        match build {
            Build::B26100 | Build::B26200 => assert!(made.is_ok(), "{build:?}"),
            _ => {
                let error = made.expect_err("it has none");
                assert_eq!(error.code, Hresult::ERROR_NOT_SUPPORTED, "{build:?}");
            }
        }
        let without = r#"{"VirtualMachine":{"SecuritySettings":{"EnableTpm":false}}}"#;
        assert!(ComputeSystem::create(&agent, "other", without).is_ok(), "{build:?}");
    }
}

#[test]
fn an_isolated_container_is_refused_when_its_scratch_has_no_grant() {
    let failure = Failure::by_id("create.scratch-denied").expect("known");
    for kind in Kind::ALL.iter().copied() {
        let plausible = failure.is_plausible(kind, Build::B26200);
        assert_eq!(plausible, kind == Kind::HyperVContainer, "{kind:?}");
    }
    let sim = Simulator::builder().on(Build::B26200).start();
    let agent = sim.client("agent");
    sim.fault(on(Call::CreateComputeSystem).fail_as(failure));
    let error = ComputeSystem::create(&agent, "isolated", ISOLATED).expect_err("denied");
    assert_eq!(error.code, Hresult::E_ACCESSDENIED);
    assert!(error.document.expect("told").contains("Construct"));
}

#[test]
fn a_quirk_of_one_build_is_shown_by_that_build_alone() {
    for build in Build::ALL.iter().copied() {
        let sim = Simulator::builder().on(build).start();
        let shows = build == Build::SERVER_2022;
        assert_eq!(sim.set_quirk(Quirk::CreateProcessResultIsLost, true), shows, "{build:?}");
        assert_eq!(sim.set_quirk(Quirk::CreateProcessResultIsLost, false), shows, "{build:?}");
        assert!(sim.set_quirk(Quirk::ClonesEndWithTemplate, true), "{build:?}");
    }
}

#[test]
fn what_a_host_says_of_its_processors_is_of_its_type() {
    let query = r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#;
    for build in hcs_rules::build::since(Build::B22000).iter() {
        let agent = Simulator::builder().on(build).start().client("agent");
        let told = service_properties(&agent, Some(query)).expect("answered");
        let told = Document::parse(&told).expect("JSON");
        let told = told.root().path(&["PropertyResponses", "ProcessorCapabilities", "Response"]).expect("a response");
        assert_eq!(check_type(told, &PROCESSOR_CAPABILITIES_INFO, build), [], "{build:?}");
        let features: Vec<_> = told.get("ProcessorFeatures").expect("features").items().collect();
        assert!(features.iter().any(|feature| feature.as_str() == Some("NestedVirt")), "a client looks for it");
    }
}

#[test]
fn what_a_saved_machine_needs_of_processors_is_of_its_type() {
    for build in hcs_rules::build::since(Build::SERVER_2022).iter() {
        let sim = Simulator::builder().on(build).start();
        let agent = sim.client("agent");
        sim.put_folder("C:\\states");
        let vm = ComputeSystem::create(&agent, "vm", r#"{"VirtualMachine":{}}"#).expect("created");
        vm.start().expect("started");
        vm.pause(None).expect("paused");
        vm.save(r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\states\\vm.vmrs"}"#).expect("saved");
        let needs = files::saved_state_requirements(&agent, "C:\\states\\vm.vmrs").expect("a saved state");
        let needs = Document::parse(&needs).expect("JSON");
        assert_eq!(check_type(needs.root(), &VM_PROCESSOR_REQUIREMENTS, build), [], "{build:?}");
        assert!(needs.root().get("XsaveProcessorFeatures").is_some());
    }
}

#[test]
fn the_features_that_a_machine_is_to_have_are_those_of_the_schema() {
    let machine = |feature: &str| {
        format!(
            r#"{{"VirtualMachine":{{"ComputeTopology":{{"Processor":{{"ProcessorFeatureSet":{{"ProcessorFeatures":["{feature}"],"ProcessorFeatureSetMode":"Strict"}}}}}}}}}}"#
        )
    };
    let agent = Simulator::builder().on(Build::SERVER_2022).start().client("agent");
    assert!(ComputeSystem::create(&agent, "known", &machine("Sse4_1")).is_ok());
    let error = ComputeSystem::create(&agent, "unknown", &machine("Sse5")).expect_err("none of them");
    assert_eq!(error.code, Hresult::HCS_E_INVALID_JSON);
    let path = "$.VirtualMachine.ComputeTopology.Processor.ProcessorFeatureSet.ProcessorFeatures[0]";
    assert!(error.document.expect("told").contains(path));
}

// -- Machines of the Hyper-V manager.

const ID: &str = "0a7b1c2d-1111-2222-3333-444455556666";

/// The codes of the events that a handle hears.
fn listen(system: &ComputeSystem<Client>) -> Arc<Mutex<Vec<u32>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let told = system.on_event(move |event| ear.lock().unwrap().push(event.kind));
    told.expect("a callback");
    heard
}

#[test]
fn a_machine_of_the_hyper_v_manager_is_listed_opened_and_asked() {
    let sim = Simulator::builder().on(Build::SERVER_2025).start();
    let agent = sim.client("agent");
    assert!(sim.manager_starts(ID));
    assert!(!sim.manager_starts(&ID.to_uppercase()), "it runs already");
    let listed = enumerate(&agent, Some(r#"{"Owners":["VMMS"]}"#)).expect("listed");
    assert_eq!(
        listed,
        format!(
            r#"[{{"Id":"{ID}","SystemType":"VirtualMachine","Owner":"VMMS","RuntimeId":"{ID}","State":"Running"}}]"#
        )
    );
    let vm = ComputeSystem::open(&agent, ID).expect("opened");
    assert!(vm.properties(None).expect("asked").contains(r#""Owner":"VMMS""#));
    let error = ComputeSystem::create(&agent, ID, r#"{"VirtualMachine":{}}"#).expect_err("the id is taken");
    assert_eq!(error.code, Hresult::HCS_E_SYSTEM_ALREADY_EXISTS);
    assert_eq!(vm.start().expect_err("it runs").code, Hresult::HCS_E_INVALID_STATE);
    drop(vm);
    assert!(ComputeSystem::open(&agent, ID).is_ok(), "it outlives its handles");
    sim.finish().assert_clean();
}

#[test]
fn a_machine_of_the_hyper_v_manager_takes_no_shared_memory() {
    const REGIONS: &str = "VirtualMachine/Devices/SharedMemory/Regions";
    let sim = Simulator::builder().on(Build::SERVER_2025).start();
    let agent = sim.client("agent");
    assert!(sim.manager_starts(ID));
    let managers = ComputeSystem::open(&agent, ID).expect("opened");
    let own = ComputeSystem::create(&agent, "own", r#"{"Owner":"VMMS","VirtualMachine":{}}"#).expect("created");
    own.start().expect("started");
    let request = |kind: &str| {
        format!(
            r#"{{"ResourcePath":"{REGIONS}","RequestType":"{kind}","Settings":{{"SectionName":"\\BaseNamedObjects\\r","StartOffset":0,"Length":4096}}}}"#
        )
    };
    for (kind, of_managers, of_own) in [
        ("Add", Hresult(0x8004_102B), Hresult::ERROR_NOT_SUPPORTED),
        ("Remove", Hresult::ERROR_NOT_FOUND, Hresult::ERROR_NOT_FOUND),
        ("Update", Hresult::ERROR_NOT_FOUND, Hresult::ERROR_NOT_FOUND),
    ] {
        assert_eq!(managers.modify(&request(kind)).expect_err(kind).code, of_managers, "{kind}");
        assert_eq!(
            own.modify(&request(kind)).expect_err(kind).code,
            of_own,
            "{kind}: the owner's name does not make it"
        );
    }
    let adapter = r#"{"ResourcePath":"VirtualMachine/Devices/NetworkAdapters/nic","RequestType":"Add","Settings":{}}"#;
    assert!(managers.modify(adapter).is_ok(), "other changes are as on any machine");
}

#[test]
fn a_machine_of_the_hyper_v_manager_ends_as_the_world_or_a_client_has_it() {
    let sim = Simulator::builder().on(Build::SERVER_2025).start();
    let agent = sim.client("agent");
    let end: [&dyn Fn() -> bool; 4] =
        [&|| sim.guest_power_off(ID), &|| sim.guest_crash(ID), &|| sim.worker_crash(ID), &|| {
            ComputeSystem::open(&agent, ID).expect("opened").terminate().is_ok()
        }];
    for (index, end) in end.into_iter().enumerate() {
        assert!(sim.manager_starts(ID));
        let watcher = ComputeSystem::open(&agent, ID).expect("opened");
        let heard = listen(&watcher);
        assert!(sim.guest_reset(ID), "{index}");
        assert!(watcher.properties(None).expect("asked").contains("Running"), "{index}: it has restarted");
        assert!(end(), "{index}");
        sim.drain();
        assert_eq!(*heard.lock().unwrap(), [EventType::SystemExited.value()], "{index}");
        drop(watcher);
        let error = ComputeSystem::open(&agent, ID).expect_err("it is over");
        assert_eq!(error.code, Hresult::HCS_E_SYSTEM_NOT_FOUND, "{index}");
    }
    assert!(sim.manager_starts(ID));
    assert!(sim.service_stop());
    assert!(sim.service_return());
    assert_eq!(
        ComputeSystem::open(&agent, ID).expect_err("it went with the service").code,
        Hresult::HCS_E_SYSTEM_NOT_FOUND
    );
}

// -- Restored machines.

#[test]
fn a_machine_with_a_file_for_its_runtime_state_boots_anew_and_another_goes_on() {
    const SERVICES: &str = r#""SchemaVersion":{"Major":2,"Minor":5}"#;
    let machine = |more: &str| {
        format!(r#"{{{SERVICES},"VirtualMachine":{{"Services":{{"Shutdown":{{}},"Heartbeat":{{}}}}{more}}}}}"#)
    };
    let restore = r#","RestoreState":{"SaveStateFilePath":"C:\\saved.vmrs"}"#;
    let file = r#","GuestState":{"RuntimeStateFilePath":"C:\\vm.vmrs"}"#;
    let options = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;
    for (more, boots) in [
        (String::new(), true),
        (restore.to_owned(), false),
        (file.to_owned(), true),
        (format!("{restore}{file}"), true),
    ] {
        let sim = Simulator::builder().on(Build::SERVER_2025).profile(&LOADED).start();
        let agent = sim.client("agent");
        assert!(sim.set_saved_state("C:\\saved.vmrs", true));
        let vm = ComputeSystem::create(&agent, "vm", &machine(&more)).expect("created");
        vm.start().expect("started");
        let heartbeat = vm.properties(Some(r#"{"PropertyTypes":["ICHeartbeatStatus"]}"#)).expect("asked");
        assert_eq!(heartbeat.contains(r#""State":"Ok""#), !boots, "{more}: {heartbeat}");
        let asked = vm.shut_down(Some(options)).map_err(|error| error.code);
        let expected = if boots { Err(Hresult::ERROR_DEVICE_NOT_AVAILABLE) } else { Ok(()) };
        assert_eq!(asked.map(|_| ()), expected, "{more}");
    }
}

#[test]
fn a_restored_guest_that_is_to_hang_hangs() {
    let sim = Simulator::builder().on(Build::SERVER_2025).start();
    let agent = sim.client("agent");
    assert!(sim.set_saved_state("C:\\saved.vmrs", true));
    let document =
        r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"C:\\saved.vmrs"},"Services":{"Heartbeat":{}}}}"#;
    for (hangs, state) in [(false, r#""State":"Ok""#), (true, r#""State":"NoContact""#)] {
        let vm = ComputeSystem::create(&agent, "vm", document).expect("created");
        if hangs {
            sim.fault(on(Call::StartComputeSystem).guest_hangs());
        }
        vm.start().expect("started");
        let heartbeat = vm.properties(Some(r#"{"PropertyTypes":["ICHeartbeatStatus"]}"#)).expect("asked");
        assert!(heartbeat.contains(state), "{heartbeat}");
        vm.terminate().expect("terminated");
    }
}
