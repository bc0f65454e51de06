//! How a command line becomes words, on Windows and on Linux, and which program it names.

use std::sync::Arc;

use hcs_rules::guest::GuestOs;

use crate::guest::Launch;

impl Launch {
    /// All words, the program's own name first. Without a command line and arguments it is the application alone.
    pub fn words(&self) -> Vec<String> {
        if !self.arguments.is_empty() {
            return self.arguments.iter().map(|word| word.to_string()).collect();
        }
        match (self.command_line.as_deref(), self.os) {
            (Some(line), GuestOs::Windows) => windows_words(line),
            (Some(line), GuestOs::Linux) => linux_words(line),
            (None, _) => self.application.iter().map(|name| name.to_string()).collect(),
        }
    }

    /// The program's name as programs are looked up: without directory, on Windows in lower case and without `.exe` or
    /// `.com`. `None` when there is no command at all.
    pub fn program(&self) -> Option<String> {
        let path = self.path()?;
        let base = base_name(self.os, &path);
        Some(match self.os {
            GuestOs::Linux => base.to_owned(),
            GuestOs::Windows => {
                let folded = base.to_lowercase();
                [".exe", ".com"].iter().find_map(|end| folded.strip_suffix(end)).unwrap_or(&folded).to_owned()
            }
        })
        .filter(|name| !name.is_empty())
    }

    /// The image's name as a list of processes shows it: `cmd.exe`, `sh`. Empty when there is no command at all.
    pub fn image(&self) -> String {
        let Some(path) = self.path() else { return String::new() };
        let base = base_name(self.os, &path);
        // CreateProcess adds the ending where there is none.
        if self.os == GuestOs::Windows && !base.is_empty() && !base.contains('.') {
            format!("{base}.exe")
        } else {
            base.to_owned()
        }
    }

    /// The command line as one text: a Windows program that reads its own command line sees this.
    pub(super) fn line(&self) -> String {
        match (&self.command_line, self.arguments.is_empty()) {
            (Some(line), true) => line.to_string(),
            _ => self.words().iter().map(|word| windows_quoted(word)).collect::<Vec<_>>().join(" "),
        }
    }

    /// The same surroundings with another command: how a program starts a child. On Windows a command is one line.
    pub(super) fn command(&self, command: Command) -> Launch {
        let (command_line, arguments) = match command {
            Command::Line(line) => (Some(line), Arc::from([])),
            Command::Words(words) if self.os == GuestOs::Windows => {
                let line = words.iter().map(|word| windows_quoted(word)).collect::<Vec<_>>().join(" ");
                (Some(Arc::from(line)), Arc::from([]))
            }
            Command::Words(words) => (None, words),
        };
        Launch { application: None, command_line, arguments, ..self.clone() }
    }

    /// The program's path or name as it was given: the application wins.
    fn path(&self) -> Option<String> {
        match &self.application {
            Some(application) if !application.is_empty() => Some(application.to_string()),
            _ => self.words().into_iter().next(),
        }
    }
}

/// What a child is started with: the parent knows a line, or words.
pub(super) enum Command {
    /// One line.
    Line(Arc<str>),
    /// Words.
    Words(Arc<[Arc<str>]>),
}

/// A path's last part.
fn base_name(os: GuestOs, path: &str) -> &str {
    let separators: &[char] = match os {
        GuestOs::Windows => &['\\', '/', ':'],
        // Command lines for Linux are written on Windows: a backslash separates too.
        GuestOs::Linux => &['\\', '/'],
    };
    path.rsplit(separators).next().unwrap_or(path)
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Splits a line into its first word, as the C runtime finds a program's name, and what follows the blanks after it. In
/// that word a backslash is nothing but a backslash.
pub(super) fn windows_program(line: &str) -> (String, &str) {
    let line = line.trim_start_matches(is_blank);
    let mut quoted = false;
    let mut word = String::new();
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if is_blank(c) && !quoted => return (word, line[at..].trim_start_matches(is_blank)),
            c => word.push(c),
        }
    }
    (word, "")
}

