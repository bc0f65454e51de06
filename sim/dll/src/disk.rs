//! The exports of `virtdisk.dll` that clients of layers use, and disks as handles of the operating system.
//!
//! A disk's handle must be closed by `CloseHandle` as any other. Off Windows that function is ours. On Windows it is not: there
//! a handle is one end of a pipe whose other end we keep, and a pipe with one end tells that the handle was closed. That is
//! looked for before each call, so that a program never meets a disk that it has closed.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use core::mem::offset_of;

use hcs_api::DiskHandle;
use hcs_rules::hresult::Hresult;
use hcs_sim::raw::disk::{CreateDisk, DiskInformation, Merge, OpenDisk, SetInformation, StorageType};
use hcs_sim::raw::{DiskRequest, Handle, Reply, Text, Uuid};
use windows_sys::Win32::Foundation::{ERROR_GEN_FAILURE, ERROR_INSUFFICIENT_BUFFER, HANDLE, WIN32_ERROR};
use windows_sys::Win32::Security::PSECURITY_DESCRIPTOR;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::{GUID, PCWSTR, PWSTR};

use crate::abi::guarded;
use crate::text::{Argument, units};
use crate::world::client;

/// What a fault of ours is called.
const FAILED: WIN32_ERROR = ERROR_GEN_FAILURE;

fn finished(reply: Reply) -> WIN32_ERROR {
    match reply {
        Reply::Outcome(code, _) | Reply::Handle(code, _) | Reply::Disk(code, _) => code.as_win32(),
        _ => FAILED,
    }
}

/// Makes a call, and what it answers a code.
fn call(request: DiskRequest) -> WIN32_ERROR {
    finished(client().raw_disk_call(request))
}

/// Makes a call that gives a disk, whose handle goes where the caller wants it.
///
/// # Safety
/// `out` can be written, unless it is NULL, of which the request then tells.
unsafe fn open(request: DiskRequest, out: *mut HANDLE) -> WIN32_ERROR {
    let reply = client().raw_disk_call(request);
    let mut code = finished(reply.clone());
    let mut given = core::ptr::null_mut();
    if let Reply::Handle(_, handle) = reply
        && handle != Handle::NULL
    {
        match lend(DiskHandle(handle.0)) {
            Some(lent) => given = lent,
            None => code = FAILED,
        }
    }
    if !out.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { out.write(given) };
    }
    code
}

/// The disk behind a handle, as the machine knows it.
fn machine(handle: HANDLE) -> Handle {
    Handle(disk(handle).0)
}

/// # Safety
/// `text` is NULL or a string that ends with a zero.
unsafe fn text(text: PCWSTR) -> Text {
    // SAFETY: as the caller vouches.
    match unsafe { Argument::read(text) } {
        Argument::Null => Text::Null,
        Argument::Malformed => Text::Malformed,
        Argument::Some(text) => Text::from(text.as_str()),
    }
}

fn uuid(id: GUID) -> Uuid {
    Uuid::from_fields(id.data1, id.data2, id.data3, &id.data4)
}

fn guid(id: Uuid) -> GUID {
    GUID::from_u128(id.as_u128())
}

/// # Safety
/// `storage` is NULL or can be read.
unsafe fn storage_type(storage: *const VIRTUAL_STORAGE_TYPE) -> Option<StorageType> {
    // SAFETY: as the caller vouches.
    let storage = unsafe { storage.as_ref() }?;
    Some(StorageType { device: storage.DeviceId, vendor: uuid(storage.VendorId) })
}

