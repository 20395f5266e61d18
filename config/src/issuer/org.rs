//! The organisation that a token is for.

use ledger::OrgId;

use super::claims::check_claim;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field, Text};

/// The organisation that a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrgRule {
    /// This one, whatever the token says.
    Fixed(OrgId),
    /// The one that a claim names by its id.
    Claim {
        /// The claim.
        claim: Box<str>,
        /// What it may name.
        allowed: Allowed,
    },
}

/// The organisations that an issuer may speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Every one.
    Any,
    /// These.
    Only(Vec<OrgId>),
}

impl Allowed {
    /// Whether the issuer may speak for an organisation.
    #[must_use]
    pub fn contains(&self, org: OrgId) -> bool {
        match self {
            Self::Any => true,
            Self::Only(orgs) => orgs.contains(&org),
        }
    }
}

pub(super) fn check(
    org: &Field<Text>,
    orgs: &Field<raw::Orgs>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<OrgRule> {
    match (org, orgs) {
        (Field::Absent, Field::Absent) => {
            report.add(place, "is of no organisation; give `org` or `orgs`");
            None
        }
        (org, Field::Absent) => {
            let org = check_org(org.given()?, &place.key("org"), report)?;
            Some(OrgRule::Fixed(org))
        }
        (Field::Absent, orgs) => {
            let (orgs, place) = (orgs.given()?, place.key("orgs"));
            let claim = check_claim(orgs.claim.given(), &place.key("claim"), report);
            let allowed = check_allowed(orgs.allowed.given()?, &place.key("allowed"), report);
            Some(OrgRule::Claim { claim: claim?, allowed: allowed? })
        }
        (_, _) => {
            report.add(place, "says twice of which organisation it is; keep `org` or `orgs`");
            None
        }
    }
}

fn check_allowed(raw: &[Field<Text>], place: &Place, report: &mut Report<'_>) -> Option<Allowed> {
    if let [Field::Given(Text(any))] = raw
        && any == "*"
    {
        return Some(Allowed::Any);
    }
    let mut allowed = Vec::new();
    for (index, org) in raw.iter().enumerate() {
        let place = place.index(index);
        match org.given() {
            Some(Text(any)) if any == "*" => report.add(&place, "is any: nothing goes beside it"),
            Some(org) => allowed.extend(check_org(org, &place, report)),
            None => {}
        }
    }
    (!allowed.is_empty() && allowed.len() == raw.len()).then_some(Allowed::Only(allowed))
}

fn check_org(Text(text): &Text, place: &Place, report: &mut Report<'_>) -> Option<OrgId> {
    let wrong = |_| "must be the id of an organisation, org_ and 32 hexadecimal digits";
    report.check(place, text.parse().map_err(wrong))
}
