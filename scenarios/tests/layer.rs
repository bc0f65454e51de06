//! The program on layers: listed, checked, made into folders and back.

mod common;

use std::path::Path;

use common::{Folder, printed};
use hcs_machine::files::{Data, Meta, Times};
use hcs_rules::file::attribute::{ARCHIVE, FOLDER};
use hcs_sim::tar::{self, Blob, Item, LayerPath, Options, Transport};

fn blob(attributes: u32, bytes: &[u8]) -> Item {
    let times = Times::all(132_444_736_000_000_000);
    Item::Blob(Blob { data: Data::from(bytes), meta: Meta { attributes, times, ..Meta::default() } })
}

fn layer(more: &[(&str, Item)]) -> Transport {
    let mut layer = Transport::default();
    layer.items.insert(LayerPath::new("Files"), blob(FOLDER, b""));
    for (path, item) in more {
        layer.items.insert(LayerPath::new(path), item.clone());
    }
    layer
}

/// What every base has.
fn base(more: &[(&str, Item)]) -> Transport {
    let config = r"Files\Windows\System32\config";
    let mut of = layer(more);
    for folder in [r"Files\Windows", r"Files\Windows\System32", config] {
        of.items.insert(LayerPath::new(folder), blob(FOLDER, b""));
    }
    for hive in ["DEFAULT", "SAM", "SECURITY", "SOFTWARE", "SYSTEM"] {
        of.items.insert(LayerPath::new(&format!(r"{config}\{hive}")), blob(ARCHIVE, b"regf"));
    }
    of
}

fn write(path: &Path, layer: &Transport) {
    tar::write(layer, std::fs::File::create(path).expect("it can be made")).expect("it can be written");
}

#[test]
fn a_layer_is_listed_checked_and_converted() {
    let folder = Folder::new("whole");
    let mut full = blob(ARCHIVE, b"bytes");
    if let Item::Blob(blob) = &mut full {
        blob.meta.streams = vec![("s".into(), Data::from(&b"stream"[..]))];
    }
    let mut of = layer(&[
        (r"Files\ä", blob(FOLDER, b"")),
        (r"Files\ä\one", full),
        (r"Files\ä\two", Item::Link(LayerPath::new(r"Files\ä\one"))),
    ]);
    of.tombstones.push(r"ä\gone".into());
    write(&folder.0.join("layer.tar"), &of);
    let listed = printed(&folder, &["layer", "list", "layer.tar"], 0);
    for part in ["Files/ä/one, stream s of 6", "gone                           Files/ä/gone", "5 entries, 5 bytes"] {
        assert!(listed.contains(part), "{listed}");
    }
    write(&folder.0.join("base.tar"), &base(&[]));
    let checked = printed(&folder, &["layer", "check", "layer.tar", "--parent", "base.tar"], 0);
    assert!(checked.contains("note: Hives/System_Delta is not in it"), "{checked}");
    assert!(
        checked.ends_with("Windows Server 2022 takes it as a layer: 4 files and folders, 1 whiteouts\n"),
        "{checked}"
    );
    let checked = printed(&folder, &["layer", "check", "base.tar", "--build", "26100"], 0);
    assert!(checked.contains("takes it as a base layer"), "{checked}");
    let checked = printed(&folder, &["layer", "check", "layer.tar"], 1);
    assert_eq!(checked, "refused: Files/ä/.wh.gone: a base layer cannot have whiteouts\n");

    printed(&folder, &["layer", "convert", "layer.tar", "folder"], 0);
    let list = std::fs::read(folder.0.join("folder/tombstones.txt")).expect("it is there");
    assert_eq!(list, b"\xEF\xBB\xBFVersion 1.0\n\\\xC3\xA4\\gone\n");
    printed(&folder, &["layer", "convert", "folder", "again.tar"], 0);
    let bytes = std::fs::read(folder.0.join("again.tar")).expect("it is there");
    let again = tar::read(&bytes[..], &Options::child(), |_| None).expect("it can be read");
    of.complete();
    assert_eq!(again.tombstones, of.tombstones);
    if cfg!(unix) {
        // All times are one here, which every machine keeps.
        assert_eq!(again.items, of.items);
    }
    let error = printed(&folder, &["layer", "convert", "layer.tar", "folder"], 2);
    assert!(error.starts_with("hcs-sim: folder: "), "{error}");
}

#[test]
fn a_hard_link_leads_into_a_parent() {
    let folder = Folder::new("link");
    write(&folder.0.join("base.tar"), &base(&[(r"Files\one", blob(ARCHIVE, b"bytes"))]));
    write(&folder.0.join("layer.tar"), &layer(&[(r"Files\two", Item::Link(LayerPath::new(r"Files\one")))]));
    let refused = "Files/two: the target of a hard link is not there";
    assert_eq!(printed(&folder, &["layer", "check", "layer.tar"], 1), format!("refused: {refused}\n"));
    // A base that lacks what every base has is taken by none.
    write(&folder.0.join("bare.tar"), &layer(&[]));
    let checked = printed(&folder, &["layer", "check", "bare.tar"], 1);
    assert!(checked.starts_with("refused: HcsSetupBaseOSLayer"), "{checked}");
    assert_eq!(printed(&folder, &["layer", "convert", "layer.tar", "folder"], 2), format!("hcs-sim: {refused}\n"));
    printed(&folder, &["layer", "check", "layer.tar", "--parent", "base.tar"], 0);
    printed(&folder, &["layer", "convert", "layer.tar", "folder", "--parent", "base.tar"], 0);
    let blob = std::fs::read(folder.0.join("folder/Files/two")).expect("it is there");
    assert!(blob.ends_with(b"bytes"));
}

#[test]
fn what_is_no_tar_is_told() {
    let folder = Folder::new("none");
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.0.join(name), bytes).expect("it can be written");
    put("compressed", b"\x1F\x8B\x08\0");
    put("text", &[b'a'; 600]);
    put("empty", b"");
    let told = printed(&folder, &["layer", "list", "compressed"], 2);
    assert!(told.contains("zcat compressed | hcs-sim layer list -"), "{told}");
    printed(&folder, &["layer", "list", "text"], 2);
    printed(&folder, &["layer", "list", "nowhere"], 2);
    assert_eq!(printed(&folder, &["layer", "list", "empty"], 0), "0 entries, 0 bytes\n");
}
