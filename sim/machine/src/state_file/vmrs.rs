//! Runtime state (VMRS): a store of keys and values with two headers, an object table, key tables and a replay log.

use std::collections::BTreeMap;

use hcs_rules::state_file::storage::{self, key, object};
use hcs_rules::state_file::{
    Damage, Layout, file_object, key_entry, key_table, object_entry, object_table, replay_log, storage_header as header,
};

use super::Write;
use super::codec::Structure;
use crate::files::Data;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number with a sign.
    Integer(i64),
    /// A whole number without.
    Unsigned(u64),
    /// A floating-point number, by its bits.
    Double(u64),
    /// Text.
    String(String),
    /// Bytes.
    Array(Vec<u8>),
    /// True or false.
    Boolean(bool),
}

/// A runtime state as a reader finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeState {
    /// Which header was chosen.
    pub slot: usize,
    /// Whether the other one is sound too.
    pub other_is_sound: bool,
    /// The chosen header's sequence number.
    pub sequence: u16,
    /// Every value by its path.
    pub values: BTreeMap<String, Value>,
}

/// The entries of an object table that fills one unit of alignment.
const OBJECTS: usize = (storage::ALIGNMENT - object_table::LAYOUT.size) / object_entry::LAYOUT.size;

/// The writes that make a store of these values, by their paths, the headers last. More values than one object table lists
/// are never written: a saved state has a handful.
pub fn store(values: &[(&str, Value)]) -> Vec<Write> {
    let mut writer = StoreWriter::default();
    for (path, value) in values {
        writer.add(path, value);
    }
    writer.finish()
}

/// The file that these writes make.
pub fn store_image(values: &[(&str, Value)]) -> Data {
    let mut data = Data::default();
    store(values).iter().for_each(|write| write.apply(&mut data));
    data
}

/// A node's or a value's entry before it has a place.
struct Pending {
    parent: Option<usize>,
    name: String,
    kind: u8,
    flags: u8,
    data: Vec<u8>,
    /// How many children it has, if it is a node.
    children: u32,
    inserted: u32,
}

#[derive(Default)]
struct StoreWriter {
    entries: Vec<Pending>,
    nodes: BTreeMap<String, usize>,
    roots: u32,
    long: Vec<(usize, Vec<u8>)>,
}

