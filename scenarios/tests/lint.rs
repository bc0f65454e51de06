//! Checking documents: what is recognised, what is told, and what the program answers with.

use std::process::{Command, Output};

use hcs_machine::document::Document;
use hcs_rules::build::Build;
use hcs_rules::document::{Root, Type};
use hcs_scenarios::lint::recognise::recognise;
use hcs_scenarios::lint::{Subject, report};

/// A small document for each call. A hosted system's is taken for a configuration, which it is a part of.
const EXAMPLES: &[(Root, &str)] = &[
    (Root::ComputeSystem, r#"{"Owner":"me","VirtualMachine":{}}"#),
    (Root::ComputeSystem, r#"{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}"#),
    (Root::ContainerConfigV1, r#"{"SystemType":"Container","Name":"n","Owner":"me","Layers":[]}"#),
    (Root::SystemQuery, r#"{"Owners":["me"]}"#),
    (Root::SystemQuery, r#"{"Types":["VirtualMachine"]}"#),
    (Root::PropertyQuery, r#"{"PropertyTypes":["Statistics","ProcessList"]}"#),
    (Root::ModifyRequest, r#"{"ResourcePath":"VirtualMachine/Devices","RequestType":"Add","Settings":{}}"#),
    (Root::ShutdownOptions, r#"{"Mechanism":"GuestConnection","Type":"Reboot"}"#),
    (Root::ShutdownOptions, r#"{"Type":"Hibernate"}"#),
    (Root::PauseOptions, r#"{"SuspensionLevel":"MemoryLow"}"#),
    (Root::PauseOptions, r#"{"HostedNotification":{"Reason":"Save"}}"#),
    (Root::SaveOptions, r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\a"}"#),
    (Root::CrashOptions, r#"{"Type":"CrashGuest"}"#),
    (Root::ServiceQuery, r#"{"PropertyTypes":["CpuGroup","QoSCapabilities"]}"#),
    (Root::ServiceModification, r#"{"PropertyType":"CpuGroup","Settings":{}}"#),
    (Root::CrashReport, r#"{"SystemId":"vm","CrashLog":"log"}"#),
    (Root::ProcessParameters, r#"{"CommandLine":"cmd","CreateStdInPipe":true}"#),
    (Root::ProcessParameters, r#"{"ConsoleSize":[25,80]}"#),
    (Root::ProcessModification, r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#),
    (Root::ProcessModification, r#"{"ConsoleSize":{"Height":25,"Width":80}}"#),
    (Root::SignalOptions, r#"{"Signal":"CtrlC"}"#),
    (Root::LayerData, r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[]}"#),
    (Root::LayerData, r#"{"Layers":[{"Id":"6ba9cac1-7086-5ee9-a197-c465d3f50ad7","Path":"C:\\l"}]}"#),
    (Root::ExportLayerOptions, r#"{"IsWritableLayer":true}"#),
    (Root::OsLayerOptions, r#"{"Type":"Vm"}"#),
    (Root::OsLayerOptions, r#"{"SkipUpdateBcdForBoot":true}"#),
];

#[test]
fn every_kind_of_document_is_recognised() {
    for (root, text) in EXAMPLES {
        assert_eq!(recognise(&Document::parse(text).expect("JSON")), Some(*root), "{text}");
        let told = report(text, None, Build::SERVER_2022, true).expect("recognised");
        assert!(told.taken, "{}", told.text);
    }
    for root in Root::ALL.iter().filter(|root| **root != Root::HostedSystem) {
        assert!(EXAMPLES.iter().any(|(example, _)| example == root), "{root:?} has no example");
    }
    for nothing in ["{}", r#"{"Stranger":1}"#, "[]", "1"] {
        assert_eq!(recognise(&Document::parse(nothing).expect("JSON")), None);
        assert!(report(nothing, None, Build::SERVER_2022, true).is_err_and(|told| told.contains("--type")));
    }
}

#[test]
fn a_fault_elsewhere_does_not_hide_what_a_document_is() {
    let told = report(r#"{"CommandLine":7,"User":"me"}"#, None, Build::SERVER_2022, true).expect("recognised");
    assert!(!told.taken && told.text.contains("this is a ProcessParameters"), "{}", told.text);
}

#[test]
fn a_subject_has_the_names_of_its_call_and_of_its_type() {
    let name = |of: &str| Subject::by_name(of).map(Subject::name);
    assert_eq!(name("ServiceQuery"), Some("ServiceQuery"));
    assert_eq!(name("Service_PropertyQuery"), Some("ServiceQuery"));
    assert_eq!(name("Memory_2"), Some("VirtualMachine_Memory"));
    assert_eq!(name("Stranger"), None);
    let memory = Subject::Part(Type::by_name("VirtualMachine_Memory").expect("a type"));
    let told = report(r#"{"SizeInMB":"1"}"#, Some(memory), Build::SERVER_2022, false).expect("told");
    assert!(told.text.starts_with("$.SizeInMB is of the wrong type"), "{}", told.text);
}

#[test]
fn the_builds_are_told_apart() {
    let text = r#"{"VirtualMachine":{"Services":{}},"Owner":null}"#;
    let old = report(text, None, Build::B17763, false).expect("told");
    assert!(!old.taken);
    let lines: Vec<&str> = old.text.lines().collect();
    assert_eq!(lines[0], "By its members this is a ComputeSystem");
    assert!(lines[1].starts_with("$.VirtualMachine.Services is no member that this build knows"), "{}", old.text);
    assert!(lines[2].starts_with("HCS answers: {\"Error\":-1070137075,"), "{}", old.text);
    assert_eq!(lines[3], "Builds that take it: 20348, 22000, 22621, 26100, 26200");
    assert!(lines[4].starts_with("Refused by 17763, 18362, 19041: $.VirtualMachine.Services"), "{}", old.text);
    assert!(report(text, None, Build::B20348, false).expect("told").taken);
}

#[test]
fn what_is_taken_and_not_heeded_is_a_warning() {
    let text = |version: &str| {
        format!(
            r#"{{"SchemaVersion":{version},"VirtualMachine":{{"Services":{{"Shutdown":{{}}}},
            "Chipset":{{"LinuxKernelDirect":{{"KernelFilePath":"k"}}}}}}}}"#
        )
    };
    let warnings = |version: &str| -> Vec<String> {
        let told = report(&text(version), None, Build::SERVER_2022, true).expect("told");
        assert!(told.taken, "a warning refuses nothing: {}", told.text);
        told.text.lines().filter(|line| line.starts_with("warning: ")).map(str::to_owned).collect()
    };
    let old = warnings(r#"{"Major":2,"Minor":1}"#);
    assert_eq!(old.len(), 2, "{old:?}");
    assert!(old[0].starts_with("warning: $.VirtualMachine.Services is taken and left out (observed)"), "{old:?}");
    assert!(old[1].starts_with("warning: $.VirtualMachine.Chipset.LinuxKernelDirect is of schema 2.2"), "{old:?}");
    assert_eq!(warnings(r#"{"Major":2,"Minor":4}"#).len(), 1);
    for silent in [r#"{"Major":2,"Minor":5}"#, "null", r#"{"Major":1,"Minor":0}"#, r#"{"Major":2}"#] {
        assert_eq!(warnings(silent), Vec::<String>::new());
    }
}

/// Runs the program on a text.
fn checked(name: &str, text: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).expect("the file can be written");
    let program = Command::new(env!("CARGO_BIN_EXE_hcs-sim")).arg("check").arg(file).args(arguments).output();
    let Output { status, stdout, stderr } = program.expect("the program runs");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

#[test]
fn the_program_says_by_its_code_whether_the_build_takes_it() {
    let newer = br#"{"VirtualMachine":{"Services":{}}}"#;
    assert_eq!(checked("a.json", newer, &[]).0, Some(0), "Server 2022 unless told otherwise");
    assert_eq!(checked("b.json", newer, &["--build", "19041"]).0, Some(1));
    assert_eq!(checked("c.json", b"{}", &[]).0, Some(2), "cannot be told");
    assert_eq!(checked("d.json", b"{}", &["--type", "PauseOptions"]).0, Some(0));
    assert_eq!(checked("e.json", b"{}", &["--type", "Stranger"]).0, Some(2));
    for malformed in [&b"{"[..], b"\xFF", b"\xEF\xBB\xBF{}"] {
        let (code, told) = checked("f.json", malformed, &[]);
        assert_eq!((code, told.starts_with("$ is no JSON")), (Some(1), true), "{told}");
    }
}

#[test]
fn every_fault_is_shown_when_all_are_asked_for() {
    let text = br#"{"SuspensionLevel":"Deep","HostedNotification":{"Reason":1},"Stranger":null}"#;
    let (_, first) = checked("g.json", text, &[]);
    assert!(
        first.contains("$.SuspensionLevel is none of the strings") && first.contains("and 2 more; --all"),
        "{first}"
    );
    let (_, all) = checked("h.json", text, &["--all"]);
    for path in ["$.SuspensionLevel is none", "$.HostedNotification.Reason is of the wrong", "$.Stranger is no member"]
    {
        assert!(all.contains(path), "{all}");
    }
}
