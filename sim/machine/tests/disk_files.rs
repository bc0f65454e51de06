//! The files of virtual disks, held against the description of their format: what is written is checked against tables of
//! this file, damage is done to every byte, and changes are compared with a plain list of what was asked for.

use hcs_machine::disk::vhd;
use hcs_machine::disk::vhdx::{self, Form, Image, Parent, Shape, Unwritable};
use hcs_machine::files::Data;
use hcs_machine::state_file::vmgs;
use hcs_rules::disk::Damage;
use hcs_rules::disk::vhdx::LAYOUTS;
use proptest::prelude::*;
use uuid::Uuid;

const MEGABYTE: u64 = 1 << 20;

/// The disk that HCS makes for a layer: blocks of one megabyte.
fn shape() -> Shape {
    Shape {
        size: 20 << 30,
        block: 1 << 20,
        logical_sector: 512,
        physical_sector: 4096,
        id: Uuid::from_u128(1),
        file_write: Uuid::from_u128(2),
        data_write: Uuid::from_u128(3),
        fixed: false,
        parent: None,
    }
}

fn parent() -> Parent {
    Parent {
        linkage: Uuid::from_u128(4),
        relative: Some(r".\blank-base.vhdx".to_owned()),
        volume: Some(r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}\layer\blank-base.vhdx".to_owned()),
        absolute: Some(r"C:\layer\blank-base.vhdx".to_owned()),
    }
}

fn file_of(shape: &Shape) -> Data {
    shape.create().expect("the shape is a disk's")
}

fn image_of(data: &Data) -> Image {
    vhdx::read(data).expect("the file is sound")
}

/// Where a field begins, and how many bytes it has.
type Place = (usize, usize);

/// Where the fields of each structure lie, from the specification: names are those of the layouts.
const PLACES: &[(&str, usize, &[Place])] = &[
    ("file type identifier", 520, &[(0, 8), (8, 512)]),
    (
        "disk header",
        4096,
        &[(0, 4), (4, 4), (8, 8), (16, 16), (32, 16), (48, 16), (64, 2), (66, 2), (68, 4), (72, 8), (80, 4016)],
    ),
    ("region table", 16, &[(0, 4), (4, 4), (8, 4), (12, 4)]),
    ("region table entry", 32, &[(0, 16), (16, 8), (24, 4), (28, 4)]),
    ("metadata table", 32, &[(0, 8), (8, 2), (10, 2), (12, 20)]),
    ("metadata table entry", 32, &[(0, 16), (16, 4), (20, 4), (24, 4), (28, 4)]),
    ("file parameters", 8, &[(0, 4), (4, 4)]),
    ("parent locator", 20, &[(0, 16), (16, 2), (18, 2)]),
    ("parent locator entry", 12, &[(0, 4), (4, 4), (8, 2), (10, 2)]),
];

#[test]
fn the_layouts_are_those_of_the_specification() {
    let ours = LAYOUTS.iter().map(|layout| {
        let places = layout.fields.iter().map(|field| (field.at, field.size)).collect();
        (layout.name, layout.size, places)
    });
    let ours: Vec<(&str, usize, Vec<Place>)> = ours.collect();
    let described: Vec<_> = PLACES.iter().map(|(name, size, places)| (*name, *size, places.to_vec())).collect();
    assert_eq!(ours, described);
}

