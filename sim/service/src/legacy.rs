//! A client's calls of the older interface.

mod layer;

use std::panic::Location;

use hcs_api::{
    LegacyCallback, LegacyProcess, LegacySystem, NotificationCallback, Outcome, ProcessInformation, Text, Vmcompute,
};
use hcs_machine::effect::{LegacyReply, Reply};
use hcs_machine::handle::Handle;
use hcs_machine::input::{LegacyRequest, Request};
use hcs_rules::hresult::Hresult;

use crate::book::Callback;
use crate::client::{Client, owned};

/// What a call gives.
fn given(reply: Reply) -> LegacyReply {
    match reply {
        Reply::Legacy(reply) => *reply,
        Reply::Outcome(code, document) => LegacyReply { document, ..LegacyReply::bare(code) },
        _ => LegacyReply::bare(Hresult::E_UNEXPECTED),
    }
}

fn outcome(reply: LegacyReply) -> Outcome {
    Outcome { code: reply.code, document: reply.document }
}

impl Client {
    /// A call of the older interface as the machine takes it: what a caller in C can leave out is a bit there. Answers what the
    /// call returns. For calls that give no handle.
    pub fn call_legacy(&self, request: LegacyRequest) -> Outcome {
        outcome(given(self.plain(Request::Legacy(request.into()))))
    }

    /// A call that gives a handle, which is written down with its callback.
    fn give_legacy(
        &self,
        request: LegacyRequest,
        callback: Option<NotificationCallback>,
        place: &'static Location<'static>,
    ) -> LegacyReply {
        let callback = callback.map(Callback::Notification);
        let mut blocked = false;
        let reply = self.call(Request::Legacy(request.into()), |core, reply| {
            blocked = matches!(reply, Reply::Blocked(_));
            self.open_page(core, reply, place, callback);
        });
        if blocked {
            self.open_page(&mut self.lock(), &reply, place, None);
        }
        given(reply)
    }

    fn close_legacy(&self, request: LegacyRequest, handle: Handle) -> Hresult {
        given(self.close(Request::Legacy(request.into()), handle, true)).code
    }
}

