//! Who may burn a grant, as its list of members and groups.

use std::collections::HashMap;

use ledger::{Access, GrantId, GroupId, MemberId, OrgId};

use crate::column::{Columns, Id, shard, uuids};
use crate::error::Result;
use crate::people::{Which, require_groups, require_members};
use crate::session::Session;

/// The lists of the grants that are meant and not open to everyone; empty ones are left out.
pub(crate) async fn lists(
    session: &mut Session,
    org: OrgId,
    which: Which<GrantId>,
) -> Result<HashMap<GrantId, Access>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT grant_id, member_id, group_id FROM grant_access
         WHERE shard = $1 AND org_id = $2 AND grant_id BETWEEN $3 AND $4 ORDER BY grant_id, place",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(session)
    .await?;
    let mut lists = HashMap::new();
    for row in rows {
        let list = lists.entry(row.id("grant_id")?).or_insert_with(nobody);
        if let Access::Listed { members, groups } = list {
            members.extend(row.id_or_none::<MemberId>("member_id")?);
            groups.extend(row.id_or_none::<GroupId>("group_id")?);
        }
    }
    Ok(lists)
}

pub(crate) fn nobody() -> Access {
    Access::Listed { members: Vec::new(), groups: Vec::new() }
}

/// Refuses a list with somebody who is not of the organisation.
pub(crate) async fn require(session: &mut Session, org: OrgId, access: &Access) -> Result<()> {
    match access {
        Access::Everyone => Ok(()),
        Access::Listed { members, groups } => {
            require_members(session, org, members).await?;
            require_groups(session, org, groups).await
        }
    }
}

/// Makes this the list of a grant.
pub(crate) async fn replace(
    tx: &mut Session,
    org: OrgId,
    grant: GrantId,
    access: &Access,
) -> Result<()> {
    sqlx::query("DELETE FROM grant_access WHERE shard = $1 AND org_id = $2 AND grant_id = $3")
        .bind(shard(org))
        .bind(org.uuid())
        .bind(grant.uuid())
        .execute(&mut *tx)
        .await?;
    let Access::Listed { members, groups } = access else { return Ok(()) };
    sqlx::query(
        "INSERT INTO grant_access (shard, org_id, grant_id, place, member_id, group_id)
         SELECT $1, $2, $3, listed.place, listed.member_id, listed.group_id
         FROM (
             SELECT place, id AS member_id, NULL::uuid AS group_id
             FROM unnest($4) WITH ORDINALITY AS member (id, place)
             UNION ALL
             SELECT cardinality($4) + place, NULL, id
             FROM unnest($5) WITH ORDINALITY AS grouped (id, place)) AS listed",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(grant.uuid())
    .bind(uuids(members.iter().copied()))
    .bind(uuids(groups.iter().copied()))
    .execute(tx)
    .await?;
    Ok(())
}
