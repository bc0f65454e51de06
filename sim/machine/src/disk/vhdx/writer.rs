//! New files, and changes of old ones. A change is a list of writes, like that of a state file.

use hcs_rules::disk::vhdx::{
    ALIGNMENT, CREATOR, FILE, HEADER, HEADERS, LOG_LENGTH, LOG_OFFSET, LOG_VERSION, METADATA, METADATA_LENGTH,
    METADATA_OFFSET, REGION_TABLES, REGIONS, TABLE, TABLE_OFFSET, VERSION, flag, header, id, identifier, metadata,
    metadata_table, parameters, region, region_table,
};
use uuid::Uuid;

use super::table::{ENTRY, Layout, present};
use super::{Extent, Form, Image, Parent, checksum};
use crate::files::Data;
use crate::state_file::Write;
use crate::state_file::codec::Structure;

/// What a new disk is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The disk's size in bytes: a multiple of the logical sector.
    pub size: u64,
    /// The bytes of a block: a power of two.
    pub block: u32,
    /// The bytes of a sector.
    pub logical_sector: u32,
    /// The bytes of a sector of the simulated hardware.
    pub physical_sector: u32,
    /// The disk's own id.
    pub id: Uuid,
    /// The first file write id.
    pub file_write: Uuid,
    /// The first data write id.
    pub data_write: Uuid,
    /// Whether every block is in the file from the beginning.
    pub fixed: bool,
    /// Where the parent is, of a differencing disk.
    pub parent: Option<Parent>,
}

/// Why a file cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// The parent's path is longer than a path can be, or the file has no room for it.
    Locator,
    /// The disk would lose blocks that are in the file.
    Truncates,
}

/// Where a new file has the first item of its metadata, in their region.
const ITEMS: usize = TABLE;
/// Where it has its locator, behind which there is room.
const LOCATOR: usize = 2 * TABLE;

impl Shape {
    fn layout(&self) -> Layout {
        Layout {
            size: self.size,
            block: self.block,
            logical_sector: self.logical_sector,
            has_parent: self.parent.is_some(),
        }
    }

    /// How many bytes the file has.
    pub fn length(&self) -> u64 {
        let layout = self.layout();
        let blocks = if self.fixed { layout.blocks() * u64::from(self.block) } else { 0 };
        TABLE_OFFSET + layout.length() + blocks
    }

    /// How many blocks the disk has.
    pub fn blocks(&self) -> u64 {
        self.layout().blocks()
    }

    /// The file of a new disk.
    ///
    /// # Errors
    /// [`Unwritable::Locator`].
    pub fn create(&self) -> Result<Data, Unwritable> {
        let layout = self.layout();
        let table = Extent { offset: TABLE_OFFSET, length: layout.length() };
        let metadata = Extent { offset: METADATA_OFFSET, length: METADATA_LENGTH };
        let mut data = Data::zeros(self.length());
        data.write(0, &identifier_bytes());
        let log = Extent { offset: LOG_OFFSET, length: LOG_LENGTH };
        for (sequence, at) in (1..).zip(HEADERS) {
            data.write(at, &header_bytes(sequence, self.file_write, self.data_write, log));
        }
        let regions = region_bytes(metadata, table);
        REGION_TABLES.iter().for_each(|at| data.write(*at, &regions));
        for write in self.metadata()? {
            data.write(METADATA_OFFSET + write.at, &write.bytes);
        }
        if self.fixed {
            let first = table.offset + table.length;
            allocate(&mut data, table.offset, layout, 0, first);
        }
        Ok(data)
    }

