//! How a call ends: at once, or pending and then with exactly one notification.

use std::sync::{Arc, Mutex, PoisonError};

use hcs_api::{
    LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Outcome, StreamHandle, Text,
};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::{Admission, EndRow, Ends, Notice, PENDING, code, sibling};
use hcs_rules::rule::Answer;
use hcs_rules::system;
use hcs_rules::vocabulary::{Call, Facet, Kind, SystemState, Trigger};

use crate::expect::expect;
use crate::input::configuration;
use crate::layer::place::{Place, done};
use crate::route::ID;
use crate::target::{Host, Session};

const ENDLESS: &str = r#"{"CommandLine":"ping -t 127.0.0.1","EmulateConsole":true}"#;
const RESIZE: &str = r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":50,"Width":132}}"#;
const MEMORY: &str =
    r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Memory/SizeInMB","RequestType":"Update","Settings":1024}"#;
const SIGNAL: &str = r#"{"Signal":"CtrlBreak"}"#;
const TEMPLATE: &str = r#"{"SaveType":"AsTemplate"}"#;

/// What callbacks have heard: types and statuses.
type Heard = Arc<Mutex<Vec<(u32, Hresult)>>>;

/// A system of the older interface, and a process in it where the call is about one.
struct Scene<'a> {
    session: &'a dyn Session,
    system: LegacySystem,
    callback: LegacyCallback,
    heard: Heard,
    process: LegacyProcess,
    process_id: u32,
    of_process: LegacyCallback,
}

/// Makes the call where it is accepted, or where it is refused, and holds its end against the row.
pub(super) fn check(
    session: &dyn Session,
    build: Build,
    row: &EndRow,
    call: Call,
    admission: Admission,
) -> Result<(), String> {
    if call == Call::LegacyGrantVmAccess || call == Call::LegacyRevokeVmAccess {
        return on_file(session, build, row, call, admission);
    }
    let mut scene = Scene::new(session);
    let result = scene.set(call, admission).and_then(|()| scene.hold(build, row, call, admission));
    scene.strike();
    result
}

/// The kind of system on which a call is tried.
fn kind(call: Call) -> Kind {
    match call {
        Call::LegacyPauseComputeSystem
        | Call::LegacyResumeComputeSystem
        | Call::LegacySaveComputeSystem
        | Call::LegacyModifyComputeSystem => Kind::VirtualMachine,
        _ => Kind::ProcessContainer,
    }
}

/// The state in which a call is accepted, or refused for the state alone. `None`: no state refuses it.
fn state(call: Call, admission: Admission) -> Option<SystemState> {
    use SystemState::{Absent, Created, Exited, Paused, Running};
    let (accepts, refuses) = match call {
        Call::LegacyCreateComputeSystem => (Absent, Some(Running)),
        Call::LegacyStartComputeSystem => (Created, Some(Running)),
        Call::LegacyResumeComputeSystem | Call::LegacySaveComputeSystem => (Paused, Some(Running)),
        Call::LegacyPauseComputeSystem => (Running, Some(Created)),
        Call::LegacyShutdownComputeSystem | Call::LegacyTerminateComputeSystem => (Running, Some(Exited)),
        Call::LegacyOpenComputeSystem => (Running, Some(Absent)),
        _ => (Running, None),
    };
    if admission == Admission::Accepted { Some(accepts) } else { refuses }
}

/// The trigger of the state table that a call pulls.
fn trigger(call: Call) -> Option<Trigger> {
    Trigger::ALL.iter().copied().find(|trigger| trigger.admits() == Some(sibling(call)))
}

/// What the cases' calls show of a trigger: their documents are what they are.
fn facet(on: Trigger) -> Facet {
    match on {
        Trigger::ShutDown => Facet::NullOptions,
        Trigger::Save => Facet::AsTemplate,
        _ if on.facets().contains(Facet::ValidDocument) => Facet::ValidDocument,
        _ if on.facets().contains(Facet::ValidOptions) => Facet::ValidOptions,
        _ => Facet::Plain,
    }
}

