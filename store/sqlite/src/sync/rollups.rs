//! What a sync adds to usage by the hour, summed before it is written.

use foldhash::{HashMap, HashMapExt};
use ledger::{Charge, Credits, GrantKind, Instant, LineSource, Unit};
use store::{SyncRequest, floor_hour};

use crate::column::count;

/// The number of the series, the hour, the grant's kind, and the sums in the order of the columns.
pub(super) type Row = (i64, i64, &'static str, [i64; 10]);

/// The rows of the charges; `series` has the number of each one's series, in their order.
pub(super) fn summed(request: &SyncRequest, series: &[i64]) -> Vec<Row> {
    let mut rows: HashMap<RowKey, Sums> = HashMap::new();
    for (charge, series) in request.events.iter().zip(series) {
        let grants = charge.lines.iter().filter_map(|line| match line.source {
            LineSource::Grant(kind) if !line.amount.is_zero() => Some((kind, line.amount)),
            LineSource::Grant(_) | LineSource::Limit => None,
        });
        let mut grants = grants.peekable();
        let grant = grants.peek().map(|(kind, _)| *kind);
        let first = RowKey { series: *series, hour: floor_hour(charge.admitted), grant };
        rows.entry(first).or_default().count(charge);
        for (kind, amount) in grants {
            let sums = rows.entry(RowKey { grant: Some(kind), ..first }).or_default();
            sums.charged = sums.charged.saturating_add(amount);
        }
    }
    rows.iter().map(|(key, sums)| sums.row(*key)).collect()
}

/// What a row is told apart by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct RowKey {
    series: i64,
    hour: Instant,
    grant: Option<GrantKind>,
}

#[derive(Default)]
struct Sums {
    requests: u64,
    charged: Credits,
    units: [u64; Unit::ALL.len()],
    outputs: u64,
}

impl Sums {
    /// Counts what a charge has once, however many grants paid it.
    fn count(&mut self, charge: &Charge) {
        self.requests += 1;
        self.outputs = self.outputs.saturating_add(charge.outputs);
        for (sum, unit) in self.units.iter_mut().zip(Unit::ALL) {
            *sum = sum.saturating_add(charge.usage.get(unit));
        }
    }

    fn row(&self, key: RowKey) -> Row {
        let Self { requests, charged, outputs, .. } = self;
        let [u0, u1, u2, u3, u4, u5, u6] = self.units.map(count);
        let (requests, charged, outputs) =
            (count(*requests), charged.micros_i64(), count(*outputs));
        let grant = key.grant.map_or("none", GrantKind::name);
        let sums = [requests, charged, u0, u1, u2, u3, u4, u5, u6, outputs];
        (key.series, key.hour.micros(), grant, sums)
    }
}
