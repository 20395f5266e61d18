//! The thing that counts: a grant, or one period of one limit.

use crate::{AccountId, Credits, GrantKind, Instant, Leases, LimitId};

/// Where an account stands in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountIndex(pub(crate) u32);

/// An account as one gateway sees it.
///
/// What the gateway leased and has not spent is `free + held`; of that it owes back `owed`, never
/// more than is held. A gateway that leases everything knows
/// `amount - spent = free + held - owed` whenever `spent <= amount`. One that shares knows `spent` as
/// far as the store has told and never too much, so `left` is never less than what is left. While
/// something is owed nothing is free, and no sum here passes a ceiling that was once in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Account {
    // In this order all that a decision writes is one cache line: threads pass it to one another.
    pub(crate) amount: Credits,
    pub(crate) spent: Credits,
    pub(crate) free: Credits,
    pub(crate) held: Credits,
    pub(crate) owed: Credits,
    /// Less free than this is running low.
    pub(crate) low: Credits,
    pub(crate) end: Instant,
    /// Waiters that are short here: whoever comes after them does not overtake.
    pub(crate) waiters: u16,
    /// The request to the store before which it was charged last, as the book counts them.
    pub(crate) charged_before: u16,
    /// Ended or removed: whatever comes free goes back to the store.
    pub(crate) closed: bool,
    /// That it runs low has been told since the last lease.
    pub(crate) told_low: bool,
    /// The store had nothing available of it when it was last heard.
    pub(crate) drained: bool,
    /// Nobody had anything of it when the store said that it was short.
    pub(crate) lasting: bool,
    pub(crate) id: AccountId,
    pub(crate) source: Source,
    /// What adjustments gave back, ever, as far as this gateway was told; not in `spent`.
    pub(crate) refunded: Credits,
    pub(crate) start: Instant,
}

/// What an account counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// One period of this limit.
    Limit(LimitId),
    /// A grant of this kind.
    Grant(GrantKind),
}

impl Source {
    pub(crate) const fn grant(self) -> Option<GrantKind> {
        match self {
            Self::Grant(kind) => Some(kind),
            Self::Limit(_) => None,
        }
    }
}

impl Account {
    /// Its name.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// The ceiling, or what was granted.
    #[must_use]
    pub const fn amount(&self) -> Credits {
        self.amount
    }

    /// What is spent, as of the store's last answer and this gateway's charges since, less what
    /// adjustments gave back.
    #[must_use]
    pub const fn spent(&self) -> Credits {
        self.spent
    }

    /// What may be taken.
    #[must_use]
    pub const fn free(&self) -> Credits {
        self.free
    }

    /// What running requests hold.
    #[must_use]
    pub const fn held(&self) -> Credits {
        self.held
    }

    /// What goes back to the store before anything is free again.
    #[must_use]
    pub const fn owed(&self) -> Credits {
        self.owed
    }

    /// What is free when the gateway begins to run low.
    #[must_use]
    pub const fn low(&self) -> Credits {
        self.low
    }

    /// First instant of the account.
    #[must_use]
    pub const fn start(&self) -> Instant {
        self.start
    }

    /// First instant after the account.
    #[must_use]
    pub const fn end(&self) -> Instant {
        self.end
    }

    /// What is left once every running request has ended without cost.
    #[must_use]
    pub const fn left(&self) -> Credits {
        self.amount.saturating_sub(self.spent)
    }

    pub(crate) fn new(id: AccountId, source: Source, span: (Instant, Instant)) -> Self {
        let zero = Credits::ZERO;
        Self {
            id,
            source,
            start: span.0,
            end: span.1,
            amount: zero,
            spent: zero,
            free: zero,
            held: zero,
            owed: zero,
            low: zero,
            waiters: 0,
            charged_before: 0,
            closed: false,
            told_low: false,
            drained: false,
            lasting: false,
            refunded: zero,
        }
    }

    pub(crate) fn contains(&self, now: Instant) -> bool {
        self.start <= now && now < self.end
    }

    /// What a newcomer may take: nothing where somebody waits already.
    ///
    /// What is free is always left: a lease beyond the ceiling is owed, and then nothing is free.
    pub(crate) fn takeable(&self) -> Credits {
        if self.waiters == 0 { self.free } else { Credits::ZERO }
    }

    /// Moves credits from free to held. The caller has decided that they are there.
    pub(crate) fn take(&mut self, amount: Credits) {
        self.free = self.free.checked_sub(amount).expect("only what is free is taken");
        self.held = self.held.saturating_add(amount);
    }

    /// Whether it runs low, and that has not been told.
    pub(crate) fn falls_low(&mut self) -> bool {
        self.free < self.low && !std::mem::replace(&mut self.told_low, true)
    }

    /// Sets where it runs low; one that is low already by a mark before has been told.
    pub(crate) fn mark_low(&mut self, low: Credits) {
        self.low = low;
        self.told_low &= self.free < low;
    }

    /// What is left beside what runs.
    pub(crate) fn beside(&self) -> Credits {
        self.left().saturating_sub(self.held)
    }

