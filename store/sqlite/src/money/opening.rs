//! What a new period's account opens with: what its scope has spent since the period began.

use ledger::{Credits, Instant, Limit, OrgId, Tool};
use sqlx::SqliteConnection;
use store::{ceil_hour, floor_hour};

use super::limit::scope_id;
use crate::column::Id;
use crate::error::{Error, Result};

/// `$sum` of what the limit counts between two instants; `$from` joins it to `usage_series`.
macro_rules! sum {
    ($sum:literal from $from:literal) => {
        concat!(
            "SELECT ifnull(sum(",
            $sum,
            "), 0) FROM ",
            $from,
            " AND (?5 IS NULL OR usage_series.tool = ?5)
             AND CASE ?6 WHEN 'org' THEN 1
                 WHEN 'group' THEN usage_series.group_id = ?7
                 WHEN 'project' THEN usage_series.project_id = ?7
                 WHEN 'member' THEN usage_series.member_id = ?7
                 WHEN 'key' THEN usage_series.key_id = ?7 END"
        )
    };
}

const WHOLE_HOURS: &str = sum!(
    "rollup.charged" from
    "usage_rollups AS rollup CROSS JOIN usage_series USING (series)
     WHERE rollup.shard = ?1 AND rollup.org_id = ?2
         AND rollup.hour_at >= ?3 AND rollup.hour_at < ?4"
);

/// Rollups are lowered by corrections; events are not.
const PART_OF_AN_HOUR: &str = sum!(
    "event.charged - (
         SELECT ifnull(sum(back.amount), 0)
         FROM adjustments AS back CROSS JOIN accounts USING (shard, org_id, account_id)
         WHERE back.shard = event.shard AND back.org_id = event.org_id
             AND back.node = event.node AND back.epoch = event.epoch AND back.n = event.n
             AND accounts.limit_id IS NULL)" from
    "usage_spans AS span CROSS JOIN usage_events AS event
         ON event.shard = span.shard AND event.org_id = span.org_id AND event.node = span.node
             AND event.epoch = span.epoch AND event.n BETWEEN span.first_n AND span.last_n
     CROSS JOIN usage_series USING (series)
     WHERE span.shard = ?1 AND span.org_id = ?2 AND span.hour_at = ?8
         AND event.admitted_at >= ?3 AND event.admitted_at < ?4"
);

/// The sum of the scope's charges of requests admitted within a span.
///
/// Whole hours come from the rollups, so that a month is summed as fast as a day; only the parts of
/// hours at both ends are summed event by event.
pub(super) async fn spent_by_scope(
    connection: &mut SqliteConnection,
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
            let part = sum_between(connection, statement, org, limit, (from, until)).await?;
            sum = sum.saturating_add(part);
        }
    }
    Ok(sum)
}

async fn sum_between(
    connection: &mut SqliteConnection,
    statement: &'static str,
    org: OrgId,
    limit: &Limit,
    (from, until): (Instant, Instant),
) -> Result<Credits> {
    let sum: i64 = sqlx::query_scalar(statement)
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(from.micros())
        .bind(until.micros())
        .bind(limit.tool.as_ref().map(Tool::name))
        .bind(limit.scope.kind())
        .bind(scope_id(limit.scope))
        .bind(floor_hour(from).micros())
        .fetch_one(connection)
        .await?;
    let micros = u64::try_from(sum).ok().and_then(Credits::from_micros);
    micros.ok_or_else(|| Error::corrupt(format!("the charges of {org} sum up to {sum}")))
}
