//! Blobs of layers: bytes against the documented layout, each kind of damage by name, any entry there and back, any bytes.

use std::sync::Arc;

use hcs_machine::files::{Data, Extended, Meta, Reparse, Times};
use hcs_machine::layer::backup::Streams;
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::reparse::{self, Link};
use hcs_machine::layer::{extended, tombstone};
use hcs_rules::file::attribute::{ARCHIVE, FOLDER, REPARSE_POINT, SPARSE};
use hcs_rules::transport::{Damage, about, reparse as tag};
use proptest::prelude::*;

/// One stream as the documentation of `WIN32_STREAM_ID` lays it out.
fn stream(id: u32, attributes: u32, name: &str, body: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = Vec::new();
    bytes.extend(id.to_le_bytes());
    bytes.extend(attributes.to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend((name.len() as u32).to_le_bytes());
    bytes.extend(name);
    bytes.extend(body);
    bytes
}

/// A block of a sparse stream.
fn block(offset: u64, bytes: &[u8]) -> Vec<u8> {
    stream(9, 8, "", &[&offset.to_le_bytes(), bytes].concat())
}

fn blob(attributes: u32, streams: &[Vec<u8>]) -> Data {
    Data::from(&[&attributes.to_le_bytes()[..], &streams.concat()].concat()[..])
}

fn read(blob: &Data) -> Result<Blob, Damage> {
    Blob::read(blob, Times::default())
}

fn one(name: &str, flags: u8, value: &[u8]) -> Extended {
    Extended { name: name.into(), flags, value: value.into() }
}

#[test]
fn a_blob_lies_as_documented() {
    let meta = Meta {
        attributes: ARCHIVE,
        security: Some(Arc::from(*b"descriptor")),
        extended: [one("$A", 0x80, b"12345"), one("BC", 0, b"")].into(),
        streams: vec![("One".into(), Data::default()), ("two".into(), Data::from(&b"2"[..]))],
        ..Meta::default()
    };
    let of = Blob { data: Data::from(&b"content"[..]), meta };
    let attributes = [&[16, 0, 0, 0, 0x80, 2, 5, 0][..], b"$A\x0012345", &[0, 0, 0, 0, 0, 2, 0, 0], b"BC\0"].concat();
    let believed = blob(
        ARCHIVE,
        &[
            stream(3, 0, "", b"descriptor"),
            stream(2, 0, "", &attributes),
            stream(1, 0, "", b"content"),
            stream(4, 0, ":One:$DATA", b""),
            stream(4, 0, ":two:$DATA", b"2"),
        ],
    );
    assert_eq!(of.write().map(|blob| blob.to_vec()), Ok(believed.to_vec()));
    assert_eq!(read(&believed), Ok(of.clone()));
    // The order of the streams is free.
    let order = [
        stream(1, 0, "", b"content"),
        stream(4, 0, ":two:$DATA", b"2"),
        stream(2, 0, "", &attributes),
        stream(3, 2, "", b"descriptor"),
        stream(5, 0, "", b"a link"),
        stream(7, 0, "", b"an id"),
        stream(4, 0, ":One:$DATA", b""),
    ];
    assert_eq!(read(&blob(ARCHIVE, &order)), Ok(of));
}

#[test]
fn folders_and_links_have_no_bytes() {
    let of = |attributes, reparse| Blob { meta: Meta { attributes, reparse, ..Meta::default() }, ..Blob::default() };
    let written = |of: &Blob| of.write().expect("it can be").to_vec();
    assert_eq!(written(&of(FOLDER, None)), FOLDER.to_le_bytes());
    let link = Link { target: r"C:\a".into(), is_junction: true }.reparse().expect("it can be");
    let buffer = reparse::write(&link).expect("it can be");
    let junction = of(FOLDER | REPARSE_POINT, Some(link));
    assert_eq!(written(&junction), blob(FOLDER | REPARSE_POINT, &[stream(8, 0, "", &buffer)]).to_vec());
    assert_eq!(written(&of(ARCHIVE, None)), blob(ARCHIVE, &[stream(1, 0, "", b"")]).to_vec());
    // An empty file of which there is no stream at all is the same.
    assert_eq!(read(&blob(ARCHIVE, &[])), Ok(of(ARCHIVE, None)));
}

/// The four forms in which go-winio has met sparse files.
#[test]
fn sparse_files_come_in_four_forms() {
    let sparse = |data: Data| Blob { data, meta: Meta { attributes: SPARSE, ..Meta::default() } };
    let empty = sparse(Data::default());
    assert_eq!(read(&blob(SPARSE, &[stream(1, 8, "", b"")])), Ok(empty.clone()));
    assert_eq!(read(&blob(SPARSE, &[stream(1, 8, "", b""), block(0, b"")])), Ok(empty));
    let hole = sparse(Data::zeros(1 << 40));
    assert_eq!(read(&blob(SPARSE, &[stream(1, 8, "", b""), block(1 << 40, b"")])), Ok(hole.clone()));
    assert_eq!(read(&blob(SPARSE, &[stream(1, 8, "", b"abc")])), Ok(sparse(Data::from(&b"abc"[..]))));
    let mut two = Data::zeros(0x5_0000);
    two.write(0x1_0000, b"one");
    two.write(0x3_0000, b"two");
    let blocks = [stream(1, 8, "", b""), block(0x1_0000, b"one"), block(0x3_0000, b"two"), block(0x5_0000, b"")];
    assert_eq!(read(&blob(SPARSE, &blocks)), Ok(sparse(two.clone())));
    for of in [hole, sparse(two)] {
        let blob = of.write().expect("it can be");
        assert_eq!(read(&blob), Ok(of));
        assert!(blob.len() < 0x1_0000, "holes are not written");
    }
}

#[test]
fn every_kind_of_damage_has_a_name() {
    let size_over = [&stream(1, 0, "", b"")[..8], &u64::MAX.to_le_bytes(), &[0; 4]].concat();
    let named = |bytes: &[u8]| [&stream(4, 0, "", b"")[..16], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let surrogate = named(b":\0\x00\xD8:\0$\0D\0A\0T\0A\0");
    let link = stream(8, 0, "", &[&tag::SYMLINK.to_le_bytes()[..], &[0; 4]].concat());
    let sparse = stream(1, 8, "", b"");
    let table: &[(Damage, Vec<Vec<u8>>)] = &[
        (Damage::Cut, vec![stream(1, 0, "", b"abc")[..22].to_vec()]),
        (Damage::Cut, vec![stream(1, 0, "", b"abc"), vec![1]]),
        (Damage::Cut, vec![size_over]),
        (Damage::UnknownStream, vec![stream(0, 0, "", b"")]),
        (Damage::UnknownStream, vec![stream(11, 0, "", b"")]),
        (Damage::BadName, vec![stream(1, 0, ":a:$DATA", b"")]),
        (Damage::BadName, vec![stream(4, 0, "", b"")]),
        (Damage::BadName, vec![stream(4, 0, ":a", b"")]),
        (Damage::BadName, vec![stream(4, 0, ":a:b:$DATA", b"")]),
        (Damage::BadName, vec![stream(4, 0, &format!(":{}:$DATA", "a".repeat(256)), b"")]),
        (Damage::BadName, vec![named(b":\0a")]),
        (Damage::BadName, vec![surrogate]),
        (Damage::Doubled, vec![stream(1, 0, "", b""), stream(1, 0, "", b"")]),
        (Damage::Doubled, vec![stream(2, 0, "", b""), stream(2, 0, "", b"")]),
        (Damage::Doubled, vec![stream(3, 0, "", b""), stream(3, 0, "", b"")]),
        (Damage::Doubled, vec![link.clone(), link]),
        (Damage::Doubled, vec![stream(4, 0, ":a:$DATA", b""), stream(4, 0, ":A:$DATA", b"")]),
        (Damage::BadExtended, vec![stream(2, 0, "", b"abc")]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 1, 0, 0, 0xFF, 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 0, 0, 0, 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 1, 0, 0, b'a', 1])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[8, 0, 0, 0, 0, 1, 0, 0, b'a', 0, 0, 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 1, 0, 0, b'a', 0, 0, 0, 0, 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &vec![0; 100_000])]),
        (Damage::BadSecurity, vec![stream(3, 0, "", &vec![0; 300_000])]),
        (Damage::BadReparse, vec![stream(8, 0, "", b"abc")]),
        (Damage::BadReparse, vec![stream(8, 0, "", &[0x0C, 0, 0, 0xA0, 1, 0, 0, 0])]),
        (Damage::BadReparse, vec![stream(8, 0, "", &[1, 0, 0, 0, 0, 0, 0, 0])]),
        (Damage::BadReparse, vec![stream(8, 0, "", &vec![0; 17_000])]),
        (Damage::LooseBlock, vec![block(0, b"a")]),
        (Damage::LooseBlock, vec![stream(1, 0, "", b""), block(0, b"a")]),
        (Damage::LooseBlock, vec![sparse.clone(), block(9, b""), block(10, b"")]),
        (Damage::BadBlocks, vec![sparse.clone(), block(9, b"a")]),
        (Damage::BadBlocks, vec![sparse.clone(), block(9, b"a"), stream(3, 0, "", b"")]),
        (Damage::BadBlocks, vec![sparse.clone(), block(9, b"a"), block(9, b"a")]),
        (Damage::BadBlocks, vec![sparse.clone(), block(u64::MAX, b"a")]),
        (Damage::BadBlocks, vec![sparse, stream(9, 8, "", b"abc")]),
    ];
    for (damage, streams) in table {
        assert_eq!(read(&blob(0, streams)), Err(*damage), "{}: {streams:02X?}", about(*damage));
    }
    assert_eq!(read(&Data::from(&b"abc"[..])), Err(Damage::NoAttributes));
    let none = Damage::ALL.iter().filter(|damage| !table.iter().any(|(other, _)| other == *damage));
    let none: Vec<Damage> = none.copied().collect();
    assert_eq!(none, [Damage::NoAttributes, Damage::BadTombstones, Damage::BadTombstone]);
}

