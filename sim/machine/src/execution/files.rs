//! The files that programs of a system have written.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::guest::{self, GuestOs};

/// The files that programs of a system have written. What an image brings is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    os: GuestOs,
    files: BTreeMap<String, Arc<Vec<u8>>>,
    length: usize,
}

impl Files {
    /// None yet, of a guest of this system.
    pub(super) fn none(os: GuestOs) -> Files {
        Files { os, files: BTreeMap::new(), length: 0 }
    }

    fn name(&self, path: &str) -> String {
        match self.os {
            GuestOs::Windows => path.replace('/', "\\").to_lowercase(),
            GuestOs::Linux => path.to_owned(),
        }
    }

    pub(super) fn read(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&self.name(path)).map(|bytes| bytes.as_slice())
    }

    pub(super) fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        let name = self.name(path);
        let before = self.files.get(&name).map_or(0, |old| old.len());
        let kept = if append { before } else { 0 };
        let length = self.length - before + kept + bytes.len();
        if length > guest::MOST_FILE_BYTES {
            return false;
        }
        self.length = length;
        let file = Arc::make_mut(self.files.entry(name).or_default());
        if !append {
            file.clear();
        }
        file.extend_from_slice(bytes);
        true
    }

    pub(super) fn remove(&mut self, path: &str) -> bool {
        let gone = self.files.remove(&self.name(path));
        self.length -= gone.as_ref().map_or(0, |bytes| bytes.len());
        gone.is_some()
    }

    pub(super) fn has_under(&self, path: &str) -> bool {
        let mut folder = self.name(path.trim_end_matches(['\\', '/']));
        folder.push(if self.os == GuestOs::Windows { '\\' } else { '/' });
        self.files.range(folder.clone()..).next().is_some_and(|(name, _)| name.starts_with(&folder))
    }
}
