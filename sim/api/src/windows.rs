//! The real service: `computecore.dll`, loaded late, so that a program without it still starts and says so.
//!
//! A call that this host's DLL does not export answers `ERROR_PROC_NOT_FOUND`, as the double does for its builds.

#![expect(unsafe_code, reason = "calls into a DLL are pointers that its pages vouch for")]

use core::ffi::c_void;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hcs_rules::build::Build;
use hcs_rules::export::ABSENT;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{INVALID_OPERATION_ID, OperationType};
use windows_sys::Win32::Foundation::{HMODULE, LocalFree};
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_CREATE_OPTIONS_1, HCS_EVENT, HCS_EVENT_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_SYSTEM,
};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::hcs::{
    CreateOptions, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle, SystemHandle,
    Text,
};

/// The real service of this host. Its clones share the loaded DLL.
#[derive(Clone)]
pub struct Windows(Arc<Library>);

/// The DLL, and what callbacks need for as long as their handles are open.
struct Library {
    module: usize,
    contexts: Mutex<BTreeMap<u64, usize>>,
    callbacks: Mutex<BTreeMap<u64, Vec<Box<Callback>>>>,
}

/// What a callback's context points to.
enum Callback {
    Operation(OperationCallback),
    Event(EventCallback),
}

impl std::fmt::Debug for Windows {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("computecore.dll")
    }
}

/// Looks an export up under its type; `None` if this DLL has it not.
macro_rules! export {
    ($self:ident, $name:ident: fn($($Argument:ty),*) $(-> $Result:ty)?) => {{
        let name = concat!(stringify!($name), "\0");
        // SAFETY: the module is loaded for as long as `self` lives; the name ends with a zero.
        let found = unsafe { GetProcAddress($self.0.module as HMODULE, name.as_ptr()) };
        // SAFETY: the header declares the export with this signature.
        found.map(|found| unsafe {
            core::mem::transmute::<_, unsafe extern "system" fn($($Argument),*) $(-> $Result)?>(found)
        })
    }};
}

impl Windows {
    /// Loads `computecore.dll` from System32.
    ///
    /// # Errors
    /// What the loader says: a host without the Virtual Machine Platform has no such file.
    pub fn load() -> io::Result<Windows> {
        Self::load_with(Path::new("computecore.dll"), LOAD_LIBRARY_SEARCH_SYSTEM32)
    }

    /// Loads another DLL with the same exports, by its full path.
    ///
    /// # Errors
    /// What the loader says.
    pub fn load_from(path: &Path) -> io::Result<Windows> {
        Self::load_with(path, LOAD_WITH_ALTERED_SEARCH_PATH)
    }

    fn load_with(path: &Path, flags: u32) -> io::Result<Windows> {
        use std::os::windows::ffi::OsStrExt as _;
        let path: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
        // SAFETY: the path ends with a zero.
        let module = unsafe { LoadLibraryExW(path.as_ptr(), core::ptr::null_mut(), flags) };
        if module.is_null() {
            return Err(io::Error::last_os_error());
        }
        let (contexts, callbacks) = (Mutex::default(), Mutex::default());
        Ok(Windows(Arc::new(Library { module: module as usize, contexts, callbacks })))
    }

    /// The build of this host, if it is one that the rows describe.
    pub fn build(&self) -> Option<Build> {
        use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;
        unsafe extern "system" {
            fn RtlGetVersion(version: *mut OSVERSIONINFOW) -> i32;
        }
        let mut version =
            OSVERSIONINFOW { dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32, ..Default::default() };
        // SAFETY: the structure says its own size.
        let status = unsafe { RtlGetVersion(&raw mut version) };
        if status == 0 { Build::from_number(version.dwBuildNumber) } else { None }
    }

    /// Keeps a callback for as long as its handle is open; the pointer is its context.
    fn keep(&self, callback: Callback) -> (Box<Callback>, *const c_void) {
        let callback = Box::new(callback);
        let context = (&raw const *callback).cast();
        (callback, context)
    }

    fn own(&self, handle: u64, callback: Box<Callback>) {
        let mut callbacks = self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
        callbacks.entry(handle).or_default().push(callback);
    }

