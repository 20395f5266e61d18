//! Who is leased what: every rule looked up anew for every ask.

use std::collections::BTreeSet;

use ledger::{AccountId, Credits, NodeId};

use super::state::{Account, Accounts};
use crate::{Ask, Asked, Figures, Granted, Refill, ShortOf, SyncAnswer, SyncRequest, Verdict};

impl Accounts {
    /// The answer to what a request asks and wishes, once its charges are booked.
    pub(super) fn answer(
        &mut self,
        request: &SyncRequest,
        silent: &BTreeSet<NodeId>,
        frozen: bool,
    ) -> SyncAnswer {
        let mut answer = SyncAnswer::default();
        let mut waited_for = BTreeSet::new();
        for ask in &request.ask {
            let verdict = match self.short(request, ask, |_, account| account.left()) {
                Some(on) => Verdict::Short { on, lasting: self.is_nobodys(on, ask) },
                None if frozen => Verdict::InDoubt,
                None => self.fit(request, ask, silent, &mut waited_for, &mut answer.granted),
            };
            answer.verdicts.push(verdict);
        }
        for wish in request.refill.iter().filter(|_| !frozen) {
            self.refill(request, wish, &mut answer.granted);
        }
        let named: BTreeSet<_> = request.leasing().collect();
        answer.figures = named.into_iter().filter_map(|id| self.figures(request, id)).collect();
        answer.recalled = self.recalled(request);
        answer
    }

    fn fit(
        &mut self,
        request: &SyncRequest,
        ask: &Ask,
        silent: &BTreeSet<NodeId>,
        waited_for: &mut BTreeSet<AccountId>,
        granted: &mut Vec<Granted>,
    ) -> Verdict {
        let named: Vec<_> = ask.limits.iter().chain(&ask.grants).map(|it| it.account).collect();
        let most = self.most(request, ask);
        if most >= ask.least && !named.iter().any(|id| waited_for.contains(id)) {
            let amount = most.min(ask.most);
            for limit in &ask.limits {
                granted.extend(self.lease(request, limit.account, amount));
            }
            let mut unmet = amount;
            for grant in &ask.grants {
                let part = unmet.min(self.available_for(request, grant));
                granted.extend(self.lease(request, grant.account, part));
                unmet = unmet.saturating_sub(part);
            }
            for id in named {
                if self.available(id).micros() / 4 >= ask.most.micros()
                    && let Some(account) = self.accounts.get_mut(&id)
                {
                    account.recalled = false;
                }
            }
            return Verdict::Leased;
        }
        for id in self.wanted_back(request, ask) {
            waited_for.insert(id);
            let leased = self.leased(id);
            if let Some(account) = self.accounts.get_mut(&id) {
                account.recalled = account.recalled || !leased.is_zero();
            }
        }
        let certain = |id, account: &Account| account.left().saturating_sub(self.of(id, silent));
        let in_doubt = self.short(request, ask, certain).is_some();
        if in_doubt { Verdict::InDoubt } else { Verdict::Held }
    }

    /// What these gateways have of an account.
    fn of(&self, id: AccountId, nodes: &BTreeSet<NodeId>) -> Credits {
        let leases = self.leases.iter();
        let theirs = leases.filter(|((of, node, _), _)| *of == id && nodes.contains(node));
        sum(theirs.map(|(_, amount)| *amount))
    }

    /// The first of a path that has less than its least by some figure.
    fn short(
        &self,
        request: &SyncRequest,
        ask: &Ask,
        figure: impl Fn(AccountId, &Account) -> Credits,
    ) -> Option<ShortOf> {
        let has = |asked: &Asked| {
            let account = self.usable(request, asked);
            let figure = account.map_or(Credits::ZERO, |account| figure(asked.account, account));
            figure.saturating_sub(asked.own)
        };
        for limit in &ask.limits {
            if has(limit) < ask.least {
                return Some(ShortOf::Limit(limit.account));
            }
        }
        (sum(ask.grants.iter().map(has)) < ask.least).then_some(ShortOf::Grants)
    }

