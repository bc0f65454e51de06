//! The names of a tar: what they are in a layer.

use hcs_machine::layer::transport::LayerPath;
use hcs_rules::file::{FORBIDDEN, LONG_PATH_LIMIT, NAME_LIMIT};
use hcs_rules::transport::{Refusal, folder, tar as key};

/// A name of a tar as a path of a layer, and the stream behind a colon.
pub(super) fn layer_path(name: &str) -> Result<(LayerPath, Option<&str>), Refusal> {
    if name.starts_with('/') {
        return Err(Refusal::Outside);
    }
    let mut names: Vec<&str> = name.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    if names.contains(&"..") {
        return Err(Refusal::Outside);
    }
    let last = names.pop().ok_or(Refusal::Elsewhere)?;
    let (last, stream) = match last.split_once(':') {
        Some((last, stream)) => (last, Some(stream)),
        None => (last, None),
    };
    names.push(last);
    let is_bad = |name: &&str| {
        name.is_empty()
            || name.encode_utf16().count() > NAME_LIMIT
            || name.chars().any(|letter| letter < ' ' || FORBIDDEN.contains(letter))
    };
    if names.iter().any(is_bad) {
        return Err(Refusal::BadName);
    }
    let path = names.join("\\");
    if path.encode_utf16().count() > LONG_PATH_LIMIT {
        return Err(Refusal::TooLong);
    }
    Ok((LayerPath::new(&path), stream))
}

/// What a whiteout takes away, if it is one.
pub(super) fn whiteout(path: &LayerPath, is_base: bool) -> Result<Option<LayerPath>, Refusal> {
    let (folder, name) = path.as_str().rsplit_once('\\').unwrap_or(("", path.as_str()));
    let Some(name) = name.strip_prefix(key::WHITEOUT) else { return Ok(None) };
    let gone = LayerPath::new(&format!("{folder}\\{name}"));
    if name.is_empty() || name.starts_with(key::OPAQUE) {
        return Err(Refusal::Whiteout);
    }
    if gone.is_within(folder::UTILITY_FILES) {
        return Err(if is_base { Refusal::WhiteoutInBase } else { Refusal::WhiteoutInUtility });
    }
    match gone.is_within(folder::FILES) {
        true if is_base => Err(Refusal::WhiteoutInBase),
        true => Ok(Some(gone)),
        false => Err(Refusal::Whiteout),
    }
}
