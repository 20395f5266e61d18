//! What became of the requests that claimed keys: the keys are used up, or free again.

use ledger::{Charge, Epoch, HoldId, Instant, NodeId, OrgId};
use store::{IDEMPOTENCY_KEPT_MICROS, SyncRequest, uses_key_up};

use crate::PostgresStore;
use crate::column::{Id, count, shard};
use crate::error::Result;
use crate::session::Session;

/// Ends the keys of a call's charges, inside its transaction.
pub(crate) async fn end(tx: &mut Session, request: &SyncRequest) -> Result<()> {
    for charge in request.keyed_charges()? {
        if uses_key_up(charge) {
            use_up(tx, charge, request.now).await?;
        } else {
            free(tx, charge.org, &[charge.hold]).await?;
        }
    }
    Ok(())
}

async fn use_up(tx: &mut Session, charge: &Charge, now: Instant) -> Result<()> {
    sqlx::query(
        "UPDATE idempotency_keys SET state = 'finished', status = $1, charged = $2, expires_at = $3
         WHERE state = 'running' AND shard = $4 AND org_id = $5 AND node = $6 AND epoch = $7
             AND n = $8 AND expires_at > $9",
    )
    .bind(i32::from(charge.status))
    .bind(charge.charged.micros_i64())
    .bind(charge.ended.plus_micros(IDEMPOTENCY_KEPT_MICROS).micros())
    .bind(shard(charge.org))
    .bind(charge.org.uuid())
    .bind(i64::from(charge.hold.node.0))
    .bind(i64::from(charge.hold.epoch.0))
    .bind(count(charge.hold.n))
    .bind(now.micros())
    .execute(tx)
    .await?;
    Ok(())
}

async fn free(session: &mut Session, org: OrgId, holds: &[HoldId]) -> Result<()> {
    let nodes: Vec<i64> = holds.iter().map(|hold| hold.node.0.into()).collect();
    let epochs: Vec<i64> = holds.iter().map(|hold| hold.epoch.0.into()).collect();
    let numbers: Vec<i64> = holds.iter().map(|hold| count(hold.n)).collect();
    sqlx::query(
        "DELETE FROM idempotency_keys AS kept
         USING unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS hold (node, epoch, n)
         WHERE kept.state = 'running' AND kept.shard = $1 AND kept.org_id = $2
             AND kept.node = hold.node AND kept.epoch = hold.epoch AND kept.n = hold.n",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(nodes)
    .bind(epochs)
    .bind(numbers)
    .execute(session)
    .await?;
    Ok(())
}

/// Frees the keys of requests that took no hold, once their claims have come to an end.
pub(crate) async fn unclaim(store: &PostgresStore, org: OrgId, holds: &[HoldId]) -> Result<()> {
    store.claims.over(holds).await;
    free(&mut store.plain().await?, org, holds).await
}

/// Frees what a node's earlier epochs claimed and never ended.
pub(crate) async fn recover(tx: &mut Session, node: NodeId, epoch: Epoch) -> Result<()> {
    sqlx::query(
        "DELETE FROM idempotency_keys WHERE state = 'running' AND node = $1 AND epoch < $2",
    )
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .execute(tx)
    .await?;
    Ok(())
}
