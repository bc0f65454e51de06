//! The exports of `vmcompute.dll`.

mod layer;

use core::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hcs_rules::export::{ABSENT, Dll as Which};
use hcs_rules::hresult::Hresult;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{HCS_NOTIFICATION_CALLBACK, HCS_PROCESS_INFORMATION};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use super::hcs::informed;
use super::{Callback, Wide, Windows, code, export, outcome, raw};
use crate::hcs::{Outcome, ProcessInformation, Text};
use crate::legacy::{LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Vmcompute};

/// Any handle of this DLL.
type Any = *mut c_void;

unsafe extern "system" fn notified(kind: u32, context: *const c_void, status: HRESULT, data: PCWSTR) {
    // SAFETY: the context is the callback that is kept until it is unregistered.
    let Some(Callback::Notification(callback)) = (unsafe { context.cast::<Callback>().as_ref() }) else { return };
    let mut length = 0;
    // SAFETY: the data is NULL or ends with a zero, and belongs to the service.
    while !data.is_null() && unsafe { data.add(length).read() } != 0 {
        length += 1;
    }
    let data = (!data.is_null()).then(|| {
        // SAFETY: so many units have just been read.
        String::from_utf16_lossy(unsafe { core::slice::from_raw_parts(data, length) }).into()
    });
    let notification = Notification { kind, status: Hresult(status as u32), data };
    let callback = callback.clone();
    // A panic must not unwind into the service.
    _ = catch_unwind(AssertUnwindSafe(|| callback(&notification)));
}

/// What a call gives that has two documents: what was asked for, and the result.
fn chosen(outcome: Outcome, asked: PWSTR) -> Outcome {
    let asked = Windows::take(asked);
    let document = if outcome.code.is_ok() { asked } else { outcome.document };
    Outcome { code: outcome.code, document }
}

/// Calls an export that gives what was asked for and a result document.
macro_rules! asked {
    ($self:ident.$name:ident($($value:expr => $Argument:ty),*)) => {{
        let Some(dll) = $self.dll(Which::Vmcompute) else { return Outcome::bare(ABSENT) };
        let mut asked: PWSTR = core::ptr::null_mut();
        let outcome = outcome!(dll.$name($($value => $Argument,)* &raw mut asked => *mut PWSTR));
        chosen(outcome, asked)
    }};
}

/// Calls an export that takes a handle and a string.
macro_rules! with_text {
    ($self:ident.$name:ident($handle:expr, $text:ident)) => {{
        let Some(dll) = $self.dll(Which::Vmcompute) else { return Outcome::bare(ABSENT) };
        let $text = Wide::new($text);
        outcome!(dll.$name(raw($handle.0) => Any, $text.pointer() => PCWSTR))
    }};
}

impl Windows {
    /// Registers a callback, by the export of this name.
    fn register(&self, name: &str, handle: u64, callback: Option<NotificationCallback>) -> (Hresult, LegacyCallback) {
        type Register = unsafe extern "system" fn(Any, HCS_NOTIFICATION_CALLBACK, *const c_void, *mut Any) -> HRESULT;
        let function = self.dll(Which::Vmcompute).and_then(|dll| dll.symbol(name));
        let Some(function) = function else { return (ABSENT, LegacyCallback::NULL) };
        // SAFETY: the clients of this DLL agree on the signature.
        let function: Register = unsafe { core::mem::transmute(function) };
        let kept = callback.map(|callback| self.keep(Callback::Notification(callback)));
        let context = kept.as_ref().map_or(core::ptr::null(), |(_, context)| *context);
        let trampoline: HCS_NOTIFICATION_CALLBACK = if kept.is_some() { Some(notified) } else { None };
        let mut made: Any = core::ptr::null_mut();
        // SAFETY: the context is kept until the callback is unregistered.
        let code = Hresult(unsafe { function(raw(handle), trampoline, context, &raw mut made) } as u32);
        let made = made as usize as u64;
        match kept {
            Some((callback, _)) if code.is_ok() => self.own(made, callback),
            _ => {}
        }
        (code, LegacyCallback(made))
    }
}

