//! Layers made for these tests: one with everything in it, and random ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use hcs_machine::files::path::FoldedName;
use hcs_machine::files::{Data, Extended, Meta, Times};
use hcs_machine::layer::reparse::Link;
use hcs_sim::rules::file::attribute::{ARCHIVE, FOLDER, HIDDEN, READ_ONLY, REPARSE_POINT};
use hcs_sim::rules::transport::folder;
use hcs_sim::tar::{self, Blob, Item, LayerPath, Transport};
use proptest::prelude::*;

/// 2020-09-13, and so many tenths of microseconds.
pub(crate) fn moment(more: u64) -> u64 {
    132_444_736_000_000_000 + more
}

pub(crate) fn times(seed: u64) -> Times {
    Times { created: moment(seed), accessed: moment(seed * 3), written: moment(seed * 10_000_000), changed: moment(7) }
}

pub(crate) fn written(seed: u64) -> Times {
    let all = times(seed);
    Times { created: all.written, accessed: all.written, ..all }
}

pub(crate) fn blob(attributes: u32, times: Times, bytes: &[u8]) -> Blob {
    Blob { data: Data::from(bytes), meta: Meta { attributes, times, ..Meta::default() } }
}

pub(crate) fn put(layer: &mut Transport, path: &str, item: Item) {
    layer.items.insert(LayerPath::new(path), item);
}

/// The folders and hives that every layer has.
pub(crate) fn bare() -> Transport {
    let mut layer = Transport::default();
    put(&mut layer, "Files", Item::Blob(blob(FOLDER, written(5), b"")));
    put(&mut layer, "Hives", Item::Blob(blob(folder::HIVES_ATTRIBUTES, written(5), b"")));
    for delta in folder::DELTAS {
        put(&mut layer, &format!(r"Hives\{delta}"), Item::Hive(Data::from(delta.as_bytes()), written(5)));
    }
    layer
}

/// A layer with one of everything.
pub(crate) fn everything() -> Transport {
    let mut layer = bare();
    put(&mut layer, r"Files\folder", Item::Blob(blob(FOLDER | HIDDEN, times(2), b"")));
    let mut full = blob(ARCHIVE | READ_ONLY, times(3), b"content");
    full.meta.security = Some(Arc::from(*b"a descriptor, as bytes"));
    full.meta.extended = [Extended { name: "$KERNEL.A".into(), flags: 0, value: Arc::from(*b"\0\x01") }].into();
    full.meta.streams = vec![("empty".into(), Data::default()), ("Zone.Identifier".into(), Data::from(&b"[Z]"[..]))];
    put(&mut layer, r"Files\folder\full.txt", Item::Blob(full));
    put(&mut layer, r"Files\folder\also full.txt", Item::Link(LayerPath::new(r"Files\folder\full.txt")));
    put(&mut layer, r"Files\folder.txt", Item::Blob(blob(ARCHIVE, times(4), b"")));
    let mut junction = blob(FOLDER | REPARSE_POINT, times(5), b"");
    junction.meta.reparse = Link { target: r"C:\elsewhere".into(), is_junction: true }.reparse().ok();
    put(&mut layer, r"Files\junction", Item::Blob(junction));
    let mut symlink = blob(ARCHIVE | REPARSE_POINT, times(6), b"");
    symlink.meta.reparse = Link { target: r"folder\full.txt".into(), is_junction: false }.reparse().ok();
    put(&mut layer, r"Files\symlink", Item::Blob(symlink));
    put(&mut layer, r"Files\Ünïcode 𐐨", Item::Blob(blob(ARCHIVE, times(7), &[0xAB; 1000])));
    let long = format!(r"Files\{}", "n".repeat(200));
    put(&mut layer, &long, Item::Blob(blob(FOLDER, times(8), b"")));
    let longer = format!(r"{long}\{}", "m".repeat(200));
    put(&mut layer, &longer, Item::Blob(blob(ARCHIVE, times(9), b"deep")));
    put(&mut layer, &format!(r"{long}\z"), Item::Link(LayerPath::new(&longer)));
    put(&mut layer, "UtilityVM", Item::Blob(blob(FOLDER, written(1), b"")));
    put(&mut layer, r"UtilityVM\Files", Item::Blob(blob(FOLDER, written(2), b"")));
    put(&mut layer, r"UtilityVM\Files\kernel", Item::Blob(blob(ARCHIVE, written(3), b"boots")));
    layer.tombstones = vec!["gone".into(), r"folder\also gone".into(), r"folder\ä".into()];
    layer.name_files_first();
    layer
}

pub(crate) fn written_to_tar(layer: &Transport) -> Vec<u8> {
    let mut bytes = Vec::new();
    tar::write(layer, &mut bytes).expect("it can be written");
    bytes
}

/// Random layers: a tree of folders, files with anything, links, whiteouts.
pub(crate) fn any_layer() -> impl Strategy<Value = Transport> {
    let name = prop_oneof![3 => "[a-cA-C]{1,2}", 1 => "[ä𐐨.~$ -]{1,3}x", 1 => "[a-z]{90,120}"];
    let node = (any::<prop::sample::Index>(), name, 0_u64..50, 0_u8..10, prop::collection::vec(any::<u8>(), 0..40));
    prop::collection::vec(node, 0..25).prop_map(|nodes| {
        let mut layer = bare();
        let mut folders = vec!["Files".to_owned()];
        let mut files: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, name, seed, kind, bytes) in nodes {
            let path = format!(r"{}\{name}", folders[index.index(folders.len())]);
            if !seen.insert(FoldedName::of(&path)) {
                continue;
            }
            let mut of = blob(ARCHIVE, times(seed), &bytes);
            of.meta.security = (seed % 3 == 0).then(|| Arc::from(&b"descriptor"[..]));
            if seed % 4 == 0 {
                of.meta.streams = vec![("one".into(), Data::from(&bytes[..])), ("two".into(), Data::default())];
                of.meta.extended = [Extended { name: "EA".into(), flags: 0, value: bytes.into() }].into();
            }
            match kind {
                0..3 => {
                    folders.push(path.clone());
                    of.data = Data::default();
                    of.meta.attributes = FOLDER;
                    put(&mut layer, &path, Item::Blob(of));
                }
                3 if !files.is_empty() => {
                    let file = LayerPath::new(&files[index.index(files.len())]);
                    put(&mut layer, &path, Item::Link(file));
                }
                4 => {
                    let link = Link { target: format!(r"..\{name}"), is_junction: seed % 2 == 0 };
                    of.data = Data::default();
                    of.meta.attributes = REPARSE_POINT | if seed % 2 == 0 { FOLDER } else { 0 };
                    of.meta.reparse = link.reparse().ok();
                    put(&mut layer, &path, Item::Blob(of));
                }
                5 => layer.tombstones.push(path.trim_start_matches(r"Files\").to_owned()),
                _ => {
                    files.push(path.clone());
                    put(&mut layer, &path, Item::Blob(of));
                }
            }
        }
        layer.name_files_first();
        layer
    })
}
