//! Which secrets of keys there are: enough of each to tell that one does not exist.

use std::collections::HashSet;

use parking_lot::RwLock;
use store::SecretHash;

use crate::as_it_is::AsItIs;

/// The secrets that there are, eight bytes of each.
///
/// What is not in here opens nothing, and no store need be asked. What is in here may, once in 2^64
/// / (number of secrets) guesses, be another's: the store decides. A million take some 20 MB.
#[derive(Default)]
pub struct Fingerprints {
    known: RwLock<HashSet<u64, AsItIs>>,
}

impl Fingerprints {
    /// Takes a secret in.
    pub fn insert(&self, hash: &SecretHash) {
        self.known.write().insert(fingerprint(hash));
    }

    /// Takes a secret out. Of two with one fingerprint, of which there are with a million secrets
    /// in one of forty million installations, the other goes too until all are read again.
    pub fn remove(&self, hash: &SecretHash) {
        self.known.write().remove(&fingerprint(hash));
    }

    /// Whether a secret may exist.
    #[must_use]
    pub fn contains(&self, hash: &SecretHash) -> bool {
        self.known.read().contains(&fingerprint(hash))
    }

    /// Takes these for all that there are.
    pub fn replace_all<'a>(&self, hashes: impl IntoIterator<Item = &'a SecretHash>) {
        let known = hashes.into_iter().map(fingerprint).collect();
        *self.known.write() = known;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.read().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The first eight bytes: of an HMAC, which nobody without the pepper can choose.
fn fingerprint(SecretHash(hash): &SecretHash) -> u64 {
    hash.iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> SecretHash {
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        SecretHash(hash)
    }

    #[test]
    fn what_was_taken_in_may_exist_and_nothing_else() {
        let known = Fingerprints::default();
        assert!(known.is_empty() && !known.contains(&hash(1)));
        known.insert(&hash(1));
        known.insert(&hash(1));
        known.insert(&hash(2));
        assert!(known.contains(&hash(1)) && known.contains(&hash(2)) && !known.contains(&hash(3)));
        known.remove(&hash(1));
        assert!(!known.contains(&hash(1)) && known.len() == 1);
    }

    #[test]
    fn all_are_replaced_at_once() {
        let known = Fingerprints::default();
        known.insert(&hash(1));
        let all: Vec<_> = (10..1_010).map(hash).collect();
        known.replace_all(&all);
        assert!(!known.contains(&hash(1)) && all.iter().all(|hash| known.contains(hash)));
        assert_eq!(known.len(), 1_000);
    }
}
