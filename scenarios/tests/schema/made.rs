//! Documents made from the tables: each is right by construction.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use hcs_machine::document::{Document, Fault, check, check_all, check_type};
use hcs_rules::build::Build;
use hcs_rules::document::schema::TYPES;
use hcs_rules::document::{Member, Root, Shape, Type, Version};
use hcs_scenarios::schema::{page, version};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// What a document is made as: the document of a call, or any type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    Call(Root),
    Any(&'static Type),
}

impl Subject {
    pub(crate) fn document_type(self) -> &'static Type {
        match self {
            Subject::Call(root) => root.document_type(),
            Subject::Any(of) => of,
        }
    }

    pub(crate) fn is_configuration(self) -> bool {
        matches!(self, Subject::Call(Root::ComputeSystem))
    }

    /// Where the JSON Schema has it.
    fn place(self) -> String {
        match self {
            Subject::Call(root) => format!("#/x-roots/{}", root.name()),
            Subject::Any(of) => format!("#/definitions/{}", of.name),
        }
    }
}

/// Whether the JSON Schema of the build takes the document. A validator is made once.
fn schema_takes(build: Build, subject: Subject, document: &Value) -> bool {
    static MADE: OnceLock<Mutex<BTreeMap<(Version, String), &'static Validator>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().expect("nothing panics in between");
    let validator = *made.entry((version(build), subject.place())).or_insert_with(|| {
        let mut schema: Value = serde_json::from_str(&page(build)).expect("JSON");
        let whole = schema.as_object_mut().expect("an object");
        whole.insert("anyOf".to_owned(), json!([{"$ref": subject.place()}]));
        // A definition takes `null`, because members do; a document does not.
        whole.insert("type".to_owned(), json!("object"));
        Box::leak(Box::new(jsonschema::draft7::new(&schema).expect("a JSON Schema")))
    });
    validator.is_valid(document)
}

/// A document for a call to a build.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) build: Build,
    pub(crate) subject: Subject,
    pub(crate) document: Value,
}

impl Case {
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let text = self.document.to_string();
        let document = Document::parse(&text).expect("what is written is JSON");
        match self.subject {
            Subject::Any(of) => check_type(document.root(), of, self.build),
            Subject::Call(root) => {
                let all = check_all(&document, root, self.build);
                let first = check(&document, root, self.build).err();
                assert_eq!(first.as_ref(), all.first(), "the first fault is the first of all");
                all
            }
        }
    }

    pub(crate) fn schema_takes(&self) -> bool {
        schema_takes(self.build, self.subject, &self.document)
    }
}

pub(crate) const SECTIONS: [&str; 3] = ["Container", "VirtualMachine", "HostedSystem"];

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let subject = prop_oneof![
        2 => Just(Subject::Call(Root::ComputeSystem)),
        2 => select(Root::ALL).prop_map(Subject::Call),
        2 => select(TYPES).prop_map(Subject::Any),
    ];
    (select(Build::ALL), subject).prop_flat_map(|(build, subject)| {
        // A type that the build has not, and nothing leads to, is in no JSON Schema.
        let subject = match subject {
            Subject::Any(of) if !of.is_in(version(build)) => Subject::Call(Root::ComputeSystem),
            subject => subject,
        };
        let document = match subject.is_configuration() {
            true => configuration(build).boxed(),
            false => object(subject.document_type(), version(build), DEPTH),
        };
        document.prop_map(move |document| Case { build, subject, document })
    })
}

/// How deeply the members of members are made; the deepest chain of types is longer, and cut off by empty objects.
const DEPTH: usize = 8;