impl Vmcompute for Windows {
    fn legacy_enumerate_compute_systems(&self, query: Text<'_>) -> Outcome {
        let query = Wide::new(query);
        asked!(self.HcsEnumerateComputeSystems(query.pointer() => PCWSTR))
    }

    fn legacy_create_compute_system(&self, id: Text<'_>, configuration: Text<'_>) -> (Outcome, LegacySystem) {
        let Some(dll) = self.dll(Which::Vmcompute) else { return (Outcome::bare(ABSENT), LegacySystem::NULL) };
        let (id, configuration) = (Wide::new(id), Wide::new(configuration));
        let mut made: Any = core::ptr::null_mut();
        let outcome = outcome!(dll.HcsCreateComputeSystem(
            id.pointer() => PCWSTR,
            configuration.pointer() => PCWSTR,
            core::ptr::null_mut() => HANDLE,
            &raw mut made => *mut Any
        ));
        (outcome, LegacySystem(made as usize as u64))
    }

    fn legacy_open_compute_system(&self, id: Text<'_>) -> (Outcome, LegacySystem) {
        let Some(dll) = self.dll(Which::Vmcompute) else { return (Outcome::bare(ABSENT), LegacySystem::NULL) };
        let id = Wide::new(id);
        let mut made: Any = core::ptr::null_mut();
        let outcome = outcome!(dll.HcsOpenComputeSystem(id.pointer() => PCWSTR, &raw mut made => *mut Any));
        (outcome, LegacySystem(made as usize as u64))
    }

