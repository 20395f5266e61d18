//! The secrets that open keys: all that there are by their fingerprints, and whom those identify that
//! have been used here.

use ledger::KeyStatus;
use papaya::HashMap;
use parking_lot::Mutex;
use store::{Key, KeyHasher, KeySecret, SecretHash};

use crate::Fingerprints;
use crate::as_it_is::AsItIs;

/// What is known of every secret, without asking anybody. `C` is a caller.
pub struct KnownSecrets<C> {
    hasher: KeyHasher,
    known: HashMap<SecretHash, C, AsItIs>,
    existing: Fingerprints,
    /// How often those had changed; whoever changes them has it.
    changes: Mutex<u64>,
}

/// Whom a key identifies, as far as that is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Recognised<C> {
    /// This one.
    Known(C),
    /// Somebody who has not called here yet: whoever keeps the keys is to be asked about these.
    Stranger(Vec<SecretHash>),
    /// Nobody: there is no such key.
    Nobody,
}

/// How often the secrets that there are had changed when they were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

impl<C: Clone> KnownSecrets<C> {
    /// Knows of no secret yet.
    #[must_use]
    pub fn new(hasher: KeyHasher) -> Self {
        let (known, existing) = (HashMap::default(), Fingerprints::default());
        Self { hasher, known, existing, changes: Mutex::new(0) }
    }

    /// Whom a key identifies, whatever its standing; by the current pepper first. Its form is not
    /// looked at.
    pub fn recognise(&self, key: &str) -> Recognised<C> {
        let known = self.known.pin();
        let mut strange = Vec::new();
        for (_, hash) in self.hasher.hashes(key) {
            if let Some(caller) = known.get(&hash) {
                return Recognised::Known(caller.clone());
            }
            if self.existing.contains(&hash) {
                strange.push(hash);
            }
        }
        if strange.is_empty() { Recognised::Nobody } else { Recognised::Stranger(strange) }
    }

    /// The caller that a secret identifies, if it has called here.
    #[must_use]
    pub fn caller(&self, secret: &SecretHash) -> Option<C> {
        self.known.pin().get(secret).cloned()
    }

    /// Remembers whom a secret identifies.
    pub fn introduce(&self, secret: SecretHash, caller: C) {
        self.known.pin().insert(secret, caller);
    }

    /// Forgets whom a secret identified.
    pub fn forget(&self, secret: &SecretHash) {
        self.known.pin().remove(secret);
    }

    /// Forgets every caller that is not to be kept.
    pub fn retain(&self, keep: impl Fn(&C) -> bool) {
        self.known.pin().retain(|_, caller| keep(caller));
    }

