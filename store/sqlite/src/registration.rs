//! Gateways that start, and the leases of those that ended.

use ledger::{Epoch, NodeId, Shard};
use sqlx::SqliteConnection;
use store::{Applied, Registered, Registration};

use crate::column::{Columns, Id};
use crate::error::{Error, Result};
use crate::retire::turn_up;
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
        "INSERT INTO nodes (node, epoch, journal, registered_at, heard_at, control, state)
         VALUES (?1, 1, ?2, ?3, ?3, ?4, 'running')
         ON CONFLICT (node) DO UPDATE SET
             epoch = epoch + 1,
             journal = excluded.journal,
             registered_at = excluded.registered_at,
             heard_at = excluded.heard_at,
             control = excluded.control,
             state = excluded.state
         RETURNING epoch",
    )
    .bind(registration.node.0)
    .bind(registration.journal.blob())
    .bind(registration.now.micros())
    .bind(registration.control.as_deref())
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
    turn_up(&mut tx, node, epoch).await?;
    sqlx::query("DELETE FROM leases WHERE node = ? AND epoch < ?")
        .bind(node.0)
        .bind(epoch.0)
        .execute(&mut *tx)
        .await?;
    idempotency::recover(&mut tx, node, epoch).await?;
    tx.commit().await?;
    Ok(())
}
