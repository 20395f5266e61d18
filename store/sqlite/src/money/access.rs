//! Who may burn a grant, as its list of members and groups.

use std::collections::HashMap;

use ledger::{Access, GrantId, GroupId, MemberId, OrgId};
use sqlx::SqliteConnection;

use crate::column::{Columns, Id, hex_list};
use crate::error::Result;
use crate::people::{Which, require_groups, require_members};

/// The lists of the grants that are meant and not open to everyone; empty ones are left out.
pub(crate) async fn lists(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<GrantId>,
) -> Result<HashMap<GrantId, Access>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT grant_id, member_id, group_id FROM grant_access
         WHERE shard = ? AND org_id = ? AND grant_id BETWEEN ? AND ? ORDER BY grant_id, place",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(connection)
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
pub(crate) async fn require(
    connection: &mut SqliteConnection,
    org: OrgId,
    access: &Access,
) -> Result<()> {
    match access {
        Access::Everyone => Ok(()),
        Access::Listed { members, groups } => {
            require_members(connection, org, members).await?;
            require_groups(connection, org, groups).await
        }
    }
}

/// Makes this the list of a grant.
pub(crate) async fn replace(
    tx: &mut SqliteConnection,
    org: OrgId,
    grant: GrantId,
    access: &Access,
) -> Result<()> {
    sqlx::query("DELETE FROM grant_access WHERE shard = ? AND org_id = ? AND grant_id = ?")
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(grant.blob())
        .execute(&mut *tx)
        .await?;
    let Access::Listed { members, groups } = access else { return Ok(()) };
    sqlx::query(
        "INSERT INTO grant_access (shard, org_id, grant_id, place, member_id, group_id)
         SELECT ?1, ?2, ?3, key, unhex(value), NULL FROM json_each(?4)
         UNION ALL
         SELECT ?1, ?2, ?3, key + json_array_length(?4), NULL, unhex(value) FROM json_each(?5)",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(grant.blob())
    .bind(hex_list(members.iter().copied()))
    .bind(hex_list(groups.iter().copied()))
    .execute(tx)
    .await?;
    Ok(())
}
