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

/// A session on a console: lines back and forth, another size, the end of input, the exit code.
async fn session(container: &ComputeSystem<Client>, name: &str) -> u32 {
    let command = container.command("sim-size").stdin(Stdio::Piped).stdout(Stdio::Piped).console(Some((80, 25)));
    let mut sized = command.spawn_async().await.expect("spawned");
    let (mut stdin, mut stdout) = (sized.stdin.take().expect("piped"), sized.stdout.take().expect("piped"));
    assert_eq!(read_line(&mut stdout).await.trim_end(), "80x25");
    sized.resize(132, 43).expect("resized");
    stdin.write_all_async(b"look\n").await.expect("written");
    assert_eq!(read_line(&mut stdout).await.trim_end(), "132x43");
    sized.close_stdin().expect("closed");
    assert_eq!(sized.exited().await.expect("over").code(), 0, "its input has ended");

    let command = container.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped).env("NAME", name);
    let mut shell = command.spawn_async().await.expect("spawned");
    let (mut stdin, mut stdout) = (shell.stdin.take().expect("piped"), shell.stdout.take().expect("piped"));
    for number in 0..3 {
        stdin.write_all_async(format!("echo %NAME% {number}\n").as_bytes()).await.expect("written");
        assert_eq!(read_line(&mut stdout).await, format!("{name} {number}\r\n"));
    }
    stdin.write_all_async(b"exit 7\n").await.expect("written");
    drop(stdin);
    shell.exited().await.expect("over").code()
}

/// Reads up to the end of a line.
async fn read_line(stdout: &mut hcs_api::ChildOutput<Client>) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.last() != Some(&b'\n') && stdout.read_async(&mut byte).await.expect("read") == 1 {
        line.push(byte[0]);
    }
    String::from_utf8(line).expect("text")
}

#[test]
fn a_session_can_be_awaited() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let container = container(&agent);
    assert_eq!(hcs_api::block_on(session(&container, "one")), 7);
    drop(container);
    sim.finish().assert_clean();
}

/// A thousand shells in one container, spoken to in turn. The digest of it all.
fn thousand_sessions() -> String {
    let sim = Simulator::builder().seed(11).start();
    let agent = sim.client("agent");
    let container = container(&agent);
    let command = container.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped);
    let mut sessions: Vec<_> = (0..1_000)
        .map(|_| {
            let mut child = command.spawn().expect("spawned");
            let (stdin, stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
            (child, stdin, BufReader::new(stdout))
        })
        .collect();
    for round in 0..2 {
        for (number, (_, stdin, _)) in sessions.iter_mut().enumerate() {
            writeln!(stdin, "echo {number} in {round}").expect("written");
        }
        for (number, (_, _, stdout)) in sessions.iter_mut().enumerate() {
            let mut line = String::new();
            stdout.read_line(&mut line).expect("read");
            assert_eq!(line, format!("{number} in {round}\r\n"));
        }
    }
    let list = container.properties(Some(r#"{"PropertyTypes":["ProcessList"]}"#)).expect("asked");
    assert_eq!(list.matches("cmd.exe").count(), 1_000);
    for (number, (_, stdin, _)) in sessions.iter_mut().enumerate() {
        writeln!(stdin, "exit {number}").expect("written");
    }
    for (number, (child, ..)) in sessions.iter_mut().enumerate() {
        assert_eq!(child.wait().expect("over").code() as usize, number);
    }
    sim.digest()
}

#[test]
fn a_thousand_sessions_in_one_container_repeat_to_the_byte() {
    assert_eq!(thousand_sessions(), thousand_sessions());
}

/// The byte that a flood writes at a place.
fn flood_byte(at: usize) -> u8 {
    hcs_sim::flood_byte(5, at as u64)
}

#[test]
fn a_hundred_megabytes_come_through_a_buffer_that_is_bounded() {
    const LENGTH: usize = 100 << 20;
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let container = container(&agent);
    let mut child = container.command(&format!("sim-flood {LENGTH} 5")).stdout(Stdio::Piped).spawn().expect("spawned");
    let mut stdout = child.stdout.take().expect("piped");
    // Nobody reads for an hour: the flood stands at the buffer's size.
    sim.advance(Duration::from_secs(3600));
    let mut buffer = vec![0; 1 << 20];
    let first = stdout.read(&mut buffer).expect("read");
    assert_eq!(first, hcs_sim::rules::guest::PIPE_CAPACITY);
    let mut total = 0;
    let mut count = first;
    while count > 0 {
        // Looking at each byte would take longer than everything else: one in a thousand, and both ends.
        for at in (0..count).step_by(997).chain([count - 1]) {
            assert_eq!(buffer[at], flood_byte(total + at), "at {}", total + at);
        }
        total += count;
        // A reader that takes its time, and a little at once.
        if total % 7 == 0 {
            sim.advance(Duration::from_millis(10));
        }
        count = stdout.read(&mut buffer).expect("read");
    }
    assert_eq!(total, LENGTH);
    assert!(child.wait().expect("over").success());
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
fn time_that_a_test_lets_pass_is_time_for_programs_in_rust() {
    let sim = Simulator::builder().start();
    sim.program("ticker", |guest| {
        for number in 1..=3 {
            guest.sleep(Duration::from_secs(10));
            _ = writeln!(guest.stdout(), "{number} at {}", guest.now().as_secs());
        }
        0
    });
    let agent = sim.client("agent");
    let container = container(&agent);
    let mut child = container.command("ticker").stdout(Stdio::Piped).spawn().expect("spawned");
    let begun = sim.now();
    sim.advance(Duration::from_secs(25));
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    for number in 1..=2 {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        assert_eq!(line, format!("{number} at {}\n", (begun + Duration::from_secs(10 * number)).as_secs()));
    }
    assert_eq!(sim.now(), begun + Duration::from_secs(25), "what is there is read at once");
    assert!(child.try_wait().expect("asked").is_none());
    sim.advance(Duration::from_secs(25));
    assert!(child.try_wait().expect("asked").is_some_and(|status| status.success()));
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
