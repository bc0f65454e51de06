//! Layers in tars: what is read is what was written, on the way through the host's files too; what is refused, by name; cut and
//! random bytes.

mod chain;
mod made;

use std::collections::{BTreeMap, BTreeSet};

use ::tar::{Builder, EntryType, Header};
use hcs_machine::files::{Data, Times};
use hcs_machine::layer::reparse::Link;
use hcs_sim::Simulator;
use hcs_sim::rules::file::attribute::{ARCHIVE, FOLDER};
use hcs_sim::rules::transport::Refusal;
use hcs_sim::tar::{self, Blob, Error, Found, Item, LayerPath, Limits, Options, Reason, Transport};
use made::{any_layer, bare, blob, everything, moment, put, times, written, written_to_tar};
use proptest::prelude::*;

fn nothing(_: &LayerPath) -> Option<Blob> {
    None
}

fn read(bytes: &[u8]) -> Result<Transport, Error> {
    tar::read(bytes, &Options::child(), nothing)
}

fn listing(bytes: &[u8], options: &Options) -> Vec<String> {
    let mut lines = Vec::new();
    tar::entries(bytes, options, |path, found| lines.push(tar::line(&path, &found))).expect("it can be read");
    lines
}

#[test]
fn a_layer_with_everything_in_it() {
    let layer = everything();
    let bytes = written_to_tar(&layer);
    assert_eq!(bytes, written_to_tar(&layer), "the same layer is the same tar");
    let again = read(&bytes).expect("it can be read");
    // Tombstones come with their folders.
    assert_eq!(again.tombstones, layer.tombstones);
    assert!(again.items == layer.items);
    insta::assert_snapshot!(listing(&bytes, &Options::child()).join("\n"));
    // Without the bytes it looks the same.
    let bare = Options { keeps_bytes: false, ..Options::child() };
    assert_eq!(listing(&bytes, &bare), listing(&bytes, &Options::child()));
}

#[test]
fn a_staged_layer_is_the_layer() {
    let bytes = written_to_tar(&everything());
    let sim = Simulator::builder().start();
    assert!(sim.put_folder(r"C:\parent"));
    sim.stage_layer(r"C:\transport", &[r"C:\parent"], &bytes[..]).expect("it can be staged");
    let mut again = Vec::new();
    sim.write_layer(r"C:\transport", &mut again).expect("it can be written");
    assert!(again == bytes, "{:#?}", listing(&again, &Options::child()));
    // The same tar makes the same world.
    let other = Simulator::builder().start();
    assert!(other.put_folder(r"C:\parent"));
    other.stage_layer(r"C:\transport", &[r"C:\parent"], &bytes[..]).expect("it can be staged");
    assert_eq!(sim.digest(), other.digest());
    assert_eq!(sim.entries(r"C:\transport"), other.entries(r"C:\transport"));
    // What is there already is in the way.
    let error = sim.stage_layer(r"C:\transport", &[r"C:\parent"], &bytes[..]).expect_err("it is there");
    assert!(matches!(error.reason, Reason::NotPut), "{error}");
}

/// One entry of a tar as it comes.
struct Raw {
    kind: EntryType,
    keys: Vec<(&'static str, Vec<u8>)>,
    name: Vec<u8>,
    target: &'static str,
    bytes: Vec<u8>,
}

fn raw(kind: EntryType, name: &str) -> Raw {
    Raw { kind, keys: Vec::new(), name: name.into(), target: "", bytes: Vec::new() }
}

impl Raw {
    fn key(mut self, word: &'static str, value: &str) -> Raw {
        self.keys.push((word, value.into()));
        self
    }

    fn to(self, target: &'static str) -> Raw {
        Raw { target, ..self }
    }

    fn of(self, bytes: &[u8]) -> Raw {
        Raw { bytes: bytes.to_vec(), ..self }
    }
}

fn tar_of(entries: &[Raw]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let mut keys = entry.keys.clone();
        keys.push(("path", entry.name.clone()));
        builder.append_pax_extensions(keys.iter().map(|(word, value)| (*word, &value[..]))).expect("it is memory");
        let mut header = Header::new_ustar();
        header.set_entry_type(entry.kind);
        header.set_size(entry.bytes.len() as u64);
        header.set_mtime(1_600_000_000);
        header.as_mut_bytes()[157..157 + entry.target.len()].copy_from_slice(entry.target.as_bytes());
        header.set_cksum();
        builder.append(&header, &entry.bytes[..]).expect("it is memory");
    }
    builder.into_inner().expect("it is memory")
}

