//! VHD, the first kind of virtual disk: bytes, and a footer behind them. Only fixed disks are modelled; they are read.

use hcs_rules::disk::Damage;
use hcs_rules::state_file::{disk, disk_footer as footer};
use uuid::Uuid;

use crate::files::Data;
use crate::state_file::codec::Structure;
use crate::state_file::vmgs::footer_checksum;

/// A fixed disk of the first kind as a reader finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The disk's size in bytes.
    pub size: u64,
    /// Its id.
    pub id: Uuid,
}

/// Reads a disk of the first kind.
///
/// # Errors
/// What is wrong with it. [`Damage::NoSignature`] is that of every file that is none.
pub fn read(data: &Data) -> Result<Fixed, Damage> {
    let size = data.len().checked_sub(footer::LAYOUT.size as u64).ok_or(Damage::NoSignature)?;
    let of = Structure::read(&footer::LAYOUT, &data.read(size, footer::LAYOUT.size), 0).ok_or(Damage::NoSignature)?;
    if of.get(footer::COOKIE) != disk::COOKIE {
        return Err(Damage::NoSignature);
    }
    if of.get_u32(footer::CHECKSUM) != footer_checksum(&of) {
        return Err(Damage::BadFooter);
    }
    if of.get_u32(footer::DISK_TYPE) != disk::FIXED {
        return Err(Damage::NotFixed);
    }
    if of.get(footer::CURRENT_SIZE) != size || size == 0 {
        return Err(Damage::BadFooter);
    }
    let id: [u8; 16] = of.part(footer::UNIQUE_ID).try_into().map_err(|_| Damage::BadFooter)?;
    Ok(Fixed { size, id: Uuid::from_bytes(id) })
}
