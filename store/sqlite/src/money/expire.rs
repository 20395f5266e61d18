//! What is left of grants that have ended.

use ledger::{AccountId, Credits, GrantId, Instant};
use sqlx::SqliteConnection;
use store::{EntryBook, EntryCause, EntryKind, Expired, Level};

use crate::SqliteStore;
use crate::column::{Columns, Id};
use crate::entries::{Transfer, enter};
use crate::error::Result;
use crate::thresholds;

pub(crate) async fn expire(store: &SqliteStore, now: Instant) -> Result<Vec<Expired>> {
    // Usually nothing has ended, and the writer is left alone.
    if ended(&mut *store.read().await?, now).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    let ended = ended(&mut tx, now).await?;
    for Ended { expired, amount } in &ended {
        end(&mut tx, expired, *amount, now).await?;
    }
    tx.commit().await?;
    Ok(ended.into_iter().map(|ended| ended.expired).collect())
}

struct Ended {
    expired: Expired,
    /// What was granted.
    amount: Credits,
}

/// The grants that have ended, of which something is left, and nobody has anything.
async fn ended(connection: &mut SqliteConnection, now: Instant) -> Result<Vec<Ended>> {
    let rows = sqlx::query(
        "SELECT org_id, account_id, amount, amount - spent - expired - written_off AS remaining
         FROM accounts INDEXED BY accounts_unexpired
         WHERE limit_id IS NULL AND expired < amount - spent AND end_at <= ?
             AND expired + written_off < amount - spent
             AND leased = 0 AND reserved = 0
         ORDER BY org_id, account_id",
    )
    .bind(now.micros())
    .fetch_all(connection)
    .await?;
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows {
        let (org, grant) = (row.id("org_id")?, row.id::<GrantId>("account_id")?);
        let expired = Expired { org, grant, amount: row.credits("remaining")? };
        ended.push(Ended { expired, amount: row.credits("amount")? });
    }
    Ok(ended)
}

async fn end(
    tx: &mut SqliteConnection,
    expired: &Expired,
    granted: Credits,
    now: Instant,
) -> Result<()> {
    let Expired { org, grant, amount } = *expired;
    let account = AccountId::from(grant);
    // As if the end had not come: what it takes from the organisation is told.
    let gone = granted.saturating_sub(amount);
    let before = thresholds::level(tx, org, now).await?.and(Level::new(granted, gone));
    sqlx::query(
        "UPDATE accounts SET expired = expired + ?, version = version + 1
         WHERE shard = ? AND org_id = ? AND account_id = ?",
    )
    .bind(amount.micros_i64())
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(account.blob())
    .execute(&mut *tx)
    .await?;
    let (kind, cause) = (EntryKind::Expiry, EntryCause::Grant);
    let (from, to) = (EntryBook::Grant(account), EntryBook::Expired);
    enter(tx, org, now, &Transfer { kind, from, to, amount, cause }).await?;
    thresholds::record_credits(tx, org, account, before, now).await
}
