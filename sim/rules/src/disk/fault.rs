//! The disk stage: what stands in the way of a call on a virtual disk once its path, its handle and its caller are known.

use crate::build::Build::{self, B17763, B20348};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::export::NOT_MODELLED;
use crate::hresult::Hresult;
use crate::total::by_call;
use crate::vocabulary::{Call, Calls};

closed! {
    /// What can stand in the way of a call on a disk, in the order in which it is noticed (assumed).
    pub enum DiskFault, DiskFaults {
        /// The parameters are of a version that the function does not know.
        Version,
        /// The access mask has bits that are none, or goes with another version of the parameters.
        Mask,
        /// The flags have bits that are none.
        Flags,
        /// What is asked about a disk, or is to be set, is of a class that the function does not know.
        Class,
        /// No provider takes disks of this type.
        Provider,
        /// It is one of the things that are not modelled: CD images, sets of disks, sources that are no virtual disks.
        Unmodelled,
        /// The disk's size is too small, too large, or no multiple of its sector.
        Size,
        /// The blocks are of a size that blocks do not have.
        Block,
        /// The sectors are of a size that sectors do not have.
        Sector,
        /// A parent is given together with a size or a source.
        Ancestry,
        /// The handle is one of a virtual disk where one of a physical disk is wanted, or the other way round.
        Kind,
        /// The handle was not opened for this; or the caller may not read the source of a new disk.
        Access,
        /// The disk's file is no longer there; or the source of a new disk is not.
        Gone,
        /// Somebody who shares it with nobody has the disk's file open: a machine that runs, for one.
        Held,
        /// The file is not one of a virtual disk.
        NotDisk,
        /// The file is one of a newer version.
        Newer,
        /// The file is damaged.
        Damaged,
        /// The parent is not where the disk says.
        ParentMissing,
        /// The caller may not read the parent.
        ParentDenied,
        /// Somebody who shares it with nobody has the parent open, or it is attached to be written.
        ParentBusy,
        /// The parent's file is not one of a virtual disk, or is damaged.
        ParentDamaged,
        /// The parent's content has changed since the child was made.
        ParentChanged,
        /// A disk is its own ancestor.
        Cycle,
        /// There are more ancestors than are followed.
        TooDeep,
        /// The disk is attached.
        Attached,
        /// The disk is not attached.
        Detached,
        /// Other handles of the disk are open.
        Open,
        /// A child of the disk is attached, or open in a machine.
        Parental,
        /// The disk has no parent.
        NotDifferencing,
        /// The chain is not so long, or was not opened for writing so far.
        Depth,
        /// The volume's folders would not fit, or blocks would be lost.
        Truncates,
        /// The disk's file, or its volume, can only be read.
        ReadOnly,
        /// The host's volume has no room.
        Full,
    }
}

/// One row of the disk stage.
#[derive(Clone, Copy, Debug)]
pub struct DiskRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The faults.
    pub faults: DiskFaults,
    /// What the call returns.
    pub refuses: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// What is wrong with a disk's file, for a call that reads it.
const FILE: DiskFaults =
    DiskFaults::of(&[DiskFault::Held, DiskFault::NotDisk, DiskFault::Newer, DiskFault::Damaged, DiskFault::Unmodelled]);
/// What is wrong with its chain.
const CHAIN: DiskFaults = DiskFaults::of(&[
    DiskFault::ParentMissing,
    DiskFault::ParentDenied,
    DiskFault::ParentBusy,
    DiskFault::ParentDamaged,
    DiskFault::ParentChanged,
    DiskFault::Cycle,
    DiskFault::TooDeep,
]);
/// What stands in the way of a call through a handle.
const HANDLE: DiskFaults = FILE.with(DiskFault::Kind).with(DiskFault::Access).with(DiskFault::Gone);

