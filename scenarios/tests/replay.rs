//! The command `hcs-sim replay`: its words and its exit codes.

mod common;

use common::{Folder, printed};

const MACHINE: &str = include_str!("records/machine.jsonl");

fn put(folder: &Folder, name: &str, text: &str) {
    std::fs::write(folder.0.join(name), text).expect("it can be written");
}

#[test]
fn a_record_of_a_world_replays_without_a_difference() {
    let folder = Folder::new("replay-equal");
    put(&folder, "machine.jsonl", MACHINE);
    let told = printed(&folder, &["replay", "machine.jsonl"], 0);
    let summary = "machine.jsonl: 7 calls and 0 events of a simulated world, on Windows Server 2022 with seed 5";
    assert_eq!(told, format!("{summary}; not made again: DetachVirtualDisk (1): no difference\n"));
}

#[test]
fn the_first_difference_is_named_with_both_lines_and_all_on_request() {
    let folder = Folder::new("replay-different");
    let spoilt = MACHINE.replace("0x80070057", "0x80070005");
    let line = MACHINE.lines().position(|line| line.contains("0x80070057")).expect("it is there") + 1;
    put(
        &folder,
        "machine.jsonl",
        &spoilt.replace("\"code\":\"0x00000000\",\"gives\":{}", "\"code\":\"0x00000001\",\"gives\":{}"),
    );
    let told = printed(&folder, &["replay", "machine.jsonl", "--all"], 1);
    assert!(told.contains(&format!("line {line}: HcsDestroyLayer: the code differs\n  recorded:  {{")), "{told}");
    assert!(told.contains(": 2 differences\n"), "{told}");
    let first = printed(&folder, &["replay", "machine.jsonl"], 1);
    assert!(first.starts_with("line 7: HcsGrantVmGroupAccess: the code differs\n"), "{first}");
    assert!(
        first.lines().nth(1).is_some_and(|line| line.starts_with("  recorded:  {") && line.contains("0x00000001")),
        "{first}"
    );
    assert!(
        first.lines().nth(2).is_some_and(|line| line.starts_with("  simulated: {") && line.contains("0x00000000")),
        "{first}"
    );
    assert!(first.ends_with(": a difference\n"), "{first}");
}

#[test]
fn what_the_world_is_told_before_and_another_seed_and_build_are_taken() {
    let folder = Folder::new("replay-told");
    put(&folder, "machine.jsonl", MACHINE);
    put(&folder, "no-service.txt", "service stop\n");
    let told = printed(
        &folder,
        &["replay", "machine.jsonl", "--story", "no-service.txt", "--build", "17763", "--seed", "1"],
        1,
    );
    assert!(told.contains("HcsCreateComputeSystem") && told.contains("with seed 1"), "{told}");
    put(&folder, "bad.txt", "service stop\nnonsense\n");
    let told = printed(&folder, &["replay", "machine.jsonl", "--story", "bad.txt"], 2);
    assert!(told.contains("line 2") && told.contains("nonsense"), "{told}");
}

#[test]
fn what_is_no_record_is_told_with_its_line() {
    let folder = Folder::new("replay-unreadable");
    put(&folder, "machine.jsonl", &MACHINE[..MACHINE.len() - 4]);
    let lines = MACHINE.lines().count();
    let told = printed(&folder, &["replay", "machine.jsonl"], 2);
    assert_eq!(told, format!("hcs-sim: machine.jsonl, line {lines}: it has no end: the record is cut off\n"));
    let told = printed(&folder, &["replay", "none.jsonl"], 2);
    assert!(told.starts_with("hcs-sim: none.jsonl: "), "{told}");
}
