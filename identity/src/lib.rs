//! Who calls: what a credential and an address say, without IO when warm.
//!
//! A token (JWT) is taken apart by us, strictly, and only its signature is left to a library
//! (`token`). Its issuer is one that the configuration names, its key one that this issuer
//! publishes (`jwks`, [`Issuers`]); what was verified is remembered for a minute at most ([`Seen`]).
//! An [`address`] is the peer's, or what a trusted proxy says; failures from one address have a
//! budget ([`Failures`]). A key is recognised by its hash ([`KnownSecrets`]); [`Fingerprints`] tell which
//! secrets exist at all. Every no has its [`Fault`]. The crate reads no clock, and knows nothing of HTTP servers and stores.

mod fault;

mod token;

mod jwks;

mod issuers;
mod seen;

pub mod address;
mod failures;

mod as_it_is;
mod known;
mod secrets;

#[cfg(test)]
mod tests;

pub use failures::Failures;
pub use fault::Fault;
pub use issuers::{IssuerStatus, Issuers, Refetch, Unverified};
pub use known::{KnownSecrets, Mark, Recognised};
pub use secrets::Fingerprints;
pub use seen::{Seen, SeenRound, TokenHash};
pub use token::{TOKEN_BYTES_MAX, Verified, is_token};
