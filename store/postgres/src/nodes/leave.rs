//! A gateway ends in order.

use ledger::{Epoch, Instant, NodeId};

use crate::PostgresStore;
use crate::error::Result;
use crate::registration::require_last_epoch;

pub(crate) async fn leave(
    store: &PostgresStore,
    node: NodeId,
    epoch: Epoch,
    now: Instant,
) -> Result<()> {
    let mut session = store.plain().await?;
    let left = sqlx::query(
        "UPDATE nodes SET heard_at = greatest(heard_at, $3), state = 'stopped'
         WHERE node = $1 AND epoch = $2",
    )
    .bind(i64::from(node.0))
    .bind(i64::from(epoch.0))
    .bind(now.micros())
    .execute(&mut session)
    .await?;
    if left.rows_affected() > 0 {
        return Ok(());
    }
    let current = sqlx::query_scalar("SELECT epoch FROM nodes WHERE node = $1")
        .bind(i64::from(node.0))
        .fetch_optional(&mut session)
        .await?;
    require_last_epoch(current, epoch)
}
