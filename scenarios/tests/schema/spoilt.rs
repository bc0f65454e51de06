//! Everything that can be spoilt in a right document so that there is exactly one fault.

use hcs_rules::document::{FaultKind, Shape, Type, Version};
use hcs_scenarios::schema::version;
use serde_json::{Value, json};

use super::made::{Case, SECTIONS};

/// One thing to spoil: what stands at a place afterwards, and the fault that it is.
pub(crate) struct Spoiling {
    /// A JSON pointer, and the path as it is told.
    pub(crate) at: (String, String),
    pub(crate) to: Value,
    pub(crate) kind: FaultKind,
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
            Shape::OneOfOrNumber(..) => &[json!({}), json!([]), json!(true)],
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
            Shape::OneOfOrNumber(_, max) | Shape::Unsigned { max } => {
                vec![json!(0.5), json!(-1), json!(max + 1), json!(u64::MAX)]
            }
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
                self.spoil(at, json!(format!("{{{guid}}}")), FaultKind::BadGuid);
                for index in 0..guid.len() {
                    // One character less, or another one.
                    self.spoil(at, json!(guid[..index].to_owned() + &guid[index + 1..]), FaultKind::BadGuid);
                    self.spoil(at, json!(guid[..index].to_owned() + "g" + &guid[index + 1..]), FaultKind::BadGuid);
                }
            }
            Shape::OneOf(of) | Shape::OneOfOrNumber(of, _) => {
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
pub(crate) fn spoilings(case: &Case) -> Vec<Spoiling> {
    let mut spoiler = Spoiler { schema: version(case.build), found: Vec::new() };
    let root = (String::new(), "$".to_owned());
    spoiler.object(&case.document, case.subject.document_type(), &root);
    for other in [json!([]), json!(null), json!("{}"), json!(1)] {
        spoiler.spoil(&root, other, FaultKind::WrongType);
    }
    if case.subject.is_configuration() {
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
pub(crate) fn put(document: &mut Value, pointer: &str, to: Value) {
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
