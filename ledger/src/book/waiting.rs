//! Who waits for credits that running requests hold: in order of arrival, decided at every change.
//!
//! A waiter keeps newcomers off every account that it was short on when it was last decided, and
//! off no other.

use smallvec::SmallVec;

use super::accounts::Accounts;
use super::admit::{Obstacle, Shortage};
use super::asking::{Asked, Verdict};
use super::path::Resolved;
use super::{Admission, Book, Leases, PathIndex};
use crate::account::AccountIndex;
use crate::hold::Part;
use crate::{Credits, Hold, HoldId, Instant, Quote, Refusal};

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What a waiter is told.
pub type Decision = Result<Hold, Refusal>;

/// The waiters that a change has decided, in order of arrival.
pub type Decided = Vec<(Ticket, Decision)>;

/// What a request asks of a path.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) id: HoldId,
    pub(super) path: PathIndex,
    pub(super) resolved: Resolved,
    pub(super) quote: Quote,
    /// The parts of the hold that asks for more; a newcomer has none.
    pub(super) own: Vec<Part>,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) ticket: Ticket,
    pub(super) claim: Claim,
    /// What it was short on first.
    shortage: Shortage,
    /// All that it was short on.
    short_on: SmallVec<[AccountIndex; 4]>,
    pub(super) asked: Asked,
}

impl Waiter {
    /// What it must find to run: all of its quote, until the store has said that there is less.
    pub(super) const fn needed(&self) -> Credits {
        if self.asked.answered { self.claim.quote.least } else { self.claim.quote.most }
    }
}