#[test]
fn links_lead_where_they_say() {
    for (target, followed, flags) in [
        (r"C:\a", r"\??\C:\a", 0),
        (r"\\?\Volume{1}\a", r"\??\Volume{1}\a", 0),
        (r"\\server\share", r"\??\UNC\server\share", 0),
        (r"..\ä\𐐨", r"..\ä\𐐨", 1),
        (r"\rooted", r"\rooted", 1),
    ] {
        for is_junction in [false, true] {
            let link = Link { target: target.into(), is_junction };
            let of = link.reparse().expect("it can be");
            assert_eq!(Link::of(&of), Ok(Some(link)));
            assert_eq!(of.tag, if is_junction { 0xA000_0003 } else { 0xA000_000C });
            let fields = if is_junction { 8 } else { 12 };
            let size = usize::from(u16::from_le_bytes([of.data[2], of.data[3]]));
            let units = of.data[fields..fields + size].as_chunks::<2>().0;
            let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
            assert_eq!(String::from_utf16_lossy(&units), followed);
            assert!(is_junction || of.data[8..12] == u32::to_le_bytes(flags));
        }
    }
    for target in ["", "a\0b", &"a".repeat(9_000)] {
        assert_eq!(Link { target: target.into(), is_junction: false }.reparse(), Err(Damage::BadReparse));
    }
    let other = Reparse { tag: 0x8000_0018, data: Arc::from(*b"kept by a filter") };
    assert_eq!(Link::of(&other), Ok(None));
    let short = Reparse { tag: tag::SYMLINK, data: Arc::from(*b"short") };
    assert_eq!(Link::of(&short), Err(Damage::BadReparse));
}

