//! What a token says of its bearer, once it is known to be true.

use std::sync::Arc;

use bursar_config::Issuer;
use ledger::{Instant, MemberId, OrgId, Surface, Tool};

/// What a token says of its bearer, true when it was checked.
///
/// Whether there is such a member, what they may do and whether the token was revoked is for the
/// gateway to say, at every request.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Who says so.
    pub issuer: Arc<Issuer>,
    /// What the issuer calls the bearer: `sub`.
    pub subject: Box<str>,
    /// The organisation.
    pub org: OrgId,
    /// The member, if the issuer's tokens name it; else it is the one that has the subject.
    pub member: Option<MemberId>,
    /// Groups by id or name, the first that exists counts.
    pub groups: Vec<Box<str>>,
    /// The project's slug.
    pub project: Option<Box<str>>,
    /// Where the call comes from.
    pub surface: Surface,
    /// The only tools that may be used; none: all that the member may use.
    pub tools: Option<Vec<Tool>>,
    /// `iat`.
    pub issued: Instant,
    /// `exp`, without leeway.
    pub expires: Instant,
    /// `jti`.
    pub jti: Option<Box<str>>,
}

impl Verified {
    /// First instant at which the token is none any more, its issuer's leeway included.
    #[must_use]
    pub fn runs_out(&self) -> Instant {
        let leeway = i64::try_from(self.issuer.leeway.as_micros()).unwrap_or(i64::MAX);
        self.expires.plus_micros(leeway)
    }

    /// Whether the token has run out by then.
    #[must_use]
    pub fn has_expired(&self, now: Instant) -> bool {
        self.runs_out() <= now
    }
}
