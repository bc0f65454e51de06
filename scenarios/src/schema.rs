//! The tables of documents as a JSON Schema (draft-07), one for each schema version: for editors, for other validators, and
//! as a second reading of the tables that the tests hold against the walker.
//!
//! Two things that the walker tells apart JSON Schema does not: `1.0` is a whole number there, and of members that stand
//! twice only the last is seen.

use std::fmt::Write as _;

use hcs_rules::build::Build;
use hcs_rules::document::schema::TYPES;
use hcs_rules::document::{Choice, Member, Root, Shape, Type, Version};

/// The schema version of a build, as the tables of documents count.
pub fn version(build: Build) -> Version {
    let (major, minor) = build.schema();
    // No version has more than a byte; one that had would match no member.
    (major.try_into().unwrap_or(u8::MAX), minor.try_into().unwrap_or(u8::MAX))
}

/// The first build of each schema version.
pub fn distinct() -> Vec<Build> {
    let mut first: Vec<Build> = Build::ALL.to_vec();
    first.dedup_by_key(|build| version(*build));
    first
}

/// The JSON Schema of what a build takes: `definitions` has the types and the sets of strings, `x-roots` the documents of
/// the calls. The whole takes what any call takes.
pub fn page(build: Build) -> String {
    let version = version(build);
    let (types, choices) = known(version);
    let mut out = String::with_capacity(1 << 16);
    // Writing to a string cannot fail, here and below.
    _ = writeln!(out, "{{\n\"$schema\": \"http://json-schema.org/draft-07/schema#\",");
    _ = writeln!(out, "\"title\": \"Documents of the Host Compute Service, schema {}.{}\",", version.0, version.1);
    _ = writeln!(out, "\"anyOf\": [");
    lines(&mut out, Root::ALL, |root| format!("  {{\"$ref\": \"#/x-roots/{}\"}}", root.name()));
    _ = writeln!(out, "],\n\"x-roots\": {{");
    lines(&mut out, Root::ALL, |root| format!("\"{}\": {}", root.name(), root_schema(*root, build)));
    _ = writeln!(out, "}},\n\"definitions\": {{");
    let types = types.iter().map(|of| type_schema(of, version));
    let choices = choices.iter().map(|of| choice_schema(of, version));
    lines(&mut out, &types.chain(choices).collect::<Vec<_>>(), Clone::clone);
    out.push_str("}\n}\n");
    out
}

/// Lines with commas between them.
fn lines<T>(out: &mut String, of: &[T], line: impl Fn(&T) -> String) {
    let lines: Vec<String> = of.iter().map(line).collect();
    out.push_str(&lines.join(",\n"));
    if !lines.is_empty() {
        out.push('\n');
    }
}

/// The types of a version and the sets of strings that they name. A type that the version has not is there all the same if
/// a call or a member leads to it: the walker then finds it without members.
fn known(version: Version) -> (Vec<&'static Type>, Vec<&'static Choice>) {
    let mut types: Vec<&'static Type> = Vec::new();
    let mut choices: Vec<&'static Choice> = Vec::new();
    let roots = Root::ALL.iter().map(|root| root.document_type());
    let mut waiting: Vec<&'static Type> = TYPES.iter().copied().filter(|of| of.is_in(version)).chain(roots).collect();
    while let Some(of) = waiting.pop() {
        if types.iter().any(|known| known.name == of.name) {
            continue;
        }
        types.push(of);
        for member in members(of, version) {
            match innermost(member.shape) {
                Shape::Object(of) => waiting.push(of),
                Shape::OneOf(of) | Shape::OneOfOrNumber(of, _) => choices.push(of),
                _ => {}
            }
        }
    }
    types.sort_by_key(|of| of.name);
    choices.sort_by_key(|of| of.name);
    choices.dedup_by_key(|of| of.name);
    (types, choices)
}

/// What is inside maps and arrays.
fn innermost(shape: Shape) -> Shape {
    match shape {
        Shape::Map(of) | Shape::Array(of) => innermost(*of),
        shape => shape,
    }
}

