//! What may differ between a record and a replay: ids that are made, times, figures. An id of the record is matched with the
//! simulated one that first stands in its place; from then on it must stand there everywhere.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::Information;

/// Members whose numbers are measured: they are what they are.
const MEASURED: &[&str] = &[
    "Uptime100ns",
    "TotalRuntime100ns",
    "RuntimeUser100ns",
    "RuntimeKernel100ns",
    "KernelTime100ns",
    "UserTime100ns",
    "MemoryUsageCommitBytes",
    "MemoryUsageCommitPeakBytes",
    "MemoryUsagePrivateWorkingSetBytes",
    "MemoryCommitBytes",
    "MemoryWorkingSetPrivateBytes",
    "MemoryWorkingSetSharedBytes",
    "ReadCountNormalized",
    "ReadSizeBytes",
    "WriteCountNormalized",
    "WriteSizeBytes",
];

/// The member that is a process's id.
const PROCESS_ID: &str = "ProcessId";

/// Which value of the record stands for which simulated one.
#[derive(Default)]
pub(super) struct Masks {
    ids: Pairs<String>,
    processes: Pairs<u64>,
    numbers: Pairs<u64>,
}

/// Pairs, one to one.
struct Pairs<T> {
    there: BTreeMap<T, T>,
    back: BTreeMap<T, T>,
}

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Pairs { there: BTreeMap::new(), back: BTreeMap::new() }
    }
}

impl<T: Ord + Clone + std::fmt::Display> Pairs<T> {
    /// Whether the two stand for each other, as from now on they do.
    fn pair(&mut self, recorded: &T, simulated: &T) -> Result<(), String> {
        match (self.there.get(recorded), self.back.get(simulated)) {
            (None, None) => {
                self.there.insert(recorded.clone(), simulated.clone());
                self.back.insert(simulated.clone(), recorded.clone());
                Ok(())
            }
            (Some(known), _) if known == simulated => Ok(()),
            (Some(known), _) => Err(format!("{recorded} of the record was {known} before, and is {simulated} here")),
            (None, Some(known)) => Err(format!("{simulated} stood for {known} before, and stands for {recorded} here")),
        }
    }
}

