//! What a sync moves, decided from the request and the accounts it touches; nothing is written.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, Epoch, Instant, LineSource, OrgId};
use store::{Granted, Level, SyncAnswer, SyncRequest, source_name};

use crate::error::{Error, Result};

/// An account that a request touches, with what the node has leased of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) org: OrgId,
    pub(super) number: i64,
    /// `limit`, or the kind of the grant.
    pub(super) kind: String,
    pub(super) start: Instant,
    pub(super) end: Instant,
    pub(super) closed: bool,
    pub(super) amount: Credits,
    pub(super) spent: Credits,
    pub(super) leased: Credits,
    pub(super) reserved: Credits,
    pub(super) expired: Credits,
    /// What was spent before this sync.
    pub(super) spent_before: Credits,
    /// By epoch of the node.
    pub(super) leases: BTreeMap<Epoch, Credits>,
    /// Whether any of the above has moved.
    pub(super) moved: bool,
}

impl Touched {
    pub(super) fn is_grant(&self) -> bool {
        self.kind != source_name(LineSource::Limit)
    }

    pub(super) fn lives(&self, now: Instant) -> bool {
        self.start <= now && now < self.end
    }

    pub(super) fn level(&self) -> Level {
        Level::new(self.amount, self.spent.saturating_add(self.expired))
    }

    pub(super) fn level_before(&self) -> Level {
        Level::new(self.amount, self.spent_before.saturating_add(self.expired))
    }

    fn available(&self) -> Credits {
        let taken = self.spent.saturating_add(self.leased).saturating_add(self.reserved);
        self.amount.saturating_sub(taken).saturating_sub(self.expired)
    }

    /// Takes credits out of the lease of an epoch; `None` where it has not so many.
    fn take(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        let lease = self.leases.get_mut(&epoch)?;
        *lease = lease.checked_sub(amount)?;
        self.leased = self.leased.checked_sub(amount)?;
        self.moved = true;
        Some(())
    }

    fn spend(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        self.spent = self.spent.checked_add(amount)?;
        self.take(epoch, amount)
    }

    fn lease(&mut self, epoch: Epoch, amount: Credits) {
        let lease = self.leases.entry(epoch).or_default();
        *lease = lease.saturating_add(amount);
        self.leased = self.leased.saturating_add(amount);
        self.moved = true;
    }
}

/// Makes the accounts what they are to be; answers what the node is told.
pub(super) fn decide(
    request: &SyncRequest,
    accounts: &mut BTreeMap<AccountId, Touched>,
) -> Result<SyncAnswer> {
    for (id, spending) in request.spending()? {
        let account = accounts.get_mut(&id).ok_or_else(|| unknown(id))?;
        if account.org != spending.org || account.kind != source_name(spending.source) {
            return Err(Error::corrupt(format!("{id} is not what its charges say")));
        }
        for (epoch, amount) in spending.by_epoch {
            account.spend(epoch, amount).ok_or_else(|| uncovered(id, amount))?;
        }
    }
    for (id, amount) in request.returning()? {
        let account = accounts.get_mut(&id).ok_or_else(|| unknown(id))?;
        account.take(request.epoch, amount).ok_or_else(|| uncovered(id, amount))?;
    }
    let mut answer = SyncAnswer::default();
    for wish in &request.refill {
        let Some(account) = accounts.get_mut(&wish.account) else { continue };
        let amount = wish.wanted.min(account.available());
        if account.end > request.now && !account.closed && !amount.is_zero() {
            account.lease(request.epoch, amount);
            answer.granted.push(Granted { account: wish.account, amount });
        }
    }
    Ok(answer)
}

fn unknown(id: AccountId) -> Error {
    Error::corrupt(format!("the shard has no account {id}"))
}

fn uncovered(id: AccountId, amount: Credits) -> Error {
    Error::corrupt(format!("{amount} of {id} were never leased to this node"))
}
