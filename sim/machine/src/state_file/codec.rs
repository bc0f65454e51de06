//! Fields and checksums of structures.

use crc32fast::Hasher;
use hcs_rules::state_file::{Field, Layout, Order};

/// One structure in memory.
pub(crate) struct Structure {
    layout: &'static Layout,
    pub(crate) bytes: Vec<u8>,
}

impl Structure {
    /// All zeros.
    pub(crate) fn new(layout: &'static Layout) -> Structure {
        Structure { layout, bytes: vec![0; layout.size] }
    }

    /// The structure that begins here, if the bytes reach.
    pub(crate) fn read(layout: &'static Layout, bytes: &[u8], at: usize) -> Option<Structure> {
        let bytes = bytes.get(at..at.checked_add(layout.size)?)?.to_vec();
        Some(Structure { layout, bytes })
    }

    /// The bytes of a field.
    pub(crate) fn part(&self, field: Field) -> &[u8] {
        &self.bytes[field.at..field.at + field.size]
    }

    /// The number in a field of at most eight bytes.
    pub(crate) fn get(&self, field: Field) -> u64 {
        let byte = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.layout.order {
            Order::Little => self.part(field).iter().rev().fold(0, byte),
            Order::Big => self.part(field).iter().fold(0, byte),
        }
    }

    /// The same of a field of at most four bytes.
    pub(crate) fn get_u32(&self, field: Field) -> u32 {
        debug_assert!(field.size <= 4, "{} is wider", field.name);
        self.get(field) as u32
    }

    /// Puts a number into a field.
    pub(crate) fn put(&mut self, field: Field, number: u64) {
        let mut bytes = number.to_le_bytes()[..field.size].to_vec();
        if self.layout.order == Order::Big {
            bytes.reverse();
        }
        self.put_bytes(field, &bytes);
    }

    /// Puts bytes into a field, which they fill.
    pub(crate) fn put_bytes(&mut self, field: Field, bytes: &[u8]) {
        self.bytes[field.at..field.at + field.size].copy_from_slice(bytes);
    }

    /// Whether every byte is zero.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }

    /// CRC-32 over the structure with this field as zeros, and over what follows it.
    pub(crate) fn checksum(&self, field: Field, rest: &[&[u8]]) -> u32 {
        let mut hasher = Hasher::new();
        hasher.update(&self.bytes[..field.at]);
        hasher.update(&[0; 4][..field.size]);
        hasher.update(&self.bytes[field.at + field.size..]);
        rest.iter().for_each(|bytes| hasher.update(bytes));
        hasher.finalize()
    }

    /// Seals the structure with that checksum.
    pub(crate) fn seal(&mut self, field: Field, rest: &[&[u8]]) {
        let checksum = self.checksum(field, rest);
        self.put(field, checksum.into());
    }

    /// Whether the checksum is right.
    pub(crate) fn is_sealed(&self, field: Field, rest: &[&[u8]]) -> bool {
        self.get_u32(field) == self.checksum(field, rest)
    }
}