impl Masks {
    /// A string or a document: of the record, and simulated.
    pub(super) fn text(&mut self, recorded: &Value, simulated: Option<&str>) -> Result<(), String> {
        match (recorded, simulated) {
            (Value::Null, None) => Ok(()),
            (Value::Null, Some(_)) => Err("there is a document".to_owned()),
            (_, None) => Err("there is no document".to_owned()),
            (Value::String(recorded), Some(simulated)) => {
                let parse = |text: &str| serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_number());
                match (parse(recorded), parse(simulated)) {
                    (Some(recorded), Some(simulated)) => self.value("", "", &recorded, &simulated),
                    _ => self.string("", recorded, simulated),
                }
            }
            _ => Err("the record has no well-formed text".to_owned()),
        }
    }

    fn value(&mut self, path: &str, member: &str, recorded: &Value, simulated: &Value) -> Result<(), String> {
        let differs = || Err(format!("{path}: it is {}, and was {}", shown(simulated), shown(recorded)));
        match (recorded, simulated) {
            (Value::Object(recorded), Value::Object(simulated)) => {
                if let Some(name) = simulated.keys().find(|name| !recorded.contains_key(*name)) {
                    return Err(format!("{path}/{name} was not there"));
                }
                for (name, recorded) in recorded {
                    let simulated = simulated.get(name).ok_or_else(|| format!("{path}/{name} is not there"))?;
                    self.value(&format!("{path}/{name}"), name, recorded, simulated)?;
                }
                Ok(())
            }
            (Value::Array(recorded), Value::Array(simulated)) => {
                if recorded.len() != simulated.len() {
                    return Err(format!("{path}: there are {} items, and were {}", simulated.len(), recorded.len()));
                }
                for (at, (recorded, simulated)) in recorded.iter().zip(simulated).enumerate() {
                    self.value(&format!("{path}/{at}"), member, recorded, simulated)?;
                }
                Ok(())
            }
            (Value::String(recorded), Value::String(simulated)) => self.string(path, recorded, simulated),
            (Value::Number(left), Value::Number(right)) => match (left.as_u64(), right.as_u64()) {
                (Some(left), Some(right)) if member == PROCESS_ID => self.processes.pair(&left, &right),
                _ if MEASURED.contains(&member) || left == right => Ok(()),
                _ => differs(),
            },
            (recorded, simulated) if recorded == simulated => Ok(()),
            _ => differs(),
        }
    }

    /// Strings are the same where neither has an id; ids stand for each other; one time is as good as another.
    fn string(&mut self, path: &str, recorded: &str, simulated: &str) -> Result<(), String> {
        if is_time(recorded) && is_time(simulated) {
            return Ok(());
        }
        let differs = || Err(format!("{path}: it is {simulated:?}, and was {recorded:?}"));
        let (mut left, mut right) = (recorded, simulated);
        loop {
            let (one, other) = (split_at_id(left), split_at_id(right));
            match (one, other) {
                (Some((before, id, rest)), Some((other_before, other_id, other_rest))) if before == other_before => {
                    self.ids.pair(&id.to_ascii_lowercase(), &other_id.to_ascii_lowercase())?;
                    (left, right) = (rest, other_rest);
                }
                (None, None) if left == right => return Ok(()),
                _ => return differs(),
            }
        }
    }

    /// An id that is a number.
    pub(super) fn number(&mut self, recorded: Option<u64>, simulated: u64) -> Result<(), String> {
        let recorded = recorded.ok_or("it is no number in the record")?;
        // That there is none is told by the one that stands for nothing.
        match (recorded == u64::MAX, simulated == u64::MAX) {
            (true, true) => Ok(()),
            (false, false) => self.numbers.pair(&recorded, &simulated),
            _ => Err(format!("it is {simulated}")),
        }
    }

    /// The information about a process. None of it is as good as none at all.
    pub(super) fn information(&mut self, recorded: &Value, simulated: Option<&Information>) -> Result<(), String> {
        let none = Information::default();
        let simulated = simulated.unwrap_or(&none);
        let process = recorded.get("processid").and_then(Value::as_u64).unwrap_or(0);
        match (process, simulated.process) {
            (0, 0) => {}
            (recorded, simulated) if recorded != 0 && simulated != 0 => {
                self.processes.pair(&recorded, &simulated.into())?;
            }
            (_, simulated) => return Err(format!("the process is {simulated}")),
        }
        for (name, there) in [
            ("stdinput", simulated.streams[0].is_some()),
            ("stdoutput", simulated.streams[1].is_some()),
            ("stderror", simulated.streams[2].is_some()),
        ] {
            let was = recorded.get(name).and_then(Value::as_bool).unwrap_or(false);
            if was != there {
                return Err(format!("{name} {}", if there { "is there" } else { "is not there" }));
            }
        }
        Ok(())
    }

    /// The simulated id of a process of the record. One that nobody has met is the same.
    pub(super) fn process(&self, recorded: u32) -> u32 {
        let found = self.processes.there.get(&u64::from(recorded)).copied();
        found.and_then(|found| u32::try_from(found).ok()).unwrap_or(recorded)
    }

    /// A string of the record as the simulated world must be given it: with the ids that it has made.
    pub(super) fn translated(&self, recorded: &str) -> String {
        let (mut out, mut left) = (String::with_capacity(recorded.len()), recorded);
        while let Some((before, id, rest)) = split_at_id(left) {
            out.push_str(before);
            let lower = id.to_ascii_lowercase();
            match self.ids.there.get(&lower) {
                Some(simulated) if *simulated != lower => out.push_str(simulated),
                _ => out.push_str(id),
            }
            left = rest;
        }
        out.push_str(left);
        out
    }
}

/// A value in a message: its beginning.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

