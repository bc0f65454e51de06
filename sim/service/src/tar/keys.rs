//! The keys before an entry of a tar, which say what its header cannot.

use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hcs_machine::files::Extended;
use hcs_machine::layer::{extended, sddl};
use hcs_rules::file::SECURITY_LIMIT;
use hcs_rules::transport::{Refusal, tar as key};
use tar::Entry;

use super::{Error, time};

/// What the keys before an entry say.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) attributes: Option<u32>,
    pub(super) security: Option<Vec<u8>>,
    pub(super) is_junction: bool,
    pub(super) extended: Vec<Extended>,
    pub(super) created: Option<u64>,
    pub(super) written: Option<u64>,
    pub(super) accessed: Option<u64>,
    pub(super) changed: Option<u64>,
}

/// The keys before an entry. Those that are not known are let be.
pub(super) fn keys<R: Read>(entry: &mut Entry<'_, R>, name: &str) -> Result<Keys, Error> {
    let mut keys = Keys::default();
    let mut text = None;
    let Some(all) = entry.pax_extensions().map_err(|error| Error::io(name, error))? else { return Ok(keys) };
    for one in all {
        let one = one.map_err(|error| Error::io(name, error))?;
        let (Ok(word), value) = (one.key(), one.value_bytes()) else { continue };
        let said = |refusal| move || Error::refused(name, refusal);
        let seconds = || std::str::from_utf8(value).ok().and_then(time::read).ok_or_else(said(Refusal::Time)).map(Some);
        match word {
            "mtime" => keys.written = seconds()?,
            "atime" => keys.accessed = seconds()?,
            "ctime" => keys.changed = seconds()?,
            key::CREATED => keys.created = seconds()?,
            key::ATTRIBUTES => {
                let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                keys.attributes = Some(number.ok_or_else(said(Refusal::Attributes))?);
            }
            key::SECURITY => {
                let bytes = BASE64_STANDARD.decode(value).ok().filter(|bytes| bytes.len() <= SECURITY_LIMIT);
                keys.security = Some(bytes.ok_or_else(said(Refusal::Security))?);
            }
            key::SECURITY_TEXT => {
                let bytes = std::str::from_utf8(value).ok().and_then(sddl::read);
                text = Some(bytes.ok_or_else(said(Refusal::Security))?);
            }
            key::JUNCTION => keys.is_junction = true,
            _ if word.starts_with("GNU.sparse.") => return Err(said(Refusal::Sparse)()),
            _ => {
                let Some(attribute) = word.strip_prefix(key::EXTENDED) else { continue };
                let bytes = BASE64_STANDARD.decode(value).map_err(|_| said(Refusal::Extended)())?;
                let one = Extended { name: attribute.into(), flags: 0, value: bytes.into() };
                extended::add(&mut keys.extended, one).map_err(|_| said(Refusal::Extended)())?;
            }
        }
    }
    extended::write(&keys.extended).map_err(|_| Error::refused(name, Refusal::Extended))?;
    keys.security = keys.security.or(text);
    // Nothing of no length is a descriptor; older writers left such.
    keys.security = keys.security.filter(|bytes| !bytes.is_empty());
    Ok(keys)
}
