//! The digest: whatever differs in one step, in its moment, its input or its effects, differs in the digest.

use std::collections::BTreeSet;

use hcs_machine::canonical::{Digest, Scratch};
use hcs_machine::effect::{Finding, LegacyReply, Notification, ProcessInformation, Reply, Target, Told};
use hcs_machine::handle::Handle;
use hcs_machine::input::disk::{CreateDisk, Merge, OpenDisk, SetInformation, StorageType};
use hcs_machine::input::legacy::LegacyLayer;
use hcs_machine::input::{
    CreateOptions, DiskRequest, End, LayerEvent, LayerRequest, LegacyRequest, Request, Text, WorldEvent,
};
use hcs_machine::{ClientId, Effect, Fate, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::argument::ArgumentFault;
use hcs_rules::build::Build;
use hcs_rules::handle::HandleFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::Notice;
use hcs_rules::privilege::Privilege;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::{Call, EventType};
use uuid::Uuid;

const NOW: Time = Time(7);

fn after(now: Time, input: &Input, effects: &[Effect]) -> Digest {
    Digest::start(Build::B26100).chain(&mut Scratch::default(), now, input, effects)
}

/// Every step is another.
fn all_differ(digests: impl Iterator<Item = Digest>) {
    let digests: Vec<u128> = digests.map(|digest| digest.0).collect();
    assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), digests.len());
}

fn call(request: Request) -> Input {
    Input::Call(ClientId(1), request, Fate::after(5))
}

#[test]
fn every_part_of_an_input_counts() {
    let id = || "vm".into();
    let create = |id: &str, configuration: &str, operation, out| {
        call(Request::CreateComputeSystem { id: id.into(), configuration: configuration.into(), operation, out })
    };
    let inside = |namespace: &str, options| {
        let (id, configuration) = (Text::from("vm"), Text::from("{}"));
        let (namespace, operation) = (namespace.into(), Handle(1));
        call(Request::CreateComputeSystemInNamespace { namespace, id, configuration, operation, options, out: true })
    };
    let open = |access| call(Request::OpenComputeSystem { id: id(), access, out: true });
    let ended = |latency, guest, end| {
        Input::Call(ClientId(1), Request::CloseOperation { operation: Handle(1) }, Fate { latency, guest, end })
    };
    let world = [
        WorldEvent::GuestCrash("vm".into()),
        WorldEvent::GuestCrash("other".into()),
        WorldEvent::GuestPowerOff("vm".into()),
        WorldEvent::GuestReset("vm".into()),
        WorldEvent::GuestDisconnect("vm".into()),
        WorldEvent::RdpModeChange("vm".into()),
        WorldEvent::ManagerStarts("vm".into()),
        WorldEvent::WorkerCrash("vm".into()),
        WorldEvent::Quirk(Quirk::CoarseMemory, true),
        WorldEvent::Quirk(Quirk::CoarseMemory, false),
        WorldEvent::Quirk(Quirk::CrashEventsOverlap, true),
        WorldEvent::Hypervisor(true),
        WorldEvent::Hypervisor(false),
        WorldEvent::Endpoints(None),
        WorldEvent::Endpoints(Some(vec![])),
        WorldEvent::Endpoints(Some(vec!["a".into(), "b".into()])),
        WorldEvent::Endpoints(Some(vec!["ab".into()])),
        WorldEvent::SavedState("vm".into(), true),
        WorldEvent::SavedState("vm".into(), false),
        WorldEvent::ClientDeath(ClientId(1)),
        WorldEvent::ClientDeath(ClientId(2)),
        WorldEvent::ServiceStop,
        WorldEvent::ServiceReturn,
        WorldEvent::Layer(LayerEvent::TornImport(1)),
        WorldEvent::Layer(LayerEvent::TornImport(2)),
        WorldEvent::Layer(LayerEvent::Collision(true)),
        WorldEvent::Layer(LayerEvent::Collision(false)),
        WorldEvent::Layer(LayerEvent::Busy("D:\\".into(), 1)),
        WorldEvent::Layer(LayerEvent::Busy("D:\\".into(), 2)),
        WorldEvent::Layer(LayerEvent::ImageBuild("C:\\layer".into(), 1)),
        WorldEvent::Layer(LayerEvent::ImageBuild("C:\\layer".into(), 2)),
        WorldEvent::Layer(LayerEvent::Damage("C:\\layer".into())),
        WorldEvent::Privilege(ClientId(1), Privilege::Backup, true),
        WorldEvent::Privilege(ClientId(1), Privilege::Backup, false),
        WorldEvent::Privilege(ClientId(1), Privilege::Restore, false),
    ];
    let calls = [
        create("vm", "{}", Handle(1), true),
        create("v", "m{}", Handle(1), true),
        create("vm", "{}", Handle(2), true),
        create("vm", "{}", Handle(1), false),
        inside("vm", CreateOptions::None),
        inside("", CreateOptions::None),
        inside("vm", CreateOptions::UnknownVersion),
        inside("vm", CreateOptions::First { events: 0, callback: false }),
        inside("vm", CreateOptions::First { events: 1, callback: false }),
        inside("vm", CreateOptions::First { events: 0, callback: true }),
        open(1),
        open(2),
        call(Request::SubmitWerReport { settings: Text::Null }),
        call(Request::SubmitWerReport { settings: Text::Malformed }),
        call(Request::SubmitWerReport { settings: "".into() }),
        call(Request::ModifyServiceSettings { settings: "".into() }),
        Input::Call(ClientId(2), Request::SubmitWerReport { settings: "".into() }, Fate::after(5)),
        ended(5, 0, End::Natural),
        ended(6, 0, End::Natural),
        ended(5, 1, End::Natural),
        ended(5, 0, End::Hangs),
        ended(5, 0, End::Fails(Hresult::E_ACCESSDENIED, None)),
        ended(5, 0, End::Fails(Hresult::E_INVALIDARG, None)),
        ended(5, 0, End::Fails(Hresult::E_INVALIDARG, Some("{}".into()))),
        ended(5, 0, End::Refused(Hresult::E_INVALIDARG)),
        Input::Tick,
        Input::Connect(Rights::Administrator),
        Input::Connect(Rights::User),
    ];
    let inputs = world.map(Input::World).into_iter().chain(calls);
    all_differ(inputs.map(|input| after(NOW, &input, &[])).chain([after(Time(8), &Input::Tick, &[])]));
}

