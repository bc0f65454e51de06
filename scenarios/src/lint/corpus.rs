//! A folder of documents that clients have sent or that are published, with a manifest that tells what each is: checks
//! that each gets the verdict that it is known for.

use std::path::Path;

use hcs_machine::document::{Document, Node};
use hcs_rules::build::Build;
use hcs_rules::document::FaultKind;

use super::{Subject, faults, recognise::recognise, sentence};

/// A document that the double refuses, and rightly.
#[derive(Debug)]
pub struct Refused {
    /// The file, by the end of its path.
    pub file: &'static str,
    /// What is wrong with it.
    pub kind: FaultKind,
    /// Where.
    pub path: &'static str,
    /// Why that is right.
    pub why: &'static str,
}

/// The documents that are refused.
pub const REFUSED: &[Refused] = &[Refused {
    file: "virtualization-documentation-samples-12.json",
    kind: FaultKind::BadGuid,
    path: "$.VirtualMachine.Devices.NetworkAdapters.Adapter0.EndpointId",
    why: "`%ws`: the program that the sample is from fills a GUID in",
}];

/// The builds that the documents are checked on: some have members of schema 2.5, and nothing that is taken by one is
/// refused by a later one.
fn builds() -> impl Iterator<Item = Build> {
    Build::ALL.iter().copied().filter(|build| *build >= Build::SERVER_2022)
}

/// Checks every document of a folder; answers what there is to say, and whether every verdict is the one expected.
///
/// # Errors
/// When the manifest or a document cannot be read.
pub fn folder(folder: &Path) -> Result<(Vec<String>, bool), String> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let manifest = Document::parse(&read(&folder.join("manifest.json"))?).map_err(|fault| sentence(&fault))?;
    let (mut told, mut as_expected, mut checked, mut refused) = (Vec::new(), true, 0, 0);
    for entry in manifest.root().items() {
        let text = |name| entry.get(name).and_then(Node::as_str);
        let (Some(file), Some(kind)) = (text("file"), text("schema_type")) else {
            return Err("an entry of the manifest has no file or no schema_type".to_owned());
        };
        let subject = Subject::by_name(kind).ok_or_else(|| format!("{file}: no type {kind}"))?;
        checked += 1;
        refused += usize::from(REFUSED.iter().any(|refused| file.ends_with(refused.file)));
        for problem in problems(file, &read(&folder.join(file))?, subject)? {
            as_expected = false;
            told.push(format!("{file}: {problem}"));
        }
    }
    told.push(format!("{checked} documents, {refused} of them refused as they should be"));
    Ok((told, as_expected))
}

/// What is not as expected with one document.
fn problems(file: &str, text: &str, subject: Subject) -> Result<Vec<String>, String> {
    let expected = REFUSED.iter().find(|refused| file.ends_with(refused.file));
    let mut problems = Vec::new();
    for build in builds() {
        let found = faults(text, Some(subject), build)?;
        let as_expected = match (expected, found.as_slice()) {
            (None, []) => true,
            (Some(refused), [only]) => only.kind == refused.kind && only.path == refused.path,
            _ => false,
        };
        if !as_expected {
            let what = if expected.is_some() { "is not refused as expected" } else { "is refused" };
            let why: Vec<String> = found.iter().map(sentence).collect();
            problems.push(format!("{} {what}: {}", build.number(), why.join("; ")));
        }
    }
    // Of two calls that know the same members and values, either may be taken for it.
    if let Ok(document) = Document::parse(text) {
        match recognise(&document) {
            Some(call) if call.document_type().name == subject.document_type().name => {}
            Some(call) if faults(text, Some(Subject::Call(call)), Build::SERVER_2022)?.is_empty() => {}
            Some(call) => problems.push(format!("is taken for a {}", call.name())),
            None => problems.push("is not recognised".to_owned()),
        }
    }
    Ok(problems)
}
