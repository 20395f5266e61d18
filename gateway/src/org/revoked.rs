//! The tokens that an admin has revoked one by one, as long as they would be good otherwise.

use ::identity::Verified;
use ledger::Instant;
use papaya::HashMap;
use store::RevokedToken;

/// An organisation's revoked tokens.
#[derive(Debug, Default)]
pub(crate) struct RevokedTokens {
    /// By `jti`, which is an issuer's own: two issuers may use one.
    by_jti: HashMap<String, Vec<RevokedToken>>,
}

impl RevokedTokens {
    pub(crate) fn of(tokens: &[RevokedToken], now: Instant) -> Self {
        let revoked = Self::default();
        for token in tokens.iter().filter(|token| token.until > now) {
            revoked.add(token.clone());
        }
        revoked
    }

    /// Revokes a token, and forgets those that have ended by themselves. One at a time: the feed does.
    pub(crate) fn put(&self, token: RevokedToken, now: Instant) {
        self.by_jti.pin().retain(|_, known| known.iter().any(|known| known.until > now));
        self.add(token);
    }

    fn add(&self, token: RevokedToken) {
        let by_jti = self.by_jti.pin();
        let mut same = by_jti.get(&token.jti).cloned().unwrap_or_default();
        same.retain(|known| known.issuer != token.issuer);
        by_jti.insert(token.jti.clone(), [same, vec![token]].concat());
    }

    /// Whether a token is one of them; one that has no `jti` cannot be.
    pub(crate) fn contains(&self, token: &Verified) -> bool {
        let Some(jti) = &token.jti else { return false };
        let by_jti = self.by_jti.pin();
        let same = by_jti.get(&**jti);
        same.is_some_and(|same| same.iter().any(|known| *known.issuer == *token.issuer.issuer))
    }
}
