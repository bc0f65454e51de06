//! Workloads: what is measured. The same code runs small in the tests, so that a figure is never of something broken.
//!
//! Deliberately absent: bounds. Figures are printed, side by side from one run; no test fails for being slow.

pub mod storage;

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Instant;

use hcs_api::{Child, ComputeSystem, Hcs, Stdio, SystemHandle, Text};
use hcs_machine::handle::Handle;
use hcs_machine::input::{Request, Text as OwnedText};
use hcs_machine::{ClientId, Effect, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Simulator};
use hcs_sim_dll_workloads::Bell;

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

/// A container that runs, in a world of its own.
pub fn container() -> (Simulator, ComputeSystem<Client>) {
    let simulator = Simulator::default();
    let client = simulator.client("resident");
    let container = ComputeSystem::create(&client, "c", r#"{"Container":{}}"#).expect("created");
    container.start().expect("started");
    (simulator, container)
}

/// So many processes that do not end.
pub fn crowd(container: &ComputeSystem<Client>, count: usize) -> Vec<Child<Client>> {
    let idle = container.command("sim-idle");
    (0..count).map(|_| idle.spawn().expect("spawned")).collect()
}

/// One process from spawn to exit: made with a stream, its output read to the end, waited for, closed. Answers whether all
/// went well.
pub fn run(container: &ComputeSystem<Client>) -> bool {
    let command = container.command("cmd /c echo hi").stdout(Stdio::Piped);
    let Ok(mut child) = command.spawn() else { return false };
    let mut bytes = [0; 64];
    let stdout = child.stdout.as_mut().expect("piped");
    let count = stdout.read(&mut bytes).unwrap_or(0);
    &bytes[..count] == b"hi\r\n" && child.wait().is_ok_and(|status| status.success())
}

/// Lets a process write so many bytes to its output, and reads them. Answers how many came.
pub fn pour(container: &ComputeSystem<Client>, length: usize) -> usize {
    let command = container.command(&format!("sim-flood {length}")).stdout(Stdio::Piped);
    let Ok(mut child) = command.spawn() else { return 0 };
    let mut stdout = child.stdout.take().expect("piped");
    drain(&mut stdout)
}

/// The same through a pipe of the operating system, written by another thread: what to hold it against.
pub fn pour_through_a_pipe(length: usize) -> usize {
    let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
    let writing = std::thread::spawn(move || {
        let block = [7; 64 << 10];
        let mut left = length;
        while left > 0 {
            let count = left.min(block.len());
            writer.write_all(&block[..count]).expect("written");
            left -= count;
        }
    });
    let count = drain(&mut reader);
    writing.join().expect("the writer does not panic");
    count
}

/// Nanoseconds of a bell between two threads that sleep, there and back: what to hold callbacks against.
pub fn ring() -> f64 {
    const TIMES: u32 = 10_000;
    let (there, back) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    let answering = std::thread::spawn({
        let (there, back) = (there.clone(), back.clone());
        move || {
            for _ in 0..TIMES {
                there.wait(1);
                back.ring();
            }
        }
    });
    let began = Instant::now();
    for _ in 0..TIMES {
        there.ring();
        back.wait(1);
    }
    let each = began.elapsed().as_nanos() as f64 / f64::from(TIMES);
    answering.join().expect("it does not panic");
    each
}

fn drain(stream: &mut impl Read) -> usize {
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer).unwrap_or(0) {
            0 => return total,
            count => total += count,
        }
    }
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
