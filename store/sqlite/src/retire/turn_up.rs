//! A gateway that was given up has replayed its journal after all: what was lost with its earlier
//! starts is no loss any more.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, Epoch, Instant, NodeId, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{EntryBook, EntryCause, Level};

use super::compensate::{Made, made_for, take_back};
use super::enter_loss;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id};
use crate::error::Result;
use crate::thresholds;

/// What was written off of an account and not spent.
struct Found {
    org: OrgId,
    account: AccountId,
    is_grant: bool,
    amount: Credits,
}

/// Gives it back, and takes the grants back that made up for it.
pub(crate) async fn turn_up(tx: &mut SqliteConnection, node: NodeId, epoch: Epoch) -> Result<()> {
    let found = found(tx, node, epoch).await?;
    let made = made_for(tx, node).await?;
    if found.is_empty() && made.is_empty() {
        return Ok(());
    }
    let at = began(tx, node).await?;
    let cause = EntryCause::Retirement { node, epoch };
    let levels = levels(tx, &found, &made, at).await?;
    for found in &found {
        give_back(tx, found, at, &cause).await?;
    }
    // What was lost of one of them is found again by now, and can be taken back as well.
    for made in &made_for(tx, node).await? {
        take_back(tx, made, at, &cause).await?;
    }
    for (org, (before, account)) in levels {
        thresholds::record_credits(tx, org, account, before, at).await?;
    }
    Ok(())
}

/// What each organisation can spend before it, and the grant that moves last.
async fn levels(
    tx: &mut SqliteConnection,
    found: &[Found],
    made: &[Made],
    at: Instant,
) -> Result<BTreeMap<OrgId, (Level, AccountId)>> {
    let grants = found.iter().filter(|found| found.is_grant);
    let grants = grants.map(|found| (found.org, found.account));
    let made = made.iter().map(|made| (made.org, AccountId::from(made.grant)));
    let last: BTreeMap<_, _> = grants.chain(made).collect();
    let mut levels = BTreeMap::new();
    for (org, account) in last {
        levels.insert(org, (thresholds::level(tx, org, at).await?, account));
    }
    Ok(levels)
}

async fn found(tx: &mut SqliteConnection, node: NodeId, epoch: Epoch) -> Result<Vec<Found>> {
    let rows = sqlx::query(
        "SELECT leases.org_id, leases.account_id, accounts.limit_id IS NULL AS is_grant,
             sum(leases.written_off) AS amount
         FROM leases CROSS JOIN accounts
             ON accounts.shard = leases.shard AND accounts.org_id = leases.org_id
                AND accounts.account_id = leases.account_id
         WHERE leases.node = ? AND leases.epoch < ? AND leases.written_off > 0
         GROUP BY leases.org_id, leases.account_id ORDER BY leases.org_id, leases.account_id",
    )
    .bind(node.0)
    .bind(epoch.0)
    .fetch_all(tx)
    .await?;
    let found = |row: &SqliteRow| {
        Ok(Found {
            org: row.id("org_id")?,
            account: row.id("account_id")?,
            is_grant: row.flag("is_grant")?,
            amount: row.credits("amount")?,
        })
    };
    rows.iter().map(found).collect()
}

/// When the node's last start was.
async fn began(tx: &mut SqliteConnection, node: NodeId) -> Result<Instant> {
    let row = sqlx::query("SELECT registered_at FROM nodes WHERE node = ?").bind(node.0);
    row.fetch_one(tx).await?.instant("registered_at")
}

async fn give_back(
    tx: &mut SqliteConnection,
    found: &Found,
    at: Instant,
    cause: &EntryCause,
) -> Result<()> {
    let Found { org, account, is_grant, amount } = *found;
    sqlx::query(
        "UPDATE accounts SET written_off = written_off - ?1, written_back = written_back + ?1,
             version = version + 1
         WHERE shard = ?2 AND org_id = ?3 AND account_id = ?4",
    )
    .bind(amount.micros_i64())
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(account.blob())
    .execute(&mut *tx)
    .await?;
    if is_grant {
        let books = (EntryBook::Consumed, EntryBook::Grant(account));
        enter_loss(tx, org, at, books, amount, cause).await?;
    }
    record(tx, org, Entity::Refund(account)).await?;
    Ok(())
}
