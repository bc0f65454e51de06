//! The language of `sh`: a text becomes a tree.

use std::sync::Arc;

use crate::guest::Output;
use crate::guest::shell::{self, DEEPEST, Link, List, Redirect, Syntax, To};

/// Commands of `sh` put together.
pub(super) type Tree = shell::Tree<Command, Word>;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Simple(Simple),
    /// Something that nobody waits for: a simple command, or a text for a shell of its own.
    Background {
        simple: Option<Simple>,
        text: Arc<str>,
    },
    /// `exec` with redirections alone: from here on they hold.
    Reopen(Vec<Redirect<Word>>),
}

/// A simple command: assignments, then words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) assignments: Vec<(Arc<str>, Word)>,
    pub(super) words: Vec<Word>,
}

/// A word, in parts that stand next to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<Part>);

/// A part of a word. What is quoted stays one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text {
        text: String,
        quoted: bool,
    },
    Value {
        name: Arc<str>,
        quoted: bool,
        instead: Option<Instead>,
    },
    /// `$((...))`
    Sum {
        sum: Word,
        quoted: bool,
    },
}

/// `${NAME:-WORD}` and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instead {
    /// `-`: when there is no value. Otherwise `+`: when there is one.
    pub(super) missing: bool,
    /// With a colon an empty value counts as none.
    pub(super) or_empty: bool,
    pub(super) word: Word,
}

impl Word {
    /// The text, if it is nothing else and not quoted.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.0[..] {
            [Part::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }
}

/// The words that end what stands before them.
const CLOSING: [&str; 7] = ["then", "elif", "else", "fi", "do", "done", "}"];

/// Reads a text.
pub(super) fn parse(text: &str) -> Result<Tree, Syntax> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, depth: 0 };
    let tree = parser.list()?;
    match parser.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.unexpected()),
    }
}

