//! Groups and who manages them.

use ledger::{GroupId, OrgId};
use sqlx::SqliteConnection;
use store::{ChangeSeq, Group};

use super::{List, Which, list, missing, require};
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id};
use crate::error::{Error, Result};

const MANAGERS: List = list!("group_managers", "group_id", "member_id");

pub(crate) async fn group(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: GroupId,
) -> Result<Option<Group>> {
    Ok(groups(connection, org, Which::One(id)).await?.pop())
}

/// The groups that are meant, by id.
pub(crate) async fn groups(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<GroupId>,
) -> Result<Vec<Group>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT group_id, name FROM groups
         WHERE shard = ? AND org_id = ? AND group_id BETWEEN ? AND ? ORDER BY group_id",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let mut managers = MANAGERS.read(connection, org, which).await?;
    let group = |row: sqlx::sqlite::SqliteRow| {
        let id = row.id("group_id")?;
        let managers = managers.remove(&id).unwrap_or_default();
        Ok(Group { id, org, name: row.text("name")?, managers })
    };
    rows.into_iter().map(group).collect()
}

pub(crate) async fn put_group(store: &SqliteStore, group: &Group) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, group.org).await?;
    sqlx::query(
        "INSERT INTO groups (shard, org_id, group_id, name) VALUES (?, ?, ?, ?)
         ON CONFLICT (shard, org_id, group_id) DO UPDATE SET name = excluded.name",
    )
    .bind(group.org.shard().number())
    .bind(group.org.blob())
    .bind(group.id.blob())
    .bind(group.name.as_str())
    .execute(&mut *tx)
    .await?;
    MANAGERS.replace(&mut tx, group.org, group.id, &group.managers).await?;
    let seq = record(&mut tx, group.org, Entity::Group(group.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Refuses a group that the organisation does not have.
pub(crate) async fn require_groups(
    connection: &mut SqliteConnection,
    org: OrgId,
    groups: &[GroupId],
) -> Result<()> {
    let found = "SELECT group_id AS id FROM groups WHERE shard = ?1 AND org_id = ?2
         AND group_id IN (SELECT unhex(value) FROM json_each(?3))";
    match missing(connection, org, groups, found).await? {
        Some(group) => Err(Error::conflict(format!("{org} has no group {group}"))),
        None => Ok(()),
    }
}
