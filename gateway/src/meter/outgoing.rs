//! Bytes on their way out: the chunk they came in, as long as they stand side by side in it.

use std::ops::Range;

use bytes::Bytes;

/// What goes out of one chunk.
pub(super) struct Outgoing<'c> {
    chunk: &'c Bytes,
    slice: Range<usize>,
    /// All that goes out, once it is no longer one slice of the chunk.
    copy: Option<Vec<u8>>,
}

impl<'c> Outgoing<'c> {
    pub(super) fn of(chunk: &'c Bytes) -> Self {
        Self { chunk, slice: 0..0, copy: None }
    }

    pub(super) fn chunk(&self) -> &'c Bytes {
        self.chunk
    }

    /// A piece of the chunk.
    pub(super) fn push_slice(&mut self, slice: Range<usize>) {
        if self.copy.is_none() && self.slice.is_empty() {
            self.slice = slice;
        } else if self.copy.is_none() && self.slice.end == slice.start {
            self.slice.end = slice.end;
        } else {
            let chunk = self.chunk;
            self.push(&chunk[slice]);
        }
    }

    /// Bytes from elsewhere.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (chunk, slice) = (self.chunk, &self.slice);
        let copy = self.copy.get_or_insert_with(|| {
            let mut copy = Vec::with_capacity(chunk.len() + bytes.len());
            copy.extend_from_slice(&chunk[slice.clone()]);
            copy
        });
        copy.extend_from_slice(bytes);
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self.copy {
            Some(copy) => Bytes::from(copy),
            None => self.chunk.slice(self.slice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_go_out_as_the_chunk_itself() {
        let chunk = Bytes::from_static(b"one two three");
        let mut out = Outgoing::of(&chunk);
        out.push_slice(0..4);
        out.push_slice(4..8);
        let bytes = out.into_bytes();
        assert_eq!(bytes, "one two ");
        assert_eq!(bytes.as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn what_is_left_out_or_put_in_makes_a_copy() {
        let chunk = Bytes::from_static(b"one two three");
        let mut out = Outgoing::of(&chunk);
        out.push_slice(0..4);
        out.push_slice(8..13);
        out.push(b"!");
        assert_eq!(out.into_bytes(), "one three!");
    }
}
