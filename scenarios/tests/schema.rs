//! The JSON Schema of each schema version: kept fresh as a file, and held against the walker. Documents are made from the
//! tables, taken by both; then one thing in them is spoilt, and both refuse.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use hcs_machine::document::{Document, Fault, check, check_all};
use hcs_rules::build::Build;
use hcs_rules::document::schema::{CHOICES, TYPES};
use hcs_rules::document::{FaultKind, Member, Root, Shape, Type, Version};
use hcs_scenarios::schema::{distinct, page, version};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};

#[test]
fn the_schemas_are_fresh() {
    for build in distinct() {
        let (major, minor) = version(build);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../snapshots/schema/{major}.{minor}.json"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, page(build)).expect("the schema can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(kept == page(build), "{} is stale: UPDATE=1 cargo test -p hcs-scenarios --test schema", path.display());
    }
}

#[test]
fn builds_with_one_schema_version_have_one_schema() {
    for build in Build::ALL {
        let first = distinct().into_iter().find(|first| version(*first) == version(*build)).expect("one of them");
        assert!(page(first) == page(*build), "{build:?} takes other documents than {first:?}");
    }
}

#[test]
fn a_definition_has_one_meaning() {
    let mut names: Vec<&str> = TYPES.iter().map(|of| of.name).chain(CHOICES.iter().map(|of| of.name)).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Whether the JSON Schema of the build takes the document as the one of a call. A validator is made once.
fn schema_takes(build: Build, root: Root, document: &Value) -> bool {
    static MADE: OnceLock<Mutex<BTreeMap<(Version, Root), &'static Validator>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().expect("nothing panics in between");
    let validator = *made.entry((version(build), root)).or_insert_with(|| {
        let mut schema: Value = serde_json::from_str(&page(build)).expect("JSON");
        let of = json!([{"$ref": format!("#/x-roots/{}", root.name())}]);
        schema.as_object_mut().expect("an object").insert("anyOf".to_owned(), of);
        Box::leak(Box::new(jsonschema::draft7::new(&schema).expect("a JSON Schema")))
    });
    validator.is_valid(document)
}

/// A document for a call to a build.
#[derive(Clone, Debug)]
struct Case {
    build: Build,
    root: Root,
    document: Value,
}

impl Case {
    fn faults(&self) -> Vec<Fault> {
        let text = self.document.to_string();
        let document = Document::parse(&text).expect("what is written is JSON");
        let all = check_all(&document, self.root, self.build);
        let first = check(&document, self.root, self.build).err();
        assert_eq!(first.as_ref(), all.first(), "the first fault is the first of all");
        all
    }

    fn schema_takes(&self) -> bool {
        schema_takes(self.build, self.root, &self.document)
    }
}

const SECTIONS: [&str; 3] = ["Container", "VirtualMachine", "HostedSystem"];

fn case() -> impl Strategy<Value = Case> {
    (select(Build::ALL), select(Root::ALL)).prop_flat_map(|(build, root)| {
        let document = match root {
            Root::ComputeSystem => configuration(build).boxed(),
            _ => object(root.document_type(), version(build), DEPTH),
        };
        document.prop_map(move |document| Case { build, root, document })
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
    let most = known.len().min(4);
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
            let entries = prop::collection::btree_map("[a-z0-9.]{0,3}", value(*of, schema, deeper), 0..3);
            entries.prop_map(|entries| Value::Object(entries.into_iter().collect())).boxed()
        }
        Shape::Array(of) => prop::collection::vec(value(*of, schema, deeper), 0..3).prop_map(Value::Array).boxed(),
        Shape::Text => "\\PC{0,6}|C:\\\\[a-z]{1,3}".prop_map(Value::String).boxed(),
        Shape::Guid => "[0-9a-f]{8}(-[0-9A-F]{4}){3}-[0-9a-f]{12}".prop_map(Value::String).boxed(),
        Shape::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        Shape::Unsigned { max } => prop_oneof![0..=max, Just(max), Just(0)].prop_map(|number| json!(number)).boxed(),
        Shape::Integer { min, max } => {
            prop_oneof![min..=max, Just(min), Just(max)].prop_map(|number| json!(number)).boxed()
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

/// One thing to spoil: what stands at a place afterwards, and the fault that it is.
struct Spoiling {
    /// A JSON pointer, and the path as it is told.
    at: (String, String),
    to: Value,
    kind: FaultKind,
}

/// Collects what can be spoilt in a document.
struct Spoiler {
    schema: Version,
    found: Vec<Spoiling>,
}

type Place = (String, String);

fn member_of(at: &Place, name: &str) -> Place {
    (format!("{}/{}", at.0, name.replace('~', "~0").replace('/', "~1")), format!("{}.{name}", at.1))
}

impl Spoiler {
    fn spoil(&mut self, at: &Place, to: Value, kind: FaultKind) {
        self.found.push(Spoiling { at: at.clone(), to, kind });
    }

    fn object(&mut self, value: &Value, of: &'static Type, at: &Place) {
        let Some(members) = value.as_object() else { return };
        for stranger in ["", "Zzz", "owner", "Path "] {
            if of.member(stranger).is_none() {
                self.spoil(&member_of(at, stranger), json!({"Deep": [1]}), FaultKind::UnknownMember);
            }
        }
        // Newer than the build, or gone by then. Even `null` is too much.
        let schema = self.schema;
        for member in of.members.iter().filter(|member| !member.is_in(schema)) {
            self.spoil(&member_of(at, member.name), Value::Null, FaultKind::UnknownMember);
        }
        for (name, value) in members {
            let member = of.member(name).expect("made from the table");
            self.value(value, member.shape, &member_of(at, name));
        }
    }

    fn value(&mut self, value: &Value, shape: Shape, at: &Place) {
        let other_types: &[Value] = match shape {
            Shape::Object(_) | Shape::Map(_) => &[json!([]), json!(1), json!("{}"), json!(true)],
            Shape::Array(_) => &[json!({}), json!(1), json!("[]"), json!(false)],
            Shape::Text | Shape::Guid | Shape::OneOf(_) => &[json!({}), json!([]), json!(0), json!(1.5), json!(true)],
            Shape::Boolean => &[json!({}), json!([]), json!(0), json!("true")],
            Shape::Unsigned { .. } | Shape::Integer { .. } => &[json!({}), json!([]), json!("1"), json!(true)],
            Shape::Anything => &[],
        };
        for other in other_types {
            self.spoil(at, other.clone(), FaultKind::WrongType);
        }
        // What has no exact double is beyond by far.
        let beyond: Vec<Value> = match shape {
            Shape::Unsigned { max: u64::MAX } => vec![json!(0.5), json!(-1), json!(1e20)],
            Shape::Unsigned { max } => vec![json!(0.5), json!(-1), json!(max + 1), json!(u64::MAX)],
            Shape::Integer { min: i64::MIN, max } => vec![json!(0.5), json!(max as u64 + 1), json!(-1e20)],
            Shape::Integer { min, max } => vec![json!(0.5), json!(min - 1), json!(max + 1)],
            _ => vec![],
        };
        for number in beyond {
            self.spoil(at, number, FaultKind::OutOfRange);
        }
        match shape {
            Shape::Object(of) => self.object(value, of, at),
            Shape::Map(of) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    self.value(value, *of, &member_of(at, name));
                }
            }
            Shape::Array(of) => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(value, *of, &(format!("{}/{index}", at.0), format!("{}[{index}]", at.1)));
                }
            }
            Shape::Guid => {
                let guid = "6ba9cac1-7086-5ee9-a197-c465d3f50ad7";
                for bad in [&format!("{{{guid}}}"), &guid[1..], &guid.replace('-', ""), &guid.replace('6', "g"), ""] {
                    self.spoil(at, json!(bad), FaultKind::BadGuid);
                }
            }
            Shape::OneOf(of) => {
                let taken = |name: &str| of.values.iter().any(|value| value.name == name && value.is_in(self.schema));
                let near = of.values.iter().flat_map(|value| [value.name.to_owned(), value.name.to_lowercase()]);
                for name in
                    near.chain([String::new(), "Zzz".to_owned()]).filter(|name| !taken(name)).collect::<Vec<_>>()
                {
                    self.spoil(at, json!(name), FaultKind::NotOneOf);
                }
            }
            _ => {}
        }
    }
}