/// The words of a Windows command line by the rules of the C runtime: an even number of backslashes before a quotation mark
/// is half as many and the mark delimits; after an odd number the mark is a character; two marks within a quotation are one.
pub(super) fn windows_words(line: &str) -> Vec<String> {
    if line.trim_matches(is_blank).is_empty() {
        return Vec::new();
    }
    let (program, rest) = windows_program(line);
    let mut words = vec![program];
    let mut rest = rest.chars().peekable();
    while rest.peek().is_some() {
        let mut word = String::new();
        let mut quoted = false;
        let mut backslashes = 0;
        while let Some(c) = rest.next() {
            match c {
                '\\' => backslashes += 1,
                '"' => {
                    word.extend(std::iter::repeat_n('\\', backslashes / 2));
                    if backslashes % 2 == 1 {
                        word.push('"');
                    } else if quoted && rest.peek() == Some(&'"') {
                        rest.next();
                        word.push('"');
                    } else {
                        quoted = !quoted;
                    }
                    backslashes = 0;
                }
                c => {
                    word.extend(std::iter::repeat_n('\\', std::mem::take(&mut backslashes)));
                    if is_blank(c) && !quoted {
                        break;
                    }
                    word.push(c);
                }
            }
        }
        word.extend(std::iter::repeat_n('\\', backslashes));
        words.push(word);
        while rest.next_if(|c| is_blank(*c)).is_some() {}
    }
    words
}

/// The words of a Linux command line, as a shell would quote them and without anything else that a shell does. A quotation
/// that does not end takes the rest.
pub(super) fn linux_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\'' => word.get_or_insert_default().extend(rest.by_ref().take_while(|c| *c != '\'')),
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(c) = rest.next().filter(|c| *c != '"') {
                    let escaped =
                        (c == '\\').then(|| rest.next_if(|next| matches!(next, '"' | '\\' | '$' | '`'))).flatten();
                    word.push(escaped.unwrap_or(c));
                }
            }
            '\\' => word.get_or_insert_default().extend(rest.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A word as it is written in a Windows command line so that it is read back the same.
pub(super) fn windows_quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in word.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                quoted.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(c);
    }
    quoted.extend(std::iter::repeat_n('\\', backslashes));
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::guest::fake::{launch, linux, windows};

    #[test]
    fn windows_command_lines() {
        for (line, words) in [
            (r"", &[][..]),
            ("  \t ", &[]),
            (r"cmd /c echo hi", &["cmd", "/c", "echo", "hi"]),
            (r#""C:\Program Files\a.exe" b"#, &[r"C:\Program Files\a.exe", "b"]),
            (r#"x "a b c" d e"#, &["x", "a b c", "d", "e"]),
            (r#"x "ab\"c" "\\" d"#, &["x", "ab\"c", "\\", "d"]),
            (r#"x a\\\b d"e f"g h"#, &["x", r"a\\\b", "de fg", "h"]),
            (r#"x a\\\"b c d"#, &["x", "a\\\"b", "c", "d"]),
            (r#"x a\\\\"b c" d e"#, &["x", r"a\\b c", "d", "e"]),
            (r#"x a"b"" c d"#, &["x", "ab\" c d"]),
            (r#"x """#, &["x", ""]),
            (r#""x\" y"#, &["x\\", "y"]),
        ] {
            assert_eq!(windows_words(line), words, "{line}");
        }
    }

    #[test]
    fn linux_command_lines() {
        for (line, words) in [
            ("", &[][..]),
            ("sh -c 'echo a; exit 1'", &["sh", "-c", "echo a; exit 1"]),
            (r#"a "b c" 'd "e' f\ g"#, &["a", "b c", "d \"e", "f g"]),
            (r#"a "\$x \n \"" ''"#, &["a", r#"$x \n ""#, ""]),
            ("a 'b", &["a", "b"]),
        ] {
            assert_eq!(linux_words(line), words, "{line}");
        }
    }

    #[test]
    fn programs_and_images() {
        for (launch, program, image) in [
            (windows("cmd /c x"), Some("cmd"), "cmd.exe"),
            (windows(r#""C:\Windows\System32\CMD.EXE" /c x"#), Some("cmd"), "CMD.EXE"),
            (windows("c:/tools/More.Com"), Some("more"), "More.Com"),
            (windows("a.b"), Some("a.b"), "a.b"),
            (windows(""), None, ""),
            (windows(r"C:\"), None, ""),
            (linux("/bin/sh -c x"), Some("sh"), "sh"),
            (linux("SH"), Some("SH"), "SH"),
            (Launch { application: Some("C:\\x\\ping.exe".into()), ..windows("-n 4 host") }, Some("ping"), "ping.exe"),
            (
                Launch { command_line: Some("a b".into()), ..launch(GuestOs::Linux, &["/usr/bin/env"]) },
                Some("env"),
                "env",
            ),
        ] {
            assert_eq!(launch.program().as_deref(), program, "{launch:?}");
            assert_eq!(launch.image(), image, "{launch:?}");
        }
    }

    proptest! {
        #[test]
        fn quoting_is_undone(words in proptest::collection::vec(r#"[a\\" \t]{0,6}"#, 0..5)) {
            let line = words.iter().map(|word| windows_quoted(word)).fold(String::from("x"), |line, word| line + " " + &word);
            prop_assert_eq!(&windows_words(&line)[1..], &words[..]);
        }
    }
}
