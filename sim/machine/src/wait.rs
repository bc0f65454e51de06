//! Blocked calls: who waits for what, and until when.

use std::sync::Arc;

use hcs_rules::hresult::Hresult;
use hcs_rules::legacy;
use hcs_rules::operation::{EXIT_WAIT_TIMED_OUT, WAIT_TIMED_OUT};
use hcs_rules::process;
use hcs_rules::profile::Quirk;

use crate::effect::{Effect, GuestReply, LegacyReply, Reply, StreamReply, WaitId};
use crate::host::{Due, Host, Item};
use crate::input::ClientId;
use crate::table::{Key, Keys};
use crate::time::Time;

/// What a blocked call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// An operation's result.
    Operation(Key),
    /// An operation's result with the process information, and whether the caller takes that.
    Information(Key, bool),
    /// The result of an operation that runs for a call of the older interface.
    Older(Key),
    /// The end of the system behind a handle.
    Exit(Key),
    /// The end of the process behind a handle.
    ProcessExit(Key),
    /// A stream: bytes, or room for them.
    Stream(Key),
    /// What a program outside waits for, or that its system goes on: the process.
    Guest(Key),
}

/// One blocked call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Who called; programs outside are nobody's.
    pub(crate) client: ClientId,
    pub(crate) awaits: For,
    deadline: Option<Due>,
}

/// The client of a wait that no client waits in.
pub(crate) const NOBODY: ClientId = ClientId(0);

impl Host {
    /// Blocks a call. A time-out of zero is a poll: its time is up at once.
    pub(crate) fn block(&mut self, client: ClientId, awaits: For, timeout_ms: u32) -> Reply {
        if timeout_ms == 0 {
            return self.timed_out(awaits);
        }
        Reply::Blocked(WaitId(self.block_until(client, awaits, self.now.after_timeout(timeout_ms))))
    }

    /// Blocks a call that has no time-out.
    pub(crate) fn block_without_end(&mut self, client: ClientId, awaits: For) -> Key {
        self.block_until(client, awaits, Time::NEVER)
    }

    /// Blocks a call until a moment.
    pub(crate) fn block_until(&mut self, client: ClientId, awaits: For, at: Time) -> Key {
        let deadline = (at != Time::NEVER).then(|| (at, self.next_sequence()));
        let key = self.waits.insert(Wait { client, awaits, deadline });
        if let Some(due) = deadline {
            self.agenda.insert(due, Item::TimeOut(key));
        }
        if let Some(waits) = self.waits_on(awaits) {
            waits.push(key);
        }
        key
    }

    /// What a call returns whose time is up. What it waited for goes on.
    fn timed_out(&self, awaits: For) -> Reply {
        match awaits {
            For::Operation(_) => Reply::Outcome(WAIT_TIMED_OUT, None),
            For::Information(..) => Reply::Info(WAIT_TIMED_OUT, None, None),
            For::Older(_) => Reply::legacy(LegacyReply::bare(legacy::code(legacy::GIVEN_UP))),
            For::Exit(_) => Reply::Outcome(EXIT_WAIT_TIMED_OUT, None),
            For::ProcessExit(handle) if self.has(Quirk::ExitWaitTellsTimeOut) => {
                let process = self.process_handles.get(handle).map(|handle| handle.process);
                Reply::Outcome(Hresult::S_OK, process.and_then(|key| self.late_status(key)))
            }
            For::ProcessExit(_) => Reply::Outcome(process::EXIT_WAIT_TIMED_OUT, None),
            For::Stream(_) => Reply::Stream(StreamReply::GivenUp),
            For::Guest(_) => Reply::Guest(GuestReply::Again),
        }
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

    /// Ends the waits on an operation that is done. The first who asked for process information gets it.
    pub(crate) fn wake_operation(
        &mut self,
        operation: Key,
        code: Hresult,
        document: Option<&Arc<str>>,
        effects: &mut Vec<Effect>,
    ) {
        let waits = self.operations.get_mut(operation).map(|operation| std::mem::take(&mut operation.waits));
        for wait in waits.unwrap_or_default() {
            let reply = match self.waits.get(wait) {
                Some(Wait { awaits: For::Information(_, out), .. }) => self.result_and_info(operation, *out),
                _ => Reply::Outcome(code, document.cloned()),
            };
            self.wake(wait, reply, effects);
        }
    }

    /// Ends a wait whose time is up. What it waited for goes on.
    #[cold]
    pub(crate) fn time_out(&mut self, wait: Key, effects: &mut Vec<Effect>) {
        let Some(awaits) = self.waits.get(wait).map(|entry| entry.awaits) else { return };
        self.forget_wait(wait);
        if let For::Older(operation) = awaits {
            self.give_up_older(operation, effects);
        }
        self.wake(wait, self.timed_out(awaits), effects);
    }

    /// Ends a wait whose object is closed under it, or whose client dies.
    pub(crate) fn abandon_wait(&mut self, wait: Key, effects: &mut Vec<Effect>) {
        let reply = match self.waits.get(wait).map(|entry| entry.awaits) {
            Some(For::Stream(_)) => Reply::Stream(StreamReply::GivenUp),
            Some(For::Information(..)) => Reply::Info(Hresult::ERROR_INVALID_HANDLE, None, None),
            Some(For::Older(_)) => Reply::legacy(LegacyReply::bare(Hresult::ERROR_INVALID_HANDLE)),
            _ => Reply::Outcome(Hresult::ERROR_INVALID_HANDLE, None),
        };
        self.forget_wait(wait);
        self.wake(wait, reply, effects);
    }

    /// Takes a wait off the list of what it waits for.
    fn forget_wait(&mut self, wait: Key) {
        let Some(awaits) = self.waits.get(wait).map(|entry| entry.awaits) else { return };
        if let For::Stream(pipe) = awaits {
            self.forget_stream_wait(pipe, wait);
        }
        if let Some(waits) = self.waits_on(awaits) {
            waits.retain(|other| *other != wait);
        }
    }

    /// The list of those who wait for the same. Streams keep their own, with what is wanted.
    fn waits_on(&mut self, awaits: For) -> Option<&mut Keys> {
        match awaits {
            For::Operation(key) | For::Information(key, _) | For::Older(key) => {
                self.operations.get_mut(key).map(|operation| &mut operation.waits)
            }
            For::Exit(key) => self.handles.get_mut(key).map(|handle| &mut handle.waits),
            For::ProcessExit(key) => self.process_handles.get_mut(key).map(|handle| &mut handle.waits),
            For::Guest(key) => self.processes.get_mut(key).map(|process| &mut process.waits),
            For::Stream(_) => None,
        }
    }
}
