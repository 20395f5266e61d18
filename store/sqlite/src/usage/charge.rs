//! Charges with their lines: one, or an organisation's in their order.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::{Charge, Credits, Epoch, HoldId, Line, NodeId, OrgId, Surface, Tool, Unit, Usage};
use smallvec::SmallVec;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ending_from_name, source_from_name};

use crate::column::{Columns, Id, count};
use crate::detail;
use crate::error::{Error, Result};

/// The charge of one of an organisation's holds.
pub(crate) async fn charge(
    connection: &mut SqliteConnection,
    org: OrgId,
    hold: HoldId,
) -> Result<Option<Charge>> {
    let row = sqlx::query(
        "SELECT usage_events.*, usage_series.*
         FROM usage_events CROSS JOIN usage_series USING (series)
         WHERE usage_events.shard = ? AND usage_events.org_id = ?
             AND node = ? AND epoch = ? AND n = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(hold.node.0)
    .bind(hold.epoch.0)
    .bind(count(hold.n))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut charge = from_row(&row)?;
    let mut lines = lines(connection, org, (hold, hold)).await?;
    charge.lines = lines.remove(&hold).unwrap_or_default();
    Ok(Some(charge))
}

/// The charges of an organisation after one, or from the first, and at most so many.
pub(crate) async fn charges(
    connection: &mut SqliteConnection,
    org: OrgId,
    after: Option<HoldId>,
    most: usize,
) -> Result<Vec<Charge>> {
    // Starts are counted from 1, so that this comes before every charge.
    let after = after.unwrap_or(HoldId { node: NodeId(0), epoch: Epoch(0), n: 0 });
    let rows = sqlx::query(
        "SELECT usage_events.*, usage_series.*
         FROM usage_events CROSS JOIN usage_series USING (series)
         WHERE usage_events.shard = ?1 AND usage_events.org_id = ?2
             AND (node, epoch, n) > (?3, ?4, ?5)
         ORDER BY node, epoch, n LIMIT ?6",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(after.node.0)
    .bind(after.epoch.0)
    .bind(count(after.n))
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(&mut *connection)
    .await?;
    let mut charges: Vec<Charge> = rows.iter().map(from_row).collect::<Result<_>>()?;
    if let (Some(first), Some(last)) = (charges.first(), charges.last()) {
        let mut lines = lines(connection, org, (first.hold, last.hold)).await?;
        for charge in &mut charges {
            charge.lines = lines.remove(&charge.hold).unwrap_or_default();
        }
    }
    Ok(charges)
}

type Lines = SmallVec<[Line; 8]>;

/// The lines of an organisation's charges between two holds, both included.
async fn lines(
    connection: &mut SqliteConnection,
    org: OrgId,
    (first, last): (HoldId, HoldId),
) -> Result<HashMap<HoldId, Lines>> {
    let rows = sqlx::query(
        "SELECT node, epoch, n, account_id, kind, amount FROM usage_lines
         WHERE shard = ?1 AND org_id = ?2
             AND (node, epoch, n) >= (?3, ?4, ?5) AND (node, epoch, n) <= (?6, ?7, ?8)
         ORDER BY node, epoch, n, place",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first.node.0)
    .bind(first.epoch.0)
    .bind(count(first.n))
    .bind(last.node.0)
    .bind(last.epoch.0)
    .bind(count(last.n))
    .fetch_all(connection)
    .await?;
    let mut lines: HashMap<HoldId, Lines> = HashMap::new();
    for row in rows {
        let line = Line {
            account: row.id("account_id")?,
            source: row.named("kind", source_from_name)?,
            amount: row.credits("amount")?,
        };
        lines.entry(hold(&row)?).or_default().push(line);
    }
    Ok(lines)
}

fn hold(row: &SqliteRow) -> Result<HoldId> {
    let (node, epoch) = (row.small("node")?, row.small("epoch")?);
    Ok(HoldId { node: NodeId(node), epoch: Epoch(epoch), n: row.count("n")? })
}

/// The charge of a row, without its lines.
fn from_row(row: &SqliteRow) -> Result<Charge> {
    let hold = hold(row)?;
    let corrupt = |what: &str| Error::corrupt(format!("the detail of {hold}: {what}"));
    let credits = |micros| Credits::from_micros(micros).ok_or_else(|| corrupt("an amount"));
    let shared = |column| row.text(column).map(Arc::<str>::from);
    let json = row.text("detail")?;
    let (lasted, ending, status, units, outputs, held, overrun, _, price_book, body_hash) =
        detail::read(&json).map_err(|error| corrupt(&error.to_string()))?;
    let usage = Unit::ALL.into_iter().zip(units);
    let admitted = row.instant("admitted_at")?;
    Ok(Charge {
        hold,
        org: row.id("org_id")?,
        member: row.id("member_id")?,
        key: row.id_or_none("key_id")?,
        group: row.id_or_none("group_id")?,
        project: row.id_or_none("project_id")?,
        surface: row.named("surface", Surface::from_name)?,
        tool: Tool::new(&row.text("tool")?),
        provider: shared("provider")?,
        model: shared("model")?,
        admitted,
        ended: admitted.plus_micros(lasted),
        ending: ending_from_name(&ending).ok_or_else(|| corrupt("its ending"))?,
        usage: usage.fold(Usage::default(), |usage, (unit, count)| usage.with(unit, count)),
        outputs,
        held: credits(held)?,
        charged: row.credits("charged")?,
        overrun: credits(overrun)?,
        lines: Lines::new(),
        price_book: Arc::from(price_book.as_ref()),
        body_hash: detail::unhex(&body_hash).ok_or_else(|| corrupt("its hash"))?,
        status,
    })
}
