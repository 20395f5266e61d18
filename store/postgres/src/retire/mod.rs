//! Gateways that are given up, and what is made good when their journals turn up after all.
//!
//! Both are rare, and whole or not at all: one transaction for all that the gateway had, in whatever
//! shards. It waits for everybody's locks in everybody's order.

mod compensate;
mod lost;
mod turn_up;

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, Epoch, Instant, OrgId};
use store::{
    Compensation, EntryBook, EntryCause, EntryKind, LastStart, Level, NodeState, Retired,
    Retirement, WrittenOff, compensations,
};

use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::Columns;
use crate::entries::{Transfer, enter};
use crate::error::{Error, Result};
use crate::registration::alone;
use crate::session::Session;
use crate::{locks, thresholds};

pub(crate) use turn_up::turn_up;

pub(crate) async fn retire(store: &PostgresStore, retirement: &Retirement) -> Result<Retired> {
    let mut tx = store.write().await?;
    alone(&mut tx, retirement.node).await?;
    let (state, last) = standing(&mut tx, retirement).await?;
    match state {
        NodeState::Retired => return Ok(Retired::before(last)),
        NodeState::Live => {
            return Err(Error::conflict(format!("{} was just heard of", retirement.node)));
        }
        NodeState::Suspect | NodeState::Stopped => {}
    }
    let epoch = end(&mut tx, retirement).await?;
    let lost = lost::leased(&mut tx, retirement.node).await?;
    let orgs: Vec<OrgId> = lost.iter().map(|it| it.org).collect();
    let accounts: Vec<_> = lost.iter().map(|it| (it.org, it.account)).collect();
    locks::every_books(&mut tx, &orgs).await?;
    locks::every_account(&mut tx, &accounts).await?;
    let mut reached = Reached::new(&mut tx, &orgs, retirement.now).await?;
    lost::write_off(&mut tx, retirement.node).await?;
    let loss =
        Loss { at: retirement.now, cause: EntryCause::Retirement { node: retirement.node, epoch } };
    for lost in lost.iter().filter(|lost| lost.limit.is_none()) {
        let (from, to) = (EntryBook::Grant(lost.account), EntryBook::Consumed);
        loss.enter(&mut tx, lost.org, (from, to), lost.amount).await?;
        reached.by(lost.org, lost.account);
    }
    let made = make_up(&mut tx, retirement, epoch, &lost).await?;
    for Compensation { org, grant } in &made {
        let books = (EntryBook::Platform, EntryBook::Grant(grant.id.into()));
        loss.enter(&mut tx, *org, books, grant.amount).await?;
        reached.by(*org, grant.id.into());
    }
    reached.record(&mut tx).await?;
    for Compensation { org, grant } in &made {
        record(&mut tx, *org, Entity::Grant(grant.id)).await?;
    }
    tx.commit().await?;
    Ok(Retired { epoch, written_off: lost, compensations: made })
}

/// How it stands with the gateway, and its last epoch.
async fn standing(tx: &mut Session, retirement: &Retirement) -> Result<(NodeState, Epoch)> {
    let node = retirement.node;
    let row = sqlx::query("SELECT epoch, state, heard_at FROM nodes WHERE node = $1")
        .bind(i64::from(node.0))
        .fetch_optional(tx)
        .await?;
    let row = row.ok_or_else(|| Error::conflict(format!("there is no {node}")))?;
    let start = row.named("state", LastStart::from_name)?;
    let state = NodeState::of(start, row.instant("heard_at")?, retirement.now);
    Ok((state, Epoch(row.small("epoch")?)))
}

/// Begins an epoch for nobody.
async fn end(tx: &mut Session, retirement: &Retirement) -> Result<Epoch> {
    let row = sqlx::query(
        "UPDATE nodes SET epoch = epoch + 1, state = $2 WHERE node = $1 RETURNING epoch",
    )
    .bind(i64::from(retirement.node.0))
    .bind(LastStart::Retired.name())
    .fetch_one(tx)
    .await?;
    Ok(Epoch(row.small("epoch")?))
}

/// Makes the grants that make up for what was lost of others.
async fn make_up(
    tx: &mut Session,
    retirement: &Retirement,
    epoch: Epoch,
    lost: &[WrittenOff],
) -> Result<Vec<Compensation>> {
    if retirement.assume_spent {
        return Ok(Vec::new());
    }
    let mut of_grants = Vec::new();
    for lost in lost.iter().filter(|lost| lost.limit.is_none()) {
        of_grants.push((lost.org, compensate::who_could_burn(tx, lost).await?, lost.amount));
    }
    let made = compensations(retirement, epoch, of_grants);
    for compensation in &made {
        compensate::make(tx, retirement.node, epoch, compensation).await?;
    }
    Ok(made)
}

/// How losses are entered.
struct Loss {
    at: Instant,
    cause: EntryCause,
}

impl Loss {
    async fn enter(
        &self,
        tx: &mut Session,
        org: OrgId,
        (from, to): (EntryBook, EntryBook),
        amount: Credits,
    ) -> Result<()> {
        let (kind, cause) = (EntryKind::WriteOff, self.cause.clone());
        enter(tx, org, self.at, &Transfer { kind, from, to, amount, cause }).await
    }
}

/// What organisations could spend before, and the grant of each that moved last.
struct Reached {
    at: Instant,
    levels: BTreeMap<OrgId, Level>,
    last: BTreeMap<OrgId, AccountId>,
}

impl Reached {
    async fn new(tx: &mut Session, orgs: &[OrgId], at: Instant) -> Result<Self> {
        let mut levels = BTreeMap::new();
        for org in orgs {
            if !levels.contains_key(org) {
                levels.insert(*org, thresholds::level(tx, *org, at).await?);
            }
        }
        Ok(Self { at, levels, last: BTreeMap::new() })
    }

    fn by(&mut self, org: OrgId, grant: AccountId) {
        self.last.insert(org, grant);
    }

    async fn record(self, tx: &mut Session) -> Result<()> {
        for (org, grant) in self.last {
            let before = self.levels.get(&org).copied().unwrap_or_default();
            thresholds::record_credits(tx, org, grant, before, self.at).await?;
        }
        Ok(())
    }
}
