//! What a disk is through its life.

use hcs_machine::handle::Handle;
use hcs_machine::input::disk::{CreateDisk, DiskInformation, Merge, SetInformation};
use hcs_machine::input::{DiskRequest, FileEvent, Text, VolumeEvent};
use hcs_rules::build::Build;
use hcs_rules::disk::{self, DiskClass, attach};
use hcs_rules::hresult::Hresult;
use uuid::Uuid;

use crate::common::disk::{SECOND, STAYS, VHDX, child_of, sized};
use crate::common::{ONE, TWO, World};
use crate::{BASE, CHILD, GIGABYTE, NEW, OK, world};

/// A file on a volume, by its path from there.
fn on(volume: &str, name: &str) -> String {
    format!("{volume}\\{name}")
}

/// The names in the root folder of an attached disk's volume.
fn root_of(world: &World, volume: &str) -> Vec<String> {
    let root = format!("{volume}\\");
    // The folder that a format leaves is on every volume.
    let names = world.host.files().names(&root).expect("the volume is there");
    let names = names.filter(|(name, _)| ***name != *hcs_rules::layer::form::VOLUME_INFORMATION);
    names.map(|(name, _)| name.to_string()).collect()
}

fn put(world: &mut World, path: &str) {
    assert!(world.files(FileEvent::Put(path.into(), b"bytes"[..].into())));
}

/// Attaches a disk, puts a file on its volume, detaches it.
fn write_on(world: &mut World, path: &str, name: &str) {
    let disk = world.open_disk(path);
    assert_eq!(world.attach(disk, STAYS), OK);
    let volume = world.mount_path(disk).expect("it is attached");
    put(world, &on(&volume, name));
    assert_eq!(world.detach(disk), OK);
    world.close_disk(disk);
}

/// What is in the root folder of a disk's volume.
fn content(world: &mut World, path: &str) -> Vec<String> {
    let disk = world.open_disk(path);
    assert_eq!(world.attach(disk, STAYS | attach::READ_ONLY), OK);
    let volume = world.mount_path(disk).expect("it is attached");
    let names = root_of(world, &volume);
    assert_eq!(world.detach(disk), OK);
    world.close_disk(disk);
    names
}

#[test]
fn a_disk_is_attached_as_long_as_it_was_asked_to_be() {
    let mut world = world();
    let (one, other) = (world.open_disk(CHILD), world.open_disk(CHILD));
    assert_eq!(world.attach(one, 0), OK);
    assert_eq!(world.physical_path(other).as_deref(), Ok(r"\\.\PhysicalDrive1"));
    let volume = world.mount_path(one).expect("it has a volume");
    assert!(volume.starts_with(r"\\?\Volume{") && volume.ends_with('}'), "{volume}");
    assert_eq!(world.close_disk(one), OK);
    assert_eq!(world.mount_path(other), Ok(volume.clone()), "the last handle keeps it");
    assert_eq!(world.close_disk(other), OK);
    let again = world.open_disk(CHILD);
    assert_eq!(world.mount_path(again), Err(Hresult::ERROR_NOT_READY));
    assert_eq!(world.attach(again, STAYS), OK);
    assert_eq!(world.mount_path(again), Ok(volume), "the volume is the same");
    assert_eq!(world.close_disk(again), OK);
    let later = world.open_disk(CHILD);
    assert_eq!(world.physical_path(later).as_deref(), Ok(r"\\.\PhysicalDrive1"));
    assert_eq!(world.detach(later), OK);
}

#[test]
fn a_client_that_dies_closes_its_disks() {
    let mut world = world();
    let disk = world.try_open_as(TWO, CHILD, 0, 0, SECOND).expect("it is opened");
    assert_eq!(
        crate::common::disk::code(world.disk_call_of(TWO, DiskRequest::AttachVirtualDisk { disk, flags: 0 })),
        OK
    );
    let mine = world.open_disk(CHILD);
    assert!(world.mount_path(mine).is_ok());
    world.close_disk(mine);
    world.world(hcs_machine::input::WorldEvent::ClientDeath(TWO));
    let mine = world.open_disk(CHILD);
    assert_eq!(world.mount_path(mine), Err(Hresult::ERROR_NOT_READY));
    assert_eq!(world.disk_code(DiskRequest::CloseHandle { disk }), Hresult::ERROR_INVALID_HANDLE);
}

