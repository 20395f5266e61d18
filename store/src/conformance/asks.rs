//! Gateways share accounts: what a waiting request is leased, refused, or told to wait for.

use ledger::{AccountId, CountsFrom, Credits, GrantKind, OrgId, Period, Scope};

use super::fixture::{HOUR, NOW, credits, grant, grant_id, limit, settle_in};
use super::node::Node;
use crate::{Audit, ShortOf, Store, SyncAnswer, Verdict};

pub(super) const TOP_UP: GrantKind = GrantKind::TopUp;

/// An organisation with these top-ups, numbered from 1, and two gateways that have nothing.
pub(super) async fn shared<S: Audit>(store: &S, amounts: &[u64]) -> (OrgId, Node, Node) {
    let org = settle_in(store, 1).await;
    for (number, amount) in (1..).zip(amounts) {
        store.put_grant(org, &grant(number, TOP_UP, *amount), None, NOW).await.expect("a grant");
    }
    (org, Node::start(store, 7).await, Node::start(store, 8).await)
}

/// The account of a day's limit of the organisation for a tool of its own.
pub(super) async fn a_limit<S: Audit>(
    store: &S,
    org: OrgId,
    number: u128,
    amount: u64,
) -> AccountId {
    let mut limit = limit(number, Scope::Org, Period::Day, amount);
    limit.tool = Some(ledger::Tool::new(&format!("tool-{number}")));
    store.put_limit(org, &limit, CountsFrom::Now, NOW).await.expect("a limit");
    let periods = store.open_periods(org, NOW).await.expect("periods");
    let period = periods.iter().find(|period| period.limit == limit.id);
    period.expect("the limit counts").account
}

pub(super) fn top_up(number: u128) -> AccountId {
    grant_id(number).into()
}

/// Sends an ask of its own; answers its verdict, and what was leased.
pub(super) async fn asked(
    store: &impl Store,
    node: &mut Node,
    org: OrgId,
    path: (&[AccountId], &[AccountId]),
    amounts: (u64, u64),
) -> (Verdict, Vec<(AccountId, u64)>) {
    let ask = node.ask(path, amounts);
    let answer = store.sync(&node.call(org).asking(ask)).await.expect("an ask is no mistake");
    let granted = answer.granted.iter().map(|it| (it.account, it.amount.micros()));
    (verdict(&answer), granted.collect())
}

/// The only verdict of an answer.
fn verdict(answer: &SyncAnswer) -> Verdict {
    let [verdict] = answer.verdicts[..] else { unreachable!("one was asked for: {answer:?}") };
    verdict
}

fn verdict_of(answer: &SyncAnswer) -> (Verdict, u64) {
    (verdict(answer), answer.granted.iter().map(|it| it.amount.micros()).sum())
}

const SHORT_OF_GRANTS: Verdict = Verdict::Short { on: ShortOf::Grants, lasting: true };

const fn short_of(account: AccountId) -> Verdict {
    Verdict::Short { on: ShortOf::Limit(account), lasting: true }
}

/// Every limit gives the whole and the grants together the whole, in burn order, as much as fits; or
/// nobody gives anything.
pub async fn an_ask_is_answered_all_or_nothing_over_its_path<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[100, 200]).await;
    let limit = a_limit(store, org, 1, 150).await;
    let path: (&[_], &[_]) = (&[limit], &[top_up(1), top_up(2)]);
    let (verdict, granted) = asked(store, &mut node, org, path, (20, 120)).await;
    assert_eq!(verdict, Verdict::Leased);
    assert_eq!(granted, [(limit, 120), (top_up(1), 100), (top_up(2), 20)]);
    let before = store.accounts(org).await.expect("figures");
    assert_eq!(asked(store, &mut node, org, path, (31, 90)).await, (Verdict::Held, vec![]));
    assert_eq!(store.accounts(org).await.expect("figures"), before, "30 of the limit are left");
    let (verdict, granted) = asked(store, &mut node, org, (&[limit], &[top_up(2)]), (1, 90)).await;
    assert_eq!((verdict, granted), (Verdict::Leased, vec![(limit, 30), (top_up(2), 30)]));
}

/// Limits in their order, then the grants together; what they have more of than is asked for is no
/// shortage.
pub async fn a_shortage_names_the_first_account_of_the_path<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[30, 40]).await;
    let (one, two) = (a_limit(store, org, 1, 50).await, a_limit(store, org, 2, 60).await);
    let grants = [top_up(1), top_up(2)];
    for (limits, least, expected) in [
        ([one, two], 50, Verdict::Leased),
        ([one, two], 61, short_of(one)),
        ([two, one], 61, short_of(two)),
        ([two, one], 60, short_of(one)),
    ] {
        let (verdict, granted) =
            asked(store, &mut node, org, (&limits, &grants), (least, 90)).await;
        assert_eq!(verdict, expected, "{least} of {limits:?}");
        let mut back = node.call(org);
        for (account, amount) in granted {
            back = back.giving_back(account, amount);
        }
        store.sync(&back).await.expect("a return");
    }
    for (least, expected) in [(71, SHORT_OF_GRANTS), (70, Verdict::Leased)] {
        assert_eq!(asked(store, &mut node, org, (&[], &grants), (least, least)).await.0, expected);
    }
    assert_eq!(asked(store, &mut node, org, (&[], &[]), (1, 1)).await.0, SHORT_OF_GRANTS);
}

