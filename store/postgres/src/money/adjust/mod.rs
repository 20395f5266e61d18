//! Lowering what a request was charged: decided from the event and its earlier corrections, then
//! written.

mod charged;
mod named;
mod write;

use ledger::{Credits, LineSource};
use store::{Adjusted, AdjustmentRequest, ChangeSeq};

use crate::PostgresStore;
use crate::changes::stamp;
use crate::error::{Error, Result};
use crate::locks;
use crate::session::Session;
use charged::{Charged, Paid};

pub(crate) async fn adjust(store: &PostgresStore, request: &AdjustmentRequest) -> Result<Adjusted> {
    let mut tx = store.write().await?;
    locks::books(&mut tx, request.org).await?;
    if let Some(first) = named::first_answer(&mut tx, request).await? {
        return Ok(first);
    }
    let charged = charged::read(&mut tx, request.org, request.hold).await?;
    let charged = charged.ok_or_else(|| {
        Error::conflict(format!("{} has no request {}", request.org, request.hold))
    })?;
    let before = charged.now();
    let less = before.checked_sub(request.charge).ok_or_else(|| {
        Error::conflict(format!(
            "{} is charged {before} credits: a correction lowers that, and {} is more",
            request.hold, request.charge
        ))
    })?;
    let shares = shares(&charged, less);
    locks::accounts(&mut tx, request.org, shares.iter().map(|(paid, _)| paid.account)).await?;
    let seq = match write::write(&mut tx, request, &charged, &shares).await? {
        Some(seq) => seq,
        None => last_change(&mut tx).await?,
    };
    let adjusted = Adjusted { before, after: request.charge, seq };
    named::remember(&mut tx, request, &adjusted).await?;
    tx.commit().await?;
    Ok(adjusted)
}

async fn last_change(tx: &mut Session) -> Result<ChangeSeq> {
    Ok(stamp(tx).await?.seq)
}

/// What each account gets back: limits the whole, grants in reverse burn order; in the order of the
/// charge's lines, and without those that get nothing.
fn shares(charged: &Charged, less: Credits) -> Vec<(&Paid, Credits)> {
    let mut of_grants = less;
    let mut shares = Vec::with_capacity(charged.lines.len());
    for paid in charged.lines.iter().rev() {
        let share = match paid.source {
            LineSource::Limit => less.min(paid.amount),
            LineSource::Grant(_) => {
                let share = of_grants.min(paid.amount);
                of_grants = of_grants.saturating_sub(share);
                share
            }
        };
        if !share.is_zero() {
            shares.push((paid, share));
        }
    }
    shares.reverse();
    shares
}
