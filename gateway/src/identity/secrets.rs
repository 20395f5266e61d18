//! The secrets that open keys: all that there are by their fingerprints, and whom those identify that
//! have been used here.

use std::hash::{BuildHasherDefault, Hasher};

use ledger::KeyStatus;
use papaya::HashMap;
use parking_lot::RwLock;
use store::{Key, KeyHasher, KeySecret, SecretHash};

use super::Fingerprints;

/// What is known of every secret, without asking anybody. `C` is a caller.
pub(crate) struct Secrets<C> {
    hasher: KeyHasher,
    known: HashMap<SecretHash, C, BuildHasherDefault<AsItIs>>,
    existing: RwLock<Existing>,
}

/// The secrets that there are.
#[derive(Default)]
struct Existing {
    fingerprints: Fingerprints,
    changes: u64,
}

/// Whom a key identifies, as far as that is known.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recognised<C> {
    /// This one.
    Known(C),
    /// Somebody who has not called here yet: whoever keeps the keys is to be asked about these.
    Stranger(Vec<SecretHash>),
    /// Nobody: there is no such key.
    Nobody,
}

/// How often the secrets that there are had changed when they were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl<C: Clone> Secrets<C> {
    /// Knows of no secret yet.
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self { hasher, known: HashMap::default(), existing: RwLock::default() }
    }

    /// Whom a key identifies, whatever its standing; by the current pepper first.
    pub(crate) fn recognise(&self, key: &str) -> Recognised<C> {
        let known = self.known.pin();
        let mut strange = Vec::new();
        for (_, hash) in self.hasher.hashes(key) {
            if let Some(caller) = known.get(&hash) {
                return Recognised::Known(caller.clone());
            }
            if self.existing.read().fingerprints.contains(&hash) {
                strange.push(hash);
            }
        }
        if strange.is_empty() { Recognised::Nobody } else { Recognised::Stranger(strange) }
    }

    /// The caller that a secret identifies, if it has called here.
    pub(crate) fn caller(&self, secret: &SecretHash) -> Option<C> {
        self.known.pin().get(secret).cloned()
    }

    /// Remembers whom a secret identifies.
    pub(crate) fn introduce(&self, secret: SecretHash, caller: C) {
        self.known.pin().insert(secret, caller);
    }

    /// Forgets whom a secret identified.
    pub(crate) fn forget(&self, secret: &SecretHash) {
        self.known.pin().remove(secret);
    }

    /// Forgets every caller that is not to be kept.
    pub(crate) fn retain(&self, keep: impl Fn(&C) -> bool) {
        self.known.pin().retain(|_, caller| keep(caller));
    }

    /// These are the secrets that there are.
    pub(crate) fn replace(&self, fingerprints: Fingerprints) {
        let mut existing = self.existing.write();
        existing.fingerprints = fingerprints;
        existing.changes = existing.changes.wrapping_add(1);
    }

    /// What is asked from here on is told of what there was from here on.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.existing.read().changes)
    }

    /// Whoever keeps the keys does not know this secret: it is gone, and nobody has said so. It need
    /// not be asked about again, unless something has changed since the question.
    pub(crate) fn is_gone(&self, secret: &SecretHash, asked: Mark) {
        let mut existing = self.existing.write();
        if Mark(existing.changes) == asked {
            existing.fingerprints.remove(secret);
        }
    }

    /// Takes in a key that was made or has changed, and what opened it before, as far as that is known.
    pub(crate) fn take_in(&self, key: &Key, before: &[KeySecret]) {
        let open = match key.standing.status {
            KeyStatus::Revoked => &[],
            KeyStatus::Active | KeyStatus::Blocked => &*key.secrets,
        };
        let opens = |hash: &SecretHash| open.iter().any(|secret| secret.hash == *hash);
        let known = self.known.pin();
        let mut existing = self.existing.write();
        existing.changes = existing.changes.wrapping_add(1);
        for KeySecret { hash, .. } in before.iter().chain(&key.secrets) {
            if opens(hash) {
                existing.fingerprints.insert(hash);
            } else {
                existing.fingerprints.remove(hash);
                known.remove(hash);
            }
        }
    }
}

/// Hashes what is a hash, of which nobody can choose any: by its first bytes.
#[derive(Clone, Copy, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    // The length of the hash comes first; what comes last counts.
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
