//! In what hosts differ: what a build lacks, what it alone shows, and the machines of the Hyper-V manager.

use hcs_api::ComputeSystem;
use hcs_rules::build::Build;
use hcs_rules::failure::Failure;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::{Call, Kind};
use hcs_sim::{Simulator, on};

const MODULE: &str = r#"{"VirtualMachine":{"SecuritySettings":{"EnableTpm":true}}}"#;
const ISOLATED: &str = r#"{"SystemType":"Container","Name":"isolated","HvPartition":true}"#;

#[test]
fn a_trusted_platform_module_needs_a_late_build() {
    for build in Build::ALL.iter().copied() {
        let agent = Simulator::builder().on(build).start().client("agent");
        let made = ComputeSystem::create(&agent, "vm", MODULE);
        match build {
            Build::B26100 | Build::B26200 => assert!(made.is_ok(), "{build:?}"),
            _ => {
                let error = made.expect_err("it has none");
                assert_eq!(error.code, Hresult::ERROR_NOT_SUPPORTED, "{build:?}");
            }
        }
        let without = r#"{"VirtualMachine":{"SecuritySettings":{"EnableTpm":false}}}"#;
        assert!(ComputeSystem::create(&agent, "other", without).is_ok(), "{build:?}");
    }
}

#[test]
fn an_isolated_container_is_refused_when_its_scratch_has_no_grant() {
    let failure = Failure::by_id("create.scratch-denied").expect("known");
    for kind in Kind::ALL.iter().copied() {
        let plausible = failure.is_plausible(kind, Build::B26200);
        assert_eq!(plausible, kind == Kind::HyperVContainer, "{kind:?}");
    }
    let sim = Simulator::builder().on(Build::B26200).start();
    let agent = sim.client("agent");
    sim.fault(on(Call::CreateComputeSystem).fail_as(failure));
    let error = ComputeSystem::create(&agent, "isolated", ISOLATED).expect_err("denied");
    assert_eq!(error.code, Hresult::E_ACCESSDENIED);
    assert!(error.document.expect("told").contains("Construct"));
}

#[test]
fn a_quirk_of_one_build_is_shown_by_that_build_alone() {
    for build in Build::ALL.iter().copied() {
        let sim = Simulator::builder().on(build).start();
        let shows = build == Build::SERVER_2022;
        assert_eq!(sim.set_quirk(Quirk::CreateProcessResultIsLost, true), shows, "{build:?}");
        assert_eq!(sim.set_quirk(Quirk::CreateProcessResultIsLost, false), shows, "{build:?}");
        assert!(sim.set_quirk(Quirk::ClonesEndWithTemplate, true), "{build:?}");
    }
}