    /// These are the secrets that there are.
    pub fn replace_all<'a>(&self, secrets: impl IntoIterator<Item = &'a SecretHash>) {
        let mut changes = self.changes.lock();
        *changes = changes.wrapping_add(1);
        self.existing.replace_all(secrets);
    }

    /// Where whoever asks about a secret begins: what it is told is of then, or later.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(*self.changes.lock())
    }

    /// Whoever keeps the keys does not know this secret: it is gone, and nobody has said so. It need
    /// not be asked about again, unless something has changed since the question.
    pub fn is_gone(&self, secret: &SecretHash, asked: Mark) {
        let changes = self.changes.lock();
        if Mark(*changes) == asked {
            self.existing.remove(secret);
        }
    }

    /// Takes in a key that was made or has changed, and what opened it before, as far as that is known.
    pub fn take_in(&self, key: &Key, before: &[KeySecret]) {
        let open = match key.standing.status {
            KeyStatus::Revoked => &[],
            KeyStatus::Active | KeyStatus::Blocked => &*key.secrets,
        };
        let opens = |hash: &SecretHash| open.iter().any(|secret| secret.hash == *hash);
        let known = self.known.pin();
        let mut changes = self.changes.lock();
        *changes = changes.wrapping_add(1);
        for KeySecret { hash, .. } in before.iter().chain(&key.secrets) {
            if opens(hash) {
                self.existing.insert(hash);
            } else {
                self.existing.remove(hash);
                known.remove(hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger::{Instant, KeyId, KeyStanding, MemberId, OrgId, Surface};
    use store::{KeyKind, PlainKey, Rates};

    use super::*;

    fn plain(seed: u8) -> PlainKey {
        let mut byte = seed;
        PlainKey::generate(KeyKind::Member, || {
            byte = byte.wrapping_mul(77).wrapping_add(31);
            byte
        })
    }

    fn hasher() -> KeyHasher {
        KeyHasher::new(2, [(1, [1; 32].as_slice()), (2, [2; 32].as_slice())]).unwrap()
    }

    fn secret(key: &PlainKey) -> KeySecret {
        hasher().secret(key, Instant::from_seconds(0))
    }

    fn row(secrets: Vec<KeySecret>, status: KeyStatus) -> Key {
        Key {
            org: OrgId::from_u128(1),
            name: "a key".to_owned(),
            hint: "bursar_u_".to_owned(),
            surface: Surface::Api,
            created: Instant::from_seconds(0),
            standing: KeyStanding {
                id: KeyId::from_u128(1),
                member: MemberId::from_u128(1),
                status,
                expires: Instant::MAX,
                group: None,
                project: None,
                tools: None,
            },
            models: None,
            ips: None,
            rates: Rates::default(),
            secrets,
            version: 1,
        }
    }

    fn stranger(key: &PlainKey) -> Recognised<u8> {
        Recognised::Stranger(vec![secret(key).hash])
    }

    #[test]
    fn a_key_is_nobodys_until_it_exists_and_a_strangers_until_it_has_called() {
        let (secrets, key) = (KnownSecrets::new(hasher()), plain(1));
        assert_eq!(secrets.recognise(key.expose()), Recognised::Nobody);
        secrets.take_in(&row(vec![secret(&key)], KeyStatus::Blocked), &[]);
        assert_eq!(secrets.recognise(key.expose()), stranger(&key));
        secrets.introduce(secret(&key).hash, 7);
        assert_eq!(secrets.recognise(key.expose()), Recognised::Known(7));
        assert_eq!(secrets.recognise(plain(2).expose()), Recognised::Nobody);
    }

    #[test]
    fn a_secret_of_an_earlier_pepper_is_recognised() {
        let (secrets, key) = (KnownSecrets::new(hasher()), plain(3));
        let old = KeyHasher::new(1, [(1, [1; 32].as_slice())]).unwrap();
        let old = old.secret(&key, Instant::from_seconds(0));
        secrets.replace_all([&old.hash]);
        assert_eq!(secrets.recognise(key.expose()), Recognised::<u8>::Stranger(vec![old.hash]));
        secrets.introduce(old.hash, 7);
        assert_eq!(secrets.recognise(key.expose()), Recognised::Known(7));
    }

    #[test]
    fn rotated_away_and_revoked_secrets_and_their_callers_are_forgotten() {
        let (secrets, old, new) = (KnownSecrets::new(hasher()), plain(4), plain(5));
        let before = vec![secret(&old)];
        secrets.take_in(&row(before.clone(), KeyStatus::Active), &[]);
        secrets.introduce(secret(&old).hash, 7);
        let after = vec![secret(&new)];
        secrets.take_in(&row(after.clone(), KeyStatus::Active), &before);
        assert_eq!(secrets.recognise(old.expose()), Recognised::Nobody);
        assert_eq!(secrets.recognise(new.expose()), stranger(&new));
        secrets.introduce(secret(&new).hash, 8);
        secrets.take_in(&row(after, KeyStatus::Revoked), &[]);
        assert_eq!(secrets.recognise(new.expose()), Recognised::Nobody);
        assert_eq!(secrets.known.len(), 0);
    }

    #[test]
    fn a_secret_that_is_gone_is_asked_about_once_unless_it_has_come_back_since() {
        let (secrets, key) = (KnownSecrets::new(hasher()), plain(6));
        let hash = secret(&key).hash;
        secrets.replace_all([&hash]);
        let asked = secrets.mark();
        secrets.take_in(&row(vec![secret(&key)], KeyStatus::Active), &[]);
        secrets.is_gone(&hash, asked);
        assert_eq!(secrets.recognise(key.expose()), stranger(&key));
        secrets.is_gone(&hash, secrets.mark());
        assert_eq!(secrets.recognise(key.expose()), Recognised::Nobody);
    }
}
