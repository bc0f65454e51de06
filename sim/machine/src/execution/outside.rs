//! Programs outside the machine: their requests, answered with the same means as those inside have.

use std::sync::Arc;

use hcs_rules::guest::ProcessEnd;
use hcs_rules::process::ProcessState;

use crate::effect::{Effect, GuestId, GuestReply, Reply, WaitId};
use crate::execution::Runs;
use crate::guest::{Launch, Redirection};
use crate::host::Host;
use crate::input::GuestRequest;
use crate::time::Time;
use crate::wait::{For, NOBODY};

impl Host {
    /// A program outside acts. While its system is paused every request waits, and is to be made again.
    #[inline(never)]
    pub(crate) fn guest(&mut self, guest: GuestId, request: &GuestRequest, effects: &mut Vec<Effect>) -> Reply {
        let key = guest.0;
        let over = Reply::Guest(GuestReply::Over);
        let Some(process) = self.processes.get(key).filter(|process| process.runs == Runs::Outside) else {
            return over;
        };
        if process.state == ProcessState::Frozen {
            return Reply::Blocked(WaitId(self.block_without_end(NOBODY, For::Guest(key))));
        }
        Reply::Guest(match request {
            GuestRequest::Read { limit } => GuestReply::Given(self.program_reads(key, *limit as usize, effects)),
            GuestRequest::Write { to, bytes } => GuestReply::Taken(self.program_writes(key, *to, bytes, effects)),
            GuestRequest::Close { of } => {
                self.close_standard(key, of.index(), effects);
                GuestReply::Done(true)
            }
            GuestRequest::Wait(awaits) => {
                let signalled = process.signals.as_ref().is_some_and(|signals| !signals.is_empty());
                let passed = awaits.until.is_some_and(|until| until <= self.guest_now(key));
                if signalled || passed || self.is_any_ready(key, awaits) {
                    return Reply::Guest(GuestReply::Again);
                }
                let at = awaits.until.map_or(Time::NEVER, |until| until.after(process.stood));
                if let Some(process) = self.processes.get_mut(key) {
                    process.awaits = *awaits;
                }
                return Reply::Blocked(WaitId(self.block_until(NOBODY, For::Guest(key), at)));
            }
            GuestRequest::HandleSignals { handles } => {
                if let Some(process) = self.processes.get_mut(key) {
                    process.signals = handles.then(|| process.signals.take().unwrap_or_default());
                }
                GuestReply::Done(true)
            }
            GuestRequest::TakeSignal => {
                let process = self.processes.get_mut(key);
                GuestReply::Signal(process.and_then(|process| process.signals.as_mut()?.pop_front()))
            }
            GuestRequest::Clock => GuestReply::Clock(self.guest_now(key)),
            GuestRequest::Console => GuestReply::Console(process.console),
            GuestRequest::ReadFile { path } => {
                let path = self.path_of(key, path);
                GuestReply::File(self.files_of(key).and_then(|files| files.read(&path)).map(Arc::from))
            }
            GuestRequest::WriteFile { path, bytes, append } => {
                let path = self.path_of(key, path);
                GuestReply::Done(self.files_of_mut(key).is_some_and(|files| files.write(&path, bytes, *append)))
            }
            GuestRequest::Spawn { command_line } => {
                let launch = Launch {
                    application: None,
                    command_line: Some(command_line.clone()),
                    arguments: Arc::default(),
                    ..Launch::clone(&process.launch)
                };
                let streams = [Redirection::Inherit, Redirection::Inherit, Redirection::Inherit];
                GuestReply::Child(self.program_spawns(key, launch, streams, effects))
            }
            GuestRequest::ExitOf { child } => GuestReply::Code(process.exit_of(*child)),
            GuestRequest::End { code } => {
                self.program_ends(key, ProcessEnd::ByItself, *code, effects);
                GuestReply::Over
            }
            GuestRequest::Crash { exception } => {
                self.program_ends(key, ProcessEnd::Crashed, *exception, effects);
                GuestReply::Over
            }
        })
    }
}
