//! The exports of `computestorage.dll`.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use hcs_api::Storage;
use hcs_rules::vocabulary::Call;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded};
use crate::disk::disk;
use crate::text::Argument;
use crate::world::client;

/// Exports whose parameters are all strings.
macro_rules! of_strings {
    ($($name:ident => $method:ident($($argument:ident),+);)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name($($argument: PCWSTR),+) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the strings.
                    $(let $argument = unsafe { Argument::read($argument) };)+
                    code(client().$method($($argument.as_text()),+))
                })
            }
        )+
    };
}

of_strings! {
    HcsImportLayer => import_layer(layerpath, sourcefolderpath, layerdata);
    HcsExportLayer => export_layer(layerpath, exportfolderpath, layerdata, options);
    HcsExportLegacyWritableLayer => export_legacy_writable_layer(mountpath, folderpath, exportfolderpath, layerdata);
    HcsDestroyLayer => destroy_layer(layerpath);
    HcsSetupBaseOSVolume => setup_base_os_volume(layerpath, volumepath, options);
    HcsInitializeWritableLayer => initialize_writable_layer(layerpath, layerdata, options);
    HcsInitializeLegacyWritableLayer => initialize_legacy_writable_layer(mountpath, folderpath, layerdata, options);
    HcsAttachLayerStorageFilter => attach_layer_storage_filter(layerpath, layerdata);
    HcsDetachLayerStorageFilter => detach_layer_storage_filter(layerpath);
    HcsAttachOverlayFilter => attach_overlay_filter(volumepath, layerdata);
    HcsDetachOverlayFilter => detach_overlay_filter(volumepath, layerdata);
}

pub(crate) unsafe extern "system" fn HcsSetupBaseOSLayer(
    layerpath: PCWSTR,
    vhdhandle: HANDLE,
    options: PCWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the strings.
        let (layer, options) = unsafe { (Argument::read(layerpath), Argument::read(options)) };
        code(client().setup_base_os_layer(layer.as_text(), disk(vhdhandle), options.as_text()))
    })
}

pub(crate) unsafe extern "system" fn HcsFormatWritableLayerVhd(vhdhandle: HANDLE) -> HRESULT {
    guarded(UNEXPECTED, || code(client().format_writable_layer_vhd(disk(vhdhandle))))
}

pub(crate) unsafe extern "system" fn HcsGetLayerVhdMountPath(vhdhandle: HANDLE, mountpath: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        if mountpath.is_null() {
            return code(client().refuse_null_out(Call::GetLayerVhdMountPath));
        }
        let outcome = client().get_layer_vhd_mount_path(disk(vhdhandle));
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { finish(&outcome, mountpath) }
    })
}