    fn is_nobodys(&self, on: ShortOf, ask: &Ask) -> bool {
        match on {
            ShortOf::Limit(account) => self.leased(account).is_zero(),
            ShortOf::Grants => ask.grants.iter().all(|grant| self.leased(grant.account).is_zero()),
        }
    }

    fn most(&self, request: &SyncRequest, ask: &Ask) -> Credits {
        let limits = ask.limits.iter().map(|limit| self.available_for(request, limit));
        let grants = sum(ask.grants.iter().map(|grant| self.available_for(request, grant)));
        limits.fold(grants, Credits::min)
    }

    fn wanted_back(&self, request: &SyncRequest, ask: &Ask) -> Vec<AccountId> {
        let limits = ask.limits.iter();
        let short = limits.filter(|limit| self.available_for(request, limit) < ask.least);
        let mut wanted: Vec<_> = short.map(|limit| limit.account).collect();
        let grants = sum(ask.grants.iter().map(|grant| self.available_for(request, grant)));
        if grants < ask.least {
            wanted.extend(ask.grants.iter().map(|grant| grant.account));
        }
        wanted
    }

    fn in_shard(&self, request: &SyncRequest, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id).filter(|account| account.org.shard() == request.shard)
    }

    fn available(&self, id: AccountId) -> Credits {
        let left = self.accounts.get(&id).map_or(Credits::ZERO, Account::left);
        left.saturating_sub(self.leased(id))
    }

    /// An account that an ask may have something of.
    fn usable(&self, request: &SyncRequest, asked: &Asked) -> Option<&Account> {
        let account = self.in_shard(request, asked.account)?;
        let over = account.end <= request.now && asked.own.is_zero();
        if account.closed || over { None } else { Some(account) }
    }

    fn available_for(&self, request: &SyncRequest, asked: &Asked) -> Credits {
        let usable = self.usable(request, asked);
        usable.map_or(Credits::ZERO, |_| self.available(asked.account))
    }

    fn lease(
        &mut self,
        request: &SyncRequest,
        account: AccountId,
        amount: Credits,
    ) -> Option<Granted> {
        if amount.is_zero() {
            return None;
        }
        let lease = self.leases.entry((account, request.node, request.epoch)).or_default();
        *lease = lease.saturating_add(amount);
        Some(Granted { account, amount })
    }

    fn refill(&mut self, request: &SyncRequest, wish: &Refill, granted: &mut Vec<Granted>) {
        for id in &wish.accounts {
            let asked = Asked { account: *id, own: Credits::ZERO };
            let available = self.available_for(request, &asked);
            if available.is_zero() {
                continue;
            }
            let share = available.micros() / u64::from(wish.divisor.get());
            let share = Credits::from_micros(share).unwrap_or_default();
            let kept = self.accounts.get(id).is_some_and(|account| account.recalled);
            if share >= wish.quote && !share.is_zero() && !kept {
                granted.extend(self.lease(request, *id, share.min(wish.wanted)));
            }
            return;
        }
    }

    fn figures(&self, request: &SyncRequest, id: AccountId) -> Option<Figures> {
        let account = self.in_shard(request, id)?;
        let (amount, spent, refunded) = (account.amount, account.counted(), account.come_back());
        let drained = self.available(id).is_zero();
        Some(Figures { account: id, amount, spent, refunded, drained })
    }

    fn recalled(&self, request: &SyncRequest) -> Vec<AccountId> {
        let mine = self.leases.iter().filter(|((_, node, epoch), amount)| {
            (*node, *epoch) == (request.node, request.epoch) && !amount.is_zero()
        });
        let mine: BTreeSet<_> = mine.map(|((id, _, _), _)| *id).collect();
        let recalled =
            |id: &AccountId| self.in_shard(request, *id).is_some_and(|account| account.recalled);
        mine.into_iter().filter(recalled).collect()
    }
}

fn sum(amounts: impl Iterator<Item = Credits>) -> Credits {
    amounts.fold(Credits::ZERO, Credits::saturating_add)
}
