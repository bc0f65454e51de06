//! The older interface, called as its clients call it: a call is pending, then one notification comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use hcs_api::{
    Hcs, LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Outcome, StreamHandle, Text,
    Vmcompute,
};
use hcs_rules::access::Rights;
use hcs_rules::failure::CallFailure;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::{self, Notice};
use hcs_rules::vocabulary::{Call, GENERIC_ALL};
use hcs_sim::{Client, Simulator, on};

const OK: Hresult = Hresult::S_OK;
const PENDING: Hresult = legacy::PENDING;
const CONTAINER: &str = r#"{"Owner":"test","Container":{}}"#;
const MACHINE: &str = r#"{"Owner":"test","VirtualMachine":{}}"#;

/// The codes of the older family, as its clients have them.
const INVALID_STATE: Hresult = Hresult(0xC037_0105);
const UNEXPECTED_EXIT: Hresult = Hresult(0xC037_0106);
const INVALID_JSON: Hresult = Hresult(0xC037_010D);
const NOT_FOUND: Hresult = Hresult(0xC037_010E);
const ALREADY_EXISTS: Hresult = Hresult(0xC037_010F);
const TOO_MANY: Hresult = Hresult(0xC037_0104);

/// What a callback has heard.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<Notification>>>);

impl Ear {
    fn callback(&self) -> Option<NotificationCallback> {
        let into = self.0.clone();
        Some(Arc::new(move |told: &Notification| {
            into.lock().unwrap_or_else(PoisonError::into_inner).push(told.clone());
        }))
    }

