//! Members as tokens name them, and tokens that are none any more.

use ledger::{Instant, Limit};

use crate::Member;
use crate::derived_id::derived_id;

/// Whom a token calls a member: the claims `iss` and `sub`, compared exactly. Never a mail address,
/// which may pass to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The issuer.
    pub issuer: String,
    /// The issuer's name for the member.
    pub subject: String,
}

/// A token that an admin has revoked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevokedToken {
    /// Its issuer.
    pub issuer: String,
    /// Its id: the claim `jti`.
    pub jti: String,
    /// Not before the token's own end: from here on it need not be known.
    pub until: Instant,
}

impl RevokedToken {
    /// By which the feed of changes knows it: the same whenever its issuer and its id are.
    #[must_use]
    pub fn id(&self) -> u128 {
        // Without the length, two pairs could run into the same text.
        let length = u64::try_from(self.issuer.len()).unwrap_or(u64::MAX).to_be_bytes();
        let parts: [&[u8]; 3] = [&length, self.issuer.as_bytes(), self.jti.as_bytes()];
        derived_id(parts, Instant::from_micros(0))
    }
}

/// A member that comes with its first token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// The member, with its subjects.
    pub member: Member,
    /// A limit of its own; it counts from the period's start.
    pub limit: Option<Limit>,
    /// The time.
    pub now: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(issuer: &str, jti: &str, until: i64) -> RevokedToken {
        let (issuer, jti) = (issuer.to_owned(), jti.to_owned());
        RevokedToken { issuer, jti, until: Instant::from_micros(until) }
    }

    #[test]
    fn a_token_is_known_by_its_issuer_and_its_id_and_nothing_else() {
        let id = token("corp", "a1", 5).id();
        assert_eq!(token("corp", "a1", 6).id(), id);
        for other in [token("corp", "a2", 5), token("corpa", "1", 5), token("cor", "pa1", 5)] {
            assert_ne!(other.id(), id, "{other:?}");
        }
        // It is stored: another one would leave a token in the feed that nobody finds.
        assert_eq!(id, 0x7de1_ba5a_98be_7b43_7f0d);
    }
}
