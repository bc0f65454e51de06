//! A base layer and two on it: imported from tars, mounted, changed, exported, imported elsewhere; the trees are equal.

use std::collections::BTreeMap;

use hcs_api::layer::{Layer, Mount, export, import, set_up_base};
use hcs_machine::files::{Data, Entry, Times};
use hcs_sim::rules::file::attribute::{ARCHIVE, FOLDER};
use hcs_sim::tar::{self, Found, Item, LayerPath, Options, Transport};
use hcs_sim::{Client, Simulator};
use proptest::prelude::*;

use crate::made::{any_layer, bare, blob, everything, put, times, written, written_to_tar};

const IDS: [&str; 4] = [
    "bd9c3ef9-f239-59b5-a27e-15c523b1d149",
    "fff03c3b-5d10-545c-99ca-0f2e8984d2d3",
    "1b43484f-df68-5ff9-a25a-4a1c97a2b105",
    "752b605a-852f-5ed0-8dc4-600a46637308",
];

/// The layers of a world, the base first: each with those below it, the nearest first.
fn layer(index: usize) -> Layer {
    Layer::new(IDS[index], &format!(r"C:\layers\{index}"))
}

fn parents(index: usize) -> Vec<Layer> {
    (0..index).rev().map(layer).collect()
}

/// Imports a chain of tars, the base's first.
fn imported(tars: &[Vec<u8>]) -> (Simulator, Client) {
    let sim = Simulator::builder().start();
    let client = sim.client("agent");
    for (index, tar) in tars.iter().enumerate() {
        let (to, parents) = (layer(index).path, parents(index));
        if parents.is_empty() {
            sim.stage_layer(&to, &[], &tar[..]).expect("it can be staged");
            set_up_base(&client, &to, 1 << 30).expect("it can be set up");
            continue;
        }
        let paths: Vec<&str> = parents.iter().map(|parent| parent.path.as_str()).collect();
        let staged = format!(r"C:\staged\{index}");
        sim.stage_layer(&staged, &paths, &tar[..]).expect("it can be staged");
        import(&client, &to, &staged, &parents).expect("it can be imported");
    }
    (sim, client)
}

/// Exports each layer of a chain to a tar.
fn exported(sim: &Simulator, client: &Client, count: usize) -> Vec<Vec<u8>> {
    let tar = |index: usize| {
        let mut bytes = Vec::new();
        if index == 0 {
            sim.write_base_layer(&layer(0).path, &mut bytes).expect("it can be written");
            return bytes;
        }
        let folder = format!(r"C:\exported\{index}");
        assert!(sim.put_folder(&folder));
        export(client, &layer(index).path, &folder, &parents(index)).expect("it can be exported");
        sim.write_layer(&folder, &mut bytes).expect("it can be written");
        bytes
    };
    (0..count).map(tar).collect()
}

fn mounted<'a>(sim: &Simulator, client: &'a Client, count: usize) -> Mount<'a, Client> {
    let disk = r"C:\scratch\sandbox.vhdx";
    assert!(sim.copy_file(&format!(r"{}\blank.vhdx", layer(0).path), disk));
    Mount::new(client, disk, &parents(count), true).expect("it can be mounted")
}

/// What a place holds, but what the machinery of layers makes anew.
fn tree(sim: &Simulator, place: &str) -> BTreeMap<String, Entry> {
    let machinery =
        ["WcSandboxState", "System Volume Information", r"Windows\System32\config", "Hives", "blank", "layout"];
    let entries = sim.entries(place).into_iter();
    let entries = entries.filter(|entry| !machinery.iter().any(|name| entry.path.starts_with(name)));
    // The root has the moment at which it was made.
    entries.filter(|entry| !entry.path.is_empty()).map(|entry| (entry.path.clone(), entry)).collect()
}

