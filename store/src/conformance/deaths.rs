//! Gateways that are given up, and journals that turn up after all.

use ledger::{Access, AccountId, Credits, Epoch, GrantKind, Instant, LineSource, NodeId, OrgId};

use super::asks::{TOP_UP, a_limit, asked, shared, top_up};
use super::fixture::{NOW, credits, grant, grant_id, member_id, settle_in};
use super::node::Node;
use super::refused;
use crate::{
    Audit, Changed, EntryBook, EntryKind, Error, NodeState, Retired, Retirement,
    SILENT_AFTER_MICROS, ShortOf, Store, StoredAccount, Verdict,
};

/// When a gateway that was heard of at the beginning is silent.
const LATER: Instant = NOW.plus_micros(SILENT_AFTER_MICROS + 1);

async fn retired(store: &impl Store, node: &Node, assume_spent: bool) -> Retired {
    let retirement = Retirement { node: node.id, assume_spent, now: LATER };
    store.retire(&retirement).await.expect("it is silent")
}

/// The figures of a top-up.
async fn figures<S: Audit>(store: &S, org: OrgId, id: impl Into<AccountId>) -> StoredAccount {
    let id = id.into();
    let accounts = store.accounts(org).await.expect("figures");
    accounts.into_iter().find(|account| account.id == id).expect("there is such an account")
}

/// The kind, the book and the amount of each line after so many.
async fn lines<S: Audit>(store: &S, org: OrgId, after: usize) -> Vec<(EntryBook, i64)> {
    let entries = store.entries(org).await.expect("entries");
    let lines = entries.iter().skip(after);
    lines
        .inspect(|it| assert_eq!(it.kind, EntryKind::WriteOff))
        .map(|it| (it.book, it.amount))
        .collect()
}

async fn adds_up<S: Audit>(store: &S) {
    let found = store.reconcile().await.expect("what is stored can be read");
    assert!(found.holds(), "{:#?}", found.checks);
}

/// A gateway that runs would go on spending: it is to be stopped, or to fall silent.
pub async fn a_gateway_that_is_heard_of_is_not_retired<S: Audit>(store: &S) {
    let (org, mut node, other) = shared(store, &[100]).await;
    node.lease(store, org, grant_id(1), 60).await;
    let now = NOW.plus_micros(SILENT_AFTER_MICROS);
    let retirement = Retirement { node: node.id, assume_spent: false, now };
    refused!(store.retire(&retirement).await, Error::Conflict(_));
    let unknown = Retirement { node: NodeId(99), now: LATER, ..retirement };
    refused!(store.retire(&unknown).await, Error::Conflict(_));
    assert_eq!(figures(store, org, grant_id(1)).await.leased, credits(60));
    store.leave(other.id, other.epoch, NOW).await.expect("an end");
    let stopped = Retirement { node: other.id, ..retirement };
    let nothing = store.retire(&stopped).await.expect("it has ended");
    assert_eq!(nothing, Retired::before(Epoch(2)));
}

/// Of all its starts, of grants and of limits. It is neither spent nor available, nobody waits for it,
/// and whoever still has it is fenced.
pub async fn what_a_retired_gateway_had_is_written_off<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let limit = a_limit(store, org, 1, 90).await;
    node.lease(store, org, grant_id(1), 30).await;
    node.restart(store).await;
    node.lease(store, org, grant_id(1), 40).await;
    node.lease(store, org, limit, 50).await;
    let retired = retired(store, &node, true).await;
    let mut lost: Vec<_> =
        retired.written_off.iter().map(|it| (it.account, it.amount, it.limit.is_some())).collect();
    lost.sort_unstable();
    let mut expected = vec![(top_up(1), credits(70), false), (limit, credits(50), true)];
    expected.sort_unstable();
    assert_eq!((lost, retired.epoch), (expected, Epoch(3)));
    let account = figures(store, org, grant_id(1)).await;
    let had = vec![(node.id, Epoch(1), credits(30)), (node.id, Epoch(2), credits(40))];
    assert_eq!((account.leased, account.written_off), (Credits::ZERO, credits(70)));
    assert_eq!((account.leases, account.lost), (vec![], had));
    refused!(store.sync(&node.call(org)).await, Error::Fenced { current: Epoch(3) });
    refused!(store.heartbeat(&node.beat()).await, Error::Fenced { current: Epoch(3) });
    let nodes = store.nodes(LATER).await.expect("gateways");
    assert_eq!((nodes[0].state, nodes[0].leased), (NodeState::Retired, Credits::ZERO));
    for (account, least) in [(&[][..], 31), (&[limit], 30)] {
        let path = (account, &[top_up(1)][..]);
        let (verdict, _) = asked(store, &mut other, org, path, (least, least)).await;
        let leased = Verdict::Short { on: ShortOf::Grants, lasting: true };
        assert_eq!(verdict, if least == 31 { leased } else { Verdict::Leased });
    }
    let again = Retirement { node: node.id, assume_spent: false, now: LATER };
    assert_eq!(store.retire(&again).await.expect("it was"), Retired::before(Epoch(3)));
    adds_up(store).await;
}