#[test]
fn a_new_file_holds_what_the_specification_says() {
    let data = file_of(&shape());
    let expected: &[(u64, &[u8])] = &[
        (0, b"vhdxfile"),
        // Both headers: signature; their sequence numbers; version 1; a log of one megabyte behind the first.
        (0x1_0000, b"head"),
        (0x1_0008, &[1, 0, 0, 0, 0, 0, 0, 0]),
        (0x1_0040, &[0, 0, 1, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0, 0, 0, 0, 0]),
        (0x2_0000, b"head"),
        (0x2_0008, &[2, 0, 0, 0, 0, 0, 0, 0]),
        // Both tables of regions: two entries, the first that of the block allocation table.
        (0x3_0000, b"regi"),
        (0x3_0008, &[2, 0, 0, 0]),
        (0x3_0010, &[0x66, 0x77, 0xC2, 0x2D, 0x23, 0xF6, 0x00, 0x42, 0x9D, 0x64, 0x11, 0x5E, 0x9B, 0xFD, 0x4A, 0x08]),
        (0x3_0020, &[0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0]),
        (0x3_0030, &[0x06, 0xA2, 0x7C, 0x8B, 0x90, 0x47, 0x9A, 0x4B, 0xB8, 0xFE, 0x57, 0x5F, 0x05, 0x0F, 0x88, 0x6E]),
        (0x4_0000, b"regi"),
        (0x20_0000, b"metadata\0\0\x05\0"),
        // The items: block size and flags, disk size, id, sectors.
        (0x21_0000, &[0, 0, 0x10, 0, 0, 0, 0, 0]),
        (0x21_0008, &[0, 0, 0, 0, 5, 0, 0, 0]),
        (0x21_0010, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        (0x21_0020, &[0, 2, 0, 0, 0, 0x10, 0, 0]),
    ];
    for (at, bytes) in expected {
        assert_eq!(data.read(*at, bytes.len()), *bytes, "at {at:#x}");
    }
    // The ids of the items, in their order.
    let ids = [
        "caa16737-fa36-4d43-b3b6-33f0aa44e76b",
        "2fa54224-cd1b-4876-b211-5dbed83bf4b8",
        "beca12ab-b2e6-4523-93ef-c309e000c746",
        "8141bf1d-a96f-4709-ba47-f233a8faab5f",
        "cda348c7-445d-4471-9cc9-e9885251c556",
    ];
    for (at, id) in (0x20_0020..).step_by(32).zip(ids) {
        let bytes: [u8; 16] = data.read(at, 16).try_into().expect("sixteen bytes");
        assert_eq!(Uuid::from_bytes_le(bytes).to_string(), id);
    }
    assert_eq!(data.len(), 4 * MEGABYTE, "headers, log, metadata, and a table of 20,482 entries");
}

#[test]
fn the_table_is_as_long_as_the_disk_needs() {
    // Blocks of 1 MB: 4,096 to a bitmap. A disk of 64 TB has 67,108,864 blocks and 16,383 bitmaps between them; a child has
    // one behind each chunk.
    let entries = |size: u64, block: u32, parent: Option<Parent>| {
        let shape = Shape { size, block, parent, ..shape() };
        shape.length() - 3 * MEGABYTE
    };
    assert_eq!(entries(64 << 40, 1 << 20, None), (8_u64 * (67_108_864 + 16_383)).next_multiple_of(MEGABYTE));
    assert_eq!(entries(64 << 40, 1 << 20, Some(parent())), 8 * (67_108_864 + 16_384_u64).next_multiple_of(131_072));
    assert_eq!(entries(1 << 40, 32 << 20, None), MEGABYTE);
}

#[test]
fn a_fixed_disk_has_every_block() {
    let shape = Shape { size: 5 * MEGABYTE + 512, fixed: true, ..shape() };
    let data = file_of(&shape);
    assert_eq!(data.len(), 10 * MEGABYTE);
    let image = image_of(&data);
    assert_eq!((image.form, image.blocks.all, image.blocks.present), (Form::Fixed, 6, 6));
    assert_eq!(data.read(0x30_0000, 16), [6, 0, 0x40, 0, 0, 0, 0, 0, 6, 0, 0x50, 0, 0, 0, 0, 0]);
}

/// What a reader makes of one changed byte.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Detected,
    Harmless,
    /// Another plausible disk.
    Other,
}

/// Which header was read does not matter: both say the same.
fn without_slot(mut image: Image) -> Image {
    (image.slot, image.sequence) = (0, 0);
    image
}

fn verdict(data: &Data, at: u64, change: u8, sound: &Image) -> Verdict {
    let byte = data.read(at, 1)[0];
    let mut torn = data.clone();
    torn.write(at, &[byte ^ change]);
    match vhdx::read(&torn) {
        Err(_) => Verdict::Detected,
        Ok(image) if without_slot(image.clone()) == *sound => Verdict::Harmless,
        Ok(_) => Verdict::Other,
    }
}

