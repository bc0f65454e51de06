//! Events of a system's handle: who asked to be told of what, with which data, and in which order.

use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{CreateOptions, Event, EventCallback, Hcs, OperationHandle, SystemHandle, Text};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::event_options::ENABLE_OPERATION_CALLBACKS;
use hcs_rules::vocabulary::{EventType, GENERIC_ALL};
use hcs_sim::{Client, Simulator};

const OK: Hresult = Hresult::S_OK;
const SURVIVOR: &str = r#"{"VirtualMachine":{"GuestConnection":{},"Devices":{"GuestCrashReporting":{}}}}"#;

type Heard = Arc<Mutex<Vec<Event>>>;

/// A list, and a callback that adds to it.
fn ear() -> (Heard, EventCallback) {
    let heard = Heard::default();
    let into = heard.clone();
    (heard, Arc::new(move |event: &Event| into.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone())))
}

/// What was heard since the last time.
fn take(sim: &Simulator, heard: &Heard) -> Vec<Event> {
    sim.drain();
    std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner))
}

fn kinds(events: &[Event]) -> Vec<u32> {
    events.iter().map(|event| event.kind).collect()
}

/// A system whose creation is under way, and the operation that it runs on.
fn creating(client: &Client, document: &str) -> (SystemHandle, OperationHandle) {
    let operation = client.create_operation(None);
    let (code, system) = client.create_compute_system("vm".into(), document.into(), operation);
    assert_eq!(code, OK);
    (system, operation)
}

fn done(client: &Client, code: Hresult, operation: OperationHandle) {
    assert_eq!((code, client.wait_for_operation_result(operation, u32::MAX).code), (OK, OK));
}

#[test]
fn operations_are_told_to_the_handle_that_asked_and_had_them_begun() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (vm, operation) = creating(&agent, SURVIVOR);
    let (heard, callback) = ear();
    assert_eq!(agent.set_compute_system_callback(vm, ENABLE_OPERATION_CALLBACKS, Some(callback)), OK);
    done(&agent, OK, operation);
    let told = |operation| Event { kind: EventType::OperationCallback.value(), data: None, operation };
    assert_eq!(take(&sim, &heard), [told(operation)], "the creation was in flight when the callback was set");
    done(&agent, agent.start_compute_system(vm, operation, Text::Null), operation);
    assert_eq!(take(&sim, &heard), [told(operation)]);
    // A refusal is the end of its operation too.
    let second = agent.create_operation(None);
    assert_eq!(agent.start_compute_system(vm, second, Text::Null), OK);
    assert_eq!(agent.wait_for_operation_result(second, u32::MAX).code, Hresult::HCS_E_INVALID_STATE);
    assert_eq!(take(&sim, &heard), [told(second)]);
    // Another handle's requests are not this one's, nor are those of no system.
    let (code, again) = agent.open_compute_system("vm".into(), GENERIC_ALL);
    assert_eq!(code, OK);
    done(&agent, agent.get_compute_system_properties(again, operation, Text::Null), operation);
    done(&agent, agent.enumerate_compute_systems(Text::Null, operation), operation);
    assert_eq!(take(&sim, &heard), []);
    // An operation that has a callback of its own cannot be told twice.
    let own = agent.create_operation(Some(Arc::new(|_| {})));
    let refused = agent.get_compute_system_properties(vm, own, Text::Null);
    assert_eq!(refused, Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
    done(&agent, agent.get_compute_system_properties(again, own, Text::Null), own);
    assert_eq!(take(&sim, &heard), []);
}

