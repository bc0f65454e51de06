//! The life of layers: imported, set up, mounted, changed, exported, destroyed; every row by what leads to it.

mod container;
mod older;
mod seen;
mod setting;
mod wrapper;

use std::collections::BTreeMap;

use hcs_api::disk::{CreateDisk, DiskHandle, StorageType, VirtualDisks};
use hcs_api::{Storage, Text};
use hcs_machine::layer::transport;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_sim::{Client, Simulator};
use setting::{BASE, CHILD, Scratch, base, base_layer, child, data, entries, file, import, mounted, scratch, world};

const NONE: &str = r#"{"Layers":[]}"#;
const READ_ONLY: &str = r#"{"IsWritableLayer":false}"#;
const WRITABLE: &str = r#"{"IsWritableLayer":true}"#;
const CONTAINER: &str = r#"{"Type":"Container"}"#;
const MACHINE: &str = r#"{"Type":"Vm"}"#;

fn text(path: &str) -> Text<'_> {
    Text::Some(path)
}

/// What is below a folder: paths from there, and the sizes of files.
fn tree(sim: &Simulator, path: &str) -> BTreeMap<String, Option<u64>> {
    let branches = sim.tree(path);
    let from = branches.first().map_or(0, |first| first.path.trim_end_matches('\\').len() + 1);
    branches.into_iter().skip(1).map(|branch| (branch.path[from..].to_owned(), branch.size)).collect()
}

#[test]
fn an_import_makes_files_of_blobs_and_keeps_hives_and_consumes_the_rest() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    let there = tree(&sim, BASE);
    assert_eq!(there.get(r"Files\Windows\System32\kernel32.dll"), Some(&Some(8)));
    assert_eq!(there.get(r"Hives\System_Delta"), Some(&Some(8 << 10)));
    assert!(there.contains_key(r"UtilityVM\Files\EFI\Microsoft\Boot\BCD"));
    assert!(!there.keys().any(|path| path.contains("$wcidirs$") || path.ends_with("tombstones.txt")), "{there:?}");
    // Of a base nothing is made yet: observed.
    assert!(!there.keys().any(|path| path.ends_with("_BASE") || path == "layout" || path.ends_with(".vhdx")));
    // Two names of one file stay so.
    let entries = entries(&sim, BASE);
    let second = entries.iter().find(|entry| entry.path.ends_with("second.dll")).expect("it was imported");
    assert!(second.same_as.as_deref().is_some_and(|first| first.ends_with("kernel32.dll")), "{second}");
}

#[test]
fn an_import_is_refused_by_what_it_finds() {
    let (sim, client) = world(Build::B26100);
    let source = r"C:\staged\base";
    sim.put_transport(source, &base()).expect("it can be staged");
    let import = |to: &str, from: &str, data: &str| client.import_layer(text(to), text(from), text(data));
    for data in ["", "{", "[]", r#"{"Layers":[{"Id":"no guid","Path":"C:\\x"}]}"#, r#"{"Odd":1}"#] {
        assert_eq!(import(BASE, source, data), Hresult::HCS_E_INVALID_JSON, "{data}");
    }
    // The root of a volume, whatever the source.
    assert_eq!(import("C:\\", r"C:\none", NONE), Hresult::E_ACCESSDENIED);
    assert_eq!(import(BASE, r"C:\none", NONE), Hresult::ERROR_PATH_NOT_FOUND);
    assert!(sim.tree(BASE).is_empty(), "nothing is made");
    assert_eq!(import(BASE, source, &data(&[r"C:\no\parent"])), Hresult::ERROR_PATH_NOT_FOUND);
    sim.put_file(r"C:\a file", b"");
    assert_eq!(import(r"C:\a file", source, NONE), Hresult::ERROR_DIRECTORY);
    // Into an empty folder, then onto what is there.
    sim.put_folder(BASE);
    assert_eq!(import(BASE, source, NONE), Hresult::S_OK);
    let before = entries(&sim, BASE);
    assert_eq!(import(BASE, source, NONE), Hresult::ERROR_FILE_EXISTS);
    assert_eq!(entries(&sim, BASE), before, "nothing is changed");
}

