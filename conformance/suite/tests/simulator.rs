//! The suite on the double, and proof that the suite would notice.

use hcs_api::Hcs;
use hcs_conformance::report::Report;
use hcs_conformance::target::{Capabilities, Files, Host, Session, Target, Trouble};
use hcs_conformance::{cases, derived, disk, layer, legacy, process};
use hcs_conformance_runner::simulator::Double;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{ProcessRow, ProcessState};
use hcs_rules::rule::{Answer, Row, Surface};
use hcs_rules::system::ROWS;
use hcs_rules::vocabulary::{Call, SystemState, Trigger};

fn derived_report(rows: &[Row], build: Build, wanted: impl Fn(&str) -> bool) -> Report {
    derived::run_all(rows, ROWS, &Double(build), wanted)
}

#[test]
fn the_double_agrees_with_every_row_on_every_build() {
    for build in Build::ALL {
        let report = derived_report(ROWS, *build, |_| true);
        assert!(report.failures().is_empty(), "{}", report.failures());
        assert!(report.counts().0 > 250, "only {} cases were derived for {build:?}", report.counts().0);
    }
}

fn process_report(rows: &[ProcessRow], build: Build, wanted: impl Fn(&str) -> bool) -> Report {
    process::run_all(rows, hcs_rules::process::ROWS, &Double(build), wanted)
}

#[test]
fn the_double_agrees_with_every_row_of_processes_on_every_build() {
    for build in Build::ALL {
        let report = process_report(hcs_rules::process::ROWS, *build, |_| true);
        assert!(report.failures().is_empty(), "{}", report.failures());
        assert!(report.counts().0 > 500, "only {} cases were derived for {build:?}", report.counts().0);
    }
}

/// A double that answers calls and can do nothing else, as a Windows host.
struct Plain(Double);

struct PlainSession(Box<dyn Session>);

impl Target for Plain {
    fn name(&self) -> String {
        "a double without means".to_owned()
    }

    fn build(&self) -> Build {
        self.0.build()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { hang: false, world_events: false, files: true, layers: true }
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(PlainSession(self.0.session()))
    }
}

impl Session for PlainSession {
    fn hcs(&self) -> &dyn Hcs {
        self.0.hcs()
    }

    fn host(&self) -> &dyn Host {
        self.0.host()
    }

    fn files(&self) -> &dyn Files {
        self.0.files()
    }

    fn trouble(&self, _trouble: Trouble<'_>) -> bool {
        false
    }

    fn volume(&self, _is_formatted: bool) -> String {
        String::new()
    }

    fn hang_next(&self, _call: Call) {}

    fn delay_next(&self, _call: Call) {}

    fn guest_hangs_next(&self, _call: Call) {}

    fn world(&self, _on: Trigger, _id: &str) -> bool {
        false
    }

    fn settle(&self) {
        self.0.settle();
    }

    fn drain(&self) {
        self.0.drain();
    }
}

#[test]
fn the_cases_ask_a_host_for_nothing_that_it_cannot_do() {
    for build in [Build::B17763, Build::SERVER_2022] {
        let target = Plain(Double(build));
        let mut report = derived::run_all(ROWS, ROWS, &target, |_| true);
        let rows = hcs_rules::process::ROWS;
        report.runs.extend(process::run_all(rows, rows, &target, |_| true).runs);
        report.runs.extend(layer::run_all(hcs_rules::layer::ROWS, &target, |_| true).runs);
        report.runs.extend(legacy::run_all(legacy::ROWS, &target, |_| true).runs);
        report.runs.extend(disk::run_all(hcs_rules::disk::ROWS, hcs_rules::disk::PATH_ROWS, &target, |_| true).runs);
        assert!(report.failures().is_empty(), "{}", report.failures());
        assert!(report.counts().0 > 1_000, "only {} cases can be asked", report.counts().0);
    }
}

#[test]
fn the_double_agrees_with_every_case_by_hand() {
    for build in Build::ALL {
        let report = cases::run_all(&Double(*build), |_| true);
        assert!(report.failures().is_empty(), "{}", report.failures());
        assert_eq!(report.counts(), (cases::CASES.len(), 0, 0));
    }
}

/// Another answer than a row's. A row about the world can be wrong only in whether it happens.
fn another(answer: Answer, surface: Surface) -> Answer {
    match answer {
        Answer::Fails(Hresult::E_UNEXPECTED) => Answer::Fails(Hresult::E_OUTOFMEMORY),
        Answer::Nothing => Answer::Done,
        _ if surface == Surface::Nothing => Answer::Nothing,
        _ => Answer::Fails(Hresult::E_UNEXPECTED),
    }
}

/// The newest build of which a row speaks.
fn newest(row: &Row) -> Build {
    row.builds.iter().last().expect("a row covers a build")
}

