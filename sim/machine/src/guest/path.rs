//! Paths of the guest: joined to a directory, with `.` and `..` taken out.

use std::sync::Arc;

use hcs_rules::guest::GuestOs;

/// The path from the root on.
pub(super) fn absolute(os: GuestOs, directory: &str, path: &str) -> Arc<str> {
    match os {
        GuestOs::Linux => {
            let joined = if path.starts_with('/') { path.to_owned() } else { format!("{directory}/{path}") };
            Arc::from(format!("/{}", tidy(&joined, '/').join("/")))
        }
        GuestOs::Windows => {
            let path = path.replace('/', "\\");
            // Shares and devices stay as they are.
            if path.starts_with(r"\\") {
                return Arc::from(path);
            }
            let (drive, rest) = drive(&path);
            let (current, below) = self::drive(directory);
            let joined = match drive {
                // A path that begins at the root, or on another drive.
                _ if rest.starts_with('\\') => rest.to_owned(),
                Some(drive) if current.is_some_and(|current| !current.eq_ignore_ascii_case(drive)) => rest.to_owned(),
                _ => format!("{below}\\{rest}"),
            };
            Arc::from(format!("{}\\{}", drive.or(current).unwrap_or("C:"), tidy(&joined, '\\').join("\\")))
        }
    }
}

/// Splits `C:` off.
fn drive(path: &str) -> (Option<&str>, &str) {
    match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => (Some(&path[..2]), &path[2..]),
        _ => (None, path),
    }
}

fn tidy(path: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split(separator) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined() {
        for (os, directory, path, joined) in [
            (GuestOs::Linux, "/", "a", "/a"),
            (GuestOs::Linux, "/a/b", "../c/./d", "/a/c/d"),
            (GuestOs::Linux, "/a", "/b//c/", "/b/c"),
            (GuestOs::Linux, "", "../..", "/"),
            (GuestOs::Windows, r"C:\", "a", r"C:\a"),
            (GuestOs::Windows, r"C:\a\b", r"..\c", r"C:\a\c"),
            (GuestOs::Windows, r"C:\a", r"\b", r"C:\b"),
            (GuestOs::Windows, r"C:\a", "d:/b", r"d:\b"),
            (GuestOs::Windows, r"C:\a", "c:b", r"c:\a\b"),
            (GuestOs::Windows, r"C:\a", "d:b", r"d:\b"),
            (GuestOs::Windows, r"C:\a", r"\\host\share\x", r"\\host\share\x"),
            (GuestOs::Windows, "", "é:x", r"C:\é:x"),
        ] {
            assert_eq!(&*absolute(os, directory, path), joined, "{directory} {path}");
        }
    }
}
