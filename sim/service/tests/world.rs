//! Worlds: faults, holds, leaks, misuse, turns, determinism.

mod common;

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use common::{MACHINE, SURVIVOR};
use hcs_api::{ComputeSystem, Hcs, OperationHandle, Text, block_on, enumerate};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, EventType};
use hcs_sim::{Clock, Notifications, Simulator, Until, on};

#[test]
fn a_fault_strikes_the_nth_call_and_the_error_tells_everything() {
    let sim = Simulator::default();
    sim.fault(on(Call::StartComputeSystem).id("VM").nth(2).fail(Hresult::ERROR_FILE_CORRUPT));
    let agent = sim.client("agent");
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    vm.start().expect("the first start");
    let error = vm.start().expect_err("the second start");
    assert_eq!((error.call, error.code), ("HcsStartComputeSystem", Hresult::HCS_E_INVALID_STATE), "state beats fate");
    drop(vm);
    let report = sim.finish();
    assert!(report.unfired.is_empty(), "{report}");
}

#[test]
fn an_error_names_the_call_the_code_and_the_document() {
    let sim = Simulator::default();
    sim.fault(on(Call::StartComputeSystem).fail(Hresult::ERROR_NOT_FOUND));
    let agent = sim.client("agent");
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    let told = vm.start().expect_err("the disk is broken").to_string();
    assert_eq!(
        told,
        "HcsStartComputeSystem(\"vm\"): ERROR_NOT_FOUND (0x80070490): Element not found. {\"Error\":-2147023728,\"ErrorMessage\":\"\",\"Attribution\":[{\"OperationFailure\":{\"Detail\":\"Start\"}}]}"
    );
}

