//! The calls of [`Hcs`], as a client of the simulated service makes them: each is a request.

use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};

use hcs_api::{
    CreateOptions, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle, ProcessInformation,
    StreamHandle, SystemHandle, Text,
};
use hcs_machine::Input;
use hcs_machine::effect::{Reply, StreamReply};
use hcs_machine::handle::Handle;
use hcs_machine::input::{CreateOptions as Options, Request, StreamRequest};
use hcs_rules::export::{self, EXPORTS, Export};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use super::{Client, operation_handle, owned};
use crate::book::Callback;
use crate::clock::Clock;
use crate::thread;
use crate::worker;

/// As much of the bytes as a stream can take at once.
fn fitting(bytes: &[u8]) -> Arc<[u8]> {
    bytes[..bytes.len().min(hcs_rules::guest::PIPE_CAPACITY)].into()
}

/// What the use of a stream gives, as `std` has it.
fn streamed(reply: StreamReply, buffer: &mut [u8]) -> io::Result<usize> {
    match reply {
        StreamReply::Bytes(bytes) => {
            buffer[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        }
        StreamReply::Written(count) => Ok(count as usize),
        StreamReply::Closed => Ok(0),
        StreamReply::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        StreamReply::WrongWay => Err(io::Error::new(io::ErrorKind::InvalidInput, "the stream goes the other way")),
        StreamReply::Bad(fault) => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the handle of the stream is bad: {fault:?}")))
        }
        StreamReply::GivenUp => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// What a call that gives a system's handle returns.
fn made(reply: Reply) -> (Hresult, SystemHandle) {
    match reply {
        Reply::Handle(code, handle) => (code, SystemHandle(handle.0)),
        Reply::Outcome(code, _) => (code, SystemHandle::NULL),
        _ => (Hresult::E_UNEXPECTED, SystemHandle::NULL),
    }
}

impl Hcs for Client {
    #[track_caller]
    fn create_operation(&self, callback: Option<OperationCallback>) -> OperationHandle {
        let place = Location::caller();
        let request = Request::CreateOperation { callback: callback.is_some() };
        match self.call(request, |core, reply| self.open_page(core, reply, place, callback.map(Callback::Operation))) {
            Reply::Handle(_, handle) => OperationHandle(handle.0),
            _ => OperationHandle::NULL,
        }
    }

    #[track_caller]
    fn create_operation_with_notifications(&self, options: u32, callback: Option<EventCallback>) -> OperationHandle {
        let place = Location::caller();
        let request = Request::CreateOperationWithNotifications { options, callback: callback.is_some() };
        match self.call(request, |core, reply| self.open_page(core, reply, place, None)) {
            Reply::Handle(_, handle) => OperationHandle(handle.0),
            _ => OperationHandle::NULL,
        }
    }

    fn close_operation(&self, operation: OperationHandle) {
        let operation = operation_handle(operation);
        self.close(Request::CloseOperation { operation }, operation, false);
    }

    fn get_operation_context(&self, operation: OperationHandle) -> usize {
        let operation = operation_handle(operation);
        let mut context = 0;
        let id = self.id.0;
        self.call(Request::GetOperationContext { operation }, |core, _| {
            context = core.book.page(operation).filter(|page| page.client == id).map_or(0, |page| page.context);
        });
        context
    }

    fn set_operation_context(&self, operation: OperationHandle, context: usize) -> Hresult {
        let operation = operation_handle(operation);
        let reply = self.call(Request::SetOperationContext { operation }, |core, reply| {
            if matches!(reply, Reply::Outcome(Hresult::S_OK, _))
                && let Some(page) = core.book.page(operation)
            {
                page.context = context;
            }
        });
        match reply {
            Reply::Outcome(code, _) => code,
            _ => Hresult::S_OK,
        }
    }

    fn get_compute_system_from_operation(&self, operation: OperationHandle) -> SystemHandle {
        match self.plain(Request::GetComputeSystemFromOperation { operation: operation_handle(operation) }) {
            Reply::Handle(_, handle) => SystemHandle(handle.0),
            _ => SystemHandle::NULL,
        }
    }

    fn get_process_from_operation(&self, operation: OperationHandle) -> ProcessHandle {
        match self.plain(Request::GetProcessFromOperation { operation: operation_handle(operation) }) {
            Reply::Handle(_, handle) => ProcessHandle(handle.0),
            _ => ProcessHandle::NULL,
        }
    }

    fn get_operation_type(&self, operation: OperationHandle) -> i32 {
        match self.plain(Request::GetOperationType { operation: operation_handle(operation) }) {
            Reply::Number(number) => number as i32,
            _ => hcs_rules::vocabulary::OperationType::None.value(),
        }
    }

    fn get_operation_id(&self, operation: OperationHandle) -> u64 {
        match self.plain(Request::GetOperationId { operation: operation_handle(operation) }) {
            Reply::Number(number) => number as u64,
            _ => hcs_rules::vocabulary::INVALID_OPERATION_ID,
        }
    }

    fn get_operation_result(&self, operation: OperationHandle) -> Outcome {
        self.outcome(Request::GetOperationResult { operation: operation_handle(operation) })
    }

    #[track_caller]
    fn get_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
    ) -> (Outcome, Option<ProcessInformation>) {
        let place = Location::caller();
        let operation = operation_handle(operation);
        self.informed(Request::GetOperationResultAndProcessInfo { operation, out: true }, place)
    }

    fn wait_for_operation_result(&self, operation: OperationHandle, timeout_ms: u32) -> Outcome {
        self.outcome(Request::WaitForOperationResult { operation: operation_handle(operation), timeout_ms })
    }

    #[track_caller]
    fn wait_for_operation_result_and_process_info(
        &self,
        operation: OperationHandle,
        timeout_ms: u32,
    ) -> (Outcome, Option<ProcessInformation>) {
        let (place, operation) = (Location::caller(), operation_handle(operation));
        self.informed(Request::WaitForOperationResultAndProcessInfo { operation, timeout_ms, out: true }, place)
    }

    fn set_operation_callback(&self, operation: OperationHandle, callback: Option<OperationCallback>) -> Hresult {
        let operation = operation_handle(operation);
        let request = Request::SetOperationCallback { operation, callback: callback.is_some() };
        self.set_callback(request, operation, callback.map(Callback::Operation))
    }

    fn cancel_operation(&self, operation: OperationHandle) -> Hresult {
        self.code(Request::CancelOperation { operation: operation_handle(operation) })
    }

    fn add_resource_to_operation(
        &self,
        operation: OperationHandle,
        kind: u32,
        uri: Text<'_>,
        _handle: usize,
    ) -> Hresult {
        // The handle is a pointer of the caller's; nothing modelled consumes it.
        self.code(Request::AddResourceToOperation { operation: operation_handle(operation), kind, uri: owned(uri) })
    }

    fn get_operation_properties(&self, operation: OperationHandle, options: Text<'_>) -> Outcome {
        let operation = operation_handle(operation);
        self.outcome(Request::GetOperationProperties { operation, options: owned(options) })
    }

    fn enumerate_compute_systems(&self, query: Text<'_>, operation: OperationHandle) -> Hresult {
        self.code(Request::EnumerateComputeSystems { query: owned(query), operation: operation_handle(operation) })
    }

    #[track_caller]
    fn create_compute_system(
        &self,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, SystemHandle) {
        let place = Location::caller();
        let operation = operation_handle(operation);
        let (id, configuration) = (owned(id), owned(configuration));
        let request = Request::CreateComputeSystem { id, configuration, operation, out: true };
        made(self.call(request, |core, reply| self.open_page(core, reply, place, None)))
    }

    #[track_caller]
    fn open_compute_system(&self, id: Text<'_>, requested_access: u32) -> (Hresult, SystemHandle) {
        let place = Location::caller();
        let request = Request::OpenComputeSystem { id: owned(id), access: requested_access, out: true };
        made(self.call(request, |core, reply| self.open_page(core, reply, place, None)))
    }

    fn close_compute_system(&self, system: SystemHandle) {
        let system = Handle(system.0);
        self.close(Request::CloseComputeSystem { system }, system, true);
    }

    fn start_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::StartComputeSystem { system, operation, options: owned(options) })
    }

    fn terminate_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::TerminateComputeSystem { system, operation, options: owned(options) })
    }

    fn get_compute_system_properties(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        query: Text<'_>,
    ) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::GetComputeSystemProperties { system, operation, query: owned(query) })
    }

    fn set_compute_system_callback(
        &self,
        system: SystemHandle,
        options: u32,
        callback: Option<EventCallback>,
    ) -> Hresult {
        let system = Handle(system.0);
        let request = Request::SetComputeSystemCallback { system, options, callback: callback.is_some() };
        self.set_callback(request, system, callback.map(Callback::Event))
    }

    fn wait_for_compute_system_exit(&self, system: SystemHandle, timeout_ms: u32) -> Outcome {
        self.outcome(Request::WaitForComputeSystemExit { system: Handle(system.0), timeout_ms })
    }

    fn shut_down_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::ShutDownComputeSystem { system, operation, options: owned(options) })
    }

    fn crash_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::CrashComputeSystem { system, operation, options: owned(options) })
    }

    fn pause_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::PauseComputeSystem { system, operation, options: owned(options) })
    }

    fn resume_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::ResumeComputeSystem { system, operation, options: owned(options) })
    }

    fn save_compute_system(&self, system: SystemHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::SaveComputeSystem { system, operation, options: owned(options) })
    }

    fn modify_compute_system(
        &self,
        system: SystemHandle,
        operation: OperationHandle,
        configuration: Text<'_>,
    ) -> Hresult {
        let (system, operation) = (Handle(system.0), operation_handle(operation));
        self.code(Request::ModifyComputeSystem { system, operation, configuration: owned(configuration) })
    }

    #[track_caller]
    fn create_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        configuration: Text<'_>,
        operation: OperationHandle,
        options: Option<CreateOptions>,
    ) -> (Hresult, SystemHandle) {
        let place = Location::caller();
        let operation = operation_handle(operation);
        let (namespace, id, configuration) = (owned(namespace), owned(id), owned(configuration));
        let (options, callback) = match options {
            None => (Options::None, None),
            Some(given) if given.version != CreateOptions::VERSION => (Options::UnknownVersion, None),
            Some(given) => {
                let options = Options::First { events: given.events, callback: given.callback.is_some() };
                (options, given.callback.map(Callback::Event))
            }
        };
        let request =
            Request::CreateComputeSystemInNamespace { namespace, id, configuration, operation, options, out: true };
        made(self.call(request, |core, reply| self.open_page(core, reply, place, callback)))
    }

    #[track_caller]
    fn open_compute_system_in_namespace(
        &self,
        namespace: Text<'_>,
        id: Text<'_>,
        requested_access: u32,
    ) -> (Hresult, SystemHandle) {
        let place = Location::caller();
        let (namespace, id) = (owned(namespace), owned(id));
        let request = Request::OpenComputeSystemInNamespace { namespace, id, access: requested_access, out: true };
        made(self.call(request, |core, reply| self.open_page(core, reply, place, None)))
    }

    fn enumerate_compute_systems_in_namespace(
        &self,
        namespace: Text<'_>,
        query: Text<'_>,
        operation: OperationHandle,
    ) -> Hresult {
        let (namespace, query, operation) = (owned(namespace), owned(query), operation_handle(operation));
        self.code(Request::EnumerateComputeSystemsInNamespace { namespace, query, operation })
    }

    fn get_service_properties(&self, query: Text<'_>) -> Outcome {
        self.outcome(Request::GetServiceProperties { query: owned(query), out: true })
    }

    fn modify_service_settings(&self, settings: Text<'_>) -> Outcome {
        self.outcome(Request::ModifyServiceSettings { settings: owned(settings) })
    }

    fn submit_wer_report(&self, settings: Text<'_>) -> Hresult {
        self.code(Request::SubmitWerReport { settings: owned(settings) })
    }

    fn create_empty_guest_state_file(&self, path: Text<'_>) -> Hresult {
        self.code(Request::CreateEmptyGuestStateFile { path: owned(path) })
    }

    fn create_empty_runtime_state_file(&self, path: Text<'_>) -> Hresult {
        self.code(Request::CreateEmptyRuntimeStateFile { path: owned(path) })
    }

    fn get_processor_compatibility_from_saved_state(&self, path: Text<'_>) -> Outcome {
        self.outcome(Request::GetProcessorCompatibilityFromSavedState { path: owned(path) })
    }

    fn grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        self.code(Request::GrantVmAccess { id: owned(vm_id), path: owned(path) })
    }

    fn revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        self.code(Request::RevokeVmAccess { id: owned(vm_id), path: owned(path) })
    }

    fn grant_vm_group_access(&self, path: Text<'_>) -> Hresult {
        self.code(Request::GrantVmGroupAccess { path: owned(path) })
    }

    fn revoke_vm_group_access(&self, path: Text<'_>) -> Hresult {
        self.code(Request::RevokeVmGroupAccess { path: owned(path) })
    }

    #[track_caller]
    fn create_process(
        &self,
        system: SystemHandle,
        parameters: Text<'_>,
        operation: OperationHandle,
    ) -> (Hresult, ProcessHandle) {
        let place = Location::caller();
        let (system, parameters, operation) = (Handle(system.0), owned(parameters), operation_handle(operation));
        let request = Request::CreateProcess { system, parameters, operation, out: true };
        let (code, SystemHandle(handle)) =
            made(self.call(request, |core, reply| self.open_page(core, reply, place, None)));
        (code, ProcessHandle(handle))
    }

    #[track_caller]
    fn open_process(&self, system: SystemHandle, process_id: u32, requested_access: u32) -> (Hresult, ProcessHandle) {
        let place = Location::caller();
        let request =
            Request::OpenProcess { system: Handle(system.0), id: process_id, access: requested_access, out: true };
        let (code, SystemHandle(handle)) =
            made(self.call(request, |core, reply| self.open_page(core, reply, place, None)));
        (code, ProcessHandle(handle))
    }

    fn close_process(&self, process: ProcessHandle) {
        let process = Handle(process.0);
        self.close(Request::CloseProcess { process }, process, true);
    }

    fn terminate_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (process, operation) = (Handle(process.0), operation_handle(operation));
        self.code(Request::TerminateProcess { process, operation, options: owned(options) })
    }

    fn signal_process(&self, process: ProcessHandle, operation: OperationHandle, options: Text<'_>) -> Hresult {
        let (process, operation) = (Handle(process.0), operation_handle(operation));
        self.code(Request::SignalProcess { process, operation, options: owned(options) })
    }

    fn get_process_info(&self, process: ProcessHandle, operation: OperationHandle) -> Hresult {
        let (process, operation) = (Handle(process.0), operation_handle(operation));
        self.code(Request::GetProcessInfo { process, operation })
    }

    fn get_process_properties(&self, process: ProcessHandle, operation: OperationHandle, query: Text<'_>) -> Hresult {
        let (process, operation) = (Handle(process.0), operation_handle(operation));
        self.code(Request::GetProcessProperties { process, operation, query: owned(query) })
    }

    fn modify_process(&self, process: ProcessHandle, operation: OperationHandle, settings: Text<'_>) -> Hresult {
        let (process, operation) = (Handle(process.0), operation_handle(operation));
        self.code(Request::ModifyProcess { process, operation, settings: owned(settings) })
    }

    fn set_process_callback(&self, process: ProcessHandle, options: u32, callback: Option<EventCallback>) -> Hresult {
        let process = Handle(process.0);
        let request = Request::SetProcessCallback { process, options, callback: callback.is_some() };
        self.set_callback(request, process, callback.map(Callback::Event))
    }

    fn wait_for_process_exit(&self, process: ProcessHandle, timeout_ms: u32) -> Outcome {
        self.outcome(Request::WaitForProcessExit { process: Handle(process.0), timeout_ms })
    }

    fn read_stream(&self, stream: StreamHandle, buffer: &mut [u8]) -> io::Result<usize> {
        let limit = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let reply = self.stream(StreamRequest::Read { stream: Handle(stream.0), limit });
        streamed(reply, buffer)
    }

    fn write_stream(&self, stream: StreamHandle, bytes: &[u8]) -> io::Result<usize> {
        streamed(self.stream(StreamRequest::Write { stream: Handle(stream.0), bytes: fitting(bytes) }), &mut [])
    }

    fn close_stream(&self, stream: StreamHandle) {
        let handle = Handle(stream.0);
        let mut core = thread::enter(&self.shared);
        let reply = core.step(&Input::Stream(self.id, StreamRequest::Close { stream: handle }));
        if reply == Reply::Stream(StreamReply::Closed) {
            core.book.close(handle);
        }
        thread::after_step(&self.shared, &mut core);
    }

    fn poll_read_stream(
        &self,
        stream: StreamHandle,
        buffer: &mut [u8],
        context: &mut Context<'_>,
        ticket: &mut u64,
    ) -> Poll<io::Result<usize>> {
        if !self.is_stream_ready(stream) {
            self.poll_idle(context, ticket);
            return Poll::Pending;
        }
        Poll::Ready(self.read_stream(stream, buffer))
    }

    fn poll_write_stream(
        &self,
        stream: StreamHandle,
        bytes: &[u8],
        context: &mut Context<'_>,
        ticket: &mut u64,
    ) -> Poll<io::Result<usize>> {
        if !self.is_stream_ready(stream) {
            self.poll_idle(context, ticket);
            return Poll::Pending;
        }
        Poll::Ready(self.write_stream(stream, bytes))
    }

    fn exports(&self, call: Call) -> bool {
        export::has(self.shared.lock().host.build(), call)
    }

    fn call_unmodelled(&self, export: &'static Export) -> Hresult {
        let index = EXPORTS
            .iter()
            .position(|known| (known.dll, known.name) == (export.dll, export.name))
            .unwrap_or(usize::from(u16::MAX));
        self.code(Request::Unmodelled { export: u16::try_from(index).unwrap_or(u16::MAX) })
    }

    /// A future is pending. If anything has happened since it last looked, it looks again after the other tasks; if not,
    /// a scheduled world moves to the next moment.
    fn poll_idle(&self, context: &mut Context<'_>, ticket: &mut u64) {
        let mut core = self.shared.lock();
        if core.clock.kind != Clock::Scheduled {
            core.wakers.push(context.waker().clone());
            return;
        }
        if *ticket != core.activity {
            *ticket = core.activity;
            drop(core);
            context.waker().wake_by_ref();
            return;
        }
        if let Some(actor) = thread::actor() {
            thread::park(&self.shared, core, actor);
            context.waker().wake_by_ref();
            return;
        }
        if thread::is_worker() {
            worker::park(&self.shared, core);
            context.waker().wake_by_ref();
            return;
        }
        thread::step_back(&mut core);
        let moved = core.advance_once();
        thread::after_step(&self.shared, &mut core);
        // What was told on another thread will wake the future from there. An executor that is left idle until then may take
        // its own clock forward, tokio's paused one does, so that this thread waits for the telling instead.
        let (mut core, told) = worker::wait_until_told(&self.shared, core);
        if moved || told {
            drop(core);
            context.waker().wake_by_ref();
        } else {
            core.wakers.push(context.waker().clone());
        }
    }
}
