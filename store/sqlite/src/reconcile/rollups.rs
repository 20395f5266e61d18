//! Usage by the hour, added up again from the events.

use std::collections::HashMap;

use ledger::{AccountId, GrantKind, NodeId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Check, floor_hour};

use super::PAGE;
use super::accounts::Accounts;
use super::books::Books;
use super::events::Event;
use super::owners::Owner;
use crate::column::{Columns, Id};
use crate::error::Result;

/// A part of an organisation's series: those whose number leaves this rest.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    pub(super) of: i64,
    pub(super) number: i64,
}

/// Sums in memory at once, some 50 MB of them.
const SUMS: i64 = 1 << 18;

/// Parts of which each has few enough sums. Every part costs another walk over the events.
pub(super) async fn slices(
    connection: &mut SqliteConnection,
    owner: &Owner,
) -> Result<impl Iterator<Item = Slice> + use<>> {
    let sums: i64 =
        sqlx::query_scalar("SELECT count(*) FROM usage_rollups WHERE shard = ? AND org_id = ?")
            .bind(owner.shard)
            .bind(owner.org.blob())
            .fetch_one(connection)
            .await?;
    let of = 1 + sums / SUMS;
    Ok((0..of).map(move |number| Slice { of, number }))
}

/// What tells a row of `usage_rollups` apart within its organisation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Hour {
    at: i64,
    series: i64,
    grant_kind: &'static str,
    node: NodeId,
}

/// The sums of a row, in the order of [`COLUMNS`].
type Sums = [i128; COLUMNS.len()];

const CHARGED: usize = 1;
const COLUMNS: [&str; 10] = [
    "requests",
    "charged",
    "priced_requests",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_hour_tokens",
    "output_tokens",
    "images",
    "outputs",
];

/// The rows as they should be.
#[derive(Default)]
pub(super) struct Hours(HashMap<Hour, Sums>);

impl Hours {
    /// The request, its units and its outputs count where the first grant paid; what each grant
    /// paid, at its kind.
    pub(super) fn count(&mut self, event: &Event, accounts: &Accounts) {
        let kind = |number| accounts.numbered(number).and_then(|account| account.grant);
        let lines = event.lines().iter();
        let mut paid = lines.filter_map(|(number, amount)| Some((kind(*number)?, *amount)));
        let at = floor_hour(event.admitted).micros();
        let hour =
            |grant_kind| Hour { at, series: event.series, grant_kind, node: event.hold.node };
        let first = paid.next();
        let sums = self.0.entry(hour(first.map_or("none", |(kind, _)| kind.name()))).or_default();
        sums[0] += 1;
        sums[CHARGED] += first.map_or(0, |(_, amount)| i128::from(amount));
        if let Some(detail) = &event.detail {
            let counts = detail.units.iter().chain([&detail.outputs]);
            for (sum, count) in sums.iter_mut().skip(2).zip(counts) {
                *sum += i128::from(*count);
            }
        }
        for (kind, amount) in paid {
            self.0.entry(hour(kind.name())).or_default()[CHARGED] += i128::from(amount);
        }
    }

    /// Takes off what corrections gave back to the grants of this slice's events.
    pub(super) async fn give_back(
        &mut self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        slice: Slice,
        accounts: &Accounts,
    ) -> Result<()> {
        let rows = sqlx::query(
            "SELECT events.admitted_at, events.series, adjustments.node, adjustments.account_id,
                 adjustments.amount
             FROM adjustments CROSS JOIN usage_events AS events USING (shard, org_id, node, epoch, n)
             WHERE adjustments.shard = ? AND adjustments.org_id = ? AND events.series % ? = ?",
        )
        .bind(owner.shard)
        .bind(owner.org.blob())
        .bind(slice.of)
        .bind(slice.number)
        .fetch_all(connection)
        .await?;
        for row in rows {
            let account: AccountId = row.id("account_id")?;
            let Some(kind) = accounts.kind_of(account) else { continue };
            let hour = Hour {
                at: floor_hour(row.instant("admitted_at")?).micros(),
                series: row.integer("series")?,
                grant_kind: kind.name(),
                node: NodeId(row.small("node")?),
            };
            self.0.entry(hour).or_default()[CHARGED] -= i128::from(row.integer("amount")?);
        }
        Ok(())
    }

    /// Compares the rows that there are with those that should be.
    pub(super) async fn check(
        mut self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        slice: Slice,
        books: &mut Books,
    ) -> Result<()> {
        let mut last = (i64::MIN, 0, String::new(), 0);
        loop {
            let rows = sqlx::query(
                "SELECT * FROM usage_rollups
                 WHERE shard = ? AND org_id = ? AND (hour_at, series, grant_kind, node) > (?, ?, ?, ?)
                     AND series % ? = ?
                 ORDER BY hour_at, series, grant_kind, node LIMIT ?",
            )
            .bind(owner.shard)
            .bind(owner.org.blob())
            .bind(last.0)
            .bind(last.1)
            .bind(last.2)
            .bind(last.3)
            .bind(slice.of)
            .bind(slice.number)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
            let Some(row) = rows.last() else { break };
            let (at, series) = (row.integer("hour_at")?, row.integer("series")?);
            last = (at, series, row.text("grant_kind")?, row.integer("node")?);
            for row in &rows {
                let (hour, found) = from_row(row)?;
                let expected = self.0.remove(&hour).unwrap_or_default();
                compare(owner, hour, &expected, &found, books);
            }
        }
        let mut missing: Vec<_> = self.0.into_iter().collect();
        missing.sort_unstable_by_key(|(hour, _)| *hour);
        for (hour, expected) in missing {
            compare(owner, hour, &expected, &Sums::default(), books);
        }
        Ok(())
    }
}

fn from_row(row: &SqliteRow) -> Result<(Hour, Sums)> {
    let hour = Hour {
        at: row.integer("hour_at")?,
        series: row.integer("series")?,
        grant_kind: row.named("grant_kind", |name| {
            if name == "none" {
                Some("none")
            } else {
                GrantKind::from_name(name).map(GrantKind::name)
            }
        })?,
        node: NodeId(row.small("node")?),
    };
    let mut sums = Sums::default();
    for (sum, column) in sums.iter_mut().zip(COLUMNS) {
        *sum = row.integer(column)?.into();
    }
    Ok((hour, sums))
}

fn compare(owner: &Owner, hour: Hour, expected: &Sums, found: &Sums, books: &mut Books) {
    let Hour { at, series, grant_kind, node } = hour;
    let of = || format!("(hour_at {at}, series {series}, {grant_kind}, {node}) of {}", owner.org);
    // Sums stay at the largest integer there is.
    let expected = expected.map(|sum| sum.min(i64::MAX.into()));
    for (column, (expected, found)) in COLUMNS.into_iter().zip(expected.iter().zip(found)) {
        let about = || format!("{column} {}", of());
        if column == COLUMNS[CHARGED] {
            books.of(Check::Rollups).compare(about, *expected, *found);
        } else if expected != found {
            books.of(Check::Rollups).differ(about(), expected.to_string(), found.to_string());
        }
    }
}
