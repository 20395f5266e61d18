//! Usage by the hour, from the rollups.

use std::collections::BTreeMap;

use ledger::{Credits, GroupId, Instant, KeyId, MemberId, ProjectId, Surface, Tool, Unit, Usage};
use sqlx::postgres::PgRow;
use store::{UsageQuery, UsageRow};

use crate::column::{Columns, Id, shard};
use crate::error::Result;
use crate::session::Session;

/// What rows are told apart by, in the order that they come.
type RowKey = (
    Instant,
    MemberId,
    (Option<GroupId>, Option<ProjectId>, Option<KeyId>),
    (Tool, String, String, Surface),
);

/// Sums over grant kinds and nodes, in the order of what the rows are told apart by.
pub(crate) async fn by_hour(session: &mut Session, query: &UsageQuery) -> Result<Vec<UsageRow>> {
    let rows = sqlx::query(
        "SELECT hour_at, member_id, group_id, project_id, key_id, tool, provider, model, surface,
             requests, charged, priced_requests, input_tokens, cached_input_tokens,
             cache_write_tokens, cache_write_hour_tokens, output_tokens, images, outputs
         FROM usage_rollups
         WHERE shard = $1 AND org_id = $2 AND hour_at >= $3 AND hour_at < $4
             AND ($5::uuid IS NULL OR member_id = $5)",
    )
    .bind(shard(query.org))
    .bind(query.org.uuid())
    .bind(query.from.micros())
    .bind(query.until.micros())
    .bind(query.member.map(Id::uuid))
    .fetch_all(session)
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

fn from_row(row: &PgRow) -> Result<UsageRow> {
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
