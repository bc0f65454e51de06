//! Words of a story: what its texts and times mean, and how answers are told.

use std::time::Duration;

use hcs_api::{Outcome, Text};
use hcs_sim::director::duration;

pub(super) fn told(outcome: &Outcome) -> String {
    match &outcome.document {
        None => outcome.code.to_string(),
        Some(document) => format!("{} {document}", outcome.code),
    }
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{}.{:03}s", time.as_secs(), time.subsec_millis())
}

pub(super) fn milliseconds(word: &str) -> Result<u32, String> {
    let duration = duration(word)?;
    u32::try_from(duration.as_millis()).map_err(|_| format!("{word} is too long"))
}

/// A document as a story gives it: `NULL` and `""` are what they say.
pub(super) fn text(word: &str) -> Text<'_> {
    match word {
        "NULL" => Text::Null,
        "\"\"" => Text::Some(""),
        word => Text::Some(word),
    }
}

/// Words, separated by blanks; what stands between quotation marks is one.
pub(super) fn arguments(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let mut escaped = false;
        let closes = |byte: u8| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        };
        let end = match rest.strip_prefix('"') {
            Some(inner) => inner.bytes().position(closes).map_or(rest.len(), |at| at + 2),
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, more) = rest.split_at(end);
        words.push(match word.starts_with('"') {
            true => String::from_utf8(unquoted(word)?).map_err(|_| format!("{word} is no text"))?,
            false => word.to_owned(),
        });
        rest = more.trim_start();
    }
    Ok(words)
}

/// Text between quotation marks, as its bytes: `\n`, `\r`, `\t`, `\"`, `\\` and `\xHH` are one byte each.
pub(super) fn unquoted(word: &str) -> Result<Vec<u8>, String> {
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or("a text does not end")?;
    let mut bytes = Vec::new();
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => bytes.push(match rest.next() {
                Some('n') => b'\n',
                Some('r') => b'\r',
                Some('t') => b'\t',
                Some('"') => b'"',
                Some('\\') => b'\\',
                Some('x') => {
                    let mut digit = || rest.next().and_then(|digit| digit.to_digit(16));
                    let byte = digit().and_then(|high| u8::try_from(16 * high + digit()?).ok());
                    byte.ok_or("a byte is \\x and two hexadecimal digits")?
                }
                _ => return Err("an escape is \\n, \\r, \\t, \\\", \\\\ or \\xHH".to_owned()),
            }),
            '"' => return Err("a quotation mark in a text is \\\"".to_owned()),
            character => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(bytes)
}

/// Bytes as a story shows them: each line between quotation marks, with the escapes that [`unquoted`] takes.
pub(super) fn quoted(bytes: &[u8]) -> Vec<String> {
    let line = |line: &[u8]| {
        let mut told = "\"".to_owned();
        for character in String::from_utf8_lossy(line).chars() {
            match character {
                '\n' => told.push_str("\\n"),
                '\r' => told.push_str("\\r"),
                '\t' => told.push_str("\\t"),
                '"' => told.push_str("\\\""),
                '\\' => told.push_str("\\\\"),
                control if control.is_control() => told.push_str(&format!("\\x{:02x}", u32::from(control))),
                character => told.push(character),
            }
        }
        told.push('"');
        told
    };
    bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use hcs_sim::director::tail;

    use super::*;

    #[test]
    fn what_is_shown_can_be_said() {
        for line in ["a \"b\" \\ \t\r\n", "\x1b[2J", "", "\u{e9}"] {
            let shown = quoted(line.as_bytes()).concat();
            let said = if shown.is_empty() { "\"\"" } else { &shown };
            assert_eq!(unquoted(said), Ok(line.as_bytes().to_vec()), "{shown}");
        }
        assert_eq!(quoted(b"a\nb\n\nc"), [r#""a\n""#, r#""b\n""#, r#""\n""#, r#""c""#]);
        for text in ["\"a", "\"\\q\"", "\"\\x4\"", "\"\"\"", "\"\\\""] {
            assert!(unquoted(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_and_the_end_of_a_line_keep_their_blanks() {
        assert_eq!(
            arguments(r#"sh -c "echo  \"a\" b" x"#),
            Ok(["sh", "-c", "echo  \"a\" b", "x"].map(str::to_owned).into())
        );
        assert!(arguments(r#"sh "echo"#).is_err());
        assert_eq!(tail("  agent say shell  a  b ", 2), "a  b");
        assert_eq!(tail("agent exec vm app {\"a\": 1}", 1), "{\"a\": 1}");
        assert_eq!(tail("agent", 4), "agent");
    }
}
