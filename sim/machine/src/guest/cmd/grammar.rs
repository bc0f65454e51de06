//! The language of `cmd`: a line becomes a tree.
//!
//! `%NAME%` is replaced before a line is read, so it has the value from before the line. A command's own words stay one text:
//! what it means by blanks and quotation marks is the command's business.

use std::sync::Arc;

use crate::guest::Output;
use crate::guest::shell::{self, DEEPEST, Link, List, Redirect, Syntax, To};

/// Commands of `cmd` put together.
pub(super) type Tree = shell::Tree<Command, Arc<str>>;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// A text that names a command, built in or not.
    Text(Arc<str>),
    /// The question of an `if`.
    Test { not: bool, fold: bool, test: Test },
}

/// What an `if` asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    ErrorLevel(Arc<str>),
    Exist(Arc<str>),
    Defined(Arc<str>),
    Compare(Arc<str>, Relation, Arc<str>),
}

/// How an `if` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// `==`: always as text.
    Same,
    Equ,
    Neq,
    Lss,
    Leq,
    Gtr,
    Geq,
}

const RELATIONS: [(&str, Relation); 6] = [
    ("equ", Relation::Equ),
    ("neq", Relation::Neq),
    ("lss", Relation::Lss),
    ("leq", Relation::Leq),
    ("gtr", Relation::Gtr),
    ("geq", Relation::Geq),
];

/// Reads a text.
pub(super) fn parse(text: &str) -> Result<Tree, Syntax> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, depth: 0, groups: 0 };
    let tree = parser.commands()?;
    match parser.peek() {
        None => Ok(tree),
        Some(c) => Err(Syntax::Unexpected(c.to_string())),
    }
}