impl StoreWriter {
    fn add(&mut self, path: &str, value: &Value) {
        let path = path.trim_start_matches('/');
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut parent = None;
        let mut walked = String::new();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            walked.push('/');
            walked.push_str(part);
            parent = Some(match self.nodes.get(&walked) {
                Some(node) => *node,
                None => {
                    let node = self.push(parent, part, key::NODE, Vec::new());
                    self.nodes.insert(walked.clone(), node);
                    node
                }
            });
        }
        let (kind, bytes) = encoded(value);
        if bytes.len() >= storage::LONG_VALUE {
            let at = self.push(parent, name, kind, Vec::new());
            self.entries[at].flags = storage::POINTS_TO_OBJECT;
            self.long.push((at, bytes));
        } else {
            let mut data = Vec::new();
            if matches!(kind, key::STRING | key::ARRAY) {
                data.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            }
            data.extend_from_slice(&bytes);
            self.push(parent, name, kind, data);
        }
    }

    fn push(&mut self, parent: Option<usize>, name: &str, kind: u8, data: Vec<u8>) -> usize {
        let count = match parent {
            Some(parent) => &mut self.entries[parent].children,
            None => &mut self.roots,
        };
        *count += 1;
        let inserted = *count;
        let name = name.to_owned();
        self.entries.push(Pending { parent, name, kind, flags: 0, data, children: 0, inserted });
        self.entries.len() - 1
    }

    fn finish(mut self) -> Vec<Write> {
        for entry in self.entries.iter_mut().filter(|entry| entry.kind == key::NODE) {
            entry.data = 0_u64.to_le_bytes().to_vec();
            entry.data.extend_from_slice(&(entry.children + 1).to_le_bytes());
        }
        for (at, _) in &self.long {
            self.entries[*at].data = vec![0; file_object::LAYOUT.size];
        }
        let (places, tables) = self.places();
        let aligned = |bytes: usize| bytes.next_multiple_of(storage::ALIGNMENT).max(storage::ALIGNMENT);
        let mut end = storage::ROOT_TABLE + storage::ALIGNMENT as u64;
        let mut objects: Vec<(u8, u64, usize)> = Vec::new();
        for _ in 0..tables {
            objects.push((object::KEY_TABLE, end, storage::ALIGNMENT));
            end += storage::ALIGNMENT as u64;
        }
        let mut writes = Vec::new();
        for (at, bytes) in &self.long {
            let mut reference = Structure::new(&file_object::LAYOUT);
            reference.put(file_object::SIZE, bytes.len() as u64);
            reference.put(file_object::OFFSET, end);
            self.entries[*at].data = reference.bytes;
            objects.push((object::FILE, end, aligned(bytes.len())));
            let mut content = bytes.clone();
            content.resize(aligned(bytes.len()), 0);
            writes.push(Write { at: end, bytes: content });
            end += aligned(bytes.len()) as u64;
        }
        for (index, bytes) in self.key_tables(&places, tables).into_iter().enumerate() {
            writes.push(Write { at: objects[index].1, bytes });
        }
        writes.push(Write { at: storage::ROOT_TABLE, bytes: objects_table(&objects) });
        let mut log = Structure::new(&replay_log::LAYOUT);
        log.put(replay_log::SIGNATURE, storage::REPLAY_LOG.into());
        log.put(replay_log::MAXIMUM, storage::REPLAY_ENTRIES.into());
        log.seal(replay_log::CHECKSUM, &[]);
        log.bytes.resize(storage::ALIGNMENT, 0);
        writes.push(Write { at: end, bytes: log.bytes });
        writes.push(Write { at: storage::SECOND_HEADER, bytes: header_of(2, end) });
        writes.push(Write { at: 0, bytes: header_of(1, end) });
        writes
    }

    /// The table, counted from 1, and the place in it of each entry; and how many tables there are.
    fn places(&self) -> (Vec<(u16, usize)>, u16) {
        let mut places = Vec::new();
        let (mut table, mut at) = (1, key_table::LAYOUT.size);
        for entry in &self.entries {
            let size = entry.size();
            // What is left must be nothing, or room for an entry that says that it is free.
            let left = storage::ALIGNMENT.checked_sub(at + size);
            if !left.is_some_and(|left| left == 0 || left > key_entry::LAYOUT.size) {
                table += 1;
                at = key_table::LAYOUT.size;
            }
            places.push((table, at));
            at += size;
        }
        (places, table)
    }

    fn key_tables(&self, places: &[(u16, usize)], count: u16) -> Vec<Vec<u8>> {
        let mut tables = vec![Vec::new(); count.into()];
        for (table, index) in tables.iter_mut().zip(1_u16..) {
            let mut head = Structure::new(&key_table::LAYOUT);
            head.put(key_table::SIGNATURE, storage::KEY_TABLE.into());
            head.put(key_table::INDEX, index.into());
            head.put(key_table::SEQUENCE, 1);
            head.seal(key_table::CHECKSUM, &[]);
            *table = head.bytes;
        }
        for (entry, (table, _)) in self.entries.iter().zip(places) {
            let (parent_table, parent_at) = entry.parent.map_or((0, 0), |parent| places[parent]);
            let mut name = entry.name.as_bytes().to_vec();
            name.push(0);
            let mut head = Structure::new(&key_entry::LAYOUT);
            head.put(key_entry::KIND, entry.kind.into());
            head.put(key_entry::FLAGS, entry.flags.into());
            head.put(key_entry::SIZE, entry.size() as u64);
            head.put(key_entry::PARENT_TABLE, parent_table.into());
            head.put(key_entry::PARENT_OFFSET, parent_at as u64);
            head.put(key_entry::INSERTED, entry.inserted.into());
            head.put(key_entry::NAME_SIZE, name.len() as u64);
            head.seal(key_entry::CHECKSUM, &[&name, &entry.data]);
            let table = &mut tables[usize::from(*table) - 1];
            table.extend(head.bytes);
            table.extend(name);
            table.extend_from_slice(&entry.data);
        }
        for table in &mut tables {
            let left = storage::ALIGNMENT - table.len();
            if left != 0 {
                let mut free = Structure::new(&key_entry::LAYOUT);
                free.put(key_entry::KIND, key::FREE.into());
                free.put(key_entry::SIZE, left as u64);
                free.seal(key_entry::CHECKSUM, &[]);
                table.extend(free.bytes);
                table.resize(storage::ALIGNMENT, 0);
            }
        }
        tables
    }
}

impl Pending {
    fn size(&self) -> usize {
        key_entry::LAYOUT.size + self.name.len() + 1 + self.data.len()
    }
}

