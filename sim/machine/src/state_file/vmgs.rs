//! Guest state (VMGS): an image on a fixed disk with two headers and a table of numbered files.
//!
//! The format has no checksum over its file table. The reader finds what contradicts itself there; an entry that was changed
//! into another plausible one gives other bytes of the same image, never those of another file, and never none.

use hcs_rules::state_file::{Damage, disk, disk_footer as footer, guest, guest_entry as entry, guest_header as header};
use uuid::Uuid;

use super::Write;
use super::codec::Structure;
use crate::files::Data;

/// What is in the slot of a header that was not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// Nothing.
    Blank,
    /// The state before the last change.
    Before,
    /// Something damaged.
    Damaged,
}

/// One entry of the file table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first block.
    pub offset: u32,
    /// How many blocks are allocated.
    pub allocated: u32,
    /// How many bytes are valid.
    pub size: u64,
    /// Bit 0: encrypted; bit 1: authenticated.
    pub attributes: u32,
}

/// A guest state as a reader finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestState {
    /// Which header was chosen.
    pub slot: usize,
    /// What the other one is.
    pub other: Other,
    /// The chosen header's sequence number.
    pub sequence: u32,
    /// The version.
    pub version: u32,
    /// Whether its files are encrypted.
    pub encrypted: bool,
    /// Bit 0: the state was provisioned anew.
    pub markers: u16,
    /// Where the file table lies, in blocks.
    pub table_offset: u32,
    files: Vec<Option<Entry>>,
    /// The blocks that the state before the last change still needs.
    before: Vec<Entry>,
    blocks: u32,
}

/// Why a file cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// No file of clients has this number.
    NoSuchFile,
    /// No run of free blocks is long enough.
    Full,
    /// The image is encrypted.
    Encrypted,
}

/// The writes that make an image without files, the headers last.
pub fn empty(created: u32, id: Uuid) -> Vec<Write> {
    let block = guest::BLOCK as u64;
    let mut table = vec![0; guest::BLOCK];
    put_entry(&mut table, guest::FILE_TABLE, table_entry(guest::FIRST_BLOCK));
    put_entry(&mut table, guest::EXTENDED_TABLE, table_entry(guest::FIRST_BLOCK + 1));
    vec![
        Write { at: guest::CAPACITY, bytes: footer_of(created, id) },
        Write { at: u64::from(guest::FIRST_BLOCK + 1) * block, bytes: vec![0; guest::BLOCK] },
        Write { at: u64::from(guest::FIRST_BLOCK) * block, bytes: table },
        Write { at: guest::SECTOR as u64, bytes: vec![0; guest::SECTOR] },
        Write { at: 0, bytes: header_of(1, guest::FIRST_BLOCK, 0) },
    ]
}

/// The image that these writes make.
pub fn empty_image(created: u32, id: Uuid) -> Data {
    let mut data = Data::default();
    empty(created, id).iter().for_each(|write| write.apply(&mut data));
    data
}

fn table_entry(offset: u32) -> Entry {
    Entry { offset, allocated: 1, size: guest::BLOCK as u64, attributes: 0 }
}

fn header_of(sequence: u32, table_offset: u32, markers: u16) -> Vec<u8> {
    let mut of = Structure::new(&header::LAYOUT);
    of.put(header::SIGNATURE, guest::SIGNATURE);
    of.put(header::VERSION, guest::VERSION.into());
    of.put(header::SEQUENCE, sequence.into());
    of.put(header::SIZE, header::LAYOUT.size as u64);
    of.put(header::TABLE_OFFSET, table_offset.into());
    of.put(header::TABLE_SIZE, 1);
    of.put(header::MARKERS, markers.into());
    of.seal(header::CHECKSUM, &[]);
    of.bytes.resize(guest::SECTOR, 0);
    of.bytes
}

