//! Workloads: what is measured. The same code runs small in the tests, so that a figure is never of something broken.
//!
//! Deliberately absent: bounds. Figures are printed, side by side from one run; no test fails for being slow.

use hcs_api::{Hcs, SystemHandle, Text};
use hcs_machine::handle::Handle;
use hcs_machine::input::{Request, Text as OwnedText};
use hcs_machine::{ClientId, Effect, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Simulator};

/// The document of every workload: a machine with a disk, as a tutorial would have it.
pub fn document() -> &'static str {
    hcs_scenarios::library::DOCUMENTS[0].text
}

/// One operation from call to close: made, given to the call, waited for, closed.
fn operate(hcs: &dyn Hcs, call: impl FnOnce(hcs_api::OperationHandle) -> Hresult) -> Hresult {
    let operation = hcs.create_operation(None);
    let code = call(operation);
    let code = if code.is_ok() { hcs.wait_for_operation_result(operation, u32::MAX).code } else { code };
    hcs.close_operation(operation);
    code
}

/// Makes a system.
pub fn create(hcs: &dyn Hcs, id: &str) -> SystemHandle {
    let mut system = SystemHandle::NULL;
    operate(hcs, |operation| {
        let (code, handle) = hcs.create_compute_system(id.into(), document().into(), operation);
        system = handle;
        code
    });
    system
}

/// One life: create with its JSON, start, properties, terminate, the exit status, close; 17 calls. Answers whether all
/// went well.
pub fn life(hcs: &dyn Hcs) -> bool {
    let system = create(hcs, "life");
    let started = operate(hcs, |operation| hcs.start_compute_system(system, operation, Text::Null));
    let asked = operate(hcs, |operation| hcs.get_compute_system_properties(system, operation, Text::Null));
    let ended = operate(hcs, |operation| hcs.terminate_compute_system(system, operation, Text::Null));
    let exit = hcs.wait_for_compute_system_exit(system, 0);
    hcs.close_compute_system(system);
    [started, asked, ended, exit.code].iter().all(|code| *code == Hresult::S_OK)
}

/// A call that fails by state: a second start.
pub fn refused(hcs: &dyn Hcs, system: SystemHandle) -> bool {
    operate(hcs, |operation| hcs.start_compute_system(system, operation, Text::Null)) == Hresult::HCS_E_INVALID_STATE
}

/// A property query.
pub fn query(hcs: &dyn Hcs, system: SystemHandle) -> bool {
    operate(hcs, |operation| hcs.get_compute_system_properties(system, operation, Text::Null)) == Hresult::S_OK
}

/// A world with so many systems in it.
pub fn populated(count: usize) -> (Simulator, Client) {
    let simulator = Simulator::default();
    let client = simulator.client("resident");
    for number in 0..count {
        create(&client, &format!("resident-{number}"));
    }
    (simulator, client)
}

/// A host with so many systems in it, for forking: without the shell.
pub fn populated_host(count: usize) -> Host {
    let mut host = Host::new(Build::SERVER_2022);
    let mut effects = Vec::new();
    host.step(Time::ZERO, &Input::Connect(Rights::Administrator), &mut effects);
    let operation = |host: &mut Host, effects: &mut Vec<Effect>| {
        let request = Request::CreateOperation { callback: false };
        host.step(Time::ZERO, &Input::Call(ClientId(1), request, Fate::PROMPT), effects);
        match effects.pop() {
            Some(Effect::Reply(hcs_machine::effect::Reply::Handle(_, handle))) => handle,
            _ => Handle::NULL,
        }
    };
    let configuration = OwnedText::from(r#"{"VirtualMachine":{}}"#);
    for number in 0..count {
        let operation = operation(&mut host, &mut effects);
        let id = OwnedText::from(&*format!("resident-{number}"));
        let request = Request::CreateComputeSystem { id, configuration: configuration.clone(), operation, out: true };
        host.step(Time::ZERO, &Input::Call(ClientId(1), request, Fate::PROMPT), &mut effects);
        host.step(Time::ZERO, &Input::Tick, &mut effects);
        let close = Request::CloseOperation { operation };
        host.step(Time::ZERO, &Input::Call(ClientId(1), close, Fate::PROMPT), &mut effects);
        effects.clear();
    }
    host
}

/// Changes a fork where it costs most, so that what the fork has put off is paid for: a handle is opened on a resident, which
/// changes the tables of systems and of handles.
pub fn touch(host: &mut Host) {
    let id = OwnedText::from("resident-5");
    let request = Request::OpenComputeSystem { id, access: hcs_rules::vocabulary::GENERIC_ALL, out: true };
    host.step(Time::ZERO, &Input::Call(ClientId(1), request, Fate::PROMPT), &mut Vec::new());
}