fn objects_table(objects: &[(u8, u64, usize)]) -> Vec<u8> {
    debug_assert!(objects.len() < OBJECTS, "one table lists every object");
    let mut head = Structure::new(&object_table::LAYOUT);
    head.put(object_table::SIGNATURE, storage::OBJECT_TABLE.into());
    head.put(object_table::COUNT, OBJECTS as u64);
    let mut bytes = head.bytes;
    for (kind, offset, size) in objects {
        let mut entry = Structure::new(&object_entry::LAYOUT);
        entry.put(object_entry::KIND, (*kind).into());
        entry.put(object_entry::OFFSET, *offset);
        entry.put(object_entry::SIZE, *size as u64);
        entry.put(object_entry::FLAGS, storage::REQUIRED.into());
        entry.seal(object_entry::CHECKSUM, &[]);
        bytes.extend(entry.bytes);
    }
    bytes.resize(storage::ALIGNMENT, 0);
    bytes
}

fn header_of(sequence: u16, log: u64) -> Vec<u8> {
    let mut of = Structure::new(&header::LAYOUT);
    of.put(header::SIGNATURE, storage::SIGNATURE.into());
    of.put(header::SEQUENCE, sequence.into());
    of.put(header::VERSION, storage::VERSION.into());
    of.put(header::ALIGNMENT, storage::ALIGNMENT as u64);
    of.put(header::LOG_OFFSET, log);
    of.put(header::LOG_SIZE, storage::ALIGNMENT as u64);
    of.put(header::LOG_HEADER_SIZE, replay_log::LAYOUT.size as u64);
    of.seal(header::CHECKSUM, &[]);
    of.bytes.resize(storage::ALIGNMENT, 0);
    of.bytes
}

/// A value's type and its bytes, without the length that goes before some.
fn encoded(value: &Value) -> (u8, Vec<u8>) {
    match value {
        Value::Integer(number) => (key::INTEGER, number.to_le_bytes().to_vec()),
        Value::Unsigned(number) => (key::UNSIGNED, number.to_le_bytes().to_vec()),
        Value::Double(bits) => (key::DOUBLE, bits.to_le_bytes().to_vec()),
        Value::Boolean(is) => (key::BOOLEAN, u32::from(*is).to_le_bytes().to_vec()),
        Value::Array(bytes) => (key::ARRAY, bytes.clone()),
        Value::String(text) => (key::STRING, text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()),
    }
}

/// A value from its type and its bytes.
fn decoded(kind: u8, bytes: &[u8]) -> Option<Value> {
    let wide = || bytes.try_into().ok().map(u64::from_le_bytes);
    match kind {
        key::INTEGER => bytes.try_into().ok().map(i64::from_le_bytes).map(Value::Integer),
        key::UNSIGNED => wide().map(Value::Unsigned),
        key::DOUBLE => wide().map(Value::Double),
        key::BOOLEAN => match u32::from_le_bytes(bytes.try_into().ok()?) {
            0 => Some(Value::Boolean(false)),
            1 => Some(Value::Boolean(true)),
            _ => None,
        },
        key::ARRAY => Some(Value::Array(bytes.to_vec())),
        key::STRING => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            let (end, text) = units.split_last()?;
            (rest.is_empty() && *end == 0).then(|| String::from_utf16(text).ok().map(Value::String))?
        }
        _ => None,
    }
}

enum Slot {
    Blank,
    Foreign,
    Bad,
    Newer,
    Older,
    Sound(Structure),
}

impl Slot {
    fn read(data: &Data, at: u64) -> Slot {
        let bytes = data.read(at, header::LAYOUT.size);
        let Some(of) = Structure::read(&header::LAYOUT, &bytes, 0) else { return Slot::Bad };
        if of.is_blank() {
            return Slot::Blank;
        }
        if of.get_u32(header::SIGNATURE) != storage::SIGNATURE {
            return Slot::Foreign;
        }
        if !of.is_sealed(header::CHECKSUM, &[]) {
            return Slot::Bad;
        }
        match of.get_u32(header::VERSION) {
            version if version > storage::VERSION => Slot::Newer,
            version if version < storage::OLDEST_VERSION => Slot::Older,
            _ => Slot::Sound(of),
        }
    }
}

