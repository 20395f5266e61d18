//! The money ledger: whether it balances, and what it says of each grant.

use ledger::{Epoch, NodeId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::{Check, Difference};

use super::PAGE;
use super::accounts::Accounts;
use super::books::Books;
use super::owners::Owner;
use super::starts::Starts;
use crate::column::{Columns, Id};
use crate::error::Result;

/// A transfer whose lines are being read.
struct Transfer {
    number: i64,
    kind: String,
    /// Micro-credits: the sum of its lines.
    sum: i128,
}

/// What was booked of an organisation beside its grants, in micro-credits.
#[derive(Default)]
pub(super) struct Booked {
    overrun: i128,
    /// Lost with gateways, and not found again.
    lost: i128,
}

/// Reads the entries of an organisation into its accounts.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    owner: &Owner,
    accounts: &mut Accounts,
    starts: &Starts,
    books: &mut Books,
) -> Result<Booked> {
    let (mut booked, mut last) = (Booked::default(), (0, 0));
    let mut transfer = Transfer { number: 0, kind: String::new(), sum: 0 };
    loop {
        let rows = sqlx::query(
            "SELECT transfer, line, kind, book, account_id, amount, node, epoch, seq FROM entries
             WHERE shard = ? AND org_id = ? AND (transfer, line) > (?, ?)
             ORDER BY transfer, line LIMIT ?",
        )
        .bind(owner.shard)
        .bind(owner.org.blob())
        .bind(last.0)
        .bind(last.1)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(row) = rows.last() else { break };
        last = (row.integer("transfer")?, row.integer("line")?);
        for row in &rows {
            transfer = transfer.at(row, owner, starts, books)?;
            transfer.take(row, owner, accounts, (&mut booked, books))?;
        }
    }
    transfer.end(owner, books);
    Ok(booked)
}

impl Transfer {
    /// The transfer of a line: this one, or the next.
    fn at(
        self,
        row: &SqliteRow,
        owner: &Owner,
        starts: &Starts,
        books: &mut Books,
    ) -> Result<Self> {
        let number = row.integer("transfer")?;
        if number == self.number {
            return Ok(self);
        }
        let ahead = ahead(row, owner, starts)?;
        let gap = (number != self.number + 1).then(|| Difference {
            about: format!("the transfer after {} of {}", self.number, owner.org),
            expected: format!("transfer {}", self.number + 1),
            found: format!("transfer {number}"),
        });
        books.of(Check::Sequence).count(gap.or(ahead));
        self.end(owner, books);
        Ok(Self { number, kind: row.text("kind")?, sum: 0 })
    }

    /// Takes in a line.
    fn take(
        &mut self,
        row: &SqliteRow,
        owner: &Owner,
        accounts: &mut Accounts,
        (booked, books): (&mut Booked, &mut Books),
    ) -> Result<()> {
        let (kind, book) = (row.text("kind")?, row.text("book")?);
        let amount = i128::from(row.integer("amount")?);
        self.sum += amount;
        if kind != self.kind || !books_of(&kind).contains(&book.as_str()) {
            let about = format!("transfer {} of {}", self.number, owner.org);
            let expected =
                format!("`{}` between {}", self.kind, books_of(&self.kind).join(" and "));
            let found = format!("a line `{kind}` of {book}");
            books.of(Check::Balance).differ(about, expected, found);
        }
        // Accounts that are not there are told by the check of references.
        if let Some(account) = row.id_or_none("account_id")?.and_then(|id| accounts.named(id)) {
            account.booked += amount;
            match kind.as_str() {
                "charge" => account.booked_charged -= amount,
                "refund" | "adjustment" => account.booked_back += amount,
                _ => {}
            }
        }
        match (kind.as_str(), book.as_str()) {
            ("overrun", "consumed") => booked.overrun += amount,
            ("write_off", "consumed") => booked.lost += amount,
            _ => {}
        }
        Ok(())
    }

    fn end(&self, owner: &Owner, books: &mut Books) {
        let about = || format!("transfer {} of {}", self.number, owner.org);
        books.of(Check::Balance).compare(about, 0, self.sum);
    }
}

/// The books between which a transfer of a kind moves credits.
fn books_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "grant" | "top_up" => &["issued", "grant"],
        "charge" | "refund" | "adjustment" => &["grant", "consumed"],
        "expiry" => &["grant", "expired"],
        "overrun" => &["platform", "consumed"],
        "write_off" => &["platform", "grant", "consumed"],
        _ => &[],
    }
}

/// A transfer of a sync that is not applied.
fn ahead(row: &SqliteRow, owner: &Owner, starts: &Starts) -> Result<Option<Difference>> {
    let Some(seq) = row.try_get::<Option<i64>, _>("seq")? else { return Ok(None) };
    let (node, epoch) = (NodeId(row.small("node")?), Epoch(row.small("epoch")?));
    let applied = starts.applied(owner.shard, node);
    let late = starts.is_last(node, epoch) && u64::try_from(seq).is_ok_and(|seq| seq > applied);
    Ok((late || !starts.has(node, epoch)).then(|| Difference {
        about: format!("transfer {} of {}", row.get::<i64, _>("transfer"), owner.org),
        expected: format!("a sync of {node} up to {applied}"),
        found: format!("sync {seq} of its start {}", epoch.0),
    }))
}

impl Booked {
    /// Compares it with what the organisation's requests overran, and what of its grants is lost.
    pub(super) fn check(&self, owner: &Owner, overrun: i128, lost: i128, books: &mut Books) {
        let about = || format!("the overruns of {}", owner.org);
        books.of(Check::ChargeEntries).compare(about, overrun, self.overrun);
        let about = || format!("what is written off of the grants of {}", owner.org);
        books.of(Check::ChargeEntries).compare(about, lost, self.lost);
    }
}
