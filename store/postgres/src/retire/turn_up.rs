//! A gateway that was given up has replayed its journal after all: what was lost with its earlier
//! starts is no loss any more.

use std::collections::BTreeSet;

use ledger::{AccountId, Credits, Epoch, Instant, NodeId, OrgId};
use sqlx::postgres::PgRow;
use store::{EntryBook, EntryCause};

use super::compensate::{made_for, take_back};
use super::enter_loss;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, shard};
use crate::error::Result;
use crate::registration::require_last_start;
use crate::session::Session;
use crate::{PostgresStore, locks, thresholds};

/// Gives it back, and takes the grants back that made up for it: one organisation after another.
pub(crate) async fn turn_up(store: &PostgresStore, node: NodeId, epoch: Epoch) -> Result<()> {
    for org in orgs(&mut store.plain().await?, node, epoch).await? {
        settle(store, node, epoch, org).await?;
    }
    Ok(())
}

/// The organisations with whom it is to be settled; usually there is none.
async fn orgs(session: &mut Session, node: NodeId, epoch: Epoch) -> Result<BTreeSet<OrgId>> {
    let rows = sqlx::query(
        "SELECT org_id FROM leases WHERE node = $1 AND epoch < $2 AND written_off > 0
         UNION
         SELECT org_id FROM compensations WHERE node = $1 AND epoch < $2 AND NOT taken_back",
    )
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .fetch_all(session)
    .await?;
    rows.iter().map(|row| row.id("org_id")).collect()
}

/// What was written off of an account and not spent.
struct Found {
    account: AccountId,
    is_grant: bool,
    amount: Credits,
}

async fn settle(store: &PostgresStore, node: NodeId, epoch: Epoch, org: OrgId) -> Result<()> {
    let cause = EntryCause::Retirement { node, epoch };
    let mut tx = store.write().await?;
    require_last_start(&mut tx, node, epoch).await?;
    locks::books(&mut tx, org).await?;
    let at = began(&mut tx, node).await?;
    let found = found(&mut tx, node, epoch, org).await?;
    let made = made_for(&mut tx, node, epoch, org).await?;
    let before = thresholds::level(&mut tx, org, at).await?;
    give_back(&mut tx, node, epoch, org).await?;
    let mut last = None;
    for found in found.iter().filter(|found| found.is_grant) {
        let books = (EntryBook::Consumed, EntryBook::Grant(found.account));
        enter_loss(&mut tx, org, at, books, found.amount, &cause).await?;
        last = Some(found.account);
    }
    for made in &made {
        take_back(&mut tx, org, made, at, &cause).await?;
        last = Some(made.grant.into());
    }
    if let Some(account) = last {
        thresholds::record_credits(&mut tx, org, account, before, at).await?;
    }
    for found in &found {
        record(&mut tx, org, Entity::Refund(found.account)).await?;
    }
    for made in &made {
        record(&mut tx, org, Entity::Grant(made.grant)).await?;
    }
    tx.commit().await
}

/// When the node's last start was.
async fn began(tx: &mut Session, node: NodeId) -> Result<Instant> {
    let row = sqlx::query("SELECT registered_at FROM nodes WHERE node = $1");
    row.bind(i64::from(node.0)).fetch_one(tx).await?.instant("registered_at")
}

/// What was lost, by account; the accounts are this transaction's.
async fn found(tx: &mut Session, node: NodeId, epoch: Epoch, org: OrgId) -> Result<Vec<Found>> {
    let rows = sqlx::query(
        "SELECT account_id, limit_id IS NULL AS is_grant, (
             SELECT sum(written_off)::bigint FROM leases
             WHERE leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                 AND leases.account_id = accounts.account_id AND node = $3 AND epoch < $4) AS amount
         FROM accounts
         WHERE shard = $1 AND org_id = $2 AND account_id IN (
             SELECT account_id FROM leases
             WHERE shard = $1 AND org_id = $2 AND node = $3 AND epoch < $4 AND written_off > 0)
         ORDER BY account_id FOR NO KEY UPDATE",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .fetch_all(tx)
    .await?;
    let found = |row: &PgRow| {
        Ok(Found {
            account: row.id("account_id")?,
            is_grant: row.flag("is_grant")?,
            amount: row.credits("amount")?,
        })
    };
    rows.iter().map(found).collect()
}

async fn give_back(tx: &mut Session, node: NodeId, epoch: Epoch, org: OrgId) -> Result<()> {
    for statement in [
        "UPDATE accounts SET written_off = written_off - lost.amount,
             written_back = written_back + lost.amount, version = version + 1
         FROM (SELECT account_id, sum(written_off)::bigint AS amount FROM leases
               WHERE shard = $1 AND org_id = $2 AND node = $3 AND epoch < $4 AND written_off > 0
               GROUP BY account_id) AS lost
         WHERE accounts.shard = $1 AND accounts.org_id = $2
             AND accounts.account_id = lost.account_id",
        "UPDATE leases SET written_off = 0
         WHERE shard = $1 AND org_id = $2 AND node = $3 AND epoch < $4 AND written_off > 0",
    ] {
        sqlx::query(statement)
            .bind(shard(org))
            .bind(org.uuid())
            .bind(i64::from(node.0))
            .bind(i64::from(epoch.0))
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
