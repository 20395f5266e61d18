//! Credits taken for a running request, and how that ends.

use smallvec::SmallVec;

use crate::{AccountId, AccountIndex, Credits, GrantKind, GroupId, HoldId, Instant, ProjectId};

/// What a request may cost: at most `most`, and `least` if its own bounds are tightened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The smallest hold that the request can run with.
    pub least: Credits,
    /// The hold that it asks for.
    pub most: Credits,
}

impl Quote {
    /// The quote of a request that can only run with all of it.
    #[must_use]
    pub const fn exactly(amount: Credits) -> Self {
        Self { least: amount, most: amount }
    }
}

/// What a hold took from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The account it was taken from.
    pub account: AccountId,
    /// How much.
    pub amount: Credits,
    /// The grant's kind, or `None` for a limit.
    pub grant: Option<GrantKind>,
    pub(crate) ends: Instant,
    pub(crate) index: AccountIndex,
}

impl Part {
    /// Limits first, then grants by kind and end, as they burn.
    fn rank(&self) -> (Option<GrantKind>, Instant) {
        (self.grant, self.ends)
    }
}

/// The parts of a hold: every limit whole, grants in burn order.
pub type HoldParts = SmallVec<[Part; 8]>;

/// Credits taken from a path for a running request.
///
/// It ends exactly once, because ending consumes it: [`Hold::settle`] or [`Hold::release`].
#[must_use = "a hold is settled or released, never dropped"]
#[derive(Debug, PartialEq, Eq)]
pub struct Hold {
    pub(crate) id: HoldId,
    pub(crate) amount: Credits,
    pub(crate) parts: HoldParts,
    pub(crate) group: Option<GroupId>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) remaining: Credits,
}

impl Hold {
    /// Its name, which is also the request's.
    #[must_use]
    pub const fn id(&self) -> HoldId {
        self.id
    }

    /// What is held in all.
    #[must_use]
    pub const fn amount(&self) -> Credits {
        self.amount
    }

    /// What is held of each account.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The group that the charge will belong to.
    #[must_use]
    pub const fn group(&self) -> Option<GroupId> {
        self.group
    }

    /// The project that the charge will belong to.
    #[must_use]
    pub const fn project(&self) -> Option<ProjectId> {
        self.project
    }

    /// The most that the caller could spend on this tool beside the hold when it was taken.
    #[must_use]
    pub const fn remaining(&self) -> Credits {
        self.remaining
    }

    /// This hold together with an extension of it, as one hold that ends once.
    ///
    /// Overflow is impossible: both were taken from accounts that hold their sum.
    pub fn join(mut self, extension: Self) -> Self {
        self.amount = self.amount.saturating_add(extension.amount);
        self.remaining = extension.remaining;
        for part in extension.parts {
            match self.parts.iter_mut().find(|own| own.account == part.account) {
                Some(own) => own.amount = own.amount.saturating_add(part.amount),
                None => self.parts.push(part),
            }
        }
        // A grant that came in between may burn before those held first; the sort is stable.
        self.parts.sort_by_key(Part::rank);
        self
    }

    /// Ends the hold with a cost: at most what is held is charged, the rest is an overrun.
    ///
    /// Every limit is charged whole; grants in burn order. The result depends on nothing but the
    /// hold and the cost. The cost beyond the hold is the platform's.
    pub fn settle(self, cost: Credits) -> Settlement {
        let charged = cost.min(self.amount);
        let mut settlement = Settlement {
            hold: self.id,
            held: self.amount,
            charged,
            overrun: cost.saturating_sub(charged),
            parts: SmallVec::new(),
        };
        let shares = burn(self.parts.iter().map(|part| (part.grant, part.amount)), charged);
        let parts = self.parts.iter().zip(shares);
        settlement.parts.extend(parts.map(|(held, charged)| SettledPart { held: *held, charged }));
        settlement
    }

    /// Ends the hold without a charge.
    pub fn release(self) -> Settlement {
        self.settle(Credits::ZERO)
    }
}

/// What each part of a hold pays of a charge: every limit the whole, the grants together the whole,
/// in the order of the parts.
pub(crate) fn burn(
    parts: impl Iterator<Item = (Option<GrantKind>, Credits)>,
    charged: Credits,
) -> impl Iterator<Item = Credits> {
    parts.scan(charged, move |unburnt, (grant, amount)| {
        if grant.is_none() {
            return Some(charged.min(amount));
        }
        let paid = amount.min(*unburnt);
        *unburnt = unburnt.saturating_sub(paid);
        Some(paid)
    })
}

/// What one account pays of a settled hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledPart {
    /// What was held.
    pub held: Part,
    /// What is charged of that; the rest goes back.
    pub charged: Credits,
}

/// How a hold ended: to be written down, then given to [`crate::Book::close`].
#[must_use = "a settlement is written down and closed in the book"]
#[derive(Debug, PartialEq, Eq)]
pub struct Settlement {
    pub(crate) hold: HoldId,
    pub(crate) held: Credits,
    pub(crate) charged: Credits,
    pub(crate) overrun: Credits,
    pub(crate) parts: SmallVec<[SettledPart; 8]>,
}

impl Settlement {
    /// The hold that ended.
    #[must_use]
    pub const fn hold(&self) -> HoldId {
        self.hold
    }

    /// What was held.
    #[must_use]
    pub const fn held(&self) -> Credits {
        self.held
    }

    /// What the customer pays.
    #[must_use]
    pub const fn charged(&self) -> Credits {
        self.charged
    }

    /// What the platform pays: the cost above the hold.
    #[must_use]
    pub const fn overrun(&self) -> Credits {
        self.overrun
    }

    /// What each account pays.
    #[must_use]
    pub fn parts(&self) -> &[SettledPart] {
        &self.parts
    }
}
