//! API keys, and the secrets that open them.

use ipnet::IpNet;
use ledger::{Instant, KeyId, KeyStanding, OrgId, Surface};

use crate::Rates;

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its organisation.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// The first characters of its newest secret, by which people know it.
    pub hint: String,
    /// Where its calls come from.
    pub surface: Surface,
    /// When it was made.
    pub created: Instant,
    /// Its id and what the book needs to know of it.
    pub standing: KeyStanding,
    /// The only models it may ask for, or any; a trailing `*` stands for any rest.
    pub models: Option<Vec<String>>,
    /// The only addresses it may be used from, or any.
    pub ips: Option<Vec<IpNet>>,
    /// How often it may call.
    pub rates: Rates,
    /// What opens it, the newest first; at most [`MAX_SECRETS`].
    pub secrets: Vec<KeySecret>,
    /// Counted up with each change; 0 for one that is not stored. Told, never put.
    pub version: u64,
}

/// The most secrets that a key has at a time: its own and the one before, while that is let run out.
pub const MAX_SECRETS: usize = 2;

/// HMAC-SHA-256 of a secret with a pepper that the store never sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretHash(pub [u8; 32]);

/// A secret that opens a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySecret {
    /// Its hash.
    pub hash: SecretHash,
    /// The version of the pepper that it was hashed with.
    pub pepper: u16,
    /// Its first characters, by which people know it.
    pub hint: String,
    /// When it was made.
    pub created: Instant,
    /// First instant at which it no longer opens the key; [`Instant::MAX`] for never.
    pub not_after: Instant,
    /// When it was used last, as far as gateways have told. Told, never put.
    pub last_used: Option<Instant>,
}

/// Which key a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyIdentity {
    /// The organisation.
    pub org: OrgId,
    /// The key.
    pub key: KeyId,
}
