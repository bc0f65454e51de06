//! Which DLL exports what, since which build, and whether the double models it.
//!
//! What is not modelled is a row too: the call answers [`NOT_MODELLED`], is recorded, and fails a strict world.

use crate::build::Build::{self, B17763, B19041, B20348, B26100, B26200};
use crate::evidence::{Source, assumed, client, documented, header, observed};
use crate::hresult::Hresult;
use crate::vocabulary::Call;

/// A DLL of the compute service, or one that its clients need beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dll {
    /// `computecore.dll`
    Computecore,
    /// `computestorage.dll`
    Computestorage,
    /// `vmcompute.dll`, the older interface.
    Vmcompute,
    /// `virtdisk.dll`: virtual disks.
    Virtdisk,
    /// `kernel32.dll`, as far as disks are concerned.
    Kernel32,
}

impl Dll {
    /// The file's name.
    pub const fn file(self) -> &'static str {
        match self {
            Dll::Computecore => "computecore.dll",
            Dll::Computestorage => "computestorage.dll",
            Dll::Vmcompute => "vmcompute.dll",
            Dll::Virtdisk => "virtdisk.dll",
            Dll::Kernel32 => "kernel32.dll",
        }
    }
}

/// One export of one DLL.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// The DLL.
    pub dll: Dll,
    /// The name, as exported.
    pub name: &'static str,
    /// The ordinal on a recent x64 build; 0 where none is recorded.
    pub ordinal: u16,
    /// The first simulated build that has it; `None` when none has.
    pub since: Option<Build>,
    /// The modelled call; `None` is a row of its own: not modelled.
    pub call: Option<Call>,
    /// How that is known.
    pub sources: &'static [Source],
}

/// What a call that is not modelled answers: the code that the documentation itself gives to a call which is not
/// implemented. It is the double's own answer, and is recorded as such.
pub const NOT_MODELLED: Hresult = Hresult::E_NOTIMPL;

/// What a late-bound call finds on a build that lacks the export: `GetProcAddress` fails with this.
pub const ABSENT: Hresult = Hresult::ERROR_PROC_NOT_FOUND;

/// What a call answers that is to be passed on to the real DLLs where there are none. It is the double's own answer.
pub const NO_HOST: Hresult = Hresult::ERROR_NOT_SUPPORTED;

/// What the double's own exports answer where calls are passed on to the real DLLs: no world is simulated.
pub const NO_WORLD: Hresult = Hresult::ERROR_NOT_SUPPORTED;

const PAGE: &[Source] = &[documented("the function's page: minimum supported client and server")];
const CRASH: &[Source] = &[observed("NanaBox: absent on 1809, against its page; present on 2004", &[B17763, B19041])];
const INTERMEDIATE: &[Source] = &[assumed("in an SDK between 2004 and 11; the page names no build")];
const RECENT: &[Source] = &[observed("an export table of a recent build", &[B26100]), assumed("not before")];
const UNDOCUMENTED: &[Source] = &[observed("an export table of a recent build; no header declares it", &[B26100])];
const NEWER: &[Source] = &[client("hcsshim; newer than every build simulated")];
const OTHER: &[Source] = &[client("hcsshim"), documented("the layer functions' pages")];
const LAYER: &[Source] = &[documented("the function's page: Windows 10 1809"), header("computestorage.h")];
const VOLUME: &[Source] =
    &[documented("the function's page: Windows Server 2022"), client("hcsshim refuses builds before 19645")];
const OVERLAY: &[Source] = &[
    observed("hcsctl attaches and detaches one; no page names it", &[B26200]),
    assumed("not before the first server with image layers of that kind"),
];
const DISK: &[Source] = &[documented("the function's page: Windows 8 and before")];

const fn core(
    ordinal: u16,
    name: &'static str,
    since: Option<Build>,
    call: Option<Call>,
    sources: &'static [Source],
) -> Export {
    Export { dll: Dll::Computecore, name, ordinal, since, call, sources }
}

const fn other(dll: Dll, name: &'static str) -> Export {
    Export { dll, name, ordinal: 0, since: Some(B17763), call: None, sources: OTHER }
}

