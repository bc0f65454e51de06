//! Blobs of layers: bytes against the documented layout, each kind of damage by name, any entry there and back, any bytes.

use hcs_machine::files::Data;
use hcs_machine::layer::backup::{StreamName, Streams};
use hcs_machine::layer::entry::{Content, Entry};
use hcs_machine::layer::extended::{ExtendedAttribute, ExtendedAttributes};
use hcs_machine::layer::reparse::{Link, Reparse};
use hcs_machine::layer::tombstone;
use hcs_rules::transport::{Damage, about, reparse};
use proptest::prelude::*;

const FOLDER: u32 = 0x10;
const ARCHIVE: u32 = 0x20;

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

fn data(bytes: &[u8]) -> Content {
    Content::from(Data::from(bytes))
}

fn name(name: &str) -> StreamName {
    StreamName::new(name).expect("a stream can have this name")
}

fn extended(all: &[(&str, u8, &[u8])]) -> ExtendedAttributes {
    let mut attributes = ExtendedAttributes::default();
    for (name, flags, value) in all {
        let one = ExtendedAttribute::new(name, *flags, value).expect("it can be");
        attributes.add(one).expect("there is room");
    }
    attributes
}

#[test]
fn a_blob_lies_as_documented() {
    let mut entry = Entry { attributes: ARCHIVE, security: Some(Box::from(*b"descriptor")), ..Entry::default() };
    entry.extended = extended(&[("$A", 0x80, b"12345"), ("BC", 0, b"")]);
    entry.content = data(b"content");
    entry.alternates.add(name("two"), data(b"2")).expect("there is none");
    entry.alternates.add(name("One"), data(b"")).expect("there is none");
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
    assert_eq!(entry.write().to_vec(), believed.to_vec());
    assert_eq!(Entry::read(&believed), Ok(entry));
}

#[test]
fn folders_and_links_have_no_bytes() {
    let folder = Entry { attributes: FOLDER, ..Entry::default() };
    assert_eq!(folder.write().to_vec(), FOLDER.to_le_bytes());
    let link = Link { target: r"C:\a".into(), is_junction: true };
    let reparse = link.reparse().expect("it can be");
    let link = Entry { attributes: FOLDER | 0x400, reparse: Some(reparse.clone()), ..Entry::default() };
    assert_eq!(link.write().to_vec(), blob(FOLDER | 0x400, &[stream(8, 0, "", &reparse.write())]).to_vec());
    let file = Entry { attributes: ARCHIVE, ..Entry::default() };
    assert_eq!(file.write().to_vec(), blob(ARCHIVE, &[stream(1, 0, "", b"")]).to_vec());
    // An empty file of which there is no stream at all is the same.
    assert_eq!(Entry::read(&blob(ARCHIVE, &[])), Ok(file));
}

/// The four forms in which go-winio has met sparse files.
#[test]
fn sparse_files_come_in_four_forms() {
    let sparse = |data: Data| Entry { content: Content { data, is_sparse: true }, ..Entry::default() };
    let empty = sparse(Data::default());
    assert_eq!(Entry::read(&blob(0, &[stream(1, 8, "", b"")])), Ok(empty.clone()));
    assert_eq!(Entry::read(&blob(0, &[stream(1, 8, "", b""), block(0, b"")])), Ok(empty));
    let hole = sparse(Data::zeros(1 << 40));
    assert_eq!(Entry::read(&blob(0, &[stream(1, 8, "", b""), block(1 << 40, b"")])), Ok(hole.clone()));
    assert_eq!(Entry::read(&blob(0, &[stream(1, 8, "", b"abc")])), Ok(sparse(Data::from(&b"abc"[..]))));
    let mut two = Data::zeros(0x5_0000);
    two.write(0x1_0000, b"one");
    two.write(0x3_0000, b"two");
    let blocks = [stream(1, 8, "", b""), block(0x1_0000, b"one"), block(0x3_0000, b"two"), block(0x5_0000, b"")];
    assert_eq!(Entry::read(&blob(0, &blocks)), Ok(sparse(two.clone())));
    for entry in [hole, sparse(two)] {
        assert_eq!(Entry::read(&entry.write()), Ok(entry.clone()));
        assert!(entry.write().len() < 0x1_0000, "holes are not written");
    }
}

