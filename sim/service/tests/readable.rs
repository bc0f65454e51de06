//! What a person reads: the transcript of a short history and the report at its end, kept beside this file.
//! `INSTA_UPDATE=always cargo test -p hcs-sim --test readable` writes them anew.

mod common;

use common::{MACHINE, SURVIVOR};
use hcs_api::{ComputeSystem, Hcs, Text};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use hcs_sim::{Simulator, on};

#[test]
fn a_history_and_its_report_read_well() {
    let sim = Simulator::builder().seed(42).transcript().start();
    sim.fault(on(Call::StartComputeSystem).id("web").nth(1).fail(Hresult::ERROR_FILE_CORRUPT));
    sim.fault(on(Call::TerminateComputeSystem).id("db").hang());
    let (agent, operator) = (sim.client("agent"), sim.client("operator"));
    let web = ComputeSystem::create(&agent, "web", MACHINE).expect("created");
    web.on_event(|_| {}).expect("listening");
    web.start().expect_err("the disk is broken");
    web.start().expect("the second time it is not");
    let seen = ComputeSystem::open(&operator, "WEB").expect("opened");
    assert!(sim.guest_power_off("web"));
    sim.drain();
    let stale = operator.create_operation(None);
    operator.close_operation(stale);
    operator.start_compute_system(seen.handle(), stale, Text::Null);
    let forgotten = ComputeSystem::create(&agent, "forgotten", SURVIVOR).expect("created");
    insta::assert_snapshot!("transcript", sim.transcript().join("\n"));
    // Line numbers would make every change of this file a change of the snapshot.
    let report = sim.finish().to_string();
    let line = without_line_numbers(&report);
    insta::assert_snapshot!("report", line);
    drop(forgotten);
}

/// The report with the line and column of each place left out.
fn without_line_numbers(report: &str) -> String {
    let cut = |line: &str| match line.split_once(".rs:") {
        Some((before, _)) => format!("{}.rs", before.replace('\\', "/")),
        None => line.to_owned(),
    };
    report.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[test]
fn processes_are_told_apart_in_errors_leaks_and_transcripts() {
    use std::io::{Read as _, Write as _};
    let sim = Simulator::builder().transcript().start();
    sim.program("app.exe", |guest| {
        _ = writeln!(guest.stdout(), "ready");
        guest.signal();
        0
    });
    let agent = sim.client("agent");
    let container = ComputeSystem::create(&agent, "web", r#"{"Container":{}}"#).expect("created");
    container.start().expect("started");
    let spawn = |line: &str| container.command(line).stdout(hcs_api::Stdio::Piped).spawn().expect("spawned");
    let (mut first, second) = (spawn("app"), spawn("app"));
    let mut stdout = first.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 6]).expect("read");
    first.kill().expect("killed");

    let (first_id, second_id) = (first.id(), second.id());
    let late = first.kill().expect_err("over").to_string();
    let begins =
        format!(r#"HcsTerminateProcess("web", process {first_id}): HCS_E_PROCESS_ALREADY_STOPPED (0x8037011F)"#);
    assert!(late.starts_with(&begins), "{late}");
    let unknown = container.open_process(4711).expect_err("none").to_string();
    assert!(unknown.starts_with(r#"HcsOpenProcess("web", process 4711): ERROR_NOT_FOUND"#), "{unknown}");
    let opened = container.open_process(second_id).expect("opened");

    let told = sim.transcript().join("\n");
    for line in [
        format!("begins app outside as process {first_id}, app.exe: [\"app\"]"),
        format!("process {second_id}, app.exe: writes \"ready\\n\" to standard output -> 6 bytes"),
        format!("process {second_id}, app.exe: takes a signal -> nothing yet"),
        format!("process {second_id}, app.exe: waits for a signal -> waits"),
        format!("agent: HcsOpenProcess({second_id}) -> handle"),
        format!("agent: HcsTerminateProcess({:#x}) -> S_OK", first.handle().0),
        format!("process {first_id} with stream 0x"),
        "agent: reads at most 6 bytes of stream 0x".to_owned(),
    ] {
        assert!(told.contains(&line), "no {line:?} in\n{told}");
    }

    std::mem::forget((first, second, opened, stdout));
    container.terminate().expect("terminated");
    let leaks: Vec<String> = sim.finish().leaks.iter().map(|leak| leak.what.clone()).collect();
    let of = |process| format!("the handle of process {process} in compute system \"web\"");
    assert_eq!(leaks.iter().filter(|leak| **leak == of(first_id)).count(), 1, "{leaks:?}");
    assert_eq!(leaks.iter().filter(|leak| **leak == of(second_id)).count(), 2, "{leaks:?}");
    assert_eq!(leaks.iter().filter(|leak| *leak == "a standard stream").count(), 2, "{leaks:?}");
}
