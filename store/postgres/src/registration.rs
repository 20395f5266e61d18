//! Gateways that start, and the leases of those that ended.

use std::collections::BTreeSet;

use ledger::{Epoch, NodeId, Shard};
use sqlx::postgres::PgRow;
use store::{Applied, Registered, Registration};

use crate::column::{Columns, Id};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::{PostgresStore, idempotency, retire};

pub(crate) async fn register(
    store: &PostgresStore,
    registration: &Registration,
) -> Result<Registered> {
    let mut tx = store.write().await?;
    alone(&mut tx, registration.node).await?;
    let epoch = begin(&mut tx, registration).await?;
    let applied = applied(&mut tx, registration.node, registration.journal).await?;
    let held = registration.last_lsn;
    if let Some((_, ahead)) = applied.iter().find(|(_, applied)| applied.lsn > held) {
        return Err(store::Error::OldCopy { applied: ahead.lsn, held }.into());
    }
    tx.commit().await?;
    Ok(Registered { epoch, applied })
}

/// Has a gateway's row to itself: nothing of its earlier starts is on its way any more.
pub(crate) async fn alone(tx: &mut Session, node: NodeId) -> Result<()> {
    let row = sqlx::query("SELECT FROM nodes WHERE node = $1 FOR UPDATE").bind(i64::from(node.0));
    row.execute(tx).await?;
    Ok(())
}

async fn begin(tx: &mut Session, registration: &Registration) -> Result<Epoch> {
    let row = sqlx::query(
        "INSERT INTO nodes AS node (
             node, epoch, journal, registered_at, heard_at, control, state, incarnation)
         VALUES ($1, 1, $2, $3, $3, $4, 'running', 0)
         ON CONFLICT (node) DO UPDATE SET
             epoch = node.epoch + 1,
             journal = excluded.journal,
             registered_at = excluded.registered_at,
             heard_at = excluded.heard_at,
             control = excluded.control,
             state = excluded.state,
             incarnation = excluded.incarnation
         RETURNING epoch",
    )
    .bind(i64::from(registration.node.0))
    .bind(registration.journal.uuid())
    .bind(registration.now.micros())
    .bind(registration.control.as_deref())
    .fetch_one(tx)
    .await?;
    Ok(Epoch(row.small("epoch")?))
}

/// How far each shard is with a journal.
pub(crate) async fn applied(
    tx: &mut Session,
    node: NodeId,
    journal: u128,
) -> Result<Vec<(Shard, Applied)>> {
    let rows = sqlx::query(
        "SELECT shard, seq, lsn FROM applied WHERE node = $1 AND journal = $2 ORDER BY shard",
    )
    .bind(i64::from(node.0))
    .bind(journal.uuid())
    .fetch_all(tx)
    .await?;
    let applied =
        |row: &PgRow| Ok((shard(row)?, Applied { seq: row.count("seq")?, lsn: row.count("lsn")? }));
    rows.iter().map(applied).collect()
}

pub(crate) fn shard(row: &PgRow) -> Result<Shard> {
    let number = row.small("shard")?;
    Shard::new(number).ok_or_else(|| Error::corrupt(format!("there is no shard {number}")))
}

/// Refuses whoever is not the node's last start; `current` is none for a node that never started.
pub(crate) fn require_last_epoch(current: Option<i64>, epoch: Epoch) -> Result<()> {
    match current {
        Some(current) if current == i64::from(epoch.0) => Ok(()),
        // Starts are counted from 1, and their column has no larger number than they do.
        _ => {
            let current = current.and_then(|current| u32::try_from(current).ok()).unwrap_or(0);
            Err(store::Error::Fenced { current: Epoch(current) }.into())
        }
    }
}

/// Refuses whoever is not the node's last start; until the commit no later one begins.
pub(crate) async fn require_last_start(tx: &mut Session, node: NodeId, epoch: Epoch) -> Result<()> {
    let current = sqlx::query_scalar("SELECT epoch FROM nodes WHERE node = $1 FOR KEY SHARE")
        .bind(i64::from(node.0))
        .fetch_optional(tx)
        .await?;
    require_last_epoch(current, epoch)
}

/// One transaction a shard, as everywhere; one that was interrupted is gone on with when it is asked
/// for again.
pub(crate) async fn recovered(store: &PostgresStore, node: NodeId, epoch: Epoch) -> Result<()> {
    retire::turn_up(store, node, epoch).await?;
    let mut tx = store.write().await?;
    require_last_start(&mut tx, node, epoch).await?;
    idempotency::recover(&mut tx, node, epoch).await?;
    let rows = sqlx::query("SELECT DISTINCT shard FROM leases WHERE node = $1 AND epoch < $2")
        .bind(i64::from(node.0))
        .bind(i64::from(epoch.0))
        .fetch_all(&mut tx)
        .await?;
    let shards: BTreeSet<Shard> = rows.iter().map(shard).collect::<Result<_>>()?;
    tx.commit().await?;
    for shard in shards {
        give_back(store, node, epoch, shard).await?;
    }
    Ok(())
}

/// Gives a shard's leases of earlier starts back to their accounts.
async fn give_back(store: &PostgresStore, node: NodeId, epoch: Epoch, shard: Shard) -> Result<()> {
    let mut tx = store.write().await?;
    require_last_start(&mut tx, node, epoch).await?;
    for statement in [
        "SELECT FROM accounts WHERE shard = $1 AND account_id IN (
             SELECT account_id FROM leases WHERE shard = $1 AND node = $2 AND epoch < $3)
         ORDER BY account_id FOR NO KEY UPDATE",
        "UPDATE accounts SET leased = leased - old.amount, version = version + 1
         FROM (SELECT org_id, account_id, sum(amount)::bigint AS amount FROM leases
               WHERE shard = $1 AND node = $2 AND epoch < $3 AND amount > 0
               GROUP BY org_id, account_id) AS old
         WHERE accounts.shard = $1 AND accounts.org_id = old.org_id
             AND accounts.account_id = old.account_id",
        "DELETE FROM leases WHERE shard = $1 AND node = $2 AND epoch < $3",
    ] {
        sqlx::query(statement)
            .bind(i16::from(shard.number()))
            .bind(i64::from(node.0))
            .bind(i64::from(epoch.0))
            .execute(&mut tx)
            .await?;
    }
    tx.commit().await
}
