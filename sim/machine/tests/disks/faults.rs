//! Every fault of every call on disks, met and answered by its row.

use hcs_machine::disk::vhdx::{Parent, Shape};
use hcs_machine::handle::Handle;
use hcs_machine::input::disk::{CreateDisk, Merge, OpenDisk, SetInformation, StorageType};
use hcs_machine::input::{DiskRequest, FileEvent, VolumeEvent};
use hcs_rules::build::Build;
use hcs_rules::disk::{self, DiskClass, DiskFault, access};
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use uuid::Uuid;

use crate::common::disk::{SECOND, STAYS, VHDX, child_of, sized};
use crate::common::{ONE, World};
use crate::{BASE, CHILD, GIGABYTE, NEW, OK, world, world_of};

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
