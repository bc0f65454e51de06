//! Paths of the host: what a string names, as Windows reads it.

use hcs_rules::file::{CURRENT_FOLDER, DEVICES, FORBIDDEN, FileFault, LONG_PATH_LIMIT, NAME_LIMIT, PATH_LIMIT};
use uuid::Uuid;

/// A volume, as a path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VolumeName {
    /// By its letter, in upper case.
    Letter(char),
    /// By its id.
    Id(Uuid),
}

/// A path, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPath {
    /// The volume.
    pub volume: VolumeName,
    /// The names from the root folder on, as they were written.
    pub names: Vec<String>,
    /// Whether a separator ends it.
    pub trailing: bool,
}

/// A name folded for comparison: letter by letter, as the file system's own table does it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedName(Box<str>);

impl FoldedName {
    /// Folds a name.
    pub fn of(name: &str) -> FoldedName {
        if name.is_ascii() {
            return FoldedName(name.to_ascii_uppercase().into());
        }
        FoldedName(name.chars().map(folded).collect())
    }

    /// Before every name.
    pub(super) fn first() -> FoldedName {
        FoldedName("".into())
    }
}

/// A letter's upper case if that is one letter, of two bytes as the letter itself is. No other letter becomes one of ASCII.
fn folded(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_uppercase();
    }
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None)
            if one.len_utf16() == letter.len_utf16()
                && letter.len_utf16() == 1
                && one.is_ascii() == letter.is_ascii() =>
        {
            one
        }
        _ => letter,
    }
}

impl HostPath {
    /// Reads a path that is to be one of a root folder: the separator at its end, which a volume's name needs, may be missing.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_root(text: &str) -> Result<HostPath, FileFault> {
        if text.ends_with(['\\', '/']) { HostPath::parse(text) } else { HostPath::parse(&format!("{text}\\")) }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<HostPath, FileFault> {
        let length = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        if let Some(rest) = text.strip_prefix(r"\\?\").or_else(|| text.strip_prefix(r"\??\")) {
            return if length > LONG_PATH_LIMIT { Err(FileFault::TooLong) } else { verbatim(rest) };
        }
        if length >= PATH_LIMIT {
            return Err(FileFault::TooLong);
        }
        let text = text.replace('/', r"\");
        if let Some(rest) = text.strip_prefix(r"\\?\").or_else(|| text.strip_prefix(r"\\.\")) {
            let (volume, rest) = volume(rest)?;
            return plain(volume, Vec::new(), rest);
        }
        if text.starts_with(r"\\") {
            return Err(FileFault::Network);
        }
        let current = || HostPath::parse(CURRENT_FOLDER);
        match drive(&text) {
            Some((letter, rest)) if rest.starts_with('\\') => plain(letter, Vec::new(), rest),
            // Of other drives no current folder is known: the root stands for it.
            Some((letter, rest)) => match current()? {
                current if current.volume == letter => plain(letter, current.names, rest),
                _ => plain(letter, Vec::new(), rest),
            },
            None if text.starts_with('\\') => plain(current()?.volume, Vec::new(), &text),
            None => {
                let current = current()?;
                plain(current.volume, current.names, &text)
            }
        }
    }
}

/// A drive's letter at the beginning of a path, and the rest.
fn drive(text: &str) -> Option<(VolumeName, &str)> {
    let letter = text.chars().next().filter(char::is_ascii_alphabetic)?;
    let rest = text[1..].strip_prefix(':')?;
    Some((VolumeName::Letter(letter.to_ascii_uppercase()), rest))
}

/// The volume in the namespace of devices, and the rest. A volume without a separator behind it is the device itself.
fn volume(text: &str) -> Result<(VolumeName, &str), FileFault> {
    let (first, rest) = match text.find('\\') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    if first.eq_ignore_ascii_case("UNC") {
        return Err(FileFault::Network);
    }
    let named = match drive(first) {
        Some((letter, "")) => Some(letter),
        _ => {
            let id = first.get(..7).filter(|word| word.eq_ignore_ascii_case("Volume{")).map(|_| &first[7..]);
            let id = id.and_then(|id| id.strip_suffix('}')).filter(|id| id.len() == 36);
            id.and_then(|id| Uuid::try_parse(id).ok()).map(VolumeName::Id)
        }
    };
    match named {
        Some(named) if !rest.is_empty() => Ok((named, rest)),
        _ => Err(FileFault::Device),
    }
}

/// Behind `\\?\` nothing is changed.
fn verbatim(text: &str) -> Result<HostPath, FileFault> {
    let (volume, rest) = volume(text)?;
    let trailing = rest.len() > 1 && rest.ends_with('\\');
    let inner = rest[1..].strip_suffix('\\').unwrap_or(&rest[1..]);
    let names: Vec<String> = if inner.is_empty() { Vec::new() } else { inner.split('\\').map(str::to_owned).collect() };
    if names.iter().any(|name| matches!(name.as_str(), "" | "." | "..")) {
        return Err(FileFault::BadName);
    }
    check(&names)?;
    Ok(HostPath { volume, names, trailing })
}

/// The other paths are normalised: `.` and `..` are walked, periods and spaces at the end go.
fn plain(volume: VolumeName, mut names: Vec<String>, text: &str) -> Result<HostPath, FileFault> {
    let trailing = text.ends_with('\\');
    let parts: Vec<&str> = text.split('\\').collect();
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        let part = match *part {
            "" | "." => continue,
            ".." => {
                names.pop();
                continue;
            }
            part if last => part.trim_end_matches(['.', ' ']),
            part if part.ends_with('.') && !part.ends_with("..") => &part[..part.len() - 1],
            part => part,
        };
        if !part.is_empty() {
            names.push(part.to_owned());
        }
    }
    if let Some(last) = names.last().filter(|_| !trailing) {
        let base = last.split(['.', ':']).next().unwrap_or_default().trim_end_matches(' ');
        if DEVICES.iter().any(|device| device.eq_ignore_ascii_case(base)) {
            return Err(FileFault::Device);
        }
    }
    check(&names)?;
    Ok(HostPath { volume, names, trailing: trailing && text.len() > 1 })
}