/// The same with nothing that folders have from when they were looked after.
fn shown(sim: &Simulator, place: &str) -> BTreeMap<String, String> {
    let line = |mut entry: Entry| {
        entry.owner = hcs_sim::rules::grant::Owner::System;
        if entry.data.is_none() {
            entry.meta.times = Times::default();
        }
        entry.to_string()
    };
    tree(sim, place).into_iter().map(|(path, entry)| (path, line(entry))).collect()
}

fn base() -> Transport {
    let mut layer = Transport::default();
    put(&mut layer, "Files", Item::Blob(blob(FOLDER, written(5), b"")));
    for folder in ["Windows", r"Windows\System32", r"Windows\System32\config", "old"] {
        put(&mut layer, &format!(r"Files\{folder}"), Item::Blob(blob(FOLDER, times(6), b"")));
    }
    for (hive, bytes) in [
        ("DEFAULT", &b"regf1"[..]),
        ("SAM", b"regf2"),
        ("SECURITY", b"regf3"),
        ("SOFTWARE", b"regf4"),
        ("SYSTEM", b"regf5"),
    ] {
        put(&mut layer, &format!(r"Files\Windows\System32\config\{hive}"), Item::Blob(blob(ARCHIVE, times(7), bytes)));
    }
    for (path, bytes) in [(r"Files\old\one", &b"one"[..]), (r"Files\old\two", b"two"), (r"Files\kept", b"kept")] {
        put(&mut layer, path, Item::Blob(blob(ARCHIVE, times(8), bytes)));
    }
    put(&mut layer, r"Files\old\zwei", Item::Link(LayerPath::new(r"Files\old\two")));
    layer
}

/// On the base: everything that a layer can hold, and that a file and a folder are gone.
fn first() -> Transport {
    let mut layer = everything();
    // The utility machine comes from the base alone.
    layer.items.retain(|path, _| !path.as_str().starts_with("UtilityVM"));
    put(&mut layer, r"Files\old", Item::Blob(blob(FOLDER, times(9), b"")));
    layer.tombstones = vec![r"old\one".into()];
    layer
}

/// On that one: changes a file, takes one away, has a hard link to a file of the base.
fn second() -> Transport {
    let mut layer = bare();
    put(&mut layer, r"Files\folder", Item::Blob(blob(FOLDER, times(3), b"")));
    put(&mut layer, r"Files\folder.txt", Item::Blob(blob(ARCHIVE, times(4), b"not empty any more")));
    put(&mut layer, r"Files\second", Item::Blob(blob(ARCHIVE, times(5), b"of the second")));
    layer.tombstones = vec![r"folder\full.txt".into(), "junction".into()];
    layer
}

fn read(bytes: &[u8], is_base: bool) -> Transport {
    let options = if is_base { Options::base() } else { Options::child() };
    tar::read(bytes, &options, |_| None).expect("it can be read")
}

/// What a layer holds, in lines that show a difference.
fn lines(layer: &Transport) -> Vec<String> {
    let line = |(path, item): (&LayerPath, &Item)| {
        let digest = if let Item::Blob(of) = item { of.data.digest() } else { 0 };
        format!("{} {:x}", tar::line(path, &Found::Item(item.clone())), digest as u16)
    };
    let mut lines: Vec<String> = layer.items.iter().map(line).collect();
    // An export lists what is gone in the order of names.
    let mut gone = layer.tombstones.clone();
    gone.sort();
    lines.extend(gone.iter().map(|path| format!("gone {path}")));
    lines
}

