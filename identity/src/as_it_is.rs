//! Hashing what nobody can choose: it is random already.

use std::hash::{BuildHasherDefault, Hasher};

/// Takes the first eight bytes for the hash.
pub(crate) type AsItIs = BuildHasherDefault<FirstBytes>;

#[derive(Clone, Copy, Default)]
pub(crate) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    // The length of an array comes before its bytes: what is written last counts.
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