#[test]
fn a_source_that_lacks_something_leaves_the_files_written() {
    for lacks in [
        "tombstones.txt",
        "Files.$wcidirs$",
        "Hives.$wcidirs$",
        r"Hives\DefaultUser_Delta",
        r"Hives\Sam_Delta",
        r"Hives\Security_Delta",
        r"Hives\Software_Delta",
        r"Hives\System_Delta",
        r"UtilityVM\Files\EFI\Microsoft\Boot\BCD",
    ] {
        let (sim, client) = world(Build::B26100);
        sim.put_transport(r"C:\staged", &base()).expect("it can be staged");
        assert!(sim.remove_file(&format!(r"C:\staged\{lacks}")), "{lacks}");
        let code = client.import_layer(text(BASE), text(r"C:\staged"), text(NONE));
        assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND, "{lacks}");
        let left = tree(&sim, BASE);
        assert!(left.contains_key(r"Files\Windows\System32\kernel32.dll"), "{lacks}: {left:?}");
        assert!(!left.keys().any(|path| path.starts_with("Hives")), "{lacks}: {left:?}");
        // What is left stands in the way of a second try.
        assert_eq!(client.import_layer(text(BASE), text(r"C:\staged"), text(NONE)), Hresult::ERROR_FILE_EXISTS);
    }
}

#[test]
fn a_torn_import_leaves_so_many_files() {
    for files in [0, 1, 3] {
        let (sim, client) = world(Build::B20348);
        sim.put_transport(r"C:\staged", &base()).expect("it can be staged");
        assert!(sim.tear_import(files));
        assert_eq!(client.import_layer(text(BASE), text(r"C:\staged"), text(NONE)), Hresult::ERROR_PATH_NOT_FOUND);
        assert_eq!(tree(&sim, BASE).values().flatten().count(), files as usize);
        // Only the next one.
        assert_eq!(client.destroy_layer(text(BASE)), Hresult::S_OK);
        assert_eq!(client.import_layer(text(BASE), text(r"C:\staged"), text(NONE)), Hresult::S_OK);
    }
}

#[test]
fn what_is_damaged_or_a_link_of_wsl_ends_an_import() {
    let (sim, client) = world(Build::B26100);
    sim.put_transport(r"C:\staged", &base()).expect("it can be staged");
    sim.put_file(r"C:\staged\Files\bad.dll", b"abc");
    assert_eq!(client.import_layer(text(BASE), text(r"C:\staged"), text(NONE)), Hresult::ERROR_INVALID_DATA);
    let (sim, client) = world(Build::B26100);
    let mut layer = base();
    layer.items.insert(transport::LayerPath::new(r"Files\link"), setting::reparse(0xA000_001D));
    sim.put_transport(r"C:\staged", &layer).expect("it can be staged");
    assert_eq!(client.import_layer(text(BASE), text(r"C:\staged"), text(NONE)), Hresult::ERROR_REPARSE_TAG_INVALID);
}

