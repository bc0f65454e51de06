//! A container's storage, in nothing but the calls of `windows-sys`: base layer, scratch disk, mount, unmount.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

#[expect(dead_code, reason = "layers and disks have no operations")]
mod common;

use core::ffi::c_char;
use std::ffi::CString;
use std::ptr::{null, null_mut};

use common::{take, wide};
#[cfg(not(windows))]
use hcs_sim_dll as _;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::HostComputeSystem::*;

#[cfg_attr(windows, link(name = "computecore", kind = "raw-dylib"))]
unsafe extern "system" {
    fn HcsSimTell(lines: *const c_char, told: *mut *mut c_char) -> i32;
}

/// Tells the world what to do: what stands on the host's volume is not the client's business here.
fn tell(lines: &str) {
    let lines = CString::new(lines).expect("no zero");
    // SAFETY: the text ends with a zero.
    assert_eq!(unsafe { HcsSimTell(lines.as_ptr(), null_mut()) }, 0, "{lines:?}");
}

/// `VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT`
const VHDX: VIRTUAL_STORAGE_TYPE = VIRTUAL_STORAGE_TYPE {
    DeviceId: VIRTUAL_STORAGE_TYPE_DEVICE_VHDX,
    VendorId: VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT,
};

fn create(path: &str, size: u64, parent: Option<&str>) -> Result<HANDLE, WIN32_ERROR> {
    let (path, parent) = (wide(path), parent.map(wide));
    let mut parameters =
        CREATE_VIRTUAL_DISK_PARAMETERS { Version: CREATE_VIRTUAL_DISK_VERSION_2, ..Default::default() };
    parameters.Anonymous.Version2 = CREATE_VIRTUAL_DISK_PARAMETERS_0_1 {
        MaximumSize: size,
        BlockSizeInBytes: 1 << 20,
        ParentPath: parent.as_ref().map_or(null(), |parent| parent.as_ptr()),
        ..Default::default()
    };
    let mut disk = null_mut();
    // SAFETY: pointers are NULL or to locals; strings end with a zero.
    let code = unsafe {
        CreateVirtualDisk(
            &VHDX,
            path.as_ptr(),
            VIRTUAL_DISK_ACCESS_NONE,
            null_mut(),
            CREATE_VIRTUAL_DISK_FLAG_NONE,
            0,
            &raw const parameters,
            null(),
            &raw mut disk,
        )
    };
    if code == 0 { Ok(disk) } else { Err(code) }
}

fn open(path: &str) -> Result<HANDLE, WIN32_ERROR> {
    let path = wide(path);
    let parameters = OPEN_VIRTUAL_DISK_PARAMETERS { Version: OPEN_VIRTUAL_DISK_VERSION_2, ..Default::default() };
    let mut disk = null_mut();
    // SAFETY: pointers are to locals; the string ends with a zero.
    let code = unsafe {
        OpenVirtualDisk(
            &VHDX,
            path.as_ptr(),
            VIRTUAL_DISK_ACCESS_NONE,
            OPEN_VIRTUAL_DISK_FLAG_NONE,
            &raw const parameters,
            &raw mut disk,
        )
    };
    if code == 0 { Ok(disk) } else { Err(code) }
}

fn close(disk: HANDLE) {
    // SAFETY: the handle is the test's to close.
    assert_eq!(unsafe { CloseHandle(disk) }, 1);
}

fn attach(disk: HANDLE) -> WIN32_ERROR {
    let parameters = ATTACH_VIRTUAL_DISK_PARAMETERS { Version: ATTACH_VIRTUAL_DISK_VERSION_1, ..Default::default() };
    let flags = ATTACH_VIRTUAL_DISK_FLAG_PERMANENT_LIFETIME | ATTACH_VIRTUAL_DISK_FLAG_NO_DRIVE_LETTER;
    // SAFETY: pointers are NULL or to locals.
    unsafe { AttachVirtualDisk(disk, null_mut(), flags, 0, &raw const parameters, null()) }
}

const BASE: &str = r"C:\layers\base";
const DATA: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[{"Id":"6f2d9a34-1111-4222-8333-444455556666","Path":"C:\\layers\\base"}]}"#;
const NO_PARENTS: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[]}"#;

