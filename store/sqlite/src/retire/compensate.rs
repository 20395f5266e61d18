//! Grants that make up for what was lost, made and taken back.

use ledger::{AccountId, Credits, Epoch, GrantId, Instant, NodeId, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Compensation, EntryBook, EntryCause, Retirement, taken_back};

use super::enter_loss;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id};
use crate::error::Result;
use crate::money;

/// Makes the grant, at the platform's cost.
pub(super) async fn make(
    tx: &mut SqliteConnection,
    retirement: &Retirement,
    epoch: Epoch,
    made: &Compensation,
    cause: &EntryCause,
) -> Result<()> {
    let Compensation { org, grant } = made;
    money::insert_grant(tx, *org, grant).await?;
    sqlx::query(
        "INSERT INTO compensations (shard, org_id, grant_id, node, epoch, amount, taken_back)
         VALUES (?, ?, ?, ?, ?, ?, 0)",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(grant.id.blob())
    .bind(retirement.node.0)
    .bind(epoch.0)
    .bind(grant.amount.micros_i64())
    .execute(&mut *tx)
    .await?;
    let books = (EntryBook::Platform, EntryBook::Grant(grant.id.into()));
    enter_loss(tx, *org, retirement.now, books, grant.amount, cause).await?;
    record(tx, *org, Entity::Grant(grant.id)).await?;
    Ok(())
}

/// A grant that is to be taken back.
pub(super) struct Made {
    pub(super) org: OrgId,
    pub(super) grant: GrantId,
    /// What it made up for.
    compensated: Credits,
    amount: Credits,
    /// What cannot be taken back any more.
    gone: Credits,
}

/// The grants for what was lost with a node's earlier starts, by organisation and grant.
pub(super) async fn made_for(tx: &mut SqliteConnection, node: NodeId) -> Result<Vec<Made>> {
    let rows = sqlx::query(
        "SELECT made.org_id, made.grant_id, made.amount AS compensated, accounts.amount,
             min(accounts.spent + accounts.expired + accounts.written_off, accounts.amount) AS gone
         FROM compensations AS made CROSS JOIN accounts
             ON accounts.shard = made.shard AND accounts.org_id = made.org_id
                AND accounts.account_id = made.grant_id
         WHERE made.node = ? AND made.taken_back = 0
         ORDER BY made.org_id, made.grant_id",
    )
    .bind(node.0)
    .fetch_all(tx)
    .await?;
    let made = |row: &SqliteRow| {
        Ok(Made {
            org: row.id("org_id")?,
            grant: row.id("grant_id")?,
            compensated: row.credits("compensated")?,
            amount: row.credits("amount")?,
            gone: row.credits("gone")?,
        })
    };
    rows.iter().map(made).collect()
}

/// Takes back what of a grant is not gone.
pub(super) async fn take_back(
    tx: &mut SqliteConnection,
    made: &Made,
    at: Instant,
    cause: &EntryCause,
) -> Result<()> {
    let Made { org, grant, compensated, amount, gone } = *made;
    let left = taken_back(amount, compensated, gone);
    sqlx::query(
        "UPDATE accounts SET amount = ?, version = version + 1
         WHERE shard = ? AND org_id = ? AND account_id = ?",
    )
    .bind(left.micros_i64())
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(grant.blob())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE compensations SET taken_back = 1 WHERE shard = ? AND org_id = ? AND grant_id = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(grant.blob())
    .execute(&mut *tx)
    .await?;
    let books = (EntryBook::Grant(AccountId::from(grant)), EntryBook::Platform);
    enter_loss(tx, org, at, books, amount.saturating_sub(left), cause).await?;
    record(tx, org, Entity::Grant(grant)).await?;
    Ok(())
}
