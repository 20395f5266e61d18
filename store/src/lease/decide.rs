//! Who is leased what, decided from the accounts alone: the same for every store that has tables.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, Instant};

use super::{Ask, Asked, Granted, Refill, ShortOf, Verdict};

/// An account of the shard, as it is after the charges and give-backs of the sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leasable {
    /// First instant after it.
    pub end: Instant,
    /// It counts no more: nothing of it is leased.
    pub closed: bool,
    /// What is left of it once every lease and reservation has come back unspent.
    pub left: Credits,
    /// What all gateways have of it.
    pub leased: Credits,
    /// What jobs have of it.
    pub reserved: Credits,
    /// What of `leased` silent gateways have, without the one that asks: it is heard of.
    pub doubtful: Credits,
    /// Its leases are recalled.
    pub recalled: bool,
}

impl Leasable {
    /// What can be leased of it.
    #[must_use]
    pub fn available(&self) -> Credits {
        self.left.saturating_sub(self.leased).saturating_sub(self.reserved)
    }

    fn is_nobodys(&self) -> bool {
        self.leased.is_zero() && self.reserved.is_zero()
    }
}

/// What was decided; the accounts bear it already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaseDecision {
    /// The leases, in the order in which they were given; an account may come more than once.
    pub granted: Vec<Granted>,
    /// One an ask, in their order.
    pub verdicts: Vec<Verdict>,
}

/// When, and under which circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The time.
    pub now: Instant,
    /// The store went back in time, and not every gateway has told it yet what it had: nothing new
    /// is leased.
    pub frozen: bool,
}

/// Answers the asks and then the wishes, each in its order. Accounts that are not in `accounts`, are
/// closed or have ended have nothing.
///
/// What an ask was refused because others hold it is kept from the asks behind it: nobody overtakes.
pub fn decide_leases(
    asks: &[Ask],
    refills: &[Refill],
    when: Decided,
    accounts: &mut BTreeMap<AccountId, Leasable>,
) -> LeaseDecision {
    let Decided { now, frozen } = when;
    let mut leases =
        Leases { accounts, now, frozen, awaited: BTreeSet::new(), granted: Vec::new() };
    let verdicts = asks.iter().map(|ask| leases.answer(ask)).collect();
    for refill in refills.iter().filter(|_| !frozen) {
        leases.refill(refill);
    }
    LeaseDecision { granted: leases.granted, verdicts }
}

/// A recall is lifted where so many times what a request wanted are available after it.
const PLENTY: u64 = 4;

struct Leases<'a> {
    accounts: &'a mut BTreeMap<AccountId, Leasable>,
    now: Instant,
    frozen: bool,
    /// What asks are held on.
    awaited: BTreeSet<AccountId>,
    granted: Vec<Granted>,
}

