//! Whoever has something in the file, whether there is such an organisation or not.

use ledger::OrgId;
use sqlx::{Row, SqliteConnection};

use crate::column::{Columns, Id};
use crate::error::Result;

/// An organisation as rows name it.
pub(super) struct Owner {
    pub(super) shard: i64,
    pub(super) org: OrgId,
    /// Whether there is such an organisation, and the shard is its own.
    pub(super) known: bool,
}

/// The next of each table that holds money or usage; the first of them is the next of all.
const NEXT: &str = "
SELECT shard, org_id, max(known) AS known FROM (
    SELECT * FROM (SELECT shard, org_id, 1 AS known FROM orgs
        WHERE (shard, org_id) > (?1, ?2) ORDER BY shard, org_id LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT shard, org_id, 0 FROM accounts
        WHERE (shard, org_id) > (?1, ?2) ORDER BY shard, org_id LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT shard, org_id, 0 FROM usage_events
        WHERE (shard, org_id) > (?1, ?2) ORDER BY shard, org_id LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT shard, org_id, 0 FROM usage_rollups
        WHERE (shard, org_id) > (?1, ?2) ORDER BY shard, org_id LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT shard, org_id, 0 FROM entries
        WHERE (shard, org_id) > (?1, ?2) ORDER BY shard, org_id LIMIT 1)
)
GROUP BY shard, org_id ORDER BY shard, org_id LIMIT 1";

pub(super) async fn after(
    connection: &mut SqliteConnection,
    last: Option<&Owner>,
) -> Result<Option<Owner>> {
    let row = sqlx::query(NEXT)
        .bind(last.map_or(i64::MIN, |owner| owner.shard))
        .bind(last.map(|owner| owner.org.blob()).unwrap_or_default())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (shard, org): (i64, OrgId) = (row.try_get("shard")?, row.id("org_id")?);
    let known = row.flag("known")? && shard == i64::from(org.shard().number());
    Ok(Some(Owner { shard, org, known }))
}
