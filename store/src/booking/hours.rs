//! What a sync adds to usage by the hour, summed before it is written.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};
use ledger::{Charge, Credits, GrantKind, Instant, LineSource, Unit};

use crate::{SyncRequest, floor_hour};

/// What rows of usage by the hour are told apart by, beside the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourKey<Series> {
    /// Who used what.
    pub series: Series,
    /// First instant of the hour.
    pub hour: Instant,
    /// The kind of the grants that paid; `None` where nothing was charged.
    pub grant: Option<GrantKind>,
}

/// The sums of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourSums {
    /// How many requests ended whose first grant is of the kind.
    pub requests: u64,
    /// What grants of the kind paid.
    pub charged: Credits,
    /// What those requests used, in the order of [`Unit::ALL`].
    pub units: [u64; Unit::ALL.len()],
    /// What they delivered.
    pub outputs: u64,
}

/// The rows of a sync's charges, in no order; `series` has each one's series, in their order.
pub fn hours<Series: Copy + Eq + Hash>(
    request: &SyncRequest,
    series: &[Series],
) -> impl IntoIterator<Item = (HourKey<Series>, HourSums)> {
    let mut rows: HashMap<HourKey<Series>, HourSums> = HashMap::new();
    for (charge, series) in request.events.iter().zip(series) {
        let grants = charge.lines.iter().filter_map(|line| match line.source {
            LineSource::Grant(kind) if !line.amount.is_zero() => Some((kind, line.amount)),
            LineSource::Grant(_) | LineSource::Limit => None,
        });
        let mut grants = grants.peekable();
        let grant = grants.peek().map(|(kind, _)| *kind);
        let first = HourKey { series: *series, hour: floor_hour(charge.admitted), grant };
        rows.entry(first).or_default().count(charge);
        for (kind, amount) in grants {
            let sums = rows.entry(HourKey { grant: Some(kind), ..first }).or_default();
            sums.charged = sums.charged.saturating_add(amount);
        }
    }
    rows
}

impl HourSums {
    /// Counts what a charge has once, however many grants paid it.
    fn count(&mut self, charge: &Charge) {
        self.requests += 1;
        self.outputs = self.outputs.saturating_add(charge.outputs);
        for (sum, unit) in self.units.iter_mut().zip(Unit::ALL) {
            *sum = sum.saturating_add(charge.usage.get(unit));
        }
    }
}
