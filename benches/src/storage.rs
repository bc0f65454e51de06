//! Workloads of storage: writable layers that come and go, an import, forks of hosts with many files.

use hcs_api::disk::{CreateDisk, StorageType};
use hcs_api::layer::{self, Layer, layer_data};
use hcs_api::{Hcs, Storage, Text, VirtualDisks};
use hcs_machine::files::{Data, Meta};
use hcs_machine::input::{FileEvent, LayerRequest, Request, Text as OwnedText, WorldEvent};
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_machine::{ClientId, Effect, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::disk::attach;
use hcs_rules::file::attribute;
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Simulator};

const BASE: &str = r"C:\layers\base";
const BLANK: &str = r"C:\layers\base\blank.vhdx";
const ID: &str = "bd9c3ef9-f239-59b5-a27e-15c523b1d149";
/// Where a transport folder waits to be imported.
const STAGED: &str = r"C:\staged";

/// A layer in transport form with so many small files, a hundred folders of them, and what every base has.
pub fn transport(files: usize) -> Transport {
    let mut layer = Transport::default();
    let mut put = |path: &str, item: Item| _ = layer.items.insert(LayerPath::new(path), item);
    let meta = |attributes| Meta { attributes, ..Meta::default() };
    let folder = || Item::Blob(Blob { meta: meta(attribute::FOLDER), ..Blob::default() });
    let file = |bytes: &[u8]| Item::Blob(Blob { data: Data::from(bytes), meta: meta(attribute::ARCHIVE) });
    for path in [
        "Files",
        r"Files\Windows",
        r"Files\Windows\System32",
        r"Files\Windows\System32\config",
        "UtilityVM",
        r"UtilityVM\Files",
        r"UtilityVM\Files\EFI",
        r"UtilityVM\Files\EFI\Microsoft",
        r"UtilityVM\Files\EFI\Microsoft\Boot",
    ] {
        put(path, folder());
    }
    for hive in ["DEFAULT", "SAM", "SECURITY", "SOFTWARE", "SYSTEM"] {
        put(&format!(r"Files\Windows\System32\config\{hive}"), file(b"regf"));
    }
    put(r"UtilityVM\Files\EFI\Microsoft\Boot\BCD", file(b"boot"));
    for number in 0..files.min(100) {
        put(&format!(r"Files\folder-{number}"), folder());
    }
    for number in 0..files {
        put(&format!(r"Files\folder-{}\file-{number}.dll", number % 100), file(&[7; 16]));
    }
    layer.complete();
    layer
}

/// A world with a base layer of so many files that is ready, and so many files elsewhere.
pub fn layered(files: usize, elsewhere: usize) -> (Simulator, Client) {
    let simulator = Simulator::default();
    let client = simulator.client("layers");
    for number in 0..elsewhere {
        simulator.put_file(&format!(r"C:\other\layer-{}\file-{number}", number % 1_000), b"elsewhere");
    }
    simulator.put_transport(STAGED, &transport(files)).expect("it can be staged");
    layer::import(&client, BASE, STAGED, &[]).expect("it is whole");
    simulator.remove_file(&format!(r"{BASE}\Hives"));
    layer::set_up_base(&client, BASE, 20 << 30).expect("its hives are gone");
    simulator.put_folder(r"C:\scratch");
    (simulator, client)
}

/// A writable layer comes and goes: a child of the base's blank disk is created and attached, initialised, shows what its
/// parent has, and all of it is undone. Ten calls and the folder; answers whether all went well.
pub fn scratch(simulator: &Simulator, client: &Client) -> bool {
    let folder = r"C:\scratch\one";
    simulator.put_folder(folder);
    let child = CreateDisk::differencing(BLANK);
    let (made, disk) =
        client.create_virtual_disk(StorageType::VHDX, r"C:\scratch\one\sandbox.vhdx".into(), 0, 0, &child);
    let attached = client.attach_virtual_disk(disk, attach::PERMANENT_LIFETIME);
    let volume = client.get_layer_vhd_mount_path(disk).document.unwrap_or_default();
    let (volume, data) = (Text::Some(&volume), layer_data(&[Layer::new(ID, BASE)]));
    let data = Text::Some(&data);
    let codes = [
        made,
        attached,
        client.initialize_writable_layer(volume, data, Text::Null),
        client.attach_layer_storage_filter(volume, data),
        client.detach_layer_storage_filter(volume),
        client.detach_virtual_disk(disk, 0),
        client.close_disk(disk),
        client.destroy_layer(folder.into()),
    ];
    codes == [Hresult::S_OK; 8]
}

/// A host where a transport folder of so many files waits.
pub fn staged(files: usize) -> Host {
    let mut host = Host::new(Build::SERVER_2022);
    let staged = transport(files).staged().expect("files can hold it");
    let mut effects = Vec::new();
    host.step(Time::ZERO, &Input::Connect(Rights::Administrator), &mut effects);
    let event = FileEvent::Stage(STAGED.into(), staged.into());
    host.step(Time::ZERO, &Input::World(WorldEvent::Files(event)), &mut effects);
    host
}

/// Imports what waits. Answers whether that went well.
pub fn import(host: &mut Host) -> bool {
    let request = LayerRequest::ImportLayer {
        layer: OwnedText::from(BASE),
        source: OwnedText::from(STAGED),
        data: OwnedText::from(r#"{"Layers":[]}"#),
    };
    let call = Input::Call(ClientId(1), Request::Layer(Box::new(request)), Fate::PROMPT);
    let mut effects = Vec::new();
    host.step(Time::ZERO, &call, &mut effects);
    matches!(effects.last(), Some(Effect::Reply(hcs_machine::effect::Reply::Outcome(Hresult::S_OK, _))))
}

/// A host with so many files in it, a hundred folders of them.
pub fn populated_files(count: usize) -> Host {
    let mut host = Host::new(Build::SERVER_2022);
    for number in 0..count {
        put_file(&mut host, &format!(r"C:\layers\folder-{}\file-{number}.dll", number % 100));
    }
    host
}

/// A small file is put on a host: the first change after a fork pays for what the fork has put off.
pub fn put_file(host: &mut Host, path: &str) {
    let put = FileEvent::Put(path.into(), [7_u8; 16].as_slice().into());
    host.step(Time::ZERO, &Input::World(WorldEvent::Files(put)), &mut Vec::new());
}

/// A disk is granted to a machine and taken back. Answers whether both went well.
pub fn grant_and_revoke(client: &Client, path: &str) -> bool {
    let grant = client.grant_vm_access("vm".into(), path.into());
    [grant, client.revoke_vm_access("vm".into(), path.into())] == [Hresult::S_OK; 2]
}
