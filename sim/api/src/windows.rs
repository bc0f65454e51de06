//! The real service: `computecore.dll`, loaded late, so that a program without it still starts and says so.
//!
//! A call that this host's DLL does not export answers `ERROR_PROC_NOT_FOUND`, as the double does for its builds.

#![expect(unsafe_code, reason = "calls into a DLL are pointers that its pages vouch for")]

use core::ffi::c_void;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hcs_rules::build::Build;
use hcs_rules::export::ABSENT;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, INVALID_OPERATION_ID, OperationType};
use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, ERROR_INVALID_HANDLE, ERROR_IO_PENDING,
    ERROR_NO_DATA, GetLastError, HANDLE, HMODULE, LocalFree, WIN32_ERROR,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_CREATE_OPTIONS_1, HCS_EVENT, HCS_EVENT_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_PROCESS,
    HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};
use windows_sys::Win32::System::Threading::CreateEventW;
use windows_sys::core::{BOOL, HRESULT, PCWSTR, PWSTR};

use crate::hcs::{
    CreateOptions, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle,
    ProcessInformation, StreamHandle, SystemHandle, Text,
};

/// The real service of this host. Its clones share the loaded DLL.
#[derive(Clone)]
pub struct Windows(Arc<Library>);

/// The DLL, and what callbacks need for as long as their handles are open.
struct Library {
    module: usize,
    contexts: Mutex<BTreeMap<u64, usize>>,
    callbacks: Mutex<BTreeMap<u64, Vec<Box<Callback>>>>,
    /// The streams that futures have used.
    lanes: Mutex<BTreeMap<u64, Arc<Lane>>>,
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
        let (contexts, callbacks, lanes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Windows(Arc::new(Library { module: module as usize, contexts, callbacks, lanes })))
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

