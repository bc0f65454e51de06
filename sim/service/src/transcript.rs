//! The transcript: a line for each thing that happened, in the order in which it happened.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use hcs_machine::effect::{Effect, GuestId, GuestReply, LegacyReply, ProcessInformation, Reply, StreamReply};
use hcs_machine::guest::{Await, Given, Output, Taken};
use hcs_machine::handle::Handle;
use hcs_machine::input::{
    DiskRequest, End, FileEvent, GuestRequest, LayerEvent, LegacyRequest, Request, StreamRequest, Text, VolumeEvent,
    WorldEvent,
};
use hcs_machine::{Host, Input, Time};
use hcs_rules::disk::DiskClass;
use hcs_rules::guest::Signal;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::layer::WITH_OTHER;
use hcs_rules::vocabulary::Call;

/// Where lines go as they come.
pub(crate) type Sink = Box<dyn Write + Send>;

/// The lines so far.
#[derive(Default)]
pub(crate) struct Transcript {
    pub(crate) lines: Vec<String>,
    /// Whether lines are kept.
    pub(crate) keeps: bool,
    /// Where they go besides. One that fails is given up: the world must not stop for it.
    pub(crate) sink: Option<Sink>,
    /// The processes whose programs run outside: image and id. They may be gone when their programs are heard of last.
    programs: BTreeMap<GuestId, (Arc<str>, u32)>,
}

impl Transcript {
    /// One that keeps its lines.
    pub(crate) fn kept() -> Transcript {
        Transcript { keeps: true, ..Transcript::default() }
    }

    /// Writes one step down.
    pub(crate) fn step(&mut self, now: Time, input: &Input, effects: &[Effect], names: &[String], host: &Host) {
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
                    StreamRequest::Read { limit, .. } => format!("reads at most {limit} bytes of"),
                    StreamRequest::Write { bytes, .. } => format!("writes {} to", shown(bytes)),
                    StreamRequest::Close { .. } => "closes".to_owned(),
                };
                line = format!("{}: {line} stream {:#x}", name(client.0), request.stream().0);
                answered(&mut line, effects);
                self.line(now, &line);
            }
            Input::Guest(guest, request) => {
                let mut line = format!("{}: {}", self.program(*guest), program(request));
                answered(&mut line, effects);
                self.line(now, &line);
            }
            Input::RemoveTree(client, path) => {
                let mut line = format!("{}: takes away {path:?}", name(client.0));
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
                    let what = match (notification.legacy, notification.event) {
                        (Some(told), _) => format!("{:?} with {}", told.notice, told.status),
                        (None, Some(event)) => format!("{event:?}"),
                        (None, None) => "operation completed".to_owned(),
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
                Effect::Launch(guest, name, launch) => {
                    if let Some(process) = host.program_of(*guest) {
                        self.programs.insert(*guest, process);
                    }
                    let process = self.program(*guest);
                    self.line(now, &format!("  begins {name} outside as {process}: {:?}", launch.words()));
                }
                Effect::Reply(_) => {}
            }
        }
    }

    /// A process whose program runs outside.
    fn program(&self, guest: GuestId) -> String {
        match self.programs.get(&guest) {
            Some((image, id)) => format!("process {id}, {image}"),
            None => "a process".to_owned(),
        }
    }

    fn line(&mut self, now: Time, text: &str) {
        let line = format!("{now:>9} {text}");
        if let Some(sink) = &mut self.sink
            && writeln!(sink, "{line}").and_then(|()| sink.flush()).is_err()
        {
            self.sink = None;
        }
        if self.keeps {
            self.lines.push(line);
        }
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
        WorldEvent::Layer(LayerEvent::TornImport(files)) => format!("the next import breaks off after {files} files"),
        WorldEvent::Layer(LayerEvent::Collision(true)) => "another product's filter is in the way".to_owned(),
        WorldEvent::Layer(LayerEvent::Collision(false)) => "another product's filter is gone".to_owned(),
        WorldEvent::Layer(LayerEvent::Busy(volume, times)) => format!("the filter of {volume} is kept {times} times"),
        WorldEvent::Layer(LayerEvent::ImageBuild(folder, build)) => {
            format!("the image in {folder} is of build {build}")
        }
        WorldEvent::Layer(LayerEvent::Damage(folder)) => format!("the layer in {folder} is damaged"),
        WorldEvent::Privilege(client, privilege, true) => format!("client {} enables {}", client.0, privilege.name()),
        WorldEvent::Privilege(client, privilege, false) => format!("client {} disables {}", client.0, privilege.name()),
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
        FileEvent::InUseFor(path, times) => format!("{path} is in use for the next {times} that open it"),
        FileEvent::Copy(from, to) => format!("{from} is copied to {to}"),
        FileEvent::Rename(from, to) => format!("{from} is {to} from now on"),
        FileEvent::Link(existing, new) => format!("{existing} is {new} too"),
        FileEvent::Attributes(path, attributes) => {
            format!("{path} has the attributes {}", hcs_rules::file::attribute::text(*attributes))
        }
        FileEvent::Stream(path, name, None) => format!("{path} has no stream {name}"),
        FileEvent::Stream(path, name, Some(bytes)) => format!("{path} has a stream {name} of {} bytes", bytes.len()),
        FileEvent::Stage(path, tree) => format!("{} files and folders are put at {path}", tree.len()),
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
            VolumeEvent::FullAfter(writes) => format!("volume {letter}: is full after {writes} writes, once"),
            VolumeEvent::NotReadyFor(times) => {
                format!("volume {letter}: is not ready for the next {times} that use it")
            }
            VolumeEvent::Format(kind) => format!("volume {letter}: is formatted as {}", kind.name()),
            VolumeEvent::Room(room) => format!("volume {letter}: has {room} bytes free"),
        },
    }
}

