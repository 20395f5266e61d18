//! What a sync adds to `usage_rollups`, as columns.

use ledger::{Charge, GroupId, KeyId, MemberId, OrgId, ProjectId, Surface};
use ledger::{GrantKind, Unit};
use store::{HourKey, HourSums, SyncRequest, hours};

use super::charge::Query;
use crate::column::{Id, count};

/// Everything that usage is told apart by, except time, grant and gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Series<'a> {
    org: OrgId,
    member: MemberId,
    key: Option<KeyId>,
    group: Option<GroupId>,
    project: Option<ProjectId>,
    surface: Surface,
    tool: &'a str,
    provider: &'a str,
    model: &'a str,
}

impl<'a> Series<'a> {
    fn of(charge: &'a Charge) -> Self {
        Self {
            org: charge.org,
            member: charge.member,
            key: charge.key,
            group: charge.group,
            project: charge.project,
            surface: charge.surface,
            tool: charge.tool.name(),
            provider: &charge.provider,
            model: &charge.model,
        }
    }
}

type Row<'a> = (HourKey<Series<'a>>, HourSums);

/// Binds an array for every column, in the order of the statement.
pub(super) fn bind<'a>(query: Query<'a>, request: &'a SyncRequest) -> Query<'a> {
    let series: Vec<_> = request.events.iter().map(Series::of).collect();
    let rows: Vec<Row<'_>> = hours(request, &series).into_iter().collect();
    let query = query
        .bind(column(&rows, |(key, _)| key.series.org.uuid()))
        .bind(column(&rows, |(key, _)| key.hour.micros()))
        .bind(column(&rows, |(key, _)| key.series.member.uuid()))
        .bind(column(&rows, |(key, _)| key.series.key.map(Id::uuid)))
        .bind(column(&rows, |(key, _)| key.series.group.map(Id::uuid)))
        .bind(column(&rows, |(key, _)| key.series.project.map(Id::uuid)))
        .bind(column(&rows, |(key, _)| key.series.surface.name()))
        .bind(column(&rows, |(key, _)| key.series.tool))
        .bind(column(&rows, |(key, _)| key.series.provider))
        .bind(column(&rows, |(key, _)| key.series.model))
        .bind(column(&rows, |(key, _)| key.grant.map_or("none", GrantKind::name)))
        .bind(column(&rows, |(_, sums)| count(sums.requests)))
        .bind(column(&rows, |(_, sums)| sums.charged.micros_i64()));
    let query = (0..Unit::ALL.len())
        .fold(query, |query, unit| query.bind(column(&rows, |(_, sums)| count(sums.units[unit]))));
    query.bind(column(&rows, |(_, sums)| count(sums.outputs)))
}

fn column<'a, T>(rows: &[Row<'a>], of: impl Fn(&Row<'a>) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}
