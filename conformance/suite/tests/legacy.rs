//! The cases of the older interface on the double, and proof that the suite would notice.

use hcs_conformance::legacy::{self, ROWS, Rows};
use hcs_conformance::report::Report;
use hcs_conformance_runner::simulator::Double;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::layer::FolderVerdict;
use hcs_rules::legacy::{Ends, Notice};

fn report(rows: Rows<'_>, build: Build, wanted: impl Fn(&str) -> bool) -> Report {
    legacy::run_all(rows, &Double(build), wanted)
}

#[test]
fn the_double_agrees_with_every_row_of_the_older_interface_on_every_build() {
    for build in Build::ALL {
        let report = report(ROWS, *build, |_| true);
        assert!(report.failures().is_empty(), "{}", report.failures());
        let unasked: Vec<_> = report.rows().into_iter().filter(|(_, reasons)| !reasons.is_empty()).collect();
        assert_eq!(unasked, [], "every row is asked");
    }
}

#[test]
fn a_wrong_end_of_any_row_is_noticed() {
    for (index, row) in ROWS.ends.iter().enumerate() {
        let mut ends = ROWS.ends.to_vec();
        ends[index].ends = match row.ends {
            Ends::InCall => Ends::WithSystem(None),
            // Another call's notification.
            Ends::Notified(Notice::SystemStartCompleted) => Ends::Notified(Notice::SystemSaveCompleted),
            Ends::Notified(_) => Ends::Notified(Notice::SystemStartCompleted),
            Ends::WithSystem(_) => Ends::InCall,
        };
        let prefix = format!("{}/", row.id);
        let report = report(Rows { ends: &ends, ..ROWS }, Build::B20348, |name| name.starts_with(&prefix));
        assert_ne!(report.counts().1, 0, "{} could end in any way", row.id);
    }
}

#[test]
fn a_wrong_verdict_of_any_row_of_folders_is_noticed() {
    for (index, row) in ROWS.folders.iter().enumerate() {
        let mut folders = ROWS.folders.to_vec();
        folders[index].verdict = match row.verdict {
            FolderVerdict::Fails(_) => FolderVerdict::Nothing,
            _ => FolderVerdict::Fails(Hresult::E_UNEXPECTED),
        };
        let (prefix, build) = (format!("{}/", row.id), row.builds.iter().last().expect("a row covers a build"));
        let report = report(Rows { folders: &folders, ..ROWS }, build, |name| name.starts_with(&prefix));
        assert_ne!(report.counts().1, 0, "{} could say anything", row.id);
    }
}
