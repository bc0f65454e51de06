//! Canonical bytes: one encoding of inputs and effects, the same on every platform, and the digest over them.
//!
//! Numbers are little-endian and of fixed width, strings carry their length, every variant has a number of its own.
//! Nothing here depends on how a type is laid out or printed.

mod legacy;
mod storage;

use std::sync::Arc;

use hcs_rules::build::Build;
use hcs_rules::guest::Signal;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::effect::{Effect, Finding, GuestReply, Notification, ProcessInformation, Reply, StreamReply};
use crate::files::{Data, Meta, Staged, What};
use crate::guest::{Await, Given, Taken};
use crate::handle::Handle;
use crate::input::{
    CreateOptions, End, Fate, FileEvent, GuestRequest, Input, LayerEvent, Registered, Request, StreamRequest, Text,
    VolumeEvent, WorldEvent,
};
use crate::table::Key;
use crate::time::Time;

/// A digest of everything that went in and came out, in order. Not cryptographic: it tells runs apart, not forgeries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub u128);

impl std::fmt::Display for Digest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl Digest {
    /// The digest before anything happened.
    pub fn start(build: Build) -> Digest {
        Digest(xxh3_128(&build.number().to_le_bytes()))
    }

    /// The digest after one more step.
    pub fn chain(self, Scratch(bytes): &mut Scratch, now: Time, input: &Input, effects: &[Effect]) -> Digest {
        bytes.clear();
        bytes.reserve(USUAL);
        bytes.extend_from_slice(&self.0.to_le_bytes());
        let mut writer = Canonical(bytes);
        writer.number(now.0);
        writer.input(input);
        writer.number(effects.len() as u64);
        for effect in effects {
            writer.effect(effect);
        }
        Digest(xxh3_128(bytes))
    }
}

/// A buffer to use again, whose content does not matter: a clone begins with an empty one.
#[derive(Debug, Default)]
pub struct Scratch(Vec<u8>);

impl Clone for Scratch {
    fn clone(&self) -> Scratch {
        Scratch::default()
    }
}

/// As many bytes as most steps have.
const USUAL: usize = 256;

struct Canonical<'a>(&'a mut Vec<u8>);

