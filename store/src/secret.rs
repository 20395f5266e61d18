//! What a key looks like, and the hash by which it is known.
//!
//! `bursar_<kind>_` + 30 base62 digits from the system's generator (178 bits) + 6 base62 digits of
//! the CRC32 of everything before them. The checksum keeps typos and probing away from any look-up;
//! it is not security. A plain key and its hash are different types, and only the hash is stored.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac;
use ledger::Instant;

use crate::{KeySecret, SecretHash};

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A member's.
    Member,
    /// A service account's.
    ServiceAccount,
    /// One for the admin API.
    Admin,
}

impl KeyKind {
    const ALL: [Self; 3] = [Self::Member, Self::ServiceAccount, Self::Admin];

    /// What keys of this kind begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Member => "bursar_u_",
            Self::ServiceAccount => "bursar_s_",
            Self::Admin => "bursar_a_",
        }
    }

    /// The kind of key that a text begins as; what follows may be anything.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))
    }
}

/// A well-formed key, in plain text: shown once, never stored, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainKey {
    kind: KeyKind,
    text: String,
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainKey({}[redacted])", self.kind.prefix())
    }
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_DIGITS: usize = 30;
const CHECK_DIGITS: usize = 6;

impl PlainKey {
    /// A new key, from a source of random bytes.
    pub fn generate(kind: KeyKind, mut random: impl FnMut() -> u8) -> Self {
        let mut text = String::from(kind.prefix());
        let length = text.len().saturating_add(RANDOM_DIGITS);
        while text.len() < length {
            // 248 is the largest multiple of 62 in a byte: beyond it a digit would be favoured.
            let byte = random();
            if byte < 248
                && let Some(digit) = DIGITS.get(usize::from(byte) % DIGITS.len())
            {
                text.push(char::from(*digit));
            }
        }
        text.extend(check_digits(text.as_bytes()).map(char::from));
        Self { kind, text }
    }

    /// The key of this text, or `None` if it is not well formed. No look-up is needed for that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kind = KeyKind::of(text)?;
        is_well_formed(text).then(|| Self { kind, text: text.to_owned() })
    }

    /// Whose key it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The text, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The first characters, by which people know the key.
    #[must_use]
    pub fn hint(&self) -> String {
        self.text.chars().take(self.kind.prefix().len().saturating_add(4)).collect()
    }
}

/// Whether a text has the form of a key and its checksum is right; nothing is allocated to tell.
#[must_use]
pub fn is_well_formed(text: &str) -> bool {
    let Some(kind) = KeyKind::of(text) else { return false };
    let (text, prefix) = (text.as_bytes(), kind.prefix().len());
    if text.len() != prefix.saturating_add(RANDOM_DIGITS).saturating_add(CHECK_DIGITS)
        || !text.iter().skip(prefix).all(u8::is_ascii_alphanumeric)
    {
        return false;
    }
    let (body, check) = text.split_at(text.len().saturating_sub(CHECK_DIGITS));
    check_digits(body) == check
}

fn check_digits(body: &[u8]) -> [u8; CHECK_DIGITS] {
    let mut rest = crc32fast::hash(body);
    let mut digits = [b'0'; CHECK_DIGITS];
    for digit in digits.iter_mut().rev() {
        let place = usize::try_from(rest % 62).unwrap_or(0);
        *digit = DIGITS.get(place).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits
}

/// The peppers that keys are hashed with; they are not in the store.
#[derive(Clone)]
pub struct KeyHasher {
    current: u16,
    peppers: BTreeMap<u16, hmac::Key>,
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHasher(peppers {:?})", self.peppers.keys().collect::<Vec<_>>())
    }
}

impl KeyHasher {
    /// Hashes with the pepper of version `current`, and recognises every other given; `None` when
    /// the current one is not among them.
    pub fn new<'a>(
        current: u16,
        peppers: impl IntoIterator<Item = (u16, &'a [u8])>,
    ) -> Option<Self> {
        let key = |(version, pepper)| (version, hmac::Key::new(hmac::HMAC_SHA256, pepper));
        let peppers: BTreeMap<_, _> = peppers.into_iter().map(key).collect();
        peppers.contains_key(&current).then_some(Self { current, peppers })
    }

    /// The hash under which a new key is stored, and the pepper's version.
    #[must_use]
    pub fn hash(&self, key: &PlainKey) -> (u16, SecretHash) {
        let hashes = self.hashes(key.expose());
        hashes.into_iter().next().expect("the current pepper is one of the peppers")
    }

    /// A secret that opens a key for ever, or until it is said otherwise.
    #[must_use]
    pub fn secret(&self, key: &PlainKey, created: Instant) -> KeySecret {
        let (pepper, hash) = self.hash(key);
        let (hint, not_after) = (key.hint(), Instant::MAX);
        KeySecret { hash, pepper, hint, created, not_after, last_used: None }
    }

    /// Every hash under which a key may be stored, the current pepper's first.
    pub fn hashes(&self, text: &str) -> impl Iterator<Item = (u16, SecretHash)> {
        let current = self.peppers.get_key_value(&self.current);
        let others = self.peppers.iter().filter(|(version, _)| **version != self.current);
        current.into_iter().chain(others).map(move |(version, pepper)| {
            let tag = hmac::sign(pepper, text.as_bytes());
            let mut hash = [0; 32];
            hash.copy_from_slice(tag.as_ref());
            (*version, SecretHash(hash))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> PlainKey {
        let mut byte = seed;
        PlainKey::generate(KeyKind::Member, || {
            byte = byte.wrapping_mul(77).wrapping_add(31);
            byte
        })
    }

    #[test]
    fn a_key_is_recognised_and_every_typo_of_it_is_not() {
        let key = key(1);
        assert_eq!(PlainKey::parse(key.expose()), Some(key.clone()));
        assert_eq!(key.expose().len(), 45);
        for place in 0..key.expose().len() {
            let mut typo = key.expose().as_bytes().to_vec();
            typo[place] = if typo[place] == b'x' { b'y' } else { b'x' };
            assert_eq!(PlainKey::parse(std::str::from_utf8(&typo).unwrap()), None, "{place}");
        }
        for text in ["", "bursar_u_", "sk-123", &key.expose()[..44], &format!("{}0", key.expose())]
        {
            assert_eq!(PlainKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_plain_key_does_not_print() {
        let printed = format!("{:?}", key(2));
        assert_eq!(printed, "PlainKey(bursar_u_[redacted])");
    }

    #[test]
    fn an_old_pepper_still_recognises_and_a_new_one_hashes() {
        let (old, new) = ([1_u8; 32], [2_u8; 32]);
        let before = KeyHasher::new(1, [(1, old.as_slice())]).unwrap();
        let after = KeyHasher::new(2, [(1, old.as_slice()), (2, new.as_slice())]).unwrap();
        let key = key(3);
        assert_eq!(after.hash(&key).0, 2);
        assert!(after.hashes(key.expose()).any(|hash| hash == before.hash(&key)));
        assert!(KeyHasher::new(3, [(1, old.as_slice())]).is_none());
    }
}