#[test]
fn a_base_is_set_up_once() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    let set_up = || client.setup_base_os_layer(text(BASE), DiskHandle::NULL, text(CONTAINER));
    assert_eq!(set_up(), Hresult::ERROR_ALREADY_EXISTS, "the hives of the import");
    assert!(sim.remove_file(&format!(r"{BASE}\Hives")));
    assert_eq!(set_up(), Hresult::S_OK);
    let there = tree(&sim, BASE);
    assert_eq!(sim.file(&format!(r"{BASE}\layout")).as_deref(), Some(&b"vhd-with-hives\n"[..]));
    for base in ["DEFAULTUSER_BASE", "SAM_BASE", "SECURITY_BASE", "SOFTWARE_BASE", "SYSTEM_BASE"] {
        assert!(there.contains_key(&format!(r"Hives\{base}")), "{base}: {there:?}");
    }
    assert!(!there.keys().any(|path| path.ends_with("_Delta")));
    // Hard links: what is written through one name is read through the other.
    let entries = entries(&sim, BASE);
    let hive = entries.iter().find(|entry| entry.path == r"Hives\SYSTEM_BASE").expect("it is there");
    assert_eq!(hive.same_as.as_deref(), Some(r"Files\Windows\System32\config\SYSTEM"));
    for left in ["layout", "Hives"] {
        assert_eq!(set_up(), Hresult::ERROR_ALREADY_EXISTS, "{left} and more");
        assert!(sim.remove_file(&format!(r"{BASE}\{left}")));
    }
    assert_eq!(set_up(), Hresult::S_OK);
}