fn files() -> Raw {
    raw(EntryType::Directory, "Files")
}

fn file(name: &str) -> Raw {
    raw(EntryType::Regular, name)
}

#[test]
fn every_reason_to_refuse_is_met() {
    use EntryType::{Char, Directory, GNUSparse, Link, Symlink, XGlobalHeader};
    let not_utf8 = Raw { name: b"Files/\xFF".to_vec(), ..file("") };
    let too_long = format!("Files/{}", "a/".repeat(20_000));
    let a = || file("Files/a");
    let table: Vec<(Refusal, Vec<Raw>)> = vec![
        (Refusal::NotUtf8, vec![files(), not_utf8]),
        (Refusal::Outside, vec![file("/Files/a")]),
        (Refusal::Outside, vec![files(), file("Files/../../a")]),
        (Refusal::Outside, vec![files(), file("Files/x/../a")]),
        (Refusal::Outside, vec![files(), raw(Link, "Files/a").to("../a")]),
        (Refusal::BadName, vec![files(), file("Files/a?")]),
        (Refusal::BadName, vec![files(), file(r"Files/a\..\..\b")]),
        (Refusal::BadName, vec![file("C:/Files/a")]),
        (Refusal::BadName, vec![files(), file("Files/:a")]),
        (Refusal::BadName, vec![files(), file(&format!("Files/{}", "a".repeat(256)))]),
        (Refusal::BadName, vec![files(), a(), file("Files/a:b:c")]),
        (Refusal::TooLong, vec![files(), file(&too_long)]),
        (Refusal::Elsewhere, vec![file("a")]),
        (Refusal::Elsewhere, vec![raw(Directory, "./")]),
        (Refusal::Elsewhere, vec![raw(Directory, "UtilityVM"), file("UtilityVM/a")]),
        (Refusal::Elsewhere, vec![raw(Directory, "files")]),
        (Refusal::NoFolder, vec![a()]),
        (Refusal::NoFolder, vec![files(), a(), file("Files/a/b")]),
        (
            Refusal::BelowLink,
            vec![files(), raw(Symlink, "Files/a").to("b").key("MSWINDOWS.fileattr", "1040"), file("Files/a/b")],
        ),
        (Refusal::Doubled, vec![files(), a(), file("Files/A")]),
        (Refusal::Doubled, vec![files(), a(), file("Files/a:s"), file("Files/a:S")]),
        (Refusal::LooseStream, vec![files(), file("Files/a:s")]),
        (Refusal::LooseStream, vec![files(), a(), file("Files/b"), file("Files/a:s")]),
        (Refusal::LooseStream, vec![files(), a(), raw(Directory, "Files/a:s")]),
        (Refusal::LooseStream, vec![files(), a(), raw(Link, "Files/b").to("Files/a"), file("Files/b:s")]),
        (Refusal::Kind, vec![files(), raw(Char, "Files/a")]),
        (Refusal::Kind, vec![raw(XGlobalHeader, "Files")]),
        (Refusal::Sparse, vec![files(), a().key("GNU.sparse.major", "1")]),
        (Refusal::TooLarge, vec![files(), a().of(&[1; 2000])]),
        (Refusal::TooLarge, vec![files(), a().of(&[1; 900]), file("Files/b").of(&[1; 900])]),
        (Refusal::TooMany, (0..9).map(|index| file(&format!("Files/.wh.{index}"))).collect()),
        (Refusal::Attributes, vec![files(), a().key("MSWINDOWS.fileattr", "0x20")]),
        (Refusal::Attributes, vec![files(), a().key("MSWINDOWS.fileattr", "4294967296")]),
        (Refusal::Attributes, vec![files(), a().key("MSWINDOWS.fileattr", "16")]),
        (Refusal::Attributes, vec![files().key("MSWINDOWS.fileattr", "32")]),
        (Refusal::Time, vec![files(), a().key("mtime", "soon")]),
        (Refusal::Time, vec![files(), a().key("LIBARCHIVE.creationtime", "-11644473601")]),
        (Refusal::Security, vec![files(), a().key("MSWINDOWS.rawsd", "?")]),
        (Refusal::Security, vec![files(), a().key("MSWINDOWS.sd", "O:DA")]),
        (Refusal::Extended, vec![files(), a().key("MSWINDOWS.xattr.A", "?")]),
        (Refusal::Extended, vec![files(), a().key("MSWINDOWS.xattr.", "")]),
        (Refusal::Extended, vec![files(), a().key("MSWINDOWS.xattr.A", "").key("MSWINDOWS.xattr.a", "")]),
        (Refusal::Reparse, vec![files(), raw(Symlink, "Files/a")]),
        (Refusal::Whiteout, vec![file(".wh.Files")]),
        (Refusal::Whiteout, vec![file("Hives/.wh.System_Delta")]),
        (Refusal::Whiteout, vec![files(), file("Files/.wh.")]),
        (Refusal::Whiteout, vec![files(), file("Files/.wh..wh..opq")]),
        (Refusal::WhiteoutInUtility, vec![file("UtilityVM/Files/.wh.a")]),
        (Refusal::Link, vec![files(), raw(Link, "Files/a").to("Hives/System_Delta")]),
        (Refusal::Link, vec![files(), raw(Link, "Files/a").to("Files/b:s")]),
        (Refusal::Link, vec![raw(Directory, "Hives"), raw(Link, "Hives/a").to("Files/b")]),
        (Refusal::LinkToFolder, vec![files(), raw(Directory, "Files/b"), raw(Link, "Files/a").to("Files/b")]),
        (Refusal::LinkToFolder, vec![files(), raw(Link, "Files/a").to("Files/A")]),
        (Refusal::LinkToFolder, vec![files(), raw(Link, "Files/a").to("Files/b"), raw(Link, "Files/b").to("Files/a")]),
        (Refusal::NoTarget, vec![files(), raw(Link, "Files/a").to("Files/b")]),
    ];
    let limits = Limits { file: 1000, total: 1500, entries: 8 };
    for (refusal, entries) in &table {
        let came = tar::read(&tar_of(entries)[..], &Options { limits, ..Options::child() }, nothing);
        let names: Vec<_> = entries.iter().map(|entry| String::from_utf8_lossy(&entry.name)).collect();
        let names = names.join(", ").chars().take(100).collect::<String>();
        assert_eq!(came.as_ref().err().and_then(Error::refusal), Some(*refusal), "{names}: {came:?}");
    }
    // The crate that reads tars refuses such an entry before it is looked at.
    let sparse = tar_of(&[files(), raw(GNUSparse, "Files/a")]);
    assert!(tar::read(&sparse[..], &Options::child(), nothing).is_err());
    let in_base = [file("Files/.wh.a"), file("UtilityVM/Files/.wh.a")];
    for entry in in_base {
        let error = tar::read(&tar_of(&[files(), entry])[..], &Options::base(), nothing).expect_err("it is refused");
        assert_eq!(error.refusal(), Some(Refusal::WhiteoutInBase));
    }
    let never = Refusal::ALL.iter().filter(|refusal| !table.iter().any(|(met, _)| met == *refusal));
    assert_eq!(never.collect::<Vec<_>>(), [&Refusal::WhiteoutInBase]);
}

