//! Times of a tar: seconds since 1970 with a fraction, against `FILETIME`, tenths of microseconds since 1601.

/// In a second.
const TENTHS: i128 = 10_000_000;
/// From 1601 to 1970, in seconds.
const EPOCH: i128 = 11_644_473_600;

/// The moment of so many seconds since 1970.
pub(super) fn from_seconds(seconds: u64) -> Option<u64> {
    u64::try_from((i128::from(seconds) + EPOCH) * TENTHS).ok()
}

/// Reads a decimal number of seconds since 1970. What is finer than a tenth of a microsecond is left out.
pub(super) fn read(text: &str) -> Option<u64> {
    let (is_before, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    // Longer ones are beyond any file's time, or finer than any.
    if whole.is_empty() || whole.len() > 18 || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let tenths = fraction.bytes().chain(std::iter::repeat(b'0')).take(7);
    let tenths = tenths.fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let since = whole.parse::<i128>().ok()? * TENTHS + tenths;
    u64::try_from(if is_before { -since } else { since } + EPOCH * TENTHS).ok()
}

/// Writes the decimal number, without zeros at its end.
pub(super) fn write(time: u64) -> String {
    let since = i128::from(time) - EPOCH * TENTHS;
    let sign = if since < 0 { "-" } else { "" };
    let (whole, tenths) = (since.abs() / TENTHS, since.abs() % TENTHS);
    let text = format!("{sign}{whole}.{tenths:07}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The moment for people, as a date of UTC.
pub(super) fn show(time: u64) -> String {
    let nanoseconds = (i128::from(time) - EPOCH * TENTHS) * 100;
    match jiff::Timestamp::from_nanosecond(nanoseconds) {
        Ok(moment) => moment.to_string(),
        Err(_) => write(time),
    }
}

/// The whole seconds, if a header can hold them and they say all.
pub(super) fn whole_seconds(time: u64) -> Option<u64> {
    let since = i128::from(time) - EPOCH * TENTHS;
    let seconds = u64::try_from(since / TENTHS).ok()?;
    (since >= 0 && since % TENTHS == 0 && seconds < 1 << 33).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read_and_written() {
        let table = [
            ("0", 116_444_736_000_000_000),
            ("1", 116_444_736_010_000_000),
            ("-1", 116_444_735_990_000_000),
            ("1.5", 116_444_736_015_000_000),
            ("-1.5", 116_444_735_985_000_000),
            ("1600000000.1234567", 132_444_736_001_234_567),
            ("-11644473600", 0),
        ];
        for (text, time) in table {
            assert_eq!(read(text), Some(time), "{text}");
            assert_eq!(write(time), text);
        }
        assert_eq!(read("1600000000.123456789"), Some(132_444_736_001_234_567), "finer than files keep it");
        assert_eq!(from_seconds(1), read("1"));
        assert_eq!(show(132_444_736_001_234_567), "2020-09-13T12:26:40.1234567Z");
        assert_eq!(show(u64::MAX), "1833029933770.9551615", "beyond every date");
        for text in ["", "-", ".5", "1e9", "+1", "1.-5", "1.5.5", "-11644473601", "99999999999999999", "1 "] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_time_is_what_it_was(time in prop_oneof![any::<u64>(), 0_u64..1 << 62]) {
            prop_assert_eq!(read(&write(time)), Some(time));
            if let Some(seconds) = whole_seconds(time) {
                prop_assert_eq!(from_seconds(seconds), Some(time));
            }
        }

        #[test]
        fn any_text_is_a_time_or_none(text in "-?[0-9.]{0,25}|.{0,10}") {
            if let Some(time) = read(&text) {
                prop_assert_eq!(read(&write(time)), Some(time));
            }
        }
    }
}
