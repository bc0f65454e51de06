//! Arguments as one line, as programs of Windows take it.
//!
//! A program divides its line itself. Nearly all do it as Microsoft's C runtime does: spaces and tabs divide, quotes keep
//! together, a backslash means itself unless backslashes end in a quote, where each pair means one and an odd one makes the quote a
//! plain character.

const SPACE: u16 = b' ' as u16;
const TAB: u16 = b'\t' as u16;
const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

/// The line of a program and its arguments, without a zero at its end. The program's name, which is divided off by other rules, must
/// hold no quote.
pub(crate) fn line<'a>(program: &[u16], arguments: impl IntoIterator<Item = &'a [u16]>) -> Vec<u16> {
    let mut line = vec![QUOTE];
    line.extend_from_slice(program);
    line.push(QUOTE);
    for argument in arguments {
        line.push(SPACE);
        push(&mut line, argument);
    }
    line
}

fn push(line: &mut Vec<u16>, argument: &[u16]) {
    let is_quoted = argument.is_empty() || argument.iter().any(|unit| [SPACE, TAB, QUOTE].contains(unit));
    if !is_quoted {
        return line.extend_from_slice(argument);
    }
    line.push(QUOTE);
    let mut backslashes = 0;
    for &unit in argument {
        if unit == QUOTE {
            line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
        }
        backslashes = if unit == BACKSLASH { backslashes + 1 } else { 0 };
        line.push(unit);
    }
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::line;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn of(arguments: &[&str]) -> String {
        let arguments: Vec<Vec<u16>> = arguments.iter().map(|text| units(text)).collect();
        String::from_utf16(&line(&units("a b"), arguments.iter().map(Vec::as_slice))).expect("it was text")
    }

    #[test]
    fn what_divides_is_quoted() {
        assert_eq!(of(&[]), r#""a b""#);
        assert_eq!(of(&["plain", r"C:\x\", "", "two words"]), r#""a b" plain C:\x\ "" "two words""#);
        assert_eq!(of(&[r#"say "hi""#, r"ends with \", r#"\""#]), r#""a b" "say \"hi\"" "ends with \\" "\\\"""#);
    }

    /// How a program divides what follows its name, from the description above.
    fn divided(line: &str) -> Vec<String> {
        let (mut arguments, mut current, mut quoted) = (Vec::new(), None::<String>, false);
        let mut rest = line.chars().peekable();
        while let Some(one) = rest.next() {
            match one {
                ' ' | '\t' if !quoted => arguments.extend(current.take()),
                '"' => {
                    quoted = !quoted;
                    current.get_or_insert_default();
                }
                '\\' => {
                    let mut count = 1;
                    while rest.next_if_eq(&'\\').is_some() {
                        count += 1;
                    }
                    let before_quote = rest.peek() == Some(&'"');
                    let meant = if before_quote { count / 2 } else { count };
                    let argument = current.get_or_insert_default();
                    argument.extend(std::iter::repeat_n('\\', meant));
                    if before_quote && count % 2 == 1 {
                        argument.extend(rest.next());
                    }
                }
                other => current.get_or_insert_default().push(other),
            }
        }
        arguments.extend(current);
        arguments
    }

    proptest! {
        #[test]
        fn a_program_divides_the_line_into_the_arguments(arguments in prop::collection::vec(r#"[a\\" \t=]{0,6}"#, 0..5)) {
            let line = of(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(divided(line.strip_prefix(r#""a b""#).expect("the name is first")), arguments);
        }
    }
}
