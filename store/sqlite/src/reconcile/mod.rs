//! Whether everything in the file adds up, read in one transaction, a page at a time.
//!
//! What is told of an account, an hour or a transfer in one place is added up from the rows that
//! caused it and compared. One organisation after another: its accounts and the sums of its hours are
//! in memory, its events and entries never are.

mod accounts;
mod books;
mod corrections;
mod entries;
mod events;
mod feed;
mod index;
mod owners;
mod paths;
mod references;
mod rollups;
mod starts;

use sqlx::SqliteConnection;
use store::Reconciliation;

use crate::error::Result;
use accounts::Accounts;
use books::Books;
use index::Index;
use owners::Owner;
use rollups::{Hours, slices};
use starts::Starts;

/// Rows in memory at once.
const PAGE: i64 = 4_096;

pub(crate) async fn reconcile(connection: &mut SqliteConnection) -> Result<Reconciliation> {
    let mut books = Books::default();
    let starts = Starts::read(connection, &mut books).await?;
    references::check_rows(connection, &mut books).await?;
    feed::check(connection, &mut books).await?;
    let mut last = None;
    while let Some(owner) = owners::after(connection, last.as_ref()).await? {
        check_owner(connection, &owner, &starts, &mut books).await?;
        last = Some(owner);
    }
    Ok(books.closed())
}

async fn check_owner(
    connection: &mut SqliteConnection,
    owner: &Owner,
    starts: &Starts,
    books: &mut Books,
) -> Result<()> {
    let mut accounts = Accounts::read(connection, owner, starts, books).await?;
    let mut index = Index::default();
    let mut indeterminate = events::Indeterminates::new();
    let mut overrun = 0;
    for slice in slices(connection, owner).await? {
        let mut hours = Hours::default();
        let mut page = events::Page::first(owner, slice);
        while let Some(events) = page.next(connection).await? {
            for event in &events {
                references::check(event, owner, &accounts, starts, books);
                starts.check(event, owner, books);
                paths::check(event, owner, &accounts, books);
                accounts.charge(event);
                hours.count(event, &accounts);
                index.note(event);
                overrun += event.overrun();
                events::note_indeterminate(event, owner, &mut indeterminate);
            }
        }
        hours.give_back(connection, owner, slice, &accounts).await?;
        hours.check(connection, owner, slice, books).await?;
    }
    index.check(connection, owner, &indeterminate, books).await?;
    corrections::read(connection, owner, &mut accounts, &mut indeterminate, books).await?;
    let booked = entries::read(connection, owner, &mut accounts, starts, books).await?;
    accounts.check(owner, books);
    booked.check(owner, overrun, accounts.lost_of_grants(), books);
    books.indeterminate(indeterminate.into_values());
    Ok(())
}
