//! What corrections gave back, and the charges that are listed for one.

use ledger::{Credits, Epoch, HoldId, LineSource, NodeId, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Adjustment, Indeterminate};

use super::charge;
use crate::column::{Columns, Id};
use crate::error::{Error, Result};

/// What corrections gave back to accounts of an organisation, by request, number and account.
pub(crate) async fn adjustments(
    connection: &mut SqliteConnection,
    org: OrgId,
) -> Result<Vec<Adjustment>> {
    let rows = sqlx::query(
        "SELECT * FROM adjustments WHERE shard = ? AND org_id = ?
         ORDER BY node, epoch, n, number, account_id",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .fetch_all(connection)
    .await?;
    rows.iter().map(adjustment).collect()
}

fn adjustment(row: &SqliteRow) -> Result<Adjustment> {
    Ok(Adjustment {
        hold: hold(row)?,
        number: row.count("number")?,
        account: row.id("account_id")?,
        amount: row.credits("amount")?,
        actor: row.text("actor")?,
        reason: row.text("reason")?,
        at: row.instant("at")?,
    })
}

fn hold(row: &SqliteRow) -> Result<HoldId> {
    let (node, epoch) = (row.small("node")?, row.small("epoch")?);
    Ok(HoldId { node: NodeId(node), epoch: Epoch(epoch), n: row.count("n")? })
}

/// The charges that a journal made after its gateway had died, by organisation and hold.
pub(crate) async fn indeterminate(
    connection: &mut SqliteConnection,
    org: Option<OrgId>,
) -> Result<Vec<Indeterminate>> {
    let rows = sqlx::query(
        "SELECT org_id, node, epoch, n FROM indeterminate_events
         WHERE ?1 IS NULL OR (shard = ?2 AND org_id = ?1)
         ORDER BY org_id, node, epoch, n",
    )
    .bind(org.map(Id::blob))
    .bind(org.map(|org| org.shard().number()))
    .fetch_all(&mut *connection)
    .await?;
    let mut listed = Vec::with_capacity(rows.len());
    let mut known: Option<(OrgId, Vec<Adjustment>)> = None;
    for row in rows {
        let (org, hold) = (row.id("org_id")?, hold(&row)?);
        let all = match known.take() {
            Some((of, all)) if of == org => all,
            _ => adjustments(connection, org).await?,
        };
        let charge = charge(connection, org, hold).await?;
        let charge = charge.ok_or_else(|| Error::corrupt(format!("{hold} is listed and gone")))?;
        let adjustments: Vec<_> = all.iter().filter(|it| it.hold == hold).cloned().collect();
        let grants = charge.lines.iter().filter(|line| line.source != LineSource::Limit);
        let back = adjustments
            .iter()
            .filter(|it| grants.clone().any(|line| line.account == it.account))
            .fold(Credits::ZERO, |sum, it| sum.saturating_add(it.amount));
        let charged = charge.charged.saturating_sub(back);
        listed.push(Indeterminate { charge, charged, adjustments });
        known = Some((org, all));
    }
    Ok(listed)
}