    fn disown(&self, handle: u64) {
        self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner).remove(&handle);
        self.0.contexts.lock().unwrap_or_else(PoisonError::into_inner).remove(&handle);
    }

    /// Reads a document and frees it.
    fn take(document: PWSTR) -> Option<Arc<str>> {
        if document.is_null() {
            return None;
        }
        let mut length = 0;
        // SAFETY: a document ends with a zero.
        while unsafe { document.add(length).read() } != 0 {
            length += 1;
        }
        // SAFETY: so many units have just been read.
        let text = String::from_utf16_lossy(unsafe { core::slice::from_raw_parts(document, length) });
        // SAFETY: the caller owns the document and frees it once.
        unsafe { LocalFree(document.cast()) };
        Some(text.into())
    }

    fn outcome(call: impl FnOnce(*mut PWSTR) -> HRESULT) -> Outcome {
        let mut document = core::ptr::null_mut();
        let code = call(&raw mut document);
        Outcome { code: Hresult(code as u32), document: Self::take(document) }
    }
}

/// A string for a call, kept alive by its owner.
struct Wide(Option<Vec<u16>>);

impl Wide {
    fn new(text: Text<'_>) -> Wide {
        Wide(match text {
            Text::Null => None,
            // What is not well formed stays so: a lone surrogate.
            Text::Malformed => Some(vec![0xD800, 0]),
            Text::Some(text) => Some(text.encode_utf16().chain([0]).collect()),
        })
    }

    fn pointer(&self) -> PCWSTR {
        self.0.as_ref().map_or(core::ptr::null(), |units| units.as_ptr())
    }
}

fn raw(handle: u64) -> *mut c_void {
    handle as usize as *mut c_void
}

unsafe extern "system" fn completed(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the callback that is kept until the operation is closed.
    if let Some(Callback::Operation(callback)) = unsafe { context.cast::<Callback>().as_ref() } {
        let callback = callback.clone();
        // A panic must not unwind into the service; it ends here, and the operation is complete all the same.
        _ = catch_unwind(AssertUnwindSafe(|| callback(OperationHandle(operation as usize as u64))));
    }
}

unsafe extern "system" fn happened(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the service gives a valid event; the context is kept until the handle is closed.
    let (Some(event), Some(Callback::Event(callback))) =
        (unsafe { event.as_ref() }, unsafe { context.cast::<Callback>().as_ref() })
    else {
        return;
    };
    let mut length = 0;
    // SAFETY: the data is NULL or ends with a zero, and belongs to the service.
    while !event.EventData.is_null() && unsafe { event.EventData.add(length).read() } != 0 {
        length += 1;
    }
    let data = (!event.EventData.is_null()).then(|| {
        // SAFETY: so many units have just been read.
        String::from_utf16_lossy(unsafe { core::slice::from_raw_parts(event.EventData, length) }).into()
    });
    let event = Event { kind: event.Type as u32, data, operation: OperationHandle(event.Operation as usize as u64) };
    let callback = callback.clone();
    _ = catch_unwind(AssertUnwindSafe(|| callback(&event)));
}

type Op = HCS_OPERATION;
type Sys = HCS_SYSTEM;

/// Calls an export that returns a code.
macro_rules! code {
    ($self:ident.$name:ident($($value:expr => $Argument:ty),*)) => {
        match export!($self, $name: fn($($Argument),*) -> HRESULT) {
            // SAFETY: handles are the caller's, strings end with a zero and live through the call.
            Some(function) => Hresult(unsafe { function($($value),*) } as u32),
            None => ABSENT,
        }
    };
}

/// Calls an export that returns a code and a document.
macro_rules! outcome {
    ($self:ident.$name:ident($($value:expr => $Argument:ty),*)) => {
        match export!($self, $name: fn($($Argument,)* *mut PWSTR) -> HRESULT) {
            // SAFETY: as above; the document's pointer is to a local.
            Some(function) => Windows::outcome(|document| unsafe { function($($value,)* document) }),
            None => Outcome::bare(ABSENT),
        }
    };
}

