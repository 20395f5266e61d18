//! The order of the checks.

use std::sync::Arc;

use bursar_config::Issuer;
use ledger::Instant;

use super::claims::{Payload, check_audience, check_scope, text};
use super::dates::Dates;
use super::header::Header;
use super::json::object;
use super::signature::verifies;
use super::verified::Verified;
use super::{mapping, shape};
use crate::Fault;
use crate::jwks::KeySet;

/// A token taken apart, of which nothing is known to be true.
pub(crate) struct Opened<'a> {
    header: Header,
    claims: Payload,
    signature: Vec<u8>,
    signed: &'a str,
}

impl Opened<'_> {
    /// Whom the token says it is from.
    pub(crate) fn issuer(&self) -> Result<&str, Fault> {
        text(self.claims.get("iss").ok_or(Fault::TokenClaims)?)
    }

    /// Whether the token says which of the issuer's keys it was signed with.
    pub(crate) fn names_key(&self) -> bool {
        self.header.key.is_some()
    }
}

/// Takes a token apart.
pub(crate) fn open(text: &str) -> Result<Opened<'_>, Fault> {
    let parts = shape::split(text)?;
    let header = Header::read(&parts.header)?;
    let claims = object(&parts.payload)?;
    Ok(Opened { header, claims, signature: parts.signature, signed: parts.signed })
}

/// Checks a token against the issuer that it says it is from, and that issuer's keys.
pub(crate) fn check(
    token: &Opened<'_>,
    issuer: &Arc<Issuer>,
    keys: &KeySet,
    now: Instant,
) -> Result<Verified, Fault> {
    // Without a type, a token is a JWT (RFC 8725, 3.11: the others have to say what they are).
    let kind = token.header.kind.as_deref().unwrap_or("jwt");
    if !issuer.types.iter().any(|known| **known == *kind) {
        return Err(Fault::TokenType);
    }
    let algorithm = token.header.algorithm;
    if !issuer.algorithms.contains(&algorithm) {
        return Err(Fault::TokenAlgorithm);
    }
    let key = keys.key(token.header.key.as_deref(), algorithm).ok_or(Fault::TokenKey)?;
    if !verifies(algorithm, key, token.signed.as_bytes(), &token.signature) {
        return Err(Fault::TokenSignature);
    }
    // From here on it is the issuer who speaks.
    let dates = Dates::check(&token.claims, issuer, now)?;
    check_audience(&token.claims, issuer)?;
    let verified = mapping::read(&token.claims, &dates, issuer)?;
    check_scope(&token.claims, issuer)?;
    Ok(verified)
}
