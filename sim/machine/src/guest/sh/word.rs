//! Words of `sh` when their turn comes: values put in, fields split; and what `printf` and `test` make of them.

use std::fmt;

use crate::guest::arithmetic;
use crate::guest::sh::Sh;
use crate::guest::sh::grammar::{Part, Word};
use crate::guest::stream::BUFFER;

/// Why a word has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has grown too long.
    TooLong,
    /// A sum in it is none.
    Sum(SumFault),
}

/// What is wrong with a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SumFault(arithmetic::Fault);

impl fmt::Display for SumFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.0 {
            arithmetic::Fault::Syntax => "not modelled, or not a sum",
            arithmetic::Fault::Division => "division by zero",
        })
    }
}

/// Fields as they grow.
#[derive(Default)]
struct Fields {
    done: Vec<String>,
    open: Option<String>,
    length: usize,
}

impl Fields {
    fn push(&mut self, text: &str) -> Result<(), Fault> {
        self.length += text.len();
        if self.length > BUFFER {
            return Err(Fault::TooLong);
        }
        self.open.get_or_insert_default().push_str(text);
        Ok(())
    }

    fn split(&mut self) -> Result<(), Fault> {
        // A field counts, however short it is.
        self.length += 1;
        if self.length > BUFFER {
            return Err(Fault::TooLong);
        }
        self.done.extend(self.open.take());
        Ok(())
    }

    /// A value: unquoted it is split at blanks.
    fn value(&mut self, text: &str, quoted: bool) -> Result<(), Fault> {
        if quoted {
            return self.push(text);
        }
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let blank = matches!(c, ' ' | '\t' | '\n');
            let end = rest.find(|c| matches!(c, ' ' | '\t' | '\n') != blank).unwrap_or(rest.len());
            if blank {
                self.split()?;
            } else {
                self.push(&rest[..end])?;
            }
            rest = &rest[end..];
        }
        Ok(())
    }
}

impl Sh {
    /// The fields that a word becomes.
    pub(super) fn fields(&self, word: &Word) -> Result<Vec<String>, Fault> {
        let mut fields = Fields::default();
        self.expand(word, &mut fields)?;
        fields.done.extend(fields.open.take());
        Ok(fields.done)
    }

    /// The one text that a word becomes where nothing is split.
    pub(super) fn text(&self, word: &Word) -> Result<String, Fault> {
        let mut text = String::new();
        for part in &word.0 {
            match part {
                Part::Text { text: more, .. } => text.push_str(more),
                Part::Sum { sum, .. } => text.push_str(&self.sum(sum)?),
                Part::Value { name, instead, .. } => {
                    let value = self.value(name);
                    match instead {
                        None => text.push_str(&value.unwrap_or_default()),
                        Some(instead) => {
                            let has = value.as_ref().is_some_and(|value| !(instead.or_empty && value.is_empty()));
                            match (has, instead.missing) {
                                (true, true) => text.push_str(&value.unwrap_or_default()),
                                (true, false) | (false, true) => text.push_str(&self.text(&instead.word)?),
                                (false, false) => {}
                            }
                        }
                    }
                }
            }
            if text.len() > BUFFER {
                return Err(Fault::TooLong);
            }
        }
        Ok(text)
    }

