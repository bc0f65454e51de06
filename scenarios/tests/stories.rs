//! Every story prints what its file says. `UPDATE=1 cargo test -p hcs-scenarios` writes the files anew.

use std::path::Path;

use hcs_scenarios::library::{self, DOCUMENTS, STORIES};
use hcs_scenarios::lint;
use hcs_scenarios::stage::{BEFORE_EXAMPLES, Stage, commands};
use hcs_scenarios::story::Story;

#[test]
fn every_story_prints_what_its_file_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = String::new();
    for item in STORIES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("stories/{}.txt", item.name));
        let text = std::fs::read_to_string(&path).expect("the story is there");
        let told = Story::parse(&text).run(None, None, |_, _, _| {});
        if update {
            std::fs::write(&path, told.story.text()).expect("the story can be written");
            continue;
        }
        for difference in told.differences {
            failures.push_str(&format!("{}, {difference}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{failures}\nUPDATE=1 writes the files anew; read the change before you commit it");
}

#[test]
fn a_story_is_the_same_twice() {
    for item in STORIES {
        let run = || Story::parse(item.text).run(Some(99), Some(26100), |_, _, _| {}).story.text();
        assert_eq!(run(), run(), "{}", item.name);
    }
}

#[test]
fn a_changed_line_is_noticed_where_it_stands() {
    let text = "client agent\nagent create vm machine\n----\n0.106s agent create vm: S_OK\n";
    let told = Story::parse(text).run(None, None, |_, _, _| {});
    assert_eq!(told.differences.len(), 1, "the file forgets the document's name");
    assert_eq!(told.differences[0].line, 1);
    assert!(told.differences[0].to_string().contains("+ 0.106s agent create vm machine: S_OK"));
}

#[test]
fn every_example_in_the_help_works() {
    for command in commands() {
        let mut stage = Stage::new(None, None);
        let mut printed = Vec::new();
        for line in BEFORE_EXAMPLES.iter().chain([&command.example]) {
            stage.command(line, &mut printed);
        }
        assert!(printed.iter().all(|line| !line.contains("ERROR ")), "{}: {printed:?}", command.word);
    }
}

#[test]
fn every_document_of_the_library_is_taken_by_every_build_of_its_schema_version() {
    for document in DOCUMENTS {
        let minor = document.text.split_once(r#""Minor": "#).and_then(|(_, minor)| minor.get(..1)?.parse().ok());
        let version = (2, minor.unwrap_or_default());
        for build in hcs_rules::build::Build::ALL.iter().filter(|build| build.schema() >= version) {
            assert_eq!(lint::faults(document.text, None, *build), Ok(Vec::new()), "{}", document.name);
        }
    }
}

#[test]
fn nonsense_in_a_story_is_told_and_harms_nothing() {
    let mut stage = Stage::new(None, None);
    let mut printed = Vec::new();
    for line in ["", "dance", "agent dance", "client", "fault Start", "advance soon", "agent start vm", "hold", "{"] {
        stage.command(line, &mut printed);
    }
    assert_eq!(printed.iter().filter(|line| line.contains("ERROR")).count(), 8, "{printed:?}");
}

#[test]
fn what_differs_from_build_to_build_is_told_and_nothing_else() {
    let story = Story::parse("client agent\nagent create vm machine\n\nagent wait-exit vm 1s\n\nagent crash vm\n");
    let told = hcs_scenarios::builds::differences(&story, None);
    assert!(!told.contains("create"), "{told}");
    let waits = "agent wait-exit vm 1s\n---- 17763, 18362, 19041\nagent wait-exit vm 1s: ERROR_PROC_NOT_FOUND\n";
    assert!(told.starts_with(waits), "{told}");
    assert!(told.contains("agent crash vm\n---- 17763, 18362\n"), "{told}");
    let same = hcs_scenarios::builds::differences(&Story::parse("client agent\nagent list\n"), None);
    assert_eq!(same, "every build prints the same\n");
}

#[test]
fn the_storage_sequences_end_well_on_three_builds() {
    let story = Story::parse(library::find(STORIES, "storage-sequences").expect("it is one of ours").text);
    for build in [17763, 20348, 26100] {
        let mut printed = Vec::new();
        story.run(None, Some(build), |_, _, lines| printed.extend(lines.to_vec()));
        assert!(printed.last().is_some_and(|line| line.ends_with("finish: clean")), "{build}: {printed:#?}");
        let formatted: Vec<&str> = printed
            .iter()
            .filter_map(|line| line.split_once("format-disk ").and_then(|(_, told)| told.split_once(": ")))
            .map(|(_, code)| code)
            .collect();
        let wanted =
            if build == 17763 { ["ERROR_INVALID_FUNCTION", "S_OK"] } else { ["S_OK", "ERROR_INVALID_FUNCTION"] };
        assert_eq!(formatted, wanted, "{build}");
    }
}

#[test]
fn nonsense_about_processes_is_told_and_harms_nothing() {
    let mut stage = Stage::new(None, None);
    let mut printed = Vec::new();
    for line in BEFORE_EXAMPLES {
        stage.command(line, &mut printed);
    }
    let lines = [
        "guest",
        "guest app: dance",
        "process-exit web one 2",
        "agent exec web",
        "agent exec web app",
        "agent exec web vm cmd",
        "agent exec nowhere app cmd",
        "agent exec web app console=80 cmd",
        "agent exec web app env=A cmd",
        "agent exec web app args sh \"a",
        "agent run web",
        "agent open-process web one app",
        "agent say nobody hello",
        "agent say shell \"hello",
        "agent hear shell two lines",
        "agent hear shell err",
        "agent resize shell",
        "agent resize shell 100",
        "agent signal nobody CtrlC",
        "agent close-stdin nobody",
        "agent wait-process",
        "agent begin exec",
        "agent begin exec web",
        "agent older-create",
        "agent older-start nowhere",
        "agent older-unwatch nobody",
        "agent older-exec old",
        "agent older-exec old shell cmd",
        "agent older-signal older",
        "agent older-kill shell",
    ];
    for line in lines {
        printed.clear();
        stage.command(line, &mut printed);
        assert!(printed.len() == 1 && printed[0].contains("ERROR "), "{line}: {printed:?}");
    }
}

#[test]
fn what_does_not_end_is_given_up() {
    let mut stage = Stage::new(None, None);
    let mut printed = Vec::new();
    for line in ["client agent", "agent create web container", "agent start web", "agent exec web flood sim-flood"] {
        stage.command(line, &mut printed);
    }
    for (line, told) in [
        ("agent run web sim-flood", "it does not end"),
        ("agent run web sim-idle", "it does not end"),
        ("agent hear flood 0 lines", ""),
        ("agent hear flood all", "and more"),
    ] {
        printed.clear();
        stage.command(line, &mut printed);
        assert!(printed.concat().contains(told), "{line}: {printed:?}");
    }
}
