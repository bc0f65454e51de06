//! Every kind of client tells the same story in every kind of world: one that waits, one that polls, one that only has
//! callbacks, one that awaits, and one that awaits on tokio. None sleeps, none spins, none hangs.

#[expect(dead_code, reason = "the machine is for the other tests")]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::SURVIVOR;
use hcs_api::{ComputeSystem, Hcs, OperationHandle, SystemHandle, Text, block_on};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::EventType;
use hcs_sim::{Client, Clock, Simulator};

const CLOCKS: [Clock; 3] = [Clock::Scheduled, Clock::Stepped, Clock::Free(1.0)];

/// What each client must have seen.
const STORY: [&str; 5] = ["create S_OK", "start S_OK", "State Running", "terminate S_OK", "ForcedExit"];

/// Runs a client in a world of each kind. A stepped world is stepped by a thread of its own.
fn in_every_world(client: impl Fn(&Simulator, &Client) -> Vec<String>) {
    for clock in CLOCKS {
        let sim = Simulator::builder().seed(3).clock(clock).start();
        let began = Instant::now();
        let done = Arc::new(AtomicBool::new(false));
        let stepper = (clock == Clock::Stepped).then(|| {
            let (sim, done) = (sim.clone(), done.clone());
            std::thread::spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    sim.advance(Duration::from_millis(25));
                    std::thread::yield_now();
                }
            })
        });
        let told = client(&sim, &sim.client("client"));
        done.store(true, Ordering::SeqCst);
        if let Some(stepper) = stepper {
            stepper.join().expect("the stepper does not panic");
        }
        assert_eq!(told, STORY, "{clock:?}");
        sim.finish().assert_clean();
        assert!(began.elapsed() < Duration::from_secs(5), "{clock:?} took {:?}", began.elapsed());
    }
}

fn exit_type(document: &str) -> String {
    document.split('"').find(|word| word.ends_with("Exit")).unwrap_or("no exit").to_owned()
}

