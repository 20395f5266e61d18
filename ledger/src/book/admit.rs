//! The decision: all of a quote from all of a path, or a named no.

use smallvec::SmallVec;

use super::path::Resolved;
use super::waiting::Claim;
use super::{Admission, Book, PathIndex};
use crate::account::AccountIndex;
use crate::hold::{HoldParts, Part};
use crate::{Credits, Hold, HoldId, Instant, Quote, Refusal};

/// What the accounts of a path say to a quote.
pub(super) enum Verdict {
    /// Every account has this much to take.
    Fits(Credits),
    /// The account has less left than is needed, whatever the running requests do.
    Short(Shortage),
    /// Enough is left, but not free.
    Held(Shortage),
}

/// The account that is short: one limit, or all the grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortage {
    Limit(AccountIndex),
    Grants,
}

impl Book {
    /// Takes a quote from every account of a path, all or nothing.
    ///
    /// The state of key, member and tool list is read here, so that a change is in force once it is
    /// applied. The answer is [`Admission::Refused`] only if nothing that runs could change it.
    pub fn admit(&mut self, id: HoldId, path: PathIndex, quote: Quote, now: Instant) -> Admission {
        let resolved = match self.resolved(path, now) {
            Ok(resolved) => resolved.clone(),
            Err(refusal) => return Admission::Refused(refusal.clone()),
        };
        self.claim(Claim { id, path, resolved, quote, extends: false }, now)
    }

    /// Takes more for a running hold, from the limits that it was taken from.
    ///
    /// The answer is a hold of its own, for [`Hold::join`]; it takes from grants the hold already
    /// burns, even ended ones, and from those that the path may burn now.
    pub fn extend(
        &mut self,
        hold: &Hold,
        path: PathIndex,
        quote: Quote,
        now: Instant,
    ) -> Admission {
        let mut resolved = match self.resolved(path, now) {
            Ok(resolved) => resolved.clone(),
            Err(refusal) => return Admission::Refused(refusal.clone()),
        };
        resolved.limits.clear();
        for part in &hold.parts {
            if self.account(part.index).closed {
                continue;
            }
            if part.grant.is_none() {
                resolved.limits.push(part.index);
            } else if !resolved.grants.contains(&part.index) {
                resolved.grants.insert(0, part.index);
            }
        }
        self.claim(Claim { id: hold.id, path, resolved, quote, extends: true }, now)
    }

    fn claim(&mut self, claim: Claim, now: Instant) -> Admission {
        match self.judge(&claim.resolved, claim.quote) {
            Verdict::Fits(affordable) => Admission::Held(self.take(claim, affordable)),
            Verdict::Short(shortage) => {
                let short = self.short(shortage, &claim, now);
                Admission::Refused(Refusal::Short(Box::new(short)))
            }
            Verdict::Held(shortage) => self.queue(claim, shortage, now),
        }
    }

    /// Limits in order, then the grants together: first what is left, then what is free.
    pub(super) fn judge(&self, path: &Resolved, quote: Quote) -> Verdict {
        let mut takeable = Credits::MAX;
        let mut tightest = None;
        for index in &path.limits {
            let account = self.account(*index);
            if account.left() < quote.least {
                return Verdict::Short(Shortage::Limit(*index));
            }
            if account.takeable() < quote.least && tightest.is_none() {
                tightest = Some(Shortage::Limit(*index));
            }
            takeable = takeable.min(account.takeable());
        }
        let (mut left, mut free) = (Credits::ZERO, Credits::ZERO);
        for index in &path.grants {
            let account = self.account(*index);
            left = left.saturating_add(account.left());
            free = free.saturating_add(account.takeable());
        }
        if left < quote.least {
            return Verdict::Short(Shortage::Grants);
        }
        if free < quote.least && tightest.is_none() {
            tightest = Some(Shortage::Grants);
        }
        match tightest {
            Some(shortage) => Verdict::Held(shortage),
            None => Verdict::Fits(takeable.min(free)),
        }
    }

    /// Takes what was judged to fit; nothing here can fail.
    pub(super) fn take(&mut self, claim: Claim, affordable: Credits) -> Hold {
        let Claim { id, resolved, quote, .. } = claim;
        let amount = quote.most.min(affordable);
        let mut parts: HoldParts = SmallVec::new();
        if !amount.is_zero() {
            for index in &resolved.limits {
                parts.push(self.take_part(*index, amount));
            }
        }
        let mut unmet = amount;
        for index in &resolved.grants {
            let part = self.account(*index).takeable().min(unmet);
            if !part.is_zero() {
                parts.push(self.take_part(*index, part));
                unmet = unmet.saturating_sub(part);
            }
        }
        Hold {
            id,
            amount,
            parts,
            group: resolved.group,
            project: resolved.project,
            remaining: affordable.saturating_sub(amount),
        }
    }

    fn take_part(&mut self, index: AccountIndex, amount: Credits) -> Part {
        let account = self.account_mut(index);
        account.take(amount);
        Part { account: account.id, amount, grant: account.grant, ends: account.end, index }
    }
}
