//! Starts, syncs and recoveries: every line of every charge by itself, on a copy that counts only
//! if nothing was wrong.

use std::collections::BTreeMap;

use ledger::{AccountId, Charge, Credits, Epoch, Line, LineSource, NodeId};

use super::state::{Accounts, State};
use crate::{
    Applied, Error, Granted, Refill, Registered, Registration, Result, SyncAnswer, SyncRequest,
};

impl State {
    pub(super) fn register(&mut self, registration: &Registration) -> Result<Registered> {
        let Registration { node, journal, last_lsn, .. } = *registration;
        let of_journal =
            |((of, journal_of, shard), (request, _)): (&(_, _, _), &(SyncRequest, _))| {
                let applied = Applied { seq: request.seq, lsn: request.lsn };
                ((*of, *journal_of) == (node, journal)).then_some((*shard, applied))
            };
        let applied: Vec<_> = self.applied.iter().filter_map(of_journal).collect();
        if let Some((_, ahead)) = applied.iter().find(|(_, applied)| applied.lsn > last_lsn) {
            return Err(Error::OldCopy { applied: ahead.lsn, held: last_lsn });
        }
        let epoch = Epoch(self.nodes.get(&node).map_or(0, |(epoch, _)| epoch.0) + 1);
        self.nodes.insert(node, (epoch, journal));
        Ok(Registered { epoch, applied })
    }

    /// The journal of a node's last start.
    pub(super) fn journal_of(&self, node: NodeId, epoch: Epoch) -> Result<u128> {
        match self.nodes.get(&node) {
            Some((current, journal)) if *current == epoch => Ok(*journal),
            Some((current, _)) => Err(Error::Fenced { current: *current }),
            None => Err(Error::Fenced { current: Epoch(0) }),
        }
    }

    pub(super) fn recovered(&mut self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.journal_of(node, epoch)?;
        self.money.leases.retain(|(_, of, earlier), _| *of != node || *earlier >= epoch);
        self.free_keys(|_, hold| hold.node == node && hold.epoch < epoch);
        Ok(())
    }

    pub(super) fn sync(&mut self, request: &SyncRequest) -> Result<SyncAnswer> {
        let journal = self.journal_of(request.node, request.epoch)?;
        let call = (request.node, journal, request.shard);
        let mut applied = Applied::default();
        if let Some((last, answer)) = self.applied.get(&call) {
            if last.seq == request.seq {
                let same = last == request;
                let mismatch = Error::Mismatch { seq: request.seq };
                return if same { Ok(answer.clone()) } else { Err(mismatch) };
            }
            applied = Applied { seq: last.seq, lsn: last.lsn };
        }
        if Some(request.seq) != applied.seq.checked_add(1) {
            return Err(Error::Rewind { applied: applied.seq });
        }
        if request.lsn < applied.lsn {
            return Err(Error::Corrupt("the journal goes backwards".to_owned()));
        }
        let mut charges = self.charges.clone();
        for charge in &request.events {
            check(request, charge)?;
            if charges.insert(charge.hold, charge.clone()).is_some() {
                return Err(Error::Corrupt(format!("{} is charged twice", charge.hold)));
            }
        }
        check_report(request)?;
        check_keyed(request)?;
        let mut money = self.money.clone();
        let answer = money.moved(request)?;
        let before = std::mem::replace(&mut self.money, money);
        self.charges = charges;
        self.enter_sync(request, &before);
        self.reach_by_sync(request, &before);
        self.end_keyed(request);
        self.applied.insert(call, (request.clone(), answer.clone()));
        Ok(answer)
    }
}

impl Accounts {
    fn moved(&mut self, request: &SyncRequest) -> Result<SyncAnswer> {
        for charge in &request.events {
            for line in charge.lines.iter().filter(|line| !line.amount.is_zero()) {
                self.spend(charge, line)?;
            }
        }
        for give_back in request.give_back.iter().filter(|back| !back.amount.is_zero()) {
            let account = self.accounts.get(&give_back.account);
            if account.is_none_or(|account| account.org.shard() != request.shard) {
                return Err(Error::Corrupt(format!("there is no {}", give_back.account)));
            }
            let lease = (give_back.account, request.node, request.epoch);
            self.take(lease, give_back.amount)?;
        }
        let wishes = request.refill.iter().filter_map(|wish| self.refill(request, wish));
        Ok(SyncAnswer { granted: wishes.collect() })
    }

