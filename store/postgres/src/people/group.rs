//! Groups and who manages them.

use ledger::{GroupId, OrgId};
use sqlx::postgres::PgRow;
use store::{ChangeSeq, Group};

use super::{List, Which, list, missing, require};
use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

const MANAGERS: List = list!("group_managers", "group_id", "member_id");

pub(crate) async fn group(session: &mut Session, org: OrgId, id: GroupId) -> Result<Option<Group>> {
    Ok(groups(session, org, Which::One(id)).await?.pop())
}

/// The groups that are meant, by id.
pub(crate) async fn groups(
    session: &mut Session,
    org: OrgId,
    which: Which<GroupId>,
) -> Result<Vec<Group>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT group_id, name FROM groups
         WHERE shard = $1 AND org_id = $2 AND group_id BETWEEN $3 AND $4 ORDER BY group_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *session)
    .await?;
    let mut managers = MANAGERS.read(session, org, which).await?;
    let group = |row: PgRow| {
        let id = row.id("group_id")?;
        let managers = managers.remove(&id).unwrap_or_default();
        Ok(Group { id, org, name: row.text("name")?, managers })
    };
    rows.into_iter().map(group).collect()
}

pub(crate) async fn put_group(store: &PostgresStore, group: &Group) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    require(&mut tx, group.org).await?;
    sqlx::query(
        "INSERT INTO groups (shard, org_id, group_id, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT (shard, org_id, group_id) DO UPDATE SET name = excluded.name",
    )
    .bind(shard(group.org))
    .bind(group.org.uuid())
    .bind(group.id.uuid())
    .bind(group.name.as_str())
    .execute(&mut tx)
    .await?;
    MANAGERS.replace(&mut tx, group.org, group.id, &group.managers).await?;
    let seq = record(&mut tx, group.org, Entity::Group(group.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Refuses a group that the organisation does not have.
pub(crate) async fn require_groups(
    session: &mut Session,
    org: OrgId,
    groups: &[GroupId],
) -> Result<()> {
    let found = "SELECT group_id AS id FROM groups WHERE shard = $1 AND org_id = $2 AND group_id = ANY ($3)";
    match missing(session, org, groups, found).await? {
        Some(group) => Err(Error::conflict(format!("{org} has no group {group}"))),
        None => Ok(()),
    }
}