    /// What was heard since the last time, once the service has nothing to do.
    fn take(&self, sim: &Simulator) -> Vec<Notification> {
        sim.settle();
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same as types and statuses.
    fn heard(&self, sim: &Simulator) -> Vec<(u32, Hresult)> {
        self.take(sim).into_iter().map(|told| (told.kind, told.status)).collect()
    }
}

/// A system whose callback is registered after its creation, as the Go client does it.
fn created(sim: &Simulator, client: &Client, id: &str, document: &str) -> (LegacySystem, LegacyCallback, Ear) {
    let (outcome, system) = client.legacy_create_compute_system(id.into(), document.into());
    assert_eq!(outcome, Outcome::bare(PENDING));
    let ear = Ear::default();
    let (code, callback) = client.legacy_register_compute_system_callback(system, ear.callback());
    assert_eq!(code, OK);
    assert_eq!(ear.heard(sim), [(Notice::SystemCreateCompleted.value(), OK)]);
    (system, callback, ear)
}

fn running(sim: &Simulator, client: &Client, id: &str, document: &str) -> (LegacySystem, LegacyCallback, Ear) {
    let (system, callback, ear) = created(sim, client, id, document);
    assert_eq!(client.legacy_start_compute_system(system, Text::Null), Outcome::bare(PENDING));
    assert_eq!(ear.heard(sim), [(Notice::SystemStartCompleted.value(), OK)]);
    (system, callback, ear)
}

/// Ends a system, and gives back what there is of it.
fn end(sim: &Simulator, client: &Client, (system, callback, ear): (LegacySystem, LegacyCallback, Ear)) {
    assert_eq!(client.legacy_terminate_compute_system(system, Text::Null).code, PENDING);
    assert_eq!(ear.heard(sim), [(Notice::SystemExited.value(), OK)]);
    assert_eq!(client.legacy_unregister_compute_system_callback(callback), OK);
    assert_eq!(client.legacy_close_compute_system(system), OK);
}

fn read_all(client: &Client, stream: StreamHandle) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 64]);
    while let Ok(count) = client.read_stream(stream, &mut buffer)
        && count > 0
    {
        text.extend_from_slice(&buffer[..count]);
    }
    client.close_stream(stream);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn a_container_lives_as_the_go_client_leads_it() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (system, callback, ear) = running(&sim, &agent, "c", CONTAINER);
    let properties = agent.legacy_get_compute_system_properties(system, "{}".into());
    assert_eq!(properties.code, OK);
    assert!(properties.document.is_some_and(|text| text.contains(r#""State":"Running""#)));

    let parameters = r#"{"CommandLine":"cmd /c echo hi","CreateStdOutPipe":true}"#;
    let (outcome, process, information) = agent.legacy_create_process(system, parameters.into());
    assert_eq!(outcome, Outcome::bare(OK), "the process runs when the call returns");
    let information = information.expect("the process has information");
    let told = Ear::default();
    let (code, of_process) = agent.legacy_register_process_callback(process, told.callback());
    assert_eq!(code, OK);
    assert_eq!(read_all(&agent, information.std_output), "hi\r\n");
    // The exit is told on the callback of the process alone, with its status.
    let heard = told.take(&sim);
    assert_eq!(heard.len(), 1);
    assert_eq!((heard[0].kind, heard[0].status), (Notice::ProcessExited.value(), OK));
    let status = agent.legacy_get_process_properties(process);
    assert_eq!((status.code, status.document.as_ref()), (OK, heard[0].data.as_ref()));
    assert!(status.document.is_some_and(|text| text.contains(r#""Exited":true,"ExitCode":0"#)));
    assert_eq!(ear.heard(&sim), []);
    assert_eq!(agent.legacy_unregister_process_callback(of_process), OK);
    assert_eq!(agent.legacy_close_process(process), OK);

    // The shutdown's operation is done when the system is over.
    assert_eq!(agent.legacy_shutdown_compute_system(system, "".into()).code, PENDING);
    let heard = ear.take(&sim);
    assert_eq!(heard.iter().map(|told| told.kind).collect::<Vec<_>>(), [Notice::SystemExited.value()]);
    assert!(heard[0].data.as_ref().is_some_and(|data| data.contains(r#""Status":0"#)));
    assert_eq!(agent.legacy_unregister_compute_system_callback(callback), OK);
    assert_eq!(agent.legacy_close_compute_system(system), OK);
    sim.finish().assert_clean();
}

#[test]
fn what_the_rules_refuse_fails_at_once_with_the_older_codes_and_a_document() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let refused = |outcome: Outcome, code: Hresult| {
        assert_eq!(outcome.code, code);
        let document = outcome.document.expect("a result document");
        assert!(document.contains(&format!("\"Error\":{}", code.0 as i32)), "{document}");
    };
    let first = running(&sim, &agent, "vm", MACHINE);
    refused(agent.legacy_start_compute_system(first.0, Text::Null), INVALID_STATE);
    refused(agent.legacy_resume_compute_system(first.0, Text::Null), INVALID_STATE);
    let (outcome, none) = agent.legacy_create_compute_system("vm".into(), MACHINE.into());
    refused(outcome, ALREADY_EXISTS);
    assert!(none.is_null(), "what is refused leaves no handle");
    refused(agent.legacy_create_compute_system("other".into(), r#"{"Dance":1}"#.into()).0, INVALID_JSON);
    refused(agent.legacy_open_compute_system("other".into()).0, NOT_FOUND);
    // Codes that are not of HCS have one form.
    let silo = running(&sim, &agent, "silo", CONTAINER);
    refused(agent.legacy_pause_compute_system(silo.0, Text::Null), Hresult::ERROR_NOT_SUPPORTED);
    assert_eq!(agent.legacy_open_compute_system("".into()).0.code, Hresult::E_INVALIDARG);
    let user = sim.client_as("user", Rights::User);
    refused(user.legacy_open_compute_system("vm".into()).0, Hresult(0xC037_011B));
    assert_eq!(first.2.heard(&sim), [], "nothing of it is told");
    end(&sim, &agent, first);
    end(&sim, &agent, silo);
    sim.finish().assert_clean();
}

#[test]
fn completions_and_exits_wait_for_a_callback_and_are_told_once() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (_, system) = agent.legacy_create_compute_system("vm".into(), MACHINE.into());
    sim.settle();
    // Nobody listens yet: the creation's completion waits, and so does the start's.
    assert_eq!(agent.legacy_start_compute_system(system, Text::Null).code, PENDING);
    sim.settle();
    let ear = Ear::default();
    let (_, callback) = agent.legacy_register_compute_system_callback(system, ear.callback());
    let both = [(Notice::SystemCreateCompleted.value(), OK), (Notice::SystemStartCompleted.value(), OK)];
    assert_eq!(ear.heard(&sim), both);
    assert_eq!(agent.legacy_register_compute_system_callback(system, ear.callback()).0, TOO_MANY);
    // Nothing is told after the registration's end, and what came then is told to the next.
    assert_eq!(agent.legacy_unregister_compute_system_callback(callback), OK);
    assert!(sim.worker_crash("vm"));
    assert_eq!(ear.heard(&sim), []);
    let (_, callback) = agent.legacy_register_compute_system_callback(system, ear.callback());
    assert_eq!(ear.heard(&sim), [(Notice::SystemExited.value(), UNEXPECTED_EXIT)]);
    assert_eq!(agent.legacy_unregister_compute_system_callback(callback), OK);
    let (_, callback) = agent.legacy_register_compute_system_callback(system, ear.callback());
    assert_eq!(ear.heard(&sim), [], "an exit is told once");
    // Closing the system leaves the registration to be given back.
    assert_eq!(agent.legacy_close_compute_system(system), OK);
    assert_eq!(agent.legacy_unregister_compute_system_callback(callback), OK);
    sim.finish().assert_clean();
}

#[test]
fn faults_end_pending_calls_in_the_way_that_is_theirs() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    sim.fault(on(Call::LegacyStartComputeSystem).nth(1).fail(Hresult::ERROR_NO_SYSTEM_RESOURCES));
    sim.fault(on(Call::LegacyPauseComputeSystem).nth(1).refuse(Hresult::HCS_E_CONNECT_FAILED));
    sim.fault(on(Call::LegacyShutdownComputeSystem).nth(1).fail(Hresult::ERROR_DEVICE_NOT_AVAILABLE));
    sim.fault(on(Call::LegacyTerminateComputeSystem).nth(1).fail(Hresult::HCS_E_CONNECTION_TIMEOUT));
    let (system, callback, ear) = created(&sim, &agent, "c", CONTAINER);
    assert_eq!(agent.legacy_start_compute_system(system, Text::Null).code, PENDING);
    let heard = ear.take(&sim);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].kind, Notice::SystemStartCompleted.value());
    assert_eq!(heard[0].status, Hresult::ERROR_NO_SYSTEM_RESOURCES);
    assert!(
        heard[0].data.as_ref().is_some_and(|data| data.contains("\"Error\":")),
        "the result document comes with it"
    );
    assert_eq!(agent.legacy_start_compute_system(system, Text::Null).code, PENDING);
    assert_eq!(ear.heard(&sim), [(Notice::SystemStartCompleted.value(), OK)]);
    assert_eq!(agent.legacy_pause_compute_system(system, Text::Null).code, Hresult(0xC037_0108));
    // A shutdown that fails is told so; a termination that fails has no notification, and fails in the call.
    assert_eq!(agent.legacy_shutdown_compute_system(system, Text::Null).code, PENDING);
    let failed = (Notice::SystemShutdownFailed.value(), Hresult::ERROR_DEVICE_NOT_AVAILABLE);
    assert_eq!(ear.heard(&sim), [failed]);
    assert_eq!(agent.legacy_terminate_compute_system(system, Text::Null).code, Hresult(0xC037_0109));
    end(&sim, &agent, (system, callback, ear));
    sim.finish().assert_clean();
}

#[test]
fn a_shutdown_can_fail_at_once_for_reasons_of_its_own() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let system = running(&sim, &agent, "vm", MACHINE);
    let failure = CallFailure::by_id("older-shutdown.internal").expect("known");
    sim.fault(on(Call::LegacyShutdownComputeSystem).nth(1).refuse_as(failure));
    let told = agent.legacy_shutdown_compute_system(system.0, Text::Null);
    assert_eq!(told.code, Hresult::ERROR_PROC_NOT_FOUND);
    assert_eq!(system.2.heard(&sim), Vec::new(), "nothing has begun, and nothing is told");
    end(&sim, &agent, system);
    sim.finish().assert_clean();
}

#[test]
fn a_creation_that_fails_later_is_told_and_its_handle_is_left() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    sim.fault(on(Call::LegacyCreateComputeSystem).fail(Hresult::HCS_E_CONNECTION_TIMEOUT));
    let (outcome, system) = agent.legacy_create_compute_system("vm".into(), MACHINE.into());
    assert_eq!(outcome.code, PENDING);
    sim.settle();
    let ear = Ear::default();
    let (code, callback) = agent.legacy_register_compute_system_callback(system, ear.callback());
    assert_eq!(code, OK);
    assert_eq!(ear.heard(&sim), [(Notice::SystemCreateCompleted.value(), Hresult(0xC037_0109))]);
    assert_eq!(agent.legacy_unregister_compute_system_callback(callback), OK);
    assert_eq!(agent.legacy_close_compute_system(system), OK);
    assert_eq!(agent.legacy_open_compute_system("vm".into()).0.code, NOT_FOUND);
    sim.finish().assert_clean();
}

#[test]
fn the_generations_have_their_own_handles_and_do_not_mix() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let made = created(&sim, &agent, "older", MACHINE);
    // A handle of one interface is none of the other's.
    let operation = agent.create_operation(None);
    let foreign = hcs_api::SystemHandle(made.0.0);
    assert_eq!(agent.start_compute_system(foreign, operation, Text::Null), Hresult::ERROR_INVALID_HANDLE);
    let (code, newer) = agent.open_compute_system("older".into(), GENERIC_ALL);
    assert_eq!(code, OK);
    let outcome = agent.legacy_start_compute_system(LegacySystem(newer.0), Text::Null);
    assert_eq!(outcome, Outcome::bare(Hresult::ERROR_INVALID_HANDLE));
    assert_eq!(agent.legacy_close_process(LegacyProcess(made.0.0)), Hresult::ERROR_INVALID_HANDLE);
    assert_eq!(agent.legacy_start_compute_system(LegacySystem::NULL, Text::Null).code, Hresult::ERROR_INVALID_HANDLE);
    // Quirk 32: what was created there cannot be started here.
    assert_eq!(agent.start_compute_system(newer, operation, Text::Null), OK);
    assert_eq!(agent.wait_for_operation_result(operation, u32::MAX).code, legacy::MIXED);
    assert_eq!(agent.legacy_start_compute_system(made.0, Text::Null).code, PENDING);
    assert_eq!(made.2.heard(&sim), [(Notice::SystemStartCompleted.value(), OK)]);
    // The other way round works.
    assert_eq!(agent.create_compute_system("newer".into(), MACHINE.into(), operation).0, OK);
    assert_eq!(agent.wait_for_operation_result(operation, u32::MAX).code, OK);
    let (outcome, system) = agent.legacy_open_compute_system("newer".into());
    assert_eq!(outcome, Outcome::bare(OK));
    let ear = Ear::default();
    let (_, callback) = agent.legacy_register_compute_system_callback(system, ear.callback());
    assert_eq!(agent.legacy_start_compute_system(system, Text::Null).code, PENDING);
    assert_eq!(ear.heard(&sim), [(Notice::SystemStartCompleted.value(), OK)]);
    end(&sim, &agent, (system, callback, ear));
    end(&sim, &agent, made);
    agent.close_operation(operation);
    agent.close_compute_system(newer);
    let report = sim.finish();
    assert_eq!(report.would_fault.len(), 4, "{report}");
    assert_eq!(report.leaks.len(), 1, "{report}");
}

#[test]
fn the_end_of_a_registration_waits_for_the_callback_that_runs() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (outcome, system) = agent.legacy_create_compute_system("vm".into(), MACHINE.into());
    assert_eq!(outcome.code, PENDING);
    let (entered, has_entered) = mpsc::channel();
    let done = Arc::new(AtomicBool::new(false));
    let told: NotificationCallback = {
        let done = done.clone();
        Arc::new(move |_: &Notification| {
            assert!(!done.load(Ordering::SeqCst), "a second notification came");
            entered.send(()).expect("somebody waits");
            std::thread::sleep(Duration::from_millis(50));
            done.store(true, Ordering::SeqCst);
        })
    };
    let (_, callback) = agent.legacy_register_compute_system_callback(system, Some(told));
    sim.idle(|| has_entered.recv_timeout(Duration::from_secs(10))).expect("the callback is called");
    assert_eq!(agent.legacy_terminate_compute_system(system, Text::Null).code, PENDING);
    assert_eq!(agent.legacy_unregister_compute_system_callback(callback), OK);
    assert!(done.load(Ordering::SeqCst), "the callback that ran is waited for");
    sim.settle();
    assert_eq!(agent.legacy_close_compute_system(system), OK);
    sim.finish().assert_clean();
}

#[test]
fn processes_of_the_older_interface_are_waited_for_signalled_and_found_again() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let system = running(&sim, &agent, "c", CONTAINER);
    // One that is over before its callback is registered.
    let (outcome, early, _) = agent.legacy_create_process(system.0, r#"{"CommandLine":"cmd /c exit 3"}"#.into());
    assert_eq!(outcome.code, OK);
    sim.advance(Duration::from_secs(5));
    let ear = Ear::default();
    let (_, callback) = agent.legacy_register_process_callback(early, ear.callback());
    let heard = ear.take(&sim);
    assert_eq!(heard.len(), 1);
    assert!(heard[0].data.as_ref().is_some_and(|data| data.contains(r#""ExitCode":3"#)));
    assert_eq!(agent.legacy_unregister_process_callback(callback), OK);
    let (_, callback) = agent.legacy_register_process_callback(early, ear.callback());
    assert_eq!(ear.heard(&sim), [], "an exit is told once");
    assert_eq!(agent.legacy_unregister_process_callback(callback), OK);
    assert_eq!(agent.legacy_close_process(early), OK);

    let (outcome, process, information) =
        agent.legacy_create_process(system.0, r#"{"CommandLine":"ping -t localhost"}"#.into());
    assert_eq!(outcome.code, OK);
    let id = information.expect("information").process_id;
    let again = agent.legacy_get_process_info(process).1.expect("information");
    assert_eq!((again.process_id, again.std_output), (id, StreamHandle::INVALID));
    let (outcome, again) = agent.legacy_open_process(system.0, id);
    assert_eq!(outcome, Outcome::bare(OK));
    let (_, callback) = agent.legacy_register_process_callback(again, ear.callback());
    assert_eq!(agent.legacy_terminate_process(process), Outcome::bare(OK));
    assert_eq!(ear.heard(&sim), [(Notice::ProcessExited.value(), OK)]);
    let unknown = agent.legacy_create_process(system.0, r#"{"CommandLine":"no-such-program"}"#.into());
    assert!(unknown.0.code.is_err() && unknown.1.is_null() && unknown.2.is_none());
    assert_eq!(agent.legacy_unregister_process_callback(callback), OK);
    assert_eq!(agent.legacy_close_process(process), OK);
    assert_eq!(agent.legacy_close_process(again), OK);
    end(&sim, &agent, system);
    sim.finish().assert_clean();
}

#[test]
fn the_service_and_the_list_are_asked_in_the_call() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let system = created(&sim, &agent, "c", CONTAINER);
    let list = agent.legacy_enumerate_compute_systems(Text::Null);
    assert_eq!(list.code, OK);
    assert!(list.document.is_some_and(|list| list.contains(r#""Id":"c""#)));
    let properties = agent.legacy_get_service_properties(Text::Null);
    assert_eq!(properties.code, OK);
    assert!(properties.document.is_some_and(|text| text.contains("SupportedSchemaVersions")));
    assert_eq!(agent.legacy_modify_service_settings(Text::Null).code, Hresult::E_INVALIDARG);
    let grown = r#"{"ResourcePath":"Container/Memory/SizeInMB","RequestType":"Update","Settings":512}"#;
    assert_eq!(agent.legacy_modify_compute_system(system.0, grown.into()).code, {
        // The rules of changes are those of the newer interface.
        let operation = agent.create_operation(None);
        let (_, newer) = agent.open_compute_system("c".into(), GENERIC_ALL);
        assert_eq!(agent.modify_compute_system(newer, operation, grown.into()), OK);
        let code = agent.wait_for_operation_result(operation, u32::MAX).code;
        agent.close_operation(operation);
        agent.close_compute_system(newer);
        legacy::code(code)
    });
    sim.service_stop();
    assert_eq!(system.2.heard(&sim).last(), Some(&(Notice::ServiceDisconnect.value(), OK)));
    assert_eq!(agent.legacy_enumerate_compute_systems(Text::Null).code, Hresult(0xC037_0114));
    assert_eq!(agent.legacy_start_compute_system(system.0, Text::Null).code, Hresult(0xC037_011E));
    sim.service_return();
    assert_eq!(agent.legacy_unregister_compute_system_callback(system.1), OK);
    assert_eq!(agent.legacy_close_compute_system(system.0), OK);
    sim.finish().assert_clean();
}

#[test]
fn a_dead_client_is_told_nothing_and_leaves_nothing() {
    let sim = Simulator::default();
    let agent = sim.client("agent");
    let (_, _, ear) = created(&sim, &agent, "vm", MACHINE);
    let other = sim.client("other");
    let (_, system) = other.legacy_open_compute_system("vm".into());
    assert!(sim.client_death(&agent));
    assert_eq!(other.legacy_terminate_compute_system(system, Text::Null).code, PENDING);
    assert_eq!(ear.heard(&sim), []);
    assert_eq!(other.legacy_close_compute_system(system), OK);
    sim.finish().assert_clean();
}
