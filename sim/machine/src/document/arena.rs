//! The arena: a parsed document in three allocations, shared by its clones.

use std::sync::Arc;

/// A span of the arena's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

/// A value, without its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Negative(i64),
    /// A number that is not whole, or beyond 64 bits. No member takes one, and its value is not kept.
    OtherNumber,
    Text(Span),
    Array,
    Object,
}

/// One node. Its children follow it; `end` is the node after the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: Span,
    pub(super) value: Value,
    pub(super) end: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arena {
    pub(super) entries: Vec<Entry>,
    /// Every name and every string, one after the other, without escapes.
    pub(super) text: String,
}

/// A parsed document. Clones share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(pub(super) Arc<Arena>);

impl Document {
    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { arena: &self.0, at: 0 }
    }

    /// The value at a place of this document.
    pub(crate) fn at(&self, place: Place) -> Node<'_> {
        Node { arena: &self.0, at: place.0 }
    }
}

/// Where in its document a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u32);

/// A value in a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    arena: &'a Arena,
    at: u32,
}

impl<'a> Node<'a> {
    pub(crate) fn place(self) -> Place {
        Place(self.at)
    }

    fn entry(self) -> &'a Entry {
        &self.arena.entries[self.at as usize]
    }

    fn text(self, span: Span) -> &'a str {
        &self.arena.text[span.from as usize..span.to as usize]
    }

    fn children(self) -> impl Iterator<Item = Node<'a>> {
        let end = self.entry().end;
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let child = Node { arena: self.arena, at };
                at = child.entry().end;
                child
            })
        })
    }

    pub(super) fn value(self) -> Value {
        self.entry().value
    }

    /// The value of a member. Of members that stand twice, the last counts (assumed).
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        if self.value() != Value::Object {
            return None;
        }
        // The most frequent question of all: lengths are compared first, and bytes where they are the same.
        let Arena { text, entries } = self.arena;
        let end = self.entry().end;
        let (mut at, mut found) = (self.at + 1, None);
        while at < end {
            let entry = &entries[at as usize];
            let (from, to) = (entry.key.from as usize, entry.key.to as usize);
            if to - from == name.len() && &text.as_bytes()[from..to] == name.as_bytes() {
                found = Some(Node { arena: self.arena, at });
            }
            at = entry.end;
        }
        found
    }

    /// The value at the end of a path of members.
    pub fn path(self, names: &[&str]) -> Option<Node<'a>> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The members of an object, in their order, those that stand twice twice. None of anything else.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let is_object = self.value() == Value::Object;
        self.children().filter(move |_| is_object).map(|child| (child.text(child.entry().key), child))
    }

    /// The elements of an array, in their order. None of anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let is_array = self.value() == Value::Array;
        self.children().filter(move |_| is_array)
    }

    /// The string.
    pub fn as_str(self) -> Option<&'a str> {
        match self.value() {
            Value::Text(span) => Some(self.text(span)),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.value() {
            Value::Boolean(boolean) => Some(boolean),
            _ => None,
        }
    }

    /// The number, if it is whole and not negative.
    pub fn as_u64(self) -> Option<u64> {
        match self.value() {
            Value::Unsigned(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if it is whole and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self.value() {
            Value::Unsigned(number) => i64::try_from(number).ok(),
            Value::Negative(number) => Some(number),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.value() == Value::Null
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.value() == Value::Object
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        self.value() == Value::Array
    }
}
