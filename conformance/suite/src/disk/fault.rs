//! Disks in whose way something stands: each made as far as calls and the host's files go, the rest by the world.

use hcs_api::Text;
use hcs_api::disk::{CreateDisk, DiskHandle, Merge, OpenDisk, SetInformation, StorageType};
use hcs_rules::build::Build;
use hcs_rules::disk::{
    DiskClass, DiskFault, HandleKind, MOST_ANCESTORS, VENDOR_MICROSOFT, access, format_wants, needs,
};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use crate::layer::place::Place;
use crate::target::Trouble;
use DiskFault as F;

/// How large the disks are, in bytes.
const SIZE: u64 = 1 << 30;
/// A flag that no function has.
const NO_FLAG: u32 = 0x8000_0000;
/// A format that nobody provides.
const NO_FORMAT: StorageType = StorageType { device: 99, vendor: VENDOR_MICROSOFT };

/// Whether a fault is one of the parents.
fn is_of_parents(fault: F) -> bool {
    use DiskFault::{ParentBusy, ParentChanged, ParentDamaged, ParentDenied, ParentMissing, TooDeep};
    matches!(fault, ParentMissing | ParentDenied | ParentBusy | ParentDamaged | ParentChanged | TooDeep)
}

/// Why a case cannot be made on any target, if that is so.
pub(super) fn unable(call: Call, fault: F, build: Build) -> Option<&'static str> {
    match (call, fault) {
        (_, F::Version | F::Class) => Some("the safe interface has no other version, and no other class"),
        (_, F::Unmodelled) => Some("it is not modelled"),
        (_, F::Newer) => Some("no newer file is made here"),
        (_, F::Cycle) if call != Call::SetVirtualDiskInformation => Some("a cycle is refused where it would be made"),
        (Call::FormatWritableLayerVhd, F::Kind) => None,
        (Call::FormatWritableLayerVhd, _) if format_wants(build) == HandleKind::Physical => {
            Some("the build formats the attached disk itself")
        }
        (Call::FormatWritableLayerVhd, F::Detached) => Some("the build formats a disk that is not attached"),
        (Call::SetupBaseOSLayer, F::ReadOnly | F::Full) => Some("the disk is written last"),
        _ => None,
    }
}

/// Whether only a world can put this in the call's way.
pub(super) fn is_of_the_world(call: Call, fault: F) -> bool {
    let opens = matches!(call, Call::CreateVirtualDisk | Call::OpenVirtualDisk);
    match fault {
        F::Held | F::ParentDenied | F::ParentBusy | F::ReadOnly | F::Full => true,
        F::Access => call == Call::CreateVirtualDisk,
        // What is open is spoilt by the world alone.
        F::Gone | F::NotDisk | F::Damaged => !opens,
        _ => false,
    }
}

