//! Tombstones: the list of what is gone from the layers below, as `tombstones.txt` of the transport form.

use hcs_rules::transport::{Damage, folder};

/// Reads a list: paths among the files of the layer, without a separator before them, in the list's order.
///
/// # Errors
/// What is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Vec<String>, Damage> {
    let text = bytes.strip_prefix(folder::MARK).and_then(|rest| std::str::from_utf8(rest).ok());
    let mut lines = text.ok_or(Damage::BadTombstones)?.lines();
    if lines.next() != Some(folder::VERSION) {
        return Err(Damage::BadTombstones);
    }
    let path = |line: &str| match line.strip_prefix('\\') {
        Some(path) if is_path(path) => Ok(path.to_owned()),
        _ => Err(Damage::BadTombstone),
    };
    lines.map(path).collect()
}

/// Names between separators: nothing that leads out.
fn is_path(path: &str) -> bool {
    path.split('\\').all(|name| !matches!(name, "" | "." | "..") && !name.contains(['\0', '\n', '\r']))
}

/// Writes a list.
pub fn write<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = folder::MARK.to_vec();
    bytes.extend(folder::VERSION.as_bytes());
    bytes.push(b'\n');
    for path in paths {
        bytes.push(b'\\');
        bytes.extend(path.as_bytes());
        bytes.push(b'\n');
    }
    bytes
}