/// While anybody has something of what is short, its end may leave less spent than is feared; of
/// other accounts of the path it does not matter.
pub async fn a_no_lasts_only_where_nobody_has_anything<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100, 40]).await;
    let limit = a_limit(store, org, 1, 50).await;
    other.lease(store, org, limit, 10).await;
    other.lease(store, org, grant_id(2), 40).await;
    let path: (&[_], &[_]) = (&[limit], &[top_up(1)]);
    let lasting = |verdict| match verdict {
        Verdict::Short { lasting, .. } => lasting,
        other => unreachable!("{other:?} instead of a shortage"),
    };
    assert!(!lasting(asked(store, &mut node, org, path, (60, 60)).await.0));
    store.sync(&other.call(org).giving_back(limit, 10)).await.expect("a return");
    assert!(lasting(asked(store, &mut node, org, path, (60, 60)).await.0));
    let grants = [top_up(1), top_up(2)];
    assert!(!lasting(asked(store, &mut node, org, (&[], &grants), (141, 150)).await.0));
    assert!(
        lasting(asked(store, &mut node, org, path, (51, 150)).await.0),
        "the other's is no part"
    );
}

/// A hold that wants more cannot wait for what it has itself.
pub async fn the_own_part_of_an_extension_does_not_count<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    node.lease(store, org, grant_id(1), 60).await;
    for (own, least, expected) in [
        (60, 41, Verdict::Short { on: ShortOf::Grants, lasting: false }),
        (0, 41, Verdict::Held),
        (60, 40, Verdict::Leased),
    ] {
        let mut ask = node.ask((&[], &[top_up(1)]), (least, 50));
        ask.grants[0].own = credits(own);
        let answer = store.sync(&node.call(org).asking(ask)).await.expect("an ask");
        assert_eq!(verdict(&answer), expected, "{least} beside {own}");
    }
    assert_eq!(other.lease(store, org, grant_id(1), 1).await, Credits::ZERO, "all is leased");
}

/// What one request is short of is kept for it: later ones of the same call that name it wait as well,
/// though they would fit. Where it had enough, nobody waits for it.
pub async fn a_held_ask_blocks_the_asks_behind_it<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100, 50, 50, 50]).await;
    other.lease(store, org, grant_id(1), 100).await;
    let asks = [
        (vec![top_up(1)], Verdict::Held),
        (vec![top_up(2), top_up(1)], Verdict::Held),
        (vec![top_up(3), top_up(2)], Verdict::Leased),
        (vec![top_up(4)], Verdict::Leased),
        (vec![top_up(3)], Verdict::Leased),
    ];
    let mut call = node.call(org);
    for (grants, _) in &asks {
        call = call.asking(node.ask((&[], grants), (10, 10)));
    }
    let answer = store.sync(&call).await.expect("asks");
    assert_eq!(answer.verdicts, asks.map(|(_, expected)| expected));
    let leased: Vec<_> = answer.granted.iter().map(|it| it.account).collect();
    assert_eq!(leased, [top_up(3), top_up(4), top_up(3)]);
    // The next call begins anew.
    let (verdict, _) = asked(store, &mut node, org, (&[], &[top_up(2)]), (10, 10)).await;
    assert_eq!(verdict, Verdict::Leased);
}

/// Nothing of what is unknown, of another shard, closed or ended is left for a newcomer; a hold that
/// has something of what has ended may be given more.
pub async fn an_account_that_does_not_live_has_nothing_for_an_ask<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[100]).await;
    let elsewhere = settle_in(store, 3).await;
    store.put_grant(elsewhere, &grant(3, TOP_UP, 100), None, NOW).await.expect("a grant");
    let mut ends = grant(2, TOP_UP, 100);
    ends.end = NOW.plus_micros(HOUR);
    store.put_grant(org, &ends, None, NOW).await.expect("a grant");
    let closed = a_limit(store, org, 1, 100).await;
    let id = limit(1, Scope::Org, Period::Day, 100).id;
    store.remove_limit(org, id).await.expect("a removal");
    node.now = ends.end;
    store.heartbeat(&node.beat()).await.expect("a sign of life");
    for nothing in [top_up(9), top_up(3), top_up(2)] {
        let (verdict, _) = asked(store, &mut node, org, (&[], &[nothing]), (1, 1)).await;
        assert_eq!(verdict, SHORT_OF_GRANTS, "{nothing}");
    }
    let (verdict, _) = asked(store, &mut node, org, (&[closed], &[top_up(1)]), (1, 1)).await;
    assert_eq!(verdict, short_of(closed));
    let mut extension = node.ask((&[], &[top_up(2)]), (30, 40));
    extension.grants[0].own = credits(10);
    let answer = store.sync(&node.call(org).asking(extension)).await.expect("an extension");
    assert_eq!(verdict_of(&answer), (Verdict::Leased, 40));
}

/// The acknowledgement was lost: whatever has happened since, the same is answered.
pub async fn a_repeated_ask_is_answered_the_same_and_moves_nothing<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100, 50]).await;
    other.lease(store, org, grant_id(1), 100).await;
    let asks = [node.ask((&[], &[top_up(2)]), (20, 30)), node.ask((&[], &[top_up(1)]), (5, 5))];
    let [fits, waits] = asks;
    let short = node.ask((&[], &[top_up(1)]), (101, 101));
    let call = node.call(org).asking(fits).asking(waits).asking(short);
    let call = call.wishing(grant_id(2), credits(5));
    let answer = store.sync(&call).await.expect("a call");
    assert_eq!(answer.granted.len(), 2);
    assert_eq!(answer.verdicts[..2], [Verdict::Leased, Verdict::Held]);
    store.sync(&other.call(org).giving_back(grant_id(1), 100)).await.expect("a return");
    let before = store.accounts(org).await.expect("figures");
    for _ in 0..2 {
        assert_eq!(store.sync(&call).await.expect("the same call"), answer);
        assert_eq!(store.accounts(org).await.expect("figures"), before);
    }
}
