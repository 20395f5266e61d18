//! The only way a gateway touches money: one transaction, decided first, then written.
//!
//! Five statements, one more where there are charges: begin, lock, read, (charge,) settle, commit. What
//! happens seldom has its own: thresholds, keyed requests, recalls.

mod charge;
mod events;
mod hours;
mod lock;
mod position;
mod read;
mod settle;
mod transfers;

use store::{Nudge, SyncAnswer, SyncRequest, Touched, book, reached};

use crate::error::Result;
use crate::session::Session;
use crate::{PostgresStore, idempotency, nudge, thresholds};
use position::Position;
use read::Read;

pub(crate) async fn sync(store: &PostgresStore, request: &SyncRequest) -> Result<SyncAnswer> {
    let fingerprint = request.fingerprint();
    let mut tx = store.write().await?;
    lock::lock(&mut tx, request).await?;
    let mut read = read::read(&mut tx, request).await?;
    if let Position::Repeated(answer) = position::of(&read.position, request, &fingerprint)? {
        return Ok(answer);
    }
    let answer = book(request, &mut read.touched, &read.recalled, read.frozen)?;
    write(&mut tx, request, &read).await?;
    settle::settle(&mut tx, request, &fingerprint, &read.touched, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What a sync leaves on record beside the figures of its accounts.
async fn write(tx: &mut Session, request: &SyncRequest, read: &Read) -> Result<()> {
    if !request.events.is_empty() {
        charge::charge(tx, request, read).await?;
    }
    let levels = read.orgs.iter().map(|(org, figures)| (*org, figures.level));
    for (org, event) in reached(request, &read.touched, levels) {
        thresholds::record(tx, org, &event).await?;
    }
    idempotency::end(tx, request).await?;
    if read.touched.values().any(Touched::is_newly_recalled) {
        nudge::send(tx, Nudge::Recalled(request.shard)).await?;
    }
    Ok(())
}
