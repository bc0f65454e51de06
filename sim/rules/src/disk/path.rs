//! The paths of disks: what the host's file system says to a call that makes or opens one.

use crate::evidence::{Source, assumed, documented};
use crate::file::{FileFault, FileFaults};
use crate::hresult::Hresult;
use crate::total::by_call;
use crate::vocabulary::{Call, Calls};

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct PathRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The faults.
    pub faults: FileFaults,
    /// What the call returns.
    pub refuses: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// What either call finds wrong with a path.
const PATH: FileFaults = FileFaults::of(&[
    FileFault::TooLong,
    FileFault::BadName,
    FileFault::Device,
    FileFault::Network,
    FileFault::NoVolume,
    FileFault::NotReady,
    FileFault::Unformatted,
    FileFault::NoFolder,
    FileFault::TrailingSeparator,
    FileFault::Denied,
]);

/// What can stand in a call's way.
const fn faults(call: Call) -> FileFaults {
    match call {
        Call::CreateVirtualDisk => PATH.with(FileFault::Exists).with(FileFault::ReadOnly).with(FileFault::Full),
        Call::OpenVirtualDisk => PATH.with(FileFault::NoFile).with(FileFault::IsFolder),
        _ => FileFaults::NONE,
    }
}

const BOTH: Calls = Calls::of(&[Call::CreateVirtualDisk, Call::OpenVirtualDisk]);
const CREATE: Calls = Calls::of(&[Call::CreateVirtualDisk]);
const OPEN: Calls = Calls::of(&[Call::OpenVirtualDisk]);

/// Every row.
pub const ROWS: &[PathRow] = &LIST;

const fn row(
    id: &'static str,
    calls: Calls,
    faults: &'static [FileFault],
    refuses: Hresult,
    sources: &'static [Source],
) -> PathRow {
    PathRow { id, calls, faults: FileFaults::of(faults), refuses, sources }
}

#[rustfmt::skip]
const LIST: [PathRow; 11] = [
    row("disk-path.folder", BOTH, &[FileFault::TooLong, FileFault::NoVolume, FileFault::NoFolder], Hresult::ERROR_PATH_NOT_FOUND,
        &[assumed("as every function on files says it")]),
    row("disk-path.name", BOTH, &[FileFault::BadName, FileFault::Device, FileFault::TrailingSeparator], Hresult::ERROR_INVALID_NAME,
        &[assumed("as every function on files says it")]),
    row("disk-path.network", BOTH, &[FileFault::Network], Hresult::ERROR_BAD_NETPATH,
        &[assumed("the simulated network has no share")]),
    row("disk-path.not-ready", BOTH, &[FileFault::NotReady], Hresult::ERROR_NOT_READY,
        &[documented("the code's text"), assumed("that the call hands the code on")]),
    row("disk-path.unformatted", BOTH, &[FileFault::Unformatted], Hresult::ERROR_UNRECOGNIZED_VOLUME,
        &[documented("the code's text"), assumed("that the call hands the code on")]),
    row("disk-path.missing", OPEN, &[FileFault::NoFile], Hresult::ERROR_FILE_NOT_FOUND,
        &[assumed("as every function on files says it")]),
    row("disk-path.denied", BOTH, &[FileFault::Denied], Hresult::E_ACCESSDENIED,
        &[documented("VIRTUAL_DISK_ACCESS_MASK: the caller's access to the file"), assumed("the code")]),
    row("disk-path.is-folder", OPEN, &[FileFault::IsFolder], Hresult::E_ACCESSDENIED,
        &[documented("CreateFileW: a directory, without backup semantics"), assumed("that the call hands it on")]),
    row("disk-path.exists", CREATE, &[FileFault::Exists], Hresult::ERROR_FILE_EXISTS,
        &[documented("the code's text"), assumed("that it is given and not ERROR_ALREADY_EXISTS")]),
    row("disk-path.read-only", CREATE, &[FileFault::ReadOnly], Hresult::ERROR_WRITE_PROTECT,
        &[documented("the code's text"), assumed("that the call hands the code on")]),
    row("disk-path.full", CREATE, &[FileFault::Full], Hresult::ERROR_DISK_FULL,
        &[documented("the code's text"), assumed("that nothing is left of the file")]),
];

by_call! {
    FileFault, true:
    /// The row of a call whose path has this fault. `None` when the call cannot find it.
    PathRow
}