impl Hcs for Windows {
    fn create_operation(&self, callback: Option<OperationCallback>) -> OperationHandle {
        let Some(function) = export!(self, HcsCreateOperation: fn(*const c_void, HCS_OPERATION_COMPLETION) -> Op)
        else {
            return OperationHandle::NULL;
        };
        let kept = callback.map(|callback| self.keep(Callback::Operation(callback)));
        let context = kept.as_ref().map_or(core::ptr::null(), |(_, context)| *context);
        let trampoline: HCS_OPERATION_COMPLETION = if kept.is_some() { Some(completed) } else { None };
        // SAFETY: the context is kept until the operation is closed.
        let handle = unsafe { function(context, trampoline) } as usize as u64;
        if let Some((callback, _)) = kept {
            self.own(handle, callback);
        }
        OperationHandle(handle)
    }

    fn create_operation_with_notifications(&self, options: u32, callback: Option<EventCallback>) -> OperationHandle {
        let function =
            export!(self, HcsCreateOperationWithNotifications: fn(i32, *const c_void, HCS_EVENT_CALLBACK) -> Op);
        let (Some(function), Some(callback)) = (function, callback) else { return OperationHandle::NULL };
        let (callback, context) = self.keep(Callback::Event(callback));
        // SAFETY: the context is kept until the operation is closed.
        let handle = unsafe { function(options as i32, context, Some(happened)) } as usize as u64;
        self.own(handle, callback);
        OperationHandle(handle)
    }

    fn close_operation(&self, operation: OperationHandle) {
        if let Some(function) = export!(self, HcsCloseOperation: fn(Op)) {
            // SAFETY: the handle is the caller's.
            unsafe { function(raw(operation.0)) };
        }
        self.disown(operation.0);
    }

    /// The context slot of the DLL is this wrapper's own; the caller's value is kept beside it.
    fn get_operation_context(&self, operation: OperationHandle) -> usize {
        let contexts = self.0.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        contexts.get(&operation.0).copied().unwrap_or(0)
    }