#[test]
fn disks_are_numbered_by_the_lowest_number_that_is_free() {
    let mut world = world();
    let disks: Vec<Handle> = (0..3)
        .map(|count| {
            world.disk(&format!(r"C:\disks\{count}.vhdx"), sized(GIGABYTE));
            let disk = world.open_disk(&format!(r"C:\disks\{count}.vhdx"));
            assert_eq!(world.attach(disk, STAYS), OK);
            disk
        })
        .collect();
    assert_eq!(world.physical_path(disks[2]).as_deref(), Ok(r"\\.\PhysicalDrive3"));
    assert_eq!(world.detach(disks[0]), OK);
    let child = world.open_disk(CHILD);
    assert_eq!(world.attach(child, STAYS), OK);
    assert_eq!(world.physical_path(child).as_deref(), Ok(r"\\.\PhysicalDrive1"));
    assert_eq!(world.mount_path(disks[1]).as_deref(), Ok(""), "never formatted, it has no volume");
}

#[test]
fn a_child_begins_as_its_parent_and_goes_its_own_way() {
    let mut world = world();
    write_on(&mut world, BASE, "base.txt");
    // The base was written: the child that was made before is of another one.
    assert_eq!(world.try_open(CHILD), Err(Hresult::ERROR_VHD_CHILD_PARENT_ID_MISMATCH));
    world.disk(r"C:\disks\one.vhdx", child_of(BASE));
    world.disk(r"C:\disks\two.vhdx", child_of(BASE));
    write_on(&mut world, r"C:\disks\one.vhdx", "one.txt");
    assert_eq!(content(&mut world, r"C:\disks\one.vhdx"), ["base.txt", "one.txt"]);
    assert_eq!(content(&mut world, r"C:\disks\two.vhdx"), ["base.txt"]);
    assert_eq!(content(&mut world, BASE), ["base.txt"], "and nobody wrote the base");
    assert!(world.try_open(r"C:\disks\two.vhdx").is_ok());
}

#[test]
fn two_copies_of_a_volume_are_two_volumes_while_both_are_attached() {
    let mut world = world();
    world.disk(r"C:\disks\second.vhdx", child_of(BASE));
    let (one, two) = (world.open_disk(CHILD), world.open_disk(r"C:\disks\second.vhdx"));
    assert_eq!(world.attach(one, STAYS), OK);
    assert_eq!(world.attach(two, STAYS), OK);
    let (first, second) = (world.mount_path(one).expect("one"), world.mount_path(two).expect("two"));
    assert_ne!(first, second);
    put(&mut world, &on(&first, "one.txt"));
    assert_eq!(root_of(&world, &second), Vec::<String>::new());
    assert_eq!(world.detach(one), OK);
    assert_eq!(world.attach(one, STAYS), OK);
    assert_eq!(world.mount_path(one), Ok(first));
}

#[test]
fn a_merge_gives_the_parent_what_the_child_holds() {
    let mut world = world();
    world.disk(r"C:\disks\grandchild.vhdx", child_of(CHILD));
    write_on(&mut world, r"C:\disks\grandchild.vhdx", "new.txt");
    let grandchild = world.open_disk(r"C:\disks\grandchild.vhdx");
    assert_eq!(world.resize(grandchild, 0, 3 * GIGABYTE), OK);
    assert_eq!(world.merge(grandchild, Merge::Between(1, 3)), OK);
    world.close_disk(grandchild);
    assert_eq!(content(&mut world, BASE), ["new.txt"]);
    let base = world.open_disk(BASE);
    let Ok(DiskInformation::Size { virtual_size, .. }) = world.tell(base, DiskClass::Size) else { panic!("a size") };
    assert_eq!(virtual_size, 3 * GIGABYTE);
    assert_eq!(world.try_open(CHILD), Err(Hresult::ERROR_VHD_CHILD_PARENT_ID_MISMATCH), "it is worth nothing");
}

#[test]
fn a_chain_is_mended_by_saying_where_the_parent_is() {
    let mut world = world();
    let bytes = world.host.files().data(BASE).expect("the base").to_vec();
    assert!(world.files(FileEvent::Put(r"C:\disks\moved.vhdx".into(), bytes.into())));
    assert!(world.files(FileEvent::Remove(BASE.into())));
    assert_eq!(world.try_open(CHILD), Err(Hresult::ERROR_VHD_PARENT_VHD_NOT_FOUND));
    let child = world.try_open_as(ONE, CHILD, 0, disk::open::NO_PARENTS, SECOND).expect("without its parent");
    let looked_for = world.tell(child, DiskClass::ParentLocation).expect("it has one");
    let DiskInformation::ParentLocation(false, paths) = looked_for else { panic!("{looked_for:?}") };
    assert!(paths.iter().any(|path| **path == *BASE), "{paths:?}");
    assert_eq!(world.set(child, SetInformation::ParentPath(r"C:\disks\moved.vhdx".into())), OK);
    let found = world.tell(child, DiskClass::ParentLocation).expect("it has one");
    assert!(matches!(found, DiskInformation::ParentLocation(true, _)), "{found:?}");
    world.close_disk(child);
    assert!(world.try_open(CHILD).is_ok());
}

