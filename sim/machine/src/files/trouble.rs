//! Trouble that lies ahead: what the world has told to go wrong, once or a few times, and then no more.

use std::sync::Arc;

use hcs_rules::file::FileFault;
use uuid::Uuid;

use super::path::HostPath;
use super::{By, Files, Found};
use crate::table::Key;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// A write to the volume finds no room.
    Full,
    /// The volume's device is not ready.
    NotReady,
    /// Somebody has the file open and shares it with nobody.
    InUse,
}

/// Trouble that lies ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What goes wrong.
    pub ill: Ill,
    volume: Uuid,
    file: Option<Key>,
    /// How many go well before.
    pub before: u32,
    /// How many go wrong then.
    pub times: u32,
    /// Whether one has gone wrong already.
    pub fired: bool,
}

/// So many at once: who tells of more is not heard.
const MOST_TROUBLES: usize = 1_000;

impl Files {
    /// Trouble that lies ahead, in the order in which it was told.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Something will go wrong on the volume of this letter. Answers whether there is such a volume.
    pub(super) fn expect_on_volume(&mut self, letter: char, ill: Ill, before: u32, times: u32) -> bool {
        let Some(index) = self.volume_of_letter(letter) else { return false };
        let volume = self.volumes[index].id();
        self.expect(Trouble { ill, volume, file: None, before, times, fired: false })
    }

    /// A file will be in use for whoever opens it next, so often. Answers whether there is such a file.
    pub(super) fn expect_in_use(&mut self, path: &str, times: u32) -> bool {
        let Ok(at) = self.find(path) else { return false };
        let volume = self.volumes[at.volume].id();
        self.expect(Trouble { ill: Ill::InUse, volume, file: Some(at.key), before: 0, times, fired: false })
    }

    fn expect(&mut self, trouble: Trouble) -> bool {
        let heard = trouble.times > 0 && self.troubles.len() < MOST_TROUBLES;
        if heard {
            self.troubles.push(trouble);
        }
        heard
    }

    /// The files as they were before a change that failed. Trouble that it has met is met.
    pub(crate) fn taken_back_to(&self, before: Arc<Files>) -> Arc<Files> {
        let mut before = before;
        if before.troubles != self.troubles {
            Arc::make_mut(&mut before).troubles.clone_from(&self.troubles);
        }
        before
    }

    /// Somebody uses a volume: it may not be ready.
    pub(super) fn use_volume(&mut self, path: &str, by: By) -> Found<()> {
        match self.volume_that_may_fail(path, by) {
            Some(volume) if self.meets(Ill::NotReady, volume, None) => Err(FileFault::NotReady),
            _ => Ok(()),
        }
    }

    /// Somebody opens a file: its volume may not be ready, or somebody else has it. Every verb that changes files does this
    /// itself; who only reads does it first.
    ///
    /// # Errors
    /// [`FileFault::NotReady`] and [`FileFault::Locked`], when the world has told so.
    pub fn open(&mut self, path: &str, by: By) -> Found<()> {
        self.use_volume(path, by)?;
        let Some(volume) = self.volume_that_may_fail(path, by) else { return Ok(()) };
        match self.find(path) {
            Ok(at) if self.meets(Ill::InUse, volume, Some(at.key)) => Err(FileFault::Locked),
            _ => Ok(()),
        }
    }

    /// Bytes are about to be written to a volume.
    pub(super) fn count_write(&mut self, volume: usize, by: By) -> Found<()> {
        let id = self.volumes[volume].id();
        if !by.is_world() && self.meets(Ill::Full, id, None) { Err(FileFault::Full) } else { Ok(()) }
    }

    fn volume_that_may_fail(&self, path: &str, by: By) -> Option<Uuid> {
        if self.troubles.is_empty() || by.is_world() {
            return None;
        }
        let path = HostPath::parse(path).ok()?;
        self.volumes.iter().find(|volume| volume.is(path.volume)).map(|volume| volume.id())
    }

    /// Whether this goes wrong now. What has gone wrong as often as was told is forgotten.
    fn meets(&mut self, ill: Ill, volume: Uuid, file: Option<Key>) -> bool {
        let same = |trouble: &&mut Trouble| trouble.ill == ill && trouble.volume == volume && trouble.file == file;
        let Some(trouble) = self.troubles.iter_mut().find(same) else { return false };
        if trouble.before > 0 {
            trouble.before -= 1;
            return false;
        }
        trouble.fired = true;
        trouble.times -= 1;
        self.troubles.retain(|trouble| trouble.times > 0);
        true
    }
}