#[test]
fn without_the_option_no_operation_is_told_and_a_callback_is_cleared_before_the_next() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (vm, operation) = creating(&agent, SURVIVOR);
    let ((first, one), (second, two)) = (ear(), ear());
    assert_eq!(agent.set_compute_system_callback(vm, 0, Some(one)), OK);
    done(&agent, OK, operation);
    let taken = Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
    assert_eq!(agent.set_compute_system_callback(vm, 0, Some(two.clone())), taken);
    assert_eq!(agent.set_compute_system_callback(vm, 0, None), OK);
    assert_eq!(agent.set_compute_system_callback(vm, 0, Some(two)), OK);
    done(&agent, agent.start_compute_system(vm, operation, Text::Null), operation);
    done(&agent, agent.terminate_compute_system(vm, operation, Text::Null), operation);
    assert_eq!(take(&sim, &first), []);
    let told = take(&sim, &second);
    let (closed, exited) = (EventType::SystemGuestConnectionClosed, EventType::SystemExited);
    assert_eq!(kinds(&told), [closed.value(), exited.value()]);
    assert_eq!((&told[0].data, told[0].operation), (&None, OperationHandle::NULL));
    let status = told[1].data.as_deref().expect("the exit has a status");
    assert!(status.starts_with(r#"{"Status":0,"ExitType":"ForcedExit","#), "{status}");
}

#[test]
fn a_crash_is_told_in_two_events_before_the_exit_and_each_says_of_whom() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (vm, operation) = creating(&agent, SURVIVOR);
    done(&agent, OK, operation);
    done(&agent, agent.start_compute_system(vm, operation, Text::Null), operation);
    let (heard, callback) = ear();
    assert_eq!(agent.set_compute_system_callback(vm, 0, Some(callback)), OK);
    assert!(sim.guest_crash("vm"));
    let told = take(&sim, &heard);
    let expected = [
        EventType::SystemCrashInitiated,
        EventType::SystemCrashReport,
        EventType::SystemGuestConnectionClosed,
        EventType::SystemExited,
    ];
    assert_eq!(kinds(&told), expected.map(EventType::value));
    for report in &told[..2] {
        let data = report.data.as_deref().expect("both have a report");
        assert!(data.contains(r#""SystemId":"vm""#), "{data}");
    }
    assert!(told[3].data.as_deref().is_some_and(|status| status.contains("UnexpectedExit")));
    // Whoever comes late is told of the exit once, and of nothing else.
    assert_eq!(agent.set_compute_system_callback(vm, 0, None), OK);
    let (late, callback) = ear();
    assert_eq!(agent.set_compute_system_callback(vm, ENABLE_OPERATION_CALLBACKS, Some(callback)), OK);
    let again = take(&sim, &late);
    assert_eq!((again.len(), again.first()), (1, told.last()));
}

#[test]
fn a_callback_may_come_with_the_creation() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (heard, callback) = ear();
    let options =
        |version| CreateOptions { version, events: ENABLE_OPERATION_CALLBACKS, callback: Some(callback.clone()) };
    let operation = agent.create_operation(None);
    let create = |options| {
        agent.create_compute_system_in_namespace("space".into(), "vm".into(), SURVIVOR.into(), operation, Some(options))
    };
    let (code, none) = create(options(CreateOptions::VERSION + 1));
    assert_eq!((code, none.is_null()), (Hresult::E_INVALIDARG, true));
    let (code, vm) = create(options(CreateOptions::VERSION));
    done(&agent, code, operation);
    assert_eq!(kinds(&take(&sim, &heard)), [EventType::OperationCallback.value()]);
    let taken = Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
    assert_eq!(agent.set_compute_system_callback(vm, 0, Some(Arc::new(|_| {}))), taken);
    done(&agent, agent.terminate_compute_system(vm, operation, Text::Null), operation);
    let told = kinds(&take(&sim, &heard));
    assert_eq!(told, [EventType::OperationCallback, EventType::SystemExited].map(EventType::value));
}

#[test]
fn the_services_end_is_told_once_to_each_handle_and_then_they_are_silent() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (vm, operation) = creating(&agent, SURVIVOR);
    done(&agent, OK, operation);
    let (_, other) = agent.open_compute_system("vm".into(), GENERIC_ALL);
    let ((first, one), (second, two)) = (ear(), ear());
    assert_eq!(agent.set_compute_system_callback(vm, 0, Some(one)), OK);
    assert_eq!(agent.set_compute_system_callback(other, 0, Some(two)), OK);
    assert!(sim.service_stop() && sim.service_return());
    for heard in [&first, &second] {
        let told = take(&sim, heard);
        assert_eq!(kinds(&told), [EventType::ServiceDisconnect.value()]);
        assert_eq!(told[0].data, None);
    }
    let (again, operation) = creating(&agent, SURVIVOR);
    done(&agent, OK, operation);
    done(&agent, agent.terminate_compute_system(again, operation, Text::Null), operation);
    assert_eq!((take(&sim, &first).len(), take(&sim, &second).len()), (0, 0), "the next of that id is not theirs");
}
