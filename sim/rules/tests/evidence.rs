//! How well a cell is known, from the sources of its row.

use hcs_rules::build::Build::{B17763, B20348, B26100};
use hcs_rules::evidence::{Source, Standing, assumed, client, documented, header, observed, standing};
use hcs_rules::vocabulary::Kind::{ProcessContainer, VirtualMachine};
use hcs_rules::vocabulary::SystemState::{Created, Running};

/// The standing of the cell of a running machine on build 26100.
fn here(sources: &[Source]) -> Standing {
    standing(sources, VirtualMachine, Running, B26100)
}

#[test]
fn a_cell_is_seen_only_where_kind_state_and_build_all_agree() {
    let seen = || observed("somebody", &[B20348, B26100]).kinds(&[VirtualMachine]).states(&[Running]);
    assert_eq!(here(&[seen()]), Standing::Seen);
    assert_eq!(standing(&[seen()], ProcessContainer, Running, B26100), Standing::Extrapolated);
    assert_eq!(standing(&[seen()], VirtualMachine, Created, B26100), Standing::Extrapolated);
    assert_eq!(standing(&[seen()], VirtualMachine, Running, B17763), Standing::Extrapolated);
}

#[test]
fn the_best_source_counts() {
    let elsewhere = || observed("somebody", &[B17763]);
    assert_eq!(here(&[]), Standing::Assumed);
    assert_eq!(here(&[assumed("why not")]), Standing::Assumed);
    assert_eq!(here(&[assumed("why not"), elsewhere()]), Standing::Extrapolated);
    for stated in [documented("a page"), header("a name"), client("a project")] {
        assert_eq!(here(&[stated]), Standing::Stated);
        assert_eq!(here(&[elsewhere(), assumed("why not"), stated]), Standing::Stated);
        assert_eq!(here(&[stated, observed("somebody", &[B26100])]), Standing::Seen);
    }
}