/// Imports a base layer and makes it ready, as clients do.
fn base() {
    tell(r"layer C:\staged\base base Windows\notepad.exe=notepad");
    let (layer, source, none) = (wide(BASE), wide(r"C:\staged\base"), wide(NO_PARENTS));
    // SAFETY: strings end with a zero.
    unsafe {
        assert_eq!(HcsImportLayer(layer.as_ptr(), source.as_ptr(), none.as_ptr()), 0);
        assert_eq!(HcsImportLayer(layer.as_ptr(), source.as_ptr(), none.as_ptr()) as u32, 0x8007_0050);
        tell(r"folder C:\layers\base\Hives gone");
        let disk = create(r"C:\layers\base\blank-base.vhdx", 20 << 30, None).expect("created");
        assert_eq!(HcsFormatWritableLayerVhd(disk), 0);
        close(disk);
        let options = wide(r#"{"Type":"Container"}"#);
        assert_eq!(HcsSetupBaseOSLayer(layer.as_ptr(), null_mut(), options.as_ptr()), 0);
        assert_eq!(HcsSetupBaseOSLayer(layer.as_ptr(), null_mut(), options.as_ptr()) as u32, 0x8007_00B7);
        let parent = Some(r"C:\layers\base\blank-base.vhdx");
        close(create(r"C:\layers\base\blank.vhdx", 0, parent).expect("created"));
        for disk in [r"C:\layers\base\blank-base.vhdx", r"C:\layers\base\blank.vhdx"] {
            assert_eq!(HcsGrantVmGroupAccess(wide(disk).as_ptr()), 0);
        }
    }
}

#[test]
fn a_scratch_is_mounted_on_a_base_and_unmounted() {
    base();
    tell("folder C:\\scratch\nfile C:\\layers\\base\\blank.vhdx copied C:\\scratch\\sandbox.vhdx");
    let disk = open(r"C:\scratch\sandbox.vhdx").expect("opened");
    let data = wide(DATA);
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        let mut path = null_mut();
        assert_eq!(HcsGetLayerVhdMountPath(disk, &raw mut path) as u32, 0x8007_0015, "it is not attached");
        assert_eq!(HcsGetLayerVhdMountPath(disk, null_mut()) as u32, 0x8007_0057);
        assert_eq!(attach(disk), 0);
        assert_eq!(HcsGetLayerVhdMountPath(disk, &raw mut path), 0);
        let volume = take(path);
        assert!(volume.starts_with(r"\\?\Volume{") && volume.ends_with('}'), "{volume}");
        let volume = wide(&volume);
        assert_eq!(HcsAttachLayerStorageFilter(volume.as_ptr(), data.as_ptr()) as u32, 0x8007_0003, "it is fresh");
        assert_eq!(HcsInitializeWritableLayer(volume.as_ptr(), data.as_ptr(), null()), 0);
        assert_eq!(HcsAttachLayerStorageFilter(volume.as_ptr(), data.as_ptr()), 0);
        assert_eq!(HcsAttachLayerStorageFilter(volume.as_ptr(), data.as_ptr()) as u32, 0x801F_0012);

        let (mut bytes, mut room) = ([0_u16; 64], 4);
        assert_eq!(GetVirtualDiskPhysicalPath(disk, &raw mut room, bytes.as_mut_ptr()), ERROR_INSUFFICIENT_BUFFER);
        assert_eq!(GetVirtualDiskPhysicalPath(disk, &raw mut room, bytes.as_mut_ptr()), 0);
        let physical = String::from_utf16_lossy(&bytes[..room as usize / 2 - 1]);
        assert!(physical.starts_with(r"\\.\PhysicalDrive"), "{physical}");

        assert_eq!(HcsDetachLayerStorageFilter(volume.as_ptr()), 0);
        assert_eq!(HcsDetachLayerStorageFilter(volume.as_ptr()) as u32, 0x801F_0015);
        assert_eq!(DetachVirtualDisk(disk, DETACH_VIRTUAL_DISK_FLAG_NONE, 0), 0);
        close(disk);
        // It can be opened again at once: whoever closed it has nothing of it any more.
        close(open(r"C:\scratch\sandbox.vhdx").expect("opened"));
        assert_eq!(HcsDestroyLayer(wide(r"C:\scratch").as_ptr()), 0);
        assert_eq!(open(r"C:\scratch\sandbox.vhdx"), Err(ERROR_PATH_NOT_FOUND));
    }
}

