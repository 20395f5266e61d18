//! What makes the secrets of keys.

use std::fmt;
use std::sync::Arc;

use ledger::Instant;
use store::{KeyHasher, KeyKind, KeySecret, PlainKey};

/// The peppers, and where randomness comes from.
#[derive(Clone)]
pub struct KeyMaker {
    hasher: KeyHasher,
    random: Arc<dyn Fn() -> u8 + Send + Sync>,
}

impl KeyMaker {
    /// Makes secrets of these random bytes, and hashes them with these peppers.
    pub fn new(hasher: KeyHasher, random: impl Fn() -> u8 + Send + Sync + 'static) -> Self {
        Self { hasher, random: Arc::new(random) }
    }

    /// A new secret, in plain text to be shown once, and as it is stored.
    pub(crate) fn make(&self, kind: KeyKind, now: Instant) -> (PlainKey, KeySecret) {
        let plain = PlainKey::generate(kind, || (self.random)());
        let secret = self.hasher.secret(&plain, now);
        (plain, secret)
    }
}

impl fmt::Debug for KeyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaker([redacted])")
    }
}
