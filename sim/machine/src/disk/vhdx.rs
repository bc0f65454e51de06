//! VHDX: the file of a virtual disk, written and read as `hcs_rules::disk::vhdx` lays it out.
//!
//! | file | what is there |
//! |---|---|
//! | here | what a reader finds |
//! | `table` | the block allocation table |
//! | `locator` | where the parent is |
//! | `writer` | new files, and changes of old ones |
//!
//! Headers and regions are sealed; metadata and the block allocation table are not. The reader finds what contradicts itself
//! there; an item that was changed into another plausible one gives another plausible disk. The log is never replayed: a file
//! with a log that waits is refused.

mod locator;
mod table;
mod writer;

use hcs_rules::disk::Damage;
use hcs_rules::disk::vhdx::{
    ALIGNMENT, ENTRIES, FILE, HEADER, HEADERS, LEAST_BLOCK, LOG_VERSION, METADATA, MOST_BLOCK, MOST_SIZE,
    REGION_TABLES, REGIONS, SECTORS, TABLE, VERSION, flag, header, id, identifier, metadata, metadata_table,
    parameters, region, region_table,
};
use hcs_rules::state_file::Field;
use uuid::Uuid;

pub use locator::Parent;
pub use table::Blocks;
pub use writer::{Shape, Unwritable};

use crate::files::Data;
use crate::state_file::codec::Structure;

/// How a disk's blocks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// All in the file from the beginning.
    Fixed,
    /// In the file when they are first written.
    Dynamic,
    /// The same, and what was never written is the parent's.
    Differencing,
}

/// A stretch of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

impl Extent {
    /// Where it ends, if it does.
    fn end(self) -> Option<u64> {
        self.offset.checked_add(self.length)
    }

    /// Whether it lies where regions lie, in a file of so many bytes.
    fn is_aligned_in(self, file: u64) -> bool {
        self.offset >= ALIGNMENT
            && self.offset.is_multiple_of(ALIGNMENT)
            && self.length.is_multiple_of(ALIGNMENT)
            && self.end().is_some_and(|end| end <= file)
    }
}

/// Whether any of them lies on another.
fn overlap(extents: &mut [Extent]) -> bool {
    extents.sort_unstable();
    extents.windows(2).any(|pair| pair[0].end().is_none_or(|end| end > pair[1].offset))
}

/// A virtual disk as a reader finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Which header was chosen.
    pub slot: usize,
    /// The chosen header's sequence number.
    pub sequence: u64,
    /// Changes whenever the file was opened to be written.
    pub file_write: Uuid,
    /// Changes whenever the disk's content was. A child remembers it.
    pub data_write: Uuid,
    /// The disk's size in bytes.
    pub size: u64,
    /// The bytes of a block.
    pub block: u32,
    /// The bytes of a sector.
    pub logical_sector: u32,
    /// The bytes of a sector of the simulated hardware.
    pub physical_sector: u32,
    /// The disk's own id.
    pub id: Uuid,
    /// How blocks are kept.
    pub form: Form,
    /// Where the parent is, of a differencing disk.
    pub parent: Option<Parent>,
    /// Where blocks are in the file.
    pub blocks: Blocks,
    /// Where the items of metadata lie in the file.
    items: Items,
    log: Extent,
    metadata: Extent,
    table: Extent,
}

/// Where in the file each item of metadata lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Items {
    parameters: Extent,
    size: Extent,
    disk: Extent,
    logical_sector: Extent,
    physical_sector: Extent,
    locator: Option<Extent>,
}