fn state(document: &str) -> String {
    format!("State {}", if document.contains(r#""State":"Running""#) { "Running" } else { "none" })
}

/// The calls of the story, each made on an operation; `finish` brings the result.
fn story(
    hcs: &Client,
    mut finish: impl FnMut(&dyn Fn(OperationHandle) -> Hresult) -> (Hresult, String),
) -> (Vec<String>, SystemHandle) {
    let system = std::cell::Cell::new(SystemHandle::NULL);
    let mut told = Vec::new();
    let (code, _) = finish(&|operation| {
        let (code, handle) = hcs.create_compute_system("vm".into(), SURVIVOR.into(), operation);
        system.set(handle);
        code
    });
    told.push(format!("create {code}"));
    let system = system.get();
    let (code, _) = finish(&|operation| hcs.start_compute_system(system, operation, Text::Null));
    told.push(format!("start {code}"));
    let (_, document) = finish(&|operation| hcs.get_compute_system_properties(system, operation, Text::Null));
    told.push(state(&document));
    let (code, _) = finish(&|operation| hcs.terminate_compute_system(system, operation, Text::Null));
    told.push(format!("terminate {code}"));
    (told, system)
}

#[test]
fn a_client_that_waits() {
    in_every_world(|_, hcs| {
        let (mut told, system) = story(hcs, |call| {
            let operation = hcs.create_operation(None);
            assert_eq!(call(operation), Hresult::S_OK);
            let outcome = hcs.wait_for_operation_result(operation, u32::MAX);
            hcs.close_operation(operation);
            (outcome.code, outcome.document.unwrap_or_default().to_string())
        });
        let exit = hcs.wait_for_compute_system_exit(system, u32::MAX);
        told.push(exit_type(&exit.document.unwrap_or_default()));
        hcs.close_compute_system(system);
        told
    });
}

#[test]
fn a_client_that_polls() {
    in_every_world(|_, hcs| {
        let polls = std::cell::Cell::new(0);
        let (mut told, system) = story(hcs, |call| {
            let operation = hcs.create_operation(None);
            assert_eq!(call(operation), Hresult::S_OK);
            let outcome = loop {
                let outcome = hcs.get_operation_result(operation);
                if outcome.code != Hresult::HCS_E_OPERATION_PENDING {
                    break outcome;
                }
                polls.set(polls.get() + 1);
                std::thread::yield_now();
            };
            hcs.close_operation(operation);
            (outcome.code, outcome.document.unwrap_or_default().to_string())
        });
        told.push(exit_type(&hcs.wait_for_compute_system_exit(system, 0).document.unwrap_or_default()));
        hcs.close_compute_system(system);
        told
    });
}

#[test]
fn a_client_that_only_has_callbacks() {
    in_every_world(|sim, hcs| {
        let wait = |receive: &Receiver<OperationHandle>| sim.idle(|| receive.recv_timeout(Duration::from_secs(10)));
        let (mut told, system) = story(hcs, |call| {
            let (send, receive) = channel();
            let operation = hcs.create_operation(Some(Arc::new(move |operation| _ = send.send(operation))));
            assert_eq!(call(operation), Hresult::S_OK);
            assert_eq!(wait(&receive), Ok(operation));
            let outcome = hcs.get_operation_result(operation);
            hcs.close_operation(operation);
            (outcome.code, outcome.document.unwrap_or_default().to_string())
        });
        // Registered after the end, which is told all the same.
        let (send, receive) = channel();
        let callback = move |event: &hcs_api::Event| {
            assert_eq!(event.kind, EventType::SystemExited.value());
            _ = send.send(event.data.clone().unwrap_or_default().to_string());
        };
        assert_eq!(hcs.set_compute_system_callback(system, 0, Some(Arc::new(callback))), Hresult::S_OK);
        told.push(exit_type(&sim.idle(|| receive.recv_timeout(Duration::from_secs(10))).expect("the exit is told")));
        hcs.close_compute_system(system);
        told
    });
}

#[test]
fn a_client_that_only_has_callbacks_and_does_not_say_that_it_is_idle() {
    let sim = Simulator::default();
    let hcs = sim.client("silent");
    let (send, receive) = channel();
    let operation = hcs.create_operation(Some(Arc::new(move |_| _ = send.send(()))));
    let (_, system) = hcs.create_compute_system("vm".into(), SURVIVOR.into(), operation);
    receive.recv_timeout(Duration::from_secs(10)).expect("silence is taken for idleness");
    hcs.close_operation(operation);
    hcs.close_compute_system(system);
    sim.finish().assert_clean();
}

async fn awaited(hcs: &Client) -> Vec<String> {
    let mut told = Vec::new();
    let vm = ComputeSystem::create_async(hcs, "vm", SURVIVOR).await.expect("it is created");
    told.push("create S_OK".to_owned());
    vm.start_async().await.expect("it starts");
    told.push("start S_OK".to_owned());
    told.push(state(&vm.properties_async(None).await.expect("it has properties")));
    vm.terminate_async().await.expect("it is terminated");
    told.push("terminate S_OK".to_owned());
    told.push(exit_type(&vm.exited().await.expect("it is over")));
    told
}

#[test]
fn a_client_that_awaits() {
    in_every_world(|_, hcs| block_on(awaited(hcs)));
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_client_that_awaits_on_tokio_with_its_clock_paused() {
    let sim = Simulator::default();
    let (first, second) = (sim.client("first"), sim.client("second"));
    let both = async {
        let other = async {
            let vm = ComputeSystem::create_async(&second, "other", SURVIVOR).await.expect("it is created");
            vm.start_async().await.expect("it starts");
            vm.terminate_async().await.expect("it is terminated");
        };
        tokio::join!(awaited(&first), other).0
    };
    // The world moves before tokio's clock does, so that no time-out of the tested code comes too early.
    let told = tokio::time::timeout(Duration::from_secs(60), both).await.expect("no time-out");
    assert_eq!(told, STORY);
    assert!(sim.now() > Duration::from_millis(500), "simulated time has passed: {:?}", sim.now());
    sim.finish().assert_clean();
}

#[cfg(feature = "tokio")]
#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_world_on_tokios_clock_takes_tokios_time() {
    use hcs_rules::vocabulary::Call;
    let sim = Simulator::builder().clock(Clock::Stepped).start();
    let driver = tokio::spawn(hcs_sim::tokio::drive(sim.clone()));
    let hcs = sim.client("client");
    assert_eq!(awaited(&hcs).await, STORY);

    sim.fault(hcs_sim::on(Call::StartComputeSystem).id("slow").delay(Duration::from_secs(90)));
    let vm = ComputeSystem::create_async(&hcs, "slow", SURVIVOR).await.expect("it is created");
    let began = tokio::time::Instant::now();
    let timed_out = tokio::time::timeout(Duration::from_secs(60), vm.start_async()).await.is_err();
    assert!(timed_out, "a start of ninety seconds outlasts a time-out of sixty");
    assert_eq!(began.elapsed().as_secs(), 60);
    driver.abort();
}