#[test]
fn a_disk_tells_what_it_was_made_as() {
    let mut world = world();
    let id = Uuid::from_u128(77);
    world.disk(NEW, CreateDisk { id, sector: 4096, ..sized(5 * GIGABYTE) });
    let disk = world.open_disk(NEW);
    let physical_size = world.host.files().data(NEW).expect("its file").len();
    let expected = [
        (
            DiskClass::Size,
            DiskInformation::Size { virtual_size: 5 * GIGABYTE, physical_size, block: 1 << 20, sector: 4096 },
        ),
        (DiskClass::Identifier, DiskInformation::Identifier(id)),
        (DiskClass::VirtualStorageType, DiskInformation::VirtualStorageType(VHDX)),
        (DiskClass::ProviderSubtype, DiskInformation::ProviderSubtype(3)),
        (DiskClass::Is4kAligned, DiskInformation::Is4kAligned(true)),
        (DiskClass::PhysicalDisk, DiskInformation::PhysicalDisk(4096, 4096, false)),
        (DiskClass::PhysicalSectorSize, DiskInformation::PhysicalSectorSize(4096)),
        (DiskClass::SmallestSafeVirtualSize, DiskInformation::SmallestSafeVirtualSize(3 << 20)),
        (DiskClass::Fragmentation, DiskInformation::Fragmentation(0)),
        (DiskClass::IsLoaded, DiskInformation::IsLoaded(false)),
        (DiskClass::VirtualDiskId, DiskInformation::VirtualDiskId(id)),
    ];
    for (class, believed) in expected {
        assert_eq!(world.tell(disk, class), Ok(believed), "{class:?}");
    }
    assert_eq!(world.attach(disk, STAYS), OK);
    assert_eq!(world.tell(disk, DiskClass::IsLoaded), Ok(DiskInformation::IsLoaded(true)));
    let child = world.open_disk(CHILD);
    let base = world.open_disk(BASE);
    assert_eq!(world.tell(child, DiskClass::ProviderSubtype), Ok(DiskInformation::ProviderSubtype(4)));
    assert_eq!(world.tell(child, DiskClass::ParentTimestamp), Ok(DiskInformation::ParentTimestamp(0)));
    assert_eq!(world.tell(child, DiskClass::VirtualDiskId), world.tell(base, DiskClass::VirtualDiskId));
}

#[test]
fn room_is_taken_by_what_a_file_is_long() {
    let mut world = world();
    let room = |world: &World| world.host.files().room('C').expect("the volume");
    let before = room(&world);
    let parameters = Some(sized(GIGABYTE));
    let (storage, path) = (Some(VHDX), Text::from(NEW));
    let fixed = DiskRequest::CreateVirtualDisk { storage, path, access: 0, flags: 1, parameters, out: true };
    assert_eq!(world.disk_code(fixed), OK);
    assert_eq!(before - room(&world), GIGABYTE + (4 << 20), "every block, the headers and the table");
    let disk = world.open_disk(NEW);
    assert_eq!(world.tell(disk, DiskClass::ProviderSubtype), Ok(DiskInformation::ProviderSubtype(2)));
    world.disk(r"C:\disks\dynamic.vhdx", sized(40 * GIGABYTE));
    assert_eq!(before - room(&world), GIGABYTE + (8 << 20));
    let fixed = DiskRequest::CreateVirtualDisk {
        storage,
        path: r"C:\disks\huge.vhdx".into(),
        access: 0,
        flags: 1,
        parameters: Some(sized(200 * GIGABYTE)),
        out: true,
    };
    assert_eq!(world.disk_code(fixed), Hresult::ERROR_DISK_FULL);
    assert!(world.host.files().data(r"C:\disks\huge.vhdx").is_err(), "nothing is left of it");
}

#[test]
fn a_disk_becomes_as_small_as_its_volume_lets_it() {
    let mut world = world();
    let base = world.open_disk(BASE);
    assert_eq!(world.resize(base, 0, 4 * GIGABYTE), OK);
    assert_eq!(world.resize(base, 2, 0), OK);
    let Ok(DiskInformation::Size { virtual_size, .. }) = world.tell(base, DiskClass::Size) else { panic!("a size") };
    assert_eq!(virtual_size, GIGABYTE, "the volume is as large as it was made");
    assert_eq!(world.resize(base, 2, 1), Hresult::E_INVALIDARG);
    assert_eq!(world.resize(base, 1, 8 << 20), OK, "whatever is lost");
    assert_eq!(world.attach(base, STAYS), OK);
    assert_eq!(world.mount_path(base).as_deref(), Ok(""), "and the volume is");
}

