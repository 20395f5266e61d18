//! The thing that counts: a grant, or one period of one limit.

use crate::{AccountId, Credits, GrantKind, Instant};

/// Where an account stands in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountIndex(pub(crate) u32);

/// An account as one gateway sees it.
///
/// What the gateway leased and has not spent is `free + held`; of that it owes back `owed`, never
/// more than is held. A gateway that leases everything knows
/// `amount - spent = free + held - owed` whenever `spent <= amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(crate) id: AccountId,
    pub(crate) grant: Option<GrantKind>,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) amount: Credits,
    pub(crate) spent: Credits,
    pub(crate) free: Credits,
    pub(crate) held: Credits,
    pub(crate) owed: Credits,
    /// Running holds with a part here.
    pub(crate) holds: u32,
    /// Waiters that are short here: whoever comes after them does not overtake.
    pub(crate) waiters: u32,
    /// Ended or removed: whatever comes free goes back to the store.
    pub(crate) closed: bool,
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

    /// What is spent, as of the store's last answer and this gateway's charges since.
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

    pub(crate) fn new(id: AccountId, grant: Option<GrantKind>, span: (Instant, Instant)) -> Self {
        let zero = Credits::ZERO;
        Self {
            id,
            grant,
            start: span.0,
            end: span.1,
            amount: zero,
            spent: zero,
            free: zero,
            held: zero,
            owed: zero,
            holds: 0,
            waiters: 0,
            closed: false,
        }
    }

    pub(crate) fn contains(&self, now: Instant) -> bool {
        self.start <= now && now < self.end
    }

    /// What a newcomer may take: nothing where somebody waits already.
    pub(crate) fn takeable(&self) -> Credits {
        if self.waiters == 0 { self.free } else { Credits::ZERO }
    }

    /// Moves credits from free to held. The caller has decided that they are there.
    pub(crate) fn take(&mut self, amount: Credits) {
        self.free = self.free.checked_sub(amount).expect("only what is free is taken");
        self.held = self.held.saturating_add(amount);
        self.holds = self.holds.saturating_add(1);
    }

    /// Ends a part of a hold; returns what goes back to the store.
    #[must_use]
    pub(crate) fn settle(&mut self, held: Credits, charged: Credits) -> Credits {
        self.held = self.held.checked_sub(held).expect("only what is held is settled");
        self.holds = self.holds.saturating_sub(1);
        self.spent = self.spent.saturating_add(charged);
        self.give(held.saturating_sub(charged))
    }

    /// Adds credits that came free, what is owed first; returns what goes back to the store.
    #[must_use]
    pub(crate) fn give(&mut self, amount: Credits) -> Credits {
        if self.closed {
            return amount;
        }
        // A charge shrinks what is held and so what can still be owed.
        let paid = self.owed.min(amount);
        self.owed = self.owed.saturating_sub(paid).min(self.held);
        self.free = self.free.saturating_add(amount.saturating_sub(paid));
        paid
    }

    /// Sets how much of the lease goes back: from free at once, the rest as running holds end.
    /// Returns what goes back now.
    #[must_use]
    pub(crate) fn owe(&mut self, debt: Credits) -> Credits {
        let now = self.free.min(debt);
        self.free = self.free.saturating_sub(now);
        self.owed = debt.saturating_sub(now).min(self.held);
        now
    }

    /// Sets the ceiling; a lower one takes back what the lease has beyond it.
    #[must_use]
    pub(crate) fn resize(&mut self, amount: Credits) -> Credits {
        self.amount = amount;
        let lease = self.free.saturating_add(self.held);
        self.owe(self.spent.saturating_add(lease).saturating_sub(amount))
    }

    /// Ends the account: what is free goes back, and whatever comes free later.
    #[must_use]
    pub(crate) fn close(&mut self) -> Credits {
        self.closed = true;
        self.owed = Credits::ZERO;
        std::mem::replace(&mut self.free, Credits::ZERO)
    }
}