#[test]
fn a_changed_byte_of_headers_and_regions_is_detected_or_harmless() {
    for shape in [shape(), Shape { parent: Some(parent()), ..shape() }] {
        let data = file_of(&shape);
        let sound = without_slot(image_of(&data));
        let expect = |range: std::ops::Range<u64>, change: u8, believed: Verdict| {
            for at in range {
                assert_eq!(verdict(&data, at, change, &sound), believed, "at {at:#x}");
            }
        };
        for change in [1, 0x80, 0xFF] {
            expect(0..8, change, Verdict::Detected);
            // One header, one table of regions may be lost.
            for at in [0x1_0000, 0x2_0000, 0x3_0000, 0x4_0000] {
                expect(at..at + 0x50, change, Verdict::Harmless);
            }
        }
        // Who made the file; the room behind it.
        expect(8..0x300, 1, Verdict::Harmless);
        for at in [0x1_0000, 0x2_0000, 0x3_0000, 0x4_0000] {
            expect(at + 0x50..at + 0x1000, 1, Verdict::Harmless);
        }
    }
}

#[test]
fn a_changed_byte_is_detected_when_there_is_no_second_copy() {
    let mut data = file_of(&shape());
    // The second header and the second table of regions are gone.
    data.write(0x2_0000, b"HEAD");
    data.write(0x4_0000, b"REGI");
    let sound = without_slot(image_of(&data));
    for at in (0x1_0000..0x1_1000).chain(0x3_0000..0x4_0000) {
        assert_eq!(verdict(&data, at, 0x10, &sound), Verdict::Detected, "at {at:#x}");
    }
}

#[test]
fn a_changed_byte_of_metadata_is_detected_or_harmless_or_another_value() {
    let shape = Shape { parent: Some(parent()), ..shape() };
    let data = file_of(&shape);
    let sound = without_slot(image_of(&data));
    // Of the table: the entries of six items, behind 32 bytes. Reserved bytes do not matter, nor does which of an item's
    // flags says whose it is, while it is not the user's.
    let table = 0x20_0000_u64;
    for at in table..table + 0x1000 {
        for bit in 0..8 {
            let within = at - table;
            let field = within.wrapping_sub(32) % 32;
            let harmless = match within {
                0..8 | 10..12 => false,
                8..10 | 12..32 => true,
                32..224 => field >= 28 || field == 24 && matches!(bit, 1 | 2),
                _ => true,
            };
            let came = verdict(&data, at, 1 << bit, &sound);
            // An item may be said to lie elsewhere, or to be shorter; then another value is read, or the rest of one.
            let moved = (32..224).contains(&within) && (16..24).contains(&field);
            let believed = if harmless { Verdict::Harmless } else { Verdict::Detected };
            assert!(came == believed || moved, "at {at:#x} bit {bit}: {came:?}");
        }
    }
    // Of the items: block size and flags, size, id, sectors, and behind them the locator.
    let items = 0x21_0000;
    let locator = 0x22_0000;
    let length = data.read(table + 32 + 5 * 32 + 20, 4);
    let length = u64::from(u32::from_le_bytes(length.try_into().expect("four bytes")));
    let plausible: [std::ops::Range<u64>; 3] =
        [items..items + 4, items + 8..items + 32, locator + 20 + 4 * 12..locator + length];
    for at in (items..items + 40).chain(locator..locator + length) {
        for bit in 0..8 {
            let came = verdict(&data, at, 1 << bit, &sound);
            let may_be_other = plausible.iter().any(|range| range.contains(&at));
            // The offset or length of a text may take in more of its neighbours.
            let text = (locator + 20..locator + 20 + 4 * 12).contains(&at);
            // A disk with a parent keeps its blocks or not: a flag that says nothing.
            let leave = at == items + 4 && bit == 0;
            let reserved = (locator + 16..locator + 18).contains(&at);
            let fine = match came {
                Verdict::Detected => true,
                Verdict::Harmless => leave || reserved,
                Verdict::Other => may_be_other || text,
            };
            assert!(fine, "at {at:#x} bit {bit}: {came:?}");
        }
    }
}

#[test]
fn a_changed_byte_of_a_full_table_is_detected_or_says_that_a_block_is_not_there() {
    let data = file_of(&Shape { size: 16 * MEGABYTE, fixed: true, ..shape() });
    let sound = without_slot(image_of(&data));
    for at in 0x30_0000..0x30_0000 + 16 * 8 {
        for change in 1..=255 {
            let state = at % 8 == 0 && change & !7 == 0 && matches!(6 ^ change, 0..=3);
            let believed = if state { Verdict::Other } else { Verdict::Detected };
            assert_eq!(verdict(&data, at, change, &sound), believed, "at {at:#x}, {change:#x}");
        }
    }
}

