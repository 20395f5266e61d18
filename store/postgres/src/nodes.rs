//! Gateways that live, fall silent, leave, and come back knowing more than the store.

use ledger::{Epoch, Instant, NodeId, Shard};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use store::{
    Alive, Applied, FROZEN_AT_MOST_MICROS, Heartbeat, LastStart, NodeState, Registered, Rejoin,
    SILENT_AFTER_MICROS, StoredNode,
};

use crate::column::{Columns, Id, count};
use crate::error::{Error, Result};
use crate::registration::{alone, applied, require_last_epoch};
use crate::session::Session;
use crate::{PostgresStore, changes};

/// One statement: it sees the gateway's own row as it was before.
const BEAT: &str = "
WITH beat AS (
    UPDATE nodes SET
        heard_at = greatest(heard_at, $3),
        incarnation = greatest(incarnation, $4),
        state = 'running'
    WHERE node = $1 AND epoch = $2
    RETURNING node
)
SELECT (SELECT epoch FROM nodes WHERE node = $1) AS epoch,
    EXISTS (SELECT FROM beat) AS is_last,
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
    meta.store_id, meta.incarnation, meta.change_seq,
    (SELECT count(*) FROM nodes
     WHERE node = $1 OR (state = 'running' AND heard_at >= $5)) AS live,
    $6 < meta.incarnation_at AND EXISTS (
        SELECT FROM nodes
        WHERE (node = $1 AND greatest(incarnation, $4) < meta.incarnation)
            OR (node <> $1 AND state = 'running' AND incarnation < meta.incarnation)) AS frozen,
    ARRAY(
        SELECT DISTINCT accounts.shard FROM accounts
        JOIN leases ON leases.shard = accounts.shard AND leases.org_id = accounts.org_id
            AND leases.account_id = accounts.account_id
        WHERE accounts.recalled AND leases.node = $1 AND leases.epoch = $2 AND leases.amount > 0
        ORDER BY accounts.shard) AS recalled
FROM meta";

pub(crate) async fn heartbeat(store: &PostgresStore, beat: &Heartbeat) -> Result<Alive> {
    let row = sqlx::query(BEAT)
        .bind(i64::from(beat.node.0))
        .bind(i64::from(beat.epoch.0))
        .bind(beat.now.micros())
        .bind(count(beat.incarnation))
        .bind(heard_since(beat.now))
        .bind(frozen_since(beat.now))
        .fetch_one(&mut store.plain().await?)
        .await?;
    if !row.flag("is_last")? {
        require_last_epoch(row.integer_or_none("epoch")?, beat.epoch)?;
        return Err(store::Error::Unavailable("the gateway has just begun".to_owned()).into());
    }
    let recalled: Vec<i16> = row.try_get("recalled")?;
    let recalled = recalled.into_iter().map(|number| {
        let shard = u8::try_from(number).ok().and_then(Shard::new);
        shard.ok_or_else(|| Error::corrupt(format!("there is no shard {number}")))
    });
    Ok(Alive {
        now: row.instant("now")?,
        stamp: changes::from_row(&row)?,
        live: row.small("live")?,
        recalled: recalled.collect::<Result<_>>()?,
        frozen: row.flag("frozen")?,
    })
}

/// A gateway that was last heard of before then is silent.
pub(crate) fn heard_since(now: Instant) -> i64 {
    now.micros().saturating_sub(SILENT_AFTER_MICROS)
}

/// An incarnation that began then or earlier has nothing frozen any more.
pub(crate) fn frozen_since(now: Instant) -> i64 {
    now.micros().saturating_sub(FROZEN_AT_MOST_MICROS)
}

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

pub(crate) async fn nodes(session: &mut Session, now: Instant) -> Result<Vec<StoredNode>> {
    let rows = sqlx::query(
        "SELECT nodes.node, nodes.epoch, registered_at, heard_at, control, state,
             least(coalesce(sum(leases.amount), 0), 9223372036854775807)::bigint AS leased
         FROM nodes
         LEFT JOIN (leases JOIN accounts ON accounts.shard = leases.shard
                 AND accounts.org_id = leases.org_id AND accounts.account_id = leases.account_id
                 AND accounts.limit_id IS NULL)
             ON leases.node = nodes.node
         GROUP BY nodes.node ORDER BY nodes.node",
    )
    .fetch_all(session)
    .await?;
    let stored = |row: &PgRow| {
        let heard = row.instant("heard_at")?;
        Ok(StoredNode {
            node: NodeId(row.small("node")?),
            epoch: Epoch(row.small("epoch")?),
            state: NodeState::of(row.named("state", LastStart::from_name)?, heard, now),
            registered: row.instant("registered_at")?,
            heard,
            control: row.text_or_none("control")?,
            leased: row.credits("leased")?,
        })
    };
    rows.iter().map(stored).collect()
}

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