fn footer_of(created: u32, id: Uuid) -> Vec<u8> {
    let mut of = Structure::new(&footer::LAYOUT);
    of.put(footer::COOKIE, disk::COOKIE);
    of.put(footer::FEATURES, disk::FEATURES.into());
    of.put(footer::VERSION, disk::VERSION.into());
    of.put(footer::DATA_OFFSET, disk::DATA_OFFSET);
    of.put(footer::CREATED, created.into());
    of.put(footer::CREATOR, disk::CREATOR.into());
    of.put(footer::CREATOR_VERSION, disk::CREATOR_VERSION.into());
    of.put(footer::CREATOR_SYSTEM, disk::CREATOR_SYSTEM.into());
    of.put(footer::ORIGINAL_SIZE, guest::CAPACITY);
    of.put(footer::CURRENT_SIZE, guest::CAPACITY);
    of.put(footer::GEOMETRY, disk::GEOMETRY.into());
    of.put(footer::DISK_TYPE, disk::FIXED.into());
    of.put_bytes(footer::UNIQUE_ID, id.as_bytes());
    of.put(footer::CHECKSUM, footer_checksum(&of).into());
    of.bytes
}

/// One's complement of the sum of the footer's bytes, without the checksum's own.
pub(crate) fn footer_checksum(of: &Structure) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    !(sum(&of.bytes) - sum(of.part(footer::CHECKSUM)))
}

fn put_entry(table: &mut [u8], index: usize, file: Entry) {
    let mut of = Structure::new(&entry::LAYOUT);
    of.put(entry::OFFSET, file.offset.into());
    of.put(entry::ALLOCATED, file.allocated.into());
    of.put(entry::SIZE, file.size);
    of.put(entry::ATTRIBUTES, file.attributes.into());
    let at = index * entry::LAYOUT.size;
    table[at..at + entry::LAYOUT.size].copy_from_slice(&of.bytes);
}

/// What is in one header's slot.
enum Slot {
    Blank,
    Foreign,
    Bad,
    Newer,
    Older,
    Sound(Structure),
}

impl Slot {
    fn read(data: &Data, slot: usize, blocks: u32) -> Slot {
        let bytes = data.read((slot * guest::SECTOR) as u64, header::LAYOUT.size);
        let Some(of) = Structure::read(&header::LAYOUT, &bytes, 0) else { return Slot::Bad };
        if of.is_blank() {
            return Slot::Blank;
        }
        if of.get(header::SIGNATURE) != guest::SIGNATURE {
            return Slot::Foreign;
        }
        if !of.is_sealed(header::CHECKSUM, &[]) {
            return Slot::Bad;
        }
        match of.get_u32(header::VERSION) {
            version if version > guest::VERSION => return Slot::Newer,
            version if version < guest::OLDER_VERSION => return Slot::Older,
            _ => {}
        }
        let table = of.get_u32(header::TABLE_OFFSET);
        let sound = of.get(header::SIZE) == header::LAYOUT.size as u64
            && of.get(header::TABLE_SIZE) == 1
            && of.get(header::ALGORITHM) <= 1
            && (guest::FIRST_BLOCK..blocks).contains(&table);
        if sound { Slot::Sound(of) } else { Slot::Bad }
    }
}

