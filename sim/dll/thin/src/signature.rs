//! The signatures of the exports that a thin library and computecore's both have, each written once: both sides are made from
//! them, or held against them while they compile.
//!
//! A row is `Name(argument: Type, ..) -> Result;`. In `vmcompute` the name that the function has in computecore's library follows
//! behind `as`, because computecore.dll has functions of these names with other signatures. The types are those of `windows-sys`,
//! which whoever takes a list brings into scope, and `Driver` and `Layers`.

/// What a layer function is told of the driver: see the clients' declarations.
pub type Driver = *const core::ffi::c_void;
/// What a layer function is told of the layers beneath: see the clients' declarations.
pub type Layers = *const core::ffi::c_void;

/// `HNSCall`
pub type Network = unsafe extern "system" fn(*const u16, *const u16, *const u16, *mut *mut u16) -> i32;

/// Holds functions against a list: one with another signature does not compile.
#[macro_export]
macro_rules! same {
    ($($name:ident $(as $there:ident)? ($($argument:ident: $Type:ty),* $(,)?) -> $Result:ty;)+) => {
        $(const _: unsafe extern "system" fn($($Type),*) -> $Result = $crate::same!(@name $name $($there)?);)+
    };
    (@name $name:ident) => { $name };
    (@name $name:ident $there:ident) => { $there };
}

/// The functions of `computestorage.dll`.
#[macro_export]
macro_rules! computestorage {
    ($then:ident) => {
        $then! {
            HcsAttachLayerStorageFilter(layerpath: PCWSTR, layerdata: PCWSTR) -> HRESULT;
            HcsAttachOverlayFilter(volumepath: PCWSTR, layerdata: PCWSTR) -> HRESULT;
            HcsDestroyLayer(layerpath: PCWSTR) -> HRESULT;
            HcsDetachLayerStorageFilter(layerpath: PCWSTR) -> HRESULT;
            HcsDetachOverlayFilter(volumepath: PCWSTR, layerdata: PCWSTR) -> HRESULT;
            HcsExportLayer(layerpath: PCWSTR, exportfolderpath: PCWSTR, layerdata: PCWSTR, options: PCWSTR) -> HRESULT;
            HcsExportLegacyWritableLayer(
                mountpath: PCWSTR,
                folderpath: PCWSTR,
                exportfolderpath: PCWSTR,
                layerdata: PCWSTR,
            ) -> HRESULT;
            HcsFormatWritableLayerVhd(vhdhandle: HANDLE) -> HRESULT;
            HcsGetLayerVhdMountPath(vhdhandle: HANDLE, mountpath: *mut PWSTR) -> HRESULT;
            HcsImportLayer(layerpath: PCWSTR, sourcefolderpath: PCWSTR, layerdata: PCWSTR) -> HRESULT;
            HcsInitializeLegacyWritableLayer(
                mountpath: PCWSTR,
                folderpath: PCWSTR,
                layerdata: PCWSTR,
                options: PCWSTR,
            ) -> HRESULT;
            HcsInitializeWritableLayer(layerpath: PCWSTR, layerdata: PCWSTR, options: PCWSTR) -> HRESULT;
            HcsSetupBaseOSLayer(layerpath: PCWSTR, vhdhandle: HANDLE, options: PCWSTR) -> HRESULT;
            HcsSetupBaseOSVolume(layerpath: PCWSTR, volumepath: PCWSTR, options: PCWSTR) -> HRESULT;
        }
    };
}

