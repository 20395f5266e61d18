//! What corrections gave back, and the charges that are listed for one.

use ledger::{Credits, LineSource, OrgId};
use sqlx::postgres::PgRow;
use store::{Adjustment, Indeterminate};

use super::charge;
use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

/// What corrections gave back to accounts of an organisation, by request, number and account.
pub(crate) async fn adjustments(session: &mut Session, org: OrgId) -> Result<Vec<Adjustment>> {
    let rows = sqlx::query(
        "SELECT node, epoch, n, number, account_id, amount, actor, reason, at FROM adjustments
         WHERE shard = $1 AND org_id = $2
         ORDER BY node, epoch, n, number, account_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .fetch_all(session)
    .await?;
    rows.iter().map(adjustment).collect()
}

fn adjustment(row: &PgRow) -> Result<Adjustment> {
    Ok(Adjustment {
        hold: row.hold()?,
        number: row.count("number")?,
        account: row.id("account_id")?,
        amount: row.credits("amount")?,
        actor: row.text("actor")?,
        reason: row.text("reason")?,
        at: row.instant("at")?,
    })
}

/// The charges that a journal made after its gateway had died, by organisation and hold.
pub(crate) async fn indeterminate(
    session: &mut Session,
    org: Option<OrgId>,
) -> Result<Vec<Indeterminate>> {
    let rows = sqlx::query(
        "SELECT org_id, node, epoch, n FROM indeterminate_events
         WHERE $1::uuid IS NULL OR (shard = $2 AND org_id = $1)
         ORDER BY org_id, node, epoch, n",
    )
    .bind(org.map(Id::uuid))
    .bind(org.map(shard))
    .fetch_all(&mut *session)
    .await?;
    let mut listed = Vec::with_capacity(rows.len());
    let mut known: Option<(OrgId, Vec<Adjustment>)> = None;
    for row in rows {
        let (org, hold) = (row.id("org_id")?, row.hold()?);
        let all = match known.take() {
            Some((of, all)) if of == org => all,
            _ => adjustments(session, org).await?,
        };
        let charge = charge(session, org, hold).await?;
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