/// Reads a runtime state.
///
/// # Errors
/// What is wrong with it.
pub fn read(data: &Data) -> Result<RuntimeState, Damage> {
    if data.len() < storage::ROOT_TABLE + object_table::LAYOUT.size as u64 {
        return Err(Damage::Short);
    }
    let (slot, of, other_is_sound) = match (Slot::read(data, 0), Slot::read(data, storage::SECOND_HEADER)) {
        (Slot::Newer, _) | (_, Slot::Newer) => return Err(Damage::NewerVersion),
        (Slot::Sound(first), Slot::Sound(second)) => {
            // The numbers wrap: the one that is less than half the way round ahead is the newer.
            match second.get(header::SEQUENCE).wrapping_sub(first.get(header::SEQUENCE)) as u16 {
                0 => return Err(Damage::SplitHeaders),
                ahead if ahead < 1 << 15 => (1, second, true),
                _ => (0, first, true),
            }
        }
        (Slot::Sound(first), _) => (0, first, false),
        (_, Slot::Sound(second)) => (1, second, false),
        (Slot::Blank, Slot::Blank) => return Err(Damage::Blank),
        (Slot::Older, _) | (_, Slot::Older) => return Err(Damage::OlderVersion),
        (Slot::Blank | Slot::Foreign, Slot::Blank | Slot::Foreign) => return Err(Damage::NoSignature),
        _ => return Err(Damage::BadHeaders),
    };
    check_log(data, &of)?;
    let objects = read_objects(data)?;
    let values = read_keys(data, &objects)?;
    Ok(RuntimeState { slot, other_is_sound, sequence: of.get(header::SEQUENCE) as u16, values })
}