#[test]
fn what_no_file_has_is_not_written() {
    let written = |meta: Meta| Blob { meta, ..Blob::default() }.write().map(|_| ());
    let named = |name: &str| Meta { streams: vec![(name.into(), Data::default())], ..Meta::default() };
    let extended = |name: &str, size| Meta { extended: [one(name, 0, &vec![0; size])].into(), ..Meta::default() };
    let security = Some(vec![0; 300_000].into());
    let reparse = |tag, size| Some(Reparse { tag, data: vec![0; size].into() });
    for (meta, damage) in [
        (named("a:b"), Damage::BadName),
        (named(""), Damage::BadName),
        (extended("a", 70_000), Damage::BadExtended),
        (extended("", 0), Damage::BadExtended),
        (Meta { security, ..Meta::default() }, Damage::BadSecurity),
        (Meta { reparse: reparse(tag::SYMLINK, 17_000), ..Meta::default() }, Damage::BadReparse),
        (Meta { reparse: reparse(1, 15), ..Meta::default() }, Damage::BadReparse),
    ] {
        assert_eq!(written(meta), Err(damage));
    }
}

#[test]
fn tombstones_are_lines_behind_a_version() {
    let mut list = b"\xEF\xBB\xBFVersion 1.0\n\\a\n\\b\\\xC3\xA4\n".to_vec();
    let paths = ["a", r"b\ä"];
    assert_eq!(tombstone::write(paths), list);
    assert_eq!(tombstone::read(&list), Ok(paths.map(str::to_owned).to_vec()));
    assert_eq!(tombstone::read(b"\xEF\xBB\xBFVersion 1.0"), Ok(Vec::new()));
    assert_eq!(tombstone::read(b"\xEF\xBB\xBFVersion 1.0\r\n\\a\r\n"), Ok(vec!["a".into()]));
    for start in [&b""[..], b"Version 1.0\n", b"\xEF\xBB\xBFVersion 2.0\n", b"\xEF\xBB\xBFVersion 1.0\n\\\xFF\n"] {
        assert_eq!(tombstone::read(start), Err(Damage::BadTombstones), "{start:?}");
    }
    for line in ["a", "", r"\", r"\a\", r"\a\..\..\b", r"\\a", r"\."] {
        list.truncate(b"\xEF\xBB\xBFVersion 1.0\n".len());
        list.extend(line.as_bytes());
        list.push(b'\n');
        assert_eq!(tombstone::read(&list), Err(Damage::BadTombstone), "{line:?}");
    }
}