#[test]
fn a_setup_is_refused_by_what_it_finds() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    let set_up = |layer: &str, disk, options: &str| client.setup_base_os_layer(text(layer), disk, text(options));
    assert_eq!(set_up(BASE, DiskHandle::NULL, "{"), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(set_up(BASE, DiskHandle::NULL, r#"{"Type":"Odd"}"#), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(set_up(BASE, DiskHandle::NULL, MACHINE), Hresult::E_INVALIDARG);
    assert_eq!(set_up(r"C:\none", DiskHandle::NULL, CONTAINER), Hresult::ERROR_PATH_NOT_FOUND);
    sim.put_folder(r"C:\empty");
    assert_eq!(set_up(r"C:\empty", DiskHandle::NULL, CONTAINER), Hresult::ERROR_PATH_NOT_FOUND);
    let (code, disk) =
        client.create_virtual_disk(StorageType::VHDX, text(r"C:\disk.vhdx"), 0, 0, &CreateDisk::of_size(1 << 30));
    assert_eq!(code, Hresult::S_OK);
    assert_eq!(set_up(BASE, disk, CONTAINER), Hresult::E_INVALIDARG);
    let machine = format!(r"{BASE}\UtilityVM");
    assert_eq!(set_up(&machine, disk, MACHINE), Hresult::ERROR_NOT_READY, "it is not attached");
    assert_eq!(client.attach_virtual_disk(disk, 0), Hresult::S_OK);
    assert_eq!(set_up(&format!(r"{machine}\Files"), disk, MACHINE), Hresult::ERROR_GEN_FAILURE);
    assert_eq!(set_up(&machine, disk, MACHINE), Hresult::S_OK);
    assert!(sim.file(&format!(r"{machine}\layout")).is_some());
    let root = client.get_layer_vhd_mount_path(disk).document.expect("it has a volume");
    assert!(tree(&sim, &format!(r"{root}\")).contains_key(r"EFI\Microsoft\Boot\BCD"));
    // The hives: in use, empty, missing.
    let config = format!(r"{BASE}\Files\Windows\System32\config");
    sim.lock_file(&format!(r"{config}\SAM"), true);
    assert_eq!(set_up(BASE, DiskHandle::NULL, CONTAINER), Hresult::ERROR_SHARING_VIOLATION);
    sim.lock_file(&format!(r"{config}\SAM"), false);
    sim.put_file(&format!(r"{config}\SAM"), b"");
    assert_eq!(set_up(BASE, DiskHandle::NULL, CONTAINER), Hresult::ERROR_BADDB);
    sim.remove_file(&format!(r"{config}\DEFAULT"));
    assert_eq!(set_up(BASE, DiskHandle::NULL, CONTAINER), Hresult::ERROR_PATH_NOT_FOUND);
    // Before Windows Server 2022 empty ones were enough.
    let (sim, client) = world(Build::B17763);
    import(&sim, &client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    sim.put_file(&format!(r"{config}\SAM"), b"");
    assert_eq!(client.setup_base_os_layer(text(BASE), DiskHandle::NULL, text(CONTAINER)), Hresult::S_OK);
}

#[test]
fn a_mounted_layer_shows_its_parents_and_keeps_what_is_written() {
    for build in [Build::B17763, Build::B20348, Build::B26100] {
        let (sim, client) = world(build);
        let Scratch { volume, disk, .. } = mounted(&sim, &client);
        let shown = tree(&sim, &format!(r"{volume}\"));
        assert_eq!(shown.get(r"Windows\System32\kernel32.dll"), Some(&Some(8)), "of the base, on {build:?}");
        assert_eq!(shown.get(r"app\app.exe"), Some(&Some(3)), "of the child");
        assert!(!shown.contains_key(r"Windows\System32\gone.dll"), "the child says that it is gone");
        for state in [
            r"WcSandboxState\initialized",
            r"WcSandboxState\Hives\System_Delta",
            r"WcSandboxState\Hives\DefaultUser_Delta",
            r"Windows\System32\config\SYSTEM",
        ] {
            assert!(shown.contains_key(state), "{state}: {shown:?}");
        }
        // Changed: a new file, one of a parent's, one that goes.
        sim.put_file(&format!(r"{volume}\new\file.txt"), b"new");
        sim.put_file(&format!(r"{volume}\app\app.exe"), b"changed");
        assert!(sim.remove_file(&format!(r"{volume}\Windows\System32\kernel32.dll")));
        let changed = tree(&sim, &format!(r"{volume}\"));
        assert_eq!(client.detach_layer_storage_filter(text(&volume)), Hresult::S_OK);
        let own = tree(&sim, &format!(r"{volume}\"));
        assert!(own.contains_key(r"new\file.txt") && own.contains_key(r"app\app.exe"));
        assert!(!own.contains_key(r"Windows\System32\second.dll"), "the parents' are not shown any more: {own:?}");
        assert_eq!(
            sim.file(&format!(r"{CHILD}\Files\app\app.exe")).as_deref(),
            Some(&b"app"[..]),
            "parents are as before"
        );
        // Attached again, and in another round of the disk: as it was.
        assert_eq!(client.attach_layer_storage_filter(text(&volume), text(&data(&[CHILD, BASE]))), Hresult::S_OK);
        assert_eq!(tree(&sim, &format!(r"{volume}\")), changed);
        assert_eq!(client.detach_layer_storage_filter(text(&format!(r"{volume}\"))), Hresult::S_OK);
        assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
        assert_eq!(client.attach_virtual_disk(disk, 0), Hresult::S_OK);
        assert_eq!(client.attach_layer_storage_filter(text(&volume), text(&data(&[CHILD, BASE]))), Hresult::S_OK);
        assert_eq!(tree(&sim, &format!(r"{volume}\")), changed);
    }
}

#[test]
fn what_a_mounted_layer_changed_is_exported_and_imported_as_the_same_view() {
    let (sim, client) = world(Build::B26100);
    let Scratch { volume, .. } = mounted(&sim, &client);
    sim.put_file(&format!(r"{volume}\new\file.txt"), b"new");
    sim.put_file(&format!(r"{volume}\app\app.exe"), b"changed");
    assert!(sim.remove_file(&format!(r"{volume}\Windows\System32\kernel32.dll")));
    assert!(sim.remove_file(&format!(r"{volume}\app\folder")));
    sim.link_file(&format!(r"{volume}\new\file.txt"), &format!(r"{volume}\new\other.txt"));
    sim.set_file_stream(&format!(r"{volume}\new\file.txt"), "side", Some(b"stream"));
    let chain = data(&[CHILD, BASE]);
    sim.put_folder(r"C:\out");
    assert_eq!(client.export_layer(text(&volume), text(r"C:\out"), text(&chain), text(WRITABLE)), Hresult::S_OK);
    let list = sim.file(r"C:\out\tombstones.txt").expect("it is always there");
    assert_eq!(list, b"\xEF\xBB\xBFVersion 1.0\n\\Windows\\System32\\kernel32.dll\n\\app\\folder\n");
    let out = tree(&sim, r"C:\out");
    assert!(!out.contains_key(r"Files\Windows\System32\second.dll"), "the parents' are no change: {out:?}");
    assert!(!out.keys().any(|path| path.contains("WcSandboxState") || path.contains(r"config\SYSTEM")), "{out:?}");
    // Imported elsewhere and mounted: the same view.
    let third = r"C:\layers\third";
    assert_eq!(client.import_layer(text(third), text(r"C:\out"), text(&chain)), Hresult::S_OK);
    let before: Vec<_> = shown(&sim, &volume);
    let again = scratch(&sim, &client, r"C:\scratch\again", &[third, CHILD, BASE]);
    assert_eq!(shown(&sim, &again.volume), before);
}

/// What a volume shows, in everything that files have but the moments at which folders were looked after.
fn shown(sim: &Simulator, volume: &str) -> Vec<String> {
    let own = |path: &str| {
        path.starts_with("WcSandboxState")
            || path.starts_with("System Volume")
            || path.starts_with(r"Windows\System32\config")
    };
    let mut entries = entries(sim, &format!(r"{volume}\"));
    entries.retain(|entry| !own(&entry.path) && !entry.path.is_empty());
    for entry in &mut entries {
        entry.owner = hcs_rules::grant::Owner::System;
        entry.meta.times = Default::default();
    }
    entries.iter().map(ToString::to_string).collect()
}

#[test]
fn a_layer_is_exported_and_imported_elsewhere_as_it_was() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    import(&sim, &client, CHILD, &child(), &[BASE]);
    for (layer, parents) in [(BASE, NONE.to_owned()), (CHILD, data(&[BASE]))] {
        let (out, again) = (format!(r"C:\out\{}", &layer[10..]), format!(r"C:\again\{}", &layer[10..]));
        assert_eq!(
            client.export_layer(text(layer), text(&out), text(&parents), text(READ_ONLY)),
            Hresult::ERROR_PATH_NOT_FOUND
        );
        sim.put_folder(&out);
        assert_eq!(client.export_layer(text(layer), text(&out), text(&parents), text(READ_ONLY)), Hresult::S_OK);
        assert_eq!(client.import_layer(text(&again), text(&out), text(&parents)), Hresult::S_OK);
        let plain = |path: &str| {
            let mut entries = entries(&sim, path);
            for entry in &mut entries {
                // Where something is gone is made anew, and folders at the root take their times from the hives.
                if entry.meta.reparse.is_some() || !entry.path.contains('\\') {
                    entry.meta.times = Default::default();
                }
            }
            entries
        };
        let (before, after) = (plain(layer), plain(&again));
        let lines = |entries: &[hcs_machine::files::Entry]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(lines(&after), lines(&before), "{layer}");
    }
}

#[test]
fn an_export_is_refused_by_what_it_finds() {
    let (sim, client) = world(Build::B26100);
    sim.put_folder(r"C:\out");
    base_layer(&sim, &client);
    let export = |layer: &str, data: &str, options: &str| {
        client.export_layer(text(layer), text(r"C:\out"), text(data), text(options))
    };
    assert_eq!(export(BASE, "{", READ_ONLY), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(export(BASE, NONE, "{"), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(export(r"C:\none", NONE, READ_ONLY), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(export(BASE, &data(&[r"C:\no\parent"]), READ_ONLY), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(export(BASE, NONE, WRITABLE), Hresult::ERROR_PATH_NOT_FOUND);
    // A base after its setup: its files are written, then the hives are missed.
    assert_eq!(export(BASE, NONE, READ_ONLY), Hresult::ERROR_FILE_NOT_FOUND);
    let out = tree(&sim, r"C:\out");
    assert!(out.contains_key(r"Files\Windows\System32\kernel32.dll") && !out.contains_key("tombstones.txt"), "{out:?}");
    // The folder of a writable layer, and its volume before the filter.
    let made = scratch_without_filter(&sim, &client);
    assert_eq!(export(r"C:\scratch\one", NONE, WRITABLE), Hresult::ERROR_SHARING_VIOLATION);
    assert_eq!(export(&made.volume, NONE, WRITABLE), Hresult::ERROR_PATH_NOT_FOUND);
}

/// A writable layer on a base, initialised and without its filter.
fn scratch_without_filter(sim: &Simulator, client: &Client) -> Scratch {
    let made = scratch(sim, client, r"C:\scratch\one", &[BASE]);
    assert_eq!(client.detach_layer_storage_filter(text(&made.volume)), Hresult::S_OK);
    made
}

#[test]
fn filters_answer_by_the_state_of_the_volume() {
    let (sim, client) = world(Build::B26100);
    base_layer(&sim, &client);
    let chain = data(&[BASE]);
    let made = scratch_without_filter(&sim, &client);
    let (volume, folder) = (made.volume.as_str(), r"C:\scratch\one");
    let attach = |path: &str, data: &str| client.attach_layer_storage_filter(text(path), text(data));
    let detach = |path: &str| client.detach_layer_storage_filter(text(path));
    assert_eq!(detach(volume), Hresult::ERROR_FLT_INSTANCE_NOT_FOUND);
    assert_eq!(attach(volume, "{"), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(attach(folder, &chain), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(attach("C:\\", &chain), Hresult::ERROR_FLT_DO_NOT_ATTACH, "the system's volume is on none of our disks");
    assert_eq!(attach(volume, &data(&[r"C:\no\parent"])), Hresult::ERROR_PATH_NOT_FOUND);
    assert!(sim.set_filter_collision(true));
    assert_eq!(attach(volume, &chain), Hresult::ERROR_INVALID_FUNCTION);
    assert!(sim.set_filter_collision(false));
    assert_eq!(attach(volume, &chain), Hresult::S_OK);
    assert_eq!(attach(volume, &chain), Hresult::ERROR_FLT_INSTANCE_NAME_COLLISION);
    assert_eq!(client.initialize_writable_layer(text(volume), text(&chain), Text::Null), Hresult::S_OK, "once more");
    // Kept twice, then let go.
    assert!(sim.keep_filter(volume, 2));
    assert_eq!(
        [detach(volume), detach(volume), detach(volume)],
        [Hresult::ERROR_FLT_DO_NOT_DETACH, Hresult::ERROR_FLT_DO_NOT_DETACH, Hresult::S_OK]
    );
    assert_eq!(client.initialize_writable_layer(text(folder), text(&chain), Text::Null), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(
        client.initialize_writable_layer(text(volume), text(&data(&[r"C:\no"])), Text::Null),
        Hresult::ERROR_PATH_NOT_FOUND
    );
}

#[test]
fn overlay_filters_are_of_their_kind() {
    let (sim, client) = world(Build::B26100);
    base_layer(&sim, &client);
    let made = scratch_without_filter(&sim, &client);
    let volume = made.volume.as_str();
    let files = format!(r"{BASE}\Files");
    let union = |layers: &str| format!(r#"{{"FilterType":"UnionFS","Layers":{layers}}}"#);
    let layers = format!(r#"[{{"Id":"{}","Path":"{}"}}]"#, setting::ID, files.replace('\\', r"\\"));
    // Without WcSandboxState it is refused; an empty one made by hand is enough.
    assert!(sim.remove_file(&format!(r"{volume}\WcSandboxState")));
    assert_eq!(client.attach_overlay_filter(text(volume), text(&union(&layers))), Hresult::ERROR_PATH_NOT_FOUND);
    sim.put_folder(&format!(r"{volume}\WcSandboxState"));
    assert_eq!(client.attach_overlay_filter(text(volume), text(&union(&layers))), Hresult::S_OK);
    assert!(tree(&sim, &format!(r"{volume}\")).contains_key(r"Windows\System32\kernel32.dll"));
    sim.put_file(&format!(r"{volume}\written"), b"stays");
    assert_eq!(client.detach_overlay_filter(text(volume), text(r#"{"FilterType":"WCIFS"}"#)), Hresult::ERROR_NOT_FOUND);
    assert_eq!(client.detach_layer_storage_filter(text(volume)), Hresult::ERROR_FLT_INSTANCE_NOT_FOUND);
    assert_eq!(client.detach_overlay_filter(text(volume), text(&union("[]"))), Hresult::S_OK);
    let left = tree(&sim, &format!(r"{volume}\"));
    assert!(!left.contains_key(r"Windows\System32\kernel32.dll") && left.contains_key("written"), "{left:?}");
    assert_eq!(client.detach_overlay_filter(text(volume), text(&union("[]"))), Hresult::ERROR_NOT_FOUND);
}

#[test]
fn a_base_is_set_up_on_a_volume_that_was_formatted_for_it_alone() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    sim.set_volume('D', true);
    let set_up = |volume: &str| client.setup_base_os_volume(text(BASE), text(volume), text(CONTAINER));
    // On a plain volume: success, and nothing is written at all (observed).
    let before = sim.tree("D:\\");
    assert_eq!(set_up("D:\\"), Hresult::S_OK);
    assert_eq!(sim.tree("D:\\"), before);
    assert!(sim.file(&format!(r"{BASE}\layout")).is_none());
    let (disk, volume) = setting::formatted(&client, r"C:\scratch.vhdx");
    assert_eq!(set_up(&volume), Hresult::S_OK);
    assert!(tree(&sim, &format!(r"{volume}\")).contains_key("WcSandboxState"));
    assert!(sim.file(&format!(r"{BASE}\layout")).is_some());
    assert_eq!(set_up(&volume), Hresult::ERROR_ALREADY_EXISTS);
    assert_eq!(set_up(r"C:\none"), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
}

#[test]
fn a_layer_is_destroyed_or_kept_as_its_rows_say() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    let destroy = |path: &str| client.destroy_layer(text(path));
    assert_eq!(destroy(r"C:\none"), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(destroy("C:\\"), Hresult::E_ACCESSDENIED);
    // A relative path: success, and the folder is still there.
    sim.put_file(r"C:\Users\Public\layer\file", b"");
    assert_eq!(destroy("layer"), Hresult::S_OK);
    assert!(sim.file(r"C:\Users\Public\layer\file").is_some());
    // A host that keeps it.
    assert!(sim.set_quirk(Quirk::DestroyKeepsLayer, true));
    assert_eq!(destroy(BASE), Hresult::S_OK);
    assert!(!sim.tree(BASE).is_empty());
    assert!(sim.set_quirk(Quirk::DestroyKeepsLayer, false));
    // Any folder, whatever its files deny.
    sim.put_file(r"C:\any\file", b"");
    sim.deny_file(r"C:\any\file", true);
    assert_eq!(destroy(r"C:\any"), Hresult::S_OK);
    assert!(sim.tree(r"C:\any").is_empty());
    assert_eq!(destroy(BASE), Hresult::S_OK);
    assert!(sim.tree(BASE).is_empty());
}

#[test]
fn what_is_attached_or_mounted_stands_in_the_way_of_a_removal() {
    let (sim, client) = world(Build::B26100);
    let made = mounted(&sim, &client);
    // A disk in it is attached: what else is there goes.
    sim.put_file(r"C:\scratch\one\notes.txt", b"");
    assert_eq!(client.destroy_layer(text(r"C:\scratch\one")), Hresult::ERROR_SHARING_VIOLATION);
    let left = tree(&sim, r"C:\scratch\one");
    assert_eq!(left.keys().map(String::as_str).collect::<Vec<_>>(), ["sandbox.vhdx"]);
    // A parent of what is mounted: the caller would die, and the layer is gone in part.
    assert_eq!(client.destroy_layer(text(CHILD)), Hresult::STATUS_ASSERTION_FAILURE);
    let left = tree(&sim, CHILD);
    assert!(!left.contains_key("Files") && left.contains_key("Hives"), "{left:?}");
    let told = sim.finish().would_fault;
    assert!(told.iter().any(|told| told.contains("HcsDestroyLayer") && told.contains("exception")), "{told:?}");
    assert_eq!(client.detach_layer_storage_filter(text(&made.volume)), Hresult::S_OK);
    assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::S_OK);
    assert_eq!(client.close_disk(made.disk), Hresult::S_OK);
    assert_eq!(client.destroy_layer(text(r"C:\scratch\one")), Hresult::S_OK);
    assert_eq!(client.destroy_layer(text(CHILD)), Hresult::S_OK);
}

#[test]
fn a_full_disk_ends_an_import_part_of_the_way() {
    let (sim, client) = world(Build::B26100);
    let mut layer = base();
    layer.items.insert(transport::LayerPath::new(r"Files\big.bin"), file(&[7; 40_000]));
    sim.put_transport(r"C:\staged", &layer).expect("it can be staged");
    sim.set_volume('D', true);
    sim.set_volume_room('D', 30_000);
    assert_eq!(client.import_layer(text(r"D:\base"), text(r"C:\staged"), text(NONE)), Hresult::ERROR_DISK_FULL);
    assert!(!sim.tree(r"D:\base").is_empty(), "what was written stays");
}

#[test]
fn the_older_pair_of_calls_does_as_the_newer_one() {
    let (sim, client) = world(Build::B17763);
    base_layer(&sim, &client);
    let (_, volume) = setting::formatted(&client, r"C:\scratch.vhdx");
    let (chain, folder) = (data(&[BASE]), r"C:\scratch");
    sim.put_folder(folder);
    let initialize =
        |options: Text<'_>| client.initialize_legacy_writable_layer(text(&volume), text(folder), text(&chain), options);
    assert_eq!(initialize(text("{")), Hresult::HCS_E_INVALID_JSON);
    assert_eq!(initialize(text("[1]")), Hresult::HCS_E_INVALID_JSON, "a list of files is asked for");
    assert_eq!(initialize(text(r#"["C:\\Windows\\notepad.exe"]"#)), Hresult::S_OK);
    assert_eq!(initialize(Text::Null), Hresult::S_OK, "once more");
    sim.put_folder(r"C:\out");
    let export = || client.export_legacy_writable_layer(text(&volume), text(folder), text(r"C:\out"), text(&chain));
    assert_eq!(export(), Hresult::ERROR_PATH_NOT_FOUND, "the filter is not attached");
    assert_eq!(client.attach_layer_storage_filter(text(&volume), text(&chain)), Hresult::S_OK);
    sim.put_file(&format!(r"{volume}\new.txt"), b"new");
    assert_eq!(export(), Hresult::S_OK);
    assert!(sim.file(r"C:\out\Files\new.txt").is_some() && sim.file(r"C:\out\tombstones.txt").is_some());
}

#[test]
fn the_same_life_of_a_layer_is_the_same_history() {
    let (sim, client) = world(Build::B26100);
    let made = mounted(&sim, &client);
    // What a busy filter, a torn import and another's filter do is the world's, and so are the views.
    assert!(sim.keep_filter(&made.volume, 1) && sim.tear_import(1) && sim.set_filter_collision(true));
    let first = sim.digest();
    let (again, client) = world(Build::B26100);
    let made = mounted(&again, &client);
    assert!(again.keep_filter(&made.volume, 1) && again.tear_import(1) && again.set_filter_collision(true));
    assert_eq!(again.digest(), first, "the same calls, the same history");
}