/// The log must be there, and empty: a change that was broken off is not carried on here.
fn check_log(data: &Data, of: &Structure) -> Result<(), Damage> {
    let bytes = data.read(of.get(header::LOG_OFFSET), replay_log::LAYOUT.size);
    let log = Structure::read(&replay_log::LAYOUT, &bytes, 0).ok_or(Damage::BadLog)?;
    let sound = log.get_u32(replay_log::SIGNATURE) == storage::REPLAY_LOG
        && log.is_sealed(replay_log::CHECKSUM, &[])
        && log.get(replay_log::MAXIMUM) > 0
        && log.get(replay_log::ENTRIES) == 0;
    if sound { Ok(()) } else { Err(Damage::BadLog) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Object {
    kind: u8,
    offset: u64,
    size: usize,
}

/// Every object of every object table, in their order.
fn read_objects(data: &Data) -> Result<Vec<Object>, Damage> {
    let mut objects = Vec::new();
    let mut tables = vec![storage::ROOT_TABLE];
    let mut next = 0;
    while let Some(at) = tables.get(next).copied() {
        next += 1;
        let head = data.read(at, object_table::LAYOUT.size);
        let head = Structure::read(&object_table::LAYOUT, &head, 0).ok_or(Damage::BadTable)?;
        let count = head.get_u32(object_table::COUNT) as usize;
        // A table lies within the file, so that its length bounds the count.
        let bytes = count.checked_mul(object_entry::LAYOUT.size).ok_or(Damage::BadTable)?;
        if head.get_u32(object_table::SIGNATURE) != storage::OBJECT_TABLE || count == 0 || bytes as u64 > data.len() {
            return Err(Damage::BadTable);
        }
        let entries = data.read(at.saturating_add(object_table::LAYOUT.size as u64), bytes);
        for index in 0..count {
            let entry = Structure::read(&object_entry::LAYOUT, &entries, index * object_entry::LAYOUT.size);
            let entry = entry.ok_or(Damage::BadTable)?;
            if entry.is_blank() {
                continue;
            }
            if !entry.is_sealed(object_entry::CHECKSUM, &[]) {
                return Err(Damage::BadTable);
            }
            let found = Object {
                kind: entry.get(object_entry::KIND) as u8,
                offset: entry.get(object_entry::OFFSET),
                size: entry.get_u32(object_entry::SIZE) as usize,
            };
            let lies_within = found.offset.checked_add(found.size as u64).is_some_and(|end| end <= data.len());
            match found.kind {
                object::EMPTY | object::FREE => {}
                object::OBJECT_TABLE if !tables.contains(&found.offset) => tables.push(found.offset),
                object::KEY_TABLE | object::FILE if lies_within => objects.push(found),
                _ => return Err(Damage::BadTable),
            }
        }
    }
    Ok(objects)
}

/// One entry of a key table.
struct Key {
    parent: (u64, u64),
    name: String,
    kind: u8,
    flags: u8,
    data: Vec<u8>,
}

/// Every value by its path.
fn read_keys(data: &Data, objects: &[Object]) -> Result<BTreeMap<String, Value>, Damage> {
    let mut keys: BTreeMap<(u64, u64), Key> = BTreeMap::new();
    let mut seen = Vec::new();
    for table in objects.iter().filter(|object| object.kind == object::KEY_TABLE) {
        let bytes = data.read(table.offset, table.size);
        let head = Structure::read(&key_table::LAYOUT, &bytes, 0).ok_or(Damage::BadTable)?;
        let index = head.get(key_table::INDEX);
        let sound = head.get(key_table::SIGNATURE) == u64::from(storage::KEY_TABLE)
            && head.is_sealed(key_table::CHECKSUM, &[])
            && index != 0
            && !seen.contains(&index);
        if !sound {
            return Err(Damage::BadTable);
        }
        seen.push(index);
        let mut at = key_table::LAYOUT.size;
        while at + key_entry::LAYOUT.size < bytes.len() {
            let (key, size) = read_key(&bytes, at)?;
            if let Some(key) = key {
                keys.insert((index, at as u64), key);
            }
            at += size;
        }
    }
    let mut values = BTreeMap::new();
    for key in keys.values().filter(|key| key.kind != key::NODE) {
        let path = path_of(key, &keys).ok_or(Damage::BadKey)?;
        let value = value_of(data, objects, key).ok_or(Damage::BadValue)?;
        if values.insert(path, value).is_some() {
            return Err(Damage::BadKey);
        }
    }
    Ok(values)
}

/// The entry that begins here, unless it is free, and its size.
fn read_key(bytes: &[u8], at: usize) -> Result<(Option<Key>, usize), Damage> {
    let layout: &'static Layout = &key_entry::LAYOUT;
    let head = Structure::read(layout, bytes, at).ok_or(Damage::BadKey)?;
    let size = head.get_u32(key_entry::SIZE) as usize;
    let entry = at.checked_add(size).and_then(|end| bytes.get(at..end)).ok_or(Damage::BadKey)?;
    if size < layout.size {
        return Err(Damage::BadKey);
    }
    let kind = head.get(key_entry::KIND) as u8;
    if kind == key::FREE {
        return if head.is_sealed(key_entry::CHECKSUM, &[]) { Ok((None, size)) } else { Err(Damage::BadKey) };
    }
    let name_size = head.get(key_entry::NAME_SIZE) as usize;
    let rest = &entry[layout.size..];
    let (name, data) = rest.split_at_checked(name_size).ok_or(Damage::BadKey)?;
    if !head.is_sealed(key_entry::CHECKSUM, &[name, data]) {
        return Err(Damage::BadKey);
    }
    let name = match name.split_last() {
        Some((0, name)) => std::str::from_utf8(name).map_err(|_| Damage::BadKey)?,
        _ => return Err(Damage::BadKey),
    };
    let key = Key {
        parent: (head.get(key_entry::PARENT_TABLE), head.get(key_entry::PARENT_OFFSET)),
        name: name.to_owned(),
        kind,
        flags: head.get(key_entry::FLAGS) as u8,
        data: data.to_vec(),
    };
    Ok((Some(key), size))
}

/// The path of a key, unless its parents are no nodes, or go round in a circle.
fn path_of(key: &Key, keys: &BTreeMap<(u64, u64), Key>) -> Option<String> {
    const DEPTH: usize = 32;
    let mut parts = vec![key.name.as_str()];
    let mut parent = key.parent;
    while parent != (0, 0) {
        let node = keys.get(&parent).filter(|node| node.kind == key::NODE)?;
        parts.push(&node.name);
        parent = node.parent;
        if parts.len() > DEPTH {
            return None;
        }
    }
    parts.push("");
    parts.reverse();
    Some(parts.join("/"))
}

fn value_of(data: &Data, objects: &[Object], key: &Key) -> Option<Value> {
    if key.flags & storage::POINTS_TO_OBJECT != 0 {
        let reference = Structure::read(&file_object::LAYOUT, &key.data, 0)?;
        let (offset, size) = (reference.get(file_object::OFFSET), reference.get_u32(file_object::SIZE) as usize);
        let object = objects.iter().find(|object| object.kind == object::FILE && object.offset == offset)?;
        return (size <= object.size).then(|| decoded(key.kind, &data.read(offset, size)))?;
    }
    if matches!(key.kind, key::STRING | key::ARRAY) {
        let (length, bytes) = key.data.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        return (length == bytes.len()).then(|| decoded(key.kind, bytes))?;
    }
    decoded(key.kind, &key.data)
}
