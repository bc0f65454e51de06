//! Checking a document: which builds would take it, and why the others would not.

mod recognise;
pub mod warning;

use hcs_machine::document::{self, Document, Fault};
use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, Root, Type, fault};

pub use recognise::recognise;
use warning::warnings;

/// What a document is checked as.
#[derive(Clone, Copy, Debug)]
pub enum As {
    /// The document of a call.
    Root(Root),
    /// A type of the schema, wherever it may stand.
    Type(&'static Type),
}

impl As {
    /// The document of this name, or the type: as the document of a call where it is one.
    pub fn by_name(name: &str) -> Option<As> {
        let as_type = |of: &'static Type| {
            let root = Root::ALL.iter().find(|root| root.document_type().name == of.name);
            root.map_or(As::Type(of), |root| As::Root(*root))
        };
        Root::by_name(name).map(As::Root).or_else(|| Type::by_name(name).map(as_type))
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            As::Root(root) => root.name(),
            As::Type(of) => of.name,
        }
    }

    /// The type.
    pub fn document_type(self) -> &'static Type {
        match self {
            As::Root(root) => root.document_type(),
            As::Type(of) => of,
        }
    }

    /// Every fault on a build.
    pub fn faults(self, document: &Document, build: Build) -> Vec<Fault> {
        match self {
            As::Root(root) => document::check_all(document, root, build),
            As::Type(of) => document::check_type(document.root(), of, build),
        }
    }

    /// The result document with which HCS tells of a fault, if it is in the document of a call.
    pub fn answer(self, fault: &Fault) -> Option<String> {
        match self {
            As::Root(root) => Some(document::error_document(root, fault).to_string()),
            As::Type(_) => None,
        }
    }
}

/// What a build says to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The build.
    pub build: Build,
    /// Its faults, in the order of the document; none if it takes it.
    pub faults: Vec<Fault>,
    /// What it takes and does not heed.
    pub warnings: Vec<String>,
}

/// What came of checking a document.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it was taken for; `None` if it is no JSON and its type was not given.
    pub what: Option<As>,
    /// What each build says.
    pub verdicts: Vec<Verdict>,
}

/// Checks a text as a document of this type, or of the type that it seems to be, on every build.
///
/// # Errors
/// When the type cannot be told.
pub fn check(text: &str, what: Option<As>) -> Result<Checked, String> {
    let on_every = |verdict: &dyn Fn(Build) -> Verdict| Build::ALL.iter().map(|build| verdict(*build)).collect();
    let parsed = match Document::parse(text) {
        Ok(parsed) => parsed,
        Err(fault) => {
            let verdict = |build| Verdict { build, faults: vec![fault.clone()], warnings: Vec::new() };
            return Ok(Checked { what, verdicts: on_every(&verdict) });
        }
    };
    let what = what.or_else(|| recognise(&parsed).map(As::Root));
    let what = what.ok_or("what this document is cannot be told from its members; say it with --type")?;
    let verdict = |build| Verdict {
        build,
        faults: what.faults(&parsed, build),
        warnings: warnings(&parsed, what.document_type(), build),
    };
    Ok(Checked { what: Some(what), verdicts: on_every(&verdict) })
}

/// Every fault of a text on one build.
///
/// # Errors
/// When the type cannot be told.
pub fn faults(text: &str, root: Option<Root>, build: Build) -> Result<Vec<Fault>, String> {
    let checked = check(text, root.map(As::Root))?;
    let of = checked.verdicts.into_iter().find(|verdict| verdict.build == build);
    Ok(of.map(|verdict| verdict.faults).unwrap_or_default())
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
