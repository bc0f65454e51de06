//! The calls on virtual disks: every fault of every call by its row, and what a disk is through its life.

mod common;

use common::disk::{SECOND, STAYS, VHDX, child_of, sized};
use common::{ONE, TWO, World};
use hcs_machine::disk::vhdx::{Parent, Shape};
use hcs_machine::handle::Handle;
use hcs_machine::input::disk::{CreateDisk, DiskInformation, Merge, OpenDisk, SetInformation, StorageType};
use hcs_machine::input::{DiskRequest, FileEvent, Text, VolumeEvent};
use hcs_rules::build::Build;
use hcs_rules::disk::{self, DiskClass, DiskFault, access, attach};
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use uuid::Uuid;

const OK: Hresult = Hresult::S_OK;
const GIGABYTE: u64 = 1 << 30;
const BASE: &str = r"C:\disks\base.vhdx";
const CHILD: &str = r"C:\disks\child.vhdx";
const NEW: &str = r"C:\disks\new.vhdx";

/// A world with a formatted disk and a child of it.
fn world_of(build: Build) -> World {
    let mut world = World::on(Build::B26100);
    world.files(FileEvent::Folder(r"C:\disks".into()));
    world.formatted(BASE, sized(GIGABYTE));
    world.disk(CHILD, child_of(BASE));
    if build != Build::B26100 {
        world = World::on(build);
        world.files(FileEvent::Folder(r"C:\disks".into()));
        world.disk(BASE, sized(GIGABYTE));
        world.disk(CHILD, child_of(BASE));
    }
    world
}

fn world() -> World {
    world_of(Build::B26100)
}

/// Bytes of a disk that is not the base.
fn other_disk(parent: Option<Parent>) -> Vec<u8> {
    let shape = Shape {
        size: GIGABYTE,
        block: 1 << 20,
        logical_sector: 512,
        physical_sector: 4096,
        id: Uuid::from_u128(7),
        file_write: Uuid::from_u128(8),
        data_write: Uuid::from_u128(9),
        fixed: false,
        parent,
    };
    shape.create().expect("a disk").to_vec()
}