/// Reads a guest state.
///
/// # Errors
/// What is wrong with it.
pub fn read(data: &Data) -> Result<GuestState, Damage> {
    let sector = guest::SECTOR as u64;
    let capacity = data.len().checked_sub(sector).ok_or(Damage::Short)?;
    if capacity < guest::LEAST_BLOCKS * guest::BLOCK as u64 || capacity % sector != 0 {
        return Err(Damage::Short);
    }
    check_footer(data, capacity)?;
    if data.read(sector, guest::FIRST_VERSION_MARK.len()) == guest::FIRST_VERSION_MARK {
        return Err(Damage::FirstVersion);
    }
    let blocks = u32::try_from(capacity / guest::BLOCK as u64).unwrap_or(u32::MAX);
    let (slot, of, other) = match (Slot::read(data, 0, blocks), Slot::read(data, 1, blocks)) {
        (Slot::Newer, _) | (_, Slot::Newer) => return Err(Damage::NewerVersion),
        (Slot::Sound(first), Slot::Sound(second)) => {
            let (one, two) = (first.get_u32(header::SEQUENCE), second.get_u32(header::SEQUENCE));
            if two == one.wrapping_add(1) {
                (1, second, Some(Slot::Sound(first)))
            } else if one == two.wrapping_add(1) {
                (0, first, Some(Slot::Sound(second)))
            } else {
                return Err(Damage::SplitHeaders);
            }
        }
        (Slot::Sound(first), other) => (0, first, Some(other)),
        (other, Slot::Sound(second)) => (1, second, Some(other)),
        (Slot::Blank, Slot::Blank) => return Err(Damage::Blank),
        (Slot::Older, _) | (_, Slot::Older) => return Err(Damage::OlderVersion),
        (Slot::Blank | Slot::Foreign, Slot::Blank | Slot::Foreign) => return Err(Damage::NoSignature),
        _ => return Err(Damage::BadHeaders),
    };
    let files = read_table(data, &of, blocks)?;
    // A state that cannot be read any more needs no block.
    let (other, before) = match other {
        Some(Slot::Blank) => (Other::Blank, Vec::new()),
        Some(Slot::Sound(of)) => match read_table(data, &of, blocks) {
            Ok(files) => (Other::Before, files.into_iter().flatten().collect()),
            Err(_) => (Other::Damaged, Vec::new()),
        },
        _ => (Other::Damaged, Vec::new()),
    };
    Ok(GuestState {
        slot,
        other,
        sequence: of.get_u32(header::SEQUENCE),
        version: of.get_u32(header::VERSION),
        encrypted: of.get(header::ALGORITHM) != 0,
        markers: of.get_u32(header::MARKERS) as u16,
        table_offset: of.get_u32(header::TABLE_OFFSET),
        files,
        before,
        blocks,
    })
}

fn check_footer(data: &Data, capacity: u64) -> Result<(), Damage> {
    let bytes = data.read(capacity, footer::LAYOUT.size);
    let of = Structure::read(&footer::LAYOUT, &bytes, 0).ok_or(Damage::Short)?;
    if of.get(footer::COOKIE) != disk::COOKIE {
        return Err(Damage::NoFooter);
    }
    let sound = of.get_u32(footer::CHECKSUM) == footer_checksum(&of)
        && of.get_u32(footer::DISK_TYPE) == disk::FIXED
        && of.get(footer::CURRENT_SIZE) == capacity;
    if sound { Ok(()) } else { Err(Damage::BadFooter) }
}

/// The entries of a header's file table, if nothing in it contradicts itself.
fn read_table(data: &Data, of: &Structure, blocks: u32) -> Result<Vec<Option<Entry>>, Damage> {
    let offset = of.get_u32(header::TABLE_OFFSET);
    let plain = of.get(header::ALGORITHM) == 0;
    let bytes = data.read(u64::from(offset) * guest::BLOCK as u64, guest::BLOCK);
    let mut files = Vec::with_capacity(guest::FILES);
    for index in 0..guest::FILES {
        let of = Structure::read(&entry::LAYOUT, &bytes, index * entry::LAYOUT.size).ok_or(Damage::BadTable)?;
        if of.is_blank() {
            files.push(None);
            continue;
        }
        let file = Entry {
            offset: of.get_u32(entry::OFFSET),
            allocated: of.get_u32(entry::ALLOCATED),
            size: of.get(entry::SIZE),
            attributes: of.get_u32(entry::ATTRIBUTES),
        };
        let blank = |field| of.part(field).iter().all(|byte| *byte == 0);
        let lies_within = file.offset >= guest::FIRST_BLOCK
            && file.allocated >= 1
            && file.offset.checked_add(file.allocated).is_some_and(|end| end <= blocks);
        let fits = file.size <= u64::from(file.allocated) * guest::BLOCK as u64;
        let sealed = blank(entry::RESERVED)
            && file.attributes & !3 == 0
            && (!plain || (file.attributes == 0 && blank(entry::NONCE) && blank(entry::TAG)));
        if !(lies_within && fits && sealed) {
            return Err(Damage::BadTable);
        }
        files.push(Some(file));
    }
    let tables = [(guest::FILE_TABLE, Some(offset)), (guest::EXTENDED_TABLE, None)];
    for (index, place) in tables {
        let Some(file) = files[index] else { return Err(Damage::BadTable) };
        if file != table_entry(place.unwrap_or(file.offset)) {
            return Err(Damage::BadTable);
        }
    }
    let mut runs: Vec<(u32, u32)> = files.iter().flatten().map(|file| (file.offset, file.allocated)).collect();
    runs.sort_unstable();
    if runs.windows(2).any(|pair| pair[0].0 + pair[0].1 > pair[1].0) {
        return Err(Damage::BadTable);
    }
    Ok(files)
}

