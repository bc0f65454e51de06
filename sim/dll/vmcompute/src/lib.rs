//! `vmcompute.dll`, the older interface: the functions are those of computecore's library, so that a process has one world. They
//! have other names there, because computecore.dll has functions of these names with other signatures.

#![expect(missing_docs, reason = "the exports are what their clients call, under these names")]

#[cfg(windows)]
mod real;

use core::ffi::c_void;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_NOTIFICATION_CALLBACK, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

/// `HRESULT_FROM_WIN32`
const MISSING: HRESULT = (hcs_sim_thin::NOT_FOUND | 0x8007_0000) as HRESULT;

hcs_sim_thin::forward! {
    HcsEnumerateComputeSystems as c"Vmcompute_HcsEnumerateComputeSystems" (
        query: PCWSTR,
        computesystems: *mut PWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsCreateComputeSystem as c"Vmcompute_HcsCreateComputeSystem" (
        id: PCWSTR,
        configuration: PCWSTR,
        identity: HANDLE,
        computesystem: *mut HCS_SYSTEM,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsOpenComputeSystem as c"Vmcompute_HcsOpenComputeSystem" (
        id: PCWSTR,
        computesystem: *mut HCS_SYSTEM,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsCloseComputeSystem as c"Vmcompute_HcsCloseComputeSystem" (computesystem: HCS_SYSTEM) -> HRESULT = MISSING;
    HcsStartComputeSystem as c"Vmcompute_HcsStartComputeSystem" (
        computesystem: HCS_SYSTEM,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsShutdownComputeSystem as c"Vmcompute_HcsShutdownComputeSystem" (
        computesystem: HCS_SYSTEM,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsTerminateComputeSystem as c"Vmcompute_HcsTerminateComputeSystem" (
        computesystem: HCS_SYSTEM,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsPauseComputeSystem as c"Vmcompute_HcsPauseComputeSystem" (
        computesystem: HCS_SYSTEM,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsResumeComputeSystem as c"Vmcompute_HcsResumeComputeSystem" (
        computesystem: HCS_SYSTEM,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsSaveComputeSystem as c"Vmcompute_HcsSaveComputeSystem" (
        computesystem: HCS_SYSTEM,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsGetComputeSystemProperties as c"Vmcompute_HcsGetComputeSystemProperties" (
        computesystem: HCS_SYSTEM,
        propertyquery: PCWSTR,
        properties: *mut PWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsModifyComputeSystem as c"Vmcompute_HcsModifyComputeSystem" (
        computesystem: HCS_SYSTEM,
        configuration: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsModifyServiceSettings as c"Vmcompute_HcsModifyServiceSettings" (
        settings: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsGetServiceProperties as c"Vmcompute_HcsGetServiceProperties" (
        propertyquery: PCWSTR,
        properties: *mut PWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsRegisterComputeSystemCallback as c"Vmcompute_HcsRegisterComputeSystemCallback" (
        computesystem: HCS_SYSTEM,
        callback: HCS_NOTIFICATION_CALLBACK,
        context: *const c_void,
        callbackhandle: *mut *mut c_void,
    ) -> HRESULT = MISSING;
    HcsUnregisterComputeSystemCallback as c"Vmcompute_HcsUnregisterComputeSystemCallback" (
        callbackhandle: *mut c_void,
    ) -> HRESULT = MISSING;
    HcsCreateProcess as c"Vmcompute_HcsCreateProcess" (
        computesystem: HCS_SYSTEM,
        processparameters: PCWSTR,
        processinformation: *mut HCS_PROCESS_INFORMATION,
        process: *mut HCS_PROCESS,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsOpenProcess as c"Vmcompute_HcsOpenProcess" (
        computesystem: HCS_SYSTEM,
        processid: u32,
        process: *mut HCS_PROCESS,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsCloseProcess as c"Vmcompute_HcsCloseProcess" (process: HCS_PROCESS) -> HRESULT = MISSING;
    HcsTerminateProcess as c"Vmcompute_HcsTerminateProcess" (
        process: HCS_PROCESS,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsSignalProcess as c"Vmcompute_HcsSignalProcess" (
        process: HCS_PROCESS,
        options: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsGetProcessInfo as c"Vmcompute_HcsGetProcessInfo" (
        process: HCS_PROCESS,
        processinformation: *mut HCS_PROCESS_INFORMATION,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsGetProcessProperties as c"Vmcompute_HcsGetProcessProperties" (
        process: HCS_PROCESS,
        processproperties: *mut PWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsModifyProcess as c"Vmcompute_HcsModifyProcess" (
        process: HCS_PROCESS,
        settings: PCWSTR,
        result: *mut PWSTR,
    ) -> HRESULT = MISSING;
    HcsRegisterProcessCallback as c"Vmcompute_HcsRegisterProcessCallback" (
        process: HCS_PROCESS,
        callback: HCS_NOTIFICATION_CALLBACK,
        context: *const c_void,
        callbackhandle: *mut *mut c_void,
    ) -> HRESULT = MISSING;
    HcsUnregisterProcessCallback as c"Vmcompute_HcsUnregisterProcessCallback" (
        callbackhandle: *mut c_void,
    ) -> HRESULT = MISSING;
    GrantVmAccess as c"Vmcompute_GrantVmAccess" (vmid: PCWSTR, filepath: PCWSTR) -> HRESULT = MISSING;
    RevokeVmAccess as c"Vmcompute_RevokeVmAccess" (vmid: PCWSTR, filepath: PCWSTR) -> HRESULT = MISSING;
    HcsSimIsSimulated() -> i32 = 1;
}

/// What a layer function is told of the driver, and of the layers beneath: see the clients' declarations.
type Driver = *const c_void;
type Layers = *const c_void;

hcs_sim_thin::forward! {
    ActivateLayer as c"Vmcompute_ActivateLayer" (info: Driver, id: PCWSTR) -> HRESULT = MISSING;
    DeactivateLayer as c"Vmcompute_DeactivateLayer" (info: Driver, id: PCWSTR) -> HRESULT = MISSING;
    PrepareLayer as c"Vmcompute_PrepareLayer" (
        info: Driver, id: PCWSTR, layers: Layers, count: usize,
    ) -> HRESULT = MISSING;
    UnprepareLayer as c"Vmcompute_UnprepareLayer" (info: Driver, id: PCWSTR) -> HRESULT = MISSING;
    GetLayerMountPath as c"Vmcompute_GetLayerMountPath" (
        info: Driver, id: PCWSTR, length: *mut usize, path: PWSTR,
    ) -> HRESULT = MISSING;
    CreateLayer as c"Vmcompute_CreateLayer" (info: Driver, id: PCWSTR, parent: PCWSTR) -> HRESULT = MISSING;
    CreateSandboxLayer as c"Vmcompute_CreateSandboxLayer" (
        info: Driver, id: PCWSTR, parent: PCWSTR, layers: Layers, count: usize,
    ) -> HRESULT = MISSING;
    ExpandSandboxSize as c"Vmcompute_ExpandSandboxSize" (info: Driver, id: PCWSTR, size: u64) -> HRESULT = MISSING;
    CopyLayer as c"Vmcompute_CopyLayer" (
        info: Driver, from: PCWSTR, to: PCWSTR, layers: Layers, count: usize,
    ) -> HRESULT = MISSING;
    DestroyLayer as c"Vmcompute_DestroyLayer" (info: Driver, id: PCWSTR) -> HRESULT = MISSING;
    ImportLayer as c"Vmcompute_ImportLayer" (
        info: Driver, id: PCWSTR, path: PCWSTR, layers: Layers, count: usize,
    ) -> HRESULT = MISSING;
    ExportLayer as c"Vmcompute_ExportLayer" (
        info: Driver, id: PCWSTR, path: PCWSTR, layers: Layers, count: usize,
    ) -> HRESULT = MISSING;
    LayerExists as c"Vmcompute_LayerExists" (info: Driver, id: PCWSTR, exists: *mut u32) -> HRESULT = MISSING;
    GetBaseImages as c"Vmcompute_GetBaseImages" (images: *mut PWSTR) -> HRESULT = MISSING;
    NameToGuid as c"Vmcompute_NameToGuid" (name: PCWSTR, guid: *mut c_void) -> HRESULT = MISSING;
    ProcessBaseImage as c"Vmcompute_ProcessBaseImage" (path: PCWSTR) -> HRESULT = MISSING;
    ProcessUtilityImage as c"Vmcompute_ProcessUtilityImage" (path: PCWSTR) -> HRESULT = MISSING;
}

/// `HNSCall`
type Network = unsafe extern "system" fn(PCWSTR, PCWSTR, PCWSTR, *mut PWSTR) -> HRESULT;

/// The double's own, which says that there are no networks.
#[expect(unsafe_code, reason = "a C ABI")]
fn without_network() -> Option<Network> {
    let found = hcs_sim_thin::find(c"Vmcompute_HNSCall")?;
    // SAFETY: the function of this name has this signature: both are made from the same sources.
    Some(unsafe { core::mem::transmute::<*const c_void, Network>(found) })
}

/// `HNSCall`: networks are the host's own where it has a real DLL.
///
/// # Safety
/// The strings are NULL or end with a zero; `response` is NULL or can be written.
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "a C ABI")]
pub unsafe extern "system" fn HNSCall(method: PCWSTR, path: PCWSTR, request: PCWSTR, response: *mut PWSTR) -> HRESULT {
    #[cfg(windows)]
    let network = real::network().or_else(without_network);
    #[cfg(not(windows))]
    let network = without_network();
    // SAFETY: as the caller vouches; the function has this signature.
    network.map_or(MISSING, |network| unsafe { network(method, path, request, response) })
}
