//! Grants that make up for what was lost, made and taken back.

use ledger::{AccountId, Credits, Epoch, GrantId, Instant, NodeId, OrgId};
use sqlx::postgres::PgRow;
use store::{Compensation, EntryBook, EntryCause, Retirement, taken_back};

use super::enter_loss;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, shard};
use crate::error::Result;
use crate::money;
use crate::session::Session;

/// Makes the grant, at the platform's cost.
pub(super) async fn make(
    tx: &mut Session,
    retirement: &Retirement,
    epoch: Epoch,
    made: &Compensation,
    cause: &EntryCause,
) -> Result<()> {
    let Compensation { org, grant } = made;
    money::insert_grant(tx, *org, grant).await?;
    sqlx::query(
        "INSERT INTO compensations (shard, org_id, grant_id, node, epoch, amount, taken_back)
         VALUES ($1, $2, $3, $4, $5, $6, false)",
    )
    .bind(shard(*org))
    .bind(org.uuid())
    .bind(grant.id.uuid())
    .bind(i64::from(retirement.node.0))
    .bind(i64::from(epoch.0))
    .bind(grant.amount.micros_i64())
    .execute(&mut *tx)
    .await?;
    let books = (EntryBook::Platform, EntryBook::Grant(grant.id.into()));
    enter_loss(tx, *org, retirement.now, books, grant.amount, cause).await
}

/// Puts the grants into the feed, shortly before the commit.
pub(super) async fn tell(tx: &mut Session, made: &[Compensation]) -> Result<()> {
    for made in made {
        record(tx, made.org, Entity::Grant(made.grant.id)).await?;
    }
    Ok(())
}

/// A grant that is to be taken back.
pub(super) struct Made {
    pub(super) grant: GrantId,
    /// What it made up for.
    compensated: Credits,
    amount: Credits,
    /// What cannot be taken back any more.
    gone: Credits,
}

/// The grants of an organisation for what was lost with a node's earlier starts, by id; they are this
/// transaction's.
pub(super) async fn made_for(
    tx: &mut Session,
    node: NodeId,
    epoch: Epoch,
    org: OrgId,
) -> Result<Vec<Made>> {
    let rows = sqlx::query(
        "SELECT made.grant_id, made.amount AS compensated, accounts.amount,
             least(accounts.spent + accounts.expired + accounts.written_off, accounts.amount) AS gone
         FROM compensations AS made JOIN accounts
             ON accounts.shard = made.shard AND accounts.org_id = made.org_id
                AND accounts.account_id = made.grant_id
         WHERE made.shard = $1 AND made.org_id = $2 AND made.node = $3 AND made.epoch < $4
             AND NOT made.taken_back
         ORDER BY made.grant_id FOR NO KEY UPDATE OF accounts",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .fetch_all(tx)
    .await?;
    let made = |row: &PgRow| {
        Ok(Made {
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
    tx: &mut Session,
    org: OrgId,
    made: &Made,
    at: Instant,
    cause: &EntryCause,
) -> Result<()> {
    let Made { grant, compensated, amount, gone } = *made;
    let left = taken_back(amount, compensated, gone);
    sqlx::query(
        "WITH settled AS (
             UPDATE compensations SET taken_back = true
             WHERE shard = $2 AND org_id = $3 AND grant_id = $4)
         UPDATE accounts SET amount = $1, version = version + 1
         WHERE shard = $2 AND org_id = $3 AND account_id = $4",
    )
    .bind(left.micros_i64())
    .bind(shard(org))
    .bind(org.uuid())
    .bind(grant.uuid())
    .execute(&mut *tx)
    .await?;
    let books = (EntryBook::Grant(AccountId::from(grant)), EntryBook::Platform);
    enter_loss(tx, org, at, books, amount.saturating_sub(left), cause).await
}
