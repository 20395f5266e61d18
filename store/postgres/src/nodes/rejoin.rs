//! A gateway comes back that knows more than the store: the store went back in time.

use ledger::Shard;
use store::{Applied, Registered, Rejoin};

use crate::PostgresStore;
use crate::column::{Columns, Id, count};
use crate::error::{Error, Result};
use crate::registration::{alone, applied, require_last_epoch};
use crate::session::Session;

pub(crate) async fn rejoin(store: &PostgresStore, rejoin: &Rejoin) -> Result<Registered> {
    let mut tx = store.write().await?;
    alone(&mut tx, rejoin.node).await?;
    let current: Option<i64> = sqlx::query_scalar("SELECT epoch FROM nodes WHERE node = $1")
        .bind(i64::from(rejoin.node.0))
        .fetch_optional(&mut tx)
        .await?;
    let epoch = i64::from(rejoin.epoch.0);
    if current.is_some_and(|current| current > epoch) {
        require_last_epoch(current, rejoin.epoch)?;
    }
    let applied = applied(&mut tx, rejoin.node, rejoin.journal).await?;
    let is_forgotten = current != Some(epoch) || is_behind(&applied, &rejoin.acknowledged);
    count_up(&mut tx, rejoin, is_forgotten).await?;
    take_in(&mut tx, rejoin).await?;
    tx.commit().await?;
    Ok(Registered { epoch: rejoin.epoch, applied })
}

/// Whether less is applied of any shard than was acknowledged.
fn is_behind(applied: &[(Shard, Applied)], acknowledged: &[(Shard, Applied)]) -> bool {
    acknowledged.iter().any(|(shard, known)| {
        let of_shard = applied.iter().find(|(of, _)| of == shard);
        of_shard.map_or(0, |(_, applied)| applied.seq) < known.seq
    })
}

/// Makes it another incarnation, unless another gateway has.
async fn count_up(tx: &mut Session, rejoin: &Rejoin, is_forgotten: bool) -> Result<()> {
    let row = sqlx::query("SELECT incarnation FROM meta FOR NO KEY UPDATE").fetch_one(&mut *tx);
    let incarnation = row.await?.count("incarnation")?;
    if !is_forgotten && rejoin.incarnation == incarnation {
        return Err(Error::conflict("the store knows all that this gateway does"));
    }
    if rejoin.incarnation >= incarnation {
        sqlx::query("UPDATE meta SET incarnation = $1, incarnation_at = $2")
            .bind(count(rejoin.incarnation.saturating_add(1)))
            .bind(rejoin.now.micros())
            .execute(tx)
            .await?;
    }
    Ok(())
}

async fn take_in(tx: &mut Session, rejoin: &Rejoin) -> Result<()> {
    sqlx::query(
        "INSERT INTO nodes (
             node, epoch, journal, registered_at, heard_at, control, state, incarnation)
         VALUES ($1, $2, $3, $4, $4, $5, 'running', 0)
         ON CONFLICT (node) DO UPDATE SET
             epoch = excluded.epoch,
             journal = excluded.journal,
             heard_at = excluded.heard_at,
             control = excluded.control,
             state = excluded.state,
             incarnation = excluded.incarnation",
    )
    .bind(i64::from(rejoin.node.0))
    .bind(i64::from(rejoin.epoch.0))
    .bind(rejoin.journal.uuid())
    .bind(rejoin.now.micros())
    .bind(rejoin.control.as_deref())
    .execute(tx)
    .await?;
    Ok(())
}