#[test]
fn every_part_of_a_call_on_layers_counts() {
    use LayerRequest::{
        AttachLayerStorageFilter, AttachOverlayFilter, DestroyLayer, DetachLayerStorageFilter, DetachOverlayFilter,
        ExportLayer, ExportLegacyWritableLayer, FormatWritableLayerVhd, GetLayerVhdMountPath, ImportLayer,
        InitializeLegacyWritableLayer, InitializeWritableLayer, SetupBaseOSLayer, SetupBaseOSVolume,
    };
    let (a, b, c, d) = (|| Text::from("a"), || Text::from("b"), || Text::from("c"), || Text::from("d"));
    let requests = [
        ImportLayer { layer: a(), source: b(), data: c() },
        ImportLayer { layer: "ab".into(), source: "".into(), data: c() },
        ImportLayer { layer: a(), source: b(), data: Text::Null },
        ExportLayer { layer: a(), folder: b(), data: c(), options: d() },
        ExportLayer { layer: a(), folder: b(), data: c(), options: Text::Malformed },
        ExportLegacyWritableLayer { mount: a(), layer: b(), folder: c(), data: d() },
        DestroyLayer { layer: a() },
        DestroyLayer { layer: b() },
        SetupBaseOSLayer { layer: a(), disk: Handle::NULL, options: b() },
        SetupBaseOSLayer { layer: a(), disk: Handle(6), options: b() },
        SetupBaseOSVolume { layer: a(), volume: b(), options: c() },
        InitializeWritableLayer { volume: a(), data: b(), options: Text::Null },
        InitializeWritableLayer { volume: a(), data: b(), options: "".into() },
        InitializeLegacyWritableLayer { mount: a(), layer: b(), data: c(), options: Text::Null },
        AttachLayerStorageFilter { volume: a(), data: b() },
        DetachLayerStorageFilter { volume: a() },
        FormatWritableLayerVhd { disk: Handle(6) },
        GetLayerVhdMountPath { disk: Handle(6), out: true },
        GetLayerVhdMountPath { disk: Handle(6), out: false },
        AttachOverlayFilter { volume: a(), data: b() },
        DetachOverlayFilter { volume: a(), data: b() },
    ];
    all_differ(requests.into_iter().map(|request| after(NOW, &call(Request::Layer(Box::new(request))), &[])));
}

