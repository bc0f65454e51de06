//! What each build exports.

use hcs_rules::build::Build;
use hcs_rules::export::Dll;
use hcs_scenarios::exports::{lacking, list, of, table, trim};

#[test]
fn the_committed_table_is_fresh() {
    let committed = include_str!("../../snapshots/exports.txt").replace('\r', "");
    assert_eq!(table(), committed, "cargo run -- exports > snapshots/exports.txt");
}

#[test]
fn an_export_that_a_build_lacks_is_on_no_list_of_it() {
    let (old, new) = (Build::SERVER_2019, Build::SERVER_2025);
    let has = |build, name: &str| of(Dll::Computecore, build).any(|export| export.name == name);
    assert!(!has(old, "HcsCrashComputeSystem") && has(new, "HcsCrashComputeSystem"));
    assert!(has(old, "HcsStartComputeSystem") && has(new, "HcsStartComputeSystem"));
    assert!(
        lacking(old).any(|name| name == "HcsSetupBaseOSVolume")
            && lacking(new).all(|name| name != "HcsSetupBaseOSVolume")
    );
    for build in Build::ALL {
        assert!(lacking(*build).all(|name| !list(*build).lines().any(|line| line == name)), "{build:?}");
    }
}

#[test]
fn what_is_no_library_is_told() {
    for bytes in [&b""[..], b"MZ", b"\x7FELF", b"\x7FELF\x02\x01\x01 and nothing more", &[0; 4096]] {
        let mut library = bytes.to_vec();
        assert!(trim(&mut library, &["HcsCrashComputeSystem"]).is_err(), "{bytes:?}");
        assert_eq!(library, bytes, "left as it was");
    }
}
