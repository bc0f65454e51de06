//! State files, held against the description of their formats: what is written is checked byte by byte against tables of
//! this file, damage is done to every byte, and changes are broken off at every write.

use hcs_machine::files::Data;
use hcs_machine::state_file::vmrs::Value;
use hcs_machine::state_file::{Write, saved, vmgs, vmrs};
use hcs_rules::state_file::{Damage, LAYOUTS, Layout, guest, guest_header, storage_header};
use proptest::prelude::*;
use uuid::Uuid;

fn image() -> Data {
    vmgs::empty_image(0, Uuid::nil())
}

fn applied(data: &Data, writes: &[Write]) -> Data {
    let mut data = data.clone();
    writes.iter().for_each(|write| write.apply(&mut data));
    data
}

/// Where a field begins, and how many bytes it has.
type Place = (usize, usize);

/// Where the fields of each structure lie, from the description of the formats: names are those of the layouts.
const PLACES: &[(&str, usize, &[Place])] = &[
    (
        "fixed disk footer",
        512,
        &[
            (0, 8),
            (8, 4),
            (12, 4),
            (16, 8),
            (24, 4),
            (28, 4),
            (32, 4),
            (36, 4),
            (40, 8),
            (48, 8),
            (56, 4),
            (60, 4),
            (64, 4),
            (68, 16),
            (84, 1),
            (85, 427),
        ],
    ),
    (
        "guest state header",
        168,
        &[(0, 8), (8, 4), (12, 4), (16, 4), (20, 4), (24, 4), (28, 4), (32, 2), (34, 2), (36, 64), (100, 64), (164, 4)],
    ),
    ("metadata key", 64, &[(0, 12), (12, 4), (16, 16), (32, 32)]),
    ("file table entry", 64, &[(0, 4), (4, 4), (8, 8), (16, 12), (28, 16), (44, 4), (48, 16)]),
    ("extended file table entry", 64, &[(0, 4), (4, 32), (36, 28)]),
    ("storage header", 46, &[(0, 4), (4, 4), (8, 2), (10, 4), (14, 4), (18, 4), (22, 4), (26, 8), (34, 8), (42, 4)]),
    ("object table", 8, &[(0, 4), (4, 4)]),
    ("object table entry", 18, &[(0, 1), (1, 4), (5, 8), (13, 4), (17, 1)]),
    ("key table", 10, &[(0, 2), (2, 2), (4, 2), (6, 4)]),
    ("key table entry", 21, &[(0, 1), (1, 1), (2, 4), (6, 2), (8, 4), (12, 4), (16, 4), (20, 1)]),
    ("file object reference", 12, &[(0, 4), (4, 8)]),
    ("replay log header", 34, &[(0, 4), (4, 4), (8, 4), (12, 4), (16, 18)]),
];

#[test]
fn the_layouts_are_those_of_the_description() {
    let ours: Vec<(&str, usize, Vec<Place>)> = LAYOUTS
        .iter()
        .map(|layout: &&Layout| {
            (layout.name, layout.size, layout.fields.iter().map(|field| (field.at, field.size)).collect())
        })
        .collect();
    let described: Vec<_> = PLACES.iter().map(|(name, size, places)| (*name, *size, places.to_vec())).collect();
    assert_eq!(ours, described);
}

/// What lies where in a fresh image: everything else is zeros.
const FRESH: &[(usize, &[u8])] = &[
    // The first header.
    (0, b"GUESTRTS"),
    (8, &[0, 0, 3, 0]),
    (12, &0x6D2E_ED28_u32.to_le_bytes()),
    (16, &[1, 0, 0, 0]),
    (20, &[168, 0, 0, 0]),
    (24, &[2, 0, 0, 0]),
    (28, &[1, 0, 0, 0]),
    // Block 2: the file table, with entries for itself and for the extended table in block 3.
    (8192, &[2, 0, 0, 0]),
    (8196, &[1, 0, 0, 0]),
    (8200, &[0, 16, 0, 0, 0, 0, 0, 0]),
    (8192 + 63 * 64, &[3, 0, 0, 0]),
    (8192 + 63 * 64 + 4, &[1, 0, 0, 0]),
    (8192 + 63 * 64 + 8, &[0, 16, 0, 0, 0, 0, 0, 0]),
    // The footer.
    (0x40_0000, b"conectix"),
    (0x40_0008, &[0, 0, 0, 2]),
    (0x40_000C, &[0, 1, 0, 0]),
    (0x40_0010, &[0xFF; 8]),
    (0x40_001C, b"win "),
    (0x40_0020, &[0, 10, 0, 0]),
    (0x40_0024, b"Wi2k"),
    (0x40_0028, &[0, 0, 0, 0, 0, 0x40, 0, 0]),
    (0x40_0030, &[0, 0, 0, 0, 0, 0x40, 0, 0]),
    (0x40_0038, &[0, 120, 4, 17]),
    (0x40_003C, &[0, 0, 0, 2]),
];

