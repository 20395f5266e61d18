//! Everything of an organisation at once, as of one change.

use ledger::OrgId;
use sqlx::SqliteConnection;
use store::OrgData;

use super::{Which, groups, keys, members, org as find_org, projects, revoked_tokens};
use crate::changes::stamp;
use crate::error::Result;
use crate::money::{grants, limits};

pub(crate) async fn load(connection: &mut SqliteConnection, id: OrgId) -> Result<Option<OrgData>> {
    let Some(org) = find_org(connection, id).await? else { return Ok(None) };
    Ok(Some(OrgData {
        org,
        groups: groups(connection, id, Which::All).await?,
        projects: projects(connection, id, Which::All).await?,
        members: members(connection, id, Which::All).await?,
        keys: keys(connection, id, Which::All).await?,
        grants: grants(connection, id, Which::All).await?,
        limits: limits(connection, id).await?,
        revoked_tokens: revoked_tokens(connection, id).await?,
        seq: stamp(connection).await?.seq,
    }))
}
