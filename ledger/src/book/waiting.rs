//! Who waits for credits that running requests hold: in order of arrival, decided at every change.

use smallvec::SmallVec;

use super::admit::{Shortage, Verdict};
use super::path::Resolved;
use super::{Admission, Book, PathIndex};
use crate::{Credits, Hold, HoldId, Instant, Quote, Refusal, Short, ShortOn};

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// What a waiter is told.
pub type Decision = Result<Hold, Refusal>;

/// The waiters that a change has decided.
pub type Decided = SmallVec<[(Ticket, Decision); 1]>;

/// What a request asks of a path.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) id: HoldId,
    pub(super) path: PathIndex,
    pub(super) resolved: Resolved,
    pub(super) quote: Quote,
    /// An extension keeps the limits of its hold; a newcomer passes those of the day.
    pub(super) extends: bool,
}

#[derive(Debug)]
pub(super) struct Waiter {
    ticket: Ticket,
    claim: Claim,
    shortage: Shortage,
}

impl Book {
    /// How many requests wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn queue(&mut self, claim: Claim, shortage: Shortage, now: Instant) -> Admission {
        if self.waiting.len() >= Self::WAITING_MAX {
            let short = self.short(shortage, &claim, now);
            return Admission::Refused(Refusal::CreditsHeld(Box::new(short)));
        }
        self.last_ticket = self.last_ticket.saturating_add(1);
        let ticket = Ticket(self.last_ticket);
        self.block(&claim.resolved, shortage);
        self.waiting.push_back(Waiter { ticket, claim, shortage });
        Admission::Waiting(ticket)
    }

    /// Leaves the queue: the wait ran out, or the client is gone. `None` if already decided.
    pub fn leave(&mut self, ticket: Ticket, now: Instant) -> Option<(Refusal, Decided)> {
        let place = self.waiting.iter().position(|waiter| waiter.ticket == ticket)?;
        let waiter = self.waiting.remove(place)?;
        let short = self.short(waiter.shortage, &waiter.claim, now);
        // Whoever stood behind it may pass.
        let decided = self.decide_waiting(now);
        Some((Refusal::CreditsHeld(Box::new(short)), decided))
    }

    /// Decides every waiter anew, in order of arrival; no one overtakes on a short account.
    pub(super) fn decide_waiting(&mut self, now: Instant) -> Decided {
        let mut decided = Decided::new();
        if self.waiting.is_empty() {
            return decided;
        }
        for account in &mut self.accounts {
            account.waiters = 0;
        }
        for mut waiter in std::mem::take(&mut self.waiting) {
            if let Err(refusal) = self.refresh(&mut waiter, now) {
                decided.push((waiter.ticket, Err(refusal)));
                continue;
            }
            match self.judge(&waiter.claim.resolved, waiter.claim.quote) {
                Verdict::Fits(affordable) => {
                    decided.push((waiter.ticket, Ok(self.take(waiter.claim, affordable))));
                }
                Verdict::Short(shortage) => {
                    let short = self.short(shortage, &waiter.claim, now);
                    decided.push((waiter.ticket, Err(Refusal::Short(Box::new(short)))));
                }
                Verdict::Held(shortage) => {
                    self.block(&waiter.claim.resolved, shortage);
                    waiter.shortage = shortage;
                    self.waiting.push_back(waiter);
                }
            }
        }
        decided
    }

    /// A key may have been revoked, a limit or a grant added since the waiter came.
    fn refresh(&mut self, waiter: &mut Waiter, now: Instant) -> Result<(), Refusal> {
        let resolved = self.resolved(waiter.claim.path, now).as_ref().map_err(Clone::clone)?;
        if waiter.claim.extends {
            for grant in &resolved.grants {
                if !waiter.claim.resolved.grants.contains(grant) {
                    waiter.claim.resolved.grants.push(*grant);
                }
            }
        } else {
            waiter.claim.resolved.clone_from(resolved);
        }
        Ok(())
    }

    fn block(&mut self, path: &Resolved, shortage: Shortage) {
        match shortage {
            Shortage::Limit(index) => {
                let account = self.account_mut(index);
                account.waiters = account.waiters.saturating_add(1);
            }
            Shortage::Grants => {
                for index in &path.grants {
                    let account = self.account_mut(*index);
                    account.waiters = account.waiters.saturating_add(1);
                }
            }
        }
    }

    /// The facts of a shortage, for the refusal that names it.
    pub(super) fn short(&self, shortage: Shortage, claim: &Claim, now: Instant) -> Short {
        let required = claim.quote.least;
        match shortage {
            Shortage::Limit(index) => {
                let account = self.account(index);
                let entry = self.limits.iter().find(|entry| entry.periods.contains(&index));
                let entry = entry.expect("only an open period of a limit is ever short");
                let resets_at = (account.end < Instant::MAX).then_some(account.end);
                Short {
                    on: ShortOn::Limit(entry.limit.clone()),
                    amount: account.amount,
                    spent: account.spent,
                    held: account.held,
                    required,
                    left: account.left(),
                    resets_at,
                }
            }
            Shortage::Grants => self.short_of_grants(claim, required, now),
        }
    }

    fn short_of_grants(&self, claim: &Claim, required: Credits, now: Instant) -> Short {
        let usable = &claim.resolved.grants;
        let sum = |figure: fn(&crate::Account) -> Credits| {
            let figures = usable.iter().map(|index| figure(self.account(*index)));
            figures.fold(Credits::ZERO, Credits::saturating_add)
        };
        let elsewhere = self.grants.iter().find(|grant| {
            self.index.get(&grant.id.into()).is_some_and(|index| {
                let account = self.account(*index);
                !usable.contains(index) && account.contains(now) && !account.left().is_zero()
            })
        });
        let to_come = self.usable_grants_to_come(claim.path, now);
        Short {
            on: ShortOn::Grants { restricted: elsewhere.map(|grant| grant.id) },
            amount: sum(|account| account.amount),
            spent: sum(|account| account.spent),
            held: sum(|account| account.held),
            required,
            left: sum(crate::Account::left),
            resets_at: to_come,
        }
    }

    /// When the next grant begins that this caller may burn.
    fn usable_grants_to_come(&self, path: PathIndex, now: Instant) -> Option<Instant> {
        let member = self.members.get(&self.path_key(path).member)?;
        let grants = self.grants.iter().filter(|grant| grant.start > now);
        grants
            .filter(|grant| grant.access.admits(member.id, &member.groups))
            .map(|grant| grant.start)
            .min()
    }
}