#[test]
fn a_fresh_guest_state_is_what_the_description_says() {
    let came = image().to_vec();
    assert_eq!(came.len(), 4_194_816, "4 MB and a footer");
    let mut believed = vec![0_u8; came.len()];
    for (at, bytes) in FRESH {
        believed[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    // One's complement of the sum of the footer's other bytes.
    let sum: u32 = believed[0x40_0000..].iter().map(|byte| u32::from(*byte)).sum();
    believed[0x40_0040..0x40_0044].copy_from_slice(&(!sum).to_be_bytes());
    let differing: Vec<usize> = (0..came.len()).filter(|at| came[*at] != believed[*at]).collect();
    assert_eq!(differing, Vec::<usize>::new());
    let state = vmgs::read(&image()).expect("it is sound");
    assert_eq!((state.slot, state.other, state.sequence, state.version), (0, vmgs::Other::Blank, 1, 0x3_0000));
    assert_eq!((state.encrypted, state.markers, state.table_offset), (false, 0, 2));
}

/// Every file of an image, by its number.
fn files(data: &Data) -> Result<Vec<Option<Vec<u8>>>, Damage> {
    let state = vmgs::read(data)?;
    // The table's own entry says where the table lies, which every change moves.
    (1..guest::EXTENDED_TABLE + 1).map(|file| state.file(data, file)).collect()
}

/// An image to which three files were written, one of them twice.
fn filled() -> Data {
    let mut data = image();
    for (file, bytes) in [(1, &b"variables"[..]), (3, &[7; 9000]), (1, b"variables, longer"), (7, b"id")] {
        let writes = vmgs::read(&data).map(|state| state.write(&data, file, bytes)).expect("it is sound");
        data = applied(&data, &writes.expect("there is room"));
    }
    data
}

#[test]
fn a_file_that_is_written_is_read() {
    let data = filled();
    let state = vmgs::read(&data).expect("it is sound");
    assert_eq!((state.slot, state.other, state.sequence), (0, vmgs::Other::Before, 5));
    let read = |file| state.file(&data, file).expect("nothing is encrypted");
    assert_eq!(read(1).as_deref(), Some(&b"variables, longer"[..]));
    assert_eq!(read(3), Some(vec![7; 9000]));
    assert_eq!(read(7).as_deref(), Some(&b"id"[..]));
    assert_eq!(read(2), None);
    use vmgs::Unwritable::{Full, NoSuchFile};
    for (file, size, refused) in [(0, 1, NoSuchFile), (63, 1, NoSuchFile), (99, 1, NoSuchFile), (2, 4 << 20, Full)] {
        assert_eq!(state.write(&data, file, &vec![0; size]), Err(refused));
    }
}

#[test]
fn the_shortest_free_run_that_is_long_enough_is_taken() {
    // Blocks 2 and 3 are the fresh tables; file 1 takes 4, its table 5; file 3 takes 6 to 8, its table 9.
    let mut data = image();
    let mut places = Vec::new();
    for (file, blocks) in [(1, 1), (3, 3), (1, 2), (5, 1), (6, 1)] {
        let state = vmgs::read(&data).expect("it is sound");
        data = applied(&data, &state.write(&data, file, &vec![1; blocks * guest::BLOCK]).expect("there is room"));
        let state = vmgs::read(&data).expect("it is sound");
        places.push((state.entry(file).expect("it was written").offset, state.table_offset));
    }
    // What the state before needs is not taken: block 2 is free after two changes, 4 and 9 after four.
    assert_eq!(places, [(4, 5), (6, 9), (10, 2), (5, 12), (4, 9)]);
}

/// What a byte is made into: each bit flipped, and all.
const SPOILT: [u8; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 255];

#[test]
fn damage_to_any_byte_of_a_fresh_image_is_noticed_or_harms_nothing() {
    let data = image();
    let whole = files(&data);
    let mut noticed = 0;
    let headers = 0..1024_u64;
    let table = 8192..12_288_u64;
    let footer = 0x40_0000..0x40_0200_u64;
    for at in headers.chain(table).chain(footer) {
        let byte = data.read(at, 1)[0];
        for mask in SPOILT {
            let mut spoilt = data.clone();
            spoilt.write(at, &[byte ^ mask]);
            match files(&spoilt) {
                Err(_) => noticed += 1,
                came => assert_eq!(came, whole, "byte {at} with {mask:#x}"),
            }
        }
    }
    assert!(noticed > 168 * 9 + 512 * 9 + 62 * 64 * 9, "only {noticed} were noticed");
}

#[test]
fn damage_to_a_header_leaves_the_state_before() {
    let data = filled();
    let (now, mut before) = (files(&data), files(&data).expect("it is sound"));
    before[6] = None;
    for at in 0..1024_u64 {
        let byte = data.read(at, 1)[0];
        for mask in SPOILT {
            let mut spoilt = data.clone();
            spoilt.write(at, &[byte ^ mask]);
            let came = files(&spoilt);
            // The first header is the newer one, and only its 168 bytes count.
            let believed = if at < 168 { Ok(before.clone()) } else { now.clone() };
            assert_eq!(came, believed, "byte {at} with {mask:#x}");
            if (512..680).contains(&at) {
                let other = vmgs::read(&spoilt).expect("one header is sound").other;
                assert_eq!(other, vmgs::Other::Damaged, "byte {at} with {mask:#x}");
            }
        }
    }
}

/// The format has no checksum over its file table. What remains is that a file's own place and length can be changed into
/// other plausible ones; it then reads other bytes that belong to no file, and every other file reads as before.
#[test]
fn damage_to_a_table_with_files_is_noticed_or_stays_with_its_file() {
    let data = filled();
    let state = vmgs::read(&data).expect("it is sound");
    let whole = files(&data).expect("it is sound");
    let table = u64::from(state.table_offset) * guest::BLOCK as u64;
    for place in 0..guest::BLOCK as u64 {
        let (entry, within) = ((place / 64) as usize, place % 64);
        let byte = data.read(table + place, 1)[0];
        for mask in SPOILT {
            let mut spoilt = data.clone();
            spoilt.write(table + place, &[byte ^ mask]);
            let Ok(came) = files(&spoilt) else { continue };
            for file in (1..=guest::EXTENDED_TABLE).filter(|file| came[file - 1] != whole[file - 1]) {
                assert_eq!(file, entry, "byte {place} of the table is another file's");
                assert!(within < 4 || (8..16).contains(&within), "byte {within} of an entry decides alone");
                let now = vmgs::read(&spoilt).expect("it was read").entry(file).expect("it is there");
                let end = now.offset + now.allocated;
                let taken = (1..guest::FILES).filter(|other| *other != file).filter_map(|other| state.entry(other));
                let mut taken = taken.chain(state.entry(0));
                assert!(taken.all(|other| other.offset >= end || other.offset + other.allocated <= now.offset));
            }
        }
    }
}

#[test]
fn a_change_that_is_broken_off_leaves_the_old_state() {
    let mut data = image();
    for (file, bytes) in [(1, &b"first"[..]), (1, &[9; 5000]), (2, b"second"), (1, b"third")] {
        let before = files(&data).expect("it is sound");
        let state = vmgs::read(&data).expect("it is sound");
        let writes = state.write(&data, file, bytes).expect("there is room");
        for (index, write) in writes.iter().enumerate() {
            let done = applied(&data, &writes[..index]);
            let is_header = index + 1 == writes.len();
            let step = if is_header { 1 } else { 512 };
            // A write that is broken off has put a part of its bytes.
            for length in (0..write.bytes.len()).step_by(step) {
                let mut torn = done.clone();
                torn.write(write.at, &write.bytes[..length]);
                let came = files(&torn);
                // The header's last bytes are zeros, and on zeros.
                let complete = torn.read(write.at, 168) == write.bytes[..168];
                if !(is_header && complete) {
                    assert_eq!(came.as_ref(), Ok(&before), "write {index}, {length} bytes");
                }
            }
        }
        data = applied(&data, &writes);
        assert_eq!(files(&data).expect("it is sound")[file - 1].as_deref(), Some(bytes));
    }
}

#[test]
fn an_image_that_is_broken_off_while_it_is_made_is_none() {
    let writes = vmgs::empty(0, Uuid::nil());
    for count in 0..writes.len() {
        let came = vmgs::read(&applied(&Data::default(), &writes[..count]));
        assert!(matches!(came, Err(Damage::Short | Damage::Blank)), "{count} writes: {came:?}");
    }
}

/// An image with a header that says something else, and is sealed anew.
fn resealed(data: &Data, slot: u64, layout: &Layout, name: &str, value: &[u8]) -> Data {
    let field = |name: &str| *layout.fields.iter().find(|field| field.name == name).expect("there is such a field");
    let mut header = data.read(slot, layout.size);
    let place = field(name);
    header[place.at..place.at + place.size].copy_from_slice(value);
    let checksum = field("checksum");
    header[checksum.at..checksum.at + 4].fill(0);
    let seal = crc32(&header);
    header[checksum.at..checksum.at + 4].copy_from_slice(&seal.to_le_bytes());
    let mut data = data.clone();
    data.write(slot, &header);
    data
}

/// CRC-32 bit by bit: another way than the machine's.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[test]
fn readers_say_what_is_wrong() {
    let layout = &guest_header::LAYOUT;
    let fresh = image();
    let put = |at: u64, bytes: &[u8]| {
        let mut data = fresh.clone();
        data.write(at, bytes);
        data
    };
    let with = |name: &str, value: &[u8]| resealed(&fresh, 0, layout, name, value);
    let two = |sequence: u32| {
        let mut data = fresh.clone();
        data.write(512, &fresh.read(0, 168));
        resealed(&data, 512, layout, "sequence", &sequence.to_le_bytes())
    };
    let table: Vec<(&str, Data, Damage)> = vec![
        ("nothing", Data::default(), Damage::Short),
        ("too short", Data::zeros(16_000), Damage::Short),
        ("zeros", Data::zeros(4_194_816), Damage::NoFooter),
        ("another file", Data::from(&vec![b'x'; 40_960][..]), Damage::NoFooter),
        ("a footer with another byte", put(0x40_0040, &[1]), Damage::BadFooter),
        ("no header", put(0, &[0; 168]), Damage::Blank),
        ("another signature", put(0, b"OTHER"), Damage::NoSignature),
        ("the first version", put(512, b"EFI PART"), Damage::FirstVersion),
        ("a byte of the header", put(100, &[1]), Damage::BadHeaders),
        ("a newer version", with("version", &[0, 0, 4, 0]), Damage::NewerVersion),
        ("an older version", with("version", &[0, 0, 1, 0]), Damage::OlderVersion),
        ("another size", with("header size", &[167, 0, 0, 0]), Damage::BadHeaders),
        ("a table beyond the end", with("file table offset, blocks", &[0, 4, 0, 0]), Damage::BadHeaders),
        ("a table where the headers are", with("file table offset, blocks", &[1, 0, 0, 0]), Damage::BadHeaders),
        ("two headers of one number", two(1), Damage::SplitHeaders),
        ("two headers far apart", two(7), Damage::SplitHeaders),
        ("an entry beyond the end", put(8192 + 64, &[0, 4, 0, 0, 1]), Damage::BadTable),
        ("an entry over another", put(8192 + 64, &[3, 0, 0, 0, 1]), Damage::BadTable),
    ];
    for (what, data, damage) in table {
        assert_eq!(vmgs::read(&data).expect_err(what), damage, "{what}");
    }
    let newer = vmgs::read(&two(2)).expect("the numbers follow");
    assert_eq!((newer.slot, newer.other, newer.sequence), (1, vmgs::Other::Before, 2));
    let sealed = with("encryption algorithm", &[1, 0]);
    let state = vmgs::read(&sealed).expect("the tables are there");
    assert!(state.encrypted);
    assert_eq!(state.file(&sealed, 1), Err(Damage::Encrypted));
}

#[test]
fn sequence_numbers_go_round() {
    let mut data = resealed(&image(), 0, &guest_header::LAYOUT, "sequence", &u32::MAX.to_le_bytes());
    for (file, number) in [(1, 0), (2, 1)] {
        let state = vmgs::read(&data).expect("it is sound");
        data = applied(&data, &state.write(&data, file, b"x").expect("there is room"));
        assert_eq!(vmgs::read(&data).expect("it is sound").sequence, number);
    }
}

// -- Runtime state.

/// Values of every kind, one of them long, in several folders.
fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("/one/integer", Value::Integer(-7)),
        ("/one/two/unsigned", Value::Unsigned(u64::MAX)),
        ("/one/two/double", Value::Double(1.5_f64.to_bits())),
        ("/yes", Value::Boolean(true)),
        ("/one/text", Value::String("größe 𐐨".to_owned())),
        ("/one/none", Value::String(String::new())),
        ("/short", Value::Array(vec![1; 2047])),
        ("/long", Value::Array((0..5000_u32).map(|number| number as u8).collect())),
        ("/longtext", Value::String("x".repeat(1500))),
        ("/one/two/three/last", Value::Array(Vec::new())),
    ]
}