/// # Safety
/// `parameters` is NULL, or can be read as far as its version says.
unsafe fn create_parameters(parameters: *const CREATE_VIRTUAL_DISK_PARAMETERS) -> Option<CreateDisk> {
    if parameters.is_null() {
        return None;
    }
    // SAFETY: as the caller vouches; only the members of the version are read.
    unsafe {
        let version = (*parameters).Version;
        let given = &raw const (*parameters).Anonymous;
        Some(match version {
            CREATE_VIRTUAL_DISK_VERSION_1 => {
                let given = (*given).Version1;
                CreateDisk {
                    version: version as u32,
                    id: uuid(given.UniqueId),
                    size: given.MaximumSize,
                    block: given.BlockSizeInBytes,
                    sector: given.SectorSizeInBytes,
                    physical_sector: 0,
                    parent: text(given.ParentPath),
                    source: text(given.SourcePath),
                }
            }
            // What later versions add stands behind the members of the second.
            CREATE_VIRTUAL_DISK_VERSION_2 | CREATE_VIRTUAL_DISK_VERSION_3 | CREATE_VIRTUAL_DISK_VERSION_4 => {
                let given = (&raw const (*given).Version2).read();
                CreateDisk {
                    version: version as u32,
                    id: uuid(given.UniqueId),
                    size: given.MaximumSize,
                    block: given.BlockSizeInBytes,
                    sector: given.SectorSizeInBytes,
                    physical_sector: given.PhysicalSectorSizeInBytes,
                    parent: text(given.ParentPath),
                    source: text(given.SourcePath),
                }
            }
            other => CreateDisk {
                version: other as u32,
                id: Uuid::nil(),
                size: 0,
                block: 0,
                sector: 0,
                physical_sector: 0,
                parent: Text::Null,
                source: Text::Null,
            },
        })
    }
}

/// What was done at once is done for who would have waited, too.
///
/// # Safety
/// `overlapped` is NULL or can be written.
unsafe fn complete(overlapped: *const OVERLAPPED, code: WIN32_ERROR) -> WIN32_ERROR {
    if !overlapped.is_null() {
        let record = overlapped.cast_mut();
        // SAFETY: as the caller vouches.
        unsafe {
            (*record).Internal = code as usize;
            (*record).InternalHigh = 0;
            signal((*record).hEvent);
        }
    }
    code
}

pub(crate) unsafe extern "system" fn CreateVirtualDisk(
    virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
    path: PCWSTR,
    virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
    _securitydescriptor: PSECURITY_DESCRIPTOR,
    flags: CREATE_VIRTUAL_DISK_FLAG,
    _providerspecificflags: u32,
    parameters: *const CREATE_VIRTUAL_DISK_PARAMETERS,
    overlapped: *const OVERLAPPED,
    handle: *mut HANDLE,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        // SAFETY: the caller vouches for every pointer, each of which may be NULL.
        unsafe {
            let request = DiskRequest::CreateVirtualDisk {
                storage: storage_type(virtualstoragetype),
                path: text(path),
                access: virtualdiskaccessmask as u32,
                flags: flags as u32,
                parameters: create_parameters(parameters),
                out: !handle.is_null(),
            };
            let code = open(request, handle);
            complete(overlapped, code)
        }
    })
}

pub(crate) unsafe extern "system" fn OpenVirtualDisk(
    virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
    path: PCWSTR,
    virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
    flags: OPEN_VIRTUAL_DISK_FLAG,
    parameters: *const OPEN_VIRTUAL_DISK_PARAMETERS,
    handle: *mut HANDLE,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        // SAFETY: the caller vouches for every pointer, each of which may be NULL; only the members of the version are read.
        unsafe {
            let parameters = (!parameters.is_null()).then(|| match (*parameters).Version {
                OPEN_VIRTUAL_DISK_VERSION_1 => OpenDisk::First { depth: (*parameters).Anonymous.Version1.RWDepth },
                OPEN_VIRTUAL_DISK_VERSION_2 | OPEN_VIRTUAL_DISK_VERSION_3 => {
                    let given = (&raw const (*parameters).Anonymous.Version2).read();
                    OpenDisk::Second { information_only: given.GetInfoOnly != 0, read_only: given.ReadOnly != 0 }
                }
                other => OpenDisk::Other(other as u32),
            });
            let request = DiskRequest::OpenVirtualDisk {
                storage: storage_type(virtualstoragetype),
                path: text(path),
                access: virtualdiskaccessmask as u32,
                flags: flags as u32,
                parameters,
                out: !handle.is_null(),
            };
            open(request, handle)
        }
    })
}

pub(crate) unsafe extern "system" fn AttachVirtualDisk(
    virtualdiskhandle: HANDLE,
    _securitydescriptor: PSECURITY_DESCRIPTOR,
    flags: ATTACH_VIRTUAL_DISK_FLAG,
    _providerspecificflags: u32,
    _parameters: *const ATTACH_VIRTUAL_DISK_PARAMETERS,
    overlapped: *const OVERLAPPED,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        let code = call(DiskRequest::AttachVirtualDisk { disk: machine(virtualdiskhandle), flags: flags as u32 });
        // SAFETY: the caller vouches for the record.
        unsafe { complete(overlapped, code) }
    })
}

