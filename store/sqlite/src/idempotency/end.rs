//! What became of the requests that claimed keys: the keys are used up, or free again.

use ledger::{Charge, Epoch, HoldId, Instant, NodeId, OrgId};
use sqlx::SqliteConnection;
use store::{IDEMPOTENCY_KEPT_MICROS, SyncRequest, uses_key_up};

use crate::SqliteStore;
use crate::column::{Id, count};
use crate::error::{Error, Result};

/// Ends the keys of a call's charges, inside its transaction.
pub(crate) async fn end(tx: &mut SqliteConnection, request: &SyncRequest) -> Result<()> {
    for charge in request.keyed_charges()? {
        if uses_key_up(charge) {
            use_up(tx, charge, request.now).await?;
        } else {
            free(tx, charge.org, &[charge.hold]).await?;
        }
    }
    Ok(())
}

async fn use_up(tx: &mut SqliteConnection, charge: &Charge, now: Instant) -> Result<()> {
    sqlx::query(
        "UPDATE idempotency_keys SET state = 'finished', status = ?, charged = ?, expires_at = ?
         WHERE state = 'running' AND shard = ? AND org_id = ? AND node = ? AND epoch = ? AND n = ?
             AND expires_at > ?",
    )
    .bind(charge.status)
    .bind(charge.charged.micros_i64())
    .bind(charge.ended.plus_micros(IDEMPOTENCY_KEPT_MICROS).micros())
    .bind(charge.org.shard().number())
    .bind(charge.org.blob())
    .bind(charge.hold.node.0)
    .bind(charge.hold.epoch.0)
    .bind(count(charge.hold.n))
    .bind(now.micros())
    .execute(tx)
    .await?;
    Ok(())
}

async fn free(tx: &mut SqliteConnection, org: OrgId, holds: &[HoldId]) -> Result<()> {
    let named = holds.iter().map(|hold| (hold.node.0, hold.epoch.0, count(hold.n)));
    let named = serde_json::to_string(&named.collect::<Vec<_>>())
        .map_err(|error| Error::corrupt(error.to_string()))?;
    // The holds come first: SQLite would rather look at every key of the organisation.
    sqlx::query(
        "DELETE FROM idempotency_keys WHERE rowid IN (
             SELECT claimed.rowid FROM json_each(?) AS hold
             CROSS JOIN idempotency_keys AS claimed
                 ON claimed.state = 'running' AND claimed.shard = ? AND claimed.org_id = ?
                     AND claimed.node = hold.value ->> 0 AND claimed.epoch = hold.value ->> 1
                     AND claimed.n = hold.value ->> 2)",
    )
    .bind(named)
    .bind(org.shard().number())
    .bind(org.blob())
    .execute(tx)
    .await?;
    Ok(())
}

/// Frees the keys of requests that took no hold.
pub(crate) async fn unclaim(store: &SqliteStore, org: OrgId, holds: &[HoldId]) -> Result<()> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    free(&mut tx, org, holds).await?;
    tx.commit().await?;
    Ok(())
}

/// Frees what a node's earlier epochs claimed and never ended.
pub(crate) async fn recover(tx: &mut SqliteConnection, node: NodeId, epoch: Epoch) -> Result<()> {
    sqlx::query("DELETE FROM idempotency_keys WHERE state = 'running' AND node = ? AND epoch < ?")
        .bind(node.0)
        .bind(epoch.0)
        .execute(tx)
        .await?;
    Ok(())
}