    /// The metadata, at places in their region.
    fn metadata(&self) -> Result<Vec<Write>, Unwritable> {
        let mut of = Structure::new(&parameters::LAYOUT);
        of.put(parameters::BLOCK_SIZE, self.block.into());
        let leave = if self.fixed { flag::LEAVE_ALLOCATED } else { 0 };
        let has_parent = if self.parent.is_some() { flag::HAS_PARENT } else { 0 };
        of.put(parameters::FLAGS, (leave | has_parent).into());
        let locator = self.parent.as_ref().map(|parent| parent.write().ok_or(Unwritable::Locator)).transpose()?;
        let disk = flag::DISK | flag::REQUIRED;
        let mut items = vec![
            (id::PARAMETERS, flag::REQUIRED, of.bytes),
            (id::SIZE, disk, self.size.to_le_bytes().to_vec()),
            (id::DISK, disk, self.id.to_bytes_le().to_vec()),
            (id::LOGICAL_SECTOR, disk, self.logical_sector.to_le_bytes().to_vec()),
            (id::PHYSICAL_SECTOR, disk, self.physical_sector.to_le_bytes().to_vec()),
        ];
        items.extend(locator.map(|bytes| (id::LOCATOR, flag::REQUIRED, bytes)));
        let mut of = Structure::new(&metadata_table::LAYOUT);
        of.put(metadata_table::SIGNATURE, METADATA);
        of.put(metadata_table::COUNT, items.len() as u64);
        let mut table = of.bytes;
        let mut place = ITEMS;
        let mut writes = Vec::new();
        for (id, flags, bytes) in items {
            let at = if id == id::LOCATOR { LOCATOR } else { place };
            let mut of = Structure::new(&metadata::LAYOUT);
            of.put_bytes(metadata::ID, &Uuid::from_u128(id).to_bytes_le());
            of.put(metadata::OFFSET, at as u64);
            of.put(metadata::LENGTH, bytes.len() as u64);
            of.put(metadata::FLAGS, flags.into());
            table.extend(of.bytes);
            place += bytes.len();
            writes.push(Write { at: at as u64, bytes });
        }
        writes.push(Write { at: 0, bytes: table });
        Ok(writes)
    }
}

fn identifier_bytes() -> Vec<u8> {
    let mut of = Structure::new(&identifier::LAYOUT);
    of.put(identifier::SIGNATURE, FILE);
    let creator: Vec<u8> = CREATOR.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = of.bytes;
    bytes[identifier::CREATOR.at..][..creator.len()].copy_from_slice(&creator);
    bytes
}

fn header_bytes(sequence: u64, file_write: Uuid, data_write: Uuid, log: Extent) -> Vec<u8> {
    let mut of = Structure::new(&header::LAYOUT);
    of.put(header::SIGNATURE, HEADER.into());
    of.put(header::SEQUENCE, sequence);
    of.put_bytes(header::FILE_WRITE, &file_write.to_bytes_le());
    of.put_bytes(header::DATA_WRITE, &data_write.to_bytes_le());
    of.put(header::LOG_VERSION, LOG_VERSION.into());
    of.put(header::VERSION, VERSION.into());
    of.put(header::LOG_LENGTH, log.length);
    of.put(header::LOG_OFFSET, log.offset);
    let checksum = checksum(&of.bytes, header::CHECKSUM);
    of.put(header::CHECKSUM, checksum.into());
    of.bytes
}

