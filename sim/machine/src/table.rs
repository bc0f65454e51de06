//! Tables of the host: chunked, copy-on-write, with generation-checked keys.
//!
//! Cloning a table copies two pointers. The first write after a clone copies one chunk, and the list of chunks if there are
//! several; a world of 100,000 systems forks in microseconds. A key names one entry for ever: when its slot is used again, the slot's
//! generation has moved on and the old key finds nothing.

use std::sync::Arc;

use smallvec::SmallVec;

/// Entries in a chunk. Small enough to copy on the first write after a fork, large enough to keep the list short.
const CHUNK: usize = 32;

/// An entry's key: its slot and the slot's generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The slot.
    pub index: u32,
    /// How often the slot had been used before.
    pub generation: u32,
}

/// Keys of which there is nearly always one, which then needs no memory of its own.
pub(crate) type Keys = SmallVec<[Key; 1]>;

impl Key {
    /// No key is before this one.
    pub(crate) const FIRST: Key = Key { index: 0, generation: 0 };
    /// No key is behind this one.
    pub(crate) const LAST: Key = Key { index: u32::MAX, generation: u32::MAX };
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot<T> {
    Full {
        generation: u32,
        value: T,
    },
    /// The slot's next generation, and the next free slot.
    Free {
        generation: u32,
        next: Option<u32>,
    },
}

/// What a key finds.
#[derive(Debug)]
pub enum Found<'a, T> {
    /// The entry.
    Live(&'a T),
    /// There was such an entry; it is gone.
    Gone,
    /// There never was.
    Never,
}

/// A chunk has all its slots from the beginning; those not used yet are free and on no list.
type Chunk<T> = Arc<[Slot<T>]>;

/// A table of `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T> {
    /// The first chunk is held directly: small worlds have no other. An empty table has none, and costs nothing to make.
    first: Option<Chunk<T>>,
    others: Option<Arc<Vec<Chunk<T>>>>,
    slots: u32,
    free: Option<u32>,
    live: u32,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { first: None, others: None, slots: 0, free: None, live: 0 }
    }
}

impl<T: Clone> Table<T> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.live as usize
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds an entry. The slot given back last is used first.
    pub fn insert(&mut self, value: T) -> Key {
        self.live += 1;
        let index = self.free.unwrap_or(self.slots);
        if index == self.slots {
            if (index as usize).is_multiple_of(CHUNK) {
                self.add_chunk();
            }
            self.slots += 1;
        }
        let slot = self.slot_mut(index);
        let Slot::Free { generation, next } = *slot else { unreachable!("the free list holds a full slot") };
        *slot = Slot::Full { generation, value };
        self.free = next;
        Key { index, generation }
    }

    fn add_chunk(&mut self) {
        let chunk = (0..CHUNK).map(|_| Slot::Free { generation: 0, next: None }).collect();
        match self.first {
            None => self.first = Some(chunk),
            Some(_) => Arc::make_mut(self.others.get_or_insert_default()).push(chunk),
        }
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        self.get(key)?;
        let next = self.free;
        let free = Slot::Free { generation: (key.generation + 1) & crate::handle::GENERATION, next };
        let full = std::mem::replace(self.slot_mut(key.index), free);
        self.free = Some(key.index);
        self.live -= 1;
        match full {
            Slot::Full { value, .. } => Some(value),
            Slot::Free { .. } => None,
        }
    }

    /// The entry of a key.
    pub fn get(&self, key: Key) -> Option<&T> {
        match self.slot(key.index)? {
            Slot::Full { generation, value } if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    /// The entry of a key, to change.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.get(key)?;
        match self.slot_mut(key.index) {
            Slot::Full { value, .. } => Some(value),
            Slot::Free { .. } => None,
        }
    }

    /// What a key finds.
    pub fn find(&self, key: Key) -> Found<'_, T> {
        match self.slot(key.index) {
            Some(Slot::Full { generation, value }) if *generation == key.generation => Found::Live(value),
            Some(Slot::Full { generation, .. } | Slot::Free { generation, .. }) if key.generation < *generation => {
                Found::Gone
            }
            _ => Found::Never,
        }
    }

    /// Whether every entry is shared with another table: then nothing has been changed since one was cloned from the other.
    /// It looks at pointers alone.
    pub fn is_shared_with(&self, other: &Table<T>) -> bool {
        let same = |one: Option<&Chunk<T>>, other: Option<&Chunk<T>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        let others = match (&self.others, &other.others) {
            (Some(one), Some(other)) => {
                Arc::ptr_eq(one, other)
                    || (one.len() == other.len()
                        && one.iter().zip(&**other).all(|(one, other)| Arc::ptr_eq(one, other)))
            }
            (None, None) => true,
            _ => false,
        };
        others && same(self.first.as_ref(), other.first.as_ref())
    }

    /// Every entry with its key, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        let chunks = self.first.iter().chain(self.others.iter().flat_map(|chunks| chunks.iter()));
        chunks.flat_map(|chunk| chunk.iter()).enumerate().filter_map(|(index, slot)| match slot {
            Slot::Full { generation, value } => Some((Key { index: index as u32, generation: *generation }, value)),
            Slot::Free { .. } => None,
        })
    }

    /// A slot, if there is such a chunk.
    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let chunk = match (index as usize / CHUNK).checked_sub(1) {
            None => self.first.as_ref(),
            Some(at) => self.others.as_ref().and_then(|chunks| chunks.get(at)),
        };
        chunk.map(|chunk| &chunk[index as usize % CHUNK])
    }

    /// A slot that there is, to change.
    fn slot_mut(&mut self, index: u32) -> &mut Slot<T> {
        let chunk = match (index as usize / CHUNK).checked_sub(1) {
            None => self.first.as_mut(),
            Some(at) => self.others.as_mut().map(|chunks| &mut Arc::make_mut(chunks)[at]),
        };
        let Some(chunk) = chunk else { unreachable!("there is no slot {index}") };
        &mut Arc::make_mut(chunk)[index as usize % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_outlives_its_slot_without_finding_the_next_entry() {
        let mut table = Table::default();
        let first = table.insert("first");
        assert_eq!(table.remove(first), Some("first"));
        let second = table.insert("second");
        assert_eq!(first.index, second.index, "the slot is used again");
        assert!(matches!(table.find(first), Found::Gone));
        assert!(matches!(table.find(second), Found::Live(&"second")));
        assert!(matches!(table.find(Key { index: 7, generation: 0 }), Found::Never));
        assert!(matches!(table.find(Key { index: 0, generation: 9 }), Found::Never));
        table.remove(second);
        assert!(matches!(table.find(second), Found::Gone));
        let third = Key { generation: second.generation + 1, ..second };
        assert!(matches!(table.find(third), Found::Never), "a key that will be has not been yet");
        assert_eq!(table.insert("third"), third);
    }

    #[test]
    fn a_clone_keeps_what_the_original_changes() {
        let mut table = Table::default();
        let keys: Vec<Key> = (0..1_000).map(|value| table.insert(value)).collect();
        let clone = table.clone();
        assert!(table.is_shared_with(&clone));
        *table.get_mut(keys[500]).expect("live") = -1;
        table.remove(keys[501]);
        assert_eq!(clone.get(keys[500]), Some(&500));
        assert_eq!(clone.get(keys[501]), Some(&501));
        assert_eq!((table.len(), clone.len()), (999, 1_000));
        assert_ne!(table, clone);
        assert!(!table.is_shared_with(&clone));
    }
}
