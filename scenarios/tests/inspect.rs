//! The program on virtual disks, state files, access lists, and the tree that a container sees.

mod common;

use common::{Folder, printed};
use hcs_machine::files::{Data, Meta, Times};
use hcs_rules::file::attribute::{ARCHIVE, FOLDER};
use hcs_sim::Simulator;
use hcs_sim::api::disk::{CreateDisk, StorageType};
use hcs_sim::api::{Hcs, VirtualDisks};
use hcs_sim::tar::{self, Blob, Item, LayerPath, Transport};

/// Writes what the simulated host has at a path into the test's folder.
fn keep(sim: &Simulator, path: &str, folder: &Folder, name: &str) {
    let bytes = sim.file(path).expect("it is there");
    std::fs::write(folder.0.join(name), bytes).expect("it can be written");
}

#[test]
fn a_virtual_disk_tells_what_it_is() {
    let (sim, folder) = (Simulator::default(), Folder::new("disk"));
    let client = sim.client("agent");
    sim.put_folder(r"C:\disks");
    let make = |path: &str, parameters: &CreateDisk<'_>| {
        let (code, disk) = client.create_virtual_disk(StorageType::VHDX, path.into(), 0, 0, parameters);
        assert!(code.is_ok(), "{code}");
        client.close_disk(disk);
    };
    make(r"C:\disks\base.vhdx", &CreateDisk::of_size(20 << 30));
    make(r"C:\disks\child.vhdx", &CreateDisk::differencing(r"C:\disks\base.vhdx"));
    keep(&sim, r"C:\disks\base.vhdx", &folder, "base.vhdx");
    keep(&sim, r"C:\disks\child.vhdx", &folder, "child.vhdx");
    let base = printed(&folder, &["disk", "base.vhdx"], 0);
    assert!(base.starts_with("VHDX, dynamic\n21474836480 bytes in blocks of 1048576\n"), "{base}");
    let child = printed(&folder, &["disk", "child.vhdx"], 0);
    assert!(child.contains("VHDX, differencing") && child.contains(r"parent, absolute: C:\disks\base.vhdx"), "{child}");
    let content = |text: &str, before: &str| {
        text.lines().find_map(|line| line.strip_prefix(before).map(str::to_owned)).expect("it is told")
    };
    assert_eq!(content(&base, "content "), content(&child, "made from content "));

    let mut bytes = std::fs::read(folder.0.join("base.vhdx")).expect("it is there");
    bytes[(64 << 10) + 20] ^= 1;
    bytes[(128 << 10) + 20] ^= 1;
    std::fs::write(folder.0.join("damaged.vhdx"), bytes).expect("it can be written");
    assert_eq!(printed(&folder, &["disk", "damaged.vhdx"], 1), "a damaged VHDX: BadHeaders\n");
    std::fs::write(folder.0.join("none.vhdx"), "no disk").expect("it can be written");
    assert_eq!(printed(&folder, &["disk", "none.vhdx"], 1), "no virtual disk\n");
    assert!(printed(&folder, &["disk", "nowhere.vhdx"], 2).contains("nowhere.vhdx: "));
}

#[test]
fn a_state_file_tells_what_is_in_it() {
    let (sim, folder) = (Simulator::default(), Folder::new("state"));
    let client = sim.client("agent");
    assert!(client.create_empty_guest_state_file(r"C:\Users\Public\a.vmgs".into()).is_ok());
    assert!(client.create_empty_runtime_state_file(r"C:\Users\Public\a.vmrs".into()).is_ok());
    keep(&sim, r"C:\Users\Public\a.vmgs", &folder, "a.vmgs");
    keep(&sim, r"C:\Users\Public\a.vmrs", &folder, "a.vmrs");
    assert_eq!(printed(&folder, &["files", "a.vmgs"], 0), "guest state 1 in header 0, no other, 0 files\n",);
    assert!(printed(&folder, &["files", "a.vmrs"], 0).starts_with("runtime state "));
    std::fs::write(folder.0.join("short.vmgs"), "GUEST").expect("it can be written");
    let short = printed(&folder, &["files", "short.vmgs"], 1);
    assert!(!short.starts_with("guest state") && short.len() > 5, "{short}");
}

#[test]
fn a_machine_is_told_as_access_lists_know_it() {
    let folder = Folder::new("acl");
    let told = printed(&folder, &["acl", "Sample"], 0);
    for part in [
        "GUID    a9237316-2768-567a-b8aa-443ecddefdfd\n",
        "SID     S-1-5-83-1-2837672726-1450846056-1044687544-4261273293\n",
        "HcsGrantVmAccess of a file: S_OK\n  S-1-5-83-1-2837672726-1450846056-1044687544-4261273293:(F)\n",
        "HcsGrantVmGroupAccess of a file: S_OK\n  NT VIRTUAL MACHINE\\Virtual Machines:(R)\n",
    ] {
        assert!(told.contains(part), "{told}");
    }
    // The first build that is simulated lacks the grants to the group.
    let told = printed(&folder, &["acl", "Sample", "--build", "17763"], 0);
    assert!(told.contains("HcsGrantVmGroupAccess of a file: ERROR_PROC_NOT_FOUND\n"), "{told}");
}

fn blob(attributes: u32, bytes: &[u8]) -> Item {
    let times = Times::all(132_444_736_000_000_000);
    Item::Blob(Blob { data: Data::from(bytes), meta: Meta { attributes, times, ..Meta::default() } })
}

fn write(folder: &Folder, name: &str, items: &[(&str, Item)], gone: &[&str]) {
    let mut layer = Transport::default();
    layer.items.extend(items.iter().map(|(path, item)| (LayerPath::new(path), item.clone())));
    layer.tombstones.extend(gone.iter().map(|path| (*path).into()));
    tar::write(&layer, std::fs::File::create(folder.0.join(name)).expect("it can be made")).expect("written");
}

#[test]
fn the_tree_is_what_a_container_sees() {
    let folder = Folder::new("tree");
    let config = r"Files\Windows\System32\config";
    let hives: Vec<String> =
        ["DEFAULT", "SAM", "SECURITY", "SOFTWARE", "SYSTEM"].iter().map(|hive| format!(r"{config}\{hive}")).collect();
    let mut base: Vec<(&str, Item)> = ["Files", r"Files\Windows", r"Files\Windows\System32", config]
        .iter()
        .map(|path| (*path, blob(FOLDER, b"")))
        .collect();
    base.extend(hives.iter().map(|path| (path.as_str(), blob(ARCHIVE, b"regf"))));
    base.push((r"Files\old.txt", blob(ARCHIVE, b"old")));
    base.push((r"Files\kept.txt", blob(ARCHIVE, b"kept")));
    write(&folder, "base.tar", &base, &[]);
    let child = [
        ("Files", blob(FOLDER, b"")),
        (r"Files\app", blob(FOLDER, b"")),
        (r"Files\app\app.exe", blob(ARCHIVE, b"program")),
    ];
    write(&folder, "child.tar", &child, &["old.txt"]);

    let told = printed(&folder, &["tree", "base.tar"], 0);
    assert!(told.contains("kept.txt, 4 bytes\n") && told.contains("old.txt, 3 bytes\n"), "{told}");
    let told = printed(&folder, &["tree", "child.tar", "--parent", "base.tar"], 0);
    assert!(told.contains("app\\app.exe, 7 bytes\n") && told.contains("kept.txt, 4 bytes\n"), "{told}");
    assert!(!told.contains("old.txt") && !told.contains("WcSandboxState"), "{told}");
}
