//! Blocked calls: who waits for what, and until when.

use hcs_rules::hresult::Hresult;
use hcs_rules::operation::{EXIT_WAIT_TIMED_OUT, WAIT_TIMED_OUT};

use crate::effect::{Effect, Reply, WaitId};
use crate::host::{Due, Host, Item};
use crate::input::ClientId;
use crate::table::Key;
use crate::time::Time;

/// What a blocked call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// An operation's result.
    Operation(Key),
    /// The end of the system behind a handle.
    Exit(Key),
}

/// One blocked call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) client: ClientId,
    pub(crate) awaits: For,
    deadline: Option<Due>,
}

impl Host {
    /// Blocks a call. A time-out of zero is a poll: its time is up at once.
    pub(crate) fn block(&mut self, client: ClientId, awaits: For, timeout_ms: u32) -> Reply {
        let code = match awaits {
            For::Operation(_) => WAIT_TIMED_OUT,
            For::Exit(_) => EXIT_WAIT_TIMED_OUT,
        };
        if timeout_ms == 0 {
            return Reply::Outcome(code, None);
        }
        let at = self.now.after_timeout(timeout_ms);
        let deadline = (at != Time::NEVER).then(|| (at, self.next_sequence()));
        let key = self.waits.insert(Wait { client, awaits, deadline });
        if let Some(due) = deadline {
            self.agenda.insert(due, Item::TimeOut(key));
        }
        match awaits {
            For::Operation(operation) => {
                if let Some(operation) = self.operations.get_mut(operation) {
                    operation.waits.push(key);
                }
            }
            For::Exit(handle) => {
                if let Some(handle) = self.handles.get_mut(handle) {
                    handle.waits.push(key);
                }
            }
        }
        Reply::Blocked(WaitId(key))
    }

    /// Ends a wait with this reply.
    pub(crate) fn wake(&mut self, wait: Key, reply: Reply, effects: &mut Vec<Effect>) {
        if let Some(gone) = self.waits.remove(wait) {
            if let Some(due) = gone.deadline {
                self.agenda.remove(&due);
            }
            effects.push(Effect::Wake(WaitId(wait), reply));
        }
    }

    /// Ends a wait whose time is up. What it waited for goes on.
    pub(crate) fn time_out(&mut self, wait: Key, effects: &mut Vec<Effect>) {
        let Some(entry) = self.waits.get(wait) else { return };
        let code = match entry.awaits {
            For::Operation(_) => WAIT_TIMED_OUT,
            For::Exit(_) => EXIT_WAIT_TIMED_OUT,
        };
        self.forget_wait(wait);
        self.wake(wait, Reply::Outcome(code, None), effects);
    }

    /// Ends a wait whose object is closed under it, or whose client dies.
    pub(crate) fn abandon_wait(&mut self, wait: Key, effects: &mut Vec<Effect>) {
        self.forget_wait(wait);
        self.wake(wait, Reply::Outcome(Hresult::ERROR_INVALID_HANDLE, None), effects);
    }

    /// Takes a wait off the list of what it waits for.
    fn forget_wait(&mut self, wait: Key) {
        let waits = match self.waits.get(wait).map(|entry| entry.awaits) {
            Some(For::Operation(key)) => self.operations.get_mut(key).map(|operation| &mut operation.waits),
            Some(For::Exit(key)) => self.handles.get_mut(key).map(|handle| &mut handle.waits),
            None => None,
        };
        if let Some(waits) = waits {
            waits.retain(|other| *other != wait);
        }
    }
}