#[test]
fn three_layers_and_a_fourth_go_elsewhere_and_are_the_same() {
    let made = [base(), first(), second()];
    let tars: Vec<Vec<u8>> = made.iter().map(written_to_tar).collect();
    let (sim, client) = imported(&tars);
    let mut mount = mounted(&sim, &client, 3);
    let root = format!(r"{}\", mount.path());
    let view = shown(&sim, &root);
    for path in ["kept", r"old\two", r"old\zwei", r"folder\also full.txt", "folder.txt", "second", "Ünïcode 𐐨"] {
        assert!(view.contains_key(path), "{path}: {:#?}", view.keys());
    }
    for path in [r"old\one", r"folder\full.txt", "junction"] {
        assert!(!view.contains_key(path), "{path} is gone: {:#?}", view.keys());
    }
    assert_eq!(sim.file(&format!("{root}folder.txt")).as_deref(), Some(&b"not empty any more"[..]));
    // Changed: a file of each layer, something new, something that goes.
    for (path, bytes) in [("kept", &b"changed"[..]), (r"new\ä\file", b"new"), ("second", b"changed too")] {
        assert!(sim.put_file(&format!("{root}{path}"), bytes), "{path}");
    }
    assert!(sim.set_file_stream(&format!(r"{root}new\ä\file"), "stream", Some(b"alternate")));
    assert!(sim.link_file(&format!(r"{root}new\ä\file"), &format!(r"{root}new\link")));
    assert!(sim.remove_file(&format!(r"{root}old\zwei")));
    let changed = shown(&sim, &root);
    assert!(sim.put_folder(r"C:\out"));
    mount.export(r"C:\out").expect("it can be exported");
    let mut fourth = Vec::new();
    sim.write_layer(r"C:\out", &mut fourth).expect("it can be written");
    mount.unmount().expect("it can be unmounted");
    drop(mount);

    let mut again = exported(&sim, &client, 3);
    for (index, tar) in again.iter().enumerate() {
        let (mut came, was) = (read(tar, index == 0), &made[index]);
        // The hives of a base have another name each since it was set up.
        for (path, item) in &mut came.items {
            if let Item::Blob(of) = item
                && path.is_within(r"Files\Windows\System32\config")
            {
                of.meta.times.changed = times(7).changed;
            }
        }
        assert_eq!(lines(&came), lines(was), "layer {index}");
        assert!(came.items == was.items, "layer {index}");
    }
    again.push(fourth);
    let (other, other_client) = imported(&again);
    for index in 0..3 {
        let place = layer(index).path;
        assert_eq!(shown(&other, &place), shown(&sim, &place), "layer {index}");
    }
    let mount = mounted(&other, &other_client, 4);
    assert_eq!(shown(&other, &format!(r"{}\", mount.path())), changed, "the view is that of the changed layer");
    drop(mount);
    let third = exported(&other, &other_client, 4);
    assert!(third == again, "what is exported once more is the same, byte for byte");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_layers_go_elsewhere_and_are_the_same(one in any_layer(), two in any_layer()) {
        let tars = vec![written_to_tar(&base()), written_to_tar(&one), written_to_tar(&two)];
        let (sim, client) = imported(&tars);
        let again = exported(&sim, &client, 3);
        for (tar, was) in again.iter().skip(1).zip([&one, &two]) {
            let came = read(tar, false);
            prop_assert_eq!(lines(&came), lines(was));
            prop_assert!(came.items == was.items);
        }
        let (other, other_client) = imported(&again);
        for index in 0..3 {
            prop_assert_eq!(shown(&other, &layer(index).path), shown(&sim, &layer(index).path));
        }
        let (here, there) = (mounted(&sim, &client, 3), mounted(&other, &other_client, 3));
        let view = |sim: &Simulator, mount: &Mount<'_, Client>| shown(sim, &format!(r"{}\", mount.path()));
        prop_assert_eq!(view(&sim, &here), view(&other, &there));
        prop_assert!(exported(&other, &other_client, 3) == again);
    }
}

#[test]
fn bytes_that_only_a_parent_has_are_linked_to() {
    let mut with_link = second();
    put(&mut with_link, r"Files\also kept", Item::Link(LayerPath::new(r"Files\kept")));
    let tars = [written_to_tar(&base()), written_to_tar(&with_link)];
    let (sim, client) = imported(&tars);
    let mount = mounted(&sim, &client, 2);
    let linked = sim.file(&format!(r"{}\also kept", mount.path()));
    assert_eq!(linked, Some(Data::from(&b"kept"[..]).to_vec()));
}
