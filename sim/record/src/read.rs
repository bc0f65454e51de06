//! A whole record, read and checked: whoever goes on with it can rely on every name and every number in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::BufRead;

use serde_json::Value;

use crate::call::{Recorded, Role};
use crate::line::{Line, Target, short};

/// The longest line that is read: documents are far below it.
pub const LONGEST_LINE: usize = 64 << 20;

/// The most lines that are read.
pub const MOST_LINES: usize = 4_000_000;

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Problem {}

/// A record.
#[derive(Clone, Debug)]
pub struct Record {
    /// What answered.
    pub target: Target,
    /// The Windows build, if it is known.
    pub build: Option<u32>,
    /// The seed, of a simulated world.
    pub seed: Option<u64>,
    /// The lines behind the first: the second line is at 0.
    pub lines: Vec<Line>,
}

impl Record {
    /// Reads a record and checks it.
    ///
    /// # Errors
    /// The first line that is wrong: it is no line of a record, names what there is not, or cannot stand where it does. What
    /// cannot be read at all is told of the line at which reading ended.
    pub fn read(mut from: impl BufRead) -> Result<Record, Problem> {
        let mut checked = Checked::default();
        let mut record: Option<Record> = None;
        for number in 1.. {
            let problem = |what: String| Problem { line: number, what };
            let Some(text) = next_line(&mut from).map_err(problem)? else { break };
            let problem = |what: String| Problem { line: number, what };
            if number > MOST_LINES {
                return Err(problem(format!("there are more than {MOST_LINES} lines")));
            }
            let line = Line::read(&text).map_err(problem)?;
            let problem = |what: String| Problem { line: number, what };
            match (&mut record, line) {
                (None, Line::Header { target, build, seed }) => {
                    record = Some(Record { target, build, seed, lines: Vec::new() });
                }
                (None, _) => return Err(problem("a record begins with a line that has \"record\"".to_owned())),
                (Some(_), Line::Header { .. }) => return Err(problem("a second record begins".to_owned())),
                (Some(record), line) => {
                    checked.line(&line).map_err(problem)?;
                    record.lines.push(line);
                }
            }
        }
        record.ok_or_else(|| Problem { line: 1, what: "there is nothing in it".to_owned() })
    }

    /// The number of a line in its file.
    pub fn number_of(at: usize) -> usize {
        at + 2
    }
}

/// The next line without its end, or nothing at the end of the file.
fn next_line(from: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut bytes = Vec::new();
    loop {
        let block = from.fill_buf().map_err(|error| error.to_string())?;
        if block.is_empty() {
            break;
        }
        let end = block.iter().position(|byte| *byte == b'\n');
        bytes.extend_from_slice(&block[..end.unwrap_or(block.len())]);
        let used = end.map_or(block.len(), |end| end + 1);
        from.consume(used);
        if bytes.len() > LONGEST_LINE {
            return Err(format!("it is longer than {LONGEST_LINE} bytes"));
        }
        if end.is_some() {
            let text = String::from_utf8(bytes).map_err(|_| "it is no UTF-8")?;
            return Ok(Some(text));
        }
    }
    match bytes.is_empty() {
        true => Ok(None),
        false => Err("it has no end: the record is cut off".to_owned()),
    }
}

/// What the lines so far have brought.
#[derive(Default)]
struct Checked {
    /// Handles and contexts that have a name.
    names: BTreeSet<String>,
    /// Calls that have not returned yet.
    open: BTreeMap<u64, &'static Recorded>,
    last_call: u64,
}

/// Whether a name is of what the caller made up: it need come from nowhere.
pub fn is_strange(name: &str) -> bool {
    name.starts_with("strange")
}

impl Checked {
    fn line(&mut self, line: &Line) -> Result<(), String> {
        match line {
            Line::Call { call, of, with, .. } => self.call(*call, of, with),
            Line::Answer { answer, code, gives, .. } => self.answer(*answer, *code, gives),
            Line::Tells { whose, event, data, .. } => {
                self.known(whose)?;
                let is_event = event.as_str() == Some("completed") || is_u32(event);
                if !is_event {
                    return Err(format!("\"event\" is {}, and should be \"completed\" or a number", short(event)));
                }
                text(data).map_err(|what| format!("\"data\" {what}"))
            }
            Line::Header { .. } | Line::Direction { .. } | Line::Reset { .. } => Ok(()),
        }
    }

    fn known(&self, name: &str) -> Result<(), String> {
        match self.names.contains(name) || is_strange(name) {
            true => Ok(()),
            false => Err(format!("{name:?} was given by no call before")),
        }
    }