#[test]
fn every_part_of_a_call_on_disks_counts() {
    use DiskRequest::{
        AttachVirtualDisk, CloseHandle, CreateFile, CreateVirtualDisk, DetachVirtualDisk, GetVirtualDiskInformation,
        GetVirtualDiskPhysicalPath, MergeVirtualDisk, OpenVirtualDisk, ResizeVirtualDisk, SetVirtualDiskInformation,
    };
    let storage = |device| Some(StorageType { device, vendor: Uuid::nil() });
    let plain = CreateDisk {
        version: 2,
        id: Uuid::nil(),
        size: 1,
        block: 2,
        sector: 3,
        physical_sector: 4,
        parent: Text::Null,
        source: Text::Null,
    };
    let created = |parameters| CreateVirtualDisk {
        storage: storage(3),
        path: "a".into(),
        access: 0,
        flags: 0,
        parameters,
        out: true,
    };
    let opened = |parameters| OpenVirtualDisk {
        storage: storage(3),
        path: "a".into(),
        access: 0,
        flags: 0,
        parameters,
        out: true,
    };
    let disk = Handle(6);
    let merged = |parameters| MergeVirtualDisk { disk, flags: 0, parameters };
    let set = |information| SetVirtualDiskInformation { disk, information };
    let requests = [
        created(None),
        created(Some(plain.clone())),
        created(Some(CreateDisk { version: 1, ..plain.clone() })),
        created(Some(CreateDisk { id: Uuid::max(), ..plain.clone() })),
        created(Some(CreateDisk { size: 9, ..plain.clone() })),
        created(Some(CreateDisk { block: 9, ..plain.clone() })),
        created(Some(CreateDisk { sector: 9, ..plain.clone() })),
        created(Some(CreateDisk { physical_sector: 9, ..plain.clone() })),
        created(Some(CreateDisk { parent: "p".into(), ..plain.clone() })),
        created(Some(CreateDisk { source: "p".into(), ..plain.clone() })),
        CreateVirtualDisk { storage: None, path: "a".into(), access: 0, flags: 0, parameters: None, out: true },
        CreateVirtualDisk { storage: storage(2), path: "a".into(), access: 0, flags: 0, parameters: None, out: true },
        CreateVirtualDisk { storage: storage(3), path: "a".into(), access: 1, flags: 0, parameters: None, out: true },
        CreateVirtualDisk { storage: storage(3), path: "a".into(), access: 0, flags: 1, parameters: None, out: true },
        CreateVirtualDisk { storage: storage(3), path: "a".into(), access: 0, flags: 0, parameters: None, out: false },
        opened(None),
        opened(Some(OpenDisk::First { depth: 0 })),
        opened(Some(OpenDisk::First { depth: 1 })),
        opened(Some(OpenDisk::Second { information_only: false, read_only: false })),
        opened(Some(OpenDisk::Second { information_only: true, read_only: false })),
        opened(Some(OpenDisk::Second { information_only: false, read_only: true })),
        opened(Some(OpenDisk::Other(3))),
        AttachVirtualDisk { disk, flags: 0 },
        AttachVirtualDisk { disk, flags: 4 },
        AttachVirtualDisk { disk: Handle(14), flags: 0 },
        DetachVirtualDisk { disk, flags: 0 },
        ResizeVirtualDisk { disk, flags: 0, parameters: None },
        ResizeVirtualDisk { disk, flags: 0, parameters: Some(0) },
        ResizeVirtualDisk { disk, flags: 1, parameters: Some(0) },
        merged(None),
        merged(Some(Merge::Depth(1))),
        merged(Some(Merge::Between(1, 2))),
        merged(Some(Merge::Between(2, 1))),
        merged(Some(Merge::Other(3))),
        GetVirtualDiskInformation { disk, class: None },
        GetVirtualDiskInformation { disk, class: Some(0) },
        GetVirtualDiskInformation { disk, class: Some(1) },
        set(None),
        set(Some(SetInformation::ParentPath("p".into()))),
        set(Some(SetInformation::Identifier(Uuid::nil()))),
        set(Some(SetInformation::ParentPathWithDepth(1, "p".into()))),
        set(Some(SetInformation::PhysicalSectorSize(512))),
        set(Some(SetInformation::VirtualDiskId(Uuid::nil()))),
        set(Some(SetInformation::Other(6))),
        GetVirtualDiskPhysicalPath { disk, out: true },
        GetVirtualDiskPhysicalPath { disk, out: false },
        CreateFile { path: "a".into(), access: 0 },
        CreateFile { path: "a".into(), access: 1 },
        CloseHandle { disk },
    ];
    all_differ(requests.into_iter().map(|request| after(NOW, &call(Request::Disk(Box::new(request))), &[])));
}