#[test]
fn what_a_tar_leaves_out_is_what_it_usually_is() {
    let entries = [
        raw(EntryType::Directory, "./Files/"),
        file("Files//a").of(b"a").key("atime", "1600000001.5").key("unknown", "let be"),
        raw(EntryType::Symlink, "Files/link").to("../b/c").key("MSWINDOWS.sd", "O:SYG:SYD:(A;;FA;;;SY)"),
    ];
    let mut layer = read(&tar_of(&entries)).expect("it can be read");
    layer.complete();
    let of = |path: &str| match &layer.items[&LayerPath::new(path)] {
        Item::Blob(blob) => blob.clone(),
        item => panic!("{item:?}"),
    };
    assert_eq!(of(r"Files\a"), blob(ARCHIVE, Times { accessed: moment(15_000_000), ..Times::all(moment(0)) }, b"a"));
    let link = of(r"Files\link");
    let reparse = Link::of(&link.meta.reparse.expect("it is a link"));
    assert_eq!(reparse, Ok(Some(Link { target: r"..\b\c".into(), is_junction: false })));
    assert_eq!(link.meta.security.map(|bytes| bytes.len()), Some(20 + 12 + 12 + 8 + 20));
    let needed = layer.items.keys().map(LayerPath::as_str).filter(|path| path.starts_with("Hives"));
    assert_eq!(needed.count(), 6);
}

