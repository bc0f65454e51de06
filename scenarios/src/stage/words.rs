//! Words of a story: how a line is split, and what its numbers, times and calls mean.

use std::time::Duration;

use hcs_api::{Outcome, Text};
use hcs_rules::vocabulary::Call;

/// Words, separated by blanks; a word that begins with a brace or a bracket goes to the end of the line.
pub(super) fn split(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = match rest.as_bytes()[0] {
            b'{' | b'[' => rest.len(),
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// A call by its name, or by the part of it before `ComputeSystem`.
pub(super) fn call(word: &str) -> Option<Call> {
    Call::by_name(word).or_else(|| Call::by_name(&format!("{word}ComputeSystem")))
}

pub(super) fn told(outcome: &Outcome) -> String {
    match &outcome.document {
        None => outcome.code.to_string(),
        Some(document) => format!("{} {document}", outcome.code),
    }
}

pub(super) fn happened(happened: bool) -> String {
    if happened { "done" } else { "nothing to do" }.to_owned()
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{}.{:03}s", time.as_secs(), time.subsec_millis())
}

pub(super) fn milliseconds(word: &str) -> Result<u32, String> {
    let duration = duration(word)?;
    u32::try_from(duration.as_millis()).map_err(|_| format!("{word} is too long"))
}

/// `250ms`, `5s`, `10m`
pub(super) fn duration(word: &str) -> Result<Duration, String> {
    let number = word.trim_end_matches(char::is_alphabetic);
    let count: u64 = number.parse().map_err(|_| format!("no time {word}"))?;
    match &word[number.len()..] {
        "ms" => Ok(Duration::from_millis(count)),
        "s" => Ok(Duration::from_secs(count)),
        "m" => Ok(Duration::from_secs(count.saturating_mul(60))),
        _ => Err(format!("no time {word}; 250ms, 5s or 10m")),
    }
}

/// A document as a story gives it: `NULL` and `""` are what they say.
pub(super) fn text(word: &str) -> Text<'_> {
    match word {
        "NULL" => Text::Null,
        "\"\"" => Text::Some(""),
        word => Text::Some(word),
    }
}