    /// A hold is paid from the lease of the start that it was taken in.
    fn spend(&mut self, charge: &Charge, line: &Line) -> Result<()> {
        let missing = || Error::Corrupt(format!("there is no {}", line.account));
        let account = self.accounts.get_mut(&line.account).ok_or_else(missing)?;
        if (account.org, account.source) != (charge.org, line.source) {
            return Err(missing());
        }
        account.spent = account.spent.checked_add(line.amount).ok_or_else(missing)?;
        self.take((line.account, charge.hold.node, charge.hold.epoch), line.amount)
    }

    fn take(&mut self, lease: (AccountId, NodeId, Epoch), amount: Credits) -> Result<()> {
        let uncovered = || Error::Corrupt(format!("{} was not leased", lease.0));
        let leased = self.leases.get_mut(&lease).ok_or_else(uncovered)?;
        *leased = leased.checked_sub(amount).ok_or_else(uncovered)?;
        Ok(())
    }

    fn refill(&mut self, request: &SyncRequest, wish: &Refill) -> Option<Granted> {
        let account = self.accounts.get(&wish.account)?;
        if account.org.shard() != request.shard || account.end <= request.now || account.closed {
            return None;
        }
        let taken = account.spent.saturating_add(self.leased(wish.account));
        let taken = taken.saturating_add(account.expired);
        let amount = wish.wanted.min(account.amount.saturating_sub(taken));
        if amount.is_zero() {
            return None;
        }
        let lease = self.leases.entry((wish.account, request.node, request.epoch)).or_default();
        *lease = lease.saturating_add(amount);
        Some(Granted { account: wish.account, amount })
    }
}

/// A charge must be this node's and this shard's, and what its grants and each of its limits paid.
fn check(request: &SyncRequest, charge: &Charge) -> Result<()> {
    let ours = charge.hold.node == request.node
        && charge.hold.epoch <= request.epoch
        && charge.org.shard() == request.shard
        && charge.admitted <= charge.ended;
    let mut paid_by_grants = 0_u128;
    let mut limits_paid_all = true;
    let mut accounts = BTreeMap::new();
    for line in &charge.lines {
        accounts.insert(line.account, line.amount);
        match line.source {
            LineSource::Grant(_) => paid_by_grants += u128::from(line.amount.micros()),
            LineSource::Limit => limits_paid_all &= line.amount == charge.charged,
        }
    }
    let adds_up = paid_by_grants == u128::from(charge.charged.micros())
        && limits_paid_all
        && accounts.len() == charge.lines.len();
    let corrupt = || Error::Corrupt(format!("{} does not add up", charge.hold));
    if ours && adds_up { Ok(()) } else { Err(corrupt()) }
}

/// The report must be the sum of the charges' lines.
fn check_report(request: &SyncRequest) -> Result<()> {
    let mut unexplained: BTreeMap<AccountId, i128> = BTreeMap::new();
    for spend in &request.report {
        *unexplained.entry(spend.account).or_default() += i128::from(spend.amount.micros());
    }
    for line in request.events.iter().flat_map(|charge| &charge.lines) {
        *unexplained.entry(line.account).or_default() -= i128::from(line.amount.micros());
    }
    let corrupt = || Error::Corrupt("the report is not the sum of its charges".to_owned());
    if unexplained.values().all(|left| *left == 0) { Ok(()) } else { Err(corrupt()) }
}

/// What is keyed must be among the charges, in their order.
fn check_keyed(request: &SyncRequest) -> Result<()> {
    let holds = request.events.iter().map(|charge| charge.hold);
    let among: Vec<_> = holds.filter(|hold| request.keyed.contains(hold)).collect();
    let corrupt = || Error::Corrupt("what is keyed was not charged".to_owned());
    if among == request.keyed { Ok(()) } else { Err(corrupt()) }
}
