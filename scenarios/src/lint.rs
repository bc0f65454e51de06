//! Checking a document: which builds would take it, and why the others would not.

use hcs_machine::document::{self, Document, Fault, Node};
use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, Root, Shape, Type, Version, fault};

/// What a document is checked as.
#[derive(Clone, Copy, Debug)]
pub enum As {
    /// The document of a call.
    Root(Root),
    /// A type of the schema, wherever it may stand.
    Type(&'static Type),
}

impl As {
    /// The document of this name, or the type.
    pub fn by_name(name: &str) -> Option<As> {
        Root::by_name(name).map(As::Root).or_else(|| Type::by_name(name).map(As::Type))
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
}

/// The members that give a document away, most telling first.
const TELLING: &[(Root, &[&str])] = &[
    (Root::ContainerConfigV1, &["SystemType"]),
    (Root::ComputeSystem, &["VirtualMachine", "HostedSystem", "HostingSystemId", "ShouldTerminateOnLastHandleClosed"]),
    (Root::ModifyRequest, &["ResourcePath", "RequestType", "GuestRequest"]),
    (Root::ProcessParameters, &["CommandLine", "CommandArgs", "ApplicationName", "CreateStdInPipe", "OCIProcess"]),
    (Root::PauseOptions, &["SuspensionLevel", "HostedNotification"]),
    (Root::SaveOptions, &["SaveType", "SaveStateFilePath"]),
    (Root::ShutdownOptions, &["Mechanism", "Force", "Reason"]),
    (Root::ProcessModification, &["CloseHandle", "ConsoleSize"]),
    (Root::SignalOptions, &["Signal"]),
    (Root::ServiceModification, &["PropertyType"]),
    (Root::ServiceQuery, &["PropertyQueries", "FilteredQueries"]),
    (Root::SystemQuery, &["Ids", "Names", "Types", "Owners"]),
    (Root::CrashReport, &["SystemId", "CrashParameters", "WindowsCrashInfo", "CrashLog"]),
    (Root::LayerData, &["Layers"]),
    (Root::ExportLayerOptions, &["IsWritableLayer"]),
    (Root::OsLayerOptions, &["SkipUpdateBcdForBoot", "DisableCiCacheOptimization"]),
    // `Type` alone is that of a crash as well as of a shutdown; the value tells.
    (Root::CrashOptions, &["Type"]),
    (Root::ComputeSystem, &["Container", "SchemaVersion", "Owner"]),
];

/// What a document is, if that can be told from its members.
pub fn recognise(document: &Document) -> Option<Root> {
    let root = document.root();
    if let Some(types) = root.get("PropertyTypes").or_else(|| root.get("Queries")) {
        let choice = |root: Root| match root.document_type().member("PropertyTypes").map(|member| member.shape) {
            Some(Shape::Array(Shape::OneOf(of))) => {
                let known = |item: Node<'_>| of.values.iter().any(|value| Some(value.name) == item.as_str());
                types.items().filter(|item| known(*item)).count()
            }
            _ => 0,
        };
        // Of two kinds of query, the one that knows more of the names; `Memory` alone is a system's.
        let service = root.get("PropertyQueries").is_some() || choice(Root::ServiceQuery) > choice(Root::PropertyQuery);
        return Some(if service { Root::ServiceQuery } else { Root::PropertyQuery });
    }
    if root.get("Type").and_then(Node::as_str).is_some_and(|kind| ["Shutdown", "Reboot", "Hibernate"].contains(&kind)) {
        return Some(Root::ShutdownOptions);
    }
    if root.get("Container").is_some() && root.get("SchemaVersion").is_some() {
        return Some(Root::ComputeSystem);
    }
    let tells = |names: &[&str]| names.iter().any(|name| root.get(name).is_some());
    TELLING.iter().find(|(_, names)| tells(names)).map(|(root, _)| *root)
}

/// What a build says to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The build.
    pub build: Build,
    /// Its faults, in the order of the document; none if it takes it.
    pub faults: Vec<Fault>,
}

/// What came of checking a document.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it was taken for; `None` if it is no JSON.
    pub what: Option<As>,
    /// What each build says.
    pub verdicts: Vec<Verdict>,
    /// What every build takes and does not heed.
    pub warnings: Vec<String>,
}

/// Checks a text as a document of this type, or of the type that it seems to be, on every build.
///
/// # Errors
/// When the type cannot be told.
pub fn check(text: &str, what: Option<As>) -> Result<Checked, String> {
    let on_every =
        |faults: Vec<Fault>| Build::ALL.iter().map(|build| Verdict { build: *build, faults: faults.clone() }).collect();
    let parsed = match Document::parse(text) {
        Ok(parsed) => parsed,
        Err(fault) => return Ok(Checked { what: None, verdicts: on_every(vec![fault]), warnings: Vec::new() }),
    };
    let what = what.or_else(|| recognise(&parsed).map(As::Root));
    let what = what.ok_or("what this document is cannot be told from its members; say it with --type")?;
    let verdicts =
        Build::ALL.iter().map(|build| Verdict { build: *build, faults: what.faults(&parsed, *build) }).collect();
    Ok(Checked { what: Some(what), verdicts, warnings: warnings(&parsed, what) })
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

/// What is taken and not heeded: members that are newer than the version which the document declares. Only one such is
/// known to matter; others work all the same (two clients), so that this is a warning.
fn warnings(document: &Document, what: As) -> Vec<String> {
    let declared = |part| document.root().path(&["SchemaVersion", part]).and_then(Node::as_u64);
    let (Some(major), Some(minor)) = (declared("Major"), declared("Minor")) else { return Vec::new() };
    let (Ok(major), Ok(minor)) = (u8::try_from(major), u8::try_from(minor)) else { return Vec::new() };
    let mut newer = Vec::new();
    look(document.root(), &Shape::Object(what.document_type()), (major, minor), "$", &mut newer);
    let says = |(path, since): (String, Version)| {
        let heeded = match path.as_str() {
            "$.VirtualMachine.Services" => "HCS drops it without a word, and a shutdown fails later",
            _ => "HCS takes it all the same",
        };
        format!("{path} is of schema {}.{}, the document declares {major}.{minor}: {heeded}", since.0, since.1)
    };
    newer.into_iter().map(says).collect()
}

/// Collects the members that are newer than a version.
fn look(node: Node<'_>, shape: &Shape, declared: Version, path: &str, newer: &mut Vec<(String, Version)>) {
    match shape {
        Shape::Object(of) => {
            for (name, value) in node.members() {
                let Some(member) = of.member(name) else { continue };
                let path = format!("{path}.{name}");
                if member.since > declared {
                    newer.push((path, member.since));
                } else {
                    look(value, &member.shape, declared, &path, newer);
                }
            }
        }
        Shape::Map(of) => {
            node.members().for_each(|(name, value)| look(value, of, declared, &format!("{path}.{name}"), newer));
        }
        Shape::Array(of) => {
            let items = node.items().enumerate();
            items.for_each(|(index, value)| look(value, of, declared, &format!("{path}[{index}]"), newer));
        }
        _ => {}
    }
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
