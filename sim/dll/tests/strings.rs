//! Every string argument as a client can get it wrong: NULL, empty, and UTF-16 with half of a pair. What each call answers stands
//! in the snapshot, and what its operation ends with.

// On Windows the calls of `windows-sys` go to the DLL, and the others to this program's own copy: two worlds.
#![cfg(unix)]
#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/process.rs"]
#[expect(dead_code, reason = "nobody reads what these processes write")]
mod helper;

use std::fmt::Write as _;
use std::ptr::{null, null_mut};

use common::{operation, take, wait, wide};
use hcs_sim_dll::computecore::HcsGetOperationProperties;
use hcs_sim_dll::computestorage::{HcsAttachOverlayFilter, HcsDetachOverlayFilter};
use hcs_sim_dll::control::HcsSimReset;
use hcs_sim_dll::vmcompute::{
    Vmcompute_GrantVmAccess, Vmcompute_HNSCall, Vmcompute_HcsCreateComputeSystem, Vmcompute_HcsCreateProcess,
    Vmcompute_HcsEnumerateComputeSystems, Vmcompute_HcsGetComputeSystemProperties, Vmcompute_HcsGetServiceProperties,
    Vmcompute_HcsModifyComputeSystem, Vmcompute_HcsModifyServiceSettings, Vmcompute_HcsOpenComputeSystem,
    Vmcompute_HcsPauseComputeSystem, Vmcompute_HcsShutdownComputeSystem, Vmcompute_HcsStartComputeSystem,
    Vmcompute_HcsTerminateComputeSystem, Vmcompute_RevokeVmAccess,
};
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::{PCWSTR, PWSTR};

/// `GENERIC_ALL`
const ALL: u32 = 0x1000_0000;

/// What a call finds: a container that runs, with a process in it; and where what it gives goes.
struct Scene {
    system: HCS_SYSTEM,
    process: HCS_PROCESS,
    work: HCS_OPERATION,
    older: *mut core::ffi::c_void,
    /// Texts that are right: a name, a document, a path.
    name: Vec<u16>,
    document: Vec<u16>,
    path: Vec<u16>,
    made: *mut core::ffi::c_void,
    told: PWSTR,
    result: PWSTR,
    information: HCS_PROCESS_INFORMATION,
}

impl Scene {
    fn new() -> Scene {
        assert_eq!(HcsSimReset(1, 26100), 0);
        let system = helper::container("there");
        let process = helper::spawn(system, "sim-idle", "").handle;
        let (id, mut older, mut result) = (wide("there"), null_mut(), null_mut());
        // SAFETY: the string ends with a zero, the pointers are to locals.
        assert_eq!(unsafe { Vmcompute_HcsOpenComputeSystem(id.as_ptr(), &raw mut older, &raw mut result) }, 0);
        take(result);
        Scene {
            system,
            process,
            work: operation(),
            older,
            name: wide("name"),
            document: wide("{}"),
            path: wide(r"C:\file"),
            made: null_mut(),
            told: null_mut(),
            result: null_mut(),
            information: HCS_PROCESS_INFORMATION::default(),
        }
    }
}

/// A call with a string in one place.
type Call = unsafe fn(PCWSTR, &mut Scene) -> i32;

macro_rules! calls {
    ($s:ident, $text:ident: $($name:literal $call:expr;)+) => {
        &[$(($name, |$text, $s| {
            // Some calls need nothing that is there.
            let _ = &$s;
            // SAFETY: strings end with a zero, handles are live, pointers are to what the scene has.
            unsafe { $call }
        })),+]
    };
}

