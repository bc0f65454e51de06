//! Cases that no row says: about two calls in a row, about time, about what stays the same.

use std::sync::Arc;
use std::sync::mpsc::channel;

use hcs_api::{Hcs, SystemHandle, Text};
use hcs_rules::argument::{self, ArgumentFault};
use hcs_rules::file::{self, FileFault, ON_FILES};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Call, GENERIC_ALL, INFINITE, Kind, OperationType};

use crate::input::configuration;
use crate::report::{Report, Run, Verdict};
use crate::target::{PATIENCE, Session, Target, list, run};

/// A case by hand: its name is the sentence that it proves.
pub struct Case {
    /// The sentence.
    pub name: &'static str,
    /// Whether it must keep an operation from ending.
    needs_hang: bool,
    body: fn(&dyn Session) -> Result<(), String>,
}

/// Every case.
pub const CASES: &[Case] = &[
    Case { name: "an access mask is refused before an unknown id is noticed", needs_hang: false, body: access_first },
    Case { name: "ids that differ in case name one system", needs_hang: false, body: case_of_ids },
    Case { name: "the runtime id of a guid is the guid", needs_hang: false, body: runtime_id },
    Case { name: "an operation that no call has used has not started", needs_hang: false, body: not_started },
    Case { name: "an operation serves one call after the other", needs_hang: false, body: one_after_the_other },
    Case { name: "a result reads the same twice", needs_hang: false, body: twice },
    Case {
        name: "an operation in flight is pending, times out, and takes no second call",
        needs_hang: true,
        body: in_flight,
    },
    Case { name: "an empty query lists everything", needs_hang: false, body: empty_query },
    Case { name: "the exit is told after terminate has completed", needs_hang: false, body: exit_after_terminate },
    Case { name: "an id is free again once its system is over", needs_hang: false, body: id_is_free },
    Case { name: "operation ids are unique", needs_hang: false, body: unique_ids },
    Case { name: "a path that no host has is answered by its row", needs_hang: false, body: paths_of_no_host },
    Case { name: "a path or an id that is NULL or empty is refused", needs_hang: false, body: no_path },
];

/// Runs the cases whose names `wanted` takes.
pub fn run_all(target: &dyn Target, wanted: impl Fn(&str) -> bool) -> Report {
    let mut report = Report { target: target.name(), build: target.build().number(), runs: Vec::new() };
    for case in CASES.iter().filter(|case| wanted(case.name)) {
        let verdict = if case.needs_hang && !target.capabilities().hang {
            Verdict::Skipped("the target cannot keep an operation from ending".to_owned())
        } else {
            match (case.body)(target.session().as_ref()) {
                Ok(()) => Verdict::Passed,
                Err(problem) => Verdict::Failed(problem),
            }
        };
        report.runs.push(Run { name: case.name.to_owned(), verdict });
    }
    report
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, believed: T, came: T) -> Result<(), String> {
    if believed == came { Ok(()) } else { Err(format!("{what}: believed {believed:?}, came {came:?}")) }
}

/// A system of this id, to be ended by [`end`].
fn create(hcs: &dyn Hcs, id: &str) -> Result<SystemHandle, String> {
    let document = configuration(
        Kind::VirtualMachine,
        hcs_rules::vocabulary::Facet::Plain,
        hcs_rules::vocabulary::Trigger::Create,
    );
    let mut system = SystemHandle::NULL;
    let answer = run(hcs, |operation| {
        let (code, handle) = hcs.create_compute_system(id.into(), document.as_str().into(), operation);
        system = handle;
        code
    });
    expect("create", Some(Hresult::S_OK), answer.outcome.map(|outcome| outcome.code))?;
    Ok(system)
}

fn end(hcs: &dyn Hcs, system: SystemHandle) {
    run(hcs, |operation| hcs.terminate_compute_system(system, operation, Text::Null));
    hcs.close_compute_system(system);
}

fn access_first(session: &dyn Session) -> Result<(), String> {
    let (code, _) = session.hcs().open_compute_system("no-such-system".into(), 0x000F_FFFF);
    expect("another mask", Hresult::E_INVALIDARG, code)?;
    let (code, _) = session.hcs().open_compute_system("no-such-system".into(), GENERIC_ALL);
    expect("the right mask", Hresult::HCS_E_SYSTEM_NOT_FOUND, code)
}

