//! Checking a document: would a build take it, and if not, why?

pub mod corpus;
pub mod recognise;
pub mod warning;

use std::fmt::Write as _;

use hcs_machine::document::{self, Document, Fault};
use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, Root, Type, fault};

use recognise::recognise;

/// What a document is checked as.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// The document of a call.
    Call(Root),
    /// A value of this type: a part of a document, or one that a call answers with.
    Part(&'static Type),
}

impl Subject {
    /// The subject of this name: a document of a call, or any type of the schema, by its newest name or the one before.
    pub fn by_name(name: &str) -> Option<Subject> {
        let call = Root::by_name(name).or_else(|| {
            Root::ALL.iter().copied().find(|root| Type::by_name(name).is_some_and(|of| is_type_of(*root, of)))
        });
        call.map(Subject::Call).or_else(|| Type::by_name(name).map(Subject::Part))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Call(root) => root.name(),
            Subject::Part(of) => of.name,
        }
    }

    /// Its type.
    pub fn document_type(self) -> &'static Type {
        match self {
            Subject::Call(root) => root.document_type(),
            Subject::Part(of) => of,
        }
    }

    fn faults(self, document: &Document, build: Build) -> Vec<Fault> {
        match self {
            Subject::Call(root) => document::check_all(document, root, build),
            Subject::Part(of) => document::check_type(document.root(), of, build),
        }
    }
}

fn is_type_of(root: Root, of: &Type) -> bool {
    root.document_type().name == of.name
}

/// Every fault of a text as this, or as what it seems to be.
///
/// # Errors
/// When what it is cannot be told.
pub fn faults(text: &str, subject: Option<Subject>, build: Build) -> Result<Vec<Fault>, String> {
    match Document::parse(text) {
        Ok(parsed) => Ok(subject_of(&parsed, subject)?.faults(&parsed, build)),
        Err(fault) => Ok(vec![fault]),
    }
}

fn subject_of(document: &Document, subject: Option<Subject>) -> Result<Subject, String> {
    let told = subject.or_else(|| recognise(document).map(Subject::Call));
    told.ok_or_else(|| "what this document is cannot be told from its members; say it with --type".to_owned())
}

/// The verdict on a document.
#[derive(Debug)]
pub struct Report {
    /// Whether the build takes it.
    pub taken: bool,
    /// What there is to say, in lines.
    pub text: String,
}

/// Checks a text for a build, and tells what the other builds would say.
///
/// # Errors
/// When what it is cannot be told.
pub fn report(text: &str, subject: Option<Subject>, build: Build, all: bool) -> Result<Report, String> {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut say = |line: String| _ = writeln!(out, "{line}");
    let parsed = match Document::parse(text) {
        Ok(parsed) => parsed,
        Err(fault) => {
            say(sentence(&fault));
            let root = match subject {
                Some(Subject::Call(root)) => root,
                _ => Root::ComputeSystem,
            };
            say(format!("HCS answers: {}", document::error_document(root, &fault)));
            say("Every build refuses it".to_owned());
            return Ok(Report { taken: false, text: out });
        }
    };
    let recognised = subject.is_none();
    let subject = subject_of(&parsed, subject)?;
    if recognised {
        say(format!("By its members this is a {}", subject.name()));
    }
    let faults = subject.faults(&parsed, build);
    let shown = if all { faults.len() } else { faults.len().min(1) };
    for fault in &faults[..shown] {
        say(sentence(fault));
    }
    if faults.len() > shown {
        say(format!("and {} more; --all shows them", faults.len() - shown));
    }
    if let (Some(first), Subject::Call(root)) = (faults.first(), subject) {
        say(format!("HCS answers: {}", document::error_document(root, first)));
    }
    for warning in warning::warnings(&parsed, subject.document_type(), build) {
        say(format!("warning: {warning}"));
    }
    if faults.is_empty() {
        say(format!("{} ({}) takes it", build.title(), build.number()));
    }
    for line in builds(&parsed, subject) {
        say(line);
    }
    Ok(Report { taken: faults.is_empty(), text: out })
}

/// Which builds take the document; and those that do not, together where they say the same.
fn builds(document: &Document, subject: Subject) -> Vec<String> {
    let mut groups: Vec<(Vec<Fault>, Vec<String>)> = Vec::new();
    for build in Build::ALL {
        let faults = subject.faults(document, *build);
        let number = build.number().to_string();
        match groups.iter_mut().find(|(same, _)| *same == faults) {
            Some((_, numbers)) => numbers.push(number),
            None => groups.push((faults, vec![number])),
        }
    }
    // Those that take it first; there is one such group at most.
    groups.sort_by_key(|(faults, _)| !faults.is_empty());
    let line = |(faults, numbers): &(Vec<Fault>, Vec<String>)| match faults.as_slice() {
        [] => format!("Builds that take it: {}", numbers.join(", ")),
        [only] => format!("Refused by {}: {}", numbers.join(", "), sentence(only)),
        [first, more @ ..] => {
            format!("Refused by {}: {}; and {} more", numbers.join(", "), sentence(first), more.len())
        }
    };
    let mut lines: Vec<String> = groups.iter().map(line).collect();
    if groups.iter().all(|(faults, _)| !faults.is_empty()) {
        lines.insert(0, "Builds that take it: none".to_owned());
    }
    lines
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
