//! The bytes of a file: sparse, and shared by clones. An image of four megabytes that is nearly empty costs a few blocks.

use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use xxhash_rust::xxh3::Xxh3;

/// How many bytes are kept in one piece.
const PIECE: usize = 4096;

/// A piece, without the zeros at its end.
type Piece = Arc<[u8]>;

/// A file's bytes. Pieces that are all zeros are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    length: u64,
    pieces: RedBlackTreeMapSync<u64, Piece>,
}

impl From<&[u8]> for Data {
    fn from(bytes: &[u8]) -> Data {
        let mut data = Data::default();
        data.write(0, bytes);
        data
    }
}

impl Data {
    /// So many zeros.
    pub fn zeros(length: u64) -> Data {
        Data { length, ..Data::default() }
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// At most so many bytes from here on: fewer where the file ends.
    pub fn read(&self, at: u64, count: usize) -> Vec<u8> {
        let count = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX).min(count);
        let mut bytes = vec![0; count];
        let mut done = 0;
        while done < count {
            let here = at + done as u64;
            let within = (here % PIECE as u64) as usize;
            let part = (PIECE - within).min(count - done);
            if let Some(piece) = self.pieces.get(&(here / PIECE as u64)) {
                let kept = piece.get(within..piece.len().min(within + part)).unwrap_or_default();
                bytes[done..done + kept.len()].copy_from_slice(kept);
            }
            done += part;
        }
        bytes
    }

    /// Every byte.
    pub fn to_vec(&self) -> Vec<u8> {
        self.read(0, usize::MAX)
    }

    /// The pieces that are not all zeros and begin in a stretch that begins with a piece, each whole and with its place.
    pub(crate) fn pieces(&self, at: u64, length: u64) -> impl Iterator<Item = (u64, [u8; PIECE])> {
        let (first, end) = (at / PIECE as u64, at.saturating_add(length).div_ceil(PIECE as u64));
        self.pieces.range(first..end.max(first)).map(|(place, piece)| {
            let mut whole = [0; PIECE];
            whole[..piece.len()].copy_from_slice(piece);
            (place * PIECE as u64, whole)
        })
    }

    /// Whether nothing is kept of a stretch: it is all zeros, or lies behind the end.
    pub(crate) fn is_zeros(&self, at: u64, length: u64) -> bool {
        let (first, end) = (at / PIECE as u64, at.saturating_add(length).div_ceil(PIECE as u64));
        self.pieces.range(first..end.max(first)).next().is_none()
    }

    /// At most so many bytes from here on, as data. What is zeros costs nothing.
    pub fn part(&self, at: u64, count: u64) -> Data {
        let count = self.length.saturating_sub(at).min(count);
        let mut part = Data::zeros(count);
        for (place, piece) in self.pieces.range(at / PIECE as u64..(at + count).div_ceil(PIECE as u64)) {
            let begins = place * PIECE as u64;
            let (from, to) = (at.max(begins), (at + count).min(begins + piece.len() as u64));
            if from < to {
                part.write(from - at, &piece[(from - begins) as usize..(to - begins) as usize]);
            }
        }
        part
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, more: &Data) {
        let at = self.length;
        self.length += more.length;
        for (place, piece) in &more.pieces {
            let begins = place * PIECE as u64;
            let count = (more.length - begins).min(piece.len() as u64);
            self.write(at + begins, &piece[..count as usize]);
        }
    }

    /// Where there may be anything but zeros: beginnings and ends, in their order.
    pub fn ranges(&self) -> Vec<(u64, u64)> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for place in self.pieces.keys() {
            let begins = place * PIECE as u64;
            let ends = (begins + PIECE as u64).min(self.length);
            match ranges.last_mut() {
                Some(last) if last.1 == begins => last.1 = ends,
                _ => ranges.push((begins, ends)),
            }
        }
        ranges
    }

    /// Writes bytes from here on. The file grows if it must; what lies between is zeros.
    pub fn write(&mut self, at: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let here = at + done as u64;
            let within = (here % PIECE as u64) as usize;
            let part = (PIECE - within).min(bytes.len() - done);
            let place = here / PIECE as u64;
            let new = &bytes[done..done + part];
            match self.pieces.get(&place).filter(|before| within > 0 || before.len() > part) {
                None if within == 0 => self.keep(place, new),
                before => {
                    let before = before.map_or(&[][..], |before| &before[..]);
                    let mut piece = [0; PIECE];
                    piece[..before.len()].copy_from_slice(before);
                    piece[within..within + part].copy_from_slice(new);
                    self.keep(place, &piece[..before.len().max(within + part)]);
                }
            }
            done += part;
        }
        self.length = self.length.max(at + bytes.len() as u64);
    }

    /// Makes it so long: what is beyond goes, what is new is zeros.
    pub fn resize(&mut self, length: u64) {
        let first = length.div_ceil(PIECE as u64);
        while let Some(place) = self.pieces.range(first..).next_back().map(|(place, _)| *place) {
            self.pieces.remove_mut(&place);
        }
        let within = (length % PIECE as u64) as usize;
        if let Some(last) = self.pieces.get(&(length / PIECE as u64)).filter(|piece| piece.len() > within).cloned() {
            self.keep(length / PIECE as u64, &last[..within]);
        }
        self.length = length;
    }

    /// How many bytes are kept in pieces, each counted whole: what a sparse file takes.
    pub fn kept(&self) -> u64 {
        self.pieces.size() as u64 * PIECE as u64
    }

    /// A hash of the bytes, which tells files apart and not forgeries. It costs what is kept, not what is long.
    pub fn digest(&self) -> u128 {
        let mut hash = Xxh3::new();
        hash.update(&self.length.to_le_bytes());
        for (place, piece) in &self.pieces {
            hash.update(&place.to_le_bytes());
            hash.update(&(piece.len() as u64).to_le_bytes());
            hash.update(piece);
        }
        hash.digest128()
    }

    fn keep(&mut self, place: u64, piece: &[u8]) {
        let piece = without_zeros_at_its_end(piece);
        if piece.is_empty() {
            self.pieces.remove_mut(&place);
        } else {
            self.pieces.insert_mut(place, piece.into());
        }
    }
}

