//! What accounts have reached: recorded, and read back.

use ledger::{AccountId, Instant, OrgId};
use sqlx::postgres::PgRow;
use store::{Level, Threshold, ThresholdEvent, credit_thresholds};

use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

/// Records what an account has reached, unless it is on record; whoever does has the organisation's
/// books.
pub(crate) async fn record(tx: &mut Session, org: OrgId, event: &ThresholdEvent) -> Result<()> {
    sqlx::query(
        "WITH counted AS (
             UPDATE counters SET threshold_events = threshold_events + 1
             WHERE shard = $1 AND org_id = $2 AND NOT EXISTS (
                 SELECT FROM threshold_events AS known
                 WHERE known.shard = $1 AND known.org_id = $2 AND known.account_id = $3
                     AND known.threshold = $4)
             RETURNING shard, org_id, threshold_events)
         INSERT INTO threshold_events (shard, org_id, number, account_id, threshold, at, amount,
             remaining)
         SELECT shard, org_id, threshold_events, $3, $4, $5::bigint, $6::bigint, $7::bigint
         FROM counted",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(event.account.uuid())
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
    tx: &mut Session,
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
pub(crate) async fn level(session: &mut Session, org: OrgId, now: Instant) -> Result<Level> {
    let row = sqlx::query(
        "SELECT coalesce(sum(amount), 0)::text AS amount,
             coalesce(sum(greatest(amount - spent - expired - written_off, 0)), 0)::text AS remaining
         FROM accounts
         WHERE shard = $1 AND org_id = $2 AND limit_id IS NULL AND end_at > $3 AND start_at <= $3",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(now.micros())
    .fetch_one(session)
    .await?;
    let sum = |column: &str| {
        let text = row.text(column)?;
        text.parse().map_err(|_| Error::corrupt(format!("the sum of {column}s is {text}")))
    };
    Ok(Level::of_micros(sum("amount")?, sum("remaining")?))
}

/// What accounts of an organisation have reached, in the order that it was recorded.
pub(crate) async fn threshold_events(
    session: &mut Session,
    org: OrgId,
) -> Result<Vec<ThresholdEvent>> {
    let rows = sqlx::query(
        "SELECT account_id, threshold, at, amount, remaining FROM threshold_events
         WHERE shard = $1 AND org_id = $2 ORDER BY number",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .fetch_all(session)
    .await?;
    let event = |row: &PgRow| {
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
