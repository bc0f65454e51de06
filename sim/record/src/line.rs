//! The lines of a record, written and read.

use std::fmt;

use serde_json::{Map, Value, json};

/// What a record's lines say is called in the first of them, and which form they have.
const NAME: &str = "hcs-sim";
const VERSION: u64 = 1;

/// When and on which thread something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct When {
    /// Milliseconds since the beginning, in the target's own time.
    pub ms: f64,
    /// The thread, by its number.
    pub thread: u64,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// The first.
    Header {
        /// What answers.
        target: Target,
        /// The Windows build, if it is known.
        build: Option<u32>,
        /// The seed, of a simulated world.
        seed: Option<u64>,
    },
    /// A call is entered.
    Call {
        /// When.
        when: When,
        /// Its number.
        call: u64,
        /// The export.
        of: String,
        /// The arguments, by their names.
        with: Vec<(String, Value)>,
    },
    /// A call has returned.
    Answer {
        /// When.
        when: When,
        /// The call's number.
        answer: u64,
        /// What it returns, if that is a code.
        code: Option<u32>,
        /// What it gives, by the parameters' names; `return` is what it returns where that is no code.
        gives: Vec<(String, Value)>,
    },
    /// A callback is called.
    Tells {
        /// When.
        when: When,
        /// The handle on which it is registered.
        whose: String,
        /// `completed`, or the event's type as a number.
        event: Value,
        /// The code that comes with a notification of the older interface.
        code: Option<u32>,
        /// The event's data.
        data: Value,
    },
    /// The simulated world is told something.
    Direction {
        /// When.
        when: When,
        /// In the words of stories.
        words: String,
    },
    /// A new simulated world begins.
    Reset {
        /// When.
        when: When,
        /// Its build.
        build: u32,
        /// Its seed.
        seed: u64,
    },
}

/// What answers a client's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A simulated world.
    Double,
    /// The DLLs in System32.
    Windows,
}

impl Target {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Double => "double",
            Target::Windows => "windows",
        }
    }
}

/// A code as it is written.
pub fn code_text(code: u32) -> String {
    format!("0x{code:08X}")
}

/// Members in the order in which they are given.
struct Members<'a, 'b>(&'a mut fmt::Formatter<'b>, bool);

impl Members<'_, '_> {
    fn put(&mut self, name: &str, value: &Value) -> fmt::Result {
        let before = if std::mem::replace(&mut self.1, true) { "," } else { "{" };
        write!(self.0, "{before}{}:{value}", Value::from(name))
    }

    fn when(&mut self, when: When) -> fmt::Result {
        self.put("ms", &json!(when.ms))?;
        self.put("thread", &json!(when.thread))
    }

    fn all(&mut self, name: &str, values: &[(String, Value)]) -> fmt::Result {
        write!(self.0, ",\"{name}\":")?;
        if values.is_empty() {
            return self.0.write_str("{}");
        }
        let mut inner = Members(self.0, false);
        values.iter().try_for_each(|(name, value)| inner.put(name, value))?;
        self.0.write_str("}")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members = Members(out, false);
        match self {
            Line::Header { target, build, seed } => {
                members.put("record", &json!(NAME))?;
                members.put("version", &json!(VERSION))?;
                members.put("target", &json!(target.name()))?;
                members.put("build", &json!(build))?;
                members.put("seed", &json!(seed))?;
            }
            Line::Call { when, call, of, with } => {
                members.when(*when)?;
                members.put("call", &json!(call))?;
                members.put("of", &json!(of))?;
                members.all("with", with)?;
            }
            Line::Answer { when, answer, code, gives } => {
                members.when(*when)?;
                members.put("answer", &json!(answer))?;
                if let Some(code) = code {
                    members.put("code", &json!(code_text(*code)))?;
                }
                members.all("gives", gives)?;
            }
            Line::Tells { when, whose, event, code, data } => {
                members.when(*when)?;
                members.put("tells", &json!(whose))?;
                members.put("event", event)?;
                if let Some(code) = code {
                    members.put("code", &json!(code_text(*code)))?;
                }
                members.put("data", data)?;
            }
            Line::Direction { when, words } => {
                members.when(*when)?;
                members.put("direction", &json!(words))?;
            }
            Line::Reset { when, build, seed } => {
                members.when(*when)?;
                members.put("reset", &json!({ "build": build, "seed": seed }))?;
            }
        }
        out.write_str("}")
    }
}

/// The members of a line that is read. What is asked for is taken out, so that what is left can be refused.
struct Read(Map<String, Value>);