    fn expand(&self, word: &Word, fields: &mut Fields) -> Result<(), Fault> {
        for part in &word.0 {
            match part {
                Part::Text { text, .. } => fields.push(text)?,
                Part::Sum { sum, quoted } => fields.value(&self.sum(sum)?, *quoted)?,
                // All arguments, each a field of its own.
                Part::Value { name, quoted: true, instead: None } if &**name == "@" => {
                    for (at, argument) in self.state.arguments.iter().enumerate() {
                        if at > 0 {
                            fields.split()?;
                        }
                        fields.push(argument)?;
                    }
                }
                Part::Value { name, quoted, instead: None } => {
                    fields.value(&self.value(name).unwrap_or_default(), *quoted)?;
                }
                Part::Value { name, quoted, instead: Some(instead) } => {
                    let value = self.value(name);
                    let has = value.as_ref().is_some_and(|value| !(instead.or_empty && value.is_empty()));
                    match (has, instead.missing) {
                        (true, true) => fields.value(&value.unwrap_or_default(), *quoted)?,
                        (true, false) | (false, true) if *quoted => fields.push(&self.text(&instead.word)?)?,
                        (true, false) | (false, true) => fields.value(&self.text(&instead.word)?, false)?,
                        (false, false) => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn sum(&self, sum: &Word) -> Result<String, Fault> {
        let text = self.text(sum)?;
        let value = arithmetic::evaluate(&text, &|name| self.value(name));
        value.map(|value| value.to_string()).map_err(|fault| Fault::Sum(SumFault(fault)))
    }

    /// A parameter's value.
    fn value(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.shell.status.to_string()),
            "$" => Some(self.id.to_string()),
            "!" => self.last_job.map(|job| job.to_string()),
            "#" => Some(self.state.arguments.len().to_string()),
            "-" => Some(if self.state.gives_up { "e" } else { "" }.to_owned()),
            "0" => Some(self.name.to_string()),
            "@" | "*" => {
                let arguments: Vec<&str> = self.state.arguments.iter().map(|argument| &**argument).collect();
                (!arguments.is_empty()).then(|| arguments.join(" "))
            }
            name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                let at: usize = name.parse().ok()?;
                self.state.arguments.get(at.checked_sub(1)?).map(|argument| argument.to_string())
            }
            name => match self.state.variables.get(name) {
                None if name == "PWD" => Some(self.shell.directory.to_string()),
                variable => variable.map(|variable| variable.value.to_string()),
            },
        }
    }
}

/// `printf`: `%s`, `%d`, `%%`; `\n`, `\t`, `\r`, `\\` and quotation marks. The format is used again
/// while there are words left. The error is what is not modelled.
pub(super) fn printf(format: &str, words: &[&str]) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut words = words.iter();
    loop {
        let before = words.len();
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            match c {
                '%' => match rest.next() {
                    Some('%') => text.push('%'),
                    Some('s') => text.push_str(words.next().copied().unwrap_or_default()),
                    Some('d' | 'i') => {
                        let number = words.next().and_then(|word| word.parse::<i64>().ok()).unwrap_or(0);
                        text.push_str(&number.to_string());
                    }
                    _ => return Err("printf: a format but %s and %d"),
                },
                '\\' => match rest.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c @ ('\\' | '"' | '\'')) => text.push(c),
                    _ => return Err("printf: another escape"),
                },
                c => text.push(c),
            }
            if text.len() > BUFFER {
                return Err("printf: so long a text");
            }
        }
        if words.len() == 0 || words.len() == before {
            return Ok(text);
        }
    }
}

/// `test`: whether it holds. `file` says whether there is a file of this kind. The error is what the shell says.
pub(super) fn test(words: &[&str], file: &dyn Fn(char, &str) -> bool) -> Result<bool, String> {
    match words {
        [] => Ok(false),
        [word] => Ok(!word.is_empty()),
        ["!", words @ ..] => {
            let mut not = true;
            let mut words = words;
            // `! ! ! ...` is a loop, not a recursion: it may be long.
            while let (["!", rest @ ..], true) = (words, words.len() > 1) {
                not = !not;
                words = rest;
            }
            simple_test(words, file).map(|holds| holds != not)
        }
        words => simple_test(words, file),
    }
}

fn simple_test(words: &[&str], file: &dyn Fn(char, &str) -> bool) -> Result<bool, String> {
    let number = |word: &str| word.trim().parse::<i64>().map_err(|_| format!("Illegal number: {word}"));
    match words {
        [] => Ok(false),
        [word] => Ok(!word.is_empty()),
        ["-z", word] => Ok(word.is_empty()),
        ["-n", word] => Ok(!word.is_empty()),
        ["-f", name] => Ok(file('f', name)),
        ["-d", name] => Ok(file('d', name)),
        ["-s", name] => Ok(file('s', name)),
        ["-e" | "-r", name] => Ok(file('e', name)),
        [left, "=" | "==", right] => Ok(left == right),
        [left, "!=", right] => Ok(left != right),
        [left, "-eq", right] => Ok(number(left)? == number(right)?),
        [left, "-ne", right] => Ok(number(left)? != number(right)?),
        [left, "-lt", right] => Ok(number(left)? < number(right)?),
        [left, "-le", right] => Ok(number(left)? <= number(right)?),
        [left, "-gt", right] => Ok(number(left)? > number(right)?),
        [left, "-ge", right] => Ok(number(left)? >= number(right)?),
        words => Err(format!("unexpected operator: {}", words.join(" "))),
    }
}
