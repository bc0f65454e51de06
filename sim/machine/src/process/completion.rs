//! Requests about processes that are done: what they end with, and what they leave behind.

use std::sync::Arc;

use hcs_rules::answer::Form;
use hcs_rules::failure;
use hcs_rules::hresult::Hresult;
use hcs_rules::process::{self, CONNECTION_LOST, ProcessAfter, ProcessFacet, ProcessRow, ProcessTrigger};
use hcs_rules::profile::Quirk;
use hcs_rules::rule::{After, Answer};
use hcs_rules::vocabulary::{Kind, OperationType};

use crate::answer;
use crate::configuration::present;
use crate::document::{Document, Node};
use crate::effect::Effect;
use crate::host::Host;
use crate::input::{End, Fate};
use crate::operation::OnProcess;
use crate::system::Connection;
use crate::table::Key;

use crate::process::signal_of;

impl Host {
    /// What a creation ends with that the guest finds impossible.
    #[inline(never)]
    pub(crate) fn launch_refusal(&self, key: Key) -> Option<(Hresult, Form)> {
        let process = self.processes.get(key)?;
        let connection = self.systems.get(process.system).map(|system| system.connection);
        let code = match connection {
            // The guest cannot be asked any more.
            Some(Connection::Lost) => CONNECTION_LOST,
            _ => process::launch_fault(self.launch_fault(key)?, process.os).code,
        };
        Some((code, failure::form(OperationType::CreateProcess, code)))
    }

    /// A creation is done: the process begins, or there is none.
    #[inline(never)]
    pub(crate) fn process_is_made(
        &mut self,
        key: Key,
        after: After,
        parameters: Option<&Document>,
        effects: &mut Vec<Effect>,
    ) {
        if after != After::StartProcess {
            self.happen_to_process(ProcessTrigger::CreationFailed, key, None, effects);
            return;
        }
        let asks = |name| parameters.and_then(|node| present(node.root(), name)?.as_bool()).unwrap_or(false);
        let asks = [asks("CreateStdInPipe"), asks("CreateStdOutPipe"), asks("CreateStdErrPipe")];
        self.start_process(key, asks, effects);
    }

    /// Whether a creation completes within its call.
    pub(super) fn completes_at_once(&self, answer: Answer, process: Key, fate: &Fate) -> bool {
        self.has(Quirk::CreateProcessResultIsLost)
            && answer == Answer::Accepted
            && fate.end == End::Natural
            && self.processes.get(process).is_some_and(|process| process.kind == Kind::ProcessContainer)
    }

    /// A request on a process is due: it ends as its row says.
    #[inline(never)]
    pub(crate) fn complete_on_process(
        &mut self,
        on: &OnProcess,
        document: Option<&Document>,
        effects: &mut Vec<Effect>,
    ) -> (Hresult, Option<Arc<str>>, Option<&'static ProcessRow>) {
        let gone = (process::FORGOTTEN, Some(answer::result_error(process::FORGOTTEN)), None);
        let (Some(trigger), Some(process)) = (process::completion(on.call), self.processes.get(on.process)) else {
            return gone;
        };
        let facet = match trigger {
            ProcessTrigger::ModifyDone => {
                let operation = document.and_then(|node| present(node.root(), "Operation")?.as_str());
                if operation == Some("CloseHandle") { ProcessFacet::CloseStream } else { ProcessFacet::Resize }
            }
            _ => ProcessFacet::Plain,
        };
        let row = self.process_row(trigger, facet, process.kind, process.state);
        if let Answer::Fails(code) = row.answer {
            return (code, Some(answer::result_error(code)), Some(row));
        }
        let os = process.os;
        self.settle_process(row, on.process, None, effects);
        let mut told = None;
        match row.after {
            ProcessAfter::Status => told = self.status(on.process),
            ProcessAfter::Deliver => {
                if let Some(signal) = document.and_then(|options| signal_of(options.root(), os)) {
                    self.deliver(on.process, signal, effects);
                }
            }
            ProcessAfter::Change => {
                if let Some(document) = document {
                    self.change_process(on.process, document.root(), effects);
                }
            }
            _ => {}
        }
        (Hresult::S_OK, told, Some(row))
    }

    /// A change reaches a process: its console is resized, or a stream is closed.
    fn change_process(&mut self, key: Key, request: Node<'_>, effects: &mut Vec<Effect>) {
        if let Some(close) = present(request, "CloseHandle")
            && present(request, "Operation").and_then(Node::as_str) == Some("CloseHandle")
        {
            let closed: &[usize] = match present(close, "Handle").and_then(Node::as_str) {
                Some("StdIn") => &[0],
                Some("StdOut") => &[1],
                Some("StdErr") => &[2],
                _ => &[0, 1, 2],
            };
            for stream in closed {
                self.close_standard_from_outside(key, *stream, effects);
            }
            return;
        }
        let side = |name| {
            let size = present(request, "ConsoleSize")?;
            u16::try_from(present(size, name)?.as_u64()?).ok()
        };
        let Some(process) = self.processes.get_mut(key) else { return };
        let (width, height) = process.console.unwrap_or_default();
        process.console = Some((side("Width").unwrap_or(width), side("Height").unwrap_or(height)));
        self.console_has_changed(key, effects);
    }
}
