//! Each export has the signature that `windows-sys` declares for it: if one differs, this file does not compile.

use hcs_sim_dll::computecore as ours;
use windows_sys::Win32::System::HostComputeSystem as theirs;

macro_rules! parity {
    ($($name:ident($($blank:tt)*);)+) => {
        #[test]
        fn every_export_has_the_declared_signature() {
            $({
                let pair: [unsafe extern "system" fn($($blank)*) -> _; 2] = [ours::$name, theirs::$name];
                assert!(pair.iter().all(|function| *function as usize != 0));
            })+
        }
    };
}

parity! {
    HcsAddResourceToOperation(_, _, _, _);
    HcsCancelOperation(_);
    HcsCloseComputeSystem(_);
    HcsCloseOperation(_);
    HcsCloseProcess(_);
    HcsCrashComputeSystem(_, _, _);
    HcsCreateComputeSystem(_, _, _, _, _);
    HcsCreateComputeSystemInNamespace(_, _, _, _, _, _);
    HcsCreateEmptyGuestStateFile(_);
    HcsCreateEmptyRuntimeStateFile(_);
    HcsCreateOperation(_, _);
    HcsCreateOperationWithNotifications(_, _, _);
    HcsCreateProcess(_, _, _, _, _);
    HcsEnumerateComputeSystems(_, _);
    HcsEnumerateComputeSystemsInNamespace(_, _, _);
    HcsGetComputeSystemFromOperation(_);
    HcsGetComputeSystemProperties(_, _, _);
    HcsGetOperationContext(_);
    HcsGetOperationId(_);
    HcsGetOperationResult(_, _);
    HcsGetOperationResultAndProcessInfo(_, _, _);
    HcsGetOperationType(_);
    HcsGetProcessFromOperation(_);
    HcsGetProcessInfo(_, _);
    HcsGetProcessProperties(_, _, _);
    HcsGetProcessorCompatibilityFromSavedState(_, _);
    HcsGetServiceProperties(_, _);
    HcsGrantVmAccess(_, _);
    HcsGrantVmGroupAccess(_);
    HcsModifyComputeSystem(_, _, _, _);
    HcsModifyProcess(_, _, _);
    HcsModifyServiceSettings(_, _);
    HcsOpenComputeSystem(_, _, _);
    HcsOpenComputeSystemInNamespace(_, _, _, _);
    HcsOpenProcess(_, _, _, _);
    HcsPauseComputeSystem(_, _, _);
    HcsResumeComputeSystem(_, _, _);
    HcsRevokeVmAccess(_, _);
    HcsRevokeVmGroupAccess(_);
    HcsSaveComputeSystem(_, _, _);
    HcsSetComputeSystemCallback(_, _, _, _);
    HcsSetOperationCallback(_, _, _);
    HcsSetOperationContext(_, _);
    HcsSetProcessCallback(_, _, _, _);
    HcsShutDownComputeSystem(_, _, _);
    HcsSignalProcess(_, _, _);
    HcsStartComputeSystem(_, _, _);
    HcsSubmitWerReport(_);
    HcsTerminateComputeSystem(_, _, _);
    HcsTerminateProcess(_, _, _);
    HcsWaitForComputeSystemExit(_, _, _);
    HcsWaitForOperationResult(_, _, _);
    HcsWaitForOperationResultAndProcessInfo(_, _, _, _);
    HcsWaitForProcessExit(_, _, _);
}
