//! Processes as the author of a runtime drives them: relays on threads, attach, deadlines, the end of a task, the raw calls
//! of a client in another language.

use std::io::{Read, Write};
use std::sync::mpsc::channel;
use std::time::Duration;

use hcs_api::{ComputeSystem, Hcs, ProcessSignal, Stdio, Text};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, EventType, GENERIC_ALL};
use hcs_sim::{Client, Simulator, on};

const SILO: &str = r#"{"ShouldTerminateOnLastHandleClosed":true,"Container":{}}"#;
const LINUX: &str = r#"{"SystemType":"Container","ContainerType":"Linux","HvPartition":true,"HvRuntime":{"ImagePath":"C:\\LCOW"},"TerminateOnLastHandleClosed":true}"#;

fn running(client: &Client, id: &str, document: &str) -> ComputeSystem<Client> {
    let system = ComputeSystem::create(client, id, document).expect("created");
    system.start().expect("started");
    system
}

fn code<T: std::fmt::Debug>(result: hcs_api::Result<T>) -> Hresult {
    result.expect_err("it fails").code
}

#[test]
fn a_wait_ends_on_every_build_and_leaves_no_finding() {
    for &build in Build::ALL {
        let sim = Simulator::builder().on(build).start();
        let agent = sim.client("agent");
        let silo = running(&agent, "silo", SILO);
        let mut child = silo.command("sim-idle").spawn().expect("spawned");
        let began = sim.now();
        let late = code(child.wait_within(Duration::from_secs(5)));
        if hcs_rules::export::has(build, Call::WaitForProcessExit) {
            assert_eq!(late, Hresult::HCS_E_OPERATION_TIMEOUT, "{build:?}");
            assert!(sim.now() - began >= Duration::from_secs(5), "{build:?}");
        } else {
            assert_eq!(late, Hresult::ERROR_PROC_NOT_FOUND, "{build:?}: nothing there waits with a limit");
        }
        child.kill().expect("killed");
        assert_eq!(child.wait().expect("over").code(), 1067, "{build:?}");
        drop((child, silo));
        sim.finish().assert_clean();
    }
}

#[test]
fn a_relay_on_threads_carries_all_three_streams() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let command = silo.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped).stderr(Stdio::Piped);
    let mut child = command.spawn().expect("spawned");
    let mut stdin = child.stdin.take().expect("piped");
    let (mut stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let input = std::thread::spawn(move || stdin.write_all(b"echo one\necho two>&2\nexit 3\n"));
    let read = |stream: &mut dyn Read| {
        let mut all = String::new();
        stream.read_to_string(&mut all).expect("read");
        all
    };
    let output = std::thread::spawn(move || read(&mut stdout));
    let errors = std::thread::spawn(move || read(&mut stderr));
    assert_eq!(child.wait().expect("over").code(), 3);
    input.join().expect("joined").expect("written");
    assert_eq!(output.join().expect("joined"), "one\r\n");
    assert_eq!(errors.join().expect("joined"), "two\r\n");
    drop((child, silo));
    sim.finish().assert_clean();
}

#[test]
fn who_attaches_has_no_streams_and_waits_while_another_kills() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let child = silo.command("sim-idle").stdin(Stdio::Piped).stdout(Stdio::Piped).spawn().expect("spawned");
    let mut attached = silo.open_process(child.id()).expect("opened");
    attached.refresh().expect("asked");
    assert!(attached.stdin.is_none() && attached.stdout.is_none() && attached.stderr.is_none());
    let waiter = std::thread::spawn(move || attached.wait().map(hcs_api::ExitStatus::code));
    child.kill().expect("killed");
    assert_eq!(waiter.join().expect("joined").expect("over"), 1067);
}

#[test]
fn a_polite_signal_then_a_kill_after_a_deadline() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let (silo, linux) = (running(&agent, "silo", SILO), running(&agent, "linux", LINUX));
    for (system, polite, killed) in [(&silo, ProcessSignal::CtrlC, 1067), (&linux, ProcessSignal::Number(15), 128 + 9)]
    {
        let mut child = system.command("sim-stubborn").spawn().expect("spawned");
        let began = sim.now();
        child.signal(polite).expect("told");
        assert_eq!(code(child.wait_within(Duration::from_secs(10))), Hresult::HCS_E_OPERATION_TIMEOUT);
        assert!(sim.now() - began >= Duration::from_secs(10));
        child.kill().expect("killed");
        assert_eq!(child.wait().expect("over").code(), killed);
    }
}

