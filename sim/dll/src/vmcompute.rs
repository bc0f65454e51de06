//! The exports of `vmcompute.dll`, under names of their own: each has `Vmcompute_` before its name,
//! because computecore.dll has functions of these names with other signatures. See [`crate::computecore`].

#![expect(missing_docs, reason = "the exports are what their clients call, under these names")]
#![expect(
    clippy::missing_safety_doc,
    reason = "pointers are as each export's clients use them; NULL is always answered"
)]

use core::ffi::c_void;

use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::gate::{exports, unread};

/// What is behind the exports.
mod simulated {
    pub(crate) use crate::legacy::layer::*;
    pub(crate) use crate::legacy::*;
}

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Vmcompute;

hcs_record::vmcompute!(exports);

/// What a layer function is told of the driver, and of the layers beneath.
type Driver = *const c_void;
type Layers = *const c_void;

unread! {
    Vmcompute_ActivateLayer(info: Driver, id: PCWSTR) -> HRESULT;
    Vmcompute_DeactivateLayer(info: Driver, id: PCWSTR) -> HRESULT;
    Vmcompute_PrepareLayer(info: Driver, id: PCWSTR, layers: Layers, count: usize) -> HRESULT;
    Vmcompute_UnprepareLayer(info: Driver, id: PCWSTR) -> HRESULT;
    Vmcompute_GetLayerMountPath(info: Driver, id: PCWSTR, length: *mut usize, path: PWSTR) -> HRESULT;
    Vmcompute_CreateLayer(info: Driver, id: PCWSTR, parent: PCWSTR) -> HRESULT;
    Vmcompute_CreateSandboxLayer(
        info: Driver, id: PCWSTR, parent: PCWSTR, layers: Layers, count: usize
    ) -> HRESULT;
    Vmcompute_ExpandSandboxSize(info: Driver, id: PCWSTR, size: u64) -> HRESULT;
    Vmcompute_CopyLayer(info: Driver, from: PCWSTR, to: PCWSTR, layers: Layers, count: usize) -> HRESULT;
    Vmcompute_DestroyLayer(info: Driver, id: PCWSTR) -> HRESULT;
    Vmcompute_ImportLayer(info: Driver, id: PCWSTR, path: PCWSTR, layers: Layers, count: usize) -> HRESULT;
    Vmcompute_ExportLayer(info: Driver, id: PCWSTR, path: PCWSTR, layers: Layers, count: usize) -> HRESULT;
    Vmcompute_LayerExists(info: Driver, id: PCWSTR, exists: *mut u32) -> HRESULT;
    Vmcompute_GetBaseImages(images: *mut PWSTR) -> HRESULT;
    Vmcompute_NameToGuid(name: PCWSTR, guid: *mut c_void) -> HRESULT;
    Vmcompute_ProcessBaseImage(path: PCWSTR) -> HRESULT;
    Vmcompute_ProcessUtilityImage(path: PCWSTR) -> HRESULT;
}
