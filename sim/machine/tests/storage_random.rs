//! Layers and disks at random, with what the world does to files in between: nothing panics, what fails as a whole changes
//! nothing, a fork goes on as the original does, and when everything is taken away everything is as at the beginning.

mod common;

use std::sync::{Arc, LazyLock};

use common::disk::{SECOND, VHDX, child_of, code, sized};
use common::{ONE, TWO, World};
use hcs_machine::effect::Reply;
use hcs_machine::files::{Data, Meta, Staged, digest};
use hcs_machine::handle::Handle;
use hcs_machine::input::disk::Merge;
use hcs_machine::input::{
    DiskRequest, End, FileEvent, LayerEvent, LayerRequest, Request, Text, VolumeEvent, WorldEvent,
};
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_machine::{Fate, canonical};
use hcs_rules::build::Build;
use hcs_rules::disk::{ON_DISKS, attach, open};
use hcs_rules::file::attribute;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use proptest::prelude::*;

/// How many layers there are, and how many writable ones.
const PLACES: u8 = 3;

/// What is done, to things by their numbers. A handle, and a volume, is one of those that were given so far.
#[derive(Clone, Copy, Debug)]
enum Act {
    Import(u8, u8),
    Export(u8, bool),
    ExportVolume(u8, u8),
    Destroy(u8),
    DestroyScratch(u8),
    SetUp(u8),
    ClearHives(u8),
    Create(u8),
    Child(u8, u8),
    Open(u8),
    Attach(u8, bool),
    Detach(u8),
    Close(u8),
    Format(u8),
    MountPath(u8),
    Resize(u8, u8),
    Merge(u8),
    Initialize(u8, u8),
    AttachFilter(u8, u8),
    DetachFilter(u8),
    AttachOverlay(u8, u8),
    DetachOverlay(u8),
    SetUpVolume(u8, u8),
    /// The world: files come and go on a volume, and calls meet trouble.
    Write(u8, u8),
    Remove(u8, u8),
    Torn(u8),
    Collision(bool),
    Busy(u8, u8),
    FullAfter(u8),
    NotReady,
    InUse(u8),
    Lock(u8, bool),
    /// The next call is refused.
    Refused,
}

fn act() -> impl Strategy<Value = Act> {
    use Act::*;
    let place = || 0..PLACES;
    let some = || 0_u8..8;
    let layers = prop_oneof![
        6 => (place(), 0_u8..8).prop_map(|(layer, parents)| Import(layer, parents)),
        1 => (place(), any::<bool>()).prop_map(|(layer, writable)| Export(layer, writable)),
        1 => (some(), some()).prop_map(|(volume, parents)| ExportVolume(volume, parents)),
        1 => place().prop_map(Destroy),
        1 => place().prop_map(DestroyScratch),
        2 => place().prop_map(SetUp),
        1 => place().prop_map(ClearHives),
        4 => (some(), some()).prop_map(|(volume, parents)| Initialize(volume, parents)),
        4 => (some(), some()).prop_map(|(volume, parents)| AttachFilter(volume, parents)),
        2 => some().prop_map(DetachFilter),
        1 => (some(), some()).prop_map(|(volume, parents)| AttachOverlay(volume, parents)),
        1 => some().prop_map(DetachOverlay),
        1 => (place(), some()).prop_map(|(layer, volume)| SetUpVolume(layer, volume)),
    ];
    let disks = prop_oneof![
        3 => place().prop_map(Create),
        3 => (place(), place()).prop_map(|(child, parent)| Child(child, parent)),
        3 => place().prop_map(Open),
        5 => (some(), any::<bool>()).prop_map(|(disk, stays)| Attach(disk, stays)),
        2 => some().prop_map(Detach),
        2 => some().prop_map(Close),
        3 => some().prop_map(Format),
        5 => some().prop_map(MountPath),
        1 => (some(), 0_u8..4).prop_map(|(disk, size)| Resize(disk, size)),
        1 => some().prop_map(Merge),
    ];
    let world = prop_oneof![
        (some(), some()).prop_map(|(volume, file)| Write(volume, file)),
        (some(), some()).prop_map(|(volume, file)| Remove(volume, file)),
        (0_u8..4).prop_map(Torn),
        any::<bool>().prop_map(Collision),
        (some(), 0_u8..3).prop_map(|(volume, times)| Busy(volume, times)),
        (0_u8..12).prop_map(FullAfter),
        Just(NotReady),
        place().prop_map(InUse),
        (place(), any::<bool>()).prop_map(|(place, locked)| Lock(place, locked)),
        Just(Refused),
    ];
    prop_oneof![5 => layers, 6 => disks, 2 => world]
}

