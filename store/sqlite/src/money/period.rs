//! The accounts of limits: one a period, made when it is first needed, never reset.

use std::collections::HashMap;

use ledger::{Credits, Instant, Limit, LimitId, OrgId, PeriodOpened};
use sqlx::SqliteConnection;
use store::{Calendar, PeriodSpans, ThresholdEvent, limit_thresholds, period_account};

use super::limit::StoredLimit;
use super::opening::spent_by_scope;
use super::stored_limits;
use crate::SqliteStore;
use crate::column::{Columns, Id};
use crate::error::{Error, Result};
use crate::people::{self, Which};
use crate::thresholds;

pub(crate) async fn open_periods(
    store: &SqliteStore,
    org: OrgId,
    at: Instant,
) -> Result<Vec<PeriodOpened>> {
    // Usually nothing is missing, and the writer is left alone.
    let mut tx = store.read().await?;
    let (opened, unopened) = opened(&mut tx, org, at).await?;
    if unopened.is_empty() {
        return Ok(opened);
    }
    drop(tx);
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    let (mut opened, unopened) = self::opened(&mut tx, org, at).await?;
    let found = people::org(&mut tx, org).await?;
    let found =
        found.ok_or_else(|| Error::corrupt(format!("{org} has limits and is not there")))?;
    let calendar = Calendar::new(&found.time_zone, found.anchor_day)
        .map_err(|error| Error::corrupt(format!("{org}: {error}")))?;
    let mut reached = Vec::new();
    for stored in unopened {
        let period = open(&mut tx, org, &stored, &calendar, at).await?;
        reached.extend(reached_by(&stored.limit, &period, at));
        opened.push(period);
    }
    reached.sort_by_key(|event| event.account);
    for event in &reached {
        thresholds::record(&mut tx, org, event).await?;
    }
    tx.commit().await?;
    opened.sort_by_key(|period| period.limit);
    Ok(opened)
}

/// What a period has reached that its scope had spent from before it was opened.
fn reached_by(
    limit: &Limit,
    period: &PeriodOpened,
    at: Instant,
) -> impl Iterator<Item = ThresholdEvent> + use<> {
    let (account, amount, spent) = (period.account, limit.amount, period.spent);
    let remaining = amount.saturating_sub(spent);
    let reached = limit_thresholds((amount, Credits::ZERO), (amount, spent));
    reached.map(move |threshold| ThresholdEvent { account, threshold, at, amount, remaining })
}

/// The accounts that are open at an instant, and the limits that have none.
async fn opened(
    connection: &mut SqliteConnection,
    org: OrgId,
    at: Instant,
) -> Result<(Vec<PeriodOpened>, Vec<StoredLimit>)> {
    let rows = sqlx::query(
        "SELECT limit_id, account_id, start_at, end_at, spent + written_off AS spent,
             refunded + written_back AS refunded
         FROM accounts INDEXED BY accounts_open
         WHERE shard = ?1 AND org_id = ?2 AND limit_id IS NOT NULL AND closed = 0
             AND start_at <= ?3 AND end_at > ?3",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(at.micros())
    .fetch_all(&mut *connection)
    .await?;
    let mut accounts: HashMap<LimitId, PeriodOpened> = HashMap::new();
    for row in rows {
        let limit = row.id("limit_id")?;
        let period = PeriodOpened {
            limit,
            account: row.id("account_id")?,
            start: row.instant("start_at")?,
            end: row.instant("end_at")?,
            spent: row.credits("spent")?,
            refunded: row.credits("refunded")?,
        };
        accounts.insert(limit, period);
    }
    let (mut opened, mut unopened) = (Vec::new(), Vec::new());
    for stored in stored_limits(connection, org, Which::All).await? {
        match accounts.remove(&stored.limit.id) {
            Some(period) => opened.push(period),
            None if !stored.removed => unopened.push(stored),
            None => {}
        }
    }
    Ok((opened, unopened))
}

/// Makes the account of the period that contains `at`.
async fn open(
    tx: &mut SqliteConnection,
    org: OrgId,
    stored: &StoredLimit,
    calendar: &Calendar,
    at: Instant,
) -> Result<PeriodOpened> {
    let limit = &stored.limit;
    let before = spans(tx, org, limit.id).await?;
    let (start, end) = before
        .next(calendar, limit.period, at)
        .map_err(|error| Error::conflict(error.to_string()))?;
    let account = period_account(limit.id, before.made, start);
    let spent = if stored.opens_at_zero {
        Credits::ZERO
    } else {
        spent_by_scope(tx, org, limit, (start, end)).await?
    };
    let refunded = Credits::ZERO;
    let period = PeriodOpened { limit: limit.id, account, start, end, spent, refunded };
    insert(tx, org, stored, &period).await?;
    Ok(period)
}

/// The periods that the limit has accounts of, and how many it ever had.
async fn spans(tx: &mut SqliteConnection, org: OrgId, limit: LimitId) -> Result<PeriodSpans> {
    let rows = sqlx::query(
        "SELECT start_at, end_at, closed FROM accounts INDEXED BY accounts_of_limit
         WHERE shard = ? AND org_id = ? AND limit_id = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(limit.blob())
    .fetch_all(tx)
    .await?;
    let mut spans = PeriodSpans::default();
    for row in rows {
        spans.made += 1;
        if !row.flag("closed")? {
            spans.open.push((row.instant("start_at")?, row.instant("end_at")?));
        }
    }
    Ok(spans)
}

async fn insert(
    tx: &mut SqliteConnection,
    org: OrgId,
    stored: &StoredLimit,
    period: &PeriodOpened,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO accounts (number, shard, org_id, account_id, kind, limit_id, start_at, end_at,
             amount, spent, leased, reserved, opened_with, closed, version)
         SELECT ifnull(max(number), 0) + 1, ?1, ?2, ?3, 'limit', ?4, ?5, ?6, ?7, ?8, 0, 0, ?8, 0, 1
         FROM accounts",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(period.account.blob())
    .bind(period.limit.blob())
    .bind(period.start.micros())
    .bind(period.end.micros())
    .bind(stored.limit.amount.micros_i64())
    .bind(period.spent.micros_i64())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE limits SET opens_at_zero = 0 WHERE shard = ? AND org_id = ? AND limit_id = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(period.limit.blob())
    .execute(tx)
    .await?;
    Ok(())
}
