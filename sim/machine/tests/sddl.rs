//! Security descriptors as text: bytes against the documented layout, what is not read, any text.

use hcs_machine::layer::sddl;
use proptest::prelude::*;

/// An identifier as it lies in a descriptor.
fn sid(authority: u8, numbers: &[u32]) -> Vec<u8> {
    let mut bytes = vec![1, numbers.len() as u8, 0, 0, 0, 0, 0, authority];
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes
}

fn entry(kind: u8, flags: u8, mask: u32, sid: &[u8]) -> Vec<u8> {
    [&[kind, flags, 8 + sid.len() as u8, 0][..], &mask.to_le_bytes(), sid].concat()
}

fn list(entries: &[Vec<u8>]) -> Vec<u8> {
    let body = entries.concat();
    [&[2, 0, 8 + body.len() as u8, 0, entries.len() as u8, 0, 0, 0][..], &body].concat()
}

/// A descriptor of these parts: owner, group, audits, access; those that are empty are not there.
fn descriptor(control: u16, parts: [Vec<u8>; 4]) -> Vec<u8> {
    let mut bytes = [&[1, 0][..], &control.to_le_bytes()].concat();
    let mut at = 20;
    for part in &parts {
        bytes.extend(if part.is_empty() { 0_u32 } else { at }.to_le_bytes());
        at += part.len() as u32;
    }
    [bytes, parts.concat()].concat()
}

#[test]
fn texts_are_read_as_documented() {
    let (system, administrators) = (sid(5, &[18]), sid(5, &[32, 544]));
    let installer = sid(5, &[80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464]);
    let installer_text = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
    let table: &[(&str, Vec<u8>)] = &[
        ("", descriptor(0x8000, Default::default())),
        ("O:SY", descriptor(0x8000, [system.clone(), vec![], vec![], vec![]])),
        ("D:", descriptor(0x8004, [vec![], vec![], vec![], list(&[])])),
        ("D:NO_ACCESS_CONTROL", descriptor(0x8004, Default::default())),
        (
            "O:SYG:BAD:PAI(A;OICI;FA;;;SY)(D;;0x1301bf;;;WD)",
            descriptor(
                0x9404,
                [
                    system.clone(),
                    administrators.clone(),
                    vec![],
                    list(&[entry(0, 3, 0x1F_01FF, &system), entry(1, 0, 0x13_01BF, &sid(1, &[0]))]),
                ],
            ),
        ),
        (
            "D:(A;ID;GRGX;;;BU)S:ARAI(AU;SAFA;WDWO;;;WD)(ML;;NW;;;HI)",
            descriptor(
                0x8A14,
                [
                    vec![],
                    vec![],
                    list(&[entry(2, 0xC0, 0xC_0000, &sid(1, &[0])), entry(17, 0, 1, &sid(16, &[12288]))]),
                    list(&[entry(0, 0x10, 0xA000_0000, &sid(5, &[32, 545]))]),
                ],
            ),
        ),
    ];
    for (text, bytes) in table {
        assert_eq!(sddl::read(text).as_ref(), Some(bytes), "{text}");
    }
    let text = format!("O:{installer_text}D:(A;;FR;;;{installer_text})");
    let access = list(&[entry(0, 0, 0x12_0089, &installer)]);
    assert_eq!(sddl::read(&text), Some(descriptor(0x8004, [installer, vec![], vec![], access])));
}

#[test]
fn what_is_not_read_is_refused() {
    for text in [
        "O",
        "X:SY",
        "O:",
        "O:DA",
        "O:SYO:SY",
        "O:S-1-5",
        "O:S-1-5-",
        "O:S-1-5-4294967296",
        "O:S-1-281474976710656-1",
        "O:S-1-5-+1",
        "O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
        "D:Q",
        "D:(A;;FA;;;SY",
        "D:(A;;FA;;SY)",
        "D:(A;;FA;;;SY;more)",
        "D:(A;Q;FA;;;SY)",
        "D:(A;OIC;FA;;;SY)",
        "D:(A;;FAX;;;SY)",
        "D:(A;;ä;;;SY)",
        "D:(A;;0x1FFFFFFFF;;;SY)",
        "D:(OA;;FA;;;SY)",
        "D:(A;;FA;bf967aba-0de6-11d0-a285-00aa003049e2;;SY)",
        "D:(XA;;FA;;;SY;(1))",
        "D:(AU;;FA;;;SY)",
        "S:(A;;FA;;;SY)",
        "S:NO_ACCESS_CONTROL",
        "D:NO_ACCESS_CONTROL(A;;FA;;;SY)",
        "äO:SY",
    ] {
        assert_eq!(sddl::read(text), None, "{text}");
    }
    let many = format!("D:{}", "(A;;FA;;;SY)".repeat(4_000));
    assert_eq!(sddl::read(&many), None, "a list is no longer than its size says");
}

proptest! {
    #[test]
    fn any_text_is_a_descriptor_or_none(text in "([OGDS]:|[(;)]|A|D|FA|SY|S-1-5-|0x|[0-9ä]|P|AI|NO_ACCESS_CONTROL){0,20}|.{0,30}") {
        if let Some(bytes) = sddl::read(&text) {
            prop_assert!(bytes.len() >= 20);
        }
    }
}