fn check(names: &[String]) -> Result<(), FileFault> {
    // What is forbidden is ASCII, so that a look at the bytes is enough; no name has more units than bytes.
    let bad = |name: &String| {
        (name.len() > NAME_LIMIT && name.encode_utf16().count() > NAME_LIMIT)
            || name.bytes().any(|byte| byte < b' ' || FORBIDDEN.as_bytes().contains(&byte))
    };
    if names.iter().any(bad) { Err(FileFault::BadName) } else { Ok(()) }
}

impl std::fmt::Display for HostPath {
    /// As it is written behind `\\?\`, or plainly where that names the same.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.volume {
            VolumeName::Letter(letter) => write!(out, "{letter}:\\")?,
            VolumeName::Id(id) => write!(out, "\\\\?\\Volume{{{id}}}\\")?,
        }
        out.write_str(&self.names.join("\\"))?;
        if self.trailing && !self.names.is_empty() { out.write_str("\\") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_read_as_windows_reads_them() {
        use FileFault::{BadName, Device, Network, TooLong};
        let long = format!(r"C:\{}", "a".repeat(257));
        let longer = format!(r"\\?\C:\{}", "a".repeat(255));
        let table: &[(&str, Result<&str, FileFault>)] = &[
            (r"C:\a\b.vmgs", Ok(r"C:\a\b.vmgs")),
            (r"c:/a//b.vmgs", Ok(r"C:\a\b.vmgs")),
            (r"C:\a\.\..\b", Ok(r"C:\b")),
            (r"C:\..\..\b", Ok(r"C:\b")),
            (r"C:\a\b. . ", Ok(r"C:\a\b")),
            (r"C:\a.\b", Ok(r"C:\a\b")),
            (r"C:\a..\b", Ok(r"C:\a..\b")),
            (r"C:\a \b", Ok(r"C:\a \b")),
            (r"C:\a\", Ok(r"C:\a\")),
            (r"C:\", Ok(r"C:\")),
            (r"C:", Ok(r"C:\Users\Public")),
            (r"C:b", Ok(r"C:\Users\Public\b")),
            (r"D:b", Ok(r"D:\b")),
            (r"\b", Ok(r"C:\b")),
            ("emptyfile.vmrs", Ok(r"C:\Users\Public\emptyfile.vmrs")),
            (r"..\b", Ok(r"C:\Users\b")),
            (r"\\?\C:\a\b", Ok(r"C:\a\b")),
            (r"\??\C:\a\b", Ok(r"C:\a\b")),
            (r"\\?\C:\a. ", Ok(r"C:\a. ")),
            (r"\\?\C:\NUL", Ok(r"C:\NUL")),
            (r"\\?\C:\a/b", Err(BadName)),
            (r"\\?\C:\a\..\b", Err(BadName)),
            (r"\\?\C:\a\\b", Err(BadName)),
            (r"//?/C:/a/../b", Ok(r"C:\b")),
            (r"\\.\C:\a", Ok(r"C:\a")),
            (r"\\.\C:", Err(Device)),
            (r"\\.\PhysicalDrive0", Err(Device)),
            (r"\\.\pipe\p", Err(Device)),
            (
                r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}\a",
                Ok(r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}\a"),
            ),
            (r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}", Err(Device)),
            (r"\\server\share\a", Err(Network)),
            (r"\\?\UNC\server\share\a", Err(Network)),
            (r"C:\a?.vmgs", Err(BadName)),
            (r"C:\a:stream", Err(BadName)),
            ("C:\\a\tb", Err(BadName)),
            (r"C:\a|b", Err(BadName)),
            (r"C:\nul", Err(Device)),
            (r"C:\a\com1.vmgs", Err(Device)),
            (r"C:\com1\a", Ok(r"C:\com1\a")),
            (r"C:\console", Ok(r"C:\console")),
            (&long, Err(TooLong)),
            (&longer, Ok(&longer[4..])),
        ];
        for (text, believed) in table {
            let came = HostPath::parse(text).map(|path| path.to_string());
            assert_eq!(came, believed.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn names_fold_letter_by_letter() {
        for (one, other, same) in [
            ("State.VMGS", "state.vmgs", true),
            ("ÄÖÜ", "äöü", true),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ", true),
            ("straße", "STRASSE", false),
            ("ı", "I", false),
            ("\u{17F}", "S", false),
            ("𐐨", "𐐀", false),
        ] {
            assert_eq!(FoldedName::of(one) == FoldedName::of(other), same, "{one} {other}");
        }
    }

    #[test]
    fn a_root_needs_no_separator() {
        let volume = r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}";
        let table = [
            (volume.to_owned(), Ok(format!(r"{volume}\"))),
            (format!(r"{volume}\"), Ok(format!(r"{volume}\"))),
            (volume.to_uppercase(), Ok(format!(r"{volume}\"))),
            (r"C:".to_owned(), Ok(r"C:\".to_owned())),
            (r"c:/".to_owned(), Ok(r"C:\".to_owned())),
            (r"C:\a".to_owned(), Ok(r"C:\a\".to_owned())),
            (r"\\.\PhysicalDrive0".to_owned(), Err(FileFault::Device)),
            (r"\\server\share".to_owned(), Err(FileFault::Network)),
        ];
        for (text, believed) in table {
            assert_eq!(HostPath::parse_root(&text).map(|path| path.to_string()), believed, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_none(text in "[\\\\/.: A-Za-z?*ä𐐨]{0,40}|.{0,40}") {
            if let Ok(path) = HostPath::parse(&text) {
                let shown = path.to_string();
                let verbatim = if shown.starts_with('\\') { shown } else { format!(r"\\?\{shown}") };
                prop_assert_eq!(HostPath::parse(&verbatim), Ok(path), "what is shown names the same");
            }
        }

        #[test]
        fn folding_is_done_after_once(name in ".{0,20}") {
            let FoldedName(once) = FoldedName::of(&name);
            prop_assert_eq!(FoldedName::of(&once), FoldedName(once.clone()));
            prop_assert_eq!(FoldedName::of(&name.to_ascii_lowercase()), FoldedName::of(&name.to_ascii_uppercase()));
        }
    }
}