/// Whole stretches of zeros are passed over first: images are made of little else.
fn without_zeros_at_its_end(mut bytes: &[u8]) -> &[u8] {
    while let Some((before, last)) = bytes.split_last_chunk::<64>()
        && *last == [0; 64]
    {
        bytes = before;
    }
    &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_are_those_of_a_plain_vector(writes in prop::collection::vec((0_usize..20_000, prop::collection::vec(0_u8..3, 0..6_000)), 0..8), lengths in prop::collection::vec(0_usize..30_000, 0..4)) {
            let mut data = Data::default();
            let mut plain: Vec<u8> = Vec::new();
            for (at, bytes) in &writes {
                data.write(*at as u64, bytes);
                if !bytes.is_empty() {
                    plain.resize(plain.len().max(at + bytes.len()), 0);
                    plain[*at..at + bytes.len()].copy_from_slice(bytes);
                } else {
                    plain.resize(plain.len().max(*at), 0);
                }
            }
            prop_assert_eq!(data.to_vec(), plain.clone());
            prop_assert_eq!(data.read(7, 100), plain.get(7..).unwrap_or_default()[..plain.len().saturating_sub(7).min(100)].to_vec());
            let again = Data::from(&plain[..]);
            prop_assert_eq!(&data, &again, "how it was written does not matter");
            prop_assert_eq!(data.digest(), again.digest());
            for length in lengths {
                data.resize(length as u64);
                plain.resize(length, 0);
                prop_assert_eq!(&data, &Data::from(&plain[..]));
            }
        }
    }

    proptest! {
        #[test]
        fn parts_put_together_are_the_whole(bytes in prop::collection::vec(0_u8..2, 0..20_000), cut in 0_usize..20_000, zeros in 0_u64..20_000) {
            let mut data = Data::from(&bytes[..]);
            let cut = cut.min(bytes.len());
            let (mut first, second) = (data.part(0, cut as u64), data.part(cut as u64, u64::MAX));
            prop_assert_eq!(first.to_vec(), &bytes[..cut]);
            prop_assert_eq!(second.to_vec(), &bytes[cut..]);
            first.append(&second);
            prop_assert_eq!(&first, &data);
            data.append(&Data::zeros(zeros));
            data.append(&second);
            let mut plain = bytes.clone();
            plain.resize(bytes.len() + zeros as usize, 0);
            plain.extend(&bytes[cut..]);
            prop_assert_eq!(data.to_vec(), &plain[..]);
            let mut within = vec![false; plain.len()];
            data.ranges().iter().for_each(|(begins, ends)| within[*begins as usize..*ends as usize].fill(true));
            prop_assert!(plain.iter().zip(&within).all(|(byte, within)| *byte == 0 || *within), "a byte is in no range");
        }
    }

    #[test]
    fn what_is_written_over_a_longer_piece_leaves_its_end() {
        let mut data = Data::from(&[7; 100][..]);
        data.write(0, &[1; 10]);
        assert_eq!((data.read(9, 2), data.len()), (vec![1, 7], 100));
        data.write(0, &[0; 100]);
        assert_eq!(data, Data::zeros(100));
    }

    #[test]
    fn a_clone_keeps_what_the_original_changes() {
        let mut data = Data::zeros(1 << 40);
        data.write(1 << 39, b"far");
        let clone = data.clone();
        data.write(1 << 39, b"\0\0\0");
        assert_eq!(clone.read(1 << 39, 3), b"far");
        assert_eq!(data, Data::zeros(1 << 40), "zeros are not kept");
    }
}