impl GuestState {
    /// The entry of a file, if there is such a file.
    pub fn entry(&self, file: usize) -> Option<Entry> {
        self.files.get(file).copied().flatten()
    }

    /// The bytes of a file, if there is such a file.
    ///
    /// # Errors
    /// [`Damage::Encrypted`]: the keys are not in the image.
    pub fn file(&self, data: &Data, file: usize) -> Result<Option<Vec<u8>>, Damage> {
        if self.encrypted {
            return Err(Damage::Encrypted);
        }
        let Some(entry) = self.entry(file) else { return Ok(None) };
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        Ok(Some(data.read(u64::from(entry.offset) * guest::BLOCK as u64, size)))
    }

    /// The writes that give a file these bytes: its new blocks, a new table, and the header that was not chosen, so that
    /// nothing that the chosen one needs is touched.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn write(&self, data: &Data, file: usize, bytes: &[u8]) -> Result<Vec<Write>, Unwritable> {
        if self.encrypted {
            return Err(Unwritable::Encrypted);
        }
        if file == guest::FILE_TABLE || file >= guest::EXTENDED_TABLE {
            return Err(Unwritable::NoSuchFile);
        }
        let mut busy: Vec<(u32, u32)> =
            self.files.iter().flatten().map(|entry| (entry.offset, entry.allocated)).collect();
        busy.extend(self.before.iter().map(|entry| (entry.offset, entry.allocated)));
        let wanted = u32::try_from(bytes.len().div_ceil(guest::BLOCK)).map_err(|_| Unwritable::Full)?.max(1);
        let place = best_fit(&busy, self.blocks, wanted).ok_or(Unwritable::Full)?;
        busy.push((place, wanted));
        let table_place = best_fit(&busy, self.blocks, 1).ok_or(Unwritable::Full)?;

        let block = guest::BLOCK as u64;
        let mut content = bytes.to_vec();
        content.resize(wanted as usize * guest::BLOCK, 0);
        let mut table = data.read(u64::from(self.table_offset) * block, guest::BLOCK);
        let entry = Entry { offset: place, allocated: wanted, size: bytes.len() as u64, attributes: 0 };
        put_entry(&mut table, file, entry);
        put_entry(&mut table, guest::FILE_TABLE, table_entry(table_place));
        let header = header_of(self.sequence.wrapping_add(1), table_place, self.markers);
        Ok(vec![
            Write { at: u64::from(place) * block, bytes: content },
            Write { at: u64::from(table_place) * block, bytes: table },
            Write { at: ((1 - self.slot) * guest::SECTOR) as u64, bytes: header },
        ])
    }
}

/// The first block of the shortest free run that is long enough.
fn best_fit(busy: &[(u32, u32)], blocks: u32, wanted: u32) -> Option<u32> {
    let mut busy = busy.to_vec();
    busy.sort_unstable();
    let mut best: Option<(u32, u32)> = None;
    let mut free = guest::FIRST_BLOCK;
    for (offset, length) in busy.into_iter().chain([(blocks, 0)]) {
        let run = offset.saturating_sub(free);
        if run >= wanted && best.is_none_or(|(_, length)| run < length) {
            best = Some((free, run));
        }
        free = free.max(offset + length);
    }
    best.map(|(place, _)| place)
}
