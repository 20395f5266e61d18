//! The decision: all of a quote from all of a path, or a named no.

use super::accounts::Accounts;
use super::path::Resolved;
use super::waiting::Claim;
use super::{Admission, Book, PathIndex};
use crate::account::AccountIndex;
use crate::hold::{HoldParts, Part};
use crate::{Account, Credits, Hold, HoldId, Instant, Leases, Quote, Refusal};

/// Why a quote does not fit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Obstacle {
    /// Less is left than is needed, whatever the running requests do.
    Short(Shortage),
    /// Enough is left, but not free.
    Held(Shortage),
}

/// What is short: one limit, or all the grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortage {
    Limit(AccountIndex),
    Grants,
}

impl Book {
    /// Takes a quote from every account of a path, all or nothing.
    ///
    /// The state of key, member and tool list is read here, so that a change is in force once it is
    /// applied. [`Refusal::Short`] is only said if nothing that runs could change it.
    pub fn admit(&mut self, id: HoldId, path: PathIndex, quote: Quote, now: Instant) -> Admission {
        self.refresh(path, now);
        let resolved = match &self.paths[path.0].resolved {
            Ok(resolved) => resolved,
            Err(refusal) => return Admission::Refused(refusal.clone()),
        };
        if let Some(limit) = resolved.unopened {
            return Admission::Refused(self.unopened(limit));
        }
        match self.accounts.judge(resolved, quote.least, self.leases.needed(quote), &[]) {
            Ok(affordable) => {
                // Made in place: a hold is too large to be moved about.
                let held =
                    Admission::Held(self.accounts.take(id, resolved, quote.most, affordable));
                self.note_low(path);
                held
            }
            Err(obstacle) => {
                let resolved = resolved.clone();
                self.decline(Claim { id, path, resolved, quote, own: Vec::new() }, obstacle, now)
            }
        }
    }

    /// Takes more for a running hold, from the limits that it was taken from.
    ///
    /// The answer is a hold of its own, for [`Hold::join`]; it takes from grants the hold already
    /// burns, even ended ones, and from those that the path may burn now. What the hold itself has
    /// cannot come free for it: [`Refusal::Short`] counts it as needed.
    pub fn extend(
        &mut self,
        hold: &Hold,
        path: PathIndex,
        quote: Quote,
        now: Instant,
    ) -> Admission {
        if hold.parts.is_empty() {
            // Nothing was taken yet, so no period or grant is the hold's own.
            return self.admit(hold.id, path, quote, now);
        }
        self.refresh(path, now);
        let resolved = match &self.paths[path.0].resolved {
            Ok(resolved) => self.accounts.extended(resolved, &hold.parts),
            Err(refusal) => return Admission::Refused(refusal.clone()),
        };
        let claim = Claim { id: hold.id, path, resolved, quote, own: hold.parts.to_vec() };
        let needed = self.leases.needed(quote);
        match self.accounts.judge(&claim.resolved, quote.least, needed, &claim.own) {
            Ok(affordable) => {
                let Claim { id, resolved, .. } = &claim;
                let held =
                    Admission::Held(self.accounts.take(*id, resolved, quote.most, affordable));
                self.note_low(path);
                held
            }
            Err(obstacle) => self.decline(claim, obstacle, now),
        }
    }

    fn decline(&mut self, claim: Claim, obstacle: Obstacle, now: Instant) -> Admission {
        match obstacle {
            Obstacle::Short(on) => {
                let short = self.short(on, &claim, now);
                Admission::Refused(Refusal::Short(Box::new(short)))
            }
            Obstacle::Held(on) => self.queue(claim, on, now),
        }
    }
}

impl Accounts {
    /// What a newcomer could take of a path, if that is all it needs; else the first account, limits
    /// in order and then the grants together, that has too little left, or failing that, free.
    /// Where leases are shared, too little is left only if the store has said so for good.
    ///
    /// `own` are the parts of the hold that asks for more.
    #[inline]
    pub(super) fn judge(
        &self,
        path: &Resolved,
        least: Credits,
        needed: Credits,
        own: &[Part],
    ) -> Result<Credits, Obstacle> {
        let affordable = self.affordable(path);
        if affordable >= needed {
            return Ok(affordable);
        }
        Err(self.obstacle(path, least, needed, own))
    }

    #[cold]
    fn obstacle(&self, path: &Resolved, least: Credits, needed: Credits, own: &[Part]) -> Obstacle {
        let shared = self.leases == Leases::Shared;
        if let Some(short) = self.short_of(path, least, own, |account| !shared || account.lasting) {
            return Obstacle::Short(short);
        }
        let tight = path.limits.iter().find(|index| self[**index].takeable() < needed);
        Obstacle::Held(tight.map_or(Shortage::Grants, |limit| Shortage::Limit(*limit)))
    }

