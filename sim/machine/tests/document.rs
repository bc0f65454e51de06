//! Documents: what is read, what is refused and where, what is written.

use hcs_machine::document::{Document, Fault, Writer, check, check_all, error_document};
use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, MAX_DEPTH, MAX_LENGTH, Root};
use proptest::prelude::*;

/// The shape of a tutorial's machine.
const MACHINE: &str = r#"{
    "SchemaVersion": {"Major": 2, "Minor": 1}, "Owner": "test", "ShouldTerminateOnLastHandleClosed": true,
    "VirtualMachine": {
        "Chipset": {"Uefi": {"BootThis": {"DevicePath": "disk", "DiskNumber": 0, "DeviceType": "ScsiDrive"}}},
        "ComputeTopology": {"Memory": {"Backing": "Virtual", "SizeInMB": 1024}, "Processor": {"Count": 2}},
        "Devices": {"Scsi": {"disk": {"Attachments": {"0": {"Type": "VirtualDisk", "Path": "C:\\a.vhdx"}}}}}
    }
}"#;

/// The shape of a container.
const CONTAINER: &str = r#"{"Owner": "test", "SchemaVersion": {"Major": 2, "Minor": 0}, "Container": {
    "Storage": {"Layers": [{"Id": "6ba9cac1-7086-5ee9-a197-c465d3f50ad7", "Path": "C:\\layers\\1"}], "Path": "C:\\s"}}}"#;

fn first(text: &str, build: Build) -> Option<(FaultKind, String)> {
    let fault = match Document::parse(text) {
        Err(fault) => Err(fault),
        Ok(document) => check(&document, Root::ComputeSystem, build),
    };
    fault.err().map(|Fault { kind, path }| (kind, path))
}

#[test]
fn a_machine_and_a_container_are_taken_by_every_build() {
    for build in Build::ALL {
        assert_eq!(first(MACHINE, *build), None);
        assert_eq!(first(CONTAINER, *build), None);
    }
}