/// What can stand in a call's way.
pub const fn faults(call: Call) -> DiskFaults {
    use DiskFault::*;
    match call {
        Call::CreateVirtualDisk => {
            FILE.or(CHAIN).or(of(&[Version, Mask, Flags, Provider, Size, Block, Sector, Ancestry, Access, Gone, Full]))
        }
        Call::OpenVirtualDisk => FILE.or(CHAIN).or(of(&[Version, Mask, Flags, Provider, Attached, Depth])),
        Call::AttachVirtualDisk => HANDLE.or(CHAIN).or(of(&[Flags, Attached, Parental, ReadOnly, Full])),
        Call::DetachVirtualDisk => of(&[Flags, Kind, Access, Detached, Open]),
        Call::ResizeVirtualDisk => HANDLE.or(of(&[Flags, Size, Parental, Truncates, ReadOnly, Full])),
        Call::MergeVirtualDisk => {
            HANDLE.or(CHAIN).or(of(&[Version, Flags, Attached, Open, Parental, NotDifferencing, Depth, ReadOnly, Full]))
        }
        Call::GetVirtualDiskInformation => HANDLE.without(Held).or(of(&[Class, NotDifferencing])),
        Call::SetVirtualDiskInformation => {
            let chain = CHAIN.without(TooDeep);
            HANDLE.or(chain).or(of(&[Class, Sector, Attached, NotDifferencing, Depth, ReadOnly, Full]))
        }
        Call::GetVirtualDiskPhysicalPath => of(&[Kind, Access, Detached]),
        Call::FormatWritableLayerVhd => HANDLE.or(CHAIN).or(of(&[Attached, Detached, Open, Parental, ReadOnly, Full])),
        Call::GetLayerVhdMountPath => of(&[Detached]),
        Call::SetupBaseOSLayer => of(&[Detached, ReadOnly, Full]),
        Call::CreateFile => of(&[Unmodelled, Detached]),
        _ => DiskFaults::NONE,
    }
}

const fn of(faults: &[DiskFault]) -> DiskFaults {
    DiskFaults::of(faults)
}

/// The calls that make or open a disk.
const OPENING: Calls = Calls::of(&[Call::CreateVirtualDisk, Call::OpenVirtualDisk]);
/// The calls of `virtdisk.dll` that take a handle.
const HANDLED: Calls = Calls::of(&[
    Call::AttachVirtualDisk,
    Call::DetachVirtualDisk,
    Call::ResizeVirtualDisk,
    Call::MergeVirtualDisk,
    Call::GetVirtualDiskInformation,
    Call::SetVirtualDiskInformation,
    Call::GetVirtualDiskPhysicalPath,
]);
/// The calls that look at the content of a disk's file.
const READING: Calls = OPENING
    .or(HANDLED)
    .without(Call::DetachVirtualDisk)
    .without(Call::GetVirtualDiskPhysicalPath)
    .with(Call::FormatWritableLayerVhd);
/// The calls that look at the chain of parents.
const CHAINED: Calls = READING.without(Call::ResizeVirtualDisk).without(Call::GetVirtualDiskInformation);
const FORMAT: Calls = Calls::of(&[Call::FormatWritableLayerVhd]);
const ALL: Calls = Calls::EVERY;

/// Every row of the disk stage.
pub const ROWS: &[DiskRow] = &LIST;

const fn row(
    id: &'static str,
    calls: Calls,
    faults: &'static [DiskFault],
    refuses: Hresult,
    sources: &'static [Source],
) -> DiskRow {
    DiskRow { id, calls, faults: DiskFaults::of(faults), refuses, sources }
}