/// How long an id is, and where its hyphens are.
const ID_LENGTH: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Whether these bytes are an id: `8636363d-c5f9-49aa-b507-3b83f98c0d14`.
fn is_id(bytes: &[u8]) -> bool {
    bytes.len() == ID_LENGTH
        && bytes.iter().enumerate().all(|(at, byte)| match HYPHENS.contains(&at) {
            true => *byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}

/// What stands before the first id in a text, the id, and what is left.
fn split_at_id(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('-') {
        let hyphen = from + found;
        if let Some(start) = hyphen.checked_sub(HYPHENS[0])
            && text.as_bytes().get(start..start + ID_LENGTH).is_some_and(is_id)
        {
            // All of it is ASCII, and so are its ends.
            return Some((&text[..start], &text[start..start + ID_LENGTH], &text[start + ID_LENGTH..]));
        }
        from = hyphen + 1;
    }
    None
}

/// Whether a text is a moment: `2026-01-02T03:04:05`, with or without what may follow.
fn is_time(text: &str) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    bytes.len() >= shape.len()
        && bytes.len() <= 40
        && shape
            .iter()
            .zip(bytes)
            .all(|(shape, byte)| if *shape == b'd' { byte.is_ascii_digit() } else { shape == byte })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "8636363d-c5f9-49aa-b507-3b83f98c0d14";
    const TWO: &str = "0a7b1c2d-1111-2222-3333-444455556666";

    #[test]
    fn ids_stand_for_each_other_from_the_first_meeting_on() {
        let mut masks = Masks::default();
        let text = |id: &str| Value::from(format!(r#"{{"Path":"\\\\?\\Volume{{{id}}}\\"}}"#));
        let simulated = |id: &str| text(id).as_str().map(str::to_owned);
        assert_eq!(masks.text(&text(ONE), simulated(TWO).as_deref()), Ok(()));
        assert_eq!(masks.text(&text(&ONE.to_uppercase()), simulated(TWO).as_deref()), Ok(()));
        assert!(masks.text(&text(ONE), simulated(ONE).as_deref()).is_err_and(|told| told.contains("before")));
        assert!(masks.text(&text(TWO), simulated(TWO).as_deref()).is_err(), "it stands for another already");
        assert_eq!(masks.translated(&format!("a {ONE}-{ONE}")), format!("a {TWO}-{TWO}"));
        assert_eq!(masks.translated("ü-é 12345678-"), "ü-é 12345678-");
    }

    #[test]
    fn measured_numbers_and_times_may_differ_and_nothing_else() {
        let mut masks = Masks::default();
        let mut same = |recorded: &str, simulated: &str| masks.text(&Value::from(recorded), Some(simulated));
        assert_eq!(
            same(
                r#"{"Uptime100ns":7,"T":"2026-01-02T03:04:05Z"}"#,
                r#"{"T":"1999-01-02T03:04:05.6Z","Uptime100ns":9}"#
            ),
            Ok(())
        );
        assert_eq!(same(r#"{"ProcessId":4}"#, r#"{"ProcessId":1000}"#), Ok(()));
        assert!(same(r#"{"ProcessId":8}"#, r#"{"ProcessId":1000}"#).is_err());
        for (recorded, simulated) in [
            (r#"{"A":1}"#, r#"{"A":2}"#),
            (r#"{"A":1}"#, r#"{"A":1,"B":1}"#),
            (r#"{"A":1,"B":1}"#, r#"{"A":1}"#),
            ("[1,2]", "[1]"),
            ("[1,2]", "[2,1]"),
            (r#"{"A":"x"}"#, r#"{"A":"y"}"#),
            (r#"{"A":null}"#, r#"{"A":false}"#),
            ("plain", "text"),
            ("7", "8"),
        ] {
            assert!(same(recorded, simulated).is_err(), "{recorded} and {simulated}");
        }
        assert!(masks.text(&Value::Null, Some("{}")).is_err());
        assert!(masks.text(&Value::from("{}"), None).is_err());
    }
}
