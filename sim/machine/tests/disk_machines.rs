//! Machines and their disks: what stands against one, and who else may have it while the machine runs.

mod common;

use common::disk::{STAYS, child_of, sized};
use common::{LATENCY, World};
use hcs_machine::handle::Handle;
use hcs_machine::input::disk::{Merge, SetInformation};
use hcs_machine::input::{FileEvent, Request, Text};
use hcs_rules::disk::attachment::{AttachmentFault, row};
use hcs_rules::hresult::Hresult;

const OK: Hresult = Hresult::S_OK;
const GIGABYTE: u64 = 1 << 30;
const BASE: &str = r"C:\disks\base.vhdx";
const DISK: &str = r"C:\disks\system.vhdx";

/// A machine with one disk.
fn document(path: &str, read_only: bool) -> String {
    let path = path.replace('\\', "\\\\");
    format!(
        r#"{{"VirtualMachine":{{"Devices":{{"Scsi":{{"0":{{"Attachments":{{"0":{{"Type":"VirtualDisk","Path":"{path}","ReadOnly":{read_only}}}}}}}}}}}}}}}"#
    )
}

/// A world with a child of a base, both granted to the machine `vm`.
fn world() -> World {
    let mut world = World::new();
    world.files(FileEvent::Folder(r"C:\disks".into()));
    world.formatted(BASE, sized(GIGABYTE));
    world.disk(DISK, child_of(BASE));
    for path in [BASE, DISK] {
        grant(&mut world, "vm", path);
    }
    world
}

fn grant(world: &mut World, id: &str, path: &str) {
    assert_eq!(world.code(Request::GrantVmAccess { id: id.into(), path: path.into() }), OK);
}

/// What an operation ends with.
fn end(world: &mut World, operation: Handle) -> Hresult {
    world.pass(LATENCY);
    let code = world.code(Request::GetOperationResult { operation });
    world.call(Request::CloseOperation { operation });
    code
}

fn create(world: &mut World, id: &str, document: &str) -> Handle {
    let operation = world.operation();
    let request = Request::CreateComputeSystem { id: id.into(), configuration: document.into(), operation, out: true };
    let hcs_machine::effect::Reply::Handle(OK, system) = world.call(request) else { panic!("{id} is not created") };
    assert_eq!(end(world, operation), OK);
    system
}

fn start(world: &mut World, system: Handle) -> Hresult {
    let operation = world.start(|operation| Request::StartComputeSystem { system, operation, options: Text::Null });
    end(world, operation)
}

fn terminate(world: &mut World, system: Handle) {
    let operation = world.start(|operation| Request::TerminateComputeSystem { system, operation, options: Text::Null });
    assert_eq!(end(world, operation), OK);
}

fn modify(world: &mut World, system: Handle, kind: &str, path: &str) -> Hresult {
    let settings = path.replace('\\', "\\\\");
    let request = format!(
        r#"{{"ResourcePath":"VirtualMachine/Devices/Scsi/0/Attachments/1","RequestType":"{kind}","Settings":{{"Type":"VirtualDisk","Path":"{settings}"}}}}"#
    );
    let operation = world.start(|operation| Request::ModifyComputeSystem {
        system,
        operation,
        configuration: request.as_str().into(),
    });
    end(world, operation)
}

/// Makes a world in which a machine's disk meets a fault.
fn meet(world: &mut World, fault: AttachmentFault) {
    let deny = |world: &mut World, path: &str| {
        let request = Request::RevokeVmAccess { id: "vm".into(), path: path.into() };
        assert_eq!(world.code(request), OK);
    };
    let put = |world: &mut World, path: &str| {
        assert!(world.files(FileEvent::Put(path.into(), b"no disk"[..].into())));
    };
    match fault {
        AttachmentFault::Missing => assert!(world.files(FileEvent::Remove(DISK.into()))),
        AttachmentFault::Denied => deny(world, DISK),
        AttachmentFault::Held => {
            let disk = world.open_disk(DISK);
            assert_eq!(world.attach(disk, STAYS), OK);
        }
        AttachmentFault::Damaged => put(world, DISK),
        AttachmentFault::ParentMissing => assert!(world.files(FileEvent::Remove(BASE.into()))),
        AttachmentFault::ParentDenied => deny(world, BASE),
        AttachmentFault::ParentHeld => assert!(world.files(FileEvent::Lock(BASE.into(), true))),
        AttachmentFault::ParentDamaged => put(world, BASE),
        AttachmentFault::ParentChanged => {
            let base = world.open_disk(BASE);
            assert_eq!(world.resize(base, 0, 2 * GIGABYTE), OK);
            world.close_disk(base);
        }
    }
}

