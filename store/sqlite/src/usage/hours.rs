//! Usage by the hour, from the rollups.

use std::collections::BTreeMap;

use ledger::{Credits, GroupId, Instant, KeyId, MemberId, ProjectId, Surface, Tool, Unit, Usage};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{UsageQuery, UsageRow};

use crate::column::{Columns, Id};
use crate::error::Result;

/// What rows are told apart by, in the order that they come.
type RowKey = (
    Instant,
    MemberId,
    (Option<GroupId>, Option<ProjectId>, Option<KeyId>),
    (Tool, String, String, Surface),
);

/// Sums over grant kinds and nodes, in the order of what the rows are told apart by.
pub(crate) async fn by_hour(
    connection: &mut SqliteConnection,
    query: &UsageQuery,
) -> Result<Vec<UsageRow>> {
    let rows = sqlx::query(
        "SELECT rollup.*, usage_series.*
         FROM usage_rollups AS rollup CROSS JOIN usage_series USING (series)
         WHERE rollup.shard = ?1 AND rollup.org_id = ?2
             AND rollup.hour_at >= ?3 AND rollup.hour_at < ?4
             AND (?5 IS NULL OR usage_series.member_id = ?5)",
    )
    .bind(query.org.shard().number())
    .bind(query.org.blob())
    .bind(query.from.micros())
    .bind(query.until.micros())
    .bind(query.member.map(Id::blob))
    .fetch_all(connection)
    .await?;
    let mut sums: BTreeMap<RowKey, UsageRow> = BTreeMap::new();
    for row in rows {
        let row = from_row(&row)?;
        match sums.entry(key(&row)) {
            std::collections::btree_map::Entry::Vacant(vacant) => drop(vacant.insert(row)),
            std::collections::btree_map::Entry::Occupied(known) => add(known.into_mut(), &row),
        }
    }
    Ok(sums.into_values().collect())
}

fn key(row: &UsageRow) -> RowKey {
    let UsageRow { tool, provider, model, surface, .. } = row;
    let what = (tool.clone(), provider.clone(), model.clone(), *surface);
    (row.hour, row.member, (row.group, row.project, row.key), what)
}

fn add(sum: &mut UsageRow, row: &UsageRow) {
    sum.requests = sum.requests.saturating_add(row.requests);
    sum.charged = sum.charged.saturating_add(row.charged);
    sum.outputs = sum.outputs.saturating_add(row.outputs);
    for unit in Unit::ALL {
        let units = sum.usage.get(unit).saturating_add(row.usage.get(unit));
        sum.usage = sum.usage.with(unit, units);
    }
}

fn from_row(row: &SqliteRow) -> Result<UsageRow> {
    let mut usage = Usage::default();
    for unit in Unit::ALL {
        let column = if unit == Unit::Request { "priced_requests" } else { unit.name() };
        usage = usage.with(unit, row.count(column)?);
    }
    let charged: Credits = row.credits("charged")?;
    Ok(UsageRow {
        hour: row.instant("hour_at")?,
        member: row.id("member_id")?,
        group: row.id_or_none("group_id")?,
        project: row.id_or_none("project_id")?,
        key: row.id_or_none("key_id")?,
        tool: Tool::new(&row.text("tool")?),
        provider: row.text("provider")?,
        model: row.text("model")?,
        surface: row.named("surface", Surface::from_name)?,
        requests: row.count("requests")?,
        charged,
        usage,
        outputs: row.count("outputs")?,
    })
}
