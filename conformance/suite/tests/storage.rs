//! The cases of layers and disks on the double, and proof that the suite would notice.

use hcs_conformance::report::Report;
use hcs_conformance::{disk, layer};
use hcs_conformance_runner::simulator::Double;
use hcs_rules::build::Build;
use hcs_rules::disk::{DiskRow, PATH_ROWS, PathRow};
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::{LayerRow, LayerState, ROWS};

/// The oldest, the middle and the newest: the runner takes every one.
const BUILDS: [Build; 3] = [Build::B17763, Build::B20348, Build::B26200];

fn layers(rows: &[LayerRow], build: Build, wanted: impl Fn(&str) -> bool) -> Report {
    layer::run_all(rows, &Double(build), wanted)
}

#[test]
fn the_double_agrees_with_every_row_of_layers_on_every_build() {
    for build in BUILDS {
        let report = layers(ROWS, build, |_| true);
        assert!(report.failures().is_empty(), "{}", report.failures());
        assert!(report.counts().0 > 300, "only {} cases were run on {build:?}", report.counts().0);
    }
}

/// The rows of layers that no case holds against the double when they are changed so.
fn unnoticed(change: impl Fn(&mut LayerRow) -> bool) -> Vec<&'static str> {
    let mut unnoticed = Vec::new();
    for (index, row) in ROWS.iter().enumerate() {
        let mut rows = ROWS.to_vec();
        if !change(&mut rows[index]) {
            continue;
        }
        let prefix = format!("{}/", row.id);
        let newest = row.builds.iter().last().expect("a row covers a build");
        if layers(&rows, newest, |name| name.starts_with(&prefix)).counts().1 == 0 {
            unnoticed.push(row.id);
        }
    }
    unnoticed
}

#[test]
fn a_wrong_code_in_any_row_of_layers_is_noticed() {
    let unnoticed = unnoticed(|row| {
        row.code = if row.code == Hresult::E_UNEXPECTED { Hresult::S_OK } else { Hresult::E_UNEXPECTED };
        true
    });
    assert_eq!(unnoticed, Vec::<&str>::new(), "these rows could say anything");
}

#[test]
fn a_wrong_next_state_in_any_row_of_layers_is_noticed() {
    let unnoticed = unnoticed(|row| {
        let Some(becomes) = row.becomes else { return false };
        row.becomes = Some(match becomes {
            LayerState::Absent => LayerState::Base,
            LayerState::Initialized => LayerState::Filtered,
            LayerState::Filtered | LayerState::Overlaid => LayerState::Initialized,
            _ => LayerState::Absent,
        });
        true
    });
    assert_eq!(unnoticed, Vec::<&str>::new());
}

fn disks(rows: &[DiskRow], paths: &[PathRow], build: Build, wanted: impl Fn(&str) -> bool) -> Report {
    disk::run_all(rows, paths, &Double(build), wanted)
}

#[test]
fn the_double_agrees_with_every_row_of_disks() {
    for build in BUILDS {
        let report = disks(hcs_rules::disk::ROWS, PATH_ROWS, build, |_| true);
        assert!(report.failures().is_empty(), "{}", report.failures());
        assert!(report.counts().0 > 130, "only {} cases were run on {build:?}", report.counts().0);
    }
}

/// Rows that no case can show: the interface has one version of the parameters, what is not modelled says so, a newer file is not
/// made here, and a cycle is refused where it would be made.
const NEVER_SHOWN: [&str; 4] = ["disk.version", "disk.class", "disk.unmodelled", "disk.newer"];

#[test]
fn a_wrong_code_in_any_row_of_disks_is_noticed() {
    let mut unnoticed = Vec::new();
    for index in 0..hcs_rules::disk::ROWS.len() + PATH_ROWS.len() {
        let (mut rows, mut paths) = (hcs_rules::disk::ROWS.to_vec(), PATH_ROWS.to_vec());
        let (id, refuses) = match rows.get_mut(index) {
            Some(row) => (row.id, &mut row.refuses),
            None => {
                let row = &mut paths[index - hcs_rules::disk::ROWS.len()];
                (row.id, &mut row.refuses)
            }
        };
        *refuses = Hresult::E_UNEXPECTED;
        let prefix = format!("{id}/");
        if disks(&rows, &paths, Build::B26200, |name| name.starts_with(&prefix)).counts().1 == 0 {
            unnoticed.push(id);
        }
    }
    assert_eq!(unnoticed, NEVER_SHOWN, "these rows could say anything");
}

#[test]
fn a_row_of_which_nothing_was_asked_says_why() {
    let report = disks(hcs_rules::disk::ROWS, PATH_ROWS, Build::B26200, |_| true);
    let rows = report.rows();
    assert_eq!(rows["disk.newer"], ["no newer file is made here"]);
    assert!(rows["disk.gone"].is_empty());
    let unasked = rows.iter().filter(|(_, reasons)| !reasons.is_empty()).map(|(row, _)| *row);
    assert_eq!(unasked.collect::<Vec<_>>(), ["disk.class", "disk.newer", "disk.unmodelled", "disk.version"]);
}
