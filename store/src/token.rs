//! Members as tokens name them, and tokens that are none any more.

use ledger::{Instant, Limit};

use crate::Member;

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