/// Rows that nothing can pull here: a query that outlives a creation which fails (a test of the machine shows that), a guest that stops without being asked, an interrupt that arrives late, a template
/// whose end its clones outlive unless a quirk says otherwise (a story shows that), what concerns no hosted system, a Linux
/// guest on the host's own kernel, a container that is restored, and a manager's machine that is none.
const NEVER_PULLED: &[&str] = &[
    "start.not-restored",
    "guest-stops.late",
    "crash.done-late",
    "properties.done-refused",
    "init-exit.silo",
    "manager-starts.other-kind",
    "origin-gone.not-hosted",
    "origin-gone.clone",
    "origin-gone.clone-over",
    "origin-gone.no-clone",
];

#[test]
fn a_wrong_belief_in_any_row_is_noticed() {
    let mut unnoticed = Vec::new();
    for (index, row) in ROWS.iter().enumerate() {
        let mut rows = ROWS.to_vec();
        rows[index].answer = another(row.answer, row.surface);
        let prefix = format!("{}/", row.id);
        let report = derived_report(&rows, newest(row), |name| name.starts_with(&prefix));
        if report.counts().1 == 0 {
            unnoticed.push(row.id);
        }
    }
    assert_eq!(unnoticed, NEVER_PULLED, "these rows could say anything");
}

/// Rows whose next state no call shows: a record that is forgotten has none, and a stopped service answers nobody.
const STATE_UNSEEN: &[&str] = &["last-handle.terminates", "last-handle.over", "service-stop.live"];

#[test]
fn a_wrong_next_state_in_any_row_is_noticed() {
    let mut unnoticed = Vec::new();
    for (index, row) in ROWS.iter().enumerate() {
        let Some(becomes) = row.becomes else { continue };
        let mut rows = ROWS.to_vec();
        if NEVER_PULLED.contains(&row.id) {
            continue;
        }
        let running = becomes.visible() == Some("Running");
        rows[index].becomes = Some(if running { SystemState::Exited } else { SystemState::Running });
        let prefix = format!("{}/", row.id);
        let report = derived_report(&rows, newest(row), |name| name.starts_with(&prefix));
        if report.counts().1 == 0 {
            unnoticed.push(row.id);
        }
    }
    assert_eq!(unnoticed, STATE_UNSEEN);
}

#[test]
fn a_forgotten_event_in_any_row_is_noticed() {
    let pulled = |row: &Row| !NEVER_PULLED.contains(&row.id);
    for (index, row) in ROWS.iter().enumerate().filter(|(_, row)| !row.raises.is_empty() && pulled(row)) {
        let mut rows = ROWS.to_vec();
        rows[index].raises = &[];
        let prefix = format!("{}/", row.id);
        let report = derived_report(&rows, newest(row), |name| name.starts_with(&prefix));
        assert_ne!(report.counts().1, 0, "{} could raise nothing", row.id);
    }
}

#[test]
fn every_row_is_reached_by_a_route_on_some_build() {
    for row in ROWS {
        let reached =
            Build::ALL.iter().any(|build| derived::derive(ROWS, ROWS, *build).iter().any(|case| case.row.id == row.id));
        assert!(reached, "{} is reached by no route", row.id);
    }
}

/// The newest build of which a row of processes speaks.
fn newest_of_process(row: &ProcessRow) -> Build {
    row.builds.iter().last().expect("a row covers a build")
}

/// The rows of processes that no case holds against a double when they are changed so.
fn unnoticed(change: impl Fn(&mut ProcessRow) -> bool) -> Vec<&'static str> {
    let mut unnoticed = Vec::new();
    for (index, row) in hcs_rules::process::ROWS.iter().enumerate() {
        let mut rows = hcs_rules::process::ROWS.to_vec();
        if !change(&mut rows[index]) {
            continue;
        }
        let prefix = format!("{}/", row.id);
        let report = process_report(&rows, newest_of_process(row), |name| name.starts_with(&prefix));
        if report.counts().1 == 0 {
            unnoticed.push(row.id);
        }
    }
    unnoticed
}

#[test]
fn a_wrong_belief_in_any_row_of_processes_is_noticed() {
    let unnoticed = unnoticed(|row| {
        row.answer = another(row.answer, row.surface);
        true
    });
    assert_eq!(unnoticed, Vec::<&str>::new(), "these rows could say anything");
}

#[test]
fn a_wrong_next_state_in_any_row_of_processes_is_noticed() {
    let unnoticed = unnoticed(|row| {
        let Some(becomes) = row.becomes else { return false };
        let running = becomes == ProcessState::Running;
        row.becomes = Some(if running { ProcessState::Exited } else { ProcessState::Running });
        true
    });
    // A stopped service answers nobody.
    assert_eq!(unnoticed, ["process-service-stop.live"]);
}

#[test]
fn a_wrong_end_in_any_row_of_processes_is_noticed() {
    use hcs_rules::process::Ends;
    let unnoticed = unnoticed(|row| {
        let Some(ends) = row.ends else { return false };
        row.ends = Some(if ends == Ends::Unknown { Ends::Killed } else { Ends::Unknown });
        true
    });
    // A stopped service answers nobody.
    assert_eq!(unnoticed, ["process-service-stop.live"]);
}
