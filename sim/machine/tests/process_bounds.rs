//! What runs in guests cannot make the double grow, hang or do endless work: bombs, loops, floods, clocks that tick.

mod common;

use common::{CONTAINER, LINUX, ONE, World};
use hcs_machine::{Host, Input, Time};
use hcs_rules::guest::{MOST_PROCESSES, PIPE_CAPACITY};
use hcs_rules::time::{MILLISECOND, SECOND};

/// Ticks until this moment, but at most so often. How often it was.
fn tick_until(world: &mut World, end: Time, most: usize) -> usize {
    let mut ticks = 0;
    let mut effects = Vec::new();
    while let Some(due) = world.host.next_due().filter(|due| *due <= end && ticks < most) {
        effects.clear();
        world.host.step(due, &Input::Tick, &mut effects);
        world.now = due;
        ticks += 1;
        assert!(effects.len() <= MOST_PROCESSES, "one moment has few effects");
    }
    ticks
}

#[test]
fn a_program_that_starts_itself_over_and_over_comes_to_a_limit() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    // Each leaves another behind, and ends: their number stays, whatever the time.
    let line = r#"{"CommandLine":"sh -c \"echo 'sh /tmp/b & sh /tmp/b & wait' > /tmp/b; sh /tmp/b\""}"#;
    world.spawn(ONE, machine, line);
    let end = Time(world.now.0 + 14 * MILLISECOND);
    tick_until(&mut world, end, 200_000);
    let before = world.host.processes();
    assert!(before > 1_000, "it doubles: {before}");
    assert!(before <= MOST_PROCESSES);
}

#[test]
fn a_fork_that_asks_for_more_than_there_can_be_is_told_so() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let line = r#"{"CommandLine":"sim-fork 4000000000","CreateStdErrPipe":true}"#;
    let (fork, information) = world.spawn(ONE, machine, line);
    let end = Time(world.now.0 + 10 * SECOND);
    tick_until(&mut world, end, 3 * MOST_PROCESSES);
    assert_eq!(world.host.processes(), MOST_PROCESSES, "those that there can be");
    assert_eq!(world.exit_code(fork), Some(127));
    assert_eq!(world.read(information.streams[2]), b"sim-idle: not found\n");
    // All of them go with their system, and nothing is left.
    world.world(hcs_machine::input::WorldEvent::WorkerCrash("m".into()));
    assert_eq!((world.host.processes(), world.host.next_due()), (1, None));
}

#[test]
fn a_program_that_never_waits_takes_time_all_the_same() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let container = world.system("c", CONTAINER);
    let endless = [
        (machine, r#"{"CommandLine":"sh -c \"while true; do :; done\""}"#),
        (machine, r#"{"CommandLine":"sh -c \"while true; do echo x; done\""}"#),
        (machine, r#"{"CommandLine":"sh -c \"while true; do x=$x$x$x.; done\""}"#),
        (machine, r#"{"CommandLine":"sh -c \"while true; do echo x >> /tmp/f; done\""}"#),
        (machine, r#"{"CommandLine":"sh -c \"f() { f; f; }; f\""}"#),
        (machine, r#"{"CommandLine":"sim-flood"}"#),
        (container, r#"{"CommandLine":"cmd /c for /l %i in (1,0,2) do rem"}"#),
        (container, r#"{"CommandLine":"cmd /c for /l %i in (1,1,2000000000) do echo x"}"#),
        (container, r#"{"CommandLine":"sim-flood"}"#),
    ];
    for (system, line) in endless {
        let (process, _) = world.spawn(ONE, system, line);
        let begin = world.now;
        let ticks = tick_until(&mut world, Time(begin.0 + SECOND), 2_000);
        assert!(world.now > begin, "{line}: time passes");
        assert!(ticks <= 2_000);
        if world.exit_code(process).is_none() {
            world.terminate(process);
            world.pass(common::LATENCY);
            assert!(world.exit_code(process).is_some(), "{line}: it can be killed");
        }
    }
}

#[test]
fn a_day_of_a_program_that_ticks_leaves_nothing_behind() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let line = r#"{"CommandLine":"sh -c \"while true; do sleep 10; sleep 0; done\""}"#;
    let (_, _) = world.spawn(ONE, machine, line);
    let ping = r#"{"CommandLine":"ping -c 100000 host","CreateStdOutPipe":true}"#;
    let (_, information) = world.spawn(ONE, machine, ping);
    let begin = world.now;
    let ticks = tick_until(&mut world, Time(begin.0 + 100_000 * SECOND), 1_000_000);
    assert!(ticks < 500_000, "few moments: {ticks}");
    assert_eq!(world.host.waits(), 0);
    assert!(world.host.processes() <= 4, "{}", world.host.processes());
    assert!(world.read(information.streams[1]).len() <= 2 * PIPE_CAPACITY);
}

#[test]
fn one_moment_of_many_processes_is_one_stretch_of_each() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    world.spawn(ONE, machine, r#"{"CommandLine":"sim-fork 1000 sleep 5"}"#);
    world.pass(SECOND);
    let sleeping = world.host.processes();
    assert!(sleeping >= 1_000, "{sleeping}");
    // A jump far ahead does what was due meanwhile once, not once for each moment that has passed.
    let mut effects = Vec::new();
    let mut host: Host = world.host.clone();
    host.step(Time(world.now.0 + 1_000_000 * SECOND), &Input::Tick, &mut effects);
    host.step(Time(world.now.0 + 1_000_001 * SECOND), &Input::Tick, &mut effects);
    assert!(host.processes() <= 1, "{}", host.processes());
}
