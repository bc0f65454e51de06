//! The exports of `computestorage.dll`.

use hcs_rules::export::{ABSENT, Dll as Which};
use hcs_rules::hresult::Hresult;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use super::{Wide, Windows, code, export, outcome, raw};
use crate::disk::DiskHandle;
use crate::hcs::{Outcome, Text};
use crate::storage::Storage;

/// Calls an export whose arguments are strings alone.
macro_rules! texts {
    ($self:ident.$name:ident($($text:ident),*)) => {{
        let Some(dll) = $self.dll(Which::Computestorage) else { return ABSENT };
        $(let $text = Wide::new($text);)*
        code!(dll.$name($($text.pointer() => PCWSTR),*))
    }};
}

impl Storage for Windows {
    fn import_layer(&self, layer: Text<'_>, source: Text<'_>, data: Text<'_>) -> Hresult {
        texts!(self.HcsImportLayer(layer, source, data))
    }

    fn export_layer(&self, layer: Text<'_>, folder: Text<'_>, data: Text<'_>, options: Text<'_>) -> Hresult {
        texts!(self.HcsExportLayer(layer, folder, data, options))
    }

    fn export_legacy_writable_layer(
        &self,
        mount: Text<'_>,
        layer: Text<'_>,
        folder: Text<'_>,
        data: Text<'_>,
    ) -> Hresult {
        texts!(self.HcsExportLegacyWritableLayer(mount, layer, folder, data))
    }

    fn destroy_layer(&self, layer: Text<'_>) -> Hresult {
        texts!(self.HcsDestroyLayer(layer))
    }

    fn setup_base_os_layer(&self, layer: Text<'_>, disk: DiskHandle, options: Text<'_>) -> Hresult {
        let Some(dll) = self.dll(Which::Computestorage) else { return ABSENT };
        let (layer, options) = (Wide::new(layer), Wide::new(options));
        code!(dll.HcsSetupBaseOSLayer(
            layer.pointer() => PCWSTR, raw(disk.0) => HANDLE, options.pointer() => PCWSTR
        ))
    }

    fn setup_base_os_volume(&self, layer: Text<'_>, volume: Text<'_>, options: Text<'_>) -> Hresult {
        texts!(self.HcsSetupBaseOSVolume(layer, volume, options))
    }

    fn initialize_writable_layer(&self, volume: Text<'_>, data: Text<'_>, options: Text<'_>) -> Hresult {
        texts!(self.HcsInitializeWritableLayer(volume, data, options))
    }

    fn initialize_legacy_writable_layer(
        &self,
        mount: Text<'_>,
        layer: Text<'_>,
        data: Text<'_>,
        options: Text<'_>,
    ) -> Hresult {
        texts!(self.HcsInitializeLegacyWritableLayer(mount, layer, data, options))
    }

    fn attach_layer_storage_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult {
        texts!(self.HcsAttachLayerStorageFilter(volume, data))
    }

    fn detach_layer_storage_filter(&self, volume: Text<'_>) -> Hresult {
        texts!(self.HcsDetachLayerStorageFilter(volume))
    }

    fn format_writable_layer_vhd(&self, disk: DiskHandle) -> Hresult {
        let Some(dll) = self.dll(Which::Computestorage) else { return ABSENT };
        code!(dll.HcsFormatWritableLayerVhd(raw(disk.0) => HANDLE))
    }

    fn get_layer_vhd_mount_path(&self, disk: DiskHandle) -> Outcome {
        let Some(dll) = self.dll(Which::Computestorage) else { return Outcome::bare(ABSENT) };
        outcome!(dll.HcsGetLayerVhdMountPath(raw(disk.0) => HANDLE))
    }

    fn attach_overlay_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult {
        texts!(self.HcsAttachOverlayFilter(volume, data))
    }

    fn detach_overlay_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult {
        texts!(self.HcsDetachOverlayFilter(volume, data))
    }
}
