//! What becomes of a subject that no member has.

use ledger::{Credits, Period};

use super::Claims;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Amount};

/// What a subject that no member has becomes: a member, at its first token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// The new member's role. Default: member.
    pub role: ProvisionRole,
    /// The new member's limit for all tools together.
    pub limit: Option<ProvisionLimit>,
}

/// What a token can make of somebody: nobody becomes an owner or an admin by a token alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvisionRole {
    /// A manager.
    Manager,
    /// A member.
    Member,
}

impl ProvisionRole {
    /// The role's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Member => "member",
        }
    }
}

/// The limit of a new member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisionLimit {
    /// Credits.
    pub amount: Credits,
    /// What they are for.
    pub period: Period,
}

pub(super) fn check(
    raw: &raw::Provision,
    claims: Option<&Claims>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Provision> {
    if claims.is_some_and(|claims| claims.member.is_some()) {
        report.add(place, "makes nobody, as `claims.member` names members that there are");
    }
    let role = raw.role.check_or(ProvisionRole::Member, |role| {
        Some(match role {
            raw::ProvisionRole::Manager => ProvisionRole::Manager,
            raw::ProvisionRole::Member => ProvisionRole::Member,
        })
    });
    let limit =
        raw.limit.check_or(None, |raw| check_limit(raw, &place.key("limit"), report).map(Some));
    Some(Provision { role: role?, limit: limit? })
}

fn check_limit(
    raw: &raw::ProvisionLimit,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<ProvisionLimit> {
    let amount = raw
        .amount
        .given()
        .and_then(|Amount(text)| report.check(&place.key("amount"), text.parse::<Credits>()));
    let period = match raw.period.given()? {
        raw::Period::Day => Period::Day,
        raw::Period::Week => Period::Week,
        raw::Period::Month => Period::Month,
        raw::Period::Cycle => Period::Cycle,
        raw::Period::Total => Period::Total,
    };
    Some(ProvisionLimit { amount: amount?, period })
}
