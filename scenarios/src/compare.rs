//! The tables of documents against the published schema files, in both directions.
//!
//! The files are not part of the repository. Where they lie beside it, `.ci/run` compares; the differences that are meant
//! are listed in [`known`], each with its reason, and any other one fails.

pub mod known;

use std::collections::BTreeSet;
use std::path::Path;

use hcs_machine::document::{Document, Node};
use hcs_rules::document::schema::{CHOICES, TYPES};
use hcs_rules::document::{Choice, Member, Shape, Type, Version};

/// The published files, and the schema version that each is of.
pub const FILES: [(&str, Version); 5] =
    [("1809", (2, 1)), ("1903", (2, 2)), ("2004", (2, 3)), ("2104", (2, 5)), ("21H2", (2, 6))];

/// A difference between a file and the tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What differs: `Type`, `Type.Member` or `Choice=Value`, by the tables' names.
    pub what: String,
    /// How.
    pub how: How,
    /// The file.
    pub file: &'static str,
}

/// How a file and the tables differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The file has it, the tables have not, not in this version.
    OnlyInFile,
    /// The tables have it in this version, as published; the file has not.
    OnlyInTables,
    /// Both have it, with other shapes: the file's, and the tables'.
    Shape(String, String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference { what, how, file } = self;
        match how {
            How::OnlyInFile => write!(out, "{file}: {what} is in the file only"),
            How::OnlyInTables => write!(out, "{file}: {what} is in the tables only"),
            How::Shape(theirs, ours) => write!(out, "{file}: {what} is {theirs} in the file, {ours} in the tables"),
        }
    }
}

/// Compares the tables with every file of a folder.
///
/// # Errors
/// When a file cannot be read.
pub fn folder(folder: &Path) -> Result<Vec<Difference>, String> {
    let mut found = Vec::new();
    for (file, version) in FILES {
        let path = folder.join(format!("{file}.json"));
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let document = Document::parse(&text).map_err(|_| format!("{} is no JSON", path.display()))?;
        let definitions = document.root().get("definitions").ok_or_else(|| format!("{file} has no definitions"))?;
        found.extend(one(file, version, definitions));
    }
    found.sort();
    Ok(found)
}

/// A definition of the tables.
#[derive(Clone, Copy)]
enum Known {
    Type(&'static Type),
    Choice(&'static Choice),
}

impl Known {
    fn name(self) -> &'static str {
        match self {
            Known::Type(of) => of.name,
            Known::Choice(of) => of.name,
        }
    }

    fn formerly(self) -> Option<&'static str> {
        match self {
            Known::Type(of) => of.formerly,
            Known::Choice(of) => of.formerly,
        }
    }

    /// Whether a published file of this version should have it. A choice has no version of its own: it is there for the
    /// members that take it.
    fn is_published(self, version: Version) -> bool {
        let of_file = |of: &Type| of.is_in(version) && of.since.0 == 2;
        match self {
            Known::Type(of) => of_file(of),
            Known::Choice(of) => {
                let takes =
                    |member: &Member| member.is_in(version) && member.used_by.is_none() && takes(member.shape, of);
                TYPES.iter().any(|known| of_file(known) && known.members.iter().any(takes))
            }
        }
    }

    /// The definition that a file of this version has under this name.
    fn of_file(name: &str, version: Version) -> Option<Known> {
        let all = || TYPES.iter().map(|of| Known::Type(of)).chain(CHOICES.iter().map(|of| Known::Choice(of)));
        let formerly = all().find(|of| version < RENAMED && of.formerly() == Some(name));
        formerly.or_else(|| all().find(|of| of.name() == name && (version >= RENAMED || of.formerly().is_none())))
    }
}

/// Whether a shape is this choice, or maps or arrays of it.
fn takes(shape: Shape, choice: &Choice) -> bool {
    match shape {
        Shape::OneOf(of) | Shape::OneOfOrNumber(of, _) => of.name == choice.name,
        Shape::Map(of) | Shape::Array(of) => takes(*of, choice),
        _ => false,
    }
}

/// The version from which on definitions have their names of today.
const RENAMED: Version = (2, 4);

