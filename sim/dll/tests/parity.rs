//! Each export has the signature that `windows-sys` declares for it: if one differs, this file does not compile.

macro_rules! parity {
    ($test:ident: $ours:path, $theirs:path: $($name:ident($($blank:tt)*);)+) => {
        #[test]
        fn $test() {
            use $ours as ours;
            use $theirs as theirs;
            $({
                let pair: [unsafe extern "system" fn($($blank)*) -> _; 2] = [ours::$name, theirs::$name];
                assert!(pair.iter().all(|function| *function as usize != 0));
            })+
        }
    };
}

parity! {
    computecore: hcs_sim_dll::computecore, windows_sys::Win32::System::HostComputeSystem:
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

parity! {
    computestorage: hcs_sim_dll::computestorage, windows_sys::Win32::System::HostComputeSystem:
    HcsAttachLayerStorageFilter(_, _);
    HcsDestroyLayer(_);
    HcsDetachLayerStorageFilter(_);
    HcsExportLayer(_, _, _, _);
    HcsExportLegacyWritableLayer(_, _, _, _);
    HcsFormatWritableLayerVhd(_);
    HcsGetLayerVhdMountPath(_, _);
    HcsImportLayer(_, _, _);
    HcsInitializeLegacyWritableLayer(_, _, _, _);
    HcsInitializeWritableLayer(_, _, _);
    HcsSetupBaseOSLayer(_, _, _);
    HcsSetupBaseOSVolume(_, _, _);
}

parity! {
    virtdisk: hcs_sim_dll::virtdisk, windows_sys::Win32::Storage::Vhd:
    AttachVirtualDisk(_, _, _, _, _, _);
    CreateVirtualDisk(_, _, _, _, _, _, _, _, _);
    DetachVirtualDisk(_, _, _);
    GetVirtualDiskInformation(_, _, _, _);
    GetVirtualDiskPhysicalPath(_, _, _);
    MergeVirtualDisk(_, _, _, _);
    OpenVirtualDisk(_, _, _, _, _, _);
    ResizeVirtualDisk(_, _, _, _);
    SetVirtualDiskInformation(_, _);
}

#[cfg(not(windows))]
mod kernel {
    use hcs_sim_dll::kernel;

    parity! {
        foundation: kernel, windows_sys::Win32::Foundation:
        CloseHandle(_);
        GetLastError();
        SetLastError(_);
    }

    parity! {
        files: kernel, windows_sys::Win32::Storage::FileSystem:
        ReadFile(_, _, _, _, _);
        WriteFile(_, _, _, _, _);
    }

    parity! {
        background: kernel, windows_sys::Win32::System::IO:
        CancelIoEx(_, _);
        GetOverlappedResult(_, _, _, _);
    }

    parity! {
        events: kernel, windows_sys::Win32::System::Threading:
        CreateEventW(_, _, _, _);
        ResetEvent(_);
        SetEvent(_);
        WaitForSingleObject(_, _);
    }
}
