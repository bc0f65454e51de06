//! Checking a document: what it is, who takes it, and what is said.

use std::process::Command;

use hcs_machine::document::Document;
use hcs_rules::build::Build;
use hcs_rules::document::Root;
use hcs_scenarios::lint::{As, check, recognise};

fn program(text: &str, more: &[&str]) -> (i32, String) {
    let file = std::env::temp_dir().join(format!("hcs-sim-check-{}-{:p}.json", std::process::id(), &text));
    std::fs::write(&file, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_hcs-sim")).arg("check").arg(&file).args(more).output().expect("runs");
    std::fs::remove_file(&file).expect("removed");
    (output.status.code().expect("it exits"), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn every_kind_of_document_is_told_from_its_members() {
    let documents = [
        (Root::ComputeSystem, r#"{"SchemaVersion":{},"Container":{}}"#),
        (Root::ComputeSystem, r#"{"VirtualMachine":{}}"#),
        (Root::ContainerConfigV1, r#"{"SystemType":"Container","Name":"a","Layers":[]}"#),
        (Root::SystemQuery, r#"{"Owners":["a"]}"#),
        (Root::PropertyQuery, r#"{"PropertyTypes":["Memory"]}"#),
        (Root::PropertyQuery, r#"{"PropertyTypes":["Statistics"]}"#),
        (Root::ServiceQuery, r#"{"PropertyTypes":["QoSCapabilities"]}"#),
        (Root::ServiceQuery, r#"{"PropertyQueries":{"Basic":null}}"#),
        (Root::ServiceModification, r#"{"PropertyType":"CpuGroup","Settings":{}}"#),
        (Root::ModifyRequest, r#"{"ResourcePath":"a","Settings":1}"#),
        (Root::ShutdownOptions, r#"{"Mechanism":"GuestConnection"}"#),
        (Root::ShutdownOptions, r#"{"Type":"Reboot"}"#),
        (Root::CrashOptions, r#"{"Type":"CrashGuest"}"#),
        (Root::PauseOptions, r#"{"SuspensionLevel":"Suspend"}"#),
        (Root::SaveOptions, r#"{"SaveType":"AsTemplate"}"#),
        (Root::ProcessParameters, r#"{"CommandLine":"cmd /c exit"}"#),
        (Root::ProcessModification, r#"{"Operation":"ConsoleSize","ConsoleSize":{}}"#),
        (Root::SignalOptions, r#"{"Signal":"CtrlC"}"#),
        (Root::CrashReport, r#"{"SystemId":"vm"}"#),
        (Root::LayerData, r#"{"SchemaVersion":{},"Layers":[]}"#),
        (Root::ExportLayerOptions, r#"{"IsWritableLayer":true}"#),
    ];
    for (root, text) in documents {
        assert_eq!(recognise(&Document::parse(text).expect("JSON")), Some(root), "{text}");
    }
    assert_eq!(recognise(&Document::parse("{}").expect("JSON")), None);
}

#[test]
fn each_build_has_its_own_verdict() {
    let text = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{}}}}"#;
    let checked = check(text, None).expect("told from its members");
    let takers: Vec<Build> =
        checked.verdicts.iter().filter(|verdict| verdict.faults.is_empty()).map(|verdict| verdict.build).collect();
    assert_eq!(takers, Build::ALL[1..], "every build but the first");
    assert_eq!(checked.warnings.len(), 1, "newer than declared: {:?}", checked.warnings);
    let old = r#"{"SchemaVersion":{"Major":2,"Minor":4},"VirtualMachine":{"Services":{}}}"#;
    assert!(check(old, None).expect("told").warnings[0].contains("drops it without a word"));
}

#[test]
fn a_type_of_the_schema_can_be_named_by_its_new_and_by_its_old_name() {
    let attachment = As::by_name("Attachment");
    assert!(check(r#"{"Type":"VirtualDisk"}"#, attachment).expect("named").verdicts[0].faults.is_empty());
    assert!(!check(r#"{"Type":"Floppy"}"#, attachment).expect("named").verdicts[0].faults.is_empty());
    assert_eq!(As::by_name("Memory_2").map(As::name), Some("VirtualMachine_Memory"));
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
    let (code, told) = program(r#"{"Owners":["a"]}"#, &[]);
    assert!(code == 0 && told.starts_with("Windows Server 2022 (20348) takes this SystemQuery"), "{told}");
    assert_eq!(program("{", &[]).0, 1);
    assert_eq!(program("{}", &[]).0, 2, "what it is cannot be told");
    assert_eq!(program("{}", &["--type", "SystemQuery"]).0, 0);
    assert_eq!(program("{}", &["--type", "Nonsense"]).0, 2);
}