fn case_of_ids(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let system = create(hcs, "Conformance-Case")?;
    let (code, second) = hcs.open_compute_system("conformance-CASE".into(), GENERIC_ALL);
    if code.is_ok() {
        hcs.close_compute_system(second);
    }
    let listed = list(hcs).contains(r#""Id":"Conformance-Case""#);
    end(hcs, system);
    expect("open in another case", Hresult::S_OK, code)?;
    expect("listed as created", true, listed)
}

fn runtime_id(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let id = "0A5E8B1C-3D2F-4C6A-9B7E-1F2D3C4B5A69";
    let system = create(hcs, id)?;
    let answer = run(hcs, |operation| hcs.get_compute_system_properties(system, operation, Text::Null));
    end(hcs, system);
    let document = answer.outcome.and_then(|outcome| outcome.document).unwrap_or_default();
    expect("RuntimeId", true, document.contains(&format!(r#""RuntimeId":"{}""#, id.to_lowercase())))
}

fn not_started(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let operation = hcs.create_operation(None);
    let told = (
        hcs.get_operation_type(operation),
        hcs.get_operation_result(operation).code,
        hcs.wait_for_operation_result(operation, INFINITE).code,
        hcs.get_compute_system_from_operation(operation).is_null(),
        hcs.get_process_from_operation(operation).is_null(),
        hcs.cancel_operation(operation),
    );
    hcs.close_operation(operation);
    let unstarted = Hresult::HCS_E_OPERATION_NOT_STARTED;
    expect("a new operation", (OperationType::None.value(), unstarted, unstarted, true, true, Hresult::E_NOTIMPL), told)
}

fn one_after_the_other(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let system = create(hcs, "conformance-reuse")?;
    let operation = hcs.create_operation(None);
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(hcs.get_compute_system_properties(system, operation, Text::Null));
        codes.push(hcs.wait_for_operation_result(operation, PATIENCE).code);
    }
    codes.push(hcs.start_compute_system(system, operation, Text::Null));
    codes.push(hcs.wait_for_operation_result(operation, PATIENCE).code);
    let kind = hcs.get_operation_type(operation);
    hcs.close_operation(operation);
    end(hcs, system);
    expect("every call", vec![Hresult::S_OK; 8], codes)?;
    expect("the type is the last call's", OperationType::Start.value(), kind)
}

fn twice(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let operation = hcs.create_operation(None);
    let code = hcs.enumerate_compute_systems(Text::Null, operation);
    let first = hcs.wait_for_operation_result(operation, PATIENCE);
    let second = hcs.get_operation_result(operation);
    let info = hcs.get_operation_result_and_process_info(operation).0.code;
    hcs.close_operation(operation);
    expect("the call", Hresult::S_OK, code)?;
    expect("the second reading", first, second)?;
    expect("process information of a list", Hresult::E_INVALIDARG, info)
}

fn in_flight(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let system = create(hcs, "conformance-flight")?;
    session.hang_next(Call::StartComputeSystem);
    let operation = hcs.create_operation(None);
    let told = (
        hcs.start_compute_system(system, operation, Text::Null),
        hcs.get_operation_result(operation).code,
        hcs.wait_for_operation_result(operation, 0).code,
        hcs.wait_for_operation_result(operation, 20).code,
        hcs.terminate_compute_system(system, operation, Text::Null),
        hcs.get_compute_system_from_operation(operation) == system,
    );
    end(hcs, system);
    let after = hcs.wait_for_operation_result(operation, PATIENCE).code;
    hcs.close_operation(operation);
    let expected = (
        Hresult::S_OK,
        Hresult::HCS_E_OPERATION_PENDING,
        Hresult::HCS_E_OPERATION_TIMEOUT,
        Hresult::HCS_E_OPERATION_TIMEOUT,
        Hresult::HCS_E_OPERATION_ALREADY_STARTED,
        true,
    );
    expect("while it is in flight", expected, told)?;
    expect("once terminated", Hresult::HCS_E_TERMINATED_DURING_START, after)
}

fn empty_query(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let system = create(hcs, "conformance-query")?;
    let everything = list(hcs);
    let empty = run(hcs, |operation| hcs.enumerate_compute_systems("{}".into(), operation));
    let owned = run(hcs, |operation| hcs.enumerate_compute_systems(r#"{"Owners":["nobody"]}"#.into(), operation));
    end(hcs, system);
    let document =
        |answer: crate::target::Answer| answer.outcome.and_then(|outcome| outcome.document).unwrap_or_default();
    expect("{}", everything, document(empty).to_string())?;
    expect("another owner", "[]", &*document(owned))
}

fn exit_after_terminate(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let system = create(hcs, "conformance-exit")?;
    let (send, receive) = channel();
    let events = send.clone();
    let callback = move |event: &hcs_api::Event| _ = events.send(event.kind);
    hcs.set_compute_system_callback(system, 0, Some(Arc::new(callback)));
    let operation = hcs.create_operation(Some(Arc::new(move |_| _ = send.send(0))));
    let code = hcs.terminate_compute_system(system, operation, Text::Null);
    let waited = hcs.wait_for_operation_result(operation, PATIENCE).code;
    session.drain();
    let order: Vec<u32> = receive.try_iter().collect();
    hcs.close_operation(operation);
    hcs.close_compute_system(system);
    expect("terminate", (Hresult::S_OK, Hresult::S_OK), (code, waited))?;
    expect("completion, then SystemExited", vec![0, 1], order)
}

fn id_is_free(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let first = create(hcs, "conformance-again")?;
    end(hcs, first);
    let second = create(hcs, "conformance-again")?;
    end(hcs, second);
    Ok(())
}

fn unique_ids(session: &dyn Session) -> Result<(), String> {
    let hcs = session.hcs();
    let operations: Vec<_> = (0..10).map(|_| hcs.create_operation(None)).collect();
    let mut ids: Vec<u64> = operations.iter().map(|operation| hcs.get_operation_id(*operation)).collect();
    operations.into_iter().for_each(|operation| hcs.close_operation(operation));
    let invalid = ids.contains(&u64::MAX);
    ids.sort_unstable();
    ids.dedup();
    expect("ids, one of them invalid", (10, false), (ids.len(), invalid))
}

/// What a call on a file returns; the machine of its id does not exist.
fn on_file(hcs: &dyn Hcs, call: Call, id: Text<'_>, path: Text<'_>) -> Hresult {
    match call {
        Call::CreateEmptyGuestStateFile => hcs.create_empty_guest_state_file(path),
        Call::CreateEmptyRuntimeStateFile => hcs.create_empty_runtime_state_file(path),
        Call::GetProcessorCompatibilityFromSavedState => hcs.get_processor_compatibility_from_saved_state(path).code,
        Call::GrantVmAccess => hcs.grant_vm_access(id, path),
        Call::RevokeVmAccess => hcs.revoke_vm_access(id, path),
        Call::GrantVmGroupAccess => hcs.grant_vm_group_access(path),
        _ => hcs.revoke_vm_group_access(path),
    }
}

/// Paths that are wrong on any host, and leave nothing behind.
const WRONG_PATHS: &[(FileFault, &str)] = &[
    (FileFault::BadName, r"C:\Windows\Temp\conformance?"),
    (FileFault::NoFolder, r"C:\no such folder\conformance"),
    (FileFault::NoFile, r"C:\Windows\Temp\no such file"),
    (FileFault::Exists, r"C:\Windows\System32"),
    (FileFault::IsFolder, r"C:\Windows\System32"),
];

fn paths_of_no_host(session: &dyn Session) -> Result<(), String> {
    for call in ON_FILES.iter() {
        for (fault, path) in WRONG_PATHS {
            let Some(row) = file::rule(call, *fault) else { continue };
            let came = on_file(session.hcs(), call, "conformance".into(), (*path).into());
            // A build without the export says so.
            if came != hcs_rules::export::ABSENT {
                expect(&format!("{} with {path}", call.export()), row.refuses, came)?;
            }
        }
    }
    Ok(())
}

fn no_path(session: &dyn Session) -> Result<(), String> {
    let some = Text::Some(r"C:\Windows\Temp\no such file");
    for call in ON_FILES.iter() {
        for (id, path, fault) in [
            (Text::Some("id"), Text::Null, ArgumentFault::NullPath),
            (Text::Some("id"), Text::Some(""), ArgumentFault::EmptyPath),
            (Text::Null, some, ArgumentFault::NullId),
            (Text::Some(""), some, ArgumentFault::EmptyId),
        ] {
            let Some(row) = argument::rule(call, fault) else { continue };
            let came = on_file(session.hcs(), call, id, path);
            if came != hcs_rules::export::ABSENT {
                expect(&format!("{}: {fault:?}", call.export()), row.refuses, came)?;
            }
        }
    }
    Ok(())
}
