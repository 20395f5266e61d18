//! Several gateways on one store, each with its book: together they spend what there is, to the
//! last credit and never past it, and what they refuse is true.

mod budget;
mod gateway;
mod life;
mod step;
mod store;

use std::collections::BTreeMap;

use ledger::{
    Access, AccountId, Change, Credits, Grant, GrantKind, Instant, Limit, PathKey, Quote, Scope,
    Short,
};

use crate::model::{Micros, credits, micros};
use crate::org::{ADA, BEN, DESIGN, KEY, SALES, ada, at, ben, grant, key, limit, member, period};

use gateway::{Event, Flight, Gateway};
use store::{Account, Refill, Store};

/// When the promo ends.
const PROMO_END: i64 = 100;

pub(crate) struct Gateways {
    store: Store,
    gateways: Vec<Gateway>,
    limits: Vec<(AccountId, Limit)>,
    grants: Vec<Grant>,
    now: Instant,
}

/// Ada has a key with a limit, a seat of her own and a promo; Ben only what all have.
pub(crate) fn callers() -> [PathKey; 2] {
    [ada(), ben()]
}

fn limits() -> Vec<Limit> {
    vec![
        limit(1, Scope::Key(KEY), 150),
        limit(2, Scope::Member(BEN), 120),
        limit(3, Scope::Org, 250),
    ]
}

fn grants() -> Vec<Grant> {
    let hers = Access::Listed { members: vec![ADA], groups: Vec::new() };
    vec![
        Grant { access: hers, ..grant(1, GrantKind::Seat, 60) },
        Grant { end: at(PROMO_END), ..grant(2, GrantKind::Promo, 60) },
        grant(3, GrantKind::TopUp, 200),
    ]
}

impl Gateways {
    pub(crate) fn new(count: usize) -> Self {
        Self::sharing(count, limits(), grants())
    }

    pub(crate) fn sharing(count: usize, limits: Vec<Limit>, grants: Vec<Grant>) -> Self {
        let mut facts = vec![
            Change::Member(member(ADA, DESIGN)),
            Change::Member(member(BEN, SALES)),
            Change::Key(key()),
        ];
        let mut store = Store { silent: vec![false; count], ..Store::default() };
        let mut opened = Vec::new();
        for limit in limits {
            let mut period = period(&limit, 0, 1);
            (period.start, period.end) = (Instant::MIN, Instant::MAX);
            let account = Account::new(micros(limit.amount), period.end, count);
            store.accounts.insert(period.account, account);
            facts.extend([Change::Limit(limit.clone()), Change::PeriodOpened(period)]);
            opened.push((period.account, limit));
        }
        for grant in &grants {
            let account = Account::new(micros(grant.amount), grant.end, count);
            store.accounts.insert(grant.id.into(), account);
            facts.push(granted(grant));
        }
        let now = at(0);
        let gateways = (0..count).map(|number| Gateway::new(number, &facts, now)).collect();
        Self { store, gateways, limits: opened, grants, now }
    }

    fn admit(&mut self, gateway: usize, caller: &PathKey, quote: Quote) -> bool {
        self.gateways[gateway].admit(caller, quote, self.now)
    }

    /// A request to the store goes out, is answered, and the answer comes in.
    fn exchange(&mut self, gateway: usize, asks: usize, refills: Vec<Refill>) {
        self.gateways[gateway].send(asks, refills, self.now);
        self.answer(gateway);
        self.gateways[gateway].take_answer(self.now);
        self.check();
    }

    fn answer(&mut self, gateway: usize) {
        if let Some(Flight::Sent(request)) = &self.gateways[gateway].flight {
            let answer = self.store.sync(request);
            self.gateways[gateway].flight = Some(Flight::Answered(answer));
        }
    }

    /// The next of the feed reaches a gateway, if there is any.
    fn read_feed(&mut self, gateway: usize) -> bool {
        let gateway = &mut self.gateways[gateway];
        let Some((_, change)) = self.store.feed.get(gateway.read) else { return false };
        gateway.read += 1;
        gateway.apply(change.clone(), self.now);
        true
    }

    fn set_limit(&mut self, n: usize, amount: Credits) {
        let (account, limit) = &mut self.limits[n];
        limit.amount = amount;
        self.store.resize(*account, micros(amount), Change::Limit(limit.clone()));
    }

    fn set_grant(&mut self, n: usize, amount: Credits) {
        let grant = &mut self.grants[n];
        grant.amount = amount;
        self.store.resize(grant.id.into(), micros(amount), granted(grant));
    }

    /// Whether a gateway has been told everything about these accounts.
    fn is_told(&self, gateway: usize, accounts: &[AccountId]) -> bool {
        let unread = &self.store.feed[self.gateways[gateway].read..];
        unread.iter().all(|(account, _)| !accounts.contains(account))
    }

    fn check(&mut self) {
        self.store.check();
        for number in 0..self.gateways.len() {
            let accounts = self.store.accounts.iter();
            let leased = accounts.map(|(id, account)| (*id, account.leased[number]));
            self.gateways[number].check(&leased.collect::<BTreeMap<_, _>>());
            self.check_known(number);
            for event in std::mem::take(&mut self.gateways[number].events) {
                match event {
                    Event::Held(taken) => self.check_held(number, &taken),
                    Event::Short(short) => self.check_short(number, &short),
                }
            }
        }
    }

    /// A gateway may not know all that is spent, but thinks nothing spent that is not.
    fn check_known(&self, gateway: usize) {
        for account in self.gateways[gateway].book.accounts() {
            if self.is_told(gateway, &[account.id()]) {
                let left = self.truly_left(account.id());
                assert!(micros(account.left()) >= left, "{left} are left of {account:?}");
            }
        }
    }

    /// What is taken is within the amount in force, with all that others have.
    fn check_held(&self, gateway: usize, taken: &[AccountId]) {
        for id in taken.iter().filter(|id| self.is_told(gateway, &[**id])) {
            let account = &self.store.accounts[id];
            assert!(account.committed() <= account.amount, "{id} is taken beyond: {account:?}");
        }
    }

    /// A refusal is true, with what the gateways have charged and not yet reported.
    fn check_short(&self, gateway: usize, short: &Short) {
        let accounts: Vec<_> = short.accounts.iter().map(|seen| seen.account).collect();
        assert!(short.left < short.required, "{short:?}");
        if !self.is_told(gateway, &accounts) {
            return;
        }
        let left: Micros = accounts.iter().map(|id| self.truly_left(*id)).sum();
        assert!(left < micros(short.required), "{left} are left: {short:?}");
    }

    fn truly_left(&self, id: AccountId) -> Micros {
        let charged = self.gateways.iter().map(|gateway| gateway.unreported(id)).sum::<Micros>();
        (self.store.accounts[&id].left() - charged).max(0)
    }
}

fn granted(grant: &Grant) -> Change {
    // What is spent is read when the grant is new, and nothing is then.
    Change::Grant { grant: grant.clone(), spent: Credits::ZERO, refunded: Credits::ZERO }
}

fn quoted(least: u16, more: u16) -> Quote {
    Quote { least: credits(least.into()), most: credits((least + more).into()) }
}
