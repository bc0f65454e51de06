//! Which DLL exports what, since which build, and whether the double models it.
//!
//! What is not modelled is a row too: the call answers [`NOT_MODELLED`], is recorded, and fails a strict world.

use crate::build::Build::{self, B17763, B19041, B20348, B26100};
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::vocabulary::Call;

/// A DLL of the compute service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dll {
    /// `computecore.dll`
    Computecore,
    /// `computestorage.dll`
    Computestorage,
    /// `vmcompute.dll`, the older interface.
    Vmcompute,
}

impl Dll {
    /// The file's name.
    pub const fn file(self) -> &'static str {
        match self {
            Dll::Computecore => "computecore.dll",
            Dll::Computestorage => "computestorage.dll",
            Dll::Vmcompute => "vmcompute.dll",
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

const PAGE: &[Source] = &[documented("the function's page: minimum supported client and server")];
const CRASH: &[Source] = &[observed("NanaBox: absent on 1809, against its page; present on 2004", &[B17763, B19041])];
const INTERMEDIATE: &[Source] = &[assumed("in an SDK between 2004 and 11; the page names no build")];
const RECENT: &[Source] = &[observed("an export table of a recent build", &[B26100]), assumed("not before")];
const UNDOCUMENTED: &[Source] = &[observed("an export table of a recent build; no header declares it", &[B26100])];
const NEWER: &[Source] = &[client("hcsshim; newer than every build simulated")];
const OTHER: &[Source] = &[client("hcsshim"), documented("the layer functions' pages")];

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

/// The first build that exports each modelled call. One without an export does not compile.
static SINCE: [Build; Call::COUNT] = {
    let mut since = [B17763; Call::COUNT];
    let mut call = 0;
    while call < Call::COUNT {
        let mut at = 0;
        while !matches!(EXPORTS[at].call, Some(modelled) if modelled as usize == call) {
            at += 1;
            assert!(at < EXPORTS.len(), "a modelled call has no export");
        }
        since[call] = match EXPORTS[at].since {
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
    other(Dll::Computestorage, "HcsAttachLayerStorageFilter"),
    other(Dll::Computestorage, "HcsAttachOverlayFilter"),
    other(Dll::Computestorage, "HcsDestroyLayer"),
    other(Dll::Computestorage, "HcsDetachLayerStorageFilter"),
    other(Dll::Computestorage, "HcsDetachOverlayFilter"),
    other(Dll::Computestorage, "HcsExportLayer"),
    other(Dll::Computestorage, "HcsExportLegacyWritableLayer"),
    other(Dll::Computestorage, "HcsFormatWritableLayerVhd"),
    other(Dll::Computestorage, "HcsGetLayerVhdMountPath"),
    other(Dll::Computestorage, "HcsImportLayer"),
    other(Dll::Computestorage, "HcsInitializeLegacyWritableLayer"),
    other(Dll::Computestorage, "HcsInitializeWritableLayer"),
    other(Dll::Computestorage, "HcsSetupBaseOSLayer"),
    other(Dll::Computestorage, "HcsSetupBaseOSVolume"),
    other(Dll::Vmcompute, "HcsEnumerateComputeSystems"),
    other(Dll::Vmcompute, "HcsCreateComputeSystem"),
    other(Dll::Vmcompute, "HcsOpenComputeSystem"),
    other(Dll::Vmcompute, "HcsCloseComputeSystem"),
    other(Dll::Vmcompute, "HcsStartComputeSystem"),
    other(Dll::Vmcompute, "HcsShutdownComputeSystem"),
    other(Dll::Vmcompute, "HcsTerminateComputeSystem"),
    other(Dll::Vmcompute, "HcsPauseComputeSystem"),
    other(Dll::Vmcompute, "HcsResumeComputeSystem"),
    other(Dll::Vmcompute, "HcsSaveComputeSystem"),
    other(Dll::Vmcompute, "HcsGetComputeSystemProperties"),
    other(Dll::Vmcompute, "HcsModifyComputeSystem"),
    other(Dll::Vmcompute, "HcsModifyServiceSettings"),
    other(Dll::Vmcompute, "HcsGetServiceProperties"),
    other(Dll::Vmcompute, "HcsRegisterComputeSystemCallback"),
    other(Dll::Vmcompute, "HcsUnregisterComputeSystemCallback"),
    other(Dll::Vmcompute, "HcsCreateProcess"),
    other(Dll::Vmcompute, "HcsOpenProcess"),
    other(Dll::Vmcompute, "HcsCloseProcess"),
    other(Dll::Vmcompute, "HcsTerminateProcess"),
    other(Dll::Vmcompute, "HcsSignalProcess"),
    other(Dll::Vmcompute, "HcsGetProcessInfo"),
    other(Dll::Vmcompute, "HcsGetProcessProperties"),
    other(Dll::Vmcompute, "HcsModifyProcess"),
    other(Dll::Vmcompute, "HcsRegisterProcessCallback"),
    other(Dll::Vmcompute, "HcsUnregisterProcessCallback"),
    other(Dll::Vmcompute, "GrantVmAccess"),
    other(Dll::Vmcompute, "RevokeVmAccess"),
];