/// Everything that can be spoilt in a document so that there is exactly one fault.
fn spoilings(case: &Case) -> Vec<Spoiling> {
    let mut spoiler = Spoiler { schema: version(case.build), found: Vec::new() };
    let root = (String::new(), "$".to_owned());
    spoiler.object(&case.document, case.root.document_type(), &root);
    for other in [json!([]), json!(null), json!("{}"), json!(1)] {
        spoiler.spoil(&root, other, FaultKind::WrongType);
    }
    if case.root == Root::ComputeSystem {
        // A part of the version that is a number, but too large a one, is two faults: it is no version of the build either.
        spoiler.found.retain(|of| !of.at.0.starts_with("/SchemaVersion/") || !of.to.is_u64());
        for section in SECTIONS {
            let kind = match case.document.get(section) {
                None | Some(Value::Null) => FaultKind::SeveralSections,
                Some(_) => FaultKind::NoSection,
            };
            // An empty section where there was none; none where there was one. The fault is the whole document's.
            let to = if kind == FaultKind::NoSection { Value::Null } else { json!({}) };
            spoiler.spoil(&(format!("/{section}"), "$".to_owned()), to, kind);
        }
        let at = ("/SchemaVersion".to_owned(), "$.SchemaVersion".to_owned());
        for (major, minor) in [(0, 0), (1, 1), (3, 0)] {
            spoiler.spoil(&at, json!({"Major": major, "Minor": minor}), FaultKind::UnsupportedVersion);
        }
        if !case.build.takes_version(2, u64::from(spoiler.schema.1) + 1) {
            let newer = json!({"Major": 2, "Minor": spoiler.schema.1 + 1});
            spoiler.spoil(&at, newer, FaultKind::UnsupportedVersion);
        }
        // A null section that becomes something else is a section more.
        let is_null = |name: &str| case.document.get(name) == Some(&Value::Null);
        spoiler.found.retain(|of| {
            of.kind != FaultKind::WrongType
                || !SECTIONS.iter().any(|name| of.at.0 == format!("/{name}") && is_null(name))
        });
    }
    spoiler.found
}

