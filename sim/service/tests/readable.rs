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