/// Makes the call with that in its way: its code.
pub(super) fn refused(place: &mut Place<'_>, call: Call, fault: F) -> Result<Hresult, String> {
    let host = place.session.host();
    match call {
        Call::CreateVirtualDisk => create(place, fault),
        Call::OpenVirtualDisk => open(place, fault),
        Call::CreateFile => Ok(host.open_physical_disk(r"\\.\PhysicalDrive77".into(), 0).0),
        Call::SetupBaseOSLayer => {
            let (layer, disk) = (place.at("machine"), place.create(&place.at("machine.vhdx"))?);
            place.bare(&layer)?;
            let layer = format!("{layer}\\UtilityVM");
            Ok(host.setup_base_os_layer(layer.as_str().into(), disk, r#"{"Type":"Vm"}"#.into()))
        }
        _ => {
            let disk = handle(place, call, fault)?;
            Ok(through(place, call, fault, disk))
        }
    }
}

/// A file is no longer what it was.
fn spoil(place: &Place<'_>, path: &str, fault: F) {
    let (session, files) = (place.session, place.session.files());
    match fault {
        F::Gone | F::ParentMissing => files.remove(path),
        F::NotDisk | F::ParentDamaged => files.put_file(path, &[b'x'; 4096]),
        F::Damaged => files.put_file(path, &[&b"vhdxfile"[..], &[0; 4 << 20]].concat()),
        F::Held | F::ParentBusy => _ = session.trouble(Trouble::InUse(path)),
        F::Access | F::ParentDenied => _ = session.trouble(Trouble::Denied(path)),
        F::ReadOnly => _ = session.trouble(Trouble::ReadOnly(path)),
        F::Full => _ = session.trouble(Trouble::NoRoom),
        _ => {}
    }
}

/// A parent with a child, both closed.
fn family(place: &mut Place<'_>) -> Result<[String; 2], String> {
    let (parent, child) = (place.at("parent.vhdx"), place.at("child.vhdx"));
    place.formatted_at(&parent)?;
    place.close();
    place.child(&child, &parent)?;
    place.close();
    Ok([parent, child])
}

/// A family whose parent is spoilt, or a chain of more ancestors than are followed: the parent and the child, or the last.
fn spoilt_family(place: &mut Place<'_>, fault: F) -> Result<[String; 2], String> {
    if fault == F::TooDeep {
        let mut last = place.at("0.vhdx");
        place.create(&last)?;
        place.close();
        for number in 1..=MOST_ANCESTORS + 1 {
            let next = place.at(&format!("{number}.vhdx"));
            place.child(&next, &last)?;
            place.close();
            last = next;
        }
        return Ok([last.clone(), last]);
    }
    let [parent, child] = family(place)?;
    if fault == F::ParentChanged {
        // Its children have another parent once it is written.
        let disk = place.open(&parent)?;
        place.volume_of(disk)?;
        place.session.host().detach_virtual_disk(disk, 0);
        place.close();
        return Ok([child.clone(), child]);
    }
    spoil(place, &parent, fault);
    Ok([parent, child])
}

fn create(place: &mut Place<'_>, fault: F) -> Result<Hresult, String> {
    let (path, other) = (place.at("new.vhdx"), place.at("other.vhdx"));
    let (mut storage, mut mask, mut flags, mut parameters) = (StorageType::VHDX, 0, 0, CreateDisk::of_size(SIZE));
    let mut parent = String::new();
    match fault {
        F::Mask => mask = access::ALL,
        F::Flags => flags = NO_FLAG,
        F::Provider => storage = NO_FORMAT,
        F::Size => parameters.size = 5,
        F::Block => parameters.block = 3 << 20,
        F::Sector => parameters.sector = 1000,
        F::Ancestry => parent = family(place)?[0].clone(),
        F::Gone | F::Held | F::NotDisk | F::Damaged | F::Access => {
            place.create(&other)?;
            place.close();
            spoil(place, &other, fault);
            parameters = CreateDisk { source: Text::Some(&other), ..CreateDisk::of_size(0) };
        }
        fault if is_of_parents(fault) => {
            [parent, _] = spoilt_family(place, fault)?;
            parameters.size = 0;
        }
        _ => spoil(place, &path, fault),
    }
    if !parent.is_empty() {
        parameters.parent = Text::Some(&parent);
    }
    Ok(place.session.host().create_virtual_disk(storage, path.as_str().into(), mask, flags, &parameters).0)
}

fn open(place: &mut Place<'_>, fault: F) -> Result<Hresult, String> {
    let (mut storage, mut mask, mut flags) = (StorageType::VHDX, 0, 0);
    let mut parameters = OpenDisk::Second { information_only: false, read_only: false };
    match fault {
        F::Mask => mask = access::ALL,
        F::Flags => flags = NO_FLAG,
        F::Provider => storage = NO_FORMAT,
        // Of an attached disk the mask includes that it is detached.
        F::Attached => (mask, parameters) = (access::ATTACH, OpenDisk::Depth(1)),
        F::Depth => (mask, parameters) = (access::ALL, OpenDisk::Depth(9)),
        _ => {}
    }
    let path = if is_of_parents(fault) {
        let [_, child] = spoilt_family(place, fault)?;
        child
    } else {
        let path = place.at("disk.vhdx");
        let disk = place.create(&path)?;
        if fault == F::Attached {
            place.session.host().attach_virtual_disk(disk, 0);
        } else {
            place.close();
        }
        spoil(place, &path, fault);
        path
    };
    Ok(place.session.host().open_virtual_disk(storage, path.as_str().into(), mask, flags, Some(parameters)).0)
}

/// A handle of a disk, in whose way something has come since.
fn handle(place: &mut Place<'_>, call: Call, fault: F) -> Result<DiskHandle, String> {
    let host = place.session.host();
    let path = place.at("disk.vhdx");
    if is_of_parents(fault) {
        let [_, child] = spoilt_family(place, fault)?;
        return place.open_without_parents(&child);
    }
    if matches!(fault, F::Cycle | F::Depth | F::Parental) {
        let [parent, child] = family(place)?;
        let disk = match (fault, call) {
            (F::Parental, Call::MergeVirtualDisk) => {
                place.child(&path, &child)?;
                place.open(&child)?
            }
            (F::Parental, _) => place.open(&parent)?,
            _ => place.open(&child)?,
        };
        if fault == F::Parental {
            let attached = place.open(if call == Call::MergeVirtualDisk { &path } else { &child })?;
            host.attach_virtual_disk(attached, 0);
        }
        return Ok(disk);
    }
    // What is merged has a parent, which is written.
    let parent = place.at("parent.vhdx");
    let merges = call == Call::MergeVirtualDisk && fault != F::NotDifferencing;
    let disk = if merges {
        place.create(&parent)?;
        place.close();
        place.child(&path, &parent)?
    } else if fault == F::Truncates {
        place.formatted_at(&path)?
    } else {
        place.create(&path)?
    };
    match fault {
        F::Access => {
            place.close();
            // Everything but what the call needs.
            return place.open_for(&path, access::ALL & !needs(call));
        }
        F::Kind => {
            host.attach_virtual_disk(disk, 0);
            let wants =
                if call == Call::FormatWritableLayerVhd { format_wants(place.build) } else { HandleKind::Virtual };
            return if wants == HandleKind::Virtual { place.physical(disk) } else { Ok(disk) };
        }
        F::Attached => _ = host.attach_virtual_disk(disk, 0),
        F::Open => {
            if call == Call::DetachVirtualDisk {
                host.attach_virtual_disk(disk, 0);
            }
            place.open(if merges { &parent } else { &path })?;
        }
        F::ReadOnly if merges => spoil(place, &parent, fault),
        _ => spoil(place, &path, fault),
    }
    Ok(disk)
}

/// Makes a call through a handle.
fn through(place: &Place<'_>, call: Call, fault: F, disk: DiskHandle) -> Hresult {
    let host = place.session.host();
    let flags = if fault == F::Flags { NO_FLAG } else { 0 };
    match call {
        Call::AttachVirtualDisk => host.attach_virtual_disk(disk, flags),
        Call::DetachVirtualDisk => host.detach_virtual_disk(disk, flags),
        Call::ResizeVirtualDisk => {
            let size = match fault {
                F::Size => 5,
                F::Truncates => SIZE / 2,
                _ => SIZE * 2,
            };
            host.resize_virtual_disk(disk, flags, size)
        }
        Call::MergeVirtualDisk => {
            let depth = if fault == F::Depth { 9 } else { 1 };
            host.merge_virtual_disk(disk, flags, Merge::Depth(depth))
        }
        Call::GetVirtualDiskInformation => {
            let class = if fault == F::NotDifferencing { DiskClass::ParentLocation } else { DiskClass::Size };
            host.get_virtual_disk_information(disk, class).0
        }
        Call::SetVirtualDiskInformation => {
            let (own, parent) = (place.at("child.vhdx"), place.at("parent.vhdx"));
            let information = match fault {
                F::Sector => SetInformation::PhysicalSectorSize(1000),
                F::Cycle => SetInformation::ParentPath(Text::Some(&own)),
                F::Depth => SetInformation::ParentPathWithDepth(9, Text::Some(&parent)),
                fault if fault == F::NotDifferencing || is_of_parents(fault) => {
                    SetInformation::ParentPath(Text::Some(&parent))
                }
                _ => SetInformation::VirtualDiskId(7),
            };
            host.set_virtual_disk_information(disk, &information)
        }
        Call::GetVirtualDiskPhysicalPath => host.get_virtual_disk_physical_path(disk).code,
        Call::FormatWritableLayerVhd => host.format_writable_layer_vhd(disk),
        _ => host.get_layer_vhd_mount_path(disk).code,
    }
}
