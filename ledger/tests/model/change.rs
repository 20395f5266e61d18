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
            Change::Figures(figures) => self.learn(figures),
            Change::LowMark { account, low } => self.mark_low(*account, micros(*low)),
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
            let mut named =
                self.queue.iter().flat_map(|it| it.path.limits.iter().chain(&it.path.grants));
            let awaited = named.any(|id| *id == account.id);
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
        self.resize(id, micros(grant.amount));
    }

    /// What was given back is spent no longer; what is owed is said anew.
    fn refund(&mut self, id: ledger::AccountId, total: super::Micros) {
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        let Some(account) = account.filter(|account| account.refunded < total) else { return };
        (account.drained, account.lasting) = (false, false);
        account.spent = (account.spent - (total - account.refunded)).max(0);
        account.refunded = total;
    }

    fn put_limit(&mut self, limit: &Limit) {
        self.limits.retain(|known| known.id != limit.id);
        self.limits.push(limit.clone());
        let periods = self.accounts.iter().filter(|account| account.kind == Kind::Limit(limit.id));
        let open: Vec<_> = periods.filter(|account| !account.closed).map(|it| it.id).collect();
        for id in open {
            self.resize(id, micros(limit.amount));
        }
    }

    fn remove_limit(&mut self, limit: LimitId) {
        self.limits.retain(|known| known.id != limit);
        let of_limit = |account: &&mut Account| account.kind == Kind::Limit(limit);
        for account in self.accounts.iter_mut().filter(of_limit) {
            account.closed = true;
            if self.shared {
                self.lowered.push(account.id);
            }
        }
    }

    fn open_period(&mut self, period: &PeriodOpened) {
        let Some(limit) = self.limits.iter().find(|limit| limit.id == period.limit) else { return };
        let (id, amount) = (period.account, micros(limit.amount));
        match self.accounts.iter_mut().find(|account| account.id == id) {
            Some(known) if !known.closed => {}
            // Removed and revived while holds ran on: what they charged stays counted.
            Some(known) => {
                (known.closed, known.amount, known.indebted) = (false, amount, self.shared);
                (known.drained, known.lasting) = (false, false);
                known.learn(micros(period.spent), micros(period.refunded));
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
    pub(crate) fn lease(&mut self, id: ledger::AccountId, amount: super::Micros) {
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        let account = account.filter(|it| !it.closed && !self.lowered.contains(&it.id));
        let kept = account.map_or(0, |account| {
            let kept = amount.min((account.amount - account.spent - account.lease).max(0));
            account.lease += kept;
            if amount > 0 {
                (account.lasting, account.told_low) = (false, false);
            }
            // The store leased it beside all that is out.
            account.indebted &= kept == 0;
            kept
        });
        self.goes_back(id, amount - kept);
    }

    fn add(
        &mut self,
        id: ledger::AccountId,
        kind: Kind,
        (start, end): (Instant, Instant),
        (spent, refunded): (super::Micros, super::Micros),
    ) {
        let (amount, lease, closed) = (0, 0, false);
        let (low, told_low, drained, lasting, indebted) = (0, false, false, false, false);
        let charged = false;
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
            indebted,
            low,
            told_low,
            drained,
            lasting,
            charged,
        });
    }
}