/// The members of a type that a host of this version knows.
pub fn members(of: &'static Type, version: Version) -> impl Iterator<Item = &'static Member> {
    of.members.iter().filter(move |member| member.is_in(version))
}

/// `null` is no document; and a configuration has exactly one section and a version that the build takes.
fn root_schema(root: Root, build: Build) -> String {
    let name = root.document_type().name;
    let document = format!("{{\"$ref\": \"#/definitions/{name}\"}}, {{\"type\": \"object\"}}");
    if root != Root::ComputeSystem {
        return format!("{{\"allOf\": [{document}]}}");
    }
    let section =
        |name| format!("{{\"required\": [\"{name}\"], \"properties\": {{\"{name}\": {{\"type\": \"object\"}}}}}}");
    let sections = ["Container", "VirtualMachine", "HostedSystem"].map(section).join(", ");
    let newest = (0..=u64::from(u8::MAX)).rev().find(|minor| build.takes_version(2, *minor)).unwrap_or(0);
    // Where the walker takes every minor version, no limit is told.
    let minor = match newest {
        255 => "true".to_owned(),
        newest => format!("{{\"maximum\": {newest}}}"),
    };
    let version = |major: &str, minor: &str| format!("{{\"properties\": {{\"Major\": {major}, \"Minor\": {minor}}}}}");
    let taken = [
        version("{\"const\": 1}", "{\"const\": 0}"),
        version("{\"const\": 2}", &minor),
        version("{\"type\": \"null\"}", "true"),
        version("true", "{\"type\": \"null\"}"),
        "{\"not\": {\"required\": [\"Major\", \"Minor\"]}}".to_owned(),
    ];
    let versions = format!("{{\"properties\": {{\"SchemaVersion\": {{\"anyOf\": [{}]}}}}}}", taken.join(", "));
    format!("{{\"allOf\": [\n  {document},\n  {{\"oneOf\": [{sections}]}},\n  {versions}\n]}}")
}

fn type_schema(of: &'static Type, version: Version) -> String {
    let mut out = format!("\"{}\": {{\"type\": [\"object\", \"null\"], \"additionalProperties\": false", of.name);
    let members: Vec<&Member> = members(of, version).collect();
    if !members.is_empty() {
        out.push_str(", \"properties\": {\n");
        lines(&mut out, &members, |member| format!("  \"{}\": {}", member.name, shape_schema(member.shape)));
        out.push('}');
    }
    out.push('}');
    out
}

fn choice_schema(of: &Choice, version: Version) -> String {
    let values = of.values.iter().filter(|value| value.is_in(version)).map(|value| format!("\"{}\", ", value.name));
    format!("\"{}\": {{\"enum\": [{}null]}}", of.name, values.collect::<String>())
}

fn shape_schema(shape: Shape) -> String {
    match shape {
        Shape::Object(of) => format!("{{\"$ref\": \"#/definitions/{}\"}}", of.name),
        Shape::OneOf(of) => format!("{{\"$ref\": \"#/definitions/{}\"}}", of.name),
        Shape::OneOfOrNumber(of, max) => {
            let number = shape_schema(Shape::Unsigned { max });
            format!("{{\"anyOf\": [{}, {number}]}}", shape_schema(Shape::OneOf(of)))
        }
        Shape::Map(of) => {
            format!("{{\"type\": [\"object\", \"null\"], \"additionalProperties\": {}}}", shape_schema(*of))
        }
        Shape::Array(of) => format!("{{\"type\": [\"array\", \"null\"], \"items\": {}}}", shape_schema(*of)),
        Shape::Text => "{\"type\": [\"string\", \"null\"]}".to_owned(),
        Shape::Guid => {
            let pattern = "^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$";
            format!("{{\"type\": [\"string\", \"null\"], \"pattern\": \"{pattern}\"}}")
        }
        Shape::Boolean => "{\"type\": [\"boolean\", \"null\"]}".to_owned(),
        Shape::Unsigned { max } => format!("{{\"type\": [\"integer\", \"null\"], \"minimum\": 0, \"maximum\": {max}}}"),
        Shape::Integer { min, max } => {
            format!("{{\"type\": [\"integer\", \"null\"], \"minimum\": {min}, \"maximum\": {max}}}")
        }
        Shape::Anything => "true".to_owned(),
    }
}