#[test]
fn a_start_that_hangs_for_ten_minutes_costs_no_time() {
    let began = Instant::now();
    let sim = Simulator::default();
    sim.fault(on(Call::StartComputeSystem).hang());
    let vm = ComputeSystem::create(&sim.client("agent"), "vm", MACHINE).expect("created");
    let error = vm.start_within(Duration::from_secs(600)).expect_err("it hangs");
    assert_eq!(error.code, Hresult::HCS_E_OPERATION_TIMEOUT);
    assert!(sim.now() >= Duration::from_secs(600));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn faults_by_client_predicate_and_probability() {
    let sim = Simulator::builder().seed(11).start();
    let (calm, struck) = (sim.client("calm"), sim.client("struck"));
    sim.fault(on(Call::CreateComputeSystem).client("struck").refuse(Hresult::RPC_S_CALL_FAILED));
    sim.fault(on(Call::CreateComputeSystem).when(|call| call.id == Some("unlucky")).fail(Hresult::E_ACCESSDENIED));
    sim.fault(on(Call::EnumerateComputeSystems).probability(0.5).fail(Hresult::E_OUTOFMEMORY));
    assert!(ComputeSystem::create(&calm, "vm", MACHINE).is_ok());
    let code = |result: hcs_api::Result<_>| result.map(|_: ComputeSystem<_>| ()).map_err(|error| error.code);
    assert_eq!(code(ComputeSystem::create(&struck, "vm", MACHINE)), Err(Hresult::RPC_S_CALL_FAILED));
    assert_eq!(code(ComputeSystem::create(&calm, "unlucky", MACHINE)), Err(Hresult::E_ACCESSDENIED));
    let failed = (0..200).filter(|_| enumerate(&calm, None).is_err()).count();
    assert!((60..140).contains(&failed), "{failed} of 200 failed");
    sim.finish().assert_clean();
}

#[test]
fn a_draw_does_not_depend_on_what_others_do() {
    let latency_of_start = |noise: usize| {
        let sim = Simulator::builder().seed(5).start();
        let (agent, other) = (sim.client("agent"), sim.client("other"));
        for _ in 0..noise {
            let vm = ComputeSystem::create(&other, "noise", MACHINE).expect("created");
            vm.properties(None).expect("properties");
        }
        let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
        let before = sim.now();
        vm.start().expect("started");
        sim.now() - before
    };
    assert_eq!(latency_of_start(0), latency_of_start(3));
}

#[test]
fn an_unfired_fault_and_a_leak_fail_the_test_and_say_where() {
    let sim = Simulator::default();
    sim.fault(on(Call::TerminateComputeSystem).id("vm").hang());
    let agent = sim.client("agent");
    let operation = agent.create_operation(None);
    let other = ComputeSystem::create(&agent, "other", MACHINE).expect("created");
    other.terminate().expect("terminated");
    let report = sim.finish();
    let told = report.to_string();
    assert!(told.contains("nearest miss: HcsTerminateComputeSystem about \"other\""), "{told}");
    assert_eq!(report.leaks.len(), 2, "{told}");
    assert!(report.leaks.iter().all(|leak| leak.place.file().ends_with("world.rs")), "{told}");
    let failed = std::panic::catch_unwind(|| report.assert_clean());
    assert!(failed.is_err());
    agent.close_operation(operation);
    drop(other);
    assert_eq!(sim.finish().leaks.len(), 0);
}

#[test]
fn a_strict_world_fails_the_test_when_it_is_dropped() {
    let drop_one = |misuse: bool| {
        std::panic::catch_unwind(|| {
            let sim = Simulator::builder().strict().start();
            let agent = sim.client("agent");
            if misuse {
                agent.start_compute_system(hcs_api::SystemHandle::NULL, OperationHandle::NULL, Text::Null);
            }
        })
    };
    assert!(drop_one(false).is_ok());
    assert!(drop_one(true).is_err());
}

#[test]
fn what_is_not_modelled_and_what_would_fault_are_told_apart() {
    let sim = Simulator::builder().on(Build::SERVER_2025).start();
    let agent = sim.client("agent");
    let control = hcs_rules::export::Export::by_name(hcs_rules::export::Dll::Computecore, "HcsSystemControl");
    assert_eq!(agent.call_unmodelled(control.expect("an export")), Hresult::E_NOTIMPL);
    let stale = agent.create_operation(None);
    agent.close_operation(stale);
    assert_eq!(agent.get_operation_result(stale).code, Hresult::ERROR_INVALID_HANDLE);
    let foreign = sim.client("other").create_operation(None);
    assert_eq!(agent.get_operation_result(foreign).code, Hresult::ERROR_INVALID_HANDLE);
    assert_eq!(agent.get_operation_type(foreign), -1);
    agent.close_operation(foreign);
    let report = sim.finish();
    assert_eq!((report.not_modelled.len(), report.would_fault.len(), report.leaks.len()), (1, 4, 1), "{report}");
    assert!(sim.capabilities().contains(&("HcsSystemControl", false)));
    assert!(sim.capabilities().contains(&("HcsGrantVmAccess", true)));
}

#[test]
fn a_build_without_the_export_says_so() {
    let sim = Simulator::builder().on(Build::SERVER_2019).start();
    let vm = ComputeSystem::create(&sim.client("agent"), "vm", MACHINE).expect("created");
    vm.terminate().expect("terminated");
    assert_eq!(vm.wait_for_exit(None).expect_err("absent").code, Hresult::ERROR_PROC_NOT_FOUND);
    let exit = block_on(vm.exited()).expect("by the event it works on every build");
    assert_eq!(exit, r#"{"Status":0}"#, "the type of an exit is newer than this build");
}

#[test]
fn rights_decide_at_the_door() {
    let sim = Simulator::default();
    let user = sim.client_as("user", Rights::User);
    assert_eq!(enumerate(&user, None).expect_err("denied").code, Hresult::HCS_E_ACCESS_DENIED);
    assert!(enumerate(&sim.client_as("operator", Rights::HyperVAdministrator), None).is_ok());
}

#[test]
fn a_held_exit_comes_after_the_next_system_of_the_same_id_was_made() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let old = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    let (send, receive) = channel();
    old.on_event(move |event| _ = send.send(event.kind)).expect("listening");
    let exits = Notifications::of("vm").event(EventType::SystemExited);
    let hold = sim.hold(exits, Until::Returned(Call::CreateComputeSystem));
    old.terminate().expect("terminated");
    sim.drain();
    assert_eq!((hold.count(), receive.try_recv().is_err()), (1, true));
    let new = ComputeSystem::create(&agent, "vm", MACHINE).expect("the id is free");
    sim.drain();
    assert_eq!(receive.try_recv(), Ok(EventType::SystemExited.value()), "of the old one, while the new one lives");
    drop((old, new));
    sim.finish().assert_clean();
}

#[test]
fn the_death_of_a_client_closes_its_handles_and_silences_it() {
    let sim = Simulator::default();
    let (agent, observer) = (sim.client("agent"), sim.client("observer"));
    let ends = ComputeSystem::create(&agent, "ends", MACHINE).expect("created");
    let stays = ComputeSystem::create(&agent, "stays", SURVIVOR).expect("created");
    ends.on_event(|_| panic!("a dead client hears nothing")).expect("listening");
    assert!(sim.client_death(&agent));
    assert!(!sim.client_death(&agent), "once");
    let ids = enumerate(&observer, None).expect("listed");
    assert!(ids.contains("stays") && !ids.contains("ends"), "{ids}");
    assert_eq!(stays.start().expect_err("dead").code, Hresult::ERROR_INVALID_HANDLE);
    std::mem::forget((ends, stays));
    assert!(sim.finish().leaks.is_empty(), "what a dead client held is no leak");
}

#[test]
fn a_panicking_callback_is_told_and_harms_nobody() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("created");
    vm.on_event(|_| panic!("as planned")).expect("listening");
    vm.terminate().expect("terminated");
    sim.drain();
    assert!(vm.properties(None).is_ok());
    drop(vm);
    let report = sim.finish();
    assert!(report.troubles.iter().any(|text| text.contains("as planned")), "{report}");
}

