//! Processes as a runtime uses them: exec, attach, resize, signal, kill, wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

use hcs_api::{ComputeSystem, Hcs, ProcessSignal, Stdio};
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Clock, Simulator};

/// A process-isolated container that runs.
fn container(client: &Client) -> ComputeSystem<Client> {
    let container = ComputeSystem::create(client, "c", r#"{"Container":{}}"#).expect("created");
    container.start().expect("started");
    container
}

#[test]
fn a_command_is_run_to_its_end() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let container = container(&agent);
    let output = container
        .command("cmd /c echo hi")
        .stdout(Stdio::Piped)
        .spawn()
        .expect("spawned")
        .wait_with_output()
        .expect("ran");
    assert_eq!(output.stdout, b"hi\r\n");
    assert!(output.status.success());
    let status = container.command("cmd /c exit 42").status().expect("ran");
    assert_eq!(status.code(), 42);
    drop(container);
    sim.finish().assert_clean();
}

#[test]
fn an_interactive_session_goes_back_and_forth() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let container = container(&agent);
    let mut child = container.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped).spawn().expect("spawned");
    let mut stdin = child.stdin.take().expect("piped");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    for word in ["one", "two", "three"] {
        writeln!(stdin, "echo {word}").expect("written");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        assert_eq!(line, format!("{word}\r\n"));
    }
    writeln!(stdin, "exit 7").expect("written");
    assert_eq!(child.wait().expect("over").code(), 7);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("read");
    assert_eq!(rest, "");
}

#[test]
fn a_killed_process_says_so() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let container = container(&agent);
    let mut child = container.command("sim-idle").spawn().expect("spawned");
    assert!(child.try_wait().expect("asked").is_none());
    let late = child.wait_within(Duration::from_secs(5)).expect_err("it never ends");
    assert_eq!(late.code, Hresult::HCS_E_OPERATION_TIMEOUT);
    child.kill().expect("killed");
    assert_eq!(child.wait().expect("over").code(), 1067);
    assert_eq!(child.kill().expect_err("over").code, Hresult::HCS_E_PROCESS_ALREADY_STOPPED);
    let child = container.command("sim-idle").spawn().expect("spawned");
    child.signal(ProcessSignal::CtrlC).expect("told");
    assert_eq!(agent.wait_for_process_exit(child.handle(), u32::MAX).code, Hresult::S_OK);
}

#[test]
fn a_program_in_rust_talks_to_its_client() {
    let sim = Simulator::builder().start();
    sim.program("upper.exe", |guest| {
        let mut input = BufReader::new(guest.stdin());
        let mut line = String::new();
        while input.read_line(&mut line).expect("readable") > 0 {
            write!(guest.stdout(), "{}", line.to_uppercase()).expect("written");
            line.clear();
        }
        guest.sleep(Duration::from_secs(3600));
        9
    });
    let agent = sim.client("agent");
    let container = container(&agent);
    let mut child = container.command("upper").stdin(Stdio::Piped).stdout(Stdio::Piped).spawn().expect("spawned");
    let mut stdin = child.stdin.take().expect("piped");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    for word in ["one\n", "two\n"] {
        stdin.write_all(word.as_bytes()).expect("written");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        assert_eq!(line, word.to_uppercase());
    }
    drop(stdin);
    assert_eq!(child.wait().expect("over").code(), 9);
    assert!(sim.now() > Duration::from_secs(3600));
}

#[test]
fn a_free_world_does_not_hurry_for_a_thread_that_reads_a_stream() {
    let sim = Simulator::builder().clock(Clock::Free(1.0)).start();
    sim.script("late.exe", r#"stdout "ready"; after 1h; stdout "late""#).expect("a script");
    let agent = sim.client("agent");
    let container = container(&agent);
    let mut child = container.command("late").stdout(Stdio::Piped).spawn().expect("spawned");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("read");
    assert_eq!(line, "ready\n");
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).map(|_| rest)
    });
    std::thread::sleep(Duration::from_millis(50));
    child.kill().expect("it is not over yet");
    assert_eq!(reader.join().expect("joined").expect("read"), "");
    assert_eq!(child.wait().expect("over").code(), 1067);
}

#[test]
fn who_waits_for_an_endless_program_in_a_free_world_does_not_stop_the_others() {
    let sim = Simulator::builder().clock(Clock::Free(1.0)).start();
    sim.script("tick.exe", "repeat forever ( after 1s )").expect("a script");
    let agent = sim.client("agent");
    let container = container(&agent);
    let child = container.command("tick").spawn().expect("spawned");
    let (other, handle) = (agent.clone(), child.handle());
    let waiter = std::thread::spawn(move || other.wait_for_process_exit(handle, u32::MAX).code);
    std::thread::sleep(Duration::from_millis(50));
    child.kill().expect("killed");
    assert_eq!(waiter.join().expect("joined"), Hresult::S_OK);
}
