//! The store that they share, by the letter of its protocol: asks in order, then wishes.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Answer, Change, Figures, Instant, ShortOf, Verdict, WaitingAsk};

use crate::model::{Micros, credits, micros};

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) amount: Micros,
    pub(crate) spent: Micros,
    pub(crate) refunded: Micros,
    pub(crate) end: Instant,
    /// What each gateway has of it.
    pub(crate) leased: Vec<Micros>,
    pub(crate) recalled: bool,
    /// What `spent` and all leases may never pass: the amount, or their sum when it was lowered.
    bound: Micros,
}

impl Account {
    pub(crate) fn new(amount: Micros, end: Instant, gateways: usize) -> Self {
        let (spent, refunded, recalled) = (0, 0, false);
        Self { amount, spent, refunded, end, leased: vec![0; gateways], recalled, bound: amount }
    }

    /// What is spent and what may still be, with everything that is leased.
    pub(crate) fn committed(&self) -> Micros {
        self.spent + self.leased.iter().sum::<Micros>()
    }

    pub(crate) fn left(&self) -> Micros {
        (self.amount - self.spent).max(0)
    }

    pub(crate) fn available(&self) -> Micros {
        (self.amount - self.committed()).max(0)
    }
}

/// A wish for more lease.
#[derive(Clone, Debug)]
pub(crate) struct Refill {
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) wanted: Micros,
    pub(crate) quote: Micros,
    pub(crate) divisor: Micros,
}

/// What one gateway reports, gives back and asks.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) gateway: usize,
    pub(crate) charges: Vec<(AccountId, Micros)>,
    pub(crate) give_backs: Vec<(AccountId, Micros)>,
    pub(crate) asks: Vec<WaitingAsk>,
    pub(crate) refills: Vec<Refill>,
    pub(crate) now: Instant,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    /// What was changed, and of which account.
    pub(crate) feed: Vec<(AccountId, Change)>,
    /// Gateways that have not been heard for a while.
    pub(crate) silent: Vec<bool>,
}

impl Store {
    pub(crate) fn sync(&mut self, request: &Request) -> Answer {
        for (id, amount) in &request.charges {
            let account = self.account(*id);
            account.leased[request.gateway] -= amount;
            account.spent += amount;
        }
        for (id, amount) in &request.give_backs {
            self.account(*id).leased[request.gateway] -= amount;
        }
        let (mut answer, mut awaited) = (Answer::default(), BTreeSet::new());
        for ask in &request.asks {
            let verdict = self.answer(request, ask, &mut awaited, &mut answer.leased);
            answer.verdicts.push((ask.ticket, verdict));
        }
        for refill in &request.refills {
            self.refill(request, refill, &mut answer.leased);
        }
        let asked = request.asks.iter().flat_map(|ask| ask.limits.iter().chain(&ask.grants));
        let wished = request.refills.iter().flat_map(|refill| &refill.accounts);
        let named: BTreeSet<_> = asked.map(|(id, _)| id).chain(wished).collect();
        answer.figures = named.into_iter().map(|id| self.figures(*id)).collect();
        let recalled = self.accounts.iter().filter(|(_, account)| account.recalled);
        let recalled = recalled.filter(|(_, account)| account.leased[request.gateway] > 0);
        answer.recalled = recalled.map(|(id, _)| *id).collect();
        answer
    }

    /// Another ceiling; what is committed beyond a lower one stays until it is spent or back.
    pub(crate) fn resize(&mut self, id: AccountId, amount: Micros, change: Change) {
        let account = self.account(id);
        if amount > account.amount {
            account.recalled = false;
        }
        account.amount = amount;
        account.bound = amount.max(account.committed());
        self.feed.push((id, change));
    }

    pub(crate) fn refund(&mut self, id: AccountId, amount: Micros) {
        let account = self.account(id);
        let amount = amount.min(account.spent);
        (account.spent, account.refunded) = (account.spent - amount, account.refunded + amount);
        let total = credits(account.refunded);
        self.feed.push((id, Change::Refunded { account: id, total }));
    }

    pub(crate) fn check(&self) {
        for (id, account) in &self.accounts {
            assert!(account.committed() <= account.bound, "{id} is over: {account:?}");
            assert!(
                account.leased.iter().all(|lease| *lease >= 0),
                "{id} gave too much: {account:?}"
            );
        }
    }

    fn account(&mut self, id: AccountId) -> &mut Account {
        self.accounts.get_mut(&id).unwrap()
    }