/// Reads a virtual disk.
///
/// # Errors
/// What is wrong with it.
pub fn read(data: &Data) -> Result<Image, Damage> {
    if data.read(0, identifier::SIGNATURE.size) != FILE.to_le_bytes() {
        return Err(Damage::NoSignature);
    }
    if data.len() < ALIGNMENT {
        return Err(Damage::Short);
    }
    let (slot, of) = chosen_header(data)?;
    let log = Extent { offset: of.get(header::LOG_OFFSET), length: of.get(header::LOG_LENGTH) };
    let (metadata, table) = read_regions(data, log)?;
    let items = read_items(data, metadata)?;
    let number = |at: Extent| number(&data.read(at.offset, at.length.min(8) as usize));
    let parameters = Structure::read(&parameters::LAYOUT, &data.read(items.parameters.offset, 8), 0);
    let parameters = parameters.ok_or(Damage::BadItem)?;
    let (block, flags) = (parameters.get_u32(parameters::BLOCK_SIZE), parameters.get_u32(parameters::FLAGS));
    let (size, logical, physical) = (number(items.size), number(items.logical_sector), number(items.physical_sector));
    let is_sector = |size: u64| SECTORS.iter().any(|sector| u64::from(*sector) == size);
    let sound = (LEAST_BLOCK..=MOST_BLOCK).contains(&block)
        && block.is_power_of_two()
        && flags & !(flag::LEAVE_ALLOCATED | flag::HAS_PARENT) == 0
        && is_sector(logical)
        && is_sector(physical)
        && size.is_multiple_of(logical)
        && (1..=MOST_SIZE).contains(&size)
        && (flags & flag::HAS_PARENT != 0) == items.locator.is_some();
    if !sound {
        return Err(Damage::BadItem);
    }
    let parent = items.locator.map(|at| locator::read(&data.read(at.offset, at.length as usize)));
    let parent = parent.transpose()?;
    let form = match (&parent, flags & flag::LEAVE_ALLOCATED != 0) {
        (Some(_), _) => Form::Differencing,
        (None, true) => Form::Fixed,
        (None, false) => Form::Dynamic,
    };
    let layout = table::Layout { size, block, logical_sector: logical as u32, has_parent: parent.is_some() };
    let blocks = table::read(data, table, layout, &[log, metadata, table])?;
    Ok(Image {
        slot,
        sequence: of.get(header::SEQUENCE),
        file_write: guid(&of, header::FILE_WRITE),
        data_write: guid(&of, header::DATA_WRITE),
        size,
        block,
        logical_sector: logical as u32,
        physical_sector: physical as u32,
        id: Uuid::from_bytes_le(data.read(items.disk.offset, 16).try_into().map_err(|_| Damage::BadItem)?),
        form,
        parent,
        blocks,
        items,
        log,
        metadata,
        table,
    })
}

/// CRC-32C over bytes in which these four count as zeros.
fn checksum(bytes: &[u8], field: Field) -> u32 {
    let before = crc32c::crc32c(&bytes[..field.at]);
    let zeros = crc32c::crc32c_append(before, &[0; 4]);
    crc32c::crc32c_append(zeros, &bytes[field.at + field.size..])
}

/// The same over a stretch of the file that lies in it and is nearly all zeros: it is not put together for that.
fn checksum_of(data: &Data, at: u64, length: usize, field: Field) -> u32 {
    let first = length.min(PART);
    let mut sum = checksum(&data.read(at, first), field);
    for from in (first..length).step_by(PART) {
        let count = PART.min(length - from);
        let from = at + from as u64;
        sum = if data.is_zeros(from, count as u64) {
            crc32c::crc32c_append(sum, &[0; PART][..count])
        } else {
            crc32c::crc32c_append(sum, &data.read(from, count))
        };
    }
    sum
}

/// How much of a table is looked at in one piece.
const PART: usize = 4096;

