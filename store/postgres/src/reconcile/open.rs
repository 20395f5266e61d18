//! What is no difference, and is to be settled all the same.

use ledger::{Epoch, NodeId};
use store::{InDoubt, IndeterminateFigures};

use crate::column::Columns;
use crate::error::Result;
use crate::session::Session;

/// What earlier starts of gateways have leased.
pub(super) async fn in_doubt(session: &mut Session) -> Result<Vec<InDoubt>> {
    let rows = sqlx::query(include_str!("in_doubt.sql")).fetch_all(session).await?;
    let mut in_doubt = Vec::with_capacity(rows.len());
    for row in rows {
        in_doubt.push(InDoubt {
            org: row.id("org_id")?,
            account: row.id("account_id")?,
            node: NodeId(row.small("node")?),
            epoch: Epoch(row.small("epoch")?),
            amount: row.credits("amount")?,
        });
    }
    Ok(in_doubt)
}

/// The charges that a journal made after its gateway had died.
pub(super) async fn indeterminate(session: &mut Session) -> Result<Vec<IndeterminateFigures>> {
    let rows = sqlx::query(include_str!("indeterminate.sql")).fetch_all(session).await?;
    let mut indeterminate = Vec::with_capacity(rows.len());
    for row in rows {
        indeterminate.push(IndeterminateFigures {
            hold: row.hold()?,
            org: row.id("org_id")?,
            member: row.id("member_id")?,
            admitted: row.instant("admitted_at")?,
            held: row.credits("held")?,
            charged: row.credits("charged")?,
            refunded: row.credits("refunded")?,
        });
    }
    Ok(indeterminate)
}
