//! The calls that are blocked, and who sleeps in them.

use std::sync::Arc;

use hcs_machine::effect::{Reply, WaitId};

use crate::wait::Seat;

/// A call that blocks a thread.
pub(crate) struct Blocked {
    /// Where the thread sleeps, if it does: most waits end without, because time moves to what is waited for.
    pub(crate) seat: Option<Arc<Seat<Reply>>>,
    pub(crate) actor: Option<usize>,
    /// Whether it is a program of a guest, which may wait for ever.
    pub(crate) program: bool,
    /// Whether it is an HCS call, for which a free world hurries. Who reads a stream waits as on any pipe: a thread that does
    /// nothing else must not make every program end at once.
    pub(crate) hurries: bool,
}

/// All of them, by their waits' slots: the machine uses a slot again as soon as its wait is over.
#[derive(Default)]
pub(crate) struct BlockedCalls(Vec<Option<(WaitId, Blocked)>>);

impl BlockedCalls {
    pub(crate) fn insert(&mut self, wait: WaitId, blocked: Blocked) {
        let index = wait.0.index as usize;
        if self.0.len() <= index {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index] = Some((wait, blocked));
    }

    pub(crate) fn get_mut(&mut self, wait: WaitId) -> Option<&mut Blocked> {
        let slot = self.0.get_mut(wait.0.index as usize)?.as_mut();
        slot.filter(|(other, _)| *other == wait).map(|(_, blocked)| blocked)
    }

    pub(crate) fn remove(&mut self, wait: WaitId) -> Option<Blocked> {
        self.get_mut(wait)?;
        self.0[wait.0.index as usize].take().map(|(_, blocked)| blocked)
    }

    /// In the order of their waits.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(WaitId, Blocked)> {
        self.0.iter().flatten()
    }
}
