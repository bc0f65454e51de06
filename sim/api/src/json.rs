//! The few JSON documents that the wrappers write and read themselves. Whatever a user passes goes through as it is.

use std::fmt::Write as _;

/// An object in the making.
#[derive(Debug)]
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Object {
        Object("{".to_owned())
    }

    /// One member with a value that is JSON already.
    pub(crate) fn json(mut self, name: &str, value: &str) -> Object {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    pub(crate) fn string(self, name: &str, value: &str) -> Object {
        let mut quoted = String::new();
        quote(&mut quoted, value);
        self.json(name, &quoted)
    }

    /// The member, if it is true.
    pub(crate) fn flag(self, name: &str, value: bool) -> Object {
        if value { self.json(name, "true") } else { self }
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// An array of strings.
pub(crate) fn strings<'a>(strings: impl Iterator<Item = &'a str>) -> String {
    let mut out = "[".to_owned();
    for string in strings {
        if out.len() > 1 {
            out.push(',');
        }
        quote(&mut out, string);
    }
    out.push(']');
    out
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            character if u32::from(character) < 0x20 => _ = write!(out, "\\u{:04x}", u32::from(character)),
            character => out.push(character),
        }
    }
    out.push('"');
}

/// The whole number that a member of a flat object has: `ProcessStatus` has no other members than numbers and booleans.
pub(crate) fn number(document: &str, name: &str) -> Option<i64> {
    value(document, name)?.parse().ok()
}

/// Whether a member of a flat object is true.
pub(crate) fn is_true(document: &str, name: &str) -> bool {
    value(document, name) == Some("true")
}

fn value<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let mut rest = document;
    loop {
        let at = rest.find(name)?;
        let behind = &rest[at + name.len()..];
        let quoted = rest[..at].ends_with('"') && behind.starts_with('"');
        match behind.strip_prefix('"').map(str::trim_start).and_then(|behind| behind.strip_prefix(':')) {
            Some(value) if quoted => {
                let value = value.trim_start();
                let end = value.find([',', '}', ' ', '\n', '\r', '\t']).unwrap_or(value.len());
                return Some(&value[..end]);
            }
            _ => rest = behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_written_and_read() {
        let written =
            Object::new().string("A", "say \"hi\"\\\n").flag("B", true).flag("C", false).json("D", "[1]").end();
        assert_eq!(written, r#"{"A":"say \"hi\"\\\u000a","B":true,"D":[1]}"#);
        let status = r#"{ "ProcessId" : 8, "Exited":true,"ExitCode":3221225786, "LastWaitResult":-2143878902}"#;
        assert_eq!(number(status, "ExitCode"), Some(0xC000_013A));
        assert_eq!(number(status, "LastWaitResult"), Some(-2_143_878_902));
        assert_eq!(number(status, "Exit"), None);
        assert!(is_true(status, "Exited"));
        assert_eq!(strings(["a", "b\"c"].into_iter()), r#"["a","b\"c"]"#);
    }
}