#[test]
fn hard_links_come_before_their_files_and_from_parents() {
    let entries = [
        files(),
        raw(EntryType::Link, "Files/1").to("Files/2"),
        raw(EntryType::Link, "Files/2").to("Files/3"),
        file("Files/3").of(b"third"),
        raw(EntryType::Link, "Files/4").to("Files/of parent"),
        raw(EntryType::Link, "Files/5").to("Files/OF PARENT"),
    ];
    let bytes = tar_of(&entries);
    let parent = blob(ARCHIVE, times(1), b"parent");
    let of_parent = |path: &LayerPath| path.as_str().eq_ignore_ascii_case(r"Files\of parent").then(|| parent.clone());
    let layer = tar::read(&bytes[..], &Options::child(), of_parent).expect("it can be read");
    let shown: BTreeMap<&str, String> = layer
        .items
        .iter()
        .map(|(path, item)| {
            (
                path.as_str(),
                match item {
                    Item::Blob(blob) => String::from_utf8_lossy(&blob.data.to_vec()).into_owned(),
                    Item::Link(file) => format!("-> {}", file.as_str()),
                    Item::Hive(..) => "hive".into(),
                },
            )
        })
        .collect();
    let believed = [
        ("Files", ""),
        (r"Files\1", "third"),
        (r"Files\2", r"-> Files\1"),
        (r"Files\3", r"-> Files\1"),
        (r"Files\4", "parent"),
        (r"Files\5", r"-> Files\4"),
    ];
    assert_eq!(shown, believed.map(|(path, text)| (path, text.to_owned())).into());

    // A parent's file is found in its folder on the host.
    let sim = Simulator::builder().start();
    assert!(sim.put_file(r"C:\base\Files\of parent", b"parent"));
    let error = sim.stage_layer(r"C:\transport", &[r"C:\transport"], &bytes[..]).expect_err("no such parent");
    assert_eq!(error.refusal(), Some(Refusal::NoTarget));
    sim.stage_layer(r"C:\transport", &[r"C:\none", r"C:\base"], &bytes[..]).expect("it can be staged");
    let mut again = Vec::new();
    sim.write_layer(r"C:\transport", &mut again).expect("it can be written");
    let again = read(&again).expect("it can be read");
    assert_eq!(again.items[&LayerPath::new(r"Files\5")], Item::Link(LayerPath::new(r"Files\4")));
}

#[test]
fn a_base_layer_is_unpacked() {
    let mut layer = everything();
    layer.tombstones.clear();
    layer.items.retain(|path, _| !path.as_str().starts_with("Hives"));
    for folder in ["EFI", r"EFI\Microsoft", r"EFI\Microsoft\Boot"] {
        put(&mut layer, &format!(r"UtilityVM\Files\{folder}"), Item::Blob(blob(FOLDER, written(1), b"")));
    }
    let bcd = r"UtilityVM\Files\EFI\Microsoft\Boot\BCD";
    put(&mut layer, bcd, Item::Blob(blob(ARCHIVE, written(1), b"boot data")));
    let bytes = written_to_tar(&layer);
    let sim = Simulator::builder().start();
    sim.stage_layer(r"C:\base", &[], &bytes[..]).expect("it can be staged");
    assert_eq!(sim.file(r"C:\base\bcd.bak"), Some(b"boot data".to_vec()));
    assert_eq!(sim.file(r"C:\base\Files\folder\full.txt"), Some(b"content".to_vec()));
    assert_eq!(sim.file_stream(r"C:\base\Files\folder\full.txt", "zone.identifier"), Some(b"[Z]".to_vec()));
    let entries = sim.entries(r"C:\base");
    let of = |path: &str| entries.iter().find(|entry| entry.path == path).expect("it is there");
    assert_eq!(of(r"Files\folder\full.txt").same_as.as_deref(), Some(r"Files\folder\also full.txt"));
    assert_eq!(of(r"Files\folder").meta.times, times(2), "the times of a folder are those of the tar");
    let Item::Blob(full) = &layer.items[&LayerPath::new(r"Files\folder\also full.txt")] else { panic!("it is a file") };
    assert_eq!(of(r"Files\folder\also full.txt").meta, full.meta);
    let mut again = Vec::new();
    sim.write_base_layer(r"C:\base", &mut again).expect("it can be written");
    assert!(again == bytes, "{:#?}", listing(&again, &Options::base()));
}

