//! House rules, each a test over the source: what the crate graph and the lints cannot say.

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is two folders deep").to_owned()
}

/// Every Rust file below some folders, with its text.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| repository().join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("the folder can be read");
            waiting.extend(entries.map(|entry| entry.expect("the entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            found.push((path, text));
        }
    }
    assert!(!found.is_empty(), "no source below {folders:?}");
    found.sort();
    found
}

const EVERYWHERE: &[&str] = &["sim", "conformance", "scenarios", "benches", "fuzz/fuzz_targets"];

/// The lines of some files that hold one of these words, comments left out.
fn lines_with(files: &[(PathBuf, String)], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (index, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{}: {}", path.display(), index + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_file_says_first_what_it_is_about() {
    for (path, text) in sources(EVERYWHERE) {
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}

#[test]
fn nothing_is_left_open() {
    let words = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ig", "nore")];
    assert_eq!(lines_with(&sources(EVERYWHERE), &words), Vec::<String>::new());
}

#[test]
fn only_the_abi_and_the_real_dll_are_unsafe() {
    let allowed = ["sim/dll/", "sim/api/src/windows.rs", "sim/api/src/windows/"];
    let files: Vec<_> = sources(EVERYWHERE)
        .into_iter()
        .filter(|(path, _)| {
            let path = path.strip_prefix(repository()).expect("it is below").to_string_lossy().replace('\\', "/");
            !allowed.iter().any(|allowed| path.starts_with(allowed)) && !path.ends_with("tests/tidy.rs")
        })
        .collect();
    assert_eq!(lines_with(&files, &["unsafe {", "unsafe fn", "unsafe extern", "unsafe impl"]), Vec::<String>::new());
}

#[test]
fn the_machine_is_pure() {
    let words = [
        "std::time",
        "std::thread",
        "std::fs",
        "std::env",
        "std::net",
        "Mutex",
        "RwLock",
        "Condvar",
        "HashMap",
        "HashSet",
        "RandomState",
        "Instant",
        "SystemTime",
        "rand::",
        "rand_",
    ];
    assert_eq!(lines_with(&sources(&["sim/machine/src"]), &words), Vec::<String>::new());
}

#[test]
fn the_machine_knows_no_build_by_number() {
    let numbers = ["17763", "18362", "19041", "20348", "22000", "22621", "26100", "26200"];
    assert_eq!(lines_with(&sources(&["sim/machine/src"]), &numbers), Vec::<String>::new());
}

#[test]
fn the_service_and_the_abi_decide_nothing() {
    let files = sources(&["sim/service/src", "sim/dll/src"]);
    assert_eq!(lines_with(&files, &["0x8037", "0x8007", "0x8000_", "0xC037", "0xC000_"]), Vec::<String>::new());
}

#[test]
fn the_rules_do_not_behave() {
    let words = ["&mut self", "std::cell", "std::sync", "std::fs", "std::io", "std::env"];
    assert_eq!(lines_with(&sources(&["sim/rules/src"]), &words), Vec::<String>::new());
}

#[test]
fn the_suite_cannot_name_the_simulator() {
    assert_eq!(lines_with(&sources(&["conformance/suite/src"]), &["hcs_sim"]), Vec::<String>::new());
}

/// What stands between single backquotes in a page.
fn quoted(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join(page)).expect("the page can be read");
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_changelog_names_rules_that_there_are() {
    let page = hcs_rules::report::page();
    let is_id = |word: &String| {
        let plain = |part: &str| part.chars().all(|one| one.is_ascii_lowercase() || one == '-' || one == '*');
        word.split_once('.').is_some_and(|(noun, situation)| {
            !noun.is_empty()
                && plain(noun)
                && plain(situation)
                && !situation.is_empty()
                && situation != "rs"
                && situation != "dll"
        })
    };
    let ids: Vec<String> = quoted("CHANGELOG.md").into_iter().filter(is_id).collect();
    assert!(ids.len() > 50, "the changelog is read wrongly: {ids:?}");
    // A row of the page begins with its id, or with its stage.
    let known = |id: &str| match id.strip_suffix('*') {
        Some(beginning) => page.contains(&format!("| {beginning}")),
        None => page.contains(&format!("| {id} |")),
    };
    let unknown: Vec<String> = ids.into_iter().filter(|id| !known(id)).collect();
    assert_eq!(unknown, Vec::<String>::new(), "no such rules on the page");
}

#[test]
fn the_readme_names_files_that_there_are() {
    let places = ["sim/", "conformance/", "scenarios/", "snapshots/", "benches/"];
    let named = quoted("README.md").into_iter().filter(|word| places.iter().any(|place| word.starts_with(place)));
    let named: Vec<String> = named.collect();
    assert!(named.len() > 20, "the README is read wrongly: {named:?}");
    let missing: Vec<String> = named.into_iter().filter(|file| !repository().join(file).exists()).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_generated_page_of_rules_is_fresh() {
    let path = repository().join("snapshots/rules.md");
    let page = hcs_rules::report::page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == page, "snapshots/rules.md is stale: `cargo run -- rules > snapshots/rules.md`");
}
