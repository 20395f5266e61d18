//! The charges of a sync, and where to find them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use ledger::{Charge, Ending, Epoch, Instant, NodeId, OrgId};
use smallvec::SmallVec;
use sqlx::{AssertSqlSafe, SqliteConnection};
use store::{SyncRequest, floor_hour};

use super::read::Read;
use crate::column::{Id, count};
use crate::detail::{self, Line};
use crate::error::{Error, Result};

pub(super) struct Event {
    series: i64,
    n: i64,
    admitted: Instant,
    charged: i64,
    detail: String,
}

/// The number of a series of the organisation, the hour, the epoch, and the first and last number.
pub(super) type Span = (i64, i64, u32, i64, i64);

/// The charges of a sync as they are written.
pub(super) struct Charged {
    pub(super) events: BTreeMap<(OrgId, Epoch), Vec<Event>>,
    pub(super) spans: Vec<Span>,
}

/// A series of the organisation, the epoch and the number of each charge that a journal made.
pub(super) fn indeterminate(request: &SyncRequest, series: &[i64]) -> Vec<(i64, u32, i64)> {
    let charges = request.events.iter().zip(series);
    let charges = charges.filter(|(charge, _)| charge.ending == Ending::Indeterminate);
    let name =
        |(charge, series): (&Charge, &i64)| (*series, charge.hold.epoch.0, count(charge.hold.n));
    charges.map(name).collect()
}

/// Takes the charges apart; `series` has the number of each one's series, in their order.
pub(super) fn charged(request: &SyncRequest, read: &Read, series: &[i64]) -> Result<Charged> {
    let mut events: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (charge, series) in request.events.iter().zip(series) {
        let event = event(charge, *series, read)?;
        events.entry((charge.org, charge.hold.epoch)).or_default().push(event);
    }
    let spans = events.iter().flat_map(|((_, epoch), events)| spans(*epoch, events)).collect();
    Ok(Charged { events, spans })
}

fn event(charge: &Charge, series: i64, read: &Read) -> Result<Event> {
    let mut lines = SmallVec::<[Line; 8]>::new();
    for line in charge.lines.iter().filter(|line| !line.amount.is_zero()) {
        lines.push((read.number(line.account), line.amount.micros()));
    }
    let detail = detail::write(charge, &lines);
    Ok(Event {
        series,
        n: count(charge.hold.n),
        admitted: charge.admitted,
        charged: charge.charged.micros_i64(),
        detail: detail.map_err(|error| Error::corrupt(error.to_string()))?,
    })
}

/// The first and last number of each hour.
fn spans(epoch: Epoch, events: &[Event]) -> Vec<Span> {
    let mut spans: BTreeMap<Instant, Span> = BTreeMap::new();
    for Event { series, n, admitted, .. } in events {
        let hour = floor_hour(*admitted);
        let new = (*series, hour.micros(), epoch.0, *n, *n);
        let (_, _, _, first, last) = spans.entry(hour).or_insert(new);
        (*first, *last) = ((*first).min(*n), (*last).max(*n));
    }
    spans.into_values().collect()
}

/// From so many of one organisation on, a value costs less as a parameter than as JSON.
const MANY: usize = 24;

/// How many rows the statements take, so that each of the few stays prepared: rows that are not
/// there are NULL, and passed over.
const SIZES: [usize; 6] = [32, 64, 128, 256, 512, 1_024];

const INSERT: &str = "
WITH call (shard, org_id, node, epoch) AS (VALUES (?, ?, ?, ?))
INSERT INTO usage_events (shard, org_id, node, epoch, n, series, admitted_at, charged, detail)
SELECT shard, org_id, node, epoch, column1, column2, column3, column4, column5
FROM (VALUES {rows}) CROSS JOIN call WHERE column1 IS NOT NULL";

/// Inserts the events of every organisation that has many; the others come back as JSON.
pub(super) async fn insert_many(
    connection: &mut SqliteConnection,
    node: NodeId,
    events: BTreeMap<(OrgId, Epoch), Vec<Event>>,
) -> Result<String> {
    let mut few = String::from("[");
    for ((org, epoch), events) in events {
        if events.len() < MANY {
            few.extend(events.iter().map(|event| json(epoch, event)));
            continue;
        }
        let mut events = events.into_iter();
        while events.len() > 0 {
            let query = sqlx::query(AssertSqlSafe(statement(events.len())))
                .bind(org.shard().number())
                .bind(org.blob())
                .bind(node.0)
                .bind(epoch.0);
            let bind = |query: Query, event: Event| {
                let query = query.bind(event.n).bind(event.series).bind(event.admitted.micros());
                query.bind(event.charged).bind(event.detail)
            };
            let [.., most] = SIZES;
            events.by_ref().take(most).fold(query, bind).execute(&mut *connection).await?;
        }
    }
    // Each is followed by a comma.
    few.truncate(few.trim_end_matches(',').len());
    few.push(']');
    Ok(few)
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// The smallest statement for so many rows, or the largest there is.
fn statement(rows: usize) -> Arc<str> {
    static STATEMENTS: OnceLock<[Arc<str>; SIZES.len()]> = OnceLock::new();
    let made = || SIZES.map(|size| INSERT.replace("{rows}", &vec!["(?,?,?,?,?)"; size].join(",")));
    let statements = STATEMENTS.get_or_init(|| made().map(Arc::from));
    let place = SIZES.iter().position(|size| *size >= rows).unwrap_or(SIZES.len() - 1);
    Arc::clone(&statements[place])
}

fn json(epoch: Epoch, event: &Event) -> String {
    let Event { series, n, admitted, charged, detail } = event;
    let mut json = String::with_capacity(detail.len() + 80);
    // Writing to a string cannot fail.
    let _ = write!(json, "[{series},{},{n},{},{charged},{detail}],", epoch.0, admitted.micros());
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reaches_from_the_lowest_to_the_highest_number_of_an_hour() {
        let event = |n, seconds| Event {
            series: 7,
            n,
            admitted: Instant::from_seconds(seconds),
            charged: 0,
            detail: String::new(),
        };
        let events = [event(5, 3_600), event(3, 7_199), event(9, 3_601), event(4, 7_200)];
        let expected = [(7, 3_600_000_000, 2, 3, 9), (7, 7_200_000_000, 2, 4, 4)];
        assert_eq!(spans(Epoch(2), &events), expected);
    }
}
