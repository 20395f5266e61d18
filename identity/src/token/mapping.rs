//! What the claims mean, as the issuer's entry in the configuration says.

use std::sync::Arc;

use bursar_config::{Issuer, OrgRule};
use ledger::{OrgId, Surface, Tool};

use super::claims::{Payload, text, texts};
use super::dates::Dates;
use super::verified::Verified;
use crate::Fault;

/// Reads what is mapped; a claim of another type than it should be is refused, not left out, since
/// what it was meant to restrict would be open then.
pub(crate) fn read(
    claims: &Payload,
    dates: &Dates,
    issuer: &Arc<Issuer>,
) -> Result<Verified, Fault> {
    let mapped = |name: &Option<Box<str>>| name.as_ref().and_then(|name| claims.get(&**name));
    let subject = text(claims.get("sub").ok_or(Fault::TokenClaims)?)?.into();
    let member = match &issuer.claims.member {
        None => None,
        Some(name) => {
            let id = text(claims.get(&**name).ok_or(Fault::TokenClaims)?)?;
            Some(id.parse().map_err(|_| Fault::TokenClaims)?)
        }
    };
    let surface = match mapped(&issuer.claims.surface) {
        None => issuer.surface,
        Some(name) => Surface::from_name(text(name)?).ok_or(Fault::TokenClaims)?,
    };
    let groups = mapped(&issuer.claims.groups).map(texts).transpose()?.unwrap_or_default();
    let project = mapped(&issuer.claims.project).map(text).transpose()?.map(Into::into);
    let tools = mapped(&issuer.claims.tools).map(texts).transpose()?;
    Ok(Verified {
        issuer: Arc::clone(issuer),
        subject,
        org: org(claims, issuer)?,
        member,
        groups,
        project,
        surface,
        tools: tools.map(|tools| tools.iter().map(|tool| Tool::new(tool)).collect()),
        issued: dates.issued,
        expires: dates.expires,
        jti: claims.get("jti").map(text).transpose()?.map(Into::into),
    })
}

fn org(claims: &Payload, issuer: &Issuer) -> Result<OrgId, Fault> {
    match &issuer.org {
        OrgRule::Fixed(org) => Ok(*org),
        OrgRule::Claim { claim, allowed } => {
            let id = text(claims.get(&**claim).ok_or(Fault::TokenClaims)?)?;
            let org = id.parse().map_err(|_| Fault::TokenClaims)?;
            if allowed.contains(org) { Ok(org) } else { Err(Fault::TokenOrg) }
        }
    }
}
