//! One charge with its lines.

use std::sync::Arc;

use ledger::{Charge, Credits, HoldId, Line, Surface, Tool, Unit, Usage};
use smallvec::SmallVec;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ending_from_name, source_from_name};

use crate::column::{Columns, Id, count};
use crate::detail;
use crate::error::{Error, Result};

pub(crate) async fn charge(
    connection: &mut SqliteConnection,
    hold: HoldId,
) -> Result<Option<Charge>> {
    // Events are kept by organisation, which a hold's name does not tell: each is asked.
    let row = sqlx::query(
        "SELECT usage_events.*, usage_series.*
         FROM orgs
         CROSS JOIN usage_events
             ON usage_events.shard = orgs.shard AND usage_events.org_id = orgs.org_id
                AND usage_events.node = ? AND usage_events.epoch = ? AND usage_events.n = ?
         CROSS JOIN usage_series USING (series)",
    )
    .bind(hold.node.0)
    .bind(hold.epoch.0)
    .bind(count(hold.n))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut charge = from_row(&row, hold)?;
    charge.lines = lines(connection, &charge).await?;
    Ok(Some(charge))
}

async fn lines(connection: &mut SqliteConnection, charge: &Charge) -> Result<SmallVec<[Line; 8]>> {
    let rows = sqlx::query(
        "SELECT account_id, kind, amount FROM usage_lines
         WHERE shard = ? AND org_id = ? AND node = ? AND epoch = ? AND n = ? ORDER BY place",
    )
    .bind(charge.org.shard().number())
    .bind(charge.org.blob())
    .bind(charge.hold.node.0)
    .bind(charge.hold.epoch.0)
    .bind(count(charge.hold.n))
    .fetch_all(connection)
    .await?;
    let line = |row: &SqliteRow| {
        Ok(Line {
            account: row.id("account_id")?,
            source: row.named("kind", source_from_name)?,
            amount: row.credits("amount")?,
        })
    };
    rows.iter().map(line).collect()
}

fn from_row(row: &SqliteRow, hold: HoldId) -> Result<Charge> {
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
        lines: SmallVec::new(),
        price_book: Arc::from(price_book.as_ref()),
        body_hash: detail::unhex(&body_hash).ok_or_else(|| corrupt("its hash"))?,
        status,
    })
}
