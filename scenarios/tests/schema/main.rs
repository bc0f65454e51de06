//! The JSON Schema of each schema version: kept fresh as a file, and held against the walker. Documents are made from the
//! tables, taken by both; then one thing in them is spoilt, and both refuse.

mod made;
mod spoilt;

use std::collections::BTreeMap;
use std::path::Path;

use hcs_machine::document::Fault;
use hcs_rules::build::Build;
use hcs_rules::document::FaultKind;
use hcs_rules::document::schema::{CHOICES, TYPES};
use hcs_scenarios::schema::{distinct, page, version};
use made::case;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};
use spoilt::{Spoiling, put, spoilings};

#[test]
fn the_schemas_are_fresh() {
    for build in distinct() {
        let (major, minor) = version(build);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../snapshots/schema/{major}.{minor}.json"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, page(build)).expect("the schema can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(kept == page(build), "{} is stale: UPDATE=1 cargo test -p hcs-scenarios --test schema", path.display());
    }
}

#[test]
fn builds_with_one_schema_version_have_one_schema() {
    for build in Build::ALL {
        let first = distinct().into_iter().find(|first| version(*first) == version(*build)).expect("one of them");
        assert!(page(first) == page(*build), "{build:?} takes other documents than {first:?}");
    }
}

#[test]
fn a_definition_has_one_meaning() {
    let mut names: Vec<&str> = TYPES.iter().map(|of| of.name).chain(CHOICES.iter().map(|of| of.name)).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// `PROPTEST_CASES` searches; without it the same cases run each time.
fn config() -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => Config { cases: 2_000, rng_seed: RngSeed::Fixed(0x4843_5344), ..config },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_the_tables_allow_both_take_and_what_is_spoilt_both_refuse(case in case(), which: [Index; 2]) {
        prop_assert_eq!(case.faults(), Vec::new());
        prop_assert!(case.schema_takes(), "the walker takes it, the JSON Schema does not");
        let spoilings = spoilings(&case);
        // By kind, so that the many ways of one do not crowd out the few of another.
        let mut by_kind: BTreeMap<&str, Vec<&Spoiling>> = BTreeMap::new();
        for spoiling in &spoilings {
            by_kind.entry(spoiling.kind.name()).or_default().push(spoiling);
        }
        for spoiling in by_kind.values().flat_map(|of| which.iter().map(|which| of[which.index(of.len())])) {
            let mut spoilt = case.clone();
            put(&mut spoilt.document, &spoiling.at.0, spoiling.to.clone());
            let expected = Fault { kind: spoiling.kind, path: spoiling.at.1.clone() };
            prop_assert_eq!(spoilt.faults(), vec![expected], "{}", spoilt.document);
            prop_assert!(!spoilt.schema_takes(), "the walker refuses {}, the JSON Schema does not", spoilt.document);
        }
    }
}

/// A search that never makes a thing proves nothing about it.
#[test]
fn the_search_spoils_in_every_way() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let strategy = case();
    let mut runner = proptest::test_runner::TestRunner::new(config());
    for _ in 0..400 {
        let case = proptest::strategy::ValueTree::current(&strategy.new_tree(&mut runner).expect("a case"));
        for spoiling in spoilings(&case) {
            *seen.entry(spoiling.kind.name()).or_default() += 1;
        }
    }
    let textual = [FaultKind::Malformed, FaultKind::TooDeep, FaultKind::TooLong];
    for kind in FaultKind::ALL.iter().filter(|kind| !textual.contains(kind)) {
        assert!(seen.get(kind.name()).is_some_and(|times| *times > 20), "{kind:?}: {seen:?}");
    }
}
