//! Whether each charge is found by its hour, and each indeterminate one by the list of them.

use std::collections::BTreeMap;

use ledger::{Epoch, HoldId, Instant, NodeId};
use sqlx::SqliteConnection;
use store::{Check, Difference, floor_hour};

use super::PAGE;
use super::books::Books;
use super::events::{Event, Indeterminates};
use super::owners::Owner;
use crate::column::{Columns, Id, count};
use crate::error::Result;

/// The first and the last number of the events of every hour, gateway and start.
#[derive(Default)]
pub(super) struct Index(BTreeMap<(Instant, NodeId, Epoch), (u64, u64)>);

impl Index {
    pub(super) fn note(&mut self, event: &Event) {
        let HoldId { node, epoch, n } = event.hold;
        let span = self.0.entry((floor_hour(event.admitted), node, epoch)).or_insert((n, n));
        *span = (span.0.min(n), span.1.max(n));
    }

    pub(super) async fn check(
        mut self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        indeterminate: &Indeterminates,
        books: &mut Books,
    ) -> Result<()> {
        let mut last = (i64::MIN, 0, 0);
        loop {
            let rows = sqlx::query(
                "SELECT hour_at, node, epoch, first_n, last_n FROM usage_spans
                 WHERE shard = ? AND org_id = ? AND (hour_at, node, epoch) > (?, ?, ?)
                 ORDER BY hour_at, node, epoch LIMIT ?",
            )
            .bind(owner.shard)
            .bind(owner.org.blob())
            .bind(last.0)
            .bind(last.1)
            .bind(last.2)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
            let Some(row) = rows.last() else { break };
            last = (row.integer("hour_at")?, row.integer("node")?, row.integer("epoch")?);
            for row in &rows {
                let (node, epoch) = (NodeId(row.small("node")?), Epoch(row.small("epoch")?));
                let hour = (row.instant("hour_at")?, node, epoch);
                let found = (row.count("first_n")?, row.count("last_n")?);
                compare(owner, hour, self.0.remove(&hour), Some(found), books);
            }
        }
        for (hour, span) in self.0 {
            compare(owner, hour, Some(span), None, books);
        }
        check_list(connection, owner, indeterminate, books).await
    }
}

fn compare(
    owner: &Owner,
    (at, node, epoch): (Instant, NodeId, Epoch),
    expected: Option<(u64, u64)>,
    found: Option<(u64, u64)>,
    books: &mut Books,
) {
    let span = |span: Option<(u64, u64)>| match span {
        Some((first, last)) => format!("requests {first} to {last}"),
        None => "none".to_owned(),
    };
    books.of(Check::Index).count((expected != found).then(|| Difference {
        about: format!(
            "the span (hour_at {}, {node}, start {}) of {}",
            at.micros(),
            epoch.0,
            owner.org
        ),
        expected: span(expected),
        found: span(found),
    }));
}

/// Compares the list of indeterminate events with the events themselves.
async fn check_list(
    connection: &mut SqliteConnection,
    owner: &Owner,
    indeterminate: &Indeterminates,
    books: &mut Books,
) -> Result<()> {
    let listed: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM indeterminate_events WHERE shard = ? AND org_id = ?",
    )
    .bind(owner.shard)
    .bind(owner.org.blob())
    .fetch_one(&mut *connection)
    .await?;
    let mut found = 0;
    for hold in indeterminate.keys() {
        let is_listed: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM indeterminate_events
             WHERE shard = ? AND org_id = ? AND node = ? AND epoch = ? AND n = ?)",
        )
        .bind(owner.shard)
        .bind(owner.org.blob())
        .bind(hold.node.0)
        .bind(hold.epoch.0)
        .bind(count(hold.n))
        .fetch_one(&mut *connection)
        .await?;
        found += i64::from(is_listed);
        books.of(Check::Index).count((!is_listed).then(|| Difference {
            about: format!("{hold} of {}", owner.org),
            expected: "on the list of indeterminate events".to_owned(),
            found: "not on it".to_owned(),
        }));
    }
    if listed > found {
        let about = format!("the list of indeterminate events of {}", owner.org);
        let found = format!("{} more", listed - found);
        books.of(Check::Index).differ(about, "those that are indeterminate".to_owned(), found);
    }
    Ok(())
}