#[test]
fn every_kind_of_damage_has_a_name() {
    let size_over = [&stream(1, 0, "", b"")[..8], &u64::MAX.to_le_bytes(), &[0; 4]].concat();
    let named = |bytes: &[u8]| [&stream(4, 0, "", b"")[..16], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let surrogate = named(b":\0\x00\xD8:\0$\0D\0A\0T\0A\0");
    let reparse = stream(8, 0, "", &[&reparse::SYMLINK.to_le_bytes()[..], &[0; 4]].concat());
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
        (Damage::Doubled, vec![reparse.clone(), reparse]),
        (Damage::Doubled, vec![stream(4, 0, ":a:$DATA", b""), stream(4, 0, ":A:$DATA", b"")]),
        (Damage::BadExtended, vec![stream(2, 0, "", b"abc")]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 1, 0, 0, b'=', 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 1, 0, 0, b'a', 1])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[8, 0, 0, 0, 0, 1, 0, 0, b'a', 0, 0, 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &[0, 0, 0, 0, 0, 1, 0, 0, b'a', 0, 0, 0, 0, 0])]),
        (Damage::BadExtended, vec![stream(2, 0, "", &vec![0; 65_537])]),
        (Damage::BadSecurity, vec![stream(3, 0, "", &vec![0; 140_000])]),
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
        assert_eq!(Entry::read(&blob(0, streams)), Err(*damage), "{}: {streams:02X?}", about(*damage));
    }
    assert_eq!(Entry::read(&Data::from(&b"abc"[..])), Err(Damage::NoAttributes));
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
            assert_eq!(of.link(), Ok(Some(link)));
            assert_eq!(of.tag(), if is_junction { 0xA000_0003 } else { 0xA000_000C });
            let fields = if is_junction { 8 } else { 12 };
            let size = usize::from(u16::from_le_bytes([of.data()[2], of.data()[3]]));
            let units = of.data()[fields..fields + size].as_chunks::<2>().0;
            let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
            assert_eq!(String::from_utf16_lossy(&units), followed);
            assert!(is_junction || of.data()[8..12] == u32::to_le_bytes(flags));
        }
    }
    for target in ["", "a\0b", &"a".repeat(9_000)] {
        assert_eq!(Link { target: target.into(), is_junction: false }.reparse(), Err(Damage::BadReparse));
    }
    let other = Reparse::new(0x8000_0018, b"kept by a filter").expect("it can be");
    assert_eq!(other.link(), Ok(None));
    assert_eq!(Reparse::new(reparse::SYMLINK, b"short").and_then(|of| of.link()), Err(Damage::BadReparse));
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

fn any_content() -> impl Strategy<Value = Content> {
    let pieces = prop::collection::vec((0_u64..40_000, prop::collection::vec(0_u8..3, 0..200)), 0..4);
    (pieces, any::<bool>(), 0_u64..100).prop_map(|(pieces, is_sparse, more)| {
        let mut data = Data::default();
        pieces.iter().for_each(|(at, bytes)| data.write(*at, bytes));
        data.append(&Data::zeros(more));
        Content { data, is_sparse }
    })
}

fn any_extended() -> impl Strategy<Value = ExtendedAttributes> {
    let one = ("[$A-Za-z._ -]{1,20}", any::<u8>(), prop::collection::vec(any::<u8>(), 0..30));
    prop::collection::vec(one, 0..4).prop_map(|all| {
        let mut attributes = ExtendedAttributes::default();
        for (name, flags, value) in all {
            // A name that is there already is left out.
            _ = ExtendedAttribute::new(&name, flags, &value).and_then(|one| attributes.add(one));
        }
        attributes
    })
}

fn any_reparse() -> impl Strategy<Value = Reparse> {
    let link = ("[A-Za-zä𐐨.\\\\:?]{1,40}", any::<bool>());
    let link = link.prop_map(|(target, is_junction)| Link { target, is_junction }.reparse().expect("it can be"));
    let other = (any::<u32>(), prop::collection::vec(any::<u8>(), 16..100));
    prop_oneof![link, other.prop_map(|(tag, data)| Reparse::new(tag, &data).expect("it can be"))]
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let streams = prop::collection::vec(("[A-Za-zä𐐨. ]{1,12}", any_content()), 0..4);
    let security = prop::option::of(prop::collection::vec(any::<u8>(), 0..100));
    let rest = (any_extended(), prop::option::of(any_reparse()), any_content(), streams);
    (any::<u32>(), security, rest).prop_map(|(attributes, security, (extended, reparse, content, streams))| {
        let security = security.map(Vec::into_boxed_slice);
        let mut entry = Entry { attributes, security, extended, reparse, content, ..Entry::default() };
        for (stream, content) in streams {
            _ = entry.alternates.add(name(&stream), content);
        }
        entry
    })
}

proptest! {
    #[test]
    fn any_entry_is_what_its_blob_says(entry in any_entry()) {
        let blob = entry.write();
        let again = Entry::read(&blob);
        prop_assert_eq!(again.as_ref(), Ok(&entry));
        prop_assert_eq!(again.map(|again| again.write()), Ok(blob));
    }

    #[test]
    fn a_damaged_blob_is_another_entry_or_damage(entry in any_entry(), at in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<prop::sample::Index>()) {
        let mut bytes = entry.write().to_vec();
        bytes.truncate(cut.index(bytes.len() + 1).max(1));
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(other) = Entry::read(&Data::from(&bytes[..])) {
            prop_assert_eq!(Entry::read(&other.write()), Ok(other));
        }
    }

    #[test]
    fn any_bytes_are_streams_or_damage(bytes in prop::collection::vec(prop_oneof![3 => Just(0_u8), 2 => 0_u8..12, 1 => any::<u8>()], 0..300)) {
        let data = Data::from(&bytes[..]);
        let streams: Vec<_> = Streams::from(&data, 0).collect();
        prop_assert!(streams.iter().rev().skip(1).all(Result::is_ok), "nothing comes after damage");
        if let Ok(entry) = Entry::read(&data) {
            prop_assert_eq!(Entry::read(&entry.write()), Ok(entry));
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