#[test]
fn a_callback_may_call_and_wait() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let vm = Arc::new(ComputeSystem::create(&agent, "vm", MACHINE).expect("created"));
    let (send, receive) = channel();
    let (inner, inside) = (agent.clone(), send);
    vm.on_event(move |_| {
        let list = enumerate(&inner, None).expect("a blocking call inside a callback");
        inside.send(list).expect("the test listens");
    })
    .expect("listening");
    vm.terminate().expect("terminated");
    assert_eq!(sim.idle(|| receive.recv_timeout(Duration::from_secs(5))), Ok("[]".to_owned()));
}

/// Two actors and the events of both, as one string.
fn two_actors(seed: u64) -> (String, Vec<String>) {
    let sim = Simulator::builder().seed(seed).transcript().start();
    let actors: Vec<_> = ["left", "right"]
        .map(|name| {
            let client = sim.client(name);
            sim.spawn(&client, move |hcs| {
                for round in 0..3 {
                    let vm = ComputeSystem::create(&hcs, &format!("{}-{round}", hcs.name()), MACHINE).expect("created");
                    vm.on_event(|_| {}).expect("listening");
                    vm.start().expect("started");
                    enumerate(&hcs, None).expect("listed");
                    vm.terminate().expect("terminated");
                }
            })
        })
        .into();
    for actor in actors {
        actor.join().expect("no actor panics");
    }
    sim.finish().assert_clean();
    (sim.digest(), sim.transcript())
}

#[test]
fn threads_that_take_turns_repeat_to_the_byte_and_the_seed_decides() {
    let first = two_actors(1);
    for _ in 0..5 {
        assert_eq!(two_actors(1), first);
    }
    let others: Vec<String> = (2..6).map(|seed| two_actors(seed).0).collect();
    assert!(others.iter().all(|digest| *digest != first.0), "another seed, another history");
}

#[test]
fn threads_that_nobody_registered_do_not_hang_each_other() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let vm = Arc::new(ComputeSystem::create(&agent, "vm", MACHINE).expect("created"));
    let waiter = {
        let vm = vm.clone();
        std::thread::spawn(move || vm.wait_for_exit(None))
    };
    vm.start().expect("started");
    vm.terminate().expect("terminated");
    assert!(waiter.join().expect("no panic").is_ok());
}

#[test]
fn a_stepped_world_moves_only_when_told() {
    let sim = Simulator::builder().clock(Clock::Stepped).start();
    let agent = sim.client("agent");
    let operation = agent.create_operation(None);
    let (_, system) = agent.create_compute_system("vm".into(), MACHINE.into(), operation);
    for _ in 0..1_000 {
        assert_eq!(agent.get_operation_result(operation).code, Hresult::HCS_E_OPERATION_PENDING);
    }
    let due = sim.next_due().expect("the create is due");
    sim.advance(due - Duration::from_nanos(1));
    assert_eq!(agent.get_operation_result(operation).code, Hresult::HCS_E_OPERATION_PENDING);
    sim.advance(Duration::from_nanos(1));
    assert_eq!(agent.get_operation_result(operation).code, Hresult::S_OK);
    agent.close_operation(operation);
    agent.close_compute_system(system);
    sim.finish().assert_clean();
}

#[test]
fn a_wait_that_nothing_can_end_is_given_up_and_told() {
    let sim = Simulator::default();
    sim.fault(on(Call::StartComputeSystem).hang());
    let vm = ComputeSystem::create(&sim.client("agent"), "vm", MACHINE).expect("created");
    let error = vm.start().expect_err("it hangs for ever");
    assert_eq!(error.code, Hresult::HCS_E_OPERATION_TIMEOUT);
    drop(vm);
    assert!(sim.finish().troubles.iter().any(|text| text.contains("HcsWaitForOperationResult")));
}