    fn legacy_close_compute_system(&self, system: LegacySystem) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        code!(dll.HcsCloseComputeSystem(raw(system.0) => Any))
    }

    fn legacy_start_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        with_text!(self.HcsStartComputeSystem(system, options))
    }

    fn legacy_shutdown_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        with_text!(self.HcsShutdownComputeSystem(system, options))
    }

    fn legacy_terminate_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        with_text!(self.HcsTerminateComputeSystem(system, options))
    }

    fn legacy_pause_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        with_text!(self.HcsPauseComputeSystem(system, options))
    }

    fn legacy_resume_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        with_text!(self.HcsResumeComputeSystem(system, options))
    }

    fn legacy_save_compute_system(&self, system: LegacySystem, options: Text<'_>) -> Outcome {
        with_text!(self.HcsSaveComputeSystem(system, options))
    }

    fn legacy_get_compute_system_properties(&self, system: LegacySystem, query: Text<'_>) -> Outcome {
        let query = Wide::new(query);
        asked!(self.HcsGetComputeSystemProperties(raw(system.0) => Any, query.pointer() => PCWSTR))
    }

    fn legacy_modify_compute_system(&self, system: LegacySystem, configuration: Text<'_>) -> Outcome {
        with_text!(self.HcsModifyComputeSystem(system, configuration))
    }

    fn legacy_modify_service_settings(&self, settings: Text<'_>) -> Outcome {
        let Some(dll) = self.dll(Which::Vmcompute) else { return Outcome::bare(ABSENT) };
        let settings = Wide::new(settings);
        outcome!(dll.HcsModifyServiceSettings(settings.pointer() => PCWSTR))
    }

    fn legacy_get_service_properties(&self, query: Text<'_>) -> Outcome {
        let query = Wide::new(query);
        asked!(self.HcsGetServiceProperties(query.pointer() => PCWSTR))
    }

    fn legacy_register_compute_system_callback(
        &self,
        system: LegacySystem,
        callback: Option<NotificationCallback>,
    ) -> (Hresult, LegacyCallback) {
        self.register("HcsRegisterComputeSystemCallback\0", system.0, callback)
    }

    fn legacy_unregister_compute_system_callback(&self, callback: LegacyCallback) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        let code = code!(dll.HcsUnregisterComputeSystemCallback(raw(callback.0) => Any));
        self.disown(callback.0);
        code
    }

    fn legacy_create_process(
        &self,
        system: LegacySystem,
        parameters: Text<'_>,
    ) -> (Outcome, LegacyProcess, Option<ProcessInformation>) {
        let Some(dll) = self.dll(Which::Vmcompute) else { return (Outcome::bare(ABSENT), LegacyProcess::NULL, None) };
        let parameters = Wide::new(parameters);
        let mut information = HCS_PROCESS_INFORMATION::default();
        let mut made: Any = core::ptr::null_mut();
        let outcome = outcome!(dll.HcsCreateProcess(
            raw(system.0) => Any,
            parameters.pointer() => PCWSTR,
            &raw mut information => *mut HCS_PROCESS_INFORMATION,
            &raw mut made => *mut Any
        ));
        let (outcome, information) = informed(outcome, &information);
        (outcome, LegacyProcess(made as usize as u64), information)
    }

    fn legacy_open_process(&self, system: LegacySystem, process_id: u32) -> (Outcome, LegacyProcess) {
        let Some(dll) = self.dll(Which::Vmcompute) else { return (Outcome::bare(ABSENT), LegacyProcess::NULL) };
        let mut made: Any = core::ptr::null_mut();
        let outcome = outcome!(dll.HcsOpenProcess(
            raw(system.0) => Any, process_id => u32, &raw mut made => *mut Any
        ));
        (outcome, LegacyProcess(made as usize as u64))
    }

    fn legacy_close_process(&self, process: LegacyProcess) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        code!(dll.HcsCloseProcess(raw(process.0) => Any))
    }

    fn legacy_terminate_process(&self, process: LegacyProcess) -> Outcome {
        let Some(dll) = self.dll(Which::Vmcompute) else { return Outcome::bare(ABSENT) };
        outcome!(dll.HcsTerminateProcess(raw(process.0) => Any))
    }

    fn legacy_signal_process(&self, process: LegacyProcess, options: Text<'_>) -> Outcome {
        with_text!(self.HcsSignalProcess(process, options))
    }

    fn legacy_get_process_info(&self, process: LegacyProcess) -> (Outcome, Option<ProcessInformation>) {
        let Some(dll) = self.dll(Which::Vmcompute) else { return (Outcome::bare(ABSENT), None) };
        let mut information = HCS_PROCESS_INFORMATION::default();
        let outcome = outcome!(dll.HcsGetProcessInfo(
            raw(process.0) => Any, &raw mut information => *mut HCS_PROCESS_INFORMATION
        ));
        informed(outcome, &information)
    }

    fn legacy_get_process_properties(&self, process: LegacyProcess) -> Outcome {
        asked!(self.HcsGetProcessProperties(raw(process.0) => Any))
    }

    fn legacy_modify_process(&self, process: LegacyProcess, settings: Text<'_>) -> Outcome {
        with_text!(self.HcsModifyProcess(process, settings))
    }

    fn legacy_register_process_callback(
        &self,
        process: LegacyProcess,
        callback: Option<NotificationCallback>,
    ) -> (Hresult, LegacyCallback) {
        self.register("HcsRegisterProcessCallback\0", process.0, callback)
    }

    fn legacy_unregister_process_callback(&self, callback: LegacyCallback) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        let code = code!(dll.HcsUnregisterProcessCallback(raw(callback.0) => Any));
        self.disown(callback.0);
        code
    }

    fn legacy_grant_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        let (id, path) = (Wide::new(vm_id), Wide::new(path));
        code!(dll.GrantVmAccess(id.pointer() => PCWSTR, path.pointer() => PCWSTR))
    }

    fn legacy_revoke_vm_access(&self, vm_id: Text<'_>, path: Text<'_>) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        let (id, path) = (Wide::new(vm_id), Wide::new(path));
        code!(dll.RevokeVmAccess(id.pointer() => PCWSTR, path.pointer() => PCWSTR))
    }
}
