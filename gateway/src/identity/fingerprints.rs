//! Which secrets there are, in eight bytes each.

use std::collections::HashSet;

use store::SecretHash;

/// A set of secrets that may, once in 2^64 times, take another one for its own.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    set: HashSet<u64>,
}

impl Fingerprints {
    pub(crate) fn insert(&mut self, hash: &SecretHash) {
        self.set.insert(fingerprint(hash));
    }

    pub(crate) fn remove(&mut self, hash: &SecretHash) {
        self.set.remove(&fingerprint(hash));
    }

    pub(crate) fn contains(&self, hash: &SecretHash) -> bool {
        self.set.contains(&fingerprint(hash))
    }
}

fn fingerprint(hash: &SecretHash) -> u64 {
    let (first, _) = hash.0.split_first_chunk().expect("a hash has more than eight bytes");
    u64::from_le_bytes(*first)
}
