//! Every call on a process, in every state that calls can reach, on every kind of system, with every document and handle that
//! makes no sense: each is answered, none makes the double panic, and nothing is left waiting.

mod common;

use common::{CONTAINER, HOSTED, LATENCY, LINUX, ONE, TWO, World};
use hcs_machine::effect::Reply;
use hcs_machine::handle::Handle;
use hcs_machine::input::{End, Request, StreamRequest, Text, WorldEvent};
use hcs_machine::{ClientId, Fate};
use hcs_rules::hresult::Hresult;
use hcs_rules::time::SECOND;
use hcs_rules::vocabulary::GENERIC_ALL;

const SYSTEMS: [(&str, &str); 5] = [
    ("c", CONTAINER),
    ("m", LINUX),
    ("h", HOSTED),
    ("v", r#"{"VirtualMachine":{}}"#),
    ("x", r#"{"SystemType":"Container","HvPartition":true}"#),
];

/// How far a process has come.
const STATES: [&str; 8] =
    ["creating", "refused", "running", "frozen", "terminating", "exited", "system over", "service gone"];

const DOCUMENTS: &[&str] = &[
    "",
    " ",
    "{}",
    "null",
    "[]",
    "7",
    "\u{feff}{}",
    "{\"",
    "{\"Signal\":null}",
    "{\"Signal\":0}",
    "{\"Signal\":-1}",
    "{\"Signal\":9}",
    "{\"Signal\":65}",
    "{\"Signal\":18446744073709551616}",
    "{\"Signal\":1.5}",
    "{\"Signal\":\"CtrlC\"}",
    "{\"Signal\":\"ctrlc\"}",
    "{\"Signal\":[]}",
    "{\"Signal\":9,\"Signal\":15}",
    "{\"Operation\":null}",
    "{\"Operation\":\"ConsoleSize\"}",
    "{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":null}",
    "{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{}}",
    "{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{\"Height\":0,\"Width\":0}}",
    "{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{\"Height\":65536,\"Width\":-1}}",
    "{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{\"Height\":65535,\"Width\":65535}}",
    "{\"Operation\":\"CloseHandle\"}",
    "{\"Operation\":\"CloseHandle\",\"CloseHandle\":{}}",
    "{\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"StdNone\"}}",
    "{\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"All\"}}",
    "{\"Operation\":\"CloseHandle\",\"Handle\":\"StdIn\"}",
    "{\"CommandLine\":\"\"}",
    "{\"CommandLine\":\"\\u0000\"}",
    "{\"CommandLine\":\"\\\"\"}",
    "{\"CommandLine\":\"cmd /c (((\"}",
    "{\"CommandLine\":\"sh -c 'if'\"}",
    "{\"CommandLine\":\"sim-idle\",\"CommandArgs\":[\"sim-idle\"]}",
    "{\"CommandArgs\":[]}",
    "{\"CommandArgs\":[null,7]}",
    "{\"ApplicationName\":\"sim-idle\",\"EmulateConsole\":true,\"ConsoleSize\":[1]}",
    "{\"CommandLine\":\"sim-idle\",\"EmulateConsole\":true,\"ConsoleSize\":[70000,70000]}",
    "{\"CommandLine\":\"sim-idle\",\"CreateInUtilityVm\":true}",
    "{\"CommandLine\":\"sim-idle\",\"User\":\"nobody at all\"}",
    "{\"CommandLine\":\"sim-idle\",\"WorkingDirectory\":\"..\"}",
    "{\"CommandLine\":\"sim-idle\",\"Environment\":{\"\":\"\",\"a=b\":\"c\"}}",
    "{\"OCIProcess\":{\"args\":\"sim-idle\"}}",
    "{\"OCISpecification\":{\"process\":{\"args\":[\"sim-idle\"],\"cwd\":7}}}",
];

/// A world with a process that has come so far, or as far as it can there.
fn world(id: &str, state: &str) -> (World, Handle, Handle) {
    let mut world = World::new();
    let mut system = Handle::NULL;
    for (known, document) in SYSTEMS {
        let made = world.system(known, document);
        system = if known == id { made } else { system };
    }
    let line = if state == "refused" { "nobody-has-this" } else { "sim-echo-signals" };
    let parameters =
        format!(r#"{{"CommandLine":"{line}","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}}"#);
    let (process, _) = world.create(ONE, system, &parameters);
    if state != "creating" {
        world.pass(LATENCY);
    }
    match state {
        "frozen" => {
            let machine = if id == "h" { world.open(ONE, "m") } else { system };
            world.pause(machine);
            world.pass(LATENCY);
        }
        "terminating" | "exited" => {
            let operation = world.operation();
            world.call(Request::TerminateProcess { process, operation, options: Text::Null });
            world.pass(if state == "exited" { LATENCY } else { 0 });
        }
        "system over" => {
            world.world(WorldEvent::GuestPowerOff(id.into()));
            world.world(WorldEvent::WorkerCrash(id.into()));
        }
        "service gone" => _ = world.world(WorldEvent::ServiceStop),
        _ => {}
    }
    (world, system, process)
}

/// Every call that takes a process, a system for one, or a stream.
fn calls(process: Handle, system: Handle, operation: Handle, text: &Text) -> Vec<Request> {
    let text = || text.clone();
    vec![
        Request::CreateProcess { system, parameters: text(), operation, out: true },
        Request::CreateProcess { system, parameters: text(), operation, out: false },
        Request::OpenProcess { system, id: 1_000, access: GENERIC_ALL, out: true },
        Request::OpenProcess { system, id: u32::MAX, access: 0, out: false },
        Request::TerminateProcess { process, operation, options: text() },
        Request::SignalProcess { process, operation, options: text() },
        Request::GetProcessInfo { process, operation },
        Request::GetProcessProperties { process, operation, query: text() },
        Request::ModifyProcess { process, operation, settings: text() },
        Request::SetProcessCallback { process, options: u32::MAX, callback: true },
        Request::SetProcessCallback { process, options: 0, callback: true },
        Request::SetProcessCallback { process, options: 0, callback: false },
        Request::WaitForProcessExit { process, timeout_ms: 0 },
        Request::WaitForProcessExit { process, timeout_ms: 1 },
        Request::GetOperationResultAndProcessInfo { operation, out: true },
        Request::WaitForOperationResultAndProcessInfo { operation, timeout_ms: 1, out: true },
        Request::GetProcessFromOperation { operation },
        Request::CloseProcess { process },
    ]
}

/// Makes a call, and lets whatever it began come to its end.
fn make(world: &mut World, client: ClientId, request: &Request, fate: Fate) -> Reply {
    let reply = world.call_of(client, request.clone(), fate);
    world.pass(SECOND);
    if let Reply::Blocked(wait) = reply {
        assert!(world.woken(wait).is_some(), "{request:?} returns when its time is up");
    }
    assert_eq!(world.host.waits(), 0);
    reply
}

#[test]
fn every_call_in_every_state_is_answered_whatever_its_document() {
    for (id, _) in SYSTEMS {
        for state in STATES {
            let (base, system, process) = world(id, state);
            let texts = DOCUMENTS.iter().map(|text| Text::from(*text)).chain([Text::Null, Text::Malformed]);
            for text in texts {
                for at in 0..calls(process, system, Handle::NULL, &text).len() {
                    let mut world = base.clone();
                    let operation = world.operation();
                    let request = calls(process, system, operation, &text).swap_remove(at);
                    if request.document().is_none() && text != Text::Null {
                        continue;
                    }
                    make(&mut world, ONE, &request, Fate::after(LATENCY));
                    // Whatever it was, what ends everything ends this too.
                    world.world(WorldEvent::ClientDeath(ONE));
                    world.world(WorldEvent::ServiceStop);
                    assert_eq!((world.host.processes(), world.host.pipes()), (0, 0), "{id}, {state}: {request:?}");
                }
            }
        }
    }
}

#[test]
fn every_call_in_every_state_is_answered_whatever_its_handles() {
    let text = Text::from(r#"{"CommandLine":"sim-idle","Signal":9}"#);
    for (id, _) in SYSTEMS {
        for state in STATES {
            let (mut world, system, process) = world(id, state);
            let operation = world.operation();
            let closed = world.operation();
            world.call(Request::CloseOperation { operation: closed });
            let foreign = world.operation_of(TWO);
            let handles = [
                Handle::NULL,
                Handle::INVALID,
                Handle(1),
                Handle(u64::MAX / 2),
                process,
                system,
                operation,
                closed,
                foreign,
            ];
            for one in handles {
                for other in handles {
                    for at in 0..calls(one, one, other, &text).len() {
                        let mut world = world.clone();
                        let request = calls(one, one, other, &text).swap_remove(at);
                        for client in [ONE, TWO, ClientId(0), ClientId(9)] {
                            make(&mut world, client, &request, Fate::after(LATENCY));
                        }
                    }
                }
                for client in [ONE, TWO, ClientId(0), ClientId(9)] {
                    let stream = one;
                    for request in [
                        StreamRequest::Read { stream, limit: u32::MAX },
                        StreamRequest::Write { stream, bytes: [1, 2].into() },
                        StreamRequest::Close { stream },
                    ] {
                        assert!(matches!(world.stream(client, request), Reply::Stream(_)), "no stream is made yet");
                    }
                    assert!(world.host.is_stream_ready(client, stream));
                }
            }
        }
    }
}

#[test]
fn every_call_in_every_state_is_answered_whatever_its_fate() {
    for (id, _) in SYSTEMS {
        for state in STATES {
            let (base, system, process) = world(id, state);
            let options = Text::from(if id == "c" || id == "x" { r#"{"Signal":"CtrlC"}"# } else { r#"{"Signal":15}"# });
            let line = Text::from(r#"{"CommandLine":"sim-idle","CreateStdOutPipe":true}"#);
            for end in [
                End::Hangs,
                End::Fails(Hresult::E_FAIL, None),
                End::Fails(Hresult::S_OK, Some("{".into())),
                End::Refused(Hresult::E_FAIL),
            ] {
                for text in [&options, &line] {
                    for at in 0..calls(process, system, Handle::NULL, text).len() {
                        let mut world = base.clone();
                        let operation = world.operation();
                        let request = calls(process, system, operation, text).swap_remove(at);
                        make(&mut world, ONE, &request, Fate { end: end.clone(), ..Fate::after(LATENCY) });
                        // What comes behind a request that hangs.
                        let second = world.operation();
                        for request in calls(process, system, second, text) {
                            make(&mut world, ONE, &request, Fate::after(LATENCY));
                        }
                        world.world(WorldEvent::ServiceStop);
                        world.world(WorldEvent::ClientDeath(ONE));
                        assert_eq!((world.host.processes(), world.host.pipes()), (0, 0), "{id}, {state}: {request:?}");
                        assert_eq!((world.host.pending(), world.host.next_due()), (0, None), "{request:?}");
                    }
                }
            }
        }
    }
}