pub(crate) unsafe extern "system" fn DetachVirtualDisk(
    virtualdiskhandle: HANDLE,
    flags: DETACH_VIRTUAL_DISK_FLAG,
    _providerspecificflags: u32,
) -> WIN32_ERROR {
    guarded(FAILED, || call(DiskRequest::DetachVirtualDisk { disk: machine(virtualdiskhandle), flags: flags as u32 }))
}

pub(crate) unsafe extern "system" fn ResizeVirtualDisk(
    virtualdiskhandle: HANDLE,
    flags: RESIZE_VIRTUAL_DISK_FLAG,
    parameters: *const RESIZE_VIRTUAL_DISK_PARAMETERS,
    overlapped: *const OVERLAPPED,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        // SAFETY: the caller vouches for the pointers, which may be NULL; there is one version.
        unsafe {
            let size = (!parameters.is_null() && (*parameters).Version == RESIZE_VIRTUAL_DISK_VERSION_1)
                .then(|| (*parameters).Anonymous.Version1.NewSize);
            let disk = machine(virtualdiskhandle);
            complete(overlapped, call(DiskRequest::ResizeVirtualDisk { disk, flags: flags as u32, parameters: size }))
        }
    })
}

pub(crate) unsafe extern "system" fn MergeVirtualDisk(
    virtualdiskhandle: HANDLE,
    flags: MERGE_VIRTUAL_DISK_FLAG,
    parameters: *const MERGE_VIRTUAL_DISK_PARAMETERS,
    overlapped: *const OVERLAPPED,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        // SAFETY: the caller vouches for the pointers, which may be NULL; only the members of the version are read.
        unsafe {
            let parameters = (!parameters.is_null()).then(|| match (*parameters).Version {
                MERGE_VIRTUAL_DISK_VERSION_1 => Merge::Depth((*parameters).Anonymous.Version1.MergeDepth),
                MERGE_VIRTUAL_DISK_VERSION_2 => {
                    let given = (*parameters).Anonymous.Version2;
                    Merge::Between(given.MergeSourceDepth, given.MergeTargetDepth)
                }
                other => Merge::Other(other as u32),
            });
            let disk = machine(virtualdiskhandle);
            complete(overlapped, call(DiskRequest::MergeVirtualDisk { disk, flags: flags as u32, parameters }))
        }
    })
}

pub(crate) unsafe extern "system" fn SetVirtualDiskInformation(
    virtualdiskhandle: HANDLE,
    virtualdiskinfo: *const SET_VIRTUAL_DISK_INFO,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        // SAFETY: the caller vouches for the pointer, which may be NULL; only the members of the version are read.
        let information = unsafe {
            (!virtualdiskinfo.is_null()).then(|| {
                let given = &raw const (*virtualdiskinfo).Anonymous;
                match (*virtualdiskinfo).Version {
                    SET_VIRTUAL_DISK_INFO_PARENT_PATH => SetInformation::ParentPath(text((*given).ParentFilePath)),
                    SET_VIRTUAL_DISK_INFO_IDENTIFIER => SetInformation::Identifier(uuid((*given).UniqueIdentifier)),
                    SET_VIRTUAL_DISK_INFO_PARENT_PATH_WITH_DEPTH => {
                        let given = (*given).ParentPathWithDepthInfo;
                        SetInformation::ParentPathWithDepth(given.ChildDepth, text(given.ParentFilePath))
                    }
                    SET_VIRTUAL_DISK_INFO_PHYSICAL_SECTOR_SIZE => {
                        SetInformation::PhysicalSectorSize((*given).VhdPhysicalSectorSize)
                    }
                    SET_VIRTUAL_DISK_INFO_VIRTUAL_DISK_ID => {
                        SetInformation::VirtualDiskId(uuid((*given).VirtualDiskId))
                    }
                    other => SetInformation::Other(other as u32),
                }
            })
        };
        call(DiskRequest::SetVirtualDiskInformation { disk: machine(virtualdiskhandle), information })
    })
}