const fn older(name: &'static str, call: Call) -> Export {
    Export { dll: Dll::Vmcompute, name, ordinal: 0, since: Some(B17763), call: Some(call), sources: OTHER }
}

const fn layer(name: &'static str, since: Build, call: Call, sources: &'static [Source]) -> Export {
    Export { dll: Dll::Computestorage, name, ordinal: 0, since: Some(since), call: Some(call), sources }
}

const fn disk(dll: Dll, name: &'static str, call: Call) -> Export {
    Export { dll, name, ordinal: 0, since: Some(B17763), call: Some(call), sources: DISK }
}

impl Export {
    /// Whether this build has the export.
    pub fn on(&self, build: Build) -> bool {
        self.since.is_some_and(|first| build >= first)
    }

    /// The export of this name.
    pub fn by_name(dll: Dll, name: &str) -> Option<&'static Export> {
        EXPORTS.iter().find(|export| export.dll == dll && export.name == name)
    }
}

/// Whether a build exports a modelled call.
pub const fn has(build: Build, call: Call) -> bool {
    build as u8 >= SINCE[call as usize] as u8
}

/// The export of a modelled call.
pub const fn of(call: Call) -> &'static Export {
    &EXPORTS[PLACES[call as usize] as usize]
}

/// The place of a modelled call's export in [`EXPORTS`].
pub const fn index(call: Call) -> u16 {
    PLACES[call as usize]
}

/// Where each modelled call's export is. A call without one does not compile.
const PLACES: [u16; Call::COUNT] = {
    let mut places = [0; Call::COUNT];
    let mut call = 0;
    while call < Call::COUNT {
        let mut at = 0;
        while !matches!(EXPORTS[at].call, Some(modelled) if modelled as usize == call) {
            at += 1;
            assert!(at < EXPORTS.len(), "a modelled call has no export");
        }
        places[call] = at as u16;
        call += 1;
    }
    places
};

/// The first build that exports each modelled call.
static SINCE: [Build; Call::COUNT] = {
    let mut since = [B17763; Call::COUNT];
    let mut call = 0;
    while call < Call::COUNT {
        since[call] = match EXPORTS[PLACES[call] as usize].since {
            Some(first) => first,
            None => panic!("a modelled call is exported by no build"),
        };
        call += 1;
    }
    since
};