#[rustfmt::skip]
const LIST: [DiskRow; 43] = [
    row("disk.version", ALL, &[DiskFault::Version], Hresult::E_INVALIDARG,
        &[documented("CreateVirtualDisk, OpenVirtualDisk: the version of the parameters"), assumed("the same of a merge; versions behind the second are not known here")]),
    row("disk.mask", OPENING, &[DiskFault::Mask], Hresult::E_INVALIDARG,
        &[documented("CreateVirtualDisk: with parameters of version 2 the mask is 0"), documented("OpenVirtualDisk: bits beyond the mask"), client("hcsshim opens with version 2 and mask 0")]),
    row("disk.flags", ALL, &[DiskFault::Flags], Hresult::E_INVALIDARG,
        &[documented("the functions' pages: flags beyond those that there are"), assumed("newer flags are known, and change nothing that is simulated")]),
    row("disk.class", ALL, &[DiskFault::Class], Hresult::E_INVALIDARG,
        &[documented("GET_VIRTUAL_DISK_INFO_VERSION, SET_VIRTUAL_DISK_INFO_VERSION"), assumed("the code")]),
    row("disk.provider", OPENING, &[DiskFault::Provider], Hresult::ERROR_VIRTDISK_PROVIDER_NOT_FOUND,
        &[documented("fails if a provider cannot be found"), assumed("the code: its text")]),
    row("disk.unmodelled", ALL, &[DiskFault::Unmodelled], NOT_MODELLED,
        &[assumed("CD images, sets of disks, dynamic disks of the first kind, a log that waits, other sources than virtual disks: not modelled")]),
    row("disk.size", ALL, &[DiskFault::Size], Hresult::E_INVALIDARG,
        &[documented("CreateVirtualDisk: less than 3 MB, or not aligned with the sector"), assumed("the same of a resize; more than 64 TB")]),
    row("disk.block", ALL, &[DiskFault::Block], Hresult::E_INVALIDARG,
        &[documented("CreateVirtualDisk: the block size"), client("hcsshim: 1 MB"), assumed("a power of two from 1 MB to 256 MB, as the format has it")]),
    row("disk.sector", ALL, &[DiskFault::Sector], Hresult::E_INVALIDARG,
        &[documented("CREATE_VIRTUAL_DISK_PARAMETERS: 512, and 4096 for VHDX"), assumed("the code of a change")]),
    row("disk.ancestry", ALL, &[DiskFault::Ancestry], Hresult::E_INVALIDARG,
        &[documented("CREATE_VIRTUAL_DISK_PARAMETERS: with a parent the size is 0"), documented("CreateVirtualDisk: parent and source are not specified both"), assumed("the code")]),
    row("disk.kind", HANDLED, &[DiskFault::Kind], Hresult::E_INVALIDARG,
        &[documented("AttachVirtualDisk, DetachVirtualDisk: not a handle of OpenVirtualDisk"), assumed("the same of the others")]),
    row("disk.format-kind", FORMAT, &[DiskFault::Kind], Hresult::ERROR_INVALID_FUNCTION,
        &[observed("hcsshim issue 1375: a handle of the virtual disk", &[B17763]), client("hcsshim: the physical disk on Windows Server 2019, the virtual one since"), assumed("the code for a physical disk since")]),
    row("disk.access", ALL, &[DiskFault::Access], Hresult::E_ACCESSDENIED,
        &[documented("the functions' pages: which flag a handle must have been opened with"), assumed("the code")]),
    row("disk.gone", ALL, &[DiskFault::Gone], Hresult::ERROR_FILE_NOT_FOUND,
        &[assumed("an open disk's file goes only when the world takes it, or its volume")]),
    row("disk.held", READING, &[DiskFault::Held], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("the code's text"), client("a build tool attaches again on this code"), assumed("whatever is asked for")]),
    row("disk.not-disk", READING, &[DiskFault::NotDisk], Hresult::ERROR_FILE_CORRUPT,
        &[documented("OpenVirtualDisk: of a CD image that is none"), client("several mounters take the code for a file that is no disk"), assumed("a file opened as of another format too")]),
    row("disk.newer", READING, &[DiskFault::Newer], Hresult::ERROR_VHD_FORMAT_UNSUPPORTED_VERSION,
        &[documented("the code's text"), assumed("that it is given")]),
    row("disk.damaged", READING, &[DiskFault::Damaged], Hresult::ERROR_FILE_CORRUPT,
        &[client("a published repair of a VHDX: the file or directory is corrupted and unreadable, on a mount and on a start"), assumed("whatever is damaged")]),
    row("disk.create-parent-missing", Calls::of(&[Call::CreateVirtualDisk]), &[DiskFault::ParentMissing], Hresult::ERROR_FILE_NOT_FOUND,
        &[assumed("the parent is opened first")]),
    row("disk.parent-missing", CHAINED.without(Call::CreateVirtualDisk), &[DiskFault::ParentMissing], Hresult::ERROR_VHD_PARENT_VHD_NOT_FOUND,
        &[documented("troubleshooting of Hyper-V: parents moved or deleted"), observed("hcsctl: a layer's folder renamed breaks the chain of its blank disks", &[Build::B26200]), assumed("that open, attach and the others give it alike")]),
    row("disk.parent-denied", CHAINED, &[DiskFault::ParentDenied], Hresult::ERROR_VHD_PARENT_VHD_ACCESS_DENIED,
        &[documented("the code's text"), assumed("that it is given")]),
    row("disk.parent-busy", CHAINED, &[DiskFault::ParentBusy], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("the code's text"), assumed("that it is given")]),
    row("disk.parent-damaged", CHAINED, &[DiskFault::ParentDamaged], Hresult::ERROR_VHD_DIFFERENCING_CHAIN_ERROR_IN_PARENT,
        &[documented("the code's text"), assumed("that it is given")]),
    row("disk.parent-changed", CHAINED, &[DiskFault::ParentChanged], Hresult::ERROR_VHD_CHILD_PARENT_ID_MISMATCH,
        &[documented("MS-VHDX: parent_linkage is the parent's data write id"), documented("MergeVirtualDisk: other children are no longer valid"), assumed("the code: its text")]),
    row("disk.cycle", CHAINED, &[DiskFault::Cycle], Hresult::ERROR_VHD_DIFFERENCING_CHAIN_CYCLE_DETECTED,
        &[documented("the code's text"), assumed("that it is given")]),
    row("disk.too-deep", CHAINED, &[DiskFault::TooDeep], Hresult::ERROR_VIRTUAL_DISK_LIMITATION,
        &[assumed("how many ancestors are followed, and the code")]),
    row("disk.attached", Calls::of(&[Call::AttachVirtualDisk]), &[DiskFault::Attached], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("AttachVirtualDisk: fails if the image is already attached"), client("a build tool attaches again on this code")]),
    row("disk.open-attached", Calls::of(&[Call::OpenVirtualDisk]), &[DiskFault::Attached], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("OpenVirtualDisk: of an attached disk the mask includes detach, and writing is not asked for when it was attached to be read"), assumed("the code")]),
    row("disk.busy-attached", Calls::of(&[Call::MergeVirtualDisk, Call::SetVirtualDiskInformation]), &[DiskFault::Attached], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("MergeVirtualDisk: the disks are detached"), assumed("the code, and the same of a change")]),
    row("disk.format-attached", FORMAT, &[DiskFault::Attached, DiskFault::Open], Hresult::ERROR_SHARING_VIOLATION,
        &[observed("hcsshim issue 1375: attached, or open elsewhere", &[B20348])]),
    row("disk.detached", Calls::of(&[Call::DetachVirtualDisk]), &[DiskFault::Detached], Hresult::ERROR_NOT_READY,
        &[observed("moby issue 40723: failed to detach, the device is not ready", &[B17763]), documented("DetachVirtualDisk: fails if the image is not attached")]),
    row("disk.path-detached", Calls::of(&[Call::GetVirtualDiskPhysicalPath]), &[DiskFault::Detached], Hresult::ERROR_NOT_READY,
        &[documented("GetVirtualDiskPhysicalPath: the disk must be attached"), assumed("the code")]),
    row("disk.mount-detached", Calls::of(&[Call::GetLayerVhdMountPath]), &[DiskFault::Detached], Hresult::ERROR_NOT_READY,
        &[client("hcsshim: not ready is a volume path asked for and no disk mounted, in the older calls"), assumed("the code here")]),
    row("disk.setup-detached", Calls::of(&[Call::SetupBaseOSLayer, Call::FormatWritableLayerVhd]), &[DiskFault::Detached], Hresult::ERROR_NOT_READY,
        &[client("hcsshim attaches the disk of a utility machine first"), assumed("the code")]),
    row("disk.device-gone", Calls::of(&[Call::CreateFile]), &[DiskFault::Detached], Hresult::ERROR_FILE_NOT_FOUND,
        &[documented("CreateFileW: as for every file that is not there")]),
    row("disk.detach-open", Calls::of(&[Call::DetachVirtualDisk]), &[DiskFault::Open], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("DetachVirtualDisk: all other open handles must be closed"), assumed("the code")]),
    row("disk.merge-open", Calls::of(&[Call::MergeVirtualDisk]), &[DiskFault::Open], Hresult::ERROR_SHARING_VIOLATION,
        &[documented("MergeVirtualDisk: the disks are detached"), assumed("that handles of the disks that are written stand in the way too, and the code")]),
    row("disk.parental", ALL, &[DiskFault::Parental], Hresult::ERROR_SHARING_VIOLATION,
        &[assumed("the children's drivers share the parent with readers only")]),
    row("disk.not-differencing", ALL, &[DiskFault::NotDifferencing], Hresult::ERROR_VHD_INVALID_TYPE,
        &[documented("the code's text"), assumed("that it is given")]),
    row("disk.depth", ALL, &[DiskFault::Depth], Hresult::E_INVALIDARG,
        &[documented("MergeVirtualDisk: RWDepth is greater than the depth of the merge"), assumed("the code")]),
    row("disk.truncates", ALL, &[DiskFault::Truncates], Hresult::ERROR_VHD_RESIZE_WOULD_TRUNCATE_DATA,
        &[documented("RESIZE_VIRTUAL_DISK_FLAG: partitions are not truncated unless asked for"), assumed("the code: its text")]),
    row("disk.read-only", ALL, &[DiskFault::ReadOnly], Hresult::E_ACCESSDENIED,
        &[assumed("as for every file that can only be read")]),
    row("disk.full", ALL, &[DiskFault::Full], Hresult::ERROR_DISK_FULL,
        &[documented("the code's text"), assumed("that nothing is left of a new disk")]),
];

by_call! {
    DiskFault, false:
    /// The row of a call that finds this. `None` when the call cannot find it.
    DiskRow
}
