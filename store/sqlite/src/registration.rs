//! Gateways that start, and the leases of those that ended.

use ledger::{Credits, Epoch, Instant, NodeId, Shard};
use sqlx::{Row, SqliteConnection};
use store::{Alive, Applied, Heartbeat, NodeState, Registered, Registration, Rejoin, StoredNode};

use crate::column::{Columns, Id};
use crate::error::{Error, Result};
use crate::{SqliteStore, idempotency};

pub(crate) async fn register(
    store: &SqliteStore,
    registration: &Registration,
) -> Result<Registered> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    let applied = applied(&mut tx, registration).await?;
    let held = registration.last_lsn;
    if let Some((_, ahead)) = applied.iter().find(|(_, applied)| applied.lsn > held) {
        return Err(store::Error::OldCopy { applied: ahead.lsn, held }.into());
    }
    let epoch: u32 = sqlx::query_scalar(
        "INSERT INTO nodes (node, epoch, journal, registered_at) VALUES (?, 1, ?, ?)
         ON CONFLICT (node) DO UPDATE SET
             epoch = epoch + 1,
             journal = excluded.journal,
             registered_at = excluded.registered_at
         RETURNING epoch",
    )
    .bind(registration.node.0)
    .bind(registration.journal.blob())
    .bind(registration.now.micros())
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Registered { epoch: Epoch(epoch), applied })
}

/// How far each shard is with a journal.
async fn applied(
    tx: &mut SqliteConnection,
    registration: &Registration,
) -> Result<Vec<(Shard, Applied)>> {
    let rows = sqlx::query(
        "SELECT shard, seq, lsn FROM applied WHERE node = ? AND journal = ? ORDER BY shard",
    )
    .bind(registration.node.0)
    .bind(registration.journal.blob())
    .fetch_all(tx)
    .await?;
    let mut applied = Vec::with_capacity(rows.len());
    for row in rows {
        let number = row.small("shard")?;
        let shard = Shard::new(number)
            .ok_or_else(|| Error::corrupt(format!("there is no shard {number}")))?;
        applied.push((shard, Applied { seq: row.count("seq")?, lsn: row.count("lsn")? }));
    }
    Ok(applied)
}

/// Refuses whoever is not the node's last start; `current` is none for a node that never started.
pub(crate) fn require_last_epoch(current: Option<u32>, epoch: Epoch) -> Result<()> {
    match current {
        Some(current) if current == epoch.0 => Ok(()),
        // Starts are counted from 1.
        _ => Err(store::Error::Fenced { current: Epoch(current.unwrap_or(0)) }.into()),
    }
}

/// Refuses whoever is not the node's last start.
pub(crate) async fn require_last_start(
    tx: &mut SqliteConnection,
    node: NodeId,
    epoch: Epoch,
) -> Result<()> {
    let current = sqlx::query_scalar("SELECT epoch FROM nodes WHERE node = ?")
        .bind(node.0)
        .fetch_optional(tx)
        .await?;
    require_last_epoch(current, epoch)
}

pub(crate) async fn recovered(store: &SqliteStore, node: NodeId, epoch: Epoch) -> Result<()> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require_last_start(&mut tx, node, epoch).await?;
    sqlx::query(
        "UPDATE accounts SET leased = leased - old.amount, version = version + 1
         FROM (SELECT shard, org_id, account_id, sum(amount) AS amount FROM leases
               WHERE node = ? AND epoch < ? AND amount > 0 GROUP BY shard, org_id, account_id) AS old
         WHERE accounts.shard = old.shard AND accounts.org_id = old.org_id
             AND accounts.account_id = old.account_id",
    )
    .bind(node.0)
    .bind(epoch.0)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM leases WHERE node = ? AND epoch < ?")
        .bind(node.0)
        .bind(epoch.0)
        .execute(&mut *tx)
        .await?;
    idempotency::recover(&mut tx, node, epoch).await?;
    tx.commit().await?;
    Ok(())
}

/// The one gateway of the file lives for as long as it is the last start.
pub(crate) async fn heartbeat(store: &SqliteStore, beat: &Heartbeat) -> Result<Alive> {
    let mut tx = store.read().await?;
    require_last_start(&mut tx, beat.node, beat.epoch).await?;
    let stamp = crate::changes::stamp(&mut tx).await?;
    Ok(Alive { now: beat.now, stamp, live: 1, recalled: Vec::new(), frozen: false })
}

pub(crate) async fn nodes(connection: &mut SqliteConnection) -> Result<Vec<StoredNode>> {
    let rows = sqlx::query("SELECT node, epoch, registered_at FROM nodes ORDER BY node")
        .fetch_all(connection)
        .await?;
    let mut nodes = Vec::with_capacity(rows.len());
    for row in rows {
        let registered = Instant::from_micros(row.try_get("registered_at")?);
        nodes.push(StoredNode {
            node: NodeId(row.try_get("node")?),
            epoch: Epoch(row.try_get("epoch")?),
            state: NodeState::Live,
            registered,
            heard: registered,
            control: None,
            leased: Credits::ZERO,
        });
    }
    Ok(nodes)
}

/// The one gateway of a file has it locked, so that nobody can set it back under a running one.
pub(crate) async fn rejoin(store: &SqliteStore, rejoin: &Rejoin) -> Result<Registered> {
    let mut tx = store.read().await?;
    require_last_start(&mut tx, rejoin.node, rejoin.epoch).await?;
    Err(store::Error::Conflict("the store knows all that this gateway does".to_owned()).into())
}