/// The functions of `virtdisk.dll` that the double has.
#[macro_export]
macro_rules! virtdisk {
    ($then:ident) => {
        $then! {
            AttachVirtualDisk(
                virtualdiskhandle: HANDLE,
                securitydescriptor: PSECURITY_DESCRIPTOR,
                flags: ATTACH_VIRTUAL_DISK_FLAG,
                providerspecificflags: u32,
                parameters: *const ATTACH_VIRTUAL_DISK_PARAMETERS,
                overlapped: *const OVERLAPPED,
            ) -> WIN32_ERROR;
            CreateVirtualDisk(
                virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
                path: PCWSTR,
                virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
                securitydescriptor: PSECURITY_DESCRIPTOR,
                flags: CREATE_VIRTUAL_DISK_FLAG,
                providerspecificflags: u32,
                parameters: *const CREATE_VIRTUAL_DISK_PARAMETERS,
                overlapped: *const OVERLAPPED,
                handle: *mut HANDLE,
            ) -> WIN32_ERROR;
            DetachVirtualDisk(
                virtualdiskhandle: HANDLE,
                flags: DETACH_VIRTUAL_DISK_FLAG,
                providerspecificflags: u32,
            ) -> WIN32_ERROR;
            GetVirtualDiskInformation(
                virtualdiskhandle: HANDLE,
                virtualdiskinfosize: *mut u32,
                virtualdiskinfo: *mut GET_VIRTUAL_DISK_INFO,
                sizeused: *mut u32,
            ) -> WIN32_ERROR;
            GetVirtualDiskPhysicalPath(
                virtualdiskhandle: HANDLE,
                diskpathsizeinbytes: *mut u32,
                diskpath: PWSTR,
            ) -> WIN32_ERROR;
            MergeVirtualDisk(
                virtualdiskhandle: HANDLE,
                flags: MERGE_VIRTUAL_DISK_FLAG,
                parameters: *const MERGE_VIRTUAL_DISK_PARAMETERS,
                overlapped: *const OVERLAPPED,
            ) -> WIN32_ERROR;
            OpenVirtualDisk(
                virtualstoragetype: *const VIRTUAL_STORAGE_TYPE,
                path: PCWSTR,
                virtualdiskaccessmask: VIRTUAL_DISK_ACCESS_MASK,
                flags: OPEN_VIRTUAL_DISK_FLAG,
                parameters: *const OPEN_VIRTUAL_DISK_PARAMETERS,
                handle: *mut HANDLE,
            ) -> WIN32_ERROR;
            ResizeVirtualDisk(
                virtualdiskhandle: HANDLE,
                flags: RESIZE_VIRTUAL_DISK_FLAG,
                parameters: *const RESIZE_VIRTUAL_DISK_PARAMETERS,
                overlapped: *const OVERLAPPED,
            ) -> WIN32_ERROR;
            SetVirtualDiskInformation(
                virtualdiskhandle: HANDLE,
                virtualdiskinfo: *const SET_VIRTUAL_DISK_INFO,
            ) -> WIN32_ERROR;
        }
    };
}

