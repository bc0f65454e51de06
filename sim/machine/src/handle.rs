//! Handles: what the bits that a client holds mean.
//!
//! A handle is never a pointer. It carries its type, its slot and the slot's generation, so that a closed, invented or
//! mistyped one is told from a live one, whatever has been made since.

use crate::table::Key;

/// The type of a handle, in its lowest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HandleType {
    /// `HCS_OPERATION`
    Operation,
    /// `HCS_SYSTEM`
    System,
    /// `HCS_PROCESS`
    Process,
    /// A client's end of a standard stream.
    Stream,
    /// A virtual or physical disk.
    Disk,
    /// Any handle of the older interface: of a system, a process or a callback.
    Legacy,
}

/// The bits of a handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u64);

/// Generations are kept to 29 bits, so that the handle's bits fit. A slot would have to be used five hundred million times
/// before an old handle could be taken for a new one.
pub(crate) const GENERATION: u32 = (1 << 29) - 1;

impl Handle {
    /// No handle.
    pub const NULL: Handle = Handle(0);
    /// `INVALID_HANDLE_VALUE`: what stands for a stream that there is none of.
    pub const INVALID: Handle = Handle(u64::MAX);

    /// The handle of an entry.
    pub const fn new(kind: HandleType, key: Key) -> Handle {
        let tag = match kind {
            HandleType::Operation => 1,
            HandleType::System => 2,
            HandleType::Process => 3,
            HandleType::Stream => 4,
            HandleType::Disk => 6,
            HandleType::Legacy => 5,
        };
        Handle(((key.generation & GENERATION) as u64) << 35 | (key.index as u64) << 3 | tag)
    }

    /// The type and the key, if the bits are those of any handle.
    pub const fn parts(self) -> Option<(HandleType, Key)> {
        let kind = match self.0 & 7 {
            1 => HandleType::Operation,
            2 => HandleType::System,
            3 => HandleType::Process,
            4 => HandleType::Stream,
            5 => HandleType::Legacy,
            6 => HandleType::Disk,
            _ => return None,
        };
        let key = Key { index: (self.0 >> 3) as u32, generation: (self.0 >> 35) as u32 };
        Some((kind, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_gives_its_parts_back() {
        let key = Key { index: u32::MAX, generation: GENERATION };
        assert_eq!(Handle::new(HandleType::System, key).parts(), Some((HandleType::System, key)));
        assert_eq!(Handle::NULL.parts(), None);
        assert_eq!(Handle(8).parts(), None);
        assert_eq!(Handle::INVALID.parts(), None);
        assert_ne!(Handle::new(HandleType::Operation, Key { index: 0, generation: 0 }), Handle::NULL);
    }
}
