//! What the tests of layers begin with: two layers in transport form, and a writable layer on them.

use hcs_api::disk::{CreateDisk, DiskHandle, OpenDisk, StorageType, VirtualDisks};
use hcs_api::{Storage, Text};
use hcs_machine::files::{Data, Entry, Meta, Reparse, Times};
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_rules::build::Build;
use hcs_rules::file::attribute;
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Simulator};

pub(crate) const BASE: &str = r"C:\layers\base";
pub(crate) const CHILD: &str = r"C:\layers\child";
pub(crate) const ID: &str = "bd9c3ef9-f239-59b5-a27e-15c523b1d149";
/// 2001-02-03.
const TIMES: Times = Times {
    created: 126_252_000_000_000_000,
    accessed: 126_252_000_000_000_001,
    written: 126_252_000_000_000_002,
    changed: 126_252_000_000_000_003,
};
/// `VIRTUAL_DISK_ACCESS_ALL` is not asked for: the second version of the parameters wants none.
const PERMANENT: u32 = 4;

/// A world, and an administrator.
pub(crate) fn world(build: Build) -> (Simulator, Client) {
    let sim = Simulator::builder().on(build).start();
    let client = sim.client("agent");
    (sim, client)
}

fn meta(attributes: u32) -> Meta {
    Meta { attributes, times: TIMES, security: Some((*b"\x01\0\x04\x80descriptor").into()), ..Meta::default() }
}

pub(crate) fn file(bytes: &[u8]) -> Item {
    Item::Blob(Blob { data: Data::from(bytes), meta: meta(attribute::ARCHIVE) })
}

fn folder() -> Item {
    Item::Blob(Blob { meta: meta(attribute::FOLDER), ..Blob::default() })
}

/// A file with a reparse point.
pub(crate) fn reparse(tag: u32) -> Item {
    let reparse = Some(Reparse { tag, data: (*b"target").into() });
    Item::Blob(Blob {
        meta: Meta { reparse, ..meta(attribute::ARCHIVE | attribute::REPARSE_POINT) },
        ..Blob::default()
    })
}

fn layer(items: &[(&str, Item)], gone: &[&str]) -> Transport {
    let items = items.iter().map(|(path, item)| (LayerPath::new(path), item.clone())).collect();
    let mut layer =
        Transport { items, tombstones: gone.iter().map(|path| (*path).to_owned()).collect(), ..Transport::default() };
    layer.complete();
    layer
}

/// A base layer.
pub(crate) fn base() -> Transport {
    let mut items = vec![("Files", folder()), ("UtilityVM", folder())];
    for path in [
        r"Files\Windows",
        r"Files\Windows\System32",
        r"Files\Windows\System32\config",
        r"UtilityVM\Files",
        r"UtilityVM\Files\EFI",
        r"UtilityVM\Files\EFI\Microsoft",
        r"UtilityVM\Files\EFI\Microsoft\Boot",
    ] {
        items.push((path, folder()));
    }
    for (path, bytes) in [
        (r"Files\Windows\System32\gone.dll", &b"gone"[..]),
        (r"Files\Windows\System32\kernel32.dll", b"kernel32"),
        (r"Files\Windows\System32\config\DEFAULT", b"regf1"),
        (r"Files\Windows\System32\config\SAM", b"regf2"),
        (r"Files\Windows\System32\config\SECURITY", b"regf3"),
        (r"Files\Windows\System32\config\SOFTWARE", b"regf4"),
        (r"Files\Windows\System32\config\SYSTEM", b"regf5"),
        (r"UtilityVM\Files\EFI\Microsoft\Boot\BCD", b"boot"),
    ] {
        items.push((path, file(bytes)));
    }
    items.push((
        r"Files\Windows\System32\second.dll",
        Item::Link(LayerPath::new(r"Files\Windows\System32\kernel32.dll")),
    ));
    layer(&items, &[])
}

/// A layer on it: adds files, and says that one of the base's is gone.
pub(crate) fn child() -> Transport {
    let items = [
        ("Files", folder()),
        (r"Files\app", folder()),
        (r"Files\app\app.exe", file(b"app")),
        (r"Files\app\folder", folder()),
        (r"Files\app\folder\Grüße.txt", file("Grüße".as_bytes())),
    ];
    layer(&items, &[r"Windows\System32\gone.dll"])
}

