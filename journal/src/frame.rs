//! One record in a segment: its header, its body, and zeros up to the next eighth byte.
//!
//! `length u32 | crc32c u32 | lsn u64 | durable u64 | body`, little-endian. `durable` is the last
//! record that was known to be on disk when this one was written: it tells a torn tail, which a power
//! loss may leave behind it, from a record that was on disk and is damaged.

use crate::Lsn;

/// Bytes before the body.
pub(crate) const HEADER: usize = 24;
/// Frames begin at multiples of so many bytes.
pub(crate) const ALIGN: usize = 8;
/// No body is longer, so that a damaged length is told from a long record.
const LONGEST_BODY: usize = 1 << 30;

/// A record on its way to the disk: everything but its place in the order.
pub(crate) struct Draft<'a> {
    bytes: &'a mut Vec<u8>,
    length: u32,
    crc: u32,
}

impl<'a> Draft<'a> {
    /// Begins a frame in a buffer and has `body` append its content.
    pub(crate) fn new(bytes: &'a mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) -> Self {
        bytes.clear();
        bytes.resize(HEADER, 0);
        body(bytes);
        let content = bytes.get(HEADER..).unwrap_or_default();
        let (length, crc) = (content.len(), crc32c::crc32c(content));
        bytes.resize(padded(bytes.len()), 0);
        Self { bytes, length: u32::try_from(length).unwrap_or(u32::MAX), crc }
    }

    /// How much of a segment it takes.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// The whole frame, in its place.
    pub(crate) fn seal(&mut self, lsn: Lsn, durable: Lsn) -> &[u8] {
        let Self { bytes, length, crc } = self;
        let crc = crc32c::crc32c_append(*crc, &place(*length, lsn, durable));
        let header = length.to_le_bytes().into_iter().chain(crc.to_le_bytes());
        let header = header.chain(lsn.0.to_le_bytes()).chain(durable.0.to_le_bytes());
        for (to, byte) in bytes.iter_mut().zip(header) {
            *to = byte;
        }
        bytes
    }
}

/// A frame that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) lsn: Lsn,
    pub(crate) durable: Lsn,
    pub(crate) body: &'a [u8],
    /// Where the next one begins.
    pub(crate) end: usize,
}

/// The frame at an offset; `None` where there is none that is whole.
pub(crate) fn read(bytes: &[u8], at: usize) -> Option<Frame<'_>> {
    let word = |offset: usize| {
        let from = at.checked_add(offset)?;
        Some(u32::from_le_bytes(bytes.get(from..from.checked_add(4)?)?.try_into().ok()?))
    };
    let long = |offset: usize| {
        let from = at.checked_add(offset)?;
        Some(u64::from_le_bytes(bytes.get(from..from.checked_add(8)?)?.try_into().ok()?))
    };
    let (length, crc) = (word(0)?, word(4)?);
    let (lsn, durable) = (Lsn(long(8)?), Lsn(long(16)?));
    let body_length = usize::try_from(length).ok().filter(|it| (1..=LONGEST_BODY).contains(it))?;
    if durable >= lsn {
        return None;
    }
    let from = at.checked_add(HEADER)?;
    let to = from.checked_add(body_length)?;
    let body = bytes.get(from..to)?;
    let sum = crc32c::crc32c_append(crc32c::crc32c(body), &place(length, lsn, durable));
    (sum == crc).then_some(Frame { lsn, durable, body, end: padded(to) })
}

fn place(length: u32, lsn: Lsn, durable: Lsn) -> [u8; 20] {
    let mut place = [0; 20];
    let bytes = length.to_le_bytes().into_iter().chain(lsn.0.to_le_bytes());
    for (to, byte) in place.iter_mut().zip(bytes.chain(durable.0.to_le_bytes())) {
        *to = byte;
    }
    place
}

const fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &[u8], lsn: u64, durable: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        Draft::new(&mut bytes, |to| to.extend_from_slice(body)).seal(Lsn(lsn), Lsn(durable));
        bytes
    }

    #[test]
    fn a_frame_reads_back_and_tells_where_the_next_begins() {
        let bytes = frame(b"abc", 7, 6);
        let expected = Frame { lsn: Lsn(7), durable: Lsn(6), body: b"abc", end: 32 };
        assert_eq!((read(&bytes, 0), bytes.len()), (Some(expected), 32));
        assert_eq!(read(&[0; 64], 0), None);
    }

    #[test]
    fn no_bit_of_a_frame_can_flip_unseen() {
        let bytes = frame(b"a record", 9, 3);
        for bit in 0..(HEADER + 8) * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&damaged, 0), None, "bit {bit}");
        }
    }
}