#[test]
fn a_disk_that_a_client_attaches_without_elevation_has_no_volume() {
    let mut world = World::on(Build::B26100);
    world.files(FileEvent::Folder(r"C:\disks".into()));
    world.formatted(BASE, sized(GIGABYTE));
    world.input(&hcs_machine::Input::Connect(hcs_rules::access::Rights::HyperVAdministrator));
    let weak = hcs_machine::ClientId(3);
    let disk = world.try_open_as(weak, BASE, 0, 0, SECOND).expect("it is opened");
    let attach = |world: &mut World| {
        let request = DiskRequest::AttachVirtualDisk { disk, flags: STAYS };
        crate::common::disk::code(world.disk_call_of(weak, request))
    };
    assert_eq!(attach(&mut world), Hresult::ERROR_PRIVILEGE_NOT_HELD);
    let privilege = hcs_rules::privilege::Privilege::ManageVolume;
    assert!(world.world(hcs_machine::input::WorldEvent::Privilege(weak, privilege, true)));
    assert_eq!(attach(&mut world), OK);
    let mine = world.open_disk(BASE);
    assert_eq!(world.mount_path(mine).as_deref(), Ok(""));
    assert_eq!(world.physical_path(mine).as_deref(), Ok(r"\\.\PhysicalDrive1"));
}

#[test]
fn windows_server_2019_formats_the_physical_disk() {
    let mut world = World::on(Build::B17763);
    world.files(FileEvent::Folder(r"C:\disks".into()));
    let disk = world.try_create(BASE, sized(20 * GIGABYTE)).expect("it is made");
    assert_eq!(world.format(disk), Hresult::ERROR_INVALID_FUNCTION);
    assert_eq!(world.attach(disk, STAYS), OK);
    assert_eq!(world.format(disk), Hresult::ERROR_INVALID_FUNCTION);
    let device = world.device(r"\\.\physicaldrive1").expect("it is attached");
    assert_eq!(world.format(device), OK);
    let volume = world.mount_path(disk).expect("it has a volume");
    put(&mut world, &on(&volume, "a.txt"));
    assert_eq!(world.close_disk(device), OK);
    assert_eq!(world.detach(disk), OK);
    world.close_disk(disk);
    assert_eq!(content(&mut world, BASE), ["a.txt"]);
}

#[test]
fn a_disk_on_a_disk_holds_the_one_below() {
    let mut world = world();
    let outer = world.open_disk(BASE);
    assert_eq!(world.attach(outer, 0), OK);
    let volume = world.mount_path(outer).expect("it has a volume");
    let path = on(&volume, "inner.vhdx");
    world.formatted(&path, sized(64 << 20));
    let inner = world.open_disk(&path);
    assert_eq!(world.attach(inner, STAYS), OK);
    assert_eq!(world.detach(outer), Hresult::ERROR_SHARING_VIOLATION);
    // The last handle goes, and with it the disk that was not to stay, whatever is on it.
    assert_eq!(world.close_disk(outer), OK);
    assert_eq!(world.mount_path(inner), Err(Hresult::ERROR_NOT_READY));
    assert_eq!(world.attach(inner, STAYS), Hresult::ERROR_FILE_NOT_FOUND);
    let outer = world.open_disk(BASE);
    assert_eq!(world.attach(outer, STAYS), OK);
    let volume = world.mount_path(outer).expect("it has a volume");
    assert_eq!(root_of(&world, &volume), ["inner.vhdx"]);
    let inner = world.open_disk(&path);
    assert_eq!(world.attach(inner, STAYS), OK, "nobody has it any more");
}

#[test]
fn trouble_that_is_told_ahead_is_met_by_who_opens_a_disk() {
    let mut world = world();
    assert!(world.files(FileEvent::InUseFor(CHILD.into(), 2)));
    assert_eq!(world.try_open(CHILD), Err(Hresult::ERROR_SHARING_VIOLATION));
    assert_eq!(world.try_open(CHILD), Err(Hresult::ERROR_SHARING_VIOLATION));
    assert!(world.try_open(CHILD).is_ok());
    assert!(world.files(FileEvent::Volume('C', VolumeEvent::NotReadyFor(1))));
    assert_eq!(world.try_open(CHILD), Err(Hresult::ERROR_NOT_READY));
    assert!(world.try_open(CHILD).is_ok());
}
