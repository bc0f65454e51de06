//! Holding our tables of types against published schema files, in both directions.

use std::collections::BTreeSet;

use hcs_machine::document::{Document, Node};
use hcs_rules::document::schema::{CHOICES, TYPES};
use hcs_rules::document::{Choice, Shape, Type, Version};

/// The files, and the schema version of each.
pub const FILES: [(&str, Version); 5] =
    [("1809", (2, 1)), ("1903", (2, 2)), ("2004", (2, 3)), ("2104", (2, 5)), ("21H2", (2, 6))];

/// Differences that are meant, with the reason. The first word is the place; `*` stands for any file.
const MEANT: &[(&str, &str)] = &[
    ("* ComputeSystem.HostedSystem", "typed as any object there, as HostedSystem in the reference"),
    (
        "* ModificationRequest.PropertyType",
        "the older files reuse the choices of queries, of which two can be modified",
    ),
    ("2004 Container.AdditionalDeviceNamespace", "since 2.3 by the reference; the file of 2004 lacks it"),
    ("2104 VirtualMachine_Processor.DisableSpeculationControls", "in the reference alone"),
    ("21H2 VirtualMachine_Processor.DisableSpeculationControls", "in the reference alone"),
    ("2104 VirtualMachine_Processor.EnablePageShattering", "in the reference alone"),
    ("21H2 VirtualMachine_Processor.EnablePageShattering", "in the reference alone"),
    ("2104 VirtualMachine_Processor.ProcessorFeatureSet", "in the reference alone"),
    ("21H2 VirtualMachine_Processor.ProcessorFeatureSet", "in the reference alone"),
];

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file's name, the type, and the member or value.
    pub place: String,
    /// What differs.
    pub what: String,
    /// Why it is meant, if it is.
    pub meant: Option<&'static str>,
}

/// The differences between our tables and the file of one version.
///
/// # Errors
/// When the file is no JSON or has no definitions.
pub fn compare(file: &str, version: Version, text: &str) -> Result<Vec<Difference>, String> {
    let document = Document::parse(text).map_err(|fault| format!("{file}: {:?} at {}", fault.kind, fault.path))?;
    let definitions = document.root().get("definitions").ok_or_else(|| format!("{file}: no definitions"))?;
    let mut found = Found { file, version, definitions, differences: Vec::new() };
    let mut theirs = BTreeSet::new();
    for (name, definition) in definitions.members() {
        theirs.insert(name);
        found.definition(name, definition);
    }
    let there = |name: &str, formerly: Option<&str>| {
        theirs.contains(name) || formerly.is_some_and(|formerly| theirs.contains(formerly))
    };
    for of in TYPES.iter().filter(|of| of.since.0 > 1 && of.is_in(version)) {
        if !there(of.name, of.formerly) {
            found.note(of.name, "the type is in our tables alone");
        }
    }
    Ok(found.differences)
}

struct Found<'a> {
    file: &'a str,
    version: Version,
    definitions: Node<'a>,
    differences: Vec<Difference>,
}