/// Every export, by DLL.
#[rustfmt::skip]
pub const EXPORTS: &[Export] = &[
    core(1, "HcsEnumerateVmWorkerProcesses", Some(B26100), None, UNDOCUMENTED),
    core(2, "HcsFindVmWorkerProcesses", Some(B26100), None, UNDOCUMENTED),
    core(3, "HcsGetWorkerProcessJob", Some(B26100), None, UNDOCUMENTED),
    core(4, "HcsStartVmWorkerProcess", Some(B26100), None, UNDOCUMENTED),
    core(5, "HcsAbortSystemPreservation", Some(B26100), None, UNDOCUMENTED),
    core(6, "HcsAddResourceToOperation", Some(B20348), Some(Call::AddResourceToOperation), INTERMEDIATE),
    core(7, "HcsCancelOperation", Some(B17763), Some(Call::CancelOperation), PAGE),
    core(8, "HcsCloseComputeSystem", Some(B17763), Some(Call::CloseComputeSystem), PAGE),
    core(9, "HcsCloseOperation", Some(B17763), Some(Call::CloseOperation), PAGE),
    core(10, "HcsCloseProcess", Some(B17763), Some(Call::CloseProcess), PAGE),
    core(11, "HcsCrashComputeSystem", Some(B19041), Some(Call::CrashComputeSystem), CRASH),
    core(12, "HcsCreateComputeSystem", Some(B17763), Some(Call::CreateComputeSystem), PAGE),
    core(13, "HcsCreateComputeSystemInNamespace", Some(B20348), Some(Call::CreateComputeSystemInNamespace), INTERMEDIATE),
    core(14, "HcsCreateEmptyGuestStateFile", Some(B17763), Some(Call::CreateEmptyGuestStateFile), PAGE),
    core(15, "HcsCreateEmptyRuntimeStateFile", Some(B17763), Some(Call::CreateEmptyRuntimeStateFile), PAGE),
    core(16, "HcsCreateOperation", Some(B17763), Some(Call::CreateOperation), PAGE),
    core(17, "HcsCreateOperationWithNotifications", Some(B20348), Some(Call::CreateOperationWithNotifications), INTERMEDIATE),
    core(18, "HcsCreateProcess", Some(B17763), Some(Call::CreateProcess), PAGE),
    core(19, "HcsEnumerateComputeSystems", Some(B17763), Some(Call::EnumerateComputeSystems), PAGE),
    core(20, "HcsEnumerateComputeSystemsInNamespace", Some(B20348), Some(Call::EnumerateComputeSystemsInNamespace), INTERMEDIATE),
    core(21, "HcsFinalizeLiveMigration", Some(B26100), None, RECENT),
    core(22, "HcsFinalizeSystemPreservation", Some(B26100), None, UNDOCUMENTED),
    core(23, "HcsGetComputeSystemFromOperation", Some(B17763), Some(Call::GetComputeSystemFromOperation), PAGE),
    core(24, "HcsGetComputeSystemProperties", Some(B17763), Some(Call::GetComputeSystemProperties), PAGE),
    core(25, "HcsGetOperationContext", Some(B17763), Some(Call::GetOperationContext), PAGE),
    core(26, "HcsGetOperationId", Some(B17763), Some(Call::GetOperationId), PAGE),
    core(27, "HcsGetOperationProperties", Some(B26100), Some(Call::GetOperationProperties), RECENT),
    core(28, "HcsGetOperationResult", Some(B17763), Some(Call::GetOperationResult), PAGE),
    core(29, "HcsGetOperationResultAndProcessInfo", Some(B17763), Some(Call::GetOperationResultAndProcessInfo), PAGE),
    core(30, "HcsGetOperationType", Some(B17763), Some(Call::GetOperationType), PAGE),
    core(31, "HcsGetProcessFromOperation", Some(B17763), Some(Call::GetProcessFromOperation), PAGE),
    core(32, "HcsGetProcessInfo", Some(B17763), Some(Call::GetProcessInfo), PAGE),
    core(33, "HcsGetProcessProperties", Some(B17763), Some(Call::GetProcessProperties), PAGE),
    core(34, "HcsGetProcessorCompatibilityFromSavedState", Some(B20348), Some(Call::GetProcessorCompatibilityFromSavedState), PAGE),
    core(35, "HcsGetServiceProperties", Some(B17763), Some(Call::GetServiceProperties), PAGE),
    core(36, "HcsGrantVmAccess", Some(B17763), Some(Call::GrantVmAccess), PAGE),
    core(37, "HcsGrantVmGroupAccess", Some(B19041), Some(Call::GrantVmGroupAccess), PAGE),
    core(38, "HcsInitializeLiveMigrationOnSource", Some(B26100), None, RECENT),
    core(39, "HcsModifyComputeSystem", Some(B17763), Some(Call::ModifyComputeSystem), PAGE),
    core(40, "HcsModifyProcess", Some(B17763), Some(Call::ModifyProcess), PAGE),
    core(41, "HcsModifyServiceSettings", Some(B17763), Some(Call::ModifyServiceSettings), PAGE),
    core(42, "HcsOpenComputeSystem", Some(B17763), Some(Call::OpenComputeSystem), PAGE),
    core(43, "HcsOpenComputeSystemInNamespace", Some(B20348), Some(Call::OpenComputeSystemInNamespace), INTERMEDIATE),
    core(44, "HcsOpenProcess", Some(B17763), Some(Call::OpenProcess), PAGE),
    core(45, "HcsPauseComputeSystem", Some(B17763), Some(Call::PauseComputeSystem), PAGE),
    core(46, "HcsResumeComputeSystem", Some(B17763), Some(Call::ResumeComputeSystem), PAGE),
    core(47, "HcsRevokeVmAccess", Some(B17763), Some(Call::RevokeVmAccess), PAGE),
    core(48, "HcsRevokeVmGroupAccess", Some(B19041), Some(Call::RevokeVmGroupAccess), PAGE),
    core(49, "HcsSaveComputeSystem", Some(B17763), Some(Call::SaveComputeSystem), PAGE),
    core(50, "HcsSetComputeSystemCallback", Some(B17763), Some(Call::SetComputeSystemCallback), PAGE),
    core(51, "HcsSetOperationCallback", Some(B17763), Some(Call::SetOperationCallback), PAGE),
    core(52, "HcsSetOperationContext", Some(B17763), Some(Call::SetOperationContext), PAGE),
    core(53, "HcsSetProcessCallback", Some(B17763), Some(Call::SetProcessCallback), PAGE),
    core(54, "HcsShutDownComputeSystem", Some(B17763), Some(Call::ShutDownComputeSystem), PAGE),
    core(55, "HcsSignalProcess", Some(B17763), Some(Call::SignalProcess), PAGE),
    core(56, "HcsStartComputeSystem", Some(B17763), Some(Call::StartComputeSystem), PAGE),
    core(57, "HcsStartLiveMigrationOnSource", Some(B26100), None, RECENT),
    core(58, "HcsStartLiveMigrationTransfer", Some(B26100), None, RECENT),
    core(59, "HcsStartSystemPreservation", Some(B26100), None, UNDOCUMENTED),
    core(60, "HcsSubmitWerReport", Some(B17763), Some(Call::SubmitWerReport), PAGE),
    core(61, "HcsSystemControl", Some(B26100), None, UNDOCUMENTED),
    core(62, "HcsTerminateComputeSystem", Some(B17763), Some(Call::TerminateComputeSystem), PAGE),
    core(63, "HcsTerminateProcess", Some(B17763), Some(Call::TerminateProcess), PAGE),
    core(64, "HcsWaitForComputeSystemExit", Some(B20348), Some(Call::WaitForComputeSystemExit), PAGE),
    core(65, "HcsWaitForOperationResult", Some(B17763), Some(Call::WaitForOperationResult), PAGE),
    core(66, "HcsWaitForOperationResultAndProcessInfo", Some(B17763), Some(Call::WaitForOperationResultAndProcessInfo), PAGE),
    core(67, "HcsWaitForProcessExit", Some(B20348), Some(Call::WaitForProcessExit), PAGE),
    core(0, "HcsCancelLiveMigration", None, None, NEWER),
    layer("HcsAttachLayerStorageFilter", B17763, Call::AttachLayerStorageFilter, LAYER),
    layer("HcsAttachOverlayFilter", B26100, Call::AttachOverlayFilter, OVERLAY),
    layer("HcsDestroyLayer", B17763, Call::DestroyLayer, LAYER),
    layer("HcsDetachLayerStorageFilter", B17763, Call::DetachLayerStorageFilter, LAYER),
    layer("HcsDetachOverlayFilter", B26100, Call::DetachOverlayFilter, OVERLAY),
    layer("HcsExportLayer", B17763, Call::ExportLayer, LAYER),
    layer("HcsExportLegacyWritableLayer", B17763, Call::ExportLegacyWritableLayer, LAYER),
    layer("HcsFormatWritableLayerVhd", B17763, Call::FormatWritableLayerVhd, LAYER),
    layer("HcsGetLayerVhdMountPath", B17763, Call::GetLayerVhdMountPath, LAYER),
    layer("HcsImportLayer", B17763, Call::ImportLayer, LAYER),
    layer("HcsInitializeLegacyWritableLayer", B17763, Call::InitializeLegacyWritableLayer, LAYER),
    layer("HcsInitializeWritableLayer", B17763, Call::InitializeWritableLayer, LAYER),
    layer("HcsSetupBaseOSLayer", B17763, Call::SetupBaseOSLayer, LAYER),
    layer("HcsSetupBaseOSVolume", B20348, Call::SetupBaseOSVolume, VOLUME),
    older("HcsEnumerateComputeSystems", Call::LegacyEnumerateComputeSystems),
    older("HcsCreateComputeSystem", Call::LegacyCreateComputeSystem),
    older("HcsOpenComputeSystem", Call::LegacyOpenComputeSystem),
    older("HcsCloseComputeSystem", Call::LegacyCloseComputeSystem),
    older("HcsStartComputeSystem", Call::LegacyStartComputeSystem),
    older("HcsShutdownComputeSystem", Call::LegacyShutdownComputeSystem),
    older("HcsTerminateComputeSystem", Call::LegacyTerminateComputeSystem),
    older("HcsPauseComputeSystem", Call::LegacyPauseComputeSystem),
    older("HcsResumeComputeSystem", Call::LegacyResumeComputeSystem),
    older("HcsSaveComputeSystem", Call::LegacySaveComputeSystem),
    older("HcsGetComputeSystemProperties", Call::LegacyGetComputeSystemProperties),
    older("HcsModifyComputeSystem", Call::LegacyModifyComputeSystem),
    older("HcsModifyServiceSettings", Call::LegacyModifyServiceSettings),
    older("HcsGetServiceProperties", Call::LegacyGetServiceProperties),
    older("HcsRegisterComputeSystemCallback", Call::LegacyRegisterComputeSystemCallback),
    older("HcsUnregisterComputeSystemCallback", Call::LegacyUnregisterComputeSystemCallback),
    older("HcsCreateProcess", Call::LegacyCreateProcess),
    older("HcsOpenProcess", Call::LegacyOpenProcess),
    older("HcsCloseProcess", Call::LegacyCloseProcess),
    older("HcsTerminateProcess", Call::LegacyTerminateProcess),
    older("HcsSignalProcess", Call::LegacySignalProcess),
    older("HcsGetProcessInfo", Call::LegacyGetProcessInfo),
    older("HcsGetProcessProperties", Call::LegacyGetProcessProperties),
    older("HcsModifyProcess", Call::LegacyModifyProcess),
    older("HcsRegisterProcessCallback", Call::LegacyRegisterProcessCallback),
    older("HcsUnregisterProcessCallback", Call::LegacyUnregisterProcessCallback),
    older("GrantVmAccess", Call::LegacyGrantVmAccess),
    older("RevokeVmAccess", Call::LegacyRevokeVmAccess),
    older("ActivateLayer", Call::LegacyActivateLayer),
    older("DeactivateLayer", Call::LegacyDeactivateLayer),
    older("PrepareLayer", Call::LegacyPrepareLayer),
    older("UnprepareLayer", Call::LegacyUnprepareLayer),
    older("GetLayerMountPath", Call::LegacyGetLayerMountPath),
    older("CreateLayer", Call::LegacyCreateLayer),
    older("CreateSandboxLayer", Call::LegacyCreateSandboxLayer),
    older("ExpandSandboxSize", Call::LegacyExpandSandboxSize),
    older("CopyLayer", Call::LegacyCopyLayer),
    older("DestroyLayer", Call::LegacyDestroyLayer),
    older("ImportLayer", Call::LegacyImportLayer),
    older("ExportLayer", Call::LegacyExportLayer),
    older("LayerExists", Call::LegacyLayerExists),
    older("GetBaseImages", Call::LegacyGetBaseImages),
    older("NameToGuid", Call::LegacyNameToGuid),
    older("ProcessBaseImage", Call::LegacyProcessBaseImage),
    older("ProcessUtilityImage", Call::LegacyProcessUtilityImage),
    other(Dll::Vmcompute, "HNSCall"),
    disk(Dll::Virtdisk, "CreateVirtualDisk", Call::CreateVirtualDisk),
    disk(Dll::Virtdisk, "OpenVirtualDisk", Call::OpenVirtualDisk),
    disk(Dll::Virtdisk, "AttachVirtualDisk", Call::AttachVirtualDisk),
    disk(Dll::Virtdisk, "DetachVirtualDisk", Call::DetachVirtualDisk),
    disk(Dll::Virtdisk, "ResizeVirtualDisk", Call::ResizeVirtualDisk),
    disk(Dll::Virtdisk, "MergeVirtualDisk", Call::MergeVirtualDisk),
    disk(Dll::Virtdisk, "GetVirtualDiskInformation", Call::GetVirtualDiskInformation),
    disk(Dll::Virtdisk, "SetVirtualDiskInformation", Call::SetVirtualDiskInformation),
    disk(Dll::Virtdisk, "GetVirtualDiskPhysicalPath", Call::GetVirtualDiskPhysicalPath),
    disk(Dll::Kernel32, "CreateFileW", Call::CreateFile),
    disk(Dll::Kernel32, "CloseHandle", Call::CloseHandle),
];
