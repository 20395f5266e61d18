//! Whose tokens are accepted, and what they say of their bearers.

mod algorithms;
mod audience;
mod claims;
mod jwks;
mod org;
mod provision;
mod times;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ledger::{Instant, Surface};

use crate::interpolate::Source;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field, Text};
use crate::tools::check_name;

pub use algorithms::Algorithm;
pub use claims::Claims;
pub use jwks::{JwksUrl, KeySource};
pub use org::{Allowed, OrgRule};
pub use provision::{Provision, ProvisionLimit, ProvisionRole};

/// Whose tokens are accepted, and what they say of their bearers.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Its name in metrics and logs.
    pub name: Arc<str>,
    /// What its tokens have as `iss`, to the letter.
    pub issuer: Box<str>,
    /// What its tokens have as `aud`: one of these. Never empty.
    pub audiences: Vec<Box<str>>,
    /// How its tokens may be signed. Never empty; HS256 alone, and only with a secret.
    pub algorithms: Vec<Algorithm>,
    /// What its signatures are verified with.
    pub keys: KeySource,
    /// What its tokens have as `typ`, in lower case and without `application/`. Never empty.
    pub types: Vec<Box<str>>,
    /// How far its clock may be from ours. Default: 30 s.
    pub leeway: Duration,
    /// From `iat` to `exp` at most. Default: 24 h.
    pub max_lifetime: Duration,
    /// Its tokens that were issued before are refused. Default: [`Instant::MIN`], none.
    pub valid_after: Instant,
    /// What its tokens must have in `scope` or `scp`.
    pub required_scope: Option<Box<str>>,
    /// Where calls with its tokens come from, unless a claim says so. Default: a program.
    pub surface: Surface,
    /// The organisation of its tokens.
    pub org: OrgRule,
    /// What its claims are called.
    pub claims: Claims,
    /// What a subject that no member has becomes; none: it is refused.
    pub provision: Option<Provision>,
}

/// Longer names of issuers and scopes are mistakes.
const TEXT_BYTES_MAX: usize = 255;

/// Checks all issuers: no two with one name, or with one `iss`.
pub(crate) fn check_all(
    raw: &[Field<raw::Issuer>],
    source: Source<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Arc<Issuer>>> {
    let (mut names, mut issuers) = (HashMap::new(), HashMap::new());
    let mut checked = Vec::new();
    for (index, issuer) in raw.iter().enumerate() {
        let place = place.index(index);
        let Some(issuer) = issuer.given() else { continue };
        for (field, text, seen) in
            [("name", &issuer.name, &mut names), ("issuer", &issuer.issuer, &mut issuers)]
        {
            if let Field::Given(Text(text)) = text
                && let Some(other) = seen.insert(text, index)
            {
                report.add(&place.key(field), format!("is that of issuers[{other}] already"));
            }
        }
        checked.extend(check(issuer, source, &place, report).map(Arc::new));
    }
    (checked.len() == raw.len()).then_some(checked)
}

fn check(
    raw: &raw::Issuer,
    source: Source<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Issuer> {
    let name = raw.name.given().and_then(|Text(name)| {
        report.check(&place.key("name"), check_name(name)).map(|()| name.as_str())
    });
    let issuer = raw
        .issuer
        .given()
        .and_then(|text| report.check(&place.key("issuer"), check_plain(text).map(str::to_owned)));
    let audiences = audience::check_audiences(&raw.audiences, &place.key("audiences"), report);
    let types = audience::check_types(&raw.types, &place.key("types"), report);
    let algorithms = algorithms::check(&raw.algorithms, &place.key("algorithms"), report);
    let keys = jwks::check(raw, algorithms.as_deref(), source, place, report);
    let times = times::check(raw, place, report);
    let required_scope = raw.required_scope.check_or(None, |text| {
        let scope = report.check(&place.key("required_scope"), check_word(text))?;
        Some(Some(scope.into()))
    });
    let org = org::check(&raw.org, &raw.orgs, place, report);
    let claims = raw
        .claims
        .check_or(Claims::default(), |raw| claims::check(raw, &place.key("claims"), report));
    let provision = raw.provision.check_or(None, |raw| {
        provision::check(raw, claims.as_ref(), &place.key("provision"), report).map(Some)
    });
    let times = times?;
    Some(Issuer {
        name: name?.into(),
        issuer: issuer?.into(),
        audiences: audiences?,
        algorithms: algorithms?,
        keys: keys?,
        types: types?,
        leeway: times.leeway,
        max_lifetime: times.max_lifetime,
        valid_after: times.valid_after,
        required_scope: required_scope?,
        surface: raw.surface.check_or(Surface::Api, |surface| Some(surface.into()))?,
        org: org?,
        claims: claims?,
        provision: provision?,
    })
}

impl From<&raw::Surface> for Surface {
    fn from(raw: &raw::Surface) -> Self {
        match raw {
            raw::Surface::Platform => Self::Platform,
            raw::Surface::Extension => Self::Extension,
            raw::Surface::Api => Self::Api,
            raw::Surface::Workspace => Self::Workspace,
        }
    }
}

/// Checks a text that is compared to the letter: nothing in it may be invisible.
fn check_plain(Text(text): &Text) -> Result<&str, &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err("must be at most 255 bytes long");
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err("must have no space around it and no control character in it");
    }
    Ok(text)
}

/// Checks a text that stands among others, with spaces between them.
fn check_word(text: &Text) -> Result<&str, &'static str> {
    let word = check_plain(text)?;
    if word.contains(char::is_whitespace) { Err("must be one word") } else { Ok(word) }
}
