//! Small stories of processes at the edges of their lives: each was found by a search, and failed once.

mod common;

use common::{CONTAINER, LATENCY, LINUX, ONE, World};
use hcs_machine::effect::Reply;
use hcs_machine::input::WorldEvent;
use hcs_rules::hresult::Hresult;
use hcs_rules::time::SECOND;

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
