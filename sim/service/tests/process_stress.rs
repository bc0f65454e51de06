//! Processes under stress: many at once, programs that are killed in each of their calls, worlds that end while everybody
//! waits, clients that die, clocks of each kind.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use hcs_api::{Child, ComputeSystem, ProcessSignal, Stdio};
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Clock, Guest, Simulator};

const LINUX: &str =
    r#"{"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{"KernelFilePath":"C:\\kernel"}},"GuestConnection":{}}}"#;

/// A process-isolated container that runs.
fn container(client: &Client) -> ComputeSystem<Client> {
    running(client, "c", r#"{"Container":{}}"#)
}

fn running(client: &Client, id: &str, document: &str) -> ComputeSystem<Client> {
    let system = ComputeSystem::create(client, id, document).expect("created");
    system.start().expect("started");
    system
}

/// Counts the programs that are on their threads.
#[derive(Clone, Default)]
struct Present(Arc<AtomicUsize>);

struct Here(Arc<AtomicUsize>);

impl Present {
    fn enter(&self) -> Here {
        self.0.fetch_add(1, Ordering::SeqCst);
        Here(self.0.clone())
    }

    /// Waits, in real time and not for long, until so many are there.
    fn comes_to(&self, count: usize) {
        let begin = Instant::now();
        while self.0.load(Ordering::SeqCst) != count {
            assert!(begin.elapsed() < Duration::from_secs(10), "{} instead of {count}", self.0.load(Ordering::SeqCst));
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs it on a thread of its own, and fails if that takes too long: a hang is a failure too.
fn within<T: Send + 'static>(limit: Duration, body: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let outcome = body();
        _ = send.send(());
        outcome
    });
    match receive.recv_timeout(limit) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

const LIMIT: Duration = Duration::from_secs(30);

// -- Many at once.

fn many(seed: u64) -> (String, u32) {
    let sim = Simulator::builder().seed(seed).start();
    sim.script("count", r#"stdout "one"; after 1s; stdout "two"; after 1s; exit 3"#).expect("a script");
    sim.program("double", |guest| {
        let mut input = Vec::new();
        _ = guest.stdin().read_to_end(&mut input);
        guest.sleep(Duration::from_millis(input.len() as u64));
        _ = guest.stdout().write_all(&input);
        _ = guest.stdout().write_all(&input);
        input.len() as u32
    });
    let owner = sim.client("owner");
    let container = container(&owner);
    let actors: Vec<_> = (0..8_usize)
        .map(|number| {
            let client = sim.client(&format!("actor {number}"));
            sim.spawn(&client, move |client| {
                let container = ComputeSystem::open(&client, "c").expect("opened");
                let mut sum = 0;
                for round in 0..25_usize {
                    match (number + round) % 5 {
                        0 => {
                            let output = container.command("cmd /c echo hi").output().expect("ran");
                            assert_eq!(output.stdout, b"hi\r\n");
                        }
                        1 => {
                            let output = container.command("count").output().expect("ran");
                            assert_eq!(output.status.code(), 3);
                        }
                        2 => {
                            let mut child = spawn(&container, "double");
                            let mut stdin = child.stdin.take().expect("piped");
                            stdin.write_all(&vec![b'x'; round]).expect("written");
                            drop(stdin);
                            let output = child.wait_with_output().expect("ran");
                            assert_eq!((output.stdout.len(), output.status.code()), (2 * round, round as u32));
                            sum += round as u32;
                        }
                        3 => {
                            let mut child = container.command("sim-idle").spawn().expect("spawned");
                            child.kill().expect("killed");
                            sum += child.wait().expect("over").code();
                        }
                        _ => {
                            let output = container.command("sim-flood 100000 7").output().expect("ran");
                            assert_eq!(output.stdout.len(), 100_000);
                        }
                    }
                }
                sum
            })
        })
        .collect();
    let sum = actors.into_iter().map(|actor| actor.join().expect("no panic")).sum();
    drop(container);
    sim.finish().assert_clean();
    (sim.digest(), sum)
}

fn spawn(container: &ComputeSystem<Client>, line: &str) -> Child<Client> {
    let command = container.command(line).stdin(Stdio::Piped).stdout(Stdio::Piped).stderr(Stdio::Piped);
    command.spawn().expect("spawned")
}

#[test]
fn two_hundred_processes_of_eight_clients_go_the_same_way_twice() {
    within(LIMIT, || {
        let first = many(7);
        assert_eq!(first, many(7));
        let other = many(8);
        assert_ne!(first.0, other.0, "another seed, another order");
        assert_eq!(first.1, other.1);
    });
}

// -- Programs that are killed in each of their calls.

type Blocker = (&'static str, fn(Guest) -> u32);

/// Each blocks for ever in another call.
fn blockers() -> Vec<Blocker> {
    vec![
        ("reads", |guest| {
            _ = guest.stdin().read(&mut [0]);
            1
        }),
        ("writes", |guest| {
            _ = guest.stdout().write_all(&[7; 200_000]);
            1
        }),
        ("sleeps", |guest| {
            guest.sleep(Duration::MAX);
            1
        }),
        ("takes", |guest| {
            guest.signal();
            1
        }),
        ("awaits", |guest| {
            let child = guest.spawn("sim-idle").expect("a child");
            guest.wait_for(child)
        }),
        ("catches", |guest| {
            // Whoever catches the unwinding of a process that is over gets no further with the next call.
            let caught = || guest.sleep(Duration::MAX);
            _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(caught));
            guest.sleep(Duration::from_secs(1));
            1
        }),
    ]
}

/// A world whose guests have all of them, and the same as async functions.
fn world_of_blockers(sim: &Simulator) -> (Vec<String>, Present) {
    let present = Present::default();
    let mut names = Vec::new();
    for (name, body) in blockers() {
        let here = present.clone();
        sim.program(name, move |guest| {
            let _here = here.enter();
            body(guest)
        });
        names.push(name.to_owned());
    }
    for name in ["reads", "writes", "sleeps", "takes"] {
        let (here, asynchronous) = (present.clone(), format!("{name}-async"));
        sim.program_async(&asynchronous, move |guest| {
            let here = here.clone();
            async move {
                let _here = here.enter();
                match name {
                    "reads" => _ = guest.stdin().read_async(&mut [0]).await,
                    "writes" => _ = guest.stdout().write_all_async(&[7; 200_000]).await,
                    "sleeps" => guest.sleep_async(Duration::MAX).await,
                    _ => _ = guest.signal_async().await,
                }
                1
            }
        });
        names.push(asynchronous);
    }
    (names, present)
}

#[test]
fn a_program_is_killed_in_whatever_call_it_is() {
    for clock in [Clock::Scheduled, Clock::Free(1.0)] {
        within(LIMIT, move || {
            let sim = Simulator::builder().clock(clock).start();
            let (names, present) = world_of_blockers(&sim);
            let agent = sim.client("agent");
            let container = container(&agent);
            for name in &names {
                let mut child = spawn(&container, name);
                present.comes_to_in(&sim, 1);
                child.kill().expect("killed");
                let stdin = child.stdin.take();
                assert_eq!(child.wait().expect("over").code(), 1067, "{name}");
                drop((stdin, child));
                present.comes_to_in(&sim, 0);
            }
        });
    }
}

impl Present {
    /// The same, while the world goes on.
    fn comes_to_in(&self, sim: &Simulator, count: usize) {
        sim.idle(|| self.comes_to(count));
    }
}

#[test]
fn programs_end_with_their_container_and_with_the_service() {
    for ending in ["terminate", "service", "crash of the client"] {
        within(LIMIT, move || {
            let sim = Simulator::builder().start();
            let (names, present) = world_of_blockers(&sim);
            let agent = sim.client("agent");
            let container = container(&agent);
            let children: Vec<_> = names.iter().map(|name| spawn(&container, name)).collect();
            present.comes_to_in(&sim, names.len());
            match ending {
                "terminate" => container.terminate().expect("terminated"),
                "service" => assert!(sim.service_stop()),
                _ => {
                    assert!(sim.client_death(&agent));
                    assert!(sim.service_stop());
                }
            }
            present.comes_to_in(&sim, 0);
            drop((children, container));
        });
    }
}

#[test]
fn programs_that_wait_end_with_their_world() {
    for clock in [Clock::Scheduled, Clock::Stepped, Clock::Free(1.0)] {
        within(LIMIT, move || {
            let panics = Arc::new(Mutex::new(Vec::new()));
            let sim = Simulator::builder().clock(clock).start();
            let (names, present) = world_of_blockers(&sim);
            let kept = panics.clone();
            let before = std::panic::take_hook();
            // The double's own panics, whichever test they are in; those of the tests' programs are meant.
            std::panic::set_hook(Box::new(move |panic| {
                let of_a_program = std::thread::current().name().is_some_and(|name| name.starts_with("hcs-sim "));
                let ours = panic.location().is_some_and(|place| place.file().contains("src"));
                if of_a_program && ours {
                    kept.lock().expect("no panic here").push(panic.to_string());
                } else if !of_a_program {
                    before(panic);
                }
            }));
            let agent = sim.client("agent");
            let driver = (clock == Clock::Stepped).then(|| {
                let sim = sim.clone();
                std::thread::spawn(move || {
                    for _ in 0..400 {
                        sim.advance(Duration::from_millis(20));
                        std::thread::sleep(Duration::from_millis(1));
                    }
                })
            });
            let container = container(&agent);
            let children: Vec<_> = names.iter().map(|name| spawn(&container, name)).collect();
            if clock == Clock::Stepped {
                driver.expect("a driver").join().expect("no panic");
                present.comes_to(names.len());
            } else {
                present.comes_to_in(&sim, names.len());
            }
            // The children, the container and the agent still use the world.
            drop(children);
            drop(container);
            drop(agent);
            drop(sim);
            present.comes_to(0);
            _ = std::panic::take_hook();
            assert_eq!(*panics.lock().expect("no panic here"), Vec::<String>::new(), "{clock:?}");
        });
    }
}

// -- Programs that misbehave.

#[test]
fn a_program_that_panics_crashes_its_process_alone() {
    within(LIMIT, || {
        let sim = Simulator::builder().start();
        sim.program("panics", |_| panic!("at the disco"));
        sim.program_async("panics-async", |_| async { panic!("there too") });
        sim.program("quiet", |_| 0);
        let agent = sim.client("agent");
        let (container, machine) = (container(&agent), running(&agent, "m", LINUX));
        for name in ["panics", "panics-async"] {
            assert_eq!(container.command(name).status().expect("ran").code(), 0xC000_0409);
            assert_eq!(machine.command(name).status().expect("ran").code(), 134);
        }
        assert!(container.command("quiet").status().expect("ran").success());
        drop((container, machine));
        assert_eq!(sim.finish().troubles.len(), 4, "each is told");
    });
}

#[test]
fn a_program_in_a_paused_machine_stands_whatever_it_does() {
    within(LIMIT, || {
        let sim = Simulator::builder().start();
        sim.program("ticks", |guest| {
            for _ in 0..1_000_000 {
                guest.sleep(Duration::from_secs(1));
                if guest.stdout().write_all(b".").is_err() {
                    return 1;
                }
            }
            0
        });
        let agent = sim.client("agent");
        let machine = running(&agent, "m", LINUX);
        let mut child = machine.command("ticks").stdout(Stdio::Piped).spawn().expect("spawned");
        let mut stdout = child.stdout.take().expect("piped");
        let mut one = [0];
        stdout.read_exact(&mut one).expect("it ticks");
        machine.pause(None).expect("paused");
        let late = child.wait_within(Duration::from_secs(3600)).expect_err("it stands");
        assert_eq!(late.code, Hresult::HCS_E_OPERATION_TIMEOUT);
        let mut ticks = [0; 64];
        let id = child.id();
        assert!(!sim.process_exit("m", id, 7), "nothing inside a paused machine ends");
        machine.resume().expect("resumed");
        // What it has said before the pause, and one more.
        let before = sim.now();
        let count = stdout.read(&mut ticks).expect("it ticks on");
        stdout.read_exact(&mut one).expect("and on");
        assert!(count < 10, "an hour would have been 3,600 ticks: {count}");
        assert!(sim.now() - before < Duration::from_secs(10));
        machine.terminate().expect("terminated");
    });
}

// -- Clients that block.

#[test]
fn readers_and_writers_come_back_when_what_they_wait_for_is_gone() {
    for ending in ["client", "service", "machine"] {
        within(LIMIT, move || {
            let sim = Simulator::builder().start();
            let owner = sim.client("owner");
            let machine = running(&owner, "m", LINUX);
            let agent = sim.client("agent");
            let reader = sim.spawn(&agent, |client| {
                let machine = ComputeSystem::open(&client, "m").expect("opened");
                let mut child = machine.command("sim-idle").stdout(Stdio::Piped).spawn().expect("spawned");
                child.stdout.take().expect("piped").read(&mut [0; 8])
            });
            let writer = sim.spawn(&agent, |client| {
                let machine = ComputeSystem::open(&client, "m").expect("opened");
                let mut child = machine.command("sim-idle").stdin(Stdio::Piped).spawn().expect("spawned");
                child.stdin.take().expect("piped").write_all(&[7; 1 << 20])
            });
            let waiter = sim.spawn(&agent, |client| {
                let machine = ComputeSystem::open(&client, "m").expect("opened");
                machine.command("sim-idle").spawn().expect("spawned").wait()
            });
            let killer = sim.client("killer");
            let world = sim.clone();
            let killer = sim.spawn(&killer, move |client| {
                let machine = ComputeSystem::open(&client, "m").expect("opened");
                machine.command("sleep 3").status().expect("slept");
                match ending {
                    "client" => assert!(world.client_death(&agent)),
                    "service" => assert!(world.service_stop()),
                    _ => assert!(world.worker_crash("m")),
                }
            });
            killer.join().expect("no panic");
            let read = reader.join().expect("no panic");
            let written = writer.join().expect("no panic");
            let waited = waiter.join().expect("no panic");
            match ending {
                "client" => assert!(read.is_err() && written.is_err() && waited.is_err()),
                "service" => assert!(read.expect("the end") == 0 && written.is_err() && waited.is_err()),
                _ => {
                    assert!(read.expect("the end") == 0 && written.is_err());
                    assert_eq!(waited.expect("over").code(), 137);
                }
            }
            drop(machine);
        });
    }
}

#[test]
fn both_outputs_are_read_however_full_they_are() {
    within(LIMIT, || {
        let sim = Simulator::builder().start();
        sim.program("both", |guest| {
            let (mut out, mut error) = (guest.stdout(), guest.stderr());
            for _ in 0..5 {
                error.write_all(&[b'e'; 100_000]).expect("read");
                out.write_all(&[b'o'; 100_000]).expect("read");
            }
            4
        });
        let agent = sim.client("agent");
        let container = container(&agent);
        let output = container.command("both").output().expect("ran");
        assert_eq!((output.stdout.len(), output.stderr.len(), output.status.code()), (500_000, 500_000, 4));
        assert!(output.stdout.iter().all(|byte| *byte == b'o') && output.stderr.iter().all(|byte| *byte == b'e'));
        drop(container);
        sim.finish().assert_clean();
    });
}

#[test]
fn a_callback_spawns_and_reads_itself() {
    for clock in [Clock::Scheduled, Clock::Free(1.0)] {
        within(LIMIT, move || {
            let sim = Simulator::builder().clock(clock).start();
            let agent = sim.client("agent");
            let container = Arc::new(container(&agent));
            let child = container.command("cmd /c exit 4").spawn().expect("spawned");
            let (send, receive) = mpsc::channel();
            let inside = container.clone();
            let send = Mutex::new(send);
            child
                .on_event(move |_| {
                    let output = inside.command("cmd /c echo from inside").output().map(|output| output.stdout);
                    _ = send.lock().expect("no panic").send(output);
                })
                .expect("registered");
            let output = sim.idle(|| receive.recv_timeout(Duration::from_secs(10))).expect("told").expect("ran");
            assert_eq!(output, b"from inside\r\n");
            drop(child);
        });
    }
}

#[test]
fn things_are_dropped_in_any_order() {
    within(LIMIT, || {
        for order in 0..120_usize {
            let sim = Simulator::builder().seed(order as u64).start();
            let (names, present) = world_of_blockers(&sim);
            let agent = sim.client("agent");
            let container = container(&agent);
            let mut child = spawn(&container, &names[order % names.len()]);
            let mut things: Vec<Box<dyn std::any::Any>> = vec![
                Box::new(child.stdin.take()),
                Box::new(child.stdout.take()),
                Box::new(child.stderr.take()),
                Box::new(container),
                Box::new(child),
                Box::new(agent),
            ];
            let report = sim.clone();
            things.push(Box::new(sim));
            let mut rest = order;
            while !things.is_empty() {
                let at = rest % things.len();
                rest /= things.len().max(2);
                drop(things.remove(at));
            }
            report.finish().assert_clean();
            drop(report);
            present.comes_to(0);
        }
    });
}

// -- Clocks.

#[test]
fn a_stepped_world_moves_its_programs_when_the_test_says() {
    within(LIMIT, || {
        let sim = Simulator::builder().clock(Clock::Stepped).start();
        sim.program("ready", |guest| {
            guest.sleep(Duration::from_secs(60));
            _ = guest.stdout().write_all(b"ready");
            guest.sleep(Duration::from_secs(60));
            6
        });
        let agent = sim.client("agent");
        let world = sim.clone();
        let (send, receive) = mpsc::channel();
        let client = std::thread::spawn(move || {
            let container = container(&agent);
            let mut child = container.command("ready").stdout(Stdio::Piped).spawn().expect("spawned");
            let mut bytes = [0; 5];
            child.stdout.take().expect("piped").read_exact(&mut bytes).expect("read");
            let at = world.now();
            let status = child.wait().expect("over");
            _ = send.send(());
            (bytes, at, status.code())
        });
        while receive.try_recv().is_err() && !client.is_finished() {
            sim.advance(Duration::from_millis(500));
            std::thread::sleep(Duration::from_micros(200));
        }
        let (bytes, at, code) = client.join().expect("no panic");
        assert_eq!((&bytes, code), (b"ready", 6));
        assert!(at >= Duration::from_secs(60), "{at:?}");
    });
}

#[test]
fn a_free_world_does_not_make_its_callers_sleep() {
    within(LIMIT, || {
        let sim = Simulator::builder().clock(Clock::Free(1.0)).start();
        sim.program("naps", |guest| {
            guest.sleep(Duration::from_secs(3600));
            2
        });
        let agent = sim.client("agent");
        let (container, machine) = (container(&agent), running(&agent, "m", LINUX));
        let begin = Instant::now();
        assert!(machine.command("sleep 3600").status().expect("ran").success());
        assert_eq!(container.command("naps").status().expect("ran").code(), 2);
        assert!(begin.elapsed() < Duration::from_secs(10), "an hour of a guest's is not one of the test's");
    });
}

#[test]
fn signals_reach_programs_that_take_them() {
    within(LIMIT, || {
        let sim = Simulator::builder().start();
        sim.program("polite", |guest| {
            guest.handle_signals();
            _ = guest.stdout().write_all(b"!");
            let signal = format!("{:?}", guest.signal());
            _ = guest.stdout().write_all(signal.as_bytes());
            0
        });
        let agent = sim.client("agent");
        let container = container(&agent);
        for _ in 0..20 {
            let mut child = container.command("polite").stdout(Stdio::Piped).spawn().expect("spawned");
            let mut stdout = child.stdout.take().expect("piped");
            stdout.read_exact(&mut [0]).expect("it is ready");
            child.signal(ProcessSignal::CtrlShutdown).expect("told");
            let mut said = String::new();
            stdout.read_to_string(&mut said).expect("read");
            assert_eq!(said, "Console(CtrlShutdown)");
            assert!(child.wait().expect("over").success());
        }
    });
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn tokios_paused_clock_moves_programs_too() {
    let sim = Simulator::builder().clock(Clock::Stepped).start();
    sim.program_async("late", |guest| async move {
        guest.sleep_async(Duration::from_secs(90)).await;
        _ = guest.stdout().write_all_async(b"late").await;
        8
    });
    let agent = sim.client("agent");
    let driver = tokio::spawn(hcs_sim::tokio::drive(sim.clone()));
    let begin = tokio::time::Instant::now();
    let container = ComputeSystem::create_async(&agent, "c", r#"{"Container":{}}"#).await.expect("created");
    container.start_async().await.expect("started");
    let output = container.command("late").output_async().await.expect("ran");
    assert_eq!((&output.stdout[..], output.status.code()), (&b"late"[..], 8));
    assert!(begin.elapsed() >= Duration::from_secs(90));
    driver.abort();
}
