//! Any bytes as a document: read, written anew, checked for every call by an old and a new build, and answered; the same
//! each time, and no more told than a megabyte.

#![no_main]

use hcs_machine::document::{Document, Fault, check, check_all, check_type, error_document};
use hcs_rules::build::Build;
use hcs_rules::document::{MAX_DEPTH, Root};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Document::parse(text) {
        Err(fault) => {
            assert_eq!(fault.path, "$");
            for root in Root::ALL {
                is_bounded(text, *root, &fault);
            }
        }
        Ok(document) => {
            assert_eq!(Document::parse(text).as_ref(), Ok(&document), "the same text is the same document");
            // What is written anew reads the same, numbers that are not whole left aside.
            if !text.contains(['.', 'e', 'E']) {
                let written = document.root().to_json();
                let again = Document::parse(&written).expect("what is written is JSON");
                assert_eq!(again.root().to_json(), written);
            }
            for root in Root::ALL {
                for build in [Build::B17763, Build::B26200] {
                    verdict(text, &document, *root, build);
                }
            }
        }
    }
});

fn verdict(text: &str, document: &Document, root: Root, build: Build) {
    let all = check_all(document, root, build);
    assert_eq!(check(document, root, build).err().as_ref(), all.first(), "the first fault is the first of all");
    if let Some(first) = all.first() {
        is_bounded(text, root, first);
    }
    // All but the sections of a configuration is a matter of its type.
    let of_type = check_type(document.root(), root.document_type(), build);
    assert!(all.starts_with(&of_type) && (root == Root::ComputeSystem || all.len() == of_type.len()));
    // A megabyte, and the path that went beyond it.
    let told: usize = all.iter().map(|fault| fault.path.len()).sum();
    assert!(told < (1 << 20) + longest_path(text), "{told} bytes of paths");
}

/// The names of a path stand in the text, and each element's number is shorter than the elements before it.
fn longest_path(text: &str) -> usize {
    text.len() + MAX_DEPTH * 8
}

fn is_bounded(text: &str, root: Root, fault: &Fault) {
    assert!(fault.path.starts_with('$') && fault.path.len() <= longest_path(text), "{}", fault.path.len());
    let answer = error_document(root, fault);
    // The path stands in it twice, each byte six long at most.
    assert!(answer.len() < 2048 + 12 * fault.path.len(), "{}", answer.len());
    assert!(Document::parse(&answer).is_ok(), "what is answered is JSON: {answer}");
}