    fn set_operation_context(&self, operation: OperationHandle, context: usize) -> Hresult {
        self.0.contexts.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.0, context);
        Hresult::S_OK
    }

    fn get_compute_system_from_operation(&self, operation: OperationHandle) -> SystemHandle {
        match export!(self, HcsGetComputeSystemFromOperation: fn(Op) -> Sys) {
            // SAFETY: the handle is the caller's.
            Some(function) => SystemHandle(unsafe { function(raw(operation.0)) } as usize as u64),
            None => SystemHandle::NULL,
        }
    }

    fn get_process_from_operation(&self, operation: OperationHandle) -> ProcessHandle {
        match export!(self, HcsGetProcessFromOperation: fn(Op) -> *mut c_void) {
            // SAFETY: the handle is the caller's.
            Some(function) => ProcessHandle(unsafe { function(raw(operation.0)) } as usize as u64),
            None => ProcessHandle::NULL,
        }
    }

    fn get_operation_type(&self, operation: OperationHandle) -> i32 {
        match export!(self, HcsGetOperationType: fn(Op) -> i32) {
            // SAFETY: the handle is the caller's.
            Some(function) => unsafe { function(raw(operation.0)) },
            None => OperationType::None.value(),
        }
    }

    fn get_operation_id(&self, operation: OperationHandle) -> u64 {
        match export!(self, HcsGetOperationId: fn(Op) -> u64) {
            // SAFETY: the handle is the caller's.
            Some(function) => unsafe { function(raw(operation.0)) },
            None => INVALID_OPERATION_ID,
        }
    }

    fn get_operation_result(&self, operation: OperationHandle) -> Outcome {
        outcome!(self.HcsGetOperationResult(raw(operation.0) => Op))
    }

    fn get_operation_result_and_process_info(&self, operation: OperationHandle) -> Outcome {
        outcome!(self.HcsGetOperationResultAndProcessInfo(raw(operation.0) => Op, core::ptr::null_mut() => *mut c_void))
    }

    fn wait_for_operation_result(&self, operation: OperationHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForOperationResult(raw(operation.0) => Op, timeout_ms => u32))
    }

    fn wait_for_operation_result_and_process_info(&self, operation: OperationHandle, timeout_ms: u32) -> Outcome {
        let none = core::ptr::null_mut();
        outcome!(self.HcsWaitForOperationResultAndProcessInfo(
            raw(operation.0) => Op, timeout_ms => u32, none => *mut c_void
        ))
    }

    fn set_operation_callback(&self, operation: OperationHandle, callback: Option<OperationCallback>) -> Hresult {
        let Some(callback) = callback else {
            return code!(self.HcsSetOperationCallback(
                raw(operation.0) => Op, core::ptr::null() => *const c_void, None => HCS_OPERATION_COMPLETION
            ));
        };
        let (callback, context) = self.keep(Callback::Operation(callback));
        self.own(operation.0, callback);
        code!(self.HcsSetOperationCallback(
            raw(operation.0) => Op, context => *const c_void, Some(completed) => HCS_OPERATION_COMPLETION
        ))
    }

    fn cancel_operation(&self, operation: OperationHandle) -> Hresult {
        code!(self.HcsCancelOperation(raw(operation.0) => Op))
    }

    fn add_resource_to_operation(
        &self,
        operation: OperationHandle,
        kind: u32,
        uri: Text<'_>,
        handle: usize,
    ) -> Hresult {
        let uri = Wide::new(uri);
        code!(self.HcsAddResourceToOperation(
            raw(operation.0) => Op, kind as i32 => i32, uri.pointer() => PCWSTR, handle as *mut c_void => *mut c_void
        ))
    }

    fn get_operation_properties(&self, operation: OperationHandle, options: Text<'_>) -> Outcome {
        let options = Wide::new(options);
        outcome!(self.HcsGetOperationProperties(raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn enumerate_compute_systems(&self, query: Text<'_>, operation: OperationHandle) -> Hresult {
        let query = Wide::new(query);
        code!(self.HcsEnumerateComputeSystems(query.pointer() => PCWSTR, raw(operation.0) => Op))
    }

    fn create_compute_system(
        &self,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, SystemHandle) {
        let (id, configuration) = (Wide::new(id), Wide::new(configuration));
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsCreateComputeSystem(
            id.pointer() => PCWSTR, configuration.pointer() => PCWSTR, raw(operation.0) => Op,
            core::ptr::null() => *const c_void, &raw mut system => *mut Sys
        ));
        (code, SystemHandle(system as usize as u64))
    }

    fn open_compute_system(&self, id: Text<'_>, requested_access: u32) -> (Hresult, SystemHandle) {
        let id = Wide::new(id);
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsOpenComputeSystem(
            id.pointer() => PCWSTR, requested_access => u32, &raw mut system => *mut Sys
        ));
        (code, SystemHandle(system as usize as u64))
    }

    fn close_compute_system(&self, system: SystemHandle) {
        if let Some(function) = export!(self, HcsCloseComputeSystem: fn(Sys)) {
            // SAFETY: the handle is the caller's. The call waits for running callbacks, so that they can go after it.
            unsafe { function(raw(system.0)) };
        }
        self.disown(system.0);
    }

    fn start_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsStartComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn terminate_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsTerminateComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn get_compute_system_properties(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        query: Text<'_>,
    ) -> Hresult {
        let query = Wide::new(query);
        code!(self.HcsGetComputeSystemProperties(raw(system.0) => Sys, raw(operation.0) => Op, query.pointer() => PCWSTR))
    }

    fn set_compute_system_callback(
        &self,
        system: SystemHandle,
        options: u32,
        callback: Option<EventCallback>,
    ) -> Hresult {
        let Some(callback) = callback else {
            return code!(self.HcsSetComputeSystemCallback(
                raw(system.0) => Sys, options as i32 => i32, core::ptr::null() => *const c_void, None => HCS_EVENT_CALLBACK
            ));
        };
        let (callback, context) = self.keep(Callback::Event(callback));
        self.own(system.0, callback);
        code!(self.HcsSetComputeSystemCallback(
            raw(system.0) => Sys, options as i32 => i32, context => *const c_void, Some(happened) => HCS_EVENT_CALLBACK
        ))
    }

    fn wait_for_compute_system_exit(&self, system: SystemHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForComputeSystemExit(raw(system.0) => Sys, timeout_ms => u32))
    }

    fn shut_down_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsShutDownComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn crash_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsCrashComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn pause_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsPauseComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn resume_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsResumeComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn save_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsSaveComputeSystem(raw(system.0) => Sys, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn modify_compute_system(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        configuration: Text<'_>,
    ) -> Hresult {
        let configuration = Wide::new(configuration);
        code!(self.HcsModifyComputeSystem(
            raw(system.0) => Sys, raw(operation.0) => Op, configuration.pointer() => PCWSTR,
            core::ptr::null_mut() => *mut c_void
        ))
    }

    fn create_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
        options: Option<CreateOptions>,
    ) -> (Hresult, SystemHandle) {
        let (namespace, id, configuration) = (Wide::new(namespace), Wide::new(id), Wide::new(configuration));
        let version = options.as_ref().map_or(0, |given| given.version);
        let events = options.as_ref().map_or(0, |given| given.events);
        let kept = options.as_ref().and_then(|given| given.callback.clone());
        let kept = kept.map(|callback| self.keep(Callback::Event(callback)));
        let given = HCS_CREATE_OPTIONS_1 {
            Version: version as i32,
            UserToken: core::ptr::null_mut(),
            SecurityDescriptor: core::ptr::null_mut(),
            CallbackOptions: events as i32,
            CallbackContext: kept.as_ref().map_or(core::ptr::null(), |(_, context)| *context).cast_mut(),
            Callback: if kept.is_some() { Some(happened) } else { None },
        };
        let pointer: *const c_void = if options.is_some() { (&raw const given).cast() } else { core::ptr::null() };
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsCreateComputeSystemInNamespace(
            namespace.pointer() => PCWSTR, id.pointer() => PCWSTR, configuration.pointer() => PCWSTR,
            raw(operation.0) => Op, pointer => *const c_void, &raw mut system => *mut Sys
        ));
        let system = system as usize as u64;
        if let Some((callback, _)) = kept {
            self.own(system, callback);
        }
        (code, SystemHandle(system))
    }

    fn open_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        requested_access: u32,
    ) -> (Hresult, SystemHandle) {
        let (namespace, id) = (Wide::new(namespace), Wide::new(id));
        let mut system: Sys = core::ptr::null_mut();
        let code = code!(self.HcsOpenComputeSystemInNamespace(
            namespace.pointer() => PCWSTR, id.pointer() => PCWSTR, requested_access => u32,
            &raw mut system => *mut Sys
        ));
        (code, SystemHandle(system as usize as u64))
    }

    fn enumerate_compute_systems_in_namespace(
        &self,
        namespace: Text<'_>,
        query: Text<'_>,
        operation: OperationHandle,
    ) -> Hresult {
        let (namespace, query) = (Wide::new(namespace), Wide::new(query));
        code!(self.HcsEnumerateComputeSystemsInNamespace(
            namespace.pointer() => PCWSTR, query.pointer() => PCWSTR, raw(operation.0) => Op
        ))
    }

    fn get_service_properties(&self, query: Text<'_>) -> Outcome {
        let query = Wide::new(query);
        outcome!(self.HcsGetServiceProperties(query.pointer() => PCWSTR))
    }

    fn modify_service_settings(&self, settings: Text<'_>) -> Outcome {
        let settings = Wide::new(settings);
        outcome!(self.HcsModifyServiceSettings(settings.pointer() => PCWSTR))
    }

    fn submit_wer_report(&self, settings: Text<'_>) -> Hresult {
        let settings = Wide::new(settings);
        code!(self.HcsSubmitWerReport(settings.pointer() => PCWSTR))
    }

    fn create_empty_guest_state_file(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsCreateEmptyGuestStateFile(path.pointer() => PCWSTR))
    }

    fn create_empty_runtime_state_file(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsCreateEmptyRuntimeStateFile(path.pointer() => PCWSTR))
    }

    fn get_processor_compatibility_from_saved_state(&self, path: Text<'_>) -> Outcome {
        let path = Wide::new(path);
        outcome!(self.HcsGetProcessorCompatibilityFromSavedState(path.pointer() => PCWSTR))
    }

    fn grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        let (id, path) = (Wide::new(vm_id), Wide::new(path));
        code!(self.HcsGrantVmAccess(id.pointer() => PCWSTR, path.pointer() => PCWSTR))
    }

    fn revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        let (id, path) = (Wide::new(vm_id), Wide::new(path));
        code!(self.HcsRevokeVmAccess(id.pointer() => PCWSTR, path.pointer() => PCWSTR))
    }

    fn grant_vm_group_access(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsGrantVmGroupAccess(path.pointer() => PCWSTR))
    }

    fn revoke_vm_group_access(&self, path: Text<'_>) -> Hresult {
        let path = Wide::new(path);
        code!(self.HcsRevokeVmGroupAccess(path.pointer() => PCWSTR))
    }
}
