//! The money ledger: transfers outside a sync, and every line read back.

use ledger::{Credits, Epoch, HoldId, Instant, NodeId, OrgId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::{Entry, EntryBook, EntryCause, EntryKind};

use crate::column::{Columns, Id, count};
use crate::error::{Error, Result};

/// A movement of credits from one book to another.
pub(crate) struct Transfer {
    pub(crate) kind: EntryKind,
    pub(crate) from: EntryBook,
    pub(crate) to: EntryBook,
    pub(crate) amount: Credits,
    pub(crate) cause: EntryCause,
}

/// Writes a movement down, unless nothing moved.
pub(crate) async fn enter(
    tx: &mut SqliteConnection,
    org: OrgId,
    at: Instant,
    transfer: &Transfer,
) -> Result<()> {
    if transfer.amount.is_zero() {
        return Ok(());
    }
    let number: i64 = sqlx::query_scalar(
        "SELECT ifnull(max(transfer), 0) + 1 FROM entries WHERE shard = ? AND org_id = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .fetch_one(&mut *tx)
    .await?;
    let amount = transfer.amount.micros_i64();
    for (line, book, amount) in [(1, transfer.from, -amount), (2, transfer.to, amount)] {
        let query = sqlx::query(
            "INSERT INTO entries (shard, org_id, transfer, line, kind, at, book, account_id, amount,
                 node, epoch, seq, n, actor, reason)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(number)
        .bind(line)
        .bind(transfer.kind.name())
        .bind(at.micros())
        .bind(book.name())
        .bind(book.account().map(Id::blob))
        .bind(amount);
        with_cause(query, &transfer.cause).execute(&mut *tx).await?;
    }
    Ok(())
}

type Query<'a> = sqlx::query::Query<'a, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// Binds node, epoch, seq, n, actor and reason.
fn with_cause<'a>(query: Query<'a>, cause: &'a EntryCause) -> Query<'a> {
    let none = None::<i64>;
    match cause {
        EntryCause::Sync { node, epoch, seq } => {
            let query = query.bind(node.0).bind(epoch.0).bind(count(*seq));
            query.bind(none).bind(None::<&str>).bind(None::<&str>)
        }
        EntryCause::Correction { hold, actor, reason } => {
            let query = query.bind(hold.node.0).bind(hold.epoch.0).bind(none);
            query.bind(count(hold.n)).bind(actor.as_str()).bind(reason.as_str())
        }
        EntryCause::Retirement { node, epoch } => {
            let query = query.bind(node.0).bind(epoch.0).bind(none);
            query.bind(none).bind(None::<&str>).bind(None::<&str>)
        }
        EntryCause::Grant => {
            let query = query.bind(none).bind(none).bind(none);
            query.bind(none).bind(None::<&str>).bind(None::<&str>)
        }
    }
}

/// Every line of an organisation, in order.
pub(crate) async fn entries(connection: &mut SqliteConnection, org: OrgId) -> Result<Vec<Entry>> {
    let rows =
        sqlx::query("SELECT * FROM entries WHERE shard = ? AND org_id = ? ORDER BY transfer, line")
            .bind(org.shard().number())
            .bind(org.blob())
            .fetch_all(connection)
            .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &SqliteRow) -> Result<Entry> {
    let account = row.id_or_none("account_id")?;
    Ok(Entry {
        transfer: row.count("transfer")?,
        line: row.count("line")?,
        kind: row.named("kind", EntryKind::from_name)?,
        at: row.instant("at")?,
        book: row.named("book", |name| EntryBook::from_name(name, account))?,
        amount: row.integer("amount")?,
        cause: cause(row)?,
    })
}

fn cause(row: &SqliteRow) -> Result<EntryCause> {
    let (node, epoch): (Option<u32>, Option<u32>) = (row.try_get("node")?, row.try_get("epoch")?);
    let (seq, n): (Option<i64>, Option<i64>) = (row.try_get("seq")?, row.try_get("n")?);
    Ok(match (node.map(NodeId), epoch.map(Epoch), seq, n) {
        (None, None, None, None) => EntryCause::Grant,
        (Some(node), Some(epoch), None, None) => EntryCause::Retirement { node, epoch },
        (Some(node), Some(epoch), Some(_), None) => {
            EntryCause::Sync { node, epoch, seq: row.count("seq")? }
        }
        (Some(node), Some(epoch), None, Some(_)) => {
            let hold = HoldId { node, epoch, n: row.count("n")? };
            EntryCause::Correction { hold, actor: row.text("actor")?, reason: row.text("reason")? }
        }
        _ => return Err(Error::corrupt("an entry has a cause that is none")),
    })
}
