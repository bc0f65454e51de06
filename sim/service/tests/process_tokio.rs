//! Processes on tokio: its traits for streams, its paused clock, its threads.

#![cfg(feature = "tokio")]

use std::time::Duration;

use hcs_api::{ComputeSystem, ProcessSignal, Stdio};
use hcs_sim::{Client, Clock, Simulator};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

const SILO: &str = r#"{"ShouldTerminateOnLastHandleClosed":true,"Container":{}}"#;

async fn running(client: &Client) -> ComputeSystem<Client> {
    let system = ComputeSystem::create_async(client, "silo", SILO).await.expect("created");
    system.start_async().await.expect("started");
    system
}

/// Lines back and forth, the end of input, the exit code.
async fn session(silo: &ComputeSystem<Client>) {
    let command = silo.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped);
    let mut child = command.spawn_async().await.expect("spawned");
    let mut stdin = child.stdin.take().expect("piped");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    for word in ["one", "two", "three"] {
        stdin.write_all(format!("echo {word}\n").as_bytes()).await.expect("written");
        assert_eq!(lines.next_line().await.expect("read").as_deref(), Some(word));
    }
    stdin.write_all(b"exit 4\n").await.expect("written");
    stdin.shutdown().await.expect("shut");
    drop(stdin);
    assert_eq!(lines.next_line().await.expect("read"), None);
    assert_eq!(child.exited().await.expect("over").code(), 4);
}

/// More than any buffer holds.
async fn flood(silo: &ComputeSystem<Client>) {
    const LENGTH: u64 = 1 << 20;
    let command = silo.command(&format!("sim-flood {LENGTH} 5")).stdout(Stdio::Piped);
    let mut child = command.spawn_async().await.expect("spawned");
    let mut bytes = Vec::new();
    let copied = tokio::io::copy(child.stdout.as_mut().expect("piped"), &mut bytes).await.expect("copied");
    assert_eq!(copied, LENGTH);
    assert!((0..).zip(&bytes).all(|(at, byte)| *byte == hcs_sim::flood_byte(5, at)));
    assert!(child.exited().await.expect("over").success());
}

/// A polite signal, a deadline on tokio's clock, a kill.
async fn deadline(silo: &ComputeSystem<Client>) {
    let child = silo.command("sim-stubborn").spawn_async().await.expect("spawned");
    child.signal_async(ProcessSignal::CtrlC).await.expect("told");
    assert!(timeout(Duration::from_secs(10), child.exited()).await.is_err(), "it ignores the signal");
    child.kill_async().await.expect("killed");
    assert_eq!(child.exited().await.expect("over").code(), 1067);
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_scheduled_world_under_a_paused_clock() {
    let sim = Simulator::builder().start();
    let silo = running(&sim.client("agent")).await;
    session(&silo).await;
    flood(&silo).await;
    deadline(&silo).await;
    drop(silo);
    sim.finish().assert_clean();
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_stepped_world_under_a_paused_clock() {
    let sim = Simulator::builder().clock(Clock::Stepped).start();
    let driver = tokio::spawn(hcs_sim::tokio::drive(sim.clone()));
    let silo = running(&sim.client("agent")).await;
    session(&silo).await;
    deadline(&silo).await;
    driver.abort();
    drop(silo);
    sim.finish().assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_on_threads_in_a_scheduled_world() {
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");
    let silo = running(&agent).await;
    timeout(Duration::from_secs(30), session(&silo)).await.expect("in time");
    let tasks = (0..8).map(|number| {
        let agent = agent.clone();
        tokio::spawn(async move {
            let silo = ComputeSystem::open(&agent, "silo").expect("opened");
            let line = format!("cmd /c ping -n 3 host >NUL& echo {number}");
            let output = silo.command(&line).output_async().await.expect("ran");
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{number}\r\n"));
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        timeout(Duration::from_secs(30), task).await.expect("in time").expect("joined");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_of_tasks_in_a_free_world() {
    let sim = Simulator::builder().clock(Clock::Free(100.0)).start();
    let silo = running(&sim.client("agent")).await;
    let command = silo.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped);
    let mut child = command.spawn_async().await.expect("spawned");
    let (mut stdin, mut stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let reader = tokio::spawn(async move {
        let mut all = String::new();
        stdout.read_to_string(&mut all).await.map(|_| all)
    });
    let writer = tokio::spawn(async move { stdin.write_all(b"echo a\nexit 2\n").await });
    let relayed = async {
        writer.await.expect("joined").expect("written");
        assert_eq!(reader.await.expect("joined").expect("read"), "a\r\n");
        assert_eq!(child.exited().await.expect("over").code(), 2);
    };
    timeout(Duration::from_secs(30), relayed).await.expect("in time");
}
