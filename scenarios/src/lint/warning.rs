//! What HCS takes and does not heed: no fault, but worth a line.

use hcs_machine::document::{Document, Node};
use hcs_rules::build::Build;
use hcs_rules::document::{Shape, Type, Version};

/// Members that are newer than the version that the document declares. Builds go by what they know themselves, so that
/// these are taken; one is recorded as left out without a word, of the others some are known to work all the same.
pub fn warnings(document: &Document, of: &'static Type, build: Build) -> Vec<String> {
    let part = |name| document.root().path(&["SchemaVersion", name]).and_then(Node::as_u64);
    let (Some(2), Some(minor)) = (part("Major"), part("Minor")) else { return Vec::new() };
    let Ok(minor) = u8::try_from(minor) else { return Vec::new() };
    let mut search = Search { declared: (2, minor), build: crate::schema::version(build), found: Vec::new() };
    search.object(document.root(), of, "$");
    search.found
}

struct Search {
    declared: Version,
    build: Version,
    found: Vec<String>,
}

impl Search {
    fn object(&mut self, node: Node<'_>, of: &'static Type, path: &str) {
        for (name, value) in node.members() {
            let path = format!("{path}.{name}");
            // What the build does not know is a fault, and told as one.
            let Some(member) = of.member(name).filter(|member| member.is_in(self.build)) else { continue };
            if value.is_null() {
                continue;
            }
            if member.since <= self.declared {
                self.value(value, member.shape, &path);
                continue;
            }
            let ((major, minor), (_, declared)) = (member.since, self.declared);
            self.found.push(match (of.name, name) {
                ("VirtualMachine", "Services") => format!(
                    "{path} is taken and left out (observed), because SchemaVersion declares 2.{declared} and it is of \
                     {major}.{minor}: a shutdown will fail with ERROR_NOT_SUPPORTED"
                ),
                _ => format!(
                    "{path} is of schema {major}.{minor}, and SchemaVersion declares 2.{declared}: it is taken, but may be \
                     ignored"
                ),
            });
        }
    }

    fn value(&mut self, node: Node<'_>, shape: Shape, path: &str) {
        match shape {
            Shape::Object(of) => self.object(node, of, path),
            Shape::Map(of) => {
                for (name, value) in node.members() {
                    self.value(value, *of, &format!("{path}.{name}"));
                }
            }
            Shape::Array(of) => {
                for (index, value) in node.items().enumerate() {
                    self.value(value, *of, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }
}