impl Book {
    /// How many requests wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn queue(&mut self, claim: Claim, shortage: Shortage, now: Instant) -> Admission {
        if self.waiting.len() >= Self::WAITING_MAX {
            return Admission::Refused(self.credits_held(shortage, &claim, now));
        }
        self.last_ticket = self.last_ticket.saturating_add(1);
        let ticket = Ticket(self.last_ticket);
        // One that leases everything has the answer.
        let asked = Asked::unless(self.leases == Leases::Everything);
        let mut waiter = Waiter { ticket, claim, shortage, short_on: SmallVec::new(), asked };
        waiter.short_on = self.accounts.block(&waiter.claim.resolved, waiter.needed());
        self.waiting.push_back(waiter);
        Admission::Waiting(ticket)
    }

    /// Leaves the queue: the wait ran out, or the client is gone. `None` if already decided.
    pub fn leave(&mut self, ticket: Ticket, now: Instant) -> Option<(Refusal, Decided)> {
        let waiter = self.take_out(|waiter| waiter.ticket == ticket)?;
        let refusal = self.credits_held(waiter.shortage, &waiter.claim, now);
        // Whoever stood behind it may pass.
        Some((refusal, self.decide_waiting(now)))
    }

    /// Ends the wait for more of a hold that has ended.
    pub(super) fn leave_extensions(&mut self, hold: HoldId, now: Instant) -> Decided {
        let extends = |waiter: &Waiter| waiter.claim.id == hold && !waiter.claim.own.is_empty();
        let mut decided = Decided::new();
        while let Some(waiter) = self.take_out(extends) {
            let refusal = self.credits_held(waiter.shortage, &waiter.claim, now);
            decided.push((waiter.ticket, Err(refusal)));
        }
        decided
    }

    fn take_out(&mut self, which: impl Fn(&Waiter) -> bool) -> Option<Waiter> {
        let place = self.waiting.iter().position(which)?;
        let waiter = self.waiting.remove(place)?;
        self.accounts.unblock(&waiter.short_on);
        Some(waiter)
    }

    /// Decides every waiter anew, in order of arrival; no one overtakes on a short account.
    pub(super) fn decide_waiting(&mut self, now: Instant) -> Decided {
        let mut decided = Decided::new();
        if self.waiting.is_empty() {
            self.give_recalled_back();
            return decided;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        for waiter in &waiting {
            self.accounts.unblock(&waiter.short_on);
        }
        waiting.retain_mut(|waiter| match self.decide(waiter, now) {
            Some(decision) => {
                decided.push((waiter.ticket, decision));
                false
            }
            None => true,
        });
        self.waiting = waiting;
        self.give_recalled_back();
        decided
    }

    /// What a waiter is told; `None` to wait on, and to keep newcomers off what it is short on.
    fn decide(&mut self, waiter: &mut Waiter, now: Instant) -> Option<Decision> {
        if let Err(refusal) = self.find_anew(&mut waiter.claim, now) {
            return Some(Err(refusal));
        }
        let needed = waiter.needed();
        let Claim { id, path, resolved, quote, own } = &waiter.claim;
        match self.accounts.judge(resolved, quote.least, needed, own) {
            Ok(affordable) => {
                let hold = self.accounts.take(*id, resolved, quote.most, affordable);
                self.note_low(*path);
                Some(Ok(hold))
            }
            Err(Obstacle::Short(on)) => {
                let short = self.short(on, &waiter.claim, now);
                Some(Err(Refusal::Short(Box::new(short))))
            }
            Err(Obstacle::Held(on)) => {
                waiter.shortage = on;
                if let Some(refusal) = self.refused_by_store(waiter, now) {
                    return Some(Err(refusal));
                }
                waiter.short_on = self.accounts.block(&waiter.claim.resolved, needed);
                None
            }
        }
    }

    /// The no of the store to one that waits, if this gateway has none of its own against it.
    fn refused_by_store(&self, waiter: &mut Waiter, now: Instant) -> Option<Refusal> {
        match waiter.asked.verdict.take()? {
            Verdict::Short { .. } => {
                let Claim { resolved, quote, own, .. } = &waiter.claim;
                let on = self.accounts.short_of(resolved, quote.least, own, |_| true)?;
                Some(Refusal::Short(Box::new(self.short(on, &waiter.claim, now))))
            }
            Verdict::InDoubt => {
                let short = self.short(waiter.shortage, &waiter.claim, now);
                Some(Refusal::CreditsInDoubt(Box::new(short)))
            }
            Verdict::Leased | Verdict::Held => None,
        }
    }

    /// A key may have been revoked, a limit or a grant added since the claim was made.
    fn find_anew(&mut self, claim: &mut Claim, now: Instant) -> Result<(), Refusal> {
        self.refresh(claim.path, now);
        let today = self.known(claim.path).resolved.as_ref().map_err(Clone::clone)?;
        if !claim.own.is_empty() {
            claim.resolved = self.accounts.extended(today, &claim.own);
        } else if let Some(limit) = today.unopened {
            return Err(self.unopened(limit));
        } else {
            claim.resolved.clone_from(today);
        }
        Ok(())
    }

    fn credits_held(&self, shortage: Shortage, claim: &Claim, now: Instant) -> Refusal {
        Refusal::CreditsHeld(Box::new(self.short(shortage, claim, now)))
    }
}

impl Accounts {
    /// Keeps newcomers off the accounts of a path that have too little to take, and tells which.
    fn block(&mut self, path: &Resolved, needed: Credits) -> SmallVec<[AccountIndex; 4]> {
        let takeable = |index: &AccountIndex| self[*index].takeable();
        let limits = path.limits.iter().filter(|index| takeable(index) < needed);
        let mut short_on: SmallVec<_> = limits.copied().collect();
        if self.of_grants(path) < needed {
            short_on.extend_from_slice(&path.grants);
        }
        for index in &short_on {
            let account = &mut self[*index];
            account.waiters = account.waiters.saturating_add(1);
        }
        short_on
    }

    fn unblock(&mut self, accounts: &[AccountIndex]) {
        for index in accounts {
            let account = &mut self[*index];
            account.waiters = account.waiters.saturating_sub(1);
        }
    }
}
