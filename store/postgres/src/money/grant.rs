//! Grants as they are stored, with their accounts' figures.

use ledger::{Access, Grant, GrantId, GrantKind, OrgId};
use sqlx::postgres::PgRow;
use store::OrgGrant;

use super::access::{lists, nobody};
use crate::column::{Columns, Id, shard};
use crate::error::Result;
use crate::people::Which;
use crate::session::Session;

pub(crate) async fn grant(
    session: &mut Session,
    org: OrgId,
    id: GrantId,
) -> Result<Option<OrgGrant>> {
    Ok(grants(session, org, Which::One(id)).await?.pop())
}

/// The grants that are meant, by id.
pub(crate) async fn grants(
    session: &mut Session,
    org: OrgId,
    which: Which<GrantId>,
) -> Result<Vec<OrgGrant>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT grants.grant_id, grants.created_at, grants.everyone, accounts.kind,
             accounts.start_at, accounts.end_at, accounts.amount, accounts.leased, accounts.expired,
             accounts.spent + accounts.written_off AS counted,
             accounts.refunded + accounts.written_back AS come_back
         FROM grants JOIN accounts
             ON accounts.shard = grants.shard AND accounts.org_id = grants.org_id
                AND accounts.account_id = grants.grant_id
         WHERE grants.shard = $1 AND grants.org_id = $2 AND grants.grant_id BETWEEN $3 AND $4
         ORDER BY grants.grant_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *session)
    .await?;
    let mut lists = lists(session, org, which).await?;
    let grant = |row: PgRow| {
        let id = row.id("grant_id")?;
        let listed = lists.remove(&id).unwrap_or_else(nobody);
        let access = if row.flag("everyone")? { Access::Everyone } else { listed };
        from_row(&row, id, access)
    };
    rows.into_iter().map(grant).collect()
}

fn from_row(row: &PgRow, id: GrantId, access: Access) -> Result<OrgGrant> {
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
        spent: row.credits("counted")?,
        leased: row.credits("leased")?,
        refunded: row.credits("come_back")?,
        expired: row.credits("expired")?,
    })
}
