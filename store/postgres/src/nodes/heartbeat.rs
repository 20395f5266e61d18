//! A gateway gives a sign of life, and is told how things are.

use ledger::Shard;
use sqlx::Row as _;
use store::{Alive, Heartbeat};

use super::{frozen_since, heard_since, surely_frozen_since};
use crate::column::{Columns, count};
use crate::error::{Error, Result};
use crate::registration::require_last_epoch;
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
    $6 < meta.incarnation_at AND meta.incarnation > 1 AND ($7 < meta.incarnation_at OR EXISTS (
        SELECT FROM nodes
        WHERE (node = $1 AND greatest(incarnation, $4) < meta.incarnation)
            OR (node <> $1 AND state = 'running' AND incarnation < meta.incarnation))) AS frozen,
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
        .bind(surely_frozen_since(beat.now))
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
