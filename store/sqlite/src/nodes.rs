//! Gateways that live, fall silent and leave. One at a time has the file; the others have had it.

use ledger::{Epoch, Instant, NodeId, Shard};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::{
    Alive, Heartbeat, LastStart, Level, NodeState, Registered, Rejoin, SILENT_AFTER_MICROS,
    StoredNode,
};

use crate::SqliteStore;
use crate::changes::stamp;
use crate::column::Columns;
use crate::error::{Error, Result};
use crate::registration::require_last_start;

pub(crate) async fn heartbeat(store: &SqliteStore, beat: &Heartbeat) -> Result<Alive> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require_last_start(&mut tx, beat.node, beat.epoch).await?;
    heard(&mut tx, beat.node, beat.now, LastStart::Running).await?;
    let live = sqlx::query_scalar(
        "SELECT count(*) FROM nodes WHERE state = 'running' AND heard_at >= ? - ?",
    )
    .bind(beat.now.micros())
    .bind(SILENT_AFTER_MICROS)
    .fetch_one(&mut *tx)
    .await?;
    let recalled = recalled(&mut tx, beat.node, beat.epoch).await?;
    let stamp = stamp(&mut tx).await?;
    tx.commit().await?;
    Ok(Alive { now: beat.now, stamp, live, recalled, frozen: false })
}

/// The one gateway of a file has it locked, so that nobody can set it back under a running one.
pub(crate) async fn rejoin(store: &SqliteStore, rejoin: &Rejoin) -> Result<Registered> {
    let mut tx = store.read().await?;
    require_last_start(&mut tx, rejoin.node, rejoin.epoch).await?;
    Err(Error::conflict("the store knows all that this gateway does"))
}

pub(crate) async fn leave(
    store: &SqliteStore,
    node: NodeId,
    epoch: Epoch,
    now: Instant,
) -> Result<()> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require_last_start(&mut tx, node, epoch).await?;
    heard(&mut tx, node, now, LastStart::Stopped).await?;
    tx.commit().await?;
    Ok(())
}

async fn heard(
    tx: &mut SqliteConnection,
    node: NodeId,
    now: Instant,
    state: LastStart,
) -> Result<()> {
    sqlx::query("UPDATE nodes SET heard_at = max(heard_at, ?), state = ? WHERE node = ?")
        .bind(now.micros())
        .bind(state.name())
        .bind(node.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// The shards in which a start has leases of what is recalled.
async fn recalled(tx: &mut SqliteConnection, node: NodeId, epoch: Epoch) -> Result<Vec<Shard>> {
    let numbers: Vec<u8> = sqlx::query_scalar(
        "SELECT DISTINCT accounts.shard
         FROM accounts INDEXED BY accounts_under_recall CROSS JOIN leases
             ON leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                AND leases.account_id = accounts.account_id
         WHERE accounts.recalled = 1
             AND leases.node = ? AND leases.epoch = ? AND leases.amount > 0
         ORDER BY accounts.shard",
    )
    .bind(node.0)
    .bind(epoch.0)
    .fetch_all(tx)
    .await?;
    let shard = |number| {
        Shard::new(number).ok_or_else(|| Error::corrupt(format!("there is no shard {number}")))
    };
    numbers.into_iter().map(shard).collect()
}

/// Every gateway that ever had the file, by id.
pub(crate) async fn nodes(
    connection: &mut SqliteConnection,
    now: Instant,
) -> Result<Vec<StoredNode>> {
    let rows = sqlx::query(
        "SELECT nodes.node, nodes.epoch, state, registered_at, heard_at, control,
             ifnull(sum(amount >> 31), 0) AS leased_high,
             ifnull(sum(amount & 0x7fffffff), 0) AS leased_low
         FROM nodes LEFT JOIN (
             SELECT leases.node, leases.amount
             FROM leases CROSS JOIN accounts
                 ON accounts.shard = leases.shard AND accounts.org_id = leases.org_id
                    AND accounts.account_id = leases.account_id
             WHERE leases.amount > 0 AND accounts.limit_id IS NULL) AS of_grants USING (node)
         GROUP BY nodes.node ORDER BY nodes.node",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| stored(row, now)).collect()
}

/// One of them.
pub(crate) async fn node(
    connection: &mut SqliteConnection,
    node: NodeId,
    now: Instant,
) -> Result<Option<StoredNode>> {
    let nodes = nodes(connection, now).await?;
    Ok(nodes.into_iter().find(|stored| stored.node == node))
}

fn stored(row: &SqliteRow, now: Instant) -> Result<StoredNode> {
    let heard = row.instant("heard_at")?;
    // The sum may be more than an integer holds.
    let leased =
        (u128::from(row.count("leased_high")?) << 31) + u128::from(row.count("leased_low")?);
    let last = row.named("state", LastStart::from_name)?;
    Ok(StoredNode {
        node: NodeId(row.try_get("node")?),
        epoch: Epoch(row.small("epoch")?),
        state: NodeState::of(last, heard, now),
        registered: row.instant("registered_at")?,
        heard,
        control: row.text_or_none("control")?,
        leased: Level::of_micros(leased, 0).amount(),
    })
}
