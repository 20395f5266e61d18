//! The keys of one issuer at a time.

use std::fmt;

use bursar_config::Algorithm;
use serde_json::Value;

use super::key::Key;
use crate::token::{DecodingKey, object};

/// A larger set is refused, in bytes.
pub(super) const SET_BYTES_MAX: usize = 64 << 10;

/// A set of more keys is refused.
const KEYS_MAX: usize = 32;

/// The keys of one issuer.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
    /// Whether a token may call the key what it likes: there is but the shared one.
    shared: bool,
}

/// What is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAKeySet {
    TooLarge,
    TooManyKeys,
    Malformed,
}

impl fmt::Display for NotAKeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the key set is larger than 64 KiB",
            Self::TooManyKeys => "the key set has more than 32 keys",
            Self::Malformed => "the answer is no key set",
        })
    }
}

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517, 5). A key that is of no use to us is left out, as the
    /// next kind of key will be one before it is the only one; a set without any is what it says.
    pub(crate) fn read(text: &[u8]) -> Result<Self, NotAKeySet> {
        if text.len() > SET_BYTES_MAX {
            return Err(NotAKeySet::TooLarge);
        }
        let set = object(text).map_err(|_| NotAKeySet::Malformed)?;
        let jwks = set.get("keys").and_then(Value::as_array).ok_or(NotAKeySet::Malformed)?;
        if jwks.len() > KEYS_MAX {
            return Err(NotAKeySet::TooManyKeys);
        }
        let keys = jwks.iter().filter_map(|jwk| Key::read(jwk.as_object()?)).collect();
        Ok(Self { keys, shared: false })
    }

    /// The one key of an issuer that shares its secret.
    pub(crate) fn shared(secret: &[u8]) -> Self {
        Self { keys: vec![Key::shared(secret)], shared: true }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key of this name that is for an algorithm; without a name, the only one that is.
    pub(crate) fn key(&self, name: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let name = name.filter(|_| !self.shared);
        let named = |key: &&Key| name.is_none_or(|name| key.name.as_deref() == Some(name));
        let mut fitting = self.keys.iter().filter(named).filter(|key| key.is_for(algorithm));
        let first = fitting.next()?;
        (fitting.next().is_none()).then_some(&first.decoding)
    }
}
