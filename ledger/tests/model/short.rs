//! What a refusal says.

use ledger::{AccountId, Grant, Instant, MemberId, Short, ShortAccount, ShortOn};

use super::{Kind, Micros, Model, Request, Shortage, credits, micros};

impl Model {
    pub(crate) fn short(
        &self,
        on: Shortage,
        request: &Request,
        usable: &[AccountId],
        now: Instant,
    ) -> Short {
        let accounts = match on {
            Shortage::Limit(id) => vec![id],
            Shortage::Grants => usable.to_vec(),
        };
        let sum = |figure: &dyn Fn(AccountId) -> Micros| {
            credits(accounts.iter().map(|id| figure(*id)).sum())
        };
        let (on, resets_at) = match on {
            Shortage::Limit(id) => {
                let account = self.account(id);
                let of = |limit: &&ledger::Limit| account.kind == Kind::Limit(limit.id);
                let limit = self.limits.iter().find(of).unwrap().clone();
                let resets = (account.end != Instant::MAX).then_some(account.end);
                (ShortOn::Limit(limit), resets)
            }
            Shortage::Grants => {
                let restricted = self.restricted(usable, now);
                (ShortOn::Grants { restricted }, self.next_usable(request.path.member, now))
            }
        };
        Short {
            on,
            amount: sum(&|id| self.account(id).amount),
            spent: sum(&|id| self.account(id).spent),
            held: sum(&|id| self.held(id)),
            required: credits(
                micros(request.quote.least) + micros(sum(&|id| self.own(request, id))),
            ),
            left: sum(&|id| self.left(id)),
            resets_at,
            accounts: accounts.iter().map(|id| self.as_seen(*id)).collect(),
            version: self.version,
        }
    }

    fn as_seen(&self, id: AccountId) -> ShortAccount {
        let account = self.account(id);
        ShortAccount {
            account: id,
            amount: credits(account.amount),
            spent: credits(account.spent),
            held: credits(self.held(id)),
            leased: credits(account.lease),
        }
    }

    /// The first grant in burn order that has credits left, only not for this caller.
    fn restricted(&self, usable: &[AccountId], now: Instant) -> Option<ledger::GrantId> {
        let mut grants = self.grants.clone();
        grants.sort_by_key(|grant| (grant.kind, grant.end, grant.created, grant.id));
        grants.retain(|grant| grant.start <= now && now < grant.end);
        grants.retain(|grant| !usable.contains(&grant.id.into()));
        grants.iter().find(|grant| self.left(grant.id.into()) > 0).map(|grant| grant.id)
    }

    fn next_usable(&self, member: MemberId, now: Instant) -> Option<Instant> {
        let begins = |grant: &&Grant| now < grant.start && grant.start < grant.end;
        let to_come = self.grants.iter().filter(begins);
        let usable = to_come.filter(|grant| self.admits(grant, member));
        usable.map(|grant| grant.start).min()
    }
}
