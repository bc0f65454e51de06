//! The transcript: a line for each thing that happened, in the order in which it happened.

use std::fmt::Write as _;

use hcs_machine::effect::{Effect, GuestReply, Reply, StreamReply};
use hcs_machine::guest::Given;
use hcs_machine::input::{End, FileEvent, GuestRequest, Request, StreamRequest, Text, VolumeEvent, WorldEvent};
use hcs_machine::{Input, Time};
use hcs_rules::hresult::Hresult;

/// The lines so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) lines: Vec<String>,
}

impl Transcript {
    /// Writes one step down.
    pub(crate) fn step(&mut self, now: Time, input: &Input, effects: &[Effect], names: &[String]) {
        let name = |client: u32| names.get((client as usize).wrapping_sub(1)).map_or("?", String::as_str);
        match input {
            Input::Connect(rights) => {
                let name = names.last().map_or("?", String::as_str);
                self.line(now, &format!("{name}: connects as {rights:?}"));
            }
            Input::World(event) => self.line(now, &world(event)),
            Input::Call(client, request, fate) => {
                let mut line = format!("{}: {}", name(client.0), call(request));
                match &fate.end {
                    End::Natural => {}
                    End::Hangs => line.push_str(" [fate: hangs]"),
                    End::Fails(code, _) => _ = write!(line, " [fate: fails with {code}]"),
                    End::Refused(code) => _ = write!(line, " [fate: refused with {code}]"),
                }
                answered(&mut line, effects);
                self.line(now, &line);
            }
            Input::Stream(client, request) => {
                let mut line = match request {
                    StreamRequest::Read { limit, .. } => format!("{}: reads at most {limit} bytes", name(client.0)),
                    StreamRequest::Write { bytes, .. } => format!("{}: writes {}", name(client.0), shown(bytes)),
                    StreamRequest::Close { .. } => format!("{}: closes a stream", name(client.0)),
                };
                answered(&mut line, effects);
                self.line(now, &line);
            }
            Input::Guest(_, request) => {
                let mut line = format!("a program: {}", program(request));
                answered(&mut line, effects);
                self.line(now, &line);
            }
            Input::GiveUp(_) => self.line(now, "a wait is given up"),
            Input::Tick => {}
        }
        for effect in effects {
            match effect {
                Effect::Wake(_, answer) => self.line(now, &format!("  wakes: {}", reply(answer))),
                Effect::Notify(notification) => {
                    let what = match notification.event {
                        Some(event) => format!("{event:?}"),
                        None => "operation completed".to_owned(),
                    };
                    let mut line = format!("  tells {}: {what}", name(notification.target.client.0));
                    if let Some(id) = &notification.system {
                        _ = write!(line, " of {id}");
                    }
                    if let Some(data) = &notification.data {
                        _ = write!(line, " {data}");
                    }
                    self.line(now, &line);
                }
                Effect::Finding(finding) => {
                    let told = crate::report::sentence(finding, |client| name(client).to_owned());
                    let kind = if finding.would_fault() { "would fault" } else { "not modelled" };
                    self.line(now, &format!("  {kind}: {told}"));
                }
                Effect::Launch(_, name, launch) => {
                    self.line(now, &format!("  begins {name} outside: {:?}", launch.words()));
                }
                Effect::Reply(_) => {}
            }
        }
    }

    fn line(&mut self, now: Time, text: &str) {
        self.lines.push(format!("{now:>9} {text}"));
    }
}

fn world(event: &WorldEvent) -> String {
    match event {
        WorldEvent::GuestCrash(id) => format!("the guest of {id} crashes"),
        WorldEvent::GuestPowerOff(id) => format!("the guest of {id} powers off"),
        WorldEvent::GuestReset(id) => format!("the guest of {id} restarts"),
        WorldEvent::GuestDisconnect(id) => format!("the guest connection of {id} is lost"),
        WorldEvent::RdpModeChange(id) => format!("the guest of {id} changes enhanced session mode"),
        WorldEvent::WorkerCrash(id) => format!("the worker process of {id} dies"),
        WorldEvent::ManagerStarts(id) => format!("the Hyper-V manager starts {id}"),
        WorldEvent::Quirk(quirk, true) => format!("the host has the quirk {}", quirk.name()),
        WorldEvent::Quirk(quirk, false) => format!("the host has no more the quirk {}", quirk.name()),
        WorldEvent::Hypervisor(true) => "the hypervisor is there".to_owned(),
        WorldEvent::Hypervisor(false) => "the hypervisor is gone".to_owned(),
        WorldEvent::Endpoints(None) => "the network has every endpoint".to_owned(),
        WorldEvent::Endpoints(Some(endpoints)) => format!("the network has {} endpoints", endpoints.len()),
        WorldEvent::SavedState(path, true) => format!("a saved state is at {path}"),
        WorldEvent::SavedState(path, false) => format!("no saved state is at {path}"),
        WorldEvent::Files(event) => on_files(event),
        WorldEvent::ProcessEnd(id, process, code) => format!("process {process} of {id} ends with {code}"),
        WorldEvent::Program(name, Some(_)) => format!("guests have the program {name}"),
        WorldEvent::Program(name, None) => format!("guests have no program {name} any more"),
        WorldEvent::ClientDeath(client) => format!("client {} dies", client.0),
        WorldEvent::ServiceStop => "the service stops".to_owned(),
        WorldEvent::ServiceReturn => "the service is back".to_owned(),
    }
}