#[test]
fn a_store_reads_what_was_written() {
    let data = vmrs::store_image(&values());
    let state = vmrs::read(&data).expect("it is sound");
    assert_eq!((state.slot, state.other_is_sound, state.sequence), (1, true, 2));
    let believed = values().into_iter().map(|(path, value)| (path.to_owned(), value)).collect();
    assert_eq!(state.values, believed);
}

#[test]
fn an_empty_runtime_state_is_what_the_description_says() {
    let data = applied(&Data::default(), &saved::empty());
    let bytes = data.to_vec();
    assert_eq!(bytes.len(), 5 * 4096, "two headers, an object table, a key table, a replay log");
    let number =
        |at: usize, size: usize| bytes[at..at + size].iter().rev().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    // The headers: signature, format version, alignment, log offset, log size, log header size; different numbers.
    for at in [0, 4096] {
        let fields =
            [(0, 4), (10, 4), (22, 4), (26, 8), (34, 8), (42, 4)].map(|(place, size)| number(at + place, size));
        assert_eq!(fields, [0x0128_2014, 0x0400, 4096, 4 * 4096, 4096, 34]);
        let mut header = bytes[at..at + 46].to_vec();
        header[4..8].fill(0);
        assert_eq!(number(at + 4, 4), u64::from(crc32(&header)));
    }
    assert_ne!(number(8, 2), number(4096 + 8, 2), "sequences differ");
    // The object table: signature, entries that fill it, one for the key table.
    assert_eq!((number(8192, 4), number(8196, 4)), (0x0111_0001, (4096 - 8) / 18));
    assert_eq!((number(8200, 1), number(8205, 8), number(8213, 4)), (2, 3 * 4096, 4096));
    assert!(bytes[8218..3 * 4096].iter().all(|byte| *byte == 0), "no other object");
    // The key table: signature, index from 1, one entry that says that all is free.
    let at = 3 * 4096;
    assert_eq!((number(at, 2), number(at + 2, 2)), (2, 1));
    assert_eq!((number(at + 10, 1), number(at + 12, 4)), (1, 4096 - 10));
    // The replay log: signature, room for entries.
    let at = 4 * 4096;
    assert_eq!(number(at, 4), 0x0111_0003);
    assert!(number(at + 12, 4) > 0);
    assert_eq!(saved::read(&data), Err(Damage::NoState));
}