fn region_bytes(metadata: Extent, table: Extent) -> Vec<u8> {
    let mut of = Structure::new(&region_table::LAYOUT);
    of.put(region_table::SIGNATURE, REGIONS.into());
    of.put(region_table::COUNT, 2);
    let mut bytes = of.bytes;
    for (id, extent) in [(id::TABLE, table), (id::METADATA, metadata)] {
        let mut of = Structure::new(&region::LAYOUT);
        of.put_bytes(region::ID, &Uuid::from_u128(id).to_bytes_le());
        of.put(region::OFFSET, extent.offset);
        of.put(region::LENGTH, extent.length);
        of.put(region::REQUIRED, 1);
        bytes.extend(of.bytes);
    }
    bytes.resize(TABLE, 0);
    let sum = checksum(&bytes, region_table::CHECKSUM);
    bytes[region_table::CHECKSUM.at..][..4].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// Blocks from one on lie in the file, one behind the other.
fn allocate(data: &mut Data, table: u64, layout: Layout, from: u64, mut offset: u64) {
    for block in from..layout.blocks() {
        data.write(table + layout.place(block) * ENTRY, &present(offset));
        offset += u64::from(layout.block);
    }
}

impl Image {
    fn layout(&self) -> Layout {
        Layout {
            size: self.size,
            block: self.block,
            logical_sector: self.logical_sector,
            has_parent: self.parent.is_some(),
        }
    }

    /// The file gets new write ids: the one that children remember too when the content changed. Both headers get them, one
    /// after the other.
    pub fn stamp(&self, data: &mut Data, file_write: Uuid, data_write: Option<Uuid>) {
        let data_write = data_write.unwrap_or(self.data_write);
        for (more, slot) in (1..).zip([1 - self.slot, self.slot]) {
            let sequence = self.sequence.wrapping_add(more);
            data.write(HEADERS[slot], &header_bytes(sequence, file_write, data_write, self.log));
        }
    }

    /// The disk gets another id.
    pub fn set_id(&self, data: &mut Data, id: Uuid) {
        data.write(self.items.disk.offset, &id.to_bytes_le());
    }

    /// The simulated hardware gets sectors of this many bytes.
    pub fn set_physical_sector(&self, data: &mut Data, size: u32) {
        data.write(self.items.physical_sector.offset, &size.to_le_bytes());
    }

    /// The locator says another parent.
    ///
    /// # Errors
    /// [`Unwritable::Locator`]: the disk has no parent, or the file no room.
    pub fn set_parent(&self, data: &mut Data, parent: &Parent) -> Result<(), Unwritable> {
        let at = self.items.locator.ok_or(Unwritable::Locator)?;
        let bytes = parent.write().ok_or(Unwritable::Locator)?;
        let others = [self.items.parameters, self.items.size, self.items.disk];
        let more = [self.items.logical_sector, self.items.physical_sector];
        let behind = others.iter().chain(&more).map(|item| item.offset).filter(|offset| *offset > at.offset).min();
        let room = behind.unwrap_or(self.metadata.offset + self.metadata.length) - at.offset;
        let length = bytes.len() as u64;
        if length > room.min(ALIGNMENT) {
            return Err(Unwritable::Locator);
        }
        let table = data.read(self.metadata.offset, TABLE);
        let id = Uuid::from_u128(id::LOCATOR).to_bytes_le();
        let entries = table[metadata_table::LAYOUT.size..].chunks_exact(metadata::LAYOUT.size);
        let place = entries.enumerate().find(|(_, entry)| entry[..16] == id).map(|(place, _)| place);
        let place = place.ok_or(Unwritable::Locator)?;
        let entry = metadata_table::LAYOUT.size + place * metadata::LAYOUT.size + metadata::LENGTH.at;
        data.write(at.offset, &bytes);
        data.write(self.metadata.offset + entry as u64, &(length as u32).to_le_bytes());
        Ok(())
    }

    /// How many bytes the file has when the disk has this size.
    pub fn length_for(&self, data: &Data, size: u64) -> u64 {
        let layout = Layout { size, ..self.layout() };
        let table = if layout.length() > self.table.length { layout.length() } else { 0 };
        let more = layout.blocks().saturating_sub(self.blocks.all) * u64::from(self.block);
        data.len().next_multiple_of(ALIGNMENT) + table + if self.form == Form::Fixed { more } else { 0 }
    }

    /// The disk gets another size. A table that becomes too short is written anew at the end of the file.
    ///
    /// # Errors
    /// [`Unwritable::Truncates`].
    pub fn resize(&self, data: &mut Data, size: u64) -> Result<(), Unwritable> {
        let layout = Layout { size, ..self.layout() };
        if self.form != Form::Fixed && self.blocks.end > layout.blocks() {
            return Err(Unwritable::Truncates);
        }
        let end = self.length_for(data, size);
        let mut table = self.table;
        let mut behind = data.len().next_multiple_of(ALIGNMENT);
        if layout.length() > table.length {
            table = Extent { offset: behind, length: layout.length() };
            behind += table.length;
            let old: Vec<(u64, Vec<u8>)> =
                data.pieces(self.table.offset, self.table.length).map(|(at, piece)| (at, piece.to_vec())).collect();
            for (at, piece) in old {
                data.write(table.offset + at - self.table.offset, &piece);
            }
            let regions = region_bytes(self.metadata, table);
            REGION_TABLES.iter().for_each(|at| data.write(*at, &regions));
        }
        if self.form == Form::Fixed {
            // Blocks that go leave their room in the file.
            for block in layout.blocks()..self.blocks.all {
                data.write(table.offset + layout.place(block) * ENTRY, &[0; 8]);
            }
            allocate(data, table.offset, layout, self.blocks.all, behind);
        }
        data.write(self.items.size.offset, &size.to_le_bytes());
        data.resize(end.max(data.len()));
        Ok(())
    }
}
