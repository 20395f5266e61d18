//! Gateways that are given up, and what is made good when their journals turn up after all.

mod compensate;
mod lost;
mod turn_up;

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, Epoch, Instant, OrgId};
use sqlx::SqliteConnection;
use store::{
    EntryBook, EntryCause, EntryKind, LastStart, NodeState, Retired, Retirement, StoredNode,
    compensations,
};

use crate::SqliteStore;
use crate::entries::{Transfer, enter};
use crate::error::{Error, Result};
use crate::{nodes, thresholds};
use lost::Lost;

pub(crate) use turn_up::turn_up;

pub(crate) async fn retire(store: &SqliteStore, retirement: &Retirement) -> Result<Retired> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    let node = nodes::node(&mut tx, retirement.node, retirement.now).await?;
    let node = node.ok_or_else(|| Error::conflict(format!("there is no {}", retirement.node)))?;
    match node.state {
        NodeState::Retired => return Ok(Retired::before(node.epoch)),
        NodeState::Live => return Err(Error::conflict(node.is_heard_of())),
        NodeState::Suspect | NodeState::Stopped => {}
    }
    let epoch = begin_for_nobody(&mut tx, &node).await?;
    let retired = write_off(&mut tx, retirement, epoch).await?;
    tx.commit().await?;
    Ok(retired)
}

/// An epoch that fences whoever comes with the last one.
async fn begin_for_nobody(tx: &mut SqliteConnection, node: &StoredNode) -> Result<Epoch> {
    let epoch = sqlx::query_scalar(
        "UPDATE nodes SET epoch = epoch + 1, state = ? WHERE node = ? RETURNING epoch",
    )
    .bind(LastStart::Retired.name())
    .bind(node.node.0)
    .fetch_one(tx)
    .await?;
    Ok(Epoch(epoch))
}

async fn write_off(
    tx: &mut SqliteConnection,
    retirement: &Retirement,
    epoch: Epoch,
) -> Result<Retired> {
    let Retirement { node, assume_spent, now } = *retirement;
    let cause = EntryCause::Retirement { node, epoch };
    let lost = lost::read(tx, node).await?;
    let grants = || lost.iter().map(|lost| lost.written_off).filter(|lost| lost.limit.is_none());
    // What each organisation can spend before it, and the grant that moves last.
    let mut moved: BTreeMap<OrgId, AccountId> = BTreeMap::new();
    let mut levels = Vec::new();
    moved.extend(grants().map(|lost| (lost.org, lost.account)));
    for org in moved.keys() {
        levels.push(thresholds::level(tx, *org, now).await?);
    }
    lost::write_off(tx, node).await?;
    for lost in grants() {
        let books = (EntryBook::Grant(lost.account), EntryBook::Consumed);
        enter_loss(tx, lost.org, now, books, lost.amount, &cause).await?;
    }
    let unpaid = lost.iter().filter_map(Lost::of_grant).filter(|_| !assume_spent);
    let made = compensations(retirement, epoch, unpaid);
    for made in &made {
        compensate::make(tx, retirement, epoch, made, &cause).await?;
        moved.insert(made.org, made.grant.id.into());
    }
    for ((org, account), before) in moved.into_iter().zip(levels) {
        thresholds::record_credits(tx, org, account, before, now).await?;
    }
    let written_off = lost.into_iter().map(|lost| lost.written_off).collect();
    Ok(Retired { epoch, written_off, compensations: made })
}

/// Enters what was lost, who bears it, or that it is no loss.
async fn enter_loss(
    tx: &mut SqliteConnection,
    org: OrgId,
    at: Instant,
    (from, to): (EntryBook, EntryBook),
    amount: Credits,
    cause: &EntryCause,
) -> Result<()> {
    let (kind, cause) = (EntryKind::WriteOff, cause.clone());
    enter(tx, org, at, &Transfer { kind, from, to, amount, cause }).await
}
