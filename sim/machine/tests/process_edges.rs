//! Small stories of processes at the edges of their lives: each was found by a search, and failed once.

mod common;

use common::{CONTAINER, HOSTED, LATENCY, LINUX, ONE, World};
use hcs_machine::effect::Reply;
use hcs_machine::input::{End, Fate, Request, Text, WorldEvent};
use hcs_rules::hresult::Hresult;
use hcs_rules::time::{MILLISECOND, SECOND};

#[test]
fn a_creation_that_loses_its_guest_fails() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let (_, operation) = world.create(ONE, machine, r#"{"CommandLine":"sleep 1"}"#);
    world.world(WorldEvent::GuestDisconnect("m".into()));
    world.pass(LATENCY);
    assert_eq!(world.result(operation), Hresult::HCS_E_CONNECTION_CLOSED);
}

#[test]
fn a_wait_for_a_process_that_is_never_made_ends() {
    let mut world = World::new();
    let container = world.system("c", CONTAINER);
    let (process, _) = world.create(ONE, container, r#"{"CommandLine":"nobody-has-this"}"#);
    let wait = world.wait(process);
    world.pass(LATENCY);
    assert_eq!(world.woken(wait), Some(Reply::Outcome(Hresult::ERROR_NOT_FOUND, None)));

    let (process, _) = world.create(ONE, container, r#"{"CommandLine":"sim-idle"}"#);
    let wait = world.wait(process);
    world.world(WorldEvent::ServiceStop);
    assert_eq!(world.woken(wait), Some(Reply::Outcome(Hresult::HCS_E_SERVICE_DISCONNECT, None)));
}

#[test]
fn a_process_that_is_never_made_is_forgotten_with_its_handle() {
    let mut world = World::new();
    let container = world.system("c", CONTAINER);
    for closes_early in [true, false] {
        let (process, _) = world.create(ONE, container, r#"{"CommandLine":"nobody-has-this"}"#);
        if closes_early {
            world.close_process(process);
        }
        world.pass(LATENCY);
        if !closes_early {
            world.close_process(process);
        }
        assert_eq!(world.host.processes(), 0, "closed before it fails: {closes_early}");
    }
}

#[test]
fn streams_that_nobody_can_take_are_closed_when_they_are_made() {
    let mut world = World::new();
    let container = world.system("c", CONTAINER);
    // Both would run for ever: one reads what nobody writes, the other writes what nobody reads.
    for parameters in [
        r#"{"CommandLine":"sim-echo-signals","CreateStdInPipe":true}"#,
        r#"{"CommandLine":"sim-flood","CreateStdOutPipe":true}"#,
    ] {
        let (process, _) = world.create(ONE, container, parameters);
        world.close_process(process);
        world.pass(LATENCY + SECOND);
        assert_eq!((world.host.processes(), world.host.pipes()), (0, 0), "{parameters}");
    }
}

#[test]
fn the_first_process_that_begins_is_the_init_of_a_container() {
    let mut world = World::new();
    world.system("m", LINUX);
    let container = world.system("h", HOSTED);
    // A client that mistypes the command tries again; the container then lives and dies with the second try.
    let (_, mistyped) = world.create(ONE, container, r#"{"CommandLine":"slep 1"}"#);
    world.pass(LATENCY);
    assert_eq!(world.result(mistyped), Hresult::E_FAIL);
    let (init, _) = world.spawn(ONE, container, r#"{"CommandLine":"sleep 1"}"#);
    let (other, _) = world.spawn(ONE, container, r#"{"CommandLine":"sim-idle"}"#);
    world.pass(2 * SECOND);
    assert_eq!((world.exit_code(init), world.exit_code(other)), (Some(0), Some(137)));
    let exit = world.code(Request::WaitForComputeSystemExit { system: container, timeout_ms: 0 });
    assert_eq!(exit, Hresult::S_OK);
}

#[test]
fn a_signal_that_meets_a_paused_system_is_taken_when_that_goes_on() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let (idle, _) = world.spawn(ONE, machine, r#"{"CommandLine":"sim-idle"}"#);
    let echo = r#"{"CommandLine":"sim-echo-signals","CreateStdInPipe":true,"CreateStdOutPipe":true}"#;
    let (echoing, information) = world.spawn(ONE, machine, echo);
    // The pause is done a moment before the signals are.
    let pause = world.pause(machine);
    world.pass(MILLISECOND);
    let operations = [world.signal(idle, r#"{"Signal":15}"#), world.signal(echoing, r#"{"Signal":15}"#)];
    world.pass(LATENCY);
    assert_eq!(world.result(pause), Hresult::S_OK);
    assert_eq!(operations.map(|operation| world.result(operation)), [Hresult::S_OK; 2]);
    world.pass(SECOND);
    assert_eq!(world.exit_code(idle), None, "nothing runs");
    world.resume(machine);
    world.pass(LATENCY);
    assert_eq!(world.exit_code(idle), Some(143));
    assert_eq!(world.read(information.streams[1]), b"SIGTERM\n");
}

#[test]
fn a_process_that_a_failed_terminate_leaves_in_a_paused_system_stands_too() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let (process, _) = world.spawn(ONE, machine, r#"{"CommandLine":"sleep 1"}"#);
    let operation = world.operation();
    let request = Request::TerminateProcess { process, operation, options: Text::Null };
    let fate = Fate { end: End::Fails(Hresult::E_FAIL, None), ..Fate::after(2 * LATENCY) };
    world.call_of(ONE, request, fate);
    world.pause(machine);
    world.pass(60 * SECOND);
    assert_eq!(world.result(operation), Hresult::E_FAIL);
    assert_eq!(world.exit_code(process), None, "its clock stands");
    world.resume(machine);
    world.pass(2 * SECOND);
    assert_eq!(world.exit_code(process), Some(0));
}

#[test]
fn a_program_that_ends_its_own_container_is_over_with_it() {
    let mut world = World::new();
    world.system("m", LINUX);
    let container = world.system("h", HOSTED);
    let (init, information) = world.spawn(ONE, container, r#"{"CommandLine":"sim-idle"}"#);
    let line = format!(
        r#"{{"CommandLine":"sh -c \"kill -KILL {}; sleep 1; echo on\"","CreateStdOutPipe":true}}"#,
        information.id
    );
    let (killer, information) = world.spawn(ONE, container, &line);
    world.pass(5 * SECOND);
    assert_eq!((world.exit_code(init), world.exit_code(killer)), (Some(137), Some(137)));
    assert_eq!(world.read(information.streams[1]), b"");
    assert_eq!(world.host.next_due(), None, "nothing of it goes on");
}