impl Read {
    fn take(&mut self, name: &str) -> Result<Value, String> {
        self.0.remove(name).ok_or_else(|| format!("{name:?} is missing"))
    }

    fn text(&mut self, name: &str) -> Result<String, String> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            other => Err(format!("{name:?} is {}, and should be a string", short(&other))),
        }
    }

    fn number(&mut self, name: &str) -> Result<u64, String> {
        let value = self.take(name)?;
        value.as_u64().ok_or_else(|| format!("{name:?} is {}, and should be a number", short(&value)))
    }

    fn code(&mut self, name: &str) -> Result<Option<u32>, String> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
        let code = digits.filter(|digits| digits.len() == 8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        code.map(Some).ok_or_else(|| format!("{name:?} is {}, and should be like \"0x80370105\"", short(&value)))
    }

    fn members(&mut self, name: &str) -> Result<Vec<(String, Value)>, String> {
        match self.take(name)? {
            Value::Object(members) => Ok(members.into_iter().collect()),
            other => Err(format!("{name:?} is {}, and should be an object", short(&other))),
        }
    }

    fn when(&mut self) -> Result<When, String> {
        let value = self.take("ms")?;
        let ms = value.as_f64().filter(|ms| (0.0..=LONGEST_MS).contains(ms));
        let ms = ms.ok_or_else(|| format!("\"ms\" is {}, and should be milliseconds", short(&value)))?;
        Ok(When { ms, thread: self.number("thread")? })
    }
}

/// No record is longer than a year.
const LONGEST_MS: f64 = 366.0 * 24.0 * 3_600_000.0;

/// A value in a message: its beginning.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub fn read(text: &str) -> Result<Line, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let Value::Object(members) = value else { return Err("a line is an object".to_owned()) };
        let mut read = Read(members);
        let line = Self::of(&mut read)?;
        match read.0.keys().next() {
            Some(name) => Err(format!("{name:?} is not known here")),
            None => Ok(line),
        }
    }

    fn of(read: &mut Read) -> Result<Line, String> {
        if read.0.contains_key("record") {
            return Self::header(read);
        }
        let kinds = ["call", "answer", "tells", "direction", "reset"];
        let kind = kinds.into_iter().find(|kind| read.0.contains_key(*kind));
        let kind = kind.ok_or("it is none of call, answer, tells, direction, reset")?;
        let when = read.when()?;
        Ok(match kind {
            "call" => {
                Line::Call { when, call: read.number("call")?, of: read.text("of")?, with: read.members("with")? }
            }
            "answer" => Line::Answer {
                when,
                answer: read.number("answer")?,
                code: read.code("code")?,
                gives: read.members("gives")?,
            },
            "tells" => Line::Tells {
                when,
                whose: read.text("tells")?,
                event: read.take("event")?,
                code: read.code("code")?,
                data: read.take("data")?,
            },
            "direction" => Line::Direction { when, words: read.text("direction")? },
            _ => {
                let mut world = Read(read.members("reset")?.into_iter().collect());
                let build = u32::try_from(world.number("build")?).map_err(|_| "no such build")?;
                Line::Reset { when, build, seed: world.number("seed")? }
            }
        })
    }

    fn header(read: &mut Read) -> Result<Line, String> {
        if read.text("record")? != NAME {
            return Err("this is the record of something else".to_owned());
        }
        let version = read.number("version")?;
        if version != VERSION {
            return Err(format!("records of version {version} are not read here, but of version {VERSION}"));
        }
        let target = match read.text("target")?.as_str() {
            "double" => Target::Double,
            "windows" => Target::Windows,
            other => return Err(format!("no target {other:?}: there are double and windows")),
        };
        let mut optional = |name: &str| match read.take(name)? {
            Value::Null => Ok(None),
            value => {
                let number = value.as_u64().map(Some);
                number.ok_or_else(|| format!("{name:?} is {}, and should be a number", short(&value)))
            }
        };
        let (build, seed) = (optional("build")?, optional("seed")?);
        let build = build.map(u32::try_from).transpose().map_err(|_| "no such build")?;
        Ok(Line::Header { target, build, seed })
    }

    /// When it was written, of every line but the first.
    pub fn when(&self) -> Option<When> {
        match self {
            Line::Header { .. } => None,
            Line::Call { when, .. }
            | Line::Answer { when, .. }
            | Line::Tells { when, .. }
            | Line::Direction { when, .. }
            | Line::Reset { when, .. } => Some(*when),
        }
    }
}
