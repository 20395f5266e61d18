//! Whether everything that is named is there.

use ledger::HoldId;
use sqlx::SqliteConnection;
use store::{Check, Difference};

use super::accounts::Accounts;
use super::books::Books;
use super::events::Event;
use super::owners::Owner;
use super::starts::Starts;
use crate::column::Columns;
use crate::error::Result;

/// Compares the rows of each table with those that they name, where the tables say so themselves.
pub(super) async fn check_rows(connection: &mut SqliteConnection, books: &mut Books) -> Result<()> {
    let rows = sqlx::query(
        "SELECT \"table\" AS child, parent, count(*) AS rows FROM pragma_foreign_key_check
         GROUP BY child, parent ORDER BY child, parent",
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (table, parent) = (row.text("child")?, row.text("parent")?);
        let expected = format!("the row of `{parent}` that it names");
        let found = format!("{} rows that name none", row.integer("rows")?);
        books.of(Check::References).differ(format!("table `{table}`"), expected, found);
    }
    Ok(())
}

/// Whether an event's organisation, start, series and accounts are there.
pub(super) fn check(
    event: &Event,
    owner: &Owner,
    accounts: &Accounts,
    starts: &Starts,
    books: &mut Books,
) {
    let wrong = wrong(event, owner, accounts, starts).map(|(expected, found)| {
        let about = format!("{} of {}", event.hold, owner.org);
        Difference { about, expected: expected.to_owned(), found }
    });
    books.of(Check::References).count(wrong);
}

fn wrong(
    event: &Event,
    owner: &Owner,
    accounts: &Accounts,
    starts: &Starts,
) -> Option<(&'static str, String)> {
    let HoldId { node, epoch, .. } = event.hold;
    if !owner.known {
        return Some(("an organisation of its shard", format!("shard {}", owner.shard)));
    }
    if !starts.has(node, epoch) {
        return Some(("a start that there was", format!("start {} of {node}", epoch.0)));
    }
    if event.member.is_none() {
        return Some(("a series of its organisation", format!("series {}", event.series)));
    }
    let unknown = event.lines().iter().find(|(number, _)| accounts.numbered(*number).is_none());
    unknown.map(|(number, _)| ("accounts of its organisation", format!("account number {number}")))
}
