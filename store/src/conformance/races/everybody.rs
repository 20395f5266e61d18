//! And everybody at once.

use ledger::{AccountId, CountsFrom, Credits, Grant, GrantKind, LineSource, OrgId, Period, Scope};

use super::super::fixture::{HOUR, NOW, credits, grant, grant_id, limit, settle_in};
use super::super::node::Node;
use crate::{AdjustmentRequest, Audit, SyncRequest};

const PROMO: GrantKind = GrantKind::Promo;
const START: CountsFrom = CountsFrom::PeriodStart;

/// Two organisations of one shard; each has a grant and a limit.
struct Office {
    orgs: [OrgId; 2],
    limits: [AccountId; 2],
}

impl Office {
    async fn open<S: Audit>(store: &S) -> Self {
        let mut office =
            Self { orgs: [OrgId::from_u128(0); 2], limits: [AccountId::from_u128(0); 2] };
        for (place, number) in [1, 2].into_iter().enumerate() {
            let org = settle_in(store, number).await;
            store.put_grant(org, &grant(number, PROMO, 100_000), None, NOW).await.expect("a grant");
            let limit = limit(number, Scope::Org, Period::Total, 100_000);
            store.put_limit(org, &limit, START, NOW).await.expect("a limit");
            let periods = store.open_periods(org, NOW).await.expect("periods");
            (office.orgs[place], office.limits[place]) = (org, periods[0].account);
        }
        office
    }

    /// A request of each organisation, the second's first in every other round, and wishes for more.
    fn call(&self, node: &mut Node, round: u128) -> SyncRequest {
        let charge = |node: &mut Node, number: u128, limit: AccountId| {
            let grant = (LineSource::Grant(PROMO), grant_id(number).into(), 5);
            node.charge_of(number, [(LineSource::Limit, limit, 5), grant])
        };
        let mut charges = vec![charge(node, 1, self.limits[0]), charge(node, 2, self.limits[1])];
        if round.is_multiple_of(2) {
            charges.reverse();
        }
        self.wishing(node.call(self.orgs[0]).charging(charges), round)
    }

    fn wishing(&self, mut call: SyncRequest, round: u128) -> SyncRequest {
        let mut wished: Vec<AccountId> =
            self.limits.into_iter().chain([1, 2].map(|number| grant_id(number).into())).collect();
        if !round.is_multiple_of(2) {
            wished.reverse();
        }
        for account in wished {
            call = call.wishing(account, credits(20));
        }
        call
    }
}

/// Nobody waits for somebody who waits for them, and what came of it all adds up.
pub async fn whoever_is_at_work_at_once_nobody_is_in_anybodys_way<S: Audit>(one: &S, other: &S) {
    let office = Office::open(one).await;
    let (mut mine, mut theirs) = (Node::start(one, 7).await, Node::start(one, 8).await);
    for node in [&mut mine, &mut theirs] {
        let call = office.wishing(node.call(office.orgs[0]), 0);
        one.sync(&call).await.expect("leases");
    }
    let first = mine.charge(1, (PROMO, grant_id(1)), 5);
    mine.report(one, [first.clone()]).await.expect("a charge");
    let later = NOW.plus_micros(HOUR);
    for round in 1..=20_u128 {
        let amount = 100_000 - u64::try_from(round).expect("few rounds");
        let lowered = limit(2, Scope::Org, Period::Total, amount);
        let raised = grant(1, PROMO, 100_000 + amount);
        let over = Grant { end: later, ..grant(10 + round, PROMO, 7) };
        one.put_grant(office.orgs[1], &over, None, NOW).await.expect("a grant");
        let correction = AdjustmentRequest {
            org: office.orgs[0],
            hold: first.hold,
            charge: Credits::ZERO,
            actor: "ada".to_owned(),
            reason: format!("round {round}"),
            name: Some(format!("round {round}")),
            now: NOW,
        };
        let (my_call, their_call) =
            (office.call(&mut mine, round), office.call(&mut theirs, round + 1));
        let (synced, also_synced, limited, granted, adjusted, expired, opened) = tokio::join!(
            one.sync(&my_call),
            other.sync(&their_call),
            one.put_limit(office.orgs[1], &lowered, START, later),
            other.put_grant(office.orgs[0], &raised, None, NOW),
            one.adjust(&correction),
            other.expire(later),
            one.open_periods(office.orgs[0], NOW),
        );
        let results = [
            synced.err(),
            also_synced.err(),
            limited.err(),
            granted.err(),
            adjusted.err(),
            expired.err(),
            opened.err(),
        ];
        assert!(results.iter().all(Option::is_none), "round {round}: {results:?}");
    }
    let found = one.reconcile().await.expect("figures");
    assert!(found.holds(), "{:#?}", found.checks);
}