impl Leases<'_> {
    fn answer(&mut self, ask: &Ask) -> Verdict {
        if let Some(on) = self.short_of(ask, |account| account.left) {
            return Verdict::Short { on, lasting: self.is_lasting(on, ask) };
        }
        if self.frozen {
            return Verdict::InDoubt;
        }
        let named = || ask.limits.iter().chain(&ask.grants).map(|asked| asked.account);
        let overtakes = named().any(|account| self.awaited.contains(&account));
        let fit = self.fit(ask);
        if !overtakes && fit >= ask.least {
            self.lease_path(ask, fit.min(ask.most));
            self.lift_recalls(ask);
            return Verdict::Leased;
        }
        self.recall_short(ask);
        let reliable = |account: &Leasable| account.left.saturating_sub(account.doubtful);
        match self.short_of(ask, reliable) {
            Some(_) => Verdict::InDoubt,
            None => Verdict::Held,
        }
    }

    /// The first of a path of which there is too little, by a figure of its accounts.
    fn short_of(&self, ask: &Ask, figure: impl Fn(&Leasable) -> Credits) -> Option<ShortOf> {
        let for_it = |asked: &Asked| {
            self.usable(asked).map_or(Credits::ZERO, &figure).saturating_sub(asked.own)
        };
        let limit = ask.limits.iter().find(|asked| for_it(asked) < ask.least);
        if let Some(limit) = limit {
            return Some(ShortOf::Limit(limit.account));
        }
        let grants = total(ask.grants.iter().map(for_it));
        (grants < ask.least).then_some(ShortOf::Grants)
    }

    fn is_lasting(&self, on: ShortOf, ask: &Ask) -> bool {
        let nobodys = |account| self.accounts.get(account).is_none_or(Leasable::is_nobodys);
        match on {
            ShortOf::Limit(account) => nobodys(&account),
            ShortOf::Grants => ask.grants.iter().all(|asked| nobodys(&asked.account)),
        }
    }

    /// The account, if it lives: one that has ended only for those who have something of it.
    fn usable(&self, asked: &Asked) -> Option<&Leasable> {
        let account = self.accounts.get(&asked.account)?;
        let lives = account.end > self.now || !asked.own.is_zero();
        (lives && !account.closed).then_some(account)
    }

    fn available(&self, asked: &Asked) -> Credits {
        self.usable(asked).map_or(Credits::ZERO, Leasable::available)
    }

    fn fit(&self, ask: &Ask) -> Credits {
        let grants = total(ask.grants.iter().map(|asked| self.available(asked)));
        ask.limits.iter().map(|asked| self.available(asked)).fold(grants, Credits::min)
    }

    fn lease_path(&mut self, ask: &Ask, amount: Credits) {
        for limit in &ask.limits {
            self.lease(limit.account, amount);
        }
        let mut unmet = amount;
        for grant in &ask.grants {
            let part = self.available(grant).min(unmet);
            self.lease(grant.account, part);
            unmet = unmet.saturating_sub(part);
        }
    }

    /// Where a request leaves plenty, leases may be kept again.
    fn lift_recalls(&mut self, ask: &Ask) {
        let plenty = ask.most.micros().saturating_mul(PLENTY);
        for asked in ask.limits.iter().chain(&ask.grants) {
            let account = self.accounts.get_mut(&asked.account);
            if let Some(account) = account.filter(|it| it.available().micros() >= plenty) {
                account.recalled = false;
            }
        }
    }

    fn lease(&mut self, id: AccountId, amount: Credits) {
        if amount.is_zero() {
            return;
        }
        let account = self.accounts.get_mut(&id).expect("what has something available is known");
        account.leased = account.leased.saturating_add(amount);
        self.granted.push(Granted { account: id, amount });
    }

    /// Recalls what others have of the accounts that are short, and keeps those from who comes after.
    fn recall_short(&mut self, ask: &Ask) {
        let short = |asked: &&Asked| self.available(asked) < ask.least;
        let mut recalled: Vec<_> = ask.limits.iter().filter(short).collect();
        if total(ask.grants.iter().map(|asked| self.available(asked))) < ask.least {
            recalled.extend(&ask.grants);
        }
        let recalled: Vec<_> = recalled.into_iter().map(|asked| asked.account).collect();
        for account in &recalled {
            if let Some(account) = self.accounts.get_mut(account) {
                account.recalled |= !account.leased.is_zero();
            }
        }
        self.awaited.extend(recalled);
    }

    fn refill(&mut self, refill: &Refill) {
        let living = |account: &&Leasable| account.end > self.now && !account.closed;
        let available = refill.accounts.iter().find_map(|id| {
            let available = self.accounts.get(id).filter(living)?.available();
            (!available.is_zero()).then_some((*id, available))
        });
        let Some((id, available)) = available else { return };
        if self.accounts.get(&id).is_some_and(|account| account.recalled) {
            return;
        }
        let share = available.micros() / u64::from(refill.divisor.get());
        let share = Credits::from_micros(share).unwrap_or(available);
        if share.is_zero() || share < refill.quote {
            return;
        }
        self.lease(id, share.min(refill.wanted));
    }
}

fn total(amounts: impl Iterator<Item = Credits>) -> Credits {
    amounts.fold(Credits::ZERO, Credits::saturating_add)
}