#[test]
fn a_disk_tells_what_it_is() {
    tell("folder C:\\disks");
    let disk = create(r"C:\disks\one.vhdx", 1 << 30, None).expect("created");
    close(create(r"C:\disks\child.vhdx", 0, Some(r"C:\disks\one.vhdx")).err().map_or(disk, |error| panic!("{error}")));
    let child = open(r"C:\disks\child.vhdx").expect("opened");
    // SAFETY: handles are live; the buffer has as many bytes as is said, and is aligned.
    unsafe {
        let mut information = GET_VIRTUAL_DISK_INFO { Version: GET_VIRTUAL_DISK_INFO_SIZE, ..Default::default() };
        let (mut room, mut used) = (size_of::<GET_VIRTUAL_DISK_INFO>() as u32, 0);
        assert_eq!(GetVirtualDiskInformation(child, &raw mut room, &raw mut information, &raw mut used), 0);
        assert_eq!((information.Anonymous.Size.VirtualSize, information.Anonymous.Size.BlockSize), (1 << 30, 1 << 20));
        room = 4;
        let code = GetVirtualDiskInformation(child, &raw mut room, &raw mut information, null_mut());
        assert_eq!((code, room as usize), (ERROR_INSUFFICIENT_BUFFER, size_of::<GET_VIRTUAL_DISK_INFO>()));

        let mut buffer = [0_u64; 128];
        let located = buffer.as_mut_ptr().cast::<GET_VIRTUAL_DISK_INFO>();
        (*located).Version = GET_VIRTUAL_DISK_INFO_PARENT_LOCATION;
        room = size_of_val(&buffer) as u32;
        assert_eq!(GetVirtualDiskInformation(child, &raw mut room, located, &raw mut used), 0);
        assert_eq!((*located).Anonymous.ParentLocation.ParentResolved, 1);
        let text = (&raw const (*located).Anonymous.ParentLocation.ParentLocationBuffer).cast::<u16>();
        let units = core::slice::from_raw_parts(text, (used as usize - text.byte_offset_from(located) as usize) / 2);
        let parent = String::from_utf16_lossy(units.split(|unit| *unit == 0).next().expect("a path"));
        assert!(parent.ends_with(r"\disks\one.vhdx"), "{parent}");
    }
    close(child);
}

#[test]
fn misuse_is_answered() {
    let (path, document) = (wide(r"C:\nowhere"), wide("{}"));
    let foreign: HANDLE = core::ptr::without_provenance_mut(0x1234_5678);
    // SAFETY: the calls answer NULL and foreign handles; that is what is tested.
    unsafe {
        assert_eq!(HcsImportLayer(null(), null(), null()) as u32, 0x8007_0057);
        assert_eq!(HcsDestroyLayer(null()) as u32, 0x8007_0057);
        assert_eq!(HcsImportLayer(path.as_ptr(), path.as_ptr(), wide("no JSON").as_ptr()) as u32, 0x8037_010D);
        assert_eq!(HcsExportLayer(path.as_ptr(), path.as_ptr(), document.as_ptr(), null()) as u32 >> 31, 1);
        for disk in [null_mut(), foreign] {
            assert_eq!(attach(disk), ERROR_INVALID_HANDLE);
            assert_ne!(HcsFormatWritableLayerVhd(disk), 0);
            assert_ne!(DetachVirtualDisk(disk, 0, 0), 0);
        }
        assert_eq!(open(r"C:\nowhere\at\all.vhdx"), Err(ERROR_PATH_NOT_FOUND));
        assert_eq!(create(r"C:\disks\odd.vhdx", 5, None), Err(ERROR_INVALID_PARAMETER));
        let nothing = CreateVirtualDisk(null(), null(), 0, null_mut(), 0, 0, null(), null(), null_mut());
        assert_eq!(nothing, ERROR_INVALID_PARAMETER);
    }
}
