//! Records that are damaged: each is refused with the line in which it is wrong, and nothing panics.

use std::ptr::{null, null_mut};

use hcs_record::Record;
use hcs_rules::build::Build;
use hcs_scenarios::replay::{Options, replay};
use proptest::prelude::*;
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{operation, wait, wide};
use crate::{read, recorded};

/// A short life, and what was written down of it.
fn life() -> String {
    recorded(5, Build::SERVER_2022, || {
        let work = operation();
        let (id, document) = (wide("vm"), wide(r#"{"VirtualMachine":{}}"#));
        let mut system = null_mut();
        // SAFETY: handles are live, strings end with a zero, pointers are to locals.
        unsafe {
            HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system);
            wait(work);
            HcsStartComputeSystem(system, work, null());
            wait(work);
            let lone_surrogate = [0xD800, 0];
            HcsModifyComputeSystem(system, work, lone_surrogate.as_ptr(), null_mut());
            HcsCloseComputeSystem(system);
            HcsCloseOperation(work);
        }
    })
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let text = life();
    read(&text);
    assert!(text.contains(r#"{"units":[55296]}"#), "{text}");
    let line_of = |part: &str| text.lines().position(|line| line.contains(part)).expect("it is there") + 1;
    let start = line_of("HcsStartComputeSystem");
    let cut = &text[..text.len() - 5];
    for (spoilt, line, told) in [
        (String::new(), 1, "there is nothing in it"),
        (cut.to_owned(), text.lines().count(), "cut off"),
        (text.replacen('{', "[", 1), 1, "no JSON"),
        (text.lines().skip(1).map(|line| format!("{line}\n")).collect(), 1, "begins with a line"),
        (text.replace("\"version\":1", "\"version\":2"), 1, "version 2"),
        (text.replace("HcsStartComputeSystem", "HcsStartNothing"), start, "no call \"HcsStartNothing\""),
        (
            text.replace("\"computesystem\":\"system1\",\"operation\"", "\"computesystem\":\"system9\",\"operation\""),
            start,
            "\"system9\" was given by no call",
        ),
        (text.replace(",\"options\":null", ""), start, "no argument \"options\""),
        (text.replace("\"options\":null", "\"options\":7"), start, "should be a string"),
        (text.replace("\"answer\":1,", "\"answer\":77,"), 3, "not open"),
        (text.replace("\"call\":2,", "\"call\":1,"), 4, "comes after"),
        (text.replacen("\"ms\":", "\"ms\":-1", 1), 2, "milliseconds"),
        (text.replacen("\"thread\":1", "\"thread\":1,\"more\":1", 1), 2, "\"more\" is not known"),
        (text.replacen("0x00000000", "0", 1), 5, "should be like"),
        (format!("{}\n{text}", text.lines().next().unwrap_or_default()), 2, "a second record"),
        (
            format!(
                "{}{}",
                text.lines().next().map(|line| format!("{line}\n")).unwrap_or_default(),
                "[".repeat(100_000) + "\n"
            ),
            2,
            "no JSON",
        ),
    ] {
        let problem = Record::read(spoilt.as_bytes()).expect_err(told);
        assert_eq!(problem.line, line, "{problem}, and not {told}");
        assert!(problem.what.contains(told), "{problem}, and not {told}");
    }
    let problem = Record::read(&b"{\"record\":\"hcs-sim\xFF\"}\n"[..]).expect_err("no UTF-8");
    assert_eq!(problem.to_string(), "line 1: it is no UTF-8");
    let long = std::io::Read::chain(&b"{"[..], std::io::repeat(b' '));
    let problem = Record::read(std::io::BufReader::new(long)).expect_err("endless");
    assert!(problem.what.contains("longer"), "{problem}");
}

#[test]
fn a_build_that_is_not_simulated_is_told() {
    let text = life().replacen("20348", "12345", 1);
    let told = replay(&read(&text), &Options::default()).expect_err("no such build");
    assert!(told.contains("12345"), "{told}");
    let build = Some(Build::SERVER_2022);
    let replayed = replay(&read(&text), &Options { build, ..Options::default() }).expect("another is said");
    assert_eq!(replayed.differences, []);
    let story = Some("nonsense".to_owned());
    let told = replay(&read(&text), &Options { build, story, ..Options::default() }).expect_err("no such word");
    assert!(told.contains("line 1") && told.contains("nonsense"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes are changed, lines are taken out, doubled and swapped: the record is refused or replayed, and nothing else.
    #[test]
    fn nothing_panics_whatever_is_done_to_a_record(
        changes in prop::collection::vec((any::<u16>(), any::<u8>(), 0..6_u8), 1..5),
    ) {
        use std::sync::OnceLock;
        static LIFE: OnceLock<String> = OnceLock::new();
        let mut lines: Vec<Vec<u8>> =
            LIFE.get_or_init(life).lines().map(|line| line.as_bytes().to_vec()).collect();
        for (at, byte, how) in changes {
            if lines.is_empty() {
                break;
            }
            let (count, at) = (lines.len(), usize::from(at));
            let line = at % count;
            match how {
                0 | 1 => {
                    let length = lines[line].len().max(1);
                    if let Some(place) = lines[line].get_mut(at / count % length) {
                        *place = byte;
                    }
                }
                2 => _ = lines.remove(line),
                3 => {
                    let copy = lines[line].clone();
                    lines.insert(line, copy);
                }
                4 => lines.swap(line, usize::from(byte) % count),
                _ => {
                    // Another number where one was.
                    let text = String::from_utf8_lossy(&lines[line]).into_owned();
                    lines[line] = text.replacen(char::is_numeric, &byte.to_string(), 1).into_bytes();
                }
            }
        }
        let text = lines.join(&b'\n');
        let ended: Vec<u8> = text.into_iter().chain([b'\n']).collect();
        if let Ok(record) = Record::read(&ended[..]) {
            _ = replay(&record, &Options { all: true, ..Options::default() });
        }
    }
}