/// A call as it reads in C, without the handles of operations, which say nothing.
fn call(request: &Request) -> String {
    let name = match request {
        // The two interfaces share names.
        Request::Legacy(request) => format!("vmcompute!{}", request.call().export()),
        _ => request.call().map_or("an unmodelled export", Call::export).to_owned(),
    };
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
        Request::OpenProcess { id, .. } => arguments.push(id.to_string()),
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
    match request {
        Request::Layer(request) => arguments.extend(request.paths().into_iter().flatten().map(text)),
        Request::Disk(request) => arguments.extend(request.path().map(text)),
        Request::Legacy(request) => {
            arguments.extend(request.path().map(text));
            arguments.extend(request.process().map(|process| format!("{:#x}", process.0)));
            match &**request {
                LegacyRequest::OpenProcess { id, .. } => arguments.push(id.to_string()),
                LegacyRequest::Layer(layer) => {
                    arguments.extend(WITH_OTHER.contains(layer.call).then(|| text(&layer.other)));
                    let parents = layer.parents.as_deref().unwrap_or_default();
                    arguments.extend((!parents.is_empty()).then(|| format!("{} parents", parents.len())));
                    arguments.extend((layer.size > 0).then(|| format!("{} bytes", layer.size)));
                }
                _ => {}
            }
        }
        _ => {}
    }
    arguments.extend(request.disk().map(|disk| format!("{:#x}", disk.0)));
    // Of many processes in a system, which; systems are told by the ids in what follows.
    arguments.extend(request.process().map(|process| format!("{:#x}", process.0)));
    // What starts or ends a system comes without options nearly always.
    arguments.extend(request.document().filter(|document| **document != Text::Null || reads(request)).map(text));
    // What comes with a disk says which disk it will be.
    match request {
        Request::Layer(layer) if layer.data().is_some() => arguments.extend(layer.options().map(text)),
        Request::Disk(disk) => match &**disk {
            DiskRequest::CreateVirtualDisk { parameters: Some(parameters), .. } => match &parameters.parent {
                Text::Null => arguments.push(format!("{} bytes", parameters.size)),
                parent => arguments.push(text(parent)),
            },
            DiskRequest::AttachVirtualDisk { flags, .. } => arguments.push(format!("{flags:#x}")),
            DiskRequest::ResizeVirtualDisk { parameters: Some(size), .. } => {
                arguments.push(format!("{size} bytes"));
            }
            DiskRequest::GetVirtualDiskInformation { class: Some(class), .. } => {
                arguments.push(
                    DiskClass::of_value(*class).map_or_else(|| class.to_string(), |class| class.name().to_owned()),
                );
            }
            DiskRequest::SetVirtualDiskInformation { information: Some(information), .. } => {
                arguments.push(format!("{information:?}"));
            }
            DiskRequest::MergeVirtualDisk { parameters: Some(merge), .. } => {
                arguments.push(format!("{merge:?}"));
            }
            _ => {}
        },
        _ => {}
    }
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
    let stream = |of: &Output| match of {
        Output::Out => "standard output",
        Output::Err => "standard error",
    };
    match request {
        GuestRequest::Read { limit } => format!("reads at most {limit} bytes"),
        GuestRequest::Write { to, bytes } => format!("writes {} to {}", shown(bytes), stream(to)),
        GuestRequest::Close { of } => format!("closes {}", stream(of)),
        GuestRequest::Wait(awaits) => format!("waits for {}", awaited(awaits)),
        GuestRequest::HandleSignals { handles: true } => "handles signals".to_owned(),
        GuestRequest::HandleSignals { handles: false } => "handles no signals".to_owned(),
        GuestRequest::TakeSignal => "takes a signal".to_owned(),
        GuestRequest::Clock => "looks at the clock".to_owned(),
        GuestRequest::Console => "looks at the console".to_owned(),
        GuestRequest::ReadFile { path } => format!("reads {path}"),
        GuestRequest::WriteFile { path, bytes, .. } => format!("writes {} to {path}", shown(bytes)),
        GuestRequest::Spawn { command_line } => format!("starts {command_line:?}"),
        GuestRequest::ExitOf { child } => format!("asks for the exit code of process {child}"),
        GuestRequest::End { code } => format!("ends with {code}"),
        GuestRequest::Crash { exception } => format!("crashes with {exception:#x}"),
    }
}

