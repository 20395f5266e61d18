//! The facts of a shortage, for the refusal that names it.

use super::admit::{Shortage, held_of, total};
use super::waiting::Claim;
use super::{Book, GrantEntry};
use crate::account::{Account, AccountIndex, Source};
use crate::{Credits, Instant, LimitId, Refusal, Short, ShortAccount, ShortOn};

impl Book {
    pub(super) fn short(&self, shortage: Shortage, claim: &Claim, now: Instant) -> Short {
        match shortage {
            Shortage::Limit(index) => self.short_of_limit(index, claim),
            Shortage::Grants => self.short_of_grants(claim, now),
        }
    }

    /// The refusal of a request on whose path a period has no account yet.
    pub(super) fn unopened(&self, limit: LimitId) -> Refusal {
        let entry = self.limits.get(limit).expect("a path names only limits that count");
        Refusal::PeriodUnopened(Box::new(entry.limit.clone()))
    }

    fn short_of_limit(&self, index: AccountIndex, claim: &Claim) -> Short {
        let account = &self.accounts[index];
        let entry = match account.source {
            Source::Limit(id) => self.limits.get(id),
            Source::Grant(_) => None,
        };
        let entry = entry.expect("what is short is the account of a limit that counts");
        Short {
            on: ShortOn::Limit(entry.limit.clone()),
            amount: account.amount,
            spent: account.spent,
            held: account.held,
            required: claim.quote.least.saturating_add(held_of(&claim.own, index)),
            left: account.left(),
            resets_at: (account.end < Instant::MAX).then_some(account.end),
            accounts: vec![as_seen(account)],
            version: self.version,
        }
    }

    fn short_of_grants(&self, claim: &Claim, now: Instant) -> Short {
        let usable = &claim.resolved.grants;
        let sum = |figure: fn(&Account) -> Credits| {
            total(usable.iter().map(|index| figure(&self.accounts[*index])))
        };
        let own = total(usable.iter().map(|index| held_of(&claim.own, *index)));
        Short {
            on: ShortOn::Grants { restricted: self.restricted(usable, now).map(|it| it.grant.id) },
            amount: sum(Account::amount),
            spent: sum(Account::spent),
            held: sum(Account::held),
            required: claim.quote.least.saturating_add(own),
            left: sum(Account::left),
            resets_at: self.next_usable_grant(claim, now),
            accounts: usable.iter().map(|index| as_seen(&self.accounts[*index])).collect(),
            version: self.version,
        }
    }

    /// A grant with credits left that is not among the usable ones.
    fn restricted(&self, usable: &[AccountIndex], now: Instant) -> Option<&GrantEntry> {
        self.grants.iter().find(|entry| {
            let account = &self.accounts[entry.account];
            !usable.contains(&entry.account) && account.contains(now) && !account.left().is_zero()
        })
    }

    /// When the next grant begins that this caller may burn.
    fn next_usable_grant(&self, claim: &Claim, now: Instant) -> Option<Instant> {
        let member = self.members.get(&self.known(claim.path).key.member)?;
        let grants = self.grants.iter().map(|entry| &entry.grant);
        let to_come = grants.filter(|grant| grant.start > now && grant.start < grant.end);
        let usable = to_come.filter(|grant| grant.access.admits(member.id, &member.groups));
        usable.map(|grant| grant.start).min()
    }
}

fn as_seen(account: &Account) -> ShortAccount {
    ShortAccount {
        account: account.id,
        amount: account.amount,
        spent: account.spent,
        held: account.held,
        leased: account.free.saturating_add(account.held),
    }
}
