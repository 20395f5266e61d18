//! The leases of an organisation that other gateways spend of as well.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ledger::{Account, AccountId, Answer, Change, Charge, Credits, Leases, Ticket, WaitingAsk};
use parking_lot::MutexGuard;
use store::Refill;

use super::{Org, State};
use crate::lease::{Path, Stand};

impl Org {
    /// The asks that one sync carries.
    const ASKS_MAX: usize = 256;

    /// Whether other gateways spend of it as well.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self.leases, Leases::Shared)
    }

    /// Has the store asked, and what goes back told, before the shard's turn.
    pub(super) fn ring(&self) {
        if self.is_shared() && !self.rung.swap(true, Ordering::AcqRel) {
            self.bell.ring_for(self.id);
        }
    }

    /// Lets the book go, and rings if it has something for the store.
    pub(super) fn after(&self, state: MutexGuard<'_, State>) {
        if !self.is_shared() {
            return;
        }
        let is_due = state.book.is_low() || state.book.has_returns();
        drop(state);
        if is_due {
            self.ring();
        }
    }

    /// Who waits for an answer of the store; from here on it may be rung for anew.
    pub(crate) fn asks(&self, now: Duration) -> Vec<WaitingAsk> {
        self.rung.store(false, Ordering::Release);
        if !self.is_shared() {
            return Vec::new();
        }
        let asks = self.state.lock().book.asks(Self::ASKS_MAX);
        let mut plan = self.plan.lock();
        for ask in &asks {
            let path = Path {
                limits: ask.limits.iter().map(|(account, _)| *account).collect(),
                grants: ask.grants.iter().map(|(account, _)| *account).collect(),
            };
            plan.asked(path, ask.most, now);
        }
        asks
    }

    /// The store could not be asked: whoever waits takes what is affordable here, and whoever waits
    /// from here on rings anew.
    pub(crate) fn unanswered(&self) {
        self.rung.store(false, Ordering::Release);
        let now = self.clock.now();
        let mut state = self.state.lock();
        let decided = state.book.unanswered(now);
        state.deliver(decided, now);
    }

    /// What to lease more of: where it runs low or somebody waits, among `live` gateways; or
    /// everything.
    pub(crate) fn refills(&self, live: u32, now: Duration) -> Vec<Refill> {
        if !self.is_shared() {
            return self.open_accounts().into_iter().map(Refill::everything).collect();
        }
        let mut paths = self.plan.lock().take_asked();
        let stands = {
            let mut state = self.state.lock();
            let low = state.book.running_low().into_iter();
            paths.extend(low.map(|path| Path { limits: path.limits, grants: path.grants }));
            state.stands(paths.iter().flat_map(Path::accounts))
        };
        self.plan.lock().refills(&paths, &stands, live, now)
    }

    /// What a request was charged is spent.
    pub(crate) fn charged(&self, charge: &Charge, now: Duration) {
        if self.is_shared() {
            let mut plan = self.plan.lock();
            for line in &charge.lines {
                plan.quoted(line.account, charge.held, now);
                plan.spent(line.account, line.amount, now);
            }
        }
    }

    /// Takes an answer of the store in, and tells who waited.
    pub(crate) fn take_answer(&self, answer: Answer, since_boot: Duration) {
        let mut named: BTreeSet<_> = answer.leased.iter().map(|(account, _)| *account).collect();
        named.extend(answer.figures.iter().map(|figures| figures.account));
        let now = self.clock.now();
        let stands = {
            let mut state = self.state.lock();
            let heard = answer.verdicts.iter().map(|(ticket, _)| *ticket);
            state.hear(heard.collect());
            let decided = state.book.take_answer(answer, now);
            state.deliver(decided, now);
            state.stands(named.into_iter())
        };
        self.mark(&stands, since_boot);
    }

    /// Gives back what is too much.
    pub(crate) fn give_surplus_back(&self, since_boot: Duration) {
        if !self.is_shared() {
            return;
        }
        let stands = self.state.lock().all_stands();
        let surplus = self.plan.lock().surplus(&stands, since_boot);
        if !surplus.is_empty() {
            self.give_back(&surplus, since_boot);
        }
    }

    /// Gives everything back that is free.
    pub(crate) fn give_all_back(&self, since_boot: Duration) {
        let stands = self.state.lock().all_stands();
        let all: Vec<_> = stands.iter().map(|stand| (stand.account, Credits::MAX)).collect();
        self.give_back(&all, since_boot);
    }

    /// Whether it has a lease of anything.
    pub(crate) fn has_leases(&self) -> bool {
        let is_leased = |account: &Account| !account.free().is_zero() || !account.held().is_zero();
        self.state.lock().book.accounts().any(is_leased)
    }

    /// Whether something could be given back.
    pub(crate) fn has_free(&self) -> bool {
        self.state.lock().book.accounts().any(|account| !account.free().is_zero())
    }

    fn give_back(&self, surplus: &[(AccountId, Credits)], since_boot: Duration) {
        let mut state = self.state.lock();
        for (account, amount) in surplus {
            state.book.give_back(*account, *amount);
        }
        let stands = state.stands(surplus.iter().map(|(account, _)| *account));
        drop(state);
        self.mark(&stands, since_boot);
    }

    /// Sets where accounts run low, now that their leases are others.
    fn mark(&self, stands: &[Stand], since_boot: Duration) {
        let marks: Vec<_> = {
            let plan = self.plan.lock();
            let mark = |stand: &Stand| (stand.account, plan.low_mark(stand, since_boot));
            stands.iter().map(mark).collect()
        };
        let now = self.clock.now();
        let mut state = self.state.lock();
        for (account, low) in marks {
            let decided = state.book.apply(Change::LowMark { account, low }, now);
            state.deliver(decided, now);
        }
        self.after(state);
    }
}

impl State {
    /// What these wait for is known to be merely held; and, of more than one answer is for, what
    /// those wait for that stand behind them.
    fn hear(&mut self, tickets: Vec<Ticket>) {
        if tickets.len() >= Org::ASKS_MAX {
            self.waiting.values_mut().for_each(|waiter| waiter.heard = true);
        }
        for ticket in tickets {
            if let Some(waiter) = self.waiting.get_mut(&ticket) {
                waiter.heard = true;
            }
        }
    }

    fn stands(&self, accounts: impl Iterator<Item = AccountId>) -> Vec<Stand> {
        accounts.filter_map(|account| self.book.account(account)).map(Stand::of).collect()
    }

    fn all_stands(&self) -> Vec<Stand> {
        self.book.accounts().map(Stand::of).collect()
    }
}