/// A base layer in transport form.
static LAYER: LazyLock<Arc<[Staged]>> = LazyLock::new(|| {
    let mut layer = Transport::default();
    let meta = |attributes| Meta { attributes, ..Meta::default() };
    let folders = [
        "Files",
        r"Files\Windows",
        r"Files\Windows\System32",
        r"Files\Windows\System32\config",
        "UtilityVM",
        r"UtilityVM\Files",
        r"UtilityVM\Files\EFI",
        r"UtilityVM\Files\EFI\Microsoft",
        r"UtilityVM\Files\EFI\Microsoft\Boot",
    ];
    for folder in folders {
        let blob = Blob { meta: meta(attribute::FOLDER), ..Blob::default() };
        layer.items.insert(LayerPath::new(folder), Item::Blob(blob));
    }
    let hives = ["DEFAULT", "SAM", "SECURITY", "SOFTWARE", "SYSTEM"];
    let mut files = hives.map(|hive| format!(r"Files\Windows\System32\config\{hive}")).to_vec();
    files.extend([r"UtilityVM\Files\EFI\Microsoft\Boot\BCD".to_owned(), r"Files\1".to_owned()]);
    for file in files {
        let blob = Blob { data: Data::from(&b"bytes"[..]), meta: meta(attribute::ARCHIVE) };
        layer.items.insert(LayerPath::new(&file), Item::Blob(blob));
    }
    layer.tombstones.push("2".to_owned());
    layer.complete();
    layer.staged().expect("files can hold it").into()
});

fn layer(place: u8) -> String {
    format!(r"C:\l\{place}")
}

fn scratch(place: u8) -> String {
    format!(r"C:\s\{place}")
}

fn disk(place: u8) -> String {
    format!(r"C:\s\{place}\sandbox.vhdx")
}