pub(crate) unsafe extern "system" fn GetVirtualDiskInformation(
    virtualdiskhandle: HANDLE,
    virtualdiskinfosize: *mut u32,
    virtualdiskinfo: *mut GET_VIRTUAL_DISK_INFO,
    sizeused: *mut u32,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        // SAFETY: the caller vouches for the pointers, which may be NULL, and for as many bytes as it says there are.
        unsafe {
            let there = !virtualdiskinfo.is_null() && !virtualdiskinfosize.is_null();
            let class = there.then(|| (*virtualdiskinfo).Version as u32);
            let reply = client()
                .raw_disk_call(DiskRequest::GetVirtualDiskInformation { disk: machine(virtualdiskhandle), class });
            let Reply::Disk(_, Some(information)) = &reply else { return finished(reply) };
            let information = &**information;
            let parents = match information {
                DiskInformation::ParentLocation(_, paths) => strings(paths.iter().map(|path| &**path)),
                _ => Vec::new(),
            };
            let used = match information {
                DiskInformation::ParentLocation(..) => {
                    offset_of!(GET_VIRTUAL_DISK_INFO, Anonymous)
                        + offset_of!(GET_VIRTUAL_DISK_INFO_0_1, ParentLocationBuffer)
                        + size_of_val(&*parents)
                }
                _ => size_of::<GET_VIRTUAL_DISK_INFO>(),
            };
            let room = virtualdiskinfosize.read();
            virtualdiskinfosize.write(used as u32);
            if (room as usize) < used {
                return ERROR_INSUFFICIENT_BUFFER;
            }
            if !sizeused.is_null() {
                sizeused.write(used as u32);
            }
            write_information(information, &parents, virtualdiskinfo);
            finished(reply)
        }
    })
}

/// Strings as one list of units: each ends with a zero, and so does the list.
fn strings<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u16> {
    let mut all: Vec<u16> = texts.flat_map(units).collect();
    all.push(0);
    all
}

/// # Safety
/// `out` has room for the information, and for the parents where it is about them.
unsafe fn write_information(information: &DiskInformation, parents: &[u16], out: *mut GET_VIRTUAL_DISK_INFO) {
    // SAFETY: as the caller vouches.
    unsafe {
        let to = &raw mut (*out).Anonymous;
        match information {
            DiskInformation::Size { virtual_size, physical_size, block, sector } => {
                (*to).Size = GET_VIRTUAL_DISK_INFO_0_0 {
                    VirtualSize: *virtual_size,
                    PhysicalSize: *physical_size,
                    BlockSize: *block,
                    SectorSize: *sector,
                };
            }
            DiskInformation::Identifier(id) => (*to).Identifier = guid(*id),
            DiskInformation::ParentLocation(resolved, _) => {
                (&raw mut (*to).ParentLocation.ParentResolved).write((*resolved).into());
                let buffer = (&raw mut (*to).ParentLocation.ParentLocationBuffer).cast::<u16>();
                core::ptr::copy_nonoverlapping(parents.as_ptr(), buffer, parents.len());
            }
            DiskInformation::ParentIdentifier(id) => (*to).ParentIdentifier = guid(*id),
            DiskInformation::ParentTimestamp(time) => (*to).ParentTimestamp = *time,
            DiskInformation::VirtualStorageType(StorageType { device, vendor }) => {
                (*to).VirtualStorageType = VIRTUAL_STORAGE_TYPE { DeviceId: *device, VendorId: guid(*vendor) };
            }
            DiskInformation::ProviderSubtype(kind) => (*to).ProviderSubtype = *kind,
            DiskInformation::Is4kAligned(aligned) => (*to).Is4kAligned = (*aligned).into(),
            DiskInformation::PhysicalDisk(logical, physical, remote) => {
                (*to).PhysicalDisk = GET_VIRTUAL_DISK_INFO_0_2 {
                    LogicalSectorSize: *logical,
                    PhysicalSectorSize: *physical,
                    IsRemote: (*remote).into(),
                };
            }
            DiskInformation::PhysicalSectorSize(size) => (*to).VhdPhysicalSectorSize = *size,
            DiskInformation::SmallestSafeVirtualSize(size) => (*to).SmallestSafeVirtualSize = *size,
            DiskInformation::Fragmentation(share) => (*to).FragmentationPercentage = *share,
            DiskInformation::IsLoaded(loaded) => (*to).IsLoaded = (*loaded).into(),
            DiskInformation::VirtualDiskId(id) => (*to).VirtualDiskId = guid(*id),
        }
    }
}