impl Vmcompute for Client {
    fn legacy_enumerate_compute_systems(&self, query: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::EnumerateComputeSystems { query: owned(query), out: true })
    }

    #[track_caller]
    fn legacy_create_compute_system(&self, id: Text<'_>, configuration: Text<'_>) -> (Outcome, LegacySystem) {
        let (id, configuration) = (owned(id), owned(configuration));
        let request = LegacyRequest::CreateComputeSystem { id, configuration, out: true };
        let reply = self.give_legacy(request, None, Location::caller());
        let system = LegacySystem(reply.handle.0);
        (outcome(reply), system)
    }

    #[track_caller]
    fn legacy_open_compute_system(&self, id: Text<'_>) -> (Outcome, LegacySystem) {
        let request = LegacyRequest::OpenComputeSystem { id: owned(id), out: true };
        let reply = self.give_legacy(request, None, Location::caller());
        let system = LegacySystem(reply.handle.0);
        (outcome(reply), system)
    }

    fn legacy_close_compute_system(&self, system: LegacySystem) -> Hresult {
        let system = Handle(system.0);
        self.close_legacy(LegacyRequest::CloseComputeSystem { system }, system)
    }

    fn legacy_start_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::StartComputeSystem { system: Handle(system.0), options: owned(options) })
    }

    fn legacy_shutdown_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::ShutdownComputeSystem { system: Handle(system.0), options: owned(options) })
    }

    fn legacy_terminate_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::TerminateComputeSystem { system: Handle(system.0), options: owned(options) })
    }

    fn legacy_pause_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::PauseComputeSystem { system: Handle(system.0), options: owned(options) })
    }

    fn legacy_resume_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::ResumeComputeSystem { system: Handle(system.0), options: owned(options) })
    }

    fn legacy_save_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::SaveComputeSystem { system: Handle(system.0), options: owned(options) })
    }

    fn legacy_get_compute_system_properties(&self, system: LegacySystem, query: Text<'_>) -> Outcome {
        let (system, query) = (Handle(system.0), owned(query));
        self.call_legacy(LegacyRequest::GetComputeSystemProperties { system, query, out: true })
    }

    fn legacy_modify_compute_system(&self, system: LegacySystem, configuration: Text<'_>) -> Outcome {
        let (system, configuration) = (Handle(system.0), owned(configuration));
        self.call_legacy(LegacyRequest::ModifyComputeSystem { system, configuration })
    }

    fn legacy_modify_service_settings(&self, settings: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::ModifyServiceSettings { settings: owned(settings) })
    }

    fn legacy_get_service_properties(&self, query: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::GetServiceProperties { query: owned(query), out: true })
    }

    #[track_caller]
    fn legacy_register_compute_system_callback(
        &self,
        system: LegacySystem,
        callback: Option<NotificationCallback>,
    ) -> (Hresult, LegacyCallback) {
        let system = Handle(system.0);
        let request = LegacyRequest::RegisterComputeSystemCallback { system, callback: callback.is_some(), out: true };
        let reply = self.give_legacy(request, callback, Location::caller());
        (reply.code, LegacyCallback(reply.handle.0))
    }

    fn legacy_unregister_compute_system_callback(&self, callback: LegacyCallback) -> Hresult {
        let registration = Handle(callback.0);
        self.close_legacy(LegacyRequest::UnregisterComputeSystemCallback { registration }, registration)
    }

    #[track_caller]
    fn legacy_create_process(
        &self,
        system: LegacySystem,
        parameters: Text<'_>,
    ) -> (Outcome, LegacyProcess, Option<ProcessInformation>) {
        let place = Location::caller();
        let (system, parameters) = (Handle(system.0), owned(parameters));
        let mut reply = self.give_legacy(LegacyRequest::CreateProcess { system, parameters, out: true }, None, place);
        let information = self.handed_out(reply.information.take(), place);
        let process = LegacyProcess(reply.handle.0);
        (outcome(reply), process, information)
    }

    #[track_caller]
    fn legacy_open_process(&self, system: LegacySystem, process_id: u32) -> (Outcome, LegacyProcess) {
        let request = LegacyRequest::OpenProcess { system: Handle(system.0), id: process_id, out: true };
        let reply = self.give_legacy(request, None, Location::caller());
        let process = LegacyProcess(reply.handle.0);
        (outcome(reply), process)
    }

    fn legacy_close_process(&self, process: LegacyProcess) -> Hresult {
        let process = Handle(process.0);
        self.close_legacy(LegacyRequest::CloseProcess { process }, process)
    }

    fn legacy_terminate_process(&self, process: LegacyProcess) -> Outcome {
        self.call_legacy(LegacyRequest::TerminateProcess { process: Handle(process.0) })
    }

    fn legacy_signal_process(&self, process: LegacyProcess, options: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::SignalProcess { process: Handle(process.0), options: owned(options) })
    }

    #[track_caller]
    fn legacy_get_process_info(&self, process: LegacyProcess) -> (Outcome, Option<ProcessInformation>) {
        let request = Request::Legacy(LegacyRequest::GetProcessInfo { process: Handle(process.0), out: true }.into());
        let mut reply = given(self.plain(request));
        let information = self.handed_out(reply.information.take(), Location::caller());
        (outcome(reply), information)
    }

    fn legacy_get_process_properties(&self, process: LegacyProcess) -> Outcome {
        self.call_legacy(LegacyRequest::GetProcessProperties { process: Handle(process.0), out: true })
    }

    fn legacy_modify_process(&self, process: LegacyProcess, settings: Text<'_>) -> Outcome {
        self.call_legacy(LegacyRequest::ModifyProcess { process: Handle(process.0), settings: owned(settings) })
    }

    #[track_caller]
    fn legacy_register_process_callback(
        &self,
        process: LegacyProcess,
        callback: Option<NotificationCallback>,
    ) -> (Hresult, LegacyCallback) {
        let process = Handle(process.0);
        let request = LegacyRequest::RegisterProcessCallback { process, callback: callback.is_some(), out: true };
        let reply = self.give_legacy(request, callback, Location::caller());
        (reply.code, LegacyCallback(reply.handle.0))
    }

    fn legacy_unregister_process_callback(&self, callback: LegacyCallback) -> Hresult {
        let registration = Handle(callback.0);
        self.close_legacy(LegacyRequest::UnregisterProcessCallback { registration }, registration)
    }

    fn legacy_grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        self.call_legacy(LegacyRequest::GrantVmAccess { id: owned(vm_id), path: owned(path) }).code
    }

    fn legacy_revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        self.call_legacy(LegacyRequest::RevokeVmAccess { id: owned(vm_id), path: owned(path) }).code
    }
}
