//! A container on its storage: a base layer, a scratch disk, and the container that runs on both.

use std::io::Read;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_PATH_NOT_FOUND};
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{take, wide};
use crate::disk::{attach, close, create, open};
use crate::running::{end, running, spawn};
use crate::world::{rest, tell};

const BASE: &str = r"C:\layers\base";
/// The layers below a scratch.
const LAYERS: &str = r#"[{"Id":"6f2d9a34-1111-4222-8333-444455556666","Path":"C:\\layers\\base"}]"#;

/// A document of layers, as calls on layers take it.
fn data(layers: &str) -> Vec<u16> {
    wide(&format!(r#"{{"SchemaVersion":{{"Major":2,"Minor":1}},"Layers":{layers}}}"#))
}

/// Imports a base layer and makes it ready, as clients do.
fn base() {
    tell(r"layer C:\staged\base base Windows\notepad.exe=notepad");
    let (layer, source, none) = (wide(BASE), wide(r"C:\staged\base"), data("[]"));
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

pub(crate) fn lives_on_layers() {
    base();
    tell("folder C:\\scratch\nfile C:\\layers\\base\\blank.vhdx copied C:\\scratch\\sandbox.vhdx");
    let disk = open(r"C:\scratch\sandbox.vhdx").expect("opened");
    let data = data(LAYERS);
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        let mut path = null_mut();
        assert_eq!(HcsGetLayerVhdMountPath(disk, &raw mut path) as u32, 0x8007_0015, "it is not attached");
        assert_eq!(attach(disk), 0);
        assert_eq!(HcsGetLayerVhdMountPath(disk, &raw mut path), 0);
        let mounted = take(path);
        assert!(mounted.starts_with(r"\\?\Volume{") && mounted.ends_with('}'), "{mounted}");
        let volume = wide(&mounted);
        assert_eq!(HcsAttachLayerStorageFilter(volume.as_ptr(), data.as_ptr()) as u32, 0x8007_0003, "it is fresh");
        assert_eq!(HcsInitializeWritableLayer(volume.as_ptr(), data.as_ptr(), null()), 0);
        assert_eq!(HcsAttachLayerStorageFilter(volume.as_ptr(), data.as_ptr()), 0);
        assert_eq!(HcsAttachLayerStorageFilter(volume.as_ptr(), data.as_ptr()) as u32, 0x801F_0012);

        let (mut units, mut room) = ([0_u16; 64], 4);
        assert_eq!(GetVirtualDiskPhysicalPath(disk, &raw mut room, units.as_mut_ptr()), ERROR_INSUFFICIENT_BUFFER);
        assert_eq!(GetVirtualDiskPhysicalPath(disk, &raw mut room, units.as_mut_ptr()), 0);
        let physical = String::from_utf16_lossy(&units[..room as usize / 2 - 1]);
        assert!(physical.starts_with(r"\\.\PhysicalDrive"), "{physical}");

        runs_on(&mounted);
        // A container keeps its volume for a moment after its end.
        rest();

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

/// A container on a mounted volume, and a command in it.
fn runs_on(volume: &str) {
    let path = format!(r"{volume}\").replace('\\', r"\\");
    let storage = format!(r#"{{"Layers":{LAYERS},"Path":"{path}"}}"#);
    let container = running("on layers", &format!(r#"{{"Container":{{"Storage":{storage}}}}}"#));
    let mut process = spawn(container, "cmd /c echo from a layer", "o");
    let mut told = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut told).expect("read");
    assert_eq!((told.as_str(), process.wait()), ("from a layer\r\n", 0));
    process.close();
    end(container);
}