    /// The first of a path, among the accounts that count, with less left than is needed.
    pub(super) fn short_of(
        &self,
        path: &Resolved,
        least: Credits,
        own: &[Part],
        counts: impl Fn(&Account) -> bool,
    ) -> Option<Shortage> {
        let left = |index: &AccountIndex| self[*index].left().saturating_sub(held_of(own, *index));
        let counts = |index: &AccountIndex| counts(&self[*index]);
        let mut limits = path.limits.iter();
        if let Some(limit) = limits.find(|index| left(index) < least && counts(index)) {
            return Some(Shortage::Limit(*limit));
        }
        let short = total(path.grants.iter().map(left)) < least;
        (short && path.grants.iter().all(counts)).then_some(Shortage::Grants)
    }

    #[inline]
    fn affordable(&self, path: &Resolved) -> Credits {
        let takeable = |index: &AccountIndex| self[*index].takeable();
        path.limits.iter().map(takeable).fold(self.of_grants(path), Credits::min)
    }

    /// What a newcomer could take of the grants of a path together.
    #[inline]
    pub(super) fn of_grants(&self, path: &Resolved) -> Credits {
        match self.leases {
            Leases::Everything => total(path.grants.iter().map(|index| self[*index].takeable())),
            Leases::Shared => self.burnable(path),
        }
    }

    /// What may be burnt of the grants: a later one only once the store has nothing more of the
    /// earlier ones.
    #[inline(never)]
    fn burnable(&self, path: &Resolved) -> Credits {
        let mut burnable = Credits::ZERO;
        for (place, index) in path.grants.iter().enumerate() {
            let account = &self[*index];
            burnable = burnable.saturating_add(account.takeable());
            if place >= path.past && !account.drained {
                break;
            }
        }
        burnable
    }

    /// The most that a path has beside what runs, as far as this gateway knows.
    #[inline(never)]
    pub(super) fn remaining(&self, path: &Resolved) -> Credits {
        let beside = |index: &AccountIndex| self[*index].beside();
        let grants = total(path.grants.iter().map(beside));
        path.limits.iter().map(beside).fold(grants, Credits::min)
    }

    /// Takes up to `most` of what was judged to be affordable; nothing here can fail.
    pub(super) fn take(
        &mut self,
        id: HoldId,
        path: &Resolved,
        most: Credits,
        affordable: Credits,
    ) -> Hold {
        let amount = most.min(affordable);
        let beside = match self.leases {
            Leases::Everything => affordable,
            Leases::Shared => self.remaining(path),
        };
        let mut hold = Hold {
            id,
            amount,
            parts: HoldParts::new(),
            group: path.group,
            project: path.project,
            remaining: beside.saturating_sub(amount),
        };
        if amount.is_zero() {
            return hold;
        }
        for index in &path.limits {
            hold.parts.push(self.take_part(*index, amount));
        }
        let mut unmet = amount;
        for index in &path.grants {
            let part = self[*index].takeable().min(unmet);
            if !part.is_zero() {
                hold.parts.push(self.take_part(*index, part));
                unmet = unmet.saturating_sub(part);
            }
        }
        if self.leases == Leases::Shared {
            self.look_for_low(&hold.parts);
        }
        hold
    }

    fn take_part(&mut self, index: AccountIndex, amount: Credits) -> Part {
        let account = &mut self[index];
        account.take(amount);
        let grant = account.source.grant();
        Part { account: account.id, amount, grant, ends: account.end, index }
    }

    /// Sees which accounts of a hold run low from here on; those under recall are to.
    #[inline(never)]
    fn look_for_low(&mut self, parts: &[Part]) {
        for part in parts {
            if self[part.index].falls_low() {
                self.fell_low |= !self.recalled.contains(&part.account);
            }
        }
    }

    /// The path of a request for more: the limits of its hold, and its grants beside today's.
    pub(super) fn extended(&self, today: &Resolved, own: &[Part]) -> Resolved {
        let mut path = today.clone();
        path.limits.clear();
        path.grants.clear();
        for part in own.iter().filter(|part| !self[part.index].closed) {
            match part.grant {
                None => path.limits.push(part.index),
                // What the path may still burn keeps its place there.
                Some(_) if today.grants.contains(&part.index) => {}
                Some(_) => path.grants.push(part.index),
            }
        }
        path.past = path.grants.len();
        path.grants.extend_from_slice(&today.grants);
        path
    }
}

/// What a hold has of an account.
pub(super) fn held_of(own: &[Part], index: AccountIndex) -> Credits {
    let part = own.iter().find(|part| part.index == index);
    part.map_or(Credits::ZERO, |part| part.amount)
}

/// The sum, as far as an amount reaches: no quote is larger.
pub(super) fn total(amounts: impl Iterator<Item = Credits>) -> Credits {
    amounts.fold(Credits::ZERO, Credits::saturating_add)
}
