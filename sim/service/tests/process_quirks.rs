//! What surprised clients of the real service about processes, by the numbers under which it was collected: 36, and 54 to 61.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hcs_api::{Child, ComputeSystem, Hcs, ProcessSignal, Stdio, Text};
use hcs_rules::build::Build;
use hcs_rules::failure::Failure;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::{Call, EventType, GENERIC_ALL};
use hcs_sim::{Client, Simulator, Until, on};

const SILO: &str = r#"{"ShouldTerminateOnLastHandleClosed":true,"Container":{}}"#;
const ISOLATED: &str = r#"{"SystemType":"Container","HvPartition":true,"TerminateOnLastHandleClosed":true}"#;

fn running(client: &Client, id: &str, document: &str) -> ComputeSystem<Client> {
    let system = ComputeSystem::create(client, id, document).expect("created");
    system.start().expect("started");
    system
}

fn code<T: std::fmt::Debug>(result: hcs_api::Result<T>) -> Hresult {
    result.expect_err("it fails").code
}

/// What a process tells of its end.
fn hear(child: &Child<Client>) -> Arc<Mutex<Vec<String>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let listen = move |event: &hcs_api::Event| {
        let data = event.data.as_deref().unwrap_or_default();
        ear.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{:#x} {data}", event.kind));
    };
    child.on_event(listen).expect("registered");
    heard
}

#[test]
fn quirk_36_no_process_is_made_in_a_paused_container() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let isolated = running(&agent, "isolated", ISOLATED);
    isolated.pause(None).expect("paused");
    assert_eq!(code(isolated.command("cmd /c echo hi").spawn()), Hresult::HCS_E_INVALID_STATE);
    isolated.resume().expect("resumed");
    assert_eq!(isolated.command("cmd /c echo hi").output().expect("it runs again").stdout, b"hi\r\n");
}

#[test]
fn quirk_54_a_missing_executable_is_told_by_the_operation() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    // A shell's own word is no executable: the recorded documents name `echo foo` and `true`.
    for line in ["echo foo", "nosuch.exe --help"] {
        let operation = agent.create_operation(None);
        let parameters = silo.command(line).current_dir("C:\\").stdout(Stdio::Piped).parameters();
        let (called, handle) = agent.create_process(silo.handle(), Text::Some(&parameters), operation);
        assert_eq!((called, handle.is_null()), (Hresult::S_OK, false), "the call itself succeeds");
        let (outcome, information) = agent.wait_for_operation_result_and_process_info(operation, u32::MAX);
        assert_eq!((outcome.code, information), (Hresult::ERROR_FILE_NOT_FOUND, None));
        agent.close_operation(operation);
        agent.close_process(handle);
    }
}

#[test]
fn quirk_55_a_process_is_asked_for_while_the_service_dies() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    sim.fault(on(Call::CreateProcess).nth(1).refuse(Hresult::RPC_S_CALL_FAILED));
    assert_eq!(code(silo.command("cmd /c echo hi").spawn()), Hresult::RPC_S_CALL_FAILED);
    // One that is in flight when the service goes is told so.
    let operation = agent.create_operation(None);
    let parameters = silo.command("cmd /c echo hi").parameters();
    let (_, handle) = agent.create_process(silo.handle(), Text::Some(&parameters), operation);
    sim.service_stop();
    let (outcome, _) = agent.wait_for_operation_result_and_process_info(operation, u32::MAX);
    assert_eq!(outcome.code, Hresult::HCS_E_SERVICE_DISCONNECT);
    agent.close_operation(operation);
    agent.close_process(handle);
}

#[test]
fn quirk_56_the_result_of_a_creation_is_lost_and_found_by_asking_anew() {
    let sim = Simulator::builder().on(Build::SERVER_2022).quirk(Quirk::CreateProcessResultIsLost).start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let parameters = silo.command("cmd /c echo hi& ping -n 3 localhost > NUL").stdout(Stdio::Piped).parameters();
    let operation = agent.create_operation(None);
    let (called, process) = agent.create_process(silo.handle(), Text::Some(&parameters), operation);
    assert_eq!(called, Hresult::S_OK);
    assert_eq!(agent.get_operation_result(operation).code, Hresult::S_OK, "it has completed within the call");
    let (outcome, information) = agent.wait_for_operation_result_and_process_info(operation, u32::MAX);
    assert_eq!((outcome.code, information), (Hresult::E_INVALIDARG, None));
    agent.close_operation(operation);

    let asked = || {
        let operation = agent.create_operation(None);
        assert_eq!(agent.get_process_info(process, operation), Hresult::S_OK);
        let told = agent.wait_for_operation_result_and_process_info(operation, u32::MAX);
        agent.close_operation(operation);
        told
    };
    let (outcome, information) = asked();
    let information = information.expect("it is there");
    assert_eq!(outcome.code, Hresult::S_OK);
    assert!(information.std_output.is_some());
    let mut bytes = [0; 16];
    assert_eq!(agent.read_stream(information.std_output, &mut bytes).expect("read"), 4);
    assert_eq!(&bytes[..4], b"hi\r\n");
    agent.close_stream(information.std_output);
    assert_eq!(agent.wait_for_process_exit(process, u32::MAX).code, Hresult::S_OK);
    assert_eq!(asked().0.code, Hresult::HCS_E_PROCESS_ALREADY_STOPPED, "after the exit there is none");
    agent.close_process(process);

    // A system of another isolation does not show it.
    let isolated = running(&agent, "isolated", ISOLATED);
    assert_eq!(isolated.command("cmd /c echo hi").output().expect("runs").stdout, b"hi\r\n");
}