/// Exactly one section, and a version that the build takes. The other members are as they come.
fn configuration(build: Build) -> impl Strategy<Value = Value> {
    let of = Root::ComputeSystem.document_type();
    let schema = version(build);
    let minor = (1..=schema.1).prop_map(|minor| json!({"Major": 2, "Minor": minor}));
    let declared = prop_oneof![4 => minor, 1 => Just(json!({"Major": 1, "Minor": 0})), 1 => Just(json!({"Major": 2})), 1 => Just(json!(null))];
    (object(of, schema, 1), select(&SECTIONS[..]), declared).prop_flat_map(move |(rest, section, declared)| {
        let shape = of.member(section).expect("a section is a member").shape;
        filled(shape, schema, DEPTH).prop_map(move |inside| {
            let mut document = rest.clone();
            let members = document.as_object_mut().expect("an object");
            for name in SECTIONS {
                if let Some(other) = members.get_mut(name) {
                    *other = Value::Null;
                }
            }
            members.insert(section.to_owned(), inside);
            if members.contains_key("SchemaVersion") {
                members.insert("SchemaVersion".to_owned(), declared.clone());
            }
            document
        })
    })
}

fn known(of: &'static Type, schema: Version) -> Vec<&'static Member> {
    of.members.iter().filter(|member| member.is_in(schema)).collect()
}

/// An object with some of the members that its type has.
fn object(of: &'static Type, schema: Version, depth: usize) -> BoxedStrategy<Value> {
    let known = known(of, schema);
    if known.is_empty() || depth == 0 {
        return Just(json!({})).boxed();
    }
    let most = known.len().min(8);
    subsequence(known, 0..=most)
        .prop_flat_map(move |chosen| {
            let values: Vec<_> = chosen.iter().map(|member| value(member.shape, schema, depth - 1)).collect();
            let names: Vec<_> = chosen.iter().map(|member| member.name.to_owned()).collect();
            values.prop_map(move |values| Value::Object(names.iter().cloned().zip(values).collect()))
        })
        .boxed()
}

/// A value of a shape, or `null`.
fn value(shape: Shape, schema: Version, depth: usize) -> BoxedStrategy<Value> {
    prop_oneof![9 => filled(shape, schema, depth), 1 => Just(Value::Null)].boxed()
}

/// A value of a shape.
fn filled(shape: Shape, schema: Version, depth: usize) -> BoxedStrategy<Value> {
    let deeper = depth.saturating_sub(1);
    match shape {
        Shape::Object(of) => object(of, schema, depth),
        Shape::Map(of) => {
            let entries = prop::collection::btree_map("[a-z0-9.]{0,3}", value(*of, schema, deeper), 0..4);
            entries.prop_map(|entries| Value::Object(entries.into_iter().collect())).boxed()
        }
        Shape::Array(of) => prop::collection::vec(value(*of, schema, deeper), 0..4).prop_map(Value::Array).boxed(),
        Shape::Text => "\\PC{0,6}|C:\\\\[a-z]{1,3}".prop_map(Value::String).boxed(),
        Shape::Guid => "[0-9a-f]{8}(-[0-9A-F]{4}){3}-[0-9a-f]{12}".prop_map(Value::String).boxed(),
        Shape::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        Shape::Unsigned { max } => prop_oneof![0..=max, Just(max), Just(0)].prop_map(|number| json!(number)).boxed(),
        Shape::Integer { min, max } => {
            prop_oneof![min..=max, Just(min), Just(max)].prop_map(|number| json!(number)).boxed()
        }
        Shape::OneOfOrNumber(of, max) => {
            prop_oneof![value(Shape::OneOf(of), schema, depth), value(Shape::Unsigned { max }, schema, depth)].boxed()
        }
        Shape::OneOf(of) => {
            let values: Vec<&str> =
                of.values.iter().filter(|value| value.is_in(schema)).map(|value| value.name).collect();
            match values.is_empty() {
                true => Just(Value::Null).boxed(),
                false => select(values).prop_map(|value| json!(value)).boxed(),
            }
        }
        Shape::Anything => {
            let leaf = prop_oneof![
                Just(Value::Null),
                any::<bool>().prop_map(Value::Bool),
                any::<i64>().prop_map(|number| json!(number)),
                Just(json!(0.5)),
                "\\PC{0,4}".prop_map(Value::String)
            ];
            leaf.prop_recursive(2, 6, 3, |inside| {
                prop_oneof![
                    prop::collection::vec(inside.clone(), 0..3).prop_map(Value::Array),
                    prop::collection::btree_map("[A-Z][a-z]{0,4}", inside, 0..3)
                        .prop_map(|entries| Value::Object(entries.into_iter().collect())),
                ]
            })
            .boxed()
        }
    }
}