/// The export, the parameter, the call.
const CALLS: &[(&str, Call)] = calls! { s, text:
    "HcsAddResourceToOperation uri" HcsAddResourceToOperation(s.work, 0, text, null_mut());
    "HcsGetOperationProperties options" HcsGetOperationProperties(s.work, text, &raw mut s.told);
    "HcsEnumerateComputeSystems query" HcsEnumerateComputeSystems(text, s.work);
    "HcsEnumerateComputeSystemsInNamespace idNamespace" HcsEnumerateComputeSystemsInNamespace(text, null(), s.work);
    "HcsEnumerateComputeSystemsInNamespace query" HcsEnumerateComputeSystemsInNamespace(s.name.as_ptr(), text, s.work);
    "HcsCreateComputeSystem id" HcsCreateComputeSystem(text, s.document.as_ptr(), s.work, null(), &raw mut s.made);
    "HcsCreateComputeSystem configuration" HcsCreateComputeSystem(s.name.as_ptr(), text, s.work, null(), &raw mut s.made);
    "HcsCreateComputeSystemInNamespace idNamespace"
        HcsCreateComputeSystemInNamespace(text, s.name.as_ptr(), s.document.as_ptr(), s.work, null(), &raw mut s.made);
    "HcsCreateComputeSystemInNamespace id"
        HcsCreateComputeSystemInNamespace(s.name.as_ptr(), text, s.document.as_ptr(), s.work, null(), &raw mut s.made);
    "HcsCreateComputeSystemInNamespace configuration"
        HcsCreateComputeSystemInNamespace(s.name.as_ptr(), s.name.as_ptr(), text, s.work, null(), &raw mut s.made);
    "HcsOpenComputeSystem id" HcsOpenComputeSystem(text, ALL, &raw mut s.made);
    "HcsOpenComputeSystemInNamespace idNamespace" HcsOpenComputeSystemInNamespace(text, s.name.as_ptr(), ALL, &raw mut s.made);
    "HcsOpenComputeSystemInNamespace id" HcsOpenComputeSystemInNamespace(s.name.as_ptr(), text, ALL, &raw mut s.made);
    "HcsStartComputeSystem options" HcsStartComputeSystem(s.system, s.work, text);
    "HcsTerminateComputeSystem options" HcsTerminateComputeSystem(s.system, s.work, text);
    "HcsGetComputeSystemProperties propertyQuery" HcsGetComputeSystemProperties(s.system, s.work, text);
    "HcsShutDownComputeSystem options" HcsShutDownComputeSystem(s.system, s.work, text);
    "HcsCrashComputeSystem options" HcsCrashComputeSystem(s.system, s.work, text);
    "HcsPauseComputeSystem options" HcsPauseComputeSystem(s.system, s.work, text);
    "HcsResumeComputeSystem options" HcsResumeComputeSystem(s.system, s.work, text);
    "HcsSaveComputeSystem options" HcsSaveComputeSystem(s.system, s.work, text);
    "HcsModifyComputeSystem configuration" HcsModifyComputeSystem(s.system, s.work, text, null_mut());
    "HcsCreateProcess processParameters" HcsCreateProcess(s.system, text, s.work, null(), &raw mut s.made);
    "HcsTerminateProcess options" HcsTerminateProcess(s.process, s.work, text);
    "HcsSignalProcess options" HcsSignalProcess(s.process, s.work, text);
    "HcsGetProcessProperties propertyQuery" HcsGetProcessProperties(s.process, s.work, text);
    "HcsModifyProcess settings" HcsModifyProcess(s.process, s.work, text);
    "HcsGetServiceProperties propertyQuery" HcsGetServiceProperties(text, &raw mut s.told);
    "HcsModifyServiceSettings settings" HcsModifyServiceSettings(text, &raw mut s.told);
    "HcsSubmitWerReport settings" HcsSubmitWerReport(text);
    "HcsCreateEmptyGuestStateFile guestStateFilePath" HcsCreateEmptyGuestStateFile(text);
    "HcsCreateEmptyRuntimeStateFile runtimeStateFilePath" HcsCreateEmptyRuntimeStateFile(text);
    "HcsGetProcessorCompatibilityFromSavedState runtimeFileName"
        HcsGetProcessorCompatibilityFromSavedState(text, (&raw mut s.result).cast());
    "HcsGrantVmAccess vmId" HcsGrantVmAccess(text, s.path.as_ptr());
    "HcsGrantVmAccess filePath" HcsGrantVmAccess(s.name.as_ptr(), text);
    "HcsRevokeVmAccess vmId" HcsRevokeVmAccess(text, s.path.as_ptr());
    "HcsRevokeVmAccess filePath" HcsRevokeVmAccess(s.name.as_ptr(), text);
    "HcsGrantVmGroupAccess filePath" HcsGrantVmGroupAccess(text);
    "HcsRevokeVmGroupAccess filePath" HcsRevokeVmGroupAccess(text);
    "HcsImportLayer layerPath" HcsImportLayer(text, s.path.as_ptr(), s.document.as_ptr());
    "HcsImportLayer sourceFolderPath" HcsImportLayer(s.path.as_ptr(), text, s.document.as_ptr());
    "HcsImportLayer layerData" HcsImportLayer(s.path.as_ptr(), s.path.as_ptr(), text);
    "HcsExportLayer layerPath" HcsExportLayer(text, s.path.as_ptr(), s.document.as_ptr(), s.document.as_ptr());
    "HcsExportLayer exportFolderPath" HcsExportLayer(s.path.as_ptr(), text, s.document.as_ptr(), s.document.as_ptr());
    "HcsExportLayer layerData" HcsExportLayer(s.path.as_ptr(), s.path.as_ptr(), text, s.document.as_ptr());
    "HcsExportLayer options" HcsExportLayer(s.path.as_ptr(), s.path.as_ptr(), s.document.as_ptr(), text);
    "HcsExportLegacyWritableLayer writableLayerMountPath"
        HcsExportLegacyWritableLayer(text, s.path.as_ptr(), s.path.as_ptr(), s.document.as_ptr());
    "HcsExportLegacyWritableLayer writableLayerFolderPath"
        HcsExportLegacyWritableLayer(s.path.as_ptr(), text, s.path.as_ptr(), s.document.as_ptr());
    "HcsExportLegacyWritableLayer exportFolderPath"
        HcsExportLegacyWritableLayer(s.path.as_ptr(), s.path.as_ptr(), text, s.document.as_ptr());
    "HcsExportLegacyWritableLayer layerData"
        HcsExportLegacyWritableLayer(s.path.as_ptr(), s.path.as_ptr(), s.path.as_ptr(), text);
    "HcsDestroyLayer layerPath" HcsDestroyLayer(text);
    "HcsSetupBaseOSLayer layerPath" HcsSetupBaseOSLayer(text, null_mut(), s.document.as_ptr());
    "HcsSetupBaseOSLayer options" HcsSetupBaseOSLayer(s.path.as_ptr(), null_mut(), text);
    "HcsSetupBaseOSVolume layerPath" HcsSetupBaseOSVolume(text, s.path.as_ptr(), s.document.as_ptr());
    "HcsSetupBaseOSVolume volumePath" HcsSetupBaseOSVolume(s.path.as_ptr(), text, s.document.as_ptr());
    "HcsSetupBaseOSVolume options" HcsSetupBaseOSVolume(s.path.as_ptr(), s.path.as_ptr(), text);
    "HcsInitializeWritableLayer writableLayerPath" HcsInitializeWritableLayer(text, s.document.as_ptr(), null());
    "HcsInitializeWritableLayer layerData" HcsInitializeWritableLayer(s.path.as_ptr(), text, null());
    "HcsInitializeWritableLayer options" HcsInitializeWritableLayer(s.path.as_ptr(), s.document.as_ptr(), text);
    "HcsInitializeLegacyWritableLayer writableLayerMountPath"
        HcsInitializeLegacyWritableLayer(text, s.path.as_ptr(), s.document.as_ptr(), null());
    "HcsInitializeLegacyWritableLayer writableLayerFolderPath"
        HcsInitializeLegacyWritableLayer(s.path.as_ptr(), text, s.document.as_ptr(), null());
    "HcsInitializeLegacyWritableLayer layerData"
        HcsInitializeLegacyWritableLayer(s.path.as_ptr(), s.path.as_ptr(), text, null());
    "HcsInitializeLegacyWritableLayer options"
        HcsInitializeLegacyWritableLayer(s.path.as_ptr(), s.path.as_ptr(), s.document.as_ptr(), text);
    "HcsAttachLayerStorageFilter layerPath" HcsAttachLayerStorageFilter(text, s.document.as_ptr());
    "HcsAttachLayerStorageFilter layerData" HcsAttachLayerStorageFilter(s.path.as_ptr(), text);
    "HcsDetachLayerStorageFilter layerPath" HcsDetachLayerStorageFilter(text);
    "HcsAttachOverlayFilter volumePath" HcsAttachOverlayFilter(text, s.document.as_ptr());
    "HcsAttachOverlayFilter layerData" HcsAttachOverlayFilter(s.path.as_ptr(), text);
    "HcsDetachOverlayFilter volumePath" HcsDetachOverlayFilter(text, s.document.as_ptr());
    "HcsDetachOverlayFilter layerData" HcsDetachOverlayFilter(s.path.as_ptr(), text);
    "CreateVirtualDisk path" create_disk(text, s) as i32;
    "OpenVirtualDisk path" open_disk(text, s) as i32;
    "vmcompute HcsEnumerateComputeSystems query"
        Vmcompute_HcsEnumerateComputeSystems(text, &raw mut s.told, &raw mut s.result);
    "vmcompute HcsCreateComputeSystem id"
        Vmcompute_HcsCreateComputeSystem(text, s.document.as_ptr(), null_mut(), &raw mut s.made, &raw mut s.result);
    "vmcompute HcsCreateComputeSystem configuration"
        Vmcompute_HcsCreateComputeSystem(s.name.as_ptr(), text, null_mut(), &raw mut s.made, &raw mut s.result);
    "vmcompute HcsOpenComputeSystem id" Vmcompute_HcsOpenComputeSystem(text, &raw mut s.made, &raw mut s.result);
    "vmcompute HcsStartComputeSystem options" Vmcompute_HcsStartComputeSystem(s.older, text, &raw mut s.result);
    "vmcompute HcsShutdownComputeSystem options" Vmcompute_HcsShutdownComputeSystem(s.older, text, &raw mut s.result);
    "vmcompute HcsTerminateComputeSystem options" Vmcompute_HcsTerminateComputeSystem(s.older, text, &raw mut s.result);
    "vmcompute HcsPauseComputeSystem options" Vmcompute_HcsPauseComputeSystem(s.older, text, &raw mut s.result);
    "vmcompute HcsGetComputeSystemProperties propertyQuery"
        Vmcompute_HcsGetComputeSystemProperties(s.older, text, &raw mut s.told, &raw mut s.result);
    "vmcompute HcsModifyComputeSystem configuration" Vmcompute_HcsModifyComputeSystem(s.older, text, &raw mut s.result);
    "vmcompute HcsModifyServiceSettings settings" Vmcompute_HcsModifyServiceSettings(text, &raw mut s.result);
    "vmcompute HcsGetServiceProperties propertyQuery"
        Vmcompute_HcsGetServiceProperties(text, &raw mut s.told, &raw mut s.result);
    "vmcompute HcsCreateProcess processParameters"
        Vmcompute_HcsCreateProcess(s.older, text, &raw mut s.information, &raw mut s.made, &raw mut s.result);
    "vmcompute GrantVmAccess vmid" Vmcompute_GrantVmAccess(text, s.path.as_ptr());
    "vmcompute GrantVmAccess filepath" Vmcompute_GrantVmAccess(s.name.as_ptr(), text);
    "vmcompute RevokeVmAccess vmid" Vmcompute_RevokeVmAccess(text, s.path.as_ptr());
    "vmcompute RevokeVmAccess filepath" Vmcompute_RevokeVmAccess(s.name.as_ptr(), text);
    "vmcompute HNSCall request" Vmcompute_HNSCall(s.name.as_ptr(), s.path.as_ptr(), text, &raw mut s.told);
};

