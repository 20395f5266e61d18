//! A request claims its key.

use ledger::{Epoch, HoldId, NodeId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ClaimAnswer, IDEMPOTENCY_KEPT_MICROS, IdempotencyClaim};

use crate::SqliteStore;
use crate::column::{Columns, Id, count};
use crate::error::Result;
use crate::registration::require_last_start;

/// Rows whose time is over that go with one claim: more than it makes, and not long to wait for.
const SWEPT: i64 = 16;

pub(crate) async fn claim(store: &SqliteStore, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require_last_start(&mut tx, claim.hold.node, claim.hold.epoch).await?;
    sweep(&mut tx, claim).await?;
    insert(&mut tx, claim).await?;
    let answer = answer(&select(&mut tx, claim).await?, claim)?;
    tx.commit().await?;
    Ok(answer)
}

async fn sweep(tx: &mut SqliteConnection, claim: &IdempotencyClaim) -> Result<()> {
    sqlx::query(
        "DELETE FROM idempotency_keys WHERE rowid IN (
             SELECT rowid FROM idempotency_keys
             WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
    )
    .bind(claim.now.micros())
    .bind(SWEPT)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the key where nobody has it, or whose time is over.
async fn insert(tx: &mut SqliteConnection, claim: &IdempotencyClaim) -> Result<()> {
    sqlx::query(
        "INSERT INTO idempotency_keys (shard, org_id, member_id, key, fingerprint, node, epoch, n,
             state, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)
         ON CONFLICT (shard, org_id, member_id, key) DO UPDATE SET
             fingerprint = excluded.fingerprint,
             node = excluded.node,
             epoch = excluded.epoch,
             n = excluded.n,
             state = 'running',
             status = NULL,
             charged = NULL,
             expires_at = excluded.expires_at
         WHERE expires_at <= ?",
    )
    .bind(claim.org.shard().number())
    .bind(claim.org.blob())
    .bind(claim.member.blob())
    .bind(&claim.key)
    .bind(claim.fingerprint.as_slice())
    .bind(claim.hold.node.0)
    .bind(claim.hold.epoch.0)
    .bind(count(claim.hold.n))
    .bind(claim.now.plus_micros(IDEMPOTENCY_KEPT_MICROS).micros())
    .bind(claim.now.micros())
    .execute(tx)
    .await?;
    Ok(())
}

async fn select(tx: &mut SqliteConnection, claim: &IdempotencyClaim) -> Result<SqliteRow> {
    let row = sqlx::query(
        "SELECT fingerprint, node, epoch, n, state, status, charged FROM idempotency_keys
         WHERE shard = ? AND org_id = ? AND member_id = ? AND key = ?",
    )
    .bind(claim.org.shard().number())
    .bind(claim.org.blob())
    .bind(claim.member.blob())
    .bind(&claim.key)
    .fetch_one(tx)
    .await?;
    Ok(row)
}

fn answer(row: &SqliteRow, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
    if row.array("fingerprint")? != claim.fingerprint {
        return Ok(ClaimAnswer::Mismatch);
    }
    let hold = HoldId {
        node: NodeId(row.small("node")?),
        epoch: Epoch(row.small("epoch")?),
        n: row.count("n")?,
    };
    if row.text("state")? == "finished" {
        let (status, charged) = (row.small("status")?, row.credits("charged")?);
        return Ok(ClaimAnswer::Finished { hold, status, charged });
    }
    Ok(if hold == claim.hold { ClaimAnswer::Claimed } else { ClaimAnswer::Running { hold } })
}