/// Layer data: the layers whose bits are set.
fn data(parents: u8) -> Text {
    let id = "bd9c3ef9-f239-59b5-a27e-15c523b1d149";
    let parents = (0..PLACES).filter(|place| parents & 1 << place != 0);
    let parents: Vec<String> = parents.map(|place| format!(r#"{{"Id":"{id}","Path":"C:\\l\\{place}"}}"#)).collect();
    Text::from(&*format!(r#"{{"Layers":[{}]}}"#, parents.join(",")))
}

/// A world with what was given in it.
#[derive(Clone)]
struct Player {
    world: World,
    disks: Vec<Handle>,
    volumes: Vec<Arc<str>>,
    refused: bool,
}

impl Player {
    fn new(build: Build) -> Player {
        let mut world = World::on(build);
        for folder in [r"C:\l", r"C:\out", r"C:\s\0", r"C:\s\1", r"C:\s\2"] {
            world.files(FileEvent::Folder(folder.into()));
        }
        world.files(FileEvent::Stage(r"C:\staged".into(), LAYER.clone()));
        Player { world, disks: Vec::new(), volumes: Vec::new(), refused: false }
    }

    fn volume(&self, number: u8) -> Text {
        match self.volumes.len() {
            0 => Text::from(r"C:\s\0"),
            count => Text::Some(self.volumes[usize::from(number) % count].clone()),
        }
    }

    fn handle(&self, number: u8) -> Handle {
        match self.disks.len() {
            0 => Handle::NULL,
            count => self.disks[usize::from(number) % count],
        }
    }

    /// Everything that is on the host's volumes.
    fn files(&self) -> Vec<u128> {
        let files = self.world.host.files();
        files.volumes().map(|volume| digest(&files.entries(&volume.path()).unwrap_or_default())).collect()
    }

    /// Makes a call, and looks whether one that failed as a whole has changed anything.
    fn call(&mut self, request: Request) -> Reply {
        let call = request.call().expect("it is modelled");
        let refused = std::mem::take(&mut self.refused);
        let end = if refused { End::Refused(Hresult::ERROR_NOT_READY) } else { End::Natural };
        let before = self.files();
        let reply = self.world.call_of(ONE, request, Fate { end, ..Fate::PROMPT });
        let code = code(reply.clone());
        let is_whole = refused
            || ON_DISKS.contains(call)
            || matches!(
                call,
                Call::AttachLayerStorageFilter
                    | Call::DetachLayerStorageFilter
                    | Call::AttachOverlayFilter
                    | Call::DetachOverlayFilter
                    | Call::FormatWritableLayerVhd
                    | Call::GetLayerVhdMountPath
            )
            || matches!(
                code,
                Hresult::HCS_E_INVALID_JSON
                    | Hresult::ERROR_FILE_EXISTS
                    | Hresult::ERROR_ALREADY_EXISTS
                    | Hresult::E_ACCESSDENIED
                    | Hresult::E_INVALIDARG
                    | Hresult::ERROR_DIRECTORY
            );
        if !code.is_ok() && is_whole {
            assert_eq!(self.files(), before, "{call:?} failed with {code} and has changed something");
        }
        reply
    }

    fn layer(&mut self, request: LayerRequest) -> Reply {
        self.call(Request::Layer(Box::new(request)))
    }

    fn disk(&mut self, request: DiskRequest) {
        if let Reply::Handle(Hresult::S_OK, handle) = self.call(Request::Disk(Box::new(request))) {
            self.disks.push(handle);
        }
    }

    fn create(&mut self, place: u8, parameters: hcs_machine::input::disk::CreateDisk) {
        let (storage, parameters) = (Some(VHDX), Some(parameters));
        let path = Text::from(&*disk(place));
        self.disk(DiskRequest::CreateVirtualDisk { storage, path, access: 0, flags: 0, parameters, out: true });
    }

    fn act(&mut self, act: Act) {
        let text = |path: String| Text::from(&*path);
        match act {
            Act::Import(place, parents) => {
                let (layer, source) = (text(layer(place)), Text::from(r"C:\staged"));
                self.layer(LayerRequest::ImportLayer { layer, source, data: data(parents & !(1 << place)) });
            }
            Act::Export(place, writable) => {
                let (layer, folder) = (text(layer(place)), Text::from(r"C:\out"));
                let options = text(format!(r#"{{"IsWritableLayer":{writable}}}"#));
                self.layer(LayerRequest::ExportLayer { layer, folder, data: data(0), options });
            }
            Act::ExportVolume(volume, parents) => {
                let (layer, folder) = (self.volume(volume), Text::from(r"C:\out"));
                let options = Text::from(r#"{"IsWritableLayer":true}"#);
                self.layer(LayerRequest::ExportLayer { layer, folder, data: data(parents), options });
            }
            Act::Destroy(place) => {
                self.layer(LayerRequest::DestroyLayer { layer: text(layer(place)) });
            }
            Act::DestroyScratch(place) => {
                self.layer(LayerRequest::DestroyLayer { layer: text(scratch(place)) });
                self.world.files(FileEvent::Folder(scratch(place).as_str().into()));
            }
            Act::SetUp(place) => {
                let (layer, options) = (text(layer(place)), Text::from(r#"{"Type":"Container"}"#));
                self.layer(LayerRequest::SetupBaseOSLayer { layer, disk: Handle::NULL, options });
            }
            Act::SetUpVolume(place, volume) => {
                let (layer, volume) = (text(layer(place)), self.volume(volume));
                let options = Text::from(r#"{"Type":"Container"}"#);
                self.layer(LayerRequest::SetupBaseOSVolume { layer, volume, options });
            }
            Act::ClearHives(place) => {
                self.world.files(FileEvent::Remove(format!(r"{}\Hives", layer(place)).as_str().into()));
            }
            Act::Create(place) => self.create(place, sized(1 << 30)),
            Act::Child(place, parent) => self.create(place, child_of(&disk(parent))),
            Act::Open(place) => {
                let (storage, path) = (Some(VHDX), text(disk(place)));
                let parameters = SECOND;
                self.disk(DiskRequest::OpenVirtualDisk { storage, path, access: 0, flags: 0, parameters, out: true });
            }
            Act::Attach(handle, stays) => {
                let (disk, flags) = (self.handle(handle), if stays { attach::PERMANENT_LIFETIME } else { 0 });
                self.disk(DiskRequest::AttachVirtualDisk { disk, flags });
            }
            Act::Detach(handle) => self.disk(DiskRequest::DetachVirtualDisk { disk: self.handle(handle), flags: 0 }),
            Act::Close(handle) => {
                let disk = self.handle(handle);
                self.disk(DiskRequest::CloseHandle { disk });
                self.disks.retain(|other| *other != disk);
            }
            Act::Format(handle) => {
                self.layer(LayerRequest::FormatWritableLayerVhd { disk: self.handle(handle) });
            }
            Act::MountPath(handle) => {
                let disk = self.handle(handle);
                let reply = self.layer(LayerRequest::GetLayerVhdMountPath { disk, out: true });
                if let Reply::Outcome(Hresult::S_OK, Some(path)) = reply
                    && !path.is_empty()
                {
                    self.volumes.push(path);
                }
            }
            Act::Resize(handle, size) => {
                let (disk, size) = (self.handle(handle), (1 << 29) + (u64::from(size) << 29));
                self.disk(DiskRequest::ResizeVirtualDisk { disk, flags: 0, parameters: Some(size) });
            }
            Act::Merge(handle) => {
                let (disk, parameters) = (self.handle(handle), Some(Merge::Depth(1)));
                self.disk(DiskRequest::MergeVirtualDisk { disk, flags: 0, parameters });
            }
            Act::Initialize(volume, parents) => {
                let (volume, data) = (self.volume(volume), data(parents));
                self.layer(LayerRequest::InitializeWritableLayer { volume, data, options: Text::Null });
            }
            Act::AttachFilter(volume, parents) => {
                let (volume, data) = (self.volume(volume), data(parents));
                self.layer(LayerRequest::AttachLayerStorageFilter { volume, data });
            }
            Act::DetachFilter(volume) => {
                self.layer(LayerRequest::DetachLayerStorageFilter { volume: self.volume(volume) });
            }
            Act::AttachOverlay(volume, parents) => {
                let (volume, data) = (self.volume(volume), data(parents));
                self.layer(LayerRequest::AttachOverlayFilter { volume, data });
            }
            Act::DetachOverlay(volume) => {
                let (volume, data) = (self.volume(volume), data(0));
                self.layer(LayerRequest::DetachOverlayFilter { volume, data });
            }
            Act::Write(volume, file) => {
                if let Some(path) = self.file_on(volume, file) {
                    self.world.files(FileEvent::Put(path, b"written"[..].into()));
                }
            }
            Act::Remove(volume, file) => {
                if let Some(path) = self.file_on(volume, file) {
                    self.world.files(FileEvent::Remove(path));
                }
            }
            Act::Torn(files) => _ = self.world.world(WorldEvent::Layer(LayerEvent::TornImport(files.into()))),
            Act::Collision(there) => _ = self.world.world(WorldEvent::Layer(LayerEvent::Collision(there))),
            Act::Busy(volume, times) => {
                if let Text::Some(volume) = self.volume(volume) {
                    self.world.world(WorldEvent::Layer(LayerEvent::Busy(volume, times.into())));
                }
            }
            Act::FullAfter(writes) => self.of_volume(VolumeEvent::FullAfter(writes.into())),
            Act::NotReady => self.of_volume(VolumeEvent::NotReadyFor(1)),
            Act::InUse(place) => _ = self.world.files(FileEvent::InUseFor(disk(place).as_str().into(), 1)),
            Act::Lock(place, locked) => {
                let hive = format!(r"{}\Files\Windows\System32\config\SAM", layer(place));
                self.world.files(FileEvent::Lock(hive.as_str().into(), locked));
            }
            Act::Refused => self.refused = true,
        }
    }

    fn of_volume(&mut self, event: VolumeEvent) {
        self.world.files(FileEvent::Volume('C', event));
    }

    fn file_on(&self, volume: u8, file: u8) -> Option<Arc<str>> {
        match self.volume(volume) {
            Text::Some(root) if !self.volumes.is_empty() => Some(format!(r"{root}\{file}").into()),
            _ => None,
        }
    }

    /// The client dies, another one takes down what it has left attached, and the world takes all files away.
    fn take_everything_away(&mut self) {
        self.world.world(WorldEvent::ClientDeath(ONE));
        for place in (0..PLACES).chain(0..PLACES) {
            let opened = self.world.try_open_as(TWO, &disk(place), 0, open::NO_PARENTS, SECOND);
            if let Ok(disk) = opened {
                self.world.disk_call_of(TWO, DiskRequest::DetachVirtualDisk { disk, flags: 0 });
                self.world.disk_call_of(TWO, DiskRequest::CloseHandle { disk });
            }
            let hive = format!(r"{}\Files\Windows\System32\config\SAM", layer(place));
            self.world.files(FileEvent::Lock(hive.as_str().into(), false));
        }
        for folder in [r"C:\l", r"C:\out", r"C:\s", r"C:\staged"] {
            self.world.files(FileEvent::Remove(folder.into()));
        }
    }

    fn digest(&self) -> canonical::Digest {
        self.world.host.digest()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn layers_and_disks_in_any_order_with_any_trouble(
        acts in prop::collection::vec(act(), 1..60),
        fork_at in 0_usize..60,
        build in prop::sample::select(vec![Build::B17763, Build::B20348, Build::B26100]),
    ) {
        let room = |player: &Player| player.world.host.files().room('C');
        let beginning = World::on(build).host.files().room('C');
        let mut player = Player::new(build);
        let mut fork = None;
        for (at, act) in acts.iter().enumerate() {
            if at == fork_at {
                fork = Some(player.clone());
            }
            player.world.pass(1);
            player.act(*act);
        }
        if let Some(mut fork) = fork {
            for act in &acts[fork_at..] {
                fork.world.pass(1);
                fork.act(*act);
            }
            prop_assert_eq!(&fork.world.host, &player.world.host, "a fork goes on as the original does");
            prop_assert_eq!(fork.digest(), player.digest());
        }
        player.take_everything_away();
        let volumes: Vec<String> = player.world.host.files().volumes().map(|volume| volume.path()).collect();
        prop_assert_eq!(volumes.len(), 1, "every volume of a disk went with it");
        prop_assert_eq!(room(&player), beginning, "all room is there again");
    }
}
