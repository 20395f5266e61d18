//! Grants at the platform's cost.

use ledger::{Access, Credits, Epoch, Grant, GrantId, NodeId, OrgId};
use sqlx::postgres::PgRow;
use store::{Compensation, WrittenOff, taken_back};

use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::money;
use crate::session::Session;

/// Who could burn a grant that lost something.
pub(super) async fn who_could_burn(tx: &mut Session, lost: &WrittenOff) -> Result<Access> {
    let id = GrantId::from_u128(lost.account.as_u128());
    let grant = money::grant(tx, lost.org, id).await?;
    grant.map(|stored| stored.grant.access).ok_or_else(|| Error::corrupt(format!("{id} is gone")))
}

/// Makes a grant for what was lost.
pub(super) async fn make(
    tx: &mut Session,
    node: NodeId,
    epoch: Epoch,
    Compensation { org, grant }: &Compensation,
) -> Result<()> {
    money::insert_grant(tx, *org, grant).await?;
    sqlx::query(
        "INSERT INTO compensations (shard, org_id, grant_id, node, epoch, amount)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(shard(*org))
    .bind(org.uuid())
    .bind(grant.id.uuid())
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .bind(grant.amount.micros_i64())
    .execute(tx)
    .await?;
    Ok(())
}

/// A grant at the platform's cost that is not taken back yet.
pub(super) struct Made {
    pub(super) org: OrgId,
    pub(super) grant: GrantId,
    compensated: Credits,
}

/// What was made for a gateway's losses, by organisation and grant.
pub(super) async fn made(tx: &mut Session, node: NodeId) -> Result<Vec<Made>> {
    let rows = sqlx::query(
        "SELECT org_id, grant_id, amount FROM compensations WHERE node = $1 AND NOT taken_back
         ORDER BY org_id, grant_id",
    )
    .bind(i64::from(node.0))
    .fetch_all(tx)
    .await?;
    let made = |row: &PgRow| {
        let (org, grant) = (row.id("org_id")?, row.id("grant_id")?);
        Ok(Made { org, grant, compensated: row.credits("amount")? })
    };
    rows.iter().map(made).collect()
}

/// Takes back what is not gone of it; answers how much.
pub(super) async fn take_back(tx: &mut Session, made: &Made) -> Result<Credits> {
    let stored = money::grant(tx, made.org, made.grant).await?;
    let stored = stored.ok_or_else(|| Error::corrupt(format!("{} is gone", made.grant)))?;
    let Grant { amount, .. } = stored.grant;
    let gone = stored.spent.saturating_add(stored.expired).min(amount);
    let left = taken_back(amount, made.compensated, gone);
    let account = sqlx::query(
        "UPDATE accounts SET amount = $4, version = version + 1
         WHERE shard = $1 AND org_id = $2 AND account_id = $3",
    );
    account
        .bind(shard(made.org))
        .bind(made.org.uuid())
        .bind(made.grant.uuid())
        .bind(left.micros_i64())
        .execute(&mut *tx)
        .await?;
    let compensation = sqlx::query(
        "UPDATE compensations SET taken_back = true
         WHERE shard = $1 AND org_id = $2 AND grant_id = $3",
    );
    compensation
        .bind(shard(made.org))
        .bind(made.org.uuid())
        .bind(made.grant.uuid())
        .execute(tx)
        .await?;
    Ok(amount.saturating_sub(left))
}