fn guid(of: &Structure, field: Field) -> Uuid {
    Uuid::from_bytes_le(of.part(field).try_into().unwrap_or_default())
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What is in one header's slot.
enum Slot {
    Bad,
    Newer,
    Sound(Structure),
}

fn read_header(data: &Data, slot: usize) -> Slot {
    let bytes = data.read(HEADERS[slot], header::LAYOUT.size);
    let Some(of) = Structure::read(&header::LAYOUT, &bytes, 0) else { return Slot::Bad };
    if of.get_u32(header::SIGNATURE) != HEADER || of.get_u32(header::CHECKSUM) != checksum(&bytes, header::CHECKSUM) {
        return Slot::Bad;
    }
    if of.get_u32(header::VERSION) != VERSION || of.get_u32(header::LOG_VERSION) != LOG_VERSION {
        return Slot::Newer;
    }
    let log = Extent { offset: of.get(header::LOG_OFFSET), length: of.get(header::LOG_LENGTH) };
    if log.is_aligned_in(data.len()) { Slot::Sound(of) } else { Slot::Bad }
}

/// The sound header with the higher sequence number.
fn chosen_header(data: &Data) -> Result<(usize, Structure), Damage> {
    let (slot, of) = match (read_header(data, 0), read_header(data, 1)) {
        (Slot::Newer, _) | (_, Slot::Newer) => return Err(Damage::NewerVersion),
        (Slot::Sound(first), Slot::Sound(second)) => {
            match first.get(header::SEQUENCE).cmp(&second.get(header::SEQUENCE)) {
                std::cmp::Ordering::Greater => (0, first),
                std::cmp::Ordering::Less => (1, second),
                std::cmp::Ordering::Equal if first.bytes == second.bytes => (0, first),
                std::cmp::Ordering::Equal => return Err(Damage::BadHeaders),
            }
        }
        (Slot::Sound(first), Slot::Bad) => (0, first),
        (Slot::Bad, Slot::Sound(second)) => (1, second),
        (Slot::Bad, Slot::Bad) => return Err(Damage::BadHeaders),
    };
    if of.part(header::LOG).iter().any(|byte| *byte != 0) {
        return Err(Damage::LogPending);
    }
    Ok((slot, of))
}

/// The regions of metadata and of the block allocation table, from the first sound table of regions.
fn read_regions(data: &Data, log: Extent) -> Result<(Extent, Extent), Damage> {
    match read_region_table(data, REGION_TABLES[0], log) {
        Err(Damage::BadRegions) => read_region_table(data, REGION_TABLES[1], log),
        other => other,
    }
}

fn read_region_table(data: &Data, at: u64, log: Extent) -> Result<(Extent, Extent), Damage> {
    let head = data.read(at, region_table::LAYOUT.size);
    let of = Structure::read(&region_table::LAYOUT, &head, 0).ok_or(Damage::BadRegions)?;
    let count = of.get_u32(region_table::COUNT);
    let sound = data.len() >= at + TABLE as u64
        && of.get_u32(region_table::SIGNATURE) == REGIONS
        && of.get_u32(region_table::CHECKSUM) == checksum_of(data, at, TABLE, region_table::CHECKSUM)
        && count <= ENTRIES;
    if !sound {
        return Err(Damage::BadRegions);
    }
    let bytes = data.read(at, region_table::LAYOUT.size + count as usize * region::LAYOUT.size);
    let (mut metadata, mut table, mut extents, mut ids) = (None, None, vec![log], Vec::new());
    for index in 0..count as usize {
        let at = region_table::LAYOUT.size + index * region::LAYOUT.size;
        let of = Structure::read(&region::LAYOUT, &bytes, at).ok_or(Damage::BadRegions)?;
        let extent = Extent { offset: of.get(region::OFFSET), length: of.get(region::LENGTH) };
        let id = guid(&of, region::ID);
        if !extent.is_aligned_in(data.len()) || extent.length == 0 || ids.contains(&id) {
            return Err(Damage::BadRegions);
        }
        match id.as_u128() {
            id::METADATA => metadata = Some(extent),
            id::TABLE => table = Some(extent),
            _ if of.get_u32(region::REQUIRED) & 1 != 0 => return Err(Damage::UnknownRegion),
            _ => {}
        }
        ids.push(id);
        extents.push(extent);
    }
    if overlap(&mut extents) {
        return Err(Damage::BadRegions);
    }
    metadata.zip(table).ok_or(Damage::BadRegions)
}

/// Where the items are, if nothing in their table contradicts itself.
fn read_items(data: &Data, region: Extent) -> Result<Items, Damage> {
    let head = data.read(region.offset, metadata_table::LAYOUT.size);
    let of = Structure::read(&metadata_table::LAYOUT, &head, 0).ok_or(Damage::BadMetadata)?;
    let count = of.get_u32(metadata_table::COUNT);
    if of.get(metadata_table::SIGNATURE) != METADATA || count > ENTRIES {
        return Err(Damage::BadMetadata);
    }
    let bytes = data.read(region.offset, metadata_table::LAYOUT.size + count as usize * metadata::LAYOUT.size);
    let mut found: [Option<Extent>; 6] = [None; 6];
    let known =
        [id::PARAMETERS, id::SIZE, id::DISK, id::LOGICAL_SECTOR, id::PHYSICAL_SECTOR, id::LOCATOR].map(Uuid::from_u128);
    let (mut extents, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
    for index in 0..count as usize {
        let at = metadata_table::LAYOUT.size + index * metadata::LAYOUT.size;
        let of = Structure::read(&metadata::LAYOUT, &bytes, at).ok_or(Damage::BadMetadata)?;
        let (offset, length) = (of.get(metadata::OFFSET), of.get(metadata::LENGTH));
        let (id, flags) = (guid(&of, metadata::ID), of.get_u32(metadata::FLAGS));
        let extent = Extent { offset: region.offset + offset, length };
        let lies_within = match length {
            0 => offset == 0,
            length => offset >= TABLE as u64 && length <= ALIGNMENT && offset + length <= region.length,
        };
        let is_user = flags & flag::USER != 0;
        let plain = flags & !(flag::USER | flag::DISK | flag::REQUIRED) == 0;
        if id.is_nil() || !lies_within || !plain || !ids.insert((id, is_user)) {
            return Err(Damage::BadMetadata);
        }
        match known.iter().position(|known| *known == id).filter(|_| !is_user) {
            Some(place) => found[place] = Some(extent),
            None if flags & flag::REQUIRED != 0 => return Err(Damage::UnknownItem),
            None => {}
        }
        if length > 0 {
            extents.push(extent);
        }
    }
    if overlap(&mut extents) {
        return Err(Damage::BadMetadata);
    }
    let exact = |place: usize, length: u64| found[place].filter(|at| at.length == length).ok_or(Damage::BadItem);
    Ok(Items {
        parameters: exact(0, 8)?,
        size: exact(1, 8)?,
        disk: exact(2, 16)?,
        logical_sector: exact(3, 4)?,
        physical_sector: exact(4, 4)?,
        locator: found[5],
    })
}