#[test]
fn each_fault_is_told_at_its_place() {
    let bad = |from: &str, to: &str| first(&MACHINE.replace(from, to), Build::B26200);
    let fault = |kind, path: &str| Some((kind, path.to_owned()));
    let memory = "$.VirtualMachine.ComputeTopology.Memory.SizeInMB";
    assert_eq!(bad("1024", "\"1024\""), fault(FaultKind::WrongType, memory));
    assert_eq!(bad("1024", "-1"), fault(FaultKind::OutOfRange, memory));
    assert_eq!(bad("1024", "1.5"), fault(FaultKind::OutOfRange, memory));
    assert_eq!(bad("1024", "99999999999999999999"), fault(FaultKind::OutOfRange, memory));
    let disk = "$.VirtualMachine.Devices.Scsi.disk.Attachments.0";
    assert_eq!(bad("VirtualDisk", "FloppyDisk"), fault(FaultKind::NotOneOf, &format!("{disk}.Type")));
    assert_eq!(bad("\"Type\"", "\"type\""), fault(FaultKind::UnknownMember, &format!("{disk}.type")));
    assert_eq!(bad("\"Uefi\"", "\"Bios\""), fault(FaultKind::UnknownMember, "$.VirtualMachine.Chipset.Bios"));
    assert_eq!(bad("\"VirtualMachine\"", "\"Container\""), fault(FaultKind::UnknownMember, "$.Container.Chipset"));
    assert_eq!(bad("\"Owner\": \"test\"", "\"Container\": {}"), fault(FaultKind::SeveralSections, "$"));
    assert_eq!(first(r#"{"Owner":"x","Container":null}"#, Build::B26200), fault(FaultKind::NoSection, "$"));
    assert_eq!(first("[]", Build::B26200), fault(FaultKind::WrongType, "$"));
    let braces = CONTAINER.replace("6ba9cac1-7086-5ee9-a197-c465d3f50ad7", "{6ba9cac1-7086-5ee9-a197-c465d3f50ad7}");
    assert_eq!(first(&braces, Build::B26200), fault(FaultKind::BadGuid, "$.Container.Storage.Layers[0].Id"));
}

#[test]
fn a_member_is_unknown_to_builds_before_it() {
    let services = r#"{"VirtualMachine":{"Services":{}}}"#;
    let unknown = Some((FaultKind::UnknownMember, "$.VirtualMachine.Services".to_owned()));
    assert_eq!(first(services, Build::B17763), unknown);
    assert_eq!(first(services, Build::B20348), None);
    let port = r#"{"VirtualMachine":{"Devices":{"VirtioSerial":{"Ports":{"0":{"ConsoleSupport":true}}}}}}"#;
    let unknown = "$.VirtualMachine.Devices.VirtioSerial.Ports.0.ConsoleSupport".to_owned();
    assert_eq!(first(port, Build::B20348), Some((FaultKind::UnknownMember, unknown)));
    assert_eq!(first(port, Build::B22000), None);
}

#[test]
fn every_fault_is_told_in_the_order_of_the_document() {
    let text = r#"{"A":1,"VirtualMachine":{"B":2,"Devices":{"C":{"deep":{}}}}}"#;
    let faults = check_all(&Document::parse(text).expect("JSON"), Root::ComputeSystem, Build::B26200);
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["$.A", "$.VirtualMachine.B", "$.VirtualMachine.Devices.C"]);
}

#[test]
fn the_faults_of_a_hostile_document_do_not_outgrow_it() {
    let (name, members) = ("k".repeat(1 << 20), vec![r#""a":1"#; 1 << 18].join(","));
    let text = format!(r#"{{"VirtualMachine":{{"Devices":{{"Scsi":{{"{name}":{{{members}}}}}}}}}}}"#);
    let faults = check_all(&Document::parse(&text).expect("JSON"), Root::ComputeSystem, Build::B26200);
    assert_eq!(faults.len(), 1, "the first path alone is a megabyte");
    assert_eq!(faults[0].kind, FaultKind::UnknownMember);
}

#[test]
fn a_scalar_may_stand_where_an_object_is_too_deep() {
    let inside = |value: &str| Document::parse(&("[".repeat(MAX_DEPTH) + value + &"]".repeat(MAX_DEPTH)));
    for scalar in ["1", "-7", "1.5", "18446744073709551616", "\"x\"", "null"] {
        assert!(inside(scalar).is_ok(), "{scalar}");
    }
    for nested in ["{}", r#"{"a":1}"#, "[]"] {
        assert_eq!(inside(nested).map_err(|fault| fault.kind), Err(FaultKind::TooDeep), "{nested}");
    }
}

#[test]
fn a_node_is_only_what_it_is() {
    let document = Document::parse(r#"{"text":"a\u0000b","yes":true,"none":null,"list":[1],"map":{}}"#).expect("JSON");
    let at = |name: &str| document.root().get(name).expect("a member");
    assert_eq!(at("text").as_str(), Some("a\0b"));
    assert_eq!((at("text").as_bool(), at("text").as_u64(), at("text").as_i64()), (None, None, None));
    assert_eq!((at("yes").as_bool(), at("yes").as_str()), (Some(true), None));
    assert_eq!((at("none").is_null(), at("list").is_null()), (true, false));
    assert_eq!((at("map").is_object(), at("list").is_object()), (true, false));
    assert_eq!((at("list").items().count(), at("list").members().count()), (1, 0));
    assert_eq!((document.root().items().count(), document.root().members().count()), (0, 5));
    assert!(at("yes").get("text").is_none() && document.root().path(&["map", "absent"]).is_none());
    assert_eq!(document.clone(), document);
}

#[test]
fn hostile_text_gets_a_verdict() {
    let kind = |text: &str| Document::parse(text).err().map(|fault| fault.kind);
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(kind(&nested(MAX_DEPTH)), None);
    assert_eq!(kind(&nested(MAX_DEPTH + 1)), Some(FaultKind::TooDeep));
    assert_eq!(kind(&"[".repeat(1_000_000)), Some(FaultKind::TooDeep));
    assert_eq!(kind(&" ".repeat(MAX_LENGTH + 1)), Some(FaultKind::TooLong));
    for text in ["", " ", "{", "{}}", "nul", "{\"a\":}", "\u{feff}{}", "\0", "\"\\ud800\"", "1e999", "01", "{'a':1}"] {
        assert_eq!(kind(text), Some(FaultKind::Malformed), "{text:?}");
    }
    let long = format!(r#"{{"Owner":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(kind(&long), None);
}

#[test]
fn members_that_stand_twice_are_kept_and_the_last_counts() {
    let document = Document::parse(r#"{"a":1,"b":true,"a":"two"}"#).expect("JSON");
    let root = document.root();
    assert_eq!(root.members().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "a"]);
    assert_eq!(root.get("a").and_then(|node| node.as_str()), Some("two"));
    assert_eq!(root.get("b").and_then(|node| node.as_bool()), Some(true));
}

#[test]
fn numbers_are_what_their_text_says() {
    let document = Document::parse("[0,-0,-5,18446744073709551615,18446744073709551616,1.0,1e3]").expect("JSON");
    let numbers: Vec<_> = document.root().items().map(|node| (node.as_u64(), node.as_i64())).collect();
    let none = (None, None);
    assert_eq!(numbers, [(Some(0), Some(0)), none, (None, Some(-5)), (Some(u64::MAX), None), none, none, none]);
}

#[test]
fn the_recorded_refusals_come_out_byte_for_byte() {
    let malformed = Document::parse(r#"{"Path":C:\}"#).expect_err("malformed");
    assert_eq!(
        &*error_document(Root::ComputeSystem, &malformed),
        r#"{"Error":-2147024883,"ErrorMessage":"The data is invalid.","ErrorEvents":[{"Message":"The specified compute system configuration is invalid: The data is invalid. (0x8007000D, 'Invalid JSON document '$'').","Provider":"17103e3f-3c6e-4677-bb17-3b267eb5be57","EventId":11000,"Data":[{"Type":"String","Value":"%%2147942413"},{"Type":"String","Value":"0x8007000D"},{"Type":"String","Value":"Invalid JSON document '$'"}]}]}"#
    );
    let invalid = Fault { kind: FaultKind::WrongType, path: "$".to_owned() };
    assert_eq!(
        &*error_document(Root::PropertyQuery, &invalid),
        r#"{"Error":-1070137075,"ErrorMessage":"The virtual machine or container JSON document is invalid.","ErrorEvents":[{"Message":"The specified property query is invalid: The virtual machine or container JSON document is invalid. (0xC037010D, 'Invalid JSON document '$'').","Provider":"17103e3f-3c6e-4677-bb17-3b267eb5be57","EventId":11001,"Data":[{"Type":"String","Value":"%%3224830221"},{"Type":"String","Value":"0xC037010D"},{"Type":"String","Value":"Invalid JSON document '$'"}]}]}"#
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(name in ".*", text in "\\PC*|[\\x00-\\x7f]*", number: i64, boolean: bool) {
        let written = Writer::object(|object| {
            object.string_named(&name, &text);
            object.object_named(&name, |named| named.string("inside", &text));
            object.array("list", |list| list.string(&text));
            object.object("inner", |inner| {
                inner.integer("number", number);
                inner.boolean("boolean", boolean);
            });
        });
        let document = Document::parse(&written).expect("the writer writes JSON");
        let root = document.root();
        prop_assert_eq!(root.members().next().map(|(name, node)| (name, node.as_str())), Some((&*name, Some(&*text))));
        let named = root.members().nth(1);
        prop_assert_eq!(named.map(|(name, node)| (name, node.path(&["inside"]).and_then(|node| node.as_str()))), Some((&*name, Some(&*text))));
        prop_assert_eq!(root.path(&["list"]).and_then(|list| list.items().next()?.as_str()), Some(&*text));
        prop_assert_eq!(root.path(&["inner", "number"]).and_then(|node| node.as_i64()), Some(number));
        prop_assert_eq!(root.path(&["inner", "boolean"]).and_then(|node| node.as_bool()), Some(boolean));
    }

    #[test]
    fn no_text_harms(text in "\\PC*|[{}\\[\\]\":,0-9a-z\\\\ -]*") {
        if let Ok(document) = Document::parse(&text) {
            for root in Root::ALL {
                check_all(&document, *root, Build::B17763);
            }
        }
    }
}
