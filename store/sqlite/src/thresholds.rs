//! What accounts have reached: recorded outside a sync, and read back.

use ledger::{AccountId, Instant, OrgId};
use sqlx::SqliteConnection;
use store::{Level, Threshold, ThresholdEvent, credit_thresholds};

use crate::column::{Columns, Id};
use crate::error::{Error, Result};

/// Records what an account has reached, unless it is on record.
pub(crate) async fn record(
    tx: &mut SqliteConnection,
    org: OrgId,
    event: &ThresholdEvent,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO threshold_events (shard, org_id, account_id, threshold, at, amount, remaining)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (shard, org_id, account_id, threshold) DO NOTHING",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(event.account.blob())
    .bind(event.threshold.name())
    .bind(event.at.micros())
    .bind(event.amount.micros_i64())
    .bind(event.remaining.micros_i64())
    .execute(tx)
    .await?;
    Ok(())
}

/// Records what the grants that live have reached since they were this, by a change of one grant.
pub(crate) async fn record_credits(
    tx: &mut SqliteConnection,
    org: OrgId,
    grant: AccountId,
    before: Level,
    at: Instant,
) -> Result<()> {
    let now = level(tx, org, at).await?;
    for threshold in credit_thresholds(before, now) {
        let (amount, remaining) = (now.amount(), now.remaining());
        let event = ThresholdEvent { account: grant, threshold, at, amount, remaining };
        record(tx, org, &event).await?;
    }
    Ok(())
}

/// An organisation's grants that live at an instant; together they may be more than an integer
/// holds.
pub(crate) async fn level(
    connection: &mut SqliteConnection,
    org: OrgId,
    now: Instant,
) -> Result<Level> {
    let row = sqlx::query(
        "SELECT ifnull(sum(amount >> 31), 0) AS amount_high,
             ifnull(sum(amount & 0x7fffffff), 0) AS amount_low,
             ifnull(sum(remaining >> 31), 0) AS remaining_high,
             ifnull(sum(remaining & 0x7fffffff), 0) AS remaining_low
         FROM (SELECT amount, max(amount - spent - expired - written_off, 0) AS remaining
               FROM accounts INDEXED BY accounts_grants
               WHERE shard = ?1 AND org_id = ?2 AND limit_id IS NULL
                   AND end_at > ?3 AND start_at <= ?3)",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(now.micros())
    .fetch_one(connection)
    .await?;
    let whole = |high: &str, low: &str| {
        Ok::<_, Error>((u128::from(row.count(high)?) << 31) + u128::from(row.count(low)?))
    };
    let amount = whole("amount_high", "amount_low")?;
    Ok(Level::of_micros(amount, whole("remaining_high", "remaining_low")?))
}

/// What accounts of an organisation have reached, in the order that it was recorded.
pub(crate) async fn threshold_events(
    connection: &mut SqliteConnection,
    org: OrgId,
) -> Result<Vec<ThresholdEvent>> {
    let rows = sqlx::query(
        "SELECT * FROM threshold_events WHERE shard = ? AND org_id = ? ORDER BY number",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .fetch_all(connection)
    .await?;
    let event = |row: &sqlx::sqlite::SqliteRow| {
        Ok(ThresholdEvent {
            account: row.id("account_id")?,
            threshold: row.named("threshold", Threshold::from_name)?,
            at: row.instant("at")?,
            amount: row.credits("amount")?,
            remaining: row.credits("remaining")?,
        })
    };
    rows.iter().map(event).collect()
}
