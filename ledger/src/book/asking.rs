//! What is asked of the store for those who wait, and what it says to them.

use smallvec::SmallVec;

use super::accounts::Accounts;
use super::admit::{Shortage, held_of};
use super::waiting::{Claim, Waiter};
use super::{Book, Decided, Leases, Ticket};
use crate::account::AccountIndex;
use crate::{AccountId, Credits, HoldId, Instant};

/// One waiting request as the store is asked for it: all or nothing, over its whole path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingAsk {
    /// Who waits.
    pub ticket: Ticket,
    /// Its hold; an extension bears that of the hold it extends.
    pub hold: HoldId,
    /// Its limits in the order of checks, each with what the hold has of it already.
    pub limits: Vec<(AccountId, Credits)>,
    /// Its grants in burn order, each with what the hold has of it already.
    pub grants: Vec<(AccountId, Credits)>,
    /// The least that it can run with.
    pub least: Credits,
    /// All that it asks for.
    pub most: Credits,
}

/// What the store says to one that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What it needs was leased.
    Leased,
    /// Too little is left.
    Short {
        /// Of what.
        on: ShortOf,
        /// Whether nobody has anything leased or reserved of that.
        lasting: bool,
    },
    /// Enough is left, but others have it: it was recalled.
    Held,
    /// Enough is left, but not without what silent gateways have.
    InDoubt,
}

/// What is short, by the store's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortOf {
    /// The account of a limit.
    Limit(AccountId),
    /// The grants together.
    Grants,
}

/// How far the store has been asked for a waiter.
#[derive(Debug)]
pub(super) struct Asked {
    /// The grants that it was asked for last.
    grants: SmallVec<[AccountId; 4]>,
    /// Whether it has answered: from then on less than the whole quote will do.
    pub(super) answered: bool,
    /// What it answered, until that has been thought of.
    pub(super) verdict: Option<Verdict>,
}

impl Asked {
    pub(super) fn unless(answered: bool) -> Self {
        Self { grants: SmallVec::new(), answered, verdict: None }
    }
}

impl Book {
    /// The first so many that wait, in order of arrival, to be asked for in one request.
    ///
    /// What this gateway has free towards each ask leaves the book first, for
    /// [`Book::take_returns`]: the same request gives it back, so that the store decides about the
    /// whole.
    pub fn asks(&mut self, most: usize) -> Vec<WaitingAsk> {
        let mut asks = Vec::new();
        if self.leases == Leases::Everything {
            return asks;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        for waiter in waiting.iter_mut().take(most) {
            let ask = waiter.ask(&self.accounts);
            waiter.asked.grants = ask.grants.iter().map(|(account, _)| *account).collect();
            for (account, amount) in self.accounts.lay_down(&waiter.claim) {
                self.note_return(account, amount);
            }
            asks.push(ask);
        }
        self.waiting = waiting;
        asks
    }

    /// The store cannot be asked: whoever waits is content with what is affordable here.
    pub fn unanswered(&mut self, now: Instant) -> Decided {
        for waiter in &mut self.waiting {
            waiter.asked.answered = true;
        }
        self.decide_waiting(now)
    }

    /// Takes in what was said to one that waits; one that has gone is past hearing.
    pub(super) fn hear(&mut self, ticket: Ticket, verdict: Verdict) {
        let Some(waiter) = self.waiting.iter_mut().find(|waiter| waiter.ticket == ticket) else {
            return;
        };
        waiter.asked.answered = true;
        waiter.asked.verdict = Some(verdict);
        let Verdict::Short { on, lasting: true } = verdict else { return };
        let short: &[AccountId] = match &on {
            ShortOf::Limit(account) => std::slice::from_ref(account),
            ShortOf::Grants => &waiter.asked.grants,
        };
        for account in short {
            if let Some(index) = self.accounts.find(*account) {
                self.accounts[index].lasting = true;
            }
        }
    }
}

impl Waiter {
    /// What the store is asked for it.
    fn ask(&self, accounts: &Accounts) -> WaitingAsk {
        let Claim { id, resolved, quote, own, .. } = &self.claim;
        let named = |index: &AccountIndex| (accounts[*index].id, held_of(own, *index));
        WaitingAsk {
            ticket: self.ticket,
            hold: *id,
            limits: resolved.limits.iter().map(named).collect(),
            grants: resolved.grants.iter().map(named).collect(),
            least: quote.least,
            most: quote.most,
        }
    }
}

impl Accounts {
    /// Takes what is free towards a claim out of the accounts it names. If the store will say that
    /// too little is left, to all appearance, then only what is short: it may be nobody's then.
    fn lay_down(&mut self, claim: &Claim) -> SmallVec<[(AccountId, Credits); 8]> {
        let (path, most) = (&claim.resolved, claim.quote.most);
        let short = self.short_of(path, claim.quote.least, &claim.own, |_| true);
        let (limits, grants): (&[AccountIndex], &[AccountIndex]) = match &short {
            None => (&path.limits, &path.grants),
            Some(Shortage::Limit(limit)) => (std::slice::from_ref(limit), &[]),
            Some(Shortage::Grants) => (&[], &path.grants),
        };
        let mut laid = SmallVec::new();
        for limit in limits {
            laid.push((self[*limit].id, self[*limit].give_back(most)));
        }
        let mut unmet = most;
        for grant in grants {
            let part = self[*grant].give_back(unmet);
            laid.push((self[*grant].id, part));
            unmet = unmet.saturating_sub(part);
        }
        laid
    }
}