/// The platform pays: each organisation gets as much again, for those who could burn what was lost,
/// and hears of it.
pub async fn what_was_lost_of_grants_is_made_up_for<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100, 100]).await;
    let mut pool = grant(3, GrantKind::Promo, 50);
    pool.access = Access::Listed { members: vec![member_id(1)], groups: vec![] };
    store.put_grant(org, &pool, None, NOW).await.expect("a grant");
    let limit = a_limit(store, org, 1, 90).await;
    for (account, amount) in [(top_up(1), 60), (top_up(2), 10), (top_up(3), 20), (limit, 70)] {
        node.lease(store, org, account, amount).await;
    }
    let before = store.entries(org).await.expect("entries").len();
    let seq = store.stamp().await.expect("a stamp").seq;
    let made = retired(store, &node, false).await.compensations;
    let [everyones, pools] = &made[..] else { unreachable!("{made:?}") };
    assert_eq!((everyones.grant.amount, &everyones.grant.access), (credits(70), &Access::Everyone));
    assert_eq!((pools.grant.amount, &pools.grant.access), (credits(20), &pool.access));
    for made in [everyones, pools] {
        assert_eq!((made.org, made.grant.kind), (org, GrantKind::Promo));
        assert_eq!((made.grant.start, made.grant.end), (LATER, Instant::MAX));
    }
    let told = store.changes_since(seq, 9).await.expect("the feed");
    let told = told.iter().filter_map(|change| match &change.what {
        Changed::Grant(stored) => Some((stored.grant.id, stored.spent)),
        _ => None,
    });
    let expected = [everyones, pools].map(|made| (made.grant.id, Credits::ZERO));
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let of = |made: &crate::Compensation| EntryBook::Grant(made.grant.id.into());
    let expected = [
        (EntryBook::Grant(top_up(1)), -60),
        (EntryBook::Consumed, 60),
        (EntryBook::Grant(top_up(2)), -10),
        (EntryBook::Consumed, 10),
        (EntryBook::Grant(top_up(3)), -20),
        (EntryBook::Consumed, 20),
        (EntryBook::Platform, -70),
        (of(everyones), 70),
        (EntryBook::Platform, -20),
        (of(pools), 20),
    ];
    assert_eq!(lines(store, org, before).await, expected);
    other.now = LATER;
    assert_eq!(other.lease(store, org, everyones.grant.id, 100).await, credits(70));
    assert_eq!(other.lease(store, org, grant_id(1), 100).await, credits(40));
    adds_up(store).await;
}

/// The operator knows, or wants it so: nobody gets anything, and the books say that it was consumed.
pub async fn a_loss_that_is_assumed_to_be_spent_stays_with_the_organisation<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[100]).await;
    node.lease(store, org, grant_id(1), 60).await;
    let before = store.entries(org).await.expect("entries").len();
    assert_eq!(retired(store, &node, true).await.compensations, []);
    let expected = [(EntryBook::Grant(top_up(1)), -60), (EntryBook::Consumed, 60)];
    assert_eq!(lines(store, org, before).await, expected);
    assert_eq!(store.accounts(org).await.expect("figures").len(), 1);
    adds_up(store).await;
}

/// For gateways, what is written off counts as spent, and what is found again as refunded: their own
/// figures only ever grow, and they hear of it.
pub async fn gateways_count_what_is_written_off_as_spent<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let limit = a_limit(store, org, 1, 90).await;
    node.lease(store, org, grant_id(1), 60).await;
    node.lease(store, org, limit, 50).await;
    retired(store, &node, true).await;
    for (expected, refunded) in [([60, 50], [0, 0]), ([0, 0], [60, 50])] {
        let data = store.load(org).await.expect("a load").expect("it is there");
        let period = store.open_periods(org, NOW).await.expect("periods").remove(0);
        let call =
            other.call(org).wishing(grant_id(1), Credits::ZERO).wishing(limit, Credits::ZERO);
        let told = store.sync(&call).await.expect("a call").figures;
        let told = |id| told.iter().find(|it| it.account == id).map(|it| (it.spent, it.refunded));
        let of_grant = (credits(expected[0]), credits(refunded[0]));
        let of_limit = (credits(expected[1]), credits(refunded[1]));
        assert_eq!((data.grants[0].spent, data.grants[0].refunded), of_grant);
        assert_eq!((period.spent, period.refunded), of_limit);
        assert_eq!((told(top_up(1)), told(limit)), (Some(of_grant), Some(of_limit)));
        node.restart(store).await;
        store.recovered(node.id, node.epoch).await.expect("a recovery");
    }
    let told = store.changes_since(crate::ChangeSeq(0), 99).await.expect("the feed");
    for (account, total) in [(top_up(1), credits(60)), (limit, credits(50))] {
        let refunded = Changed::Refunded { account, total };
        assert!(told.iter().any(|it| it.what == refunded), "{told:?}");
    }
}