/// Microsoft's VHDX.
const VHDX: VIRTUAL_STORAGE_TYPE = VIRTUAL_STORAGE_TYPE {
    DeviceId: VIRTUAL_STORAGE_TYPE_DEVICE_VHDX,
    VendorId: VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT,
};

unsafe fn create_disk(path: PCWSTR, s: &mut Scene) -> u32 {
    let mut parameters =
        CREATE_VIRTUAL_DISK_PARAMETERS { Version: CREATE_VIRTUAL_DISK_VERSION_2, ..Default::default() };
    parameters.Anonymous.Version2.MaximumSize = 20 << 30;
    // SAFETY: the caller vouches for the path; the pointers are to locals.
    unsafe { CreateVirtualDisk(&VHDX, path, 0, null_mut(), 0, 0, &raw const parameters, null(), &raw mut s.made) }
}

unsafe fn open_disk(path: PCWSTR, s: &mut Scene) -> u32 {
    // SAFETY: the caller vouches for the path; the pointers are to locals.
    unsafe { OpenVirtualDisk(&VHDX, path, VIRTUAL_DISK_ACCESS_READ, 0, null(), &raw mut s.made) }
}

/// What a call answers, and then its operation if it was accepted.
fn answer(call: Call, text: PCWSTR) -> String {
    let mut scene = Scene::new();
    // SAFETY: NULL, or a string that ends with a zero.
    let code = unsafe { call(text, &mut scene) };
    let mut told = format!("{code:08x}");
    // SAFETY: the operation is live.
    let started = unsafe { HcsGetOperationType(scene.work) } != HcsOperationTypeNone;
    if code == 0 && started {
        _ = write!(told, "/{:08x}", wait(scene.work).0);
    }
    take(scene.told);
    take(scene.result);
    told
}

#[test]
fn every_string_argument_can_be_wrong() {
    let (empty, half) = (wide(""), [u16::from(b'a'), 0xD800, u16::from(b'b'), 0]);
    let mut table = format!("{:64}{:20}{:20}{}\n", "", "NULL", "empty", "half of a pair");
    for (name, call) in CALLS {
        let [null, empty, half] = [null(), empty.as_ptr(), half.as_ptr()].map(|text| answer(*call, text));
        _ = writeln!(table, "{name:64}{null:20}{empty:20}{half}");
    }
    insta::assert_snapshot!(table);
}
