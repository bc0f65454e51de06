//! A layer in lines to read.

use std::fmt::Write as _;

use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::reparse::Link;
use hcs_machine::layer::transport::{Item, LayerPath};
use hcs_rules::file::attribute;

use super::{Found, name_in_tar, size, time};

/// One entry in one line: what it is, its attributes, its size, its path; then what else it has.
pub fn line(path: &LayerPath, found: &Found) -> String {
    let name = name_in_tar(path);
    match found {
        Found::Whiteout => format!("gone     {:8} {:>12} {name}", "", ""),
        Found::Item(Item::Link(file)) => format!("link     {:8} {:>12} {name} is {}", "", "", name_in_tar(file)),
        Found::Item(item @ Item::Hive(_, times)) => {
            format!("hive     {:8} {:>12} {name} written {}", "", size(item), time::show(times.written))
        }
        Found::Item(item @ Item::Blob(blob)) => {
            let size = if blob.is_folder() { String::new() } else { size(item).to_string() };
            let kind = kind(blob);
            let letters = attribute::text(blob.meta.attributes);
            format!("{kind:8} {letters:8} {size:>12} {name}{}", more(blob))
        }
    }
}

fn kind(blob: &Blob) -> &'static str {
    match blob.meta.reparse.as_ref().map(Link::of) {
        Some(Ok(Some(link))) if link.is_junction => "junction",
        Some(Ok(Some(_))) => "symlink",
        Some(_) => "reparse",
        None if blob.is_folder() => "folder",
        None => "file",
    }
}

/// What few files have, then the times: one if all are the same.
fn more(blob: &Blob) -> String {
    let mut text = String::new();
    let meta = &blob.meta;
    // Writing to a string cannot fail.
    if let Some(Ok(Some(link))) = meta.reparse.as_ref().map(Link::of) {
        _ = write!(text, " leads to {}", link.target);
    }
    for (name, data) in &meta.streams {
        _ = write!(text, ", stream {name} of {}", data.len());
    }
    for one in meta.extended.iter() {
        _ = write!(text, ", attribute {} of {}", one.name, one.value.len());
    }
    if let Some(security) = &meta.security {
        _ = write!(text, ", descriptor of {}", security.len());
    }
    _ = write!(text, ", written {}", time::show(meta.times.written));
    for (what, when) in
        [("created", meta.times.created), ("accessed", meta.times.accessed), ("changed", meta.times.changed)]
    {
        if when != meta.times.written {
            _ = write!(text, ", {what} {}", time::show(when));
        }
    }
    text
}