fn on_files(event: &FileEvent) -> String {
    match event {
        FileEvent::Put(path, bytes) => format!("a file of {} bytes is put at {path}", bytes.len()),
        FileEvent::Folder(path) => format!("a folder is put at {path}"),
        FileEvent::Remove(path) => format!("{path} is gone"),
        FileEvent::Lock(path, true) => format!("{path} is in use"),
        FileEvent::Lock(path, false) => format!("{path} is in use no more"),
        FileEvent::ReadOnly(path, true) => format!("{path} can only be read"),
        FileEvent::ReadOnly(path, false) => format!("{path} can be written again"),
        FileEvent::Deny(path, true) => format!("{path} is denied to everybody"),
        FileEvent::Deny(path, false) => format!("{path} is denied no more"),
        FileEvent::Volume(letter, event) => match event {
            VolumeEvent::Appear => format!("volume {letter}: appears"),
            VolumeEvent::Vanish => format!("volume {letter}: is gone"),
            VolumeEvent::ReadOnly(true) => format!("volume {letter}: can only be read"),
            VolumeEvent::ReadOnly(false) => format!("volume {letter}: can be written again"),
            VolumeEvent::Ready(true) => format!("volume {letter}: is ready"),
            VolumeEvent::Ready(false) => format!("volume {letter}: is not ready"),
            VolumeEvent::Room(room) => format!("volume {letter}: has {room} bytes free"),
        },
    }
}

/// A call as it reads in C, without the handles of operations, which say nothing.
fn call(request: &Request) -> String {
    let name = request.call().map_or_else(|| "an unmodelled export".to_owned(), |call| call.export());
    let text = |text: &Text| match text {
        Text::Null => "NULL".to_owned(),
        Text::Malformed => "malformed UTF-16".to_owned(),
        Text::Some(text) if text.len() > 60 => format!("{} bytes", text.len()),
        Text::Some(text) => format!("{text:?}"),
    };
    let mut arguments: Vec<String> = Vec::new();
    match request {
        Request::CreateComputeSystemInNamespace { namespace, .. }
        | Request::OpenComputeSystemInNamespace { namespace, .. }
        | Request::EnumerateComputeSystemsInNamespace { namespace, .. } => arguments.push(text(namespace)),
        Request::WaitForOperationResult { timeout_ms, .. }
        | Request::WaitForOperationResultAndProcessInfo { timeout_ms, .. }
        | Request::WaitForComputeSystemExit { timeout_ms, .. }
        | Request::WaitForProcessExit { timeout_ms, .. } => arguments.push(match *timeout_ms {
            u32::MAX => "INFINITE".to_owned(),
            milliseconds => format!("{milliseconds} ms"),
        }),
        _ => {}
    }
    arguments.extend(request.id().map(text));
    arguments.extend(request.path().map(text));
    // What starts or ends a system comes without options nearly always.
    arguments.extend(request.document().filter(|document| **document != Text::Null || reads(request)).map(text));
    if let Request::OpenComputeSystem { access, .. } | Request::OpenComputeSystemInNamespace { access, .. } = request {
        arguments.push(format!("{access:#010X}"));
    }
    let arguments = arguments.join(", ");
    format!("{name}({arguments})")
}

/// What comes of a step, for the line that tells of it.
fn answered(line: &mut String, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Reply(answer) = effect {
            _ = write!(line, " -> {}", reply(answer));
        }
    }
}

/// Bytes as text, if there are few of them.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= 60 => format!("{text:?}"),
        _ => format!("{} bytes", bytes.len()),
    }
}

/// What a program outside does.
fn program(request: &GuestRequest) -> String {
    match request {
        GuestRequest::Write { to, bytes } => format!("writes {} to {to:?}", shown(bytes)),
        GuestRequest::WriteFile { path, bytes, .. } => format!("writes {} to {path}", shown(bytes)),
        other => format!("{other:?}"),
    }
}

/// Whether a call is a query, whose absence says something.
const fn reads(request: &Request) -> bool {
    matches!(
        request,
        Request::EnumerateComputeSystems { .. }
            | Request::EnumerateComputeSystemsInNamespace { .. }
            | Request::GetComputeSystemProperties { .. }
            | Request::GetServiceProperties { .. }
            | Request::ShutDownComputeSystem { .. }
    )
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Void => "nothing".to_owned(),
        Reply::Outcome(code, None) => code.to_string(),
        Reply::Outcome(code, Some(document)) => format!("{code} {document}"),
        Reply::Info(code, document, information) => {
            let document = document.as_ref().map(|document| format!(" {document}")).unwrap_or_default();
            match information {
                Some(information) => {
                    let streams = information.streams.iter().filter(|handle| handle.parts().is_some()).count();
                    format!("{code}{document} process {} with {streams} streams", information.id)
                }
                None => format!("{code}{document}"),
            }
        }
        Reply::Stream(StreamReply::Bytes(bytes)) if bytes.is_empty() => "the end".to_owned(),
        Reply::Stream(StreamReply::Bytes(bytes)) => shown(bytes),
        Reply::Stream(StreamReply::Written(count)) => format!("{count} bytes"),
        Reply::Stream(other) => format!("{other:?}"),
        Reply::Guest(GuestReply::Given(Given::Bytes(bytes))) => shown(bytes),
        Reply::Guest(GuestReply::File(Some(bytes))) => shown(bytes),
        Reply::Guest(reply) => format!("{reply:?}"),
        Reply::Handle(Hresult::S_OK, handle) => format!("handle {:#x}", handle.0),
        Reply::Handle(code, _) => code.to_string(),
        Reply::Number(number) => number.to_string(),
        Reply::Blocked(_) => "waits".to_owned(),
        Reply::Connected(client) => format!("client {}", client.0),
        Reply::Happened(happened) => if *happened { "done" } else { "nothing to do" }.to_owned(),
    }
}
