//! The block allocation table: where each block of the disk is in the file.
//!
//! Between the entries of blocks stand those of bitmaps, one behind each chunk of blocks.

use hcs_rules::disk::Damage;
use hcs_rules::disk::vhdx::{ALIGNMENT, BITMAP_SECTORS, block as state};

use super::{Extent, overlap};
use crate::files::Data;

/// What decides how long the table is, and what stands in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) size: u64,
    pub(super) block: u32,
    pub(super) logical_sector: u32,
    pub(super) has_parent: bool,
}

/// The bytes of one entry.
pub(super) const ENTRY: u64 = 8;

impl Layout {
    /// How many blocks one bitmap is about.
    fn ratio(self) -> u64 {
        BITMAP_SECTORS * u64::from(self.logical_sector) / u64::from(self.block)
    }

    /// How many blocks the disk has.
    pub(super) fn blocks(self) -> u64 {
        self.size.div_ceil(self.block.into())
    }

    /// How many entries the table has.
    pub(super) fn entries(self) -> u64 {
        let (blocks, ratio) = (self.blocks(), self.ratio());
        if self.has_parent { blocks.div_ceil(ratio) * (ratio + 1) } else { blocks + (blocks - 1) / ratio }
    }

    /// The bytes of the table's region.
    pub(super) fn length(self) -> u64 {
        (self.entries() * ENTRY).next_multiple_of(ALIGNMENT)
    }

    /// The place of a block's entry.
    pub(super) fn place(self, block: u64) -> u64 {
        block + block / self.ratio()
    }

    fn is_bitmap(self, place: u64) -> bool {
        place % (self.ratio() + 1) == self.ratio()
    }
}

/// The blocks that are in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// How many blocks the disk has.
    pub all: u64,
    /// How many are in the file, wholly or in part.
    pub present: u64,
    /// One more than the last block that is in the file; 0 when none is.
    pub end: u64,
}

/// The entry of a block that lies in the file.
pub(super) fn present(offset: u64) -> [u8; 8] {
    (state::PRESENT | (offset / ALIGNMENT) << state::OFFSET).to_le_bytes()
}

/// Reads the table. Only what is not zero is looked at, so that it costs what the file holds and not what the disk is long.
pub(super) fn read(data: &Data, region: Extent, layout: Layout, taken: &[Extent]) -> Result<Blocks, Damage> {
    let entries = layout.entries();
    if entries * ENTRY > region.length {
        return Err(Damage::BadTable);
    }
    let mut extents = taken.to_vec();
    let mut blocks = Blocks { all: layout.blocks(), ..Blocks::default() };
    for (at, piece) in data.pieces(region.offset, entries * ENTRY) {
        for (index, entry) in piece.as_chunks::<8>().0.iter().enumerate() {
            let place = (at - region.offset) / ENTRY + index as u64;
            let entry = u64::from_le_bytes(*entry);
            if entry == 0 || place >= entries {
                continue;
            }
            let offset = (entry >> state::OFFSET) * ALIGNMENT;
            let is_bitmap = layout.is_bitmap(place);
            let is_present = match (entry & state::STATE, is_bitmap) {
                _ if entry & state::RESERVED != 0 => return Err(Damage::BadTable),
                (state::PRESENT, true) if layout.has_parent => true,
                (state::PRESENT, false) => true,
                (state::PARTLY_PRESENT, false) if layout.has_parent => true,
                (state::NOT_PRESENT, _) => false,
                (state::UNDEFINED | state::ZERO | state::UNMAPPED, false) => false,
                _ => return Err(Damage::BadTable),
            };
            if !is_present {
                continue;
            }
            let extent = Extent { offset, length: if is_bitmap { ALIGNMENT } else { layout.block.into() } };
            if !extent.is_aligned_in(data.len()) {
                return Err(Damage::BadTable);
            }
            extents.push(extent);
            if !is_bitmap {
                let block = place - place / (layout.ratio() + 1);
                if block >= blocks.all {
                    return Err(Damage::BadTable);
                }
                blocks.present += 1;
                blocks.end = blocks.end.max(block + 1);
            }
        }
    }
    if overlap(&mut extents) { Err(Damage::BadTable) } else { Ok(blocks) }
}