#[test]
fn quirk_56_the_wrapper_finds_the_process_whose_result_is_lost() {
    let sim = Simulator::builder().on(Build::SERVER_2022).quirk(Quirk::CreateProcessResultIsLost).start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let command = silo.command("cmd /c ping -n 3 host >NUL& echo hi").stdout(Stdio::Piped);
    let awaited = hcs_api::block_on(command.spawn_async()).expect("it runs");
    for child in [command.spawn().expect("it runs"), awaited] {
        assert_ne!(child.id(), 0);
        assert_eq!(child.wait_with_output().expect("ran").stdout, b"hi\r\n");
    }
    // What is refused for good stays refused.
    assert_eq!(code(silo.command("nosuch.exe").spawn()), Hresult::ERROR_FILE_NOT_FOUND);
    assert_eq!(code(silo.command("").spawn()), Hresult::E_INVALIDARG);
    drop(silo);
    sim.finish().assert_clean();
}

#[test]
fn quirk_57_a_second_terminate_is_denied_and_a_late_one_told() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let child = silo.command("sim-idle").spawn().expect("spawned");
    let [first, second] = [agent.create_operation(None), agent.create_operation(None)];
    assert_eq!(agent.terminate_process(child.handle(), first, Text::Null), Hresult::S_OK);
    assert_eq!(agent.terminate_process(child.handle(), second, Text::Null), Hresult::S_OK);
    assert_eq!(agent.wait_for_operation_result(second, u32::MAX).code, Hresult::E_ACCESSDENIED);
    assert_eq!(agent.wait_for_operation_result(first, u32::MAX).code, Hresult::S_OK);
    assert_eq!(code(child.kill()), Hresult::HCS_E_PROCESS_ALREADY_STOPPED);
    agent.close_operation(first);
    agent.close_operation(second);
}

#[test]
fn quirk_58_a_signal_to_a_process_that_is_gone_has_three_answers() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let isolated = running(&agent, "isolated", ISOLATED);
    let child = isolated.command("sim-idle").spawn().expect("spawned");
    let [kill, signal] = [agent.create_operation(None), agent.create_operation(None)];
    let ctrl_c = Text::Some(r#"{"Signal":"CtrlC"}"#);
    assert_eq!(agent.terminate_process(child.handle(), kill, Text::Null), Hresult::S_OK);
    assert_eq!(agent.signal_process(child.handle(), signal, ctrl_c), Hresult::S_OK);
    let told = agent.wait_for_operation_result(signal, u32::MAX).code;
    assert_eq!(told, Hresult::HCS_E_INVALID_STATE, "while it goes");
    assert_eq!(agent.wait_for_operation_result(kill, u32::MAX).code, Hresult::S_OK);
    assert_eq!(code(child.signal(ProcessSignal::CtrlC)), Hresult::ERROR_NOT_FOUND, "when it has gone");
    isolated.terminate().expect("terminated");
    assert_eq!(code(child.signal(ProcessSignal::CtrlC)), Hresult::HCS_E_SYSTEM_NOT_FOUND, "when its system has");
    agent.close_operation(kill);
    agent.close_operation(signal);
}