#[test]
fn a_damaged_transport_folder_is_not_written() {
    let bytes = written_to_tar(&everything());
    let sim = Simulator::builder().start();
    sim.stage_layer(r"C:\transport", &[r"C:\parent"], &bytes[..]).expect("it can be staged");
    let written = |sim: &Simulator| sim.write_layer(r"C:\transport", Vec::new()).map_err(|error| error.to_string());
    assert_eq!(written(&sim), Ok(()));
    let file = r"C:\transport\Files\folder.txt";
    let blob = sim.file(file).expect("it is there");
    assert!(sim.put_file(file, &blob[..blob.len() - 1]));
    assert_eq!(written(&sim), Err(r"Files\folder.txt: the bytes end within a stream".into()));
    // A sparse alternate stream, which tars cannot carry.
    let name: Vec<u8> = ":s:$DATA".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let header = [4_u32, 8, 0, 0, 16].map(u32::to_le_bytes).concat();
    assert!(sim.put_file(file, &[&blob[..], &header, &name].concat()));
    assert_eq!(written(&sim), Err("Files/folder.txt: it is sparse".into()));
    assert!(sim.put_file(file, &blob));
    assert!(sim.put_file(r"C:\transport\tombstones.txt", b"\xEF\xBB\xBFVersion 1.0\n\\nowhere\\gone\n"));
    assert_eq!(written(&sim), Err("nowhere/gone: its folder does not come before it".into()));
    assert!(sim.put_file(r"C:\transport\tombstones.txt", b"Version 1.0\n"));
    assert_eq!(written(&sim), Err("tombstones.txt: the list of tombstones does not begin as one".into()));
    assert!(sim.remove_file(r"C:\transport\tombstones.txt"));
    // Clients of the older interface take the list out: nothing is deleted then.
    assert_eq!(written(&sim), Ok(()));
}

#[test]
fn a_cut_tar_is_refused_wherever_it_is_cut() {
    let mut layer = bare();
    layer.items.retain(|path, _| !path.as_str().starts_with("Hives"));
    let mut full = blob(ARCHIVE, times(1), &[7; 700]);
    full.meta.streams = vec![("s".into(), Data::from(&b"stream"[..]))];
    put(&mut layer, r"Files\a", Item::Blob(full));
    let bytes = written_to_tar(&layer);
    let whole = bytes.len() - 1024;
    for length in (0..whole).step_by(7) {
        match read(&bytes[..length]) {
            Err(error) => assert!(matches!(error.reason, Reason::Io(_)), "{length}: {error}"),
            // Between two entries a tar may end.
            Ok(cut) => assert!(cut.items != layer.items || length + 512 > whole, "{length} of {whole}"),
        }
    }
    assert_eq!(read(&bytes[..whole]).map(|layer| layer.items).ok(), Some(layer.items));
}

#[test]
fn names_and_keys_without_end_are_not_read() {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    header.set_size(1 << 40);
    header.set_cksum();
    let endless = std::io::Read::chain(&header.as_bytes()[..], std::io::repeat(b'a'));
    let error = tar::read(endless, &Options::child(), nothing).expect_err("it is refused");
    assert!(error.to_string().contains("longer than is read"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_layer_goes_to_a_tar_and_back(layer in any_layer()) {
        let bytes = written_to_tar(&layer);
        let again = read(&bytes).expect("it can be read");
        prop_assert!(again.items == layer.items);
        let gone = |layer: &Transport| layer.tombstones.iter().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(gone(&again), gone(&layer));
        prop_assert!(written_to_tar(&again) == bytes);
        let sim = Simulator::builder().start();
        sim.stage_layer(r"C:\transport", &[r"C:\parent"], &bytes[..]).expect("it can be staged");
        let mut staged = Vec::new();
        sim.write_layer(r"C:\transport", &mut staged).expect("it can be written");
        prop_assert!(staged == bytes, "{:#?}\n{:#?}", listing(&staged, &Options::child()), listing(&bytes, &Options::child()));
    }

    #[test]
    fn a_spoilt_tar_is_another_layer_or_refused(layer in any_layer(), at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..4)) {
        let mut spoilt = written_to_tar(&layer);
        let at = at.index(spoilt.len());
        for (offset, byte) in bytes.into_iter().enumerate() {
            if let Some(place) = spoilt.get_mut(at + offset) {
                *place = byte;
            }
        }
        if let Ok(other) = read(&spoilt)
            && let Err(error) = tar::write(&other, &mut Vec::new())
        {
            prop_assert!(error.refusal().is_some(), "{}", error);
        }
    }

    #[test]
    fn any_bytes_are_a_tar_or_not(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        _ = tar::entries(&bytes[..], &Options::child(), |path, found: Found| _ = tar::line(&path, &found));
    }
}
