//! Arguments that are wrong in themselves, and what an operation's getters say through its life.

use std::sync::Arc;

use hcs_api::{Hcs, OperationHandle, SystemHandle, Text};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::GENERIC_ALL;
use hcs_sim::{Client, Simulator};

const MACHINE: &str = r#"{"Owner":"test","VirtualMachine":{}}"#;
const BAD: Hresult = Hresult::E_INVALIDARG;

/// The code of a call that makes a handle, and whether it left one.
fn made((code, handle): (Hresult, SystemHandle)) -> (Hresult, bool) {
    (code, !handle.is_null())
}

#[test]
fn a_string_that_is_missing_or_no_string_is_refused_at_the_call() {
    let agent = Simulator::default().client("agent");
    let operation = agent.create_operation(None);
    for id in [Text::Null, Text::Malformed, Text::Some("")] {
        assert_eq!(made(agent.create_compute_system(id, MACHINE.into(), operation)), (BAD, false), "{id:?}");
        assert_eq!(made(agent.open_compute_system(id, GENERIC_ALL)), (BAD, false), "{id:?}");
        // What is no id is no namespace either.
        for (namespace, id) in [(id, Text::Some("vm")), (Text::Some("space"), id)] {
            let created = agent.create_compute_system_in_namespace(namespace, id, MACHINE.into(), operation, None);
            assert_eq!(made(created), (BAD, false), "{namespace:?} {id:?}");
            let opened = agent.open_compute_system_in_namespace(namespace, id, GENERIC_ALL);
            assert_eq!(made(opened), (BAD, false), "{namespace:?} {id:?}");
        }
        assert_eq!(agent.enumerate_compute_systems_in_namespace(id, Text::Null, operation), BAD, "{id:?}");
    }
    assert_eq!(made(agent.create_compute_system("vm".into(), Text::Null, operation)), (BAD, false));
    let created = agent.create_compute_system_in_namespace("s".into(), "vm".into(), Text::Null, operation, None);
    assert_eq!(made(created), (BAD, false));
    assert_eq!(agent.modify_service_settings(Text::Null).code, BAD);
    assert_eq!(agent.submit_wer_report(Text::Null), BAD);
    // The operation has not been used.
    assert_eq!(agent.get_operation_result(operation).code, Hresult::HCS_E_OPERATION_NOT_STARTED);
    let (code, vm) = agent.create_compute_system("vm".into(), MACHINE.into(), operation);
    assert_eq!((code, agent.wait_for_operation_result(operation, u32::MAX).code), (Hresult::S_OK, Hresult::S_OK));
    assert_eq!(agent.modify_compute_system(vm, operation, Text::Null), BAD);
    for access in [0, 1, GENERIC_ALL - 1, GENERIC_ALL + 1, u32::MAX] {
        assert_eq!(made(agent.open_compute_system("vm".into(), access)), (BAD, false), "{access:#x}");
    }
}

#[test]
fn a_callback_is_needed_where_the_header_says_so() {
    let agent = Simulator::default().client("agent");
    let operation = agent.create_operation(None);
    assert_eq!(agent.set_operation_callback(operation, None), BAD);
    assert_eq!(agent.set_operation_callback(operation, Some(Arc::new(|_| {}))), Hresult::S_OK);
    assert!(agent.create_operation_with_notifications(0, None).is_null());
    assert!(!agent.create_operation_with_notifications(0, Some(Arc::new(|_| {}))).is_null());
}

/// The type, whether it tells its system, and its result.
fn getters(agent: &Client, operation: OperationHandle) -> (i32, bool, Hresult) {
    let system = agent.get_compute_system_from_operation(operation);
    (agent.get_operation_type(operation), !system.is_null(), agent.get_operation_result(operation).code)
}

#[test]
fn an_operation_says_what_it_is_and_how_far_it_is() {
    let agent = Simulator::default().client("agent");
    let operation = agent.create_operation(None);
    let (not_started, pending) = (Hresult::HCS_E_OPERATION_NOT_STARTED, Hresult::HCS_E_OPERATION_PENDING);
    assert_eq!(getters(&agent, operation), (-1, false, not_started));
    let (code, vm) = agent.create_compute_system("vm".into(), MACHINE.into(), operation);
    assert!(code.is_ok());
    assert_eq!(getters(&agent, operation), (1, true, pending));
    assert!(agent.wait_for_operation_result(operation, u32::MAX).code.is_ok());
    type Begin = fn(&Client, SystemHandle, OperationHandle) -> Hresult;
    let calls: [(i32, Begin); 8] = [
        (2, |agent, vm, operation| agent.start_compute_system(vm, operation, Text::Null)),
        (9, |agent, vm, operation| agent.get_compute_system_properties(vm, operation, Text::Null)),
        (8, |agent, vm, operation| {
            let request = r#"{"ResourcePath":"VirtualMachine/Devices/MappedPipes/p","RequestType":"Add"}"#;
            agent.modify_compute_system(vm, operation, request.into())
        }),
        (4, |agent, vm, operation| agent.pause_compute_system(vm, operation, Text::Null)),
        (6, |agent, vm, operation| {
            let options = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\s.vmrs"}"#;
            agent.save_compute_system(vm, operation, options.into())
        }),
        (5, |agent, vm, operation| agent.resume_compute_system(vm, operation, Text::Null)),
        (15, |agent, vm, operation| agent.crash_compute_system(vm, operation, Text::Null)),
        (0, |agent, _, operation| agent.enumerate_compute_systems(Text::Null, operation)),
    ];
    let mut ids = vec![agent.get_operation_id(operation)];
    for (kind, begin) in calls {
        let operation = agent.create_operation(None);
        assert_eq!(begin(&agent, vm, operation), Hresult::S_OK, "{kind}");
        assert_eq!(getters(&agent, operation), (kind, kind != 0, pending), "{kind}");
        assert_eq!(agent.wait_for_operation_result(operation, u32::MAX).code, Hresult::S_OK, "{kind}");
        assert_eq!(agent.get_operation_type(operation), kind, "{kind}, when it is done");
        ids.push(agent.get_operation_id(operation));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), calls.len() + 1, "an id each");
    assert_eq!(agent.get_operation_id(OperationHandle::NULL), u64::MAX);
}