#[test]
fn quirk_59_a_status_prints_its_zeros() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let mut child = silo.command("cmd /c exit 42").spawn().expect("spawned");
    let heard = hear(&child);
    let running = format!(r#"{{"ProcessId":{},"Exited":false,"ExitCode":0,"LastWaitResult":0}}"#, child.id());
    assert_eq!(child.properties().expect("asked"), running);
    child.wait().expect("over");
    let over = format!(r#"{{"ProcessId":{},"Exited":true,"ExitCode":42,"LastWaitResult":0}}"#, child.id());
    assert_eq!(child.properties().expect("asked"), over);
    sim.drain();
    let exited = EventType::ProcessExited.value();
    assert_eq!(*heard.lock().unwrap_or_else(PoisonError::into_inner), [format!("{exited:#x} {over}")]);
}

#[test]
fn quirk_60_terminate_ends_one_process_and_no_tree() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let parent = silo.command("cmd /c sim-idle").spawn().expect("spawned");
    sim.advance(Duration::from_secs(1));
    let list = || silo.properties(Some(r#"{"PropertyTypes":["ProcessList"]}"#)).expect("asked");
    assert!(list().contains("cmd.exe") && list().contains("sim-idle.exe"), "{}", list());
    let mut other = silo.open_process(parent.id()).expect("another handle");
    parent.kill().expect("killed");
    assert_eq!(other.wait().expect("over").code(), 1067, "what others see of it");
    assert!(!list().contains("cmd.exe") && list().contains("sim-idle.exe"), "{}", list());
}

#[test]
fn quirk_61_an_empty_variable_is_none() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let command = silo.command("cmd /c set X").env("XEMPTY", "").env("XFULL", "1").env("xfull", "2");
    let output = command.output().expect("ran");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "xfull=2\r\n", "and names are one whatever their case");
}

#[test]
fn a_wait_may_tell_its_time_out_in_the_document() {
    let sim = Simulator::builder().quirk(Quirk::ExitWaitTellsTimeOut).start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let mut child = silo.command("sim-idle").spawn().expect("spawned");
    let outcome = agent.wait_for_process_exit(child.handle(), 0);
    let told = outcome.document.expect("a document");
    assert_eq!(outcome.code, Hresult::S_OK);
    assert!(told.contains(r#""Exited":false"#) && told.contains(r#""LastWaitResult":-2143878888"#), "{told}");
    assert_eq!(code(child.wait_within(Duration::from_secs(1))), Hresult::HCS_E_OPERATION_TIMEOUT);
}

#[test]
fn signals_through_one_system_handle_wait_for_each_other_and_another_handle_passes() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let child = silo.command("sim-stubborn").spawn().expect("spawned");
    sim.fault(on(Call::SignalProcess).nth(1).hang());
    let ctrl_c = Text::Some(r#"{"Signal":"CtrlC"}"#);
    let [stuck, behind, past] = [0; 3].map(|_| agent.create_operation(None));
    assert_eq!(agent.signal_process(child.handle(), stuck, ctrl_c), Hresult::S_OK);
    assert_eq!(agent.terminate_process(child.handle(), behind, Text::Null), Hresult::S_OK);
    let pending = Hresult::HCS_E_OPERATION_TIMEOUT;
    assert_eq!(agent.wait_for_operation_result(behind, 60_000).code, pending, "the kill waits behind the signal");
    assert!(child.try_wait().expect("asked").is_none());

    let second = ComputeSystem::open(&agent, "silo").expect("opened");
    let (_, process) = agent.open_process(second.handle(), child.id(), GENERIC_ALL);
    assert_eq!(agent.terminate_process(process, past, Text::Null), Hresult::S_OK);
    assert_eq!(agent.wait_for_operation_result(past, 60_000).code, Hresult::S_OK, "this one passes");
    assert!(child.try_wait().expect("asked").is_some());
    assert_eq!(agent.wait_for_operation_result(behind, 60_000).code, pending, "and the stuck lane stays stuck");
    agent.close_process(process);
    for operation in [stuck, behind, past] {
        agent.close_operation(operation);
    }
}

#[test]
fn a_known_failure_of_a_creation_has_its_code() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let known = hcs_rules::failure::FAILURES
        .iter()
        .filter(|failure| Call::CreateProcess.operation_type() == Some(failure.operation));
    for failure in
        known.filter(|failure| failure.is_plausible(hcs_rules::vocabulary::Kind::ProcessContainer, sim.build()))
    {
        sim.fault(on(Call::CreateProcess).nth(1).fail_as(Failure::by_id(failure.id).expect("known")));
        assert_eq!(code(silo.command("cmd /c echo hi").spawn()), failure.code, "{}", failure.id);
    }
    // A hold lets a test act before the exit is told.
    let hold = sim.hold(hcs_sim::Notifications::of("silo").event(EventType::ProcessExited), Until::Released);
    let child = silo.command("cmd /c exit 0").spawn().expect("spawned");
    let heard = hear(&child);
    sim.advance(Duration::from_secs(1));
    assert!(heard.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    hold.release();
    sim.drain();
    assert_eq!(heard.lock().unwrap_or_else(PoisonError::into_inner).len(), 1);
}
