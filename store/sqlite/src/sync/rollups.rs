//! What a sync adds to usage by the hour, as rows.

use ledger::GrantKind;
use store::{HourKey, HourSums, SyncRequest, hours};

use crate::column::count;

/// The number of the series, the hour, the grant's kind, and the sums in the order of the columns.
pub(super) type Row = (i64, i64, &'static str, [i64; 10]);

/// The rows of the charges; `series` has the number of each one's series, in their order.
pub(super) fn rows(request: &SyncRequest, series: &[i64]) -> Vec<Row> {
    hours(request, series).into_iter().map(row).collect()
}

fn row((key, sums): (HourKey<i64>, HourSums)) -> Row {
    let HourSums { requests, charged, units, outputs } = sums;
    let [u0, u1, u2, u3, u4, u5, u6] = units.map(count);
    let (requests, charged, outputs) = (count(requests), charged.micros_i64(), count(outputs));
    let grant = key.grant.map_or("none", GrantKind::name);
    let sums = [requests, charged, u0, u1, u2, u3, u4, u5, u6, outputs];
    (key.series, key.hour.micros(), grant, sums)
}