    /// The lane of a stream that a future uses.
    fn lane(&self, stream: StreamHandle) -> Arc<Lane> {
        lock(&self.0.lanes).entry(stream.0).or_default().clone()
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

/// What a reader of process information gives: the information is there only with `S_OK`.
fn informed(outcome: Outcome, information: &HCS_PROCESS_INFORMATION) -> (Outcome, Option<ProcessInformation>) {
    let stream = |handle: HANDLE| StreamHandle(handle as usize as u64);
    let information = (outcome.code == Hresult::S_OK).then(|| ProcessInformation {
        process_id: information.ProcessId,
        std_input: stream(information.StdInput),
        std_output: stream(information.StdOutput),
        std_error: stream(information.StdError),
    });
    (outcome, information)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much a future reads or writes at once.
const BLOCK: usize = 64 << 10;

/// How often a read is cancelled that does not end, with a pause of [`CANCEL_PAUSE`] between.
const CANCELS: u32 = 100;
const CANCEL_PAUSE: Duration = Duration::from_millis(10);

/// A stream that futures use. The service's pipes have no readiness to wait for, so that a thread reads or writes for them, one
/// block at a time; what it has read stays here until somebody takes it.
#[derive(Default)]
struct Lane {
    state: Mutex<LaneState>,
    idle: Condvar,
}

#[derive(Default)]
struct LaneState {
    /// A thread is at work, for a reader or for a writer.
    running: bool,
    reads: bool,
    /// What was read and not taken yet. Empty is the end, told once.
    read: Option<Vec<u8>>,
    failure: Option<io::Error>,
    waker: Option<Waker>,
    /// The stream is closed, and the thread closes the handle when it is done with it.
    close: bool,
}

impl LaneState {
    /// Takes of what was read as much as fits, or the failure. `None` when there is nothing.
    fn take(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        if let Some(error) = self.failure.take() {
            return Some(Err(error));
        }
        let mut bytes = self.read.take()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        bytes.drain(..count);
        if !bytes.is_empty() {
            self.read = Some(bytes);
        }
        Some(Ok(count))
    }
}

impl Lane {
    /// Waits until no thread is at work.
    fn idle(&self) -> MutexGuard<'_, LaneState> {
        let state = lock(&self.state);
        self.idle.wait_while(state, |state| state.running).unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a thread that reads or writes once.
    fn start(
        self: Arc<Self>,
        state: &mut LaneState,
        stream: StreamHandle,
        reads: bool,
        work: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
    ) -> io::Result<()> {
        let lane = self;
        std::thread::Builder::new().name("hcs stream".to_owned()).spawn(move || {
            let outcome = work();
            let mut state = lock(&lane.state);
            match outcome {
                Ok(bytes) if reads => state.read = Some(bytes),
                Ok(_) => {}
                Err(error) => state.failure = Some(error),
            }
            state.running = false;
            let waker = state.waker.take();
            if state.close {
                close(stream);
            }
            drop(state);
            lane.idle.notify_all();
            if let Some(waker) = waker {
                waker.wake();
            }
        })?;
        (state.running, state.reads) = (true, reads);
        Ok(())
    }

    /// The stream is closed. Answers whether the caller is to close the handle: not while a thread still uses it.
    fn end(&self, stream: StreamHandle) -> bool {
        let mut state = lock(&self.state);
        state.waker = None;
        if !state.reads {
            // What was taken to be written still is.
            state.close = state.running;
            return !state.running;
        }
        // The thread may be just before its read, where there is nothing to cancel yet.
        for _ in 0..CANCELS {
            if !state.running {
                return true;
            }
            // SAFETY: the handle is open for as long as the thread runs.
            unsafe { CancelIoEx(raw(stream.0), core::ptr::null()) };
            let waited = self.idle.wait_timeout(state, CANCEL_PAUSE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.close = state.running;
        !state.running
    }
}

/// Runs a read or a write to its end, on a handle that is open for overlapped use or not.
fn transfer(stream: StreamHandle, call: impl FnOnce(HANDLE, *mut OVERLAPPED) -> BOOL) -> Result<usize, WIN32_ERROR> {
    /// Closes the event.
    struct Event(HANDLE);
    impl Drop for Event {
        fn drop(&mut self) {
            // SAFETY: the event is this one's own.
            unsafe { CloseHandle(self.0) };
        }
    }
    // SAFETY: every argument is optional. A manual event, because `GetOverlappedResult` asks for one.
    let event = Event(unsafe { CreateEventW(core::ptr::null(), 1, 0, core::ptr::null()) });
    if event.0.is_null() {
        // SAFETY: the call has no requirements.
        return Err(unsafe { GetLastError() });
    }
    let handle = raw(stream.0);
    let mut overlapped = OVERLAPPED { hEvent: event.0, ..Default::default() };
    let mut count = 0;
    // SAFETY: what a call that has failed says is about this thread's call.
    let error = || unsafe { GetLastError() };
    if call(handle, &raw mut overlapped) == 0 {
        match error() {
            ERROR_IO_PENDING => {}
            code => return Err(code),
        }
    }
    // SAFETY: the structure and the buffer of the call live until this returns, which is when the transfer is over.
    match unsafe { GetOverlappedResult(handle, &raw const overlapped, &raw mut count, 1) } {
        0 => Err(error()),
        _ => Ok(count as usize),
    }
}

fn failure(code: WIN32_ERROR) -> io::Error {
    match code {
        ERROR_BROKEN_PIPE | ERROR_NO_DATA => io::ErrorKind::BrokenPipe.into(),
        // No handle, or one of the other direction.
        ERROR_INVALID_HANDLE | ERROR_ACCESS_DENIED => {
            io::Error::new(io::ErrorKind::InvalidInput, io::Error::from_raw_os_error(code as i32))
        }
        code => io::Error::from_raw_os_error(code as i32),
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn read(stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize> {
    let (count, pointer) = (length(buffer), buffer.as_mut_ptr());
    // SAFETY: the buffer is as long as is said, and outlives the transfer.
    match transfer(stream, |handle, on| unsafe { ReadFile(handle, pointer, count, core::ptr::null_mut(), on) }) {
        Err(ERROR_BROKEN_PIPE | ERROR_NO_DATA | ERROR_HANDLE_EOF) => Ok(0),
        other => other.map_err(failure),
    }
}

fn write(stream: StreamHandle, bytes: &[u8]) -> io::Result<usize> {
    let (count, pointer) = (length(bytes), bytes.as_ptr());
    // SAFETY: the bytes are as many as is said, and outlive the transfer.
    transfer(stream, |handle, on| unsafe { WriteFile(handle, pointer, count, core::ptr::null_mut(), on) })
        .map_err(failure)
}

fn close(stream: StreamHandle) {
    // SAFETY: the handle is the caller's own to close; a bad one is an error that nobody asks for.
    unsafe { CloseHandle(raw(stream.0)) };
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
type Process = HCS_PROCESS;

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
    fn exports(&self, call: Call) -> bool {
        let name = format!("{}\0", call.export());
        // SAFETY: the module is loaded for as long as `self` lives; the name ends with a zero.
        unsafe { GetProcAddress(self.0.module as HMODULE, name.as_ptr()) }.is_some()
    }

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
        match export!(self, HcsGetProcessFromOperation: fn(Op) -> Process) {
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

    fn get_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
    ) -> (Outcome, Option<ProcessInformation>) {
        let mut information = HCS_PROCESS_INFORMATION::default();
        let outcome = outcome!(self.HcsGetOperationResultAndProcessInfo(
            raw(operation.0) => Op, &raw mut information => *mut HCS_PROCESS_INFORMATION
        ));
        informed(outcome, &information)
    }

    fn wait_for_operation_result(&self, operation: OperationHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForOperationResult(raw(operation.0) => Op, timeout_ms => u32))
    }

    fn wait_for_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
        timeout_ms: u32,
    ) -> (Outcome, Option<ProcessInformation>) {
        let mut information = HCS_PROCESS_INFORMATION::default();
        let outcome = outcome!(self.HcsWaitForOperationResultAndProcessInfo(
            raw(operation.0) => Op, timeout_ms => u32, &raw mut information => *mut HCS_PROCESS_INFORMATION
        ));
        informed(outcome, &information)
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

    fn create_process(
        &self,
        system: SystemHandle,
        parameters: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, ProcessHandle) {
        let parameters = Wide::new(parameters);
        let mut process: Process = core::ptr::null_mut();
        let code = code!(self.HcsCreateProcess(
            raw(system.0) => Sys, parameters.pointer() => PCWSTR, raw(operation.0) => Op,
            core::ptr::null() => *const c_void, &raw mut process => *mut Process
        ));
        (code, ProcessHandle(process as usize as u64))
    }

    fn open_process(&self, system: SystemHandle, process_id: u32, requested_access: u32) -> (Hresult, ProcessHandle) {
        let mut process: Process = core::ptr::null_mut();
        let code = code!(self.HcsOpenProcess(
            raw(system.0) => Sys, process_id => u32, requested_access => u32, &raw mut process => *mut Process
        ));
        (code, ProcessHandle(process as usize as u64))
    }

    fn close_process(&self, process: ProcessHandle) {
        if let Some(function) = export!(self, HcsCloseProcess: fn(Process)) {
            // SAFETY: the handle is the caller's. The call waits for running callbacks, so that they can go after it.
            unsafe { function(raw(process.0)) };
        }
        self.disown(process.0);
    }

    fn terminate_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsTerminateProcess(raw(process.0) => Process, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn signal_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let options = Wide::new(options);
        code!(self.HcsSignalProcess(raw(process.0) => Process, raw(operation.0) => Op, options.pointer() => PCWSTR))
    }

    fn get_process_info(&self, process: ProcessHandle, operation: OperationHandle) -> Hresult {
        code!(self.HcsGetProcessInfo(raw(process.0) => Process, raw(operation.0) => Op))
    }

    fn get_process_properties(&self, process: ProcessHandle, operation: OperationHandle, query: Text<'_>) -> Hresult {
        let query = Wide::new(query);
        code!(self.HcsGetProcessProperties(raw(process.0) => Process, raw(operation.0) => Op, query.pointer() => PCWSTR))
    }

    fn modify_process(&self, process: ProcessHandle, operation: OperationHandle, settings: Text<'_>) -> Hresult {
        let settings = Wide::new(settings);
        code!(self.HcsModifyProcess(raw(process.0) => Process, raw(operation.0) => Op, settings.pointer() => PCWSTR))
    }

    fn set_process_callback(&self, process: ProcessHandle, options: u32, callback: Option<EventCallback>) -> Hresult {
        let Some(callback) = callback else {
            return code!(self.HcsSetProcessCallback(
                raw(process.0) => Process, options as i32 => i32, core::ptr::null() => *const c_void,
                None => HCS_EVENT_CALLBACK
            ));
        };
        let (callback, context) = self.keep(Callback::Event(callback));
        self.own(process.0, callback);
        code!(self.HcsSetProcessCallback(
            raw(process.0) => Process, options as i32 => i32, context => *const c_void,
            Some(happened) => HCS_EVENT_CALLBACK
        ))
    }

    fn wait_for_process_exit(&self, process: ProcessHandle, timeout_ms: u32) -> Outcome {
        outcome!(self.HcsWaitForProcessExit(raw(process.0) => Process, timeout_ms => u32))
    }

    fn read_stream(&self, stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize> {
        let lane = lock(&self.0.lanes).get(&stream.0).cloned();
        match lane.and_then(|lane| lane.idle().take(buffer)) {
            Some(taken) => taken,
            None => read(stream, buffer),
        }
    }

    fn write_stream(&self, stream: StreamHandle, bytes: &[u8]) -> io::Result<usize> {
        let lane = lock(&self.0.lanes).get(&stream.0).cloned();
        match lane.and_then(|lane| lane.idle().failure.take()) {
            Some(error) => Err(error),
            None => write(stream, bytes),
        }
    }

    fn close_stream(&self, stream: StreamHandle) {
        let lane = lock(&self.0.lanes).remove(&stream.0);
        if lane.is_none_or(|lane| lane.end(stream)) {
            close(stream);
        }
    }

    fn poll_read_stream(
        &self,
        stream: StreamHandle,
        buffer: &mut [u8],
        context: &mut Context<'_>,
        _ticket: &mut u64,
    ) -> Poll<io::Result<usize>> {
        let lane = self.lane(stream);
        let mut state = lock(&lane.state);
        if !state.running {
            if let Some(taken) = state.take(buffer) {
                return Poll::Ready(taken);
            }
            let limit = buffer.len().min(BLOCK);
            let work = move || {
                let mut bytes = vec![0; limit];
                let count = read(stream, &mut bytes)?;
                bytes.truncate(count);
                Ok(bytes)
            };
            if let Err(error) = lane.clone().start(&mut state, stream, true, work) {
                return Poll::Ready(Err(error));
            }
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// What is taken is on its way: a future that is dropped then neither loses nor doubles it. A failure is told to the next
    /// who writes.
    fn poll_write_stream(
        &self,
        stream: StreamHandle,
        bytes: &[u8],
        context: &mut Context<'_>,
        _ticket: &mut u64,
    ) -> Poll<io::Result<usize>> {
        let lane = self.lane(stream);
        let mut state = lock(&lane.state);
        if state.running {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        if let Some(error) = state.failure.take() {
            return Poll::Ready(Err(error));
        }
        let bytes = bytes[..bytes.len().min(BLOCK)].to_vec();
        let count = bytes.len();
        let work = move || {
            let mut left = &bytes[..];
            while !left.is_empty() {
                left = &left[write(stream, left)?..];
            }
            Ok(Vec::new())
        };
        Poll::Ready(lane.clone().start(&mut state, stream, false, work).map(|()| count))
    }
}
