//! Charges with their lines: one, or an organisation's in their order.

use std::sync::Arc;

use ledger::{Charge, Credits, HoldId, Line, OrgId, Surface, Tool, Unit, Usage};
use smallvec::SmallVec;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use store::{ending_from_name, source_from_name};

use crate::column::{Columns, Id, count, shard};
use crate::error::{Error, Result};
use crate::session::Session;

/// An event's columns, and what its accounts are.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT node, epoch, n, org_id, member_id, key_id, group_id, project_id, surface, tool,
                 provider, model, admitted_at, ended_at, ending, status, requests, input_tokens,
                 cached_input_tokens, cache_write_tokens, cache_write_hour_tokens, output_tokens,
                 images, outputs, held, charged, overrun, line_accounts, line_amounts, price_book,
                 body_hash, ARRAY (
                 SELECT account.kind
                 FROM unnest(event.line_accounts) WITH ORDINALITY AS line (account_id, place)
                 LEFT JOIN accounts AS account
                     ON account.shard = event.shard AND account.org_id = event.org_id
                         AND account.account_id = line.account_id
                 ORDER BY line.place) AS line_kinds
             FROM usage_events AS event
             WHERE event.shard = $1 AND event.org_id = $2 ",
            $rest
        )
    };
}

/// The charge of one of an organisation's holds.
pub(crate) async fn charge(
    session: &mut Session,
    org: OrgId,
    hold: HoldId,
) -> Result<Option<Charge>> {
    let row = sqlx::query(select!("AND event.node = $3 AND event.epoch = $4 AND event.n = $5"))
        .bind(shard(org))
        .bind(org.uuid())
        .bind(i64::from(hold.node.0))
        .bind(i64::from(hold.epoch.0))
        .bind(count(hold.n))
        .fetch_optional(session)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The charges of an organisation after one, or from the first, and at most so many.
pub(crate) async fn charges(
    session: &mut Session,
    org: OrgId,
    after: Option<HoldId>,
    most: usize,
) -> Result<Vec<Charge>> {
    // Starts are counted from 1, so that this comes before every charge.
    let (node, epoch, n) = after.map_or((0, 0, 0), |it| (it.node.0, it.epoch.0, it.n));
    let rows = sqlx::query(select!(
        "AND (event.node, event.epoch, event.n) > ($3, $4, $5)
         ORDER BY event.node, event.epoch, event.n LIMIT $6"
    ))
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(node))
    .bind(i64::from(epoch))
    .bind(count(n))
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(session)
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &PgRow) -> Result<Charge> {
    let shared = |column| row.text(column).map(Arc::<str>::from);
    let mut usage = Usage::default();
    for unit in Unit::ALL {
        usage = usage.with(unit, row.count(unit.name())?);
    }
    Ok(Charge {
        hold: row.hold()?,
        org: row.id("org_id")?,
        member: row.id("member_id")?,
        key: row.id_or_none("key_id")?,
        group: row.id_or_none("group_id")?,
        project: row.id_or_none("project_id")?,
        surface: row.named("surface", Surface::from_name)?,
        tool: Tool::new(&row.text("tool")?),
        provider: shared("provider")?,
        model: shared("model")?,
        admitted: row.instant("admitted_at")?,
        ended: row.instant("ended_at")?,
        ending: row.named("ending", ending_from_name)?,
        usage,
        outputs: row.count("outputs")?,
        held: row.credits("held")?,
        charged: row.credits("charged")?,
        overrun: row.credits("overrun")?,
        lines: lines(row)?,
        price_book: shared("price_book")?,
        body_hash: row.array("body_hash")?,
        status: row.small("status")?,
    })
}

fn lines(row: &PgRow) -> Result<SmallVec<[Line; 8]>> {
    let accounts: Vec<Uuid> = row.try_get("line_accounts")?;
    let amounts: Vec<i64> = row.try_get("line_amounts")?;
    let kinds: Vec<Option<String>> = row.try_get("line_kinds")?;
    let line = |((account, amount), kind): ((Uuid, i64), Option<String>)| {
        Some(Line {
            account: Id::from_bits(account.as_u128()),
            source: source_from_name(kind.as_deref()?)?,
            amount: u64::try_from(amount).ok().and_then(Credits::from_micros)?,
        })
    };
    let lines: Option<_> = accounts.into_iter().zip(amounts).zip(kinds).map(line).collect();
    lines.ok_or_else(|| Error::corrupt("the accounts of a charge"))
}
