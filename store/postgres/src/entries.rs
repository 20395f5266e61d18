//! The money ledger: transfers outside a sync, and every line read back.

use ledger::{Credits, Epoch, Instant, NodeId, OrgId};
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgRow};
use store::{Entry, EntryBook, EntryCause, EntryKind};

use crate::column::{Columns, Id, count, shard};
use crate::error::{Error, Result};
use crate::session::Session;

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
    tx: &mut Session,
    org: OrgId,
    at: Instant,
    transfer: &Transfer,
) -> Result<()> {
    if transfer.amount.is_zero() {
        return Ok(());
    }
    let Transfer { kind, from, to, amount, cause } = transfer;
    let query = sqlx::query(
        "WITH counted AS (
             UPDATE counters SET transfers = transfers + 1 WHERE shard = $1 AND org_id = $2
             RETURNING shard, org_id, transfers)
         INSERT INTO entries (shard, org_id, transfer, line, kind, at, book, account_id, amount,
             node, epoch, seq, n, actor, reason)
         SELECT shard, org_id, transfers, side.*, $10, $11, $12, $13, $14, $15
         FROM counted CROSS JOIN (VALUES
             (1, $3, $4::bigint, $5, $6::uuid, -$9::bigint),
             (2, $3, $4, $7, $8::uuid, $9)) AS side",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(kind.name())
    .bind(at.micros())
    .bind(from.name())
    .bind(from.account().map(Id::uuid))
    .bind(to.name())
    .bind(to.account().map(Id::uuid))
    .bind(amount.micros_i64());
    let entered = with_cause(query, cause).execute(tx).await?;
    match entered.rows_affected() {
        2 => Ok(()),
        _ => Err(Error::corrupt(format!("{org} has no counters"))),
    }
}

type Query<'a> = sqlx::query::Query<'a, sqlx::Postgres, PgArguments>;

/// Binds node, epoch, seq, n, actor and reason.
fn with_cause<'a>(query: Query<'a>, cause: &'a EntryCause) -> Query<'a> {
    let none = None::<i64>;
    match cause {
        EntryCause::Sync { node, epoch, seq } => {
            let query = query.bind(i64::from(node.0)).bind(i64::from(epoch.0)).bind(count(*seq));
            query.bind(none).bind(None::<&str>).bind(None::<&str>)
        }
        EntryCause::Correction { hold, actor, reason } => {
            let query = query.bind(i64::from(hold.node.0)).bind(i64::from(hold.epoch.0));
            query.bind(none).bind(count(hold.n)).bind(actor.as_str()).bind(reason.as_str())
        }
        EntryCause::Retirement { node, epoch } => {
            let query = query.bind(i64::from(node.0)).bind(i64::from(epoch.0)).bind(none);
            query.bind(none).bind(None::<&str>).bind(None::<&str>)
        }
        EntryCause::Grant => {
            let query = query.bind(none).bind(none).bind(none);
            query.bind(none).bind(None::<&str>).bind(None::<&str>)
        }
    }
}

/// Every line of an organisation, in order.
pub(crate) async fn entries(session: &mut Session, org: OrgId) -> Result<Vec<Entry>> {
    let rows = sqlx::query(
        "SELECT transfer, line, kind, at, book, account_id, amount, node, epoch, n, seq, actor, reason
         FROM entries WHERE shard = $1 AND org_id = $2 ORDER BY transfer, line",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .fetch_all(session)
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &PgRow) -> Result<Entry> {
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

fn cause(row: &PgRow) -> Result<EntryCause> {
    let is = |column| Ok::<_, Error>(row.try_get::<Option<i64>, _>(column)?.is_some());
    Ok(match (is("node")? && is("epoch")?, is("seq")?, is("n")?) {
        (false, false, false) => EntryCause::Grant,
        (true, false, false) => {
            EntryCause::Retirement { node: node_of(row)?, epoch: epoch_of(row)? }
        }
        (true, true, false) => {
            EntryCause::Sync { node: node_of(row)?, epoch: epoch_of(row)?, seq: row.count("seq")? }
        }
        (true, false, true) => EntryCause::Correction {
            hold: row.hold()?,
            actor: row.text("actor")?,
            reason: row.text("reason")?,
        },
        _ => return Err(Error::corrupt("an entry has a cause that is none")),
    })
}

fn node_of(row: &PgRow) -> Result<NodeId> {
    Ok(NodeId(row.small("node")?))
}

fn epoch_of(row: &PgRow) -> Result<Epoch> {
    Ok(Epoch(row.small("epoch")?))
}