#[test]
fn files_that_are_no_disks_are_refused_by_name() {
    let fresh = || file_of(&shape());
    let changed = |at: u64, bytes: &[u8]| {
        let mut data = fresh();
        data.write(at, bytes);
        data
    };
    let cut = |length: usize| Data::from(&fresh().read(0, length)[..]);
    let both = |field: u64, bytes: &[u8]| {
        let mut data = fresh();
        for at in [0x1_0000_u64, 0x2_0000] {
            data.write(at + field, bytes);
            data.write(at + 4, &[0; 4]);
            let sum = crc32c::crc32c(&data.read(at, 4096));
            data.write(at + 4, &sum.to_le_bytes());
        }
        data
    };
    let table: Vec<(&str, Data, Damage)> = vec![
        ("nothing", Data::default(), Damage::NoSignature),
        ("text", Data::from(&b"not a disk"[..]), Damage::NoSignature),
        ("only the signature", cut(8), Damage::Short),
        ("without headers", cut(0x1_0000), Damage::Short),
        ("without regions", cut(0x20_0000), Damage::BadRegions),
        ("without its table", cut(0x30_0000), Damage::BadRegions),
        ("version 2", both(66, &[2, 0]), Damage::NewerVersion),
        ("a log that waits", both(48, &[1]), Damage::LogPending),
        ("no item", changed(0x20_000A, &[0, 0]), Damage::BadItem),
        ("too many items", changed(0x20_000A, &[0xFF, 0xFF]), Damage::BadMetadata),
        ("a user's item", changed(0x20_0038, &[7]), Damage::UnknownItem),
        ("an odd block", changed(0x21_0000, &[0, 0, 0x30, 0]), Damage::BadItem),
        ("no size", changed(0x21_0008, &[0; 8]), Damage::BadItem),
        ("128 TB", changed(0x21_0008, &[0, 0, 0, 0, 0, 0x80, 0, 0]), Damage::BadItem),
        ("a block in the header", changed(0x30_0000, &[6, 0, 0, 0, 0, 0, 0, 0]), Damage::BadTable),
        ("a block behind the end", changed(0x30_0000, &[6, 0, 0x40, 0, 0, 0, 0, 0]), Damage::BadTable),
        ("a bitmap without a parent", changed(0x30_0000 + 4096 * 8, &[6, 0, 0x30, 0]), Damage::BadTable),
    ];
    for (about, data, damage) in table {
        assert_eq!(vhdx::read(&data), Err(damage), "{about}");
    }
}

#[test]
fn fixed_disks_of_the_first_kind_are_read() {
    // Guest state lies in one.
    let data = vmgs::empty_image(0, Uuid::from_u128(5));
    let fixed = vhd::read(&data).expect("a fixed disk");
    assert_eq!((fixed.size, fixed.id), (4 * MEGABYTE, Uuid::from_u128(5)));
    assert_eq!(vhd::read(&Data::default()), Err(Damage::NoSignature));
    assert_eq!(vhd::read(&file_of(&shape())), Err(Damage::NoSignature));
    let footer = data.len() - 512;
    let mut torn = data.clone();
    torn.write(footer + 40, &[1]);
    assert_eq!(vhd::read(&torn), Err(Damage::BadFooter));
}

#[test]
fn a_table_that_becomes_too_short_moves() {
    let mut data = file_of(&Shape { size: 1 << 30, ..shape() });
    image_of(&data).resize(&mut data, 1 << 40).expect("it grows");
    let image = image_of(&data);
    assert_eq!((image.size, image.blocks.all), (1 << 40, 1 << 20));
    assert_eq!(data.len(), 4 * MEGABYTE + 9 * MEGABYTE, "1,048,831 entries");
}

#[test]
fn a_text_that_no_path_can_be_is_not_written() {
    let long = Parent { absolute: Some("x".repeat(32_768)), ..parent() };
    assert_eq!(Shape { parent: Some(long.clone()), ..shape() }.create(), Err(Unwritable::Locator));
    let mut data = file_of(&Shape { parent: Some(parent()), ..shape() });
    assert_eq!(image_of(&data).set_parent(&mut data, &long), Err(Unwritable::Locator));
    let mut alone = file_of(&shape());
    assert_eq!(image_of(&alone).set_parent(&mut alone, &parent()), Err(Unwritable::Locator), "it has none");
}