#[test]
fn every_part_of_a_call_of_the_older_interface_counts() {
    use LegacyRequest::*;
    let (system, process, registration) = (Handle(13), Handle(13), Handle(13));
    let text = || Text::from("a");
    let layer = LegacyLayer::of(Call::LegacyActivateLayer, text());
    let requests = [
        Layer(layer.clone()),
        Layer(LegacyLayer { call: Call::LegacyCopyLayer, ..layer.clone() }),
        Layer(LegacyLayer { home: None, ..layer.clone() }),
        Layer(LegacyLayer { home: Some(text()), ..layer.clone() }),
        Layer(LegacyLayer { id: "b".into(), ..layer.clone() }),
        Layer(LegacyLayer { other: text(), ..layer.clone() }),
        Layer(LegacyLayer { parents: None, ..layer.clone() }),
        Layer(LegacyLayer { parents: Some(vec![text()]), ..layer.clone() }),
        Layer(LegacyLayer { parents: Some(vec![text(), text()]), ..layer.clone() }),
        Layer(LegacyLayer { size: 1, ..layer }),
        Layer(LegacyLayer::of(Call::LegacyLayerExists, text())),
        Layer(LegacyLayer { out: false, ..LegacyLayer::of(Call::LegacyLayerExists, text()) }),
        EnumerateComputeSystems { query: text(), out: true },
        EnumerateComputeSystems { query: Text::Null, out: true },
        EnumerateComputeSystems { query: text(), out: false },
        CreateComputeSystem { id: text(), configuration: "b".into(), out: true },
        CreateComputeSystem { id: "b".into(), configuration: text(), out: true },
        CreateComputeSystem { id: text(), configuration: "b".into(), out: false },
        OpenComputeSystem { id: text(), out: true },
        OpenComputeSystem { id: text(), out: false },
        CloseComputeSystem { system },
        CloseComputeSystem { system: Handle(14) },
        StartComputeSystem { system, options: text() },
        ShutdownComputeSystem { system, options: text() },
        TerminateComputeSystem { system, options: text() },
        PauseComputeSystem { system, options: text() },
        ResumeComputeSystem { system, options: text() },
        SaveComputeSystem { system, options: text() },
        SaveComputeSystem { system, options: Text::Malformed },
        GetComputeSystemProperties { system, query: text(), out: true },
        GetComputeSystemProperties { system, query: text(), out: false },
        ModifyComputeSystem { system, configuration: text() },
        ModifyServiceSettings { settings: text() },
        GetServiceProperties { query: text(), out: true },
        RegisterComputeSystemCallback { system, callback: true, out: true },
        RegisterComputeSystemCallback { system, callback: false, out: true },
        RegisterComputeSystemCallback { system, callback: true, out: false },
        UnregisterComputeSystemCallback { registration },
        CreateProcess { system, parameters: text(), out: true },
        OpenProcess { system, id: 1, out: true },
        OpenProcess { system, id: 2, out: true },
        CloseProcess { process },
        TerminateProcess { process },
        SignalProcess { process, options: text() },
        GetProcessInfo { process, out: true },
        GetProcessProperties { process, out: true },
        ModifyProcess { process, settings: text() },
        RegisterProcessCallback { process, callback: true, out: true },
        UnregisterProcessCallback { registration },
        GrantVmAccess { id: text(), path: "b".into() },
        GrantVmAccess { id: "b".into(), path: text() },
        RevokeVmAccess { id: text(), path: "b".into() },
    ];
    all_differ(requests.into_iter().map(|request| after(NOW, &call(Request::Legacy(request.into())), &[])));
}

