//! Gateways that are given up, and what is made good when their journals turn up after all.
//!
//! The gateway is fenced first; then one organisation after another is settled, each in a transaction
//! of its own; it counts as retired when all are. What was interrupted is gone on with by asking again.

mod compensate;
mod lost;
mod turn_up;

use ledger::{Credits, Epoch, Instant, OrgId};
use store::{
    EntryBook, EntryCause, EntryKind, LastStart, NodeState, Retired, Retirement, compensations,
};

use crate::column::Columns;
use crate::entries::{Transfer, enter};
use crate::error::{Error, Result};
use crate::registration::alone;
use crate::session::Session;
use crate::{PostgresStore, locks, nodes, thresholds};
use lost::Lost;

pub(crate) use turn_up::turn_up;

pub(crate) async fn retire(store: &PostgresStore, retirement: &Retirement) -> Result<Retired> {
    let mut tx = store.write().await?;
    alone(&mut tx, retirement.node).await?;
    let nodes = nodes::nodes(&mut tx, retirement.now).await?;
    let node = nodes.into_iter().find(|stored| stored.node == retirement.node);
    let node = node.ok_or_else(|| Error::conflict(format!("there is no {}", retirement.node)))?;
    match node.state {
        NodeState::Retired => return Ok(Retired::before(node.epoch)),
        NodeState::Live => return Err(Error::conflict(node.is_heard_of())),
        NodeState::Suspect | NodeState::Stopped => {}
    }
    let epoch = begin_for_nobody(&mut tx, retirement).await?;
    tx.commit().await?;
    let mut retired = Retired::before(epoch);
    for org in lost::orgs(&mut store.plain().await?, retirement.node).await? {
        let of_org = write_off(store, retirement, epoch, org).await?;
        retired.written_off.extend(of_org.written_off);
        retired.compensations.extend(of_org.compensations);
    }
    end(store, retirement, epoch).await?;
    Ok(retired)
}

/// An epoch that fences whoever comes with the last one.
async fn begin_for_nobody(tx: &mut Session, retirement: &Retirement) -> Result<Epoch> {
    let row = sqlx::query("UPDATE nodes SET epoch = epoch + 1 WHERE node = $1 RETURNING epoch")
        .bind(i64::from(retirement.node.0))
        .fetch_one(tx)
        .await?;
    Ok(Epoch(row.small("epoch")?))
}

async fn end(store: &PostgresStore, retirement: &Retirement, epoch: Epoch) -> Result<()> {
    let ended = sqlx::query("UPDATE nodes SET state = $3 WHERE node = $1 AND epoch = $2")
        .bind(i64::from(retirement.node.0))
        .bind(i64::from(epoch.0))
        .bind(LastStart::Retired.name())
        .execute(&mut store.plain().await?)
        .await?;
    match ended.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::conflict(format!("{} has started again meanwhile", retirement.node))),
    }
}

async fn write_off(
    store: &PostgresStore,
    retirement: &Retirement,
    epoch: Epoch,
    org: OrgId,
) -> Result<Retired> {
    let Retirement { node, assume_spent, now } = *retirement;
    let cause = EntryCause::Retirement { node, epoch };
    let mut tx = store.write().await?;
    locks::books(&mut tx, org).await?;
    lost::lock(&mut tx, node, org).await?;
    let lost = lost::read(&mut tx, node, org).await?;
    let before = thresholds::level(&mut tx, org, now).await?;
    lost::write_off(&mut tx, node, org).await?;
    let mut last = None;
    for lost in lost.iter().map(|lost| lost.written_off).filter(|lost| lost.limit.is_none()) {
        let books = (EntryBook::Grant(lost.account), EntryBook::Consumed);
        enter_loss(&mut tx, org, now, books, lost.amount, &cause).await?;
        last = Some(lost.account);
    }
    let unpaid = lost.iter().filter_map(Lost::of_grant).filter(|_| !assume_spent);
    let made = compensations(retirement, epoch, unpaid);
    for made in &made {
        compensate::make(&mut tx, retirement, epoch, made, &cause).await?;
        last = Some(made.grant.id.into());
    }
    if let Some(account) = last {
        thresholds::record_credits(&mut tx, org, account, before, now).await?;
    }
    compensate::tell(&mut tx, &made).await?;
    tx.commit().await?;
    let written_off = lost.into_iter().map(|lost| lost.written_off).collect();
    Ok(Retired { epoch, written_off, compensations: made })
}

/// Enters what was lost, who bears it, or that it is no loss.
async fn enter_loss(
    tx: &mut Session,
    org: OrgId,
    at: Instant,
    (from, to): (EntryBook, EntryBook),
    amount: Credits,
    cause: &EntryCause,
) -> Result<()> {
    let (kind, cause) = (EntryKind::WriteOff, cause.clone());
    enter(tx, org, at, &Transfer { kind, from, to, amount, cause }).await
}
