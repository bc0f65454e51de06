//! Small stories of processes at the edges of their lives: each was found by a search, and failed once.

mod common;

use common::{LATENCY, LINUX, ONE, World};
use hcs_machine::input::WorldEvent;
use hcs_rules::hresult::Hresult;

#[test]
fn a_creation_that_loses_its_guest_fails() {
    let mut world = World::new();
    let machine = world.system("m", LINUX);
    let (_, operation) = world.create(ONE, machine, r#"{"CommandLine":"sleep 1"}"#);
    world.world(WorldEvent::GuestDisconnect("m".into()));
    world.pass(LATENCY);
    assert_eq!(world.result(operation), Hresult::HCS_E_CONNECTION_CLOSED);
}
