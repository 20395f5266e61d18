//! Changes from outside: leases, limits, grants, periods, people and keys.

use super::limits::LimitEntry;
use super::{Book, Decided, Figures, GrantEntry, Leases};
use crate::account::{Account, AccountIndex, Source};
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
        /// What adjustments have given back to it, ever; read when the grant is new to the book.
        refunded: Credits,
    },
    /// A limit is new, or its amount is.
    Limit(Limit),
    /// A limit counts no more.
    LimitRemoved(LimitId),
    /// A period of a limit has its account.
    PeriodOpened(PeriodOpened),
    /// The store leased so much more of each account to this gateway, all of it at once.
    Leased(Vec<(AccountId, Credits)>),
    /// All the accounts that the store wants back; the others it does not. What is free of them and
    /// nobody here waits for goes back, now and whenever a hold ends.
    Recalled(Vec<AccountId>),
    /// What the store knows of an account that other gateways spend from too.
    Figures(Figures),
    /// When an account begins to run low.
    LowMark {
        /// The account.
        account: AccountId,
        /// Less free than this is too little.
        low: Credits,
    },
    /// Adjustments have given credits back to an account.
    Refunded {
        /// The account.
        account: AccountId,
        /// How much they have ever: the same again moves nothing.
        total: Credits,
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
    /// What adjustments have given back to it, ever.
    pub refunded: Credits,
}

impl Book {
    /// Takes a change in; from here on it is in force. Decides who waited for it.
    pub fn apply(&mut self, change: Change, now: Instant) -> Decided {
        self.version = self.version.wrapping_add(1);
        // A lease or a refund changes what a path affords, but not the path.
        let affords_only = matches!(
            change,
            Change::Leased(_)
                | Change::Recalled(_)
                | Change::Figures(_)
                | Change::LowMark { .. }
                | Change::Refunded { .. }
        );
        if !affords_only {
            self.generation = self.generation.wrapping_add(1);
        }
        match change {
            Change::Grant { grant, spent, refunded } => self.put_grant(grant, spent, refunded),
            Change::Limit(limit) => self.put_limit(limit),
            Change::LimitRemoved(limit) => self.remove_limit(limit),
            Change::PeriodOpened(period) => self.open_period(&period),
            Change::Leased(leased) => self.lease(&leased),
            Change::Recalled(accounts) => self.set_recalled(accounts),
            Change::Figures(figures) => self.learn(&figures),
            Change::LowMark { account, low } => {
                if let Some(index) = self.accounts.find(account) {
                    let account = &mut self.accounts[index];
                    (account.low, account.told_low) = (low, false);
                }
            }
            Change::Refunded { account, total } => {
                if let Some(index) = self.accounts.find(account) {
                    self.accounts[index].refund(total, self.leases);
                }
            }
            Change::Member(member) => {
                self.members.insert(member.id, member);
            }
            Change::Key(key) => {
                self.keys.insert(key.id, key);
            }
        }
        let decided = self.decide_waiting(now);
        self.retire_ended(now);
        decided
    }

    /// Periods of limits that this book needs open at an instant and does not know.
    #[must_use]
    pub fn unopened_periods(&self, at: Instant) -> Vec<Limit> {
        let unopened = |entry: &&LimitEntry| entry.current(&self.accounts, at).is_none();
        self.limits.iter().filter(unopened).map(|entry| entry.limit.clone()).collect()
    }

    /// Ends the accounts whose time is over and that no running request holds: what this gateway
    /// still leases of them goes back to the store.
    pub fn retire_ended(&mut self, now: Instant) {
        for index in self.accounts.ended(now) {
            match self.accounts[index].source {
                Source::Grant(_) => self.grants.retain(|entry| entry.account != index),
                Source::Limit(limit) => {
                    if let Some(entry) = self.limits.get_mut(limit) {
                        entry.periods.retain(|period| *period != index);
                    }
                }
            }
            self.generation = self.generation.wrapping_add(1);
            self.close_account(index);
        }
    }

    fn put_grant(&mut self, grant: Grant, spent: Credits, refunded: Credits) {
        let known = self.grants.iter().position(|entry| entry.grant.id == grant.id);
        let account = match known {
            Some(place) => self.grants.remove(place).account,
            None => {
                let span = (grant.start, grant.end);
                let mut account = Account::new(grant.id.into(), Source::Grant(grant.kind), span);
                (account.spent, account.refunded) = (spent, refunded);
                self.accounts.add(account)
            }
        };
        self.accounts.set_span(account, grant.start, grant.end);
        self.resize(account, grant.amount);
        let rank = grant.burn_rank();
        let place = self.grants.partition_point(|entry| entry.grant.burn_rank() < rank);
        self.grants.insert(place, GrantEntry { grant, account });
    }

    fn put_limit(&mut self, limit: Limit) {
        let Some(entry) = self.limits.get_mut(limit.id) else {
            self.limits.add(limit);
            return;
        };
        entry.limit.amount = limit.amount;
        for index in entry.periods.clone() {
            self.resize(index, limit.amount);
        }
    }

    fn remove_limit(&mut self, limit: LimitId) {
        if let Some(entry) = self.limits.remove(limit) {
            for index in entry.periods {
                // It may be revived with less.
                self.note_lowered(self.accounts[index].id);
                self.close_account(index);
            }
        }
    }

    fn open_period(&mut self, period: &PeriodOpened) {
        let Some(entry) = self.limits.get_mut(period.limit) else { return };
        let index = match self.accounts.find(period.account) {
            Some(index) if !self.accounts[index].closed => return,
            // The limit was removed and revived while holds ran on.
            Some(index) => index,
            None => {
                let span = (period.start, period.end);
                self.accounts.add(Account::new(period.account, Source::Limit(period.limit), span))
            }
        };
        entry.periods.push(index);
        let amount = entry.limit.amount;
        self.accounts[index].open(period.spent, period.refunded, amount, self.leases);
    }

    fn resize(&mut self, index: AccountIndex, amount: Credits) {
        let account = &mut self.accounts[index];
        let (id, lower) = (account.id, amount < account.amount);
        let returned = account.resize(amount, self.leases);
        self.note_return(id, returned);
        if lower {
            self.note_lowered(id);
        }
    }

    /// What is leased of an account by a request that is under way may be too much.
    fn note_lowered(&mut self, account: AccountId) {
        if self.leases == Leases::Shared && !self.lowered.contains(&account) {
            self.lowered.push(account);
        }
    }

    /// Ends an account that no path names any more; its slot serves another once no hold has a
    /// part in it.
    fn close_account(&mut self, index: AccountIndex) {
        let account = &mut self.accounts[index];
        let (id, returned) = (account.id, account.close());
        let done = account.held.is_zero();
        self.note_return(id, returned);
        if done {
            self.accounts.remove(index);
        }
    }
}
