//! Any bytes as a document of any call: a verdict, the same each time, and no more told than a megabyte.

#![no_main]

use hcs_machine::document::{Document, check, check_all, error_document};
use hcs_rules::build::Build;
use hcs_rules::document::Root;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(document) = Document::parse(text) else { return };
    assert_eq!(Document::parse(text).as_ref(), Ok(&document), "the same text is the same document");
    // What is written anew reads the same, numbers that are not whole left aside.
    if !text.contains(['.', 'e', 'E']) {
        let written = document.root().to_json();
        let again = Document::parse(&written).expect("what is written is JSON");
        assert_eq!(again.root().to_json(), written);
    }
    for root in Root::ALL {
        for build in [Build::B17763, Build::B26200] {
            let faults = check_all(&document, *root, build);
            assert_eq!(check(&document, *root, build).err().as_ref(), faults.first(), "the first of all is the first");
            let told: usize = faults.iter().map(|fault| fault.path.len()).sum();
            assert!(told < (1 << 20) + text.len() + 64, "{told} bytes told of {}", text.len());
            if let Some(fault) = faults.first() {
                let answer = error_document(*root, fault);
                assert!(Document::parse(&answer).is_ok(), "the answer is JSON: {answer}");
            }
        }
    }
});
