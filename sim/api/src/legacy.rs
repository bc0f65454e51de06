//! The older interface: one method for each export of `vmcompute.dll`, named as the export with `legacy_` before it.
//!
//! As raw as [`crate::Hcs`]. There are no operations: a call returns its result, or is pending and is followed by one
//! notification to the callback that is registered on the handle. A document is what the call gives after a success, and the
//! result document after a failure.

pub mod layer;

use std::sync::Arc;

use hcs_rules::hresult::Hresult;

use crate::hcs::{Outcome, ProcessInformation, Text, handles};

handles! {
    /// A compute system of the older interface: the bits of the handle, which may be stale, foreign or NULL.
    LegacySystem;
    /// A process of the older interface: the bits of the handle, which may be stale, foreign or NULL.
    LegacyProcess;
    /// A registered callback: the bits of the handle, which may be stale, foreign or NULL.
    LegacyCallback;
}

/// What a callback is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The type, as in `HCS_NOTIFICATIONS`.
    pub kind: u32,
    /// How what it tells of has ended.
    pub status: Hresult,
    /// The data, JSON: of an end or a crash the report, of a call that failed its result document.
    pub data: Option<Arc<str>>,
}

/// Called with each notification, on a thread of the service.
pub type NotificationCallback = Arc<dyn Fn(&Notification) + Send + Sync>;

/// The functions of `vmcompute.dll`, simulated or real.
pub trait Vmcompute: Send + Sync {
    /// `HcsEnumerateComputeSystems`: the systems that the query asks for.
    fn legacy_enumerate_compute_systems(&self, query: Text<'_>) -> Outcome;
    /// `HcsCreateComputeSystem`, without a token. Pending, then `SystemCreateCompleted`, which is held until a callback is
    /// registered.
    fn legacy_create_compute_system(&self, id: Text<'_>, configuration: Text<'_>) -> (Outcome, LegacySystem);
    /// `HcsOpenComputeSystem`, which takes no access mask here.
    fn legacy_open_compute_system(&self, id: Text<'_>) -> (Outcome, LegacySystem);
    /// `HcsCloseComputeSystem`, which has a code here.
    fn legacy_close_compute_system(&self, system: LegacySystem) -> Hresult;
    /// `HcsStartComputeSystem`. Pending, then `SystemStartCompleted`.
    fn legacy_start_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome;
    /// `HcsShutdownComputeSystem`, with a small d here. Pending, then `SystemExited`.
    fn legacy_shutdown_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome;
    /// `HcsTerminateComputeSystem`. Pending, then `SystemExited`.
    fn legacy_terminate_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome;
    /// `HcsPauseComputeSystem`. Pending, then `SystemPauseCompleted`.
    fn legacy_pause_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome;
    /// `HcsResumeComputeSystem`. Pending, then `SystemResumeCompleted`.
    fn legacy_resume_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome;
    /// `HcsSaveComputeSystem`. Pending, then `SystemSaveCompleted`.
    fn legacy_save_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome;
    /// `HcsGetComputeSystemProperties`
    fn legacy_get_compute_system_properties(&self, system: LegacySystem, query: Text<'_>) -> Outcome;
    /// `HcsModifyComputeSystem`
    fn legacy_modify_compute_system(&self, system: LegacySystem, configuration: Text<'_>) -> Outcome;
    /// `HcsModifyServiceSettings`
    fn legacy_modify_service_settings(&self, settings: Text<'_>) -> Outcome;
    /// `HcsGetServiceProperties`
    fn legacy_get_service_properties(&self, query: Text<'_>) -> Outcome;
    /// `HcsRegisterComputeSystemCallback`. What was held for a callback is told at once.
    fn legacy_register_compute_system_callback(
        &self,
        system: LegacySystem,
        callback: Option<NotificationCallback>,
    ) -> (Hresult, LegacyCallback);
    /// `HcsUnregisterComputeSystemCallback`. Waits for the callback that runs; none runs afterwards.
    fn legacy_unregister_compute_system_callback(&self, callback: LegacyCallback) -> Hresult;
    /// `HcsCreateProcess`: the process runs when the call returns, and its streams come with it.
    fn legacy_create_process(
        &self,
        system: LegacySystem,
        parameters: Text<'_>,
    ) -> (Outcome, LegacyProcess, Option<ProcessInformation>);
    /// `HcsOpenProcess`, which takes no access mask here.
    fn legacy_open_process(&self, system: LegacySystem, process_id: u32) -> (Outcome, LegacyProcess);
    /// `HcsCloseProcess`, which has a code here.
    fn legacy_close_process(&self, process: LegacyProcess) -> Hresult;
    /// `HcsTerminateProcess`, which takes no options here.
    fn legacy_terminate_process(&self, process: LegacyProcess) -> Outcome;
    /// `HcsSignalProcess`
    fn legacy_signal_process(&self, process: LegacyProcess, options: Text<'_>) -> Outcome;
    /// `HcsGetProcessInfo`
    fn legacy_get_process_info(&self, process: LegacyProcess) -> (Outcome, Option<ProcessInformation>);
    /// `HcsGetProcessProperties`, which takes no query here.
    fn legacy_get_process_properties(&self, process: LegacyProcess) -> Outcome;
    /// `HcsModifyProcess`
    fn legacy_modify_process(&self, process: LegacyProcess, settings: Text<'_>) -> Outcome;
    /// `HcsRegisterProcessCallback`. What was held for a callback is told at once.
    fn legacy_register_process_callback(
        &self,
        process: LegacyProcess,
        callback: Option<NotificationCallback>,
    ) -> (Hresult, LegacyCallback);
    /// `HcsUnregisterProcessCallback`. Waits for the callback that runs; none runs afterwards.
    fn legacy_unregister_process_callback(&self, callback: LegacyCallback) -> Hresult;
    /// `GrantVmAccess`
    fn legacy_grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult;
    /// `RevokeVmAccess`
    fn legacy_revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult;
}