/// Layer data with these parents, the topmost first.
pub(crate) fn data(parents: &[&str]) -> String {
    let layers: Vec<String> =
        parents.iter().map(|path| format!(r#"{{"Id":"{ID}","Path":"{}"}}"#, path.replace('\\', r"\\"))).collect();
    format!(r#"{{"SchemaVersion":{{"Major":2,"Minor":1}},"Layers":[{}]}}"#, layers.join(","))
}

/// Puts a layer beside and imports it.
pub(crate) fn import(sim: &Simulator, client: &Client, to: &str, layer: &Transport, parents: &[&str]) {
    let staged = format!(r"C:\staged{}", &to[2..]);
    sim.put_transport(&staged, layer).expect("it can be staged");
    let code = client.import_layer(to.into(), staged.as_str().into(), data(parents).as_str().into());
    assert_eq!(code, Hresult::S_OK, "{to}");
}

/// A base layer, ready.
pub(crate) fn base_layer(sim: &Simulator, client: &Client) {
    import(sim, client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    let code = client.setup_base_os_layer(BASE.into(), DiskHandle::NULL, r#"{"Type":"Container"}"#.into());
    assert_eq!(code, Hresult::S_OK);
    let (disk, _) = formatted(client, &format!(r"{BASE}\blank-base.vhdx"));
    assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
    assert_eq!(client.close_disk(disk), Hresult::S_OK);
    let parent = format!(r"{BASE}\blank-base.vhdx");
    let (code, disk) = client.create_virtual_disk(
        StorageType::VHDX,
        format!(r"{BASE}\blank.vhdx").as_str().into(),
        0,
        0,
        &CreateDisk::differencing(&parent),
    );
    assert_eq!(code, Hresult::S_OK);
    assert_eq!(client.close_disk(disk), Hresult::S_OK);
}

/// A disk that is formatted for a writable layer and attached, and the root of its volume.
pub(crate) fn formatted(client: &Client, path: &str) -> (DiskHandle, String) {
    let (code, disk) = client.create_virtual_disk(StorageType::VHDX, path.into(), 0, 0, &CreateDisk::of_size(1 << 30));
    assert_eq!(code, Hresult::S_OK, "{path}");
    if client.format_writable_layer_vhd(disk) == Hresult::ERROR_INVALID_FUNCTION {
        // Windows Server 2019 wants the disk itself.
        assert_eq!(client.attach_virtual_disk(disk, PERMANENT), Hresult::S_OK);
        let physical = client.get_virtual_disk_physical_path(disk).document.expect("it is attached");
        let (code, device) = client.open_physical_disk((&*physical).into(), 0xC000_0000);
        assert_eq!(code, Hresult::S_OK);
        assert_eq!(client.format_writable_layer_vhd(device), Hresult::S_OK);
        assert_eq!(client.close_disk(device), Hresult::S_OK);
    } else {
        assert_eq!(client.attach_virtual_disk(disk, PERMANENT), Hresult::S_OK);
    }
    let path = client.get_layer_vhd_mount_path(disk);
    assert_eq!(path.code, Hresult::S_OK);
    (disk, path.document.expect("it has a volume").to_string())
}

/// A writable layer whose filter is attached.
pub(crate) struct Scratch {
    pub(crate) disk: DiskHandle,
    pub(crate) volume: String,
}

/// A writable layer in this folder, on these parents.
pub(crate) fn scratch(sim: &Simulator, client: &Client, folder: &str, parents: &[&str]) -> Scratch {
    sim.put_folder(folder);
    let path = format!(r"{folder}\sandbox.vhdx");
    assert!(sim.copy_file(&format!(r"{BASE}\blank.vhdx"), &path));
    let parameters = OpenDisk::Second { information_only: false, read_only: false };
    let (code, disk) = client.open_virtual_disk(StorageType::VHDX, path.as_str().into(), 0, 0, Some(parameters));
    assert_eq!(code, Hresult::S_OK);
    assert_eq!(client.attach_virtual_disk(disk, PERMANENT), Hresult::S_OK);
    let outcome = client.get_layer_vhd_mount_path(disk);
    assert_eq!(outcome.code, Hresult::S_OK);
    let volume = outcome.document.expect("it has a volume").to_string();
    let data = data(parents);
    let code = client.initialize_writable_layer(volume.as_str().into(), data.as_str().into(), Text::Null);
    assert_eq!(code, Hresult::S_OK);
    assert_eq!(client.attach_layer_storage_filter(volume.as_str().into(), data.as_str().into()), Hresult::S_OK);
    Scratch { disk, volume }
}

/// A writable layer on a child of a base.
pub(crate) fn mounted(sim: &Simulator, client: &Client) -> Scratch {
    base_layer(sim, client);
    import(sim, client, CHILD, &child(), &[BASE]);
    scratch(sim, client, r"C:\scratch\one", &[CHILD, BASE])
}

/// Everything below a place.
pub(crate) fn entries(sim: &Simulator, path: &str) -> Vec<Entry> {
    sim.entries(path)
}
