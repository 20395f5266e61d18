//! A usage event as its corrections have left it.

use ledger::{AccountId, Credits, HoldId, Instant, LineSource, OrgId};
use store::source_from_name;

use crate::column::{Columns, Id, count, shard};
use crate::error::{Error, Result};
use crate::session::Session;

pub(super) struct Charged {
    pub(super) admitted: Instant,
    /// How many corrections there were.
    pub(super) corrections: i64,
    /// In the order that they were charged.
    pub(super) lines: Vec<Paid>,
}

/// What an account has paid of it, and has not got back.
pub(super) struct Paid {
    pub(super) account: AccountId,
    pub(super) source: LineSource,
    pub(super) amount: Credits,
}

impl Charged {
    /// What the customer has paid.
    pub(super) fn now(&self) -> Credits {
        let grants = self.lines.iter().filter(|paid| paid.source != LineSource::Limit);
        grants.fold(Credits::ZERO, |sum, paid| sum.saturating_add(paid.amount))
    }
}

pub(super) async fn read(tx: &mut Session, org: OrgId, hold: HoldId) -> Result<Option<Charged>> {
    let event = sqlx::query(
        "SELECT admitted_at,
             (SELECT coalesce(max(number), 0) FROM adjustments
              WHERE shard = $1 AND org_id = $2 AND node = $3 AND epoch = $4 AND n = $5)
             AS corrections
         FROM usage_events WHERE shard = $1 AND org_id = $2 AND node = $3 AND epoch = $4 AND n = $5",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(hold.node.0))
    .bind(i64::from(hold.epoch.0))
    .bind(count(hold.n))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(event) = event else { return Ok(None) };
    Ok(Some(Charged {
        admitted: event.instant("admitted_at")?,
        corrections: event.integer("corrections")?,
        lines: lines(tx, org, hold).await?,
    }))
}

async fn lines(tx: &mut Session, org: OrgId, hold: HoldId) -> Result<Vec<Paid>> {
    let rows = sqlx::query(
        "SELECT account_id, kind, amount,
             (SELECT coalesce(sum(back.amount), 0)::bigint FROM adjustments AS back
              WHERE back.shard = lines.shard AND back.org_id = lines.org_id
                  AND back.node = lines.node AND back.epoch = lines.epoch AND back.n = lines.n
                  AND back.account_id = lines.account_id) AS given_back
         FROM usage_lines AS lines
         WHERE shard = $1 AND org_id = $2 AND node = $3 AND epoch = $4 AND n = $5 ORDER BY place",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(hold.node.0))
    .bind(i64::from(hold.epoch.0))
    .bind(count(hold.n))
    .fetch_all(tx)
    .await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let amount = row.credits("amount")?.checked_sub(row.credits("given_back")?);
        let beyond = || Error::corrupt(format!("more of {hold} is given back than was charged"));
        lines.push(Paid {
            account: row.id("account_id")?,
            source: row.named("kind", source_from_name)?,
            amount: amount.ok_or_else(beyond)?,
        });
    }
    Ok(lines)
}
