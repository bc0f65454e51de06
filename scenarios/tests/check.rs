//! Checking a document: what it is, who takes it, and what is said.

use std::process::Command;

use hcs_machine::document::Document;
use hcs_rules::build::Build;
use hcs_rules::document::Root;
use hcs_scenarios::lint::{As, check, faults, recognise};

fn program(text: &str, more: &[&str]) -> (i32, String) {
    let file = std::env::temp_dir().join(format!("hcs-sim-check-{}-{:p}.json", std::process::id(), &text));
    std::fs::write(&file, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_hcs-sim")).arg("check").arg(&file).args(more).output().expect("runs");
    std::fs::remove_file(&file).expect("removed");
    (output.status.code().expect("it exits"), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A small document for each call. A hosted system's is taken for a configuration, which it is a part of.
const EXAMPLES: &[(Root, &str)] = &[
    (Root::ComputeSystem, r#"{"Owner":"me","VirtualMachine":{}}"#),
    (Root::ComputeSystem, r#"{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}"#),
    (Root::ContainerConfigV1, r#"{"SystemType":"Container","Name":"n","Owner":"me","Layers":[]}"#),
    (Root::SystemQuery, r#"{"Owners":["me"]}"#),
    (Root::SystemQuery, r#"{"Types":["VirtualMachine"]}"#),
    (Root::PropertyQuery, r#"{"PropertyTypes":["Memory"]}"#),
    (Root::PropertyQuery, r#"{"PropertyTypes":["Statistics","ProcessList"]}"#),
    (Root::ModifyRequest, r#"{"ResourcePath":"VirtualMachine/Devices","RequestType":"Add","Settings":{}}"#),
    (Root::ShutdownOptions, r#"{"Mechanism":"GuestConnection","Type":"Reboot"}"#),
    (Root::ShutdownOptions, r#"{"Type":"Hibernate"}"#),
    (Root::PauseOptions, r#"{"SuspensionLevel":"MemoryLow"}"#),
    (Root::PauseOptions, r#"{"HostedNotification":{"Reason":"Save"}}"#),
    (Root::SaveOptions, r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\a"}"#),
    (Root::CrashOptions, r#"{"Type":"CrashGuest"}"#),
    (Root::ServiceQuery, r#"{"PropertyTypes":["CpuGroup","QoSCapabilities"]}"#),
    (Root::ServiceQuery, r#"{"PropertyQueries":{"Basic":null}}"#),
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
fn every_kind_of_document_is_told_from_its_members() {
    for (root, text) in EXAMPLES {
        assert_eq!(recognise(&Document::parse(text).expect("JSON")), Some(*root), "{text}");
        assert_eq!(faults(text, None, Build::SERVER_2022), Ok(Vec::new()), "{text}");
    }
    for root in Root::ALL.iter().filter(|root| **root != Root::HostedSystem) {
        assert!(EXAMPLES.iter().any(|(example, _)| example == root), "{root:?} has no example");
    }
    for nothing in ["{}", r#"{"Stranger":1}"#, "[]", "1"] {
        assert_eq!(recognise(&Document::parse(nothing).expect("JSON")), None);
    }
    let faulty = Document::parse(r#"{"CommandLine":7,"User":"me","Stranger":null}"#).expect("JSON");
    assert_eq!(recognise(&faulty), Some(Root::ProcessParameters), "a fault does not hide what it is");
}

#[test]
fn each_build_has_its_own_verdict() {
    let text = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{}}}}"#;
    let checked = check(text, None).expect("told from its members");
    let takers: Vec<Build> =
        checked.verdicts.iter().filter(|verdict| verdict.faults.is_empty()).map(|verdict| verdict.build).collect();
    assert_eq!(takers, Build::ALL[1..], "every build but the first");
}

#[test]
fn what_a_build_takes_and_does_not_heed_is_a_warning() {
    let warnings = |version: &str, build: Build| {
        let text = format!(
            r#"{{"SchemaVersion":{version},"VirtualMachine":{{"Services":{{"Shutdown":{{}}}},
            "Chipset":{{"LinuxKernelDirect":{{"KernelFilePath":"k"}}}}}}}}"#
        );
        check(&text, None).expect("told").verdicts[build as usize].warnings.clone()
    };
    let old = r#"{"Major":2,"Minor":1}"#;
    let both = warnings(old, Build::B20348);
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both[0].starts_with("$.VirtualMachine.Services is taken and left out"), "{both:?}");
    assert!(both[1].starts_with("$.VirtualMachine.Chipset.LinuxKernelDirect is of schema 2.2"), "{both:?}");
    assert_eq!(warnings(r#"{"Major":2,"Minor":4}"#, Build::B20348).len(), 1);
    assert_eq!(warnings(old, Build::B18362).len(), 1, "what a build does not know is a fault, not a warning");
    for silent in [r#"{"Major":2,"Minor":5}"#, "null", r#"{"Major":1,"Minor":0}"#, r#"{"Major":2}"#] {
        assert_eq!(warnings(silent, Build::B20348), Vec::<String>::new());
    }
}

#[test]
fn a_type_of_the_schema_can_be_named_by_its_new_and_by_its_old_name() {
    let attachment = As::by_name("Attachment");
    assert!(check(r#"{"Type":"VirtualDisk"}"#, attachment).expect("named").verdicts[0].faults.is_empty());
    assert!(!check(r#"{"Type":"Floppy"}"#, attachment).expect("named").verdicts[0].faults.is_empty());
    assert_eq!(As::by_name("Memory_2").map(As::name), Some("VirtualMachine_Memory"));
    assert_eq!(As::by_name("Service_PropertyQuery").map(As::name), Some("ServiceQuery"), "the document of a call");
    assert!(As::by_name("Nothing").is_none());
}

#[test]
fn the_program_says_who_refuses_what_and_its_exit_code_is_the_builds_verdict() {
    let text = r#"{"VirtualMachine":{"A":1,"Chipset":{"LinuxKernelDirect":{}}}}"#;
    let (code, told) = program(text, &["--build", "17763"]);
    assert_eq!(code, 1);
    assert!(told.contains("$.VirtualMachine.A is no member that this build knows: HCS_E_INVALID_JSON"), "{told}");
    assert!(told.contains("and 1 more; --all shows them") && told.contains("Builds that take it: none"), "{told}");
    let (code, told) = program(text, &["--build", "17763", "--all"]);
    assert!(code == 1 && told.contains("$.VirtualMachine.Chipset.LinuxKernelDirect is no member"), "{told}");
    assert!(told.contains("HCS answers: {\"Error\":-1070137075,"), "{told}");
    let (code, told) = program(r#"{"Owners":["a"]}"#, &[]);
    assert!(code == 0 && told.starts_with("Windows Server 2022 (20348) takes this SystemQuery"), "{told}");
    assert_eq!(program("{", &[]).0, 1);
    assert_eq!(program("{}", &[]).0, 2, "what it is cannot be told");
    assert_eq!(program("{}", &["--type", "SystemQuery"]).0, 0);
    assert_eq!(program("{}", &["--type", "Nonsense"]).0, 2);
}
