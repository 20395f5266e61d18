//! What a gateway has leased, and what of it was written off.

use ledger::{AccountId, Credits, Epoch, NodeId, OrgId};
use sqlx::postgres::PgRow;
use store::WrittenOff;

use crate::column::Columns;
use crate::error::Result;
use crate::session::Session;

/// What all starts of a gateway have leased, by organisation and account.
pub(super) async fn leased(tx: &mut Session, node: NodeId) -> Result<Vec<WrittenOff>> {
    let rows = sqlx::query(
        "SELECT org_id, account_id, account.limit_id, sum(lease.amount)::bigint AS amount
         FROM leases AS lease JOIN accounts AS account USING (shard, org_id, account_id)
         WHERE lease.node = $1 AND lease.amount > 0
         GROUP BY org_id, account_id, account.limit_id ORDER BY org_id, account_id",
    )
    .bind(i64::from(node.0))
    .fetch_all(tx)
    .await?;
    let lost = |row: &PgRow| {
        Ok(WrittenOff {
            org: row.id("org_id")?,
            account: row.id("account_id")?,
            limit: row.id_or_none("limit_id")?,
            amount: row.credits("amount")?,
        })
    };
    rows.iter().map(lost).collect()
}

/// Makes leases losses.
pub(super) async fn write_off(tx: &mut Session, node: NodeId) -> Result<()> {
    for statement in [
        "UPDATE accounts SET
             leased = leased - lost.amount,
             written_off = written_off + lost.amount,
             version = version + 1
         FROM (SELECT shard, account_id, sum(amount)::bigint AS amount FROM leases
               WHERE node = $1 AND amount > 0 GROUP BY shard, account_id) AS lost
         WHERE accounts.shard = lost.shard AND accounts.account_id = lost.account_id",
        "UPDATE leases SET written_off = written_off + amount, amount = 0
         WHERE node = $1 AND amount > 0",
    ] {
        sqlx::query(statement).bind(i64::from(node.0)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// What is lost of an account.
pub(super) struct Lost {
    pub(super) org: OrgId,
    pub(super) account: AccountId,
    pub(super) is_grant: bool,
    pub(super) amount: Credits,
}

/// What was written off of a gateway's starts before an epoch, by organisation and account.
pub(super) async fn written_off(tx: &mut Session, node: NodeId, epoch: Epoch) -> Result<Vec<Lost>> {
    let rows = sqlx::query(
        "SELECT org_id, account_id, account.limit_id IS NULL AS is_grant,
             sum(lease.written_off)::bigint AS amount
         FROM leases AS lease JOIN accounts AS account USING (shard, org_id, account_id)
         WHERE lease.node = $1 AND lease.epoch < $2 AND lease.written_off > 0
         GROUP BY org_id, account_id, account.limit_id ORDER BY org_id, account_id",
    )
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .fetch_all(tx)
    .await?;
    let lost = |row: &PgRow| {
        Ok(Lost {
            org: row.id("org_id")?,
            account: row.id("account_id")?,
            is_grant: row.flag("is_grant")?,
            amount: row.credits("amount")?,
        })
    };
    rows.iter().map(lost).collect()
}

/// Makes what was written off available again.
pub(super) async fn write_back(tx: &mut Session, node: NodeId, epoch: Epoch) -> Result<()> {
    for statement in [
        "UPDATE accounts SET
             written_off = accounts.written_off - found.amount,
             written_back = written_back + found.amount,
             version = version + 1
         FROM (SELECT shard, account_id, sum(written_off)::bigint AS amount FROM leases
               WHERE node = $1 AND epoch < $2 AND written_off > 0
               GROUP BY shard, account_id) AS found
         WHERE accounts.shard = found.shard AND accounts.account_id = found.account_id",
        "UPDATE leases SET written_off = 0 WHERE node = $1 AND epoch < $2 AND written_off > 0",
    ] {
        let query = sqlx::query(statement).bind(i64::from(node.0)).bind(i64::from(epoch.0));
        query.execute(&mut *tx).await?;
    }
    Ok(())
}