/// It may start again: what its journal has spent is charged out of what was written off, up to that,
/// and the rest is the organisation's again; the compensation is not.
pub async fn a_journal_that_turns_up_corrects_what_was_written_off<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[100]).await;
    let limit = a_limit(store, org, 1, 90).await;
    node.lease(store, org, grant_id(1), 60).await;
    node.lease(store, org, limit, 60).await;
    let line = |amount| {
        [(LineSource::Limit, limit, amount), (LineSource::Grant(TOP_UP), top_up(1), amount)]
    };
    let (spent, too_much) = (node.charge_of(1, line(25)), node.charge_of(1, line(36)));
    let made = retired(store, &node, false).await.compensations.remove(0).grant;
    node.now = LATER;
    let registered = node.restart(store).await;
    assert_eq!(registered.epoch, Epoch(3));
    let before = store.entries(org).await.expect("entries").len();
    node.report(store, [spent]).await.expect("it was written off");
    refused!(node.report(store, [too_much]).await, Error::Corrupt(_));
    for (id, left) in [(top_up(1), 35), (limit, 35)] {
        let account = figures(store, org, id).await;
        assert_eq!((account.spent, account.written_off), (credits(25), credits(left)));
        assert_eq!((account.leased, account.lost.len()), (Credits::ZERO, 1));
    }
    adds_up(store).await;
    for _ in 0..2 {
        store.recovered(node.id, node.epoch).await.expect("a recovery");
    }
    for id in [top_up(1), limit] {
        let account = figures(store, org, id).await;
        assert_eq!((account.spent, account.written_off), (credits(25), Credits::ZERO));
        assert_eq!((account.written_back, account.lost.len()), (credits(35), 0));
    }
    assert_eq!(figures(store, org, made.id).await.amount, Credits::ZERO);
    let of_grant = EntryBook::Grant(top_up(1));
    let expected = [
        (EntryBook::Consumed, -25),
        (of_grant, 25),
        (EntryBook::Consumed, -35),
        (of_grant, 35),
        (EntryBook::Grant(made.id.into()), -60),
        (EntryBook::Platform, 60),
    ];
    // The first two are the charge.
    assert_eq!(lines(store, org, before + 2).await, expected);
    assert_eq!(node.lease(store, org, grant_id(1), 100).await, credits(75));
    assert_eq!(store.nodes(LATER).await.expect("gateways")[0].state, NodeState::Live);
    adds_up(store).await;
}

/// What was spent of it is spent; what gateways have leased of it they give back as of any grant that
/// was lowered.
pub async fn what_is_spent_of_a_compensation_stays_the_platforms_loss<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let elsewhere = settle_in(store, 3).await;
    store.put_grant(elsewhere, &grant(3, TOP_UP, 50), None, NOW).await.expect("a grant");
    node.lease(store, org, grant_id(1), 60).await;
    node.lease(store, elsewhere, grant_id(3), 50).await;
    let made = retired(store, &node, false).await.compensations;
    assert_eq!(made.len(), 2, "one an organisation");
    let made = &made.iter().find(|made| made.org == org).expect("one of each").grant;
    other.now = LATER;
    other.lease(store, org, made.id, 45).await;
    let charge = other.charge(1, (GrantKind::Promo, made.id), 20);
    other.report(store, [charge]).await.expect("a charge");
    node.restart(store).await;
    store.recovered(node.id, node.epoch).await.expect("a recovery");
    let account = figures(store, org, made.id).await;
    assert_eq!(
        (account.amount, account.spent, account.leased),
        (credits(20), credits(20), credits(25))
    );
    adds_up(store).await;
    let rest = other.charge(1, (GrantKind::Promo, made.id), 5);
    let call = other.call(org).charging([rest]).giving_back(made.id, 20);
    store.sync(&call).await.expect("what ran has ended");
    assert_eq!(other.lease(store, org, made.id, 1).await, Credits::ZERO);
    // It is taken back once, whatever the gateway does later.
    node.restart(store).await;
    store.recovered(node.id, node.epoch).await.expect("a recovery");
    assert_eq!(figures(store, org, made.id).await.amount, credits(20));
    adds_up(store).await;
}
