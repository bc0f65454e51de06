//! Checking a document: would a build take it, and if not, why?

use hcs_machine::document::{self, Document, Fault};
use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, Root, fault};

/// The document's type, if it can be told from its members.
pub fn recognise(document: &Document) -> Option<Root> {
    let root = document.root();
    let has = |name| root.get(name).is_some();
    if has("SystemType") {
        Some(Root::ContainerConfigV1)
    } else if ["VirtualMachine", "Container", "HostedSystem", "SchemaVersion"].into_iter().any(has) {
        Some(Root::ComputeSystem)
    } else if ["PropertyTypes", "Queries"].into_iter().any(has) {
        Some(Root::PropertyQuery)
    } else if ["Ids", "Names", "Types", "Owners"].into_iter().any(has) {
        Some(Root::SystemQuery)
    } else {
        None
    }
}

/// Every fault of a text as a document of this type, or of the type that it seems to be.
///
/// # Errors
/// When the type cannot be told.
pub fn faults(text: &str, root: Option<Root>, build: Build) -> Result<Vec<Fault>, String> {
    let parsed = match Document::parse(text) {
        Ok(parsed) => parsed,
        Err(fault) => return Ok(vec![fault]),
    };
    let root = root.or_else(|| recognise(&parsed));
    let root = root.ok_or("what this document is cannot be told from its members; say it with --type")?;
    Ok(document::check_all(&parsed, root, build))
}

/// A fault as a sentence.
pub fn sentence(found: &Fault) -> String {
    let what = match found.kind {
        FaultKind::Malformed => "is no JSON",
        FaultKind::TooDeep => "is nested too deeply",
        FaultKind::TooLong => "is too long",
        FaultKind::UnknownMember => "is no member that this build knows",
        FaultKind::WrongType => "is of the wrong type",
        FaultKind::OutOfRange => "is out of range",
        FaultKind::NotOneOf => "is none of the strings allowed here",
        FaultKind::BadGuid => "is no GUID in the form 8-4-4-4-12",
        FaultKind::UnsupportedVersion => "names a schema version that the build does not support",
        FaultKind::NoSection => "has none of Container, VirtualMachine and HostedSystem",
        FaultKind::SeveralSections => "has more than one of Container, VirtualMachine and HostedSystem",
    };
    let row = fault(found.kind);
    format!("{} {what}: {} ({})", found.path, row.code, row.id)
}
