//! What a new period's account opens with: what its scope has spent since the period began.

use ledger::{Credits, Instant, Limit, OrgId, Tool};
use store::{ceil_hour, floor_hour};

use super::limit::scope_id;
use crate::column::{Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

/// `$sum` over the rows of `$from` that the limit counts, between two instants.
macro_rules! sum {
    ($sum:literal from $from:literal) => {
        concat!(
            "SELECT coalesce(sum(",
            $sum,
            "), 0)::text FROM ",
            $from,
            " AND ($5::text IS NULL OR used.tool = $5)
             AND CASE $6 WHEN 'org' THEN true
                 WHEN 'group' THEN used.group_id = $7
                 WHEN 'project' THEN used.project_id = $7
                 WHEN 'member' THEN used.member_id = $7
                 WHEN 'key' THEN used.key_id = $7 END"
        )
    };
}

const WHOLE_HOURS: &str = sum!(
    "used.charged" from
    "usage_rollups AS used
     WHERE used.shard = $1 AND used.org_id = $2 AND used.hour_at >= $3 AND used.hour_at < $4"
);

/// Rollups are lowered by corrections; events are not.
const PART_OF_AN_HOUR: &str = sum!(
    "used.charged - (
         SELECT coalesce(sum(back.amount), 0)
         FROM adjustments AS back JOIN accounts USING (shard, org_id, account_id)
         WHERE back.shard = used.shard AND back.org_id = used.org_id
             AND back.node = used.node AND back.epoch = used.epoch AND back.n = used.n
             AND back.admitted_at = used.admitted_at AND accounts.limit_id IS NULL)" from
    "usage_events AS used
     WHERE used.shard = $1 AND used.org_id = $2
         AND used.admitted_at >= $3 AND used.admitted_at < $4"
);

/// The sum of the scope's charges of requests admitted within a span.
///
/// Whole hours come from the rollups, so that a month is summed as fast as a day; only the parts of
/// hours at both ends are summed event by event.
pub(super) async fn spent_by_scope(
    session: &mut Session,
    org: OrgId,
    limit: &Limit,
    (start, end): (Instant, Instant),
) -> Result<Credits> {
    let (first, last) = (ceil_hour(start), floor_hour(end));
    let parts = if first <= last {
        [(PART_OF_AN_HOUR, start, first), (WHOLE_HOURS, first, last), (PART_OF_AN_HOUR, last, end)]
    } else {
        let none = (WHOLE_HOURS, start, start);
        [(PART_OF_AN_HOUR, start, end), none, none]
    };
    let mut sum = Credits::ZERO;
    for (statement, from, until) in parts {
        if from < until {
            let part = sum_between(session, statement, org, limit, (from, until)).await?;
            sum = sum.saturating_add(part);
        }
    }
    Ok(sum)
}

async fn sum_between(
    session: &mut Session,
    statement: &'static str,
    org: OrgId,
    limit: &Limit,
    (from, until): (Instant, Instant),
) -> Result<Credits> {
    let sum: String = sqlx::query_scalar(statement)
        .bind(shard(org))
        .bind(org.uuid())
        .bind(from.micros())
        .bind(until.micros())
        .bind(limit.tool.as_ref().map(Tool::name))
        .bind(limit.scope.kind())
        .bind(scope_id(limit.scope))
        .fetch_one(session)
        .await?;
    // Together they may be more than there can be of one amount.
    let micros = sum.parse::<u128>().ok();
    let micros = micros.map(|micros| u64::try_from(micros).unwrap_or(u64::MAX));
    let credits = micros.map(|micros| Credits::from_micros(micros).unwrap_or(Credits::MAX));
    credits.ok_or_else(|| Error::corrupt(format!("the charges of {org} sum up to {sum}")))
}