#[test]
fn every_part_of_an_effect_counts() {
    let target = Target { client: ClientId(1), handle: Handle(2), registration: 3 };
    let plain =
        Notification { target, event: None, data: None, operation: Handle(4), system: Some("vm".into()), legacy: None };
    let told = Some(Told { notice: Notice::SystemExited, status: Hresult::S_OK });
    let notifications = [
        plain.clone(),
        Notification { target: Target { client: ClientId(9), ..target }, ..plain.clone() },
        Notification { target: Target { handle: Handle(9), ..target }, ..plain.clone() },
        Notification { target: Target { registration: 9, ..target }, ..plain.clone() },
        Notification { event: Some(EventType::SystemExited), ..plain.clone() },
        Notification { event: Some(EventType::ServiceDisconnect), ..plain.clone() },
        Notification { data: Some("".into()), ..plain.clone() },
        Notification { data: Some("{}".into()), ..plain.clone() },
        Notification { operation: Handle(9), ..plain.clone() },
        Notification { system: None, ..plain.clone() },
        Notification { legacy: told, ..plain.clone() },
        Notification { legacy: told.map(|told| Told { status: Hresult::E_FAIL, ..told }), ..plain.clone() },
        Notification { legacy: told.map(|told| Told { notice: Notice::ProcessExited, ..told }), ..plain.clone() },
        Notification { system: Some("other".into()), ..plain },
    ];
    let information = Some(ProcessInformation { id: 1, streams: [Handle::NULL; 3] });
    let replies = [
        Reply::Void,
        Reply::Outcome(Hresult::S_OK, None),
        Reply::Outcome(Hresult::S_OK, Some("{}".into())),
        Reply::Outcome(Hresult::E_INVALIDARG, None),
        Reply::Handle(Hresult::S_OK, Handle(1)),
        Reply::Handle(Hresult::S_OK, Handle(2)),
        Reply::Handle(Hresult::E_INVALIDARG, Handle(1)),
        Reply::Number(1),
        Reply::Number(-1),
        Reply::Connected(ClientId(1)),
        Reply::Connected(ClientId(2)),
        Reply::Happened(true),
        Reply::Happened(false),
        Reply::legacy(LegacyReply::bare(Hresult::S_OK)),
        Reply::legacy(LegacyReply::bare(Hresult::E_FAIL)),
        Reply::legacy(LegacyReply { handle: Handle(1), ..LegacyReply::bare(Hresult::S_OK) }),
        Reply::legacy(LegacyReply { document: Some("".into()), ..LegacyReply::bare(Hresult::S_OK) }),
        Reply::legacy(LegacyReply { information, ..LegacyReply::bare(Hresult::S_OK) }),
        Reply::legacy(LegacyReply { value: 1, ..LegacyReply::bare(Hresult::S_OK) }),
        Reply::legacy(LegacyReply { value: 1 << 64, ..LegacyReply::bare(Hresult::S_OK) }),
    ];
    let (start, close) = (Call::StartComputeSystem, Call::CloseComputeSystem);
    let findings = [
        Finding::BadHandle(ClientId(1), start, Handle(1), HandleFault::Null),
        Finding::BadHandle(ClientId(2), start, Handle(1), HandleFault::Null),
        Finding::BadHandle(ClientId(1), close, Handle(1), HandleFault::Null),
        Finding::BadHandle(ClientId(1), start, Handle(2), HandleFault::Null),
        Finding::BadHandle(ClientId(1), start, Handle(1), HandleFault::Closed),
        Finding::BadArgument(ClientId(1), start, ArgumentFault::NullId),
        Finding::BadArgument(ClientId(1), start, ArgumentFault::NullOut),
        Finding::ClosedWhileWaiting(ClientId(1), close, Handle(1)),
        Finding::ClosedWhileWaiting(ClientId(1), close, Handle(2)),
        Finding::UnmodelledCall(ClientId(1), 1),
        Finding::UnmodelledCall(ClientId(1), 2),
        Finding::UnmodelledCase(ClientId(1), "a.row"),
        Finding::UnmodelledCase(ClientId(1), "another.row"),
        Finding::NotExported(ClientId(1), start),
        Finding::NotExported(ClientId(1), close),
    ];
    let effects = notifications.map(Effect::Notify).into_iter().chain(replies.map(Effect::Reply));
    let effects: Vec<Effect> = effects.chain(findings.map(Effect::Finding)).collect();
    let none = after(NOW, &Input::Tick, &[]);
    let twice = after(NOW, &Input::Tick, &[effects[0].clone(), effects[0].clone()]);
    let singles = effects.iter().map(|effect| after(NOW, &Input::Tick, std::slice::from_ref(effect)));
    all_differ(singles.chain([none, twice]));
}

#[test]
fn a_step_counts_where_it_stands() {
    let (one, other) = (Input::Tick, Input::World(WorldEvent::ServiceStop));
    let both = |first: &Input, second: &Input| after(NOW, first, &[]).chain(&mut Scratch::default(), NOW, second, &[]);
    assert_ne!(both(&one, &other), both(&other, &one));
    assert_eq!(both(&one, &other), both(&one, &other));
    assert_ne!(Digest::start(Build::B26100), Digest::start(Build::B20348));
    assert_eq!(Digest(0xAB).to_string(), "000000000000000000000000000000ab");
}
