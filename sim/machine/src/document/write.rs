//! The writer: compact JSON, members in the order in which they are written.

use std::fmt::Write as _;

use super::arena::{Node, Value};

impl Node<'_> {
    /// The value as compact JSON, members in their order. Of a number that is not whole only `null` is left.
    pub fn to_json(self) -> String {
        let mut out = String::new();
        node(&mut out, self);
        out
    }
}

fn node(out: &mut String, of: Node<'_>) {
    match of.value() {
        Value::Null | Value::OtherNumber => out.push_str("null"),
        Value::Boolean(boolean) => out.push_str(if boolean { "true" } else { "false" }),
        Value::Unsigned(number) => _ = write!(out, "{number}"),
        Value::Negative(number) => _ = write!(out, "{number}"),
        Value::Text(_) => string(out, of.as_str().unwrap_or_default()),
        Value::Array => {
            out.push('[');
            for (index, item) in of.items().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                node(out, item);
            }
            out.push(']');
        }
        Value::Object => {
            out.push('{');
            for (index, (name, value)) in of.members().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                string(out, name);
                out.push(':');
                node(out, value);
            }
            out.push('}');
        }
    }
}

/// Begins a document.
#[derive(Debug)]
pub struct Writer;

impl Writer {
    /// An object.
    pub fn object(fill: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
        let mut out = String::with_capacity(128);
        object(&mut out, fill);
        out
    }

    /// An array.
    pub fn list(fill: impl FnOnce(&mut ListWriter<'_>)) -> String {
        let mut out = String::with_capacity(128);
        list(&mut out, fill);
        out
    }
}

fn object(out: &mut String, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
    out.push('{');
    fill(&mut ObjectWriter { out, first: true });
    out.push('}');
}

fn list(out: &mut String, fill: impl FnOnce(&mut ListWriter<'_>)) {
    out.push('[');
    fill(&mut ListWriter { out, first: true });
    out.push(']');
}

/// Writes members.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    out: &'a mut String,
    first: bool,
}

impl ObjectWriter<'_> {
    /// A name of ours, which is plain.
    fn name(&mut self, name: &'static str) -> &mut String {
        debug_assert!(is_plain(name), "{name} needs escapes");
        let start = if std::mem::replace(&mut self.first, false) { "\"" } else { ",\"" };
        self.out.reserve(start.len() + name.len() + 2);
        self.out.push_str(start);
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    /// A whole number.
    pub fn integer(&mut self, name: &'static str, value: i64) {
        _ = write!(self.name(name), "{value}");
    }

    /// A string.
    pub fn string(&mut self, name: &'static str, value: &str) {
        string(self.name(name), value);
    }

    /// A whole number from 0.
    pub fn unsigned(&mut self, name: &'static str, value: u64) {
        _ = write!(self.name(name), "{value}");
    }

    /// A value that is JSON already.
    pub fn json(&mut self, name: &'static str, value: &str) {
        self.name(name).push_str(value);
    }

    /// A boolean.
    pub fn boolean(&mut self, name: &'static str, value: bool) {
        self.name(name).push_str(if value { "true" } else { "false" });
    }

    /// An object.
    pub fn object(&mut self, name: &'static str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        object(self.name(name), fill);
    }

    /// A name that is not ours.
    fn foreign_name(&mut self, name: &str) -> &mut String {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(',');
        }
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// An object under whatever name.
    pub fn object_named(&mut self, name: &str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        object(self.foreign_name(name), fill);
    }

    /// A string under whatever name.
    pub fn string_named(&mut self, name: &str, value: &str) {
        string(self.foreign_name(name), value);
    }

    /// An array.
    pub fn array(&mut self, name: &'static str, fill: impl FnOnce(&mut ListWriter<'_>)) {
        list(self.name(name), fill);
    }
}

/// Writes elements.
#[derive(Debug)]
pub struct ListWriter<'a> {
    out: &'a mut String,
    first: bool,
}

impl ListWriter<'_> {
    fn next(&mut self) -> &mut String {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(',');
        }
        self.out
    }

    /// A whole number.
    pub fn unsigned(&mut self, value: u64) {
        _ = write!(self.next(), "{value}");
    }

    /// A string.
    pub fn string(&mut self, value: &str) {
        string(self.next(), value);
    }

    /// A value that is JSON already.
    pub fn json(&mut self, value: &str) {
        self.next().push_str(value);
    }

    /// An object.
    pub fn object(&mut self, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        object(self.next(), fill);
    }
}

/// Whether a text has nothing to escape, as nearly every one: this loop has no branches.
fn is_plain(text: &str) -> bool {
    let is_special = |byte| byte < 0x20 || byte == b'"' || byte == b'\\';
    !text.bytes().fold(false, |found, byte| found | is_special(byte))
}

/// A string with its quotes and escapes. Everything but quotes, backslashes and control characters stays as it is.
fn string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    if is_plain(text) {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0C => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        plain = at + 1;
        if escape.is_empty() {
            _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}
