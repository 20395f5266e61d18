//! What a sync moves, decided from the request and the accounts it touches; nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, Epoch, Instant, LineSource, OrgId};
use store::{
    Decided, Figures, Granted, Leasable, LeaseDecision, Level, Regranted, SyncAnswer, SyncRequest,
    decide_leases, source_name,
};

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
    pub(super) refunded: Credits,
    /// What gateways have of it is wanted back.
    pub(super) recalled: bool,
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

    fn leasable(&self) -> Leasable {
        let Self { end, closed, leased, reserved, .. } = *self;
        let left = self.amount.saturating_sub(self.spent).saturating_sub(self.expired);
        let doubtful = Credits::ZERO;
        Leasable { end, closed, left, leased, reserved, doubtful, recalled: self.recalled }
    }

    fn figures(&self, account: AccountId) -> Figures {
        let Self { amount, spent, refunded, .. } = *self;
        let drained = self.leasable().available().is_zero();
        Figures { account, amount, spent, refunded, drained }
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
    for Regranted { epoch, account: id, amount } in &request.regranted {
        if *epoch > request.epoch {
            return Err(Error::corrupt(format!("{epoch:?} has not begun")));
        }
        let account = accounts.get_mut(id).ok_or_else(|| unknown(*id))?;
        account.lease(*epoch, *amount);
    }
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
    Ok(lease(request, accounts))
}

fn lease(request: &SyncRequest, accounts: &mut BTreeMap<AccountId, Touched>) -> SyncAnswer {
    let mut leasable = accounts.iter().map(|(id, account)| (*id, account.leasable())).collect();
    let SyncRequest { ask, refill, now, .. } = request;
    let when = Decided { now: *now, frozen: false };
    let LeaseDecision { granted, verdicts } = decide_leases(ask, refill, when, &mut leasable);
    for Granted { account, amount } in &granted {
        let account = accounts.get_mut(account).expect("only what was read is leased");
        account.lease(request.epoch, *amount);
    }
    for (id, leasable) in &leasable {
        let account = accounts.get_mut(id).expect("only what was read is decided on");
        account.moved |= account.recalled != leasable.recalled;
        account.recalled = leasable.recalled;
    }
    let named: BTreeSet<_> = request.leasing().collect();
    let figures = named.into_iter().filter_map(|id| Some(accounts.get(&id)?.figures(id)));
    let figures = figures.collect();
    SyncAnswer { granted, verdicts, figures, ..SyncAnswer::default() }
}

fn unknown(id: AccountId) -> Error {
    Error::corrupt(format!("the shard has no account {id}"))
}

fn uncovered(id: AccountId, amount: Credits) -> Error {
    Error::corrupt(format!("{amount} of {id} were never leased to this node"))
}
