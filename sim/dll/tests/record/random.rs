//! Random sequences of calls, good and bad: whatever was recorded replays without a difference.

use core::ffi::c_void;
use std::ptr::{null, null_mut};

use hcs_rules::build::Build;
use proptest::prelude::*;
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{take, wide};
use crate::{assert_equal, recorded};

unsafe extern "system" fn completed(_: HCS_OPERATION, _: *const c_void) {}
unsafe extern "system" fn happened(_: *const HCS_EVENT, _: *const c_void) {}

/// What a client does next. Numbers choose among the handles that it has had, closed ones too.
#[derive(Clone, Copy, Debug)]
enum Step {
    CreateOperation(bool),
    CloseOperation(u8),
    Create(u8, u8, u8),
    Open(u8),
    CloseSystem(u8),
    OnSystem(u8, u8, u8),
    Watch(u8, u8),
    Result(u8, u8),
    WaitForExit(u8),
    Spawn(u8, u8, u8),
    OpenProcess(u8, u8),
    OnProcess(u8, u8, u8),
    WatchProcess(u8, bool),
    WaitForProcess(u8),
    CloseProcess(u8),
    Getters(u8),
    Context(u8, u8),
    File(u8, u8),
    Service(u8),
    Tell(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let one = any::<u8>();
    prop_oneof![
        3 => any::<bool>().prop_map(Step::CreateOperation),
        1 => one.prop_map(Step::CloseOperation),
        4 => (one, one, one).prop_map(|(a, b, c)| Step::Create(a, b, c)),
        1 => one.prop_map(Step::Open),
        1 => one.prop_map(Step::CloseSystem),
        10 => (one, one, one).prop_map(|(a, b, c)| Step::OnSystem(a, b, c)),
        2 => (one, one).prop_map(|(a, b)| Step::Watch(a, b)),
        8 => (one, one).prop_map(|(a, b)| Step::Result(a, b)),
        1 => one.prop_map(Step::WaitForExit),
        4 => (one, one, one).prop_map(|(a, b, c)| Step::Spawn(a, b, c)),
        1 => (one, one).prop_map(|(a, b)| Step::OpenProcess(a, b)),
        4 => (one, one, one).prop_map(|(a, b, c)| Step::OnProcess(a, b, c)),
        1 => (one, any::<bool>()).prop_map(|(a, b)| Step::WatchProcess(a, b)),
        1 => one.prop_map(Step::WaitForProcess),
        1 => one.prop_map(Step::CloseProcess),
        2 => one.prop_map(Step::Getters),
        1 => (one, one).prop_map(|(a, b)| Step::Context(a, b)),
        1 => (one, one).prop_map(|(a, b)| Step::File(a, b)),
        1 => one.prop_map(Step::Service),
        1 => one.prop_map(Step::Tell),
    ]
}

const IDS: &[&str] = &["vm", "VM", "web", "8636363D-C5F9-49AA-B507-3B83F98C0D14", ""];
const DOCUMENTS: &[&str] = &[
    r#"{"VirtualMachine":{}}"#,
    r#"{"Container":{}}"#,
    r#"{"ShouldTerminateOnLastHandleClosed":true,"Container":{}}"#,
    r#"{"VirtualMachine":{"Surprise":1}}"#,
    "{",
];
const OPTIONS: &[Option<&str>] =
    &[None, Some("{}"), Some(r#"{"SaveType":"AsTemplate"}"#), Some(r#"{"PropertyTypes":["Memory"]}"#), Some("")];
const PROCESSES: &[&str] = &[
    r#"{"CommandLine":"cmd /c exit 3"}"#,
    r#"{"CommandLine":"cmd /c echo hi","CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"sim-idle"}"#,
    r#"{"CommandLine":"nosuch"}"#,
    r#"{"Surprise":1}"#,
];
const TOLD: &[&str] = &[
    "fault Start nth=1 fail=ERROR_NO_SYSTEM_RESOURCES",
    "guest-crash vm",
    "guest-off vm",
    "service stop",
    "service return",
    "advance 3s",
    "settle",
    "worker-crash web",
];

/// What a client has had.
#[derive(Default)]
struct Had {
    operations: Vec<HCS_OPERATION>,
    systems: Vec<HCS_SYSTEM>,
    processes: Vec<HCS_PROCESS>,
    pids: Vec<u32>,
}

fn pick<T: Copy>(from: &[T], which: u8, none: T) -> T {
    match from.len() {
        0 => none,
        count => from[usize::from(which) % count],
    }
}

/// One of the last handles, most of the time.
fn recent(handles: &[*mut c_void], which: u8) -> *mut c_void {
    match which {
        250.. => null_mut(),
        200..250 => pick(handles, which, null_mut()),
        _ => pick(&handles[handles.len().saturating_sub(2)..], which, null_mut()),
    }
}

impl Had {
    fn step(&mut self, step: Step) {
        let operation = |which| recent(&self.operations, which);
        let system = |which| recent(&self.systems, which);
        let process = |which| recent(&self.processes, which);
        // SAFETY: handles may be stale, which is answered; strings end with a zero; pointers are to locals.
        unsafe {
            match step {
                Step::CreateOperation(tells) => {
                    let callback: HCS_OPERATION_COMPLETION = if tells { Some(completed) } else { None };
                    self.operations.push(HcsCreateOperation(null(), callback));
                }
                Step::CloseOperation(which) => HcsCloseOperation(operation(which)),
                Step::Create(id, document, on) => {
                    let (id, document) = (wide(pick(IDS, id, "")), wide(pick(DOCUMENTS, document, "")));
                    let mut made = null_mut();
                    let on = operation(on);
                    HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), on, null(), &raw mut made);
                    self.systems.push(made);
                }
                Step::Open(id) => {
                    let id = wide(pick(IDS, id, ""));
                    let mut opened = null_mut();
                    HcsOpenComputeSystem(id.as_ptr(), 0x1000_0000, &raw mut opened);
                    self.systems.push(opened);
                }
                Step::CloseSystem(which) => HcsCloseComputeSystem(system(which)),
                Step::OnSystem(which, call, options) => {
                    let calls = [
                        HcsStartComputeSystem,
                        HcsTerminateComputeSystem,
                        HcsGetComputeSystemProperties,
                        HcsShutDownComputeSystem,
                        HcsPauseComputeSystem,
                        HcsResumeComputeSystem,
                        HcsSaveComputeSystem,
                        HcsCrashComputeSystem,
                    ];
                    let options = pick(OPTIONS, options, None).map(wide);
                    let on = operation(options.as_ref().map_or(0, |options| options.len() as u8));
                    let call = calls[usize::from(if call < 100 { 0 } else { call }) % calls.len()];
                    call(system(which), on, options.as_ref().map_or(null(), |options| options.as_ptr()));
                }
                Step::Watch(which, options) => {
                    let callback: HCS_EVENT_CALLBACK = if options > 200 { None } else { Some(happened) };
                    HcsSetComputeSystemCallback(system(which), i32::from(options % 5), null(), callback);
                }
                Step::Result(which, how) => {
                    let (mut result, mut information) = (null_mut(), HCS_PROCESS_INFORMATION::default());
                    let on = operation(which);
                    match how % 4 {
                        0 => HcsGetOperationResult(on, &raw mut result),
                        1 => HcsWaitForOperationResult(on, 1_000, &raw mut result),
                        2 => HcsWaitForOperationResultAndProcessInfo(on, 0, &raw mut information, &raw mut result),
                        _ => HcsGetOperationResultAndProcessInfo(on, &raw mut information, &raw mut result),
                    };
                    take(result);
                    if information.ProcessId != 0 {
                        self.pids.push(information.ProcessId);
                    }
                }
                Step::WaitForExit(which) => {
                    let mut result = null_mut();
                    HcsWaitForComputeSystemExit(system(which), 1, &raw mut result);
                    take(result);
                }
                Step::Spawn(which, parameters, on) => {
                    let parameters = wide(pick(PROCESSES, parameters, ""));
                    let mut made = null_mut();
                    HcsCreateProcess(system(which), parameters.as_ptr(), operation(on), null(), &raw mut made);
                    self.processes.push(made);
                }
                Step::OpenProcess(which, id) => {
                    let mut opened = null_mut();
                    HcsOpenProcess(system(which), pick(&self.pids, id, 4), 0x1000_0000, &raw mut opened);
                    self.processes.push(opened);
                }
                Step::OnProcess(which, call, on) => {
                    let (process, on) = (process(which), operation(on));
                    let signal = wide(r#"{"Signal":"CtrlC"}"#);
                    match call % 4 {
                        0 => HcsTerminateProcess(process, on, null()),
                        1 => HcsGetProcessInfo(process, on),
                        2 => HcsGetProcessProperties(process, on, null()),
                        _ => HcsSignalProcess(process, on, signal.as_ptr()),
                    };
                }
                Step::WatchProcess(which, tells) => {
                    let callback: HCS_EVENT_CALLBACK = if tells { Some(happened) } else { None };
                    HcsSetProcessCallback(process(which), 0, null(), callback);
                }
                Step::WaitForProcess(which) => {
                    let mut result = null_mut();
                    HcsWaitForProcessExit(process(which), 1, &raw mut result);
                    take(result);
                }
                Step::CloseProcess(which) => HcsCloseProcess(process(which)),
                Step::Getters(which) => {
                    let on = operation(which);
                    HcsGetOperationType(on);
                    HcsGetOperationId(on);
                    HcsGetComputeSystemFromOperation(on);
                    HcsGetProcessFromOperation(on);
                    HcsGetOperationContext(on);
                    HcsCancelOperation(on);
                }
                Step::Context(which, context) => {
                    let context: *const c_void = core::ptr::without_provenance(usize::from(context));
                    match context.is_null() {
                        true => HcsSetOperationCallback(operation(which), context, Some(completed)),
                        false => HcsSetOperationContext(operation(which), context),
                    };
                }
                Step::File(which, call) => {
                    let (id, path) =
                        (wide("vm"), wide(pick(&[r"C:\ProgramData\vm.vmgs", r"C:\none\a", "a"], which, "")));
                    match call % 4 {
                        0 => HcsCreateEmptyGuestStateFile(path.as_ptr()),
                        1 => HcsCreateEmptyRuntimeStateFile(path.as_ptr()),
                        2 => HcsGrantVmAccess(id.as_ptr(), path.as_ptr()),
                        _ => HcsRevokeVmGroupAccess(path.as_ptr()),
                    };
                }
                Step::Service(which) => {
                    let mut result = null_mut();
                    let settings = wide(r#"{"PropertyType":"CpuGroup"}"#);
                    match which % 3 {
                        0 => HcsGetServiceProperties(null(), &raw mut result),
                        1 => HcsGetServiceProperties(null(), null_mut()),
                        _ => HcsModifyServiceSettings(settings.as_ptr(), &raw mut result),
                    };
                    take(result);
                }
                // A line may find nothing to do.
                Step::Tell(which) => _ = hcs_sim_dll::tell(pick(TOLD, which, "")),
            }
        }
    }

    /// Everything is closed, so that nothing is told any more when the record ends.
    fn close(self) {
        // SAFETY: handles may be stale, which is answered.
        unsafe {
            self.processes.into_iter().for_each(|process| HcsCloseProcess(process));
            self.systems.into_iter().for_each(|system| HcsCloseComputeSystem(system));
            self.operations.into_iter().for_each(|operation| HcsCloseOperation(operation));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_replays_equal(
        seed in 0..1_000_u64,
        build in 0..Build::ALL.len(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let text = recorded(seed, Build::ALL[build], || {
            let mut had = Had::default();
            steps.iter().for_each(|step| had.step(*step));
            had.close();
        });
        assert_equal(&text);
    }
}
