//! Grants as they are stored, with their accounts' figures.

use ledger::{Access, Grant, GrantId, GrantKind, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::OrgGrant;

use super::access::{lists, nobody};
use crate::column::{Columns, Id};
use crate::error::Result;
use crate::people::Which;

pub(crate) async fn grant(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: GrantId,
) -> Result<Option<OrgGrant>> {
    Ok(grants(connection, org, Which::One(id)).await?.pop())
}

/// The grants that are meant, by id.
pub(crate) async fn grants(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<GrantId>,
) -> Result<Vec<OrgGrant>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT grants.grant_id, grants.created_at, grants.everyone, accounts.kind,
             accounts.start_at, accounts.end_at, accounts.amount,
             accounts.spent + accounts.written_off AS spent, accounts.leased,
             accounts.refunded + accounts.written_back AS refunded, accounts.expired
         FROM grants JOIN accounts
             ON accounts.shard = grants.shard AND accounts.org_id = grants.org_id
                AND accounts.account_id = grants.grant_id
         WHERE grants.shard = ? AND grants.org_id = ? AND grants.grant_id BETWEEN ? AND ?
         ORDER BY grants.grant_id",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let mut lists = lists(connection, org, which).await?;
    let grant = |row: SqliteRow| {
        let id = row.id("grant_id")?;
        let listed = lists.remove(&id).unwrap_or_else(nobody);
        let access = if row.flag("everyone")? { Access::Everyone } else { listed };
        from_row(&row, id, access)
    };
    rows.into_iter().map(grant).collect()
}

fn from_row(row: &SqliteRow, id: GrantId, access: Access) -> Result<OrgGrant> {
    let grant = Grant {
        id,
        kind: row.named("kind", GrantKind::from_name)?,
        amount: row.credits("amount")?,
        start: row.instant("start_at")?,
        end: row.instant("end_at")?,
        created: row.instant("created_at")?,
        access,
    };
    Ok(OrgGrant {
        grant,
        spent: row.credits("spent")?,
        leased: row.credits("leased")?,
        refunded: row.credits("refunded")?,
        expired: row.credits("expired")?,
    })
}