/// The code with which the state table refuses a call, as the older interface tells it.
fn refusal(call: Call, state: SystemState, build: Build) -> Option<Hresult> {
    let on = trigger(call)?;
    match system::rule(on, facet(on), kind(call), state, build)?.answer {
        Answer::Fails(refused) => Some(code(refused)),
        _ => None,
    }
}

fn ear(into: &Heard) -> Option<NotificationCallback> {
    let into = into.clone();
    Some(Arc::new(move |told: &Notification| {
        into.lock().unwrap_or_else(PoisonError::into_inner).push((told.kind, told.status));
    }))
}

impl<'a> Scene<'a> {
    fn new(session: &'a dyn Session) -> Scene<'a> {
        Scene {
            session,
            system: LegacySystem::NULL,
            callback: LegacyCallback::NULL,
            heard: Heard::default(),
            process: LegacyProcess::NULL,
            process_id: 0,
            of_process: LegacyCallback::NULL,
        }
    }

    fn host(&self) -> &'a dyn Host {
        self.session.host()
    }

    /// What was heard since the last time, once nothing more is to be heard.
    fn take(&self) -> Vec<(u32, Hresult)> {
        self.session.settle();
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A step on the way that is pending, and then told.
    fn step(&self, what: &str, outcome: &Outcome, notice: Notice) -> Result<(), String> {
        expect(&format!("on the way, {what}"), PENDING, outcome.code)?;
        expect(&format!("on the way, what is told of {what}"), vec![(notice.value(), Hresult::S_OK)], self.take())
    }

    /// Makes the situation in which the call is accepted, or refused.
    fn set(&mut self, call: Call, admission: Admission) -> Result<(), String> {
        use SystemState::{Absent, Created, Exited, Paused};
        let host = self.host();
        let Some(state) = state(call, admission).filter(|state| *state != Absent) else { return Ok(()) };
        let document = configuration(kind(call), Facet::Plain, Trigger::Create);
        let (created, system) = host.legacy_create_compute_system(ID.into(), document.as_str().into());
        self.system = system;
        if call == Call::LegacyRegisterComputeSystemCallback {
            // Its own registration is what it is about.
            return expect("on the way, a creation", PENDING, created.code);
        }
        let (code, callback) = host.legacy_register_compute_system_callback(system, ear(&self.heard));
        self.callback = callback;
        done("a registration", code)?;
        self.step("a creation", &created, Notice::SystemCreateCompleted)?;
        if state == Created {
            return Ok(());
        }
        let started = host.legacy_start_compute_system(system, Text::Null);
        self.step("a start", &started, Notice::SystemStartCompleted)?;
        if state == Paused {
            let paused = host.legacy_pause_compute_system(system, Text::Null);
            self.step("a pause", &paused, Notice::SystemPauseCompleted)?;
        }
        if state == Exited {
            let ended = host.legacy_terminate_compute_system(system, Text::Null);
            self.step("an end", &ended, Notice::SystemExited)?;
        }
        let with_process = hcs_rules::legacy::ON_PROCESS.with(Call::LegacyCloseProcess).with(Call::LegacyOpenProcess);
        if with_process.with(Call::LegacyUnregisterProcessCallback).contains(call) {
            self.spawn(call)?;
        }
        Ok(())
    }

    fn spawn(&mut self, call: Call) -> Result<(), String> {
        let (outcome, process, information) = self.host().legacy_create_process(self.system, ENDLESS.into());
        self.process = process;
        done("a process", outcome.code)?;
        let information = information.ok_or("a process without information")?;
        self.process_id = information.process_id;
        for stream in [information.std_input, information.std_output, information.std_error] {
            if stream != StreamHandle::NULL && stream != StreamHandle::INVALID {
                self.host().close_stream(stream);
            }
        }
        if call != Call::LegacyRegisterProcessCallback {
            let heard = Heard::default();
            let (code, callback) = self.host().legacy_register_process_callback(process, ear(&heard));
            self.of_process = callback;
            done("a registration", code)?;
        }
        Ok(())
    }

    /// Makes the call, and holds its end against the row.
    fn hold(&mut self, build: Build, row: &EndRow, call: Call, admission: Admission) -> Result<(), String> {
        let by_state = state(call, admission);
        let code = self.make(call, by_state.is_none());
        let heard = match (call, admission) {
            // Its completion waits for a callback.
            (Call::LegacyCreateComputeSystem, Admission::Accepted) => {
                let (registered, callback) =
                    self.host().legacy_register_compute_system_callback(self.system, ear(&self.heard));
                self.callback = callback;
                done("a registration", registered)?;
                self.take()
            }
            (Call::LegacyRegisterComputeSystemCallback, Admission::Accepted) => {
                let held = vec![(Notice::SystemCreateCompleted.value(), Hresult::S_OK)];
                expect("what was held for a callback", held, self.take())?;
                Vec::new()
            }
            _ => self.take(),
        };
        let told = |notice: Notice| vec![(notice.value(), Hresult::S_OK)];
        match (row.ends, admission) {
            (Ends::Notified(notice), _) => {
                expect("the call", PENDING, code)?;
                expect("what is told", told(notice), heard)
            }
            (Ends::WithSystem(_), _) => {
                expect("the call", PENDING, code)?;
                expect("what is told", told(Notice::SystemExited), heard)
            }
            (Ends::InCall, Admission::Accepted) => {
                expect("the call", Hresult::S_OK, code)?;
                expect("what is told", Vec::new(), heard)
            }
            (Ends::InCall, Admission::Refused) => {
                let believed = by_state.and_then(|state| refusal(call, state, build));
                match believed {
                    Some(believed) => expect("the call", believed, code)?,
                    None => expect("that it is refused, and not pending", true, code.is_err() && code != PENDING)?,
                }
                expect("the family of its code", hcs_rules::legacy::code(code), code)?;
                expect("what is told", Vec::new(), heard)
            }
        }
    }

    /// Makes the call; on nothing, if that is why it is refused.
    fn make(&mut self, call: Call, on_nothing: bool) -> Hresult {
        let host = self.host();
        let (system, process) =
            if on_nothing { (LegacySystem::NULL, LegacyProcess::NULL) } else { (self.system, self.process) };
        // A query that is refused is no JSON.
        let query = if on_nothing { Text::Some("{") } else { Text::Null };
        match call {
            Call::LegacyEnumerateComputeSystems => host.legacy_enumerate_compute_systems(query).code,
            Call::LegacyCreateComputeSystem => {
                let document = configuration(kind(call), Facet::Plain, Trigger::Create);
                let (outcome, system) = host.legacy_create_compute_system(ID.into(), document.as_str().into());
                if !system.is_null() {
                    self.system = system;
                }
                outcome.code
            }
            Call::LegacyOpenComputeSystem => {
                let (outcome, second) = host.legacy_open_compute_system(ID.into());
                if !second.is_null() {
                    host.legacy_close_compute_system(second);
                }
                outcome.code
            }
            Call::LegacyCloseComputeSystem => {
                let code = host.legacy_close_compute_system(system);
                if !on_nothing {
                    self.reopen();
                }
                code
            }
            Call::LegacyStartComputeSystem => host.legacy_start_compute_system(system, Text::Null).code,
            Call::LegacyShutdownComputeSystem => host.legacy_shutdown_compute_system(system, Text::Null).code,
            Call::LegacyTerminateComputeSystem => host.legacy_terminate_compute_system(system, Text::Null).code,
            Call::LegacyPauseComputeSystem => host.legacy_pause_compute_system(system, Text::Null).code,
            Call::LegacyResumeComputeSystem => host.legacy_resume_compute_system(system, Text::Null).code,
            Call::LegacySaveComputeSystem => host.legacy_save_compute_system(system, TEMPLATE.into()).code,
            Call::LegacyGetComputeSystemProperties => host.legacy_get_compute_system_properties(system, query).code,
            Call::LegacyModifyComputeSystem => host.legacy_modify_compute_system(system, MEMORY.into()).code,
            Call::LegacyModifyServiceSettings => host.legacy_modify_service_settings(Text::Null).code,
            Call::LegacyGetServiceProperties => host.legacy_get_service_properties(query).code,
            Call::LegacyRegisterComputeSystemCallback => {
                let (code, callback) = host.legacy_register_compute_system_callback(system, ear(&self.heard));
                if !callback.is_null() {
                    self.callback = callback;
                }
                code
            }
            Call::LegacyUnregisterComputeSystemCallback => {
                let callback = if on_nothing {
                    LegacyCallback::NULL
                } else {
                    std::mem::replace(&mut self.callback, LegacyCallback::NULL)
                };
                host.legacy_unregister_compute_system_callback(callback)
            }
            Call::LegacyCreateProcess => {
                let (outcome, process, _) = host.legacy_create_process(system, ENDLESS.into());
                self.process = process;
                outcome.code
            }
            Call::LegacyOpenProcess => {
                let (outcome, second) = host.legacy_open_process(system, self.process_id);
                if !second.is_null() {
                    host.legacy_close_process(second);
                }
                outcome.code
            }
            Call::LegacyCloseProcess => {
                let code = host.legacy_close_process(process);
                if !on_nothing {
                    self.process = LegacyProcess::NULL;
                }
                code
            }
            Call::LegacyTerminateProcess => host.legacy_terminate_process(process).code,
            Call::LegacySignalProcess => host.legacy_signal_process(process, SIGNAL.into()).code,
            Call::LegacyGetProcessInfo => host.legacy_get_process_info(process).0.code,
            Call::LegacyGetProcessProperties => host.legacy_get_process_properties(process).code,
            Call::LegacyModifyProcess => host.legacy_modify_process(process, RESIZE.into()).code,
            Call::LegacyRegisterProcessCallback => {
                let (code, callback) = host.legacy_register_process_callback(process, ear(&Heard::default()));
                self.of_process = callback;
                code
            }
            _ => {
                let callback = if on_nothing {
                    LegacyCallback::NULL
                } else {
                    std::mem::replace(&mut self.of_process, LegacyCallback::NULL)
                };
                host.legacy_unregister_process_callback(callback)
            }
        }
    }

    /// Another handle of the system, whose last one may have ended it.
    fn reopen(&mut self) {
        self.system = self.host().legacy_open_compute_system(ID.into()).1;
    }

    /// Ends what is left.
    fn strike(self) {
        let host = self.host();
        if !self.of_process.is_null() {
            host.legacy_unregister_process_callback(self.of_process);
        }
        if !self.process.is_null() {
            host.legacy_close_process(self.process);
        }
        if !self.system.is_null() {
            host.legacy_terminate_compute_system(self.system, Text::Null);
            self.session.settle();
        }
        if !self.callback.is_null() {
            host.legacy_unregister_compute_system_callback(self.callback);
        }
        if !self.system.is_null() {
            host.legacy_close_compute_system(self.system);
        }
    }
}

/// A grant, or its end, for a file that is there or not.
fn on_file(session: &dyn Session, build: Build, row: &EndRow, call: Call, admission: Admission) -> Result<(), String> {
    let place = Place::new(session, build);
    let path = place.at("disk.vhdx");
    if admission == Admission::Accepted {
        session.files().put_file(&path, b"a file");
    }
    let (host, path) = (session.host(), Text::Some(&path));
    let code = match call {
        Call::LegacyGrantVmAccess => host.legacy_grant_vm_access(ID.into(), path),
        _ => host.legacy_revoke_vm_access(ID.into(), path),
    };
    place.strike();
    expect("that it ends at once", Ends::InCall, row.ends)?;
    expect("that it is done", admission == Admission::Accepted, code.is_ok())
}
