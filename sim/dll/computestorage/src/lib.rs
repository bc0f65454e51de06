//! `computestorage.dll`: the functions are those of computecore's library, so that a process has one world.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

/// `HRESULT_FROM_WIN32`
const MISSING: HRESULT = (hcs_sim_thin::NOT_FOUND | 0x8007_0000) as HRESULT;

hcs_sim_thin::forward! {
    HcsAttachLayerStorageFilter(layerpath: PCWSTR, layerdata: PCWSTR) -> HRESULT = MISSING;
    HcsAttachOverlayFilter(volumepath: PCWSTR, layerdata: PCWSTR) -> HRESULT = MISSING;
    HcsDestroyLayer(layerpath: PCWSTR) -> HRESULT = MISSING;
    HcsDetachLayerStorageFilter(layerpath: PCWSTR) -> HRESULT = MISSING;
    HcsDetachOverlayFilter(volumepath: PCWSTR, layerdata: PCWSTR) -> HRESULT = MISSING;
    HcsExportLayer(layerpath: PCWSTR, exportfolderpath: PCWSTR, layerdata: PCWSTR, options: PCWSTR) -> HRESULT = MISSING;
    HcsExportLegacyWritableLayer(
        mountpath: PCWSTR,
        folderpath: PCWSTR,
        exportfolderpath: PCWSTR,
        layerdata: PCWSTR,
    ) -> HRESULT = MISSING;
    HcsFormatWritableLayerVhd(vhdhandle: HANDLE) -> HRESULT = MISSING;
    HcsGetLayerVhdMountPath(vhdhandle: HANDLE, mountpath: *mut PWSTR) -> HRESULT = MISSING;
    HcsImportLayer(layerpath: PCWSTR, sourcefolderpath: PCWSTR, layerdata: PCWSTR) -> HRESULT = MISSING;
    HcsInitializeLegacyWritableLayer(
        mountpath: PCWSTR,
        folderpath: PCWSTR,
        layerdata: PCWSTR,
        options: PCWSTR,
    ) -> HRESULT = MISSING;
    HcsInitializeWritableLayer(layerpath: PCWSTR, layerdata: PCWSTR, options: PCWSTR) -> HRESULT = MISSING;
    HcsSetupBaseOSLayer(layerpath: PCWSTR, vhdhandle: HANDLE, options: PCWSTR) -> HRESULT = MISSING;
    HcsSetupBaseOSVolume(layerpath: PCWSTR, volumepath: PCWSTR, options: PCWSTR) -> HRESULT = MISSING;
    HcsSimIsSimulated() -> i32 = 1;
}
