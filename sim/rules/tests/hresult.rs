//! The table of codes: each once, all of HCS's own with their texts, and the form that documents carry.

use std::collections::BTreeSet;

use hcs_rules::hresult::Hresult;

/// Whether it is a code of HCS's own: facility 0x37, as computecore returns it.
fn is_own(code: Hresult) -> bool {
    code.0 >> 16 == 0x8037
}

#[test]
fn each_code_and_each_name_stands_once_and_they_lead_to_each_other() {
    let codes: Vec<Hresult> = Hresult::all().collect();
    let names: BTreeSet<&str> = codes.iter().filter_map(|code| code.name()).collect();
    let values: BTreeSet<u32> = codes.iter().map(|code| code.0).collect();
    assert_eq!((names.len(), values.len()), (codes.len(), codes.len()));
    for code in codes {
        let name = code.name().expect("it is in the table");
        assert_eq!(Hresult::by_name(name), Some(code));
        assert_eq!((code.to_string(), format!("{code:?}")), (name.to_owned(), format!("0x{:08X} {name}", code.0)));
        assert_ne!(code.is_ok(), code.is_err());
    }
    assert_eq!(Hresult::by_name("HCS_E_SURPRISE"), None);
    let unknown = Hresult(0x8037_0199);
    assert_eq!((unknown.name(), unknown.text(), unknown.to_string().as_str()), (None, "", "0x80370199"));
}

#[test]
fn all_codes_of_the_header_are_there_with_a_text_that_ends() {
    // Two low words exist in the older family alone.
    let header: Vec<u32> = (0x8037_0100..=0x8037_0121).filter(|code| !matches!(code & 0xFF, 3 | 4)).collect();
    let own: BTreeSet<u32> = Hresult::all().filter(|code| is_own(*code)).map(|code| code.0).collect();
    assert_eq!(own.into_iter().collect::<Vec<u32>>(), header);
    for code in Hresult::all().filter(|code| is_own(*code)) {
        assert!(code.text().ends_with('.'), "{code}");
    }
}

#[test]
fn documents_carry_the_older_family_but_for_the_missing_hypervisor() {
    for code in Hresult::all() {
        let older = is_own(code) && code != Hresult::HCS_E_HYPERV_NOT_INSTALLED;
        let expected = if older { code.0 - 0x8037_0000 + 0xC037_0000 } else { code.0 };
        assert_eq!(code.in_document() as u32, expected, "{code}");
    }
    assert_eq!(Hresult::HCS_E_INVALID_JSON.in_document(), -1_070_137_075, "as recorded");
    assert_eq!(Hresult::HCS_E_HYPERV_NOT_INSTALLED.in_document(), -2_143_878_910, "as recorded");
}