/// The same with a header of another version, or with a log that waits.
fn other_header(field: usize, value: u8) -> Vec<u8> {
    let mut bytes = other_disk(None);
    for at in [0x1_0000, 0x2_0000] {
        bytes[at + field] = value;
        bytes[at + 4..at + 8].fill(0);
        let sum = crc32c::crc32c(&bytes[at..at + 4096]);
        bytes[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}

/// A chain that is too long: the path of its last disk, and what stands in the way of one more.
fn grow_chain(world: &mut World) -> (String, Hresult) {
    let mut last = BASE.to_owned();
    for count in 0_u32.. {
        let next = format!(r"C:\disks\{count}.vhdx");
        match world.try_create(&next, child_of(&last)) {
            Ok(made) => world.close_disk(made),
            Err(code) => return (last, code),
        };
        last = next;
    }
    unreachable!("chains end")
}

/// The volume of a disk in a volume of a disk, as deep as goes. The path of a folder there, and of a disk in it.
fn nest(world: &mut World) -> String {
    let mut folder = r"C:\disks\".to_owned();
    for size in (8..=8 + u64::from(hcs_rules::file::MOST_NESTED)).rev() {
        let path = format!("{folder}in.vhdx");
        // Each fits on the one that it lies in.
        let disk = world.try_create(&path, sized((size * 8) << 20)).expect("the disk is made");
        let formatted = world.format(disk);
        if formatted != OK {
            world.close_disk(disk);
            return folder;
        }
        assert_eq!(world.attach(disk, STAYS), OK);
        folder = world.mount_path(disk).expect("it has a volume") + "\\";
        world.close_disk(disk);
    }
    folder
}

/// Makes a call, with nothing wrong but what the world has made so.
fn plain(world: &mut World, call: Call, handle: Handle) -> Hresult {
    match call {
        Call::CreateVirtualDisk => {
            world.try_create(NEW, CreateDisk { source: BASE.into(), ..sized(0) }).err().unwrap_or(OK)
        }
        Call::OpenVirtualDisk => world.try_open(CHILD).err().unwrap_or(OK),
        Call::AttachVirtualDisk => world.attach(handle, STAYS),
        Call::DetachVirtualDisk => world.detach(handle),
        Call::ResizeVirtualDisk => world.resize(handle, 0, 2 * GIGABYTE),
        Call::MergeVirtualDisk => world.merge(handle, Merge::Depth(1)),
        Call::GetVirtualDiskInformation => world.tell(handle, DiskClass::Size).err().unwrap_or(OK),
        Call::SetVirtualDiskInformation => world.set(handle, SetInformation::Identifier(Uuid::from_u128(5))),
        Call::GetVirtualDiskPhysicalPath => world.physical_path(handle).err().unwrap_or(OK),
        Call::FormatWritableLayerVhd => world.format(handle),
        Call::GetLayerVhdMountPath => world.mount_path(handle).err().unwrap_or(OK),
        Call::CreateFile => world.device(r"\\.\PhysicalDrive1").err().unwrap_or(OK),
        other => unreachable!("{other:?} is no call on a disk"),
    }
}

/// The file whose faults a call finds: a source's for a creation, a child's for the others.
fn file_of(call: Call) -> &'static str {
    if call == Call::CreateVirtualDisk { BASE } else { CHILD }
}

/// Makes a world in which a call meets a fault, and the call.
fn meet(call: Call, fault: DiskFault) -> Hresult {
    let on_device = fault == DiskFault::Detached && call == Call::FormatWritableLayerVhd;
    let mut world = world_of(if on_device { Build::B17763 } else { Build::B26100 });
    let world = &mut world;
    let put = |world: &mut World, path: &str, bytes: Vec<u8>| {
        assert!(world.files(FileEvent::Put(path.into(), bytes.into())));
    };
    let handle = if call == Call::OpenVirtualDisk { Handle::NULL } else { world.open_disk(CHILD) };
    let create = |world: &mut World, parameters| world.try_create(NEW, parameters).err().unwrap_or(OK);
    let child = |world: &mut World| match call {
        Call::CreateVirtualDisk => world.try_create(NEW, child_of(CHILD)).err().unwrap_or(OK),
        Call::SetVirtualDiskInformation => world.set(handle, SetInformation::ParentPath(BASE.into())),
        call => plain(world, call, handle),
    };
    let creates = |storage: StorageType, access: u32, flags: u32, parameters: CreateDisk| {
        let (storage, parameters) = (Some(storage), Some(parameters));
        DiskRequest::CreateVirtualDisk { storage, path: NEW.into(), access, flags, parameters, out: true }
    };
    let opens = |storage: StorageType, access: u32, flags: u32, parameters| {
        let storage = Some(storage);
        DiskRequest::OpenVirtualDisk { storage, path: CHILD.into(), access, flags, parameters, out: true }
    };
    let odd = |device| StorageType { device, ..VHDX };
    match (fault, call) {
        (DiskFault::Version, Call::CreateVirtualDisk) => create(world, CreateDisk { version: 3, ..sized(GIGABYTE) }),
        (DiskFault::Version, Call::OpenVirtualDisk) => world.disk_code(opens(VHDX, 0, 0, Some(OpenDisk::Other(3)))),
        (DiskFault::Version, _) => world.merge(handle, Merge::Other(3)),
        (DiskFault::Mask, Call::CreateVirtualDisk) => world.disk_code(creates(VHDX, 1 << 16, 0, sized(GIGABYTE))),
        (DiskFault::Mask, _) => world.disk_code(opens(VHDX, 1 << 16, 0, SECOND)),
        (DiskFault::Flags, Call::CreateVirtualDisk) => world.disk_code(creates(VHDX, 0, 0x800, sized(GIGABYTE))),
        (DiskFault::Flags, Call::OpenVirtualDisk) => world.disk_code(opens(VHDX, 0, 0x1000, SECOND)),
        (DiskFault::Flags, Call::AttachVirtualDisk) => world.attach(handle, 0x800),
        (DiskFault::Flags, Call::DetachVirtualDisk) => {
            world.disk_code(DiskRequest::DetachVirtualDisk { disk: handle, flags: 1 })
        }
        (DiskFault::Flags, Call::ResizeVirtualDisk) => world.resize(handle, 4, GIGABYTE),
        (DiskFault::Flags, _) => {
            let parameters = Some(Merge::Depth(1));
            world.disk_code(DiskRequest::MergeVirtualDisk { disk: handle, flags: 1, parameters })
        }
        (DiskFault::Class, Call::GetVirtualDiskInformation) => {
            world.disk_code(DiskRequest::GetVirtualDiskInformation { disk: handle, class: Some(99) })
        }
        (DiskFault::Class, _) => world.set(handle, SetInformation::Other(9)),
        (DiskFault::Provider, Call::CreateVirtualDisk) => world.disk_code(creates(odd(9), 0, 0, sized(GIGABYTE))),
        (DiskFault::Provider, _) => world.disk_code(opens(odd(9), 0, 0, SECOND)),
        (DiskFault::Unmodelled, Call::CreateVirtualDisk) => world.disk_code(creates(odd(1), 0, 0, sized(GIGABYTE))),
        (DiskFault::Unmodelled, Call::CreateFile) => world.device(r"C:\disks\base.vhdx").err().unwrap_or(OK),
        (DiskFault::Unmodelled, _) => {
            put(world, CHILD, other_header(48, 1));
            plain(world, call, handle)
        }
        (DiskFault::Size, Call::CreateVirtualDisk) => create(world, sized(512)),
        (DiskFault::Size, _) => world.resize(handle, 0, GIGABYTE + 1),
        (DiskFault::Block, _) => create(world, CreateDisk { block: 3 << 20, ..sized(GIGABYTE) }),
        (DiskFault::Sector, Call::CreateVirtualDisk) => create(world, CreateDisk { sector: 1024, ..sized(GIGABYTE) }),
        (DiskFault::Sector, _) => world.set(handle, SetInformation::PhysicalSectorSize(1024)),
        (DiskFault::Ancestry, _) => create(world, CreateDisk { size: GIGABYTE, ..child_of(BASE) }),
        (DiskFault::Kind, _) => {
            assert_eq!(world.attach(handle, STAYS), OK);
            let device = world.device(r"\\.\PhysicalDrive1").expect("it is attached");
            plain(world, call, device)
        }
        (DiskFault::Access, Call::CreateVirtualDisk) => {
            assert!(world.files(FileEvent::Deny(BASE.into(), true)));
            plain(world, call, handle)
        }
        (DiskFault::Access, _) => {
            let first = Some(OpenDisk::First { depth: 1 });
            let weak = world.try_open_as(ONE, CHILD, 0, 0, first).expect("it is opened for nothing");
            plain(world, call, weak)
        }
        (DiskFault::Gone, _) => {
            assert!(world.files(FileEvent::Remove(file_of(call).into())));
            plain(world, call, handle)
        }
        (DiskFault::Held, _) => {
            assert!(world.files(FileEvent::Lock(file_of(call).into(), true)));
            plain(world, call, handle)
        }
        (DiskFault::NotDisk, _) => {
            put(world, file_of(call), b"no disk".to_vec());
            plain(world, call, handle)
        }
        (DiskFault::Newer, _) => {
            put(world, file_of(call), other_header(66, 2));
            plain(world, call, handle)
        }
        (DiskFault::Damaged, _) => {
            put(world, file_of(call), other_disk(None)[..3 << 20].to_vec());
            plain(world, call, handle)
        }
        (DiskFault::ParentMissing, _) => {
            assert!(world.files(FileEvent::Remove(BASE.into())));
            child(world)
        }
        (DiskFault::ParentDenied, _) => {
            assert!(world.files(FileEvent::Deny(BASE.into(), true)));
            child(world)
        }
        (DiskFault::ParentBusy, _) => {
            assert!(world.files(FileEvent::Lock(BASE.into(), true)));
            child(world)
        }
        (DiskFault::ParentDamaged, _) => {
            put(world, BASE, b"no disk".to_vec());
            child(world)
        }
        (DiskFault::ParentChanged, _) => {
            let base = world.open_disk(BASE);
            assert_eq!(world.resize(base, 0, 2 * GIGABYTE), OK);
            world.close_disk(base);
            child(world)
        }
        (DiskFault::Cycle, Call::SetVirtualDiskInformation) => {
            world.set(handle, SetInformation::ParentPath(CHILD.into()))
        }
        (DiskFault::Cycle, _) => {
            let itself = Parent { linkage: Uuid::from_u128(9), absolute: Some(CHILD.to_owned()), ..Parent::default() };
            put(world, CHILD, other_disk(Some(itself)));
            child(world)
        }
        (DiskFault::TooDeep, Call::CreateVirtualDisk) => grow_chain(world).1,
        (DiskFault::TooDeep, Call::OpenVirtualDisk) => {
            let (last, _) = grow_chain(world);
            world.try_open(&last).err().unwrap_or(OK)
        }
        (DiskFault::TooDeep, _) => {
            let (last, _) = grow_chain(world);
            let handle = world.try_open_as(ONE, &last, 0, disk::open::NO_PARENTS, SECOND).expect("without parents");
            plain(world, call, handle)
        }
        (DiskFault::Attached, Call::OpenVirtualDisk) => {
            let other = world.open_disk(CHILD);
            assert_eq!(world.attach(other, STAYS), OK);
            let first = Some(OpenDisk::First { depth: 1 });
            world.try_open_as(ONE, CHILD, access::ATTACH, 0, first).err().unwrap_or(OK)
        }
        (DiskFault::Attached, _) => {
            assert_eq!(world.attach(handle, STAYS), OK);
            plain(world, call, handle)
        }
        (DiskFault::Detached, Call::FormatWritableLayerVhd) => {
            assert_eq!(world.attach(handle, STAYS), OK);
            let device = world.device(r"\\.\PhysicalDrive1").expect("it is attached");
            assert_eq!(world.detach(handle), OK);
            plain(world, call, device)
        }
        (DiskFault::Detached, _) => plain(world, call, handle),
        (DiskFault::Open, Call::MergeVirtualDisk) => {
            world.open_disk(BASE);
            plain(world, call, handle)
        }
        (DiskFault::Open, _) => {
            if call == Call::DetachVirtualDisk {
                assert_eq!(world.attach(handle, STAYS), OK);
            }
            world.open_disk(CHILD);
            plain(world, call, handle)
        }
        (DiskFault::Parental, Call::MergeVirtualDisk) => {
            // A second child of the base is attached.
            world.disk(r"C:\disks\second.vhdx", child_of(BASE));
            let second = world.open_disk(r"C:\disks\second.vhdx");
            assert_eq!(world.attach(second, STAYS), OK);
            plain(world, call, handle)
        }
        (DiskFault::Parental, _) => {
            assert_eq!(world.attach(handle, STAYS), OK);
            let base = world.open_disk(BASE);
            plain(world, call, base)
        }
        (DiskFault::NotDifferencing, Call::GetVirtualDiskInformation) => {
            let base = world.open_disk(BASE);
            world.tell(base, DiskClass::ParentIdentifier).err().unwrap_or(OK)
        }
        (DiskFault::NotDifferencing, Call::SetVirtualDiskInformation) => {
            let base = world.open_disk(BASE);
            world.set(base, SetInformation::ParentPath(CHILD.into()))
        }
        (DiskFault::NotDifferencing, _) => {
            let base = world.open_disk(BASE);
            plain(world, call, base)
        }
        (DiskFault::Depth, Call::OpenVirtualDisk) => {
            let first = Some(OpenDisk::First { depth: 9 });
            world.try_open_as(ONE, CHILD, access::INFORMATION, 0, first).err().unwrap_or(OK)
        }
        (DiskFault::Depth, Call::MergeVirtualDisk) => world.merge(handle, Merge::Depth(2)),
        (DiskFault::Depth, _) => world.set(handle, SetInformation::ParentPathWithDepth(3, BASE.into())),
        (DiskFault::Truncates, _) => world.resize(handle, 0, 3 << 20),
        (DiskFault::ReadOnly, _) => {
            let written = if call == Call::MergeVirtualDisk { BASE } else { CHILD };
            assert!(world.files(FileEvent::ReadOnly(written.into(), true)));
            plain(world, call, handle)
        }
        (DiskFault::Full, Call::AttachVirtualDisk | Call::SetVirtualDiskInformation) => {
            // The next write finds no room, told ahead.
            assert!(world.files(FileEvent::Volume('C', VolumeEvent::FullAfter(0))));
            plain(world, call, handle)
        }
        (DiskFault::Full, Call::ResizeVirtualDisk) => {
            assert!(world.files(FileEvent::Volume('C', VolumeEvent::Room(0))));
            world.resize(handle, 0, 1 << 40)
        }
        (DiskFault::Full, Call::MergeVirtualDisk) => {
            assert_eq!(world.resize(handle, 0, 1 << 40), OK);
            assert!(world.files(FileEvent::Volume('C', VolumeEvent::Room(0))));
            plain(world, call, handle)
        }
        (DiskFault::Full, Call::CreateVirtualDisk) => {
            let deep = nest(world);
            let parameters = CreateDisk { source: BASE.into(), ..sized(0) };
            world.try_create(&format!("{deep}deepest.vhdx"), parameters).err().unwrap_or(OK)
        }
        (DiskFault::Full, _) => {
            let deep = nest(world);
            let path = format!("{deep}in.vhdx");
            let deepest = world.try_open(&path).expect("the last that was made");
            plain(world, call, deepest)
        }
    }
}

#[test]
fn every_fault_of_every_call_is_met_and_answered_by_its_row() {
    let mut met = 0;
    for call in Call::ALL.iter().copied().filter(|call| *call != Call::SetupBaseOSLayer) {
        for fault in disk::faults(call).iter() {
            let row = disk::rule(call, fault).expect("the table is total");
            assert_eq!(meet(call, fault), row.refuses, "{call:?} meets {fault:?}: {}", row.id);
            met += 1;
        }
    }
    assert!(met > 90, "{met}");
}

#[test]
fn nothing_in_the_way_is_success() {
    for call in [
        Call::CreateVirtualDisk,
        Call::OpenVirtualDisk,
        Call::AttachVirtualDisk,
        Call::ResizeVirtualDisk,
        Call::MergeVirtualDisk,
        Call::GetVirtualDiskInformation,
        Call::SetVirtualDiskInformation,
        Call::FormatWritableLayerVhd,
    ] {
        let mut world = world();
        let handle = world.open_disk(CHILD);
        assert_eq!(plain(&mut world, call, handle), OK, "{call:?}");
    }
    for call in [
        Call::DetachVirtualDisk,
        Call::GetVirtualDiskPhysicalPath,
        Call::GetLayerVhdMountPath,
        Call::GetVirtualDiskInformation,
        Call::ResizeVirtualDisk,
        Call::CreateFile,
    ] {
        let mut world = world();
        let handle = world.open_disk(CHILD);
        assert_eq!(world.attach(handle, STAYS), OK);
        assert_eq!(plain(&mut world, call, handle), OK, "{call:?} of an attached disk");
    }
}

/// Makes a world in which the path of a call meets a fault of the file system, and the call.
fn meet_path(call: Call, fault: FileFault) -> Hresult {
    let mut world = world();
    let world = &mut world;
    let creates = call == Call::CreateVirtualDisk;
    let mut path = if creates { NEW } else { CHILD }.to_owned();
    match fault {
        FileFault::TooLong => path = format!(r"C:\{}.vhdx", "a".repeat(300)),
        FileFault::BadName => path = r"C:\disks\a*b.vhdx".to_owned(),
        FileFault::Device => path = r"C:\disks\nul.vhdx".to_owned(),
        FileFault::Network => path = r"\\server\share\a.vhdx".to_owned(),
        FileFault::NoVolume => path = r"Q:\a.vhdx".to_owned(),
        FileFault::NotReady => _ = world.files(FileEvent::Volume('C', VolumeEvent::Ready(false))),
        FileFault::NoFolder => path = r"C:\none\a.vhdx".to_owned(),
        FileFault::NoFile => path = r"C:\disks\none.vhdx".to_owned(),
        FileFault::Exists => path = CHILD.to_owned(),
        FileFault::TrailingSeparator => path.push('\\'),
        FileFault::IsFolder => path = r"C:\disks".to_owned(),
        FileFault::ReadOnly => _ = world.files(FileEvent::Volume('C', VolumeEvent::ReadOnly(true))),
        FileFault::Denied => {
            let denied = if creates { r"C:\disks" } else { CHILD };
            assert!(world.files(FileEvent::Deny(denied.into(), true)));
        }
        FileFault::Full => _ = world.files(FileEvent::Volume('C', VolumeEvent::Room(0))),
        FileFault::Unformatted => {
            assert!(world.files(FileEvent::Volume('D', VolumeEvent::Appear)));
            assert!(world.files(FileEvent::Volume('D', VolumeEvent::Format(hcs_rules::file::FileSystem::Raw))));
            path = r"D:\a.vhdx".to_owned();
        }
        other => unreachable!("{other:?} is no fault of a disk's path"),
    }
    match call {
        Call::CreateVirtualDisk => world.try_create(&path, sized(GIGABYTE)).err().unwrap_or(OK),
        _ => world.try_open(&path).err().unwrap_or(OK),
    }
}

#[test]
fn every_fault_of_a_path_is_met_and_answered_by_its_row() {
    for call in [Call::CreateVirtualDisk, Call::OpenVirtualDisk] {
        for fault in FileFault::ALL.iter().copied() {
            let Some(row) = disk::path_rule(call, fault) else { continue };
            assert_eq!(meet_path(call, fault), row.refuses, "{call:?} meets {fault:?}: {}", row.id);
        }
    }
}

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
    assert_eq!(common::disk::code(world.disk_call_of(TWO, DiskRequest::AttachVirtualDisk { disk, flags: 0 })), OK);
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
        common::disk::code(world.disk_call_of(weak, request))
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