#[test]
fn a_linux_container_ends_with_its_first_process_and_a_windows_one_does_not() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let (silo, linux) = (running(&agent, "silo", SILO), running(&agent, "linux", LINUX));
    let mut init = linux.command("sleep 3").spawn().expect("spawned");
    let mut task = linux.command_args(["sh", "-c", "sleep 100"]).spawn().expect("spawned");
    assert_eq!(init.wait().expect("over").code(), 0);
    assert_eq!(task.wait().expect("over").code(), 137, "what is left is killed");
    linux.wait_for_exit(None).expect("over");
    assert_eq!(code(linux.command("true").spawn()), Hresult::HCS_E_SYSTEM_ALREADY_STOPPED);
    assert_eq!(silo.command("cmd /c exit 1").status().expect("ran").code(), 1);
    assert_eq!(silo.command("cmd /c exit 2").status().expect("ran").code(), 2, "its container lives");
}

#[test]
fn a_variable_that_is_set_twice_has_the_last_value() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let command = silo.command("cmd /c set SHELL_").env("SHELL_A", "1").env("SHELL_B", "2").env("SHELL_A", "3");
    assert_eq!(command.parameters().matches("SHELL_A").count(), 1, "a document has a member once");
    let output = command.output().expect("ran");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "SHELL_A=3\r\nSHELL_B=2\r\n");
}

/// One operation a call, a wait with a limit, and the operation closed whatever came of it.
#[test]
fn the_calls_of_a_client_in_another_language() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let informed = |call: &dyn Fn(hcs_api::OperationHandle) -> Hresult| {
        let operation = agent.create_operation(None);
        assert_eq!(call(operation), Hresult::S_OK);
        let told = agent.wait_for_operation_result_and_process_info(operation, 60_000);
        agent.close_operation(operation);
        told
    };
    let within = |call: &dyn Fn(hcs_api::OperationHandle) -> Hresult| {
        let operation = agent.create_operation(None);
        assert_eq!(call(operation), Hresult::S_OK);
        let told = agent.wait_for_operation_result(operation, 60_000);
        agent.close_operation(operation);
        told.code
    };
    let parameters = silo.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped).parameters();
    let process = std::cell::Cell::new(hcs_api::ProcessHandle::NULL);
    let (_, information) = informed(&|operation| {
        let (called, handle) = agent.create_process(silo.handle(), Text::Some(&parameters), operation);
        process.set(handle);
        called
    });
    let information = information.expect("it runs");
    assert!(information.std_error.is_null(), "what was not asked for is NULL after a creation");
    let (tell, told) = channel();
    let tell = std::sync::Mutex::new(tell);
    let callback = move |event: &hcs_api::Event| {
        let data = event.data.as_deref().unwrap_or_default().to_owned();
        _ = tell.lock().expect("not poisoned").send((event.kind, data));
    };
    let set = agent.set_process_callback(process.get(), 0, Some(std::sync::Arc::new(callback)));
    assert_eq!(set, Hresult::S_OK);

    let (_, opened) = agent.open_process(silo.handle(), information.process_id, GENERIC_ALL);
    let (outcome, again) = informed(&|operation| agent.get_process_info(opened, operation));
    let again = again.expect("it runs");
    assert_eq!((outcome.code, again.process_id), (Hresult::S_OK, information.process_id));
    let streams = [again.std_input, again.std_output, again.std_error];
    assert_eq!(streams, [hcs_api::StreamHandle::INVALID; 3], "the streams are their creator's");

    // A kill that does not come to an end: the operation is closed, and the request goes on without it.
    sim.fault(on(Call::TerminateProcess).nth(1).delay(Duration::from_secs(120)));
    let code = within(&|operation| agent.terminate_process(opened, operation, Text::Null));
    assert_eq!(code, Hresult::HCS_E_OPERATION_TIMEOUT);
    let close = r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#;
    let code = within(&|operation| agent.modify_process(process.get(), operation, Text::Some(close)));
    assert_eq!(code, Hresult::HCS_E_PROCESS_ALREADY_STOPPED, "it is being ended");
    agent.close_stream(information.std_input);

    // Its input has ended, and it ends by itself before the kill comes.
    let status = agent.wait_for_process_exit(process.get(), u32::MAX);
    let expected =
        format!(r#"{{"ProcessId":{},"Exited":true,"ExitCode":0,"LastWaitResult":0}}"#, information.process_id);
    assert_eq!(status.document.as_deref(), Some(&*expected));
    let event = told.recv_timeout(Duration::from_secs(30)).expect("told");
    assert_eq!(event, (EventType::ProcessExited.value(), expected));
    agent.close_process(opened);
    agent.close_process(process.get());
    agent.close_stream(information.std_output);
    drop(silo);
    sim.finish().assert_clean();
}