/// What a program waits for, beside a signal.
fn awaited(awaits: &Await) -> String {
    let things = [
        awaits.input.then(|| "input".to_owned()),
        awaits.output.map(|_| "room for its output".to_owned()),
        awaits.child.map(|child| format!("the end of process {child}")),
        awaits.until.map(|until| format!("{until} on its clock")),
    ];
    let things: Vec<String> = things.into_iter().flatten().chain(["a signal".to_owned()]).collect();
    things.join(" or ")
}

/// What a program outside is answered.
fn program_reply(reply: &GuestReply) -> String {
    match reply {
        GuestReply::Given(Given::Bytes(bytes)) => shown(bytes),
        GuestReply::File(Some(bytes)) => shown(bytes),
        GuestReply::Given(Given::End) => "the end".to_owned(),
        GuestReply::Given(Given::Nothing) | GuestReply::Signal(None) => "nothing yet".to_owned(),
        GuestReply::Taken(Taken::Bytes(count)) => format!("{count} bytes"),
        GuestReply::Taken(Taken::Broken) => "nobody reads".to_owned(),
        GuestReply::Signal(Some(Signal::Console(signal))) => signal.name().to_owned(),
        GuestReply::Signal(Some(Signal::Number(number))) => format!("signal {number}"),
        GuestReply::Again => "goes on".to_owned(),
        GuestReply::Over => "it is over".to_owned(),
        GuestReply::Clock(now) => now.to_string(),
        GuestReply::Console(Some((width, height))) => format!("{width}x{height}"),
        GuestReply::Console(None) | GuestReply::File(None) | GuestReply::Child(None) => "none".to_owned(),
        GuestReply::Child(Some(child)) => format!("process {child}"),
        GuestReply::Code(Some(code)) => format!("exit code {code}"),
        GuestReply::Code(None) => "it runs".to_owned(),
        GuestReply::Done(done) => if *done { "done" } else { "refused" }.to_owned(),
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

fn none_or(streams: &[String]) -> String {
    if streams.is_empty() { "no stream".to_owned() } else { streams.join(", ") }
}

fn after_code(document: &Option<Arc<str>>) -> String {
    document.as_ref().map(|document| format!(" {document}")).unwrap_or_default()
}

fn informed(information: &ProcessInformation) -> String {
    let streams = information.streams.iter().filter(|handle| handle.parts().is_some());
    let streams: Vec<String> = streams.map(|handle| format!("stream {:#x}", handle.0)).collect();
    format!(" process {} with {}", information.id, none_or(&streams))
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Void => "nothing".to_owned(),
        Reply::Outcome(code, None) => code.to_string(),
        Reply::Outcome(code, Some(document)) => format!("{code} {document}"),
        Reply::Info(code, document, information) => {
            format!("{code}{}{}", after_code(document), information.as_deref().map(informed).unwrap_or_default())
        }
        Reply::Legacy(reply) => {
            let LegacyReply { code, document, handle, information, .. } = &**reply;
            let handle = if *handle == Handle::NULL { String::new() } else { format!(" handle {:#x}", handle.0) };
            let information = information.as_ref().map(informed).unwrap_or_default();
            format!("{code}{handle}{}{information}", after_code(document))
        }
        Reply::Disk(code, None) => code.to_string(),
        Reply::Disk(code, Some(information)) => format!("{code} {information:?}"),
        Reply::Stream(StreamReply::Bytes(bytes)) if bytes.is_empty() => "the end".to_owned(),
        Reply::Stream(StreamReply::Bytes(bytes)) => shown(bytes),
        Reply::Stream(StreamReply::Written(count)) => format!("{count} bytes"),
        Reply::Stream(StreamReply::Closed) => "nothing".to_owned(),
        Reply::Stream(StreamReply::Broken) => "nobody reads".to_owned(),
        Reply::Stream(StreamReply::WrongWay) => "it goes the other way".to_owned(),
        Reply::Stream(StreamReply::Bad(fault)) => format!("the handle is bad: {fault:?}"),
        Reply::Stream(StreamReply::GivenUp) => "given up".to_owned(),
        Reply::Guest(reply) => program_reply(reply),
        Reply::Handle(Hresult::S_OK, handle) => format!("handle {:#x}", handle.0),
        Reply::Handle(code, _) => code.to_string(),
        Reply::Number(number) => number.to_string(),
        Reply::Blocked(_) => "waits".to_owned(),
        Reply::Connected(client) => format!("client {}", client.0),
        Reply::Files(None) => "done".to_owned(),
        Reply::Files(Some(fault)) => fault.name().to_owned(),
        Reply::Happened(happened) => if *happened { "done" } else { "nothing to do" }.to_owned(),
    }
}