#[test]
fn a_predicate_that_makes_a_call_fails_at_once_and_breaks_nothing() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let inner = agent.clone();
    sim.fault(on(Call::EnumerateComputeSystems).when(move |_| enumerate(&inner, None).is_ok()).hang());
    let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| enumerate(&agent, None)));
    assert!(asked.is_err());
    let vm = ComputeSystem::create(&agent, "vm", MACHINE).expect("the world goes on");
    vm.start().expect("and works");
}

#[test]
fn a_listener_behind_a_silent_request_is_told_without_anybody_waiting() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    // The first request is nobody's; the one behind it has a callback.
    let silent = agent.create_operation(None);
    assert_eq!(agent.enumerate_compute_systems(Text::Null, silent), Hresult::S_OK);
    let (send, receive) = channel();
    let told = agent.create_operation(Some(Arc::new(move |_| _ = send.send(()))));
    let (_, system) = agent.create_compute_system("vm".into(), MACHINE.into(), told);
    receive.recv_timeout(Duration::from_secs(10)).expect("silence is taken for idleness");
    agent.close_operation(silent);
    agent.close_operation(told);
    agent.close_compute_system(system);
}

/// Eight threads live lives side by side; every exit must be told once.
fn crowd(clock: Clock) {
    let sim = Simulator::builder().clock(clock).start();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let client = sim.client(&format!("thread-{thread}"));
            std::thread::spawn(move || {
                let (send, receive) = channel();
                for round in 0..40 {
                    let id = format!("{thread}-{round}");
                    let vm = ComputeSystem::create(&client, &id, MACHINE).expect("created");
                    let told = send.clone();
                    vm.on_event(move |event| _ = told.send(event.kind)).expect("listening");
                    vm.start().expect("started");
                    vm.terminate().expect("terminated");
                    // An exit is waited for before the handle is closed, because close drops it.
                    assert_eq!(
                        receive.recv_timeout(Duration::from_secs(20)),
                        Ok(EventType::SystemExited.value()),
                        "{id}"
                    );
                }
                assert!(receive.try_recv().is_err(), "an exit was told twice");
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no thread panics");
    }
    sim.finish().assert_clean();
}

#[test]
fn a_crowd_in_a_free_world_neither_hangs_nor_loses_an_exit() {
    crowd(Clock::Free(1.0));
}

#[test]
fn a_crowd_in_a_scheduled_world_neither_hangs_nor_loses_an_exit() {
    crowd(Clock::Scheduled);
}

#[test]
fn profiles_are_slower_and_stall_now_and_then() {
    let starts = |profile: &str, count: u32| -> Vec<Duration> {
        let profile = hcs_rules::profile::Profile::by_name(profile).expect("a profile");
        let sim = Simulator::builder().profile(profile).start();
        let agent = sim.client("agent");
        let start = |number| {
            let vm = ComputeSystem::create(&agent, &format!("vm-{number}"), MACHINE).expect("created");
            let before = sim.now();
            vm.start().expect("started");
            sim.now() - before
        };
        (0..count).map(start).collect()
    };
    let (nominal, loaded) = (starts("nominal", 50), starts("loaded", 50));
    assert!(nominal.iter().zip(&loaded).all(|(nominal, loaded)| *loaded == *nominal * 8));
    let stalled = starts("stalling", 6_000).into_iter().filter(|start| *start > Duration::from_secs(300)).count();
    assert!((3..=25).contains(&stalled), "one in 600, of 6,000: {stalled}");
}

#[test]
fn closing_an_operation_waits_for_its_callback_on_another_thread() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (entered, inside) = channel();
    let (leave, left) = channel::<()>();
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (mark, left) = (done.clone(), std::sync::Mutex::new(left));
    let operation = agent.create_operation(Some(Arc::new(move |_| {
        entered.send(()).expect("the test listens");
        left.lock().expect("one callback").recv().expect("the test lets go");
        mark.store(true, std::sync::atomic::Ordering::SeqCst);
    })));
    assert!(agent.enumerate_compute_systems(Text::Null, operation).is_ok());
    inside.recv_timeout(Duration::from_secs(5)).expect("the callback runs");
    let letting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        leave.send(()).expect("the callback waits");
    });
    agent.close_operation(operation);
    assert!(done.load(std::sync::atomic::Ordering::SeqCst), "close returned while the callback ran");
    letting.join().expect("it let go");
}
