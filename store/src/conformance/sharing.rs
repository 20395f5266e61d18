//! Several gateways on one budget, by chance, to its last credit.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Charge, Credits, GrantKind, LineSource, OrgId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::asks::{a_limit, shared};
use super::fixture::credits;
use super::node::Node;
use crate::{Audit, SyncRequest, Verdict};

/// Prices are from 1 to this.
const DEAREST: u64 = 9;

/// One limit and two grants, in the order in which they are checked and burnt.
#[derive(Clone, Copy)]
struct Path {
    org: OrgId,
    limit: AccountId,
    grants: [AccountId; 2],
    /// What can be spent of it: the least of the limit and of the grants together.
    budget: u64,
}

/// A gateway with a book of the one path.
struct Gateway {
    node: Node,
    free: BTreeMap<AccountId, u64>,
    recalled: BTreeSet<AccountId>,
    unreported: Vec<Charge>,
    /// The price of the request that waits.
    waiting: Option<u64>,
    /// Not even the cheapest request was served.
    refused_the_cheapest: bool,
}

impl Gateway {
    fn new(node: Node) -> Self {
        Self {
            node,
            free: BTreeMap::new(),
            recalled: BTreeSet::new(),
            unreported: Vec::new(),
            waiting: None,
            refused_the_cheapest: false,
        }
    }

    fn free(&self, account: AccountId) -> u64 {
        self.free.get(&account).copied().unwrap_or(0)
    }

    fn affords(&self, path: &Path, price: u64) -> bool {
        let grants: u64 = path.grants.iter().map(|grant| self.free(*grant)).sum();
        self.free(path.limit).min(grants) >= price
    }

    fn spend(&mut self, path: &Path, price: u64) {
        let mut lines = vec![(LineSource::Limit, path.limit, price)];
        let mut unpaid = price;
        for grant in path.grants {
            let part = self.free(grant).min(unpaid);
            unpaid -= part;
            if part > 0 {
                lines.push((LineSource::Grant(GrantKind::TopUp), grant, part));
            }
        }
        for (_, account, amount) in &lines {
            self.free.insert(*account, self.free(*account) - amount);
        }
        let charge = self.node.charge_of(1, lines);
        self.unreported.push(charge);
    }

    /// What it would report now: what it has spent, what is free of what is recalled or asked for,
    /// and what it waits for or would like to have ahead.
    fn call(&mut self, path: &Path, live: u32, ahead: bool) -> SyncRequest {
        let charges = std::mem::take(&mut self.unreported);
        self.node.lsn += 1;
        let mut call = self.node.call(path.org).charging(charges);
        for account in [path.limit].into_iter().chain(path.grants) {
            let free = self.free(account);
            if free > 0 && (self.waiting.is_some() || self.recalled.contains(&account)) {
                call = call.giving_back(account, free);
                self.free.remove(&account);
            }
        }
        if let Some(price) = self.waiting {
            call = call.asking(self.node.ask((&[path.limit], &path.grants), (price, price)));
        }
        if ahead {
            for accounts in [&[path.limit][..], &path.grants] {
                call = call.refilling(accounts, credits(40), credits(DEAREST), 2 * live);
            }
        }
        call
    }

    /// Every gateway gives back what it has when it ends.
    fn last_call(&mut self, path: &Path) -> SyncRequest {
        self.waiting = None;
        self.recalled = [path.limit].into_iter().chain(path.grants).collect();
        self.call(path, 1, false)
    }
}

/// The run: who is there, and what was spent by anybody.
struct Run {
    chance: StdRng,
    path: Path,
    gateways: Vec<Gateway>,
    spent: u64,
    refused: u64,
}

impl Run {
    async fn step<S: Audit>(&mut self, store: &S) {
        let live = u32::try_from(self.gateways.len()).expect("there are three");
        let place = self.chance.random_range(0..self.gateways.len());
        let price = self.chance.random_range(1..=DEAREST);
        let (syncs, ahead) = (self.chance.random_ratio(1, 4), self.chance.random_ratio(1, 3));
        let (path, gateway) = (self.path, &mut self.gateways[place]);
        if gateway.waiting.is_none() && !gateway.refused_the_cheapest {
            if gateway.affords(&path, price) {
                gateway.spend(&path, price);
                self.spent += price;
            } else {
                gateway.waiting = Some(price);
            }
        }
        if syncs || gateway.waiting.is_some() {
            let call = gateway.call(&path, live, ahead);
            let answer = store.sync(&call).await.expect("a gateway reports what is true");
            for granted in &answer.granted {
                let free = gateway.free(granted.account) + granted.amount.micros();
                gateway.free.insert(granted.account, free);
            }
            gateway.recalled = answer.recalled.into_iter().collect();
            if let (Some(price), [verdict]) = (gateway.waiting, &answer.verdicts[..]) {
                self.decided(place, price, *verdict);
            }
        }
    }

    fn decided(&mut self, place: usize, price: u64, verdict: Verdict) {
        let (path, gateway) = (self.path, &mut self.gateways[place]);
        match verdict {
            Verdict::Leased => {
                gateway.spend(&path, price);
                self.spent += price;
                gateway.waiting = None;
            }
            Verdict::Short { .. } => {
                let left = path.budget - self.spent;
                assert!(left < price, "{price} was refused, and {left} are left");
                self.refused += 1;
                gateway.refused_the_cheapest |= price == 1;
                gateway.waiting = None;
            }
            Verdict::Held => {}
            Verdict::InDoubt => unreachable!("nobody is silent"),
        }
    }
}

/// Three gateways that lease ahead, ask, and give back what is recalled: nothing is refused that there
/// is, nothing is spent that there is not, and nothing is left.
pub async fn a_budget_that_gateways_share_is_spent_to_the_last_credit<S: Audit>(store: &S) {
    let (org, one, two) = shared(store, &[300, 400]).await;
    let limit = a_limit(store, org, 1, 650).await;
    let three = Node::start(store, 9).await;
    let grants = [1, 2].map(|number| AccountId::from(super::fixture::grant_id(number)));
    let path = Path { org, limit, grants, budget: 650 };
    let gateways = [one, two, three].map(Gateway::new).into();
    let mut run = Run { chance: StdRng::seed_from_u64(4), path, gateways, spent: 0, refused: 0 };
    let mut steps = 0;
    while !run.gateways.iter().all(|gateway| gateway.refused_the_cheapest) {
        run.step(store).await;
        steps += 1;
        assert!(steps < 20_000, "{} are spent, and it does not end", run.spent);
    }
    for gateway in &mut run.gateways {
        store.sync(&gateway.last_call(&path)).await.expect("a last call");
        let (node, now) = (&gateway.node, gateway.node.now);
        store.leave(node.id, node.epoch, now).await.expect("an end");
    }
    assert_eq!((run.spent, run.refused > 3), (650, true), "{} were refused", run.refused);
    let mut spent_by_grants = Credits::ZERO;
    for account in store.accounts(org).await.expect("figures") {
        assert_eq!(account.leased, Credits::ZERO, "{} is stranded", account.id);
        match account.source {
            LineSource::Limit => assert_eq!(account.spent, credits(650)),
            LineSource::Grant(_) => {
                spent_by_grants = spent_by_grants.saturating_add(account.spent);
            }
        }
    }
    assert_eq!(spent_by_grants, credits(650));
}