    fn figures(&self, id: AccountId) -> Figures {
        let account = &self.accounts[&id];
        Figures {
            account: id,
            spent: credits(account.spent),
            refunded: credits(account.refunded),
            drained: account.available() == 0,
        }
    }

    fn answer(
        &mut self,
        request: &Request,
        ask: &WaitingAsk,
        awaited: &mut BTreeSet<AccountId>,
        leased: &mut Vec<(AccountId, ledger::Credits)>,
    ) -> Verdict {
        if let Some(on) = self.short(ask, Account::left) {
            let nobodys = |id: &AccountId| self.accounts[id].leased.iter().all(|lease| *lease == 0);
            let lasting = match &on {
                ShortOf::Limit(id) => nobodys(id),
                ShortOf::Grants => ask.grants.iter().all(|(id, _)| nobodys(id)),
            };
            return Verdict::Short { on, lasting };
        }
        let available = |store: &Self, (id, own): &(AccountId, ledger::Credits)| {
            let account = &store.accounts[id];
            let living = request.now < account.end || !own.is_zero();
            if living { account.available() } else { 0 }
        };
        let of_grants = ask.grants.iter().map(|asked| available(self, asked)).sum::<Micros>();
        let of_limits = ask.limits.iter().map(|asked| available(self, asked));
        let fit = of_limits.chain([of_grants]).min().unwrap();
        let named = ask.limits.iter().chain(&ask.grants).map(|(id, _)| *id);
        let least = micros(ask.least);
        if fit >= least && !named.clone().any(|id| awaited.contains(&id)) {
            let amount = fit.min(micros(ask.most));
            let mut parts: Vec<_> = ask.limits.iter().map(|(id, _)| (*id, amount)).collect();
            let mut unmet = amount;
            for asked in &ask.grants {
                let part = available(self, asked).min(unmet);
                unmet -= part;
                parts.push((asked.0, part));
            }
            for (id, amount) in parts {
                self.lease(request.gateway, id, amount, leased);
                let account = self.account(id);
                account.recalled &= account.available() < 4 * micros(ask.most);
            }
            return Verdict::Leased;
        }
        let short = ask.limits.iter().filter(|asked| available(self, asked) < least);
        let mut short: Vec<_> = short.map(|(id, _)| *id).collect();
        if of_grants < least {
            short.extend(ask.grants.iter().map(|(id, _)| *id));
        }
        for id in short {
            let account = self.account(id);
            account.recalled |= account.leased.iter().any(|lease| *lease > 0);
            awaited.insert(id);
        }
        let silent = self.silent.clone();
        let doubtful = |account: &Account| {
            let leases = account.leased.iter().zip(&silent).filter(|(_, silent)| **silent);
            account.left() - leases.map(|(lease, _)| lease).sum::<Micros>()
        };
        if self.short(ask, doubtful).is_some() { Verdict::InDoubt } else { Verdict::Held }
    }

    /// The first of a path that has too little by a figure.
    fn short(&self, ask: &WaitingAsk, figure: impl Fn(&Account) -> Micros) -> Option<ShortOf> {
        let for_it = |(id, own): &(AccountId, ledger::Credits)| {
            (figure(&self.accounts[id]) - micros(*own)).max(0)
        };
        let least = micros(ask.least);
        if let Some((id, _)) = ask.limits.iter().find(|asked| for_it(asked) < least) {
            return Some(ShortOf::Limit(*id));
        }
        (ask.grants.iter().map(for_it).sum::<Micros>() < least).then_some(ShortOf::Grants)
    }

    fn lease(
        &mut self,
        gateway: usize,
        id: AccountId,
        amount: Micros,
        leased: &mut Vec<(AccountId, ledger::Credits)>,
    ) {
        self.account(id).leased[gateway] += amount;
        match leased.iter_mut().find(|(known, _)| *known == id) {
            Some((_, sum)) => *sum = sum.saturating_add(credits(amount)),
            None if amount == 0 => {}
            None => leased.push((id, credits(amount))),
        }
    }

    fn refill(
        &mut self,
        request: &Request,
        refill: &Refill,
        leased: &mut Vec<(AccountId, ledger::Credits)>,
    ) {
        let available = refill.accounts.iter().find_map(|id| {
            let account = self.accounts.get(id).filter(|account| request.now < account.end)?;
            (account.available() > 0).then(|| (*id, account.available()))
        });
        let Some((id, available)) = available else { return };
        let share = available / refill.divisor;
        if share >= refill.quote.max(1) && !self.account(id).recalled {
            self.lease(request.gateway, id, share.min(refill.wanted), leased);
        }
    }
}