impl Found<'_> {
    fn note(&mut self, place: &str, what: &str) {
        let place = format!("{} {place}", self.file);
        let any = place.replacen(self.file, "*", 1);
        let meant = MEANT.iter().find(|(known, _)| *known == place || *known == any).map(|(_, reason)| *reason);
        let meant = meant.or_else(|| what.starts_with("since").then_some(NEWER));
        self.differences.push(Difference { place, what: what.to_owned(), meant });
    }

    fn definition(&mut self, name: &str, definition: Node<'_>) {
        if let Some(values) = definition.get("enum") {
            return match CHOICES.iter().find(|of| of.name == name || of.formerly == Some(name)) {
                Some(of) => self.choice(of, values),
                None => self.note(name, "the choice is in the file alone"),
            };
        }
        let of = TYPES.iter().find(|of| of.name == name || of.formerly == Some(name));
        match of {
            Some(of) if of.is_in(self.version) => self.members(of, definition),
            Some(_) => self.note(name, "the file has the type, our tables end or begin it elsewhere"),
            // A definition that is a map alone has no type of its own in our tables.
            None if definition.get("properties").is_none() && definition.get("additionalProperties").is_some() => {}
            None => self.note(name, "the type is in the file alone"),
        }
    }

    fn members(&mut self, of: &'static Type, definition: Node<'_>) {
        let theirs = definition.get("properties");
        let mut seen = BTreeSet::new();
        for (name, property) in theirs.into_iter().flat_map(Node::members) {
            seen.insert(name);
            let place = format!("{}.{name}", of.name);
            match of.member(name) {
                None => self.note(&place, "the member is in the file alone"),
                Some(member) if !member.is_in(self.version) => {
                    let (major, minor) = member.since;
                    self.note(&place, &format!("since {major}.{minor} by the reference, in the file before"));
                }
                Some(member) => {
                    let (their, our) = (self.theirs(property), ours(&member.shape));
                    if their != our && member.used_by.is_none() {
                        self.note(&place, &format!("{their} in the file, {our} in our tables"));
                    }
                }
            }
        }
        let version = self.version;
        let known = of.members.iter().filter(|member| member.used_by.is_none() && member.is_in(version));
        for member in known.filter(|member| !seen.contains(member.name)) {
            self.note(&format!("{}.{}", of.name, member.name), "the member is in our tables alone");
        }
    }

    fn choice(&mut self, of: &'static Choice, values: Node<'_>) {
        let theirs: BTreeSet<&str> = values.items().filter_map(Node::as_str).collect();
        for name in &theirs {
            match of.values.iter().find(|value| value.name == *name) {
                None => self.note(&format!("{}={name}", of.name), "the value is in the file alone"),
                Some(value) if !value.is_in(self.version) => {
                    let (major, minor) = value.since;
                    let what = format!("since {major}.{minor} by the reference, in the file before");
                    self.note(&format!("{}={name}", of.name), &what);
                }
                Some(_) => {}
            }
        }
        let version = self.version;
        let known = of.values.iter().filter(|value| value.used_by.is_none() && value.is_in(version));
        for value in known.filter(|value| !theirs.contains(value.name)) {
            self.note(&format!("{}={}", of.name, value.name), "the value is in our tables alone");
        }
    }

    /// The shape of a property of the file, spelled as [`ours`] spells it.
    fn theirs(&self, property: Node<'_>) -> String {
        if let Some(reference) = property.get("$ref").and_then(Node::as_str) {
            let name = reference.rsplit('/').next().unwrap_or(reference);
            let Some(definition) = self.definitions.get(name) else { return format!("{name}, which is nowhere") };
            let newest = newest(name);
            return if definition.get("enum").is_some() {
                format!("one of {newest}")
            } else if definition.get("properties").is_none() && definition.get("additionalProperties").is_some() {
                self.theirs(definition)
            } else if definition.get("type").and_then(Node::as_str) == Some("object") {
                newest.to_owned()
            } else {
                self.theirs(definition)
            };
        }
        let text = |name: &str| property.get(name).and_then(Node::as_str);
        match (text("type"), text("format")) {
            (Some("object"), _) => match property.get("additionalProperties").filter(|of| of.is_object()) {
                Some(of) if of.members().count() == 1 && of.get("type").and_then(Node::as_str) == Some("object") => {
                    "map of anything".to_owned()
                }
                Some(of) => format!("map of {}", self.theirs(of)),
                None => "anything".to_owned(),
            },
            (Some("array"), _) => {
                let items = property.get("items").map_or("anything".to_owned(), |items| self.theirs(items));
                format!("array of {items}")
            }
            (Some("boolean"), _) => "boolean".to_owned(),
            (Some("string"), _) if property.get("pattern").is_some() => "guid".to_owned(),
            (Some("string"), _) => "text".to_owned(),
            (Some("integer"), Some("uint8" | "byte")) => "0..=255".to_owned(),
            (Some("integer"), Some("uint16")) => "0..=65535".to_owned(),
            (Some("integer"), Some("uint32")) => format!("0..={}", u32::MAX),
            (Some("integer"), Some("int32")) => format!("{}..={}", i32::MIN, i32::MAX),
            (Some("integer"), Some("int64")) => format!("{}..={}", i64::MIN, i64::MAX),
            (Some("integer"), _) => format!("0..={}", u64::MAX),
            _ => "anything".to_owned(),
        }
    }
}

/// Why a member or a value can be in a file and yet be newer by our tables.
const NEWER: &str = "the reference's version wins over the file";

/// The newest name of a type or a choice.
fn newest(name: &str) -> &str {
    let of_type = TYPES.iter().find(|of| of.formerly == Some(name)).map(|of| of.name);
    of_type.or_else(|| CHOICES.iter().find(|of| of.formerly == Some(name)).map(|of| of.name)).unwrap_or(name)
}

/// A shape of our tables, spelled out.
fn ours(shape: &Shape) -> String {
    match shape {
        Shape::Object(of) => of.name.to_owned(),
        Shape::Map(of) => format!("map of {}", ours(of)),
        Shape::Array(of) => format!("array of {}", ours(of)),
        Shape::Text => "text".to_owned(),
        Shape::Guid => "guid".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Unsigned { max } => format!("0..={max}"),
        Shape::Integer { min, max } => format!("{min}..={max}"),
        Shape::OneOf(of) => format!("one of {}", of.name),
        Shape::Anything => "anything".to_owned(),
    }
}