/// Compares one file: its `definitions`.
pub fn one(file: &'static str, version: Version, definitions: Node<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut tell = |what: String, how: How| found.push(Difference { what, how, file });
    let mut seen = BTreeSet::new();
    for (name, definition) in definitions.members() {
        let Some(known) = Known::of_file(name, version) else {
            tell(name.to_owned(), How::OnlyInFile);
            continue;
        };
        seen.insert(known.name());
        if !known.is_published(version) {
            tell(known.name().to_owned(), How::OnlyInFile);
        }
        match known {
            Known::Type(of) => members(of, version, definition, &mut tell),
            Known::Choice(of) => values(of, version, definition, &mut tell),
        }
    }
    let all = TYPES.iter().map(|of| Known::Type(of)).chain(CHOICES.iter().map(|of| Known::Choice(of)));
    for known in all.filter(|known| known.is_published(version) && !seen.contains(known.name())) {
        tell(known.name().to_owned(), How::OnlyInTables);
    }
    found
}

fn members(of: &'static Type, version: Version, definition: Node<'_>, tell: &mut impl FnMut(String, How)) {
    let theirs = definition.get("properties");
    for (name, property) in theirs.into_iter().flat_map(Node::members) {
        let what = format!("{}.{name}", of.name);
        match of.member(name).filter(|member| member.is_in(version)) {
            None => tell(what, How::OnlyInFile),
            Some(member) => {
                let (theirs, ours) = (their_shape(property, version), our_shape(member.shape));
                if theirs != ours {
                    tell(what, How::Shape(theirs, ours));
                }
            }
        }
    }
    for member in of.members.iter().filter(|member| member.is_in(version) && member.used_by.is_none()) {
        if theirs.and_then(|theirs| theirs.get(member.name)).is_none() {
            tell(format!("{}.{}", of.name, member.name), How::OnlyInTables);
        }
    }
}

fn values(of: &'static Choice, version: Version, definition: Node<'_>, tell: &mut impl FnMut(String, How)) {
    let theirs: Vec<&str> = definition.get("enum").into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
    for name in &theirs {
        if !of.values.iter().any(|value| value.name == *name && value.is_in(version)) {
            tell(format!("{}={name}", of.name), How::OnlyInFile);
        }
    }
    for value in of.values.iter().filter(|value| value.is_in(version) && value.used_by.is_none()) {
        if !theirs.contains(&value.name) {
            tell(format!("{}={}", of.name, value.name), How::OnlyInTables);
        }
    }
}

/// A shape of a file, spelled as [`our_shape`] spells it. Forms of strings other than GUIDs are not looked at: dates,
/// addresses and bytes are strings to the walker.
fn their_shape(property: Node<'_>, version: Version) -> String {
    let text = |name| property.get(name).and_then(Node::as_str);
    if let Some(name) = text("$ref").and_then(|name| name.strip_prefix("#/definitions/")) {
        return Known::of_file(name, version).map_or_else(|| name.to_owned(), |of| of.name().to_owned());
    }
    let inner = |name| property.get(name).map(|inner| their_shape(inner, version));
    match text("type").unwrap_or_default() {
        "array" => format!("array of {}", inner("items").unwrap_or_else(|| "anything".to_owned())),
        "object" => inner("additionalProperties").map_or("anything".to_owned(), |inner| format!("map of {inner}")),
        "string" if text("pattern").is_some() => "guid".to_owned(),
        "integer" => text("format").unwrap_or("integer").to_owned(),
        // Written as the name of a generic type, which is no JSON Schema.
        map if map.starts_with("CaseInsensitiveStringMap<") => "map".to_owned(),
        other => other.to_owned(),
    }
}

fn our_shape(shape: Shape) -> String {
    match shape {
        Shape::Object(of) => of.name.to_owned(),
        Shape::OneOf(of) | Shape::OneOfOrNumber(of, _) => of.name.to_owned(),
        Shape::Map(of) => format!("map of {}", our_shape(*of)),
        Shape::Array(of) => format!("array of {}", our_shape(*of)),
        Shape::Text => "string".to_owned(),
        Shape::Guid => "guid".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Unsigned { max } => format!("uint{}", u64::BITS - max.leading_zeros()),
        Shape::Integer { max, .. } => format!("int{}", 1 + u64::BITS - (max as u64).leading_zeros()),
        Shape::Anything => "anything".to_owned(),
    }
}