/// The text of a name, when it is one: letters, digits and underscores.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn peek_after(&self, distance: usize) -> Option<char> {
        self.text.get(self.at + distance).copied()
    }

    fn take(&mut self, text: &str) -> bool {
        let there = text.chars().enumerate().all(|(at, c)| self.peek_after(at) == Some(c));
        if there {
            self.at += text.chars().count();
        }
        there
    }

    fn unexpected(&self) -> Syntax {
        match self.peek() {
            None => Syntax::Incomplete,
            Some('\n') => Syntax::Unexpected("newline".to_owned()),
            Some(_) => {
                let word = self.plain_word();
                let what = if word.is_empty() { self.peek().map(String::from).unwrap_or_default() } else { word };
                Syntax::Unexpected(format!("\"{what}\""))
            }
        }
    }

    /// Passes blanks, joined lines and comments.
    fn blanks(&mut self) {
        loop {
            match (self.peek(), self.peek_after(1)) {
                (Some(' ' | '\t' | '\r'), _) => self.at += 1,
                (Some('\\'), Some('\n')) => self.at += 2,
                (Some('#'), _) => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn lines(&mut self) {
        self.blanks();
        while self.take("\n") {
            self.blanks();
        }
    }

    /// The word that begins here, if it is without quotation and values; it is not taken.
    fn plain_word(&self) -> String {
        let rest = &self.text[self.at.min(self.text.len())..];
        rest.iter().take(64).take_while(|c| !ends_word(**c)).collect()
    }

    fn keyword(&mut self, word: &str) -> Result<(), Syntax> {
        self.lines();
        if self.plain_word() == word {
            self.at += word.len();
            return Ok(());
        }
        Err(self.unexpected())
    }

    fn is_closing(&self) -> bool {
        self.peek() == Some(')') || CLOSING.contains(&self.plain_word().as_str())
    }

    /// Commands up to the end, or up to what closes them.
    fn list(&mut self) -> Result<Tree, Syntax> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Syntax::Unmodelled("commands that nest so deep"));
        }
        let mut trees = Vec::new();
        loop {
            self.lines();
            if self.peek().is_none() || self.is_closing() {
                break;
            }
            let begin = self.at;
            let tree = self.chain()?;
            self.blanks();
            if self.peek() == Some('&') && self.peek_after(1) != Some('&') {
                let text: String = self.text[begin..self.at].iter().collect();
                self.at += 1;
                trees.push(background(tree, Arc::from(text.trim())));
                continue;
            }
            trees.push(tree);
            if self.peek() == Some(';') && self.peek_after(1) != Some(';') {
                self.at += 1;
            } else if self.peek() != Some('\n') {
                break;
            }
        }
        self.depth -= 1;
        Ok(if trees.len() == 1 { trees.remove(0) } else { Tree::Sequence(trees) })
    }

    /// Commands that must be there.
    fn body(&mut self) -> Result<Box<Tree>, Syntax> {
        let tree = self.list()?;
        if tree == Tree::Sequence(Vec::new()) {
            return Err(self.unexpected());
        }
        Ok(Box::new(tree))
    }

    fn chain(&mut self) -> Result<Tree, Syntax> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let link = if self.take("&&") {
                Link::And
            } else if self.take("||") {
                Link::Or
            } else {
                return Ok(if rest.is_empty() { first } else { Tree::Chain(Box::new(first), rest) });
            };
            self.lines();
            rest.push((link, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Tree, Syntax> {
        self.blanks();
        let mut not = false;
        while self.plain_word() == "!" {
            self.at += 1;
            not = !not;
            self.blanks();
        }
        let tree = self.command()?;
        self.blanks();
        if self.peek() == Some('|') && self.peek_after(1) != Some('|') {
            return Err(Syntax::Unmodelled("a pipeline"));
        }
        Ok(if not { Tree::Not(Box::new(tree)) } else { tree })
    }

    fn command(&mut self) -> Result<Tree, Syntax> {
        self.blanks();
        let word = self.plain_word();
        let tree = match word.as_str() {
            "if" => {
                self.at += word.len();
                self.condition()?
            }
            "while" | "until" => {
                self.at += word.len();
                let when = self.body()?;
                self.keyword("do")?;
                let body = self.body()?;
                self.keyword("done")?;
                Tree::While { until: word == "until", when, body }
            }
            "for" => {
                self.at += word.len();
                self.each()?
            }
            "{" => {
                self.at += 1;
                let body = self.body()?;
                self.keyword("}")?;
                *body
            }
            "case" => return Err(Syntax::Unmodelled("case")),
            "function" => return Err(Syntax::Unmodelled("functions")),
            "[[" => return Err(Syntax::Unmodelled("[[")),
            _ if self.peek() == Some('(') => {
                self.at += 1;
                if self.peek() == Some('(') {
                    return Err(Syntax::Unmodelled("(( ))"));
                }
                let body = self.body()?;
                if !self.take(")") {
                    return Err(self.unexpected());
                }
                Tree::Subshell(body)
            }
            _ if self.is_closing() => return Err(self.unexpected()),
            _ => return self.simple(),
        };
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.extend(redirect),
                None => break,
            }
        }
        Ok(if redirects.is_empty() { tree } else { Tree::Redirected(Box::new(tree), redirects) })
    }

    /// What follows `if`, or `elif`.
    fn condition(&mut self) -> Result<Tree, Syntax> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Syntax::Unmodelled("commands that nest so deep"));
        }
        let when = self.body()?;
        self.keyword("then")?;
        let then = self.body()?;
        self.lines();
        let otherwise = match self.plain_word().as_str() {
            "elif" => {
                self.at += 4;
                Some(Box::new(self.condition()?))
            }
            "else" => {
                self.at += 4;
                let otherwise = self.body()?;
                self.keyword("fi")?;
                Some(otherwise)
            }
            _ => {
                self.keyword("fi")?;
                None
            }
        };
        self.depth -= 1;
        Ok(Tree::If { when, then, otherwise })
    }

    fn each(&mut self) -> Result<Tree, Syntax> {
        self.blanks();
        let name = self.plain_word();
        if !is_name(&name) {
            return Err(self.unexpected());
        }
        self.at += name.len();
        self.lines();
        let mut words = Vec::new();
        if self.plain_word() == "in" {
            self.at += 2;
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => words.push(word),
                    None => break,
                }
            }
        } else {
            let all = Part::Value { name: Arc::from("@"), quoted: true, instead: None };
            words.push(Word(vec![all]));
        }
        self.blanks();
        let _ = self.take(";");
        self.keyword("do")?;
        let body = self.body()?;
        self.keyword("done")?;
        Ok(Tree::Each { name: Arc::from(name), list: List::Words(words), body })
    }

    fn simple(&mut self) -> Result<Tree, Syntax> {
        let mut simple = Simple::default();
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.extend(redirect);
                continue;
            }
            if simple.words.is_empty()
                && let Some(name) = self.assignment()
            {
                let value = self.word()?.unwrap_or_default();
                simple.assignments.push((name, value));
                continue;
            }
            match self.word()? {
                Some(word) => simple.words.push(word),
                None => break,
            }
        }
        if self.peek() == Some('(') {
            return Err(match simple.words.len() {
                1 => Syntax::Unmodelled("functions"),
                _ => self.unexpected(),
            });
        }
        if simple == Simple::default() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        let tree = match (simple.words.first().and_then(Word::literal), simple.words.len()) {
            (Some("exec"), 1) => return Ok(Tree::Command(Command::Reopen(redirects))),
            (Some(word @ ("break" | "continue")), 1 | 2) => {
                let levels = simple.words.get(1).and_then(Word::literal).map_or(Some(1), |levels| levels.parse().ok());
                match (levels, word) {
                    (None, _) => return Err(Syntax::Unexpected(format!("\"{word}\""))),
                    (Some(levels), "break") => Tree::Break(levels),
                    (Some(levels), _) => Tree::Continue(levels),
                }
            }
            _ => Tree::Command(Command::Simple(simple)),
        };
        Ok(if redirects.is_empty() { tree } else { Tree::Redirected(Box::new(tree), redirects) })
    }

    /// The name of an assignment that begins here; it and its `=` are taken.
    fn assignment(&mut self) -> Option<Arc<str>> {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|c| !c.is_ascii_alphanumeric() && *c != '_')?;
        let name: String = rest[..length].iter().collect();
        (rest[length] == '=' && is_name(&name)).then(|| {
            self.at += length + 1;
            Arc::from(name)
        })
    }

    /// A redirection, if one stands here. `&>` is two.
    fn redirect(&mut self) -> Result<Option<Vec<Redirect<Word>>>, Syntax> {
        let digit = self.peek().filter(char::is_ascii_digit);
        let sign = if digit.is_some() { self.peek_after(1) } else { self.peek() };
        let Some(sign @ ('<' | '>')) = sign else { return Ok(None) };
        self.at += if digit.is_some() { 2 } else { 1 };
        let stream = match (digit, sign) {
            (None | Some('0'), '<') => 0,
            (None | Some('1'), '>') => 1,
            (Some('2'), '>') => 2,
            _ => return Err(Syntax::Unmodelled("a redirection of another stream")),
        };
        match (sign, self.peek()) {
            ('<', Some('<')) => return Err(Syntax::Unmodelled("a here document")),
            ('<', Some('>' | '&')) => return Err(Syntax::Unmodelled("<> and <&")),
            ('>', Some('&')) => {
                self.at += 1;
                self.blanks();
                let to = match self.plain_word().as_str() {
                    "1" => Output::Out,
                    "2" => Output::Err,
                    _ => return Err(Syntax::Unmodelled("a redirection to another stream")),
                };
                self.at += 1;
                return Ok(Some(vec![Redirect { stream, to: To::Like(to) }]));
            }
            _ => {}
        }
        let append = sign == '>' && self.take(">");
        if sign == '>' && !append {
            // Overwrites although noclobber were set, which is not modelled.
            let _ = self.take("|");
        }
        self.blanks();
        let Some(path) = self.word()? else { return Err(self.unexpected()) };
        let to = if sign == '<' { To::Read(path) } else { To::Write { path, append } };
        Ok(Some(vec![Redirect { stream, to }]))
    }

    /// A word, if one begins here.
    fn word(&mut self) -> Result<Option<Word>, Syntax> {
        let begin = self.at;
        let mut parts = Parts::default();
        while let Some(c) = self.peek() {
            match c {
                '\'' => {
                    self.at += 1;
                    let rest = &self.text[self.at..];
                    let length = rest.iter().position(|c| *c == '\'').ok_or(Syntax::Incomplete)?;
                    parts.text(rest[..length].iter(), true);
                    self.at += length + 1;
                }
                '"' => {
                    self.at += 1;
                    parts.text([].iter(), true);
                    self.quoted(&mut parts)?;
                }
                '\\' => {
                    let next = self.peek_after(1).ok_or(Syntax::Incomplete)?;
                    self.at += 2;
                    if next != '\n' {
                        parts.text([next].iter(), true);
                    }
                }
                '$' => self.value(&mut parts, false)?,
                '`' => return Err(Syntax::Unmodelled("command substitution")),
                c if ends_word(c) => break,
                c => {
                    parts.text([c].iter(), false);
                    self.at += 1;
                }
            }
        }
        Ok((self.at > begin).then_some(Word(parts.0)))
    }

    /// What stands between double quotation marks, the first of which is taken.
    fn quoted(&mut self, parts: &mut Parts) -> Result<(), Syntax> {
        loop {
            match self.peek().ok_or(Syntax::Incomplete)? {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '\\' => match self.peek_after(1).ok_or(Syntax::Incomplete)? {
                    '\n' => self.at += 2,
                    c @ ('"' | '\\' | '$' | '`') => {
                        parts.text([c].iter(), true);
                        self.at += 2;
                    }
                    _ => {
                        parts.text(['\\'].iter(), true);
                        self.at += 1;
                    }
                },
                '$' => self.value(parts, true)?,
                '`' => return Err(Syntax::Unmodelled("command substitution")),
                c => {
                    parts.text([c].iter(), true);
                    self.at += 1;
                }
            }
        }
    }

    /// What begins with `$`.
    fn value(&mut self, parts: &mut Parts, quoted: bool) -> Result<(), Syntax> {
        self.at += 1;
        let part = match self.peek() {
            Some('(') if self.peek_after(1) == Some('(') => {
                self.at += 2;
                let sum = self.sum()?;
                Part::Sum { sum, quoted }
            }
            Some('(') => return Err(Syntax::Unmodelled("command substitution")),
            Some('{') => {
                self.at += 1;
                self.braced(quoted)?
            }
            Some(c @ ('?' | '$' | '!' | '#' | '@' | '*' | '-' | '0'..='9')) => {
                self.at += 1;
                Part::Value { name: Arc::from(c.to_string()), quoted, instead: None }
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                Part::Value { name: Arc::from(self.name()), quoted, instead: None }
            }
            _ => {
                parts.text(['$'].iter(), quoted);
                return Ok(());
            }
        };
        parts.0.push(part);
        Ok(())
    }

    fn name(&mut self) -> String {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|c| !c.is_ascii_alphanumeric() && *c != '_').unwrap_or(rest.len());
        self.at += length;
        rest[..length].iter().collect()
    }

    /// What stands in `${ }`, the first of which is taken.
    fn braced(&mut self, quoted: bool) -> Result<Part, Syntax> {
        let mut name = self.name();
        if name.is_empty() {
            let special = self.peek().ok_or(Syntax::Incomplete)?;
            if !matches!(special, '?' | '$' | '!' | '@' | '*') {
                return Err(Syntax::Unmodelled("an expansion with an operator"));
            }
            name.push(special);
            self.at += 1;
        }
        let or_empty = self.take(":");
        let instead = match self.peek().ok_or(Syntax::Incomplete)? {
            '}' if !or_empty => None,
            c @ ('-' | '+') => {
                self.at += 1;
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(Syntax::Unmodelled("words that nest so deep"));
                }
                let mut parts = Parts::default();
                while self.peek().ok_or(Syntax::Incomplete)? != '}' {
                    match self.peek().ok_or(Syntax::Incomplete)? {
                        '$' => self.value(&mut parts, quoted)?,
                        '"' => {
                            self.at += 1;
                            self.quoted(&mut parts)?;
                        }
                        '\'' | '`' | '\\' => return Err(Syntax::Unmodelled("quotation in an expansion")),
                        c => {
                            parts.text([c].iter(), quoted);
                            self.at += 1;
                        }
                    }
                }
                self.depth -= 1;
                Some(Instead { missing: c == '-', or_empty, word: Word(parts.0) })
            }
            _ => return Err(Syntax::Unmodelled("an expansion with an operator")),
        };
        self.at += 1;
        Ok(Part::Value { name: Arc::from(name), quoted, instead })
    }

    /// What stands in `$(( ))`, the first of which are taken.
    fn sum(&mut self) -> Result<Word, Syntax> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Syntax::Unmodelled("words that nest so deep"));
        }
        let mut parts = Parts::default();
        let mut open = 0;
        loop {
            match self.peek().ok_or(Syntax::Incomplete)? {
                ')' if open == 0 => {
                    self.at += 1;
                    if !self.take(")") {
                        return Err(self.unexpected());
                    }
                    self.depth -= 1;
                    return Ok(Word(parts.0));
                }
                '$' => {
                    self.value(&mut parts, true)?;
                    continue;
                }
                '`' => return Err(Syntax::Unmodelled("command substitution")),
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            parts.text(self.peek().iter(), true);
            self.at += 1;
        }
    }
}

/// Whether a word ends here.
fn ends_word(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn text<'a>(&mut self, more: impl Iterator<Item = &'a char>, quoted: bool) {
        match self.0.last_mut() {
            Some(Part::Text { text, quoted: last }) if *last == quoted => text.extend(more),
            _ => self.0.push(Part::Text { text: more.collect(), quoted }),
        }
    }
}

/// What nobody waits for. A simple command keeps its redirections around it, so that it can be one process.
fn background(tree: Tree, text: Arc<str>) -> Tree {
    match tree {
        Tree::Command(Command::Simple(simple)) => Tree::Command(Command::Background { simple: Some(simple), text }),
        Tree::Redirected(inner, redirects) => match *inner {
            Tree::Command(Command::Simple(simple)) if !simple.words.is_empty() => {
                let inner = Tree::Command(Command::Background { simple: Some(simple), text });
                Tree::Redirected(Box::new(inner), redirects)
            }
            _ => Tree::Command(Command::Background { simple: None, text }),
        },
        _ => Tree::Command(Command::Background { simple: None, text }),
    }
}
