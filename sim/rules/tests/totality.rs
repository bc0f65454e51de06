//! A missing, a doubled and an empty row each stop the build, and the message names the cell and the ids.
//!
//! Each test compiles a changed copy of this crate. It has no dependencies, so that the compiler alone is enough.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies the crate's source, changes one file of it, compiles it, and gives the compiler's message.
fn compile(name: &str, file: &str, change: impl Fn(&str) -> String) -> Result<(), String> {
    compile_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), name, file, change)
}

fn compile_from(source: &Path, name: &str, file: &str, change: impl Fn(&str) -> String) -> Result<(), String> {
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    copy_folder(source, &copy);
    let changed = copy.join(file);
    let text = std::fs::read_to_string(&changed).expect("the file is there");
    let new = change(&text);
    assert_ne!(text, new, "the change changes nothing");
    std::fs::write(&changed, new).expect("the copy can be written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "-Along_running_const_eval", "-Awarnings"])
        .arg("--out-dir")
        .arg(&copy)
        .arg(copy.join("lib.rs"))
        .output()
        .expect("the compiler runs");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The same, with the table of the changed file alone: to lay the others takes the longest, and they are not what is changed.
fn compile_alone(name: &str, file: &str, change: impl Fn(&str) -> String) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-source"));
    copy_folder(&source, &copy);
    // A table stands in the file of its noun, and its rows in the noun's folder; or it is laid by a macro.
    let noun = file.split(['/', '.']).next().expect("a file has a name");
    let by_macro = std::fs::read_to_string(source.join(file)).expect("the file is there").contains("by_call!");
    let kept = if by_macro { "total.rs".to_owned() } else { format!("{noun}.rs") };
    let tables = ["total", "system", "process", "layer", "legacy", "legacy/layer", "operation", "access", "privilege"];
    for table in tables.into_iter().chain(["handle", "resource", "service"]).map(|noun| format!("{noun}.rs")) {
        let text = std::fs::read_to_string(copy.join(&table)).expect("the file is there");
        let unlay = |line: &str| match line.split_once("TABLE: [u16; CELLS] = lay_") {
            Some((before, _)) => format!("{before}TABLE: [u16; CELLS] = [crate::total::NOWHERE; CELLS];"),
            None => line.to_owned(),
        };
        let unlaid = text.lines().map(unlay).collect::<Vec<_>>().join("\n");
        assert_ne!(text.trim_end(), unlaid, "the table is laid elsewhere");
        if table != kept {
            std::fs::write(copy.join(&table), unlaid).expect("the copy can be written");
        }
    }
    compile_from(&copy, name, file, change)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// The text of one row, from its `on` to the end of its sources.
fn row(text: &str, id: &str) -> String {
    let named = text.find(&format!("on(\"{id}\"")).expect("the row is there");
    let from = text[..named].rfind('\n').expect("it has a line of its own") + 1;
    let to = text[from..].find("]),\n").expect("the row ends") + "]),\n".len();
    text[from..from + to].to_owned()
}

#[test]
fn a_missing_row_stops_the_build_and_the_cell_is_named() {
    let error = compile("missing", "system/life.rs", |text| text.replace(&row(text, "start.exited"), ""))
        .expect_err("a row is missing");
    assert!(error.contains("no row: Start / Plain / VirtualMachine / Exited / B17763"), "{error}");
}

#[test]
fn a_doubled_row_stops_the_build_and_both_ids_are_named() {
    let error = compile("doubled", "system/life.rs", |text| {
        let row = row(text, "start.exited");
        text.replace(&row, &format!("{row}{}", row.replace("start.exited", "start.again")))
    })
    .expect_err("a row is doubled");
    let cell = "doubled: Start / Plain / VirtualMachine / Exited / B17763: start.exited and start.again";
    assert!(error.contains(cell), "{error}");
}

#[test]
fn an_empty_row_stops_the_build_and_its_id_is_named() {
    let error = compile("empty", "system/life.rs", |text| {
        let row = row(text, "start.exited");
        let empty = row.replace("start.exited", "start.never").replace(".when(&[Exited])", ".when(&[])");
        text.replace(&row, &format!("{row}{empty}"))
    })
    .expect_err("a row covers nothing");
    assert!(error.contains("row start.never covers no cell"), "{error}");
}

#[test]
fn a_row_with_a_facet_of_another_trigger_stops_the_build() {
    let error = compile("foreign", "system/life.rs", |text| {
        text.replace(
            "Row::on(\"start.exited\", Trigger::Start)",
            "Row::on(\"start.exited\", Trigger::Start).with(&[Plain, NoCallback])",
        )
    })
    .expect_err("a facet is outside the trigger's domain");
    assert!(error.contains("row start.exited names a facet outside the domain of Start"), "{error}");
}

#[test]
fn a_missing_row_of_processes_stops_the_build_and_the_cell_is_named() {
    let error =
        compile_alone("process-missing", "process.rs", |text| text.replace(&row(text, "process-terminate.twice"), ""))
            .expect_err("a row is missing");
    assert!(error.contains("no row: Terminate / SystemLives / VirtualMachine / Terminating / B17763"), "{error}");
}

#[test]
fn a_doubled_row_of_processes_stops_the_build_and_both_ids_are_named() {
    let error = compile_alone("process-doubled", "process.rs", |text| {
        let row = row(text, "process-signal.exited");
        text.replace(&row, &format!("{row}{}", row.replace("process-signal.exited", "process-signal.again")))
    })
    .expect_err("a row is doubled");
    let cell = "doubled: Signal / SystemLives / ProcessContainer / Exited / B17763: process-signal.exited and process-signal.again";
    assert!(error.contains(cell), "{error}");
}

#[test]
fn an_empty_row_of_processes_stops_the_build_and_its_id_is_named() {
    let error = compile_alone("process-empty", "process.rs", |text| {
        let row = row(text, "process-info.exited");
        let empty = row.replace("process-info.exited", "process-info.never").replace(".when(&[Exited])", ".when(&[])");
        text.replace(&row, &format!("{row}{empty}"))
    })
    .expect_err("a row covers nothing");
    assert!(error.contains("row process-info.never covers no cell"), "{error}");
}

#[test]
fn a_row_of_processes_outside_its_triggers_domain_stops_the_build() {
    let calls = [
        ("with(&[F::SystemLives]).when(&[Running])", "with(&[F::SystemLives, F::Resize]).when(&[Running])", "a facet"),
        (".when(&[Running, Frozen, Terminating])", ".when(&[Creating, Running, Frozen, Terminating])", "a state"),
    ];
    let of = [("process-terminate.running", "Terminate"), ("process-info.done", "GetInfoDone")];
    for ((from, to, what), (id, trigger)) in calls.into_iter().zip(of) {
        let error = compile_alone(&format!("foreign-{id}"), "process.rs", |text| {
            let row = row(text, id);
            text.replace(&row, &row.replace(from, to))
        });
        let error = error.expect_err(id);
        assert!(error.contains(&format!("row {id} names {what} outside the domain of {trigger}")), "{error}");
    }
}

#[test]
fn the_other_tables_are_total_too() {
    let calls = [
        ("operation.rs", "phases: Phases::EVERY", "phases: Phases::of(&[Phase::Pending])", "no row: "),
        ("operation.rs", "endings: Endings::of(&[Ending::GuestExit]),", "endings: Endings::EVERY,", "doubled: "),
        ("service.rs", "calls: WITH_SYSTEM,", "calls: WITHOUT_SYSTEM,", "row service.live covers no cell"),
        (
            "handle.rs",
            "HandleFaults::except(&[HandleFault::Null])",
            "HandleFaults::of(&[HandleFault::Closed])",
            "no row: ",
        ),
        ("access.rs", "RightsSet::except(&[Rights::User])", "RightsSet::EVERY", "doubled: "),
        (
            "resource.rs",
            "&[Change::Add, Change::Remove], &[Situation::Present]",
            "&[Change::Add], &[Situation::Present]",
            "no row: ",
        ),
        (
            "constraint.rs",
            "create(\"constraint.memory\", Constraint::OddMemory",
            "create(\"constraint.memory\", Constraint::ComPort",
            "another order",
        ),
        ("argument.rs", "ArgumentFault::EmptyId, ", "", "no row: "),
        ("layer/folder.rs", "LayerStates::of(&[S::Absent]);", "LayerStates::of(&[S::Absent, S::File]);", "doubled: "),
        ("layer/volume.rs", "LayerStates::of(&[S::Plain, S::Formatted]);", "LayerStates::of(&[S::Plain]);", "no row: "),
        ("layer/path.rs", "&[F::NotReady]", "&[F::Denied]", "doubled: "),
        ("privilege.rs", "tokens: Tokens::of(&[Token::Enabled]),", "tokens: Tokens::EVERY,", "doubled: "),
        ("file.rs", "FileFaults::of(&[FileFault::Torn])", "FileFaults::of(&[FileFault::Newer])", "doubled: "),
        (
            "file.rs",
            "calls: READING,\n        faults: FileFaults::of(&[FileFault::Locked])",
            "calls: ON_FILES,\n        faults: FileFaults::of(&[FileFault::Locked])",
            "names a fault outside the domain",
        ),
        ("state_file.rs", "CHECKSUM \"checksum\" 12 4;", "CHECKSUM \"checksum\" 13 4;", "a field does not begin"),
        ("process.rs", "guests: GuestOses::EVERY", "guests: GuestOses::NONE", "a launch fault has no row"),
        ("guest.rs", "end: ProcessEnd::ByItself", "end: ProcessEnd::Killed", "the exit codes stand in another order"),
        ("document.rs", "FaultKinds::of(&[FaultKind::BadGuid])", "FaultKinds::NONE", "a kind of fault has no row"),
        ("document.rs", "FaultKinds::of(&[FaultKind::BadGuid])", "FaultKinds::EVERY", "a kind of fault has two rows"),
        ("profile.rs", "quirk(Quirk::CoarseMemory,", "quirk(Quirk::CrashEventsOverlap,", "another order"),
        ("document.rs", "roots: OF_SHUTDOWNS,", "roots: OF_QUERIES,", "a document has two events"),
        ("property.rs", "row(SystemProperty::Basic,", "row(SystemProperty::Memory,", "another order"),
        ("property.rs", "property: ServiceProperty::Basic,", "property: ServiceProperty::Cache,", "another order"),
        ("resource.rs", "vm(Resource::Gpu,", "vm(Resource::Licensing,", "another order"),
        (
            "export.rs",
            "Some(Call::CrashComputeSystem)",
            "Some(Call::SaveComputeSystem)",
            "a modelled call has no export",
        ),
    ];
    let calls: Vec<_> = calls.into_iter().enumerate().collect();
    std::thread::scope(|scope| {
        for some in calls.chunks(calls.len().div_ceil(2)) {
            scope.spawn(move || {
                for (index, (file, from, to, message)) in some {
                    let error = compile_alone(&format!("other-{index}"), file, |text| text.replace(from, to));
                    let error = error.expect_err(file);
                    assert!(error.contains(message), "{file}: {error}");
                }
            });
        }
    });
}

#[test]
fn an_unchanged_copy_compiles() {
    compile("unchanged", "lib.rs", |text| format!("{text}\n")).expect("nothing is wrong");
}

#[test]
fn row_ids_are_unique_and_name_their_trigger() {
    let systems = hcs_rules::system::ROWS.iter().map(|row| row.id);
    let mut ids: Vec<&str> = systems.chain(hcs_rules::process::ROWS.iter().map(|row| row.id)).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(ids.iter().all(|id| id.split_once('.').is_some_and(|(on, what)| !on.is_empty() && !what.is_empty())));
}
