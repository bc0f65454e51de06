//! Lengths of time as people write them: `3`, `0.5`, `250ms`, `2m`, `1h`.

use hcs_rules::time::{MICROSECOND, MILLISECOND, SECOND};

/// Nanoseconds; a number alone is seconds. Longer than the world's time is as long as that. `None` when it is not a length.
pub(super) fn parse(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit {
        "us" => MICROSECOND,
        "ms" => MILLISECOND,
        "" | "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 60 * 60 * SECOND,
        "d" => 24 * 60 * 60 * SECOND,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    // Digits alone are left: what does not fit is longer than the world's time.
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().unwrap_or(u64::MAX) };
    let mut sum = whole.saturating_mul(unit);
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        sum = sum.saturating_add(u64::from(digit - b'0') * place);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (text, length) in [
            ("3", Some(3 * SECOND)),
            ("0.5", Some(SECOND / 2)),
            (".25s", Some(SECOND / 4)),
            ("250ms", Some(250 * MILLISECOND)),
            ("1.5m", Some(90 * SECOND)),
            ("2h", Some(7200 * SECOND)),
            ("99999999999999999999999d", Some(u64::MAX)),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("-1", None),
            ("1x", None),
        ] {
            assert_eq!(parse(text), length, "{text}");
        }
    }
}