#[test]
fn damage_to_any_byte_of_a_saved_state_is_noticed_or_harms_nothing() {
    let data = applied(&Data::default(), &saved::write("vm", 262_144));
    let whole = saved::read(&data).expect("it is sound");
    let mut noticed = 0;
    for at in 0..data.len() {
        let byte = data.read(at, 1)[0];
        for mask in [1, 255] {
            let mut spoilt = data.clone();
            spoilt.write(at, &[byte ^ mask]);
            match saved::read(&spoilt) {
                Err(_) => noticed += 1,
                Ok(came) => assert_eq!(came, whole, "byte {at} with {mask:#x}"),
            }
        }
    }
    assert!(noticed > 2 * 500, "only {noticed} were noticed");
}

#[test]
fn a_save_that_is_broken_off_is_no_saved_state() {
    let writes = saved::write("vm", 1);
    let whole = saved::read(&applied(&Data::default(), &writes));
    assert!(whole.is_ok());
    for (index, write) in writes.iter().enumerate() {
        let done = applied(&Data::default(), &writes[..index]);
        for length in 0..write.bytes.len().min(64) {
            let mut torn = done.clone();
            torn.write(write.at, &write.bytes[..length]);
            let came = saved::read(&torn);
            // The headers come last: with one of them, the state is whole.
            let second_is_whole = torn.read(4096, 46) == writes[writes.len() - 2].bytes[..46];
            let is_whole = index + 2 >= writes.len() && second_is_whole;
            if is_whole {
                assert_eq!(came, whole, "write {index}, {length} bytes");
            } else {
                assert!(came.is_err(), "write {index}, {length} bytes");
            }
        }
    }
}

