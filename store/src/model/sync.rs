//! Syncs and recoveries: every line of every charge by itself, on a copy that counts only
//! if nothing was wrong.

use std::collections::BTreeMap;

use ledger::{AccountId, Charge, Credits, Epoch, Line, LineSource, NodeId};

use super::state::{Accounts, State};
use crate::{Applied, Error, Result, SyncAnswer, SyncRequest};

impl State {
    pub(super) fn recovered(&mut self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.journal_of(node, epoch)?;
        self.money.leases.retain(|(_, of, earlier), _| *of != node || *earlier >= epoch);
        self.turn_up(node, epoch);
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
        let mut silent = self.silent_nodes(request.now);
        silent.remove(&request.node);
        let mut money = self.money.clone();
        money.move_as(request)?;
        let answer = money.answer(request, &silent, self.is_frozen(request.now));
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
    fn move_as(&mut self, request: &SyncRequest) -> Result<()> {
        for lost in request.regranted.iter().filter(|lost| !lost.amount.is_zero()) {
            self.require(request, lost.account)?;
            if lost.epoch > request.epoch {
                return Err(Error::Corrupt(format!("{:?} has not begun", lost.epoch)));
            }
            let lease = self.leases.entry((lost.account, request.node, lost.epoch)).or_default();
            *lease = lease.saturating_add(lost.amount);
        }
        for charge in &request.events {
            for line in charge.lines.iter().filter(|line| !line.amount.is_zero()) {
                self.spend(charge, line)?;
            }
        }
        for give_back in request.give_back.iter().filter(|back| !back.amount.is_zero()) {
            self.require(request, give_back.account)?;
            let lease = (give_back.account, request.node, request.epoch);
            self.take(lease, give_back.amount)?;
        }
        Ok(())
    }

    fn require(&self, request: &SyncRequest, id: AccountId) -> Result<()> {
        let account = self.accounts.get(&id);
        match account.filter(|account| account.org.shard() == request.shard) {
            Some(_) => Ok(()),
            None => Err(Error::Corrupt(format!("there is no {id}"))),
        }
    }

    /// A hold is paid from the lease of the start that it was taken in.
    fn spend(&mut self, charge: &Charge, line: &Line) -> Result<()> {
        let missing = || Error::Corrupt(format!("there is no {}", line.account));
        let account = self.accounts.get_mut(&line.account).ok_or_else(missing)?;
        if (account.org, account.source) != (charge.org, line.source) {
            return Err(missing());
        }
        account.spent = account.spent.checked_add(line.amount).ok_or_else(missing)?;
        let lease = (line.account, charge.hold.node, charge.hold.epoch);
        let leased = self.leases.get(&lease).copied().unwrap_or_default().min(line.amount);
        let lost = line.amount.saturating_sub(leased);
        if !lost.is_zero() {
            let uncovered = || Error::Corrupt(format!("{} was not leased", line.account));
            let of_lease = self.lost.get_mut(&lease).ok_or_else(uncovered)?;
            *of_lease = of_lease.checked_sub(lost).ok_or_else(uncovered)?;
            let account = self.accounts.get_mut(&line.account).ok_or_else(uncovered)?;
            account.written_off = account.written_off.saturating_sub(lost);
        }
        if leased.is_zero() { Ok(()) } else { self.take(lease, leased) }
    }

    fn take(&mut self, lease: (AccountId, NodeId, Epoch), amount: Credits) -> Result<()> {
        let uncovered = || Error::Corrupt(format!("{} was not leased", lease.0));
        let leased = self.leases.get_mut(&lease).ok_or_else(uncovered)?;
        *leased = leased.checked_sub(amount).ok_or_else(uncovered)?;
        Ok(())
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
