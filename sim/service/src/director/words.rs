//! Words of a line: how it is split, and what its times and calls mean.

use std::time::Duration;

use hcs_rules::vocabulary::Call;

/// Words, separated by blanks; a word that begins with a brace or a bracket goes to the end of the line.
pub fn split(line: &str) -> Vec<&str> {
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

/// The end of a line that has so many words, as it was written.
pub fn tail(line: &str, count: usize) -> &str {
    let words = split(line);
    let mut rest = line.trim();
    for word in &words[..words.len().saturating_sub(count)] {
        rest = rest[word.len()..].trim_start();
    }
    rest
}

/// A call by its name, or by the part of it before `ComputeSystem`.
pub(super) fn call(word: &str) -> Option<Call> {
    Call::by_name(word).or_else(|| Call::by_name(&format!("{word}ComputeSystem")))
}

/// Whether a world event found something to do, as it is told.
pub fn happened(happened: bool) -> String {
    if happened { "done" } else { "nothing to do" }.to_owned()
}

/// `250ms`, `5s`, `10m`
pub fn duration(word: &str) -> Result<Duration, String> {
    let number = word.trim_end_matches(char::is_alphabetic);
    let count: u64 = number.parse().map_err(|_| format!("no time {word}"))?;
    match &word[number.len()..] {
        "ns" => Ok(Duration::from_nanos(count)),
        "us" => Ok(Duration::from_micros(count)),
        "ms" => Ok(Duration::from_millis(count)),
        "s" => Ok(Duration::from_secs(count)),
        "m" => Ok(Duration::from_secs(count.saturating_mul(60))),
        _ => Err(format!("no time {word}; 250ms, 5s or 10m")),
    }
}