#[test]
fn a_program_crashes_with_whatever_number() {
    let sim = Simulator::builder().start();
    sim.script("crash.exe", "crash 0xFFFFFFFF").expect("a script");
    sim.program("abort.exe", |guest| guest.crash(u32::MAX - 1));
    sim.program("segv.exe", |guest| guest.crash(11));
    let agent = sim.client("agent");
    let (silo, linux) = (running(&agent, "silo", SILO), running(&agent, "linux", LINUX));
    // The container of Linux ends with its first process.
    let _init = linux.command("sim-idle").spawn().expect("spawned");
    let exit = |system: &ComputeSystem<Client>, line: &str| system.command(line).status().expect("ran").code();
    assert_eq!((exit(&silo, "crash"), exit(&silo, "abort")), (u32::MAX, u32::MAX - 1));
    assert_eq!((exit(&linux, "crash"), exit(&linux, "abort")), (255, 254), "an exit code of Linux is a byte");
    assert_eq!(exit(&linux, "segv"), 139);
}

#[test]
fn a_console_is_one_stream_and_is_resized_while_output_comes() {
    let sim = Simulator::builder().start();
    sim.program("noisy.exe", |guest| {
        for number in 0..3 {
            let (width, height) = guest.console().expect("a console");
            _ = writeln!(guest.stdout(), "{number} {width}x{height}");
            _ = writeln!(guest.stderr(), "error {number}");
            guest.sleep(Duration::from_secs(1));
        }
        0
    });
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let command = silo.command("noisy").console(Some((80, 25))).stdout(Stdio::Piped).stderr(Stdio::Piped);
    let mut child = command.spawn().expect("spawned");
    assert!(child.stderr.is_none(), "with a console there is no stream for errors");
    sim.advance(Duration::from_millis(500));
    child.resize(132, 43).expect("resized");
    assert!(child.wait().expect("over").success());
    let mut text = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut text).expect("read");
    assert_eq!(text, "0 80x25\nerror 0\n1 132x43\nerror 1\n2 132x43\nerror 2\n");
}

#[test]
fn processes_are_told_over_before_their_system_and_only_to_their_own_listeners() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent, "silo", SILO);
    let (first, second) =
        (silo.command("sim-idle").spawn().expect("spawned"), silo.command("sim-idle").spawn().expect("spawned"));
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let listen = |who: &'static str| {
        let heard = heard.clone();
        move |event: &hcs_api::Event| heard.lock().expect("not poisoned").push((who, event.kind))
    };
    silo.on_event(listen("silo")).expect("registered");
    first.on_event(listen("first")).expect("registered");
    second.on_event(listen("second")).expect("registered");
    silo.terminate().expect("terminated");
    sim.drain();
    let (process, system) = (EventType::ProcessExited.value(), EventType::SystemExited.value());
    let heard = heard.lock().expect("not poisoned").clone();
    assert_eq!(heard, [("first", process), ("second", process), ("silo", system)]);
}

#[test]
fn a_process_beside_the_container_needs_a_machine_around_it() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let (silo, linux) = (running(&agent, "silo", SILO), running(&agent, "linux", LINUX));
    let none = code(silo.command("cmd /c exit 0").in_utility_vm().spawn());
    assert_eq!(none, Hresult::ERROR_NOT_SUPPORTED, "a silo has no machine");
    let mut beside = linux.command("sleep 1").in_utility_vm().spawn().expect("spawned");
    assert!(beside.wait().expect("over").success());
    // The first process of the container itself is still to come.
    assert!(linux.command("true").status().expect("ran").success());
}