#[test]
fn a_start_meets_every_fault_of_a_disk() {
    for fault in AttachmentFault::ALL.iter().copied() {
        let mut world = world();
        let system = create(&mut world, "vm", &document(DISK, false));
        meet(&mut world, fault);
        assert_eq!(start(&mut world, system), row(fault).code, "{fault:?}");
    }
}

#[test]
fn a_change_meets_every_fault_of_a_disk() {
    for fault in AttachmentFault::ALL.iter().copied() {
        let mut world = world();
        let system = create(&mut world, "vm", &document(r"C:\elsewhere\none.vhdx", false));
        assert_eq!(start(&mut world, system), OK, "a disk of a folder that is not simulated");
        meet(&mut world, fault);
        assert_eq!(modify(&mut world, system, "Add", DISK), row(fault).code, "{fault:?}");
        let there = world.host.resources("vm").iter().any(|held| held.path.ends_with("Attachments/1"));
        assert!(!there, "{fault:?}");
    }
}

#[test]
fn a_machine_that_runs_holds_its_disks() {
    let mut world = world();
    let opened = world.open_disk(DISK);
    let base = world.open_disk(BASE);
    let system = create(&mut world, "vm", &document(DISK, false));
    assert_eq!(start(&mut world, system), OK);
    let busy = Hresult::ERROR_SHARING_VIOLATION;
    assert_eq!(world.try_open(DISK), Err(busy));
    assert_eq!(world.attach(opened, STAYS), busy);
    assert_eq!(world.resize(opened, 0, 4 * GIGABYTE), busy);
    assert_eq!(world.merge(opened, Merge::Depth(1)), busy);
    assert_eq!(world.format(opened), busy);
    assert_eq!(world.set(opened, SetInformation::PhysicalSectorSize(512)), busy);
    assert_eq!(world.attach(base, STAYS), busy, "its parent is read by the machine");
    // Another machine is no better off, but may share the parent.
    grant(&mut world, "other", DISK);
    grant(&mut world, "other", BASE);
    let other = create(&mut world, "other", &document(DISK, false));
    assert_eq!(start(&mut world, other), busy);
    let second = r"C:\disks\second.vhdx";
    world.disk(second, child_of(BASE));
    grant(&mut world, "sibling", second);
    grant(&mut world, "sibling", BASE);
    let sibling = create(&mut world, "sibling", &document(second, false));
    assert_eq!(start(&mut world, sibling), OK);
    terminate(&mut world, system);
    assert_eq!(world.attach(base, STAYS), busy, "the sibling reads it still");
    assert_eq!(world.attach(opened, STAYS), OK);
    terminate(&mut world, sibling);
    assert_eq!(world.detach(opened), OK);
    assert_eq!(world.attach(base, STAYS), OK);
}

#[test]
fn a_disk_that_is_taken_out_is_free() {
    let mut world = world();
    let system = create(&mut world, "vm", &document(r"C:\elsewhere\none.vhdx", false));
    assert_eq!(start(&mut world, system), OK);
    assert_eq!(modify(&mut world, system, "Add", DISK), OK);
    assert_eq!(world.try_open(DISK), Err(Hresult::ERROR_SHARING_VIOLATION));
    assert_eq!(modify(&mut world, system, "Remove", DISK), OK);
    assert!(world.try_open(DISK).is_ok());
}

#[test]
fn machines_share_what_they_only_read() {
    let mut world = world();
    for id in ["one", "two"] {
        grant(&mut world, id, DISK);
        grant(&mut world, id, BASE);
        let system = create(&mut world, id, &document(DISK, true));
        assert_eq!(start(&mut world, system), OK, "{id}");
    }
    let system = create(&mut world, "vm", &document(DISK, false));
    assert_eq!(start(&mut world, system), Hresult::ERROR_SHARING_VIOLATION, "this one would write");
    let disk = world.open_disk(DISK);
    assert_eq!(world.attach(disk, STAYS), Hresult::ERROR_SHARING_VIOLATION);
    assert_eq!(world.attach(disk, STAYS | 1), OK, "to be read");
}

#[test]
fn the_group_of_machines_reads_and_does_not_write() {
    let mut world = world();
    for path in [BASE, DISK] {
        assert_eq!(world.code(Request::RevokeVmAccess { id: "vm".into(), path: path.into() }), OK);
        assert_eq!(world.code(Request::GrantVmGroupAccess { path: path.into() }), OK);
    }
    let system = create(&mut world, "vm", &document(DISK, false));
    assert_eq!(start(&mut world, system), Hresult::E_ACCESSDENIED);
    let reader = create(&mut world, "reader", &document(DISK, true));
    assert_eq!(start(&mut world, reader), OK);
}