/// Puts a value where a JSON pointer leads; its parent is there.
fn put(document: &mut Value, pointer: &str, to: Value) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        *document = to;
        return;
    };
    let parent = document.pointer_mut(parent).expect("the parent is there");
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = to,
        Value::Object(members) => _ = members.insert(name.replace("~1", "/").replace("~0", "~"), to),
        _ => panic!("{pointer} leads nowhere"),
    }
}

/// `PROPTEST_CASES` searches; without it the same cases run each time.
fn config() -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => Config { cases: 2_000, rng_seed: RngSeed::Fixed(0x4843_5344), ..config },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_the_tables_allow_both_take_and_what_is_spoilt_both_refuse(case in case(), which: [Index; 4]) {
        prop_assert_eq!(case.faults(), Vec::new());
        prop_assert!(case.schema_takes(), "the walker takes it, the JSON Schema does not");
        let spoilings = spoilings(&case);
        for which in which {
            let spoiling = &spoilings[which.index(spoilings.len())];
            let mut spoilt = case.clone();
            put(&mut spoilt.document, &spoiling.at.0, spoiling.to.clone());
            let expected = Fault { kind: spoiling.kind, path: spoiling.at.1.clone() };
            prop_assert_eq!(spoilt.faults(), vec![expected], "{}", spoilt.document);
            prop_assert!(!spoilt.schema_takes(), "the walker refuses {}, the JSON Schema does not", spoilt.document);
        }
    }
}

/// A search that never makes a thing proves nothing about it.
#[test]
fn the_search_spoils_in_every_way() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let strategy = case();
    let mut runner = proptest::test_runner::TestRunner::new(config());
    for _ in 0..400 {
        let case = proptest::strategy::ValueTree::current(&strategy.new_tree(&mut runner).expect("a case"));
        for spoiling in spoilings(&case) {
            *seen.entry(spoiling.kind.name()).or_default() += 1;
        }
    }
    let textual = [FaultKind::Malformed, FaultKind::TooDeep, FaultKind::TooLong];
    for kind in FaultKind::ALL.iter().filter(|kind| !textual.contains(kind)) {
        assert!(seen.get(kind.name()).is_some_and(|times| *times > 20), "{kind:?}: {seen:?}");
    }
}