fn any_data() -> impl Strategy<Value = Data> {
    let pieces = prop::collection::vec((0_u64..40_000, prop::collection::vec(0_u8..3, 0..200)), 0..4);
    (pieces, 0_u64..100).prop_map(|(pieces, more)| {
        let mut data = Data::default();
        pieces.iter().for_each(|(at, bytes)| data.write(*at, bytes));
        data.append(&Data::zeros(more));
        data
    })
}

fn any_extended() -> impl Strategy<Value = Arc<[Extended]>> {
    let any = ("[$A-Za-z._ ä-]{1,20}", any::<u8>(), prop::collection::vec(any::<u8>(), 0..30));
    prop::collection::vec(any, 0..4).prop_map(|all| {
        let mut extended = Vec::new();
        for (name, flags, value) in all {
            // A name that is there already is left out.
            _ = extended::add(&mut extended, one(&name, flags, &value));
        }
        extended.into()
    })
}

fn any_reparse() -> impl Strategy<Value = Reparse> {
    let link = ("[A-Za-zä𐐨.\\\\:?]{1,40}", any::<bool>());
    let link = link.prop_map(|(target, is_junction)| Link { target, is_junction }.reparse().expect("it can be"));
    let other = (any::<u32>(), prop::collection::vec(any::<u8>(), 16..100));
    prop_oneof![link, other.prop_map(|(tag, data)| Reparse { tag, data: data.into() })]
}

fn any_blob() -> impl Strategy<Value = Blob> {
    let streams = prop::collection::btree_map("[a-zä𐐨. ]{1,12}", any_data(), 0..4);
    let security = prop::option::of(prop::collection::vec(any::<u8>(), 0..100));
    let attributes = prop_oneof![Just(ARCHIVE), Just(FOLDER), Just(ARCHIVE | SPARSE), any::<u32>()];
    let rest = (any_extended(), prop::option::of(any_reparse()), any_data(), streams);
    (attributes, security, rest).prop_map(|(attributes, security, (extended, reparse, data, streams))| {
        let security = security.map(Arc::from);
        // Names compare folded.
        let mut streams: Vec<(Arc<str>, Data)> = streams.into_iter().map(|(name, data)| (name.into(), data)).collect();
        streams.sort_by_key(|(name, _)| hcs_machine::files::path::FoldedName::of(name));
        Blob { data, meta: Meta { attributes, security, extended, reparse, streams, ..Meta::default() } }
    })
}

proptest! {
    #[test]
    fn any_blob_is_what_it_was_written_from(of in any_blob()) {
        let blob = of.write().expect("a file can have it");
        let again = read(&blob);
        prop_assert_eq!(again.as_ref(), Ok(&of));
        prop_assert_eq!(again.and_then(|again| again.write()), Ok(blob));
    }

    #[test]
    fn a_damaged_blob_is_another_or_damage(of in any_blob(), at in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<prop::sample::Index>()) {
        let mut bytes = of.write().expect("a file can have it").to_vec();
        bytes.truncate(cut.index(bytes.len() + 1).max(1));
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(other) = read(&Data::from(&bytes[..])) {
            prop_assert_eq!(other.write().and_then(|blob| read(&blob)), Ok(other));
        }
    }

    #[test]
    fn any_bytes_are_streams_or_damage(bytes in prop::collection::vec(prop_oneof![3 => Just(0_u8), 2 => 0_u8..12, 1 => any::<u8>()], 0..300)) {
        let data = Data::from(&bytes[..]);
        let streams: Vec<_> = Streams::from(&data, 0).collect();
        prop_assert!(streams.iter().rev().skip(1).all(Result::is_ok), "nothing comes after damage");
        if let Ok(of) = read(&data) {
            prop_assert_eq!(of.write().and_then(|blob| read(&blob)), Ok(of));
        }
        if let Ok(paths) = tombstone::read(&bytes) {
            prop_assert_eq!(tombstone::read(&tombstone::write(paths.iter().map(String::as_str))), Ok(paths));
        }
    }

    #[test]
    fn any_lines_are_tombstones_or_damage(lines in "(\\\\?[a.ä\\\\\r]{0,5}\n){0,4}") {
        let list = format!("\u{FEFF}Version 1.0\n{lines}");
        if let Ok(paths) = tombstone::read(list.as_bytes()) {
            prop_assert_eq!(tombstone::read(&tombstone::write(paths.iter().map(String::as_str))), Ok(paths));
        }
    }
}
