//! Comparing with a published schema file: what it tells, on a file of our own.

use hcs_machine::document::Document;
use hcs_scenarios::compare::{Difference, How, one};

/// The differences of a file with only these definitions that are about one of these names.
fn told(definitions: &str, about: &str) -> Vec<String> {
    let document = Document::parse(definitions).expect("JSON");
    let all = one("2104", (2, 5), document.root());
    all.iter().filter(|difference| difference.what.starts_with(about)).map(ToString::to_string).collect()
}

#[test]
fn a_type_that_agrees_is_not_told() {
    let same = r##"{"LogicalProcessor":{},"CrashOptions":{"type":"object","properties":{
        "Type":{"type":"string","$ref":"#/definitions/CrashType"}}}}"##;
    assert_eq!(told(same, "CrashOptions"), Vec::<String>::new());
}

#[test]
fn both_directions_and_shapes_are_told() {
    let other = r#"{"CrashOptions":{"properties":{"Kind":{"type":"string"},"Type":{"type":"integer","format":"uint8"}}},
        "ShutdownOptions":{"properties":{"Force":{"type":"boolean"}}},"Novelty":{},
        "SaveType":{"enum":["ToFile","ToTape"]}}"#;
    assert_eq!(
        told(other, "CrashOptions"),
        [
            "2104: CrashOptions.Kind is in the file only",
            "2104: CrashOptions.Type is uint8 in the file, CrashType in the tables"
        ]
    );
    assert_eq!(told(other, "Novelty"), ["2104: Novelty is in the file only"]);
    assert_eq!(told(other, "ShutdownOptions").len(), 3);
    assert_eq!(told(other, "PauseOptions"), ["2104: PauseOptions is in the tables only"]);
    assert_eq!(
        told(other, "SaveType"),
        ["2104: SaveType=ToTape is in the file only", "2104: SaveType=AsTemplate is in the tables only"]
    );
}

#[test]
fn names_of_before_are_found() {
    let document = Document::parse(
        r##"{"Memory_2":{},"Topology":{"properties":{
        "Memory":{"$ref":"#/definitions/Memory_2"}}}}"##,
    )
    .expect("JSON");
    let found = one("2004", (2, 3), document.root());
    let has = |what: &str, how: How| found.contains(&Difference { what: what.to_owned(), how, file: "2004" });
    assert!(has("VirtualMachine_Memory.SizeInMB", How::OnlyInTables));
    assert!(!found.iter().any(|difference| difference.what == "Topology.Memory"));
}
