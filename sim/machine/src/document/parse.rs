//! From text to arena. serde_json drives, and its features change nothing here but one verdict: of a number within
//! rounding of the largest that a double holds, whether it is still a number. No member takes such a number.

use std::fmt;
use std::sync::Arc;

use hcs_rules::document::{FaultKind, MAX_DEPTH, MAX_LENGTH};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::arena::{Arena, Document, Entry, Span, Value};
use super::check::Fault;

/// The name under which serde_json hands a number over when another crate of the build has turned its
/// `arbitrary_precision` on. An object that really has this as its first member is taken for the number in either case,
/// so that the feature changes no answer.
const NUMBER: &str = "$serde_json::private::Number";

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// A fault at `$`: no JSON, a byte-order mark, too deep or too long.
    pub fn parse(text: &str) -> Result<Document, Fault> {
        if text.len() > MAX_LENGTH {
            return Err(Fault::at_root(FaultKind::TooLong));
        }
        let mut arena =
            Arena { entries: Vec::with_capacity(text.len() / 16 + 4), text: String::with_capacity(text.len()) };
        let mut too_deep = false;
        let mut reader = serde_json::Deserializer::from_str(text);
        let seed = Reader { arena: &mut arena, key: EMPTY, depth: 0, too_deep: &mut too_deep };
        match seed.deserialize(&mut reader).and_then(|()| reader.end()) {
            Ok(()) => Ok(Document(Arc::new(arena))),
            Err(_) if too_deep => Err(Fault::at_root(FaultKind::TooDeep)),
            Err(_) => Err(Fault::at_root(FaultKind::Malformed)),
        }
    }
}

const EMPTY: Span = Span { from: 0, to: 0 };

/// Reads one value.
struct Reader<'a> {
    arena: &'a mut Arena,
    key: Span,
    depth: usize,
    too_deep: &'a mut bool,
}

impl Reader<'_> {
    fn leaf(self, value: Value) {
        self.open(value);
    }

    /// Adds a node without children; answers its place.
    fn open(self, value: Value) -> usize {
        let at = self.arena.entries.len();
        self.arena.entries.push(Entry { key: self.key, value, end: at as u32 + 1 });
        at
    }

    /// Opens an object or an array, unless that is too deep; answers its place.
    fn descend<E: Error>(self, value: Value) -> Result<usize, E> {
        if self.depth >= MAX_DEPTH {
            *self.too_deep = true;
            return Err(E::custom("nested too deeply"));
        }
        Ok(self.open(value))
    }
}

fn keep(arena: &mut Arena, text: &str) -> Span {
    let from = arena.text.len() as u32;
    arena.text.push_str(text);
    Span { from, to: arena.text.len() as u32 }
}

/// A number from its text: whole if it is written so. `-0` is not, as serde_json has it.
fn number<E: Error>(text: &str) -> Result<Value, E> {
    if let Ok(number) = text.parse::<u64>() {
        return Ok(Value::Unsigned(number));
    }
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Ok(Value::Negative(number)),
        _ if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(Value::OtherNumber),
        _ => Err(E::custom("number out of range")),
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.leaf(Value::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<(), E> {
        self.leaf(Value::Boolean(boolean));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.leaf(Value::Unsigned(number));
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.leaf(u64::try_from(number).map_or(Value::Negative(number), Value::Unsigned));
        Ok(())
    }

    fn visit_f64<E: Error>(self, _number: f64) -> Result<(), E> {
        self.leaf(Value::OtherNumber);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let span = keep(self.arena, text);
        self.leaf(Value::Text(span));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Reader { arena, key, depth, too_deep } = self;
        let at = Reader { arena, key, depth, too_deep }.descend(Value::Array)?;
        while sequence.next_element_seed(Reader { arena, key: EMPTY, depth: depth + 1, too_deep })?.is_some() {}
        arena.entries[at].end = arena.entries.len() as u32;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Reader { arena, key, depth, too_deep } = self;
        let mut member = map.next_key_seed(Key(arena))?;
        if let Some(name) = member
            && &arena.text[name.from as usize..name.to as usize] == NUMBER
        {
            // Only now is it known that nothing is nested here: a number may stand where an object is too deep.
            arena.text.truncate(name.from as usize);
            let value = number(&map.next_value::<String>()?)?;
            Reader { arena, key, depth, too_deep }.leaf(value);
            return match map.next_key_seed(Key(arena))? {
                None => Ok(()),
                Some(_) => Err(A::Error::custom("a number with members")),
            };
        }
        let at = Reader { arena, key, depth, too_deep }.descend(Value::Object)?;
        while let Some(name) = member {
            map.next_value_seed(Reader { arena, key: name, depth: depth + 1, too_deep })?;
            member = map.next_key_seed(Key(arena))?;
        }
        arena.entries[at].end = arena.entries.len() as u32;
        Ok(())
    }
}

/// Reads a member's name into the arena's text.
struct Key<'a>(&'a mut Arena);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Span;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Span, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Span;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a member's name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
        Ok(keep(self.0, text))
    }
}
