//! Changes from outside: leases, limits, grants, periods, people and keys.

use super::{Book, Decided, LimitEntry};
use crate::account::{Account, AccountIndex};
use crate::{AccountId, Credits, Grant, Instant, KeyStanding, Limit, LimitId, MemberStanding};

/// A change that the store has committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A grant is new, or its amount, end or access is.
    Grant {
        /// The grant as it is now.
        grant: Grant,
        /// What the store knows as spent of it; read when the grant is new to the book.
        spent: Credits,
    },
    /// A limit is new, or its amount is.
    Limit(Limit),
    /// A limit counts no more.
    LimitRemoved(LimitId),
    /// A period of a limit has its account.
    PeriodOpened(PeriodOpened),
    /// The store leased more of an account to this gateway.
    Leased {
        /// The account.
        account: AccountId,
        /// How much more.
        amount: Credits,
    },
    /// The store wants part of a lease back: what is not free follows as holds end.
    Recalled {
        /// The account.
        account: AccountId,
        /// How much of the lease is to go back in all, from now on.
        amount: Credits,
    },
    /// A member is new or changed.
    Member(MemberStanding),
    /// A key is new or changed.
    Key(KeyStanding),
}

/// The account of one period of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodOpened {
    /// The limit.
    pub limit: LimitId,
    /// Its account for the period.
    pub account: AccountId,
    /// First instant of the period.
    pub start: Instant,
    /// First instant after the period; [`Instant::MAX`] for never.
    pub end: Instant,
    /// What the store knows as spent of it.
    pub spent: Credits,
}

impl Book {
    /// Takes a change in; from here on it is in force. Decides who waited for it.
    pub fn apply(&mut self, change: Change, now: Instant) -> Decided {
        self.generation = self.generation.wrapping_add(1);
        match change {
            Change::Grant { grant, spent } => self.put_grant(grant, spent),
            Change::Limit(limit) => self.put_limit(limit),
            Change::LimitRemoved(limit) => self.remove_limit(limit),
            Change::PeriodOpened(period) => self.open_period(&period),
            Change::Leased { account, amount } => self.lease(account, amount),
            Change::Recalled { account, amount } => self.recall(account, amount),
            Change::Member(member) => {
                self.members.insert(member.id, member);
            }
            Change::Key(key) => {
                self.keys.insert(key.id, key);
            }
        }
        self.retire_ended(now);
        self.decide_waiting(now)
    }

    /// Periods of limits that this book needs open at an instant and does not know.
    #[must_use]
    pub fn unopened_periods(&self, at: Instant) -> Vec<Limit> {
        let open = |entry: &LimitEntry| {
            entry.periods.iter().any(|index| self.account(*index).contains(at))
        };
        let unopened = self.limits.iter().filter(|entry| !open(entry));
        unopened.map(|entry| entry.limit.clone()).collect()
    }

    /// Ends the accounts whose time is over and that no running request holds: what this gateway
    /// still leases of them goes back to the store.
    pub fn retire_ended(&mut self, now: Instant) {
        let over = |account: &Account| account.end <= now && account.holds == 0 && !account.closed;
        let accounts = self.index.iter().filter(|(_, index)| over(self.account(**index)));
        let ended: Vec<_> = accounts.map(|(id, index)| (*id, *index)).collect();
        for (id, index) in ended {
            self.close_account(id, index);
        }
        self.free_slots();
    }

    fn put_grant(&mut self, grant: Grant, spent: Credits) {
        let id = AccountId::from(grant.id);
        let index = match self.index.get(&id) {
            Some(index) => *index,
            None => {
                let mut account = Account::new(id, Some(grant.kind), (grant.start, grant.end));
                account.spent = spent;
                self.add_account(account)
            }
        };
        let account = self.account_mut(index);
        (account.start, account.end) = (grant.start, grant.end);
        let returned = account.resize(grant.amount);
        self.note_return(id, returned);
        self.grants.retain(|known| known.id != grant.id);
        self.grants.push(grant);
        self.grants.sort_by_key(Grant::burn_rank);
    }

    fn put_limit(&mut self, limit: Limit) {
        let Some(entry) = self.limits.iter_mut().find(|entry| entry.limit.id == limit.id) else {
            self.limits.push(LimitEntry { limit, periods: Vec::new() });
            self.limits.sort_by_key(|entry| entry.limit.check_rank());
            return;
        };
        let amount = limit.amount;
        entry.limit = limit;
        for index in entry.periods.clone() {
            let account = self.account_mut(index);
            let (id, returned) = (account.id, account.resize(amount));
            self.note_return(id, returned);
        }
    }

    fn remove_limit(&mut self, limit: LimitId) {
        let Some(place) = self.limits.iter().position(|entry| entry.limit.id == limit) else {
            return;
        };
        for index in self.limits.remove(place).periods {
            let id = self.account(index).id;
            self.close_account(id, index);
        }
        self.free_slots();
    }

    fn open_period(&mut self, period: &PeriodOpened) {
        if self.index.contains_key(&period.account) {
            return;
        }
        let Some(place) = self.limits.iter().position(|entry| entry.limit.id == period.limit)
        else {
            return;
        };
        let mut account = Account::new(period.account, None, (period.start, period.end));
        account.spent = period.spent;
        let index = self.add_account(account);
        if let Some(entry) = self.limits.get_mut(place) {
            entry.periods.push(index);
            let amount = entry.limit.amount;
            let returned = self.account_mut(index).resize(amount);
            self.note_return(period.account, returned);
        }
    }

    fn lease(&mut self, id: AccountId, amount: Credits) {
        let returned = match self.index.get(&id) {
            Some(index) => self.account_mut(*index).give(amount),
            // Ended while the lease was under way.
            None => amount,
        };
        self.note_return(id, returned);
    }

    fn recall(&mut self, id: AccountId, amount: Credits) {
        if let Some(index) = self.index.get(&id).copied() {
            let returned = self.account_mut(index).owe(amount);
            self.note_return(id, returned);
        }
    }

    fn add_account(&mut self, account: Account) -> AccountIndex {
        let id = account.id;
        let index = match self.vacant.pop() {
            Some(index) => {
                *self.account_mut(index) = account;
                index
            }
            None => {
                let index = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
                self.accounts.push(account);
                AccountIndex(index)
            }
        };
        self.index.insert(id, index);
        index
    }

    fn close_account(&mut self, id: AccountId, index: AccountIndex) {
        let returned = self.account_mut(index).close();
        self.note_return(id, returned);
        for entry in &mut self.limits {
            entry.periods.retain(|period| *period != index);
        }
        self.generation = self.generation.wrapping_add(1);
    }

    /// The slot of a closed account serves another once no hold has a part in it.
    fn free_slots(&mut self) {
        let done = |account: &Account| account.closed && account.holds == 0;
        let accounts = self.index.iter().filter(|(_, index)| done(self.account(**index)));
        let free: Vec<_> = accounts.map(|(id, index)| (*id, *index)).collect();
        for (id, index) in free {
            self.index.remove(&id);
            self.grants.retain(|grant| AccountId::from(grant.id) != id);
            self.vacant.push(index);
        }
    }
}