    /// Ends a part of a hold: the rest pays what is owed, then is free. Returns what goes back to
    /// the store.
    #[must_use]
    pub(crate) fn settle(&mut self, held: Credits, charged: Credits) -> Credits {
        self.held = self.held.checked_sub(held).expect("only what is held is settled");
        self.spent = self.spent.saturating_add(charged);
        let rest = held.saturating_sub(charged);
        if self.closed {
            return rest;
        }
        let paid = self.owed.min(rest);
        // A charge shrinks what is held and so what can still be owed.
        self.owed = self.owed.saturating_sub(paid).min(self.held);
        self.free = self.free.saturating_add(rest.saturating_sub(paid));
        paid
    }

    /// Adds to the lease; returns what goes back to the store at once: what was granted before the
    /// ceiling was lowered.
    ///
    /// Where leases are shared, the store granted it within the ceiling with all that is out: what
    /// this gateway owed is owed no longer.
    #[must_use]
    pub(crate) fn lease(&mut self, amount: Credits, leases: Leases) -> Credits {
        if self.closed || amount.is_zero() {
            return amount;
        }
        (self.told_low, self.lasting) = (false, false);
        let room = self.left().saturating_sub(self.free).saturating_sub(self.held);
        let fitting = amount.min(room);
        let paid = match leases {
            Leases::Everything => self.owed.min(fitting),
            Leases::Shared => Credits::ZERO,
        };
        self.owed = match leases {
            Leases::Shared if !fitting.is_zero() => Credits::ZERO,
            Leases::Everything | Leases::Shared => self.owed.saturating_sub(paid),
        };
        let kept = fitting.saturating_sub(paid);
        self.free = self.free.saturating_add(kept);
        amount.saturating_sub(kept)
    }

    /// Takes at most so much out of what is free, for the store.
    #[must_use]
    pub(crate) fn give_back(&mut self, at_most: Credits) -> Credits {
        let given = self.free.min(at_most);
        self.free = self.free.saturating_sub(given);
        given
    }

    /// Sets the ceiling; a lower one takes back what the lease has beyond it, and a higher one
    /// forgives what was owed.
    ///
    /// Where leases are shared, only the store knows what all of them have beyond a lower one: all
    /// of this one goes back, and what is within it can be leased again.
    #[must_use]
    pub(crate) fn resize(&mut self, amount: Credits, leases: Leases) -> Credits {
        if amount == self.amount {
            return Credits::ZERO;
        }
        let lower = amount < self.amount;
        self.amount = amount;
        (self.drained, self.lasting) = (false, false);
        match leases {
            Leases::Everything => self.owe(self.beyond()),
            Leases::Shared if lower => self.owe(Credits::MAX),
            Leases::Shared => Credits::ZERO,
        }
    }

    /// Ends the account: what is free goes back, and whatever comes free later.
    #[must_use]
    pub(crate) fn close(&mut self) -> Credits {
        self.closed = true;
        self.owed = Credits::ZERO;
        std::mem::replace(&mut self.free, Credits::ZERO)
    }

    /// Opens the account with what the store knows as spent and given back; one that was closed may
    /// be held still.
    pub(crate) fn open(
        &mut self,
        spent: Credits,
        refunded: Credits,
        amount: Credits,
        leases: Leases,
    ) {
        self.closed = false;
        self.amount = amount;
        (self.drained, self.lasting) = (false, false);
        self.learn(spent, refunded);
        self.owed = match leases {
            Leases::Everything => self.beyond().min(self.held),
            // As by a lower ceiling.
            Leases::Shared => self.held,
        };
    }

    /// Takes in what the store knows as spent and given back. Charges of this gateway may not have
    /// reached the store, nor its refunds this gateway: what is known to be charged is the larger.
    pub(crate) fn learn(&mut self, spent: Credits, refunded: Credits) {
        let here = self.spent.saturating_add(self.refunded);
        let charged = here.max(spent.saturating_add(refunded));
        if refunded > self.refunded {
            (self.drained, self.lasting) = (false, false);
            self.refunded = refunded;
        }
        self.spent = charged.saturating_sub(self.refunded);
    }

    /// The store knows every charge of this gateway, and this gateway has no more: what the store says
    /// is what is spent.
    pub(crate) fn believe(&mut self, spent: Credits, refunded: Credits) {
        self.learn(spent, refunded);
        let charged = spent.saturating_add(refunded);
        self.spent = charged.saturating_sub(self.refunded);
    }

    /// Takes in what adjustments have given back, ever: what is new of it is spent no longer. It is
    /// free once the store has leased it; what was owed is said anew, as by a higher ceiling.
    pub(crate) fn refund(&mut self, total: Credits, leases: Leases) {
        let new = total.saturating_sub(self.refunded);
        if new.is_zero() {
            return;
        }
        self.refunded = total;
        self.spent = self.spent.saturating_sub(new);
        (self.drained, self.lasting) = (false, false);
        if !self.closed && leases == Leases::Everything {
            self.owed = self.beyond().min(self.held);
        }
    }

    /// Sets how much of the lease goes back.
    fn owe(&mut self, debt: Credits) -> Credits {
        if self.closed {
            return Credits::ZERO;
        }
        let now = self.free.min(debt);
        self.free = self.free.saturating_sub(now);
        self.owed = debt.saturating_sub(now).min(self.held);
        now
    }

    /// What the lease has beyond the ceiling.
    fn beyond(&self) -> Credits {
        self.free.saturating_add(self.held).saturating_sub(self.left())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_decision_writes_is_one_cache_line() {
        assert_eq!(std::mem::offset_of!(Account, id), 64);
        assert_eq!(std::mem::align_of::<Account>(), 64);
    }
}
