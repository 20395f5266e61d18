//! Changes from outside.

use ledger::{Access, Change, Grant, Instant, Limit, LimitId, MemberId, PeriodOpened};

use super::{Account, Decided, Kind, Model, micros};

impl Model {
    pub(crate) fn apply(&mut self, change: &Change, now: Instant) -> Decided {
        self.version += 1;
        match change {
            Change::Grant { grant, spent, refunded } => {
                self.put_grant(grant, micros(*spent), micros(*refunded));
            }
            Change::Limit(limit) => self.put_limit(limit),
            Change::LimitRemoved(limit) => self.remove_limit(*limit),
            Change::PeriodOpened(period) => self.open_period(period),
            Change::Leased(leased) => {
                for (account, amount) in leased {
                    self.lease(*account, micros(*amount));
                }
            }
            Change::Recalled(accounts) => self.recalled.clone_from(accounts),
            Change::Figures(_) | Change::LowMark { .. } => {}
            Change::Refunded { account, total } => self.refund(*account, micros(*total)),
            Change::Member(member) => {
                self.members.retain(|known| known.id != member.id);
                self.members.push(member.clone());
            }
            Change::Key(key) => {
                self.keys.retain(|known| known.id != key.id);
                self.keys.push(key.clone());
            }
        }
        self.give_back();
        let decided = self.decide_queue(now);
        self.retire(now);
        decided
    }

    /// Ends the accounts whose time is over and that nothing runs or waits on.
    pub(crate) fn retire(&mut self, now: Instant) {
        for place in 0..self.accounts.len() {
            let account = &self.accounts[place];
            let awaited = self.queue.iter().any(|waiter| waiter.short_on.contains(&account.id));
            if account.end <= now && self.held(account.id) == 0 && !awaited {
                self.accounts[place].closed = true;
            }
        }
        self.give_back();
        let known = |model: &Self, grant: &Grant| {
            model.accounts.iter().any(|account| account.id == grant.id.into())
        };
        let grants = self.grants.iter().filter(|grant| known(self, grant)).cloned();
        self.grants = grants.collect();
    }

    /// Whether a member may burn a grant.
    pub(crate) fn admits(&self, grant: &Grant, member: MemberId) -> bool {
        let of = self.members.iter().find(|known| known.id == member);
        let of = of.map(|member| member.groups.clone()).unwrap_or_default();
        match &grant.access {
            Access::Everyone => true,
            Access::Listed { members, groups } => {
                members.contains(&member) || groups.iter().any(|group| of.contains(group))
            }
        }
    }

    fn put_grant(&mut self, grant: &Grant, spent: super::Micros, refunded: super::Micros) {
        self.grants.retain(|known| known.id != grant.id);
        self.grants.push(grant.clone());
        let id = grant.id.into();
        if !self.accounts.iter().any(|account| account.id == id) {
            self.add(id, Kind::Grant(grant.kind), (grant.start, grant.end), (spent, refunded));
        }
        let account = self.accounts.iter_mut().find(|account| account.id == id).unwrap();
        (account.start, account.end) = (grant.start, grant.end);
        account.amount = micros(grant.amount);
    }

    /// What was given back is spent no longer; what is owed is said anew.
    fn refund(&mut self, id: ledger::AccountId, total: super::Micros) {
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        let Some(account) = account.filter(|account| account.refunded < total) else { return };
        account.spent = (account.spent - (total - account.refunded)).max(0);
        account.refunded = total;
    }

    fn put_limit(&mut self, limit: &Limit) {
        self.limits.retain(|known| known.id != limit.id);
        self.limits.push(limit.clone());
        for account in &mut self.accounts {
            if account.kind == Kind::Limit(limit.id) && !account.closed {
                account.amount = micros(limit.amount);
            }
        }
    }

    fn remove_limit(&mut self, limit: LimitId) {
        self.limits.retain(|known| known.id != limit);
        let of_limit = |account: &&mut Account| account.kind == Kind::Limit(limit);
        for account in self.accounts.iter_mut().filter(of_limit) {
            account.closed = true;
        }
    }

    fn open_period(&mut self, period: &PeriodOpened) {
        let Some(limit) = self.limits.iter().find(|limit| limit.id == period.limit) else { return };
        let (id, amount) = (period.account, micros(limit.amount));
        match self.accounts.iter_mut().find(|account| account.id == id) {
            Some(known) if !known.closed => {}
            // Removed and revived while holds ran on: what they charged stays counted.
            Some(known) => {
                (known.closed, known.amount) = (false, amount);
                let charged = micros(period.spent) + micros(period.refunded);
                let charged = charged.max(known.spent + known.refunded);
                known.refunded = known.refunded.max(micros(period.refunded));
                known.spent = charged - known.refunded;
            }
            None => {
                let kind = Kind::Limit(period.limit);
                let spent = (micros(period.spent), micros(period.refunded));
                self.add(id, kind, (period.start, period.end), spent);
                self.accounts.last_mut().unwrap().amount = amount;
            }
        }
    }

    /// A lease that the ceiling has no room for goes back as it came.
    fn lease(&mut self, id: ledger::AccountId, amount: super::Micros) {
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        let kept = account.map_or(0, |account| {
            let room =
                if account.closed { 0 } else { account.amount - account.spent - account.lease };
            let kept = amount.min(room.max(0));
            account.lease += kept;
            kept
        });
        if amount > kept {
            self.returns.push((id, amount - kept));
        }
    }

    fn add(
        &mut self,
        id: ledger::AccountId,
        kind: Kind,
        (start, end): (Instant, Instant),
        (spent, refunded): (super::Micros, super::Micros),
    ) {
        let (amount, lease, closed) = (0, 0, false);
        self.accounts.push(Account {
            id,
            kind,
            start,
            end,
            amount,
            spent,
            refunded,
            lease,
            closed,
        });
    }
}