/// What separates words of `cmd`.
pub(super) fn is_delimiter(c: char) -> bool {
    matches!(c, ' ' | '\t' | ',' | ';' | '=')
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
    /// How many parentheses are open.
    groups: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn peek_after(&self, distance: usize) -> Option<char> {
        self.text.get(self.at + distance).copied()
    }

    fn take(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        self.at += usize::from(there);
        there
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|c| c == ' ' || c == '\t') {
            self.at += 1;
        }
    }

    fn delimiters(&mut self) {
        while self.peek().is_some_and(is_delimiter) {
            self.at += 1;
        }
    }

    /// Commands up to the end, or up to the `)` of a group.
    fn commands(&mut self) -> Result<Tree, Syntax> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Syntax::Unmodelled("commands that nest so deep"));
        }
        let mut commands = Vec::new();
        loop {
            self.delimiters();
            match self.peek() {
                None => break,
                Some(')') if self.groups > 0 => break,
                Some('\n') => self.at += 1,
                Some('&') if !commands.is_empty() && self.peek_after(1) != Some('&') => self.at += 1,
                _ => commands.push(self.either()?),
            }
        }
        self.depth -= 1;
        Ok(if commands.len() == 1 { commands.remove(0) } else { Tree::Sequence(commands) })
    }

    fn either(&mut self) -> Result<Tree, Syntax> {
        self.chain('|', Link::Or, Parser::both)
    }

    fn both(&mut self) -> Result<Tree, Syntax> {
        self.chain('&', Link::And, Parser::pipe)
    }

    /// What stands between doubled signs.
    fn chain(
        &mut self,
        sign: char,
        link: Link,
        inner: fn(&mut Parser) -> Result<Tree, Syntax>,
    ) -> Result<Tree, Syntax> {
        let first = inner(self)?;
        let mut rest = Vec::new();
        while self.peek() == Some(sign) && self.peek_after(1) == Some(sign) {
            self.at += 2;
            rest.push((link, inner(self)?));
        }
        Ok(if rest.is_empty() { first } else { Tree::Chain(Box::new(first), rest) })
    }

    fn pipe(&mut self) -> Result<Tree, Syntax> {
        let tree = self.command()?;
        if self.peek() == Some('|') && self.peek_after(1) != Some('|') {
            return Err(Syntax::Unmodelled("a pipeline"));
        }
        Ok(tree)
    }

    fn command(&mut self) -> Result<Tree, Syntax> {
        let mut redirects = Vec::new();
        loop {
            self.delimiters();
            if self.take('@') {
                continue;
            }
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => break,
            }
        }
        match self.peek() {
            None if !redirects.is_empty() => {}
            None => return Err(Syntax::Unexpected(String::new())),
            Some(c @ ('&' | '|' | ')' | '\n')) => return Err(Syntax::Unexpected(c.to_string())),
            Some(_) => {}
        }
        let tree = if self.take('(') {
            self.group(&mut redirects)?
        } else {
            match self.keyword().as_str() {
                "if" => self.condition()?,
                "for" => self.each()?,
                "rem" => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                    Tree::Sequence(Vec::new())
                }
                _ => Tree::Command(Command::Text(Arc::from(self.words(&mut redirects)?))),
            }
        };
        Ok(if redirects.is_empty() { tree } else { Tree::Redirected(Box::new(tree), redirects) })
    }

    /// What stands in parentheses, the first of which is taken, and the redirections behind.
    fn group(&mut self, redirects: &mut Vec<Redirect<Arc<str>>>) -> Result<Tree, Syntax> {
        self.groups += 1;
        let tree = self.commands()?;
        self.groups -= 1;
        match self.peek() {
            Some(')') => self.at += 1,
            _ => return Err(Syntax::Incomplete),
        }
        if tree == Tree::Sequence(Vec::new()) {
            return Err(Syntax::Unexpected(")".to_owned()));
        }
        self.blanks();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
            self.blanks();
        }
        Ok(tree)
    }

    /// The word that stands here in lower case, if it is one of the language's own. It is taken then.
    fn keyword(&mut self) -> String {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|c| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let word: String = rest[..length].iter().map(char::to_ascii_lowercase).collect();
        let ends = rest.get(length).is_none_or(|c| is_delimiter(*c) || matches!(c, '&' | '|' | '(' | ')' | '\n' | '/'));
        if ends && matches!(word.as_str(), "if" | "for" | "rem") {
            self.at += length;
            return word;
        }
        String::new()
    }

    /// A simple command's text, without its redirections.
    fn words(&mut self, redirects: &mut Vec<Redirect<Arc<str>>>) -> Result<String, Syntax> {
        let mut text = String::new();
        let mut quoted = false;
        while let Some(c) = self.peek() {
            match c {
                '"' => quoted = !quoted,
                '\n' => break,
                _ if quoted => {}
                '^' => {
                    self.at += 1;
                    // A caret at the end of a line takes the line's end away.
                    if self.take('\n') {
                        continue;
                    }
                    match self.peek() {
                        Some(c) => text.push(c),
                        None => return Err(Syntax::Incomplete),
                    }
                    self.at += 1;
                    continue;
                }
                '&' | '|' => break,
                ')' if self.groups > 0 => break,
                '<' | '>' => {
                    redirects.extend(self.redirect()?);
                    continue;
                }
                '0'..='9' if text.is_empty() || text.ends_with(is_delimiter) => {
                    if let Some(redirect) = self.redirect()? {
                        redirects.push(redirect);
                        continue;
                    }
                }
                _ => {}
            }
            text.push(c);
            self.at += 1;
        }
        Ok(text)
    }

    /// A redirection, if one stands here.
    fn redirect(&mut self) -> Result<Option<Redirect<Arc<str>>>, Syntax> {
        let digit = self.peek().filter(char::is_ascii_digit);
        let sign = if digit.is_some() { self.peek_after(1) } else { self.peek() };
        let Some(sign @ ('<' | '>')) = sign else { return Ok(None) };
        self.at += if digit.is_some() { 2 } else { 1 };
        let stream = match (digit, sign) {
            (None, '<') | (Some('0'), '<') => 0,
            (None, '>') | (Some('1'), '>') => 1,
            (Some('2'), '>') => 2,
            _ => return Err(Syntax::Unmodelled("a redirection of another stream")),
        };
        let append = sign == '>' && self.take('>');
        self.blanks();
        if self.take('&') {
            let to = match (sign, self.peek()) {
                ('>', Some('1')) => Output::Out,
                ('>', Some('2')) => Output::Err,
                _ => return Err(Syntax::Unmodelled("a redirection to another stream")),
            };
            self.at += 1;
            return Ok(Some(Redirect { stream, to: To::Like(to) }));
        }
        let path = self.word()?;
        if path.is_empty() {
            return Err(Syntax::Unexpected(self.peek().map(String::from).unwrap_or_default()));
        }
        let path = Arc::from(path.replace('"', ""));
        let to = if sign == '<' { To::Read(path) } else { To::Write { path, append } };
        Ok(Some(Redirect { stream, to }))
    }

    /// One word with its quotation marks. It ends at `==` too.
    fn word(&mut self) -> Result<String, Syntax> {
        self.blanks();
        let mut word = String::new();
        let mut quoted = false;
        while let Some(c) = self.peek() {
            match c {
                '"' => quoted = !quoted,
                '\n' => break,
                _ if quoted => {}
                '^' => {
                    self.at += 1;
                    match self.peek() {
                        Some(c) => word.push(c),
                        None => return Err(Syntax::Incomplete),
                    }
                    self.at += 1;
                    continue;
                }
                c if is_delimiter(c) || matches!(c, '&' | '|' | '<' | '>') => break,
                ')' if self.groups > 0 => break,
                _ => {}
            }
            word.push(c);
            self.at += 1;
        }
        Ok(word)
    }

    fn condition(&mut self) -> Result<Tree, Syntax> {
        let (mut not, mut fold) = (false, false);
        let first = loop {
            let word = self.word()?;
            match word.to_ascii_lowercase().as_str() {
                "/i" => fold = true,
                "not" => not = !not,
                _ => break word,
            }
        };
        let test = match first.to_ascii_lowercase().as_str() {
            "errorlevel" => Test::ErrorLevel(self.argument()?),
            "exist" => Test::Exist(self.argument()?),
            "defined" => Test::Defined(self.argument()?),
            _ => {
                self.blanks();
                let relation = if self.peek() == Some('=') && self.peek_after(1) == Some('=') {
                    self.at += 2;
                    Relation::Same
                } else {
                    let word = self.word()?;
                    let known = RELATIONS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
                    known.map(|(_, relation)| *relation).ok_or(Syntax::Unexpected(word))?
                };
                Test::Compare(Arc::from(first), relation, self.argument()?)
            }
        };
        let (then, grouped) = self.branch()?;
        let mut otherwise = None;
        // Behind a group alone: without parentheses `else` is a word of the command.
        if grouped && self.takes("else") {
            otherwise = Some(Box::new(self.branch()?.0));
        }
        let when = Box::new(Tree::Command(Command::Test { not, fold, test }));
        Ok(Tree::If { when, then: Box::new(then), otherwise })
    }

    fn argument(&mut self) -> Result<Arc<str>, Syntax> {
        self.delimiters();
        let word = self.word()?;
        if word.is_empty() { Err(Syntax::Unexpected(String::new())) } else { Ok(Arc::from(word)) }
    }

    /// What a condition or a loop governs: a group, or everything up to the line's end. Whether it was a group.
    fn branch(&mut self) -> Result<(Tree, bool), Syntax> {
        self.delimiters();
        if self.take('(') {
            let mut redirects = Vec::new();
            let tree = self.group(&mut redirects)?;
            let tree = if redirects.is_empty() { tree } else { Tree::Redirected(Box::new(tree), redirects) };
            return Ok((tree, true));
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Syntax::Unmodelled("commands that nest so deep"));
        }
        let mut commands = vec![self.either()?];
        while self.peek() == Some('&') {
            self.at += 1;
            self.delimiters();
            if self.peek().is_none_or(|c| c == ')' || c == '\n') {
                break;
            }
            commands.push(self.either()?);
        }
        self.depth -= 1;
        Ok((if commands.len() == 1 { commands.remove(0) } else { Tree::Sequence(commands) }, false))
    }

    /// Takes this word if it stands here.
    fn takes(&mut self, word: &str) -> bool {
        let begin = self.at;
        self.delimiters();
        let there =
            word.chars().enumerate().all(|(at, c)| self.peek_after(at).is_some_and(|d| d.eq_ignore_ascii_case(&c)));
        let ends = self.peek_after(word.len()).is_none_or(|c| is_delimiter(c) || c == '(');
        self.at = if there && ends { self.at + word.len() } else { begin };
        there && ends
    }

    fn each(&mut self) -> Result<Tree, Syntax> {
        let mut count = false;
        let name = loop {
            self.blanks();
            let word = self.word()?;
            match word.to_ascii_lowercase().as_str() {
                "/l" => count = true,
                "/f" | "/r" | "/d" => return Err(Syntax::Unmodelled("for /f, /r and /d")),
                _ => break word,
            }
        };
        let mut letters = name.trim_start_matches('%').chars();
        let (Some(letter), None, true) = (letters.next(), letters.next(), name.starts_with('%')) else {
            return Err(Syntax::Unexpected(name));
        };
        if !self.takes("in") {
            return Err(Syntax::Unexpected(self.word()?));
        }
        self.delimiters();
        if !self.take('(') {
            return Err(Syntax::Unexpected(self.word()?));
        }
        self.groups += 1;
        let mut words: Vec<Arc<str>> = Vec::new();
        loop {
            while self.peek().is_some_and(|c| is_delimiter(c) || c == '\n') {
                self.at += 1;
            }
            if self.take(')') {
                break;
            }
            let word = self.word()?;
            match self.peek() {
                None => return Err(Syntax::Incomplete),
                Some(c) if word.is_empty() => return Err(Syntax::Unexpected(c.to_string())),
                Some(_) if word.contains(['*', '?']) => return Err(Syntax::Unmodelled("for over files")),
                Some(_) => words.push(Arc::from(word)),
            }
        }
        self.groups -= 1;
        if !self.takes("do") {
            return Err(Syntax::Unexpected(self.word()?));
        }
        let (body, _) = self.branch()?;
        let list = match (count, &words[..]) {
            (false, _) => List::Words(words),
            (true, [start, step, end]) => List::Count(start.clone(), step.clone(), end.clone()),
            (true, _) => return Err(Syntax::Unexpected(")".to_owned())),
        };
        Ok(Tree::Each { name: Arc::from(letter.to_string()), list, body: Box::new(body) })
    }
}
