//! The validator: walks a document along the tables of `hcs_rules::document`.

use std::fmt::Write as _;

use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, Member, Root, Shape, Type, Version};

use super::arena::{Document, Node, Value};

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where: `$.VirtualMachine.Devices.Scsi.disk`, `$.Ids[0]`.
    pub path: String,
}

impl Fault {
    pub(super) fn at_root(kind: FaultKind) -> Fault {
        Fault { kind, path: "$".to_owned() }
    }

    /// The fault of a text that is no document at all.
    pub fn malformed() -> Fault {
        Fault::at_root(FaultKind::Malformed)
    }
}

/// The first fault, in the order of the document.
///
/// # Errors
/// The fault.
pub fn check(document: &Document, root: Root, build: Build) -> Result<(), Fault> {
    match walk(document, root, build, 1).pop() {
        None => Ok(()),
        Some(fault) => Err(fault),
    }
}

/// How many bytes of paths [`check_all`] tells. Each fault repeats the names around it, so that the faults of a hostile
/// document could outgrow it without end.
const MAX_TOLD: usize = 1 << 20;

/// The faults, in the order of the document: all, unless their paths take more than a megabyte; then the first of them.
/// Nothing inside an unknown member is looked at.
pub fn check_all(document: &Document, root: Root, build: Build) -> Vec<Fault> {
    walk(document, root, build, usize::MAX)
}

/// The faults of a value as one of this type, whatever call it is for.
pub fn check_type(node: Node<'_>, of: &'static Type, build: Build) -> Vec<Fault> {
    let mut walker = Walker::new(build, usize::MAX);
    walker.object(node, of);
    walker.faults
}

fn walk(document: &Document, root: Root, build: Build, limit: usize) -> Vec<Fault> {
    let mut walker = Walker::new(build, limit);
    walker.object(document.root(), root.document_type());
    if root == Root::ComputeSystem && document.root().is_object() {
        walker.sections(document.root());
    }
    walker.faults
}

/// One step from a value to one inside it.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

struct Walker<'a> {
    build: Build,
    schema: Version,
    limit: usize,
    steps: Vec<Step<'a>>,
    faults: Vec<Fault>,
    /// The bytes of the faults' paths.
    told: usize,
}

impl<'a> Walker<'a> {
    fn new(build: Build, limit: usize) -> Walker<'a> {
        let (major, minor) = build.schema();
        let schema = (major as u8, minor as u8);
        Walker { build, schema, limit, steps: Vec::new(), faults: Vec::new(), told: 0 }
    }

    /// Records a fault here.
    fn fault(&mut self, kind: FaultKind) {
        if self.is_done() {
            return;
        }
        let mut path = "$".to_owned();
        for step in &self.steps {
            // Writing to a string cannot fail.
            _ = match step {
                Step::Member(name) => write!(path, ".{name}"),
                Step::Element(index) => write!(path, "[{index}]"),
            };
        }
        self.told += path.len();
        self.faults.push(Fault { kind, path });
    }

    fn inside(&mut self, step: Step<'a>, look: impl FnOnce(&mut Self)) {
        self.steps.push(step);
        look(self);
        self.steps.pop();
    }

    fn is_done(&self) -> bool {
        self.faults.len() >= self.limit || self.told >= MAX_TOLD
    }

    fn object(&mut self, node: Node<'a>, of: &'static Type) {
        if !node.is_object() {
            return self.fault(FaultKind::WrongType);
        }
        for (name, value) in node.members() {
            if self.is_done() {
                return;
            }
            self.inside(Step::Member(name), |walker| match walker.member(of, name) {
                Some(member) => walker.value(value, member.shape),
                None => walker.fault(FaultKind::UnknownMember),
            });
        }
    }

    /// The member of this name, if the build knows it.
    fn member(&self, of: &'static Type, name: &str) -> Option<&'static Member> {
        of.member(name).filter(|member| member.is_in(self.schema))
    }

    fn value(&mut self, node: Node<'a>, shape: Shape) {
        let value = node.value();
        if value == Value::Null {
            return;
        }
        match shape {
            Shape::Object(of) => self.object(node, of),
            Shape::Map(of) if value == Value::Object => {
                for (name, value) in node.members() {
                    if self.is_done() {
                        return;
                    }
                    self.inside(Step::Member(name), |walker| walker.value(value, *of));
                }
            }
            Shape::Array(of) if value == Value::Array => {
                for (index, value) in node.items().enumerate() {
                    if self.is_done() {
                        return;
                    }
                    self.inside(Step::Element(index), |walker| walker.value(value, *of));
                }
            }
            Shape::Text if node.as_str().is_some() => {}
            Shape::Guid if node.as_str().is_some_and(is_guid) => {}
            Shape::Guid if node.as_str().is_some() => self.fault(FaultKind::BadGuid),
            Shape::Boolean if node.as_bool().is_some() => {}
            Shape::Unsigned { max } if node.as_u64().is_some_and(|number| number <= max) => {}
            Shape::Integer { min, max } if node.as_i64().is_some_and(|number| (min..=max).contains(&number)) => {}
            Shape::Unsigned { .. } | Shape::Integer { .. } => self.fault(match value {
                Value::Unsigned(_) | Value::Negative(_) | Value::OtherNumber => FaultKind::OutOfRange,
                _ => FaultKind::WrongType,
            }),
            Shape::OneOf(choice) => match node.as_str() {
                Some(name) if choice.values.iter().any(|value| value.name == name && value.is_in(self.schema)) => {}
                Some(_) => self.fault(FaultKind::NotOneOf),
                None => self.fault(FaultKind::WrongType),
            },
            Shape::OneOfOrNumber(_, max) if node.as_u64().is_some_and(|number| number <= max) => {}
            Shape::OneOfOrNumber(choice, _) => match (node.as_str(), value) {
                (Some(_), _) => self.value(node, Shape::OneOf(choice)),
                (_, Value::Unsigned(_) | Value::Negative(_) | Value::OtherNumber) => self.fault(FaultKind::OutOfRange),
                _ => self.fault(FaultKind::WrongType),
            },
            Shape::Anything => {}
            Shape::Map(_) | Shape::Array(_) | Shape::Text | Shape::Guid | Shape::Boolean => {
                self.fault(FaultKind::WrongType);
            }
        }
    }

    /// A configuration has exactly one of the three sections, and a version that the build takes.
    fn sections(&mut self, root: Node<'a>) {
        let sections = ["Container", "VirtualMachine", "HostedSystem"];
        let present = sections.iter().filter(|name| root.get(name).is_some_and(|node| !node.is_null())).count();
        match present {
            0 => self.fault(FaultKind::NoSection),
            1 => {}
            _ => self.fault(FaultKind::SeveralSections),
        }
        let part = |name| root.path(&["SchemaVersion", name]).and_then(Node::as_u64);
        if let (Some(major), Some(minor)) = (part("Major"), part("Minor"))
            && !self.build.takes_version(major, minor)
        {
            self.inside(Step::Member("SchemaVersion"), |walker| walker.fault(FaultKind::UnsupportedVersion));
        }
    }
}

/// Whether a string is a GUID as HCS takes them: 8-4-4-4-12 hexadecimal digits, no braces.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