pub(crate) unsafe extern "system" fn GetVirtualDiskPhysicalPath(
    virtualdiskhandle: HANDLE,
    diskpathsizeinbytes: *mut u32,
    diskpath: PWSTR,
) -> WIN32_ERROR {
    guarded(FAILED, || {
        let out = !diskpathsizeinbytes.is_null();
        let reply =
            client().raw_disk_call(DiskRequest::GetVirtualDiskPhysicalPath { disk: machine(virtualdiskhandle), out });
        let Reply::Outcome(Hresult::S_OK, Some(path)) = &reply else { return finished(reply) };
        let path = units(path);
        // SAFETY: the size is not NULL, or the call would have failed; the caller vouches for as many bytes as it says.
        unsafe {
            let room = diskpathsizeinbytes.read() as usize;
            diskpathsizeinbytes.write(size_of_val(&*path) as u32);
            if diskpath.is_null() || room < size_of_val(&*path) {
                return ERROR_INSUFFICIENT_BUFFER;
            }
            core::ptr::copy_nonoverlapping(path.as_ptr(), diskpath, path.len());
        }
        finished(reply)
    })
}

#[cfg(unix)]
mod handles {
    use hcs_api::DiskHandle;
    use windows_sys::Win32::Foundation::HANDLE;

    use crate::kernel::{self, Object};

    /// A handle of the operating system for a disk.
    pub(super) fn lend(disk: DiskHandle) -> Option<HANDLE> {
        Some(kernel::new_handle(Object::Disk(disk)))
    }

    /// The disk behind a handle. What is none stays none.
    pub(crate) fn disk(handle: HANDLE) -> DiskHandle {
        match kernel::object(handle) {
            Some(Object::Disk(disk)) => disk,
            _ if handle.is_null() => DiskHandle::NULL,
            _ => DiskHandle(u64::MAX),
        }
    }

    pub(super) fn signal(event: HANDLE) {
        if !event.is_null() {
            kernel::SetEvent(event);
        }
    }
}

#[cfg(windows)]
mod handles {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    use hcs_api::{DiskHandle, VirtualDisks};
    use hcs_sim::Client;
    use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
    use windows_sys::Win32::System::Pipes::{CreatePipe, PeekNamedPipe};
    use windows_sys::Win32::System::Threading::SetEvent;

    /// The disks that have handles: the handle, our end of its pipe, the disk.
    static LENT: Mutex<BTreeMap<usize, (usize, DiskHandle)>> = Mutex::new(BTreeMap::new());

    fn pointer(bits: usize) -> HANDLE {
        core::ptr::with_exposed_provenance_mut(bits)
    }

    /// A handle of the operating system for a disk.
    pub(super) fn lend(disk: DiskHandle) -> Option<HANDLE> {
        let (mut ours, mut theirs): (HANDLE, HANDLE) = (core::ptr::null_mut(), core::ptr::null_mut());
        // SAFETY: both pointers are to locals; nobody inherits the ends.
        if unsafe { CreatePipe(&raw mut ours, &raw mut theirs, core::ptr::null(), 1) } == 0 {
            return None;
        }
        let mut lent = LENT.lock().unwrap_or_else(PoisonError::into_inner);
        lent.insert(theirs.expose_provenance(), (ours.expose_provenance(), disk));
        Some(theirs)
    }

    /// The disk behind a handle. What is none stays none.
    pub(crate) fn disk(handle: HANDLE) -> DiskHandle {
        match LENT.lock().unwrap_or_else(PoisonError::into_inner).get(&handle.addr()) {
            Some((_, disk)) => *disk,
            None if handle.is_null() => DiskHandle::NULL,
            None => DiskHandle(u64::MAX),
        }
    }

    /// Closes the disks whose handles were closed.
    pub(crate) fn sweep(client: &Client) {
        let mut closed = Vec::new();
        LENT.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (ours, disk)| {
            let nothing = core::ptr::null_mut();
            // SAFETY: our end is open, and nothing is asked for but whether there is another.
            let open = unsafe {
                PeekNamedPipe(pointer(*ours), nothing, 0, nothing.cast(), nothing.cast(), nothing.cast()) != 0
            };
            if !open {
                // SAFETY: it is ours to close.
                unsafe { CloseHandle(pointer(*ours)) };
                closed.push(*disk);
            }
            open
        });
        for disk in closed {
            client.close_disk(disk);
        }
    }

    pub(super) fn signal(event: HANDLE) {
        if !event.is_null() {
            // SAFETY: the caller gave an event, or a handle that is none and is refused.
            unsafe { SetEvent(event) };
        }
    }
}

pub(crate) use handles::disk;
#[cfg(windows)]
pub(crate) use handles::sweep;
use handles::{lend, signal};