    fn call(&mut self, number: u64, of: &str, with: &[(String, Value)]) -> Result<(), String> {
        let export = Recorded::by_name(of).ok_or_else(|| format!("no call {of:?} is known"))?;
        if number <= self.last_call {
            return Err(format!("call {number} comes after call {}", self.last_call));
        }
        self.last_call = number;
        for (name, role) in export.parameters {
            let given = with.iter().find(|(given, _)| given == name);
            let (_, value) = given.ok_or_else(|| format!("{of} has no argument {name:?}"))?;
            self.argument(*role, value).map_err(|what| format!("{of}: {name:?} {what}"))?;
        }
        if let Some((name, _)) = with.iter().find(|(name, _)| export.parameters.iter().all(|(known, _)| known != name))
        {
            return Err(format!("{of} takes no argument {name:?}"));
        }
        self.open.insert(number, export);
        Ok(())
    }

    fn argument(&mut self, role: Role, value: &Value) -> Result<(), String> {
        let told = |fits: bool, what: &str| match fits {
            true => Ok(()),
            false => Err(format!("is {}, and should be {what}", short(value))),
        };
        match role {
            // A context is the caller's own, and has its name from where it first stands.
            Role::Context | Role::EventContext | Role::Handle => {
                told(value.is_null() || value.is_string(), "a name, or null")?;
                self.names.extend(value.as_str().map(str::to_owned));
                Ok(())
            }
            role if role.is_named() => {
                told(value.is_null() || value.is_string(), "a name, or null")?;
                value.as_str().map_or(Ok(()), |name| self.known(name))
            }
            role if role.is_out() => told(value.is_null() || value.as_str() == Some("out"), "\"out\", or null"),
            Role::Text => text(value),
            Role::Number => told(is_u32(value), "an unsigned number"),
            Role::Flags => told(value.as_i64().is_some_and(|value| i32::try_from(value).is_ok()), "a number"),
            Role::Security => told(value.is_null() || value.as_str() == Some("given"), "\"given\", or null"),
            Role::CreateOptions => {
                let has = |name: &str| value.get(name).is_some_and(is_u32);
                let callback = value.get("callback").is_some_and(Value::is_boolean);
                told(value.is_null() || (has("version") && has("events") && callback), "options, or null")
            }
            _ => told(value.is_boolean(), "true or false"),
        }
    }

    fn answer(&mut self, number: u64, code: Option<u32>, gives: &[(String, Value)]) -> Result<(), String> {
        let open = self.open.remove(&number);
        let export = open.ok_or_else(|| format!("it answers call {number}, which is not open"))?;
        if code.is_some() != (export.returns == Role::Code) {
            return Err(format!("{} {} a code", export.name, if code.is_some() { "returns not" } else { "returns" }));
        }
        for (name, value) in gives {
            let role = match name.as_str() {
                "return" => Some(export.returns),
                name => export.parameters.iter().find(|(known, role)| *known == name && role.is_out()).map(|(_, r)| *r),
            };
            let role = role.ok_or_else(|| format!("{} gives no {name:?}", export.name))?;
            self.given(role, value).map_err(|what| format!("{}: {name:?} {what}", export.name))?;
        }
        Ok(())
    }

    fn given(&mut self, role: Role, value: &Value) -> Result<(), String> {
        match role {
            Role::OutText | Role::OutFixedText => text(value),
            Role::OutInformation => match value.get("processid").is_some_and(is_u32) {
                true => Ok(()),
                false => Err(format!("is {}, and should be a process's information", short(value))),
            },
            Role::Signed if value.as_i64().is_some() => Ok(()),
            Role::Id if value.as_u64().is_some() => Ok(()),
            Role::Signed | Role::Id => Err(format!("is {}, and should be a number", short(value))),
            Role::Code | Role::Nothing => Err("is nothing that is given".to_owned()),
            _ => match value {
                Value::Null => Ok(()),
                Value::String(name) => {
                    self.names.insert(name.clone());
                    Ok(())
                }
                other => Err(format!("is {}, and should be a name, or null", short(other))),
            },
        }
    }
}

fn is_u32(value: &Value) -> bool {
    value.as_u64().is_some_and(|value| u32::try_from(value).is_ok())
}

/// A string, NULL, or units that are not well formed.
fn text(value: &Value) -> Result<(), String> {
    let units = value.get("units").and_then(Value::as_array);
    let is_unit = |unit: &Value| unit.as_u64().is_some_and(|unit| unit <= 0xFFFF);
    match value.is_null() || value.is_string() || units.is_some_and(|units| units.iter().all(is_unit)) {
        true => Ok(()),
        false => Err(format!("is {}, and should be a string, null, or units", short(value))),
    }
}