impl Canonical<'_> {
    fn tag(&mut self, tag: u8) -> &mut Self {
        self.0.push(tag);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn handle(&mut self, handle: Handle) -> &mut Self {
        self.number(handle.0)
    }

    fn string(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Bytes of a stream enter with their length and their hash.
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).number(xxh3_64(bytes))
    }

    /// Several numbers, appended at once.
    fn numbers<const COUNT: usize>(&mut self, numbers: [u64; COUNT]) -> &mut Self {
        self.0.extend_from_slice(numbers.map(u64::to_le_bytes).as_flattened());
        self
    }

    fn key(&mut self, key: Key) -> &mut Self {
        self.numbers([key.index.into(), key.generation.into()])
    }

    fn optional(&mut self, text: Option<&Arc<str>>) -> &mut Self {
        match text {
            None => self.tag(0),
            Some(text) => self.tag(1).string(text),
        }
    }

    fn text(&mut self, text: &Text) -> &mut Self {
        match text {
            Text::Null => self.tag(0),
            Text::Malformed => self.tag(1),
            Text::Some(text) => self.tag(2).string(text),
        }
    }

    fn input(&mut self, input: &Input) {
        match input {
            Input::Connect(rights) => {
                self.tag(0).tag(*rights as u8);
            }
            Input::Call(client, request, fate) => {
                self.tag(1).number(client.0.into());
                self.request(request);
                self.fate(fate);
            }
            Input::RemoveTree(client, path) => {
                self.tag(8).number(client.0.into()).string(path);
            }
            Input::World(event) => {
                self.tag(2).world_event(event);
            }
            Input::Stream(client, request) => {
                self.tag(5).number(client.0.into()).handle(request.stream());
                match request {
                    StreamRequest::Read { limit, .. } => self.tag(0).number((*limit).into()),
                    StreamRequest::Write { bytes, .. } => self.tag(1).bytes(bytes),
                    StreamRequest::Close { .. } => self.tag(2),
                };
            }
            Input::Guest(guest, request) => {
                self.tag(6).key(guest.0);
                self.guest(request);
            }
            Input::Tick => {
                self.tag(3);
            }
            Input::GiveUp(wait) => {
                self.tag(4).key(wait.0);
            }
        }
    }

    #[cold]
    fn world_event(&mut self, event: &WorldEvent) -> &mut Self {
        match event {
            WorldEvent::GuestCrash(id) => self.tag(0).string(id),
            WorldEvent::GuestPowerOff(id) => self.tag(1).string(id),
            WorldEvent::ClientDeath(client) => self.tag(2).number(client.0.into()),
            WorldEvent::ServiceStop => self.tag(3),
            WorldEvent::ServiceReturn => self.tag(4),
            WorldEvent::GuestReset(id) => self.tag(5).string(id),
            WorldEvent::GuestDisconnect(id) => self.tag(6).string(id),
            WorldEvent::RdpModeChange(id) => self.tag(7).string(id),
            WorldEvent::WorkerCrash(id) => self.tag(8).string(id),
            WorldEvent::Quirk(quirk, on) => self.tag(9).tag(*quirk as u8).tag((*on).into()),
            WorldEvent::Hypervisor(there) => self.tag(10).tag((*there).into()),
            WorldEvent::Endpoints(None) => self.tag(11),
            WorldEvent::Endpoints(Some(endpoints)) => {
                self.tag(12).number(endpoints.len() as u64);
                endpoints.iter().fold(self, |writer, endpoint| writer.string(endpoint))
            }
            WorldEvent::SavedState(path, there) => self.tag(13).string(path).tag((*there).into()),
            WorldEvent::Files(event) => self.tag(18).file_event(event),
            WorldEvent::ManagerStarts(id) => self.tag(19).string(id),
            WorldEvent::Layer(event) => match event {
                LayerEvent::TornImport(files) => self.tag(21).number((*files).into()),
                LayerEvent::Collision(there) => self.tag(22).tag((*there).into()),
                LayerEvent::Busy(volume, times) => self.tag(23).string(volume).number((*times).into()),
                LayerEvent::ImageBuild(folder, build) => self.tag(24).string(folder).number((*build).into()),
                LayerEvent::Damage(folder) => self.tag(25).string(folder),
            },
            WorldEvent::Privilege(client, privilege, enabled) => {
                self.tag(20).number(client.0.into()).tag(*privilege as u8).tag((*enabled).into())
            }
            WorldEvent::ProcessEnd(id, process, code) => {
                self.tag(14).string(id).number((*process).into()).number((*code).into())
            }
            WorldEvent::Program(name, None) => self.tag(15).string(name),
            WorldEvent::Program(name, Some(Registered::Outside)) => self.tag(16).string(name),
            WorldEvent::Program(name, Some(Registered::Script(script))) => {
                self.tag(17).string(name).string(script.text())
            }
        }
    }

    /// The call's number, its handles, then what is particular to it.
    fn request(&mut self, request: &Request) {
        match request.call() {
            Some(call) => self.tag(call as u8),
            None => self.tag(u8::MAX),
        };
        let operation = request.operation().unwrap_or(Handle::NULL);
        let on = request.system().or(request.process()).unwrap_or(Handle::NULL);
        self.numbers([operation.0, on.0]);
        match request {
            Request::CreateOperation { callback } | Request::SetOperationCallback { callback, .. } => {
                self.tag((*callback).into())
            }
            Request::CreateOperationWithNotifications { options, callback }
            | Request::SetComputeSystemCallback { options, callback, .. }
            | Request::SetProcessCallback { options, callback, .. } => {
                self.number((*options).into()).tag((*callback).into())
            }
            Request::GetOperationResultAndProcessInfo { out, .. } => self.tag((*out).into()),
            Request::WaitForOperationResultAndProcessInfo { timeout_ms, out, .. } => {
                self.number((*timeout_ms).into()).tag((*out).into())
            }
            Request::WaitForOperationResult { timeout_ms, .. }
            | Request::WaitForComputeSystemExit { timeout_ms, .. }
            | Request::WaitForProcessExit { timeout_ms, .. } => self.number((*timeout_ms).into()),
            Request::CreateProcess { parameters, out, .. } => self.text(parameters).tag((*out).into()),
            Request::OpenProcess { id, access, out, .. } => {
                self.number((*id).into()).number((*access).into()).tag((*out).into())
            }
            Request::AddResourceToOperation { kind, uri, .. } => self.number((*kind).into()).text(uri),
            Request::GetOperationProperties { options: text, .. }
            | Request::EnumerateComputeSystems { query: text, .. }
            | Request::StartComputeSystem { options: text, .. }
            | Request::TerminateComputeSystem { options: text, .. }
            | Request::GetComputeSystemProperties { query: text, .. }
            | Request::ShutDownComputeSystem { options: text, .. }
            | Request::CrashComputeSystem { options: text, .. }
            | Request::PauseComputeSystem { options: text, .. }
            | Request::ResumeComputeSystem { options: text, .. }
            | Request::SaveComputeSystem { options: text, .. }
            | Request::ModifyComputeSystem { configuration: text, .. }
            | Request::ModifyServiceSettings { settings: text }
            | Request::SubmitWerReport { settings: text }
            | Request::TerminateProcess { options: text, .. }
            | Request::SignalProcess { options: text, .. }
            | Request::GetProcessProperties { query: text, .. }
            | Request::ModifyProcess { settings: text, .. } => self.text(text),
            Request::GetServiceProperties { query, out } => self.text(query).tag((*out).into()),
            Request::CreateComputeSystemInNamespace { namespace, id, configuration, options, out, .. } => {
                self.text(namespace).text(id).text(configuration).tag((*out).into());
                match options {
                    CreateOptions::None => self.tag(0),
                    CreateOptions::UnknownVersion => self.tag(1),
                    CreateOptions::First { events, callback } => {
                        self.tag(2).number((*events).into()).tag((*callback).into())
                    }
                }
            }
            Request::OpenComputeSystemInNamespace { namespace, id, access, out } => {
                self.text(namespace).text(id).number((*access).into()).tag((*out).into())
            }
            Request::EnumerateComputeSystemsInNamespace { namespace, query, .. } => self.text(namespace).text(query),
            Request::CreateComputeSystem { id, configuration, out, .. } => {
                self.text(id).text(configuration).tag((*out).into())
            }
            Request::OpenComputeSystem { id, access, out } => self.text(id).number((*access).into()).tag((*out).into()),
            Request::CreateEmptyGuestStateFile { path }
            | Request::CreateEmptyRuntimeStateFile { path }
            | Request::GetProcessorCompatibilityFromSavedState { path }
            | Request::GrantVmGroupAccess { path }
            | Request::RevokeVmGroupAccess { path } => self.text(path),
            Request::GrantVmAccess { id, path } | Request::RevokeVmAccess { id, path } => self.text(id).text(path),
            Request::Layer(request) => self.layer_request(request),
            Request::Disk(request) => self.disk_request(request),
            Request::Legacy(request) => self.legacy_request(request),
            Request::Unmodelled { export } => self.number((*export).into()),
            Request::CloseOperation { .. }
            | Request::GetOperationContext { .. }
            | Request::SetOperationContext { .. }
            | Request::GetComputeSystemFromOperation { .. }
            | Request::GetProcessFromOperation { .. }
            | Request::GetOperationType { .. }
            | Request::GetOperationId { .. }
            | Request::GetOperationResult { .. }
            | Request::CancelOperation { .. }
            | Request::CloseProcess { .. }
            | Request::GetProcessInfo { .. }
            | Request::CloseComputeSystem { .. } => self,
        };
    }

    #[cold]
    fn file_event(&mut self, event: &FileEvent) -> &mut Self {
        match event {
            FileEvent::Put(path, bytes) => self.tag(0).string(path).bytes(bytes),
            FileEvent::Folder(path) => self.tag(1).string(path),
            FileEvent::Remove(path) => self.tag(2).string(path),
            FileEvent::Lock(path, locked) => self.tag(3).string(path).tag((*locked).into()),
            FileEvent::ReadOnly(path, read_only) => self.tag(4).string(path).tag((*read_only).into()),
            FileEvent::Deny(path, denied) => self.tag(5).string(path).tag((*denied).into()),
            FileEvent::InUseFor(path, times) => self.tag(14).string(path).number((*times).into()),
            FileEvent::Copy(from, to) => self.tag(7).string(from).string(to),
            FileEvent::Rename(from, to) => self.tag(8).string(from).string(to),
            FileEvent::Link(existing, new) => self.tag(9).string(existing).string(new),
            FileEvent::Attributes(path, attributes) => self.tag(10).string(path).number((*attributes).into()),
            FileEvent::Stream(path, name, None) => self.tag(11).string(path).string(name),
            FileEvent::Stream(path, name, Some(bytes)) => self.tag(12).string(path).string(name).bytes(bytes),
            FileEvent::Stage(path, tree) => {
                self.tag(13).string(path).number(tree.len() as u64);
                tree.iter().fold(self, |to, staged| to.staged(staged))
            }
            FileEvent::Volume(letter, event) => {
                self.tag(6).number(u32::from(*letter).into());
                match event {
                    VolumeEvent::Appear => self.tag(0),
                    VolumeEvent::Vanish => self.tag(1),
                    VolumeEvent::ReadOnly(read_only) => self.tag(2).tag((*read_only).into()),
                    VolumeEvent::Ready(ready) => self.tag(3).tag((*ready).into()),
                    VolumeEvent::Room(room) => self.tag(4).number(*room),
                    VolumeEvent::FullAfter(writes) => self.tag(6).number((*writes).into()),
                    VolumeEvent::NotReadyFor(times) => self.tag(7).number((*times).into()),
                    VolumeEvent::Format(kind) => self.tag(5).tag(*kind as u8),
                }
            }
        }
    }

    #[cold]
    fn staged(&mut self, staged: &Staged) -> &mut Self {
        self.string(&staged.path);
        match &staged.what {
            What::Folder(meta) => self.tag(0).meta(meta),
            What::File(data, meta) => self.tag(1).data(data).meta(meta),
            What::Link(file) => self.tag(2).string(file),
        }
    }

    /// Bytes of a file enter with their length and a hash that costs what is kept of them.
    fn data(&mut self, data: &Data) -> &mut Self {
        let digest = data.digest();
        self.number(data.len()).number(digest as u64).number((digest >> 64) as u64)
    }

    fn meta(&mut self, meta: &Meta) -> &mut Self {
        let times = meta.times;
        self.number(meta.attributes.into()).number(times.created).number(times.accessed);
        self.number(times.written).number(times.changed);
        match &meta.security {
            Some(security) => self.tag(1).bytes(security),
            None => self.tag(0),
        };
        self.number(meta.extended.len() as u64);
        for one in meta.extended.iter() {
            self.string(&one.name).tag(one.flags).bytes(&one.value);
        }
        match &meta.reparse {
            Some(reparse) => self.tag(1).number(reparse.tag.into()).bytes(&reparse.data),
            None => self.tag(0),
        };
        self.number(meta.streams.len() as u64);
        for (name, data) in &meta.streams {
            self.string(name).data(data);
        }
        self
    }

    #[inline(never)]
    fn guest(&mut self, request: &GuestRequest) {
        match request {
            GuestRequest::Read { limit } => self.tag(0).number((*limit).into()),
            GuestRequest::Write { to, bytes } => self.tag(1).tag(*to as u8).bytes(bytes),
            GuestRequest::Close { of } => self.tag(2).tag(*of as u8),
            GuestRequest::Wait(awaits) => {
                let Await { input, output, until, child } = awaits;
                self.tag(3).tag((*input).into()).tag(output.map_or(0, |output| output as u8 + 1));
                self.number(until.map_or(u64::MAX, |until| until.0)).number(child.map_or(0, |child| child.into()))
            }
            GuestRequest::HandleSignals { handles } => self.tag(4).tag((*handles).into()),
            GuestRequest::TakeSignal => self.tag(5),
            GuestRequest::Clock => self.tag(6),
            GuestRequest::Console => self.tag(7),
            GuestRequest::ReadFile { path } => self.tag(8).string(path),
            GuestRequest::WriteFile { path, bytes, append } => {
                self.tag(9).string(path).bytes(bytes).tag((*append).into())
            }
            GuestRequest::Spawn { command_line } => self.tag(10).string(command_line),
            GuestRequest::ExitOf { child } => self.tag(11).number((*child).into()),
            GuestRequest::End { code } => self.tag(12).number((*code).into()),
            GuestRequest::Crash { exception } => self.tag(13).number((*exception).into()),
        };
    }

    #[inline(never)]
    fn guest_reply(&mut self, reply: &GuestReply) -> &mut Self {
        match reply {
            GuestReply::Given(Given::Bytes(bytes)) => self.tag(0).bytes(bytes),
            GuestReply::Given(Given::Nothing) => self.tag(1),
            GuestReply::Given(Given::End) => self.tag(2),
            GuestReply::Taken(Taken::Bytes(count)) => self.tag(3).number(*count as u64),
            GuestReply::Taken(Taken::Broken) => self.tag(4),
            GuestReply::Again => self.tag(5),
            GuestReply::Signal(None) => self.tag(6),
            GuestReply::Signal(Some(Signal::Console(signal))) => self.tag(7).tag(*signal as u8),
            GuestReply::Signal(Some(Signal::Number(number))) => self.tag(8).tag(*number),
            GuestReply::Clock(now) => self.tag(9).number(now.0),
            GuestReply::Console(None) => self.tag(10),
            GuestReply::Console(Some((width, height))) => self.tag(11).number((*width).into()).number((*height).into()),
            GuestReply::File(None) => self.tag(12),
            GuestReply::File(Some(bytes)) => self.tag(13).bytes(bytes),
            GuestReply::Done(done) => self.tag(14).tag((*done).into()),
            GuestReply::Child(child) => self.tag(15).number(child.map_or(u64::MAX, u64::from)),
            GuestReply::Code(code) => self.tag(16).number(code.map_or(u64::MAX, u64::from)),
            GuestReply::Over => self.tag(17),
        }
    }

    #[inline(never)]
    fn stream_reply(&mut self, reply: &StreamReply) -> &mut Self {
        match reply {
            StreamReply::Bytes(bytes) => self.tag(0).bytes(bytes),
            StreamReply::Written(count) => self.tag(1).number((*count).into()),
            StreamReply::Broken => self.tag(2),
            StreamReply::Closed => self.tag(3),
            StreamReply::WrongWay => self.tag(4),
            StreamReply::Bad(fault) => self.tag(5).tag(*fault as u8),
            StreamReply::GivenUp => self.tag(6),
        }
    }

    fn fate(&mut self, fate: &Fate) {
        self.numbers([fate.latency, fate.guest]);
        match &fate.end {
            End::Natural => self.tag(0),
            End::Hangs => self.tag(1),
            End::Fails(code, document) => self.tag(2).number(code.0.into()).optional(document.as_ref()),
            End::Refused(code) => self.tag(3).number(code.0.into()),
        };
    }

    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Reply(reply) => {
                self.tag(0);
                self.reply(reply);
            }
            Effect::Wake(wait, reply) => {
                self.tag(1).key(wait.0);
                self.reply(reply);
            }
            Effect::Notify(notification) => {
                self.tag(2);
                self.notification(notification);
            }
            Effect::Finding(finding) => {
                self.tag(3);
                self.finding(finding);
            }
            // What it is started with follows from the call.
            Effect::Launch(guest, name, _) => {
                self.tag(4).key(guest.0).string(name);
            }
        }
    }

    fn reply(&mut self, reply: &Reply) {
        match reply {
            Reply::Void => self.tag(0),
            Reply::Outcome(code, document) => self.tag(1).number(code.0.into()).optional(document.as_ref()),
            Reply::Info(code, document, information) => {
                self.tag(7).number(code.0.into()).optional(document.as_ref()).information(information.as_deref())
            }
            Reply::Legacy(reply) => self.tag(11).legacy_reply(reply),
            Reply::Disk(code, information) => {
                self.tag(10).number(code.0.into()).disk_information(information.as_deref())
            }
            Reply::Stream(reply) => self.tag(8).stream_reply(reply),
            Reply::Guest(reply) => self.tag(9).guest_reply(reply),
            Reply::Handle(code, handle) => self.tag(2).numbers([code.0.into(), handle.0]),
            Reply::Number(number) => self.tag(3).number(*number as u64),
            Reply::Blocked(wait) => self.tag(4).key(wait.0),
            Reply::Connected(client) => self.tag(5).number(client.0.into()),
            Reply::Happened(happened) => self.tag(6).tag((*happened).into()),
            Reply::Files(None) => self.tag(11),
            Reply::Files(Some(fault)) => self.tag(12).tag(*fault as u8),
        };
    }

    #[inline(never)]
    fn information(&mut self, information: Option<&ProcessInformation>) -> &mut Self {
        match information {
            None => self.tag(0),
            Some(ProcessInformation { id, streams: [input, output, error] }) => {
                self.tag(1).number((*id).into()).handle(*input).handle(*output).handle(*error)
            }
        }
    }

    fn notification(&mut self, notification: &Notification) {
        let Notification { target, event, data, operation, system, legacy } = notification;
        self.number(target.client.0.into()).handle(target.handle).number(target.registration);
        match legacy {
            None => self.number(event.map_or(0, |event| event.value().into())),
            // Beyond every event of the newer interface.
            Some(told) => self.number(1 << 32 | u64::from(told.notice.value())).number(told.status.0.into()),
        };
        self.optional(data.as_ref()).handle(*operation);
        self.optional(system.as_ref());
    }

    #[cold]
    fn finding(&mut self, finding: &Finding) {
        match finding {
            Finding::BadHandle(client, call, handle, fault) => {
                self.tag(0).number(client.0.into()).tag(*call as u8).handle(*handle).tag(*fault as u8)
            }
            Finding::BadArgument(client, call, fault) => {
                self.tag(1).number(client.0.into()).tag(*call as u8).tag(*fault as u8)
            }
            Finding::ClosedWhileWaiting(client, call, handle) => {
                self.tag(2).number(client.0.into()).tag(*call as u8).handle(*handle)
            }
            Finding::UnmodelledCall(client, export) => self.tag(3).number(client.0.into()).number((*export).into()),
            Finding::UnmodelledCase(client, row) => self.tag(4).number(client.0.into()).string(row),
            Finding::UnmodelledProgram(process, what) => self.tag(6).number((*process).into()).string(what),
            Finding::Exception(client, call, code) => {
                self.tag(7).number(client.0.into()).tag(*call as u8).number(code.0.into())
            }
            Finding::NotExported(client, call) => self.tag(5).number(client.0.into()).tag(*call as u8),
        };
    }
}
