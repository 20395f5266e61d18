//! Everything of an organisation at once, as of one change.

use ledger::OrgId;
use store::OrgData;

use super::{Which, groups, keys, members, org as find_org, projects, revoked_tokens};
use crate::changes::stamp;
use crate::error::Result;
use crate::money::{grants, limits};
use crate::session::Session;

pub(crate) async fn load(session: &mut Session, id: OrgId) -> Result<Option<OrgData>> {
    let Some(org) = find_org(session, id).await? else { return Ok(None) };
    Ok(Some(OrgData {
        org,
        groups: groups(session, id, Which::All).await?,
        projects: projects(session, id, Which::All).await?,
        members: members(session, id, Which::All).await?,
        keys: keys(session, id, Which::All).await?,
        grants: grants(session, id, Which::All).await?,
        limits: limits(session, id).await?,
        revoked_tokens: revoked_tokens(session, id, Which::All).await?,
        seq: stamp(session).await?.seq,
    }))
}
