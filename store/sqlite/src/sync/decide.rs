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
    pub(super) written_off: Credits,
    pub(super) written_back: Credits,
    /// What of `leased` silent gateways have; nothing where nobody asks.
    pub(super) doubtful: Credits,
    /// What gateways have of it is wanted back.
    pub(super) recalled: bool,
    /// What was spent, and what was written off, before this sync.
    pub(super) before: (Credits, Credits),
    /// By epoch of the node.
    pub(super) leases: BTreeMap<Epoch, Lease>,
    /// Whether any of the above has moved.
    pub(super) moved: bool,
    /// Whether a lease was booked as it was, whatever there is.
    pub(super) regranted: bool,
}

/// What one start of the node has of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) amount: Credits,
    /// Written off when the node was given up: what its journal has spent after all comes from here.
    pub(super) written_off: Credits,
}

impl Touched {
    pub(super) fn is_grant(&self) -> bool {
        self.kind != source_name(LineSource::Limit)
    }

    pub(super) fn lives(&self, now: Instant) -> bool {
        self.start <= now && now < self.end
    }

    pub(super) fn level(&self) -> Level {
        self.level_at(self.spent, self.written_off)
    }

    pub(super) fn level_before(&self) -> Level {
        let (spent, written_off) = self.before;
        self.level_at(spent, written_off)
    }

    fn level_at(&self, spent: Credits, written_off: Credits) -> Level {
        let gone = spent.saturating_add(self.expired).saturating_add(written_off);
        Level::new(self.amount, gone)
    }

    /// Everything that is not available.
    pub(super) fn taken(&self) -> Credits {
        let with_others = self.leased.saturating_add(self.reserved);
        let gone = self.spent.saturating_add(self.expired).saturating_add(self.written_off);
        with_others.saturating_add(gone)
    }

    fn leasable(&self) -> Leasable {
        let Self { end, closed, leased, reserved, doubtful, recalled, .. } = *self;
        let gone = self.spent.saturating_add(self.expired).saturating_add(self.written_off);
        let left = self.amount.saturating_sub(gone);
        Leasable { end, closed, left, leased, reserved, doubtful, recalled }
    }

    fn figures(&self, account: AccountId) -> Figures {
        let drained = self.leasable().available().is_zero();
        Figures {
            account,
            amount: self.amount,
            spent: self.spent.saturating_add(self.written_off),
            refunded: self.refunded.saturating_add(self.written_back),
            drained,
        }
    }

    /// Takes credits out of the lease of an epoch; `None` where it has not so many.
    fn take(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        let lease = self.leases.get_mut(&epoch)?;
        lease.amount = lease.amount.checked_sub(amount)?;
        self.leased = self.leased.checked_sub(amount)?;
        self.moved = true;
        Some(())
    }

    /// Spends credits of the lease of an epoch, and then of what was written off of it.
    fn spend(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        self.spent = self.spent.checked_add(amount)?;
        let lease = self.leases.get_mut(&epoch)?;
        let leased = amount.min(lease.amount);
        let lost = amount.saturating_sub(leased);
        lease.written_off = lease.written_off.checked_sub(lost)?;
        self.written_off = self.written_off.checked_sub(lost)?;
        self.take(epoch, leased)
    }

    fn lease(&mut self, epoch: Epoch, amount: Credits) {
        let lease = self.leases.entry(epoch).or_default();
        lease.amount = lease.amount.saturating_add(amount);
        self.leased = self.leased.saturating_add(amount);
        self.moved = true;
    }
}

/// Makes the accounts what they are to be; answers what the node is told.
///
/// `recalled` are the accounts of the shard under recall of which this epoch had a lease.
pub(super) fn decide(
    request: &SyncRequest,
    accounts: &mut BTreeMap<AccountId, Touched>,
    recalled: &BTreeSet<AccountId>,
) -> Result<SyncAnswer> {
    for Regranted { epoch, account: id, amount } in &request.regranted {
        if *epoch > request.epoch {
            return Err(Error::corrupt(format!("{epoch:?} has not begun")));
        }
        if !amount.is_zero() {
            let account = accounts.get_mut(id).ok_or_else(|| unknown(*id))?;
            account.lease(*epoch, *amount);
            account.regranted = true;
        }
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
    let mut answer = lease(request, accounts);
    answer.recalled = still_recalled(request, accounts, recalled);
    Ok(answer)
}

fn still_recalled(
    request: &SyncRequest,
    accounts: &BTreeMap<AccountId, Touched>,
    recalled: &BTreeSet<AccountId>,
) -> Vec<AccountId> {
    let untouched = recalled.iter().copied().filter(|id| !accounts.contains_key(id));
    let touched = accounts.iter().filter(|(_, account)| {
        let lease = account.leases.get(&request.epoch);
        account.recalled && lease.is_some_and(|lease| !lease.amount.is_zero())
    });
    let all: BTreeSet<_> = touched.map(|(id, _)| *id).chain(untouched).collect();
    all.into_iter().collect()
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
