//! Sums of whole numbers: `set /a` of `cmd`, `$((...))` of `sh`. Both know `+ - * / %`, signs and parentheses.

use std::iter::Peekable;
use std::str::Chars;

/// How deep parentheses and signs nest.
const DEEPEST: u32 = 64;

/// What is wrong with a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not one, or has an operator that is not modelled.
    Syntax,
    /// It divides by zero.
    Division,
}

/// The value of a sum. A name's value comes from `variable`; one without is zero.
pub(super) fn evaluate(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<i64, Fault> {
    let mut sum = Sum { rest: text.chars().peekable(), variable, depth: 0 };
    let value = sum.terms()?;
    sum.blanks();
    if sum.rest.peek().is_some() { Err(Fault::Syntax) } else { Ok(value) }
}

struct Sum<'a> {
    rest: Peekable<Chars<'a>>,
    variable: &'a dyn Fn(&str) -> Option<String>,
    depth: u32,
}

impl Sum<'_> {
    fn blanks(&mut self) {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
    }

    fn operator(&mut self, of: &[char]) -> Option<char> {
        self.blanks();
        self.rest.next_if(|c| of.contains(c))
    }

    fn terms(&mut self) -> Result<i64, Fault> {
        let mut value = self.factors()?;
        while let Some(operator) = self.operator(&['+', '-']) {
            let other = self.factors()?;
            value = if operator == '+' { value.wrapping_add(other) } else { value.wrapping_sub(other) };
        }
        Ok(value)
    }

    fn factors(&mut self) -> Result<i64, Fault> {
        let mut value = self.atom()?;
        while let Some(operator) = self.operator(&['*', '/', '%']) {
            let other = self.atom()?;
            value = match operator {
                '*' => value.wrapping_mul(other),
                _ if other == 0 => return Err(Fault::Division),
                '/' => value.wrapping_div(other),
                _ => value.wrapping_rem(other),
            };
        }
        Ok(value)
    }

    fn atom(&mut self) -> Result<i64, Fault> {
        if self.depth == DEEPEST {
            return Err(Fault::Syntax);
        }
        self.depth += 1;
        let value = self.nested();
        self.depth -= 1;
        value
    }

    fn nested(&mut self) -> Result<i64, Fault> {
        self.blanks();
        match self.rest.next() {
            Some('-') => Ok(self.atom()?.wrapping_neg()),
            Some('+') => self.atom(),
            Some('(') => {
                let value = self.terms()?;
                self.operator(&[')']).map(|_| value).ok_or(Fault::Syntax)
            }
            Some(c) if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                if c.is_ascii_digit() {
                    return literal(&word).ok_or(Fault::Syntax);
                }
                let value = (self.variable)(&word).unwrap_or_default();
                Ok(literal(value.trim()).unwrap_or(0))
            }
            _ => Err(Fault::Syntax),
        }
    }
}

/// A number as both shells write it: decimal, `0x` and hexadecimal, `0` and octal.
fn literal(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    value.ok().map(|value: i64| value.wrapping_mul(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        let variable = |name: &str| match name {
            "x" => Some("7".to_owned()),
            "hex" => Some("-0x-8000000000000000".to_owned()),
            _ => None,
        };
        for (text, value) in [
            ("1+2*3", Ok(7)),
            ("(1 + 2) * 3 - -4", Ok(13)),
            ("x*x%10", Ok(9)),
            ("nothing+1", Ok(1)),
            ("0x10+010", Ok(24)),
            ("7/0", Err(Fault::Division)),
            ("-9223372036854775807-1", Ok(i64::MIN)),
            ("(-9223372036854775807-1)/-1", Ok(i64::MIN)),
            ("hex", Ok(i64::MIN)),
            ("1+", Err(Fault::Syntax)),
            ("1<<2", Err(Fault::Syntax)),
            ("09", Err(Fault::Syntax)),
            (&"(".repeat(10_000), Err(Fault::Syntax)),
        ] {
            assert_eq!(evaluate(text, &variable), value, "{text}");
        }
    }
}