fn any_parent() -> impl Strategy<Value = Parent> {
    let path = || proptest::option::of("[A-Za-zäö𐐨\\\\ .]{1,40}");
    (any::<u128>(), path(), path(), "[A-Z]:\\\\[a-zß]{1,300}").prop_map(|(linkage, relative, volume, absolute)| {
        Parent { linkage: Uuid::from_u128(linkage), relative, volume, absolute: Some(absolute) }
    })
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let sector = || prop_oneof![Just(512_u32), Just(4096)];
    let sizes = (1_u64..1 << 20, 0_u32..9, sector(), sector());
    (sizes, any::<[u128; 3]>(), any::<bool>(), proptest::option::of(any_parent())).prop_map(
        |((sectors, block, logical_sector, physical_sector), ids, fixed, parent)| Shape {
            size: sectors * u64::from(logical_sector),
            block: 1 << (20 + block),
            logical_sector,
            physical_sector,
            id: Uuid::from_u128(ids[0]),
            file_write: Uuid::from_u128(ids[1]),
            data_write: Uuid::from_u128(ids[2]),
            fixed: fixed && parent.is_none(),
            parent,
        },
    )
}

/// A change of a disk.
#[derive(Clone, Debug)]
enum Change {
    Stamp(u128, Option<u128>),
    Id(u128),
    Sector(u32),
    Parent(Parent),
    Size(u64),
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<u128>(), any::<Option<u128>>()).prop_map(|(file, data)| Change::Stamp(file, data)),
        any::<u128>().prop_map(Change::Id),
        prop_oneof![Just(512_u32), Just(4096)].prop_map(Change::Sector),
        any_parent().prop_map(Change::Parent),
        (1_u64..1 << 22).prop_map(Change::Size),
    ]
}

/// What was asked for is what is read.
fn check(data: &Data, shape: &Shape) -> Result<(), TestCaseError> {
    let image = vhdx::read(data).map_err(|damage| TestCaseError::fail(format!("{damage:?}")))?;
    let form = match (&shape.parent, shape.fixed) {
        (Some(_), _) => Form::Differencing,
        (None, true) => Form::Fixed,
        (None, false) => Form::Dynamic,
    };
    prop_assert_eq!((image.size, image.block, image.id), (shape.size, shape.block, shape.id));
    prop_assert_eq!((image.logical_sector, image.physical_sector), (shape.logical_sector, shape.physical_sector));
    prop_assert_eq!((image.file_write, image.data_write), (shape.file_write, shape.data_write));
    prop_assert_eq!((image.form, &image.parent), (form, &shape.parent));
    let blocks = shape.size.div_ceil(shape.block.into());
    prop_assert_eq!((image.blocks.all, image.blocks.present), (blocks, if shape.fixed { blocks } else { 0 }));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(shape in any_shape(), changes in prop::collection::vec(any_change(), 0..6)) {
        let mut data = file_of(&shape);
        prop_assert_eq!(data.len(), shape.length());
        check(&data, &shape)?;
        let mut now = shape;
        for change in changes {
            let image = image_of(&data);
            match change {
                Change::Stamp(file, content) => {
                    image.stamp(&mut data, Uuid::from_u128(file), content.map(Uuid::from_u128));
                    now.file_write = Uuid::from_u128(file);
                    now.data_write = content.map_or(now.data_write, Uuid::from_u128);
                }
                Change::Id(id) => {
                    image.set_id(&mut data, Uuid::from_u128(id));
                    now.id = Uuid::from_u128(id);
                }
                Change::Sector(size) => {
                    image.set_physical_sector(&mut data, size);
                    now.physical_sector = size;
                }
                Change::Parent(parent) => {
                    let done = image.set_parent(&mut data, &parent);
                    prop_assert_eq!(done.is_ok(), now.parent.is_some());
                    now.parent = now.parent.map(|_| parent);
                }
                Change::Size(sectors) => {
                    let size = sectors * u64::from(now.logical_sector);
                    let length = image.length_for(&data, size);
                    image.resize(&mut data, size).expect("no block is lost");
                    prop_assert_eq!(data.len(), length);
                    now.size = size;
                }
            }
            check(&data, &now)?;
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        at in 0_u64..5 << 20,
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        cut in 0_usize..5 << 20,
        shape in any_shape(),
    ) {
        let mut data = file_of(&Shape { size: shape.size.min(64 << 20), ..shape });
        data.write(at, &bytes);
        let _ = vhdx::read(&data);
        let _ = vhd::read(&data);
        let _ = vhdx::read(&Data::from(&data.read(0, cut)[..]));
    }
}