/// The functions of `vmcompute.dll` on systems and processes.
#[macro_export]
macro_rules! vmcompute {
    ($then:ident) => {
        $then! {
            HcsEnumerateComputeSystems as Vmcompute_HcsEnumerateComputeSystems(
                query: PCWSTR,
                computesystems: *mut PWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsCreateComputeSystem as Vmcompute_HcsCreateComputeSystem(
                id: PCWSTR,
                configuration: PCWSTR,
                identity: HANDLE,
                computesystem: *mut HCS_SYSTEM,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsOpenComputeSystem as Vmcompute_HcsOpenComputeSystem(
                id: PCWSTR,
                computesystem: *mut HCS_SYSTEM,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsCloseComputeSystem as Vmcompute_HcsCloseComputeSystem(computesystem: HCS_SYSTEM) -> HRESULT;
            HcsStartComputeSystem as Vmcompute_HcsStartComputeSystem(
                computesystem: HCS_SYSTEM,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsShutdownComputeSystem as Vmcompute_HcsShutdownComputeSystem(
                computesystem: HCS_SYSTEM,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsTerminateComputeSystem as Vmcompute_HcsTerminateComputeSystem(
                computesystem: HCS_SYSTEM,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsPauseComputeSystem as Vmcompute_HcsPauseComputeSystem(
                computesystem: HCS_SYSTEM,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsResumeComputeSystem as Vmcompute_HcsResumeComputeSystem(
                computesystem: HCS_SYSTEM,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsSaveComputeSystem as Vmcompute_HcsSaveComputeSystem(
                computesystem: HCS_SYSTEM,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsGetComputeSystemProperties as Vmcompute_HcsGetComputeSystemProperties(
                computesystem: HCS_SYSTEM,
                propertyquery: PCWSTR,
                properties: *mut PWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsModifyComputeSystem as Vmcompute_HcsModifyComputeSystem(
                computesystem: HCS_SYSTEM,
                configuration: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsModifyServiceSettings as Vmcompute_HcsModifyServiceSettings(
                settings: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsGetServiceProperties as Vmcompute_HcsGetServiceProperties(
                propertyquery: PCWSTR,
                properties: *mut PWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsRegisterComputeSystemCallback as Vmcompute_HcsRegisterComputeSystemCallback(
                computesystem: HCS_SYSTEM,
                callback: HCS_NOTIFICATION_CALLBACK,
                context: *const c_void,
                callbackhandle: *mut *mut c_void,
            ) -> HRESULT;
            HcsUnregisterComputeSystemCallback as Vmcompute_HcsUnregisterComputeSystemCallback(
                callbackhandle: *mut c_void,
            ) -> HRESULT;
            HcsCreateProcess as Vmcompute_HcsCreateProcess(
                computesystem: HCS_SYSTEM,
                processparameters: PCWSTR,
                processinformation: *mut HCS_PROCESS_INFORMATION,
                process: *mut HCS_PROCESS,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsOpenProcess as Vmcompute_HcsOpenProcess(
                computesystem: HCS_SYSTEM,
                processid: u32,
                process: *mut HCS_PROCESS,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsCloseProcess as Vmcompute_HcsCloseProcess(process: HCS_PROCESS) -> HRESULT;
            HcsTerminateProcess as Vmcompute_HcsTerminateProcess(process: HCS_PROCESS, result: *mut PWSTR) -> HRESULT;
            HcsSignalProcess as Vmcompute_HcsSignalProcess(
                process: HCS_PROCESS,
                options: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsGetProcessInfo as Vmcompute_HcsGetProcessInfo(
                process: HCS_PROCESS,
                processinformation: *mut HCS_PROCESS_INFORMATION,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsGetProcessProperties as Vmcompute_HcsGetProcessProperties(
                process: HCS_PROCESS,
                processproperties: *mut PWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsModifyProcess as Vmcompute_HcsModifyProcess(
                process: HCS_PROCESS,
                settings: PCWSTR,
                result: *mut PWSTR,
            ) -> HRESULT;
            HcsRegisterProcessCallback as Vmcompute_HcsRegisterProcessCallback(
                process: HCS_PROCESS,
                callback: HCS_NOTIFICATION_CALLBACK,
                context: *const c_void,
                callbackhandle: *mut *mut c_void,
            ) -> HRESULT;
            HcsUnregisterProcessCallback as Vmcompute_HcsUnregisterProcessCallback(
                callbackhandle: *mut c_void,
            ) -> HRESULT;
            GrantVmAccess as Vmcompute_GrantVmAccess(vmid: PCWSTR, filepath: PCWSTR) -> HRESULT;
            RevokeVmAccess as Vmcompute_RevokeVmAccess(vmid: PCWSTR, filepath: PCWSTR) -> HRESULT;
        }
    };
}

/// The functions of `vmcompute.dll` on layers.
#[macro_export]
macro_rules! vmcompute_layers {
    ($then:ident) => {
        $then! {
            ActivateLayer as Vmcompute_ActivateLayer(info: Driver, id: PCWSTR) -> HRESULT;
            DeactivateLayer as Vmcompute_DeactivateLayer(info: Driver, id: PCWSTR) -> HRESULT;
            PrepareLayer as Vmcompute_PrepareLayer(info: Driver, id: PCWSTR, layers: Layers, count: usize) -> HRESULT;
            UnprepareLayer as Vmcompute_UnprepareLayer(info: Driver, id: PCWSTR) -> HRESULT;
            GetLayerMountPath as Vmcompute_GetLayerMountPath(
                info: Driver,
                id: PCWSTR,
                length: *mut usize,
                path: PWSTR,
            ) -> HRESULT;
            CreateLayer as Vmcompute_CreateLayer(info: Driver, id: PCWSTR, parent: PCWSTR) -> HRESULT;
            CreateSandboxLayer as Vmcompute_CreateSandboxLayer(
                info: Driver,
                id: PCWSTR,
                parent: PCWSTR,
                layers: Layers,
                count: usize,
            ) -> HRESULT;
            ExpandSandboxSize as Vmcompute_ExpandSandboxSize(info: Driver, id: PCWSTR, size: u64) -> HRESULT;
            CopyLayer as Vmcompute_CopyLayer(
                info: Driver,
                from: PCWSTR,
                to: PCWSTR,
                layers: Layers,
                count: usize,
            ) -> HRESULT;
            DestroyLayer as Vmcompute_DestroyLayer(info: Driver, id: PCWSTR) -> HRESULT;
            ImportLayer as Vmcompute_ImportLayer(
                info: Driver,
                id: PCWSTR,
                path: PCWSTR,
                layers: Layers,
                count: usize,
            ) -> HRESULT;
            ExportLayer as Vmcompute_ExportLayer(
                info: Driver,
                id: PCWSTR,
                path: PCWSTR,
                layers: Layers,
                count: usize,
            ) -> HRESULT;
            LayerExists as Vmcompute_LayerExists(info: Driver, id: PCWSTR, exists: *mut u32) -> HRESULT;
            GetBaseImages as Vmcompute_GetBaseImages(images: *mut PWSTR) -> HRESULT;
            NameToGuid as Vmcompute_NameToGuid(name: PCWSTR, guid: *mut c_void) -> HRESULT;
            ProcessBaseImage as Vmcompute_ProcessBaseImage(path: PCWSTR) -> HRESULT;
            ProcessUtilityImage as Vmcompute_ProcessUtilityImage(path: PCWSTR) -> HRESULT;
        }
    };
}