#[test]
fn readers_of_stores_say_what_is_wrong() {
    let layout = &storage_header::LAYOUT;
    let data = applied(&Data::default(), &saved::write("vm", 1));
    let both = |name: &str, value: &[u8]| {
        let first = resealed(&data, 0, layout, name, value);
        resealed(&first, 4096, layout, name, value)
    };
    let put = |at: u64, bytes: &[u8]| {
        let mut data = data.clone();
        data.write(at, bytes);
        data
    };
    let store = |version: i64| {
        vmrs::store_image(&[
            ("/savedstate/VmVersion", Value::Integer(version)),
            ("/configuration/properties/version", Value::Integer(version)),
            ("/savedstate/savedVM/partition_state", Value::Array(vec![0; 8])),
            ("/savedstate/RamMemoryBlock0", Value::Array(vec![0; 48])),
        ])
    };
    let log = data.len() - 4096;
    let mut blank = data.clone();
    blank.write(0, &[0; 8192]);
    let table: Vec<(&str, Data, Damage)> = vec![
        ("nothing", Data::default(), Damage::Short),
        ("another file", Data::from(&vec![b'x'; 40_960][..]), Damage::NoSignature),
        ("a guest state", image(), Damage::NoSignature),
        ("no header", blank, Damage::Blank),
        ("one number twice", both("sequence", &[1, 0]), Damage::SplitHeaders),
        ("a newer format", both("format version", &[0, 5, 0, 0]), Damage::NewerVersion),
        ("an older format", both("format version", &[0, 2, 0, 0]), Damage::OlderVersion),
        ("a log elsewhere", both("replay log offset", &[0; 8]), Damage::BadLog),
        ("a log with entries", put(log + 8, &[1]), Damage::BadLog),
        ("an object table of another kind", put(8192, &[0]), Damage::BadTable),
        ("an object elsewhere", put(8205, &[1]), Damage::BadTable),
        ("a key table of another kind", put(3 * 4096, &[9]), Damage::BadTable),
        ("a key with another name", put(3 * 4096 + 31, b"S"), Damage::BadKey),
        ("a newer machine", store(0x0C04), Damage::NewerVersion),
        ("a machine's part that is no part", store(0x0A00), Damage::BadValue),
    ];
    for (what, data, damage) in table {
        assert_eq!(saved::read(&data).expect_err(what), damage, "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..20_000)) {
        let data = Data::from(&bytes[..]);
        _ = vmgs::read(&data);
        _ = saved::read(&data);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(
        at in prop::collection::vec((0_u64..28_672, any::<u64>()), 1..12),
        length in prop::option::of(0_u64..28_672),
    ) {
        // The tables say a lot that could lead astray: sizes, counts, offsets.
        let mut state = applied(&Data::default(), &saved::write("vm", 1));
        let mut guest = filled();
        for (place, number) in &at {
            state.write(*place, &number.to_le_bytes());
            guest.write(*place, &number.to_le_bytes());
        }
        if let Some(length) = length {
            state = Data::from(&state.read(0, length as usize)[..]);
        }
        _ = saved::read(&state);
        _ = files(&guest);
    }

    #[test]
    fn any_values_come_back(
        values in prop::collection::btree_map("(/[a-z]{1,9}){1,4}/[A-Z][a-z]{0,8}", value(), 0..24),
    ) {
        let listed: Vec<(&str, Value)> = values.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
        let state = vmrs::read(&vmrs::store_image(&listed));
        prop_assert_eq!(state.map(|state| state.values), Ok(values));
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        any::<u64>().prop_map(Value::Unsigned),
        any::<u64>().prop_map(Value::Double),
        any::<bool>().prop_map(Value::Boolean),
        ".{0,40}".prop_filter("text without its end", |text| !text.contains('\0')).prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..5000).prop_map(Value::Array),
    ]
}
